//! Envoy's question as a call of gRPC: `envoy.service.auth.v3.Authorization/Check`. It is the one dialect in which what a
//! client sent can be taken out, not only be overwritten; and the one that tells of the whole request in one message.
//! Whatever else is asked for here does not exist.

use std::convert::Infallible;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tonic::body::Body;
use tonic::server::{Grpc, UnaryService};
use tonic::{Code, Status};
use tonic_prost::ProstCodec;

use super::conversation::{Asking, Caller};
use super::messages::{
    Allowed, CheckRequest, CheckResponse, Denied, HeaderValue as Value, HeaderValueOption, HttpRequest, HttpResponse,
    HttpStatus, Status as Said,
};
use super::{Dialect, Question, Reply, Yes};
use crate::assertion::headers::{Set, Stripped};
use crate::gate::Told;
use crate::proxy::identity::is_about_forwarding;
use crate::proxy::respond::{Answer, Dress, security_headers};

/// What is asked for.
const CHECK: &str = "/envoy.service.auth.v3.Authorization/Check";
/// The longest message, in bytes: a head, and as much of a body as somebody makes Envoy send along.
const LONGEST: usize = 1 << 20;
/// Questions at a time on one connection.
const AT_ONCE: u32 = 256;
/// What Envoy itself writes before it asks, over whatever a client sent: these stay. (Another host than the one that is
/// judged is a refusal.)
const ENVOYS_OWN: [&str; 5] =
    ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-port", "x-forwarded-client-cert"];

impl Asking {
    /// One connection, in calls. Who is no caller is not answered.
    pub async fn converse_in_calls(self: Arc<Self>, caller: Caller) {
        let (asking, address, stop) = (self.clone(), caller.address, self.stop.clone());
        if !self.knows(address) {
            return self.tell_of(address);
        }
        let service = hyper::service::service_fn(move |call: http::Request<Incoming>| {
            let check = Check { asking: asking.clone(), caller: address };
            async move { Ok::<_, Infallible>(check.answer(call).await) }
        });
        let limits = self.gatekeeper.door.running.load().limits.clone();
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder
            .timer(TokioTimer::new())
            .max_concurrent_streams(AT_ONCE)
            .keep_alive_interval(limits.idle_timeout.0)
            .keep_alive_timeout(limits.head_timeout.0);
        let mut connection = std::pin::pin!(builder.serve_connection(TokioIo::new(caller.line), service));
        // Whoever speaks nonsense or goes away is nobody's trouble but his own.
        tokio::select! {
            _ = connection.as_mut() => return,
            () = stop.cancelled() => connection.as_mut().graceful_shutdown(),
        }
        let _ = connection.await;
    }
}

/// The one call there is.
#[derive(Clone)]
struct Check {
    asking: Arc<Asking>,
    caller: Option<IpAddr>,
}

impl Check {
    async fn answer(self, call: http::Request<Incoming>) -> http::Response<Body> {
        // Who may ask may have changed since it connected.
        if !self.asking.knows(self.caller) {
            self.asking.tell_of(self.caller);
            return Status::permission_denied("").into_http();
        }
        if call.uri().path() != CHECK {
            return Status::unimplemented("").into_http();
        }
        let codec = ProstCodec::<CheckResponse, CheckRequest>::default();
        Grpc::new(codec).max_decoding_message_size(LONGEST).unary(self, call).await
    }

    async fn check(self, message: CheckRequest) -> Result<CheckResponse, Status> {
        let attributes = message.attributes.unwrap_or_default();
        let source = attributes.source.and_then(|peer| peer.address).and_then(|address| address.socket_address);
        let request = attributes.request.and_then(|request| request.http);
        let request = request.ok_or_else(|| Status::invalid_argument("it tells of no HTTP request"))?;
        let fields = fields(&request).ok_or_else(|| Status::invalid_argument("its headers cannot be read"))?;
        let HttpRequest { method, path, host, scheme, .. } = &request;
        let scheme = Some(scheme.as_str()).filter(|scheme| !scheme.is_empty());
        let told = Told::by_envoy(&fields, method, path.as_bytes(), host.as_bytes(), scheme)
            .map(|told| told.from_address(source.as_ref().map(|source| source.address.as_str())));
        let question = Question { dialect: Dialect::Grpc, told, fields: &fields, caller: self.caller };
        let gatekeeper = &self.asking.gatekeeper;
        let (reply, dress) = gatekeeper.reply(&question).await;
        Ok(match reply {
            Reply::Yes(yes) => allowed(yes, &fields, &gatekeeper.door.running.load().stripped),
            Reply::No(answer) => denied(answer, dress),
        })
    }
}

