//! Users and their factors, as typed records. A removed or disabled user, a factor list that does not match its rows, a
//! name that was given up: each is a statement in a sealed record here, never a missing row. What a factor's state means
//! is known to its method alone.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::clock::Time;
use crate::secret::{BrowserKind, Token};
use crate::store::{Change, Record, Row, Vault, VaultError};
use crate::types::{FactorId, GroupName, Handle, MethodId, UserId, UserName};

/// What a user's record says of enrolment. "No factor" is never inferred from missing rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Enrolment {
    NeverEnrolled,
    Enrolled,
    /// Factors were taken away by an operator: only a new invitation enrols.
    Reset,
}

/// A user. Key `user/<id>`; `name/<keyed hash of the canonical name>` leads to the id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    pub id: UserId,
    pub name: UserName,
    pub display_name: Option<String>,
    pub email: Option<String>,
    pub groups: BTreeSet<GroupName>,
    pub disabled: bool,
    /// Grows when everything this user holds (sessions, pending logins, browsers) must end.
    pub generation: u64,
    pub created: Time,
    pub enrolment: Enrolment,
    pub factors: Vec<FactorId>,
    /// The factor used last comes first next time.
    pub last_factor: Option<FactorId>,
    /// A tombstone: the record stays so that id and name are not given out again by accident.
    pub removed: Option<Time>,
}

impl Record for User {
    const NAME: &'static str = "user";
}

/// One enrolled factor. Key `factor/<user>/<factor>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Factor {
    pub id: FactorId,
    pub method: MethodId,
    /// What its owner calls it.
    pub label: String,
    /// Opaque to all but the method.
    pub state: Vec<u8>,
    pub created: Time,
    pub last_used: Option<Time>,
}

impl Record for Factor {
    const NAME: &'static str = "factor";
}

/// A browser in which a full login of this user happened. Key `browser/<user>/<hash of its token>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Browser {
    pub handle: Handle,
    /// Of the user when the browser was made known; another generation ends it.
    pub generation: u64,
    pub since: Time,
    pub last_seen: Time,
    /// Where and what, for display.
    pub address: String,
    pub agent: String,
}

impl Record for Browser {
    const NAME: &'static str = "browser";
}

/// What a new user is made of.
#[derive(Clone, Debug)]
pub struct NewUser {
    pub name: UserName,
    pub display_name: Option<String>,
    pub email: Option<String>,
    pub groups: BTreeSet<GroupName>,
}

#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    #[error("there is no user of this name")]
    Unknown,
    #[error("there is a user of this name already")]
    Taken,
    /// A removed user had this name; giving it to somebody else needs to be meant.
    #[error("a removed user had this name")]
    Retired,
    #[error("the factors of user {0} do not match its record: restore the store from a backup, or reset this user")]
    Inconsistent(UserId),
    #[error("the user has no such factor")]
    NoSuchFactor,
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// The accounts. Cheap to clone; users are remembered in bounded memory, which forgets a user before the commit that
/// changed it is acknowledged.
#[derive(Clone)]
pub struct Accounts {
    vault: Vault,
}

impl Accounts {
    pub fn new(vault: Vault) -> Self {
        Self { vault }
    }

    /// A live user (removed ones are `None`, disabled ones are given: look at `disabled`). From memory when it can.
    pub async fn by_id(&self, _id: UserId) -> Result<Option<Arc<User>>, AccountError> {
        todo!()
    }

    pub async fn by_name(&self, _name: &UserName) -> Result<Option<Arc<User>>, AccountError> {
        todo!()
    }

    /// All users, removed ones left out, by name.
    pub async fn list(&self) -> Result<Vec<User>, AccountError> {
        todo!()
    }

    /// Whether any user was ever made (removed ones count).
    pub async fn ever(&self) -> Result<bool, AccountError> {
        todo!()
    }

    pub async fn add(&self, _new: NewUser, _reuse_name: bool) -> Result<User, AccountError> {
        todo!()
    }

    /// Reads, changes, writes; again when somebody else was first. `more` joins further changes to the same commit.
    pub async fn edit(
        &self,
        _id: UserId,
        _change: impl Fn(&mut User) + Send + Sync,
        _more: Vec<Change>,
    ) -> Result<Arc<User>, AccountError> {
        todo!()
    }

    /// Leaves a tombstone, removes factors; the generation ends the rest.
    pub async fn remove(&self, _id: UserId) -> Result<(), AccountError> {
        todo!()
    }

    /// All factors of the user; `Inconsistent` when the rows do not match the record.
    pub async fn factors(&self, _user: &User) -> Result<Vec<Row<Factor>>, AccountError> {
        todo!()
    }

    pub async fn factor(&self, _user: &User, _id: &FactorId) -> Result<Row<Factor>, AccountError> {
        todo!()
    }

    /// The writes that add a factor and list it in the record; to be committed with what proves the right to. The
    /// first commit of a factor sets `Enrolled`.
    pub async fn add_factor(&self, _user: UserId, _factor: &Factor) -> Result<Vec<Change>, AccountError> {
        todo!()
    }

    /// The writes that remove factors and take them off the record's list, with a new generation for browsers and other
    /// sessions where `end_others`.
    pub async fn remove_factors(&self, _user: UserId, _factors: &[FactorId]) -> Result<Vec<Change>, AccountError> {
        todo!()
    }

    pub async fn rename_factor(&self, _user: &User, _id: &FactorId, _label: &str) -> Result<(), AccountError> {
        todo!()
    }

    /// The write that stores a factor's new state and its use, expecting the version that was checked.
    pub fn used_factor(&self, _user: UserId, _row: &Row<Factor>, _state: Vec<u8>) -> Result<Change, AccountError> {
        todo!()
    }

    /// Whether a full login of this user happened in the browser that holds this token.
    pub async fn known_browser(&self, _user: &User, _token: &Token<BrowserKind>) -> Result<bool, AccountError> {
        todo!()
    }

    /// The write that makes a browser known (or seen again).
    pub fn know_browser(
        &self,
        _user: &User,
        _token: &Token<BrowserKind>,
        _browser: &Browser,
    ) -> Result<Change, AccountError> {
        todo!()
    }

    pub async fn browsers(&self, _user: &User) -> Result<Vec<Browser>, AccountError> {
        todo!()
    }

    pub fn vault(&self) -> &Vault {
        &self.vault
    }
}
