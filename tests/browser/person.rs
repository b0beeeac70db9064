//! Somebody in front of the browser. After every step the same is asked: the console is silent, and nothing was fetched
//! from anywhere but the gate. They do only what hands and eyes can do.

use serde_json::{Value, json};

use crate::driver::Browser;
use crate::harness::{Answer, Echo, Gate, PASSWORD, Request, User, code_of};

/// RFC 6238: one step, in seconds.
const STEP: u64 = 30;

pub struct Person<'g> {
    pub browser: Browser,
    pub gate: &'g Gate,
}

/// An application with pages: each says whom it was told about, and whether its script ran.
pub fn application() -> Echo {
    application_saying("")
}

/// The same, with more fields in every answer; each ends its line.
pub fn application_saying(more: &str) -> Echo {
    let more = more.to_owned();
    Echo::answering(move |request| {
        let path = request.target.split('?').next().unwrap_or_default();
        let (kind, body) = match path {
            "/worker.js" => ("text/javascript", "self.addEventListener('fetch', () => {});".to_owned()),
            _ => ("text/html; charset=utf-8", page(request)),
        };
        let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n{more}", body.len());
        Answer::Bytes(format!("{head}Connection: close\r\n\r\n{body}").into_bytes())
    })
}

fn page(request: &Request) -> String {
    let user = request.field("remote-user").unwrap_or("nobody");
    format!(
        "<!doctype html><html lang=\"en\"><title>The wiki</title><h1>The wiki</h1>\
         <p>Hello, <strong id=\"user\">{user}</strong>.</p><p>Scripts: <span id=\"scripts\">off</span></p>\
         <script>document.getElementById('scripts').textContent = 'on';</script></html>"
    )
}

impl<'g> Person<'g> {
    #[track_caller]
    pub fn at(gate: &'g Gate) -> Self {
        Self { browser: Browser::start(), gate }
    }

    /// Types an address of the site, and comes to this path.
    #[track_caller]
    pub fn goes(&self, address: &str, path: &str) {
        self.browser.open(&format!("{}{address}", self.gate.origin));
        self.arrives(path);
    }

    /// Clicks, and comes to this path.
    #[track_caller]
    pub fn clicks(&self, selector: &str, path: &str) {
        self.browser.follow(selector);
        self.arrives(path);
    }

    #[track_caller]
    pub fn arrives(&self, path: &str) {
        self.browser.arrive(path);
        self.is_undisturbed();
    }

    /// Nothing on the console, nothing from another origin.
    #[track_caller]
    pub fn is_undisturbed(&self) {
        let (complaints, requests) = (self.browser.complaints(), self.browser.requests());
        assert!(complaints.is_empty(), "on {} the console says {complaints:#?}", self.browser.url());
        let own = |url: &url::Url| url.origin().ascii_serialization() == self.gate.origin;
        let foreign: Vec<_> = requests.iter().filter(|url| !own(url)).map(url::Url::as_str).collect();
        assert!(foreign.is_empty(), "{} asked for {foreign:?}", self.browser.url());
    }

    /// The same for a page whose status is an error, which the browser notes on its console.
    #[track_caller]
    pub fn is_refused(&self, address: &str, status: u16) {
        self.browser.open(&format!("{}{address}", self.gate.origin));
        let complaints = self.browser.complaints();
        let noted = |line: &String| line.contains(&format!("status of {status}"));
        assert!(complaints.iter().any(noted) && complaints.iter().all(noted), "{address}: {complaints:#?}");
        self.is_undisturbed();
    }

    /// The application's page, shown to this user.
    #[track_caller]
    pub fn sees_the_application_as(&self, name: &str) {
        assert_eq!(self.browser.text_of("#user"), name, "{}", self.browser.text());
    }

    // The steps.

    #[track_caller]
    pub fn sets_a_password(&self) {
        self.browser.fill("#new_password", PASSWORD);
        self.browser.fill("#new_password_again", PASSWORD);
        self.clicks("button.primary", "/.vestibule/enrol");
    }

    /// Reads the secret off the page as text, as somebody without a camera does, and confirms it.
    #[track_caller]
    pub fn sets_up_an_authenticator(&self) -> String {
        let secret = self.browser.text_of("code.secret").replace(' ', "");
        let link = self.browser.attribute(".otpauth a", "href").expect("a link for those who read this on their phone");
        assert!(link.contains(&format!("?secret={secret}&")), "one secret, three ways: {link}");
        self.browser.fill("[name=code]", &code_of(&secret, self.gate.control.now()));
        self.clicks("button.primary", "/.vestibule/enrol/recovery");
        secret
    }

    #[track_caller]
    pub fn keeps_the_codes(&self, path: &str) -> Vec<String> {
        let codes = self
            .browser
            .run("return [...document.querySelectorAll('.codes code')].map((one) => one.innerText)", json!([]));
        let codes: Vec<String> = serde_json::from_value(codes).expect("a list of codes");
        assert_eq!(codes.len(), 10);
        self.browser.click("#acknowledged");
        self.clicks("button.primary", path);
        codes
    }

    /// Asks for an address and gives the password there.
    #[track_caller]
    pub fn gives_the_password(&self, user: &User, address: &str, path: &str) {
        self.goes(address, "/.vestibule/login");
        self.browser.fill("#username", &user.name);
        self.browser.fill("#password", &user.password);
        self.clicks("button.primary", path);
    }

    /// Types the authenticator's next code; a code is used once, so time goes on first.
    #[track_caller]
    pub fn gives_a_code(&self, user: &User, path: &str) {
        self.gate.advance(STEP);
        self.browser.fill("[name=code]", &user.code_at(self.gate.control.now(), 0));
        self.clicks("button.primary", path);
    }

    /// Clicks twice, as people do who never learned that once is enough, and comes to this path.
    #[track_caller]
    pub fn clicks_twice(&self, selector: &str, path: &str) {
        let twice = "const button = document.querySelector(arguments[0]);
            setTimeout(() => button.click(), 30);
            button.click()";
        self.browser.run(twice, json!([selector]));
        self.arrives(path);
    }

    /// From a page that asks for a key: the first press makes the challenge (a GET makes none), the second, which the
    /// page's script answers, uses the key.
    #[track_caller]
    pub fn begins_with_the_key(&self) {
        self.browser.follow("button.primary");
        self.browser.wait_for("form[data-ceremony]");
        self.is_undisturbed();
    }

    #[track_caller]
    pub fn uses_the_key(&self, path: &str) {
        self.clicks("form[data-ceremony] button.primary", path);
    }

    #[track_caller]
    pub fn signs_in(&self, user: &User, address: &str) {
        self.gives_the_password(user, address, "/.vestibule/verify/totp");
        self.gives_a_code(user, address);
    }

    #[track_caller]
    pub fn signs_out(&self) {
        self.goes("/.vestibule/logout", "/.vestibule/logout");
        self.clicks("button.primary", "/.vestibule/login");
    }

    /// What the application can prove: the claims of the last assertion it got (its signature is looked at elsewhere).
    #[track_caller]
    pub fn amr_at(&self, echo: &Echo) -> Vec<String> {
        let requests = echo.requests();
        let assertion = requests.iter().rev().find_map(|request| request.field("vestibule-assertion"));
        let payload = assertion.and_then(|assertion| assertion.split('.').nth(1)).expect("a signed identity");
        let bytes = data_encoding::BASE64URL_NOPAD.decode(payload.as_bytes()).expect("base64url");
        let claims: Value = serde_json::from_slice(&bytes).expect("claims are JSON");
        serde_json::from_value(claims["amr"].clone()).expect("a list")
    }
}
