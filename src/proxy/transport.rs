//! A connection as Pingora wants one: our own stream, buffered, with the bytes that were read before Pingora came.
//! It lets through exactly one message: what follows the body stays here for the next reading of a head, so that
//! Pingora never sees, and never misreads, the start of a request that was not judged.

use std::fmt;
use std::future::poll_fn;
use std::os::fd::AsRawFd;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Buf, BytesMut};
use pingora::protocols::l4::socket::SocketAddr;
use pingora::protocols::raw_connect::ProxyDigest;
use pingora::protocols::{
    GetProxyDigest, GetSocketDigest, GetTimingDigest, Peek, Shutdown, SocketDigest, Ssl, TimingDigest, UniqueID,
    UniqueIDType,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufWriter, ReadBuf};
use tokio::sync::Notify;
use tokio::time::{Instant, Sleep, sleep_until, timeout_at};

use super::chunks::Chunks;
use super::head::Framing;
use super::meter::Meter;
use super::stream::Stream;
use super::untaken::{Reader, Wait};

/// How much of later requests is kept while one is answered, in bytes: one head of the longest kind and a form. No
/// honest client sends more ahead, and one that does would hide from us whether it is still there.
const MAX_HELD: usize = 128 * 1024;

/// How long, and how much, is read on after the last word: a client that is still sending would lose it to a reset
/// otherwise (RFC 9112 section 9.6).
const LINGER: Duration = Duration::from_millis(500);
const MAX_LINGER: usize = 1 << 20;

/// A connection with a client.
pub struct Transport {
    stream: BufWriter<Stream>,
    /// Read and not yet passed on.
    held: BytesMut,
    allowance: Allowance,
    patience: Arc<Patience>,
    alarm: Alarm,
    /// What is written just now waits for its reader.
    wait: Option<Wait>,
    /// Where many requests share the connection.
    meter: Option<Box<Meter>>,
    /// After the last word: what was read on, and until when it is.
    lingering: Option<(usize, Instant)>,
    digest: Arc<SocketDigest>,
}

/// How long an application may be silent now. Pingora knows one time limit for a whole exchange, and cannot change it
/// on the way; but it reads from the client all the while, to see whether it goes away. So the limit is kept here, and
/// running into it is a failed read.
/// Where many requests share a connection nobody reads from it for one of them: there it is watched from outside.
#[derive(Debug, Default)]
pub struct Patience {
    waiting: Mutex<Waiting>,
    begun: Notify,
    /// Who the answer is for, once that is known.
    reader: OnceLock<Arc<Reader>>,
}

#[derive(Debug, Default)]
struct Waiting {
    deadline: Option<Instant>,
    over: bool,
}

impl Patience {
    /// Begins a new wait; without a limit it never ends.
    pub fn begin(&self, limit: Option<Duration>) {
        self.waiting().deadline = limit.map(after);
        self.begun.notify_one();
    }

    /// Returns when a wait has come to its end, and `grace` after it: whoever can tell the client more comes first.
    pub async fn run_out(&self, grace: Duration) {
        loop {
            let deadline = self.waiting().deadline;
            let Some(end) = deadline else {
                self.begun.notified().await;
                continue;
            };
            if timeout_at(end + grace, self.begun.notified()).await.is_err() {
                let mut waiting = self.waiting();
                if waiting.deadline == deadline {
                    waiting.over = true;
                    return;
                }
            }
        }
    }

    /// The answer is for this reader.
    pub fn answer(&self, reader: Arc<Reader>) {
        let _ = self.reader.set(reader);
    }

    /// Whether a wait came to its end.
    pub fn is_over(&self) -> bool {
        self.waiting().over
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // Nothing under this lock can panic halfway through a change.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// When a wait that begins now is over. One that no clock can count to the end of is over in a lifetime.
pub fn after(limit: Duration) -> Instant {
    const LIFETIME: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);
    Instant::now() + limit.min(LIFETIME)
}

/// The one timer of a connection. Deadlines move with every message and every answer, nearly always away: it is set anew
/// when it rings too early, which is once in a while, and not for each of them.
#[derive(Debug, Default)]
struct Alarm(Option<Pin<Box<Sleep>>>);

impl Alarm {
    /// Ready when the deadline has come. Of several that are asked for in turn, only the last counts.
    fn poll(&mut self, deadline: Instant, cx: &mut Context<'_>) -> Poll<()> {
        let timer = self.0.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if timer.deadline() > deadline {
            timer.as_mut().reset(deadline);
        }
        ready!(timer.as_mut().poll(cx));
        if timer.deadline() < deadline {
            timer.as_mut().reset(deadline);
            return timer.as_mut().poll(cx);
        }
        Poll::Ready(())
    }
}

/// How much of what comes belongs to the message that is being passed on.
#[derive(Debug)]
enum Allowance {
    Bytes(u64),
    /// As much as the chunks say.
    Chunks(Chunks),
    /// Everything: after an upgrade, and under a meter.
    Any,
    /// Nothing any more: the chunks were none.
    Nothing,
}

impl Transport {
    pub fn new(stream: Stream, peer: std::net::SocketAddr) -> Self {
        let digest = SocketDigest::from_raw_fd(stream.as_raw_fd());
        // A fresh cell takes its first value.
        let _ = digest.peer_addr.set(Some(SocketAddr::Inet(peer)));
        Self {
            stream: BufWriter::new(stream),
            held: BytesMut::new(),
            allowance: Allowance::Any,
            patience: Arc::default(),
            alarm: Alarm::default(),
            wait: None,
            meter: None,
            lingering: None,
            digest: Arc::new(digest),
        }
    }

