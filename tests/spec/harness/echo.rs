//! The oracle: an application that records every byte it gets and answers what it got. It must stay simpler than what it
//! judges.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use data_encoding::BASE64;
use sha1::{Digest, Sha1};

use super::wire::{Head, Wire, lock};

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    pub target: String,
    pub head: Head,
    pub body: Vec<u8>,
}

/// What the application does with a request.
pub enum Answer {
    /// 200 with a JSON of method, target, headers and body.
    Json,
    /// 101, then every byte back; a head that asks for no upgrade gets [`Answer::Json`].
    WebSocket,
    /// A stream of server-sent events, one, and then nothing until the other side goes.
    Events,
    /// These bytes, then the connection is closed.
    Bytes(Vec<u8>),
    /// 200 with so many bytes, for as long as somebody takes them.
    Large(usize),
    /// Closed without a byte.
    Close,
    /// Never a byte, the connection open.
    Silence,
}

/// A free port on loopback.
const ANYWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

type Manners = Arc<dyn Fn(&Request) -> Answer + Send + Sync>;

#[derive(Default)]
struct Seen {
    connections: Mutex<Vec<Arc<Mutex<Vec<u8>>>>>,
    requests: Mutex<Vec<Request>>,
    /// Connections whose other side went away.
    ended: Mutex<usize>,
    over: AtomicBool,
}

/// An upstream on a port of its own.
pub struct Echo {
    pub address: SocketAddr,
    seen: Arc<Seen>,
}

impl Echo {
    /// Answers with [`Answer::Json`]; WebSocket handshakes with [`Answer::WebSocket`], `/events` with [`Answer::Events`].
    pub fn start() -> Self {
        Self::answering(|request| match request.target.split('?').next() {
            _ if request.field("upgrade").is_some() => Answer::WebSocket,
            Some("/events") => Answer::Events,
            _ => Answer::Json,
        })
    }

    pub fn answering(manners: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        let manners: Manners = Arc::new(manners);
        Self::serving(ANYWHERE, move |wire, seen| serve(wire, seen, &manners))
    }

    /// An application that may do anything: each connection is this conversation's until it returns, and then closed.
    /// Nothing is read for it, so that only the byte log tells what arrived.
    pub fn by_hand(conversation: impl Fn(&mut Wire) + Send + Sync + 'static) -> Self {
        Self::by_hand_at(ANYWHERE, conversation)
    }

    /// The same at an address where somebody is expected.
    pub fn by_hand_at(address: SocketAddr, conversation: impl Fn(&mut Wire) + Send + Sync + 'static) -> Self {
        Self::serving(address, move |mut wire, _| conversation(&mut wire))
    }

    fn serving(address: SocketAddr, serve: impl Fn(Wire, &Seen) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(address).expect("the address is free");
        // The usual 128 may wait to be accepted; of a flood the rest would have to knock again, a second later.
        rustix::net::listen(&listener, 4096).expect("it listens already");
        let address = listener.local_addr().expect("a bound socket has an address");
        let (seen, serve): (Arc<Seen>, _) = (Arc::default(), Arc::new(serve));
        let shared = seen.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.over.load(Ordering::SeqCst) {
                    break;
                }
                let Ok(stream) = stream else { continue };
                let (seen, serve, wire) = (shared.clone(), serve.clone(), Wire::over(stream));
                lock(&seen.connections).push(wire.log());
                std::thread::spawn(move || {
                    serve(wire, &seen);
                    *lock(&seen.ended) += 1;
                });
            }
        });
        Self { address, seen }
    }

    /// Every byte that arrived, per connection.
    pub fn bytes(&self) -> Vec<Vec<u8>> {
        lock(&self.seen.connections).iter().map(|log| lock(log).clone()).collect()
    }

    /// How often these bytes arrived, over all connections.
    pub fn got(&self, bytes: &str) -> usize {
        self.bytes().iter().map(|log| String::from_utf8_lossy(log).matches(bytes).count()).sum()
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every request, in the order of arrival.
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.seen.requests).clone()
    }

    pub fn last(&self) -> Request {
        lock(&self.seen.requests).last().cloned().expect("a request arrived")
    }

    /// How many connections the other side has left.
    pub fn left(&self) -> usize {
        *lock(&self.seen.ended)
    }

    /// From here on anew: what arrived before is forgotten.
    pub fn forget(&self) {
        for log in lock(&self.seen.connections).iter() {
            lock(log).clear();
        }
        lock(&self.seen.requests).clear();
    }

    /// "Denied": fails if a single byte arrived.
    #[track_caller]
    pub fn assert_untouched(&self, why: &str) {
        let arrived: Vec<_> = self
            .bytes()
            .iter()
            .filter(|log| !log.is_empty())
            .map(|log| String::from_utf8_lossy(log).into_owned())
            .collect();
        assert!(arrived.is_empty(), "{why}: the application got {arrived:?}");
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        self.seen.over.store(true, Ordering::SeqCst);
        let _ = std::net::TcpStream::connect(self.address);
    }
}

