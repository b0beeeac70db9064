//! Who a visitor is, said so that an application can verify it: signing keys, the assertion (a JWT, ES256) and the key
//! set. Nothing is signed on the hot path: an assertion is reused until half its life is over.

pub mod headers;
mod keys;
mod verify;

use std::sync::Arc;

use crate::clock::Time;
use crate::store::VaultError;
use crate::types::{Handle, UserId};

pub use keys::{KeyInfo, SigningKeys};
pub use verify::{Verified, VerifyError, verify};

/// What is sent on of a visitor, as a permit carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub user: UserId,
    pub name: String,
    pub display_name: Option<String>,
    pub email: Option<String>,
    pub groups: Vec<String>,
    pub amr: Vec<String>,
    /// When the proof was made that the rule accepted.
    pub auth_time: Time,
    /// The session's handle: `sid`.
    pub session: Handle,
    /// The user's generation: part of the cache's key.
    pub generation: u64,
}

/// Signs and remembers.
#[derive(Clone)]
pub struct Assertions {
    keys: Arc<SigningKeys>,
}

impl Assertions {
    pub fn new(keys: Arc<SigningKeys>, _lifetime: std::time::Duration) -> Self {
        Self { keys }
    }

    /// The assertion for this identity, from memory while more than half its life is left. Bounded; keyed by session,
    /// generations, issuer, audience and what was proved.
    pub async fn assertion(
        &self,
        _identity: &Identity,
        _issuer: &str,
        _audience: &str,
    ) -> Result<Arc<str>, VaultError> {
        let _ = &self.keys;
        todo!()
    }
}
