//! What people do without meaning harm: several tabs, a page left open, the wrong account, a box forgotten. Nobody is
//! stuck, nobody is told what is not so, and nothing is granted for it.

use crate::harness::{Echo, Gate, PASSWORD, User};

fn bench() -> (Echo, Gate, User) {
    let echo = Echo::start();
    let gate = Gate::before(&echo).start();
    let alice = gate.given_user("alice");
    gate.advance(30);
    echo.forget();
    (echo, gate, alice)
}

/// How many rows of this kind the record has.
fn rows(gate: &Gate, kind: &str) -> usize {
    gate.run(["audit", "--json"]).matches(&format!("\"{kind}\"")).count()
}

/// A tab that posts while another one is half signed in, and after it has signed in.
#[test]
fn several_tabs_end_where_each_was_going() {
    let (echo, gate, alice) = bench();
    let mut browser = gate.visitor();
    let (first, second) = (browser.visit("/first"), browser.visit("/second"));
    let fields: &[(&str, &str)] = &[("username", "alice"), ("password", PASSWORD)];
    let pending = browser.submit(&first, fields);
    assert_eq!(pending.status, 303);

    let checked = rows(&gate, "password_right");
    let again = browser.submit(&second, fields);
    again.assert_at("/.vestibule/login", 403);
    assert_eq!(again.form().field("username"), Some("alice"), "what was typed is kept");
    assert!(!again.html().contains(PASSWORD));
    assert_eq!(rows(&gate, "password_right"), checked, "nothing of it was checked");
    echo.assert_untouched("a form of another tab");
    let page = browser.submit(&again, fields);
    let page = browser.follow(page);
    let page = browser.give_code(&alice, &page);
    assert_eq!((page.status, page.sent_to().as_str()), (303, "/second"));

    let late = browser.submit(&first, &[("username", "alice"), ("password", "not the password")]);
    assert_eq!((late.status, late.sent_to().as_str()), (303, "/first"), "signed in already");
    assert_eq!(browser.follow(late).status, 200);
}

/// Tabs restored after the browser forgot its cookies, and one left open overnight.
#[test]
fn a_login_page_that_is_too_old_is_given_anew() {
    let (_echo, gate, alice) = bench();
    let fields: &[(&str, &str)] = &[("username", "alice"), ("password", PASSWORD)];
    for seconds in [0, 12 * 3600] {
        gate.advance(30);
        let mut browser = gate.visitor();
        let first = browser.visit("/first");
        if seconds == 0 {
            browser.set_cookie("login", None);
            browser.visit("/second");
        }
        gate.advance(seconds);
        let again = browser.submit(&first, fields);
        again.assert_at("/.vestibule/login", 403);
        assert!(again.text().contains("too old"), "{}", again.text());
        let page = browser.submit(&again, fields);
        let page = browser.follow(page);
        let page = browser.give_code(&alice, &page);
        assert_eq!((page.status, page.sent_to().as_str()), (303, "/first"));
    }
}

/// What such a form says of the way back is read like a stranger's word.
#[test]
fn a_form_that_is_not_ours_leads_nowhere_else() {
    let (_echo, gate, alice) = bench();
    let mut browser = gate.visitor();
    browser.sign_in(&alice, "/");
    for rd in ["http://evil.test/", "//evil.test", "/.vestibule/logout", "javascript:alert(1)"] {
        let state = serde_json::json!({ "rd": rd, "sent": false }).to_string();
        let state = format!("9999999999999.{}.AAAA", data_encoding::BASE64URL_NOPAD.encode(state.as_bytes()));
        let body = format!("username=alice&password=x&csrf=x&state={state}");
        let ask = browser.navigate("POST", "/.vestibule/login", "same-origin").with("Origin", &gate.origin);
        let page = ask.form(&body).send();
        assert_eq!((page.status, page.sent_to().as_str()), (303, "/"), "{rd}");
    }
}

