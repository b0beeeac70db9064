//! The way of a request, as a list: facts, site, own page, visitor, decision, peer, identity, answer, log. Each stage
//! is a call into the module of that name. A request that no permit was made for never reaches an application, whatever
//! else goes wrong here; and this floor alone knows Pingora.

mod answer;
mod bridge;
mod certificates;
mod chunks;
pub mod facts;
mod failure;
mod forward_auth;
pub mod head;
mod identity;
mod listen;
mod live;
mod meter;
mod pace;
mod passage;
mod pem;
mod probe;
mod proxy_protocol;
mod respond;
mod room;
mod stream;
mod streams;
#[cfg(test)]
mod tests;
mod tls;
mod transport;
mod untaken;
mod upstream;
mod watched;

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use async_trait::async_trait;
use bytes::Bytes;
use futures_util::FutureExt;
use http::header::{self, HeaderValue};
use http::{Method, StatusCode, Version};
use ipnet::IpNet;
use pingora::http::{RequestHeader, ResponseHeader};
use pingora::proxy::{FailToProxy, ProxyHttp, ProxyWarnLogContext, Session, http_proxy};
use pingora::server::configuration::ServerConf;
use pingora::upstreams::peer::HttpPeer;
use pingora::{Error, ErrorSource, ErrorType};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use vestibule_templates::pages::refusal::Why;
use vestibule_templates::{Brand, Frame, Languages, Link, Switch};

pub use self::certificates::Certificates;
use self::facts::{cookie_fields, raw};
use self::failure::{Refused, failure, reason, unclear, unreachable};
pub use self::forward_auth::{Address, Ear, Ears, addresses};
use self::head::Framing;
use self::listen::{Addresses, Listening, Request, most_requests};
pub use self::listen::{Entrance, Listener};
pub use self::live::Live;
use self::pace::Pace;
use self::passage::{Line, Passage, SILENT, Stage, unread};
pub use self::probe::{Arrival, Probes, Seen};
use self::respond::{Answer, Door as Page, Dress, Shape, login_address, login_for_scripts};
pub use self::tls::Tls;
use self::untaken::Untaken;
pub use self::upstream::{Condition, Member, Roster, Upstreams};
use self::upstream::{Exchange, Tried};
use crate::assertion::headers::{Set, Stripped};
use crate::assertion::{Addressee, Assertions, SigningKeys};
use crate::audit::{Audit, Event, Kind as Deed, Origin as Source};
use crate::clock::Clock;
use crate::config::LimitsSection;
use crate::gate::{self, Ask, Facts, Kind, Lookup, OwnPage, Permit, Raw, Reading, Refusal, Site, Sites, Verdict};
use crate::secret::Random;
use crate::session::{Cookies, Sessions, Visitor};
use crate::telemetry::{Requests, metrics};
use crate::types::{Origin, RequestId, Scheme};
use crate::wizard::visit::{Visit, signed_in, switch};

/// How often an application is asked: once more on another connection or another upstream, and once more again.
const TRIES: usize = 3;
/// How often a connection is tried for one request: every try that found nobody has sent nothing.
const CONNECTS: usize = 16;
/// Kept connections to applications.
const POOL: usize = 256;
/// How much of a user agent is kept, in characters.
const AGENT: usize = 256;
/// How long a client may keep the connection of a WebSocket that the application refused.
const REFUSED_SOCKET: Duration = Duration::from_secs(1);
/// Why a browser is not sent to https where it is by now.
const MISTAKEN: &str = "the browser came by https, and a server in front says http: let it say X-Forwarded-Proto: https, or \
                        so in the PROXY protocol";
/// The page with the public keys, under either reserved prefix.
const KEYS: &str = "jwks.json";

/// The configuration in force: one value, swapped as a whole, loaded once per request.
pub struct Running {
    pub sites: Arc<Sites>,
    pub stripped: Stripped,
    /// Peers whose `X-Forwarded-For` is believed.
    pub trusted: Vec<IpNet>,
    /// Who may ask over TCP whether a request is let through.
    pub callers: Vec<IpNet>,
    pub languages: Languages,
    pub limits: LimitsSection,
    /// `identity.user = "id"`: the user header carries the id.
    pub user_is_id: bool,
    /// Our own pages. Each request has an [`Arc`] of a [`Visit`] in its extensions.
    pub wizard: axum::Router,
    pub upstreams: Upstreams,
    /// `None`: everything is in clear.
    pub tls: Option<Tls>,
    /// Whose the pages are.
    pub brand: Arc<Brand>,
    /// Where requests are counted, of each site.
    counted: Vec<Requests>,
}

impl Running {
    pub fn build(
        sites: Arc<Sites>,
        trusted: Vec<IpNet>,
        limits: LimitsSection,
        user_is_id: bool,
        wizard: axum::Router,
        upstreams: Upstreams,
        tls: Option<Tls>,
    ) -> Self {
        let stripped = Stripped::new(sites.sites.iter().map(|site| &site.headers));
        let counted = sites.sites.iter().map(|site| metrics().requests(&site.audience)).collect();
        let (brand, languages) = (Arc::default(), Languages::all());
        let callers = Vec::new();
        Self {
            sites,
            stripped,
            trusted,
            callers,
            languages,
            limits,
            user_is_id,
            wizard,
            upstreams,
            tls,
            brand,
            counted,
        }
    }

