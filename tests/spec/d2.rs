//! HTTP/2: what came in frames is read as strictly as what came in lines, and no sequence of frames costs more than its
//! client may have. Every case has an honest client beside it.

use std::net::TcpStream;

use crate::calm::Calm;
use crate::harness::frames::{
    CONTINUATION, DATA, END_HEADERS, END_STREAM, ENHANCE_YOUR_CALM, Frames, GOAWAY, HEADERS, NO_ERROR, Outcome, PING,
    PRIORITY, PROTOCOL_ERROR, REFUSED_STREAM, RST_STREAM, SETTINGS, WINDOW_UPDATE, frame, request, section,
};
use crate::harness::{Answer, Echo, Gate, Protocol, connect_from, until};

const RULES: &str = rules! { "/open/**" => "bypass", _ => "two_factor" };
/// More than all buffers on the way hold.
const LARGE: usize = 64 << 20;
/// SETTINGS_INITIAL_WINDOW_SIZE.
const WINDOW: u16 = 4;

/// `/open/large` is large, `/open/never` never answers.
fn bench(config: &str) -> (Echo, Gate) {
    let echo = Echo::answering(|request| match request.target.as_str() {
        "/open/large" => Answer::Large(LARGE),
        "/open/never" => Answer::Silence,
        target if target.ends_with("/events") => Answer::Events,
        _ => Answer::Json,
    });
    let gate = Gate::before(&echo).speaking(Protocol::Http2).config(config).rules(RULES).start();
    (echo, gate)
}

fn get<'a>(gate: &'a Gate, path: &'a str) -> Vec<(&'a str, &'a str)> {
    request("GET", gate.authority(), path)
}

/// The lines in which the gate says what it refused.
fn refusals(gate: &Gate) -> usize {
    gate.log().lines().filter(|line| line.contains("HTTP/2") && line.contains("127.0.0.1")).count()
}

/// Floods a connection, piece by piece, until the other side has had enough; the code of its GOAWAY.
fn flood(gate: &Gate, pieces: usize, mut piece: impl FnMut(&mut Frames, usize)) -> Option<u32> {
    let mut frames = gate.frames();
    for n in 0..pieces {
        piece(&mut frames, n);
    }
    frames.end()
}

/// D2-01
#[test]
fn who_takes_back_what_he_asks_for_is_sent_away() {
    let (_echo, gate) = bench("");
    let calm = Calm::before(&gate);
    let head = section(&get(&gate, "/open/never"));
    for part in [1, 10, 100] {
        let code = flood(&gate, 10_000 / part, |frames, _| {
            let numbers: Vec<u32> = (0..part).map(|_| frames.number()).collect();
            let opened = numbers.iter().flat_map(|n| frame(HEADERS, END_HEADERS | END_STREAM, *n, &head));
            let reset = numbers.iter().flat_map(|n| frame(RST_STREAM, 0, *n, &[0, 0, 0, 8]));
            let bytes: Vec<u8> = opened.chain(reset).collect();
            frames.raw(&bytes);
        });
        assert_eq!(code, Some(ENHANCE_YOUR_CALM), "{part} at a time");
        calm.assert("requests that are taken back");
    }
    // Somebody who leaves a page, again and again, and comes to the next.
    let mut frames = gate.frames();
    for _ in 0..10 {
        let streams: Vec<u32> = (0..20).map(|_| frames.get(gate.authority(), "/open/never")).collect();
        streams[..10].iter().for_each(|stream| frames.reset(*stream));
        let stream = frames.get(gate.authority(), "/open/a");
        assert_eq!(frames.outcome(stream).status(), Some(200));
        streams[10..].iter().for_each(|stream| frames.reset(*stream));
        let stream = frames.get(gate.authority(), "/open/a");
        assert_eq!(frames.outcome(stream).status(), Some(200));
    }
}

/// D2-02
#[test]
fn a_head_that_does_not_end_ends() {
    let (echo, gate) = bench("");
    let calm = Calm::before(&gate);
    echo.forget();
    let head = section(&get(&gate, "/open/a"));
    let field = section(&[("x", &"a".repeat(1000))]);
    for more in [&field[..], &field.repeat(16), b""] {
        let mut frames = gate.frames();
        frames.send(HEADERS, END_STREAM, 1, &head);
        for _ in 0..100_000 / more.len().max(10) {
            frames.send(CONTINUATION, 0, 1, more);
        }
        assert!(frames.end().is_some_and(|code| code != NO_ERROR), "{} bytes a piece", more.len());
        echo.assert_untouched("a head that never ended");
        calm.assert("a head that does not end");
        echo.forget();
    }
    // In pieces, and yet it ends.
    let mut frames = gate.frames();
    let stream = frames.number();
    frames.send(HEADERS, END_STREAM, stream, &head[..10]);
    frames.send(CONTINUATION, 0, stream, &head[10..20]);
    frames.send(CONTINUATION, END_HEADERS, stream, &head[20..]);
    assert_eq!(frames.outcome(stream).status(), Some(200));
}

