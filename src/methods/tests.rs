//! What holds for every method is told once, walking the registry; what each alone must hold follows.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use super::*;
use crate::account::{Accounts, NewUser, User};
use crate::audit::{self, Audit, Filter, Kind};
use crate::clock::{Clock, StillClock, Time};
use crate::config::ThrottleSection;
use crate::gateway::{ConsoleGateway, Outbox};
use crate::method::{
    Answer, Begun, Ceremony, CheckBegun, CheckError, Checked, Checks, Enrolled, Place, Prompt, Sending,
};
use crate::secret::{DerivedRandom, Key, Secret};
use crate::store::{Change, Expect, KeyRing, MemoryStore, Record, Vault};
use crate::throttle::{Lane, Throttle};
use crate::types::UserName;

#[path = "../../tests/support/authenticator.rs"]
mod authenticator;

use authenticator::{Authenticator, Says};

const SITE: &str = "https://wiki.example.com";

/// A house with all methods, in memory.
struct Bench {
    clock: Arc<StillClock>,
    vault: Vault,
    checks: Checks,
    outbox: Outbox,
}

/// A wizard's record.
#[derive(Serialize, Deserialize)]
struct Slot(Option<Begun>);

impl Record for Slot {
    const NAME: &'static str = "slot";
}

/// What a user has at hand: an app, a telephone, paper, a key.
struct Hands {
    secret: String,
    codes: Vec<String>,
    phone: &'static str,
    key: Authenticator,
}

impl Hands {
    fn new(number: u8) -> Self {
        let phone = if number == 1 { "+31612345667" } else { "+31612345668" };
        Self { secret: String::new(), codes: Vec::new(), phone, key: Authenticator::new(number) }
    }

    /// Answers what is asked, as an honest user would.
    fn answer(&mut self, prompt: &Prompt, bench: &Bench) -> Answer {
        if let Some(uri) = &prompt.otpauth {
            self.secret = uri.split("secret=").nth(1).unwrap().split('&').next().unwrap().to_owned();
        }
        if !prompt.codes.is_empty() {
            self.codes.clone_from(&prompt.codes);
            return fields(&[("acknowledged", "1")]);
        }
        let says = Says::honest(SITE);
        let code = match &prompt.ceremony {
            Some(Ceremony::Create(options)) => self.key.create(options, &says),
            Some(Ceremony::Get(options)) => self.key.get(options, &says),
            None if prompt.fields[0].name == "phone" => return fields(&[("phone", self.phone)]),
            None if prompt.sent_to.is_some() => bench.last_code(),
            None if prompt.hint == "method-recovery-ask" => self.codes.pop().unwrap(),
            None => app_code(&self.secret, bench.clock.wall(), 0),
        };
        fields(&[("code", &code)])
    }
}

impl Bench {
    fn new() -> Self {
        let outbox = Outbox::default();
        let gateways = Gateways { sms: Some(Arc::new(ConsoleGateway::new(outbox.clone()))), email: None };
        let written = BTreeMap::from([("sms".to_owned(), json!({"enabled": true, "countries": ["NL"]}))]);
        let mut problems = Problems::default();
        let origins = [Origin::parse(SITE).unwrap()];
        let registry = build(&written, &BuildEnv { gateways: &gateways, origins: &origins }, &mut problems);
        assert!(problems.is_empty(), "{problems}");

        let clock = Arc::new(StillClock::at(Time::from_secs(1_800_000_000)));
        let keys = Arc::new(KeyRing::new(Key::new([7; 32]), Vec::new()));
        let random = Arc::new(DerivedRandom::seeded(1));
        let vault = Vault::new(Arc::new(MemoryStore::default()), keys, clock.clone(), random);
        let checks = Checks {
            registry,
            accounts: Accounts::new(vault.clone()),
            throttle: Throttle::new(vault.clone(), &ThrottleSection::default()),
            audit: Audit::new(vault.clone(), Duration::from_secs(86_400), 1 << 20),
            gateways,
            texts: Arc::new(vestibule_templates::texts::Texts::english()),
        };
        Self { clock, vault, checks, outbox }
    }

    async fn user(&self, name: &str) -> Arc<User> {
        let name = UserName::parse(name).unwrap();
        if let Some(user) = self.checks.accounts.by_name(&name).await.unwrap() {
            return user;
        }
        let new = NewUser { name, display_name: None, email: None, groups: BTreeSet::new() };
        Arc::new(self.checks.accounts.add(new, false).await.unwrap())
    }

    fn last_code(&self) -> String {
        let text = self.outbox.messages().last().unwrap().text.expose().clone();
        text.rsplit('#').next().unwrap().to_owned()
    }

    fn keep(&self, slot: &str, begun: &Begun) -> Vec<Change> {
        vec![self.vault.put(format!("slot/{slot}"), Expect::Any, &Slot(Some(begun.clone())), None).unwrap()]
    }

