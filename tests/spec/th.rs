//! Throttling: guessing is slow from everywhere, and nobody is locked out of an own account by somebody else.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::harness::{Echo, Gate, PASSWORD, Page, User, Visitor, alone};
use crate::import::BCRYPT;
use crate::race::at_once;

const STEP: u64 = 30;

fn bench(config: &str) -> (Echo, Gate, User) {
    let echo = Echo::start();
    let gate = Gate::before(&echo).config(config).start();
    let alice = gate.given_user("alice");
    gate.advance(10 * STEP);
    echo.forget();
    (echo, gate, alice)
}

/// The login page's answer to this name and password.
fn log_in(browser: &mut Visitor, name: &str, password: &str) -> Page {
    let page = browser.visit("/");
    browser.submit(&page, &[("username", name), ("password", password)])
}

/// A page without what is new on each: anti-forgery values and the id of the request.
pub fn bare(page: &Page) -> String {
    let mut text = page.html();
    for form in page.forms() {
        for (name, value) in &form.fields {
            if matches!(name.as_str(), "csrf" | "state") {
                text = text.replace(value.as_str(), "…");
            }
        }
    }
    text
}

/// TH-01, TH-15, behaviour 30: while a wait runs, right and wrong are answered the same, with the time on the page; and
/// the trail has it.
#[test]
fn th_01_while_waiting_the_right_answer_is_as_good_as_a_wrong_one() {
    let (echo, gate, alice) = bench("[throttle]\nbase = \"10s\"");
    let mut browser = gate.visitor();
    let page = log_in(&mut browser, "alice", "not the password");
    page.assert_at("/.vestibule/login", 200);
    let wrong = log_in(&mut browser, "alice", "nor this one");
    let right = log_in(&mut browser, "alice", PASSWORD);
    for page in [&wrong, &right] {
        assert_eq!(page.status, 429);
        assert_eq!(page.field("retry-after"), Some("11"));
        assert!(page.text().contains("12:05"), "the time is on the page: {}", page.text());
    }
    assert_eq!(bare(&wrong), bare(&right));
    // The same for codes.
    gate.advance(11);
    let page = log_in(&mut browser, "alice", PASSWORD);
    let page = browser.follow(page);
    assert_eq!(browser.submit(&page, &[("code", "12")]).status, 200);
    let wrong = browser.submit(&page, &[("code", "13")]);
    let right = browser.submit(&page, &[("code", &alice.code_at(gate.control.now(), 0))]);
    assert_eq!((wrong.status, right.status), (429, 429));
    assert_eq!(wrong.field("retry-after"), right.field("retry-after"));
    assert_eq!(bare(&wrong), bare(&right));
    echo.assert_untouched("answers within a wait");
    let trail = gate.run(["audit", "--user", "alice", "--json"]);
    for kind in ["password_wrong", "password_waiting", "factor_wrong", "factor_waiting"] {
        assert!(trail.contains(kind), "{kind} is in the trail");
    }
    gate.advance(10);
    let page = browser.give_code(&alice, &page);
    assert_eq!(browser.follow(page).status, 200, "after the wait");
}

/// Behaviour 31 and 32: the wait doubles to its ceiling, more tries within it count for nothing, success ends it.
#[test]
fn th_01_the_wait_doubles_to_its_ceiling() {
    let (_echo, gate, alice) = bench("[throttle]\nbase = \"2s\"\nceiling = \"9s\"");
    let mut browser = gate.visitor();
    let page = browser.give_password(&alice, "/");
    for wait in [2, 4, 8, 9, 9] {
        assert_eq!(browser.submit(&page, &[("code", "1")]).status, 200);
        for _ in 0..3 {
            let page = browser.submit(&page, &[("code", "1")]);
            assert_eq!((page.status, page.field("retry-after")), (429, Some((wait + 1).to_string().as_str())));
        }
        gate.advance(wait);
    }
    assert_eq!(browser.give_code(&alice, &page).status, 303);
    browser.sign_out();
    gate.advance(STEP);
    let page = browser.give_password(&alice, "/");
    assert_eq!(browser.submit(&page, &[("code", "1")]).status, 200);
    let page = browser.submit(&page, &[("code", "1")]);
    assert_eq!(page.field("retry-after"), Some("3"), "from the beginning");
}

