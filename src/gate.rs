//! The decision: facts about a request, a visitor and a time become a verdict. Pure: no body, no await, no store, no
//! method. This module alone makes a [`Permit`], and a request without one reaches no application.

pub mod explain;
pub mod facts;
mod rules;
mod site;

use std::sync::Arc;

use crate::assertion::Identity;
use crate::clock::Time;
use crate::session::{Need, Visitor};

pub use facts::{Facts, Kind, Reading};
pub use rules::{Rule, RuleMatch};
pub use site::{Lookup, ReturnAddress, Site, Sites, Upstream};

/// The right to send one request to one site, as it was judged.
#[derive(Clone, Debug)]
pub struct Permit {
    site: Arc<Site>,
    /// What goes upstream: the canonical target (or, with lenient paths, the one received).
    target: String,
    identity: Option<Identity>,
    /// Answers that could be cached get `Cache-Control: private`.
    private: bool,
}

impl Permit {
    pub fn site(&self) -> &Arc<Site> {
        &self.site
    }

    pub fn target(&self) -> &str {
        &self.target
    }

    pub fn identity(&self) -> Option<&Identity> {
        self.identity.as_ref()
    }

    pub fn private(&self) -> bool {
        self.private
    }
}

/// What is to be done with a request.
#[derive(Debug)]
pub enum Verdict {
    Forward(Permit),
    Ask(Ask),
    Refuse(Refusal),
}

/// What is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    pub need: Need,
    /// `true`: there is a session that only lacks the (fresh) second factor.
    pub step_up: bool,
}

/// Why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No rule fits, or the rule says deny.
    Denied,
    /// The visitor is known and is not among the users or groups of the rule.
    NotAllowed,
    /// A WebSocket handshake from a page of another origin.
    ForeignOrigin,
    /// A service worker's script on a site that serves its own pages.
    ServiceWorker,
}

/// The one decision.
pub fn decide(_site: &Arc<Site>, _facts: &Facts, _visitor: &Visitor, _now: Time) -> Verdict {
    todo!()
}
