//! Exhaustion over HTTP/1: heads, bodies, answers and connections that somebody keeps half done. Each has its end, and
//! honest clients are served meanwhile. Over HTTP/2: `d2.rs`.

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use crate::calm::Calm;
use crate::harness::frames::request;
use crate::harness::{Answer, Echo, Gate, Wire, connect_from, until};

const RULES: &str = rules! { "/open/**" => "bypass", _ => "two_factor" };
/// More than all buffers on the way hold.
const LARGE: usize = 64 << 20;

fn bench(config: &str) -> (Echo, Gate) {
    let echo = Echo::answering(|request| match request.target.as_str() {
        "/open/large" => Answer::Large(LARGE),
        "/open/events" => Answer::Events,
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
    idle.extend((0..50).map(|_| {
        let mut wire = gate.wire();
        wire.send(format!("GET /open/a HTTP/1.1\r\nHost: {}\r\n\r\n", gate.authority()));
        assert_eq!(wire.reply().map(|reply| reply.status), Some(200));
        wire
    }));
    calm.assert("250 idle connections");
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
    assert!(gate.wire().is_closed(), "the tenth");
    let told = |line: &&str| line.contains("too many connections") && line.contains("client=127.0.0.1");
    assert_eq!(gate.log().lines().filter(told).count(), 1, "it is told once a minute");
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

/// Nor is a body without a length a way to hold an application for ever, before it has answered.
#[test]
fn a_body_of_chunks_comes_at_a_pace_until_it_is_answered() {
    let (echo, gate) = bench("");
    let head = format!("POST /open/a HTTP/1.1\r\nHost: {}\r\nTransfer-Encoding: chunked\r\n", gate.authority());
    let arrived =
        |end: &str| echo.bytes().iter().any(|bytes| bytes.windows(end.len()).any(|part| part == end.as_bytes()));
    let mut slow = gate.wire();
    slow.send(head.clone() + "\r\n1\r\nx\r\n");
    until("the application to be asked", 20, || arrived("1\r\nx\r\n").then_some(()));
    gate.advance(61);
    slow.send("1\r\ny\r\n");
    assert_eq!(slow.reply().map(|reply| reply.status), Some(408));
    until("the application to be left", 20, || (echo.left() > 0).then_some(()));

    let mut call = gate.wire();
    call.send(head + "Content-Type: application/grpc\r\n\r\n1\r\nv\r\n");
    until("the application to be called", 20, || arrived("1\r\nv\r\n").then_some(()));
    gate.advance(61);
    call.send("1\r\nw\r\n0\r\n\r\n");
    assert_eq!(call.reply().map(|reply| reply.status), Some(200), "a call is a talk");
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
    until("the application to be asked", 30, || (asked(&echo) == 200).then_some(()));
    assert_served_beside(&gate);
    // Those that stand still the longest make room at once, the others in time.
    until("the application to be left", 60, || (echo.left() >= 200).then_some(()));
    calm.assert("answers that nobody takes");
    drop(held);
}

fn asked(echo: &Echo) -> usize {
    echo.requests().iter().filter(|request| request.target == "/open/large").count()
}

/// An honest client at the address of a hostile one is served, in either version of HTTP.
#[track_caller]
fn assert_served_beside(gate: &Gate) {
    for path in ["/.vestibule/login", "/open/a"] {
        let get = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", gate.authority());
        assert_eq!(gate.wire().send(get).reply().map(|reply| reply.status), Some(200), "{path}");
        let stream = request("GET", gate.authority(), path);
        assert_eq!(gate.frames().ask(&stream).status(), Some(200), "{path} over HTTP/2");
    }
}

/// They read nothing, for as long as they like, and are one visitor of a proxy that is trusted.
#[test]
fn behind_a_proxy_an_answer_that_nobody_takes_costs_as_little() {
    let (echo, gate) = bench("[trust]\nproxies = [\"127.0.0.7/32\"]");
    let calm = Calm::before(&gate);
    let get = format!("GET /open/large HTTP/1.1\r\nHost: {}\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n", gate.authority());
    let held: Vec<Wire> = (0..250)
        .map(|_| {
            let mut wire = Wire::over(connect_from(7, gate.address));
            wire.send(&get);
            wire
        })
        .collect();
    until("the application to be asked", 30, || (asked(&echo) == 250).then_some(()));
    // As many as may stand still.
    until("the application to be left by the others", 30, || (echo.left() >= 250 - 80).then_some(()));
    calm.assert("answers that nobody takes, through a proxy");
    drop(held);
}

/// Many share an address, and each of them has streams that wait for news.
#[test]
fn who_waits_keeps_nobody_out() {
    let (_echo, gate) = bench("");
    let calm = Calm::before(&gate);
    let events =
        format!("GET /open/events HTTP/1.1\r\nHost: {}\r\nAccept: text/event-stream\r\n\r\n", gate.authority());
    let upload = format!("POST /open/a HTTP/1.1\r\nHost: {}\r\nContent-Length: 100000\r\n\r\nx", gate.authority());
    let mut streams: Vec<Wire> = (0..150).map(|_| gate.wire()).collect();
    let mut uploads: Vec<Wire> = (0..50).map(|_| gate.wire()).collect();
    streams.iter_mut().for_each(|wire| _ = wire.send(&events));
    uploads.iter_mut().for_each(|wire| _ = wire.send(&upload));
    for wire in &mut streams {
        assert!(wire.head().is_some_and(|head| head.start.contains("200")));
    }
    assert_served_beside(&gate);
    calm.assert("200 that wait");
}

/// Together they have more connections than the gate has files.
#[test]
fn several_addresses_keep_nobody_out() {
    use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).expect("what is allowed can be had");
    let (_echo, gate) = bench("");
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", gate.pid())).unwrap();
    let files: Vec<_> = limits.lines().find(|line| line.starts_with("Max open files")).unwrap().split(' ').collect();
    let files: Vec<_> = files.into_iter().filter(|word| !word.is_empty()).collect();
    assert_eq!(files[3], files[4], "all the files the machine allows are asked for");

    let few = Rlimit { current: Some(1024), maximum: Some(1024) };
    prlimit(Pid::from_raw(gate.pid() as i32), Resource::Nofile, few).expect("it is ours");
    let calm = Calm::before(&gate);
    let mut held = Vec::new();
    for host in 2..7 {
        held.extend((0..250).map(|_| connect_from(host, gate.address)));
    }
    calm.assert("1,250 connections of five addresses");
    let told = gate.log().lines().filter(|line| line.contains("not accepted")).count();
    assert!(told <= 1, "{told} lines");
    drop(held);
}

/// Who vanished without a word.
#[test]
fn a_silent_client_is_asked_whether_it_is_there() {
    let (_echo, gate) = bench("");
    let stream = TcpStream::connect(gate.address).unwrap();
    let client = stream.local_addr().unwrap();
    let mut wire = Wire::over(stream);
    wire.send(format!("GET /open/events HTTP/1.1\r\nHost: {}\r\n\r\n", gate.authority()));
    assert!(wire.head().is_some());
    let ends = [gate.address.port(), client.port()].map(|port| format!(":{port:04X}"));
    until("the machine to watch over it", 20, || {
        let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
        let mut lines = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let line = lines.find(|line| line[1].ends_with(&ends[0]) && line[2].ends_with(&ends[1]))?;
        // 2: the timer of a question whether somebody is there.
        line[5].starts_with("02:").then_some(())
    });
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
        format!("GET /secret-abcd/%zz/secret HTTP/1.1\r\n{host}\r\n"),
        "GET /open/a HTTP/1.1\r\nHost: sec..ret:port\r\n\r\n".to_owned(),
        format!("POST /open/a HTTP/1.1\r\n{host}Content-Length: secret\r\n\r\n"),
    ];
    for message in &bad {
        let mut wire = gate.wire();
        assert_eq!(wire.send(message).reply().map(|reply| reply.status), Some(400), "{message:?}");
        echo.assert_untouched(message);
    }
    // A line is written behind the answer.
    let log = until("a line each", 20, || {
        let log = gate.log();
        (log.lines().filter(|line| line.contains("status=400")).count() >= bad.len()).then_some(log)
    });
    let told: Vec<_> = log.lines().filter(|line| line.contains("status=400")).collect();
    assert_eq!(told.len(), bad.len(), "{log}");
    for line in told {
        assert!(line.contains("client=127.0.0.1") && line.contains("error="), "{line}");
        assert!(!line.contains("secret"), "{line}");
    }
}
