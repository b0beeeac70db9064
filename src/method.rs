//! The joint for second factors. A [`Method`] says what it is ([`Card`]), enrols and checks one factor, and does nothing
//! else: it touches no store, sends nothing, asks nobody, knows no HTTP and cannot mint a [`Proof`]. [`Checks`] wraps all methods
//! once (throttle → method → compare-and-set of the factor's state → audit → proof), so that none can forget a step.

mod call;
mod check;
mod prompt;
mod proof;
mod registry;
mod remembered;

use std::sync::Arc;
use std::time::Duration;

use vestibule_templates::Texts;

use crate::clock::Time;
use crate::gateway::{Question, Validator};
use crate::secret::{Key, Random, Secret};
use crate::types::{MethodId, Strength, UserId, UserName};

pub use call::{Asked, Speech};
pub use check::{Asker, Begun, CheckBegun, CheckError, Checked, Checks, Enrolled, Sending, is_taken, tell_locked};
pub use prompt::{Ceremony, Field, FieldKind, Outgoing, Prompt};
pub use proof::Proof;
pub use registry::{Absent, Registry, RegistryError};
pub use remembered::{Recalled, Remembered};

/// What a method is, constant and for ever.
#[derive(Debug)]
pub struct Card {
    /// Stored with each factor, for ever.
    pub id: MethodId,
    /// Keys of the text catalogue.
    pub title: &'static str,
    pub hint: &'static str,
    pub strength: Strength,
    /// RFC 8176 values; a check may add to them.
    pub amr: &'static [&'static str],
    pub phishing_resistant: bool,
    /// Only a way back in: not offered while another way works, void with the last other factor.
    pub fallback: bool,
    /// What it enrols is a set of codes to keep on paper, handed over once: made right after the first factor, and made
    /// anew instead of added to.
    pub hands_out_codes: bool,
    /// A login can begin with it, without a name or a password: see [`Method::begin_alone`].
    pub usable_alone: bool,
    /// It proves a mailbox: where a mailbox set the password, it is no second factor.
    pub by_mailbox: bool,
    /// A user may have more than one of it.
    pub several: bool,
    /// A challenge is for one answer, right or wrong (a ceremony). Otherwise a wrong answer leaves it standing, so that
    /// a typing error does not cost another message.
    pub single_use_challenge: bool,
}

/// What the site is, for methods that bind to it or name it.
#[derive(Clone, Debug)]
pub struct Place {
    /// What people call it: on pages, in authenticator apps and messages.
    pub name: String,
    /// The origin of the page, as a browser serialises it: `https://login.example.com`. Empty where none is known
    /// (`host = "*"` without `url`).
    pub origin: String,
    /// Its host, without port.
    pub host: String,
    /// The language of the page that asks, for what is sent and for the names factors are given.
    pub texts: Texts,
}

/// Everything a method is given. It has no other access to anything.
pub struct Context<'a> {
    /// Wall time, for codes the world must agree on.
    pub wall: Time,
    /// Deadline time, for the life of a challenge.
    pub now: Time,
    pub random: &'a dyn Random,
    /// A key of this method alone, derived from the sealing key.
    pub key: Key,
    pub user: UserId,
    pub name: &'a UserName,
    pub display_name: &'a str,
    /// The mail address that the operator set.
    pub email: Option<&'a str>,
    pub place: &'a Place,
    pub texts: &'a Texts,
    /// States of this user's other factors of the same method: to exclude, or to refuse a second one.
    pub siblings: &'a [Vec<u8>],
}

/// What a visitor answered: the fields of the form, by name.
#[derive(Clone, Debug, Default)]
pub struct Answer(pub std::collections::BTreeMap<String, Secret<String>>);

impl Answer {
    pub fn get(&self, field: &str) -> Option<&str> {
        self.0.get(field).map(|value| value.expose().as_str())
    }

    /// The field `code`, which every typed or scripted answer is in.
    pub fn code(&self) -> &str {
        self.get("code").unwrap_or_default()
    }
}

/// A first step done: what to remember until the answer comes, what to send. What to show is [`Method::prompt`].
#[derive(Debug)]
pub struct Step {
    /// What the answer is judged with; a page never sees it.
    pub pending: Vec<u8>,
    pub life: Duration,
    /// Whether `pending` must be kept, sealed and single use, between question and answer: it holds a challenge. Where
    /// not, the same step can be begun again when the answer comes, with the same randomness.
    pub keep: bool,
    /// Of a check: a new state of the factor, stored with `pending` (so that a new code voids the ones before it).
    pub state: Option<Vec<u8>>,
    /// Sent by the core after the pending state is stored and the budget spent.
    pub message: Option<Outgoing>,
}

impl Step {
    pub fn new(pending: Vec<u8>, life: Duration) -> Self {
        Self { pending, life, keep: false, state: None, message: None }
    }
}

/// A question to whoever comes, see [`Method::begin_alone`].
#[derive(Debug)]
pub struct Challenge {
    /// What the answer is judged with. It travels through the page, signed and readable: nothing in it is secret.
    pub pending: Vec<u8>,
    pub life: Duration,
    pub ceremony: Ceremony,
}

