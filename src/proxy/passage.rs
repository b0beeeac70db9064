//! One request on its way: what is kept of it from its first stage to its access line. It never decides; whoever holds it
//! says how far the request is, and it says how long the next silence may last and what the log is told at the end.

use std::sync::Arc;

use http::header::{self, HeaderMap};
use http::{Method, StatusCode};
use pingora::http::ResponseHeader;
use vestibule_templates::Texts;

use super::facts::cookie_fields;
use super::listen::{Place, Request};
use super::live::Entry;
use super::pace::Pace;
use super::respond::Shape;
use super::untaken::Reader;
use super::upstream::{Choice, Exchange, Tried};
use super::{Running, answer};
use crate::account::User;
use crate::assertion::headers::Set;
use crate::clock::{Clock, Time};
use crate::gate::facts::RESERVED;
use crate::gate::{Facts, Permit, Site};
use crate::session::Cookies;
use crate::telemetry::{ACCESS, UnderWay, metrics};
use crate::types::RequestId;

/// Why an application's time is over, for the log.
pub const SILENT: &str = "the application was silent for too long";

/// What is kept of one request from its first stage to its access line.
pub struct Passage {
    pub(super) id: RequestId,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) started: Time,
    pub(super) running: Arc<Running>,
    pub(super) request: Option<Request>,
    pub(super) facts: Option<Arc<Facts>>,
    pub(super) site: Option<Arc<Site>>,
    /// Who is signed in here, for the page of a refusal: somebody who may not come in must see as whom.
    pub(super) account: Option<Arc<User>>,
    pub(super) shape: Shape,
    /// The language of what is answered here.
    pub(super) texts: Texts,
    /// The right to go on; nothing upstream happens without it.
    pub(super) permit: Option<Permit>,
    pub(super) identity: Option<Arc<[Set]>>,
    pub(super) exchange: Exchange,
    /// Where it is sent, and where it was sent before.
    pub(super) choice: Option<Choice>,
    pub(super) tried: Tried,
    pub(super) tries: usize,
    /// In the table of live requests.
    pub(super) entry: Option<Entry>,
    /// Among the requests of its client.
    pub(super) place: Option<Place>,
    /// Of an answer that shares its connection with others; elsewhere the connection knows when it waits.
    pub(super) reader: Option<Arc<Reader>>,
    /// Among the streams.
    pub(super) streaming: Option<UnderWay>,
    /// Of a body that is no talk.
    pub(super) pace: Option<Pace>,
    pub(super) stage: Stage,
    pub(super) line: Line,
}

/// How far the exchange with the application is: it decides how long the application may be silent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stage {
    /// The application has all of the request; it need not speak before.
    pub(super) sent: bool,
    /// It has said something, be it in the interim.
    pub(super) heard: bool,
    /// It has begun to answer.
    pub(super) begun: bool,
    /// No connection was to be had.
    pub(super) unreached: bool,
}

impl Passage {
    /// Finds the language of this visitor: only where something is about to be said, so that what passes pays nothing for
    /// it.
    pub(super) fn speak(&mut self, fields: &HeaderMap) {
        let names = self.site.as_ref().map(|site| &site.cookies);
        let picked = names.and_then(|names| Cookies::read(cookie_fields(fields), names).language);
        // A site with its pages at a portal has no cookie of what was picked there: the account knows.
        let elsewhere = self.site.as_ref().is_some_and(|site| self.running.sites.portal_of(site).is_some());
        let own = || self.account.as_ref().filter(|_| elsewhere)?.language.clone();
        let picked = picked.or_else(own);
        let wishes = fields.get_all(header::ACCEPT_LANGUAGE).iter().map(|field| field.as_bytes());
        self.texts = self.running.languages.choose(picked.as_deref(), wishes).clone();
    }

    /// Whether it shares its connection with others.
    pub(super) fn is_streamed(&self) -> bool {
        self.request.as_ref().is_some_and(|request| request.arrived.streamed)
    }

    /// What kind of exchange it is, now that it is answered: what was asked for was a wish.
    pub(super) fn settle(&mut self, head: &ResponseHeader) {
        if head.status != StatusCode::SWITCHING_PROTOCOLS {
            let stream = head.headers.get(header::CONTENT_TYPE).is_some_and(|kind| answer::is_stream(kind.as_bytes()));
            self.exchange = if stream { Exchange::Stream } else { Exchange::Ordinary };
        }
        self.streaming = (self.exchange != Exchange::Ordinary).then(|| metrics().stream());
    }

    /// Whether the application was silent for longer than it may be.
    pub(super) fn is_overdue(&self) -> bool {
        self.request.as_ref().is_some_and(|request| request.patience.is_over())
    }

