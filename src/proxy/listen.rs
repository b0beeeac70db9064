//! Connections: accepting them, counting them by address, reading one head after another, and letting go of them when
//! the process stops. Whatever comes before a judged request is answered here; what a client may cost before that is
//! bounded in number, bytes and time.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use pingora::apps::HttpServerApp;
use pingora::protocols::http::ServerSession;
use pingora::proxy::HttpProxy;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::facts::Arrived;
use super::head::{Head, HeadError, Scanner};
use super::respond::{Answer, Dress, METHODS};
use super::transport::{Patience, Transport, after};
use super::{Gatekeeper, Running};
use crate::config::LimitsSection;
use crate::types::neighbourhood;

/// How long to wait after the machine refused to give us a connection (no more file descriptors).
const BREATH: Duration = Duration::from_millis(100);
/// How long connections that were cut have to notice.
const FAREWELL: Duration = Duration::from_secs(1);

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
    stop: CancellationToken,
    /// The parent of every request's token: cancelled when the time to finish is over.
    over: CancellationToken,
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
        Self { proxy, running, addresses: Arc::default(), stop, over: CancellationToken::new(), stopping }
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
                        let running = self.running.load();
                        let most = if running.trusts(&address) { usize::MAX } else { running.limits.connections_per_address };
                        let Some(place) = self.addresses.enter(address, most) else {
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

    /// One connection: one head after another, each handed to Pingora with nothing but its own body behind it.
    async fn converse(self: Arc<Self>, stream: TcpStream, peer: SocketAddr, _place: Place) {
        // Answers are written whole: waiting for more to send would only delay them.
        let _ = stream.set_nodelay(true);
        let address = peer.ip().to_canonical();
        let mut transport = Transport::new(stream, SocketAddr::new(address, peer.port()));
        loop {
            let limits = self.running.load().limits.clone();
            let head = match self.head(&mut transport, &limits).await {
                Ok(Some(head)) => head,
                Ok(None) => return,
                Err(error) => {
                    let status = error.status();
                    tracing::info!(target: "vestibule::access", client = %address, status = status.as_u16(), %error);
                    let mut answer = Answer::unreadable(status);
                    if error == HeadError::Method {
                        answer = answer.allowing(METHODS);
                    }
                    let _ = timeout(BREATH, transport.answer(&answer.into_bytes(Dress::plain()))).await;
                    transport.close_gently().await;
                    return;
                }
            };
            match self.request(transport, head, address, &limits).await {
                Some(next) => transport = next,
                None => return,
            }
        }
    }

    /// The next head; none when the client has gone, was silent for too long, or we stop.
    async fn head(&self, transport: &mut Transport, limits: &LimitsSection) -> Result<Option<Head>, HeadError> {
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
            if let Some(head) = scanner.scan(transport.held())? {
                return Ok(Some(head));
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
        let token = self.over.child_token();
        let arrived = Arc::new(Arrived { peer, target: head.target, framing: head.framing });
        let request = Request { arrived, token: token.clone(), patience };
        let next = REQUEST.scope(request, async {
            tokio::select! {
                biased;
                // Dropping what Pingora does closes both sides at once.
                () = token.cancelled() => None,
                next = self.proxy.process_new_http(session, &self.stopping) => next,
            }
        });
        let (stream, _) = next.await?.consume();
        stream.into_any().downcast::<Transport>().ok().map(|transport| *transport)
    }
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
