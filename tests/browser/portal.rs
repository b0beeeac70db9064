//! One login for sites on domains that have nothing to do with each other, over TLS, in a browser that applies to every
//! step what browsers apply: which cookies go along, what a form may lead to, what is cleared.

use serde_json::json;

use crate::driver::Browser;
use crate::harness::{Answer, Echo, Gate, User, code_of, free_address, until};
use crate::person::application;

const SITE: &str = concat!(
    "\nupstreams = [\"UPSTREAM\"]\n",
    rules! {
        "/fresh/**" => "two_factor" with max_age = "5m",
        _ => "two_factor",
    }
);
const HOSTS: [&str; 4] = ["login.alpha.test", "wiki.alpha.test", "shop.alpha.test", "docs.beta.test"];

/// Who sits there, and the browser.
struct Bench {
    gate: Gate,
    alice: User,
    browser: Browser,
}

impl Bench {
    fn start(echo: &Echo) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let key = rcgen::KeyPair::generate().expect("a key");
        let names = HOSTS.map(str::to_owned).to_vec();
        let own = rcgen::CertificateParams::new(names).expect("names").self_signed(&key).expect("a certificate");
        let file = |name: &str, text: String| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).expect("written");
            path.display().to_string()
        };
        let (cert, key) = (file("tls.crt", own.pem()), file("tls.key", key.serialize_pem()));
        let secure = free_address();
        let gate = Gate::before(echo)
            .config("[portal]\nurl = \"https://login.alpha.test\"")
            .listen(&format!(
                "https = [\"{secure}\"]\ncertificates = [{{ cert_file = \"{cert}\", key_file = \"{key}\" }}]"
            ))
            .site("name = \"The wiki\"\nurl = \"https://wiki.alpha.test\"\nupstreams = [\"UPSTREAM\"]")
            .also(&format!(
                "[[site]]\nurl = \"https://shop.alpha.test\"\n{SITE}[[site]]\nurl = \"https://docs.beta.test\"\n{SITE}"
            ))
            .start();
        let mut alice = gate.given_password_user("alice");
        let printed = gate.run(["factor", "add", "alice", "totp"]);
        let secret = printed.split("secret=").nth(1).expect("an address with the secret");
        alice.secret = secret.chars().take_while(char::is_ascii_alphanumeric).collect();
        let rules: Vec<String> = HOSTS.iter().map(|host| format!("MAP {host}:443 {secure}")).collect();
        Self { gate, alice, browser: Browser::knowing(&rules.join(", ")) }
    }

    /// Waits for a page, and looks whether the browser has anything to say against how it came there.
    #[track_caller]
    fn arrives(&self, host: &str, path: &str) {
        self.browser.arrive(path);
        let url = self.browser.url();
        assert_eq!((url.host_str(), url.scheme()), (Some(host), "https"), "{url}: {}", self.browser.text());
        let complaints = self.browser.complaints();
        assert!(complaints.is_empty(), "on {url} the console says {complaints:#?}");
    }

    #[track_caller]
    fn goes(&self, address: &str, host: &str, path: &str) {
        self.browser.open(&format!("https://{address}"));
        self.arrives(host, path);
    }

    /// Both factors, at the portal's login.
    #[track_caller]
    fn proves_who_she_is(&self) {
        self.browser.fill("#username", "alice");
        self.browser.fill("#password", &self.alice.password);
        self.browser.follow("button.primary");
        self.arrives("login.alpha.test", "/.vestibule/verify/totp");
        self.gives_a_code();
    }

    #[track_caller]
    fn gives_a_code(&self) {
        self.gate.advance(30);
        self.browser.fill("[name=code]", &code_of(&self.alice.secret, self.gate.control.now()));
        self.browser.follow("button.primary");
    }

    #[track_caller]
    fn sees_the_application(&self) {
        assert_eq!(self.browser.text_of("#user"), "alice", "{}", self.browser.text());
    }
}

