//! HTTP/1 by hand, for both ends of the bench: arbitrary bytes out, a strict reading of what comes in, and a log of
//! every byte that came. It never repairs what it reads: a malformed answer fails the test that got it.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::patience::LIMIT;

/// An address nobody listens at, handed out once: whoever is to listen there may do so later. Its port is below those that
/// the kernel hands out by itself, so that nobody gets it meanwhile.
pub fn free_address() -> SocketAddr {
    const PORTS: Range<u32> = 20_000..32_000;
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    PORTS
        .map(|_| {
            PORTS.start
                + (std::process::id().wrapping_mul(131) % 10_000 + GIVEN.fetch_add(1, Ordering::Relaxed))
                    % PORTS.len() as u32
        })
        .filter_map(|port| u16::try_from(port).ok())
        .find_map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).and_then(|listener| listener.local_addr()).ok())
        .expect("loopback has a free port")
}

/// One connection.
pub struct Wire {
    stream: TcpStream,
    ahead: Vec<u8>,
    /// What was sent last did not go out any more.
    gone: bool,
    seen: Arc<Mutex<Vec<u8>>>,
}

/// A start line and its fields.
#[derive(Clone, Debug)]
pub struct Head {
    pub start: String,
    pub fields: Vec<(String, String)>,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub head: Head,
    pub body: Vec<u8>,
}

