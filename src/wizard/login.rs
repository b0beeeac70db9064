//! `login`: the first factor. Until one is right the server stores nothing but throttle counters: the address asked for
//! and the anti-forgery value travel in the form, bound to the login cookie.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_templates::pages::{blocked, login, logout, not_enrolled};
use vestibule_templates::{Form, Frame, Wait};

use super::ask::{CLOSED_FOR, wait};
use super::failure::Failure;
use super::finish::{ACCOUNT, Next, page, query, see_other, set_cookie, waiting, with_query};
use super::form::Posted;
use super::notice::Notice;
use super::portal::Brought;
use super::visit::signed_in;
use super::{Visit, Wizard, reset};
use crate::directory::SignIn;
use crate::gate::{self, Ask, Outcome, Person, ReturnAddress};
use crate::method::Proof;
use crate::secret::{LoginKind, Token};
use crate::session::{Enrols, LoginSeal, RanOut};
use crate::types::is_loopback_name;

/// Where every login begins.
pub const LOGIN: &str = "/.vestibule/login";

/// What travels in the form until the first factor is right.
#[derive(serde::Serialize, serde::Deserialize)]
pub struct Carried {
    /// The checked address asked for.
    pub rd: Option<String>,
    /// A form sent to the application was diverted here.
    sent: bool,
}

/// A form that is this browser's own, and no older than it may be.
pub struct Sent {
    pub token: Token<LoginKind>,
    pub carried: Carried,
}

impl Sent {
    pub fn open(wizard: &Wizard, visit: &Visit, posted: &Posted) -> Option<Self> {
        let token = visit.cookies.login.clone();
        let token = token.filter(|token| wizard.sessions.csrf_holds(token, posted.get("csrf")))?;
        let state = wizard.sessions.login_seal().open(&token, posted.get("state"))?;
        Some(Self { carried: serde_json::from_str(&state).ok()?, token })
    }
}

/// `GET login`
pub async fn show(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
) -> Result<Response, Failure> {
    let now = wizard.vault.now();
    if let Some(brought) = wizard.errand(&visit) {
        let Some(back) = brought.back() else {
            return Ok(blocked_by(&wizard, &visit, blocked::Cause::WayBack, None));
        };
        if wizard.kept_address(&visit, back).is_none() {
            return Ok(blocked_by(&wizard, &visit, blocked::Cause::NoSite, Some(ACCOUNT)));
        }
        if wizard.is_open(&visit, back) {
            return match &brought {
                Brought::Errand(errand) => wizard.send_back(&visit, errand).await,
                // The site begins anew where somebody asks for it: by itself it would go on for ever, should our clocks
                // never agree on what is late.
                _ => Ok(blocked_by(&wizard, &visit, blocked::Cause::WayBack, Some(back))),
            };
        }
        if wizard.asks_second(&visit, back) {
            let state = query(&visit, "state");
            return Ok(see_other(&with_query("/.vestibule/verify", &[("state", state.as_deref())])));
        }
    }
    if query(&visit, "out").is_some() {
        if visit.visitor.live().is_some() {
            return Ok(see_other("/.vestibule/logout"));
        }
        let login = wizard.with_way_back(&visit, LOGIN, wizard.asked_for(&visit).as_deref());
        let view = logout::DoneView { login, everywhere: Notice::of(&visit) == Some(Notice::SignedOutEverywhere) };
        let done = page(StatusCode::OK, logout::done(&view, &visit.frame(now), &visit.texts));
        return Ok(Notice::said(&visit, done));
    }
    if let Some(login) = wizard.login(&visit).await? {
        // One that only has something left to hand over does not stand in the way of signing in as somebody else.
        if matches!(login.enrols(), Enrols::Nothing | Enrols::First) {
            return Ok(see_other(login.next()));
        }
    }
    let ran_out = wizard.ran_out(&visit).await?;
    let rd = wizard.asked_for(&visit).or_else(|| wizard.goes_on_to(&visit, ran_out.as_ref()));
    if let Some(rd) = rd.as_deref().filter(|rd| wizard.is_open(&visit, rd)) {
        return Ok(see_other(&wizard.destination(&visit, Some(rd))));
    }
    let carried = Carried { rd, sent: query(&visit, "sent").is_some() };
    let mut notice = carried.sent.then_some(login::Notice::NotDelivered);
    if visit.site.url.is_none() && !is_loopback_name(&visit.facts.host) {
        notice = Some(login::Notice::AddressUnknown);
    }
    if ran_out.is_some() {
        notice = Some(login::Notice::TimedOut);
    }
    if Notice::of(&visit) == Some(Notice::PasswordSet) {
        notice = Some(login::Notice::PasswordSet);
    }
    let said = Said { notice, ..Said::default() };
    Ok(Notice::said(&visit, form(&wizard, &visit, &carried, StatusCode::OK, said).await?))
}