/// D2-03
#[test]
fn who_makes_the_gate_reset_is_sent_away() {
    let (_echo, gate) = bench("");
    let calm = Calm::before(&gate);
    let head = section(&get(&gate, "/open/never"));
    let largest = 0x7fff_ffff_u32.to_be_bytes();
    type Trick<'a> = &'a dyn Fn(u32) -> Vec<u8>;
    let ways: [(&str, Trick<'_>); 5] = [
        ("window overflow", &|n| frame(WINDOW_UPDATE, 0, n, &largest).repeat(2)),
        ("window of nothing", &|n| frame(WINDOW_UPDATE, 0, n, &[0; 4])),
        ("depends on itself", &|n| frame(PRIORITY, 0, n, &[&n.to_be_bytes()[..], &[0]].concat())),
        ("priority of a wrong length", &|n| frame(PRIORITY, 0, n, &[0; 4])),
        ("more after the end", &|n| frame(DATA, 0, n, b"x")),
    ];
    for (what, trick) in ways {
        let code = flood(&gate, 2_000, |frames, _| {
            let stream = frames.number();
            frames.raw(&[frame(HEADERS, END_HEADERS | END_STREAM, stream, &head), trick(stream)].concat());
        });
        assert!(code.is_some_and(|code| code != NO_ERROR), "{what}: {code:?}");
        calm.assert(what);
    }
    until("five refusals in the log", 20, || (refusals(&gate) >= 5).then_some(()));
}

/// D2-04
#[test]
fn many_small_fields_are_counted_with_what_they_cost() {
    let (echo, gate) = bench("[limits]\nbetween_bytes_timeout = \"1s\"");
    let calm = Calm::before(&gate);
    echo.forget();
    // One field put into the table (RFC 7541 section 6.2.1), then named by one byte each time.
    let bomb = [&section(&get(&gate, "/open/a"))[..], &[0x40, 1, b'x', 1, b'y'], &[0xbe; 15_000]].concat();
    let mut frames = Frames::with_settings(gate.address, &[(WINDOW, 0)]);
    for _ in 0..100 {
        let stream = frames.number();
        frames.send(HEADERS, END_HEADERS | END_STREAM, stream, &bomb);
    }
    assert!(frames.end().is_some_and(|code| code != NO_ERROR));
    echo.assert_untouched("15,000 fields");
    calm.assert("15,000 fields");

    // As many as there may be, on as many requests as there may be, and no window for the answers.
    let names: Vec<String> = (0..90).map(|n| format!("x-{n}")).collect();
    let mut fields = get(&gate, "/open/large");
    fields.extend(names.iter().map(|name| (name.as_str(), "y")));
    let mut frames = Frames::with_settings(gate.address, &[(WINDOW, 0)]);
    let streams: Vec<u32> = (0..64).map(|_| frames.open(&fields, true)).collect();
    calm.assert("64 answers without a window");
    for _ in streams {
        // The answer has begun, so it can only be broken off; the application is free again.
        frames.wait_for("an answer nobody takes is let go", |frame| frame.kind == RST_STREAM);
    }
    until("the application to be left", 20, || (echo.left() >= 64).then_some(()));

    fields.push(("x-99", "y"));
    let many: Vec<String> = (0..20).map(|n| format!("y-{n}")).collect();
    fields.extend(many.iter().map(|name| (name.as_str(), "y")));
    assert_eq!(gate.frames().ask(&fields).status(), Some(431), "over 100 fields");
    let long = "a".repeat(9 * 1024);
    assert_eq!(gate.frames().ask(&get(&gate, &format!("/open/{long}"))).status(), Some(414));
    let mut fields = get(&gate, "/open/a");
    fields.extend([("x-a", long.as_str()); 4]);
    assert_eq!(gate.frames().ask(&fields).status(), Some(431), "over 32 KiB");
}

/// D2-04: windows that never open, and a client that takes nothing off the wire.
#[test]
fn an_answer_that_nobody_takes_is_let_go() {
    let (echo, gate) = bench("[limits]\nbetween_bytes_timeout = \"1s\"\nidle_timeout = \"2s\"");
    let calm = Calm::before(&gate);
    let left = echo.left();
    // The window of one request stays shut, and the connection serves others.
    let mut frames = gate.frames();
    frames.polite = false;
    let stalled = frames.get(gate.authority(), "/open/large");
    let Outcome::Reset(_) = frames.outcome(stalled) else { panic!("it is let go") };
    frames.polite = true;
    let taken = 0xffff_u32.to_be_bytes();
    frames.send(WINDOW_UPDATE, 0, 0, &taken);
    let stream = frames.get(gate.authority(), "/open/a");
    assert_eq!(frames.outcome(stream).status(), Some(200), "its neighbour");
    until("the application to be left", 20, || (echo.left() > left).then_some(()));

    // Windows as wide as can be, and nothing is read.
    let held: Vec<Frames> = (0..4)
        .map(|_| {
            let mut frames = Frames::with_settings(gate.address, &[(WINDOW, 0x7fff_ffff)]);
            frames.send(WINDOW_UPDATE, 0, 0, &0x7fff_0000_u32.to_be_bytes());
            (0..50).for_each(|_| _ = frames.get(gate.authority(), "/open/large"));
            frames
        })
        .collect();
    until("the application to be asked", 20, || (echo.requests().len() >= 85).then_some(()));
    calm.assert("answers that stay on the wire");
    let asked = echo.bytes().len();
    until("the application to be left", 30, || (echo.left() + 8 >= asked).then_some(()));
    calm.assert("answers that stay on the wire");
    drop(held);
}

/// Bodies: Pingora has no time limit for them.
#[test]
fn a_body_that_does_not_come_is_let_go() {
    let (echo, gate) = bench("[limits]\nbetween_bytes_timeout = \"1s\"");
    let calm = Calm::before(&gate);
    let mut frames = gate.frames();
    for length in [Some("100"), None] {
        let mut fields = request("POST", gate.authority(), "/open/upload");
        fields.extend(length.map(|length| ("content-length", length)));
        let stream = frames.open(&fields, false);
        frames.send(DATA, 0, stream, b"x");
        let neighbour = frames.get(gate.authority(), "/open/a");
        assert_eq!(frames.outcome(neighbour).status(), Some(200), "its neighbour");
        let left = echo.left();
        let outcome = frames.outcome(stream);
        assert!(matches!(outcome, Outcome::Reset(_)) || outcome.status() == Some(408), "{length:?}: {outcome:?}");
        until("the application to be left", 20, || (echo.left() > left).then_some(()));
    }
    calm.assert("bodies that do not come");
    let stream = frames.open(&request("POST", gate.authority(), "/open/upload"), false);
    for _ in 0..4 {
        frames.send(DATA, 0, stream, b"part");
    }
    frames.send(DATA, END_STREAM, stream, b"");
    assert_eq!(frames.outcome(stream).status(), Some(200));
    assert!(echo.requests().iter().any(|request| request.body == b"partpartpartpart"), "{:?}", echo.requests());
}

/// An application that is silent is the same 504 as over HTTP/1, and its neighbours go on.
#[test]
fn a_silent_application_is_told() {
    let (_echo, gate) = bench("[limits]\nfirst_byte_timeout = \"2s\"\nbetween_bytes_timeout = \"1s\"");
    let mut frames = gate.frames();
    let silent = frames.get(gate.authority(), "/open/never");
    let neighbour = frames.get(gate.authority(), "/open/a");
    assert_eq!(frames.outcome(neighbour).status(), Some(200));
    assert_eq!(frames.outcome(silent).status(), Some(504));
}

/// One visitor of a proxy must not end the requests of another on the connection they share.
#[test]
fn what_one_visitor_does_on_a_shared_connection_harms_no_other() {
    let (echo, gate) = bench("[trust]\nproxies = [\"127.0.0.7/32\"]");
    let mut frames = Frames::over(connect_from(7, gate.address), &[]);
    let of = |method, path, client| {
        let mut fields = request(method, gate.authority(), path);
        fields.push(("x-forwarded-for", client));
        fields
    };
    let honest = frames.open(&of("POST", "/open/a", "198.51.100.1"), false);
    for _ in 0..40 {
        let stream = frames.open(&of("TRACE", "/", "203.0.113.9"), true);
        assert_eq!(frames.outcome(stream).status(), Some(405));
        let stream = frames.open(&of("get", "/open/a", "203.0.113.9"), true);
        assert_eq!(frames.outcome(stream).status(), Some(400));
        // Rejected by the library.
        frames.open(&of("GET", "open/a", "203.0.113.9"), true);
        for _ in 0..8 {
            let stream = frames.open(&of("GET", "/open/never", "203.0.113.9"), true);
            frames.reset(stream);
        }
    }
    frames.send(DATA, END_STREAM, honest, b"part");
    assert_eq!(frames.outcome(honest).status(), Some(200));
    assert!(echo.requests().iter().any(|request| request.body == b"part"));

    // A method that is not served is no mistake, whoever asks.
    let mut frames = gate.frames();
    for _ in 0..40 {
        assert_eq!(frames.ask(&request("TRACE", gate.authority(), "/")).status(), Some(405));
    }
    assert_eq!(frames.ask(&get(&gate, "/open/a")).status(), Some(200));
}

/// Some say every 4 KiB what they have read, once for the request and once for the connection.
#[test]
fn a_client_that_often_says_what_it_has_read_reads_on() {
    let (_echo, gate) = bench("");
    let mut frames = Frames::with_settings(gate.address, &[(WINDOW, 4 << 20)]);
    frames.polite = false;
    frames.send(WINDOW_UPDATE, 0, 0, &(1_u32 << 30).to_be_bytes());
    let stream = frames.get(gate.authority(), "/open/large");
    let mut read = 0;
    while read < LARGE / 2 {
        let frame = frames.next().unwrap_or_else(|| panic!("sent away after {read} bytes"));
        read += frame.payload.len();
        for part in frame.payload.chunks(4096) {
            let taken = (part.len() as u32).to_be_bytes();
            frames.send(WINDOW_UPDATE, 0, 0, &taken);
            frames.send(WINDOW_UPDATE, 0, stream, &taken);
        }
    }
}

/// Uploads that their application does not read keep back nobody else's.
#[test]
fn uploads_that_stand_still_keep_back_no_other() {
    let echo = Echo::by_hand(|wire| {
        let Some(head) = wire.head() else { return };
        if head.start.contains("/open/stuck") {
            return std::thread::park_timeout(std::time::Duration::from_secs(20));
        }
        wire.body(&head, false);
        wire.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    });
    let gate = Gate::before(&echo).speaking(Protocol::Http2).rules(RULES).start();
    let mut frames = gate.frames();
    let mut window = 0xffff_u64;
    let stuck: Vec<u32> =
        (0..60).map(|_| frames.open(&request("POST", gate.authority(), "/open/stuck"), false)).collect();
    // Each of them may send what it may beforehand, and there is something left.
    while window < 60 * 0xffff + 3 {
        let frame = frames.wait_for("a window for all of them together", |frame| frame.kind == WINDOW_UPDATE);
        if frame.stream == 0 {
            window += u64::from(u32::from_be_bytes(frame.payload.try_into().expect("four bytes")));
        }
    }
    for part in 0..4 {
        for stream in &stuck {
            let length = if part == 3 { 16 * 1024 - 1 } else { 16 * 1024 };
            frames.send(DATA, 0, *stream, &vec![b'x'; length]);
        }
    }
    let honest = frames.open(&request("POST", gate.authority(), "/open/form"), false);
    frames.send(DATA, END_STREAM, honest, b"a=b");
    assert_eq!(frames.outcome(honest).status(), Some(200));
}

/// A length that was said is kept to.
#[test]
fn a_body_is_as_long_as_was_said() {
    let (_echo, gate) = bench("");
    for (said, sent) in [("3", "abcd"), ("5", "abcd")] {
        let mut frames = gate.frames();
        let mut fields = request("POST", gate.authority(), "/open/a");
        fields.push(("content-length", said));
        let stream = frames.open(&fields, false);
        frames.send(DATA, END_STREAM, stream, sent.as_bytes());
        assert!(frames.outcome(stream).is_malformed(), "{said}");
    }
}

/// What asks for nothing.
#[test]
fn floods_that_ask_for_nothing_are_sent_away() {
    let (echo, gate) = bench("");
    let calm = Calm::before(&gate);
    echo.forget();
    let settings = [0, 4, 0, 0, 255, 255];
    for (what, bytes) in [
        ("pings", frame(PING, 0, 0, &[0; 8])),
        ("answers to pings", frame(PING, 1, 0, &[0; 8])),
        ("settings", frame(SETTINGS, 0, 0, &settings)),
        ("priorities", frame(PRIORITY, 0, 5, &[0, 0, 0, 3, 1])),
        ("windows", frame(WINDOW_UPDATE, 0, 0, &[0, 0, 0, 1])),
        ("unknown frames", frame(0xbe, 0, 0, b"what")),
        ("farewells", frame(GOAWAY, 0, 0, &[0; 8])),
    ] {
        let bytes = bytes.repeat(100);
        let code = flood(&gate, 1_000, |frames, _| frames.raw(&bytes));
        assert!(code.is_some_and(|code| code != NO_ERROR) || what == "farewells", "{what}: {code:?}");
        calm.assert(what);
    }
    let code = flood(&gate, 1_000, |frames, n| {
        if n == 0 {
            frames.open(&request("POST", gate.authority(), "/open/a"), false);
        }
        frames.raw(&frame(DATA, 0, 1, b"").repeat(100));
    });
    assert!(code.is_some_and(|code| code != NO_ERROR), "empty data: {code:?}");
    calm.assert("empty data");

    // A client that looks now and then whether we are there.
    let mut frames = gate.frames();
    (0..500).for_each(|_| frames.send(PING, 0, 0, &[0; 8]));
    let stream = frames.get(gate.authority(), "/open/a");
    assert_eq!(frames.outcome(stream).status(), Some(200));
}

#[test]
fn a_connection_that_says_nothing_is_closed() {
    let (_echo, gate) = bench("[limits]\nhead_timeout = \"1s\"\nidle_timeout = \"1s\"");
    let calm = Calm::before(&gate);
    let mut idle: Vec<Frames> = (0..200).map(|_| gate.frames()).collect();
    calm.assert("idle connections");
    for frames in &mut idle {
        assert_eq!(frames.end(), Some(NO_ERROR));
    }
    for said in [&b""[..], b"PRI * HT", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r"] {
        let mut frames = Frames::silent(TcpStream::connect(gate.address).unwrap());
        frames.raw(said);
        assert!(frames.ends(), "{said:?}");
    }
    // What only looked like it is answered in HTTP/1.
    let mut wire = gate.wire();
    let reply = wire.send("PRI * HTTP/2.0\r\n\r\nnot so\r\n").reply();
    assert_eq!(reply.map(|reply| reply.status), Some(505));
    let text = format!("POST /open/a HTTP/1.1\r\nHost: {}\r\nContent-Length: 0\r\n\r\n", gate.authority());
    let mut wire = gate.wire();
    wire.send(&text[..1]).send(&text[1..]);
    assert_eq!(wire.reply().map(|reply| reply.status), Some(200), "a P alone is no preface");
    let mut wire = gate.wire();
    wire.send(&text).reply().expect("an answer");
    let reply = wire.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").reply();
    assert_eq!(reply.map(|reply| reply.status), Some(505), "nor in the middle of HTTP/1");
}

/// Sends each of these heads on a connection of its own: none reaches the application, each is turned away.
#[track_caller]
fn assert_malformed(heads: &[Vec<(&str, &str)>]) {
    let (echo, gate) = bench("");
    let authority = gate.authority().to_owned();
    for head in heads {
        let head: Vec<_> =
            head.iter().map(|(name, value)| (*name, if *value == "HERE" { &*authority } else { value })).collect();
        let outcome = gate.frames().ask(&head);
        assert!(outcome.is_malformed(), "{head:?}: {outcome:?}");
        echo.assert_untouched(&format!("{head:?}"));
        assert_eq!(gate.frames().ask(&get(&gate, "/open/a")).status(), Some(200));
        echo.forget();
    }
    // A line is written behind the answer.
    let told = |line: &&str| line.contains("client=127.0.0.1") && !line.contains("status=200");
    let log = until("a line each", 20, || {
        let log = gate.log();
        (log.lines().filter(told).count() >= heads.len()).then_some(log)
    });
    assert_eq!(log.lines().filter(told).count(), heads.len(), "one line each: {log}");
    assert!(!log.contains("secret"), "{log}");
}

fn plain<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [&request("GET", "HERE", "/open/a")[..], more].concat()
}

