//! Durations (`"10m"`) and sizes (`"64KiB"`) as they are written in a configuration.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A duration: whole numbers with a unit, `ms`, `s`, `m`, `h`, `d`; `"0s"` is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub Duration);

/// A number of bytes: a whole number with `B`, `KiB`, `MiB` or `GiB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

impl Span {
    pub const fn secs(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.find(|c: char| !c.is_ascii_digit())?;
        let number: u64 = text[..digits].parse().ok()?;
        let milliseconds = match &text[digits..] {
            "ms" => 1,
            "s" => 1000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return None,
        };
        // A century is more than anybody means, and keeps sums far from overflow.
        let total = number.checked_mul(milliseconds).filter(|total| *total <= 100 * 366 * 86_400_000)?;
        Some(Self(Duration::from_millis(total)))
    }
}

impl Size {
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.find(|c: char| !c.is_ascii_digit())?;
        let number: u64 = text[..digits].parse().ok()?;
        let unit = match &text[digits..] {
            "B" => 1,
            "KiB" => 1 << 10,
            "MiB" => 1 << 20,
            "GiB" => 1 << 30,
            _ => return None,
        };
        number.checked_mul(unit).map(Self)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.0.as_millis();
        for (unit, name) in [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s")] {
            if total >= unit && total.is_multiple_of(unit) {
                return write!(f, "{}{name}", total / unit);
            }
        }
        if total == 0 { f.write_str("0s") } else { write!(f, "{total}ms") }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (shift, name) in [(30, "GiB"), (20, "MiB"), (10, "KiB")] {
            if self.0 >= 1 << shift && self.0.is_multiple_of(1 << shift) {
                return write!(f, "{}{name}", self.0 >> shift);
            }
        }
        write!(f, "{}B", self.0)
    }
}

/// Both are written as text.
macro_rules! as_text {
    ($name:ident, $expected:literal) => {
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                $name::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("{text:?} is not {}", $expected)))
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    };
}

as_text!(Span, "a duration such as \"10m\" (ms, s, m, h, d)");
as_text!(Size, "a size such as \"64KiB\" (B, KiB, MiB, GiB)");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for text in ["0s", "250ms", "10m", "90s", "12h", "400d"] {
            assert_eq!(Span::parse(text).unwrap().to_string(), text);
        }
        for text in ["0B", "1023B", "64KiB", "19MiB", "1GiB"] {
            assert_eq!(Size::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "10", "m", "-1s", "1.5h", "10 m", "10M", "1w", "99999999999999999999s", "36601d", "٣s"] {
            assert_eq!(Span::parse(text), None, "{text}");
        }
        for text in ["", "64", "KiB", "64KB", "64 KiB", "1TiB", "99999999999GiB", "-1B"] {
            assert_eq!(Size::parse(text), None, "{text}");
        }
    }
}
