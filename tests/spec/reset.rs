//! A new password by mail, and the mails that tell owners what changed: a mailbox alone is never a way in, who asks
//! learns nothing, and a link is good once, for a while, at one address.

use crate::authenticator::Authenticator;
use crate::harness::{Echo, Gate, PASSWORD, Page, User, Visitor, link_in, until};
use crate::passkey::{Door, verified};
use crate::race::at_once;
use crate::wa::given_key_that;

const STEP: u64 = 30;
const NEW: &str = "a window to the west";
const MAIL: &str = "[gateway.email]\nkind = \"console\"\n[session]\nlogin_timeout = \"2h\"";

fn bench() -> (Echo, Gate) {
    let echo = Echo::start();
    let config = format!("{MAIL}\n[password]\nreset_by_mail = true");
    let gate = Gate::before(&echo).config(&config).start();
    (echo, gate)
}

/// Somebody with a password, an authenticator, recovery codes and a mail address; and the mails about that forgotten.
fn given(gate: &Gate, name: &str) -> User {
    let link = link_in(&gate.run(["user", "add", name, "--email", &format!("{name}@example.com")]));
    let user = gate.visitor().accept(name, &link).0;
    gate.advance(2 * STEP);
    user
}

/// Mails so far: to, subject, text.
fn mails(gate: &Gate) -> Vec<(String, String, String)> {
    let outbox = gate.outbox();
    let text = |message: &serde_json::Value, key: &str| message[key].as_str().expect("text").to_owned();
    let messages = outbox["messages"].as_array().expect("an outbox").iter();
    messages.map(|one| (text(one, "to"), text(one, "subject"), text(one, "text"))).collect()
}

fn links(gate: &Gate) -> Vec<String> {
    let texts = mails(gate).into_iter().map(|(_, _, text)| text).filter(|text| text.contains("/.vestibule/reset/"));
    texts.collect()
}

/// Asks for a new password for this name; what everybody is answered.
fn ask(browser: &mut Visitor, name: &str) -> Page {
    let page = browser.goto("/.vestibule/login");
    let forgot = page.link("/.vestibule/reset").expect("the login page leads there");
    let page = browser.goto(&forgot);
    page.assert_at("/.vestibule/reset", 200);
    browser.submit(&page, &[("username", name)])
}

/// Asks, and waits for the mail: the whole link.
fn asked(gate: &Gate, name: &str) -> String {
    let before = links(gate).len();
    assert_eq!(ask(&mut gate.visitor(), name).status, 303);
    let text = until("a mail", 20, || links(gate).into_iter().nth(before));
    let line = text.lines().map(str::trim).find(|line| line.starts_with("http")).expect("a link on its line");
    line.to_owned()
}

fn set(browser: &mut Visitor, page: &Page, password: &str) -> Page {
    browser.submit(page, &[("new_password", password), ("new_password_again", password)])
}

