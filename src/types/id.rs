//! Identifiers. All of them are opaque, random and never given out twice, save [`MethodId`], which names a method for
//! ever.

use std::fmt;

use data_encoding::BASE32_NOPAD_NOCASE;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::secret::{Random, random_bytes};

/// A user, for ever: never reused, not even when the name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserId(pub Uuid);

impl UserId {
    pub fn generate(random: &dyn Random) -> Self {
        Self(uuid::Builder::from_random_bytes(random_bytes(random)).into_uuid())
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::str::FromStr for UserId {
    type Err = uuid::Error;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::parse_str(text).map(Self)
    }
}

/// Declares ids of 80 random bits, written as 16 lower-case base32 characters.
macro_rules! short_ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 16]);

        impl $name {
            pub fn generate(random: &dyn Random) -> Self {
                let mut written = [0; 16];
                BASE32_NOPAD_NOCASE.encode_mut(&random_bytes::<10>(random), &mut written);
                written.make_ascii_lowercase();
                Self(written)
            }

            /// Reads the one spelling that [`Self::generate`] writes.
            pub fn parse(text: &str) -> Option<Self> {
                let written: [u8; 16] = text.as_bytes().try_into().ok()?;
                written.iter().all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7')).then_some(Self(written))
            }

            pub fn as_str(&self) -> &str {
                // Nothing but letters and digits gets in.
                std::str::from_utf8(&self.0).unwrap_or_default()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::parse(&text).ok_or_else(|| serde::de::Error::custom("an id has 16 characters of a-z and 2-7"))
            }
        }
    )*};
}

short_ids! {
    /// One enrolled factor of one user.
    FactorId;
    /// What a session or a browser is called where its token must not be seen: lists, logs, `sid`.
    Handle;
    /// One request, from the access line to the audit row.
    RequestId;
}

/// What a method is called for ever: in records, configuration, URLs and rules. `[a-z][a-z0-9_]{0,31}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MethodId(std::borrow::Cow<'static, str>);

impl MethodId {
    /// For the constant card of a method; a test walks the registry and parses each id.
    pub const fn new(id: &'static str) -> Self {
        Self(std::borrow::Cow::Borrowed(id))
    }

    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = text.bytes();
        let fits = text.len() <= 32
            && bytes.next().is_some_and(|b| b.is_ascii_lowercase())
            && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        fits.then(|| Self(std::borrow::Cow::Owned(text.to_owned())))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MethodId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
