use super::*;
use crate::clock::StillClock;
use crate::config::Span;
use crate::secret::{DerivedRandom, Token};
use crate::store::{KeyRing, MemoryStore, Store};

struct House {
    throttle: Throttle,
    clock: Arc<StillClock>,
    store: Arc<MemoryStore>,
}

fn house() -> House {
    let clock = Arc::new(StillClock::at(Time::from_secs(1_800_000_000)));
    let store = Arc::new(MemoryStore::default());
    let keys = Arc::new(KeyRing::new(Key::new([7; 32]), Vec::new()));
    let vault = Vault::new(store.clone(), keys, clock.clone(), Arc::new(DerivedRandom::seeded(1)));
    House { throttle: Throttle::new(vault, &ThrottleSection::default()), clock, store }
}

impl House {
    async fn try_at(&self, account: &Account, target: &Target, lane: &Lane) -> Attempt {
        self.throttle.attempt(account, target, lane).await.unwrap()
    }

    /// A wrong answer once the wait is over.
    async fn fail(&self, account: &Account, target: &Target, lane: &Lane) {
        if let Attempt::Wait(until) = self.try_at(account, target, lane).await {
            self.clock.advance(self.clock_now().until(until));
            assert_eq!(self.try_at(account, target, lane).await, Attempt::Go);
        }
    }

    async fn right(&self, account: &Account, target: &Target, lane: &Lane, all: bool) {
        let changes = self.throttle.clear(account, target, lane, all).await.unwrap();
        self.throttle.vault.commit(changes).await.unwrap();
    }

    fn clock_now(&self) -> Time {
        self.throttle.vault.now()
    }

    async fn wait(&self, account: &Account, target: &Target, lane: &Lane) -> Option<Duration> {
        match self.try_at(account, target, lane).await {
            Attempt::Wait(until) => Some(self.clock_now().until(until)),
            _ => None,
        }
    }
}

fn user(seed: u64) -> Account {
    Account::User(UserId::generate(&DerivedRandom::seeded(seed)))
}

fn code(seed: u64) -> Target {
    Target::Factor(FactorId::generate(&DerivedRandom::seeded(seed)))
}

fn known() -> Lane {
    Lane::Known(Token::generate(&DerivedRandom::seeded(3)).hash())
}

fn nobody(name: &str) -> Account {
    Account::Nobody(UserName::parse(name).unwrap())
}

const PASSWORD: Target = Target::Password;
const STRANGERS: Lane = Lane::Strangers;

#[tokio::test]
async fn the_wait_doubles_to_its_ceiling_and_success_resets_it() {
    let house = house();
    let alice = user(1);
    for expected in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900] {
        house.fail(&alice, &PASSWORD, &STRANGERS).await;
        let wait = house.wait(&alice, &PASSWORD, &STRANGERS).await;
        assert_eq!(wait, Some(Duration::from_secs(expected)));
    }
    house.clock.advance(Duration::from_secs(900));
    assert_eq!(house.try_at(&alice, &PASSWORD, &STRANGERS).await, Attempt::Go);
    house.right(&alice, &PASSWORD, &STRANGERS, true).await;
    assert_eq!(house.try_at(&alice, &PASSWORD, &STRANGERS).await, Attempt::Go);
    assert_eq!(house.wait(&alice, &PASSWORD, &STRANGERS).await, Some(Duration::from_secs(1)));
}

