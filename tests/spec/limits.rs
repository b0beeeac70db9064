//! Exhaustion over HTTP/1: heads, bodies, answers and connections that somebody keeps half done. Each has its end, and
//! honest clients are served meanwhile. Over HTTP/2: `d2.rs`.

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use crate::calm::Calm;
use crate::harness::{Answer, Echo, Gate, Wire, connect_from, until};

const RULES: &str = r#"
[[site.rules]]
path = "/open/**"
policy = "bypass"
[[site.rules]]
policy = "two_factor"
"#;
/// More than all buffers on the way hold.
const LARGE: usize = 64 << 20;

fn bench(config: &str) -> (Echo, Gate) {
    let echo = Echo::answering(|request| match request.target.as_str() {
        "/open/large" => Answer::Large(LARGE),
        _ => Answer::Json,
    });
    let gate = Gate::before(&echo).config(config).rules(RULES).start();
    (echo, gate)
}

/// D1-22
#[test]
fn heads_that_never_end_end() {
    let (echo, gate) = bench("[limits]\nhead_timeout = \"2s\"\nidle_timeout = \"2s\"");
    let calm = Calm::before(&gate);
    echo.forget();
    let head = format!("GET /open/a HTTP/1.1\r\nHost: {}\r\nX: ", gate.authority());
    let mut slow: Vec<TcpStream> = (0..200)
        .map(|_| {
            let mut stream = TcpStream::connect(gate.address).unwrap();
            stream.write_all(head.as_bytes()).unwrap();
            stream
        })
        .collect();
    calm.assert("200 slow heads");
    echo.forget();
    // A byte now and then does not begin the time anew.
    until("the first to be sent away", 20, || slow[0].write_all(b"x").is_err().then_some(()));
    for stream in slow.drain(1..) {
        let mut wire = Wire::over(stream);
        assert_eq!(wire.reply().map(|reply| reply.status), Some(408));
        assert!(wire.is_closed());
    }
    echo.assert_untouched("heads without an end");
    let told = gate.log().lines().filter(|line| line.contains("in time") && line.contains("client=127.0.0.1")).count();
    assert_eq!(told, 200, "one line each");
    calm.assert("200 slow heads");
}

#[test]
fn connections_without_a_request_are_closed() {
    let (_echo, gate) = bench("[limits]\nidle_timeout = \"3s\"");
    let calm = Calm::before(&gate);
    let mut idle: Vec<Wire> = (0..200).map(|_| gate.wire()).collect();
    for wire in idle.iter_mut().step_by(4) {
        wire.send(format!("GET /open/a HTTP/1.1\r\nHost: {}\r\n\r\n", gate.authority()));
    }
    for wire in idle.iter_mut().step_by(4) {
        assert_eq!(wire.reply().map(|reply| reply.status), Some(200));
    }
    calm.assert("200 idle connections");
    for wire in &mut idle {
        assert!(wire.is_closed());
    }
}

#[test]
fn connections_of_an_address_have_a_ceiling() {
    let (_echo, gate) = bench("[limits]\nconnections_per_address = 8");
    let calm = Calm::before(&gate);
    let held: Vec<Wire> = (0..8).map(|_| gate.wire()).collect();
    assert!(gate.wire().is_closed(), "the ninth");
    calm.assert("all places of an address");
    let mut elsewhere = Wire::over(connect_from(3, gate.address));
    let get = format!("GET /open/a HTTP/1.1\r\nHost: {}\r\n\r\n", gate.authority());
    assert_eq!(elsewhere.send(&get).reply().map(|reply| reply.status), Some(200));
    drop(held);
    until("a place", 20, || gate.wire().send(&get).reply().map(|_| ()));
}

/// Nothing comes.
#[test]
fn a_body_that_does_not_come_is_let_go() {
    let (echo, gate) = bench("[limits]\nbetween_bytes_timeout = \"1s\"");
    let calm = Calm::before(&gate);
    for framing in ["Content-Length: 1000\r\n\r\nx", "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n"] {
        let left = echo.left();
        let head = format!("POST /open/a HTTP/1.1\r\nHost: {}\r\n{framing}", gate.authority());
        let mut slow: Vec<Wire> = (0..20).map(|_| gate.wire()).collect();
        slow.iter_mut().for_each(|wire| _ = wire.send(&head));
        for wire in &mut slow {
            assert_eq!(wire.reply().map(|reply| reply.status), Some(408), "{framing:?}");
            assert!(wire.is_closed());
        }
        until("the application to be left", 20, || (echo.left() >= left + 20).then_some(()));
        calm.assert("bodies that do not come");
    }
}

/// A byte now and then: whoever said how much he sends has it at hand.
#[test]
fn an_announced_body_comes_at_a_pace() {
    let (echo, gate) = bench("");
    let head =
        |length| format!("POST /open/a HTTP/1.1\r\nHost: {}\r\nContent-Length: {length}\r\n\r\n", gate.authority());
    let mut slow = gate.wire();
    slow.send(head(100_000) + "x");
    until("the application to be asked", 20, || echo.bytes().iter().any(|bytes| bytes.ends_with(b"x")).then_some(()));
    gate.advance(61);
    slow.send("y");
    assert_eq!(slow.reply().map(|reply| reply.status), Some(408));
    until("the application to be left", 20, || (echo.left() > 0).then_some(()));

    let mut slower_than_any_network = gate.wire();
    slower_than_any_network.send(head(3 * 16 * 1024));
    for _ in 0..2 {
        let before = echo.bytes().iter().map(Vec::len).sum::<usize>();
        slower_than_any_network.send("x".repeat(16 * 1024));
        until("it to arrive", 20, || {
            (echo.bytes().iter().map(Vec::len).sum::<usize>() >= before + 16 * 1024).then_some(())
        });
        gate.advance(61);
    }
    let reply = slower_than_any_network.send("x".repeat(16 * 1024)).reply();
    assert_eq!(reply.map(|reply| reply.status), Some(200));
}

