//! One factor's question, wherever it is asked: show it (a GET: nothing is made or sent), begin it (make a challenge,
//! send a code), or take the answer.

use std::time::Duration;

use axum::response::Response;
use vestibule_templates as pages;
use vestibule_templates::{Badge, CeremonyKind, Choice, DeliveryState, Texts};

use super::account::seconds;
use super::failure::Failure;
use super::finish::waiting;
use super::form::Posted;
use super::stage::Stage;
use super::{Visit, Wizard};
use crate::account::Factor;
use crate::clock::Time;
use crate::method::{Asker, Begun, Card, Ceremony, CheckError, Checked, FieldError, FieldKind, Prompt, Proof, Sending};
use crate::store::Row;
use crate::types::{FactorId, MethodId, Strength};

/// What a closed lane tells programs to come back after; people are told that waiting does not help.
pub const CLOSED_FOR: Duration = Duration::from_secs(15 * 60);

/// What became of a posted answer.
pub enum Turn {
    /// A challenge was made or a code sent: show the page.
    Begun,
    Proved(Proof),
    /// Ask again, saying this.
    Again(Again),
    /// The stage was overtaken: another tab finished it, or it ran out.
    Over,
}

/// Why a question is asked again.
#[derive(Clone, Debug)]
pub enum Again {
    Wrong,
    Wait(Time),
    /// The account's lane for strangers is closed.
    Closed,
    NotSent(Sending),
    Field(FieldError),
    /// A code of a message that is not waited for any more: another is sent when somebody asks for it.
    Late,
}

