//! A small pool of threads for password hashes, with a bounded queue: however many sign in at once, memory and time for
//! hashing have a ceiling and no proxied request waits for them. Who asks has a turn, not a place in one line: whoever asks
//! for much, or for what is dear, waits for himself.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// There is no room in the queue.
#[derive(Debug, PartialEq, Eq)]
pub struct Full;

/// Who asks: a client's network; `None`: whoever has proved something, or an operator.
pub type Asker = Option<IpAddr>;

type Job = Box<dyn FnOnce() + Send>;

/// The threads end when the last handle is gone.
#[derive(Clone, Debug)]
pub struct Hashers {
    handle: Arc<Handle>,
    /// How many jobs were taken: what a test compares instead of times.
    #[cfg(test)]
    pub taken: Arc<std::sync::atomic::AtomicUsize>,
}

#[derive(Debug)]
struct Handle(Arc<Queue>);

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.waiting().closed = true;
        self.0.more.notify_all();
    }
}

/// What waits, and who waits for it.
#[derive(Debug)]
struct Queue {
    waiting: Mutex<Waiting>,
    more: Condvar,
    /// At most so many wait.
    room: usize,
}

#[derive(Default)]
struct Waiting {
    /// The next turn is the first one's; each has something in it.
    turns: VecDeque<(Asker, VecDeque<Job>)>,
    count: usize,
    closed: bool,
}

impl std::fmt::Debug for Waiting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Waiting").field("count", &self.count).finish_non_exhaustive()
    }
}

impl Hashers {
    /// `threads` hashes at once, `queue` waiting.
    pub fn start(threads: usize, queue: usize) -> std::io::Result<Self> {
        let room = queue.max(1);
        let handle = Handle(Arc::new(Queue { waiting: Mutex::default(), more: Condvar::new(), room }));
        for n in 0..threads.max(1) {
            let queue = handle.0.clone();
            std::thread::Builder::new().name(format!("hasher-{n}")).spawn(move || work(&queue))?;
        }
        Ok(Self {
            handle: Arc::new(handle),
            #[cfg(test)]
            taken: Arc::default(),
        })
    }

    /// Runs `job` on one of the threads, when it is this asker's turn. Whoever stops waiting before that costs nothing.
    pub async fn run<T: Send + 'static>(
        &self,
        asker: Asker,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Full> {
        let (answer, answered) = oneshot::channel();
        let job = move || {
            if !answer.is_closed() {
                // Nobody waits any more: nothing to tell.
                let _ = answer.send(job());
            }
        };
        self.handle.0.put(asker, Box::new(job))?;
        #[cfg(test)]
        self.taken.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        // No answer: the job panicked, or had to make room. That is no answer about the password either.
        answered.await.map_err(|_| Full)
    }
}

impl Queue {
    /// Where there is no room, the newest job of whoever has the most makes some, unless that is this asker.
    fn put(&self, asker: Asker, job: Job) -> Result<(), Full> {
        let mut waiting = self.waiting();
        let mut gone = None;
        if waiting.count >= self.room {
            let own = waiting.turns.iter().find(|(who, _)| *who == asker).map_or(0, |(_, jobs)| jobs.len());
            let most =
                waiting.turns.iter_mut().max_by_key(|(_, jobs)| jobs.len()).filter(|(_, jobs)| jobs.len() > own + 1);
            gone = Some(most.and_then(|(_, jobs)| jobs.pop_back()).ok_or(Full)?);
            waiting.count -= 1;
        }
        match waiting.turns.iter_mut().find(|(who, _)| *who == asker) {
            Some((_, jobs)) => jobs.push_back(job),
            None => waiting.turns.push_back((asker, VecDeque::from([job]))),
        }
        waiting.count += 1;
        drop(waiting);
        self.more.notify_one();
        drop(gone);
        Ok(())
    }

    /// The next job; `None` when nobody can ask for one any more.
    fn take(&self) -> Option<Job> {
        let mut waiting = self.waiting();
        loop {
            if let Some((asker, mut jobs)) = waiting.turns.pop_front() {
                let job = jobs.pop_front();
                if !jobs.is_empty() {
                    waiting.turns.push_back((asker, jobs));
                }
                waiting.count -= usize::from(job.is_some());
                return job;
            }
            if waiting.closed {
                return None;
            }
            waiting = self.more.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn work(queue: &Queue) {
    while let Some(job) = queue.take() {
        // A thread that died would make the pool smaller for good.
        let _ = catch_unwind(AssertUnwindSafe(job));
    }
}

#[cfg(test)]
mod tests {
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
                    hashers.run(None, job).await
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
        assert_eq!(hashers.run(None, || 1).await, Ok(1), "and there is room again");
    }

    /// TH-10: forty guesses of one network wait for each other, and the one of another for one of them; not even a full
    /// queue keeps it out.
    #[tokio::test]
    async fn th_10_whoever_asks_for_much_waits_for_himself() {
        let hashers = Hashers::start(1, 40).unwrap();
        let network = |n: u8| Some(IpAddr::from([192, 0, 2, n]));
        let (open, gate) = std::sync::mpsc::channel::<()>();
        let running = hashers.clone();
        let first = tokio::spawn(async move { running.run(None, move || gate.recv().is_ok()).await });
        while hashers.handle.0.waiting().count > 0 || hashers.taken.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        let order = Arc::new(Mutex::new(Vec::new()));
        let ask = |who: u8| {
            let (hashers, order) = (hashers.clone(), order.clone());
            tokio::spawn(async move { hashers.run(network(who), move || order.lock().unwrap().push(who)).await })
        };
        let all_asked = async || {
            for _ in 0..1000 {
                tokio::task::yield_now().await;
            }
        };
        let guesses: Vec<_> = (0..42).map(|_| ask(1)).collect();
        all_asked().await;
        let honest = [ask(2), ask(3)];
        all_asked().await;
        assert_eq!(hashers.handle.0.waiting().count, 40);
        open.send(()).unwrap();
        assert_eq!(first.await.unwrap(), Ok(true));
        for one in honest {
            assert_eq!(one.await.unwrap(), Ok(()));
        }
        let mut done = 0;
        for guess in guesses {
            done += u32::from(guess.await.unwrap().is_ok());
        }
        assert_eq!(done, 38, "two found it full, and two made room");
        assert_eq!(order.lock().unwrap()[..4], [1, 2, 3, 1]);
    }

    #[tokio::test]
    async fn a_panic_costs_no_thread() {
        let hashers = Hashers::start(1, 4).unwrap();
        assert_eq!(hashers.run(None, || panic!("a bug")).await, Err::<(), _>(Full));
        assert_eq!(hashers.run(None, || 1).await, Ok(1));
    }
}
