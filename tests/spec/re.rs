//! Recovery and enrolment: the way back in is as narrow as the way in, and nobody takes a factor, adds one or inherits
//! one who could not have proved one.

use std::collections::BTreeSet;

use crate::harness::{Echo, Gate, PASSWORD, Page, User, Visitor, codes_on, link_in, secret_on};
use crate::ot::bench;
use crate::race::{at_once, rounds};
use crate::walk::verified;

const STEP: u64 = 30;

/// A login that stands before the page for recovery codes.
fn lost_device(gate: &Gate, user: &User) -> (Visitor, Page) {
    let mut browser = gate.visitor();
    browser.give_password(user, "/");
    let page = browser.goto("/.vestibule/verify/lost");
    let link = page.link("/.vestibule/verify/recovery").expect("a way back is offered");
    let page = browser.goto(&link);
    page.assert_at("/.vestibule/verify/recovery", 200);
    (browser, page)
}

/// How many recovery codes the operator is told are left.
fn left(gate: &Gate, user: &User) -> String {
    let listed: serde_json::Value = serde_json::from_str(&gate.run(["factor", "list", &user.name, "--json"])).unwrap();
    let codes = listed["factors"].as_array().unwrap().iter().find(|factor| factor["method"] == "recovery");
    codes.map(|factor| factor["detail"].as_str().unwrap().to_owned()).unwrap_or_default()
}

/// Proves a second factor for a deed of the account; the answer.
fn confirm(gate: &Gate, browser: &mut Visitor, user: &User, deed: &str) -> Page {
    gate.advance(STEP);
    let page = browser.visit(&format!("/.vestibule/account/confirm/{deed}"));
    let code = user.code_at(gate.control.now(), 0);
    browser.submit(&page, &[("code", &code)])
}

/// RE-01, RE-08, behaviour 35 and 37: a code opens once, however it is typed; what was proved is called by its name.
#[test]
fn re_01_a_recovery_code_is_good_once() {
    let (echo, gate, alice) = bench();
    assert_eq!(left(&gate, &alice), "10 left");
    let typed = alice.recovery_codes[0].to_lowercase().replace('-', " ");
    let (mut browser, page) = lost_device(&gate, &alice);
    assert_eq!(browser.submit(&page, &[("code", &typed)]).status, 303);
    assert_eq!(browser.goto("/").status, 200);
    let claims = verified(&gate, echo.last().field("vestibule-assertion").unwrap());
    let amr: Vec<&str> = claims["amr"].as_array().unwrap().iter().filter_map(|amr| amr.as_str()).collect();
    assert!(amr.contains(&"recovery") && !amr.contains(&"otp"), "{amr:?}");
    assert_eq!(left(&gate, &alice), "9 left");
    assert!(gate.run(["audit", "--user", "alice", "--json"]).contains("recovery_used"));
    echo.forget();
    for again in [&alice.recovery_codes[0], &typed] {
        let (mut browser, page) = lost_device(&gate, &alice);
        assert_eq!(browser.submit(&page, &[("code", again)]).status, 200);
        assert_eq!(browser.goto("/").status, 302);
        gate.advance(10);
    }
    echo.assert_untouched("a used recovery code");
    let (mut browser, page) = lost_device(&gate, &alice);
    assert_eq!(browser.submit(&page, &[("code", &alice.recovery_codes[1])]).status, 303, "the next one");
}

