//! Connections: accepting them, counting them by address, reading one head after another, and letting go of them when
//! the process stops. Whatever comes before a judged request is answered here; what a client may cost before that is
//! bounded in number, bytes and time.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use http::StatusCode;
use pingora::apps::{HttpServerApp, ReusedHttpStream};
use pingora::protocols::http::ServerSession;
use pingora::proxy::HttpProxy;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::facts::Arrived;
use super::head::{Head, HeadError, PREFACE, Scanner};
use super::respond::{Answer, Dress, METHODS};
use super::transport::{Patience, Transport, after};
use super::{Gatekeeper, Running};
use crate::config::LimitsSection;
use crate::telemetry::ACCESS;
use crate::types::neighbourhood;

/// How long to wait after the machine refused to give us a connection (no more file descriptors).
const BREATH: Duration = Duration::from_millis(100);
/// How long connections that were cut have to notice.
pub(super) const FAREWELL: Duration = Duration::from_secs(1);

/// For each request under way an address may have so many connections. A request holds the application, and, where its
/// visitor takes nothing of a large answer, up to 0.6 MiB (Pingora reads nine times 64 KiB ahead).
const CONNECTIONS_FOR_ONE: usize = 3;

tokio::task_local! {
    /// The request this task is busy with: Pingora carries nothing of ours from here to the filters.
    static REQUEST: Request;
}

/// A request, and the means to end it.
#[derive(Clone, Debug)]
pub struct Request {
    pub arrived: Arc<Arrived>,
    pub token: CancellationToken,
    /// With the application's silence.
    pub patience: Arc<Patience>,
}

impl Request {
    /// The request of the running task.
    pub fn current() -> Option<Self> {
        REQUEST.try_with(Request::clone).ok()
    }
}

/// What all connections share.
pub struct Listening {
    proxy: Arc<HttpProxy<Gatekeeper>>,
    running: Arc<ArcSwap<Running>>,
    addresses: Arc<Addresses>,
    /// Requests under way.
    requests: Arc<Addresses>,
    pub(super) stop: CancellationToken,
    /// The parent of every request's token: cancelled when the time to finish is over.
    pub(super) over: CancellationToken,
    /// Pingora's own word for `stop`.
    stopping: watch::Receiver<bool>,
}

impl Listening {
    pub fn new(
        proxy: Arc<HttpProxy<Gatekeeper>>,
        running: Arc<ArcSwap<Running>>,
        stop: CancellationToken,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        let (addresses, requests) = Default::default();
        Self { proxy, running, addresses, requests, stop, over: CancellationToken::new(), stopping }
    }

    pub(super) fn limits(&self) -> LimitsSection {
        self.running.load().limits.clone()
    }

    /// A place for one more request of this address, among a third as many as it may have connections.
    pub(super) fn enter(&self, address: IpAddr) -> Option<Place> {
        let place = self.requests.enter(address, (self.most(&address) / CONNECTIONS_FOR_ONE).max(1));
        if place.is_none() {
            tracing::info!(target: ACCESS, client = %address, "too many requests at once from one address");
        }
        place
    }

    /// How many connections this address may have at a time.
    fn most(&self, address: &IpAddr) -> usize {
        let running = self.running.load();
        if running.trusts(address) { usize::MAX } else { running.limits.connections_per_address }
    }

