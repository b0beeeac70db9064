//! `enrol`: a new second factor. Only a wizard in which the right to it was proved shows anything here: a first login
//! that may enrol, the recovery codes that follow it, or one more factor asked for from the account. A GET shows; what
//! it shows is derived, not stored, so that it can show the same again.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_templates::pages::account::Done;
use vestibule_templates::pages::{codes, enrol, refusal};
use vestibule_templates::{Ends, Form, Frame, Link};

use super::account::{adding, seconds};
use super::ask::{Again, delivery, view_of};
use super::failure::Failure;
use super::finish::{ACCOUNT, page, see_other};
use super::form::Posted;
use super::login::start_again;
use super::notice::Notice;
use super::stage::{Login, Stage};
use super::trust::Keeping;
use super::{Visit, Wizard};
use crate::account::User;
use crate::method::{Asker, Begun, Card, CheckError, FieldError, Prompt, Sending};
use crate::session::{Enrols, Evidence, Pending};
use crate::types::MethodId;

impl Wizard {
    /// The pending login that may enrol, if this visitor is in one.
    async fn enrolling(&self, visit: &Visit) -> Result<Option<Login>, Failure> {
        let Some(login) = self.login(visit).await? else { return Ok(None) };
        let may = match login.enrols() {
            Enrols::Nothing => false,
            Enrols::First => true,
            // The right to these was proved in a session, and ends with it.
            Enrols::Added(_) => of_this_session(visit, &login),
            // Codes that were made elsewhere meanwhile are not written over by a page that was left open.
            Enrols::Codes => of_this_session(visit, &login) && !self.has_codes(&login.user).await?,
        };
        Ok(may.then_some(login))
    }

    async fn has_codes(&self, user: &User) -> Result<bool, Failure> {
        let rows = self.accounts.factors(user).await?;
        Ok(rows.iter().any(|row| self.card(&row.value.method).is_some_and(|card| card.hands_out_codes)))
    }

    /// The methods this wizard may enrol, strongest first.
    fn offered(&self, visit: &Visit, login: &Login) -> Vec<&'static Card> {
        let enrols = &login.row.value.enrols;
        self.by_strength(visit, |card| match enrols {
            Enrols::Nothing => false,
            Enrols::First => !card.fallback,
            Enrols::Codes => card.hands_out_codes,
            Enrols::Added(id) => card.id == *id,
        })
    }

    /// The methods in force here that are wanted, strongest first; of equal ones in display order.
    pub(super) fn by_strength(&self, visit: &Visit, wanted: impl Fn(&Card) -> bool) -> Vec<&'static Card> {
        let place = visit.place();
        let here = self.checks.registry.iter().filter(|method| method.works_at(&place)).map(|method| method.card());
        let mut cards: Vec<_> = here.filter(|card| wanted(card)).collect();
        cards.sort_by_key(|card| std::cmp::Reverse(card.strength));
        cards
    }
}

fn of_this_session(visit: &Visit, login: &Login) -> bool {
    visit.visitor.live().is_some_and(|live| Some(&live.session.handle) == login.row.value.session.as_ref())
}

/// A GET without a wizard that may enrol: to its next step, or to the start.
async fn elsewhere(wizard: &Wizard, visit: &Visit) -> Result<Response, Failure> {
    Ok(match wizard.login(visit).await? {
        Some(login) if *login.enrols() == Enrols::Nothing => see_other(login.next()),
        _ if visit.visitor.live().is_some() => see_other("/.vestibule/account"),
        _ => see_other("/.vestibule/login"),
    })
}