impl UnaryService<CheckRequest> for Check {
    type Response = CheckResponse;
    type Future = Pin<Box<dyn Future<Output = Result<tonic::Response<CheckResponse>, Status>> + Send>>;

    fn call(&mut self, request: tonic::Request<CheckRequest>) -> Self::Future {
        let check = self.clone();
        Box::pin(async move { check.check(request.into_inner()).await.map(tonic::Response::new) })
    }
}

/// The fields of the request that is told of, whichever way Envoy was told to send them. Nothing where one is no field.
fn fields(request: &HttpRequest) -> Option<HeaderMap> {
    let mut fields = HeaderMap::new();
    let mut add = |name: &str, value: &[u8]| {
        // Method, path and authority of HTTP/2 are told beside them.
        if name.starts_with(':') {
            return Some(());
        }
        let value = HeaderValue::from_bytes(value).ok()?;
        fields.try_append(HeaderName::from_bytes(name.as_bytes()).ok()?, value).ok().map(drop)
    };
    for (name, value) in &request.headers {
        add(name, value.as_bytes())?;
    }
    for Value { key, value, raw_value } in request.header_map.iter().flat_map(|map| &map.headers) {
        add(key, if raw_value.is_empty() { value.as_bytes() } else { raw_value })?;
    }
    Some(fields)
}

/// The identity takes the place of whatever the client sent by such a name; every other spelling, every name without a
/// value and our cookies go. So does what a client says of other requests and other clients, as in path. Envoy may tell
/// of a part of the fields alone: what must not arrive by any means is named whether it was seen or not.
fn allowed(yes: Yes, fields: &HeaderMap, stripped: &Stripped) -> CheckResponse {
    let mut known = yes.identity.as_deref().unwrap_or_default().to_vec();
    known.extend(yes.cookies.map(|value| Set { name: Bytes::from_static(b"cookie"), value }));
    let is_set = |name: &str| known.iter().any(|set| set.name.eq_ignore_ascii_case(name.as_bytes()));
    let is_strange = |name: &str| stripped.covers(name) || (is_about_forwarding(name) && !ENVOYS_OWN.contains(&name));
    let seen = fields.keys().map(HeaderName::as_str).filter(|name| is_strange(name));
    let all = stripped.spellings().chain([header::COOKIE.as_str()]).chain(seen);
    let mut gone: Vec<String> = all.filter(|name| !is_set(name)).map(ToOwned::to_owned).collect();
    gone.sort_unstable();
    gone.dedup();
    let headers = known.iter().map(|Set { name, value }| option(name, value)).collect();
    let ok = Allowed { headers, headers_to_remove: gone };
    CheckResponse { status: Some(Said { code: Code::Ok.into() }), http_response: Some(HttpResponse::Ok(ok)) }
}

/// An answer of ours, as Envoy gives it to the browser.
fn denied(mut answer: Answer, dress: Dress) -> CheckResponse {
    security_headers(&mut answer.headers, dress);
    let code = if answer.status.as_u16() == 403 { Code::PermissionDenied } else { Code::Unauthenticated };
    let denied = Denied {
        status: Some(HttpStatus { code: answer.status.as_u16().into() }),
        headers: answer.headers.iter().map(|(name, value)| option(name.as_str().as_bytes(), value)).collect(),
        body: String::from_utf8_lossy(&answer.body).into_owned(),
    };
    CheckResponse { status: Some(Said { code: code.into() }), http_response: Some(HttpResponse::Denied(denied)) }
}

fn option(name: &[u8], value: &HeaderValue) -> HeaderValueOption {
    // Names and values of ours are ASCII; cookies of somebody else may be anything.
    let header = Value {
        key: String::from_utf8_lossy(name).into_owned(),
        value: value.to_str().unwrap_or_default().to_owned(),
        raw_value: if value.to_str().is_ok() { Vec::new() } else { value.as_bytes().to_vec() },
    };
    HeaderValueOption { header: Some(header), append: Some(false) }
}
