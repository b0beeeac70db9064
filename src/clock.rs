//! Time as an argument. Everything that asks "what time is it?" holds a [`Clock`]; nothing else may read the system's
//! clocks (a lint forbids it), so that tests own the time and a jump of the wall clock cannot revive what has ended.

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// A moment: milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Time(pub i64);

impl Time {
    pub const fn from_secs(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// Whole seconds since the Unix epoch, rounded down.
    pub const fn secs(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// How long ago `earlier` was; zero when it lies in the future.
    pub fn since(self, earlier: Time) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// How long until `later`; zero when it has passed.
    pub fn until(self, later: Time) -> Duration {
        later.since(self)
    }

    /// RFC 3339, in UTC, to the second.
    pub fn rfc3339(self) -> String {
        jiff::Timestamp::from_second(self.secs()).map_or_else(|_| self.0.to_string(), |stamp| stamp.to_string())
    }
}

impl std::ops::Add<Duration> for Time {
    type Output = Time;
    fn add(self, span: Duration) -> Time {
        Time(self.0.saturating_add(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl std::ops::Sub<Duration> for Time {
    type Output = Time;
    fn sub(self, span: Duration) -> Time {
        Time(self.0.saturating_sub(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

/// A forward jump of the wall clock up to this much is drift; beyond it, deadlines follow the wall. A record stamped
/// further than this in the future counts as expired (session, ticket, browser) or as no proof (`max_age`).
pub const TOLERANCE: Duration = Duration::from_secs(30);

/// The two readings of time.
pub trait Clock: Send + Sync + fmt::Debug {
    /// For deadlines: start time plus monotonic time, so that it never runs backwards. A forward jump of the wall over
    /// [`TOLERANCE`] (a suspended machine) is taken over.
    fn now(&self) -> Time;
    /// The wall clock, for what the world must agree on: TOTP steps and `iat`.
    fn wall(&self) -> Time;
}

/// The machine's clocks.
#[derive(Debug)]
pub struct SystemClock {
    started: Instant,
    /// What to add to the monotonic reading to get a [`Time`], in milliseconds.
    offset: AtomicI64,
}

impl SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clocks")]
    pub fn start() -> Self {
        Self { started: Instant::now(), offset: AtomicI64::new(wall_now().0) }
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clocks")]
    fn elapsed(&self) -> i64 {
        i64::try_from(Instant::now().duration_since(self.started).as_millis()).unwrap_or(i64::MAX)
    }

    /// Compares deadlines with the wall; to be called each second. Returns how far a forward jump was taken over.
    pub fn compare(&self) -> Option<Duration> {
        let ahead = wall_now().since(self.now());
        if ahead <= TOLERANCE {
            return None;
        }
        self.offset.fetch_add(i64::try_from(ahead.as_millis()).unwrap_or(0), Ordering::Relaxed);
        Some(ahead)
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Time {
        Time(self.offset.load(Ordering::Relaxed).saturating_add(self.elapsed()))
    }

    fn wall(&self) -> Time {
        wall_now()
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clocks")]
fn wall_now() -> Time {
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(span) => Time(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)),
        Err(before) => Time(-i64::try_from(before.duration().as_millis()).unwrap_or(i64::MAX)),
    }
}

/// A clock that stands still until it is moved: for tests, and for the `steer` feature.
#[derive(Debug)]
pub struct StillClock {
    now: AtomicI64,
    /// Wall minus deadlines, in milliseconds: lets a test put the wall clock back.
    skew: AtomicI64,
}

impl StillClock {
    pub fn at(time: Time) -> Self {
        Self { now: AtomicI64::new(time.0), skew: AtomicI64::new(0) }
    }

    pub fn advance(&self, span: Duration) {
        self.now.fetch_add(i64::try_from(span.as_millis()).unwrap_or(0), Ordering::SeqCst);
    }

    /// Moves the wall clock alone, by milliseconds, forwards or backwards.
    pub fn skew_wall(&self, milliseconds: i64) {
        self.skew.fetch_add(milliseconds, Ordering::SeqCst);
    }
}

impl Clock for StillClock {
    fn now(&self) -> Time {
        Time(self.now.load(Ordering::SeqCst))
    }

    fn wall(&self) -> Time {
        Time(self.now.load(Ordering::SeqCst).saturating_add(self.skew.load(Ordering::SeqCst)))
    }
}
