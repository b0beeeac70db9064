//! `account/confirm/{deed}`: whatever adds, takes away or weakens needs a second factor proved for that deed in that
//! form; a proof made elsewhere, however fresh, does not help here. At a portal no application's script can act for who
//! sits there: there one of the last minutes is enough.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_templates::mail;
use vestibule_templates::pages::account::Done;
use vestibule_templates::pages::confirm::{self, Action, PasswordProblem};
use vestibule_templates::pages::verify;
use vestibule_templates::{Field, Form, Frame, Prompt};

use super::deed::{Browsers, Deed};
use super::{Owner, browsers, factors, password};
use crate::account::{Factor, User};
use crate::audit::{self, Event, Kind};
use crate::clock::{TOLERANCE, Time};
use crate::directory::{Prepared, SignIn};
use crate::secret::Secret;
use crate::session::Evidence;
use crate::store::{Change, Row};
use crate::throttle::Budget;
use crate::types::{FactorId, Strength};
use crate::wizard::ask::{Again, Turn};
use crate::wizard::failure::Failure;
use crate::wizard::finish::{ACCOUNT, WayBack, page, query, see_other, with_query};
use crate::wizard::form::Posted;
use crate::wizard::invite::judged;
use crate::wizard::notice::Notice;
use crate::wizard::stage::{self, Stage};
use crate::wizard::trust::Keeping;
use crate::wizard::{Visit, Wizard};

/// What one confirm page is about.
struct Confirm {
    deed: Deed,
    stage: Stage,
    rows: Vec<Row<Factor>>,
    /// The factors that can confirm it; none: the password does.
    usable: Vec<Row<Factor>>,
    /// A proof by one of these that is fresh enough to ask for no other.
    fresh: Option<Evidence>,
    /// Where its owner was going when a page of ours asked for this deed.
    return_to: Option<String>,
    /// The same as the addresses of this page carry it.
    carried: WayBack,
}

/// How old a proof may be that is enough at a portal.
const FRESH: Duration = Duration::from_secs(5 * 60);
/// Passwords that one login may have hashed within [`HOUR`] before it has confirmed anything: who sits in a session must
/// not keep the hashers from those who sign in.
const PASSWORDS: u32 = 30;
const HOUR: Duration = Duration::from_secs(3600);

impl Wizard {
    async fn confirm(&self, visit: &Visit, deed: &str) -> Result<Confirm, Failure> {
        let owner = Owner::of(visit)?;
        let deed = Deed::parse(deed).ok_or(Failure::NotFound)?;
        let rows = self.accounts.factors(&owner.live.user).await?;
        let held = |id: &FactorId| rows.iter().any(|row| row.value.id == *id);
        let offered = match &deed {
            // Somebody without any factor gets the first one by an invitation, not from here.
            Deed::Add(id) => {
                self.checks.registry.get(id).is_some_and(|method| method.works_at(&visit.place())) && !rows.is_empty()
            }
            Deed::Rename(id) => held(id),
            Deed::Remove(id) => held(id) && !self.is_last(&rows, id),
            Deed::Forget(Browsers::One(handle)) => {
                browsers::name(self, visit, &owner.live.user, handle).await?.is_some()
            }
            Deed::Password | Deed::Forget(Browsers::Others | Browsers::All) => true,
        };
        if !offered {
            return Err(Failure::NotFound);
        }
        let Some(stage) = self.deed(visit, &deed.name()).await? else { return Err(Failure::Overtaken) };
        let mut usable = self.checks.usable(&owner.live.user).await?;
        // What the new one takes the place of does not vouch for it: whoever holds the old mailbox, or an old list of
        // codes, must not move the account to his own.
        let replaced =
            |row: &Row<Factor>| matches!(&deed, Deed::Add(id) if row.value.method == *id && self.is_one_alone(id));
        usable.retain(|row| !replaced(row));
        if usable.is_empty() && !rows.is_empty() {
            // Factors that cannot be used now are factors all the same: the password alone is no way around them.
            return Err(Failure::Forbidden);
        }
        let fresh = self.fresh_proof(visit, &usable);
        let going = self.asked_for(visit).filter(|to| matches!(deed, Deed::Add(_)) && to != ACCOUNT);
        let carried = self.way_back(visit, going.as_deref());
        Ok(Confirm { deed, stage: Stage::Deed(stage), rows, usable, fresh, return_to: going, carried })
    }

