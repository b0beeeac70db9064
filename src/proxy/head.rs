//! The head of a request, as it arrived: one strict reading (RFC 9112), before any library sees a byte of it. A head that
//! two parsers could read in two ways is refused here, so that what is judged and what is sent on cannot differ. One that
//! came in frames (RFC 9113) is taken apart by the library, and then held to the same rules. Pure: bytes in, one reading
//! or a refusal out; it must never repair, and never guess where a message ends.

use http::header::{self, HeaderMap};
use thiserror::Error;

/// The longest head, with its blank line, in bytes.
pub const MAX_HEAD: usize = 32 * 1024;
/// The longest request line, in bytes.
pub const MAX_LINE: usize = 8 * 1024;
/// The most fields.
pub const MAX_FIELDS: usize = 100;

/// What a client sends that wants HTTP/2 without asking (RFC 9113 section 3.4).
pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Where the message ends: known before anything else is done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// So many bytes of body; none is 0.
    Length(u64),
    /// Its end shows when it comes: chunks (see `chunks`), or the frames of HTTP/2.
    Chunked,
    /// A WebSocket handshake: after a 101 whatever comes belongs to it.
    Upgrade,
}

/// One head that can be read in one way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its length with the blank line, in bytes.
    pub length: usize,
    /// The request target as sent: origin-form, visible ASCII or bytes above it.
    pub target: Vec<u8>,
    pub framing: Framing,
}

/// Why a head is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum HeadError {
    #[error("the head is not one clear reading: {0}")]
    Malformed(&'static str),
    #[error("the request line is too long")]
    LineTooLong,
    #[error("the head is too large")]
    TooLarge,
    #[error("the head did not arrive in time")]
    TooSlow,
    #[error("this method is not served")]
    Method,
    #[error("this version of HTTP is not spoken here")]
    Version,
}

impl HeadError {
    /// The status that says so.
    pub fn status(self) -> http::StatusCode {
        match self {
            HeadError::Malformed(_) => http::StatusCode::BAD_REQUEST,
            HeadError::LineTooLong => http::StatusCode::URI_TOO_LONG,
            HeadError::TooLarge => http::StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            HeadError::TooSlow => http::StatusCode::REQUEST_TIMEOUT,
            HeadError::Method => http::StatusCode::METHOD_NOT_ALLOWED,
            HeadError::Version => http::StatusCode::HTTP_VERSION_NOT_SUPPORTED,
        }
    }
}

/// Finds the end of a head that arrives in pieces. It looks at each byte once, however small the pieces are: a client
/// that sends single bytes costs no more than one that sends all at once.
#[derive(Debug, Default)]
pub struct Scanner {
    seen: usize,
    line_ended: bool,
}

impl Scanner {
    /// Looks on in what has arrived so far, from its first byte. `None`: more is needed.
    pub fn scan(&mut self, arrived: &[u8]) -> Result<Option<Head>, HeadError> {
        while let Some(length) = memchr::memchr(b'\n', &arrived[self.seen..]) {
            let before = &arrived[..self.seen + length];
            self.within_limits(before.len())?;
            if before.last() != Some(&b'\r') {
                return Err(HeadError::Malformed("a line does not end in CR LF"));
            }
            if !self.line_ended && before == b"PRI * HTTP/2.0\r" {
                return Err(HeadError::Version);
            }
            self.line_ended = true;
            self.seen = before.len() + 1;
            if before.ends_with(b"\r\n\r") {
                return read(&arrived[..self.seen]).map(Some);
            }
        }
        self.seen = arrived.len();
        self.within_limits(self.seen)?;
        Ok(None)
    }

    /// Whether a head may have so many bytes without being whole.
    fn within_limits(&self, bytes: usize) -> Result<(), HeadError> {
        match bytes {
            _ if !self.line_ended && bytes > MAX_LINE => Err(HeadError::LineTooLong),
            MAX_HEAD.. => Err(HeadError::TooLarge),
            _ => Ok(()),
        }
    }
}

