//! Whatever an application speaks passes: WebSockets, event streams, chunks, interim answers, ranges, old clients. Each
//! is held to the bytes at both ends, and after each the connection serves another request: nothing is out of step.

use std::sync::mpsc;
use std::sync::{Arc, Mutex};

use crate::harness::{Echo, Gate, Head, LIMIT, WEBSOCKET_KEY, Wire, until};

/// A gate that asks nobody anything.
pub fn open(application: &Echo) -> Gate {
    Gate::before(application).rules(rules! { "/**" => "bypass" }).start()
}

/// Answers what a test is not about: with the target.
pub fn answer_plainly(wire: &mut Wire, head: &Head) {
    let target = head.target();
    wire.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{target}", target.len()));
}

/// An application that answers these paths with these bytes, and all others plainly. It closes where the bytes say so.
pub fn application(answers: impl Fn(&Head) -> Option<Vec<u8>> + Send + Sync + 'static) -> Echo {
    Echo::by_hand(move |wire| {
        while let Some(head) = wire.head() {
            wire.body(&head, false);
            let Some(bytes) = answers(&head) else {
                answer_plainly(wire, &head);
                continue;
            };
            let ends = bytes.windows(17).any(|window| window.eq_ignore_ascii_case(b"connection: close"));
            wire.send(bytes);
            if ends {
                break;
            }
        }
    })
}

/// A request without a body. `fields`: with their line ends.
pub fn request(gate: &Gate, method: &str, target: &str, fields: &str) -> String {
    format!("{method} {target} HTTP/1.1\r\nHost: {}\r\n{fields}\r\n", gate.authority())
}

/// Fails unless the next request on this connection gets its own answer.
#[track_caller]
pub fn assert_in_step(wire: &mut Wire, gate: &Gate, after: &str) {
    let reply = wire.send(request(gate, "GET", "/next?in-step", "")).reply();
    let reply = reply.unwrap_or_else(|| panic!("after {after}: the connection was closed"));
    assert_eq!((reply.status, reply.text().as_str()), (200, "/next?in-step"), "after {after}");
}

/// Bytes that repeat nowhere near, and hold every value.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    };
    std::iter::repeat_with(next).take(length).collect()
}

// Answers.

