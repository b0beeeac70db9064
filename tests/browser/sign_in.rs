//! The second time, and every time after: with a code, with a recovery code, with a security key.

use crate::driver::SecurityKey;
use crate::harness::{Answer, Echo, Gate, PASSWORD, code_of};
use crate::person::{Person, application};

fn with_a_code_and_with_a_recovery_code(scripts: bool) {
    let echo = application();
    let gate = Gate::before(&echo).start();
    let user = gate.given_user("alice");
    let alice = Person::at(&gate);
    alice.browser.scripts(scripts);

    alice.signs_in(&user, "/wiki/page");
    alice.sees_the_application_as("alice");
    assert_eq!(alice.browser.text_of("#scripts"), if scripts { "on" } else { "off" });
    assert_eq!(alice.amr_at(&echo), ["pwd", "otp", "mfa"]);

    // Signed out is signed out, also for the way back.
    alice.signs_out();
    alice.goes("/wiki/page", "/.vestibule/login");

    alice.gives_the_password(&user, "/wiki/page", "/.vestibule/verify/totp");
    assert!(alice.browser.text().contains("alice"), "the page names the account");
    alice.clicks(".others a[href*='/verify/recovery']", "/.vestibule/verify/recovery");
    alice.browser.fill("[name=code]", &user.recovery_codes[3].to_lowercase());
    alice.clicks("button.primary", "/wiki/page");
    alice.sees_the_application_as("alice");
    assert!(alice.amr_at(&echo).contains(&"recovery".to_owned()));
}

#[test]
fn with_a_code_and_with_a_recovery_code_with_scripts() {
    with_a_code_and_with_a_recovery_code(true);
}

#[test]
fn with_a_code_and_with_a_recovery_code_without_scripts() {
    with_a_code_and_with_a_recovery_code(false);
}

/// WZ-06: every form sent by a double click. A browser throws the first answer away, and must not be left with nothing.
/// Without scripts that is asked of the two forms with a password, whose answer takes longer than the second click.
fn with_double_clicks(scripts: bool) {
    let echo = application();
    let gate = Gate::before(&echo).start();
    let alice = Person::at(&gate);
    let comes = |address: &str, path: &str| {
        alice.browser.scripts(scripts);
        alice.goes(address, path);
        // Whoever clicks for the test needs them; the page has been read without.
        alice.browser.scripts(true);
    };

    comes(&gate.invite("alice"), "/.vestibule/invite");
    alice.browser.fill("#new_password", PASSWORD);
    alice.browser.fill("#new_password_again", PASSWORD);
    alice.clicks_twice("button.primary", "/.vestibule/enrol");
    alice.clicks("a[href='/.vestibule/enrol/totp']", "/.vestibule/enrol/totp");
    let secret = alice.browser.text_of("code.secret").replace(' ', "");
    let code = || code_of(&secret, gate.control.now());
    alice.browser.fill("[name=code]", &code());
    alice.clicks_twice("button.primary", "/.vestibule/enrol/recovery");
    alice.browser.click("#acknowledged");
    alice.clicks_twice("button.primary", "/");
    alice.sees_the_application_as("alice");

    alice.signs_out();
    comes("/wiki/page", "/.vestibule/login");
    alice.browser.fill("#username", "alice");
    alice.browser.fill("#password", PASSWORD);
    alice.clicks_twice("button.primary", "/.vestibule/verify/totp");
    gate.advance(60);
    alice.browser.fill("[name=code]", &code());
    alice.clicks_twice("button.primary", "/wiki/page");
    alice.sees_the_application_as("alice");
    let sessions = gate.run(["session", "list", "alice", "--json"]);
    assert_eq!(sessions.matches("\"id\"").count(), 1, "{sessions}");
}

#[test]
fn with_double_clicks_with_scripts() {
    with_double_clicks(true);
}

#[test]
fn with_double_clicks_without_scripts() {
    with_double_clicks(false);
}

/// From an app or a password manager, in groups, as they are often written (WCAG 2.2, 3.3.8).
#[test]
fn with_a_password_and_a_code_that_are_pasted() {
    let echo = application();
    let gate = Gate::before(&echo).start();
    let user = gate.given_user("alice");
    let alice = Person::at(&gate);

    alice.goes("/wiki/page", "/.vestibule/login");
    alice.browser.paste("#username", &user.name);
    alice.browser.paste("#password", &user.password);
    alice.clicks("button.primary", "/.vestibule/verify/totp");
    gate.advance(30);
    let code = user.code_at(gate.control.now(), 0);
    alice.browser.paste("[name=code]", &format!(" {} {} ", &code[..3], &code[3..]));
    alice.clicks("button.primary", "/wiki/page");
    alice.sees_the_application_as("alice");
}

