//! Applications that misbehave: whatever one sends, its visitor gets a 502 or an answer that is plainly broken, never a
//! whole one that was not; the log says why without a word of the message; and whoever comes next gets their own answer.

use std::sync::{Mutex, mpsc};

use crate::harness::{Echo, Gate, Wire, until};
use crate::traffic::{answer_plainly, application, assert_in_step, handshake, open, request};

/// Stands in what is sent badly: no log may show it.
const MARK: &str = "content-of-a-message";

/// An application that answers `/bad` with this, and then closes.
fn unruly(bytes: &[u8]) -> Echo {
    let bytes = bytes.to_vec();
    Echo::by_hand(move |wire| {
        while let Some(head) = wire.head() {
            wire.body(&head, false);
            if head.target() == "/bad" {
                wire.send(&bytes);
                return;
            }
            answer_plainly(wire, &head);
        }
    })
}

/// The next of this client and the first of another, whatever connections they get.
#[track_caller]
fn assert_nobody_else_suffers(gate: &Gate, after: &str) {
    for _ in 0..3 {
        assert_in_step(&mut gate.wire(), gate, after);
    }
}

/// The log names the request and a reason, and nothing that was said.
#[track_caller]
fn assert_logged(gate: &Gate, after: &str) {
    until("a line in the log", 5, || gate.log().contains("an upstream failed").then_some(()));
    assert!(!gate.log().contains(MARK), "{after}: the log shows the message: {}", gate.log());
}

#[test]
fn what_is_no_answer_is_a_502() {
    let big = format!("HTTP/1.1 200 OK\r\nX: {}\r\n", MARK.repeat(100_000));
    assert_all_are_502(&[
        "",
        "content-of-a-message",
        "content-of-a-message\r\n\r\n",
        "\0\u{1}\u{2}\r\n\r\n",
        "SSH-2.0-OpenSSH_9.6 content-of-a-message\r\n",
        "HTTP/1.1 content-of-a-message\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 -20 OK\r\n\r\n",
        "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/3 200\r\n\r\n",
        "http/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: content-of-a-message",
        "HTTP/1.1 200 OK\r\nX: a\0content-of-a-message\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: a\rcontent-of-a-message\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        "HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\nhello!",
        "HTTP/1.1 200 OK\r\nContent-Length: content-of-a-message\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nhello",
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: content-of-a-message\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\n\r\ncontent-of-a-message\r\n\r\n",
        &big,
    ]);
}

/// An end that two could read in two ways. What stands behind it would be an answer that the application has made up, on
/// a connection of ours.
#[test]
fn an_answer_whose_end_is_not_clear_is_a_502() {
    const BODY: &str = "2\r\nok\r\n0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\ncontent-of-a-message";
    let answers: Vec<String> = [
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\nTransfer-Encoding: chunked",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, identity",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked,",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked;q=1",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: \"chunked\"",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: \u{b}chunked",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\nContent-Length: 2",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\nContent-Length: 2",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, identity\r\nContent-Length: 2",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding:",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding : identity",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: identity\r\nContent-Length: 2",
        "HTTP/1.1 204 No Content\r\nTransfer-Encoding: identity",
        "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: identity",
        "HTTP/1.1 103 Early Hints\r\nTransfer-Encoding: identity",
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nTransfer-Encoding: chunked",
    ]
    .map(|head| format!("{head}\r\n\r\n{BODY}"))
    .into();
    assert_all_are_502(&answers.iter().map(String::as_str).collect::<Vec<_>>());
}

#[track_caller]
fn assert_all_are_502(answers: &[&str]) {
    for bytes in answers {
        let what = &bytes[..bytes.floor_char_boundary(60)];
        let echo = unruly(bytes.as_bytes());
        let gate = open(&echo);
        let mut wire = gate.wire();
        wire.send(request(&gate, "GET", "/bad", ""));
        let status = wire.reply().map(|reply| (reply.status, reply.text()));
        assert_eq!(status.as_ref().map(|(status, _)| *status), Some(502), "{what:?}: {status:?}");
        assert!(!status.is_some_and(|(_, text)| text.contains(MARK)), "{what:?}");
        assert_logged(&gate, what);
        assert_nobody_else_suffers(&gate, what);
    }
}

