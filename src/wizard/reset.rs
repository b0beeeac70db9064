//! `reset`: a new password by mail, where that is switched on. Whoever asks gets one answer, in the same time, whether
//! there is such an account or not: everything about it happens after the answer, in the post room. A link proves a
//! mailbox and nothing more: it sets a password, opens no session, and touches no second factor.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use vestibule_templates::pages::confirm::{self, PasswordProblem};
use vestibule_templates::pages::reset;
use vestibule_templates::{Form, Languages, Texts, mail};

use super::ask::wait;
use super::failure::Failure;
use super::finish::{page, see_other, set_cookie, waiting};
use super::form::Posted;
use super::invite::{copied, into_cookie, judged};
use super::notice::Notice;
use super::{Visit, Wizard};
use crate::account::User;
use crate::audit::{self, Event, Kind};
use crate::clock::Time;
use crate::secret::{LoginKind, ResetKind, Token};
use crate::store::{Change, Expect, Record, Row, VaultError};
use crate::throttle::Budget;
use crate::ticket::{TicketKind, Tickets};
use crate::types::{HostPattern, Origin, UserId, UserName};

/// Where a new password is asked for.
pub const ASK: &str = "/.vestibule/reset";
/// Where it is set, once the token left the address bar.
const SET: &str = "/.vestibule/reset/password";

/// How long a link is good: long enough for a slow mail server, short for whoever reads the mailbox later.
const LIFE: Duration = Duration::from_secs(30 * 60);
/// Links per account and per mailbox in the life of a link, and no longer: whoever asks and asks so that no further one is
/// sent has had a good one sent, to the owner.
const IN_A_LIFE: u32 = 3;
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Behind a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordLink {
    user: UserId,
    /// The user's generation when it was sent: a new password, a reset, a disabling or a removal ends it.
    generation: u64,
    /// Where it was sent: of a mailbox that is the user's no more it says nothing.
    #[serde(default)]
    to: String,
}

impl Record for PasswordLink {
    const NAME: &'static str = "password link";
}

impl TicketKind for ResetKind {
    type Payload = PasswordLink;
}

/// Which of a user's links counts: the newest. Key `password-link/<user>`.
#[derive(Debug, Serialize, Deserialize)]
struct Newest {
    /// The hash of its token, as in its key.
    hash: String,
}

impl Record for Newest {
    const NAME: &'static str = "newest password link";
}

/// A good link and what using it up takes.
struct Linked {
    token: Token<ResetKind>,
    row: Row<PasswordLink>,
    newest: Row<Newest>,
    user: Arc<User>,
}

/// What a job in the post room needs of the request it came from.
struct Asked {
    name: String,
    /// The configured address of the site it was asked on; a request's words never make a link.
    base: Origin,
    site: String,
    source: audit::Origin,
    /// Of the page it was asked on.
    texts: Texts,
    languages: Languages,
}

impl Wizard {
    /// The address links of this site begin with, where a new password can be asked for: switched on, and the site has
    /// one address of its own. (Of a wildcard's hosts the asker would choose one.)
    pub(super) fn reset_base(&self, visit: &Visit) -> Option<Origin> {
        let own = visit.site.url.clone().filter(|url| matches!(url.host, HostPattern::Exact(_)));
        own.filter(|_| self.settings.reset_by_mail)
    }

    /// The link in this visitor's cookie, if it is good.
    async fn linked(&self, visit: &Visit) -> Result<Option<Linked>, Failure> {
        let Some(token) = visit.cookies.link.as_deref().and_then(Token::<ResetKind>::parse) else { return Ok(None) };
        let Some(row) = self.tickets.peek(&token).await? else { return Ok(None) };
        let Some(newest) = self.vault.get::<Newest>(&newest_key(row.value.user)).await? else { return Ok(None) };
        let Some(user) = self.accounts.by_id(row.value.user).await? else { return Ok(None) };
        let good = newest.value.hash == token.hash().hex()
            && !user.disabled
            && user.generation == row.value.generation
            && user.email.as_ref() == Some(&row.value.to)
            && self.settings.reset_by_mail;
        Ok(good.then_some(Linked { token, row, newest, user }))
    }

