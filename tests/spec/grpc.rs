//! gRPC, client and server of a library at both ends and the real gate between them: messages pass one by one in both
//! directions, the status arrives however it is said, and a call ends with its session, its deadline or its client.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::{Buf, BufMut, Bytes};
use futures_util::FutureExt;
use futures_util::stream::{self, Stream, StreamExt};
use http::HeaderMap;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::body::Body;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::server::{Server, TcpIncoming};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Response, Status, Streaming};

use crate::harness::frames::Outcome;
use crate::harness::{Echo, Gate, LIMIT, Visitor, until};

/// Messages are text: what is in them is nobody's business between the two.
#[derive(Clone, Copy, Default)]
struct Text;

impl Codec for Text {
    type Encode = String;
    type Decode = String;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for Text {
    type Item = String;
    type Error = Status;

    fn encode(&mut self, message: String, out: &mut EncodeBuf<'_>) -> Result<(), Status> {
        out.put_slice(message.as_bytes());
        Ok(())
    }
}

impl Decoder for Text {
    type Item = String;
    type Error = Status;

    fn decode(&mut self, message: &mut DecodeBuf<'_>) -> Result<Option<String>, Status> {
        let bytes = message.copy_to_bytes(message.remaining());
        String::from_utf8(bytes.into()).map(Some).map_err(|_| Status::internal("a message is no text"))
    }
}

/// What arrived at the service.
#[derive(Default)]
struct Seen {
    calls: Mutex<Vec<(String, HeaderMap)>>,
    /// Calls whose client went away while they were waiting.
    gone: AtomicUsize,
}

impl Seen {
    fn calls(&self) -> Vec<(String, HeaderMap)> {
        self.calls.lock().unwrap().clone()
    }

    fn gone(&self) -> usize {
        self.gone.load(Ordering::SeqCst)
    }
}

type Replies = Pin<Box<dyn Stream<Item = Result<String, Status>> + Send>>;

/// The service, by the last word of the path. A call with one message is on the wire like one with many.
async fn serve(method: String, mut messages: Streaming<String>, seen: Arc<Seen>) -> Result<Response<Replies>, Status> {
    let replies: Replies = match method.as_str() {
        // Each message comes back before the next is there, and at the end the status.
        "talk" => messages.boxed(),
        "gather" => {
            let mut all = String::new();
            while let Some(message) = messages.message().await? {
                all += &message;
            }
            stream::iter([Ok(all)]).boxed()
        }
        "count" => {
            let enough = Status::resource_exhausted("genug für heute: 100%");
            stream::iter((1..=3).map(|number| Ok(number.to_string())).chain([Err(enough)])).boxed()
        }
        "wait" => {
            let (say, said) = mpsc::channel(1);
            tokio::spawn(async move {
                let _ = say.send(Ok("waiting".to_owned())).await;
                say.closed().await;
                seen.gone.fetch_add(1, Ordering::SeqCst);
            });
            ReceiverStream::new(said).boxed()
        }
        _ => {
            let mut refused = Status::failed_precondition("not like this");
            refused.metadata_mut().insert("x-hint", "otherwise".parse().unwrap());
            return Err(refused);
        }
    };
    Ok(Response::new(replies))
}

async fn answer(request: http::Request<Body>, seen: Arc<Seen>) -> Result<http::Response<Body>, Infallible> {
    let path = request.uri().path().to_owned();
    seen.calls.lock().unwrap().push((path.clone(), request.headers().clone()));
    if path == "/page" {
        // No gRPC: an ordinary answer that pauses.
        let body = stream::iter([Ok::<_, Infallible>(Bytes::from_static(b"ha"))]).chain(stream::pending());
        return Ok(http::Response::new(Body::new(axum::body::Body::from_stream(body))));
    }
    let method = path.rsplit('/').next().unwrap_or_default().to_owned();
    let service = tower::service_fn(move |request: Request<Streaming<String>>| {
        serve(method.clone(), request.into_inner(), seen.clone())
    });
    Ok(tonic::server::Grpc::new(Text).streaming(service, request).await)
}

/// A service, a gate before it, and one connection with the gate.
struct Bench {
    runtime: Runtime,
    seen: Arc<Seen>,
    gate: Gate,
    channel: Channel,
}

fn bench(config: &str) -> Bench {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let seen = Arc::new(Seen::default());
    let shared = seen.clone();
    let upstream = runtime.block_on(async move {
        let incoming = TcpIncoming::bind(([127, 0, 0, 1], 0).into()).unwrap();
        let address = incoming.local_addr().unwrap();
        let service = tower::service_fn(move |request| answer(request, shared.clone()));
        tokio::spawn(Server::builder().serve_with_incoming(service, incoming));
        address
    });
    let gate = Gate::before(&Echo::start())
        .config(config)
        .site(&format!("url = \"http://localhost:PORT\"\nupstreams = [\"h2c://{upstream}\"]"))
        .rules(rules! {
            "/open.Talk/**" => "bypass",
            "/page" => "bypass",
            _ => "two_factor",
        })
        .start();
    let channel = runtime.block_on(async {
        let to = Endpoint::from_shared(format!("http://{}", gate.address)).unwrap();
        to.origin(gate.origin.parse().unwrap()).connect_lazy()
    });
    Bench { runtime, seen, gate, channel }
}

impl Bench {
    /// Waits for something that the gate or the service must do, and not for ever.
    #[track_caller]
    fn wait<T>(&self, what: impl Future<Output = T>) -> T {
        self.runtime.block_on(async { tokio::time::timeout(LIMIT, what).await }).expect("in time")
    }

