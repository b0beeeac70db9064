//! Signing keys: made at the first start, sealed in the store, rotated with overlap.

use std::time::Duration;

use crate::clock::Time;
use crate::store::{Vault, VaultError};

/// ES256 keys: the newest signs; those that signed anything still alive are published.
pub struct SigningKeys {
    vault: Vault,
}

/// A key as a list shows it.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct KeyInfo {
    pub id: String,
    pub created: Time,
    pub signs: bool,
}

impl SigningKeys {
    /// Loads the keys; makes the first one in a store that has none. Follows changes of the store.
    pub async fn load(vault: Vault, _rotate: Duration, _lifetime: Duration) -> Result<Self, VaultError> {
        Ok(Self { vault })
    }

    /// A new key signs from now on; the old one is published until what it signed is dead.
    pub async fn rotate(&self) -> Result<KeyInfo, VaultError> {
        let _ = &self.vault;
        todo!()
    }

    /// Rotates when it is due, forgets keys nobody needs; called now and then.
    pub async fn tick(&self) -> Result<(), VaultError> {
        todo!()
    }

    pub fn list(&self) -> Vec<KeyInfo> {
        todo!()
    }

    /// The public keys as a JWK Set (RFC 7517), public members only.
    pub fn jwks(&self) -> String {
        todo!()
    }
}
