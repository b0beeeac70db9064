//! What an operator can do, as data, and the doing of it: one place for the admin socket and for a command that opens the
//! store itself. Whatever changes something is recorded with the operator's name, in the same commit wherever there is
//! one.

mod browser;
mod factor;
mod import;
mod upstream;
mod user;

use serde::{Deserialize, Serialize, Serializer};

pub use self::import::{BATCH, Newcomer, Terms};
pub(super) use self::user::link;
use super::outcome::{AuditRow, Health, Outcome, SessionLine};
use super::{Parts, StartError};
use crate::account::{AccountError, User};
use crate::audit::{Event, Filter, Kind, Origin};
use crate::directory::DirectoryError;
use crate::error::Problems;
use crate::method::CheckError;
use crate::secret::Secret;
use crate::session::SessionError;
use crate::store::VaultError;
use crate::types::{FactorId, GroupName, Handle, UserName};

/// One command of the command line, as the socket carries it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "operation", rename_all = "snake_case", deny_unknown_fields)]
pub enum Operation {
    Health,
    UserAdd {
        name: UserName,
        display_name: Option<String>,
        email: Option<String>,
        groups: Vec<GroupName>,
        reuse_name: bool,
        /// `None`: an invitation is made instead.
        #[serde(serialize_with = "told")]
        password: Option<Secret<String>>,
    },
    /// At most [`BATCH`] of them.
    UserImport {
        users: Vec<Newcomer>,
        terms: Terms,
    },
    UserList,
    UserShow {
        name: UserName,
    },
    /// `None` leaves as it is; an empty text takes away.
    UserSet {
        name: UserName,
        display_name: Option<String>,
        email: Option<String>,
        groups: Option<Vec<GroupName>>,
    },
    UserDisable {
        name: UserName,
    },
    UserEnable {
        name: UserName,
    },
    UserRemove {
        name: UserName,
    },
    UserPassword {
        name: UserName,
        #[serde(serialize_with = "told")]
        password: Option<Secret<String>>,
    },
    UserUnlock {
        name: UserName,
    },
    UserInvite {
        name: UserName,
    },
    UserReset {
        name: UserName,
    },
    FactorList {
        name: UserName,
    },
    FactorRemove {
        name: UserName,
        factor: FactorId,
    },
    FactorAddTotp {
        name: UserName,
        /// Base32, of 160 bits; `None`: one is made.
        #[serde(serialize_with = "told")]
        secret: Option<Secret<String>>,
    },
    SessionList {
        name: Option<UserName>,
    },
    SessionEnd {
        which: SessionEnd,
    },
    BrowserList {
        name: UserName,
    },
    BrowserEnd {
        name: UserName,
        /// `None`: all.
        browser: Option<Handle>,
    },
    Audit(Filter),
    KeysList,
    KeysRotateSigning,
    /// A token for a request through everything that stands in front.
    ProbeBegin,
    /// What the request with this token looked like.
    ProbeSeen {
        token: String,
    },
    UpstreamList,
    /// As `UpstreamList` names it; on every site that has it.
    UpstreamDrain {
        upstream: String,
    },
    UpstreamResume {
        upstream: String,
    },
    #[cfg(feature = "steer")]
    ClockAdvance {
        ms: u64,
    },
    #[cfg(feature = "steer")]
    WallSkew {
        ms: i64,
    },
    #[cfg(feature = "steer")]
    Outbox,
}

impl Operation {
    /// Whether it is about what runs: without a server there is nothing to ask or to change.
    pub fn needs_a_server(&self) -> bool {
        matches!(
            self,
            Self::Health
                | Self::ProbeBegin
                | Self::ProbeSeen { .. }
                | Self::UpstreamList
                | Self::UpstreamDrain { .. }
                | Self::UpstreamResume { .. }
        )
    }
}

/// Which sessions end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionEnd {
    All,
    User(UserName),
    One(Handle),
}

/// Secrets travel over the socket, whose two ends are one user's or root's, and are printed nowhere.
fn told<S: Serializer>(secret: &Option<Secret<String>>, serializer: S) -> Result<S::Ok, S::Error> {
    secret.as_ref().map(|secret| secret.expose().as_str()).serialize(serializer)
}

/// The answer is no, or it failed: what is wrong, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{what}\n  {remedy}")]
pub struct Failure {
    pub what: String,
    pub remedy: String,
    /// The configuration is refused.
    #[serde(default)]
    pub configuration: bool,
    /// What was typed cannot be meant.
    #[serde(default)]
    pub usage: bool,
}

impl Failure {
    pub fn new(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { what: what.into(), remedy: remedy.into(), configuration: false, usage: false }
    }

    /// What was typed cannot be meant.
    pub fn usage(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { usage: true, ..Self::new(what, remedy) }
    }

    /// From a text of two lines, as errors of the floors below print.
    fn of_lines(text: &str, configuration: bool) -> Self {
        let (what, remedy) = text.split_once("\n  ").unwrap_or((text, "look at the log"));
        Self { what: what.to_owned(), remedy: remedy.trim_end().to_owned(), configuration, usage: false }
    }
}

