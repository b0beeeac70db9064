//! The joint to whatever delivers a message: within a time limit, with a typed outcome. A gateway knows nothing of who
//! asks or why; budgets are spent before it is called (`throttle`), and its failure never touches proxied traffic.

use std::sync::Arc;

use async_trait::async_trait;

use crate::secret::Secret;

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
    /// The gateway that can reach `receiver`.
    pub fn for_receiver(&self, receiver: &Receiver) -> Option<&Arc<dyn Gateway>> {
        match receiver {
            Receiver::Phone(_) => self.sms.as_ref(),
            Receiver::Mailbox(_) => self.email.as_ref(),
        }
    }
}
