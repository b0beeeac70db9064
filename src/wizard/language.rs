//! `language`: the switch on every page. What is picked goes into a cookie of this browser. Into the account, for the mails
//! that are written when nobody looks, it goes at a portal, where no application's script can act for who sits there;
//! elsewhere with the next login, whose pages its owner saw in it. It decides about words and nothing else.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use vestibule_templates::Texts;

use super::failure::Failure;
use super::finish::{see_other, set_cookie};
use super::form::Posted;
use super::{PREFIX, Visit, Wizard};
use crate::account::{BROWSER_LIFE, User};
use crate::types::Level;

/// Where the switch posts. It carries no anti-forgery value, because it stands on pages that have none, such as a refusal;
/// the guard lets through only what a page of this origin sends. Anywhere but at a portal that may be a page of the
/// application: there all there is to win is pages of ours in Dutch.
pub const SWITCH: &str = "/.vestibule/language";

/// `POST language`: back to the page it was sent from, in the language that was picked.
pub async fn submit(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
    posted: Posted,
) -> Result<Response, Failure> {
    let picked = visit.languages.named(posted.get("language")).ok_or(Failure::Unreadable)?;
    let ours_alone = visit.sites.is_portal(&visit.site);
    if let Some(live) = visit.visitor.live().filter(|live| ours_alone && is_owner(live.level, &live.user)) {
        wizard.remember_language(&live.user, picked).await;
    }
    let mut response = see_other(&wizard.page_of_ours(&visit, posted.get("back")));
    let names = &visit.site.cookies;
    set_cookie(&mut response, &names.set(&names.language, picked.lang(), Some(BROWSER_LIFE)));
    Ok(response)
}

/// Whether so much was proved as can be: whoever has the password alone must not make the mails unreadable by which the
/// owner would hear of it.
fn is_owner(level: Level, user: &User) -> bool {
    level == Level::Verified || user.factors.is_empty()
}

impl Wizard {
    /// `back` if it is a page of ours or of the application, else the site's front. A form of somebody else's could name
    /// any address, and a redirect of ours must lead nowhere but here.
    fn page_of_ours(&self, visit: &Visit, back: &str) -> String {
        let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'<' | b'>' | b'"');
        let own = back.starts_with(PREFIX) && !back.contains("..") && back.bytes().all(plain);
        if own {
            return back.to_owned();
        }
        // Nobody checked it before: what a form says is no address that was kept.
        self.return_address(visit, back).map_or_else(|| self.landing(visit), |address| address.location)
    }

    /// After a login: what was picked in this browser; what the browser wishes for only where nothing is known yet, because
    /// the next browser may be somebody else's.
    pub(super) async fn learn_language(&self, visit: &Visit, user: &User, level: Level) {
        if is_owner(level, user) && (visit.cookies.language.is_some() || user.language.is_none()) {
            self.remember_language(user, &visit.texts).await;
        }
    }

    /// What cannot be written is tried again at the next login.
    async fn remember_language(&self, user: &User, texts: &Texts) {
        if user.language.as_deref() == Some(texts.lang()) {
            return;
        }
        let edit = |user: &mut User| user.language = Some(texts.lang().to_owned());
        if let Err(error) = self.accounts.edit_as(user, edit, Vec::new()).await {
            tracing::info!(%error, "the language of a user was not noted");
        }
    }
}