impl Wizard {
    pub(super) fn card(&self, id: &MethodId) -> Option<&'static Card> {
        self.checks.registry.get(id).map(|method| method.card())
    }

    /// The factor a page is about: the one named, else the first of this method.
    pub(super) fn chosen<'a>(
        usable: &'a [Row<Factor>],
        method: &str,
        factor: Option<&FactorId>,
    ) -> Result<&'a Row<Factor>, Failure> {
        usable
            .iter()
            .find(|row| row.value.method.as_str() == method && factor.is_none_or(|id| row.value.id == *id))
            .ok_or(Failure::NotFound)
    }

    /// What a page asks of a factor. A begun check is shown again as it was; otherwise what would be asked.
    pub(super) async fn question(
        &self,
        visit: &Visit,
        stage: &Stage,
        factor: &Row<Factor>,
        again: Option<&Again>,
    ) -> Result<pages::Prompt, Failure> {
        let card = self.card(&factor.value.method).ok_or(Failure::NotFound)?;
        let live = stage
            .begun()
            .filter(|begun| begun.factor.as_ref() == Some(&factor.value.id) && self.vault.now() < begun.expires);
        let prompt = match live {
            Some(begun) => self.checks.show(stage.user(), begun, &visit.place()).await?,
            None => self.checks.preview_check(stage.user(), factor, &visit.place())?,
        };
        // A GET makes no challenge: the first press asks for the question, and only the second calls the browser.
        let announced = live.is_none() && card.single_use_challenge;
        let prompt = if announced { Prompt { hint: "ceremony-next", ceremony: None, ..prompt } } else { prompt };
        let mut view = view_of(&prompt, card, &visit.texts, again, self.vault.now());
        if announced {
            view.button = Some(visit.texts.text("continue"));
        }
        view.delivery = delivery(&prompt, live, again);
        Ok(view)
    }

    /// Begins a check or takes the answer to one.
    pub(super) async fn turn(
        &self,
        visit: &Visit,
        stage: &Stage,
        factor: &Row<Factor>,
        posted: &Posted,
    ) -> Result<Turn, Failure> {
        let (user, place, source) = (stage.user(), visit.place(), visit.source());
        let asker = Asker { user, place: &place, origin: &source, browser: &visit.cookies.browser };
        let live = stage.begun().filter(|begun| begun.factor.as_ref() == Some(&factor.value.id));
        let begun: Begun = match live {
            Some(begun) if !posted.has("send") && self.vault.now() < begun.expires => begun.clone(),
            previous => {
                // What was typed in came too late. Only the button that says so sends.
                let typed = !posted.has("send") && !posted.get("code").is_empty();
                if typed && self.checks.preview_check(user, factor, &place)?.sent_to.is_some() {
                    return Ok(Turn::Again(Again::Late));
                }
                let keep = |begun: &Begun| stage.keep(&self.sessions, Some(begun));
                let id = &factor.value.id;
                let made = self.checks.begin(asker, id, previous, keep).await;
                match made {
                    // Nothing had to be made or sent: the answer is judged at once.
                    Ok(made) if !made.kept => made.begun,
                    Ok(made) => {
                        if made.sending == Sending::Failed {
                            self.remember_unsent(visit, stage, made.begun).await?;
                        }
                        return Ok(match made.sending {
                            Sending::None | Sending::Sent { .. } => Turn::Begun,
                            not_sent => Turn::Again(Again::NotSent(not_sent)),
                        });
                    }
                    Err(CheckError::Field(error)) => return Ok(Turn::Again(Again::Field(error))),
                    Err(error) => return overtaken(error.into()),
                }
            }
        };
        let lane = self.first.lane(user.name.as_str(), &visit.cookies.browser).await?;
        let consume = stage.keep(&self.sessions, None)?;
        let answer = posted.answer();
        let checked = self.checks.check(asker, &begun, &answer, &lane, consume).await;
        Ok(match checked {
            Ok(Checked::Proved(proof)) => Turn::Proved(proof),
            Ok(Checked::Wrong) => Turn::Again(Again::Wrong),
            Ok(Checked::Wait(until)) => Turn::Again(Again::Wait(until)),
            Ok(Checked::Closed) => Turn::Again(Again::Closed),
            Ok(Checked::Gone) => Turn::Over,
            Err(CheckError::Field(error)) => Turn::Again(Again::Field(error)),
            Err(error) => return overtaken(error.into()),
        })
    }

    /// A method as a choice, with how strong it is.
    pub(super) fn method_choice(&self, card: &Card, href: String, texts: &Texts) -> Choice {
        Choice {
            method: card.id.to_string(),
            title: texts.text(card.title),
            detail: None,
            hint: Some(texts.text(card.hint)),
            badge: Some(match card.strength {
                Strength::PhishingResistant => Badge::Strongest,
                Strength::Code => Badge::Strong,
                Strength::Delivered | Strength::Fallback | Strength::Remembered => Badge::Basic,
            }),
            href,
            // One answer to a challenge is what a ceremony is: the browser's part of it may be missing.
            ceremony: card.single_use_challenge,
        }
    }

    /// The page for a lost device. `others`: what still works; `back`: where the question was.
    pub(super) fn lost_view(&self, others: Vec<Choice>, back: String) -> pages::pages::verify::LostView {
        pages::pages::verify::LostView { others, advice: self.settings.lost_device.clone(), back }
    }

    /// The other ways beside one factor's question; those for a lost device are on its page alone, as long as there is
    /// another.
    pub(super) fn others(
        &self,
        usable: &[Row<Factor>],
        besides: Option<&FactorId>,
        href: impl Fn(&Factor) -> String,
        texts: &Texts,
    ) -> Vec<Choice> {
        let others = usable.iter().filter(|row| Some(&row.value.id) != besides);
        let all = usable.iter().all(|row| self.is_for_lost_devices(&row.value));
        let rows: Vec<_> = others.filter(|row| all || !self.is_for_lost_devices(&row.value)).collect();
        self.choices(&rows, href, texts)
    }

    /// Everything there is, for who lost a device: what needs none first, and not what is `lost`.
    pub(super) fn ways_back(
        &self,
        usable: &[Row<Factor>],
        lost: Option<&FactorId>,
        href: impl Fn(&Factor) -> String,
        texts: &Texts,
    ) -> Vec<Choice> {
        let mut rows: Vec<_> = usable.iter().filter(|row| Some(&row.value.id) != lost).collect();
        rows.sort_by_key(|row| self.card(&row.value.method).is_none_or(|card| !card.fallback));
        self.choices(&rows, href, texts)
    }

    /// Whether this factor is offered to who lost a device, and to nobody else. Codes on paper are for that too, and
    /// have always been one click away.
    fn is_for_lost_devices(&self, factor: &Factor) -> bool {
        self.card(&factor.method).is_some_and(|card| card.fallback && !card.hands_out_codes)
    }

    /// Factors as choices; `href` gives each its address.
    fn choices(&self, rows: &[&Row<Factor>], href: impl Fn(&Factor) -> String, texts: &Texts) -> Vec<Choice> {
        let last = rows.iter().filter(|row| row.value.last_used.is_some()).max_by_key(|row| row.value.last_used);
        let choice = |row: &&Row<Factor>| {
            let factor = &row.value;
            let method = self.checks.registry.get(&factor.method)?;
            let said = method.describe(&factor.state);
            let left = said
                .remaining
                .map(|count| texts.text_with("method-recovery-left", &[("count", (count as u64).into())]));
            Some(Choice {
                method: factor.method.to_string(),
                title: texts.text(method.card().title),
                detail: said.masked.or(left).or_else(|| Some(factor.name(texts))),
                hint: None,
                badge: last.is_some_and(|last| last.value.id == factor.id).then_some(Badge::LastUsed),
                href: href(factor),
                ceremony: false,
            })
        };
        rows.iter().filter_map(choice).collect()
    }
}

impl Again {
    /// Why no answer is looked at now, if that is so.
    pub fn wait(&self) -> Option<pages::Wait> {
        match self {
            Again::Wait(until) => Some(wait(*until)),
            Again::Closed => Some(pages::Wait::Closed),
            _ => None,
        }
    }