    /// The same, answering servers in front from these networks.
    pub fn answering(self, callers: Vec<IpNet>) -> Self {
        Self { callers, ..self }
    }

    /// With pages in these languages, instead of all there are.
    pub fn speaking(self, languages: Languages) -> Self {
        Self { languages, ..self }
    }

    /// With pages of somebody's own.
    pub fn branded(self, brand: Arc<Brand>) -> Self {
        Self { brand, ..self }
    }

    /// Whether a client came in clear who could have come encrypted: here, or to the trusted proxy that says how it came.
    /// What such a proxy does not say is not held against anybody.
    fn is_exposed(&self, scheme: Option<Scheme>, through_proxy: bool, site: &Site) -> bool {
        let encrypted = site.url.as_ref().is_some_and(Origin::is_https);
        encrypted && (self.tls.is_some() || through_proxy) && scheme == Some(Scheme::Http)
    }

    /// Whether this is a proxy of ours, which speaks for many.
    fn trusts(&self, address: &IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(address))
    }
}

/// What outlives a configuration.
pub struct Door {
    pub running: Arc<ArcSwap<Running>>,
    pub sessions: Sessions,
    pub assertions: Assertions,
    pub keys: Arc<SigningKeys>,
    pub audit: Audit,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
    pub probes: Arc<Probes>,
}

/// Serves on these listeners until `stop`, and answers servers in front on `ears`; returns when every connection has
/// ended or was cut.
pub async fn serve(
    door: Arc<Door>,
    listeners: Vec<Listener>,
    ears: Ears,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let conf = ServerConf { max_retries: CONNECTS, upstream_keepalive_pool_size: POOL, ..ServerConf::default() };
    let live = Arc::new(Live::default());
    let ended = live.clone();
    door.sessions.on_end(Arc::new(move |session| ended.cut(session)));
    let here = RequestId::generate(&*door.random);
    let running = door.running.clone();
    let clock = door.clock.clone();
    let requests = Arc::new(Addresses::of("requests"));
    let told = Arc::default();
    let gatekeeper = Gatekeeper { door, live, requests: requests.clone(), untaken: Arc::default(), here, told };
    let asked = tokio::spawn(forward_auth::serve(gatekeeper.clone(), ears, stop.clone()));
    // Pingora panics where the machine's list of certificate authorities cannot be read.
    let proxy = std::panic::catch_unwind(AssertUnwindSafe(|| http_proxy(&Arc::new(conf), gatekeeper)))
        .map_err(|_| std::io::Error::other("the machine's certificate authorities cannot be read"))?;

    let checking = tokio::spawn(upstream::watch(running.clone(), clock, stop.clone()));
    let (stopping, stopped) = watch::channel(false);
    let listening = Arc::new(Listening::new(Arc::new(proxy), running, requests, stop.clone(), stopped));
    let mut accepting = JoinSet::new();
    for listener in listeners {
        accepting.spawn(listening.clone().accept(listener));
    }
    stop.cancelled().await;
    let _ = stopping.send(true);
    while accepting.join_next().await.is_some() {}
    let _ = tokio::join!(checking, asked);
    Ok(())
}

/// The filters that Pingora calls.
#[derive(Clone)]
pub struct Gatekeeper {
    door: Arc<Door>,
    live: Arc<Live>,
    /// Requests under way: here those of clients behind trusted proxies are entered, others where they arrive.
    requests: Arc<Addresses>,
    untaken: Arc<Untaken>,
    /// This process, for loops.
    here: RequestId,
    /// It was said that a proxy in front of us is not trusted.
    told: Arc<AtomicBool>,
}

/// What is to be done with a request.
enum Next {
    Forward,
    Answer(Answer),
}

