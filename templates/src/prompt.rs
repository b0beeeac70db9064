//! What a method shows, as data: a sentence, fields, a secret to take over, a message sent, a ceremony with a key. One
//! rendering serves every method, so that a new one adds no page. The prompt holds secrets on the one page that hands
//! them over; it has no `Debug`, so that none reaches a log.

use maud::{Markup, html};

use crate::form::{self, Field, Form};
use crate::layout::{self, Frame};
use crate::moment;
use crate::qr;
use crate::texts::Texts;

/// One factor's question, or one method's enrolment.
#[derive(Clone, Default)]
pub struct Prompt {
    /// What to do, in a sentence; of a delivered code, once it is [`DeliveryState::Sent`].
    pub hint: Option<String>,
    /// What went wrong with the whole, such as a key that was refused. What is wrong with a field stands in the field.
    pub error: Option<String>,
    /// A secret to take over into an authenticator.
    pub otpauth: Option<Otpauth>,
    /// A code that travels: where to, and whether it has gone.
    pub delivery: Option<Delivery>,
    /// What to type. Fields for a delivered code are shown once it is [`DeliveryState::Sent`].
    pub fields: Vec<Field>,
    /// What the main button says, where the page's own word does not fit: "Send a code" at a phone number.
    pub button: Option<String>,
    /// A ceremony that the page's script holds with the browser; its answer is sent in the field `code`.
    pub ceremony: Option<Ceremony>,
}

/// A TOTP or HOTP secret on the page that hands it over.
#[derive(Clone)]
pub struct Otpauth {
    /// `otpauth://…`: shown as a QR picture, and as a link for those who read this page on their phone.
    pub uri: String,
    /// The secret in base32, shown in groups of four.
    pub secret: String,
}

/// A code sent to a phone or a mailbox.
#[derive(Clone)]
pub struct Delivery {
    /// The masked target: `+31 ** *** **67`.
    pub target: String,
    /// It rings there, and nothing is sent.
    pub by_call: bool,
    pub state: DeliveryState,
    /// Seconds since 1970 from when on another may be asked for; `None`: now.
    pub again: Option<u64>,
    /// Seconds since 1970 until when the code that is under way is taken.
    pub good_until: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// Nothing sent yet: the main button sends (field `send`), since a GET must not.
    Ready,
    /// Sent: the field waits for the code.
    Sent,
    /// It could not be sent: the main button tries again.
    Failed,
}

/// A WebAuthn ceremony (Web Authentication Level 2, §5.1).
#[derive(Clone)]
pub struct Ceremony {
    pub kind: CeremonyKind,
    /// `CreationChallengeResponse` or `RequestChallengeResponse` of webauthn-rs, as JSON: an object with `publicKey`,
    /// binary values in base64url.
    pub options: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CeremonyKind {
    /// `navigator.credentials.create`: enrolment.
    Create,
    /// `navigator.credentials.get`: a check.
    Get,
}

/// What a page puts around a prompt, in the same form.
#[derive(Default)]
pub(crate) struct Around<'a> {
    /// Whose new password is set here.
    pub owner: Option<&'a str>,
    /// What the page itself asks, before the prompt's question.
    pub first: &'a [Field],
    /// Why no answer is looked at, if none is.
    pub wait: Option<String>,
    /// What else it offers, before the button.
    pub more: Option<Markup>,
    pub button: &'a str,
}

impl Prompt {
    /// Whether something on it is wrong, for the title of the page.
    pub(crate) fn failed(&self) -> bool {
        let unsent = self.delivery.as_ref().is_some_and(|delivery| delivery.state == DeliveryState::Failed);
        unsent || self.error.is_some() || self.fields.iter().any(|field| field.error.is_some())
    }

    /// Whether what is sent from here is an answer, and not the wish to be asked.
    pub fn takes_an_answer(&self) -> bool {
        self.ceremony.is_some() || (!self.fields.is_empty() && !self.to_be_sent())
    }

    /// No code is under way: the main button sends one.
    pub(crate) fn to_be_sent(&self) -> bool {
        self.delivery.as_ref().is_some_and(|delivery| delivery.state != DeliveryState::Sent)
    }

    fn rings(&self) -> bool {
        self.delivery.as_ref().is_some_and(|delivery| delivery.by_call)
    }