    /// After the answer: sends a link, if there is somebody to send it to.
    async fn mail_link(&self, asked: &Asked) -> Result<(), Failure> {
        let Ok(name) = UserName::parse(&asked.name) else { return Ok(()) };
        let Some(user) = self.accounts.by_name(&name).await? else { return Ok(()) };
        let Some(to) = user.email.clone().filter(|_| !user.disabled) else { return Ok(()) };
        // Who never had a password has an invitation, which sets one and enrols.
        if !self.first.directory().has_password(user.id).await? {
            return Ok(());
        }
        let budget = |name: String| Budget { name, most: IN_A_LIFE, window: LIFE };
        let all = Budget { name: "password link/all".to_owned(), most: self.settings.resets_per_day, window: DAY };
        let own = [budget(format!("password link/user/{}", user.id)), budget(format!("password link/to/{to}"))];
        let event = |kind| Event::new(kind, &asked.source).user(user.id, &user.name);
        if self.throttle.spend(&[own.as_slice(), std::slice::from_ref(&all)].concat()).await?.is_err() {
            // Whoever asked is told nothing; so the operator is, whom somebody may ask where the mail is.
            self.audit.record(event(Kind::PasswordLinkWaiting)).await?;
            if let Some(until) = self.throttle.spent(&all).await?
                && self.throttle.clone().once_a_day("notice/password links".to_owned()).await
            {
                let (most, until) = (all.most, until.rfc3339());
                tracing::warn!(
                    most,
                    until,
                    "password.resets_per_day is spent: nobody is sent a link for a new password"
                );
            }
            return Ok(());
        }
        let behind = PasswordLink { user: user.id, generation: user.generation, to: to.clone() };
        let (token, issued) = self.tickets.issue::<ResetKind>(&behind, LIFE)?;
        let before = self.vault.get::<Newest>(&newest_key(user.id)).await?;
        let newest = Newest { hash: token.hash().hex() };
        let ends = Some(self.vault.now() + LIFE);
        let newest = self.vault.put(newest_key(user.id), Expect::Any, &newest, ends)?;
        self.vault.commit(vec![issued, newest, self.audit.entry(event(Kind::PasswordLinkSent))?]).await?;

        let link = format!("{}{ASK}/{}", asked.base, token.encode());
        let from = asked.source.address.map(|address| address.to_string()).unwrap_or_default();
        // The owner's own language: whoever asks is not known to be the owner.
        let own = user.language.as_deref().and_then(|tag| asked.languages.named(tag));
        let texts = own.unwrap_or(&asked.texts);
        let mail = mail::password_link(user.name.as_str(), &asked.site, &link, minutes(), &from, texts);
        if let Err(why) = self.checks.gateways.mail(to, mail, texts).await {
            tracing::warn!(user = %user.name, why, "a link for a new password could not be sent");
            self.audit.record(event(Kind::MessageFailed).detail(why)).await?;
            self.take_back(user.id, &token, before).await?;
        }
        Ok(())
    }