    /// What was read and not passed on: the start of the next head.
    pub fn held(&self) -> &[u8] {
        &self.held
    }

    /// Reads more into [`Self::held`], as long as the deadline has not come. `Ok(0)`: the client is gone; `None`: it has.
    pub async fn fill_until(&mut self, deadline: Instant) -> Option<std::io::Result<usize>> {
        let Self { stream, held, alarm, .. } = self;
        held.reserve(4096);
        let mut read = pin!(stream.get_mut().read_buf(held));
        poll_fn(|cx| match read.as_mut().poll(cx) {
            Poll::Ready(filled) => Poll::Ready(Some(filled)),
            Poll::Pending => alarm.poll(deadline, cx).map(|()| None),
        })
        .await
    }

    /// Takes out a head that was read, and lets the body that belongs to it follow, and nothing more.
    pub fn begin_message(&mut self, head: usize, framing: Framing) -> BytesMut {
        self.allowance = match framing {
            Framing::Length(length) => Allowance::Bytes(length),
            Framing::Chunked => Allowance::Chunks(Chunks::default()),
            Framing::Upgrade => Allowance::Any,
        };
        self.patience = Arc::default();
        self.held.split_to(head.min(self.held.len()))
    }

    /// From here on everything passes, both ways, under a meter, which says when it has seen enough.
    pub fn measure(&mut self, meter: Meter) {
        self.allowance = Allowance::Any;
        self.meter = Some(Box::new(meter));
    }

    /// The patience with the message that is being passed on.
    pub fn patience(&self) -> Arc<Patience> {
        self.patience.clone()
    }

    /// Fails when the application has been silent for too long.
    fn poll_patience(&mut self, cx: &mut Context<'_>) -> std::io::Result<()> {
        let mut waiting = self.patience.waiting();
        let Some(deadline) = waiting.deadline else { return Ok(()) };
        waiting.over |= self.alarm.poll(deadline, cx).is_ready();
        if waiting.over { Err(std::io::ErrorKind::TimedOut.into()) } else { Ok(()) }
    }

    /// Passes on what was read before, or else what comes, up to so many bytes and as there is room. Gives how many.
    fn poll_pass(&mut self, cx: &mut Context<'_>, out: &mut ReadBuf<'_>, most: usize) -> Poll<std::io::Result<usize>> {
        let before = out.filled().len();
        if !self.held.is_empty() {
            let count = most.min(out.remaining()).min(self.held.len());
            out.put_slice(&self.held[..count]);
            self.held.advance(count);
        } else if most >= out.remaining() {
            ready!(Pin::new(self.stream.get_mut()).poll_read(cx, out))?;
        } else {
            let mut part = ReadBuf::new(out.initialize_unfilled_to(most));
            ready!(Pin::new(self.stream.get_mut()).poll_read(cx, &mut part))?;
            let count = part.filled().len();
            out.advance(count);
        }
        Poll::Ready(Ok(out.filled().len() - before))
    }

    /// Passes on what the chunks say; what follows them stays here.
    fn poll_chunks(&mut self, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        let before = out.filled().len();
        let count = ready!(self.poll_pass(cx, out, usize::MAX))?;
        let Allowance::Chunks(chunks) = &mut self.allowance else { return Poll::Ready(Ok(())) };
        match chunks.read(&out.filled()[before..]) {
            Ok(belonging) if chunks.is_over() => {
                self.allowance = Allowance::Bytes(0);
                if belonging < count {
                    // Behind it may be what was held and had no room.
                    let later = self.held.split();
                    self.held.extend_from_slice(&out.filled()[before + belonging..]);
                    self.held.unsplit(later);
                    out.set_filled(before + belonging);
                }
                Poll::Ready(Ok(()))
            }
            Ok(_) => Poll::Ready(Ok(())),
            Err(fault) => {
                // Whoever reads on is told the end of the connection, never that of the message.
                self.allowance = Allowance::Nothing;
                out.set_filled(before);
                Poll::Ready(Err(std::io::Error::new(std::io::ErrorKind::InvalidData, fault)))
            }
        }
    }

