//! Our own answers, and the one function that dresses every one of them in the security headers: redirects, the 401 for
//! scripts, refusals as page, problem document or plain text. It must never send anything of ours undressed, and never
//! tell a stranger more than the status and a request id.

use std::borrow::Cow;

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode};
use vestibule_templates::Link;
use vestibule_templates::layout::Frame;
use vestibule_templates::pages::refusal;
use vestibule_templates::texts::Texts;

use crate::assertion::headers::Set;
use crate::gate::{Facts, Kind, Site, Sites};
use crate::types::{Origin, RequestId};

/// How long a client should wait when a part of ours is not available, or all it may have is in use.
const RETRY_AFTER: &str = "5";
/// The methods an application may be asked with.
pub const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

/// An answer of ours, still undressed.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// What the client can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Page,
    /// RFC 9457.
    Problem,
    Text,
}

impl Shape {
    /// Fetch metadata first, `Accept` second; never the user agent.
    pub fn of(kind: Kind, accept: Option<&[u8]>) -> Self {
        if kind == Kind::Navigation {
            return Shape::Page;
        }
        let accept = String::from_utf8_lossy(accept.unwrap_or_default()).to_ascii_lowercase();
        if accept.contains("text/plain") && !accept.contains("json") { Shape::Text } else { Shape::Problem }
    }
}

/// What the security headers of an answer depend on.
#[derive(Clone, Debug)]
pub struct Dress {
    /// The site's `url` begins with `https://`.
    https: bool,
    hsts: Option<HeaderValue>,
}

impl Dress {
    /// For answers that belong to no site.
    pub fn plain() -> Self {
        Self { https: false, hsts: None }
    }

    pub fn at(site: &Site) -> Self {
        Self { https: site.url.as_ref().is_some_and(|url| url.is_https()), hsts: site.hsts.clone() }
    }

    /// Without what may not be said in clear (RFC 6797 section 7.2).
    pub fn in_clear(self) -> Self {
        Self { hsts: None, ..self }
    }

    /// Nothing is allowed but what our pages are made of. A form that succeeds is redirected to the application, which
    /// may send the browser on to anybody (its own login, a native program that listens on loopback), and Chromium
    /// holds every one of these steps against the form's page: naming our sites alone would end such logins on a blank
    /// page. What stays shut is scripts, and an encrypted page that sends what was typed over an open network.
    fn policy(&self) -> &'static str {
        macro_rules! with_forms_to {
            ($places:literal) => {
                concat!(
                    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self' data:; ",
                    "base-uri 'none'; ",
                    "frame-ancestors 'none'; form-action 'self' ",
                    $places
                )
            };
        }
        if self.https {
            with_forms_to!("https: http://localhost:* http://127.0.0.1:*")
        } else {
            with_forms_to!("https: http:")
        }
    }
}

/// The security headers: on every answer of ours, whoever made it. What a handler may decide for itself is only how
/// long an answer may be kept (assets, keys).
pub fn security_headers(headers: &mut HeaderMap, dress: Dress) {
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, dress.policy()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        // `same-origin`, not `no-referrer`: with the latter browsers send `Origin: null` with our own forms.
        (header::REFERRER_POLICY, "same-origin"),
        // `noopener-allow-popups` would need no help from the application's side (`answer::apart_from_our_pages`), but to
        // a browser that does not know it, as Firefox, it is no policy at all.
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (
            HeaderName::from_static("permissions-policy"),
            "publickey-credentials-get=(self), publickey-credentials-create=(self), camera=(), microphone=(), \
             geolocation=(), payment=(), usb=()",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Some(hsts) = dress.hsts {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, hsts);
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("private, no-store"));
}

impl Answer {
    fn new(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        Self { status, headers, body: body.into() }
    }

