//! The end of a step: which one comes next, the session that is opened, the cookies that say so, and the one place our
//! pages redirect from.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::http::header::{HeaderValue, LOCATION, RETRY_AFTER, SET_COOKIE};
use axum::response::{Html, IntoResponse, Response};
use serde::{Deserialize, Serialize};
use url::form_urlencoded;

use super::failure::Failure;
use super::portal::Word;
use super::stage::Login;
use super::trust::Keeping;
use super::{Visit, Wizard};
use crate::account::{BROWSER_LIFE, Factor, User, is_browser_key};
use crate::audit::{Event, Kind};
use crate::clock::Time;
use crate::gate::{self, ReturnAddress};
use crate::method::Proof;
use crate::secret::{LoginKind, Token};
use crate::session::{Enrols, Evidence, Need, Opened, Pending, Place, SessionError, level};
use crate::store::{Row, VaultError};
use crate::telemetry::metrics;
use crate::types::{Level, MethodId, Policy};

/// The one page of ours that a login may go to. No application's address looks like it, so it travels under a name of
/// its own.
pub const ACCOUNT: &str = "/.vestibule/account";

/// How often a session is opened anew whose browser changed at the same moment.
const ATTEMPTS: usize = 3;

/// A page with its status.
pub fn page(status: StatusCode, markup: impl Into<String>) -> Response {
    (status, Html(markup.into())).into_response()
}

/// 303: what a form that succeeded answers, and a GET whose step lies elsewhere. `location` is a path of ours, at the
/// portal's or a site's configured origin where it is not here, or comes from `Sites::return_address`: nothing else may be
/// passed.
pub fn see_other(location: &str) -> Response {
    match HeaderValue::try_from(location) {
        Ok(location) => (StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response(),
        Err(_) => Failure::Unreadable.into_response(),
    }
}

/// 429 with the time on it, the same for right and wrong answers.
pub fn waiting(mut response: Response, now: Time, until: Time) -> Response {
    *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(now.until(until).as_secs() + 1));
    response
}

/// Adds a `Set-Cookie`.
pub fn set_cookie(response: &mut Response, cookie: &str) {
    if let Ok(value) = HeaderValue::try_from(cookie) {
        response.headers_mut().append(SET_COOKIE, value);
    }
}

