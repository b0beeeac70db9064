//! What codes that travel over somebody else's network share: a code is made for one wizard, stored (as a MAC) before it
//! is sent, good once and for ten minutes, and dead as soon as a newer one is sent. It sends nothing: where a code goes,
//! and in what words, is the question of each method.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::encode;
use crate::method::{Answer, Answered, Context, FieldError, Step};
use crate::secret::{Random, random_bytes};

/// NIST SP 800-63B section 3.1.3: ten minutes at most.
pub(super) const LIFE: Duration = Duration::from_secs(10 * 60);
pub(super) const DAY: Duration = Duration::from_secs(24 * 3600);

/// A code to be sent, and the step that waits for it.
pub(super) struct Made {
    pub to: String,
    /// Six digits.
    pub code: Zeroizing<String>,
    pub step: Step,
}

#[derive(Serialize, Deserialize)]
struct State {
    to: String,
    /// Grows with each code that is sent or used: a code of an older count is dead, whichever wizard asked for it.
    issued: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Pending {
    /// The address is asked for.
    Asking,
    /// A code was made for this address.
    Sent { to: String, issued: u64, mac: [u8; 32] },
}

/// A step that asks for the address.
pub(super) fn asking() -> Step {
    Step::new(encode(&Pending::Asking), LIFE)
}

/// A code for an address that is being enrolled.
pub(super) fn first(context: &Context<'_>, to: String) -> Made {
    make(context, to, 0)
}

/// Another code for an enrolled address, or for the one that has taken its place, which voids the ones before it.
pub(super) fn another(context: &Context<'_>, state: &[u8], instead: Option<&str>) -> Result<Made, FieldError> {
    let unreadable = FieldError { field: "code", text: "error-code-wrong" };
    let State { to, issued } = serde_json::from_slice(state).map_err(|_| unreadable)?;
    let to = instead.map_or(to, str::to_owned);
    let issued = issued + 1;
    let state = encode(&State { to: to.clone(), issued });
    let made = make(context, to, issued);
    Ok(Made { step: Step { state: Some(state), ..made.step }, ..made })
}

fn make(context: &Context<'_>, to: String, issued: u64) -> Made {
    let code = Zeroizing::new(draw(context.random));
    let mac = context.key.mac(&parts(context, &to, &issued.to_be_bytes(), &code));
    let pending = encode(&Pending::Sent { to: to.clone(), issued, mac });
    Made { to, code, step: Step { keep: true, ..Step::new(pending, LIFE) } }
}

/// The address that a pending step sent a code to.
pub(super) fn sent_to(pending: &[u8]) -> Option<String> {
    match serde_json::from_slice(pending) {
        Ok(Pending::Sent { to, .. }) => Some(to),
        _ => None,
    }
}

/// The address of a factor.
pub(super) fn address(state: &[u8]) -> Option<String> {
    serde_json::from_slice(state).ok().map(|State { to, .. }| to)
}

/// The state of a new factor, if the code is the one that was sent.
pub(super) fn confirmed(context: &Context<'_>, pending: &[u8], answer: &Answer) -> Option<Vec<u8>> {
    let Ok(Pending::Sent { to, issued, mac }) = serde_json::from_slice(pending) else { return None };
    fits(context, &to, issued, &mac, answer.code()).then(|| encode(&State { to, issued: issued + 1 }))
}

/// Judges the answer to a code that was sent to a factor.
pub(super) fn check(context: &Context<'_>, state: &[u8], pending: &[u8], answer: &Answer) -> Answered {
    let (Ok(state), Ok(Pending::Sent { to, issued, mac })) =
        (serde_json::from_slice::<State>(state), serde_json::from_slice(pending))
    else {
        return Answered::Wrong;
    };
    let current = to == state.to && issued == state.issued;
    if !fits(context, &to, issued, &mac, answer.code()) || !current {
        return Answered::Wrong;
    }
    Answered::Right { state: encode(&State { to, issued: issued + 1 }), amr: Vec::new() }
}

/// Six random digits, each code as likely as any other.
fn draw(random: &dyn Random) -> String {
    // The greatest multiple of a million below 2^32; what lies above would make small codes likelier.
    const EVEN: u32 = u32::MAX / 1_000_000 * 1_000_000;
    loop {
        let number = u32::from_be_bytes(random_bytes(random));
        if number < EVEN {
            return format!("{:06}", number % 1_000_000);
        }
    }
}

fn fits(context: &Context<'_>, to: &str, issued: u64, mac: &[u8], typed: &str) -> bool {
    // A stranger's bytes: nobody types more.
    if typed.len() > 64 {
        return false;
    }
    let code: Zeroizing<String> = Zeroizing::new(typed.chars().filter(|c| !c.is_whitespace()).collect());
    context.key.verify(&parts(context, to, &issued.to_be_bytes(), &code), mac)
}

fn parts<'a>(context: &'a Context<'_>, to: &'a str, issued: &'a [u8], code: &'a str) -> [&'a [u8]; 4] {
    [context.user.0.as_bytes(), to.as_bytes(), issued, code.as_bytes()]
}
