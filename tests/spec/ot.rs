//! One-time passwords: a code is good once, for its own time, for its own user, and guessing it is hopeless.

use std::collections::BTreeSet;

use crate::harness::{Echo, Gate, Page, User, Visitor, secret_on};
use crate::race::{at_once, rounds};

const STEP: u64 = 30;

/// Alice, whose last code is some time ago, and logins that do not run out while a test moves the clock.
pub fn bench() -> (Echo, Gate, User) {
    let echo = Echo::start();
    let gate = Gate::before(&echo).config("[session]\nlogin_timeout = \"2h\"").start();
    let alice = gate.given_user("alice");
    gate.advance(10 * STEP);
    echo.forget();
    (echo, gate, alice)
}

/// A browser that has given the password, and the page that asks for the code.
fn asked(gate: &Gate, user: &User) -> (Visitor, Page) {
    let mut browser = gate.visitor();
    let page = browser.give_password(user, "/");
    page.assert_at("/.vestibule/verify/totp", 200);
    (browser, page)
}

/// What becomes of this code here.
fn answer(browser: &mut Visitor, page: &Page, code: &str) -> u16 {
    browser.submit(page, &[("code", code)]).status
}

fn wrong(user: &User, now: i64) -> String {
    let near: BTreeSet<String> = (-25..=25).map(|steps| user.code_at(now, steps)).collect();
    let free = (0..).map(|number| format!("{number:06}")).find(|code| !near.contains(code));
    free.expect("fifty codes of a million are taken")
}

/// OT-01, TH-03: from ever new browsers and addresses, wrong codes are looked at a hundred times at most, further and
/// further apart; the owner's own browser still gets in, and opens the door again.
#[test]
fn ot_01_guessing_ends_after_a_hundred_tries_from_anywhere() {
    let echo = Echo::start();
    let config = "[throttle]\nceiling = \"4s\"\n[trust]\nproxies = [\"127.0.0.1/32\"]";
    let gate = Gate::before(&echo).config(config).start();
    let mut home = gate.visitor();
    let (alice, _) = home.accept("alice", &gate.invite("alice"));
    home.sign_out();
    gate.advance(10 * STEP);
    echo.forget();

    let (mut looked_at, mut closed) = (0, false);
    for round in 0..13 {
        let mut attacker = gate.visitor();
        attacker.always.push(("X-Forwarded-For".to_owned(), format!("192.0.2.{round}")));
        let page = attacker.visit("/");
        let page = attacker.submit(&page, &[("username", "alice"), ("password", &alice.password)]);
        if page.status == 429 {
            closed = true;
            break;
        }
        let page = attacker.follow(page);
        for _ in 0..8 {
            let code = wrong(&alice, gate.control.now());
            match answer(&mut attacker, &page, &code) {
                200 => looked_at += 1,
                429 => closed = true,
                other => panic!("a wrong code was answered {other}"),
            }
            let again = answer(&mut attacker, &page, &code);
            assert_eq!(again, 429, "the next one waits");
            gate.advance(5);
        }
    }
    assert!(closed, "it never ended");
    assert!((90..=100).contains(&looked_at), "{looked_at} wrong codes were looked at");

    // Closed means closed, also for the right password and the right code.
    let mut stranger = gate.visitor();
    let page = stranger.visit("/");
    let page = stranger.submit(&page, &[("username", "alice"), ("password", &alice.password)]);
    assert_eq!(page.status, 429);
    echo.assert_untouched("guesses");
    assert_eq!(home.sign_in(&alice, "/").status, 200, "not for the owner's own browser");
    assert_eq!(gate.visitor().sign_in(&alice, "/").status, 200, "who has opened the door again");
}

