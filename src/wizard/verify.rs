//! `verify`: the second factor. Choose, then answer. It serves a pending login, and a session that must prove more.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_templates::pages::{factor_needed, verify};
use vestibule_templates::{Choice, Form, Frame, Texts};

use super::account::adding_on_the_way;
use super::ask::{Again, Turn};
use super::failure::Failure;
use super::finish::{ACCOUNT, WayBack, lacks_password, page, query, see_other, with_query};
use super::form::Posted;
use super::login::start_again;
use super::stage::Stage;
use super::trust::Keeping;
use super::{Visit, Wizard};
use crate::account::Factor;
use crate::session::{Enrols, Evidence, Need};
use crate::store::Row;
use crate::types::{FactorId, Level, Policy};

/// Which deed of a session a step-up is.
const DEED: &str = "verify";

/// Everything a page of this step needs.
struct Step {
    stage: Stage,
    usable: Vec<Row<Factor>>,
    need: Need,
    /// The address a step-up goes to; a login keeps its own on the server.
    rd: Option<String>,
    /// The same as the addresses of this step carry it.
    carried: WayBack,
    /// What the site is called that it leads to.
    bound_for: Option<String>,
}

impl Wizard {
    async fn step(&self, visit: &Visit) -> Result<Option<Step>, Failure> {
        // A login that only has something left to hand over asks for nothing more.
        let login = self.login(visit).await?.filter(|login| *login.enrols() == Enrols::Nothing);
        let (stage, need, rd, bound_for) = match login {
            Some(login) => {
                let need = login.row.value.need.clone();
                let bound_for = self.bound_for(visit, login.row.value.return_to.as_deref());
                (Stage::Login(login), need, None, bound_for)
            }
            None => match self.deed(visit, DEED).await? {
                Some(deed) => {
                    let rd = self.asked_for(visit);
                    let account = rd.as_deref() == Some(ACCOUNT);
                    let need = if account { any_factor() } else { self.need(visit, rd.as_deref()) };
                    let bound_for = self.bound_for(visit, rd.as_deref());
                    (Stage::Deed(deed), need, rd, bound_for)
                }
                None => return Ok(None),
            },
        };
        let mut usable = self.second_factors(stage.user(), stage.evidence()).await?;
        // A rule that names factors is answered by those, where the user has any. Whoever is not verified yet may sign in
        // by another way and learn then what is missing: a lost key must not lock out of the account page.
        let named = |row: &Row<Factor>| need.factors.contains(&row.value.method);
        let verified = matches!(&stage, Stage::Deed(deed) if deed.live.level == Level::Verified);
        if verified && usable.iter().any(named) {
            usable.retain(named);
        } else {
            usable.sort_by_key(|row| !named(row));
        }
        let carried = self.way_back(visit, rd.as_deref());
        Ok(Some(Step { stage, usable, need, rd, carried, bound_for }))
    }
}

/// What the account asks for: a second factor, whichever.
fn any_factor() -> Need {
    Need { policy: Policy::TwoFactor, factors: Vec::new(), max_age: None }
}

impl Step {
    fn address(&self, factor: &Factor) -> String {
        let path = format!("/.vestibule/verify/{}", factor.method);
        with_query(&path, &[("factor", Some(factor.id.as_str())), self.carried.parameter()])
    }

    fn frame(&self, wizard: &Wizard, visit: &Visit) -> Frame {
        let now = wizard.vault.now();
        let frame = match &self.stage {
            Stage::Login(_) => visit.frame_signing_in(now, self.stage.user(), &self.stage.csrf(wizard)),
            Stage::Deed(_) => visit.frame_signed_in(now, self.stage.user()),
        };
        Frame { ends: self.stage.ends(), ..frame.bound_for(self.bound_for.clone()) }
    }

    fn choices(&self, wizard: &Wizard, besides: Option<&FactorId>, texts: &Texts) -> Vec<Choice> {
        wizard.others(&self.usable, besides, |factor| self.address(factor), texts)
    }

    /// The page for who has this one no more, or none at all.
    fn lost(&self, factor: Option<&Factor>) -> String {
        let lost = factor.map(|factor| factor.id.as_str());
        with_query("/.vestibule/verify/lost", &[("factor", lost), self.carried.parameter()])
    }

