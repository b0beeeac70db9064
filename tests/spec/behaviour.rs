//! What a user must see, where no attack shows it already. Which case is shown where (file and test, by words of its
//! name):
//!
//! | case | shown in |
//! | --- | --- |
//! | 1, 2, 4, 7 | `walk`: wrong answers; a login ends where it began |
//! | 3, 6 | here: levels are told apart |
//! | 5 | `wz`: cookies and forms hold no secret; `st` 07 |
//! | 8, 10 | `wz`: a login left lying; starting over |
//! | 9 | `wz`: no step without the one before |
//! | 11 | `se`: every change of level |
//! | 12, 13 | `wb`: every answer is dressed; a form that is not ours |
//! | 14, 15 | `or`: the first address counts; another site of ours |
//! | 16, 17 | here |
//! | 18 | `asking` |
//! | 19 | `wz`: a user never enrolled |
//! | 20, 23 | `se`: every change of level; `asking`: who is known |
//! | 21, 22 | `walk`; `hs` |
//! | 24, 25, 27, 28 | `ot` 04, 02, 10 |
//! | 26 | here |
//! | 29, 34, 35, 37 | `factors` |
//! | 30 to 33 | `th` 01, 02; `ot` 01, 15 |
//! | 34 to 38 | `re` 01, 04, 06, 09; here (36) |
//! | 39 to 44 | `sm`; `clocks`: a message is sent when it is asked for |
//! | 45 | here; `re` 09; `ot` 13; `mishaps`: names |
//! | 47, 48, 52 | `factors` |
//! | 39 to 44 by call, 46 | `voice` |
//! | 51 | `wa` 09, 13 |
//! | 53, 54 | `re` 13; `ot` 11; `walk` |
//! | 55 | here; `re`: a reset |
//! | 56, 57 | `walk`; `wz`: a reset ends in two factors; here (57: the time limit) |
//! | 58 | in process: `account` |
//! | 49, 50, 61 | `trusted` |
//! | 59 | `ar`: the first rule that fits |
//! | 60 | `wa`: a rule that needs a key |
//! | 62 | `wb`: the application's script |
//!
//! Beside the cases: a stronger factor that can be put off, the operator's words for a lost device and the order of what is
//! offered (here), what goes wrong in honest hands (`mishaps`), all of it in one life (`life`, and in a browser).

use serde_json::Value;

use crate::authenticator::{Authenticator, Says};
use crate::harness::{Echo, Gate, PASSWORD, User, tags};
use crate::wa::{enrolling_from, options};

const STEP: u64 = 30;

fn kinds(gate: &Gate, user: &str) -> Vec<String> {
    let lines = gate.run(["audit", "--user", user, "--json"]);
    let rows = lines.lines().map(|line| serde_json::from_str::<Value>(line).expect("a row"));
    rows.map(|row| row["kind"].as_str().expect("a kind").to_owned()).collect()
}

/// 3, 6, 20: the password alone opens what asks for it, and is called by its name; the second factor makes one
/// `verified`, which names it.
#[test]
fn b_03_levels_are_told_apart() {
    let echo = Echo::start();
    let rules = rules! { "/known" => "one_factor", _ => "two_factor" };
    let gate = Gate::before(&echo).rules(rules).start();
    let bob = gate.given_password_user("bobby");
    let mut browser = gate.visitor();
    let page = browser.give_password(&bob, "/known?a=1");
    assert_eq!((page.status, page.url.path()), (200, "/known"));
    assert_eq!(browser.script("GET", "/.vestibule/session").send().json()["level"], "known");
    assert!(!kinds(&gate, "bobby").contains(&"verified".to_owned()));
    let claims = crate::walk::verified(&gate, echo.last().field("vestibule-assertion").unwrap());
    assert_eq!(claims["amr"], serde_json::json!(["pwd"]));

    let alice = gate.given_user("alice");
    let before = kinds(&gate, "alice").iter().filter(|kind| *kind == "verified").count();
    let mut browser = gate.visitor();
    assert_eq!(browser.give_password(&alice, "/known").status, 200);
    gate.advance(STEP);
    let page = browser.visit("/locked");
    page.assert_at("/.vestibule/verify/totp", 200);
    let page = browser.give_code(&alice, &page);
    assert_eq!(browser.follow(page).url.path(), "/locked");
    assert_eq!(kinds(&gate, "alice").iter().filter(|kind| *kind == "verified").count(), before + 1);
}

