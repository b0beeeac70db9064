//! HTTP/2 by hand (RFC 9113): any frame in any order out, whatever it means; a strict reading of what comes back. Field
//! sections are written as literals that are not indexed, so that what is sent stands in the test.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use super::patience::LIMIT;
use super::wire::{Head, Reply};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Frame kinds.
pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const PRIORITY: u8 = 2;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
pub const WINDOW_UPDATE: u8 = 8;
pub const CONTINUATION: u8 = 9;

/// Flags.
pub const ACK: u8 = 1;
pub const END_STREAM: u8 = 1;
pub const END_HEADERS: u8 = 4;

/// Error codes.
pub const NO_ERROR: u32 = 0;
pub const PROTOCOL_ERROR: u32 = 1;
pub const REFUSED_STREAM: u32 = 7;
pub const ENHANCE_YOUR_CALM: u32 = 11;

/// A connection that began as one of HTTP/2 does.
pub struct Frames {
    stream: TcpStream,
    ahead: Vec<u8>,
    decoder: httlib_hpack::Decoder<'static>,
    next: u32,
    /// Acknowledges settings and pings, and takes every byte of an answer as soon as it comes.
    pub polite: bool,
    /// The last word of the other side on the whole connection.
    pub goaway: Option<u32>,
}

/// A frame as it came.
#[derive(Clone, Debug)]
pub struct Frame {
    pub kind: u8,
    pub flags: u8,
    pub stream: u32,
    pub payload: Vec<u8>,
    /// Of HEADERS.
    pub fields: Vec<(String, String)>,
}

/// What became of a request.
#[derive(Clone, Debug)]
pub enum Outcome {
    Answered(Reply),
    /// RST_STREAM, with its code.
    Reset(u32),
    /// The connection ended first; the code of its GOAWAY, where there was one.
    Closed(Option<u32>),
}

impl Frames {
    pub fn to(address: SocketAddr) -> Self {
        Self::with_settings(address, &[])
    }

    pub fn with_settings(address: SocketAddr, settings: &[(u16, u32)]) -> Self {
        Self::over(TcpStream::connect(address).expect("somebody listens there"), settings)
    }

    pub fn over(stream: TcpStream, settings: &[(u16, u32)]) -> Self {
        let mut frames = Self::silent(stream);
        frames.raw(PREFACE);
        let payload: Vec<u8> =
            settings.iter().flat_map(|(id, value)| [&id.to_be_bytes()[..], &value.to_be_bytes()].concat()).collect();
        frames.send(SETTINGS, 0, 0, &payload);
        frames
    }

