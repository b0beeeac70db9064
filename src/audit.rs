//! What happened, append only: who, which factor, from where, in which request, by which operator. A login that cannot
//! be recorded is refused, so an event is a write of the same commit as what it tells of wherever there is one. No
//! secret is ever part of an event.

use serde::{Deserialize, Serialize};

use crate::clock::Time;
use crate::store::{Change, Record, Vault, VaultError};
use crate::types::{FactorId, MethodId, RequestId, UserId, UserName};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    PasswordRight,
    PasswordWrong,
    PasswordWaiting,
    PasswordChanged,
    FactorRight,
    FactorWrong,
    FactorWaiting,
    /// A counter or challenge that should never be seen again was.
    FactorSuspect,
    Verified,
    Enrolled,
    Renamed,
    FactorRemoved,
    RecoveryUsed,
    RecoveryRenewed,
    Reset,
    Invited,
    InvitationUsed,
    SetUp,
    BrowserKnown,
    BrowserEnded,
    SessionStarted,
    SessionEnded,
    SessionsEnded,
    LaneClosed,
    Unlocked,
    UserAdded,
    UserChanged,
    UserDisabled,
    UserEnabled,
    UserRemoved,
    MessageSent,
    MessageFailed,
    KeyRotated,
    ConfigurationLoaded,
    Refused,
}

/// Where a deed came from. Texts are a stranger's: escaped and cut when stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    pub request: Option<RequestId>,
    pub address: Option<std::net::IpAddr>,
    pub agent: Option<String>,
    /// The operator's uid at the admin socket, or the login name of who ran the command.
    pub operator: Option<String>,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    pub time: Time,
    pub kind: Kind,
    #[serde(flatten)]
    pub origin: Origin,
    pub user: Option<UserId>,
    pub name: Option<UserName>,
    pub method: Option<MethodId>,
    pub factor: Option<FactorId>,
    /// Short, for people: why, or which site.
    pub detail: Option<String>,
    /// How many like it this row stands for (wrong answers are joined per user, source and minute).
    pub count: u32,
}

impl Record for Event {
    const NAME: &'static str = "audit event";
}

impl Event {
    pub fn new(kind: Kind, origin: &Origin) -> Self {
        Self {
            time: Time(0),
            kind,
            origin: origin.clone(),
            user: None,
            name: None,
            method: None,
            factor: None,
            detail: None,
            count: 1,
        }
    }

    pub fn user(mut self, id: UserId, name: &UserName) -> Self {
        self.user = Some(id);
        self.name = Some(name.clone());
        self
    }

    pub fn factor(mut self, method: &MethodId, factor: Option<&FactorId>) -> Self {
        self.method = Some(method.clone());
        self.factor = factor.cloned();
        self
    }

    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }
}

/// What to read.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Filter {
    pub user: Option<UserName>,
    pub since: Option<Time>,
    pub request: Option<RequestId>,
    /// Rows after this key: for following.
    pub after: Option<String>,
    pub limit: Option<usize>,
}

#[derive(Clone, Debug)]
pub struct Audit {
    vault: Vault,
}

impl Audit {
    pub fn new(vault: Vault, _keep: std::time::Duration, _max_bytes: u64) -> Self {
        Self { vault }
    }

    /// The write of one event, stamped with the time; for the commit of what it tells of.
    pub fn entry(&self, _event: Event) -> Result<Change, VaultError> {
        let _ = &self.vault;
        todo!()
    }

    /// Writes one event by itself. Kinds that can be provoked at will (`PasswordWrong`, `FactorWrong`, `…Waiting`,
    /// `Refused`) are joined per user, source and minute.
    pub async fn record(&self, _event: Event) -> Result<(), VaultError> {
        todo!()
    }

    /// Rows in the order of time, each with its key (for `after`).
    pub async fn read(&self, _filter: &Filter) -> Result<Vec<(String, Event)>, VaultError> {
        todo!()
    }

    /// Removes what is older than the retention or beyond the size limit; called now and then, off the request path.
    pub async fn prune(&self) -> Result<usize, VaultError> {
        todo!()
    }
}