    /// The writes that use up what a wizard remembers, if it remembers anything.
    async fn consume(&self, slot: &str) -> Vec<Change> {
        let key = format!("slot/{slot}");
        let row = self.vault.get::<Slot>(&key).await.unwrap();
        row.map(|row| self.vault.delete(key, Expect::Version(row.version))).into_iter().collect()
    }

    async fn begin_enrolment(
        &self,
        name: &str,
        id: &MethodId,
        answer: &Answer,
        previous: Option<&Begun>,
    ) -> Result<CheckBegun, CheckError> {
        let user = self.user(name).await;
        let random = DerivedRandom::seeded(user.factors.len() as u64);
        let keep = |begun: &Begun| Ok(self.keep(name, begun));
        let origin = audit::Origin::default();
        self.checks.begin_enrolment(&user, id, answer, &place(), previous, &origin, &random, keep).await
    }

    async fn finish_enrolment(&self, name: &str, begun: &Begun, answer: &Answer) -> Result<Enrolled, CheckError> {
        let (user, consume) = (self.user(name).await, self.consume(name).await);
        let spend = consume.clone();
        self.checks.finish_enrolment(&user, begun, answer, &place(), &audit::Origin::default(), spend, consume).await
    }

    /// A whole enrolment; the clock moves on, so that codes are fresh ones and no wait is left.
    async fn enrol(&self, name: &str, id: &MethodId, hands: &mut Hands) -> Enrolled {
        let mut begun = self.begin_enrolment(name, id, &Answer::default(), None).await.unwrap();
        if begun.prompt.fields[0].name == "phone" {
            let number = hands.answer(&begun.prompt, self);
            begun = self.begin_enrolment(name, id, &number, None).await.unwrap();
        }
        let answer = hands.answer(&begun.prompt, self);
        let enrolled = self.finish_enrolment(name, &begun.begun, &answer).await.unwrap();
        self.clock.advance(Duration::from_secs(61));
        enrolled
    }

    async fn begin(&self, name: &str, enrolled: &Enrolled, slot: &str) -> CheckBegun {
        let user = self.user(name).await;
        let keep = |begun: &Begun| Ok(self.keep(slot, begun));
        let origin = audit::Origin::default();
        self.checks.begin(&user, &enrolled.factor.id, &place(), None, &origin, keep).await.unwrap()
    }

    async fn check(&self, name: &str, begun: &Begun, answer: &Answer, slot: &str) -> Checked {
        let (user, consume) = (self.user(name).await, self.consume(slot).await);
        let origin = audit::Origin::default();
        self.checks.check(&user, begun, answer, &Lane::Strangers, &place(), &origin, consume).await.unwrap()
    }

    /// Every method, once a user has another factor beside fallbacks.
    async fn each(&self, hands: &mut Hands, name: &str) -> Vec<(MethodId, Enrolled)> {
        let mut all = Vec::new();
        for id in ids() {
            all.push((id.clone(), self.enrol(name, id, hands).await));
        }
        all
    }

    async fn events(&self, kind: Kind) -> usize {
        let rows = self.checks.audit.read(&Filter::default()).await.unwrap();
        rows.iter().filter(|(_, event)| event.kind == kind).count()
    }
}

fn place() -> Place {
    Place { name: "Wiki: ours".to_owned(), origin: SITE.to_owned(), host: "wiki.example.com".to_owned() }
}

fn fields(given: &[(&str, &str)]) -> Answer {
    Answer(given.iter().map(|(name, value)| ((*name).to_owned(), Secret::new((*value).to_owned()))).collect())
}

fn app_code(secret: &str, wall: Time, steps: i64) -> String {
    let secret = data_encoding::BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
    let totp = totp_rs::Builder::new().with_secret(secret).build_noncompliant();
    totp.generate(u64::try_from(wall.secs() + 30 * steps).unwrap()).to_string()
}

fn totp() -> MethodId {
    MethodId::new("totp")
}

fn junk() -> Vec<String> {
    let deep = "[".repeat(20_000);
    ["", "\0", "000000", "é😀٣٣٣٣٣٣", "-1", "{}", "null", "+12345", &"9".repeat(65_536), &deep]
        .map(str::to_owned)
        .into()
}

#[test]
fn ids_are_unique_and_read_back() {
    let all: Vec<_> = ids().collect();
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
    assert!(all.iter().all(|id| MethodId::parse(id.as_str()).as_ref() == Some(id)));
    assert!(METHODS.windows(2).all(|pair| pair[0].card.strength >= pair[1].card.strength), "strongest first");
}

