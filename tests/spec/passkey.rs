//! Signing in with a passkey alone: in place of name and password, worth two factors only where it made sure of its
//! owner, and good for one answer, in one browser, of one user.

use serde_json::{Value, json};

use crate::authenticator::{Authenticator, Says};
use crate::harness::{Echo, Form, Gate, Page, User, Visitor};
use crate::wa::{self, asked, given_key_that, options};

const STEP: u64 = 30;
const HERE: &str = "/.vestibule/login/webauthn";

/// What a passkey says that asked for a PIN, a finger or a face.
pub fn verified(gate: &Gate) -> Says {
    Says { user_verified: true, ..Says::honest(&gate.origin) }
}

/// Alice, with a passkey.
fn bench() -> (Echo, Gate, User, Authenticator) {
    let (echo, gate, alice) = wa::bench();
    let mut key = Authenticator::new(1);
    given_key_that(&gate, &alice, &mut key, &verified(&gate));
    echo.forget();
    gate.advance(2);
    (echo, gate, alice, key)
}

/// A login page, and the form on it that a passkey's answer is sent in.
pub struct Door {
    pub browser: Visitor,
    page: Page,
    form: Form,
}

impl Door {
    fn at(mut browser: Visitor, address: &str) -> Self {
        let page = browser.visit(address);
        page.assert_at("/.vestibule/login", 200);
        let form = page.forms().into_iter().find(|form| form.action == HERE).expect("a passkey is offered");
        Self { browser, page, form }
    }

    pub fn new(gate: &Gate, address: &str) -> Self {
        Self::at(gate.visitor(), address)
    }

    /// As the page's script asks for a challenge: the options, and what comes back with the answer.
    #[track_caller]
    fn challenge(&mut self) -> (String, String) {
        let body = format!("csrf={}", self.form.field("csrf").unwrap());
        let answer = self.browser.script("POST", &format!("{HERE}/challenge")).form(&body).send();
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.field("cache-control"), Some("no-store"));
        let answer = answer.json();
        (answer["options"].as_str().unwrap().to_owned(), answer["challenge"].as_str().unwrap().to_owned())
    }

    #[track_caller]
    fn answer(&mut self, challenge: &str, code: &str) -> Page {
        self.browser.post(&self.page, &self.form, &[("challenge", challenge), ("code", code)])
    }

    /// The whole ceremony.
    #[track_caller]
    pub fn sign_in(&mut self, key: &mut Authenticator, says: &Says) -> Page {
        let (options, challenge) = self.challenge();
        let code = key.get(&options, says);
        self.answer(&challenge, &code)
    }
}

/// That this page is the login page after something wrong, and what it says; the same for all.
#[track_caller]
fn assert_wrong(gate: &Gate, mut door: Door, page: &Page, what: &str) {
    assert_eq!(page.status, 200, "{what}: {}", page.text());
    assert!(page.text().contains("User name or password is not right"), "{what}: {}", page.text());
    assert_eq!(door.browser.goto("/key").status, 302, "{what}");
    assert!(door.browser.cookie("session").is_none(), "{what}");
    gate.advance(2);
}

