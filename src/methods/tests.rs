//! What holds for every method is told once, walking the registry; what each alone must hold follows.

mod every;

use std::collections::BTreeSet;
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use vestibule_templates::Texts;

use super::*;
use crate::account::{AccountError, Accounts, Label, NewUser, User};
use crate::audit::{self, Audit, Filter, Kind};
use crate::clock::{Clock, StillClock, Time};
use crate::config::ThrottleSection;
use crate::gateway::validation_server::{self, YubiKey};
use crate::gateway::{ConsoleGateway, Outbox, Receiver};
use crate::method::{
    Answer, Asker, Begun, Ceremony, CheckBegun, CheckError, Checked, Checks, Enrolled, Place, Prompt, Sending, Speech,
};
use crate::post::Post;
use crate::secret::{DerivedRandom, Key, Secret};
use crate::store::{Change, Expect, KeyRing, MemoryStore, Record, Vault};
use crate::throttle::{Lane, Throttle};
use crate::types::UserName;

#[path = "../../tests/support/authenticator.rs"]
mod authenticator;

use authenticator::{Attestation, Authenticator, Maker, Says};

const SITE: &str = "https://wiki.example.com";

/// A house with all methods, in memory.
struct Bench {
    clock: Arc<StillClock>,
    store: Arc<MemoryStore>,
    start: u64,
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

/// What a user has at hand: an app, a token that counts, a telephone, a mailbox, paper, a key, a key that types.
struct Hands {
    secret: String,
    token: Token,
    codes: Vec<String>,
    phone: &'static str,
    mailbox: String,
    yubikey: YubiKey,
    key: Authenticator,
}

impl Hands {
    fn new(number: u8) -> Self {
        let phone = if number == 1 { "+31612345667" } else { "+31612345668" };
        let (secret, token) = (String::new(), Token::default());
        let mailbox = format!("somebody{number}@example.com");
        let (key, yubikey) = (Authenticator::new(number), YubiKey::new());
        Self { secret, token, codes: Vec::new(), phone, mailbox, yubikey, key }
    }

    /// Answers what is asked, as an honest user would.
    fn answer(&mut self, prompt: &Prompt, bench: &Bench) -> Answer {
        if let Some(uri) = &prompt.otpauth {
            let secret = uri.split("secret=").nth(1).unwrap().split('&').next().unwrap().to_owned();
            match uri.starts_with("otpauth://hotp/") {
                true => self.token = Token { secret, counter: 0 },
                false => self.secret = secret,
            }
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
            None if prompt.fields[0].name == "email" => return fields(&[("email", &self.mailbox)]),
            None if prompt.sent_to.is_some() => bench.last_code(),
            None if prompt.fields[0].label == "field-recovery-code" => self.codes.pop().unwrap(),
            None if matches!(prompt.hint, "method-yubikey-ask" | "method-yubikey-enrol") => self.yubikey.touch(),
            None if matches!(prompt.hint, "method-hotp-ask" | "method-hotp-enrol") => self.token.press(),
            None => app_code(&self.secret, bench.clock.wall(), 0),
        };
        fields(&[("code", &code)])
    }
}

/// A token with a button.
#[derive(Default)]
struct Token {
    secret: String,
    counter: u64,
}

impl Token {
    fn press(&mut self) -> String {
        let secret = data_encoding::BASE32_NOPAD.decode(self.secret.as_bytes()).unwrap();
        let builder = totp_rs::Builder::new().with_secret(secret).with_step_duration(1);
        self.counter += 1;
        builder.build_noncompliant().generate(self.counter - 1).to_string()
    }
}

impl Bench {
    fn new() -> Self {
        Self::with(json!({}))
    }

    /// The same with more written of some methods; all are switched on.
    fn with(sections: Value) -> Self {
        let outbox = Outbox::default();
        let console = || Some(Arc::new(ConsoleGateway::new(outbox.clone())) as Arc<dyn crate::gateway::Gateway>);
        let gateways = Gateways { sms: console(), voice: console(), email: console(), ..Gateways::default() };
        let mut written: BTreeMap<String, Value> = serde_json::from_value(sections).unwrap();
        for id in ids() {
            written.entry(id.to_string()).or_insert_with(|| json!({}))["enabled"] = json!(true);
        }
        for id in ["sms", "voice"] {
            let Some(Value::Object(section)) = written.get_mut(id) else { panic!("{id}") };
            section.entry("countries").or_insert_with(|| json!(["NL"]));
        }
        if let Some(Value::Object(section)) = written.get_mut("yubikey") {
            let given = std::mem::replace(section, validation());
            section.extend(given);
        }
        let mut problems = Problems::default();
        let origins = [Origin::parse(SITE).unwrap()];
        let registry = build(&written, &BuildEnv { gateways: &gateways, origins: &origins }, &mut problems);
        assert!(problems.is_empty(), "{problems}");

        let clock = Arc::new(StillClock::at(Time::from_secs(1_800_000_000)));
        Self::over(Arc::default(), 1, clock, outbox, registry, gateways)
    }

