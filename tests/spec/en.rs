//! Enumeration: whether somebody has an account here, and with which factors, is told to nobody who has not proved a
//! password.

use std::time::{Duration, Instant};

use crate::harness::{Echo, Gate, PASSWORD, Page, Visitor};
use crate::race::is_long;
use crate::th::bare;

fn bench() -> (Echo, Gate) {
    let echo = Echo::start();
    let config = "[throttle]\nbase = \"1s\"\nceiling = \"1s\"\nhard_limit = 100\n[trust]\nproxies = [\"127.0.0.1/32\"]";
    let gate = Gate::before(&echo).config(config).start();
    gate.given_user("alice");
    gate.given_password_user("bobby");
    gate.given_user("carla");
    gate.run(["user", "disable", "carla"]);
    gate.run(["user", "add", "david"]);
    gate.advance(300);
    echo.forget();
    (echo, gate)
}

/// Names as long as each other: with factors, without, disabled, without a password, and nobody's.
const NAMES: [&str; 5] = ["alice", "bobby", "carla", "david", "nobod"];

/// An answer without what is new each time.
fn shown(page: &Page, name: &str) -> (u16, Vec<(String, String)>, usize, String) {
    let fields =
        page.reply.head.fields.iter().filter(|(name, _)| {
            !["date", "set-cookie", "vestibule-request"].contains(&name.to_ascii_lowercase().as_str())
        });
    let length = page.reply.body.len();
    (page.status, fields.cloned().collect(), length, bare(page).replace(name, "NAME"))
}

/// EN-01: a known and an unknown name get the same status, fields, length and page, wrong, waiting and closed alike.
#[test]
fn en_01_every_name_gets_the_same_answer() {
    let (_echo, gate) = bench();
    for (round, password) in ["a wrong password", "another one", PASSWORD].into_iter().enumerate() {
        let mut answers = Vec::new();
        for name in NAMES {
            let mut browser = gate.visitor();
            browser.always.push(("X-Forwarded-For".to_owned(), format!("192.0.2.{round}")));
            let page = browser.visit("/");
            let page = browser.submit(&page, &[("username", name), ("password", password)]);
            answers.push((name, shown(&page, name)));
        }
        for (name, answer) in &answers {
            assert_eq!(*answer, answers[0].1, "{name} in round {round}");
        }
    }
    // The right password of an enabled user is another matter; of a disabled one it is not.
    gate.advance(2);
    let mut answers = Vec::new();
    for name in ["carla", "nobod"] {
        let mut browser = gate.visitor();
        let page = browser.visit("/");
        let page = browser.submit(&page, &[("username", name), ("password", PASSWORD)]);
        assert_eq!(page.status, 200, "{name}");
        answers.push(shown(&page, name));
    }
    assert_eq!(answers[0], answers[1]);
    let mut browser = gate.visitor();
    let page = browser.visit("/");
    let page = browser.submit(&page, &[("username", "alice"), ("password", PASSWORD)]);
    assert_eq!(page.status, 303, "the positive control");
}

/// EN-01: links that are unknown, used up or never were, get one answer.
#[test]
fn en_01_every_dead_link_gets_the_same_answer() {
    let (_echo, gate) = bench();
    let used = gate.run(["user", "invite", "david"]);
    let used = crate::harness::link_in(&used);
    gate.visitor().accept("david", &used);
    let unknown = format!("/.vestibule/invite/{}", "A".repeat(used.rsplit('/').next().unwrap().len()));
    let answers: Vec<_> = [&used, &unknown]
        .into_iter()
        .map(|link| {
            let page = gate.visitor().visit(link);
            (page.status, bare(&page))
        })
        .collect();
    assert_eq!(answers[0].0, 404);
    assert_eq!(answers[0], answers[1]);
}

/// EN-02, EN-03: an unknown name, a disabled user, one without a password and one whose password is wrong cost the same
/// hash. In the long form 200 interleaved pairs, whose medians differ by 5 % at most; otherwise a few, which show a hash
/// that is left out (it is nearly all of the time), on a machine that is busy with other tests.
#[test]
fn en_02_no_answer_comes_sooner() {
    let (_echo, gate) = bench();
    let (pairs, tolerance) = if is_long() { (200, 0.05) } else { (9, 0.5) };
    let overlong = "x".repeat(5000);
    let mut kinds: Vec<(&str, String, Vec<Duration>)> = Vec::new();
    for name in NAMES {
        kinds.push((name, "a wrong password".to_owned(), Vec::new()));
    }
    kinds.push(("alice", overlong, Vec::new()));
    let mut browser = gate.visitor();
    browser.always.push(("X-Forwarded-For".to_owned(), "192.0.2.1".to_owned()));
    let page = browser.visit("/");
    for n in 0..pairs {
        for (kind, (name, password, times)) in kinds.iter_mut().enumerate() {
            browser.always[0].1 = format!("192.0.{}.{}", n % 250, kind);
            times.push(timed(&mut browser, &page, name, password));
            gate.advance(1);
        }
        if n % 20 == 19 {
            for name in &NAMES[..4] {
                gate.run(["user", "unlock", name]);
            }
        }
    }
    let medians: Vec<_> = kinds.iter_mut().map(|(name, _, times)| (*name, median(times))).collect();
    let slowest = medians.iter().map(|(_, time)| *time).max().unwrap();
    for (name, time) in &medians {
        let apart = (slowest - *time).as_secs_f64() / slowest.as_secs_f64();
        assert!(apart <= tolerance, "{name} is answered {:.0} % sooner: {medians:?}", apart * 100.0);
    }
}

fn timed(browser: &mut Visitor, page: &Page, name: &str, password: &str) -> Duration {
    let start = Instant::now();
    let status = browser.submit(page, &[("username", name), ("password", password)]).status;
    let time = start.elapsed();
    assert_eq!(status, 200, "{name}: a hash, not a wait");
    time
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// EN-04, EN-07: before the password nothing says which factors there are; after it a telephone is shown masked.
#[test]
fn en_04_factors_are_told_after_the_password() {
    let (_echo, gate) = bench();
    let mut browser = gate.visitor();
    for address in ["/.vestibule/login", "/.vestibule/verify", "/.vestibule/verify/totp", "/.vestibule/verify/recovery"]
    {
        let page = browser.visit(address);
        page.assert_at("/.vestibule/login", 200);
        for word in ["authenticator", "recovery code", "security key"] {
            assert!(!page.text().to_lowercase().contains(word), "{word} on {address}");
        }
    }
    let page =
        browser.submit(&browser.clone().visit("/.vestibule/login"), &[("username", "alice"), ("password", PASSWORD)]);
    assert_eq!(page.status, 303);
    let page = browser.visit("/.vestibule/verify?choose=1");
    assert!(page.text().to_lowercase().contains("recovery code"), "afterwards it is: {}", page.text());
}
