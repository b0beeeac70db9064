//! Sealing: XChaCha20-Poly1305 with a random 192-bit nonce and the record's key as associated data, so that a value
//! neither can be read without the sealing key nor moved to another record.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};

use crate::secret::{Key, Random, Secret, random_bytes};

const NONCE: usize = 24;
const ID: usize = 4;

/// Why a value does not open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    #[error("it is sealed with a key that is not here")]
    UnknownKey,
    #[error("it was changed, moved, or sealed with another key")]
    Broken,
}

/// The keys a store is sealed with: the newest seals, all of them open.
#[derive(Debug)]
pub struct KeyRing {
    /// Newest first; never empty.
    keys: Vec<Key>,
    /// What derived keys come from: the oldest, so that they outlive rotation.
    root: Key,
}

impl KeyRing {
    /// `newest` seals; `older` are still opened.
    pub fn new(newest: Key, older: Vec<Key>) -> Self {
        let root = older.last().unwrap_or(&newest).clone();
        let mut keys = vec![newest];
        keys.extend(older);
        Self { keys, root }
    }

    pub fn derive(&self, purpose: &str) -> Key {
        self.root.derive(purpose)
    }

    /// Key id (4 bytes), nonce (24 bytes), ciphertext and tag.
    pub fn seal(&self, record: &str, plain: &[u8], random: &dyn Random) -> Vec<u8> {
        let key = &self.keys[0];
        let nonce = random_bytes::<NONCE>(random);
        let payload = Payload { msg: plain, aad: record.as_bytes() };
        let sealed = cipher(key)
            .encrypt(&XNonce::from(nonce), payload)
            // The only error is a plaintext beyond 256 GiB.
            .expect("a record is far below the cipher's limit");
        [key_id(key).as_slice(), nonce.as_slice(), sealed.as_slice()].concat()
    }

    pub fn open(&self, record: &str, sealed: &[u8]) -> Result<Secret<Vec<u8>>, SealError> {
        let (id, rest) = sealed.split_first_chunk::<ID>().ok_or(SealError::Broken)?;
        let (nonce, body) = rest.split_first_chunk::<NONCE>().ok_or(SealError::Broken)?;
        let key = self.keys.iter().find(|key| key_id(key) == *id).ok_or(SealError::UnknownKey)?;
        let payload = Payload { msg: body, aad: record.as_bytes() };
        cipher(key).decrypt(&XNonce::from(*nonce), payload).map(Secret::new).map_err(|_| SealError::Broken)
    }
}

fn cipher(key: &Key) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&(*key.derive("seal").expose()).into())
}

/// Which key sealed a value: four bytes that say nothing about the key.
fn key_id(key: &Key) -> [u8; ID] {
    let mac = key.derive("key id").mac(&[]);
    [mac[0], mac[1], mac[2], mac[3]]
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::secret::SystemRandom;

    fn ring(newest: u8, older: &[u8]) -> KeyRing {
        KeyRing::new(Key::new([newest; 32]), older.iter().map(|byte| Key::new([*byte; 32])).collect())
    }

    #[test]
    fn st_11_no_nonce_repeats_in_100_000_seals() {
        let ring = ring(1, &[]);
        let mut seen = HashSet::new();
        for _ in 0..100_000 {
            let sealed = ring.seal("record", b"", &SystemRandom);
            assert!(seen.insert(sealed[ID..ID + NONCE].to_vec()));
        }
    }

    #[test]
    fn a_sealed_value_opens_whole_in_its_record_and_nowhere_else() {
        let ring = ring(1, &[]);
        let sealed = ring.seal("factor/1", b"plain", &SystemRandom);
        assert_eq!(ring.open("factor/1", &sealed).expect("opens").expose(), b"plain");
        assert!(!sealed.windows(5).any(|window| window == b"plain"));
        assert_eq!(ring.open("factor/2", &sealed).err(), Some(SealError::Broken));
        for at in ID..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(ring.open("factor/1", &changed).err(), Some(SealError::Broken), "byte {at}");
        }
        for end in 0..sealed.len() {
            assert!(ring.open("factor/1", &sealed[..end]).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn an_older_key_opens_and_a_retired_one_is_unknown() {
        let sealed = ring(1, &[]).seal("record", b"plain", &SystemRandom);
        assert!(ring(2, &[1]).open("record", &sealed).is_ok());
        assert_eq!(ring(2, &[]).open("record", &sealed).err(), Some(SealError::UnknownKey));
    }
}
