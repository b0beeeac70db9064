//! Sessions: who holds a cookie is who proved it, for as long as it was meant.

use std::collections::BTreeSet;

use crate::harness::{Echo, Gate, PASSWORD, User, Visitor, WEBSOCKET_KEY, until};

const TWO_LEVELS: &str = rules! {
    "/known/**" => "one_factor",
    "/fresh/**" => "two_factor" with max_age = "5m",
    _ => "two_factor",
};

fn bench() -> (Echo, Gate, User) {
    let echo = Echo::start();
    let gate = Gate::before(&echo).rules(TWO_LEVELS).start();
    let alice = gate.given_user("alice");
    echo.forget();
    (echo, gate, alice)
}

/// Whether this session's cookie alone still opens a locked page.
fn opens(gate: &Gate, token: &str) -> bool {
    let mut thief = gate.visitor();
    thief.set_cookie("session", Some(token));
    thief.goto("/locked").status == 200
}

fn session(browser: &Visitor) -> String {
    browser.cookie("session").expect("a session").to_owned()
}

/// SE-01, SE-20: a new id at every change of level, the old one dead; what was planted is never taken up.
#[test]
fn every_change_of_level_has_a_new_id() {
    let (echo, gate, alice) = bench();
    // An attacker's own pending login and a made-up session, planted in the victim's browser.
    let mut attacker = gate.visitor();
    attacker.goto("/.vestibule/login");
    let planted_login = attacker.cookie("login").unwrap().to_owned();
    let planted_session = "A".repeat(43);
    let mut victim = gate.visitor();
    victim.set_cookie("login", Some(&planted_login));
    victim.set_cookie("session", Some(&planted_session));

    gate.advance(30);
    let page = victim.give_password(&alice, "/known/a");
    assert_eq!(page.status, 200, "one factor is enough here");
    assert_eq!(echo.last().field("remote-user"), Some("alice"));
    let known = session(&victim);
    assert_ne!(known, planted_session);
    assert!(!opens(&gate, &known), "a session's level does not rise by itself");
    let page = attacker.goto("/.vestibule/verify");
    assert_eq!(page.sent_to().split('?').next(), Some("/.vestibule/login"), "the planted login went nowhere");

    // Step-up asks for the code alone.
    let page = victim.visit("/locked");
    assert_eq!(page.url.path(), "/.vestibule/verify/totp");
    let page = victim.give_code(&alice, &page);
    let page = victim.follow(page);
    assert_eq!((page.status, page.url.path()), (200, "/locked"));
    let verified = session(&victim);
    assert_ne!(verified, known);
    let mut thief = gate.visitor();
    thief.set_cookie("session", Some(&known));
    assert_eq!(thief.goto("/known/a").status, 302, "the old id is dead");

    // Step-up for freshness: again a new id.
    gate.advance(6 * 60);
    let page = victim.visit("/fresh/a");
    assert_eq!(page.url.path(), "/.vestibule/verify/totp");
    let page = victim.give_code(&alice, &page);
    assert_eq!(victim.follow(page).status, 200);
    assert_ne!(session(&victim), verified);
    assert!(!opens(&gate, &verified) && opens(&gate, &session(&victim)));
}

/// SE-01: the pending login of the password step is not the one from before it.
#[test]
fn a_right_password_makes_a_new_pending_login() {
    let (echo, gate, alice) = bench();
    let mut browser = gate.visitor();
    browser.visit("/locked");
    let before = browser.cookie("login").unwrap().to_owned();
    let page = browser.give_password(&alice, "/locked");
    let pending = browser.cookie("login").unwrap().to_owned();
    assert_ne!(before, pending);
    gate.advance(30);
    let page = browser.give_code(&alice, &page);
    assert_eq!(browser.follow(page).status, 200);
    let mut thief = gate.visitor();
    thief.set_cookie("login", Some(&pending));
    let page = thief.goto("/.vestibule/verify");
    assert_eq!(page.sent_to().split('?').next(), Some("/.vestibule/login"), "it is used up");
    echo.forget();
    assert_eq!(thief.goto("/locked").status, 302);
    echo.assert_untouched("a used pending login");
}

