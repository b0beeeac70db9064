//! What every engine must show, run over each of them. A test here knows the joint alone: what is said of sled's files
//! and failures is in `sled/tests.rs`.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::{CommitError, Effect, Expect, MAX_WRITES, MemoryStore, Store, Version, Write};
use crate::clock::Time;

pub const NOW: Time = Time::from_secs(1_800_000_000);

pub fn put(key: impl Into<String>, expect: Expect, value: &str) -> Write {
    Write { key: key.into(), expect, effect: Effect::Put(value.as_bytes().to_vec()), expires: None }
}

pub fn take(key: &str, expect: Expect) -> Write {
    Write { key: key.to_owned(), expect, effect: Effect::Delete, expires: None }
}

pub fn until(end: Time, mut write: Write) -> Write {
    write.expires = Some(end);
    write
}

/// The version the commit made.
pub async fn done(store: &dyn Store, writes: Vec<Write>) -> Version {
    store.commit(writes, NOW).await.expect("the commit stands")
}

/// The key over which the commit failed.
async fn conflict(store: &dyn Store, writes: Vec<Write>) -> String {
    match store.commit(writes, NOW).await {
        Err(CommitError::Conflict(key)) => key,
        other => panic!("not a conflict: {other:?}"),
    }
}

async fn value(store: &dyn Store, key: &str) -> Option<String> {
    let entry = store.get(key, NOW).await.expect("readable")?;
    Some(String::from_utf8(entry.value).expect("text"))
}

async fn keys(store: &dyn Store, prefix: &str, after: Option<&str>, limit: usize) -> Vec<String> {
    let entries = store.scan(prefix, after, limit, NOW).await.expect("readable");
    entries.into_iter().map(|entry| entry.key).collect()
}

/// Of fifty who take one thing at once, one gets it.
async fn two_takes_have_one_winner(store: Arc<dyn Store>) {
    for round in 0..20 {
        let key = format!("ticket/{round}");
        let version = done(&*store, vec![put(&key, Expect::Absent, "once")]).await;
        let takers = (0..50).map(|_| {
            let (store, key) = (store.clone(), key.clone());
            tokio::spawn(async move { store.commit(vec![take(&key, Expect::Version(version))], NOW).await.is_ok() })
        });
        let mut winners = 0;
        for taker in takers.collect::<Vec<_>>() {
            winners += usize::from(taker.await.expect("no panic"));
        }
        assert_eq!(winners, 1, "round {round}");
        assert_eq!(value(&*store, &key).await, None);
    }
}

async fn a_stale_version_loses(store: Arc<dyn Store>) {
    let first = done(&*store, vec![put("counter", Expect::Absent, "1")]).await;
    let second = done(&*store, vec![put("counter", Expect::Version(first), "2")]).await;
    assert!(second > first);
    assert_eq!(conflict(&*store, vec![put("counter", Expect::Version(first), "3")]).await, "counter");
    assert_eq!(conflict(&*store, vec![take("counter", Expect::Version(first))]).await, "counter");
    assert_eq!(conflict(&*store, vec![put("counter", Expect::Absent, "3")]).await, "counter");
    assert_eq!(conflict(&*store, vec![take("nothing", Expect::Version(first))]).await, "nothing");
    assert_eq!(value(&*store, "counter").await.as_deref(), Some("2"));
    done(&*store, vec![put("counter", Expect::Any, "4")]).await;
    assert_eq!(value(&*store, "counter").await.as_deref(), Some("4"));
}

/// Whoever kept the version of a record that was removed and made anew holds nothing.
async fn a_version_is_never_given_out_twice(store: Arc<dyn Store>) {
    let mut seen = Vec::new();
    for _ in 0..5 {
        seen.push(done(&*store, vec![put("again", Expect::Absent, "v")]).await);
        seen.push(done(&*store, vec![take("again", Expect::Any)]).await);
    }
    assert!(seen.is_sorted_by(|a, b| a < b), "{seen:?}");
    let version = done(&*store, vec![put("again", Expect::Absent, "v")]).await;
    assert_eq!(store.get("again", NOW).await.expect("readable").map(|entry| entry.version), Some(version));
    for old in seen {
        assert_eq!(conflict(&*store, vec![take("again", Expect::Version(old))]).await, "again");
    }
}

async fn expiry_is_judged_by_the_clock_passed_in(store: Arc<dyn Store>) {
    let end = NOW + Duration::from_secs(60);
    let before = end - Duration::from_millis(1);
    let version = done(&*store, vec![until(end, put("short", Expect::Absent, "v"))]).await;
    for (now, there) in [(NOW, true), (before, true), (end, false), (end + Duration::from_secs(1), false)] {
        assert_eq!(store.get("short", now).await.expect("readable").is_some(), there, "{now}");
        assert_eq!(store.scan("short", None, 10, now).await.expect("readable").len(), usize::from(there), "{now}");
    }
    let entry = store.get("short", NOW).await.expect("readable").expect("there");
    assert_eq!((entry.version, entry.expires), (version, Some(end)));
    // At its end it is absent for expectations too.
    let take = vec![take("short", Expect::Version(version))];
    assert!(matches!(store.commit(take, end).await, Err(CommitError::Conflict(_))));
    assert!(matches!(
        store.commit(vec![put("short", Expect::Absent, "w")], before).await,
        Err(CommitError::Conflict(_))
    ));
    store.commit(vec![put("short", Expect::Absent, "w")], end).await.expect("absent by now");
    assert_eq!(value(&*store, "short").await.as_deref(), Some("w"));
}

