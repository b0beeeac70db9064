//! `login`: the first factor. Until a password is right the server stores nothing but throttle counters: the address
//! asked for and the anti-forgery value travel in the form, bound to the login cookie.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_templates::Form;
use vestibule_templates::pages::{blocked, login, logout, not_enrolled};

use super::ask::CLOSED_FOR;
use super::failure::Failure;
use super::finish::{Next, page, query, see_other, set_cookie, waiting, with_query};
use super::form::Posted;
use super::{Visit, Wizard};
use crate::clock::Time;
use crate::directory::SignIn;
use crate::gate;
use crate::secret::{LoginKind, Token};
use crate::session::{Enrols, Evidence, Visitor};
use crate::types::is_loopback_name;

/// What travels in the form until the password is right.
#[derive(serde::Serialize, serde::Deserialize)]
struct Carried {
    /// The checked address asked for.
    rd: Option<String>,
    /// A form sent to the application was diverted here.
    sent: bool,
}

pub async fn show(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
) -> Result<Response, Failure> {
    if query(&visit, "out").is_some() {
        let view = logout::DoneView {
            login: "/.vestibule/login".to_owned(),
            everywhere: query(&visit, "out").as_deref() == Some("all"),
        };
        let markup = logout::done(&view, &visit.frame(wizard.vault.now()), &wizard.texts);
        return Ok(page(StatusCode::OK, markup));
    }
    if let Some(login) = wizard.login(&visit).await? {
        // One that only has something left to hand over does not stand in the way of signing in as somebody else.
        if matches!(login.enrols(), Enrols::Nothing | Enrols::First) {
            return Ok(see_other(login.next()));
        }
    }
    let rd = query(&visit, "rd").filter(|rd| wizard.return_address(&visit, rd).is_some());
    if let Visitor::Live(live) = &visit.visitor {
        // Signed in far enough already: the page would ask for nothing.
        let need = wizard.need(&visit, rd.as_deref());
        if rd.is_some() && gate::accepts(&need, &live.evidence, wizard.vault.now()) {
            return Ok(see_other(&wizard.destination(&visit, rd.as_deref())));
        }
    }
    let carried = Carried { rd, sent: query(&visit, "sent").is_some() };
    let mut notice = carried.sent.then_some(login::Notice::NotDelivered);
    if visit.site.url.is_none() && !is_loopback_name(&visit.facts.host) {
        notice = Some(login::Notice::AddressUnknown);
    }
    if query(&visit, "late").is_some() {
        notice = Some(login::Notice::TimedOut);
    }
    Ok(form(&wizard, &visit, &carried, StatusCode::OK, Said { notice, ..Said::default() }))
}

/// What the form says besides its fields.
#[derive(Default)]
struct Said {
    username: String,
    notice: Option<login::Notice>,
    error: Option<login::Problem>,
    wait_until: Option<Time>,
}

fn form(wizard: &Wizard, visit: &Visit, carried: &Carried, status: StatusCode, said: Said) -> Response {
    let names = &visit.site.cookies;
    let (token, fresh) = match &visit.cookies.login {
        Some(token) => (token.clone(), false),
        None => (Token::<LoginKind>::generate(&**wizard.vault.random()), true),
    };
    let text = serde_json::to_string(carried).unwrap_or_default();
    let state = wizard.sessions.login_seal().seal(&token, &text);
    let view = login::View {
        form: Form::new("/.vestibule/login", wizard.sessions.csrf(&token)).with("state", state),
        username: said.username,
        notice: said.notice,
        error: said.error,
        wait_until: said.wait_until.and_then(|time| u64::try_from(time.secs() + 1).ok()),
    };
    let markup = login::page(&view, &visit.frame(wizard.vault.now()), &wizard.texts);
    let mut response = page(status, markup);
    if fresh {
        set_cookie(&mut response, &names.set(&names.login, &token.encode(), None));
    }
    response
}

/// The page after a step that has none before it: 409 for a POST, and the way to start again. A browser that holds the
/// cookie of a login is told that it took too long.
pub fn start_again(wizard: &Wizard, visit: &Visit) -> Response {
    let late = visit.cookies.login.is_some() && visit.visitor.live().is_none();
    let notice = if late { login::Notice::TimedOut } else { login::Notice::StartAgain };
    let carried = Carried { rd: None, sent: false };
    form(wizard, visit, &carried, StatusCode::CONFLICT, Said { notice: Some(notice), ..Said::default() })
}

