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
use rustix::net::sockopt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::facts::{Arrived, Peer};
use super::head::{Head, HeadError, PREFACE, Scanner};
use super::proxy_protocol::{self, PreambleError};
use super::respond::{Answer, Dress, METHODS};
use super::room::{Guest, Room};
use super::stream::Stream;
use super::tls::HandshakeError;
use super::transport::{Patience, Transport, after};
use super::{Gatekeeper, Running};
use crate::config::LimitsSection;
use crate::telemetry::ACCESS;
use crate::types::neighbourhood;

/// How long to wait after the machine refused to give us a connection (no more file descriptors).
const BREATH: Duration = Duration::from_millis(100);
/// How many idle ones then make room.
const AT_ONCE: usize = 16;
/// How long connections that were cut have to notice.
pub(super) const FAREWELL: Duration = Duration::from_secs(1);

/// Requests under way that every address may have, however few its connections may be: many share one. What an answer
/// costs that nobody takes is counted elsewhere (`untaken.rs`).
const REQUESTS: usize = 256;

/// How long nothing is said again of the same.
const SILENCE: Duration = Duration::from_secs(60);

/// When a client that says nothing is asked whether it is there, how often, and after how many questions without an
/// answer it is not. A WebSocket or a stream of somebody who vanished would stay for ever.
const SILENT: Duration = Duration::from_secs(60);
const BETWEEN_QUESTIONS: Duration = Duration::from_secs(15);
const QUESTIONS: u32 = 4;
/// How long what was sent may stay unconfirmed, at least.
const UNCONFIRMED: Duration = Duration::from_secs(120);

/// An address that is listened at, and how a connection begins there.
pub struct Listener {
    pub socket: TcpListener,
    pub entrance: Entrance,
}

impl From<TcpListener> for Listener {
    /// In clear.
    fn from(socket: TcpListener) -> Self {
        Self { socket, entrance: Entrance::default() }
    }
}

/// How a connection begins.
#[derive(Clone, Copy, Debug, Default)]
pub struct Entrance {
    /// With TLS.
    pub encrypted: bool,
    /// Before everything else, with what a trusted proxy says of it.
    pub proxied: bool,
}