/// D2-07
#[test]
fn a_request_names_one_host() {
    let pseudo = |authority: &'static str| request("GET", authority, "/open/a");
    let without = vec![(":method", "GET"), (":scheme", "http"), (":path", "/open/a")];
    let host = |values: &[&'static str]| {
        [&without[..], &values.iter().map(|value| ("host", *value)).collect::<Vec<_>>()].concat()
    };
    assert_malformed(&[
        without.clone(),
        plain(&[("host", "evil.test")]),
        plain(&[("host", "HERE"), ("host", "HERE")]),
        plain(&[("host", "")]),
        host(&["HERE", "HERE"]),
        host(&["u:secret@localhost"]),
        pseudo(""),
        pseudo("u:secret@localhost"),
        pseudo("local host"),
        pseudo("localhost/secret"),
        pseudo("localhost:port"),
    ]);
    let (echo, gate) = bench("");
    let host = [&without[..], &[("host", gate.authority())]].concat();
    assert_eq!(gate.frames().ask(&host).status(), Some(200), "in either place");
    let both = [&get(&gate, "/open/a")[..], &[("host", gate.authority())]].concat();
    assert_eq!(gate.frames().ask(&both).status(), Some(200), "the same in both");
    assert_eq!(echo.last().fields_named("host"), [gate.authority()]);
}

