//! Trusted browsers: what they stand in for, what they never do, how they end, and what happens to a copy.

use serde_json::Value;

use crate::harness::{Echo, Gate, Page, User, Visitor, link_in, until};
use crate::race::at_once;

const DAY: u64 = 86_400;
const MAIL: &str = "[gateway.email]\nkind = \"console\"";
const RULES: &str = rules! {
    "/known/**" => "one_factor",
    "/fresh/**" => "two_factor" with max_age = "10m",
    "/code/**" => "two_factor" with factors = ["totp"],
    "/real/**" => "two_factor" with trusted_browser = false,
    _ => "two_factor",
};

/// A gate, and somebody with a mail address.
fn bench() -> (Echo, Gate, User) {
    bench_with("")
}

fn bench_with(config: &str) -> (Echo, Gate, User) {
    let echo = Echo::start();
    let gate = Gate::before(&echo).config(MAIL).config(config).rules(RULES).start();
    let alice = given(&gate, "alice");
    echo.forget();
    (echo, gate, alice)
}

fn given(gate: &Gate, name: &str) -> User {
    let link = link_in(&gate.run(["user", "add", name, "--email", &format!("{name}@example.com")]));
    gate.visitor().accept(name, &link).0
}

/// Signs in with the box ticked.
#[track_caller]
fn trust(browser: &mut Visitor, user: &User, address: &str) -> Page {
    browser.control.advance(std::time::Duration::from_secs(30));
    let page = browser.give_password(user, address);
    page.assert_at("/.vestibule/verify/totp", 200);
    let code = user.code_at(browser.control.now(), 0);
    let page = browser.submit(&page, &[("code", &code), ("trust", "1")]);
    assert_eq!(page.status, 303, "{}", page.text());
    browser.follow(page)
}

/// A browser that alice trusts, signed out.
#[track_caller]
fn trusted(gate: &Gate, user: &User) -> Visitor {
    let mut browser = gate.visitor();
    assert_eq!(trust(&mut browser, user, "/locked").status, 200);
    browser.sign_out();
    browser
}

/// Whether the password alone leads to the locked page, in a browser that holds this value.
#[track_caller]
fn skips(gate: &Gate, user: &User, value: &str) -> bool {
    let mut browser = gate.visitor();
    browser.set_cookie("browser", Some(value));
    let page = browser.give_password(user, "/locked");
    match page.url.path() {
        "/locked" => true,
        "/.vestibule/verify/totp" => false,
        other => panic!("at {other}: {}", page.text()),
    }
}

fn value(browser: &Visitor) -> String {
    browser.cookie("browser").expect("a browser's cookie").to_owned()
}

fn claims(echo: &Echo) -> Value {
    let request = echo.last();
    let assertion = request.field("vestibule-assertion").expect("a signed identity");
    let payload = assertion.split('.').nth(1).expect("a JWT");
    let bytes = data_encoding::BASE64URL_NOPAD.decode(payload.as_bytes()).expect("base64url");
    serde_json::from_slice(&bytes).expect("claims are JSON")
}

/// Confirms a deed of the account with a fresh code.
#[track_caller]
fn does(browser: &mut Visitor, user: &User, deed: &str, fields: &[(&str, &str)]) -> Page {
    browser.control.advance(std::time::Duration::from_secs(30));
    let page = browser.visit(&format!("/.vestibule/account/confirm/{deed}"));
    assert_eq!(page.status, 200, "{deed}: {}", page.text());
    let code = user.code_at(browser.control.now(), 0);
    let page = browser.submit(&page, &[fields, &[("code", &code)]].concat());
    assert_eq!(page.status, 303, "{deed}: {}", page.text());
    browser.follow(page)
}

fn events(gate: &Gate, kind: &str) -> Vec<Value> {
    let rows: Value = gate
        .run(["audit", "--user", "alice", "--json"])
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("a row"))
        .collect();
    rows.as_array().expect("rows").iter().filter(|row| row["kind"] == kind).cloned().collect()
}

