//! How often somebody may try. Failures are counted *before* an answer is checked, durably, per account and factor,
//! whatever the wizard, the spelling or the outcome; a stranger's failures never lock out a known browser. The table is
//! of fixed size: names that nobody has cannot grow it.

mod budget;
mod source;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use self::source::Sources;
use crate::clock::{TOLERANCE, Time};
use crate::config::ThrottleSection;
use crate::secret::{BrowserKind, Key, TokenHash};
use crate::store::{Change, Expect, MAX_WRITES, Record, Row, Vault, VaultError};
use crate::telemetry::metrics;
use crate::types::{FactorId, UserId, UserName};

pub use self::budget::Budget;

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);

/// A lane in which nobody tried for so long is forgotten.
const KEPT: Duration = Duration::from_secs(400 * 86_400);

/// Password attempts from one source: one is forgiven in this time, and so many at once are free (an office behind one
/// address, or somebody who mistypes).
const EACH_PASSWORD: Duration = Duration::from_secs(5);
const FREE_PASSWORDS: u32 = 50;
/// The same of challenges to nobody in particular and answers to them. There is nothing to guess: this only bounds the
/// work, and leaves an office room for as many open login pages as it has people.
const EACH_CHALLENGE: Duration = Duration::from_secs(1);
const FREE_CHALLENGES: u32 = 300;

/// How often strangers' browsers may give a user's right password within [`HOUR`], whether or not the second factor
/// follows: more than anybody signs in, and few enough that pending logins and rows of the record stay few.
const UNFINISHED: u32 = 100;

/// More targets than a user has factors.
const TARGETS: usize = 64;

/// Whose budget: a user, or a name that nobody has (told apart from a user by nothing a stranger can see).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Account {
    User(UserId),
    Nobody(UserName),
}

/// What is tried. The password is a factor too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    Password,
    Factor(FactorId),
}

/// Who tries: a browser this user has fully signed in with before, or anybody else (one lane for all of them).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lane {
    Strangers,
    Known(TokenHash<BrowserKind>),
}

/// Whether a try may be checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// Already counted as a failure: clear it when the answer was right.
    Go,
    /// Not checked, not counted.
    Wait(Time),
    /// The strangers' lane of this account is closed until its owner or an operator opens it.
    Closed,
}

/// What is remembered of one lane of one account: one record, so that one compare-and-set moves all of it and none of
/// two tries at once goes uncounted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Tries {
    /// Failures in a row over all targets.
    failures: u32,
    /// By target.
    targets: BTreeMap<String, Failures>,
}

impl Record for Tries {
    const NAME: &'static str = "throttle";
}

impl Tries {
    /// Targets of factors that were removed long ago make room for others; the count over all stays.
    fn bound(&mut self) {
        while self.targets.len() > TARGETS {
            let oldest = self.targets.iter().min_by_key(|(_, failures)| failures.last).map(|(name, _)| name.clone());
            self.targets.remove(&oldest.unwrap_or_default());
        }
    }
}

/// Failures in a row at one target, and when the last one was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Failures {
    count: u32,
    last: Time,
}

#[derive(Clone, Debug)]
pub struct Throttle {
    vault: Vault,
    base: Duration,
    ceiling: Duration,
    hard_limit: u32,
    /// In an hour, see [`ThrottleSection`].
    pub sends_per_address: u32,
    passwords: Arc<Sources>,
    challenges: Arc<Sources>,
    /// Where mails are asked for without any proof.
    askers: Arc<Sources>,
    key: Key,
}

impl Throttle {
    pub fn new(vault: Vault, limits: &ThrottleSection) -> Self {
        let key = vault.derive("throttle");
        Self {
            vault,
            base: limits.base.0,
            ceiling: limits.ceiling.0.max(limits.base.0),
            hard_limit: limits.hard_limit,
            sends_per_address: limits.sends_per_address,
            passwords: Arc::new(Sources::new(EACH_PASSWORD, FREE_PASSWORDS)),
            challenges: Arc::new(Sources::new(EACH_CHALLENGE, FREE_CHALLENGES)),
            askers: Arc::new(Sources::new(EACH_PASSWORD, FREE_PASSWORDS)),
            key,
        }
    }

