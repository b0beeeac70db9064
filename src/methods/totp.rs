//! Codes of an authenticator app (RFC 6238): a secret we keep. A code is good once: the step it belongs to is kept in
//! the factor's state, and only a later one is accepted. The secret leaves this file on the enrolment page alone.

use std::time::Duration;

use data_encoding::BASE32_NOPAD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Build, BuildEnv, encode, named};
use crate::clock::Time;

use crate::error::Problems;
use crate::method::{Answer, Answered, Card, Context, Description, Field, FieldError, Method, New, Prompt, Step};
use crate::secret::random_bytes;
use crate::types::{MethodId, Strength};

/// Seconds of one step, digits of a code: what every app does, whatever the URI says.
const STEP: i64 = 30;
const DIGITS: usize = 6;
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
    usable_alone: false,
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
    }
}

#[derive(Debug)]
pub(super) struct Totp {
    skew: i64,
    max_drift: i64,
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
}

#[derive(Serialize, Deserialize)]
struct Pending {
    secret: String,
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
        Ok(Self { skew: section.skew.into(), max_drift: section.max_drift.into() })
    }
}

impl Totp {
    /// Looks for the code at every step it could belong to, whatever was found before, so that the time taken says
    /// nothing of how near a guess was.
    fn find(&self, secret: &[u8], code: &str, wall: Time, last: i64, drift: i64) -> Found {
        let Some(code) = digits(code) else { return Found::Nowhere };
        let totp = totp_rs::Builder::new().with_secret(secret.to_vec()).with_skew(0).build_noncompliant();
        let now = wall.secs().div_euclid(STEP);
        let window = now + drift - self.skew..=now + drift + self.skew;
        let mut found = Found::Nowhere;
        for step in now - NEAR..=now + NEAR {
            let Ok(seconds) = u64::try_from(step * STEP) else { continue };
            // The comparison inside takes constant time.
            if totp.check(&code, seconds).is_none() {
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
        // 160 bits: RFC 4226 section 4 R6.
        let secret = BASE32_NOPAD.encode(Zeroizing::new(random_bytes::<20>(context.random)).as_ref());
        Ok(Step::new(encode(&Pending { secret }), ENROLMENT))
    }

    fn finish_enrolment(&self, context: &Context<'_>, pending: &[u8], answer: &Answer) -> Result<New, FieldError> {
        let wrong = FieldError { field: "code", text: "error-code-wrong" };
        let Ok(pending) = serde_json::from_slice::<Pending>(pending) else { return Err(wrong) };
        let secret = decode(&pending.secret);
        // The step is kept, so that the code that enrols does not sign in as well.
        let Found::Fresh(last) = self.find(&secret, answer.code(), context.wall, 0, 0) else { return Err(wrong) };
        let drift = self.drift(last, context.wall);
        let state = encode(&State { secret: pending.secret, last, drift });
        Ok(New { state, label: context.texts.text("method-totp-label"), unique: None, amr: Vec::new() })
    }

    fn begin_check(&self, _: &Context<'_>, _state: &[u8]) -> Result<Step, FieldError> {
        Ok(Step::new(Vec::new(), CHECK))
    }

    fn check(&self, context: &Context<'_>, state: &[u8], _pending: &[u8], answer: &Answer) -> Answered {
        let Ok(state) = serde_json::from_slice::<State>(state) else { return Answered::Wrong };
        let drift = state.drift.clamp(-self.max_drift, self.max_drift);
        match self.find(&decode(&state.secret), answer.code(), context.wall, state.last, drift) {
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
        let secret = serde_json::from_slice::<Pending>(pending).ok().map(|pending| pending.secret);
        Prompt {
            hint: "method-totp-enrol",
            fields: vec![Field::CODE, named(context.texts.text("method-totp-label"))],
            otpauth: secret.map(|secret| otpauth(&secret, &context.place.name, context.name.as_str())),
            ..Prompt::default()
        }
    }

    fn describe(&self, _state: &[u8]) -> Description {
        Description::default()
    }
}

/// Six ASCII digits, with whatever white space was typed or pasted between and around them.
fn digits(code: &str) -> Option<Zeroizing<String>> {
    // A stranger's bytes: nobody types more.
    if code.len() > 64 {
        return None;
    }
    let code: Zeroizing<String> = Zeroizing::new(code.chars().filter(|c| !c.is_whitespace()).collect());
    (code.len() == DIGITS && code.bytes().all(|b| b.is_ascii_digit())).then_some(code)
}

/// The key URI that apps read, from the wiki of Google Authenticator. `secret` comes first, because that is what people
/// look for; digits and period are written although they are the defaults, because some apps guess others.
fn otpauth(secret: &str, issuer: &str, account: &str) -> String {
    // A colon parts issuer and account, and must be in neither, not even encoded.
    let issuer = percent(&issuer.replace(':', " "));
    let account = percent(account);
    format!(
        "otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits={DIGITS}&period={STEP}"
    )
}

/// RFC 3986 section 2.1, everything but the unreserved characters; a space is `%20`, since apps show a plus sign.
fn percent(text: &str) -> String {
    use std::fmt::Write;
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

fn decode(secret: &str) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(BASE32_NOPAD.decode(secret.as_bytes()).unwrap_or_default())
}