/// Two people sign in by turns in one browser: each has a value in its cookie, and nobody takes another's away.
#[test]
fn two_people_share_a_browser_and_neither_loses_it() {
    let (_echo, gate, alice) = bench();
    let bob = given(&gate, "bob");
    let listed = |name: &str| -> usize {
        let said: Value = serde_json::from_str(&gate.run(["browser", "list", name, "--json"])).expect("JSON");
        said["browsers"].as_array().expect("browsers").len()
    };
    let before = listed("alice");
    let mut browser = trusted(&gate, &alice);
    let alone = value(&browser);
    gate.advance(30);
    assert_eq!(browser.sign_in(&bob, "/locked").status, 200);
    browser.sign_out();
    assert!(value(&browser).ends_with(&format!(".{alone}")), "the box promised her thirty days");
    // One's trust is not the other's.
    assert_eq!(browser.give_password(&bob, "/locked").url.path(), "/.vestibule/verify/totp");
    browser.set_cookie("login", None);
    assert_eq!(browser.give_password(&alice, "/locked").url.path(), "/locked");
    browser.sign_out();
    assert_eq!(trust(&mut browser, &bob, "/locked").status, 200);
    browser.sign_out();
    for user in [&alice, &bob, &alice] {
        assert_eq!(browser.give_password(user, "/locked").url.path(), "/locked", "{}", user.name);
        browser.sign_out();
    }
    assert_eq!((value(&browser).split('.').count(), listed("alice")), (2, before + 1));
    // A used value that came to stand beside the newest is of no use, and no theft where the newest answers; it goes.
    let newest = value(&browser);
    browser.set_cookie("browser", Some(&format!("{newest}.{alone}")));
    assert_eq!(browser.give_password(&alice, "/locked").url.path(), "/locked");
    browser.sign_out();
    assert_eq!(value(&browser).split('.').count(), 2);
    // A copy is noticed all the same, and ends what it is a copy of.
    assert!(!skips(&gate, &alice, &alone));
    assert_eq!(browser.give_password(&alice, "/locked").url.path(), "/.vestibule/verify/totp");
    browser.set_cookie("login", None);
    assert_eq!(browser.give_password(&bob, "/locked").url.path(), "/locked");
}

/// The box, unticked; the password alone, once it was ticked; and who it was for is told what it is.
#[test]
fn a_trusted_browser_stands_in_for_the_code() {
    let (echo, gate, alice) = bench();
    let mut browser = gate.visitor();
    gate.advance(30);
    let page = browser.give_password(&alice, "/locked");
    let form = page.form();
    assert!(form.boxes.contains(&"trust".to_owned()) && form.field("trust").is_none(), "offered, not ticked");
    assert!(page.text().contains("30 days"), "{}", page.text());
    let page = browser.give_code(&alice, &page);
    assert_eq!(browser.follow(page).status, 200);
    browser.sign_out();
    let page = browser.give_password(&alice, "/locked");
    page.assert_at("/.vestibule/verify/totp", 200);

    gate.advance(30);
    let proved = gate.control.now() / 1000;
    let code = alice.code_at(gate.control.now(), 0);
    let page = browser.submit(&page, &[("code", &code), ("trust", "1")]);
    assert_eq!(browser.follow(page).status, 200);
    assert_eq!(claims(&echo)["amr"], serde_json::json!(["pwd", "otp", "mfa"]));
    let before = value(&browser);
    browser.sign_out();
    assert_eq!(value(&browser), before, "signing out leaves the browser trusted");

    gate.advance(DAY);
    let page = browser.give_password(&alice, "/locked");
    page.assert_at("/locked", 200);
    let claims = claims(&echo);
    assert_eq!(claims["amr"], serde_json::json!(["pwd", "remembered"]), "no second kind was proved now");
    assert_eq!(claims["auth_time"], proved, "the proof is as old as it is");
    assert_ne!(value(&browser), before, "each use changes the value");
    assert_eq!(browser.script("GET", "/.vestibule/session").send().json()["level"], "verified");
    let told = events(&gate, "browser_trusted");
    assert_eq!((told.len(), &told[0]["method"]), (1, &"totp".into()));
    let verified = events(&gate, "verified");
    assert!(verified.iter().any(|row| row["detail"] == "remembered"), "{verified:?}");

    // The end comes by its time, whatever the use.
    for _ in 0..28 {
        browser.sign_out();
        gate.advance(DAY);
        browser.give_password(&alice, "/locked").assert_at("/locked", 200);
    }
    browser.sign_out();
    gate.advance(DAY);
    browser.give_password(&alice, "/locked").assert_at("/.vestibule/verify/totp", 200);
}

