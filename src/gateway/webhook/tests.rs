//! Against a real server on loopback, honest and not.

use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::clock::StillClock;
use crate::config::Span;

const SECRET: &str = "a secret of the two of us";

struct Desk {
    folder: TempDir,
    written: GatewayKind,
}

impl Desk {
    fn new(url: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("secret");
        std::fs::write(&file, format!("{SECRET}\n")).expect("written");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).expect("set");
        let written = GatewayKind {
            kind: "webhook".to_owned(),
            url: url.to_owned(),
            secret_file: file.display().to_string(),
            timeout: Span::secs(20),
            ..GatewayKind::default()
        };
        Self { folder, written }
    }

    fn build(&self) -> Result<WebhookGateway, Vec<String>> {
        let mut problems = Problems::default();
        let clock = Arc::new(StillClock::at(Time::from_secs(1_800_000_000)));
        WebhookGateway::build("gateway.sms", &self.written, clock, &mut problems)
            .ok_or_else(|| problems.iter().map(|problem| problem.key.clone()).collect())
    }

    async fn send(&self) -> Delivery {
        let message = Message::new(Receiver::Phone("+31612345678".to_owned()), "", "Your code is 271828", "en");
        self.build().expect("built").send(&message).await
    }
}

/// Answers every connection with `answer` after reading what came; gives the address, and what was read.
async fn server(answer: &'static str) -> (SocketAddr, tokio::sync::mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let address = listener.local_addr().expect("bound");
    let (seen, reading) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut text = String::new();
            let mut piece = [0; 4096];
            while !text.ends_with('}') {
                let read = stream.read(&mut piece).await.unwrap_or(0);
                if read == 0 {
                    break;
                }
                text.push_str(&String::from_utf8_lossy(&piece[..read]));
            }
            let _ = seen.send(text);
            if answer.is_empty() {
                tokio::time::sleep(Duration::from_secs(30)).await;
            }
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    (address, reading)
}

async fn outcome(answer: &'static str) -> Delivery {
    let (address, _) = server(answer).await;
    Desk::new(&format!("http://{address}/hook?token=hidden")).send().await
}

