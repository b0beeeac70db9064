//! The one way out for messages: whoever sends one sends it here, so that none goes uncounted.

use vestibule_templates::Texts;
use vestibule_templates::mail::Mail;

use crate::gateway::{Delivery, Gateways, Message, Receiver};
use crate::telemetry::{Sent, metrics};

impl Gateways {
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

    /// One mail, in the language of `texts`; the error says why it did not go, and not to whom.
    pub async fn mail(&self, to: String, mail: Mail, texts: &Texts) -> Result<(), String> {
        let message = Message::new(Receiver::Mailbox(to), mail.subject, mail.text, texts.lang());
        match self.deliver(&message).await {
            Delivery::Accepted => Ok(()),
            Delivery::Refused(why) | Delivery::Failed(why) => Err(why),
        }
    }

    fn counted(&self, message: &Message, kind: &'static str, delivery: &Delivery) -> Sent {
        let (gateway, units, price) = match message.to {
            Receiver::Phone(_) => ("sms", segments(message.text.expose()), self.prices.sms),
            Receiver::Call(_) => ("voice", 1, self.prices.voice),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::Prices;

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
        let gateways = Gateways { prices: Prices { sms: 0.5, ..Prices::default() }, ..Gateways::default() };
        let to = Receiver::Phone("+31612345678".to_owned());
        let message = Message::new(to, "", "a".repeat(161), "en");
        let accepted = gateways.counted(&message, "twilio", &Delivery::Accepted);
        assert_eq!((accepted.outcome, accepted.units, accepted.cost), ("accepted", 2, 1.0));
        let failed = gateways.counted(&message, "twilio", &Delivery::Failed("no answer in time".to_owned()));
        assert_eq!((failed.outcome, failed.units, failed.cost), ("failed", 2, 0.0));
        assert!(matches!(gateways.deliver(&message).await, Delivery::Failed(_)), "there is no gateway");
    }
}
