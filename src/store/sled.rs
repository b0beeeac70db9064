//! The embedded engine: sled, made to keep the promises of the joint. One thread writes: it takes the commits that wait,
//! runs each as a transaction, makes all of them durable with one flush, tells the observers, and only then answers.
//! sled by itself neither notices damage nor recovers from an I/O error, so every commit carries a [`Ledger`] over all
//! records, compared at every start; after an error the engine is let go and opened anew, and until that succeeds
//! nothing is read or written. It must never open with fewer, older or other records than were acknowledged, and never
//! use sled's `watch_prefix`, whose unread events freeze the store.

mod folder;
mod ledger;
mod mark;
#[cfg(test)]
pub mod tests;

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use ::sled::transaction::{ConflictableTransactionError, TransactionError};
use ::sled::{Config, Db};
use arc_swap::ArcSwap;
use async_trait::async_trait;
use tokio::sync::oneshot;

use self::folder::Folder;
use self::ledger::{Ledger, SetHash};
use self::mark::{FORMAT, MarkError};
use super::{
    CommitError, Effect, Entry, Expect, KeyRing, MAX_WRITES, Observer, SealError, Store, Unavailable, Version, Write,
    holds,
};
use crate::clock::{Clock, Time};
use crate::secret::{Key, Random};

/// Keys of the engine's own rows: no text begins with this byte, so no record can be one of them.
const OWN: u8 = 0xff;
const FORMAT_ROW: &[u8] = b"\xffformat";
const LEDGER_ROW: &[u8] = b"\xffledger";
const LEDGER_PLACE: &str = "store ledger";

/// Commits that may wait; more are refused.
const QUEUE: usize = 4096;
/// Commits that share one flush.
const BATCH: usize = 256;
/// How often the mark is written and a piece of the store is swept.
const TICK: Duration = Duration::from_secs(1);
/// Records looked at in one sweep: a million are gone through in a quarter of an hour.
const SWEEP: usize = 1000;
/// The waits between attempts to open the engine again after an error.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));
/// Up to this size a store is first opened as a copy, because sled's own recovery writes to what it opens: a store that
/// is refused stays as it was found. Larger ones are opened directly.
const REHEARSED: u64 = 256 << 20;

/// What the engine is given.
#[derive(Clone, Debug)]
pub struct SledOptions {
    /// Bytes of memory for sled's cache, whose own default is a gibibyte.
    pub cache: u64,
    pub keys: Arc<KeyRing>,
    /// Judges what the sweep may remove, and how old the mark is.
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
}

/// Why a store does not open. Two lines: what is wrong, and what to do. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    #[error("the data folder {} cannot be used: {why}\n  set store.path to a folder of the user who runs this", folder.display())]
    Folder { folder: PathBuf, why: String },
    #[error("the data folder {} belongs to user {owner}, this is user {us}\n  run it as that user: sudo -u '#{owner}' …", folder.display())]
    NotOurs { folder: PathBuf, owner: u32, us: u32 },
    #[error("the data folder {0} is open to others ({mode:03o}) and holds other things\n  chmod 700 {0}, or set store.path to a folder of its own", folder.display())]
    OpenToOthers { folder: PathBuf, mode: u32 },
    #[error("the store in {} is in use by {}\n  stop that process first, or give this one another store.path", folder.display(), named(*pid))]
    InUse { folder: PathBuf, pid: Option<u32> },
    #[error("the store in {} was written by a newer version (format {format}, this one reads {FORMAT})\n  run the newer version, or put back a whole copy of the data folder, taken while the server was stopped", folder.display())]
    Newer { folder: PathBuf, format: u32 },
    #[error("the store in {} is sealed with another key\n  put the key it was made with into store.sealing_key_file", folder.display())]
    WrongKey { folder: PathBuf },
    #[error("the store in {} is damaged or an older copy: {why}\n  put back a whole copy of the data folder, taken while the server was stopped; what was done since then is undone, used codes and ended sessions included", folder.display())]
    Damaged { folder: PathBuf, why: String },
    #[error("the store in {} cannot be opened: {why}\n  look at the disk: its room, its health, the rights on its files", folder.display())]
    Failed { folder: PathBuf, why: String },
}