/// 16: from https nobody is led back to http.
#[test]
fn b_16_the_way_back_is_not_in_clear() {
    let echo = Echo::start();
    let site = "url = \"https://wiki.example.com\"\nupstreams = [\"UPSTREAM\"]";
    let gate = Gate::before(&echo).site(site).start();
    let alice = gate.given_user("alice");
    for (scheme, end) in [("http", "/"), ("https", "/a")] {
        gate.advance(STEP);
        let mut browser = gate.visitor();
        let address = format!("/.vestibule/login?rd={scheme}%3A%2F%2Fwiki.example.com%2Fa");
        let page = browser.give_password(&alice, &address);
        let page = browser.give_code(&alice, &page);
        let to = page.location().unwrap();
        assert_eq!((to.scheme(), to.path()), ("https", end), "from {scheme}");
    }
}

/// 17, 19, 57: who may enrol at the first login ends on the page first asked for, once; and may no more when the time
/// for it is over.
#[test]
fn b_17_a_first_login_ends_on_the_page_asked_for() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).config("[enrolment]\nfirst_login = true\nfirst_login_for = \"1h\"").start();
    let (bob, late) = (gate.given_password_user("bobby"), gate.given_password_user("later"));
    let mut browser = gate.visitor();
    let page = browser.give_password(&bob, "/wiki?a=1");
    let (secret, page) = browser.enrol_totp(page);
    let (_, page) = browser.keep_codes(page);
    assert_eq!((page.status, page.url.path(), page.url.query()), (200, "/wiki", Some("a=1")));
    browser.sign_out();
    let bob = User { secret, ..bob };
    let page = browser.sign_in(&bob, "/.vestibule/login");
    assert_eq!((page.status, page.url.path()), (200, "/"), "the address of before is gone");

    gate.advance(3600);
    echo.forget();
    let mut browser = gate.visitor();
    let page = browser.visit("/");
    let page = browser.submit(&page, &[("username", "later"), ("password", &late.password)]);
    assert_eq!(page.status, 403, "{}", page.text());
    assert!(page.text().to_lowercase().contains("invitation"), "{}", page.text());
    assert_eq!(browser.goto("/.vestibule/enrol/totp").status, 303);
    echo.assert_untouched("a password and no factor");
}

/// 26: a device whose clock drifts is followed by one step at most, and only where that is said.
#[test]
fn b_26_a_drifting_device_is_followed_a_little() {
    for (config, last) in [("", 1), ("[methods.totp]\nmax_drift = 1", 2)] {
        let echo = Echo::start();
        let gate = Gate::before(&echo).config(config).start();
        let alice = gate.given_user("alice");
        for ahead in 1..=3 {
            gate.advance(10 * STEP);
            let mut browser = gate.visitor();
            let page = browser.give_password(&alice, "/");
            let code = alice.code_at(gate.control.now(), ahead);
            let status = browser.submit(&page, &[("code", &code)]).status;
            assert_eq!(status, if ahead <= last { 303 } else { 200 }, "{ahead} steps ahead with {config:?}");
        }
    }
}

/// 36: a way back is offered where there is one.
#[test]
fn b_36_recovery_is_offered_where_there_are_codes() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).config("[methods.recovery]\nenabled = false").start();
    let mut browser = gate.visitor();
    let page = browser.visit(&gate.invite("alice"));
    let page = browser.submit(&page, &[("new_password", PASSWORD), ("new_password_again", PASSWORD)]);
    let page = browser.follow(page);
    let (_, page) = browser.enrol_totp(page);
    assert_eq!((page.status, page.url.path()), (200, "/"), "no codes, no page of codes");
    let mut other = gate.visitor();
    let page = other.visit("/");
    other.submit(&page, &[("username", "alice"), ("password", PASSWORD)]);
    let page = other.goto("/.vestibule/verify/lost");
    assert!(page.status == 200 && page.link("/.vestibule/verify/recovery").is_none());
    assert_eq!(other.goto("/.vestibule/verify/recovery").status, 404);
}