    /// Begins a call with these messages.
    async fn call(
        &self,
        path: &'static str,
        cookie: Option<&str>,
        messages: impl Stream<Item = String> + Send + 'static,
    ) -> Result<Response<Streaming<String>>, Status> {
        let mut request = Request::new(messages);
        if let Some(cookie) = cookie {
            let cookie = format!("vestibule={cookie}").parse().unwrap();
            request.metadata_mut().insert("cookie", cookie);
        }
        self.send(path, request).await
    }

    async fn send(
        &self,
        path: &'static str,
        request: Request<impl Stream<Item = String> + Send + 'static>,
    ) -> Result<Response<Streaming<String>>, Status> {
        let mut client = tonic::client::Grpc::new(self.channel.clone());
        client.ready().await.expect("the gate is there");
        client.streaming(request, http::uri::PathAndQuery::from_static(path), Text).await
    }

    /// How a call fails.
    #[track_caller]
    fn failure(&self, path: &'static str, cookie: Option<&str>) -> Status {
        self.wait(async {
            match self.call(path, cookie, once("secret")).await {
                Ok(replies) => replies.into_inner().message().await.expect_err("it fails"),
                Err(status) => status,
            }
        })
    }

    /// A call in which each message is sent after the answer to the one before.
    fn talk(&self, cookie: Option<&str>) -> Talk<'_> {
        let (say, said) = mpsc::channel(1);
        let path = if cookie.is_some() { "/closed.Talk/talk" } else { "/open.Talk/talk" };
        let replies = self.wait(self.call(path, cookie, ReceiverStream::new(said))).unwrap().into_inner();
        Talk { bench: self, say: Some(say), replies }
    }
}

struct Talk<'a> {
    bench: &'a Bench,
    say: Option<mpsc::Sender<String>>,
    replies: Streaming<String>,
}

impl Talk<'_> {
    /// The next reply; none where the call has ended well.
    #[track_caller]
    fn reply(&mut self) -> Result<Option<String>, Status> {
        self.bench.wait(self.replies.message())
    }

    #[track_caller]
    fn turn(&mut self, message: &str) {
        let say = self.say.as_ref().expect("it goes on");
        self.bench.wait(say.send(message.to_owned())).unwrap();
        assert_eq!(self.reply().unwrap().as_deref(), Some(message));
    }
}

fn session(browser: &Visitor) -> String {
    browser.cookie("session").unwrap().to_owned()
}

fn once(message: &str) -> impl Stream<Item = String> + Send + use<> {
    stream::iter([message.to_owned()])
}

