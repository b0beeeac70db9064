//! Same origin is not same trust (WB-19): an application's own script runs with its user's cookies, on the origin of our
//! pages. It must get nothing from them and change nothing by them.

use serde_json::{Value, json};

use crate::harness::Gate;
use crate::person::{Person, application, application_saying};

/// Every page there is, and what only takes forms.
const PAGES: [&str; 14] = [
    "login",
    "verify",
    "verify/totp",
    "verify/lost",
    "enrol",
    "enrol/totp",
    "enrol/recovery",
    "account",
    "account/add",
    "account/confirm/password",
    "account/confirm/add-recovery",
    "logout",
    "invite",
    "setup",
];
const FORMS: [&str; 8] = [
    "login",
    "login/start-over",
    "verify/totp",
    "enrol/totp",
    "account/confirm/password",
    "account/sessions/end",
    "account/sign-out-everywhere",
    "logout",
];

/// Reads and writes without leaving the page: `[what, status or error]` for each that got anything but a 403.
const REACH: &str = r"
    const [pages, forms] = LISTS, got = [];
    const note = (what, status, text) => {
        // The one form of a refusal is the choice of a language, which needs no right and gives none.
        const forms = [...new DOMParser().parseFromString(text, 'text/html').forms];
        const foreign = forms.some((form) => form.getAttribute('action') !== '/.vestibule/language');
        if (status !== 403 || foreign || /csrf/.test(text)) got.push(`${what}: ${status} ${text.slice(0, 200)}`);
    };
    for (const path of pages) {
        const answer = await fetch(path, { redirect: 'manual', credentials: 'include' });
        note(`fetch ${path}`, answer.status, await answer.text());
        await new Promise((done) => {
            const request = new XMLHttpRequest();
            request.onloadend = () => { note(`XHR ${path}`, request.status, request.responseText); done(); };
            request.open('GET', path);
            request.send();
        });
    }
    for (const path of forms) {
        const body = new URLSearchParams({ csrf: 'x', code: '000000', new_password: 'a new door', new_password_again: 'a new door' });
        const answer = await fetch(path, { method: 'POST', redirect: 'manual', body });
        note(`POST ${path}`, answer.status, await answer.text());
    }
    try {
        await fetch(pages[0], { mode: 'navigate' });
        got.push('a script may say that it navigates');
    } catch { }
    return got;
";

/// Frames of every kind: what the script can read in them, once the browser says that each has loaded or failed.
const FRAME: &str = r"
    const [pages] = LISTS, got = [];
    for (const path of pages) for (const kind of ['iframe', 'object', 'embed']) {
        const frame = document.createElement(kind);
        frame[kind === 'object' ? 'data' : 'src'] = path;
        const settled = new Promise((done) => { frame.onload = frame.onerror = done; });
        document.body.append(frame);
        await settled;
        let inside = null;
        try { inside = frame.contentDocument ?? (frame.getSVGDocument && frame.getSVGDocument()); } catch { }
        const text = inside && inside.documentElement ? inside.documentElement.outerHTML : '';
        if (/csrf|<form|Hello/.test(text)) got.push(`${kind} ${path}: ${text.slice(0, 200)}`);
        frame.remove();
    }
    return got;
";

/// One window: what the script can read in it, or `null` where the browser lets go of it. Nothing but that ends the waiting,
/// no count and no clock: a window is `about:blank` first, then a document that has no element yet, and only then a page.
const WINDOW: &str = r"
    const opened = window.open(PATH);
    while (!opened.closed) {
        try {
            const text = opened.document?.documentElement?.outerHTML;
            if (/csrf|<form|Hello/.test(text)) return text.slice(0, 200);
        } catch (why) { if (why.name === 'SecurityError') return null; }
        await new Promise((done) => setTimeout(done, 25));
    }
    return null;
";

const WORKER: &str = r"
    const fetched = await fetch('/worker.js');
    let said = '';
    try { await navigator.serviceWorker.register('/worker.js', { scope: '/' }); said = 'registered'; }
    catch (why) { said = `refused: ${why.name}`; }
    return [fetched.status, said, (await navigator.serviceWorker.getRegistrations()).length];
";

fn addresses(of: &[&str]) -> Value {
    of.iter().map(|page| format!("/.vestibule/{page}")).collect()
}

/// Everything that could have been changed.
fn standing(gate: &Gate) -> [String; 3] {
    [
        gate.run(["user", "show", "alice", "--json"]),
        gate.run(["factor", "list", "alice", "--json"]),
        gate.run(["session", "list", "alice", "--json"]),
    ]
}

impl Person<'_> {
    /// Closes what a script opened.
    #[track_caller]
    fn closes_all_but(&self, own: &[String]) {
        let opened = self.browser.new_window(own);
        self.browser.enter(&opened);
        self.browser.close_window();
        self.browser.enter(&own[0]);
    }
}

