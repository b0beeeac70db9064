//! The owner's factors: which there are, and how one comes, is named and goes. The last one that is no fallback stays,
//! for without it there is no second door.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_templates::mail;
use vestibule_templates::pages::{account, enrol};

use super::confirm::Confirmed;
use super::deed::Deed;
use super::{Owner, seconds};
use crate::account::{Factor, Label, MAX_LABEL};
use crate::audit::Kind;
use crate::method::is_taken;
use crate::session::{Enrols, Pending};
use crate::store::Row;
use crate::types::{FactorId, MethodId};
use crate::wizard::failure::Failure;
use crate::wizard::finish::{ACCOUNT, WayBack, page, see_other, set_cookie, with_query};
use crate::wizard::notice::Notice;
use crate::wizard::{Visit, Wizard};

impl Wizard {
    /// Whether this is the last factor that is no fallback.
    pub(super) fn is_last(&self, rows: &[Row<Factor>], id: &FactorId) -> bool {
        let counts = |row: &&Row<Factor>| self.card(&row.value.method).is_none_or(|card| !card.fallback);
        rows.iter().filter(counts).all(|row| row.value.id == *id)
    }

    /// Whether a user has no more than one of this method, so that a new one takes its place.
    pub(super) fn is_one_alone(&self, id: &MethodId) -> bool {
        self.card(id).is_some_and(|card| !card.several)
    }
}

/// The owner's factors, as the page lists them: all but the recovery codes.
pub fn listed(wizard: &Wizard, visit: &Visit, rows: &[Row<Factor>]) -> Vec<account::Factor> {
    let listed = rows.iter().filter_map(|row| {
        let factor = &row.value;
        let card = wizard.card(&factor.method);
        if card.is_some_and(|card| card.hands_out_codes) {
            return None;
        }
        Some(account::Factor {
            method: factor.method.to_string(),
            title: card.map_or_else(|| factor.method.to_string(), |card| visit.texts.text(card.title)),
            label: factor.name(&visit.texts),
            added: seconds(factor.created),
            last_used: factor.last_used.map(seconds),
            rename: Some(Deed::Rename(factor.id.clone()).address()),
            remove: (!wizard.is_last(rows, &factor.id)).then(|| Deed::Remove(factor.id.clone()).address()),
        })
    });
    listed.collect()
}

/// How many recovery codes are left and where new ones are made; `None` where there are none to be had, or nothing yet
/// to which they would be a way back.
pub fn recovery(wizard: &Wizard, rows: &[Row<Factor>]) -> Option<account::Recovery> {
    let codes = wizard.checks.registry.iter().find(|method| method.card().hands_out_codes)?;
    let id = &codes.card().id;
    let held = rows.iter().find(|row| row.value.method == *id);
    let remaining = held.and_then(|row| codes.describe(&row.value.state).remaining).unwrap_or_default() as u64;
    let renew = adding(id);
    (!rows.is_empty()).then_some(account::Recovery { remaining, renew })
}

/// `GET account/add`: which method.
pub async fn add(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
) -> Result<Response, Failure> {
    let owner = Owner::of(&visit)?;
    let held: BTreeSet<MethodId> =
        wizard.accounts.factors(&owner.live.user).await?.into_iter().map(|row| row.value.method).collect();
    let offered =
        wizard.by_strength(&visit, |card| !card.hands_out_codes && (card.several || !held.contains(&card.id)));
    let methods = offered.into_iter().map(|card| wizard.method_choice(card, adding(&card.id), &visit.texts));
    let view = enrol::ChooseView {
        methods: methods.collect(),
        needed: Vec::new(),
        first: false,
        back: Some("/.vestibule/account".to_owned()),
    };
    let frame = visit.frame_in(&owner.live, wizard.vault.now());
    Ok(page(StatusCode::OK, enrol::choose(&view, &frame, &visit.texts)))
}

/// Where the right to add one of this method is proved.
pub fn adding(id: &MethodId) -> String {
    Deed::Add(id.clone()).address()
}

/// The same for who was going somewhere when they were asked to, and goes on there once it is added.
pub fn adding_on_the_way(id: &MethodId, back: &WayBack) -> String {
    with_query(&adding(id), &[back.parameter()])
}

/// Why a name is not taken, if it is not: a key of the texts. The one it has is no other one either.
pub fn judge_label(typed: &str, rows: &[Row<Factor>]) -> Option<&'static str> {
    if typed.trim().chars().count() > MAX_LABEL {
        return Some("error-label-long");
    }
    if Label::given(typed) == Label::given("") {
        return Some("error-label-missing");
    }
    is_taken(typed, rows).then_some("error-label-taken")
}

/// The right to add one of this method: a wizard of its own, which ends with the session.
/// `return_to`: where its owner was going.
pub async fn begin_adding(
    confirmed: Confirmed<'_>,
    id: &MethodId,
    return_to: Option<String>,
) -> Result<Response, Failure> {
    let Confirmed { wizard, visit, user, stage, ref proof, .. } = confirmed;
    let pending = Pending {
        return_to,
        enrols: Enrols::Added(id.clone()),
        session: Some(stage.live.session.handle.clone()),
        ..wizard.pending(visit, user, vec![proof.clone()])
    };
    let still = vec![confirmed.still_signed_in(), wizard.accounts.unchanged(user).await?];
    let token = wizard.sessions.begin_login(pending, None, still).await?;
    let mut response = see_other(&format!("/.vestibule/enrol/{id}"));
    let names = &visit.site.cookies;
    set_cookie(&mut response, &names.set(&names.login, &token.encode(), None));
    Ok(response)
}

/// Gives one another name.
pub async fn rename(confirmed: Confirmed<'_>, factor: &Factor) -> Result<Response, Failure> {
    let event = confirmed.event(Kind::Renamed).factor(&factor.method, Some(&factor.id));
    let more = confirmed.with(event)?;
    let Confirmed { wizard, user, posted, .. } = &confirmed;
    let label = Label::given(posted.get("label"));
    wizard.accounts.rename_factor(user, &factor.id, &label, more).await?;
    let texts = wizard.post.texts_for(user.recipient());
    let (before, label) = (factor.name(&texts), label.read(&factor.method, &texts));
    confirmed.tell(&mail::Change::FactorRenamed { before, label });
    Ok(Notice::Done(account::Done::FactorRenamed).leave(confirmed.visit, see_other(ACCOUNT)))
}

/// Takes one away, and with it every session and browser but this session.
pub async fn remove(confirmed: Confirmed<'_>, id: &FactorId) -> Result<Response, Failure> {
    let more = vec![confirmed.still_signed_in()];
    confirmed.wizard.checks.remove(confirmed.user, id, true, &confirmed.source(), more).await?;
    confirmed.renewed(account::Done::FactorRemoved).await
}