/// Behaviour 14, 21: one touch leads to the address that was asked for, worth two factors; also where a rule wants a key,
/// and a fresh one.
#[test]
fn wa_a_passkey_signs_in_alone() {
    let (echo, gate, alice, mut key) = bench();
    let mut door = Door::new(&gate, "/key?a=1&b=2");
    assert!(door.page.html().contains("autocomplete=\"username webauthn\""), "browsers offer passkeys in the field");
    assert!(door.page.html().contains("hidden data-alone"), "without script there is no button");
    let before = door.browser.cookie("login").unwrap().to_owned();
    let page = door.sign_in(&mut key, &verified(&gate));
    assert_eq!((page.status, page.sent_to().as_str()), (303, "/key?a=1&b=2"), "{}", page.text());
    assert_eq!(door.browser.follow(page).status, 200);
    assert!(door.browser.cookie("login").is_none_or(|now| now != before));
    let claims = crate::walk::verified(&gate, echo.last().field("vestibule-assertion").unwrap());
    assert_eq!((&claims["preferred_username"], &claims["amr"]), (&json!("alice"), &json!(["hwk", "user", "mfa"])));
    assert_eq!(door.browser.script("GET", "/.vestibule/session").send().json()["level"], "verified");
    let trail = gate.run(["audit", "--user", "alice", "--json"]);
    assert!(trail.contains("factor_right") && trail.contains("verified"));

    // The browser is known from now on, and the account is her own.
    assert!(door.browser.cookie("browser").is_some());
    assert_eq!(door.browser.goto("/.vestibule/account").status, 200);
    // Signed out is signed out, and the same way leads back.
    door.browser.sign_out();
    let mut door = Door::at(door.browser, "/.vestibule/login?to=account");
    gate.advance(2);
    let page = door.sign_in(&mut key, &verified(&gate));
    assert_eq!(page.sent_to(), "/.vestibule/account");
    // The passkey is still a second factor.
    gate.advance(STEP);
    let (mut browser, page) = asked(&gate, &alice);
    let code = key.get(&options(&page), &verified(&gate));
    assert_eq!(browser.submit(&page, &[("code", &code)]).status, 303);
}

/// A rule that asks for a recent proof is met by a passkey just used, and asks for it again when it is old.
#[test]
fn wa_a_step_up_keeps_what_the_passkey_was_worth() {
    let echo = Echo::start();
    let rules = rules! {
        "/fresh" => "two_factor" with factors = ["webauthn"], max_age = "5m",
        _ => "two_factor",
    };
    let gate = Gate::before(&echo).rules(rules).start();
    let alice = gate.given_user("alice");
    gate.advance(10 * STEP);
    let mut key = Authenticator::new(1);
    given_key_that(&gate, &alice, &mut key, &verified(&gate));
    let mut door = Door::new(&gate, "/fresh");
    let page = door.sign_in(&mut key, &verified(&gate));
    assert_eq!(door.browser.follow(page).status, 200);
    gate.advance(301);
    let page = door.browser.visit("/fresh");
    page.assert_at("/.vestibule/verify/webauthn", 200);
    let page = door.browser.submit(&page, &[]);
    let page = door.browser.follow(page);
    let code = key.get(&options(&page), &verified(&gate));
    let page = door.browser.submit(&page, &[("code", &code)]);
    assert_eq!(page.status, 303, "{}", page.text());
    assert_eq!(door.browser.follow(page).status, 200);
    assert_eq!(door.browser.goto("/other").status, 200, "two factors still");
}