    /// Accepts until a stop is asked for, then lets open requests finish for the drain time, then cuts them.
    pub async fn accept(self: Arc<Self>, listener: TcpListener) {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                () = self.stop.cancelled() => break,
                Some(_) = connections.join_next(), if !connections.is_empty() => {}
                accepted = listener.accept() => match accepted {
                    Ok((stream, peer)) => {
                        let address = peer.ip().to_canonical();
                        let Some(place) = self.addresses.enter(address, self.most(&address)) else {
                            tracing::debug!(client = %address, "too many connections from one address");
                            continue;
                        };
                        connections.spawn(self.clone().converse(stream, peer, place));
                    }
                    Err(error) => {
                        tracing::warn!(%error, "a connection was not accepted");
                        tokio::time::sleep(BREATH).await;
                    }
                },
            }
        }
        drop(listener);
        let drain = self.running.load().limits.drain.0;
        let finished = timeout(drain, async { while connections.join_next().await.is_some() {} }).await;
        if finished.is_err() {
            self.over.cancel();
            let _ = timeout(FAREWELL, async { while connections.join_next().await.is_some() {} }).await;
            connections.shutdown().await;
        }
    }

    /// One connection: one head after another, each handed to Pingora with nothing but its own body behind it; or many
    /// requests at once, where it begins with the preface of HTTP/2.
    async fn converse(self: Arc<Self>, stream: TcpStream, peer: SocketAddr, _place: Place) {
        // Answers are written whole: waiting for more to send would only delay them.
        let _ = stream.set_nodelay(true);
        let address = peer.ip().to_canonical();
        let mut transport = Transport::new(stream, SocketAddr::new(address, peer.port()));
        let mut fresh = true;
        loop {
            let limits = self.limits();
            let head = match self.head(&mut transport, &limits, fresh).await {
                Ok(Some(Opening::Head(head))) => head,
                Ok(Some(Opening::Streams)) => return self.converse_in_streams(transport, address).await,
                Ok(None) => return,
                Err(error) => return say_and_close(transport, refusal(address, error)).await,
            };
            let Some(_place) = self.enter(address) else {
                let answer = Answer::unreadable(StatusCode::TOO_MANY_REQUESTS).later();
                return say_and_close(transport, answer).await;
            };
            match self.request(transport, head, address, &limits).await {
                Some(next) => transport = next,
                None => return,
            }
            fresh = false;
        }
    }

    /// The next head; none when the client has gone, was silent for too long, or we stop. `fresh`: nothing was said yet,
    /// so that it may be HTTP/2.
    async fn head(
        &self,
        transport: &mut Transport,
        limits: &LimitsSection,
        fresh: bool,
    ) -> Result<Option<Opening>, HeadError> {
        if transport.held().is_empty() {
            tokio::select! {
                // What has arrived is still answered: the stop is looked at last.
                biased;
                filled = transport.fill_until(after(limits.idle_timeout.0)) => match filled {
                    Some(Ok(1..)) => {}
                    _ => return Ok(None),
                },
                () = self.stop.cancelled() => return Ok(None),
            }
        }
        let deadline = after(limits.head_timeout.0);
        let mut scanner = Scanner::default();
        loop {
            let held = transport.held();
            if fresh && held.starts_with(PREFACE) {
                return Ok(Some(Opening::Streams));
            }
            // Up to a point the preface looks like a head, and a short one of HTTP/1 like the preface.
            let undecided = fresh && PREFACE.starts_with(held);
            if !undecided && let Some(head) = scanner.scan(held)? {
                return Ok(Some(Opening::Head(head)));
            }
            match transport.fill_until(deadline).await {
                Some(Ok(1..)) => {}
                Some(_) => return Ok(None),
                None => return Err(HeadError::TooSlow),
            }
        }
    }

    /// One request, until it is answered or cut. Returns the connection where it can be used again.
    async fn request(
        &self,
        mut transport: Transport,
        head: Head,
        peer: IpAddr,
        limits: &LimitsSection,
    ) -> Option<Transport> {
        let bytes = transport.begin_message(head.length, head.framing);
        let patience = transport.patience();
        let mut session = ServerSession::new_http1(Box::new(transport));
        session.set_pipelined_prefix(bytes);
        session.set_read_timeout(Some(limits.between_bytes_timeout.0));
        session.set_write_timeout(Some(limits.between_bytes_timeout.0));
        let arrived = Arrived { peer, target: head.target, framing: head.framing, streamed: false };
        let (stream, _) = self.answer(session, arrived, patience).await?.consume();
        stream.into_any().downcast::<Transport>().ok().map(|transport| *transport)
    }

    /// Has a request answered, unless it is cut before. Returns the connection where it belongs to the request.
    pub(super) async fn answer(
        &self,
        session: ServerSession,
        arrived: Arrived,
        patience: Arc<Patience>,
    ) -> Option<ReusedHttpStream> {
        let token = self.over.child_token();
        let request = Request { arrived: Arc::new(arrived), token: token.clone(), patience };
        let answered = REQUEST.scope(request, async {
            tokio::select! {
                biased;
                // Dropping what Pingora does closes both sides at once.
                () = token.cancelled() => None,
                answered = self.proxy.process_new_http(session, &self.stopping) => answered,
            }
        });
        answered.await
    }
}

/// How a client begins.
enum Opening {
    Head(Head),
    /// With the preface of HTTP/2, which is still held.
    Streams,
}

/// Answers without Pingora.
async fn say_and_close(mut transport: Transport, answer: Answer) {
    let _ = timeout(BREATH, transport.answer(&answer.into_bytes(Dress::plain()))).await;
    transport.close_gently().await;
}

/// The answer to what is no request, told in the log with its reason and without what it was.
pub(super) fn refusal(client: IpAddr, error: HeadError) -> Answer {
    let status = error.status();
    tracing::info!(target: ACCESS, %client, status = status.as_u16(), %error);
    let answer = Answer::unreadable(status);
    if error == HeadError::Method { answer.allowing(METHODS) } else { answer }
}

/// How many connections each address has, or requests where the connections are a proxy's.
#[derive(Debug, Default)]
pub struct Addresses(Mutex<HashMap<IpAddr, usize>>);

/// One place in the count.
#[derive(Debug)]
pub struct Place {
    addresses: Arc<Addresses>,
    address: IpAddr,
}

impl Addresses {
    /// A place among at most `most`, until it is dropped.
    pub fn enter(self: &Arc<Self>, address: IpAddr, most: usize) -> Option<Place> {
        let address = neighbourhood(address);
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(address).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Place { addresses: self.clone(), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.addresses.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_are_counted_by_address_and_let_go() {
        let addresses = Arc::new(Addresses::default());
        let (one, other) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let first = addresses.enter(one, 2).unwrap();
        let _second = addresses.enter(one, 2).unwrap();
        assert!(addresses.enter(one, 2).is_none());
        assert!(addresses.enter(other, 2).is_some());
        drop(first);
        assert!(addresses.enter(one, 2).is_some());
    }

    #[test]
    fn a_network_of_one_client_is_one_client() {
        let addresses = Arc::new(Addresses::default());
        let _place = addresses.enter("2001:db8::1".parse().unwrap(), 1).unwrap();
        assert!(addresses.enter("2001:db8::2".parse().unwrap(), 1).is_none());
        assert!(addresses.enter("2001:db8:0:1::1".parse().unwrap(), 1).is_some());
    }
}
