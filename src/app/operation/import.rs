//! Users of another program, taken over with their password hashes. Each call is one batch, all of it or nothing, so that
//! a file of any length goes in by pieces and can be gone on with where it stopped. Nobody who is there is touched; whoever
//! was added by a run that broke off before it told the link is given another one.

use futures_util::future::join_all;
use serde::{Deserialize, Serialize, Serializer};
use vestibule_templates::mail;

use super::Failure;
use super::user::{INVITATION_LIFE, invitation, invited, own_url};
use crate::account::{AccountError, Enrolment, NewUser, User};
use crate::app::Parts;
use crate::app::outcome::{Imported as Report, Outcome};
use crate::audit::{Event, Kind, Origin};
use crate::directory::Imported;
use crate::gateway::Receiver;
use crate::secret::{InvitationKind, Secret, Token};
use crate::store::{Change, VaultError};
use crate::types::UserName;
use crate::wizard::InvitationReason;

/// Users in one call: each takes six of the hundred writes that a commit holds.
pub const BATCH: usize = 15;
/// How often a batch is tried again when one of its names was taken meanwhile.
const ATTEMPTS: usize = 3;
/// Mails on their way at once.
const MAILS_AT_ONCE: usize = 5;

/// Somebody to be taken over.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Newcomer {
    pub name: UserName,
    #[serde(serialize_with = "told")]
    pub hash: Secret<String>,
    pub email: Option<String>,
}

/// What is done for a batch besides.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// Each gets an invitation; so does who was imported before and never came.
    pub invite: bool,
    /// Invitations go by mail to those who have an address; what cannot be sent is handed back like the others.
    pub mail: bool,
    /// Nothing is done; what would be is told.
    pub dry_run: bool,
}

/// Secrets travel over the socket, whose two ends are one user's or root's, and are printed nowhere.
fn told<S: Serializer>(hash: &Secret<String>, serializer: S) -> Result<S::Ok, S::Error> {
    hash.expose().serialize(serializer)
}

