//! Codes of an authenticator app (RFC 6238): a secret we keep. A code is good once: the step it belongs to is kept in
//! the factor's state, and only a later one is accepted. The secret leaves this file on the enrolment page alone.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::otp::{Algorithm, Codes, digits};
use super::{Build, BuildEnv, encode};
use crate::clock::Time;
use crate::error::Problems;
use crate::method::{Answer, Answered, Card, Context, Description, Field, FieldError, Method, New, Prompt, Step};
use crate::types::{MethodId, Strength};

/// Seconds of one step: what every app does, whatever the URI says.
const STEP: i64 = 30;
/// How far a code may be off to be called a clock that is off, in steps.
const NEAR: i64 = 20;
/// Time to fetch the telephone, install an app and scan.
const ENROLMENT: Duration = Duration::from_secs(30 * 60);
const CHECK: Duration = Duration::from_secs(10 * 60);

static CARD: Card = Card {
    id: MethodId::new("totp"),
    title: "method-totp-title",
    hint: "method-totp-hint",
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
        /// Codes of an authenticator app.
        enabled: bool = true,
        /// Steps of 30 s accepted before and after the present one: 0 or 1.
        skew: u32 = 1,
        /// How many steps a device's clock may drift and be followed: 0 or 1.
        max_drift: u32 = 0,
        /// Digits of a code: 6 or 8. Of new enrolments, as is `algorithm`; many apps ignore both and make 6 with SHA1.
        digits: u32 = 6,
        /// "SHA1" | "SHA256" | "SHA512".
        algorithm: String = "SHA1".to_owned(),
    }
}

#[derive(Debug)]
pub(super) struct Totp {
    skew: i64,
    max_drift: i64,
    /// Of new enrolments.
    codes: Codes,
}

#[derive(Serialize, Deserialize)]
struct State {
    /// Base32, as on the enrolment page.
    secret: String,
    /// The step of the last code that was accepted; this one and earlier ones are dead.
    last: i64,
    /// Where this device's clock is, in steps from ours.
    #[serde(default)]
    drift: i64,
    #[serde(default)]
    codes: Codes,
}

#[derive(Serialize, Deserialize)]
struct Pending {
    secret: String,
    codes: Codes,
}

/// Where a code belongs.
enum Found {
    /// In the window and later than the last.
    Fresh(i64),
    Replayed,
    Off(i64),
    Nowhere,
}

impl Build for Totp {
    const CARD: &'static Card = &CARD;
    type Section = Section;

    fn enabled(section: &Section) -> bool {
        section.enabled
    }

    fn build(section: Section, _env: &BuildEnv<'_>, problems: &mut Problems) -> Result<Self, String> {
        for (key, value) in [("skew", section.skew), ("max_drift", section.max_drift)] {
            if value > 1 {
                problems.add(
                    format!("methods.totp.{key}"),
                    format!("{value} steps are more than one"),
                    "write 0 or 1: each further step gives a guesser one more code",
                );
            }
        }
        let codes = Codes {
            digits: if section.digits == 8 { 8 } else { 6 },
            algorithm: Algorithm::parse(&section.algorithm).unwrap_or(Codes::default().algorithm),
        };
        if u32::from(codes.digits) != section.digits {
            problems.add("methods.totp.digits", format!("{} digits are not known", section.digits), "write 6 or 8");
        }
        if Algorithm::parse(&section.algorithm).is_none() {
            let remedy = "write \"SHA1\", \"SHA256\" or \"SHA512\"";
            problems.add("methods.totp.algorithm", format!("{:?} is not known", section.algorithm), remedy);
        }
        Ok(Self { skew: section.skew.into(), max_drift: section.max_drift.into(), codes })
    }
}

impl Totp {
    /// Looks for the code at every step it could belong to, whatever was found before, so that the time taken says
    /// nothing of how near a guess was.
    fn find(&self, state: &State, code: &str, wall: Time) -> Found {
        let Some(code) = digits(code) else { return Found::Nowhere };
        let (series, last) = (state.codes.of(&state.secret), state.last);
        let drift = state.drift.clamp(-self.max_drift, self.max_drift);
        let now = wall.secs().div_euclid(STEP);
        let window = now + drift - self.skew..=now + drift + self.skew;
        let mut found = Found::Nowhere;
        for step in now - NEAR..=now + NEAR {
            if !u64::try_from(step).is_ok_and(|counter| series.fits(counter, &code)) {
                continue;
            }
            found = match found {
                Found::Fresh(fresh) => Found::Fresh(fresh),
                _ if window.contains(&step) && step > last => Found::Fresh(step),
                Found::Replayed => Found::Replayed,
                _ if step <= last => Found::Replayed,
                Found::Off(near) if near.abs() <= (step - now).abs() => Found::Off(near),
                _ => Found::Off(step - now),
            };
        }
        found
    }

    fn drift(&self, step: i64, wall: Time) -> i64 {
        (step - wall.secs().div_euclid(STEP)).clamp(-self.max_drift, self.max_drift)
    }
}

impl Method for Totp {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn begin_enrolment(&self, context: &Context<'_>, _previous: Option<&[u8]>, _: &Answer) -> Result<Step, FieldError> {
        let pending = Pending { secret: self.codes.secret(context.random), codes: self.codes };
        Ok(Step::new(encode(&pending), ENROLMENT))
    }

    fn finish_enrolment(&self, context: &Context<'_>, pending: &[u8], answer: &Answer) -> Result<New, FieldError> {
        let wrong = FieldError { field: "code", text: "error-code-wrong" };
        let Ok(pending) = serde_json::from_slice::<Pending>(pending) else { return Err(wrong) };
        let mut state = State { secret: pending.secret, last: 0, drift: 0, codes: pending.codes };
        // The step is kept, so that the code that enrols does not sign in as well.
        let Found::Fresh(last) = self.find(&state, answer.code(), context.wall) else { return Err(wrong) };
        (state.last, state.drift) = (last, self.drift(last, context.wall));
        let state = encode(&state);
        Ok(New { state, unique: None, amr: Vec::new(), ask: None })
    }

    fn begin_check(&self, _: &Context<'_>, _state: &[u8]) -> Result<Step, FieldError> {
        Ok(Step::new(Vec::new(), CHECK))
    }

    fn check(&self, context: &Context<'_>, state: &[u8], _pending: &[u8], answer: &Answer) -> Answered {
        let Ok(state) = serde_json::from_slice::<State>(state) else { return Answered::Wrong };
        match self.find(&state, answer.code(), context.wall) {
            Found::Fresh(last) => {
                let moved = State { last, drift: self.drift(last, context.wall), ..state };
                Answered::Right { state: encode(&moved), amr: Vec::new() }
            }
            Found::Replayed => Answered::Suspect("a code was used again".to_owned()),
            Found::Off(steps) => Answered::ClockOff(steps),
            Found::Nowhere => Answered::Wrong,
        }
    }

    fn prompt(&self, context: &Context<'_>, state: Option<&[u8]>, pending: &[u8]) -> Prompt {
        if state.is_some() {
            return Prompt { hint: "method-totp-ask", fields: vec![Field::CODE], ..Prompt::default() };
        }
        let (site, name) = (&context.place.name, context.name.as_str());
        let uri = |Pending { secret, codes }| codes.uri("totp", &format!("period={STEP}"), &secret, site, name);
        Prompt {
            hint: "method-totp-enrol",
            fields: vec![Field::CODE, Field::LABEL],
            otpauth: serde_json::from_slice(pending).ok().map(uri),
            ..Prompt::default()
        }
    }

    fn describe(&self, _state: &[u8]) -> Description {
        Description::default()
    }
}
