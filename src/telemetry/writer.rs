//! Where the lines of the log go. One line a request would be one system call a request, so what tells of requests alone
//! is written together, a moment later; everything else at once, with all that came before it. No line is ever dropped
//! here, and none waits for longer than [`LATE`]: only a process that is killed outright takes lines with it.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How long a line may wait.
const LATE: Duration = Duration::from_millis(50);
/// So many bytes wait for nobody: whoever comes with the next line writes them.
const FULL: usize = 64 * 1024;

/// Lines on their way out. Whoever holds both locks took that of `paper` first, so that lines keep their order; whoever
/// only adds a line never waits for a slow disk.
pub(super) struct Writer {
    paper: Mutex<Paper>,
    waiting: Mutex<Vec<u8>>,
    begun: Condvar,
    /// Whether somebody writes what waits.
    attended: AtomicBool,
}

struct Paper {
    out: Box<dyn Write + Send>,
    /// What is being written; empty otherwise.
    taken: Vec<u8>,
}

impl Writer {
    pub fn new(out: Box<dyn Write + Send>) -> Self {
        let paper = Mutex::new(Paper { out, taken: Vec::new() });
        Self { paper, waiting: Mutex::default(), begun: Condvar::new(), attended: AtomicBool::new(false) }
    }

    /// Starts the thread that writes what waits. Without it every line is written at once.
    pub fn attend(self: &Arc<Self>) -> io::Result<()> {
        let writer = self.clone();
        thread::Builder::new().name("log".to_owned()).spawn(move || {
            loop {
                writer.await_lines();
                thread::sleep(LATE);
                writer.flush();
            }
        })?;
        self.attended.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// A line that may be written a moment later.
    pub fn soon(&self, line: &str) {
        let (first, length) = {
            let mut waiting = lock(&self.waiting);
            let first = waiting.is_empty();
            waiting.extend_from_slice(line.as_bytes());
            (first, waiting.len())
        };
        if length >= FULL || !self.attended.load(Ordering::Relaxed) {
            self.flush();
        } else if first {
            self.begun.notify_one();
        }
    }

    /// A line that somebody may be waiting for, and all before it.
    pub fn now(&self, line: &str) {
        lock(&self.waiting).extend_from_slice(line.as_bytes());
        self.flush();
    }

    /// Writes all that waits. A log that cannot be written stops nobody: what must be kept is in the audit trail, and a
    /// login that cannot be recorded there is refused.
    pub fn flush(&self) {
        let mut paper = lock(&self.paper);
        let Paper { out, taken } = &mut *paper;
        std::mem::swap(taken, &mut *lock(&self.waiting));
        // Whole lines in one write, so that lines of two threads never mix.
        let _ = out.write_all(taken).and_then(|()| out.flush());
        taken.clear();
    }

    fn await_lines(&self) {
        let mut waiting = lock(&self.waiting);
        while waiting.is_empty() {
            waiting = self.begun.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Nothing here is left half done by a panic.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<String>>>);

    impl Page {
        fn writes(&self) -> Vec<String> {
            lock(&self.0).clone()
        }
    }

    impl Write for Page {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            lock(&self.0).push(String::from_utf8_lossy(bytes).into_owned());
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// As if there were a thread that has not come yet.
    fn attended() -> (Page, Writer) {
        let page = Page::default();
        let writer = Writer::new(Box::new(page.clone()));
        writer.attended.store(true, Ordering::Relaxed);
        (page, writer)
    }

    #[test]
    fn lines_wait_and_what_is_urgent_takes_them_along() {
        let (page, writer) = attended();
        writer.soon("one\n");
        writer.soon("two\n");
        assert_eq!(page.writes(), [""; 0]);
        writer.now("three\n");
        assert_eq!(page.writes(), ["one\ntwo\nthree\n"]);
        writer.soon("four\n");
        writer.flush();
        assert_eq!(page.writes()[1..], ["four\n"]);
    }

    #[test]
    fn what_waits_has_a_ceiling() {
        let (page, writer) = attended();
        let line = format!("{}\n", "x".repeat(FULL / 4));
        for _ in 0..4 {
            writer.soon(&line);
        }
        assert_eq!(page.writes(), [line.repeat(4)]);
    }

    #[test]
    fn no_line_waits_for_ever() {
        let page = Page::default();
        let writer = Arc::new(Writer::new(Box::new(page.clone())));
        writer.soon("nobody comes for it\n");
        assert_eq!(page.writes().len(), 1);
        writer.attend().unwrap();
        for count in 2..5 {
            writer.soon("somebody does\n");
            while page.writes().len() < count {
                thread::yield_now();
            }
        }
    }
}