pub async fn submit(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
    posted: Posted,
) -> Result<Response, Failure> {
    let Some(token) = visit.cookies.login.clone() else { return Ok(blocked(&wizard, &visit)) };
    if !wizard.sessions.csrf_holds(&token, posted.get("csrf")) {
        return Err(Failure::Forged);
    }
    let state = wizard.sessions.login_seal().open(&token, posted.get("state")).ok_or(Failure::Forged)?;
    let carried: Carried = serde_json::from_str(&state).map_err(|_| Failure::Forged)?;
    let username = posted.get("username").to_owned();
    let again = |status, error, wait_until| {
        let said = Said { username: username.clone(), notice: None, error, wait_until };
        form(&wizard, &visit, &carried, status, said)
    };
    if username.trim().is_empty() {
        return Ok(again(StatusCode::OK, Some(login::Problem::UsernameMissing), None));
    }
    if !posted.has("password") {
        return Ok(again(StatusCode::OK, Some(login::Problem::PasswordMissing), None));
    }
    let lane = wizard.first.lane(&username, visit.cookies.browser.as_ref()).await?;
    let now = wizard.vault.now();
    let proof = match wizard.first.sign_in(&username, &posted.secret("password"), lane, &visit.source()).await? {
        SignIn::Proved(proof) => proof,
        SignIn::Wrong => return Ok(again(StatusCode::OK, Some(login::Problem::Wrong), None)),
        SignIn::Wait(until) => {
            return Ok(waiting(again(StatusCode::TOO_MANY_REQUESTS, None, Some(until)), now, until));
        }
        SignIn::Closed => {
            let until = now + CLOSED_FOR;
            return Ok(waiting(again(StatusCode::TOO_MANY_REQUESTS, None, Some(until)), now, until));
        }
    };
    let user = wizard.proved(&proof).await?;
    let evidence = vec![Evidence::from(proof)];
    let previous = wizard.login(&visit).await?;
    match wizard.after_password(&visit, &user, evidence, carried.rd, previous.as_ref()).await? {
        Next::SignedIn(signed_in, to) => {
            let mut response = see_other(&to);
            signed_in.tell(&visit, &mut response, None);
            Ok(response)
        }
        Next::Wizard(token, to) => {
            let mut response = see_other(to);
            let names = &visit.site.cookies;
            set_cookie(&mut response, &names.set(&names.login, &token.encode(), None));
            Ok(response)
        }
        Next::NotEnrolled => {
            let csrf = wizard.sessions.csrf(&token);
            let view = not_enrolled::View {
                start_over: Form::new("/.vestibule/login/start-over", csrf.clone()),
                request_id: visit.request.to_string(),
            };
            let frame = visit.frame_signing_in(now, &user, &csrf);
            Ok(page(StatusCode::FORBIDDEN, not_enrolled::page(&view, &frame, &wizard.texts)))
        }
    }
}

/// "Not you?": forgets the pending login.
pub async fn start_over(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
    posted: Posted,
) -> Result<Response, Failure> {
    let Some(token) = visit.cookies.login.clone() else { return Ok(see_other("/.vestibule/login")) };
    if !wizard.sessions.csrf_holds(&token, posted.get("csrf")) {
        return Err(Failure::Forged);
    }
    let mut rd = None;
    if let Some(login) = wizard.login(&visit).await? {
        rd = login.row.value.return_to.clone();
        wizard.vault.commit(vec![wizard.vault.delete(login.row.key, crate::store::Expect::Any)]).await?;
    }
    let mut response = see_other(&with_query("/.vestibule/login", &[("rd", rd.as_deref())]));
    let names = &visit.site.cookies;
    set_cookie(&mut response, &names.clear(&names.login));
    Ok(response)
}

/// A login that came without its cookie: names the cause instead of going round in circles.
fn blocked(wizard: &Wizard, visit: &Visit) -> Response {
    let ours = &visit.site.cookies.login;
    let cause = if visit.cookies.unclear.iter().any(|name| name == ours) {
        blocked::Cause::AnotherGate
    } else {
        blocked::Cause::CookiesBlocked
    };
    blocked_by(wizard, visit, cause)
}

pub fn blocked_by(wizard: &Wizard, visit: &Visit, cause: blocked::Cause) -> Response {
    let view = blocked::View { cause, login: "/.vestibule/login".to_owned() };
    let mut response =
        page(StatusCode::FORBIDDEN, blocked::page(&view, &visit.frame(wizard.vault.now()), &wizard.texts));
    for name in &visit.cookies.unclear {
        set_cookie(&mut response, &visit.site.cookies.clear(name));
    }
    response
}