/// TH-02: whoever fails as Alice, from wherever, keeps Alice from nothing.
#[test]
fn th_02_a_known_browser_is_not_locked_out_by_strangers() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).config("[throttle]\nhard_limit = 5\nceiling = \"2s\"").start();
    let mut home = gate.visitor();
    let (alice, _) = home.accept("alice", &gate.invite("alice"));
    home.sign_out();
    let mut stranger = gate.visitor();
    for _ in 0..5 {
        assert_eq!(log_in(&mut stranger, "alice", "wrong").status, 200);
        assert_eq!(log_in(&mut stranger, "alice", "wrong").status, 429, "a wait");
        gate.advance(2);
    }
    assert_eq!(log_in(&mut stranger, "alice", PASSWORD).status, 429, "closed");
    assert!(gate.run(["user", "show", "alice"]).contains("locked"));
    assert_eq!(home.sign_in(&alice, "/").status, 200);
    // Her login opens the lane for herself elsewhere, too.
    gate.advance(STEP);
    assert_eq!(gate.visitor().sign_in(&alice, "/").status, 200);

    // A known browser has a count of its own: it is no way around the limit.
    home.sign_out();
    for _ in 0..5 {
        assert_eq!(log_in(&mut home, "alice", "wrong").status, 200);
        gate.advance(2);
    }
    assert_eq!(log_in(&mut home, "alice", PASSWORD).status, 429);
    gate.run(["user", "unlock", "alice"]);
    assert_eq!(home.sign_in(&alice, "/").status, 200);
}

/// TH-02: a browser that is known is known for the user it signed in, and for nobody else.
#[test]
fn th_02_a_known_browser_of_one_user_is_a_stranger_to_the_other() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).config("[throttle]\nhard_limit = 3\nceiling = \"2s\"").start();
    let alice = gate.given_user("alice");
    let mut mallory = gate.visitor();
    mallory.accept("mallory", &gate.invite("mallory"));
    mallory.sign_out();
    gate.advance(STEP);
    let mut stranger = gate.visitor();
    for browser in [&mut stranger, &mut mallory, &mut gate.visitor()] {
        assert_eq!(log_in(browser, "alice", "wrong").status, 200);
        gate.advance(2);
    }
    assert_eq!(log_in(&mut mallory, "alice", &alice.password).status, 429, "one count for all strangers");
    assert_eq!(log_in(&mut gate.visitor(), "mallory", PASSWORD).status, 303, "and mallory's own is another");
}

/// TH-03: however the name is spelled, it is one account with one count; a name that is none behaves as one that is.
#[test]
fn th_03_spellings_of_a_name_share_one_count() {
    let (_echo, gate, _alice) = bench("[throttle]\nbase = \"20s\"");
    let mut browser = gate.visitor();
    assert_eq!(log_in(&mut browser, "alice", "wrong").status, 200);
    for name in ["alice", "ALICE", "Alice", " alice", "alice ", "\u{ff41}\u{ff4c}\u{ff49}\u{ff43}\u{ff45}"] {
        assert_eq!(log_in(&mut gate.visitor(), name, "wrong").status, 429, "{name:?}");
        assert_eq!(log_in(&mut gate.visitor(), name, PASSWORD).status, 429, "{name:?}");
    }
    for name in ["nobody", "no such name!", "a\u{0}b"] {
        assert_eq!(log_in(&mut browser, name, "wrong").status, 200, "{name:?}");
        assert_eq!(log_in(&mut gate.visitor(), name, "wrong").status, 429, "{name:?}");
    }
    gate.advance(20);
    assert_eq!(log_in(&mut browser, "Alice ", PASSWORD).status, 303, "an honest spelling");
}