/// Reads a whole head, blank line included.
fn read(head: &[u8]) -> Result<Head, HeadError> {
    let mut rest = head.strip_suffix(b"\r\n").ok_or(HeadError::Malformed("it does not end"))?;
    let mut lines = std::iter::from_fn(|| {
        let (line, after) = rest.split_at(memchr::memchr(b'\n', rest)? + 1);
        rest = after;
        Some(line.strip_suffix(b"\r\n").unwrap_or(line))
    });
    let line = request_line(lines.next().unwrap_or_default())?;

    let mut fields = Fields::default();
    for (count, line) in lines.enumerate() {
        if count >= MAX_FIELDS {
            return Err(HeadError::TooLarge);
        }
        fields.read(line)?;
    }
    Ok(Head { length: head.len(), target: line.target.to_vec(), framing: fields.framing(&line)? })
}

/// Reads a head that came in frames. The authority is expected as `Host`, as the rest of the house reads it.
pub fn read_decoded(method: &str, target: &[u8], headers: &HeaderMap) -> Result<Framing, HeadError> {
    read_told(method, target)?;
    // Browsers send each cookie as a field of its own (RFC 9113 section 8.2.3).
    let cookies = headers.get_all(header::COOKIE).iter().count();
    if headers.len() - cookies.saturating_sub(1) > MAX_FIELDS {
        return Err(HeadError::TooLarge);
    }
    let mut fields = Fields::default();
    for (name, value) in headers {
        let value = value.as_bytes();
        if value.trim_ascii().len() != value.len() {
            return Err(HeadError::Malformed("a field's value begins or ends with a blank"));
        }
        fields.field(name.as_str().as_bytes(), value)?;
    }
    let line = RequestLine { method: method.as_bytes(), target, current: true };
    match (fields.length, fields.chunked || fields.upgrades > 0) {
        (_, true) => Err(HeadError::Malformed("a field of HTTP/1 in HTTP/2")),
        (Some(_), false) => fields.framing(&line),
        (None, false) => fields.framing(&line).map(|_| Framing::Chunked),
    }
}

/// Reads method and target that did not come on a line of their own: what is refused there is refused here.
pub fn read_told(method: &str, target: &[u8]) -> Result<(), HeadError> {
    if target.len() > MAX_LINE {
        return Err(HeadError::LineTooLong);
    }
    method_and_target(method.as_bytes(), target)
}

struct RequestLine<'a> {
    method: &'a [u8],
    target: &'a [u8],
    /// HTTP/1.1, else HTTP/1.0.
    current: bool,
}

/// RFC 9112 section 3, with single spaces only.
fn request_line(line: &[u8]) -> Result<RequestLine<'_>, HeadError> {
    let mut words = line.split(|byte| *byte == b' ');
    let (Some(method), Some(target), Some(version), None) = (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(HeadError::Malformed("the request line is not three words"));
    };
    let current = match version {
        b"HTTP/1.1" => true,
        b"HTTP/1.0" => false,
        // There is such a version. What somebody made up is his mistake, not a lack of ours.
        b"HTTP/2.0" => return Err(HeadError::Version),
        _ => return Err(HeadError::Malformed("the version is none")),
    };
    method_and_target(method, target)?;
    Ok(RequestLine { method, target, current })
}

fn method_and_target(method: &[u8], target: &[u8]) -> Result<(), HeadError> {
    // Upper case only: an application may take `get` for GET where a rule did not.
    if method.is_empty() || method.len() > 32 || !method.iter().all(|byte| byte.is_ascii_uppercase() || *byte == b'-') {
        return Err(HeadError::Malformed("the method is no method"));
    }
    // CONNECT asks for a tunnel that nothing here could judge; TRACE would show a script its own cookies.
    if matches!(method, b"CONNECT" | b"TRACE") {
        return Err(HeadError::Method);
    }
    // A fragment is never sent by an honest client, and parsers disagree on whether it belongs to the path.
    // What the library behind us could not read would be answered by it, without our headers.
    let readable = std::str::from_utf8(target).is_ok_and(|target| target.parse::<http::uri::PathAndQuery>().is_ok());
    if target.first() != Some(&b'/') || target.contains(&b'#') || !readable {
        return Err(HeadError::Malformed("the target is not a path"));
    }
    Ok(())
}

