//! Visitors: who holds which cookie, and what is proved of them. A session's level comes from the proofs it carries and
//! from nothing else; its id is new at every change of level and the old one is dead. A pending login (a right password,
//! nothing more) is no session: to the gate it is a stranger.

mod cookies;
mod pending;

use std::net::IpAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::account::{Accounts, User};
use crate::audit::{Audit, Origin};
use crate::clock::Time;
use crate::config::SessionSection;
use crate::method::Proof;
use crate::secret::{SessionKind, Token};
use crate::store::{Change, Record, Row, Vault, VaultError};
use crate::types::{FactorId, Handle, Level, MethodId, Strength, UserId};

pub use cookies::{CookieError, CookieNames, Cookies};
pub use pending::{Enrols, Need, Pending};

/// A proof as a session carries it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// `None`: the password.
    pub factor: Option<(MethodId, FactorId)>,
    pub strength: Strength,
    pub at: Time,
    pub amr: Vec<String>,
}

impl From<Proof> for Evidence {
    fn from(proof: Proof) -> Self {
        Self { factor: proof.factor().cloned(), strength: proof.strength(), at: proof.at(), amr: proof.amr().to_vec() }
    }
}

/// A session. Key `session/<hash of token>`; `user-session/<user>/<handle>` leads to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub handle: Handle,
    pub user: UserId,
    /// The user's generation when it was made; another one ends it.
    pub generation: u64,
    pub evidence: Vec<Evidence>,
    pub created: Time,
    /// Written at most once a minute; memory knows better.
    pub last_seen: Time,
    /// The absolute end; activity does not move it.
    pub ends: Time,
    /// Where and what, for display.
    pub address: Option<IpAddr>,
    pub agent: String,
}

impl Record for Session {
    const NAME: &'static str = "session";
}

/// A session that is alive right now, with its user as he is right now.
#[derive(Clone, Debug)]
pub struct Live {
    pub session: Arc<Session>,
    pub user: Arc<User>,
    /// Only evidence whose factor the user still has, and that is not stamped in the future.
    pub evidence: Vec<Evidence>,
    pub level: Level,
    /// When it ends if nothing more is asked: the nearer of idle and absolute.
    pub ends: Time,
}

/// Who asks.
#[derive(Clone, Debug)]
pub enum Visitor {
    Stranger,
    Live(Arc<Live>),
}

impl Visitor {
    pub fn level(&self) -> Level {
        match self {
            Visitor::Stranger => Level::Stranger,
            Visitor::Live(live) => live.level,
        }
    }

    pub fn live(&self) -> Option<&Arc<Live>> {
        match self {
            Visitor::Stranger => None,
            Visitor::Live(live) => Some(live),
        }
    }
}

/// Where a session was opened, for display and audit.
#[derive(Clone, Debug)]
pub struct Place {
    pub address: Option<IpAddr>,
    pub agent: String,
}

/// A new session: its token for the cookie, once.
#[derive(Debug)]
pub struct Opened {
    pub token: Token<SessionKind>,
    pub session: Session,
}

/// Told when sessions end, so that open streams can be cut: by handle, or all of a user.
pub type Ended = Arc<dyn Fn(&Handle) + Send + Sync>;

#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    #[error(transparent)]
    Account(#[from] crate::account::AccountError),
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// All sessions. Live ones are answered from bounded memory; a miss asks the store; a store that is down is an error,
/// never a stranger.
#[derive(Clone)]
pub struct Sessions {
    vault: Vault,
    accounts: Accounts,
}

impl Sessions {
    pub fn new(vault: Vault, accounts: Accounts, _audit: Audit, _settings: &SessionSection) -> Self {
        Self { vault, accounts }
    }

    /// Who holds this token. Touches `last_seen` in memory. A dead, expired, unknown token, one of a disabled or
    /// removed user, or of another generation: a stranger.
    pub async fn visitor(&self, _token: Option<&Token<SessionKind>>) -> Result<Visitor, SessionError> {
        let _ = (&self.vault, &self.accounts);
        todo!()
    }

    /// Opens a session on proofs (evidence from a pending login or the session it replaces, and what was just proved).
    /// One commit: the new session, the end of `replaces`, `more` (the pending login's end, the browser made known,
    /// the audit events).
    pub async fn open(
        &self,
        _user: &User,
        _evidence: Vec<Evidence>,
        _place: &Place,
        _replaces: Option<&Session>,
        _more: Vec<Change>,
    ) -> Result<Opened, SessionError> {
        todo!()
    }

    /// Ends one session of this user.
    pub async fn end(&self, _user: UserId, _handle: &Handle, _origin: &Origin) -> Result<bool, SessionError> {
        todo!()
    }

    /// Ends all sessions of a user, save `except`, durably at once.
    pub async fn end_all(
        &self,
        _user: UserId,
        _except: Option<&Handle>,
        _origin: &Origin,
    ) -> Result<usize, SessionError> {
        todo!()
    }

    /// Live sessions, of one user or of all, newest first.
    pub async fn list(&self, _user: Option<UserId>) -> Result<Vec<Session>, SessionError> {
        todo!()
    }

    /// Calls `ended` for each session that ends from now on, whatever ended it (logout, disable, generation, another
    /// process), within a second; expiry too.
    pub fn on_end(&self, _ended: Ended) {
        todo!()
    }

    /// The anti-forgery value of a session's forms for one action: a MAC over token hash and action under a derived key.
    pub fn csrf(&self, _token: &Token<SessionKind>) -> String {
        todo!()
    }

    /// Writes what memory knows of `last_seen`, ends what has expired; called each few seconds, off the request path.
    pub async fn tick(&self) -> Result<(), SessionError> {
        todo!()
    }

    pub fn seal_login(&self, _token: &Token<crate::secret::LoginKind>, _text: &str) -> String {
        todo!()
    }
    pub fn unseal_login(&self, _token: &Token<crate::secret::LoginKind>, _text: &str) -> Option<String> {
        todo!()
    }

    /// A right password: keeps the proof, the address asked for and the need, for `login_timeout`. Replaces `previous`.
    pub async fn begin_login(
        &self,
        _pending: Pending,
        _previous: Option<&Row<Pending>>,
        _more: Vec<Change>,
    ) -> Result<Token<crate::secret::LoginKind>, SessionError> {
        todo!()
    }

    /// The pending login behind this token; one whose user was disabled, removed or changed generation is gone.
    pub async fn pending(
        &self,
        _token: &Token<crate::secret::LoginKind>,
    ) -> Result<Option<Row<Pending>>, SessionError> {
        todo!()
    }
}
