//! A list of ways to go on: factors to answer with, or methods to enrol. Each is one link, whole and large; choosing
//! changes nothing and sends nothing.

use maud::{Markup, html};

use crate::icon;
use crate::texts::Texts;

/// One way.
#[derive(Clone, Debug)]
pub struct Choice {
    /// The method's id, for its drawing.
    pub method: String,
    pub title: String,
    /// Which one: what the owner called it, or its masked target (`+31 ** *** **67`).
    pub detail: Option<String>,
    pub hint: Option<String>,
    pub badge: Option<Badge>,
    pub href: String,
    /// It needs the page's script and a browser that has keys: where there is a script and no such browser, it is hidden.
    pub ceremony: bool,
}

/// A word that sets one choice off from the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Badge {
    /// The factor used last.
    LastUsed,
    /// Strength of a method: cannot be phished.
    Strongest,
    /// Strength of a method: something one has.
    Strong,
    /// Strength of a method: can be read or diverted on its way (SMS, voice, mail).
    Basic,
}

impl Choice {
    /// The detail, where it says more than the title.
    fn said(&self) -> Option<&str> {
        self.detail.as_deref().filter(|detail| *detail != self.title)
    }
}

impl Badge {
    fn text(self, texts: &Texts) -> String {
        match self {
            Badge::LastUsed => texts.text("badge-last-used"),
            Badge::Strongest => texts.text("badge-strongest"),
            Badge::Strong => texts.text("badge-strong"),
            Badge::Basic => texts.text("badge-basic"),
        }
    }

    fn tone(self) -> &'static str {
        match self {
            Badge::Strongest => "good",
            Badge::LastUsed | Badge::Strong => "plain",
            Badge::Basic => "weak",
        }
    }
}

pub(crate) fn list(choices: &[Choice], texts: &Texts) -> Markup {
    html! {
        ul.choices {
            @for choice in choices {
                li data-key-choice[choice.ceremony] {
                    a.choice href=(choice.href) {
                        (icon::method(&choice.method))
                        span.words {
                            span.title {
                                (choice.title)
                                @if let Some(badge) = choice.badge {
                                    " " span class={ "badge " (badge.tone()) } { (badge.text(texts)) }
                                }
                            }
                            @if let Some(detail) = choice.said() { " " bdi.detail { (detail) } }
                            @if let Some(hint) = &choice.hint { " " span.hint { (hint) } }
                        }
                    }
                }
            }
        }
        @if choices.iter().any(|choice| choice.ceremony) {
            p.hint data-no-keys hidden { (texts.text("ceremony-unsupported")) }
        }
    }
}

/// The same as a short list under a heading, for a page whose main action is another.
pub(crate) fn others(choices: &[Choice], texts: &Texts) -> Markup {
    html! {
        @if !choices.is_empty() {
            section.others {
                h2 { (texts.text("others-title")) }
                ul {
                    @for choice in choices {
                        li {
                            a href=(choice.href) {
                                span.title { (choice.title) }
                                @if let Some(detail) = choice.said() { " " bdi.detail { (detail) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

pub(crate) fn samples(texts: &Texts) -> Vec<Choice> {
    let choice = |method: &str, detail: &str, badge| Choice {
        method: method.into(),
        title: texts.text(&format!("method-{method}-title")),
        detail: Some(detail.into()),
        hint: None,
        badge,
        href: format!("/.vestibule/verify/{method}?factor=7"),
        ceremony: false,
    };
    vec![
        choice("totp", "Alice’s phone", Some(Badge::LastUsed)),
        choice("webauthn", "Blue key", None),
        choice("sms", "+31 ** *** **67", None),
        choice("recovery", &texts.text_with("method-recovery-left", &[("count", 7u64.into())]), None),
    ]
}