    /// The message is whole. Whoever still reads wants to know whether the client goes away. What it sends instead is the
    /// next request, which waits here: the end of the connection shows only behind all that came before it, so it must be
    /// read, and one byte left in the way would keep a dead client's place.
    fn poll_ahead(&mut self, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        loop {
            if self.held.len() > MAX_HELD {
                return Poll::Ready(Err(std::io::Error::other("too much was sent ahead of an answer")));
            }
            let mut piece = [0; 512];
            let mut piece = ReadBuf::new(&mut piece);
            ready!(Pin::new(self.stream.get_mut()).poll_read(cx, &mut piece))?;
            if piece.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            self.held.extend_from_slice(piece.filled());
        }
    }

    /// Writes all of an answer that was made without Pingora.
    pub async fn answer(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.write_all(bytes).await?;
        self.stream.flush().await
    }

    /// Says that no more will be written, and reads on for a moment.
    pub async fn close_gently(mut self) {
        let _ = self.stream.shutdown().await;
        let _ = poll_fn(|cx| self.poll_linger(cx)).await;
    }

    /// Reads on, for nobody, until the client has gone or it is enough.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        self.held.clear();
        let (read, end) = self.lingering.get_or_insert_with(|| (0, after(LINGER)));
        if self.alarm.poll(*end, cx).is_ready() {
            return Poll::Ready(Ok(()));
        }
        loop {
            let mut piece = [0; 4096];
            let mut piece = ReadBuf::new(&mut piece);
            ready!(Pin::new(self.stream.get_mut()).poll_read(cx, &mut piece))?;
            *read += piece.filled().len();
            if piece.filled().is_empty() || *read > MAX_LINGER {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl AsyncRead for Transport {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        let this = &mut *self;
        this.poll_patience(cx)?;
        // Whoever waits for the client has nothing to write just now. Pingora does not flush a body with a length before
        // its end, so the beginning of an answer would stay here for as long as the application pauses.
        let waits = !this.stream.buffer().is_empty() || this.stream.get_ref().holds_back();
        if waits && let Poll::Ready(Err(error)) = Pin::new(&mut this.stream).poll_flush(cx) {
            return Poll::Ready(Err(error));
        }
        match this.allowance {
            Allowance::Bytes(0) => this.poll_ahead(cx),
            Allowance::Bytes(left) => {
                let most = usize::try_from(left).unwrap_or(usize::MAX);
                let count = ready!(this.poll_pass(cx, out, most))?;
                this.allowance = Allowance::Bytes(left - count as u64);
                Poll::Ready(Ok(()))
            }
            Allowance::Chunks(_) => this.poll_chunks(cx, out),
            Allowance::Any => {
                if this.meter.as_ref().is_some_and(|meter| meter.is_overdrawn()) {
                    // Whoever reads is about to be told to stop.
                    return Poll::Pending;
                }
                let count = ready!(this.poll_pass(cx, out, usize::MAX))?;
                if let Some(meter) = &mut this.meter {
                    let filled = out.filled();
                    meter.came(&filled[filled.len() - count..]);
                }
                Poll::Ready(Ok(()))
            }
            // The client should see the answer, so it is read on for a moment, and then it has gone.
            Allowance::Nothing => this.poll_linger(cx),
        }
    }
}

impl AsyncWrite for Transport {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        let this = &mut *self;
        let polled = Pin::new(&mut this.stream).poll_write(cx, bytes);
        this.wait = match &polled {
            Poll::Pending => this.wait.take().or_else(|| this.patience.reader.get().map(Reader::wait)),
            Poll::Ready(_) => None,
        };
        let written = ready!(polled)?;
        if let Some(meter) = &mut this.meter {
            meter.went(&bytes[..written]);
        }
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
        // With one request at a time the last word is said by whoever knows that it is the last.
        if self.meter.is_some() { self.poll_linger(cx) } else { Poll::Ready(Ok(())) }
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Never what is held: it may be a password.
        f.debug_struct("Transport").field("held", &self.held.len()).field("allowance", &self.allowance).finish()
    }
}

#[async_trait]
impl Shutdown for Transport {
    async fn shutdown(&mut self) {
        let _ = self.stream.shutdown().await;
    }
}

impl UniqueID for Transport {
    fn id(&self) -> UniqueIDType {
        self.stream.get_ref().as_raw_fd()
    }
}

impl Ssl for Transport {}

impl GetTimingDigest for Transport {
    fn get_timing_digest(&self) -> Vec<Option<TimingDigest>> {
        Vec::new()
    }
}

impl GetProxyDigest for Transport {
    fn get_proxy_digest(&self) -> Option<Arc<ProxyDigest>> {
        None
    }
}

impl GetSocketDigest for Transport {
    fn get_socket_digest(&self) -> Option<Arc<SocketDigest>> {
        Some(self.digest.clone())
    }
}

impl Peek for Transport {}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use tokio::net::{TcpListener, TcpStream};
    use tokio::time::timeout;