    /// Counts a try durably and says whether it may be checked. Two at once: one goes, the other waits.
    pub async fn attempt(&self, account: &Account, target: &Target, lane: &Lane) -> Result<Attempt, VaultError> {
        let attempt = self.counted(account, target, lane).await?;
        if attempt != Attempt::Go {
            metrics().throttled(if *target == Target::Password { "password" } else { "factor" });
        }
        Ok(attempt)
    }

    async fn counted(&self, account: &Account, target: &Target, lane: &Lane) -> Result<Attempt, VaultError> {
        // Before anything is hashed: whether a password is right must not show in what it is answered.
        if let (Target::Password, Lane::Strangers) = (target, lane)
            && let Some(until) = self.spent(&self.unfinished(account)).await?
        {
            return Ok(Attempt::Wait(until));
        }
        let (key, target) = (self.lane_key(account, lane), target.name());
        loop {
            let (mut tries, expect) = self.read(&key).await?;
            if tries.failures >= self.hard_limit {
                return Ok(Attempt::Closed);
            }
            let now = self.vault.now();
            let mut attempt = Attempt::Go;
            let counted = tries.targets.entry(target.clone()).or_insert(Failures { count: 0, last: now });
            if counted.count > 0 && now < counted.last + self.wait(counted.count) {
                if counted.last <= now + TOLERANCE {
                    return Ok(Attempt::Wait(counted.last + self.wait(counted.count)));
                }
                // Stamped in the future: the clock went back. It counts as now, written down, so that the wait ends.
                attempt = Attempt::Wait(now + self.wait(counted.count));
            } else {
                counted.count = counted.count.saturating_add(1);
                tries.failures += 1;
            }
            counted.last = now;
            tries.bound();
            match self.vault.commit(vec![self.put(&key, expect, &tries)?]).await {
                Ok(_) => return Ok(attempt),
                // Somebody else's try came first: it decides whether this one waits.
                Err(VaultError::Conflict(_)) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The writes after a right answer: this target's wait is over, and its own try was no failure. `all`: also the
    /// count over all factors, and the strangers' lane where `lane` is a known browser's; only for a login that is
    /// complete. Without `all` neither the count nor any other target's wait is reset: whoever knows the password
    /// cannot use it to go on guessing codes. The writes expect what was read; a conflict means: ask again.
    pub async fn clear(
        &self,
        account: &Account,
        target: &Target,
        lane: &Lane,
        all: bool,
    ) -> Result<Vec<Change>, VaultError> {
        let key = self.lane_key(account, lane);
        let (mut tries, expect) = self.read(&key).await?;
        tries.targets.remove(&target.name());
        tries.failures = if all { 0 } else { tries.failures.saturating_sub(1) };
        let mut changes = vec![self.put(&key, expect, &tries)?];
        if all && matches!(lane, Lane::Known(_)) {
            let strangers = self.lane_key(account, &Lane::Strangers);
            let (mut tries, expect) = self.read(&strangers).await?;
            // Only where it is closed: then nobody writes it any more, so that strangers cannot make this commit fail.
            // Their waits stay.
            if tries.failures >= self.hard_limit {
                tries.failures = 0;
                changes.push(self.put(&strangers, expect, &tries)?);
            }
        }
        Ok(changes)
    }

    /// The writes that go with a new password: guesses at the one before say nothing of it, so that a strangers' lane
    /// which they closed is open again, and neither do the logins that whoever knew it began. What was guessed at factors
    /// stays counted, and keeps the lane closed where that is enough. It is written only where it is closed: then nobody
    /// else does, so that strangers cannot make this commit fail.
    pub async fn forget_password(&self, user: UserId) -> Result<Vec<Change>, VaultError> {
        let account = Account::User(user);
        let mut changes = vec![budget::renew(&self.vault, &self.key, &self.unfinished(&account))];
        let key = self.lane_key(&account, &Lane::Strangers);
        let (mut tries, expect) = self.read(&key).await?;
        if tries.failures >= self.hard_limit {
            tries.targets.remove(&Target::Password.name());
            tries.failures = tries.targets.values().map(|failures| failures.count).sum();
            changes.push(self.put(&key, expect, &tries)?);
        }
        Ok(changes)
    }

    /// Counts a login that a stranger's browser began with the right password, durably; or says until when there are to
    /// be no more of this user: somebody has the password and not the second factor.
    pub async fn login_began(&self, user: UserId) -> Result<Result<(), Time>, VaultError> {
        self.spend(&[self.unfinished(&Account::User(user))]).await
    }

    /// A try that was counted and then could not be checked (no room to hash): it was no failure. What others counted
    /// meanwhile stays, and so does the wait.
    pub async fn take_back(&self, account: &Account, target: &Target, lane: &Lane) -> Result<(), VaultError> {
        let key = self.lane_key(account, lane);
        loop {
            let (mut tries, expect) = self.read(&key).await?;
            if let Some(counted) = tries.targets.get_mut(&target.name()) {
                counted.count = counted.count.saturating_sub(1);
            }
            tries.failures = tries.failures.saturating_sub(1);
            match self.vault.commit(vec![self.put(&key, expect, &tries)?]).await {
                Err(VaultError::Conflict(_)) => {}
                done => return done.map(|_| ()),
            }
        }
    }

    /// Ends whatever holds a user up, in all lanes: `user unlock`.
    /// `more` is committed first, with as many of them as fit.
    pub async fn unlock(&self, user: UserId, more: Vec<Change>) -> Result<(), VaultError> {
        let lanes = self.lanes(user).await?;
        let mut changes = more;
        changes.push(budget::renew(&self.vault, &self.key, &self.unfinished(&Account::User(user))));
        changes.extend(lanes.into_iter().map(|row| self.vault.delete(row.key, Expect::Any)));
        for changes in changes.chunks(MAX_WRITES) {
            self.vault.commit(changes.to_vec()).await?;
        }
        Ok(())
    }

    /// Whether the strangers' lane is closed, and the longest wait in force: for `user show`.
    pub async fn state(&self, user: UserId) -> Result<(bool, Option<Time>), VaultError> {
        let account = Account::User(user);
        let strangers = self.lane_key(&account, &Lane::Strangers);
        let mut longest = self.spent(&self.unfinished(&account)).await?;
        let mut closed = false;
        for row in self.lanes(user).await? {
            closed |= row.key == strangers && row.value.failures >= self.hard_limit;
            for failures in row.value.targets.values().filter(|failures| failures.count > 0) {
                longest = longest.max(Some(failures.last + self.wait(failures.count)));
            }
        }
        Ok((closed, longest.filter(|until| self.vault.now() < *until)))
    }

    /// Until when this source must wait with password attempts from unknown browsers. In memory, bounded; IPv6 by /64.
    pub fn source_wait(&self, source: IpAddr) -> Option<Time> {
        self.passwords.wait(source, self.vault.now()).inspect(|_| metrics().throttled("source"))
    }

    /// Counts a password attempt of an unknown browser, before it is checked.
    pub fn source_failed(&self, source: IpAddr) {
        self.passwords.count(source, self.vault.now());
    }

    /// The attempt that was counted last was none: its password was right, or it was not checked. Gives back that one
    /// and no other: an account of his own does not buy an attacker more guesses.
    pub fn source_passed(&self, source: IpAddr) {
        self.passwords.give_back(source);
    }

    /// Counts a challenge to nobody in particular, or an answer to one; or says until when this source must wait.
    pub fn challenged(&self, source: IpAddr) -> Result<(), Time> {
        self.admit(&self.challenges, source)
    }

    /// Counts somebody who asks for a mail and has proved nothing; or says until when this source must wait. In memory,
    /// bounded, and apart from password attempts: neither holds up the other.
    pub fn ask_from(&self, source: IpAddr) -> Result<(), Time> {
        self.admit(&self.askers, source)
    }

    fn admit(&self, sources: &Sources, source: IpAddr) -> Result<(), Time> {
        let now = self.vault.now();
        if let Some(until) = sources.wait(source, now) {
            metrics().throttled("source");
            return Err(until);
        }
        sources.count(source, now);
        Ok(())
    }

    /// Spends one send from each budget, durably, before it happens; or says when to come back. `budgets` are names
    /// with the most sends per window. From all of them or from none.
    pub async fn spend(&self, budgets: &[Budget]) -> Result<Result<(), Time>, VaultError> {
        let spent = budget::spend(&self.vault, &self.key, budgets).await?;
        Ok(spent.inspect_err(|_| metrics().throttled("budget")))
    }

    /// Until when there is nothing left of a budget, where there is not.
    pub async fn spent(&self, budget: &Budget) -> Result<Option<Time>, VaultError> {
        budget::wait(&self.vault, &self.key, budget).await
    }

    /// Whether this was not said in a day: for mails to owners that strangers can bring about. Where the store cannot
    /// say, it was.
    pub async fn once_a_day(self, what: String) -> bool {
        let budget = Budget { name: what, most: 1, window: DAY };
        matches!(budget::spend(&self.vault, &self.key, &[budget]).await, Ok(Ok(())))
    }

    /// Takes back what [`Throttle::spend`] took from these, `at` or in the moment after, where it bought nothing.
    pub async fn give_back(&self, budgets: &[Budget], at: Time) -> Result<(), VaultError> {
        budget::give_back(&self.vault, &self.key, budgets, at).await
    }

    /// The wait after so many failures in a row: `base`, doubled with each further one, up to `ceiling`.
    fn wait(&self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        self.base.saturating_mul(1 << doublings).min(self.ceiling)
    }

    async fn read(&self, key: &str) -> Result<(Tries, Expect), VaultError> {
        let row = self.vault.get::<Tries>(key).await?;
        Ok(row.map_or((Tries::default(), Expect::Absent), |row| (row.value, Expect::Version(row.version))))
    }

    fn put(&self, key: &str, expect: Expect, tries: &Tries) -> Result<Change, VaultError> {
        self.vault.put(key, expect, tries, Some(self.vault.now() + KEPT))
    }

    async fn lanes(&self, user: UserId) -> Result<Vec<Row<Tries>>, VaultError> {
        self.vault.all(&format!("throttle/user/{user}/")).await
    }

    /// What is left of the logins that strangers' browsers may begin with the right password. A name that nobody has is
    /// looked up in the same way.
    fn unfinished(&self, account: &Account) -> Budget {
        let name = format!("login/{}", self.lane_key(account, &Lane::Strangers));
        Budget { name, most: UNFINISHED, window: HOUR }
    }

    /// Names that nobody has have no known browsers: they are always in the strangers' lane.
    fn lane_key(&self, account: &Account, lane: &Lane) -> String {
        match (account, lane) {
            (Account::User(user), Lane::Strangers) => format!("throttle/user/{user}/strangers"),
            (Account::User(user), Lane::Known(browser)) => format!("throttle/user/{user}/known-{}", browser.hex()),
            (Account::Nobody(name), _) => {
                let mac = self.key.mac(&[b"nobody", name.as_str().as_bytes()]);
                // Two bytes: 65,536 places, however many names strangers think of.
                let slot = u16::from_be_bytes([mac[0], mac[1]]);
                format!("throttle/nobody/{slot:04x}/strangers")
            }
        }
    }
}

impl Target {
    /// What it is called in a record.
    fn name(&self) -> String {
        match self {
            Target::Password => "password".to_owned(),
            Target::Factor(factor) => factor.to_string(),
        }
    }
}