/// RE-02: fifty wizards, one code, one winner; and what is left goes down by one.
#[test]
fn re_02_one_code_opens_one_of_fifty_wizards() {
    let (_echo, gate, alice) = bench();
    let mut wizards: Vec<(Visitor, Page)> = (0..50).map(|_| lost_device(&gate, &alice)).collect();
    for round in 0..rounds(3, 10) as usize {
        gate.advance(60);
        let race = wizards.drain(..).map(|(mut browser, page)| {
            let code = alice.recovery_codes[round].clone();
            move || (browser.submit(&page, &[("code", &code)]).status, browser, page)
        });
        let ended = at_once(race.collect());
        let statuses: Vec<u16> = ended.iter().map(|(status, ..)| *status).collect();
        assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 1, "{statuses:?}");
        assert_eq!(left(&gate, &alice), format!("{} left", 9 - round));
        let open = ended.into_iter().filter_map(|(status, mut browser, page)| {
            assert_eq!(browser.goto("/").status == 200, status == 303);
            (status != 303).then_some((browser, page))
        });
        wizards = open.collect();
        if left(&gate, &alice) == "0 left" {
            break;
        }
    }
}

/// RE-04, behaviour 34: ten different codes of 80 bits, shown once, on a page that nobody keeps.
#[test]
fn re_04_codes_are_long_and_shown_once() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).start();
    let mut browser = gate.visitor();
    let page = browser.come_to_codes(&gate.invite("alice"));
    assert!(page.field("cache-control").unwrap().contains("no-store"));
    let codes = codes_on(&page);
    assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), 10);
    assert!(codes.iter().all(|code| code.replace('-', "").len() == 16), "sixteen characters of base32: 80 bits");
    // Not kept until their owner says so.
    let unticked = browser.submit(&page, &[]);
    assert_eq!(unticked.status, 200);
    assert_eq!(codes_on(&unticked), codes, "the same ones");
    let (kept, _) = browser.keep_codes(unticked);
    assert_eq!(kept, codes);
    for address in ["/.vestibule/enrol/recovery", "/.vestibule/account", "/.vestibule/account/confirm/add-recovery"] {
        let page = browser.visit(address);
        assert!(codes_on(&page).is_empty(), "{address}");
    }
    assert!(!gate.run(["factor", "list", "alice", "--json"]).contains(&codes[0]));
}

/// RE-06: new codes need a fresh proof, and end the old ones; nothing is ended before the new ones are kept.
#[test]
fn re_06_new_codes_end_the_old_ones() {
    let (_echo, gate, alice) = bench();
    let mut browser = gate.visitor();
    browser.sign_in(&alice, "/");
    // Without a proof, or with a wrong one: nothing.
    let page = browser.goto("/.vestibule/account/confirm/add-recovery");
    assert_eq!(browser.submit(&page, &[("code", "1")]).status, 200);
    gate.advance(2);
    for method in ["GET", "POST"] {
        let origin = gate.origin.clone();
        let ask = browser.navigate(method, "/.vestibule/enrol/recovery", "same-origin").with("Origin", &origin);
        let page = if method == "POST" { ask.form("acknowledged=1&csrf=x").send() } else { ask.send() };
        assert!(codes_on(&page).is_empty() && matches!(page.status, 303 | 409), "{method} {}", page.status);
    }
    assert_eq!(left(&gate, &alice), "10 left");
    let page = confirm(&gate, &mut browser, &alice, "add-recovery");
    let page = browser.follow(page);
    let fresh = codes_on(&page);
    assert_eq!(fresh.len(), 10);
    let (mut other, asked) = lost_device(&gate, &alice);
    assert_eq!(
        other.submit(&asked, &[("code", &alice.recovery_codes[0])]).status,
        303,
        "not kept yet: the old are good"
    );
    browser.keep_codes(page);
    let (mut other, asked) = lost_device(&gate, &alice);
    assert_eq!(other.submit(&asked, &[("code", &alice.recovery_codes[1])]).status, 200, "the old are dead");
    gate.advance(2);
    assert_eq!(other.submit(&asked, &[("code", &fresh[0])]).status, 303);
    assert_eq!(left(&gate, &alice), "9 left");
}

