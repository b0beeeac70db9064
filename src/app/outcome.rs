//! What became of an operation, as data: it goes over the admin socket as it is, and `cli` prints it for people or as
//! JSON. Times are RFC 3339 in UTC. Nothing here may hold a secret, save the one-time link and the authenticator address
//! that an operation was asked to hand out.

use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

use crate::account::Enrolment;
use crate::assertion::KeyInfo;
use crate::audit::Event;
use crate::proxy::Arrival;
use crate::types::{FactorId, GroupName, Handle, MethodId, UserId, UserName};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// It was done; a sentence that says what.
    Done {
        what: String,
    },
    Invited(Invited),
    Imported(Imported),
    /// What an import would come to: nothing was changed.
    WouldImport(Imported),
    Users {
        users: Vec<UserLine>,
    },
    User(Box<UserCard>),
    Factors {
        factors: Vec<FactorLine>,
    },
    /// The `otpauth://` address, this once.
    FactorAdded {
        factor: FactorId,
        uri: String,
    },
    Sessions {
        sessions: Vec<SessionLine>,
    },
    Browsers {
        browsers: Vec<BrowserLine>,
    },
    Audit {
        rows: Vec<AuditRow>,
    },
    Keys {
        keys: Vec<Key>,
    },
    /// To be sent with a request of `doctor`.
    Probe {
        token: String,
    },
    /// What that request looked like.
    Seen(Arrival),
    Upstreams {
        upstreams: Vec<UpstreamLine>,
    },
    Health(Health),
    #[cfg(feature = "steer")]
    Messages {
        messages: Vec<Message>,
    },
}

/// A one-time link, to be handed to the user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Invited {
    pub name: UserName,
    /// A path alone where no site knows its public address.
    pub link: String,
    pub expires: String,
    pub remark: Option<String>,
}

/// What became of users that were taken over from another program.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Imported {
    /// Those that are new, or would be.
    pub added: Vec<UserName>,
    /// Those that were there already, and were left as they are.
    pub there: Vec<UserName>,
    /// Those of them who were imported by such a line, never came, and are invited anew, or would be.
    pub anew: Vec<UserName>,
    /// Names of removed users: these were not added.
    pub retired: Vec<UserName>,
    /// Those of all these who are to be invited by mail, and have no address.
    pub unreached: Vec<UserName>,
    /// Whose invitation went by mail.
    pub mailed: Vec<UserName>,
    /// The other invitations, to be handed to the users.
    pub invited: Vec<Invited>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserLine {
    pub name: UserName,
    pub display_name: Option<String>,
    pub email: Option<String>,
    pub groups: Vec<GroupName>,
    pub disabled: bool,
    pub enrolment: Enrolment,
    pub factors: usize,
    pub created: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserCard {
    pub id: UserId,
    #[serde(flatten)]
    pub line: UserLine,
    pub password: bool,
    pub methods: Vec<FactorLine>,
    pub sessions: usize,
    pub browsers: usize,
    /// Too many wrong answers: strangers' attempts are not looked at until the owner signs in from a known browser, or
    /// `user unlock`.
    pub locked: bool,
    pub waits_until: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FactorLine {
    pub id: FactorId,
    pub method: MethodId,
    pub label: String,
    /// A masked number, or how many codes are left.
    pub detail: Option<String>,
    pub created: String,
    pub last_used: Option<String>,
    /// `false`: its method is not in force, and it cannot be used.
    pub usable: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionLine {
    pub id: Handle,
    pub user: Option<UserName>,
    pub created: String,
    pub last_seen: String,
    pub ends: String,
    pub address: Option<IpAddr>,
    pub agent: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BrowserLine {
    pub id: Handle,
    pub since: String,
    pub last_seen: String,
    /// Until when it stands in for the second factor; `None`: it is known, and no more.
    pub trusted_until: Option<String>,
    pub address: String,
    pub agent: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditRow {
    /// For `Filter::after`.
    pub key: String,
    pub at: String,
    #[serde(flatten)]
    pub event: Event,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Key {
    pub id: String,
    pub created: String,
    pub signs: bool,
}

impl From<KeyInfo> for Key {
    fn from(info: KeyInfo) -> Self {
        Self { id: info.id, created: info.created.rfc3339(), signs: info.signs }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UpstreamLine {
    /// The url of the site, or its host, with its path.
    pub site: String,
    pub upstream: String,
    /// "up", "failing" (the last request found nobody there), "down" (checks say so), "drained", or "removed" (from the
    /// configuration, with requests still under way).
    pub state: String,
    /// Requests and WebSockets.
    pub under_way: usize,
    /// What is wrong, where something is.
    pub why: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Health {
    pub version: String,
    /// Whether the store answers.
    pub ready: bool,
    /// Why not, when not.
    pub why: Option<String>,
    pub listening: Vec<SocketAddr>,
}

/// A captured message.
#[cfg(feature = "steer")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    pub to: String,
    pub subject: String,
    pub text: String,
}
