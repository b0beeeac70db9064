//! `account`: what the owner sees and changes. Each kind of thing that is listed there has a file of its own; whatever
//! adds, takes away or weakens goes through [`confirm`].

mod browsers;
mod confirm;
mod deed;
mod factors;
mod password;
mod sessions;

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_templates::pages::account;
use vestibule_templates::{Form, Link, mail};

pub use self::confirm::{act, ask};
use self::deed::{Browsers, Deed};
pub use self::factors::{add, adding, adding_on_the_way};
pub use self::sessions::{end, end_all, end_others};
use super::failure::Failure;
use super::finish::page;
use super::form::Posted;
use super::notice::Notice;
use super::{Visit, Wizard};
use crate::account::User;
use crate::clock::Time;
use crate::gate::Person;
use crate::secret::{SessionKind, Token};
use crate::session::Live;
use crate::types::Level;

/// The visitor of these pages: verified, or known where there is no second factor to prove.
pub struct Owner {
    pub live: Arc<Live>,
    pub token: Token<SessionKind>,
}

impl Wizard {
    /// Tells the owner of a change of the account, by another way than it was made on.
    pub(super) fn tell(&self, visit: &Visit, user: &User, change: &mail::Change) {
        let at = self.vault.clock().wall();
        self.post.tell(user.recipient(), change, Some(visit.facts.client), at);
    }
}

impl Owner {
    pub fn of(visit: &Visit) -> Result<Self, Failure> {
        let (Some(live), Some(token)) = (visit.visitor.live(), &visit.cookies.session) else {
            return Err(Failure::Elsewhere("/.vestibule/login?to=account"));
        };
        if live.level < Level::Verified && !live.user.factors.is_empty() {
            return Err(Failure::Elsewhere("/.vestibule/verify?to=account"));
        }
        Ok(Self { live: live.clone(), token: token.clone() })
    }

    /// The owner who sent a form of these pages.
    pub fn posting(wizard: &Wizard, visit: &Visit, posted: &Posted) -> Result<Self, Failure> {
        let owner = Self::of(visit)?;
        if wizard.sessions.csrf_holds(&owner.token, posted.get("csrf")) { Ok(owner) } else { Err(Failure::Forged) }
    }
}

/// `GET account`
pub async fn show(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
) -> Result<Response, Failure> {
    let owner = Owner::of(&visit)?;
    let user = &owner.live.user;
    let rows = wizard.accounts.factors(user).await?;
    let csrf = wizard.sessions.csrf(&owner.token);
    let factors = factors::listed(&wizard, &visit, &rows);
    let sessions = sessions::listed(&wizard, &visit, &owner, &csrf).await?;
    let elsewhere = Form::new("/.vestibule/account/sign-out-elsewhere", csrf.clone());
    let sign_out_elsewhere = sessions.iter().any(|session| !session.this_one).then_some(elsewhere);
    let browsers = browsers::listed(&wizard, &visit, user).await?;
    let others = browsers.iter().any(|browser| !browser.this_one);
    let done = match Notice::of(&visit) {
        Some(Notice::Done(done)) => Some(done),
        _ => None,
    };
    let view = account::View {
        done,
        add_factor: (!factors.is_empty()).then(|| "/.vestibule/account/add".to_owned()),
        recovery: factors::recovery(&wizard, &rows),
        factors,
        sessions,
        end_browsers: (!browsers.is_empty()).then(|| Deed::Forget(Browsers::All).address()),
        end_other_browsers: others.then(|| Deed::Forget(Browsers::Others).address()),
        browsers,
        sign_out_elsewhere,
        sign_out_everywhere: Form::new("/.vestibule/account/sign-out-everywhere", csrf),
        password: Some(Deed::Password.address()),
        sites: sites(&wizard, &visit),
    };
    let frame = visit.frame_in(&owner.live, wizard.vault.now());
    Ok(Notice::said(&visit, page(StatusCode::OK, account::page(&view, &frame, &visit.texts))))
}

/// The sites that this visitor of the portal may open; elsewhere the account is one site's.
fn sites(wizard: &Wizard, visit: &Visit) -> Vec<Link> {
    let Some(person) = Person::of(&visit.visitor).filter(|_| visit.sites.is_portal(&visit.site)) else {
        return Vec::new();
    };
    let openable = visit.sites.openable(&person, visit.facts.client, wizard.vault.now());
    openable.into_iter().map(|site| Link::new(site.name, site.url)).collect()
}

/// A time as the pages take it: seconds since 1970.
pub fn seconds(time: Time) -> u64 {
    u64::try_from(time.secs()).unwrap_or(0)
}
