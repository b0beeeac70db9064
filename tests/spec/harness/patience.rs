//! How long a test waits for what must come. It never waits for time to pass, and a limit is not a measure: only what hangs
//! takes so long. The machine may be ten times slower than the one a test was written on, and have other work.

use std::time::Duration;

/// How much slower.
const SLOWER: u32 = 10;
/// How long until somebody who waits looks again.
const PAUSE: Duration = Duration::from_millis(20);
/// How long nothing may come over a connection.
pub const LIMIT: Duration = Duration::from_secs(120);

/// Asks until there is an answer: for `seconds` at most, on a machine that is as fast as it should be.
#[track_caller]
pub fn until<T>(what: &str, seconds: u64, mut ask: impl FnMut() -> Option<T>) -> T {
    let most = Duration::from_secs(seconds) * SLOWER;
    for _ in 0..most.as_millis() / PAUSE.as_millis() {
        if let Some(answer) = ask() {
            return answer;
        }
        std::thread::sleep(PAUSE);
    }
    panic!("waited {} s in vain for {what}", most.as_secs());
}
