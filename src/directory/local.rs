//! Users' own passwords, in the store: Argon2id (RFC 9106) as PHC strings, sealed under `password/<user>`. A user without
//! a password, or no user at all, costs the same hash as a wrong password does.

use std::net::IpAddr;
use std::sync::Arc;

use argon2::Params;
use argon2::password_hash::phc::PasswordHash;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::argon2id::{self, NoMemory};
use super::floor::{MAX_BYTES, PasswordFloor, judge, prepare};
use super::hashers::{Asker, Full, Hashers};
use super::imported::{self, Imported};
use super::{Directory, DirectoryError, Prepared};
use crate::account::{AccountError, Accounts, User};
use crate::config::PasswordSection;
use crate::error::Problems;
use crate::secret::{Random, Secret, random_bytes};
use crate::store::{Change, Expect, Record, Row, VaultError};
use crate::types::{UserId, UserName};

/// A password's hash. Key `password/<user>`.
#[derive(Serialize, Deserialize)]
struct Password {
    /// In the PHC string format, or as another program wrote it, until the password is given the next time.
    phc: String,
}

impl Record for Password {
    const NAME: &'static str = "password";
}

/// The directory of users of our own.
pub struct LocalDirectory {
    accounts: Accounts,
    params: Params,
    min_length: usize,
    hashers: Hashers,
    /// One thread for hashes of other kinds: they may be dear, and must not hold up those whose hash is ours. One of them
    /// waits for no more than one of each network that asks.
    foreign: Hashers,
    /// A hash that no password has, for whoever has none.
    nobody: String,
}

impl LocalDirectory {
    pub fn new(accounts: Accounts, settings: &PasswordSection) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let memory = u32::try_from(settings.memory.0 / 1024).unwrap_or(u32::MAX);
        let params = Params::new(memory, settings.iterations, settings.parallelism, None);
        let start = |threads| Hashers::start(threads, settings.queue);
        let hashers = start(settings.hashers).and_then(|ours| Ok((ours, start(1)?)));
        let nobody = params.as_ref().ok().and_then(|params| nobody(params, &**accounts.vault().random()));
        match (params, hashers, nobody) {
            (Ok(params), Ok((hashers, foreign)), Some(nobody)) => {
                return Ok(Self { accounts, params, min_length: settings.min_length, hashers, foreign, nobody });
            }
            (_, Err(error), _) => problems.add(
                "password.hashers",
                format!("the threads that hash passwords do not start: {error}"),
                "ask for fewer, or let the process have more threads",
            ),
            (Err(error), ..) => problems.add(
                "password",
                format!("these are no parameters of Argon2id: {error}"),
                "leave out memory, iterations and parallelism, or see RFC 9106 section 4",
            ),
            (_, _, None) => problems.add(
                "password",
                "these parameters of Argon2id cannot be written down",
                "leave out memory, iterations and parallelism",
            ),
        }
        Err(problems)
    }

    async fn row(&self, user: UserId) -> Result<Option<Row<Password>>, VaultError> {
        self.accounts.vault().get(&key(user)).await
    }

    /// What is stored, for tests.
    #[cfg(test)]
    pub(super) fn hashes(&self) -> usize {
        self.hashers.taken.load(std::sync::atomic::Ordering::SeqCst)
    }

    #[cfg(test)]
    pub(super) fn foreign(&self) -> &Hashers {
        &self.foreign
    }

    /// Blocks that were filled, where there is one hasher.
    #[cfg(test)]
    pub(super) async fn work(&self) -> usize {
        self.hashers.run(None, || argon2id::WORK.get()).await.unwrap()
    }

    #[cfg(test)]
    pub(super) fn nobodys(&self) -> &str {
        &self.nobody
    }

    #[cfg(test)]
    pub(super) async fn stored(&self, user: UserId) -> String {
        self.row(user).await.unwrap().unwrap().value.phc
    }

    async fn hash(&self, password: Secret<String>) -> Result<String, DirectoryError> {
        let salt = random_bytes::<16>(&**self.accounts.vault().random());
        let params = self.params.clone();
        let hashed = self.hashers.run(None, move || argon2id::hash(&params, password.expose().as_bytes(), &salt));
        Ok(hashed.await??)
    }

    /// Whether a password has this Argon2id, computed with the parameters it names. One that was made with less than is
    /// asked for now comes on top of the hash that everybody costs: no name is told by taking less time than none.
    async fn fits(&self, phc: String, password: Secret<String>, asker: Asker) -> Result<bool, DirectoryError> {
        let (ours, nobody) = (self.params.clone(), self.is_outdated(&phc).then(|| self.nobody.clone()));
        let fits = move || {
            let password = password.expose().as_bytes();
            if let Some(nobody) = nobody {
                argon2id::fits(&ours, &nobody, password)?;
            }
            argon2id::fits(&ours, &phc, password)
        };
        Ok(self.hashers.run(asker, fits).await??)
    }

    /// Whether a password has this hash of another kind: one hash, and one turn.
    async fn fits_foreign(&self, hash: String, password: Secret<String>, asker: Asker) -> Result<bool, Full> {
        self.foreign.run(asker, move || imported::fits(&hash, password.expose().as_bytes())).await
    }

    /// Whether a hash was made with less than is asked for now.
    fn is_outdated(&self, phc: &str) -> bool {
        if imported::is_foreign(phc) {
            return true;
        }
        let made = PasswordHash::new(phc).ok().and_then(|hash| Params::try_from(&hash).ok());
        made.is_none_or(|made| {
            made.m_cost() < self.params.m_cost()
                || made.t_cost() < self.params.t_cost()
                || made.p_cost() < self.params.p_cost()
        })
    }

    /// Stores the same password under today's parameters. The login does not depend on it: what fails is tried again at
    /// the next one.
    async fn rehash(&self, row: &Row<Password>, password: Secret<String>) {
        let vault = self.accounts.vault();
        let renewed = async {
            let phc = self.hash(password).await?;
            let change = vault.put(row.key.clone(), Expect::Version(row.version), &Password { phc }, None)?;
            Ok::<_, DirectoryError>(vault.commit(vec![change]).await?)
        };
        if let Err(error) = renewed.await {
            tracing::info!(%error, "a password was not hashed again with the new parameters");
        }
    }
}