impl Wizard {
    /// Whether this visitor may go there as they are: a login would ask for nothing, or for what they just gave. Who is
    /// known and not let in may sign in as somebody else.
    pub(super) fn is_open(&self, visit: &Visit, address: &str) -> bool {
        if Person::of(&visit.visitor).is_none() {
            return false;
        }
        match self.kept_address(visit, address) {
            Some(to) => matches!(self.rehearse(visit, &to), Outcome::Open(..)),
            None => address == ACCOUNT,
        }
    }

    /// Whether a second factor is all that this visitor lacks to go there.
    fn asks_second(&self, visit: &Visit, address: &str) -> bool {
        let to = self.kept_address(visit, address);
        to.is_some_and(|to| matches!(self.rehearse(visit, &to), Outcome::Ask(Ask { step_up: true, .. })))
    }

    fn rehearse<'a>(&self, visit: &Visit, to: &'a ReturnAddress) -> Outcome<'a> {
        gate::rehearse(to, visit.facts.client, Person::of(&visit.visitor).as_ref(), self.vault.now())
    }

    /// What this browser's cookie was of, if that is a pending login that nobody finished in time.
    async fn ran_out(&self, visit: &Visit) -> Result<Option<RanOut>, Failure> {
        match &visit.cookies.login {
            Some(token) => Ok(self.sessions.ran_out(token).await?),
            None => Ok(None),
        }
    }

    /// Where a login was to lead that ran out, if that is still a place to return to.
    fn goes_on_to(&self, visit: &Visit, ran_out: Option<&RanOut>) -> Option<String> {
        let to = ran_out?.return_to.as_deref()?;
        (to == ACCOUNT || self.kept_address(visit, to).is_some()).then(|| to.to_owned())
    }
}

/// What the form says besides its fields.
#[derive(Default)]
pub struct Said {
    pub username: String,
    pub notice: Option<login::Notice>,
    pub error: Option<login::Problem>,
    pub wait: Option<Wait>,
}

pub async fn form(
    wizard: &Wizard,
    visit: &Visit,
    carried: &Carried,
    status: StatusCode,
    said: Said,
) -> Result<Response, Failure> {
    let names = &visit.site.cookies;
    // A token that ran out is said to have done so once.
    let (token, fresh) = match &visit.cookies.login {
        Some(token) if wizard.sessions.ran_out(token).await?.is_none() => (token.clone(), false),
        _ => (Token::<LoginKind>::generate(&**wizard.vault.random()), true),
    };
    let text = serde_json::to_string(carried).unwrap_or_default();
    let state = wizard.sessions.login_seal().seal(&token, &text);
    let csrf = wizard.sessions.csrf(&token);
    let view = login::View {
        alone: wizard.offered_alone(visit, &csrf, &state),
        form: Form::new(LOGIN, csrf).with("state", state),
        username: said.username,
        notice: said.notice,
        error: said.error,
        wait: said.wait,
        forgot: wizard.reset_base(visit).map(|_| reset::ASK.to_owned()),
    };
    // After a form was sent the address says no more where this login goes.
    let rd = carried.rd.as_deref();
    let here = wizard.with_way_back(visit, LOGIN, rd);
    let frame = visit.frame_at(wizard.vault.now(), here).bound_for(wizard.bound_for(visit, rd));
    // Who is signed in already sees as whom, and the way to go on as they are.
    let frame = Frame { account: visit.visitor.live().map(|live| signed_in(&live.user.name)), ..frame };
    let markup = login::page(&view, &frame, &visit.texts);
    let mut response = page(status, markup);
    if fresh {
        set_cookie(&mut response, &names.set(&names.login, &token.encode(), None));
    }
    Ok(response)
}

