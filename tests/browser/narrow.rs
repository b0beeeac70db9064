//! Pages for everybody's hands and eyes: 320 pixels wide (which is also 1280 at 400 %), with letters twice as large, with
//! the spacing that WCAG 2.2 lets a reader choose; nothing is cut or runs off. What can be used is large enough, is seen
//! when it has the focus, and what went wrong is where the cursor is. So it is in the colours of a reader's own system, and
//! nothing moves for those who do not want it.

use serde_json::json;
use vestibule_templates::Texts;

use crate::driver::{Browser, Screen};
use crate::gallery::Gallery;
use crate::languages::PAGES;

pub const NARROW: Screen = Screen { width: 320, height: 640, dark: false };
const HALF_A_DESK: Screen = Screen { width: 640, height: 400, dark: false };
const DESK: Screen = Screen { width: 1280, height: 800, dark: false };

/// Letters of twice the size (WCAG 2.2, 1.4.4).
const LARGE: &str = "html { font-size: 200% }";
/// WCAG 2.2, 1.4.12.
const SPACED: &str =
    "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
    p { margin-block-end: 2em !important }";

/// Scripts that list what is wrong with a page.
const OVERFLOWS: &str = include_str!("overflows.js");
const HARD_TO_USE: &str = include_str!("hard_to_use.js");
const LOST_IN_FORCED_COLOURS: &str = include_str!("forced_colours.js");

/// A screen, a style of the reader's own, and a script that looks.
type Look = (Screen, &'static str, &'static str);

/// The worst for long words, and for long lines.
const HARDEST: [Look; 2] = [(NARROW, SPACED, OVERFLOWS), (HALF_A_DESK, LARGE, OVERFLOWS)];

/// Looks at every page in these languages in each of these ways.
fn each<'a>(languages: impl Iterator<Item = &'a Texts>, looks: &[Look]) {
    let browser = Browser::start();
    let mut found = Vec::new();
    for texts in languages {
        let gallery = Gallery::open(texts);
        for name in gallery.names() {
            browser.open(&gallery.url(name));
            for (screen, style, script) in looks {
                browser.look_through(*screen);
                found.extend(
                    looks_at(&browser, style, script)
                        .into_iter()
                        .map(|line| format!("{} {name}, {screen:?}, {style}: {line}", texts.lang())),
                );
            }
        }
    }
    assert!(found.is_empty(), "{} times:\n{}", found.len(), found.join("\n"));
}

fn looks_at(browser: &Browser, style: &str, script: &str) -> Vec<String> {
    // A frame later the page is laid out, and the cursor where the page wants it.
    let script = format!("const reader = {}; await new Promise(requestAnimationFrame); {script}", json!(style));
    serde_json::from_value(browser.run_async(&script)).expect("a list")
}

fn english() -> impl Iterator<Item = &'static Texts> {
    Texts::all().iter().filter(|texts| texts.lang() == "en")
}

#[test]
fn nothing_is_cut_or_runs_off_on_any_page() {
    let [spaced, large] = HARDEST;
    each(english(), &[(NARROW, "", OVERFLOWS), spaced, (DESK, SPACED, OVERFLOWS), large]);
}

#[test]
fn nothing_is_cut_or_runs_off_in_any_language() {
    each(Texts::all().iter().filter(|texts| texts.lang() != "en"), &HARDEST);
}

#[test]
fn what_can_be_used_is_large_enough_and_seen_when_it_has_the_focus() {
    each(english(), &[(NARROW, "", HARD_TO_USE)]);
}

/// The same with the words of every other language in it, on the fullest page of each kind.
#[test]
fn what_can_be_used_is_large_enough_in_every_language() {
    let browser = Browser::start();
    browser.look_through(NARROW);
    for texts in Texts::all().iter().filter(|texts| texts.lang() != "en") {
        let gallery = Gallery::open(texts);
        for name in PAGES {
            browser.open(&gallery.url(name));
            assert_eq!(looks_at(&browser, "", HARD_TO_USE), Vec::<String>::new(), "{} {name}", texts.lang());
        }
    }
}

/// With the colours of the reader's own system there are no grounds and no shadows: what can be used still has an edge or
/// a line, and shows when it has the focus.
#[test]
fn nothing_is_lost_in_a_readers_own_colours() {
    let gallery = Gallery::open(&Texts::english());
    let browser = Browser::start();
    browser.look_through(NARROW);
    let mut found = Vec::new();
    for name in gallery.names() {
        browser.open(&gallery.url(name));
        for scheme in ["light", "dark"] {
            browser.prefers(&[("forced-colors", "active"), ("prefers-color-scheme", scheme)]);
            let told = looks_at(&browser, "", LOST_IN_FORCED_COLOURS);
            found.extend(told.into_iter().map(|line| format!("{name}, {scheme}: {line}")));
        }
    }
    assert!(found.is_empty(), "{} times:\n{}", found.len(), found.join("\n"));
}

/// Where the reader asked for no motion there is none; elsewhere a button changes its colour slowly.
#[test]
fn nothing_moves_for_those_who_do_not_want_it() {
    const MOVES: &str = "return [...document.querySelectorAll('*')].flatMap((one) => ['', '::before', '::after'].map((part) => getComputedStyle(one, part)))
        .filter((style) => parseFloat(style.transitionDuration) > 0 || style.animationName !== 'none').length";
    let gallery = Gallery::open(&Texts::english());
    let browser = Browser::start();
    for name in PAGES {
        browser.devtools("Emulation.setEmulatedMedia", json!({ "features": [] }));
        browser.open(&gallery.url(name));
        assert_ne!(browser.run(MOVES, json!([])), 0, "control: {name} has a button");
        browser.prefers(&[]);
        assert_eq!(browser.run(MOVES, json!([])), 0, "{name}");
    }
}

/// An icon stands beside its words; below a wide logo there is room for a long name, and for the origin in one piece.
#[test]
fn what_belongs_together_stays_together_on_a_narrow_page() {
    const BESIDE: &str = "return [...document.querySelectorAll('.rows li')].filter((row) => row.querySelector(':scope > .icon'))
        .map((row) => row.querySelector('.icon').getBoundingClientRect().bottom > row.querySelector('h3').getBoundingClientRect().top)";
    const LINES: &str = "const [logo, name, origin] = ['.logo img', '.site strong', '.site .origin'].map((one) => document.querySelector(one));
        logo.style.width = '160px';
        name.textContent = 'The Faculty of Examples and Their Many Applications, West';
        origin.textContent = 'http://localhost:9871';
        return [name, origin].map((one) => Math.round(one.offsetHeight / parseFloat(getComputedStyle(one).lineHeight)))";
    let gallery = Gallery::open(&Texts::english());
    let browser = Browser::start();
    browser.look_through(NARROW);
    browser.open(&gallery.url("account"));
    assert_eq!(browser.run(BESIDE, json!([])), json!([true, true, true]));
    browser.open(&gallery.url("branded-login"));
    assert_eq!(browser.run(LINES, json!([])), json!([2, 1]), "lines of the name, and of the origin");
}
