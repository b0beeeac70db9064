//! HTTP/1 desync and exhaustion: nobody reads a message in another way than the gate did. The judge is the byte log of
//! the application, read as strictly as HTTP/1 can be read; a doubt there fails the test.

use crate::harness::{Echo, Gate, Wire, h2c, until};
use crate::traffic::{answer_plainly, request};

/// `/denied` is refused to everybody, so that whatever is smuggled under this name is seen when it arrives.
const RULES: &str = rules! {
    "/denied/**" => "deny",
    "/open/**" => "bypass",
    _ => "two_factor",
};

fn bench() -> (Echo, Gate) {
    let echo = Echo::start();
    let gate = Gate::before(&echo).rules(RULES).start();
    (echo, gate)
}

/// A request in the byte log.
#[derive(Debug)]
struct Arrived {
    target: String,
    /// None: it was broken off.
    body: Option<Vec<u8>>,
}

/// The requests of one connection. Fails on anything that two servers could read in two ways.
#[track_caller]
fn read_strictly(mut log: &[u8]) -> Vec<Arrived> {
    let mut arrived = Vec::new();
    while !log.is_empty() {
        let end = log.windows(4).position(|window| window == b"\r\n\r\n").expect("a whole head");
        let head = std::str::from_utf8(&log[..end]).expect("plain text");
        log = &log[end + 4..];
        let mut lines = head.split("\r\n");
        let words: Vec<_> = lines.next().unwrap_or_default().split(' ').collect();
        assert!(words.len() == 3 && words[2] == "HTTP/1.1", "{head}");
        let fields: Vec<_> = lines.map(|line| line.split_once(": ").expect("a field")).collect();
        let named = |name: &str| -> Vec<_> {
            fields.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| *value).collect()
        };
        assert!(
            !head.contains(['\r', '\n', '\0']) || !head.replace("\r\n", "").contains(['\r', '\n', '\0']),
            "{head:?}"
        );
        let body = match (named("content-length").as_slice(), named("transfer-encoding").as_slice()) {
            ([], []) => Some(Vec::new()),
            ([length], []) => {
                assert!(length.bytes().all(|byte| byte.is_ascii_digit()), "{head}");
                take(&mut log, length.parse().expect("a length"))
            }
            ([], ["chunked"]) => chunks(&mut log),
            _ => panic!("where does it end? {head}"),
        };
        let whole = body.is_some();
        arrived.push(Arrived { target: words[1].to_owned(), body });
        if !whole {
            break;
        }
    }
    arrived
}

fn take(log: &mut &[u8], count: usize) -> Option<Vec<u8>> {
    let (taken, rest) = log.split_at_checked(count).unwrap_or((log, &[]));
    *log = rest;
    (taken.len() == count).then(|| taken.to_vec())
}

/// Sizes in plain hexadecimal, no extensions, no trailers.
fn chunks(log: &mut &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = log.windows(2).position(|window| window == b"\r\n")?;
        let line = take(log, end + 2)?;
        let size = std::str::from_utf8(&line[..end]).expect("a size");
        let plain = (1..=8).contains(&size.len()) && size.bytes().all(|byte| byte.is_ascii_hexdigit());
        assert!(plain, "a size of a chunk: {size:?}");
        let size = usize::from_str_radix(size, 16).expect("a number");
        let chunk = take(log, size)?;
        assert_eq!(take(log, 2)?, b"\r\n");
        if size == 0 {
            return Some(body);
        }
        body.extend(chunk);
    }
}

