//! Codes by telephone call: a delivery. The call asks for a key before it says anything worth hearing, so that a mailbox
//! gets nothing; then it says each digit, twice. The code lives by the rules of `delivered`; what is said waits, sealed,
//! for the provider to ask (`method/call.rs`).

use phonenumber::Type;
use vestibule_templates::call::Call;

use super::delivered::{self, Made};
use super::telephone::{self, Telephones, Words};
use super::{Build, BuildEnv};
use crate::config::Span;
use crate::error::Problems;
use crate::gateway::{Message, Receiver};
use crate::method::{
    Answer, Answered, Card, Context, Description, FieldError, Method, New, Place, Prompt, Speech, Step,
};
use crate::types::{MethodId, Strength};

static CARD: Card = Card {
    id: MethodId::new("voice"),
    title: "method-voice-title",
    hint: "method-voice-hint",
    strength: Strength::Delivered,
    // RFC 8176 section 2: confirmation by a telephone call.
    amr: &["tel"],
    phishing_resistant: false,
    fallback: false,
    hands_out_codes: false,
    usable_alone: false,
    by_mailbox: false,
    several: true,
    single_use_challenge: false,
};

static WORDS: Words =
    Words { enrol: "method-voice-enrol", confirm: "method-voice-confirm", ask: "method-voice-ask", by_call: true };

/// Whatever rings and costs no more than a call.
const LINES: &[Type] = &[Type::FixedLine, Type::Mobile, Type::FixedLineOrMobile];

crate::section! {
    Section {
        /// Codes by telephone call; needs [gateway.voice]. Calls can be overheard and diverted by others: offer something
        /// stronger beside it.
        enabled: bool = false,
        /// Countries that are called (ISO 3166, for example "NL"); the first is that of numbers without a country code.
        /// Whoever leaves a country open pays for the calls there.
        countries: Vec<String> = Vec::new(),
        /// How long until the same telephone may be called again.
        cooldown: Span = Span::secs(60),
        /// Calls in a day, over all users.
        per_day: u32 = 500,
        /// Calls in a day to one country.
        per_country_day: u32 = 250,
    }
}

#[derive(Debug)]
pub(super) struct Voice(Telephones);

impl Build for Voice {
    const CARD: &'static Card = &CARD;
    type Section = Section;

    fn enabled(section: &Section) -> bool {
        section.enabled
    }

    fn build(section: Section, env: &BuildEnv<'_>, problems: &mut Problems) -> Result<Self, String> {
        if env.gateways.voice.is_none() {
            problems.add(
                "methods.voice.enabled",
                "calls need a gateway",
                "configure [gateway.voice], or set methods.voice.enabled = false",
            );
        }
        let Section { countries, cooldown, per_day, per_country_day, .. } = &section;
        let written = telephone::Written {
            method: "voice",
            countries,
            cooldown: *cooldown,
            per_day: *per_day,
            per_country_day: *per_country_day,
        };
        let telephones = Telephones::build(written, LINES, problems);
        if env.origins.is_empty() {
            return Err("no site has a url at which a provider could ask what to say".to_owned());
        }
        Ok(Self(telephones))
    }
}

impl Voice {
    /// The step with the call that says its code there.
    fn called(&self, context: &Context<'_>, made: Made) -> Result<Step, FieldError> {
        let Made { to: number, code, step } = made;
        let call = Call::code(&context.place.name, &code, context.texts);
        let speech = Speech { question: call.question(), answer: call.answer() };
        let to = Receiver::Call(number.clone());
        let message = Message::new(to, "", call.transcript(), context.texts.lang());
        Ok(Step { message: Some(self.0.outgoing(&number, message, Some(speech))?), ..step })
    }
}

impl Method for Voice {
    fn card(&self) -> &'static Card {
        &CARD
    }

    /// The provider asks us what to say, and needs to know where.
    fn works_at(&self, place: &Place) -> bool {
        !place.origin.is_empty()
    }

    fn begin_enrolment(
        &self,
        context: &Context<'_>,
        previous: Option<&[u8]>,
        answer: &Answer,
    ) -> Result<Step, FieldError> {
        let number = self.0.wanted(previous, answer)?;
        match number {
            Some(number) => self.called(context, delivered::first(context, number)),
            None => Ok(delivered::asking()),
        }
    }

    fn finish_enrolment(&self, context: &Context<'_>, pending: &[u8], answer: &Answer) -> Result<New, FieldError> {
        telephone::finish(context, pending, answer)
    }

    fn begin_check(&self, context: &Context<'_>, state: &[u8]) -> Result<Step, FieldError> {
        self.called(context, delivered::another(context, state, None)?)
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
