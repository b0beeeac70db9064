//! How the pages look: each on a phone and on a desk, by day and by night. A picture of each is left in
//! `target/screenshots` for human eyes; what can be measured is measured: nothing to scroll sideways, one main action,
//! the site's name, and the account's once it is known.

use std::fs;

use serde_json::json;
use vestibule_templates::Texts;

use crate::driver::{Browser, Screen, SecurityKey};
use crate::gallery::{Gallery, screenshots};
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

/// A picture of the page as it is, for human eyes.
fn leave(browser: &Browser, name: &str) {
    fs::write(screenshots().join(format!("{name}.png")), browser.picture()).expect("a picture can be written");
}

impl Person<'_> {
    /// Takes the pictures of this page and measures it. `main`: how many main actions it has; lists of equal choices
    /// and refusals have none.
    #[track_caller]
    pub fn looks(&self, name: &str, account: Option<&str>, main: u64) {
        let browser = &self.browser;
        for (kind, screen) in SCREENS {
            browser.look_through(screen);
            leave(browser, &format!("{name}-{kind}"));

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
    let rules = rules! { "/closed/**" => "deny", _ => "two_factor" };
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

/// Letters of twice the size, and the colours a reader forces on every page.
#[test]
fn the_gallery_in_pictures() {
    const PHONE: Screen = Screen { width: 320, height: 640, dark: false };
    const DESK: Screen = Screen { width: 1280, height: 800, dark: true };
    const FORCED: &str = "branded-login verify-wrong verify-choose account codes";
    let gallery = Gallery::open(&Texts::english());
    let browser = Browser::start();
    for name in gallery.names() {
        browser.look_through(PHONE);
        browser.open(&gallery.url(name));
        leave(&browser, &format!("sample-{name}-phone"));
        browser.look_through(DESK);
        leave(&browser, &format!("sample-{name}-night"));
        if FORCED.split(' ').any(|forced| forced == name) {
            browser.prefers(&[("forced-colors", "active")]);
            leave(&browser, &format!("sample-{name}-forced"));
        }
    }
}

/// Every language as people see it first, and what is most built.
#[test]
fn every_language_in_pictures() {
    let browser = Browser::start();
    for texts in Texts::all() {
        let gallery = Gallery::open(texts);
        for (name, (_, screen)) in ["login-wrong", "verify-choose", "verify-wrong", "enrol-totp", "account"]
            .into_iter()
            .zip(SCREENS.into_iter().cycle())
        {
            browser.look_through(screen);
            browser.open(&gallery.url(name));
            leave(&browser, &format!("language-{}-{name}", texts.lang()));
        }
    }
}

/// `make screenshots`: a handful of pages side by side, for the README.
#[test]
#[ignore = "writes docs/pages.png, for `make screenshots`"]
fn contact_sheet() {
    // Night below day.
    const ROWS: [[&str; 5]; 2] = [
        ["en login", "en verify-key", "en enrol-first", "en enrol-totp", "en codes"],
        ["en branded-login", "en verify-wrong", "ar verify-choose", "en account", "en refusal-403"],
    ];
    const TILE: (u32, u32) = (400, 620);
    let galleries: Vec<_> = Texts::all().iter().map(|texts| (texts.lang(), Gallery::open(texts))).collect();
    let browser = Browser::start();
    let mut sheet = String::new();
    for (row, dark) in ROWS.into_iter().zip([false, true]) {
        browser.look_through(Screen { width: TILE.0, height: TILE.1, dark });
        for tile in row {
            let (lang, name) = tile.split_once(' ').expect("a language and a page");
            let (_, gallery) = galleries.iter().find(|(known, _)| *known == lang).expect("a language of ours");
            browser.open(&gallery.url(name));
            browser.run("document.activeElement.blur()", json!([]));
            let picture = data_encoding::BASE64.encode(&browser.picture());
            sheet += &format!("<img src='data:image/png;base64,{picture}'>");
        }
    }
    browser.open("about:blank");
    browser.look_through(Screen { width: 5 * (TILE.0 + 16) + 16, height: 2 * (TILE.1 + 16) + 16, dark: false });
    let style = format!(
        "body {{ margin: 16px 0 0 16px; background: #b9c2d0; display: grid; gap: 16px; grid-template-columns: repeat(5, {}px) }}
         img {{ width: {}px; height: {}px; object-fit: cover; object-position: top; border-radius: 12px }}",
        TILE.0, TILE.0, TILE.1
    );
    browser.run(
        "document.head.innerHTML = `<style>${arguments[0]}</style>`; document.body.innerHTML = arguments[1];",
        json!([style, sheet]),
    );
    browser.run_async("await Promise.all([...document.images].map((one) => one.decode()))");
    let picture = browser.picture();
    assert!(picture.len() < 400 * 1024, "{} bytes are much for a README", picture.len());
    fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/pages.png"), picture).expect("it can be written");
}
