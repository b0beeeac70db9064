//! What all kinds that speak HTTP to a provider share: one request within a time limit, once more only where nothing was
//! sent yet. It follows no redirect and no proxy, because either could lead a message with a code in it to somebody else;
//! and neither the address (which may hold a token) nor the request may ever appear in an error or a log.

use std::error::Error as _;
use std::fmt;
use std::time::Duration;

use http::StatusCode;
use reqwest::{Certificate, Client, RequestBuilder, redirect, retry};
use url::{Host, Url};

use super::files;
use crate::error::Problems;

/// The longest answer that is read; a provider says less.
const LONGEST_ANSWER: usize = 64 * 1024;

/// An address that is asked.
pub(super) struct Provider {
    client: Client,
    pub url: Url,
    timeout: Duration,
}

/// What it said.
pub(super) struct Reply {
    pub status: StatusCode,
    /// At most 64 KiB.
    pub body: Vec<u8>,
}

impl Provider {
    /// The provider at `url`, as the section `key` names it; `None` when problems were added. `url_key` is the key that
    /// `url` was written under.
    pub fn build(
        key: &str,
        url_key: &str,
        url: &str,
        ca_file: &str,
        timeout: Duration,
        problems: &mut Problems,
    ) -> Option<Self> {
        let url = address(&format!("{key}.{url_key}"), url, problems);
        let ca_key = format!("{key}.ca_file");
        let authorities = files::authorities(&ca_key, ca_file, problems);
        let in_time = some_time(key, timeout, problems);
        let (url, authorities) = (url?, authorities?);
        let client = client(&url, &authorities, timeout)
            .map_err(|error| {
                let remedy = "install the system's CA certificates, or name the receiver's CA in ca_file";
                problems.add(ca_key, format!("TLS cannot be set up: {}", cause(error)), remedy);
            })
            .ok()?;
        in_time.then_some(Self { client, url, timeout })
    }

    /// One request, as `make` makes it each time. The error says why there was no answer.
    pub async fn ask(&self, make: impl Fn(&Client) -> RequestBuilder + Send + Sync) -> Result<Reply, String> {
        let outcome = tokio::time::timeout(self.timeout, async {
            let mut retried = false;
            let mut answer = loop {
                match make(&self.client).send().await {
                    Ok(answer) => break answer,
                    // Nothing was sent yet, so that a second attempt cannot deliver twice.
                    Err(error) if error.is_connect() && !retried => retried = true,
                    Err(error) => return Err(cause(error)),
                }
            };
            let (status, mut body) = (answer.status(), Vec::new());
            while let Some(piece) = answer.chunk().await.map_err(cause)? {
                if body.len() + piece.len() > LONGEST_ANSWER {
                    return Err("the answer is too long".to_owned());
                }
                body.extend_from_slice(&piece);
            }
            Ok(Reply { status, body })
        });
        outcome.await.unwrap_or_else(|_| Err("no answer in time".to_owned()))
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider").field("host", &self.url.host_str()).finish_non_exhaustive()
    }
}

/// Whether there is a time limit that leaves time.
pub(super) fn some_time(key: &str, timeout: Duration, problems: &mut Problems) -> bool {
    if timeout.is_zero() {
        problems.add(format!("{key}.timeout"), "is no time at all", "set a duration such as \"5s\"");
    }
    !timeout.is_zero()
}

/// Whether a host is this machine, so that nobody else can listen.
pub(super) fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

/// The innermost reason, which knows nothing of the address.
fn cause(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut reason = error.source();
    while let Some(deeper) = reason.and_then(|reason| reason.source()) {
        reason = Some(deeper);
    }
    reason.map_or_else(|| error.to_string(), ToString::to_string)
}

fn client(url: &Url, authorities: &[u8], timeout: Duration) -> reqwest::Result<Client> {
    // The process has one provider of cryptography, installed as it starts; here for whoever builds a gateway without
    // that start. A second installation changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let secure = url.scheme() == "https";
    let builder = Client::builder()
        .no_proxy()
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .referer(false)
        // A connection kept open may be closed as the next message is written, and nobody would know whether it went.
        .pool_max_idle_per_host(0)
        .connect_timeout(timeout)
        .https_only(secure);
    match secure && authorities.is_empty() {
        true => builder.build(),
        false => builder.tls_certs_only(Certificate::from_pem_bundle(authorities)?).build(),
    }
}

fn address(key: &str, text: &str, problems: &mut Problems) -> Option<Url> {
    let Ok(url) = Url::parse(text) else {
        problems.add(key, "is not an address", "set the https:// address of the provider");
        return None;
    };
    let loopback = url.host().is_some_and(|host| is_loopback(&host));
    let problem = match url.scheme() {
        _ if !url.username().is_empty() || url.password().is_some() => "holds a user name or password",
        "https" => return Some(url),
        "http" if loopback => return Some(url),
        "http" => "would send codes in clear",
        _ => "is neither https nor http",
    };
    problems.add(
        key,
        problem,
        "set an https:// address (http:// on a loopback address alone), without user or password",
    );
    None
}