/// TH-05: who is not trusted is where it is, whatever it says; one source is slowed down over all accounts, and the
/// owner at home is not.
#[test]
fn th_05_claimed_addresses_do_not_help() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).start();
    let mut home = gate.visitor();
    let (alice, _) = home.accept("alice", &gate.invite("alice"));
    home.sign_out();
    let mut last = 0;
    for n in 0..60 {
        let mut attacker = gate.visitor();
        for (name, value) in [
            ("X-Forwarded-For", format!("192.0.2.{n}")),
            ("X-Real-IP", format!("192.0.2.{n}")),
            ("Forwarded", format!("for=192.0.2.{n}")),
        ] {
            attacker.always.push((name.to_owned(), value));
        }
        let page = log_in(&mut attacker, &format!("user{n}"), "123456");
        assert!(page.status == 200 || n >= 50, "{n}: honest people behind one address mistype");
        last = page.status;
    }
    assert_eq!(last, 429, "one source, whatever it calls itself");
    assert!(!gate.run(["audit", "--json"]).contains("192.0.2."));
    assert_eq!(home.sign_in(&alice, "/").status, 200, "a known browser behind the same address");
}

/// TH-07: a factor has one budget, wherever it is asked for.
#[test]
fn th_07_one_factor_is_one_budget_on_every_page() {
    let echo = Echo::start();
    let rules = rules! { "/fresh" => "two_factor" with max_age = "5s", _ => "two_factor" };
    let gate = Gate::before(&echo).config("[throttle]\nbase = \"20s\"").rules(rules).start();
    let mut browser = gate.visitor();
    let (alice, _) = browser.accept("alice", &gate.invite("alice"));
    gate.advance(10 * STEP);
    // The same browser in a second profile: signed in here, in the middle of a login there.
    let mut second = browser.clone();
    second.set_cookie("session", None);
    let login = second.give_password(&alice, "/");
    let step_up = browser.visit("/fresh");
    let deed = browser.visit("/.vestibule/account/confirm/add-totp");
    for page in [&login, &step_up, &deed] {
        assert!(page.form().has("code"), "{}", page.text());
    }
    assert_eq!(second.submit(&login, &[("code", "1")]).status, 200);
    let right = alice.code_at(gate.control.now(), 0);
    assert_eq!(browser.submit(&step_up, &[("code", &right)]).status, 429);
    assert_eq!(browser.submit(&deed, &[("code", &right)]).status, 429);
    gate.advance(20);
    assert_eq!(browser.submit(&deed, &[("code", "1")]).status, 200);
    let right = alice.code_at(gate.control.now(), 0);
    assert_eq!(second.submit(&login, &[("code", &right)]).status, 429);
    assert_eq!(browser.submit(&step_up, &[("code", &right)]).status, 429);
    gate.advance(40);
    let right = alice.code_at(gate.control.now(), 0);
    assert_eq!(browser.submit(&step_up, &[("code", &right)]).status, 303);
}

/// The most memory the gate's process ever held.
fn peak_kib(gate: &Gate) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", gate.pid())).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("Linux says so");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

/// How one of many came off: a login, with its status and whether it was told when to come back; or somebody who only reads,
/// with the most hashes that ended while he waited for one page.
enum Storm {
    Login(u16, bool),
    Passer(usize),
}

