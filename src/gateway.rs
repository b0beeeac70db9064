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
use http::{HeaderMap, Method};

use crate::clock::Clock;
use crate::config::{GatewayKind, GatewaySection};
use crate::error::Problems;
use crate::secret::Secret;

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
    /// For a mail; empty for all others.
    pub subject: String,
    /// Of a call it is what would be heard, and goes to no provider: whoever takes the call has to press a key first.
    pub text: Secret<String>,
    /// BCP 47 language of the text.
    pub language: String,
    /// Of a call: where the provider asks what to say. Whoever knows the address and can sign for the provider hears the
    /// code.
    pub callback: Option<Secret<String>>,
}

impl Message {
    /// A message that is all in its text.
    pub fn new(to: Receiver, subject: impl Into<String>, text: impl Into<String>, language: impl Into<String>) -> Self {
        let (subject, text, language) = (subject.into(), Secret::new(text.into()), language.into());
        Self { to, subject, text, language, callback: None }
    }
}

/// Who receives a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Receiver {
    /// Gets text messages. E.164, with the plus sign.
    Phone(String),
    /// Is called. E.164, with the plus sign.
    Call(String),
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
            Receiver::Phone(number) | Receiver::Call(number) => {
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

/// A request to the address of a call, as it came.
#[derive(Clone, Debug)]
pub struct Callback<'a> {
    pub method: &'a Method,
    /// The address that the provider was given. Made of the configuration, never of `Host`: a signature for somebody
    /// else's address must not count here.
    pub url: Secret<String>,
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
}

impl Callback<'_> {
    /// The value of a header that came once.
    fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        values.next().filter(|_| values.next().is_none())?.to_str().ok()
    }

    /// The fields of a posted form; `None`: not a form.
    fn form(&self) -> Option<Vec<(String, String)>> {
        serde_urlencoded::from_bytes(if *self.method == Method::POST { self.body } else { b"" }).ok()
    }

    /// Whether somebody pressed a key: only then a code is said.
    pub fn key_pressed(&self) -> bool {
        self.form().is_some_and(|form| form.iter().any(|(name, value)| name == "Digits" && !value.is_empty()))
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

    /// Whether a request to the address of a call comes from the provider that was given it. A kind whose provider calls
    /// nobody vouches for nothing.
    fn vouches(&self, _callback: &Callback<'_>) -> bool {
        false
    }
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
    pub voice: Option<Arc<dyn Gateway>>,
    pub email: Option<Arc<dyn Gateway>>,
    pub prices: Prices,
}

/// What one unit of each costs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Prices {
    pub sms: f64,
    pub voice: f64,
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
                "twilio" => Arc::new(TwilioGateway::build(key, written, key == "gateway.voice", problems)?),
                "smtp" => Arc::new(SmtpGateway::build(key, written, clock, problems)?),
                _ => Arc::new(ConsoleGateway::new(outbox.clone())),
            })
        };
        let price = |written: &Option<GatewayKind>| written.as_ref().map_or(0.0, |written| written.price);
        Self {
            sms: one("gateway.sms", "twilio", &section.sms),
            voice: one("gateway.voice", "twilio", &section.voice),
            email: one("gateway.email", "smtp", &section.email),
            prices: Prices { sms: price(&section.sms), voice: price(&section.voice), email: price(&section.email) },
        }
    }

    /// The gateway that can reach `receiver`.
    pub fn for_receiver(&self, receiver: &Receiver) -> Option<&Arc<dyn Gateway>> {
        match receiver {
            Receiver::Phone(_) => self.sms.as_ref(),
            Receiver::Call(_) => self.voice.as_ref(),
            Receiver::Mailbox(_) => self.email.as_ref(),
        }
    }
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
            ..GatewaySection::default()
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
            ..GatewaySection::default()
        };
        let mut problems = Problems::default();
        Gateways::build(&section, &Outbox::default(), &clock, &mut problems);
        let section = GatewaySection { email: Some(of("twilio")), ..GatewaySection::default() };
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
