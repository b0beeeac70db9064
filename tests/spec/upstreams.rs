//! Upstreams: which one gets a request, what becomes of it when that one fails, and what a bad one can do to others. The
//! judge is what arrived at the applications.

use std::fs;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::{
    Answer, Authority, Echo, Gate, Reply, WEBSOCKET_KEY, Wire, elsewhere, frames, free_address, h2c, tls, tls_h2, unix,
    until,
};

const OPEN: &str = rules! { "/**" => "bypass" };
/// How long an application is waited for where nothing is said about it.
const USUAL: Duration = Duration::from_secs(60);
const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// A gate that lets everybody through to these upstreams; `keys` are further ones of the site.
fn open(upstreams: &[String], keys: &str) -> Gate {
    Gate::before(&Echo::start()).site(&site(upstreams, keys)).rules(OPEN).start()
}

fn site(upstreams: &[String], keys: &str) -> String {
    format!("url = \"http://localhost:PORT\"\nupstreams = {upstreams:?}\n{keys}")
}

fn request(gate: &Gate, line: &str, rest: &str) -> String {
    format!("{line} HTTP/1.1\r\nHost: {}\r\n{rest}\r\n", gate.authority())
}

/// One request on a connection of its own.
#[track_caller]
fn ask(gate: &Gate, line: &str) -> Reply {
    let method = line.split(' ').next().unwrap();
    let rest = if matches!(method, "GET" | "HEAD" | "OPTIONS") { "" } else { "Content-Length: 0\r\n" };
    gate.wire().send(request(gate, line, rest)).reply_to(method).expect("an answer")
}

fn count(log: &str, what: &str) -> usize {
    log.matches(what).count()
}

/// Reads the configuration again and waits until it is in force.
pub fn reload(gate: &Gate, change: impl FnOnce(String) -> String) {
    let before = count(&gate.log(), "the new configuration is in force");
    let text = change(fs::read_to_string(gate.config_file()).unwrap());
    fs::write(gate.config_file(), text).unwrap();
    let pid = rustix::process::Pid::from_raw(i32::try_from(gate.pid()).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::HUP).unwrap();
    until("the reload", 20, || (count(&gate.log(), "the new configuration is in force") > before).then_some(()));
}

fn websocket(gate: &Gate, path: &str) -> (Wire, u16) {
    let fields = format!(
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {WEBSOCKET_KEY}\r\n"
    );
    let mut wire = gate.wire();
    let status = wire.send(request(gate, &format!("GET {path}"), &fields)).reply().expect("an answer").status;
    (wire, status)
}

/// An answer that says what it answers, so that nobody can take it for the answer to something else.
fn echoed(start: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{start}", start.len())
}

/// Requests under way at all upstreams, as operators see them.
fn under_way(gate: &Gate) -> u64 {
    let list: Value = serde_json::from_str(&gate.run(["upstream", "list", "--json"])).unwrap();
    list["upstreams"].as_array().unwrap().iter().map(|line| line["under_way"].as_u64().unwrap()).sum()
}

/// Answers one request after another with [`OK`], on a connection that is kept.
fn polite(wire: &mut Wire) {
    while let Some(head) = wire.head() {
        wire.body(&head, false);
        wire.send(OK);
    }
}

#[test]
fn requests_are_shared_and_nobody_notices_one_that_is_gone() {
    let (one, two, gone) = (Echo::start(), Echo::start(), free_address());
    let gate = open(&[one.url(), format!("http://{gone}"), two.url()], "upstream_check = \"off\"");
    for n in 0..12 {
        // Nothing was sent where nobody is: what may not be repeated goes to the next all the same.
        assert_eq!(ask(&gate, &format!("POST /{n}")).status, 200, "{n}");
    }
    let (first, second) = (one.requests().len(), two.requests().len());
    assert_eq!(first + second, 12, "each arrived once");
    assert!(first >= 4 && second >= 4, "{first} and {second}");
    assert_eq!(count(&gate.log(), "takes no connections"), 1, "it is said once: {}", gate.log());

    let back = Echo::by_hand_at(gone, polite);
    gate.advance(11);
    until("it to be tried again", 10, || {
        assert_eq!(ask(&gate, "GET /back").status, 200);
        (back.got("GET /back") > 0).then_some(())
    });
    gate.tells("takes connections again");
}

#[test]
fn when_all_are_gone_it_is_a_502_and_said_once() {
    let gone = [free_address(), free_address()].map(|address| format!("http://{address}"));
    let gate = open(&gone, "upstream_check = \"off\"");
    for _ in 0..5 {
        let reply = gate.visitor().goto("/");
        assert_eq!(reply.status, 502);
    }
    let log = gate.log();
    assert_eq!(count(&log, "takes no connections"), 2, "{log}");
    assert!(log.contains("ConnectRefused"), "{log}");
    assert!(!log.contains("an upstream failed"), "{log}");
}

