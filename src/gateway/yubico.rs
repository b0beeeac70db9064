//! Yubico's validation servers (validation protocol, version 2.0): all that are named are asked at once, and the first
//! that gives a verdict under our shared key, to our nonce, decides. What is unsigned, of another question or unclear is
//! no verdict, and without one nobody gets in.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use data_encoding::BASE64;
use futures_util::stream::{FuturesUnordered, StreamExt};
use hmac::{Hmac, KeyInit, Mac};
use http::StatusCode;
use sha1::Sha1;

use super::files;
use super::provider::{Provider, Reply};
use super::validator::{Question, Validator, Verdict};
use crate::error::Problems;
use crate::secret::Secret;

/// The validators of one client of Yubico's, or of a server of one's own.
#[derive(Debug)]
pub struct YubicoValidator {
    servers: Vec<Provider>,
    /// Our number there.
    client: String,
    /// What both sides sign with.
    key: Secret<Vec<u8>>,
}

/// What it is built of: keys of the section that the method has.
#[derive(Clone, Copy, Debug)]
pub struct YubicoSettings<'a> {
    pub client_id: &'a str,
    pub key_file: &'a str,
    pub servers: &'a [String],
    pub ca_file: &'a str,
    pub timeout: Duration,
}

impl YubicoValidator {
    /// The validators of the section `key`; `None` when problems were added.
    pub fn build(key: &str, settings: YubicoSettings<'_>, problems: &mut Problems) -> Option<Self> {
        let client = settings.client_id;
        let numbered = !client.is_empty() && client.len() <= 20 && client.bytes().all(|b| b.is_ascii_digit());
        if !numbered {
            let remedy = "ask for one at https://upgrade.yubico.com/getapikey/, or at your own validation server";
            problems.add(format!("{key}.client_id"), "is no number", remedy);
        }
        let key_key = format!("{key}.key_file");
        let text = files::secret(&key_key, settings.key_file, "the key that came with client_id", 16, problems);
        let shared = text.and_then(|text| match BASE64.decode(text.expose().as_bytes()) {
            Ok(key) => Some(Secret::new(key)),
            Err(_) => {
                problems.add(key_key, "is not in base64", "write the key as it came");
                None
            }
        });
        let mut servers = Vec::new();
        for (n, url) in settings.servers.iter().enumerate() {
            let url_key = format!("servers[{n}]");
            servers.extend(Provider::build(key, &url_key, url, settings.ca_file, settings.timeout, problems));
        }
        if settings.servers.is_empty() {
            problems.add(format!("{key}.servers"), "nobody could be asked", "name a validation server");
        }
        let whole = numbered && !servers.is_empty() && servers.len() == settings.servers.len();
        shared.filter(|_| whole).map(|key| Self { servers, client: client.to_owned(), key })
    }

    /// One server's word.
    async fn consult(&self, server: &Provider, question: &Question) -> Verdict {
        let (otp, nonce) = (question.answer.expose().as_str(), question.nonce.as_str());
        let asked = [("id", self.client.as_str()), ("nonce", nonce), ("otp", otp), ("timestamp", "1")];
        let mut url = server.url.clone();
        let signature = BASE64.encode(&self.sign(asked).finalize().into_bytes());
        url.query_pairs_mut().extend_pairs(asked).append_pair("h", &signature);
        match server.ask(|client| client.get(url.clone())).await {
            Ok(reply) => self.judge(&reply, question),
            Err(why) => Verdict::Unknown(why),
        }
    }

    fn judge(&self, reply: &Reply, question: &Question) -> Verdict {
        let unknown = |why: &str| Verdict::Unknown(why.to_owned());
        if reply.status != StatusCode::OK {
            return Verdict::Unknown(format!("a validation server answered {}", reply.status.as_u16()));
        }
        let Some(mut said) = std::str::from_utf8(&reply.body).ok().and_then(pairs) else {
            return unknown("a validation server's answer makes no sense");
        };
        let signature = said.remove("h").and_then(|h| BASE64.decode(h.as_bytes()).ok()).unwrap_or_default();
        if self.sign(said.iter().map(|(name, value)| (*name, *value))).verify_slice(&signature).is_err() {
            return unknown("a validation server's answer is not signed with our key");
        }
        let get = |name: &str| said.get(name).copied().unwrap_or_default();
        match get("status") {
            "OK" if get("otp") != question.answer.expose() || get("nonce") != question.nonce => {
                unknown("a validation server answered another question")
            }
            "OK" => match (get("sessioncounter").parse::<u16>(), get("sessionuse").parse::<u8>()) {
                (Ok(session), Ok(used)) => Verdict::Right { counter: u64::from(session) << 8 | u64::from(used) },
                _ => unknown("a validation server named no counter"),
            },
            "BAD_OTP" => Verdict::Wrong("the validation server says that this is no code of a key".to_owned()),
            "REPLAYED_OTP" => Verdict::Wrong("the validation server says that this code was used before".to_owned()),
            // Another server was faster, or this one cannot say, or we are set up wrongly.
            status => Verdict::Unknown(format!("a validation server says {status:?}")),
        }
    }

    /// The signature over pairs that come in the order of their names.
    fn sign<'a>(&self, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Hmac<Sha1> {
        // HMAC takes keys of any length.
        let mut mac = Hmac::<Sha1>::new_from_slice(self.key.expose()).expect("a key of any length");
        for (n, (name, value)) in pairs.into_iter().enumerate() {
            mac.update(format!("{}{name}={value}", if n > 0 { "&" } else { "" }).as_bytes());
        }
        mac
    }
}

#[async_trait]
impl Validator for YubicoValidator {
    async fn ask(&self, question: &Question) -> Verdict {
        let mut words: FuturesUnordered<_> = self.servers.iter().map(|server| self.consult(server, question)).collect();
        let mut verdict = Verdict::Unknown("no validation server is named".to_owned());
        while let Some(word) = words.next().await {
            verdict = word;
            if !matches!(verdict, Verdict::Unknown(_)) {
                break;
            }
        }
        verdict
    }
}

/// `name=value` lines; one name twice is read differently by different eyes.
fn pairs(text: &str) -> Option<BTreeMap<&str, &str>> {
    let mut pairs = BTreeMap::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once('=')?;
        if pairs.insert(name, value).is_some() {
            return None;
        }
    }
    Some(pairs)
}

#[cfg(test)]
mod tests;
