//! One login for sites on domains that have nothing to do with each other, over TLS, in a browser that applies to every
//! step what browsers apply: which cookies go along, what a form may lead to, what is cleared.

use crate::driver::Browser;
use crate::harness::{Echo, Gate, User, code_of, free_address};
use crate::person::application;

const SITE: &str = concat!(
    "upstreams = [\"UPSTREAM\"]\n",
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
            .site("url = \"https://wiki.alpha.test\"\nupstreams = [\"UPSTREAM\"]")
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
    browser.fill("#username", "alice");
    browser.fill("#password", &bench.alice.password);
    browser.follow("button.primary");
    bench.arrives("login.alpha.test", "/.vestibule/verify/totp");
    bench.gives_a_code();
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
