//! Every change that owners make of their accounts: each is proved by a factor for this one deed, recorded once, and told
//! once by mail, with when and from where. What is refused is neither done nor told.

use serde_json::Value;

use crate::harness::{Echo, Gate, Page, User, Visitor, link_in, until};

const STEP: u64 = 30;

struct Bench {
    _echo: Echo,
    gate: Gate,
    alice: User,
    browser: Visitor,
    /// The authenticator that proves, whatever is added or taken away beside it.
    app: String,
}

/// Alice in her browser, and once in another one, so that the mail about a new browser is sent and done with.
fn bench() -> Bench {
    let echo = Echo::start();
    let gate = Gate::before(&echo).config("[gateway.email]\nkind = \"console\"").start();
    let mut browser = gate.visitor();
    let (alice, _) = browser.accept("alice", &link_in(&gate.run(["user", "add", "alice", "--email", "a@example.com"])));
    let bench = Bench { app: factors(&gate)[0].clone(), _echo: echo, gate, alice, browser };
    bench.elsewhere();
    until("the new browser", 20, || {
        mails(&bench.gate).iter().any(|(what, _)| what.contains("new browser")).then_some(())
    });
    bench
}

impl Bench {
    /// Signs in somewhere else as well.
    fn elsewhere(&self) {
        assert_eq!(self.gate.visitor().sign_in(&self.alice, "/").status, 200);
    }

    fn code(&self) -> String {
        self.gate.advance(STEP);
        self.alice.code_at(self.gate.control.now(), 0)
    }

    /// Does it wrongly and then rightly: only then it is recorded and told.
    #[track_caller]
    fn is_told_once(&mut self, what: &str, kind: &str, subject: &str, mut deed: impl FnMut(&mut Self, bool) -> Page) {
        let before = (rows(&self.gate, kind), mails(&self.gate).len());
        let refused = deed(self, false);
        assert!(matches!(refused.status, 200 | 403), "{what}: {}", refused.text());
        assert_eq!((rows(&self.gate, kind), mails(&self.gate).len()), before, "{what}: refused");
        let done = deed(self, true);
        assert_eq!(done.status, 200, "{what}: {}", done.text());
        until(what, 20, || (mails(&self.gate).len() > before.1).then_some(()));
        assert_eq!(rows(&self.gate, kind), before.0 + 1, "{what}: {kind}");
        let mails = mails(&self.gate);
        assert_eq!(mails.len(), before.1 + 1, "{what}: one mail for one deed: {mails:#?}");
        let (said, text) = mails.last().expect("a mail");
        assert!(said.contains(subject), "{what}: {said}");
        assert!(text.contains("From: 127.0.0.1") && text.contains("When: 20"), "{what}: {text}");
    }
}

fn factors(gate: &Gate) -> Vec<String> {
    let listed: Value = serde_json::from_str(&gate.run(["factor", "list", "alice", "--json"])).expect("a list");
    let all = listed["factors"].as_array().expect("factors").iter().filter(|factor| factor["method"] == "totp");
    all.map(|factor| factor["id"].as_str().expect("an id").to_owned()).collect()
}

fn mails(gate: &Gate) -> Vec<(String, String)> {
    let outbox = gate.outbox();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let messages = outbox["messages"].as_array().expect("an outbox").iter();
    messages.map(|message| (text(&message["subject"]), text(&message["text"]))).collect()
}

fn rows(gate: &Gate, kind: &str) -> usize {
    gate.run(["audit", "--json"]).matches(&format!("\"kind\":\"{kind}\"")).count()
}

/// What a form is filled with.
type Fields = &'static [(&'static str, &'static str)];

#[test]
fn every_change_is_proved_recorded_and_told_once() {
    let mut bench = bench();
    let rename = format!("rename-{}", bench.app);
    let page = bench.browser.goto("/.vestibule/account");
    let one =
        page.link("/.vestibule/account/confirm/forget-").expect("a browser").rsplit('/').next().map(str::to_owned);
    let password: Fields =
        &[("new_password", "another door in the west"), ("new_password_again", "another door in the west")];
    // What it is, what it asks for besides the code, its row in the trail, and the subject of its mail.
    let deeds: [(&str, Fields, &str, &str); 8] = [
        (&rename, &[("label", "Work phone")], "renamed", "was renamed"),
        ("add-totp", &[], "enrolled", "was added"),
        ("add-recovery", &[], "recovery_renewed", "New recovery codes"),
        (one.as_deref().expect("its name"), &[], "browser_ended", "Browsers were forgotten"),
        ("forget-others", &[], "browser_ended", "Browsers were forgotten"),
        ("forget-browsers", &[], "browser_ended", "Browsers were forgotten"),
        ("remove-", &[], "factor_removed", "was removed"),
        ("password", password, "password_changed", "password for localhost"),
    ];
    for (deed, fields, kind, subject) in deeds {
        let mut deed = deed.to_owned();
        // Where there is none to forget, nothing is done.
        if deed == "forget-others" {
            bench.elsewhere();
        }
        if deed == "remove-" {
            deed += factors(&bench.gate).iter().find(|id| **id != bench.app).expect("the one that was added");
        }
        let address = format!("/.vestibule/account/confirm/{deed}?factor={}", bench.app);
        bench.is_told_once(&deed, kind, subject, |bench, right| {
            let code = if right { bench.code() } else { "000000".to_owned() };
            let page = bench.browser.goto(&address);
            let page = bench.browser.submit(&page, &[fields, &[("code", &code)]].concat());
            let page = bench.browser.follow(page);
            match page.url.path() {
                "/.vestibule/enrol/totp" => bench.browser.enrol_totp(page).1,
                "/.vestibule/enrol/recovery" => bench.browser.keep_codes(page).1,
                _ => page,
            }
        });
    }
    bench.alice.password = password[0].1.to_owned();

    // To end sessions the session is enough, and its forms are its own.
    for (form, kind) in [
        ("sessions/end", "session_ended"),
        ("sign-out-elsewhere", "sessions_ended"),
        ("sign-out-everywhere", "sessions_ended"),
    ] {
        bench.elsewhere();
        bench.is_told_once(form, kind, "Sessions for", |bench, right| {
            let page = bench.browser.goto("/.vestibule/account");
            let ends = page.forms().into_iter().find(|one| one.action.ends_with(form)).expect("the form");
            let forged: &[(&str, &str)] = if right { &[] } else { &[("csrf", "x")] };
            let page = bench.browser.post(&page, &ends, forged);
            bench.browser.follow(page)
        });
    }
}

/// Positive control: what changes nothing of the account is told to nobody.
#[test]
fn signing_in_and_out_is_told_to_nobody() {
    let mut bench = bench();
    let before = mails(&bench.gate).len();
    bench.browser.sign_out();
    let alice = bench.alice.clone();
    bench.browser.sign_in(&alice, "/");
    bench.browser.goto("/.vestibule/account");
    // Told after all that.
    bench.gate.run(["factor", "add", "alice", "totp"]);
    until("the factor", 20, || (mails(&bench.gate).len() > before).then_some(()));
    assert_eq!(mails(&bench.gate).len(), before + 1);
}
