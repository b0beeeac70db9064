use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::hashers::Full;
use super::*;
use crate::account::{Browser, Factor, Label, NewUser};
use crate::audit::Filter;
use crate::clock::StillClock;
use crate::config::{PasswordSection, Size, ThrottleSection};
use crate::secret::DerivedRandom;
use crate::store::{KeyRing, MemoryStore, Vault};
use crate::types::{FactorId, Handle, MethodId};

struct House {
    first: FirstFactor,
    local: Arc<LocalDirectory>,
    clock: Arc<StillClock>,
}

/// Cheap enough for tests, dear enough to be measured.
fn settings() -> PasswordSection {
    PasswordSection { memory: Size(1 << 20), iterations: 1, ..PasswordSection::default() }
}

fn house_with(settings: &PasswordSection) -> House {
    let clock = Arc::new(StillClock::at(Time::from_secs(1_800_000_000)));
    let keys = Arc::new(KeyRing::new(Key::new([7; 32]), Vec::new()));
    let vault = Vault::new(Arc::new(MemoryStore::default()), keys, clock.clone(), Arc::new(DerivedRandom::seeded(1)));
    let accounts = Accounts::new(vault.clone());
    let local = Arc::new(LocalDirectory::new(accounts.clone(), settings).unwrap());
    let throttle = Throttle::new(vault.clone(), &ThrottleSection::default());
    let audit = Audit::new(vault, Duration::from_secs(86_400), 1 << 20);
    House { first: FirstFactor::new(local.clone(), accounts, throttle, audit, Post::default()), local, clock }
}

fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

fn from(address: &str) -> Origin {
    Origin { address: Some(address.parse::<IpAddr>().unwrap()), ..Origin::default() }
}

const RIGHT: &str = "correct horse battery";

impl House {
    async fn add(&self, name: &str) -> User {
        let name = UserName::parse(name).unwrap();
        let new = NewUser { name, display_name: None, email: None, groups: BTreeSet::new() };
        let user = self.first.accounts.add(new, false).await.unwrap();
        self.set(&user, &secret(RIGHT)).await.unwrap();
        user
    }

    async fn enrol(&self, user: &User) {
        let accounts = &self.first.accounts;
        let random = accounts.vault().random();
        let factor = Factor {
            id: FactorId::generate(&**random),
            method: MethodId::new("totp"),
            label: Label::given("phone"),
            state: Vec::new(),
            created: accounts.vault().now(),
            last_used: None,
        };
        accounts.vault().commit(accounts.add_factor(user.id, &factor).await.unwrap()).await.unwrap();
    }

    async fn sign_in(&self, name: &str, password: &str) -> SignIn {
        self.first.sign_in(name, &secret(password), Lane::Strangers, &from("192.0.2.1")).await.unwrap()
    }

    async fn events(&self) -> Vec<(Kind, Option<UserName>, u32)> {
        let rows = self.first.audit.read(&Filter::default()).await.unwrap();
        rows.into_iter().map(|(_, event)| (event.kind, event.name, event.count)).collect()
    }
}

#[tokio::test]
async fn a_right_password_is_a_proof_of_the_first_factor_and_nothing_more() {
    let house = house_with(&settings());
    let alice = house.add("alice").await;
    let SignIn::Proved(proof) = house.sign_in(" ALICE ", RIGHT).await else { panic!("right") };
    assert_eq!((proof.user(), proof.is_second_factor(), proof.amr()), (alice.id, false, ["pwd".to_owned()].as_slice()));
    assert_eq!(house.events().await, [(Kind::PasswordRight, Some(alice.name), 1)]);
}

