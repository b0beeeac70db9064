//! What only the embedded engine must show: its files, its lock, its keys, damage, errors of the disk, and `kill -9`.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write as _};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::process::{Resource, Rlimit, setrlimit};
use tempfile::TempDir;

use super::*;
use crate::clock::{StillClock, SystemClock};
use crate::secret::{DerivedRandom, Key, SystemRandom, random_bytes};
use crate::store::suite::{NOW, done, put, take, until};

fn keys(byte: u8) -> Arc<KeyRing> {
    Arc::new(KeyRing::new(Key::new([byte; 32]), Vec::new()))
}

fn options(keys: Arc<KeyRing>) -> SledOptions {
    SledOptions { cache: 16 << 20, keys, clock: Arc::new(StillClock::at(NOW)), random: Arc::new(SystemRandom) }
}

pub fn open(folder: &Path) -> Result<Arc<SledStore>, OpenError> {
    SledStore::open(folder, options(keys(1)))
}

fn refusal(folder: &Path) -> OpenError {
    match open(folder) {
        Ok(_) => panic!("it opened"),
        Err(error) => error,
    }
}

/// A closed store with 500 records in several commits.
async fn filled() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path()).expect("it opens");
    for n in 0..50 {
        let writes = (0..10).map(|m| put(format!("user/{n:02}/{m}"), Expect::Absent, &"value ".repeat(20))).collect();
        done(&*store, writes).await;
    }
    store.close().await;
    folder
}

/// Every file under a folder, by its path; the lock aside, which every attempt takes.
fn contents(folder: &Path) -> BTreeMap<std::path::PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(contents(&path));
        } else if !path.ends_with("store.lock") {
            found.insert(path.clone(), fs::read(&path).expect("a file"));
        }
    }
    found
}

/// Opening refuses, with this, and leaves everything as it was.
fn refused_untouched(folder: &Path) -> OpenError {
    let before = contents(folder);
    let error = refusal(folder);
    assert!(contents(folder) == before, "a store that is refused was changed: {error}");
    error
}

fn assert_damaged(folder: &Path) {
    let error = refused_untouched(folder);
    assert!(matches!(error, OpenError::Damaged { .. }), "{error}");
    assert!(error.to_string().contains("put back"), "{error}");
}