impl Gatekeeper {
    /// The list. `Err`: a refusal with this status.
    async fn judge(&self, session: &mut Session, passage: &mut Passage) -> Result<Next, Refused> {
        let request = passage.request.clone().ok_or(StatusCode::INTERNAL_SERVER_ERROR)?;
        let running = passage.running.clone();
        if request.arrived.framing != Framing::Upgrade {
            // Only a clean WebSocket handshake may change what the connection speaks.
            session.req_header_mut().remove_header(&header::UPGRADE);
        }
        if is_old(session) {
            // It knows no interim answers and waits for none (RFC 9110 section 15.2).
            session.req_header_mut().remove_header(&header::EXPECT);
            session.set_ignore_info_resp(true);
        }
        if identity::is_loop(&session.req_header().headers, &self.here) {
            return Err(StatusCode::LOOP_DETECTED.into());
        }

        // facts, site
        let now = self.door.clock.now();
        let (facts, wanted) = find(&raw(&request.arrived, session.req_header(), now), &running)?;
        let facts = Arc::new(facts);
        passage.shape = Shape::of(facts.kind, accept(session.req_header()));
        passage.facts = Some(facts.clone());
        if facts.through_proxy && !running.trusts(&facts.client) {
            // The proxy's connections are not counted, so one of its clients could take them all.
            let most = most_requests(&running.limits);
            let place = self.requests.enter(facts.client, most).ok_or(StatusCode::TOO_MANY_REQUESTS)?;
            passage.place = Some(place);
        }
        self.tell(&facts, session.req_header());
        let (site, ours) = match wanted {
            Wanted::Keys => {
                self.door.probes.saw(&facts, self.door.clock.now(), || {
                    let at = running.sites.by_host(&facts.host).and_then(|site| site.url.as_ref()?.at(&facts.host));
                    let (headers, trusted) = (&session.req_header().headers, running.trusts(&facts.client));
                    Seen::of(&request.arrived, &facts, headers, trusted, at.map(|origin| origin.to_string()))
                });
                return Ok(self.keys(&facts, passage));
            }
            Wanted::Encryption(site) => {
                // Before any cookie is looked at. Only to an address of the configuration.
                let location = site.encrypted(&facts).ok_or(StatusCode::MISDIRECTED_REQUEST)?;
                passage.site = Some(site);
                if facts.was_encrypted() {
                    // Sent there, it would come back by the same way, for ever.
                    return Err(Refused::because(StatusCode::BAD_REQUEST, MISTAKEN));
                }
                return Ok(Next::Answer(Answer::moved(&location)));
            }
            Wanted::Page(site) => (site, true),
            Wanted::Application(site) => (site, false),
        };
        passage.site = Some(site.clone());

        // the right connection
        if let (Some(tls), Some(secured)) = (&running.tls, &request.arrived.peer.tls)
            && !tls.fits(secured, &facts.host, &site)
        {
            // A browser may send it here because the certificate covers both hosts (RFC 9113 section 9.1.1). It comes again
            // over another connection; this one may be from before a reload, and good for nothing any more.
            session.set_keepalive(None);
            secured.leave(&facts.host);
            return Err(StatusCode::MISDIRECTED_REQUEST.into());
        }

        // own page, visitor
        let form = if ours { bridge::body(session).await? } else { Bytes::new() };
        let cookies = Cookies::read(cookie_fields(&session.req_header().headers), &site.cookies);
        let sessions = &self.door.sessions;
        let at = running.sites.at(&site, &facts.host);
        let visitor = match facts.own_page() {
            // Styles and pictures are the same for everybody: they need no session, nor a store that answers.
            OwnPage::Exact(page) if page.starts_with("assets/") => Ok(Visitor::Stranger),
            // Asked again and again by scripts: a page left open must not keep its session alive.
            OwnPage::Exact("session") => sessions.glance(cookies.session.as_ref(), &at).await,
            _ => sessions.visitor(cookies.session.as_ref(), &at).await,
        };
        let visitor = visitor.map_err(|error| unknown(&passage.id, &error))?;
        passage.account = visitor.live().map(|live| live.user.clone());
        if ours {
            let agent = agent(session.req_header());
            let sites = running.sites.clone();
            passage.speak(&session.req_header().headers);
            let (texts, languages) = (passage.texts.clone(), running.languages.clone());
            let (request, brand) = (passage.id.clone(), running.brand.clone());
            let visit = Visit { site, sites, facts, visitor, cookies, request, agent, texts, languages, brand };
            let answer = bridge::call(session, form, running.wizard.clone(), Arc::new(visit)).await?;
            return Ok(Next::Answer(self.readable(answer, passage)));
        }

        // decide
        match gate::decide(&site, &facts, &visitor, self.door.clock.now()) {
            // A site that others serve, asked for here.
            Verdict::Forward(_) if site.upstreams.is_empty() => Err(StatusCode::NOT_FOUND.into()),
            Verdict::Forward(permit) => Ok(self.admit(permit, &facts, session, passage).await?),
            Verdict::Ask(ask) => {
                Ok(Next::Answer(self.ask(&ask, &facts, (&site, &running.sites), &cookies, &passage.id)))
            }
            Verdict::Refuse(why) => {
                passage.speak(&session.req_header().headers);
                let from = (&*facts, Some(facts.client));
                self.record(why, from, &visitor, agent(session.req_header()), &passage.id).await;
                // A worker that a site with a portal had before the gate stood there goes. Never where a server in front
                // asks: to it whatever succeeds is a yes.
                let retires = why == Refusal::ServiceWorker && !site.own_pages;
                let no = || self.forbid(why, &facts, &site, passage);
                Ok(Next::Answer(if retires { Answer::retirement() } else { no() }))
            }
        }
    }

    /// Keeps the permit, with the identity that goes with it, and enters the request under its session.
    async fn admit(
        &self,
        permit: Permit,
        facts: &Facts,
        session: &mut Session,
        passage: &mut Passage,
    ) -> Result<Next, StatusCode> {
        let request = passage.request.as_ref().ok_or(StatusCode::INTERNAL_SERVER_ERROR)?;
        passage.exchange = exchange(facts, session.req_header());
        if facts.websocket {
            // Once it speaks, a WebSocket may be silent for as long as it likes.
            session.set_read_timeout(None);
        }
        if let Some(session) = permit.session() {
            passage.entry = Some(self.live.enter(session, request.token.clone()));
        }
        passage.identity = self.identity(&permit, passage).await?;
        let reader = self.untaken.reader(facts.client, request.token.clone());
        if request.arrived.streamed {
            passage.reader = Some(reader);
        } else {
            request.patience.answer(reader);
        }
        // Calls of gRPC are talks from their beginning.
        let talk = is_grpc(session.req_header());
        if matches!(request.arrived.framing, Framing::Length(1..) | Framing::Chunked) && !talk {
            passage.pace = Some(Pace::from(self.door.clock.now(), permit.site().terms.between_bytes_timeout));
        }
        // The body of a handshake does not end before the WebSocket does.
        passage.stage = Stage { sent: facts.websocket, ..Stage::default() };
        passage.wait();
        passage.permit = Some(permit);
        Ok(Next::Forward)
    }

