use std::collections::BTreeSet;
use std::sync::atomic::AtomicUsize;

use async_trait::async_trait;

use super::*;
use crate::account::NewUser;
use crate::clock::StillClock;
use crate::method::Begun;
use crate::secret::{DerivedRandom, LoginKind, Random};
use crate::store::{CommitError, Entry, KeyRing, MemoryStore, Observer, Store, Unavailable, Version, Write};
use crate::types::{Policy, UserName};

const MINUTE: Duration = Duration::from_secs(60);

/// The engine of the tests, counting what is asked of it; it can be cut off.
#[derive(Debug, Default)]
struct Watched {
    store: MemoryStore,
    calls: AtomicUsize,
    down: AtomicBool,
    keys: Mutex<BTreeSet<String>>,
}

impl Watched {
    fn called(&self) -> Result<(), Unavailable> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        if self.down.load(Ordering::SeqCst) { Err(Unavailable("cut".to_owned())) } else { Ok(()) }
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Store for Watched {
    async fn get(&self, key: &str, now: Time) -> Result<Option<Entry>, Unavailable> {
        self.called()?;
        self.store.get(key, now).await
    }

    async fn scan(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
        now: Time,
    ) -> Result<Vec<Entry>, Unavailable> {
        self.called()?;
        self.store.scan(prefix, after, limit, now).await
    }

    async fn commit(&self, writes: Vec<Write>, now: Time) -> Result<Version, CommitError> {
        self.called()?;
        assert!(writes.len() <= crate::store::MAX_WRITES);
        self.keys.lock().unwrap().extend(writes.iter().map(|write| write.key.clone()));
        self.store.commit(writes, now).await
    }

    fn watch(&self, prefix: &str, observer: Observer) {
        self.store.watch(prefix, observer);
    }

    async fn ready(&self) -> Result<(), Unavailable> {
        self.called()
    }
}

struct House {
    clock: Arc<StillClock>,
    store: Arc<Watched>,
    random: Arc<DerivedRandom>,
    vault: Vault,
    accounts: Accounts,
    sessions: Sessions,
}

impl House {
    fn new() -> Self {
        let clock = Arc::new(StillClock::at(Time::from_secs(1_800_000_000)));
        let store = Arc::new(Watched::default());
        let keys = Arc::new(KeyRing::new(Key::new([7; 32]), vec![]));
        let random = Arc::new(DerivedRandom::seeded(3));
        let vault = Vault::new(store.clone(), keys, clock.clone(), random.clone() as Arc<dyn Random>);
        let accounts = Accounts::new(vault.clone());
        let sessions = Self::process(&vault, &accounts);
        Self { clock, store, random, vault, accounts, sessions }
    }

    /// Another process over the same store has another of these.
    fn process(vault: &Vault, accounts: &Accounts) -> Sessions {
        let audit = Audit::new(vault.clone(), Duration::from_secs(86_400), 1 << 20);
        Sessions::new(vault.clone(), accounts.clone(), audit, &SessionSection::default())
    }

    async fn user(&self, name: &str) -> Arc<User> {
        let name = UserName::parse(name).unwrap();
        let new = NewUser { name, display_name: None, email: None, groups: BTreeSet::new() };
        let user = self.accounts.add(new, false).await.unwrap();
        self.accounts.edit(user.id, |user| user.factors.push(factor()), vec![]).await.unwrap()
    }

    fn password(&self) -> Evidence {
        Evidence {
            factor: None,
            strength: Strength::Code,
            at: self.vault.now(),
            amr: vec!["pwd".to_owned()],
            by_owner: false,
        }
    }

    fn totp(&self) -> Evidence {
        let factor = Some((MethodId::new("totp"), factor()));
        Evidence {
            factor,
            strength: Strength::Code,
            at: self.vault.now(),
            amr: vec!["otp".to_owned()],
            by_owner: false,
        }
    }

    async fn open(&self, user: &User, evidence: Vec<Evidence>) -> Opened {
        self.sessions.open(user, evidence, &place(), None, vec![]).await.unwrap()
    }

    async fn level(&self, opened: &Opened) -> Level {
        self.sessions.visitor(Some(&opened.token), &At::OwnPages).await.unwrap().level()
    }

