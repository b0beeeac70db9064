//! Names of users and groups, canonical in this one place, so that spelling a name in another way never makes another
//! account, another throttle or another rule.

use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// Why a text is no name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    #[error("a name has 1 to 64 characters")]
    Length,
    #[error("a user name has only letters a-z, digits and . _ @ + -")]
    UserCharacter,
    #[error("a group name has only letters, digits and . _ : / -")]
    GroupCharacter,
}

/// A user's name: `[a-z0-9._@+-]{1,64}` after NFKC and case-folding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct UserName(String);

impl UserName {
    /// Canonical form of what somebody typed; surrounding white space is dropped.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        // A stranger's bytes: cut before normalising, which can multiply the length.
        if text.len() > 1024 {
            return Err(NameError::Length);
        }
        let folded: String = text.trim().nfkc().flat_map(char::to_lowercase).nfkc().collect();
        if folded.is_empty() || folded.chars().count() > 64 {
            return Err(NameError::Length);
        }
        let allowed = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '.' | '_' | '@' | '+' | '-');
        if folded.chars().all(allowed) { Ok(Self(folded)) } else { Err(NameError::UserCharacter) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A group's name: `[A-Za-z0-9._:/-]{1,64}`, as written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct GroupName(String);

impl GroupName {
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if text.is_empty() || text.len() > 64 {
            return Err(NameError::Length);
        }
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b':' | b'/' | b'-');
        if text.bytes().all(allowed) { Ok(Self(text.to_owned())) } else { Err(NameError::GroupCharacter) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Reading a name from a record or a file checks it again.
macro_rules! checked_text {
    ($($name:ident),*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                $name::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    )*};
}

checked_text!(UserName, GroupName);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_are_one_name() {
        let alice = UserName::parse("alice").unwrap();
        for spelling in ["Alice", " ALICE ", "ａｌｉｃｅ", "𝐀lice"] {
            assert_eq!(UserName::parse(spelling).unwrap(), alice, "{spelling}");
        }
        for refused in ["", "  ", "al ice", "älice", "alice\n.", "a\u{202e}b", &"x".repeat(65)] {
            assert!(UserName::parse(refused).is_err(), "{refused:?}");
        }
    }
}
