//! How the pages look: each on a phone and on a desk, by day and by night. A picture of each is left in
//! `target/screenshots` for human eyes; what can be measured is measured: nothing to scroll sideways, one main action,
//! the site's name, and the account's once it is known.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::driver::{Screen, SecurityKey};
use crate::harness::Gate;
use crate::person::{Person, application};

const SCREENS: [(&str, Screen); 4] = [
    ("phone-light", Screen { width: 360, height: 740, dark: false }),
    ("phone-dark", Screen { width: 360, height: 740, dark: true }),
    ("desk-light", Screen { width: 1280, height: 800, dark: false }),
    ("desk-dark", Screen { width: 1280, height: 800, dark: true }),
];

/// What leads on, on the page as it is: the one button or link that stands out.
const MAIN: &str = "button.primary, .button.main";

impl Person<'_> {
    /// Takes the pictures of this page and measures it. `main`: how many main actions it has; lists of equal choices
    /// and refusals have none.
    #[track_caller]
    pub fn looks(&self, name: &str, account: Option<&str>, main: u64) {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("screenshots");
        fs::create_dir_all(&folder).expect("the target folder can be written");
        let browser = &self.browser;
        for (kind, screen) in SCREENS {
            browser.look_through(screen);
            let picture = browser.picture();
            fs::write(folder.join(format!("{name}-{kind}.png")), picture).expect("a picture can be written");

            let over = "const page = document.documentElement; return page.scrollWidth - page.clientWidth";
            assert_eq!(browser.run(over, json!([])), 0, "{name}, {kind}: wider than the screen");
            assert_eq!(browser.count(MAIN), main, "{name}, {kind}: main actions");
            assert_eq!(browser.count("h1"), 1, "{name}, {kind}: headings");
            assert_eq!(browser.text_of(".site .origin"), self.gate.origin, "{name}, {kind}: names the site");
            let who = if browser.count(".who") == 1 { browser.text_of(".who") } else { String::new() };
            match account {
                Some(account) => assert!(who.contains(account), "{name}, {kind}: names the account: {who}"),
                None => assert!(who.is_empty(), "{name}, {kind}: knows nobody: {who}"),
            }
            let small = "return [...document.querySelectorAll('button, .button, .choice, input:not([type=hidden])')]
                .filter((one) => one.checkVisibility() && !one.matches('[type=checkbox], .link') && one.offsetHeight < 44)
                .map((one) => one.outerHTML)";
            assert_eq!(browser.run(small, json!([])), json!([]), "{name}, {kind}: too small for a thumb");
        }
        self.is_undisturbed();
    }
}

#[test]
fn every_page_on_a_phone_and_on_a_desk_by_day_and_by_night() {
    let echo = application();
    let rules = "[[site.rules]]\npath = \"/closed/**\"\npolicy = \"deny\"\n[[site.rules]]\npolicy = \"two_factor\"\n";
    let gate = Gate::before(&echo).rules(rules).start();
    let alice = Person::at(&gate);
    alice.browser.plug_in(SecurityKey::Usb);

    // The first time.
    alice.goes("/wiki/page", "/.vestibule/login");
    alice.looks("login", None, 1);
    alice.browser.fill("#username", "alice");
    alice.browser.fill("#password", "not the password");
    alice.clicks("button.primary", "/.vestibule/login");
    alice.looks("login-wrong", None, 1);
    alice.goes(&gate.invite("alice"), "/.vestibule/invite");
    alice.looks("invite", None, 1);
    alice.sets_a_password();
    alice.looks("enrol", Some("alice"), 0);
    alice.clicks("a[href='/.vestibule/enrol/totp']", "/.vestibule/enrol/totp");
    alice.looks("enrol-totp", Some("alice"), 1);
    let secret = alice.sets_up_an_authenticator();
    alice.looks("codes", Some("alice"), 1);
    let recovery_codes = alice.keeps_the_codes("/");
    let user = crate::harness::User {
        name: "alice".to_owned(),
        password: crate::harness::PASSWORD.to_owned(),
        secret,
        recovery_codes,
    };

    // The account, and what is done from there.
    alice.goes("/.vestibule/account", "/.vestibule/account");
    alice.looks("account", Some("alice"), 1);
    alice.clicks(".button.main", "/.vestibule/account/add");
    alice.looks("add", Some("alice"), 0);
    alice.clicks("a[href*='confirm/add-webauthn']", "/.vestibule/account/confirm/add-webauthn");
    alice.looks("confirm", Some("alice"), 1);
    alice.gives_a_code(&user, "/.vestibule/enrol/webauthn");
    alice.looks("enrol-key", Some("alice"), 1);
    alice.begins_with_the_key();
    alice.looks("enrol-key-begun", Some("alice"), 1);
    alice.uses_the_key("/.vestibule/account");
    alice.looks("account-two-factors", Some("alice"), 1);
    alice.is_refused("/closed/door", 403);
    alice.looks("refusal", Some("alice"), 0);
    alice.goes("/.vestibule/logout", "/.vestibule/logout");
    alice.looks("logout", Some("alice"), 1);
    alice.clicks("button.primary", "/.vestibule/login");
    alice.looks("signed-out", None, 1);

    // The second time.
    alice.gives_the_password(&user, "/wiki/page", "/.vestibule/verify/totp");
    alice.looks("verify", Some("alice"), 1);
    alice.browser.fill("[name=code]", "000000");
    alice.clicks("button.primary", "/.vestibule/verify/totp");
    alice.looks("verify-wrong", Some("alice"), 1);
    alice.goes("/.vestibule/verify?choose=1", "/.vestibule/verify");
    alice.looks("verify-choose", Some("alice"), 0);
    alice.clicks("a[href*='/verify/webauthn']", "/.vestibule/verify/webauthn");
    alice.looks("verify-key", Some("alice"), 1);
    alice.begins_with_the_key();
    alice.looks("verify-key-begun", Some("alice"), 1);
    alice.goes("/.vestibule/verify/lost", "/.vestibule/verify/lost");
    alice.looks("lost", Some("alice"), 0);
}