    /// The headers that say who a permit is for; none for nobody.
    async fn identity(&self, permit: &Permit, passage: &Passage) -> Result<Option<Arc<[Set]>>, StatusCode> {
        let Some(identity) = permit.identity() else { return Ok(None) };
        let site = permit.site();
        let (user_is_id, names) = (passage.running.user_is_id, &site.headers);
        let to = Addressee { issuer: &site.issuer, audience: &site.audience, names, user_is_id };
        let headers = self.door.assertions.headers(&identity, to).await.map_err(|error| {
            tracing::error!(request = %passage.id, %error, "an assertion could not be made");
            StatusCode::SERVICE_UNAVAILABLE
        })?;
        Ok(Some(headers))
    }

    /// What a visitor who lacks the level is told.
    fn ask(&self, ask: &Ask, facts: &Facts, at: (&Site, &Sites), cookies: &Cookies, id: &RequestId) -> Answer {
        let (site, sites) = at;
        let entrance = if ask.step_up { Page::Verify } else { Page::Login };
        let mut answer = if facts.kind == Kind::Navigation {
            Answer::redirect(&facts.method, &login_address(entrance, facts, site))
        } else {
            Answer::challenge(&login_for_scripts(entrance, facts, site, sites), id)
        };
        // Two cookies of one name stay ambiguous until somebody clears them.
        for name in &cookies.unclear {
            if let Ok(value) = HeaderValue::try_from(site.cookies.clear(name)) {
                answer.headers.append(header::SET_COOKIE, value);
            }
        }
        answer
    }

    /// Says once what is easily overlooked: behind a proxy that is not trusted all users share one address, and with it
    /// one throttle.
    fn tell(&self, facts: &Facts, head: &RequestHeader) {
        let near = match facts.client {
            IpAddr::V4(four) => four.is_private() || four.is_loopback(),
            IpAddr::V6(six) => six.is_unique_local() || six.is_loopback(),
        };
        let behind = near && !facts.through_proxy && head.headers.contains_key("x-forwarded-for");
        if behind && !self.door.running.load().trusts(&facts.client) && !self.told.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                peer = %facts.client,
                "a peer that is not in trust.proxies sends X-Forwarded-For: if it is your proxy, all users share one \
                 address; add it to trust.proxies"
            );
        }
    }

    /// The public keys, for every host.
    fn keys(&self, facts: &Facts, passage: &Passage) -> Next {
        Next::Answer(match facts.method {
            Method::GET | Method::HEAD => Answer::keys(self.door.keys.jwks()),
            _ => self.refusal(StatusCode::METHOD_NOT_ALLOWED, passage).allowing("GET, HEAD"),
        })
    }

    /// The row that the request id on the page leads to. One that cannot be written does not turn a no into anything
    /// else. `from`: what was asked for, and by which address, where one is known.
    async fn record(
        &self,
        why: Refusal,
        from: (&Facts, Option<IpAddr>),
        visitor: &Visitor,
        agent: String,
        id: &RequestId,
    ) {
        let (facts, address) = from;
        let origin = Source { request: Some(id.clone()), address, agent: Some(agent), operator: None };
        let why = match why {
            Refusal::Denied => "no rule lets this through",
            Refusal::NotAllowed => "not among the users or groups of the rule",
            Refusal::ForeignOrigin => "a WebSocket opened by a page of another origin",
            Refusal::ServiceWorker => "a service worker's script",
            Refusal::NoCertificate => "no client certificate that the rule lets in",
        };
        let mut event = Event::new(Deed::Refused, &origin).detail(format!("{}: {why}", facts.host));
        if let Some(live) = visitor.live() {
            event = event.user(live.user.id, &live.user.name);
        }
        if let Err(error) = self.door.audit.record(event).await {
            tracing::error!(request = %id, %error, "a refusal could not be recorded");
        }
    }

    /// A no of the rules, said to whoever it is: another account may be let in, and the start page may be open.
    fn forbid(&self, why: Refusal, facts: &Facts, site: &Site, passage: &Passage) -> Answer {
        let texts = &passage.texts;
        let mut links = Vec::new();
        if why == Refusal::NotAllowed {
            links.push(Link::new(texts.text("refused-as-another"), login_address(Page::Login, facts, site)));
        }
        if facts.path != site.prefix {
            links.push(Link::new(texts.text("back-to-site"), site.prefix.as_str()));
        }
        let said = if why == Refusal::NoCertificate { Why::NoCertificate } else { Why::Status };
        let status = (StatusCode::FORBIDDEN, said);
        Answer::refusal(status, passage.shape, &passage.id, links, &self.frame(passage), texts)
    }

    fn refusal(&self, status: StatusCode, passage: &Passage) -> Answer {
        let (said, frame) = ((status, Why::Status), self.frame(passage));
        Answer::refusal(said, passage.shape, &passage.id, Vec::new(), &frame, &passage.texts)
    }

    /// A page of ours that is not there, in the shape of every other refusal: a script asked for no page.
    fn readable(&self, mut answer: Answer, passage: &Passage) -> Answer {
        let nowhere = matches!(answer.status, StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED);
        if nowhere && passage.shape != Shape::Page {
            let refusal = self.refusal(answer.status, passage);
            // The methods of this very page are known better by who answered.
            for (name, value) in &refusal.headers {
                if name != header::ALLOW || !answer.headers.contains_key(name) {
                    answer.headers.insert(name, value.clone());
                }
            }
            answer.body = refusal.body;
        }
        answer
    }

    fn frame(&self, passage: &Passage) -> Frame {
        let url = passage.site.as_ref().and_then(|site| site.url.as_ref());
        let host = passage.facts.as_ref().map(|facts| facts.host.clone()).unwrap_or_default();
        let origin = url.and_then(|url| url.at(&host));
        Frame {
            // As on our other pages: the port belongs to the name where it is not the scheme's own.
            site: origin.as_ref().map_or(host, |origin| origin.authority()),
            origin: origin.map(|origin| origin.to_string()).unwrap_or_default(),
            bound_for: None,
            now: u64::try_from(self.door.clock.wall().secs()).unwrap_or(0),
            account: passage.account.as_ref().map(|user| signed_in(&user.name)),
            switch: self.switch(passage),
            brand: self.door.running.load().brand.clone(),
            ends: None,
        }
    }

    /// Where the page of a refusal is found again, and can be had in another language: what was asked for by a form is not
    /// sent again.
    fn switch(&self, passage: &Passage) -> Option<Switch> {
        let facts = passage.facts.as_ref().filter(|facts| facts.method == Method::GET)?;
        passage.site.as_ref()?;
        Some(switch(facts.target.clone(), &passage.running.languages))
    }

    /// Writes an answer of ours. A client that went away meanwhile is no error of anybody.
    async fn write(&self, session: &mut Session, passage: &mut Passage, mut answer: Answer) {
        if is_grpc(session.req_header()) {
            answer = answer.for_a_call();
        }
        let answer = answer.said_in(&passage.texts);
        let dress = dress(session, passage);
        passage.line.status = answer.status.as_u16();
        match bridge::write(session, answer, dress).await {
            Ok(bytes) => passage.line.bytes = bytes,
            Err(error) => tracing::debug!(request = %passage.id, error = error.etype().as_str(), "not all was sent"),
        }
    }
}

