//! The other second factors, each as its owner uses it: a token that counts, a key that types, a mailbox; and choosing
//! among all of them. What holds for every method alike is told in process, walking the registry.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::harness::{Echo, Gate, Page, User, Visitor, codes_on, link_in, until};
use crate::race::at_once;
use crate::validation_server::{self, YubiKey};

const STEP: u64 = 30;
const NUMBER: &str = "+31612345678";

/// Everything on: messages go to the console, keys that type are asked about at a server of the test's own.
pub struct Bench {
    pub gate: Gate,
    pub echo: Echo,
    _folder: tempfile::TempDir,
}

pub fn bench(more: &str) -> Bench {
    let (folder, section) = yubico(&[format!("http://{}/", validation_server::start(|_| {}))]);
    let echo = Echo::start();
    let config = format!(
        "[session]\nlogin_timeout = \"2h\"\n[gateway.sms]\nkind = \"console\"\n[gateway.email]\nkind = \"console\"\n\
         [methods.sms]\nenabled = true\ncountries = [\"NL\"]\n[methods.hotp]\nenabled = true\nlook_ahead = 1\n{section}"
    );
    let config = if more.contains("[methods.email]") { config } else { config + "[methods.email]\nenabled = true\n" };
    let gate = Gate::before(&echo).config(&config).config(more).start();
    Bench { gate, echo, _folder: folder }
}

/// The section of a key that types, with a client key of its own file.
fn yubico(servers: &[String]) -> (tempfile::TempDir, String) {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("key");
    std::fs::write(&file, data_encoding::BASE64.encode(validation_server::KEY)).expect("written");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).expect("shut");
    let section = format!(
        "[methods.yubikey]\nenabled = true\nclient_id = \"{}\"\nkey_file = \"{}\"\nservers = {}\ntimeout = \"2s\"\n",
        validation_server::CLIENT,
        file.display(),
        json!(servers)
    );
    (folder, section)
}

fn messages(gate: &Gate) -> Vec<(String, String)> {
    let outbox = gate.outbox();
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let messages = outbox["messages"].as_array().expect("an outbox").iter();
    messages.map(|message| (text(&message["to"]), text(&message["text"]))).collect()
}

fn last_code(gate: &Gate) -> String {
    let (_, text) = messages(gate).pop().expect("a message");
    let word = text.split(|c: char| !c.is_ascii_digit()).find(|word| word.len() == 6);
    word.unwrap_or_else(|| panic!("no code in {text}")).to_owned()
}

/// RFC 4226: the code at a count.
fn counted(secret: &str, counter: u64) -> String {
    let bytes = data_encoding::BASE32_NOPAD.decode(secret.as_bytes()).expect("base32");
    let builder = totp_rs::Builder::new().with_secret(bytes).with_step_duration(1);
    builder.build_noncompliant().generate(counter).to_string()
}

/// The page that enrols a method, from the account: a code of the authenticator was given for it.
fn adding(gate: &Gate, browser: &mut Visitor, user: &User, method: &str) -> Page {
    gate.advance(STEP);
    let deed = format!("/.vestibule/account/confirm/add-{method}");
    let page = browser.visit(&format!("{deed}?factor={}", id_of(gate, &user.name, "totp")));
    page.assert_at(&deed, 200);
    let page = browser.submit(&page, &[("code", &user.code_at(gate.control.now(), 0))]);
    assert_eq!(page.status, 303, "{method}: {}", page.text());
    let page = browser.follow(page);
    page.assert_at(&format!("/.vestibule/enrol/{method}"), 200);
    page
}

fn id_of(gate: &Gate, user: &str, method: &str) -> String {
    let listed: Value = serde_json::from_str(&gate.run(["factor", "list", user, "--json"])).expect("a list");
    let factor = listed["factors"].as_array().expect("factors").iter().find(|factor| factor["method"] == method);
    factor.unwrap_or_else(|| panic!("{user} has no {method}: {listed}"))["id"].as_str().expect("an id").to_owned()
}

