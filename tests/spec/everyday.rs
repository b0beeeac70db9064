//! What people do without meaning harm: several tabs, a page left open, the wrong account, a box forgotten. Nobody is
//! stuck, nobody is told what is not so, and nothing is granted for it.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use crate::harness::{Echo, Form, Gate, PASSWORD, Page, User, Visitor, code_of, link_in, secret_on, until};

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

/// WZ-11: recovery codes are in force once they are said to be kept, and the page says so and until when. Too late, whoever
/// is signed in is told that what was printed is worth nothing, and led to new ones; not asked to sign in.
#[test]
fn codes_nobody_said_to_keep_are_worth_nothing_and_it_is_said() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).config("[session]\nlogin_timeout = \"2m\"").start();
    let mut browser = gate.visitor();
    let page = browser.come_to_codes(&gate.invite("alice"));
    assert!(page.text().contains("You have 2 minutes to keep these codes"), "{}", page.text());
    assert!(page.text().contains("The codes work once you have pressed “Continue”."), "{}", page.text());
    gate.advance(121);
    let late = browser.submit(&page, &[("acknowledged", "1")]);
    assert_eq!(late.status, 409, "{}", late.text());
    assert!(late.text().contains("These codes are worth nothing"), "{}", late.text());
    assert!(late.link("/.vestibule/account/confirm/add-recovery").is_some());
    assert!(browser.goto("/.vestibule/account").text().contains("You have no recovery codes"));

    // In time they are kept, and a page of codes that is sent once more says nothing of that kind.
    let mut browser = gate.visitor();
    let page = browser.come_to_codes(&gate.invite("bobby"));
    gate.advance(100);
    assert_eq!(browser.submit(&page, &[("acknowledged", "1")]).status, 303);
    let again = browser.submit(&page, &[("acknowledged", "1")]);
    assert!(again.status == 409 && !again.text().contains("worth nothing"), "{}", again.text());
}

/// A link that lost its end, or brought along what stood behind it.
#[test]
fn a_link_that_was_copied_badly_says_so_or_works() {
    let echo = Echo::start();
    let gate =
        Gate::before(&echo).config("[gateway.email]\nkind = \"console\"\n[password]\nreset_by_mail = true").start();
    let link = gate.invite("alice");
    for short in [1, 8] {
        let page = gate.visitor().visit(&link[..link.len() - short]);
        assert_eq!(page.status, 404);
        assert!(page.text().contains("was not copied whole"), "{}", page.text());
    }
    for address in ["/.vestibule/reset/abc", "/.vestibule/setup/abc"] {
        let page = gate.visitor().visit(address);
        assert_eq!(page.status, 404);
        assert!(page.text().contains("This link does not work"), "{address}: {}", page.text());
    }
    for more in [".", "%3E", ").", ""] {
        let page = gate.visitor().visit(&format!("{link}{more}"));
        assert!(page.status == 200 && page.form().has("new_password"), "{more}: {}", page.text());
    }
}

/// Back after signing in, or the address of the step opened anew: nothing is asked for twice. What still has to be proved
/// is asked for.
#[test]
fn who_is_verified_is_not_asked_again_by_the_way_back() {
    let (_echo, gate, alice) = bench();
    let mut browser = gate.visitor();
    let page = browser.give_password(&alice, "/locked");
    let step = page.url.to_string();
    gate.advance(30);
    assert_eq!(browser.give_code(&alice, &page).status, 303);
    for address in [step.as_str(), "/.vestibule/verify/totp", "/.vestibule/verify"] {
        let page = browser.goto(address);
        assert_eq!((page.status, page.sent_to().as_str()), (303, "/"), "{address}");
    }
    assert_eq!(browser.goto("/.vestibule/verify?rd=/locked").sent_to(), "/locked");
    let page = browser.goto("/.vestibule/login");
    assert!(page.text().contains("Signed in as alice") && page.form().has("username"), "{}", page.text());

    let echo = Echo::start();
    let rules = rules! { "/fresh" => "two_factor" with max_age = "5m", _ => "two_factor" };
    let gate = Gate::before(&echo).rules(rules).start();
    let alice = gate.given_user("alice");
    let mut browser = gate.visitor();
    browser.sign_in(&alice, "/");
    gate.advance(301);
    assert_eq!(browser.visit("/fresh").url.path(), "/.vestibule/verify/totp", "asked for what it is");
}