/// A form is small, and all of it has one time limit.
#[test]
fn a_form_comes_in_one_time_however_often_a_byte_does() {
    let (_echo, gate) = bench("");
    let calm = Calm::before(&gate);
    let mut stream = TcpStream::connect(gate.address).unwrap();
    let form = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 60000";
    write!(stream, "POST /.vestibule/login HTTP/1.1\r\nHost: {}\r\n{form}\r\n\r\n", gate.authority()).unwrap();
    let mut writing = stream.try_clone().unwrap();
    let writer = std::thread::spawn(move || {
        while writing.write_all(b"x").is_ok() {
            std::thread::sleep(Duration::from_millis(100));
        }
    });
    let mut wire = Wire::over(stream);
    assert_eq!(wire.reply().map(|reply| reply.status), Some(408));
    assert!(wire.is_closed());
    writer.join().unwrap();
    calm.assert("a slow form");
}

/// Nobody reads: the application's connection is not held for that.
#[test]
fn an_answer_that_nobody_takes_is_let_go() {
    let (echo, gate) = bench("[limits]\nbetween_bytes_timeout = \"2s\"");
    let calm = Calm::before(&gate);
    let get = format!("GET /open/large HTTP/1.1\r\nHost: {}\r\n\r\n", gate.authority());
    let mut held: Vec<Wire> = (0..200).map(|_| gate.wire()).collect();
    held.iter_mut().for_each(|wire| _ = wire.send(&get));
    // As many as one address may have under way; the others are told so.
    until("the application to be asked", 30, || (echo.requests().len() >= 85).then_some(()));
    calm.assert("answers that nobody takes");
    let asked = echo.requests().iter().filter(|request| request.target == "/open/large").count();
    assert_eq!(asked, 85);
    until("the application to be left", 60, || (echo.left() >= 85).then_some(()));
    calm.assert("answers that nobody takes");
    drop(held);
}

/// D1-08: an answer that does not wait for the body leaves the connection in no doubt.
#[test]
fn an_early_answer_is_heard_and_what_follows_is_no_request() {
    let (echo, gate) = bench("");
    let smuggled = format!("GET /open/smuggled HTTP/1.1\r\nHost: {}\r\n\r\n", gate.authority());
    let body = smuggled.repeat((1 << 20) / smuggled.len());
    let large = body.repeat(12);
    let next = format!("GET /open/next HTTP/1.1\r\nHost: {}\r\n\r\n", gate.authority());
    let chunked = |body: &str| format!("Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    let length = |body: &str| format!("Content-Length: {}\r\n\r\n{body}", body.len());
    for (path, status) in [("/locked", 401), ("/.vestibule/login", 413), ("/.vestibule/nowhere", 413), ("/%", 400)] {
        for framed in [chunked(&body), length(&body), length(&large), length(&body)[..1000].to_owned()] {
            echo.forget();
            let mut wire = gate.wire();
            wire.send(format!("POST {path} HTTP/1.1\r\nHost: {}\r\n{framed}{next}", gate.authority()));
            let first = wire.reply();
            // More than is drained may be lost to a reset; what must not be is a second meaning.
            if framed.len() < large.len() {
                assert_eq!(first.map(|reply| reply.status), Some(status), "{path}");
            }
            let then = wire.reply().map(|reply| reply.status);
            assert!(then.is_none_or(|status| status == 200), "{path}: {then:?}");
            let arrived: Vec<_> = echo.requests().into_iter().map(|request| request.target).collect();
            assert!(arrived.iter().all(|target| target == "/open/next"), "{path}: {arrived:?}");
            assert_eq!(arrived.len(), usize::from(then.is_some()), "{path}");
        }
    }
    echo.forget();
    let reply =
        gate.wire().send(format!("POST /open/a HTTP/1.1\r\nHost: {}\r\n{}", gate.authority(), length(&body))).reply();
    assert_eq!(reply.map(|reply| reply.status), Some(200));
    assert_eq!(echo.last().body.len(), body.len(), "an honest one passes whole");
}

/// What is no request is told once: the reason, the address, and nothing of what it was.
#[test]
fn what_is_refused_is_told_without_what_it_was() {
    let (echo, gate) = bench("");
    let host = format!("Host: {}\r\n", gate.authority());
    let bad = [
        format!("GET /open/secret HTTP/1.1\n{host}\r\n"),
        format!("GET /open/secret HTTP/1.1\r\n{host}X : secret\r\n\r\n"),
        format!("GET http://secret/ HTTP/1.1\r\n{host}\r\n"),
        format!("GET /open/%zz HTTP/1.1\r\n{host}\r\n"),
        "GET /open/a HTTP/1.1\r\nHost: sec..ret:port\r\n\r\n".to_owned(),
        format!("POST /open/a HTTP/1.1\r\n{host}Content-Length: secret\r\n\r\n"),
    ];
    for message in &bad {
        let mut wire = gate.wire();
        assert_eq!(wire.send(message).reply().map(|reply| reply.status), Some(400), "{message:?}");
        echo.assert_untouched(message);
    }
    // A line may be written a moment after its answer.
    let log = until("a line for each", 10, || {
        let log = gate.log();
        (log.matches("status=400").count() >= bad.len()).then_some(log)
    });
    let told: Vec<_> = log.lines().filter(|line| line.contains("status=400")).collect();
    assert_eq!(told.len(), bad.len(), "{log}");
    for line in told {
        assert!(line.contains("client=127.0.0.1") && line.contains("error="), "{line}");
        assert!(!line.contains("secret"), "{line}");
    }
}