/// What a request is for.
enum Wanted {
    /// A page of ours, in the name of this site.
    Page(Arc<Site>),
    /// The public keys, which every host has.
    Keys,
    /// Anything of this site's host by somebody who came in clear.
    Encryption(Arc<Site>),
    /// An application.
    Application(Arc<Site>),
}

/// The store cannot say who a visitor is: nobody is let through.
fn unknown(id: &RequestId, error: &dyn std::fmt::Display) -> StatusCode {
    tracing::error!(request = %id, %error, "a session could not be looked up");
    StatusCode::SERVICE_UNAVAILABLE
}

/// One reading, in the way the sites of the host read, and what is wanted by it.
fn find(raw: &Raw<'_>, running: &Running) -> Result<(Facts, Wanted), Refused> {
    let (host, port) = Facts::host(raw)?;
    let site = running.sites.by_host(&host);
    let reading = site.as_ref().map_or(Reading::Strict, |site| site.reading);
    let facts = Facts::read_at((host, port), raw, reading, &running.trusted)?;
    let wanted = match (facts.own_page(), site) {
        (OwnPage::Exact(KEYS) | OwnPage::WellKnown(KEYS), _) => Wanted::Keys,
        (_, None) => return Err(StatusCode::MISDIRECTED_REQUEST.into()),
        // Neither ours to serve nor to send on: something behind us could read it as one of our pages.
        (OwnPage::OddSpelling, Some(_)) => return Err(StatusCode::NOT_FOUND.into()),
        // By the host alone, whether there is such a path or not: only over TLS is it told to stay there.
        (_, Some(site)) if running.is_exposed(facts.scheme, facts.through_proxy, &site) => Wanted::Encryption(site),
        (OwnPage::Exact(_) | OwnPage::WellKnown(_), Some(site)) => Wanted::Page(site),
        (OwnPage::No, Some(site)) if facts.path == "/" && running.sites.is_portal(&site) => Wanted::Page(site),
        (OwnPage::No, Some(_)) => match running.sites.locate(&facts) {
            Lookup::Site(site) => Wanted::Application(site),
            Lookup::NoPath => return Err(StatusCode::NOT_FOUND.into()),
            Lookup::NoHost => return Err(StatusCode::MISDIRECTED_REQUEST.into()),
        },
    };
    Ok((facts, wanted))
}

/// What an answer of ours wears: that of the host it was asked from, whatever is wrong with the rest of the request.
fn dress(session: &Session, passage: &Passage) -> Dress {
    let Some(request) = &passage.request else { return Dress::plain() };
    let (running, raw) = (&passage.running, raw(&request.arrived, session.req_header(), passage.started));
    let of_host = || running.sites.by_host(&Facts::host(&raw).ok()?.0);
    let Some(site) = passage.site.clone().or_else(of_host) else { return Dress::plain() };
    let through_proxy = raw.is_through_proxy(&running.trusted);
    let exposed = running.is_exposed(raw.scheme(through_proxy), through_proxy, &site);
    if exposed { Dress::at(&site).in_clear() } else { Dress::at(&site) }
}