    /// Where who is verified goes on to, if nothing is left to ask for: from the page they came from, or back to it.
    fn done(&self, wizard: &Wizard, visit: &Visit) -> Option<String> {
        let Stage::Deed(deed) = &self.stage else { return None };
        let to = self.rd.clone().unwrap_or_else(|| wizard.landing(visit));
        let open = deed.live.level == Level::Verified && wizard.is_open(visit, &to);
        open.then(|| wizard.destination(visit, Some(&to)))
    }

    /// Whether the rule names factors and the user, verified already, has none of them.
    fn lacks(&self) -> bool {
        let Stage::Deed(deed) = &self.stage else { return false };
        deed.live.level == Level::Verified
            && !self.need.factors.is_empty()
            && !self.usable.iter().any(|row| self.need.factors.contains(&row.value.method))
    }
}

/// `GET verify`: the one factor there is or that was used last; all of them when asked to choose.
pub async fn choose(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
) -> Result<Response, Failure> {
    let Some(step) = wizard.step(&visit).await? else { return Ok(no_step(&wizard, &visit)) };
    if let Some(to) = step.done(&wizard, &visit) {
        return Ok(see_other(&to));
    }
    if step.lacks() {
        return Ok(lacking(&wizard, &visit, &step));
    }
    if step.usable.is_empty() {
        return Ok(without_factor(&wizard, &visit, &step));
    }
    if query(&visit, "choose").is_none()
        && let Some(first) = step.usable.first()
    {
        return Ok(see_other(&step.address(&first.value)));
    }
    let view = verify::ChooseView { factors: step.choices(&wizard, None, &visit.texts), lost: step.lost(None) };
    Ok(page(StatusCode::OK, verify::choose(&view, &step.frame(&wizard, &visit), &visit.texts)))
}

/// `GET verify/lost`: no device at hand.
pub async fn lost(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
) -> Result<Response, Failure> {
    let Some(step) = wizard.step(&visit).await? else { return Ok(no_step(&wizard, &visit)) };
    let named = query(&visit, "factor").and_then(|text| FactorId::parse(&text));
    let lost = step.usable.iter().map(|row| &row.value).find(|factor| Some(&factor.id) == named.as_ref());
    let back = lost
        .map_or_else(|| with_query("/.vestibule/verify", &[step.carried.parameter()]), |factor| step.address(factor));
    let lost = lost.map(|factor| &factor.id);
    let others = wizard.ways_back(&step.usable, lost, |factor| step.address(factor), &visit.texts);
    let view = wizard.lost_view(others, back);
    Ok(page(StatusCode::OK, verify::lost(&view, &step.frame(&wizard, &visit), &visit.texts)))
}

/// `GET verify/{method}`.
pub async fn show(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
    Path(method): Path<String>,
) -> Result<Response, Failure> {
    let Some(step) = wizard.step(&visit).await? else { return Ok(no_step(&wizard, &visit)) };
    if let Some(to) = step.done(&wizard, &visit) {
        return Ok(see_other(&to));
    }
    let id = query(&visit, "factor").and_then(|text| FactorId::parse(&text));
    let factor = Wizard::chosen(&step.usable, &method, id.as_ref())?;
    question(&wizard, &visit, &step, factor, None).await
}