fn named(pid: Option<u32>) -> String {
    pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
}

/// The embedded engine over one data folder.
#[derive(Debug)]
pub struct SledStore {
    shared: Arc<Shared>,
    jobs: SyncSender<Job>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

/// What readers and the writer share.
struct Shared {
    status: ArcSwap<Status>,
    observers: RwLock<Vec<(String, Observer)>>,
}

enum Status {
    Serving(Db),
    Refusing(String),
}

enum Job {
    Commit(Waiting),
    /// A reader met an error: let go and open again.
    Doubt(String),
    Close(oneshot::Sender<()>),
}

struct Waiting {
    writes: Vec<Write>,
    now: Time,
    answer: oneshot::Sender<Result<Version, CommitError>>,
}

impl SledStore {
    /// No store was ever made in `folder`: only then may a sealing key be made.
    pub fn is_fresh(folder: &Path) -> bool {
        folder::is_fresh(folder)
    }

    /// Opens the store in the data folder `folder`, making both where there is none. Reads every record once (about two
    /// seconds for a million), so call it before anything is served.
    pub fn open(folder: &Path, options: SledOptions) -> Result<Arc<Self>, OpenError> {
        let folder = Folder::claim(folder)?;
        let failed = |why: std::io::Error| OpenError::Failed { folder: folder.path().to_owned(), why: why.to_string() };
        if folder.is_fresh() {
            mark::write(&folder.mark(), &Ledger::default(), &options.keys, &*options.random).map_err(failed)?;
        }
        rehearse(&folder, &options)?;
        let engine = load(&folder, &folder.engine(), &options)?;
        folder::tighten(&folder.engine()).map_err(failed)?;
        mark::write(&folder.mark(), &engine.ledger, &options.keys, &*options.random).map_err(failed)?;

        let status = Status::Serving(engine.db.clone());
        let shared = Arc::new(Shared { status: ArcSwap::from_pointee(status), observers: RwLock::default() });
        let (jobs, waiting) = sync_channel(QUEUE);
        let path = folder.path().to_owned();
        let writer = Writer {
            set_key: set_key(&options.keys),
            highest: engine.ledger.commit,
            acknowledged: engine.ledger.commit,
            marked: engine.ledger,
            ticked: options.clock.now(),
            sweep_from: Vec::new(),
            retry: BACK_OFF.0,
            shared: shared.clone(),
            engine: Some(engine),
            folder,
            options,
        };
        let spawned = thread::Builder::new().name("store".to_owned()).spawn(move || writer.run(&waiting));
        // A machine at its limit of threads; the writer went down with the closure, and with it the lock.
        let writer = spawned.map_err(|error| OpenError::Failed { folder: path, why: error.to_string() })?;
        Ok(Arc::new(Self { shared, jobs, writer: Mutex::new(Some(writer)) }))
    }

    /// An orderly stop: what waits is finished, the mark written, the folder given free. Afterwards everything is
    /// refused.
    pub async fn close(&self) {
        let (done, wait) = oneshot::channel();
        let mut job = Job::Close(done);
        while let Err(TrySendError::Full(back)) = self.jobs.try_send(job) {
            job = back;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        // An error means that the writer has already gone.
        let _ = wait.await;
    }

    fn db(&self) -> Result<Arc<Status>, Unavailable> {
        let status = self.shared.status.load_full();
        match &*status {
            Status::Serving(_) => Ok(status),
            Status::Refusing(why) => Err(Unavailable(why.clone())),
        }
    }

    fn doubt(&self, error: &::sled::Error) -> Unavailable {
        // A full queue has its own trouble in store; the writer will meet the same error.
        let _ = self.jobs.try_send(Job::Doubt(error.to_string()));
        Unavailable(error.to_string())
    }
}

impl Drop for SledStore {
    fn drop(&mut self) {
        let (done, _) = oneshot::channel();
        let _ = self.jobs.send(Job::Close(done));
        let writer = self.writer.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        // An observer that held the last handle drops it on the writer's own thread, which cannot wait for itself.
        if let Some(writer) = writer.filter(|writer| writer.thread().id() != thread::current().id()) {
            let _ = writer.join();
        }
    }
}

#[async_trait]
impl Store for SledStore {
    async fn get(&self, key: &str, now: Time) -> Result<Option<Entry>, Unavailable> {
        let status = self.db()?;
        let Status::Serving(db) = &*status else { return Ok(None) };
        let stored = db.get(key).map_err(|error| self.doubt(&error))?;
        let entry = stored.map(|stored| entry(key.as_bytes(), &stored)).transpose()?;
        Ok(entry.filter(|entry| entry.alive(now)))
    }