fn accept(head: &RequestHeader) -> Option<&[u8]> {
    head.headers.get(header::ACCEPT).map(|value| value.as_bytes())
}

fn agent(head: &RequestHeader) -> String {
    let agent = head.headers.get(header::USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()));
    agent.unwrap_or_default().chars().take(AGENT).collect()
}

/// Whether an answer is under way that nothing else may be written into. A 101 is one (RFC 9110 section 15.2.2): what
/// follows it is no HTTP any more, and an answer of ours would be read as frames.
fn begun(session: &Session) -> bool {
    session.response_written().is_some_and(|head| is_answer(head.status))
}

/// A final answer, or the one that ends HTTP.
fn is_answer(status: StatusCode) -> bool {
    !status.is_informational() || status == StatusCode::SWITCHING_PROTOCOLS
}

/// Whether the client speaks HTTP/1.0.
fn is_old(session: &Session) -> bool {
    session.req_header().version == Version::HTTP_10
}

/// What kind of answer is asked for. What is answered decides in the end.
fn exchange(facts: &Facts, head: &RequestHeader) -> Exchange {
    if facts.websocket {
        Exchange::WebSocket
    } else if is_grpc(head)
        || accept(head).is_some_and(|accept| accept.split(|byte| *byte == b',').any(answer::is_stream))
    {
        Exchange::Stream
    } else {
        Exchange::Ordinary
    }
}

/// Whether it is a call of gRPC, whose messages may be as far apart as the two like.
fn is_grpc(head: &RequestHeader) -> bool {
    head.headers.get(header::CONTENT_TYPE).is_some_and(|kind| answer::is_grpc(kind.as_bytes()))
}

/// Whether a request may be sent a second time, although the first may have reached an application: it changes nothing
/// there (RFC 9110 sections 9.2.1 and 9.2.2), and it is whole without a body. Idempotent is not enough: a PUT that
/// arrives twice may undo what came between.
fn is_repeatable(session: &mut Session, facts: &Facts) -> bool {
    let safe = matches!(facts.method, Method::GET | Method::HEAD | Method::OPTIONS);
    safe && !facts.websocket && session.is_body_empty()
}

#[async_trait]
impl ProxyHttp for Gatekeeper {
    type CTX = Passage;

    fn new_ctx(&self) -> Passage {
        let running = self.door.running.load_full();
        Passage {
            id: RequestId::generate(&*self.door.random),
            clock: self.door.clock.clone(),
            started: self.door.clock.now(),
            texts: running.languages.fallback().clone(),
            running,
            request: Request::current(),
            facts: None,
            site: None,
            account: None,
            shape: Shape::Problem,
            permit: None,
            identity: None,
            exchange: Exchange::Ordinary,
            choice: None,
            tried: Tried::default(),
            tries: 0,
            entry: None,
            place: None,
            reader: None,
            streaming: None,
            pace: None,
            stage: Stage::default(),
            line: Line::default(),
        }
    }

    /// Everything up to the decision. `true`: answered here.
    async fn request_filter(&self, session: &mut Session, passage: &mut Passage) -> pingora::Result<bool> {
        passage.line.method = session.req_header().method.clone();
        let wants_page = accept(session.req_header()).is_some_and(|accept| accept.starts_with(b"text/html"));
        passage.shape = if wants_page { Shape::Page } else { Shape::Problem };
        // A panic anywhere in our part is an answer that refuses, never a request that goes on.
        let outcome = AssertUnwindSafe(self.judge(session, passage)).catch_unwind().await;
        if matches!(outcome, Err(_) | Ok(Err(_))) {
            passage.speak(&session.req_header().headers);
        }
        // Of what is no request nothing is told but why.
        let readable = !matches!(&outcome, Ok(Err(Refused { why: Some(_), .. })));
        if let (None, Some(request), true) = (&passage.facts, &passage.request, readable) {
            let raw = raw(&request.arrived, session.req_header(), passage.started);
            passage.line.unread = (raw.host[..raw.host.len().min(100)].escape_ascii().to_string(), unread(raw.target));
        }
        let answer = match outcome {
            Ok(Ok(Next::Forward)) => return Ok(false),
            Ok(Ok(Next::Answer(answer))) => answer,
            Ok(Err(refused)) => {
                passage.line.error = refused.why;
                self.refusal(refused.status, passage)
            }
            Err(_) => {
                passage.permit = None;
                tracing::error!(request = %passage.id, "a request was given up after a panic");
                self.refusal(StatusCode::INTERNAL_SERVER_ERROR, passage)
            }
        };
        if !begun(session) {
            self.write(session, passage, answer).await;
        }
        Ok(true)
    }

