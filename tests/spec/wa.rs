//! Security keys: an answer is good for the origin, the challenge, the user and the key it was made for, and for once.

use serde_json::Value;

use crate::authenticator::{Attestation, Authenticator, RS256, Says};
use crate::harness::{Echo, Gate, Page, User, Visitor, until};

const STEP: u64 = 30;

pub fn bench() -> (Echo, Gate, User) {
    let echo = Echo::start();
    let rules = rules! { "/key" => "two_factor" with factors = ["webauthn"], _ => "two_factor" };
    let gate = Gate::before(&echo).config("[throttle]\nbase = \"1s\"\nceiling = \"1s\"").rules(rules).start();
    let alice = gate.given_user("alice");
    gate.advance(10 * STEP);
    echo.forget();
    (echo, gate, alice)
}

/// The options that the page hands to its script.
pub fn options(page: &Page) -> String {
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
pub fn enrolling(gate: &Gate, browser: &mut Visitor, user: &User) -> Page {
    enrolling_from(gate, browser, user, "/.vestibule/account/confirm/add-webauthn")
}

/// The same from a page of ours that leads there.
pub fn enrolling_from(gate: &Gate, browser: &mut Visitor, user: &User, address: &str) -> Page {
    gate.advance(STEP);
    let page = browser.visit(address);
    let code = user.code_at(gate.control.now(), 0);
    let page = browser.submit(&page, &[("code", &code)]);
    assert_eq!(page.status, 303, "{}", page.text());
    let page = browser.follow(page);
    let page = browser.submit(&page, &[]);
    assert_eq!(page.status, 303, "the ceremony begins: {}", page.text());
    browser.follow(page)
}

/// A new address that no key would fit is not taken in passing: the next start would not take it either.
#[test]
fn a_reload_strands_no_keys() {
    let (_echo, gate, alice) = bench();
    given_key(&gate, &alice, &mut Authenticator::new(1));
    let good = std::fs::read_to_string(gate.config_file()).unwrap();
    gate.reload(&good.replace("//localhost", "//wiki.localhost"));
    until("the refusal", 10, || gate.log().contains("1 key was enrolled under another address").then_some(()));
    assert!(gate.log().contains("the old one stays in force") && !gate.log().contains("configuration is in force"));
    until("a row", 10, || gate.run(["audit"]).contains("configuration_refused").then_some(()));
    assert_eq!(gate.visitor().goto("/").status, 302, "the old address is answered");
    // Where nobody has a key, an address may change.
    gate.run(["user", "remove", "alice"]);
    gate.reload(&good.replace("//localhost", "//wiki.localhost"));
    until("the reload", 10, || gate.log().contains("the new configuration is in force").then_some(()));
}

/// A signed-in browser of a user with this key.
pub fn given_key(gate: &Gate, user: &User, key: &mut Authenticator) -> Visitor {
    given_key_that(gate, user, key, &Says::honest(&gate.origin))
}

/// The same of a key that says this when it is enrolled.
pub fn given_key_that(gate: &Gate, user: &User, key: &mut Authenticator, says: &Says) -> Visitor {
    let mut browser = gate.visitor();
    browser.sign_in(user, "/");
    let page = enrolling(gate, &mut browser, user);
    let answer = key.create(&options(&page), says);
    let page = browser.submit(&page, &[("code", &answer)]);
    assert_eq!(page.status, 303, "the key is enrolled: {}", page.text());
    browser
}

/// A new browser that stands before the ceremony of this user's key.
pub fn asked(gate: &Gate, user: &User) -> (Visitor, Page) {
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
pub fn opens(gate: &Gate, user: &User, key: &mut Authenticator, after: &str) {
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
    refuses(&gate, &alice, &mut key, "a key that was not asked", |says| says.id = Some(vec![9; 16]));
    refuses(&gate, &alice, &mut key, "two keys at once", |says| says.raw_id = Some(vec![9; 16]));
    refuses(&gate, &alice, &mut key, "a key that may travel now", |says| says.backup_eligible = true);
    refuses(&gate, &alice, &mut key, "a key that travelled", |says| says.backed_up = true);
    refuses(&gate, &alice, &mut key, "bytes behind what is signed", |says| says.behind = 3);
    let bytes_and_more = |gate: &Gate, key: &mut Authenticator| {
        let (mut browser, page) = asked(gate, &alice);
        let answer = key.get(&options(&page), &Says::honest(&gate.origin));
        for cut in [1, 10, answer.len() / 3, answer.len() / 2, answer.len() - 2, answer.len() - 1] {
            let (mut other, page) = asked(gate, &alice);
            assert_eq!(other.submit(&page, &[("code", &answer[..cut])]).status, 200, "cut at {cut}");
            gate.advance(2);
        }
        assert_ne!(browser.submit(&page, &[("code", &format!("{answer}x"))]).status, 303, "more than an answer");
        gate.advance(2);
    };
    bytes_and_more(&gate, &mut key);
    for junk in ["", "null", "{}", "[]", "\u{0}", "{\"id\":1}", &"x".repeat(40_000), &"[".repeat(15_000)] {
        gate.advance(2);
        let (mut browser, page) = asked(&gate, &alice);
        let status = browser.submit(&page, &[("code", junk)]).status;
        assert_eq!(status, 200, "{} bytes of junk", junk.len());
    }
    // Beyond what any form of ours may hold, nothing is read at all.
    let (mut browser, page) = asked(&gate, &alice);
    assert_eq!(browser.submit(&page, &[("code", &"x".repeat(64 * 1024))]).status, 413);
    // What older browsers say besides is no matter.
    gate.advance(2);
    let (mut browser, page) = asked(&gate, &alice);
    let also = Some(("tokenBinding", serde_json::json!({"status": "supported"})));
    let answer = key.get(&options(&page), &Says { also, cross_origin: None, ..Says::honest(&gate.origin) });
    assert_eq!(browser.submit(&page, &[("code", &answer)]).status, 303);
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
    let lies: [(&str, Lie); 17] = [
        ("an algorithm that was not offered", |says| says.algorithm = -8),
        ("another origin", |says| says.origin = "https://evil.test".to_owned()),
        ("another RP id", |says| says.rp_id = "evil.test".to_owned()),
        ("another challenge", |says| says.challenge = "A".repeat(43)),
        ("another ceremony", |says| says.kind = "webauthn.get".to_owned()),
        ("nobody there", |says| says.user_present = false),
        ("a foreign frame", |says| says.cross_origin = Some(true)),
        ("a foreign top", |says| says.top_origin = Some("https://evil.test".to_owned())),
        ("a short RSA key", |says| says.algorithm = RS256),
        ("an attestation nobody knows", |says| says.attestation = Attestation::Named("apple-pie")),
        ("an old attestation", |says| says.attestation = Attestation::Named("android-safetynet")),
        ("an empty statement", |says| says.attestation = Attestation::Named("packed")),
        ("two keys at once", |says| says.raw_id = Some(vec![9; 16])),
        ("a backup of what has none", |says| says.backed_up = true),
        ("no id", |says| says.id = Some(Vec::new())),
        ("an upper-case origin", |says| says.origin = says.origin.to_uppercase()),
        ("a slash behind the origin", |says| says.origin.push('/')),
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
    for junk in ["", "{}", &"x".repeat(40_000), &"[".repeat(15_000)] {
        assert_eq!(browser.submit(&page, &[("code", junk)]).status, 200, "{} bytes of junk", junk.len());
        gate.advance(2);
        page = begin_again(&mut browser);
    }
    let whole = Authenticator::new(1).create(&options(&page), &Says::honest(&gate.origin));
    let mut answer: Value = serde_json::from_str(&whole).unwrap();
    let object = answer["response"]["attestationObject"].as_str().unwrap().to_owned();
    for torn in [&object[..object.len() / 2], &format!("{object}AAAA"), "", "o2NmbXQ"] {
        answer["response"]["attestationObject"] = torn.into();
        assert_eq!(browser.submit(&page, &[("code", &answer.to_string())]).status, 200, "CBOR torn");
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

/// WA-15: neither adding a key nor removing one is done by a session alone, however it was opened.
#[test]
fn wa_15_a_key_comes_and_goes_with_a_fresh_proof() {
    let (_echo, gate, alice) = bench();
    let mut key = Authenticator::new(1);
    let mut browser = given_key(&gate, &alice, &mut key);
    let listed = gate.run(["factor", "list", "alice", "--json"]);
    let list: Value = serde_json::from_str(&listed).unwrap();
    let mut factors = list["factors"].as_array().unwrap().iter();
    let id = factors.find(|factor| factor["method"] == "webauthn").unwrap()["id"].as_str().unwrap();
    // The enrolment that was begun before is over; a new one begins with a proof.
    assert_ne!(browser.goto("/.vestibule/enrol/webauthn").status, 200);
    for deed in ["add-webauthn".to_owned(), format!("remove-{id}")] {
        let page = browser.visit(&format!("/.vestibule/account/confirm/{deed}"));
        if page.status == 200 {
            let refused = browser.submit(&page, &[("code", "000000")]);
            assert_eq!(refused.status, 200, "{deed}: {}", refused.text());
        }
        gate.advance(STEP);
    }
    assert_eq!(gate.run(["factor", "list", "alice", "--json"]), listed);
    assert!(gate.run(["audit", "--user", "alice", "--json"]).contains("\"enrolled\""), "what was done is on record");
}

/// WA-19: keys are bound to a domain of the sites' own, or nothing starts.
#[test]
fn wa_19_a_foreign_domain_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let check_at = |rp_id: &str, site: &str| {
        let text = format!(
            "[store]\npath = {data:?}\n[methods.webauthn]\nrp_id = \"{rp_id}\"\n[[site]]\nurl = \"https://{site}\"\n\
             upstreams = [\"http://127.0.0.1:9\"]\n[[site.rules]]\npolicy = \"two_factor\"\n"
        );
        std::fs::write(folder.path().join("vestibule.toml"), text).unwrap();
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_vestibule"));
        let output = command.arg("check").current_dir(folder.path()).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8_lossy(&said).into_owned())
    };
    // Public suffixes, of the registries and of a company: nobody's own, whatever lies below them.
    for (rp_id, site) in [("co.uk", "wiki.co.uk"), ("github.io", "me.github.io")] {
        let (code, said) = check_at(rp_id, site);
        assert_eq!(code, Some(78), "{rp_id}: {said}");
        assert!(said.contains("methods.webauthn.rp_id"), "{rp_id}: {said}");
    }
    assert_eq!(check_at("example.co.uk", "wiki.example.co.uk").0, Some(0), "one's own below it");
    let check = |rp_id: &str| check_at(rp_id, "wiki.example.com");
    for rp_id in
        ["com", "iki.example.com", "other.test", "a.wiki.example.com", "wiki.example.com.", "https://example.com"]
    {
        let (code, said) = check(rp_id);
        assert_eq!(code, Some(78), "{rp_id}: {said}");
        assert!(said.contains("methods.webauthn.rp_id"), "{rp_id}: {said}");
    }
    for rp_id in ["example.com", "wiki.example.com", "WIKI.example.com"] {
        let (code, said) = check(rp_id);
        assert_eq!(code, Some(0), "{rp_id}: {said}");
    }
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
    let page = browser.visit("/key?z=1");
    assert_eq!(page.status, 403, "{}", page.text());
    echo.assert_untouched("a rule that asks for a key");
    let link = page.link("/.vestibule/account/confirm/add-webauthn").expect("a way on");
    assert_eq!(browser.goto(&link).status, 200);
    let page = enrolling_from(&gate, &mut browser, &alice, &link);
    let mut key = Authenticator::new(3);
    let answer = key.create(&options(&page), &Says::honest(&gate.origin));
    // Added, one goes on to where one was going, which asks for the key.
    let page = browser.submit(&page, &[("code", &answer)]);
    assert_eq!(page.sent_to(), "/key?z=1");
    let page = browser.follow(page);
    let page = begin(&mut browser, &page);
    let answer = key.get(&options(&page), &Says::honest(&gate.origin));
    let page = browser.submit(&page, &[("code", &answer)]);
    assert_eq!(page.status, 303, "{}", page.text());
    let page = browser.follow(page);
    assert_eq!((page.status, page.url.path(), page.url.query()), (200, "/key", Some("z=1")));
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
