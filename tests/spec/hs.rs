//! Header smuggling: what an application is told about a visitor is the gate's word, on every route.

use super::PROTOCOL;
use crate::harness::{Answer, Echo, Gate, Protocol, Request, unix};

/// Every spelling that some application reads as one of ours (CGI makes `_` of `-` and of `.`).
const SPOOFED: &[&str] = &[
    "Remote-User",
    "REMOTE-USER",
    "remote-user",
    "Remote_User",
    "Remote.User",
    "REMOTE_USER",
    "Remote-Groups",
    "Remote_Groups",
    "Remote-Name",
    "Remote-Email",
    "remote.email",
    "X-WEBAUTH-USER",
    "x_webauth_user",
    "Vestibule-Assertion",
    "Vestibule_Assertion",
    "VESTIBULE.ASSERTION",
    "Vestibule-Anything",
];

const MARK: &str = "mallory-was-here";

const RULES: &str = rules! {
    "/open/**" => "bypass",
    "/closed/**" => "deny",
    _ => "two_factor",
};

/// Another site names a header of its own: it is stripped on this one too.
fn bench() -> (Echo, Gate) {
    let echo = Echo::start();
    let gate = Gate::before(&echo)
        .speaking(PROTOCOL)
        .config("[methods.webauthn]\nrp_id = \"localhost\"")
        .rules(RULES)
        .also(
            "[[site]]\nurl = \"http://grafana.localhost:PORT\"\nupstreams = [\"UPSTREAM\"]\n\
             headers = { user = \"X-WEBAUTH-USER\" }\n[[site.rules]]\npolicy = \"two_factor\"",
        )
        .start();
    (echo, gate)
}

#[track_caller]
fn assert_clean(request: &Request) {
    for (name, value) in &request.head.fields {
        assert!(!value.contains(MARK), "{name}: {value} got through");
    }
}

/// HS-01, HS-02, HS-03, HS-05
#[test]
fn what_a_client_says_of_itself_reaches_nobody() {
    let (echo, gate) = bench();
    let alice = gate.given_user("alice");
    let mut browser = gate.visitor();
    browser.sign_in(&alice, "/");
    for name in SPOOFED {
        for path in ["/open/a", "/locked"] {
            echo.forget();
            let page = browser.ask("GET", path).with(name, MARK).with(name, "mallory-was-here-too").send();
            assert!(page.status == 200 || page.status == 400, "{name} on {path}: {}", page.status);
            for request in echo.requests() {
                assert_clean(&request);
                let users = request.fields_named("remote-user");
                assert_eq!(users, if path == "/locked" { vec!["alice"] } else { vec![] }, "{name} on {path}");
                assert_eq!(request.field("vestibule-assertion").is_some(), path == "/locked", "{name} on {path}");
            }
        }
        echo.forget();
        let page = gate.visitor().ask("GET", "/locked").with(name, "root").send();
        assert!(page.status == 401 || page.status == 400, "{name} signs nobody in");
        assert!(matches!(browser.ask("GET", "/closed/a").with(name, "root").send().status, 400 | 403), "{name}");
        echo.assert_untouched("refused");
    }
    // All at once, and the honest application header beside them stays.
    let mut ask = browser.ask("GET", "/locked").with("X-Application", "kept");
    for name in SPOOFED.iter().filter(|name| !name.contains(['_', '.'])) {
        ask = ask.with(name, MARK);
    }
    assert_eq!(ask.send().status, 200);
    assert_clean(&echo.last());
    assert_eq!(echo.last().fields_named("remote-user"), ["alice"]);
    assert_eq!(echo.last().field("x-application"), Some("kept"));
}

/// HS-01: each site is told under its own names, and only there.
#[test]
fn each_site_is_told_under_its_own_names() {
    let (echo, gate) = bench();
    let alice = gate.given_user("alice");
    let mut browser = gate.visitor_at(&format!("http://grafana.localhost:{}", gate.address.port()));
    assert_eq!(browser.sign_in(&alice, "/").status, 200);
    let request = echo.last();
    assert_eq!(request.fields_named("x-webauth-user"), ["alice"]);
    assert_eq!(request.field("remote-user"), None);
}

