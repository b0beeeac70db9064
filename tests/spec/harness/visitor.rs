//! A browser without script. It keeps one cookie jar per host, sends fetch metadata as browsers do, fills in the forms it
//! is shown, and holds every cookie of the gate to what the contract says. It follows no redirect by itself.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use url::Url;

use super::gate::Control;
use super::html::{self, Form};
use super::wire::Reply;
use super::{Protocol, Talk};

/// A browser with its jar.
#[derive(Clone, Debug)]
pub struct Visitor {
    gate: SocketAddr,
    protocol: Protocol,
    /// Of the gate's clock.
    pub control: Arc<Control>,
    /// Where relative addresses start.
    pub origin: String,
    /// Per host.
    pub jars: BTreeMap<String, BTreeMap<String, String>>,
    /// Every `Set-Cookie` it ever got.
    pub cookies_set: Vec<String>,
    /// Fields sent with every request, such as `X-Forwarded-For`.
    pub always: Vec<(String, String)>,
    /// An old browser, or a proxy on the way, sends none.
    pub fetch_metadata: bool,
}

/// What it was shown.
#[derive(Clone, Debug)]
pub struct Page {
    pub url: Url,
    pub status: u16,
    pub reply: Reply,
}

/// A request to be.
pub struct Ask<'v> {
    visitor: &'v mut Visitor,
    method: String,
    address: String,
    fields: Vec<(String, String)>,
    body: Option<String>,
}

impl Visitor {
    pub fn new(gate: SocketAddr, origin: &str, control: Arc<Control>, protocol: Protocol) -> Self {
        Self {
            gate,
            protocol,
            control,
            origin: origin.to_owned(),
            jars: BTreeMap::new(),
            cookies_set: Vec::new(),
            always: Vec::new(),
            fetch_metadata: true,
        }
    }

    /// Types an address.
    #[track_caller]
    pub fn goto(&mut self, address: &str) -> Page {
        self.navigate("GET", address, "none").send()
    }

    /// Goes where a page sends it, until no page does; at most ten times.
    #[track_caller]
    pub fn follow(&mut self, page: Page) -> Page {
        let mut page = page;
        for _ in 0..10 {
            let Some(next) = page.location() else { return page };
            page = self.navigate("GET", next.as_str(), "same-origin").send();
        }
        panic!("sent round in circles, at last to {}", page.url)
    }

    /// `goto` and `follow`.
    #[track_caller]
    pub fn visit(&mut self, address: &str) -> Page {
        let page = self.goto(address);
        self.follow(page)
    }

    /// Posts the page's main form with these fields filled in, as a person would.
    #[track_caller]
    pub fn submit(&mut self, page: &Page, fields: &[(&str, &str)]) -> Page {
        let form = page.form();
        self.post(page, &form, fields)
    }

    /// Posts this form.
    #[track_caller]
    pub fn post(&mut self, page: &Page, form: &Form, fields: &[(&str, &str)]) -> Page {
        let action = page.url.join(&form.action).expect("a form has an address");
        let (origin, body) = (page.url.origin().ascii_serialization(), form.filled(fields));
        self.navigate("POST", action.as_str(), "same-origin")
            .with("Origin", &origin)
            .with("Referer", page.url.as_str())
            .form(&body)
            .send()
    }