pub async fn import(parts: &Parts, users: Vec<Newcomer>, terms: Terms, origin: &Origin) -> Result<Outcome, Failure> {
    if users.len() > BATCH {
        return Err(Failure::usage(format!("more than {BATCH} users at once"), "send them in smaller batches"));
    }
    if terms.mail && parts.in_force.load().plan.gateways.email.is_none() {
        return Err(Failure::new("no mail can be sent", "set [gateway.email], or leave out --mail"));
    }
    if terms.mail && own_url(parts).is_none() {
        return Err(Failure::new("no site knows its public address", "set url, or leave out --mail"));
    }
    for _ in 0..ATTEMPTS {
        let mut batch = Batch::read(parts, &users, terms, origin).await?;
        if terms.dry_run {
            return Ok(Outcome::WouldImport(batch.report));
        }
        if batch.changes.is_empty() {
            return Ok(Outcome::Imported(batch.report));
        }
        if let Some(name) = batch.report.retired.first() {
            let remedy = format!("give {name} another name in the file, or `vestibule user add --reuse-name {name}`");
            return Err(Failure::new(format!("a removed user was called {name}"), remedy));
        }
        match parts.vault.commit(std::mem::take(&mut batch.changes)).await {
            Ok(_) => return Ok(Outcome::Imported(batch.invite(parts, terms, origin).await?)),
            Err(VaultError::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(AccountError::Changed.into())
}

/// A batch as it would go into the store.
#[derive(Default)]
struct Batch {
    report: Report,
    changes: Vec<Change>,
    invitations: Vec<(User, Token<InvitationKind>)>,
}

impl Batch {
    async fn read(parts: &Parts, users: &[Newcomer], terms: Terms, origin: &Origin) -> Result<Self, Failure> {
        let mut batch = Self::default();
        for newcomer in users {
            let name = &newcomer.name;
            let refused = |why: String| Failure::usage(format!("{name}: {why}"), "correct the file");
            // Judged here too: whoever speaks to the socket is not always our own command line.
            let hash = Imported::take(newcomer.hash.expose()).map_err(|error| refused(error.to_string()))?;
            let email = newcomer.email.clone();
            if email.as_deref().is_some_and(|email| Receiver::mailbox(email).is_none()) {
                return Err(refused("this is no mail address".to_owned()));
            }
            let new =
                NewUser { name: name.clone(), display_name: None, email, groups: std::collections::BTreeSet::new() };
            let (user, changes) = match parts.accounts.adding(new, false).await {
                Ok(added) => added,
                Err(AccountError::Taken) => {
                    batch.report.there.push(name.clone());
                    if terms.invite
                        && let Some(user) = waiting(parts, name, &hash).await?
                    {
                        batch.report.anew.push(name.clone());
                        batch.invite_to(parts, user, terms, origin)?;
                    }
                    continue;
                }
                Err(AccountError::Retired) => {
                    batch.report.retired.push(name.clone());
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            batch.changes.extend(changes);
            batch.changes.push(parts.first.directory().import(user.id, &hash)?);
            let event = Event::new(Kind::UserAdded, origin).user(user.id, &user.name).detail("imported");
            batch.changes.push(parts.audit.entry(event)?);
            batch.report.added.push(user.name.clone());
            if terms.invite {
                batch.invite_to(parts, user, terms, origin)?;
            }
        }
        Ok(batch)
    }

    fn invite_to(&mut self, parts: &Parts, user: User, terms: Terms, origin: &Origin) -> Result<(), Failure> {
        if terms.mail && user.email.is_none() {
            self.report.unreached.push(user.name.clone());
        }
        let (token, changes) = invitation(parts, &user, InvitationReason::New, origin)?;
        self.changes.extend(changes);
        self.invitations.push((user, token));
        Ok(())
    }

    /// Sends the invitations that can be sent, and hands back the others.
    async fn invite(self, parts: &Parts, terms: Terms, origin: &Origin) -> Result<Report, Failure> {
        let mut report = self.report;
        let in_force = parts.in_force.load_full();
        // Nobody of them was ever here: their own language is not known.
        let texts = in_force.plan.languages.fallback();
        let until = parts.vault.now() + INVITATION_LIFE;
        let until = u64::try_from(until.secs()).unwrap_or(0);
        let site = own_url(parts).map(|url| url.authority()).unwrap_or_default();
        for some in self.invitations.chunks(MAILS_AT_ONCE) {
            let sent = some.iter().map(async |(user, token)| {
                let invited = invited(parts, &user.name, token);
                let Some(to) = user.email.clone().filter(|_| terms.mail) else { return (user, invited, None) };
                let mail = mail::invitation(user.name.as_str(), &site, &invited.link, until, texts);
                let sent = in_force.plan.gateways.mail(to, mail, texts).await;
                (user, invited, Some(sent))
            });
            for (user, invited, sent) in join_all(sent).await {
                match sent {
                    Some(Ok(())) => report.mailed.push(user.name.clone()),
                    Some(Err(why)) => {
                        let event = Event::new(Kind::MessageFailed, origin).user(user.id, &user.name);
                        parts.audit.record(event.detail(why)).await?;
                        let remark = Some("the mail could not be sent".to_owned());
                        report.invited.push(crate::app::Invited { remark, ..invited });
                    }
                    None => report.invited.push(invited),
                }
            }
        }
        Ok(report)
    }
}

/// Somebody who was imported with this hash and still has nothing but that: no password set here, no factor ever. An
/// invitation gives such a user nothing that the first one did not.
async fn waiting(parts: &Parts, name: &UserName, hash: &Imported) -> Result<Option<User>, Failure> {
    let Some(user) = parts.accounts.by_name(name).await? else { return Ok(None) };
    let never_came = !user.disabled && user.factors.is_empty() && user.enrolment == Enrolment::NeverEnrolled;
    if !never_came || !parts.first.directory().is_as_imported(user.id, hash).await? {
        return Ok(None);
    }
    Ok(Some((*user).clone()))
}
