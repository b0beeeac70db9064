//! From the proxy to our own pages and back: a bounded body is read, the router is called in process, and its answer is
//! written. It must never wait for a client longer than one limit, nor hold more of it than another.

use std::ops::Deref;
use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::header;
use http::{Method, StatusCode, Version};
use pingora::ErrorType;
use pingora::http::ResponseHeader;
use pingora::proxy::Session;
use tower::ServiceExt;

use super::respond::{Answer, Dress, security_headers};
use crate::wizard::visit::VisitExtension;

/// The longest body of a form, in bytes.
pub const MAX_BODY: usize = 64 * 1024;
/// How long a form may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(15);
/// The longest answer of ours; the largest is a script.
const MAX_ANSWER: usize = 4 << 20;
/// How long, and how much, is read on after an answer that did not wait for the body: some clients lose the answer
/// when the connection is closed under what they still send.
const DRAIN_TIME: Duration = Duration::from_secs(2);
const MAX_DRAIN: usize = 8 << 20;

/// The whole of a form, within its limits. Read before the visitor is looked up: whoever holds a form back must not act
/// as the one he was when it began.
pub async fn body(session: &mut Session) -> Result<Bytes, StatusCode> {
    match tokio::time::timeout(BODY_TIME, read(session)).await {
        Ok(body) => body,
        Err(_) => Err(StatusCode::REQUEST_TIMEOUT),
    }
}

/// Asks the router. `Err`: the status of the refusal instead.
pub async fn call(
    session: &Session,
    body: Bytes,
    router: axum::Router,
    visit: VisitExtension,
) -> Result<Answer, StatusCode> {
    let mut parts = session.req_header().as_owned_parts();
    parts.version = Version::HTTP_11;
    parts.extensions.insert(visit);
    let request = http::Request::from_parts(parts, Body::from(body));
    let response = router.oneshot(request).await.unwrap_or_else(|never| match never {});
    let (parts, body) = response.into_parts();
    match axum::body::to_bytes(body, MAX_ANSWER).await {
        Ok(body) => Ok(Answer { status: parts.status, headers: parts.headers, body }),
        Err(error) => {
            tracing::error!(%error, "a page of ours could not be made");
            Err(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}

/// The whole body, within the limit.
async fn read(session: &mut Session) -> Result<Bytes, StatusCode> {
    // Said lengths are refused before a byte of them is asked for.
    let said = session.get_header(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if said.and_then(|text| text.parse::<u64>().ok()).is_some_and(|length| length > MAX_BODY as u64) {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    let waits =
        session.get_header(header::EXPECT).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"));
    if waits && !session.is_body_empty() {
        // Pingora would take it for an answer before the end of the request, and close the connection after the form.
        session.set_close_on_response_before_downstream_finish(false);
        let said = session.write_continue_response().await;
        session.set_close_on_response_before_downstream_finish(true);
        said.map_err(|_| StatusCode::BAD_REQUEST)?;
    }
    let mut body = BytesMut::new();
    while let Some(part) = session.downstream_session.read_request_body().await.map_err(unread)? {
        if body.len() + part.len() > MAX_BODY {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        body.extend_from_slice(&part);
    }
    Ok(body.freeze())
}

/// The status for a body that cannot be read: one that stops coming is late, whichever of the limits it meets.
fn unread(error: impl Deref<Target = pingora::Error>) -> StatusCode {
    match error.etype() {
        ErrorType::ReadTimedout => StatusCode::REQUEST_TIMEOUT,
        _ => StatusCode::BAD_REQUEST,
    }
}

/// Writes an answer of ours, dressed; then reads on for a bounded while if the client is still sending. Returns how
/// many bytes of body were sent.
pub async fn write(session: &mut Session, answer: Answer, dress: Dress) -> pingora::Result<usize> {
    let (head, body) = dressed(answer, dress, &session.req_header().method)?;
    let sent = body.as_ref().map_or(0, Bytes::len);
    session.write_response_header(Box::new(head), body.is_none()).await?;
    session.write_response_body(body, true).await?;
    drain(session).await;
    Ok(sent)
}

/// An answer of ours as Pingora sends it: its head, and its body unless there is none to send.
pub fn dressed(mut answer: Answer, dress: Dress, method: &Method) -> pingora::Result<(ResponseHeader, Option<Bytes>)> {
    security_headers(&mut answer.headers, dress);
    let mut head = ResponseHeader::build(answer.status, Some(answer.headers.len() + 4))?;
    let mut last = None;
    for (name, value) in answer.headers {
        // A repeated name follows as `None`.
        last = name.or(last);
        if let Some(name) = &last {
            head.append_header(name.clone(), value)?;
        }
    }
    let bodiless = matches!(answer.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    if !bodiless {
        head.insert_header(header::CONTENT_LENGTH, answer.body.len())?;
    }
    let empty = bodiless || answer.body.is_empty() || *method == Method::HEAD;
    Ok((head, (!empty).then_some(answer.body)))
}

async fn drain(session: &mut Session) {
    if session.is_body_done() {
        return;
    }
    let _ = tokio::time::timeout(DRAIN_TIME, async {
        let mut read = 0;
        while let Ok(Some(part)) = session.downstream_session.read_request_body().await {
            read += part.len();
            if read > MAX_DRAIN {
                break;
            }
        }
    })
    .await;
}
