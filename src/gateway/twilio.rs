//! Text messages by Twilio's REST API (Programmable Messaging, version 2010-04-01). The token goes in the header of each
//! request and nowhere else; what Twilio says of a number stays out of the log.

use async_trait::async_trait;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde::Deserialize;
use url::Url;

use super::provider::{Provider, Reply};
use super::{Delivery, Gateway, Message, Receiver, files};
use crate::config::GatewayKind;
use crate::error::Problems;
use crate::secret::Secret;

const API: &str = "https://api.twilio.com";

#[derive(Debug)]
pub struct TwilioGateway {
    provider: Provider,
    /// Where messages are made.
    messages: Url,
    account: String,
    token: Secret<String>,
    sender: Sender,
}

/// Who a message comes from.
#[derive(Debug)]
enum Sender {
    From(String),
    Service(String),
}

/// What is said of a message that was made, or of one that was not.
#[derive(Deserialize)]
struct Said {
    sid: Option<String>,
    /// Of a message, a word; of an error, the number of the answer.
    status: Option<serde_json::Value>,
    /// Of an error: <https://www.twilio.com/docs/api/errors>.
    code: Option<u32>,
}

impl TwilioGateway {
    /// The gateway of the section `key`; `None` when problems were added.
    pub fn build(key: &str, written: &GatewayKind, problems: &mut Problems) -> Option<Self> {
        let account = sid(&format!("{key}.account"), "AC", &written.account, problems);
        let sender = sender(key, written, problems);
        let what = "the auth token of the account";
        let token = files::secret(&format!("{key}.token_file"), &written.token_file, what, 16, problems);
        let url = if written.url.is_empty() { API } else { &written.url };
        let provider = Provider::build(key, "url", url, &written.ca_file, written.timeout.0, problems);
        let (account, provider) = (account?, provider?);
        let mut messages = provider.url.clone();
        messages.set_path(&format!("/2010-04-01/Accounts/{account}/Messages.json"));
        Some(Self { provider, messages, account, token: token?, sender: sender? })
    }
}

#[async_trait]
impl Gateway for TwilioGateway {
    fn kind(&self) -> &'static str {
        "twilio"
    }

    async fn send(&self, message: &Message) -> Delivery {
        let Receiver::Phone(to) = &message.to else {
            return Delivery::Refused("twilio sends to telephones".to_owned());
        };
        let sender = match &self.sender {
            Sender::From(number) => ("From", number),
            Sender::Service(sid) => ("MessagingServiceSid", sid),
        };
        let Ok(form) = serde_urlencoded::to_string([("To", to), sender, ("Body", message.text.expose())]) else {
            return Delivery::Failed("the message cannot be written as a form".to_owned());
        };
        let form = Secret::new(form);
        let reply = self.provider.ask(|client| {
            let request = client.post(self.messages.clone()).basic_auth(&self.account, Some(self.token.expose()));
            request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form.expose().clone())
        });
        reply.await.map_or_else(Delivery::Failed, |reply| judge(&reply))
    }
}

fn judge(reply: &Reply) -> Delivery {
    let said: Option<Said> = serde_json::from_slice(&reply.body).ok();
    let code = said.as_ref().and_then(|said| said.code).map_or(String::new(), |code| format!(", error {code}"));
    let answered = format!("twilio answered {}{code}", reply.status.as_u16());
    match (reply.status, said) {
        (status, Some(Said { sid: Some(_), status: Some(made), .. })) if status.is_success() => match made.as_str() {
            None => Delivery::Failed("twilio's answer makes no sense".to_owned()),
            Some("failed" | "undelivered" | "canceled") => {
                Delivery::Refused(format!("twilio says of the message: {made}"))
            }
            _ => Delivery::Accepted,
        },
        // It is us who are refused, not the message; and 429 says "not now".
        (
            StatusCode::UNAUTHORIZED
            | StatusCode::FORBIDDEN
            | StatusCode::NOT_FOUND
            | StatusCode::REQUEST_TIMEOUT
            | StatusCode::TOO_MANY_REQUESTS,
            _,
        ) => Delivery::Failed(answered),
        (status, _) if status.is_client_error() => Delivery::Refused(answered),
        (status, _) if status.is_success() => Delivery::Failed("twilio's answer makes no sense".to_owned()),
        _ => Delivery::Failed(answered),
    }
}

/// Two letters that say of what, and 32 hexadecimal digits: it becomes part of an address.
fn sid(key: &str, kind: &str, text: &str, problems: &mut Problems) -> Option<String> {
    let digits = text.strip_prefix(kind).filter(|digits| digits.len() == 32);
    if digits.is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit())) {
        return Some(text.to_owned());
    }
    let remedy = format!("copy it from Twilio's console: {kind} and 32 digits and letters a-f");
    problems.add(key, "is no SID of the right kind", remedy);
    None
}

fn sender(key: &str, written: &GatewayKind, problems: &mut Problems) -> Option<Sender> {
    match (written.from.as_str(), written.messaging_service.as_str()) {
        ("", "") => {
            problems.add(format!("{key}.from"), "nobody sends", "set from, or messaging_service");
            None
        }
        (from, "") => {
            let digits = from.strip_prefix('+').unwrap_or_default();
            let number = (8..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
            let named = (1..=11).contains(&from.len())
                && from.bytes().all(|b| b.is_ascii_alphanumeric() || b" -_&".contains(&b));
            if !number && !named {
                let remedy = "write a number such as \"+15005550006\", or a name of at most 11 letters and digits";
                problems.add(format!("{key}.from"), "is no sender", remedy);
            }
            (number || named).then(|| Sender::From(from.to_owned()))
        }
        ("", service) => sid(&format!("{key}.messaging_service"), "MG", service, problems).map(Sender::Service),
        _ => {
            let remedy = "remove one of the two: a messaging service chooses the number by itself";
            problems.add(format!("{key}.from"), "is set beside messaging_service", remedy);
            None
        }
    }
}

#[cfg(test)]
mod tests;
