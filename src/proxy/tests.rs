//! The whole way of a request over real sockets: a raw client, the gate with its store in memory, an application that
//! tells what it received. Rows of the attack list are named where a test is theirs.

use axum::extract::Extension;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::*;
use crate::account::{Accounts, NewUser};
use crate::clock::{StillClock, Time};
use crate::config::{RuleSection, SiteSection, Span, Written};
use crate::error::Problems;
use crate::secret::{DerivedRandom, Key};
use crate::session::{Evidence, Opened, Place};
use crate::store::{KeyRing, MemoryStore, Store, Vault};
use crate::types::{Strength, UserName};
use crate::wizard::visit::VisitExtension;

/// Longer than any limit of the tests, however busy the machine is: only what hangs takes so long.
const LONG: Duration = Duration::from_secs(120);

/// The application: answers with the head it received, and knows a few paths by heart.
async fn application() -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(converse(stream));
        }
    });
    address
}

async fn converse(mut stream: TcpStream) {
    let mut received = Vec::new();
    loop {
        let end = loop {
            if let Some(at) = received.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            match stream.read_buf(&mut received).await {
                Ok(1..) => {}
                _ => return,
            }
        };
        let head = String::from_utf8_lossy(&received[..end]).into_owned();
        received.drain(..end);
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        if path.ends_with("/socket") {
            let answer = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
            stream.write_all(answer).await.unwrap();
            let mut bytes = [0; 1024];
            while let Ok(count @ 1..) = stream.read(&mut bytes).await {
                stream.write_all(&bytes[..count]).await.unwrap();
            }
            return;
        }
        if path.ends_with("/broken") {
            let answer = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello";
            stream.write_all(answer).await.unwrap();
            tokio::time::sleep(Duration::from_millis(200)).await;
            stream.set_zero_linger().unwrap();
            return;
        }
        if path.ends_with("/refused") {
            stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno").await.unwrap();
            continue;
        }
        if path.ends_with("/silent") {
            tokio::time::sleep(LONG).await;
            return;
        }
        if path.ends_with("/late") || path.ends_with("/paused") {
            let (head, body) = (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n", b"done");
            let breath = tokio::time::sleep(Duration::from_secs(3));
            if path.ends_with("/late") {
                breath.await;
                stream.write_all(head).await.unwrap();
            } else {
                stream.write_all(head).await.unwrap();
                breath.await;
            }
            stream.write_all(body).await.unwrap();
            continue;
        }
        if path.ends_with("/chunks") {
            let hints = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
            let chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
            stream.write_all(format!("{hints}{chunks}").as_bytes()).await.unwrap();
            continue;
        }
        if path.ends_with("/endless") {
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\nhello").await.unwrap();
            return;
        }
        if path.ends_with("/events") || path.ends_with("/stalls") {
            let kind = if path.ends_with("/events") { "text/event-stream" } else { "text/plain" };
            let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nTransfer-Encoding: chunked\r\n\r\n");
            stream.write_all(format!("{head}8\r\ndata: 1\n\r\n").as_bytes()).await.unwrap();
            tokio::time::sleep(LONG).await;
            return;
        }
        let length =
            head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let length: usize = length.unwrap_or(0);
        while received.len() < length {
            match stream.read_buf(&mut received).await {
                Ok(1..) => {}
                _ => return,
            }
        }
        received.drain(..length);
        let body = format!("{head}[{length} bytes]");
        let answer = format!(
            "HTTP/1.1 200 OK\r\nSet-Cookie: vestibule=stolen; Path=/\r\nSet-Cookie: app=1\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

struct Gate {
    address: std::net::SocketAddr,
    stop: CancellationToken,
    serving: tokio::task::JoinHandle<std::io::Result<()>>,
    sessions: Sessions,
    alice: crate::account::User,
    clock: Arc<StillClock>,
}

fn rule(path: &str, policy: &str) -> RuleSection {
    RuleSection { path: Some(path.into()), policy: policy.into(), ..RuleSection::default() }
}

fn sites(application: std::net::SocketAddr) -> Vec<SiteSection> {
    let rules = vec![
        rule("/public/**", "bypass"),
        rule("/one/**", "one_factor"),
        rule("/two/**", "two_factor"),
        rule("/deny/**", "deny"),
    ];
    let site = |url: &str, upstream: String| SiteSection {
        url: url.into(),
        upstreams: vec![upstream],
        rules: rules.clone(),
        ..SiteSection::default()
    };
    vec![
        site("http://app.test", format!("http://{application}")),
        site("http://dead.test", "http://127.0.0.1:9".into()),
    ]
}

/// A stand-in for our pages: says which visit it got.
fn pages() -> axum::Router {
    async fn page(Extension(visit): Extension<VisitExtension>) -> impl IntoResponse {
        format!("page of {} for {:?}", visit.site.index, visit.visitor.level())
    }
    async fn form(body: Bytes) -> String {
        format!("{} bytes", body.len())
    }
    async fn broken() -> String {
        panic!("a page that fails")
    }
    axum::Router::new()
        .route("/.vestibule/login", get(page))
        .route("/.vestibule/form", post(form))
        .route("/.vestibule/broken", get(broken))
}

impl Gate {
    async fn start() -> Self {
        let application = application().await;
        Self::with(|written| written.site = sites(application)).await
    }

    async fn with(change: impl FnOnce(&mut Written)) -> Self {
        let second = Span::secs(1);
        let limits = LimitsSection {
            connections_per_address: 64,
            head_timeout: second,
            idle_timeout: second,
            connect_timeout: second,
            first_byte_timeout: second,
            between_bytes_timeout: second,
            drain: second,
        };
        let mut written = Written { limits, ..Written::default() };
        change(&mut written);

        let clock = Arc::new(StillClock::at(Time::from_secs(1_800_000_000)));
        let random: Arc<dyn Random> = Arc::new(DerivedRandom::seeded(7));
        let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
        let keys = Arc::new(KeyRing::new(Key::new([7; 32]), Vec::new()));
        let vault = Vault::new(store, keys, clock.clone(), random.clone());
        let accounts = Accounts::new(vault.clone());
        let audit = Audit::new(vault.clone(), Duration::from_secs(3600), 1 << 20);
        let sessions = Sessions::new(vault.clone(), accounts.clone(), audit.clone(), &written.session);
        let name = UserName::parse("alice").unwrap();
        let new = NewUser { name, display_name: None, email: None, groups: Default::default() };
        let alice = accounts.add(new, false).await.unwrap();
        let keys = Arc::new(SigningKeys::load(vault, LONG, Duration::from_secs(60)).await.unwrap());

        let mut problems = Problems::default();
        let built = Arc::new(Sites::build(&written, &mut problems));
        let trusted = written.trust.proxies.iter().map(|network| network.parse().unwrap()).collect();
        let upstreams = Upstreams::build(&built, &Roster::default(), clock.clone(), &mut problems);
        let running = Running::build(built, trusted, written.limits.clone(), false, pages(), upstreams, None);
        assert!(problems.is_empty(), "{problems}");

        let door = Arc::new(Door {
            running: Arc::new(ArcSwap::from_pointee(running)),
            sessions: sessions.clone(),
            assertions: Assertions::new(keys.clone(), Duration::from_secs(60)),
            keys,
            audit,
            clock: clock.clone(),
            random,
            probes: Arc::default(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let serving = tokio::spawn(serve(door, vec![listener.into()], Ears::default(), stop.clone()));
        Self { address, stop, serving, sessions, alice, clock }
    }

    async fn sign_in(&self) -> Opened {
        let evidence = Evidence {
            factor: None,
            strength: Strength::Code,
            at: self.clock.now(),
            amr: vec!["pwd".into()],
            by_owner: false,
        };
        let place = Place { address: None, agent: String::new() };
        self.sessions.open(&self.alice, vec![evidence], &place, None, Vec::new()).await.unwrap()
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends bytes and reads until the gate closes.
    async fn send(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect().await;
        stream.write_all(bytes).await.unwrap();
        let mut answer = Vec::new();
        // A reset after the answer is no matter here.
        let _ = timeout(LONG, stream.read_to_end(&mut answer)).await.expect("the gate closes");
        String::from_utf8(answer).unwrap()
    }

    async fn get(&self, path: &str, fields: &str) -> String {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: app.test\r\n{fields}Connection: close\r\n\r\n").as_bytes())
            .await
    }

    /// Waits until there is a place for one more, which is when the gate has seen that others left.
    async fn serves_again(&self, fields: &str) {
        let served = async { while status(&self.get("/public/a", fields).await) != "200" {} };
        timeout(LONG, served).await.expect("a place");
    }
}

fn status(answer: &str) -> &str {
    answer.get(9..12).unwrap_or("none")
}

async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut read = Vec::new();
    while !read.ends_with(end.as_bytes()) {
        let mut byte = [0];
        let count = timeout(LONG, stream.read(&mut byte)).await.expect("something comes").unwrap();
        assert_eq!(count, 1, "closed after {}", String::from_utf8_lossy(&read));
        read.push(byte[0]);
    }
    String::from_utf8(read).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_public_page_passes_without_a_name() {
    let gate = Gate::start().await;
    let answer = gate
        .get(
            "/public/a?b=%20c",
            "Remote-User: root\r\nremote_groups: admins\r\nVestibule-Assertion: forged\r\nX-Forwarded-For: 1.2.3.4\r\n\
             X-Forwarded-Prefix: /x\r\nForwarded: for=1.2.3.4\r\nX-Original-URL: /two/a\r\n\
             Cookie: app=1; vestibule=abc; other=2\r\n",
        )
        .await;
    // HS-01, HS-02, HS-03, HS-05, HS-10, HS-14: nothing of the client's is left under our names, and its own cookies are.
    assert_eq!(status(&answer), "200", "{answer}");
    let received = answer.to_ascii_lowercase();
    assert!(received.contains("get /public/a?b=%20c http/1.1"), "{answer}");
    for gone in ["root", "admins", "forged", "1.2.3.4", "prefix", "x-original-url", "vestibule=abc"] {
        assert!(!received.contains(gone), "{gone} in {answer}");
    }
    assert!(received.contains("cookie: app=1; other=2"), "{answer}");
    assert!(received.contains("host: app.test"), "{answer}");
    assert!(received.contains("x-forwarded-for: 127.0.0.1"), "{answer}");
    assert!(received.contains("x-forwarded-proto: http\r\n"), "{answer}");
    // HS-12.
    assert!(!received.contains("stolen") && received.contains("set-cookie: app=1"), "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_lacks_the_level_is_asked_in_the_way_he_understands() {
    let gate = Gate::start().await;
    let page = "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n";
    let answer = gate.get("/two/a?b=1", page).await;
    assert_eq!(status(&answer), "302", "{answer}");
    assert!(answer.contains("/.vestibule/login?rd=%2Ftwo%2Fa%3Fb%3D1"), "{answer}");
    assert!(answer.to_ascii_lowercase().contains("content-security-policy: default-src 'none'"), "{answer}");

    let answer = gate.get("/two/a", "Sec-Fetch-Mode: cors\r\nAccept: */*\r\n").await;
    assert_eq!(status(&answer), "401", "{answer}");
    assert!(answer.contains("Vestibule login=\"http://app.test/.vestibule/login"), "{answer}");

    let form = format!(
        "POST /two/a HTTP/1.1\r\nHost: app.test\r\n{page}Referer: http://app.test/two/form\r\nConnection: close\r\n\
         Content-Length: 3\r\n\r\na=b"
    );
    let answer = gate.send(form.as_bytes()).await;
    assert_eq!(status(&answer), "303", "{answer}");
    assert!(answer.contains("rd=%2Ftwo%2Fform&sent=1"), "{answer}");

    // AR-29: before the application hears of it.
    let socket = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n";
    let answer = gate.send(format!("GET /two/socket HTTP/1.1\r\nHost: app.test\r\n{socket}\r\n").as_bytes()).await;
    assert_eq!(status(&answer), "401", "{answer}");
    assert_eq!(status(&gate.get("/deny/a", "").await), "403");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_is_named_and_vouched_for() {
    let gate = Gate::start().await;
    let token = gate.sign_in().await.token.encode();
    // HS-07: nominating ours takes nothing away.
    let fields = format!("Cookie: vestibule={token}\r\nConnection: Remote-User\r\n");
    let request = format!("GET /one/a HTTP/1.1\r\nHost: app.test\r\n{fields}\r\n");
    let mut stream = gate.connect().await;
    stream.write_all(request.as_bytes()).await.unwrap();
    let answer = read_until(&mut stream, "[0 bytes]").await;
    let received = answer.to_ascii_lowercase();
    assert_eq!(status(&answer), "200", "{answer}");
    assert!(received.contains("remote-user: alice"), "{answer}");
    assert!(received.contains("vestibule-assertion: ey"), "{answer}");
    assert!(received.contains("cache-control: private"), "{answer}");
    assert!(!answer.contains(&token), "{answer}");

    // Known is not enough for two factors, and is asked only for the second.
    let answer = gate.get("/two/a", &format!("Cookie: vestibule={token}\r\nSec-Fetch-Mode: navigate\r\n")).await;
    assert!(answer.contains("/.vestibule/verify?rd="), "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_serves_one_request_after_another() {
    let gate = Gate::start().await;
    let mut stream = gate.connect().await;
    for round in 0..3 {
        let body = "x".repeat(round);
        let request =
            format!("POST /public/{round} HTTP/1.1\r\nHost: app.test\r\nContent-Length: {round}\r\n\r\n{body}");
        stream.write_all(request.as_bytes()).await.unwrap();
        let answer = read_until(&mut stream, &format!("[{round} bytes]")).await;
        assert!(answer.contains(&format!("POST /public/{round}")), "{answer}");
    }
    // Both at once: the second waits, is judged, and is answered second.
    let request = |path| format!("GET {path} HTTP/1.1\r\nHost: app.test\r\n\r\n");
    stream.write_all(format!("{}{}", request("/public/a"), request("/public/b")).as_bytes()).await.unwrap();
    assert!(read_until(&mut stream, "[0 bytes]").await.contains("/public/a"));
    assert!(read_until(&mut stream, "[0 bytes]").await.contains("/public/b"));
    stream.write_all(format!("{}{}", request("/public/a"), request("/two/b")).as_bytes()).await.unwrap();
    assert!(read_until(&mut stream, "[0 bytes]").await.contains("/public/a"));
    assert!(read_until(&mut stream, "\r\n\r\n").await.starts_with("HTTP/1.1 401"));
}

/// D1-01, D1-10, D1-21, D1-22: refused before anybody else reads it, dressed, and closed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_doubtful_head_ends_the_connection() {
    let gate = Gate::start().await;
    let long = format!("GET /public/ HTTP/1.1\r\nHost: app.test\r\nX: {}\r\n\r\n", "x".repeat(40_000));
    for (bytes, expected) in [
        (
            "POST /public/ HTTP/1.1\r\nHost: app.test\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "400",
        ),
        ("GET /public/ HTTP/1.1\nHost: app.test\n\n", "400"),
        ("GET /public/ HTTP/1.1\r\n\r\n", "400"),
        ("GET /public/ HTTP/1.1\r\nHost: u@app.test\r\n\r\n", "400"),
        ("get /public/ HTTP/1.1\r\nHost: app.test\r\n\r\n", "400"),
        ("CONNECT app.test:443 HTTP/1.1\r\nHost: app.test\r\n\r\n", "405"),
        ("PRI * HTTP/2.0\r\n\r\nnot so", "505"),
        (long.as_str(), "431"),
        ("GET /public/ HTTP/1.1\r\nHost:", "408"),
        ("GET /public/ HTTP/1.1\r\nHost: other.test\r\nConnection: close\r\n\r\n", "421"),
        ("GET /public/../two/ HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n", "400"),
    ] {
        let answer = gate.send(bytes.as_bytes()).await;
        assert_eq!(status(&answer), expected, "{bytes:.60?}: {answer}");
        assert!(answer.to_ascii_lowercase().contains("x-frame-options: deny"), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_application_that_fails_is_a_502_and_a_slow_one_a_504() {
    let gate = Gate::start().await;
    let dead = "GET /public/ HTTP/1.1\r\nHost: dead.test\r\nConnection: close\r\n\r\n";
    let answer = gate.send(dead.as_bytes()).await;
    assert_eq!(status(&answer), "502", "{answer}");
    assert!(answer.contains("application/problem+json"), "{answer}");
    let answer = gate.get("/public/silent", "Accept: text/html\r\n").await;
    assert_eq!(status(&answer), "504", "{answer}");
    assert!(answer.contains("<!DOCTYPE html>"), "{answer}");
}

/// An application behind TLS, on a thread of its own: it keeps each connection for the next request.
fn tls_application(certificate: &rcgen::CertifiedKey<rcgen::KeyPair>) -> std::net::SocketAddr {
    use std::io::{Read, Write};
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = rustls::pki_types::PrivateKeyDer::try_from(certificate.signing_key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.cert.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        while let Ok((stream, _)) = listener.accept() {
            let connection = rustls::ServerConnection::new(config.clone()).unwrap();
            std::thread::spawn(move || {
                let mut stream = rustls::StreamOwned::new(connection, stream);
                let mut bytes = [0; 8192];
                while let Ok(1..) = stream.read(&mut bytes) {
                    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret");
                    let _ = stream.flush();
                }
            });
        }
    });
    address
}

/// A connection that one site verified is none that another site, which trusts somebody else, may use.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_application_behind_tls_is_verified_by_its_own_authority() {
    let certificate = |name: &str| rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
    let (right, wrong, misnamed) = (certificate("localhost"), certificate("localhost"), certificate("else.test"));
    let folder = tempfile::tempdir().unwrap();
    let site = |name: &str, authority: &rcgen::CertifiedKey<rcgen::KeyPair>, port: u16| {
        let file = folder.path().join(name).display().to_string();
        std::fs::write(&file, authority.cert.pem()).unwrap();
        SiteSection {
            url: format!("http://{name}"),
            upstreams: vec![format!("https://localhost:{port}")],
            upstream_ca_file: file,
            rules: vec![rule("/**", "bypass")],
            ..SiteSection::default()
        }
    };
    let port = tls_application(&right).port();
    let sites = vec![
        site("right.test", &right, port),
        site("wrong.test", &wrong, port),
        site("misnamed.test", &misnamed, tls_application(&misnamed).port()),
    ];
    let gate = Gate::with(|written| written.site = sites).await;
    for (host, expected) in
        [("right.test", "200"), ("wrong.test", "502"), ("misnamed.test", "502"), ("right.test", "200")]
    {
        let request = format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        let answer = gate.send(request.as_bytes()).await;
        assert_eq!(status(&answer), expected, "{host}: {answer}");
        assert_eq!(answer.contains("secret"), expected == "200", "{host}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn our_pages_are_served_in_process() {
    let gate = Gate::start().await;
    let answer = gate.get("/.vestibule/login", "").await;
    assert!(answer.contains("page of 0 for Stranger"), "{answer}");
    assert!(answer.to_ascii_lowercase().contains("cache-control: private, no-store"), "{answer}");
    assert_eq!(status(&gate.get("/.vestibule/nothing", "").await), "404");
    assert_eq!(status(&gate.get("/%2evestibule/login", "").await), "404", "never sent on, never served");
    let answer = gate.get("/.vestibule/broken", "").await;
    assert_eq!(status(&answer), "500", "{answer}");
    assert!(answer.contains("x-frame-options") || answer.contains("X-Frame-Options"), "{answer}");

    let form = |length: usize, fields: &str| {
        let head = format!("POST /.vestibule/form HTTP/1.1\r\nHost: app.test\r\n{fields}Connection: close\r\n");
        format!("{head}Content-Length: {length}\r\n\r\n{}", "x".repeat(length))
    };
    // A script asked for no page.
    let json = "content-type: application/problem+json";
    let answer = gate.get("/.vestibule/nothing", "").await.to_ascii_lowercase();
    assert!(answer.contains(json) && answer.contains("\"status\":404"), "{answer}");
    let put = "PUT /.vestibule/login HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n";
    let answer = gate.send(put.as_bytes()).await.to_ascii_lowercase();
    assert!(status(&answer) == "405" && answer.contains(json) && answer.contains("allow: get,head\r\n"), "{answer}");
    // A form that stops coming is late.
    let stalled = "POST /.vestibule/form HTTP/1.1\r\nHost: app.test\r\nContent-Length: 4\r\n\r\nab";
    assert_eq!(status(&gate.send(stalled.as_bytes()).await), "408");

    assert!(gate.send(form(60_000, "").as_bytes()).await.ends_with("60000 bytes"));
    assert_eq!(status(&gate.send(form(70_000, "").as_bytes()).await), "413");
    let mut stream = gate.connect().await;
    let waiting =
        "POST /.vestibule/form HTTP/1.1\r\nHost: app.test\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n";
    stream.write_all(waiting.as_bytes()).await.unwrap();
    assert!(read_until(&mut stream, "\r\n\r\n").await.starts_with("HTTP/1.1 100"));
    stream.write_all(b"abcd").await.unwrap();
    assert!(read_until(&mut stream, "4 bytes").await.starts_with("HTTP/1.1 200"));

    let head = "HEAD /.vestibule/login HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n";
    let answer = gate.send(head.as_bytes()).await;
    assert!(answer.ends_with("\r\n\r\n") && status(&answer) == "200", "{answer}");
    let keys = "GET /.vestibule/jwks.json HTTP/1.1\r\nHost: anything.test\r\nConnection: close\r\n\r\n";
    let answer = gate.send(keys.as_bytes()).await;
    assert!(answer.contains("\"keys\"") && answer.contains("max-age=300"), "{answer}");
}

/// D1-08: an early answer neither loses itself nor lets the rest be read as a request.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_early_answer_arrives_and_the_body_is_no_request() {
    let gate = Gate::start().await;
    let body = "GET /public/smuggled HTTP/1.1\r\nHost: app.test\r\n\r\n".repeat(20_000);
    let request = format!("POST /two/a HTTP/1.1\r\nHost: app.test\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let answer = gate.send(format!("{request}GET /public/b HTTP/1.1\r\nHost: app.test\r\n\r\n").as_bytes()).await;
    assert_eq!(status(&answer), "401", "{answer}");
    assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
}

/// D1-06.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_upgrade_is_an_ordinary_request() {
    let gate = Gate::start().await;
    let first = "GET /public/a HTTP/1.1\r\nHost: app.test\r\nConnection: Upgrade\r\nUpgrade: foo\r\n\r\n";
    let second = "GET /two/b HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n";
    let answer = gate.send(format!("{first}{second}").as_bytes()).await;
    assert!(!answer.to_ascii_lowercase().contains("upgrade: foo"), "{answer}");
    assert!(!answer.contains("GET /two/b"), "{answer}");
    assert!(answer.contains("HTTP/1.1 401"), "judged as any other: {answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_end_with_their_session_and_no_other_does() {
    let gate = Gate::start().await;
    let socket = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n\
                  Origin: http://app.test\r\n";
    let mut streams = Vec::new();
    let sessions = [gate.sign_in().await, gate.sign_in().await];
    for opened in &sessions {
        let cookie = format!("Cookie: vestibule={}\r\n", opened.token.encode());
        let mut stream = gate.connect().await;
        let request = format!("GET /one/socket HTTP/1.1\r\nHost: app.test\r\n{socket}{cookie}\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        assert!(read_until(&mut stream, "\r\n\r\n").await.starts_with("HTTP/1.1 101"));
        streams.push(stream);
        let mut stream = gate.connect().await;
        let request =
            format!("GET /one/events HTTP/1.1\r\nHost: app.test\r\nAccept: text/event-stream\r\n{cookie}\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        read_until(&mut stream, "data: 1\n\r\n").await;
        streams.push(stream);
    }
    // Longer than any limit of an ordinary exchange.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    for stream in [0, 2] {
        streams[stream].write_all(b"frame").await.unwrap();
        read_until(&mut streams[stream], "frame").await;
    }
    // In a second, or in the time of a few pages where the machine is too busy for that.
    let begun = tokio::time::Instant::now();
    gate.get("/public/a", "").await;
    let soon = Duration::from_secs(1).max(10 * begun.elapsed());
    let first = &sessions[0].session;
    assert!(gate.sessions.end(first.user, &first.handle, &Source::default()).await.unwrap());
    for stream in &mut streams[..2] {
        let mut rest = Vec::new();
        let _ = timeout(soon, stream.read_to_end(&mut rest)).await.expect("closed at once");
    }
    streams[2].write_all(b"still").await.unwrap();
    read_until(&mut streams[2], "still").await;
}

/// The application says no, and never that it would: the connection does not stay open for a client that waits, and
/// what it sent behind the handshake reaches nobody.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_websocket_ends() {
    let gate = Gate::start().await;
    let handshake = |path: &str| {
        format!(
            "GET /public/{path} HTTP/1.1\r\nHost: app.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\nOrigin: http://app.test\r\n\r\n"
        )
    };
    let answer = gate.send(handshake("refused").as_bytes()).await;
    assert_eq!(status(&answer), "403", "{answer}");
    let second = "GET /two/b HTTP/1.1\r\nHost: app.test\r\n\r\n";
    let answer = gate.send(format!("{}{second}", handshake("refused")).as_bytes()).await;
    assert!(!answer.contains("/two/b") && answer.matches("HTTP/1.1").count() <= 1, "{answer}");
    // A handshake without an answer ends after the time of a first byte.
    assert_eq!(status(&gate.send(handshake("silent").as_bytes()).await), "504");
}

/// What speaks frames by now would read a page of ours as frames.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_websocket_that_breaks_off_gets_no_answer_of_ours() {
    let gate = Gate::start().await;
    let request = "GET /public/broken HTTP/1.1\r\nHost: app.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                   Sec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\nOrigin: http://app.test\r\n\r\n";
    let answer = gate.send(request.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 101") && answer.ends_with("\r\n\r\nhello"), "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_switched_to_another_protocol_unasked() {
    let gate = Gate::start().await;
    let answer = gate.get("/public/socket", "").await;
    assert_eq!(status(&answer), "502", "{answer}");
    assert!(!answer.to_ascii_lowercase().contains("upgrade: websocket"), "{answer}");
}

/// The time of the first byte is the application's: a visitor may take longer to send.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_stream_that_never_begins_is_a_504_and_a_slow_upload_to_one_is_not() {
    let gate = Gate::start().await;
    let answer = gate.get("/public/silent", "Accept: text/event-stream\r\n").await;
    assert_eq!(status(&answer), "504", "{answer}");

    let mut stream = gate.connect().await;
    let head = "POST /public/a HTTP/1.1\r\nHost: app.test\r\nAccept: text/event-stream\r\nContent-Length: 4\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_millis(500)).await;
        stream.write_all(b"x").await.unwrap();
    }
    assert!(read_until(&mut stream, "[4 bytes]").await.starts_with("HTTP/1.1 200"));
}

/// Each of the two limits holds where it is meant to, whichever is longer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_byte_and_the_pauses_of_an_answer_have_limits_of_their_own() {
    let quick = Span::secs(1);
    for (path, first, between, expected) in [
        ("/public/silent", quick, Span::secs(60), "504"),
        ("/public/stalls", Span::secs(60), quick, "200"),
        ("/public/late", Span::secs(60), quick, "200"),
        ("/public/paused", quick, Span::secs(60), "200"),
    ] {
        let application = application().await;
        let gate = Gate::with(|written| {
            written.site = sites(application);
            written.limits.first_byte_timeout = first;
            written.limits.between_bytes_timeout = between;
        })
        .await;
        let answer = gate.get(path, "").await;
        assert_eq!(status(&answer), expected, "{path}: {answer}");
        assert_eq!(answer.ends_with("done"), matches!(path, "/public/late" | "/public/paused"), "{path}: {answer}");
    }
}

/// Neither chunks nor interim answers: an old client would take both for content (RFC 9112 section 6.1).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_client_is_answered_in_its_own_version() {
    let gate = Gate::start().await;
    for path in ["/public/chunks", "/public/endless"] {
        let request = format!("GET {path} HTTP/1.0\r\nHost: app.test\r\nConnection: keep-alive\r\n\r\n");
        let answer = gate.send(request.as_bytes()).await;
        assert_eq!(status(&answer), "200", "{path}: {answer}");
        assert!(answer.ends_with("\r\n\r\nhello"), "{path}: {answer}");
        let fields = answer.to_ascii_lowercase();
        assert!(!fields.contains("transfer-encoding") && fields.contains("connection: close"), "{path}: {answer}");
    }
    assert!(gate.get("/public/chunks", "").await.starts_with("HTTP/1.1 103"), "a new one hears everything");

    let form = "POST /.vestibule/form HTTP/1.0\r\nHost: app.test\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx";
    assert_eq!(status(&gate.send(form.as_bytes()).await), "200");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_address_has_its_share_of_connections() {
    let application = application().await;
    let gate = Gate::with(|written| {
        written.site = sites(application);
        written.limits.connections_per_address = 2;
    })
    .await;
    let held = [gate.connect().await, gate.connect().await];
    assert_eq!(gate.get("/public/a", "").await, "");
    drop(held);
    gate.serves_again("").await;
}

/// HS-10 through a proxy that is trusted: the chain is read from the right, and trust is no share of connections.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trusted_proxy_is_believed_about_the_last_hop_only() {
    let application = application().await;
    let gate = Gate::with(|written| {
        written.site = sites(application);
        written.trust.proxies = vec!["127.0.0.0/8".into()];
        written.limits.connections_per_address = 1;
    })
    .await;
    let _held = [gate.connect().await, gate.connect().await];
    let answer = gate.get("/public/a", "X-Forwarded-For: 6.6.6.6, 192.0.2.7\r\n").await;
    assert!(answer.to_ascii_lowercase().contains("x-forwarded-for: 192.0.2.7, 127.0.0.1\r\n"), "{answer}");
    assert!(!answer.contains("6.6.6.6"), "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_a_trusted_proxy_each_client_has_its_share() {
    let application = application().await;
    let gate = Gate::with(|written| {
        written.site = sites(application);
        written.trust.proxies = vec!["127.0.0.0/8".into()];
        written.limits.connections_per_address = 1;
    })
    .await;
    let (greedy, other) = ("X-Forwarded-For: 192.0.2.7\r\n", "X-Forwarded-For: 192.0.2.8\r\n");
    let request = format!("GET /public/events HTTP/1.1\r\nHost: app.test\r\nAccept: text/event-stream\r\n{greedy}\r\n");
    let mut streams = Vec::new();
    for _ in 0..256 {
        let mut stream = gate.connect().await;
        stream.write_all(request.as_bytes()).await.unwrap();
        read_until(&mut stream, "data: 1\n\r\n").await;
        streams.push(stream);
    }
    let answer = gate.get("/public/a", greedy).await;
    assert_eq!(status(&answer), "429", "{answer}");
    assert!(answer.to_ascii_lowercase().contains("retry-after: "), "{answer}");
    assert_eq!(status(&gate.get("/public/a", other).await), "200");
    // The proxy itself, and what does not say for whom it asks, is not held back.
    let mut own = gate.connect().await;
    own.write_all(request.replace(greedy, "").as_bytes()).await.unwrap();
    read_until(&mut own, "data: 1\n\r\n").await;
    assert_eq!(status(&gate.get("/public/a", "").await), "200");
    drop(streams);
    gate.serves_again(greedy).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_lets_open_requests_finish_and_then_cuts() {
    let gate = Gate::start().await;
    let idle = gate.connect().await;
    let mut stream = gate.connect().await;
    let request = "GET /public/events HTTP/1.1\r\nHost: app.test\r\nAccept: text/event-stream\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    read_until(&mut stream, "data: 1\n\r\n").await;
    gate.stop.cancel();
    timeout(LONG, gate.serving).await.expect("the drain has an end").unwrap().unwrap();
    let mut rest = Vec::new();
    let _ = timeout(LONG, stream.read_to_end(&mut rest)).await.expect("cut");
    assert!(TcpStream::connect(gate.address).await.is_err(), "nobody listens any more");
    drop(idle);
}