    /// Gives the page with this question its status.
    pub fn held(&self, response: Response, now: Time) -> Response {
        match self {
            Again::Wait(until) => waiting(response, now, *until),
            Again::Closed => waiting(response, now, now + CLOSED_FOR),
            _ => response,
        }
    }
}

/// Whether a code that travels is under way, and when another may be.
pub fn delivery(prompt: &Prompt, begun: Option<&Begun>, again: Option<&Again>) -> Option<pages::Delivery> {
    let failed = matches!(again, Some(Again::NotSent(Sending::Failed))) || begun.is_some_and(|begun| begun.unsent);
    let state = match begun {
        _ if failed => DeliveryState::Failed,
        // A GET sends nothing, also where the address is known.
        None => DeliveryState::Ready,
        Some(_) => DeliveryState::Sent,
    };
    let waits = match again {
        Some(Again::NotSent(Sending::Wait(until))) => Some(*until),
        _ => begun.and_then(|begun| begun.next_send),
    };
    Some(pages::Delivery {
        target: prompt.sent_to.clone()?,
        by_call: prompt.by_call,
        state,
        again: waits.map(shown),
        good_until: begun.map(|begun| seconds(begun.expires)),
    })
}

/// A wait as the pages show it: not over before its last second is.
pub fn wait(until: Time) -> pages::Wait {
    pages::Wait::Until(shown(until))
}

fn shown(until: Time) -> u64 {
    u64::try_from(until.secs() + 1).unwrap_or(0)
}

fn overtaken(failure: Failure) -> Result<Turn, Failure> {
    if failure == Failure::Overtaken { Ok(Turn::Over) } else { Err(failure) }
}

/// A method's prompt as the pages want it.
pub fn view_of(prompt: &Prompt, card: &Card, texts: &Texts, again: Option<&Again>, now: Time) -> pages::Prompt {
    let wrong = match again {
        Some(Again::Wrong) if prompt.ceremony.is_some() => Some("error-key-refused"),
        Some(Again::Wrong) if card.hands_out_codes => Some("error-recovery-code-wrong"),
        Some(Again::Wrong) => Some("error-code-wrong"),
        _ => None,
    };
    let fields = prompt.fields.iter().filter(|field| field.kind != FieldKind::Acknowledge).map(|field| {
        let error = match again {
            Some(Again::Field(error)) if error.field == field.name => Some(error.text),
            _ => wrong.filter(|_| field.name == "code"),
        };
        pages::Field {
            kind: match field.kind {
                FieldKind::Telephone => "tel",
                FieldKind::Mailbox => "email",
                FieldKind::Text | FieldKind::Acknowledge => "text",
            },
            autocomplete: field.autocomplete,
            inputmode: field.inputmode,
            maxlength: u32::try_from(field.max_length).ok(),
            hint: field.hint.map(|key| texts.text(key)),
            value: field.value.clone(),
            error: error.map(|key| texts.text(key)),
            ..pages::Field::text(field.name, texts.text(field.label))
        }
    });
    let fields: Vec<_> = fields.collect();
    // What is wrong with no field stands above them.
    let at_field = fields.iter().any(|field| field.error.is_some());
    let error = match again {
        _ if at_field => None,
        Some(Again::Field(error)) => Some(texts.text(error.text)),
        Some(Again::Late) => Some(texts.text("error-code-late")),
        // Where no address is known yet, there is nothing else on the page to say it.
        Some(Again::NotSent(Sending::Wait(until))) if prompt.sent_to.is_none() => {
            Some(pages::moment::again_at("error-send-budget", shown(*until), seconds(now), texts))
        }
        _ => wrong.map(|key| texts.text(key)),
    };
    pages::Prompt {
        hint: (!prompt.hint.is_empty()).then(|| texts.text(prompt.hint)),
        error,
        otpauth: prompt.otpauth.as_ref().map(|uri| pages::Otpauth { secret: secret_of(uri), uri: uri.clone() }),
        delivery: None,
        fields,
        // Where somebody types a number or an address, the button sends a code there.
        button: (prompt.fields.iter())
            .any(|field| matches!(field.kind, FieldKind::Telephone | FieldKind::Mailbox))
            .then(|| texts.text(if prompt.by_call { "call-send" } else { "delivery-send" })),
        ceremony: prompt.ceremony.as_ref().map(|ceremony| match ceremony {
            Ceremony::Create(options) => pages::Ceremony { kind: CeremonyKind::Create, options: options.clone() },
            Ceremony::Get(options) => pages::Ceremony { kind: CeremonyKind::Get, options: options.clone() },
        }),
    }
}

/// The secret of an `otpauth://` URI, which is its first parameter.
fn secret_of(uri: &str) -> String {
    let query = uri.split_once('?').map_or("", |(_, query)| query);
    query.split('&').find_map(|pair| pair.strip_prefix("secret=")).unwrap_or_default().to_owned()
}