    /// The process that starts on this store as the so many-th; each draws randomness of its own.
    fn over(
        store: Arc<MemoryStore>,
        start: u64,
        clock: Arc<StillClock>,
        outbox: Outbox,
        registry: Arc<Registry>,
        gateways: Gateways,
    ) -> Self {
        let keys = Arc::new(KeyRing::new(Key::new([7; 32]), Vec::new()));
        let random = Arc::new(DerivedRandom::seeded(start));
        let vault = Vault::new(store.clone(), keys, clock.clone(), random);
        let checks = Checks {
            registry,
            accounts: Accounts::new(vault.clone()),
            throttle: Throttle::new(vault.clone(), &ThrottleSection::default()),
            audit: Audit::new(vault.clone(), Duration::from_secs(86_400), 1 << 20),
            gateways,
            post: Post::default(),
        };
        Self { clock, store, start, vault, checks, outbox }
    }

    /// The same house after the process died: nothing but the store is left of it.
    fn restarted(self) -> Self {
        let Checks { registry, gateways, .. } = self.checks;
        Self::over(self.store, self.start + 1, self.clock, self.outbox, registry, gateways)
    }

    /// Makes a user whose mail address the operator set.
    async fn with_address(&self, name: &str, email: &str) {
        let user = self.user(name).await;
        let set = |user: &mut User| user.email = Some(email.to_owned());
        self.checks.accounts.edit(user.id, set, Vec::new()).await.unwrap();
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
        let message = self.outbox.messages().pop().unwrap();
        let text = message.text.expose();
        let mut digits = text.split(|c: char| !c.is_ascii_digit());
        match message.to {
            Receiver::Call(_) => digits.filter(|word| word.len() == 1).take(6).collect(),
            _ => digits.find(|word| word.len() == 6).unwrap().to_owned(),
        }
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
        self.checks.begin_enrolment(by(&user, &place(), &origin), id, answer, previous, &random, keep).await
    }

    async fn finish_enrolment(&self, name: &str, begun: &Begun, answer: &Answer) -> Result<Enrolled, CheckError> {
        let (user, consume) = (self.user(name).await, self.consume(name).await);
        let spend = consume.clone();
        self.checks
            .finish_enrolment(by(&user, &place(), &audit::Origin::default()), begun, answer, spend, consume)
            .await
    }

    /// A whole enrolment; the clock moves on, so that codes are fresh ones and no wait is left.
    async fn enrol(&self, name: &str, id: &MethodId, hands: &mut Hands) -> Enrolled {
        let mut begun = self.begin_enrolment(name, id, &Answer::default(), None).await.unwrap();
        if matches!(begun.prompt.fields[0].name, "phone" | "email") {
            let address = hands.answer(&begun.prompt, self);
            begun = self.begin_enrolment(name, id, &address, None).await.unwrap();
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
        self.checks.begin(by(&user, &place(), &origin), &enrolled.factor.id, None, keep).await.unwrap()
    }

    async fn check(&self, name: &str, begun: &Begun, answer: &Answer, slot: &str) -> Checked {
        let (user, consume) = (self.user(name).await, self.consume(slot).await);
        let origin = audit::Origin::default();
        self.checks.check(by(&user, &place(), &origin), begun, answer, &Lane::Strangers, consume).await.unwrap()
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

/// What a validation server that all tests share asks of a section.
fn validation() -> Map<String, Value> {
    static SERVER: std::sync::OnceLock<(tempfile::TempDir, String)> = std::sync::OnceLock::new();
    let (folder, url) = SERVER.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let key = data_encoding::BASE64.encode(validation_server::KEY);
        std::fs::write(folder.path().join("key"), key).unwrap();
        let shut = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(folder.path().join("key"), shut).unwrap();
        (folder, format!("http://{}/verify", validation_server::start(|_| {})))
    });
    let section = json!({
        "client_id": validation_server::CLIENT,
        "key_file": folder.path().join("key"),
        "servers": [url],
        "timeout": "20s",
    });
    serde_json::from_value(section).unwrap()
}

fn place() -> Place {
    let texts = vestibule_templates::Texts::english();
    Place { name: "Wiki: ours".to_owned(), origin: SITE.to_owned(), host: "wiki.example.com".to_owned(), texts }
}

fn by<'a>(user: &'a User, place: &'a Place, origin: &'a audit::Origin) -> Asker<'a> {
    Asker { user, place, origin, browser: &[] }
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

/// Nothing at all is no answer, and is said to be none.
fn junk() -> Vec<String> {
    let deep = "[".repeat(20_000);
    ["-", "\0", "000000", "é😀٣٣٣٣٣٣", "-1", "{}", "null", "+12345", &"9".repeat(65_536), &deep]
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
        let mut keys = vec![card.title, card.hint];
        // Empty is a question that its fields say whole.
        keys.extend([asked.hint, offered.hint].into_iter().filter(|hint| !hint.is_empty()));
        keys.extend(
            asked.fields.iter().chain(&offered.fields).flat_map(|field| [Some(field.label), field.hint]).flatten(),
        );
        let unnamed = format!("method-{id}-label");
        keys.push(&unnamed);
        assert!(keys.iter().all(|key| place().texts.has(key)), "{id}: {keys:?}");
    }
}