/// Neither a length nor chunks where there is no content, and always our own version.
#[test]
fn an_answer_says_no_more_than_it_may() {
    let hints = "HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\n";
    for (answer, start, fields) in [
        ("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 204 No Content", 0),
        ("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 204 No Content", 0),
        ("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "HTTP/1.1 204 No Content", 0),
        ("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 304 Not Modified", 1),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\n\r\n", "HTTP/1.1 200 OK", 1),
        ("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK", 1),
        ("HTTP/1.0 200 OK\r\n\r\n", "HTTP/1.1 200 OK", 1),
        (hints, "HTTP/1.1 103 Early Hints", 0),
    ] {
        let bytes = answer.as_bytes().to_vec();
        // It closes behind it, which ends the answer that has no other end.
        let echo = unruly(&bytes);
        let gate = open(&echo);
        let mut wire = gate.wire();
        let head = wire.send(request(&gate, "GET", "/bad", "")).head().expect(answer);
        assert_eq!(head.start, start, "{answer:?}");
        let said = head.fields_named("content-length").len() + head.fields_named("transfer-encoding").len();
        assert_eq!(said, fields, "{answer:?}: {head:?}");
        assert_nobody_else_suffers(&gate, answer);
    }
    let switching = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n";
    let echo = application(move |head| {
        (head.target() == "/bad").then(|| format!("{switching}Content-Length: 5\r\n\r\nframe").into_bytes())
    });
    let gate = open(&echo);
    let mut wire = gate.wire();
    let head = wire.send(handshake(&gate, "/bad", "")).head().expect("a 101");
    assert!(head.start.starts_with("HTTP/1.1 101 ") && head.field("content-length").is_none(), "{head:?}");
    assert_eq!(wire.exactly(5).unwrap(), b"frame");
}

/// All that came of an answer, and whether its end came: as any client would see it.
fn received(wire: &mut Wire) -> (Vec<u8>, bool) {
    let head = wire.head().expect("a head");
    assert!(head.start.starts_with("HTTP/1.1 200 "), "{}", head.start);
    assert!(head.fields_named("content-length").len() + head.fields_named("transfer-encoding").len() <= 1, "{head:?}");
    let Some(length) = head.field("content-length") else {
        assert_eq!(head.field("transfer-encoding"), Some("chunked"), "its end could not be told");
        let bytes = wire.rest();
        let whole = bytes.ends_with(b"0\r\n\r\n");
        return (bytes, whole);
    };
    let bytes = wire.rest();
    let whole = bytes.len() == length.parse::<usize>().expect("a length");
    (bytes, whole)
}

#[test]
fn what_breaks_off_arrives_broken() {
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (bytes, what) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ncontent-of-a-message".to_owned(), "closed within a length"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n".to_owned(), "closed before the body"),
        (format!("{chunked}14\r\ncontent-of-a-message\r\n"), "closed between chunks"),
        (format!("{chunked}ff\r\ncontent-of-a-message"), "closed within a chunk"),
        (format!("{chunked}14\r\ncontent-of-a-message"), "closed before the end of a chunk"),
        (format!("{chunked}14\r\ncontent-of-a-message\r\n0\r\n"), "closed before the last line"),
        (format!("{chunked}14\r\ncontent-of-a-messageXX0\r\n\r\n"), "a chunk that is longer than it said"),
        (format!("{chunked}zz\r\ncontent-of-a-message\r\n0\r\n\r\n"), "a size that is none"),
        (format!("{chunked}-1\r\ncontent-of-a-message\r\n0\r\n\r\n"), "a negative size"),
        (format!("{chunked}fffffffffffffffff\r\ncontent-of-a-message\r\n0\r\n\r\n"), "a huge size"),
        (format!("{chunked}14\ncontent-of-a-message\n0\n\n"), "bare line feeds"),
        (format!("{chunked}content-of-a-message"), "no chunk at all"),
    ] {
        let echo = unruly(bytes.as_bytes());
        let gate = open(&echo);
        let mut wire = gate.wire();
        wire.send(request(&gate, "GET", "/bad", ""));
        let (bytes, whole) = received(&mut wire);
        assert!(!whole, "{what}: it looks whole: {}", String::from_utf8_lossy(&bytes));
        assert!(!bytes.windows(5).any(|window| window == b"HTTP/"), "{what}: an answer within an answer");
        assert_logged(&gate, what);
        assert_nobody_else_suffers(&gate, what);
    }
}

