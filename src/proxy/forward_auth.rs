//! The other position: a server in front serves the applications and asks, request by request, whether to let it
//! through. The question is a request of its own that tells of another one. What is told is read, judged and answered as
//! if it had come in path: the same reading, sites, sessions, rules and identity. Nothing is sent on from here, and no
//! answer but the one for "yes" may look like one to any front.

mod conversation;
mod ear;
mod grpc;
mod messages;

use std::net::{IpAddr, Ipv4Addr};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode};
use pingora::proxy::ProxyHttp;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use self::conversation::Asking;
pub use self::ear::{Address, Ear, Ears, addresses};
use super::facts::{cookie_fields, raw_told};
use super::failure::Refused;
use super::head::{HeadError, read_told};
use super::identity::shown;
use super::passage::{Passage, unread};
use super::respond::{Answer, Dress, Shape};
use super::{AGENT, Gatekeeper, Wanted, answer, find, unknown};
use crate::assertion::headers::Set;
use crate::gate::{self, FactsError, Fault, Kind, Told, Verdict};
use crate::session::{Cookies, without_ours};
use crate::telemetry::metrics;
use crate::types::Scheme;

/// Under which our answers to servers in front are, on their listeners alone.
const PREFIX: &[u8] = b"/.vestibule/auth/";

/// Why a question could not be answered, for whoever set up the front.
const ERROR: &str = "vestibule-error";

/// In which a server in front asks. The address it asks at fixes it: nothing of the question can change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    Nginx,
    Forwarded,
    Envoy,
    Grpc,
}

impl Dialect {
    fn as_str(self) -> &'static str {
        match self {
            Dialect::Nginx => "nginx",
            Dialect::Forwarded => "forwarded",
            Dialect::Envoy => "envoy",
            Dialect::Grpc => "grpc",
        }
    }

    /// The dialect of an address, and what stands behind it. A query changes nothing: some fronts leave the client's there.
    fn of(target: &[u8]) -> Option<(Self, &[u8])> {
        let rest = target.strip_prefix(PREFIX)?;
        if let Some(original) = rest.strip_prefix(b"envoy").filter(|rest| rest.starts_with(b"/")) {
            return Some((Dialect::Envoy, original));
        }
        match rest.split(|byte| *byte == b'?').next()? {
            b"nginx" => Some((Dialect::Nginx, b"")),
            b"forwarded" => Some((Dialect::Forwarded, b"")),
            _ => None,
        }
    }

    /// An answer as this front understands it. nginx knows two kinds of no, and makes a 500 of every other status: the
    /// address of the login travels on the one, for its own redirect.
    fn put(self, mut answer: Answer) -> Answer {
        if self == Dialect::Nginx && answer.status != StatusCode::OK {
            let login = answer.headers.get(header::LOCATION).cloned();
            answer.status = match answer.status {
                StatusCode::UNAUTHORIZED => StatusCode::UNAUTHORIZED,
                _ if login.is_some() => StatusCode::UNAUTHORIZED,
                StatusCode::FORBIDDEN => StatusCode::FORBIDDEN,
                other => {
                    // What it was is lost otherwise, and a no of the rules looks like a set-up that is wrong.
                    if !answer.headers.contains_key(ERROR) {
                        answer =
                            answer.with(HeaderName::from_static(ERROR), &format!("the answer was {}", other.as_u16()));
                    }
                    StatusCode::FORBIDDEN
                }
            };
            if let Some(login) = login.as_ref().and_then(|login| login.to_str().ok()) {
                answer = answer.with(header::WWW_AUTHENTICATE, &format!("Vestibule login=\"{login}\""));
            }
        }
        answer
    }
}

/// A question.
struct Question<'a> {
    dialect: Dialect,
    told: Result<Told<'a>, Fault>,
    /// Host and target, as they were told, for the access line alone.
    seen: (&'a [u8], &'a [u8]),
    /// Fields of the request that is told of, as the front sends them on.
    fields: &'a HeaderMap,
}

/// What is said to it.
enum Reply {
    Yes(Yes),
    No(Answer),
}

/// What a request is let through with.
struct Yes {
    identity: Option<Arc<[Set]>>,
    /// Its cookies without ours; none are left.
    cookies: Option<HeaderValue>,
    /// Where the browser takes itself to be.
    shown: (Scheme, String),
}

