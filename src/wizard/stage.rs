//! Where a visitor stands in the wizard: in a pending login, or in a session that must prove something more. Both
//! remember a begun check in a record of their own, single use, and give the writes that store it or use it up.

use std::sync::Arc;

use vestibule_templates::Ends;

use super::account::seconds;
use super::failure::Failure;
use super::{Visit, Wizard};
use crate::account::User;
use crate::clock::Time;
use crate::method::Begun;
use crate::secret::{DerivedRandom, Key, LoginKind, SessionKind, Token};
use crate::session::{Action, Enrols, Evidence, Live, Pending, Sessions};
use crate::store::{Change, Row, VaultError};

/// A right password, and what follows.
pub struct Login {
    pub row: Row<Pending>,
    pub token: Token<LoginKind>,
    pub user: Arc<User>,
}

/// One deed of one session.
pub struct Deed {
    pub live: Arc<Live>,
    pub token: Token<SessionKind>,
    name: String,
    row: Option<Row<Action>>,
    now: Time,
}

pub enum Stage {
    Login(Login),
    Deed(Deed),
}

impl Wizard {
    /// The pending login of this visitor, if it is alive.
    pub(super) async fn login(&self, visit: &Visit) -> Result<Option<Login>, Failure> {
        let Some(token) = visit.cookies.login.clone() else { return Ok(None) };
        let Some(row) = self.sessions.pending(&token).await? else { return Ok(None) };
        let Some(user) = self.accounts.by_id(row.value.user).await? else { return Ok(None) };
        Ok(Some(Login { row, token, user }))
    }

    /// One deed of this visitor's session; `None` for a stranger.
    pub(super) async fn deed(&self, visit: &Visit, name: &str) -> Result<Option<Deed>, Failure> {
        let (Some(live), Some(token)) = (visit.visitor.live(), visit.cookies.session.clone()) else { return Ok(None) };
        let row = self.sessions.action(&token, name).await?;
        Ok(Some(Deed { live: live.clone(), token, name: name.to_owned(), row, now: self.vault.now() }))
    }

    /// Remembers that the message of what was just begun could not be sent. Where the stage went on meanwhile, nobody
    /// waits for it any more.
    pub(super) async fn remember_unsent(&self, visit: &Visit, stage: &Stage, begun: Begun) -> Result<(), Failure> {
        let now = match stage {
            Stage::Login(_) => self.login(visit).await?.map(Stage::Login),
            Stage::Deed(deed) => self.deed(visit, &deed.name).await?.map(Stage::Deed),
        };
        let Some(now) = now.filter(|now| now.begun() == Some(&begun)) else { return Ok(()) };
        match self.vault.commit(now.keep(&self.sessions, Some(&Begun { unsent: true, ..begun }))?).await {
            Ok(_) | Err(VaultError::Conflict(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Randomness that is the same each time this login shows this method, so that a GET need not store anything. A new
    /// token (each change of level brings one) brings new randomness.
    pub(super) fn repeatable(&self, login: &Login, method: &str) -> DerivedRandom {
        let seed = self.derivation.derive("shown again").mac(&[login.row.key.as_bytes(), method.as_bytes()]);
        DerivedRandom::new(Key::new(seed))
    }
}

impl Login {
    /// What this login still has to do. A first factor that appeared meanwhile, wherever it came from, is asked for.
    pub fn enrols(&self) -> &Enrols {
        match &self.row.value.enrols {
            Enrols::First if !self.user.factors.is_empty() => &Enrols::Nothing,
            enrols => enrols,
        }
    }

    /// When it ends by itself.
    pub fn ends(&self) -> Option<Ends> {
        self.row.expires.map(|end| Ends::Step(seconds(end)))
    }

    /// Where this login goes on.
    pub fn next(&self) -> &'static str {
        match self.enrols() {
            Enrols::Nothing => "/.vestibule/verify",
            Enrols::First | Enrols::Codes | Enrols::Added(_) => "/.vestibule/enrol",
        }
    }
}

impl Stage {
    pub fn user(&self) -> &Arc<User> {
        match self {
            Stage::Login(login) => &login.user,
            Stage::Deed(deed) => &deed.live.user,
        }
    }

    /// What was proved before this step.
    pub fn evidence(&self) -> &[Evidence] {
        match self {
            Stage::Login(login) => &login.row.value.evidence,
            Stage::Deed(deed) => &deed.live.evidence,
        }
    }

    pub fn csrf(&self, wizard: &Wizard) -> String {
        match self {
            Stage::Login(login) => wizard.sessions.csrf(&login.token),
            Stage::Deed(deed) => wizard.sessions.csrf(&deed.token),
        }
    }

    pub fn csrf_holds(&self, wizard: &Wizard, given: &str) -> bool {
        match self {
            Stage::Login(login) => wizard.sessions.csrf_holds(&login.token, given),
            Stage::Deed(deed) => wizard.sessions.csrf_holds(&deed.token, given),
        }
    }

    pub fn begun(&self) -> Option<&Begun> {
        match self {
            Stage::Login(login) => login.row.value.begun.as_ref(),
            Stage::Deed(deed) => deed.row.as_ref().and_then(|row| row.value.begun.as_ref()),
        }
    }

    /// The write that remembers `begun` in place of what was begun before (or nothing), expecting the stage as it was
    /// read: of two at once, one wins.
    pub fn keep(&self, sessions: &Sessions, begun: Option<&Begun>) -> Result<Vec<Change>, VaultError> {
        let change = match self {
            Stage::Login(login) => {
                let pending = Pending { begun: begun.cloned(), ..login.row.value.clone() };
                sessions.keep_pending(&login.row, &pending)?
            }
            Stage::Deed(deed) => {
                let action = Action {
                    session: deed.live.session.handle.clone(),
                    action: deed.name.clone(),
                    begun: begun.cloned(),
                    created: deed.now,
                };
                sessions.keep_action(&deed.token, &action, deed.row.as_ref())?
            }
        };
        Ok(vec![change])
    }

    /// When it ends by itself.
    pub fn ends(&self) -> Option<Ends> {
        match self {
            Stage::Login(login) => login.ends(),
            Stage::Deed(deed) => Some(Ends::Session(seconds(deed.live.ends))),
        }
    }
}