/// A key that did not ask who holds it is a first factor, and never the second one, too.
#[test]
fn wa_05_a_key_that_saw_nobody_is_one_factor() {
    let echo = Echo::start();
    let rules = rules! {
        "/one" => "one_factor",
        "/fresh" => "one_factor" with max_age = "1m",
        _ => "two_factor",
    };
    let gate = Gate::before(&echo).rules(rules).start();
    let alice = gate.given_user("alice");
    gate.advance(10 * STEP);
    let (mut key, touch) = (Authenticator::new(1), Says::honest(&gate.origin));
    given_key_that(&gate, &alice, &mut key, &touch);
    echo.forget();

    // Enough for one factor, and a password's worth of freshness.
    let mut door = Door::new(&gate, "/one");
    let page = door.sign_in(&mut key, &touch);
    assert_eq!(page.sent_to(), "/one", "{}", page.text());
    assert_eq!(door.browser.goto("/one").status, 200);
    let claims = crate::walk::verified(&gate, echo.last().field("vestibule-assertion").unwrap());
    assert_eq!(claims["amr"], json!(["hwk"]));
    assert_eq!(door.browser.goto("/fresh").status, 200);
    assert!(door.browser.cookie("browser").is_none(), "half a login makes no browser known");
    // The way on asks for another kind, by no address for the same key.
    let page = door.browser.visit("/two");
    page.assert_at("/.vestibule/verify/totp", 200);
    assert!(page.link("/.vestibule/verify/webauthn").is_none());
    assert_eq!(door.browser.goto("/.vestibule/verify/webauthn").status, 404);

    // Where two are asked for, nothing is open before the other.
    gate.advance(STEP);
    let mut door = Door::new(&gate, "/two");
    let page = door.sign_in(&mut key, &touch);
    assert_eq!(page.sent_to(), "/.vestibule/verify", "{}", page.text());
    assert_eq!((door.browser.goto("/two").status, door.browser.goto("/one").status), (302, 302));
    assert!(door.browser.cookie("session").is_none());
    let page = door.browser.visit("/.vestibule/verify");
    page.assert_at("/.vestibule/verify/totp", 200);
    assert_eq!(door.browser.goto("/.vestibule/verify/webauthn").status, 404);
    let page = door.browser.give_code(&alice, &page);
    assert_eq!(page.sent_to(), "/two");
    assert_eq!(door.browser.follow(page).status, 200);
    let claims = crate::walk::verified(&gate, echo.last().field("vestibule-assertion").unwrap());
    // Two things held, and nothing that only she knows or is.
    assert_eq!(claims["amr"], json!(["hwk", "otp"]));

    // Who has nothing else gives the password, and then the key: codes on paper beside a key are no second proof.
    let list: Value = serde_json::from_str(&gate.run(["factor", "list", "alice", "--json"])).unwrap();
    let others = list["factors"].as_array().unwrap().iter().filter(|factor| factor["method"] == "totp");
    for factor in others {
        gate.run(["factor", "remove", "alice", factor["id"].as_str().unwrap()]);
    }
    gate.advance(STEP);
    let mut door = Door::new(&gate, "/two");
    let page = door.sign_in(&mut key, &touch);
    assert!(page.status == 200 && page.text().contains("did not ask who you are"), "{} {}", page.status, page.text());
    assert_eq!(door.browser.goto("/two").status, 302);
    assert!(gate.run(["factor", "list", "alice"]).contains("recovery"), "there are codes, and they are not asked for");
    let page = door.browser.submit(&page, &[("username", "alice"), ("password", &alice.password)]);
    let page = door.browser.follow(page);
    page.assert_at("/.vestibule/verify/webauthn", 200);
}

