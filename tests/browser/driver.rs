//! The real browser, steered over WebDriver (W3C, with chromedriver's additions): Chromium without a window, a profile
//! that is thrown away, and nothing it does unseen. It must leave no process behind, and wait for nothing without a limit.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use url::Url;

const CHROMIUM: &str = "/usr/bin/chromium";
const CHROMEDRIVER: &str = "/usr/bin/chromedriver";
/// How long a browser may take to start, a page to load or a script to end, and how long anything is waited for, in
/// seconds. Only what never comes takes so long: a machine that is ten times slower than it should be has the time.
const PATIENCE: u64 = 120;
/// One command. The browser gives up first, and says what it waited for.
const LIMIT: Duration = Duration::from_secs(PATIENCE + 60);
/// How often chromedriver is started before it is given up.
const TRIES: usize = 10;
/// How JSON names an element (WebDriver section 12.2).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// What went wrong before anything was done (WebDriver section 6.6): the page is still being made, or has just made way for
/// the next one.
const TOO_EARLY: [&str; 3] = ["stale element reference", "element not interactable", "element click intercepted"];

/// How many browsers may run at a time: each keeps a core busy.
static FREE: Mutex<usize> = Mutex::new(2);
static FREED: Condvar = Condvar::new();

/// A place among the browsers that may run.
struct Place;

/// A browser with its profile; it ends with the test.
pub struct Browser {
    wires: tokio::runtime::Runtime,
    client: reqwest::Client,
    driver: Child,
    session: String,
    /// Chromium's own process, should the driver lose it.
    chromium: u64,
    profile: tempfile::TempDir,
    _place: Place,
}

/// What there is between a page and the eye.
#[derive(Clone, Copy, Debug)]
pub struct Screen {
    pub width: u32,
    pub height: u32,
    pub dark: bool,
}

/// What a browser may find to sign with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecurityKey {
    /// On USB, a touch and nothing more: no PIN, and no memory for passkeys.
    Usb,
    /// On USB, with a PIN, and room for passkeys.
    UsbWithPin,
    /// In the device itself, behind a fingerprint: passkeys.
    Device,
    /// In a device that asks nobody who it is.
    OpenDevice,
}

impl Place {
    fn take() -> Self {
        let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
        while *free == 0 {
            free = FREED.wait(free).unwrap_or_else(PoisonError::into_inner);
        }
        *free -= 1;
        Self
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        *FREE.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        FREED.notify_one();
    }
}

impl Browser {
    /// Starts one. A machine without Chromium fails the test: what nobody looked at is not shown to work.
    #[track_caller]
    pub fn start() -> Self {
        Self::begin(&[], false)
    }

    /// The same with more on its command line.
    #[track_caller]
    pub fn start_with(arguments: &[&str]) -> Self {
        Self::begin(arguments, false)
    }

    /// One that finds names where these rules say (`MAP wiki.test:443 127.0.0.1:8443`), and believes whatever
    /// certificate it is shown there.
    #[track_caller]
    pub fn knowing(names: &str) -> Self {
        Self::begin(&[&format!("--host-resolver-rules={names}")], true)
    }

    #[track_caller]
    fn begin(arguments: &[&str], credulous: bool) -> Self {
        let place = Place::take();
        for program in [CHROMIUM, CHROMEDRIVER] {
            let found = std::fs::exists(program).unwrap_or(false);
            assert!(
                found,
                "{program} is missing: `make test` installs it, or `apt-get install chromium chromium-driver`"
            );
        }
        let profile = tempfile::Builder::new().prefix("profile").tempdir().expect("a temporary folder can be made");
        let (driver, port) = (0..TRIES).find_map(|_| start_driver()).expect("chromedriver takes a port");
        let wires = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        // The driver is spoken to in clear on loopback; the client wants to know a TLS all the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().timeout(LIMIT).no_proxy().build().expect("a client");
        let mut browser = Self {
            wires,
            client,
            driver,
            session: format!("http://127.0.0.1:{port}/session"),
            chromium: 0,
            profile,
            _place: place,
        };
        let begun = browser.call("", &browser.capabilities(arguments, credulous));
        let begun = begun.unwrap_or_else(|why| panic!("no browser: {why}"));
        browser.session += &format!("/{}", begun["sessionId"].as_str().expect("a session has an id"));
        browser.chromium = begun["capabilities"]["goog:processID"].as_u64().unwrap_or_default();
        browser
    }

