//! Single-use things of a short life behind a token: invitations, set-up links, pending logins. Only a hash of the
//! token is stored. Using one up is a commit that deletes the version that was read, so that two takes have one winner.
//! What is signed instead of stored is single use by the mark that its first use leaves.

use std::time::Duration;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::clock::{TOLERANCE, Time};
use crate::secret::{Token, TokenHash, TokenKind};
use crate::store::{Change, Expect, Record, Row, Vault, VaultError};

/// No ticket lives longer, whatever is asked for.
pub const MAX_LIFE: Duration = Duration::from_secs(24 * 3600);

/// A kind of ticket: which token opens it and what lies behind. Key `ticket/<kind>/<hash>`.
pub trait TicketKind: TokenKind {
    type Payload: Record;
}

/// That something signed was used. Key `spent/<kind>/<hash>`.
#[derive(Debug, Serialize, Deserialize)]
struct Spent;

impl Record for Spent {
    const NAME: &'static str = "mark of use";
}

#[derive(Clone, Debug)]
pub struct Tickets {
    vault: Vault,
}

impl Tickets {
    pub fn new(vault: Vault) -> Self {
        Self { vault }
    }

    /// The token, and the write that makes it good for `life` (at most [`MAX_LIFE`]).
    pub fn issue<K: TicketKind>(&self, payload: &K::Payload, life: Duration) -> Result<(Token<K>, Change), VaultError> {
        let token = Token::generate(&**self.vault.random());
        let expires = self.vault.now() + life.min(MAX_LIFE);
        let change = self.vault.put(Self::key(&token.hash()), Expect::Absent, payload, Some(expires))?;
        Ok((token, change))
    }

    /// Looks without using up.
    pub async fn peek<K: TicketKind>(&self, token: &Token<K>) -> Result<Option<Row<K::Payload>>, VaultError> {
        let row = self.vault.get(&Self::key(&token.hash())).await?;
        // After a clock that went back over a restart, a ticket would live longer than it was given: such a one is over.
        let latest = self.vault.now() + MAX_LIFE + TOLERANCE;
        Ok(row.filter(|row: &Row<K::Payload>| row.expires.is_some_and(|end| end <= latest)))
    }

    /// The write that uses it up; it conflicts when somebody else was first.
    pub fn take<P: Record>(&self, row: &Row<P>) -> Change {
        self.vault.delete(row.key.clone(), Expect::Version(row.version))
    }

    /// The write that changes what lies behind, with the same end of life.
    pub fn update<P: Record>(&self, row: &Row<P>, value: &P) -> Result<Change, VaultError> {
        self.vault.put(row.key.clone(), Expect::Version(row.version), value, row.expires)
    }

    /// The write that marks as used what was signed and not stored; it conflicts when it was used before. `kind` keeps
    /// one sort of thing from marking another's, `what` is all that makes this one different from others, `end` when what
    /// was signed is good no more. The mark lasts as long and a little longer, for clocks that are put right.
    pub fn spend(&self, kind: &str, what: &[u8], end: Time) -> Result<Change, VaultError> {
        let key = format!("spent/{kind}/{}", HEXLOWER.encode(&Sha256::digest(what)));
        self.vault.put(key, Expect::Absent, &Spent, Some(end + TOLERANCE))
    }

    /// Where a ticket lies.
    pub fn key<K: TicketKind>(hash: &TokenHash<K>) -> String {
        format!("ticket/{}/{}", K::NAME, hash.hex())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::clock::StillClock;
    use crate::secret::{DerivedRandom, Key};
    use crate::store::{KeyRing, MemoryStore};

    enum NoteKind {}
    impl TokenKind for NoteKind {
        const NAME: &'static str = "note";
    }
    impl TicketKind for NoteKind {
        type Payload = Note;
    }

    #[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
    struct Note(String);
    impl Record for Note {
        const NAME: &'static str = "note";
    }

    fn tickets() -> (Tickets, Arc<StillClock>) {
        let clock = Arc::new(StillClock::at(Time::from_secs(1_800_000_000)));
        let keys = Arc::new(KeyRing::new(Key::new([7; 32]), Vec::new()));
        let random = Arc::new(DerivedRandom::seeded(1));
        (Tickets::new(Vault::new(Arc::new(MemoryStore::default()), keys, clock.clone(), random)), clock)
    }

    #[tokio::test]
    async fn two_takes_have_one_winner() {
        let (tickets, _) = tickets();
        let (token, write) = tickets.issue::<NoteKind>(&Note("once".into()), Duration::from_secs(60)).unwrap();
        tickets.vault.commit(vec![write]).await.unwrap();
        let (one, two) = (tickets.peek(&token).await.unwrap().unwrap(), tickets.peek(&token).await.unwrap().unwrap());
        assert_eq!(one.value, Note("once".into()), "a look uses nothing up");
        tickets.vault.commit(vec![tickets.take(&one)]).await.unwrap();
        let second = tickets.vault.commit(vec![tickets.take(&two)]).await;
        assert!(matches!(second, Err(VaultError::Conflict(_))));
        assert!(tickets.peek(&token).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_ticket_ends_in_time_and_a_change_does_not_prolong_it() {
        let (tickets, clock) = tickets();
        let (token, write) = tickets.issue::<NoteKind>(&Note("a".into()), Duration::from_secs(600)).unwrap();
        tickets.vault.commit(vec![write]).await.unwrap();
        clock.advance(Duration::from_secs(599));
        let row = tickets.peek(&token).await.unwrap().unwrap();
        tickets.vault.commit(vec![tickets.update(&row, &Note("b".into())).unwrap()]).await.unwrap();
        let row = tickets.peek(&token).await.unwrap().unwrap();
        assert_eq!(row.value, Note("b".into()));
        clock.advance(Duration::from_secs(1));
        assert!(tickets.peek(&token).await.unwrap().is_none());
        let late = tickets.vault.commit(vec![tickets.take(&row)]).await;
        assert!(matches!(late, Err(VaultError::Conflict(_))), "nor can it be used up any more");
    }

    #[tokio::test]
    async fn what_is_signed_is_spent_once() {
        let (tickets, clock) = tickets();
        let end = Time::from_secs(1_800_000_300);
        let spend = |kind, what: &[u8]| tickets.vault.commit(vec![tickets.spend(kind, what, end).unwrap()]);
        spend("challenge", b"one").await.unwrap();
        clock.advance(Duration::from_secs(299));
        assert!(matches!(spend("challenge", b"one").await, Err(VaultError::Conflict(_))));
        spend("challenge", b"two").await.unwrap();
        spend("other", b"one").await.unwrap();
        // It goes with what it marks, which nobody takes any more.
        clock.advance(TOLERANCE + Duration::from_secs(1));
        spend("challenge", b"one").await.unwrap();
    }

    #[tokio::test]
    async fn no_ticket_outlives_a_day() {
        let (tickets, clock) = tickets();
        let (token, write) = tickets.issue::<NoteKind>(&Note("a".into()), Duration::from_secs(90 * 86_400)).unwrap();
        tickets.vault.commit(vec![write]).await.unwrap();
        clock.advance(MAX_LIFE);
        assert!(tickets.peek(&token).await.unwrap().is_none());
    }
}