/// Invariant 16, point 27: only the page's own script gets a challenge; not as often as it likes; and nobody by looking.
#[test]
fn wa_a_challenge_is_for_our_own_page() {
    let (_echo, gate, _alice, mut key) = bench();
    let mut door = Door::new(&gate, "/key");
    let body = format!("csrf={}", door.form.field("csrf").unwrap());
    let address = format!("{HERE}/challenge");
    let to = address.as_str();
    for (what, status, page) in [
        ("by a GET", 405, door.browser.script("GET", to).send()),
        ("without the form's value", 403, door.browser.script("POST", to).form("csrf=").send()),
        ("with another form's value", 403, {
            let other = Door::new(&gate, "/key").form.field("csrf").unwrap().to_owned();
            door.browser.script("POST", to).form(&format!("csrf={other}")).send()
        }),
        ("without the cookie", 403, gate.visitor().script("POST", to).form(&body).send()),
        ("by a navigation", 403, door.browser.navigate("POST", to, "same-origin").form(&body).send()),
        ("from the same site", 403, {
            door.browser.script("POST", to).instead("Sec-Fetch-Site", "same-site").form(&body).send()
        }),
        ("from elsewhere", 403, {
            door.browser.script("POST", to).instead("Sec-Fetch-Site", "cross-site").form(&body).send()
        }),
        ("from elsewhere, without metadata", 403, {
            door.browser.ask("POST", to).with("Origin", "http://evil.test").form(&body).send()
        }),
        ("of a method that needs a name", 404, {
            door.browser.script("POST", "/.vestibule/login/totp/challenge").form(&body).send()
        }),
    ] {
        assert_eq!(page.status, status, "{what}: {}", page.text());
        assert!(!page.html().contains("publicKey"), "{what}");
    }
    let origin = gate.origin.clone();
    let old = door.browser.ask("POST", to).with("Origin", &origin).form(&body).send();
    assert_eq!(old.status, 200, "a browser that sends no metadata");
    // The answer is a form of ours, like the password's.
    let (options, challenge) = door.challenge();
    let code = key.get(&options, &verified(&gate));
    let filled = door.form.filled(&[("challenge", &challenge), ("code", &code)]);
    assert_eq!(door.browser.script("POST", HERE).form(&filled).send().status, 403);
    let foreign = door.browser.navigate("POST", HERE, "cross-site").form(&filled).send();
    assert_eq!(foreign.status, 403);
    let forged = door.form.filled(&[("challenge", challenge.as_str()), ("code", code.as_str()), ("csrf", "x")]);
    assert_eq!(door.browser.navigate("POST", HERE, "same-origin").form(&forged).send().status, 403);
    assert_eq!(door.answer(&challenge, &code).status, 303, "none of it was used up by that");

    // A challenge says nothing of anybody, and is no help without an end.
    let mut door = Door::new(&gate, "/key");
    let body = format!("csrf={}", door.form.field("csrf").unwrap());
    let asked: Value = serde_json::from_str(&door.challenge().0).unwrap();
    assert_eq!(asked["publicKey"]["allowCredentials"], json!([]));
    assert_eq!(asked["publicKey"]["userVerification"], "preferred");
    assert!(asked["mediation"].is_null(), "the script says how");
    let mut statuses = Vec::new();
    for _ in 0..400 {
        statuses.push(door.browser.script("POST", to).form(&body).send().status);
    }
    let refused = statuses.iter().position(|status| *status == 429).expect("there is an end");
    assert!(statuses[refused..].iter().all(|status| *status == 429) && refused > 200, "after {refused}");
    let late = door.browser.script("POST", to).form(&body).send();
    assert!(late.field("retry-after").is_some());
    assert!(late.text().contains("too many tries from your network. Try again in"), "{}", late.text());
    gate.advance(5);
    assert_eq!(door.browser.script("POST", to).form(&body).send().status, 200, "and it ends");
}