/// The first factor for a page that only some of them open: those come first, and it is said.
#[test]
fn a_first_factor_opens_the_page_that_was_asked_for() {
    let echo = Echo::start();
    let rules = rules! { "/key/**" => "two_factor" with factors = ["webauthn"], _ => "two_factor" };
    let gate = Gate::before(&echo).config("[enrolment]\nfirst_login = true").rules(rules).start();
    let alice = gate.given_password_user("alice");
    let said = "These open the page you asked for";
    let mut browser = gate.visitor();
    let page = browser.give_password(&alice, "/key/x");
    page.assert_at("/.vestibule/enrol", 200);
    let html = page.html();
    let at = |text: &str| html.find(text).unwrap_or_else(|| panic!("no {text}: {html}"));
    let open = [at(said), at("/.vestibule/enrol/webauthn"), at("do not open that page"), at("/.vestibule/enrol/totp")];
    assert!(open.is_sorted(), "{html}");
    let page = gate.visitor().give_password(&alice, "/other");
    page.assert_at("/.vestibule/enrol", 200);
    assert!(!page.html().contains(said), "where any will do, nothing is said");
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

/// Tabs restored after the browser forgot its cookies, and one left open for more than a day.
#[test]
fn a_login_page_that_is_too_old_is_given_anew() {
    let (_echo, gate, alice) = bench();
    let fields: &[(&str, &str)] = &[("username", "alice"), ("password", PASSWORD)];
    for seconds in [0, 25 * 3600] {
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
    let rules = rules! { "/staff/**" => "two_factor" with groups = ["staff"], _ => "two_factor" };
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

/// Anybody can send an address: none makes the gate tell of what was not done. What was done, the next page says.
#[test]
fn no_address_tells_of_what_was_not_done() {
    let (_echo, gate, alice) = bench();
    let mut browser = gate.visitor();
    browser.sign_in(&alice, "/");
    for done in ["added", "renamed", "removed", "password", "ended", "elsewhere", "codes", "forgotten"] {
        let page = browser.navigate("GET", &format!("/.vestibule/account?done={done}"), "cross-site").send();
        assert!(page.status == 200 && !page.html().contains("notice good"), "{done}: {}", page.text());
    }
    let mut stranger = gate.visitor();
    for (query, lie) in [("set=1", "Your password is set"), ("out=all", "in every browser")] {
        let page = stranger.navigate("GET", &format!("/.vestibule/login?{query}"), "cross-site").send();
        assert!(page.status == 200 && !page.text().contains(lie), "{query}: {}", page.text());
    }

    let page = browser.goto("/.vestibule/account");
    let forms = page.forms();
    let everywhere = forms.iter().find(|form| form.action.contains("sign-out-everywhere")).expect("a form");
    let page = browser.post(&page, everywhere, &[]);
    assert!(browser.cookie("notice").is_some());
    let page = browser.follow(page);
    assert!(page.text().contains("You are signed out in every browser"), "{}", page.text());
    assert!(browser.cookie("notice").is_none());
    let again = browser.goto("/.vestibule/login?out=1");
    assert!(!again.text().contains("in every browser"), "said once: {}", again.text());
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

/// Nothing typed is no guess: it costs no attempt and no wait, where a device is asked for and where one is enrolled.
#[test]
fn an_empty_field_costs_nothing() {
    let (_echo, gate, alice) = bench();
    let mut browser = gate.visitor();
    let page = browser.give_password(&alice, "/");
    for nothing in ["", " ", "\t"] {
        let again = browser.submit(&page, &[("code", nothing)]);
        assert_eq!(again.status, 200, "{}", again.text());
        assert!(again.text().contains("Type the code."), "{}", again.text());
    }
    assert_eq!((rows(&gate, "factor_wrong"), rows(&gate, "factor_waiting")), (0, 0));
    assert_eq!(browser.give_code(&alice, &page).status, 303, "no wait");

    let page = browser.adding(&alice, "totp");
    let again = browser.submit(&page, &[("code", "")]);
    assert!(again.text().contains("Type the code."), "{}", again.text());
    let code = code_of(&secret_on(&page), gate.control.now());
    assert_eq!(browser.submit(&page, &[("code", &code)]).status, 303);
    assert_eq!(rows(&gate, "factor_wrong"), 0);

    let mut other = gate.visitor();
    let page = other.give_password(&alice, "/");
    other.submit(&page, &[("code", "000000")]);
    assert_eq!(rows(&gate, "factor_wrong"), 1, "control: a wrong code counts");
}

/// The page of recovery codes comes with a session: it offers to sign out of it, and whoever says "not me" by a page that
/// was left open ends it.
#[test]
fn who_is_not_the_owner_of_a_new_account_leaves_it_shut() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).start();
    let mut browser = gate.visitor();
    let page = browser.come_to_codes(&gate.invite("alice"));
    assert!(page.link("/.vestibule/logout").is_some() && !page.html().contains("start-over"), "{}", page.text());
    assert!(
        page.text().contains("Signed in as alice") && page.text().contains("to keep these codes, until"),
        "{}",
        page.text()
    );
    assert_eq!(browser.goto("/").status, 200, "control: signed in");

    let not_me = Form { action: "/.vestibule/login/start-over".into(), ..page.form() };
    let mut stranger = gate.visitor();
    assert_eq!(stranger.post(&page, &not_me, &[]).status, 303);
    assert_eq!(browser.goto("/").status, 200, "not by a stranger");
    let done = browser.post(&page, &not_me, &[]);
    assert_eq!((done.status, done.sent_to().as_str()), (303, "/.vestibule/login"));
    echo.forget();
    assert_eq!(browser.goto("/").status, 302);
    echo.assert_untouched("a session that somebody disowned");
    browser.follow(done).assert_at("/.vestibule/login", 200);
}

/// Devices have names that tell them apart, by proposal and by force; a new name survives a wrong code.
#[test]
fn no_two_devices_are_called_the_same() {
    let (_echo, gate, alice) = bench();
    let mut browser = gate.visitor();
    browser.sign_in(&alice, "/");
    let account = browser.goto("/.vestibule/account");
    assert!(account.text().contains("This is your last second factor"), "{}", account.text());
    assert!(account.link("/.vestibule/account/confirm/remove-").is_none());

    let page = browser.adding(&alice, "totp");
    assert_eq!(page.form().field("label"), Some("Authenticator app 2"), "proposed");
    let code = code_of(&secret_on(&page), gate.control.now());
    let taken = browser.submit(&page, &[("label", " authenticator APP\u{200f}"), ("code", &code)]);
    assert!(taken.status == 200 && taken.text().contains("of this name already"), "{}", taken.text());
    let page = browser.submit(&page, &[("code", &code)]);
    let account = browser.follow(page);
    assert!(account.text().contains("Authenticator app 2"), "{}", account.text());
    assert!(!account.text().contains("This is your last second factor"), "{}", account.text());

    let listed: Value = serde_json::from_str(&gate.run(["factor", "list", "alice", "--json"])).expect("JSON");
    let factors = listed["factors"].as_array().expect("factors");
    let first = factors.iter().find(|one| one["label"] == "Authenticator app").expect("the first")["id"].clone();
    let first = first.as_str().expect("an id");
    gate.advance(30);
    let page = browser.goto(&format!("/.vestibule/account/confirm/rename-{first}?factor={first}"));
    let code = alice.code_at(gate.control.now(), 0);
    for taken in ["Authenticator app", "authenticator app 2"] {
        let page = browser.submit(&page, &[("label", taken), ("code", &code)]);
        assert!(page.status == 200 && page.text().contains("of this name already"), "{}", page.text());
    }
    let wrong = browser.submit(&page, &[("label", "Work phone"), ("code", "000000")]);
    assert_eq!((wrong.status, wrong.form().field("label")), (200, Some("Work phone")));
    let wait = browser.submit(&wrong, &[("code", &code)]);
    assert_eq!((wait.status, wait.form().field("label")), (429, Some("Work phone")), "in the wait");
    gate.advance(60);
    let done = browser.submit(&wait, &[("code", &alice.code_at(gate.control.now(), 0))]);
    let account = browser.follow(done);
    assert!(account.text().contains("Work phone"), "{}", account.text());
}

/// What the page for a lost device says to work.
#[track_caller]
fn still_works(page: &Page) -> String {
    page.html().split_once("If none of it works").expect("two parts").0.to_owned()
}

/// The page for a lost device does not send anybody back to what is lost.
#[test]
fn a_lost_device_is_not_among_what_still_works() {
    let (_echo, gate, alice) = bench();
    let mut browser = gate.visitor();
    let page = browser.give_password(&alice, "/");
    let lost = browser.goto(&page.link("/.vestibule/verify/lost").expect("a way for who lost it"));
    assert!(lost.link("/.vestibule/verify/recovery").is_some(), "{}", lost.text());
    let works = still_works(&lost);
    assert!(!works.contains("/.vestibule/verify/totp"), "{}", lost.text());
    assert!(lost.link("/.vestibule/verify/totp").is_some(), "the way back to the question");
    let all = browser.goto("/.vestibule/verify/lost");
    assert!(still_works(&all).contains("/.vestibule/verify/totp"), "control: nothing is said to be lost");

    browser.give_code(&alice, &page);
    let page = browser.goto("/.vestibule/account/confirm/password");
    let app = page.form().field("factor").expect("the factor").to_owned();
    let lost = browser.goto(&page.link("/.vestibule/account/confirm/password?lost").expect("a way"));
    let works = still_works(&lost);
    assert!(works.contains("factor=") && !works.contains(&app), "{}", lost.text());
}

/// Whoever gives a browser the worth of a second factor, or takes it from others, is heard of.
#[test]
fn the_owner_hears_of_browsers_that_are_trusted_and_forgotten() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).config("[gateway.email]\nkind = \"console\"").start();
    let link = link_in(&gate.run(["user", "add", "alice", "--email", "alice@example.com"]));
    let mut browser = gate.visitor();
    let (alice, _) = browser.accept("alice", &link);
    browser.sign_out();
    let told = |what: &str| {
        let messages = gate.outbox()["messages"].clone();
        let fits = |one: &&Value| one["subject"].as_str().is_some_and(|subject| subject.contains(what));
        messages
            .as_array()
            .expect("messages")
            .iter()
            .find(fits)
            .map(|one| one["text"].as_str().unwrap_or("").to_owned())
    };
    gate.advance(30);
    browser.sign_in(&alice, "/");
    browser.sign_out();
    assert_eq!(told("trusted"), None, "control: known, and no more");

    gate.advance(30);
    let page = browser.give_password(&alice, "/");
    let code = alice.code_at(gate.control.now(), 0);
    assert_eq!(browser.submit(&page, &[("code", &code), ("trust", "1")]).status, 303);
    let text = until("the notice", 20, || told("is trusted"));
    assert!(text.contains("your password alone") && text.contains("127.0.0.1"), "{text}");

    gate.advance(30);
    let page = browser.goto("/.vestibule/account/confirm/forget-browsers");
    let code = alice.code_at(gate.control.now(), 0);
    assert_eq!(browser.submit(&page, &[("code", &code)]).status, 303);
    until("the notice", 20, || told("forgotten"));
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

/// The page of an invitation says until when it works, and until then its browser holds what the form needs.
#[test]
fn an_invitation_that_was_opened_works_as_long_as_it_says() {
    let (_echo, gate, _alice) = bench();
    let link = gate.invite("carol");
    let mut browser = gate.visitor();
    let held_for = |browser: &mut Visitor, link: &str| -> u64 {
        let answer = browser.goto(link);
        let cookie = answer.field("set-cookie").expect("the token").to_owned();
        let life = cookie.split("Max-Age=").nth(1).unwrap_or_else(|| panic!("until when? {cookie}"));
        life.split(';').next().and_then(|life| life.parse().ok()).expect("seconds")
    };
    let held = held_for(&mut browser, &link);
    assert!(held > 23 * 3600, "{held}");
    gate.advance(3600);
    assert_eq!(held - held_for(&mut gate.visitor(), &link), 3600, "no longer than the link");
    let dead = format!("/.vestibule/invite/{}", "A".repeat(43));
    assert!(held_for(&mut gate.visitor(), &dead) <= 60);

    let page = browser.goto("/.vestibule/invite");
    gate.advance(22 * 3600);
    let password = "a door left ajar at dawn";
    let page = browser.submit(&page, &[("new_password", password), ("new_password_again", password)]);
    assert_eq!(page.sent_to(), "/.vestibule/enrol", "{}", page.text());
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

/// The owner sees every session and ends the one that is not theirs; nobody ends another's.
#[test]
fn se_12_sessions_are_listed_and_ended_by_their_owner() {
    let (_echo, gate, alice) = bench();
    let bob = gate.given_user("bobby");
    let (mut browser, mut other, mut bobs) = (gate.visitor(), gate.visitor(), gate.visitor());
    for (visitor, user) in [(&mut other, &alice), (&mut browser, &alice), (&mut bobs, &bob)] {
        visitor.sign_in(user, "/");
    }
    // The one of each invitation is there, too.
    let ends = |browser: &mut Visitor| -> (Page, Vec<Form>) {
        let page = browser.goto("/.vestibule/account");
        let forms = page.forms().into_iter().filter(|form| form.action.ends_with("/sessions/end")).collect();
        (page, forms)
    };
    let (account, alices) = ends(&mut browser);
    let (bobs_account, own) = ends(&mut bobs);
    let handles = |forms: &[Form]| -> Vec<String> {
        forms.iter().map(|form| form.field("handle").expect("which").to_owned()).collect()
    };
    assert!(handles(&alices).len() >= 2 && handles(&own).iter().all(|own| !handles(&alices).contains(own)));
    for handle in handles(&alices) {
        bobs.post(&bobs_account, &own[0], &[("handle", &handle)]);
    }
    assert_eq!((browser.goto("/").status, other.goto("/").status), (200, 200), "bob ended nothing");
    for form in &alices {
        let forged = browser.post(&account, form, &[("csrf", "x")]);
        assert_eq!(forged.status, 403);
    }
    assert_eq!((browser.goto("/").status, other.goto("/").status), (200, 200));
    // All but this one's own, which is not offered here.
    for form in &alices {
        assert_eq!(browser.post(&account, form, &[]).status, 303);
    }
    assert_eq!((browser.goto("/").status, other.goto("/").status), (200, 302), "ended at once");
    assert_eq!(bobs.goto("/").status, 200);
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
    assert!(!browser.goto("/.vestibule/account").text().contains("signed out everywhere else"), "said once");
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

/// A change of password that is put off, because too much is hashed at that moment, has used up no code.
#[test]
fn a_password_that_could_not_be_hashed_costs_no_code() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).config("[password]\nhashers = 1\nqueue = 1\niterations = 30").start();
    let alice = gate.given_user("alice");
    gate.advance(30);
    let mut browser = gate.visitor();
    browser.sign_in(&alice, "/");
    let change = |browser: &mut Visitor, page: &Page, password: &str| {
        let code = alice.code_at(gate.control.now(), 0);
        let fields = [("new_password", password), ("new_password_again", password), ("code", code.as_str())];
        browser.submit(page, &fields)
    };
    let over = AtomicBool::new(false);
    let (page, password) = std::thread::scope(|scope| {
        for n in 0..4 {
            let (mut stranger, over) = (gate.visitor(), &over);
            scope.spawn(move || {
                let page = stranger.visit("/");
                for round in 0.. {
                    let name = format!("ghost{n}of{round}");
                    if over.load(Ordering::SeqCst)
                        || stranger.submit(&page, &[("username", &name), ("password", "x")]).status == 429
                    {
                        return;
                    }
                }
            });
        }
        // Now and then there is room: then it is changed, and tried again.
        let mut put_off = (0..20).filter_map(|round| {
            gate.advance(30);
            let page = browser.goto("/.vestibule/account/confirm/password");
            let password = format!("a window to the west, {round}");
            let answer = change(&mut browser, &page, &password);
            match answer.status {
                503 => Some((page, password)),
                303 => {
                    browser.follow(answer);
                    None
                }
                other => panic!("{other}: {}", answer.text()),
            }
        });
        let put_off = put_off.next();
        over.store(true, Ordering::SeqCst);
        put_off
    })
    .expect("one that was put off");
    let done = change(&mut browser, &page, &password);
    assert_eq!(done.status, 303, "the same code: {}", done.text());
    assert_eq!(browser.follow(done).status, 200);
}

/// WZ-17: a right password without the second factor, again and again. TH-15: from then on a wrong one is answered the same,
/// and what ends other waits ends this one.
#[test]
fn a_right_password_is_not_given_for_ever() {
    let (echo, gate, alice) = bench();
    let mut known = gate.visitor();
    known.sign_in(&alice, "/");
    known.sign_out();
    echo.forget();
    let given = |password: &str| {
        let mut thief = gate.visitor();
        let page = thief.visit("/");
        thief.submit(&page, &[("username", "alice"), ("password", password)])
    };
    let give = || given(PASSWORD);
    let taken = (0..120).take_while(|_| give().status == 303).count();
    assert!((60..120).contains(&taken), "{taken}");
    let page = give();
    assert_eq!(page.status, 429);
    assert!(page.field("retry-after").is_some());
    let wrong = given("a wrong one");
    assert_eq!((wrong.status, wrong.field("retry-after")), (429, page.field("retry-after")), "right or wrong");
    assert!(rows(&gate, "password_right") >= taken && rows(&gate, "password_waiting") >= 1);
    echo.assert_untouched("a password alone");
    assert_eq!(known.sign_in(&alice, "/").status, 200, "the owner's browser is not held up");
    let shown = || serde_json::from_str::<serde_json::Value>(&gate.run(["user", "show", "alice", "--json"])).unwrap();
    assert!(shown()["waits_until"].is_string(), "{}", shown());
    gate.run(["user", "unlock", "alice"]);
    assert!(shown()["waits_until"].is_null(), "{}", shown());
    assert_eq!(give().status, 303);
}