/// D1-01, D1-02, D1-04, D1-10, D1-12, D1-13: what has no one reading is refused, and nobody hears of it.
#[test]
fn a_head_that_two_servers_could_read_differently_is_refused() {
    let (echo, gate) = bench();
    let body = "5\r\nhello\r\n0\r\n\r\nGET /open/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for fields in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Transfer-Encoding: chunked\r\nX: 1\r\nContent-Length: 0",
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 5\r\nContent-Length: 5",
        "Content-Length: 5\r\ncontent-length: 50",
        "Content-Length: 5, 5",
        "Content-Length: 5,",
        "Content-Length: +5",
        "Content-Length: -5",
        "Content-Length: 0x5",
        "Content-Length: 5 5",
        "Content-Length: 5.0",
        "Content-Length: 1e1",
        "Content-Length: \"5\"",
        "Content-Length: 5;x",
        "Content-Length: \u{665}",
        "Content-Length:",
        "Content-Length: 18446744073709551621",
        "Content-Length : 5",
        "Content_Length: 5\r\nContent-Length : 5",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunkedx",
        "Transfer-Encoding: \x0bchunked",
        "Transfer-Encoding: chunked\x0c",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: identity, chunked",
        "Transfer-Encoding: identity",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: chunked,",
        "Transfer-Encoding: ,chunked",
        "Transfer-Encoding: \"chunked\"",
        "Transfer-Encoding: chunked;q=1",
        "Transfer-Encoding:",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding\t: chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Transfer-Encoding: x\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding:\r\n chunked",
        " Transfer-Encoding: chunked",
        "X: 1\r\n Transfer-Encoding: chunked",
        "X: 1\nTransfer-Encoding: chunked",
        "X: 1\rTransfer-Encoding: chunked",
        "X: 1\r\n\tfolded",
        "X: a\0b",
        "X: a\rb",
        "X: a\x7fb",
        "X\0: a",
        ": empty",
        "no colon",
        "Na(me: x",
        "Na me: x",
        "N\u{e4}me: x",
        "\"Name\": x",
        "Name\r: x",
    ] {
        let head = format!("POST /open/a HTTP/1.1\r\nHost: {}\r\n{fields}\r\n\r\n", gate.authority());
        let mut wire = gate.wire();
        let reply = wire.send(head + body).reply().unwrap_or_else(|| panic!("{fields:?}: no answer"));
        assert_eq!(reply.status, 400, "{fields:?}");
        assert!(wire.rest().is_empty(), "{fields:?}: it goes on");
        echo.assert_untouched(fields);
    }
    for (lines, what) in [
        ("POST /open/a HTTP/1.1\nHost: localhost\nContent-Length: 0\n\n", "bare line feeds"),
        ("POST /open/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\n\r\n", "one bare line feed"),
        ("POST /open/a HTTP/1.1\r\nHost: localhost\r\n\n", "a bare line feed as the end"),
        ("POST /open/a HTTP/1.1\rHost: localhost\r\r", "bare carriage returns"),
        ("POST /open/a HTTP/1.1\r\n X: 1\r\nHost: localhost\r\n\r\n", "a blank before the first field"),
        ("\r\nPOST /open/a HTTP/1.1\r\nHost: localhost\r\n\r\n", "an empty line first"),
        ("POST /open/a HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", "two hosts"),
        ("POST /open/a HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n", "chunks in HTTP/1.0"),
        ("POST /open/a\r\n\r\n", "HTTP/0.9"),
        ("GET /open/a HTTP/1.1 HTTP/1.1\r\nHost: localhost\r\n\r\n", "four words"),
    ] {
        let mut wire = gate.wire();
        let reply = wire.send(lines).half_close().reply();
        assert!(reply.is_none_or(|reply| reply.status == 400), "{what}");
        echo.assert_untouched(what);
    }
    for (fields, body) in
        [("Content-Length: 5\r\n", "hello"), ("Transfer-Encoding: Chunked\r\n", "5\r\nhello\r\n0\r\n\r\n")]
    {
        let reply = gate.wire().send(request(&gate, "POST", "/open/a", fields) + body).reply().unwrap();
        assert_eq!(reply.status, 200, "{fields}");
        assert_eq!(echo.last().body, b"hello", "{fields}");
    }
}