impl From<VaultError> for Failure {
    fn from(error: VaultError) -> Self {
        let remedy = match error {
            VaultError::Conflict(_) => "somebody else changed it at the same time: run it again",
            VaultError::Unavailable(_) => "look at the disk and at the log, then run it again",
            VaultError::Unreadable { .. } => {
                "it was changed outside, or by a newer version: put back a whole copy of the data folder, taken while the server was stopped"
            }
        };
        Self::new(error.to_string(), remedy)
    }
}

impl From<AccountError> for Failure {
    fn from(error: AccountError) -> Self {
        let remedy = match error {
            AccountError::Vault(error) => return error.into(),
            AccountError::Unknown => "`vestibule user list` shows all names",
            AccountError::Taken => "choose another name, or change that user with `vestibule user set`",
            AccountError::Retired => "choose another name, or give it to somebody new with --reuse-name",
            AccountError::Inconsistent(_) => {
                "run `vestibule user reset NAME`, or put back a whole copy of the data folder, taken while the server was stopped"
            }
            _ => "`vestibule factor list NAME` shows what there is",
        };
        Self::new(error.to_string(), remedy)
    }
}

impl From<SessionError> for Failure {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::Account(error) => error.into(),
            SessionError::Vault(error) => error.into(),
        }
    }
}

impl From<DirectoryError> for Failure {
    fn from(error: DirectoryError) -> Self {
        match error {
            DirectoryError::Account(error) => error.into(),
            DirectoryError::Vault(error) => error.into(),
            DirectoryError::Busy => Self::new(error.to_string(), "run it again in a moment"),
            DirectoryError::NoMemory => Self::new(
                error.to_string(),
                "give this machine more, or lower password.memory, and start the server again",
            ),
            DirectoryError::Password(_) => Self::new(error.to_string(), "choose another password"),
        }
    }
}

impl From<CheckError> for Failure {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::Account(error) => error.into(),
            CheckError::Vault(error) => error.into(),
            CheckError::NoSuchMethod(_) => Self::new(error.to_string(), "switch it on under [methods]"),
            other => Self::new(other.to_string(), "run it again in a moment"),
        }
    }
}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        Self::of_lines(&problems.to_string(), true)
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        Self::of_lines(&error.to_string(), error.lasts())
    }
}

/// Carries out one operation in the name of `operator`.
///
/// # Errors
/// What is wrong and what to do; nothing was changed then, unless it says so.
pub async fn run(parts: &Parts, operation: Operation, operator: &str) -> Result<Outcome, Failure> {
    let origin = Origin { operator: Some(operator.to_owned()), ..Origin::default() };
    let origin = &origin;
    match operation {
        Operation::Health => Ok(Outcome::Health(health(parts).await)),
        Operation::UserAdd { name, display_name, email, groups, reuse_name, password } => {
            let new = crate::account::NewUser { name, display_name, email, groups: groups.into_iter().collect() };
            user::add(parts, new, reuse_name, password, origin).await
        }
        Operation::UserImport { users, terms } => import::import(parts, users, terms, origin).await,
        Operation::UserList => user::list(parts).await,
        Operation::UserShow { name } => user::show(parts, &name).await,
        Operation::UserSet { name, display_name, email, groups } => {
            user::set(parts, &name, display_name, email, groups, origin).await
        }
        Operation::UserDisable { name } => user::set_disabled(parts, &name, true, origin).await,
        Operation::UserEnable { name } => user::set_disabled(parts, &name, false, origin).await,
        Operation::UserRemove { name } => user::remove(parts, &name, origin).await,
        Operation::UserPassword { name, password } => user::password(parts, &name, password, origin).await,
        Operation::UserUnlock { name } => user::unlock(parts, &name, origin).await,
        Operation::UserInvite { name } => user::invite(parts, &name, origin).await,
        Operation::UserReset { name } => user::reset(parts, &name, origin).await,
        Operation::FactorList { name } => {
            let user = find(parts, &name).await?;
            Ok(Outcome::Factors { factors: factor::lines(parts, &user).await? })
        }
        Operation::FactorRemove { name, factor } => factor::remove(parts, &name, &factor, origin).await,
        Operation::FactorAddTotp { name, secret } => factor::add_totp(parts, &name, secret, origin).await,
        Operation::SessionList { name } => sessions(parts, name.as_ref()).await,
        Operation::SessionEnd { which } => end_sessions(parts, which, origin).await,
        Operation::BrowserList { name } => browser::list(parts, &name).await,
        Operation::BrowserEnd { name, browser } => browser::end(parts, &name, browser.as_ref(), origin).await,
        Operation::Audit(filter) => audit(parts, &filter).await,
        Operation::KeysList => Ok(Outcome::Keys { keys: parts.keys.list().into_iter().map(Into::into).collect() }),
        Operation::KeysRotateSigning => {
            let key = parts.keys.rotate().await?;
            parts.audit.record(Event::new(Kind::KeyRotated, origin).detail(format!("signing {}", key.id))).await?;
            Ok(done(format!("the key {} signs from now on; older ones stay published while they are needed", key.id)))
        }
        Operation::ProbeBegin => {
            let token = parts.probes.begin(&*parts.machine.random, parts.machine.clock.now());
            Ok(Outcome::Probe { token })
        }
        Operation::ProbeSeen { token } => Ok(Outcome::Seen(parts.probes.take(&token))),
        Operation::UpstreamList => Ok(upstream::list(parts)),
        Operation::UpstreamDrain { upstream } => upstream::drain(parts, &upstream, true, origin).await,
        Operation::UpstreamResume { upstream } => upstream::drain(parts, &upstream, false, origin).await,
        #[cfg(feature = "steer")]
        Operation::ClockAdvance { .. } | Operation::WallSkew { .. } | Operation::Outbox => {
            steer(parts, operation).await
        }
    }
}

