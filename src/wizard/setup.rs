//! `setup`: the first user of a store that never had one, by the one link its operator holds. It lives in memory, for
//! half an hour, and is dead once any user exists; without it every page here is a 404, the one of every dead link.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_templates::Form;
use vestibule_templates::pages::confirm::PasswordProblem;
use vestibule_templates::pages::setup;

use super::failure::Failure;
use super::finish::page;
use super::form::Posted;
use super::invite::{copied, dead, into_cookie, judged};
use super::{Visit, Wizard};
use crate::account::{AccountError, NewUser};
use crate::audit::{Event, Kind};
use crate::clock::Time;
use crate::secret::{Random, SetupKind, Token, TokenHash};
use crate::types::UserName;

const LIFE: Duration = Duration::from_secs(30 * 60);
/// How long the first user may come back to enrol a second factor.
const DAY: Duration = Duration::from_secs(24 * 3600);

/// The link, while there is one.
#[derive(Debug, Default)]
pub struct SetupLink(Mutex<Option<(TokenHash<SetupKind>, Time)>>);

impl SetupLink {
    /// A new link, good from `now` for half an hour; its token is given out once.
    pub fn issue(&self, random: &dyn Random, now: Time) -> Token<SetupKind> {
        let token = Token::generate(random);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((token.hash(), now + LIFE));
        token
    }

    /// Until when this token opens it, if it does.
    fn opens(&self, token: &Token<SetupKind>, now: Time) -> Option<Time> {
        let link = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        link.filter(|(hash, ends)| *hash == token.hash() && now < *ends).map(|(_, ends)| ends)
    }

    /// Uses it up; of two at once, one gets `true`.
    fn take(&self, token: &Token<SetupKind>, now: Time) -> bool {
        let mut link = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        link.take_if(|(hash, ends)| *hash == token.hash() && now < *ends).is_some()
    }
}

impl Wizard {
    /// The link in this visitor's cookie, and when it ends, if it is good.
    async fn setting_up(&self, visit: &Visit) -> Result<Option<(Token<SetupKind>, Time)>, Failure> {
        let Some(token) = visit.cookies.link.as_deref().and_then(Token::parse) else { return Ok(None) };
        let ends = self.setup.opens(&token, self.vault.now());
        Ok(if self.accounts.ever().await? { None } else { ends.map(|ends| (token, ends)) })
    }
}

pub async fn open(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
    Path(text): Path<String>,
) -> Result<Response, Failure> {
    let text = copied(&text);
    let Some(token) = Token::<SetupKind>::parse(text) else { return Ok(dead(&wizard, &visit)) };
    if wizard.setup.opens(&token, wizard.vault.now()).is_none() || wizard.accounts.ever().await? {
        return Ok(dead(&wizard, &visit));
    }
    Ok(into_cookie(&visit, text, "/.vestibule/setup"))
}

pub async fn show(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
) -> Result<Response, Failure> {
    let Some(link) = wizard.setting_up(&visit).await? else { return Ok(dead(&wizard, &visit)) };
    Ok(form(&wizard, &visit, &link, "", false, None))
}

pub async fn submit(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
    posted: Posted,
) -> Result<Response, Failure> {
    let Some(link) = wizard.setting_up(&visit).await? else { return Ok(dead(&wizard, &visit)) };
    let token = &link.0;
    if !wizard.sessions.csrf_holds(token, posted.get("csrf")) {
        return Err(Failure::Forged);
    }
    let typed = posted.get("username");
    let Ok(name) = UserName::parse(typed) else {
        return Ok(form(&wizard, &visit, &link, typed, true, None));
    };
    let password = match judged(&wizard, &name, &posted) {
        Ok(password) => password,
        Err(problem) => return Ok(form(&wizard, &visit, &link, typed, false, Some(problem))),
    };
    let prepared = wizard.first.prepare(&name, &password).await?;
    if !wizard.setup.take(token, wizard.vault.now()) {
        return Ok(dead(&wizard, &visit));
    }
    let new = NewUser { name, display_name: None, email: None, groups: Default::default() };
    let user = match wizard.accounts.add(new, false).await {
        Ok(user) => user,
        Err(AccountError::Taken | AccountError::Retired) => return Ok(dead(&wizard, &visit)),
        Err(error) => return Err(error.into()),
    };
    let source = visit.source();
    let event = |kind| wizard.audit.entry(Event::new(kind, &source).user(user.id, &user.name));
    let told = vec![event(Kind::UserAdded)?, event(Kind::SetUp)?];
    let until = Some(wizard.vault.now() + DAY);
    let proof = wizard.first.set_password_by_invitation(&user, &prepared, until, &source, told).await?;
    wizard.begin_first(&visit, proof).await
}

fn form(
    wizard: &Wizard,
    visit: &Visit,
    (token, ends): &(Token<SetupKind>, Time),
    username: &str,
    name_refused: bool,
    password_error: Option<PasswordProblem>,
) -> Response {
    let view = setup::View {
        form: Form::new("/.vestibule/setup", wizard.sessions.csrf(token)),
        username: username.to_owned(),
        name_refused,
        least: wizard.settings.min_length as u64,
        password_error,
    };
    let frame = visit.frame_linked(wizard.vault.now(), Some(*ends));
    page(StatusCode::OK, setup::page(&view, &frame, &visit.texts))
}
