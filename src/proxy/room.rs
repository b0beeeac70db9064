//! Room for connections: how many there may be in all, whoever they belong to. Each takes a file, and its request may
//! take another, so that a few addresses together could leave none for anybody else. Whoever has been idle the longest
//! makes room; nobody who is being answered is ever sent away for somebody new.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio_util::sync::CancellationToken;

/// Files for everything but connections: the store, the log, what is delivered, and what is kept to applications.
const OTHERS: usize = 384;
/// The fewest connections there is room for.
const LEAST: usize = 64;

/// All connections.
#[derive(Debug)]
pub struct Room {
    most: usize,
    open: AtomicUsize,
    idle: Mutex<Idle>,
}

/// Who is idle, in the order in which they became so.
#[derive(Debug, Default)]
struct Idle {
    next: u64,
    connections: BTreeMap<u64, CancellationToken>,
}

/// A connection, until it is dropped.
#[derive(Debug)]
pub struct Guest {
    room: Arc<Room>,
    /// Its number among the idle ones.
    idle: Option<u64>,
    /// Cancelled when it has to make room.
    pub leave: CancellationToken,
}

impl Room {
    /// As much as the machine gives: what is allowed at most is asked for.
    pub fn of_machine() -> Self {
        let limit = getrlimit(Resource::Nofile);
        let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
        let files = match setrlimit(Resource::Nofile, raised) {
            Ok(()) => raised.current,
            Err(_) => limit.current,
        };
        let files = files.and_then(|files| usize::try_from(files).ok()).unwrap_or(usize::MAX);
        Self::with(files.saturating_sub(OTHERS) / 2)
    }

    fn with(most: usize) -> Self {
        Self { most: most.max(LEAST), open: AtomicUsize::new(0), idle: Mutex::default() }
    }

    /// Lets one more in, who is busy. `None`: everybody is.
    pub fn enter(self: &Arc<Self>) -> Option<Guest> {
        if self.open.load(Ordering::Relaxed) >= self.most && !self.make() {
            return None;
        }
        self.open.fetch_add(1, Ordering::Relaxed);
        Some(Guest { room: self.clone(), idle: None, leave: CancellationToken::new() })
    }

    /// Sends away whoever has been idle the longest. `false`: nobody is idle.
    pub fn make(&self) -> bool {
        let longest = self.idle.lock().unwrap_or_else(PoisonError::into_inner).connections.pop_first();
        longest.inspect(|(_, leave)| leave.cancel()).is_some()
    }
}

impl Guest {
    /// From now on nothing is asked.
    pub fn rest(&mut self) {
        if self.idle.is_none() {
            let mut idle = self.room.idle.lock().unwrap_or_else(PoisonError::into_inner);
            let number = idle.next;
            idle.next += 1;
            idle.connections.insert(number, self.leave.clone());
            self.idle = Some(number);
        }
    }

    /// From now on it is being answered.
    pub fn rise(&mut self) {
        if let Some(number) = self.idle.take() {
            self.room.idle.lock().unwrap_or_else(PoisonError::into_inner).connections.remove(&number);
        }
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.rise();
        self.room.open.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_idle_the_longest_makes_room_and_nobody_who_is_busy() {
        let room = Arc::new(Room::with(LEAST));
        let mut guests: Vec<_> = (0..LEAST).map(|_| room.enter().unwrap()).collect();
        assert!(room.enter().is_none(), "all are being answered");
        [7, 3].into_iter().for_each(|n: usize| guests[n].rest());
        let _eighth = room.enter().unwrap();
        assert!(guests[7].leave.is_cancelled() && !guests[3].leave.is_cancelled());
        guests[3].rise();
        assert!(room.enter().is_none());
        guests.truncate(LEAST / 2);
        assert!(room.enter().is_some());
    }
}