/// A form of a wizard that is over. Whoever is signed in does not sign in anew: of codes that were printed meanwhile it is
/// said that they are worth nothing.
async fn over(wizard: &Wizard, visit: &Visit, method: &str) -> Result<Response, Failure> {
    let Some(live) = visit.visitor.live() else { return start_again(wizard, visit).await };
    let mut cards = wizard.checks.registry.iter().map(|method| method.card());
    let codes = cards.find(|card| card.hands_out_codes && card.id.as_str() == method);
    let Some(codes) = codes else { return Err(Failure::Overtaken) };
    if wizard.has_codes(&live.user).await? {
        return Err(Failure::Overtaken);
    }
    let view = refusal::View {
        status: StatusCode::CONFLICT.as_u16(),
        why: refusal::Why::CodesVoid,
        request_id: visit.request.to_string(),
        links: vec![Link::new(visit.texts.text("confirm-codes-button"), adding(&codes.id))],
    };
    let frame = visit.frame_signed_in(wizard.vault.now(), &live.user);
    Ok(page(StatusCode::CONFLICT, refusal::page(&view, &frame, &visit.texts)))
}

/// `GET enrol`
pub async fn choose(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
) -> Result<Response, Failure> {
    let Some(login) = wizard.enrolling(&visit).await? else { return elsewhere(&wizard, &visit).await };
    let mut offered = wizard.offered(&visit, &login);
    if let [only] = offered.as_slice() {
        return Ok(see_other(&format!("/.vestibule/enrol/{}", only.id)));
    }
    let address = |card: &Card| format!("/.vestibule/enrol/{}", card.id);
    // Where a rule names factors, any other opens everything but the page that was asked for.
    let named = &login.row.value.need.factors;
    let mut needed: Vec<_> = offered.extract_if(.., |card| named.contains(&card.id)).collect();
    if offered.is_empty() {
        std::mem::swap(&mut offered, &mut needed);
    }
    let shown = |cards: &[&Card]| {
        cards.iter().map(|card| wizard.method_choice(card, address(card), &visit.texts)).collect::<Vec<_>>()
    };
    let frame = frame(&wizard, &visit, &login);
    let view = enrol::ChooseView { methods: shown(&offered), needed: shown(&needed), first: true, back: None };
    Ok(page(StatusCode::OK, enrol::choose(&view, &frame, &visit.texts)))
}

/// `GET enrol/{method}`
pub async fn show(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
    Path(method): Path<String>,
) -> Result<Response, Failure> {
    let Some(login) = wizard.enrolling(&visit).await? else { return elsewhere(&wizard, &visit).await };
    let card = offered(&wizard, &visit, &login, &method)?;
    form(&wizard, &visit, login, card, None).await
}

/// `POST enrol/{method}`
pub async fn submit(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
    Path(method): Path<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    let Some(login) = wizard.enrolling(&visit).await? else {
        return over(&wizard, &visit, &method).await;
    };
    if !wizard.sessions.csrf_holds(&login.token, posted.get("csrf")) {
        return Err(Failure::Forged);
    }
    let card = offered(&wizard, &visit, &login, &method)?;
    let answer = posted.answer();
    let user = login.user.clone();
    let stage = Stage::Login(login);
    let Stage::Login(login) = &stage else { return Err(Failure::Overtaken) };

    let (place, source) = (visit.place(), visit.source());
    let asker = Asker { user: &user, place: &place, origin: &source, browser: &visit.cookies.browser };
    let live = kept(&wizard, login, &card.id).filter(|_| !posted.has("send"));
    let begun: Begun = match live {
        Some(begun) => begun.clone(),
        None => {
            let random = wizard.repeatable(login, card.id.as_str());
            let previous = login.row.value.begun.as_ref();
            let keep = |begun: &Begun| stage.keep(&wizard.sessions, Some(begun));
            let made = wizard.checks.begin_enrolment(asker, &card.id, &answer, previous, &random, keep).await;
            match made {
                Ok(made) if !made.kept => made.begun,
                Ok(made) => {
                    if made.sending == Sending::Failed {
                        wizard.remember_unsent(&visit, &stage, made.begun).await?;
                    }
                    return match made.sending {
                        Sending::None | Sending::Sent { .. } => {
                            Ok(see_other(&format!("/.vestibule/enrol/{}", card.id)))
                        }
                        not_sent => again(&wizard, &visit, card, Again::NotSent(not_sent)).await,
                    };
                }
                Err(error) => return refused(&wizard, &visit, card, error).await,
            }
        }
    };
    // A wrong answer costs the challenge, where it is for one answer only.
    let spend = stage.keep(&wizard.sessions, None)?;
    // The wizard is used up by what it enrols; a session that was the right to it must still be there then.
    let mut consume = vec![wizard.sessions.take_pending(&login.row)];
    if let (Some(_), Some(token)) = (&login.row.value.session, &visit.cookies.session) {
        consume.push(wizard.sessions.present(token));
    }
    match wizard.checks.finish_enrolment(asker, &begun, &answer, spend, consume).await {
        Ok(enrolled) => done(&wizard, &visit, login, Evidence::from(enrolled.proof)).await,
        Err(error) => refused(&wizard, &visit, card, error).await,
    }
}

