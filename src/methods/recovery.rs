//! Recovery codes: the way back in. Ten codes of 80 random bits, each good once; what is kept are their MACs under a key
//! derived from the sealing key, over user, set and code, so that neither a copied record nor a code of an older set or
//! of another user opens anything. The codes themselves leave this file on the page that hands them over, and nowhere
//! else.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use super::{Build, BuildEnv, encode};

use crate::error::Problems;
use crate::method::{
    Answer, Answered, Card, Context, Description, Field, FieldError, FieldKind, Method, New, Prompt, Step,
};
use crate::secret::random_bytes;
use crate::types::{MethodId, Strength};

const CODES: usize = 10;
/// Bytes of a code: 80 bits are sixteen characters of base32.
const BYTES: usize = 10;
/// Crockford's base32: no I, L, O, U, so that nothing is mistaken for a digit.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Time to find paper.
const ENROLMENT: Duration = Duration::from_secs(30 * 60);
const CHECK: Duration = Duration::from_secs(10 * 60);

static CARD: Card = Card {
    id: MethodId::new("recovery"),
    title: "method-recovery-title",
    hint: "method-recovery-hint",
    strength: Strength::Fallback,
    amr: &["recovery"],
    phishing_resistant: false,
    fallback: true,
    hands_out_codes: true,
    usable_alone: false,
    by_mailbox: false,
    several: false,
    single_use_challenge: false,
};

crate::section! {
    Section {
        /// Codes to get in with when the device is lost.
        enabled: bool = true,
    }
}

#[derive(Debug)]
pub(super) struct Recovery;

#[derive(Serialize, Deserialize)]
struct State {
    /// Names this set of codes, so that those of another set never fit.
    set: [u8; 8],
    /// Of the codes that are left.
    macs: Vec<[u8; 32]>,
}

/// The codes until their owner says that they are kept.
#[derive(Serialize, Deserialize)]
struct Pending {
    codes: Vec<[u8; BYTES]>,
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.codes.zeroize();
    }
}

impl Build for Recovery {
    const CARD: &'static Card = &CARD;
    type Section = Section;

    fn enabled(section: &Section) -> bool {
        section.enabled
    }

    fn build(_: Section, _: &BuildEnv<'_>, _: &mut Problems) -> Result<Self, String> {
        Ok(Self)
    }
}

impl Method for Recovery {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn begin_enrolment(&self, context: &Context<'_>, _previous: Option<&[u8]>, _: &Answer) -> Result<Step, FieldError> {
        let codes = (0..CODES).map(|_| random_bytes(context.random)).collect();
        Ok(Step::new(encode(&Pending { codes }), ENROLMENT))
    }

    fn finish_enrolment(&self, context: &Context<'_>, pending: &[u8], answer: &Answer) -> Result<New, FieldError> {
        let unticked = FieldError { field: "acknowledged", text: "error-not-acknowledged" };
        let ticked = answer.get("acknowledged") == Some("1");
        let Ok(pending) = serde_json::from_slice::<Pending>(pending) else { return Err(unticked) };
        if !ticked {
            return Err(unticked);
        }
        let set = random_bytes(context.random);
        let macs = pending.codes.iter().map(|code| context.key.mac(&[context.user.0.as_bytes(), &set, code])).collect();
        Ok(New { state: encode(&State { set, macs }), unique: None, amr: Vec::new(), ask: None })
    }

    fn begin_check(&self, _: &Context<'_>, _state: &[u8]) -> Result<Step, FieldError> {
        Ok(Step::new(Vec::new(), CHECK))
    }

    fn check(&self, context: &Context<'_>, state: &[u8], _pending: &[u8], answer: &Answer) -> Answered {
        let Ok(mut state) = serde_json::from_slice::<State>(state) else { return Answered::Wrong };
        let Some(code) = read(answer.code()) else { return Answered::Wrong };
        let user = context.user.0.as_bytes();
        // Each is compared in constant time; which one fits, or that none does, the answer tells anyway.
        let fits = |mac: &[u8; 32]| context.key.verify(&[user, &state.set, &code], mac);
        let Some(used) = state.macs.iter().position(fits) else { return Answered::Wrong };
        state.macs.remove(used);
        Answered::Right { state: encode(&state), amr: Vec::new() }
    }

    fn prompt(&self, _: &Context<'_>, state: Option<&[u8]>, pending: &[u8]) -> Prompt {
        if state.is_some() {
            let field = Field {
                name: "code",
                label: "field-recovery-code",
                hint: Some("field-recovery-code-hint"),
                value: String::new(),
                inputmode: "text",
                autocomplete: "off",
                // With hyphens, and what gets pasted along.
                max_length: 40,
                kind: FieldKind::Text,
                required: true,
            };
            // The heading and the field say it all.
            return Prompt { fields: vec![field], ..Prompt::default() };
        }
        let codes = serde_json::from_slice::<Pending>(pending).map(|pending| pending.codes.iter().map(write).collect());
        let acknowledge = Field {
            name: "acknowledged",
            label: "codes-acknowledge",
            hint: None,
            value: String::new(),
            inputmode: "none",
            autocomplete: "off",
            max_length: 8,
            kind: FieldKind::Acknowledge,
            required: true,
        };
        Prompt {
            hint: "method-recovery-enrol",
            fields: vec![acknowledge],
            codes: codes.unwrap_or_default(),
            ..Prompt::default()
        }
    }

    fn describe(&self, state: &[u8]) -> Description {
        let left = serde_json::from_slice::<State>(state).map_or(0, |state| state.macs.len());
        Description { remaining: Some(left), ..Description::default() }
    }
}

/// `7ZQ4-K0MX-9TRW-H3BF`
fn write(code: &[u8; BYTES]) -> String {
    let bits = code.iter().fold(0_u128, |bits, &byte| bits << 8 | u128::from(byte));
    let mut text = String::with_capacity(19);
    for n in 0..16 {
        if n > 0 && n % 4 == 0 {
            text.push('-');
        }
        text.push(char::from(ALPHABET[(bits >> (75 - 5 * n) & 31) as usize]));
    }
    text
}

/// Reads what [`write`] wrote and somebody typed: any case, with or without hyphens and spaces, O for 0, I and L for 1.
fn read(text: &str) -> Option<[u8; BYTES]> {
    // A stranger's bytes: nobody types more.
    if text.len() > 64 {
        return None;
    }
    let (mut bits, mut length) = (0_u128, 0);
    for c in text.chars().filter(|c| !c.is_whitespace() && *c != '-') {
        let digit = match c.to_ascii_uppercase() {
            'O' => 0,
            'I' | 'L' => 1,
            upper => ALPHABET.iter().position(|&letter| char::from(letter) == upper)? as u128,
        };
        length += 1;
        if length > 16 {
            return None;
        }
        bits = bits << 5 | digit;
    }
    if length < 16 {
        return None;
    }
    let mut code = [0; BYTES];
    code.copy_from_slice(&bits.to_be_bytes()[16 - BYTES..]);
    Some(code)
}
