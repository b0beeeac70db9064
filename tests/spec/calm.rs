//! What must hold while somebody does harm: an honest client at another address is served in under a second, in either
//! version of HTTP, and the gate's memory stays where it was.

use std::time::{Duration, Instant};

use crate::harness::{Gate, Wire, connect_from, frames::Frames};

/// By how much memory may grow, in KiB.
const ROOM: u64 = 64 * 1024;
/// Where the honest client is, in 127/8.
const HONEST: u8 = 9;
/// Who else works on this machine may make a try slow, but not every one.
const TRIES: usize = 20;

/// What the gate was like at rest.
pub struct Calm<'g> {
    gate: &'g Gate,
    rest: u64,
}

impl<'g> Calm<'g> {
    /// `/open/honest` is open to everybody.
    pub fn before(gate: &'g Gate) -> Self {
        let calm = Self { gate, rest: 0 };
        calm.serve();
        Self { rest: memory(gate, "VmRSS:"), ..calm }
    }

    #[track_caller]
    pub fn assert(&self, what: &str) {
        let soon = |waited: &Duration| *waited < Duration::from_secs(1);
        let quickest = (0..TRIES).map(|_| self.serve()).find(soon);
        let quickest = quickest.unwrap_or_else(|| panic!("{what}: an honest client waited for over a second"));
        let (rest, peak) = (self.rest, memory(self.gate, "VmHWM:"));
        println!("{what}: an honest client waited {quickest:?}; memory {rest} KiB at rest, {peak} KiB at most");
        assert!(peak <= rest + ROOM, "{what}: memory went from {rest} KiB to {peak} KiB");
    }

    /// How long an honest client waits, in the slower version of HTTP.
    #[track_caller]
    fn serve(&self) -> Duration {
        let (address, authority) = (self.gate.address, self.gate.authority());
        let started = Instant::now();
        let mut wire = Wire::over(connect_from(HONEST, address));
        let reply = wire.send(format!("GET /open/honest HTTP/1.1\r\nHost: {authority}\r\n\r\n")).reply();
        assert_eq!(reply.map(|reply| reply.status), Some(200), "an honest client over HTTP/1");
        let first = started.elapsed();
        let started = Instant::now();
        let mut frames = Frames::over(connect_from(HONEST, address), &[]);
        let stream = frames.get(authority, "/open/honest");
        assert_eq!(frames.outcome(stream).status(), Some(200), "an honest client over HTTP/2");
        first.max(started.elapsed())
    }
}

/// A line of what the machine knows of the gate's memory, in KiB.
fn memory(gate: &Gate, line: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", gate.pid())).expect("it runs");
    let value = status.lines().find_map(|one| one.strip_prefix(line)).expect("the line is there");
    value.trim().trim_end_matches(" kB").parse().expect("a number")
}
