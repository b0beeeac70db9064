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
use crate::session::{MOST_WAYS, SessionError};
use crate::store::VaultError;

/// How long it is remembered that a browser came back: a browser that goes round in a circle takes less.
const HOP_LIFE: Duration = Duration::from_secs(60);
/// After so many ways to the portal and back for one address within that time, another would end like them.
const MOST_HOPS: u8 = 2;

/// What is said between a site and the portal, through the browser. One that is signed for a purpose is nothing to another,
/// whatever its fields.
pub trait Word: Serialize + DeserializeOwned {
    const PURPOSE: &'static str;
}

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

impl Word for Errand {
    const PURPOSE: &'static str = "errand";
}

/// What a browser brings to the portal, or back from there, in place of an errand's word.
pub enum Brought {
    Errand(Errand),
    /// We signed it, and it is too old: a page that was left open, or bookmarked. It still says where it was to lead.
    Late(Errand),
    /// Nobody signed it.
    Nothing,
}

impl Brought {
    /// The address to return to.
    pub fn back(&self) -> Option<&str> {
        match self {
            Brought::Errand(errand) | Brought::Late(errand) => Some(&errand.back),
            Brought::Nothing => None,
        }
    }
}

/// A way to the portal that this browser was sent on, as its cookie says. A script of the application can plant one of its
/// own: so each new errand has a new one, and no errand is ever begun with what was there before.
struct Way {
    nonce: Token<NonceKind>,
    /// How often this browser had come back for this address when it came back by this way; 0 while it is under way.
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

    fn cookie(&self, visit: &Visit, life: Duration) -> String {
        let names = &visit.site.cookies;
        let text = format!("{}.{}.{}", self.nonce.encode(), self.hops, self.tag);
        names.set(&names.nonce_of(mark(&self.nonce.hash().hex())), &text, Some(life))
    }
}

/// What tells the cookie of one way from those of other tabs, out of the hash of its nonce.
fn mark(nonce: &str) -> &str {
    nonce.get(..8).unwrap_or_default()
}

/// The ways of all tabs.
fn ways(visit: &Visit) -> Vec<Way> {
    visit.cookies.nonces.iter().filter_map(|(_, text)| Way::parse(text)).collect()
}