/// What asks for more asks: by the code alone where there is a session.
#[test]
fn a_trusted_browser_stands_in_for_nothing_else() {
    let (echo, gate, alice) = bench();
    let mut browser = trusted(&gate, &alice);
    for address in ["/fresh/a", "/code/a", "/real/a"] {
        gate.advance(30);
        echo.forget();
        let page = browser.give_password(&alice, address);
        page.assert_at("/.vestibule/verify/totp", 200);
        echo.assert_untouched(address);
        assert!(!page.form().has("trust"), "trusted already");
        let page = browser.give_code(&alice, &page);
        browser.follow(page).assert_at(address, 200);
        browser.sign_out();
    }
    // With a session by the trusted browser: step-up, never the password again.
    browser.give_password(&alice, "/locked").assert_at("/locked", 200);
    for address in ["/fresh/a", "/code/a", "/real/a"] {
        echo.forget();
        let page = browser.visit(address);
        page.assert_at("/.vestibule/verify/totp", 200);
        echo.assert_untouched(address);
        assert_eq!(browser.goto("/locked").status, 200, "and what is open stays open");
    }
    // No change of the account.
    for deed in ["add-totp", "add-recovery", "password", "forget-browsers", "forget-others"] {
        let page = browser.visit(&format!("/.vestibule/account/confirm/{deed}"));
        assert!(page.form().has("code"), "{deed} asks: {}", page.text());
        let page =
            browser.submit(&page, &[("new_password", "a long new one"), ("new_password_again", "a long new one")]);
        assert!(matches!(page.status, 200 | 429), "{deed} is not done: {}", page.status);
    }
    assert_eq!(browser.visit("/.vestibule/enrol/totp").url.path(), "/.vestibule/account");
    let page = browser.visit("/real/a");
    gate.advance(60);
    let page = browser.give_code(&alice, &page);
    browser.follow(page).assert_at("/real/a", 200);
    let amr = claims(&echo)["amr"].clone();
    assert_eq!(amr, serde_json::json!(["pwd", "otp", "mfa"]), "a real proof takes the place of what was remembered");
}

/// What is good once is not made to last: a code of the sheet, on a borrowed computer.
#[test]
fn a_way_back_in_is_not_remembered() {
    let (echo, gate, alice) = bench();
    let mut browser = gate.visitor();
    gate.advance(30);
    let page = browser.give_password(&alice, "/locked");
    assert!(page.form().boxes.contains(&"trust".to_owned()), "an app has the box");
    let page = browser.goto("/.vestibule/verify/lost");
    let page = browser.visit(&page.link("/.vestibule/verify/recovery").expect("a way back"));
    page.assert_at("/.vestibule/verify/recovery", 200);
    assert!(!page.form().boxes.contains(&"trust".to_owned()), "{}", page.text());
    let page = browser.submit(&page, &[("code", &alice.recovery_codes[0]), ("trust", "1")]);
    assert_eq!(browser.follow(page).status, 200);
    assert!(events(&gate, "browser_trusted").is_empty());
    browser.sign_out();
    echo.forget();
    browser.give_password(&alice, "/locked").assert_at("/.vestibule/verify/totp", 200);
    echo.assert_untouched("the password alone");
}

/// SE-18: a stolen cookie alone, with another's password, after its end.
#[test]
fn se_18_a_stolen_cookie_is_worth_nothing_alone() {
    let (echo, gate, alice) = bench();
    let bob = given(&gate, "bob");
    let stolen = value(&trusted(&gate, &alice));
    let mut thief = gate.visitor();
    thief.set_cookie("browser", Some(&stolen));
    echo.forget();
    assert_eq!(thief.goto("/locked").status, 302);
    for role in ["session", "login"] {
        let mut thief = thief.clone();
        thief.set_cookie(role, Some(&stolen));
        assert_eq!(thief.goto("/locked").status, 302, "as {role}");
        assert_eq!(thief.visit("/.vestibule/verify").url.path(), "/.vestibule/login", "as {role}");
    }
    let page = thief.visit("/locked");
    let page = thief.submit(&page, &[("username", "alice"), ("password", "guessed wrong")]);
    assert_eq!(page.status, 200, "a wrong password");
    gate.advance(2);
    assert!(!skips(&gate, &bob, &stolen), "it is alice's");
    echo.assert_untouched("a stolen cookie");

    // The operator ends it; the honest variant before that.
    let mut other = trusted(&gate, &alice);
    let list: Value = serde_json::from_str(&gate.run(["browser", "list", "alice", "--json"])).unwrap();
    let trusted_ones = list["browsers"].as_array().unwrap().iter().filter(|one| !one["trusted_until"].is_null());
    assert_eq!(trusted_ones.count(), 2, "{list}");
    other.give_password(&alice, "/locked").assert_at("/locked", 200);
    gate.run(["browser", "end", "alice", "--all"]);
    assert_eq!(other.goto("/locked").status, 302, "the session that rested on it is over");
    assert!(!skips(&gate, &alice, &stolen));
    assert_eq!(gate.cli(["browser", "end", "alice", "aaaaaaaaaaaaaaaa"]).code, 1);
}

