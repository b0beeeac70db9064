//! The browsers of an account: which are known, which are trusted and until when, and their end. Ending one is a deed of
//! the account and needs a proof of its own, as every other; whoever sits in a browser that is ended is signed out there.

use axum::response::Response;
use vestibule_templates::pages::account;

use super::{Deed, seconds};
use crate::account::{Browser, User};
use crate::audit::{Event, Kind};
use crate::types::Handle;
use crate::wizard::agent::described;
use crate::wizard::failure::Failure;
use crate::wizard::finish::see_other;
use crate::wizard::stage;
use crate::wizard::{Visit, Wizard};

/// Which browsers end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Which {
    One(Handle),
    /// All but the one that asks.
    Others,
    All,
}

impl Which {
    /// As it stands in the address of the deed, behind `forget-`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "browsers" => Some(Which::All),
            "others" => Some(Which::Others),
            handle => Handle::parse(handle).map(Which::One),
        }
    }

    pub fn name(&self) -> &str {
        match self {
            Which::One(handle) => handle.as_str(),
            Which::Others => "others",
            Which::All => "browsers",
        }
    }
}

/// What the account page shows of them.
pub(super) struct Shown {
    pub browsers: Vec<account::Browser>,
    pub end_all: Option<String>,
    pub end_others: Option<String>,
}

impl Wizard {
    pub(super) async fn show_browsers(&self, visit: &Visit, user: &User) -> Result<Shown, Failure> {
        let own = self.own_browser(visit, user).await?;
        let most = self.settings.trusted_browser;
        let mut browsers = Vec::new();
        for row in self.accounts.browsers(user).await? {
            let browser = row.value;
            let trust = self.checks.standing(user, &browser, most).await?;
            browsers.push(account::Browser {
                description: described(&browser.agent, &browser.address, &self.texts),
                since: seconds(browser.since),
                last_seen: seconds(browser.last_seen),
                trusted_until: trust.map(|trust| seconds(trust.until)),
                this_one: own.as_ref() == Some(&browser.handle),
                end: Deed::Forget(Which::One(browser.handle)).address(None),
            });
        }
        let others = browsers.iter().any(|browser| !browser.this_one);
        Ok(Shown {
            end_all: (!browsers.is_empty()).then(|| Deed::Forget(Which::All).address(None)),
            end_others: others.then(|| Deed::Forget(Which::Others).address(None)),
            browsers,
        })
    }

    /// What a browser of this user's is called, if there is one of this handle.
    pub(super) async fn browser_name(&self, user: &User, handle: &Handle) -> Result<Option<String>, Failure> {
        let rows = self.accounts.browsers(user).await?;
        let browser = rows.into_iter().map(|row| row.value).find(|browser| browser.handle == *handle);
        Ok(browser.map(|browser| described(&browser.agent, &browser.address, &self.texts)))
    }

    /// Ends what was confirmed to end, and the sessions that rest on what trusted browsers remember: nobody can tell which
    /// of them sits in one that is ended. The session that asks has just proved more.
    pub(super) async fn forget(&self, visit: &Visit, stage: &stage::Deed, which: &Which) -> Result<Response, Failure> {
        let (user, source) = (&stage.live.user, visit.source());
        let own = self.own_browser(visit, user).await?;
        let event = Event::new(Kind::BrowserEnded, &source).user(user.id, &user.name).detail(which.name());
        let more = vec![self.audit.entry(event)?, self.sessions.present(&stage.token)];
        let ends = |browser: &Browser| match which {
            Which::One(handle) => browser.handle == *handle,
            Which::Others => own.as_ref() != Some(&browser.handle),
            Which::All => true,
        };
        self.accounts.forget_browsers(user, ends, more).await?;
        self.sessions.end_remembered(user.id, Some(&stage.live.session.handle), &source).await?;
        Ok(see_other("/.vestibule/account?done=forgotten"))
    }

    async fn own_browser(&self, visit: &Visit, user: &User) -> Result<Option<Handle>, Failure> {
        let Some(token) = &visit.cookies.browser else { return Ok(None) };
        Ok(self.accounts.browser(user, token).await?.map(|row| row.value.handle))
    }
}