#[tokio::test]
async fn what_is_posted_is_signed_json() {
    let (address, mut seen) = server("HTTP/1.1 204 No Content\r\n\r\n").await;
    assert_eq!(Desk::new(&format!("http://{address}/hook")).send().await, Delivery::Accepted);
    let request = seen.recv().await.expect("a request");
    let (head, body) = request.split_once("\r\n\r\n").expect("a head");
    assert!(head.starts_with("POST /hook HTTP/1.1\r\n"), "{head}");
    assert_eq!(body, r#"{"to":"+31612345678","text":"Your code is 271828","language":"en","kind":"sms"}"#);
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("a key");
    mac.update(format!("1800000000.{body}").as_bytes());
    let hex = data_encoding::HEXLOWER.encode(&mac.finalize().into_bytes());
    assert!(head.contains(&format!("vestibule-signature: t=1800000000,v1={hex}")), "{head}");
    assert!(seen.try_recv().is_err(), "one request");
}

#[tokio::test]
async fn each_answer_has_its_outcome() {
    assert_eq!(outcome("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await, Delivery::Accepted);
    for (answer, said) in [
        ("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n", "400"),
        ("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n", "403"),
    ] {
        assert_eq!(outcome(answer).await, Delivery::Refused(format!("the webhook answered {said}")));
    }
    for (answer, said) in [
        ("HTTP/1.1 429 Too Many Requests\r\ncontent-length: 0\r\n\r\n", "429"),
        ("HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n", "500"),
        ("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n", "302"),
    ] {
        assert_eq!(outcome(answer).await, Delivery::Failed(format!("the webhook answered {said}")));
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (elsewhere, mut seen) = server("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let answer =
        format!("HTTP/1.1 307 Temporary Redirect\r\nlocation: http://{elsewhere}/\r\ncontent-length: 0\r\n\r\n");
    assert!(matches!(outcome(answer.leak()).await, Delivery::Failed(_)));
    assert!(seen.try_recv().is_err());
}

#[tokio::test]
async fn trouble_is_a_failure_that_names_no_address() {
    for answer in ["nonsense\r\n\r\n", "HTTP/1.1 2", "HTTP/9.9 200 OK\r\n\r\n"] {
        let Delivery::Failed(why) = outcome(answer).await else { panic!("not a failure: {answer}") };
        assert!(!why.contains("hook") && !why.contains("hidden") && !why.contains("271828"), "{why}");
    }
}

#[tokio::test]
async fn a_slow_receiver_is_given_up_within_the_limit() {
    let (address, _) = server("").await;
    let mut desk = Desk::new(&format!("http://{address}/hook"));
    desk.written.timeout = Span(Duration::from_millis(300));
    let begun = tokio::time::Instant::now();
    assert_eq!(desk.send().await, Delivery::Failed("no answer in time".to_owned()));
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_refused_connection_is_a_failure() {
    let address = TcpListener::bind("127.0.0.1:0").await.expect("bound").local_addr().expect("bound");
    let Delivery::Failed(why) = Desk::new(&format!("http://{address}/hook")).send().await else { panic!() };
    assert!(why.to_lowercase().contains("refused"), "{why}");
}

/// A connection that breaks after the request may have delivered it: it is not sent again.
#[tokio::test]
async fn a_request_that_was_sent_is_not_sent_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let address = listener.local_addr().expect("bound");
    let taken = Arc::new(AtomicUsize::new(0));
    let count = taken.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            let _ = stream.read(&mut [0; 4096]).await;
        }
    });
    assert!(matches!(Desk::new(&format!("http://{address}/hook")).send().await, Delivery::Failed(_)));
    assert_eq!(taken.load(Ordering::SeqCst), 1);
}

/// A receiver with a certificate of its own for `localhost`, which closes the first `shut` connections before a word was
/// said: its port, its certificate, and how many messages it took.
fn secured(shut: usize) -> (u16, rcgen::CertifiedKey<rcgen::KeyPair>, Arc<AtomicUsize>) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("made");
    let key = rustls::pki_types::PrivateKeyDer::Pkcs8(certified.signing_key.serialize_der().into());
    let config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key)
        .expect("a certificate");
    let config = Arc::new(config);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("bound");
    let port = listener.local_addr().expect("bound").port();
    let taken = Arc::new(AtomicUsize::new(0));
    let count = taken.clone();
    std::thread::spawn(move || {
        for (n, stream) in listener.incoming().flatten().enumerate() {
            if n < shut {
                continue;
            }
            let connection = rustls::ServerConnection::new(config.clone()).expect("a connection");
            let mut tls = rustls::StreamOwned::new(connection, stream);
            if std::io::Read::read(&mut tls, &mut [0; 4096]).is_ok() {
                count.fetch_add(1, Ordering::SeqCst);
                let _ = tls.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            }
        }
    });
    (port, certified, taken)
}

fn trusting(port: u16, certificate: &rcgen::CertifiedKey<rcgen::KeyPair>) -> Desk {
    let mut desk = Desk::new(&format!("https://localhost:{port}/hook"));
    let authority = desk.folder.path().join("ca.pem");
    std::fs::write(&authority, certificate.cert.pem()).expect("written");
    desk.written.ca_file = authority.display().to_string();
    desk
}