/// What ends everything the user holds ends trust: a new password, a factor less, a reset, disabling, removal.
#[test]
fn se_10_what_changes_the_account_ends_trust() {
    let (_echo, gate, alice) = bench();
    // A new password, by its owner.
    let stolen = value(&trusted(&gate, &alice));
    let mut owner = gate.visitor();
    owner.sign_in(&alice, "/locked");
    let new = "another door, in the west wall";
    does(&mut owner, &alice, "password", &[("new_password", new), ("new_password_again", new)]);
    let alice = User { password: new.to_owned(), ..alice };
    assert!(!skips(&gate, &alice, &stolen), "a new password");

    // A factor less: the codes on paper.
    let stolen = value(&trusted(&gate, &alice));
    let list: Value = serde_json::from_str(&gate.run(["factor", "list", "alice", "--json"])).unwrap();
    let codes = list["factors"].as_array().unwrap().iter().find(|one| one["method"] == "recovery").expect("codes");
    gate.run(["factor", "remove", "alice", codes["id"].as_str().unwrap()]);
    assert!(!skips(&gate, &alice, &stolen), "a factor less");

    // Disabled, and enabled again.
    let stolen = value(&trusted(&gate, &alice));
    gate.run(["user", "disable", "alice"]);
    gate.run(["user", "enable", "alice"]);
    assert!(!skips(&gate, &alice, &stolen), "disabled");

    // A new password by the operator.
    let stolen = value(&trusted(&gate, &alice));
    let said = gate.cli_with(&["user", "password", "alice", "--password-stdin"], &format!("{new}\n"));
    assert_eq!(said.code, 0);
    assert!(!skips(&gate, &alice, &stolen), "a new password by the operator");

    // The positive control of all of them: nothing happened.
    let kept = value(&trusted(&gate, &alice));
    assert!(skips(&gate, &alice, &kept));

    // Reset, and enrolled anew.
    let stolen = value(&trusted(&gate, &alice));
    let link = link_in(&gate.run(["user", "reset", "alice"]));
    gate.advance(60);
    let alice = gate.visitor().accept("alice", &link).0;
    gate.advance(30);
    assert!(!skips(&gate, &alice, &stolen), "reset");

    // RE-15: removed, and another one of that name.
    let stolen = value(&trusted(&gate, &alice));
    gate.run(["user", "remove", "alice"]);
    let link = link_in(&gate.run(["user", "add", "alice", "--reuse-name"]));
    let next = gate.visitor().accept("alice", &link).0;
    gate.advance(30);
    assert!(!skips(&gate, &next, &stolen), "another user");
}

/// A value that was used comes back: by the thief after the owner, or by the owner after the thief.
#[test]
fn a_copied_value_ends_the_trust_of_both() {
    for thief_first in [true, false] {
        let (echo, gate, alice) = bench();
        let mut owner = trusted(&gate, &alice);
        let mut thief = gate.visitor();
        thief.set_cookie("browser", Some(&value(&owner)));
        let (first, second) = if thief_first { (&mut thief, &mut owner) } else { (&mut owner, &mut thief) };
        gate.advance(DAY);
        first.give_password(&alice, "/locked").assert_at("/locked", 200);
        gate.advance(DAY / 100);
        assert_eq!(first.goto("/locked").status, 200);
        echo.forget();
        second.give_password(&alice, "/locked").assert_at("/.vestibule/verify/totp", 200);
        assert_eq!(first.goto("/locked").status, 302, "what was opened by it is over");
        echo.assert_untouched("a copy");
        first.give_password(&alice, "/locked").assert_at("/.vestibule/verify/totp", 200);
        assert_eq!(events(&gate, "browser_copied").len(), 1);
        let mail = until("a mail", 20, || {
            let outbox = gate.outbox();
            let mails = outbox["messages"].as_array()?.clone();
            mails.into_iter().find(|mail| mail["subject"].as_str().is_some_and(|text| text.contains("copied")))
        });
        assert_eq!(mail["to"], "alice@example.com");
        assert!(mail["text"].as_str().unwrap().contains("change your password"));
    }
}

