//! `call/{token}`: where a telephone provider asks what to say. It is for a program and outside of all pages: no cookie, no
//! form of ours, no session. Whoever is refused learns nothing: an address that nobody made, one that is used up, and a
//! request that the provider did not sign get the same answer.

use std::sync::Arc;

use axum::Extension;
use axum::body::to_bytes;
use axum::extract::{Path, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use super::failure::Failure;
use super::{Visit, Wizard};
use crate::method::Asked;

/// What a provider says of a call is some hundred bytes.
const MOST_BYTES: usize = 8 * 1024;

/// `GET`, or the first `POST`: asks for a key. The `POST` with the key: says the code, once.
pub async fn answer(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
    Path(token): Path<String>,
    request: Request,
) -> Result<Response, Failure> {
    // The address that was given has none: a signature is judged over that very address.
    if visit.facts.query.is_some() {
        return Err(Failure::NotFound);
    }
    let (head, body) = request.into_parts();
    let body = to_bytes(body, MOST_BYTES).await.map_err(|_| Failure::NotFound)?;
    let asked = Asked { token: &token, method: &head.method, headers: &head.headers, body: &body };
    let said = wizard.checks.say(&asked).await?.ok_or(Failure::NotFound)?;
    Ok(([(CONTENT_TYPE, "text/xml; charset=utf-8")], said).into_response())
}
