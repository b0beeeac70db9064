//! Every method, wrapped once: what is counted, stored, sent, checked, consumed and recorded around it. No answer that
//! could be guessed is looked at before its failure has been counted, nothing is sent before it is stored and paid for,
//! and nothing is proved before its use is durable. What is asked is in [`begin`], what is answered in [`answer`], a login
//! that begins with a factor in [`alone`], how factors come and go in [`enrol`] and [`remove`].

mod alone;
mod answer;
mod begin;
mod enrol;
mod remove;

use std::cmp::Reverse;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use vestibule_templates::mail;

pub use self::answer::{Checked, tell_locked};
pub use self::begin::{CheckBegun, Sending};
pub use self::enrol::{Enrolled, is_taken};
use super::{Answered, Ask, Context, FieldError, Method, Place, Prompt, Registry};
use crate::account::{AccountError, Accounts, Factor, User};
use crate::audit::{Audit, Origin};
use crate::clock::Time;
use crate::gateway::{Gateways, Verdict};
use crate::post::Post;
use crate::secret::{BrowserKind, Key, Random, Token};
use crate::store::{Row, Vault, VaultError};
use crate::throttle::Throttle;
use crate::types::{FactorId, MethodId, Recipient};

/// How often a commit is tried anew when somebody else's change to the same user came between.
const RETRIES: usize = 3;

/// Nobody could be asked whether an answer is right: it is refused, and the page says that trying later may help.
const UNASKED: FieldError = FieldError { field: "code", text: "error-busy" };

/// What the core remembers of a begun check or enrolment, inside the wizard's own record (a pending login, or an action
/// of a session). Single use: the caller removes it in the same commit that uses it (`consume` of [`Checks::check`]).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begun {
    pub method: MethodId,
    /// `None`: an enrolment, or a login by whichever factor answers.
    pub factor: Option<FactorId>,
    /// Opaque to all but the method.
    pub pending: Vec<u8>,
    pub expires: Time,
    /// When another message may be asked for.
    pub next_send: Option<Time>,
    /// A call was ordered for it; what that would say ends with it.
    #[serde(default)]
    pub called: bool,
    /// Its message could not be sent, so that its page must not say that it was.
    #[serde(default)]
    pub unsent: bool,
}

/// Who asks, and where from: the same for every step of one request.
#[derive(Clone, Copy, Debug)]
pub struct Asker<'a> {
    /// The record as it was when the right to ask was judged.
    pub user: &'a User,
    pub place: &'a Place,
    pub origin: &'a Origin,
    /// The tokens it came with. What a known browser has sent is not counted against its network.
    pub browser: &'a [Token<BrowserKind>],
}

#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The method is gone, disabled, does not work at this address (its factors cannot be used, and stay), or this user
    /// may not have one more of it.
    #[error("the method {0} is not in force")]
    NoSuchMethod(MethodId),
    #[error("a field is wrong")]
    Field(FieldError),
    /// Another factor of the store has the same credential.
    #[error("this factor is enrolled already")]
    AlreadyEnrolled,
    /// The last factor that is no fallback: without it there is no second door.
    #[error("this is the last second factor")]
    Last,
    /// Too soon after a wrong answer.
    #[error("answers are not looked at until {0}")]
    Wait(Time),
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
    pub post: Post,
}
impl Checks {
    /// Factors that can be used now, the one used last first, then the strongest, fallbacks last. Left out, but still
    /// factors of the user: those whose method is not in force, recovery codes that are all used up, and the mailbox that
    /// the password came by.
    pub async fn usable(&self, user: &User) -> Result<Vec<Row<Factor>>, CheckError> {
        let rows = self.accounts.factors(user).await?;
        let mut usable: Vec<_> = rows
            .into_iter()
            .filter_map(|row| {
                let method = self.registry.get(&row.value.method)?;
                if user.password_by_mail && method.card().by_mailbox {
                    return None;
                }
                let state = &row.value.state;
                let alive = !method.stranded(state) && method.describe(state).remaining != Some(0);
                let card = method.card();
                alive.then_some(((card.fallback, Reverse(row.value.last_used), Reverse(card.strength)), row))
            })
            .collect();
        usable.sort_by_key(|(order, _)| *order);
        Ok(usable.into_iter().map(|(_, row)| row).collect())
    }