#[tokio::test]
async fn a_try_in_the_waiting_time_is_neither_checked_nor_counted() {
    let house = house();
    let alice = user(1);
    house.fail(&alice, &PASSWORD, &STRANGERS).await;
    for _ in 0..20 {
        let wait = house.wait(&alice, &PASSWORD, &STRANGERS).await;
        assert_eq!(wait, Some(Duration::from_secs(1)));
    }
    house.fail(&alice, &PASSWORD, &STRANGERS).await;
    assert_eq!(house.wait(&alice, &PASSWORD, &STRANGERS).await, Some(Duration::from_secs(2)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ot_07_of_two_hundred_at_once_one_goes_per_wait() {
    let house = house();
    let (alice, totp) = (user(1), code(2));
    for round in 1..=3u32 {
        let tries: Vec<_> = (0..200)
            .map(|_| {
                let (throttle, alice, totp) = (house.throttle.clone(), alice.clone(), totp.clone());
                tokio::spawn(async move { throttle.attempt(&alice, &totp, &STRANGERS).await.unwrap() })
            })
            .collect();
        let mut gone = 0;
        for attempt in tries {
            gone += u32::from(attempt.await.unwrap() == Attempt::Go);
        }
        assert_eq!(gone, 1);
        let (tries, _) = house.throttle.read(&house.throttle.lane_key(&alice, &STRANGERS)).await.unwrap();
        assert_eq!(tries.failures, round, "what was checked is what is counted");
        house.clock.advance(Duration::from_secs(1 << (round - 1)));
    }
}

#[tokio::test]
async fn ot_01_never_more_than_the_hard_limit_in_a_row() {
    let house = house();
    let alice = user(1);
    for _ in 0..100 {
        house.fail(&alice, &PASSWORD, &STRANGERS).await;
    }
    house.clock.advance(Duration::from_secs(30 * 86_400));
    assert_eq!(house.try_at(&alice, &PASSWORD, &STRANGERS).await, Attempt::Closed);
    let Account::User(id) = alice else { unreachable!() };
    assert!(house.throttle.state(id).await.unwrap().0);
    house.throttle.unlock(id, Vec::new()).await.unwrap();
    assert_eq!(house.throttle.state(id).await.unwrap(), (false, None));
    assert_eq!(house.try_at(&alice, &PASSWORD, &STRANGERS).await, Attempt::Go);
}

#[tokio::test]
async fn ot_15_the_limit_counts_all_factors_of_a_user_together() {
    let house = house();
    let alice = user(1);
    for n in 0..100 {
        house.fail(&alice, &code(n % 5), &STRANGERS).await;
    }
    for target in [code(0), code(9), PASSWORD] {
        assert_eq!(house.try_at(&alice, &target, &STRANGERS).await, Attempt::Closed);
    }
    assert_eq!(house.try_at(&user(2), &PASSWORD, &STRANGERS).await, Attempt::Go, "and nobody else's");
}

#[tokio::test]
async fn below_the_limit_another_factor_still_works() {
    let house = house();
    let alice = user(1);
    for _ in 0..20 {
        house.fail(&alice, &code(1), &STRANGERS).await;
    }
    assert!(house.wait(&alice, &code(1), &STRANGERS).await.is_some());
    assert_eq!(house.try_at(&alice, &code(2), &STRANGERS).await, Attempt::Go);
}

#[tokio::test]
async fn th_02_strangers_cannot_keep_a_known_browser_out() {
    let house = house();
    let (alice, home) = (user(1), known());
    for _ in 0..100 {
        house.fail(&alice, &PASSWORD, &STRANGERS).await;
    }
    assert_eq!(house.try_at(&alice, &PASSWORD, &STRANGERS).await, Attempt::Closed);
    assert_eq!(house.try_at(&alice, &PASSWORD, &home).await, Attempt::Go);
    house.right(&alice, &PASSWORD, &home, false).await;
    assert_eq!(house.try_at(&alice, &PASSWORD, &STRANGERS).await, Attempt::Closed, "the login is not complete");

    assert_eq!(house.try_at(&alice, &code(2), &home).await, Attempt::Go);
    house.right(&alice, &code(2), &home, true).await;
    let wait = house.wait(&alice, &PASSWORD, &STRANGERS).await;
    assert!(wait.is_some_and(|wait| wait > Duration::from_secs(800)), "open again, and the strangers' wait goes on");
}

#[tokio::test]
async fn a_known_browser_has_a_limit_of_its_own() {
    let house = house();
    let (alice, stolen) = (user(1), known());
    for _ in 0..100 {
        house.fail(&alice, &PASSWORD, &stolen).await;
    }
    assert_eq!(house.try_at(&alice, &PASSWORD, &stolen).await, Attempt::Closed);
    assert_eq!(house.try_at(&alice, &PASSWORD, &STRANGERS).await, Attempt::Go);
}

#[tokio::test]
async fn th_12_a_right_password_resets_neither_code_nor_total() {
    let house = house();
    let (alice, totp) = (user(1), code(2));
    let mut checked = 0;
    while house.try_at(&alice, &PASSWORD, &STRANGERS).await == Attempt::Go {
        house.right(&alice, &PASSWORD, &STRANGERS, false).await;
        house.fail(&alice, &totp, &STRANGERS).await;
        checked += 1;
        if checked < 100 {
            let expected = Duration::from_secs((1 << (checked - 1).min(30)).min(900));
            assert_eq!(house.wait(&alice, &totp, &STRANGERS).await, Some(expected));
        }
    }
    assert_eq!(checked, 100);
}

#[tokio::test]
async fn right_passwords_alone_never_close_a_lane() {
    let house = house();
    let alice = user(1);
    for _ in 0..150 {
        assert_eq!(house.try_at(&alice, &PASSWORD, &STRANGERS).await, Attempt::Go);
        house.right(&alice, &PASSWORD, &STRANGERS, false).await;
    }
}

#[tokio::test]
async fn a_right_answer_that_races_a_wrong_one_does_not_wipe_it_out() {
    let house = house();
    let (alice, totp) = (user(1), code(2));
    house.fail(&alice, &PASSWORD, &STRANGERS).await;
    let changes = house.throttle.clear(&alice, &PASSWORD, &STRANGERS, false).await.unwrap();
    house.fail(&alice, &totp, &STRANGERS).await;
    let late = house.throttle.vault.commit(changes).await;
    assert!(matches!(late, Err(VaultError::Conflict(_))));
    assert!(house.wait(&alice, &totp, &STRANGERS).await.is_some());
}

#[tokio::test]
async fn a_try_taken_back_is_no_failure() {
    let house = house();
    let alice = user(1);
    house.fail(&alice, &PASSWORD, &STRANGERS).await;
    for _ in 0..5 {
        house.fail(&alice, &PASSWORD, &STRANGERS).await;
        house.throttle.take_back(&alice, &PASSWORD, &STRANGERS).await.unwrap();
    }
    assert_eq!(house.wait(&alice, &PASSWORD, &STRANGERS).await, Some(Duration::from_secs(1)));
}

#[tokio::test]
async fn en_01_a_name_nobody_has_waits_and_closes_as_a_user_does() {
    let house = house();
    let (alice, ghost) = (user(1), nobody("ghost"));
    for _ in 0..103 {
        let same = house.try_at(&alice, &PASSWORD, &STRANGERS).await;
        assert_eq!(house.try_at(&ghost, &PASSWORD, &STRANGERS).await, same);
        if let Attempt::Go = same {
            let wait = house.wait(&alice, &PASSWORD, &STRANGERS).await;
            assert_eq!(house.wait(&ghost, &PASSWORD, &STRANGERS).await, wait);
            house.clock.advance(wait.unwrap_or_default());
        }
    }
    assert_eq!(house.try_at(&ghost, &PASSWORD, &STRANGERS).await, Attempt::Closed);
}

#[tokio::test]
async fn names_nobody_has_cannot_grow_the_table() {
    let house = house();
    let mut keys = std::collections::BTreeSet::new();
    for n in 0..200_000 {
        keys.insert(house.throttle.lane_key(&nobody(&format!("ghost{n}")), &known()));
    }
    assert!(keys.len() <= 65_536 && keys.len() > 60_000, "{}", keys.len());
}

#[tokio::test]
async fn everything_ends_some_day_and_no_key_tells_a_name() {
    let house = house();
    house.fail(&nobody("ghost"), &PASSWORD, &STRANGERS).await;
    house.fail(&user(1), &PASSWORD, &known()).await;
    let budget = Budget { name: "sms/user/ghost".to_owned(), most: 3, window: Duration::from_secs(3600) };
    house.throttle.spend(&[budget]).await.unwrap().unwrap();
    let entries = house.store.scan("", None, 100, house.clock_now()).await.unwrap();
    assert_eq!(entries.len(), 3);
    assert!(entries.iter().all(|entry| entry.expires.is_some() && !entry.key.contains("ghost")));
}

#[tokio::test]
async fn a_failure_stamped_in_the_future_counts_as_now() {
    let house = house();
    let alice = user(1);
    house.clock.advance(Duration::from_secs(365 * 86_400));
    house.fail(&alice, &PASSWORD, &STRANGERS).await;
    let back = Arc::new(StillClock::at(house.clock_now() - Duration::from_secs(365 * 86_400)));
    let keys = Arc::new(KeyRing::new(Key::new([7; 32]), Vec::new()));
    let vault = Vault::new(house.store.clone(), keys, back.clone(), Arc::new(DerivedRandom::seeded(9)));
    let house = House { throttle: Throttle::new(vault, &ThrottleSection::default()), clock: back, store: house.store };
    assert_eq!(house.wait(&alice, &PASSWORD, &STRANGERS).await, Some(Duration::from_secs(1)));
    house.clock.advance(Duration::from_secs(1));
    assert_eq!(house.try_at(&alice, &PASSWORD, &STRANGERS).await, Attempt::Go);
}

#[tokio::test]
async fn the_limits_are_the_configured_ones() {
    let clock = Arc::new(StillClock::at(Time::from_secs(1_800_000_000)));
    let keys = Arc::new(KeyRing::new(Key::new([7; 32]), Vec::new()));
    let store = Arc::new(MemoryStore::default());
    let vault = Vault::new(store.clone(), keys, clock.clone(), Arc::new(DerivedRandom::seeded(1)));
    let limits =
        ThrottleSection { base: Span::secs(10), ceiling: Span::secs(15), hard_limit: 3, ..ThrottleSection::default() };
    let house = House { throttle: Throttle::new(vault, &limits), clock, store };
    let alice = user(1);
    for expected in [10, 15] {
        house.fail(&alice, &PASSWORD, &STRANGERS).await;
        let wait = house.wait(&alice, &PASSWORD, &STRANGERS).await;
        assert_eq!(wait, Some(Duration::from_secs(expected)));
    }
    house.fail(&alice, &PASSWORD, &STRANGERS).await;
    assert_eq!(house.try_at(&alice, &PASSWORD, &STRANGERS).await, Attempt::Closed);
}

#[tokio::test]
async fn a_source_is_slowed_down_and_its_own_successes_buy_it_nothing() {
    let house = house();
    let source: IpAddr = "192.0.2.1".parse().unwrap();
    for _ in 0..50 {
        assert_eq!(house.throttle.source_wait(source), None);
        house.throttle.source_failed(source);
        house.throttle.source_failed(source);
        house.throttle.source_passed(source);
    }
    house.throttle.source_failed(source);
    let until = house.throttle.source_wait(source).unwrap();
    assert_eq!(house.clock_now().until(until), Duration::from_secs(5));
    assert_eq!(house.throttle.source_wait("192.0.2.2".parse().unwrap()), None);
    house.clock.advance(Duration::from_secs(5));
    assert_eq!(house.throttle.source_wait(source), None);
}

#[tokio::test]
async fn an_ipv6_network_is_one_source() {
    let house = house();
    for n in 0..60 {
        house.throttle.source_failed(format!("2001:db8:1:2::{n:x}").parse().unwrap());
    }
    assert!(house.throttle.source_wait("2001:db8:1:2:ffff::1".parse().unwrap()).is_some());
    assert_eq!(house.throttle.source_wait("2001:db8:1:3::1".parse().unwrap()), None);
    for _ in 0..60 {
        house.throttle.source_failed("::ffff:192.0.2.1".parse().unwrap());
    }
    assert!(house.throttle.source_wait("192.0.2.1".parse().unwrap()).is_some());
}

#[tokio::test]
async fn budgets_are_spent_together_or_not_at_all() {
    let house = house();
    let hour = Duration::from_secs(3600);
    let of = |name: &str, most| Budget { name: name.to_owned(), most, window: hour };
    let start = house.clock_now();
    for _ in 0..3 {
        house.throttle.spend(&[of("user", 10), of("number", 3)]).await.unwrap().unwrap();
        house.clock.advance(Duration::from_secs(300));
    }
    for _ in 0..20 {
        let refused = house.throttle.spend(&[of("user", 10), of("number", 3)]).await.unwrap();
        assert_eq!(refused, Err(start + hour));
    }
    for _ in 0..7 {
        house.throttle.spend(&[of("user", 10)]).await.unwrap().unwrap();
    }
    assert!(house.throttle.spend(&[of("user", 10)]).await.unwrap().is_err(), "refusals took nothing");
    house.clock.advance(house.clock_now().until(start + hour));
    house.throttle.spend(&[of("number", 3)]).await.unwrap().unwrap();
    assert!(house.throttle.spend(&[of("number", 3)]).await.unwrap().is_err(), "the window slides");
    assert!(house.throttle.spend(&[of("never", 0)]).await.unwrap().is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_budget_is_not_overrun_by_a_race() {
    let house = house();
    let sends: Vec<_> = (0..100)
        .map(|_| {
            let throttle = house.throttle.clone();
            let budget = Budget { name: "sms/all".to_owned(), most: 10, window: Duration::from_secs(60) };
            tokio::spawn(async move { throttle.spend(&[budget]).await.unwrap().is_ok() })
        })
        .collect();
    let mut sent = 0;
    for send in sends {
        sent += u32::from(send.await.unwrap());
    }
    assert_eq!(sent, 10);
}

/// A new password opens the lane that guesses at the old one closed; guesses at factors go on counting.
#[tokio::test]
async fn guesses_at_a_password_end_with_it() {
    let house = house();
    let alice = user(1);
    let Account::User(id) = alice else { unreachable!("a user") };
    let forget = || async {
        let changes = house.throttle.forget_password(id).await.unwrap();
        house.throttle.vault.commit(changes).await.unwrap();
    };
    let limit = ThrottleSection::default().hard_limit;
    for _ in 0..2 {
        house.fail(&alice, &code(2), &Lane::Strangers).await;
    }
    for _ in 2..limit - 1 {
        house.fail(&alice, &Target::Password, &Lane::Strangers).await;
    }
    forget().await;
    house.fail(&alice, &Target::Password, &Lane::Strangers).await;
    assert_eq!(
        house.try_at(&alice, &Target::Password, &Lane::Strangers).await,
        Attempt::Closed,
        "nothing was forgotten"
    );
    forget().await;
    assert_eq!(house.try_at(&alice, &Target::Password, &Lane::Strangers).await, Attempt::Go, "at once");
    for _ in 3..limit {
        house.fail(&alice, &code(2), &Lane::Strangers).await;
    }
    assert_eq!(house.try_at(&alice, &code(2), &Lane::Strangers).await, Attempt::Closed);
    forget().await;
    // One guess at the password less, so that there is one more at the factor.
    house.fail(&alice, &code(2), &Lane::Strangers).await;
    house.clock.advance(Duration::from_secs(3600));
    assert_eq!(house.try_at(&alice, &code(2), &Lane::Strangers).await, Attempt::Closed, "by codes alone");
    forget().await;
    assert_eq!(house.try_at(&alice, &code(2), &Lane::Strangers).await, Attempt::Closed);
}

/// WZ-17, TH-15: whoever has the password and no second factor is held up, with it and without it; and it ends as other
/// waits do.
#[tokio::test]
async fn wz_17_logins_begun_by_strangers_have_an_end_that_can_be_lifted() {
    let house = house();
    let alice = user(1);
    let Account::User(id) = alice else { unreachable!() };
    let held_up = async || {
        let shown = house.throttle.state(id).await.unwrap().1;
        let wait = house.try_at(&alice, &PASSWORD, &STRANGERS).await;
        house.right(&alice, &PASSWORD, &STRANGERS, false).await;
        assert_eq!(matches!(wait, Attempt::Wait(_)), shown.is_some(), "and the operator is told");
        shown.is_some()
    };
    let spend = async || while house.throttle.login_began(id).await.unwrap().is_ok() {};
    assert!(!held_up().await);
    spend().await;
    assert!(held_up().await);
    assert_eq!(house.try_at(&alice, &PASSWORD, &known()).await, Attempt::Go, "a known browser is not");
    assert_eq!(house.try_at(&alice, &code(2), &STRANGERS).await, Attempt::Go, "nor is what has begun");
    house.right(&alice, &code(2), &STRANGERS, false).await;
    house.right(&alice, &PASSWORD, &known(), true).await;
    house.throttle.unlock(id, Vec::new()).await.unwrap();
    assert!(!held_up().await, "by an operator");
    spend().await;
    let changes = house.throttle.forget_password(id).await.unwrap();
    house.throttle.vault.commit(changes).await.unwrap();
    assert!(!held_up().await, "by a new password");
    spend().await;
    house.clock.advance(HOUR);
    assert!(!held_up().await, "by itself");
}

#[tokio::test]
async fn what_is_said_once_a_day_is_said_the_next_day_again() {
    let house = house();
    let say = |what: &str| house.throttle.clone().once_a_day(what.to_owned());
    assert!(say("one").await && say("other").await);
    house.clock.advance(Duration::from_secs(86_399));
    assert!(!say("one").await);
    house.clock.advance(Duration::from_secs(1));
    assert!(say("one").await);
}

#[tokio::test]
async fn what_bought_nothing_is_given_back() {
    let house = house();
    let budget = |most| [Budget { name: "sms/all".to_owned(), most, window: Duration::from_secs(86_400) }];
    let two = budget(2);
    assert_eq!(house.throttle.spend(&two).await.unwrap(), Ok(()));
    house.clock.advance(Duration::from_secs(7200));
    for _ in 0..10 {
        let at = house.clock_now();
        // Spent a moment after it was asked for, and given back when the provider had its time.
        house.clock.advance(Duration::from_millis(3));
        assert_eq!(house.throttle.spend(&two).await.unwrap(), Ok(()));
        assert!(house.throttle.spend(&two).await.unwrap().is_err());
        house.clock.advance(Duration::from_secs(10));
        house.throttle.give_back(&two, at).await.unwrap();
    }
    assert_eq!(house.throttle.spend(&two).await.unwrap(), Ok(()));
    assert!(house.throttle.spend(&two).await.unwrap().is_err(), "the first one counts still");
}
