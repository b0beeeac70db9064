//! How a factor goes.

use vestibule_templates::mail;

use super::{CheckError, Checks, RETRIES, over};
use crate::account::{AccountError, Factor, User};
use crate::audit::{Event, Kind, Origin};
use crate::store::{Change, Row, VaultError};
use crate::types::FactorId;

impl Checks {
    /// Removes a factor (and fallbacks with the last other one), in one commit with its event. Whether the visitor may,
    /// and whether policy needs the factor, are the wizard's questions.
    pub async fn remove(
        &self,
        user: &User,
        factor: &FactorId,
        keep_one: bool,
        origin: &Origin,
        more: Vec<Change>,
    ) -> Result<(), CheckError> {
        for _ in 0..RETRIES {
            // As it is now, and still what it was when the right to this was judged.
            let user = &*self
                .accounts
                .by_id(user.id)
                .await?
                .filter(|now| now.generation == user.generation)
                .ok_or_else(over)?;
            let rows = self.accounts.factors(user).await?;
            if !rows.iter().any(|row| row.value.id == *factor) {
                return Err(AccountError::NoSuchFactor.into());
            }
            // A factor whose method is gone is one nobody can use, and yet a factor: it does not void the way back in.
            let fallback =
                |row: &Row<Factor>| self.registry.get(&row.value.method).is_some_and(|method| method.card().fallback);
            let others = rows.iter().any(|row| row.value.id != *factor && !fallback(row));
            if keep_one && !others {
                return Err(CheckError::Last);
            }
            let removed: Vec<&Factor> =
                rows.iter().map(|row| &row.value).filter(|other| other.id == *factor || !others).collect();
            let ids: Vec<FactorId> = removed.iter().map(|factor| factor.id.clone()).collect();

            let mut changes = self.accounts.remove_factors(user.id, &ids).await?;
            // Read after the writes were made, as when enrolling: two that remove the last two factors at once must not
            // each think that the other one stays.
            let fresh = self.accounts.by_id(user.id).await?.ok_or(AccountError::Unknown)?;
            if fresh.factors.len() != rows.len() || !rows.iter().all(|row| fresh.factors.contains(&row.value.id)) {
                continue;
            }
            for gone in &removed {
                let event = Event::new(Kind::FactorRemoved, origin).user(user.id, &user.name);
                changes.push(self.audit.entry(event.factor(&gone.method, Some(&gone.id)))?);
            }
            changes.extend(more.iter().cloned());
            match self.vault().commit(changes).await {
                Ok(_) => {
                    for gone in removed {
                        self.tell(user, &mail::Change::FactorRemoved { label: self.called(user, gone) }, origin);
                    }
                    return Ok(());
                }
                Err(VaultError::Conflict(key)) if key.starts_with("session/") => return Err(over()),
                Err(VaultError::Conflict(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(over())
    }
}