#[tokio::test]
async fn en_01_wrong_unknown_disabled_and_without_password_are_one_answer() {
    let house = house_with(&settings());
    let alice = house.add("alice").await;
    let bob = house.add("bob").await;
    house.first.accounts.set_disabled(bob.id, true, vec![]).await.unwrap();
    let carol = house.add("carol").await;
    house.local.forget(carol.id).await.unwrap();
    assert!(!house.local.has_password(carol.id).await.unwrap());
    house.clock.advance(Duration::from_secs(1));
    for (name, password) in
        [("alice", "wrong"), ("bob", RIGHT), ("carol", RIGHT), ("ghost", RIGHT), ("no name!", RIGHT), ("", RIGHT)]
    {
        assert!(matches!(house.sign_in(name, password).await, SignIn::Wrong), "{name}");
        let again = house.sign_in(name, RIGHT).await;
        assert!(matches!(again, SignIn::Wait(until) if until == house.clock_now() + Duration::from_secs(1)), "{name}");
    }
    assert!(matches!(house.sign_in("alice", &"x".repeat(5000)).await, SignIn::Wait(_)));
    house.clock.advance(Duration::from_secs(1));
    assert!(matches!(house.sign_in("alice", &"x".repeat(5000)).await, SignIn::Wrong));
    let names: Vec<_> = house.events().await.into_iter().filter_map(|(_, name, _)| name).collect();
    assert!(names.contains(&alice.name) && names.contains(&bob.name));
}

impl House {
    async fn set(&self, user: &User, password: &Secret<String>) -> Result<(), DirectoryError> {
        let prepared = self.local.prepare(&user.name, password).await?;
        self.local.set_password(user, &prepared, &|_| {}, Vec::new()).await.map(|_| ())
    }

    fn clock_now(&self) -> Time {
        self.first.accounts.vault().now()
    }
}

#[tokio::test]
async fn th_01_the_right_password_within_the_wait_gets_the_same_answer_as_a_wrong_one() {
    let house = house_with(&settings());
    house.add("alice").await;
    assert!(matches!(house.sign_in("alice", "wrong").await, SignIn::Wrong));
    let (right, wrong) = (house.sign_in("alice", RIGHT).await, house.sign_in("alice", "wrong").await);
    assert!(matches!((right, wrong), (SignIn::Wait(a), SignIn::Wait(b)) if a == b));
    house.clock.advance(Duration::from_secs(1));
    assert!(matches!(house.sign_in("alice", RIGHT).await, SignIn::Proved(_)));
    let kinds: Vec<_> = house.events().await.into_iter().map(|(kind, _, count)| (kind, count)).collect();
    assert_eq!(kinds, [(Kind::PasswordWrong, 1), (Kind::PasswordWaiting, 2), (Kind::PasswordRight, 1)]);
}

#[tokio::test]
async fn th_03_spellings_of_one_name_share_one_counter() {
    let house = house_with(&settings());
    house.add("alice").await;
    assert!(matches!(house.sign_in("alice", "wrong").await, SignIn::Wrong));
    for spelling in ["ALICE", " alice ", "ａｌｉｃｅ"] {
        assert!(matches!(house.sign_in(spelling, RIGHT).await, SignIn::Wait(_)), "{spelling}");
    }
}

#[tokio::test]
async fn th_12_with_a_second_factor_the_password_resets_only_its_own_wait() {
    let house = house_with(&settings());
    let alice = house.add("alice").await;
    house.enrol(&alice).await;
    let (account, totp) = (Account::User(alice.id), Target::Factor(FactorId::generate(&DerivedRandom::seeded(5))));
    let throttle = &house.first.throttle;
    for _ in 0..5 {
        while let Attempt::Wait(until) = throttle.attempt(&account, &totp, &Lane::Strangers).await.unwrap() {
            house.clock.advance(house.clock_now().until(until));
        }
        assert!(matches!(house.sign_in("alice", RIGHT).await, SignIn::Proved(_)));
        assert!(matches!(house.sign_in("alice", RIGHT).await, SignIn::Proved(_)));
    }
    let wait = throttle.attempt(&account, &totp, &Lane::Strangers).await.unwrap();
    assert_eq!(wait, Attempt::Wait(house.clock_now() + Duration::from_secs(16)));
}