/// A browser that gave the password and stands before the question of this method.
fn asked(gate: &Gate, user: &User, method: &str) -> (Visitor, Page) {
    let mut browser = gate.visitor();
    browser.give_password(user, "/");
    let page = browser.goto(&format!("/.vestibule/verify/{method}"));
    page.assert_at(&format!("/.vestibule/verify/{method}"), 200);
    (browser, page)
}

fn answer(browser: &mut Visitor, page: &Page, code: &str) -> u16 {
    browser.submit(page, &[("code", code)]).status
}

/// Enrols a token that counts; its secret. The code of count 0 is used up by that.
fn with_token(gate: &Gate, user: &User) -> String {
    let mut browser = gate.visitor();
    browser.sign_in(user, "/");
    let page = adding(gate, &mut browser, user, "hotp");
    let uri = page.link("otpauth://hotp/").expect("a token's address");
    let secret = uri.split("secret=").nth(1).and_then(|rest| rest.split('&').next()).expect("a secret").to_owned();
    assert_eq!(answer(&mut browser, &page, &counted(&secret, 0)), 303);
    gate.advance(STEP);
    secret
}

fn with_typing_key(gate: &Gate, user: &User) -> YubiKey {
    let mut key = YubiKey::new();
    let mut browser = gate.visitor();
    browser.sign_in(user, "/");
    let page = adding(gate, &mut browser, user, "yubikey");
    assert_eq!(answer(&mut browser, &page, &key.touch()), 303);
    gate.advance(STEP);
    key
}

fn with_mailbox(gate: &Gate, user: &User) {
    let mut browser = gate.visitor();
    browser.sign_in(user, "/");
    let page = adding(gate, &mut browser, user, "email");
    let page = browser.submit(&page, &[("email", &format!("{}@example.com", user.name))]);
    let page = browser.follow(page);
    assert_eq!(answer(&mut browser, &page, &last_code(gate)), 303);
    gate.advance(STEP);
}

fn with_telephone(gate: &Gate, user: &User) {
    let mut browser = gate.visitor();
    browser.sign_in(user, "/");
    let page = adding(gate, &mut browser, user, "sms");
    let page = browser.submit(&page, &[("phone", NUMBER)]);
    let page = browser.follow(page);
    assert_eq!(answer(&mut browser, &page, &last_code(gate)), 303);
    gate.advance(STEP);
}

/// Behaviour 29, OT-02, OT-06: one code ahead is taken and every older one is dead, two ahead is refused and moves
/// nothing; two codes in a row from far ahead find a token again; and none of it is forgotten by a `kill -9`.
#[test]
fn b_29_a_token_is_followed_as_far_as_it_may_run_ahead() {
    let Bench { mut gate, echo, _folder } = bench("");
    let alice = gate.given_user("alice");
    let secret = with_token(&gate, &alice);
    let tried = |gate: &Gate, code: &str| {
        let (mut browser, page) = asked(gate, &alice, "hotp");
        let status = answer(&mut browser, &page, code);
        gate.advance(60);
        status
    };
    echo.forget();
    // The counter expects 1.
    assert_eq!(tried(&gate, &counted(&secret, 0)), 200, "the one that enrolled it");
    assert_eq!(tried(&gate, &counted(&secret, 3)), 200, "two ahead");
    assert_eq!(tried(&gate, &counted(&secret, 2)), 303, "one ahead");
    gate.restart();
    assert_eq!(tried(&gate, &counted(&secret, 1)), 200, "the one that was left out is dead");
    assert_eq!(tried(&gate, &counted(&secret, 2)), 200, "and so is the one that was used");
    assert_eq!(tried(&gate, &counted(&secret, 40)), 200, "far ahead");
    assert_eq!(tried(&gate, &format!("{} {}", counted(&secret, 40), counted(&secret, 42))), 200, "two, not in a row");
    assert_eq!(tried(&gate, &format!("{} {}", counted(&secret, 40), counted(&secret, 41))), 303, "two in a row");
    assert_eq!(tried(&gate, &counted(&secret, 41)), 200);

    // One code, fifty wizards.
    let code = counted(&secret, 42);
    let wizards: Vec<_> = (0..50).map(|_| asked(&gate, &alice, "hotp")).collect();
    let race = wizards.into_iter().map(|(mut browser, page)| {
        let code = code.clone();
        move || answer(&mut browser, &page, &code)
    });
    let ended = at_once(race.collect());
    assert_eq!(ended.iter().filter(|status| **status == 303).count(), 1, "{ended:?}");
    echo.assert_untouched("codes whose login nobody went on with");
    for junk in ["", "12345", "1234567", "abcdef", "٣٣٣٣٣٣", "000000 000000 000000", &"9".repeat(5000)] {
        gate.advance(3600);
        assert_eq!(tried(&gate, junk), 200, "{junk:?}");
    }
    gate.advance(3600);
    assert_eq!(tried(&gate, &counted(&secret, 43)), 303, "and the honest one goes on");
}

