//! Where a visitor stands in the wizard: in a pending login, or in a session that must prove something more. Both
//! remember a begun check in a record of their own, single use, and give the writes that store it or use it up.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::failure::Failure;
use super::{Visit, Wizard};
use crate::account::User;
use crate::clock::Time;
use crate::method::Begun;
use crate::secret::{DerivedRandom, Key, LoginKind, SessionKind, Token, same};
use crate::session::{Enrols, Live, Pending};
use crate::store::{Change, Expect, Record, Row, Vault, VaultError};

/// A check begun in a session, for one deed: `verify`, or a change of the account. A proof for one deed helps no other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Errand {
    pub begun: Option<Begun>,
}

impl Record for Errand {
    const NAME: &'static str = "errand";
}

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
    key: String,
    row: Option<Row<Errand>>,
    ends: Time,
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
        let key = format!("errand/{}/{name}", live.session.handle);
        let row = self.vault.get(&key).await?;
        let ends = self.vault.now() + self.settings.login_timeout;
        Ok(Some(Deed { live: live.clone(), token, key, row, ends }))
    }

    /// The anti-forgery value before and during a login.
    pub(super) fn login_csrf(&self, token: &Token<LoginKind>) -> String {
        data_encoding::BASE64URL_NOPAD.encode(&self.derivation.derive("login csrf").mac(&[token.hash().bytes()]))
    }

    pub(super) fn is_login_csrf(&self, token: &Token<LoginKind>, value: &str) -> bool {
        same(&self.login_csrf(token), value)
    }

    /// Randomness that is the same each time this login shows this method, so that a GET need not store anything. A new
    /// token (each change of level brings one) brings new randomness.
    pub(super) fn repeatable(&self, login: &Login, method: &str) -> DerivedRandom {
        let seed = self.derivation.derive("shown again").mac(&[login.row.key.as_bytes(), method.as_bytes()]);
        DerivedRandom::new(Key::new(seed))
    }
}

impl Login {
    /// Where this login goes on.
    pub fn next(&self) -> &'static str {
        match self.row.value.enrols {
            Enrols::Nothing => "/.vestibule/verify",
            Enrols::First => "/.vestibule/enrol",
            Enrols::Codes => "/.vestibule/enrol/recovery",
            Enrols::Added(_) => "/.vestibule/account",
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

    pub fn csrf(&self, wizard: &Wizard) -> String {
        match self {
            Stage::Login(login) => wizard.login_csrf(&login.token),
            Stage::Deed(deed) => wizard.sessions.csrf(&deed.token),
        }
    }

    pub fn begun(&self) -> Option<&Begun> {
        match self {
            Stage::Login(login) => login.row.value.begun.as_ref(),
            Stage::Deed(deed) => deed.row.as_ref().and_then(|row| row.value.begun.as_ref()),
        }
    }

    /// The writes that remember `begun` in place of what was begun before (or nothing), expecting the stage as it was
    /// read: of two at once, one wins.
    pub fn keep(&self, vault: &Vault, begun: Option<&Begun>) -> Result<Vec<Change>, VaultError> {
        let change = match self {
            Stage::Login(login) => {
                let value = Pending { begun: begun.cloned(), ..login.row.value.clone() };
                vault.put(&*login.row.key, Expect::Version(login.row.version), &value, login.row.expires)?
            }
            Stage::Deed(deed) => {
                let expect = deed.row.as_ref().map_or(Expect::Absent, |row| Expect::Version(row.version));
                let ends = deed.row.as_ref().and_then(|row| row.expires).unwrap_or(deed.ends);
                vault.put(&*deed.key, expect, &Errand { begun: begun.cloned() }, Some(ends))?
            }
        };
        Ok(vec![change])
    }

    /// When a pending login ends, in seconds since 1970; a session's deed shows none.
    pub fn ends(&self) -> Option<u64> {
        match self {
            Stage::Login(login) => login.row.expires.and_then(|end| u64::try_from(end.secs()).ok()),
            Stage::Deed(_) => None,
        }
    }
}
