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

/// Letters of twice the size (WCAG 2.2, 1.4.4).
const LARGE: &str = "html { font-size: 200% }";
/// WCAG 2.2, 1.4.12.
const SPACED: &str =
    "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
    p { margin-block-end: 2em !important }";

const OVERFLOWS: &str = include_str!("overflows.js");
const HARD_TO_USE: &str = include_str!("hard_to_use.js");

/// The worst for long words, and for long lines.
const HARDEST: [(Screen, &str); 2] = [(NARROW, SPACED), (HALF_A_DESK, LARGE)];

/// Runs a script, which lists what is wrong, on every page in these languages and in each of these ways.
fn each<'a>(languages: impl Iterator<Item = &'a Texts>, ways: &[(Screen, &str)], script: &str) {
    let browser = Browser::start();
    let mut found = Vec::new();
    for texts in languages {
        let gallery = Gallery::open(texts);
        for name in gallery.names() {
            browser.open(&gallery.url(name));
            for (screen, style) in ways {
                browser.look_through(*screen);
                // A frame later the page is laid out, and the cursor where the page wants it.
                let script =
                    format!("const reader = {}; await new Promise(requestAnimationFrame); {script}", json!(style));
                let told: Vec<String> = serde_json::from_value(browser.run_async(&script)).expect("a list");
                found.extend(told.iter().map(|line| format!("{} {name}, {screen:?}, {style}: {line}", texts.lang())));
            }
        }
    }
    assert!(found.is_empty(), "{} times:\n{}", found.len(), found.join("\n"));
}

fn english() -> impl Iterator<Item = &'static Texts> {
    Texts::all().iter().filter(|texts| texts.lang() == "en")
}

#[test]
fn nothing_is_cut_or_runs_off_on_any_page() {
    let [spaced, large] = HARDEST;
    each(english(), &[(NARROW, ""), (DESK, SPACED), spaced, large], OVERFLOWS);
}

#[test]
fn nothing_is_cut_or_runs_off_in_any_language() {
    each(Texts::all().iter().filter(|texts| texts.lang() != "en"), &HARDEST, OVERFLOWS);
}

#[test]
fn what_can_be_used_is_large_enough_and_seen_when_it_has_the_focus() {
    each(english(), &[(NARROW, "")], HARD_TO_USE);
}