#[tokio::test]
async fn every_word_of_a_method_is_in_the_catalogue() {
    let bench = Bench::new();
    let mut hands = Hands::new(1);
    for (id, enrolled) in bench.each(&mut hands, "alice").await {
        let user = bench.user("alice").await;
        let card = bench.checks.registry.get(&id).unwrap().card();
        let row = bench.checks.accounts.factor(&user, &enrolled.factor.id).await.unwrap();
        let asked = bench.checks.preview_check(&user, &row, &place()).unwrap();
        let random = DerivedRandom::seeded(1);
        let offered = bench.checks.preview_enrolment(&user, &id, &place(), &random).await.unwrap();
        let mut keys = vec![card.title, card.hint, asked.hint, offered.hint];
        keys.extend(
            asked.fields.iter().chain(&offered.fields).flat_map(|field| [Some(field.label), field.hint]).flatten(),
        );
        assert!(keys.iter().all(|key| bench.checks.texts.has(key)), "{id}: {keys:?}");
    }
}

#[tokio::test]
async fn each_method_enrols_proves_and_refuses_the_same_answer_again() {
    let bench = Bench::new();
    let mut hands = Hands::new(1);
    for (id, enrolled) in bench.each(&mut hands, "alice").await {
        assert!(enrolled.proof.is_second_factor() && !enrolled.proof.amr().is_empty(), "{id}");
        let made = bench.begin("alice", &enrolled, "one").await;
        let answer = hands.answer(&made.prompt, &bench);
        let Checked::Proved(proof) = bench.check("alice", &made.begun, &answer, "one").await else { panic!("{id}") };
        assert_eq!(proof.factor(), Some(&(id.clone(), enrolled.factor.id.clone())));
        // The same answer to the same question, and to a new one in another wizard.
        let again = bench.check("alice", &made.begun, &answer, "one").await;
        assert!(matches!(again, Checked::Wrong | Checked::Gone), "{id}: {again:?}");
        bench.clock.advance(Duration::from_secs(2));
        let other = bench.begin("alice", &enrolled, "two").await;
        let again = bench.check("alice", &other.begun, &answer, "two").await;
        assert!(matches!(again, Checked::Wrong), "{id}: {again:?}");
        bench.clock.advance(Duration::from_secs(3600));
    }
}

#[tokio::test]
async fn junk_is_wrong_to_each_method_and_counts() {
    let bench = Bench::new();
    let mut hands = Hands::new(1);
    for (id, enrolled) in bench.each(&mut hands, "alice").await {
        for junk in junk() {
            let made = bench.begin("alice", &enrolled, "one").await;
            let checked = bench.check("alice", &made.begun, &fields(&[("code", &junk)]), "one").await;
            assert!(matches!(checked, Checked::Wrong), "{id}: {checked:?}");
            let waits = bench.check("alice", &made.begun, &fields(&[("code", &junk)]), "one").await;
            assert!(matches!(waits, Checked::Wait(_)), "{id}: {waits:?}");
            bench.clock.advance(Duration::from_secs(3600));
        }
        for junk in junk() {
            let answer = fields(&[("code", &junk), ("phone", &junk), ("acknowledged", &junk)]);
            if let Ok(made) = bench.begin_enrolment("alice", &id, &answer, None).await {
                assert!(bench.finish_enrolment("alice", &made.begun, &answer).await.is_err(), "{id}");
            }
            bench.clock.advance(Duration::from_secs(3600));
        }
    }
}

#[tokio::test]
async fn nobody_is_proved_by_somebody_elses_answer() {
    let bench = Bench::new();
    let (mut alice, mut bob) = (Hands::new(1), Hands::new(2));
    // Some of bob's secrets would be alice's if both were made of the same randomness.
    bench.enrol("bob", &totp(), &mut bob).await;
    let bobs = bench.each(&mut bob, "bob").await;
    for ((id, hers), (_, his)) in bench.each(&mut alice, "alice").await.iter().zip(&bobs) {
        let asked = bench.begin("alice", hers, "alice").await;
        bench.clock.advance(Duration::from_secs(61));
        let theirs = bench.begin("bob", his, "bob").await;
        let prompt = Prompt { ceremony: asked.prompt.ceremony.clone(), ..theirs.prompt };
        let answer = bob.answer(&prompt, &bench);
        let checked = bench.check("alice", &asked.begun, &answer, "alice").await;
        assert!(matches!(checked, Checked::Wrong), "{id}: {checked:?}");
    }
}

#[tokio::test]
async fn one_answer_in_fifty_wizards_wins_once() {
    let bench = Bench::new();
    let mut hands = Hands::new(1);
    for (id, enrolled) in bench.each(&mut hands, "alice").await {
        let made = bench.begin("alice", &enrolled, "one").await;
        let answer = hands.answer(&made.prompt, &bench);
        let tries = (0..50).map(|_| bench.check("alice", &made.begun, &answer, "one"));
        let ends = futures_util::future::join_all(tries).await;
        assert_eq!(ends.iter().filter(|end| matches!(end, Checked::Proved(_))).count(), 1, "{id}");
        bench.clock.advance(Duration::from_secs(3600));
    }
}

