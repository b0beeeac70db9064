//! The composition root: the one place that knows every concrete type and turns a configuration into running parts.
//! Nothing below may import it. It must never start with half of a configuration: all problems are found first and told
//! together.

mod admin;
mod build;
mod demo;
mod machine;
mod monitor;
mod operation;
mod outcome;
mod serve;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::config::Loaded;
use crate::error::Problems;
use crate::store::{KeyFileError, OpenError, VaultError};

/// How often a store that somebody else holds is tried again, and after how long: ten seconds in all.
const TRIES: usize = 100;
const PAUSE: Duration = Duration::from_millis(100);

pub use build::{InForce, Parts, Plan};
pub use demo::demo;
pub use machine::Machine;
pub use operation::{BATCH, Failure, Newcomer, Operation, SessionEnd, Terms, run};
pub use outcome::{AuditRow, FactorLine, Health, Imported, Invited, Outcome, SessionLine, UserCard, UserLine};
pub use serve::{Server, serve};

/// Why it does not start. Each prints what is wrong and, on a line of its own, what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("{0}")]
    Configuration(Problems),
    #[error(transparent)]
    Key(#[from] KeyFileError),
    #[error(transparent)]
    Store(#[from] OpenError),
    #[error("the store does not answer: {0}\n  look at the disk and at the log, then start again")]
    Vault(#[from] VaultError),
    #[error("nobody can listen on {address}: {why}\n  stop what listens there, or set another address in [listen]")]
    Listen { address: String, why: io::Error },
    #[error(
        "nobody can listen on {address}: {why}\n  stop what listens there, or set another address in listen.metrics"
    )]
    Monitor { address: String, why: io::Error },
    #[error(
        "nobody can listen on {address}: {why}\n  stop what listens there, or set another address in [forward_auth]"
    )]
    ForwardAuth { address: String, why: io::Error },
    #[error("the admin socket {path} cannot be made: {why}\n  set store.path to a shorter path on a local disk")]
    Admin { path: String, why: io::Error },
    #[error(
        "{} enrolled under another address and could not be used any more\n  bring back the old url, or start once with --accept-rp-change",
        if *count == 1 { "1 key was".to_owned() } else { format!("{count} keys were") }
    )]
    Stranded { count: usize },
}

impl StartError {
    /// Whether the next start would find the same: a supervisor should not try again until somebody did something.
    fn lasts(&self) -> bool {
        match self {
            StartError::Configuration(_) | StartError::Key(_) | StartError::Stranded { .. } => true,
            StartError::Store(error) => {
                !matches!(error, OpenError::InUse { .. } | OpenError::Failed { .. } | OpenError::Folder { .. })
            }
            StartError::Vault(_)
            | StartError::Listen { .. }
            | StartError::Monitor { .. }
            | StartError::ForwardAuth { .. }
            | StartError::Admin { .. } => false,
        }
    }
}

impl From<Problems> for StartError {
    fn from(problems: Problems) -> Self {
        StartError::Configuration(problems)
    }
}

/// Carries out an operation: by the server that runs on this data folder, or, when none does, by itself.
///
/// # Errors
/// What is wrong and what to do, as the server or the parts put it.
pub async fn perform(loaded: &Loaded, operation: Operation) -> Result<Outcome, Failure> {
    let mut reach = Reach::to(loaded);
    let outcome = reach.perform(operation).await;
    reach.close().await;
    outcome
}

/// A gate within reach of a command: the server, or, when none runs, the store, which stays open until [`Reach::close`].
pub struct Reach<'a> {
    loaded: &'a Loaded,
    own: Option<Arc<Parts>>,
}

impl<'a> Reach<'a> {
    pub fn to(loaded: &'a Loaded) -> Self {
        Self { loaded, own: None }
    }

    /// As [`perform`], again and again.
    ///
    /// # Errors
    /// What is wrong and what to do, as the server or the parts put it.
    pub async fn perform(&mut self, operation: Operation) -> Result<Outcome, Failure> {
        let mut more = 0..TRIES;
        let parts = loop {
            if let Some(own) = &self.own {
                break own.clone();
            }
            if let Some(answer) = admin::ask(&self.loaded.written.store.path, &operation).await? {
                return answer;
            }
            if operation.needs_a_server() {
                return Err(Failure::new("no server runs on this data folder", "start one with `vestibule serve`"));
            }
            let machine = Machine::start();
            match Parts::open(Plan::build(self.loaded, &machine)?, machine, true).await {
                // Another command is at work and soon done, or a server starts and will soon be asked instead.
                Err(StartError::Store(OpenError::InUse { .. })) if more.next().is_some() => {
                    tokio::time::sleep(PAUSE).await;
                }
                opened => self.own = Some(opened?),
            }
        };
        run(&parts, operation, &admin::login_name(rustix::process::geteuid().as_raw())).await
    }

    pub async fn close(self) {
        if let Some(own) = self.own {
            own.close().await;
        }
    }
}
