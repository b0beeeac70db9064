//! Between a site and the portal. A site without pages of its own sends the browser to the portal with a signed errand and
//! keeps a nonce in it; the portal, once it knows who is there, sends it back with a ticket; the ticket, the nonce and the
//! origin together open the site's session. Whatever of the three does not fit ends on a page that says so, and the
//! ticket is gone. Nothing here may open a session for another browser than the one that was sent.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use vestibule_templates::pages::blocked::Cause;

use super::failure::Failure;
use super::finish::{ACCOUNT, query, see_other, set_cookie, with_query};
use super::guard;
use super::login::blocked_by;
use super::{PREFIX, Visit, Wizard, logout};
use crate::gate::{OwnPage, Portal};
use crate::secret::{NonceKind, SiteKind, Token};
use crate::session::SessionError;
use crate::store::VaultError;

/// How long it is remembered that a browser came back: a browser that goes round in a circle takes less.
const HOP_LIFE: Duration = Duration::from_secs(60);
/// After so many ways to the portal and back for one address within that time, another would end like them.
const MOST_HOPS: u8 = 2;
/// Tabs of one browser that may be on their way at once.
const MOST_WAYS: usize = 12;

/// What a site sends a browser to the portal for.
#[derive(Debug, Serialize, Deserialize)]
pub struct Errand {
    /// The address to return to, checked by the site that was asked for it.
    pub back: String,
    /// Of the site.
    origin: String,
    /// The hash of the browser's nonce, in hexadecimal.
    nonce: String,
    hops: u8,
}

/// A way to the portal that this browser was sent on, and how often it came back by one for this address.
struct Way {
    nonce: Token<NonceKind>,
    hops: u8,
    /// Which address, in short.
    tag: String,
}

impl Way {
    fn parse(text: &str) -> Option<Self> {
        let (nonce, rest) = text.split_once('.')?;
        let (hops, tag) = rest.split_once('.')?;
        Some(Self { nonce: Token::parse(nonce)?, hops: hops.parse().ok()?, tag: tag.to_owned() })
    }

    fn is_of(&self, errand: &Errand) -> bool {
        self.nonce.hash().hex() == errand.nonce
    }
}

/// What the nonce cookie holds: the last ways of all tabs, the newest first. A script of the application can plant one of
/// its own while there is none: so what it holds already is kept for the tabs that are under way, and nothing new is
/// ever begun with it.
struct Ways(Vec<Way>);

impl Ways {
    fn of(visit: &Visit) -> Self {
        let text = visit.cookies.nonce.as_deref().unwrap_or_default();
        Self(text.split('~').filter_map(Way::parse).take(MOST_WAYS).collect())
    }

    fn hops(&self, tag: &str) -> u8 {
        self.0.iter().filter(|way| way.tag == tag).map(|way| way.hops).max().unwrap_or(0)
    }

    fn begin(&mut self, way: Way) {
        self.0.insert(0, way);
        self.0.truncate(MOST_WAYS);
    }

    fn cookie(&self, visit: &Visit, life: Duration) -> String {
        let names = &visit.site.cookies;
        let written = |way: &Way| format!("{}.{}.{}", way.nonce.encode(), way.hops, way.tag);
        let ways: Vec<String> = self.0.iter().map(written).collect();
        names.set(&names.nonce, &ways.join("~"), Some(life))
    }
}

/// A text in short, to be known again.
pub fn tag(text: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(text)[..8])
}

