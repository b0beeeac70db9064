//! Languages in the real browser: the switch with scripts and without, every language within the screen, and a page from
//! right to left that is mirrored, but for what is no sentence.

use std::fs;

use serde_json::json;
use vestibule_templates::Texts;

use crate::driver::{Browser, Screen};
use crate::gallery::{Gallery, screenshots};
use crate::harness::Gate;
use crate::narrow::NARROW;
use crate::person::{Person, application};

/// Of each kind of page the one with the most on it.
pub const PAGES: [&str; 10] = [
    "login-forgot",
    "login-waiting",
    "verify-choose",
    "verify-wrong",
    "enrol-first",
    "enrol-totp",
    "codes-not-acknowledged",
    "account",
    "invite-TooShort",
    "refusal-403",
];

fn arabic() -> &'static Texts {
    Texts::all().iter().find(|texts| texts.direction() == "rtl").expect("Arabic is there")
}

#[test]
fn the_switch_works_with_scripts_and_without() {
    let echo = application();
    let gate = Gate::before(&echo).start();
    for scripts in [true, false] {
        let person = Person::at(&gate);
        person.browser.scripts(scripts);
        person.goes("/wiki/page", "/.vestibule/login");
        let language = || person.browser.attribute("html", "lang").expect("a page has a language");
        assert_eq!(language(), "en", "scripts: {scripts}");
        for lang in ["ar", "de"] {
            person.browser.click(".languages summary");
            person.clicks(&format!(".languages button[value={lang}]"), "/.vestibule/login");
            assert_eq!(language(), lang, "scripts: {scripts}");
            assert_eq!(person.browser.url().query(), Some("rd=%2Fwiki%2Fpage"), "the way back is kept");
        }
    }
}

#[test]
fn the_opened_list_of_languages_fits_a_narrow_phone() {
    let browser = Browser::start();
    browser.look_through(NARROW);
    for texts in Texts::all() {
        let gallery = Gallery::open(texts);
        browser.open(&gallery.url("account"));
        browser.run("document.querySelector('.languages').open = true", json!([]));
        let beyond = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
        assert_eq!(browser.run(beyond, json!([])), 0, "{}", texts.lang());
    }
}

/// What begins a line stands at its right, what leads on points to the left; codes, names and addresses stay as they are.
#[test]
fn a_page_from_right_to_left_is_mirrored() {
    let gallery = Gallery::open(arabic());
    let browser = Browser::start();
    for (kind, screen) in [
        ("phone", Screen { width: 360, height: 740, dark: false }),
        ("desk", Screen { width: 1280, height: 800, dark: true }),
    ] {
        browser.look_through(screen);
        for name in PAGES {
            browser.open(&gallery.url(name));
            let picture = browser.picture();
            fs::write(screenshots().join(format!("arabic-{name}-{kind}.png")), picture).expect("it can be written");
            let mirrored = "const box = (one) => document.querySelector(one).getBoundingClientRect();
                return box('.site .icon').left >= box('.site p').right";
            assert_eq!(browser.run(mirrored, json!([])), true, "{name}, {kind}: the sign stands at the right");
            let turned = "return [...document.querySelectorAll('code, output, .origin, input[autocomplete=one-time-code], input[type=password]')]
                .filter((one) => getComputedStyle(one).direction !== 'ltr').map((one) => one.outerHTML)";
            assert_eq!(browser.run(turned, json!([])), json!([]), "{name}, {kind}: read backwards");
        }
    }
}