/// RE-08: a recovery code gets its owner in, and is no stronger than it is.
#[test]
fn re_08_a_recovery_code_is_no_stronger_factor() {
    let echo = Echo::start();
    let rules = rules! { "/strong" => "two_factor" with factors = ["totp"], _ => "two_factor" };
    let gate = Gate::before(&echo).rules(rules).start();
    let alice = gate.given_user("alice");
    gate.advance(10 * STEP);
    let (mut browser, page) = lost_device(&gate, &alice);
    assert_eq!(browser.submit(&page, &[("code", &alice.recovery_codes[0])]).status, 303);
    assert_eq!(browser.goto("/").status, 200);
    echo.forget();
    let page = browser.goto("/strong");
    assert_eq!(page.status, 302);
    let page = browser.follow(page);
    page.assert_at("/.vestibule/verify/totp", 200);
    assert_eq!(browser.goto("/.vestibule/verify/recovery?rd=/strong").status, 404, "not asked for here");
    echo.assert_untouched("a recovery code for a rule that names factors");
    let page = browser.give_code(&alice, &page);
    assert_eq!(browser.follow(page).status, 200);
}

/// RE-09, WA-15, behaviour 45: the last factor stays, and none goes without a fresh second factor proved for that.
#[test]
fn re_09_no_factor_goes_without_a_factor() {
    let echo = Echo::start();
    let rules = rules! { "/known" => "one_factor", _ => "two_factor" };
    let gate = Gate::before(&echo).rules(rules).start();
    let alice = gate.given_user("alice");
    gate.advance(10 * STEP);
    let ids = |method: &str| -> Vec<String> {
        let listed: serde_json::Value = serde_json::from_str(&gate.run(["factor", "list", "alice", "--json"])).unwrap();
        let of = listed["factors"].as_array().unwrap().iter().filter(|factor| factor["method"] == method);
        of.map(|factor| factor["id"].as_str().unwrap().to_owned()).collect()
    };
    let first = ids("totp").remove(0);
    // Known by the password alone: no page of the account.
    let mut known = gate.visitor();
    assert_eq!(known.give_password(&alice, "/known").status, 200);
    for deed in [format!("remove-{first}"), "password".to_owned(), "add-totp".to_owned(), "add-recovery".to_owned()] {
        let address = format!("/.vestibule/account/confirm/{deed}");
        assert!(known.goto(&address).sent_to().starts_with("/.vestibule/verify"), "{deed}");
        let origin = gate.origin.clone();
        let ask = known.navigate("POST", &address, "same-origin").with("Origin", &origin);
        let page = ask.form(&format!("csrf=x&password={PASSWORD}&new_password=1&code=")).send();
        assert!(page.sent_to().starts_with("/.vestibule/verify"), "{deed}: {}", page.status);
    }
    // Verified: the last factor that is no fallback cannot go.
    let mut browser = gate.visitor();
    browser.sign_in(&alice, "/");
    assert_eq!(browser.goto(&format!("/.vestibule/account/confirm/remove-{first}")).status, 404);
    assert!(browser.goto("/.vestibule/account").link("/.vestibule/account/confirm/remove").is_none());
    // A second one can, but not by the password, nor by a proof that was made to sign in.
    gate.run(["factor", "add", "alice", "totp"]);
    let second = ids("totp").into_iter().find(|id| *id != first).unwrap();
    let page = browser.goto(&format!("/.vestibule/account/confirm/remove-{second}"));
    assert!(!page.form().has("password"));
    for fields in [[("password", PASSWORD)], [("code", "")], [("factor", "")]] {
        let page = browser.submit(&page, &fields);
        assert!(matches!(page.status, 200 | 429), "{fields:?}: {}", page.status);
        gate.advance(10);
    }
    assert_eq!(ids("totp").len(), 2);
    assert_eq!(confirm(&gate, &mut browser, &alice, &format!("remove-{second}")).status, 303);
    assert_eq!(ids("totp"), [first]);
    assert_eq!(browser.goto("/").status, 200, "this browser goes on, in a new session");
}

