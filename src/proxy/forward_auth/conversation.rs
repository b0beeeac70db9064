//! Conversations with servers in front, over HTTP/1: one strict head after another, each answered at once. A front asks
//! again only after it was answered, so what is there before our answer belongs to the question, and what is not there by
//! then is not waited for: the connection ends with the answer, and no byte is ever read as what it may not be. Nobody
//! who is not a caller learns anything, not even whether an address of ours is right.

use std::future::Future;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::ear::{Ear, Line};
use super::{Dialect, Question, Reply, Yes};
use crate::assertion::headers::Set;
use crate::config::LimitsSection;
use crate::gate::Told;
use crate::proxy::Gatekeeper;
use crate::proxy::bridge::MAX_BODY;
use crate::proxy::head::{Framing, Head, HeadError, Scanner};
use crate::proxy::listen::{FAREWELL, is_news, refusal_of};
use crate::proxy::respond::{Answer, Dress};
use crate::telemetry::{ACCESS, metrics};

/// Connections of callers at a time.
const CALLERS: usize = 4096;
/// And of others, who are only told no.
const STRANGERS: usize = 32;
/// How long to wait after the machine refused to give us a connection.
const BREATH: Duration = Duration::from_millis(100);
/// How long the body of a question may take that some fronts send along, and nobody reads.
const BODY_TIME: Duration = Duration::from_millis(100);
/// How long, and how much, is read on behind a last answer, so that it is not lost.
const LINGER: Duration = Duration::from_secs(1);
const MAX_LINGER: usize = 1 << 20;

/// What all conversations share.
pub struct Asking {
    pub(super) gatekeeper: Gatekeeper,
    pub(super) stop: CancellationToken,
    callers: Arc<Semaphore>,
    strangers: Arc<Semaphore>,
    /// What strangers and floods bring about is told once in a while: nobody must be able to fill the log.
    told_stranger: News,
    told_full: News,
    told_failed: News,
}

/// When something was last told.
#[derive(Debug, Default)]
struct News(Mutex<Option<Instant>>);

