//! The joint to whatever delivers a message: within a time limit, with a typed outcome. A gateway knows nothing of who
//! asks or why; budgets are spent before it is called (`throttle`), and its failure never touches proxied traffic.

mod console;
mod webhook;

use std::sync::Arc;

use async_trait::async_trait;

use crate::clock::Clock;
use crate::config::{GatewayKind, GatewaySection};
use crate::error::Problems;
use crate::secret::Secret;

pub use console::{ConsoleGateway, Outbox};
pub use webhook::WebhookGateway;

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

/// The gateways that are configured.
#[derive(Clone, Debug, Default)]
pub struct Gateways {
    pub sms: Option<Arc<dyn Gateway>>,
    pub email: Option<Arc<dyn Gateway>>,
}

impl Gateways {
    /// What the configuration names. Messages of a `console` go to `outbox`.
    pub fn build(section: &GatewaySection, outbox: &Outbox, clock: &Arc<dyn Clock>, problems: &mut Problems) -> Self {
        let mut one = |key: &str, written: &Option<GatewayKind>| -> Option<Arc<dyn Gateway>> {
            let written = written.as_ref()?;
            match written.kind.as_str() {
                "console" => Some(Arc::new(ConsoleGateway::new(outbox.clone()))),
                "webhook" => {
                    let gateway = WebhookGateway::build(key, written, clock.clone(), problems)?;
                    Some(Arc::new(gateway))
                }
                other => {
                    let what = format!("there is no gateway of kind {other:?}");
                    problems.add(format!("{key}.kind"), what, "set \"webhook\", or \"console\" for development");
                    None
                }
            }
        };
        Self { sms: one("gateway.sms", &section.sms), email: one("gateway.email", &section.email) }
    }

    /// The gateway that can reach `receiver`.
    pub fn for_receiver(&self, receiver: &Receiver) -> Option<&Arc<dyn Gateway>> {
        match receiver {
            Receiver::Phone(_) => self.sms.as_ref(),
            Receiver::Mailbox(_) => self.email.as_ref(),
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
}
