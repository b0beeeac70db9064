//! The servers that people have, in front of an application, asking the gate about each request: nginx, HAProxy and Caddy
//! as Debian has them, and Envoy, from the shipped files, by https. What counts is what the application gets: it must be what was judged, with
//! the gate's word for who it is, whatever a client does on the way.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::frames::{ACK, Frames, HEADERS, SETTINGS};
use crate::harness::{Answer, Echo, Front, Gate, Kind, Page, Protocol, Request, SITE, Visitor, WEBSOCKET_KEY, Wire};

const RULES: &str = rules! {
    "/public/**" => "bypass",
    "/api/**" if http_methods = ["GET"] => "bypass",
    "/admin/**" => "two_factor" with groups = ["admins"],
    _ => "two_factor",
};

const MARK: &str = "mallory-was-here";
/// An address that nobody has (RFC 5737).
const MADE_UP: &str = "203.0.113.77";

struct Bench {
    kind: Kind,
    echo: Echo,
    gate: Gate,
    front: Front,
}

impl Bench {
    fn of(kind: Kind) -> Self {
        Self::before(kind, Echo::start())
    }

    fn before(kind: Kind, echo: Echo) -> Self {
        let (front, gate) = Front::before(kind, &echo, RULES);
        Self { kind, echo, gate, front }
    }

    fn visitor(&self) -> Visitor {
        self.gate.visitor()
    }

    /// Somebody new, signed in through the front; nothing of it is left at the application.
    #[track_caller]
    fn signed_in(&self, name: &str) -> Visitor {
        let user = self.gate.given_user(name);
        let mut browser = self.visitor();
        assert_eq!(browser.sign_in(&user, "/wiki").status, 200);
        self.echo.forget();
        browser
    }

    /// One address, and none that the client made up. Envoy takes clients on its own machine for one of its addresses.
    #[track_caller]
    fn assert_says_whose(&self, request: &Request) {
        let told = request.fields_named("x-forwarded-for");
        match self.kind {
            Kind::EnvoyHttp | Kind::EnvoyGrpc => {
                let one = told.len() == 1 && told[0].parse::<std::net::IpAddr>().is_ok();
                assert!(one && told[0] != MADE_UP, "{told:?}");
            }
            _ => assert_eq!(told, ["127.0.0.1"]),
        }
    }

    fn wire(&self) -> Wire {
        self.gate.wire()
    }

    /// A head for this site, with the cookies of a visitor.
    fn head(&self, start: &str, cookies: &str, fields: &str) -> String {
        format!("{start} HTTP/1.1\r\nHost: {}\r\n{cookies}{fields}\r\n", self.gate.authority())
    }
}

/// One spelling, as CGI and its heirs read names.
fn folded(name: &str) -> String {
    name.to_ascii_lowercase().replace(|byte: char| !byte.is_ascii_alphanumeric(), "-")
}

/// The `Cookie` line of a visitor.
fn cookies(visitor: &Visitor) -> String {
    let jar = visitor.jars.get(SITE).cloned().unwrap_or_default();
    let pairs: Vec<String> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
    if pairs.is_empty() { String::new() } else { format!("Cookie: {}\r\n", pairs.join("; ")) }
}

#[track_caller]
fn assert_clean(request: &Request) {
    for (name, value) in &request.head.fields {
        assert!(!value.contains(MARK), "{name}: {value} got through");
        let pairs = if name.eq_ignore_ascii_case("cookie") { value.as_str() } else { "" };
        assert!(
            !pairs.split("; ").any(|pair| pair.trim_start_matches("__Host-").starts_with("vestibule")),
            "{name}: {value} is ours"
        );
    }
}

/// A no tells the browser nothing that is for the application, and is kept by nobody.
#[track_caller]
fn assert_says_no(page: &Page) {
    for (name, _) in &page.reply.head.fields {
        let name = name.to_ascii_lowercase();
        assert!(!name.starts_with("remote-") && name != "vestibule-assertion", "{name} on a {}", page.status);
    }
    let kept = page.field("cache-control").unwrap_or_default();
    assert!(kept.contains("no-store"), "on a {}: {kept}", page.status);
}

/// Names that are said and not empty: some fronts send those that are not known with nothing in them.
fn said<'a>(request: &'a Request, name: &str) -> Vec<&'a str> {
    request.fields_named(name).into_iter().filter(|value| !value.is_empty()).collect()
}

