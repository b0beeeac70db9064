//! Users and their factors, as typed records. A removed or disabled user, a factor list that does not match its rows, a
//! name that was given up: each is a statement in a sealed record here, never a missing row. What a factor's state means
//! is known to its method alone.

mod browser;
mod label;
mod memory;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use vestibule_templates::{Texts, one_line};

use self::memory::Memory;
use crate::clock::Time;
use crate::secret::Key;
use crate::store::{Change, Expect, Record, Row, Vault, VaultError};
use crate::types::{FactorId, GroupName, MethodId, Recipient, UserId, UserName};

pub use browser::{BROWSER_LIFE, BROWSERS_PER_USER, Browser, Trust, Used, is_browser_key};
pub use label::{Label, MAX_LABEL};

/// More factors than anybody uses; and few enough that all of them go in one commit.
pub const MAX_FACTORS: usize = 32;

/// Characters of a name for display.
const MAX_DISPLAY_NAME: usize = 128;

/// What a user's record says of enrolment. "No factor" is never inferred from missing rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Enrolment {
    NeverEnrolled,
    Enrolled,
    /// Factors were taken away by an operator: only a new invitation enrols.
    Reset,
}

/// A user. Key `user/<id>`; `name/<keyed hash of the canonical name>` leads to the id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    pub id: UserId,
    pub name: UserName,
    pub display_name: Option<String>,
    pub email: Option<String>,
    pub groups: BTreeSet<GroupName>,
    pub disabled: bool,
    /// Grows when everything this user holds (sessions, pending logins, browsers) must end.
    pub generation: u64,
    /// How many generations there were since invitations ended last: a new password begins one, and leaves whoever is still
    /// to set up a second factor the invitation to it.
    #[serde(default)]
    pub since_invitations_ended: u64,
    pub created: Time,
    pub enrolment: Enrolment,
    pub factors: Vec<FactorId>,
    /// Until when the first factor may be enrolled with the password alone: whoever set the password by a one-time link
    /// may come back to it for as long as the link would have lived.
    #[serde(default)]
    pub enrol_until: Option<Time>,
    /// The password was set by a link that a mailbox got, and was not given together with another factor since: the same
    /// mailbox must not stand for the second factor too.
    #[serde(default)]
    pub password_by_mail: bool,
    /// The language of this user's mails, as a tag (BCP 47): chosen on a page, else what the browser of the first login
    /// wished for. `None`: never signed in.
    #[serde(default)]
    pub language: Option<String>,
    /// A tombstone: the record stays so that id and name are not given out again by accident.
    pub removed: Option<Time>,
}

impl User {
    /// Ends all that this user holds, and every invitation.
    pub fn end_everything(&mut self) {
        self.generation += 1;
        self.end_invitations();
    }

    /// Ends the invitations of earlier generations.
    pub fn end_invitations(&mut self) {
        self.since_invitations_ended = 0;
    }

    /// Ends all that this user holds, save invitations.
    pub fn end_all_but_invitations(&mut self) {
        self.generation += 1;
        self.since_invitations_ended += 1;
    }

    /// Whether an invitation that was made in this generation is still one.
    pub fn honours_invitation_of(&self, generation: u64) -> bool {
        self.generation.checked_sub(generation).is_some_and(|age| age <= self.since_invitations_ended)
    }

    /// As somebody to write to.
    pub fn recipient(&self) -> Recipient<'_> {
        Recipient { name: &self.name, email: self.email.as_deref(), language: self.language.as_deref() }
    }
}

impl Record for User {
    const NAME: &'static str = "user";
}

/// One enrolled factor. Key `factor/<user>/<factor>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Factor {
    pub id: FactorId,
    pub method: MethodId,
    pub label: Label,
    /// Opaque to all but the method.
    pub state: Vec<u8>,
    pub created: Time,
    pub last_used: Option<Time>,
}

impl Record for Factor {
    const NAME: &'static str = "factor";
}

