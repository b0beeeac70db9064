//! A browser in words its owner knows: "Firefox on Windows". What a browser calls itself is a stranger's text: only names
//! of ours are taken from it, or the plain letters it begins with.

use vestibule_templates::Texts;

/// Marks and names, the rarer first: most browsers also say that they are others.
const BROWSERS: [(&str, &str); 12] = [
    ("SamsungBrowser/", "Samsung Internet"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];
const SYSTEMS: [(&str, &str); 7] = [
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
];
/// Characters of a name that nobody here knows.
const MOST: usize = 40;

/// A browser at an address, as its owner may recognise it.
pub fn described(agent: &str, address: &str, texts: &Texts) -> String {
    let agent = named(agent, texts);
    match address {
        "" => agent,
        address => texts.text_with("browser-at", &[("browser", agent.into()), ("address", address.into())]),
    }
}

fn named(agent: &str, texts: &Texts) -> String {
    let find =
        |list: &[(&str, &'static str)]| list.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name);
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => {
            texts.text_with("browser-on", &[("browser", browser.into()), ("system", system.into())])
        }
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => {
            let plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '/');
            let start: String = agent.chars().take_while(plain).take(MOST).collect();
            if start.is_empty() { texts.text("browser-unknown") } else { start }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_has_the_name_its_owner_knows() {
        let texts = Texts::english();
        for (agent, name) in [
            ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Windows"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36 Edg/139.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
                "Samsung Internet on Android",
            ),
            ("curl/8.5.0", "curl/8.5.0"),
        ] {
            assert_eq!(described(agent, "", &texts), name);
        }
        assert_eq!(described("curl/8.5.0", "192.0.2.7", &texts), "curl/8.5.0, 192.0.2.7");
    }

    #[test]
    fn a_strangers_text_is_no_sentence_on_our_page() {
        let texts = Texts::english();
        let long = "x".repeat(9000);
        for agent in ["", "\u{202e}gro.live", "<script>", "Your account is locked, call +1 555 0100", &long] {
            let shown = described(agent, "", &texts);
            assert!(shown.len() <= MOST && !shown.contains(['<', '\u{202e}']), "{shown}");
            assert!(shown == "An unknown browser" || !shown.contains(' '), "{shown}");
        }
    }
}