#[tokio::test]
async fn th_02_a_known_browser_signs_in_while_strangers_guess() {
    let house = house_with(&settings());
    let alice = house.add("alice").await;
    house.add("bob").await;
    let accounts = &house.first.accounts;
    let token = Token::generate(&**accounts.vault().random());
    let now = house.clock_now();
    let browser = Browser {
        handle: Handle::generate(&**accounts.vault().random()),
        generation: alice.generation,
        since: now,
        last_seen: now,
        address: String::new(),
        agent: String::new(),
        trust: None,
    };
    accounts.vault().commit(vec![accounts.know_browser(&alice, &token, &browser, None).unwrap()]).await.unwrap();

    let lane = house.first.lane("Alice", std::slice::from_ref(&token)).await.unwrap();
    assert_eq!(lane, Lane::Known(token.hash()));
    for other in ["bob", "ghost", "no name!"] {
        assert_eq!(house.first.lane(other, std::slice::from_ref(&token)).await.unwrap(), Lane::Strangers, "{other}");
    }
    for _ in 0..200 {
        house.first.throttle.source_failed("192.0.2.1".parse().unwrap());
    }
    assert!(matches!(house.sign_in("alice", "wrong").await, SignIn::Wait(_)));
    let known = house.first.sign_in("alice", &secret(RIGHT), lane, &from("192.0.2.1")).await.unwrap();
    assert!(matches!(known, SignIn::Proved(_)));
}

#[tokio::test]
async fn a_source_that_guesses_everybodys_password_is_slowed_down() {
    let house = house_with(&settings());
    house.add("alice").await;
    let mut checked = 0;
    for n in 0..70 {
        checked += u32::from(matches!(house.sign_in(&format!("user{n}"), "Spring2026").await, SignIn::Wrong));
    }
    assert_eq!(checked, 51);
    assert!(matches!(house.sign_in("alice", RIGHT).await, SignIn::Wait(_)));
    let elsewhere = house.first.sign_in("alice", &secret(RIGHT), Lane::Strangers, &from("192.0.2.9")).await.unwrap();
    assert!(matches!(elsewhere, SignIn::Proved(_)));
}

#[tokio::test]
async fn a_busy_pool_is_no_failure_of_the_user() {
    let house = house_with(&PasswordSection { hashers: 1, queue: 1, memory: Size(64 << 20), ..settings() });
    house.add("alice").await;
    let flood: Vec<_> = (0..20)
        .map(|n| {
            let first = house.first.clone();
            tokio::spawn(async move {
                let origin = from(&format!("198.51.100.{n}"));
                first.sign_in(&format!("ghost{n}"), &secret("x"), Lane::Strangers, &origin).await
            })
        })
        .collect();
    tokio::task::yield_now().await;
    let refused = house.first.sign_in("alice", &secret(RIGHT), Lane::Strangers, &from("192.0.2.1")).await;
    assert!(matches!(refused, Err(DirectoryError::Busy)));
    let mut busy = 0;
    for attempt in flood {
        busy += u32::from(matches!(attempt.await.unwrap(), Err(DirectoryError::Busy)));
    }
    assert!(busy >= 17, "{busy}");
    assert!(matches!(house.sign_in("alice", RIGHT).await, SignIn::Proved(_)));
}

#[tokio::test]
async fn a_new_password_ends_what_the_old_one_opened() {
    let house = house_with(&settings());
    let alice = house.add("alice").await;
    assert_eq!(house.first.accounts.by_id(alice.id).await.unwrap().unwrap().generation, 0, "the first ends nothing");
    let refused = house.set(&alice, &secret("password1")).await;
    assert!(matches!(refused, Err(DirectoryError::Password(PasswordFloor::Common))));
    let refused = house.set(&alice, &secret(&"long ".repeat(300))).await;
    assert!(matches!(refused, Err(DirectoryError::Password(PasswordFloor::Long(MAX_BYTES)))));
    house.set(&alice, &secret("another horse")).await.unwrap();
    assert_eq!(house.first.accounts.by_id(alice.id).await.unwrap().unwrap().generation, 1);
    assert!(matches!(house.sign_in("alice", RIGHT).await, SignIn::Wrong));
    house.clock.advance(Duration::from_secs(1));
    assert!(matches!(house.sign_in("alice", "another horse").await, SignIn::Proved(_)));
}