impl Factor {
    /// What it is called, to a reader of this language.
    pub fn name(&self, texts: &Texts) -> String {
        self.label.read(&self.method, texts)
    }
}

/// What a new user is made of.
#[derive(Clone, Debug)]
pub struct NewUser {
    pub name: UserName,
    pub display_name: Option<String>,
    pub email: Option<String>,
    pub groups: BTreeSet<GroupName>,
}

/// Where a name leads. Key `name/<keyed hash>`; it stays when the user is removed, so that the name stays taken.
#[derive(Debug, Serialize, Deserialize)]
struct Named {
    id: UserId,
}

impl Record for Named {
    const NAME: &'static str = "user name";
}

#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    #[error("there is no user of this name")]
    Unknown,
    #[error("there is a user of this name already")]
    Taken,
    /// A removed user had this name; giving it to somebody else needs to be meant.
    #[error("a removed user had this name")]
    Retired,
    #[error("the factors of user {0} do not match its record: put back a copy of the data folder, or reset this user")]
    Inconsistent(UserId),
    /// What the user holds was ended, or the user disabled, since it was looked at.
    #[error("the user changed meanwhile")]
    Changed,
    #[error("the user has no such factor")]
    NoSuchFactor,
    #[error("a user has at most {MAX_FACTORS} factors")]
    TooManyFactors,
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// The accounts. Cheap to clone; users are remembered in bounded memory, which forgets a user before the commit that
/// changed it is acknowledged.
#[derive(Clone)]
pub struct Accounts {
    vault: Vault,
    memory: Arc<Memory>,
    names: Key,
    /// What the next value of a browser's cookie is made with.
    next_values: Key,
}

impl Accounts {
    pub fn new(vault: Vault) -> Self {
        let memory = Arc::new(Memory::default());
        let told = memory.clone();
        vault.watch("user/", Arc::new(move |key| told.forget(key)));
        let names = vault.derive("user name");
        let next_values = vault.derive("next value of a browser");
        Self { vault, memory, names, next_values }
    }

    /// A live user (removed ones are `None`, disabled ones are given: look at `disabled`). From memory when it can.
    pub async fn by_id(&self, id: UserId) -> Result<Option<Arc<User>>, AccountError> {
        if let Some(user) = self.memory.get(id) {
            return Ok(Some(user));
        }
        let loading = self.memory.begin(id);
        let user = self.live(id).await?.map(|row| Arc::new(row.value));
        if let Some(user) = &user {
            self.memory.keep(loading, user.clone());
        }
        Ok(user)
    }

    pub async fn by_name(&self, name: &UserName) -> Result<Option<Arc<User>>, AccountError> {
        match self.vault.get::<Named>(&self.name_key(name)).await? {
            Some(named) => self.by_id(named.value.id).await,
            None => Ok(None),
        }
    }

    /// All users, removed ones left out, by name.
    pub async fn list(&self) -> Result<Vec<User>, AccountError> {
        let rows = self.vault.all::<User>("user/").await?;
        let mut users: Vec<User> =
            rows.into_iter().map(|row| row.value).filter(|user| user.removed.is_none()).collect();
        users.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(users)
    }

    /// Whether any user was ever made (removed ones count).
    pub async fn ever(&self) -> Result<bool, AccountError> {
        Ok(!self.vault.scan::<User>("user/", None, 1).await?.is_empty())
    }

    /// A new user with a new id, also where `reuse_name` takes the name of a removed one: nothing of the old user leads
    /// to the new one.
    pub async fn add(&self, new: NewUser, reuse_name: bool) -> Result<User, AccountError> {
        let (user, changes) = self.adding(new, reuse_name).await?;
        match self.vault.commit(changes).await {
            Ok(_) => Ok(user),
            Err(VaultError::Conflict(_)) => Err(AccountError::Taken),
            Err(error) => Err(error.into()),
        }
    }