    /// The application's own script: `fetch` with the visitor's cookies.
    pub fn script(&mut self, method: &str, address: &str) -> Ask<'_> {
        let origin = self.origin.clone();
        self.ask(method, address)
            .with("Accept", "*/*")
            .with("Origin", &origin)
            .with("Sec-Fetch-Site", "same-origin")
            .with("Sec-Fetch-Mode", "cors")
            .with("Sec-Fetch-Dest", "empty")
    }

    /// A navigation of the whole window; `site` is the value of `Sec-Fetch-Site`.
    pub fn navigate(&mut self, method: &str, address: &str, site: &str) -> Ask<'_> {
        let metadata = self.fetch_metadata;
        let ask = self.ask(method, address).with("Accept", "text/html,application/xhtml+xml,*/*;q=0.8");
        if !metadata {
            return ask;
        }
        ask.with("Sec-Fetch-Site", site)
            .with("Sec-Fetch-Mode", "navigate")
            .with("Sec-Fetch-Dest", "document")
            .with("Sec-Fetch-User", "?1")
    }

    /// A request of which nothing but host and cookies is decided.
    pub fn ask(&mut self, method: &str, address: &str) -> Ask<'_> {
        let fields = self.always.clone();
        Ask { visitor: self, method: method.to_owned(), address: address.to_owned(), fields, body: None }
    }

    fn host(&self) -> String {
        Url::parse(&self.origin).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
    }

    /// The value of a cookie of this visitor's host; `session` stands for the cookie of that role.
    pub fn cookie(&self, role: &str) -> Option<&str> {
        let jar = self.jars.get(&self.host())?;
        jar.iter().find(|(name, _)| role_of(name) == role).map(|(_, value)| value.as_str())
    }

    /// Puts a value where the cookie of that role is, or takes it away.
    pub fn set_cookie(&mut self, role: &str, value: Option<&str>) {
        let base = if self.origin.starts_with("https:") { "__Host-vestibule" } else { "vestibule" };
        let name = if role == "session" { base.to_owned() } else { format!("{base}-{role}") };
        let jar = self.jars.entry(self.host()).or_default();
        match value {
            Some(value) => drop(jar.insert(name, value.to_owned())),
            None => drop(jar.remove(&name)),
        }
    }

    fn keep(&mut self, url: &Url, set_cookie: &str) {
        self.cookies_set.push(set_cookie.to_owned());
        let mut parts = set_cookie.split(';').map(str::trim);
        let (name, value) = parts.next().and_then(|pair| pair.split_once('=')).expect("a cookie has a name");
        let attributes: Vec<String> = parts.map(str::to_ascii_lowercase).collect();
        if is_ours(name) {
            let has = |wanted: &str| attributes.iter().any(|attribute| attribute == wanted);
            let https = url.scheme() == "https" || self.origin.starts_with("https:");
            assert!(has("httponly") && has("path=/") && has("samesite=lax"), "flags of {set_cookie}");
            assert!(!attributes.iter().any(|attribute| attribute.starts_with("domain")), "domain of {set_cookie}");
            assert_eq!(has("secure"), https, "secure of {set_cookie}");
            assert_eq!(name.starts_with("__Host-"), https, "prefix of {set_cookie}");
        }
        let host = url.host_str().unwrap_or_default().to_owned();
        let gone = attributes.iter().any(|attribute| attribute == "max-age=0" || attribute.contains("1970"));
        let jar = self.jars.entry(host).or_default();
        if gone || value.is_empty() {
            jar.remove(name);
        } else {
            jar.insert(name.to_owned(), value.to_owned());
        }
    }
}

fn is_ours(name: &str) -> bool {
    name.trim_start_matches("__Host-").starts_with("vestibule")
}

/// `session`, `login`, `browser`, `link`; empty for cookies that are not ours.
fn role_of(name: &str) -> &str {
    match name.trim_start_matches("__Host-").strip_prefix("vestibule") {
        Some("") => "session",
        Some(rest) => rest.trim_start_matches('-'),
        None => "",
    }
}