/// Which of our pages is served where: on a site with a portal only what its session needs, on the portal what its
/// networks may see. The rest of a site's pages is at the portal.
pub async fn at_home(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
    request: Request,
    next: Next,
) -> Response {
    let page = match visit.facts.own_page() {
        OwnPage::Exact(page) => page,
        _ => "",
    };
    let reads = matches!(visit.facts.method, Method::GET | Method::HEAD);
    // What programs ask for, and what every page has, also one that says no: the switch of languages stands on refusals, which
    // every site makes for itself.
    let open = matches!(page, "session" | "language") || page.starts_with("assets/");
    let Some(portal) = visit.sites.portal_of(&visit.site) else {
        let closed = visit.sites.portal.as_ref().is_some_and(|portal| !portal.admits(visit.facts.client));
        let asks = |name: &str| query(&visit, name).is_some();
        // Whoever is signed in on a site must be able to end it from wherever he is, and be told; with an errand it would
        // be a way in.
        let leaves = page == "logout" || page == "login" && reads && asks("out") && !asks("state");
        // A provider asks what to say in a call from wherever it is, and is known by its signature.
        return if closed && !open && !leaves && !page.starts_with("call/") {
            Failure::Forbidden.into_response()
        } else {
            next.run(request).await
        };
    };
    if open || page == "callback" {
        return next.run(request).await;
    }
    if page.starts_with("call/") {
        return Failure::NotFound.into_response();
    }
    if !guard::is_navigation(&visit) {
        return Failure::NotFromHere.into_response();
    }
    match page {
        "login" | "verify" if reads => begin(&wizard, &visit, portal).unwrap_or_else(Failure::into_response),
        "logout" => logout::at_site(&wizard, &visit, portal).unwrap_or_else(Failure::into_response),
        _ if reads => see_other(&format!("{}{}", portal.url, visit.facts.target)),
        _ => see_other(&format!("{}{PREFIX}login", portal.url)),
    }
}

/// `/` of the portal.
pub async fn front() -> Response {
    see_other(ACCOUNT)
}

/// `login` and `verify` of a site: to the portal, which knows what is proved and asks for what is missing.
fn begin(wizard: &Wizard, visit: &Visit, portal: &Portal) -> Result<Response, Failure> {
    let at_portal = |page: &str, parameters: &[(&str, Option<&str>)]| {
        see_other(&format!("{}{}", portal.url, with_query(&format!("{PREFIX}{page}"), parameters)))
    };
    if query(visit, "to").is_some_and(|to| to == "account") {
        return Ok(at_portal("account", &[]));
    }
    if let Some(out) = query(visit, "out") {
        return Ok(at_portal("login", &[("out", Some(&out))]));
    }
    let asked = query(visit, "rd").and_then(|rd| wizard.return_address(visit, &rd));
    let back = asked.or_else(|| wizard.return_address(visit, &wizard.landing(visit))).ok_or(Failure::NotFound)?;
    if wizard.is_open(visit, &back.location) {
        return Ok(see_other(&back.location));
    }
    let origin = visit.site.origin(&visit.facts.host).ok_or(Failure::NotFound)?.to_string();
    let tag = tag(&back.location);
    let mut ways = Ways::of(visit);
    let hops = ways.hops(&tag);
    if hops >= MOST_HOPS {
        let mut response = blocked_by(wizard, visit, Cause::Loop, Some(&back.location));
        set_cookie(&mut response, &visit.site.cookies.clear(&visit.site.cookies.nonce));
        return Ok(response);
    }
    let nonce = Token::generate(&**wizard.vault.random());
    let errand = Errand { back: back.location, origin, nonce: nonce.hash().hex(), hops };
    ways.begin(Way { nonce, hops, tag });
    let state = wizard.sign(&errand)?;
    let sent = query(visit, "sent");
    let mut response = at_portal("login", &[("state", Some(&state)), ("sent", sent.as_deref())]);
    // For as long as its errand is good.
    set_cookie(&mut response, &ways.cookie(visit, wizard.settings.login_timeout));
    for name in &visit.cookies.unclear {
        set_cookie(&mut response, &visit.site.cookies.clear(name));
    }
    Ok(response)
}

impl Wizard {
    /// The errand this browser came to the portal with; `Some(None)`: what it brought we did not sign, or it is too old.
    pub(super) fn errand(&self, visit: &Visit) -> Option<Option<Errand>> {
        let state = query(visit, "state").filter(|_| visit.sites.is_portal(&visit.site))?;
        Some(self.read_signed(&state))
    }

