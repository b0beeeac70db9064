//! Password hashes that other programs made, taken over as they are: bcrypt, sha512-crypt, apr1 and Argon2id. What one
//! costs is bounded here, before it is ever computed, because every try at that name will cost it; and a form that gives
//! the password away to whoever reads the file is not taken at all. A right password turns each into an Argon2id of ours.

use argon2::Params;
use argon2::password_hash::phc::PasswordHash;
use bcrypt::HashParts;
use sha_crypt::{PasswordVerifier, ShaCrypt};

use super::apr1;
use crate::secret::Secret;

/// Of bcrypt: 4 to 14, each step twice as dear. 14 is the dearest that is taken of all: about a second, thirty to fifty of our
/// own hashes by default.
const BCRYPT_COSTS: std::ops::RangeInclusive<u32> = 4..=14;
/// Of sha512-crypt. Each round takes the whole password in once more or twice, so that these bound its cost only together
/// with [`LONGEST_PASSWORD`]: to less than a bcrypt of 14.
const ROUNDS: std::ops::RangeInclusive<u32> = 1000..=100_000;
/// In bytes, of what a hash of another kind is compared with; bcrypt looks at 72 of them. Whoever guesses chooses the
/// length, and would choose the price.
const LONGEST_PASSWORD: usize = 128;
const LONGEST_SALT: usize = 16;
/// Of Argon2id, in KiB: as much as the libraries of other languages take unasked.
const MOST_MEMORY: u32 = 64 << 10;
/// Of Argon2id: passes times memory in KiB. The most is seven times what ours are by default.
const WORK: std::ops::RangeInclusive<u64> = 8 << 10..=256 << 10;
/// Longer than any of these forms.
const LONGEST: usize = 512;

/// A hash that is taken.
#[derive(Clone, Debug)]
pub struct Imported(Secret<String>);

/// Why a hash is not taken. It never says what stands there: that may be a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    #[error("there is no hash")]
    Nothing,
    #[error("the account is locked: there is no password behind it")]
    Locked,
    #[error("it is the crypt of old, which looks at eight characters of a password and can be tried out in hours")]
    Des,
    #[error("it is SHA-1 without rounds, which can be tried out at billions a second")]
    Sha1,
    #[error("it is an MD5-crypt, which can be tried out at millions a second")]
    Md5,
    #[error("it is a form of crypt that is not read here")]
    OtherCrypt,
    #[error("it is a bcrypt that is broken, or whose cost is not between 4 and 14")]
    Bcrypt,
    #[error("it is a sha512-crypt that is broken, or whose rounds are not between 1000 and 100000")]
    Sha512,
    #[error("it is an apr1 that is broken")]
    Apr1,
    #[error(
        "it is an Argon2 that is broken, is not Argon2id of version 19, takes more than 64 MiB, or whose passes times \
         memory are not between 8 and 256 MiB"
    )]
    Argon2,
    #[error("it is a password in clear, or in a form that nobody knows")]
    Clear,
}

impl Imported {
    /// Takes a hash as it stands in a file, if it may be taken.
    ///
    /// # Errors
    /// What kind it is, and why that is not taken.
    pub fn take(text: &str) -> Result<Self, NotTaken> {
        let taken = match text {
            "" => return Err(NotTaken::Nothing),
            "x" | "*" => return Err(NotTaken::Locked),
            _ if text.starts_with('!') => return Err(NotTaken::Locked),
            _ if text.len() > LONGEST || !text.is_ascii() => Err(NotTaken::Clear),
            _ if text.starts_with("$argon2") => argon2(text).ok_or(NotTaken::Argon2),
            _ if is_bcrypt(text) => bcrypt(text).ok_or(NotTaken::Bcrypt),
            _ if text.starts_with("$6$") => sha512(text).ok_or(NotTaken::Sha512),
            _ if text.starts_with(apr1::MARK) => apr1::is_one(text).then_some(()).ok_or(NotTaken::Apr1),
            _ if text.starts_with("{SHA}") || text.starts_with("{SSHA}") => Err(NotTaken::Sha1),
            _ if text.starts_with("$1$") => Err(NotTaken::Md5),
            _ if text.starts_with('$') => Err(NotTaken::OtherCrypt),
            _ if is_des(text) => Err(NotTaken::Des),
            _ => Err(NotTaken::Clear),
        };
        taken.map(|()| Self(Secret::new(text.to_owned())))
    }

    pub(super) fn text(&self) -> &str {
        self.0.expose()
    }
}

/// Whether a stored hash is one that another kind of program made: not Argon2id.
pub fn is_foreign(stored: &str) -> bool {
    !stored.starts_with("$argon2id$")
}

