//! The honest way through: what a person, an operator and an application see when nobody attacks.

use serde_json::Value;

use crate::harness::{Echo, Gate, PASSWORD, codes_on, secret_on};

/// A protected address, invitation, password, authenticator, recovery codes, the application, which knows who it is and
/// can prove it.
#[test]
fn from_a_protected_address_to_the_application() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).start();
    let mut alice = gate.visitor();

    // A stranger is sent to the login, with the address asked for.
    let page = alice.goto("/wiki/page?a=1&b=two");
    assert_eq!(page.status, 302);
    assert_eq!(
        page.sent_to(),
        "/.vestibule/login?rd=%2Fwiki%2Fpage%3Fa%3D1%26b%3Dtwo".replace("%2Fwiki", &rd_of(&page))
    );
    let page = alice.follow(page);
    page.assert_at("/.vestibule/login", 200);
    assert!(page.form().has("username") && page.form().has("password") && !page.form().has("code"));
    echo.assert_untouched("a stranger");

    // The operator invites; opening the link uses nothing up.
    let link = gate.invite("alice");
    for _ in 0..2 {
        let page = alice.visit(&link);
        page.assert_at("/.vestibule/invite", 200);
        assert!(!page.html().contains(link.rsplit('/').next().unwrap()), "the token is gone from the page");
    }

    // Password, then the authenticator, shown once as link, text and picture.
    let page = alice.goto("/.vestibule/invite");
    let page = alice.submit(&page, &[("new_password", PASSWORD), ("new_password_again", PASSWORD)]);
    let page = alice.follow(page);
    let page = match page.link("/.vestibule/enrol/totp") {
        Some(link) => alice.goto(&link),
        None => page,
    };
    let secret = secret_on(&page);
    assert!(secret.len() >= 32, "160 bits at least: {secret}");
    assert!(page.html().contains("<svg") && page.text().replace(' ', "").contains(&secret));
    let (_, page) = alice.enrol_totp(page);
    assert_eq!(codes_on(&page).len(), 10);
    let (codes, page) = alice.keep_codes(page);
    assert_eq!(codes.iter().collect::<std::collections::BTreeSet<_>>().len(), 10, "ten different codes");
    assert_eq!(page.status, 200, "verified without a second login");
    let dead = gate.visitor().visit(&link);
    assert_eq!(dead.status, 404, "the link is used up");

    // The application knows who it is, and can prove it.
    let page = alice.goto("/wiki/page?a=1");
    assert_eq!(page.status, 200);
    let request = echo.last();
    assert_eq!(request.target, "/wiki/page?a=1");
    assert_eq!(request.fields_named("remote-user"), ["alice"]);
    let claims = verified(&gate, request.field("vestibule-assertion").expect("an assertion"));
    assert_eq!(claims["iss"], gate.origin);
    assert_eq!(claims["aud"], gate.origin);
    assert_eq!(claims["preferred_username"], "alice");
    let amr: Vec<&str> = claims["amr"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(amr, ["pwd", "otp", "mfa"]);
    let (now, issued, expires) = (gate.control.now() / 1000, claims["iat"].as_i64(), claims["exp"].as_i64());
    assert_eq!((issued, expires), (Some(now), Some(now + 60)));
}

/// Given an account, when somebody signs in for an address, then each step shows only itself and the end is that
/// address, once.
#[test]
fn a_login_ends_where_it_began() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).start();
    let alice = gate.given_user("alice");
    let mut browser = gate.visitor();
    echo.forget();

    let page = browser.give_password(&alice, "/a?b=1");
    assert_eq!((page.url.path(), page.status), ("/.vestibule/verify/totp", 200));
    assert!(page.text().contains("alice"), "the page names the account");
    echo.assert_untouched("a password alone");
    gate.advance(30);
    let page = browser.give_code(&alice, &page);
    assert_eq!((page.status, page.sent_to().as_str()), (303, "/a?b=1"));
    assert_eq!(browser.follow(page).status, 200);
    assert_eq!(echo.last().target, "/a?b=1");

    let session = browser.script("GET", "/.vestibule/session").send().json();
    assert_eq!(session["signed_in"], true);
    assert_eq!(session["level"], "verified");

    // Signing out ends it.
    browser.sign_out();
    assert_eq!(browser.goto("/a").status, 302);
}

/// A wrong name, a wrong password and a wrong code say nothing but that they are wrong.
#[test]
fn wrong_answers_are_form_states() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).start();
    let alice = gate.given_user("alice");
    let mut browser = gate.visitor();
    echo.forget();

    let mut said = Vec::new();
    for (name, password) in [("alice", "not the password"), ("nobody", PASSWORD)] {
        let page = browser.visit("/");
        let page = browser.submit(&page, &[("username", name), ("password", password)]);
        page.assert_at("/.vestibule/login", 200);
        assert!(!page.html().contains(password), "a password is never shown again");
        said.push(page.text().replace(name, "NAME"));
        gate.advance(2);
    }
    assert_eq!(said[0], said[1], "one answer for both");

    let page = browser.give_password(&alice, "/");
    let wrong = browser.submit(&page, &[("code", "000000")]);
    assert_eq!(wrong.status, 200);
    assert!(browser.goto("/").status == 302, "nothing is granted");
    echo.assert_untouched("wrong answers");
    gate.advance(30);
    let page = browser.give_code(&alice, &wrong);
    assert_eq!(browser.follow(page).status, 200);
}

/// What was said survives `kill -9`: the session, the account, and that a code was used.
#[test]
fn an_answer_given_is_an_answer_kept() {
    let echo = Echo::start();
    let mut gate = Gate::before(&echo).start();
    let alice = gate.given_user("alice");
    let mut browser = gate.visitor();
    assert_eq!(browser.sign_in(&alice, "/").status, 200);
    gate.restart();
    assert_eq!(browser.goto("/").status, 200, "the session is still good");
    let mut other = gate.visitor();
    let page = other.give_password(&alice, "/");
    assert_eq!(other.give_code(&alice, &page).status, 200, "the code is still used up");
    gate.advance(60);
    let page = other.goto("/.vestibule/verify/totp");
    let page = other.give_code(&alice, &page);
    assert_eq!(page.status, 303, "the next one is good: {}", page.text());
}

/// The spelling of the address in `rd` is the gate's to choose: absolute or a path.
fn rd_of(page: &crate::harness::Page) -> String {
    let sent = page.sent_to();
    let rd = sent.split_once("rd=").map_or("", |(_, rd)| rd);
    rd.split_once("%2Fpage").map_or_else(|| panic!("no address asked for in {sent}"), |(before, _)| before.to_owned())
}

/// The claims of an assertion, as an application verifies it: ES256 under the published key, issuer and audience. Its
/// times are of the test's clock and are looked at by the caller.
pub fn verified(gate: &Gate, assertion: &str) -> Value {
    let keys = gate.visitor().script("GET", "/.vestibule/jwks.json").send().json();
    let header = jsonwebtoken::decode_header(assertion).expect("a JWT");
    let keys: jsonwebtoken::jwk::JwkSet = serde_json::from_value(keys).expect("a key set");
    let key = keys.find(header.kid.as_deref().expect("a kid")).expect("the key is published");
    let key = jsonwebtoken::DecodingKey::from_jwk(key).expect("a public key");
    let mut rules = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::ES256);
    rules.set_required_spec_claims(&["exp", "aud", "iss"]);
    rules.set_audience(&[&gate.origin]);
    rules.set_issuer(&[&gate.origin]);
    rules.validate_exp = false;
    jsonwebtoken::decode(assertion, &key, &rules).expect("a good signature").claims
}