/// D2-08
#[test]
fn fields_are_those_of_http2() {
    assert_malformed(&[
        plain(&[("transfer-encoding", "chunked")]),
        plain(&[("connection", "close")]),
        plain(&[("connection", "remote-user")]),
        plain(&[("upgrade", "websocket")]),
        plain(&[("keep-alive", "1")]),
        plain(&[("proxy-connection", "close")]),
        plain(&[("te", "gzip")]),
        plain(&[("X-Upper", "secret")]),
        plain(&[("x", "a\r\nsecret: b")]),
        plain(&[("x", "a\nb")]),
        plain(&[("x", "a\0b")]),
        plain(&[("x", " secret")]),
        plain(&[("x", "secret ")]),
        plain(&[("x:y", "secret")]),
        plain(&[("x y", "secret")]),
        plain(&[("", "secret")]),
        plain(&[("x\r\n", "secret")]),
        plain(&[("content-length", "0"), ("content-length", "0")]),
        plain(&[("content-length", "+0")]),
        plain(&[("content-length", "0, 0")]),
        plain(&[("content-length", "secret")]),
        request("GET", "HERE", "/open/a b"),
        request("GET", "HERE", "/open/a\r\nsecret: b"),
        request("GET", "HERE", "open/secret"),
        request("GET", "HERE", "http://evil.test/secret"),
        request("GET", "HERE", ""),
        request("OPTIONS", "HERE", "*"),
        request("get", "HERE", "/open/a"),
        request("G T", "HERE", "/open/a"),
    ]);
}

