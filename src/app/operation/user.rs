//! Users, as an operator changes them. A new password, a reset and a disabling end what the user holds; a link that sets
//! a password is handed out once and stored as a hash.

use std::time::Duration;

use vestibule_templates::mail::Change as Told;

use super::{Failure, done, factor, find};
use crate::account::{Enrolment, NewUser, User, is_display_name};
use crate::app::Parts;
use crate::app::outcome::{Invited, Outcome, UserCard, UserLine};
use crate::audit::{Event, Kind, Origin};
use crate::gateway::Receiver;
use crate::secret::{InvitationKind, Secret, Token};
use crate::store::Change;
use crate::types::{GroupName, Origin as SiteUrl, UserName};
use crate::wizard::{Invitation, InvitationReason};

/// One-time links live at most a day.
pub(super) const INVITATION_LIFE: Duration = Duration::from_secs(24 * 3600);

pub async fn add(
    parts: &Parts,
    new: NewUser,
    reuse_name: bool,
    password: Option<Secret<String>>,
    origin: &Origin,
) -> Result<Outcome, Failure> {
    can_be_said(new.display_name.as_deref(), new.email.as_deref().filter(|email| !email.is_empty()))?;
    // Made ready before there is anybody: a refused password leaves nothing behind.
    let prepared = match &password {
        Some(password) => Some(parts.first.prepare(&new.name, password).await?),
        None => None,
    };
    let user = parts.accounts.add(new, reuse_name).await?;
    let added = parts.audit.entry(Event::new(Kind::UserAdded, origin).user(user.id, &user.name))?;
    match prepared {
        Some(prepared) => {
            parts.first.set_password(&user, &prepared, None, false, origin, vec![added]).await.map_err(|error| {
                let remedy = format!("{0} was added without a password: run `vestibule user password {0}`", user.name);
                Failure::new(error.to_string(), remedy)
            })?;
            Ok(done(format!("{} was added, with the password given", user.name)))
        }
        None => {
            let (token, mut changes) = invitation(parts, &user, InvitationReason::New, origin)?;
            changes.push(added);
            parts.vault.commit(changes).await?;
            Ok(Outcome::Invited(invited(parts, &user.name, &token)))
        }
    }
}

pub async fn list(parts: &Parts) -> Result<Outcome, Failure> {
    Ok(Outcome::Users { users: parts.accounts.list().await?.iter().map(line).collect() })
}

pub async fn show(parts: &Parts, name: &UserName) -> Result<Outcome, Failure> {
    let user = find(parts, name).await?;
    let (locked, waits) = parts.throttle.state(user.id).await?;
    Ok(Outcome::User(Box::new(UserCard {
        id: user.id,
        line: line(&user),
        password: parts.first.directory().has_password(user.id).await?,
        methods: factor::lines(parts, &user).await?,
        sessions: parts.sessions.list(Some(user.id)).await?.len(),
        browsers: parts.accounts.browsers(&user).await?.len(),
        locked,
        waits_until: waits.map(|time| time.rfc3339()),
    })))
}

pub async fn set(
    parts: &Parts,
    name: &UserName,
    display_name: Option<String>,
    email: Option<String>,
    groups: Option<Vec<GroupName>>,
    origin: &Origin,
) -> Result<Outcome, Failure> {
    can_be_said(display_name.as_deref(), email.as_deref().filter(|email| !email.is_empty()))?;
    let user = find(parts, name).await?;
    let given = |text: &String| (!text.is_empty()).then(|| text.clone());
    let change = |user: &mut User| {
        if let Some(text) = &display_name {
            user.display_name = given(text);
        }
        if let Some(text) = &email {
            user.email = given(text);
        }
        if let Some(groups) = &groups {
            user.groups = groups.iter().cloned().collect();
        }
    };
    let fields = [("name", display_name.is_some()), ("email", email.is_some()), ("groups", groups.is_some())];
    let named: Vec<&str> = fields.iter().filter_map(|(field, given)| given.then_some(*field)).collect();
    let event = Event::new(Kind::UserChanged, origin).user(user.id, &user.name).detail(named.join(", "));
    let told = parts.audit.entry(event)?;
    let changed = parts.accounts.edit(user.id, change, vec![told]).await?;
    if changed.email != user.email {
        tell(parts, &user, &Told::AddressReplaced, origin);
    }
    Ok(done(format!("{name} was changed")))
}

pub async fn set_disabled(parts: &Parts, name: &UserName, disabled: bool, origin: &Origin) -> Result<Outcome, Failure> {
    let user = find(parts, name).await?;
    let kind = if disabled { Kind::UserDisabled } else { Kind::UserEnabled };
    let told = parts.audit.entry(Event::new(kind, origin).user(user.id, &user.name))?;
    parts.accounts.set_disabled(user.id, disabled, vec![told]).await?;
    Ok(done(match disabled {
        true => format!("{name} is disabled; sessions, browsers and invitations are ended"),
        false => format!("{name} is enabled"),
    }))
}

pub async fn remove(parts: &Parts, name: &UserName, origin: &Origin) -> Result<Outcome, Failure> {
    let user = find(parts, name).await?;
    // The record goes first: from then on a password that is still there opens nothing.
    let removed = parts.audit.entry(Event::new(Kind::UserRemoved, origin).user(user.id, &user.name))?;
    parts.accounts.remove(user.id, vec![removed]).await?;
    parts.first.directory().forget(user.id).await?;
    Ok(done(format!("{name} was removed; the name is not given out again without --reuse-name")))
}