/// Only who took too long is told so.
#[test]
fn nobody_is_told_of_a_delay_that_was_none() {
    let (_echo, gate, alice) = bench();
    // Another tab started over.
    let mut browser = gate.visitor();
    let step = browser.give_password(&alice, "/locked");
    let over = step.forms().into_iter().find(|form| form.action.contains("start-over")).expect("not you?");
    let page = browser.post(&step, &over, &[]);
    browser.follow(page);
    let page = browser.give_code(&alice, &step);
    assert_eq!(page.status, 409);
    assert!(!page.text().contains("too long"), "{}", page.text());
    // Nobody has begun.
    let mut stranger = gate.visitor();
    stranger.goto("/.vestibule/login");
    let page = stranger.visit("/.vestibule/verify/totp");
    assert!(page.form().has("username") && !page.text().contains("too long"), "{}", page.text());
    // It ran out.
    let mut browser = gate.visitor();
    let step = browser.give_password(&alice, "/locked");
    gate.advance(601);
    let page = browser.clone().visit("/.vestibule/verify/totp");
    assert!(page.text().contains("too long"), "{}", page.text());
    let page = browser.give_code(&alice, &step);
    assert_eq!(page.status, 409);
    assert!(page.text().contains("too long"), "{}", page.text());
    assert!(!browser.goto("/.vestibule/login").text().contains("too long"), "once");
}

/// The account page is a place to go to.
#[test]
fn a_login_for_the_account_ends_there() {
    let (_echo, gate, alice) = bench();
    let mut browser = gate.visitor();
    let page = browser.give_password(&alice, "/.vestibule/account");
    let page = browser.give_code(&alice, &page);
    assert_eq!((page.status, page.sent_to().as_str()), (303, "/.vestibule/account"));
    browser.follow(page).assert_at("/.vestibule/account", 200);
    // Signed in, it is no question.
    assert_eq!(browser.goto("/.vestibule/login?to=account").sent_to(), "/.vestibule/account");
}

/// Somebody whom a rule does not let in learns who they are here, and can sign in as somebody else.
#[test]
fn a_no_of_the_rules_is_no_dead_end() {
    let echo = Echo::start();
    let rules = "[[site.rules]]\npath = \"/staff/**\"\npolicy = \"two_factor\"\ngroups = [\"staff\"]\n[[site.rules]]\npolicy = \"two_factor\"";
    let gate = Gate::before(&echo).rules(rules).start();
    let (alice, bob) = (gate.given_user("alice"), gate.given_member("bob", "staff"));
    let mut browser = gate.visitor();
    browser.sign_in(&alice, "/");
    let page = browser.goto("/staff/x");
    assert_eq!(page.status, 403);
    assert!(page.text().contains("alice"), "{}", page.text());
    assert!(page.link("/.vestibule/logout").is_some() && page.link("/").is_some());
    let login = page.link("/.vestibule/login").expect("a way to another account");
    let page = browser.goto(&login);
    page.assert_at("/.vestibule/login", 200);
    gate.advance(30);
    let page = browser.submit(&page, &[("username", &bob.name), ("password", &bob.password)]);
    let page = browser.follow(page);
    let page = browser.give_code(&bob, &page);
    assert_eq!((page.status, page.sent_to().as_str()), (303, "/staff/x"));
    assert_eq!(browser.follow(page).status, 200);
    assert_eq!(echo.last().field("remote-user"), Some("bob"));
    // A stranger is not told who else might come in.
    assert_eq!(gate.visitor().goto("/staff/x").status, 302);
}

/// "You are signed out" is said to nobody who is signed in.
#[test]
fn the_page_after_signing_out_does_not_lie() {
    let (_echo, gate, alice) = bench();
    let mut browser = gate.visitor();
    browser.sign_in(&alice, "/");
    for out in ["1", "all"] {
        let page = browser.goto(&format!("/.vestibule/login?out={out}"));
        assert_eq!((page.status, page.sent_to().as_str()), (303, "/.vestibule/logout"));
    }
    let page = browser.sign_out();
    assert!(page.text().contains("signed out"), "{}", page.text());
}