/// D2-12
#[test]
fn pseudo_fields_come_once_and_first() {
    assert_malformed(&[
        plain(&[(":path", "/open/secret")]),
        plain(&[(":method", "GET")]),
        plain(&[(":authority", "HERE")]),
        plain(&[(":scheme", "http")]),
        plain(&[(":status", "200")]),
        plain(&[(":secret", "x")]),
        plain(&[(":protocol", "websocket")]),
        [&[("x", "secret")][..], &plain(&[])].concat(),
        vec![(":method", "GET"), (":scheme", "http"), (":authority", "HERE")],
        vec![(":scheme", "http"), (":authority", "HERE"), (":path", "/open/a")],
        vec![(":method", "GET"), (":authority", "HERE"), (":path", "/open/a")],
        vec![(":method", "GET"), (":scheme", "ftp"), (":authority", "HERE"), (":path", "/open/a")],
        vec![(":method", "GET"), (":scheme", "java script"), (":authority", "HERE"), (":path", "/open/a")],
    ]);
}

/// A WebSocket over HTTP/2 (RFC 8441) is not offered, and CONNECT is no method here.
#[test]
fn there_are_no_tunnels() {
    let (echo, gate) = bench("");
    let mut frames = gate.frames();
    let mut extended = request("CONNECT", gate.authority(), "/open/ws");
    extended.insert(1, (":protocol", "websocket"));
    let outcome = frames.ask(&extended);
    assert!(matches!(outcome, Outcome::Reset(PROTOCOL_ERROR)), "{outcome:?}");
    assert_eq!(frames.ask(&[(":method", "CONNECT"), (":authority", gate.authority())]).status(), Some(405));
    assert_eq!(frames.ask(&request("TRACE", gate.authority(), "/open/a")).status(), Some(405));
    echo.assert_untouched("tunnels");
    assert_eq!(frames.ask(&get(&gate, "/open/a")).status(), Some(200), "on the same connection");
}

