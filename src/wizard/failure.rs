//! What a handler could not do, and the one place that turns it into a page. A failure carries no markup, so that a
//! handler can give up anywhere; `dress` knows the visit and writes the page.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::header::{HeaderValue, RETRY_AFTER};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use vestibule_templates::{Link, pages};

use super::finish::{ACCOUNT, see_other};
use super::login::{blocked_by, start_again};
use super::{Visit, Wizard};
use crate::account::AccountError;
use crate::directory::DirectoryError;
use crate::method::CheckError;
use crate::session::SessionError;
use crate::store::VaultError;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The step lies elsewhere, at this path of ours: 303, or 409 with the login page for a stranger's form.
    Elsewhere(&'static str),
    /// 400
    Unreadable,
    /// 413
    TooLarge,
    /// 403: the anti-forgery value is not this browser's.
    Forged,
    /// 403: not asked for by a navigation of the visitor's own.
    NotFromHere,
    /// 403: the site's address has another scheme than the one the browser came by.
    WrongScheme,
    /// 403: not for this visitor.
    Forbidden,
    /// 404
    NotFound,
    /// 405
    NotOffered,
    /// 409: a step that is over, or was overtaken by another.
    Overtaken,
    /// 503: the store, or the password queue.
    Unavailable,
}

impl Failure {
    pub fn status(&self) -> StatusCode {
        match self {
            Failure::Elsewhere(_) => StatusCode::SEE_OTHER,
            Failure::Unreadable => StatusCode::BAD_REQUEST,
            Failure::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Failure::Forged | Failure::NotFromHere | Failure::WrongScheme | Failure::Forbidden => StatusCode::FORBIDDEN,
            Failure::NotFound => StatusCode::NOT_FOUND,
            Failure::NotOffered => StatusCode::METHOD_NOT_ALLOWED,
            Failure::Overtaken => StatusCode::CONFLICT,
            Failure::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// A store that cannot be sure is never "no".
impl From<VaultError> for Failure {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Conflict(_) => Failure::Overtaken,
            VaultError::Unavailable(_) | VaultError::Unreadable { .. } => {
                tracing::error!(%error, "the store refused");
                Failure::Unavailable
            }
        }
    }
}

impl From<AccountError> for Failure {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Vault(error) => error.into(),
            AccountError::Inconsistent(_) => {
                tracing::error!(%error, "a user was refused");
                Failure::Forbidden
            }
            AccountError::NoSuchFactor => Failure::NotFound,
            AccountError::Unknown
            | AccountError::Taken
            | AccountError::Retired
            | AccountError::Changed
            | AccountError::TooManyFactors => Failure::Overtaken,
        }
    }
}

impl From<SessionError> for Failure {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::Account(error) => error.into(),
            SessionError::Vault(error) => error.into(),
        }
    }
}

impl From<DirectoryError> for Failure {
    fn from(error: DirectoryError) -> Self {
        match error {
            DirectoryError::Busy | DirectoryError::NoMemory => Failure::Unavailable,
            DirectoryError::Password(_) => Failure::Unreadable,
            DirectoryError::Account(error) => error.into(),
            DirectoryError::Vault(error) => error.into(),
        }
    }
}

impl From<CheckError> for Failure {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::NoSuchMethod(_) => Failure::NotFound,
            CheckError::Field(_) => Failure::Unreadable,
            CheckError::AlreadyEnrolled | CheckError::Wait(_) | CheckError::Last => Failure::Overtaken,
            CheckError::Account(error) => error.into(),
            CheckError::Vault(error) => error.into(),
        }
    }
}

pub async fn not_found() -> Failure {
    Failure::NotFound
}

pub async fn method_not_allowed() -> Failure {
    Failure::NotOffered
}

/// Gives a bare failure its page.
pub async fn dress(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    let Some(failure) = response.extensions_mut().remove::<Failure>() else { return response };
    let writes = !matches!(visit.facts.method, Method::GET | Method::HEAD);
    match (&failure, visit.visitor.live()) {
        (Failure::WrongScheme, _) => return blocked_by(&wizard, &visit, pages::blocked::Cause::PlainHttp, None),
        // A step that was sent without the one before it, or after its end: the login is where it begins again.
        (Failure::Elsewhere(_) | Failure::Overtaken, None) if writes => {
            return start_again(&wizard, &visit).await.unwrap_or_else(|failure| failure.status().into_response());
        }
        (Failure::Elsewhere(to), _) => return see_other(to),
        _ => {}
    }
    let now = wizard.vault.now();
    let (link, frame) = match visit.visitor.live() {
        Some(live) => (Link::new(visit.texts.text("account-link"), ACCOUNT), visit.frame_signed_in(now, &live.user)),
        None => (Link::new(visit.texts.text("login-link"), "/.vestibule/login"), visit.frame(now)),
    };
    let view = pages::refusal::View {
        status: failure.status().as_u16(),
        why: match failure {
            Failure::Forged => pages::refusal::Why::StaleForm,
            Failure::NotFromHere => pages::refusal::Why::NotFromHere,
            _ => pages::refusal::Why::Status,
        },
        request_id: visit.request.to_string(),
        links: vec![link],
    };
    let page = pages::refusal::page(&view, &frame, &visit.texts);
    let mut dressed = (failure.status(), Html(page.into_string())).into_response();
    // What the router knows of the route (`Allow`) stays.
    for (name, value) in response.headers() {
        if name == axum::http::header::ALLOW {
            dressed.headers_mut().insert(name.clone(), value.clone());
        }
    }
    if failure == Failure::Unavailable {
        dressed.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
    }
    dressed
}
