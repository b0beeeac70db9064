//! What the proxy tells the pages about one request: the same facts the gate judges by.

use std::sync::Arc;

use vestibule_templates::{Account, Brand, Ends, Form, Frame, Languages, Standing, Switch, Texts};

use super::account::seconds;
use crate::account::User;
use crate::audit;
use crate::clock::Time;
use crate::gate::{Facts, Site, Sites};
use crate::method;
use crate::session::{Cookies, Live, Visitor};
use crate::types::{HostPattern, Origin, RequestId, UserName};

/// What stands in the extensions of a request to the router.
pub type VisitExtension = Arc<Visit>;

/// One request to our pages.
#[derive(Clone, Debug)]
pub struct Visit {
    /// A site that answers to the host that was asked for: names, cookies and origin of the page are its.
    pub site: Arc<Site>,
    /// All sites of the configuration this request is judged by: for return addresses.
    pub sites: Arc<Sites>,
    pub facts: Arc<Facts>,
    pub visitor: Visitor,
    pub cookies: Cookies,
    pub request: RequestId,
    /// `User-Agent`, for display and audit only.
    pub agent: String,
    /// The language of whatever is answered, pages and messages alike.
    pub texts: Texts,
    pub languages: Languages,
    /// Whose pages they are.
    pub brand: Arc<Brand>,
}

impl Visit {
    /// The origin of this page, as configured; `None` for `host = "*"` without `url`.
    pub fn origin(&self) -> Option<Origin> {
        self.site.url.as_ref().and_then(|url| url.at(&self.facts.host))
    }

    /// The language of mails to this user, and of what is said in them.
    pub fn texts_for(&self, user: &User) -> &Texts {
        let own = user.language.as_deref().and_then(|tag| self.languages.named(tag));
        own.unwrap_or(&self.texts)
    }

    /// For audit rows.
    pub fn source(&self) -> audit::Origin {
        audit::Origin {
            request: Some(self.request.clone()),
            address: Some(self.facts.client),
            agent: (!self.agent.is_empty()).then(|| self.agent.clone()),
            operator: None,
        }
    }

    /// For methods that bind to the site or name it.
    pub fn place(&self) -> method::Place {
        let origin = self.origin();
        method::Place {
            name: self.site_name(),
            host: origin.as_ref().map(|origin| origin.host.to_string()).unwrap_or_default(),
            texts: self.texts.clone(),
            origin: origin.map(|origin| origin.to_string()).unwrap_or_default(),
        }
    }

    /// What people call the site: its host, with the port where it is not the scheme's own.
    fn site_name(&self) -> String {
        match self.origin() {
            Some(origin) => origin.authority(),
            None => match &self.site.host {
                HostPattern::Any => self.facts.host.clone(),
                host => host.to_string(),
            },
        }
    }

    pub fn frame(&self, now: Time) -> Frame {
        Frame {
            site: self.site_name(),
            origin: self.origin().map(|origin| origin.to_string()).unwrap_or_default(),
            bound_for: None,
            now: u64::try_from(now.secs()).unwrap_or(0),
            account: None,
            switch: Some(switch(self.facts.target.clone(), &self.languages)),
            brand: self.brand.clone(),
            ends: None,
        }
    }

    /// A page behind a one-time link.
    pub fn frame_linked(&self, now: Time, ends: Option<Time>) -> Frame {
        Frame { ends: ends.map(|end| Ends::Link(seconds(end))), ..self.frame(now) }
    }

    /// As [`Visit::frame`], of a page whose own address says less than it shows: `back` is where it is found again.
    pub fn frame_at(&self, now: Time, back: String) -> Frame {
        Frame { switch: Some(switch(back, &self.languages)), ..self.frame(now) }
    }

    /// A page of somebody whose password was right; `csrf` is of the pending login.
    pub fn frame_signing_in(&self, now: Time, user: &User, csrf: &str) -> Frame {
        let start_over = Form::new("/.vestibule/login/start-over", csrf);
        let account = Account { name: user.name.to_string(), standing: Standing::SigningIn { start_over } };
        Frame { account: Some(account), ..self.frame(now) }
    }

    /// A page of somebody signed in.
    pub fn frame_signed_in(&self, now: Time, user: &User) -> Frame {
        Frame { account: Some(signed_in(&user.name)), ..self.frame(now) }
    }

    /// A page that works as long as this session does.
    pub fn frame_in(&self, live: &Live, now: Time) -> Frame {
        Frame { ends: Some(Ends::Session(seconds(live.ends))), ..self.frame_signed_in(now, &live.user) }
    }
}

/// The switch of a page that is found again at `back`, a path with its query.
pub fn switch(back: String, languages: &Languages) -> Switch {
    Switch { action: super::language::SWITCH.to_owned(), back, languages: languages.clone() }
}

/// Somebody signed in, as every page names them.
pub fn signed_in(name: &UserName) -> Account {
    let standing =
        Standing::SignedIn { account: "/.vestibule/account".to_owned(), logout: "/.vestibule/logout".to_owned() };
    Account { name: name.to_string(), standing }
}