/// The honest way; WZ-16: it ends at the login page, the second factor is asked for as ever, and everything of before
/// is over: the old password, sessions, known browsers, the link.
#[test]
fn wz_16_a_new_password_by_mail_is_one_factor_of_two() {
    let (echo, gate) = bench();
    let alice = given(&gate, "alice");
    let mut home = gate.visitor();
    assert_eq!(home.sign_in(&alice, "/").status, 200);
    let mut pending = gate.visitor();
    gate.advance(STEP);
    pending.give_password(&alice, "/");
    echo.forget();

    let link = asked(&gate, "alice");
    assert!(link.starts_with(&format!("{}/.vestibule/reset/", gate.origin)), "{link}");
    let mut browser = gate.visitor();
    // Opened by a scanner of mails, and twice: nothing is used up.
    assert_eq!(gate.visitor().visit(&link).status, 200);
    let page = browser.visit(&link);
    page.assert_at("/.vestibule/reset/password", 200);
    assert!(page.text().contains("alice"), "{}", page.text());
    assert_eq!(set(&mut browser, &page, "short").status, 200, "the same rules as elsewhere");
    assert_eq!(set(&mut browser, &page, "alice").status, 200);
    let differ = [("new_password", NEW), ("new_password_again", "another one entirely")];
    assert_eq!(browser.submit(&page, &differ).status, 200);
    assert_eq!(home.goto("/").status, 200, "nothing has happened yet");
    echo.forget();

    let done = set(&mut browser, &page, NEW);
    assert_eq!((done.status, done.location().map(|to| to.path().to_owned())), (303, Some("/.vestibule/login".into())));
    assert!(browser.cookie("session").is_none(), "no session comes of it");
    let login = browser.follow(done);
    assert!(login.text().contains("Your password is set"), "{}", login.text());
    assert_eq!(browser.goto("/").status, 302);
    assert_eq!(home.goto("/").status, 302, "sessions are over");
    assert_ne!(pending.visit("/.vestibule/verify").url.path(), "/.vestibule/verify/totp", "and what was begun");
    assert_eq!(set(&mut browser, &page, "yet another password").status, 404, "used once");
    assert_eq!(gate.visitor().visit(&link).status, 404);
    gate.advance(STEP);
    let page = browser.visit("/");
    assert_eq!(browser.submit(&page, &[("username", "alice"), ("password", PASSWORD)]).status, 200, "the old one");
    gate.advance(2);
    let page = browser.submit(&page, &[("username", "alice"), ("password", NEW)]);
    let page = browser.follow(page);
    page.assert_at("/.vestibule/verify/totp", 200);
    echo.assert_untouched("a password alone");
    let page = browser.give_code(&alice, &page);
    assert_eq!(browser.follow(page).status, 200);

    // The owner is told, by mail, and the record has it.
    until("the notice", 20, || mails(&gate).into_iter().find(|(_, subject, _)| subject.contains("was changed")));
    let audit = gate.run(["audit", "--user", "alice", "--json"]);
    for kind in ["password_link_sent", "password_link_used", "password_changed"] {
        assert!(audit.contains(kind), "{kind}: {audit}");
    }
    let token = link.rsplit('/').next().unwrap_or_default();
    assert!(!gate.log().contains(token) && !audit.contains(token), "a link is in no log");
}

/// EN-01: who asks is answered the same for a name with an address, one without, a disabled one, one without a password,
/// and none; and a mail goes to the first alone.
#[test]
fn en_01_who_asks_for_a_password_learns_nothing() {
    let (_echo, gate) = bench();
    given(&gate, "alice");
    gate.given_user("without");
    given(&gate, "gone");
    gate.run(["user", "disable", "gone"]);
    gate.run(["user", "add", "invited", "--email", "invited@example.com"]);
    let before = mails(&gate).len();
    let answer = |name: &str| {
        let mut browser = gate.visitor();
        let page = ask(&mut browser, name);
        let shown = browser.follow(page.clone());
        let fields = page.reply.head.fields.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        (page.status, page.sent_to(), fields, shown.status, shown.html())
    };
    let reference = answer("alice");
    assert_eq!(reference.0, 303);
    for name in ["without", "gone", "invited", "nobody", "no name at all", "ALICE", &"x".repeat(5000)] {
        assert_eq!(answer(name), reference, "{name}");
    }
    // ALICE is alice: two links, and none to anybody else.
    until("two mails", 20, || (mails(&gate).len() == before + 2).then_some(()));
    assert!(mails(&gate)[before..].iter().all(|(to, ..)| to == "alice@example.com"));
    // What is no name is asked for again, with no mail; a form of another browser's sends none.
    let mut browser = gate.visitor();
    assert_eq!(ask(&mut browser, " ").status, 200);
    let page = browser.goto("/.vestibule/reset");
    let form = page.form().filled(&[("username", "alice")]);
    let origin = gate.origin.clone();
    let mut other = gate.visitor();
    let forged = other.navigate("POST", "/.vestibule/reset", "same-origin").with("Origin", &origin).form(&form).send();
    assert_eq!(forged.status, 403);
    assert_eq!(mails(&gate).len(), before + 2);
}

