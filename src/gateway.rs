//! The joint to whatever delivers a message: within a time limit, with a typed outcome. A gateway knows nothing of who
//! asks or why; budgets are spent before it is called (`throttle`), and its failure never touches proxied traffic.

mod console;
mod files;
mod provider;
mod smtp;
mod twilio;
mod validator;
mod webhook;
mod yubico;

/// Providers for tests.
#[cfg(test)]
#[path = "../tests/support/http_server.rs"]
mod http_server;
#[cfg(test)]
#[path = "../tests/support/validation_server.rs"]
pub(crate) mod validation_server;

use std::sync::Arc;

use async_trait::async_trait;
use vestibule_templates::mail::Mail;

use crate::clock::Clock;
use crate::config::{GatewayKind, GatewaySection};
use crate::error::Problems;
use crate::secret::Secret;
use crate::telemetry::{Sent, metrics};

pub use console::{ConsoleGateway, Outbox};
pub use smtp::SmtpGateway;
pub use twilio::TwilioGateway;
pub use validator::{Question, Validator, Verdict};
pub use webhook::WebhookGateway;
pub use yubico::{YubicoSettings, YubicoValidator};

/// A message for one receiver. Its text holds a secret: it is never logged.
#[derive(Clone, Debug)]
pub struct Message {
    pub to: Receiver,
    /// For a mail; empty for a text message.
    pub subject: String,
    pub text: Secret<String>,
    /// BCP 47 language of the text.
    pub language: String,
}

/// Who receives a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Receiver {
    /// E.164, with the plus sign.
    Phone(String),
    /// RFC 5321 mailbox, without angle brackets.
    Mailbox(String),
}

impl Receiver {
    /// A mail address that can stand in a header and in an envelope; whether mail arrives there is another question.
    pub fn mailbox(text: &str) -> Option<Self> {
        let plain = |part: &str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_graphic() && !b"<>(),;:\\\"[]@".contains(&b))
        };
        let whole =
            text.len() <= 254 && text.rsplit_once('@').is_some_and(|(name, domain)| plain(name) && plain(domain));
        whole.then(|| Self::Mailbox(text.to_owned()))
    }

    /// Enough for its owner to know it again, not enough to learn it: `+31*******78`, `a***@example.com`.
    pub fn masked(&self) -> String {
        match self {
            Receiver::Phone(number) => {
                let digits: Vec<char> = number.chars().collect();
                let hidden = |n: usize| n >= 3 && n + 2 < digits.len();
                digits.iter().enumerate().map(|(n, digit)| if hidden(n) { '*' } else { *digit }).collect()
            }
            Receiver::Mailbox(mailbox) => {
                let (name, domain) = mailbox.rsplit_once('@').unwrap_or((mailbox, ""));
                let first: String = name.chars().take(1).collect();
                format!("{first}***@{domain}")
            }
        }
    }
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The provider took it.
    Accepted,
    /// The provider said no: the same message will not pass later either. The text is for the log, without the message.
    Refused(String),
    /// Nobody knows: time ran out, the connection failed, the provider was in trouble.
    Failed(String),
}

/// One way to deliver.
#[async_trait]
pub trait Gateway: Send + Sync + std::fmt::Debug {
    /// Its kind as in the configuration, for logs and metrics.
    fn kind(&self) -> &'static str;

    /// Returns within the gateway's time limit whatever the provider does.
    async fn send(&self, message: &Message) -> Delivery;
}

/// Every kind, and its keys.
const KINDS: [(&str, &[&str]); 4] = [
    ("console", &[]),
    ("webhook", &["url", "secret_file", "ca_file", "timeout", "price"]),
    ("twilio", &["account", "token_file", "from", "messaging_service", "url", "ca_file", "timeout", "price"]),
    ("smtp", &["host", "port", "encryption", "user", "password_file", "from", "ca_file", "timeout", "price"]),
];

/// The gateways that are configured.
#[derive(Clone, Debug, Default)]
pub struct Gateways {
    pub sms: Option<Arc<dyn Gateway>>,
    pub email: Option<Arc<dyn Gateway>>,
    pub prices: Prices,
}

/// What one unit of each costs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Prices {
    pub sms: f64,
    pub email: f64,
}

