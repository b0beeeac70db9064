//! `$apr1$`: Apache's variant of the MD5-based crypt, a thousand rounds, as `htpasswd -m` writes it. It is read so that
//! nobody has to hand out new passwords, and nothing is ever written in it: MD5 is no longer a hash to keep passwords by.

use md5::{Digest, Md5};
use subtle::ConstantTimeEq;

/// How it begins; salt and hash follow, with a `$` between them.
pub const MARK: &str = "$apr1$";
const LONGEST_SALT: usize = 8;
const LENGTH: usize = 22;
const ROUNDS: usize = 1000;
/// The alphabet of crypt(3), which is not that of base64.
const ALPHABET: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// The order in which it writes down the digest: three bytes at a time, the first the highest.
const ORDER: [[usize; 3]; 5] = [[0, 6, 12], [1, 7, 13], [2, 8, 14], [3, 9, 15], [4, 10, 5]];

/// Salt and hash, if the text has this form.
fn parts(text: &str) -> Option<(&str, &str)> {
    let (salt, hash) = text.strip_prefix(MARK)?.split_once('$')?;
    let plain = |text: &str| text.bytes().all(|byte| ALPHABET.contains(&byte));
    let fits = (1..=LONGEST_SALT).contains(&salt.len()) && hash.len() == LENGTH && plain(salt) && plain(hash);
    fits.then_some((salt, hash))
}

pub fn is_one(text: &str) -> bool {
    parts(text).is_some()
}

/// Whether a password has this hash; compared in constant time.
pub fn fits(text: &str, password: &[u8]) -> bool {
    parts(text)
        .is_some_and(|(salt, hash)| bool::from(encoded(&digest(password, salt.as_bytes())).ct_eq(hash.as_bytes())))
}

fn digest(password: &[u8], salt: &[u8]) -> [u8; 16] {
    let mut mixed = Md5::new_with_prefix(password).chain_update(MARK).chain_update(salt);
    let inner = Md5::new_with_prefix(password).chain_update(salt).chain_update(password).finalize();
    // As many bytes of the inner digest as the password has, over and over.
    for start in (0..password.len()).step_by(inner.len()) {
        mixed.update(&inner[..inner.len().min(password.len() - start)]);
    }
    // Each bit of the length, lowest first: a zero byte for a one, the first byte of the password for a zero.
    let mut bits = password.len();
    while bits > 0 {
        mixed.update(if bits & 1 == 1 { &[0] } else { &password[..1] });
        bits >>= 1;
    }
    let mut last = mixed.finalize();
    for round in 0..ROUNDS {
        let odd = round % 2 == 1;
        let mut next = Md5::new_with_prefix(if odd { password } else { &last });
        if round % 3 != 0 {
            next.update(salt);
        }
        if round % 7 != 0 {
            next.update(password);
        }
        next.update(if odd { &last } else { password });
        last = next.finalize();
    }
    last.into()
}

fn encoded(digest: &[u8; 16]) -> Vec<u8> {
    let mut out = Vec::with_capacity(LENGTH);
    let mut write = |value: u32, characters: usize| {
        out.extend((0..characters).map(|n| ALPHABET[(value >> (6 * n)) as usize & 63]));
    };
    for [high, middle, low] in ORDER {
        write(u32::from(digest[high]) << 16 | u32::from(digest[middle]) << 8 | u32::from(digest[low]), 4);
    }
    write(u32::from(digest[11]), 2);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by another program: `openssl passwd -apr1 -salt …`.
    #[test]
    fn what_apache_writes_is_read() {
        for (password, hash) in [
            ("a door in the east wall", "$apr1$abcdefgh$bWCvpqam7m2Nz3iUkZAgM1"),
            ("", "$apr1$x$tMwYqBfQwi3FYAr0aJc8M/"),
            ("grüße, 17 bytes+ and more than sixteen", "$apr1$12345678$SyYQ71AznRSWN//.2wPTR/"),
        ] {
            assert!(fits(hash, password.as_bytes()), "{hash}");
            assert!(!fits(hash, b"another one"), "{hash}");
        }
    }

    #[test]
    fn what_has_another_form_fits_nothing() {
        for text in [
            "",
            "$apr1$",
            "$apr1$$tMwYqBfQwi3FYAr0aJc8M/",
            "$apr1$123456789$tMwYqBfQwi3FYAr0aJc8M/",
            "$apr1$x$tMwYqBfQwi3FYAr0aJc8M",
            "$apr1$x$tMwYqBfQwi3FYAr0aJc8M/a",
            "$apr1$x$tMwYqBfQwi3FYAr0aJc8M=",
            "$1$x$tMwYqBfQwi3FYAr0aJc8M/",
        ] {
            assert!(!is_one(text) && !fits(text, b""), "{text}");
        }
    }
}