/// Behaviour 47, RE-13: who has no address is asked for one, and it is stored once a code sent there was typed; one that
/// could break a line, or is none, is told at the field and nothing is sent. Who has one is asked for none.
#[test]
fn b_47_an_address_counts_once_its_code_was_typed() {
    let Bench { gate, .. } = bench("");
    let alice = gate.given_user("alice");
    let mut browser = gate.visitor();
    browser.sign_in(&alice, "/");
    let page = adding(&gate, &mut browser, &alice, "email");
    for refused in [
        "",
        "alice",
        "alice@",
        "@example.com",
        "alice@exa mple.com",
        "alice@example.com\r\nBcc: everyone@evil.test",
        "alice@example.com\nDATA",
        "alice@example.com, bob@example.com",
        "<alice@example.com>",
        "\"a b\"@example.com",
        &format!("{}@example.com", "a".repeat(300)),
    ] {
        let page = browser.submit(&page, &[("email", refused)]);
        assert_eq!(page.status, 200, "{refused:?}");
        assert!(page.text().contains("mail address"), "{refused:?}: {}", page.text());
    }
    assert!(messages(&gate).is_empty(), "nothing was sent");
    let page = browser.submit(&page, &[("email", "alice@example.com")]);
    let page = browser.follow(page);
    assert_eq!(messages(&gate).len(), 1);
    assert!(page.text().contains("a***@example.com") && !page.html().contains("alice@example.com"));
    assert!(!gate.run(["factor", "list", "alice"]).contains("email"), "not before the code");
    assert_eq!(answer(&mut browser, &page, "000000"), 200);
    gate.advance(2);
    assert!(!gate.run(["factor", "list", "alice"]).contains("email"));
    assert_eq!(answer(&mut browser, &page, &last_code(&gate)), 303);
    assert!(gate.run(["factor", "list", "alice"]).contains("email"));

    // The operator's address, and no other.
    let link = link_in(&gate.run(["user", "add", "bobby", "--email", "bobby@example.com"]));
    let (bobby, _) = gate.visitor().accept("bobby", &link);
    let before = messages(&gate).len();
    let mut browser = gate.visitor();
    browser.sign_in(&bobby, "/");
    let page = adding(&gate, &mut browser, &bobby, "email");
    let page = browser.submit(&page, &[("email", "mallory@evil.test"), ("send", "1")]);
    browser.follow(page);
    assert!(messages(&gate)[before..].iter().all(|(to, _)| to == "bobby@example.com"), "{:?}", messages(&gate));
    let page = browser.goto("/.vestibule/enrol/email");
    assert_eq!(answer(&mut browser, &page, &last_code(&gate)), 303);
    gate.advance(3600);

    // One that the operator sets later takes its place at once: also of a code that is under way.
    let sent = |gate: &Gate| {
        gate.advance(120);
        let (mut browser, page) = asked(gate, &bobby, "email");
        let page = browser.submit(&page, &[("send", "1")]);
        let page = browser.follow(page);
        let codes: Vec<_> = messages(gate).into_iter().filter(|(_, text)| text.contains("is your code")).collect();
        let (to, text) = codes.last().expect("a code").clone();
        (browser, page, to, text.split(' ').next().unwrap_or_default().to_owned())
    };
    let (mut browser, page, to, code) = sent(&gate);
    assert_eq!(to, "bobby@example.com");
    gate.run(["user", "set", "bobby", "--email", "new@elsewhere.example"]);
    assert_eq!(answer(&mut browser, &page, &code), 200, "of the old address");
    let (mut browser, page, to, code) = sent(&gate);
    assert_eq!(to, "new@elsewhere.example");
    assert!(page.text().contains("n***@elsewhere.example"), "{}", page.text());
    assert_eq!(answer(&mut browser, &page, &code), 303);
}