impl News {
    /// Whether it is time to tell it again.
    fn is_due(&self) -> bool {
        is_news(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// One connection, and who is at its other end.
pub struct Caller {
    pub(super) line: Line,
    pub(super) address: Option<IpAddr>,
    _place: OwnedSemaphorePermit,
}

/// A head, taken apart.
struct Received<'a> {
    method: &'a str,
    fields: HeaderMap,
    /// The connection may be used again.
    lasts: bool,
}

impl Asking {
    pub fn new(gatekeeper: Gatekeeper, stop: CancellationToken) -> Self {
        let [callers, strangers] = [CALLERS, STRANGERS].map(|most| Arc::new(Semaphore::new(most)));
        let [told_stranger, told_full, told_failed] = Default::default();
        Self { gatekeeper, stop, callers, strangers, told_stranger, told_full, told_failed }
    }

    /// Accepts until a stop is asked for, then lets open questions be answered for the drain time.
    pub async fn listen<F>(self: Arc<Self>, ear: Ear, converse: impl Fn(Arc<Self>, Caller) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let mut conversations = JoinSet::new();
        loop {
            tokio::select! {
                () = self.stop.cancelled() => break,
                Some(_) = conversations.join_next(), if !conversations.is_empty() => {}
                accepted = ear.accept() => match accepted {
                    Ok((line, address)) => if let Some(caller) = self.admit(line, address) {
                        conversations.spawn(converse(self.clone(), caller));
                    },
                    Err(error) => {
                        if self.told_failed.is_due() {
                            tracing::warn!(%error, "connections of servers in front are not accepted");
                        }
                        tokio::time::sleep(BREATH).await;
                    }
                },
            }
        }
        drop(ear);
        let drain = self.limits().drain.0;
        let _ = timeout(drain + FAREWELL, async { while conversations.join_next().await.is_some() {} }).await;
    }

    fn limits(&self) -> LimitsSection {
        self.gatekeeper.door.running.load().limits.clone()
    }

    fn admit(&self, line: Line, address: Option<IpAddr>) -> Option<Caller> {
        let known = self.knows(address);
        let places = if known { &self.callers } else { &self.strangers };
        let place = places.clone().try_acquire_owned().ok();
        if place.is_none() && known && self.told_full.is_due() {
            tracing::warn!("as many connections of servers in front as there may be: one is not accepted");
        }
        Some(Caller { line, address, _place: place? })
    }

    /// Whether whoever is there is among those who may ask, as it is configured now.
    fn knows(&self, address: Option<IpAddr>) -> bool {
        let running = self.gatekeeper.door.running.load();
        // Who may open a socket of this machine is said by its file.
        address.is_none_or(|address| running.callers.iter().any(|network| network.contains(&address)))
    }

    /// The same, asked for each question; a stranger is told of in the log.
    pub(super) fn may_ask(&self, address: Option<IpAddr>) -> bool {
        let known = self.knows(address);
        if let Some(peer) = address.filter(|_| !known) {
            self.gatekeeper.door.probes.turned_away(peer);
            if self.told_stranger.is_due() {
                tracing::warn!(%peer, "asked about a request, and is not in forward_auth.callers");
            }
        }
        known
    }

    /// One connection, in HTTP/1.
    pub async fn converse(self: Arc<Self>, mut caller: Caller) {
        let mut held = BytesMut::new();
        let limits = self.limits();
        loop {
            let head = match self.head(&mut caller.line, &mut held, &limits).await {
                Ok(Some(head)) => head,
                Ok(None) => return,
                Err(error) if self.knows(caller.address) => {
                    let no = unread(asked_in(&held), caller.address, error);
                    let answer = self.message(Reply::No(no), Dress::plain(), false, false);
                    return say_and_close(caller.line, &answer, &limits).await;
                }
                Err(_) => return,
            };
            if !self.may_ask(caller.address) {
                let no = Answer::nothing(StatusCode::FORBIDDEN).into_bytes(Dress::plain());
                return say_and_close(caller.line, &no, &limits).await;
            }
            let bytes = held.split_to(head.length);
            let whole = skip(&mut caller.line, &mut held, head.framing).await;
            let Some(received) = Received::read(&bytes) else { return };
            let lasts = whole && received.lasts && !self.stop.is_cancelled();
            let answer = self.answer(&head, &received, lasts).await;
            if !lasts {
                return say_and_close(caller.line, &answer, &limits).await;
            }
            match timeout(limits.between_bytes_timeout.0, caller.line.write_all(&answer)).await {
                Ok(Ok(())) => {}
                _ => return,
            }
        }
    }

    /// The next head; none when the front has gone, was silent for too long, or we stop.
    async fn head(
        &self,
        line: &mut Line,
        held: &mut BytesMut,
        limits: &LimitsSection,
    ) -> Result<Option<Head>, HeadError> {
        if held.is_empty() {
            let read = tokio::select! {
                biased;
                read = timeout(limits.idle_timeout.0, line.read_buf(held)) => read,
                () = self.stop.cancelled() => return Ok(None),
            };
            if !matches!(read, Ok(Ok(1..))) {
                return Ok(None);
            }
        }
        let mut scanner = Scanner::default();
        let whole = async {
            loop {
                if let Some(head) = scanner.scan(held)? {
                    return Ok(Some(head));
                }
                if !matches!(line.read_buf(held).await, Ok(1..)) {
                    return Ok(None);
                }
            }
        };
        timeout(limits.head_timeout.0, whole).await.unwrap_or(Err(HeadError::TooSlow))
    }

    async fn answer(&self, head: &Head, received: &Received<'_>, lasts: bool) -> Vec<u8> {
        let Received { method, fields, .. } = received;
        let bare = *method == Method::HEAD.as_str();
        let Some((dialect, original)) = Dialect::of(&head.target) else {
            return self.message(Reply::No(Answer::unreadable(StatusCode::NOT_FOUND)), Dress::plain(), lasts, bare);
        };
        let (told, seen) = match dialect {
            Dialect::Nginx => (Told::by_nginx(fields), Told::seen_by_nginx(fields)),
            Dialect::Forwarded => (Told::by_forwarding(fields), Told::seen_by_forwarding(fields)),
            // It asks elsewhere.
            Dialect::Envoy | Dialect::Grpc => {
                let host = fields.get(header::HOST).map(HeaderValue::as_bytes).unwrap_or_default();
                (Told::by_envoy(fields, method, original, host), (host, original))
            }
        };
        let (reply, dress) = self.gatekeeper.reply(&Question { dialect, told, seen, fields }).await;
        self.message(reply, dress, lasts, bare)
    }

    /// A reply, with every identity header there is: a front may leave in place what it is not given.
    fn message(&self, reply: Reply, dress: Dress, lasts: bool, bare: bool) -> Vec<u8> {
        let running = self.gatekeeper.door.running.load();
        let (answer, more) = match reply {
            Reply::Yes(Yes { identity, cookies, .. }) => {
                let mut more = running.stripped.filled(identity.as_deref().unwrap_or_default());
                let value = cookies.unwrap_or(HeaderValue::from_static(""));
                more.push(Set { name: Bytes::from_static(b"Cookie"), value });
                (Answer::nothing(StatusCode::OK).with(header::VARY, "Cookie"), more)
            }
            Reply::No(answer) => (answer, running.stripped.filled(&[])),
        };
        answer.into_message(dress, &more, !lasts, bare)
    }
}

impl<'a> Received<'a> {
    /// Takes apart what the strict reading let pass; nothing where that was no head after all.
    fn read(head: &'a [u8]) -> Option<Self> {
        let mut lines = head.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        let mut words = std::str::from_utf8(lines.next()?).ok()?.split(' ');
        let (method, version) = (words.next()?, words.next_back()?);
        let mut fields = HeaderMap::new();
        for line in lines.filter(|line| !line.is_empty()) {
            let (name, value) = line.split_at(memchr::memchr(b':', line)?);
            let value = HeaderValue::from_bytes(value[1..].trim_ascii()).ok()?;
            fields.try_append(HeaderName::from_bytes(name).ok()?, value).ok()?;
        }
        let options =
            fields.get_all(header::CONNECTION).iter().flat_map(|value| value.as_bytes().split(|b| *b == b','));
        let closes = options.map(<[u8]>::trim_ascii).any(|option| option.eq_ignore_ascii_case(b"close"));
        Some(Self { method, fields, lasts: version == "HTTP/1.1" && !closes })
    }
}

/// The dialect of a question that is not all there.
fn asked_in(held: &[u8]) -> Option<Dialect> {
    let line = held.split(|byte| matches!(byte, b'\r' | b'\n')).next().unwrap_or_default();
    line.split(|byte| *byte == b' ').nth(1).and_then(Dialect::of).map(|(dialect, _)| dialect)
}

/// The answer to a question that could not be read, put as its front understands it: most of it was written by a visitor,
/// who must not be able to have the front say that something is broken. Where nobody knows who asks, it is the one no
/// that all of them pass on.
pub(super) fn unread(dialect: Option<Dialect>, caller: Option<IpAddr>, error: HeadError) -> Answer {
    let answer = match dialect {
        Some(dialect) => dialect.put(refusal_of(error)),
        None => Answer::unreadable(StatusCode::FORBIDDEN),
    };
    let (dialect, status) = (dialect.map(Dialect::as_str), answer.status.as_u16());
    if let Some(dialect) = dialect {
        metrics().question(dialect, "unclear");
    }
    let caller = caller.map(tracing::field::display);
    tracing::info!(target: ACCESS, caller, dialect, status, %error, "a question that cannot be read");
    answer
}

/// Passes over the body of a question. `false`: it is not all there, and nobody knows where the next question begins.
async fn skip(line: &mut Line, held: &mut BytesMut, framing: Framing) -> bool {
    let length = match framing {
        Framing::Length(0) | Framing::Upgrade => return true,
        Framing::Length(length) => usize::try_from(length).unwrap_or(usize::MAX),
        Framing::Chunked => return false,
    };
    if length > MAX_BODY {
        return false;
    }
    let read = async {
        while held.len() < length {
            if !matches!(line.read_buf(held).await, Ok(1..)) {
                return false;
            }
        }
        true
    };
    let whole = timeout(BODY_TIME, read).await.unwrap_or(false);
    if whole {
        held.advance(length);
    }
    whole
}

/// The last answer on a connection.
async fn say_and_close(mut line: Line, answer: &[u8], limits: &LimitsSection) {
    if !matches!(timeout(limits.between_bytes_timeout.0, line.write_all(answer)).await, Ok(Ok(()))) {
        return;
    }
    let _ = line.shutdown().await;
    let rest = async {
        let (mut piece, mut read) = ([0; 4096], 0);
        while let Ok(count @ 1..) = line.read(&mut piece).await {
            read += count;
            if read > MAX_LINGER {
                break;
            }
        }
    };
    let _ = timeout(LINGER, rest).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// nginx makes a 500 of all but two noes, and so would anybody of what is not there.
    #[test]
    fn what_cannot_be_read_is_a_no_of_the_one_who_asks() {
        for (held, status) in [
            ("GET /.vestibule/auth/nginx HTTP/1.0\r\nX: \x01", 403),
            ("GET /.vestibule/auth/forwarded HTTP/1.1\r\nX: \x01", 431),
            ("POST /.vestibule/auth/envoy/aaaaaaaaa", 431),
            ("GET /members/a HTTP/1.1\r\n", 403),
            ("GET", 403),
            ("\x16\x03\x01", 403),
            ("", 403),
        ] {
            let answer = unread(asked_in(held.as_bytes()), None, HeadError::TooLarge);
            assert_eq!(answer.status.as_u16(), status, "{held}");
        }
    }

    #[test]
    fn a_head_is_taken_apart() {
        let head = b"PUT /a HTTP/1.1\r\nHost: a.test\r\nX-A:  1 \r\nx-a: 2\r\nConnection: keep-alive\r\n\r\n";
        let received = Received::read(head).unwrap();
        assert_eq!((received.method, received.lasts), ("PUT", true));
        assert_eq!(received.fields.get_all("x-a").iter().collect::<Vec<_>>(), ["1", "2"]);
        for last in ["GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\nConnection: x, Close\r\n\r\n"] {
            assert!(!Received::read(last.as_bytes()).unwrap().lasts, "{last}");
        }
    }
}