    pub fn with(mut self, name: HeaderName, value: &str) -> Self {
        // Values are made here of canonical, percent-encoded text; one that is no value is left out, never repaired.
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    /// To the login, in the way the method allows: 302, or 303 so that what was sent is not sent again.
    pub fn redirect(method: &Method, location: &str) -> Self {
        let safe = matches!(*method, Method::GET | Method::HEAD);
        let status = if safe { StatusCode::FOUND } else { StatusCode::SEE_OTHER };
        Self::new(status, "text/plain; charset=utf-8", "").with(header::LOCATION, location)
    }

    /// In place of a service worker's script: one that does nothing and goes. Browsers keep a worker whose script is
    /// refused, for ever; they ask for it anew when its pages are opened, at the latest a day after they asked last (Service
    /// Workers, section "Soft Update"), and put what they get in its place.
    pub fn retirement() -> Self {
        const SCRIPT: &str = "self.addEventListener(\"install\", () => self.skipWaiting());\n\
            self.addEventListener(\"activate\", (event) => event.waitUntil(self.registration.unregister()));\n";
        Self::new(StatusCode::OK, "text/javascript; charset=utf-8", SCRIPT)
    }

    /// To where it should have come from the first: with the same method and the same body (RFC 9110 section 15.4.9).
    pub fn moved(location: &str) -> Self {
        Self::new(StatusCode::PERMANENT_REDIRECT, "text/plain; charset=utf-8", "").with(header::LOCATION, location)
    }

    /// The level is missing and the client is no browser looking for a page.
    pub fn challenge(login: &str, id: &RequestId) -> Self {
        let detail = "This address needs a login. Open the login address in a browser.";
        let problem = problem(StatusCode::UNAUTHORIZED, detail, id, Some(login));
        Self::new(StatusCode::UNAUTHORIZED, "application/problem+json", problem)
            .with(header::WWW_AUTHENTICATE, &format!("Vestibule login=\"{login}\""))
    }

    /// Any other answer: it says what happened, and nothing about the inside.
    /// `links`: where a person may go from here.
    pub fn refusal(
        (status, why): (StatusCode, refusal::Why),
        shape: Shape,
        id: &RequestId,
        links: Vec<Link>,
        frame: &Frame,
        texts: &Texts,
    ) -> Self {
        // Programs are told in English: whoever reads that looks after them.
        let english = Texts::english();
        let key = format!("refused-{}-text", status.as_u16());
        let reason = status.canonical_reason().unwrap_or("Refused");
        let detail = if why != refusal::Why::Status {
            Cow::Owned(refusal::words(status.as_u16(), why, &english).1)
        } else if english.has(&key) {
            Cow::Owned(english.text(&key))
        } else {
            Cow::Borrowed(reason)
        };
        let answer = match shape {
            Shape::Page => {
                let view = refusal::View { status: status.as_u16(), why, request_id: id.to_string(), links };
                let page = refusal::page(&view, frame, texts).into_string();
                Self::new(status, "text/html; charset=utf-8", page)
            }
            Shape::Problem => Self::new(status, "application/problem+json", problem(status, &detail, id, None)),
            Shape::Text => Self::new(
                status,
                "text/plain; charset=utf-8",
                format!("{} {reason}\n{detail}\nRequest: {id}\n", status.as_u16()),
            ),
        };
        match status {
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => answer.later(),
            StatusCode::METHOD_NOT_ALLOWED => answer.allowing(METHODS),
            _ => answer,
        }
    }

    /// A status that says it all.
    pub fn nothing(status: StatusCode) -> Self {
        Self { status, headers: HeaderMap::new(), body: Bytes::new() }
    }

    /// Where it leads, from wherever it is read: not every server in front leaves a path what it is.
    pub fn make_absolute(&mut self, origin: &Origin) {
        let path = self.headers.get(header::LOCATION).and_then(|value| value.to_str().ok());
        let whole = path.filter(|path| path.starts_with('/')).map(|path| format!("{origin}{path}"));
        if let Some(value) = whole.and_then(|whole| HeaderValue::try_from(whole).ok()) {
            self.headers.insert(header::LOCATION, value);
        }
    }

    /// A refusal of bytes that are no request: nobody knows what the client could read.
    pub fn unreadable(status: StatusCode) -> Self {
        let reason = status.canonical_reason().unwrap_or("Bad Request");
        Self::new(status, "text/plain; charset=utf-8", format!("{} {reason}\n", status.as_u16()))
    }

    /// It may go better in a while.
    pub fn later(self) -> Self {
        self.with(header::RETRY_AFTER, RETRY_AFTER)
    }

    /// Public keys (RFC 7517), for everybody, for a little while.
    pub fn keys(set: String) -> Self {
        Self::new(StatusCode::OK, "application/jwk-set+json", set).with(header::CACHE_CONTROL, "public, max-age=300")
    }

    /// The methods that are served at this address, where the one asked with is not.
    pub fn allowing(mut self, allowed: &'static str) -> Self {
        self.headers.insert(header::ALLOW, HeaderValue::from_static(allowed));
        self
    }

    /// The same as a client of gRPC wants to be told: some take whatever has no status of theirs for messages. Which one
    /// stands for which of HTTP is what the others assume (gRPC, "HTTP to gRPC Status Code Mapping").
    pub fn for_a_call(self) -> Self {
        let code = match self.status.as_u16() {
            ..400 => return self,
            400 => "13",             // INTERNAL
            401 => "16",             // UNAUTHENTICATED
            403 => "7",              // PERMISSION_DENIED
            404 => "12",             // UNIMPLEMENTED
            429 | 502..=504 => "14", // UNAVAILABLE
            _ => "2",                // UNKNOWN
        };
        let message = self.status.to_string();
        self.with(HeaderName::from_static("grpc-status"), code).with(HeaderName::from_static("grpc-message"), &message)
    }

    /// With the language of a page, and what it was chosen by, for whoever keeps answers in spite of all.
    pub fn said_in(self, texts: &Texts) -> Self {
        let page = self.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
        if !page {
            return self;
        }
        self.with(header::CONTENT_LANGUAGE, texts.lang()).with(header::VARY, "Accept-Language, Cookie")
    }

    /// The whole answer as HTTP/1.1, for where no session with the client was ever begun. It closes the connection.
    pub fn into_bytes(self, dress: Dress) -> Vec<u8> {
        self.into_message(dress, &[], true, false)
    }

    /// The same with `more` fields, written as they are spelled. `bare`: without the body it tells of (HEAD).
    pub fn into_message(mut self, dress: Dress, more: &[Set], closes: bool, bare: bool) -> Vec<u8> {
        security_headers(&mut self.headers, dress);
        let mut out = format!("HTTP/1.1 {}\r\n", self.status).into_bytes();
        let own = self.headers.iter().map(|(name, value)| (name.as_str().as_bytes(), value));
        for (name, value) in own.chain(more.iter().map(|Set { name, value }| (&name[..], value))) {
            out.extend_from_slice(name);
            out.extend_from_slice(b": ");
            out.extend_from_slice(value.as_bytes());
            out.extend_from_slice(b"\r\n");
        }
        let connection = if closes { "connection: close\r\n" } else { "" };
        out.extend_from_slice(format!("content-length: {}\r\n{connection}\r\n", self.body.len()).as_bytes());
        if !bare {
            out.extend_from_slice(&self.body);
        }
        out
    }
}

/// A problem document (RFC 9457), with the login address where a login would help.
fn problem(status: StatusCode, detail: &str, id: &RequestId, login: Option<&str>) -> String {
    let mut problem = serde_json::json!({
        "type": "about:blank",
        "title": status.canonical_reason().unwrap_or("Refused"),
        "status": status.as_u16(),
        "detail": detail,
        "request": id,
    });
    if let (Some(login), Some(members)) = (login, problem.as_object_mut()) {
        members.insert("login".to_owned(), login.into());
    }
    problem.to_string()
}

/// Where a visitor signs in and comes back from: our own page, with the address to return to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    Login,
    /// A second factor is all that is missing.
    Verify,
}