/// Behaviour 48, OT-19, OT-20: one mail with six digits, good once, in the wizard that asked, until a newer one is sent,
/// for ten minutes; and never strong enough for a rule that names stronger factors.
#[test]
fn b_48_a_mailed_code_is_good_once_for_ten_minutes() {
    let echo = Echo::start();
    let rules = rules! { "/safe/**" => "two_factor" with factors = ["totp"], _ => "two_factor" };
    let config =
        "[session]\nlogin_timeout = \"2h\"\n[gateway.email]\nkind = \"console\"\n[methods.email]\nenabled = true";
    let gate = Gate::before(&echo).config(config).rules(rules).start();
    let alice = gate.given_user("alice");
    with_mailbox(&gate, &alice);
    gate.advance(3600);
    let before = messages(&gate).len();
    let (mut first, page) = asked(&gate, &alice, "email");
    assert_eq!(messages(&gate).len(), before, "a GET sends nothing");
    let page = first.submit(&page, &[("send", "1")]);
    let at_first = first.follow(page);
    assert_eq!(messages(&gate).len(), before + 1, "one mail");
    let code = last_code(&gate);
    assert!(messages(&gate)[before].1.contains("10 minutes"));
    let (mut second, page) = asked(&gate, &alice, "email");
    assert_ne!(answer(&mut second, &page, &code), 303, "of another wizard");
    assert_eq!(second.goto("/").status, 302);
    gate.advance(61);
    let page = second.goto("/.vestibule/verify/email");
    let page = second.submit(&page, &[("send", "1")]);
    let at_second = second.follow(page);
    let newer = last_code(&gate);
    assert_eq!(answer(&mut first, &at_first, &code), 200, "void since a newer one was sent");
    gate.advance(2);
    gate.advance(500);
    assert_eq!(answer(&mut second, &at_second, &newer), 303);
    assert_eq!(second.goto("/").status, 200);
    echo.forget();
    let page = second.visit("/safe/x");
    assert!(page.url.path().starts_with("/.vestibule/verify/totp"), "mail is not what this rule names: {}", page.url);
    echo.assert_untouched("a mailed code");
    gate.advance(120);
    let (mut third, page) = asked(&gate, &alice, "email");
    let page = third.submit(&page, &[("send", "1")]);
    let page = third.follow(page);
    assert_eq!(answer(&mut third, &page, &newer), 200, "twice");
    let code = last_code(&gate);
    gate.advance(600);
    let sent = messages(&gate).len();
    let late = third.submit(&page, &[("code", &code)]);
    assert_eq!(late.status, 200);
    assert!(late.text().contains("too old"), "{}", late.text());
    assert_eq!(third.goto("/").status, 302, "after ten minutes");
    assert_eq!(messages(&gate).len(), sent, "only who asks for another is sent one");
    let page = third.submit(&late, &[("send", "1")]);
    let page = third.follow(page);
    assert_eq!(answer(&mut third, &page, &last_code(&gate)), 303);
}