/// OT-02: a code that was used is refused in another browser, at step-up, and for a change of the account.
#[test]
fn ot_02_a_used_code_is_used_up_everywhere() {
    let echo = Echo::start();
    let rules = rules! { "/fresh" => "two_factor" with max_age = "5s", _ => "two_factor" };
    let gate = Gate::before(&echo).rules(rules).start();
    let alice = gate.given_user("alice");
    gate.advance(10 * STEP);
    let (mut browser, page) = asked(&gate, &alice);
    let used = alice.code_at(gate.control.now(), 0);
    assert_eq!(answer(&mut browser, &page, &used), 303);
    echo.forget();

    // In another browser.
    let (mut other, page) = asked(&gate, &alice);
    assert_eq!(answer(&mut other, &page, &used), 200);
    assert_eq!(other.goto("/").status, 302);

    // Step-up in the same session.
    gate.advance(6);
    let page = browser.visit("/fresh");
    assert_eq!(answer(&mut browser, &page, &used), 200);
    assert_eq!(browser.goto("/fresh").status, 302);

    // Removal of another factor, and each other change. The factor used last is the one that is asked.
    gate.run(["factor", "add", "alice", "totp"]);
    let listed = gate.run(["factor", "list", "alice", "--json"]);
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    let added = listed["factors"].as_array().unwrap().last().unwrap()["id"].as_str().unwrap().to_owned();
    let removal = format!("/.vestibule/account/confirm/remove-{added}");
    gate.advance(3);
    for deed in [removal.as_str(), "/.vestibule/account/confirm/add-totp", "/.vestibule/account/confirm/add-recovery"] {
        let page = browser.visit(deed);
        page.assert_at(deed, 200);
        assert_eq!(answer(&mut browser, &page, &used), 200, "{deed}");
        gate.advance(9);
    }
    assert!(gate.run(["factor", "list", "alice"]).contains(&added), "it is still there");
    echo.assert_untouched("replayed codes");

    // A code of the present does it.
    gate.advance(STEP);
    let page = browser.visit(&removal);
    let code = alice.code_at(gate.control.now(), 0);
    let page = browser.submit(&page, &[("code", &code)]);
    assert_eq!(page.status, 303, "{}{}{}", page.text(), gate.run(["audit"]), gate.log());
    assert!(!gate.run(["factor", "list", "alice"]).contains(&added));
}

/// OT-04, behaviour 24 and 27: codes of one step before and after are taken, none from further off, and none older than
/// the last that was taken. Spaces between digits are no matter.
#[test]
fn ot_04_only_codes_of_the_window_and_never_an_older_one() {
    let (echo, gate, alice) = bench();
    for (steps, taken) in [(-2, false), (2, false), (-1, true), (0, true), (-1, false), (1, true), (0, false)] {
        let (mut browser, page) = asked(&gate, &alice);
        let code = alice.code_at(gate.control.now(), steps);
        let spaced = format!("{} {}", &code[..3], &code[3..]);
        let status = answer(&mut browser, &page, &spaced);
        assert_eq!(status, if taken { 303 } else { 200 }, "step {steps}");
        assert_eq!(browser.goto("/").status, if taken { 200 } else { 302 }, "step {steps}");
        // Past the wait of two wrong answers, and within the step.
        gate.advance(3);
    }
    assert_eq!(echo.requests().len(), 3);
}

/// OT-06: of fifty wizards of one user that get the same right code at once, one goes on.
#[test]
fn ot_06_one_code_opens_one_of_fifty_wizards() {
    let (_echo, gate, alice) = bench();
    let mut wizards: Vec<(Visitor, Page)> = (0..50).map(|_| asked(&gate, &alice)).collect();
    for _ in 0..rounds(3, 20) {
        gate.advance(2 * STEP);
        let code = alice.code_at(gate.control.now(), 0);
        let race = wizards.drain(..).map(|(mut browser, page)| {
            let code = code.clone();
            move || (answer(&mut browser, &page, &code), browser, page)
        });
        let ended = at_once(race.collect());
        let opened = ended.iter().filter(|(status, ..)| *status == 303).count();
        assert_eq!(opened, 1, "statuses {:?}", ended.iter().map(|(status, ..)| *status).collect::<Vec<_>>());
        assert!(ended.iter().all(|(status, ..)| matches!(status, 303 | 200 | 429)));
        let open = ended.into_iter().filter_map(|(status, mut browser, page)| {
            assert_eq!(browser.goto("/").status == 200, status == 303, "what was answered is what holds");
            (status != 303).then_some((browser, page))
        });
        wizards = open.collect();
    }
}