    fn capabilities(&self, more: &[&str], credulous: bool) -> Value {
        let profile = format!("--user-data-dir={}", self.profile.path().display());
        let mut arguments = vec![
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-default-apps",
            "--disable-search-engine-choice-screen",
            "--lang=en",
            &profile,
        ];
        arguments.extend(more);
        json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "acceptInsecureCerts": credulous,
            "pageLoadStrategy": "normal",
            "timeouts": { "script": PATIENCE * 1000, "pageLoad": PATIENCE * 1000, "implicit": 0 },
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
            "goog:chromeOptions": {
                "binary": CHROMIUM, "args": arguments, "browserStartupTimeout": PATIENCE * 1000,
            },
        } } })
    }

    /// One command below the session: with a body a POST, with `null` a GET.
    fn call(&self, command: &str, body: &Value) -> Result<Value, String> {
        let url = format!("{}{command}", self.session);
        let request = if body.is_null() { self.client.get(&url) } else { self.client.post(&url).json(body) };
        self.send(request)
    }

    fn send(&self, request: reqwest::RequestBuilder) -> Result<Value, String> {
        let answer: Value = self
            .wires
            .block_on(async { request.send().await?.json().await })
            .map_err(|error: reqwest::Error| format!("the driver does not answer: {error}"))?;
        match answer["value"]["error"].as_str() {
            Some(error) => Err(format!("{error}: {}", answer["value"]["message"].as_str().unwrap_or_default())),
            None => Ok(answer["value"].clone()),
        }
    }

    #[track_caller]
    fn ask(&self, command: &str, body: &Value) -> Value {
        self.call(command, body).unwrap_or_else(|why| panic!("{command}: {why}"))
    }

    /// A command of the DevTools protocol.
    #[track_caller]
    pub fn devtools(&self, command: &str, parameters: Value) -> Value {
        self.ask("/goog/cdp/execute", &json!({ "cmd": command, "params": parameters }))
    }

    // Going and looking.

    /// Types an address; back when the page has loaded.
    #[track_caller]
    pub fn open(&self, url: &str) {
        self.ask("/url", &json!({ "url": url }));
    }

    #[track_caller]
    pub fn url(&self) -> Url {
        let url = self.ask("/url", &Value::Null);
        Url::parse(url.as_str().unwrap_or_default()).expect("a page has an address")
    }

    /// Waits until the page at this path has loaded.
    #[track_caller]
    pub fn arrive(&self, path: &str) {
        let at = |url: &Value| Url::parse(url.as_str()?).ok().filter(|url| url.path() == path);
        self.until(path, || {
            at(&self.try_run("return document.readyState === 'complete' ? location.href : ''").ok()?)
        });
    }

    /// Everything a person reads on the page.
    #[track_caller]
    pub fn text(&self) -> String {
        self.run("return document.body ? document.body.innerText : ''", json!([]))
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// How many visible elements fit a selector.
    #[track_caller]
    pub fn count(&self, selector: &str) -> u64 {
        let script =
            "return [...document.querySelectorAll(arguments[0])].filter((one) => one.checkVisibility()).length";
        self.run(script, json!([selector])).as_u64().expect("a count")
    }

    /// Looks again and again until something is there. While one page makes way for another there is no answer.
    #[track_caller]
    fn until<T>(&self, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
        for _ in 0..PATIENCE * 50 {
            if let Some(seen) = look() {
                return seen;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("waited {PATIENCE} s for {what} on {}:\n{}", self.url(), self.text());
    }

    /// Does something with the first element that fits, as soon as there is one and it can be done.
    #[track_caller]
    fn with<T>(&self, selector: &str, act: impl Fn(&str) -> Result<T, String>) -> T {
        let wanted = json!({ "using": "css selector", "value": selector });
        self.until(selector, || {
            let found = self.call("/element", &wanted).ok()?;
            match act(found[ELEMENT].as_str().expect("an element has a name")) {
                Ok(done) => Some(done),
                Err(why) if TOO_EARLY.iter().any(|early| why.starts_with(early)) => None,
                Err(why) => panic!("{selector}: {why}"),
            }
        })
    }

    #[track_caller]
    pub fn wait_for(&self, selector: &str) {
        self.with(selector, |_| Ok(()));
    }

    #[track_caller]
    pub fn text_of(&self, selector: &str) -> String {
        let text = self.with(selector, |element| self.call(&format!("/element/{element}/text"), &Value::Null));
        text.as_str().unwrap_or_default().to_owned()
    }

    /// As the page's source says it.
    #[track_caller]
    pub fn attribute(&self, selector: &str, name: &str) -> Option<String> {
        let ask = |element: &str| self.call(&format!("/element/{element}/attribute/{name}"), &Value::Null);
        self.with(selector, ask).as_str().map(str::to_owned)
    }

    // Touching.

    /// A click with the mouse: what is hidden or covered cannot be clicked.
    #[track_caller]
    pub fn click(&self, selector: &str) {
        self.with(selector, |element| self.call(&format!("/element/{element}/click"), &json!({})));
    }

    /// Clicks what leads to another page; back when that has loaded, even if it is at the same address.
    #[track_caller]
    pub fn follow(&self, selector: &str) {
        self.run("document.left = true", json!([]));
        self.click(selector);
        let next = "return !document.left && document.readyState === 'complete'";
        self.until("the next page", || self.try_run(next).is_ok_and(|there| there == true).then_some(()));
    }

    /// Types into a field, over what is there.
    #[track_caller]
    pub fn fill(&self, selector: &str, text: &str) {
        self.with(selector, |element| {
            self.call(&format!("/element/{element}/clear"), &json!({}))?;
            self.call(&format!("/element/{element}/value"), &json!({ "text": text }))
        });
    }

    /// Puts text into a field in one go, as pasting does.
    #[track_caller]
    pub fn paste(&self, selector: &str, text: &str) {
        self.click(selector);
        self.devtools("Input.insertText", json!({ "text": text }));
    }

    /// Types where the cursor stands. A page puts it there a moment after it has loaded.
    #[track_caller]
    pub fn press(&self, keys: &str) {
        self.with(":focus", |element| self.call(&format!("/element/{element}/value"), &json!({ "text": keys })));
    }

    /// Runs a script in the page, as one of the page's own.
    #[track_caller]
    pub fn run(&self, script: &str, arguments: Value) -> Value {
        self.ask("/execute/sync", &json!({ "script": script, "args": arguments }))
    }

    /// The same where a page may be making way for another: then there is no answer.
    fn try_run(&self, script: &str) -> Result<Value, String> {
        self.call("/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Runs the body of an asynchronous function in the page and waits for what it returns.
    #[track_caller]
    pub fn run_async(&self, body: &str) -> Value {
        let script = format!(
            "const done = arguments[arguments.length - 1]; (async () => {{ {body} }})().then(done, (why) => done(`threw ${{why}}`));"
        );
        self.ask("/execute/async", &json!({ "script": script, "args": [] }))
    }

    // Around the page.

    /// Turns the scripts of pages off or on, from the next page on.
    #[track_caller]
    pub fn scripts(&self, on: bool) {
        self.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": !on }));
    }

    /// What it is called from now on.
    #[track_caller]
    pub fn plug_in(&self, key: SecurityKey) -> String {
        let (transport, remembers, sees) = match key {
            SecurityKey::Usb => ("usb", false, false),
            SecurityKey::UsbWithPin => ("usb", true, true),
            SecurityKey::Device => ("internal", true, true),
            SecurityKey::OpenDevice => ("internal", true, false),
        };
        let name = self.ask(
            "/webauthn/authenticator",
            &json!({ "protocol": "ctap2", "transport": transport, "hasResidentKey": remembers,
                     "hasUserVerification": sees, "isUserVerified": sees, "isUserConsenting": true }),
        );
        name.as_str().expect("a key has a name").to_owned()
    }

    /// Whether its owner touches it when it asks. A passkey that is offered in a field counts as touched at once.
    #[track_caller]
    pub fn touches(&self, key: &str, at_once: bool) {
        let parameters = json!({ "authenticatorId": key, "enabled": at_once });
        self.devtools("WebAuthn.setAutomaticPresenceSimulation", parameters);
    }

    /// Whether it sees its owner: the right finger, the right PIN.
    #[track_caller]
    pub fn sees_its_owner(&self, key: &str, sees: bool) {
        self.ask(&format!("/webauthn/authenticator/{key}/uv"), &json!({ "isUserVerified": sees }));
    }

    /// Runs a script in every page before its own, from the next page on.
    #[track_caller]
    pub fn bring(&self, script: &str) {
        self.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": script }));
    }

    #[track_caller]
    pub fn look_through(&self, screen: Screen) {
        let Screen { width, height, dark } = screen;
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics);
        self.prefers(&[("prefers-color-scheme", if dark { "dark" } else { "light" })]);
    }

    /// What the reader's system asks of pages; that nothing moves, in any case: no picture is taken half-way.
    #[track_caller]
    pub fn prefers(&self, features: &[(&str, &str)]) {
        let features = features.iter().chain(&[("prefers-reduced-motion", "reduce")]);
        let features: Vec<Value> = features.map(|(name, value)| json!({ "name": name, "value": value })).collect();
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": features }));
    }

    /// The whole page, also what one must scroll to, as PNG.
    #[track_caller]
    pub fn picture(&self) -> Vec<u8> {
        let size = self.devtools("Page.getLayoutMetrics", json!({}))["cssContentSize"].clone();
        let clip = json!({ "x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1 });
        let shot = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        let picture = self.devtools("Page.captureScreenshot", shot);
        let bytes = data_encoding::BASE64.decode(picture["data"].as_str().unwrap_or_default().as_bytes());
        bytes.expect("a picture in base64")
    }

    #[track_caller]
    pub fn windows(&self) -> Vec<String> {
        let handles = self.ask("/window/handles", &Value::Null);
        handles.as_array().into_iter().flatten().filter_map(|one| one.as_str().map(str::to_owned)).collect()
    }

    /// Waits until a window besides these is there.
    #[track_caller]
    pub fn new_window(&self, known: &[String]) -> String {
        self.until("another window", || self.windows().into_iter().find(|window| !known.contains(window)))
    }

    #[track_caller]
    pub fn enter(&self, window: &str) {
        self.ask("/window", &json!({ "handle": window }));
    }

    /// Closes the window it is in.
    #[track_caller]
    pub fn close_window(&self) {
        let _ = self.send(self.client.delete(format!("{}/window", self.session)));
    }

    // What it did.

    /// Complaints of the console since this was last asked: warnings and errors.
    #[track_caller]
    pub fn complaints(&self) -> Vec<String> {
        let log = self.ask("/se/log", &json!({ "type": "browser" }));
        let entries = log.as_array().into_iter().flatten();
        let grave = entries.filter(|entry| matches!(entry["level"].as_str(), Some("SEVERE" | "WARNING")));
        grave.map(|entry| entry["message"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Every address on a network that was asked for since this was last asked; the browser's own pages are not.
    #[track_caller]
    pub fn requests(&self) -> Vec<Url> {
        let log = self.ask("/se/log", &json!({ "type": "performance" }));
        let entries = log.as_array().into_iter().flatten();
        let events = entries.filter_map(|entry| serde_json::from_str::<Value>(entry["message"].as_str()?).ok());
        let sent = events.filter(|event| {
            let name = event["message"]["method"].as_str();
            matches!(name, Some("Network.requestWillBeSent" | "Network.webSocketCreated"))
        });
        let url = |event: Value| {
            let parameters = &event["message"]["params"];
            let url = parameters["request"]["url"].as_str().or(parameters["url"].as_str())?;
            Url::parse(url).ok()
        };
        sent.filter_map(url).filter(|url| matches!(url.scheme(), "http" | "https" | "ws" | "wss")).collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let ended = self.send(self.client.delete(&self.session));
        let _ = self.driver.kill();
        let _ = self.driver.wait();
        if ended.is_err() && self.chromium > 0 {
            let _ = Command::new("kill").args(["-9", &self.chromium.to_string()]).status();
        }
    }
}

/// Starts chromedriver; the port it found for itself, as it says when it listens. It takes one that is free for IPv6 and ends
/// where somebody has the same of IPv4, which happens now and then on a busy machine.
#[track_caller]
fn start_driver() -> Option<(Child, u16)> {
    let mut driver = Command::new(CHROMEDRIVER)
        .arg("--port=0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("chromedriver can be started");
    let output = driver.stdout.take().expect("its output is ours");
    let mut lines = BufReader::new(output).lines();
    let port = lines.by_ref().map_while(Result::ok).find_map(|line| {
        let port = line.split_once("started successfully on port ")?.1;
        port.trim_end_matches('.').parse().ok()
    });
    // What it says later must have somewhere to go, or it stands still.
    std::thread::spawn(move || lines.for_each(drop));
    if port.is_none() {
        let _ = driver.wait();
    }
    Some((driver, port?))
}