    /// The newest proof of this session by one of these factors, where it may stand for another.
    fn fresh_proof(&self, visit: &Visit, usable: &[Row<Factor>]) -> Option<Evidence> {
        let live = visit.visitor.live().filter(|_| visit.sites.is_portal(&visit.site))?;
        let now = self.vault.now();
        let counts = |proof: &&Evidence| {
            let by = proof.factor.as_ref().is_some_and(|(_, id)| usable.iter().any(|row| row.value.id == *id));
            by && proof.strength > Strength::Remembered && proof.at <= now + TOLERANCE && now.since(proof.at) <= FRESH
        };
        live.evidence.iter().filter(counts).max_by_key(|proof| proof.at).cloned()
    }
}

impl Confirm {
    fn user(&self) -> &Arc<User> {
        self.stage.user()
    }

    fn frame(&self, visit: &Visit, now: Time) -> Frame {
        Frame { ends: self.stage.ends(), ..visit.frame_signed_in(now, self.user()) }
    }

    fn factor(&self, id: &FactorId) -> Result<&Factor, Failure> {
        self.rows.iter().map(|row| &row.value).find(|factor| factor.id == *id).ok_or(Failure::NotFound)
    }

    /// The slow part of a new password, done before anything proves the right to it: what is refused because too much is
    /// going on must not have used up a code.
    async fn prepare(&self, wizard: &Wizard, password: &Secret<String>) -> Result<Result<Prepared, Time>, Failure> {
        let Stage::Deed(deed) = &self.stage else { return Err(Failure::Overtaken) };
        let name = format!("new password/{}", deed.live.session.login());
        let budget = Budget { name, most: PASSWORDS, window: HOUR };
        match wizard.throttle.spend(&[budget]).await? {
            Ok(()) => Ok(Ok(wizard.first.prepare(&self.user().name, password).await?)),
            Err(until) => Ok(Err(until)),
        }
    }

    /// Where this deed is confirmed, by this factor if it is one.
    fn address(&self, by: Option<&FactorId>) -> String {
        with_query(&self.deed.address(), &[("factor", by.map(FactorId::as_str)), self.carried.parameter()])
    }

    fn by_address(&self, factor: &Factor) -> String {
        self.address(Some(&factor.id))
    }

    /// The page for who has this one no more.
    fn lost(&self, factor: &Factor) -> String {
        let lost = [("lost", Some("1")), ("factor", Some(factor.id.as_str())), self.carried.parameter()];
        with_query(&self.deed.address(), &lost)
    }

    fn by<'a>(&'a self, named: Option<&str>) -> Result<Option<&'a Row<Factor>>, Failure> {
        match named.filter(|text| !text.is_empty()) {
            Some(text) => {
                let found = self.usable.iter().find(|row| row.value.id.as_str() == text);
                found.map(Some).ok_or(Failure::NotFound)
            }
            None => Ok(self.usable.first()),
        }
    }
}

/// `GET account/confirm/{deed}`; with `lost` the page for a lost device.
pub async fn ask(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
    Path(deed): Path<String>,
) -> Result<Response, Failure> {
    let confirm = wizard.confirm(&visit, &deed).await?;
    let by = confirm.by(query(&visit, "factor").as_deref())?;
    if query(&visit, "lost").is_some() && !confirm.usable.is_empty() {
        let lost = by.filter(|_| query(&visit, "factor").is_some()).map(|row| &row.value.id);
        let others = wizard.ways_back(&confirm.usable, lost, |factor| confirm.by_address(factor), &visit.texts);
        let view = wizard.lost_view(others, confirm.address(lost));
        let frame = confirm.frame(&visit, wizard.vault.now());
        return Ok(page(StatusCode::OK, verify::lost(&view, &frame, &visit.texts)));
    }
    form(&wizard, &visit, &confirm, by, Said::default()).await
}

/// What a confirm page says besides the question.
#[derive(Default)]
struct Said {
    again: Option<Again>,
    password: Option<PasswordProblem>,
    wrong_password: bool,
    /// What was typed as a new name.
    label: Option<String>,
    wrong_label: Option<&'static str>,
}

impl Said {
    /// What was typed and may be shown again.
    fn of(posted: &Posted) -> Self {
        Self { label: posted.has("label").then(|| posted.get("label").to_owned()), ..Self::default() }
    }
}