/// WA-03, WA-17: one answer, in one browser, within five minutes; and no challenge of another purpose.
#[test]
fn wa_03_a_passkeys_challenge_has_one_use() {
    let (_echo, gate, alice, mut key) = bench();
    let says = verified(&gate);
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..4 {
        let asked: Value = serde_json::from_str(&Door::new(&gate, "/key").challenge().0).unwrap();
        let challenge = asked["publicKey"]["challenge"].as_str().unwrap().to_owned();
        assert!(challenge.len() >= 22 && seen.insert(challenge), "16 bytes or more, never twice");
    }

    // After success, with the very cookies it was made for.
    let mut door = Door::new(&gate, "/key");
    let mut twin = Door { browser: door.browser.clone(), page: door.page.clone(), form: door.form.clone() };
    let (options, challenge) = door.challenge();
    let code = key.get(&options, &says);
    assert_eq!(door.answer(&challenge, &code).status, 303);
    // As any wrong answer, of an enrolled key or of nobody's: a used challenge tells neither from the other.
    let page = twin.answer(&challenge, &code);
    let nobodys = Authenticator::new(9).get(&options, &says);
    let other = twin.answer(&challenge, &nobodys);
    assert_eq!((page.status, other.status), (200, 200));
    assert_eq!(crate::th::bare(&page), crate::th::bare(&other));
    gate.advance(2);
    let code = key.get(&options, &says);
    assert_eq!(twin.answer(&challenge, &code).status, 200, "nor another answer to it");
    assert!(twin.browser.cookie("session").is_none());
    assert!(gate.run(["audit", "--user", "alice", "--json"]).contains("used before"));

    // After a failure.
    gate.advance(2);
    let mut door = Door::new(&gate, "/key");
    let (options, challenge) = door.challenge();
    let lie = key.get(&options, &Says { good_signature: false, ..says.clone() });
    let page = door.answer(&challenge, &lie);
    assert_eq!(page.status, 200, "{}", page.text());
    gate.advance(2);
    let right = key.get(&options, &says);
    assert_eq!(door.answer(&challenge, &right).status, 200);
    assert!(door.browser.cookie("session").is_none());
    gate.advance(5);

    // In another browser; too late; changed; sealed for something else.
    let mut door = Door::new(&gate, "/key");
    let (options, challenge) = door.challenge();
    let code = key.get(&options, &says);
    assert_eq!(Door::new(&gate, "/key").answer(&challenge, &code).status, 403);
    let state: String = door.form.field("state").unwrap().to_owned();
    let mut changed = challenge.clone().into_bytes();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    for other in [String::from_utf8(changed).unwrap(), state, String::new(), "a.b.c".to_owned()] {
        assert_eq!(door.answer(&other, &code).status, 403, "{other}");
    }
    assert_eq!(door.answer(&challenge, &code).status, 303, "the honest one");
    let mut door = Door::new(&gate, "/key");
    let (options, challenge) = door.challenge();
    let code = key.get(&options, &says);
    gate.advance(301);
    assert_eq!(door.answer(&challenge, &code).status, 403, "five minutes are over");

    // A challenge of the second step is none of the first, nor the other way about.
    let (mut wizard, page) = asked(&gate, &alice);
    let mut door = Door::new(&gate, "/key");
    let (alone, challenge) = door.challenge();
    let of_second = key.get(&crate::wa::options(&page), &says);
    let of_first = key.get(&alone, &says);
    let refused = door.answer(&challenge, &of_second);
    assert_wrong(&gate, door, &refused, "a second step's challenge");
    assert_eq!(wizard.submit(&page, &[("code", &of_first)]).status, 200);
    assert_eq!(wizard.goto("/key").status, 302);
    gate.advance(2);
    let mut door = Door::new(&gate, "/key");
    assert_eq!(door.sign_in(&mut key, &says).status, 303);
}

