//! `logout`: a GET asks, the POST does. A link, an image or another page signs nobody out, and clears nothing. "Signed out"
//! is said only once nothing that was signed in here is alive any more.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{HeaderName, HeaderValue};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use vestibule_templates::Form;
use vestibule_templates::pages::logout;

use super::failure::Failure;
use super::finish::{page, query, see_other, set_cookie, with_query};
use super::form::Posted;
use super::login::LOGIN;
use super::portal::{Word, forget_ways, tag};
use super::{Visit, Wizard};
use crate::gate::Portal;
use crate::store::Expect;
use crate::types::{Handle, UserId};

/// Where it is said that it is done.
pub const DONE: &str = "/.vestibule/login?out=1";

/// What a site says to the portal, signed, of who wants to sign out there. The portal's own cookie may be gone, or another
/// person's: only the site knows who is signed in on it.
#[derive(Debug, Serialize, Deserialize)]
struct Leaving {
    /// The site's origin: below a wildcard, of the host that was asked for.
    from: String,
    /// The site's session cookie, in short; `None`: there is none, and nothing to clear.
    cookie: Option<String>,
    login: Option<(UserId, Handle)>,
}

impl Word for Leaving {
    const PURPOSE: &'static str = "leaving";
}

/// What the portal answers the site, signed: for that browser alone, because it makes it forget.
#[derive(Debug, Serialize, Deserialize)]
struct Left {
    left: String,
    cookie: String,
}

impl Word for Left {
    const PURPOSE: &'static str = "left";
}

/// `GET logout` where our pages are.
pub async fn ask(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
) -> Result<Response, Failure> {
    let from = query(&visit, "from").unwrap_or_default();
    let leaving = wizard.leaving(&visit, &from);
    if wizard.signed_in_here(&visit, leaving.as_ref()).await?.is_empty() {
        return Ok(see_other(DONE));
    }
    // Without a session of this host what the site signed is the right to it, and the guard knows the form for ours.
    let csrf = visit.cookies.session.as_ref().map(|token| wizard.sessions.csrf(token)).unwrap_or_default();
    let form = Form::new("/.vestibule/logout", csrf);
    let form = if leaving.is_some() { form.with("from", from) } else { form };
    let view = logout::View { form, back: wizard.landing(&visit) };
    let now = wizard.vault.now();
    let frame = match visit.visitor.live() {
        Some(live) => visit.frame_signed_in(now, &live.user),
        None => visit.frame(now),
    };
    Ok(page(StatusCode::OK, logout::page(&view, &frame, &visit.texts)))
}

/// `POST logout`
pub async fn submit(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
    posted: Posted,
) -> Result<Response, Failure> {
    let leaving = wizard.leaving(&visit, posted.get("from"));
    let logins = wizard.signed_in_here(&visit, leaving.as_ref()).await?;
    if logins.is_empty() {
        // Nothing to end, and no anti-forgery value to go by: a forged post must not take a login under way either.
        return Ok(see_other(DONE));
    }
    if visit.cookies.session.as_ref().is_some_and(|token| !wizard.sessions.csrf_holds(token, posted.get("csrf"))) {
        return Err(Failure::Forged);
    }
    for (user, login) in logins {
        wizard.sessions.end(user, &login, &visit.source()).await?;
    }
    // What was proved in a wizard of this browser must not outlive the session.
    if let Some(login) = wizard.login(&visit).await? {
        wizard.vault.commit(vec![wizard.vault.delete(login.row.key, Expect::Any)]).await?;
    }
    // What the application keeps in the browser, only its own origin can clear.
    let Some(Leaving { from, cookie: Some(cookie), .. }) = leaving else { return Ok(signed_out(&visit, DONE)) };
    let left = wizard.sign(&Left { left: from.clone(), cookie })?;
    Ok(signed_out(&visit, &format!("{from}/.vestibule/logout?out={left}")))
}

/// `logout` of a site with a portal: the portal asks, and ends all of it. Afterwards it sends the browser here once more, so
/// that what the application keeps in it can go, too.
pub fn at_site(wizard: &Wizard, visit: &Visit, portal: &Portal) -> Result<Response, Failure> {
    let origin = visit.site.origin(&visit.facts.host).ok_or(Failure::NotFound)?.to_string();
    let cookie = visit.cookies.session.as_ref().map(|token| tag(&token.hash().hex()));
    let live = visit.visitor.live();
    if let Some(out) = query(visit, "out") {
        // Whoever signs in again comes back here.
        let front = format!("{origin}{}", visit.site.prefix);
        let done =
            with_query(&format!("{}{LOGIN}", portal.url), &[("out", Some("1")), wizard.keep(&front).parameter()]);
        let left = wizard.read_signed::<Left>(&out);
        let ours = left.is_some_and(|left| left.left == origin && Some(left.cookie) == cookie && live.is_none());
        return Ok(if ours { signed_out(visit, &done) } else { see_other(&done) });
    }
    let login = live.map(|live| (live.user.id, live.session.login().clone()));
    let from = wizard.sign(&Leaving { from: origin, cookie, login })?;
    Ok(see_other(&format!("{}/.vestibule/logout?from={from}", portal.url)))
}

impl Wizard {
    /// What a site sent this browser to the portal with, to sign out.
    fn leaving(&self, visit: &Visit, from: &str) -> Option<Leaving> {
        let leaving = self.read_signed::<Leaving>(from).filter(|_| visit.sites.is_portal(&visit.site))?;
        visit.sites.serve(&leaving.from).then_some(leaving)
    }

    /// The logins that end with this browser's sign-out: that of its cookie here, also where it stepped up in another tab
    /// while the form was on its way, and that of the site it comes from.
    async fn signed_in_here(&self, visit: &Visit, leaving: Option<&Leaving>) -> Result<Vec<(UserId, Handle)>, Failure> {
        let here = match (visit.visitor.live(), &visit.cookies.session) {
            (Some(live), _) => Some((live.user.id, live.session.login().clone())),
            (None, Some(token)) => self.sessions.replaced(token).await?,
            (None, None) => None,
        };
        let there = leaving.and_then(|leaving| leaving.login.clone()).filter(|there| Some(there) != here.as_ref());
        let mut logins = Vec::new();
        for (user, login) in [here, there].into_iter().flatten() {
            if self.sessions.goes_on(user, &login).await? {
                logins.push((user, login));
            }
        }
        Ok(logins)
    }
}

/// The browser forgets the session and any login under way.
pub fn signed_out(visit: &Visit, to: &str) -> Response {
    let mut response = see_other(to);
    let names = &visit.site.cookies;
    set_cookie(&mut response, &names.clear(&names.session));
    set_cookie(&mut response, &names.clear(&names.login));
    forget_ways(visit, &mut response, |_, _| true);
    let clears: Vec<_> = visit.site.logout_clears.iter().map(|what| format!("\"{what}\"")).collect();
    if let (false, Ok(value)) = (clears.is_empty(), HeaderValue::try_from(clears.join(", "))) {
        response.headers_mut().insert(HeaderName::from_static("clear-site-data"), value);
    }
    response
}
