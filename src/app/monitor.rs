//! `listen.metrics`: numbers, health and the public keys, for whoever watches over the gate. A listener of its own, in
//! clear and without a login, which no visitor reaches; it tells nothing that is anybody's, and takes nothing in. Many or
//! slow clients here cost a bounded amount and hold up nobody else.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::{Parts, StartError};
use crate::telemetry::{self, metrics};

/// Connections at a time; one more is closed unheard.
const AT_ONCE: usize = 32;
/// How long a connection may take, from the first byte to the last.
const IN_ALL: Duration = Duration::from_secs(10);
/// The largest head of a request.
const HEAD: usize = 16 * 1024;
/// How long to wait after the machine refused to give us a connection.
const BREATH: Duration = Duration::from_millis(100);

/// The listener, bound and not answering yet.
pub struct Monitor(TcpListener);

#[derive(Clone)]
struct Watched {
    parts: Arc<Parts>,
    /// Cancelled as soon as a stop is asked for: from then on nobody new should be sent here.
    stop: CancellationToken,
}

impl Monitor {
    /// `None`: no address is configured.
    ///
    /// # Errors
    /// The address cannot be had.
    pub async fn bind(address: &str) -> Result<Option<Self>, StartError> {
        if address.is_empty() {
            return Ok(None);
        }
        let failed = |why| StartError::Monitor { address: address.to_owned(), why };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        tracing::info!(%address, "metrics and health");
        Ok(Some(Self(listener)))
    }

    /// Answers until `over`.
    pub async fn serve(self, parts: Arc<Parts>, stop: CancellationToken, over: CancellationToken) {
        let router = Router::new()
            .route("/metrics", get(numbers))
            .route("/health/live", get(live))
            .route("/health/ready", get(ready))
            .route("/.vestibule/jwks.json", get(keys))
            .route("/.well-known/vestibule/jwks.json", get(keys))
            .with_state(Watched { parts, stop });
        let places = Arc::new(Semaphore::new(AT_ONCE));
        loop {
            let accepted = tokio::select! {
                () = over.cancelled() => return,
                accepted = self.0.accept() => accepted,
            };
            match accepted {
                Ok((stream, _)) => {
                    let Ok(place) = places.clone().try_acquire_owned() else { continue };
                    let router = router.clone();
                    tokio::spawn(async move {
                        let _ = tokio::time::timeout(IN_ALL, answer(stream, router)).await;
                        drop(place);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection for metrics was not accepted");
                    tokio::time::sleep(BREATH).await;
                }
            }
        }
    }
}

/// One request, one answer.
async fn answer(stream: TcpStream, router: Router) {
    let mut builder = http1::Builder::new();
    builder.keep_alive(false).max_buf_size(HEAD);
    // Whoever sends nonsense or goes away is nobody's trouble but his own.
    let _ = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router)).await;
}

async fn numbers(State(watched): State<Watched>) -> Response {
    let parts = &watched.parts;
    metrics().sessions.set(i64::try_from(parts.sessions.in_memory()).unwrap_or(i64::MAX));
    metrics().store_ready.set(i64::from(parts.vault.ready().await.is_ok()));
    plain(StatusCode::OK, telemetry::CONTENT_TYPE, metrics().text())
}

/// The process answers: no reason to start it anew, whatever else is wrong.
async fn live() -> Response {
    plain(StatusCode::OK, "text/plain; charset=utf-8", "live\n".to_owned())
}

/// Whether visitors should be sent here: the store answers, and no stop was asked for. Why not is in the log.
async fn ready(State(watched): State<Watched>) -> Response {
    let text = "text/plain; charset=utf-8";
    if watched.stop.is_cancelled() {
        return plain(StatusCode::SERVICE_UNAVAILABLE, text, "stopping\n".to_owned());
    }
    match watched.parts.vault.ready().await {
        Ok(()) => plain(StatusCode::OK, text, "ready\n".to_owned()),
        Err(error) => {
            tracing::warn!(%error, "not ready: the store does not answer");
            plain(StatusCode::SERVICE_UNAVAILABLE, text, "the store does not answer\n".to_owned())
        }
    }
}

async fn keys(State(watched): State<Watched>) -> Response {
    let mut response = plain(StatusCode::OK, "application/jwk-set+json", watched.parts.keys.jwks());
    response.headers_mut().insert(CACHE_CONTROL, axum::http::HeaderValue::from_static("public, max-age=300"));
    response
}

fn plain(status: StatusCode, kind: &'static str, body: String) -> Response {
    let fields = [(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-store"), (X_CONTENT_TYPE_OPTIONS, "nosniff")];
    (status, fields, body).into_response()
}

/// Whether everybody could come by: an address of the internet, or all addresses of the machine.
pub fn is_public(address: &SocketAddr) -> bool {
    match address.ip().to_canonical() {
        IpAddr::V4(ip) => !(ip.is_loopback() || ip.is_private() || ip.is_link_local()),
        IpAddr::V6(ip) => !(ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_can_come_by_is_told_by_the_address() {
        for (address, public) in [
            ("127.0.0.1:9464", false),
            ("10.0.0.3:9464", false),
            ("[::1]:9464", false),
            ("[fd00::1]:9464", false),
            ("0.0.0.0:9464", true),
            ("[::]:9464", true),
            ("192.0.2.7:9464", true),
            ("[::ffff:192.0.2.7]:9464", true),
        ] {
            assert_eq!(is_public(&address.parse().unwrap()), public, "{address}");
        }
    }
}