/// The page after a step that has none before it: 409 for a POST, and the way to start again. Whoever took too long is
/// told so, and nobody else.
pub async fn start_again(wizard: &Wizard, visit: &Visit) -> Result<Response, Failure> {
    let ran_out = wizard.ran_out(visit).await?;
    let notice = if ran_out.is_some() { login::Notice::TimedOut } else { login::Notice::StartAgain };
    let rd = wizard.asked_for(visit).or_else(|| wizard.goes_on_to(visit, ran_out.as_ref()));
    let carried = Carried { rd, sent: false };
    form(wizard, visit, &carried, StatusCode::CONFLICT, Said { notice: Some(notice), ..Said::default() }).await
}

/// A form that is not this browser's, or no longer: of a tab that was open while another one signed in, of one that was
/// restored or left lying, or somebody else's. Nothing of it is checked. Who is signed in meanwhile goes where the tab
/// was going; everybody else gets the form anew, with what was typed but the password.
pub async fn not_this_one(wizard: &Wizard, visit: &Visit, posted: &Posted) -> Result<Response, Failure> {
    let said = LoginSeal::read_unsealed(posted.get("state"));
    let carried = said.and_then(|state| serde_json::from_str::<Carried>(&state).ok());
    let rd = carried.and_then(|carried| carried.rd).filter(|rd| wizard.may_return_to(visit, rd));
    if visit.visitor.live().is_some() {
        return Ok(see_other(&wizard.destination(visit, rd.as_deref())));
    }
    let cookies = &visit.cookies;
    if cookies.login.is_none() && cookies.browser.is_empty() && cookies.session.is_none() {
        return Ok(blocked(wizard, visit, rd.as_deref()));
    }
    let username = posted.get("username").to_owned();
    let said = Said { username, notice: Some(login::Notice::FormExpired), ..Said::default() };
    form(wizard, visit, &Carried { rd, sent: false }, StatusCode::FORBIDDEN, said).await
}

/// `POST login`
pub async fn submit(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
    posted: Posted,
) -> Result<Response, Failure> {
    let Some(sent) = Sent::open(&wizard, &visit, &posted) else {
        return not_this_one(&wizard, &visit, &posted).await;
    };
    let username = posted.get("username").to_owned();
    let again = async |status, error, wait| {
        let said = Said { username: username.clone(), notice: None, error, wait };
        form(&wizard, &visit, &sent.carried, status, said).await
    };
    if username.trim().is_empty() {
        return again(StatusCode::OK, Some(login::Problem::UsernameMissing), None).await;
    }
    if !posted.has("password") {
        return again(StatusCode::OK, Some(login::Problem::PasswordMissing), None).await;
    }
    let lane = wizard.first.lane(&username, &visit.cookies.browser).await?;
    let now = wizard.vault.now();
    let proof = match wizard.first.sign_in(&username, &posted.secret("password"), lane, &visit.source()).await? {
        SignIn::Proved(proof) => proof,
        SignIn::Wrong => return again(StatusCode::OK, Some(login::Problem::Wrong), None).await,
        SignIn::Wait(until) => {
            let page = again(StatusCode::TOO_MANY_REQUESTS, None, Some(wait(until))).await?;
            return Ok(waiting(page, now, until));
        }
        SignIn::Closed => {
            let page = again(StatusCode::TOO_MANY_REQUESTS, None, Some(Wait::Closed)).await?;
            return Ok(waiting(page, now, now + CLOSED_FOR));
        }
    };
    go_on(&wizard, &visit, proof, sent).await
}