/// Status, fields and body as the application sent them, whatever they are; the body ends where it ended there.
#[test]
fn answers_arrive_as_they_were_sent() {
    let gzip = noise(5000);
    let with = |head: &str, body: &[u8]| {
        let head = format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n", body.len());
        [head.as_bytes(), body].concat()
    };
    let parts =
        b"--x\r\nContent-Range: bytes 0-1/9\r\n\r\nab\r\n--x\r\nContent-Range: bytes 4-5/9\r\n\r\nef\r\n--x--\r\n";
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let answers: Vec<(&str, Vec<u8>, &[u8])> = vec![
        ("200 OK", with("200 OK", b"hello"), b"hello"),
        ("200 OK", with("200 OK\r\nContent-Encoding: gzip", &gzip), &gzip),
        ("200 OK", with("200 OK", b""), b""),
        ("200 OK", format!("{chunked}5\r\nhello\r\n0\r\n\r\n").into_bytes(), b"hello"),
        (
            "200 OK",
            format!("{chunked}005;a=\"b\"\r\nhello\r\n1\r\n!\r\n0\r\nX-Late: 1\r\n\r\n").into_bytes(),
            b"hello!",
        ),
        ("200 OK", format!("{chunked}0\r\n\r\n").into_bytes(), b""),
        ("200 OK", b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nto the end".to_vec(), b"to the end"),
        ("200 OK", b"HTTP/1.0 200 OK\r\nConnection: close\r\n\r\nof an old one".to_vec(), b"of an old one"),
        ("201 Created", with("201 Created\r\nLocation: /made/1", b""), b""),
        ("204 No Content", b"HTTP/1.1 204 No Content\r\n\r\n".to_vec(), b""),
        ("206 Partial Content", with("206 Partial Content\r\nContent-Range: bytes 2-4/9", b"cde"), b"cde"),
        (
            "206 Partial Content",
            with("206 Partial Content\r\nContent-Type: multipart/byteranges; boundary=x", parts),
            parts,
        ),
        ("207 Multi-Status", with("207 Multi-Status", b"<x/>"), b"<x/>"),
        ("299 Very well, then", with("299 Very well, then", b"x"), b"x"),
        ("304 Not Modified", b"HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\nContent-Length: 5\r\n\r\n".to_vec(), b""),
        ("304 Not Modified", b"HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n".to_vec(), b""),
        ("404 Nothing here", with("404 Nothing here", b"gone"), b"gone"),
        ("416 Range Not Satisfiable", with("416 Range Not Satisfiable\r\nContent-Range: bytes */9", b""), b""),
        ("418 I'm a teapot", with("418 I'm a teapot", b"short and stout"), b"short and stout"),
        ("500 Internal Server Error", with("500 Internal Server Error", b"stack"), b"stack"),
        ("599 x", with("599 x", b"y"), b"y"),
    ];
    let bytes: Vec<_> = answers.iter().map(|(_, bytes, _)| bytes.clone()).collect();
    let echo =
        application(move |head| bytes.get(head.target().strip_prefix("/answer/")?.parse::<usize>().ok()?).cloned());
    let gate = open(&echo);
    let mut wire = gate.wire();
    for (number, (status, sent, body)) in answers.iter().enumerate() {
        let reply = wire.send(request(&gate, "GET", &format!("/answer/{number}"), "")).reply().expect(status);
        assert_eq!(reply.head.start, format!("HTTP/1.1 {status}"));
        assert_eq!(reply.body, *body, "{status}");
        let sent = String::from_utf8_lossy(sent).into_owned();
        let sent = sent.split("\r\n\r\n").next().unwrap_or_default();
        for name in ["content-encoding", "content-range", "content-type", "etag", "location"] {
            let said =
                sent.lines().find_map(|line| line.split_once(": ").filter(|(key, _)| key.eq_ignore_ascii_case(name)));
            assert_eq!(reply.field(name), said.map(|(_, value)| value), "{name} of {status}");
        }
        assert_eq!(reply.field("x-late"), None, "a trailer is no header");
        if status.starts_with("204") {
            assert_eq!((reply.field("content-length"), reply.field("transfer-encoding")), (None, None));
        }
        assert_in_step(&mut wire, &gate, status);
    }
}

/// HEAD says what GET would, and never a byte more.
#[test]
fn a_head_request_has_no_body() {
    let echo = application(|head| {
        assert!(head.target() != "/length" || head.start.starts_with("HEAD "));
        Some(match head.target() {
            "/length" => b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n".to_vec(),
            "/chunked" => b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec(),
            "/neither" => b"HTTP/1.1 200 OK\r\nETag: \"a\"\r\n\r\n".to_vec(),
            "/missing" => b"HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\n".to_vec(),
            _ => return None,
        })
    });
    let gate = open(&echo);
    let mut wire = gate.wire();
    for (target, length) in [("/length", Some("5000")), ("/chunked", None), ("/neither", None), ("/missing", Some("9"))]
    {
        let reply = wire.send(request(&gate, "HEAD", target, "")).reply_to("HEAD").expect(target);
        assert_eq!(reply.status, if target == "/missing" { 404 } else { 200 });
        assert_eq!(reply.field("content-length"), length, "{target}");
        assert_in_step(&mut wire, &gate, target);
    }
}

/// Repeated fields stay repeated, in their order; cookies are never joined.
#[test]
fn repeated_fields_keep_their_order() {
    let echo = application(|head| {
        assert_eq!(head.fields_named("x-a"), ["3", "1", "2"]);
        assert_eq!(head.field("accept-encoding"), Some("gzip, br"));
        Some(
            b"HTTP/1.1 200 OK\r\nSet-Cookie: b=1; Path=/\r\nX-A: 2\r\nSet-Cookie: a=2\r\nx-a: 1\r\nSet-Cookie: b=3\r\n\
              Vary: Accept\r\nVary: Cookie\r\nContent-Length: 0\r\n\r\n"
                .to_vec(),
        )
    });
    let gate = open(&echo);
    let fields = "X-A: 3\r\nX-B: 0\r\nx-a: 1\r\nX-A: 2\r\nAccept-Encoding: gzip, br\r\n";
    let reply = gate.wire().send(request(&gate, "GET", "/", fields)).reply().unwrap();
    assert_eq!(reply.head.fields_named("set-cookie"), ["b=1; Path=/", "a=2", "b=3"]);
    assert_eq!(reply.head.fields_named("x-a"), ["2", "1"]);
    assert_eq!(reply.head.fields_named("vary"), ["Accept", "Cookie"]);
}

/// Interim answers pass to whoever knows them.
#[test]
fn interim_answers_pass_to_http_1_1_alone() {
    let echo = application(|head| {
        (head.target() == "/slow").then(|| {
            b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n\
              HTTP/1.1 103 Early Hints\r\nLink: </b.js>; rel=preload\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone"
                .to_vec()
        })
    });
    let gate = open(&echo);
    let mut wire = gate.wire();
    wire.send(request(&gate, "GET", "/slow", ""));
    let heads: Vec<Head> = (0..3).map(|_| wire.head().expect("an interim answer")).collect();
    assert!(heads[0].start.starts_with("HTTP/1.1 102 "), "{heads:?}");
    assert_eq!(heads[1].field("link"), Some("</a.css>; rel=preload"));
    assert_eq!(heads[2].field("link"), Some("</b.js>; rel=preload"));
    assert_eq!(wire.reply().unwrap().text(), "done");
    assert_in_step(&mut wire, &gate, "interim answers");

    let old = format!("GET /slow HTTP/1.0\r\nHost: {}\r\n\r\n", gate.authority());
    let all = String::from_utf8(gate.wire().send(old).rest()).unwrap();
    assert!(all.split(' ').nth(1) == Some("200") && all.ends_with("\r\n\r\ndone"), "{all}");
    assert!(!all.contains("link"), "{all}");
}

// Requests.

/// Chunks of any size, with whatever is written beside them: the application gets the content, and nothing else.
#[test]
fn chunked_bodies_pass_both_ways() {
    let content = noise(200_000);
    let expected = content.clone();
    let got: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
    let kept = got.clone();
    let echo = Echo::by_hand(move |wire| {
        while let Some(head) = wire.head() {
            let body = wire.body(&head, false);
            if head.target() != "/echo" {
                answer_plainly(wire, &head);
                continue;
            }
            wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            for part in body.chunks(7777) {
                wire.send(format!("{:x};late=1\r\n", part.len())).send(part).send("\r\n");
            }
            wire.send("0\r\nRemote-User: mallory\r\n\r\n");
            kept.lock().unwrap().push(body);
        }
    });
    let gate = open(&echo);
    let mut wire = gate.wire();
    for (sizes, extension) in
        [([1, 1, 1], ""), ([1, 4095, 4097], ";name=\"a;b\""), ([65_535, 65_536, 65_537], ";x"), ([200_000; 3], "")]
    {
        let head = request(&gate, "POST", "/echo", "Transfer-Encoding: chunked\r\nTrailer: Remote-User\r\n");
        let (mut bytes, mut at, mut sizes) = (head.into_bytes(), 0, sizes.iter().cycle());
        // Single bytes for a while only: each would be a message of its own all the way.
        let content =
            if sizes.clone().next() == Some(&1) && extension.is_empty() { &content[..2000] } else { &content };
        while at < content.len() {
            let end = content.len().min(at + sizes.next().unwrap());
            bytes.extend(format!("{:X}{extension}\r\n", end - at).bytes());
            bytes.extend(&content[at..end]);
            bytes.extend(b"\r\n");
            at = end;
        }
        bytes.extend(b"0\r\nRemote-User: mallory\r\nX-Sum: 1\r\n\r\n");
        let mut twin = wire.twin();
        let sending = std::thread::spawn(move || {
            twin.send(bytes);
        });
        let reply = wire.reply().unwrap();
        sending.join().unwrap();
        assert_eq!(reply.status, 200);
        assert!(reply.body == content && expected.starts_with(&reply.body), "{extension}: the content differs");
        assert_eq!(reply.field("remote-user"), None);
        let body = got.lock().unwrap().pop().unwrap();
        assert!(body == content, "{extension}: the content differs");
        assert_in_step(&mut wire, &gate, "chunks");
    }
    for bytes in echo.bytes() {
        let mark = b"mallory";
        assert!(!bytes.windows(mark.len()).any(|window| window == mark), "HS-09: a trailer got through");
    }
}

/// The application decides whether the body is wanted, and a client that waits hears of it.
#[test]
fn expect_is_the_applications_to_answer() {
    let echo = Echo::by_hand(|wire| {
        while let Some(head) = wire.head() {
            if head.field("expect").is_none() {
                wire.body(&head, false);
                answer_plainly(wire, &head);
                continue;
            }
            match head.target() {
                "/welcome" => {
                    wire.send("HTTP/1.1 100 Continue\r\n\r\n");
                    let body = wire.body(&head, false);
                    wire.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len())).send(body);
                }
                "/unfit" => {
                    wire.send("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 2\r\n\r\nno");
                }
                _ => {
                    wire.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 4\r\n\r\nmuch");
                }
            }
        }
    });
    let gate = open(&echo);
    let fields = "Expect: 100-continue\r\nContent-Length: 5\r\n";
    let mut wire = gate.wire();
    wire.send(request(&gate, "POST", "/welcome", fields));
    assert!(wire.head().unwrap().start.starts_with("HTTP/1.1 100 "));
    assert_eq!(wire.send("hello").reply().unwrap().text(), "hello");
    assert_in_step(&mut wire, &gate, "100-continue");

    for (target, status, text) in [("/unfit", 417, "no"), ("/large", 413, "much")] {
        let mut wire = gate.wire();
        let reply = wire.send(request(&gate, "POST", target, fields)).reply().unwrap();
        assert_eq!((reply.status, reply.text().as_str()), (status, text));
        // Whatever comes now is the body that was announced, or nothing: never a request.
        wire.send(request(&gate, "GET", "/smuggled", ""));
        assert!(wire.reply().is_none(), "{target}: a body was taken for a request");
    }
    for bytes in echo.bytes() {
        assert!(!String::from_utf8_lossy(&bytes).contains("/smuggled HTTP/1.1"), "a body was taken for a request");
    }
    assert_in_step(&mut gate.wire(), &gate, "refused expectations");
}