/// An upstream that takes a request and goes, on a fresh connection: whether it did something, nobody knows.
#[test]
fn what_changes_something_is_never_sent_twice() {
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        let (rude, other) = (|| Echo::answering(|_| Answer::Close), Echo::answering(|_| Answer::Close));
        let rude = rude();
        let gate = open(&[rude.url(), other.url()], "upstream_check = \"off\"");
        assert_eq!(ask(&gate, &format!("{method} /deed")).status, 502, "{method}");
        assert_eq!(rude.requests().len() + other.requests().len(), 1, "{method}");
        gate.tells("an upstream failed");
    }
    // A safe method does not make a body safe.
    let (rude, other) = (Echo::answering(|_| Answer::Close), Echo::answering(|_| Answer::Close));
    let gate = open(&[rude.url(), other.url()], "upstream_check = \"off\"");
    let asked = request(&gate, "GET /search", "Content-Length: 2\r\n") + "{}";
    assert_eq!(gate.wire().send(asked).reply().unwrap().status, 502);
    assert_eq!(rude.requests().len() + other.requests().len(), 1);
}

#[test]
fn what_changes_nothing_goes_to_the_next() {
    for method in ["GET", "HEAD", "OPTIONS"] {
        let (rude, good) = (Echo::answering(|_| Answer::Close), Echo::start());
        let gate = open(&[rude.url(), good.url()], "upstream_check = \"off\"");
        for _ in 0..4 {
            assert_eq!(ask(&gate, &format!("{method} /page")).status, 200, "{method}");
        }
        assert_eq!(good.requests().len(), 4, "{method}");
        assert!(!rude.requests().is_empty(), "{method}: it was never asked");
    }
    // One that brings down whatever reads it must not go round for ever.
    let all: Vec<_> = (0..6).map(|_| Echo::answering(|_| Answer::Close)).collect();
    let gate = open(&all.iter().map(Echo::url).collect::<Vec<_>>(), "upstream_check = \"off\"");
    assert_eq!(ask(&gate, "GET /poison").status, 502);
    let arrived: usize = all.iter().map(|echo| echo.requests().len()).sum();
    assert!((1..=3).contains(&arrived), "{arrived}");
}

/// A connection that was kept is closed by the application while the next request is on its way.
#[test]
fn a_kept_connection_that_is_closed_under_a_request() {
    for (line, status, times) in
        [("GET /again", 200, 2), ("POST /once", 502, 1), ("PUT /once", 502, 1), ("DELETE /once", 502, 1)]
    {
        let count = AtomicUsize::new(0);
        let script = Echo::by_hand(move |wire| {
            let number = count.fetch_add(1, Ordering::SeqCst);
            // The first connection answers one request and takes the second without a word.
            let mut served = 0;
            while let Some(head) = wire.head() {
                wire.body(&head, false);
                if number == 0 && served == 1 {
                    return;
                }
                wire.send(OK);
                served += 1;
            }
        });
        let gate = open(&[script.url()], "");
        assert_eq!(ask(&gate, "GET /first").status, 200);
        assert_eq!(ask(&gate, line).status, status, "{line}");
        assert_eq!(script.got(line), times, "{line}");
        assert_eq!(ask(&gate, "GET /after").status, 200, "{line}: the next one has nothing of it");
    }
}

/// Once a word of an answer came, nothing is asked again: the visitor may have it already.
#[test]
fn after_the_first_word_of_an_answer_nothing_is_repeated() {
    for answer in ["HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"]
    {
        let half = || Echo::answering(move |_| Answer::Bytes(answer.as_bytes().to_vec()));
        let (one, two) = (half(), half());
        let gate = open(&[one.url(), two.url()], "upstream_check = \"off\"");
        let mut wire = gate.wire();
        wire.send(request(&gate, "GET /", "Connection: close\r\n"));
        while !wire.is_closed() {
            wire.exactly(1);
        }
        assert_eq!(one.requests().len() + two.requests().len(), 1, "{answer}");
    }
}