/// WA-01, 02, 05, 07, 09, 11, 12: whatever is not so is refused, with the words for a wrong password.
#[test]
fn wa_01_every_statement_of_a_passkey_is_looked_at() {
    let (_echo, gate, _alice, mut key) = bench();
    let port = gate.address.port();
    type Lie = Box<dyn Fn(&mut Says)>;
    let origin = |origin: String| Box::new(move |says: &mut Says| says.origin.clone_from(&origin)) as Lie;
    let lies: Vec<(&str, Lie)> = vec![
        ("another origin", origin("https://evil.test".to_owned())),
        ("another port", origin(format!("http://localhost:{}", port ^ 1))),
        ("another scheme", origin(format!("https://localhost:{port}"))),
        ("a host below", origin(format!("http://app.localhost:{port}"))),
        ("upper case", origin(format!("http://LOCALHOST:{port}"))),
        ("a dot behind", origin(format!("http://localhost.:{port}"))),
        ("another RP id", Box::new(|says| says.rp_id = "evil.test".to_owned())),
        ("another challenge", Box::new(|says| says.challenge = "A".repeat(43))),
        ("another ceremony", Box::new(|says| says.kind = "webauthn.create".to_owned())),
        ("nobody there", Box::new(|says| says.user_present = false)),
        // It promised at its enrolment to ask who holds it.
        ("nobody seen", Box::new(|says| says.user_verified = false)),
        ("a foreign frame", Box::new(|says| says.cross_origin = Some(true))),
        ("a foreign top", Box::new(|says| says.top_origin = Some("https://evil.test".to_owned()))),
        ("a bad signature", Box::new(|says| says.good_signature = false)),
        ("no user", Box::new(|says| says.user_handle = Some(Vec::new()))),
        ("nobody", Box::new(|says| says.user_handle = Some(vec![7; 16]))),
        ("a long user", Box::new(|says| says.user_handle = Some(vec![7; 64]))),
        ("another key", Box::new(|says| says.id = Some(vec![9; 16]))),
        ("two keys", Box::new(|says| says.raw_id = Some(vec![9; 16]))),
        ("a copy that may travel", Box::new(|says| says.backup_eligible = true)),
        ("a copy that travelled", Box::new(|says| says.backed_up = true)),
        ("a byte behind", Box::new(|says| says.behind = 1)),
        ("an old counter", Box::new(|says| says.counter = Some(1))),
    ];
    for (what, lie) in &lies {
        let counter = key.counter;
        let mut says = verified(&gate);
        lie(&mut says);
        let mut door = Door::new(&gate, "/key");
        let page = door.sign_in(&mut key, &says);
        assert_wrong(&gate, door, &page, what);
        key.counter = counter;
        let mut door = Door::new(&gate, "/key");
        let page = door.sign_in(&mut key, &verified(&gate));
        assert_eq!(page.status, 303, "the truth after {what}: {}", page.text());
        gate.advance(2);
    }
    for junk in ["", "null", "{}", "[]", "\u{0}", "{\"id\":1}", &"x".repeat(60_000), &"[".repeat(20_000)] {
        let mut door = Door::new(&gate, "/key");
        let (_, challenge) = door.challenge();
        let page = door.answer(&challenge, junk);
        assert_wrong(&gate, door, &page, &format!("{} bytes of junk", junk.len()));
    }
    // Chopped off anywhere, and with what the browser never sends.
    let mut door = Door::new(&gate, "/key");
    let (options, _) = door.challenge();
    let code = key.get(&options, &verified(&gate));
    for cut in (0..code.len()).step_by(97) {
        let mut door = Door::new(&gate, "/key");
        let (_, challenge) = door.challenge();
        let page = door.answer(&challenge, &code[..cut]);
        assert_wrong(&gate, door, &page, &format!("cut at {cut}"));
    }
    let trail = gate.run(["audit", "--json"]);
    assert!(trail.contains("factor_wrong") && trail.contains("factor_suspect"));
}

/// WA-09: who may not sign in may not by a passkey either, and nobody learns why.
#[test]
fn wa_09_a_passkey_of_somebody_who_may_not() {
    let (_echo, gate, alice, mut key) = bench();
    let says = verified(&gate);
    let refused = |key: &mut Authenticator, says: &Says, what: &str| {
        let mut door = Door::new(&gate, "/key");
        let page = door.sign_in(key, says);
        assert_wrong(&gate, door, &page, what);
    };
    let opens = |key: &mut Authenticator, what: &str| {
        let mut door = Door::new(&gate, "/key");
        assert_eq!(door.sign_in(key, &says).status, 303, "{what}");
        gate.advance(2);
        door.browser
    };
    // Bob's key with Alice's name on it, and the other way about.
    let bob = gate.given_user("bob");
    gate.advance(STEP);
    let mut his = Authenticator::new(2);
    given_key_that(&gate, &bob, &mut his, &says);
    gate.advance(2);
    for handle in [key.user_handle.clone(), Vec::new(), vec![0; 16]] {
        refused(&mut his, &Says { user_handle: Some(handle), ..says.clone() }, "Bob's key for Alice");
    }
    let his_id = his.id.clone();
    let as_his = Says { id: Some(his_id), user_handle: Some(his.user_handle.clone()), ..says.clone() };
    refused(&mut key, &as_his, "Alice's key in Bob's name");
    refused(&mut Authenticator::new(3), &says, "a key that was never enrolled");
    opens(&mut his, "his own");

    let mut browser = opens(&mut key, "her own");
    gate.run(["user", "disable", "alice"]);
    assert_eq!(browser.goto("/key").status, 302);
    refused(&mut key, &says, "disabled");
    gate.run(["user", "enable", "alice"]);
    let mut browser = opens(&mut key, "enabled again");

    // The key is removed: the session that stood on it alone is over at once.
    let list: Value = serde_json::from_str(&gate.run(["factor", "list", "alice", "--json"])).unwrap();
    let id = |list: &Value| {
        let mut factors = list["factors"].as_array().unwrap().iter();
        factors.find(|factor| factor["method"] == "webauthn").unwrap()["id"].as_str().unwrap().to_owned()
    };
    gate.run(["factor", "remove", "alice", &id(&list)]);
    assert_eq!(browser.goto("/key").status, 302, "nothing is proved any more");
    refused(&mut key, &says, "removed");

    // Enrolled again, then reset, then gone for good.
    given_key_that(&gate, &alice, &mut key, &says);
    gate.advance(2);
    opens(&mut key, "enrolled again");
    gate.run(["user", "reset", "alice"]);
    refused(&mut key, &says, "reset");
    gate.run(["user", "remove", "bob"]);
    refused(&mut his, &says, "removed for good");
}