#[tokio::test]
async fn what_a_get_shows_is_what_the_post_enrols() {
    let bench = Bench::new();
    let user = bench.user("alice").await;
    let show = || async {
        let random = DerivedRandom::seeded(0);
        bench.checks.preview_enrolment(&user, &totp(), &place(), &random).await.unwrap().otpauth.unwrap()
    };
    let shown = show().await;
    assert_eq!(shown, show().await);
    let begun = bench.begin_enrolment("alice", &totp(), &Answer::default(), None).await.unwrap();
    assert!(!begun.kept && begun.prompt.otpauth.as_ref() == Some(&shown));
    assert!(shown.starts_with("otpauth://totp/Wiki%20%20ours:alice?secret="), "{shown}");
}

#[tokio::test]
async fn a_factor_whose_method_is_gone_stays_and_is_not_usable() {
    let mut bench = Bench::new();
    let enrolled = bench.enrol("alice", &totp(), &mut Hands::new(1)).await;
    bench.checks.registry = Arc::default();
    let user = bench.user("alice").await;
    assert!(bench.checks.usable(&user).await.unwrap().is_empty());
    assert_eq!(bench.checks.accounts.factors(&user).await.unwrap().len(), 1);
    let keep = |_: &Begun| Ok(Vec::new());
    let origin = audit::Origin::default();
    let refused = bench.checks.begin(&user, &enrolled.factor.id, &place(), None, &origin, keep).await;
    assert!(matches!(refused, Err(CheckError::NoSuchMethod(_))));
}

#[tokio::test]
async fn usable_factors_come_last_used_first_and_fallbacks_last() {
    let bench = Bench::new();
    let mut hands = Hands::new(1);
    let all = bench.each(&mut hands, "alice").await;
    let made = bench.begin("alice", &all[1].1, "one").await;
    let answer = hands.answer(&made.prompt, &bench);
    assert!(matches!(bench.check("alice", &made.begun, &answer, "one").await, Checked::Proved(_)));
    let user = bench.user("alice").await;
    let usable = bench.checks.usable(&user).await.unwrap();
    let order: Vec<_> = usable.iter().map(|row| row.value.method.as_str()).collect();
    assert_eq!(order, ["totp", "webauthn", "sms", "recovery"]);
}

#[tokio::test]
async fn recovery_goes_with_the_last_other_factor_and_never_comes_first() {
    let bench = Bench::new();
    let recovery = MethodId::new("recovery");
    let first = bench.begin_enrolment("alice", &recovery, &Answer::default(), None).await;
    assert!(matches!(first, Err(CheckError::NoSuchMethod(_))));
    let mut hands = Hands::new(1);
    let app = bench.enrol("alice", &totp(), &mut hands).await;
    bench.enrol("alice", &recovery, &mut hands).await;
    let user = bench.user("alice").await;
    bench.checks.remove(&user, &app.factor.id, false, &audit::Origin::default(), Vec::new()).await.unwrap();
    assert!(bench.user("alice").await.factors.is_empty());
    assert_eq!(bench.events(Kind::FactorRemoved).await, 2);
}

#[tokio::test]
async fn new_recovery_codes_kill_the_old_ones_and_each_works_once() {
    let bench = Bench::new();
    let (recovery, mut hands) = (MethodId::new("recovery"), Hands::new(1));
    bench.enrol("alice", &totp(), &mut hands).await;
    let first = bench.enrol("alice", &recovery, &mut hands).await;
    let old = hands.codes.clone();
    assert_eq!(old.iter().collect::<BTreeSet<_>>().len(), 10);
    bench.enrol("alice", &totp(), &mut hands).await;
    let second = bench.enrol("alice", &recovery, &mut hands).await;
    assert_eq!(first.factor.id, second.factor.id);
    assert_eq!(bench.events(Kind::RecoveryRenewed).await, 1);

    let spelled = hands.codes[0].to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
    for (code, right) in [(&old[0], false), (&spelled, true), (&hands.codes[0], false)] {
        let made = bench.begin("alice", &second, "one").await;
        let checked = bench.check("alice", &made.begun, &fields(&[("code", code)]), "one").await;
        assert_eq!(matches!(checked, Checked::Proved(_)), right, "{checked:?}");
        bench.clock.advance(Duration::from_secs(3600));
    }
    let user = bench.user("alice").await;
    let row = bench.checks.accounts.factor(&user, &second.factor.id).await.unwrap();
    let method = bench.checks.registry.get(&recovery).unwrap();
    assert_eq!(method.describe(&row.value.state).remaining, Some(9));
}