#[test]
fn an_upstream_found_down_gets_nothing_and_comes_back_by_itself() {
    let well = [(); 2].map(|()| Arc::new(AtomicBool::new(true)));
    let echoes = well.clone().map(|well| {
        Echo::answering(move |request| match request.target.as_str() {
            "/health" if !well.load(Ordering::SeqCst) => {
                Answer::Bytes(b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n".to_vec())
            }
            _ => Answer::Json,
        })
    });
    let gate = open(&[echoes[0].url(), echoes[1].url()], "upstream_check = \"/health\"\nupstream_host = \"app.test\"");
    let states = || -> Vec<String> {
        let list: Value = serde_json::from_str(&gate.run(["upstream", "list", "--json"])).unwrap();
        let lines = list["upstreams"].as_array().unwrap().iter();
        lines.map(|line| line["state"].as_str().unwrap().to_owned()).collect()
    };
    // The clock stands still: each round is one check.
    let round = || {
        let before = echoes.each_ref().map(|echo| echo.requests().len());
        gate.advance(5);
        until("a check of both", 10, || (0..2).all(|n| echoes[n].requests().len() > before[n]).then_some(()));
    };
    until("the first checks", 10, || echoes.iter().all(|echo| !echo.requests().is_empty()).then_some(()));
    assert_eq!(echoes[0].last().field("host"), Some("app.test"));
    assert_eq!(states(), ["up", "up"]);

    well[0].store(false, Ordering::SeqCst);
    round();
    assert_eq!(states(), ["up", "up"], "one bad answer is no proof");
    round();
    until("it to be down", 10, || (states() == ["down", "up"]).then_some(()));
    gate.tells("/health answered 500");
    for _ in 0..6 {
        assert_eq!(ask(&gate, "POST /deed").status, 200);
    }
    let deeds = |echo: &Echo| echo.requests().iter().filter(|request| request.target == "/deed").count();
    assert_eq!((deeds(&echoes[0]), deeds(&echoes[1])), (0, 6));

    well[1].store(false, Ordering::SeqCst);
    round();
    round();
    until("both to be down", 10, || (states() == ["down", "down"]).then_some(()));
    for _ in 0..5 {
        assert_eq!(gate.visitor().goto("/deed").status, 502);
    }
    assert_eq!(deeds(&echoes[0]) + deeds(&echoes[1]), 6);
    assert_eq!(count(&gate.log(), "an upstream is down"), 2, "{}", gate.log());

    well[0].store(true, Ordering::SeqCst);
    round();
    until("it to be back", 10, || (states() == ["up", "down"]).then_some(()));
    assert_eq!(ask(&gate, "GET /deed").status, 200);
    assert_eq!(count(&gate.log(), "is up again"), 1);
}

#[test]
fn an_upstream_is_asked_in_the_protocol_it_speaks() {
    let ((clear, heard_clear), authority) = (h2c(), Authority::make());
    let (encrypted, heard_encrypted) = tls_h2(&Echo::start(), &authority.sign("localhost"));
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    fs::write(&ca, &authority.pem).unwrap();
    let upstreams = [format!("h2c://{clear}"), format!("https://localhost:{}", encrypted.port())];
    let keys =
        format!("upstream_http2 = true\nupstream_ca_file = \"{}\"\nupstream_check = \"/health?all\"", ca.display());
    let gate = open(&upstreams, &keys);
    for round in 1..=3 {
        until("both to be asked", 10, || {
            [&heard_clear, &heard_encrypted].iter().all(|heard| heard.all().len() == round).then_some(())
        });
        gate.advance(5);
    }
    let (asked, _) = heard_clear.all().remove(0);
    assert_eq!(
        asked.uri().to_string(),
        format!("http://{}/health?all", gate.authority()),
        "the host that requests bring"
    );
    let list = gate.run(["upstream", "list"]);
    assert!(!list.contains("down") && !gate.log().contains("is down"), "{list}{}", gate.log());
}

#[test]
fn one_upstream_is_not_asked_how_it_is_and_connecting_is_enough_for_several() {
    let (alone, one, two) = (Echo::start(), Echo::start(), free_address());
    let gate = Gate::before(&alone)
        .rules(OPEN)
        .config("[methods.webauthn]\nrp_id = \"localhost\"")
        .also(&format!(
            "[[site]]\nurl = \"http://two.localhost:PORT\"\nupstreams = [\"{}\", \"http://{two}\"]\n{OPEN}",
            one.url()
        ))
        .start();
    until("a check", 10, || (!one.bytes().is_empty()).then_some(()));
    gate.advance(6);
    gate.tells("an upstream is down");
    assert!(alone.bytes().is_empty(), "nobody asked it");
    one.assert_untouched("a connection was enough");
    let list = gate.run(["upstream", "list"]);
    assert!(list.contains("down") && list.contains("ConnectRefused"), "{list}");
}

#[test]
fn an_upstream_is_drained_and_resumed_by_command() {
    let (release, held) = mpsc::channel::<()>();
    let held = Mutex::new(held);
    let first = Echo::by_hand(move |wire| {
        while let Some(head) = wire.head() {
            if head.start.contains("/slow") {
                held.lock().unwrap().recv().unwrap();
            }
            wire.send(OK);
        }
    });
    let second = Echo::start();
    let gate = open(&[first.url(), second.url()], "upstream_check = \"off\"");
    let mut slow = gate.wire();
    // Equals take turns: one of the first two goes to each.
    until("the slow one to be under way", 10, || {
        slow = gate.wire();
        slow.send(request(&gate, "GET /slow", ""));
        let arrived = || first.got("GET /slow") + second.requests().iter().filter(|r| r.target == "/slow").count();
        let before = arrived();
        until("it to arrive", 10, || (arrived() > before || first.got("GET /slow") > 0).then_some(()));
        (first.got("GET /slow") > 0).then_some(())
    });

    let told = gate.run(["upstream", "drain", &first.url()]);
    assert!(told.contains("1 under way"), "{told}");
    for n in 0..6 {
        assert_eq!(ask(&gate, &format!("GET /{n}")).status, 200);
    }
    assert_eq!(first.got("GET /"), 1, "nothing new");
    let list: Value = serde_json::from_str(&gate.run(["upstream", "list", "--json"])).unwrap();
    assert_eq!((&list["upstreams"][0]["state"], &list["upstreams"][0]["under_way"]), (&"drained".into(), &1.into()));
    release.send(()).unwrap();
    assert_eq!(slow.reply().unwrap().text(), "ok", "what was under way finishes");

    // A reload that changes something else changes nothing here.
    reload(&gate, |text| text.replace("[listen]", "[limits]\ndrain = \"3s\"\n[listen]"));
    assert!(gate.run(["upstream", "list"]).contains("drained"));
    gate.run(["upstream", "drain", &second.url()]);
    let refused = ask(&gate, "GET /");
    assert_eq!((refused.status, refused.field("retry-after").is_some()), (503, true));
    gate.run(["upstream", "resume", &first.url()]);
    assert_eq!(ask(&gate, "GET /resumed").status, 200);
    assert_eq!(first.got("GET /resumed"), 1);

    let trail = gate.run(["audit"]);
    assert!(trail.contains("upstream_drained") && trail.contains("upstream_resumed"), "{trail}");
    assert_eq!(gate.cli(["upstream", "drain", "http://127.0.0.1:1"]).code, 1);
    let mut gate = gate;
    gate.kill();
    let nobody = gate.cli(["upstream", "list"]);
    assert_eq!(nobody.code, 1);
    assert!(nobody.err.contains("no server runs"), "{}", nobody.err);
}

#[test]
fn an_upstream_that_a_reload_removes_finishes_what_it_has() {
    let (old, new) = (Echo::start(), Echo::start());
    let gate = open(&[old.url()], "");
    let (mut socket, status) = websocket(&gate, "/socket");
    assert_eq!(status, 101);
    reload(&gate, |text| text.replace(&old.url(), &new.url()));
    assert_eq!(ask(&gate, "GET /new").status, 200);
    assert_eq!((old.requests().len(), new.requests().len()), (1, 1));
    assert!(gate.run(["upstream", "list"]).contains("removed"));
    socket.send("ping");
    assert_eq!(socket.exactly(4).as_deref(), Some(b"ping".as_slice()), "it speaks on");
    drop(socket);
    until("it to be forgotten", 10, || (!gate.run(["upstream", "list"]).contains("removed")).then_some(()));
}

#[test]
fn an_upstream_gets_no_more_at_a_time_than_it_may() {
    let (release, held) = mpsc::channel::<()>();
    let held = Mutex::new(held);
    let script = Echo::by_hand(move |wire| {
        while let Some(head) = wire.head() {
            if head.start.contains("/slow") {
                held.lock().unwrap().recv().unwrap();
            }
            wire.send(OK);
        }
    });
    let gate = open(&[script.url()], "upstream_requests = 1");
    let mut slow = gate.wire();
    slow.send(request(&gate, "GET /slow", ""));
    until("it to arrive", 10, || (script.got("GET /slow") == 1).then_some(()));
    for _ in 0..3 {
        let refused = ask(&gate, "GET /more");
        assert_eq!((refused.status, refused.field("retry-after").is_some()), (503, true));
    }
    assert_eq!(script.got("GET /more"), 0);
    assert_eq!(count(&gate.log(), "as many requests under way"), 1, "{}", gate.log());
    release.send(()).unwrap();
    assert_eq!(slow.reply().unwrap().status, 200);
    // The answer may be read a moment before its place is free.
    let free = || until("the place to be free", 10, || (under_way(&gate) == 0).then_some(()));
    free();
    assert_eq!(ask(&gate, "GET /more").status, 200);
    free();
    // A visitor who goes away gives the place back, too.
    let mut slow = gate.wire();
    slow.send(request(&gate, "GET /slow", ""));
    until("it to arrive", 10, || (script.got("GET /slow") == 2).then_some(()));
    drop(slow);
    free();
    assert_eq!(ask(&gate, "GET /more").status, 200);
    release.send(()).unwrap();
}

#[test]
fn a_site_has_time_limits_of_its_own() {
    let echo = Echo::answering(|request| match request.target.as_str() {
        "/late" => Answer::Silence,
        _ => Answer::Json,
    });
    let pausing = Echo::by_hand(|wire| {
        wire.head();
        wire.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
        wire.is_closed();
    });
    let gate = Gate::before(&echo)
        .site(&site(&[echo.url()], "first_byte_timeout = \"1s\""))
        .rules(OPEN)
        .config("[methods.webauthn]\nrp_id = \"localhost\"")
        .also(&format!(
            "[[site]]\nurl = \"http://pause.localhost:PORT\"\nupstreams = [\"{}\"]\nbetween_bytes_timeout = \"1s\"\n{OPEN}",
            pausing.url()
        ))
        .start();
    let start = Instant::now();
    assert_eq!(ask(&gate, "GET /late").status, 504);
    assert!(start.elapsed() < USUAL, "{:?}", start.elapsed());
    assert_eq!(ask(&gate, "GET /").status, 200);
    let start = Instant::now();
    let mut wire = gate.wire();
    wire.send(format!("GET / HTTP/1.1\r\nHost: pause.localhost:{}\r\n\r\n", gate.address.port()));
    while !wire.is_closed() {
        wire.exactly(1);
    }
    assert!(start.elapsed() < USUAL, "{:?}", start.elapsed());
}

/// What is answered decides which silence may last, not how it was asked for; and an ordinary one that is cut is no
/// success in the log, in whatever version of HTTP.
#[test]
fn a_stream_is_what_is_answered_as_one() {
    let go = Arc::new(AtomicBool::new(false));
    let echo = {
        let go = go.clone();
        Echo::by_hand(move |wire| {
            let Some(head) = wire.head() else { return };
            let kind = match head.target() {
                "/events" => "text/event-stream; charset=utf-8",
                "/calls" => "application/grpc+proto",
                _ => "text/html",
            };
            wire.send(format!(
                "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n"
            ));
            if kind == "text/html" {
                wire.is_closed();
                return;
            }
            until("the ordinary ones to be cut", 30, || go.load(Ordering::SeqCst).then_some(()));
            wire.send("3\r\ntwo\r\n0\r\n\r\n");
        })
    };
    let gate = open(&[echo.url()], "first_byte_timeout = \"1s\"\nbetween_bytes_timeout = \"1s\"");
    let begin = |line: &str, fields: &str| {
        let mut wire = gate.wire();
        let head = wire.send(request(&gate, line, fields)).head().expect("a head");
        assert!(head.start.ends_with(" 200 OK"), "{}", head.start);
        assert_eq!(wire.chunk().as_deref(), Some(&b"one"[..]));
        wire
    };
    let mut streams = [
        begin("GET /events", "Accept: text/event-stream\r\n"),
        begin("GET /events", "Accept: text/event-stream, */*\r\n"),
        begin("GET /events", ""),
        begin("POST /events", "Content-Length: 0\r\n"),
        begin("POST /calls", "Content-Length: 0\r\n"),
    ];
    let mut frames = gate.frames();
    let mut fields = frames::request("GET", gate.authority(), "/events");
    fields.push(("accept", "application/json, text/event-stream;q=0.5"));
    let stream = frames.open(&fields, true);

    let mut wish = begin("GET /page", "Accept: text/event-stream\r\n");
    assert!(wish.chunk().is_none(), "an ordinary answer may not pause for so long, whatever was asked for");
    let mut others = gate.frames();
    for accept in ["text/event-stream", "text/html"] {
        let mut fields = frames::request("GET", gate.authority(), "/page?in-frames");
        fields.push(("accept", accept));
        assert!(matches!(others.ask(&fields), frames::Outcome::Reset(_)), "{accept}");
    }
    go.store(true, Ordering::SeqCst);
    for stream in &mut streams {
        assert_eq!(stream.chunk().as_deref(), Some(&b"two"[..]));
    }
    let frames::Outcome::Answered(reply) = frames.outcome(stream) else { panic!("it is answered") };
    assert_eq!(reply.body, b"onetwo");

    until("the last of three to be told", 20, || {
        let log = gate.log();
        let ended = log.lines().filter(|line| line.contains("vestibule::access") && line.contains("/page")).count();
        (ended == 3 && count(&log, "an upstream failed") == 3).then_some(())
    });
    let log = gate.log();
    let pages: Vec<_> =
        log.lines().filter(|line| line.contains("vestibule::access") && line.contains("/page")).collect();
    assert!(pages.len() == 3 && pages.iter().all(|line| line.contains("silent for too long")), "{pages:?}");
}

/// CF-10
#[test]
fn a_certificate_is_verified_by_the_authority_and_the_name_that_are_configured() {
    let (echo, authority, stranger) = (Echo::start(), Authority::make(), Authority::make());
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let file = folder.path().join(name);
        fs::write(&file, text).unwrap();
        file.display().to_string()
    };
    let (ca, other) = (write("ca.pem", &authority.pem), write("other.pem", &stranger.pem));
    let url = |address| format!("https://localhost:{}", std::net::SocketAddr::port(&address));

    let right = tls(&echo, &authority.sign("localhost"), None);
    let gate = open(&[url(right)], &format!("upstream_ca_file = \"{ca}\""));
    assert_eq!(ask(&gate, "GET /").status, 200);
    assert_eq!(echo.requests().len(), 1);

    for (what, served, keys) in [
        ("another authority", right, format!("upstream_ca_file = \"{other}\"")),
        ("the system's authorities", right, String::new()),
        ("another name", tls(&echo, &authority.sign("else.test"), None), format!("upstream_ca_file = \"{ca}\"")),
    ] {
        let gate = open(&[url(served)], &keys);
        assert_eq!(ask(&gate, "GET /secret").status, 502, "{what}");
        gate.tells("invalid peer certificate");
    }
    assert_eq!(echo.requests().len(), 1, "nothing was told to a stranger");

    let named = tls(&echo, &authority.sign("app.internal"), None);
    let keys = format!("upstream_ca_file = \"{ca}\"\nupstream_name = \"app.internal\"\nupstream_host = \"wiki.test\"");
    let gate = open(&[url(named)], &keys);
    assert_eq!(ask(&gate, "GET /named").status, 200);
    assert_eq!(echo.last().field("host"), Some("wiki.test"));

    let gate = open(&[url(named)], "upstream_verify = false");
    assert_eq!(ask(&gate, "GET /blind").status, 200);
    let warning = "site[0].upstream_verify: false";
    assert_eq!(count(&gate.log(), warning), 1, "{}", gate.log());
    reload(&gate, |text| text.replace("[listen]", "[limits]\ndrain = \"3s\"\n[listen]"));
    assert_eq!(count(&gate.log(), warning), 2, "each time: {}", gate.log());
}

