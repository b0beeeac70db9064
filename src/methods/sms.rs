//! Codes by text message: a delivery. The number is the factor; the code is made for one wizard, stored (as a MAC) before
//! it is sent, good once and for ten minutes, and dead as soon as a newer one is sent. A telephone number is only ever
//! shown masked, and messages go to the stored number alone.

use std::time::Duration;

use phonenumber::country;
use vestibule_templates::message;

use super::delivered::{self, DAY, LIFE, Made};
use super::{Build, BuildEnv, named};
use crate::config::Span;
use crate::error::Problems;
use crate::gateway::{Message, Receiver};
use crate::method::{
    Answer, Answered, Card, Context, Description, Field, FieldError, FieldKind, Method, New, Outgoing, Prompt, Step,
};
use crate::secret::Secret;
use crate::throttle::Budget;
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
    several: true,
    single_use_challenge: false,
};

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
pub(super) struct Sms {
    countries: Vec<country::Id>,
    cooldown: Duration,
    per_day: u32,
    per_country_day: u32,
}

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
        if section.countries.is_empty() {
            problems.add(
                "methods.sms.countries",
                "no country is named",
                "name the countries your users have telephones in, for example [\"NL\", \"BE\"]",
            );
        }
        let mut countries = Vec::new();
        for written in &section.countries {
            match written.parse() {
                Ok(id) => countries.push(id),
                Err(_) => problems.add(
                    "methods.sms.countries",
                    format!("{written:?} is no country"),
                    "write codes of two capital letters (ISO 3166), for example \"NL\"",
                ),
            }
        }
        Ok(Self {
            countries,
            cooldown: section.cooldown.0,
            per_day: section.per_day,
            per_country_day: section.per_country_day,
        })
    }
}

impl Sms {
    /// E.164 of a number that a text message may go to: valid, in an allowed country, and not one that somebody else
    /// earns by.
    fn read(&self, typed: &str) -> Result<String, FieldError> {
        let refused = |text| FieldError { field: "phone", text };
        let typed = typed.trim();
        if typed.is_empty() {
            return Err(refused("error-phone-missing"));
        }
        let invalid = refused("error-phone-invalid");
        // A stranger's bytes: nobody types more.
        if typed.len() > 40 {
            return Err(invalid);
        }
        let Ok(number) = phonenumber::parse(self.countries.first().copied(), typed) else { return Err(invalid) };
        let allowed = number.country().id().is_some_and(|id| self.countries.contains(&id));
        let kind = number.number_type(&phonenumber::metadata::DATABASE);
        let mobile = matches!(kind, phonenumber::Type::Mobile | phonenumber::Type::FixedLineOrMobile);
        let plain = number.extension().is_none() && phonenumber::is_valid(&number);
        if !(allowed && mobile && plain) {
            return Err(invalid);
        }
        Ok(number.format().mode(phonenumber::Mode::E164).to_string())
    }

    /// The step with the message that takes its code there.
    fn texted(&self, context: &Context<'_>, made: Made) -> Step {
        let Made { to: number, code, step } = made;
        let minutes = LIFE.as_secs() / 60;
        let (site, host) = (&context.place.name, &context.place.host);
        let text = if matches!(url::Host::parse(host), Ok(url::Host::Domain(_))) {
            message::sms_code(site, host, &code, minutes, context.texts)
        } else {
            message::sms_code_unbound(site, &code, minutes, context.texts)
        };
        let country = country_code(&number);
        let daily = |name: String, most| Budget { name, most, window: DAY };
        let outgoing = Outgoing {
            message: Message {
                to: Receiver::Phone(number),
                subject: String::new(),
                text: Secret::new(text),
                language: "en".to_owned(),
            },
            budgets: vec![
                daily("sms/all".to_owned(), self.per_day),
                daily(format!("sms/country/{country}"), self.per_country_day),
            ],
            cooldown: self.cooldown,
        };
        Step { message: Some(outgoing), ..step }
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
        let number = match (answer.get("phone"), previous.and_then(delivered::sent_to)) {
            (Some(typed), _) => self.read(typed)?,
            // Another code to the same number.
            (None, Some(number)) => number,
            (None, None) => return Ok(delivered::asking()),
        };
        Ok(self.texted(context, delivered::first(context, number)))
    }

    fn finish_enrolment(&self, context: &Context<'_>, pending: &[u8], answer: &Answer) -> Result<New, FieldError> {
        if delivered::sent_to(pending).is_none() {
            return Err(FieldError { field: "phone", text: "error-phone-missing" });
        }
        let state = delivered::confirmed(context, pending, answer);
        let state = state.ok_or(FieldError { field: "code", text: "error-code-wrong" })?;
        Ok(New { state, label: context.texts.text("method-sms-label"), unique: None, amr: Vec::new(), ask: None })
    }

    fn begin_check(&self, context: &Context<'_>, state: &[u8]) -> Result<Step, FieldError> {
        let unreadable = FieldError { field: "code", text: "error-code-wrong" };
        Ok(self.texted(context, delivered::another(context, state).ok_or(unreadable)?))
    }

    fn check(&self, context: &Context<'_>, state: &[u8], pending: &[u8], answer: &Answer) -> Answered {
        delivered::check(context, state, pending, answer)
    }

    fn prompt(&self, context: &Context<'_>, state: Option<&[u8]>, pending: &[u8]) -> Prompt {
        match (state, delivered::sent_to(pending)) {
            (None, Some(number)) => Prompt {
                hint: "method-sms-confirm",
                fields: vec![Field::CODE, named(context.texts.text("method-sms-label"))],
                sent_to: Some(mask(&number)),
                ..Prompt::default()
            },
            (None, None) => {
                let number = Field {
                    name: "phone",
                    label: "field-phone",
                    hint: Some("field-phone-hint"),
                    value: String::new(),
                    inputmode: "tel",
                    autocomplete: "tel",
                    max_length: 40,
                    kind: FieldKind::Telephone,
                    required: true,
                };
                Prompt { hint: "method-sms-enrol", fields: vec![number], ..Prompt::default() }
            }
            (Some(state), _) => Prompt {
                hint: "method-sms-ask",
                fields: vec![Field::CODE],
                sent_to: self.describe(state).masked,
                ..Prompt::default()
            },
        }
    }

    fn describe(&self, state: &[u8]) -> Description {
        let masked = delivered::address(state).map(|number| mask(&number));
        Description { masked, ..Description::default() }
    }
}

/// The country code of an E.164 number, without the plus sign.
fn country_code(number: &str) -> String {
    phonenumber::parse(None, number).map(|number| number.country().code().to_string()).unwrap_or_default()
}

/// `+31 ** *** **67`: enough for its owner to know it by, too little to learn it from.
fn mask(number: &str) -> String {
    let country = country_code(number);
    let national = number.len().saturating_sub(1 + country.len());
    let hidden = |n: usize| {
        if n + 2 >= national {
            number.as_bytes().get(1 + country.len() + n).copied().map_or('*', char::from)
        } else {
            '*'
        }
    };
    // Groups as people write them, from the end: four, then three at a time.
    let mut text = format!("+{country}");
    for n in 0..national {
        let left = national - n;
        if n == 0 || left == 4 || left > 4 && (left - 4).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(hidden(n));
    }
    text
}