    async fn scan(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
        now: Time,
    ) -> Result<Vec<Entry>, Unavailable> {
        let status = self.db()?;
        let (prefix, after) = (prefix.as_bytes().to_vec(), after.map(|after| after.as_bytes().to_vec()));
        let walk = tokio::task::spawn_blocking(move || scan(&status, &prefix, after, limit, now));
        match walk.await {
            Ok(Ok(entries)) => Ok(entries),
            Ok(Err(ScanError::Engine(error))) => Err(self.doubt(&error)),
            Ok(Err(ScanError::Unavailable(error))) => Err(error),
            Err(_) => Err(Unavailable("the reader was ended".to_owned())),
        }
    }

    async fn commit(&self, writes: Vec<Write>, now: Time) -> Result<Version, CommitError> {
        super::check_size(&writes)?;
        let (answer, wait) = oneshot::channel();
        let job = Job::Commit(Waiting { writes, now, answer });
        self.jobs.try_send(job).map_err(|_| Unavailable("too many commits wait, or it is closed".to_owned()))?;
        wait.await.unwrap_or_else(|_| Err(Unavailable("it was closed".to_owned()).into()))
    }

    fn watch(&self, prefix: &str, observer: Observer) {
        let mut observers = self.shared.observers.write().unwrap_or_else(PoisonError::into_inner);
        observers.push((prefix.to_owned(), observer));
    }

    async fn ready(&self) -> Result<(), Unavailable> {
        self.db().map(|_| ())
    }
}

impl Shared {
    fn tell(&self, key: &str) {
        for (prefix, observer) in self.observers.read().unwrap_or_else(PoisonError::into_inner).iter() {
            if key.starts_with(prefix.as_str()) {
                observer(key);
            }
        }
    }

