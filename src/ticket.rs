//! Single-use things of a short life behind a token: invitations, set-up links, pending logins. Only a hash of the
//! token is stored. Using one up is a commit that deletes the version that was read, so that two takes have one winner.

use std::time::Duration;

use crate::secret::{Token, TokenHash, TokenKind};
use crate::store::{Change, Record, Row, Vault, VaultError};

/// A kind of ticket: which token opens it and what lies behind. Key `ticket/<kind>/<hash>`.
pub trait TicketKind: TokenKind {
    type Payload: Record;
}

#[derive(Clone, Debug)]
pub struct Tickets {
    vault: Vault,
}

impl Tickets {
    pub fn new(vault: Vault) -> Self {
        Self { vault }
    }

    /// The token, and the write that makes it good for `life`.
    pub fn issue<K: TicketKind>(
        &self,
        _payload: &K::Payload,
        _life: Duration,
    ) -> Result<(Token<K>, Change), VaultError> {
        todo!()
    }

    /// Looks without using up.
    pub async fn peek<K: TicketKind>(&self, _token: &Token<K>) -> Result<Option<Row<K::Payload>>, VaultError> {
        todo!()
    }

    /// The write that uses it up; it conflicts when somebody else was first.
    pub fn take<P: Record>(&self, row: &Row<P>) -> Change {
        self.vault.delete(row.key.clone(), crate::store::Expect::Version(row.version))
    }

    /// The write that changes what lies behind, with the same end of life.
    pub fn update<P: Record>(&self, row: &Row<P>, value: &P) -> Result<Change, VaultError> {
        self.vault.put(row.key.clone(), crate::store::Expect::Version(row.version), value, row.expires)
    }

    /// Where a ticket lies.
    pub fn key<K: TicketKind>(hash: &TokenHash<K>) -> String {
        format!("ticket/{}/{}", K::NAME, hash.hex())
    }
}