impl Ask<'_> {
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Instead of what is there under this name.
    pub fn instead(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(key, _)| !key.eq_ignore_ascii_case(name));
        self.with(name, value)
    }

    pub fn body(self, body: &str) -> Self {
        Self { body: Some(body.to_owned()), ..self }
    }

    pub fn form(self, body: &str) -> Self {
        self.body(body).with("Content-Type", "application/x-www-form-urlencoded")
    }

    /// Sends it, on a connection of its own, and keeps the cookies of the answer.
    #[track_caller]
    pub fn send(self) -> Page {
        let base = Url::parse(&self.visitor.origin).expect("an origin is a URL");
        let url = if self.address.contains("://") {
            Url::parse(&self.address).expect("an address is a URL")
        } else {
            base.join(&self.address).expect("a path is an address")
        };
        // A path is sent as it was given; only absolute addresses were canonicalised by the URL parser, as in browsers.
        let target = if self.address.starts_with('/') && !self.address.starts_with("//") {
            self.address.split('#').next().unwrap_or_default().to_owned()
        } else {
            url[url::Position::BeforePath..url::Position::AfterQuery].to_owned()
        };
        let authority = match url.port() {
            Some(port) => format!("{}:{port}", url.host_str().unwrap_or_default()),
            None => url.host_str().unwrap_or_default().to_owned(),
        };
        let mut head = format!("{} {target} HTTP/1.1\r\nHost: {authority}\r\n", self.method);
        if !self.fields.iter().any(|(name, _)| name.eq_ignore_ascii_case("user-agent")) {
            head += "User-Agent: bench/1.0\r\n";
        }
        let jar = self.visitor.jars.get(url.host_str().unwrap_or_default()).cloned().unwrap_or_default();
        let cookies: Vec<String> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            head += &format!("Cookie: {}\r\n", cookies.join("; "));
        }
        for (name, value) in &self.fields {
            head += &format!("{name}: {value}\r\n");
        }
        if let Some(body) = &self.body {
            head += &format!("Content-Length: {}\r\n", body.len());
        }
        let mut talk = Talk::to(self.visitor.gate, self.visitor.protocol);
        talk.send(head + "\r\n" + self.body.as_deref().unwrap_or_default());
        let reply = talk.reply_to(&self.method);
        let reply =
            reply.unwrap_or_else(|| panic!("{} {target}: the connection was closed without an answer", self.method));
        for set_cookie in reply.head.fields_named("set-cookie") {
            self.visitor.keep(&url, set_cookie);
        }
        Page { url, status: reply.status, reply }
    }
}

impl Page {
    pub fn field(&self, name: &str) -> Option<&str> {
        self.reply.field(name)
    }

    pub fn fields_named(&self, name: &str) -> Vec<&str> {
        self.reply.head.fields_named(name)
    }

    pub fn html(&self) -> String {
        self.reply.text()
    }

    /// What a person reads.
    pub fn text(&self) -> String {
        html::text(&self.html())
    }

    pub fn json(&self) -> serde_json::Value {
        self.reply.json()
    }

    /// Where it sends the browser.
    pub fn location(&self) -> Option<Url> {
        let location = self.field("location")?;
        Some(self.url.join(location).unwrap_or_else(|_| panic!("not an address: {location:?}")))
    }

    /// The path (with query) it sends to.
    pub fn sent_to(&self) -> String {
        self.location().map(|url| url[url::Position::BeforePath..].to_owned()).unwrap_or_default()
    }

    pub fn forms(&self) -> Vec<Form> {
        Form::all(&self.html())
    }

    /// The main form: the first that is neither "not you?" nor the switch of languages.
    #[track_caller]
    pub fn form(&self) -> Form {
        let forms = self.forms();
        let beside = |form: &Form| form.action.contains("start-over") || form.action.ends_with("/language");
        let main = forms.iter().find(|form| form.method == "post" && !beside(form));
        main.cloned().unwrap_or_else(|| panic!("no form on {} ({}): {}", self.url, self.status, self.text()))
    }

    /// The `href` of the first link that starts so.
    pub fn link(&self, start: &str) -> Option<String> {
        html::attribute(&self.html(), "a", "href", |href| href.starts_with(start))
    }

    /// Fails unless the page is at this path with this status.
    #[track_caller]
    pub fn assert_at(&self, path: &str, status: u16) -> &Self {
        assert_eq!((self.url.path(), self.status), (path, status), "{}", self.text());
        self
    }
}