    /// The same as writes: two, to be committed with what else makes the user. A conflict means that the name was taken
    /// meanwhile.
    pub async fn adding(&self, new: NewUser, reuse_name: bool) -> Result<(User, Vec<Change>), AccountError> {
        let name_key = self.name_key(&new.name);
        let expect = match self.vault.get::<Named>(&name_key).await? {
            None => Expect::Absent,
            Some(named) => match self.live(named.value.id).await? {
                Some(_) => return Err(AccountError::Taken),
                None if reuse_name => Expect::Version(named.version),
                None => return Err(AccountError::Retired),
            },
        };
        let user = User {
            id: UserId::generate(&**self.vault.random()),
            name: new.name,
            display_name: new.display_name,
            email: new.email,
            groups: new.groups,
            disabled: false,
            generation: 0,
            since_invitations_ended: 0,
            created: self.vault.now(),
            enrolment: Enrolment::NeverEnrolled,
            factors: Vec::new(),
            enrol_until: None,
            password_by_mail: false,
            language: None,
            removed: None,
        };
        let changes = vec![
            self.vault.put(name_key, expect, &Named { id: user.id }, None)?,
            self.vault.put(user_key(user.id), Expect::Absent, &user, None)?,
        ];
        Ok((user, changes))
    }

    /// Reads, changes, writes; again when somebody else was first. `more` joins further changes to the same commit; a
    /// conflict in one of those is the caller's.
    pub async fn edit(
        &self,
        id: UserId,
        change: impl Fn(&mut User) + Send + Sync,
        more: Vec<Change>,
    ) -> Result<Arc<User>, AccountError> {
        loop {
            let row = self.live(id).await?.ok_or(AccountError::Unknown)?;
            if let Some(user) = self.try_edit(row, &change, more.clone()).await? {
                return Ok(user);
            }
        }
    }

    /// Ends all that the user holds: sessions, pending logins, browsers, invitations. Whoever acts here opens a new session for the
    /// user that is returned.
    pub async fn end_everything(&self, id: UserId, more: Vec<Change>) -> Result<Arc<User>, AccountError> {
        self.edit(id, User::end_everything, more).await
    }

    /// Disabling ends everything the user holds; enabling brings none of it back.
    pub async fn set_disabled(&self, id: UserId, disabled: bool, more: Vec<Change>) -> Result<Arc<User>, AccountError> {
        let change = |user: &mut User| {
            if disabled && !user.disabled {
                user.end_everything();
            }
            user.disabled = disabled;
        };
        self.edit(id, change, more).await
    }

    /// Takes all factors away, those too that do not match the record, and ends everything: only a new invitation
    /// enrols.
    pub async fn reset(&self, id: UserId, more: Vec<Change>) -> Result<Arc<User>, AccountError> {
        let change = |user: &mut User| {
            user.end_everything();
            user.enrolment = Enrolment::Reset;
            user.factors.clear();
            user.enrol_until = None;
            user.password_by_mail = false;
        };
        self.without_factors(id, change, more).await
    }

    /// Leaves a tombstone, removes factors and known browsers; the generation ends the rest. The password is another
    /// module's: `Directory::forget`. `more` goes with the tombstone.
    pub async fn remove(&self, id: UserId, more: Vec<Change>) -> Result<(), AccountError> {
        let now = self.vault.now();
        let change = |user: &mut User| {
            user.end_everything();
            user.disabled = true;
            user.removed = Some(now);
            user.display_name = None;
            user.email = None;
            user.groups.clear();
            user.factors.clear();
            user.enrol_until = None;
        };
        self.without_factors(id, change, more).await?;
        self.remove_browsers(id).await?;
        Ok(())
    }

    /// All factors of the user; `Inconsistent` when the rows do not match the record.
    pub async fn factors(&self, user: &User) -> Result<Vec<Row<Factor>>, AccountError> {
        let rows = self.factor_rows(user.id).await?;
        if matches(user, &rows) {
            return Ok(rows);
        }
        // The caller's record may be older than the rows. What counts is a record that stayed the same while they were
        // read.
        let mut record = self.live(user.id).await?.ok_or(AccountError::Unknown)?;
        loop {
            let rows = self.factor_rows(user.id).await?;
            if matches(&record.value, &rows) {
                return Ok(rows);
            }
            let again = self.live(user.id).await?.ok_or(AccountError::Unknown)?;
            if again.version == record.version {
                return Err(AccountError::Inconsistent(user.id));
            }
            record = again;
        }
    }