#[tokio::test]
async fn codes_of_the_app_are_taken_one_step_around_now_and_only_forwards() {
    for (steps, right) in [(-2, false), (-1, true), (0, true), (1, true), (2, false), (15, false)] {
        let bench = Bench::new();
        let mut hands = Hands::new(1);
        let enrolled = bench.enrol("alice", &totp(), &mut hands).await;
        let code = app_code(&hands.secret, bench.clock.wall(), steps);
        let spaced = format!(" {} {}", &code[..3], &code[3..]);
        let made = bench.begin("alice", &enrolled, "one").await;
        let checked = bench.check("alice", &made.begun, &fields(&[("code", &spaced)]), "one").await;
        assert_eq!(matches!(checked, Checked::Proved(_)), right, "{steps}: {checked:?}");
    }
}

#[tokio::test]
async fn the_code_that_enrols_does_not_sign_in() {
    let bench = Bench::new();
    let mut hands = Hands::new(1);
    let begun = bench.begin_enrolment("alice", &totp(), &Answer::default(), None).await.unwrap();
    let answer = hands.answer(&begun.prompt, &bench);
    let enrolled = bench.finish_enrolment("alice", &begun.begun, &answer).await.unwrap();
    let made = bench.begin("alice", &enrolled, "one").await;
    assert!(matches!(bench.check("alice", &made.begun, &answer, "one").await, Checked::Wrong));
    assert_eq!(bench.events(Kind::FactorSuspect).await, 1);
}

#[tokio::test]
async fn wrong_answers_at_enrolment_wait_and_beginning_again_does_not_help() {
    let bench = Bench::new();
    let wrong = fields(&[("code", "000000")]);
    let begun = bench.begin_enrolment("alice", &totp(), &Answer::default(), None).await.unwrap();
    let refused = bench.finish_enrolment("alice", &begun.begun, &wrong).await;
    assert!(matches!(refused, Err(CheckError::Field(error)) if error.field == "code"));
    let begun = bench.begin_enrolment("alice", &totp(), &Answer::default(), None).await.unwrap();
    assert!(matches!(bench.finish_enrolment("alice", &begun.begun, &wrong).await, Err(CheckError::Wait(_))));
}

#[tokio::test]
async fn a_first_factor_that_came_meanwhile_ends_an_enrolment() {
    let bench = Bench::new();
    let stale = bench.user("alice").await;
    let begun = bench.begin_enrolment("alice", &totp(), &Answer::default(), None).await.unwrap();
    let mut other = Hands::new(1);
    bench.enrol("alice", &MethodId::new("webauthn"), &mut other).await;
    let answer = other.answer(&begun.prompt, &bench);
    let origin = audit::Origin::default();
    let refused =
        bench.checks.finish_enrolment(&stale, &begun.begun, &answer, &place(), &origin, Vec::new(), Vec::new()).await;
    assert!(refused.is_err());
    assert_eq!(bench.user("alice").await.factors.len(), 1);
}

#[tokio::test]
async fn a_key_belongs_to_one_user_until_it_is_removed() {
    let bench = Bench::new();
    let (webauthn, mut hands) = (MethodId::new("webauthn"), Hands::new(1));
    let enrolled = bench.enrol("alice", &webauthn, &mut hands).await;
    let begun = bench.begin_enrolment("bob", &webauthn, &Answer::default(), None).await.unwrap();
    let answer = hands.answer(&begun.prompt, &bench);
    let refused = bench.finish_enrolment("bob", &begun.begun, &answer).await;
    assert!(matches!(refused, Err(CheckError::AlreadyEnrolled)), "{refused:?}");
    let alice = bench.user("alice").await;
    bench.checks.remove(&alice, &enrolled.factor.id, false, &audit::Origin::default(), Vec::new()).await.unwrap();
    bench.clock.advance(Duration::from_secs(60));
    bench.enrol("bob", &webauthn, &mut hands).await;
}

