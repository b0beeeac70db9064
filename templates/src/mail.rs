//! Mails: a subject and plain text. A name that somebody chose can neither add a line nor a header, because values are
//! made one line before they enter a message.

use crate::moment;
use crate::texts::Texts;

/// What a mail gateway sends. No `Debug`: an invitation carries its link.
#[derive(Clone)]
pub struct Mail {
    /// One line.
    pub subject: String,
    /// Lines end in `\n`.
    pub text: String,
}

/// An invitation. `link`: the one-time address; `until`: seconds since 1970.
pub fn invitation(name: &str, site: &str, link: &str, until: u64, texts: &Texts) -> Mail {
    let words = [
        ("name", name.into()),
        ("site", site.into()),
        ("link", link.into()),
        ("date", moment::date(until, texts).into()),
    ];
    Mail {
        subject: texts.plain_with("mail-invitation-subject", &words[1..2]),
        text: texts.plain_with("mail-invitation", &words),
    }
}

/// A link to set a new password. `link`: the one-time address; `minutes`: how long it is good; `from`: the address it
/// was asked for from.
pub fn password_link(name: &str, site: &str, link: &str, minutes: u64, from: &str, texts: &Texts) -> Mail {
    let words = [
        ("name", name.into()),
        ("site", site.into()),
        ("link", link.into()),
        ("minutes", minutes.into()),
        ("from", from.into()),
    ];
    Mail {
        subject: texts.plain_with("mail-password-link-subject", &words[1..2]),
        text: texts.plain_with("mail-password-link", &words),
    }
}

/// A one-time code. The subject does not say it, because subjects are shown on locked screens. `minutes`: how long the
/// code is valid.
pub fn code(site: &str, code: &str, minutes: u64, texts: &Texts) -> Mail {
    let words = [("site", site.into()), ("code", code.into()), ("minutes", minutes.into())];
    Mail { subject: texts.plain_with("mail-code-subject", &words[..1]), text: texts.plain_with("mail-code", &words) }
}

/// The same to an address that is only being set up. It may be a stranger's, who has no password here to change.
pub fn code_to_enrol(site: &str, code: &str, minutes: u64, texts: &Texts) -> Mail {
    let words = [("site", site.into()), ("code", code.into()), ("minutes", minutes.into())];
    Mail {
        subject: texts.plain_with("mail-code-subject", &words[..1]),
        text: texts.plain_with("mail-code-enrol", &words),
    }
}

/// Something about the account changed. The owner learns of it by another way than the one it was done on.
#[derive(Clone, Debug)]
pub enum Change {
    FactorAdded {
        label: String,
    },
    FactorRemoved {
        label: String,
    },
    /// `before` is what it was called.
    FactorRenamed {
        before: String,
        label: String,
    },
    PasswordChanged,
    RecoveryUsed {
        remaining: u64,
    },
    /// Another way back in, such as a mailbox.
    FallbackUsed {
        label: String,
    },
    RecoveryRenewed,
    /// Told to the address that was replaced.
    AddressReplaced,
    /// An administrator took every factor away.
    Reset,
    NewBrowser {
        description: String,
    },
    /// A browser stands in for the second factor until then, seconds since 1970.
    BrowserTrusted {
        description: String,
        until: u64,
    },
    /// Some of the owner's browsers are known and trusted no more.
    BrowsersForgotten,
    /// A trusted browser's cookie came back from somewhere else.
    BrowserCopied,
    /// So many sessions were signed out from the account page.
    SessionsEnded {
        count: u64,
    },
    Locked,
}