    /// What an observer remembers may be wrong: forget everything.
    fn tell_all(&self) {
        for (prefix, observer) in self.observers.read().unwrap_or_else(PoisonError::into_inner).iter() {
            observer(prefix);
        }
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match &**self.status.load() {
            Status::Serving(_) => "serving",
            Status::Refusing(_) => "refusing",
        })
    }
}

/// The open engine, as the writer holds it.
struct Engine {
    db: Db,
    /// The same file once more, to make the disk keep what sled wrote: on Linux sled's own flush (`sync_file_range`)
    /// leaves it in the disk's cache, and a power cut would bring a used code back.
    file: File,
    ledger: Ledger,
}

/// The one thread that writes.
struct Writer {
    shared: Arc<Shared>,
    engine: Option<Engine>,
    folder: Folder,
    options: SledOptions,
    set_key: Key,
    /// The highest version ever given to a commit, durable or not.
    highest: u64,
    /// The last commit that somebody was told of: an engine that knows less is not opened again.
    acknowledged: u64,
    marked: Ledger,
    ticked: Time,
    sweep_from: Vec<u8>,
    retry: Duration,
}

impl Writer {
    fn run(mut self, jobs: &Receiver<Job>) {
        let mut closing = None;
        while closing.is_none() {
            let wait = if self.engine.is_some() { TICK } else { self.retry };
            let mut batch = Vec::new();
            match jobs.recv_timeout(wait) {
                Ok(job) => {
                    for job in std::iter::once(job).chain(jobs.try_iter().take(BATCH - 1)) {
                        match job {
                            Job::Commit(waiting) => batch.push(waiting),
                            Job::Doubt(why) => self.let_go(&why),
                            Job::Close(done) => closing = Some(done),
                        }
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            let timed_out = batch.is_empty();
            self.serve(batch);
            let now = self.options.clock.now();
            if timed_out || now.since(self.ticked) >= wait {
                self.ticked = now;
                match self.engine {
                    Some(_) => self.tick(now),
                    None => self.reopen(),
                }
            }
        }
        self.write_mark();
        self.let_go_quietly("it is closed");
        drop(self);
        if let Some(done) = closing {
            let _ = done.send(());
        }
    }

    /// Runs the commits, makes them durable, tells the observers, answers: in this order.
    fn serve(&mut self, batch: Vec<Waiting>) {
        if batch.is_empty() {
            return;
        }
        let outcome = self.guarded(|writer| {
            let results = writer.write(batch.iter().map(|waiting| (waiting.writes.as_slice(), waiting.now)))?;
            for (waiting, _) in batch.iter().zip(&results).filter(|(_, result)| result.is_ok()) {
                let changed = waiting.writes.iter().filter(|write| write.effect != Effect::Keep);
                changed.for_each(|write| writer.shared.tell(&write.key));
            }
            Ok(results)
        });
        match outcome {
            Ok(results) => {
                for (waiting, result) in batch.into_iter().zip(results) {
                    // Whoever asked may have stopped waiting; the commit stands.
                    let _ = waiting.answer.send(result.map_err(CommitError::Conflict));
                }
            }
            Err(unavailable) => {
                for waiting in batch {
                    let _ = waiting.answer.send(Err(unavailable.clone().into()));
                }
            }
        }
    }

    /// What `act` gives. After an error or a panic of the engine nothing it says can be relied on: it is let go.
    fn guarded<T>(&mut self, act: impl FnOnce(&mut Self) -> Result<T, Unavailable>) -> Result<T, Unavailable> {
        if self.engine.is_none() {
            return Err(self.refusal());
        }
        let outcome = catch_unwind(AssertUnwindSafe(|| act(self)));
        outcome.unwrap_or_else(|_| Err(Unavailable("the engine panicked".to_owned()))).inspect_err(|error| {
            self.let_go(&error.0);
        })
    }

    fn refusal(&self) -> Unavailable {
        match &**self.shared.status.load() {
            Status::Refusing(why) => Unavailable(why.clone()),
            Status::Serving(_) => Unavailable("it is being opened".to_owned()),
        }
    }

    /// Each commit as a transaction, in turn, then one flush for all. Gives for each its version or the key that was not
    /// as expected.
    fn write<'a>(
        &mut self,
        commits: impl Iterator<Item = (&'a [Write], Time)>,
    ) -> Result<Vec<Result<Version, String>>, Unavailable> {
        let engine = self.engine.as_mut().ok_or_else(|| Unavailable("it is not open".to_owned()))?;
        let before = engine.ledger;
        let mut results = Vec::new();
        for (writes, now) in commits {
            let version = Version(self.highest.max(engine.ledger.commit) + 1);
            let seal = |ledger: &Ledger| ledger.seal(LEDGER_PLACE, &self.options.keys, &*self.options.random);
            match transact(&engine.db, &engine.ledger, version, writes, now, &self.set_key, &seal) {
                Ok(ledger) => {
                    engine.ledger = ledger;
                    self.highest = version.0;
                    results.push(Ok(version));
                }
                Err(TransactionError::Abort(key)) => results.push(Err(key)),
                Err(TransactionError::Storage(error)) => return Err(Unavailable(error.to_string())),
            }
        }
        if engine.ledger != before {
            engine.db.flush().map_err(|error| Unavailable(error.to_string()))?;
            engine.file.sync_data().map_err(|error| Unavailable(error.to_string()))?;
            self.acknowledged = engine.ledger.commit;
        }
        Ok(results)
    }

    fn tick(&mut self, now: Time) {
        self.write_mark();
        // An error has let the engine go; the next tick opens it again.
        let _ = self.guarded(|writer| writer.sweep(now));
    }

    /// Removes what has expired from the next piece of the store. Observers are not told: for whoever reads, it was
    /// absent already.
    fn sweep(&mut self, now: Time) -> Result<(), Unavailable> {
        let Some(engine) = &self.engine else { return Ok(()) };
        let (mut expired, mut last) = (Vec::new(), None);
        for row in engine.db.range(self.sweep_from.as_slice()..&[OWN]).take(SWEEP) {
            let (key, stored) = row.map_err(|error| Unavailable(error.to_string()))?;
            let entry = entry(&key, &stored)?;
            if !entry.alive(now) {
                expired.push(Write { key: entry.key, expect: Expect::Any, effect: Effect::Delete, expires: None });
            }
            last = Some(key);
        }
        self.sweep_from = last.map(|key| [&key, [0].as_slice()].concat()).unwrap_or_default();
        self.write(expired.chunks(MAX_WRITES).map(|writes| (writes, now)))?;
        Ok(())
    }

    /// Writes down how far the store is. Without it the store works on; only its age is known less well.
    fn write_mark(&mut self) {
        let Some(ledger) = self.engine.as_ref().map(|engine| engine.ledger).filter(|ledger| *ledger != self.marked)
        else {
            return;
        };
        match mark::write(&self.folder.mark(), &ledger, &self.options.keys, &*self.options.random) {
            Ok(()) => self.marked = ledger,
            Err(error) => tracing::warn!(%error, "the mark of the store could not be written"),
        }
    }

    fn let_go(&mut self, why: &str) {
        if self.engine.is_some() {
            tracing::error!(why, "the store refuses until it could be opened again");
            self.retry = BACK_OFF.0;
            self.let_go_quietly(why);
        }
    }

    /// Drops every handle: sled answers nothing but its first error until then.
    fn let_go_quietly(&mut self, why: &str) {
        let status = self.shared.status.swap(Arc::new(Status::Refusing(why.to_owned())));
        // Readers finish in microseconds, a long scan in seconds; beyond that the lock inside sled delays the reopening.
        for _ in 0..2000 {
            if Arc::strong_count(&status) == 1 {
                break;
            }
            thread::sleep(Duration::from_millis(1));
        }
        let engine = self.engine.take();
        // sled may panic where its last flush fails.
        let _ = catch_unwind(AssertUnwindSafe(move || drop((status, engine))));
    }

    /// Opens the engine again, proves that it can write, and lets readers in.
    fn reopen(&mut self) {
        let proved = load(&self.folder, &self.folder.engine(), &self.options).map_err(|error| error.to_string());
        let proved = proved.and_then(|engine| {
            if engine.ledger.commit < self.acknowledged {
                return Err(
                    "it lost commits that were acknowledged; stop the server and put back a whole copy of the data folder".to_owned()
                );
            }
            self.engine = Some(engine);
            // A commit of nothing: it needs the disk, and moves the version past all that were ever seen.
            self.guarded(|writer| writer.write(std::iter::once((&[] as &[Write], writer.ticked))))
                .map_err(|error| error.0)
        });
        match (proved, &self.engine) {
            (Ok(_), Some(engine)) => {
                self.shared.tell_all();
                self.shared.status.store(Arc::new(Status::Serving(engine.db.clone())));
                tracing::info!("the store is open again");
            }
            (proved, _) => {
                let why = proved.err().unwrap_or_default();
                tracing::error!(why, "the store could not be opened again");
                self.shared.status.store(Arc::new(Status::Refusing(why)));
                self.retry = (self.retry * 2).min(BACK_OFF.1);
            }
        }
    }
}

/// One commit: expectations, then writes, then the ledger over all of it.
fn transact(
    db: &Db,
    ledger: &Ledger,
    version: Version,
    writes: &[Write],
    now: Time,
    set_key: &Key,
    seal: &dyn Fn(&Ledger) -> Vec<u8>,
) -> Result<Ledger, TransactionError<String>> {
    db.transaction(|rows| {
        for write in writes {
            let current = rows.get(&write.key)?.map(|stored| entry(write.key.as_bytes(), &stored)).transpose();
            // A row that is no record: the engine is damaged.
            let current = current.map_err(|error| ConflictableTransactionError::Storage(damage(&error)))?;
            if !holds(write.expect, current.as_ref(), now) {
                return Err(ConflictableTransactionError::Abort(write.key.clone()));
            }
        }
        let mut next = Ledger { commit: version.0, records: ledger.records };
        for write in writes {
            let stored = match &write.effect {
                Effect::Put(value) => Some(stored(version, write.expires, value)),
                Effect::Delete => None,
                Effect::Keep => continue,
            };
            let old = match &stored {
                Some(stored) => rows.insert(write.key.as_bytes(), stored.as_slice())?,
                None => rows.remove(write.key.as_bytes())?,
            };
            if let Some(old) = old {
                next.records.take(set_key, write.key.as_bytes(), &old);
            }
            if let Some(new) = &stored {
                next.records.add(set_key, write.key.as_bytes(), new);
            }
        }
        rows.insert(LEDGER_ROW, seal(&next))?;
        Ok(next)
    })
}

fn damage(error: &Unavailable) -> ::sled::Error {
    ::sled::Error::ReportableBug(error.0.clone())
}

enum ScanError {
    Engine(::sled::Error),
    Unavailable(Unavailable),
}

fn scan(
    status: &Status,
    prefix: &[u8],
    after: Option<Vec<u8>>,
    limit: usize,
    now: Time,
) -> Result<Vec<Entry>, ScanError> {
    let Status::Serving(db) = status else { return Ok(Vec::new()) };
    let from = after.map_or_else(|| prefix.to_vec(), |after| [after.as_slice(), &[0]].concat().max(prefix.to_vec()));
    let mut found = Vec::new();
    for row in db.range(from.as_slice()..&[OWN]) {
        if found.len() == limit {
            break;
        }
        let (key, stored) = row.map_err(ScanError::Engine)?;
        if !key.starts_with(prefix) {
            break;
        }
        let entry = entry(&key, &stored).map_err(ScanError::Unavailable)?;
        if entry.alive(now) {
            found.push(entry);
        }
    }
    Ok(found)
}

/// A record as sled holds it: version and expiry (both 8 bytes, big-endian; the greatest number is "never"), then the
/// value.
fn stored(version: Version, expires: Option<Time>, value: &[u8]) -> Vec<u8> {
    let expires = expires.map_or(i64::MAX, |end| end.0);
    [version.0.to_be_bytes().as_slice(), &expires.to_be_bytes(), value].concat()
}

fn entry(key: &[u8], stored: &[u8]) -> Result<Entry, Unavailable> {
    let parts = stored.split_first_chunk::<8>().and_then(|(version, rest)| {
        let (expires, value) = rest.split_first_chunk::<8>()?;
        Some((version, i64::from_be_bytes(*expires), value))
    });
    let (version, expires, value) = parts.ok_or_else(|| Unavailable("a record is cut short".to_owned()))?;
    let key = str::from_utf8(key).map_err(|_| Unavailable("a key is no text".to_owned()))?;
    Ok(Entry {
        key: key.to_owned(),
        value: value.to_vec(),
        version: Version(u64::from_be_bytes(*version)),
        expires: (expires != i64::MAX).then_some(Time(expires)),
    })
}

fn set_key(keys: &KeyRing) -> Key {
    keys.derive("store set hash")
}

/// Opens a copy first, so that a store which must be refused is left as it was found.
fn rehearse(folder: &Folder, options: &SledOptions) -> Result<(), OpenError> {
    let (engine, copy) = (folder.engine(), folder.rehearsal());
    // Left behind by a start that was killed.
    let _ = std::fs::remove_dir_all(&copy);
    if !engine.exists() || folder::size(&engine).is_ok_and(|size| size > REHEARSED) {
        return Ok(());
    }
    let outcome = match folder::copy(&engine, &copy) {
        Ok(()) => load(folder, &copy, options).map(|_| ()),
        Err(error) => {
            tracing::warn!(%error, "no room to look at a copy of the store first; it is opened directly");
            Ok(())
        }
    };
    let _ = std::fs::remove_dir_all(&copy);
    outcome
}

/// The engine over the files at `at`. It has a lock of its own, without a way to give it up by word: a program that is being
/// started holds a copy of it until it runs (see [`Folder`]), and nobody else can, because the folder is ours.
fn engine(at: &Path, cache: u64) -> ::sled::Result<Db> {
    let open = || Config::new().path(at).cache_capacity(cache).open();
    for _ in 0..100 {
        match open() {
            Err(::sled::Error::Io(error)) if error.to_string().starts_with("could not acquire lock") => {
                thread::sleep(Duration::from_millis(10));
            }
            opened => return opened,
        }
    }
    open()
}

/// Opens the engine at `at` and compares all it holds with its ledger and with the mark beside it.
fn load(folder: &Folder, at: &Path, options: &SledOptions) -> Result<Engine, OpenError> {
    let path = || folder.path().to_owned();
    let damaged = |why: &str| OpenError::Damaged { folder: path(), why: why.to_owned() };
    let failed = |why: String| OpenError::Failed { folder: path(), why };
    let sealed = |error: SealError| match error {
        SealError::UnknownKey => OpenError::WrongKey { folder: path() },
        SealError::Broken => damaged("its ledger was changed"),
    };

    // Format and key are judged by the mark, before the engine can touch anything.
    let mark = match mark::read(&folder.mark(), &options.keys) {
        Ok(Some(mark)) => mark,
        Ok(None) => return Err(damaged("its mark (store.mark) is gone")),
        Err(MarkError::Newer(format)) => return Err(OpenError::Newer { folder: path(), format }),
        Err(MarkError::Sealed(error)) => return Err(sealed(error)),
        Err(error @ MarkError::Malformed) => return Err(damaged(&error.to_string())),
        Err(MarkError::Read(error)) => return Err(failed(error.to_string())),
    };
    if mark.commit > 0 && !at.join("db").exists() {
        return Err(damaged("its records are gone"));
    }

    let engine_error = |error: ::sled::Error| match error {
        ::sled::Error::Io(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => failed(error.to_string()),
        error => damaged(&error.to_string()),
    };
    let opened = catch_unwind(AssertUnwindSafe(|| {
        let db = engine(at, options.cache).map_err(engine_error)?;
        let format = db.get(FORMAT_ROW).map_err(engine_error)?;
        let ledger = db.get(LEDGER_ROW).map_err(engine_error)?;
        let (Some(format), Some(ledger)) = (format, ledger) else {
            if mark.commit > 0 || !db.is_empty() {
                return Err(damaged("its ledger is gone"));
            }
            let ledger = Ledger::default();
            begin(&db, &ledger, options).map_err(engine_error)?;
            return Ok((db, ledger));
        };
        let format = <[u8; 4]>::try_from(&*format).map_err(|_| damaged("its format is not readable"))?;
        let format = u32::from_be_bytes(format);
        if format > FORMAT {
            return Err(OpenError::Newer { folder: path(), format });
        }
        let ledger = Ledger::open(LEDGER_PLACE, &ledger, &options.keys).map_err(sealed)?;
        if ledger.commit < mark.commit {
            let why = format!("it ends at commit {}, but commit {} was made", ledger.commit, mark.commit);
            return Err(damaged(&why));
        }
        if ledger.commit == mark.commit && ledger != mark {
            return Err(damaged("its ledger is not that of its mark"));
        }
        if count(&db, &set_key(&options.keys)).map_err(engine_error)? != ledger.records {
            return Err(damaged("records are missing, added or changed"));
        }
        Ok((db, ledger))
    }));
    let (db, ledger) = opened.unwrap_or_else(|_| Err(damaged("the engine gave up on it")))?;
    let file = File::open(at.join("db")).map_err(|error| failed(error.to_string()))?;
    Ok(Engine { db, file, ledger })
}

/// The first rows of a new store, in one transaction.
fn begin(db: &Db, ledger: &Ledger, options: &SledOptions) -> Result<(), ::sled::Error> {
    let mut rows = ::sled::Batch::default();
    rows.insert(FORMAT_ROW, &FORMAT.to_be_bytes());
    rows.insert(LEDGER_ROW, ledger.seal(LEDGER_PLACE, &options.keys, &*options.random));
    db.apply_batch(rows)?;
    db.flush()?;
    Ok(())
}

/// The set hash over all records that are there.
fn count(db: &Db, key: &Key) -> Result<SetHash, ::sled::Error> {
    let mut records = SetHash::default();
    for row in db.range(..&[OWN][..]) {
        let (record, stored) = row?;
        records.add(key, &record, &stored);
    }
    Ok(records)
}