    fn later(&self, span: Duration) {
        self.clock.advance(span);
    }
}

fn factor() -> FactorId {
    FactorId::parse("aaaaaaaaaaaaaaaa").unwrap()
}

fn place() -> Place {
    Place { address: None, agent: "a browser".to_owned() }
}

#[tokio::test]
async fn a_live_session_asks_no_store() {
    let house = House::new();
    let user = house.user("alice").await;
    let opened = house.open(&user, vec![house.password(), house.totp()]).await;
    assert_eq!(house.level(&opened).await, Level::Verified);
    let before = house.store.calls();
    for _ in 0..5 {
        house.later(MINUTE);
        assert_eq!(house.level(&opened).await, Level::Verified);
    }
    // Not even where the store is down.
    house.store.down.store(true, Ordering::SeqCst);
    assert_eq!(house.level(&opened).await, Level::Verified);
    assert_eq!(house.store.calls(), before);

    // A miss while the store is down is an error, and never a stranger.
    let unknown = Token::generate(&*house.random);
    assert!(house.sessions.visitor(Some(&unknown), &At::OwnPages).await.is_err());
    house.store.down.store(false, Ordering::SeqCst);
    assert_eq!(house.sessions.visitor(Some(&unknown), &At::OwnPages).await.unwrap().level(), Level::Stranger);
    assert_eq!(house.sessions.visitor(None, &At::OwnPages).await.unwrap().level(), Level::Stranger);
}

#[tokio::test]
async fn se_01_a_new_level_is_a_new_id_and_the_old_one_is_dead() {
    let house = House::new();
    let user = house.user("alice").await;
    let known = house.open(&user, vec![house.password()]).await;
    assert_eq!(house.level(&known).await, Level::Known);

    let evidence = vec![house.password(), house.totp()];
    let verified = house.sessions.open(&user, evidence, &place(), Some(&known.session), vec![]).await.unwrap();
    assert_eq!(house.level(&verified).await, Level::Verified);
    assert_eq!(house.level(&known).await, Level::Stranger);
    assert_ne!(known.session.handle, verified.session.handle);

    // What the old one carried does not outlive it: it cannot be replaced a second time.
    let again = house.sessions.open(&user, vec![house.password()], &place(), Some(&known.session), vec![]).await;
    assert!(matches!(again, Err(SessionError::Vault(VaultError::Conflict(_)))));
    // To sign in as somebody else over a dead session is no conflict.
    let bob = house.user("bob").await;
    house.sessions.open(&bob, vec![house.password()], &place(), Some(&known.session), vec![]).await.unwrap();
}

#[tokio::test]
async fn se_02_the_store_knows_only_a_hash() {
    let house = House::new();
    let user = house.user("alice").await;
    let opened = house.open(&user, vec![house.password()]).await;
    let keys = house.store.keys.lock().unwrap().clone();
    assert!(keys.contains(&format!("session/{}", opened.token.hash().hex())));
    assert!(keys.iter().all(|key| !key.contains(&opened.token.encode())));
}

#[tokio::test]
async fn se_05_an_ended_session_is_dead_at_once_in_every_process() {
    let house = House::new();
    let other = House::process(&house.vault, &house.accounts);
    let user = house.user("alice").await;
    let opened = house.open(&user, vec![house.password()]).await;
    assert_eq!(other.visitor(Some(&opened.token), &At::OwnPages).await.unwrap().level(), Level::Known);

    assert!(house.sessions.end(user.id, &opened.session.handle, &Origin::default()).await.unwrap());
    assert_eq!(house.level(&opened).await, Level::Stranger);
    assert_eq!(other.visitor(Some(&opened.token), &At::OwnPages).await.unwrap().level(), Level::Stranger);
    assert!(!house.sessions.end(user.id, &opened.session.handle, &Origin::default()).await.unwrap());
}

#[tokio::test]
async fn se_08_idle_and_absolute_limits_hold() {
    let house = House::new();
    let user = house.user("alice").await;
    let idle = house.open(&user, vec![house.password()]).await;
    assert_eq!(house.level(&idle).await, Level::Known);
    house.later(29 * MINUTE);
    // A glance is no activity.
    assert_eq!(house.sessions.glance(Some(&idle.token), &At::OwnPages).await.unwrap().level(), Level::Known);
    house.later(MINUTE);
    assert_eq!(house.level(&idle).await, Level::Stranger);

    let busy = house.open(&user, vec![house.password()]).await;
    for _ in 0..24 * 3 - 1 {
        house.later(10 * MINUTE);
        let visitor = house.sessions.visitor(Some(&busy.token), &At::OwnPages).await.unwrap();
        assert!(visitor.live().unwrap().ends <= busy.session.ends);
        house.sessions.tick().await.unwrap();
    }
    house.later(10 * MINUTE - Duration::from_millis(1));
    assert_eq!(house.level(&busy).await, Level::Known);
    house.later(Duration::from_millis(1));
    assert_eq!(house.level(&busy).await, Level::Stranger);
    // Its record ended by itself: memory forgets it, too.
    house.sessions.tick().await.unwrap();
    assert!(house.sessions.memory.all().is_empty());
}

#[tokio::test]
async fn stepping_up_does_not_lengthen_a_session() {
    let house = House::new();
    let user = house.user("alice").await;
    let password = house.password();
    let known = house.open(&user, vec![password.clone()]).await;
    house.later(20 * MINUTE);
    let evidence = vec![password.clone(), house.totp()];
    let stepped = house.sessions.open(&user, evidence, &place(), Some(&known.session), vec![]).await.unwrap();
    assert_eq!(stepped.session.ends, known.session.ends);
    // Nor does it grow: the newest proof of each factor stays.
    house.later(MINUTE);
    let evidence = [&*stepped.session.evidence, &[house.totp()]].concat();
    let again = house.sessions.open(&user, evidence, &place(), Some(&stepped.session), vec![]).await.unwrap();
    assert_eq!(*again.session.evidence, [password, house.totp()]);
    // The password anew is a new login.
    let fresh = house.sessions.open(&user, vec![house.password()], &place(), Some(&again.session), vec![]).await;
    assert!(fresh.unwrap().session.ends > again.session.ends);
}

#[tokio::test]
async fn se_11_what_happens_to_the_user_holds_at_the_next_request() {
    let house = House::new();
    let user = house.user("alice").await;
    let opened = house.open(&user, vec![house.password(), house.totp()]).await;
    assert_eq!(house.level(&opened).await, Level::Verified);

    house.accounts.edit(user.id, |user| user.factors.clear(), vec![]).await.unwrap();
    assert_eq!(house.level(&opened).await, Level::Known);
    house.accounts.edit(user.id, |user| user.disabled = true, vec![]).await.unwrap();
    assert_eq!(house.level(&opened).await, Level::Stranger);

    let bob = house.user("bob").await;
    let opened = house.open(&bob, vec![house.password()]).await;
    house.accounts.edit(bob.id, |user| user.generation += 1, vec![]).await.unwrap();
    assert_eq!(house.level(&opened).await, Level::Stranger);
}

#[tokio::test]
async fn se_12_one_too_many_ends_the_oldest() {
    let house = House::new();
    let user = house.user("alice").await;
    let mut opened = Vec::new();
    for _ in 0..=SESSIONS_PER_USER {
        opened.push(house.open(&user, vec![house.password()]).await);
        house.later(Duration::from_secs(1));
    }
    let listed = house.sessions.list(Some(user.id)).await.unwrap();
    assert_eq!(listed.len(), SESSIONS_PER_USER);
    assert_eq!(listed[0].handle, opened[SESSIONS_PER_USER].session.handle);
    assert_eq!(house.level(&opened[0]).await, Level::Stranger);
    assert_eq!(house.level(&opened[1]).await, Level::Known);

    let bob = house.open(&*house.user("bob").await, vec![house.password()]).await;
    let ended = house.sessions.end_all(user.id, Some(&opened[1].session.handle), &Origin::default()).await.unwrap();
    assert_eq!(ended, SESSIONS_PER_USER - 1);
    assert_eq!(house.level(&opened[1]).await, Level::Known);
    assert_eq!(house.level(&opened[2]).await, Level::Stranger);
    assert_eq!(house.level(&bob).await, Level::Known);
    assert_eq!(house.sessions.list(None).await.unwrap().len(), 2);
}

#[tokio::test]
async fn what_was_stamped_in_the_future_is_nothing() {
    let house = House::new();
    let user = house.user("alice").await;
    let mut ahead = house.totp();
    ahead.at = ahead.at + MINUTE;
    let opened = house.open(&user, vec![house.password(), ahead.clone()]).await;
    assert_eq!(house.level(&opened).await, Level::Known);
    ahead.factor = None;
    let opened = house.open(&user, vec![ahead]).await;
    assert_eq!(house.level(&opened).await, Level::Stranger);

    // A session made while the clock was ahead, read after it was put back.
    let opened = house.open(&user, vec![house.password()]).await;
    let back = Arc::new(StillClock::at(house.vault.now() - MINUTE));
    let keys = Arc::new(KeyRing::new(Key::new([7; 32]), vec![]));
    let vault = Vault::new(house.store.clone(), keys, back.clone(), house.random.clone());
    let restarted = House::process(&vault, &Accounts::new(vault.clone()));
    assert_eq!(restarted.visitor(Some(&opened.token), &At::OwnPages).await.unwrap().level(), Level::Stranger);
    back.advance(Duration::from_secs(31));
    assert_eq!(restarted.visitor(Some(&opened.token), &At::OwnPages).await.unwrap().level(), Level::Known);
}

/// A key that signs in alone.
fn key(house: &House, by_owner: bool) -> Evidence {
    Evidence {
        factor: Some((MethodId::new("webauthn"), factor())),
        strength: Strength::PhishingResistant,
        amr: vec!["hwk".to_owned()],
        by_owner,
        ..house.totp()
    }
}

/// A code, as a trusted browser carries it.
fn remembered(house: &House) -> Evidence {
    Evidence { strength: Strength::Remembered, amr: vec!["remembered".to_owned()], ..house.totp() }
}

#[test]
fn se_20_a_level_is_what_the_evidence_says() {
    let house = House::new();
    let weak = house.totp();
    let strong = Evidence { strength: Strength::PhishingResistant, ..house.totp() };
    for (evidence, expected) in [
        (vec![], Level::Stranger),
        (vec![house.password()], Level::Known),
        (vec![house.password(), house.password()], Level::Known),
        (vec![weak.clone()], Level::Stranger),
        (vec![strong], Level::Known),
        (vec![house.password(), weak.clone()], Level::Verified),
        // One key, or two of them, are a first factor; with something else, or by its owner, they are two.
        (vec![key(&house, false), key(&house, false)], Level::Known),
        (vec![key(&house, false), weak.clone()], Level::Verified),
        (vec![key(&house, true)], Level::Verified),
        (vec![Evidence { by_owner: true, ..weak }], Level::Stranger),
        // What a trusted browser remembers completes the password, and nothing else.
        (vec![remembered(&house)], Level::Stranger),
        (vec![house.password(), remembered(&house)], Level::Verified),
        (vec![key(&house, false), remembered(&house)], Level::Known),
    ] {
        assert_eq!(level(&evidence), expected, "{evidence:?}");
    }
}

#[tokio::test]
async fn amr_says_what_was_proved_and_mfa_only_of_two_kinds() {
    let house = House::new();
    let user = house.user("alice").await;
    for (evidence, expected) in [
        (vec![house.password()], vec!["pwd"]),
        (vec![house.password(), house.totp()], vec!["pwd", "otp", "mfa"]),
        (vec![house.password(), remembered(&house)], vec!["pwd", "remembered"]),
        // Until something is proved: then that counts, whichever came first.
        (vec![house.password(), remembered(&house), house.totp()], vec!["pwd", "otp", "mfa"]),
        (vec![house.password(), house.totp(), remembered(&house)], vec!["pwd", "otp", "mfa"]),
        (vec![key(&house, false)], vec!["hwk"]),
        (vec![key(&house, true)], vec!["hwk", "mfa"]),
        (vec![key(&house, false), house.totp()], vec!["hwk", "otp"]),
    ] {
        let opened = house.open(&user, evidence).await;
        let visitor = house.sessions.visitor(Some(&opened.token), &At::OwnPages).await.unwrap();
        assert_eq!(visitor.live().unwrap().amr(), expected);
    }
}

#[tokio::test]
async fn se_18_what_rests_on_a_trusted_browser_ends_with_it_and_with_its_factor() {
    let house = House::new();
    let user = house.user("alice").await;
    let proved = house.open(&user, vec![house.password(), house.totp()]).await;
    let first = house.open(&user, vec![house.password(), remembered(&house)]).await;
    let second = house.open(&user, vec![house.password(), remembered(&house)]).await;
    let except = Some(&second.session.handle);
    assert_eq!(house.sessions.end_remembered(user.id, except, &Origin::default()).await.unwrap(), 1);
    assert_eq!(house.level(&proved).await, Level::Verified);
    assert_eq!(house.level(&first).await, Level::Stranger);
    assert_eq!(house.level(&second).await, Level::Verified);
    house.accounts.edit(user.id, |user| user.factors.clear(), vec![]).await.unwrap();
    assert_eq!(house.level(&second).await, Level::Known, "what it stood in for is gone");
}

/// SE-18: where ending trust breaks off, nobody sits in what it opened, and it can be ended again; nor does whoever slipped
/// in while it ended.
#[tokio::test]
async fn se_18_what_rests_on_trust_ends_before_it_and_after_it() {
    let house = House::new();
    let user = house.user("alice").await;
    let proved = house.open(&user, vec![house.password(), house.totp()]).await;
    let thief = house.open(&user, vec![house.password(), remembered(&house)]).await;
    let (origin, broke) = (Origin::default(), VaultError::Conflict("browser/…".to_owned()));
    let end = async { Err::<(), _>(SessionError::from(broke)) };
    assert!(house.sessions.end_remembered_with(user.id, None, &origin, end).await.is_err());
    assert_eq!(house.level(&thief).await, Level::Stranger);

    let end = async { Ok::<_, SessionError>(house.open(&user, vec![house.password(), remembered(&house)]).await) };
    let meanwhile = house.sessions.end_remembered_with(user.id, None, &origin, end).await.unwrap();
    assert_eq!(house.level(&meanwhile).await, Level::Stranger);
    assert_eq!(house.level(&proved).await, Level::Verified);
}

#[tokio::test]
async fn last_seen_is_written_once_a_minute_and_stays_in_memory() {
    let house = House::new();
    let user = house.user("alice").await;
    let opened = house.open(&user, vec![house.password()]).await;
    house.level(&opened).await;
    house.sessions.tick().await.unwrap();
    house.later(59 * MINUTE / 60);
    house.level(&opened).await;
    let before = house.store.calls();
    house.sessions.tick().await.unwrap();
    assert_eq!(house.store.calls(), before);

    house.later(Duration::from_secs(1));
    house.level(&opened).await;
    house.sessions.tick().await.unwrap();
    assert_eq!(house.store.calls(), before + 1);
    let seen = house.vault.now();
    // Its own write does not make the next request ask the store.
    house.level(&opened).await;
    assert_eq!(house.store.calls(), before + 1);
    let restarted = House::process(&house.vault, &house.accounts);
    assert_eq!(restarted.list(Some(user.id)).await.unwrap()[0].last_seen, seen);
    // The new version is known: ending and replacing still work.
    let next = house.sessions.open(&user, vec![house.password()], &place(), Some(&opened.session), vec![]).await;
    assert_eq!(house.level(&next.unwrap()).await, Level::Known);
}

#[test]
fn a_value_that_changed_while_it_was_read_is_not_kept() {
    let memory = Memory::new();
    let hash: Hash = [9; 32];
    let session = Session {
        handle: Handle::parse("aaaaaaaaaaaaaaaa").unwrap(),
        user: UserId::generate(&DerivedRandom::seeded(1)),
        generation: 0,
        evidence: Arc::default(),
        created: Time(0),
        last_seen: Time(0),
        ends: Time(1),
        address: None,
        agent: String::new(),
        login: None,
        site: None,
    };
    let held = Arc::new(Held::new(session, Version(1)));
    let epoch = memory.epoch(&hash);
    memory.session_changed(&key_of(&hash));
    memory.keep(hash, held.clone(), epoch);
    assert!(memory.get(&hash).is_none());

    memory.keep(hash, held.clone(), memory.epoch(&hash));
    assert!(memory.get(&hash).is_some());
    // The bare prefix: changes were missed, forget everything.
    let epoch = memory.epoch(&hash);
    memory.session_changed(SESSIONS);
    assert!(memory.get(&hash).is_none());
    memory.keep(hash, held, epoch);
    assert!(memory.get(&hash).is_none());
    assert!(memory.take_changed().sessions.contains(&hash));
}

#[tokio::test]
async fn whoever_waits_for_the_end_of_a_session_is_told() {
    let house = House::new();
    let user = house.user("alice").await;
    let told: Arc<Mutex<Vec<Handle>>> = Arc::default();
    let ears = told.clone();
    house.sessions.on_end(Arc::new(move |handle| ears.lock().unwrap().push(handle.clone())));
    let heard = async |handle: &Handle| {
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        let mut told = told.lock().unwrap();
        let heard = told.contains(handle);
        told.clear();
        heard
    };

    let by_logout = house.open(&user, vec![house.password()]).await;
    let by_another = house.open(&user, vec![house.password()]).await;
    let by_time = house.open(&user, vec![house.password()]).await;
    assert!(!heard(&by_logout.session.handle).await);
    house.sessions.end(user.id, &by_logout.session.handle, &Origin::default()).await.unwrap();
    assert!(heard(&by_logout.session.handle).await);
    let other = House::process(&house.vault, &house.accounts);
    other.end(user.id, &by_another.session.handle, &Origin::default()).await.unwrap();
    assert!(heard(&by_another.session.handle).await);

    house.level(&by_time).await;
    house.later(31 * MINUTE);
    house.sessions.tick().await.unwrap();
    assert!(heard(&by_time.session.handle).await);
    house.sessions.tick().await.unwrap();
    assert!(!heard(&by_time.session.handle).await);
    assert!(house.sessions.list(None).await.unwrap().is_empty());

    let by_generation = house.open(&user, vec![house.password()]).await;
    house.accounts.edit(user.id, |user| user.display_name = Some("Alice".to_owned()), vec![]).await.unwrap();
    assert!(!heard(&by_generation.session.handle).await);
    house.accounts.edit(user.id, |user| user.generation += 1, vec![]).await.unwrap();
    assert!(heard(&by_generation.session.handle).await);
}

#[tokio::test]
async fn wb_01_a_form_is_bound_to_its_cookie() {
    let house = House::new();
    let (one, other) = (Token::<SessionKind>::generate(&*house.random), Token::generate(&*house.random));
    let value = house.sessions.csrf(&one);
    assert!(house.sessions.csrf_holds(&one, &value));
    assert!(!house.sessions.csrf_holds::<SessionKind>(&other, &value));
    for wrong in ["", "x", &value[..42], &format!("{value}A")] {
        assert!(!house.sessions.csrf_holds(&one, wrong), "{wrong}");
    }
    // The same bytes as another kind of token are another value.
    let login = Token::<LoginKind>::parse(&one.encode()).unwrap();
    assert!(!house.sessions.csrf_holds(&login, &value));
}

#[tokio::test]
async fn the_state_of_a_login_form_comes_back_unchanged_or_not_at_all() {
    let house = House::new();
    let (one, other) = (Token::<LoginKind>::generate(&*house.random), Token::generate(&*house.random));
    let seal = house.sessions.login_seal();
    let sealed = seal.seal(&one, "/a?b=ä");
    assert_eq!(seal.open(&one, &sealed).as_deref(), Some("/a?b=ä"));
    assert_eq!(seal.open(&other, &sealed), None);
    let mut parts: Vec<&str> = sealed.split('.').collect();
    let later = (parts[0].parse::<i64>().unwrap() + 1).to_string();
    for (at, wrong) in [(0, later.as_str()), (1, "L2I"), (2, "")] {
        let right = std::mem::replace(&mut parts[at], wrong);
        assert_eq!(seal.open(&one, &parts.join(".")), None, "{wrong}");
        parts[at] = right;
    }
    house.later(FORM_LIFE);
    assert_eq!(seal.open(&one, &sealed), None);
}

#[test]
fn what_is_signed_for_one_purpose_is_nothing_to_another() {
    let house = House::new();
    let seal = house.sessions.state_seal();
    let sealed = seal.seal("errand", "{}");
    assert_eq!(seal.open("errand", &sealed).as_deref(), Some("{}"));
    for other in ["", "left", "erran", "errand "] {
        assert_eq!((seal.open(other, &sealed), seal.open_late(other, &sealed)), (None, None), "{other}");
    }
    // Age takes away what an errand may do, and not where it was to lead.
    house.later(FORM_LIFE);
    assert_eq!((seal.open("errand", &sealed), seal.open_late("errand", &sealed).as_deref()), (None, Some("{}")));
}

fn pending(house: &House, user: &User) -> Pending {
    Pending {
        user: user.id,
        generation: user.generation,
        evidence: vec![house.password()],
        created: house.vault.now(),
        return_to: Some("/".to_owned()),
        need: Need { policy: Policy::TwoFactor, factors: vec![], max_age: None },
        enrols: Enrols::Nothing,
        session: None,
        begun: None,
        address: None,
        agent: String::new(),
    }
}

#[tokio::test]
async fn a_pending_login_is_used_once_in_its_time_by_its_user() {
    let house = House::new();
    let user = house.user("alice").await;
    let token = house.sessions.begin_login(pending(&house, &user), None, vec![]).await.unwrap();
    let row = house.sessions.pending(&token).await.unwrap().unwrap();
    // To the gate it is a stranger: a token of one kind is none of another.
    let session = Token::<SessionKind>::parse(&token.encode()).unwrap();
    assert_eq!(house.sessions.visitor(Some(&session), &At::OwnPages).await.unwrap().level(), Level::Stranger);

    let evidence = vec![house.password(), house.totp()];
    let take = || vec![house.sessions.take_pending(&row)];
    house.sessions.open(&user, evidence.clone(), &place(), None, take()).await.unwrap();
    let twice = house.sessions.open(&user, evidence, &place(), None, take()).await;
    assert!(matches!(twice, Err(SessionError::Vault(VaultError::Conflict(_)))));
    assert_eq!(house.sessions.list(None).await.unwrap().len(), 1);

    let token = house.sessions.begin_login(pending(&house, &user), None, vec![]).await.unwrap();
    let row = house.sessions.pending(&token).await.unwrap().unwrap();
    let replaced = house.sessions.begin_login(pending(&house, &user), Some(&row), vec![]).await.unwrap();
    assert!(house.sessions.pending(&token).await.unwrap().is_none());
    house.later(10 * MINUTE);
    assert!(house.sessions.pending(&replaced).await.unwrap().is_none());

    let token = house.sessions.begin_login(pending(&house, &user), None, vec![]).await.unwrap();
    house.accounts.edit(user.id, |user| user.generation += 1, vec![]).await.unwrap();
    assert!(house.sessions.pending(&token).await.unwrap().is_none());
}

/// What was begun for one action of one session is found there and nowhere else, and is used up once: the commit that makes
/// a check's proof writes over it that nothing is begun any more.
#[tokio::test]
async fn what_was_begun_for_one_action_serves_no_other() {
    let house = House::new();
    let user = house.user("alice").await;
    let (one, other) =
        (house.open(&user, vec![house.password()]).await, house.open(&user, vec![house.password()]).await);
    let begun = Begun {
        method: MethodId::new("totp"),
        factor: Some(factor()),
        pending: Vec::new(),
        expires: house.vault.now() + MINUTE,
        next_send: None,
        called: false,
        unsent: false,
    };
    let action = Action {
        session: one.session.handle.clone(),
        action: "remove-factor/a".to_owned(),
        begun: Some(begun),
        created: house.vault.now(),
    };
    let write = house.sessions.keep_action(&one.token, &action, None).unwrap();
    house.vault.commit(vec![write.clone()]).await.unwrap();
    assert!(house.vault.commit(vec![write]).await.is_err());
    assert!(house.sessions.action(&one.token, "remove-factor/b").await.unwrap().is_none());
    assert!(house.sessions.action(&other.token, "remove-factor/a").await.unwrap().is_none());
    let row = house.sessions.action(&one.token, "remove-factor/a").await.unwrap().unwrap();

    assert_eq!(row.value.begun, action.begun);
    let used = house.sessions.keep_action(&one.token, &Action { begun: None, ..action }, Some(&row)).unwrap();
    house.vault.commit(vec![used.clone()]).await.unwrap();
    assert!(house.vault.commit(vec![used]).await.is_err(), "once");
    let row = house.sessions.action(&one.token, "remove-factor/a").await.unwrap().unwrap();
    assert_eq!(row.value.begun, None);
    house.later(10 * MINUTE);
    assert!(house.sessions.action(&one.token, "remove-factor/a").await.unwrap().is_none());
}

const WIKI: &str = "https://wiki.test";

impl House {
    /// A session on a site, by a ticket of this one.
    async fn on_site(&self, portal: &Opened, origin: &str) -> Result<Opened, SessionError> {
        let token = self.sessions.give_ticket(&portal.token, "a nonce", origin).await?;
        let ticket = self.sessions.take_ticket(&token).await?.expect("a ticket that nobody took");
        assert!(self.sessions.take_ticket(&token).await?.is_none(), "once");
        let source = self.sessions.source(&ticket).await?.expect("whoever asked for it");
        self.sessions.open_at_site(&ticket, &source, &place(), None).await
    }