/// Works on sled's own files behind the engine's back.
fn behind_its_back(folder: &Path, act: impl FnOnce(&Db)) {
    let db = Config::new().path(folder.join("store")).open().expect("it opens");
    act(&db);
    db.flush().expect("written");
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_reopening() {
    let folder = filled().await;
    let store = open(folder.path()).expect("it opens");
    assert_eq!(store.scan("user/", None, 1000, NOW).await.expect("readable").len(), 500);
    let version = done(&*store, vec![put("new", Expect::Absent, "v")]).await;
    assert_eq!(version, Version(51), "versions go on where they were");
    done(&*store, vec![take("new", Expect::Any)]).await;
    store.close().await;
    assert!(store.get("user/00/0", NOW).await.is_err());
    assert!(store.commit(vec![put("late", Expect::Any, "v")], NOW).await.is_err());
    assert!(store.ready().await.is_err());
    let again = open(folder.path()).expect("closed is given free");
    assert_eq!(done(&*again, vec![put("new", Expect::Absent, "v")]).await, Version(53));
    drop(again);
    open(folder.path()).expect("dropped is given free");
}

#[tokio::test]
async fn st_05_a_second_process_is_told_who_holds_the_store() {
    let folder = tempfile::tempdir().expect("a folder");
    let held = open(folder.path()).expect("it opens");
    let us = std::process::id();
    assert_eq!(refusal(folder.path()), OpenError::InUse { folder: folder.path().to_owned(), pid: Some(us) });
    let said = child("open", folder.path()).stdout(Stdio::piped()).output().expect("it ran");
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(said.contains(&format!("is in use by process {us}")), "{said}");
    held.close().await;
    let said = child("open", folder.path()).stdout(Stdio::piped()).output().expect("it ran");
    assert!(String::from_utf8_lossy(&said.stdout).contains("it opened"));
}

#[tokio::test]
async fn st_06_files_are_0600_in_a_0700_folder() {
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let parent = tempfile::tempdir().expect("a folder");
    let folder = parent.path().join("data");
    let store = open(&folder).expect("it makes the folder");
    done(&*store, vec![put("a", Expect::Absent, &"large ".repeat(500_000))]).await;
    store.close().await;
    fn look(path: &Path) {
        let found = fs::metadata(path).expect("there");
        assert_eq!(found.mode() & 0o777, if found.is_dir() { 0o700 } else { 0o600 }, "{}", path.display());
        if found.is_dir() {
            fs::read_dir(path).expect("a folder").for_each(|entry| look(&entry.expect("an entry").path()));
        }
    }
    look(&folder);

    // Our own folder, loosened by somebody, is tightened; one that holds other things is not touched.
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).expect("set");
    fs::set_permissions(folder.join("store/db"), fs::Permissions::from_mode(0o644)).expect("set");
    drop(open(&folder).expect("it opens"));
    look(&folder);
    // So is a new one that holds our own things alone.
    let fresh = parent.path().join("fresh");
    fs::create_dir_all(fresh.join("keys")).expect("made");
    fs::set_permissions(&fresh, fs::Permissions::from_mode(0o755)).expect("set");
    drop(open(&fresh).expect("it opens"));
    look(&fresh);
    let home = parent.path().join("home");
    fs::create_dir(&home).expect("made");
    fs::write(home.join("letter"), "dear").expect("written");
    fs::set_permissions(&home, fs::Permissions::from_mode(0o755)).expect("set");
    assert_eq!(refused_untouched(&home), OpenError::OpenToOthers { folder: home, mode: 0o755 });
}

#[tokio::test]
async fn a_folder_of_another_user_is_refused() {
    let folder = filled().await;
    // Giving a folder away needs root; elsewhere there is nothing to show.
    if std::os::unix::fs::chown(folder.path(), Some(4711), None).is_err() {
        return;
    }
    let error = refused_untouched(folder.path());
    assert!(matches!(error, OpenError::NotOurs { owner: 4711, .. }), "{error}");
    assert!(error.to_string().contains("sudo -u '#4711'"), "{error}");
}

#[tokio::test]
async fn another_key_stops_the_start() {
    let folder = filled().await;
    let before = contents(folder.path());
    let error = SledStore::open(folder.path(), options(keys(2))).expect_err("another key");
    assert!(matches!(error, OpenError::WrongKey { .. }), "{error}");
    assert!(contents(folder.path()) == before);
    // A newer key before the old one: rotated, not another.
    let rotated = Arc::new(KeyRing::new(Key::new([2; 32]), vec![Key::new([1; 32])]));
    let store = SledStore::open(folder.path(), options(rotated.clone())).expect("rotated");
    done(&*store, vec![put("more", Expect::Absent, "v")]).await;
    store.close().await;
    SledStore::open(folder.path(), options(rotated)).expect("rotated").close().await;
    // The first key is the root of derived ones: without it this is another key, not a damaged store.
    let error = SledStore::open(folder.path(), options(keys(2))).expect_err("without the root");
    assert!(matches!(error, OpenError::WrongKey { .. }), "{error}");
}

#[tokio::test]
async fn a_newer_format_is_refused() {
    let folder = filled().await;
    let mark = folder.path().join("store.mark");
    let text = fs::read_to_string(&mark).expect("a mark");
    fs::write(&mark, text.replace("vestibule-store 1", "vestibule-store 2")).expect("written");
    assert!(matches!(refused_untouched(folder.path()), OpenError::Newer { format: 2, .. }));
    fs::write(&mark, text).expect("written");
    behind_its_back(folder.path(), |db| {
        db.insert(FORMAT_ROW, &7_u32.to_be_bytes()).expect("written");
    });
    assert!(matches!(refused_untouched(folder.path()), OpenError::Newer { format: 7, .. }));
}