/// SE-02, WZ-10
#[test]
fn ids_are_long_never_twice_and_not_in_the_store() {
    let (_echo, gate, alice) = bench();
    let mut seen = BTreeSet::new();
    for _ in 0..200 {
        let mut stranger = gate.visitor();
        stranger.goto("/.vestibule/login");
        let token = stranger.cookie("login").unwrap().to_owned();
        assert!(
            data_encoding::BASE64URL_NOPAD.decode(token.as_bytes()).is_ok_and(|bytes| bytes.len() >= 16),
            "{token}"
        );
        assert!(seen.insert(token));
    }
    let mut browser = gate.visitor();
    browser.give_password(&alice, "/locked");
    let pending = browser.cookie("login").unwrap().to_owned();
    browser.set_cookie("login", None);
    assert_eq!(browser.sign_in(&alice, "/locked").status, 200);
    let secrets = [
        session(&browser),
        pending,
        browser.cookie("browser").unwrap().to_owned(),
        alice.secret.clone(),
        PASSWORD.to_owned(),
    ];
    let mut files = vec![gate.folder.path().to_owned()];
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if let Ok(bytes) = std::fs::read(&path) {
            for secret in secrets.iter().chain(&alice.recovery_codes) {
                let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
                assert!(!found, "a secret lies in {}", path.display());
            }
        }
    }
}

/// SE-03: behind https every cookie is `__Host-`, Secure, HttpOnly, SameSite and for the whole host; [`Visitor`] holds
/// each one it is given to that.
#[test]
fn cookies_have_every_flag() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).site("url = \"https://wiki.example.com\"\nupstreams = [\"UPSTREAM\"]").start();
    let alice = gate.given_user("alice");
    let mut browser = gate.visitor();
    assert_eq!(browser.sign_in(&alice, "/").status, 200);
    for role in ["session", "browser"] {
        assert!(browser.cookie(role).is_some(), "{role}");
    }
    browser.sign_out();
    assert!(browser.cookies_set.len() >= 4);
    assert!(browser.cookie("session").is_none());
    for cookie in &browser.cookies_set {
        assert!(!cookie.contains("alice"), "opaque");
    }
    let page = browser.goto("/.vestibule/login");
    assert!(page.field("strict-transport-security").is_some_and(|value| value.contains("max-age=31536000")));
}

/// SE-05
#[test]
fn after_logout_the_cookie_is_worth_nothing() {
    let (echo, gate, alice) = bench();
    let mut browser = gate.visitor();
    assert_eq!(browser.sign_in(&alice, "/locked").status, 200);
    let token = session(&browser);
    assert!(opens(&gate, &token));
    let page = browser.goto("/.vestibule/account");
    assert!(page.field("cache-control").is_some_and(|value| value.contains("no-store")));
    browser.sign_out();
    assert!(browser.cookie("session").is_none());
    echo.forget();
    assert!(!opens(&gate, &token));
    let mut thief = gate.visitor();
    thief.set_cookie("session", Some(&token));
    assert_eq!(thief.script("GET", "/locked").send().status, 401);
    assert_eq!(thief.goto("/.vestibule/account").status, 303);
    echo.assert_untouched("an ended session");
}

/// SE-06
#[test]
fn nobody_else_signs_a_visitor_out() {
    let (_echo, gate, alice) = bench();
    let mut browser = gate.visitor();
    browser.sign_in(&alice, "/locked");
    browser.navigate("GET", "/.vestibule/logout", "cross-site").send();
    for site in ["cross-site", "same-site"] {
        let ask = browser.navigate("POST", "/.vestibule/logout", site).with("Origin", "http://evil.test");
        assert_eq!(ask.form("csrf=x").send().status, 403);
    }
    let ask = browser.navigate("POST", "/.vestibule/logout", "same-origin").with("Origin", "http://evil.test");
    assert_eq!(ask.form("").send().status, 403);
    assert_eq!(browser.goto("/locked").status, 200);
    browser.sign_out();
    assert_eq!(browser.goto("/locked").status, 302);
}

