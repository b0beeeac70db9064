//! One life in a browser, as its owner clicks through it; and what is offered by a browser that cannot do all of it.

use serde_json::{Value, json};

use crate::driver::SecurityKey;
use crate::harness::{Gate, PASSWORD, User, link_in, until};
use crate::person::{Person, application};

const NEW: &str = "a window to the west";

/// Invited, enrolled, reminded, a key added, the phone lost and taken off, the password forgotten, disabled, removed.
#[test]
fn a_whole_life_in_a_browser() {
    let echo = application();
    let config = "[gateway.email]\nkind = \"console\"\n[password]\nreset_by_mail = true\n\
                  [enrolment]\nremind = \"30d\"\nlost_device = \"Call 4357 and have your badge at hand.\"";
    let gate = Gate::before(&echo).config(config).start();
    let alice = Person::at(&gate);
    let key = alice.browser.plug_in(SecurityKey::Usb);

    let link = link_in(&gate.run(["user", "add", "alice", "--email", "alice@example.com"]));
    alice.goes(&link, "/.vestibule/invite");
    alice.sets_a_password();
    alice.clicks("a[href='/.vestibule/enrol/totp']", "/.vestibule/enrol/totp");
    let secret = alice.sets_up_an_authenticator();
    let recovery_codes = alice.keeps_the_codes("/");
    alice.sees_the_application_as("alice");
    let user = User { name: "alice".to_owned(), password: PASSWORD.to_owned(), secret, recovery_codes };

    // The login page would find the key by itself.
    alice.browser.touches(&key, false);
    alice.signs_out();
    alice.gives_the_password(&user, "/wiki/page", "/.vestibule/verify/totp");
    alice.gives_a_code(&user, "/.vestibule/account/remind");
    alice.looks("remind", Some("alice"), 0);
    assert_eq!(alice.browser.count("a[href*='confirm/add-webauthn']"), 1, "this browser has keys");
    alice.clicks("main button", "/wiki/page");

    alice.goes("/.vestibule/account", "/.vestibule/account");
    alice.clicks(".button.main", "/.vestibule/account/add");
    alice.clicks("a[href*='confirm/add-webauthn']", "/.vestibule/account/confirm/add-webauthn");
    alice.gives_a_code(&user, "/.vestibule/enrol/webauthn");
    alice.browser.touches(&key, true);
    alice.begins_with_the_key();
    alice.browser.fill("#label", "Blue key");
    alice.uses_the_key("/.vestibule/account");

    // The phone is gone: paper opens, and the key takes the phone off the account.
    alice.browser.touches(&key, false);
    alice.signs_out();
    alice.gives_the_password(&user, "/wiki/page", "/.vestibule/verify/totp");
    alice.clicks("a[href^='/.vestibule/verify/lost']", "/.vestibule/verify/lost");
    assert!(alice.browser.text().contains("Call 4357"), "{}", alice.browser.text());
    alice.clicks("a[href*='/verify/recovery']", "/.vestibule/verify/recovery");
    alice.browser.fill("[name=code]", &user.recovery_codes[0]);
    alice.clicks("button.primary", "/wiki/page");
    alice.goes("/.vestibule/account", "/.vestibule/account");
    alice.browser.touches(&key, true);
    let (phone, blue) = (factor(&gate, "totp"), factor(&gate, "webauthn"));
    let deed = format!("/.vestibule/account/confirm/remove-{phone}");
    assert_eq!(alice.browser.count(&format!("a[href='{deed}']")), 1);
    alice.goes(&format!("{deed}?factor={blue}"), &deed);
    let button = || alice.browser.text_of("main button.primary");
    assert_eq!(button(), "Continue", "nothing is removed by the first press");
    alice.begins_with_the_key();
    assert_eq!(button(), "Use key or passkey", "and the second calls the browser");
    alice.uses_the_key("/.vestibule/account");
    assert!(!alice.browser.text().contains("Authenticator app"), "{}", alice.browser.text());

    // The password is forgotten.
    alice.browser.touches(&key, false);
    alice.signs_out();
    alice.goes("/.vestibule/reset", "/.vestibule/reset");
    alice.browser.fill("#username", "alice");
    alice.clicks("button.primary", "/.vestibule/reset");
    let text = until("the mail", 20, || {
        let text = gate.outbox()["messages"].as_array()?.last()?["text"].as_str()?.to_owned();
        text.contains("/.vestibule/reset/").then_some(text)
    });
    alice.goes(&link_in(&text), "/.vestibule/reset/password");
    alice.browser.fill("#new_password", NEW);
    alice.browser.fill("#new_password_again", NEW);
    alice.clicks("button.primary", "/.vestibule/login");
    let user = User { password: NEW.to_owned(), ..user };
    alice.gives_the_password(&user, "/wiki/page", "/.vestibule/verify/webauthn");
    alice.browser.touches(&key, true);
    alice.begins_with_the_key();
    alice.uses_the_key("/wiki/page");
    alice.sees_the_application_as("alice");

    // Out at once, and gone.
    alice.browser.touches(&key, false);
    gate.run(["user", "disable", "alice"]);
    alice.goes("/wiki/page", "/.vestibule/login");
    gate.run(["user", "remove", "alice"]);
    alice.browser.fill("#username", "alice");
    alice.browser.fill("#password", NEW);
    alice.clicks("button.primary", "/.vestibule/login");
    assert!(alice.browser.text().contains("User name or password is not right"), "{}", alice.browser.text());
    assert_eq!(gate.cli(["user", "add", "alice"]).code, 1, "the name is not given out by accident");
}

/// A browser without keys is not offered any, and told so; without script, which could not know, it is offered all.
#[test]
fn keys_are_not_offered_where_there_are_none() {
    let echo = application();
    let gate = Gate::before(&echo).start();
    for scripts in [true, false] {
        let alice = Person::at(&gate);
        let without = json!({ "source": "delete window.PublicKeyCredential" });
        alice.browser.devtools("Page.addScriptToEvaluateOnNewDocument", without);
        alice.browser.scripts(scripts);
        let name = if scripts { "alice" } else { "bobby" };
        alice.goes(&gate.invite(name), "/.vestibule/invite");
        alice.sets_a_password();
        assert_eq!(alice.browser.count("a[href='/.vestibule/enrol/webauthn']"), u64::from(!scripts));
        assert_eq!(alice.browser.text().contains("This browser cannot use keys and passkeys"), scripts);
        alice.clicks("a[href='/.vestibule/enrol/totp']", "/.vestibule/enrol/totp");
    }
}

/// The user's factor of this method.
fn factor(gate: &Gate, method: &str) -> String {
    let listed: Value = serde_json::from_str(&gate.run(["factor", "list", "alice", "--json"])).expect("JSON");
    let mut factors = listed["factors"].as_array().expect("factors").iter();
    let found = factors.find(|factor| factor["method"] == method);
    found.unwrap_or_else(|| panic!("no {method}"))["id"].as_str().expect("an id").to_owned()
}
