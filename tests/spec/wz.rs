//! The wizard: its steps are taken in order, for one user, and nothing is granted before the last.

use crate::harness::{Echo, Gate, PASSWORD, User, Visitor};

fn bench() -> (Echo, Gate, User) {
    let echo = Echo::start();
    let gate = Gate::before(&echo).start();
    let alice = gate.given_user("alice");
    echo.forget();
    (echo, gate, alice)
}

/// Fails if this visitor gets anywhere.
#[track_caller]
fn assert_stranger(echo: &Echo, browser: &mut Visitor) {
    assert_eq!(browser.goto("/locked").status, 302);
    assert_eq!(browser.script("GET", "/locked").send().status, 401);
    assert_eq!(browser.script("GET", "/.vestibule/session").send().json()["signed_in"], false);
    echo.assert_untouched("a stranger");
}

/// WZ-01, WZ-13: a right password is nothing yet.
#[test]
fn after_the_password_nothing_is_open() {
    let (echo, gate, alice) = bench();
    let mut browser = gate.visitor();
    let page = browser.give_password(&alice, "/locked");
    assert_eq!(page.url.path(), "/.vestibule/verify/totp");
    assert!(browser.cookie("session").is_none());
    assert_stranger(&echo, &mut browser);
    for address in [
        "/.vestibule/account",
        "/.vestibule/account/add",
        "/.vestibule/account/confirm/password",
        "/.vestibule/account/confirm/add-totp",
        "/.vestibule/account/confirm/add-recovery",
        "/.vestibule/enrol",
        "/.vestibule/enrol/totp",
        "/.vestibule/enrol/recovery",
        "/.vestibule/logout",
    ] {
        let page = browser.goto(address);
        assert!(matches!(page.status, 303 | 404), "{address}: {} {}", page.status, page.text());
        assert!(page.sent_to().starts_with("/.vestibule/") || page.status == 404, "{address}: {}", page.sent_to());
        let csrf = browser.goto("/.vestibule/verify/totp").form().field("csrf").unwrap_or_default().to_owned();
        let body = format!("csrf={csrf}&code={}&acknowledged=1", alice.code_at(gate.control.now(), 1));
        let ask = browser.navigate("POST", address, "same-origin").with("Origin", &gate.origin);
        let page = ask.form(&body).send();
        assert!(matches!(page.status, 303 | 403 | 404 | 405 | 409), "{address}: {}", page.status);
    }
    // Stray requests harm nobody: login leads back to the step that waits, and the step still works.
    let page = browser.visit("/.vestibule/login");
    assert_eq!(page.url.path(), "/.vestibule/verify/totp");
    gate.advance(60);
    let page = browser.give_code(&alice, &page);
    assert_eq!((page.status, page.sent_to().as_str()), (303, "/locked"));
}

/// WZ-02, WZ-03: a step without its predecessor.
#[test]
fn no_step_without_the_one_before() {
    let (echo, gate, alice) = bench();
    let code = alice.code_at(gate.control.now(), 1);
    let mut said = Vec::new();
    for address in [
        "/.vestibule/verify/totp",
        "/.vestibule/verify/recovery",
        "/.vestibule/enrol/totp",
        "/.vestibule/enrol/recovery",
    ] {
        let mut browser = gate.visitor();
        let page = browser.goto(address);
        assert_eq!((page.status, page.sent_to().split('?').next()), (303, Some("/.vestibule/login")), "{address}");
        let body = format!("code={code}&csrf=x&factor=x&username=alice&acknowledged=1");
        let page = browser.navigate("POST", address, "same-origin").with("Origin", &gate.origin).form(&body).send();
        assert_eq!(page.status, 409, "{address}");
        assert!(page.form().has("username"), "the login page");
        assert!(!page.text().contains("alice"));
        said.push(page.text());
        assert_stranger(&echo, &mut browser);
    }
    let body = "code=000000&csrf=x&username=nobody";
    let nobody = gate
        .visitor()
        .navigate("POST", "/.vestibule/verify/totp", "same-origin")
        .with("Origin", &gate.origin)
        .form(body)
        .send();
    assert_eq!(nobody.text(), said[0], "no word about whether somebody exists");
    // Finished steps, sent again, grant nothing.
    let mut browser = gate.visitor();
    gate.advance(30);
    let step = browser.give_password(&alice, "/locked");
    let done = browser.give_code(&alice, &step);
    assert_eq!(done.status, 303);
    let again = browser.give_code(&alice, &step);
    assert!(matches!(again.status, 303 | 403 | 409), "{}", again.status);
    assert_eq!(browser.follow(done).status, 200, "and the session is not harmed");
}