/// Mail that is a way back alone: on the page for a lost device and nowhere else.
#[test]
fn mail_for_recovery_is_on_the_page_of_the_lost_device_alone() {
    let Bench { gate, .. } = bench("[methods.email]\nenabled = true\nrecovery_only = true");
    let alice = gate.given_user("alice");
    with_mailbox(&gate, &alice);
    let mut browser = gate.visitor();
    let page = browser.give_password(&alice, "/");
    page.assert_at("/.vestibule/verify/totp", 200);
    assert!(page.link("/.vestibule/verify/email").is_none(), "{}", page.text());
    let paper = browser.goto(&page.link("/.vestibule/verify/recovery").expect("codes on paper"));
    let text = paper.text();
    assert!(text.contains("Recovery code") && !text.contains("Recovery codes"), "said once: {text}");
    assert!(browser.goto("/.vestibule/verify?choose=1").link("/.vestibule/verify/email").is_none());
    let lost = browser.goto(&page.link("/.vestibule/verify/lost").expect("a way back"));
    let page = browser.goto(&lost.link("/.vestibule/verify/email").expect("there it is"));
    let page = browser.submit(&page, &[("send", "1")]);
    let page = browser.follow(page);
    assert_eq!(answer(&mut browser, &page, &last_code(&gate)), 303);

    // The same where a change of the account is confirmed.
    for deed in ["password".to_owned(), format!("remove-{}", id_of(&gate, "alice", "email"))] {
        let page = browser.goto(&format!("/.vestibule/account/confirm/{deed}"));
        assert_eq!(page.status, 200, "{deed}: {}", page.text());
        let mailbox = format!("factor={}", id_of(&gate, "alice", "email"));
        assert!(!page.html().contains(&mailbox), "{deed}: {}", page.text());
        assert!(page.html().contains(&id_of(&gate, "alice", "recovery")), "{deed}: codes on paper are one click away");
        let start = format!("/.vestibule/account/confirm/{deed}?lost");
        let lost = browser.goto(&page.link(&start).expect("a way for who lost a device"));
        assert_eq!(lost.status, 200);
        assert!(lost.html().contains(&mailbox), "{deed}: {}", lost.text());
    }
}

/// A change that is confirmed by a message asks for the message first: what was typed before it would be typed for nothing.
#[test]
fn what_a_change_needs_is_asked_for_with_the_code() {
    let Bench { gate, .. } = bench("");
    let alice = gate.given_user("alice");
    with_telephone(&gate, &alice);
    let phone = id_of(&gate, "alice", "sms");
    let mut browser = gate.visitor();
    browser.sign_in(&alice, "/");
    gate.advance(3600);
    browser.sign_in(&alice, "/");
    for (deed, field) in [("password".to_owned(), "new_password"), (format!("rename-{phone}"), "label")] {
        gate.advance(60);
        let page = browser.goto(&format!("/.vestibule/account/confirm/{deed}?factor={phone}"));
        assert!(!page.form().has(field) && !page.form().has("code"), "{deed}: {}", page.text());
        let sent = browser.submit(&page, &[("send", "1")]);
        assert_eq!(sent.status, 303, "{deed}: {}", sent.text());
        let page = browser.follow(sent);
        assert!(page.form().has(field) && page.form().has("code"), "{deed}: {}", page.text());
        if field == "label" {
            gate.advance(60);
            let page = browser.goto(page.url.as_str());
            let again = browser.submit(&page, &[("label", "Work phone"), ("send", "1")]);
            assert_eq!((again.status, again.form().field("label")), (200, Some("Work phone")), "{}", again.text());
            let done = browser.submit(&again, &[("code", &last_code(&gate))]);
            assert_eq!(done.status, 303, "{}", done.text());
            assert!(browser.follow(done).text().contains("Work phone"));
        }
    }
}

