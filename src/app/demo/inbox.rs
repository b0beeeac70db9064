//! Where the demonstration's messages go: a list in memory, each with its time, for one page.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use vestibule_templates::demo;

use crate::clock::{Clock, Time};
use crate::gateway::{Delivery, Gateway, Message, Receiver};

/// Messages that are kept; the oldest go first.
const KEPT: usize = 50;

pub struct Inbox {
    clock: Arc<dyn Clock>,
    messages: Mutex<VecDeque<(Time, Message)>>,
}

impl Inbox {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, messages: Mutex::default() }
    }

    /// As the page shows them, the newest first.
    pub fn shown(&self) -> Vec<demo::Message> {
        let messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        let shown = messages.iter().map(|(at, message)| {
            let (by, to) = match &message.to {
                Receiver::Phone(number) => (demo::By::Sms, number),
                Receiver::Call(number) => (demo::By::Call, number),
                Receiver::Mailbox(mailbox) => (demo::By::Mail, mailbox),
            };
            let at = u64::try_from(at.secs()).unwrap_or(0);
            demo::Message { by, to: to.clone(), at, text: message.text.expose().clone() }
        });
        shown.collect()
    }
}

#[async_trait]
impl Gateway for Inbox {
    fn kind(&self) -> &'static str {
        "demo"
    }

    async fn send(&self, message: &Message) -> Delivery {
        let mut messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        messages.push_front((self.clock.wall(), message.clone()));
        messages.truncate(KEPT);
        Delivery::Accepted
    }
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Inbox")
    }
}
