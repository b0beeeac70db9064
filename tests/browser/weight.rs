//! What a page weighs with all it loads, as it travels: nobody waits for a login page. And whose page it is: the operator's
//! name, logo and colours arrive at a real browser, under the real policy.

use serde_json::json;
use vestibule_templates::Texts;

use crate::driver::Browser;
use crate::gallery::Gallery;
use crate::harness::Gate;
use crate::person::{Person, application};

/// Bytes, nothing compressed.
const MOST: u64 = 40 * 1024;

/// The page, what it loaded, and its icon, which browsers fetch out of sight.
const WEIGHT: &str =
    "const loaded = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
    const icon = document.querySelector('link[rel=icon]').href;
    const more = loaded.some((one) => one.name === icon) ? 0 : (await (await fetch(icon)).arrayBuffer()).byteLength;
    return [loaded.reduce((sum, one) => sum + one.decodedBodySize, more), loaded.length]";

/// Every page in English; in each other language the longest, and the one that loads the most.
#[test]
fn no_page_weighs_more_than_40_kib_with_all_it_loads() {
    let browser = Browser::start();
    // What a browser keeps is not loaded again, and would weigh nothing.
    browser.devtools("Network.enable", json!({}));
    browser.devtools("Network.setCacheDisabled", json!({ "cacheDisabled": true }));
    let (mut heaviest, mut loads_most) = ((0, String::new()), String::new());
    for texts in Texts::all() {
        let gallery = Gallery::open(texts);
        let longest = gallery.longest().to_owned();
        let wanted = |name: &&str| texts.lang() == "en" || *name == longest || *name == loads_most;
        for name in gallery.names().filter(wanted) {
            browser.open(&gallery.url(name));
            let weight = browser.run_async(WEIGHT);
            let bytes = weight[0].as_u64().unwrap_or_else(|| panic!("{name}: {weight}"));
            assert!(weight[1].as_u64() >= Some(2), "{name} loads its stylesheet: {weight}");
            assert!(bytes <= MOST, "{} {name}: {bytes} bytes", texts.lang());
            heaviest = heaviest.max((bytes, format!("{} {name}", texts.lang())));
        }
        // English is the first.
        if loads_most.is_empty() {
            loads_most = heaviest.1.trim_start_matches("en ").to_owned();
        }
    }
    println!("the heaviest page: {heaviest:?}");
}

#[test]
fn an_operators_logo_and_colours_arrive_under_the_real_policy() {
    let echo = application();
    let file = |name: &str| format!("{}/templates/examples/{name}.png", env!("CARGO_MANIFEST_DIR"));
    let brand = format!(
        "[branding]\nname = \"University of Examples\"\naccent = \"#8a1538\"\nlogo_file = \"{}\"\nlogo_dark_file = \"{}\"",
        file("logo"),
        file("logo-dark")
    );
    let gate = Gate::before(&echo).config(&brand).start();
    let alice = Person::at(&gate);
    alice.goes("/.vestibule/login", "/.vestibule/login");
    assert_eq!(alice.browser.text_of(".site strong"), "University of Examples");
    assert_eq!(alice.browser.text_of(".site .origin"), gate.origin, "whatever it is called, its address stands there");
    let seen = alice.browser.run(
        "return [document.querySelector('.logo img').naturalWidth,
            getComputedStyle(document.querySelector('button.primary')).backgroundColor]",
        json!([]),
    );
    assert_eq!(seen, json!([96, "rgb(138, 21, 56)"]));
    alice.browser.prefers(&[("prefers-color-scheme", "dark")]);
    // While it changes, what is there cannot be decoded; one that never can runs into the limit of a script.
    let dark = "const logo = document.querySelector('.logo img');
        while (!await logo.decode().then(() => true, () => false)) await new Promise(requestAnimationFrame);
        return logo.currentSrc";
    let logo = alice.browser.run_async(dark);
    assert!(logo.as_str().is_some_and(|address| address.ends_with("/logo-dark")), "{logo}");
    alice.is_undisturbed();
}
