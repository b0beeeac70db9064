//! Envoy's question as a call of gRPC: `envoy.service.auth.v3.Authorization/Check`. It is the one dialect in which what a
//! client sent can be taken out, not only be overwritten; and the one that tells of the whole request in one message.
//! Whatever else is asked for here does not exist.

use std::convert::Infallible;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tonic::body::Body;
use tonic::server::{Grpc, UnaryService};
use tonic::{Code, Status};
use tonic_prost::ProstCodec;

use super::conversation::{Asking, Caller, unread};
use super::messages::{
    Allowed, CheckRequest, CheckResponse, Denied, HeaderValue as Value, HeaderValueOption, HttpRequest, HttpResponse,
    HttpStatus, Status as Said,
};
use super::{Dialect, Question, Reply, Yes};
use crate::assertion::headers::{Set, Stripped};
use crate::gate::Told;
use crate::proxy::head::HeadError;
use crate::proxy::identity::is_about_forwarding;
use crate::proxy::respond::{Answer, Dress, security_headers};

/// What is asked for.
const CHECK: &str = "/envoy.service.auth.v3.Authorization/Check";
/// The longest message, in bytes: a head, and as much of a body as somebody makes Envoy send along.
const LONGEST: usize = 1 << 20;
/// Questions at a time on one connection.
const AT_ONCE: u32 = 256;
/// What Envoy itself writes before it asks: these stay. To the first it adds the address it saw, and of the second it keeps
/// nothing of a client's.
const ENVOYS_OWN: [&str; 2] = ["x-forwarded-for", "x-forwarded-client-cert"];
/// What it sends on as a client wrote it, and no yes of ours says: taken out whether it was seen or not.
const NOBODYS: [&str; 2] = ["cookie", "x-forwarded-port"];

impl Asking {
    /// One connection, in calls. Who is no caller is not answered.
    pub async fn converse_in_calls(self: Arc<Self>, caller: Caller) {
        if !self.may_ask(caller.address) {
            return;
        }
        let (asking, address, stop) = (self.clone(), caller.address, self.stop.clone());
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
        // A connection outlives a reload that withdraws the right to ask.
        if !self.asking.may_ask(self.caller) {
            return Status::permission_denied("").into_http();
        }
        if call.uri().path() != CHECK {
            return Status::unimplemented("").into_http();
        }
        let (codec, caller) = (ProstCodec::<CheckResponse, CheckRequest>::default(), self.caller);
        let answer = Grpc::new(codec).max_decoding_message_size(LONGEST).unary(self, call).await;
        if let Some(no) = Status::from_header_map(answer.headers()) {
            // The library's own: what it could not take apart, nobody can be told about but Envoy.
            let long = no.code() == Code::OutOfRange;
            let error = if long { HeadError::TooLarge } else { HeadError::Malformed("the message is none") };
            unread(Some(Dialect::Grpc), caller, error);
        }
        answer
    }

    async fn check(self, message: CheckRequest) -> CheckResponse {
        let attributes = message.attributes.unwrap_or_default();
        let source = attributes.source.and_then(|peer| peer.address).and_then(|address| address.socket_address);
        let request = attributes.request.and_then(|request| request.http);
        let request = request.ok_or(HeadError::Malformed("it tells of no HTTP request"));
        let read = request.and_then(|request| Ok((fields(&request)?, request)));
        let (fields, request) = match read {
            Ok(read) => read,
            Err(error) => return denied(unread(Some(Dialect::Grpc), self.caller, error), Dress::plain()),
        };
        let told = Told::by_envoy(&fields, &request.method, request.path.as_bytes(), request.host.as_bytes())
            .and_then(|told| told.of_scheme(&request.scheme))
            .and_then(|told| told.of_client(source.as_ref().map(|source| source.address.as_str())));
        let seen = (request.host.as_bytes(), request.path.as_bytes());
        let question = Question { dialect: Dialect::Grpc, told, seen, fields: &fields };
        let gatekeeper = &self.asking.gatekeeper;
        let (reply, dress) = gatekeeper.reply(&question).await;
        match reply {
            Reply::Yes(yes) => allowed(yes, &fields, &gatekeeper.door.running.load().stripped),
            Reply::No(answer) => denied(answer, dress),
        }
    }
}

