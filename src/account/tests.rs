use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt;

use super::*;
use crate::clock::StillClock;
use crate::secret::{DerivedRandom, Token};
use crate::store::{CommitError, Entry, KeyRing, MemoryStore, Observer, Store, Unavailable, Version, Write};
use crate::types::Handle;

fn vault_over(store: Arc<dyn Store>) -> Vault {
    let clock = Arc::new(StillClock::at(Time::from_secs(1_800_000_000)));
    let keys = Arc::new(KeyRing::new(Key::new([7; 32]), Vec::new()));
    Vault::new(store, keys, clock, Arc::new(DerivedRandom::seeded(1)))
}

fn accounts() -> Accounts {
    Accounts::new(vault_over(Arc::new(MemoryStore::default())))
}

fn named(name: &str) -> NewUser {
    NewUser { name: UserName::parse(name).unwrap(), display_name: None, email: None, groups: BTreeSet::new() }
}

fn factor(accounts: &Accounts) -> Factor {
    Factor {
        id: FactorId::generate(&**accounts.vault.random()),
        method: MethodId::new("totp"),
        label: Label::given(" My\nphone "),
        state: vec![1],
        created: accounts.vault.now(),
        last_used: None,
    }
}

async fn enrol(accounts: &Accounts, user: UserId) -> Factor {
    let factor = factor(accounts);
    let changes = accounts.add_factor(user, &factor).await.unwrap();
    accounts.vault.commit(changes).await.unwrap();
    factor
}

#[tokio::test]
async fn a_name_is_taken_once_also_by_two_at_a_time() {
    let accounts = accounts();
    let (one, two) = tokio::join!(accounts.add(named("alice"), false), accounts.add(named("ALICE"), false));
    assert_eq!([one.is_ok(), two.is_ok()].iter().filter(|won| **won).count(), 1);
    assert!(matches!(accounts.add(named("alice"), true).await, Err(AccountError::Taken)));
    assert!(accounts.by_name(&UserName::parse("Alice").unwrap()).await.unwrap().is_some());
    assert!(accounts.by_name(&UserName::parse("bob").unwrap()).await.unwrap().is_none());
}

#[tokio::test]
async fn the_store_says_no_names_in_its_keys() {
    let store = Arc::new(MemoryStore::default());
    let accounts = Accounts::new(vault_over(store.clone()));
    accounts.add(named("alice"), false).await.unwrap();
    let entries = store.scan("", None, 100, accounts.vault.now()).await.unwrap();
    assert_eq!(entries.len(), 2);
    assert!(entries.iter().all(|entry| !entry.key.contains("alice")));
}

#[tokio::test]
async fn re_15_a_removed_user_leaves_nothing_to_the_next_of_that_name() {
    let accounts = accounts();
    let alice = accounts.add(named("alice"), false).await.unwrap();
    enrol(&accounts, alice.id).await;
    let alice = accounts.by_id(alice.id).await.unwrap().unwrap();
    let token = Token::generate(&**accounts.vault.random());
    let browser = browser(&accounts, &alice);
    accounts.vault.commit(vec![accounts.know_browser(&alice, &token, &browser, None).unwrap()]).await.unwrap();

    accounts.remove(alice.id, Vec::new()).await.unwrap();
    assert!(accounts.by_id(alice.id).await.unwrap().is_none());
    assert!(accounts.by_name(&alice.name).await.unwrap().is_none());
    assert!(accounts.list().await.unwrap().is_empty());
    assert!(accounts.ever().await.unwrap());
    assert!(accounts.vault.all::<Factor>("factor/").await.unwrap().is_empty());
    assert!(accounts.vault.all::<Browser>("browser/").await.unwrap().is_empty());
    assert!(matches!(accounts.edit(alice.id, |user| user.disabled = false, vec![]).await, Err(AccountError::Unknown)));

    assert!(matches!(accounts.add(named("alice"), false).await, Err(AccountError::Retired)));
    let next = accounts.add(named("alice"), true).await.unwrap();
    assert_ne!(next.id, alice.id);
    assert!(next.factors.is_empty() && next.enrolment == Enrolment::NeverEnrolled);
    assert!(accounts.browser(&next, &token).await.unwrap().is_none());
    assert_eq!(accounts.by_name(&next.name).await.unwrap().unwrap().id, next.id);
}