/// OT-07: of two hundred wrong codes at once one is looked at; that is counted, and a `kill -9` does not undo it.
#[test]
fn ot_07_a_flood_of_guesses_is_one_guess() {
    let (_echo, mut gate, alice) = bench();
    let (browser, page) = asked(&gate, &alice);
    for round in 1..=rounds(3, 20) {
        let code = wrong(&alice, gate.control.now());
        let race = (0..200).map(|_| {
            let (mut browser, page, code) = (browser.clone(), page.clone(), code.clone());
            move || answer(&mut browser, &page, &code)
        });
        let statuses = at_once(race.collect());
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
        assert!(statuses.iter().all(|status| matches!(status, 200 | 429)), "{statuses:?}");
        if round == 1 {
            gate.restart();
        }
        // As long as so many failures ask for, and no longer.
        let wait = 1 << (round - 1).min(9);
        let right = alice.code_at(gate.control.now(), 0);
        assert_eq!(answer(&mut browser.clone(), &page, &right), 429);
        gate.advance(wait);
    }
    let right = alice.code_at(gate.control.now(), 0);
    assert_eq!(answer(&mut browser.clone(), &page, &right), 303, "the honest one after the wait");
}

/// OT-10, behaviour 28: the code that enrolled the device does not sign in as well.
#[test]
fn ot_10_the_code_that_enrols_does_not_sign_in() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).start();
    let alice = gate.given_user("alice");
    let (mut browser, page) = asked(&gate, &alice);
    let code = alice.code_at(gate.control.now(), 0);
    assert_eq!(answer(&mut browser, &page, &code), 200);
    gate.advance(STEP);
    let code = alice.code_at(gate.control.now(), 0);
    assert_eq!(answer(&mut browser, &page, &code), 303);
}

/// OT-11, behaviour 54: a secret is 160 bits, different each time, handed over once on a page that is not kept, under
/// a label that cannot be read in another way.
#[test]
fn ot_11_a_seed_is_long_random_and_shown_once() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).start();
    let mut seeds = BTreeSet::new();
    for name in ["alice", "al+ice@example.com", "bob"] {
        let mut browser = gate.visitor();
        let page = browser.visit(&gate.invite(name));
        let password = crate::harness::PASSWORD;
        let page = browser.submit(&page, &[("new_password", password), ("new_password_again", password)]);
        let page = browser.follow(page);
        let page = browser.goto(&page.link("/.vestibule/enrol/totp").unwrap_or_else(|| page.url.to_string()));
        let secret = secret_on(&page);
        assert!(data_encoding::BASE32_NOPAD.decode(secret.as_bytes()).unwrap().len() >= 20);
        assert!(page.field("cache-control").unwrap().contains("no-store"));
        let uri = page.link("otpauth://totp/").unwrap();
        let escaped = name.replace('@', "%40").replace('+', "%2B");
        assert!(uri.split('?').next().unwrap().ends_with(&escaped), "{uri}");
        assert_eq!(uri.matches('?').count(), 1);
        let (_, page) = browser.enrol_totp(page);
        browser.keep_codes(page);
        for address in ["/.vestibule/enrol/totp", "/.vestibule/account", "/.vestibule/enrol"] {
            let page = browser.visit(address);
            assert!(!page.text().replace(' ', "").contains(&secret) && !page.html().contains(&secret), "{address}");
        }
        assert!(seeds.insert(secret), "a seed came twice");
    }
}

/// OT-13, behaviour 45: Bob's code and Bob's factor are nothing in Alice's wizard.
#[test]
fn ot_13_a_code_is_its_users_alone() {
    let (echo, gate, alice) = bench();
    let bob = gate.given_user("bob");
    gate.advance(2 * STEP);
    echo.forget();
    let (mut browser, page) = asked(&gate, &alice);
    let code = bob.code_at(gate.control.now(), 0);
    assert_eq!(answer(&mut browser, &page, &code), 200);
    gate.advance(2);
    let listed: serde_json::Value = serde_json::from_str(&gate.run(["factor", "list", "bob", "--json"])).unwrap();
    let bobs = listed["factors"].as_array().unwrap().iter().find(|factor| factor["method"] == "totp").unwrap();
    let id = bobs["id"].as_str().unwrap();
    assert_eq!(browser.submit(&page, &[("code", &code), ("factor", id)]).status, 404);
    assert_eq!(browser.goto(&format!("/.vestibule/verify/totp?factor={id}")).status, 404);
    echo.assert_untouched("another user's code");
    let code = alice.code_at(gate.control.now(), 0);
    assert_eq!(answer(&mut browser, &page, &code), 303);
    let (mut browser, page) = asked(&gate, &bob);
    let code = bob.code_at(gate.control.now(), 0);
    assert_eq!(answer(&mut browser, &page, &code), 303, "and Bob's code was not used up by that");
}

