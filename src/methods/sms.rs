//! Codes by text message: a delivery. The number is the factor; the code is made for one wizard, stored (as a MAC) before
//! it is sent, good once and for ten minutes, and dead as soon as a newer one is sent. A telephone number is only ever
//! shown masked, and messages go to the stored number alone.

use phonenumber::Type;
use vestibule_templates::message;

use super::delivered::{self, LIFE, Made};
use super::telephone::{self, Telephones, Words};
use super::{Build, BuildEnv};
use crate::config::Span;
use crate::error::Problems;
use crate::gateway::{Message, Receiver};
use crate::method::{Answer, Answered, Card, Context, Description, FieldError, Method, New, Prompt, Step};
use crate::types::{MethodId, Strength};

static CARD: Card = Card {
    id: MethodId::new("sms"),
    title: "method-sms-title",
    hint: "method-sms-hint",
    strength: Strength::Delivered,
    amr: &["sms"],
    phishing_resistant: false,
    fallback: false,
    hands_out_codes: false,
    usable_alone: false,
    by_mailbox: false,
    several: true,
    single_use_challenge: false,
};

static WORDS: Words =
    Words { enrol: "method-sms-enrol", confirm: "method-sms-confirm", ask: "method-sms-ask", by_call: false };

/// A fixed line shows no messages. In some countries a number does not say which of the two it is.
const LINES: &[Type] = &[Type::Mobile, Type::FixedLineOrMobile];

crate::section! {
    Section {
        /// Codes by text message; needs [gateway.sms]. They can be read and diverted by others: offer something stronger
        /// beside it.
        enabled: bool = false,
        /// Countries to which codes are sent (ISO 3166, for example "NL"); the first is that of numbers without a country
        /// code. Whoever leaves a country open pays for what is sent there.
        countries: Vec<String> = Vec::new(),
        /// How long until another code may be sent to the same telephone.
        cooldown: Span = Span::secs(60),
        /// Codes sent in a day, over all users.
        per_day: u32 = 1000,
        /// Codes sent in a day to one country.
        per_country_day: u32 = 500,
    }
}

#[derive(Debug)]
pub(super) struct Sms(Telephones);

impl Build for Sms {
    const CARD: &'static Card = &CARD;
    type Section = Section;

    fn enabled(section: &Section) -> bool {
        section.enabled
    }

    fn build(section: Section, env: &BuildEnv<'_>, problems: &mut Problems) -> Result<Self, String> {
        if env.gateways.sms.is_none() {
            problems.add(
                "methods.sms.enabled",
                "text messages need a gateway",
                "configure [gateway.sms], or set methods.sms.enabled = false",
            );
        }
        let Section { countries, cooldown, per_day, per_country_day, .. } = &section;
        let written = telephone::Written {
            method: "sms",
            countries,
            cooldown: *cooldown,
            per_day: *per_day,
            per_country_day: *per_country_day,
        };
        Ok(Self(Telephones::build(written, LINES, problems)))
    }
}

impl Sms {
    /// The step with the message that takes its code there.
    fn texted(&self, context: &Context<'_>, made: Made) -> Result<Step, FieldError> {
        let Made { to: number, code, step } = made;
        let minutes = LIFE.as_secs() / 60;
        let (site, host) = (&context.place.name, &context.place.host);
        let text = if matches!(url::Host::parse(host), Ok(url::Host::Domain(_))) {
            message::sms_code(site, host, &code, minutes, context.texts)
        } else {
            message::sms_code_unbound(site, &code, minutes, context.texts)
        };
        let message = Message::new(Receiver::Phone(number.clone()), "", text, context.texts.lang());
        Ok(Step { message: Some(self.0.outgoing(&number, message, None)?), ..step })
    }
}

impl Method for Sms {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn begin_enrolment(
        &self,
        context: &Context<'_>,
        previous: Option<&[u8]>,
        answer: &Answer,
    ) -> Result<Step, FieldError> {
        let number = self.0.wanted(previous, answer)?;
        match number {
            Some(number) => self.texted(context, delivered::first(context, number)),
            None => Ok(delivered::asking()),
        }
    }

    fn finish_enrolment(&self, context: &Context<'_>, pending: &[u8], answer: &Answer) -> Result<New, FieldError> {
        telephone::finish(context, pending, answer)
    }

    fn begin_check(&self, context: &Context<'_>, state: &[u8]) -> Result<Step, FieldError> {
        self.texted(context, delivered::another(context, state, None)?)
    }

    fn check(&self, context: &Context<'_>, state: &[u8], pending: &[u8], answer: &Answer) -> Answered {
        delivered::check(context, state, pending, answer)
    }

    fn prompt(&self, _: &Context<'_>, state: Option<&[u8]>, pending: &[u8]) -> Prompt {
        telephone::prompt(&WORDS, state, pending)
    }

    fn describe(&self, state: &[u8]) -> Description {
        telephone::describe(state)
    }
}