/// A message ends where it said, and what stands behind it is nobody's.
#[test]
fn bytes_behind_an_answer_are_thrown_away() {
    let poison = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\npoisoned";
    for (answer, method, body) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "GET", "hello"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloEXTRA", "GET", "hello"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "GET", ""),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "GET", "hello"),
        // RFC 9112 section 6.3: chunks win, and the length is not passed on.
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            "GET",
            "hello",
        ),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", "GET", "hello"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello", "GET", "hello"),
        ("HTTP/1.1 204 No Content\r\n\r\n", "GET", ""),
        ("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello", "GET", ""),
        ("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "GET", ""),
        ("HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "GET", ""),
        ("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "GET", ""),
        ("HTTP/1.1 304 Not Modified\r\n\r\nhello", "GET", ""),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HEAD", ""),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "HEAD", ""),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "HEAD", ""),
    ] {
        let bytes = format!("{answer}{poison}").into_bytes();
        // It stays open, as if all were well.
        let echo = application(move |head| (head.target() == "/bad").then(|| bytes.clone()));
        let gate = open(&echo);
        let mut wire = gate.wire();
        let reply = wire.send(request(&gate, method, "/bad", "")).reply_to(method).expect(answer);
        assert_eq!(reply.text(), body, "{method} {answer:?}");
        assert!(reply.head.fields_named("content-length").len() <= 1, "{answer:?}");
        assert!(reply.field("content-length").is_none() || reply.field("transfer-encoding").is_none(), "{answer:?}");
        assert_in_step(&mut wire, &gate, answer);
        assert_nobody_else_suffers(&gate, answer);
    }
}

/// An answer that nobody asked for, on a connection that waits to be used again.
#[test]
fn an_answer_before_the_request_is_nobodys() {
    let (speak, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let echo = Echo::by_hand(move |wire| {
        let mut first = true;
        while let Some(head) = wire.head() {
            answer_plainly(wire, &head);
            if first && head.target() == "/first" {
                wait.lock().unwrap().recv().unwrap();
                wire.send("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\npoisoned");
            }
            first = false;
        }
    });
    let gate = open(&echo);
    assert_eq!(gate.wire().send(request(&gate, "GET", "/first", "")).reply().unwrap().text(), "/first");
    speak.send(()).unwrap();
    until("the gate to drop the connection", 10, || (echo.left() == 1).then_some(()));
    assert_nobody_else_suffers(&gate, "an answer before the request");
    assert_eq!(echo.bytes().len(), 2, "connections are used again, but not that one");
}

/// Many interim answers are still answers; each takes its visitor nearer to the real one.
#[test]
fn a_hundred_interim_answers_pass() {
    let hints = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n".repeat(100);
    let echo = application(move |head| {
        (head.target() == "/bad")
            .then(|| format!("{hints}HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello").into_bytes())
    });
    let gate = open(&echo);
    let mut wire = gate.wire();
    wire.send(request(&gate, "GET", "/bad", ""));
    for _ in 0..100 {
        assert!(wire.head().unwrap().start.starts_with("HTTP/1.1 103 "));
    }
    assert_eq!(wire.reply().unwrap().text(), "hello");
    assert_in_step(&mut wire, &gate, "a hundred interim answers");
}

/// Neither a head that never ends nor interim answers without end go on for ever.
#[test]
fn endless_heads_end() {
    for (begin, more) in [
        ("HTTP/1.1 200 OK\r\n", "X: content-of-a-message\r\n"),
        ("HTTP/1.1 200 OK\r\nX: ", "content-of-a-message"),
        ("", "content-of-a-message"),
        ("", "HTTP/1.1 103 Early Hints\r\n\r\n"),
    ] {
        let echo = Echo::by_hand(move |wire| {
            let Some(head) = wire.head() else { return };
            if head.target() != "/bad" {
                answer_plainly(wire, &head);
                return;
            }
            wire.send(begin);
            while !wire.is_left() {
                wire.send(more.repeat(100));
            }
        });
        let gate = Gate::before(&echo)
            .config("[limits]\nfirst_byte_timeout = \"2s\"")
            .rules(rules! { "/**" => "bypass" })
            .start();
        let status = gate.wire().send(request(&gate, "GET", "/bad", "")).reply().map(|reply| reply.status);
        assert!(matches!(status, Some(502 | 504)), "{more:?}: {status:?}");
        until("the gate to let go of the application", 10, || (echo.left() == 1).then_some(()));
        assert_logged(&gate, more);
        assert_nobody_else_suffers(&gate, more);
    }
}

/// It answers at once and hangs up on a client that still sends: the answer or a 502, and no wait.
#[test]
fn an_application_that_hangs_up_on_an_upload_is_no_riddle() {
    let echo = Echo::by_hand(|wire| {
        let Some(head) = wire.head() else { return };
        if head.target() == "/bad" {
            wire.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 4\r\n\r\nmuch");
        } else {
            answer_plainly(wire, &head);
        }
    });
    let gate = open(&echo);
    for _ in 0..5 {
        let mut wire = gate.wire();
        wire.send(request(&gate, "POST", "/bad", "Content-Length: 1048576\r\n"));
        let mut twin = wire.twin();
        let sending = std::thread::spawn(move || {
            twin.send(vec![b'x'; 1 << 20]);
        });
        let reply = wire.reply().expect("an answer");
        assert!(matches!(reply.status, 413 | 502), "{}", reply.status);
        assert!(reply.status == 502 || reply.text() == "much");
        drop(wire);
        sending.join().unwrap();
        assert_nobody_else_suffers(&gate, "an upload that was hung up on");
    }
}