    use super::*;

    async fn pair() -> (TcpStream, Transport) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, peer) = listener.accept().await.unwrap();
        (client, Transport::new(Stream::Clear(stream), peer))
    }

    async fn fill_to(transport: &mut Transport, length: usize) {
        while transport.held().len() < length {
            transport.fill_until(after(Duration::from_secs(60))).await.unwrap().unwrap();
        }
    }

    #[tokio::test]
    async fn the_next_request_waits_behind_the_body_of_this_one() {
        let (mut client, mut transport) = pair().await;
        client.write_all(b"HEADbodyNEXT").await.unwrap();
        fill_to(&mut transport, 12).await;
        assert_eq!(&transport.begin_message(4, Framing::Length(4))[..], b"HEAD");
        let mut body = [0; 64];
        assert_eq!(transport.read(&mut body).await.unwrap(), 4);
        assert_eq!(&body[..4], b"body");
        // Nothing of the next one, however long it is asked for.
        assert!(timeout(Duration::from_millis(50), transport.read(&mut body)).await.is_err());
        assert_eq!(transport.held(), b"NEXT");
    }

    #[tokio::test]
    async fn a_body_read_from_the_socket_ends_where_it_ends() {
        let (mut client, mut transport) = pair().await;
        client.write_all(b"HEADbo").await.unwrap();
        fill_to(&mut transport, 6).await;
        transport.begin_message(4, Framing::Length(4));
        client.write_all(b"dyNEXT").await.unwrap();
        let mut body = [0; 4];
        transport.read_exact(&mut body).await.unwrap();
        assert_eq!(&body, b"body");
        assert!(timeout(Duration::from_millis(50), transport.read(&mut body)).await.is_err());
        fill_to(&mut transport, 4).await;
        assert_eq!(transport.held(), b"NEXT");
    }

    /// However few bytes whoever reads asks for at a time, and wherever they are when it asks.
    #[tokio::test]
    async fn chunks_end_where_they_end() {
        let body = b"5;x\r\nhello\r\n0\r\nX: 1\r\n\r\n";
        let message = [b"HEAD", &body[..], b"NEXT"].concat();
        for (at_once, held) in [(1, 4), (7, 4), (64, 4), (64, 12), (7, message.len()), (64, message.len())] {
            let (mut client, mut transport) = pair().await;
            client.write_all(&message[..held]).await.unwrap();
            fill_to(&mut transport, held).await;
            transport.begin_message(4, Framing::Chunked);
            client.write_all(&message[held..]).await.unwrap();
            let mut got = Vec::<u8>::new();
            while got.len() < body.len() {
                let mut part = vec![0; at_once];
                let count = transport.read(&mut part).await.unwrap();
                assert!(count > 0);
                got.extend(&part[..count]);
            }
            assert_eq!(got, body, "{at_once}");
            assert!(timeout(Duration::from_millis(50), transport.read(&mut [0; 8])).await.is_err());
            assert_eq!(transport.held(), b"NEXT", "{at_once}");
        }
    }

    #[tokio::test]
    async fn chunks_that_are_none_never_end() {
        let (mut client, mut transport) = pair().await;
        client.write_all(b"HEAD5\r\nhello\r\n").await.unwrap();
        fill_to(&mut transport, 4).await;
        transport.begin_message(4, Framing::Chunked);
        assert!(transport.read(&mut [0; 64]).await.unwrap() > 0);
        client.write_all(b"\n0\r\n\r\n0\r\n\r\n").await.unwrap();
        let error = loop {
            match transport.read(&mut [0; 64]).await {
                Ok(count) => assert!(count > 0),
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidData);
        assert_eq!(transport.read(&mut [0; 64]).await.unwrap(), 0, "and then the client has gone");
    }

    #[tokio::test]
    async fn a_client_that_goes_away_is_seen() {
        let (client, mut transport) = pair().await;
        transport.begin_message(0, Framing::Length(0));
        drop(client);
        assert_eq!(transport.read(&mut [0; 8]).await.unwrap(), 0);
    }

    /// One byte too many must not hide that nobody waits any more, wherever that byte is when we look.
    #[tokio::test]
    async fn a_client_that_goes_away_behind_bytes_of_a_next_request_is_seen() {
        for held in [0, 1] {
            let (mut client, mut transport) = pair().await;
            client.write_all(b"G").await.unwrap();
            fill_to(&mut transport, held).await;
            transport.begin_message(0, Framing::Length(0));
            assert!(timeout(Duration::from_millis(50), transport.read(&mut [0; 8])).await.is_err());
            drop(client);
            let read = timeout(Duration::from_secs(5), transport.read(&mut [0; 8])).await.expect("it is seen");
            assert_eq!(read.unwrap(), 0);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn each_wait_for_an_application_has_its_own_limit() {
        let (_client, mut transport) = pair().await;
        transport.begin_message(0, Framing::Length(0));
        let patience = transport.patience();
        assert!(timeout(Duration::from_secs(9), transport.read(&mut [0; 8])).await.is_err(), "no limit, no end");
        for _ in 0..3 {
            patience.begin(Some(Duration::from_secs(10)));
            assert!(timeout(Duration::from_secs(9), transport.read(&mut [0; 8])).await.is_err(), "it begins anew");
        }
        assert!(!patience.is_over());
        let read = timeout(Duration::from_secs(2), transport.read(&mut [0; 8])).await.expect("it ends");
        assert_eq!(read.unwrap_err().kind(), std::io::ErrorKind::TimedOut);
        assert!(patience.is_over());
        transport.begin_message(0, Framing::Length(0));
        assert!(timeout(Duration::from_secs(60), transport.read(&mut [0; 8])).await.is_err(), "the next has its own");
    }

    #[tokio::test(start_paused = true)]
    async fn of_several_deadlines_the_last_one_counts() {
        let (_client, mut transport) = pair().await;
        let begun = Instant::now();
        for seconds in [60, 10, 30] {
            let wait = transport.fill_until(after(Duration::from_secs(seconds)));
            assert!(timeout(Duration::from_secs(1), wait).await.is_err());
        }
        assert!(transport.fill_until(begun + Duration::from_secs(20)).await.is_none());
        assert_eq!(begun.elapsed().as_secs(), 20);
        assert!(
            transport.fill_until(after(Duration::MAX)).now_or_never().is_none(),
            "no wait is too long to be counted"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_that_nobody_reads_for_is_watched_from_outside() {
        use tokio::time::sleep;
        let patience = Arc::new(Patience::default());
        let grace = Duration::from_secs(1);
        let watch = {
            let patience = patience.clone();
            tokio::spawn(async move { patience.run_out(grace).await })
        };
        sleep(Duration::from_secs(3600)).await;
        for _ in 0..3 {
            patience.begin(Some(Duration::from_secs(10)));
            sleep(Duration::from_secs(9)).await;
        }
        patience.begin(None);
        sleep(Duration::from_secs(3600)).await;
        assert!(!watch.is_finished() && !patience.is_over());
        patience.begin(Some(Duration::from_secs(10)));
        timeout(Duration::from_secs(12), watch).await.expect("it ends").unwrap();
        assert!(patience.is_over());
    }

    #[tokio::test]
    async fn what_is_kept_of_later_requests_has_a_ceiling() {
        let (mut client, mut transport) = pair().await;
        transport.begin_message(0, Framing::Length(0));
        let sending = tokio::spawn(async move { client.write_all(&vec![b'x'; 2 * MAX_HELD]).await });
        let read = timeout(Duration::from_secs(5), transport.read(&mut [0; 8])).await.expect("it ends");
        assert!(read.is_err());
        assert!(transport.held().len() <= MAX_HELD + 512);
        sending.abort();
    }

    #[tokio::test]
    async fn after_an_upgrade_everything_passes() {
        let (mut client, mut transport) = pair().await;
        client.write_all(b"HEADframe").await.unwrap();
        fill_to(&mut transport, 9).await;
        transport.begin_message(4, Framing::Upgrade);
        let mut frame = [0; 5];
        transport.read_exact(&mut frame).await.unwrap();
        client.write_all(b"more").await.unwrap();
        transport.read_exact(&mut frame[..4]).await.unwrap();
        assert_eq!(&frame, b"moree");
    }
}