    /// The whole form: the question, around it what the page has of its own, and one main button.
    pub(crate) fn form(&self, form: &Form, page: Around<'_>, frame: &Frame, texts: &Texts) -> Markup {
        let ceremony = self.ceremony.as_ref();
        let kind = ceremony.map(|ceremony| match ceremony.kind {
            CeremonyKind::Create => "create",
            CeremonyKind::Get => "get",
        });
        let fields = if self.to_be_sent() { &[] } else { self.fields.as_slice() };
        // With nothing to type into, a reader starts at the first thing that went wrong.
        let mut start = page.first.is_empty() && fields.is_empty();
        let mut about = Vec::new();
        let mut alert = |id: &'static str, text: &str| {
            about.push(id);
            if std::mem::take(&mut start) { layout::alert_first(text) } else { layout::alert(id, text) }
        };
        let wait = page.wait.as_deref().map(|wait| alert("prompt-wait", wait));
        let error = self.error.as_deref().map(|error| alert("prompt-error", error));
        let unsent = self.unsent(texts).map(|unsent| alert("prompt-unsent", &unsent));
        let about = (!about.is_empty()).then(|| about.join(" "));
        let question = self.question(error, unsent, frame, texts);
        // Where the page asks something first, the question stands behind that, at its own field.
        let (before, between) = if page.first.is_empty() { (question, html! {}) } else { (html! {}, question) };
        html! {
            @if let Some(wait) = wait { (wait) }
            (before)
            form method="post" action=(form.action) novalidate data-ceremony=[kind]
                data-options=[ceremony.map(|ceremony| ceremony.options.as_str())]
                data-failed=[ceremony.map(|_| texts.text("ceremony-failed"))]
                data-unsupported=[ceremony.map(|_| texts.text("ceremony-unsupported"))]
                data-again=[ceremony.map(|_| texts.text("ceremony-again"))] {
                (form.hidden_fields())
                @if let Some(name) = page.owner { (form::owner(name)) }
                @if ceremony.is_some() {
                    input type="hidden" name="code" value="";
                    p.notice.warn data-needs-script { (texts.text("ceremony-needs-script")) }
                    p.notice.bad data-message role="alert" tabindex="-1" hidden {}
                }
                (form::in_two_parts(page.first, between, fields, about.as_deref()))
                @if let Some(more) = page.more { (more) }
                @if self.to_be_sent() {
                    @if let Some(at) = self.delivery.as_ref().and_then(|delivery| delivery.waits(frame)) {
                        (layout::notice("info", &later(self.rings(), at, frame, texts)))
                    }
                    button.primary type="submit" name="send" value="1" {
                        (texts.text(if self.rings() { "call-send" } else { "delivery-send" }))
                    }
                } @else {
                    button.primary type="submit" hidden[ceremony.is_some()] {
                        (self.button.as_deref().unwrap_or(page.button))
                    }
                    @if let Some(delivery) = &self.delivery { (delivery.again(frame, texts)) }
                }
            }
        }
    }

    /// That a code could not be sent.
    fn unsent(&self, texts: &Texts) -> Option<String> {
        let delivery = self.delivery.as_ref().filter(|delivery| delivery.state == DeliveryState::Failed)?;
        Some(delivery.says("delivery-failed", "call-failed", texts))
    }

    fn question(&self, error: Option<Markup>, unsent: Option<Markup>, frame: &Frame, texts: &Texts) -> Markup {
        html! {
            // There is no message yet to type a code from.
            @if let Some(hint) = self.hint.as_ref().filter(|_| !self.to_be_sent()) { p.lead { (hint) } }
            @if let Some(error) = error { (error) }
            @if let Some(otpauth) = &self.otpauth { (otpauth.render(texts)) }
            @if let Some(unsent) = unsent { (unsent) }
            @if let Some(delivery) = &self.delivery { (delivery.render(frame, texts)) }
        }
    }
}

impl Otpauth {
    fn render(&self, texts: &Texts) -> Markup {
        // The page's one address with a scheme of its own: nothing but an authenticator may be opened by it.
        let opens = self.uri.starts_with("otpauth://");
        html! {
            div.otpauth {
                (qr::picture(&self.uri, &texts.text("otpauth-picture")))
                div {
                    @if opens { p { a.button href=(self.uri) { (texts.text("otpauth-open")) } } }
                    p.hint { (texts.text("otpauth-secret")) }
                    p { code.secret translate="no" { (grouped(&self.secret)) } }
                }
            }
        }
    }
}

impl Delivery {
    fn render(&self, frame: &Frame, texts: &Texts) -> Markup {
        html! {
            @match self.state {
                DeliveryState::Ready => p.lead { (self.says("delivery-ready", "call-ready", texts)) },
                DeliveryState::Sent => {
                    p.lead role="status" { (self.says("delivery-sent", "call-sent", texts)) }
                    @if let Some(at) = self.good_until {
                        p.hint { (moment::minutes_until("code-ends", at, frame.now, texts)) }
                    }
                }
                DeliveryState::Failed => {}
            }
        }
    }

    fn says(&self, sent: &str, called: &str, texts: &Texts) -> String {
        let key = if self.by_call { called } else { sent };
        texts.text_with(key, &[("target", self.target.as_str().into())])
    }

    /// Until when no other may be asked for, if that is still to come.
    fn waits(&self, frame: &Frame) -> Option<u64> {
        self.again.filter(|at| *at > frame.now)
    }