#[tokio::test]
async fn an_older_copy_is_refused() {
    let folder = filled().await;
    let (now, older) = (folder.path().join("store"), folder.path().join("older"));
    folder::copy(&now, &older).expect("copied");
    let store = open(folder.path()).expect("it opens");
    done(&*store, vec![take("user/00/0", Expect::Any)]).await;
    store.close().await;
    let newer = folder.path().join("newer");
    fs::rename(&now, &newer).expect("moved");
    assert_damaged(folder.path());
    fs::rename(&older, &now).expect("moved");
    assert_damaged(folder.path());
    fs::rename(&now, &older).expect("moved");
    fs::rename(&newer, &now).expect("moved");
    open(folder.path()).expect("the right one opens").close().await;
    fs::remove_file(folder.path().join("store.mark")).expect("removed");
    assert_damaged(folder.path());
    fs::write(folder.path().join("store.mark"), "vestibule-store 1\nAAAA\n").expect("written");
    assert_damaged(folder.path());
}

#[tokio::test]
async fn a_record_lost_added_or_put_back_is_noticed() {
    type Act = fn(&Db);
    let acts: [Act; 4] = [
        |db| drop(db.remove("user/07/3").expect("removed")),
        |db| drop(db.insert("user/07/33", db.get("user/07/3").expect("read").expect("there")).expect("written")),
        |db| {
            let mut stored = db.get("user/07/3").expect("read").expect("there").to_vec();
            stored[7] ^= 1;
            db.insert("user/07/3", stored).expect("written");
        },
        |db| drop(db.remove(LEDGER_ROW).expect("removed")),
    ];
    for act in acts {
        let folder = filled().await;
        behind_its_back(folder.path(), act);
        // What was done behind its back wrote a snapshot of its own: only the refusal counts here.
        assert_damaged(folder.path());
    }
}

/// One bit, a lost sector, a foreign page, a cut: refused, or whole because nothing that counts was hit. Never less.
#[tokio::test]
async fn damaged_files_are_refused_and_never_quietly_less() {
    let master = filled().await;
    let whole = fs::read(master.path().join("store/db")).expect("the file");
    let random = DerivedRandom::seeded(7);
    let mut refused = 0;
    for trial in 0..32 {
        let folder = tempfile::tempdir().expect("a folder");
        let copy = folder.path().join("data");
        folder::copy(master.path(), &copy).expect("copied");
        let at = usize::try_from(u64::from_be_bytes(random_bytes(&random)) % whole.len() as u64).expect("small");
        let mut bytes = whole.clone();
        match trial % 4 {
            0 => bytes[at] ^= 1 << (trial % 8),
            1 => bytes[at..(at + 512).min(whole.len())].fill(0),
            2 => {
                let end = (at + 4096).min(whole.len());
                random_into(&random, &mut bytes[at..end]);
            }
            _ => bytes.truncate(at),
        }
        fs::write(copy.join("store/db"), bytes).expect("written");
        let before = contents(&copy);
        match open(&copy) {
            Ok(store) => {
                let there = store.scan("user/", None, 1000, NOW).await.expect("readable");
                assert_eq!(there.len(), 500, "trial {trial}");
            }
            Err(error) => {
                refused += 1;
                assert!(matches!(error, OpenError::Damaged { .. }), "trial {trial}: {error}");
                assert!(contents(&copy) == before, "trial {trial} was changed");
            }
        }
    }
    assert!(refused >= 8, "{refused} of 32");
}

fn random_into(random: &DerivedRandom, out: &mut [u8]) {
    crate::secret::Random::fill(random, out);
}

