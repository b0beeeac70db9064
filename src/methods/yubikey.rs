//! One-time passwords of a YubiKey (Yubico OTP): the key types 32 characters that only a validation server can read, after
//! the name of the key. Only codes that begin with the enrolled name are asked about, and one is good if the server
//! confirms it and its counter is past the last one we saw, so that neither a replay nor a forgetful server helps.

use std::sync::Arc;
use std::time::Duration;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use super::{Build, BuildEnv, encode};
use crate::config::Span;
use crate::error::Problems;
use crate::gateway::{Question, YubicoSettings, YubicoValidator};
use crate::method::{Answer, Answered, Ask, Card, Context, Description, Field, FieldError, Method, New, Prompt, Step};
use crate::secret::{Secret, random_bytes};
use crate::types::{MethodId, Strength};

/// The digits of modhex: letters that stand at the same place on most keyboards.
const MODHEX: &[u8; 16] = b"cbdefghijklnrtuv";
/// Characters of the encrypted part: one block of AES.
const ENCRYPTED: usize = 32;
/// Characters of a key's name at most.
const LONGEST_NAME: usize = 16;
/// Time to find the key.
const ENROLMENT: Duration = Duration::from_secs(30 * 60);
const CHECK: Duration = Duration::from_secs(10 * 60);

static CARD: Card = Card {
    id: MethodId::new("yubikey"),
    title: "method-yubikey-title",
    hint: "method-yubikey-hint",
    strength: Strength::Code,
    amr: &["otp"],
    phishing_resistant: false,
    fallback: false,
    hands_out_codes: false,
    usable_alone: false,
    by_mailbox: false,
    several: true,
    single_use_challenge: false,
};

crate::section! {
    Section {
        /// Codes that a YubiKey types. Where keys can do WebAuthn, that is stronger.
        enabled: bool = false,
        /// The number that Yubico, or a validation server of your own, knows this gate by.
        client_id: String = String::new(),
        /// A file with the key that came with `client_id`, in base64.
        key_file: String = String::new(),
        /// Validation servers (protocol 2.0). All are asked at once; the first verdict counts, and none is a no.
        servers: Vec<String> = vec!["https://api.yubico.com/wsapi/2.0/verify".to_owned()],
        /// A PEM file with the CA that signed the servers' certificates. Empty: the system's.
        ca_file: String = String::new(),
        /// How long they may take.
        timeout: Span = Span::secs(5),
    }
}

#[derive(Debug)]
pub(super) struct YubiKey {
    validator: Arc<YubicoValidator>,
}

#[derive(Serialize, Deserialize)]
struct State {
    /// The key's name: its public id, in modhex.
    key: String,
    /// Of the last code that was accepted; this one and lower ones are dead.
    counter: u64,
}

impl Build for YubiKey {
    const CARD: &'static Card = &CARD;
    type Section = Section;

    fn enabled(section: &Section) -> bool {
        section.enabled
    }

    fn build(section: Section, _: &BuildEnv<'_>, problems: &mut Problems) -> Result<Self, String> {
        let settings = YubicoSettings {
            client_id: &section.client_id,
            key_file: &section.key_file,
            servers: &section.servers,
            ca_file: &section.ca_file,
            timeout: section.timeout.0,
        };
        let validator = YubicoValidator::build("methods.yubikey", settings, problems);
        let validator = validator.ok_or_else(|| "no validation server can be asked".to_owned())?;
        Ok(Self { validator: Arc::new(validator) })
    }
}

impl YubiKey {
    fn ask(&self, context: &Context<'_>, otp: String) -> Ask {
        let nonce = HEXLOWER.encode(&random_bytes::<16>(context.random));
        Ask { validator: self.validator.clone(), question: Question { answer: Secret::new(otp), nonce } }
    }
}

impl Method for YubiKey {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn begin_enrolment(&self, _: &Context<'_>, _previous: Option<&[u8]>, _: &Answer) -> Result<Step, FieldError> {
        Ok(Step::new(Vec::new(), ENROLMENT))
    }

    fn finish_enrolment(&self, context: &Context<'_>, _pending: &[u8], answer: &Answer) -> Result<New, FieldError> {
        let wrong = FieldError { field: "code", text: "error-code-wrong" };
        let (key, otp) = read(answer.code()).ok_or(wrong)?;
        Ok(New {
            unique: Some(key.as_bytes().to_vec()),
            state: encode(&State { key, counter: 0 }),
            amr: Vec::new(),
            ask: Some(self.ask(context, otp)),
        })
    }

    fn begin_check(&self, _: &Context<'_>, _state: &[u8]) -> Result<Step, FieldError> {
        Ok(Step::new(Vec::new(), CHECK))
    }

    fn check(&self, context: &Context<'_>, state: &[u8], _pending: &[u8], answer: &Answer) -> Answered {
        let Ok(state) = serde_json::from_slice::<State>(state) else { return Answered::Wrong };
        match read(answer.code()) {
            Some((key, otp)) if key == state.key => Answered::Ask(self.ask(context, otp)),
            _ => Answered::Wrong,
        }
    }

    fn settle(&self, state: &[u8], counter: u64) -> Answered {
        let Ok(state) = serde_json::from_slice::<State>(state) else { return Answered::Wrong };
        if counter <= state.counter {
            return Answered::Suspect("a code was used again, or the key was copied".to_owned());
        }
        Answered::Right { state: encode(&State { counter, ..state }), amr: Vec::new() }
    }

    fn prompt(&self, _: &Context<'_>, state: Option<&[u8]>, _pending: &[u8]) -> Prompt {
        let field = Field {
            inputmode: "text",
            autocomplete: "off",
            // And what gets pasted along.
            max_length: LONGEST_NAME + ENCRYPTED + 4,
            ..Field::CODE
        };
        if state.is_some() {
            return Prompt { hint: "method-yubikey-ask", fields: vec![field], ..Prompt::default() };
        }
        let fields = vec![field, Field::LABEL];
        Prompt { hint: "method-yubikey-enrol", fields, ..Prompt::default() }
    }

    fn describe(&self, _state: &[u8]) -> Description {
        Description::default()
    }
}

/// The key's name, and the whole code, in small letters whatever the keyboard did.
fn read(typed: &str) -> Option<(String, String)> {
    // A stranger's bytes: nobody types more.
    if typed.len() > 64 {
        return None;
    }
    let otp = typed.trim().to_ascii_lowercase();
    let name = otp.len().checked_sub(ENCRYPTED).filter(|name| (1..=LONGEST_NAME).contains(name))?;
    let modhex = otp.bytes().all(|b| MODHEX.contains(&b));
    modhex.then(|| (otp[..name].to_owned(), otp))
}