/// A newer link, a new password, a disabling, a reset, another mailbox and half an hour each end a link; of fifty at once,
/// one is used.
#[test]
fn a_password_link_ends_by_all_that_makes_it_old() {
    let (_echo, gate) = bench();
    let good = |link: &str| gate.visitor().visit(link).status == 200;
    given(&gate, "alice");
    let first = asked(&gate, "alice");
    assert!(good(&first));
    let second = asked(&gate, "alice");
    assert!(!good(&first) && good(&second), "the newest alone");
    gate.advance(30 * 60);
    assert!(!good(&second), "half an hour");
    let link = asked(&gate, "alice");
    assert_eq!(gate.cli_with(&["user", "password", "alice", "--password-stdin"], &format!("{NEW}\n")).code, 0);
    assert!(!good(&link), "a new password");

    given(&gate, "bobby");
    let link = asked(&gate, "bobby");
    gate.run(["user", "disable", "bobby"]);
    assert!(!good(&link), "disabled");
    gate.run(["user", "enable", "bobby"]);
    assert!(!good(&link), "and enabled again");
    let link = asked(&gate, "bobby");
    gate.run(["user", "reset", "bobby"]);
    assert!(!good(&link), "reset by an operator");

    given(&gate, "kim");
    let link = asked(&gate, "kim");
    let mut browser = gate.visitor();
    let page = browser.visit(&link);
    gate.run(["user", "set", "kim", "--group", "staff", "--email", "kim@example.com"]);
    assert!(good(&link), "the mailbox it went to");
    gate.run(["user", "set", "kim", "--email", "kim@elsewhere.example"]);
    assert!(!good(&link), "which is hers no more");
    assert_eq!(set(&mut browser, &page, NEW).status, 404, "nor is what was open");
    assert!(good(&asked(&gate, "kim")));

    given(&gate, "carol");
    let link = asked(&gate, "carol");
    let forms: Vec<_> = (0..50)
        .map(|_| {
            let mut browser = gate.visitor();
            let page = browser.visit(&link);
            (browser, page)
        })
        .collect();
    let race = forms.into_iter().map(|(mut browser, page)| move || set(&mut browser, &page, NEW).status);
    let ended = at_once(race.collect());
    assert_eq!(ended.iter().filter(|status| **status == 303).count(), 1, "{ended:?}");
    assert!(ended.iter().all(|status| matches!(status, 303 | 404 | 503)), "{ended:?}");
}

/// Whoever was invited to a second factor and asks for a password first has the invitation still: the only way to one.
#[test]
fn a_password_by_mail_takes_no_invitation_away() {
    let (_echo, gate) = bench();
    given(&gate, "carol");
    let older = link_in(&gate.run(["user", "reset", "carol"]));
    let invitation = link_in(&gate.run(["user", "invite", "carol"]));
    let mut browser = gate.visitor();
    let link = asked(&gate, "carol");
    let page = browser.visit(&link);
    assert_eq!(set(&mut browser, &page, NEW).status, 303);
    let page = browser.visit("/");
    assert_eq!(browser.submit(&page, &[("username", "carol"), ("password", NEW)]).status, 403, "a password alone");
    assert_eq!(gate.visitor().visit(&older).status, 404, "what the operator ended stays so");
    let (carol, _) = gate.visitor().accept("carol", &invitation);
    gate.advance(2 * STEP);
    assert_eq!(gate.visitor().sign_in(&carol, "/").status, 200);
    assert_eq!(gate.visitor().visit(&invitation).status, 404, "once");

    gate.run(["user", "reset", "carol"]);
    let invitation = link_in(&gate.run(["user", "invite", "carol"]));
    let link = asked(&gate, "carol");
    let page = browser.visit(&link);
    assert_eq!(set(&mut browser, &page, NEW).status, 303);
    gate.run(["user", "reset", "carol"]);
    assert_eq!(gate.visitor().visit(&invitation).status, 404, "by another reset");
}