/// D2-13
#[test]
fn requests_at_once_have_a_ceiling() {
    let (echo, gate) = bench("");
    let calm = Calm::before(&gate);
    // None waits for another, and what is too much is turned away before anybody looks at it.
    let mut frames = gate.frames();
    let streams: Vec<u32> = (0..70).map(|_| frames.get(gate.authority(), "/open/never")).collect();
    let outcome = frames.outcome(streams[69]);
    assert!(matches!(outcome, Outcome::Reset(REFUSED_STREAM)), "{outcome:?}");
    until("the application to be asked", 20, || (echo.requests().len() == 66).then_some(()));
    streams[..64].iter().for_each(|stream| frames.reset(*stream));
    let stream = frames.get(gate.authority(), "/open/a");
    assert_eq!(frames.outcome(stream).status(), Some(200), "on the same connection");
    drop(frames);

    let head = section(&get(&gate, "/open/never"));
    let held: Vec<Frames> = (0..50)
        .map(|_| {
            let mut frames = gate.frames();
            let numbers: Vec<u32> = (0..1000).map(|_| frames.number()).collect();
            let bytes: Vec<u8> =
                numbers.iter().flat_map(|n| frame(HEADERS, END_HEADERS | END_STREAM, *n, &head)).collect();
            frames.raw(&bytes);
            frames
        })
        .collect();
    calm.assert("50 connections with 1,000 requests each");
    drop(held);
    until("the same address to be served", 20, || gate.frames().ask(&get(&gate, "/open/a")).status());
}