#[tokio::test]
async fn a_key_that_lies_in_any_field_is_refused() {
    let bench = Bench::new();
    let (webauthn, mut hands) = (MethodId::new("webauthn"), Hands::new(1));
    let lies = |change: fn(&mut Says)| {
        let mut says = Says::honest(SITE);
        change(&mut says);
        says
    };
    let mut all = vec![
        lies(|says| says.rp_id = "example.com".to_owned()),
        lies(|says| says.user_present = false),
        lies(|says| says.cross_origin = Some(true)),
        lies(|says| says.top_origin = Some("https://evil.test".to_owned())),
        lies(|says| says.challenge = "AAAAAAAAAAAAAAAAAAAAAA".to_owned()),
        lies(|says| says.kind = "payment.get".to_owned()),
    ];
    for origin in [
        "http://wiki.example.com",
        "https://wiki.example.com:8443",
        "https://a.wiki.example.com",
        "https://example.com",
        "https://WIKI.example.com",
        "https://wiki.example.com.",
        "https://wiki.example.com/",
        "https://wiki.example.com.evil.test",
        "null",
    ] {
        all.push(Says::honest(origin));
    }
    let mut enrolling = all.clone();
    enrolling.push(lies(|says| says.algorithm = -8));
    for says in enrolling {
        let begun = bench.begin_enrolment("alice", &webauthn, &Answer::default(), None).await.unwrap();
        let Some(Ceremony::Create(options)) = &begun.prompt.ceremony else { panic!() };
        let answer = fields(&[("code", &hands.key.create(options, &says))]);
        let refused = bench.finish_enrolment("alice", &begun.begun, &answer).await;
        assert!(matches!(refused, Err(CheckError::Field(_))), "{says:?}: {refused:?}");
        bench.clock.advance(Duration::from_secs(3600));
    }

    let enrolled = bench.enrol("alice", &webauthn, &mut hands).await;
    all.push(lies(|says| says.good_signature = false));
    all.push(lies(|says| says.user_handle = Some(vec![1; 16])));
    all.push(lies(|says| says.backup_eligible = true));
    for says in all {
        let made = bench.begin("alice", &enrolled, "one").await;
        let Some(Ceremony::Get(options)) = &made.prompt.ceremony else { panic!() };
        let answer = fields(&[("code", &hands.key.get(options, &says))]);
        let checked = bench.check("alice", &made.begun, &answer, "one").await;
        assert!(matches!(checked, Checked::Wrong), "{says:?}: {checked:?}");
        // The challenge is used up by the wrong answer: the honest one comes too late.
        bench.clock.advance(Duration::from_secs(200));
        assert!(bench.vault.get::<Slot>("slot/one").await.unwrap().is_none());
        bench.clock.advance(Duration::from_secs(3600));
    }
    let made = bench.begin("alice", &enrolled, "one").await;
    let answer = hands.answer(&made.prompt, &bench);
    assert!(matches!(bench.check("alice", &made.begun, &answer, "one").await, Checked::Proved(_)));
}

#[tokio::test]
async fn a_counter_that_does_not_grow_is_told_and_one_that_stays_zero_is_none() {
    let bench = Bench::new();
    let (webauthn, mut hands) = (MethodId::new("webauthn"), Hands::new(1));
    let enrolled = bench.enrol("alice", &webauthn, &mut hands).await;
    for (counter, right) in [(5, true), (5, false), (4, false), (0, false), (6, true)] {
        let made = bench.begin("alice", &enrolled, "one").await;
        let Some(Ceremony::Get(options)) = &made.prompt.ceremony else { panic!() };
        let says = Says { counter: Some(counter), user_verified: counter == 6, ..Says::honest(SITE) };
        let answer = fields(&[("code", &hands.key.get(options, &says))]);
        let checked = bench.check("alice", &made.begun, &answer, "one").await;
        match checked {
            Checked::Proved(proof) if right => {
                let amr: &[&str] = if counter == 6 { &["hwk", "user"] } else { &["hwk"] };
                assert_eq!(proof.amr(), amr);
            }
            Checked::Wrong if !right => {}
            other => panic!("{counter}: {other:?}"),
        }
        bench.clock.advance(Duration::from_secs(3600));
    }
    assert_eq!(bench.events(Kind::FactorSuspect).await, 3);

    let mut other = Hands::new(2);
    let zero = Says { counter: Some(0), ..Says::honest(SITE) };
    let begun = bench.begin_enrolment("bob", &webauthn, &Answer::default(), None).await.unwrap();
    let Some(Ceremony::Create(options)) = &begun.prompt.ceremony else { panic!() };
    let answer = fields(&[("code", &other.key.create(options, &zero))]);
    let enrolled = bench.finish_enrolment("bob", &begun.begun, &answer).await.unwrap();
    for _ in 0..2 {
        let made = bench.begin("bob", &enrolled, "two").await;
        let Some(Ceremony::Get(options)) = &made.prompt.ceremony else { panic!() };
        let answer = fields(&[("code", &other.key.get(options, &zero))]);
        assert!(matches!(bench.check("bob", &made.begun, &answer, "two").await, Checked::Proved(_)));
    }
}

