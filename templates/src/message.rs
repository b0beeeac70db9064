//! Short messages to a phone. Plain text, one purpose, the site's name in it, and no link: who is used to links in our
//! messages follows those of others. A code must never stand in anything else but its own message.

use crate::texts::Texts;

/// A one-time code by SMS. The last line binds it to the site's host, so that a browser offers it there and nowhere
/// else (WICG, origin-bound one-time codes). `minutes`: how long the code is valid.
pub fn sms_code(site: &str, host: &str, code: &str, minutes: u64, texts: &Texts) -> String {
    let words = [("code", code.into()), ("site", site.into()), ("minutes", minutes.into())];
    format!("{}\n\n@{host} #{code}", texts.plain_with("sms-code", &words))
}

/// The same where there is no host to bind to: the words alone.
pub fn sms_code_unbound(site: &str, code: &str, minutes: u64, texts: &Texts) -> String {
    texts.plain_with("sms-code", &[("code", code.into()), ("site", site.into()), ("minutes", minutes.into())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_message_names_the_site_and_ends_bound_to_it() {
        let text = sms_code("Wiki", "wiki.example.com", "012345", 10, &Texts::english());
        assert!(text.starts_with("012345 ") && text.contains("Wiki"), "{text}");
        assert_eq!(text.lines().last(), Some("@wiki.example.com #012345"));
        for texts in Texts::all() {
            let text = sms_code("Wiki", "wiki.example.com", "012345", 10, texts);
            assert!(text.contains("012345") && text.contains("Wiki") && text.contains("10"), "{text}");
            assert_eq!(text.lines().last(), Some("@wiki.example.com #012345"), "whatever the language is");
            assert!(!text.contains(['\u{2066}', '\u{2068}', '\u{2069}']), "no marks that a telephone would show");
        }
        assert!(!text.contains("://") && text.is_ascii() && text.len() <= 160, "one SMS, no link: {text}");
    }
}
