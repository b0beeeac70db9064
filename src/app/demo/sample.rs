//! The sample application: what stands behind the gate in the demonstration. It knows its visitor as any application
//! would, from the headers, and believes them only once the assertion holds against the published keys, which it fetches
//! over HTTP like everybody else. It has no way into the gate.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use data_encoding::BASE32_NOPAD_NOCASE;
use tokio::net::TcpListener;
use vestibule_templates::demo::{self, Assertion, Code, LandingView, MessagesView};
use vestibule_templates::{Frame, Languages, Link, Texts};

use super::inbox::Inbox;
use crate::app::Machine;
use crate::assertion::verify;
use crate::clock::Clock;
use crate::types::Origin;

/// Longest key set that is read, in bytes.
const LONGEST_KEYS: usize = 64 << 10;
/// What may be pasted: an address of an authenticator is a few hundred characters.
const LONGEST_PASTE: usize = 1024;

pub struct Sample {
    /// The gate's origin as the browser shows it: issuer and audience.
    origin: String,
    /// Where the keys are, from here.
    keys: String,
    client: reqwest::Client,
    inbox: Arc<Inbox>,
    clock: Arc<dyn Clock>,
    languages: Languages,
}

impl Sample {
    pub fn new(origin: String, gate: SocketAddr, inbox: Arc<Inbox>, machine: &Machine) -> Self {
        // An address that means all of this machine's is no place to ask at.
        let host = if gate.ip().is_unspecified() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { gate.ip() };
        let keys = format!("http://{}/.vestibule/jwks.json", SocketAddr::new(host, gate.port()));
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build().unwrap_or_default();
        Self { origin, keys, client, inbox, clock: machine.clock.clone(), languages: Languages::all() }
    }

    pub async fn serve(self, listener: TcpListener) {
        let pages = Router::new()
            .route("/messages", get(messages).post(authenticator))
            .fallback(landing)
            .with_state(Arc::new(self));
        if let Err(error) = axum::serve(listener, pages).await {
            tracing::error!(%error, "the sample application stopped");
        }
    }

    fn frame(&self) -> Frame {
        let site = Origin::parse(&self.origin).map_or_else(|_| self.origin.clone(), |origin| origin.authority());
        Frame {
            site,
            origin: self.origin.clone(),
            bound_for: None,
            now: self.now(),
            account: None,
            switch: None,
            brand: Arc::default(),
            ends: None,
        }
    }

    /// What the browser wishes for: what was picked on the gate's pages is the gate's.
    fn texts(&self, headers: &HeaderMap) -> &Texts {
        let wishes = headers.get_all(header::ACCEPT_LANGUAGE).iter().map(|field| field.as_bytes());
        self.languages.choose(None, wishes)
    }

    /// Seconds since 1970.
    fn now(&self) -> u64 {
        u64::try_from(self.clock.wall().secs()).unwrap_or(0)
    }

    async fn judge(&self, assertion: &str) -> Assertion {
        let keys = match self.keys().await {
            Ok(keys) => keys,
            Err(error) => return Assertion::Refused(format!("the key set cannot be fetched: {}", error.without_url())),
        };
        match verify(assertion, &keys, &self.origin, &self.origin, self.clock.wall()) {
            Ok(verified) => Assertion::Verified(claims(&verified.0)),
            Err(error) => Assertion::Refused(error.to_string()),
        }
    }

    async fn keys(&self) -> reqwest::Result<String> {
        let keys = self.client.get(&self.keys).send().await?.error_for_status()?.text().await?;
        Ok(if keys.len() > LONGEST_KEYS { String::new() } else { keys })
    }

    fn messages(&self, secret: String, code: Option<Code>, secret_refused: bool, texts: &Texts) -> Response {
        let view = MessagesView {
            messages: self.inbox.shown(),
            authenticator: "/messages".to_owned(),
            secret,
            code,
            secret_refused,
            back: Some("/".to_owned()),
        };
        dressed(demo::messages(&view, &self.frame(), texts).into_string())
    }
}

