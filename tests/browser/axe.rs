//! axe-core, a tool of others, looks for barriers on every page in every state: what WCAG 2.2 A and AA ask as far as a
//! machine can tell, and its own best practices. Where it is not there, the tests fail and name the remedy.
//!
//! It looks at every page in English and in Arabic. The other languages have the same markup, as a test of the templates
//! says, and the same colours: of each kind of page it looks at the fullest.

use std::fs;

use serde_json::{Value, json};
use vestibule_templates::Texts;

use crate::driver::{Browser, Screen};
use crate::gallery::Gallery;
use crate::languages::PAGES;

const DAY: Screen = Screen { width: 1280, height: 800, dark: false };
const NIGHT: Screen = Screen { width: 360, height: 740, dark: true };

/// All that it knows.
const ALL: &str = "{ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    rules: { 'target-size': { enabled: true } } }";
/// What night changes.
const COLOURS: &str = "{ runOnly: { type: 'rule', values: ['color-contrast', 'link-in-text-block'] } }";

fn axe() -> String {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/target/tools/axe/axe.min.js");
    fs::read_to_string(file).unwrap_or_else(|why| panic!("{file}: {why}: `make test` installs it, or `.ci/need axe`"))
}

/// What it has against this page, a line each.
fn barriers(browser: &Browser, how: &str) -> Vec<String> {
    let found = browser.run_async(&format!(
        "const found = await axe.run(document, {how});
         const told = (what) => (one) => one.nodes.map((node) => `${{what}} ${{one.id}}: ${{one.help}}: ${{node.html}} ${{node.failureSummary}}`);
         return {{ passes: found.passes.length, told: found.violations.flatMap(told('violates')) }};"
    ));
    assert!(found["passes"].as_u64().is_some_and(|passes| passes > 0), "it looked at something: {found}");
    serde_json::from_value(found["told"].clone()).expect("a list")
}

fn finds_nothing(texts: &Texts) {
    let gallery = Gallery::open(texts);
    let browser = Browser::start();
    browser.bring(&axe());
    let mut found = Vec::new();
    for name in gallery.names() {
        browser.look_through(DAY);
        browser.open(&gallery.url(name));
        found.extend(barriers(&browser, ALL).into_iter().map(|line| format!("{name}: {line}")));
        browser.look_through(NIGHT);
        found.extend(barriers(&browser, COLOURS).into_iter().map(|line| format!("{name}, by night: {line}")));
        found.extend(browser.complaints().into_iter().map(|line| format!("{name}: the console: {line}")));
    }
    assert!(found.is_empty(), "{} barriers:\n{}", found.len(), found.join("\n"));
}

#[test]
fn axe_finds_no_barrier_on_any_page_by_day_and_by_night() {
    finds_nothing(&Texts::english());
}

/// From right to left, and without a word of English: the language is named, and every part has its words.
#[test]
fn axe_finds_no_barrier_from_right_to_left() {
    for texts in Texts::all().iter().filter(|texts| texts.direction() == "rtl") {
        finds_nothing(texts);
    }
}

#[test]
fn axe_finds_no_barrier_on_any_kind_of_page_in_any_language() {
    let browser = Browser::start();
    browser.bring(&axe());
    browser.look_through(NIGHT);
    let mut found = Vec::new();
    for texts in Texts::all().iter().filter(|texts| texts.lang() != "en" && texts.direction() == "ltr") {
        let gallery = Gallery::open(texts);
        for name in PAGES {
            browser.open(&gallery.url(name));
            found.extend(barriers(&browser, ALL).into_iter().map(|line| format!("{} {name}: {line}", texts.lang())));
        }
    }
    assert!(found.is_empty(), "{} barriers:\n{}", found.len(), found.join("\n"));
}

/// Without scripts pages say so themselves, and must be as sound.
#[test]
fn axe_finds_no_barrier_where_scripts_are_off() {
    let gallery = Gallery::open(&Texts::english());
    let (browser, axe) = (Browser::start(), axe());
    let mut found = Vec::new();
    for name in ["login", "login-wrong", "verify-key", "enrol-webauthn", "confirm-codes"] {
        browser.scripts(false);
        browser.open(&gallery.url(name));
        assert_eq!(browser.count("form[data-alone], form[data-ceremony] button.primary"), 0, "{name}: needs scripts");
        // Whoever looks needs scripts; the page has been read without.
        browser.scripts(true);
        browser.run(&axe, json!([]));
        found.extend(barriers(&browser, ALL).into_iter().map(|line| format!("{name}: {line}")));
    }
    assert_eq!(found, Vec::<String>::new());
}

/// The positive control: a barrier that is put there is found.
#[test]
fn axe_finds_a_barrier_that_is_there() {
    let gallery = Gallery::open(&Texts::english());
    let browser = Browser::start();
    browser.bring(&axe());
    browser.open(&gallery.url("login"));
    browser.run("document.querySelector('label').remove(); document.body.lang = '';", json!([]));
    let found = barriers(&browser, ALL);
    assert!(found.iter().any(|line| line.contains("label")), "{found:#?}");
    assert_eq!(browser.run("return typeof axe", Value::Array(vec![])), "object");
}
