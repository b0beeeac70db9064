//! Delivery by a POST to a service of the operator's: JSON, signed, within a time limit. Neither the address (which may
//! hold a token) nor the message may ever appear in an error or a log. A call is posted without its words: the service
//! asks for them at the address it is given, and signs that with the same secret.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hmac::{Hmac, KeyInit, Mac};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use sha2::Sha256;

use super::provider::Provider;
use super::{Callback, Delivery, Gateway, Message, Receiver, files};
use crate::clock::{Clock, Time};
use crate::config::GatewayKind;
use crate::error::Problems;
use crate::secret::Secret;

/// Carries `t=<unix seconds>,v1=<hex of HMAC-SHA-256 over "t.body">`: the receiver checks who sent it, and that it is new.
/// On a request to the address of a call it is the receiver's, over `t.METHOD address\nbody`.
const SIGNATURE: &str = "vestibule-signature";

/// How far the receiver's clock may be from ours.
const CLOCKS: Duration = Duration::from_secs(5 * 60);

/// A shorter secret can be guessed from one signed message.
const SHORTEST_SECRET: usize = 16;

#[derive(Debug)]
pub struct WebhookGateway {
    provider: Provider,
    secret: Secret<String>,
    clock: Arc<dyn Clock>,
}

/// What is posted.
#[derive(serde::Serialize)]
struct Body<'a> {
    to: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    subject: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    text: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    callback: &'a str,
    language: &'a str,
    /// "sms" | "voice" | "email"
    kind: &'static str,
}

impl WebhookGateway {
    /// The gateway of the section `key`; `None` when problems were added.
    pub fn build(key: &str, written: &GatewayKind, clock: Arc<dyn Clock>, problems: &mut Problems) -> Option<Self> {
        let (secret_key, what) =
            (format!("{key}.secret_file"), "what the receiver checks signatures with, 16 characters or more");
        let secret = files::secret(&secret_key, &written.secret_file, what, SHORTEST_SECRET, problems);
        let provider = Provider::build(key, "url", &written.url, &written.ca_file, written.timeout.0, problems);
        Some(Self { provider: provider?, secret: secret?, clock })
    }
}

#[async_trait]
impl Gateway for WebhookGateway {
    fn kind(&self) -> &'static str {
        "webhook"
    }

    async fn send(&self, message: &Message) -> Delivery {
        let text = message.text.expose().as_str();
        let (to, kind, text) = match &message.to {
            Receiver::Phone(number) => (number, "sms", text),
            Receiver::Call(number) => (number, "voice", ""),
            Receiver::Mailbox(mailbox) => (mailbox, "email", text),
        };
        let callback = message.callback.as_ref().map_or("", |address| address.expose());
        let body = Body { to, subject: &message.subject, text, callback, language: &message.language, kind };
        let body = match serde_json::to_vec(&body) {
            Ok(body) => body,
            Err(_) => return Delivery::Failed("the message cannot be written as JSON".to_owned()),
        };
        let signature = signature(&self.secret, self.clock.wall(), &body);
        let reply = self.provider.ask(|client| {
            let request = client.post(self.provider.url.clone()).header(CONTENT_TYPE, "application/json");
            request.header(SIGNATURE, &signature).body(body.clone())
        });
        reply.await.map_or_else(Delivery::Failed, |reply| judge(reply.status))
    }

    fn vouches(&self, callback: &Callback<'_>) -> bool {
        let given = callback.header(SIGNATURE).and_then(|header| header.strip_prefix("t=")?.split_once(",v1="));
        let Some((seconds, mac)) = given else { return false };
        let (Ok(seconds), Ok(mac)) = (seconds.parse(), data_encoding::HEXLOWER.decode(mac.as_bytes())) else {
            return false;
        };
        let (then, now) = (Time::from_secs(seconds), self.clock.wall());
        if then.since(now).max(now.since(then)) > CLOCKS {
            return false;
        }
        let line = format!("{} {}\n", callback.method, callback.url.expose());
        signed(&self.secret, seconds, &[line.as_bytes(), callback.body]).verify_slice(&mac).is_ok()
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

fn signature(secret: &Secret<String>, now: Time, body: &[u8]) -> String {
    let seconds = now.secs();
    let mac = signed(secret, seconds, &[body]).finalize().into_bytes();
    format!("t={seconds},v1={}", data_encoding::HEXLOWER.encode(&mac))
}

fn signed(secret: &Secret<String>, seconds: i64, parts: &[&[u8]]) -> Hmac<Sha256> {
    // HMAC takes keys of any length.
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).expect("a key of any length");
    mac.update(format!("{seconds}.").as_bytes());
    parts.iter().for_each(|part| mac.update(part));
    mac
}

#[cfg(test)]
mod tests;