impl Gatekeeper {
    /// Answers a question, whatever happens: who cannot be answered is refused.
    async fn reply(&self, question: &Question<'_>) -> (Reply, Dress) {
        let mut passage = self.new_ctx();
        passage.line.dialect = Some(question.dialect.as_str());
        let accept = question.fields.get(header::ACCEPT).map(HeaderValue::as_bytes);
        if accept.is_some_and(|accept| accept.starts_with(b"text/html")) {
            passage.shape = Shape::Page;
        }
        let outcome = AssertUnwindSafe(self.consider(question, &mut passage)).catch_unwind().await;
        if passage.facts.is_none() {
            let (host, target) = question.seen;
            passage.line.unread = (host[..host.len().min(100)].escape_ascii().to_string(), unread(target));
        }
        if !matches!(outcome, Ok(Ok(_))) {
            passage.speak(question.fields);
        }
        let (reply, result) = match outcome {
            Ok(Ok(Reply::Yes(yes))) => (Reply::Yes(yes), "allowed"),
            Ok(Ok(Reply::No(answer))) => {
                let result = if answer.status == StatusCode::FORBIDDEN { "refused" } else { "asked" };
                (Reply::No(answer), result)
            }
            Ok(Err(refused)) => {
                let mut answer = self.refusal(refused.status, &passage);
                if let Some(why) = &refused.why {
                    // For whoever set up the front: the field that has to be mended, and nothing that was in it.
                    answer = answer.with(HeaderName::from_static(ERROR), why);
                }
                let result = if refused.status.is_server_error() { "failed" } else { "unclear" };
                passage.line.error = refused.why;
                (Reply::No(answer), result)
            }
            Err(_) => {
                tracing::error!(request = %passage.id, "a question was given up after a panic");
                (Reply::No(self.refusal(StatusCode::INTERNAL_SERVER_ERROR, &passage)), "failed")
            }
        };
        metrics().question(question.dialect.as_str(), result);
        let dress = passage.site.as_ref().map_or_else(Dress::plain, |site| Dress::at(site));
        let reply = match reply {
            Reply::No(mut no) => {
                let kind = question.fields.get(header::CONTENT_TYPE);
                if kind.is_some_and(|kind| answer::is_grpc(kind.as_bytes())) {
                    no = no.for_a_call();
                }
                // Whatever was kept in spite of all is kept for these cookies; a page for its language, too.
                no = question.dialect.put(no.with(header::VARY, "Cookie").said_in(&passage.texts));
                passage.line.status = no.status.as_u16();
                passage.line.bytes = no.body.len();
                Reply::No(no)
            }
            yes @ Reply::Yes(_) => {
                passage.line.status = StatusCode::OK.as_u16();
                yes
            }
        };
        (reply, dress)
    }

    /// The list, as for a request in path, up to the decision.
    async fn consider(&self, question: &Question<'_>, passage: &mut Passage) -> Result<Reply, Refused> {
        let running = passage.running.clone();
        let fields = question.fields;

        // facts, site
        let told = question.told.as_ref().map_err(|fault| Refused::from(*fault))?;
        passage.line.method = Method::from_bytes(told.method.as_bytes()).unwrap_or_default();
        let client = told.client(&running.trusted)?;
        passage.line.nobody = client.is_none();
        // Then none of the rules looks at it (`Told::suits`), and nobody is told of it.
        let near = client.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        let (facts, wanted) = find(&raw_told(told, near, fields), &running).map_err(|refused| named(refused, told))?;
        // The method was read: what is left of the request line is the target.
        read_told(told.method, told.target).map_err(|error| overlong(error, told))?;
        let facts = Arc::new(facts);
        passage.shape = Shape::of(facts.kind, fields.get(header::ACCEPT).map(HeaderValue::as_bytes));
        passage.facts = Some(facts.clone());
        let site = match wanted {
            Wanted::Application(site) => site,
            // What sends a browser to https where it comes to this gate itself.
            Wanted::Encryption(_) => return Err(told.by_another_scheme().into()),
            // The front has to send these to the ordinary listener, unasked. An application never gets one.
            Wanted::Page(_) | Wanted::Keys => return Err(StatusCode::NOT_FOUND.into()),
        };
        passage.site = Some(site.clone());
        told.suits(&site, client)?;

        // visitor
        let cookies = Cookies::read(cookie_fields(fields), &site.cookies);
        let at = running.sites.at(&site, &facts.host);
        let visitor = self.door.sessions.visitor(cookies.session.as_ref(), &at).await;
        let visitor = visitor.map_err(|error| unknown(&passage.id, &error))?;
        passage.account = visitor.live().map(|live| live.user.clone());

        // decide
        match gate::decide(&site, &facts, &visitor, self.door.clock.now()) {
            Verdict::Forward(permit) => {
                let identity = self.identity(&permit, passage).await?;
                let cookies = without_ours(cookie_fields(fields), &site.cookies);
                let cookies = cookies.and_then(|cookies| HeaderValue::from_bytes(&cookies).ok());
                Ok(Reply::Yes(Yes { identity, cookies, shown: shown(&site, &facts) }))
            }
            Verdict::Ask(ask) => {
                let mut answer = self.ask(&ask, &facts, (&site, &running.sites), &cookies, &passage.id);
                if let (Kind::Navigation, Some(url)) =
                    (facts.kind, site.url.as_ref().and_then(|url| url.at(&facts.host)))
                {
                    answer.make_absolute(&url);
                }
                Ok(Reply::No(answer))
            }
            Verdict::Refuse(why) => {
                passage.speak(fields);
                let agent = fields.get(header::USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()));
                let agent = agent.unwrap_or_default().chars().take(AGENT).collect();
                self.record(why, (&facts, client), &visitor, agent, &passage.id).await;
                Ok(Reply::No(self.forbid(why, &facts, &site, passage)))
            }
        }
    }
}