/// 45: an owner names the own factors, after a fresh code; a mistake in the name costs no code; another's are not there.
#[test]
fn b_45_factors_are_named_by_their_owner() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).start();
    let (alice, _bob) = (gate.given_user("alice"), gate.given_user("bobby"));
    let id = |name: &str| -> String {
        let listed: Value = serde_json::from_str(&gate.run(["factor", "list", name, "--json"])).unwrap();
        let totp = listed["factors"].as_array().unwrap().iter().find(|factor| factor["method"] == "totp").unwrap();
        totp["id"].as_str().unwrap().to_owned()
    };
    let mut browser = gate.visitor();
    browser.sign_in(&alice, "/");
    gate.advance(STEP);
    for deed in ["rename", "remove"] {
        assert_eq!(browser.goto(&format!("/.vestibule/account/confirm/{deed}-{}", id("bobby"))).status, 404);
    }
    let page = browser.goto(&format!("/.vestibule/account/confirm/rename-{}", id("alice")));
    let code = alice.code_at(gate.control.now(), 0);
    for label in ["", "   ", &"x".repeat(65)] {
        assert_eq!(browser.submit(&page, &[("label", label), ("code", &code)]).status, 200, "{label:?}");
    }
    assert_eq!(browser.submit(&page, &[("label", "Blue <phone>"), ("code", "1")]).status, 200, "a code is needed");
    gate.advance(2);
    assert_eq!(browser.submit(&page, &[("label", "Blue <phone>"), ("code", &code)]).status, 303);
    let page = browser.goto("/.vestibule/account");
    assert!(page.text().contains("Blue <phone>") && !page.html().contains("<phone>"));
}

/// 55: who is disabled is out at once, and in again with what there was when enabled; unknown names are told.
#[test]
fn b_55_disabling_is_at_once_and_takes_nothing() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).start();
    let alice = gate.given_user("alice");
    let mut browser = gate.visitor();
    assert_eq!(browser.sign_in(&alice, "/").status, 200);
    gate.advance(STEP);
    let mut pending = gate.visitor();
    let page = pending.give_password(&alice, "/");
    gate.run(["user", "disable", "alice"]);
    echo.forget();
    assert_eq!(browser.goto("/").status, 302);
    let page = pending.submit(&page, &[("code", &alice.code_at(gate.control.now(), 0))]);
    assert_eq!(page.status, 409, "a pending login is over, too: {}", page.text());
    let page = pending.visit("/");
    let page = pending.submit(&page, &[("username", "alice"), ("password", PASSWORD)]);
    assert_eq!(page.status, 200, "as a wrong password");
    echo.assert_untouched("a disabled user");
    gate.run(["user", "enable", "alice"]);
    gate.advance(STEP);
    assert_eq!(browser.goto("/").status, 302, "what was ended stays so");
    assert_eq!(browser.sign_in(&alice, "/").status, 200);
    for command in ["show", "disable", "enable", "reset", "unlock", "remove", "invite"] {
        let said = gate.cli(["user", command, "nobody"]);
        assert!(said.code == 1 && said.err.contains("no user of this name"), "{command}: {}", said.err);
    }
}