/// What of the fields decides where the message ends.
#[derive(Default)]
struct Fields {
    hosts: usize,
    length: Option<u64>,
    chunked: bool,
    upgrades: usize,
    websocket: bool,
    connection_upgrade: bool,
}

impl Fields {
    fn read(&mut self, line: &[u8]) -> Result<(), HeadError> {
        if matches!(line.first(), Some(b' ' | b'\t')) {
            return Err(HeadError::Malformed("a field is folded"));
        }
        let colon = memchr::memchr(b':', line).ok_or(HeadError::Malformed("a field has no colon"))?;
        let (name, value) = (&line[..colon], &line[colon + 1..]);
        if name.is_empty() || !name.iter().all(is_token) {
            return Err(HeadError::Malformed("a field's name is no name"));
        }
        if value.iter().fold(false, |found, byte| found | is_control(*byte)) {
            return Err(HeadError::Malformed("a field's value has control characters"));
        }
        self.field(name, value.trim_ascii())
    }

    /// Takes in a field with a name and a value that can be such.
    fn field(&mut self, name: &[u8], value: &[u8]) -> Result<(), HeadError> {
        if name.eq_ignore_ascii_case(b"host") {
            // Without user information, blanks or escapes; which host it is, is read later.
            let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(byte);
            if value.is_empty() || !value.iter().all(plain) {
                return Err(HeadError::Malformed("the host is no host"));
            }
            self.hosts += 1;
        } else if name.eq_ignore_ascii_case(b"content-length") {
            // Even two that agree are refused: no honest client sends them, and a smuggler needs them.
            if self.length.is_some() {
                return Err(HeadError::Malformed("the length is said twice"));
            }
            self.length = Some(length(value)?);
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            if self.chunked || !value.eq_ignore_ascii_case(b"chunked") {
                return Err(HeadError::Malformed("the transfer coding is not exactly chunked"));
            }
            self.chunked = true;
        } else if name.eq_ignore_ascii_case(b"upgrade") {
            self.upgrades += 1;
            self.websocket = value.eq_ignore_ascii_case(b"websocket");
        } else if name.eq_ignore_ascii_case(b"connection") {
            let mut options = value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
            self.connection_upgrade |= options.any(|option| option.eq_ignore_ascii_case(b"upgrade"));
        }
        Ok(())
    }

    /// RFC 9112 sections 3.2 and 6.3, without their tolerances.
    fn framing(&self, line: &RequestLine<'_>) -> Result<Framing, HeadError> {
        if self.hosts != 1 {
            return Err(HeadError::Malformed("there is not exactly one host"));
        }
        match (self.length, self.chunked) {
            (Some(_), true) => Err(HeadError::Malformed("both a length and a transfer coding")),
            (None, true) if !line.current => Err(HeadError::Malformed("a transfer coding in HTTP/1.0")),
            (None, true) => Ok(Framing::Chunked),
            (Some(length), false) if length > 0 => Ok(Framing::Length(length)),
            _ if self.websocket
                && self.upgrades == 1
                && self.connection_upgrade
                && line.current
                && line.method == b"GET" =>
            {
                Ok(Framing::Upgrade)
            }
            _ => Ok(Framing::Length(0)),
        }
    }
}

/// Digits and nothing else: no sign, no list, and no zero before others, which some read as octal.
fn length(value: &[u8]) -> Result<u64, HeadError> {
    let digits = (1..=18).contains(&value.len())
        && value.iter().all(u8::is_ascii_digit)
        && (value.len() == 1 || value[0] != b'0');
    let value = if digits { std::str::from_utf8(value).ok() } else { None };
    value.and_then(|text| text.parse().ok()).ok_or(HeadError::Malformed("the length is no number"))
}

/// RFC 9110 section 5.6.2.
pub(super) fn is_token(byte: &u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z')
        || matches!(byte, b'-' | b'!' | b'#'..=b'\'' | b'*' | b'+' | b'.' | b'^'..=b'`' | b'|' | b'~')
}