/// SE-08
#[test]
fn idle_and_absolute_limits_hold() {
    let (echo, gate, alice) = bench();
    let mut idle = gate.visitor();
    let mut busy = gate.visitor();
    idle.sign_in(&alice, "/locked");
    busy.sign_in(&alice, "/locked");
    gate.advance(29 * 60);
    assert_eq!(busy.goto("/locked").status, 200, "not idle for long enough");
    gate.advance(2 * 60);
    echo.forget();
    assert_eq!(idle.goto("/locked").status, 302, "idle for 31 minutes");
    echo.assert_untouched("an idle session");
    let mut minutes = 31;
    while minutes + 20 < 12 * 60 {
        gate.advance(20 * 60);
        minutes += 20;
        assert_eq!(busy.goto("/locked").status, 200, "in use, after {minutes} minutes");
    }
    gate.advance(20 * 60);
    echo.forget();
    assert_eq!(busy.goto("/locked").status, 302, "use does not move the absolute end");
    echo.assert_untouched("a session past its end");
}

/// SE-10
#[test]
fn a_new_password_ends_the_other_sessions() {
    let (_echo, gate, alice) = bench();
    let mut other = gate.visitor();
    other.sign_in(&alice, "/locked");
    let mut browser = gate.visitor();
    browser.sign_in(&alice, "/locked");
    gate.advance(30);
    let page = browser.visit("/.vestibule/account/confirm/password");
    assert_eq!(page.status, 200);
    let code = alice.code_at(gate.control.now(), 0);
    let new = "another door, in the west wall";
    let page = browser.submit(&page, &[("new_password", new), ("new_password_again", new), ("code", &code)]);
    assert_eq!(page.status, 303, "{}", page.text());
    assert_eq!(other.goto("/locked").status, 302, "the other session is ended");
    let alice = User { password: new.to_owned(), ..alice };
    assert_eq!(gate.visitor().sign_in(&alice, "/locked").status, 200);
}

/// SE-11
#[test]
fn what_the_operator_takes_away_is_gone_at_once() {
    let echo = Echo::start();
    let gate = Gate::before(&echo)
        .rules(rules! { "/team/**" => "two_factor" with groups = ["team"], _ => "two_factor" })
        .start();
    let alice = gate.given_member("alice", "team");
    let mut browser = gate.visitor();
    assert_eq!(browser.sign_in(&alice, "/team/a").status, 200);

    gate.run(["user", "set", "alice", "--group", "others"]);
    echo.forget();
    assert_eq!(browser.goto("/team/a").status, 403);
    echo.assert_untouched("no member any more");
    assert_eq!(browser.goto("/a").status, 200);
    assert_eq!(echo.last().field("remote-groups"), Some("others"));

    gate.run(["user", "disable", "alice"]);
    echo.forget();
    assert_eq!(browser.goto("/a").status, 302);
    gate.run(["user", "enable", "alice"]);
    assert_eq!(browser.goto("/a").status, 302, "what was ended stays ended");
    echo.assert_untouched("disabled");

    let mut browser = gate.visitor();
    assert_eq!(browser.sign_in(&alice, "/a").status, 200);
    gate.run(["session", "end", "alice"]);
    assert_eq!(browser.goto("/a").status, 302);
    assert_eq!(browser.sign_in(&alice, "/a").status, 200);
    gate.run(["user", "remove", "alice"]);
    echo.forget();
    assert_eq!(browser.goto("/a").status, 302);
    echo.assert_untouched("removed");
}

/// SE-14
#[test]
fn two_session_cookies_are_none() {
    let (echo, gate, alice) = bench();
    let mallory = gate.given_user("mallory");
    let (mut hers, mut his) = (gate.visitor(), gate.visitor());
    hers.sign_in(&alice, "/locked");
    his.sign_in(&mallory, "/locked");
    let (hers, his) = (session(&hers), session(&his));
    echo.forget();
    for cookies in [
        format!("Cookie: vestibule={hers}; vestibule={his}\r\n"),
        format!("Cookie: vestibule={his}; vestibule={hers}\r\n"),
        format!("Cookie: vestibule={hers}\r\nCookie: vestibule={his}\r\n"),
        format!("Cookie: vestibule={his}\r\nCookie: vestibule={hers}\r\n"),
        format!("Cookie: vestibule={hers}; vestibule={hers}\r\n"),
        format!("Cookie: vestibule={hers}; vestibule=\r\n"),
    ] {
        let reply =
            gate.wire().send(format!("GET /locked HTTP/1.1\r\nHost: {}\r\n{cookies}\r\n", gate.authority())).reply();
        let reply = reply.expect("an answer");
        assert!(matches!(reply.status, 400 | 401), "{cookies}: {}", reply.status);
        echo.assert_untouched(&cookies);
        let cleared = reply.head.fields_named("set-cookie");
        assert!(reply.status == 400 || cleared.iter().any(|cookie| cookie.starts_with("vestibule=;")), "{cleared:?}");
    }
    assert!(opens(&gate, &hers), "one is one");
}