/// As many as each connection may carry, on many connections.
#[test]
fn requests_of_an_address_have_a_ceiling() {
    let (echo, gate) = bench("");
    let calm = Calm::before(&gate);
    let held: Vec<Frames> = (0..50)
        .map(|_| {
            let mut frames = gate.frames();
            (0..64).for_each(|_| _ = frames.get(gate.authority(), "/open/never"));
            frames
        })
        .collect();
    let asked = || echo.requests().iter().filter(|request| request.target == "/open/never").count();
    until("the application to be asked", 20, || (asked() >= 200).then_some(()));
    calm.assert("50 connections with 64 requests each");
    assert!(asked() <= 256, "{} at once from one address", asked());
    drop(held);
    // Its places are free again.
    until("the same address to be served", 20, || gate.frames().ask(&get(&gate, "/open/a")).status());
}

/// A connection is one place of its address, however many requests it carries.
#[test]
fn connections_of_an_address_have_a_ceiling() {
    let (echo, gate) = bench("[limits]\nconnections_per_address = 12");
    let mut held: Vec<Frames> = (0..12).map(|_| gate.frames()).collect();
    for frames in &mut held {
        for _ in 0..3 {
            let stream = frames.get(gate.authority(), "/open/a");
            assert_eq!(frames.outcome(stream).status(), Some(200));
        }
    }
    assert!(gate.frames().ends(), "the thirteenth");
    let mut elsewhere = Frames::over(connect_from(3, gate.address), &[]);
    assert_eq!(elsewhere.ask(&get(&gate, "/open/a")).status(), Some(200));
    // Of requests at once it has as many as every address, on whatever connection.
    for frames in &mut held[..4] {
        (0..64).for_each(|_| _ = frames.get(gate.authority(), "/open/never"));
    }
    let never = || echo.requests().iter().filter(|request| request.target == "/open/never").count();
    until("the application to be asked", 20, || (never() == 256).then_some(()));
    let stream = held[4].get(gate.authority(), "/open/a");
    assert!(matches!(held[4].outcome(stream), Outcome::Reset(REFUSED_STREAM)));
    drop(held);
    until("a place", 20, || gate.frames().ask(&get(&gate, "/open/a")).status());
}

#[test]
fn a_connection_is_asked_to_come_again() {
    let (_echo, gate) = bench("");
    let mut frames = gate.frames();
    let events = frames.get(gate.authority(), "/open/events");
    for n in 1..1000 {
        let stream = frames.get(gate.authority(), "/.vestibule/session");
        assert_eq!(frames.outcome(stream).status(), Some(200), "{n}");
    }
    frames.wait_for("the farewell", |frame| frame.kind == GOAWAY);
    assert_eq!(frames.goaway, Some(NO_ERROR));
    // What was under way goes on.
    frames.reset(events);
    frames.end();
    assert_eq!(frames.goaway, Some(NO_ERROR));
}