#[tokio::test]
async fn a_challenge_asks_for_any_key_and_is_good_for_five_minutes() {
    let bench = Bench::new();
    let (webauthn, mut hands) = (MethodId::new("webauthn"), Hands::new(1));
    let begun = bench.begin_enrolment("alice", &webauthn, &Answer::default(), None).await.unwrap();
    let Some(Ceremony::Create(options)) = &begun.prompt.ceremony else { panic!() };
    let asked: Value = serde_json::from_str(options).unwrap();
    let asked = &asked["publicKey"];
    assert_eq!(asked["authenticatorSelection"]["residentKey"], "preferred");
    assert_eq!(asked["authenticatorSelection"]["userVerification"], "preferred");
    assert_eq!(asked["rp"], json!({"id": "wiki.example.com", "name": "Wiki: ours"}));
    assert!(asked.get("hints").is_none() && asked["extensions"].get("credentialProtectionPolicy").is_none());
    assert!(asked["challenge"].as_str().unwrap().len() >= 22);

    let enrolled = bench.enrol("alice", &webauthn, &mut hands).await;
    let second = bench.begin_enrolment("alice", &webauthn, &Answer::default(), None).await.unwrap();
    let Some(Ceremony::Create(options)) = &second.prompt.ceremony else { panic!() };
    assert!(options.contains("excludeCredentials"));
    let made = bench.begin("alice", &enrolled, "one").await;
    let answer = hands.answer(&made.prompt, &bench);
    bench.clock.advance(Duration::from_secs(300));
    assert!(matches!(bench.check("alice", &made.begun, &answer, "one").await, Checked::Gone));
}

#[tokio::test]
async fn a_message_is_stored_before_it_is_sent_masked_and_paid_for() {
    let bench = Bench::new();
    let (sms, mut hands) = (MethodId::new("sms"), Hands::new(1));
    let enrolled = bench.enrol("alice", &sms, &mut hands).await;
    assert_eq!(bench.outbox.messages().len(), 1);
    let made = bench.begin("alice", &enrolled, "one").await;
    assert_eq!(made.prompt.sent_to.as_deref(), Some("+31 ** *** **67"));
    assert!(made.kept && matches!(made.sending, Sending::Sent { .. }));
    let text = bench.outbox.messages().last().unwrap().text.expose().clone();
    assert!(text.ends_with(&format!("@wiki.example.com #{}", bench.last_code())), "{text}");

    // Another wizard within the cool-down gets no message, and the code that was sent stays good.
    let second = bench.begin("alice", &enrolled, "two").await;
    assert!(matches!(second.sending, Sending::Wait(_)));
    assert_eq!(bench.outbox.messages().len(), 2);
    let code = fields(&[("code", &bench.last_code())]);
    assert!(matches!(bench.check("alice", &second.begun, &code, "two").await, Checked::Wrong), "another wizard's code");
    bench.clock.advance(Duration::from_secs(5));
    assert!(matches!(bench.check("alice", &made.begun, &code, "one").await, Checked::Proved(_)));
}

#[tokio::test]
async fn a_code_by_message_survives_a_typing_error_and_dies_by_age_and_by_a_newer_one() {
    let bench = Bench::new();
    let (sms, mut hands) = (MethodId::new("sms"), Hands::new(1));
    let enrolled = bench.enrol("alice", &sms, &mut hands).await;
    let made = bench.begin("alice", &enrolled, "one").await;
    let first = fields(&[("code", &bench.last_code())]);
    assert!(matches!(bench.check("alice", &made.begun, &fields(&[("code", "1")]), "one").await, Checked::Wrong));
    bench.clock.advance(Duration::from_secs(61));
    let newer = bench.begin("alice", &enrolled, "two").await;
    assert!(matches!(bench.check("alice", &made.begun, &first, "one").await, Checked::Wrong));
    bench.clock.advance(Duration::from_secs(600));
    let late = fields(&[("code", &bench.last_code())]);
    assert!(matches!(bench.check("alice", &newer.begun, &late, "two").await, Checked::Gone));
}

#[tokio::test]
async fn budgets_end_a_loop_of_sends_and_a_dead_gateway_says_so() {
    let mut bench = Bench::new();
    let (sms, mut hands) = (MethodId::new("sms"), Hands::new(1));
    let enrolled = bench.enrol("alice", &sms, &mut hands).await;
    for _ in 0..20 {
        bench.begin("alice", &enrolled, "one").await;
        bench.clock.advance(Duration::from_secs(61));
    }
    assert_eq!(bench.outbox.messages().len(), 6, "six an hour, the one of the enrolment included");
    bench.clock.advance(Duration::from_secs(7200));
    bench.checks.gateways = Gateways::default();
    let made = bench.begin("alice", &enrolled, "one").await;
    assert_eq!(made.sending, Sending::Failed);
    assert_eq!(bench.events(Kind::MessageFailed).await, 1);
}

