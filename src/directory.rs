//! The joint for first factors: a name and a password become a [`Proof`], or not. The answer and the time it takes are
//! the same for a user who does not exist.

mod apr1;
mod argon2id;
mod floor;
mod hashers;
mod imported;
mod local;
#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use data_encoding::HEXLOWER;
use vestibule_templates::mail;

use crate::account::{AccountError, Accounts, User};
use crate::audit::{Audit, Event, Kind, Origin};
use crate::clock::Time;
use crate::method::{Proof, tell_locked};
use crate::post::Post;
use crate::secret::{BrowserKind, Key, Secret, Token};
use crate::store::{Change, VaultError};
use crate::telemetry::metrics;
use crate::throttle::{Account, Attempt, Lane, Target, Throttle};
use crate::types::{Strength, UserId, UserName, neighbourhood};

pub use floor::{MAX_BYTES, PasswordFloor};
pub use imported::{Imported, NotTaken};
pub use local::LocalDirectory;

/// A source of first factors.
#[async_trait]
pub trait Directory: Send + Sync {
    fn id(&self) -> &'static str;

    /// Whether the password is this user's. `None` must take the same time as a user whose password is wrong. `asker`: the
    /// network it is asked from, so that one that asks for much holds up itself.
    async fn check(
        &self,
        user: Option<&User>,
        password: &Secret<String>,
        asker: Option<IpAddr>,
    ) -> Result<bool, DirectoryError>;

    /// Whether this may become this user's password: a matter of its form alone, so that a page can say so before
    /// anything is used up.
    fn judge(&self, name: &UserName, password: &Secret<String>) -> Result<(), PasswordFloor>;

    /// The slow part of setting a password: judges it against the floor and makes what will be stored. Nothing is
    /// stored, so that nothing is used up when there is no room for it.
    async fn prepare(&self, name: &UserName, password: &Secret<String>) -> Result<Prepared, DirectoryError>;

    /// Stores a prepared password, for a user that still is what it was when the right to it was judged. Where there was
    /// one before, everything the user holds save invitations ends in the same commit (a new generation): whoever acts
    /// opens a new session. `also` changes the user's record, `more` joins further changes. Gives the user as it is now.
    async fn set_password(
        &self,
        user: &User,
        prepared: &Prepared,
        also: &(dyn for<'a> Fn(&'a mut User) + Send + Sync),
        more: Vec<Change>,
    ) -> Result<Arc<User>, DirectoryError>;

    /// The write that gives a new user a password whose hash another program made.
    fn import(&self, user: UserId, hash: &Imported) -> Result<Change, VaultError>;

    /// Whether this user's password still is the very hash that was imported.
    async fn is_as_imported(&self, user: UserId, hash: &Imported) -> Result<bool, DirectoryError>;

    async fn has_password(&self, user: UserId) -> Result<bool, DirectoryError>;

    async fn forget(&self, user: UserId) -> Result<(), DirectoryError>;
}

/// A password that was judged and made ready to be stored.
#[derive(Clone, Debug)]
pub struct Prepared(Secret<String>);