/// A box left unticked is no wrong code: it costs no attempt and no wait.
#[test]
fn a_box_left_unticked_costs_nothing() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).start();
    let mut browser = gate.visitor();
    let page = browser.come_to_codes(&gate.invite("alice"));
    for _ in 0..3 {
        let again = browser.submit(&page, &[]);
        again.assert_at("/.vestibule/enrol/recovery", 200);
        assert!(again.text().contains("tick this box"), "{}", again.text());
    }
    assert_eq!(rows(&gate, "factor_wrong"), 0);
    let (_, page) = browser.keep_codes(page);
    assert_eq!(page.status, 200);
}

/// A closed lane does not open by waiting, and says so; to everybody alike.
#[test]
fn a_closed_lane_says_what_helps() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).config("[throttle]\nhard_limit = 3").start();
    let alice = gate.given_user("alice");
    let mut known = gate.visitor();
    known.sign_in(&alice, "/");
    known.sign_out();
    let mut said = Vec::new();
    for name in ["alice", "nobody"] {
        let mut stranger = gate.visitor();
        for _ in 0..3 {
            gate.advance(3600);
            let page = stranger.visit("/");
            assert_eq!(stranger.submit(&page, &[("username", name), ("password", "wrong")]).status, 200);
        }
        for password in ["wrong", PASSWORD] {
            gate.advance(3600);
            let page = stranger.visit("/");
            let page = stranger.submit(&page, &[("username", name), ("password", password)]);
            assert_eq!(page.status, 429);
            assert!(page.field("retry-after").is_some());
            said.push(page.text().replace(name, "NAME"));
        }
    }
    assert!(said[0].contains("administrator") && !said[0].contains("minute"), "{}", said[0]);
    assert!(said.iter().all(|text| *text == said[0]), "{said:#?}");
    assert_eq!(known.sign_in(&alice, "/").status, 200, "and what it says is so");
}

/// A form of the account, sent by nobody.
#[test]
fn an_account_form_without_a_session_is_out_of_turn() {
    let (_echo, gate, _alice) = bench();
    for address in ["account/sign-out-everywhere", "account/sessions/end", "account/confirm/password"] {
        let mut stranger = gate.visitor();
        let ask = stranger.navigate("POST", &format!("/.vestibule/{address}"), "same-origin");
        let page = ask.with("Origin", &gate.origin).form("csrf=x&handle=x").send();
        assert_eq!(page.status, 409, "{address}");
        assert!(page.form().has("username"), "the login page");
    }
}

/// Whoever adds a way in is offered to end what somebody else may have opened, and it ends.
#[test]
fn a_new_way_in_offers_to_end_the_others() {
    let (_echo, gate, alice) = bench();
    let (mut browser, mut other) = (gate.visitor(), gate.visitor());
    other.sign_in(&alice, "/");
    browser.sign_in(&alice, "/");
    gate.advance(30);
    let page = browser.goto("/.vestibule/account/confirm/add-recovery");
    let page = browser.submit(&page, &[("code", &alice.code_at(gate.control.now(), 0))]);
    let page = browser.follow(page);
    let (_, page) = browser.keep_codes(page);
    page.assert_at("/.vestibule/account", 200);
    assert!(page.text().contains("Your new recovery codes are in force"), "{}", page.text());
    let forms = page.forms();
    let elsewhere = forms.iter().find(|form| form.action.contains("sign-out-elsewhere")).expect("the offer");
    let ended = rows(&gate, "sessions_ended");
    assert_eq!(other.goto("/").status, 200);
    let forged = browser.post(&page, elsewhere, &[("csrf", "x")]);
    assert_eq!((forged.status, other.goto("/").status), (403, 200));
    let page = browser.post(&page, elsewhere, &[]);
    assert_eq!(page.status, 303);
    assert!(browser.follow(page).text().contains("signed out everywhere else"));
    assert_eq!((browser.goto("/").status, other.goto("/").status), (200, 302));
    assert_eq!(rows(&gate, "sessions_ended"), ended + 1);
}