    /// A connection on which nothing was said yet.
    pub fn silent(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(LIMIT)).expect("a socket takes a time limit");
        stream.set_write_timeout(Some(LIMIT)).expect("a socket takes a time limit");
        let _ = stream.set_nodelay(true);
        let decoder = httlib_hpack::Decoder::default();
        Self { stream, ahead: Vec::new(), decoder, next: 1, polite: true, goaway: None }
    }

    /// Sends these bytes; that the other side hung up shows in what comes back.
    pub fn raw(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes).and_then(|()| self.stream.flush());
    }

    pub fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        self.raw(&frame(kind, flags, stream, payload));
    }

    /// Takes a request back.
    pub fn reset(&mut self, stream: u32) {
        self.send(RST_STREAM, 0, stream, &[0, 0, 0, 8]);
    }

    /// A number no request had yet.
    pub fn number(&mut self) -> u32 {
        self.next += 2;
        self.next - 2
    }

    /// Sends the head of a request, and its end where it has no body.
    pub fn open(&mut self, fields: &[(&str, &str)], end: bool) -> u32 {
        /// The longest frame everybody takes.
        const LONGEST: usize = 16 * 1024;
        let (stream, section) = (self.number(), section(fields));
        let end = if end { END_STREAM } else { 0 };
        let (first, rest) = section.split_at(section.len().min(LONGEST));
        self.send(HEADERS, end | if rest.is_empty() { END_HEADERS } else { 0 }, stream, first);
        let parts = rest.chunks(LONGEST).count();
        for (n, part) in rest.chunks(LONGEST).enumerate() {
            self.send(CONTINUATION, if n + 1 == parts { END_HEADERS } else { 0 }, stream, part);
        }
        stream
    }

    /// A request that everybody may make.
    pub fn get(&mut self, authority: &str, path: &str) -> u32 {
        self.open(&request("GET", authority, path), true)
    }

    /// Opens one and waits for what becomes of it.
    pub fn ask(&mut self, fields: &[(&str, &str)]) -> Outcome {
        let stream = self.open(fields, true);
        self.outcome(stream)
    }

    /// The next frame; `None` at the end of the connection.
    pub fn next(&mut self) -> Option<Frame> {
        let head = self.exactly(9)?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]) & 0x7fff_ffff;
        let payload = self.exactly(length)?;
        // Each section must be decoded, in order, for the next to be understood.
        let fields = if head[3] == HEADERS { self.decode(payload.clone()) } else { Vec::new() };
        let frame = Frame { kind: head[3], flags: head[4], stream, payload, fields };
        match frame.kind {
            SETTINGS if frame.flags & ACK == 0 && self.polite => self.send(SETTINGS, ACK, 0, &[]),
            PING if frame.flags & ACK == 0 && self.polite => {
                let payload = frame.payload.clone();
                self.send(PING, ACK, 0, &payload);
            }
            DATA if !frame.payload.is_empty() && self.polite => {
                let taken = (frame.payload.len() as u32).to_be_bytes();
                self.send(WINDOW_UPDATE, 0, 0, &taken);
                if frame.flags & END_STREAM == 0 {
                    self.send(WINDOW_UPDATE, 0, frame.stream, &taken);
                }
            }
            GOAWAY => self.goaway = frame.payload.get(4..8).map(code),
            _ => {}
        }
        Some(frame)
    }

    fn decode(&mut self, mut section: Vec<u8>) -> Vec<(String, String)> {
        let mut fields = Vec::new();
        self.decoder.decode(&mut section, &mut fields).expect("a field section");
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        fields.into_iter().map(|(name, value, _)| (text(name), text(value))).collect()
    }

    /// Reads on until this request has ended. Frames of others are passed over.
    pub fn outcome(&mut self, stream: u32) -> Outcome {
        let (mut head, mut body) = (None, Vec::new());
        while let Some(frame) = self.next() {
            if frame.stream != stream {
                continue;
            }
            let last = frame.flags & END_STREAM != 0 && matches!(frame.kind, DATA | HEADERS);
            match frame.kind {
                HEADERS if head.is_none() => head = Some(frame.fields),
                DATA => body.extend(&frame.payload),
                RST_STREAM => return Outcome::Reset(code(&frame.payload)),
                _ => {}
            }
            if last {
                let mut fields = head.expect("a head comes first");
                let status = fields.remove(0).1;
                let start = format!("HTTP/2 {status}");
                let reply = Reply { status: status.parse().expect("a status"), head: Head { start, fields }, body };
                return Outcome::Answered(reply);
            }
        }
        Outcome::Closed(self.goaway)
    }

    /// Reads on until there is a frame like this.
    #[track_caller]
    pub fn wait_for(&mut self, what: &str, like: impl Fn(&Frame) -> bool) -> Frame {
        while let Some(frame) = self.next() {
            if like(&frame) {
                return frame;
            }
        }
        panic!("the connection ended before {what}")
    }

    /// Reads to the end of the connection; the code of its GOAWAY, where there was one.
    pub fn end(&mut self) -> Option<u32> {
        while self.next().is_some() {}
        self.goaway
    }

    /// Whether the connection ends without more than the settings every side begins with.
    pub fn ends(&mut self) -> bool {
        self.end().is_none()
    }

    fn exactly(&mut self, count: usize) -> Option<Vec<u8>> {
        let mut some = [0; 16 * 1024];
        while self.ahead.len() < count {
            match self.stream.read(&mut some) {
                Ok(0) => return None,
                Ok(read) => self.ahead.extend_from_slice(&some[..read]),
                Err(error) if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {
                    panic!("nothing came for {} s", LIMIT.as_secs())
                }
                Err(_) => return None,
            }
        }
        Some(self.ahead.drain(..count).collect())
    }
}

impl Outcome {
    /// The status; none where there was no answer.
    pub fn status(&self) -> Option<u16> {
        match self {
            Outcome::Answered(reply) => Some(reply.status),
            Outcome::Reset(_) | Outcome::Closed(_) => None,
        }
    }

    /// Whether it was turned away as no request: a 400, or the frame's own error.
    pub fn is_malformed(&self) -> bool {
        match self {
            Outcome::Answered(reply) => reply.status == 400,
            Outcome::Reset(code) => *code == PROTOCOL_ERROR,
            Outcome::Closed(code) => code.is_none_or(|code| code != NO_ERROR),
        }
    }
}

/// The bytes of a frame.
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut bytes = (payload.len() as u32).to_be_bytes()[1..].to_vec();
    bytes.extend([kind, flags]);
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// The usual fields of a request.
pub fn request<'a>(method: &'a str, authority: &'a str, path: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![(":method", method), (":scheme", "http"), (":authority", authority), (":path", path)]
}

/// A field section of literals, none indexed and none compressed (RFC 7541 section 6.2.2).
pub fn section(fields: &[(&str, &str)]) -> Vec<u8> {
    fields.iter().flat_map(|(name, value)| [vec![0], string(name), string(value)].concat()).collect()
}

/// A string literal as it stands (RFC 7541 section 5.2).
fn string(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.len();
    if rest < 127 {
        bytes.push(rest as u8);
    } else {
        bytes.push(127);
        rest -= 127;
        while rest >= 128 {
            bytes.push((rest % 128 + 128) as u8);
            rest /= 128;
        }
        bytes.push(rest as u8);
    }
    bytes.extend(text.as_bytes());
    bytes
}

/// A number of four bytes.
fn code(bytes: impl AsRef<[u8]>) -> u32 {
    bytes.as_ref().try_into().map(u32::from_be_bytes).expect("a code has four bytes")
}