/// The first value of a query parameter; later ones are ignored.
pub fn query(visit: &Visit, name: &str) -> Option<String> {
    let query = visit.facts.query.as_deref()?;
    form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// A path of ours with a parameter, where there is one.
pub fn with_query(path: &str, parameters: &[(&str, Option<&str>)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in parameters {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    let query = query.finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// How an address to return to travels in a query of ours.
pub struct WayBack(&'static str, Option<String>);

impl WayBack {
    pub fn parameter(&self) -> (&str, Option<&str>) {
        (self.0, self.1.as_deref())
    }
}

/// An address that was checked before and could not be checked again: the portal's word to itself.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    kept: String,
}

impl Word for Kept {
    const PURPOSE: &'static str = "way back";
}

impl Wizard {
    /// What the query asks to return to, if that is a place to return to.
    pub(super) fn asked_for(&self, visit: &Visit) -> Option<String> {
        if let Some(brought) = self.errand(visit) {
            return brought.back().map(ToOwned::to_owned);
        }
        let account = || query(visit, "to").filter(|to| to == "account").map(|_| ACCOUNT.to_owned());
        let plain = || query(visit, "rd").filter(|rd| self.may_return_to(visit, rd));
        // However long ago it was signed: it gives nobody anything but a way on.
        let kept = || self.read_late::<Kept>(&query(visit, "kept")?).map(|kept| kept.kept);
        let kept = || kept().filter(|kept| self.kept_address(visit, kept).is_some());
        account().or_else(plain).or_else(kept)
    }

    /// How an address that was asked for goes on from page to page. Of the names below a wildcard nobody but the site that
    /// was asked knows which it was, and anybody can write a query: such an address travels signed.
    pub(super) fn way_back(&self, visit: &Visit, address: Option<&str>) -> WayBack {
        match address {
            None => WayBack("rd", None),
            Some(ACCOUNT) => WayBack("to", Some("account".to_owned())),
            Some(address) if self.return_address(visit, address).is_some() => WayBack("rd", Some(address.to_owned())),
            Some(address) if self.kept_address(visit, address).is_some() => self.keep(address),
            // It was checked before, and is no address of ours any more.
            Some(_) => WayBack("rd", None),
        }
    }

    /// The same of an address that was checked where it was asked for, for the portal to read.
    pub(super) fn keep(&self, address: &str) -> WayBack {
        WayBack("kept", self.sign(&Kept { kept: address.to_owned() }).ok())
    }

    /// A page of ours that knows where to go on to.
    pub(super) fn with_way_back(&self, visit: &Visit, page: &str, address: Option<&str>) -> String {
        with_query(page, &[self.way_back(visit, address).parameter()])
    }

    /// What the site is called that this leads to, where that is not the one whose page says so.
    pub(super) fn bound_for(&self, visit: &Visit, address: Option<&str>) -> Option<String> {
        let site = self.kept_address(visit, address?)?.site;
        (site.host != visit.site.host).then(|| site.called.clone())
    }

    /// Whether a login may end here.
    pub(super) fn may_return_to(&self, visit: &Visit, address: &str) -> bool {
        address == ACCOUNT || self.return_address(visit, address).is_some()
    }

    /// The address to return to, if it is one of ours to return to.
    pub(super) fn return_address(&self, visit: &Visit, address: &str) -> Option<ReturnAddress> {
        visit.sites.return_address(address, &visit.site, &visit.facts.host)
    }

    /// The same for one that was checked before it was kept: in a sealed form, on the server, in what a site signed. At the
    /// portal a name below a wildcard was asked for then.
    pub(super) fn kept_address(&self, visit: &Visit, address: &str) -> Option<ReturnAddress> {
        if visit.sites.is_portal(&visit.site) {
            visit.sites.kept_address(address)
        } else {
            self.return_address(visit, address)
        }
    }

    /// Where a login goes that was not asked for by an address: the site's front; at the portal, the account.
    pub(super) fn landing(&self, visit: &Visit) -> String {
        if visit.sites.is_portal(&visit.site) { ACCOUNT.to_owned() } else { visit.site.prefix.clone() }
    }

    /// Where to go, checked at the moment of going.
    pub(super) fn destination(&self, visit: &Visit, address: Option<&str>) -> String {
        if address == Some(ACCOUNT) {
            return ACCOUNT.to_owned();
        }
        address
            .and_then(|address| self.kept_address(visit, address))
            .map_or_else(|| self.landing(visit), |address| address.location)
    }

    /// What the address (or the landing page) demands of a navigation.
    pub(super) fn need(&self, visit: &Visit, address: Option<&str>) -> Need {
        let landing = self.landing(visit);
        let asked = address.and_then(|address| self.kept_address(visit, address));
        let asked = asked.or_else(|| self.return_address(visit, &landing));
        match asked {
            Some(asked) => gate::need(&asked, visit.facts.client),
            None => Need { policy: Policy::TwoFactor, factors: Vec::new(), max_age: None },
        }
    }

    pub(super) fn place_of(&self, visit: &Visit) -> Place {
        Place { address: Some(visit.facts.client), agent: visit.agent.clone() }
    }

    /// After a right first factor: what comes next.
    pub(super) async fn after_first(
        &self,
        visit: &Visit,
        user: &Arc<User>,
        proved: Evidence,
        return_to: Option<String>,
        previous: Option<&Login>,
    ) -> Result<Next, Failure> {
        let need = self.need(visit, return_to.as_deref());
        // Two kinds in one: the login is complete. What a rule wants besides is asked for like any step-up.
        let whole = Some(&proved).filter(|proved| proved.by_owner).cloned();
        let mut evidence = vec![proved];
        // Whoever signs in once more in a live session keeps what it proved: a password asked for by its age costs no
        // second factor.
        if let Some(live) = visit.visitor.live().filter(|live| live.user.id == user.id) {
            let others = live.evidence.iter().filter(|old| old.factor != evidence[0].factor);
            evidence.extend(others.cloned().collect::<Vec<_>>());
        }
        let enough = |evidence: &[Evidence]| {
            level(evidence) == Level::Verified && (whole.is_some() || gate::accepts(&need, evidence, self.vault.now()))
        };
        // Once more where the same value was used twice at one moment, by another tab.
        for last in [false, true] {
            let Some(remembered) = self.remembered(visit, user, &evidence).await? else { break };
            let recalled = Evidence::from(&remembered.proof);
            let evidence = [evidence.as_slice(), std::slice::from_ref(&recalled)].concat();
            if need.policy == Policy::TwoFactor && !enough(&evidence) {
                break;
            }
            let keeping = Keeping::Remembered(remembered);
            match self.open(visit, user, evidence, Some(&recalled), previous, keeping).await {
                Err(Failure::Overtaken) if !last => {}
                opened => return Ok(Next::SignedIn(Box::new(opened?), self.destination(visit, return_to.as_deref()))),
            }
        }
        if need.policy != Policy::TwoFactor || enough(&evidence) {
            let opened = self.open(visit, user, evidence, whole.as_ref(), previous, Keeping::Known).await?;
            let to = self.end_of_login(visit, user, &opened, return_to.as_deref()).await;
            return Ok(Next::SignedIn(Box::new(opened), to));
        }
        if lacks_password(&evidence) && self.second_factors(user, &evidence).await?.is_empty() {
            return Ok(Next::PasswordFirst);
        }
        let first = user.factors.is_empty();
        if first && !self.first_login(user) {
            return Ok(Next::NotEnrolled);
        }
        let enrols = if first { Enrols::First } else { Enrols::Nothing };
        let pending = Pending { return_to, need, enrols, ..self.pending(visit, user, evidence) };
        let token = self.sessions.begin_login(pending, previous.map(|login| &login.row), Vec::new()).await?;
        Ok(Next::Wizard(token, if first { "/.vestibule/enrol" } else { "/.vestibule/verify" }))
    }

    /// What can be asked for after this evidence. Whoever came with a factor alone proves something of another kind: one
    /// key is not two factors. Nor does a way back in count beside it: whoever found a key and a sheet of paper, or a key
    /// and an open mailbox, is not its owner.
    pub(super) async fn second_factors(&self, user: &User, evidence: &[Evidence]) -> Result<Vec<Row<Factor>>, Failure> {
        let mut usable = self.checks.usable(user).await?;
        if lacks_password(evidence) && level(evidence) != Level::Verified {
            let given =
                |method: &MethodId| evidence.iter().filter_map(|one| one.factor.as_ref()).any(|(id, _)| id == method);
            let fallback = |method: &MethodId| self.card(method).is_none_or(|card| card.fallback);
            usable.retain(|row| !given(&row.value.method) && !fallback(&row.value.method));
        }
        Ok(usable)
    }

    /// The user of a proof, if nothing has ended since what the proof is good for.
    pub(super) async fn proved(&self, proof: &Proof) -> Result<Arc<User>, Failure> {
        let user = self.accounts.by_id(proof.user()).await?;
        user.filter(|user| !user.disabled && user.generation == proof.generation()).ok_or(Failure::Overtaken)
    }

    /// Whether this user may enrol with the password alone: set by a one-time link not long ago, or `first_login`.
    fn first_login(&self, user: &User) -> bool {
        let now = self.vault.now();
        if user.enrol_until.is_some_and(|end| now < end) {
            return true;
        }
        // A password that a mailbox set proves the mailbox alone.
        !user.password_by_mail
            && user.enrolment == crate::account::Enrolment::NeverEnrolled
            && self.settings.first_login_for.is_some_and(|span| now < user.created + span)
    }

    /// A pending login that asks for a second factor and goes to the landing page: to be made what it is by whoever
    /// begins it.
    pub(super) fn pending(&self, visit: &Visit, user: &User, evidence: Vec<Evidence>) -> Pending {
        Pending {
            user: user.id,
            generation: user.generation,
            evidence,
            created: self.vault.now(),
            return_to: None,
            need: self.need(visit, None),
            enrols: Enrols::Nothing,
            session: None,
            begun: None,
            address: Some(visit.facts.client),
            agent: visit.agent.clone(),
        }
    }

    /// Opens a session on what was proved of `user` as it was then: new id, the old session of this browser dead, the
    /// browser as `keeping` says, all of it recorded, in one commit. `proved` is the second factor that completed this
    /// login, if one did; `login` the pending login that this ends.
    pub(super) async fn open(
        &self,
        visit: &Visit,
        user: &Arc<User>,
        evidence: Vec<Evidence>,
        proved: Option<&Evidence>,
        login: Option<&Login>,
        keeping: Keeping,
    ) -> Result<SignedIn, Failure> {
        let reached = level(&evidence);
        let verified = reached == Level::Verified;
        let source = visit.source();
        let mut event = Event::new(Kind::SessionStarted, &source).user(user.id, &user.name);
        if let Some((method, factor)) = proved.and_then(|evidence| evidence.factor.as_ref()) {
            event = Event { kind: Kind::Verified, ..event }.factor(method, Some(factor));
        }
        if proved.is_some_and(Evidence::is_remembered) {
            event = event.detail("remembered");
        }
        let told = self.audit.entry(event)?;
        // The session of the generation that the deed itself ended is dead already; one that died of something else makes
        // this conflict.
        let replaces = visit.visitor.live().map(|live| &*live.session);
        let replaces = replaces.filter(|old| old.user != user.id || old.generation == user.generation);
        let owned = self.is_owned(user, &evidence);
        let mut attempt = 1;
        let (opened, kept) = loop {
            let mut more = vec![told.clone()];
            let kept = match verified || user.factors.is_empty() {
                true => Some(self.keep_browser(visit, user, &keeping, &mut more).await?),
                false => None,
            };
            if let Some(login) = login {
                more.push(self.vault.delete(login.row.key.clone(), crate::store::Expect::Any));
            }
            let opened = self.sessions.open(user, evidence.clone(), &self.place_of(visit), replaces, more).await;
            match opened {
                // Another tab signed in beside this one, or the browser was just forgotten: what is known of it is read
                // again. What it answered for is not for us to ask again.
                Err(SessionError::Vault(VaultError::Conflict(key)))
                    if is_browser_key(&key) && !matches!(keeping, Keeping::Remembered(_)) && attempt < ATTEMPTS =>
                {
                    attempt += 1;
                }
                opened => break (opened?, kept),
            }
        };
        metrics().session_opened(if verified { "verified" } else { "known" });
        if let Some(kept) = &kept {
            self.tell_of_browser(visit, user, kept);
        }
        if owned {
            self.trust_the_mailbox_again(user).await;
        }
        self.learn_language(visit, user, reached).await;
        Ok(SignedIn { opened, browser: kept })
    }
}

impl Wizard {
    /// Whether the password that a mailbox set was given together with a factor that is no mailbox: only then its owner is
    /// known to have set it. A key alone says nothing of a password, which somebody else may have set meanwhile.
    fn is_owned(&self, user: &User, evidence: &[Evidence]) -> bool {
        let elsewhere = |id: &MethodId| self.card(id).is_some_and(|card| !card.by_mailbox);
        let proved = evidence.iter().filter(|one| !one.is_remembered());
        user.password_by_mail
            && evidence.iter().any(|one| one.factor.is_none())
            && proved.filter_map(|one| one.factor.as_ref()).any(|(id, _)| elsewhere(id))
    }

    /// From now on codes may go to the mailbox again. What fails here is tried again at the next login.
    async fn trust_the_mailbox_again(&self, user: &User) {
        let edit = |user: &mut User| user.password_by_mail = false;
        if let Err(error) = self.accounts.edit_as(user, edit, Vec::new()).await {
            tracing::info!(%error, "that a factor was proved with a password by mail was not noted");
        }
    }
}

/// Whether nothing but factors was proved.
pub fn lacks_password(evidence: &[Evidence]) -> bool {
    evidence.iter().all(|one| one.factor.is_some())
}

/// What follows a right first factor.
pub enum Next {
    SignedIn(Box<SignedIn>, String),
    Wizard(Token<LoginKind>, &'static str),
    NotEnrolled,
    /// A key that did not make sure of its owner, of somebody with nothing else to prove but the password.
    PasswordFirst,
}

/// A session that was just opened, with what the browser must be told.
pub struct SignedIn {
    pub opened: Opened,
    pub browser: Option<super::trust::Kept>,
}

impl SignedIn {
    /// Sets the cookies of a new session; the pending login's is removed unless it goes on.
    pub fn tell(&self, visit: &Visit, response: &mut Response, login: Option<&Token<LoginKind>>) {
        let names = &visit.site.cookies;
        set_cookie(response, &names.set(&names.session, &self.opened.token.encode(), None));
        match login {
            Some(token) => set_cookie(response, &names.set(&names.login, &token.encode(), None)),
            None => set_cookie(response, &names.clear(&names.login)),
        }
        if let Some(browser) = &self.browser {
            set_cookie(response, &names.set_browser(&browser.token, &browser.others, BROWSER_LIFE));
        }
    }
}