/// TH: three links for an account while one of them is good, so many in a day for all, and a source that asks and asks has to wait, visibly and whoever it asks for.
#[test]
fn th_asking_for_passwords_has_a_budget() {
    let (_echo, gate) = bench();
    given(&gate, "alice");
    for _ in 0..3 {
        asked(&gate, "alice");
    }
    let mut browser = gate.visitor();
    for _ in 0..3 {
        assert_eq!(ask(&mut browser, "alice").status, 303, "the same answer");
    }
    given(&gate, "bobby");
    asked(&gate, "bobby");
    assert_eq!(links(&gate).iter().filter(|text| text.contains("alice")).count(), 3);
    let waits = |name: &str| gate.run(["audit", "--user", name, "--json"]).matches("password_link_waiting").count();
    assert!(waits("alice") > 0 && waits("bobby") == 0, "the record says why there is no mail");
    let mut waits = 0;
    for n in 0..60 {
        let page = ask(&mut browser, if n % 2 == 0 { "alice" } else { "nobody" });
        if page.status == 429 {
            waits += 1;
            assert!(page.field("retry-after").is_some());
        }
    }
    assert!(waits >= 5, "{waits}");
    gate.advance(3600);
    asked(&gate, "alice");
}

/// TH: a stranger who asks until nothing more is sent keeps nobody out: until the last link he had sent is dead, it is
/// good, and from then on there is another one. Over all users there is an end to it in a day.
#[test]
fn th_asking_for_another_keeps_nobody_from_a_good_link() {
    let echo = Echo::start();
    let config = format!("{MAIL}\n[password]\nreset_by_mail = true\nresets_per_day = 5");
    let gate = Gate::before(&echo).config(&config).start();
    for name in ["alice", "bobby", "carol"] {
        given(&gate, name);
    }
    let mut last = String::new();
    for _ in 0..3 {
        last = asked(&gate, "alice");
        gate.advance(60);
    }
    assert_eq!(ask(&mut gate.visitor(), "alice").status, 303);
    // What was asked for before is done before.
    asked(&gate, "bobby");
    assert_eq!(links(&gate).len(), 4);
    gate.advance(30 * 60 - 61);
    assert_eq!(gate.visitor().visit(&last).status, 200, "to its last second");
    gate.advance(1);
    assert_eq!(gate.visitor().visit(&last).status, 404);
    last = asked(&gate, "alice");
    assert_eq!(gate.visitor().visit(&last).status, 200);

    for name in ["carol", "nobody", "nobody", "nobody", "nobody"] {
        assert_eq!(ask(&mut gate.visitor(), name).status, 303, "the same answer");
    }
    assert_eq!(links(&gate).len(), 5, "none to carol");
    assert_eq!(ask(&mut gate.visitor(), "bobby").status, 303);
    until("the record", 20, || gate.run(["audit", "--user", "bobby"]).contains("password_link_waiting").then_some(()));
    assert_eq!(gate.log().matches("password.resets_per_day is spent").count(), 1, "said once: {}", gate.log());
    gate.advance(24 * 3600);
    asked(&gate, "carol");
}