/// A name that nobody gave is kept as none, and read in any language; also where what was proposed is left as it was.
#[tokio::test]
async fn a_name_that_nobody_gave_is_no_name() {
    let bench = Bench::new();
    let mut hands = Hands::new(1);
    let german = Texts::all().iter().find(|texts| texts.lang() == "de").unwrap();
    for (id, enrolled) in bench.each(&mut hands, "alice").await {
        assert_eq!(enrolled.factor.label, Label::Nth(1), "{id}");
        assert_eq!(enrolled.factor.name(german), german.text(&format!("method-{id}-label")), "{id}");
    }
    let user = bench.user("alice").await;
    let rows = bench.checks.accounts.factors(&user).await.unwrap();
    let totp = MethodId::new("totp");
    let german = Place { texts: german.clone(), ..place() };
    let random = DerivedRandom::seeded(1);
    let offered = bench.checks.preview_enrolment(&user, &totp, &german, &random).await.unwrap();
    let proposed = offered.fields.iter().find(|field| field.name == "label").unwrap().value.clone();
    assert_eq!(proposed, "Authenticator-App 2");
    assert!(crate::method::is_taken("authenticator-app", &rows), "in German");
    assert!(!crate::method::is_taken(&proposed, &rows));
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
            let answer = fields(&[("code", &junk), ("phone", &junk), ("email", &junk), ("acknowledged", &junk)]);
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
    let refused = bench.checks.begin(by(&user, &place(), &origin), &enrolled.factor.id, None, keep).await;
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
    assert_eq!(order[..4], ["totp", "webauthn", "hotp", "yubikey"]);
    assert_eq!(BTreeSet::from_iter(&order[4..7]), BTreeSet::from_iter(&["sms", "voice", "email"]), "equally strong");
    assert_eq!(order[7..], ["recovery"]);
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

/// The device's clock is ahead, and goes further ahead.
#[tokio::test]
async fn a_drifting_clock_is_followed_by_one_step_where_that_is_allowed() {
    for (max_drift, allowed) in [(0, &[1][..]), (1, &[1, 2, 2])] {
        let bench = Bench::with(json!({"totp": {"max_drift": max_drift}}));
        let mut hands = Hands::new(1);
        let enrolled = bench.enrol("alice", &totp(), &mut hands).await;
        let mut tries: Vec<_> = allowed.iter().map(|steps| (*steps, true)).collect();
        tries.push((allowed.len().min(2) as i64 + 1, false));
        for (steps, right) in tries {
            let code = app_code(&hands.secret, bench.clock.wall(), steps);
            let made = bench.begin("alice", &enrolled, "one").await;
            let checked = bench.check("alice", &made.begun, &fields(&[("code", &code)]), "one").await;
            assert_eq!(matches!(checked, Checked::Proved(_)), right, "{max_drift} {steps}: {checked:?}");
            bench.clock.advance(Duration::from_secs(300));
        }
    }
}

#[tokio::test]
async fn longer_codes_of_another_hash_are_handed_over_and_kept_when_the_configuration_changes() {
    let mut bench = Bench::with(json!({"totp": {"digits": 8, "algorithm": "SHA256"}}));
    let begun = bench.begin_enrolment("alice", &totp(), &Answer::default(), None).await.unwrap();
    let uri = begun.prompt.otpauth.unwrap();
    assert!(uri.ends_with("&algorithm=SHA256&digits=8&period=30"), "{uri}");
    let secret = uri.split("secret=").nth(1).unwrap().split('&').next().unwrap();
    let secret = data_encoding::BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
    assert_eq!(secret.len(), 32);
    let builder = totp_rs::Builder::new().with_algorithm(totp_rs::Algorithm::SHA256).with_digits(8);
    let app = builder.with_secret(secret).build().unwrap();
    let shown = |bench: &Bench| fields(&[("code", &app.generate(bench.clock.wall().secs() as u64).to_string())]);
    let enrolled = bench.finish_enrolment("alice", &begun.begun, &shown(&bench)).await.unwrap();

    bench.checks.registry = Bench::new().checks.registry;
    bench.clock.advance(Duration::from_secs(60));
    let made = bench.begin("alice", &enrolled, "one").await;
    assert!(matches!(bench.check("alice", &made.begun, &shown(&bench), "one").await, Checked::Proved(_)));
}

#[tokio::test]
async fn a_token_may_run_ahead_as_far_as_allowed_and_every_older_code_is_dead() {
    let hotp = MethodId::new("hotp");
    let bench = Bench::with(json!({"sms": {"countries": ["NL"]}, "hotp": {"look_ahead": 1}}));
    let mut hands = Hands::new(1);
    let begun = bench.begin_enrolment("alice", &hotp, &Answer::default(), None).await.unwrap();
    assert!(begun.prompt.otpauth.as_ref().unwrap().ends_with("&algorithm=SHA1&digits=6&counter=0"));
    let enrolled = bench.enrol("alice", &hotp, &mut hands).await;
    let codes: Vec<String> = (0..200).map(|_| hands.token.press()).collect();
    let pair = |first: usize, second: usize| format!("{} {}", codes[first], codes[second]);
    // The counter expects code 0 of these.
    let (far, torn, next) = (pair(150, 151), pair(60, 62), pair(60, 61));
    for (code, right) in [
        (&codes[2], false),
        (&codes[1], true),
        (&codes[0], false),
        (&codes[1], false),
        (&codes[2], true),
        (&far, false),
        (&torn, false),
        (&next, true),
        (&next, false),
        (&codes[61], false),
        (&codes[62], true),
    ] {
        let made = bench.begin("alice", &enrolled, "one").await;
        let checked = bench.check("alice", &made.begun, &fields(&[("code", code)]), "one").await;
        assert_eq!(matches!(checked, Checked::Proved(_)), right, "{code}: {checked:?}");
        bench.clock.advance(Duration::from_secs(3600));
    }
    assert!(bench.events(Kind::FactorSuspect).await >= 2, "a dead code is told");
}

#[tokio::test]
async fn a_key_that_types_is_asked_about_and_nothing_but_a_yes_lets_in() {
    let yubikey = MethodId::new("yubikey");
    let mut bench = Bench::new();
    let (mut hands, mut other) = (Hands::new(1), Hands::new(2));
    let enrolled = bench.enrol("alice", &yubikey, &mut hands).await;
    // One key is one factor of one user, and a code that was made up enrols nothing.
    let begun = bench.begin_enrolment("bob", &yubikey, &Answer::default(), None).await.unwrap();
    let hers = fields(&[("code", &hands.yubikey.touch())]);
    let refused = bench.finish_enrolment("bob", &begun.begun, &hers).await;
    assert!(matches!(refused, Err(CheckError::AlreadyEnrolled)), "{refused:?}");
    bench.clock.advance(Duration::from_secs(3600));
    let forged = other.yubikey.touch().replace('b', "d");
    let refused = bench.finish_enrolment("bob", &begun.begun, &fields(&[("code", &forged)])).await;
    assert!(refused.is_err());

    let (old, shouted) = (hands.yubikey.touch(), format!(" {} ", hands.yubikey.touch().to_uppercase()));
    let foreign = other.yubikey.touch();
    for (code, right) in [(&foreign, false), (&forged, false), (&shouted, true), (&shouted, false), (&old, false)] {
        let made = bench.begin("alice", &enrolled, "one").await;
        let checked = bench.check("alice", &made.begun, &fields(&[("code", code)]), "one").await;
        assert_eq!(matches!(checked, Checked::Proved(_)), right, "{code}: {checked:?}");
        bench.clock.advance(Duration::from_secs(3600));
    }
    assert_eq!(bench.events(Kind::FactorSuspect).await, 2, "what the server refused is told");

    // A server that forgot what it saw helps nobody: our own counter stays.
    let forgetful = json!({"servers": [format!("http://{}/", validation_server::start(|_| {}))]});
    let sms = json!({"countries": ["NL"]});
    bench.checks.registry = Bench::with(json!({"sms": sms, "yubikey": forgetful})).checks.registry;
    for (code, right) in [(old, false), (hands.yubikey.touch(), true)] {
        let made = bench.begin("alice", &enrolled, "one").await;
        let checked = bench.check("alice", &made.begun, &fields(&[("code", &code)]), "one").await;
        assert_eq!(matches!(checked, Checked::Proved(_)), right, "{checked:?}");
        bench.clock.advance(Duration::from_secs(3600));
    }

    let nobody = json!({"servers": ["http://127.0.0.1:1/"]});
    bench.checks.registry = Bench::with(json!({"sms": sms, "yubikey": nobody})).checks.registry;
    let made = bench.begin("alice", &enrolled, "one").await;
    let (user, answer) = (bench.user("alice").await, fields(&[("code", &hands.yubikey.touch())]));
    let origin = audit::Origin::default();
    let lane = Lane::Strangers;
    let checked = bench.checks.check(by(&user, &place(), &origin), &made.begun, &answer, &lane, Vec::new()).await;
    assert!(matches!(checked, Err(CheckError::Field(ref error)) if error.text == "error-busy"), "{checked:?}");
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
    let refused = bench
        .checks
        .finish_enrolment(by(&stale, &place(), &origin), &begun.begun, &answer, Vec::new(), Vec::new())
        .await;
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

/// What an enrolment of this key comes to.
async fn enrol_key(bench: &Bench, key: &mut Authenticator, says: &Says) -> Result<Enrolled, CheckError> {
    let begun = bench.begin_enrolment("alice", &MethodId::new("webauthn"), &Answer::default(), None).await.unwrap();
    let Some(Ceremony::Create(options)) = &begun.prompt.ceremony else { panic!() };
    let answer = fields(&[("code", &key.create(options, says))]);
    let enrolled = bench.finish_enrolment("alice", &begun.begun, &answer).await;
    bench.clock.advance(Duration::from_secs(3600));
    enrolled
}

#[tokio::test]
async fn wa_13_only_models_that_their_makers_vouch_for() {
    const OURS: [u8; 16] = [0x11; 16];
    const OTHER: [u8; 16] = [0x22; 16];
    let makers = [OURS, OTHER, [0x33; 16]].map(|model| Arc::new(Maker::of(model)));
    let [ours, other, stranger] = &makers;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("makers.pem");
    std::fs::write(&file, format!("# two makers\n{}\n{}", ours.root, other.root)).unwrap();

    let says = |model: [u8; 16], attestation| Says { aaguid: model, attestation, ..Says::honest(SITE) };
    let by = |maker: &Arc<Maker>| Attestation::Maker(maker.clone());
    let lied = |model| Says { good_signature: true, ..says(model, by(ours)) };
    let self_styled = Arc::new(Maker::calling_itself("Something else", OURS));
    let (allow, deny) = (json!([uuid::Uuid::from_bytes(OURS)]), json!([uuid::Uuid::from_bytes(OURS).to_string()]));
    let proved = json!({"attestation": "direct", "attestation_ca_file": &file});
    let with = |key: &str, list: &Value| {
        let mut section = proved.clone();
        section[key] = list.clone();
        section
    };
    for (what, section, says, accepted) in [
        ("a proved model", proved.clone(), says(OURS, by(ours)), true),
        ("another proved model", proved.clone(), says(OTHER, by(other)), true),
        ("no proof", proved.clone(), says(OURS, Attestation::None), false),
        ("its own word", proved.clone(), says(OURS, Attestation::Itself), false),
        ("a maker nobody knows", proved.clone(), says([0x33; 16], by(stranger)), false),
        ("another model than the certificate's", proved.clone(), lied(OTHER), false),
        ("a certificate for something else", proved.clone(), says(OURS, by(&self_styled)), false),
        ("a format nobody knows", proved.clone(), says(OURS, Attestation::Named("apple-pie")), false),
        ("an allowed model", with("aaguid_allow", &allow), says(OURS, by(ours)), true),
        ("one that is not allowed", with("aaguid_allow", &allow), says(OTHER, by(other)), false),
        ("a denied model", with("aaguid_deny", &deny), says(OURS, by(ours)), false),
        ("one that is not denied", with("aaguid_deny", &deny), says(OTHER, by(other)), true),
        // Nobody asked, and nobody is believed.
        ("any model", json!({}), says(OURS, Attestation::None), true),
        ("a proof nobody asked for", json!({}), says(OURS, by(ours)), true),
        ("a wrong proof nobody asked for", json!({}), lied(OTHER), false),
    ] {
        let direct = !section["attestation"].is_null();
        let bench = Bench::with(json!({"sms": {"countries": ["NL"]}, "webauthn": section}));
        let begun = bench.begin_enrolment("alice", &MethodId::new("webauthn"), &Answer::default(), None).await.unwrap();
        let Some(Ceremony::Create(options)) = &begun.prompt.ceremony else { panic!() };
        let asked: Value = serde_json::from_str(options).unwrap();
        assert_eq!(asked["publicKey"]["attestation"], if direct { "direct" } else { "none" }, "{what}");
        match enrol_key(&bench, &mut Authenticator::new(1), &says).await {
            Ok(_) => assert!(accepted, "{what} was accepted"),
            Err(CheckError::Field(error)) => {
                assert!(!accepted && error.field == "code", "{what}: {error:?}");
                let model = matches!(what, "no proof" | "its own word" | "a maker nobody knows")
                    || what.ends_with("allowed")
                    || what.starts_with("a denied");
                assert_eq!(error.text == "error-key-model", model, "{what}: {error:?}");
            }
            Err(other) => panic!("{what}: {other:?}"),
        }
    }
}

#[test]
fn models_are_named_only_where_they_are_proved() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let good = file("good.pem", &Maker::of([1; 16]).root);
    let empty = file("empty.pem", "nothing");
    let torn = file("torn.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    let some = "cb69481e-8ff7-4039-93ec-0a2729a154a8";
    for (section, told) in [
        (json!({"attestation": "direct", "attestation_ca_file": good, "aaguid_allow": [some]}), vec![]),
        (json!({"attestation": "direct"}), vec!["attestation_ca_file"]),
        (json!({"attestation": "direct", "attestation_ca_file": empty}), vec!["attestation_ca_file"]),
        (json!({"attestation": "direct", "attestation_ca_file": torn}), vec!["attestation_ca_file"]),
        (json!({"attestation": "direct", "attestation_ca_file": "/nowhere"}), vec!["attestation_ca_file"]),
        (json!({"aaguid_allow": [some]}), vec!["aaguid_allow"]),
        (
            json!({"attestation": "none", "aaguid_deny": [some], "attestation_ca_file": good}),
            vec!["aaguid_deny", "attestation_ca_file"],
        ),
        (json!({"attestation": "indirect"}), vec!["attestation"]),
        (
            json!({"attestation": "direct", "attestation_ca_file": good, "aaguid_deny": [some, "YubiKey"]}),
            vec!["aaguid_deny[1]"],
        ),
        (json!({"user_verification": "discouraged"}), vec!["user_verification"]),
        (json!({"hints": ["hybrid", "phone"]}), vec!["hints[1]"]),
    ] {
        let (_, problems) = built(json!({"webauthn": section}), &[SITE], false);
        let told: Vec<String> = told.iter().map(|key| format!("methods.webauthn.{key}")).collect();
        assert_eq!(problems, told, "{section}");
    }
}

#[tokio::test]
async fn wa_05_where_the_owner_must_be_seen_a_touch_is_not_enough() {
    let section = json!({"user_verification": "required", "hints": ["client-device", "hybrid"]});
    let bench = Bench::with(json!({"sms": {"countries": ["NL"]}, "webauthn": section}));
    let mut key = Authenticator::new(1);
    let (touch, seen) = (Says::honest(SITE), Says { user_verified: true, ..Says::honest(SITE) });
    assert!(enrol_key(&bench, &mut key, &touch).await.is_err());
    let enrolled = enrol_key(&bench, &mut key, &seen).await.unwrap();
    for (says, right) in [(&touch, false), (&seen, true)] {
        let made = bench.begin("alice", &enrolled, "one").await;
        let Some(Ceremony::Get(options)) = &made.prompt.ceremony else { panic!() };
        let asked: Value = serde_json::from_str(options).unwrap();
        assert_eq!(asked["publicKey"]["userVerification"], "required");
        assert_eq!(asked["publicKey"]["hints"], json!(["client-device", "hybrid"]));
        let answer = fields(&[("code", &key.get(options, says))]);
        let checked = bench.check("alice", &made.begun, &answer, "one").await;
        assert_eq!(matches!(checked, Checked::Proved(_)), right, "{checked:?}");
        bench.clock.advance(Duration::from_secs(3600));
    }
}

/// Whichever methods can: no other begins without a name, and what they ask then names nobody.
#[tokio::test]
async fn only_methods_that_can_begin_a_login_alone() {
    let bench = Bench::new();
    bench.enrol("alice", &MethodId::new("webauthn"), &mut Hands::new(1)).await;
    for id in ids() {
        let card = bench.checks.registry.get(id).unwrap().card();
        match bench.checks.begin_alone(id, &place()) {
            Ok((begun, Ceremony::Get(options))) => {
                assert!(card.usable_alone && card.phishing_resistant && begun.factor.is_none(), "{id}");
                let asked: Value = serde_json::from_str(&options).unwrap();
                assert_eq!(asked["publicKey"]["allowCredentials"], json!([]));
                let nowhere = Place { origin: "https://other.test".to_owned(), ..place() };
                assert!(bench.checks.begin_alone(id, &nowhere).is_err());
            }
            Err(CheckError::NoSuchMethod(_)) => assert!(!card.usable_alone, "{id}"),
            other => panic!("{id}: {other:?}"),
        }
    }
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
async fn a_mailed_code_is_one_mail_of_six_digits_good_once_for_ten_minutes() {
    let bench = Bench::new();
    let (email, mut hands) = (MethodId::new("email"), Hands::new(1));
    let enrolled = bench.enrol("alice", &email, &mut hands).await;
    let made = bench.begin("alice", &enrolled, "one").await;
    assert_eq!(made.prompt.sent_to.as_deref(), Some("s***@example.com"));
    let mails = bench.outbox.messages();
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[1].to, Receiver::Mailbox("somebody1@example.com".to_owned()));
    // The first went to whoever it was whose address was typed: it speaks of no account of his.
    let says_change = |at: usize| mails[at].text.expose().contains("change it");
    assert!(!says_change(0) && says_change(1));
    let code = fields(&[("code", &bench.last_code())]);
    assert!(!mails[1].subject.contains(code.code()) && !mails[1].text.expose().contains("://"));
    assert!(matches!(bench.check("alice", &made.begun, &code, "one").await, Checked::Proved(_)));
    assert!(!matches!(bench.check("alice", &made.begun, &code, "one").await, Checked::Proved(_)));
    bench.clock.advance(Duration::from_secs(61));
    let late = bench.begin("alice", &enrolled, "one").await;
    let code = fields(&[("code", &bench.last_code())]);
    bench.clock.advance(Duration::from_secs(600));
    assert!(matches!(bench.check("alice", &late.begun, &code, "one").await, Checked::Gone));
}

#[tokio::test]
async fn the_address_that_the_operator_set_is_asked_of_nobody_and_no_other_is_taken() {
    let bench = Bench::new();
    let email = MethodId::new("email");
    let name = UserName::parse("carol").unwrap();
    let set = Some("carol@example.com".to_owned());
    let new = NewUser { name, display_name: None, email: set, groups: BTreeSet::new() };
    let carol = bench.checks.accounts.add(new, false).await.unwrap();
    let random = DerivedRandom::seeded(1);
    let shown = bench.checks.preview_enrolment(&carol, &email, &place(), &random).await.unwrap();
    assert_eq!(shown.sent_to.as_deref(), Some("c***@example.com"));
    assert!(bench.outbox.messages().is_empty(), "a GET sends nothing");
    let own = fields(&[("email", "eve@example.com")]);
    let begun = bench.begin_enrolment("carol", &email, &own, None).await.unwrap();
    assert_eq!(bench.outbox.messages()[0].to, Receiver::Mailbox("carol@example.com".to_owned()));
    let code = fields(&[("code", &bench.last_code())]);
    assert!(bench.finish_enrolment("carol", &begun.begun, &code).await.is_ok());

    for refused in ["", "dave", "dave@", "d@x.test\r\nBcc: eve@x.test", "a@b.test, c@d.test", "<d@x.test>"] {
        let begun = bench.begin_enrolment("dave", &email, &fields(&[("email", refused)]), None).await;
        assert!(matches!(begun, Err(CheckError::Field(ref error)) if error.field == "email"), "{refused:?}");
    }
    assert_eq!(bench.outbox.messages().len(), 1);
}

#[tokio::test]
async fn mail_for_recovery_alone_comes_after_another_factor_and_is_worth_less() {
    let bench = Bench::with(json!({"email": {"recovery_only": true}}));
    let (email, mut hands) = (MethodId::new("email"), Hands::new(1));
    let first = bench.begin_enrolment("alice", &email, &Answer::default(), None).await;
    assert!(matches!(first, Err(CheckError::NoSuchMethod(_))));
    bench.enrol("alice", &totp(), &mut hands).await;
    let enrolled = bench.enrol("alice", &email, &mut hands).await;
    assert_eq!(enrolled.proof.strength(), crate::types::Strength::Fallback);
    let made = bench.begin("alice", &enrolled, "one").await;
    let answer = hands.answer(&made.prompt, &bench);
    assert!(matches!(bench.check("alice", &made.begun, &answer, "one").await, Checked::Proved(_)));
    let usable = bench.checks.usable(&*bench.user("alice").await).await.unwrap();
    assert_eq!(usable[0].value.method, totp(), "after the others, though used last");
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

/// What may be sent to one number, to one country, from one client and in one day, whoever asks: each kind of delivery
/// for itself.
#[tokio::test]
async fn each_budget_of_messages_ends_for_itself() {
    let day = Duration::from_secs(24 * 3600);
    for (section, passes, other, window) in [
        (json!({"countries": ["NL"]}), 6, ("06 1299 9999", 1), Duration::from_secs(3600)),
        (json!({"countries": ["NL"]}), 30, ("", 2), Duration::from_secs(3600)),
        (json!({"countries": ["NL", "BE"], "per_country_day": 3}), 3, ("+32470123456", 1), day),
        (json!({"countries": ["NL"], "per_day": 4}), 4, ("", 0), day),
    ] {
        for method in [MethodId::new("sms"), MethodId::new("voice")] {
            let bench = Bench::with(json!({method.as_str(): section}));
            let same_number = passes == 6;
            let ask = async |user: usize, phone: &str, from: usize| {
                let user = bench.user(&format!("user{user}")).await;
                let address = Some(format!("192.0.2.{from}").parse().unwrap());
                let origin = audit::Origin { address, ..audit::Origin::default() };
                let (random, keep) = (DerivedRandom::seeded(1), |_: &Begun| Ok(Vec::new()));
                let (answer, place) = (fields(&[("phone", phone)]), place());
                let asker = by(&user, &place, &origin);
                let begun = bench.checks.begin_enrolment(asker, &method, &answer, None, &random, keep).await;
                matches!(begun.unwrap().sending, Sending::Sent { .. })
            };
            let number = |n: usize| format!("06 1234 {:04}", if same_number { 1 } else { n });
            for n in 0..=passes {
                let from = if passes == 30 { 1 } else { n };
                assert_eq!(ask(n, &number(n), from).await, n < passes, "{method} {section} {n}");
            }
            assert_eq!(bench.outbox.messages().len(), passes, "{method} {section}");
            // Another number, country or client is not held up; the whole day's budget holds up everybody.
            let (phone, from) = other;
            let phone = if phone.is_empty() { number(77) } else { phone.to_owned() };
            assert_eq!(ask(77, &phone, from).await, from > 0, "{method} {section}");
            bench.clock.advance(window);
            assert!(ask(78, &number(1), 1).await, "{method} {section}");
        }
    }
}

#[tokio::test]
async fn only_telephones_that_messages_may_go_to_are_taken() {
    let bench = Bench::new();
    // Not a number, another country, too short, premium rate, nobody's.
    let refused = ["abc", "+4915112345678", "+3161", "+319001234", "0900 1234", "+881612345678"];
    // A fixed line rings, and shows no message.
    for (method, refused_too) in [(MethodId::new("sms"), &["+31201234567"][..]), (MethodId::new("voice"), &[])] {
        let before = bench.outbox.messages().len();
        for number in refused.iter().chain(refused_too) {
            let made = bench.begin_enrolment("alice", &method, &fields(&[("phone", number)]), None).await;
            assert!(matches!(made, Err(CheckError::Field(ref error)) if error.field == "phone"), "{number}: {made:?}");
        }
        let number = fields(&[("phone", "06 1234 5667")]);
        let made = bench.begin_enrolment("alice", &method, &number, None).await.unwrap();
        assert_eq!(made.prompt.sent_to.as_deref(), Some("+31 ** *** **67"));
        assert_eq!(bench.outbox.messages().len(), before + 1, "one for the good one, none for the others");
    }
    let line = bench.begin_enrolment("bob", &MethodId::new("voice"), &fields(&[("phone", "020 123 4567")]), None).await;
    assert!(matches!(line.unwrap().sending, Sending::Sent { .. }));
}

/// A code that can be spoken must be readable; so it ends when it was typed in, replaced, or is too old.
#[tokio::test]
async fn what_a_call_would_say_ends_with_its_code() {
    #[derive(Serialize, Deserialize)]
    struct Call {
        speech: Speech,
    }
    impl Record for Call {
        const NAME: &'static str = "call";
    }
    let bench = Bench::new();
    let calls = async || bench.vault.all::<Call>("call/").await.unwrap();
    let (voice, mut hands) = (MethodId::new("voice"), Hands::new(1));
    let enrolled = bench.enrol("alice", &voice, &mut hands).await;
    assert!(calls().await.is_empty(), "the enrolment is over");
    bench.begin("alice", &enrolled, "one").await;
    let first = calls().await;
    bench.clock.advance(Duration::from_secs(61));
    let made = bench.begin("alice", &enrolled, "two").await;
    let second = calls().await;
    assert_eq!((first.len(), second.len()), (1, 1));
    assert!(first[0].value.speech.answer != second[0].value.speech.answer, "another code");
    assert!(first[0].value.speech.question == second[0].value.speech.question, "and no code in the question");
    assert!(!format!("{:?}", first[0].value.speech).contains("Say"));
    let code = fields(&[("code", &bench.last_code())]);
    assert!(matches!(bench.check("alice", &made.begun, &fields(&[("code", "1")]), "two").await, Checked::Wrong));
    assert_eq!(calls().await.len(), 1, "a typing error does not cost another call");
    bench.clock.advance(Duration::from_secs(2));
    assert!(matches!(bench.check("alice", &made.begun, &code, "two").await, Checked::Proved(_)));
    assert!(calls().await.is_empty());
    bench.clock.advance(Duration::from_secs(61));
    bench.begin("alice", &enrolled, "one").await;
    bench.clock.advance(Duration::from_secs(600));
    assert!(calls().await.is_empty());
}

/// A call needs an address to ask at.
#[test]
fn nobody_is_called_where_nobody_can_be_asked() {
    let (registry, problems) = built(json!({"voice": {"enabled": true, "countries": ["NL"]}}), &[], true);
    assert!(problems.is_empty(), "{problems:?}");
    assert!(registry.absent().iter().any(|absent| absent.method.as_str() == "voice" && absent.why.contains("url")));
    let (registry, _) = built(json!({"voice": {"enabled": true, "countries": ["NL"]}}), &[SITE], true);
    let voice = registry.get(&MethodId::new("voice")).unwrap();
    assert!(voice.works_at(&place()) && !voice.works_at(&Place { origin: String::new(), ..place() }));
}

fn built(written: Value, origins: &[&str], gateway: bool) -> (Arc<Registry>, Vec<String>) {
    let sms = gateway.then(|| Arc::new(ConsoleGateway::new(Outbox::default())) as Arc<dyn crate::gateway::Gateway>);
    let gateways = Gateways { voice: sms.clone(), sms, ..Gateways::default() };
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
        "totp": {"xyz": 1, "skew": 2, "max_drift": "far", "digits": 7, "algorithm": "MD5"},
        "webauthn": {"rp_id": "other.test"},
        "hotp": {"enabled": true, "look_ahead": 21},
        "yubikey": {"enabled": true, "servers": ["http://example.com"]},
        "sms": {"enabled": true},
        "voice": {"enabled": true, "countries": ["nowhere"]},
        "email": {"enabled": true, "recovery_only": "perhaps"},
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
        "methods.totp.digits",
        "methods.totp.algorithm",
        "methods.hotp.look_ahead",
        "methods.yubikey.client_id",
        "methods.yubikey.key_file",
        "methods.yubikey.servers[0]",
        "methods.sms.enabled",
        "methods.sms.countries",
        "methods.voice.enabled",
        "methods.voice.countries",
        "methods.email.recovery_only",
        "methods.email.enabled",
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