#[test]
fn an_upstream_that_asks_for_a_certificate_gets_ours() {
    let (echo, authority, clients) = (Echo::start(), Authority::make(), Authority::make());
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let file = folder.path().join(name);
        fs::write(&file, text).unwrap();
        file.display().to_string()
    };
    let ca = write("ca.pem", &authority.pem);
    let ours = clients.sign("gate");
    let (cert, key) = (write("cert.pem", &ours.pem), write("key.pem", &ours.key_pem));
    let address = tls(&echo, &authority.sign("localhost"), Some(&clients));
    let url = [format!("https://localhost:{}", address.port())];
    let keys = format!("upstream_ca_file = \"{ca}\"");
    let gate = open(&url, &format!("{keys}\nupstream_cert_file = \"{cert}\"\nupstream_key_file = \"{key}\""));
    assert_eq!(ask(&gate, "GET /").status, 200);
    let without = open(&url, &keys);
    assert_eq!(ask(&without, "GET /").status, 502);
    assert_eq!(echo.requests().len(), 1);
}

#[test]
fn a_unix_socket_is_an_upstream() {
    let (echo, folder) = (Echo::start(), tempfile::tempdir().unwrap());
    let path = folder.path().join("app.sock");
    let gate = open(&[format!("unix:{}", path.display())], "");
    assert_eq!(ask(&gate, "GET /early").status, 502, "nobody is there yet");
    unix(echo.address, &path);
    assert_eq!(ask(&gate, "POST /deed").status, 200);
    assert_eq!(echo.last().field("host"), Some(gate.authority()));
    assert_eq!(websocket(&gate, "/socket").1, 101);
}