    /// Where the permit says, and nowhere without one.
    async fn upstream_peer(&self, _session: &mut Session, passage: &mut Passage) -> pingora::Result<Box<HttpPeer>> {
        let refuse = |status: StatusCode, why| Error::explain(ErrorType::HTTPStatus(status.as_u16()), why);
        let Some(permit) = &passage.permit else {
            return Err(refuse(StatusCode::FORBIDDEN, "there is no permit"));
        };
        let (upstreams, exchange) = (&passage.running.upstreams, passage.exchange);
        // What an earlier try counted there, first: a request is under way at one upstream.
        passage.choice = None;
        passage.tries += 1;
        loop {
            let choice = upstreams.choose(permit.site(), &mut passage.tried, exchange).map_err(|why| {
                match why {
                    upstream::Unavailable::Protocol => tracing::warn!(request = %passage.id, "{why}"),
                    // Told when it began: a line for each request would only fill the disk.
                    _ => tracing::debug!(request = %passage.id, "{why}"),
                }
                refuse(why.status(), "no upstream takes it")
            })?;
            match upstreams.peer(&choice, exchange).await {
                Ok(mut peer) => {
                    if !passage.is_streamed() {
                        // `Patience` measures every silence, and learns from the answer which may last. Where many
                        // requests share a connection only Pingora can still answer 504, so there its limit stays.
                        peer.options.read_timeout = None;
                    }
                    passage.choice = Some(choice);
                    return Ok(peer);
                }
                Err(error) => {
                    upstreams.failed(&choice, None, &error.to_string());
                    if !upstreams.is_more(&choice, passage.tried, exchange) {
                        return Err(refuse(StatusCode::BAD_GATEWAY, "no upstream has an address"));
                    }
                }
            }
        }
    }

    /// Nothing was sent yet: whatever it is, another upstream or another address may take it.
    fn fail_to_connect(
        &self,
        _session: &mut Session,
        peer: &HttpPeer,
        passage: &mut Passage,
        mut error: Box<Error>,
    ) -> Box<Error> {
        let more = passage.choice.as_ref().is_some_and(|choice| {
            let upstreams = &passage.running.upstreams;
            let others = upstreams.failed(choice, Some(peer), &unreachable(&error));
            upstreams.is_more(choice, passage.tried, passage.exchange) || others && passage.tries < TRIES
        });
        let again = more && passage.tries < CONNECTS;
        error.set_retry(again);
        passage.stage.unreached = !again;
        error
    }

    async fn connected_to_upstream(
        &self,
        _session: &mut Session,
        reused: bool,
        _peer: &HttpPeer,
        _socket: std::os::unix::io::RawFd,
        _digest: Option<&pingora::protocols::Digest>,
        passage: &mut Passage,
    ) -> pingora::Result<()> {
        if let (Some(choice), false) = (&passage.choice, reused) {
            choice.visit.member().answer();
        }
        Ok(())
    }

    /// Something was sent. Pingora would send it again on a kept connection if only the method is idempotent; here only
    /// what changes nothing is, and only while no word of an answer came.
    fn error_while_proxy(
        &self,
        _peer: &HttpPeer,
        session: &mut Session,
        mut error: Box<Error>,
        passage: &mut Passage,
        reused: bool,
    ) -> Box<Error> {
        use ErrorType::{ConnectionClosed, H2Downgrade, H2Error, InvalidH2, ReadError, WriteError};
        let broke = *error.esource() == ErrorSource::Upstream
            && matches!(error.etype(), ConnectionClosed | ReadError | WriteError | H2Error | H2Downgrade | InvalidH2);
        let elsewhere = passage.choice.as_ref().is_some_and(|choice| {
            passage.running.upstreams.is_more(choice, passage.tried, passage.exchange)
                // It asks for HTTP/1.1, and Pingora remembers that.
                || matches!(error.etype(), H2Downgrade | InvalidH2)
        });
        let repeatable = passage.facts.as_ref().is_some_and(|facts| is_repeatable(session, facts));
        let again = broke && repeatable && !passage.stage.heard && !begun(session) && (reused || elsewhere);
        error.set_retry(again && passage.tries < TRIES);
        error
    }

    async fn upstream_request_filter(
        &self,
        session: &mut Session,
        head: &mut RequestHeader,
        passage: &mut Passage,
    ) -> pingora::Result<()> {
        let (Some(permit), Some(facts), Some(request)) = (&passage.permit, &passage.facts, &passage.request) else {
            return Err(Error::explain(ErrorType::HTTPStatus(403), "there is no permit"));
        };
        let context = identity::Context {
            stripped: &passage.running.stripped,
            identity: passage.identity.as_deref().unwrap_or_default(),
            peer: request.arrived.peer.address,
            here: &self.here,
        };
        identity::apply(head, permit, facts, &context)?;
        // There are applications that answer and leave the body on the connection, where it would be read as the next
        // request: one that nobody judged, and whose answer somebody else would get. So nothing follows a body there. In
        // HTTP/2 a body ends with its stream, and the field is an error (RFC 9113 section 8.2.2).
        let empty = session.is_body_empty();
        let last = head.version != Version::HTTP_2 && !facts.websocket && !empty;
        if last {
            head.insert_header(header::CONNECTION, "close")?;
        }
        if empty {
            // No body passes that would say so when it ends.
            passage.stage.sent = true;
            passage.wait();
        }
        Ok(())
    }

