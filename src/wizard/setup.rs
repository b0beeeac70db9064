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
use super::invite::{dead, into_cookie, judged};
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

    fn opens(&self, token: &Token<SetupKind>, now: Time) -> bool {
        let link = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        link.is_some_and(|(hash, ends)| hash == token.hash() && now < ends)
    }

    /// Uses it up; of two at once, one gets `true`.
    fn take(&self, token: &Token<SetupKind>, now: Time) -> bool {
        let mut link = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let opens = link.is_some_and(|(hash, ends)| hash == token.hash() && now < ends);
        if opens {
            *link = None;
        }
        opens
    }
}

impl Wizard {
    async fn setup_token(&self, visit: &Visit) -> Result<Option<Token<SetupKind>>, Failure> {
        let Some(token) = visit.cookies.link.as_deref().and_then(Token::parse) else { return Ok(None) };
        let open = self.setup.opens(&token, self.vault.now()) && !self.accounts.ever().await?;
        Ok(open.then_some(token))
    }
}

pub async fn open(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
    Path(text): Path<String>,
) -> Result<Response, Failure> {
    let token = Token::<SetupKind>::parse(&text).ok_or(Failure::NotFound)?;
    if !wizard.setup.opens(&token, wizard.vault.now()) || wizard.accounts.ever().await? {
        return Ok(dead(&wizard, &visit));
    }
    Ok(into_cookie(&visit, &text, "/.vestibule/setup"))
}

pub async fn show(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
) -> Result<Response, Failure> {
    let Some(token) = wizard.setup_token(&visit).await? else { return Ok(dead(&wizard, &visit)) };
    Ok(form(&wizard, &visit, &token, "", false, None))
}

pub async fn submit(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
    posted: Posted,
) -> Result<Response, Failure> {
    let Some(token) = wizard.setup_token(&visit).await? else { return Ok(dead(&wizard, &visit)) };
    if !wizard.sessions.csrf_holds(&token, posted.get("csrf")) {
        return Err(Failure::Forged);
    }
    let typed = posted.get("username");
    let Ok(name) = UserName::parse(typed) else {
        return Ok(form(&wizard, &visit, &token, typed, true, None));
    };
    let password = match judged(&wizard, &name, &posted) {
        Ok(password) => password,
        Err(problem) => return Ok(form(&wizard, &visit, &token, typed, false, Some(problem))),
    };
    let prepared = wizard.first.prepare(&name, &password).await?;
    if !wizard.setup.take(&token, wizard.vault.now()) {
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
    token: &Token<SetupKind>,
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
    page(StatusCode::OK, setup::page(&view, &visit.frame(wizard.vault.now()), &visit.texts))
}