/// After a right first factor: where that leads.
pub async fn go_on(wizard: &Wizard, visit: &Visit, proof: Proof, sent: Sent) -> Result<Response, Failure> {
    let now = wizard.vault.now();
    let user = wizard.proved(&proof).await?;
    let previous = wizard.login(visit).await?;
    match wizard.after_first(visit, &user, proof.into(), sent.carried.rd.clone(), previous.as_ref()).await? {
        Next::SignedIn(signed_in, to) => {
            let mut response = see_other(&to);
            signed_in.tell(visit, &mut response, None);
            Ok(response)
        }
        Next::Wizard(token, to) => {
            let mut response = see_other(to);
            let names = &visit.site.cookies;
            set_cookie(&mut response, &names.set(&names.login, &token.encode(), None));
            Ok(response)
        }
        Next::PasswordFirst => {
            let said = Said { notice: Some(login::Notice::PasswordFirst), ..Said::default() };
            form(wizard, visit, &sent.carried, StatusCode::OK, said).await
        }
        Next::NotEnrolled => {
            let csrf = wizard.sessions.csrf(&sent.token);
            let view = not_enrolled::View {
                start_over: Form::new("/.vestibule/login/start-over", csrf.clone()),
                request_id: visit.request.to_string(),
            };
            let frame = visit.frame_signing_in(now, &user, &csrf);
            Ok(page(StatusCode::FORBIDDEN, not_enrolled::page(&view, &frame, &visit.texts)))
        }
    }
}

/// "Not you?": forgets the pending login, and ends the session that it opened or was begun in.
pub async fn start_over(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
    posted: Posted,
) -> Result<Response, Failure> {
    let Some(token) = visit.cookies.login.clone() else { return Ok(see_other(LOGIN)) };
    if !wizard.sessions.csrf_holds(&token, posted.get("csrf")) {
        return Err(Failure::Forged);
    }
    let mut rd = wizard.goes_on_to(&visit, wizard.ran_out(&visit).await?.as_ref());
    if let Some(login) = wizard.login(&visit).await? {
        rd = login.row.value.return_to.clone();
        if let Some(session) = &login.row.value.session {
            wizard.sessions.end(login.user.id, session, &visit.source()).await?;
        }
        wizard.vault.commit(vec![wizard.vault.delete(login.row.key, crate::store::Expect::Any)]).await?;
    }
    let mut response = see_other(&wizard.with_way_back(&visit, LOGIN, rd.as_deref()));
    let names = &visit.site.cookies;
    set_cookie(&mut response, &names.clear(&names.login));
    Ok(response)
}

/// A login from a browser that brings no cookie of ours at all: names the cause instead of going round in circles.
fn blocked(wizard: &Wizard, visit: &Visit, rd: Option<&str>) -> Response {
    let ours = &visit.site.cookies.login;
    let cause = if visit.cookies.unclear.iter().any(|name| name == ours) {
        blocked::Cause::AnotherGate
    } else {
        blocked::Cause::CookiesBlocked
    };
    blocked_by(wizard, visit, cause, rd)
}

pub fn blocked_by(wizard: &Wizard, visit: &Visit, cause: blocked::Cause, rd: Option<&str>) -> Response {
    let view = blocked::View { cause, login: wizard.with_way_back(visit, LOGIN, rd) };
    let mut response =
        page(StatusCode::FORBIDDEN, blocked::page(&view, &visit.frame(wizard.vault.now()), &visit.texts));
    for name in &visit.cookies.unclear {
        set_cookie(&mut response, &visit.site.cookies.clear(name));
    }
    response
}
