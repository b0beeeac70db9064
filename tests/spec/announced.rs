//! Time limits as the pages say them: how long, until when, in the reader's language, with the lengths that are
//! configured; and that it is so (WCAG 2.2, 2.2.1).

use crate::harness::{Echo, Gate, Page, User};

const MINUTE: u64 = 60;
/// From the password to the second factor.
const LOGIN: u64 = 7;
const IDLE: u64 = 25;
/// Of a session, whatever is done in it.
const LIFETIME: u64 = 60;

fn bench() -> (Echo, Gate, User) {
    let echo = Echo::start();
    let config = format!(
        "[session]\nlogin_timeout = \"{LOGIN}m\"\nidle = \"{IDLE}m\"\nlifetime = \"{LIFETIME}m\"\n\
         [enrolment]\nremind = \"1d\"\n[gateway.email]\nkind = \"console\"\n[methods.email]\nenabled = true"
    );
    let gate = Gate::before(&echo).config(&config).start();
    let alice = gate.given_user("alice");
    (echo, gate, alice)
}

/// Says how many minutes, and which time that will be.
#[track_caller]
fn assert_says(gate: &Gate, page: &Page, minutes: u64, word: &str) {
    assert_eq!(page.status, 200, "{}", page.url);
    let text = page.text();
    let end = gate.control.now() / 1000 + i64::try_from(minutes * MINUTE).expect("minutes");
    // The clock goes on by itself while a page is made.
    let times: Vec<String> = (-3..=0).map(|second| clock(end + second)).collect();
    let said = text.contains(&format!("{minutes} {word}")) && times.iter().any(|time| text.contains(time));
    assert!(said, "{} does not say {minutes} {word}, until {}: {text}", page.url, clock(end));
}

fn clock(seconds: i64) -> String {
    let day = seconds.rem_euclid(24 * 3600);
    format!("{:02}:{:02}:{:02}", day / 3600, day / 60 % 60, day % 60)
}

#[test]
fn every_page_that_ends_by_itself_says_after_how_long() {
    let (_echo, gate, alice) = bench();

    // What a link leads to, as long as the link is good; then each step of the login.
    let mut browser = gate.visitor();
    let invited = browser.visit(&gate.invite("bobby"));
    assert!(invited.text().contains("This link works once, until"), "{}", invited.text());
    let choose = browser.submit(
        &invited,
        &[("new_password", crate::harness::PASSWORD), ("new_password_again", crate::harness::PASSWORD)],
    );
    let choose = browser.follow(choose);
    assert_says(&gate, &choose, LOGIN, "minutes");
    assert_says(&gate, &browser.visit("/.vestibule/enrol/totp"), LOGIN, "minutes");
    let (_, codes) = browser.enrol_totp(choose);
    assert_says(&gate, &codes, LOGIN, "minutes");

    let mut browser = gate.visitor();
    gate.advance(30);
    let asked = browser.give_password(&alice, "/");
    assert_says(&gate, &asked, LOGIN, "minutes");
    for step in ["verify?choose=1", "verify/lost"] {
        assert_says(&gate, &browser.goto(&format!("/.vestibule/{step}")), LOGIN, "minutes");
    }
    let german = browser.navigate("GET", asked.url.as_str(), "none").instead("Accept-Language", "de").send();
    assert_says(&gate, &german, LOGIN, "Minuten");

    // Signed in, the session is what ends.
    let page = browser.give_code(&alice, &asked);
    let remind = browser.follow(page);
    remind.assert_at("/.vestibule/account/remind", 200);
    assert_says(&gate, &remind, IDLE, "minutes");
    for page in ["", "/add", "/confirm/add-email", "/confirm/password", "/confirm/forget-browsers"] {
        assert_says(&gate, &browser.goto(&format!("/.vestibule/account{page}")), IDLE, "minutes");
    }
    let page = browser.adding(&alice, "email");
    assert_says(&gate, &page, LOGIN, "minutes");
    let page = browser.submit(&page, &[("email", "alice@example.com")]);
    let sent = browser.follow(page);
    assert!(sent.text().contains("The code is valid for 10 minutes"), "{}", sent.text());
}

#[test]
fn what_a_page_says_of_its_end_is_so() {
    let (_echo, gate, alice) = bench();
    for (seconds, in_time) in [(LOGIN * MINUTE - 5, true), (LOGIN * MINUTE + 1, false)] {
        let mut browser = gate.visitor();
        let page = browser.give_password(&alice, "/");
        gate.advance(seconds);
        let page = browser.give_code(&alice, &page);
        assert_eq!(page.status, if in_time { 303 } else { 409 }, "{seconds}: {}", page.text());
        assert_eq!(page.text().contains("took too long"), !in_time, "{}", page.text());
    }

    let mut browser = gate.visitor();
    browser.sign_in(&alice, "/");
    gate.advance(IDLE * MINUTE - 5);
    assert_eq!(browser.goto("/.vestibule/account").status, 200, "idle for less");
    gate.advance(IDLE * MINUTE - 5);
    // What was proved first begins its life: from then on less than the idle time is left.
    let left = browser.goto("/.vestibule/account");
    assert!(left.text().contains("10 minutes") || left.text().contains("11 minutes"), "{}", left.text());
    gate.advance(11 * MINUTE);
    assert_ne!(browser.goto("/.vestibule/account").status, 200, "whatever is done in it");

    let mut browser = gate.visitor();
    browser.sign_in(&alice, "/");
    gate.advance(IDLE * MINUTE + 1);
    assert_ne!(browser.goto("/.vestibule/account").status, 200, "idle for longer");
}

/// Until the password there is no limit anybody would notice: what is typed into a form left open is not lost.
#[test]
fn a_login_form_waits_for_its_reader() {
    let (_echo, gate, alice) = bench();
    let mut browser = gate.visitor();
    let page = browser.visit("/wiki");
    gate.advance(23 * 3600);
    let page = browser.submit(&page, &[("username", &alice.name), ("password", &alice.password)]);
    assert_eq!(page.status, 303, "{}", page.text());
    let page = browser.follow(page);
    let page = browser.give_code(&alice, &page);
    assert!(page.sent_to().ends_with("rd=%2Fwiki") || page.sent_to() == "/wiki", "{}", page.sent_to());
}