/// However chunks are spelled: either there is one reading, and the application gets it in the plainest spelling, or it
/// never gets the end of the message.
#[test]
fn chunks_have_one_reading_or_none() {
    let (echo, gate) = bench();
    let read: &[(&str, &str)] = &[
        ("5\r\nhello\r\n0\r\n\r\n", "hello"),
        ("1\r\nh\r\n04\r\nello\r\n0\r\n\r\n", "hello"),
        ("A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n", "01234567890123456789"),
        ("5;ext\r\nhello\r\n0;last\r\n\r\n", "hello"),
        ("5;ext=\"0\"\r\nhello\r\n0\r\n\r\n", "hello"),
        ("5\r\nhello\r\n0\r\nRemote-User: root\r\n\r\n", "hello"),
        ("5\r\n\r\n0\r\n\r\n0\r\n\r\n", "\r\n0\r\n"),
        ("0\r\n\r\n", ""),
        ("0000000000000005\r\nhello\r\n00\r\n\r\n", "hello"),
        ("5;a=b; c = \"d;\" \r\nhello\r\n0\r\nX: 1\r\nTransfer-Encoding: x\r\nEmpty:\r\n\r\n", "hello"),
    ];
    let (long, many, wide) =
        (format!("5;{}\r\nhello\r\n0\r\n\r\n", "x".repeat(300)), "X: 1\r\n".repeat(40), "x".repeat(9000));
    let (many, wide) = (format!("0\r\n{many}\r\n"), format!("0\r\nX: {wide}\r\n\r\n"));
    let broken = [
        long.as_str(),
        &many,
        &wide,
        "+5\r\nhello\r\n0\r\n\r\n",
        "-5\r\nhello\r\n0\r\n\r\n",
        "0x5\r\nhello\r\n0\r\n\r\n",
        "5h\r\nhello\r\n0\r\n\r\n",
        "5,5\r\nhello\r\n0\r\n\r\n",
        "5_0\r\nhello\r\n0\r\n\r\n",
        "5 5\r\nhello\r\n0\r\n\r\n",
        " 5\r\nhello\r\n0\r\n\r\n",
        "5\nhello\r\n0\r\n\r\n",
        "5\rhello\r\n0\r\n\r\n",
        "5\r\nhello\n0\r\n\r\n",
        "5\r\nhello0\r\n\r\n",
        "5\r\nhello\r0\r\n\r\n",
        "5\r\nhelloworld\r\n0\r\n\r\n",
        "5\r\nhell\r\n0\r\n\r\n",
        "5\r\nhello\r\n0\n\n",
        "5\r\nhello\r\n0\r\n\n",
        "5\r\nhello\r\n0\r\nno colon\n\r\n",
        "10000000000000005\r\nhello\r\n0\r\n\r\n",
        "FFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n",
        "00000000000000000005\r\nhello\r\n0\r\n\r\n",
        "\u{665}\r\nhello\r\n0\r\n\r\n",
        "hello\r\n0\r\n\r\n",
        "5\r\n",
        "5\r\nhello\r\n",
        // Read in two ways by servers that are known.
        "5 \r\nhello\r\n0\r\n\r\n",
        "5\t;x\r\nhello\r\n0\r\n\r\n",
        "5;\r\nhello\r\n0\r\n\r\n",
        "5;a\nb\r\nhello\r\n0\r\n\r\n",
        "5;\n\r\nhello\r\n0\r\n\r\n",
        "5;\0\r\nhello\r\n0\r\n\r\n",
        "5;\rX\r\nhello\r\n0\r\n\r\n",
        "5;\u{e4}\r\nhello\r\n0\r\n\r\n",
        "\r\nhello\r\n0\r\n\r\n",
        ";x\r\nhello\r\n0\r\n\r\n",
        "5\r\nhello\r\n\r\n\r\n",
        "5\r\nhello\r\n0\r\nX: 1\nY: 2\r\n\r\n",
        "5\r\nhello\r\n0\r\nX: a\0b\r\n\r\n",
        "5\r\nhello\r\n0\r\nX: 1\r\n folded\r\n\r\n",
        "5\r\nhello\r\n0\r\n folded\r\n\r\n",
        "5\r\nhello\r\n0\r\nX : 1\r\n\r\n",
        "5\r\nhello\r\n0\r\n: 1\r\n\r\n",
        "5\r\nhello\r\n0\r\nno colon\r\n\r\n",
        // What comes next looks like a trailer whose name is none.
        "5\r\nhello\r\n0\r\n",
        "0000000000000005\r\nhello\r\n00000000000000000\r\n\r\n",
    ];
    let send = |target: &str, body: &str| {
        let ahead = request(&gate, "GET", "/denied/smuggled", "");
        let head = request(&gate, "POST", target, "Transfer-Encoding: chunked\r\n");
        let mut wire = gate.wire();
        wire.send(head + body + &ahead);
        wire
    };
    for (number, (spelled, _)) in read.iter().enumerate() {
        let mut wire = send(&format!("/open/read/{number}"), spelled);
        assert_eq!(wire.reply().map(|reply| reply.status), Some(200), "{spelled:?}");
        // What follows is a request like any other, and judged.
        assert_eq!(wire.reply().map(|reply| reply.status), Some(403), "{spelled:?}");
    }
    for (number, spelled) in broken.iter().enumerate() {
        let mut wire = send(&format!("/open/broken/{number}"), spelled);
        let reply = wire.reply().unwrap_or_else(|| panic!("{spelled:?}: no answer"));
        assert_eq!(reply.status, 400, "{spelled:?}");
        assert!(wire.rest().is_empty(), "{spelled:?}: it goes on");
    }
    let mut short = send("/open/short", "ffffffff\r\nhello\r\n0\r\n\r\n");
    assert!(short.half_close().reply().is_none_or(|reply| reply.status == 400));

    until("the broken connections to end", 10, || (echo.left() + 1 >= echo.bytes().len()).then_some(()));
    let arrived: Vec<_> = echo.bytes().iter().flat_map(|log| read_strictly(log)).collect();
    for one in &arrived {
        if let Some(number) = one.target.strip_prefix("/open/read/") {
            let number: usize = number.parse().unwrap();
            assert_eq!(one.body.as_deref(), Some(read[number].1.as_bytes()), "{:?}", read[number]);
        } else {
            assert!(
                one.target.starts_with("/open/broken/") || one.target == "/open/short",
                "a request out of a body: {one:?}"
            );
            assert_eq!(one.body, None, "{one:?}: the application got a whole message");
        }
    }
    let whole = arrived.iter().filter(|one| one.target.starts_with("/open/read/")).count();
    assert_eq!(whole, read.len(), "each honest one arrived once");
    let said = String::from_utf8_lossy(&echo.bytes().concat()).into_owned();
    for word in ["ext", "last", "Remote-User: root", "smuggled"] {
        assert!(!said.contains(word), "{word} got through");
    }
    let told = "the chunks of the body are not one clear reading";
    until("a line for each", 10, || (gate.log().matches(told).count() >= broken.len()).then_some(()));
    let log = gate.log();
    for (number, spelled) in broken.iter().enumerate() {
        let path = format!("/open/broken/{number}");
        let lines: Vec<_> = log.lines().filter(|line| line.split([' ', '"', '=']).any(|word| word == path)).collect();
        assert_eq!(lines.len(), 1, "{spelled:?}: {lines:?}");
        for word in ["client=127.0.0.1", "status=400", told] {
            assert!(lines[0].contains(word), "{spelled:?}: {lines:?}");
        }
    }
    assert!(!log.contains("hello") && !log.contains("xxxx"), "nothing of a message is in the log");
}

