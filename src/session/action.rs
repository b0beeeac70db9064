//! A second-factor check begun for one action of one session. Without a portal an application's script runs with its
//! user's cookie, so a level is not enough to change an account: each change demands a proof made for that change, in
//! that form. A check begun for one action can never be finished for another.

use serde::{Deserialize, Serialize};

use super::memory::{Hash, key_of};
use super::{SESSIONS, SessionError, Sessions};
use crate::clock::{TOLERANCE, Time};
use crate::method::Begun;
use crate::secret::{SessionKind, Token};
use crate::store::{Change, Expect, Record, Row, VaultError};
use crate::types::Handle;

/// What an action of a session has come to. Key `action/<hash of the session's token>/<action>`: it ends with the
/// session's token, so a change of level takes it along.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    pub session: Handle,
    /// What is to be done, with its object: `remove-factor/<id>`.
    pub action: String,
    /// The check that was begun. None, once it was answered: the commit that makes its proof uses it up.
    pub begun: Option<Begun>,
    pub created: Time,
}

impl Record for Action {
    const NAME: &'static str = "action";
}

impl Sessions {
    /// What was begun for this action, if it is not too old.
    pub async fn action(&self, token: &Token<SessionKind>, action: &str) -> Result<Option<Row<Action>>, SessionError> {
        let row: Option<Row<Action>> = self.vault.get(&key(token.hash().bytes(), action)).await?;
        let newest = self.vault.now() + TOLERANCE;
        Ok(row.filter(|row| row.value.action == action && row.value.created <= newest))
    }

    /// The write that keeps it, for `login_timeout` from its beginning; over `previous`, so that of two forms one wins.
    pub fn keep_action(
        &self,
        token: &Token<SessionKind>,
        action: &Action,
        previous: Option<&Row<Action>>,
    ) -> Result<Change, VaultError> {
        let expect = previous.map_or(Expect::Absent, |row| Expect::Version(row.version));
        let end = action.created + self.limits.login_timeout;
        self.vault.put(key(token.hash().bytes(), &action.action), expect, action, Some(end))
    }
}

fn key(hash: &Hash, action: &str) -> String {
    let session = key_of(hash);
    format!("action/{}/{action}", session.strip_prefix(SESSIONS).unwrap_or(&session))
}
