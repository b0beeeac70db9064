//! What is outside of us: time, chance, and how much room there is. In a build that tests may steer, time and chance can be
//! set from the environment; in any other build nothing outside decides them.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::{Clock, SystemClock};
use crate::secret::{DrawnAhead, Random};

/// The clock and the randomness that every part is given.
#[derive(Clone, Debug)]
pub struct Machine {
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
    /// All memory of the machine, in bytes.
    pub memory: u64,
    /// `None`: a clock that stands still until it is moved.
    system: Option<Arc<SystemClock>>,
    #[cfg(feature = "steer")]
    pub still: Option<Arc<crate::clock::StillClock>>,
}

impl Machine {
    /// The machine's own clocks and randomness.
    pub fn real() -> Self {
        let system = Arc::new(SystemClock::start());
        let room = rustix::system::sysinfo();
        Self {
            clock: system.clone(),
            random: Arc::new(DrawnAhead::default()),
            memory: room.totalram.saturating_mul(room.mem_unit.into()),
            system: Some(system),
            #[cfg(feature = "steer")]
            still: None,
        }
    }

    #[cfg(not(feature = "steer"))]
    pub fn start() -> Self {
        Self::real()
    }

    /// As `VESTIBULE_STEER_CLOCK` (milliseconds since 1970) and `VESTIBULE_STEER_SEED` say; without them the machine's.
    #[cfg(feature = "steer")]
    pub fn start() -> Self {
        let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<i64>().ok());
        let mut machine = Self::real();
        if let Some(milliseconds) = number("VESTIBULE_STEER_CLOCK") {
            let still = Arc::new(crate::clock::StillClock::at(crate::clock::Time(milliseconds)));
            machine.clock = still.clone();
            machine.system = None;
            machine.still = Some(still);
        }
        if let Some(seed) = number("VESTIBULE_STEER_SEED") {
            machine.random = Arc::new(crate::secret::DerivedRandom::seeded(seed.unsigned_abs()));
        }
        machine
    }

    /// Compares deadlines with the wall; to be called each second. How far a forward jump was taken over.
    pub fn compare(&self) -> Option<Duration> {
        self.system.as_ref().and_then(|clock| clock.compare())
    }
}