/// WZ-04: whose login it is was settled by the password.
#[test]
fn the_user_cannot_be_changed_on_the_way() {
    let (echo, gate, alice) = bench();
    let bob = gate.given_user("bob");
    gate.advance(60);
    echo.forget();
    let mut browser = gate.visitor();
    let page = browser.give_password(&alice, "/locked");
    let code = bob.code_at(gate.control.now(), 0);
    let page = browser.submit(&page, &[("code", &code), ("username", "bob"), ("user", "bob")]);
    assert_eq!(page.status, 200, "bob's code opens nothing of alice's");
    assert_stranger(&echo, &mut browser);
    gate.advance(60);
    let code = alice.code_at(gate.control.now(), 0);
    let page = browser.submit(&page, &[("code", &code), ("username", "bob"), ("user", "bob")]);
    assert_eq!(browser.follow(page).status, 200);
    assert_eq!(echo.last().field("remote-user"), Some("alice"));
}

/// WZ-06
#[test]
fn a_form_sent_twice_makes_one_session() {
    let (_echo, gate, alice) = bench();
    gate.advance(30);
    let mut browser = gate.visitor();
    let page = browser.give_password(&alice, "/locked");
    let mut twin = browser.clone();
    let first = browser.give_code(&alice, &page);
    let second = twin.give_code(&alice, &page);
    assert_eq!(first.status, 303);
    assert!(twin.cookie("session").is_none(), "{}", second.status);
    assert!(matches!(second.status, 303 | 409), "{}", second.status);
    assert_eq!(browser.follow(first).status, 200);
    let listed: serde_json::Value = serde_json::from_str(&gate.run(["session", "list", "alice", "--json"])).unwrap();
    // One of the enrolment, one of this.
    assert_eq!(listed.to_string().matches("\"id\"").count(), 2, "{listed}");
}

/// WZ-08
#[test]
fn the_server_says_which_methods_there_are() {
    let (echo, gate, alice) = bench();
    gate.advance(30);
    let mut browser = gate.visitor();
    let page = browser.give_password(&alice, "/locked");
    let form = page.form();
    let body = form.filled(&[("code", &alice.code_at(gate.control.now(), 0)), ("method", "none")]);
    for method in ["sms", "none", "webauthn", "password", "TOTP", "..", "totp%2f", "remembered"] {
        let address = format!("/.vestibule/verify/{method}");
        let page = browser.navigate("GET", &address, "same-origin").send();
        assert!(matches!(page.status, 303 | 400 | 404), "{method}: {}", page.status);
        let page = browser.navigate("POST", &address, "same-origin").with("Origin", &gate.origin).form(&body).send();
        assert!(matches!(page.status, 400 | 403 | 404 | 409), "{method}: {}", page.status);
    }
    // A factor that is not hers.
    let bob = gate.given_user("bob");
    let mut other = gate.visitor();
    let theirs = other.give_password(&bob, "/locked").form().field("factor").unwrap_or_default().to_owned();
    let code = alice.code_at(gate.control.now(), 0);
    echo.forget();
    for factor in [theirs.as_str(), "x", "../x"] {
        let page = browser.submit(&page, &[("factor", factor), ("code", &code)]);
        assert!(matches!(page.status, 400 | 404), "{factor}: {}", page.status);
    }
    assert_stranger(&echo, &mut browser);
    let page = browser.goto("/.vestibule/verify/totp");
    let page = browser.give_code(&alice, &page);
    assert_eq!(browser.follow(page).status, 200);
}