/// Has the browser forget those of its ways for which `ends` says so: by its place among them, the oldest first, and by
/// what its cookie says, if that is anything.
pub fn forget_ways(visit: &Visit, response: &mut Response, ends: impl Fn(usize, Option<&str>) -> bool) {
    let names = &visit.site.cookies;
    for (place, (mark, text)) in visit.cookies.nonces.iter().enumerate() {
        let way = Way::parse(text);
        if ends(place, way.as_ref().map(|way| way.tag.as_str())) {
            set_cookie(response, &names.clear(&names.nonce_of(mark)));
        }
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
    let hops = ways(visit).iter().filter(|way| way.tag == tag).map(|way| way.hops).max().unwrap_or(0);
    if hops >= MOST_HOPS {
        // Two sessions side by side, of which we see none: whatever set the other sets it again.
        let twice = visit.cookies.unclear.contains(&visit.site.cookies.session);
        let cause = if twice { Cause::AnotherGate } else { Cause::Loop };
        let mut response = blocked_by(wizard, visit, cause, Some(&back.location));
        forget_ways(visit, &mut response, |_, going_to| going_to == Some(&tag));
        return Ok(response);
    }
    let nonce = Token::generate(&**wizard.vault.random());
    let errand = Errand { back: back.location, origin, nonce: nonce.hash().hex(), hops };
    let way = Way { nonce, hops: 0, tag };
    let state = wizard.sign(&errand)?;
    let sent = query(visit, "sent");
    let mut response = at_portal("login", &[("state", Some(&state)), ("sent", sent.as_deref())]);
    // For as long as its errand is good.
    set_cookie(&mut response, &way.cookie(visit, wizard.settings.login_timeout));
    let crowded = (visit.cookies.nonces.len() + 1).saturating_sub(MOST_WAYS);
    forget_ways(visit, &mut response, |place, going_to| place < crowded || going_to.is_none());
    for name in &visit.cookies.unclear {
        set_cookie(&mut response, &visit.site.cookies.clear(name));
    }
    Ok(response)
}

impl Wizard {
    /// What this browser came to the portal with, if it came from a site.
    pub(super) fn errand(&self, visit: &Visit) -> Option<Brought> {
        query(visit, "state").filter(|_| visit.sites.is_portal(&visit.site)).map(|state| self.read_errand(&state))
    }

    fn read_errand(&self, state: &str) -> Brought {
        match self.read_signed(state) {
            Some(errand) => Brought::Errand(errand),
            None => self.read_late(state).map_or(Brought::Nothing, Brought::Late),
        }
    }

    pub(super) fn sign<T: Word>(&self, word: &T) -> Result<String, Failure> {
        let text = serde_json::to_string(word).map_err(|_| Failure::Unreadable)?;
        Ok(self.sessions.state_seal().seal(T::PURPOSE, &text))
    }

    pub(super) fn read_signed<T: Word>(&self, signed: &str) -> Option<T> {
        serde_json::from_str(&self.sessions.state_seal().open(T::PURPOSE, signed)?).ok()
    }

    /// The same where age takes nothing away.
    pub(super) fn read_late<T: Word>(&self, signed: &str) -> Option<T> {
        serde_json::from_str(&self.sessions.state_seal().open_late(T::PURPOSE, signed)?).ok()
    }

    /// Back to the site, with a ticket for the session of this visitor.
    pub(super) async fn send_back(&self, visit: &Visit, errand: &Errand) -> Result<Response, Failure> {
        if !visit.sites.serve(&errand.origin) {
            return Ok(blocked_by(self, visit, Cause::NoSite, Some(ACCOUNT)));
        }
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
    let errand = match query(&visit, "state").map(|state| wizard.read_errand(&state)) {
        Some(Brought::Errand(errand)) if errand.origin == origin => errand,
        Some(Brought::Late(errand)) if errand.origin == origin => {
            return Ok(blocked_by(&wizard, &visit, Cause::WayBack, Some(&errand.back)));
        }
        _ => return Ok(blocked_by(&wizard, &visit, Cause::WayBack, None)),
    };
    let back = wizard.return_address(&visit, &errand.back).ok_or(Failure::NotFound)?.location;
    let names = &visit.site.cookies;
    let ways = ways(&visit);
    if ways.is_empty() {
        let twice = visit.cookies.unclear.contains(&names.nonce_of(mark(&errand.nonce)));
        let cause = if twice { Cause::AnotherGate } else { Cause::CookiesBlocked };
        return Ok(blocked_by(&wizard, &visit, cause, Some(&back)));
    }
    let way = ways.into_iter().find(|way| way.is_of(&errand));
    let ticket = ticket.filter(|ticket| way.is_some() && ticket.nonce == errand.nonce && ticket.origin == origin);
    let source = match &ticket {
        Some(ticket) => wizard.sessions.source(ticket).await?,
        None => None,
    };
    let signed_in = wizard.is_open(&visit, &back);
    let (Some(way), Some(ticket), Some(source)) = (way, ticket, source) else {
        // Gone back to, or another tab was first: whoever is signed in needs no ticket.
        let again = || blocked_by(&wizard, &visit, Cause::WayBack, Some(&back));
        return Ok(if signed_in { see_other(&back) } else { again() });
    };
    let replaces = visit.visitor.live().map(|live| &*live.session);
    if signed_in && replaces.is_some_and(|old| old.login() == source.session.login()) {
        // Another tab was first: its session must not end under it.
        return Ok(see_other(&back));
    }
    let place = wizard.place_of(&visit);
    let opened = match wizard.sessions.open_at_site(&ticket, &source, &place, replaces).await {
        Ok(opened) => opened,
        Err(SessionError::Vault(VaultError::Conflict(_))) => {
            return Ok(blocked_by(&wizard, &visit, Cause::WayBack, Some(&back)));
        }
        Err(error) => return Err(error.into()),
    };
    let mut response = see_other(&back);
    set_cookie(&mut response, &names.set(&names.session, &opened.token.encode(), None));
    let way = Way { hops: errand.hops.saturating_add(1), tag: tag(&back), ..way };
    set_cookie(&mut response, &way.cookie(&visit, HOP_LIFE));
    Ok(response)
}