/// SE-16
#[test]
fn a_token_is_whole_or_worth_nothing() {
    let (echo, gate, alice) = bench();
    let mut browser = gate.visitor();
    browser.sign_in(&alice, "/locked");
    let token = session(&browser);
    let mut bad: Vec<String> = (0..token.len()).step_by(3).map(|end| token[..end].to_owned()).collect();
    let flipped = token.chars().map(|c| if c.is_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() });
    bad.extend([
        format!("{token}A"),
        format!("{token}="),
        format!("{token}=="),
        format!("\"{token}\""),
        format!("%{:02x}{}", token.as_bytes()[0], &token[1..]),
        flipped.collect(),
        token.replace('-', "+").replace('_', "/") + "=",
        "A".repeat(43),
        "A".repeat(6000),
        token.chars().rev().collect(),
    ]);
    // The last character carries two bits that mean nothing: only one spelling of them is a token.
    let last = token.chars().last().unwrap();
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    bad.extend(alphabet.chars().filter(|c| *c != last).map(|c| format!("{}{c}", &token[..token.len() - 1])));
    echo.forget();
    for value in bad {
        let text = format!("GET /locked HTTP/1.1\r\nHost: {}\r\nCookie: vestibule={value}\r\n\r\n", gate.authority());
        let status = gate.wire().send(text).reply().map(|reply| reply.status);
        assert!(matches!(status, Some(400 | 401)), "{value}: {status:?}");
        echo.assert_untouched(&value);
    }
    // Nor is a token of one kind good for another.
    let mut mixed = gate.visitor();
    mixed.set_cookie("session", browser.cookie("browser"));
    assert_eq!(mixed.goto("/locked").status, 302);
    mixed.set_cookie("session", None);
    mixed.set_cookie("login", Some(&token));
    assert_eq!(mixed.goto("/.vestibule/verify").sent_to().split('?').next(), Some("/.vestibule/login"));
    echo.assert_untouched("a token of another kind");
    assert!(opens(&gate, &token));
}

/// SE-24
#[test]
fn signing_in_as_somebody_else_ends_the_old_session() {
    let (echo, gate, alice) = bench();
    let bob = gate.given_user("bob");
    let mut browser = gate.visitor();
    browser.sign_in(&alice, "/locked");
    let hers = session(&browser);
    browser.goto("/.vestibule/login");
    assert!(opens(&gate, &hers), "looking at the page changes nothing");

    gate.advance(30);
    let page = browser.goto("/.vestibule/login");
    let page = browser.submit(&page, &[("username", "bob"), ("password", &bob.password)]);
    let page = browser.follow(page);
    let page = browser.give_code(&bob, &page);
    assert_eq!(page.status, 303, "{}", page.text());
    browser.goto("/locked");
    assert_eq!(echo.last().field("remote-user"), Some("bob"));
    assert!(!opens(&gate, &hers));
}

/// SE-26
#[test]
fn logout_cuts_what_is_open() {
    let (echo, gate, alice) = bench();
    let mut browser = gate.visitor();
    browser.sign_in(&alice, "/locked");
    let cookie = format!("Cookie: vestibule={}\r\n", session(&browser));
    let (host, origin) = (gate.authority().to_owned(), gate.origin.clone());
    let mut socket = gate.wire();
    socket.send(format!(
        "GET /ws HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {WEBSOCKET_KEY}\r\n{cookie}\r\n"
    ));
    assert_eq!(socket.reply().expect("an answer").status, 101);
    assert_eq!(socket.send("ping").exactly(4).as_deref(), Some(&b"ping"[..]));
    let mut events = gate.wire();
    events.send(format!("GET /events HTTP/1.1\r\nHost: {host}\r\nAccept: text/event-stream\r\n{cookie}\r\n"));
    assert_eq!(events.head().expect("an answer").start, "HTTP/1.1 200 OK");
    assert_eq!(events.chunk().as_deref(), Some(&b"data: hello\n\n"[..]));

    let left = echo.left();
    browser.sign_out();
    assert!(socket.is_closed(), "the WebSocket is cut");
    assert!(events.is_closed() || events.chunk().is_none(), "the stream is cut");
    until("the application to be left", 5, || (echo.left() >= left + 2).then_some(()));
}

