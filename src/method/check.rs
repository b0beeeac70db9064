//! Every method, wrapped once: what is counted, stored, sent, checked, consumed and recorded around it.

use std::sync::Arc;

use super::{Answer, FieldError, Place, Prompt, Proof, Registry};
use crate::account::{AccountError, Accounts, Factor, User};
use crate::audit::{Audit, Origin};
use crate::clock::Time;
use crate::gateway::Gateways;
use crate::store::{Change, Row, VaultError};
use crate::throttle::{Lane, Throttle};
use crate::types::{FactorId, MethodId};

/// What the core remembers of a begun check or enrolment, inside the wizard's own record (a pending login, or an action
/// of a session). Single use: the caller removes it in the same commit that uses it (see `consume` below).
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Begun {
    pub method: MethodId,
    /// `None`: an enrolment.
    pub factor: Option<FactorId>,
    /// Opaque to all but the method.
    pub pending: Vec<u8>,
    pub expires: Time,
    /// When another message may be asked for.
    pub next_send: Option<Time>,
}

/// A begun check, as the wizard shows it.
#[derive(Debug)]
pub struct CheckBegun {
    pub begun: Begun,
    pub prompt: Prompt,
    pub sending: Sending,
    /// Whether something had to be stored or sent. When not, `begun` goes straight on to the check.
    pub kept: bool,
}

/// What became of the message, if there was one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sending {
    None,
    Sent {
        next: Time,
    },
    /// Nothing was sent: too soon, or a budget is spent.
    Wait(Time),
    /// The gateway could not: try another way.
    Failed,
}

/// What became of an answer.
#[derive(Debug)]
pub enum Checked {
    /// The challenge is used up, the factor's state moved on, the event recorded: all in one durable commit.
    Proved(Proof),
    Wrong,
    Wait(Time),
    /// The strangers' lane of this account is closed.
    Closed,
    /// There is no begun check for this factor any more (expired, used, replaced): begin again.
    Gone,
}

/// A factor that was just enrolled, and the proof that doing so was.
#[derive(Debug)]
pub struct Enrolled {
    pub factor: Factor,
    pub proof: Proof,
}

#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The method is gone or disabled: its factors cannot be used, and stay.
    #[error("the method {0} is not in force")]
    NoSuchMethod(MethodId),
    #[error("a field is wrong")]
    Field(FieldError),
    /// Too many wrong answers for now.
    #[error("answers are not looked at until {0}")]
    Wait(Time),
    /// Another factor of the store has the same credential.
    #[error("this factor is enrolled already")]
    AlreadyEnrolled,
    #[error(transparent)]
    Account(#[from] AccountError),
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// The wrapper around all methods.
#[derive(Clone)]
pub struct Checks {
    pub registry: Arc<Registry>,
    pub accounts: Accounts,
    pub throttle: Throttle,
    pub audit: Audit,
    pub gateways: Gateways,
    pub texts: Arc<vestibule_templates::texts::Texts>,
}

impl Checks {
    /// Factors that can be used now (their method is in force), the one used last first, fallbacks last.
    pub async fn usable(&self, _user: &User) -> Result<Vec<Row<Factor>>, CheckError> {
        todo!()
    }

    /// Begins a check of one factor. `keep` gets what must be remembered and gives the writes that store it (in the
    /// wizard's record); they are committed BEFORE anything is sent. `previous` is a begun check of the same factor in
    /// the same wizard: with a live one whose message was sent, a new message waits for its cool-down.
    pub async fn begin<K>(
        &self,
        _user: &User,
        _factor: &FactorId,
        _place: &Place,
        _previous: Option<&Begun>,
        _origin: &Origin,
        _keep: K,
    ) -> Result<CheckBegun, CheckError>
    where
        K: FnOnce(&Begun) -> Result<Vec<Change>, VaultError> + Send,
    {
        todo!()
    }

    /// Shows again what a begun check asks for, without making or sending anything (a GET).
    pub async fn show(&self, _user: &User, _begun: &Begun, _place: &Place) -> Result<Prompt, CheckError> {
        todo!()
    }

    /// Throttle → method → compare-and-set → audit → proof. `consume` are the writes that take the begun check out of
    /// the wizard's record, expecting the version that was read: they are part of the one commit, so that one code in
    /// fifty wizards has one winner and one challenge has one use. They are used up on a wrong answer, too, where the
    /// method's challenge is single use (a ceremony), else only on a right one.
    #[expect(clippy::too_many_arguments, reason = "each is a different thing, and all are needed")]
    pub async fn check(
        &self,
        _user: &User,
        _begun: &Begun,
        _answer: &Answer,
        _lane: &Lane,
        _place: &Place,
        _origin: &Origin,
        _consume: Vec<Change>,
    ) -> Result<Checked, CheckError> {
        todo!()
    }

    /// Begins an enrolment. Whether the visitor may is the wizard's question.
    pub async fn begin_enrolment<K>(
        &self,
        _user: &User,
        _method: &MethodId,
        _answer: &Answer,
        _place: &Place,
        _previous: Option<&Begun>,
        _origin: &Origin,
        _random: &dyn crate::secret::Random,
        _keep: K,
    ) -> Result<CheckBegun, CheckError>
    where
        K: FnOnce(&Begun) -> Result<Vec<Change>, VaultError> + Send,
    {
        todo!()
    }

    pub fn preview_check(&self, _user: &User, _row: &Row<Factor>, _place: &Place) -> Result<Prompt, CheckError> {
        todo!()
    }

    pub async fn preview_enrolment(&self, _user: &User, _method: &MethodId, _place: &Place, _random: &dyn crate::secret::Random) -> Result<Prompt, CheckError> {
        todo!()
    }

    /// Ends an enrolment: one commit stores the factor, lists it, claims what must be unique, uses up `consume` and
    /// records it.
    pub async fn finish_enrolment(
        &self,
        _user: &User,
        _begun: &Begun,
        _answer: &Answer,
        _place: &Place,
        _origin: &Origin,
        _consume: Vec<Change>,
    ) -> Result<Enrolled, CheckError> {
        todo!()
    }

    /// Removes a factor (and fallbacks with the last other one), in one commit with its event.
    pub async fn remove(&self, _user: &User, _factor: &FactorId, _origin: &Origin) -> Result<(), CheckError> {
        todo!()
    }
}