macro_rules! through_each_front {
    ($($test:ident),* $(,)?) => {
        mod nginx { $(#[test] fn $test() { super::$test(super::Kind::Nginx) })* }
        mod haproxy { $(#[test] fn $test() { super::$test(super::Kind::Haproxy) })* }
        mod caddy { $(#[test] fn $test() { super::$test(super::Kind::Caddy) })* }
        mod envoy_http { $(#[test] fn $test() { super::$test(super::Kind::EnvoyHttp) })* }
        mod envoy_grpc { $(#[test] fn $test() { super::$test(super::Kind::EnvoyGrpc) })* }
    };
}

through_each_front! {
    a_login_ends_at_the_application,
    http2_is_the_same,
    what_a_client_says_of_itself_reaches_nobody,
    a_client_cannot_say_what_is_asked_for,
    a_cookie_that_is_none_opens_nothing,
    bodies_stay_with_their_requests,
    two_people_on_one_connection_stay_two,
    nobody_asks_but_the_front,
    what_is_served_is_what_was_judged,
    websockets_pass_for_those_who_may,
    a_websocket_of_http2_is_one,
    nothing_but_a_websocket_changes_the_protocol,
    nobody_asks_for_another_method,
    a_no_says_why_in_the_language_of_who_asks,
    the_gate_gone_is_a_no,
}

/// By the pages, with an application that keeps its own cookies; out again, and nothing is left of it.
fn a_login_ends_at_the_application(kind: Kind) {
    let bench = Bench::of(kind);
    let alice = bench.gate.given_user("alice");
    bench.echo.forget();
    let mut browser = bench.visitor();
    // A stranger: a person is sent to the login, a script is told.
    let page = browser.goto("/wiki/page?a=1&b=%2Fx");
    assert_eq!(page.status, 302, "{}", page.html());
    let to = page.location().expect("an address");
    assert_eq!((to.origin().ascii_serialization(), to.path()), (bench.gate.origin.clone(), "/.vestibule/login"));
    assert_says_no(&page);
    let page =
        browser.navigate("POST", "/wiki/page", "same-origin").with("Origin", &bench.gate.origin).form("a=1").send();
    assert_eq!(page.status, 303, "what was sent is not sent again: {}", page.html());
    assert_says_no(&page);
    let page = browser.script("GET", "/wiki/page").send();
    assert_eq!(page.status, 401, "{}", page.html());
    let schemes: Vec<&str> = page.fields_named("www-authenticate");
    assert!(matches!(schemes[..], [scheme] if scheme.starts_with("Vestibule ")), "{schemes:?}");
    assert_eq!(page.field("content-type"), Some("application/problem+json"));
    assert!(page.json()["login"].as_str().is_some_and(|login| login.contains("/.vestibule/login")), "{}", page.html());
    assert_says_no(&page);
    bench.echo.assert_untouched("a stranger");

    browser.jars.entry(SITE.to_owned()).or_default().extend(
        [("theme", "dark"), ("a.b", "\"x y\"=1"), ("zvestibule", "theirs")].map(|(n, v)| (n.to_owned(), v.to_owned())),
    );
    let page = browser.sign_in(&alice, "/wiki/page?a=1&b=%2Fx");
    page.assert_at("/wiki/page", 200);
    let request = bench.echo.last();
    assert_eq!(request.target, "/wiki/page?a=1&b=%2Fx", "the address first asked for");
    assert_eq!(said(&request, "remote-user"), ["alice"]);
    assert_eq!(said(&request, "remote-email"), Vec::<&str>::new());
    assert_eq!(request.fields_named("cookie"), ["a.b=\"x y\"=1; theme=dark; zvestibule=theirs"]);
    assert_clean(&request);
    bench.assert_says_whose(&request);
    for (name, value) in
        [("x-forwarded-proto", "https"), ("x-forwarded-host", bench.gate.authority()), ("host", bench.gate.authority())]
    {
        assert_eq!(request.fields_named(name), [value], "{name}");
    }
    let assertion = said(&request, "vestibule-assertion")[0].to_owned();
    let jwks = bench.gate.folder.path().join("jwks.json");
    std::fs::write(&jwks, browser.goto("/.vestibule/jwks.json").html()).expect("written");
    let origin = bench.gate.origin.clone();
    let arguments = ["verify", "-", "--jwks", &jwks.display().to_string(), "--audience", &origin, "--issuer", &origin];
    let verified = bench.gate.cli_with(&arguments, &assertion);
    assert_eq!(verified.code, 0, "{}{}", verified.out, verified.err);
    // Whom the throttle and the record see is the client, as the front tells it.
    let rows = bench.gate.run(["audit", "--user", "alice"]);
    assert!(rows.contains(&format!("from {}", request.field("x-forwarded-for").unwrap_or_default())), "{rows}");

    // Not a member: the rule says no, and so does the front.
    bench.echo.forget();
    let page = browser.goto("/admin/x");
    assert_eq!(page.status, 403);
    assert_says_no(&page);
    assert!(!page.forms().is_empty() || page.text().contains("alice"), "the gate's own words: {}", page.text());
    bench.echo.assert_untouched("not among the admins");
    // Bypassed: nobody's identity.
    assert_eq!(browser.goto("/public/a").status, 200);
    assert_eq!(said(&bench.echo.last(), "remote-user"), Vec::<&str>::new());
    assert_clean(&bench.echo.last());
    browser.jars.entry(SITE.to_owned()).or_default().retain(|name, _| name.starts_with("__Host-vestibule"));
    assert_eq!(browser.goto("/wiki/page").status, 200);
    // Envoy sets by HTTP what the answer has, though it is nothing.
    let none = if kind == Kind::EnvoyHttp { &[""][..] } else { &[] };
    assert_eq!(bench.echo.last().fields_named("cookie"), none, "none but the gate's");
    // Out: at once.
    browser.sign_out();
    bench.echo.forget();
    assert_eq!(browser.goto("/wiki/page").status, 302);
    bench.echo.assert_untouched("signed out");
}

/// As browsers come, with their cookies in crumbs (RFC 9113, 8.2.3); and whoever comes by http is sent to https.
fn http2_is_the_same(kind: Kind) {
    let bench = Bench::of(kind);
    let alice = bench.gate.given_user("alice");
    let mut browser = bench.gate.visitor_through(bench.front.http2(), Protocol::Http2OverTls);
    browser.sign_in(&alice, "/wiki/page").assert_at("/wiki/page", 200);
    let request = bench.echo.last();
    assert_eq!(said(&request, "remote-user"), ["alice"]);
    for (name, value) in [("x-forwarded-proto", "https"), ("x-forwarded-host", SITE), ("host", SITE)] {
        assert_eq!(request.fields_named(name), [value], "{name}");
    }
    let page =
        browser.ask("POST", "/wiki").with("Cookie", "theme=dark").with("Remote-User", MARK).body("a body").send();
    assert!(matches!(page.status, 200 | 400), "{}", page.status);
    let page = browser.ask("POST", "/wiki").with("Cookie", "theme=dark").body("a body").send();
    assert_eq!(page.status, 200, "{}", page.html());
    let request = bench.echo.last();
    assert_eq!((said(&request, "cookie"), request.body.as_slice()), (vec!["theme=dark"], &b"a body"[..]));
    bench.echo.requests().iter().for_each(assert_clean);
    bench.echo.forget();
    let mut stranger = bench.gate.visitor_through(bench.front.http2(), Protocol::Http2OverTls);
    assert_eq!(stranger.script("GET", "/wiki").send().status, 401);
    bench.echo.assert_untouched("a stranger");
    // In clear nobody is served, also where TLS is spoken.
    let mut wire = Wire::to(bench.front.address);
    wire.send(bench.head("GET /public/a", "", "Connection: close\r\n"));
    assert!(!String::from_utf8_lossy(&wire.rest()).contains(" 200 "));
    bench.echo.assert_untouched("no TLS");
    // Envoy's file has https alone.
    if !matches!(kind, Kind::EnvoyHttp | Kind::EnvoyGrpc) {
        let mut wire = Wire::to(bench.front.http());
        wire.send(bench.head("GET /wiki/page?a=1", "", "Connection: close\r\n"));
        let reply = wire.reply().expect("an answer");
        assert!(matches!(reply.status, 301 | 308), "{}", reply.status);
        assert_eq!(reply.field("location"), Some("https://wiki.example.com/wiki/page?a=1"));
    }
}

/// HS-01, HS-02, HS-03, FA-10
fn what_a_client_says_of_itself_reaches_nobody(kind: Kind) {
    let bench = Bench::of(kind);
    let mut alice = bench.signed_in("alice");
    let spoofed = [
        "Remote-User",
        "REMOTE-USER",
        "remote-user",
        "Remote_User",
        "remote.user",
        "REMOTE_USER",
        "Remote-Groups",
        "Remote_Groups",
        "Remote-Name",
        "Remote-Email",
        "remote.email",
        "Vestibule-Assertion",
        "Vestibule_Assertion",
        "VESTIBULE.ASSERTION",
        "Vestibule.Anything",
        "Vestibule-Anything",
    ];
    for name in spoofed {
        // nginx can take away by name alone.
        if kind == Kind::Nginx && name == "Vestibule-Anything" {
            continue;
        }
        for (path, users) in [("/wiki", &["alice"][..]), ("/public/a", &[])] {
            bench.echo.forget();
            let page = alice.ask("GET", path).with(name, MARK).with(name, "mallory-was-here-too").send();
            assert!(matches!(page.status, 200 | 400), "{name} on {path}: {}", page.status);
            for request in bench.echo.requests() {
                assert_clean(&request);
                assert_eq!(said(&request, "remote-user"), users, "{name} on {path}");
                assert_eq!(said(&request, "vestibule-assertion").len(), users.len(), "{name} on {path}");
            }
        }
        bench.echo.forget();
        let page = bench.visitor().ask("GET", "/wiki").with(name, "alice").send();
        assert!(matches!(page.status, 400 | 401), "{name} signs nobody in: {}", page.status);
        bench.echo.assert_untouched("a stranger");
    }
    // Named as belonging to one connection, it is to be dropped by whoever is next: not what the front says.
    for name in ["Remote-User", "Vestibule-Assertion", "Remote-Groups", "Cookie", "X-Forwarded-For", "X-Forwarded-Host"]
    {
        for upgrade in ["", "Upgrade, "] {
            bench.echo.forget();
            let mut ask = alice.ask("GET", "/wiki").with("Connection", &format!("{upgrade}{name}, keep-alive"));
            if !upgrade.is_empty() {
                ask = ask.with("Upgrade", "something");
            }
            let page = ask.send();
            assert!(matches!(page.status, 101 | 200 | 400 | 401 | 403), "{name}: {}", page.status);
            for request in bench.echo.requests() {
                assert_eq!(said(&request, "remote-user"), ["alice"], "Connection: {name}");
                assert_eq!(said(&request, "vestibule-assertion").len(), 1, "Connection: {name}");
                assert_eq!(said(&request, "x-forwarded-host"), [SITE], "Connection: {name}");
                bench.assert_says_whose(&request);
                let connection = said(&request, "connection").join(",").to_lowercase();
                assert!(!connection.contains(&name.to_lowercase()), "the next one would: {connection}");
            }
            if upgrade.is_empty() && !matches!(kind, Kind::EnvoyHttp | Kind::EnvoyGrpc) {
                assert_eq!(page.status, 200, "Connection: {name}");
            }
        }
    }
    let page = alice.ask("GET", "/wiki").with("X-Application", "kept").with("X-Forwarded-For", MADE_UP).send();
    assert_eq!(page.status, 200, "the honest header beside them stays");
    assert_eq!(bench.echo.last().field("x-application"), Some("kept"));
    bench.assert_says_whose(&bench.echo.last());
}

/// FA-01: the fields by which fronts speak, from a client.
fn a_client_cannot_say_what_is_asked_for(kind: Kind) {
    let bench = Bench::of(kind);
    let mut alice = bench.signed_in("alice");
    let authority = bench.gate.authority().to_owned();
    let url = format!("https://{authority}/public/a");
    let claims = [
        ("X-Forwarded-Uri", "/public/a"),
        ("X-Original-URL", &url),
        ("X-Original-URI", "/public/a"),
        ("X-Original-Url", "/public/a"),
        ("X-Rewrite-URL", "/public/a"),
        ("X-Forwarded-Method", "GET"),
        ("X-Original-Method", "GET"),
        ("X-HTTP-Method-Override", "GET"),
        ("X-Forwarded-Host", "elsewhere.test"),
        ("X-Forwarded-Proto", "http"),
        ("X-Forwarded-Prefix", "/public"),
        ("X-Forwarded-Port", "8443"),
        ("X-Forwarded-User", MARK),
        ("X-Forwarded-Ssl", "off"),
        ("X-Forwarded-Scheme", "ftp"),
        ("X-Real-IP", MADE_UP),
        ("X_Forwarded_For", MADE_UP),
        ("X_Forwarded_Host", "elsewhere.test"),
        ("X_Forwarded_Proto", "ftp"),
        ("X_Real_IP", MADE_UP),
        ("X.Forwarded.For", MADE_UP),
        ("X.Forwarded.Host", "elsewhere.test"),
        ("X.Real.IP", MADE_UP),
        ("Forwarded", "for=127.0.0.1;host=a;proto=https"),
        ("X-Original-Host", "elsewhere.test"),
        ("X-Accel-Redirect", "/public/a"),
        ("X-Forwarded-Anything", MARK),
        ("X.Forwarded.Anything", MARK),
    ];
    for (name, value) in claims {
        // nginx can take away by name alone.
        if kind == Kind::Nginx && name == "X-Forwarded-Anything" {
            continue;
        }
        bench.echo.forget();
        let page = bench.visitor().ask("GET", "/wiki").with(name, value).send();
        assert!(matches!(page.status, 400 | 401 | 403), "{name}: {}", page.status);
        let page = bench.visitor().ask("POST", "/api/x").with(name, value).send();
        assert!(matches!(page.status, 400 | 401 | 403), "{name} with another method: {}", page.status);
        bench.echo.assert_untouched(name);
        let page = alice.ask("GET", "/wiki/mine").with(name, value).send();
        assert_eq!(page.status, 200, "{name}: whoever stands before the front may say it, and is overruled");
        for request in bench.echo.requests() {
            assert_eq!((request.method.as_str(), request.target.as_str()), ("GET", "/wiki/mine"), "{name}");
            assert_eq!(request.fields_named("x-forwarded-host"), [authority.as_str()], "{name}");
            assert_eq!(request.fields_named("x-forwarded-proto"), ["https"], "{name}");
            let classes = ["x-forwarded", "x-original", "x-rewrite", "x-real", "forwarded"];
            for (said, word) in &request.head.fields {
                let about_the_way = classes.iter().any(|class| folded(said).starts_with(class));
                assert!(!about_the_way || word != value, "{name}: {said}: {word} got through");
            }
        }
    }
    bench.echo.forget();
    assert_eq!(bench.visitor().ask("GET", "/api/x").send().status, 200, "the honest request");
    assert_eq!(bench.echo.last().method, "GET");
    // The site's name in other letters, and with ports: what the application hears is the front's own word.
    for (host, statuses) in [
        ("wiki.example.com:443", &[200][..]),
        ("WIKI.Example.com", &[200]),
        ("wiki.example.com:9999", &[200, 400, 403, 421]),
    ] {
        bench.echo.forget();
        let mut wire = bench.wire();
        wire.send(format!("GET /wiki HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{}\r\n", cookies(&alice)));
        let status = wire.reply().map_or(0, |reply| reply.status);
        assert!(statuses.contains(&status), "{host}: {status}");
        for request in bench.echo.requests() {
            for name in ["host", "x-forwarded-host"] {
                assert_eq!(request.fields_named(name), [SITE], "{name} of {host}");
            }
        }
    }
    bench.echo.forget();
    // Another host's name on this front is nobody's.
    let mut wire = bench.wire();
    wire.send(format!(
        "GET /public/a HTTP/1.1\r\nHost: elsewhere.test\r\nConnection: close\r\n{}\r\n",
        cookies(&alice)
    ));
    let _ = wire.rest();
    for request in bench.echo.requests() {
        assert_eq!(request.field("host"), Some(authority.as_str()), "{:?} serves one site", bench.kind);
    }
}

/// FA-07
fn a_cookie_that_is_none_opens_nothing(kind: Kind) {
    let bench = Bench::of(kind);
    let mut alice = bench.signed_in("alice");
    let real = alice.cookie("session").expect("signed in").to_owned();
    let long = "x".repeat(6000);
    let short = &real[..real.len() - 1];
    let twice = format!("{real}; __Host-vestibule={real}");
    let swapped = real.chars().rev().collect::<String>();
    for value in ["", "!!!", short, &format!("{real}A"), &long, &swapped, "%00", "null", &twice] {
        bench.echo.forget();
        let mut browser = bench.visitor();
        browser.set_cookie("session", Some(value));
        let page = browser.goto("/wiki");
        assert!(matches!(page.status, 302 | 400 | 401 | 431), "{value:.40}: {}", page.status);
        let page = browser.script("GET", "/wiki").send();
        assert!(matches!(page.status, 400 | 401 | 431), "{value:.40}: {}", page.status);
        bench.echo.assert_untouched("no session");
    }
    assert_eq!(alice.goto("/wiki").status, 200, "the real one");
}

/// FA-11: the question has no body, and the request keeps its own; a hundred of them on one connection.
fn bodies_stay_with_their_requests(kind: Kind) {
    let bench = Bench::of(kind);
    let alice = bench.signed_in("alice");
    let line = cookies(&alice);
    let mut wire = bench.wire();
    for n in 0..100 {
        let body = format!("GET /admin/{n} HTTP/1.1\r\nHost: x\r\n\r\n").repeat(n % 3);
        let method = if n % 2 == 0 { "POST" } else { "PUT" };
        let fields = format!("Content-Length: {}\r\nIf-None-Match: *\r\nRange: bytes=0-0\r\n", body.len());
        wire.send(bench.head(&format!("{method} /wiki/{n}"), &line, &fields) + &body);
        let reply = wire.reply().expect("an answer");
        assert_eq!(reply.status, 200, "{n}: {}", reply.text());
        let request = bench.echo.last();
        assert_eq!((request.method.as_str(), request.target.as_str()), (method, format!("/wiki/{n}").as_str()));
        assert_eq!(request.body, body.as_bytes(), "{n}");
    }
    assert_eq!(bench.echo.requests().len(), 100);
    bench.echo.forget();
    // A stranger's body goes nowhere, and what hides in it is no request.
    let inner = bench.head("GET /public/inner", "", "");
    let fields = format!("Content-Length: {}\r\n", inner.len());
    let mut wire = bench.wire();
    wire.send(bench.head("POST /wiki", "", &fields) + &inner);
    assert!(matches!(wire.reply().expect("an answer").status, 401 | 403));
    bench.echo.assert_untouched("a stranger's body");
    // More than servers take by themselves.
    let upload = "0123456789abcdef".repeat(3 * 64 * 1024);
    let mut wire = bench.wire();
    wire.send(bench.head("PUT /wiki/upload", &line, &format!("Content-Length: {}\r\n", upload.len())) + &upload);
    assert_eq!(wire.reply().expect("an answer").status, 200);
    assert!(bench.echo.last().body == upload.as_bytes(), "3 MiB as they were");
    // In chunks, and announced.
    let mut wire = bench.wire();
    wire.send(bench.head("POST /wiki/chunks", &line, "Transfer-Encoding: chunked\r\n") + "3\r\nabc\r\n0\r\n\r\n");
    assert_eq!(wire.reply().expect("an answer").status, 200);
    assert_eq!(bench.echo.last().body, b"abc");
}

/// FA-15: by one connection, and through whatever the front keeps of answers.
fn two_people_on_one_connection_stay_two(kind: Kind) {
    let bench = Bench::of(kind);
    let (alice, bob) = (bench.signed_in("alice"), bench.signed_in("bob"));
    let mut wire = bench.wire();
    for round in 0..5 {
        for (line, user) in [(cookies(&alice), Some("alice")), (cookies(&bob), Some("bob")), (String::new(), None)] {
            bench.echo.forget();
            wire.send(bench.head("GET /wiki/same", &line, "Accept: */*\r\n"));
            let reply = wire.reply().expect("an answer");
            assert_eq!(reply.status, if user.is_some() { 200 } else { 401 }, "{round}");
            match user {
                Some(user) => assert_eq!(said(&bench.echo.last(), "remote-user"), [user], "{round}"),
                None => bench.echo.assert_untouched("a stranger on their connection"),
            }
        }
    }
}

/// FA-19: by whatever name the auth addresses are called.
fn nobody_asks_but_the_front(kind: Kind) {
    let bench = Bench::of(kind);
    let alice = bench.signed_in("alice");
    let (origin, authority) = (bench.gate.origin.clone(), bench.gate.authority().to_owned());
    let told = format!(
        "X-Original-URL: {origin}/wiki\r\nX-Original-Method: GET\r\nX-Forwarded-Method: GET\r\n\
         X-Forwarded-Proto: https\r\nX-Forwarded-Host: {authority}\r\nX-Forwarded-Uri: /wiki\r\n"
    );
    for prefix in [
        "/.vestibule/auth/",
        "//.vestibule/auth/",
        "/.VESTIBULE/auth/",
        "/%2evestibule/auth/",
        "/.vestibule//auth/",
        "/x/../.vestibule/auth/",
        "/.vestibule/x/../auth/",
        "/.vestibule/%61uth/",
        "/.vestibule%2fauth/",
        "/.vestibule/./auth/",
        "/.well-known/vestibule/auth/",
    ] {
        for dialect in ["nginx", "forwarded", "envoy/wiki", "envoy"] {
            for fields in ["", told.as_str()] {
                let mut wire = bench.wire();
                let start = format!("GET {prefix}{dialect}");
                wire.send(bench.head(&start, &cookies(&alice), &format!("{fields}Connection: close\r\n")));
                let Some(reply) = wire.reply() else { continue };
                assert!(matches!(reply.status, 400 | 403 | 404), "{start}: {}", reply.status);
                assert_eq!(reply.field("vestibule-assertion").unwrap_or_default(), "", "{start}");
                assert_eq!(reply.field("remote-user").unwrap_or_default(), "", "{start}");
            }
        }
    }
    bench.echo.assert_untouched("nothing of it is an application's");
    // On a way that works the visitor is told no more either.
    let mut wire = bench.wire();
    wire.send(bench.head("GET /wiki", &cookies(&alice), ""));
    let reply = wire.reply().expect("an answer");
    assert_eq!(reply.status, 200);
    assert_eq!(reply.field("vestibule-assertion"), None);
}

/// AR-01 and its kin: whatever a front and an application make of a path, what is served was judged.
fn what_is_served_is_what_was_judged(kind: Kind) {
    let bench = Bench::of(kind);
    let alice = bench.signed_in("alice");
    let odd = [
        "/public/..%2fadmin/x",
        "/public/../admin/x",
        "//admin/x",
        "/%61dmin/x",
        "/public/%2e%2e/admin/x",
        "/public/..;/admin/x",
        "/public\\..\\admin/x",
        "/public/.%2e/admin/x",
        "/public/%2e%2e%2fadmin/x",
        "/./admin/x",
        "/public//../admin/x",
        "/public/%252e%252e/admin/x",
        "/public/..%5cadmin/x",
        "/admin;/x",
        "/public/..%00/admin/x",
        "/public/%c0%ae%c0%ae/admin/x",
        "/public/a#/../../admin/x",
        "/public/?/../../admin/x",
        "/public/a?x=/../admin",
        "/.vestibule/../admin/x",
        "/.vestibule/..%2fadmin/x",
        "/.vestibule/%2e%2e/admin/x",
        "/x/../.vestibule/../admin/x",
        "/public/../.vestibule/login",
        "/ADMIN/x",
        "/Public/../admin/x",
    ];
    for (line, who) in [(String::new(), "a stranger"), (cookies(&alice), "not an admin")] {
        for target in odd {
            bench.echo.forget();
            let mut wire = bench.wire();
            wire.send(bench.head(&format!("GET {target}"), &line, "Connection: close\r\n"));
            let status = wire.reply().map_or(0, |reply| reply.status);
            assert!(status < 500, "{target}: {status}");
            for request in bench.echo.requests() {
                for reading in request.readings() {
                    let admin = reading.to_lowercase().starts_with("/admin");
                    // `/ADMIN` is another path than `/admin`: judged by the last rule, as in the path itself.
                    assert!(
                        !admin || (target == "/ADMIN/x" && who == "not an admin"),
                        "{who}: {target} became {reading}"
                    );
                    let open = reading == "/public" || reading.to_lowercase().starts_with("/public/");
                    assert!(open || who == "not an admin", "{who}: {target} became {reading}");
                }
                assert_eq!(request.target, target.split('#').next().unwrap_or_default(), "as it was received");
            }
        }
    }
    // What is honest arrives byte for byte.
    for target in ["/public/a%20b?x=%2F..%2F&y", "/public/%E2%82%AC", "/public/a;b=1/c", "/public/~a/b:c@d", "/public/"]
    {
        bench.echo.forget();
        let mut wire = bench.wire();
        wire.send(bench.head(&format!("GET {target}"), "", "Connection: close\r\n"));
        assert_eq!(wire.reply().map(|reply| reply.status), Some(200), "{target}");
        assert_eq!(bench.echo.last().target, target);
    }
    // What no address may have (RFC 3986, 2): refused, or the same for the gate and the application. Caddy
    // writes it as it should have been, before either reads it.
    for byte in ["|", "^", "`", "\"", "<", ">", "{", "}"] {
        bench.echo.forget();
        let mut wire = bench.wire();
        wire.send(bench.head(&format!("GET /public/a{byte}"), "", "Connection: close\r\n"));
        let status = wire.reply().map_or(0, |reply| reply.status);
        let targets: Vec<String> = bench.echo.requests().into_iter().map(|request| request.target).collect();
        match kind {
            Kind::Caddy => assert_eq!(targets, [format!("/public/a%{:02X}", byte.as_bytes()[0])]),
            _ if byte == "|" || !targets.is_empty() => assert_eq!(targets, [format!("/public/a{byte}")]),
            _ => assert!(matches!(status, 400 | 403), "{byte}: {status}"),
        }
    }
}

/// The handshake of a page of the site, of a foreign page, and of a stranger.
fn websockets_pass_for_those_who_may(kind: Kind) {
    let bench = Bench::before(
        kind,
        Echo::answering(|request| match request.field("upgrade") {
            Some(_) => Answer::WebSocket,
            None => Answer::Json,
        }),
    );
    let alice = bench.signed_in("alice");
    let handshake = |origin: &str| {
        format!(
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: {WEBSOCKET_KEY}\r\nOrigin: {origin}\r\n"
        )
    };
    let shake = |line: &str, origin: &str| {
        let mut wire = bench.wire();
        wire.send(bench.head("GET /wiki/live", line, &handshake(origin)));
        let status = wire.reply().map_or(0, |reply| reply.status);
        (wire, status)
    };
    let (mut wire, status) = shake(&cookies(&alice), &bench.gate.origin);
    assert_eq!(status, 101);
    assert_eq!(said(&bench.echo.last(), "remote-user"), ["alice"]);
    wire.send("hello");
    assert_eq!(wire.exactly(5).as_deref(), Some(&b"hello"[..]), "both ways");
    bench.echo.forget();
    assert_eq!(shake(&cookies(&alice), "http://evil.test").1, 403);
    assert_eq!(shake("", &bench.gate.origin).1, 401);
    // No browser leaves the key out; an application may not miss it.
    let mut wire = bench.wire();
    let keyless = "Upgrade: websocket\r\nConnection: Upgrade\r\nOrigin: http://evil.test\r\n";
    wire.send(bench.head("GET /wiki/live", &cookies(&alice), keyless));
    assert!(matches!(wire.reply().map(|reply| reply.status), Some(400 | 403)));
    bench.echo.assert_untouched("nobody who may");
}

/// RFC 8441: a CONNECT without a key, which browsers send by themselves where the front offers it.
fn a_websocket_of_http2_is_one(kind: Kind) {
    /// SETTINGS_ENABLE_CONNECT_PROTOCOL
    const OFFER: &[u8] = &[0, 8, 0, 0, 0, 1];
    let bench = Bench::of(kind);
    let alice = bench.signed_in("alice");
    let jar = cookies(&alice).trim().replace("Cookie: ", "");
    let mut frames = Frames::to(bench.front.http2());
    let settings = frames.wait_for("its settings", |frame| frame.kind == SETTINGS && frame.flags & ACK == 0);
    let offered = settings.payload.chunks(6).any(|setting| setting == OFFER);
    assert_eq!(offered, kind == Kind::Haproxy, "whoever offers it is to be tested");
    let mut connect = |origin: &str, cookie: &str| {
        let fields = [
            (":method", "CONNECT"),
            (":protocol", "websocket"),
            (":scheme", "https"),
            (":authority", SITE),
            (":path", "/wiki/live"),
            ("origin", origin),
            ("sec-websocket-version", "13"),
            ("cookie", cookie),
        ];
        let stream = frames.open(&fields, false);
        let answer = frames.wait_for("an answer", |frame| frame.stream == stream && frame.kind == HEADERS);
        answer.fields[0].1.clone()
    };
    if offered {
        assert_eq!(connect("https://evil.example.com", &jar), "403", "a page of a neighbour");
        assert_eq!(connect(&bench.gate.origin, "a=b"), "401", "a stranger");
        bench.echo.assert_untouched("nobody who may");
        assert_eq!(connect(&bench.gate.origin, &jar), "200", "a page of the site");
        assert_eq!(said(&bench.echo.last(), "remote-user"), ["alice"]);
    }
}

/// Behind an upgrade to HTTP/2 or to anything else nobody would ask about what follows.
fn nothing_but_a_websocket_changes_the_protocol(kind: Kind) {
    let bench = Bench::before(
        kind,
        Echo::answering(|request| match request.field("upgrade") {
            Some(name) if name.eq_ignore_ascii_case("websocket") => Answer::WebSocket,
            Some(_) => {
                Answer::Bytes(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n".into())
            }
            None => Answer::Json,
        }),
    );
    let alice = bench.signed_in("alice");
    let settings = "HTTP2-Settings: AAMAAABkAAQAAP__\r\n";
    for (path, line) in [("/public/a", String::new()), ("/wiki", cookies(&alice))] {
        for upgrade in [
            "Upgrade: h2c\r\n",
            "Upgrade: H2C\r\n",
            "Upgrade: h2c, websocket\r\n",
            "Upgrade: websocket, h2c\r\n",
            "Upgrade: h2c\r\nUpgrade: websocket\r\n",
            "Upgrade: websocket\r\nUpgrade: h2c\r\n",
            "Upgrade: TLS/1.0\r\n",
            "Upgrade: websocket/13\r\n",
        ] {
            bench.echo.forget();
            let fields = format!("Connection: Upgrade, HTTP2-Settings\r\n{upgrade}{settings}");
            let mut wire = bench.wire();
            wire.send(bench.head(&format!("GET {path}"), &line, &fields));
            let status = wire.reply().map_or(0, |reply| reply.status);
            for request in bench.echo.requests() {
                let upgraded = said(&request, "upgrade").join(",").to_lowercase();
                assert!(matches!(upgraded.as_str(), "" | "websocket"), "{upgrade:?} on {path}: {upgraded}");
                assert_eq!(request.field("http2-settings"), None, "{upgrade:?} on {path}");
                let connection = said(&request, "connection").join(",").to_lowercase();
                assert!(!connection.contains("http2-settings"), "{upgrade:?} on {path}: {connection}");
            }
            if !upgrade.contains("websocket") {
                assert!(matches!(status, 200 | 400 | 403), "{upgrade:?} on {path}: {status}");
                // As in path: a wish that is not granted is no fault.
                let envoy = matches!(kind, Kind::EnvoyHttp | Kind::EnvoyGrpc);
                assert!(status == 200 || envoy, "{upgrade:?} on {path}: {status}");
            }
        }
        bench.echo.forget();
        let mut wire = bench.wire();
        let fields = format!(
            "Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: {WEBSOCKET_KEY}\r\nOrigin: {}\r\n",
            bench.gate.origin
        );
        wire.send(bench.head(&format!("GET {path}"), &line, &fields));
        assert_eq!(wire.reply().map(|reply| reply.status), Some(101), "a WebSocket on {path}");
        wire.send("hello");
        assert_eq!(wire.exactly(5).as_deref(), Some(&b"hello"[..]), "both ways");
    }
}

/// A rule that opens to one method opens to no other, whatever an application makes of the fields by which clients
/// ask for one.
fn nobody_asks_for_another_method(kind: Kind) {
    let bench = Bench::of(kind);
    let asks = ["x-http-method-override", "x-http-method", "x-method-override"];
    for name in asks {
        for between in ["-", "_", "."] {
            let spelled = name.replace('-', between);
            bench.echo.forget();
            let page = bench.visitor().ask("GET", "/api/x").with(&spelled, "DELETE").send();
            assert!(matches!(page.status, 200 | 400 | 403), "{spelled}: {}", page.status);
            for request in bench.echo.requests() {
                let got = request.head.fields.iter().find(|(name, _)| asks.contains(&folded(name).as_str()));
                assert_eq!(got, None, "{spelled} got through");
            }
            // As in path: what is judged is what is served, and nothing else.
            assert_eq!((page.status, bench.echo.requests().len()), (200, 1), "{spelled}");
            bench.echo.forget();
            let page = bench.visitor().ask("DELETE", "/api/x").with(&spelled, "GET").send();
            assert!(matches!(page.status, 400 | 401 | 403), "{spelled}: {}", page.status);
            bench.echo.assert_untouched(&spelled);
        }
    }
    // In a mixture of spellings.
    bench.echo.forget();
    let _ = bench.visitor().ask("GET", "/api/x").with("X-HTTP.Method-Override", "DELETE").send();
    for request in bench.echo.requests() {
        assert_eq!(request.field("x-http.method-override"), None);
    }
    let mut alice = bench.signed_in("alice");
    assert_eq!(alice.ask("DELETE", "/api/x").with("X-Application", "kept").send().status, 200, "who may");
    assert_eq!(bench.echo.last().method, "DELETE");
    assert_eq!(bench.echo.last().field("x-application"), Some("kept"));
}

/// By HTTP, what the gate is not told of it cannot know, and what is not handed on nobody hears.
fn a_no_says_why_in_the_language_of_who_asks(kind: Kind) {
    let bench = Bench::of(kind);
    let mut alice = bench.signed_in("alice");
    for lang in ["de", "fr", "en"] {
        let page = alice.navigate("GET", "/admin/x", "none").with("Accept-Language", lang).send();
        assert_eq!(page.status, 403, "{}", page.html());
        assert_eq!(page.field("content-language"), Some(lang));
        assert!(page.html().contains(&format!("lang=\"{lang}\"")), "{}", page.html());
        // Its number leads to the row, though nginx asks once more for the page, and like rows are joined.
        let words = page.text();
        let mut words = words.split(|c: char| !c.is_ascii_alphanumeric());
        let is_number = |word: &&str| word.len() == 16 && word.bytes().all(|b| matches!(b, b'a'..=b'z' | b'2'..=b'7'));
        let number = words.find(is_number).unwrap_or_else(|| panic!("no number: {}", page.text()));
        let row = bench.gate.run(["audit", "--request", number]);
        assert!(row.contains("refused") && row.contains("not among the users"), "{number}: {row:?}");
    }
    bench.echo.assert_untouched("not among the admins");
    // What cannot be read in one way, for whoever set this up.
    let page = alice.goto("/wiki//x");
    assert_eq!(page.status, if kind == Kind::Nginx { 403 } else { 400 });
    assert!(page.field("vestibule-error").is_some_and(|why| why.contains("path")), "{:?}", page.reply.head);
    // A call has a status of its own.
    let page = bench.visitor().ask("POST", "/wiki").with("Content-Type", "application/grpc").send();
    assert_eq!(page.field("grpc-status"), Some("16"), "{:?}", page.reply.head);
}

/// Deny by default: a gate that does not answer is a no.
fn the_gate_gone_is_a_no(kind: Kind) {
    let mut bench = Bench::of(kind);
    let mut alice = bench.signed_in("alice");
    assert_eq!(alice.goto("/wiki").status, 200);
    bench.gate.kill();
    bench.echo.forget();
    for path in ["/wiki", "/public/a", "/.vestibule/login"] {
        let page = alice.goto(path);
        assert!((500..=504).contains(&page.status), "{path}: {}", page.status);
    }
    bench.echo.assert_untouched("the gate is gone");
}

/// What no machine here runs is judged by its schemas, and a slip of the hand is found.
#[test]
fn manifests_fit_their_schemas() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let judge = |files: &[PathBuf]| {
        let python = here.join("target/tools/python/bin/python");
        let schemas = here.join("target/tools/schemas");
        assert!(
            python.exists() && schemas.exists(),
            "`make test` installs what this needs, or `.ci/need programs schemas`"
        );
        let mut command = Command::new(python);
        command.arg(here.join("tests/programs/judge_manifests.py")).arg(schemas).args(files);
        let output = command.output().expect("Python can be started");
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        (output.status.code(), said)
    };
    // What is taken away after the answer is what the gate said, and what the gate is not told of it cannot take away.
    let folder = here.join("config/integrations/kubernetes");
    let route = std::fs::read_to_string(folder.join("gateway-api.yaml")).expect("a shipped file");
    assert!(!route.contains("type: RequestHeaderModifier") && !route.contains("allowedHeaders:"));
    let files = ["ingress-nginx.yaml", "gateway-api.yaml", "istio.yaml"].map(|name| folder.join(name));
    let (code, said) = judge(&files);
    assert_eq!(code, Some(0), "{said}");
    // A node that is a trusted proxy lets its clients choose their addresses.
    for file in &files {
        let text = std::fs::read_to_string(file).expect("a shipped file");
        assert!(text.contains("externalTrafficPolicy: Local") && !text.contains("\"10.0.0.0/8\""), "{file:?}");
    }
    let broken = tempfile::tempdir().expect("a temporary folder can be made");
    for (file, old, new) in [
        (&files[0], "ingressClassName", "ingressClass"),
        (&files[0], "port: { number: 3000 }", "port: 3000"),
        (&files[1], "backendRef:", "backend:"),
        (&files[1], "type: ExternalAuth", "type: External"),
        (&files[1], "podSelector", "podSelection"),
        (&files[2], "notPaths", "notPath"),
        (&files[2], "principals", "principal"),
        (&files[2], "mode: STRICT", "mode: HARD"),
        (&files[2], "action: CUSTOM", "action: ASK"),
    ] {
        let text = std::fs::read_to_string(file).expect("a shipped file");
        assert!(text.contains(old), "{old}");
        let path = broken.path().join("broken.yaml");
        std::fs::write(&path, text.replacen(old, new, 1)).expect("the folder can be written");
        let (code, said) = judge(&[path]);
        assert_eq!(code, Some(1), "{new}: {said}");
    }
}
