//! `login/{method}`: signing in by a factor alone, such as a passkey, in place of name and password. The page's script
//! asks for a challenge when it is about to need one. It is stored nowhere: it travels through the page, signed and bound
//! to the login cookie, so that strangers who look at pages write nothing; its first use leaves a mark.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde_json::json;
use vestibule_templates::pages::login;
use vestibule_templates::{Form, Wait, moment};

use super::account::seconds;
use super::ask::wait;
use super::failure::Failure;
use super::finish::waiting;
use super::form::Posted;
use super::login::{Said, Sent, form, go_on, not_this_one};
use super::{Visit, Wizard};
use crate::method::{Begun, Ceremony, Checked};
use crate::types::MethodId;

impl Wizard {
    /// What the login page offers beside the password, here.
    pub(super) fn offered_alone(&self, visit: &Visit, csrf: &str, state: &str) -> Vec<login::Alone> {
        let place = visit.place();
        let methods =
            self.checks.registry.iter().filter(|method| method.card().usable_alone && method.works_at(&place));
        let offer = |id: &MethodId| {
            let action = format!("/.vestibule/login/{id}");
            login::Alone {
                method: id.to_string(),
                challenge: format!("{action}/challenge"),
                form: Form::new(action, csrf).with("state", state),
                button: visit.texts.text(&format!("method-{id}-alone")),
            }
        };
        methods.map(|method| offer(&method.card().id)).collect()
    }
}

/// `POST login/{method}/challenge`, by the page's own script: options for the browser, and the challenge as it comes
/// back in the form.
pub async fn challenge(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
    Path(method): Path<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    // The application's script shares our origin, and does not know the form of our page.
    let token = visit.cookies.login.as_ref().filter(|token| wizard.sessions.csrf_holds(token, posted.get("csrf")));
    let token = token.ok_or(Failure::Forged)?;
    if let Err(until) = wizard.checks.throttle.challenged(visit.facts.client) {
        // The page's script shows it.
        let said = match wait(until) {
            Wait::Until(at) => moment::again_at("login-alone-wait", at, seconds(wizard.vault.now()), &visit.texts),
            Wait::Closed => String::new(),
        };
        return Ok(waiting(said.into_response(), wizard.vault.now(), until));
    }
    let method = MethodId::parse(&method).ok_or(Failure::NotFound)?;
    let (begun, ceremony) = wizard.checks.begin_alone(&method, &visit.place())?;
    let (Ceremony::Get(options) | Ceremony::Create(options)) = ceremony;
    let sealed = wizard.sessions.challenge_seal().seal(token, &serde_json::to_string(&begun).unwrap_or_default());
    let body = json!({ "options": options, "challenge": sealed });
    Ok(([(CACHE_CONTROL, "no-store")], Json(body)).into_response())
}

/// `POST login/{method}`
pub async fn submit(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
    Path(method): Path<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    let Some(sent) = Sent::open(&wizard, &visit, &posted) else {
        return not_this_one(&wizard, &visit, &posted).await;
    };
    let now = wizard.vault.now();
    let again = async |status, said| form(&wizard, &visit, &sent.carried, status, said).await;
    let late = || Said { notice: Some(login::Notice::FormExpired), ..Said::default() };
    let held = |wait| Said { wait: Some(wait), ..Said::default() };
    if let Err(until) = wizard.checks.throttle.challenged(visit.facts.client) {
        return Ok(waiting(again(StatusCode::TOO_MANY_REQUESTS, held(wait(until))).await?, now, until));
    }
    let begun = wizard.sessions.challenge_seal().open(&sent.token, posted.get("challenge"));
    let begun = begun.and_then(|text| serde_json::from_str::<Begun>(&text).ok());
    let Some(begun) = begun.filter(|begun| begun.method.as_str() == method) else {
        return again(StatusCode::FORBIDDEN, late()).await;
    };
    let (place, source, browser) = (visit.place(), visit.source(), &visit.cookies.browser);
    let spent = wizard.tickets.spend("challenge", &begun.pending, begun.expires)?;
    match wizard.checks.check_alone(&begun, &posted.answer(), browser, &place, &source, vec![spent]).await? {
        Checked::Proved(proof) => go_on(&wizard, &visit, proof, sent).await,
        // As a wrong password: whose key it was, what is wrong with it, and whether its challenge was used before, is for
        // the trail. Nobody waits for a wrong signature.
        Checked::Wrong | Checked::Gone | Checked::Wait(_) | Checked::Closed => {
            let said = Said { error: Some(login::Problem::Wrong), ..Said::default() };
            again(StatusCode::OK, said).await
        }
    }
}