/// The address of our page for a visitor who lacks the level. What was sent with another method than GET or HEAD cannot
/// be sent again by a redirect, so the way back is the page it was sent from, and the login page is told to say so.
pub fn login_address(door: Door, facts: &Facts, site: &Site) -> String {
    let page = match door {
        Door::Login => "/.vestibule/login",
        Door::Verify => "/.vestibule/verify",
    };
    let safe = matches!(facts.method, Method::GET | Method::HEAD);
    let back =
        if safe && facts.kind == Kind::Navigation { Some(facts.target.clone()) } else { page_before(facts, site) };
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    if let Some(back) = &back {
        query.append_pair("rd", back);
    }
    if !safe && facts.kind == Kind::Navigation {
        query.append_pair("sent", "1");
    }
    let query = query.finish();
    if query.is_empty() { page.to_owned() } else { format!("{page}?{query}") }
}

/// The whole address of the same, as far as it is known, for who has nowhere to resolve a path against but what it asked
/// for, and cannot be sent through the site: at the portal, where there is one.
pub fn login_for_scripts(door: Door, facts: &Facts, site: &Site, sites: &Sites) -> String {
    if sites.portal_of(site).is_some() {
        return sites.login_page(site, &facts.host, page_before(facts, site).as_deref());
    }
    let origin = site.url.as_ref().and_then(|url| url.at(&facts.host));
    let address = login_address(door, facts, site);
    origin.map_or(address.clone(), |origin| format!("{origin}{address}"))
}