    async fn level_at(&self, opened: &Opened, origin: &str) -> Level {
        self.sessions.visitor(Some(&opened.token), &At::Site(origin.to_owned())).await.unwrap().level()
    }
}

#[tokio::test]
async fn a_session_on_a_site_counts_there_and_asks_no_store() {
    let house = House::new();
    let user = house.user("alice").await;
    let portal = house.open(&user, vec![house.password(), house.totp()]).await;
    let wiki = house.on_site(&portal, WIKI).await.unwrap();
    assert_eq!(house.level_at(&wiki, WIKI).await, Level::Verified);
    assert_eq!(house.level_at(&wiki, "https://docs.test").await, Level::Stranger);
    assert_eq!(house.level(&wiki).await, Level::Stranger, "nor where our pages are");
    assert_eq!(house.level_at(&portal, WIKI).await, Level::Stranger, "nor the portal's on a site");

    house.level(&portal).await;
    let before = house.store.calls();
    for _ in 0..5 {
        // Long after the portal's own was used last: the login is kept alive by this one.
        house.later(20 * MINUTE);
        assert_eq!(house.level_at(&wiki, WIKI).await, Level::Verified);
    }
    assert_eq!(house.store.calls(), before);
    assert_eq!(house.level(&portal).await, Level::Verified);
    let (one, evidence) = (house.sessions.list(Some(user.id)).await.unwrap(), &portal.session.evidence);
    assert_eq!(one.len(), 1, "one login");
    assert_eq!(&wiki.session.evidence, evidence, "unchanged: kind, factor and time");

    // A glance keeps neither alive.
    house.later(29 * MINUTE);
    let glance = house.sessions.glance(Some(&wiki.token), &At::Site(WIKI.to_owned())).await.unwrap();
    assert_eq!(glance.level(), Level::Verified);
    house.later(MINUTE);
    assert_eq!(house.level_at(&wiki, WIKI).await, Level::Stranger);
    assert_eq!(house.level(&portal).await, Level::Stranger);
}

#[tokio::test]
async fn a_session_on_a_site_ends_with_the_login_and_outlives_a_step_up() {
    let house = House::new();
    let other = House::process(&house.vault, &house.accounts);
    let told: Arc<Mutex<Vec<Handle>>> = Arc::default();
    let ears = told.clone();
    house.sessions.on_end(Arc::new(move |handle| ears.lock().unwrap().push(handle.clone())));
    let user = house.user("alice").await;
    let known = house.open(&user, vec![house.password()]).await;
    let wiki = house.on_site(&known, WIKI).await.unwrap();
    let at = At::Site(WIKI.to_owned());
    assert_eq!(other.visitor(Some(&wiki.token), &at).await.unwrap().level(), Level::Known);

    let evidence = vec![house.password(), house.totp()];
    let verified = house.sessions.open(&user, evidence, &place(), Some(&known.session), vec![]).await.unwrap();
    assert_eq!(house.level_at(&wiki, WIKI).await, Level::Known, "it goes on, and does not rise");
    assert_eq!(other.visitor(Some(&wiki.token), &at).await.unwrap().level(), Level::Known);
    let stale = house.on_site(&known, WIKI).await;
    assert!(stale.is_err(), "the session that stepped up gives no more tickets");
    let higher = house.on_site(&verified, WIKI).await.unwrap();
    assert_eq!(house.level_at(&higher, WIKI).await, Level::Verified);
    house.sessions.tick().await.unwrap();
    assert!(!told.lock().unwrap().contains(&wiki.session.handle), "nobody was cut");

    // A ticket that is taken just before the end opens nothing after it.
    let token = house.sessions.give_ticket(&verified.token, "a nonce", WIKI).await.unwrap();
    let ticket = house.sessions.take_ticket(&token).await.unwrap().unwrap();
    let source = house.sessions.source(&ticket).await.unwrap().unwrap();
    // Ended by the handle that an application was told: all of the login.
    assert!(house.sessions.end(user.id, &wiki.session.handle, &Origin::default()).await.unwrap());
    for (one, opened) in [(&house.sessions, &wiki), (&other, &wiki), (&house.sessions, &higher)] {
        assert_eq!(one.visitor(Some(&opened.token), &at).await.unwrap().level(), Level::Stranger);
    }
    assert_eq!(house.level(&verified).await, Level::Stranger);
    let late = house.sessions.open_at_site(&ticket, &source, &place(), None).await;
    assert!(matches!(late, Err(SessionError::Vault(VaultError::Conflict(_)))));
    house.sessions.tick().await.unwrap();
    for opened in [&wiki, &higher, &verified] {
        assert!(told.lock().unwrap().contains(&opened.session.handle), "and its streams are cut");
    }
    assert!(house.sessions.pointers(user.id).await.unwrap().is_empty(), "nothing is left");
}

/// A sign-out and a step-up in another tab: whichever comes first, nothing is alive after the sign-out.
#[tokio::test]
async fn a_sign_out_ends_the_login_whatever_session_it_has_by_then() {
    let house = House::new();
    let user = house.user("alice").await;
    let evidence = || vec![house.password(), house.totp()];
    let known = house.open(&user, vec![house.password()]).await;
    let step_up =
        async |from: &Opened| house.sessions.open(&user, evidence(), &place(), Some(&from.session), vec![]).await;
    // Looked up, and replaced before it was ended.
    let verified = step_up(&known).await.unwrap();
    assert!(house.sessions.end(user.id, known.session.login(), &Origin::default()).await.unwrap());
    assert_eq!(house.level(&verified).await, Level::Stranger);
    assert!(step_up(&verified).await.is_err(), "and one that is under way comes too late");

    // Replaced before it was looked up: the dead token names its login for a minute, and opens nothing.
    let known = house.open(&user, vec![house.password()]).await;
    assert!(house.sessions.replaced(&known.token).await.unwrap().is_none(), "it is nobody's successor yet");
    let verified = step_up(&known).await.unwrap();
    assert_eq!(house.level(&known).await, Level::Stranger);
    let login = (user.id, known.session.handle.clone());
    assert_eq!(house.sessions.replaced(&known.token).await.unwrap(), Some(login));
    assert_eq!(house.level(&verified).await, Level::Verified);

    // All but this one, while this one steps up: it is still this one.
    let elsewhere = house.open(&user, evidence()).await;
    assert_eq!(house.sessions.end_all(user.id, Some(known.session.login()), &Origin::default()).await.unwrap(), 1);
    assert_eq!((house.level(&verified).await, house.level(&elsewhere).await), (Level::Verified, Level::Stranger));
    house.later(MINUTE);
    assert!(house.sessions.replaced(&known.token).await.unwrap().is_none());
}