/// What an application answers before it has read everything arrives, though the client is still sending.
#[test]
fn an_early_answer_arrives_while_the_client_sends() {
    const LENGTH: usize = 1 << 20;
    let echo = Echo::by_hand(|wire| {
        let Some(head) = wire.head() else { return };
        if head.target() == "/upload" {
            wire.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 4\r\nConnection: close\r\n\r\nmuch");
            wire.rest();
        } else {
            answer_plainly(wire, &head);
        }
    });
    let gate = open(&echo);
    for fields in [format!("Content-Length: {LENGTH}\r\n"), "Transfer-Encoding: chunked\r\n".to_owned()] {
        let mut wire = gate.wire();
        wire.send(request(&gate, "POST", "/upload", &fields));
        if fields.contains("chunked") {
            wire.send(format!("{LENGTH:x}\r\n"));
        }
        let mut twin = wire.twin();
        let sending = std::thread::spawn(move || {
            twin.send(noise(LENGTH));
        });
        let reply = wire.reply().expect("the answer is not lost to a reset");
        assert_eq!((reply.status, reply.text().as_str()), (413, "much"));
        drop(wire);
        sending.join().unwrap();
        assert_in_step(&mut gate.wire(), &gate, "an early answer");
    }
}

/// One after another without waiting, with and without bodies; a `close` among them is the last.
#[test]
fn requests_sent_ahead_are_answered_in_their_order() {
    let echo = application(|_| None);
    let gate = open(&echo);
    let mut wire = gate.wire();
    let post = |target, fields: &str, body: &str| request(&gate, "POST", target, fields) + body;
    let all = [
        request(&gate, "GET", "/1", ""),
        post("/2", "Content-Length: 5\r\n", "GET /"),
        request(&gate, "DELETE", "/3", ""),
        post("/4", "Content-Length: 0\r\n", ""),
        request(&gate, "OPTIONS", "/5", ""),
        request(&gate, "GET", "/6", "Connection: close\r\n"),
        request(&gate, "GET", "/never", ""),
    ];
    wire.send(all.concat());
    for target in ["/1", "/2", "/3", "/4", "/5", "/6"] {
        assert_eq!(wire.reply().expect(target).text(), target);
    }
    assert!(wire.is_closed());
    assert!(!echo.bytes().iter().any(|bytes| String::from_utf8_lossy(bytes).contains("/never")));
}