/// Nobody needs a mouse: the cursor stands where the next word belongs, and Enter sends it.
#[test]
fn with_the_keyboard_alone() {
    const TAB: char = '\u{e004}';
    const ENTER: char = '\u{e007}';
    let echo = application();
    let gate = Gate::before(&echo).start();
    let user = gate.given_user("alice");
    let alice = Person::at(&gate);

    alice.goes("/wiki/page", "/.vestibule/login");
    alice.browser.press(&format!("{}{TAB}{}{ENTER}", user.name, user.password));
    alice.arrives("/.vestibule/verify/totp");
    gate.advance(30);
    alice.browser.press(&format!("{}{ENTER}", user.code_at(gate.control.now(), 0)));
    alice.arrives("/wiki/page");
    alice.sees_the_application_as("alice");
}

/// A key is added from the account, after a code of the factor there is, and opens the door from then on.
fn with(key: SecurityKey, wanted: &[&str]) {
    let echo = application();
    let gate = Gate::before(&echo).start();
    let user = gate.given_user("alice");
    let alice = Person::at(&gate);
    let key = alice.browser.plug_in(key);

    alice.signs_in(&user, "/wiki/page");
    alice.goes("/.vestibule/account", "/.vestibule/account");
    alice.clicks(".button.main", "/.vestibule/account/add");
    alice.clicks("a[href*='confirm/add-webauthn']", "/.vestibule/account/confirm/add-webauthn");
    alice.gives_a_code(&user, "/.vestibule/enrol/webauthn");
    alice.begins_with_the_key();
    alice.browser.fill("#label", "Blue key");
    alice.uses_the_key("/.vestibule/account");
    assert!(alice.browser.text().contains("Blue key"), "{}", alice.browser.text());

    // The login page would find it by itself.
    alice.browser.touches(&key, false);
    alice.signs_out();
    alice.gives_the_password(&user, "/wiki/page", "/.vestibule/verify/totp");
    alice.clicks(".others a[href*='/verify/webauthn']", "/.vestibule/verify/webauthn");
    alice.begins_with_the_key();
    alice.browser.touches(&key, true);
    alice.uses_the_key("/wiki/page");
    alice.sees_the_application_as("alice");
    assert_eq!(alice.amr_at(&echo), wanted);
}

#[test]
fn with_a_security_key() {
    with(SecurityKey::Usb, &["pwd", "hwk", "mfa"]);
}

/// The same page takes what the device itself keeps, and says that it knew its owner.
#[test]
fn with_a_passkey() {
    with(SecurityKey::Device, &["pwd", "hwk", "user", "mfa"]);
}

/// WB-05: the application sends its visitor on to another origin at once, as one with a login of its own does.
#[test]
fn a_login_ends_where_the_application_sends_its_visitor() {
    let elsewhere = application();
    let there = format!("http://{}", elsewhere.address);
    let location = format!("HTTP/1.1 302 Found\r\nLocation: {there}/there\r\nContent-Length: 0\r\n\r\n");
    let echo = Echo::answering(move |_| Answer::Bytes(location.clone().into_bytes()));
    let gate = Gate::before(&echo).start();
    let user = gate.given_user("alice");
    let alice = Person::at(&gate);
    alice.gives_the_password(&user, "/wiki/page", "/.vestibule/verify/totp");
    gate.advance(30);
    alice.browser.fill("[name=code]", &user.code_at(gate.control.now(), 0));
    alice.browser.follow("button.primary");
    alice.browser.arrive("/there");
    assert_eq!(alice.browser.url().origin().ascii_serialization(), there);
    assert_eq!(alice.browser.complaints(), Vec::<String>::new());
}

fn a_browser_that_is_trusted(scripts: bool) {
    let echo = application();
    let gate = Gate::before(&echo).start();
    let user = gate.given_user("alice");
    let alice = Person::at(&gate);
    alice.browser.scripts(scripts);

    alice.gives_the_password(&user, "/wiki/page", "/.vestibule/verify/totp");
    assert_eq!(alice.browser.count("#trust:checked"), 0, "the box is there, and not ticked");
    alice.browser.click("label[for=trust]");
    assert_eq!(alice.browser.count("#trust:checked"), 1, "its words tick it");
    alice.gives_a_code(&user, "/wiki/page");
    alice.signs_out();

    alice.gives_the_password(&user, "/wiki/page", "/wiki/page");
    alice.sees_the_application_as("alice");
    assert_eq!(alice.amr_at(&echo), ["pwd", "remembered"]);

    // It is listed, and forgotten: then the code is asked for again.
    alice.goes("/.vestibule/account", "/.vestibule/account");
    assert!(alice.browser.text().contains("Trusted until"), "{}", alice.browser.text());
    alice.clicks("a[href*='/confirm/forget-browsers']", "/.vestibule/account/confirm/forget-browsers");
    alice.gives_a_code(&user, "/.vestibule/account");
    alice.signs_out();
    alice.gives_the_password(&user, "/wiki/page", "/.vestibule/verify/totp");
}

#[test]
fn a_browser_that_is_trusted_with_scripts() {
    a_browser_that_is_trusted(true);
}

#[test]
fn a_browser_that_is_trusted_without_scripts() {
    a_browser_that_is_trusted(false);
}