    /// A word between a site and the portal, through the browser. The words have no field in common, so none passes for
    /// another.
    pub(super) fn sign<T: Serialize>(&self, word: &T) -> Result<String, Failure> {
        let text = serde_json::to_string(word).map_err(|_| Failure::Unreadable)?;
        Ok(self.sessions.state_seal().seal(&text))
    }

    pub(super) fn read_signed<T: DeserializeOwned>(&self, signed: &str) -> Option<T> {
        serde_json::from_str(&self.sessions.state_seal().open(signed)?).ok()
    }

    /// Back to the site, with a ticket for the session of this visitor.
    pub(super) async fn send_back(&self, visit: &Visit, errand: &Errand) -> Result<Response, Failure> {
        let Some(session) = &visit.cookies.session else { return Err(Failure::Overtaken) };
        let ticket = self.sessions.give_ticket(session, &errand.nonce, &errand.origin).await?;
        let callback = format!("{}{PREFIX}callback", errand.origin);
        let state = query(visit, "state");
        Ok(see_other(&with_query(&callback, &[("ticket", Some(&ticket.encode())), ("state", state.as_deref())])))
    }
}

/// `GET callback`: the end of a login on a site.
pub async fn callback(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
) -> Result<Response, Failure> {
    visit.sites.portal_of(&visit.site).ok_or(Failure::NotFound)?;
    let origin = visit.site.origin(&visit.facts.host).ok_or(Failure::NotFound)?.to_string();
    // Taken before anything is judged: one that came to the wrong browser or site has leaked.
    let ticket = match query(&visit, "ticket").and_then(|text| Token::<SiteKind>::parse(&text)) {
        Some(token) => wizard.sessions.take_ticket(&token).await?,
        None => None,
    };
    let errand = query(&visit, "state").and_then(|state| wizard.read_signed::<Errand>(&state));
    let Some(errand) = errand.filter(|errand| errand.origin == origin) else {
        return Ok(blocked_by(&wizard, &visit, Cause::WayBack, None));
    };
    let back = wizard.return_address(&visit, &errand.back).ok_or(Failure::NotFound)?.location;
    let mut ways = Ways::of(&visit);
    if ways.0.is_empty() {
        let twice = visit.cookies.unclear.contains(&visit.site.cookies.nonce);
        let cause = if twice { Cause::AnotherGate } else { Cause::CookiesBlocked };
        return Ok(blocked_by(&wizard, &visit, cause, Some(&back)));
    }
    let way = ways.0.iter_mut().find(|way| way.is_of(&errand));
    let ticket = ticket.filter(|ticket| way.is_some() && ticket.nonce == errand.nonce && ticket.origin == origin);
    let source = match &ticket {
        Some(ticket) => wizard.sessions.source(ticket).await?,
        None => None,
    };
    let (Some(ticket), Some(source)) = (ticket, source) else {
        // Gone back to, or another tab was first: whoever is signed in needs no ticket.
        let signed_in = wizard.is_open(&visit, &back);
        let again = || blocked_by(&wizard, &visit, Cause::WayBack, Some(&back));
        return Ok(if signed_in { see_other(&back) } else { again() });
    };
    let replaces = visit.visitor.live().map(|live| &*live.session);
    let place = wizard.place_of(&visit);
    let opened = match wizard.sessions.open_at_site(&ticket, &source, &place, replaces).await {
        Ok(opened) => opened,
        Err(SessionError::Vault(VaultError::Conflict(_))) => {
            return Ok(blocked_by(&wizard, &visit, Cause::WayBack, Some(&back)));
        }
        Err(error) => return Err(error.into()),
    };
    let mut response = see_other(&back);
    let names = &visit.site.cookies;
    set_cookie(&mut response, &names.set(&names.session, &opened.token.encode(), None));
    if let Some(way) = way {
        (way.hops, way.tag) = (errand.hops.saturating_add(1), tag(&back));
    }
    set_cookie(&mut response, &ways.cookie(&visit, HOP_LIFE));
    Ok(response)
}