    pub async fn factor(&self, user: &User, id: &FactorId) -> Result<Row<Factor>, AccountError> {
        let rows = self.factors(user).await?;
        rows.into_iter().find(|row| row.value.id == *id).ok_or(AccountError::NoSuchFactor)
    }

    /// The writes that add a factor and list it in the record; to be committed with what proves the right to. The
    /// first commit of a factor sets `Enrolled`. A conflict means: read again and decide anew.
    pub async fn add_factor(&self, user: UserId, factor: &Factor) -> Result<Vec<Change>, AccountError> {
        let row = self.live(user).await?.ok_or(AccountError::Unknown)?;
        let mut record = row.value;
        if record.factors.len() >= MAX_FACTORS {
            return Err(AccountError::TooManyFactors);
        }
        record.enrolment = Enrolment::Enrolled;
        record.enrol_until = None;
        record.factors.push(factor.id.clone());
        Ok(vec![
            self.vault.put(row.key, Expect::Version(row.version), &record, None)?,
            self.vault.put(factor_key(user, &factor.id), Expect::Absent, factor, None)?,
        ])
    }

    /// The writes that remove factors and take them off the record's list, with a new generation: browsers and sessions
    /// end, and whoever acts here opens a new session after the commit.
    pub async fn remove_factors(&self, user: UserId, factors: &[FactorId]) -> Result<Vec<Change>, AccountError> {
        let row = self.live(user).await?.ok_or(AccountError::Unknown)?;
        let mut record = row.value;
        let mut changes = Vec::with_capacity(factors.len() + 1);
        for id in factors {
            let place = record.factors.iter().position(|listed| listed == id).ok_or(AccountError::NoSuchFactor)?;
            record.factors.remove(place);
            // Whatever its state is by now: a use at this moment must not save it.
            changes.push(self.vault.delete(factor_key(user, id), Expect::Any));
        }
        record.end_everything();
        changes.push(self.vault.put(row.key, Expect::Version(row.version), &record, None)?);
        Ok(changes)
    }

