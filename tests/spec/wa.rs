//! Security keys: an answer is good for the origin, the challenge, the user and the key it was made for, and for once.

use serde_json::Value;

use crate::authenticator::{Authenticator, Says};
use crate::harness::{Echo, Gate, Page, User, Visitor};

const STEP: u64 = 30;

fn bench() -> (Echo, Gate, User) {
    let echo = Echo::start();
    let rules = "[[site.rules]]\npath = \"/key\"\npolicy = \"two_factor\"\nfactors = [\"webauthn\"]\n\
                 [[site.rules]]\npolicy = \"two_factor\"";
    let gate = Gate::before(&echo).config("[throttle]\nbase = \"1s\"\nceiling = \"1s\"").rules(rules).start();
    let alice = gate.given_user("alice");
    gate.advance(10 * STEP);
    echo.forget();
    (echo, gate, alice)
}

/// The options that the page hands to its script.
fn options(page: &Page) -> String {
    let html = page.html();
    let options = html.split("data-options=\"").nth(1).and_then(|rest| rest.split('"').next());
    let options = options.unwrap_or_else(|| panic!("no ceremony on {} ({}): {}", page.url, page.status, page.text()));
    options.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

fn challenge(options: &str) -> String {
    let options: Value = serde_json::from_str(options).unwrap();
    options["publicKey"]["challenge"].as_str().unwrap().to_owned()
}

/// From the account to the ceremony that enrols a key.
fn enrolling(gate: &Gate, browser: &mut Visitor, user: &User) -> Page {
    gate.advance(STEP);
    let page = browser.visit("/.vestibule/account/confirm/add-webauthn");
    let code = user.code_at(gate.control.now(), 0);
    let page = browser.submit(&page, &[("code", &code)]);
    assert_eq!(page.status, 303, "{}", page.text());
    let page = browser.follow(page);
    let page = browser.submit(&page, &[]);
    assert_eq!(page.status, 303, "the ceremony begins: {}", page.text());
    browser.follow(page)
}

/// A signed-in browser of a user with this key.
fn given_key(gate: &Gate, user: &User, key: &mut Authenticator) -> Visitor {
    let mut browser = gate.visitor();
    browser.sign_in(user, "/");
    let page = enrolling(gate, &mut browser, user);
    let answer = key.create(&options(&page), &Says::honest(&gate.origin));
    let page = browser.submit(&page, &[("code", &answer)]);
    assert_eq!(page.status, 303, "the key is enrolled: {}", page.text());
    browser
}

/// A new browser that stands before the ceremony of this user's key.
fn asked(gate: &Gate, user: &User) -> (Visitor, Page) {
    let mut browser = gate.visitor();
    browser.give_password(user, "/key");
    let page = browser.visit("/.vestibule/verify/webauthn");
    let page = begin(&mut browser, &page);
    (browser, page)
}

/// Begins the ceremony of a page that has none under way.
fn begin(browser: &mut Visitor, page: &Page) -> Page {
    page.assert_at("/.vestibule/verify/webauthn", 200);
    let page = browser.submit(page, &[]);
    assert_eq!(page.status, 303, "{}", page.text());
    browser.follow(page)
}

/// Gives a lie where the truth would open, then the truth.
#[track_caller]
fn refuses(gate: &Gate, user: &User, key: &mut Authenticator, what: &str, lie: impl FnOnce(&mut Says)) {
    gate.advance(2);
    let (mut browser, page) = asked(gate, user);
    let mut says = Says::honest(&gate.origin);
    lie(&mut says);
    let counter = key.counter;
    let answer = key.get(&options(&page), &says);
    let refused = browser.submit(&page, &[("code", &answer)]);
    assert_eq!(refused.status, 200, "{what}: {}", refused.text());
    assert_eq!(browser.goto("/key").status, 302, "{what}");
    key.counter = counter;
    opens(gate, user, key, what);
}

/// The honest answer.
#[track_caller]
fn opens(gate: &Gate, user: &User, key: &mut Authenticator, after: &str) {
    gate.advance(2);
    let (mut browser, page) = asked(gate, user);
    let answer = key.get(&options(&page), &Says::honest(&gate.origin));
    let page = browser.submit(&page, &[("code", &answer)]);
    assert_eq!(page.status, 303, "after {after}: {}", page.text());
    assert_eq!(browser.follow(page).status, 200, "after {after}");
}

/// WA-01, WA-12: only the very origin of the page, however alike another looks.
#[test]
fn wa_01_another_origin_is_refused() {
    let (_echo, gate, alice) = bench();
    let mut key = Authenticator::new(1);
    given_key(&gate, &alice, &mut key);
    let port = gate.address.port();
    for origin in [
        "https://evil.test".to_owned(),
        format!("https://localhost:{port}"),
        "http://localhost".to_owned(),
        format!("http://localhost:{}", port ^ 1),
        format!("http://app.localhost:{port}"),
        format!("http://LOCALHOST:{port}"),
        format!("http://localhost.:{port}"),
        format!("http://localhost.evil.test:{port}"),
        format!("http://localhost:{port}/"),
        format!("http://127.0.0.1:{port}"),
        "null".to_owned(),
        String::new(),
    ] {
        refuses(&gate, &alice, &mut key, &origin.clone(), |says| says.origin = origin);
    }
}

/// WA-02, WA-05, WA-11, behaviour 51: what is signed must be about here, by somebody who was there.
#[test]
fn wa_02_every_signed_statement_is_looked_at() {
    let (_echo, gate, alice) = bench();
    let mut key = Authenticator::new(1);
    given_key(&gate, &alice, &mut key);
    refuses(&gate, &alice, &mut key, "another RP id", |says| says.rp_id = "evil.test".to_owned());
    refuses(&gate, &alice, &mut key, "nobody there", |says| says.user_present = false);
    refuses(&gate, &alice, &mut key, "a foreign frame", |says| says.cross_origin = Some(true));
    refuses(&gate, &alice, &mut key, "a foreign top", |says| says.top_origin = Some("https://evil.test".to_owned()));
    refuses(&gate, &alice, &mut key, "a bad signature", |says| says.good_signature = false);
    refuses(&gate, &alice, &mut key, "another ceremony", |says| says.kind = "webauthn.create".to_owned());
    refuses(&gate, &alice, &mut key, "another challenge", |says| says.challenge = "A".repeat(43));
    refuses(&gate, &alice, &mut key, "another user's handle", |says| says.user_handle = Some(vec![7; 16]));
    for junk in ["", "null", "{}", "[]", "\u{0}", "{\"id\":1}", &"x".repeat(40_000)] {
        gate.advance(2);
        let (mut browser, page) = asked(&gate, &alice);
        let status = browser.submit(&page, &[("code", junk)]).status;
        assert_eq!(status, 200, "{} bytes of junk", junk.len());
    }
}

/// WA-03: an assertion is good once, and a challenge for one answer, right or wrong.
#[test]
fn wa_03_a_challenge_has_one_use() {
    let (_echo, gate, alice) = bench();
    let mut key = Authenticator::new(1);
    given_key(&gate, &alice, &mut key);
    let (mut browser, page) = asked(&gate, &alice);
    let mut second = browser.clone();
    let answer = key.get(&options(&page), &Says::honest(&gate.origin));
    assert_eq!(browser.submit(&page, &[("code", &answer)]).status, 303);
    // In the same wizard, which is over.
    let replayed = second.submit(&page, &[("code", &answer)]);
    assert!(matches!(replayed.status, 409 | 403), "{}", replayed.status);
    // In another wizard of the same user.
    let (mut third, page) = asked(&gate, &alice);
    assert_eq!(third.submit(&page, &[("code", &answer)]).status, 200);
    assert_eq!(third.goto("/key").status, 302);
    gate.advance(2);

    // After a failure, too: the right answer to the challenge that was answered wrong is no answer any more.
    let (mut browser, page) = asked(&gate, &alice);
    let right = key.get(&options(&page), &Says::honest(&gate.origin));
    assert_eq!(browser.submit(&page, &[("code", "{}")]).status, 200);
    gate.advance(2);
    let page = browser.submit(&page, &[("code", &right)]);
    assert_ne!(browser.goto("/key").status, 200, "{}", page.status);
    opens(&gate, &alice, &mut key, "used challenges");
}

/// WA-07: a counter that does not grow is refused and recorded; a key that has none is taken.
#[test]
fn wa_07_a_copied_key_is_noticed() {
    let (_echo, gate, alice) = bench();
    let mut key = Authenticator::new(1);
    given_key(&gate, &alice, &mut key);
    opens(&gate, &alice, &mut key, "nothing");
    opens(&gate, &alice, &mut key, "one");
    let counter = key.counter;
    refuses(&gate, &alice, &mut key, "an equal counter", |says| says.counter = Some(counter));
    refuses(&gate, &alice, &mut key, "a lower counter", |says| says.counter = Some(counter - 1));
    assert!(gate.run(["audit", "--user", "alice", "--json"]).contains("factor_suspect"));

    let bob = gate.given_user("bob");
    let mut none = Authenticator::new(2);
    let mut browser = gate.visitor();
    browser.sign_in(&bob, "/");
    let page = enrolling(&gate, &mut browser, &bob);
    let without = Says { counter: Some(0), ..Says::honest(&gate.origin) };
    let answer = none.create(&options(&page), &without);
    assert_eq!(browser.submit(&page, &[("code", &answer)]).status, 303);
    for _ in 0..2 {
        let (mut browser, page) = asked(&gate, &bob);
        let answer = none.get(&options(&page), &without);
        assert_eq!(browser.submit(&page, &[("code", &answer)]).status, 303, "a key without a counter");
    }
}

/// WA-09: Bob's key proves nothing of Alice; and no key belongs to two.
#[test]
fn wa_09_a_key_is_its_users_alone() {
    let (_echo, gate, alice) = bench();
    let bob = gate.given_user("bob");
    gate.advance(STEP);
    let (mut hers, mut his) = (Authenticator::new(1), Authenticator::new(2));
    let mut browser = given_key(&gate, &alice, &mut hers);
    given_key(&gate, &bob, &mut his);
    for handle in [None, Some(hers.user_handle.clone()), Some(Vec::new())] {
        gate.advance(2);
        let (mut wizard, page) = asked(&gate, &alice);
        let answer = his.get(&options(&page), &Says { user_handle: handle, ..Says::honest(&gate.origin) });
        assert_eq!(wizard.submit(&page, &[("code", &answer)]).status, 200);
        assert_eq!(wizard.goto("/key").status, 302);
    }
    // A copy of a credential under another account, and the same one twice.
    gate.advance(2);
    let page = enrolling(&gate, &mut browser, &alice);
    assert!(options(&page).contains("excludeCredentials"), "known ones are left out");
    for mut key in [Authenticator::new(2), Authenticator::new(1)] {
        gate.advance(2);
        let page = begin_again(&mut browser);
        let answer = key.create(&options(&page), &Says::honest(&gate.origin));
        assert_eq!(browser.submit(&page, &[("code", &answer)]).status, 200);
    }
    let listed = gate.run(["factor", "list", "alice", "--json"]);
    assert_eq!(listed.matches("\"webauthn\"").count(), 1);
    opens(&gate, &alice, &mut hers, "others' keys");
    opens(&gate, &bob, &mut his, "hers");
}

/// WA-13, behaviour 51: what enrols is what was asked for.
#[test]
fn wa_13_an_enrolment_is_judged_like_a_login() {
    let (_echo, gate, alice) = bench();
    let mut browser = gate.visitor();
    browser.sign_in(&alice, "/");
    let mut page = enrolling(&gate, &mut browser, &alice);
    let asked: Value = serde_json::from_str(&options(&page)).unwrap();
    assert_eq!(asked["publicKey"]["rp"]["id"], "localhost");
    assert_eq!(asked["publicKey"]["authenticatorSelection"]["residentKey"], "preferred");
    let mut key = Authenticator::new(1);
    type Lie = fn(&mut Says);
    let lies: [(&str, Lie); 7] = [
        ("an algorithm that was not offered", |says| says.algorithm = -8),
        ("another origin", |says| says.origin = "https://evil.test".to_owned()),
        ("another RP id", |says| says.rp_id = "evil.test".to_owned()),
        ("another challenge", |says| says.challenge = "A".repeat(43)),
        ("another ceremony", |says| says.kind = "webauthn.get".to_owned()),
        ("nobody there", |says| says.user_present = false),
        ("a foreign frame", |says| says.cross_origin = Some(true)),
    ];
    for (what, lie) in lies {
        let mut says = Says::honest(&gate.origin);
        lie(&mut says);
        let answer = key.create(&options(&page), &says);
        let refused = browser.submit(&page, &[("code", &answer)]);
        assert_eq!(refused.status, 200, "{what}: {}", refused.text());
        gate.advance(2);
        page = begin_again(&mut browser);
    }
    assert!(!gate.run(["factor", "list", "alice", "--json"]).contains("webauthn"));
    let answer = key.create(&options(&page), &Says::honest(&gate.origin));
    assert_eq!(browser.submit(&page, &[("code", &answer)]).status, 303);
    opens(&gate, &alice, &mut key, "lies at enrolment");
}

/// WA-17: a challenge is random, long, and over after five minutes.
#[test]
fn wa_17_a_challenge_is_fresh() {
    let (_echo, gate, alice) = bench();
    let mut key = Authenticator::new(1);
    given_key(&gate, &alice, &mut key);
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..5 {
        let (_, page) = asked(&gate, &alice);
        let challenge = challenge(&options(&page));
        assert!(data_encoding::BASE64URL_NOPAD.decode(challenge.as_bytes()).unwrap().len() >= 16);
        assert!(seen.insert(challenge), "a challenge came twice");
    }
    let (mut browser, page) = asked(&gate, &alice);
    let answer = key.get(&options(&page), &Says::honest(&gate.origin));
    gate.advance(301);
    let late = browser.submit(&page, &[("code", &answer)]);
    assert_ne!(browser.goto("/key").status, 200, "{}", late.status);
    opens(&gate, &alice, &mut key, "a late answer");
}

/// WA-03: a GET makes no challenge, and shows the one there is again.
#[test]
fn wa_03_a_get_begins_nothing() {
    let (_echo, gate, alice) = bench();
    let mut key = Authenticator::new(1);
    given_key(&gate, &alice, &mut key);
    let mut browser = gate.visitor();
    browser.give_password(&alice, "/key");
    for _ in 0..3 {
        let page = browser.goto("/.vestibule/verify/webauthn");
        assert!(!page.html().contains("data-options"));
    }
    let page = browser.goto("/.vestibule/verify/webauthn");
    let page = begin(&mut browser, &page);
    let first = challenge(&options(&page));
    let page = browser.goto("/.vestibule/verify/webauthn");
    assert_eq!(challenge(&options(&page)), first, "a second tab shows the same");
    let answer = key.get(&options(&page), &Says::honest(&gate.origin));
    assert_eq!(browser.submit(&page, &[("code", &answer)]).status, 303);
}

/// Behaviour 60: a rule that names a factor the user has none of says so, and leads to its enrolment after a fresh code.
#[test]
fn wa_a_rule_that_needs_a_key_leads_to_one() {
    let (echo, gate, alice) = bench();
    let mut browser = gate.visitor();
    browser.sign_in(&alice, "/");
    echo.forget();
    let page = browser.visit("/key");
    assert_eq!(page.status, 403, "{}", page.text());
    echo.assert_untouched("a rule that asks for a key");
    let link = page.link("/.vestibule/account/confirm/add-webauthn").expect("a way on");
    assert_eq!(browser.goto(&link).status, 200);
    let page = enrolling(&gate, &mut browser, &alice);
    let mut key = Authenticator::new(3);
    let answer = key.create(&options(&page), &Says::honest(&gate.origin));
    assert_eq!(browser.submit(&page, &[("code", &answer)]).status, 303);
    let page = browser.visit("/key");
    assert_eq!(page.url.path(), "/.vestibule/verify/webauthn");
    let page = begin(&mut browser, &page);
    let answer = key.get(&options(&page), &Says::honest(&gate.origin));
    let page = browser.submit(&page, &[("code", &answer)]);
    assert_eq!(page.status, 303, "{}", page.text());
    assert_eq!(browser.follow(page).status, 200);
    let claims = crate::walk::verified(&gate, echo.last().field("vestibule-assertion").unwrap());
    assert!(claims["amr"].as_array().unwrap().contains(&"hwk".into()), "{claims}");
}

/// The ceremony that is under way, or a new one after a refusal.
fn begin_again(browser: &mut Visitor) -> Page {
    let page = browser.goto("/.vestibule/enrol/webauthn");
    if page.html().contains("data-options=") {
        return page;
    }
    let page = browser.submit(&page, &[]);
    assert_eq!(page.status, 303, "{}", page.text());
    browser.follow(page)
}
