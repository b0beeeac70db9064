//! A connection that carries many requests at once: HTTP/2, agreed on in the handshake of TLS, or in clear with prior
//! knowledge (RFC 9113 sections 3.2 and 3.3). Each request
//! goes the same way as one of HTTP/1, after the same strict reading; what is kept here is what the connection may cost.
//! It must never let one client's streams outlast its place, nor end one request for the sake of another.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use h2::Reason;
use http::header;
use pingora::protocols::http::ServerSession;
use pingora::protocols::http::v2::server::{self, H2Accept, H2Options, HttpSession};
use pingora::protocols::{Digest, GetSocketDigest};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::bridge;
use super::facts::{Arrived, Peer};
use super::head::{Framing, HeadError, MAX_HEAD, read_decoded};
use super::listen::{FAREWELL, Listening, Place, refusal};
use super::meter::Meter;
use super::respond::Dress;
use super::room::Guest;
use super::transport::{Patience, Transport};

/// Requests under way on one connection: a quarter of what one address may have, so that a browser waits instead of
/// failing.
const STREAMS: u32 = 64;
/// Requests on one connection in its whole life: then it is asked to come again, and what it has piled up is let go.
const REQUESTS: usize = 1000;
/// Requests on one connection that are no requests.
const MALFORMED: usize = 32;
/// What is kept of answers that a client does not take, in bytes for each.
const UNSENT: usize = 16 * 1024;
/// What may arrive before it is asked for, in bytes: on each request, and on all of a connection together, so that those
/// whose application does not read never keep back the others. An address has no more of it than its requests may.
const UNREAD_OF_ONE: u32 = 64 * 1024 - 1;
const UNREAD: u32 = UNREAD_OF_ONE * STREAMS;

/// `shared`: what one of the clients on this connection does wrong must not end the requests of others.
fn options(shared: bool) -> H2Options {
    let malformed = if shared { REQUESTS } else { MALFORMED };
    let mut options = server::default_h2_options();
    options
        .max_concurrent_streams(STREAMS)
        // Thousands of fields of one byte each are counted with what they cost us (RFC 9113 section 6.5.2).
        .max_header_list_size(MAX_HEAD as u32)
        .max_send_buffer_size(UNSENT)
        .initial_window_size(UNREAD_OF_ONE)
        .initial_connection_window_size(UNREAD)
        .max_local_error_reset_streams(Some(malformed));
    if shared {
        options.max_pending_accept_reset_streams(REQUESTS);
    }
    options
}

type Connection = h2::server::Connection<pingora::protocols::Stream, bytes::Bytes>;

impl Listening {
    /// One connection, from its preface to its end.
    pub(super) async fn converse_in_streams(self: &Arc<Self>, mut transport: Transport, peer: Peer, mut guest: Guest) {
        let (overdrawn, shared) = (CancellationToken::new(), self.is_shared(&peer));
        transport.measure(Meter::new(peer.address, shared, overdrawn.clone()));
        let digest = Arc::new(Digest { socket_digest: transport.get_socket_digest(), ..Digest::default() });
        let opening = server::handshake(Box::new(transport), Some(options(shared)));
        let Ok(Ok(mut connection)) = timeout(self.limits().head_timeout.0, opening).await else { return };
        let spent = peer.tls.as_ref().map_or_else(CancellationToken::new, |tls| tls.spent.clone());

        let mut requests = JoinSet::new();
        let (mut accepted, mut malformed, mut leaving) = (0, 0, false);
        loop {
            // Nobody is kept waiting once we leave.
            let idle = if leaving { FAREWELL } else { self.limits().idle_timeout.0 };
            if requests.is_empty() {
                guest.rest()
            } else {
                guest.rise()
            }
            let next = tokio::select! {
                biased;
                () = self.over.cancelled() => break,
                () = guest.leave.cancelled() => return farewell(connection, Reason::NO_ERROR).await,
                () = overdrawn.cancelled() => return farewell(connection, Reason::ENHANCE_YOUR_CALM).await,
                () = either(&self.stop, &spent), if !leaving => {
                    connection.graceful_shutdown();
                    leaving = true;
                    continue;
                }
                Some(_) = requests.join_next(), if !requests.is_empty() => continue,
                next = HttpSession::from_h2_conn(&mut connection, digest.clone()) => next,
                () = sleep(idle), if requests.is_empty() => return farewell(connection, Reason::NO_ERROR).await,
            };
            match next {
                Ok(Some(H2Accept::Session(mut session))) => {
                    accepted += 1;
                    if accepted == REQUESTS {
                        connection.graceful_shutdown();
                        leaving = true;
                    }
                    match reading(&mut session, peer.tls.is_some()) {
                        Ok((target, framing)) => {
                            let arrived = Arrived { peer: peer.clone(), target, framing, streamed: true };
                            match self.enter(&peer) {
                                Some(place) => drop(requests.spawn(self.clone().stream(session, arrived, place))),
                                // Nobody has looked at it: it may be sent again at once (RFC 9113 section 8.7).
                                None => session.shutdown_with_reason(Reason::REFUSED_STREAM),
                            }
                        }
                        Err(error) => {
                            malformed += usize::from(matches!(error, HeadError::Malformed(_)));
                            requests.spawn(refuse(session, peer.address, error));
                        }
                    }
                }
                // Refused by Pingora, with a bare 400: its host or its path is none, or there are two of them.
                Ok(Some(H2Accept::Rejected)) => {
                    malformed += 1;
                    let error = HeadError::Malformed("the authority or the target is not one clear reading");
                    refusal(peer.address, error);
                }
                // What was wrong was told by the meter, which has seen what the client was told. A client that just
                // goes is no news.
                Ok(None) | Err(_) => break,
            }
            if malformed >= MALFORMED && !shared {
                return farewell(connection, Reason::ENHANCE_YOUR_CALM).await;
            }
        }
        // Without the connection every request sees that its client is gone; what does not is cut.
        drop(connection);
        let _ = timeout(FAREWELL, async { while requests.join_next().await.is_some() {} }).await;
    }

