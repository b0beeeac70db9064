//! How fast a body comes. A client that sends one byte now and then is never silent, and yet it holds a place of the
//! application for as long as it likes. Whoever says beforehand how much he sends has it at hand, so he must send it at
//! a pace; where nobody knows how long a body is, it is a talk, which may pause, from its first answer on. It knows
//! numbers, and never what came.

use std::time::Duration;

use crate::clock::Time;

/// The slowest pace, in bytes a second: well below what the slowest mobile network carries.
const LEAST: u64 = 256;

/// The pace of one body.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// How long is looked at together.
    span: Duration,
    since: Time,
    bytes: u64,
}

impl Pace {
    pub fn from(now: Time, span: Duration) -> Self {
        Self { span, since: now, bytes: 0 }
    }

    /// Takes in what came. `false`: too little has come for too long.
    pub fn keeps(&mut self, bytes: usize, now: Time) -> bool {
        self.bytes += bytes as u64;
        if now.since(self.since) < self.span {
            return true;
        }
        let enough = self.bytes >= LEAST * self.span.as_secs();
        *self = Self::from(now, self.span);
        enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_now_and_then_is_no_upload() {
        let mut pace = Pace::from(Time::from_secs(0), Duration::from_secs(60));
        for second in 0..60 {
            assert!(pace.keeps(1, Time::from_secs(second)), "nobody judges a moment");
        }
        assert!(!pace.keeps(1, Time::from_secs(60)));
        let mut pace = Pace::from(Time::from_secs(0), Duration::from_secs(60));
        for second in 0..6000 {
            assert!(pace.keeps(300, Time::from_secs(second)), "slow, and yet");
        }
    }
}