/// Why a connection came to no request. All the client is told is what TLS has words for.
#[derive(Debug, thiserror::Error)]
enum OpeningError {
    #[error("only proxies in trust.proxies may connect here")]
    Stranger,
    #[error(transparent)]
    Preamble(#[from] PreambleError),
    #[error(transparent)]
    Handshake(#[from] HandshakeError),
    #[error("too many connections at once from one address")]
    Crowded,
    #[error("there are no certificates")]
    Unready,
    #[error("the connection was not opened in time")]
    TooSlow,
}

impl OpeningError {
    /// Whether the other side just went: whoever only looks whether somebody listens does that all day.
    fn is_departure(&self) -> bool {
        use std::io::ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};
        match self {
            Self::Preamble(PreambleError::Cut(error)) | Self::Handshake(HandshakeError::Failed(error)) => {
                matches!(error.kind(), BrokenPipe | ConnectionReset | UnexpectedEof)
            }
            _ => false,
        }
    }
}

tokio::task_local! {
    /// The request this task is busy with: Pingora carries nothing of ours from here to the filters.
    static REQUEST: Request;
}

/// A request, and the means to end it.
#[derive(Clone)]
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
    room: Arc<Room>,
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
        requests: Arc<Addresses>,
        stop: CancellationToken,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        let (addresses, room) = (Arc::new(Addresses::of("connections")), Arc::new(Room::of_machine()));
        Self { proxy, running, addresses, requests, room, stop, over: CancellationToken::new(), stopping }
    }

    pub(super) fn limits(&self) -> LimitsSection {
        self.running.load().limits.clone()
    }

    /// A place for one more request of this peer; those behind a trusted proxy are entered when it is known whose.
    pub(super) fn enter(&self, peer: &Peer) -> Option<Place> {
        let most = if self.is_shared(peer) { usize::MAX } else { most_requests(&self.running.load().limits) };
        self.requests.enter(peer.address, most)
    }

    /// Whether this is a connection on which a proxy of ours speaks for many.
    pub(super) fn is_shared(&self, peer: &Peer) -> bool {
        !peer.unnamed && self.trusts(&peer.address)
    }

    fn trusts(&self, address: &IpAddr) -> bool {
        self.running.load().trusts(address)
    }

    /// A place for one more connection of this address.
    fn place(&self, address: IpAddr) -> Option<Place> {
        let most = if self.trusts(&address) { usize::MAX } else { self.running.load().limits.connections_per_address };
        self.addresses.enter(address, most)
    }

    /// A connection's places: its address's, and its own.
    fn admit(&self, address: IpAddr, told: &mut Option<Instant>) -> Option<(Place, Guest)> {
        let place = self.place(address)?;
        let guest = self.room.enter();
        if guest.is_none() && is_news(told) {
            tracing::warn!(
                "as many connections as there are files for, and none of them is idle: some are not accepted"
            );
        }
        Some((place, guest?))
    }

    /// Accepts until a stop is asked for, then lets open requests finish for the drain time, then cuts them.
    pub async fn accept(self: Arc<Self>, listener: Listener) {
        let Listener { socket: listener, entrance } = listener;
        let mut connections = JoinSet::new();
        let (mut told_full, mut told_failed) = (None, None);
        loop {
            tokio::select! {
                () = self.stop.cancelled() => break,
                Some(_) = connections.join_next(), if !connections.is_empty() => {}
                accepted = listener.accept() => match accepted {
                    Ok((stream, peer)) => {
                        let address = peer.ip().to_canonical();
                        let Some((place, guest)) = self.admit(address, &mut told_full) else { continue };
                        let opened = self.clone().receive(stream, SocketAddr::new(address, peer.port()), entrance, place, guest);
                        connections.spawn(opened);
                    }
                    Err(error) => {
                        if is_news(&mut told_failed) {
                            tracing::warn!(%error, "connections are not accepted");
                        }
                        (0..AT_ONCE).take_while(|_| self.room.make()).for_each(drop);
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

    /// One connection, from its first byte. Until it is known who speaks, and in which words, it counts as idle: it may
    /// have to make room, and nobody waits for it at the end.
    async fn receive(
        self: Arc<Self>,
        stream: TcpStream,
        peer: SocketAddr,
        entrance: Entrance,
        place: Place,
        mut guest: Guest,
    ) {
        // Answers are written whole: waiting for more to send would only delay them.
        let _ = stream.set_nodelay(true);
        keep_watch(&stream, UNCONFIRMED.max(self.limits().between_bytes_timeout.0));
        guest.rest();
        let opened = tokio::select! {
            biased;
            opened = timeout(self.limits().head_timeout.0, self.open(stream, peer, entrance, place)) => opened,
            () = guest.leave.cancelled() => return,
            () = self.stop.cancelled() => return,
        };
        match opened.unwrap_or(Err(OpeningError::TooSlow)) {
            // The place is held as long as the connection.
            Ok((transport, peer, _place)) => match &peer.tls {
                Some(tls) if tls.streams => self.converse_in_streams(transport, peer, guest).await,
                _ => self.converse(transport, peer, guest).await,
            },
            Err(error) if error.is_departure() => {}
            Err(error) => tracing::info!(target: ACCESS, client = %peer.ip(), %error),
        }
    }

    /// What comes before HTTP: whose connection it is, and TLS.
    async fn open(
        &self,
        mut stream: TcpStream,
        mut peer: SocketAddr,
        entrance: Entrance,
        mut place: Place,
    ) -> Result<(Transport, Peer, Place), OpeningError> {
        let (mut unnamed, mut encrypted) = (false, entrance.encrypted);
        if entrance.proxied {
            if !self.trusts(&peer.ip()) {
                return Err(OpeningError::Stranger);
            }
            let told = proxy_protocol::read(&mut stream).await?;
            encrypted |= told.over_tls;
            // What comes now is the client's, and the address is still that of a proxy in trust.proxies: whoever took it
            // for that proxy's own request would believe headers that a stranger wrote.
            unnamed = told.client.is_none();
            if let Some(client) = told.client {
                peer = SocketAddr::new(client.ip().to_canonical(), client.port());
                place = self.place(peer.ip()).ok_or(OpeningError::Crowded)?;
            }
        }
        let (stream, tls) = if entrance.encrypted {
            let running = self.running.load_full();
            let (stream, secured) = running.tls.as_ref().ok_or(OpeningError::Unready)?.accept(stream).await?;
            (Stream::Encrypted(Box::new(stream)), Some(Arc::new(secured)))
        } else {
            (Stream::Clear(stream), None)
        };
        Ok((Transport::new(stream, peer), Peer { address: peer.ip(), tls, encrypted, unnamed }, place))
    }

    /// One connection: one head after another, each handed to Pingora with nothing but its own body behind it; or many
    /// requests at once, where it begins in clear with the preface of HTTP/2.
    async fn converse(self: Arc<Self>, mut transport: Transport, peer: Peer, mut guest: Guest) {
        let address = peer.address;
        let mut fresh = peer.tls.is_none();
        loop {
            let limits = self.limits();
            guest.rest();
            let head = tokio::select! {
                biased;
                head = self.head(&mut transport, &limits, fresh) => head,
                () = guest.leave.cancelled() => return,
            };
            guest.rise();
            let head = match head {
                Ok(Some(Opening::Head(head))) => head,
                Ok(Some(Opening::Streams)) => return self.converse_in_streams(transport, peer, guest).await,
                Ok(None) => return,
                Err(error) => return say_and_close(transport, refusal(address, error)).await,
            };
            let Some(_place) = self.enter(&peer) else {
                let answer = Answer::unreadable(StatusCode::TOO_MANY_REQUESTS).later();
                return say_and_close(transport, answer).await;
            };
            match self.request(transport, head, peer.clone(), &limits).await {
                Some(next) => transport = next,
                None => return,
            }
            fresh = false;
        }
    }

    /// The next head; none when the client has gone, was silent for too long, or we stop. `fresh`: nothing was said yet,
    /// not even in a handshake, so that it may be HTTP/2.
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
        peer: Peer,
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
    tracing::info!(target: ACCESS, %client, status = error.status().as_u16(), %error);
    refusal_of(error)
}

/// The answer alone.
pub(super) fn refusal_of(error: HeadError) -> Answer {
    let answer = Answer::unreadable(error.status());
    if error == HeadError::Method { answer.allowing(METHODS) } else { answer }
}

/// How many requests one client may have under way at a time.
pub(super) fn most_requests(limits: &LimitsSection) -> usize {
    limits.connections_per_address.max(REQUESTS)
}

/// Whether it is time to tell it again.
pub(super) fn is_news(told: &mut Option<Instant>) -> bool {
    let news = told.is_none_or(|last| last.elapsed() >= SILENCE);
    if news {
        *told = Some(Instant::now());
    }
    news
}

/// Has the machine ask a silent client whether it is there. One that cannot be asked is served all the same.
fn keep_watch(stream: &TcpStream, unconfirmed: Duration) {
    let _ = sockopt::set_socket_keepalive(stream, true);
    let _ = sockopt::set_tcp_keepidle(stream, SILENT);
    let _ = sockopt::set_tcp_keepintvl(stream, BETWEEN_QUESTIONS);
    let _ = sockopt::set_tcp_keepcnt(stream, QUESTIONS);
    let _ = sockopt::set_tcp_user_timeout(stream, u32::try_from(unconfirmed.as_millis()).unwrap_or(0));
}

/// How many connections, or requests, each address has.
#[derive(Debug)]
pub struct Addresses {
    what: &'static str,
    counts: Mutex<HashMap<IpAddr, Count>>,
}

#[derive(Debug, Default)]
struct Count {
    places: usize,
    /// When it was last said that there are too many.
    told: Option<Instant>,
}

/// One place in the count.
#[derive(Debug)]
pub struct Place {
    addresses: Arc<Addresses>,
    address: IpAddr,
}

impl Addresses {
    pub fn of(what: &'static str) -> Self {
        Self { what, counts: Mutex::default() }
    }

    /// A place among at most `most`, until it is dropped.
    pub fn enter(self: &Arc<Self>, address: IpAddr, most: usize) -> Option<Place> {
        let network = neighbourhood(address);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(network).or_default();
        if count.places >= most {
            if is_news(&mut count.told) {
                let what = self.what;
                tracing::info!(target: ACCESS, client = %address, "too many {what} at once from one address");
            }
            return None;
        }
        count.places += 1;
        Some(Place { addresses: self.clone(), address: network })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.addresses.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.address) {
            count.places -= 1;
            if count.places == 0 {
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
        let addresses = Arc::new(Addresses::of("connections"));
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
        let addresses = Arc::new(Addresses::of("connections"));
        let _place = addresses.enter("2001:db8::1".parse().unwrap(), 1).unwrap();
        assert!(addresses.enter("2001:db8::2".parse().unwrap(), 1).is_none());
        assert!(addresses.enter("2001:db8:0:1::1".parse().unwrap(), 1).is_some());
    }
}