/// What no value has in it (RFC 9110 section 5.5).
pub(super) fn is_control(byte: u8) -> bool {
    (byte < b' ' && byte != b'\t') || byte == 0x7f
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn whole(head: &str) -> Result<Option<Head>, HeadError> {
        Scanner::default().scan(head.as_bytes())
    }

    fn framing(fields: &str) -> Result<Framing, HeadError> {
        whole(&format!("POST /a HTTP/1.1\r\nHost: a.test\r\n{fields}\r\n")).map(|head| head.unwrap().framing)
    }

    fn malformed(result: Result<impl std::fmt::Debug, HeadError>) -> bool {
        matches!(result, Err(HeadError::Malformed(_)))
    }

    #[test]
    fn an_honest_head_is_read() {
        let head = whole("GET /a?b=1 HTTP/1.1\r\nHost: a.test\r\nAccept:\t*/*  \r\n\r\nbody").unwrap().unwrap();
        assert_eq!(head.target, b"/a?b=1");
        assert_eq!(head.framing, Framing::Length(0));
        assert_eq!(head.length, 52);
        assert!(whole("GET / HTTP/1.1\r\nHost: a.test\r\n").unwrap().is_none());
        assert_eq!(framing("Content-Length: 12\r\n"), Ok(Framing::Length(12)));
        assert_eq!(framing("Transfer-Encoding: Chunked\r\n"), Ok(Framing::Chunked));
        let socket = "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n\r\n";
        assert_eq!(whole(socket).unwrap().unwrap().framing, Framing::Upgrade);
    }

    /// D1-01, D1-02, D1-04: where a message ends is said once, or not at all.
    #[test]
    fn doubtful_framing_is_refused() {
        for fields in [
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
            "Content-Length: 5\r\nContent-Length: 6\r\n",
            "Content-Length: 5\r\nContent-Length: 5\r\n",
            "Content-Length: 5, 5\r\n",
            "Content-Length: +5\r\n",
            "Content-Length: -5\r\n",
            "Content-Length: 0x5\r\n",
            "Content-Length: 05\r\n",
            "Content-Length: 00\r\n",
            "Content-Length:\r\n",
            "Content-Length: 99999999999999999999\r\n",
            "Transfer-Encoding: xchunked\r\n",
            "Transfer-Encoding: \x0bchunked\r\n",
            "Transfer-Encoding: chunked, identity\r\n",
            "Transfer-Encoding: identity, chunked\r\n",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding : chunked\r\n",
        ] {
            assert!(malformed(framing(fields)), "{fields:?}");
        }
        assert!(malformed(whole("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")));
    }

    /// D1-10, D1-12, D1-13, AR-06, AR-19, AR-22.
    #[test]
    fn doubtful_lines_are_refused() {
        for head in [
            "GET / HTTP/1.1\nHost: a\n\n",
            "GET / HTTP/1.1\r\nHost: a\n\r\n",
            "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
            "GET / HTTP/1.2\r\nHost: a\r\n\r\n",
            "GET / HTTP/9\r\nHost: a\r\n\r\n",
            "GET /\t HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /a#/b HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n",
            "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
            "get / HTTP/1.1\r\nHost: a\r\n\r\n",
            "G(T / HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\nHost:\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n",
            "GET / HTTP/1.1\r\n Host: a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX(: a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nXé: a\r\n\r\n",
        ] {
            assert!(malformed(whole(head)), "{head:?}");
        }
    }

    /// What browsers send raw in a path or query must not be refused.
    #[test]
    fn what_browsers_send_raw_is_read() {
        for target in ["/a|b", "/[x]", "/a'b(c)!*;,@:&=+$~", "/?q=`{}|^\\[]'", "/?a/b?c"] {
            let head = format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n");
            assert_eq!(whole(&head).map(|head| head.is_some()), Ok(true), "{target}");
        }
    }

    #[test]
    fn what_is_not_spoken_here_has_its_own_answer() {
        assert_eq!(whole("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"), Err(HeadError::Method));
        assert_eq!(whole("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n"), Err(HeadError::Method));
        assert_eq!(whole("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), Err(HeadError::Version));
        assert_eq!(whole("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), Err(HeadError::Version));
    }

    /// D2-07, D2-08: what came in frames is held to the same rules.
    #[test]
    fn a_decoded_head_is_held_to_the_same_rules() {
        let read = |method: &str, target: &str, fields: &[(&'static str, &str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in fields {
                headers.append(*name, value.parse().unwrap());
            }
            read_decoded(method, target.as_bytes(), &headers)
        };
        let host = ("host", "a.test");
        assert_eq!(read("GET", "/a?b", &[host]), Ok(Framing::Chunked));
        assert_eq!(read("POST", "/a", &[host, ("content-length", "3")]), Ok(Framing::Length(3)));
        let crumbs: Vec<_> = std::iter::once(host).chain([("cookie", "a=1"); MAX_FIELDS + 1]).collect();
        assert!(read("GET", "/", &crumbs).is_ok(), "crumbs are one field");
        let many: Vec<_> = std::iter::once(host).chain([("x", "1"); MAX_FIELDS]).collect();
        assert_eq!(read("GET", "/", &many), Err(HeadError::TooLarge));
        assert_eq!(read("GET", &format!("/{}", "a".repeat(MAX_LINE)), &[host]), Err(HeadError::LineTooLong));
        assert_eq!(read("TRACE", "/", &[host]), Err(HeadError::Method));
        for (method, target, fields) in [
            ("get", "/", vec![host]),
            ("GET", "*", vec![host]),
            ("GET", "http://b/", vec![host]),
            ("GET", "/", vec![]),
            ("GET", "/", vec![("host", "u@a")]),
            ("GET", "/", vec![host, ("x", " blank")]),
            ("POST", "/", vec![host, ("content-length", "3"), ("content-length", "3")]),
            ("POST", "/", vec![host, ("content-length", "+3")]),
            ("POST", "/", vec![host, ("transfer-encoding", "chunked")]),
            ("GET", "/", vec![host, ("upgrade", "websocket"), ("connection", "upgrade")]),
        ] {
            assert!(malformed(read(method, target, &fields)), "{method} {target} {fields:?}");
        }
    }

    /// D1-21: each ceiling is met before more is kept.
    #[test]
    fn large_heads_are_refused_before_they_end() {
        assert_eq!(whole(&format!("GET /{}", "a".repeat(MAX_LINE))), Err(HeadError::LineTooLong));
        let long = format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}", "a".repeat(MAX_HEAD));
        assert_eq!(whole(&long), Err(HeadError::TooLarge));
        let many = format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: a\r\n".repeat(MAX_FIELDS));
        assert_eq!(whole(&many), Err(HeadError::TooLarge));
        let enough = format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: a\r\n".repeat(MAX_FIELDS - 1));
        assert!(whole(&enough).is_ok());
    }

    /// D1-06: an upgrade to anything but a WebSocket is an ordinary request.
    #[test]
    fn only_a_clean_websocket_handshake_upgrades() {
        for fields in [
            "Connection: Upgrade\r\nUpgrade: foo\r\n",
            "Connection: Upgrade\r\nUpgrade: h2c\r\n",
            "Upgrade: websocket\r\n",
            "Connection: Upgrade\r\nUpgrade: websocket\r\nUpgrade: foo\r\n",
            "Connection: Upgrade\r\nUpgrade: websocket, foo\r\n",
            "Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 0\r\nX: y\r\n",
        ] {
            let head = whole(&format!("POST / HTTP/1.1\r\nHost: a\r\n{fields}\r\n")).unwrap().unwrap();
            assert_eq!(head.framing, Framing::Length(0), "{fields}");
        }
    }

    proptest! {
        /// The pieces in which bytes arrive never change what they mean, and no bytes make it panic.
        #[test]
        fn pieces_do_not_matter(
            bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(b'\r'), Just(b'\n'), Just(b':')], 0..200),
            honest in any::<bool>(),
            step in 1usize..9,
        ) {
            let mut message = if honest { b"GET / HTTP/1.1\r\nHost: a\r\n".to_vec() } else { Vec::new() };
            message.extend(bytes);
            let whole = Scanner::default().scan(&message);
            let mut scanner = Scanner::default();
            let mut pieces = Ok(None);
            for end in (0..=message.len()).step_by(step).chain([message.len()]) {
                pieces = scanner.scan(&message[..end]);
                if !matches!(pieces, Ok(None)) {
                    break;
                }
            }
            prop_assert_eq!(whole, pieces);
        }
    }
}