/// RE-13: what a new factor takes the place of does not vouch for it: whoever has the password and the old mailbox does
/// not move its codes to his own. Another factor does, and the old address hears of it.
#[test]
fn re_13_a_mailbox_is_not_replaced_by_its_own_code() {
    let Bench { gate, .. } = bench("");
    let alice = gate.given_user("alice");
    with_mailbox(&gate, &alice);
    gate.advance(3600);
    let (mut thief, page) = asked(&gate, &alice, "email");
    let page = thief.submit(&page, &[("send", "1")]);
    let page = thief.follow(page);
    assert_eq!(answer(&mut thief, &page, &last_code(&gate)), 303);
    gate.advance(120);
    let before = messages(&gate).len();
    let mailbox = id_of(&gate, "alice", "email");
    let deed = "/.vestibule/account/confirm/add-email";
    let page = thief.visit(deed);
    assert!(page.status == 200 && !page.html().contains(&mailbox), "{}", page.text());
    assert_eq!(thief.goto(&format!("{deed}?factor={mailbox}")).status, 404);
    let fields = [("factor", mailbox.as_str()), ("send", "1")];
    assert_eq!(thief.submit(&page, &fields).status, 404);
    assert_eq!(messages(&gate).len(), before, "no code was sent for it");

    let mut browser = gate.visitor();
    gate.advance(STEP);
    browser.give_password(&alice, "/");
    let page = browser.goto("/.vestibule/verify/totp");
    browser.give_code(&alice, &page);
    let page = adding(&gate, &mut browser, &alice, "email");
    let page = browser.submit(&page, &[("email", "new@example.com")]);
    let page = browser.follow(page);
    assert_eq!(answer(&mut browser, &page, &last_code(&gate)), 303);
    let told =
        |(to, text): (String, String)| (to == "alice@example.com" && text.contains("was replaced")).then_some(());
    until("the old address hears of it", 20, || messages(&gate).into_iter().find_map(told));
}

/// Behaviour 52: a code that was used, one of another's key, one that was made up, junk, and a server that cannot be
/// reached, lies, or is somebody else: refused; and the answer says whether trying later helps.
#[test]
fn b_52_a_key_that_types_is_believed_by_its_server_alone() {
    let fault: Arc<Mutex<&'static str>> = Arc::default();
    let (told, slow) = (fault.clone(), Arc::new(AtomicBool::new(false)));
    let late = slow.clone();
    let server = validation_server::start_with(move |said| {
        if late.load(Ordering::SeqCst) {
            std::thread::sleep(std::time::Duration::from_secs(5));
        }
        let fault = *told.lock().expect("nobody panics here");
        match fault {
            "forged" => {
                validation_server::sign(said);
                said.insert("h".to_owned(), data_encoding::BASE64.encode(&[7; 20]));
                return;
            }
            "unsigned" => {
                said.remove("h");
                return;
            }
            "nonce" => drop(said.insert("nonce".to_owned(), "0123456789abcdef0123".to_owned())),
            "otp" => drop(said.insert("otp".to_owned(), "cccccccccccccccccccccccccccccccccccccccccccc".to_owned())),
            "status" => drop(said.insert("status".to_owned(), "BACKEND_ERROR".to_owned())),
            _ => {}
        }
        validation_server::sign(said);
    });
    let (_folder, section) = yubico(&[format!("http://{server}/")]);
    let echo = Echo::start();
    let config = format!("[session]\nlogin_timeout = \"2h\"\n{section}");
    let gate = Gate::before(&echo).config(&config).start();
    let (alice, bob) = (gate.given_user("alice"), gate.given_user("bobby"));
    let (mut hers, mut his) = (with_typing_key(&gate, &alice), with_typing_key(&gate, &bob));
    gate.advance(3600);
    echo.forget();
    let tried = |code: &str| {
        let (mut browser, page) = asked(&gate, &alice, "yubikey");
        let page = browser.submit(&page, &[("code", code)]);
        gate.advance(3600);
        (page.status, page.text())
    };
    let stranger = YubiKey::new().touch();
    let made_up = hers.touch().replace(['c', 'b'], "d");
    let junk = ["", "cccc", "0123456789", &"c".repeat(44), &"c".repeat(5000), "\u{0}", "ccccccéccccc"];
    for code in [his.touch(), stranger, made_up].iter().map(String::as_str).chain(junk) {
        assert_eq!(tried(code).0, 200, "{code:?}");
    }
    for kind in ["forged", "unsigned", "nonce", "otp", "status"] {
        *fault.lock().expect("nobody panics here") = kind;
        let (status, text) = tried(&hers.touch());
        assert!(status == 200 && text.contains("cannot be checked right now"), "{kind}: {status} {text}");
    }
    *fault.lock().expect("nobody panics here") = "";
    echo.assert_untouched("codes that nobody vouched for");

    let code = hers.touch();
    let (mut browser, page) = asked(&gate, &alice, "yubikey");
    assert_eq!(answer(&mut browser, &page, &code), 303, "the honest one");
    gate.advance(60);
    assert_eq!(tried(&code).0, 200, "and once");
    slow.store(true, Ordering::SeqCst);
    let (status, text) = tried(&hers.touch());
    assert!(status == 200 && text.contains("cannot be checked right now"), "slow: {status} {text}");
    // Another way still works.
    assert_eq!(gate.visitor().sign_in_by(&alice, "totp").status, 303);
    assert!(!gate.log().contains(&code), "no code is in the log");
}

