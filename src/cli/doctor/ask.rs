//! Requests as browsers, scripts and impostors send them. Redirects are shown and never followed, nothing is sent twice,
//! and no answer is read beyond a limit.

use std::error::Error;
use std::fmt;

use http::header::{self, HeaderMap, HeaderValue};
use reqwest::{Client, ClientBuilder, redirect, retry};
use url::Url;

use super::PATIENCE;
use crate::types::is_loopback_name;

/// How much of an answer is read, in bytes.
const MOST: usize = 256 << 10;

/// A client for one address.
pub struct Asker {
    client: Client,
    url: Url,
}

/// A request to be.
pub struct Question<'a> {
    asker: &'a Asker,
    url: Option<Url>,
    headers: HeaderMap,
}

/// An answer.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    /// What was asked for.
    pub url: Option<Url>,
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    /// The certificate of the other side, in DER.
    pub certificate: Option<Vec<u8>>,
    /// The version of TLS that was agreed on.
    pub tls: Option<reqwest::tls::Version>,
}

/// Why there is none.
#[derive(Debug)]
pub struct Unanswered(pub reqwest::Error);

impl fmt::Display for Unanswered {
    /// The innermost reason: what stands around it only repeats the address.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut reason: &dyn Error = &self.0;
        while let Some(inner) = reason.source() {
            reason = inner;
        }
        write!(f, "there is no answer: {reason}")
    }
}

impl Asker {
    /// # Errors
    /// The machine's certificate authorities cannot be read.
    pub fn new(url: &Url) -> Result<Self, String> {
        Self::with(url, Client::builder())
    }

    /// The same, whatever certificate is shown: there is nobody's secret in what it asks.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn believing_everybody(&self) -> Result<Self, String> {
        Self::with(&self.url, Client::builder().tls_danger_accept_invalid_certs(true))
    }

    fn with(url: &Url, builder: ClientBuilder) -> Result<Self, String> {
        let client = builder
            .no_proxy()
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            .timeout(PATIENCE)
            .tls_info(true)
            .user_agent(concat!("vestibule-doctor/", env!("CARGO_PKG_VERSION")))
            .build();
        let client = client.map_err(|error| Unanswered(error).to_string())?;
        Ok(Self { client, url: url.clone() })
    }

    pub fn url(&self) -> &Url {
        &self.url
    }

    /// A path of the address, or an address of its own.
    pub fn get(&self, target: &str) -> Question<'_> {
        Question { asker: self, url: self.url.join(target).ok(), headers: HeaderMap::new() }
    }

    /// The same address by http, on its usual port.
    pub async fn by_http(&self) -> Result<Reply, String> {
        let mut url = self.url.clone();
        let changed = url.set_scheme("http").and_then(|()| url.set_port(None));
        changed.map_err(|()| "there is no such address".to_owned())?;
        let question = Question { asker: self, url: Some(url), headers: HeaderMap::new() };
        question.navigating().send().await.map_err(|why| why.to_string())
    }
}

impl Question<'_> {
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        // Values are ours, or come from an address that was parsed: one that is no value is left out.
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    /// As a person's browser goes to a page.
    pub fn navigating(self) -> Self {
        self.with("accept", "text/html,application/xhtml+xml,*/*;q=0.8").fetching(["navigate", "document", "none"])
    }

    /// As a page's script asks.
    pub fn scripted(self) -> Self {
        self.with("accept", "application/json").fetching(["cors", "empty", "same-origin"])
    }

    /// With mode, destination and site, which browsers say over https and to their own machine alone (W3C Fetch Metadata
    /// Request Headers, section 2).
    fn fetching(self, [mode, dest, site]: [&str; 3]) -> Self {
        let trustworthy = |url: &Url| url.scheme() == "https" || is_loopback_name(url.host_str().unwrap_or_default());
        match self.url.as_ref().is_some_and(trustworthy) {
            true => self.with("sec-fetch-mode", mode).with("sec-fetch-dest", dest).with("sec-fetch-site", site),
            false => self,
        }
    }

    /// As a server in front asks whether somebody may pass, in every dialect at once.
    pub fn like_a_front(self) -> Self {
        let url = self.asker.url.clone();
        let authority = url[url::Position::BeforeHost..url::Position::AfterPort].to_owned();
        self.with("x-original-url", url.as_str())
            .with("x-original-method", "GET")
            .with("x-forwarded-method", "GET")
            .with("x-forwarded-proto", url.scheme())
            .with("x-forwarded-host", &authority)
            .with("x-forwarded-uri", url.path())
    }

    /// With the `Host` of another address.
    pub fn host(self, url: &Url) -> Self {
        self.with("host", &url[url::Position::BeforeHost..url::Position::AfterPort])
    }

    /// # Errors
    /// Nobody answered, or not within the time.
    pub async fn send(self) -> Result<Reply, Unanswered> {
        let Some(url) = self.url else { return Ok(Reply::default()) };
        let request = self.asker.client.get(url.clone()).headers(self.headers);
        let mut response = request.send().await.map_err(|error| Unanswered(error.without_url()))?;
        let info = response.extensions().get::<reqwest::tls::TlsInfo>();
        let certificate = info.and_then(|info| info.peer_certificate().map(<[u8]>::to_vec));
        let tls = info.and_then(reqwest::tls::TlsInfo::version);
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let mut body = Vec::new();
        while body.len() < MOST {
            match response.chunk().await.map_err(|error| Unanswered(error.without_url()))? {
                Some(part) => body.extend_from_slice(&part),
                None => break,
            }
        }
        Ok(Reply { url: Some(url), status, headers, body, certificate, tls })
    }
}

impl Reply {
    pub fn field(&self, name: impl header::AsHeaderName) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Where it sends the browser.
    pub fn location(&self) -> Option<Url> {
        let location = self.headers.get(header::LOCATION)?.to_str().ok()?;
        self.url.as_ref()?.join(location).ok().filter(|_| matches!(self.status, 300..=399))
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}