async fn a_scan_is_ordered_and_stays_within_its_prefix(store: Arc<dyn Store>) {
    let names = ["a", "user/", "user/a", "user/b", "user/b/1", "user/c", "user/ü", "user0", "z"];
    done(&*store, names.iter().rev().map(|name| put(*name, Expect::Absent, "v")).collect()).await;
    assert_eq!(keys(&*store, "user/", None, 100).await, &names[1..7]);
    assert_eq!(keys(&*store, "user/", None, 2).await, &names[1..3]);
    assert_eq!(keys(&*store, "user/", Some("user/a"), 2).await, &names[3..5]);
    assert_eq!(keys(&*store, "user/", Some("user/aa"), 2).await, &names[3..5]);
    assert_eq!(keys(&*store, "user/", Some("user/ü"), 100).await, Vec::<String>::new());
    assert_eq!(keys(&*store, "user/", Some("a"), 100).await, &names[1..7]);
    assert_eq!(keys(&*store, "user/", Some("z"), 100).await, Vec::<String>::new());
    assert_eq!(keys(&*store, "nobody/", None, 100).await, Vec::<String>::new());
    assert_eq!(keys(&*store, "user/", None, 0).await, Vec::<String>::new());
    assert_eq!(keys(&*store, "", None, 100).await, names);
}

async fn a_commit_is_all_or_nothing(store: Arc<dyn Store>) {
    done(&*store, vec![put("there", Expect::Absent, "old")]).await;
    let writes = vec![put("one", Expect::Absent, "v"), put("there", Expect::Any, "new"), take("there", Expect::Absent)];
    assert_eq!(conflict(&*store, writes).await, "there");
    assert_eq!(value(&*store, "one").await, None);
    assert_eq!(value(&*store, "there").await.as_deref(), Some("old"));

    let many = |count: usize| (0..count).map(|n| put(format!("many/{n:03}"), Expect::Absent, "v")).collect::<Vec<_>>();
    let too_many = store.commit(many(MAX_WRITES + 1), NOW).await;
    assert!(matches!(too_many, Err(CommitError::Unavailable(_))));
    assert_eq!(keys(&*store, "many/", None, 1000).await.len(), 0);
    let version = done(&*store, many(MAX_WRITES)).await;
    let written = store.scan("many/", None, 1000, NOW).await.expect("readable");
    assert_eq!(written.len(), MAX_WRITES);
    assert!(written.iter().all(|entry| entry.version == version));
    store.ready().await.expect("it still serves");
}

async fn observers_hear_before_the_acknowledgement(store: Arc<dyn Store>) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let (acknowledged, late) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let observer = {
        let (heard, acknowledged, late) = (heard.clone(), acknowledged.clone(), late.clone());
        move |key: &str| {
            std::thread::sleep(Duration::from_millis(20));
            late.fetch_or(acknowledged.load(Ordering::SeqCst), Ordering::SeqCst);
            heard.lock().expect("no panic").push(key.to_owned());
        }
    };
    store.watch("session/", Arc::new(observer));
    done(&*store, vec![put("session/1", Expect::Absent, "v"), put("user/1", Expect::Absent, "v")]).await;
    acknowledged.store(true, Ordering::SeqCst);
    assert_eq!(*heard.lock().expect("no panic"), ["session/1"]);
    assert!(!late.load(Ordering::SeqCst));
    // What did not happen is not told; what was removed is.
    conflict(&*store, vec![put("session/1", Expect::Absent, "v")]).await;
    done(&*store, vec![take("session/1", Expect::Any)]).await;
    assert_eq!(*heard.lock().expect("no panic"), ["session/1", "session/1"]);
}

/// Declares every test of the suite once for each engine.
macro_rules! suite {
    ($($name:ident),* $(,)?) => {
        mod memory {$(
            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $name() {
                super::$name(std::sync::Arc::new(super::MemoryStore::default())).await;
            }
        )*}
        mod sled {$(
            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $name() {
                let folder = tempfile::tempdir().expect("a folder");
                super::$name(crate::store::sled::tests::open(folder.path()).expect("it opens")).await;
            }
        )*}
    };
}

suite! {
    two_takes_have_one_winner,
    a_stale_version_loses,
    a_version_is_never_given_out_twice,
    expiry_is_judged_by_the_clock_passed_in,
    a_scan_is_ordered_and_stays_within_its_prefix,
    a_commit_is_all_or_nothing,
    observers_hear_before_the_acknowledgement,
}