/// TH-10: a flood of logins is hashed a few at a time; the rest is told to come back, memory stays where it was, and what is
/// proxied does not notice. On a busy machine all takes longer, so what "does not notice" means is counted in hashes, each
/// of which takes most of a second where there is nothing else to do.
#[test]
fn th_10_a_login_storm_is_bounded_and_disturbs_nobody() {
    const LOGINS: usize = 200;
    let _quiet = alone();
    let echo = Echo::start();
    let rules = rules! { "/open" => "bypass", _ => "two_factor" };
    let config = "[trust]\nproxies = [\"127.0.0.1/32\"]\n[password]\nhashers = 1\nqueue = 10\niterations = 40";
    let gate = Gate::before(&echo).config(config).rules(rules).start();
    // People that there are: names that nobody has share places in a table, and two of them may meet there.
    let names = gate.folder.path().join("names");
    std::fs::write(&names, (0..LOGINS).map(|n| format!("user{n}:{BCRYPT}\n")).collect::<String>()).unwrap();
    gate.run(["user", "import", &names.display().to_string()]);
    let before = peak_kib(&gate);
    let mut first = gate.visitor();
    let page = first.visit("/");
    let hashed = &AtomicUsize::new(0);
    let mut runners: Vec<Box<dyn FnOnce() -> Storm + Send>> = Vec::new();
    for n in 0..LOGINS {
        let (mut browser, page) = (first.clone(), page.clone());
        browser.always.push(("X-Forwarded-For".to_owned(), format!("192.0.2.{n}")));
        runners.push(Box::new(move || {
            let name = format!("user{n}");
            let page = browser.submit(&page, &[("username", &name), ("password", "123456")]);
            hashed.fetch_add(usize::from(page.status == 200), Ordering::SeqCst);
            Storm::Login(page.status, page.field("retry-after").is_some())
        }));
    }
    for _ in 0..10 {
        let mut passer_by = gate.visitor();
        runners.push(Box::new(move || {
            let waited = (0..5).map(|_| {
                let before = hashed.load(Ordering::SeqCst);
                assert_eq!(passer_by.goto("/open").status, 200);
                hashed.load(Ordering::SeqCst) - before
            });
            Storm::Passer(waited.max().unwrap_or_default())
        }));
    }
    let ended = at_once(runners);
    let count =
        |wanted: u16| ended.iter().filter(|one| matches!(one, Storm::Login(status, _) if *status == wanted)).count();
    let (checked, put_off) = (count(200), count(503));
    assert!(checked >= 11 && put_off > 0 && checked + put_off == LOGINS, "{checked} were checked, {put_off} put off");
    assert!(ended.iter().all(|one| !matches!(one, Storm::Login(503, false))), "a time to come back");
    let most = ended.iter().filter_map(|one| if let Storm::Passer(most) = one { Some(*most) } else { None }).max();
    assert!(most < Some(3), "{most:?} of {checked} hashes ended while one page was waited for");
    // One hash of 19 MiB at a time, not two hundred.
    let grown = peak_kib(&gate).saturating_sub(before);
    assert!(grown < 128 << 10, "the gate grew by {grown} KiB");
    assert_eq!(log_in(&mut gate.visitor(), "somebody", "123456").status, 200, "and then it is over");
}

/// TH-12: whoever knows the password gains no guesses at the code by giving it again.
#[test]
fn th_12_a_right_password_forgives_no_wrong_code() {
    let (echo, gate, alice) = bench("[throttle]\nbase = \"4s\"\nhard_limit = 8");
    let mut looked_at = 0;
    for wait in [4, 8, 16, 32, 64, 128, 256, 512, 900] {
        let mut attacker = gate.visitor();
        let page = log_in(&mut attacker, "alice", &alice.password);
        if page.status == 429 {
            break;
        }
        let page = attacker.follow(page);
        assert_eq!(attacker.submit(&page, &[("code", "1")]).status, 200);
        looked_at += 1;
        // The password again, in a new browser: the wait goes on.
        let mut again = gate.visitor();
        let page = log_in(&mut again, "alice", &alice.password);
        if page.status == 429 {
            break;
        }
        let page = again.follow(page);
        let page = again.submit(&page, &[("code", &alice.code_at(gate.control.now(), 0))]);
        assert_eq!((page.status, page.field("retry-after")), (429, Some((wait + 1).to_string().as_str())));
        gate.advance(wait);
    }
    assert_eq!(looked_at, 8, "and the limit over all factors is one");
    echo.assert_untouched("a password and guesses");
    gate.run(["user", "unlock", "alice"]);
    assert_eq!(gate.visitor().sign_in(&alice, "/").status, 200);
}
