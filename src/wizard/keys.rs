//! The public signing keys: for anybody, cacheable for less than the overlap of two keys.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use super::Wizard;

pub async fn show(State(wizard): State<Arc<Wizard>>) -> Response {
    let headers = [(CONTENT_TYPE, "application/jwk-set+json"), (CACHE_CONTROL, "public, max-age=300")];
    (headers, wizard.keys.jwks()).into_response()
}