    /// `more` joins further changes to the same commit.
    pub async fn rename_factor(
        &self,
        user: &User,
        id: &FactorId,
        label: &Label,
        more: Vec<Change>,
    ) -> Result<(), AccountError> {
        loop {
            let row = self.factor(user, id).await?;
            let factor = Factor { label: label.clone(), ..row.value };
            let change = self.vault.put(row.key.clone(), Expect::Version(row.version), &factor, row.expires)?;
            match self.vault.commit([vec![change], more.clone()].concat()).await {
                Ok(_) => return Ok(()),
                Err(VaultError::Conflict(conflict)) if conflict == row.key => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The write that stores a factor's new state and its use, expecting the version that was checked.
    pub fn used_factor(&self, _user: UserId, row: &Row<Factor>, state: Vec<u8>) -> Result<Change, AccountError> {
        let used = Factor { state, last_used: Some(self.vault.now()), ..row.value.clone() };
        Ok(self.vault.put(row.key.clone(), Expect::Version(row.version), &used, row.expires)?)
    }

    pub fn vault(&self) -> &Vault {
        &self.vault
    }

    /// The record as it is stored now, unless it is a tombstone.
    async fn live(&self, id: UserId) -> Result<Option<Row<User>>, AccountError> {
        let row = self.vault.get::<User>(&user_key(id)).await?;
        Ok(row.filter(|row| row.value.removed.is_none()))
    }

    async fn factor_rows(&self, id: UserId) -> Result<Vec<Row<Factor>>, AccountError> {
        Ok(self.vault.scan(&factor_prefix(id), None, MAX_FACTORS + 1).await?)
    }

    /// The expectation that a user still is what it was when something was judged: enabled, and nothing ended what it
    /// holds. Part of the commit that acts on the judgement.
    ///
    /// # Errors
    /// [`AccountError::Changed`] when it is not so already.
    pub async fn unchanged(&self, user: &User) -> Result<Change, AccountError> {
        let row = self.live(user.id).await?.ok_or(AccountError::Changed)?;
        if row.value.disabled || row.value.generation != user.generation {
            return Err(AccountError::Changed);
        }
        Ok(self.vault.only_if(row.key, Expect::Version(row.version)))
    }

    /// As [`Accounts::edit`], of a user that still is what it was when the right to it was judged, and still has the
    /// mailbox that may have given that right.
    ///
    /// # Errors
    /// [`AccountError::Changed`] when it is not.
    pub async fn edit_as(
        &self,
        judged: &User,
        change: impl Fn(&mut User) + Send + Sync,
        more: Vec<Change>,
    ) -> Result<Arc<User>, AccountError> {
        loop {
            let row = self.live(judged.id).await?.ok_or(AccountError::Changed)?;
            let now = &row.value;
            if (now.disabled, now.generation, &now.email) != (judged.disabled, judged.generation, &judged.email) {
                return Err(AccountError::Changed);
            }
            if let Some(user) = self.try_edit(row, &change, more.clone()).await? {
                return Ok(user);
            }
        }
    }

    /// One round of an edit; `None` when somebody else was first.
    async fn try_edit(
        &self,
        row: Row<User>,
        change: &(impl Fn(&mut User) + Send + Sync),
        more: Vec<Change>,
    ) -> Result<Option<Arc<User>>, AccountError> {
        let mut user = row.value.clone();
        change(&mut user);
        if user == row.value && more.is_empty() {
            return Ok(Some(Arc::new(user)));
        }
        let mut changes = vec![self.vault.put(row.key.clone(), Expect::Version(row.version), &user, None)?];
        changes.extend(more);
        match self.vault.commit(changes).await {
            Ok(_) => Ok(Some(Arc::new(user))),
            Err(VaultError::Conflict(key)) if key == row.key => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// An edit that deletes all factor rows, listed or not, in the same commit. The rows are read after the record, and
    /// adding a factor changes the record: so none can slip in between.
    async fn without_factors(
        &self,
        id: UserId,
        change: impl Fn(&mut User) + Send + Sync,
        more: Vec<Change>,
    ) -> Result<Arc<User>, AccountError> {
        loop {
            let row = self.live(id).await?.ok_or(AccountError::Unknown)?;
            let rows = self.factor_rows(id).await?;
            let gone = rows.into_iter().map(|row| self.vault.delete(row.key, Expect::Any));
            if let Some(user) = self.try_edit(row, &change, gone.chain(more.iter().cloned()).collect()).await? {
                return Ok(user);
            }
        }
    }

    /// Names are hashed under a key, so that who has an account cannot be read off the store's keys.
    fn name_key(&self, name: &UserName) -> String {
        format!("name/{}", HEXLOWER.encode(&self.names.mac(&[name.as_str().as_bytes()])))
    }
}

fn user_key(id: UserId) -> String {
    format!("user/{id}")
}

fn factor_prefix(user: UserId) -> String {
    format!("factor/{user}/")
}

fn factor_key(user: UserId, factor: &FactorId) -> String {
    format!("factor/{user}/{factor}")
}

/// Whether the record lists exactly the rows there are.
fn matches(user: &User, rows: &[Row<Factor>]) -> bool {
    let listed: BTreeSet<&FactorId> = user.factors.iter().collect();
    let found: BTreeSet<&FactorId> = rows.iter().map(|row| &row.value.id).collect();
    listed.len() == user.factors.len() && found.len() == rows.len() && listed == found
}

/// Whether somebody may be called this for display: it goes into headers, assertions, prompts of browsers, and lists.
pub fn is_display_name(text: &str) -> bool {
    text.chars().count() <= MAX_DISPLAY_NAME && one_line(text) == text
}
