//! What a visitor who lacks the level is answered, by what the request is for; and what everybody is answered when the
//! application fails.

use crate::harness::{Answer, Echo, Gate, WEBSOCKET_KEY};

const RULES: &str = rules! { "/known/**" => "one_factor", _ => "two_factor" };

/// Page navigations are sent to the login, by fetch metadata first and `Accept` second.
#[test]
fn a_page_is_sent_to_the_login() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).start();
    let mut browser = gate.visitor();
    for method in ["GET", "HEAD"] {
        let page = browser.navigate(method, "/a?b=1", "none").send();
        assert_eq!(page.status, 302, "{method}");
        assert!(page.sent_to().starts_with("/.vestibule/login?rd="), "{}", page.sent_to());
    }
    let page = browser.ask("GET", "/a").with("Accept", "text/html").send();
    assert_eq!(page.status, 302, "an old browser without metadata");
    echo.assert_untouched("a stranger");
}

/// A script is told, and where to go; never by a scheme that makes a browser ask for a password.
#[test]
fn a_script_is_told() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).start();
    let mut browser = gate.visitor();
    let mut told = vec![
        browser.script("GET", "/a").send(),
        browser.script("POST", "/a").form("x=1").send(),
        browser.script("PUT", "/a").with("Content-Type", "application/json").send(),
        browser.script("GET", "/events").instead("Accept", "text/event-stream").send(),
        browser.ask("GET", "/a").send(),
        browser.ask("GET", "/a").with("Accept", "application/json").send(),
    ];
    // `Accept` and the user agent do not outweigh what the browser says the request is for.
    told.push(browser.script("GET", "/a").instead("Accept", "text/html").with("User-Agent", "Mozilla/5.0").send());
    for page in told {
        assert_eq!(page.status, 401);
        assert_eq!(page.field("content-type"), Some("application/problem+json"));
        let problem = page.json();
        for member in ["type", "title", "status", "detail", "login"] {
            assert!(!problem[member].is_null(), "{member} in {problem}");
        }
        assert!(problem["login"].as_str().is_some_and(|login| login.contains("/.vestibule/login")), "{problem}");
        let challenge = page.field("www-authenticate").unwrap_or_default();
        assert!(challenge.starts_with("Vestibule login=\""), "{challenge}");
    }
    echo.assert_untouched("a stranger");
}

/// A preflight has no cookies: it is answered like any other script, and opens nothing.
#[test]
fn a_preflight_opens_nothing() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).start();
    let ask = gate
        .visitor()
        .ask("OPTIONS", "/a")
        .with("Origin", "http://evil.test")
        .with("Access-Control-Request-Method", "PUT")
        .send();
    assert_eq!(ask.status, 401);
    assert!(ask.field("access-control-allow-origin").is_none());
    echo.assert_untouched("a preflight");
}

/// A form is not delivered, and the visitor is told so.
#[test]
fn a_form_is_not_delivered_and_that_is_said() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).start();
    let alice = gate.given_user("alice");
    echo.forget();
    let mut browser = gate.visitor();
    let referer = format!("{}/edit", gate.origin);
    let ask = browser.navigate("POST", "/save", "same-origin").with("Origin", &gate.origin).with("Referer", &referer);
    let page = ask.form("text=precious").send();
    assert_eq!(page.status, 303);
    let page = browser.follow(page);
    page.assert_at("/.vestibule/login", 200);
    assert!(page.text().contains("not delivered"), "{}", page.text());
    assert!(!page.html().contains("precious"));
    echo.assert_untouched("a stranger's form");
    gate.advance(30);
    let page = browser.submit(&page, &[("username", &alice.name), ("password", &alice.password)]);
    let page = browser.follow(page);
    let page = browser.give_code(&alice, &page);
    assert_eq!((page.status, page.sent_to().as_str()), (303, "/edit"));
}

/// A WebSocket is refused in words that its client reads.
#[test]
fn a_websocket_is_told() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).start();
    let mut wire = gate.wire();
    wire.send(format!(
        "GET /ws HTTP/1.1\r\nHost: {}\r\nOrigin: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {WEBSOCKET_KEY}\r\n\r\n",
        gate.authority(),
        gate.origin
    ));
    assert_eq!(wire.reply().map(|reply| reply.status), Some(401));
    echo.assert_untouched("a stranger");
}

/// Who is known already is asked for the second factor only, and is not known beyond the rule.
#[test]
fn who_is_known_is_asked_for_the_rest() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).rules(RULES).start();
    let alice = gate.given_user("alice");
    let bob = gate.given_password_user("bob");
    gate.advance(30);
    echo.forget();
    let mut browser = gate.visitor();
    assert_eq!(browser.give_password(&bob, "/known/a").status, 200, "one factor, without any second one");
    assert_eq!(echo.last().field("remote-user"), Some("bob"));
    let mut browser = gate.visitor();
    assert_eq!(browser.give_password(&alice, "/known/a").status, 200);
    echo.forget();
    let page = browser.goto("/locked");
    assert_eq!(page.status, 302);
    assert!(page.sent_to().starts_with("/.vestibule/verify?rd="), "{}", page.sent_to());
    assert_eq!(browser.script("GET", "/locked").send().status, 401);
    echo.assert_untouched("one factor of two");
    let page = browser.follow(page);
    let page = browser.give_code(&alice, &page);
    assert_eq!((page.status, page.sent_to().as_str()), (303, "/locked"));
}

/// An application that is gone, or says nothing, is a page of ours.
#[test]
fn an_application_that_fails_is_said_in_our_words() {
    let echo = Echo::answering(|request| match request.target.as_str() {
        "/close" => Answer::Close,
        "/silence" => Answer::Silence,
        _ => Answer::Json,
    });
    let gate =
        Gate::before(&echo).config("[limits]\nfirst_byte_timeout = \"1s\"").rules(rules! { "/**" => "bypass" }).start();
    assert_eq!(gate.visitor().goto("/").status, 200);
    for (path, status) in [("/close", 502), ("/silence", 504)] {
        let page = gate.visitor().goto(path);
        assert_eq!(page.status, status, "{path}");
        assert!(page.html().contains("<html"), "{path}");
        assert!(page.field("content-security-policy").is_some(), "{path}");
        let problem = gate.visitor().script("GET", path).send();
        assert_eq!(
            (problem.status, problem.field("content-type")),
            (status, Some("application/problem+json")),
            "{path}"
        );
    }
    let gone = Gate::before(&echo)
        .site("url = \"http://localhost:PORT\"\nupstreams = [\"http://127.0.0.1:1\"]")
        .rules(rules! { "/**" => "bypass" })
        .start();
    assert_eq!(gone.visitor().goto("/").status, 502);
}

/// Bodies and answers pass as they are, both ways.
#[test]
fn what_is_sent_arrives() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).start();
    let alice = gate.given_user("alice");
    let mut browser = gate.visitor();
    browser.sign_in(&alice, "/");
    let body: String = (0..200_000).map(|n| char::from(b'a' + u8::try_from(n % 26).unwrap())).collect();
    let page = browser.script("POST", "/save?q=%7e%2F").form(&body).send();
    assert_eq!(page.status, 200);
    let request = echo.last();
    assert_eq!((request.method.as_str(), request.target.as_str()), ("POST", "/save?q=%7e%2F"));
    assert!(request.body == body.as_bytes(), "the body arrived whole");
    assert_eq!(page.field("cache-control"), Some("private"), "what was made for one is not kept for all");
}