/// The path of the page the request came from, when that page is of the same origin.
fn page_before(facts: &Facts, site: &Site) -> Option<String> {
    let origin = site.url.as_ref()?.at(&facts.host)?.to_string();
    let path = facts.referer.as_deref()?.strip_prefix(&origin)?;
    // Without the slash `https://a.test` would also fit `https://a.test.evil`.
    path.starts_with('/').then(|| path.split('#').next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::DerivedRandom;

    fn id() -> RequestId {
        RequestId::generate(&DerivedRandom::seeded(1))
    }

    fn frame() -> Frame {
        Frame {
            site: "wiki.test".into(),
            origin: "https://wiki.test".into(),
            bound_for: None,
            now: 0,
            account: None,
            switch: None,
            brand: Default::default(),
            ends: None,
        }
    }

    #[test]
    fn every_answer_is_dressed() {
        let bytes = Answer::unreadable(StatusCode::BAD_REQUEST).into_bytes(Dress::plain());
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{text}");
        for header in [
            "content-security-policy: default-src 'none'",
            "x-content-type-options: nosniff",
            "x-frame-options: DENY",
            "cross-origin-opener-policy: same-origin",
            "cache-control: private, no-store",
            "connection: close",
        ] {
            assert!(text.contains(header), "{header} is missing in {text}");
        }
    }

    #[test]
    fn a_handler_may_only_say_how_long_its_answer_is_kept() {
        let mut answer = Answer::keys("{}".into());
        answer.headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src *"));
        security_headers(&mut answer.headers, Dress::plain());
        assert_eq!(answer.headers[header::CACHE_CONTROL], "public, max-age=300");
        assert!(!answer.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().contains('*'));
    }

    #[test]
    fn each_client_gets_what_it_can_read() {
        assert_eq!(Shape::of(Kind::Navigation, None), Shape::Page);
        assert_eq!(Shape::of(Kind::Other, Some(b"application/json")), Shape::Problem);
        assert_eq!(Shape::of(Kind::Other, Some(b"text/plain")), Shape::Text);
        let texts = Texts::english();
        for (shape, start) in [(Shape::Page, "<!DOCTYPE html>"), (Shape::Problem, "{"), (Shape::Text, "403 Forbidden")]
        {
            let answer = Answer::refusal(
                (StatusCode::FORBIDDEN, refusal::Why::Status),
                shape,
                &id(),
                Vec::new(),
                &frame(),
                &texts,
            );
            let body = String::from_utf8(answer.body.to_vec()).unwrap();
            assert!(body.starts_with(start), "{body}");
            assert!(body.contains(id().as_str()), "the request id leads the operator to the row");
        }
    }

    #[test]
    fn a_call_is_told_in_its_own_words() {
        let status = |status| Answer::unreadable(status).for_a_call().headers.get("grpc-status").cloned();
        assert_eq!(status(StatusCode::UNAUTHORIZED).unwrap(), "16");
        assert_eq!(status(StatusCode::FORBIDDEN).unwrap(), "7");
        assert_eq!(status(StatusCode::BAD_GATEWAY).unwrap(), "14");
        assert_eq!(status(StatusCode::FOUND), None);
    }

    #[test]
    fn the_challenge_names_the_login_and_no_known_scheme() {
        let answer = Answer::challenge("/.vestibule/login", &id());
        assert_eq!(answer.headers[header::WWW_AUTHENTICATE], "Vestibule login=\"/.vestibule/login\"");
        let problem: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(problem["login"], "/.vestibule/login");
        assert_eq!(problem["status"], 401);
    }
}
