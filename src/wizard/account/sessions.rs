//! Where the owner is signed in. Ending a session takes nothing away that a factor protects, so a form of the page does
//! it; another user's session has no handle here. The owner is told all the same: it may be somebody else who wants to be
//! alone in the account.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use vestibule_templates::pages::account;
use vestibule_templates::{Form, mail};

use super::{Owner, seconds};
use crate::account::User;
use crate::session::Live;
use crate::types::Handle;
use crate::wizard::agent::described;
use crate::wizard::failure::Failure;
use crate::wizard::finish::{ACCOUNT, see_other};
use crate::wizard::form::Posted;
use crate::wizard::logout::{self, signed_out};
use crate::wizard::notice::Notice;
use crate::wizard::{Visit, Wizard};

/// The owner's sessions, as the page lists them.
pub async fn listed(
    wizard: &Wizard,
    visit: &Visit,
    owner: &Owner,
    csrf: &str,
) -> Result<Vec<account::Session>, Failure> {
    let sessions = wizard.sessions.list(Some(owner.live.user.id)).await?;
    let listed = sessions.into_iter().map(|session| {
        let this_one = session.login() == owner.live.session.login();
        let end = Form::new("/.vestibule/account/sessions/end", csrf).with("handle", session.login().as_str());
        let address = session.address.map(|address| address.to_string()).unwrap_or_default();
        account::Session {
            description: described(&session.agent, &address, &visit.texts),
            started: seconds(session.created),
            last_seen: seconds(session.last_seen),
            this_one,
            end: (!this_one).then_some(end),
        }
    });
    Ok(listed.collect())
}

impl Wizard {
    async fn end_logins(&self, visit: &Visit, user: &User, except: Option<&Handle>) -> Result<(), Failure> {
        let count = self.sessions.end_all(user.id, except, &visit.source()).await? as u64;
        if count > 0 {
            self.tell(visit, user, &mail::Change::SessionsEnded { count });
        }
        Ok(())
    }
}

/// `POST account/sessions/end`
pub async fn end(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
    posted: Posted,
) -> Result<Response, Failure> {
    let owner = Owner::posting(&wizard, &visit, &posted)?;
    let handle = Handle::parse(posted.get("handle")).ok_or(Failure::NotFound)?;
    let user = &owner.live.user;
    if !wizard.sessions.end(user.id, &handle, &visit.source()).await? {
        return Err(Failure::NotFound);
    }
    wizard.tell(&visit, user, &mail::Change::SessionsEnded { count: 1 });
    Ok(Notice::Done(account::Done::SessionEnded).leave(&visit, see_other(ACCOUNT)))
}

/// `POST account/sign-out-everywhere`
pub async fn end_all(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
    posted: Posted,
) -> Result<Response, Failure> {
    let owner = Owner::posting(&wizard, &visit, &posted)?;
    wizard.end_logins(&visit, &owner.live.user, None).await?;
    Ok(Notice::SignedOutEverywhere.leave(&visit, signed_out(&visit, logout::DONE)))
}

/// `POST account/sign-out-elsewhere`: every session but this one.
pub async fn end_others(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
    posted: Posted,
) -> Result<Response, Failure> {
    let owner = Owner::posting(&wizard, &visit, &posted)?;
    let Live { user, session, .. } = &*owner.live;
    wizard.end_logins(&visit, user, Some(session.login())).await?;
    Ok(Notice::Done(account::Done::SessionsEnded).leave(&visit, see_other(ACCOUNT)))
}
