//! Delivery to nowhere but this process: for `demo`, for development and for tests, which read the messages from an
//! [`Outbox`]. The log says that there was a message and for whom, masked; it must never say what it was.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::{Delivery, Gateway, Message, Receiver};

/// Messages an outbox keeps; the oldest go first.
const KEPT: usize = 100;

/// The last messages, in memory. Clones share them.
#[derive(Clone, Default)]
pub struct Outbox(Arc<Mutex<VecDeque<Message>>>);

impl Outbox {
    /// Oldest first.
    pub fn messages(&self) -> Vec<Message> {
        self.lock().iter().cloned().collect()
    }

    fn put(&self, message: Message) {
        let mut messages = self.lock();
        if messages.len() == KEPT {
            messages.pop_front();
        }
        messages.push_back(message);
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Message>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Outbox({} messages)", self.lock().len())
    }
}

/// The gateway of kind `console`.
#[derive(Debug)]
pub struct ConsoleGateway {
    outbox: Outbox,
}

impl ConsoleGateway {
    pub fn new(outbox: Outbox) -> Self {
        Self { outbox }
    }
}

#[async_trait]
impl Gateway for ConsoleGateway {
    fn kind(&self) -> &'static str {
        "console"
    }

    async fn send(&self, message: &Message) -> Delivery {
        let what = if matches!(message.to, Receiver::Call(_)) { "call to" } else { "message for" };
        tracing::info!("{what} {}", message.to.masked());
        self.outbox.put(message.clone());
        Delivery::Accepted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_outbox_keeps_the_last_messages_and_prints_none() {
        let outbox = Outbox::default();
        let gateway = ConsoleGateway::new(outbox.clone());
        for n in 0..=KEPT {
            let message = Message::new(Receiver::Phone("+31612345678".to_owned()), "", format!("code {n}"), "en");
            assert_eq!(gateway.send(&message).await, Delivery::Accepted);
        }
        let messages = outbox.messages();
        assert_eq!(messages.len(), KEPT);
        assert_eq!(messages[0].text.expose(), "code 1");
        assert_eq!(messages[KEPT - 1].text.expose(), &format!("code {KEPT}"));
        assert!(!format!("{gateway:?} {messages:?}").contains("code"));
    }
}