/// Choosing: the factor used last is asked for first, the others are one click away and masked, nothing is sent by a
/// GET, a message goes out with the POST that asks for it and says when the next one may; and from every page of this
/// step there is another way, and the page for a lost device.
#[test]
fn every_page_of_the_second_step_has_another_way() {
    let Bench { gate, .. } = bench("");
    let alice = gate.given_user("alice");
    let secret = with_token(&gate, &alice);
    with_mailbox(&gate, &alice);
    with_telephone(&gate, &alice);
    let _key = with_typing_key(&gate, &alice);
    gate.advance(2 * 3600);
    let methods = ["totp", "hotp", "yubikey", "sms", "email", "recovery"];
    let before = messages(&gate).len();
    let ways = |page: &Page, but: &str| {
        assert!(page.link("/.vestibule/verify/lost").is_some(), "{} {}: {}", page.url, page.status, page.text());
        for method in methods.iter().filter(|method| **method != but) {
            let way = page.link(&format!("/.vestibule/verify/{method}"));
            assert!(way.is_some(), "no {method} on {} ({}): {}", page.url, page.status, page.text());
        }
        for whole in ["31612345678", "12345678", "alice@example.com"] {
            assert!(!page.html().contains(whole), "{whole} on {}", page.url);
        }
    };
    let mut browser = gate.visitor();
    browser.give_password(&alice, "/");
    ways(&browser.goto("/.vestibule/verify?choose=1"), "");
    for method in methods {
        // Fresh, wrong, and waiting.
        let page = browser.goto(&format!("/.vestibule/verify/{method}"));
        page.assert_at(&format!("/.vestibule/verify/{method}"), 200);
        ways(&page, method);
        if matches!(method, "sms" | "email") {
            assert!(page.text().contains("We can send a code"), "{}", page.text());
            assert!(page.html().contains("name=\"send\" value=\"1\""), "its button sends: {}", page.html());
        } else {
            let page = browser.submit(&page, &[("code", "000000")]);
            assert_eq!(page.status, 200, "{method}: {}", page.text());
            ways(&page, method);
            let page = browser.submit(&page, &[("code", "000000")]);
            assert_eq!(page.status, 429, "{method}");
            ways(&page, method);
        }
    }
    assert_eq!(messages(&gate).len(), before, "nobody asked for a message");
    for method in ["sms", "email"] {
        let page = browser.goto(&format!("/.vestibule/verify/{method}"));
        let sent = browser.submit(&page, &[("send", "1")]);
        let page = browser.follow(sent);
        assert!(page.text().contains("You can ask for a new code in"), "{method}: {}", page.text());
        ways(&page, method);
        let again = browser.submit(&page, &[("send", "1")]);
        assert!(again.text().contains("You can ask for a new code in"), "{method}: {}", again.text());
        ways(&again, method);
        browser.goto(&format!("/.vestibule/verify/{method}"));
    }
    assert_eq!(messages(&gate).len(), before + 2, "one each, however often it was asked for and shown");
    let lost = browser.goto("/.vestibule/verify/lost");
    for method in methods {
        assert!(lost.link(&format!("/.vestibule/verify/{method}")).is_some(), "{method}: {}", lost.text());
    }

    // What was used last comes first.
    gate.advance(3600);
    let (mut browser, page) = asked(&gate, &alice, "hotp");
    assert_eq!(answer(&mut browser, &page, &counted(&secret, 1)), 303);
    gate.advance(60);
    let page = gate.visitor().give_password(&alice, "/");
    page.assert_at("/.vestibule/verify/hotp", 200);
    let mut browser = gate.visitor();
    let page = browser.give_password(&alice, "/");
    assert_eq!(browser.submit(&page, &[("code", &counted(&secret, 2))]).status, 303);
    gate.advance(60);
    assert_eq!(gate.visitor().sign_in_by(&alice, "totp").status, 303);
    gate.visitor().give_password(&alice, "/").assert_at("/.vestibule/verify/totp", 200);
}

