//! The joint for first factors: a name and a password become a [`Proof`], or not. The answer and the time it takes are
//! the same for a user who does not exist.

use async_trait::async_trait;

use crate::account::User;
use crate::clock::Time;
use crate::method::Proof;
use crate::secret::Secret;
use crate::throttle::Lane;
use crate::types::UserId;

/// A source of first factors.
#[async_trait]
pub trait Directory: Send + Sync {
    fn id(&self) -> &'static str;

    /// Whether the password is this user's. `None` must take the same time as a user whose password is wrong.
    async fn check(&self, user: Option<&User>, password: &Secret<String>) -> Result<bool, DirectoryError>;

    /// Sets a password after judging it against the floor.
    async fn set_password(&self, user: &User, password: &Secret<String>) -> Result<(), DirectoryError>;

    async fn has_password(&self, user: UserId) -> Result<bool, DirectoryError>;

    async fn forget(&self, user: UserId) -> Result<(), DirectoryError>;
}

#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// The hashing queue is full: answered 503 with `Retry-After`.
    #[error("too many passwords are being checked")]
    Busy,
    #[error(transparent)]
    Password(#[from] PasswordFloor),
    #[error(transparent)]
    Account(#[from] crate::account::AccountError),
    #[error(transparent)]
    Vault(#[from] crate::store::VaultError),
}

/// Why a new password is refused; each has a text in the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordFloor {
    #[error("the password has fewer than {0} characters")]
    Short(usize),
    #[error("the password has more than {0} bytes")]
    Long(usize),
    #[error("the password is among the most common ones")]
    Common,
    #[error("the password is the user's own name")]
    Name,
}

/// What became of an attempt to sign in with a password.
#[derive(Debug)]
pub enum SignIn {
    Proved(Proof),
    /// Wrong password, unknown user, disabled user: one answer.
    Wrong,
    Wait(Time),
    /// The strangers' lane of this account is closed.
    Closed,
}

/// Wraps every directory once: source, throttle, check, audit, proof.
pub struct FirstFactor;

impl FirstFactor {
    /// `name` as it was typed.
    pub async fn sign_in(
        &self,
        _name: &str,
        _password: &Secret<String>,
        _lane: Lane,
        _origin: &crate::audit::Origin,
    ) -> Result<SignIn, DirectoryError> {
        todo!()
    }
}