#[async_trait]
impl Directory for LocalDirectory {
    fn id(&self) -> &'static str {
        "local"
    }

    async fn check(
        &self,
        user: Option<&User>,
        password: &Secret<String>,
        asker: Option<IpAddr>,
    ) -> Result<bool, DirectoryError> {
        // Nobody has the nil id: the same look-up, which finds nothing.
        let row = self.row(user.map_or(UserId(uuid::Uuid::nil()), |user| user.id)).await?;
        let prepared = prepare(password);
        // Whoever has no password, and whatever is too long to be one, is measured against a hash that nothing fits.
        let fits_nobody = row.is_none() || prepared.is_none();
        let phc =
            row.as_ref().filter(|_| !fits_nobody).map_or_else(|| self.nobody.clone(), |row| row.value.phc.clone());
        let candidate = prepared.clone().unwrap_or_default();
        let fits = if imported::is_foreign(&phc) {
            self.fits(self.nobody.clone(), candidate.clone(), asker).await?;
            // Another program hashed what was typed as it was typed.
            let as_typed = (*password != candidate).then(|| password.clone());
            let prepared = self.fits_foreign(phc.clone(), candidate, asker).await?;
            match as_typed.filter(|_| !prepared) {
                Some(raw) => self.fits_foreign(phc, raw, asker).await?,
                None => prepared,
            }
        } else {
            self.fits(phc, candidate, asker).await?
        };
        let right = fits && !fits_nobody;
        if let (true, Some(row), Some(password)) = (right, row, prepared)
            && self.is_outdated(&row.value.phc)
        {
            self.rehash(&row, password).await;
        }
        Ok(right)
    }

    fn judge(&self, name: &UserName, password: &Secret<String>) -> Result<(), PasswordFloor> {
        let prepared = prepare(password).ok_or(PasswordFloor::Long(MAX_BYTES))?;
        judge(&prepared, name, self.min_length)
    }

    async fn prepare(&self, name: &UserName, password: &Secret<String>) -> Result<Prepared, DirectoryError> {
        self.judge(name, password)?;
        let prepared = prepare(password).ok_or(PasswordFloor::Long(MAX_BYTES))?;
        Ok(Prepared(Secret::new(self.hash(prepared).await?)))
    }

    async fn set_password(
        &self,
        user: &User,
        prepared: &Prepared,
        also: &(dyn for<'a> Fn(&'a mut User) + Send + Sync),
        more: Vec<Change>,
    ) -> Result<Arc<User>, DirectoryError> {
        let key = key(user.id);
        loop {
            let before = self.row(user.id).await?;
            let expect = before.as_ref().map_or(Expect::Absent, |row| Expect::Version(row.version));
            let password = Password { phc: prepared.0.expose().clone() };
            let mut changes = vec![self.accounts.vault().put(key.clone(), expect, &password, None)?];
            changes.extend(more.iter().cloned());
            // The record is part of the commit also where it does not change: a user removed meanwhile gets none.
            let change = |user: &mut User| {
                if before.is_some() {
                    user.end_all_but_invitations();
                }
                also(user);
            };
            match self.accounts.edit_as(user, change, changes).await {
                Ok(user) => return Ok(user),
                Err(AccountError::Vault(VaultError::Conflict(conflict))) if conflict == key => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn import(&self, user: UserId, hash: &Imported) -> Result<Change, VaultError> {
        let password = Password { phc: hash.text().to_owned() };
        self.accounts.vault().put(key(user), Expect::Absent, &password, None)
    }

    async fn is_as_imported(&self, user: UserId, hash: &Imported) -> Result<bool, DirectoryError> {
        Ok(self.row(user).await?.is_some_and(|row| row.value.phc == hash.text()))
    }

    async fn has_password(&self, user: UserId) -> Result<bool, DirectoryError> {
        Ok(self.row(user).await?.is_some())
    }

    async fn forget(&self, user: UserId) -> Result<(), DirectoryError> {
        let vault = self.accounts.vault();
        vault.commit(vec![vault.delete(key(user), Expect::Any)]).await?;
        Ok(())
    }
}

impl From<Full> for DirectoryError {
    fn from(Full: Full) -> Self {
        DirectoryError::Busy
    }
}

impl From<NoMemory> for DirectoryError {
    fn from(NoMemory: NoMemory) -> Self {
        // Whoever signs in is told to come back; only here somebody learns that it will not help.
        tracing::error!("there is no memory to hash a password: give this machine more, or lower password.memory");
        DirectoryError::NoMemory
    }
}

fn key(user: UserId) -> String {
    format!("password/{user}")
}

/// Salt and output by chance: hashing is as dear as for anybody, and nothing is known that gives this output.
fn nobody(params: &Params, random: &dyn Random) -> Option<String> {
    argon2id::written(params, &random_bytes(random), &random_bytes(random))
}