/// `POST account/confirm/{deed}`
pub async fn act(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
    Path(deed): Path<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    let confirm = wizard.confirm(&visit, &deed).await?;
    if !confirm.stage.csrf_holds(&wizard, posted.get("csrf")) {
        return Err(Failure::Forged);
    }
    let by = confirm.by(Some(posted.get("factor")))?;
    // What the deed itself needs is looked at first: a mistake there must not use up a code.
    let mut prepared = None;
    if !posted.has("send") {
        let mut said = Said::of(&posted);
        match &confirm.deed {
            Deed::Rename(_) => said.wrong_label = factors::judge_label(posted.get("label"), &confirm.rows),
            Deed::Password => match judged(&wizard, &confirm.user().name, &posted) {
                Ok(password) => match confirm.prepare(&wizard, &password).await? {
                    Ok(ready) => prepared = Some(ready),
                    Err(until) => said.again = Some(Again::Wait(until)),
                },
                Err(problem) => said.password = Some(problem),
            },
            Deed::Add(_) | Deed::Remove(_) | Deed::Forget(_) => {}
        }
        if said.wrong_label.is_some() || said.password.is_some() || said.again.is_some() {
            return form(&wizard, &visit, &confirm, by, said).await;
        }
    }
    if let Some(fresh) = &confirm.fresh {
        return carry_out(&wizard, &visit, &confirm, fresh.clone(), &posted, prepared).await;
    }
    let proof = match by {
        Some(factor) => match wizard.turn(&visit, &confirm.stage, factor, &posted).await? {
            // Where something was typed already, it stays; sending a second time has limits of its own.
            Turn::Begun if !posted.has("label") => {
                return Ok(see_other(&confirm.address(Some(&factor.value.id))));
            }
            turn @ (Turn::Begun | Turn::Again(_)) => {
                let again = if let Turn::Again(again) = turn { Some(again) } else { None };
                // Read anew: the attempt may have used the challenge up.
                let confirm = wizard.confirm(&visit, &deed).await?;
                let by = confirm.by(Some(posted.get("factor")))?;
                return form(&wizard, &visit, &confirm, by, Said { again, ..Said::of(&posted) }).await;
            }
            Turn::Over => return Err(Failure::Overtaken),
            Turn::Proved(proof) => proof,
        },
        None => {
            let name = confirm.user().name.as_str();
            let lane = wizard.first.lane(name, &visit.cookies.browser).await?;
            let password = posted.secret("password");
            let said = match wizard.first.check_again(confirm.user(), &password, &lane, &visit.source()).await? {
                SignIn::Proved(proof) => {
                    return carry_out(&wizard, &visit, &confirm, proof.into(), &posted, prepared).await;
                }
                SignIn::Wrong => Said { wrong_password: true, ..Said::of(&posted) },
                SignIn::Wait(until) => Said { again: Some(Again::Wait(until)), ..Said::of(&posted) },
                SignIn::Closed => Said { again: Some(Again::Closed), ..Said::of(&posted) },
            };
            return form(&wizard, &visit, &confirm, by, said).await;
        }
    };
    carry_out(&wizard, &visit, &confirm, proof.into(), &posted, prepared).await
}

/// A deed that was confirmed, with all that doing it takes.
pub struct Confirmed<'a> {
    pub wizard: &'a Wizard,
    pub visit: &'a Visit,
    pub user: &'a Arc<User>,
    pub stage: &'a stage::Deed,
    pub proof: Evidence,
    pub posted: &'a Posted,
}

impl Confirmed<'_> {
    pub fn source(&self) -> audit::Origin {
        self.visit.source()
    }

    pub fn event(&self, kind: Kind) -> Event {
        Event::new(kind, &self.source()).user(self.user.id, &self.user.name)
    }

    /// What every commit of a deed expects: that the session it came in was not ended meanwhile.
    pub fn still_signed_in(&self) -> Change {
        self.wizard.sessions.present(&self.stage.token)
    }

    /// The writes that go with a deed: its row in the trail, and that expectation.
    pub fn with(&self, event: Event) -> Result<Vec<Change>, Failure> {
        Ok(vec![self.wizard.audit.entry(event)?, self.still_signed_in()])
    }

    /// Tells the owner of what was done, by another way than it was done on.
    pub fn tell(&self, change: &mail::Change) {
        self.wizard.tell(self.visit, self.user, change);
    }

    /// After a change that ended everything the user holds: this browser, which made it, goes on in a new session.
    pub async fn renewed(self, done: Done) -> Result<Response, Failure> {
        let Self { wizard, visit, stage, proof, .. } = self;
        let live = &stage.live;
        let user = wizard.accounts.by_id(live.user.id).await?;
        // The one generation that the deed itself made; whatever else was ended meanwhile stays ended.
        let user = user.filter(|user| !user.disabled && user.generation == live.session.generation + 1);
        let user = user.ok_or(Failure::Elsewhere("/.vestibule/login"))?;
        let mut evidence = live.evidence.to_vec();
        evidence.retain(|old| {
            !old.is_remembered()
                && old.factor != proof.factor
                && old.factor.as_ref().is_none_or(|(_, id)| user.factors.contains(id))
        });
        evidence.push(proof);
        let signed_in = wizard.open(visit, &user, evidence, None, None, Keeping::Known).await?;
        let mut response = Notice::Done(done).leave(visit, see_other(ACCOUNT));
        signed_in.tell(visit, &mut response, None);
        Ok(response)
    }
}

