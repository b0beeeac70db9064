//! A visit to one of our pages: what the proxy found out about the request before a page is asked for. It travels in
//! the request's extensions; a page reads it and never reads the same from headers a second time.

use std::sync::Arc;

use crate::gate::{Facts, Site, Sites};
use crate::session::{Cookies, Visitor};
use crate::types::RequestId;

/// One request for a page of ours. Cheap to clone into a handler by its [`Arc`].
#[derive(Clone, Debug)]
pub struct Visit {
    /// A site that answers to the host that was asked for: names, cookies and origin of the page are its.
    pub site: Arc<Site>,
    /// All sites of the configuration this request is judged by: for return addresses.
    pub sites: Arc<Sites>,
    pub facts: Facts,
    pub visitor: Visitor,
    pub cookies: Cookies,
    pub request: RequestId,
    /// The user agent, cut; for display and audit only.
    pub agent: String,
}

/// What stands in the extensions of a request to the router.
pub type VisitExtension = Arc<Visit>;