    fn again(&self, frame: &Frame, texts: &Texts) -> Markup {
        html! {
            @match self.waits(frame) {
                Some(at) => p.fine { (later(self.by_call, at, frame, texts)) },
                None => button.quiet type="submit" name="send" value="1" {
                    (texts.text(if self.by_call { "call-again" } else { "delivery-again" }))
                },
            }
        }
    }
}

fn later(by_call: bool, at: u64, frame: &Frame, texts: &Texts) -> String {
    moment::again_at(if by_call { "call-again-at" } else { "delivery-again-at" }, at, frame.now, texts)
}

/// In groups of four, as people read aloud and type.
fn grouped(secret: &str) -> String {
    let letters: Vec<char> = secret.chars().filter(|c| !c.is_whitespace()).collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

impl Prompt {
    pub(crate) fn sample_code(texts: &Texts) -> Self {
        Self { hint: Some(texts.text("method-totp-ask")), fields: vec![Field::code(texts)], ..Self::default() }
    }

    pub(crate) fn sample_key(kind: CeremonyKind, texts: &Texts) -> Self {
        let options = match kind {
            CeremonyKind::Create => {
                r#"{"publicKey":{"rp":{"name":"wiki","id":"localhost"},"user":{"id":"AAAA","name":"alice","displayName":"Alice"},"challenge":"AQIDBA","pubKeyCredParams":[{"type":"public-key","alg":-7}]}}"#
            }
            CeremonyKind::Get => {
                r#"{"publicKey":{"challenge":"AQIDBA","rpId":"localhost","allowCredentials":[],"userVerification":"preferred"}}"#
            }
        };
        Self {
            hint: Some(texts.text("method-webauthn-ask")),
            ceremony: Some(Ceremony { kind, options: options.into() }),
            ..Self::default()
        }
    }

    pub(crate) fn sample_message(state: DeliveryState, texts: &Texts) -> Self {
        Self {
            delivery: Some(Delivery {
                target: "+31 ** *** **67".into(),
                by_call: false,
                state,
                again: Some(Frame::SAMPLE_NOW + 30),
                good_until: Some(Frame::SAMPLE_NOW + 600),
            }),
            fields: vec![Field::code(texts)],
            ..Self::default()
        }
    }

    pub(crate) fn sample_call(state: DeliveryState, texts: &Texts) -> Self {
        let mut sample = Self::sample_message(state, texts);
        sample.delivery.iter_mut().for_each(|delivery| delivery.by_call = true);
        sample
    }

    pub(crate) fn sample_secret(texts: &Texts) -> Self {
        let secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
        Self {
            hint: Some(texts.text("method-totp-enrol")),
            otpauth: Some(Otpauth {
                uri: format!("otpauth://totp/wiki.example.com:alice?secret={secret}&issuer=wiki.example.com"),
                secret: secret.into(),
            }),
            fields: vec![Field::code(texts), Field::label(texts).with_value(texts.text("method-totp-label"))],
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_in_groups_of_four() {
        assert_eq!(grouped("JBSWY3DPEHPK3PXPJB"), "JBSW Y3DP EHPK 3PXP JB");
    }

    #[test]
    fn only_an_authenticator_address_becomes_a_link() {
        let texts = Texts::english();
        let hostile = Otpauth { uri: "javascript:alert(1)".into(), secret: "AAAA".into() };
        assert!(!hostile.render(&texts).into_string().contains("href"));
        let honest = Otpauth { uri: "otpauth://totp/a?secret=AAAA".into(), secret: "AAAA".into() };
        assert!(honest.render(&texts).into_string().contains("href=\"otpauth://totp/a?secret=AAAA\""));
    }

    #[test]
    fn a_code_not_sent_yet_is_not_asked_for() {
        let texts = Texts::english();
        let frame = Frame::sample();
        let form = Form::sample("/.vestibule/verify/sms");
        let shown = |state| {
            let page = Around { button: "Continue", ..Around::default() };
            let hint = Some("Type the code.".to_owned());
            let prompt = Prompt { hint, ..Prompt::sample_message(state, &texts) };
            prompt.form(&form, page, &frame, &texts).into_string()
        };
        assert!(!shown(DeliveryState::Ready).contains("Type the code."));
        assert!(!shown(DeliveryState::Failed).contains("Type the code."));
        assert!(shown(DeliveryState::Sent).contains("Type the code."));
        assert!(!shown(DeliveryState::Ready).contains("name=\"code\""));
        assert!(
            shown(DeliveryState::Ready).contains("You can ask for a new code in 30 seconds"),
            "before its time it says so"
        );
        assert!(shown(DeliveryState::Ready).contains("name=\"send\""));
        assert!(shown(DeliveryState::Sent).contains("name=\"code\""));
        assert!(!shown(DeliveryState::Sent).contains("name=\"send\""), "not before its time");
    }
}
