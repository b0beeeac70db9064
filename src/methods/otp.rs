//! What the one-time passwords of RFC 4226 and RFC 6238 share: how a code is made, how a typed one is read, and the URI
//! from which an app takes the secret. It keeps nothing and accepts nothing: which counters are good is the question of
//! each method.

use data_encoding::BASE32_NOPAD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::secret::Random;

/// How codes are made of a secret: as it was handed over, for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Codes {
    pub algorithm: Algorithm,
    /// 6 or 8.
    pub digits: u8,
}

/// The hash function of the HMAC, by its name in a key URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Algorithm {
    #[serde(rename = "SHA1")]
    Sha1,
    #[serde(rename = "SHA256")]
    Sha256,
    #[serde(rename = "SHA512")]
    Sha512,
}

/// What every app and token makes, whatever the URI says.
impl Default for Codes {
    fn default() -> Self {
        Self { algorithm: Algorithm::Sha1, digits: 6 }
    }
}

impl Algorithm {
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Sha1, Self::Sha256, Self::Sha512].into_iter().find(|algorithm| algorithm.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
            Self::Sha512 => "SHA512",
        }
    }
}

impl Codes {
    /// A new secret in base32, as long as the hash: 160 bits or more (RFC 4226 section 4 R6, RFC 6238 section 3 R6).
    pub fn secret(self, random: &dyn Random) -> String {
        let length = match self.algorithm {
            Algorithm::Sha1 => 20,
            Algorithm::Sha256 => 32,
            Algorithm::Sha512 => 64,
        };
        let mut bytes = Zeroizing::new(vec![0; length]);
        random.fill(&mut bytes);
        BASE32_NOPAD.encode(&bytes)
    }

    /// The codes of a secret in base32.
    pub fn of(self, secret: &str) -> Series {
        let secret = BASE32_NOPAD.decode(secret.as_bytes()).unwrap_or_default();
        let algorithm = match self.algorithm {
            Algorithm::Sha1 => totp_rs::Algorithm::SHA1,
            Algorithm::Sha256 => totp_rs::Algorithm::SHA256,
            Algorithm::Sha512 => totp_rs::Algorithm::SHA512,
        };
        // With steps of one second and no skew the time is the counter (RFC 6238 section 4.2).
        let builder = totp_rs::Builder::new().with_secret(secret).with_algorithm(algorithm).with_digits(self.digits);
        Series(builder.with_step_duration(1).with_skew(0).build_noncompliant())
    }

    /// The key URI that apps read, from the wiki of Google Authenticator. `secret` comes first, because that is what
    /// people look for; the rest is written although it may be the default, because some apps guess others.
    ///
    /// `kind`: "totp" | "hotp"; `more`: its `period` or `counter`.
    pub fn uri(self, kind: &str, more: &str, secret: &str, issuer: &str, account: &str) -> String {
        // A colon parts issuer and account, and must be in neither, not even encoded.
        let (issuer, account) = (percent(&issuer.replace(':', " ")), percent(account));
        let (algorithm, digits) = (self.algorithm.name(), self.digits);
        format!(
            "otpauth://{kind}/{issuer}:{account}?secret={secret}&issuer={issuer}&algorithm={algorithm}&digits={digits}&{more}"
        )
    }
}

/// The codes of one secret, by counter.
pub(super) struct Series(totp_rs::Totp);

impl Series {
    /// Whether this is the code of `counter`, in a time that does not depend on where it differs.
    pub fn fits(&self, counter: u64, code: &str) -> bool {
        self.0.check(code, counter).is_some()
    }
}

/// ASCII digits, with whatever white space was typed or pasted between and around them; at most 64 bytes.
pub(super) fn digits(typed: &str) -> Option<Zeroizing<String>> {
    // A stranger's bytes: nobody types more.
    if typed.len() > 64 {
        return None;
    }
    let code: Zeroizing<String> = Zeroizing::new(typed.chars().filter(|c| !c.is_whitespace()).collect());
    code.bytes().all(|b| b.is_ascii_digit()).then_some(code)
}

/// RFC 3986 section 2.1, everything but the unreserved characters; a space is `%20`, since apps show a plus sign.
fn percent(text: &str) -> String {
    use std::fmt::Write;
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4226 appendix D and RFC 6238 appendix B.
    #[test]
    fn the_codes_are_those_of_the_standards() {
        let seed = |length| BASE32_NOPAD.encode(&"1234567890".repeat(7).as_bytes()[..length]);
        let six = Codes::default().of(&seed(20));
        for (counter, code) in [(0, "755224"), (1, "287082"), (9, "520489")] {
            assert!(six.fits(counter, code) && !six.fits(counter + 1, code), "{counter}");
        }
        for (algorithm, length, code) in [
            (Algorithm::Sha1, 20, "94287082"),
            (Algorithm::Sha256, 32, "46119246"),
            (Algorithm::Sha512, 64, "90693936"),
        ] {
            let series = Codes { algorithm, digits: 8 }.of(&seed(length));
            assert!(series.fits(59 / 30, code) && !series.fits(59 / 30, &code[2..]), "{algorithm:?}");
        }
    }
}
