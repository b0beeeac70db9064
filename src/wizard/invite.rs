//! `invite`: a one-time link in which a user sets a password and then a second factor. Opening it has no effect (mail
//! scanners do): it moves the token into a cookie and the address bar to a clean page, whose form uses the link up.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use vestibule_templates::Form;
use vestibule_templates::pages::confirm::{self, PasswordProblem};
use vestibule_templates::pages::invite;

use super::failure::Failure;
use super::finish::{page, see_other, set_cookie};
use super::form::Posted;
use super::{Visit, Wizard};
use crate::account::User;
use crate::audit::{Event, Kind};
use crate::directory::PasswordFloor;
use crate::method::Proof;
use crate::secret::{InvitationKind, Secret, Token};
use crate::session::{Enrols, Evidence, Pending};
use crate::store::{Record, Row};
use crate::ticket::TicketKind;
use crate::types::{UserId, UserName};

/// How long the cookie holds a link's token.
const OPEN_FOR: Duration = Duration::from_secs(3600);

/// Why a user was invited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvitationReason {
    New,
    Reset,
}

/// Behind an invitation link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    pub user: UserId,
    /// The user's generation when it was made: a reset or a removal ends it, and another invitation that was used.
    pub generation: u64,
    pub reason: InvitationReason,
}

impl Record for Invitation {
    const NAME: &'static str = "invitation";
}

impl TicketKind for InvitationKind {
    type Payload = Invitation;
}

impl Wizard {
    /// The invitation in this visitor's cookie, if it is good: a user who has a factor has no use for one.
    async fn invitation(&self, visit: &Visit) -> Result<Option<Invited>, Failure> {
        let Some(token) = visit.cookies.link.as_deref().and_then(Token::<InvitationKind>::parse) else {
            return Ok(None);
        };
        let Some(row) = self.tickets.peek(&token).await? else { return Ok(None) };
        let Some(user) = self.accounts.by_id(row.value.user).await? else { return Ok(None) };
        let good = !user.disabled && user.honours_invitation_of(row.value.generation) && user.factors.is_empty();
        Ok(good.then_some(Invited { token, row, user }))
    }
}

struct Invited {
    token: Token<InvitationKind>,
    row: Row<Invitation>,
    user: Arc<User>,
}

/// `GET invite/{token}`: from the address bar into a cookie, whatever the token is worth.
pub async fn open(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
    Path(text): Path<String>,
) -> Result<Response, Failure> {
    let text = copied(&text);
    if Token::<InvitationKind>::parse(text).is_none() {
        return Ok(dead(&wizard, &visit));
    }
    Ok(into_cookie(&visit, text, "/.vestibule/invite"))
}

/// The token in what was copied: the full stop or the bracket that stood behind a link often comes along.
pub fn copied(text: &str) -> &str {
    text.trim_end_matches(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-' && letter != '_')
}

/// Moves a link's token out of the address.
pub fn into_cookie(visit: &Visit, token: &str, to: &str) -> Response {
    let mut response = see_other(to);
    let names = &visit.site.cookies;
    set_cookie(&mut response, &names.set(&names.link, token, Some(OPEN_FOR)));
    response
}

/// `GET invite`
pub async fn show(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
) -> Result<Response, Failure> {
    Ok(match wizard.invitation(&visit).await? {
        Some(invited) => form(&wizard, &visit, &invited, None),
        None => dead(&wizard, &visit),
    })
}

/// `POST invite`: sets the password and uses the link up; the wizard goes on with the second factor.
pub async fn submit(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
    posted: Posted,
) -> Result<Response, Failure> {
    let Some(invited) = wizard.invitation(&visit).await? else { return Ok(dead(&wizard, &visit)) };
    if !wizard.sessions.csrf_holds(&invited.token, posted.get("csrf")) {
        return Err(Failure::Forged);
    }
    let password = match judged(&wizard, &invited.user.name, &posted) {
        Ok(password) => password,
        Err(problem) => return Ok(form(&wizard, &visit, &invited, Some(problem))),
    };
    // Slow, and refused when too much is going on: nothing is used up before it is done.
    let prepared = wizard.first.prepare(&invited.user.name, &password).await?;
    let source = visit.source();
    let used = Event::new(Kind::InvitationUsed, &source).user(invited.user.id, &invited.user.name);
    let taken = vec![wizard.tickets.take(&invited.row), wizard.audit.entry(used)?];
    // Whoever has to fetch a phone first finds the way open for as long as the link would have been.
    let until = invited.row.expires;
    let set = wizard.first.set_password_by_invitation(&invited.user, &prepared, until, &source, taken).await;
    match set.map_err(Failure::from) {
        Ok(proof) => wizard.begin_first(&visit, proof).await,
        Err(Failure::Overtaken) => Ok(dead(&wizard, &visit)),
        Err(failure) => Err(failure),
    }
}

impl Wizard {
    /// Goes on from a password that was just set to the first second factor.
    pub(super) async fn begin_first(&self, visit: &Visit, proof: Proof) -> Result<Response, Failure> {
        let user = self.proved(&proof).await?;
        let pending = Pending { enrols: Enrols::First, ..self.pending(visit, &user, vec![Evidence::from(proof)]) };
        let token = self.sessions.begin_login(pending, None, Vec::new()).await?;
        let mut response = see_other("/.vestibule/enrol");
        let names = &visit.site.cookies;
        set_cookie(&mut response, &names.set(&names.login, &token.encode(), None));
        set_cookie(&mut response, &names.clear(&names.link));
        Ok(response)
    }
}

fn form(wizard: &Wizard, visit: &Visit, invited: &Invited, problem: Option<PasswordProblem>) -> Response {
    let least = wizard.settings.min_length as u64;
    let view = invite::View {
        form: Form::new("/.vestibule/invite", wizard.sessions.csrf(&invited.token)),
        name: invited.user.name.to_string(),
        fields: confirm::new_password(least, problem, &visit.texts),
        reset: invited.row.value.reason == InvitationReason::Reset,
    };
    let frame = visit.frame_linked(wizard.vault.now(), invited.row.expires);
    page(StatusCode::OK, invite::page(&view, &frame, &visit.texts))
}

/// Unknown, used up, too late, not copied whole: one answer.
pub fn dead(wizard: &Wizard, visit: &Visit) -> Response {
    let view = invite::DeadView { login: "/.vestibule/login".to_owned() };
    let frame = visit.frame(wizard.vault.now());
    let mut response = page(StatusCode::NOT_FOUND, invite::dead(&view, &frame, &visit.texts));
    if visit.cookies.link.is_some() {
        let names = &visit.site.cookies;
        set_cookie(&mut response, &names.clear(&names.link));
    }
    response
}

/// The new password of a form that asks for it twice, if it may become this user's.
pub fn judged(wizard: &Wizard, name: &UserName, posted: &Posted) -> Result<Secret<String>, PasswordProblem> {
    let password = posted.secret("new_password");
    if password != posted.secret("new_password_again") {
        return Err(PasswordProblem::NotTheSame);
    }
    wizard.first.directory().judge(name, &password).map_err(problem_of)?;
    Ok(password)
}

/// The floor's refusal as the page says it.
fn problem_of(floor: PasswordFloor) -> PasswordProblem {
    match floor {
        PasswordFloor::Short(_) => PasswordProblem::TooShort,
        PasswordFloor::Long(_) => PasswordProblem::TooLong,
        PasswordFloor::Common => PasswordProblem::Common,
        PasswordFloor::Name => PasswordProblem::OwnName,
    }
}