#[test]
fn http2_in_clear_reaches_an_application_that_speaks_nothing_else() {
    let (address, heard) = h2c();
    let gate = open(&[format!("h2c://{address}")], "");
    let sent = request(&gate, "POST /deed?a=1", "Content-Length: 4\r\nCookie: a=1\r\nRemote-User: root\r\n") + "body";
    let reply = gate.wire().send(sent).reply().unwrap();
    assert_eq!((reply.status, reply.text()), (200, "body".to_owned()));
    assert_eq!(ask(&gate, "GET /empty").text(), "hello");
    let (head, body) = heard.all().remove(0);
    assert_eq!((head.method().as_str(), head.uri().path(), head.uri().query()), ("POST", "/deed", Some("a=1")));
    assert_eq!(head.uri().authority().unwrap().as_str(), gate.authority());
    assert_eq!((&head.headers()["cookie"], body.as_slice()), (&http::HeaderValue::from_static("a=1"), &b"body"[..]));
    assert!(!head.headers().contains_key("remote-user") && head.headers().contains_key("x-forwarded-for"));

    // What HTTP/1.1 says about connections is no business of HTTP/2.
    for (line, fields) in [
        ("DELETE /a", "Content-Length: 4\r\n"),
        ("GET /a", "Content-Length: 4\r\nConnection: close\r\n"),
        ("POST /a", "Content-Length: 4\r\nExpect: 100-continue\r\n"),
        ("POST /a", "Content-Length: 4\r\nTE: trailers\r\nConnection: TE, keep-alive\r\nKeep-Alive: 5\r\n"),
    ] {
        let reply = gate.wire().send(request(&gate, line, fields) + "body").reply().unwrap();
        assert_eq!((reply.status, reply.text()), (200, "body".to_owned()), "{line} {fields}");
    }
    let chunked = request(&gate, "POST /a", "Transfer-Encoding: chunked\r\n") + "4\r\nbody\r\n0\r\n\r\n";
    assert_eq!(gate.wire().send(chunked).reply().unwrap().text(), "body");

    let before = heard.all().len();
    let (_, status) = websocket(&gate, "/socket");
    assert_eq!(status, 501, "no WebSocket goes over it here");
    gate.tells("carries no WebSocket");
    assert_eq!(heard.all().len(), before);
}