    /// Tells whose fault it was that a request came to no end; its line is no line of a success.
    pub(super) fn blame(&mut self, why: String) {
        let member = self.choice.as_ref().map(|choice| choice.visit.member());
        let (site, upstream) = (member.map(|member| &*member.site), member.map(|member| &*member.upstream));
        tracing::warn!(request = %self.id, site, upstream, why, "an upstream failed");
        self.line.error = Some(why);
    }

    /// Counts a failure of the application's.
    pub(super) fn count_failure(&self) {
        if let Some(permit) = &self.permit {
            metrics().upstream_failed(&permit.site().audience);
        }
    }

    /// Begins the wait that this stage allows the application.
    pub(super) fn wait(&self) {
        let Some(site) = &self.site else { return };
        let limit = match self.stage {
            // Where nobody else looks for how long a body pauses. Once there is an answer, the two talk.
            Stage { sent: false, begun: false, .. } if self.is_streamed() => Some(site.terms.between_bytes_timeout),
            Stage { sent: false, .. } => None,
            Stage { begun: false, .. } => Some(site.terms.first_byte_timeout),
            // Once it has begun, a stream may be silent for as long as it likes.
            _ if self.exchange != Exchange::Ordinary => None,
            _ => Some(site.terms.between_bytes_timeout),
        };
        if let Some(request) = &self.request {
            request.patience.begin(limit);
        }
    }
}

/// What the access line tells beside the times.
#[derive(Default)]
pub struct Line {
    pub(super) method: Method,
    /// How a server in front told of it, where it was not sent on but judged.
    pub(super) dialect: Option<&'static str>,
    /// Nobody told of its client: whoever asked is none.
    pub(super) nobody: bool,
    /// Host and path as they came, where no site is named like that; otherwise empty.
    pub(super) unread: (String, String),
    pub(super) status: u16,
    pub(super) bytes: usize,
    /// Why it was no request, or came to no end.
    pub(super) error: Option<String>,
}

/// A path as a log may show it: without the query, and without the token of a one-time link.
pub fn shown(path: &str) -> &str {
    let Some(page) = path.strip_prefix(RESERVED) else { return path };
    page.find('/').map_or(path, |end| &path[..RESERVED.len() + end])
}

/// A target that could not be read, as a log may show it: escaped, cut, without the query. Of each long segment only the
/// beginning: a one-time link (22 characters and more) in an odd spelling must not lie in a log.
pub fn unread(target: &[u8]) -> String {
    const MOST: usize = 200;
    const SEGMENT: usize = 16;
    let end = target.iter().position(|byte| matches!(byte, b'?' | b'#')).unwrap_or(target.len());
    let segments = target[..end.min(MOST)].split(|byte| *byte == b'/').map(|segment| match segment.len() {
        0..=SEGMENT => segment.escape_ascii().to_string(),
        _ => format!("{}…", segment[..4].escape_ascii()),
    });
    segments.collect::<Vec<_>>().join("/")
}

impl Drop for Passage {
    /// The access line: here, because a request that is cut from outside ends nowhere else.
    fn drop(&mut self) {
        if self.is_overdue() && self.line.error.is_none() {
            // Cut while it shared its connection: nobody else has seen it.
            self.blame(SILENT.to_owned());
            self.count_failure();
        }
        if let Some(counted) = self.site.as_ref().and_then(|site| self.running.counted.get(site.index)) {
            counted.count(self.stage.begun, self.line.status);
        }
        let facts = self.facts.as_ref();
        let named = facts.filter(|_| !self.line.nobody);
        let client =
            named.map(|facts| facts.client).or(self.request.as_ref().map(|request| request.arrived.peer.address));
        tracing::info!(
            target: ACCESS,
            request = %self.id,
            dialect = self.line.dialect,
            client = client.map(tracing::field::display),
            method = self.line.method.as_str(),
            host = facts.map_or(&*self.line.unread.0, |facts| &facts.host),
            path = facts.map_or(&*self.line.unread.1, |facts| shown(&facts.path)),
            status = self.line.status,
            bytes = self.line.bytes,
            error = self.line.error,
            milliseconds = self.clock.now().since(self.started).as_millis() as u64,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Law 12: one-time links never reach a log.
    #[test]
    fn tokens_are_cut_from_the_access_line() {
        assert_eq!(shown("/.vestibule/invite/c2VjcmV0"), "/.vestibule/invite");
        assert_eq!(shown("/.vestibule/login"), "/.vestibule/login");
        assert_eq!(shown("/wiki/page/one"), "/wiki/page/one");
        let token = "QUJDREVGR0hJSktMTU5PUA";
        assert_eq!(unread(format!("//.vestibule/invite/{token}?{token}").as_bytes()), "//.vestibule/invite/QUJD…");
        assert_eq!(unread(b"/a/%2e%2e/b\x1b?q"), "/a/%2e%2e/b\\x1b");
    }
}