/// In HTTP/2, too, a body that is broken off never ends as a whole one.
#[test]
fn chunks_that_go_wrong_are_no_body_of_http2() {
    let (address, heard) = h2c();
    let site = format!("url = \"http://localhost:PORT\"\nupstreams = [\"h2c://{address}\"]");
    let gate = Gate::before(&Echo::start()).site(&site).rules(RULES).start();
    let head = request(&gate, "POST", "/open/a", "Transfer-Encoding: chunked\r\n");
    for end in ["\r\n\r\n", "0\r\nX\r\n\r\n", "0\n\r\n"] {
        let mut wire = gate.wire();
        let reply = wire.send(format!("{head}5\r\nhello\r\n{end}")).reply().expect("an answer");
        assert_eq!(reply.status, 400, "{end:?}");
        assert!(wire.is_closed());
    }
    let reply = gate.wire().send(format!("{head}5\r\nhello\r\n0\r\n\r\n")).reply().expect("an answer");
    assert_eq!((reply.status, reply.text().as_str()), (200, "hello"));
    assert_eq!(heard.all().len(), 1, "only the whole one");
}

/// What goes wrong under an answer that has begun ends both sides, and neither of them whole.
#[test]
fn chunks_that_go_wrong_under_an_answer_break_it_off() {
    let echo = Echo::by_hand(|wire| {
        wire.head();
        wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
        wire.rest();
    });
    let gate = Gate::before(&echo).rules(RULES).start();
    let mut wire = gate.wire();
    wire.send(request(&gate, "POST", "/open/a", "Transfer-Encoding: chunked\r\n") + "4\r\nwell\r\n");
    assert!(wire.head().is_some_and(|head| head.start == "HTTP/1.1 200 OK"));
    assert_eq!(wire.chunk().as_deref(), Some(b"hello".as_slice()));
    let smuggled = request(&gate, "GET", "/open/smuggled", "");
    assert!(wire.send(format!("\r\n\r\n{smuggled}")).rest().is_empty(), "neither an end nor another answer");
    until("the application to hear of it", 10, || (echo.left() == echo.bytes().len()).then_some(()));
    let arrived: Vec<_> = echo.bytes().iter().flat_map(|log| read_strictly(log)).collect();
    assert!(matches!(arrived.as_slice(), [Arrived { body: None, .. }]), "{arrived:?}");
    until("the line", 10, || gate.log().contains("are not one clear reading").then_some(()));
}