/// TH-02: strangers who guessed until their lane closed have guessed at a password that is gone: a new one by mail is let
/// in, from a browser that is as unknown as theirs. What they guessed at the factor stays counted.
#[test]
fn th_02_a_new_password_opens_what_guesses_at_the_old_one_closed() {
    let echo = Echo::start();
    let config = format!(
        "{MAIL}\n[password]\nreset_by_mail = true\n[throttle]\nhard_limit = 5\nbase = \"1s\"\nceiling = \"1s\""
    );
    let gate = Gate::before(&echo).config(&config).start();
    let alice = given(&gate, "alice");
    let guess = |password: &str| {
        let mut browser = gate.visitor();
        let page = browser.visit("/");
        let page = browser.submit(&page, &[("username", "alice"), ("password", password)]);
        gate.advance(2);
        (browser, page)
    };
    for _ in 0..5 {
        assert_eq!(guess("wrong").1.status, 200);
    }
    assert_eq!(guess(PASSWORD).1.status, 429, "closed");
    let link = asked(&gate, "alice");
    let mut browser = gate.visitor();
    let page = browser.visit(&link);
    assert_eq!(set(&mut browser, &page, NEW).status, 303);
    gate.advance(STEP);
    let owner = User { password: NEW.to_owned(), ..alice.clone() };
    assert_eq!(gate.visitor().sign_in(&owner, "/").status, 200);

    // Whoever has the mailbox alone guesses codes no further than anybody.
    for round in 0..5 {
        let (mut thief, page) = guess(NEW);
        assert_eq!(page.status, 303, "{round}");
        let page = thief.follow(page);
        assert_eq!(thief.submit(&page, &[("code", "000000")]).status, 200, "{round}");
        gate.advance(2);
    }
    assert_eq!(guess(NEW).1.status, 429, "closed by codes");
    let link = asked(&gate, "alice");
    let mut thief = gate.visitor();
    let page = thief.visit(&link);
    assert_eq!(set(&mut thief, &page, PASSWORD).status, 303);
    gate.advance(2);
    assert_eq!(guess(PASSWORD).1.status, 429, "a new password opens no lane that codes closed");
}

/// RE-16: the link is made of the configured address, whatever a request says; a link of another kind opens nothing here,
/// nor this one elsewhere.
#[test]
fn re_16_a_password_link_is_the_configured_sites() {
    let (_echo, gate) = bench();
    given(&gate, "alice");
    let mut browser = gate.visitor();
    for (name, value) in [
        ("X-Forwarded-Host", "evil.test"),
        ("Forwarded", "host=evil.test;proto=https"),
        ("X-Forwarded-Proto", "https"),
        ("X-Original-Host", "evil.test"),
    ] {
        browser.always.push((name.to_owned(), value.to_owned()));
    }
    assert_eq!(ask(&mut browser, "alice").status, 303);
    let text = until("a mail", 20, || links(&gate).pop());
    assert!(text.contains(&format!("{}/.vestibule/reset/", gate.origin)) && !text.contains("evil.test"), "{text}");
    let invitation = gate.invite("bobby");
    let token = invitation.rsplit('/').next().unwrap_or_default();
    assert_eq!(gate.visitor().visit(&format!("/.vestibule/reset/{token}")).status, 404);
    let link = text.lines().map(str::trim).find(|line| line.starts_with("http")).expect("a link");
    let token = link.rsplit('/').next().unwrap_or_default();
    assert_eq!(gate.visitor().visit(&format!("/.vestibule/invite/{token}")).status, 404);
    assert_eq!(gate.visitor().goto("/.vestibule/reset/no-token").status, 404);
    assert_eq!(gate.visitor().visit(link).status, 200);
    // An application's script gets nothing of it.
    assert_eq!(browser.script("GET", link).send().status, 403);
    assert_eq!(browser.script("POST", "/.vestibule/reset").form("username=alice").send().status, 403);
}

/// Off unless it is switched on, refused where it makes no sense, and refused beside mail as a second factor.
#[test]
fn cf_a_password_by_mail_is_off_and_never_both_factors() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).config(MAIL).start();
    assert!(gate.visitor().goto("/.vestibule/login").link("/.vestibule/reset").is_none());
    for address in ["/.vestibule/reset", "/.vestibule/reset/password"] {
        assert_eq!(gate.visitor().goto(address).status, 404, "{address}");
        let origin = gate.origin.clone();
        let mut browser = gate.visitor();
        let ask = browser.navigate("POST", address, "same-origin").with("Origin", &origin);
        assert_eq!(ask.form("username=alice").send().status, 404, "{address}");
    }
    let text = std::fs::read_to_string(gate.config_file()).expect("readable");
    let check = |sections: &str, without: &str| {
        let file = gate.folder.path().join("other.toml");
        std::fs::write(&file, format!("{sections}\n{}", text.replace(without, ""))).expect("written");
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_vestibule"));
        let said = command.args(["check", "--config"]).arg(&file).output().expect("it runs");
        let text = String::from_utf8_lossy(&[said.stdout, said.stderr].concat()).into_owned();
        (said.status.code(), text)
    };
    const ON: &str = "[password]\nreset_by_mail = true";
    let (_, said) = check(ON, "[gateway.email]\nkind = \"console\"");
    assert!(said.contains("password.reset_by_mail") && said.contains("gateway"), "{said}");
    let (code, said) = check(&format!("{ON}\n[methods.email]\nenabled = true"), "nothing of it");
    assert!(code == Some(78) && said.contains("password.reset_by_mail") && said.contains("recovery_only"), "{said}");
    let both = format!("{ON}\n[methods.email]\nenabled = true\nrecovery_only = true");
    let (_, said) = check(&both, "nothing of it");
    assert!(!said.contains("reset_by_mail"), "{said}");
}