#[test]
fn http2_over_tls_is_offered_and_not_insisted_on() {
    let (echo, authority) = (Echo::start(), Authority::make());
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    fs::write(&ca, &authority.pem).unwrap();
    let keys = format!("upstream_ca_file = \"{}\"\nupstream_http2 = true", ca.display());
    let certificate = authority.sign("localhost");

    let (address, heard) = tls_h2(&echo, &certificate);
    let gate = open(&[format!("https://localhost:{}", address.port())], &keys);
    assert_eq!(ask(&gate, "GET /two").text(), "hello");
    assert_eq!(heard.all()[0].0.version(), http::Version::HTTP_2);
    let (mut socket, status) = websocket(&gate, "/socket");
    assert_eq!(status, 101, "a WebSocket stays with HTTP/1.1");
    socket.send("ping");
    assert_eq!(socket.exactly(4).as_deref(), Some(b"ping".as_slice()));
    assert_eq!(ask(&gate, "GET /two").text(), "hello", "and changes nothing for others");

    let old = tls(&echo, &certificate, None);
    let gate = open(&[format!("https://localhost:{}", old.port())], &keys);
    assert_eq!(ask(&gate, "GET /one").status, 200);
    assert_eq!(echo.last().target, "/one");
}

/// HS-18
#[test]
fn a_circle_is_found_through_any_kind_of_upstream_and_behind_a_second_gate() {
    let echo = Echo::start();
    let host = "upstream_host = \"localhost:PORT\"";
    // By its own address a gate before itself would not start.
    let alone = |scheme: &str| {
        let detour = free_address();
        let keys = format!("url = \"http://localhost:PORT\"\nupstreams = [\"{scheme}://{detour}\"]\n{host}");
        let gate = Gate::before(&echo).site(&keys).rules(OPEN).start();
        elsewhere(gate.address, detour);
        gate
    };
    let (gate, over_http2) = (alone("http"), alone("h2c"));
    assert_eq!(ask(&gate, "GET /").status, 508);
    assert_eq!(ask(&over_http2, "GET /").status, 508);
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("app.sock");
    let keys = format!("url = \"http://localhost:PORT\"\nupstreams = [\"unix:{}\"]\n{host}", socket.display());
    let over_socket = Gate::before(&echo).site(&keys).rules(OPEN).start();
    unix(over_socket.address, &socket);
    assert_eq!(ask(&over_socket, "GET /").status, 508);
    // Whoever sends the mark of the circle gets no further for it.
    for mark in ["x", "0000000000000000", "AAAAAAAAAAAAAAAA, BBBBBBBBBBBBBBBB"] {
        let rest = format!("Vestibule-Loop: {mark}\r\nConnection: Vestibule-Loop\r\n");
        assert_eq!(gate.wire().send(request(&gate, "GET /", &rest)).reply().unwrap().status, 508, "{mark}");
    }

    // Two gates that send each other what they get.
    let first_port = free_address();
    let second = Gate::before(&echo)
        .site(&format!(
            "url = \"http://localhost:PORT\"\nupstreams = [\"http://{first_port}\"]\nupstream_host = \"{first_port}\""
        ))
        .rules(OPEN)
        .start();
    let first = Gate::before(&echo)
        .site(&format!(
            "host = \"*\"\naudience = \"a\"\nupstreams = [\"http://{}\"]\nupstream_host = \"{}\"",
            second.address,
            second.authority()
        ))
        .rules(OPEN)
        .start();
    // The second's upstream is the first, under the address that was free.
    let to = first.address;
    let _bridge = Echo::by_hand_at(first_port, move |wire| {
        while let Some(head) = wire.head() {
            let fields: String = head.fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
            let mut onward = Wire::to(to);
            let Some(reply) = onward.send(format!("{}\r\n{fields}\r\n", head.start)).reply() else { return };
            wire.send(format!("HTTP/1.1 {} Passed\r\nContent-Length: 0\r\n\r\n", reply.status));
        }
    });
    let asked = format!("GET / HTTP/1.1\r\nHost: {}\r\n\r\n", first.address);
    assert_eq!(first.wire().send(asked).reply().unwrap().status, 508);
}