/// A factor was enrolled: the session it opens, and what follows.
async fn done(wizard: &Wizard, visit: &Visit, login: &Login, proof: Evidence) -> Result<Response, Failure> {
    let pending = &login.row.value;
    let user = &login.user;
    match &pending.enrols {
        Enrols::Nothing => Err(Failure::Overtaken),
        Enrols::First => {
            let mut evidence = pending.evidence.clone();
            evidence.push(proof.clone());
            let codes = wizard.checks.registry.iter().find(|method| method.card().hands_out_codes);
            let Some(codes) = codes else {
                let signed_in = wizard.open(visit, user, evidence, Some(&proof), None, Keeping::Known).await?;
                let mut response = see_other(&wizard.destination(visit, pending.return_to.as_deref()));
                signed_in.tell(visit, &mut response, None);
                return Ok(response);
            };
            // Signed in from here on; the wizard goes on under a new token to hand over the codes.
            let signed_in = wizard.open(visit, user, evidence.clone(), Some(&proof), None, Keeping::Known).await?;
            let next = Pending {
                return_to: pending.return_to.clone(),
                enrols: Enrols::Codes,
                session: Some(signed_in.opened.session.handle.clone()),
                ..wizard.pending(visit, user, evidence)
            };
            let token = wizard.sessions.begin_login(next, None, Vec::new()).await?;
            let mut response = see_other(&format!("/.vestibule/enrol/{}", codes.card().id));
            signed_in.tell(visit, &mut response, Some(&token));
            Ok(response)
        }
        Enrols::Codes | Enrols::Added(_) => {
            let mut response = match &pending.enrols {
                Enrols::Added(id) if pending.return_to.is_none() => {
                    let codes = wizard.card(id).is_some_and(|card| card.hands_out_codes);
                    let done = if codes { Done::CodesMade } else { Done::FactorAdded };
                    Notice::Done(done).leave(visit, see_other(ACCOUNT))
                }
                _ => see_other(&wizard.destination(visit, pending.return_to.as_deref())),
            };
            let names = &visit.site.cookies;
            super::finish::set_cookie(&mut response, &names.clear(&names.login));
            Ok(response)
        }
    }
}

fn offered(wizard: &Wizard, visit: &Visit, login: &Login, method: &str) -> Result<&'static Card, Failure> {
    wizard.offered(visit, login).into_iter().find(|card| card.id.as_str() == method).ok_or(Failure::NotFound)
}

/// An enrolment of this method that was begun and is still good.
fn kept<'a>(wizard: &Wizard, login: &'a Login, method: &MethodId) -> Option<&'a Begun> {
    let begun = login.row.value.begun.as_ref()?;
    (begun.factor.is_none() && begun.method == *method && wizard.vault.now() < begun.expires).then_some(begun)
}