/// D1-06: what follows a request that asks for another protocol is a request like any other, and judged.
#[test]
fn nothing_hides_behind_an_upgrade() {
    let (echo, gate) = bench();
    for fields in [
        "Connection: Upgrade\r\nUpgrade: foo\r\n",
        "Connection: Upgrade\r\nUpgrade: TLS/1.0\r\n",
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n",
        "Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n",
        "Connection: Upgrade\r\nUpgrade: h2c\r\nUpgrade: websocket\r\n",
        "Connection: keep-alive\r\nUpgrade: websocket\r\n",
        "Upgrade: websocket\r\n",
    ] {
        for path in ["/denied/smuggled", "/open/next"] {
            echo.forget();
            let mut wire = gate.wire();
            wire.send(request(&gate, "GET", "/open/a", fields) + &request(&gate, "GET", path, ""));
            assert_eq!(wire.reply().map(|reply| reply.status), Some(200), "{fields}");
            let status = wire.reply().map(|reply| reply.status);
            assert_eq!(status, Some(if path.starts_with("/denied") { 403 } else { 200 }), "{fields}");
            let arrived: Vec<_> = echo.requests().into_iter().map(|request| request.target).collect();
            let expected: &[&str] = if path.starts_with("/denied") { &["/open/a"] } else { &["/open/a", "/open/next"] };
            assert_eq!(arrived, expected, "{fields}");
            assert!(echo.requests().iter().all(|request| request.field("upgrade").is_none()), "{fields}");
        }
    }
}

/// D1-08: the gate answers before the body has come; what is left of the body is no request, and the answer arrives.
#[test]
fn an_early_answer_of_the_gate_leaves_nothing_behind() {
    let (echo, gate) = bench();
    let smuggled = request(&gate, "GET", "/open/smuggled", "");
    let body = smuggled.repeat((1 << 20) / smuggled.len());
    for (target, fields, status) in [
        ("/closed", "Accept: */*\r\n", 401),
        ("/closed", "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n", 303),
        ("/denied/a", "", 403),
        ("/.vestibule/nothing", "", 413),
        ("/%2evestibule/login", "", 404),
    ] {
        for chunked in [false, true] {
            let framing = match chunked {
                true => "Transfer-Encoding: chunked\r\n".to_owned(),
                false => format!("Content-Length: {}\r\n", body.len()),
            };
            let body = if chunked { format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len()) } else { body.clone() };
            let mut wire = gate.wire();
            let mut twin = wire.twin();
            let bytes = request(&gate, "POST", target, &format!("{fields}{framing}")) + &body + &smuggled;
            let sending = std::thread::spawn(move || {
                twin.send(bytes);
            });
            let reply = wire.reply().unwrap_or_else(|| panic!("{target}: the answer was lost"));
            assert_eq!(reply.status, status, "{target}");
            // One more answer is that to the request behind the body; more would be answers to the body.
            let mut more = 0;
            while let Some(reply) = wire.reply() {
                assert_eq!((reply.status, reply.json()["target"].as_str()), (200, Some("/open/smuggled")));
                more += 1;
            }
            assert!(more <= 1, "{target}: {more} requests out of one body");
            sending.join().unwrap();
            assert!(echo.requests().len() <= more, "{target}: the body was taken for requests");
            echo.forget();
        }
    }
    let reply = gate.wire().send(request(&gate, "GET", "/open/a", "")).reply().unwrap();
    assert_eq!(reply.status, 200);
}