/// HTTP/1.0: closed after the answer unless it asked otherwise and can be told where the answer ends.
#[test]
fn old_clients_are_served() {
    let echo = application(|head| {
        (head.target() == "/chunked")
            .then(|| b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n".to_vec())
    });
    let gate = open(&echo);
    let old =
        |target: &str, fields: &str| format!("GET {target} HTTP/1.0\r\nHost: {}\r\n{fields}\r\n", gate.authority());
    let mut wire = gate.wire();
    assert_eq!(wire.send(old("/a", "")).reply().unwrap().text(), "/a");
    assert!(wire.is_closed());
    let mut wire = gate.wire();
    for target in ["/b", "/c"] {
        let reply = wire.send(old(target, "Connection: keep-alive\r\n")).reply().unwrap();
        assert_eq!(reply.text(), target);
        assert!(reply.field("connection").is_some_and(|field| field.eq_ignore_ascii_case("keep-alive")), "it is told");
    }
    let reply = wire.send(old("/chunked", "Connection: keep-alive\r\n")).reply().unwrap();
    assert_eq!((reply.field("transfer-encoding"), reply.text().as_str()), (None, "hello"));
    assert!(wire.is_closed());
}

/// What is there is passed on, though the rest is long in coming: a length is no reason to wait for it.
#[test]
fn a_body_with_a_length_is_not_held_back() {
    let (next, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let (arrived, seen) = mpsc::channel::<Vec<u8>>();
    let echo = Echo::by_hand(move |wire| {
        while let Some(head) = wire.head() {
            if head.target() != "/slow" {
                answer_plainly(wire, &head);
                continue;
            }
            for _ in 0..3 {
                arrived.send(wire.exactly(3).unwrap()).unwrap();
            }
            wire.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n");
            for part in ["abc", "def", "ghi"] {
                wait.lock().unwrap().recv().unwrap();
                wire.send(part);
            }
        }
    });
    let gate = open(&echo);
    let mut wire = gate.wire();
    wire.send(request(&gate, "PUT", "/slow", "Content-Length: 9\r\n"));
    for part in ["123", "456", "789"] {
        wire.send(part);
        assert_eq!(seen.recv_timeout(LIMIT).expect(part), part.as_bytes());
    }
    assert_eq!(wire.head().expect("the head comes before the body").field("content-length"), Some("9"));
    for part in ["abc", "def", "ghi"] {
        next.send(()).unwrap();
        assert_eq!(wire.exactly(3).unwrap(), part.as_bytes());
    }
    assert_in_step(&mut wire, &gate, "a slow body");
}

// Streams.

/// Each event arrives before the next is sent, and a stream that is silent for longer than an ordinary answer may be
/// stays open: the ordinary one, cut beside it, is the clock.
#[test]
fn events_arrive_one_by_one_and_silence_is_allowed() {
    let (next, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let echo = Echo::by_hand(move |wire| {
        let Some(head) = wire.head() else { return };
        match head.target() {
            "/events" => {
                wire.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n\r\n");
                let wait = wait.lock().unwrap();
                for count in 0.. {
                    if wait.recv().is_err() {
                        return;
                    }
                    wire.send(format!("id: {count}\ndata: x\n\n"));
                }
            }
            "/pauses" => {
                wire.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nha");
                wire.rest();
            }
            _ => answer_plainly(wire, &head),
        }
    });
    let gate = Gate::before(&echo)
        .config("[limits]\nbetween_bytes_timeout = \"1s\"")
        .rules(rules! { "/**" => "bypass" })
        .start();
    let mut stream = gate.wire();
    stream.send(request(&gate, "GET", "/events", "Accept: text/event-stream\r\n"));
    let head = stream.head().expect("the head comes before any event");
    assert_eq!(head.field("content-type"), Some("text/event-stream"));
    let mut event = |count: usize| {
        next.send(()).unwrap();
        let (wanted, mut got) = (format!("id: {count}\ndata: x\n\n"), Vec::new());
        while got.len() < wanted.len() {
            got.extend(stream.chunk().expect("the stream goes on"));
        }
        assert_eq!(String::from_utf8(got).unwrap(), wanted);
    };
    (0..20).for_each(&mut event);
    let mut ordinary = gate.wire();
    ordinary.send(request(&gate, "GET", "/pauses", ""));
    assert!(ordinary.rest().ends_with(b"ha"), "an ordinary answer may not pause for so long");
    (20..23).for_each(&mut event);
}

/// A handshake as browsers send it.
pub fn handshake(gate: &Gate, target: &str, fields: &str) -> String {
    let socket = "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
    let origin = format!("Origin: {}\r\nSec-WebSocket-Key: {WEBSOCKET_KEY}\r\n", gate.origin);
    request(gate, "GET", target, &format!("{socket}{origin}{fields}"))
}

const SWITCHING: &str = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

fn sockets() -> Echo {
    Echo::by_hand(|wire| {
        while let Some(head) = wire.head() {
            match head.target() {
                "/early" => {
                    wire.send(format!("{SWITCHING}bytes together with the 101"));
                    let word = wire.exactly(5).unwrap_or_default();
                    wire.send(word);
                    return;
                }
                "/both" => {
                    wire.send(SWITCHING);
                    let mut twin = wire.twin();
                    let sending = std::thread::spawn(move || {
                        twin.send(noise(BOTH));
                    });
                    let got = wire.exactly(BOTH);
                    let same = got.is_some_and(|got| got == noise(BOTH));
                    sending.join().unwrap();
                    wire.send(if same { "same" } else { "else" });
                    return;
                }
                "/echo" => {
                    wire.send(SWITCHING);
                    while let Some(byte) = wire.exactly(1) {
                        wire.send(byte);
                    }
                    return;
                }
                "/last-words" => {
                    wire.send(SWITCHING).send(noise(300_000)).half_close();
                    wire.rest();
                    return;
                }
                "/gone" => {
                    wire.send(SWITCHING);
                    return;
                }
                "/refused" => {
                    let body = noise(3000);
                    wire.send(format!("HTTP/1.1 401 Unauthorized\r\nContent-Length: {}\r\n\r\n", body.len()))
                        .send(body);
                }
                "/ordinary" => {
                    wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n");
                }
                "/never" => return,
                _ => answer_plainly(wire, &head),
            }
        }
    })
}

/// Each way, in bytes.
const BOTH: usize = 8 << 20;

#[test]
fn a_websocket_passes_whatever_it_carries() {
    let echo = sockets();
    let gate = open(&echo);
    let begin = |target: &str| {
        let mut wire = gate.wire();
        let head = wire.send(handshake(&gate, target, "")).head().expect(target);
        assert!(head.start.starts_with("HTTP/1.1 101 "), "{}", head.start);
        assert_eq!(head.field("upgrade"), Some("websocket"));
        wire
    };
    let mut wire = begin("/early");
    assert_eq!(wire.exactly(27).unwrap(), b"bytes together with the 101");
    assert_eq!(wire.send("hello").rest(), b"hello");

    // A client that speaks before it was answered could be speaking to somebody else (RFC 6455 section 4.1).
    let reply = gate.wire().send(handshake(&gate, "/echo", "") + "frame").reply().unwrap();
    assert_eq!(reply.status, 400);

    // Both directions at once, more than any buffer between holds.
    let mut wire = begin("/both");
    let mut twin = wire.twin();
    let sending = std::thread::spawn(move || {
        twin.send(noise(BOTH));
    });
    assert!(wire.exactly(BOTH).unwrap() == noise(BOTH), "down");
    assert_eq!(wire.rest(), b"same", "up");
    sending.join().unwrap();

    // All that was sent before an end arrives before the end.
    assert!(begin("/last-words").rest() == noise(300_000), "the last words were lost");
    assert_eq!(begin("/gone").rest(), b"");

    // Many.
    let mut many: Vec<Wire> = (0..40).map(|_| begin("/echo")).collect();
    for (number, wire) in many.iter_mut().enumerate() {
        wire.send(format!("{number:04}"));
    }
    for (number, wire) in many.iter_mut().enumerate() {
        assert_eq!(wire.exactly(4).unwrap(), format!("{number:04}").into_bytes());
    }
    let left = echo.left();
    drop(many);
    until("the application to see that they left", 10, || (echo.left() >= left + 40).then_some(()));
}

/// What the application says instead of a 101 arrives whole.
#[test]
fn a_websocket_may_be_refused() {
    let echo = sockets();
    let gate = open(&echo);
    let ask = |target: &str| gate.wire().send(handshake(&gate, target, "")).reply().expect(target);
    let reply = ask("/refused");
    assert_eq!(reply.status, 401);
    assert!(reply.body == noise(3000), "the body of the refusal");
    assert_eq!((ask("/ordinary").status, ask("/ordinary").text().as_str()), (200, "ok"));
    assert_eq!(ask("/never").status, 502);
    assert_in_step(&mut gate.wire(), &gate, "refused handshakes");
    assert!(ask("/refused").body == noise(3000), "and nothing is left over for the next");
}

/// Signed out is signed out, in a socket and in a stream, though both were silent.
#[test]
fn sockets_and_streams_end_at_the_logout() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).start();
    let (alice, bob) = (gate.given_user("alice"), gate.given_user("bob"));
    let (mut browser, mut other) = (gate.visitor(), gate.visitor());
    browser.sign_in(&alice, "/");
    other.sign_in(&bob, "/");
    let begin = |cookie: Option<&str>| {
        let cookie = format!("Cookie: vestibule={}\r\n", cookie.unwrap());
        let (mut socket, mut events) = (gate.wire(), gate.wire());
        let head = socket.send(handshake(&gate, "/socket", &cookie)).head().unwrap();
        assert!(head.start.starts_with("HTTP/1.1 101 "), "{}", head.start);
        assert_eq!(socket.send("x").exactly(1).unwrap(), b"x");
        events.send(request(&gate, "GET", "/events", &format!("Accept: text/event-stream\r\n{cookie}"))).head();
        assert_eq!(events.chunk().unwrap(), b"data: hello\n\n");
        (socket, events)
    };
    let (mut socket, mut events) = begin(browser.cookie("session"));
    let (mut others, _stream) = begin(other.cookie("session"));
    assert_eq!(echo.last().field("remote-user"), Some("bob"));
    browser.sign_out();
    assert!(socket.is_closed() && events.is_closed());
    assert_eq!(others.send("still").exactly(5).unwrap(), b"still");
}

/// However fast the application switches, and however busy everybody is, the end of the handshake is not taken for the end
/// of the WebSocket; and it is announced no body, which servers refuse (`websockets` does).
#[test]
fn a_thousand_handshakes_open_a_thousand_sockets() {
    let echo = sockets();
    let gate = open(&echo);
    std::thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| {
                for _ in 0..50 {
                    let mut wire = gate.wire();
                    let head = wire.send(handshake(&gate, "/echo", "")).head().expect("an answer");
                    assert!(head.start.starts_with("HTTP/1.1 101 "), "{}", head.start);
                    assert_eq!(wire.send("hello").exactly(5).expect("it stays open"), b"hello");
                }
            });
        }
    });
    for log in echo.bytes() {
        let head = String::from_utf8_lossy(&log).to_ascii_lowercase();
        assert!(!head.contains("content-length") && !head.contains("transfer-encoding"), "{head}");
    }
}
