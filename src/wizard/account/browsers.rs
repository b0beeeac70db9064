//! The browsers in which the owner signed in with both steps: which are known, which are trusted and until when, and
//! their end.

use axum::response::Response;
use vestibule_templates::mail;
use vestibule_templates::pages::account;

use super::confirm::Confirmed;
use super::deed::{Browsers, Deed};
use super::seconds;
use crate::account::{Browser, User};
use crate::audit::Kind;
use crate::types::Handle;
use crate::wizard::agent::described;
use crate::wizard::failure::Failure;
use crate::wizard::finish::{ACCOUNT, see_other};
use crate::wizard::notice::Notice;
use crate::wizard::{Visit, Wizard};

/// The owner's browsers, as the page lists them.
pub async fn listed(wizard: &Wizard, visit: &Visit, user: &User) -> Result<Vec<account::Browser>, Failure> {
    let own = own(wizard, visit, user).await?;
    let mut listed = Vec::new();
    for row in wizard.accounts.browsers(user).await? {
        let browser = row.value;
        let trust = wizard.checks.standing(user, &browser, wizard.settings.trusted_browser).await?;
        listed.push(account::Browser {
            description: described(&browser.agent, &browser.address, &visit.texts),
            since: seconds(browser.since),
            last_seen: seconds(browser.last_seen),
            trusted_until: trust.map(|trust| seconds(trust.until)),
            this_one: own.as_ref() == Some(&browser.handle),
            end: Deed::Forget(Browsers::One(browser.handle)).address(),
        });
    }
    Ok(listed)
}

/// What a browser of this user's is called, if there is one of this handle.
pub async fn name(wizard: &Wizard, visit: &Visit, user: &User, handle: &Handle) -> Result<Option<String>, Failure> {
    let rows = wizard.accounts.browsers(user).await?;
    let browser = rows.into_iter().map(|row| row.value).find(|browser| browser.handle == *handle);
    Ok(browser.map(|browser| described(&browser.agent, &browser.address, &visit.texts)))
}

/// Forgets what was confirmed to be forgotten, and ends the sessions that rest on what trusted browsers remember: nobody
/// can tell which of them sits in one that ends. The session that asks has just proved more.
pub async fn forget(confirmed: Confirmed<'_>, which: &Browsers) -> Result<Response, Failure> {
    let Confirmed { wizard, visit, user, stage, .. } = &confirmed;
    let own = own(wizard, visit, user).await?;
    let more = confirmed.with(confirmed.event(Kind::BrowserEnded).detail(which.name()))?;
    let ends = |browser: &Browser| match which {
        Browsers::One(handle) => browser.handle == *handle,
        Browsers::Others => own.as_ref() != Some(&browser.handle),
        Browsers::All => true,
    };
    let (except, source) = (Some(stage.live.session.login()), confirmed.source());
    let forget = async { Ok::<_, Failure>(wizard.accounts.forget_browsers(user, ends, more).await?) };
    if wizard.sessions.end_remembered_with(user.id, except, &source, forget).await? > 0 {
        confirmed.tell(&mail::Change::BrowsersForgotten);
    }
    Ok(Notice::Done(account::Done::BrowserEnded).leave(visit, see_other(ACCOUNT)))
}

/// The one that asks.
async fn own(wizard: &Wizard, visit: &Visit, user: &User) -> Result<Option<Handle>, Failure> {
    let known = wizard.accounts.known_browser(user, &visit.cookies.browser).await?;
    Ok(known.map(|(_, row)| row.value.handle))
}