fn one_login_three_sites_two_domains(scripts: bool) {
    let echo = application();
    let bench = Bench::start(&echo);
    let browser = &bench.browser;
    browser.scripts(scripts);

    // Asked once, for the first of them.
    bench.goes("wiki.alpha.test/page?a=1", "login.alpha.test", "/.vestibule/login");
    assert_eq!(browser.text_of(".bound"), "To continue to The wiki", "{}", browser.text());
    bench.proves_who_she_is();
    bench.arrives("wiki.alpha.test", "/page");
    assert_eq!(browser.url().query(), Some("a=1"));
    bench.sees_the_application();
    for host in ["docs.beta.test", "shop.alpha.test", "wiki.alpha.test"] {
        bench.goes(&format!("{host}/page"), host, "/page");
        bench.sees_the_application();
    }

    // What she may open is on the account, and opens.
    bench.goes("docs.beta.test/.vestibule/account", "login.alpha.test", "/.vestibule/account");
    browser.follow("a[href='https://docs.beta.test/']");
    bench.arrives("docs.beta.test", "/");
    bench.sees_the_application();

    // A proof that is too old for a part of one site is asked for at the portal, and good for the other at once.
    bench.gate.advance(6 * 60);
    bench.goes("docs.beta.test/fresh/a", "login.alpha.test", "/.vestibule/verify/totp");
    bench.gives_a_code();
    bench.arrives("docs.beta.test", "/fresh/a");
    bench.goes("shop.alpha.test/fresh/a", "shop.alpha.test", "/fresh/a");
    bench.goes("wiki.alpha.test/page", "wiki.alpha.test", "/page");
    bench.sees_the_application();

    // Signed out from one, signed out from all.
    bench.goes("docs.beta.test/.vestibule/logout", "login.alpha.test", "/.vestibule/logout");
    browser.follow("button.primary");
    bench.arrives("login.alpha.test", "/.vestibule/login");
    for host in ["docs.beta.test", "shop.alpha.test", "wiki.alpha.test"] {
        bench.goes(&format!("{host}/page"), "login.alpha.test", "/.vestibule/login");
    }
}

#[test]
fn one_login_three_sites_two_domains_with_scripts() {
    one_login_three_sites_two_domains(true);
}

#[test]
fn one_login_three_sites_two_domains_without_scripts() {
    one_login_three_sites_two_domains(false);
}

/// Three tabs that are opened at one moment, as a browser does that opens what it had open before.
#[test]
fn tabs_opened_at_one_moment_all_arrive() {
    let echo = application();
    let bench = Bench::start(&echo);
    let browser = &bench.browser;
    bench.goes("wiki.alpha.test/page", "login.alpha.test", "/.vestibule/login");
    bench.proves_who_she_is();
    bench.arrives("wiki.alpha.test", "/page");
    let own = browser.windows();
    let address = |n: usize| format!("https://docs.beta.test/page?tab={n}");
    let addresses: Vec<String> = (0..3).map(address).collect();
    // A program's windows, for which the browser does not ask its user.
    for address in &addresses {
        browser.devtools("Target.createTarget", json!({ "url": address }));
    }
    until("three tabs", 10, || (browser.windows().len() == own.len() + 3).then_some(()));
    let mut arrived: Vec<String> = Vec::new();
    for window in browser.windows().iter().filter(|window| !own.contains(window)) {
        browser.enter(window);
        bench.arrives("docs.beta.test", "/page");
        bench.sees_the_application();
        arrived.push(browser.url().into());
        // The application's script learns nothing of how it came here.
        let told = "return JSON.stringify([document.referrer, location.href, performance.getEntries().map((one) => one.name)]);";
        let told = browser.run(told, json!([]));
        assert!(told.as_str().is_some_and(|told| told.contains("/page") && !told.contains("ticket")), "{told}");
    }
    arrived.sort();
    assert_eq!(arrived, addresses);
}