#[tokio::test]
async fn only_telephones_that_messages_may_go_to_are_taken() {
    let bench = Bench::new();
    let sms = MethodId::new("sms");
    // Not a number, another country, too short, a fixed line, premium rate.
    for refused in ["abc", "+4915112345678", "+3161", "+31201234567", "+319001234", "0900 1234"] {
        let made = bench.begin_enrolment("alice", &sms, &fields(&[("phone", refused)]), None).await;
        assert!(matches!(made, Err(CheckError::Field(ref error)) if error.field == "phone"), "{refused}: {made:?}");
    }
    assert!(bench.outbox.messages().is_empty());
    let made = bench.begin_enrolment("alice", &sms, &fields(&[("phone", "06 1234 5667")]), None).await.unwrap();
    assert_eq!(made.prompt.sent_to.as_deref(), Some("+31 ** *** **67"));
}

fn built(written: Value, origins: &[&str], gateway: bool) -> (Arc<Registry>, Vec<String>) {
    let sms = gateway.then(|| Arc::new(ConsoleGateway::new(Outbox::default())) as Arc<dyn crate::gateway::Gateway>);
    let gateways = Gateways { sms, email: None };
    let origins: Vec<Origin> = origins.iter().map(|origin| Origin::parse(origin).unwrap()).collect();
    let mut problems = Problems::default();
    let written = serde_json::from_value(written).unwrap();
    let registry = build(&written, &BuildEnv { gateways: &gateways, origins: &origins }, &mut problems);
    (registry, problems.iter().map(|problem| problem.key.clone()).collect())
}

fn in_force(registry: &Registry) -> Vec<&str> {
    registry.iter().map(|method| method.card().id.as_str()).collect()
}

#[test]
fn the_configuration_switches_methods_and_every_mistake_is_told() {
    let (registry, problems) = built(json!({}), &[SITE], false);
    assert_eq!((in_force(&registry), problems.len()), (vec!["webauthn", "totp", "recovery"], 0));

    let from_environment = json!({"totp": {"enabled": "false"}, "sms": {"enabled": "true", "countries": "NL, BE"}});
    let (registry, problems) = built(from_environment, &[SITE], true);
    assert_eq!((in_force(&registry), problems.len()), (vec!["webauthn", "sms", "recovery"], 0), "{problems:?}");

    let wrong = json!({
        "totp": {"xyz": 1, "skew": 2, "max_drift": "far"},
        "webauthn": {"rp_id": "other.test"},
        "sms": {"enabled": true},
        "recovery": 3,
        "retina": {},
    });
    let (_, problems) = built(wrong, &[SITE], false);
    let told = [
        "methods.retina",
        "methods.webauthn.rp_id",
        "methods.totp.max_drift",
        "methods.totp.xyz",
        "methods.totp.skew",
        "methods.sms.enabled",
        "methods.sms.countries",
        "methods.recovery",
    ];
    assert_eq!(problems, told);
    assert!(built(json!({"sms": {"countries": ["NL"]}}), &[SITE], false).1.is_empty(), "off: no gateway is missed");
}

#[test]
fn two_of_one_id_do_not_start() {
    let (registry, _) = built(json!({}), &[SITE], false);
    let twice: Vec<_> = registry.iter().chain(registry.iter()).cloned().collect();
    assert!(Registry::new(twice).is_err());
}

#[test]
fn keys_need_one_domain_that_all_sites_share() {
    for (rp_id, origins, problem) in [
        ("", &["https://a.example.com", "https://b.example.com"][..], true),
        ("", &["https://*.example.com"], true),
        ("example.com", &["https://a.example.com", "https://*.example.com", "https://example.com:8443"], false),
        ("xample.com", &["https://example.com"], true),
        ("com", &["https://example.com"], true),
        ("", &["http://localhost:8080"], false),
    ] {
        let (_, problems) = built(json!({"webauthn": {"rp_id": rp_id}}), origins, false);
        assert_eq!(!problems.is_empty(), problem, "{rp_id} {origins:?}: {problems:?}");
    }
    for origins in [&["https://10.0.0.1"][..], &["http://wiki.example.com"], &[]] {
        let (registry, problems) = built(json!({}), origins, false);
        assert!(problems.is_empty());
        assert_eq!(registry.absent().len(), 1, "{origins:?}");
        assert_eq!(in_force(&registry), ["totp", "recovery"]);
    }
}

#[tokio::test]
async fn another_domain_strands_keys_and_says_how_many() {
    let mut bench = Bench::new();
    let mut hands = Hands::new(1);
    let key = bench.enrol("alice", &MethodId::new("webauthn"), &mut hands).await;
    let app = bench.enrol("alice", &totp(), &mut hands).await;
    let both = [&key.factor, &app.factor];
    assert_eq!(bench.checks.registry.stranded(both), 0);
    bench.checks.registry = built(json!({"webauthn": {"rp_id": "example.com"}}), &[SITE], false).0;
    assert_eq!(bench.checks.registry.stranded(both), 1);
    let user = bench.user("alice").await;
    let usable = bench.checks.usable(&user).await.unwrap();
    assert_eq!(usable.len(), 1);
}