impl Gateways {
    /// What the configuration names. Messages of a `console` go to `outbox`.
    pub fn build(section: &GatewaySection, outbox: &Outbox, clock: &Arc<dyn Clock>, problems: &mut Problems) -> Self {
        let mut one = |key: &str, own: &str, written: &Option<GatewayKind>| -> Option<Arc<dyn Gateway>> {
            let written = written.as_ref()?;
            let kind = written.kind.as_str();
            let Some((_, keys)) =
                KINDS.iter().find(|(known, _)| *known == kind && [own, "webhook", "console"].contains(&kind))
            else {
                let what = format!("there is no gateway of kind {kind:?} for this");
                let remedy = format!("set {own:?}, \"webhook\", or \"console\" for development");
                problems.add(format!("{key}.kind"), what, remedy);
                return None;
            };
            foreign(key, kind, keys, written, problems);
            if !(written.price >= 0.0 && written.price.is_finite()) {
                problems.add(format!("{key}.price"), "is no price", "write what one costs, such as 0.08");
            }
            let clock = clock.clone();
            Some(match kind {
                "webhook" => Arc::new(WebhookGateway::build(key, written, clock, problems)?),
                "twilio" => Arc::new(TwilioGateway::build(key, written, problems)?),
                "smtp" => Arc::new(SmtpGateway::build(key, written, clock, problems)?),
                _ => Arc::new(ConsoleGateway::new(outbox.clone())),
            })
        };
        let price = |written: &Option<GatewayKind>| written.as_ref().map_or(0.0, |written| written.price);
        Self {
            sms: one("gateway.sms", "twilio", &section.sms),
            email: one("gateway.email", "smtp", &section.email),
            prices: Prices { sms: price(&section.sms), email: price(&section.email) },
        }
    }

    /// Sends a message by the gateway that reaches its receiver, and counts what became of it. Budgets are spent before.
    pub async fn deliver(&self, message: &Message) -> Delivery {
        let gateway = self.for_receiver(&message.to);
        let delivery = match gateway {
            Some(gateway) => gateway.send(message).await,
            None => Delivery::Failed("no gateway is configured".to_owned()),
        };
        let kind = gateway.map_or("", |gateway| gateway.kind());
        metrics().sent(self.counted(message, kind, &delivery));
        delivery
    }

    /// One mail; the error says why it did not go, and not to whom.
    pub async fn mail(&self, to: String, mail: Mail) -> Result<(), String> {
        let message = Message {
            to: Receiver::Mailbox(to),
            subject: mail.subject,
            text: mail.text.into(),
            language: "en".to_owned(),
        };
        match self.deliver(&message).await {
            Delivery::Accepted => Ok(()),
            Delivery::Refused(why) | Delivery::Failed(why) => Err(why),
        }
    }

    fn counted(&self, message: &Message, kind: &'static str, delivery: &Delivery) -> Sent {
        let (gateway, units, price) = match message.to {
            Receiver::Phone(_) => ("sms", segments(message.text.expose()), self.prices.sms),
            Receiver::Mailbox(_) => ("email", 1, self.prices.email),
        };
        let (outcome, paid) = match delivery {
            Delivery::Accepted => ("accepted", true),
            Delivery::Refused(_) => ("refused", false),
            Delivery::Failed(_) => ("failed", false),
        };
        // A message has a handful of segments.
        let cost = if paid { price * units as f64 } else { 0.0 };
        Sent { gateway, kind, outcome, units, cost }
    }

    /// The gateway that can reach `receiver`.
    pub fn for_receiver(&self, receiver: &Receiver) -> Option<&Arc<dyn Gateway>> {
        match receiver {
            Receiver::Phone(_) => self.sms.as_ref(),
            Receiver::Mailbox(_) => self.email.as_ref(),
        }
    }
}

/// As how many a text message is counted: 160 characters of the GSM alphabet or 70 of any other, fewer in each of several
/// (3GPP TS 23.038). Characters of GSM that take two places are counted as of another alphabet, which errs upwards.
fn segments(text: &str) -> u64 {
    const GSM: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà";
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || GSM.contains(c));
    let (length, alone, of_several) =
        if plain { (text.chars().count(), 160, 153) } else { (text.encode_utf16().count(), 70, 67) };
    if length <= alone { 1 } else { length.div_ceil(of_several) as u64 }
}