/// Unary, streaming on either side and on both: all messages, in order, and the status behind them.
#[test]
fn calls_of_every_kind_pass() {
    let bench = bench("");
    let unary = |message: &str| {
        let mut replies = bench.wait(bench.call("/open.Talk/talk", None, once(message))).unwrap().into_inner();
        let reply = bench.wait(replies.message()).unwrap().unwrap();
        assert_eq!(bench.wait(replies.message()).unwrap(), None, "grpc-status: 0");
        reply
    };
    assert_eq!(unary("one"), "one");
    assert_eq!(unary(""), "");
    let large = "x".repeat(3 << 20);
    assert!(unary(&large) == large, "three megabytes, there and back");

    let many = stream::iter((0..1000).map(|number| format!("{number},")));
    let mut gathered = bench.wait(bench.call("/open.Talk/gather", None, many)).unwrap().into_inner();
    let gathered = bench.wait(gathered.message()).unwrap().unwrap();
    assert_eq!(gathered.matches(',').count(), 1000);
    assert!(gathered.starts_with("0,1,2,") && gathered.ends_with("998,999,"));

    // Whoever holds a message back until there are more would wait for ever.
    let mut talk = bench.talk(None);
    (0..100).for_each(|turn| talk.turn(&format!("turn {turn}")));
    talk.say = None;
    assert_eq!(talk.reply().unwrap(), None);

    let calls = bench.seen.calls();
    assert!(calls.iter().all(|(_, fields)| fields["te"] == "trailers"), "{calls:?}");
    assert!(calls.iter().all(|(_, fields)| fields["content-type"] == "application/grpc"), "{calls:?}");
}

/// The status in trailers behind messages, and in the head where there are none.
#[test]
fn a_status_arrives_however_it_is_said() {
    let bench = bench("");
    let mut replies = bench.wait(bench.call("/open.Talk/count", None, once("go"))).unwrap().into_inner();
    for number in ["1", "2", "3"] {
        assert_eq!(bench.wait(replies.message()).unwrap().as_deref(), Some(number));
    }
    let status = bench.wait(replies.message()).unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::ResourceExhausted, "genug für heute: 100%"));

    let status = bench.failure("/open.Talk/other", None);
    assert_eq!((status.code(), status.message()), (Code::FailedPrecondition, "not like this"));
    assert_eq!(status.metadata().get("x-hint").unwrap(), "otherwise");
}

/// Only who is signed in gets through, and the service is told who it is.
#[test]
fn a_call_needs_a_session() {
    let bench = bench("");
    // In the words of its own, whatever else is in the answer.
    for cookie in [None, Some("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")] {
        let status = bench.failure("/closed.Talk/talk", cookie);
        assert_eq!(status.code(), Code::Unauthenticated, "{status:?}");
    }
    assert!(bench.seen.calls().is_empty(), "{:?}", bench.seen.calls());

    let alice = bench.gate.given_user("alice");
    let mut browser = bench.gate.visitor();
    // Not a page of the service: signing in must not depend on what it answers.
    browser.sign_in(&alice, "/closed.Talk/other");
    let before = bench.seen.calls().len();
    let mut talk = bench.talk(Some(&session(&browser)));
    talk.turn("hello");
    let calls = bench.seen.calls();
    let (path, fields) = &calls[before];
    assert_eq!((path.as_str(), &fields["remote-user"]), ("/closed.Talk/talk", &"alice".parse().unwrap()));
    assert!(fields.get("cookie").is_none(), "{fields:?}");
}

/// The end of a session ends its calls, at both ends and within a second, and no call of anybody else.
#[test]
fn a_logout_ends_the_calls_of_its_session() {
    let bench = bench("");
    let people = ["alice", "bob"].map(|name| bench.gate.given_user(name));
    let mut browsers = people.map(|person| {
        let mut browser = bench.gate.visitor();
        browser.sign_in(&person, "/closed.Talk/other");
        browser
    });
    let [mut talk, mut others] = [0, 1].map(|who: usize| bench.talk(Some(&session(&browsers[who]))));
    talk.turn("here");
    others.turn("here, too");
    let cookie = session(&browsers[0]);
    let mut waiting = bench.wait(bench.call("/closed.Talk/wait", Some(&cookie), once("go"))).unwrap().into_inner();
    assert_eq!(bench.wait(waiting.message()).unwrap().as_deref(), Some("waiting"));

    let begun = std::time::Instant::now();
    browsers[0].sign_out();
    // In a second, or no later than it took to sign out on this machine.
    let soon = begun.elapsed().max(Duration::from_secs(1));
    let begun = std::time::Instant::now();
    assert!(bench.wait(waiting.message()).is_err());
    assert!(talk.reply().is_err());
    until("the service to hear of it", 10, || (bench.seen.gone() == 1).then_some(()));
    assert!(begun.elapsed() < soon, "{:?}", begun.elapsed());
    others.turn("still here");
    let status = bench.failure("/closed.Talk/talk", Some(&cookie));
    assert_eq!(status.code(), Code::Unauthenticated, "{status:?}");
}

