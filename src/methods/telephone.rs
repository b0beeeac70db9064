//! What methods that reach a telephone share: which numbers are taken, what may be sent there, how a number is shown. A
//! number is kept as E.164, is only ever shown masked, and must never be one that somebody else earns by.

use std::time::Duration;

use phonenumber::{Type, country};

use super::delivered::{self, DAY};
use crate::config::Span;
use crate::error::Problems;
use crate::gateway::Message;
use crate::method::{Answer, Context, Description, Field, FieldError, FieldKind, New, Outgoing, Prompt, Speech};
use crate::throttle::Budget;

/// What the section of such a method says.
pub(super) struct Written<'a> {
    /// Its id.
    pub method: &'static str,
    pub countries: &'a [String],
    pub cooldown: Span,
    pub per_day: u32,
    pub per_country_day: u32,
}

/// The telephones that a method reaches, and how often.
#[derive(Debug)]
pub(super) struct Telephones {
    method: &'static str,
    lines: &'static [Type],
    countries: Vec<country::Id>,
    cooldown: Duration,
    per_day: u32,
    per_country_day: u32,
}

/// Keys of the text catalogue.
pub(super) struct Words {
    pub enrol: &'static str,
    pub confirm: &'static str,
    pub ask: &'static str,
    /// Nothing is sent to the telephone: it rings.
    pub by_call: bool,
}

impl Telephones {
    /// `lines`: which kinds of number are taken; whoever answers a premium one earns by it.
    pub fn build(written: Written<'_>, lines: &'static [Type], problems: &mut Problems) -> Self {
        let key = format!("methods.{}.countries", written.method);
        if written.countries.is_empty() {
            problems.add(
                &key,
                "no country is named",
                "name the countries your users have telephones in, for example [\"NL\", \"BE\"]",
            );
        }
        let mut countries = Vec::new();
        for country in written.countries {
            match country.parse() {
                Ok(id) => countries.push(id),
                Err(_) => problems.add(
                    &key,
                    format!("{country:?} is no country"),
                    "write codes of two capital letters (ISO 3166), for example \"NL\"",
                ),
            }
        }
        let Written { method, cooldown, per_day, per_country_day, .. } = written;
        Self { method, lines, countries, cooldown: cooldown.0, per_day, per_country_day }
    }

    /// The number that an enrolment is about: the one typed, or the one before when another code is asked for. `None`: it
    /// has to be asked for.
    pub fn wanted(&self, previous: Option<&[u8]>, answer: &Answer) -> Result<Option<String>, FieldError> {
        match answer.get("phone") {
            Some(typed) => self.read(typed).map(Some),
            None => Ok(previous.and_then(delivered::sent_to)),
        }
    }

    /// E.164 of a number that may be reached: valid, in an allowed country, and of a kind that costs nobody more.
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
        let reached = self.lines.contains(&number.number_type(&phonenumber::metadata::DATABASE));
        let plain = number.extension().is_none() && phonenumber::is_valid(&number);
        if !(reached && plain) {
            return Err(invalid);
        }
        if !number.country().id().is_some_and(|id| self.countries.contains(&id)) {
            return Err(refused("error-phone-country"));
        }
        Ok(number.format().mode(phonenumber::Mode::E164).to_string())
    }

    /// What is sent to this number, and what that may cost in a day. A number that was taken once may be one that is not
    /// reached any more: the operator closes a country, and nothing goes there from then on.
    pub fn outgoing(&self, number: &str, message: Message, speech: Option<Speech>) -> Result<Outgoing, FieldError> {
        if self.read(number).is_err() {
            return Err(FieldError { field: "phone", text: "error-phone-closed" });
        }
        let daily = |name: String, most| Budget { name, most, window: DAY };
        let (method, country) = (self.method, country_code(number));
        let budgets = vec![
            daily(format!("{method}/all"), self.per_day),
            daily(format!("{method}/country/{country}"), self.per_country_day),
        ];
        Ok(Outgoing { message, speech, budgets, cooldown: self.cooldown })
    }
}

/// A new factor, if the code is the one that was sent to its number.
pub(super) fn finish(context: &Context<'_>, pending: &[u8], answer: &Answer) -> Result<New, FieldError> {
    if delivered::sent_to(pending).is_none() {
        return Err(FieldError { field: "phone", text: "error-phone-missing" });
    }
    let state = delivered::confirmed(context, pending, answer);
    let state = state.ok_or(FieldError { field: "code", text: "error-code-wrong" })?;
    Ok(New { state, unique: None, amr: Vec::new(), ask: None })
}

pub(super) fn prompt(words: &Words, state: Option<&[u8]>, pending: &[u8]) -> Prompt {
    match (state, delivered::sent_to(pending)) {
        (None, Some(number)) => Prompt {
            hint: words.confirm,
            fields: vec![Field::CODE, Field::LABEL],
            sent_to: Some(mask(&number)),
            by_call: words.by_call,
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
            Prompt { hint: words.enrol, fields: vec![number], by_call: words.by_call, ..Prompt::default() }
        }
        (Some(state), _) => Prompt {
            hint: words.ask,
            fields: vec![Field::CODE],
            sent_to: describe(state).masked,
            by_call: words.by_call,
            ..Prompt::default()
        },
    }
}

pub(super) fn describe(state: &[u8]) -> Description {
    let masked = delivered::address(state).map(|number| mask(&number));
    Description { masked, ..Description::default() }
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