/// `enrolment.remind`: after a login, somebody whose factors are weaker than what there is is asked once in a span, in
/// whatever browser and also after a restart; it stands in nobody's way, and who cannot add anything never sees it.
#[test]
fn b_a_stronger_factor_can_be_put_off() {
    let echo = Echo::start();
    let rules = rules! { "/known" => "one_factor", _ => "two_factor" };
    let mut gate = Gate::before(&echo).config("[enrolment]\nremind = \"1d\"").rules(rules).start();
    let (alice, bob) = (gate.given_user("alice"), gate.given_password_user("bobby"));
    let ends = |gate: &Gate| {
        let mut browser = gate.visitor();
        gate.advance(STEP);
        let page = browser.give_password(&alice, "/wiki?a=1");
        let page = browser.give_code(&alice, &page);
        let page = browser.follow(page);
        (browser, page)
    };
    // Nobody with a password alone, and nobody who is known by it.
    let mut known = gate.visitor();
    assert_eq!(known.give_password(&bob, "/known").url.path(), "/known");
    assert_eq!(known.goto("/.vestibule/account/remind").sent_to(), "/");
    let mut known = gate.visitor();
    assert_eq!(known.give_password(&alice, "/known").url.path(), "/known");
    assert!(known.goto("/.vestibule/account/remind").sent_to().starts_with("/.vestibule/verify"));
    assert!(gate.visitor().goto("/.vestibule/account/remind").sent_to().starts_with("/.vestibule/login"));

    let (mut browser, page) = ends(&gate);
    page.assert_at("/.vestibule/account/remind", 200);
    assert!(page.link("/.vestibule/account/confirm/add-webauthn").is_some() && page.link("add-totp").is_none());
    assert_eq!(browser.goto("/elsewhere").status, 200, "in nobody's way");
    // Seen and left: asked again. Said by somebody else, it is not said.
    let (_, page) = ends(&gate);
    page.assert_at("/.vestibule/account/remind", 200);
    assert_eq!(browser.submit(&page, &[("csrf", "x")]).status, 403);
    let mut form = browser.visit("/.vestibule/account/remind?rd=https%3A%2F%2Fevil.test%2F").form();
    assert!(!form.action.contains("evil"), "{}", form.action);
    form.action = "/.vestibule/account/remind?rd=https%3A%2F%2Fevil.test%2F".to_owned();
    let (mut browser, page) = ends(&gate);
    let done = browser.submit(&page, &[]);
    assert_eq!((done.status, done.sent_to().as_str()), (303, "/wiki?a=1"));
    let csrf = page.form().field("csrf").unwrap_or_default().to_owned();
    let done = browser.post(&page, &form, &[("csrf", &csrf)]);
    assert_eq!((done.status, done.sent_to().as_str()), (303, "/"), "only where a login may go");

    gate.restart();
    assert_eq!(ends(&gate).1.url.path(), "/wiki", "not again, in a new browser after a restart");
    gate.advance(24 * 3600);
    assert_eq!(ends(&gate).1.url.path(), "/.vestibule/account/remind");
    // Whoever adds one goes on to where they were going; the address is checked once more, and no other is gone to.
    let to = "/.vestibule/account/confirm/add-webauthn?rd=https%3A%2F%2Fevil.test%2F";
    let add = ends(&gate).1.link("/.vestibule/account/confirm/add-webauthn").expect("a way to one");
    for (address, arrives) in [(to, "/.vestibule/account"), (&add, "/wiki?a=1")] {
        let mut browser = ends(&gate).0;
        let page = enrolling_from(&gate, &mut browser, &alice, address);
        let answer = Authenticator::new(9).create(&options(&page), &Says::honest(&gate.origin));
        assert_eq!(browser.submit(&page, &[("code", &answer)]).sent_to(), arrives);
        let listed: serde_json::Value =
            serde_json::from_str(&gate.run(["factor", "list", "alice", "--json"])).expect("JSON");
        let key = listed["factors"].as_array().and_then(|all| all.iter().find(|one| one["method"] == "webauthn"));
        gate.run(["factor", "remove", "alice", key.and_then(|key| key["id"].as_str()).expect("the key")]);
    }
    // Nothing stronger to be had, nothing to be reminded of.
    let gate = Gate::before(&echo).config("[enrolment]\nremind = \"1d\"\n[methods.webauthn]\nenabled = false").start();
    let alice = gate.given_user("alice");
    assert_eq!(gate.visitor().sign_in(&alice, "/wiki").url.path(), "/wiki");
}

