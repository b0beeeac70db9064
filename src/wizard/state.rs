//! `session`: for the application's own scripts. Says whether somebody is signed in, how much is proved and for how
//! long; not who, which the application knows from its headers.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde_json::json;

use super::{Visit, Wizard};
use crate::session::Visitor;

pub async fn show(State(wizard): State<Arc<Wizard>>, Extension(visit): Extension<Arc<Visit>>) -> Response {
    let seconds = match &visit.visitor {
        Visitor::Live(live) => wizard.vault.now().until(live.ends).as_secs(),
        Visitor::Stranger => 0,
    };
    let login = match visit.sites.portal_of(&visit.site) {
        Some(_) => visit.sites.login_page(&visit.site, &visit.facts.host, None),
        None => "/.vestibule/login".to_owned(),
    };
    let body = json!({
        "signed_in": visit.visitor.live().is_some(),
        "level": visit.visitor.level(),
        "seconds_left": seconds,
        "login": login,
        // For whoever shows the time that is left, or asks whether the clocks agree.
        "now": wizard.vault.clock().wall().secs(),
    });
    ([(CACHE_CONTROL, "no-store")], Json(body)).into_response()
}