    /// The application's time begins when it has the whole request, however long a visitor takes to send it.
    async fn request_body_filter(
        &self,
        _session: &mut Session,
        body: &mut Option<Bytes>,
        end: bool,
        passage: &mut Passage,
    ) -> pingora::Result<()> {
        if let (Some(pace), Some(body), false) = (&mut passage.pace, body, end)
            && !pace.keeps(body.len(), self.door.clock.now())
        {
            return Err(Error::explain(ErrorType::HTTPStatus(408), "the body comes too slowly").into_down());
        }
        passage.stage.sent |= end;
        if end || passage.is_streamed() {
            passage.wait();
        }
        Ok(())
    }

    async fn upstream_response_filter(
        &self,
        session: &mut Session,
        head: &mut ResponseHeader,
        passage: &mut Passage,
    ) -> pingora::Result<()> {
        let asked = passage.facts.as_ref().is_some_and(|facts| facts.websocket);
        if head.status == StatusCode::SWITCHING_PROTOCOLS && !asked {
            // Nobody asked: the visitor's side and ours would not agree on where this answer ends.
            let why = "the upstream changes the protocol unasked";
            return Err(Error::explain(ErrorType::InvalidHTTPHeader, why).into_up());
        }
        passage.stage.heard = true;
        answer::one_end(head)?;
        if is_answer(head.status) {
            passage.stage.begun = true;
            passage.settle(head);
            passage.wait();
            // What is answered before its end is said, and did not say its length, is a talk.
            let said = passage.request.as_ref().map(|request| request.arrived.framing);
            passage.pace = passage.pace.filter(|_| said != Some(Framing::Chunked));
            passage.line.status = head.status.as_u16();
        }
        let Some(permit) = &passage.permit else { return Ok(()) };
        if asked && head.status.as_u16() >= 200 {
            // No WebSocket after all: a client that does not close now would hold the connection for ever.
            session.set_read_timeout(Some(REFUSED_SOCKET));
        }
        if passage.facts.as_ref().is_some_and(|facts| facts.scheme == Some(Scheme::Https)) {
            answer::keep_encrypted(head, permit.site().hsts.as_ref())?;
        }
        answer::without_our_cookies(head, &permit.site().cookies)?;
        if permit.site().own_pages {
            answer::apart_from_our_pages(head)?;
        }
        if permit.private() && !head.status.is_informational() {
            answer::keep_private(head)?;
        }
        Ok(())
    }

    /// The answer as the client's version of HTTP can be told where it ends.
    async fn response_filter(
        &self,
        session: &mut Session,
        head: &mut ResponseHeader,
        _passage: &mut Passage,
    ) -> pingora::Result<()> {
        // An answer before the end of the request ends the connection. One that only says "go on" is none.
        session.set_close_on_response_before_downstream_finish(is_answer(head.status));
        if is_old(session) && head.remove_header(&header::TRANSFER_ENCODING).is_some() {
            // Chunks would be read as content: the end of the connection is the end of the answer.
            session.set_keepalive(None);
        }
        Ok(())
    }

    fn response_body_filter(
        &self,
        _session: &mut Session,
        body: &mut Option<Bytes>,
        end: bool,
        passage: &mut Passage,
    ) -> pingora::Result<Option<Duration>> {
        passage.wait();
        passage.line.bytes += body.as_ref().map_or(0, Bytes::len);
        // Nothing more is read ahead behind the last piece.
        if let (Some(reader), Some(piece), false) = (&passage.reader, body, end) {
            *piece = reader.give(std::mem::take(piece));
        }
        Ok(None)
    }

    /// Whose fault it was decides the status; what was already begun is only ended.
    async fn fail_to_proxy(&self, session: &mut Session, error: &Error, passage: &mut Passage) -> FailToProxy {
        let overdue = passage.is_overdue();
        // The silence of the application looks like a client that cannot be read (see `Patience`).
        let status = if overdue { Some(StatusCode::GATEWAY_TIMEOUT) } else { failure(error) };
        // That nobody is there was told when it began.
        if (overdue || *error.esource() == ErrorSource::Upstream) && !passage.stage.unreached {
            let silent = overdue || *error.etype() == ErrorType::ReadTimedout;
            passage.blame(if silent { SILENT.to_owned() } else { reason(error) });
        }
        if status.is_some_and(|status| (502..=504).contains(&status.as_u16())) {
            passage.count_failure();
        }
        if *error.esource() == ErrorSource::Downstream && status == Some(StatusCode::BAD_REQUEST) {
            let fault = unclear(error).map(ToString::to_string);
            passage.line.error = Some(fault.unwrap_or_else(|| "the body cannot be read".to_owned()));
        }
        if let (Some(status), false) = (status, begun(session)) {
            passage.speak(&session.req_header().headers);
            let answer = self.refusal(status, passage);
            self.write(session, passage, answer).await;
        }
        FailToProxy { error_code: status.map_or(0, |status| status.as_u16()), can_reuse_downstream: false }
    }

    /// Pingora's own lines would show path and query.
    fn suppress_error_log(&self, _session: &Session, _passage: &Passage, _error: &Error) -> bool {
        true
    }

    fn suppress_proxy_warn_log(
        &self,
        _session: &Session,
        _passage: &Passage,
        _error: &Error,
        _context: ProxyWarnLogContext,
    ) -> bool {
        true
    }

    fn request_summary(&self, _session: &Session, passage: &Passage) -> String {
        format!("request {}", passage.id)
    }
}