    /// One request, until it is answered, cut, or nobody does anything for it any more.
    async fn stream(self: Arc<Self>, session: HttpSession, arrived: Arrived, _place: Place) {
        let mut session = ServerSession::new_http2(session);
        session.set_write_timeout(Some(self.limits().between_bytes_timeout.0));
        let patience = Arc::new(Patience::default());
        tokio::select! {
            // Pingora has no time limit for the body of such a request, so the silence is measured from outside, and all
            // that can be said at its end is that the request is over.
            () = patience.run_out(FAREWELL) => {}
            _ = self.answer(session, arrived, patience.clone()) => {}
        }
    }
}

/// The one reading of a request that came in frames: its target, and where it ends.
fn reading(session: &mut HttpSession, encrypted: bool) -> Result<(Vec<u8>, Framing), HeadError> {
    let head = session.req_header_mut();
    // In clear it may be a proxy that ended TLS. Within TLS nobody means the other scheme.
    if head.uri.scheme_str().is_some_and(|scheme| scheme != "https" && (encrypted || scheme != "http")) {
        return Err(HeadError::Malformed("the scheme is not that of the connection"));
    }
    // The two are the same where there are two, or Pingora has refused it.
    let authority = head.uri.authority().map(|authority| authority.as_str().to_owned());
    if let Some(authority) = authority {
        head.insert_header(header::HOST, authority).map_err(|_| HeadError::Malformed("the host is no host"))?;
    }
    let framing = read_decoded(head.method.as_str(), head.raw_path(), &head.headers)?;
    Ok((head.raw_path().to_vec(), framing))
}

/// Until one of the two is cancelled.
async fn either(one: &CancellationToken, other: &CancellationToken) {
    tokio::select! {
        () = one.cancelled() => {}
        () = other.cancelled() => {}
    }
}

/// Says what is wrong with a request that is none.
async fn refuse(mut session: HttpSession, peer: IpAddr, error: HeadError) {
    const LONGEST: Duration = Duration::from_secs(2);
    let answer = refusal(peer, error);
    let Ok((head, body)) = bridge::dressed(answer, Dress::plain(), &session.req_header().method) else { return };
    let _ = timeout(LONGEST, async {
        session.write_response_header(Box::new(head), body.is_none())?;
        if let Some(body) = body {
            session.write_body(body, true).await?;
        }
        session.drain_request_body().await
    })
    .await;
}

/// Says why and closes, whatever is under way.
async fn farewell(mut connection: Connection, reason: Reason) {
    connection.abrupt_shutdown(reason);
    let _ = timeout(FAREWELL, async { while let Some(Ok(_)) = connection.accept().await {} }).await;
}