impl UnaryService<CheckRequest> for Check {
    type Response = CheckResponse;
    type Future = Pin<Box<dyn Future<Output = Result<tonic::Response<CheckResponse>, Status>> + Send>>;

    fn call(&mut self, request: tonic::Request<CheckRequest>) -> Self::Future {
        let check = self.clone();
        Box::pin(async move { Ok(tonic::Response::new(check.check(request.into_inner()).await)) })
    }
}

/// The fields of the request that is told of, whichever way Envoy was told to send them.
fn fields(request: &HttpRequest) -> Result<HeaderMap, HeadError> {
    let mut fields = HeaderMap::new();
    let mut add = |name: &str, value: &[u8]| {
        // Method, path and authority of HTTP/2 are told beside them.
        if name.starts_with(':') {
            return Ok(());
        }
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| HeadError::Malformed("a name is none"))?;
        let value = HeaderValue::from_bytes(value).map_err(|_| HeadError::Malformed("a value is none"))?;
        fields.try_append(name, value).map(drop).map_err(|_| HeadError::TooLarge)
    };
    for (name, value) in &request.headers {
        add(name, value.as_bytes())?;
    }
    for Value { key, value, raw_value } in request.header_map.iter().flat_map(|map| &map.headers) {
        add(key, if raw_value.is_empty() { value.as_bytes() } else { raw_value })?;
    }
    Ok(fields)
}

/// The identity takes the place of whatever the client sent by such a name; every other spelling, every name without a
/// value and our cookies go. So does what a client says of other requests and other clients, as in path, and where it came
/// to is said as there: Envoy leaves in what a client says of host and port. It may tell of a part of the fields alone: what
/// must not arrive by any means is named whether it was seen or not.
fn allowed(yes: Yes, fields: &HeaderMap, stripped: &Stripped) -> CheckResponse {
    let (scheme, host) = yes.shown;
    let ours = [
        ("cookie", yes.cookies),
        ("x-forwarded-proto", Some(HeaderValue::from_static(scheme.as_str()))),
        ("x-forwarded-host", HeaderValue::try_from(host).ok()),
    ];
    let set = |(name, value): (&'static str, Option<HeaderValue>)| {
        value.map(|value| Set { name: Bytes::from_static(name.as_bytes()), value })
    };
    let mut known = yes.identity.as_deref().unwrap_or_default().to_vec();
    known.extend(ours.into_iter().filter_map(set));
    let is_set = |name: &str| known.iter().any(|set| set.name.eq_ignore_ascii_case(name.as_bytes()));
    let is_strange = |name: &str| stripped.covers(name) || (is_about_forwarding(name) && !ENVOYS_OWN.contains(&name));
    let seen = fields.keys().map(HeaderName::as_str).filter(|name| is_strange(name));
    let all = stripped.spellings().chain(NOBODYS).chain(seen);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Scheme;

    /// An identity header may have a name of those that are taken out.
    #[test]
    fn what_is_set_is_not_taken_out() {
        let mut fields = HeaderMap::new();
        for name in
            ["x-forwarded-user", "x_forwarded_user", "x-real-ip", "x-forwarded-for", "x-forwarded-host", "accept"]
        {
            fields.insert(HeaderName::from_static(name), HeaderValue::from_static("root"));
        }
        let user = Set { name: Bytes::from_static(b"X-Forwarded-User"), value: HeaderValue::from_static("alice") };
        let shown = (Scheme::Https, "app.test".to_owned());
        let yes = Yes { identity: Some(Arc::new([user])), cookies: None, shown };
        let Some(HttpResponse::Ok(ok)) = allowed(yes, &fields, &Stripped::default()).http_response else {
            panic!("it is a yes");
        };
        assert_eq!(ok.headers_to_remove, ["cookie", "x-forwarded-port", "x-real-ip", "x_forwarded_user"]);
        let set =
            |header: HeaderValueOption| header.header.map(|header| (header.key, header.value)).unwrap_or_default();
        let set: Vec<_> = ok.headers.into_iter().map(set).collect();
        let set: Vec<_> = set.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let ours = [("X-Forwarded-User", "alice"), ("x-forwarded-proto", "https"), ("x-forwarded-host", "app.test")];
        assert_eq!(set, ours);
    }
}