#[tokio::test]
async fn edits_at_the_same_time_all_count() {
    let accounts = accounts();
    let alice = accounts.add(named("alice"), false).await.unwrap();
    let edits = (0..50).map(|_| {
        let accounts = accounts.clone();
        tokio::spawn(async move { accounts.end_everything(alice.id, vec![]).await.unwrap() })
    });
    for edit in edits.collect::<Vec<_>>() {
        edit.await.unwrap();
    }
    assert_eq!(accounts.by_id(alice.id).await.unwrap().unwrap().generation, 50);
}

#[tokio::test]
async fn se_11_a_change_is_seen_by_the_next_look() {
    let accounts = accounts();
    let alice = accounts.add(named("alice"), false).await.unwrap();
    assert!(!accounts.by_id(alice.id).await.unwrap().unwrap().disabled);
    accounts.set_disabled(alice.id, true, vec![]).await.unwrap();
    let seen = accounts.by_id(alice.id).await.unwrap().unwrap();
    assert!(seen.disabled);
    assert_eq!(seen.generation, 1);
    let back = accounts.set_disabled(alice.id, false, vec![]).await.unwrap();
    assert_eq!((back.disabled, back.generation), (false, 1), "enabling revives nothing");
}

/// A store whose `get` can be held up after it has read.
#[derive(Debug, Default)]
struct SlowStore {
    inner: MemoryStore,
    hold: AtomicBool,
    go_on: tokio::sync::Notify,
}

#[async_trait]
impl Store for SlowStore {
    async fn get(&self, key: &str, now: Time) -> Result<Option<Entry>, Unavailable> {
        let entry = self.inner.get(key, now).await;
        if self.hold.swap(false, Ordering::SeqCst) {
            self.go_on.notified().await;
        }
        entry
    }

    async fn scan(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
        now: Time,
    ) -> Result<Vec<Entry>, Unavailable> {
        self.inner.scan(prefix, after, limit, now).await
    }

    async fn commit(&self, writes: Vec<Write>, now: Time) -> Result<Version, CommitError> {
        self.inner.commit(writes, now).await
    }

    fn watch(&self, prefix: &str, observer: Observer) {
        self.inner.watch(prefix, observer);
    }

    async fn ready(&self) -> Result<(), Unavailable> {
        Ok(())
    }
}

#[tokio::test]
async fn a_load_overtaken_by_a_change_does_not_bring_the_old_user_back() {
    let store = Arc::new(SlowStore::default());
    let accounts = Accounts::new(vault_over(store.clone()));
    let alice = accounts.add(named("alice"), false).await.unwrap();

    store.hold.store(true, Ordering::SeqCst);
    let slow = tokio::spawn({
        let accounts = accounts.clone();
        async move { accounts.by_id(alice.id).await.unwrap().unwrap() }
    });
    while store.hold.load(Ordering::SeqCst) {
        tokio::task::yield_now().await;
    }
    accounts.set_disabled(alice.id, true, vec![]).await.unwrap();
    store.go_on.notify_one();
    assert!(!slow.await.unwrap().disabled, "it had read before the change");
    assert!(accounts.by_id(alice.id).await.unwrap().unwrap().disabled);
}

/// What was stored as text stays that text, whatever the method is called today.
#[test]
fn a_factor_without_a_name_is_called_in_the_readers_language() {
    let called = |stored: &str, texts: &Texts| {
        let label: Label = serde_json::from_str(stored).unwrap();
        assert_eq!(serde_json::to_string(&label).unwrap(), stored);
        label.read(&MethodId::new("totp"), texts)
    };
    let german = Texts::all().iter().find(|texts| texts.lang() == "de").unwrap();
    for (stored, in_english, in_german) in [
        ("\"Authenticator app\"", "Authenticator app", "Authenticator app"),
        ("1", "Authenticator app", "Authenticator-App"),
        ("2", "Authenticator app 2", "Authenticator-App 2"),
    ] {
        assert_eq!(called(stored, &Texts::english()), in_english);
        assert_eq!(called(stored, german), in_german);
    }
}