#[tokio::test]
async fn a_removed_user_gets_no_password() {
    let house = house_with(&settings());
    let alice = house.add("alice").await;
    house.first.accounts.remove(alice.id, Vec::new()).await.unwrap();
    house.local.forget(alice.id).await.unwrap();
    assert!(house.set(&alice, &secret(RIGHT)).await.is_err());
    assert!(!house.local.has_password(alice.id).await.unwrap());
}

#[tokio::test]
async fn a_password_is_hashed_again_when_parameters_rise() {
    let house = house_with(&settings());
    let alice = house.add("alice").await;
    let dearer = PasswordSection { iterations: 3, ..settings() };
    let dearer = LocalDirectory::new(house.first.accounts.clone(), &dearer).unwrap();
    let phc = async || house.local.stored(alice.id).await;
    let before = phc().await;
    assert!(before.starts_with("$argon2id$v=19$m=1024,t=1,p=1$"), "{before}");
    assert!(!dearer.check(Some(&alice), &secret("wrong"), None).await.unwrap());
    assert_eq!(phc().await, before);
    assert!(dearer.check(Some(&alice), &secret(RIGHT), None).await.unwrap());
    let after = phc().await;
    assert!(after.starts_with("$argon2id$v=19$m=1024,t=3,p=1$"), "{after}");
    assert!(dearer.check(Some(&alice), &secret(RIGHT), None).await.unwrap());
    assert_eq!(phc().await, after);
    assert_eq!(house.first.accounts.by_id(alice.id).await.unwrap().unwrap().generation, 0);
}

#[tokio::test]
async fn parameters_that_are_none_stop_the_start() {
    let house = house_with(&settings());
    let none = PasswordSection { iterations: 0, ..settings() };
    let problems = LocalDirectory::new(house.first.accounts.clone(), &none).err().unwrap();
    assert!(problems.iter().all(|problem| problem.key.starts_with("password")));
}

/// One hash each, of the same cost. The time it takes is compared over HTTP, where the process is alone.
#[tokio::test]
async fn en_02_an_unknown_user_costs_what_a_wrong_password_does() {
    let house = house_with(&settings());
    let alice = house.add("alice").await;
    let long = "x".repeat(5000);
    for (user, password) in [(Some(&alice), "wrong"), (None, RIGHT), (Some(&alice), long.as_str())] {
        let before = house.local.hashes();
        assert!(!house.local.check(user, &secret(password), None).await.unwrap());
        assert_eq!(house.local.hashes() - before, 1);
    }
    let cost = |phc: &str| phc.split('$').take(4).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(cost(house.local.nobodys()), cost(&house.local.stored(alice.id).await));
}

impl House {
    /// A user with a hash of another program's.
    async fn import(&self, name: &str) -> User {
        let user = self.add(name).await;
        self.local.forget(user.id).await.unwrap();
        let apr1 = Imported::take("$apr1$abcdefgh$bWCvpqam7m2Nz3iUkZAgM1").unwrap();
        let change = self.local.import(user.id, &apr1).unwrap();
        self.first.accounts.vault().commit(vec![change]).await.unwrap();
        user
    }

    /// Keeps the thread for hashes of other kinds busy until something is sent.
    async fn dear(&self) -> (std::sync::mpsc::Sender<()>, tokio::task::JoinHandle<Result<bool, Full>>) {
        let (done, waits) = std::sync::mpsc::channel::<()>();
        let foreign = self.local.foreign().clone();
        let dear = tokio::spawn(async move { foreign.run(None, move || waits.recv().is_ok()).await });
        tokio::task::yield_now().await;
        (done, dear)
    }
}