/// Two tabs of one browser, and an answer that never came, are no theft.
#[test]
fn the_same_value_twice_from_one_browser_is_no_copy() {
    let (_echo, gate, alice) = bench();
    let mut browser = trusted(&gate, &alice);
    let before = value(&browser);
    let page = browser.visit("/locked");
    let sent = [("username", alice.name.as_str()), ("password", alice.password.as_str())];
    let tabs = (0..4).map(|_| browser.clone()).map(|mut tab| {
        let (page, sent) = (&page, &sent);
        move || (tab.submit(page, sent), tab)
    });
    let came = at_once(tabs.collect());
    assert!(came.iter().any(|(answer, _)| answer.status == 303), "one is let in");
    // Whoever had to wait for another tab's password to be checked sends it again.
    let came: Vec<_> = came
        .into_iter()
        .map(|(mut answer, mut tab)| {
            if answer.status == 429 {
                gate.advance(2);
                answer = tab.submit(&page, &sent);
            }
            (answer.status, answer.sent_to(), value(&tab))
        })
        .collect();
    assert!(came.iter().all(|(status, to, _)| *status == 303 && to == "/locked"), "{came:?}");
    assert!(came.iter().all(|(_, _, next)| *next == came[0].2 && *next != before), "all were given one value");
    assert!(events(&gate, "browser_copied").is_empty());

    // The answer is lost: the same form is sent again, within the minute.
    browser.set_cookie("browser", Some(&came[0].2));
    let page = browser.visit("/locked");
    let mut lost = browser.clone();
    assert_eq!(lost.submit(&page, &sent).sent_to(), "/locked");
    gate.advance(30);
    let mut again = browser.clone();
    assert_eq!(again.submit(&page, &sent).sent_to(), "/locked");
    assert_eq!(value(&again), value(&lost));
    assert!(events(&gate, "browser_copied").is_empty());
    // Later, or from another login, it is a copy.
    gate.advance(31);
    assert_eq!(browser.submit(&page, &sent).sent_to(), "/.vestibule/verify");
    assert_eq!(events(&gate, "browser_copied").len(), 1);

    let mut other = trusted(&gate, &alice);
    let old = value(&other);
    other.give_password(&alice, "/locked").assert_at("/locked", 200);
    assert!(!skips(&gate, &alice, &old), "the same second, from another login");
    assert_eq!(events(&gate, "browser_copied").len(), 2);
}

#[test]
fn without_the_feature_there_is_no_box_and_no_trust() {
    let (_echo, gate, alice) = bench_with("[session]\ntrusted_browser = \"0s\"");
    let mut browser = gate.visitor();
    gate.advance(30);
    let page = browser.give_password(&alice, "/locked");
    assert!(!page.form().has("trust"));
    let code = alice.code_at(gate.control.now(), 0);
    let page = browser.submit(&page, &[("code", &code), ("trust", "1")]);
    assert_eq!(browser.follow(page).status, 200);
    browser.sign_out();
    browser.give_password(&alice, "/locked").assert_at("/.vestibule/verify/totp", 200);
    assert!(events(&gate, "browser_trusted").is_empty());
}

/// The account page names each browser, this one, until when; each can be ended, and all others after an addition.
#[test]
fn the_account_lists_browsers_and_ends_them() {
    let (_echo, gate, alice) = bench();
    let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    let mut laptop = gate.visitor();
    laptop.always.push(("User-Agent".to_owned(), agent.to_owned()));
    trust(&mut laptop, &alice, "/locked");
    let hostile = "\u{202e}<script>alert(1)</script> Your account is locked";
    let mut phone = gate.visitor();
    phone.always.push(("User-Agent".to_owned(), hostile.to_owned()));
    trust(&mut phone, &alice, "/locked");
    let page = laptop.goto("/.vestibule/account");
    let text = page.text();
    assert!(text.contains("Firefox on Linux, 127.0.0.1"), "{text}");
    assert!(text.contains("An unknown browser") && !page.html().contains("locked"), "{text}");
    assert!(text.contains("This one") && text.matches("Trusted until").count() == 2, "{text}");

    // A new way to sign in: told, and offered.
    let page = laptop.adding(&alice, "totp");
    let (_, page) = laptop.enrol_totp(page);
    assert!(page.link("/.vestibule/account/confirm/forget-others").is_some(), "{}", page.text());
    let (phones, laptops) = (value(&phone), value(&laptop));
    does(&mut laptop, &alice, "forget-others", &[]).assert_at("/.vestibule/account", 200);
    assert!(!skips(&gate, &alice, &phones), "the other");
    assert!(skips(&gate, &alice, &laptops), "this one stays");
}