/// What to do about a lost device, in the operator's words, wherever that is asked; and in words that can be shown.
#[test]
fn b_a_lost_device_is_helped_in_the_operators_words() {
    let echo = Echo::start();
    let words = "Call 4357 & bring your <badge>.\\nAt night the porter lets you in.";
    let gate = Gate::before(&echo).config(&format!("[enrolment]\nlost_device = \"{words}\"")).start();
    let alice = gate.given_user("alice");
    gate.advance(STEP);
    let mut browser = gate.visitor();
    browser.give_password(&alice, "/");
    let mut said = vec![browser.goto("/.vestibule/verify/lost")];
    let mut browser = gate.visitor();
    browser.sign_in(&alice, "/");
    said.push(browser.goto("/.vestibule/account/confirm/password?lost=1"));
    for page in said {
        assert_eq!(page.status, 200);
        let text = page.text();
        assert!(text.contains("Call 4357 & bring your <badge>.") && text.contains("the porter"), "{text}");
        assert!(!page.html().contains("<badge>") && !text.contains("Ask the administrator"), "{text}");
        assert!(page.html().contains("/recovery") || page.html().contains("factor="), "and what still works");
    }
    for wrong in ["x".repeat(1001), "turned \\u202e round".to_owned()] {
        let text = std::fs::read_to_string(gate.config_file()).unwrap().replace(words, &wrong);
        std::fs::write(gate.config_file(), text).unwrap();
        let said = gate.cli(["check"]);
        assert!(said.code == 78 && (said.out + &said.err).contains("enrolment.lost_device"), "{wrong:.20}");
    }
}

/// What is offered stands in the order of its strength, the first time and later.
#[test]
fn b_methods_are_listed_by_strength() {
    let echo = Echo::start();
    let config = "[gateway.sms]\nkind = \"console\"\n[gateway.email]\nkind = \"console\"\n[methods.sms]\nenabled = true\n\
                  countries = [\"NL\"]\n[methods.email]\nenabled = true\n[methods.hotp]\nenabled = true";
    let gate = Gate::before(&echo).config(config).start();
    let in_order = |html: &str, before: &str| -> Vec<String> {
        let links = html.split("href=\"").filter_map(|rest| rest.strip_prefix(before)?.split('"').next());
        links.map(str::to_owned).collect()
    };
    let mut browser = gate.visitor();
    let page = browser.visit(&gate.invite("alice"));
    let page = browser.submit(&page, &[("new_password", PASSWORD), ("new_password_again", PASSWORD)]);
    let page = browser.follow(page);
    let all = ["webauthn", "totp", "hotp", "sms", "email"];
    assert_eq!(in_order(&page.html(), "/.vestibule/enrol/"), all);
    let (_, page) = browser.enrol_totp(page);
    browser.keep_codes(page);
    let page = browser.goto("/.vestibule/account/add");
    let later = in_order(&page.html(), "/.vestibule/account/confirm/add-");
    assert_eq!(later, all, "a second app, too");
}

/// WB-15: fields say what they are for, so that programs fill them in and telephones show the right keys; nothing keeps
/// anybody from pasting; and no script stands in the way of the page or in it.
#[test]
fn wb_15_fields_are_filled_by_programs() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).start();
    let field = |page: &crate::harness::Page, wanted: &str| -> Vec<(String, String)> {
        let all = tags(&page.html());
        assert!(
            !page.html().contains("onpaste")
                && all.iter().all(|(name, said)| name != "script" || said.iter().any(|(key, _)| key == "defer"))
        );
        let named =
            |attributes: &[(String, String)]| attributes.iter().any(|(key, value)| key == "name" && value == wanted);
        let found = all.into_iter().find(|(name, attributes)| name == "input" && named(attributes));
        found.unwrap_or_else(|| panic!("no {wanted} on {}", page.url)).1
    };
    let has = |attributes: &[(String, String)], key: &str, value: &str| {
        assert!(
            attributes.iter().any(|(name, text)| name == key && text.starts_with(value)),
            "{attributes:?} has no {value}"
        );
    };
    let mut browser = gate.visitor();
    let page = browser.visit(&gate.invite("alice"));
    for name in ["new_password", "new_password_again"] {
        has(&field(&page, name), "autocomplete", "new-password");
    }
    let alice = gate.given_user("bobby");
    gate.advance(STEP);
    let mut browser = gate.visitor();
    let page = browser.visit("/");
    has(&field(&page, "username"), "autocomplete", "username");
    has(&field(&page, "password"), "autocomplete", "current-password");
    let page = browser.give_password(&alice, "/");
    has(&field(&page, "code"), "autocomplete", "one-time-code");
    has(&field(&page, "code"), "inputmode", "numeric");
    let code = alice.code_at(gate.control.now(), 0);
    let pasted = format!(" {} {} ", &code[..3], &code[3..]);
    assert_eq!(browser.submit(&page, &[("code", &pasted)]).status, 303, "as it was copied");
}