#[cfg(test)]
thread_local! {
    /// Hashes this thread computed: what a test compares instead of times.
    static COMPUTED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Whether a password has this hash of another kind. What cannot be read is nobody's, and neither is what is too long.
pub fn fits(stored: &str, password: &[u8]) -> bool {
    // Read again before it is computed: what is stored is sealed, and yet nothing dear is started unseen.
    if password.len() > LONGEST_PASSWORD || Imported::take(stored).is_err() {
        return false;
    }
    #[cfg(test)]
    COMPUTED.set(COMPUTED.get() + 1);
    match stored {
        _ if is_bcrypt(stored) => bcrypt::verify(password, stored).unwrap_or(false),
        _ if stored.starts_with("$6$") => ShaCrypt::default().verify_password(password, stored).is_ok(),
        _ => apr1::fits(stored, password),
    }
}

fn is_bcrypt(text: &str) -> bool {
    ["$2a$", "$2b$", "$2y$"].iter().any(|mark| text.starts_with(mark))
}

fn bcrypt(text: &str) -> Option<()> {
    let parts: HashParts = text.parse().ok()?;
    // The library reads `+5` as a number, too.
    let digits = text.bytes().skip(4).take(2).all(|byte| byte.is_ascii_digit());
    (digits && BCRYPT_COSTS.contains(&parts.get_cost())).then_some(())
}

/// `$6$`, perhaps `rounds=N$`, salt, `$`, and 64 bytes in the alphabet of crypt(3).
fn sha512(text: &str) -> Option<()> {
    let rest = text.strip_prefix("$6$")?;
    let (rounds, rest) = match rest.strip_prefix("rounds=") {
        Some(rest) => {
            let (rounds, rest) = rest.split_once('$')?;
            // One spelling: a sign or a zero in front is no number of ours.
            let number: u32 = rounds.parse().ok()?;
            (Some(number).filter(|number| number.to_string() == rounds)?, rest)
        }
        None => (5000, rest),
    };
    let (salt, hash) = rest.split_once('$')?;
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/'));
    let fits = ROUNDS.contains(&rounds)
        && (1..=LONGEST_SALT).contains(&salt.len())
        && hash.len() == 86
        && plain(salt)
        && plain(hash);
    fits.then_some(())
}

fn argon2(text: &str) -> Option<()> {
    let made = PasswordHash::new(text).ok().filter(|made| made.algorithm == argon2::ARGON2ID_IDENT)?;
    let version = made.version == Some(argon2::Version::V0x13.into());
    let params = Params::try_from(&made).ok()?;
    let bounded = params.m_cost() <= MOST_MEMORY
        && WORK.contains(&(u64::from(params.m_cost()) * u64::from(params.t_cost())))
        && params.p_cost() <= 16;
    (version && bounded && made.salt.is_some() && made.hash.is_some()).then_some(())
}

/// Two characters of salt and eleven of hash.
fn is_des(text: &str) -> bool {
    text.len() == 13 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/'))
}

#[cfg(test)]
mod tests {
    use super::super::argon2id;
    use super::*;

    /// Made by other programs (crypt(3), openssl), save the last.
    const TAKEN: [&str; 6] = [
        "$2y$05$abcdefghijklmnopqrstuussfBnph3nqL0wTWtGcgn8VqAumr4G0a",
        "$2b$05$abcdefghijklmnopqrstuussfBnph3nqL0wTWtGcgn8VqAumr4G0a",
        "$2a$05$abcdefghijklmnopqrstuussfBnph3nqL0wTWtGcgn8VqAumr4G0a",
        "$6$saltsalt$2YeRLibDzN/RAZhesUum.P15/6nvaRSSaTPZffUSs6AluGIjboWpREXKV7IbpL.PiRac0ZN3hbM7mV2aX86Zu1",
        "$apr1$abcdefgh$bWCvpqam7m2Nz3iUkZAgM1",
        "$argon2id$v=19$m=4096,t=2,p=1$c29tZXNhbHRzb21l$VgIDHqnJTPNMMCcUtYb95Cjc9hHAImdtM/vzKXmrmHU",
    ];
    const PASSWORD: &[u8] = b"a door in the east wall";

    #[test]
    fn what_others_made_fits_its_password_and_no_other() {
        for text in &TAKEN[..5] {
            let taken = Imported::take(text).unwrap();
            assert!(fits(taken.text(), PASSWORD), "{text}");
            assert!(!fits(taken.text(), b"a door in the west wall"), "{text}");
            assert!(is_foreign(text) && !format!("{taken:?}").contains(text));
        }
        let rounds =
            "$6$rounds=1000$abc$yxe0KSjmoHd8rpohJgwvF5lnIQ/9t.klcz24a1cca3nWm.PLUmhXgcGgKWCoRFHRHYxXj4SVEtjCnCAwaFY0V0";
        assert!(Imported::take(rounds).is_ok() && fits(rounds, b"pw") && !fits(rounds, b"pW"));
        assert!(Imported::take(TAKEN[5]).is_ok() && !is_foreign(TAKEN[5]));
    }

    #[test]
    fn what_is_weak_dear_or_broken_is_not_taken() {
        let argon2 = |from: &str, to: &str| TAKEN[5].replace(from, to);
        for (text, why) in [
            (String::new(), NotTaken::Nothing),
            ("!".to_owned(), NotTaken::Locked),
            ("*".to_owned(), NotTaken::Locked),
            ("secret".to_owned(), NotTaken::Clear),
            ("pässwörd".to_owned(), NotTaken::Clear),
            ("$".repeat(600), NotTaken::Clear),
            ("abzlUXK5ed5rs".to_owned(), NotTaken::Des),
            ("{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M=".to_owned(), NotTaken::Sha1),
            ("$1$aa$2PtxCS.ei0jou2gZ339Kp0".to_owned(), NotTaken::Md5),
            ("$5$aa$mzf5CT4lKj0jBcvvaM/wyABl7jkEXQ6PNDCQjw0uBJC".to_owned(), NotTaken::OtherCrypt),
            ("$2x$05$abcdefghijklmnopqrstuussfBnph3nqL0wTWtGcgn8VqAumr4G0a".to_owned(), NotTaken::OtherCrypt),
            (TAKEN[0].replace("$05$", "$15$"), NotTaken::Bcrypt),
            (TAKEN[0].replace("$05$", "$03$"), NotTaken::Bcrypt),
            (TAKEN[0].replace("$05$", "$+5$"), NotTaken::Bcrypt),
            (TAKEN[0][..59].to_owned(), NotTaken::Bcrypt),
            (TAKEN[3].replace("$6$", "$6$rounds=100001$"), NotTaken::Sha512),
            (TAKEN[3].replace("$6$", "$6$rounds=999$"), NotTaken::Sha512),
            (TAKEN[3].replace("$6$", "$6$rounds=+5000$"), NotTaken::Sha512),
            (TAKEN[3].replace("$6$", "$6$toolongasalt"), NotTaken::Sha512),
            (TAKEN[3][..97].to_owned(), NotTaken::Sha512),
            (TAKEN[4].replace("gh$", "ghi$"), NotTaken::Apr1),
            (argon2("argon2id", "argon2i"), NotTaken::Argon2),
            (argon2("v=19", "v=16"), NotTaken::Argon2),
            (argon2("m=4096", "m=65537"), NotTaken::Argon2),
            (argon2("t=2", "t=65"), NotTaken::Argon2),
            (argon2("m=4096,t=2", "m=8,t=1"), NotTaken::Argon2),
            (argon2("p=1$", "p=1"), NotTaken::Argon2),
        ] {
            assert_eq!(Imported::take(&text).err(), Some(why), "{text}");
        }
    }

    /// TH-10: whoever guesses at an imported user chooses how long his guess is, and not what it costs.
    #[test]
    fn th_10_what_is_too_long_or_too_dear_is_not_computed() {
        let computed = |hash: &str, length: usize| {
            let before = COMPUTED.get();
            assert!(!fits(hash, &vec![b'x'; length]));
            COMPUTED.get() - before
        };
        let bcrypt = |cost: u32| TAKEN[0].replace("$05$", &format!("${cost}$"));
        let sha512 = |rounds: u32| TAKEN[3].replace("$6$", &format!("$6$rounds={rounds}$"));
        for (dearest, dearer) in [(bcrypt(14), bcrypt(15)), (sha512(100_000), sha512(100_001))] {
            assert_eq!(computed(&dearest, LONGEST_PASSWORD), 1, "{dearest}");
            assert_eq!(computed(&dearest, LONGEST_PASSWORD + 1), 0, "{dearest}");
            assert_eq!(computed(&dearer, 1), 0, "{dearer}");
        }
    }

    /// TH-10: so many hashes of ours fit into one that is waited for.
    #[test]
    fn the_dearest_hash_costs_less_than_a_hundred_of_ours() {
        // The processor time of this thread (proc(5): utime and stime, in hundredths of a second): what others do on the
        // machine is no part of it.
        let work = || {
            let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
            let (_, fields) = stat.rsplit_once(')').unwrap();
            fields.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<u32>().unwrap()).sum::<u32>()
        };
        let cost = |hashes: u32, hash: &dyn Fn()| {
            let before = work();
            (0..hashes).for_each(|_| hash());
            f64::from(work() - before) / f64::from(hashes)
        };
        let params = Params::new(19 << 10, 2, 1, None).unwrap();
        let ours = cost(20, &|| drop(argon2id::hash(&params, PASSWORD, &[7; argon2id::SALT])));
        for dearest in [TAKEN[0].replace("$05$", "$14$"), TAKEN[3].replace("$6$", "$6$rounds=100000$")] {
            assert!(Imported::take(&dearest).is_ok());
            let theirs = cost(1, &|| assert!(!fits(&dearest, &[b'x'; LONGEST_PASSWORD])));
            assert!(theirs < 100.0 * ours, "{theirs} beside {ours}: {dearest}");
        }
    }

    #[test]
    fn nothing_that_is_stored_makes_a_check_panic_or_dear() {
        for text in
            ["", "$2y$", "$2y$31$abcdefghijklmnopqrstuussfBnph3nqL0wTWtGcgn8VqAumr4G0a", "$6$", "$6$$", "$apr1$", "é"]
        {
            assert!(!fits(text, PASSWORD), "{text}");
        }
    }
}
