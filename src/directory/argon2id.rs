//! Argon2id (RFC 9106) in memory that its thread keeps. Twenty megabytes taken and given back for each hash tear the
//! heap: what an allocator keeps of them grows with the logins, and a storm of them would never be paid back. So each
//! hashing thread has one piece, wiped after every hash; the number of threads is the ceiling. A hash that takes more than
//! ours, because another program made it so, leaves nothing of it with the thread.

use std::cell::RefCell;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, Version};
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

pub const SALT: usize = 16;
pub const OUTPUT: usize = Params::DEFAULT_OUTPUT_LEN;

thread_local! {
    static MEMORY: RefCell<Vec<Block>> = const { RefCell::new(Vec::new()) };
    /// Blocks written by this thread, over all passes: what a test compares instead of times.
    #[cfg(test)]
    pub static WORK: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// The memory that a hash takes is not to be had: nothing was learnt of the password.
#[derive(Debug, PartialEq, Eq)]
pub struct NoMemory;

/// Hashes a password, as a PHC string. Parameters that can be written down can be computed.
///
/// # Errors
/// See [`NoMemory`].
pub fn hash(params: &Params, password: &[u8], salt: &[u8; SALT]) -> Result<String, NoMemory> {
    let mut output = [0; OUTPUT];
    let filled = fill(params, params.block_count(), password, salt, &mut output)?;
    filled.and_then(|()| written(params, salt, &output)).ok_or(NoMemory)
}

/// Whether a password has this hash, made with whatever parameters it names; compared in constant time. One that cannot
/// be read or computed is nobody's. `ours`: what is configured, whose memory the thread keeps.
///
/// # Errors
/// See [`NoMemory`].
pub fn fits(ours: &Params, phc: &str, password: &[u8]) -> Result<bool, NoMemory> {
    let taken_apart = || {
        let made = PasswordHash::new(phc).ok().filter(|made| made.algorithm == ARGON2ID_IDENT)?;
        let version = made.version.is_some_and(|version| version == u32::from(Version::V0x13));
        Some((Params::try_from(&made).ok()?, made.salt?, made.hash.filter(|_| version)?))
    };
    let Some((params, salt, expected)) = taken_apart() else { return Ok(false) };
    let mut output = vec![0; expected.as_bytes().len()];
    let filled = fill(&params, ours.block_count(), password, salt.as_ref(), &mut output)?;
    Ok(filled.is_some() && bool::from(output.ct_eq(expected.as_bytes())))
}

/// A hash in the PHC string format.
pub fn written(params: &Params, salt: &[u8; SALT], output: &[u8; OUTPUT]) -> Option<String> {
    let hash = PasswordHash {
        algorithm: ARGON2ID_IDENT,
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(params).ok()?,
        salt: Some(Salt::new(salt).ok()?),
        hash: Some(Output::new(output).ok()?),
    };
    Some(hash.to_string())
}

/// `kept`: the most blocks that stay with the thread. Nothing where these parameters cannot be computed.
fn fill(params: &Params, kept: usize, password: &[u8], salt: &[u8], output: &mut [u8]) -> Result<Option<()>, NoMemory> {
    let count = params.block_count();
    #[cfg(test)]
    WORK.set(WORK.get() + count * params.t_cost() as usize);
    MEMORY.with_borrow_mut(|memory| {
        memory.try_reserve_exact(count.saturating_sub(memory.len())).map_err(|_| NoMemory)?;
        memory.resize(count.max(memory.len()), Block::default());
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
        let blocks = &mut memory[..count];
        let done = argon2.hash_password_into_with_memory(password, salt, output, &mut *blocks);
        for block in blocks {
            block.as_mut().zeroize();
        }
        if count > kept {
            *memory = Vec::new();
        }
        Ok(done.ok())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_hashed_fits_and_nothing_else_does() {
        let params = Params::new(64, 1, 1, None).unwrap();
        let phc = hash(&params, b"right", &[7; SALT]).unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{phc}");
        assert_eq!(fits(&params, &phc, b"right"), Ok(true));
        for (phc, password) in [
            (phc.as_str(), "wrong"),
            (&phc.replace("argon2id", "argon2i"), "right"),
            (&phc.replace("v=19", "v=16"), "right"),
            (&phc.replace("m=64", "m=65"), "right"),
            ("$argon2id$v=19$m=64,t=1,p=1$", "right"),
            ("", "right"),
        ] {
            assert_eq!(fits(&params, phc, password.as_bytes()), Ok(false), "{phc}");
        }
    }

    /// What other programs write and read.
    #[test]
    fn it_is_what_the_library_computes() {
        use argon2::{PasswordHasher, PasswordVerifier};
        let params = Params::new(64, 2, 1, None).unwrap();
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
        let theirs = argon2.hash_password_with_salt(b"right", &[7; SALT]).unwrap();
        let ours = hash(&params, b"right", &[7; SALT]).unwrap();
        assert_eq!(theirs.to_string(), ours);
        assert!(argon2.verify_password(b"right", &theirs).is_ok());
        assert_eq!(fits(&params, &theirs.to_string(), b"right"), Ok(true));
    }

    #[test]
    fn nothing_of_a_password_stays_in_the_memory_that_is_kept() {
        hash(&Params::new(64, 1, 1, None).unwrap(), b"right", &[7; SALT]).unwrap();
        hash(&Params::new(32, 1, 1, None).unwrap(), b"right", &[7; SALT]).unwrap();
        MEMORY.with_borrow(|memory| {
            assert_eq!(memory.len(), 64, "and it only grows to the greatest");
            assert!(memory.iter().all(|block| block.as_ref().iter().all(|word| *word == 0)));
        });
    }

    #[test]
    fn what_a_dearer_hash_takes_is_given_back() {
        let kept = || MEMORY.with_borrow(Vec::capacity);
        let [ours, theirs] = [64, 256].map(|memory| Params::new(memory, 1, 1, None).unwrap());
        let phc = written(&theirs, &[7; SALT], &[7; OUTPUT]).unwrap();
        assert_eq!(fits(&ours, &phc, b"right"), Ok(false));
        assert_eq!(kept(), 0);
        hash(&ours, b"right", &[7; SALT]).unwrap();
        assert_eq!(kept(), 64, "ours stays");
    }

    /// Whoever gives the right password to a machine without memory did not give a wrong one.
    #[test]
    fn what_there_is_no_memory_for_is_no_answer() {
        let [ours, huge] = [64, u32::MAX].map(|memory| Params::new(memory, 1, 1, None).unwrap());
        // A machine that promises whatever is asked for would have to keep its word.
        if Vec::<Block>::new().try_reserve_exact(huge.block_count()).is_ok() {
            return;
        }
        assert_eq!(hash(&huge, b"right", &[7; SALT]), Err(NoMemory));
        let phc = written(&huge, &[7; SALT], &[7; OUTPUT]).unwrap();
        assert_eq!(fits(&ours, &phc, b"right"), Err(NoMemory));
    }
}
