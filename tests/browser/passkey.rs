//! Signing in with what the browser finds: a key on USB with a PIN, a passkey of the device, by the button and by a name
//! offered in the field; and what the browser finds none in. A passkey that asks nobody who it is, which Chromium makes
//! none of, is told of in `tests/spec/passkey.rs`.

use crate::driver::SecurityKey;
use crate::harness::{Echo, Gate, User};
use crate::person::{Person, application};

const ALONE: &str = "form[data-alone] button";
/// Keeps what the page's script asks of the gate back until `letGo()`.
const HOLDS_QUESTIONS: &str = "const real = window.fetch; const held = new Promise((go) => { window.letGo = go; }); \
                               window.fetch = async (...all) => { await held; return real(...all); };";

/// Alice, signed out, with this key enrolled; it waits for a touch.
fn enrolled<'g>(gate: &'g Gate, user: &User, key: SecurityKey) -> (Person<'g>, String) {
    let alice = Person::at(gate);
    let key = alice.browser.plug_in(key);
    alice.browser.touches(&key, false);
    alice.signs_in(user, "/wiki/page");
    alice.goes("/.vestibule/account", "/.vestibule/account");
    alice.clicks(".button.main", "/.vestibule/account/add");
    alice.clicks("a[href*='confirm/add-webauthn']", "/.vestibule/account/confirm/add-webauthn");
    alice.gives_a_code(user, "/.vestibule/enrol/webauthn");
    alice.begins_with_the_key();
    alice.browser.touches(&key, true);
    alice.uses_the_key("/.vestibule/account");
    alice.browser.touches(&key, false);
    alice.signs_out();
    (alice, key)
}

fn bench() -> (Echo, Gate, User) {
    let echo = application();
    let gate = Gate::before(&echo).start();
    let user = gate.given_user("alice");
    (echo, gate, user)
}

/// By the button: one touch, and the page that was asked for.
fn by_the_button(kind: SecurityKey) {
    let (echo, gate, user) = bench();
    let (alice, key) = enrolled(&gate, &user, kind);
    alice.goes("/wiki/page", "/.vestibule/login");
    assert_eq!(alice.browser.count(ALONE), 1, "{}", alice.browser.text());
    // A touch that does not come is no dead end.
    alice.browser.sees_its_owner(&key, false);
    alice.browser.touches(&key, true);
    alice.browser.click(ALONE);
    alice.browser.wait_for("form[data-alone] [data-message]:not([hidden])");
    assert!(alice.browser.text().contains("This did not work"), "{}", alice.browser.text());
    alice.browser.touches(&key, false);

    alice.goes("/wiki/page", "/.vestibule/login");
    alice.browser.sees_its_owner(&key, true);
    if kind == SecurityKey::Device {
        // Touched before the button is pressed, it would be taken for the name that the field offers; touched after it
        // was asked, it would never answer. So its question waits until the finger is there.
        alice.browser.run(HOLDS_QUESTIONS, serde_json::json!([]));
        alice.browser.click(ALONE);
        alice.browser.touches(&key, true);
        alice.browser.run("letGo()", serde_json::json!([]));
    } else {
        alice.browser.touches(&key, true);
        alice.browser.click(ALONE);
    }
    alice.arrives("/wiki/page");
    alice.sees_the_application_as("alice");
    assert_eq!(alice.amr_at(&echo), ["hwk", "user", "mfa"]);
}

#[test]
fn a_passkey_of_the_device_by_the_button() {
    by_the_button(SecurityKey::Device);
}

#[test]
fn a_key_with_a_pin_by_the_button() {
    by_the_button(SecurityKey::UsbWithPin);
}

/// Picked among the names that the browser offers: no button, no name, no password.
#[test]
fn a_passkey_offered_in_the_field() {
    let (echo, gate, user) = bench();
    let (alice, key) = enrolled(&gate, &user, SecurityKey::Device);
    alice.goes("/wiki/page", "/.vestibule/login");
    assert_eq!(alice.browser.attribute("#username", "autocomplete").as_deref(), Some("username webauthn"));
    alice.browser.touches(&key, true);
    alice.browser.open(&format!("{}/wiki/page", gate.origin));
    alice.arrives("/wiki/page");
    alice.sees_the_application_as("alice");
    assert_eq!(alice.amr_at(&echo), ["hwk", "user", "mfa"]);
}

/// What the browser keeps no passkey in (a key without room for any, a device that asks nobody who it is) is found by no
/// name, and stays a second factor.
fn stays_a_second_factor(kind: SecurityKey) {
    let (echo, gate, user) = bench();
    let (alice, key) = enrolled(&gate, &user, kind);
    alice.gives_the_password(&user, "/wiki/page", "/.vestibule/verify/totp");
    alice.clicks(".others a[href*='/verify/webauthn']", "/.vestibule/verify/webauthn");
    alice.begins_with_the_key();
    alice.browser.touches(&key, true);
    alice.uses_the_key("/wiki/page");
    assert_eq!(alice.amr_at(&echo), ["pwd", "hwk", "mfa"]);
}

#[test]
fn a_key_without_memory_is_a_second_factor() {
    stays_a_second_factor(SecurityKey::Usb);
}

#[test]
fn a_device_that_asks_nobody_is_a_second_factor() {
    stays_a_second_factor(SecurityKey::OpenDevice);
}

/// Without script nothing is offered that could not work.
#[test]
fn without_script_the_password_is_all_there_is() {
    let (_echo, gate, user) = bench();
    let alice = Person::at(&gate);
    alice.browser.scripts(false);
    alice.goes("/wiki/page", "/.vestibule/login");
    assert_eq!(alice.browser.count(ALONE), 0);
    alice.signs_in(&user, "/wiki/page");
    alice.sees_the_application_as("alice");
}