/// One retry, and only where the connection failed before anything of the message was sent.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_failed_is_made_once_more_and_no_more() {
    for (shut, messages) in [(0, 1), (1, 1), (2, 0)] {
        let (port, certificate, taken) = secured(shut);
        let delivery = trusting(port, &certificate).send().await;
        assert_eq!(delivery == Delivery::Accepted, messages == 1, "{shut}: {delivery:?}");
        assert_eq!(taken.load(Ordering::SeqCst), messages, "{shut}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_counts_only_under_the_named_authority() {
    let (port, certificate, taken) = secured(0);
    assert_eq!(trusting(port, &certificate).send().await, Delivery::Accepted);
    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("made");
    let Delivery::Failed(why) = trusting(port, &other).send().await else { panic!("accepted") };
    assert!(why.contains("certificate"), "{why}");
    assert_eq!(taken.load(Ordering::SeqCst), 1);
}

#[test]
fn what_is_unsafe_or_missing_is_a_problem() {
    let good = Desk::new("https://sms.example.com/hook");
    assert!(good.build().is_ok() || good.build().is_err_and(|keys| keys == ["gateway.sms.ca_file"]), "no CA here");
    for url in ["", "ftp://example.com/", "http://example.com/", "https://user:pass@example.com/"] {
        assert_eq!(Desk::new(url).build().err(), Some(vec!["gateway.sms.url".to_owned()]), "{url}");
    }
    let problem = |change: &dyn Fn(&mut Desk)| {
        let mut desk = Desk::new("http://127.0.0.1:1/");
        change(&mut desk);
        desk.build().err().unwrap_or_default()
    };
    assert_eq!(problem(&|desk| desk.written.secret_file.clear()), ["gateway.sms.secret_file"]);
    assert_eq!(problem(&|desk| desk.written.secret_file.push('x')), ["gateway.sms.secret_file"]);
    assert_eq!(
        problem(&|desk| std::fs::write(&desk.written.secret_file, "changeme").expect("written")),
        ["gateway.sms.secret_file"]
    );
    let open = |desk: &mut Desk| {
        std::fs::set_permissions(&desk.written.secret_file, std::fs::Permissions::from_mode(0o644)).expect("set");
    };
    assert_eq!(problem(&open), ["gateway.sms.secret_file"]);
    assert_eq!(problem(&|desk| desk.written.ca_file = desk.written.secret_file.clone()), ["gateway.sms.ca_file"]);
    assert_eq!(problem(&|desk| desk.written.timeout = Span(Duration::ZERO)), ["gateway.sms.timeout"]);
    let gateway = Desk::new("http://127.0.0.1:1/?token=hidden").build().expect("built");
    assert!(!format!("{gateway:?}").contains("hidden") && !format!("{gateway:?}").contains(SECRET));
}

#[tokio::test]
async fn a_call_is_posted_with_the_address_to_ask_at_and_without_its_words() {
    let (address, mut seen) = server("HTTP/1.1 204 X\r\n\r\n").await;
    let gateway = Desk::new(&format!("http://{address}/hook")).build().expect("built");
    let mut call = Message::new(Receiver::Call("+31612345678".to_owned()), "", "your code is 2 7 1 8 2 8", "en");
    call.callback = Some("https://wiki.example.com/.vestibule/call/x".to_owned().into());
    assert_eq!(gateway.send(&call).await, Delivery::Accepted);
    let seen = seen.recv().await.expect("a request");
    let body = seen.split("\r\n\r\n").nth(1).expect("a body");
    let posted = r#"{"to":"+31612345678","callback":"https://wiki.example.com/.vestibule/call/x","language":"en","kind":"voice"}"#;
    assert_eq!(body, posted);
}

#[test]
fn only_what_the_service_signed_just_now_is_vouched_for() {
    const URL: &str = "https://wiki.example.com/.vestibule/call/x";
    const NOW: i64 = 1_800_000_000;
    let gateway = Desk::new("http://127.0.0.1:1").build().expect("built");
    let secret = Secret::new(SECRET.to_owned());
    let sign = |secret: &Secret<String>, seconds: i64, line: &str| {
        let text = format!("{seconds}.{line}");
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).expect("a key of any length");
        mac.update(text.as_bytes());
        format!("t={seconds},v1={}", data_encoding::HEXLOWER.encode(&mac.finalize().into_bytes()))
    };
    let vouched = |signature: &str| {
        let mut headers = http::HeaderMap::new();
        headers.append(SIGNATURE, signature.parse().expect("a value"));
        let (method, url) = (http::Method::POST, Secret::new(URL.to_owned()));
        gateway.vouches(&Callback { method: &method, url, headers: &headers, body: b"Digits=1" })
    };
    let line = format!("POST {URL}\nDigits=1");
    for seconds in [NOW - 300, NOW, NOW + 300] {
        assert!(vouched(&sign(&secret, seconds, &line)));
    }
    for seconds in [0, NOW - 301, NOW + 301, i64::MAX, i64::MIN] {
        assert!(!vouched(&sign(&secret, seconds, &line)), "{seconds}");
    }
    for line in [
        format!("GET {URL}\nDigits=1"),
        format!("POST {URL}y\nDigits=1"),
        format!("POST {URL}\nDigits=2"),
        "Digits=1".to_owned(),
        String::new(),
    ] {
        assert!(!vouched(&sign(&secret, NOW, &line)), "{line}");
    }
    assert!(!vouched(&sign(&Secret::new("another secret of others".to_owned()), NOW, &line)));
    for junk in ["", "t=", "t=1800000000", "t=1800000000,v1=", "t=1800000000,v1=zz", "v1=,t=", "t=x,v1=00"] {
        assert!(!vouched(junk), "{junk}");
    }
}