    /// Shows again what a begun check or enrolment asks for, without making or sending anything (a GET).
    pub async fn show(&self, user: &User, begun: &Begun, place: &Place) -> Result<Prompt, CheckError> {
        let row = match &begun.factor {
            Some(factor) => Some(self.accounts.factor(user, factor).await?),
            None => None,
        };
        let method = self.method(&begun.method, place)?;
        let state = row.as_ref().map(|row| row.value.state.as_slice());
        let prompt = method.prompt(&self.context(method, user, place, &[], self.random()), state, &begun.pending);
        Ok(match row {
            Some(_) => prompt,
            None => self.with_a_name(prompt, user, method, &place.texts).await?,
        })
    }

    /// What a factor is called in mails to its owner.
    pub(super) fn called(&self, user: &User, factor: &Factor) -> String {
        factor.name(&self.post.texts_for(user.recipient()))
    }

    /// Tells the owner of what was done, by another way than it was done on.
    pub(super) fn tell(&self, user: &User, change: &mail::Change, origin: &Origin) {
        self.tell_at(user, user.email.as_deref(), change, origin);
    }

    fn tell_at(&self, user: &User, to: Option<&str>, change: &mail::Change, origin: &Origin) {
        let owner = Recipient { email: to, ..user.recipient() };
        self.post.tell(owner, change, origin.address, self.vault().clock().wall());
    }

    fn method(&self, id: &MethodId, place: &Place) -> Result<&Arc<dyn Method>, CheckError> {
        let works = self.registry.get(id).filter(|method| method.works_at(place));
        works.ok_or_else(|| CheckError::NoSuchMethod(id.clone()))
    }

    fn context<'a>(
        &'a self,
        method: &Arc<dyn Method>,
        user: &'a User,
        place: &'a Place,
        siblings: &'a [Vec<u8>],
        random: &'a dyn Random,
    ) -> Context<'a> {
        let vault = self.vault();
        Context {
            wall: vault.clock().wall(),
            now: vault.now(),
            random,
            key: method_key(vault, &method.card().id),
            user: user.id,
            name: &user.name,
            display_name: user.display_name.as_deref().unwrap_or(user.name.as_str()),
            email: user.email.as_deref(),
            place,
            texts: &place.texts,
            siblings,
        }
    }

    fn random(&self) -> &dyn Random {
        &**self.vault().random()
    }

    pub(super) fn vault(&self) -> &Vault {
        self.accounts.vault()
    }
}

/// What a validator's word makes of an answer. The error is why nobody could be asked; the operator hears of it.
async fn asked(method: &Arc<dyn Method>, state: &[u8], ask: &Ask) -> Result<Answered, String> {
    match ask.validator.ask(&ask.question).await {
        Verdict::Right { counter } => Ok(method.settle(state, counter)),
        Verdict::Wrong(why) => Ok(Answered::Suspect(why)),
        Verdict::Unknown(why) => {
            tracing::warn!(method = %method.card().id, why, "an answer could not be validated");
            Err(why)
        }
    }
}

/// A mailbox that set the password is no second factor beside it.
fn not_twice(user: &User, method: &Arc<dyn Method>) -> Result<(), CheckError> {
    if user.password_by_mail && method.card().by_mailbox {
        return Err(CheckError::NoSuchMethod(method.card().id.clone()));
    }
    Ok(())
}

fn method_key(vault: &Vault, method: &MethodId) -> Key {
    vault.derive(&format!("method/{method}"))
}

fn all_amr(card: &[&str], added: &[&str]) -> Vec<String> {
    card.iter().chain(added).map(|&amr| amr.to_owned()).collect()
}

/// The step is over (expired, used, or the user's factors changed meanwhile): as when somebody else was first.
fn over() -> CheckError {
    VaultError::Conflict("factors".to_owned()).into()
}

fn states(rows: &[Row<Factor>]) -> Vec<Vec<u8>> {
    rows.iter().map(|row| row.value.state.clone()).collect()
}