/// WZ-16: where mail is a way back for lost devices, one mailbox is still not both steps: after a password by mail, codes
/// go to it again only when another factor was proved.
#[test]
fn wz_16_one_mailbox_is_never_both_steps() {
    let echo = Echo::start();
    let config =
        format!("{MAIL}\n[password]\nreset_by_mail = true\n[methods.email]\nenabled = true\nrecovery_only = true");
    let gate = Gate::before(&echo).config(&config).start();
    let alice = given(&gate, "alice");
    let mut browser = gate.visitor();
    browser.sign_in(&alice, "/");
    gate.advance(STEP);
    let page = browser.visit("/.vestibule/account/confirm/add-email");
    let page = browser.submit(&page, &[("code", &alice.code_at(gate.control.now(), 0))]);
    let code = || {
        let (_, _, text) =
            mails(&gate).into_iter().rfind(|(_, _, text)| text.contains("is your code")).expect("a code");
        text.split(' ').next().unwrap_or_default().trim().to_owned()
    };
    let page = browser.follow(page);
    let page = browser.submit(&page, &[("send", "1")]);
    let page = browser.follow(page);
    assert_eq!(browser.submit(&page, &[("code", &code())]).status, 303, "{}", page.text());
    gate.advance(3600);
    let mut key = Authenticator::new(1);
    given_key_that(&gate, &alice, &mut key, &verified(&gate));
    gate.advance(60);
    // The honest way back, with the password known.
    let by_mail = |password: &str| {
        let mut browser = gate.visitor();
        browser.give_password(&User { password: password.to_owned(), ..alice.clone() }, "/");
        let lost = browser.goto("/.vestibule/verify/lost");
        (lost.link("/.vestibule/verify/email"), browser)
    };
    let (way, mut browser) = by_mail(PASSWORD);
    let page = browser.goto(&way.expect("for a lost device"));
    let page = browser.submit(&page, &[("send", "1")]);
    let page = browser.follow(page);
    let page = browser.submit(&page, &[("code", &code())]);
    assert_eq!(browser.follow(page).status, 200);
    gate.advance(3600);

    // Whoever reads the mailbox and knows nothing else.
    echo.forget();
    let link = asked(&gate, "alice");
    let mut thief = gate.visitor();
    let page = thief.visit(&link);
    assert_eq!(set(&mut thief, &page, NEW).status, 303);
    let sent = mails(&gate).len();
    let (way, mut thief) = by_mail(NEW);
    assert!(way.is_none(), "offered to the thief");
    assert_eq!(thief.goto("/.vestibule/verify/email").status, 404);
    let page = thief.goto("/.vestibule/verify/totp");
    let form = page.form();
    let action = format!("{}/.vestibule/verify/email", gate.origin);
    let forged = crate::harness::Form { action, ..form };
    assert_eq!(thief.post(&page, &forged, &[("send", "1")]).status, 404);
    until("the notice alone", 20, || (mails(&gate).len() >= sent).then_some(()));
    assert!(mails(&gate)[sent..].iter().all(|(_, _, text)| !text.contains("is your code")));
    echo.assert_untouched("a mailbox alone");

    // The owner, who knows nothing of it and signs in by a passkey: that says nothing of the password.
    gate.advance(STEP);
    let mut door = Door::new(&gate, "/");
    let page = door.sign_in(&mut key, &verified(&gate));
    assert_eq!(page.status, 303, "{}", page.text());
    assert_eq!(door.browser.follow(page).status, 200);
    gate.advance(60);
    let (way, mut thief) = by_mail(NEW);
    assert!(way.is_none(), "offered to the thief after a login by a passkey alone");
    assert_eq!(thief.goto("/.vestibule/verify/email").status, 404);

    // The owner, with the authenticator; then the mailbox is what it was.
    gate.advance(STEP);
    let owner = User { password: NEW.to_owned(), ..alice.clone() };
    let mut browser = gate.visitor();
    browser.give_password(&owner, "/");
    let page = browser.goto("/.vestibule/verify/totp");
    let page = browser.give_code(&owner, &page);
    assert_eq!(browser.follow(page).status, 200);
    gate.advance(60);
    assert!(by_mail(NEW).0.is_some());
}