/// A worker that the application had before its site got a portal would read the ticket on the way back. Where it may have
/// none, the browser loses the one it has as soon as it asks for it anew.
#[test]
fn a_worker_from_before_does_not_stay() {
    const READER: &str = "self.addEventListener('install', () => self.skipWaiting());
        self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
        self.addEventListener('fetch', (event) => event.waitUntil(caches.open('seen')
            .then((seen) => seen.put('/seen?' + encodeURIComponent(event.request.url), new Response('')))));";
    const SEEN: &str =
        "return (await (await caches.open('seen')).keys()).map((one) => decodeURIComponent(one.url)).join(' ');";
    const WORKERS: &str = "return (await navigator.serviceWorker.getRegistrations()).length;";
    let echo = Echo::answering(|request| {
        let (kind, body) = match request.target.as_str() {
            "/worker.js" => ("text/javascript", READER),
            _ => ("text/html", "<!doctype html><title>The wiki</title><p id=\"user\">alice</p>"),
        };
        let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n", body.len());
        Answer::Bytes(format!("{head}Connection: close\r\n\r\n{body}").into_bytes())
    });
    let site = "url = \"http://wiki.localhost:PORT\"\nupstreams = [\"UPSTREAM\"]\nservice_worker = true";
    let mut gate = Gate::before(&echo).config("[portal]\nurl = \"http://login.localhost:PORT\"").site(site).start();
    let mut alice = gate.given_password_user("alice");
    let printed = gate.run(["factor", "add", "alice", "totp"]);
    let secret = printed.split("secret=").nth(1).expect("an address with the secret");
    alice.secret = secret.chars().take_while(char::is_ascii_alphanumeric).collect();
    let browser = Browser::start();
    // Each time for another address: who comes back for the same one again and again goes round in a circle.
    let sign_in = |gate: &Gate, n: usize| {
        browser.open(&format!("{}/page?{n}", gate.origin));
        browser.arrive("/.vestibule/login");
        browser.fill("#username", "alice");
        browser.fill("#password", &alice.password);
        browser.follow("button.primary");
        browser.arrive("/.vestibule/verify/totp");
        gate.advance(30);
        browser.fill("[name=code]", &code_of(&alice.secret, gate.control.now()));
        browser.follow("button.primary");
        browser.arrive("/page");
    };
    sign_in(&gate, 1);
    // A script sends a window of its visitor's to the portal with a stranger's errand, and sees nothing of what comes back.
    let sent = gate.visitor().goto("/.vestibule/login?rd=/page").location().expect("an errand");
    let own = browser.windows();
    let looks = "const opened = window.open(ADDRESS), seen = new Set();
        for (let turn = 0; turn < 120; turn++) {
            await new Promise((done) => setTimeout(done, 25));
            try { seen.add(opened.closed ? 'closed' : opened.location.href); } catch { seen.add('another origin'); }
        }
        return [...seen].join(' ');";
    let seen = browser.run_async(&looks.replace("ADDRESS", &json!(sent.as_str()).to_string()));
    assert!(seen.as_str().is_some_and(|seen| seen.contains("closed") && !seen.contains("ticket")), "{seen}");
    browser.enter(&browser.new_window(&own));
    assert_eq!(browser.url().path(), "/page", "whose visitor is signed in there already");
    browser.close_window();
    browser.enter(&own[0]);
    let register =
        "await navigator.serviceWorker.register('/worker.js'); await navigator.serviceWorker.ready; return true;";
    assert_eq!(browser.run_async(register), true);
    assert_eq!(browser.run_async(WORKERS), 1);
    // Positive control: this is what there is to lose, where the operator said that the application is trusted with it.
    gate.run(["session", "end", "alice"]);
    sign_in(&gate, 2);
    let seen = browser.run_async(SEEN);
    assert!(seen.as_str().is_some_and(|seen| seen.contains("/.vestibule/callback?ticket=")), "{seen}");

    let text = std::fs::read_to_string(gate.config_file()).expect("there is one");
    std::fs::write(gate.config_file(), text.replace("service_worker = true", "")).expect("written");
    gate.restart();
    browser.open(&format!("{}/page", gate.origin));
    browser.arrive("/page");
    until("the worker to go", 20, || (browser.run_async(WORKERS) == 0).then_some(()));
    assert_eq!(browser.run_async("await caches.delete('seen'); return true;"), true);
    gate.run(["session", "end", "alice"]);
    sign_in(&gate, 3);
    let seen = browser.run_async(SEEN);
    assert!(seen.as_str().is_some_and(|seen| !seen.contains("ticket")), "{seen}");
}
