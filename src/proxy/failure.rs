//! What went wrong, and what is made of it: a status for the client, a reason for the log. No reason may quote a byte that a
//! stranger sent.

use http::StatusCode;
use pingora::{Error, ErrorSource, ErrorType};

use super::chunks::ChunkError;
use crate::gate::FactsError;

/// A no, with what was wrong where it was the request: words of ours, never the client's.
#[derive(Debug)]
pub struct Refused {
    pub(super) status: StatusCode,
    pub(super) why: Option<String>,
    /// Where it was the request that could not be read.
    pub(super) unread: Option<FactsError>,
}

impl Refused {
    /// With a reason for the log.
    pub(super) fn because(status: StatusCode, why: &str) -> Self {
        Self { status, why: Some(why.to_owned()), unread: None }
    }
}

impl From<StatusCode> for Refused {
    fn from(status: StatusCode) -> Self {
        // All but the body was read before.
        let why = (status == StatusCode::BAD_REQUEST).then(|| "the body cannot be read".to_owned());
        Self { status, why, unread: None }
    }
}

impl From<FactsError> for Refused {
    fn from(error: FactsError) -> Self {
        let status = match error {
            FactsError::MethodNotOffered => StatusCode::METHOD_NOT_ALLOWED,
            FactsError::Method | FactsError::Host | FactsError::Target | FactsError::Forwarded => {
                StatusCode::BAD_REQUEST
            }
        };
        Self { status, why: Some(error.to_string()), unread: Some(error) }
    }
}

/// How much of a reason is told, in characters.
const LONGEST_REASON: usize = 400;

/// Why there is no connection, for the log: all that Pingora says, for nothing was received that it could quote.
pub fn unreachable(error: &Error) -> String {
    error.to_string().trim().chars().take(LONGEST_REASON).collect()
}

/// What went wrong on a connection, for the log: its kind, and the cause in the words of the machine or of the protocol.
/// Never Pingora's own words, which quote what was received.
pub fn reason(error: &Error) -> String {
    let (kind, cause) = (error.etype().as_str(), error.root_cause());
    // An error without a cause is its own.
    if cause.is::<Error>() || cause.is::<Box<Error>>() {
        return kind.to_owned();
    }
    format!("{kind}: {cause}").chars().take(LONGEST_REASON).collect()
}

/// What was wrong with the chunks of a body, where that is what went wrong.
pub fn unclear(error: &Error) -> Option<&ChunkError> {
    error.root_cause().downcast_ref::<std::io::Error>()?.get_ref()?.downcast_ref()
}

/// The status for a failure; none where the client is gone.
pub fn failure(error: &Error) -> Option<StatusCode> {
    use ErrorType::{
        ConnectTimedout, ConnectionClosed, HTTPStatus, ReadError, ReadTimedout, TLSHandshakeTimedout, WriteError,
        WriteTimedout,
    };
    if unclear(error).is_some() {
        return Some(StatusCode::BAD_REQUEST);
    }
    match (error.etype(), error.esource()) {
        (HTTPStatus(status), _) => Some(StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)),
        (ReadError | WriteError | WriteTimedout | ConnectionClosed, ErrorSource::Downstream) => None,
        (ReadTimedout, ErrorSource::Downstream) => Some(StatusCode::REQUEST_TIMEOUT),
        (_, ErrorSource::Downstream) => Some(StatusCode::BAD_REQUEST),
        (ConnectTimedout | ReadTimedout | WriteTimedout | TLSHandshakeTimedout, ErrorSource::Upstream) => {
            Some(StatusCode::GATEWAY_TIMEOUT)
        }
        (_, ErrorSource::Upstream) => Some(StatusCode::BAD_GATEWAY),
        (_, ErrorSource::Internal | ErrorSource::Unset) => Some(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whose_fault_it_was_decides_the_status() {
        let status = |kind, source| {
            let mut error = Error::new(kind);
            error.esource = source;
            failure(&error).map(|status| status.as_u16())
        };
        assert_eq!(status(ErrorType::ConnectRefused, ErrorSource::Upstream), Some(502));
        assert_eq!(status(ErrorType::ConnectTimedout, ErrorSource::Upstream), Some(504));
        assert_eq!(status(ErrorType::ReadTimedout, ErrorSource::Upstream), Some(504));
        assert_eq!(status(ErrorType::InvalidHTTPHeader, ErrorSource::Downstream), Some(400));
        assert_eq!(status(ErrorType::ConnectionClosed, ErrorSource::Downstream), None);
        assert_eq!(status(ErrorType::HTTPStatus(403), ErrorSource::Unset), Some(403));
        assert_eq!(status(ErrorType::InternalError, ErrorSource::Internal), Some(500));
    }
}
