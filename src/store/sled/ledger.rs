//! What the embedded engine knows of itself: how many commits there were, and a keyed hash over all records. sled opens
//! many damaged files without an error and without part of the records, and any older copy of them; a used code or an
//! ended session would come back to life. This must never be computable without the sealing key.

use crate::secret::{Key, Random};
use crate::store::{KeyRing, SealError};

const ROOT: usize = 8;

/// The state of the whole store after one commit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Number of the last commit; the version of what it wrote.
    pub commit: u64,
    pub records: SetHash,
}

impl Ledger {
    /// Sealed, so that one store's ledger fits no other key, and nobody learns the difference of two hashes: with it, a
    /// record could be taken out unnoticed.
    pub fn seal(&self, place: &str, keys: &KeyRing, random: &dyn Random) -> Vec<u8> {
        let plain = [root(keys).as_slice(), &self.commit.to_be_bytes(), &self.records.to_bytes()].concat();
        keys.seal(place, &plain, random)
    }

    pub fn open(place: &str, sealed: &[u8], keys: &KeyRing) -> Result<Self, SealError> {
        let plain = keys.open(place, sealed)?;
        let (found, rest) = plain.expose().split_first_chunk::<ROOT>().ok_or(SealError::Broken)?;
        if *found != root(keys) {
            return Err(SealError::UnknownKey);
        }
        let (commit, records) = rest.split_first_chunk::<8>().ok_or(SealError::Broken)?;
        let records = records.try_into().map_err(|_| SealError::Broken)?;
        Ok(Self { commit: u64::from_be_bytes(*commit), records: SetHash::from_bytes(records) })
    }
}

/// Tells the key that others are derived from, which the key that seals does not: a ring that lost it would count every
/// record as changed.
fn root(keys: &KeyRing) -> [u8; ROOT] {
    let mac = keys.derive("store root").mac(&[]);
    std::array::from_fn(|n| mac[n])
}

/// The sum, modulo 2^256, of a keyed hash of every record: it follows each write without reading the others, and does
/// not depend on their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SetHash([u64; 4]);

impl SetHash {
    pub fn add(&mut self, key: &Key, record: &[u8], stored: &[u8]) {
        self.sum(element(key, record, stored), false);
    }

    pub fn take(&mut self, key: &Key, record: &[u8], stored: &[u8]) {
        // Two's complement: minus x is the complement of x, plus one.
        self.sum(element(key, record, stored).map(|limb| !limb), true);
    }

    fn sum(&mut self, limbs: [u64; 4], mut carry: bool) {
        for (mine, theirs) in self.0.iter_mut().zip(limbs) {
            let (sum, first) = mine.overflowing_add(theirs);
            let (sum, second) = sum.overflowing_add(u64::from(carry));
            *mine = sum;
            carry = first || second;
        }
    }

    fn to_bytes(self) -> [u8; 32] {
        let mut out = [0; 32];
        for (chunk, limb) in out.chunks_exact_mut(8).zip(self.0) {
            chunk.copy_from_slice(&limb.to_le_bytes());
        }
        out
    }

    fn from_bytes(bytes: &[u8; 32]) -> Self {
        let mut limbs = [0; 4];
        for (limb, chunk) in limbs.iter_mut().zip(bytes.as_chunks::<8>().0) {
            *limb = u64::from_le_bytes(*chunk);
        }
        Self(limbs)
    }
}

fn element(key: &Key, record: &[u8], stored: &[u8]) -> [u64; 4] {
    SetHash::from_bytes(&key.mac(&[record, stored])).0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::DerivedRandom;

    #[test]
    fn order_does_not_matter_and_taking_undoes_adding() {
        let key = Key::new([7; 32]);
        let (mut one, mut two) = (SetHash::default(), SetHash::default());
        for n in 0..200_u8 {
            one.add(&key, &[n], b"value");
            two.add(&key, &[199 - n], b"value");
        }
        assert_eq!(one, two);
        one.add(&key, b"more", b"value");
        assert_ne!(one, two);
        one.take(&key, b"more", b"value");
        assert_eq!(one, two);
        for n in 0..200_u8 {
            one.take(&key, &[n], b"value");
        }
        assert_eq!(one, SetHash::default());
        let mut carry = SetHash([u64::MAX; 4]);
        carry.sum([1, 0, 0, 0], false);
        assert_eq!(carry, SetHash::default());
    }

    #[test]
    fn a_ledger_opens_with_its_key_and_in_its_place_alone() {
        let random = DerivedRandom::seeded(1);
        let keys = KeyRing::new(Key::new([1; 32]), Vec::new());
        let mut ledger = Ledger { commit: 77, records: SetHash::default() };
        ledger.records.add(&Key::new([7; 32]), b"a", b"b");
        let sealed = ledger.seal("here", &keys, &random);
        assert_eq!(Ledger::open("here", &sealed, &keys), Ok(ledger));
        assert_eq!(Ledger::open("there", &sealed, &keys), Err(SealError::Broken));
        let other = KeyRing::new(Key::new([2; 32]), Vec::new());
        assert_eq!(Ledger::open("here", &sealed, &other), Err(SealError::UnknownKey));
    }
}
