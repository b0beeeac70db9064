//! The operator's name, logo and colours: on every page of the gate, from the gate's own origin alone; and what is no
//! picture, cannot be read or leads elsewhere stops the start, with file, key and remedy.

use std::fs;

use crate::harness::{Echo, Gate, Page, Visitor, until};

const LOGO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/templates/examples/logo.png");

fn branding(keys: &str) -> String {
    format!("[branding]\nname = \"University of <Examples>\"\nsupport = \"Ask the desk\"\n{keys}")
}

/// The first attribute of this name whose value ends so.
fn ending(page: &Page, name: &str, end: &str) -> Option<String> {
    let (html, start) = (page.html(), format!(" {name}=\""));
    let mut values = html.split(&start).skip(1).filter_map(|rest| rest.split('"').next());
    values.find(|value| value.ends_with(end)).map(str::to_owned)
}

/// What the page loads, as a browser asks for it.
fn loaded(visitor: &mut Visitor, address: &str) -> Page {
    visitor.ask("GET", address).with("Sec-Fetch-Mode", "no-cors").with("Sec-Fetch-Site", "same-origin").send()
}

#[test]
fn every_page_is_the_operators_and_comes_from_us_alone() {
    let echo = Echo::start();
    let keys = format!("logo_file = \"{LOGO}\"\naccent = \"#8a1538\"\nsupport_url = \"mailto:desk@example.com\"");
    let gate = Gate::before(&echo).config(&branding(&keys)).start();
    let mut visitor = gate.visitor();
    let login = visitor.goto("/.vestibule/login");
    // A refusal of the proxy's own, before any page of the wizard is asked.
    let refusal = visitor.goto("/.vestibule/no-such-page");
    assert_eq!((login.status, refusal.status), (200, 404));
    for page in [&login, &refusal] {
        assert!(page.text().contains("University of <Examples>"), "its name, as text: {}", page.html());
        assert!(page.html().contains("<a href=\"mailto:desk@example.com\">Ask the desk</a>"), "{}", page.html());
        assert!(!page.html().contains("style="), "nothing is inline");
    }
    for (attribute, end, kind) in [("src", "/logo", "image/png"), ("href", "/brand.css", "text/css; charset=utf-8")] {
        let address = ending(&login, attribute, end).unwrap_or_else(|| panic!("{end}: {}", login.html()));
        let file = loaded(&mut visitor, &address);
        assert_eq!(file.status, 200, "{address}");
        assert_eq!(file.field("content-type"), Some(kind));
        assert_eq!(file.field("x-content-type-options"), Some("nosniff"));
        assert!(file.field("content-security-policy").is_some_and(|policy| policy.starts_with("default-src 'none'")));
        assert!(file.field("cache-control").is_some_and(|kept| kept.contains("immutable")));
        let other = loaded(&mut visitor, &address.replace("assets/", "assets/0"));
        assert_eq!(other.status, 404, "by its content alone");
    }
    // The control: a gate that nobody branded has our name and nothing to load for another.
    let plain = Gate::before(&echo).start();
    let login = plain.visitor().goto("/.vestibule/login");
    assert!(login.text().contains("Vestibule guards") && ending(&login, "href", "/brand.css").is_none());
}

#[test]
fn what_cannot_be_shown_stops_the_start_and_a_reload() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).config(&branding("accent = \"#8a1538\"")).start();
    let good = fs::read_to_string(gate.config_file()).unwrap();
    assert_eq!(gate.cli(["check"]).code, 0);

    let script = gate.folder.path().join("logo.png");
    fs::write(&script, "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>").unwrap();
    let logo = format!("logo_file = \"{}\"", script.display());
    for (key, line, what) in [
        ("branding.logo_file", logo.as_str(), "markup"),
        ("branding.logo_file", "logo_file = \"/no/such/logo.png\"", "/no/such/logo.png"),
        ("branding.accent_dark", "accent_dark = \"#8a1538\"", ":1 on the dark page"),
        ("branding.support_url", "support_url = \"javascript:alert(1)\"", "mailto:"),
    ] {
        let bad = good.replace("accent = \"#8a1538\"", &format!("accent = \"#8a1538\"\n{line}"));
        fs::write(gate.config_file(), bad).unwrap();
        let said = gate.cli(["check"]);
        assert_eq!(said.code, 78, "{line}: {}", said.out);
        for word in ["vestibule.toml", key, what] {
            assert!(said.err.contains(word), "{line}: {word} is not in {}", said.err);
        }
    }
    let yellow = good.replace("#8a1538", "#ffcc00");
    fs::write(gate.config_file(), &yellow).unwrap();
    let said = gate.cli(["check"]);
    assert!(said.code == 78 && said.err.contains("contrast of 1."), "names the ratio: {}", said.err);

    // A reload with it is refused as a whole; one with a colour that can be read is in force.
    let reload = |text: &str, said: &str| {
        fs::write(gate.config_file(), text).unwrap();
        let pid = rustix::process::Pid::from_raw(i32::try_from(gate.pid()).unwrap()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::HUP).unwrap();
        until(said, 10, || gate.log().contains(said).then_some(()));
    };
    let colours = || {
        let mut visitor = gate.visitor();
        let login = visitor.goto("/.vestibule/login");
        loaded(&mut visitor, &ending(&login, "href", "/brand.css").unwrap()).html()
    };
    reload(&yellow, "the old one stays in force");
    assert!(colours().contains("#8a1538"));
    reload(&good.replace("#8a1538", "#0f6b5c"), "the new configuration is in force");
    assert!(colours().contains("#0f6b5c"));
}