/// D1-14: a body where none is expected. One application reads it; the other takes it for the next request, and its
/// answer must not go to whoever comes next.
#[test]
fn a_body_where_none_is_expected_poisons_no_connection() {
    let honest = Echo::start();
    // It never looks for bodies, and does not close however often it is told.
    let careless = Echo::by_hand(|wire| {
        while let Some(head) = wire.head() {
            answer_plainly(wire, &head);
        }
    });
    for echo in [&honest, &careless] {
        let gate = Gate::before(echo).rules(RULES).start();
        let hidden = request(&gate, "GET", "/denied/admin", "");
        for method in ["GET", "DELETE", "OPTIONS", "HEAD"] {
            for (fields, body) in [
                (format!("Content-Length: {}\r\n", hidden.len()), hidden.clone()),
                ("Transfer-Encoding: chunked\r\n".to_owned(), format!("{:x}\r\n{hidden}\r\n0\r\n\r\n", hidden.len())),
                (format!("Expect: 100-continue\r\nContent-Length: {}\r\n", hidden.len()), hidden.clone()),
            ] {
                if fields.starts_with("Transfer") && !std::ptr::eq(echo, &honest) {
                    continue;
                }
                let mut attacker = gate.wire();
                attacker.send(request(&gate, method, "/open/a", &fields) + &body);
                let reply = attacker.reply_to(method);
                assert!(reply.is_some_and(|reply| reply.status == 200), "{method} {fields}");
                for turn in 0..3 {
                    let target = format!("/open/victim-{turn}");
                    let reply = gate.wire().send(request(&gate, "GET", &target, "")).reply().unwrap();
                    assert_eq!(reply.status, 200, "{method} {fields}");
                    assert!(reply.text().contains(&target), "{method} {fields}: got {}", reply.text());
                }
            }
        }
        // Where a request has a body of right, its connection is used again.
        let before = echo.bytes().len();
        for _ in 0..3 {
            let post = request(&gate, "POST", "/open/a", "Content-Length: 0\r\n");
            assert_eq!(gate.wire().send(post).reply().unwrap().status, 200);
        }
        assert!(echo.bytes().len() <= before + 1, "connections are kept");
    }
    let arrived = honest.bytes().iter().flat_map(|log| read_strictly(log)).collect::<Vec<_>>();
    assert!(arrived.iter().all(|one| one.target != "/denied/admin"), "a body was parsed as a request");
}

/// D1-17
#[test]
fn no_line_end_gets_into_an_answer() {
    let (_echo, gate) = bench();
    let navigation = "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n";
    for target in [
        "/closed%0d%0aX-Injected:1",
        "/closed?q=%0d%0aX-Injected:1",
        "/closed?q=%0aX-Injected:1",
        "/.vestibule/login?rd=/%0d%0aX-Injected:1",
        "/.vestibule/login?rd=%2F%250d%250aX-Injected:1",
        "/.vestibule/logout?rd=/%0d%0aX-Injected:1",
        "/closed?q=\u{a0d}X-Injected:1",
    ] {
        let reply = gate.wire().send(request(&gate, "GET", target, navigation)).reply().unwrap();
        assert!(matches!(reply.status, 200 | 302 | 303 | 400), "{target}: {}", reply.status);
        assert_eq!(reply.field("x-injected"), None, "{target}");
        assert!(!reply.field("location").unwrap_or_default().contains(['\r', '\n']), "{target}");
    }
    for host in ["localhost\r\n X: 1", "localhost%0d%0aX-Injected:1", "localhost\rX: 1", "localhost\nX-Injected: 1"] {
        let reply = gate.wire().send(format!("GET /closed HTTP/1.1\r\nHost: {host}\r\n{navigation}\r\n")).reply();
        assert!(reply.is_some_and(|reply| reply.status == 400 && reply.field("x-injected").is_none()), "{host:?}");
    }
    let reply = gate.wire().send(request(&gate, "GET", "/closed?q=%0a", navigation)).reply().unwrap();
    assert_eq!(reply.status, 302, "an honest line end in a query comes back as it was");
    assert!(reply.field("location").unwrap().contains("%250a"), "{:?}", reply.field("location"));
}

