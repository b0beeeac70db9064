//! Time that goes wrong, messages that go out, and what lies on the disk.

use std::os::unix::fs::PermissionsExt;

use crate::harness::{Echo, Gate, PASSWORD, code_of};
use crate::walk::verified;

/// The wall clock is put right while the gate runs: codes and assertions follow it, sessions do not.
#[test]
fn a_wall_clock_that_moves_ends_no_session_and_revives_none() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).start();
    let alice = gate.given_user("alice");
    let mut browser = gate.visitor();
    browser.sign_in(&alice, "/");
    gate.skew_wall(10 * 60_000);
    let mut other = gate.visitor();
    let page = other.give_password(&alice, "/");
    let code = code_of(&alice.secret, gate.control.now() + 10 * 60_000);
    let page = other.submit(&page, &[("code", &code)]);
    assert_eq!(page.status, 303, "codes follow the wall: {}", page.text());
    assert_eq!(browser.goto("/").status, 200);
    // An hour back: nothing is longer alive than it was meant to be, and a used code is not good again.
    gate.skew_wall(-60 * 60_000);
    assert_eq!(browser.goto("/").status, 200);
    let claims = verified(&gate, echo.last().field("vestibule-assertion").expect("an assertion"));
    assert!(claims["exp"].as_i64() > claims["iat"].as_i64());
    let mut third = gate.visitor();
    let page = third.give_password(&alice, "/");
    let page = third.submit(&page, &[("code", &code)]);
    assert_eq!(page.status, 200, "used, and of another time");
    gate.advance(31 * 60);
    assert_eq!(browser.goto("/").status, 302, "deadlines keep running");
}

/// A text message is enrolled, asked for by a button, and answered; a GET sends nothing.
#[test]
fn a_message_is_sent_when_it_is_asked_for() {
    let echo = Echo::start();
    let gate = Gate::before(&echo)
        .config("[methods.sms]\nenabled = true\ncountries = [\"NL\"]\n[gateway.sms]\nkind = \"console\"\n[enrolment]\nfirst_login = true")
        .start();
    let bob = gate.given_password_user("bob");
    let mut browser = gate.visitor();
    browser.give_password(&bob, "/locked");
    let page = browser.goto("/.vestibule/enrol/sms");
    page.assert_at("/.vestibule/enrol/sms", 200);
    assert_eq!(texts(&gate).len(), 0, "a GET sends nothing");
    let page = browser.submit(&page, &[("phone", "+31612345667")]);
    let page = browser.follow(page);
    let sent = texts(&gate);
    assert_eq!(sent.len(), 1);
    assert!(!page.html().contains("612345667"), "the number is masked");
    let page = browser.submit(&page, &[("code", &code_in(&sent[0]))]);
    assert_eq!(page.status, 303, "{}", page.text());
    let page = browser.follow(page);
    let (_, page) = browser.keep_codes(page);
    assert_eq!((page.status, page.url.path()), (200, "/locked"));

    gate.advance(3600);
    let mut browser = gate.visitor();
    let page = browser.give_password(&bob, "/locked");
    assert_eq!(texts(&gate).len(), 1, "a GET sends nothing");
    let page = browser.submit(&page, &[("send", "1")]);
    let page = browser.follow(page);
    assert_eq!(texts(&gate).len(), 2);
    let page = browser.submit(&page, &[("code", &code_in(&texts(&gate)[1]))]);
    assert_eq!((page.status, page.sent_to().as_str()), (303, "/locked"));
    let log = gate.log();
    assert!(!log.contains(PASSWORD) && !log.contains(&code_in(&texts(&gate)[1])));
}

/// ST-06: nobody else on the machine reads what is ours.
#[test]
fn files_are_their_owners_alone() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).start();
    gate.given_user("alice");
    let mut left = vec![gate.data()];
    while let Some(path) = left.pop() {
        let mode = std::fs::symlink_metadata(&path).unwrap().permissions().mode() & 0o777;
        if path.is_dir() {
            assert_eq!(mode, 0o700, "{}", path.display());
            left.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            assert_eq!(mode, 0o600, "{}", path.display());
        }
    }
}

/// The texts that were sent so far.
fn texts(gate: &Gate) -> Vec<String> {
    let outbox = gate.outbox();
    let messages = outbox["messages"].as_array().unwrap_or_else(|| panic!("{outbox}"));
    messages.iter().map(|message| message["text"].as_str().unwrap().to_owned()).collect()
}

fn code_in(text: &str) -> String {
    let pattern = regex::Regex::new("[0-9]{6}").expect("a pattern");
    pattern.find(text).unwrap_or_else(|| panic!("no code in {text:?}")).as_str().to_owned()
}