/// Keys of a kind that nobody reads: whoever wrote one means something else than what happens.
fn foreign(key: &str, kind: &str, keys: &[&str], written: &GatewayKind, problems: &mut Problems) {
    let as_table = |section: &GatewayKind| serde_json::to_value(section).unwrap_or_default();
    let (written, default) = (as_table(written), as_table(&GatewayKind::default()));
    for (name, value) in written.as_object().into_iter().flatten() {
        if name != "kind" && !keys.contains(&name.as_str()) && default.get(name) != Some(value) {
            let remedy = format!(
                "remove it: this kind has {}",
                if keys.is_empty() { "none".to_owned() } else { keys.join(", ") }
            );
            problems.add(format!("{key}.{name}"), format!("is no key of a {kind} gateway"), remedy);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{StillClock, Time};

    #[test]
    fn a_masked_receiver_shows_its_ends_alone() {
        assert_eq!(Receiver::Phone("+31612345678".to_owned()).masked(), "+31*******78");
        assert_eq!(Receiver::Mailbox("alice@example.com".to_owned()).masked(), "a***@example.com");
        assert_eq!(Receiver::Mailbox("é@example.com".to_owned()).masked(), "é***@example.com");
    }

    #[test]
    fn a_text_message_is_counted_as_it_is_billed() {
        for (text, count) in [("a", 1), (&"a".repeat(160), 1), (&"a".repeat(161), 2), (&"ř".repeat(70), 1)] {
            assert_eq!(segments(text), count, "{text}");
        }
        assert_eq!(segments(&"ř".repeat(71)), 2);
        assert_eq!(segments(&"a".repeat(307)), 3);
    }

    #[tokio::test]
    async fn what_was_taken_costs_and_what_was_not_does_not() {
        let gateways = Gateways { prices: Prices { sms: 0.5, email: 0.0 }, ..Gateways::default() };
        let to = Receiver::Phone("+31612345678".to_owned());
        let text = Secret::new("a".repeat(161));
        let message = Message { to, subject: String::new(), text, language: "en".to_owned() };
        let accepted = gateways.counted(&message, "twilio", &Delivery::Accepted);
        assert_eq!((accepted.outcome, accepted.units, accepted.cost), ("accepted", 2, 1.0));
        let failed = gateways.counted(&message, "twilio", &Delivery::Failed("no answer in time".to_owned()));
        assert_eq!((failed.outcome, failed.units, failed.cost), ("failed", 2, 0.0));
        assert!(matches!(gateways.deliver(&message).await, Delivery::Failed(_)), "there is no gateway");
    }

    #[test]
    fn a_mailbox_cannot_break_a_line_or_a_header() {
        assert!(Receiver::mailbox("alice+wiki@example.com").is_some());
        for refused in ["", "alice", "@example.com", "alice@", "a@b@c", "alice@exa mple.com", "a\r\n@b.c", "<a@b.c>"] {
            assert!(Receiver::mailbox(refused).is_none(), "{refused:?}");
        }
    }

    #[test]
    fn an_unknown_kind_is_a_problem_and_no_gateway() {
        let clock: Arc<dyn Clock> = Arc::new(StillClock::at(Time(0)));
        let section = GatewaySection {
            sms: Some(GatewayKind { kind: "pigeon".to_owned(), ..GatewayKind::default() }),
            email: Some(GatewayKind { kind: "console".to_owned(), ..GatewayKind::default() }),
        };
        let mut problems = Problems::default();
        let gateways = Gateways::build(&section, &Outbox::default(), &clock, &mut problems);
        assert!(gateways.for_receiver(&Receiver::Phone("+31612345678".to_owned())).is_none());
        assert!(gateways.for_receiver(&Receiver::Mailbox("a@example.com".to_owned())).is_some());
        assert_eq!(problems.iter().map(|problem| problem.key.as_str()).collect::<Vec<_>>(), ["gateway.sms.kind"]);
    }
    #[test]
    fn a_kind_and_its_keys_fit_or_are_problems() {
        let clock: Arc<dyn Clock> = Arc::new(StillClock::at(Time(0)));
        let of = |kind: &str| GatewayKind { kind: kind.to_owned(), ..GatewayKind::default() };
        let section = GatewaySection {
            sms: Some(of("smtp")),
            email: Some(GatewayKind { url: "https://example.com".to_owned(), port: 25, ..of("console") }),
        };
        let mut problems = Problems::default();
        Gateways::build(&section, &Outbox::default(), &clock, &mut problems);
        let section = GatewaySection { sms: None, email: Some(of("twilio")) };
        Gateways::build(&section, &Outbox::default(), &clock, &mut problems);
        let keys: Vec<_> = problems.iter().map(|problem| problem.key.as_str()).collect();
        assert_eq!(keys, ["gateway.sms.kind", "gateway.email.port", "gateway.email.url", "gateway.email.kind"]);
        // Every key of the section belongs to some kind.
        let all = serde_json::to_value(GatewayKind::default()).unwrap();
        for key in all.as_object().unwrap().keys().filter(|key| *key != "kind") {
            assert!(KINDS.iter().any(|(_, keys)| keys.contains(&key.as_str())), "{key}");
        }
    }
}