/// Who does not wait any more is not worked for.
#[test]
fn the_end_of_a_client_reaches_the_service() {
    let bench = bench("");
    let begin = || {
        let mut replies = bench.wait(bench.call("/open.Talk/wait", None, once("go"))).unwrap().into_inner();
        assert_eq!(bench.wait(replies.message()).unwrap().as_deref(), Some("waiting"));
        replies
    };
    let (given_up, mut kept) = (begin(), begin());
    drop(given_up);
    until("the service to hear of it", 10, || (bench.seen.gone() == 1).then_some(()));

    let mut request = Request::new(once("go"));
    request.set_timeout(Duration::from_millis(500));
    let mut replies = bench.wait(bench.send("/open.Talk/wait", request)).unwrap().into_inner();
    assert_eq!(bench.wait(replies.message()).unwrap().as_deref(), Some("waiting"));
    assert_eq!(bench.seen.calls().last().unwrap().1["grpc-timeout"], "500000u");
    // The library's client keeps a deadline only until the head of an answer has come.
    drop(replies);
    until("the service to hear of it", 10, || (bench.seen.gone() == 2).then_some(()));

    let mut request = Request::new(stream::pending::<String>());
    request.set_timeout(Duration::from_millis(300));
    let late = bench.wait(bench.send("/open.Talk/gather", request)).unwrap_err();
    assert!(matches!(late.code(), Code::Cancelled | Code::DeadlineExceeded), "{late:?}");

    // And nothing of all that touched a call beside them.
    assert!(bench.runtime.block_on(async { kept.message().now_or_never() }).is_none());
    assert_eq!(bench.seen.gone(), 2);
}

/// A call may be silent for longer than an ordinary answer: that one, cut beside it, is the clock.
#[test]
fn a_call_may_be_silent() {
    let bench = bench("[limits]\nbetween_bytes_timeout = \"1s\"");
    let mut talk = bench.talk(None);
    talk.turn("first");
    let mut waiting = bench.wait(bench.call("/open.Talk/wait", None, once("go"))).unwrap().into_inner();
    assert_eq!(bench.wait(waiting.message()).unwrap().as_deref(), Some("waiting"));
    for _ in 0..2 {
        let mut ordinary = bench.gate.wire();
        ordinary.send(format!("GET /page HTTP/1.1\r\nHost: {}\r\n\r\n", bench.gate.authority()));
        let rest = ordinary.rest();
        assert!(rest.ends_with(b"ha\r\n"), "an ordinary answer may not pause for so long: {}", rest.escape_ascii());
    }
    talk.turn("second");
    assert_eq!(bench.seen.gone(), 0, "it waits");
}

/// HTTP/1 has no place for these trailers: they are dropped, and nothing is out of step.
#[test]
fn trailers_do_no_harm_to_a_client_of_http_1() {
    let bench = bench("");
    let mut wire = bench.gate.wire();
    for _ in 0..3 {
        wire.send(format!(
            "POST /open.Talk/count HTTP/1.1\r\nHost: {}\r\nContent-Type: application/grpc\r\nTE: trailers\r\n\
             Content-Length: 7\r\n\r\n\0\0\0\0\u{2}go",
            bench.gate.authority()
        ));
        let reply = wire.reply().expect("an answer");
        assert_eq!((reply.status, reply.field("grpc-status")), (200, None));
        assert_eq!(reply.body, b"\0\0\0\0\x011\0\0\0\0\x012\0\0\0\0\x013");
    }
}

/// The other way round: an application of HTTP/1 behind a client of HTTP/2.
#[test]
fn an_application_of_http_1_is_served_over_http_2() {
    let echo = crate::traffic::application(|_| {
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n";
        Some(format!("{chunked}5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n").into())
    });
    let gate = crate::traffic::open(&echo);
    let mut frames = gate.frames();
    for _ in 0..3 {
        let stream = frames.get(gate.authority(), "/page");
        let outcome = frames.outcome(stream);
        assert!(matches!(&outcome, Outcome::Answered(reply) if reply.body == b"hello"), "{outcome:?}");
    }
}