/// A page left open asks again and again whether somebody is signed in: that keeps no session alive.
#[test]
fn a_script_that_asks_keeps_no_session_alive() {
    let (_echo, gate, alice) = bench();
    let mut browser = gate.visitor();
    browser.sign_in(&alice, "/locked");
    let ask = |browser: &mut Visitor| browser.script("GET", "/.vestibule/session").send().json();
    for _ in 0..3 {
        gate.advance(9 * 60);
        assert_eq!(ask(&mut browser)["signed_in"], true);
    }
    gate.advance(4 * 60);
    assert_eq!(ask(&mut browser)["signed_in"], false, "half an hour after the last page");
    assert_eq!(browser.goto("/locked").status, 302);
    // What a person asks for does keep it.
    browser.sign_in(&alice, "/locked");
    for _ in 0..4 {
        gate.advance(9 * 60);
        assert_eq!(browser.goto("/locked").status, 200);
    }
}

/// Whatever ends a session leaves a row that says so.
#[test]
fn every_end_of_a_session_is_recorded() {
    let (_echo, gate, alice) = bench();
    let ends = || {
        let text = gate.run(["audit", "--json"]);
        ["replaced", "expired", "with all that its user held"].map(|why| text.matches(&format!(": {why}")).count())
    };
    let mut browser = gate.visitor();
    gate.advance(30);
    assert_eq!(browser.give_password(&alice, "/known/a").status, 200);
    let [replaced, expired, held] = ends();
    let page = browser.visit("/locked");
    let page = browser.give_code(&alice, &page);
    assert_eq!(browser.follow(page).status, 200);
    assert_eq!(ends(), [replaced + 1, expired, held], "a new level, a new session");
    gate.advance(31 * 60);
    assert_eq!(browser.goto("/locked").status, 302);
    until("the row", 5, || (ends()[1] > expired).then_some(()));
    browser.sign_in(&alice, "/locked");
    gate.run(["user", "disable", "alice"]);
    assert_eq!(browser.goto("/locked").status, 302);
    until("the row", 5, || (ends()[2] > held).then_some(()));
}

/// A key that is rotated because its time has come leaves a row as one that an operator rotates.
#[test]
fn a_key_that_is_rotated_by_time_is_recorded() {
    let (_echo, gate, _alice) = bench();
    let rows = || gate.run(["audit", "--json"]).matches("\"key_rotated\"").count();
    assert_eq!(rows(), 0);
    gate.advance(31 * 86_400);
    assert_eq!(rows(), 1);
}

/// SE-18: the cookie of a browser that is known lets nobody in: not without the password, not past the code, and not as
/// somebody else. (A browser that stands in for the code is not offered.)
#[test]
fn a_stolen_browser_cookie_opens_nothing() {
    let (echo, gate, alice) = bench();
    let bob = gate.given_user("bob");
    let mut hers = gate.visitor();
    assert_eq!(hers.sign_in(&alice, "/locked").status, 200, "the positive control");
    let known = hers.cookie("browser").expect("a known browser").to_owned();
    echo.forget();

    let mut thief = gate.visitor();
    thief.set_cookie("browser", Some(&known));
    thief.visit("/locked").assert_at("/.vestibule/login", 200);
    for user in [&alice, &bob] {
        let mut thief = gate.visitor();
        thief.set_cookie("browser", Some(&known));
        let page = thief.give_password(user, "/locked");
        assert!(page.text().contains("code"), "{} is asked for the second factor: {}", user.name, page.text());
        assert_ne!(thief.goto("/locked").status, 200, "{}", user.name);
    }
    echo.assert_untouched("a stolen browser cookie");
}
