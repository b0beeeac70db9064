//! `account/remind`: after a login, an offer to add a factor stronger than any the user has. It stands in nobody's way:
//! whoever says "later" goes on to where they were going, and is left alone for as long as the configuration says, in
//! whatever browser; whoever adds one goes on there, too. Nobody sees it who could not add a factor by what they just proved.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use vestibule_templates::Form;
use vestibule_templates::pages::remind;

use super::account::{Owner, adding_on_the_way, seconds};
use super::failure::Failure;
use super::finish::{SignedIn, page, see_other, with_query};
use super::form::Posted;
use super::{Visit, Wizard};
use crate::account::User;
use crate::clock::{TOLERANCE, Time};
use crate::method::Card;
use crate::session::level;
use crate::store::{Expect, Record};
use crate::types::{Level, UserId};

const ADDRESS: &str = "/.vestibule/account/remind";

/// When somebody said "later". Key `reminder/<user>`.
#[derive(Debug, Serialize, Deserialize)]
struct PutOff {
    at: Time,
}

impl Record for PutOff {
    const NAME: &'static str = "reminder put off";
}

impl Wizard {
    /// Where a finished login goes: on its way it may pass the reminder. What goes wrong with that stops no login.
    pub(super) async fn end_of_login(
        &self,
        visit: &Visit,
        user: &User,
        signed_in: &SignedIn,
        return_to: Option<&str>,
    ) -> String {
        let verified = level(&signed_in.opened.session.evidence) == Level::Verified;
        let stronger = if verified { self.due(visit, user).await } else { Ok(Vec::new()) };
        let stronger = stronger.unwrap_or_else(|failure| {
            tracing::info!(?failure, "whether somebody should be reminded of a stronger factor is not known");
            Vec::new()
        });
        match stronger.is_empty() {
            true => self.destination(visit, return_to),
            false => self.with_way_back(visit, ADDRESS, return_to),
        }
    }

    /// What this user should be reminded of now.
    async fn due(&self, visit: &Visit, user: &User) -> Result<Vec<&'static Card>, Failure> {
        let Some(span) = self.settings.remind else { return Ok(Vec::new()) };
        let now = self.vault.now();
        let put_off = self.vault.get::<PutOff>(&key(user.id)).await?;
        // One from the future is of a clock that went back: asking once more than needed harms nobody.
        if put_off.is_some_and(|row| now < row.value.at + span && row.value.at <= now + TOLERANCE) {
            return Ok(Vec::new());
        }
        self.stronger(visit, user).await
    }

    /// Methods that are stronger than every factor of this user, the strongest first; none for who has no factor at all,
    /// and so could prove nothing that gives the right to add one.
    async fn stronger(&self, visit: &Visit, user: &User) -> Result<Vec<&'static Card>, Failure> {
        let rows = self.accounts.factors(user).await?;
        let held = rows.iter().filter_map(|row| self.card(&row.value.method)).map(|card| card.strength).max();
        let Some(held) = held else { return Ok(Vec::new()) };
        Ok(self.by_strength(visit, |card| card.strength > held && !card.fallback))
    }
}

/// `GET account/remind`
pub async fn show(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
) -> Result<Response, Failure> {
    let owner = Owner::of(&visit)?;
    let user = &owner.live.user;
    let to = wizard.asked_for(&visit);
    let (stronger, Some(span)) = (wizard.stronger(&visit, user).await?, wizard.settings.remind) else {
        return Ok(see_other(&wizard.destination(&visit, to.as_deref())));
    };
    if stronger.is_empty() {
        return Ok(see_other(&wizard.destination(&visit, to.as_deref())));
    }
    let back = wizard.way_back(&visit, to.as_deref());
    let later = Form::new(with_query(ADDRESS, &[back.parameter()]), wizard.sessions.csrf(&owner.token));
    let now = wizard.vault.now();
    let adding = |card: &Card| adding_on_the_way(&card.id, &back);
    let methods = stronger.into_iter().map(|card| wizard.method_choice(card, adding(card), &visit.texts));
    let view = remind::View { methods: methods.collect(), later, again: seconds(now + span) };
    Ok(page(StatusCode::OK, remind::page(&view, &visit.frame_in(&owner.live, now), &visit.texts)))
}

/// `POST account/remind`: later. The address it goes on to is checked once more at this moment.
pub async fn later(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
    posted: Posted,
) -> Result<Response, Failure> {
    let owner = Owner::posting(&wizard, &visit, &posted)?;
    if let Some(span) = wizard.settings.remind {
        let now = wizard.vault.now();
        let put_off = wizard.vault.put(key(owner.live.user.id), Expect::Any, &PutOff { at: now }, Some(now + span))?;
        wizard.vault.commit(vec![put_off]).await?;
    }
    Ok(see_other(&wizard.destination(&visit, wizard.asked_for(&visit).as_deref())))
}

fn key(user: UserId) -> String {
    format!("reminder/{user}")
}
