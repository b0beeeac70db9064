//! Many at once: threads that wait for each other and then do the same thing together. How often depends on the time
//! there is: the long form runs with `VESTIBULE_LONG=1`.

use std::sync::Barrier;

/// Runs all of these at the same moment; what each gave, in their order.
#[track_caller]
pub fn at_once<T: Send>(runners: Vec<impl FnOnce() -> T + Send>) -> Vec<T> {
    let start = &Barrier::new(runners.len());
    std::thread::scope(|scope| {
        let threads: Vec<_> = runners
            .into_iter()
            .map(|runner| {
                scope.spawn(move || {
                    start.wait();
                    runner()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("a runner came to its end")).collect()
    })
}

/// How many rounds: few where every change is tested, many in the long form.
pub fn rounds(few: u32, many: u32) -> u32 {
    if is_long() { many } else { few }
}

/// Whether there is time for the long form.
pub fn is_long() -> bool {
    std::env::var_os("VESTIBULE_LONG").is_some_and(|value| value == "1")
}