#[tokio::test]
async fn what_has_expired_is_swept_and_the_store_opens_after_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = Arc::new(StillClock::at(NOW));
    let options = SledOptions { clock: clock.clone(), ..options(keys(1)) };
    let store = SledStore::open(folder.path(), options).expect("it opens");
    let end = NOW + Duration::from_secs(60);
    for n in 0..25 {
        let short = (0..10).map(|m| until(end, put(format!("short/{n}/{m}"), Expect::Absent, "v")));
        done(&*store, short.collect()).await;
    }
    done(&*store, vec![put("long", Expect::Absent, "v")]).await;
    clock.advance(Duration::from_secs(61));
    for _ in 0..1000 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        // Asked with the old time, so that only what is gone is gone.
        if store.scan("short/", None, 1000, NOW).await.expect("readable").is_empty() {
            break;
        }
    }
    assert_eq!(store.scan("", None, 1000, NOW).await.expect("readable").len(), 1);
    store.close().await;
    open(folder.path()).expect("it opens");
}

/// This test binary again, doing one of the things below.
fn child(what: &str, folder: &Path) -> Command {
    // A write beyond the limit of a file's size kills, unless the signal is ignored; that is inherited from here.
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]);
    command.arg(std::env::current_exe().expect("a test binary"));
    command.args(["--exact", "store::sled::tests::as_a_child", "--nocapture"]);
    command.env("STORE_TEST_CHILD", what).env("STORE_TEST_FOLDER", folder);
    command
}

/// Does nothing but in a child.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn as_a_child() {
    let (Ok(what), Ok(folder)) = (std::env::var("STORE_TEST_CHILD"), std::env::var("STORE_TEST_FOLDER")) else {
        return;
    };
    let folder = Path::new(&folder);
    match what.as_str() {
        "open" => println!("{}", open(folder).map_or_else(|error| error.to_string(), |_| "it opened".to_owned())),
        "load" => under_load(folder).await,
        "full" => on_a_full_disk(folder).await,
        other => panic!("no such child: {other}"),
    }
}

/// Eight hands, each taking its last single-use record and making the next, telling of every acknowledgement.
async fn under_load(folder: &Path) {
    let clock = Arc::new(SystemClock::start());
    let store = SledStore::open(folder, SledOptions { clock, ..options(keys(1)) }).expect("it opens");
    let mut hands = Vec::new();
    for hand in 0..8 {
        let store = store.clone();
        hands.push(tokio::spawn(async move {
            let mut turn = turn_of(&store, hand).await;
            loop {
                let code = format!("code/{hand}/{turn}");
                let mut writes = vec![
                    put(format!("code/{hand}/{}", turn + 1), Expect::Absent, "once"),
                    put(format!("turn/{hand}"), Expect::Any, &(turn + 1).to_string()),
                ];
                if let Some(entry) = store.get(&code, NOW).await.expect("readable") {
                    writes.push(take(&code, Expect::Version(entry.version)));
                }
                done(&*store, writes).await;
                turn += 1;
                let mut out = std::io::stdout().lock();
                writeln!(out, "{hand} {turn}").and_then(|()| out.flush()).expect("somebody listens");
            }
        }));
    }
    futures_util::future::join_all(hands).await;
}

async fn turn_of(store: &SledStore, hand: usize) -> u64 {
    let entry = store.get(&format!("turn/{hand}"), NOW).await.expect("readable");
    entry.map_or(0, |entry| String::from_utf8(entry.value).expect("text").parse().expect("a number"))
}

/// Kills at random moments: what was taken stays taken, what was acknowledged is there, and the store opens.
#[tokio::test]
async fn st_01_st_02_an_acknowledged_commit_survives_kill_9() {
    let rounds = if std::env::var_os("VESTIBULE_LONG").is_some() { 200 } else { 20 };
    let folder = tempfile::tempdir().expect("a folder");
    let mut told: BTreeMap<usize, u64> = BTreeMap::new();
    for round in 0..rounds {
        let mut process = child("load", folder.path()).stdout(Stdio::piped()).spawn().expect("it runs");
        let lines = killed_soon(&mut process);
        for line in lines {
            let Some((hand, turn)) = line.split_once(' ') else { continue };
            if let (Ok(hand), Ok(turn)) = (hand.parse(), turn.parse()) {
                told.insert(hand, turn);
            }
        }
        let store = open(folder.path()).unwrap_or_else(|error| panic!("round {round}: {error}"));
        for (&hand, &told) in &told {
            let turn = turn_of(&store, hand).await;
            assert!(turn >= told, "round {round}: hand {hand} was told {told} and finds {turn}");
            let left = store.scan(&format!("code/{hand}/"), None, 10, NOW).await.expect("readable");
            let left: Vec<_> = left.iter().map(|entry| entry.key.as_str()).collect();
            assert_eq!(left, [format!("code/{hand}/{turn}")], "round {round}: a code came back or is lost");
        }
        store.close().await;
    }
    assert!(told.values().sum::<u64>() > 8 * rounds, "it did some work: {told:?}");
}