/// OT-15, behaviour 33: each factor waits for itself, and all of them together have one limit.
#[test]
fn ot_15_several_devices_are_not_several_budgets() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).config("[throttle]\nhard_limit = 10\nceiling = \"2s\"").start();
    let alice = gate.given_user("alice");
    let printed = gate.run(["factor", "add", "alice", "totp", "--json"]);
    assert!(printed.contains("otpauth://"));
    gate.advance(10 * STEP);
    let (mut browser, page) = asked(&gate, &alice);
    let listed: serde_json::Value = serde_json::from_str(&gate.run(["factor", "list", "alice", "--json"])).unwrap();
    let ids = listed["factors"].as_array().unwrap().iter().filter(|factor| factor["method"] == "totp");
    let ids: Vec<String> = ids.map(|factor| factor["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids.len(), 2);
    let mut looked_at = 0;
    for _ in 0..10 {
        for id in &ids {
            let code = wrong(&alice, gate.control.now());
            // The other one is not kept waiting by the first.
            let status = browser.submit(&page, &[("code", &code), ("factor", id)]).status;
            looked_at += usize::from(status == 200);
        }
        gate.advance(3);
    }
    assert_eq!(looked_at, 10);
    assert!(gate.run(["user", "show", "alice", "--json"]).contains("\"locked\": true"));
    gate.run(["user", "unlock", "alice"]);
    let code = alice.code_at(gate.control.now(), 0);
    let mut taken = false;
    for id in &ids {
        taken |= browser.submit(&page, &[("code", &code), ("factor", id)]).status == 303;
    }
    assert!(taken, "the operator opens it");
}

/// OT-17: how near a wrong code was is not to be had from how long the answer takes: one of which five digits of six are
/// right costs the gate the work of one of which none is. In the long form two hundred pairs, else enough to see a
/// comparison that ends early in many places; the median of each, so that what else the machine does is no matter.
#[test]
fn ot_17_a_near_miss_takes_as_long_as_any_other() {
    let echo = Echo::start();
    let config = "[throttle]\nbase = \"1s\"\nceiling = \"1s\"\nhard_limit = 100\n[session]\nlogin_timeout = \"2h\"";
    let gate = Gate::before(&echo).config(config).start();
    let alice = gate.given_user("alice");
    gate.advance(10 * STEP);
    let (mut browser, page) = asked(&gate, &alice);
    let mut worked = [Vec::new(), Vec::new()];
    for round in 0..rounds(40, 200) as usize {
        // Each of the two is first as often as the other.
        for kind in [round % 2, 1 - round % 2] {
            let code = alike(&alice, gate.control.now(), 5 * kind);
            let before = worked_by(&gate);
            assert_eq!(answer(&mut browser, &page, &code), 200, "looked at, and wrong");
            worked[kind].push(worked_by(&gate).saturating_sub(before));
            gate.advance(1);
        }
        if round % 40 == 39 {
            gate.run(["user", "unlock", "alice"]);
        }
    }
    let [far, near] = worked.map(|mut times| {
        times.sort_unstable();
        times[times.len() / 2]
    });
    let apart = far.abs_diff(near) as f64 / far.max(near) as f64;
    assert!(apart < 0.2, "near {near} ns, far {far} ns");
}

/// A wrong code whose first digits are those of the right one, and no other is.
fn alike(user: &User, now: i64, same: usize) -> String {
    let taken: BTreeSet<String> = (-25..=25).map(|steps| user.code_at(now, steps)).collect();
    let right = user.code_at(now, 0);
    let digit = |digit: u8, more: u8| char::from(b'0' + (digit - b'0' + more) % 10);
    let code = |more| right.bytes().enumerate().map(|(n, it)| digit(it, if n < same { 0 } else { more })).collect();
    (1..10).map(code).find(|code| !taken.contains(code)).expect("nine codes are not all taken")
}

/// The processor time that the gate's threads have had, in nanoseconds (Linux, Documentation/scheduler/sched-stats).
fn worked_by(gate: &Gate) -> u64 {
    let threads = std::fs::read_dir(format!("/proc/{}/task", gate.pid())).expect("it runs").flatten();
    let of = |thread: std::fs::DirEntry| {
        let text = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<u64>().ok()
    };
    threads.filter_map(of).sum()
}