/// The end of a session cuts its own streams and no other, on whichever connection.
#[test]
fn a_logout_cuts_the_streams_of_its_session() {
    let (_echo, gate) = bench("");
    let people = ["alice", "bob"].map(|name| gate.given_user(name));
    let mut browsers = [gate.visitor(), gate.visitor()];
    let mut frames = gate.frames();
    let mut streams = Vec::new();
    for (browser, person) in browsers.iter_mut().zip(&people) {
        browser.sign_in(person, "/a");
        let cookie = format!("vestibule={}", browser.cookie("session").unwrap());
        let crumbs = [("cookie", "theme=dark"), ("cookie", cookie.as_str())];
        streams.push(frames.open(&[&get(&gate, "/events")[..], &crumbs].concat(), true));
    }
    for _ in 0..2 {
        frames.wait_for("both streams began", |frame| frame.kind == DATA);
    }
    browsers[0].sign_out();
    let outcome = frames.outcome(streams[0]);
    assert!(matches!(outcome, Outcome::Reset(_)), "{outcome:?}");
    let stream = frames.get(gate.authority(), "/open/a");
    assert_eq!(frames.outcome(stream).status(), Some(200), "the connection");
    browsers[1].sign_out();
    let outcome = frames.outcome(streams[1]);
    assert!(matches!(outcome, Outcome::Reset(_)), "it was open until now: {outcome:?}");
}

/// Cookies in crumbs are one cookie field to an application, without ours.
#[test]
fn crumbs_of_cookies_are_joined() {
    let (echo, gate) = bench("");
    let crumbs = [("cookie", "a=1"), ("cookie", "vestibule=secret"), ("x", "y"), ("cookie", "b=2")];
    assert_eq!(gate.frames().ask(&[&get(&gate, "/open/a")[..], &crumbs].concat()).status(), Some(200));
    assert_eq!(echo.last().fields_named("cookie"), ["a=1; b=2"]);
}

/// D1-08: an answer that does not wait for the body leaves the connection in no doubt.
#[test]
fn an_early_answer_is_heard_and_the_connection_goes_on() {
    let (echo, gate) = bench("");
    let mut frames = gate.frames();
    let part = vec![b'x'; 16 * 1024];
    for (path, status) in [("/locked", 401), ("/.vestibule/login", 413), ("/open/../..", 400), ("/nowhere%", 400)] {
        let stream = frames.open(&request("POST", gate.authority(), path), false);
        // As much as fits into the window that every client has at the beginning.
        (0..3).for_each(|_| frames.send(DATA, 0, stream, &part));
        if status == 413 {
            let stream = frames.get(gate.authority(), "/open/a");
            assert_eq!(frames.outcome(stream).status(), Some(200));
            (0..2).for_each(|_| frames.send(DATA, 0, stream, &part));
        }
        frames.send(DATA, END_STREAM, stream, b"end");
        let outcome = frames.outcome(stream);
        if status != 413 {
            assert_eq!(outcome.status(), Some(status), "{path}");
        }
        echo.forget();
        let stream = frames.get(gate.authority(), "/open/a");
        assert_eq!(frames.outcome(stream).status(), Some(200), "after {path}");
        assert_eq!(echo.requests().len(), 1);
    }
}

/// A stop lets what is under way finish, and takes nothing new.
#[test]
fn a_stop_says_so_and_waits() {
    let (_echo, gate) = bench("[limits]\ndrain = \"60s\"");
    let mut frames = gate.frames();
    let stream = frames.open(&request("POST", gate.authority(), "/open/a"), false);
    frames.send(DATA, 0, stream, b"half");
    let mut idle = gate.frames();
    let answered = idle.get(gate.authority(), "/open/a");
    assert_eq!(idle.outcome(answered).status(), Some(200));
    let pid = rustix::process::Pid::from_raw(gate.pid() as i32).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert_eq!(idle.end(), Some(NO_ERROR));
    frames.wait_for("the farewell", |frame| frame.kind == GOAWAY);
    frames.send(DATA, END_STREAM, stream, b" and half");
    assert_eq!(frames.outcome(stream).status(), Some(200));
    assert_eq!(frames.end(), Some(NO_ERROR));
}