impl Wire {
    pub fn to(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).expect("somebody listens there"))
    }

    pub fn over(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(LIMIT)).expect("a socket takes a time limit");
        stream.set_write_timeout(Some(LIMIT)).expect("a socket takes a time limit");
        let _ = stream.set_nodelay(true);
        Self { stream, ahead: Vec::new(), gone: false, seen: Arc::default() }
    }

    /// Every byte that ever came in, as long as the log is not cleared.
    pub fn log(&self) -> Arc<Mutex<Vec<u8>>> {
        self.seen.clone()
    }

    /// Sends; that the other side hung up shows in what comes back.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        self.gone |= self.stream.write_all(bytes.as_ref()).and_then(|()| self.stream.flush()).is_err();
        self
    }

    /// Says that nothing more will be sent; what comes can still be read.
    pub fn half_close(&mut self) -> &mut Self {
        let _ = self.stream.shutdown(Shutdown::Write);
        self
    }

    /// A second hand on the same connection, for a thread that only sends or only reads.
    pub fn twin(&self) -> Self {
        Self::over(self.stream.try_clone().expect("a socket has a second handle"))
    }

    /// All that comes until the other side closes.
    pub fn rest(&mut self) -> Vec<u8> {
        while self.fill() > 0 {}
        std::mem::take(&mut self.ahead)
    }

    /// The next answer; `None` where the connection was closed instead. Answers with 1xx but 101 are passed over.
    pub fn reply(&mut self) -> Option<Reply> {
        self.reply_to("GET")
    }

    /// The same for a request with this method: an answer to HEAD has no body.
    pub fn reply_to(&mut self, method: &str) -> Option<Reply> {
        loop {
            let head = self.head()?;
            let status = head.start.strip_prefix("HTTP/1.1 ").or_else(|| head.start.strip_prefix("HTTP/1.0 "));
            let status = status.and_then(|rest| rest.get(..3)).and_then(|code| code.parse().ok());
            let status: u16 = status.unwrap_or_else(|| panic!("not a status line: {:?}", head.start));
            if (100..200).contains(&status) && status != 101 {
                continue;
            }
            let bare = method == "HEAD" || matches!(status, 101 | 204 | 304);
            let body = if bare { Vec::new() } else { self.body(&head, true) };
            return Some(Reply { status, head, body });
        }
    }

    /// Whether the other side closed, having sent nothing more.
    pub fn is_closed(&mut self) -> bool {
        self.ahead.is_empty() && self.fill() == 0
    }

    /// Whether something could not be sent any more.
    pub fn is_left(&self) -> bool {
        self.gone
    }

    /// The next head, strictly CRLF; `None` at the end of the connection.
    pub fn head(&mut self) -> Option<Head> {
        let bytes = self.through(b"\r\n\r\n")?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let mut lines = text.trim_end_matches("\r\n").split("\r\n");
        let start = lines.next().unwrap_or_default().to_owned();
        let fields = lines.map(|line| {
            let (name, value) = line.split_once(':').unwrap_or_else(|| panic!("not a field: {line:?}"));
            (name.to_owned(), value.trim().to_owned())
        });
        Some(Head { start, fields: fields.collect() })
    }

    /// A body as its head frames it. `to_end`: without a length it goes on to the end of the connection (answers).
    pub fn body(&mut self, head: &Head, to_end: bool) -> Vec<u8> {
        if head.field("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")) {
            let mut body = Vec::new();
            while let Some(chunk) = self.chunk() {
                body.extend(chunk);
            }
            return body;
        }
        match head.field("content-length").and_then(|length| length.parse().ok()) {
            Some(length) => self.exactly(length).unwrap_or_else(|| std::mem::take(&mut self.ahead)),
            None if to_end => self.rest(),
            None => Vec::new(),
        }
    }

    /// One chunk of a chunked body; `None` after the last.
    pub fn chunk(&mut self) -> Option<Vec<u8>> {
        let line = String::from_utf8(self.through(b"\r\n")?).expect("a chunk size is ASCII");
        let size = line.trim_end().split(';').next().unwrap_or_default();
        let size = usize::from_str_radix(size, 16).unwrap_or_else(|_| panic!("not a chunk size: {line:?}"));
        if size == 0 {
            while self.through(b"\r\n")?.len() > 2 {}
            return None;
        }
        let chunk = self.exactly(size)?;
        self.exactly(2)?;
        Some(chunk)
    }

    pub fn exactly(&mut self, count: usize) -> Option<Vec<u8>> {
        while self.ahead.len() < count {
            if self.fill() == 0 {
                return None;
            }
        }
        Some(self.ahead.drain(..count).collect())
    }

    fn through(&mut self, mark: &[u8]) -> Option<Vec<u8>> {
        let mut from = 0;
        loop {
            let found = self.ahead[from..].windows(mark.len()).position(|window| window == mark);
            if let Some(at) = found {
                return Some(self.ahead.drain(..from + at + mark.len()).collect());
            }
            from = self.ahead.len().saturating_sub(mark.len());
            if self.fill() == 0 {
                return None;
            }
        }
    }

    /// Reads some more; 0 at the end, or when the other side reset or let the time run out.
    fn fill(&mut self) -> usize {
        let mut some = [0; 16 * 1024];
        match self.stream.read(&mut some) {
            Ok(count) => {
                lock(&self.seen).extend_from_slice(&some[..count]);
                self.ahead.extend_from_slice(&some[..count]);
                count
            }
            Err(error) if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {
                panic!("nothing came for {} s", LIMIT.as_secs())
            }
            Err(_) => 0,
        }
    }
}

impl Head {
    /// The second word of a request line.
    pub fn target(&self) -> &str {
        self.start.split(' ').nth(1).unwrap_or_default()
    }

    /// The first field of this name.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields_named(name).first().copied()
    }

    pub fn fields_named(&self, name: &str) -> Vec<&str> {
        self.fields.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str()).collect()
    }
}

impl Reply {
    pub fn field(&self, name: &str) -> Option<&str> {
        self.head.field(name)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }
}

/// A connection from another machine of the loopback network, `127.0.0.n`.
pub fn connect_from(n: u8, address: SocketAddr) -> TcpStream {
    use rustix::net::{AddressFamily, SocketType, bind, connect, socket};
    let socket = socket(AddressFamily::INET, SocketType::STREAM, None).expect("there are sockets");
    bind(&socket, &SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 0, n)), 0)).expect("all of 127/8 is loopback");
    connect(&socket, &address).expect("somebody listens there");
    TcpStream::from(socket)
}

/// A lock is good even when another test thread panicked under it.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