fn serve(mut wire: Wire, seen: &Seen, manners: &Manners) {
    while let Some(head) = wire.head() {
        let body = wire.body(&head, false);
        let mut start = head.start.split(' ');
        let (method, target) =
            (start.next().unwrap_or_default().to_owned(), start.next().unwrap_or_default().to_owned());
        let request = Request { method, target, head, body };
        lock(&seen.requests).push(request.clone());
        match manners(&request) {
            Answer::Json => {
                let body = request.to_json();
                let length = if request.method == "HEAD" { String::new() } else { body.clone() };
                let head = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                    body.len()
                );
                wire.send(head + &length);
            }
            Answer::WebSocket => {
                let upgrade = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
                wire.send(format!("{upgrade}Sec-WebSocket-Accept: {}\r\n\r\n", request.accepted()));
                while let Some(byte) = wire.exactly(1) {
                    wire.send(byte);
                }
            }
            Answer::Events => {
                wire.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
                wire.send("d\r\ndata: hello\n\n\r\n");
                let _ = wire.is_closed();
                break;
            }
            Answer::Bytes(bytes) => {
                wire.send(bytes);
                break;
            }
            Answer::Large(length) => {
                wire.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n"));
                let piece = [b'x'; 64 * 1024];
                if !(0..length / piece.len()).all(|_| !wire.send(piece).is_left()) {
                    break;
                }
            }
            Answer::Close => break,
            Answer::Silence => {
                let _ = wire.is_closed();
                break;
            }
        }
    }
}

/// The key of every handshake that is made on this bench (RFC 6455 section 1.3).
pub const WEBSOCKET_KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

impl Request {
    pub fn field(&self, name: &str) -> Option<&str> {
        self.head.field(name)
    }

    pub fn fields_named(&self, name: &str) -> Vec<&str> {
        self.head.fields_named(name)
    }

    /// The path as three kinds of application read it: as it stands; decoded once; decoded, without dot segments,
    /// doubled slashes and `;parameters`, in lower case.
    pub fn readings(&self) -> [String; 3] {
        let raw = self.target.split('?').next().unwrap_or_default().to_owned();
        let decoded = decode(&raw);
        let mut segments: Vec<String> = Vec::new();
        for segment in decoded.replace('\\', "/").split('/') {
            match segment.split(';').next().unwrap_or_default() {
                "" | "." => {}
                ".." => drop(segments.pop()),
                segment => segments.push(segment.to_lowercase()),
            }
        }
        [raw, decoded, format!("/{}", segments.join("/"))]
    }

    /// What answers the key of its handshake (RFC 6455 section 4.2.2).
    fn accepted(&self) -> String {
        let key = self.field("sec-websocket-key").unwrap_or(WEBSOCKET_KEY);
        let answer = Sha1::digest(format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
        BASE64.encode(&answer)
    }

    fn to_json(&self) -> String {
        serde_json::json!({
            "method": self.method,
            "target": self.target,
            "headers": self.head.fields,
            "body": String::from_utf8_lossy(&self.body),
        })
        .to_string()
    }
}

fn decode(text: &str) -> String {
    let (bytes, mut out, mut at) = (text.as_bytes(), Vec::new(), 0);
    while at < bytes.len() {
        let hex = text.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (bytes[at], hex) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
