//! `logout`: a GET asks, the POST does. A link, an image or another page signs nobody out.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{HeaderName, HeaderValue};
use axum::response::Response;
use vestibule_templates::Form;
use vestibule_templates::pages::logout;

use super::failure::Failure;
use super::finish::{page, query, see_other, set_cookie};
use super::form::Posted;
use super::{Visit, Wizard};
use crate::store::Expect;
use crate::types::{HostPattern, Origin};

pub async fn ask(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
) -> Result<Response, Failure> {
    let (Some(live), Some(token)) = (visit.visitor.live(), &visit.cookies.session) else {
        return Ok(see_other("/.vestibule/login?out=1"));
    };
    let form = Form::new("/.vestibule/logout", wizard.sessions.csrf(token));
    let view = logout::View {
        form: match from(&visit, query(&visit, "from").as_deref()) {
            Some(site) => form.with("from", site.to_string()),
            None => form,
        },
        back: wizard.landing(&visit),
    };
    let frame = visit.frame_signed_in(wizard.vault.now(), &live.user);
    Ok(page(StatusCode::OK, logout::page(&view, &frame, &visit.texts)))
}

pub async fn submit(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
    posted: Posted,
) -> Result<Response, Failure> {
    let (Some(live), Some(token)) = (visit.visitor.live(), &visit.cookies.session) else {
        // Nothing to end, and no anti-forgery value to go by: a forged post must not take a login under way either.
        return Ok(see_other("/.vestibule/login?out=1"));
    };
    if !wizard.sessions.csrf_holds(token, posted.get("csrf")) {
        return Err(Failure::Forged);
    }
    wizard.sessions.end(live.user.id, &live.session.handle, &visit.source()).await?;
    // What was proved in a wizard of this browser must not outlive the session.
    if let Some(login) = wizard.login(&visit).await? {
        wizard.vault.commit(vec![wizard.vault.delete(login.row.key, Expect::Any)]).await?;
    }
    Ok(match from(&visit, Some(posted.get("from"))) {
        // What the application keeps in the browser, only its own origin can clear.
        Some(site) => signed_out(&visit, &format!("{site}/.vestibule/logout?out=1")),
        None => signed_out(&visit, "/.vestibule/login?out=1"),
    })
}

/// The site that sent the browser to the portal to sign out: one that was configured by exactly this address.
fn from(visit: &Visit, origin: Option<&str>) -> Option<Origin> {
    let origin = Origin::parse(origin?).ok()?;
    let is_site = visit.sites.sites.iter().any(|site| site.url.as_ref() == Some(&origin));
    (is_site && visit.sites.is_portal(&visit.site) && matches!(origin.host, HostPattern::Exact(_))).then_some(origin)
}

/// The browser forgets the session and any login under way.
pub fn signed_out(visit: &Visit, to: &str) -> Response {
    let mut response = see_other(to);
    let names = &visit.site.cookies;
    set_cookie(&mut response, &names.clear(&names.session));
    set_cookie(&mut response, &names.clear(&names.login));
    if visit.cookies.nonce.is_some() {
        set_cookie(&mut response, &names.clear(&names.nonce));
    }
    let clears: Vec<_> = visit.site.logout_clears.iter().map(|what| format!("\"{what}\"")).collect();
    if let (false, Ok(value)) = (clears.is_empty(), HeaderValue::try_from(clears.join(", "))) {
        response.headers_mut().insert(HeaderName::from_static("clear-site-data"), value);
    }
    response
}
