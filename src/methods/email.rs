//! Codes by mail: a delivery. Where the operator set an address, codes go there and nowhere else, also when it was set
//! after the enrolment, so that whoever knows a password cannot bring a mailbox of his own; otherwise the address counts
//! once a code sent to it was typed. An address is only ever shown masked.

use std::time::Duration;

use vestibule_templates::Texts;
use vestibule_templates::mail::{self, Mail};

use super::delivered::{self, DAY, LIFE, Made};
use super::{Build, BuildEnv};
use crate::config::Span;
use crate::error::Problems;
use crate::gateway::{Message, Receiver};
use crate::method::{
    Answer, Answered, Card, Context, Description, Field, FieldError, FieldKind, Method, New, Outgoing, Prompt, Step,
};
use crate::throttle::Budget;
use crate::types::{MethodId, Strength};

/// What a mail with a code says: for a site, the code, the minutes it is good.
type Words = fn(&str, &str, u64, &Texts) -> Mail;

static CARD: Card = card(Strength::Delivered, false);
/// The same as a way back in alone.
static RECOVERY: Card = card(Strength::Fallback, true);

const fn card(strength: Strength, fallback: bool) -> Card {
    Card {
        id: MethodId::new("email"),
        title: "method-email-title",
        hint: "method-email-hint",
        strength,
        amr: &["email"],
        phishing_resistant: false,
        fallback,
        hands_out_codes: false,
        usable_alone: false,
        by_mailbox: true,
        several: false,
        single_use_challenge: false,
    }
}

crate::section! {
    Section {
        /// Codes by mail; needs [gateway.email]. Whoever reads the mailbox has the code: offer something stronger beside it.
        enabled: bool = false,
        /// true: not a second factor, but a way back in for those who lost their device.
        recovery_only: bool = false,
        /// How long until another code may be sent to the same mailbox.
        cooldown: Span = Span::secs(60),
        /// Codes sent in a day, over all users.
        per_day: u32 = 1000,
    }
}

#[derive(Debug)]
pub(super) struct Email {
    card: &'static Card,
    cooldown: Duration,
    per_day: u32,
}

impl Build for Email {
    const CARD: &'static Card = &CARD;
    type Section = Section;

    fn enabled(section: &Section) -> bool {
        section.enabled
    }

    fn build(section: Section, env: &BuildEnv<'_>, problems: &mut Problems) -> Result<Self, String> {
        if env.gateways.email.is_none() {
            problems.add(
                "methods.email.enabled",
                "mails need a gateway",
                "configure [gateway.email], or set methods.email.enabled = false",
            );
        }
        let card = if section.recovery_only { &RECOVERY } else { &CARD };
        Ok(Self { card, cooldown: section.cooldown.0, per_day: section.per_day })
    }
}

impl Email {
    /// The step with the mail that takes its code there, in words for an owner or for a mailbox nobody has proved yet.
    fn mailed(&self, context: &Context<'_>, made: Made, words: Words) -> Step {
        let mail = words(&context.place.name, &made.code, LIFE.as_secs() / 60, context.texts);
        let outgoing = Outgoing {
            message: Message::new(Receiver::Mailbox(made.to), mail.subject, mail.text, context.texts.lang()),
            speech: None,
            budgets: vec![Budget { name: "email/all".to_owned(), most: self.per_day, window: DAY }],
            cooldown: self.cooldown,
        };
        Step { message: Some(outgoing), ..made.step }
    }
}

impl Method for Email {
    fn card(&self) -> &'static Card {
        self.card
    }

    fn begin_enrolment(
        &self,
        context: &Context<'_>,
        previous: Option<&[u8]>,
        answer: &Answer,
    ) -> Result<Step, FieldError> {
        let refused = |text| FieldError { field: "email", text };
        let to = match (context.email, answer.get("email").map(str::trim)) {
            (Some(set), _) => set.to_owned(),
            (None, Some("")) => return Err(refused("error-email-missing")),
            (None, Some(typed)) => match Receiver::mailbox(typed) {
                Some(_) => typed.to_owned(),
                None => return Err(refused("error-email-invalid")),
            },
            // Another code to the same mailbox.
            (None, None) => match previous.and_then(delivered::sent_to) {
                Some(before) => before,
                None => return Ok(delivered::asking()),
            },
        };
        Ok(self.mailed(context, delivered::first(context, to), mail::code_to_enrol))
    }

    fn finish_enrolment(&self, context: &Context<'_>, pending: &[u8], answer: &Answer) -> Result<New, FieldError> {
        if delivered::sent_to(pending).is_none() {
            return Err(FieldError { field: "email", text: "error-email-missing" });
        }
        let state = delivered::confirmed(context, pending, answer);
        let state = state.ok_or(FieldError { field: "code", text: "error-code-wrong" })?;
        Ok(New { state, unique: None, amr: Vec::new(), ask: None })
    }

    fn begin_check(&self, context: &Context<'_>, state: &[u8]) -> Result<Step, FieldError> {
        Ok(self.mailed(context, delivered::another(context, state, context.email)?, mail::code))
    }

    fn check(&self, context: &Context<'_>, state: &[u8], pending: &[u8], answer: &Answer) -> Answered {
        // A code that went to the address before is worth nothing.
        if context.email.is_some() && context.email != delivered::address(state).as_deref() {
            return Answered::Wrong;
        }
        delivered::check(context, state, pending, answer)
    }

    fn prompt(&self, context: &Context<'_>, state: Option<&[u8]>, pending: &[u8]) -> Prompt {
        match (state, delivered::sent_to(pending)) {
            (None, Some(to)) => Prompt {
                hint: "method-email-confirm",
                fields: vec![Field::CODE, Field::LABEL],
                sent_to: Some(mask(to)),
                ..Prompt::default()
            },
            (None, None) => {
                let mailbox = Field {
                    name: "email",
                    label: "field-email",
                    hint: None,
                    value: String::new(),
                    inputmode: "email",
                    autocomplete: "email",
                    // RFC 5321 section 4.5.3.1.3, without the angle brackets.
                    max_length: 254,
                    kind: FieldKind::Mailbox,
                    required: true,
                };
                Prompt { hint: "method-email-enrol", fields: vec![mailbox], ..Prompt::default() }
            }
            (Some(state), _) => Prompt {
                hint: "method-email-ask",
                fields: vec![Field::CODE],
                sent_to: context.email.map(str::to_owned).or_else(|| delivered::address(state)).map(mask),
                ..Prompt::default()
            },
        }
    }

    fn describe(&self, state: &[u8]) -> Description {
        Description { masked: delivered::address(state).map(mask), ..Description::default() }
    }

    fn mailbox(&self, state: &[u8]) -> Option<String> {
        delivered::address(state)
    }
}

fn mask(mailbox: String) -> String {
    Receiver::Mailbox(mailbox).masked()
}
