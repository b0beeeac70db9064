//! Ways to sign in that are off until the operator wants them: mail, and tokens that count. Nothing goes to a mailbox that
//! was not meant, nothing is sent by looking at a page, and each code is good once.

use totp_rs::{Builder, Secret};

use crate::harness::{Echo, Gate, User, link_in};

fn bench(more: &str) -> (Echo, Gate) {
    let echo = Echo::start();
    let config = format!("[gateway.email]\nkind = \"console\"\n{more}\n[session]\nlogin_timeout = \"2h\"");
    let gate = Gate::before(&echo).config(&config).start();
    (echo, gate)
}

/// The mails with codes so far, receiver and text: owners are also told of what changed.
fn mails(gate: &Gate) -> Vec<(String, String)> {
    let outbox = gate.outbox();
    let text = |value: &serde_json::Value| value.as_str().expect("text").to_owned();
    let messages = outbox["messages"].as_array().expect("an outbox").iter();
    let mails = messages.map(|message| (text(&message["to"]), text(&message["text"])));
    mails.filter(|(_, text)| text.contains("is your code")).collect()
}

fn last_code(gate: &Gate) -> String {
    let (_, text) = mails(gate).pop().expect("a mail");
    let word = text.split(|c: char| !c.is_ascii_digit()).find(|word| word.len() == 6);
    word.unwrap_or_else(|| panic!("no code in {text}")).to_owned()
}

fn given_user_with(gate: &Gate, name: &str, mailbox: &str) -> User {
    let link = link_in(&gate.run(["user", "add", name, "--email", mailbox]));
    gate.visitor().accept(name, &link).0
}

/// Behaviour 47, 48: the operator's address is asked of nobody; opening the page sends nothing; one mail, one use.
#[test]
fn mail_goes_to_the_address_the_operator_set_when_it_is_asked_for() {
    let (echo, gate) = bench("[methods.email]\nenabled = true");
    let alice = given_user_with(&gate, "alice", "alice@example.com");
    let mut browser = gate.visitor();
    browser.sign_in(&alice, "/");
    let page = browser.adding(&alice, "email");
    page.assert_at("/.vestibule/enrol/email", 200);
    assert!(page.text().contains("a***@example.com"), "{}", page.text());
    assert!(!page.form().has("email") && !page.form().has("code"), "{}", page.text());
    browser.goto("/.vestibule/enrol/email");
    assert!(mails(&gate).is_empty(), "a GET sends nothing");
    let page = browser.submit(&page, &[("send", "1"), ("email", "eve@example.com")]);
    let page = browser.follow(page);
    assert_eq!(mails(&gate)[0].0, "alice@example.com");
    let page = browser.submit(&page, &[("code", &last_code(&gate))]);
    assert_eq!(page.status, 303, "{}", page.text());

    gate.advance(2 * 3600);
    echo.forget();
    let mut browser = gate.visitor();
    browser.give_password(&alice, "/");
    let page = browser.goto("/.vestibule/verify/email");
    assert_eq!(mails(&gate).len(), 1);
    let page = browser.submit(&page, &[("send", "1")]);
    let page = browser.follow(page);
    assert_eq!(mails(&gate).len(), 2);
    echo.assert_untouched("a code that was not given");
    let code = last_code(&gate);
    let page = browser.submit(&page, &[("code", &code)]);
    assert_eq!(browser.follow(page).status, 200);
    assert_eq!(echo.last().field("remote-user"), Some("alice"));
}

/// Behaviour 47: without an address it is asked for, judged, and counts once its code was typed.
#[test]
fn an_address_that_somebody_brings_counts_once_it_is_confirmed() {
    let (_echo, gate) = bench("[methods.email]\nenabled = true");
    let bob = gate.given_user("bob");
    let mut browser = gate.visitor();
    browser.sign_in(&bob, "/");
    let page = browser.adding(&bob, "email");
    for refused in ["bob", "bob@", "bob@example.com\r\nBcc: eve@example.com", "a@example.com, b@example.com"] {
        let again = browser.submit(&page, &[("email", refused)]);
        assert!(again.status == 200 && again.text().contains("not a mail address"), "{refused:?}: {}", again.text());
    }
    assert!(mails(&gate).is_empty());
    let page = browser.submit(&page, &[("email", "bob@example.com")]);
    let page = browser.follow(page);
    assert!(page.text().contains("b***@example.com"), "{}", page.text());
    assert_eq!(browser.submit(&page, &[("code", "000000")]).status, 200);
    gate.advance(2);
    let page = browser.submit(&page, &[("code", &last_code(&gate))]);
    assert_eq!(page.status, 303, "{}", page.text());
    assert_eq!(mails(&gate).len(), 1);
}

/// As a way back in alone, mail comes after the recovery codes of a new user, and after every other way.
#[test]
fn mail_for_recovery_alone_is_no_first_way_and_comes_last() {
    let (_echo, gate) = bench("[methods.email]\nenabled = true\nrecovery_only = true");
    let alice = given_user_with(&gate, "alice", "alice@example.com");
    assert!(!alice.recovery_codes.is_empty(), "codes follow the first factor, not mail");
    let mut browser = gate.visitor();
    browser.sign_in(&alice, "/");
    let page = browser.adding(&alice, "email");
    let page = browser.submit(&page, &[("send", "1")]);
    let page = browser.follow(page);
    let page = browser.submit(&page, &[("code", &last_code(&gate))]);
    assert_eq!(page.status, 303, "{}", page.text());

    gate.advance(2 * 3600);
    let mut browser = gate.visitor();
    let page = browser.give_password(&alice, "/");
    page.assert_at("/.vestibule/verify/totp", 200);
    let page = browser.goto("/.vestibule/verify/lost");
    assert!(page.text().contains("a***@example.com"), "{}", page.text());
}

/// Behaviour 29: a token's codes in their order, each once, and some left out.
#[test]
fn a_token_that_counts_signs_in_with_codes_in_their_order() {
    let (_echo, gate) = bench("[methods.hotp]\nenabled = true\nlook_ahead = 1");
    let alice = gate.given_user("alice");
    let mut browser = gate.visitor();
    browser.sign_in(&alice, "/");
    let page = browser.adding(&alice, "hotp");
    let html = page.html();
    let secret = html.split("secret=").nth(1).and_then(|rest| rest.split('&').next()).expect("a key URI").to_owned();
    let token = |counter: u64| {
        let bytes = data_encoding::BASE32_NOPAD.decode(secret.as_bytes()).expect("base32");
        let builder = Builder::new().with_secret(Secret::from(bytes)).with_step_duration(1);
        builder.build_noncompliant().generate(counter).to_string()
    };
    let page = browser.submit(&page, &[("code", &token(0))]);
    assert_eq!(page.status, 303, "{}", page.text());
    for (code, right) in [(token(0), false), (token(3), false), (token(2), true), (token(1), false), (token(3), true)] {
        gate.advance(2 * 3600);
        let mut browser = gate.visitor();
        browser.give_password(&alice, "/");
        let page = browser.goto("/.vestibule/verify/hotp");
        let page = browser.submit(&page, &[("code", &code)]);
        assert_eq!(page.status == 303, right, "{code}: {}", page.text());
    }
}