/// WZ-10: nothing that proves anything is in the browser.
#[test]
fn cookies_and_forms_hold_no_secret() {
    let (_echo, gate, alice) = bench();
    let mut browser = gate.visitor();
    let page = browser.give_password(&alice, "/locked");
    let carried: Vec<String> = browser.jars.values().flat_map(|jar| jar.values().cloned()).collect();
    for text in carried.iter().chain([&page.html()]) {
        let unwrapped = data_encoding::BASE64URL_NOPAD.decode(text.as_bytes()).unwrap_or_default();
        for secret in [PASSWORD, &alice.secret, &alice.code_at(gate.control.now(), 0)] {
            assert!(!text.contains(secret), "{text}");
            assert!(!unwrapped.windows(secret.len()).any(|window| window == secret.as_bytes()));
        }
    }
    assert!(carried.iter().all(|value| value.len() < 100), "no cookie grows with use");
}

/// WZ-11
#[test]
fn a_login_left_lying_starts_again() {
    let (echo, gate, alice) = bench();
    let mut browser = gate.visitor();
    let page = browser.give_password(&alice, "/locked");
    gate.advance(601);
    let late = browser.give_code(&alice, &page);
    assert_eq!(late.status, 409, "{}", late.text());
    assert_stranger(&echo, &mut browser);
    let page = browser.goto("/.vestibule/verify/totp");
    assert_eq!((page.status, page.sent_to().split('?').next()), (303, Some("/.vestibule/login")));
    let page = browser.follow(page);
    assert!(page.form().has("username"));
    // In time it works.
    let mut browser = gate.visitor();
    let page = browser.give_password(&alice, "/locked");
    gate.advance(590);
    let page = browser.give_code(&alice, &page);
    assert_eq!(browser.follow(page).status, 200);
}

/// WZ-11, SE-01: "not you?" forgets the password that was given.
#[test]
fn starting_over_forgets_the_password() {
    let (echo, gate, alice) = bench();
    gate.advance(30);
    let mut browser = gate.visitor();
    let page = browser.give_password(&alice, "/locked");
    let over = page.forms().into_iter().find(|form| form.action.contains("start-over")).expect("not you?");
    let mut twin = browser.clone();
    let started = browser.post(&page, &over, &[]);
    assert_eq!(started.status, 303);
    let late = twin.give_code(&alice, &page);
    assert!(matches!(late.status, 303 | 409), "{}", late.status);
    assert_stranger(&echo, &mut twin);
    let page = browser.follow(started);
    page.assert_at("/.vestibule/login", 200);
}

/// WZ-15: there is no other way in.
#[test]
fn there_is_no_other_way_in() {
    let (echo, gate, alice) = bench();
    let basic = data_encoding::BASE64.encode(format!("alice:{PASSWORD}").as_bytes());
    let mut browser = gate.visitor();
    for authorization in [format!("Basic {basic}"), format!("Bearer {PASSWORD}"), "Negotiate YII=".to_owned()] {
        let page = browser.ask("GET", "/locked").with("Authorization", &authorization).send();
        assert_eq!(page.status, 401);
        let challenge = page.field("www-authenticate").unwrap_or_default();
        assert!(challenge.starts_with("Vestibule "), "never a scheme that a browser asks for: {challenge}");
    }
    for address in [
        "/.vestibule/auth/nginx",
        "/.vestibule/auth/forwarded",
        "/.vestibule/auth/envoy/x",
        "/.vestibule/callback?ticket=x",
        "/.vestibule/reset/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "/.vestibule/setup/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "/.vestibule/invite/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "/.vestibule/debug",
        "/metrics",
        "/health",
    ] {
        let mut stranger = gate.visitor();
        let page = stranger.visit(address);
        assert!(matches!(page.status, 200 | 404), "{address}: {}", page.status);
        assert!(page.status == 404 || page.form().has("username"), "{address}");
        assert_stranger(&echo, &mut stranger);
    }
    // The password in the address, or two factors in one form.
    let page = browser.visit(&format!("/.vestibule/login?username=alice&password={}", PASSWORD.replace(' ', "+")));
    assert!(page.form().has("username"));
    gate.advance(30);
    let code = alice.code_at(gate.control.now(), 0);
    let page = browser.submit(&page, &[("username", "alice"), ("password", PASSWORD), ("code", &code)]);
    assert_eq!((page.status, page.sent_to().as_str()), (303, "/.vestibule/verify"));
    assert_stranger(&echo, &mut browser);
}