/// Does what was confirmed. `prepared`: the new password, where one is set.
async fn carry_out(
    wizard: &Wizard,
    visit: &Visit,
    confirm: &Confirm,
    proof: Evidence,
    posted: &Posted,
    prepared: Option<Prepared>,
) -> Result<Response, Failure> {
    let Stage::Deed(stage) = &confirm.stage else { return Err(Failure::Overtaken) };
    let confirmed = Confirmed { wizard, visit, user: confirm.user(), stage, proof, posted };
    match &confirm.deed {
        Deed::Add(id) => factors::begin_adding(confirmed, id, confirm.return_to.clone()).await,
        Deed::Rename(id) => factors::rename(confirmed, confirm.factor(id)?).await,
        Deed::Remove(id) => factors::remove(confirmed, id).await,
        Deed::Password => password::change(confirmed, &prepared.ok_or(Failure::Overtaken)?).await,
        Deed::Forget(which) => browsers::forget(confirmed, which).await,
    }
}

async fn form(
    wizard: &Wizard,
    visit: &Visit,
    confirm: &Confirm,
    by: Option<&Row<Factor>>,
    said: Said,
) -> Result<Response, Failure> {
    let now = wizard.vault.now();
    let texts = &visit.texts;
    let target = Form::new(confirm.address(None), confirm.stage.csrf(wizard));
    let by = by.filter(|_| confirm.fresh.is_none());
    let (prompt, target, others) = match by {
        None if confirm.fresh.is_some() => (Prompt::default(), target, Vec::new()),
        Some(row) => {
            let prompt = wizard.question(visit, &confirm.stage, row, said.again.as_ref()).await?;
            let by = |factor: &Factor| confirm.by_address(factor);
            let others = wizard.others(&confirm.usable, Some(&row.value.id), by, texts);
            (prompt, target.with("factor", row.value.id.as_str()), others)
        }
        None => {
            let error = said.wrong_password.then(|| texts.text("error-login-wrong"));
            let field = Field::password(texts).with_error(error);
            (Prompt { fields: vec![field], ..Prompt::default() }, target, Vec::new())
        }
    };
    let (action, fields) = match &confirm.deed {
        Deed::Add(id) if wizard.card(id).is_some_and(|card| card.hands_out_codes) => {
            (Action::NewRecoveryCodes, Vec::new())
        }
        Deed::Add(_) => (Action::AddFactor, Vec::new()),
        Deed::Rename(id) => {
            let name = confirm.factor(id)?.name(texts);
            let value = said.label.unwrap_or_else(|| name.clone());
            let error = said.wrong_label.map(|error| texts.text(error));
            (Action::RenameFactor { name }, vec![Field::label(texts).with_value(value).with_error(error)])
        }
        Deed::Remove(id) => (Action::RemoveFactor { name: confirm.factor(id)?.name(texts) }, Vec::new()),
        Deed::Forget(Browsers::One(handle)) => {
            let name = browsers::name(wizard, visit, confirm.user(), handle).await?.unwrap_or_default();
            (Action::EndBrowser { name }, Vec::new())
        }
        Deed::Forget(Browsers::Others) => (Action::EndOtherBrowsers, Vec::new()),
        Deed::Forget(Browsers::All) => (Action::EndBrowsers, Vec::new()),
        Deed::Password => {
            let least = wizard.settings.min_length as u64;
            (Action::ChangePassword, confirm::new_password(least, said.password, texts))
        }
    };
    let view = confirm::View {
        form: target,
        action,
        fields,
        prompt,
        others,
        lost: by.map(|row| confirm.lost(&row.value)),
        wait: said.again.as_ref().and_then(Again::wait),
        back: match &confirm.return_to {
            Some(to) => wizard.destination(visit, Some(to)),
            None => ACCOUNT.to_owned(),
        },
    };
    let frame = confirm.frame(visit, now);
    let response = page(StatusCode::OK, confirm::page(&view, &frame, texts));
    Ok(match &said.again {
        Some(again) => again.held(response, now),
        None => response,
    })
}
