//! What a test says in the words of HTTP/1, in the version of HTTP it is about: so that one specification holds for both.
//! What HTTP/2 has no words for (`Connection`, chunks) is said as HTTP/2 says it, and nothing else is repaired.

use std::net::SocketAddr;

use super::frames::{DATA, END_HEADERS, END_STREAM, Frames, HEADERS, Outcome, section};
use super::wire::{Reply, Wire};

/// A version of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    Http1,
    /// In clear, with prior knowledge.
    Http2,
    /// At the mouth of a tunnel through TLS.
    Http2OverTls,
}

/// A connection in one of them.
pub enum Talk {
    Http1(Wire),
    Http2 { frames: Frames, scheme: &'static str, last: u32 },
}

impl Talk {
    pub fn to(address: SocketAddr, protocol: Protocol) -> Self {
        match protocol {
            Protocol::Http1 => Talk::Http1(Wire::to(address)),
            Protocol::Http2 => Talk::Http2 { frames: Frames::to(address), scheme: "http", last: 0 },
            Protocol::Http2OverTls => Talk::Http2 { frames: Frames::to(address), scheme: "https", last: 0 },
        }
    }

    /// Sends one request, written in HTTP/1.
    pub fn send(&mut self, text: impl AsRef<str>) -> &mut Self {
        match self {
            Talk::Http1(wire) => drop(wire.send(text.as_ref())),
            Talk::Http2 { frames, scheme, last } => *last = translate(frames, scheme, text.as_ref()),
        }
        self
    }

    /// The answer to the last; `None` where the connection was closed, or the request turned away, instead.
    pub fn reply(&mut self) -> Option<Reply> {
        self.reply_to("GET")
    }

    /// The same for a request with this method: an answer to HEAD has no body.
    pub fn reply_to(&mut self, method: &str) -> Option<Reply> {
        match self {
            Talk::Http1(wire) => wire.reply_to(method),
            Talk::Http2 { frames, last, .. } => match frames.outcome(*last) {
                Outcome::Answered(reply) => Some(reply),
                Outcome::Reset(_) | Outcome::Closed(_) => None,
            },
        }
    }
}

/// Sends what HTTP/1 says in frames.
fn translate(frames: &mut Frames, scheme: &str, text: &str) -> u32 {
    let (head, body) = text.split_once("\r\n\r\n").expect("a whole head");
    let (line, lines) = head.split_once("\r\n").unwrap_or((head, ""));
    let (method, rest) = line.split_once(' ').expect("a request line");
    let (target, _version) = rest.rsplit_once(' ').expect("a request line");
    let mut fields: Vec<(String, String)> =
        [(":method", method), (":scheme", scheme), (":path", target)].map(|(n, v)| (n.into(), v.into())).into();
    let lines = lines.split("\r\n").filter(|line| !line.is_empty()).map(|line| line.split_once(':').expect("a field"));
    let mut named: Vec<(String, String)> =
        lines.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect();
    // One host is said in one place, as every client does; whoever says several says them all.
    if let [host] =
        named.iter().enumerate().filter(|(_, (name, _))| name == "host").map(|(n, _)| n).collect::<Vec<_>>()[..]
    {
        fields.push((":authority".into(), named.remove(host).1));
    }
    let chunked = named.iter().any(|(name, _)| name == "transfer-encoding");
    fields.extend(named.into_iter().filter(|(name, _)| name != "transfer-encoding"));
    let (body, trailers) = if chunked { dechunked(body) } else { (body.to_owned(), Vec::new()) };
    let borrowed = |fields: &[(String, String)]| {
        section(&fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect::<Vec<_>>())
    };
    let stream = frames.number();
    let end = if body.is_empty() && trailers.is_empty() { END_STREAM } else { 0 };
    frames.send(HEADERS, END_HEADERS | end, stream, &borrowed(&fields));
    let parts: Vec<_> = body.as_bytes().chunks(16 * 1024).collect();
    for (n, part) in parts.iter().enumerate() {
        let end = if n + 1 == parts.len() && trailers.is_empty() { END_STREAM } else { 0 };
        frames.send(DATA, end, stream, part);
    }
    if !trailers.is_empty() {
        frames.send(HEADERS, END_HEADERS | END_STREAM, stream, &borrowed(&trailers));
    }
    stream
}

/// What chunks carry, and the trailers behind them.
fn dechunked(text: &str) -> (String, Vec<(String, String)>) {
    let (mut body, mut rest) = (String::new(), text);
    loop {
        let (size, after) = rest.split_once("\r\n").expect("a chunk size");
        let size = usize::from_str_radix(size, 16).expect("a chunk size");
        if size == 0 {
            let trailers = after.split("\r\n").filter_map(|line| line.split_once(':'));
            let trailers = trailers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()));
            return (body, trailers.collect());
        }
        body += &after[..size];
        rest = &after[size + 2..];
    }
}