#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// The hashing queue is full: answered 503 with `Retry-After`.
    #[error("too many passwords are being checked")]
    Busy,
    /// Neither right nor wrong, and so it stays until somebody gives the machine more or asks for less. Answered as `Busy` is.
    #[error("there is no memory to hash a password")]
    NoMemory,
    #[error(transparent)]
    Password(#[from] PasswordFloor),
    #[error(transparent)]
    Account(#[from] AccountError),
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// What became of an attempt to sign in with a password.
#[derive(Debug)]
pub enum SignIn {
    Proved(Proof),
    /// Wrong password, unknown user, disabled user: one answer.
    Wrong,
    Wait(Time),
    /// The strangers' lane of this account is closed.
    Closed,
}

/// Wraps every directory once: source, throttle, check, audit, proof. A name nobody has takes the same way through
/// all of it as a user's does, and a disabled user's the same as a wrong password's.
#[derive(Clone)]
pub struct FirstFactor {
    directory: Arc<dyn Directory>,
    accounts: Accounts,
    throttle: Throttle,
    audit: Audit,
    post: Post,
    /// Stands in for texts that are no names.
    pseudonyms: Key,
}

impl FirstFactor {
    pub fn new(
        directory: Arc<dyn Directory>,
        accounts: Accounts,
        throttle: Throttle,
        audit: Audit,
        post: Post,
    ) -> Self {
        let pseudonyms = accounts.vault().derive("names that are none");
        Self { directory, accounts, throttle, audit, post, pseudonyms }
    }

    pub fn directory(&self) -> &Arc<dyn Directory> {
        &self.directory
    }

    /// The lane of this browser for the account of this name, as it was typed: `Known` only where this very user
    /// signed in there before.
    pub async fn lane(&self, name: &str, browser: &[Token<BrowserKind>]) -> Result<Lane, DirectoryError> {
        if browser.is_empty() {
            return Ok(Lane::Strangers);
        }
        let user = self.accounts.by_name(&self.canonical(name)).await?;
        self.lane_of(user.as_deref(), browser).await
    }

    /// `name` as it was typed; `lane` as [`FirstFactor::lane`] gives it for this name.
    pub async fn sign_in(
        &self,
        name: &str,
        password: &Secret<String>,
        lane: Lane,
        origin: &Origin,
    ) -> Result<SignIn, DirectoryError> {
        let name = self.canonical(name);
        let user = self.accounts.by_name(&name).await?;
        let source = origin.address.filter(|_| lane == Lane::Strangers);
        if let Some(until) = source.and_then(|address| self.throttle.source_wait(address)) {
            self.audit.record(event(Kind::PasswordWaiting, origin, user.as_deref())).await?;
            metrics().password("waiting");
            return Ok(SignIn::Wait(until));
        }
        if let Some(address) = source {
            self.throttle.source_failed(address);
        }
        let signed_in = self.check(name, user.as_deref(), password, &lane, origin).await;
        metrics().password(result(&signed_in));
        if let Some(address) = source
            && !matches!(signed_in, Ok(SignIn::Wrong))
        {
            self.throttle.source_passed(address);
        }
        signed_in
    }

    /// The password of somebody who is signed in, once more: for a new password. Counted as every other try is.
    pub async fn check_again(
        &self,
        user: &User,
        password: &Secret<String>,
        lane: &Lane,
        origin: &Origin,
    ) -> Result<SignIn, DirectoryError> {
        self.check(user.name.clone(), Some(user), password, lane, origin).await
    }

    /// The slow part of setting a password, see [`Directory::prepare`].
    pub async fn prepare(&self, name: &UserName, password: &Secret<String>) -> Result<Prepared, DirectoryError> {
        self.directory.prepare(name, password).await
    }

    /// Sets a password that the right to was proved for (by an operator's word, by the owner), with its event and `more` in
    /// one commit. `enrol_until`: how long the first factor may be enrolled with it alone; `by_mail`: whether that right
    /// still rests on nothing but a mailbox.
    pub async fn set_password(
        &self,
        user: &User,
        prepared: &Prepared,
        enrol_until: Option<Time>,
        by_mail: bool,
        origin: &Origin,
        more: Vec<Change>,
    ) -> Result<(), DirectoryError> {
        let also = move |user: &mut User| (user.enrol_until, user.password_by_mail) = (enrol_until, by_mail);
        self.store(user, prepared, &also, origin, more).await?;
        Ok(())
    }

    /// Sets a password that an invitation gave the right to, which ends with all others of this user; until `until` the
    /// first factor may be enrolled with it alone. It is proved, too: whoever sets a password knows it.
    pub async fn set_password_by_invitation(
        &self,
        user: &User,
        prepared: &Prepared,
        until: Option<Time>,
        origin: &Origin,
        more: Vec<Change>,
    ) -> Result<Proof, DirectoryError> {
        let also = move |user: &mut User| {
            user.end_invitations();
            (user.enrol_until, user.password_by_mail) = (until, false);
        };
        let now = self.store(user, prepared, &also, origin, more).await?;
        Ok(self.proof(&now))
    }

    /// Sets a password that a mailbox proved the right to, and nothing more: nothing is enrolled with it, and the mailbox
    /// is no second factor beside it.
    pub async fn set_password_by_mail(
        &self,
        user: &User,
        prepared: &Prepared,
        origin: &Origin,
        more: Vec<Change>,
    ) -> Result<(), DirectoryError> {
        let also = |user: &mut User| (user.enrol_until, user.password_by_mail) = (None, true);
        self.store(user, prepared, &also, origin, more).await?;
        Ok(())
    }

    /// Stores a password with its event and the end of what was guessed at the old one, and tells the owner.
    async fn store(
        &self,
        user: &User,
        prepared: &Prepared,
        also: &(dyn for<'a> Fn(&'a mut User) + Send + Sync),
        origin: &Origin,
        mut more: Vec<Change>,
    ) -> Result<Arc<User>, DirectoryError> {
        more.push(self.audit.entry(event(Kind::PasswordChanged, origin, Some(user)))?);
        more.extend(self.throttle.forget_password(user.id).await?);
        let now = self.directory.set_password(user, prepared, also, more).await?;
        // A first password ends nothing; another one does.
        if now.generation != user.generation {
            let (at, from) = (self.accounts.vault().clock().wall(), origin.address);
            self.post.tell(now.recipient(), &mail::Change::PasswordChanged, from, at);
        }
        Ok(now)
    }

    /// Throttle → directory → audit → proof.
    async fn check(
        &self,
        name: UserName,
        user: Option<&User>,
        password: &Secret<String>,
        lane: &Lane,
        origin: &Origin,
    ) -> Result<SignIn, DirectoryError> {
        let account = user.map_or(Account::Nobody(name), |user| Account::User(user.id));
        match self.throttle.attempt(&account, &Target::Password, lane).await? {
            Attempt::Go => {}
            Attempt::Wait(until) => {
                self.audit.record(event(Kind::PasswordWaiting, origin, user)).await?;
                return Ok(SignIn::Wait(until));
            }
            Attempt::Closed => {
                self.audit.record(event(Kind::LaneClosed, origin, user)).await?;
                if let Some(user) = user.filter(|_| *lane == Lane::Strangers) {
                    tell_locked(user, &self.throttle, &self.post, origin, self.accounts.vault().clock().wall());
                }
                return Ok(SignIn::Closed);
            }
        }
        let right = match self.directory.check(user, password, origin.address.map(neighbourhood)).await {
            // Nothing was checked, so nothing was learnt: a flood of others must not become this user's wait.
            Err(error @ (DirectoryError::Busy | DirectoryError::NoMemory)) => {
                self.throttle.take_back(&account, &Target::Password, lane).await?;
                return Err(error);
            }
            checked => checked?,
        };
        match user {
            Some(user) if right && self.is_still_good(user).await? => self.prove(user, &account, lane, origin).await,
            _ => {
                self.audit.record(event(Kind::PasswordWrong, origin, user)).await?;
                Ok(SignIn::Wrong)
            }
        }
    }

    /// Whether the user is enabled, and nothing ended what he holds while the password was being checked.
    async fn is_still_good(&self, user: &User) -> Result<bool, DirectoryError> {
        let now = self.accounts.by_id(user.id).await?;
        Ok(now.is_some_and(|now| !now.disabled && now.generation == user.generation))
    }

    /// The proof, once the wait is over and the event recorded, durably.
    async fn prove(
        &self,
        user: &User,
        account: &Account,
        lane: &Lane,
        origin: &Origin,
    ) -> Result<SignIn, DirectoryError> {
        // With a second factor the login is not complete yet: then only the password's own wait ends.
        let complete = user.factors.is_empty();
        loop {
            let mut changes = self.throttle.clear(account, &Target::Password, lane, complete).await?;
            changes.push(self.audit.entry(event(Kind::PasswordRight, origin, Some(user)))?);
            match self.accounts.vault().commit(changes).await {
                Ok(_) => break,
                // Somebody else's try was counted in the same lane: it must stay counted.
                Err(VaultError::Conflict(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        // Somebody has the password and not the second factor. A known browser is not held up by that.
        if !complete
            && *lane == Lane::Strangers
            && let Err(until) = self.throttle.login_began(user.id).await?
        {
            self.audit.record(event(Kind::PasswordWaiting, origin, Some(user))).await?;
            return Ok(SignIn::Wait(until));
        }
        Ok(SignIn::Proved(self.proof(user)))
    }

    fn proof(&self, user: &User) -> Proof {
        let at = self.accounts.vault().now();
        Proof::mint(user, None, Strength::Code, at, vec!["pwd".to_owned()])
    }

    async fn lane_of(&self, user: Option<&User>, browser: &[Token<BrowserKind>]) -> Result<Lane, DirectoryError> {
        let Some(user) = user else { return Ok(Lane::Strangers) };
        let known = self.accounts.known_browser(user, browser).await?;
        Ok(known.map_or(Lane::Strangers, |(token, _)| Lane::Known(token.hash())))
    }

    /// The canonical name; for a text that is no name one that is, that nobody has, and that is always the same: so it
    /// takes the same way, to the same answer.
    fn canonical(&self, name: &str) -> UserName {
        UserName::parse(name).unwrap_or_else(|_| {
            let stand_in = HEXLOWER.encode(&self.pseudonyms.mac(&[name.as_bytes()]));
            // 64 hexadecimal digits are a name.
            UserName::parse(&stand_in).expect("hexadecimal digits make a name")
        })
    }
}

/// What became of a password, as it is counted.
fn result(signed_in: &Result<SignIn, DirectoryError>) -> &'static str {
    match signed_in {
        Ok(SignIn::Proved(_)) => "right",
        Ok(SignIn::Wrong) => "wrong",
        Ok(SignIn::Wait(_)) => "waiting",
        Ok(SignIn::Closed) => "closed",
        Err(DirectoryError::Busy) => "busy",
        Err(_) => "failed",
    }
}

/// Names that nobody has are not recorded: people type passwords there.
fn event(kind: Kind, origin: &Origin, user: Option<&User>) -> Event {
    let event = Event::new(kind, origin);
    match user {
        Some(user) => event.user(user.id, &user.name),
        None => event,
    }
}
