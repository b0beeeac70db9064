//! A whole life of a user, as one would live it: invited, enrolled, a second factor added, a browser trusted, a phone lost,
//! recovered, a password forgotten, disabled, removed; and the name given to somebody else, who is nobody they were. Each
//! group of attacks looks at one of these steps from all sides; here they are taken one after the other, on one account.

use serde_json::Value;

use crate::authenticator::{Authenticator, Says};
use crate::harness::{Echo, Gate, PASSWORD, User, code_of, link_in, secret_on, until};
use crate::wa::{enrolling_from, options};
use crate::walk::verified;

const STEP: u64 = 30;
const NEW: &str = "a window to the west";

/// Subjects of the mails so far, and the text of the last of them.
fn mails(gate: &Gate) -> (Vec<String>, String) {
    let outbox = gate.outbox();
    let messages = outbox["messages"].as_array().expect("an outbox").clone();
    let subjects = messages.iter().map(|one| one["subject"].as_str().expect("text").to_owned()).collect();
    (subjects, messages.last().map(|one| one["text"].as_str().expect("text").to_owned()).unwrap_or_default())
}

#[test]
fn a_whole_life_of_a_user() {
    let echo = Echo::start();
    let rules = rules! { "/strong/**" => "two_factor" with factors = ["webauthn"], _ => "two_factor" };
    let config = "[gateway.email]\nkind = \"console\"\n[password]\nreset_by_mail = true\n\
                  [enrolment]\nremind = \"30d\"\nlost_device = \"Call 4357 and have your badge at hand.\"";
    let gate = Gate::before(&echo).config(config).rules(rules).start();
    let told = |word: &str| until(word, 20, || mails(&gate).0.iter().any(|it| it.contains(word)).then_some(()));
    let id = |method: &str| -> String {
        let listed: Value = serde_json::from_str(&gate.run(["factor", "list", "alice", "--json"])).expect("JSON");
        let factors = listed["factors"].as_array().expect("factors").iter();
        let mut ids =
            factors.filter(|one| one["method"] == method).map(|one| one["id"].as_str().expect("an id").to_owned());
        ids.next_back().unwrap_or_else(|| panic!("no {method}"))
    };
    let sub = || verified(&gate, echo.last().field("vestibule-assertion").expect("signed"))["sub"].clone();

    // Invited; enrolled in one go, which ends at the application.
    let link = link_in(&gate.run(["user", "add", "alice", "--email", "alice@example.com", "--group", "staff"]));
    let mut phone = gate.visitor();
    let (alice, page) = phone.accept("alice", &link);
    assert_eq!((page.status, page.url.path()), (200, "/"));
    assert_eq!((echo.last().field("remote-user"), echo.last().field("remote-groups")), (Some("alice"), Some("staff")));
    let who = sub();
    told("was added");
    phone.sign_out();

    // The next login is reminded of something stronger, puts that off, and is where it was going.
    let mut laptop = gate.visitor();
    gate.advance(STEP);
    let page = laptop.give_password(&alice, "/wiki?a=1");
    let page = laptop.give_code(&alice, &page);
    let page = laptop.follow(page);
    page.assert_at("/.vestibule/account/remind", 200);
    let page = laptop.submit(&page, &[]);
    let page = laptop.follow(page);
    assert_eq!((page.status, page.url.path(), page.url.query()), (200, "/wiki", Some("a=1")));

    // A page that wants a key leads to one; the phone's code is the right to add it.
    let page = laptop.visit("/strong/room");
    assert_eq!(page.status, 403, "{}", page.text());
    let add = page.link("/.vestibule/account/confirm/add-webauthn").expect("no dead end");
    let mut key = Authenticator::new(7);
    let page = enrolling_from(&gate, &mut laptop, &alice, &add);
    let answer = key.create(&options(&page), &Says::honest(&gate.origin));
    let page = laptop.submit(&page, &[("code", &answer), ("label", "Blue key")]);
    let page = laptop.follow(page);
    page.assert_at("/.vestibule/verify/webauthn", 200);
    assert!(laptop.goto("/.vestibule/account").text().contains("Blue key"));

    // The laptop is trusted: there the password alone opens what asks for no factor by its name.
    laptop.sign_out();
    gate.advance(STEP);
    laptop.give_password(&alice, "/wiki");
    let page = laptop.goto("/.vestibule/verify/totp");
    let page = laptop.submit(&page, &[("code", &alice.code_at(gate.control.now(), 0)), ("trust", "1")]);
    assert_eq!(laptop.follow(page).status, 200);
    laptop.sign_out();
    assert_eq!(laptop.give_password(&alice, "/wiki").url.path(), "/wiki");
    assert_eq!(laptop.visit("/strong/room").url.path(), "/.vestibule/verify/webauthn");

    // The phone is lost and the key is at home: the page for that says what to do, and paper opens.
    gate.advance(STEP);
    let mut borrowed = gate.visitor();
    let page = borrowed.give_password(&alice, "/wiki");
    let page = borrowed.goto(&page.link("/.vestibule/verify/lost").expect("a way for those who lost it"));
    assert!(page.text().contains("Call 4357 and have your badge at hand."), "{}", page.text());
    let page = borrowed.goto(&page.link("/.vestibule/verify/recovery").expect("recovery codes"));
    let page = borrowed.submit(&page, &[("code", &alice.recovery_codes[3])]);
    let page = borrowed.follow(page);
    assert_eq!((page.status, page.url.path()), (200, "/wiki"), "reminded of nothing: there is a key");
    told("recovery code was used");
    // With paper the lost phone is taken off the account, which ends the laptop's session, and a new one is set up.
    let page = borrowed.goto("/.vestibule/account");
    assert!(page.text().contains("9 codes left"), "{}", page.text());
    let deed = format!("/.vestibule/account/confirm/remove-{}", id("totp"));
    assert!(page.link(&deed).is_some(), "the phone can be removed: there is a key");
    let page = borrowed.goto(&format!("{deed}?factor={}", id("recovery")));
    let page = borrowed.submit(&page, &[("code", &alice.recovery_codes[4])]);
    let page = borrowed.follow(page);
    page.assert_at("/.vestibule/account", 200);
    told("was removed");
    assert_eq!(laptop.goto("/wiki").status, 302, "whoever found the phone, and the laptop too, is out");
    let page = borrowed.goto(&format!("/.vestibule/account/confirm/add-totp?factor={}", id("recovery")));
    let page = borrowed.submit(&page, &[("code", &alice.recovery_codes[5])]);
    let page = borrowed.follow(page);
    let secret = secret_on(&page);
    let page = borrowed.submit(&page, &[("code", &code_of(&secret, gate.control.now()))]);
    assert_eq!(page.sent_to(), "/.vestibule/account", "{}", page.text());
    assert!(borrowed.follow(page).text().contains("Added. You can use it from now on."));
    let lost = alice.clone();
    let alice = User { secret, ..alice };
    borrowed.sign_out();
    gate.advance(STEP);
    let page = laptop.give_password(&lost, "/wiki");
    assert!(page.url.path().starts_with("/.vestibule/verify/"), "nor trusted any more: {}", page.url);
    let page = laptop.goto("/.vestibule/verify/totp");
    assert_eq!(laptop.give_code(&lost, &page).status, 200, "the lost one opens nothing");
    gate.advance(2 * STEP);
    let page = laptop.give_code(&alice, &page);
    assert_eq!(laptop.follow(page).status, 200);
    assert_eq!(sub(), who, "she is who she was");

    // The password is forgotten: a link by mail sets another, and is no way in by itself.
    let mut browser = gate.visitor();
    let page = browser.goto("/.vestibule/login");
    let page = browser.goto(&page.link("/.vestibule/reset").expect("a link for those who forgot it"));
    assert_eq!(browser.submit(&page, &[("username", "alice")]).status, 303);
    let link = until("the link", 20, || Some(mails(&gate).1).filter(|text| text.contains("/.vestibule/reset/")));
    let page = browser.visit(&link_in(&link));
    let page = browser.submit(&page, &[("new_password", NEW), ("new_password_again", NEW)]);
    let page = browser.follow(page);
    page.assert_at("/.vestibule/login", 200);
    assert_eq!((browser.goto("/wiki").status, laptop.goto("/wiki").status), (302, 302));
    told("was changed");
    let alice = User { password: NEW.to_owned(), ..alice };
    gate.advance(STEP);
    browser.give_password(&alice, "/wiki");
    let page = browser.goto("/.vestibule/verify/totp");
    let page = browser.give_code(&alice, &page);
    assert_eq!(browser.follow(page).status, 200);

    // Disabled: out at once, and not in again.
    gate.run(["user", "disable", "alice"]);
    echo.forget();
    assert_eq!(browser.goto("/wiki").status, 302);
    gate.advance(STEP);
    let page = browser.visit("/wiki");
    assert_eq!(browser.submit(&page, &[("username", "alice"), ("password", NEW)]).status, 200, "as a wrong one");
    echo.assert_untouched("somebody disabled");

    // Removed: the name is nobody's, and not given out by accident; who gets it is somebody else, with nothing of hers.
    gate.run(["user", "remove", "alice"]);
    assert_eq!(gate.cli(["user", "show", "alice"]).code, 1);
    assert_eq!(gate.cli(["user", "add", "alice"]).code, 1);
    let link = link_in(&gate.run(["user", "add", "alice", "--reuse-name"]));
    let (other, page) = gate.visitor().accept("alice", &link);
    assert_eq!(page.status, 200);
    assert_ne!(sub(), who);
    assert_eq!(echo.last().field("remote-groups"), None);
    gate.advance(STEP);
    let page = browser.give_password(&User { password: PASSWORD.to_owned(), ..alice.clone() }, "/wiki");
    assert!(page.url.path().ends_with("/totp"), "one phone and no key: {}", page.url);
    for hers in [&alice, &lost] {
        assert_eq!(browser.give_code(hers, &page).status, 200, "her phones are nothing here");
        gate.advance(10);
    }
    gate.advance(STEP);
    assert_eq!(browser.give_code(&other, &page).status, 303);

    // What happened is on record, under the one id.
    let rows = gate.run(["audit", "--json"]);
    let hers: Vec<&str> = rows.lines().filter(|row| row.contains(who.as_str().expect("an id"))).collect();
    for kind in [
        "user_added",
        "invited",
        "invitation_used",
        "enrolled",
        "verified",
        "recovery_used",
        "factor_removed",
        "password_link_sent",
        "password_link_used",
        "password_changed",
        "user_disabled",
        "user_removed",
    ] {
        assert!(hers.iter().any(|row| row.contains(&format!("\"{kind}\""))), "{kind}");
    }
}