/// A security notice. `at`: seconds since 1970; `from`: the address it was done from, `None`: an administrator did it.
pub fn notice(change: &Change, name: &str, site: &str, at: u64, from: Option<&str>, texts: &Texts) -> Mail {
    let from = from.map_or_else(|| texts.text("mail-from-administrator"), str::to_owned);
    let site_word = [("site", site.into())];
    let (subject, what) = match change {
        Change::FactorAdded { label } => (
            texts.plain_with("mail-factor-added-subject", &site_word),
            texts.plain_with("mail-factor-added", &[("label", label.as_str().into())]),
        ),
        Change::FactorRemoved { label } => (
            texts.plain_with("mail-factor-removed-subject", &site_word),
            texts.plain_with("mail-factor-removed", &[("label", label.as_str().into())]),
        ),
        Change::FactorRenamed { before, label } => (
            texts.plain_with("mail-factor-renamed-subject", &site_word),
            texts.plain_with(
                "mail-factor-renamed",
                &[("before", before.as_str().into()), ("label", label.as_str().into())],
            ),
        ),
        Change::PasswordChanged => {
            (texts.plain_with("mail-password-changed-subject", &site_word), texts.text("mail-password-changed"))
        }
        Change::RecoveryUsed { remaining } => (
            texts.plain_with("mail-recovery-used-subject", &site_word),
            texts.plain_with("mail-recovery-used", &[("count", (*remaining).into())]),
        ),
        Change::FallbackUsed { label } => (
            texts.plain_with("mail-fallback-used-subject", &site_word),
            texts.plain_with("mail-fallback-used", &[("label", label.as_str().into())]),
        ),
        Change::RecoveryRenewed => {
            (texts.plain_with("mail-recovery-renewed-subject", &site_word), texts.text("mail-recovery-renewed"))
        }
        Change::AddressReplaced => {
            (texts.plain_with("mail-address-replaced-subject", &site_word), texts.text("mail-address-replaced"))
        }
        Change::Reset => (texts.plain_with("mail-reset-subject", &site_word), texts.text("mail-reset")),
        Change::NewBrowser { description } => (
            texts.plain_with("mail-new-browser-subject", &site_word),
            texts.plain_with("mail-new-browser", &[("description", description.as_str().into())]),
        ),
        Change::BrowserTrusted { description, until } => (
            texts.plain_with("mail-browser-trusted-subject", &site_word),
            texts.plain_with(
                "mail-browser-trusted",
                &[("description", description.as_str().into()), ("until", moment::date(*until, texts).into())],
            ),
        ),
        Change::BrowsersForgotten => {
            (texts.plain_with("mail-browsers-forgotten-subject", &site_word), texts.text("mail-browsers-forgotten"))
        }
        Change::BrowserCopied => {
            (texts.plain_with("mail-browser-copied-subject", &site_word), texts.text("mail-browser-copied"))
        }
        Change::SessionsEnded { count } => (
            texts.plain_with("mail-sessions-ended-subject", &site_word),
            texts.plain_with("mail-sessions-ended", &[("count", (*count).into())]),
        ),
        Change::Locked => (texts.plain_with("mail-locked-subject", &site_word), texts.text("mail-locked")),
    };
    let words = [
        ("name", name.into()),
        ("site", site.into()),
        ("what", what.into()), // a whole paragraph, not a piece of a sentence
        ("date", moment::date(at, texts).into()),
        ("from", from.as_str().into()),
    ];
    Mail { subject, text: texts.plain_with("mail-notice", &words) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_add_a_header_or_a_line() {
        let texts = Texts::english();
        let label = "key\r\nBcc: everyone@evil.test\r\n\r\nhello".to_owned();
        let site = "wiki\r\nBcc: x@evil.test";
        let mail = notice(&Change::FactorAdded { label }, "alice", site, 0, Some("192.0.2.7"), &texts);
        assert!(!mail.subject.contains(['\r', '\n']), "{}", mail.subject);
        assert!(!mail.text.lines().any(|line| line.starts_with("Bcc") || line == "hello"), "{}", mail.text);
    }

    #[test]
    fn a_code_stands_in_the_text_alone() {
        let mail = code("wiki\r\nBcc: x@evil.test", "012345", 10, &Texts::english());
        assert!(mail.text.starts_with("012345 ") && mail.text.contains("10 minutes"), "{}", mail.text);
        assert!(!mail.subject.contains("012345") && !mail.subject.contains(['\r', '\n']), "{}", mail.subject);
    }

    /// A mailbox that is only being set up may be a stranger's, who must not be told of a password.
    #[test]
    fn a_code_that_proves_a_mailbox_tells_nobody_to_change_a_password() {
        for texts in Texts::all() {
            let owner = code("wiki", "012345", 10, texts).text;
            let stranger = code_to_enrol("wiki", "012345", 10, texts).text;
            let password = texts.text("field-password").to_lowercase();
            let says = |text: &str| text.to_lowercase().contains(&password);
            assert!(says(&owner), "{}: {owner}", texts.lang());
            assert!(stranger.contains("012345") && !says(&stranger), "{}: {stranger}", texts.lang());
        }
        let minute = |mail: Mail| mail.text.contains("1 minute.");
        assert!(minute(code("wiki", "012345", 1, &Texts::english())));
        assert!(minute(code_to_enrol("wiki", "012345", 1, &Texts::english())));
    }

    #[test]
    fn every_change_has_its_words() {
        let label = || "Blue key".to_owned();
        for change in [
            Change::FactorAdded { label: label() },
            Change::FactorRemoved { label: label() },
            Change::FactorRenamed { before: label(), label: label() },
            Change::PasswordChanged,
            Change::RecoveryUsed { remaining: 2 },
            Change::FallbackUsed { label: label() },
            Change::RecoveryRenewed,
            Change::AddressReplaced,
            Change::Reset,
            Change::NewBrowser { description: "Firefox".into() },
            Change::BrowserTrusted { description: "Firefox".into(), until: 1_795_356_309 },
            Change::BrowsersForgotten,
            Change::BrowserCopied,
            Change::SessionsEnded { count: 2 },
            Change::Locked,
        ] {
            for texts in Texts::all() {
                let mail = notice(&change, "alice", "wiki", 1_795_356_309, Some("192.0.2.7"), texts);
                assert!(mail.subject.contains("wiki") && !mail.subject.contains('\n'), "{}", mail.subject);
                assert!(mail.text.contains("alice") && mail.text.contains("192.0.2.7"), "{}", mail.text);
            }
        }
    }

    #[test]
    fn a_password_link_says_how_long_and_who_asked() {
        let link = "https://wiki.example.com/.vestibule/reset/AAAA";
        for texts in Texts::all() {
            let mail = password_link("alice", "wiki", link, 30, "192.0.2.7", texts);
            assert!(mail.text.lines().any(|line| line == link) && mail.text.contains("30"), "{}", mail.text);
        }
        let mail = password_link("alice", "wiki", link, 30, "192.0.2.7", &Texts::english());
        assert!(mail.text.contains("30 minutes") && mail.text.contains("192.0.2.7") && !mail.subject.contains(link));
    }

    #[test]
    fn an_invitation_carries_its_link_whole_and_alone_on_a_line() {
        let link = "https://wiki.example.com/.vestibule/invite/AAAA";
        let mail = invitation("alice", "wiki", link, 1_795_356_309, &Texts::english());
        assert!(mail.text.lines().any(|line| line == link), "{}", mail.text);
        assert!(!mail.subject.contains(link));
    }
}