#[test]
fn wb_19_a_script_of_the_application_gets_nothing() {
    let echo = application();
    let gate = Gate::before(&echo).start();
    let user = gate.given_user("alice");
    let alice = Person::at(&gate);
    alice.signs_in(&user, "/wiki/page");
    let before = standing(&gate);
    let lists = json!([addresses(&PAGES), addresses(&FORMS)]).to_string();
    let nothing: Vec<String> = Vec::new();

    // Positive control: where the script may read, it reads, with the user's cookies.
    let session = alice.browser.run_async("return (await fetch('/.vestibule/session')).json();");
    assert_eq!(session["signed_in"], true, "{session}");
    let page = alice.browser.run_async("return (await fetch('/wiki/other')).text();");
    assert!(page.as_str().is_some_and(|page| page.contains("alice")), "{page}");
    let framed = alice.browser.run_async(&FRAME.replace("LISTS", r#"[["/wiki/other"]]"#));
    assert_eq!(framed.as_array().map(Vec::len), Some(2), "a page in an iframe and in an object: {framed}");
    let own = alice.browser.windows();
    let opened = alice.browser.run_async(&WINDOW.replace("PATH", "'/wiki/other'"));
    assert!(opened.as_str().is_some_and(|page| page.contains("Hello")), "{opened}");
    alice.closes_all_but(&own);
    alice.is_undisturbed();

    assert_eq!(alice.browser.run_async(&REACH.replace("LISTS", &lists)), json!(nothing), "by fetch and XHR");
    assert_eq!(alice.browser.run_async(&FRAME.replace("LISTS", &lists)), json!(nothing), "in frames");

    for page in PAGES {
        let path = json!(format!("/.vestibule/{page}")).to_string();
        assert_eq!(alice.browser.run_async(&WINDOW.replace("PATH", &path)), Value::Null, "window.open of {page}");
        alice.closes_all_but(&own);
    }

    // A form it makes up is a navigation, but has no anti-forgery value.
    for form in ["logout", "account/sign-out-everywhere", "account/confirm/password"] {
        alice.browser.open(&format!("{}/wiki/page", gate.origin));
        let submit = "const form = document.createElement('form'); form.method = 'post'; form.action = arguments[0];
                      document.body.append(form); form.submit();";
        alice.browser.run(submit, json!([format!("/.vestibule/{form}")]));
        alice.browser.arrive(&format!("/.vestibule/{form}"));
        let status = "return performance.getEntriesByType('navigation')[0].responseStatus";
        assert_eq!(alice.browser.run(status, json!([])), 403, "{form}: {}", alice.browser.text());
    }

    assert_eq!(standing(&gate), before, "nothing changed");
    alice.browser.open(&format!("{}/wiki/page", gate.origin));
    alice.sees_the_application_as("alice");
}

/// An application that isolates itself says of its pages what ours say of themselves, and documents of one origin that say
/// the same are within reach of each other.
#[test]
fn wb_19_nor_where_the_application_isolates_itself() {
    const OPENER: &str = "Cross-Origin-Opener-Policy: same-origin\r\n";
    for (more, isolated) in [("", false), ("Cross-Origin-Embedder-Policy: require-corp\r\n", true)] {
        let echo = application_saying(&format!("{OPENER}{more}"));
        let gate = Gate::before(&echo).start();
        let user = gate.given_user("alice");
        let alice = Person::at(&gate);
        alice.signs_in(&user, "/wiki/page");
        let before = standing(&gate);
        let own = alice.browser.windows();

        // Positive controls: its own pages are within reach, and what needs isolation works where it was asked for.
        assert_eq!(alice.browser.run_async("return window.crossOriginIsolated;"), isolated);
        let opened = alice.browser.run_async(&WINDOW.replace("PATH", "'/wiki/other'"));
        assert!(opened.as_str().is_some_and(|page| page.contains("Hello")), "{opened}");
        alice.closes_all_but(&own);

        for page in ["account", "login", "enrol/recovery", "verify/totp", "closed"] {
            let path = json!(format!("/.vestibule/{page}")).to_string();
            assert_eq!(alice.browser.run_async(&WINDOW.replace("PATH", &path)), Value::Null, "window.open of {page}");
            alice.closes_all_but(&own);
        }
        assert_eq!(standing(&gate), before, "nothing changed");
    }
}

/// A worker with the root as its scope would answer for our pages.
#[test]
fn wb_19_no_service_worker_unless_the_site_says_so() {
    for (allowed, wanted) in [(false, json!([200, "refused: TypeError", 0])), (true, json!([200, "registered", 1]))] {
        let echo = application();
        let site = format!("url = \"http://localhost:PORT\"\nupstreams = [\"UPSTREAM\"]\nservice_worker = {allowed}");
        let gate = Gate::before(&echo).site(&site).start();
        let user = gate.given_user("alice");
        let alice = Person::at(&gate);
        alice.signs_in(&user, "/wiki/page");
        assert_eq!(alice.browser.run_async(WORKER), wanted, "service_worker = {allowed}");
        let asked = echo.requests().iter().any(|request| request.field("service-worker").is_some());
        assert_eq!(asked, allowed, "whether the application was asked for a worker");
    }
}