/// A password by mail enrols nothing, also where a password alone may.
#[test]
fn wz_16_a_password_by_mail_enrols_nothing() {
    let echo = Echo::start();
    let config = format!("{MAIL}\n[password]\nreset_by_mail = true\n[enrolment]\nfirst_login = true");
    let rules = rules! { "/open" => "one_factor", _ => "two_factor" };
    let gate = Gate::before(&echo).config(&config).rules(rules).start();
    for name in ["alice", "bobby"] {
        let arguments = ["user", "add", name, "--email", "them@example.com", "--password-stdin"];
        assert_eq!(gate.cli_with(&arguments, &format!("{PASSWORD}\n")).code, 0);
    }
    let give = |name: &str, password: &str| {
        let mut browser = gate.visitor();
        let page = browser.visit("/");
        browser.submit(&page, &[("username", name), ("password", password)]).sent_to()
    };
    assert_eq!(give("alice", PASSWORD), "/.vestibule/enrol", "the password that the operator gave");
    let link = asked(&gate, "alice");
    let mut browser = gate.visitor();
    let page = browser.visit(&link);
    assert_eq!(set(&mut browser, &page, NEW).status, 303);
    assert_eq!(give("alice", NEW), "", "not the one that a mailbox set");
    assert_eq!(give("bobby", PASSWORD), "/.vestibule/enrol");
    // Nor does the next one, whose right is that password alone.
    let page = browser.visit("/open");
    let page = browser.submit(&page, &[("username", "alice"), ("password", NEW)]);
    assert_eq!(browser.follow(page).status, 200, "one factor of one");
    let page = browser.visit("/.vestibule/account/confirm/password");
    let another = "a wall of red bricks";
    let fields = [("password", NEW), ("new_password", another), ("new_password_again", another)];
    assert_eq!(browser.submit(&page, &fields).status, 303);
    assert_eq!(give("alice", another), "", "a mailbox alone, still");
    echo.forget();
    echo.assert_untouched("a mailbox alone");
}

