//! Budgets of sends: what may be spent in a window that slides, counted durably before it is spent.

use std::time::Duration;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use crate::clock::{TOLERANCE, Time};
use crate::secret::Key;
use crate::store::{Change, Expect, Record, Vault, VaultError};

/// Sends closer together than this part of a window are remembered as one moment, the later one: a record stays small,
/// and never more than `most` pass in any window.
const PARTS: u32 = 32;

/// A budget of sends: at most `most` within `window`.
#[derive(Clone, Debug)]
pub struct Budget {
    /// For example `sms/user/<id>`; hashed before it becomes a key.
    pub name: String,
    pub most: u32,
    pub window: std::time::Duration,
}

/// What was spent: moments, oldest first, each with how many.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Spent(Vec<Moment>);

#[derive(Debug, Serialize, Deserialize)]
struct Moment {
    first: Time,
    last: Time,
    count: u32,
}

impl Record for Spent {
    const NAME: &'static str = "budget";
}

/// One from each budget or from none; else when all of them have room again.
pub(super) async fn spend(vault: &Vault, key: &Key, budgets: &[Budget]) -> Result<Result<(), Time>, VaultError> {
    loop {
        let now = vault.now();
        let mut changes: Vec<Change> = Vec::with_capacity(budgets.len());
        let mut wait = None;
        for budget in budgets {
            let place = place(key, budget);
            let row = vault.get::<Spent>(&place).await?;
            let (mut spent, expect) =
                row.map_or((Spent::default(), Expect::Absent), |row| (row.value, Expect::Version(row.version)));
            spent.forget(budget.window, now);
            wait = wait.max(spent.room(budget, now));
            spent.add(budget.window, now);
            changes.push(vault.put(place, expect, &spent, Some(now + budget.window))?);
        }
        if let Some(until) = wait {
            return Ok(Err(until));
        }
        match vault.commit(changes).await {
            Err(VaultError::Conflict(_)) => {}
            done => return done.map(|_| Ok(())),
        }
    }
}

/// When a budget has room again; `None`: now. Nothing is spent.
pub(super) async fn wait(vault: &Vault, key: &Key, budget: &Budget) -> Result<Option<Time>, VaultError> {
    let Some(row) = vault.get::<Spent>(&place(key, budget)).await? else { return Ok(None) };
    let (mut spent, now) = (row.value, vault.now());
    spent.forget(budget.window, now);
    Ok(spent.room(budget, now))
}

/// The write that makes a budget whole again.
pub(super) fn renew(vault: &Vault, key: &Key, budget: &Budget) -> Change {
    vault.delete(place(key, budget), Expect::Any)
}

/// Takes back from each what was spent at this time or in the moment after it: it bought nothing.
pub(super) async fn give_back(vault: &Vault, key: &Key, budgets: &[Budget], at: Time) -> Result<(), VaultError> {
    for budget in budgets {
        let place = place(key, budget);
        while let Some(row) = vault.get::<Spent>(&place).await? {
            let mut spent = row.value;
            spent.remove(at);
            let change = vault.put(place.clone(), Expect::Version(row.version), &spent, row.expires)?;
            match vault.commit(vec![change]).await {
                Err(VaultError::Conflict(_)) => {}
                done => {
                    done?;
                    break;
                }
            }
        }
    }
    Ok(())
}

fn place(key: &Key, budget: &Budget) -> String {
    format!("throttle/budget/{}", HEXLOWER.encode(&key.mac(&[b"budget", budget.name.as_bytes()])))
}

impl Spent {
    /// Drops what has left the window, and what is stamped in the future by more than a window can explain: the clock
    /// went back, and nobody shall wait for a year.
    fn forget(&mut self, window: Duration, now: Time) {
        self.0.retain(|moment| now < moment.last + window && moment.last <= now + window.max(TOLERANCE));
    }

    /// When there is room for one more; `None`: now.
    fn room(&self, budget: &Budget, now: Time) -> Option<Time> {
        let mut left: u32 = self.0.iter().map(|moment| moment.count).sum();
        if left < budget.most {
            return None;
        }
        for moment in &self.0 {
            left -= moment.count;
            if left < budget.most {
                return Some(moment.last + budget.window);
            }
        }
        // A budget of none has room at no time.
        Some(now + budget.window)
    }

    fn add(&mut self, window: Duration, now: Time) {
        match self.0.last_mut() {
            Some(newest) if now < newest.first + window / PARTS => {
                newest.last = now;
                newest.count += 1;
            }
            _ => self.0.push(Moment { first: now, last: now, count: 1 }),
        }
    }

    /// Nothing, where its moment has left the window.
    fn remove(&mut self, at: Time) {
        if let Some(moment) = self.0.iter_mut().find(|moment| at <= moment.last) {
            moment.count -= 1;
        }
        self.0.retain(|moment| moment.count > 0);
    }
}