/// RE-11: a factor that was begun and not confirmed proves nothing.
#[test]
fn re_11_an_unconfirmed_factor_opens_nothing() {
    let (_echo, gate, alice) = bench();
    let mut browser = gate.visitor();
    browser.sign_in(&alice, "/");
    let page = confirm(&gate, &mut browser, &alice, "add-totp");
    let page = browser.follow(page);
    page.assert_at("/.vestibule/enrol/totp", 200);
    let unconfirmed = User { secret: secret_on(&page), ..alice.clone() };
    gate.advance(STEP);
    let mut other = gate.visitor();
    let asked = other.give_password(&alice, "/");
    assert_eq!(other.give_code(&unconfirmed, &asked).status, 200);
    gate.advance(2);
    // Confirmed, it does: from the next step on.
    let (_, _) = browser.enrol_totp(page);
    gate.advance(STEP);
    let page = other.goto("/.vestibule/verify?choose=1");
    let html = page.html();
    let addresses = html.split("href=\"").filter_map(|rest| rest.split('"').next());
    let addresses: Vec<String> = addresses.filter(|href| href.contains("/verify/totp")).map(str::to_owned).collect();
    assert_eq!(addresses.len(), 2, "{addresses:?}");
    let mut opened = false;
    for address in addresses {
        if !opened {
            let page = other.goto(&address.replace("&amp;", "&"));
            opened = other.give_code(&unconfirmed, &page).status == 303;
        }
    }
    assert!(opened);
}

/// RE-13, behaviour 53: what adds a factor cannot be begun, gone on with or ended without a proof of one there is,
/// by whatever page.
#[test]
fn re_13_no_factor_comes_without_a_factor() {
    let (_echo, gate, alice) = bench();
    let mut pending = gate.visitor();
    pending.give_password(&alice, "/");
    let mut verified = gate.visitor();
    verified.sign_in(&alice, "/");
    let origin = gate.origin.clone();
    for (who, browser) in [("pending", &mut pending), ("verified", &mut verified), ("stranger", &mut gate.visitor())] {
        for method in ["totp", "webauthn", "recovery", "sms"] {
            let address = format!("/.vestibule/enrol/{method}");
            let page = browser.goto(&address);
            assert_eq!(page.status, 303, "{who} {method}");
            let ask = browser.navigate("POST", &address, "same-origin").with("Origin", &origin);
            let page = ask.form("csrf=x&code=123456&phone=%2B31612345678&acknowledged=1").send();
            assert!(matches!(page.status, 303 | 403 | 409), "{who} {method}: {}", page.status);
        }
    }
    assert_eq!(gate.run(["factor", "list", "alice", "--json"]).matches("\"method\"").count(), 2);
    // With a proof for it, it comes.
    let page = confirm(&gate, &mut verified, &alice, "add-totp");
    let page = verified.follow(page);
    verified.enrol_totp(page);
    assert_eq!(gate.run(["factor", "list", "alice", "--json"]).matches("\"method\"").count(), 3);
}

