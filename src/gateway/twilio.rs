//! Text messages and calls by Twilio's REST API (version 2010-04-01). The token goes in the header of each request and
//! nowhere else; what Twilio says of a number stays out of the log. A call is ordered without its words: Twilio asks for
//! them at the address it is given, and signs that with the account's token.

use async_trait::async_trait;
use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde::Deserialize;
use sha1::Sha1;
use url::Url;

use super::provider::{Provider, Reply};
use super::{Callback, Delivery, Gateway, Message, Receiver, files};
use crate::config::GatewayKind;
use crate::error::Problems;
use crate::secret::Secret;

const API: &str = "https://api.twilio.com";

/// <https://www.twilio.com/docs/usage/webhooks/webhooks-security>
const SIGNATURE: &str = "x-twilio-signature";

/// How long it rings, in seconds: most mailboxes take over then, and would be asked for a key.
const RINGS: &str = "30";

#[derive(Debug)]
pub struct TwilioGateway {
    provider: Provider,
    /// Where messages are made, and calls.
    messages: Url,
    calls: Url,
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
    /// The gateway of the section `key`; `None` when problems were added. `calls`: who calls is a number.
    pub fn build(key: &str, written: &GatewayKind, calls: bool, problems: &mut Problems) -> Option<Self> {
        let account = sid(&format!("{key}.account"), "AC", &written.account, problems);
        let sender = if calls { caller(key, written, problems) } else { sender(key, written, problems) };
        let what = "the auth token of the account";
        let token = files::secret(&format!("{key}.token_file"), &written.token_file, what, 16, problems);
        let url = if written.url.is_empty() { API } else { &written.url };
        let provider = Provider::build(key, "url", url, &written.ca_file, written.timeout.0, problems);
        let (account, provider) = (account?, provider?);
        let resource = |name| {
            let mut url = provider.url.clone();
            url.set_path(&format!("/2010-04-01/Accounts/{account}/{name}.json"));
            url
        };
        let (messages, calls) = (resource("Messages"), resource("Calls"));
        Some(Self { provider, messages, calls, account, token: token?, sender: sender? })
    }

    /// What is asked of Twilio, and where.
    fn order<'a>(&'a self, message: &'a Message) -> Option<(&'a Url, Vec<(&'static str, &'a str)>)> {
        let sender = match &self.sender {
            Sender::From(number) => ("From", number.as_str()),
            Sender::Service(sid) => ("MessagingServiceSid", sid.as_str()),
        };
        match (&message.to, &message.callback) {
            (Receiver::Phone(to), _) => {
                Some((&self.messages, vec![("To", to), sender, ("Body", message.text.expose())]))
            }
            (Receiver::Call(to), Some(callback)) => {
                let callback = [("Url", callback.expose().as_str()), ("Method", "POST"), ("Timeout", RINGS)];
                Some((&self.calls, [("To", to.as_str()), sender].into_iter().chain(callback).collect()))
            }
            _ => None,
        }
    }
}

#[async_trait]
impl Gateway for TwilioGateway {
    fn kind(&self) -> &'static str {
        "twilio"
    }

    async fn send(&self, message: &Message) -> Delivery {
        let Some((resource, form)) = self.order(message) else {
            return Delivery::Refused("twilio reaches telephones alone".to_owned());
        };
        let Ok(form) = serde_urlencoded::to_string(form) else {
            return Delivery::Failed("the message cannot be written as a form".to_owned());
        };
        let form = Secret::new(form);
        let reply = self.provider.ask(|client| {
            let request = client.post(resource.clone()).basic_auth(&self.account, Some(self.token.expose()));
            request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form.expose().clone())
        });
        reply.await.map_or_else(Delivery::Failed, |reply| judge(&reply))
    }

    /// The signature is over the address and, of a form, each name and value in the order of the names, with nothing
    /// between.
    fn vouches(&self, callback: &Callback<'_>) -> bool {
        let given = callback.header(SIGNATURE).and_then(|header| BASE64.decode(header.as_bytes()).ok());
        let (Some(given), Some(mut form)) = (given, callback.form()) else { return false };
        form.sort();
        form.dedup();
        spellings(callback.url.expose()).iter().any(|url| {
            // HMAC takes keys of any length.
            let mut mac = Hmac::<Sha1>::new_from_slice(self.token.expose().as_bytes()).expect("a key of any length");
            mac.update(url.as_bytes());
            for part in form.iter().flat_map(|(name, value)| [name, value]) {
                mac.update(part.as_bytes());
            }
            mac.verify_slice(&given).is_ok()
        })
    }
}

/// An address with its port and without: which of the two Twilio signs depends on the scheme and on what asks, and its
/// own libraries take both. Either is of this host.
fn spellings(address: &str) -> Vec<String> {
    let Some((scheme, rest)) = address.split_once("://") else { return Vec::new() };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => (host, port),
        _ => (authority, if scheme == "https" { "443" } else { "80" }),
    };
    vec![format!("{scheme}://{host}:{port}{path}"), format!("{scheme}://{host}{path}")]
}

fn judge(reply: &Reply) -> Delivery {
    let said: Option<Said> = serde_json::from_slice(&reply.body).ok();
    let code = said.as_ref().and_then(|said| said.code).map_or(String::new(), |code| format!(", error {code}"));
    let answered = format!("twilio answered {}{code}", reply.status.as_u16());
    match (reply.status, said) {
        (status, Some(Said { sid: Some(_), status: Some(made), .. })) if status.is_success() => match made.as_str() {
            None => Delivery::Failed("twilio's answer makes no sense".to_owned()),
            Some("failed" | "undelivered" | "canceled" | "busy" | "no-answer") => {
                Delivery::Refused(format!("twilio says of it: {made}"))
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
            let number = is_number(from);
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

/// Who calls has a number that can be called back.
fn caller(key: &str, written: &GatewayKind, problems: &mut Problems) -> Option<Sender> {
    if !written.messaging_service.is_empty() {
        let remedy = "remove it: calls come from the number in from";
        problems.add(format!("{key}.messaging_service"), "sends text messages alone", remedy);
        return None;
    }
    if !is_number(&written.from) {
        problems.add(format!("{key}.from"), "is no number to call from", "write one such as \"+15005550006\"");
        return None;
    }
    Some(Sender::From(written.from.clone()))
}

/// E.164, with the plus sign.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or_default();
    (8..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests;