#[tokio::test]
async fn a_factor_is_listed_kept_renamed_and_removed() {
    let accounts = accounts();
    let alice = accounts.add(named("alice"), false).await.unwrap();
    let first = enrol(&accounts, alice.id).await;
    let second = enrol(&accounts, alice.id).await;
    let user = accounts.by_id(alice.id).await.unwrap().unwrap();
    assert_eq!(user.enrolment, Enrolment::Enrolled);
    assert_eq!(user.factors, [first.id.clone(), second.id.clone()]);
    let row = accounts.factor(&user, &first.id).await.unwrap();
    assert_eq!(row.value.label, Label::Given("Myphone".to_owned()));

    let used = accounts.used_factor(user.id, &row, vec![2]).unwrap();
    let again = accounts.used_factor(user.id, &row, vec![3]).unwrap();
    accounts.vault.commit(vec![used]).await.unwrap();
    assert!(matches!(accounts.vault.commit(vec![again]).await, Err(VaultError::Conflict(_))));
    accounts.rename_factor(&user, &first.id, &Label::given("Work phone"), Vec::new()).await.unwrap();
    let row = accounts.factor(&user, &first.id).await.unwrap();
    assert_eq!((row.value.label, row.value.state), (Label::given("Work phone"), vec![2]));

    let changes = accounts.remove_factors(user.id, std::slice::from_ref(&first.id)).await.unwrap();
    accounts.vault.commit(changes).await.unwrap();
    let user = accounts.by_id(user.id).await.unwrap().unwrap();
    assert_eq!((user.generation, user.factors.as_slice()), (1, [second.id].as_slice()));
    assert!(matches!(accounts.factor(&user, &first.id).await, Err(AccountError::NoSuchFactor)));
    assert!(matches!(accounts.remove_factors(user.id, &[first.id]).await.map(|_| ()), Err(AccountError::NoSuchFactor)));
}

#[tokio::test]
async fn factors_have_a_ceiling() {
    let accounts = accounts();
    let alice = accounts.add(named("alice"), false).await.unwrap();
    for _ in 0..MAX_FACTORS {
        enrol(&accounts, alice.id).await;
    }
    let one_more = accounts.add_factor(alice.id, &factor(&accounts)).await;
    assert!(matches!(one_more.map(|_| ()), Err(AccountError::TooManyFactors)));
    accounts.remove(alice.id, Vec::new()).await.unwrap();
}