/// RE-15: whoever gets a removed user's name gets nothing else of theirs.
#[test]
fn re_15_a_name_given_out_again_carries_nothing_over() {
    let (echo, gate, _) = bench();
    let mut old = gate.visitor();
    let (bob, _) = old.accept("bob", &gate.invite("bob"));
    assert_eq!(old.goto("/").status, 200);
    let subject = verified(&gate, echo.last().field("vestibule-assertion").unwrap())["sub"].clone();
    let pending_invitation = link_in(&gate.run(["user", "add", "carol"]));
    gate.run(["user", "remove", "bob"]);
    gate.run(["user", "remove", "carol"]);
    assert_eq!(gate.cli(["user", "add", "bob"]).code, 1, "not by accident");
    let fresh = link_in(&gate.run(["user", "add", "bob", "--reuse-name"]));
    gate.run(["user", "add", "carol", "--reuse-name"]);
    echo.forget();

    assert_eq!(old.goto("/").status, 302, "the session");
    assert_eq!(gate.visitor().visit(&pending_invitation).status, 404, "an invitation of before");
    let mut new = gate.visitor();
    let (again, _) = new.accept("bob", &fresh);
    assert_eq!(new.goto("/").status, 200);
    assert_ne!(verified(&gate, echo.last().field("vestibule-assertion").unwrap())["sub"], subject);
    assert!(gate.run(["session", "list", "bob", "--json"]).matches("\"id\"").count() == 1);
    gate.advance(2 * STEP);
    // Neither the device nor a recovery code of before.
    let page = old.give_password(&bob, "/");
    assert_eq!(old.give_code(&bob, &page).status, 200, "the old device");
    gate.advance(3);
    let (mut thief, page) = lost_device(&gate, &bob);
    assert_eq!(thief.submit(&page, &[("code", &bob.recovery_codes[0])]).status, 200, "the old codes");
    gate.advance(3);
    assert_eq!(thief.submit(&page, &[("code", &again.recovery_codes[0])]).status, 303);
}

/// RE-16: links and redirects are made of what is configured, whatever a request says of hosts.
#[test]
fn re_16_no_link_is_made_of_what_a_request_says() {
    let (echo, gate, alice) = bench();
    let link = gate.run(["user", "reset", "alice"]);
    assert!(link.contains(&format!("{}/.vestibule/invite/", gate.origin)), "{link}");
    let link = link_in(&link);
    for (name, value) in [
        ("X-Forwarded-Host", "evil.test"),
        ("Forwarded", "host=evil.test"),
        ("X-Forwarded-Proto", "https"),
        ("X-Host", "evil.test"),
    ] {
        let mut browser = gate.visitor();
        browser.always.push((name.to_owned(), value.to_owned()));
        for address in ["/", "/.vestibule/login", &link] {
            let page = browser.goto(address);
            assert!(!page.html().contains("evil.test"), "{name} on {address}");
            assert!(page.location().is_none_or(|to| to.host_str() == Some("localhost")), "{name} on {address}");
        }
    }
    let mut wire = gate.wire();
    wire.send("GET /.vestibule/login HTTP/1.1\r\nHost: evil.test\r\n\r\n");
    assert_eq!(wire.reply().unwrap().status, 421);
    echo.assert_untouched("other hosts");
    let _ = alice;
    assert_eq!(gate.visitor().visit(&link).status, 200, "and the link itself is good");
}

/// Behaviour 55, 57: a reset takes everything, and what it gives is one link for one use, also where a first login may
/// enrol.
#[test]
fn re_a_reset_leaves_nothing_but_its_link() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).config("[enrolment]\nfirst_login = true").start();
    let mut browser = gate.visitor();
    let (alice, _) = browser.accept("alice", &gate.invite("alice"));
    assert_eq!(gate.cli(["user", "invite", "alice"]).code, 1, "somebody who has factors is not invited again");
    let link = link_in(&gate.run(["user", "reset", "alice"]));
    echo.forget();
    assert_eq!(browser.goto("/").status, 302, "the session is over");
    let mut other = gate.visitor();
    let page = other.visit("/");
    let page = other.submit(&page, &[("username", "alice"), ("password", &alice.password)]);
    assert!(matches!(page.status, 200 | 403), "the password alone enrols nothing: {}", page.status);
    assert!(other.goto("/.vestibule/enrol/totp").status == 303);
    let (alice, page) = gate.visitor().accept("alice", &link);
    assert_eq!(page.status, 200);
    assert_eq!(gate.visitor().visit(&link).status, 404);
    assert_eq!(gate.visitor().sign_in(&alice, "/").status, 200);
    for unknown in [["user", "reset", "nobody"], ["user", "disable", "nobody"], ["user", "show", "nobody"]] {
        assert_eq!(gate.cli(unknown).code, 1, "{unknown:?}");
    }
}
