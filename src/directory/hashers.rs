//! A small pool of threads for password hashes, with a bounded queue: however many sign in at once, memory and time for
//! hashing have a ceiling and no proxied request waits for them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

/// There is no room in the queue.
#[derive(Debug, PartialEq, Eq)]
pub struct Full;

type Job = Box<dyn FnOnce() + Send>;

/// The threads end when the last handle is gone.
#[derive(Clone, Debug)]
pub struct Hashers {
    jobs: SyncSender<Job>,
    /// How many jobs were taken: what a test compares instead of times.
    #[cfg(test)]
    pub taken: Arc<std::sync::atomic::AtomicUsize>,
}

impl Hashers {
    /// `threads` hashes at once, `queue` waiting.
    pub fn start(threads: usize, queue: usize) -> std::io::Result<Self> {
        let (jobs, waiting) = sync_channel::<Job>(queue);
        let waiting = Arc::new(Mutex::new(waiting));
        for n in 0..threads.max(1) {
            let waiting = waiting.clone();
            std::thread::Builder::new().name(format!("hasher-{n}")).spawn(move || work(&waiting))?;
        }
        Ok(Self {
            jobs,
            #[cfg(test)]
            taken: Arc::default(),
        })
    }

    /// Runs `job` on one of the threads. Whoever stops waiting before its turn costs nothing.
    pub async fn run<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Result<T, Full> {
        let (answer, answered) = oneshot::channel();
        let job = move || {
            if !answer.is_closed() {
                // Nobody waits any more: nothing to tell.
                let _ = answer.send(job());
            }
        };
        self.jobs.try_send(Box::new(job)).map_err(|_| Full)?;
        #[cfg(test)]
        self.taken.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        // No answer: the job panicked. That is no answer about the password either.
        answered.await.map_err(|_| Full)
    }
}

fn work(waiting: &Mutex<Receiver<Job>>) {
    loop {
        let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else { return };
        // A thread that died would make the pool smaller for good.
        let _ = catch_unwind(AssertUnwindSafe(job));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Condvar;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn th_10_so_many_at_once_so_many_waiting_and_no_more() {
        let hashers = Hashers::start(2, 4).unwrap();
        let gate = Arc::new((Mutex::new(false), Condvar::new()));
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let jobs: Vec<_> = (0..200)
            .map(|_| {
                let (hashers, gate, running, most) = (hashers.clone(), gate.clone(), running.clone(), most.clone());
                tokio::spawn(async move {
                    let job = move || {
                        most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        let mut open = gate.0.lock().unwrap();
                        while !*open {
                            open = gate.1.wait(open).unwrap();
                        }
                        drop(open);
                        running.fetch_sub(1, Ordering::SeqCst);
                    };
                    hashers.run(job).await
                })
            })
            .collect();
        for _ in 0..1000 {
            tokio::task::yield_now().await;
        }
        *gate.0.lock().unwrap() = true;
        gate.1.notify_all();
        let mut done = 0;
        for job in jobs {
            done += usize::from(job.await.unwrap().is_ok());
        }
        assert!((4..=6).contains(&done), "{done}");
        assert!(most.load(Ordering::SeqCst) <= 2);
        assert_eq!(hashers.run(|| 1).await, Ok(1), "and there is room again");
    }

    #[tokio::test]
    async fn a_panic_costs_no_thread() {
        let hashers = Hashers::start(1, 4).unwrap();
        assert_eq!(hashers.run(|| panic!("a bug")).await, Err::<(), _>(Full));
        assert_eq!(hashers.run(|| 1).await, Ok(1));
    }
}
