//! Who measures time must have the machine to himself: a second is soon over where other tests flood other gates. Every
//! gate is a guest of this program; a test that is alone waits until all guests have gone, and no other test's first gate
//! starts before it is over.

use std::cell::Cell;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Longer than any test takes: should somebody never go, the others go on without the quiet.
const PATIENCE: Duration = Duration::from_secs(1800);

struct House {
    guests: usize,
    /// Tests that are alone, or wait for it.
    alone: usize,
    quiet: bool,
}

static HOUSE: Mutex<House> = Mutex::new(House { guests: 0, alone: 0, quiet: false });
static CHANGED: Condvar = Condvar::new();

thread_local! {
    /// What this test holds: it never waits for itself.
    static HELD: Cell<usize> = const { Cell::new(0) };
}

fn house() -> MutexGuard<'static, House> {
    HOUSE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn hold() {
    HELD.set(HELD.get() + 1);
}

fn wait(house: MutexGuard<'static, House>, until: impl Fn(&House) -> bool) -> MutexGuard<'static, House> {
    let waited = CHANGED.wait_timeout_while(house, PATIENCE, |house| !until(house));
    waited.unwrap_or_else(PoisonError::into_inner).0
}

/// One gate.
pub struct Guest(());

impl Guest {
    pub fn enter() -> Self {
        let mut house = house();
        if HELD.get() == 0 {
            house = wait(house, |house| house.alone == 0);
        }
        house.guests += 1;
        hold();
        Self(())
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        house().guests -= 1;
        HELD.set(HELD.get().saturating_sub(1));
        CHANGED.notify_all();
    }
}

/// The quiet of one test, until it is dropped.
pub struct Alone(());

/// Waits until nobody else does anything. To be called first of all.
pub fn alone() -> Alone {
    let mut house = house();
    house.alone += 1;
    house = wait(house, |house| house.guests == 0 && !house.quiet);
    house.quiet = true;
    hold();
    Alone(())
}

impl Drop for Alone {
    fn drop(&mut self) {
        let mut house = house();
        house.alone -= 1;
        house.quiet = false;
        drop(house);
        HELD.set(HELD.get().saturating_sub(1));
        CHANGED.notify_all();
    }
}
