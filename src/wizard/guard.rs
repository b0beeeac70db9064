//! Same origin is not same trust: without a portal our pages share the application's origin, and its scripts run with
//! the visitor's cookies. So pages and forms answer navigations of whole documents only, and a form must come from one
//! of our own pages.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::failure::Failure;
use super::{Visit, Wizard};
use crate::types::Origin;

/// Where the browser sends fetch metadata: `navigate` to a `document`, and a POST from the same origin (same *site* is
/// not enough). Where it sends none: a POST needs an `Origin` equal to ours.
pub async fn navigations_only(
    State(_wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
    request: Request,
    next: Next,
) -> Response {
    let writes = !matches!(*request.method(), Method::GET | Method::HEAD);
    if allowed(&visit, writes) {
        next.run(request).await
    } else if writes && came_by_the_other_scheme(&visit) {
        Failure::WrongScheme.into_response()
    } else {
        Failure::NotFromHere.into_response()
    }
}

/// What a script of our own pages asks for, and nobody else may: a `fetch` from the same origin. The application's
/// scripts share the origin, so this alone is not enough.
pub async fn own_scripts_only(Extension(visit): Extension<Arc<Visit>>, request: Request, next: Next) -> Response {
    let fetch = &visit.facts.fetch;
    let same_origin = fetch.site.as_deref() == Some("same-origin") && fetch.dest.as_deref() == Some("empty");
    if if has_metadata(&visit) { same_origin } else { is_own_origin(&visit) } {
        next.run(request).await
    } else {
        Failure::NotFromHere.into_response()
    }
}

/// `url` says https and the browser came by http, or the other way about: the one mistake of an operator that would
/// otherwise look like an attack.
fn came_by_the_other_scheme(visit: &Visit) -> bool {
    let (Some(sent), Some(own)) = (visit.facts.origin.as_deref(), visit.origin()) else { return false };
    Origin::parse(sent).is_ok_and(|sent| sent.host == own.host && sent.scheme != own.scheme)
}

/// Whether a whole document was asked for, by whatever page.
pub fn is_navigation(visit: &Visit) -> bool {
    allowed(visit, false)
}

fn allowed(visit: &Visit, writes: bool) -> bool {
    let fetch = &visit.facts.fetch;
    if has_metadata(visit) {
        let document = fetch.mode.as_deref() == Some("navigate") && fetch.dest.as_deref() == Some("document");
        return document && (!writes || fetch.site.as_deref() == Some("same-origin"));
    }
    !writes || is_own_origin(visit)
}

fn has_metadata(visit: &Visit) -> bool {
    let fetch = &visit.facts.fetch;
    fetch.site.is_some() || fetch.mode.is_some() || fetch.dest.is_some()
}

fn is_own_origin(visit: &Visit) -> bool {
    let Some(origin) = visit.facts.origin.as_deref() else { return false };
    match visit.origin() {
        Some(own) => origin == own.to_string(),
        // A gate that does not know its address knows the host it was asked for.
        None => {
            let authority = match visit.facts.port {
                Some(port) => format!("{}:{port}", visit.facts.host),
                None => visit.facts.host.clone(),
            };
            origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://")) == Some(authority.as_str())
        }
    }
}