fn done(what: String) -> Outcome {
    Outcome::Done { what }
}

async fn find(parts: &Parts, name: &UserName) -> Result<std::sync::Arc<User>, Failure> {
    parts.accounts.by_name(name).await?.ok_or_else(|| AccountError::Unknown.into())
}

async fn health(parts: &Parts) -> Health {
    let answer = parts.vault.ready().await;
    Health {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ready: answer.is_ok(),
        why: answer.err().map(|error| error.to_string()),
        listening: parts.listening.get().cloned().unwrap_or_default(),
    }
}

async fn sessions(parts: &Parts, name: Option<&UserName>) -> Result<Outcome, Failure> {
    let only = match name {
        Some(name) => Some(find(parts, name).await?.id),
        None => None,
    };
    let mut sessions = Vec::new();
    for session in parts.sessions.list(only).await? {
        let user = parts.accounts.by_id(session.user).await?.map(|user| user.name.clone());
        sessions.push(SessionLine {
            id: session.handle,
            user,
            created: session.created.rfc3339(),
            last_seen: session.last_seen.rfc3339(),
            ends: session.ends.rfc3339(),
            address: session.address,
            agent: session.agent,
        });
    }
    Ok(Outcome::Sessions { sessions })
}

async fn end_sessions(parts: &Parts, which: SessionEnd, origin: &Origin) -> Result<Outcome, Failure> {
    let ended = match which {
        SessionEnd::All => {
            let mut ended = 0;
            for user in parts.accounts.list().await? {
                ended += parts.sessions.end_all(user.id, None, origin).await?;
            }
            ended
        }
        SessionEnd::User(name) => {
            let user = find(parts, &name).await?;
            parts.sessions.end_all(user.id, None, origin).await?
        }
        SessionEnd::One(handle) => {
            let found = parts.sessions.list(None).await?.into_iter().find(|session| session.handle == handle);
            let gone = || Failure::new("there is no such session", "`vestibule session list` shows those there are");
            let session = found.ok_or_else(gone)?;
            usize::from(parts.sessions.end(session.user, &handle, origin).await?)
        }
    };
    Ok(done(match ended {
        1 => "1 session ended".to_owned(),
        many => format!("{many} sessions ended"),
    }))
}

async fn audit(parts: &Parts, filter: &Filter) -> Result<Outcome, Failure> {
    let rows = parts.audit.read(filter).await?;
    let rows = rows.into_iter().map(|(key, event)| AuditRow { key, at: event.time.rfc3339(), event }).collect();
    Ok(Outcome::Audit { rows })
}

/// What a test may do to the real binary.
#[cfg(feature = "steer")]
async fn steer(parts: &Parts, operation: Operation) -> Result<Outcome, Failure> {
    let not_still = || Failure::new("this clock is the machine's", "start it with VESTIBULE_STEER_CLOCK");
    match operation {
        Operation::ClockAdvance { ms } => {
            let still = parts.machine.still.as_ref().ok_or_else(not_still)?;
            still.advance(std::time::Duration::from_millis(ms));
            // What the ticks would have done meanwhile.
            parts.sessions.tick().await?;
            super::serve::look_after_keys(parts).await?;
            Ok(done(format!("it is {}", parts.machine.clock.now())))
        }
        Operation::WallSkew { ms } => {
            parts.machine.still.as_ref().ok_or_else(not_still)?.skew_wall(ms);
            Ok(done(format!("the wall says {}", parts.machine.clock.wall())))
        }
        _ => {
            let messages = parts.in_force.load().plan.outbox.messages();
            let messages = messages.into_iter().map(|message| super::outcome::Message {
                to: match message.to {
                    crate::gateway::Receiver::Phone(number) | crate::gateway::Receiver::Call(number) => number,
                    crate::gateway::Receiver::Mailbox(mailbox) => mailbox,
                },
                subject: message.subject,
                text: message.text.expose().clone(),
            });
            Ok(Outcome::Messages { messages: messages.collect() })
        }
    }
}

#[cfg(test)]
mod tests;