/// TH-10: and among its own kind it holds up whoever asks for much, and one who asks for one hash by no more than one.
#[tokio::test]
async fn th_10_whoever_guesses_at_imported_users_holds_up_himself() {
    let house = house_with(&settings());
    let (done, dear) = house.dear().await;
    let order = Arc::new(std::sync::Mutex::new(Vec::new()));
    let mut checks = Vec::new();
    for n in 0..12 {
        let (user, local, order) = (house.import(&format!("user{n}")).await, house.local.clone(), order.clone());
        let asker = Some(IpAddr::from([192, 0, 2, u8::from(n == 11)]));
        let before = house.local.foreign().taken.load(Ordering::SeqCst);
        checks.push(tokio::spawn(async move {
            assert!(!local.check(Some(&user), &secret("a guess"), asker).await.unwrap());
            order.lock().unwrap().push(n);
        }));
        while house.local.foreign().taken.load(Ordering::SeqCst) == before {
            tokio::task::yield_now().await;
        }
    }
    done.send(()).unwrap();
    assert_eq!(dear.await.unwrap(), Ok(true));
    for check in checks {
        check.await.unwrap();
    }
    assert_eq!(order.lock().unwrap()[..3], [0, 11, 1], "who came last, from elsewhere");
}

/// TH-10: however long a hash of another kind takes, it holds up its own kind alone.
#[tokio::test]
async fn th_10_a_dear_hash_of_another_kind_holds_up_nobody_else() {
    let house = house_with(&PasswordSection { hashers: 1, ..settings() });
    let (alice, bob) = (house.add("alice").await, house.import("bob").await);
    let (done, dear) = house.dear().await;
    let local = house.local.clone();
    let bobs = tokio::spawn(async move { local.check(Some(&bob), &secret("a door in the east wall"), None).await });
    assert!(house.local.check(Some(&alice), &secret(RIGHT), None).await.unwrap());
    assert!(!house.local.check(None, &secret(RIGHT), None).await.unwrap());
    assert!(!bobs.is_finished());
    done.send(()).unwrap();
    assert_eq!(dear.await.unwrap(), Ok(true));
    assert!(bobs.await.unwrap().unwrap(), "and then it is bob's turn");
}

/// EN-02: a hash from before the parameters rose, or from elsewhere, never takes less than nobody's does.
#[tokio::test]
async fn en_02_a_cheap_hash_does_not_tell_its_name() {
    let cheap = house_with(&settings());
    let alice = cheap.add("alice").await;
    let dearer = PasswordSection { iterations: 3, hashers: 1, ..settings() };
    let dearer = LocalDirectory::new(cheap.first.accounts.clone(), &dearer).unwrap();
    let cost = async |user: Option<&User>| {
        let before = dearer.work().await;
        assert!(!dearer.check(user, &secret("wrong"), None).await.unwrap());
        dearer.work().await - before
    };
    let nobodys = cost(None).await;
    assert!(cost(Some(&alice)).await > nobodys, "its own on top of nobody's");
    let imported = |text: &str| Imported::take(text).unwrap();
    let apr1 = imported("$apr1$abcdefgh$bWCvpqam7m2Nz3iUkZAgM1");
    dearer.forget(alice.id).await.unwrap();
    let change = dearer.import(alice.id, &apr1).unwrap();
    cheap.first.accounts.vault().commit(vec![change]).await.unwrap();
    assert_eq!(cost(Some(&alice)).await, nobodys);
    assert!(dearer.check(Some(&alice), &secret("a door in the east wall"), None).await.unwrap());
    assert_eq!(cost(Some(&alice)).await, nobodys, "and it is ours now");
}

/// A password by mail leaves its mark until another is set by a right that is more than a mailbox.
#[tokio::test]
async fn what_a_password_rests_on_goes_with_it() {
    let house = house_with(&settings());
    let user = house.add("alice").await;
    let prepared = house.first.prepare(&user.name, &secret("a window to the west")).await.unwrap();
    let here = from("192.0.2.1");
    let now = || async { house.first.accounts.by_id(user.id).await.unwrap().unwrap() };
    house.first.set_password_by_mail(&*now().await, &prepared, &here, Vec::new()).await.unwrap();
    assert!(now().await.password_by_mail);
    house.first.set_password(&*now().await, &prepared, None, true, &here, Vec::new()).await.unwrap();
    assert!(now().await.password_by_mail, "proved by itself alone");
    house.first.set_password(&*now().await, &prepared, None, false, &here, Vec::new()).await.unwrap();
    assert!(!now().await.password_by_mail, "by an invitation, or with a factor");
}