/// Whose factor an answer says it is of, when nobody said so before. By itself it proves nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    pub user: UserId,
    /// As in [`New::unique`].
    pub unique: Vec<u8>,
}

/// How a check of an answer ended.
#[derive(Debug)]
pub enum Answered {
    /// Right. The factor's new state; its compare-and-set makes the answer single use.
    /// `amr` is what this use adds to the card's.
    Right {
        state: Vec<u8>,
        amr: Vec<&'static str>,
    },
    /// Right, and the factor itself made sure that its owner used it (a PIN, a fingerprint): something held, and
    /// something that only he knows or is.
    RightByOwner {
        state: Vec<u8>,
        amr: Vec<&'static str>,
    },
    Wrong,
    /// A replayed step, a counter that went back: refused like a wrong one, and told to the operator.
    Suspect(String),
    /// A code that would fit at another step: refused like a wrong one; the operator hears that a clock is off.
    ClockOff(i64),
    /// It may be right, and somebody else must say so: the core asks, and hands what was confirmed to
    /// [`Method::settle`]. Where nobody can be asked, the answer is refused.
    Ask(Ask),
}

/// Whom to ask about an answer, and what.
#[derive(Clone, Debug)]
pub struct Ask {
    pub validator: Arc<dyn Validator>,
    pub question: Question,
}

/// A factor about to be stored.
#[derive(Debug)]
pub struct New {
    pub state: Vec<u8>,
    /// Something no two factors of the whole store may share (a credential id).
    pub unique: Option<Vec<u8>>,
    /// What this use adds to the card's `amr`.
    pub amr: Vec<&'static str>,
    /// Who must confirm the answer first, see [`Answered::Ask`].
    pub ask: Option<Ask>,
}

/// A page field that is wrong: a key of the text catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    pub field: &'static str,
    pub text: &'static str,
}

/// A second factor. One file `methods/<id>.rs`, one line in the list of `methods.rs`.
///
/// Answers are a stranger's bytes: none may make a method panic. States and pending steps are our own, sealed; one that
/// does not parse (another version wrote it) is answered like a wrong answer.
pub trait Method: Send + Sync {
    fn card(&self) -> &'static Card;

    /// Whether it can be used on pages of this place; one that is bound to a domain cannot where there is none.
    fn works_at(&self, _place: &Place) -> bool {
        true
    }

    /// Whether this factor can never be used again under the configuration in force: it is bound to another address.
    fn stranded(&self, _state: &[u8]) -> bool {
        false
    }

    /// Begins enrolment, or goes on with it: `previous` is the pending state that was kept of a step before in the same
    /// wizard. Some methods need to know something first (a phone number): an empty answer gets a step that asks for it.
    /// What a page hands over must come of the context's randomness alone, see `Checks::preview_enrolment`.
    fn begin_enrolment(
        &self,
        context: &Context<'_>,
        previous: Option<&[u8]>,
        answer: &Answer,
    ) -> Result<Step, FieldError>;

    /// Ends enrolment with what [`Step::pending`] remembered.
    fn finish_enrolment(&self, context: &Context<'_>, pending: &[u8], answer: &Answer) -> Result<New, FieldError>;

    /// Begins a check of one factor: makes the challenge, or only says what to type.
    fn begin_check(&self, context: &Context<'_>, state: &[u8]) -> Result<Step, FieldError>;

    /// Checks an answer against one factor and the challenge that [`Method::begin_check`] made for it.
    fn check(&self, context: &Context<'_>, state: &[u8], pending: &[u8], answer: &Answer) -> Answered;

    /// Begins a login in which nobody said who they are: any factor of this method may answer, and the answer is judged
    /// by [`Method::check`] as every other is. Only where the card says `usable_alone`.
    fn begin_alone(&self, _place: &Place) -> Option<Challenge> {
        None
    }

    /// Whose factor an answer to [`Method::begin_alone`] says it is of.
    fn claimed(&self, _answer: &Answer) -> Option<Claimed> {
        None
    }

    /// What an answer is that a validator confirmed, for this state of a factor (or of a new one): the last word is the
    /// method's, which knows what was used before. `counter`: as the validator said it.
    fn settle(&self, _state: &[u8], _counter: u64) -> Answered {
        Answered::Wrong
    }

    /// What a begun step shows, now and each time its page is opened again; makes and sends nothing. `state` is the
    /// factor's, `None` in an enrolment.
    fn prompt(&self, context: &Context<'_>, state: Option<&[u8]>, pending: &[u8]) -> Prompt;

    /// What a factor may be called on a page before it is chosen: a masked number, how many codes are left. Nothing
    /// secret.
    fn describe(&self, state: &[u8]) -> Description;

    /// The mailbox that is this factor, so that it can be told when another takes its place. Never shown.
    fn mailbox(&self, _state: &[u8]) -> Option<String> {
        None
    }
}

/// What may be said of a factor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description {
    /// `+31 ** *** **67`
    pub masked: Option<String>,
    /// For recovery codes.
    pub remaining: Option<usize>,
}
