//! Forward-auth over gRPC: Envoy's question as its published definition has it, asked by a library's client. Messages are
//! written and read here field by field, so that a wrong number of ours shows.

use std::net::SocketAddr;

use bytes::{Buf, BufMut};
use tokio::runtime::Runtime;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};

use crate::harness::{Echo, Gate, Gateway, Visitor, Wire, free_address};
use crate::tls::House;
use crate::upstreams::reload;

const CHECK: &str = "/envoy.service.auth.v3.Authorization/Check";
const RULES: &str = rules! {
    "/public/**" => "bypass",
    "/near/**" if networks = ["192.0.2.0/24", "10.0.0.0/8"] => "bypass",
    "/admin/**" => "two_factor" with groups = ["admins"],
    _ => "two_factor",
};

/// Messages as they are.
#[derive(Clone, Copy, Default)]
struct Bare;

impl Codec for Bare {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for Bare {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, message: Vec<u8>, out: &mut EncodeBuf<'_>) -> Result<(), Status> {
        out.put_slice(&message);
        Ok(())
    }
}

impl Decoder for Bare {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, message: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        Ok(Some(message.copy_to_bytes(message.remaining()).into()))
    }
}

fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 128 {
        bytes.push(number as u8 | 128);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

/// A field with a length: text, bytes or a message.
fn field(number: u64, value: impl AsRef<[u8]>) -> Vec<u8> {
    let value = value.as_ref();
    [varint(number << 3 | 2), varint(value.len() as u64), value.to_vec()].concat()
}

/// The fields of a message: numbers for what has no length, bytes for what has.
#[derive(Debug, Default)]
struct Message {
    numbers: Vec<(u64, u64)>,
    values: Vec<(u64, Vec<u8>)>,
}

impl Message {
    fn read(mut bytes: &[u8]) -> Self {
        let mut message = Self::default();
        let number = |bytes: &mut &[u8]| {
            let mut number = 0;
            for shift in (0..).step_by(7) {
                let byte = bytes.get_u8();
                number |= u64::from(byte & 127) << shift;
                if byte < 128 {
                    break;
                }
            }
            number
        };
        while !bytes.is_empty() {
            let key = number(&mut bytes);
            let value = number(&mut bytes);
            match key & 7 {
                0 => message.numbers.push((key >> 3, value)),
                2 => message.values.push((key >> 3, bytes.copy_to_bytes(value as usize).to_vec())),
                other => panic!("no wire type {other} is in these messages"),
            }
        }
        message
    }

    fn number(&self, of: u64) -> u64 {
        self.numbers.iter().find(|(number, _)| *number == of).map_or(0, |(_, value)| *value)
    }

    fn message(&self, of: u64) -> Option<Self> {
        self.values.iter().find(|(number, _)| *number == of).map(|(_, value)| Self::read(value))
    }

    fn texts(&self, of: u64) -> Vec<String> {
        let texts = self.values.iter().filter(|(number, _)| *number == of);
        texts.map(|(_, value)| String::from_utf8(value.clone()).unwrap()).collect()
    }

    /// `HeaderValueOption`: name and value.
    fn headers(&self) -> Vec<(String, String)> {
        let options = self.values.iter().filter(|(number, _)| *number == 2).map(|(_, value)| Self::read(value));
        options
            .map(|option| {
                let append = option.message(2).expect("whether it is added is said");
                assert_eq!(append.number(1), 0, "it takes the place of what is there");
                let header = option.message(1).expect("a header");
                (header.texts(1).concat(), header.texts(2).concat())
            })
            .collect()
    }

    fn header(&self, name: &str) -> Option<String> {
        self.headers().into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// What Envoy says of a request.
fn question(gate: &Gate, path: &str, client: Option<&str>, headers: &[(&str, &str)]) -> Vec<u8> {
    question_by("http", gate, path, client, headers)
}

/// The same of one that came by this scheme.
fn question_by(scheme: &str, gate: &Gate, path: &str, client: Option<&str>, headers: &[(&str, &str)]) -> Vec<u8> {
    question_at(scheme, gate.authority(), path, client, headers)
}

/// The same at this host.
fn question_at(scheme: &str, authority: &str, path: &str, client: Option<&str>, headers: &[(&str, &str)]) -> Vec<u8> {
    let pseudo = [(":method", "GET"), (":path", path), (":authority", authority)];
    let headers = pseudo.iter().chain(headers);
    let headers: Vec<u8> =
        headers.flat_map(|(name, value)| field(3, [field(1, name), field(2, value)].concat())).collect();
    let http = [
        field(1, "id"),
        field(2, "GET"),
        headers,
        field(4, path),
        field(5, authority),
        field(6, scheme),
        field(10, "HTTP/2"),
    ];
    let request = field(4, field(2, http.concat()));
    let source =
        client.map(|client| field(1, field(1, field(1, [field(2, client), vec![3 << 3], varint(40000)].concat()))));
    field(1, [source.unwrap_or_default(), request].concat())
}

async fn ask(channel: &Channel, path: &'static str, message: Vec<u8>) -> Result<Message, Status> {
    let mut client = tonic::client::Grpc::new(channel.clone());
    client.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
    let answered = client.unary(Request::new(message), path.parse().unwrap(), Bare).await?;
    Ok(Message::read(&answered.into_inner()))
}

async fn connect(address: SocketAddr) -> Channel {
    Endpoint::from_shared(format!("http://{address}")).unwrap().connect().await.expect("somebody listens")
}

fn bench() -> (Gate, SocketAddr, Visitor, Echo) {
    bench_with(|gate| gate)
}

fn bench_with(more: impl FnOnce(Gateway) -> Gateway) -> (Gate, SocketAddr, Visitor, Echo) {
    let (echo, address) = (Echo::start(), free_address());
    let sections = format!(
        "[forward_auth]\nlisten_grpc = [\"{address}\"]\ncallers = [\"127.0.0.1/32\"]\n[trust]\nproxies = [\"10.0.0.0/8\"]"
    );
    let gate = more(Gate::before(&echo).config(&sections).rules(RULES)).start();
    let alice = gate.given_user("alice");
    let mut browser = gate.visitor();
    assert_eq!(browser.sign_in(&alice, "/members/").status, 200);
    (gate, address, browser, echo)
}

const NAVIGATION: [(&str, &str); 3] =
    [("accept", "text/html"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];

#[test]
fn envoy_is_told_who_comes_and_what_to_take_out() {
    let (gate, address, browser, _echo) = bench();
    let session = browser.cookie("session").unwrap().to_owned();
    Runtime::new().unwrap().block_on(async {
        let channel = connect(address).await;
        let cookie = format!("a=1; vestibule={session}; b=2");
        // FA-10: what the client says it is goes, in every spelling.
        let spoofed = [
            ("cookie", cookie.as_str()),
            ("remote-user", "root"),
            ("remote_user", "root"),
            ("remote-email", "root@a.test"),
            ("vestibule-x", "1"),
            // HS-10: what would tell the application of another client or another request.
            ("x-real-ip", "127.0.0.1"),
            ("true-client-ip", "127.0.0.1"),
            ("x_forwarded_for", "127.0.0.1"),
            ("forwarded", "for=127.0.0.1"),
            ("x-forwarded-prefix", "/evil"),
            ("x-http-method-override", "GET"),
            ("proxy", "http://evil.test"),
            // Of which Envoy writes none, and which would be the address in links.
            ("x-forwarded-port", "6666"),
            // Envoy's own.
            ("x-forwarded-for", "192.0.2.7"),
            ("x-forwarded-proto", "http"),
            ("x-request-id", "1"),
        ];
        let yes = ask(&channel, CHECK, question(&gate, "/members/a?b=1", Some("192.0.2.7"), &spoofed)).await.unwrap();
        assert_eq!(yes.message(1).unwrap().number(1), 0, "google.rpc.Code.OK");
        let ok = yes.message(3).expect("OkHttpResponse");
        assert_eq!(ok.header("remote-user").as_deref(), Some("alice"));
        assert!(ok.header("vestibule-assertion").is_some_and(|assertion| assertion.split('.').count() == 3));
        assert_eq!(ok.header("cookie").as_deref(), Some("a=1; b=2"));
        let gone = ok.texts(5);
        // Where Envoy tells of some fields alone, nobody sees these.
        let unseen = ["remote.user", "remote_groups", "vestibule_assertion", "vestibule.assertion"];
        for name in unseen {
            assert!(gone.iter().any(|one| one == name), "{name} in {gone:?}");
        }
        assert!(!gone.iter().any(|name| name == "x-forwarded-for"), "it is Envoy's own: {gone:?}");
        for name in ["remote_user", "remote-email", "remote-groups", "remote-name", "vestibule-x"] {
            assert!(gone.iter().any(|one| one == name), "{name} in {gone:?}");
        }
        // As a browser sees it, whatever a client says, as in path.
        assert_eq!(ok.header("x-forwarded-host").as_deref(), Some(gate.authority()));
        assert_eq!(ok.header("x-forwarded-proto").as_deref(), Some("http"));
        for (name, _) in &spoofed[5..13] {
            assert!(gone.iter().any(|one| one == name), "{name} in {gone:?}");
        }
        for kept in
            ["remote-user", "cookie", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-request-id"]
        {
            assert!(
                !gone.iter().any(|name| name == kept),
                "{kept} is set here or by Envoy, and then taken out: {gone:?}"
            );
        }

        // On a bypass nobody is anybody.
        let open = ask(&channel, CHECK, question(&gate, "/public/a", Some("192.0.2.7"), &spoofed)).await.unwrap();
        let open = open.message(3).expect("OkHttpResponse");
        assert_eq!(open.header("remote-user"), None);
        assert!(open.texts(5).iter().any(|name| name == "remote-user"), "{:?}", open.texts(5));
        // Whether it was seen or not: Envoy may tell of some fields alone.
        let bare = ask(&channel, CHECK, question(&gate, "/public/a", Some("192.0.2.7"), &[])).await.unwrap();
        let bare = bare.message(3).expect("OkHttpResponse");
        assert_eq!(bare.header("x-forwarded-host").as_deref(), Some(gate.authority()));
        assert!(bare.texts(5).iter().any(|name| name == "x-forwarded-port"), "{:?}", bare.texts(5));

        // The client is whom Envoy names, or nobody.
        for (client, status) in [(Some("192.0.2.7"), None), (Some("203.0.113.5"), Some(401)), (None, Some(400))] {
            let told = ask(&channel, CHECK, question(&gate, "/near/x", client, &[("x-forwarded-for", "192.0.2.7")]))
                .await
                .unwrap();
            let denied = told.message(2).map(|denied| denied.message(1).unwrap().number(1));
            assert_eq!(denied, status, "{client:?}");
        }
        // What is wrong is named: the address that Envoy was connected from, and no field.
        for (client, why) in [
            (None, "the address of the source is missing"),
            (Some(""), "the address of the source is missing"),
            (Some("/run/envoy.sock"), "the address of the source cannot be read"),
        ] {
            let headers = [("x-forwarded-for", "192.0.2.7")];
            let told = ask(&channel, CHECK, question(&gate, "/near/x", client, &headers)).await.unwrap();
            let said = told.message(2).and_then(|denied| denied.header("vestibule-error"));
            assert_eq!(said.as_deref(), Some(why), "{client:?}");
        }
        // One that is trusted is the client's proxy, as it is in path.
        for (chain, status) in
            [("192.0.2.7", None), ("203.0.113.5", Some(401)), ("192.0.2.7, 203.0.113.5, 10.0.0.1", Some(401))]
        {
            let headers = [("x-forwarded-for", chain)];
            let told = ask(&channel, CHECK, question(&gate, "/near/x", Some("10.0.0.5"), &headers)).await.unwrap();
            let denied = told.message(2).map(|denied| denied.message(1).unwrap().number(1));
            assert_eq!(denied, status, "{chain:?} through a trusted balancer");
        }
    });
}

/// What came in another way than the site's url says is not what the url names.
#[test]
fn envoy_is_refused_what_came_by_another_scheme() {
    let (gate, address, _browser, _echo) = bench();
    Runtime::new().unwrap().block_on(async {
        let channel = connect(address).await;
        for (scheme, headers, why) in [
            ("http", &[][..], None),
            ("", &[], None),
            ("http", &[("x-forwarded-proto", "http")], None),
            // The field says how the client came; over HTTP/2 the other is what the client, or a balancer, says.
            ("https", &[("x-forwarded-proto", "http")], None),
            ("https", &[], Some("the scheme has another scheme than the url of the site")),
            (
                "http",
                &[("x-forwarded-proto", "https")],
                Some("X-Forwarded-Proto has another scheme than the url of the site"),
            ),
            ("x", &[], Some("the scheme cannot be read")),
        ] {
            let message = question_by(scheme, &gate, "/public/a", Some("192.0.2.7"), headers);
            let told = ask(&channel, CHECK, message).await.unwrap();
            let denied = told.message(2).and_then(|denied| denied.header("vestibule-error"));
            assert_eq!(denied.as_deref(), why, "{scheme:?} {headers:?}");
            assert_eq!(told.message(3).is_some(), why.is_none(), "{scheme:?} {headers:?}");
        }
    });
}

/// FA-02: a connection lives longer than the right to ask on it.
#[test]
fn envoy_is_no_caller_any_more_once_a_reload_says_so() {
    let (gate, address, _browser, _echo) = bench();
    let message = question(&gate, "/public/a", Some("192.0.2.7"), &[]);
    Runtime::new().unwrap().block_on(async {
        let channel = connect(address).await;
        assert!(ask(&channel, CHECK, message.clone()).await.unwrap().message(3).is_some());
        tokio::task::block_in_place(|| reload(&gate, |text| text.replace("127.0.0.1/32", "127.0.0.9/32")));
        assert_eq!(ask(&channel, CHECK, message).await.map(drop).unwrap_err().code(), Code::PermissionDenied);
    });
}

#[test]
fn envoy_is_told_no_with_an_answer_for_the_browser() {
    let (gate, address, mut browser, _echo) = bench();
    let cookie = format!("vestibule={}", browser.cookie("session").unwrap());
    Runtime::new().unwrap().block_on(async {
        let channel = connect(address).await;
        let client = Some("192.0.2.7");
        let cases = [
            ("/members/a", &NAVIGATION[..], 302),
            ("/members/a", &[], 401),
            ("/admin/x", &[("cookie", cookie.as_str())], 403),
            ("/public/../admin/x", &[], 400),
            ("/public/%zz", &[], 400),
            ("/.vestibule/login", &[], 404),
            // FA-01
            ("/members/a", &[("x-forwarded-uri", "/public/a")], 400),
            ("/public/a", &[("x-forwarded-host", "localhost:6666")], 400),
            ("/public/a", &[("x-rewrite-url", "http://elsewhere.test/public/a")], 400),
            ("/public/a", &[("upgrade", "h2c"), ("http2-settings", "AAMAAABkAAQAAP__")], 400),
            ("/public/a", &[("http2-settings", "AAMAAABkAAQAAP__")], 400),
        ];
        for (path, headers, status) in cases {
            let no = ask(&channel, CHECK, question(&gate, path, client, headers)).await.unwrap();
            assert_ne!(no.message(1).unwrap().number(1), 0, "{path}");
            assert!(no.message(3).is_none(), "{path}");
            let denied = no.message(2).expect("DeniedHttpResponse");
            assert_eq!(denied.message(1).unwrap().number(1), status, "{path}");
            assert!(denied.header("content-security-policy").is_some(), "{path}");
            assert!(denied.header("cache-control").is_some_and(|value| value.contains("no-store")), "{path}");
            let login = denied.header("location").unwrap_or_default();
            assert_eq!(login.starts_with(&format!("{}/.vestibule/login?rd=", gate.origin)), status == 302, "{login}");
        }
        let websocket = [("upgrade", "websocket"), ("origin", gate.origin.as_str())];
        assert!(
            ask(&channel, CHECK, question(&gate, "/public/a", client, &websocket)).await.unwrap().message(3).is_some()
        );
        // FA-18
        assert!(
            ask(&channel, CHECK, question(&gate, "/members/a", client, &[("cookie", &cookie)]))
                .await
                .unwrap()
                .message(3)
                .is_some()
        );
        tokio::task::block_in_place(|| browser.sign_out());
        assert!(
            ask(&channel, CHECK, question(&gate, "/members/a", client, &[("cookie", &cookie)]))
                .await
                .unwrap()
                .message(2)
                .is_some()
        );

        // What is no question.
        for (path, message, code) in [
            (
                "/envoy.service.auth.v2.Authorization/Check",
                question(&gate, "/public/a", client, &[]),
                Code::Unimplemented,
            ),
            (CHECK, field(1, "no message"), Code::Internal),
            (CHECK, question(&gate, &"/public/a".repeat(200_000), client, &[]), Code::OutOfRange),
        ] {
            assert_eq!(ask(&channel, path, message).await.map(drop).unwrap_err().code(), code, "{path}");
        }
    });
    let log = gate.log();
    let unread: Vec<_> = log.lines().filter(|line| line.contains("a question that cannot be read")).collect();
    assert_eq!(unread.iter().filter(|line| line.contains("grpc")).count(), 2, "{unread:?}");
}

/// What a visitor sends must not make Envoy tell of a gate that fails: a status that is no answer is one to it.
#[test]
fn what_cannot_be_read_is_a_no_for_envoy_too() {
    let metrics = free_address();
    let (gate, address, _browser, _echo) = bench_with(|gate| gate.listen(&format!("metrics = \"{metrics}\"")));
    let many: Vec<_> = (0..33_000).map(|n| (format!("x-{n}"), "1")).collect();
    let many: Vec<_> = many.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    let asked = |headers: &[(&str, &str)]| question(&gate, "/public/a", Some("192.0.2.7"), headers);
    let cases = [
        (asked(&[("a b", "c")]), 400),
        (asked(&[("a", "b\u{1}c")]), 400),
        (asked(&many), 431),
        (Vec::new(), 400),
        (field(1, b""), 400),
    ];
    Runtime::new().unwrap().block_on(async {
        let channel = connect(address).await;
        for (message, status) in cases.clone() {
            let no = ask(&channel, CHECK, message).await.expect("an answer");
            assert_ne!(no.message(1).unwrap().number(1), 0, "{status}");
            let denied = no.message(2).expect("DeniedHttpResponse");
            assert_eq!(denied.message(1).unwrap().number(1), status);
            assert!(denied.header("cache-control").is_some_and(|value| value.contains("no-store")));
        }
        assert!(ask(&channel, CHECK, asked(&[("a", "b")])).await.unwrap().message(3).is_some());
    });
    let log = gate.log();
    let lines: Vec<_> = log.lines().filter(|line| line.contains("a question that cannot be read")).collect();
    assert_eq!(lines.len(), cases.len(), "{lines:?}");
    assert!(lines.iter().all(|line| line.contains("grpc") && line.contains("127.0.0.1")), "{lines:?}");
    let text = Wire::to(metrics).send("GET /metrics HTTP/1.1\r\nHost: m\r\n\r\n").reply().expect("numbers").text();
    let counted = format!("dialect=\"grpc\",told=\"unclear\"}} {}", cases.len());
    assert!(text.contains(&counted), "{counted} in {text}");
}

/// A gate may have TLS of its own: how the client came is what Envoy says.
#[test]
fn a_gate_with_certificates_of_its_own_is_asked_by_envoy_as_well() {
    let (house, echo, address) = (House::new(), Echo::start(), free_address());
    let certificate = house.certificate("wiki", &["wiki.test"]);
    let sections = format!("[forward_auth]\nlisten_grpc = [\"{address}\"]\ncallers = [\"127.0.0.1/32\"]");
    let _gate = Gate::before(&echo)
        .config(&sections)
        .listen(&house.listen(&[&certificate]))
        .site("url = \"https://wiki.test\"")
        .rules(RULES)
        .start();
    Runtime::new().unwrap().block_on(async {
        let channel = connect(address).await;
        for (scheme, status) in [("https", None), ("", None), ("http", Some(400))] {
            let told = question_at(scheme, "wiki.test", "/public/a", Some("198.51.100.9"), &[]);
            let answer = ask(&channel, CHECK, told).await.unwrap();
            let denied = answer.message(2).map(|denied| denied.message(1).unwrap().number(1));
            assert_eq!(denied, status, "{scheme:?}");
            if let Some(ok) = answer.message(3) {
                assert_eq!(ok.header("x-forwarded-proto").as_deref(), Some("https"), "{scheme:?}");
                assert_eq!(ok.header("x-forwarded-host").as_deref(), Some("wiki.test"), "{scheme:?}");
            }
        }
    });
}

/// FA-06: what came in clear is not let through to a site with TLS.
#[test]
fn the_scheme_that_envoy_saw_is_that_of_the_site() {
    let (gate, address, _browser, _echo) = bench();
    Runtime::new().unwrap().block_on(async {
        let channel = connect(address).await;
        for (scheme, status) in [("http", None), ("https", Some(400)), ("gopher", Some(400))] {
            let told = question_by(scheme, &gate, "/public/a", Some("192.0.2.7"), &[]);
            let denied = ask(&channel, CHECK, told).await.unwrap().message(2);
            assert_eq!(denied.map(|denied| denied.message(1).unwrap().number(1)), status, "{scheme}");
        }
    });
}