/// `POST verify/{method}`.
pub async fn submit(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
    Path(method): Path<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    let Some(step) = wizard.step(&visit).await? else {
        return start_again(&wizard, &visit).await;
    };
    if !step.stage.csrf_holds(&wizard, posted.get("csrf")) {
        return Err(Failure::Forged);
    }
    let id = posted.has("factor").then(|| FactorId::parse(posted.get("factor")).ok_or(Failure::NotFound));
    let factor = Wizard::chosen(&step.usable, &method, id.transpose()?.as_ref())?;
    match wizard.turn(&visit, &step.stage, factor, &posted).await? {
        Turn::Begun => Ok(see_other(&step.address(&factor.value))),
        Turn::Again(again) => question(&wizard, &visit, &step, factor, Some(again)).await,
        Turn::Over => start_again(&wizard, &visit).await,
        Turn::Proved(proof) => {
            // What ended everything the user holds (a new password, a reset) meanwhile ended this step too.
            let user = wizard.proved(&proof).await?;
            // The box counts where it was offered, also for whoever makes a form of his own.
            let ticked = posted.has("trust") && wizard.may_trust(&visit, &user, &factor.value.method).await?.is_some();
            let trust = if ticked { wizard.checks.trust(&proof, wizard.settings.trusted_browser) } else { None };
            let proof = Evidence::from(proof);
            let (login, to) = match &step.stage {
                Stage::Login(login) => (Some(login), login.row.value.return_to.as_deref()),
                Stage::Deed(_) => (None, step.rd.as_deref()),
            };
            // A session keeps one proof of each factor: the newest.
            let mut evidence = step.stage.evidence().to_vec();
            evidence.push(proof.clone());
            let keeping = trust.map_or(Keeping::Known, Keeping::Trusted);
            let signed_in = wizard.open(&visit, &user, evidence, Some(&proof), login, keeping).await?;
            let to = match login {
                Some(_) => wizard.end_of_login(&visit, &user, &signed_in, to).await,
                None => wizard.destination(&visit, to),
            };
            let mut response = see_other(&to);
            signed_in.tell(&visit, &mut response, None);
            Ok(response)
        }
    }
}

async fn question(
    wizard: &Wizard,
    visit: &Visit,
    step: &Step,
    factor: &Row<Factor>,
    again: Option<Again>,
) -> Result<Response, Failure> {
    let card = wizard.card(&factor.value.method).ok_or(Failure::NotFound)?;
    let now = wizard.vault.now();
    let action = with_query(&format!("/.vestibule/verify/{}", factor.value.method), &[step.carried.parameter()]);
    let form = Form::new(action, step.stage.csrf(wizard)).with("factor", factor.value.id.as_str());
    let prompt = wizard.question(visit, &step.stage, factor, again.as_ref()).await?;
    let view = verify::AnswerView {
        form,
        title: visit.texts.text(card.title),
        factor: factor.value.label.tells_apart().then(|| factor.value.name(&visit.texts)),
        trust: match prompt.takes_an_answer() {
            true => wizard.may_trust(visit, step.stage.user(), &factor.value.method).await?,
            false => None,
        },
        prompt,
        wait: again.as_ref().and_then(Again::wait),
        others: step.choices(wizard, Some(&factor.value.id), &visit.texts),
        lost: step.lost(Some(&factor.value)),
    };
    let response = page(StatusCode::OK, verify::answer(&view, &step.frame(wizard, visit), &visit.texts));
    Ok(match &again {
        Some(again) => again.held(response, now),
        None => response,
    })
}

/// A rule asks for a kind of factor this user has none of: says which, and leads to its enrolment
/// and back.
fn lacking(wizard: &Wizard, visit: &Visit, step: &Step) -> Response {
    let methods = step.need.factors.iter().filter_map(|id| {
        let card = wizard.card(id)?;
        Some(wizard.method_choice(card, adding_on_the_way(id, &step.carried), &visit.texts))
    });
    let view = factor_needed::View {
        methods: methods.collect(),
        back: Some(wizard.landing(visit)),
        request_id: visit.request.to_string(),
    };
    page(StatusCode::FORBIDDEN, factor_needed::page(&view, &step.frame(wizard, visit), &visit.texts))
}

/// Nobody to ask: a user never enrolled signs in anew, which enrols where that is allowed and says what to do where it
/// is not; factors that cannot be used now are no way in, and no way to make others.
fn without_factor(wizard: &Wizard, visit: &Visit, step: &Step) -> Response {
    // Nor is who came with a key alone, and has nothing of another kind but the password.
    if step.stage.user().factors.is_empty() || lacks_password(step.stage.evidence()) {
        return see_other(&with_query("/.vestibule/login", &[step.carried.parameter()]));
    }
    let view = wizard.lost_view(Vec::new(), wizard.landing(visit));
    page(StatusCode::FORBIDDEN, verify::lost(&view, &step.frame(wizard, visit), &visit.texts))
}

/// A GET of a step whose predecessor is missing.
fn no_step(wizard: &Wizard, visit: &Visit) -> Response {
    see_other(&wizard.with_way_back(visit, "/.vestibule/login", wizard.asked_for(visit).as_deref()))
}
