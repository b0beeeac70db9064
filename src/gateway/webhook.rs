//! Delivery by a POST to a service of the operator's: JSON, signed, within a time limit. Neither the address (which may
//! hold a token) nor the message may ever appear in an error or a log.

use std::sync::Arc;

use async_trait::async_trait;
use hmac::{Hmac, KeyInit, Mac};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use sha2::Sha256;

use super::provider::Provider;
use super::{Delivery, Gateway, Message, Receiver, files};
use crate::clock::{Clock, Time};
use crate::config::GatewayKind;
use crate::error::Problems;
use crate::secret::Secret;

/// Carries `t=<unix seconds>,v1=<hex of HMAC-SHA-256 over "t.body">`: the receiver checks who sent it, and that it is new.
const SIGNATURE: &str = "vestibule-signature";

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
    text: &'a str,
    language: &'a str,
    /// "sms" | "email"
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
        let signature = signature(&self.secret, self.clock.wall(), &body);
        let reply = self.provider.ask(|client| {
            let request = client.post(self.provider.url.clone()).header(CONTENT_TYPE, "application/json");
            request.header(SIGNATURE, &signature).body(body.clone())
        });
        reply.await.map_or_else(Delivery::Failed, |reply| judge(reply.status))
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
    // HMAC takes keys of any length.
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).expect("a key of any length");
    mac.update(format!("{seconds}.").as_bytes());
    mac.update(body);
    format!("t={seconds},v1={}", data_encoding::HEXLOWER.encode(&mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests;