/// D1-18: nothing is kept between the application and its visitors.
#[test]
fn nobody_is_shown_what_was_made_for_another() {
    let echo = Echo::by_hand(|wire| {
        while let Some(head) = wire.head() {
            let body = format!("{} at {}", head.field("remote-user").unwrap_or("nobody"), head.field("host").unwrap());
            wire.send(format!(
                "HTTP/1.1 200 OK\r\nCache-Control: public, max-age=3600\r\nETag: \"same\"\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            ));
        }
    });
    let gate = Gate::before(&echo)
        .config("[methods.webauthn]\nrp_id = \"localhost\"")
        .rules(RULES)
        .also(&format!("[[site]]\nurl = \"http://two.localhost:PORT\"\nupstreams = [\"UPSTREAM\"]\n{RULES}"))
        .start();
    let two = format!("http://two.localhost:{}", gate.address.port());
    for name in ["alice", "bob"] {
        let user = gate.given_user(name);
        let mut browser = gate.visitor();
        browser.sign_in(&user, "/page");
        let page = browser.goto("/page");
        assert_eq!(page.html(), format!("{name} at {}", gate.authority()));
        assert!(page.field("cache-control").is_some_and(|value| value.contains("private")));
        let page = browser.ask("GET", "/page").with("If-None-Match", "\"same\"").send();
        assert_eq!((page.status, page.html().starts_with(name)), (200, true), "the application answers, nobody else");
    }
    for (origin, host) in [(gate.origin.clone(), gate.authority()), (two.clone(), two.trim_start_matches("http://"))] {
        assert_eq!(gate.visitor_at(&origin).goto("/open/page").html(), format!("nobody at {host}"));
    }
}

/// D1-21: each ceiling is met at once, and what is just below it passes.
#[test]
fn heads_have_ceilings() {
    let (echo, gate) = bench();
    let long = |length: usize| format!("/open/{}", "a".repeat(length));
    let fields = |count: usize| (0..count).map(|number| format!("X-{number}: 1\r\n")).collect::<String>();
    let wide = |length: usize| format!("X: {}\r\n", "x".repeat(length));
    for (target, fields, status) in [
        (long(7 * 1024), String::new(), 200),
        (long(9 * 1024), String::new(), 414),
        (long(1), fields(90), 200),
        (long(1), fields(120), 431),
        (long(1), wide(30 * 1024), 200),
        (long(1), wide(40 * 1024), 431),
        (long(1), wide(1024).repeat(40), 431),
    ] {
        echo.forget();
        let mut wire = gate.wire();
        wire.send(request(&gate, "GET", &target, &fields));
        assert_eq!(wire.reply().map(|reply| reply.status), Some(status), "{} {}", target.len(), fields.len());
        if status != 200 {
            echo.assert_untouched("over the ceiling");
        }
    }
    // A line without an end is met before it is all kept.
    let mut wire = gate.wire();
    let mut twin = wire.twin();
    let sending = std::thread::spawn(move || {
        twin.send(vec![b'a'; 8 << 20]);
    });
    assert_eq!(wire.reply().map(|reply| reply.status), Some(414));
    drop(wire);
    sending.join().unwrap();
}

/// D1-22: heads that never end hold nobody up, and end.
#[test]
fn slow_heads_end_and_hold_nobody_up() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).config("[limits]\nhead_timeout = \"2s\"").rules(RULES).start();
    let mut slow: Vec<Wire> = (0..200).map(|_| gate.wire()).collect();
    for wire in &mut slow {
        wire.send(format!("GET /open/slow HTTP/1.1\r\nHost: {}\r\nX: ", gate.authority()));
    }
    let mut honest = gate.wire();
    // However many bytes come, the head as a whole is too slow.
    until("all of them to be sent away", 20, || {
        assert_in_open_step(&mut honest, &gate);
        slow.iter_mut().for_each(|wire| _ = wire.send("x"));
        slow.iter().all(Wire::is_left).then_some(())
    });
    for wire in &mut slow {
        assert!(wire.reply().is_none_or(|reply| reply.status == 408));
        assert!(wire.rest().is_empty());
    }
    assert_in_open_step(&mut honest, &gate);
    assert!(echo.requests().iter().all(|request| request.target == "/open/honest"));
}

#[track_caller]
fn assert_in_open_step(wire: &mut Wire, gate: &Gate) {
    let reply = wire.send(request(gate, "GET", "/open/honest", "")).reply().expect("honest clients are served");
    assert_eq!(reply.status, 200);
}