/// What a child said until it was killed, a random moment after it began to work.
fn killed_soon(process: &mut Child) -> Vec<String> {
    let mut lines = BufReader::new(process.stdout.take().expect("a pipe")).lines();
    let mut said = Vec::new();
    for line in lines.by_ref() {
        said.push(line.expect("text"));
        // The first lines are the test runner's.
        if said.last().is_some_and(|line| line.starts_with(|c: char| c.is_ascii_digit())) {
            break;
        }
    }
    let pid = process.id();
    let reader = thread::spawn(move || lines.map_while(Result::ok).collect::<Vec<_>>());
    let moment = u64::from(random_bytes::<1>(&SystemRandom)[0]);
    thread::sleep(Duration::from_micros(moment * 500));
    process.kill().expect("it can be killed");
    process.wait().unwrap_or_else(|error| panic!("process {pid}: {error}"));
    said.extend(reader.join().expect("no panic"));
    // The last line may be cut in the middle of a number.
    said.pop();
    said
}

#[tokio::test]
async fn after_an_error_of_the_disk_it_refuses_and_then_recovers_by_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = child("full", folder.path()).output().expect("it ran");
    let said = format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}");
    assert!(said.contains("it recovered"), "{said}");
}

async fn on_a_full_disk(folder: &Path) {
    let clock = Arc::new(SystemClock::start());
    let store = SledStore::open(folder, SledOptions { clock, ..options(keys(1)) }).expect("it opens");
    let forgotten = Arc::new(AtomicUsize::new(0));
    let count = forgotten.clone();
    store.watch(
        "record/",
        Arc::new(move |key| {
            count.fetch_add(usize::from(key == "record/"), Ordering::SeqCst);
        }),
    );
    done(&*store, vec![put("record/first", Expect::Absent, "v")]).await;
    let size = fs::metadata(folder.join("store/db")).expect("the file").len();
    let limit = |current| setrlimit(Resource::Fsize, Rlimit { current, maximum: None }).expect("a limit");
    limit(Some(size + (1 << 20)));
    let (mut acknowledged, mut highest) = (0, Version(0));
    let value = "0123456789abcdef".repeat(1024);
    for n in 0..1000 {
        match store.commit(vec![put(format!("record/{n:04}"), Expect::Absent, &value)], NOW).await {
            Ok(version) => (acknowledged, highest) = (n + 1, version),
            Err(CommitError::Unavailable(_)) => break,
            Err(error) => panic!("{error}"),
        }
    }
    assert!(acknowledged < 1000, "the disk was never full");
    // While it lasts: no reading, no writing, not ready.
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(store.ready().await.is_err());
    assert!(store.get("record/first", NOW).await.is_err());
    assert!(store.scan("record/", None, 10, NOW).await.is_err());
    assert!(store.commit(vec![put("record/more", Expect::Any, &value)], NOW).await.is_err());
    limit(None);
    for _ in 0..2000 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        if store.ready().await.is_ok() {
            break;
        }
    }
    store.ready().await.expect("it serves again");
    assert!(forgotten.load(Ordering::SeqCst) >= 1, "observers were told to forget");
    for n in 0..acknowledged {
        assert!(store.get(&format!("record/{n:04}"), NOW).await.expect("readable").is_some(), "{n} is lost");
    }
    assert!(done(&*store, vec![put("record/last", Expect::Absent, "v")]).await > highest);
    store.close().await;
    open(folder).expect("it opens");
    println!("it recovered");
}