async fn landing(State(sample): State<Arc<Sample>>, uri: Uri, headers: HeaderMap) -> Response {
    const ASSERTION: &str = "vestibule-assertion";
    let ours = |name: &str| name.starts_with("remote-") || name == ASSERTION;
    let texts = sample.texts(&headers);
    let received = headers.iter().filter(|(name, _)| ours(name.as_str()));
    let shown = |value: &header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let view = LandingView {
        path: uri.path().to_owned(),
        headers: received.map(|(name, value)| (name.to_string(), shown(value))).collect(),
        assertion: match headers.get(ASSERTION).map(|value| value.to_str()) {
            None => Assertion::Missing,
            Some(Ok(assertion)) => sample.judge(assertion).await,
            Some(Err(_)) => Assertion::Refused("not a token".to_owned()),
        },
        links: [
            ("demo-link-step-up", "/step-up"),
            ("demo-link-open", "/open"),
            ("demo-link-messages", "/messages"),
            ("demo-link-account", "/.vestibule/account"),
        ]
        .map(|(text, href)| Link::new(texts.text(text), href))
        .into(),
        logout: "/.vestibule/logout".to_owned(),
    };
    dressed(demo::landing(&view, &sample.frame(), texts).into_string())
}

async fn messages(State(sample): State<Arc<Sample>>, headers: HeaderMap) -> Response {
    sample.messages(String::new(), None, false, sample.texts(&headers))
}

/// What an authenticator app would show for the pasted key.
async fn authenticator(State(sample): State<Arc<Sample>>, headers: HeaderMap, body: Bytes) -> Response {
    let fields: Vec<(String, String)> = serde_urlencoded::from_bytes(&body).unwrap_or_default();
    let pasted = fields.into_iter().find(|(name, _)| name == "secret").map(|(_, value)| value).unwrap_or_default();
    let pasted: String = pasted.trim().chars().take(LONGEST_PASTE).collect();
    let code = code(&pasted, sample.now());
    let refused = code.is_none();
    sample.messages(pasted, code, refused, sample.texts(&headers))
}

/// RFC 6238 with what every authenticator assumes: SHA-1, six digits, thirty seconds. `pasted` is a key in base32, as the
/// page shows it, or the whole `otpauth://` address.
fn code(pasted: &str, now: u64) -> Option<Code> {
    let key = match url::Url::parse(pasted) {
        Ok(url) if url.scheme() == "otpauth" => {
            url.query_pairs().find_map(|(name, value)| (name == "secret").then(|| value.into_owned()))?
        }
        _ => pasted.to_owned(),
    };
    let plain: String = key.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '=')).collect();
    let bytes = BASE32_NOPAD_NOCASE.decode(plain.as_bytes()).ok().filter(|bytes| !bytes.is_empty())?;
    let totp = totp_rs::Builder::new().with_secret(bytes).build_noncompliant();
    let digits = totp.generate(now).to_string();
    let (one, other) = digits.split_at_checked(3)?;
    Some(Code { digits: format!("{one} {other}"), left: totp.next_step(now).saturating_sub(now) })
}

/// Claims for people: lists with spaces between, texts without quotes.
fn claims(verified: &serde_json::Value) -> Vec<(String, String)> {
    use serde_json::Value;
    fn plain(value: &Value) -> String {
        match value {
            Value::String(text) => text.clone(),
            Value::Array(values) => values.iter().map(plain).collect::<Vec<_>>().join(" "),
            other => other.to_string(),
        }
    }
    let members = verified.as_object().into_iter().flatten();
    members.map(|(name, value)| (name.clone(), plain(value))).collect()
}

fn dressed(page: String) -> Response {
    const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
                          form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, page).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238 appendix B, the last six of eight digits.
    #[test]
    fn the_authenticator_shows_what_the_standard_says() {
        let key = "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ";
        let shown = code(key, 59).unwrap();
        assert_eq!((shown.digits.as_str(), shown.left), ("287 082", 1));
        let address = "otpauth://totp/a:b?secret=gezdgnbvgy3tqojqgezdgnbvgy3tqojq&issuer=a";
        assert_eq!(code(address, 1_111_111_109).unwrap().digits, "081 804");
        for refused in ["", "   ", "not a key!", "otpauth://totp/a?issuer=b", "https://example.com/?secret=GEZDGNBV"] {
            assert!(code(refused, 59).is_none(), "{refused}");
        }
    }
}