#[tokio::test]
async fn rows_that_do_not_match_the_record_refuse_until_the_user_is_reset() {
    let accounts = accounts();
    let alice = accounts.add(named("alice"), false).await.unwrap();
    let listed = enrol(&accounts, alice.id).await;
    let user = accounts.by_id(alice.id).await.unwrap().unwrap();

    // A listed factor whose row is gone.
    let gone = accounts.vault.delete(factor_key(alice.id, &listed.id), Expect::Any);
    accounts.vault.commit(vec![gone]).await.unwrap();
    assert!(matches!(accounts.factors(&user).await, Err(AccountError::Inconsistent(id)) if id == alice.id));

    // A row that is not listed.
    accounts.edit(alice.id, |user| user.factors.clear(), vec![]).await.unwrap();
    let stray = accounts.vault.put(factor_key(alice.id, &listed.id), Expect::Any, &listed, None).unwrap();
    accounts.vault.commit(vec![stray]).await.unwrap();
    let user = accounts.by_id(alice.id).await.unwrap().unwrap();
    assert!(matches!(accounts.factors(&user).await, Err(AccountError::Inconsistent(_))));

    let user = accounts.reset(alice.id, vec![]).await.unwrap();
    assert_eq!(user.enrolment, Enrolment::Reset);
    assert!(accounts.factors(&user).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_older_record_in_hand_is_no_inconsistency() {
    let accounts = accounts();
    let alice = accounts.add(named("alice"), false).await.unwrap();
    enrol(&accounts, alice.id).await;
    assert_eq!(accounts.factors(&alice).await.unwrap().len(), 1);
}

fn browser(accounts: &Accounts, user: &User) -> Browser {
    let now = accounts.vault.now();
    Browser {
        handle: Handle::generate(&**accounts.vault.random()),
        generation: user.generation,
        since: now,
        last_seen: now,
        address: "192.0.2.1".to_owned(),
        agent: "a browser".to_owned(),
        trust: None,
    }
}

#[tokio::test]
async fn a_browser_is_known_to_one_user_until_the_generation_ends_it() {
    let accounts = accounts();
    let alice = accounts.add(named("alice"), false).await.unwrap();
    let bob = accounts.add(named("bob"), false).await.unwrap();
    let token = Token::generate(&**accounts.vault.random());
    let known = browser(&accounts, &alice);
    accounts.vault.commit(vec![accounts.know_browser(&alice, &token, &known, None).unwrap()]).await.unwrap();

    assert!(accounts.browser(&alice, &token).await.unwrap().is_some());
    assert!(accounts.browser(&bob, &token).await.unwrap().is_none());
    let listed = accounts.browsers(&alice).await.unwrap();
    assert_eq!(listed.into_iter().map(|row| row.value).collect::<Vec<_>>(), std::slice::from_ref(&known));
    let alice = accounts.end_everything(alice.id, vec![]).await.unwrap();
    assert!(accounts.browser(&alice, &token).await.unwrap().is_none());
    assert!(accounts.browsers(&alice).await.unwrap().is_empty());
    for left in [1, 0] {
        let forgotten = accounts.forget_browsers(&alice, |one| one.handle == known.handle, Vec::new()).await;
        assert_eq!(forgotten.unwrap(), left);
    }
}

/// Its value changes between the look and the deed.
#[tokio::test]
async fn a_browser_whose_value_changes_meanwhile_is_forgotten_all_the_same() {
    let accounts = accounts();
    let alice = accounts.add(named("alice"), false).await.unwrap();
    let (token, login) = (Token::generate(&**accounts.vault.random()), Token::generate(&**accounts.vault.random()));
    let known = browser(&accounts, &alice);
    accounts.vault.commit(vec![accounts.know_browser(&alice, &token, &known, None).unwrap()]).await.unwrap();
    let row = accounts.browser(&alice, &token).await.unwrap().unwrap();
    let later = accounts.vault.now() + Duration::from_secs(60);
    let changed = AtomicBool::new(false);
    let which = |_: &Browser| {
        if !changed.swap(true, Ordering::SeqCst) {
            let changes = accounts.change_value(&alice, &row, &token, &login, &known, later).unwrap();
            accounts.vault.commit(changes).now_or_never().expect("memory never waits").unwrap();
        }
        true
    };
    assert_eq!(accounts.forget_browsers(&alice, which, Vec::new()).await.unwrap(), 1);
    assert!(accounts.browsers(&alice).await.unwrap().is_empty(), "nor does it live on under its next value");
}

/// A login under way has read the browser; meanwhile it is forgotten, or its value changes.
#[tokio::test]
async fn what_was_forgotten_meanwhile_is_not_known_again() {
    let accounts = accounts();
    let alice = accounts.add(named("alice"), false).await.unwrap();
    let (token, login) = (Token::generate(&**accounts.vault.random()), Token::generate(&**accounts.vault.random()));
    let known = browser(&accounts, &alice);
    let write = |before| accounts.know_browser(&alice, &token, &known, before).unwrap();
    let version = accounts.vault.commit(vec![write(None)]).await.unwrap();
    let version = accounts.vault.commit(vec![write(Some(version))]).await.expect("seen again");
    let row = accounts.browser(&alice, &token).await.unwrap().unwrap();
    let later = accounts.vault.now() + Duration::from_secs(60);
    let changes = accounts.change_value(&alice, &row, &token, &login, &known, later).unwrap();
    accounts.vault.commit(changes).await.unwrap();
    let refused = accounts.vault.commit(vec![write(Some(version))]).await;
    assert!(matches!(refused, Err(VaultError::Conflict(key)) if is_browser_key(&key)));
    assert_eq!(accounts.browsers(&alice).await.unwrap().len(), 1, "under its next value alone");
    accounts.forget_browsers(&alice, |_| true, Vec::new()).await.unwrap();
    assert!(accounts.vault.commit(vec![write(Some(version))]).await.is_err());
    assert!(accounts.browsers(&alice).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_browser_stamped_in_the_future_is_not_known() {
    let accounts = accounts();
    let alice = accounts.add(named("alice"), false).await.unwrap();
    let token = Token::generate(&**accounts.vault.random());
    let mut early = browser(&accounts, &alice);
    early.last_seen = early.last_seen + Duration::from_secs(31);
    accounts.vault.commit(vec![accounts.know_browser(&alice, &token, &early, None).unwrap()]).await.unwrap();
    assert!(accounts.browser(&alice, &token).await.unwrap().is_none());
}
