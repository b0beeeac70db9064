//! Delivery by a POST to a service of the operator's: JSON, signed, within a time limit. It follows no redirect and no
//! proxy, because either could lead a message with a code in it to somebody else; and neither the address (which may hold
//! a token) nor the message may ever appear in an error or a log.

use std::error::Error as _;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hmac::{Hmac, KeyInit, Mac};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use reqwest::{Certificate, Client, redirect, retry};
use sha2::Sha256;
use url::{Host, Url};

use super::{Delivery, Gateway, Message, Receiver};
use crate::clock::{Clock, Time};
use crate::config::GatewayKind;
use crate::error::Problems;
use crate::secret::Secret;

/// Carries `t=<unix seconds>,v1=<hex of HMAC-SHA-256 over "t.body">`: the receiver checks who sent it, and that it is new.
const SIGNATURE: &str = "vestibule-signature";

/// A shorter secret can be guessed from one signed message.
const SHORTEST_SECRET: usize = 16;

pub struct WebhookGateway {
    client: Client,
    url: Url,
    secret: Secret<Vec<u8>>,
    timeout: Duration,
    clock: Arc<dyn Clock>,
}

/// What is posted.
#[derive(serde::Serialize)]
struct Body<'a> {
    to: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    subject: &'a str,
    text: &'a str,
    language: &'a str,
    /// "sms" | "email"
    kind: &'static str,
}

impl WebhookGateway {
    /// The gateway of the section `key`; `None` when problems were added.
    pub fn build(key: &str, written: &GatewayKind, clock: Arc<dyn Clock>, problems: &mut Problems) -> Option<Self> {
        let url = url(key, &written.url, problems);
        let secret = secret(key, &written.secret_file, problems);
        let authorities = authorities(key, &written.ca_file, problems);
        let timeout = written.timeout.0;
        if timeout.is_zero() {
            problems.add(format!("{key}.timeout"), "is no time at all", "set a duration such as \"5s\"");
        }
        let (url, secret, authorities) = (url?, secret?, authorities?);
        let client = client(&url, authorities, timeout)
            .map_err(|error| {
                let remedy = "install the system's CA certificates, or name the receiver's CA in ca_file";
                problems.add(format!("{key}.ca_file"), format!("TLS cannot be set up: {}", cause(error)), remedy);
            })
            .ok()?;
        (!timeout.is_zero()).then_some(Self { client, url, secret, timeout, clock })
    }

    async fn post(&self, body: Vec<u8>) -> Delivery {
        let signature = signature(&self.secret, self.clock.wall(), &body);
        let mut retried = false;
        loop {
            let request = self.client.post(self.url.clone()).header(CONTENT_TYPE, "application/json");
            match request.header(SIGNATURE, &signature).body(body.clone()).send().await {
                Ok(answer) => return judge(answer.status()),
                // Nothing was sent yet, so that a second attempt cannot deliver twice.
                Err(error) if error.is_connect() && !retried => retried = true,
                Err(error) => return Delivery::Failed(cause(error)),
            }
        }
    }
}

#[async_trait]
impl Gateway for WebhookGateway {
    fn kind(&self) -> &'static str {
        "webhook"
    }

    async fn send(&self, message: &Message) -> Delivery {
        let (to, kind) = match &message.to {
            Receiver::Phone(number) => (number, "sms"),
            Receiver::Mailbox(mailbox) => (mailbox, "email"),
        };
        let body =
            Body { to, subject: &message.subject, text: message.text.expose(), language: &message.language, kind };
        let body = match serde_json::to_vec(&body) {
            Ok(body) => body,
            Err(_) => return Delivery::Failed("the message cannot be written as JSON".to_owned()),
        };
        let outcome = tokio::time::timeout(self.timeout, self.post(body)).await;
        outcome.unwrap_or_else(|_| Delivery::Failed("no answer in time".to_owned()))
    }
}

impl fmt::Debug for WebhookGateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookGateway").field("host", &self.url.host_str()).finish_non_exhaustive()
    }
}

fn judge(status: StatusCode) -> Delivery {
    let said = format!("the webhook answered {}", status.as_u16());
    match status {
        _ if status.is_success() => Delivery::Accepted,
        // These say "not now"; every other 4xx says "not this".
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS => Delivery::Failed(said),
        _ if status.is_client_error() => Delivery::Refused(said),
        _ => Delivery::Failed(said),
    }
}

fn signature(secret: &Secret<Vec<u8>>, now: Time, body: &[u8]) -> String {
    let seconds = now.secs();
    // HMAC takes keys of any length.
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose()).expect("a key of any length");
    mac.update(format!("{seconds}.").as_bytes());
    mac.update(body);
    format!("t={seconds},v1={}", data_encoding::HEXLOWER.encode(&mac.finalize().into_bytes()))
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

fn client(url: &Url, authorities: Vec<Certificate>, timeout: Duration) -> reqwest::Result<Client> {
    // The process has one provider, installed as it starts; here for whoever builds a gateway without that start. A
    // second installation changes nothing.
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
        false => builder.tls_certs_only(authorities).build(),
    }
}

fn url(key: &str, text: &str, problems: &mut Problems) -> Option<Url> {
    let key = format!("{key}.url");
    let Ok(url) = Url::parse(text) else {
        problems.add(key, "is not an address", "set the https:// address that takes the messages");
        return None;
    };
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
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

fn secret(key: &str, file: &str, problems: &mut Problems) -> Option<Secret<Vec<u8>>> {
    let key = format!("{key}.secret_file");
    if file.is_empty() {
        let remedy = "name a file with the secret that the receiver checks signatures with, 16 characters or more";
        problems.add(key, "is not set", remedy);
        return None;
    }
    let text = match std::fs::read_to_string(file) {
        Ok(text) => Secret::new(text),
        Err(error) => {
            problems.add(key, format!("{file} cannot be read: {error}"), "make the file readable for this user alone");
            return None;
        }
    };
    if open_to_others(Path::new(file)) {
        problems.add(key, format!("{file} can be read by other users"), format!("chmod 600 {file}"));
        return None;
    }
    let secret = text.expose().trim();
    if secret.len() < SHORTEST_SECRET {
        problems.add(key, format!("the secret in {file} is short"), "use 16 random characters or more");
        return None;
    }
    Some(Secret::new(secret.as_bytes().to_vec()))
}

fn open_to_others(file: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    // Others alone: secrets mounted by an orchestrator come with a group.
    std::fs::metadata(file).map_or(true, |found| found.mode() & 0o007 != 0)
}

/// No file: none, and the system's are used.
fn authorities(key: &str, file: &str, problems: &mut Problems) -> Option<Vec<Certificate>> {
    if file.is_empty() {
        return Some(Vec::new());
    }
    let what = match std::fs::read(file).map(|pem| Certificate::from_pem_bundle(&pem)) {
        Ok(Ok(certificates)) if !certificates.is_empty() => return Some(certificates),
        Ok(_) => format!("{file} holds no certificate in PEM"),
        Err(error) => format!("{file} cannot be read: {error}"),
    };
    problems.add(format!("{key}.ca_file"), what, "name a PEM file with the CA of the receiver's certificate");
    None
}

#[cfg(test)]
mod tests;