/// The browsers somebody signed in with are listed, keep their date, and are forgotten by a code given for that.
#[test]
fn known_browsers_are_listed_and_can_be_forgotten() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).config("[throttle]\nhard_limit = 3").start();
    let alice = gate.given_user("alice");
    assert_eq!(rows(&gate, "browser_known"), 1, "the one of the invitation");
    let mut browser = gate.visitor();
    browser.sign_in(&alice, "/");
    browser.sign_out();
    browser.sign_in(&alice, "/");
    assert_eq!(rows(&gate, "browser_known"), 2, "one browser, however often it comes");
    let page = browser.goto("/.vestibule/account");
    let forgets = |page: &crate::harness::Page| page.html().matches("confirm/forget-").count();
    assert_eq!(forgets(&page), 4, "two, the others, and all: {}", page.text());

    let all = "/.vestibule/account/confirm/forget-browsers";
    let page = browser.goto(all);
    let wrong = browser.submit(&page, &[("code", "000000")]);
    assert_eq!(wrong.status, 200);
    assert_eq!(rows(&gate, "browser_ended"), 0);
    gate.advance(30);
    let page = browser.submit(&wrong, &[("code", &alice.code_at(gate.control.now(), 0))]);
    let page = browser.follow(page);
    page.assert_at("/.vestibule/account", 200);
    assert_eq!((forgets(&page), rows(&gate, "browser_ended")), (0, 1));

    // It is a stranger's from now on: the closed lane holds here, too.
    browser.sign_out();
    for _ in 0..4 {
        gate.advance(3600);
        let mut stranger = gate.visitor();
        let page = stranger.visit("/");
        stranger.submit(&page, &[("username", "alice"), ("password", "wrong")]);
    }
    gate.advance(3600);
    let page = browser.visit("/");
    assert_eq!(browser.submit(&page, &[("username", "alice"), ("password", PASSWORD)]).status, 429);
}

/// One of them is forgotten, and the others stay.
#[test]
fn one_browser_is_forgotten_and_no_other() {
    let (_echo, gate, alice) = bench();
    let mut browser = gate.visitor();
    browser.sign_in(&alice, "/");
    let page = browser.goto("/.vestibule/account");
    let one = page.link("/.vestibule/account/confirm/forget-").expect("a browser");
    gate.advance(30);
    let page = browser.goto(&one);
    assert_eq!(page.status, 200);
    let page = browser.submit(&page, &[("code", &alice.code_at(gate.control.now(), 0))]);
    let page = browser.follow(page);
    assert_eq!(page.html().matches("confirm/forget-").count(), 3, "one, the others, and all: {}", page.text());
    assert_eq!(browser.goto(&one).status, 404, "gone");
}

/// WZ-17: a right password without the second factor, again and again.
#[test]
fn a_right_password_is_not_given_for_ever() {
    let (echo, gate, alice) = bench();
    let mut known = gate.visitor();
    known.sign_in(&alice, "/");
    known.sign_out();
    echo.forget();
    let give = || {
        let mut thief = gate.visitor();
        let page = thief.visit("/");
        thief.submit(&page, &[("username", "alice"), ("password", PASSWORD)])
    };
    let taken = (0..120).take_while(|_| give().status == 303).count();
    assert!((60..120).contains(&taken), "{taken}");
    let page = give();
    assert_eq!(page.status, 429);
    assert!(page.field("retry-after").is_some());
    assert!(rows(&gate, "password_right") >= taken && rows(&gate, "password_waiting") >= 1);
    echo.assert_untouched("a password alone");
    assert_eq!(known.sign_in(&alice, "/").status, 200, "the owner's browser is not held up");
    gate.advance(3600);
    assert_eq!(give().status, 303);
}