/// An answer that comes before the request has ended: the rest of the request must not be read as another one.
#[test]
fn an_early_answer_leaves_no_connection_in_doubt() {
    // It does not read bodies: whatever comes next on a connection is what it takes for a head.
    let script = Echo::by_hand(|wire| {
        while let Some(head) = wire.head() {
            wire.send(echoed(&head.start));
        }
    });
    let gate = open(&[script.url()], "");
    let smuggled = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";
    for whole in [false, true, true, true] {
        let mut early = gate.wire();
        let length = smuggled.len() + usize::from(!whole);
        early.send(request(&gate, "POST /early", &format!("Content-Length: {length}\r\n")));
        assert_eq!(early.reply().unwrap().text(), "POST /early HTTP/1.1");
        early.send(smuggled);
        drop(early);
        for n in 0..3 {
            let reply = ask(&gate, &format!("GET /good/{n}"));
            assert_eq!(reply.text(), format!("GET /good/{n} HTTP/1.1"), "whole: {whole}");
        }
    }
}

/// CF-11: told before anything is served.
#[test]
fn files_that_cannot_be_used_stop_the_start() {
    let gate = open(&[Echo::start().url()], "");
    let (authority, other) = (Authority::make(), Authority::make());
    let certificate = authority.sign("gate");
    let write = |name: &str, text: &str| {
        let file = gate.folder.path().join(name);
        fs::write(&file, text).unwrap();
        file.display().to_string()
    };
    let (cert, key) = (write("cert.pem", &certificate.pem), write("key.pem", &certificate.key_pem));
    let (stranger, junk) = (write("stranger.pem", &other.sign("x").key_pem), write("junk.pem", "junk"));
    let text = fs::read_to_string(gate.config_file()).unwrap();
    let keys = |ca: &str, cert: &str, key: &str| {
        let keys =
            format!("upstream_ca_file = \"{ca}\"\nupstream_cert_file = \"{cert}\"\nupstream_key_file = \"{key}\"");
        let text = text
            .replace("http://127.0.0.1", "https://127.0.0.1")
            .replace("[[site.rules]]", &format!("{keys}\n[[site.rules]]"));
        fs::write(gate.config_file(), text).unwrap();
        gate.cli(["check"])
    };
    let good = keys(&cert, &cert, &key);
    assert_eq!(good.code, 0, "{}{}", good.out, good.err);
    for (ca, cert, key, words) in [
        ("/gone.pem", &cert, &key, ["upstream_ca_file", "/gone.pem"]),
        (&junk, &cert, &key, ["upstream_ca_file", "junk.pem"]),
        (&cert, &junk, &key, ["upstream_cert_file", "junk.pem"]),
        (&cert, &cert, &junk, ["upstream_key_file", "junk.pem"]),
        (&cert, &cert, &stranger, ["upstream_key_file", "is not the key of"]),
    ] {
        let said = keys(ca, cert, key);
        assert_ne!(said.code, 0);
        let told = said.out + &said.err;
        assert!(words.iter().all(|word| told.contains(word)), "{words:?}: {told}");
    }
}
