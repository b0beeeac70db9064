//! How often somebody may try. Failures are counted *before* an answer is checked, durably, per account and factor,
//! whatever the wizard, the spelling or the outcome; a stranger's failures never lock out a known browser. The table is
//! of fixed size: names that nobody has cannot grow it.

use std::net::IpAddr;

use crate::clock::Time;
use crate::config::ThrottleSection;
use crate::secret::{BrowserKind, TokenHash};
use crate::store::{Change, Vault, VaultError};
use crate::types::{FactorId, UserId, UserName};

/// Whose budget: a user, or a name that nobody has (told apart from a user by nothing a stranger can see).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Account {
    User(UserId),
    Nobody(UserName),
}

/// What is tried. The password is a factor too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    Password,
    Factor(FactorId),
}

/// Who tries: a browser this user has fully signed in with before, or anybody else (one lane for all of them).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lane {
    Strangers,
    Known(TokenHash<BrowserKind>),
}

/// Whether a try may be checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// Already counted as a failure: clear it when the answer was right.
    Go,
    /// Not checked, not counted.
    Wait(Time),
    /// The strangers' lane of this account is closed until its owner or an operator opens it.
    Closed,
}

#[derive(Clone, Debug)]
pub struct Throttle {
    vault: Vault,
}

impl Throttle {
    pub fn new(vault: Vault, _limits: &ThrottleSection) -> Self {
        Self { vault }
    }

    /// Counts a try durably and says whether it may be checked. Two at once: one goes, the other waits.
    pub async fn attempt(&self, _account: &Account, _target: &Target, _lane: &Lane) -> Result<Attempt, VaultError> {
        let _ = &self.vault;
        todo!()
    }

    /// The writes after a right answer: this target's wait is over. `all`: also the count over all factors, and the
    /// strangers' lane where `lane` is a known browser's; only for a login that is complete.
    pub async fn clear(
        &self,
        _account: &Account,
        _target: &Target,
        _lane: &Lane,
        _all: bool,
    ) -> Result<Vec<Change>, VaultError> {
        todo!()
    }

    /// Opens all lanes of a user: `user unlock`, or a login that proves who it is (a passkey).
    pub async fn unlock(&self, _user: UserId) -> Result<(), VaultError> {
        todo!()
    }

    /// Whether the strangers' lane is closed, and the longest wait in force: for `user show`.
    pub async fn state(&self, _user: UserId) -> Result<(bool, Option<Time>), VaultError> {
        todo!()
    }

    /// Until when this source must wait with password attempts from unknown browsers. In memory, bounded; IPv6 by /64.
    pub fn source_wait(&self, _source: IpAddr) -> Option<Time> {
        todo!()
    }

    pub fn source_failed(&self, _source: IpAddr) {
        todo!()
    }

    /// Spends one send from each budget, durably, before it happens; or says when to come back. `budgets` are names
    /// with the most sends per window.
    pub async fn spend(&self, _budgets: &[Budget]) -> Result<Result<(), Time>, VaultError> {
        todo!()
    }
}

/// A budget of sends: at most `most` within `window`.
#[derive(Clone, Debug)]
pub struct Budget {
    /// For example `sms/user/<id>`; hashed before it becomes a key.
    pub name: String,
    pub most: u32,
    pub window: std::time::Duration,
}