    /// A link that could not be sent is nobody's: it ends, and one that was sent before is good again. Where another was
    /// made meanwhile, that one counts.
    async fn take_back(
        &self,
        user: UserId,
        token: &Token<ResetKind>,
        before: Option<Row<Newest>>,
    ) -> Result<(), Failure> {
        let newest = self.vault.get::<Newest>(&newest_key(user)).await?;
        let Some(newest) = newest.filter(|row| row.value.hash == token.hash().hex()) else { return Ok(()) };
        let still = Expect::Version(newest.version);
        let restored = match before {
            Some(before) => self.vault.put(newest.key, still, &before.value, before.expires)?,
            None => self.vault.delete(newest.key, still),
        };
        let gone = self.vault.delete(Tickets::key(&token.hash()), Expect::Any);
        match self.vault.commit(vec![restored, gone]).await {
            Ok(_) | Err(VaultError::Conflict(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// `GET reset`
pub async fn show(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
) -> Result<Response, Failure> {
    wizard.reset_base(&visit).ok_or(Failure::NotFound)?;
    if Notice::of(&visit) == Some(Notice::LinkAsked) {
        let view = reset::SentView { minutes: minutes(), login: "/.vestibule/login".to_owned() };
        let sent = page(StatusCode::OK, reset::sent(&view, &visit.frame(wizard.vault.now()), &visit.texts));
        return Ok(Notice::said(&visit, sent));
    }
    Ok(question(&wizard, &visit, StatusCode::OK, Said::default()))
}

/// `POST reset`: one answer for everybody.
pub async fn ask(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
    posted: Posted,
) -> Result<Response, Failure> {
    let base = wizard.reset_base(&visit).ok_or(Failure::NotFound)?;
    let name = posted.get("username").to_owned();
    let token = visit.cookies.login.as_ref();
    if !token.is_some_and(|token| wizard.sessions.csrf_holds(token, posted.get("csrf"))) {
        return Ok(question(&wizard, &visit, StatusCode::FORBIDDEN, Said { name, expired: true, ..Said::default() }));
    }
    if name.trim().is_empty() {
        return Ok(question(&wizard, &visit, StatusCode::OK, Said { missing: true, ..Said::default() }));
    }
    if let Err(until) = wizard.throttle.ask_from(visit.facts.client) {
        let said = Said { name, until: Some(until), ..Said::default() };
        return Ok(waiting(question(&wizard, &visit, StatusCode::TOO_MANY_REQUESTS, said), wizard.vault.now(), until));
    }
    let asked = Asked {
        name,
        base,
        site: visit.place().name,
        source: visit.source(),
        texts: visit.texts.clone(),
        languages: visit.languages.clone(),
    };
    let house = wizard.clone();
    wizard.post.later(async move {
        if let Err(failure) = house.mail_link(&asked).await {
            tracing::warn!(?failure, "a link for a new password could not be made");
        }
    });
    Ok(Notice::LinkAsked.leave(&visit, see_other(ASK)))
}

/// `GET reset/{token}`: from the address bar into a cookie, whatever the token is worth.
pub async fn open(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
    Path(text): Path<String>,
) -> Result<Response, Failure> {
    wizard.reset_base(&visit).ok_or(Failure::NotFound)?;
    let text = copied(&text);
    if Token::<ResetKind>::parse(text).is_none() {
        return Ok(dead(&wizard, &visit));
    }
    Ok(into_cookie(&visit, text, SET, LIFE))
}

/// `GET reset/password`
pub async fn show_new(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
) -> Result<Response, Failure> {
    wizard.reset_base(&visit).ok_or(Failure::NotFound)?;
    Ok(match wizard.linked(&visit).await? {
        Some(linked) => form(&wizard, &visit, &linked, None),
        None => dead(&wizard, &visit),
    })
}

/// `POST reset/password`: sets the password and uses the link up. Everything the user holds ends with the old password;
/// the way in is the login page, with the second factor after it.
pub async fn set(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
    posted: Posted,
) -> Result<Response, Failure> {
    wizard.reset_base(&visit).ok_or(Failure::NotFound)?;
    let Some(linked) = wizard.linked(&visit).await? else { return Ok(dead(&wizard, &visit)) };
    if !wizard.sessions.csrf_holds(&linked.token, posted.get("csrf")) {
        return Err(Failure::Forged);
    }
    let password = match judged(&wizard, &linked.user.name, &posted) {
        Ok(password) => password,
        Err(problem) => return Ok(form(&wizard, &visit, &linked, Some(problem))),
    };
    // Slow, and refused when too much is going on: nothing is used up before it is done.
    let prepared = wizard.first.prepare(&linked.user.name, &password).await?;
    let source = visit.source();
    let used = Event::new(Kind::PasswordLinkUsed, &source).user(linked.user.id, &linked.user.name);
    let taken = linked.taken(&wizard, wizard.audit.entry(used)?);
    let done = wizard.first.set_password_by_mail(&linked.user, &prepared, &source, taken).await;
    match done.map_err(Failure::from) {
        Ok(()) => {
            let mut response = Notice::PasswordSet.leave(&visit, see_other("/.vestibule/login"));
            let names = &visit.site.cookies;
            set_cookie(&mut response, &names.clear(&names.link));
            Ok(response)
        }
        Err(Failure::Overtaken) => Ok(dead(&wizard, &visit)),
        Err(failure) => Err(failure),
    }
}

impl Linked {
    /// The writes that use the link up; they conflict when it was used or replaced meanwhile.
    fn taken(&self, wizard: &Wizard, told: Change) -> Vec<Change> {
        let newest = wizard.vault.delete(self.newest.key.clone(), Expect::Version(self.newest.version));
        vec![wizard.tickets.take(&self.row), newest, told]
    }
}

/// What the question says besides its field.
#[derive(Default)]
struct Said {
    name: String,
    missing: bool,
    expired: bool,
    until: Option<Time>,
}

fn question(wizard: &Wizard, visit: &Visit, status: StatusCode, said: Said) -> Response {
    let (token, fresh) = match &visit.cookies.login {
        Some(token) => (token.clone(), false),
        None => (Token::<LoginKind>::generate(&**wizard.vault.random()), true),
    };
    let view = reset::AskView {
        form: Form::new(ASK, wizard.sessions.csrf(&token)),
        username: said.name,
        missing: said.missing,
        expired: said.expired,
        wait: said.until.map(wait),
        login: "/.vestibule/login".to_owned(),
    };
    let mut response = page(status, reset::ask(&view, &visit.frame(wizard.vault.now()), &visit.texts));
    if fresh {
        let names = &visit.site.cookies;
        set_cookie(&mut response, &names.set(&names.login, &token.encode(), None));
    }
    response
}

fn form(wizard: &Wizard, visit: &Visit, linked: &Linked, problem: Option<PasswordProblem>) -> Response {
    let view = reset::NewView {
        form: Form::new(SET, wizard.sessions.csrf(&linked.token)),
        name: linked.user.name.to_string(),
        fields: confirm::new_password(wizard.settings.min_length as u64, problem, &visit.texts),
    };
    let frame = visit.frame_linked(wizard.vault.now(), linked.row.expires);
    page(StatusCode::OK, reset::new(&view, &frame, &visit.texts))
}

/// Unknown, used up, replaced, too late, not copied whole: one answer.
fn dead(wizard: &Wizard, visit: &Visit) -> Response {
    let view = reset::DeadView { again: ASK.to_owned() };
    let frame = visit.frame(wizard.vault.now());
    let mut response = page(StatusCode::NOT_FOUND, reset::dead(&view, &frame, &visit.texts));
    if visit.cookies.link.is_some() {
        let names = &visit.site.cookies;
        set_cookie(&mut response, &names.clear(&names.link));
    }
    response
}

fn minutes() -> u64 {
    LIFE.as_secs() / 60
}

fn newest_key(user: UserId) -> String {
    format!("password-link/{user}")
}