impl Visitor {
    /// Signs in with the authenticator although another way is asked for first.
    fn sign_in_by(&mut self, user: &User, method: &str) -> Page {
        self.give_password(user, "/");
        let page = self.goto(&format!("/.vestibule/verify/{method}"));
        self.give_code(user, &page)
    }
}

/// Behaviour 34, 35, 37: ten codes that differ, shown once; made again, the old are dead; taken in any spelling, once.
#[test]
fn b_34_recovery_codes_as_people_write_them() {
    let Bench { gate, .. } = bench("");
    let alice = gate.given_user("alice");
    let distinct: std::collections::BTreeSet<_> = alice.recovery_codes.iter().collect();
    assert_eq!(distinct.len(), 10);
    let spelled = [
        alice.recovery_codes[0].to_lowercase(),
        alice.recovery_codes[1].replace('-', " "),
        alice.recovery_codes[2].replace('-', ""),
        format!("  {}  ", alice.recovery_codes[3]),
    ];
    for code in &spelled {
        gate.advance(60);
        let (mut browser, page) = asked(&gate, &alice, "recovery");
        assert_eq!(answer(&mut browser, &page, code), 303, "{code}");
        let (mut browser, page) = asked(&gate, &alice, "recovery");
        assert_eq!(answer(&mut browser, &page, code), 200, "{code} again");
        gate.advance(60);
    }
    let listed = gate.run(["factor", "list", "alice"]);
    assert!(listed.contains("6 left"), "{listed}");
    // Shown right after they were made, and never again.
    let mut browser = gate.visitor();
    browser.sign_in_by(&alice, "totp");
    for address in ["/.vestibule/account", "/.vestibule/enrol/recovery", "/.vestibule/account/confirm/add-recovery"] {
        assert!(codes_on(&browser.visit(address)).is_empty(), "{address}");
    }
    let page = adding(&gate, &mut browser, &alice, "recovery");
    assert_eq!(codes_on(&page).len(), 10);
    assert!(codes_on(&page).iter().all(|code| !alice.recovery_codes.contains(code)));
}