/// A refusal of what could not be read, with the field that said it.
fn named(refused: Refused, told: &Told<'_>) -> Refused {
    match (refused.unread, &refused.why) {
        (Some(error), Some(why)) => Refused { why: Some(format!("{}: {why}", told.field_of(error))), ..refused },
        (None, None) if refused.status == StatusCode::MISDIRECTED_REQUEST => {
            let why = format!("no [[site]] answers to the host of {}", told.field_of(FactsError::Host));
            Refused { why: Some(why), ..refused }
        }
        _ => refused,
    }
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self { status: StatusCode::BAD_REQUEST, why: Some(fault.to_string()), unread: None }
    }
}

/// The same of a target that no request line would hold.
fn overlong(error: HeadError, told: &Told<'_>) -> Refused {
    let why = format!("{}: {error}", told.field_of(FactsError::Target));
    Refused { status: error.status(), why: Some(why), unread: None }
}

/// Answers on these listeners until `stop`, then lets what was asked be answered.
pub async fn serve(gatekeeper: Gatekeeper, ears: Ears, stop: CancellationToken) {
    let asking = Arc::new(Asking::new(gatekeeper, stop));
    let mut listening = JoinSet::new();
    for ear in ears.http {
        listening.spawn(asking.clone().listen(ear, Asking::converse));
    }
    for ear in ears.grpc {
        listening.spawn(asking.clone().listen(ear, Asking::converse_in_calls));
    }
    while listening.join_next().await.is_some() {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_fixes_the_dialect() {
        assert_eq!(Dialect::of(b"/.vestibule/auth/nginx"), Some((Dialect::Nginx, &b""[..])));
        assert_eq!(Dialect::of(b"/.vestibule/auth/forwarded?a=1"), Some((Dialect::Forwarded, &b""[..])));
        assert_eq!(Dialect::of(b"/.vestibule/auth/envoy/a?b=1"), Some((Dialect::Envoy, &b"/a?b=1"[..])));
        for nothing in [
            "/",
            "/auth/nginx",
            "/.vestibule/auth/",
            "/.vestibule/auth/nginx/",
            "/.vestibule/auth/envoy",
            "/.vestibule/auth/envoyx/",
            "/.vestibule/auth/Nginx",
        ] {
            assert_eq!(Dialect::of(nothing.as_bytes()), None, "{nothing}");
        }
    }

    /// Whatever else it was, nginx would make a 500 of it, or let it through.
    #[test]
    fn nginx_hears_yes_or_one_of_two_noes() {
        for code in 300..600 {
            let status = StatusCode::from_u16(code).unwrap();
            let no = Dialect::Nginx.put(Answer::unreadable(status));
            assert_eq!(no.status.as_u16(), if code == 401 { 401 } else { 403 }, "{code}");
            assert_eq!(no.headers.contains_key(ERROR), !matches!(code, 401 | 403), "{code}");
        }
        let asked = Dialect::Nginx.put(Answer::redirect(&Method::GET, "https://a.test/.vestibule/login"));
        assert_eq!(asked.status, StatusCode::UNAUTHORIZED);
        assert_eq!(asked.headers[header::LOCATION], "https://a.test/.vestibule/login");
    }
}
