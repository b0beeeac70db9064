//! The first time: from a protected address, by an invitation, to the application.

use crate::harness::Gate;
use crate::person::{Person, application};

/// Protected address, login page, invitation, password, authenticator read off the page, recovery codes, application.
fn from_the_street_to_the_application(scripts: bool) {
    let echo = application();
    let gate = Gate::before(&echo).start();
    let alice = Person::at(&gate);
    alice.browser.scripts(scripts);

    alice.goes("/wiki/page?a=1", "/.vestibule/login");
    assert!(alice.browser.count("#username") == 1 && alice.browser.count("[name=code]") == 0);
    echo.assert_untouched("a stranger");

    let link = gate.invite("alice");
    alice.goes(&link, "/.vestibule/invite");
    assert!(alice.browser.text().contains("alice"), "an invitation names whom it is for");
    alice.sets_a_password();
    alice.clicks("a[href='/.vestibule/enrol/totp']", "/.vestibule/enrol/totp");
    assert_eq!(alice.browser.count("svg.qr"), 1, "a picture for a camera");
    alice.sets_up_an_authenticator();
    alice.keeps_the_codes("/");

    alice.sees_the_application_as("alice");
    assert_eq!(alice.browser.text_of("#scripts"), if scripts { "on" } else { "off" });
    assert_eq!(alice.amr_at(&echo), ["pwd", "otp", "mfa"]);
    alice.goes("/wiki/page?a=1", "/wiki/page");
    alice.sees_the_application_as("alice");
}

#[test]
fn from_the_street_to_the_application_with_scripts() {
    from_the_street_to_the_application(true);
}

#[test]
fn from_the_street_to_the_application_without_scripts() {
    from_the_street_to_the_application(false);
}
