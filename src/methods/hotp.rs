//! Codes of a counter (RFC 4226): each press of a token's button makes the next one. The counter is kept in the factor's
//! state and only moves forwards, so that a code is good once and kills all before it. The secret leaves this file on the
//! enrolment page alone.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::otp::{Codes, Series, digits};
use super::{Build, BuildEnv, encode};
use crate::error::Problems;
use crate::method::{Answer, Answered, Card, Context, Description, Field, FieldError, Method, New, Prompt, Step};
use crate::types::{MethodId, Strength};

/// Every further code that is looked for gives a guesser one more chance in a million.
const WIDEST: u32 = 20;
/// How far ahead two consecutive codes are looked for (RFC 4226 section 7.4): forging both is a million times harder
/// than one.
const RESYNCHRONISATION: u64 = 100;
/// Time to find the token and take the secret over.
const ENROLMENT: Duration = Duration::from_secs(30 * 60);
const CHECK: Duration = Duration::from_secs(10 * 60);

static CARD: Card = Card {
    id: MethodId::new("hotp"),
    title: "method-hotp-title",
    hint: "method-hotp-hint",
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
        /// Codes of a token or an app that counts instead of looking at a clock.
        enabled: bool = false,
        /// How many codes may have been made and not used: at most 20. Further ahead, two codes in a row are asked for.
        look_ahead: u32 = 5,
    }
}

#[derive(Debug)]
pub(super) struct Hotp {
    look_ahead: u64,
}

#[derive(Serialize, Deserialize)]
struct State {
    /// Base32, as on the enrolment page.
    secret: String,
    /// Of the code that comes next; the ones before it are dead.
    counter: u64,
}

#[derive(Serialize, Deserialize)]
struct Pending {
    secret: String,
}

impl Build for Hotp {
    const CARD: &'static Card = &CARD;
    type Section = Section;

    fn enabled(section: &Section) -> bool {
        section.enabled
    }

    fn build(section: Section, _: &BuildEnv<'_>, problems: &mut Problems) -> Result<Self, String> {
        if section.look_ahead > WIDEST {
            problems.add(
                "methods.hotp.look_ahead",
                format!("{} codes are more than {WIDEST}", section.look_ahead),
                "write a smaller number: each further code gives a guesser one more",
            );
        }
        Ok(Self { look_ahead: section.look_ahead.into() })
    }
}

impl Hotp {
    /// The counter that comes after the code, or the two in a row, that were typed; `None` where nothing near fits. All
    /// counters are looked at, whichever fits, so that the time taken does not say how far a token is.
    fn after(&self, series: &Series, next: u64, typed: &str) -> Option<u64> {
        let code = digits(typed)?;
        let six = usize::from(Codes::default().digits);
        let from = |width| next..=next.saturating_add(width);
        if code.len() == 2 * six {
            let (first, second) = code.split_at(six);
            let both = |counter: &u64| series.fits(*counter, first) & series.fits(counter.saturating_add(1), second);
            return from(RESYNCHRONISATION).filter(both).min().map(|counter| counter.saturating_add(2));
        }
        from(self.look_ahead)
            .filter(|counter| series.fits(*counter, &code))
            .min()
            .map(|counter| counter.saturating_add(1))
    }

    /// Whether it is one of the last codes before `next`.
    fn used(&self, series: &Series, next: u64, typed: &str) -> bool {
        let dead = next.saturating_sub(self.look_ahead.max(1))..next;
        digits(typed).is_some_and(|code| dead.filter(|counter| series.fits(*counter, &code)).count() > 0)
    }
}

impl Method for Hotp {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn begin_enrolment(&self, context: &Context<'_>, _previous: Option<&[u8]>, _: &Answer) -> Result<Step, FieldError> {
        Ok(Step::new(encode(&Pending { secret: Codes::default().secret(context.random) }), ENROLMENT))
    }

    fn finish_enrolment(&self, _: &Context<'_>, pending: &[u8], answer: &Answer) -> Result<New, FieldError> {
        let wrong = FieldError { field: "code", text: "error-code-wrong" };
        let Ok(Pending { secret }) = serde_json::from_slice(pending) else { return Err(wrong) };
        let counter = self.after(&Codes::default().of(&secret), 0, answer.code()).ok_or(wrong)?;
        Ok(New { state: encode(&State { secret, counter }), unique: None, amr: Vec::new(), ask: None })
    }

    fn begin_check(&self, _: &Context<'_>, _state: &[u8]) -> Result<Step, FieldError> {
        Ok(Step::new(Vec::new(), CHECK))
    }

    fn check(&self, _: &Context<'_>, state: &[u8], _pending: &[u8], answer: &Answer) -> Answered {
        let Ok(State { secret, counter }) = serde_json::from_slice(state) else { return Answered::Wrong };
        let series = Codes::default().of(&secret);
        match self.after(&series, counter, answer.code()) {
            Some(counter) => Answered::Right { state: encode(&State { secret, counter }), amr: Vec::new() },
            None if self.used(&series, counter, answer.code()) => Answered::Suspect("a code was used again".to_owned()),
            None => Answered::Wrong,
        }
    }

    fn prompt(&self, context: &Context<'_>, state: Option<&[u8]>, pending: &[u8]) -> Prompt {
        if state.is_some() {
            return Prompt { hint: "method-hotp-ask", fields: vec![Field::CODE], ..Prompt::default() };
        }
        let (site, name) = (&context.place.name, context.name.as_str());
        let uri = |Pending { secret }| Codes::default().uri("hotp", "counter=0", &secret, site, name);
        Prompt {
            hint: "method-hotp-enrol",
            fields: vec![Field::CODE, Field::LABEL],
            otpauth: serde_json::from_slice(pending).ok().map(uri),
            ..Prompt::default()
        }
    }

    fn describe(&self, _state: &[u8]) -> Description {
        Description::default()
    }
}