/// WZ-16, behaviour 56 and 57: a reset ends in two factors, and nothing else enrols.
#[test]
fn a_reset_ends_in_two_factors() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).config("[enrolment]\nfirst_login = true").start();
    let alice = gate.given_user("alice");
    let mut open = gate.visitor();
    open.sign_in(&alice, "/locked");
    let link = crate::harness::link_in(&gate.run(["user", "reset", "alice"]));
    echo.forget();
    assert_eq!(open.goto("/locked").status, 302, "a reset ends what is open");

    // The old password enrols nothing, whatever `first_login` says.
    let mut thief = gate.visitor();
    let page = thief.give_password(&alice, "/locked");
    assert!(page.status == 403 || page.url.path() == "/.vestibule/login", "{} {}", page.url, page.text());
    assert_stranger(&echo, &mut thief);

    // The invitation does, and only all the way.
    let mut browser = gate.visitor();
    let page = browser.visit(&link);
    let page = browser.submit(&page, &[("new_password", PASSWORD), ("new_password_again", PASSWORD)]);
    let page = browser.follow(page);
    assert_stranger(&echo, &mut browser);
    let (secret, page) = browser.enrol_totp(page);
    assert_ne!(secret, alice.secret);
    let (_, page) = browser.keep_codes(page);
    assert_eq!(page.status, 200);
    assert_eq!(echo.last().field("remote-user"), Some("alice"));
}

/// Behaviour 19
#[test]
fn a_user_never_enrolled_gets_in_only_where_that_is_said() {
    for first_login in [false, true] {
        let echo = Echo::start();
        let gate = Gate::before(&echo).config(&format!("[enrolment]\nfirst_login = {first_login}")).start();
        let bob = gate.given_password_user("bob");
        let mut browser = gate.visitor();
        let page = browser.give_password(&bob, "/locked");
        assert_stranger(&echo, &mut browser);
        if first_login {
            let (_, page) = browser.enrol_totp(page);
            let (_, page) = browser.keep_codes(page);
            assert_eq!((page.status, page.url.path()), (200, "/locked"));
        } else {
            assert_eq!(page.status, 403);
            assert!(!page.html().contains("enrol/"), "no way to enrol");
            let page = browser.goto("/.vestibule/enrol/totp");
            assert_eq!((page.status, page.sent_to().split('?').next()), (303, Some("/.vestibule/login")));
        }
    }
}

/// WZ-20
#[test]
fn an_address_changes_nothing() {
    let (_echo, gate, alice) = bench();
    let mut browser = gate.visitor();
    let page = browser.give_password(&alice, "/locked");
    let form = page.form();
    gate.advance(30);
    let query = form.filled(&[("code", &alice.code_at(gate.control.now(), 0))]);
    browser.goto(&format!("{}?{query}", form.action.split('?').next().unwrap()));
    assert_eq!(browser.goto("/locked").status, 302, "a code in the address is none");
    let page = browser.goto("/.vestibule/verify/totp");
    let page = browser.give_code(&alice, &page);
    assert_eq!(browser.follow(page).status, 200);
    for (method, address) in [
        ("GET", "/.vestibule/login/start-over"),
        ("GET", "/.vestibule/account/sessions/end?handle=x"),
        ("GET", "/.vestibule/account/sign-out-everywhere"),
        ("PUT", "/.vestibule/login"),
        ("DELETE", "/.vestibule/account"),
    ] {
        let page = browser.navigate(method, address, "same-origin").with("Origin", &gate.origin).send();
        assert_eq!(page.status, 405, "{method} {address}");
    }
    browser.goto("/.vestibule/logout");
    assert_eq!(browser.goto("/locked").status, 200);
}