/// Some applications compare names byte by byte: the client's arrive as it spelled them, ours as they were configured.
#[test]
fn names_arrive_as_they_were_spelled() {
    let (echo, gate) = bench();
    let alice = gate.given_user("alice");
    let grafana = format!("http://grafana.localhost:{}", gate.address.port());
    for (mut browser, ours) in [(gate.visitor(), "Remote-User"), (gate.visitor_at(&grafana), "X-WEBAUTH-USER")] {
        browser.sign_in(&alice, "/");
        echo.forget();
        assert_eq!(browser.ask("GET", "/").with("X-oDD-Name", "1").with("SOAPAction", "2").send().status, 200);
        // HTTP/2 has lower case alone.
        let sent =
            if PROTOCOL == Protocol::Http2 { ["x-odd-name", "soapaction"] } else { ["X-oDD-Name", "SOAPAction"] };
        let names = ["Host", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Vestibule-Assertion", ours];
        for name in sent.iter().chain(&names) {
            assert_eq!(echo.got(&format!("\r\n{name}: ")), 1, "{name} in {:?}", echo.last().head.fields);
        }
        assert_eq!(echo.got("\r\nRemote-Groups: "), 0, "what is not known is not said");
    }
}

/// HS-07
#[test]
fn connection_cannot_take_the_identity_away() {
    if PROTOCOL == Protocol::Http2 {
        return; // It has no such field: D2-08.
    }
    let (echo, gate) = bench();
    let alice = gate.given_user("alice");
    let mut browser = gate.visitor();
    browser.sign_in(&alice, "/");
    for named in
        ["close, Remote-User, Vestibule-Assertion", "keep-alive, X-Forwarded-For, Remote-Groups", "Remote_User"]
    {
        echo.forget();
        let page = browser.ask("GET", "/locked").with("Connection", named).send();
        assert!(page.status == 200 || page.status == 400, "{named}");
        for request in echo.requests() {
            assert_eq!(request.fields_named("remote-user"), ["alice"], "{named}");
            assert!(request.field("vestibule-assertion").is_some(), "{named}");
            assert_eq!(request.fields_named("x-forwarded-for"), ["127.0.0.1"], "{named}");
        }
    }
    let page = browser.ask("GET", "/locked").with("Connection", "close, X-Hop").with("X-Hop", "1").send();
    assert_eq!(page.status, 200, "honest use of the field works");
    assert_eq!(echo.last().field("x-hop"), None);
}

/// HS-09
#[test]
fn trailers_are_no_headers() {
    let (echo, gate) = bench();
    let body = format!("3\r\nabc\r\n0\r\nRemote-User: {MARK}\r\nVestibule-Assertion: {MARK}\r\n\r\n");
    let head = format!("POST /open/a HTTP/1.1\r\nHost: {}\r\nTransfer-Encoding: chunked\r\n", gate.authority());
    let reply = gate.talk().send(format!("{head}Trailer: Remote-User\r\n\r\n{body}")).reply();
    assert!(reply.is_some_and(|reply| reply.status == 200 || reply.status == 400));
    for bytes in echo.bytes() {
        assert!(!String::from_utf8_lossy(&bytes).contains(MARK));
    }
    let honest = gate.talk().send(format!("{head}\r\n3\r\nabc\r\n0\r\n\r\n")).reply();
    assert_eq!(honest.map(|reply| reply.status), Some(200));
    assert_eq!(echo.last().body, b"abc");
}

const FORWARDING: &[(&str, &str)] = &[
    ("X-Forwarded-For", "203.0.113.66"),
    ("X-Forwarded-Host", "evil.test"),
    ("X-Forwarded-Proto", "https"),
    ("X-Forwarded-Port", "666"),
    ("X-Forwarded-Prefix", "/evil"),
    ("X-Forwarded-Server", "evil.test"),
    ("X-Real-IP", "203.0.113.66"),
    ("X_Forwarded_For", "203.0.113.66"),
    ("Forwarded", "for=203.0.113.66;host=evil.test;proto=https"),
];

/// HS-10: nobody is believed by default.
#[test]
fn a_stranger_does_not_say_where_it_comes_from() {
    let (echo, gate) = bench();
    for (name, value) in FORWARDING {
        echo.forget();
        let page = gate.visitor().ask("GET", "/open/a").with(name, value).send();
        assert!(page.status == 200 || page.status == 400, "{name}");
        for request in echo.requests() {
            let said = format!("{:?}", request.head.fields);
            for mark in ["203.0.113.66", "evil", "666"] {
                assert!(!said.contains(mark), "{name} got through: {said}");
            }
            assert_eq!(request.fields_named("x-forwarded-for"), ["127.0.0.1"]);
            assert_eq!(request.fields_named("x-forwarded-proto"), ["http"]);
            assert_eq!(request.fields_named("x-forwarded-host"), [gate.authority()]);
        }
        // Nor does it change what is answered.
        let page = gate.visitor().navigate("GET", "/locked", "none").with(name, value).send();
        assert!(matches!(page.status, 302 | 400), "{name}");
        assert!(!page.field("location").unwrap_or_default().contains("evil"), "{name}");
    }
}

/// HS-10: through a trusted proxy the chain is read from the right, up to the first hop that is not trusted.
#[test]
fn a_trusted_proxy_is_believed_and_nobody_behind_it() {
    let echo = Echo::start();
    let gate = Gate::before(&echo)
        .speaking(PROTOCOL)
        .config("[trust]\nproxies = [\"127.0.0.1/32\", \"10.0.0.0/8\"]")
        .rules(rules! { "/**" if networks = ["192.0.2.7/32"] => "bypass", _ => "deny" })
        .start();
    let ask = |chain: &str| gate.visitor().ask("GET", "/").with("X-Forwarded-For", chain).send().status;
    assert_eq!(ask("192.0.2.7"), 200);
    assert!(echo.last().field("x-forwarded-for").is_some_and(|chain| chain.starts_with("192.0.2.7")));
    assert_eq!(ask("192.0.2.7, 10.1.2.3"), 200, "a trusted hop is passed over");
    echo.forget();
    assert_eq!(ask("192.0.2.7, 203.0.113.9"), 403, "the first hop that is not trusted is the client");
    assert_eq!(ask("192.0.2.7, 203.0.113.9, 10.1.2.3"), 403);
    assert!(matches!(ask("192.0.2.7, nonsense"), 400 | 403));
    assert_eq!(gate.visitor().ask("GET", "/").send().status, 403, "the proxy itself");
    echo.assert_untouched("another network");
}

/// HS-12
#[test]
fn an_application_cannot_speak_for_the_gate() {
    let echo = Echo::answering(|_| {
        Answer::Bytes(
            b"HTTP/1.1 200 OK\r\nSet-Cookie: vestibule=planted; Path=/\r\nSet-Cookie: app=1; Path=/x\r\n\
              Set-Cookie: vestibule-login=planted\r\nContent-Length: 2\r\n\r\nok"
                .to_vec(),
        )
    });
    let gate = Gate::before(&echo).speaking(PROTOCOL).rules(RULES).start();
    let reply =
        gate.talk().send(format!("GET /open/a HTTP/1.1\r\nHost: {}\r\n\r\n", gate.authority())).reply().unwrap();
    assert_eq!(reply.status, 200);
    assert_eq!(reply.head.fields_named("set-cookie"), ["app=1; Path=/x"]);
}

/// HS-14
#[test]
fn the_gates_cookies_stay_at_the_gate() {
    let (echo, gate) = bench();
    let alice = gate.given_user("alice");
    let mut browser = gate.visitor();
    browser.sign_in(&alice, "/");
    let session = browser.cookie("session").unwrap().to_owned();
    let theirs = "app=\"a b\"; odd=1=2; e=; theme=%7E~";
    let ask = |cookies: &str| {
        let head = format!("GET /locked HTTP/1.1\r\nHost: {}\r\n", gate.authority());
        let reply = gate.talk().send(format!("{head}{cookies}\r\n")).reply().unwrap();
        (reply.status, echo.last())
    };
    for cookies in [
        format!("Cookie: vestibule={session}; {theirs}\r\n"),
        format!("Cookie: {theirs}; vestibule={session}\r\n"),
        format!("Cookie: vestibule-login=x; {theirs}; vestibule={session}; vestibule-browser=y\r\n"),
        format!("Cookie: vestibule={session}\r\nCookie: {theirs}\r\n"),
    ] {
        let (status, request) = ask(&cookies);
        assert_eq!(status, 200, "{cookies}");
        assert_eq!(request.fields_named("cookie").join("; "), theirs, "{cookies}");
    }
    let (_, request) = ask(&format!("Cookie: vestibule={session}\r\n"));
    assert_eq!(request.field("cookie"), None);
    for bytes in echo.bytes() {
        assert!(!String::from_utf8_lossy(&bytes).contains(&session), "the session's token got through");
    }
}

/// HS-18
#[test]
fn a_gate_before_itself_notices() {
    let echo = Echo::start();
    // By its own address it would not start.
    let folder = tempfile::tempdir().expect("a folder");
    let detour = folder.path().join("detour.sock");
    let site = format!("upstreams = [\"unix:{}\"]\nupstream_host = \"localhost:PORT\"", detour.display());
    let gate = Gate::before(&echo)
        .speaking(PROTOCOL)
        .site(&format!("url = \"http://localhost:PORT\"\n{site}"))
        .rules(rules! { "/**" => "bypass" })
        .start();
    unix(gate.address, &detour);
    let page = gate.visitor().goto("/");
    assert!(matches!(page.status, 502 | 508), "{}", page.status);
}