pub async fn password(
    parts: &Parts,
    name: &UserName,
    password: Option<Secret<String>>,
    origin: &Origin,
) -> Result<Outcome, Failure> {
    let nothing = || Failure::new("no password was given", "write it to standard input");
    let password = password.ok_or_else(nothing)?;
    let user = find(parts, name).await?;
    let prepared = parts.first.prepare(&user.name, &password).await?;
    parts.first.set_password(&user, &prepared, None, false, origin, Vec::new()).await?;
    parts.accounts.end_everything(user.id, Vec::new()).await?;
    Ok(done(format!("{name} has a new password; sessions and browsers are ended")))
}

pub async fn unlock(parts: &Parts, name: &UserName, origin: &Origin) -> Result<Outcome, Failure> {
    let user = find(parts, name).await?;
    let unlocked = parts.audit.entry(Event::new(Kind::Unlocked, origin).user(user.id, &user.name))?;
    parts.throttle.unlock(user.id, vec![unlocked]).await?;
    Ok(done(match user.disabled {
        true => format!("{name} is unlocked and still disabled: `vestibule user enable {name}` lets the user in"),
        false => format!("{name} may try again at once"),
    }))
}

/// A new invitation; older ones end with the generation they were made in.
pub async fn invite(parts: &Parts, name: &UserName, origin: &Origin) -> Result<Outcome, Failure> {
    let user = find(parts, name).await?;
    if user.disabled {
        return Err(Failure::new(format!("{name} is disabled"), format!("run `vestibule user enable {name}` first")));
    }
    if !user.factors.is_empty() {
        let what = format!("{name} has factors; whoever got the link could put their own beside them");
        return Err(Failure::new(what, format!("run `vestibule user reset {name}`, which takes the old ones away")));
    }
    let reason = match user.enrolment {
        Enrolment::NeverEnrolled => InvitationReason::New,
        Enrolment::Enrolled | Enrolment::Reset => InvitationReason::Reset,
    };
    let user = parts.accounts.end_everything(user.id, Vec::new()).await?;
    let (token, changes) = invitation(parts, &user, reason, origin)?;
    parts.vault.commit(changes).await?;
    Ok(Outcome::Invited(invited(parts, name, &token)))
}

pub async fn reset(parts: &Parts, name: &UserName, origin: &Origin) -> Result<Outcome, Failure> {
    let user = find(parts, name).await?;
    let told = parts.audit.entry(Event::new(Kind::Reset, origin).user(user.id, &user.name))?;
    let user = parts.accounts.reset(user.id, vec![told]).await?;
    tell(parts, &user, &Told::Reset, origin);
    // A disabled user stays so: the link is made when somebody enables and invites.
    if user.disabled {
        return Ok(done(format!(
            "{name} was reset and is still disabled; enable, then `vestibule user invite {name}`"
        )));
    }
    let (token, changes) = invitation(parts, &user, InvitationReason::Reset, origin)?;
    parts.vault.commit(changes).await?;
    Ok(Outcome::Invited(invited(parts, name, &token)))
}

/// What is said of a user in headers, mails and lists is refused where it is written, before anything is changed.
fn can_be_said(display_name: Option<&str>, email: Option<&str>) -> Result<(), Failure> {
    if display_name.is_some_and(|text| !is_display_name(text)) {
        let what = "this name for display is too long, or holds characters that cannot be shown";
        let remedy = "write up to 128 characters, without line breaks and marks that turn the direction of the text";
        return Err(Failure::usage(what, remedy));
    }
    match email.filter(|text| Receiver::mailbox(text).is_none()) {
        // Not said again: it may be 10 kB of anything.
        Some(_) => Err(Failure::usage("this is no mail address", "write one such as alice@example.com")),
        None => Ok(()),
    }
}

/// Tells the owner, at the address of `user`, of what was done.
fn tell(parts: &Parts, user: &User, what: &Told, origin: &Origin) {
    parts.post.tell(user.recipient(), what, origin.address, parts.vault.clock().wall());
}

pub(super) fn invitation(
    parts: &Parts,
    user: &User,
    reason: InvitationReason,
    origin: &Origin,
) -> Result<(Token<InvitationKind>, Vec<Change>), Failure> {
    let behind = Invitation { user: user.id, generation: user.generation, reason };
    let (token, issued) = parts.tickets.issue::<InvitationKind>(&behind, INVITATION_LIFE)?;
    let told = parts.audit.entry(Event::new(Kind::Invited, origin).user(user.id, &user.name))?;
    Ok((token, vec![issued, told]))
}

pub(super) fn invited(parts: &Parts, name: &UserName, token: &Token<InvitationKind>) -> Invited {
    let (link, remark) = link(parts, &format!("/.vestibule/invite/{}", token.encode()));
    Invited { name: name.clone(), link, expires: (parts.vault.now() + INVITATION_LIFE).rfc3339(), remark }
}

/// A page of ours as somebody can open it; a path and a remark where no site knows its public address.
pub(in crate::app) fn link(parts: &Parts, path: &str) -> (String, Option<String>) {
    match own_url(parts) {
        Some(url) => (format!("{url}{path}"), None),
        None => {
            let remark = "no site knows its public address: put scheme and host in front, or set url";
            (path.to_owned(), Some(remark.to_owned()))
        }
    }
}

/// Where our pages are: the first site that knows one address of its own.
pub(super) fn own_url(parts: &Parts) -> Option<SiteUrl> {
    parts.in_force.load().plan.sites.own_url().cloned()
}

fn line(user: &User) -> UserLine {
    UserLine {
        name: user.name.clone(),
        display_name: user.display_name.clone(),
        email: user.email.clone(),
        groups: user.groups.iter().cloned().collect(),
        disabled: user.disabled,
        enrolment: user.enrolment,
        factors: user.factors.len(),
        created: user.created.rfc3339(),
    }
}