/// TH-02, behaviour 33: whoever fails as Alice shuts the door for strangers, not for her passkey; and her login opens it.
#[test]
fn th_02_a_passkey_opens_what_strangers_closed() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).config("[throttle]\nhard_limit = 4\nceiling = \"2s\"").start();
    let alice = gate.given_user("alice");
    gate.advance(10 * STEP);
    let mut key = Authenticator::new(1);
    given_key_that(&gate, &alice, &mut key, &verified(&gate));
    let mut stranger = gate.visitor();
    for _ in 0..4 {
        gate.advance(2);
        let page = stranger.visit("/");
        assert_eq!(stranger.submit(&page, &[("username", "alice"), ("password", "wrong")]).status, 200);
    }
    gate.advance(2);
    let page = stranger.visit("/");
    let page = stranger.submit(&page, &[("username", "alice"), ("password", &alice.password)]);
    assert_eq!(page.status, 429, "closed");
    assert!(gate.run(["user", "show", "alice"]).contains("locked"));

    let mut door = Door::new(&gate, "/");
    let page = door.sign_in(&mut key, &verified(&gate));
    assert_eq!(page.status, 303, "{}", page.text());
    assert_eq!(door.browser.follow(page).status, 200);
    gate.advance(STEP);
    let mut elsewhere = gate.visitor();
    elsewhere.give_password(&alice, "/");
    let page = elsewhere.goto("/.vestibule/verify/totp");
    assert_eq!(elsewhere.give_code(&alice, &page).status, 303, "open again");

    // Wrong answers with her key's name on them are no guesses, and hold up nobody: neither her nor the one beside her.
    for _ in 0..110 {
        let mut door = Door::new(&gate, "/");
        let lie = Says { good_signature: false, counter: Some(key.counter), ..verified(&gate) };
        assert_eq!(door.sign_in(&mut key, &lie).status, 200);
    }
    let mut door = Door::new(&gate, "/");
    assert_eq!(door.sign_in(&mut key, &verified(&gate)).status, 303);
}

/// Of many at once with one answer, one gets in.
#[test]
fn wa_03_one_answer_in_many_tabs_has_one_winner() {
    let (_echo, gate, _alice, mut key) = bench();
    let mut door = Door::new(&gate, "/key");
    let (options, challenge) = door.challenge();
    let code = key.get(&options, &verified(&gate));
    let code = &code;
    let twins = (0..8).map(|_| {
        let mut twin = Door { browser: door.browser.clone(), page: door.page.clone(), form: door.form.clone() };
        let challenge = challenge.clone();
        move || twin.answer(&challenge, code).status
    });
    let statuses = crate::race::at_once(twins.collect());
    assert!(statuses.iter().filter(|status| **status == 303).count() <= 1, "{statuses:?}");
    gate.advance(2);
    let mut door = Door::new(&gate, "/key");
    assert_eq!(door.sign_in(&mut key, &verified(&gate)).status, 303);
}
