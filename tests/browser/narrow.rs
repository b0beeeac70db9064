//! Pages for everybody's hands and eyes: 320 pixels wide (which is also 1280 at 400 %), with letters twice as large, with
//! the spacing that WCAG 2.2 lets a reader choose; nothing is cut or runs off. What can be used is large enough, is seen
//! when it has the focus, and what went wrong is where the cursor is.

use serde_json::json;
use vestibule_templates::Texts;

use crate::driver::{Browser, Screen};
use crate::gallery::Gallery;

pub const NARROW: Screen = Screen { width: 320, height: 640, dark: false };
const HALF_A_DESK: Screen = Screen { width: 640, height: 400, dark: false };
const DESK: Screen = Screen { width: 1280, height: 800, dark: false };

/// What a reader's own style does; the page's policy has no say in it.
const ADOPT: &str =
    "const sheet = new CSSStyleSheet(); sheet.replaceSync(arguments[0]); document.adoptedStyleSheets = [sheet];";
/// Letters of twice the size (WCAG 2.2, 1.4.4).
const LARGE: &str = "html { font-size: 200% }";
/// WCAG 2.2, 1.4.12.
const SPACED: &str =
    "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
    p { margin-block-end: 2em !important }";

pub const OVERFLOWS: &str = include_str!("overflows.js");
const HARD_TO_USE: &str = include_str!("hard_to_use.js");

fn each(texts: &Texts, look: impl Fn(&Browser, &str) -> Vec<String>) {
    let gallery = Gallery::open(texts);
    let browser = Browser::start();
    let mut found = Vec::new();
    for name in gallery.names() {
        browser.open(&gallery.url(name));
        found.extend(look(&browser, name));
    }
    assert!(found.is_empty(), "{} times:\n{}", found.len(), found.join("\n"));
}

pub fn told(browser: &Browser, script: &str, name: &str, how: &str) -> Vec<String> {
    let found: Vec<String> = serde_json::from_value(browser.run(script, json!([]))).expect("a list");
    found.into_iter().map(|line| format!("{name}, {how}: {line}")).collect()
}

fn fits(texts: &Texts) {
    each(texts, |browser, name| {
        let mut found = Vec::new();
        for (screen, style, how) in [
            (NARROW, "", "on a narrow phone"),
            (NARROW, SPACED, "on a narrow phone, spaced"),
            (HALF_A_DESK, LARGE, "with large letters"),
            (DESK, SPACED, "on a desk, spaced"),
        ] {
            browser.look_through(screen);
            browser.run(ADOPT, json!([style]));
            found.extend(told(browser, OVERFLOWS, name, how));
        }
        found
    });
}

#[test]
fn nothing_is_cut_or_runs_off_on_any_page() {
    fits(&Texts::english());
}

#[test]
fn what_can_be_used_is_large_enough_and_seen_when_it_has_the_focus() {
    each(&Texts::english(), |browser, name| {
        browser.look_through(NARROW);
        told(browser, HARD_TO_USE, name, "on a narrow phone")
    });
}