async fn refused(wizard: &Wizard, visit: &Visit, card: &'static Card, error: CheckError) -> Result<Response, Failure> {
    let why = match error {
        CheckError::Field(error) => Again::Field(error),
        CheckError::Wait(until) => Again::Wait(until),
        CheckError::AlreadyEnrolled => Again::Field(FieldError { field: "", text: "error-key-known" }),
        error => match Failure::from(error) {
            Failure::Overtaken => return start_again(wizard, visit).await,
            failure => return Err(failure),
        },
    };
    again(wizard, visit, card, why).await
}

async fn again(wizard: &Wizard, visit: &Visit, card: &'static Card, why: Again) -> Result<Response, Failure> {
    // Read anew: the attempt may have used something up.
    let Some(login) = wizard.enrolling(visit).await? else {
        return start_again(wizard, visit).await;
    };
    form(wizard, visit, login, card, Some(why)).await
}

/// Once a session is open, whoever is not its owner must be offered to end it, and not this wizard alone.
fn frame(wizard: &Wizard, visit: &Visit, login: &Login) -> Frame {
    let now = wizard.vault.now();
    let frame = match &login.row.value.session {
        Some(_) => visit.frame_signed_in(now, &login.user),
        None => visit.frame_signing_in(now, &login.user, &wizard.sessions.csrf(&login.token)),
    };
    let frame = frame.bound_for(wizard.bound_for(visit, login.row.value.return_to.as_deref()));
    Frame { ends: login.ends(), ..frame }
}

async fn form(
    wizard: &Wizard,
    visit: &Visit,
    login: Login,
    card: &'static Card,
    again: Option<Again>,
) -> Result<Response, Failure> {
    let now = wizard.vault.now();
    let begun = kept(wizard, &login, &card.id).cloned();
    let prompt = match &begun {
        Some(begun) => wizard.checks.show(&login.user, begun, &visit.place()).await?,
        None => {
            let random = wizard.repeatable(&login, card.id.as_str());
            let prompt = wizard.checks.preview_enrolment(&login.user, &card.id, &visit.place(), &random).await?;
            match prompt.ceremony {
                // The challenge is made by a post; what belongs to the ceremony is asked for with it.
                Some(_) => Prompt { hint: card.hint, fields: Vec::new(), ceremony: None, ..prompt },
                None => prompt,
            }
        }
    };
    let several = wizard.offered(visit, &login).len() > 1;
    let target = Form::new(format!("/.vestibule/enrol/{}", card.id), wizard.sessions.csrf(&login.token));
    let frame = frame(wizard, visit, &login);
    if !prompt.codes.is_empty() {
        let view = codes::View {
            form: target,
            codes: prompt.codes,
            wait: again.as_ref().and_then(Again::wait),
            not_acknowledged: matches!(&again, Some(Again::Field(error)) if error.field == "acknowledged"),
            replaces: login.user.enrolment == crate::account::Enrolment::Enrolled
                && matches!(login.row.value.enrols, Enrols::Added(_)),
        };
        // Who does nothing until then stays signed in, with codes that never were.
        let ends = login.row.expires.map(|end| Ends::Codes(seconds(end)));
        let response = page(StatusCode::OK, codes::page(&view, &Frame { ends, ..frame }, &visit.texts));
        return Ok(match &again {
            Some(again) => again.held(response, now),
            None => response,
        });
    }
    let mut view_prompt = view_of(&prompt, card, &visit.texts, again.as_ref(), now);
    view_prompt.delivery = delivery(&prompt, begun.as_ref(), again.as_ref());
    let back = match &login.row.value.enrols {
        Enrols::First if several => Some("/.vestibule/enrol".to_owned()),
        Enrols::Added(_) => Some("/.vestibule/account".to_owned()),
        _ => None,
    };
    let title = format!("method-{}-enrol-title", card.id);
    let view = enrol::AddView {
        form: target,
        title: visit.texts.text(&title),
        prompt: view_prompt,
        wait: again.as_ref().and_then(Again::wait),
        back,
    };
    let response = page(StatusCode::OK, enrol::add(&view, &frame, &visit.texts));
    Ok(match &again {
        Some(again) => again.held(response, now),
        None => response,
    })
}