/// RE-17: the owner is told by mail of a factor that came or went, of a recovery code, of a new password, whoever did it;
/// and a mail server that fails or hangs holds up nothing.
#[test]
fn re_17_the_owner_is_told_by_mail() {
    let (_echo, gate) = bench();
    let alice = given(&gate, "alice");
    let told = |word: &str| until(word, 20, || mails(&gate).into_iter().find(|(_, subject, _)| subject.contains(word)));
    let (to, _, text) = told("was added");
    assert_eq!(to, "alice@example.com");
    assert!(text.contains("127.0.0.1") && text.contains("localhost"), "{text}");

    let ids = || -> Vec<String> {
        let listed: serde_json::Value = serde_json::from_str(&gate.run(["factor", "list", "alice", "--json"])).unwrap();
        let factors = listed["factors"].as_array().expect("factors").iter();
        factors.map(|factor| factor["id"].as_str().expect("an id").to_owned()).collect()
    };
    let before = ids();
    gate.run(["factor", "add", "alice", "totp"]);
    let added = ids().into_iter().find(|id| !before.contains(id)).expect("one more");
    let by_operator = || mails(&gate).into_iter().filter(|(_, _, text)| text.contains("an administrator")).count();
    until("an operator's deed", 20, || (by_operator() == 1).then_some(()));
    gate.run(["factor", "remove", "alice", &added]);
    told("was removed");

    gate.run(["user", "set", "alice", "--email", "alice@elsewhere.example"]);
    assert_eq!(told("was replaced").0, "alice@example.com", "the old address");

    gate.advance(STEP);
    let mut browser = gate.visitor();
    let page = browser.give_password(&alice, "/");
    let lost = browser.goto(&page.link("/.vestibule/verify/lost").expect("a way back"));
    let page = browser.goto(&lost.link("/.vestibule/verify/recovery").expect("recovery codes"));
    assert_eq!(browser.submit(&page, &[("code", &alice.recovery_codes[0])]).status, 303);
    let (_, _, text) = told("recovery code was used");
    assert!(text.contains("9 are left") && !text.contains(&alice.recovery_codes[1]), "{text}");
    gate.run(["user", "reset", "alice"]);
    let (to, _, text) = told("was reset");
    assert!(to == "alice@elsewhere.example" && text.contains("an administrator"), "{to}: {text}");
    assert!(mails(&gate).iter().all(|(_, _, text)| !text.contains(PASSWORD) && !text.contains(&alice.secret)));
}

/// RE-17, TH-02: a login in a browser that is new, where there are others, and a lane that strangers closed: the owner is
/// told of each once a day, however often it happens.
#[test]
fn re_17_the_owner_is_told_of_new_browsers_and_of_a_closed_lane() {
    let echo = Echo::start();
    let config = format!("{MAIL}\n[throttle]\nhard_limit = 3\nbase = \"1s\"\nceiling = \"1s\"");
    let gate = Gate::before(&echo).config(&config).start();
    let alice = given(&gate, "alice");
    let count = |word: &str| mails(&gate).iter().filter(|(_, subject, _)| subject.contains(word)).count();
    assert_eq!(count("new browser"), 0, "the first is no news");
    for _ in 0..2 {
        assert_eq!(gate.visitor().sign_in(&alice, "/").status, 200);
        gate.advance(STEP);
    }
    until("the first of them", 20, || (count("new browser") == 1).then_some(()));
    for _ in 0..5 {
        let mut browser = gate.visitor();
        let page = browser.visit("/");
        browser.submit(&page, &[("username", "alice"), ("password", "wrong")]);
        gate.advance(2);
    }
    until("the lane", 20, || (count("wrong answers") == 1).then_some(()));
    // What is done next is told after all that.
    gate.run(["user", "set", "alice", "--email", "alice@elsewhere.example"]);
    until("the address", 20, || (count("was replaced") == 1).then_some(()));
    assert_eq!((count("new browser"), count("wrong answers")), (1, 1));
    gate.advance(24 * 3600);
    let mut browser = gate.visitor();
    let page = browser.visit("/");
    assert_eq!(browser.submit(&page, &[("username", "alice"), ("password", PASSWORD)]).status, 429);
    until("the next day", 20, || (count("wrong answers") == 2).then_some(()));
}

/// A mail server that says nothing: changes are made all the same, long before it is given up.
#[test]
fn re_17_a_silent_mail_server_holds_up_nobody() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("bound");
    let port = silent.local_addr().expect("bound").port();
    let echo = Echo::start();
    let config = format!(
        "[gateway.email]\nkind = \"smtp\"\nhost = \"127.0.0.1\"\nport = {port}\nencryption = \"none\"\n\
         from = \"wiki@example.com\"\ntimeout = \"10m\"\n[password]\nreset_by_mail = true"
    );
    let gate = Gate::before(&echo).config(&config).start();
    let alice = given(&gate, "alice");
    assert_eq!(ask(&mut gate.visitor(), "alice").status, 303);
    assert_eq!(gate.visitor().sign_in(&alice, "/").status, 200);
}
