//! What a method shows, as data: the pages turn it into markup, so no template is added for a new method.

use super::call::Speech;
use crate::gateway::Receiver;
use crate::throttle::Budget;

/// A step as the visitor sees it.
#[derive(Clone, Debug, Default)]
pub struct Prompt {
    /// Key of the text catalogue that says what to do.
    pub hint: &'static str,
    pub fields: Vec<Field>,
    /// An `otpauth://` URI: shown as a QR code, a link and the secret as text.
    pub otpauth: Option<String>,
    /// Codes that are shown once.
    pub codes: Vec<String>,
    /// A browser ceremony whose answer travels in the field `code`.
    pub ceremony: Option<Ceremony>,
    /// Where a message goes, masked.
    pub sent_to: Option<String>,
    /// Nothing is sent there: it rings.
    pub by_call: bool,
}

/// One input.
#[derive(Clone, Debug)]
pub struct Field {
    pub name: &'static str,
    /// Key of the text catalogue.
    pub label: &'static str,
    /// Key of the text catalogue: what is wanted, in a sentence.
    pub hint: Option<&'static str>,
    /// What it starts with; never a secret.
    pub value: String,
    pub inputmode: &'static str,
    pub autocomplete: &'static str,
    pub max_length: usize,
    pub kind: FieldKind,
    pub required: bool,
}

impl Field {
    /// The field `code` for six digits from an app or a message; browsers fill it in by themselves.
    pub const CODE: Field = Field {
        name: "code",
        label: "field-code",
        hint: None,
        value: String::new(),
        inputmode: "numeric",
        autocomplete: "one-time-code",
        // "123 456", and a little more than nothing for what gets pasted along.
        max_length: 16,
        kind: FieldKind::Text,
        required: true,
    };

    /// What its owner calls a new factor; the core proposes a name, and reads it.
    pub const LABEL: Field = Field {
        name: "label",
        label: "field-label",
        hint: Some("field-label-hint"),
        value: String::new(),
        inputmode: "text",
        autocomplete: "off",
        max_length: 64,
        kind: FieldKind::Text,
        required: false,
    };
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    Text,
    Telephone,
    /// A mail address.
    Mailbox,
    /// A box that must be ticked.
    Acknowledge,
}

/// What the page's script does.
#[derive(Clone, Debug)]
pub enum Ceremony {
    /// `navigator.credentials.create`. JSON: an object with `publicKey`, whose binary values are base64url (WebAuthn
    /// Level 3 section 5.1.8).
    Create(String),
    /// `navigator.credentials.get`, likewise (section 5.1.9).
    Get(String),
}

/// A message that the core will send.
#[derive(Clone, Debug)]
pub struct Outgoing {
    pub message: crate::gateway::Message,
    /// Of a call: what the provider is told to say when it asks. The core makes the address to ask at.
    pub speech: Option<Speech>,
    /// Budgets beside those that the core keeps for every message (see `Checks`).
    pub budgets: Vec<Budget>,
    /// How long until another may be sent to the same factor.
    pub cooldown: std::time::Duration,
}

impl Outgoing {
    pub fn receiver(&self) -> &Receiver {
        &self.message.to
    }
}
