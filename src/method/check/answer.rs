//! What is answered: an attempt is counted as a failure before it is looked at, and a right one is proved by the very
//! commit that makes its use durable.

use std::sync::Arc;

use vestibule_templates::mail;

use super::{Asker, Begun, CheckError, Checks, RETRIES, UNASKED, all_amr, asked, not_twice};
use crate::account::{AccountError, User};
use crate::audit::{Event, Kind, Origin};
use crate::clock::Time;
use crate::method::{Answer, Answered, FieldError, Method, Proof, call};
use crate::post::Post;
use crate::store::{Change, VaultError};
use crate::telemetry::metrics;
use crate::throttle::{Account, Attempt, Lane, Target, Throttle};

/// What became of an answer.
#[derive(Debug)]
pub enum Checked {
    /// The challenge is used up, the factor's state moved on, the event recorded: all in one durable commit.
    Proved(Proof),
    Wrong,
    Wait(Time),
    /// The strangers' lane of this account is closed.
    Closed,
    /// There is no begun check for this factor any more (expired, used, replaced): begin again.
    Gone,
}

/// An answer, to what was begun.
pub(super) struct Given<'a> {
    pub begun: &'a Begun,
    pub answer: &'a Answer,
    pub lane: &'a Lane,
    /// The writes that use up what was begun.
    pub consume: Vec<Change>,
}

impl Checks {
    /// Throttle → method → compare-and-set → audit → proof. `consume` are the writes that take the begun check out of
    /// the wizard's record, expecting the version that was read: they are part of the one commit, so that one code in
    /// fifty wizards has one winner and one challenge has one use. They are used up on a wrong answer, too, where the
    /// method's challenge is single use (a ceremony), else only on a right one.
    pub async fn check(
        &self,
        asker: Asker<'_>,
        begun: &Begun,
        answer: &Answer,
        lane: &Lane,
        consume: Vec<Change>,
    ) -> Result<Checked, CheckError> {
        let method = self.method(&begun.method, asker.place)?;
        not_twice(asker.user, method)?;
        // Nothing typed is no guess. What a ceremony says is not typed.
        if !method.card().single_use_challenge {
            typed(answer)?;
        }
        let checked = self.weigh(asker, method, Given { begun, answer, lane, consume }, false).await;
        metrics().factor(method.card().id.as_str(), result(&checked));
        checked
    }

    /// `alone`: nothing else was proved before, so that a right answer completes the login only where the factor made
    /// sure of its owner; and a wrong one was no guess.
    pub(super) async fn weigh(
        &self,
        asker: Asker<'_>,
        method: &Arc<dyn Method>,
        given: Given<'_>,
        alone: bool,
    ) -> Result<Checked, CheckError> {
        let (Asker { user, place, origin, .. }, Given { begun, answer, lane, consume }) = (asker, given);
        let card = method.card();
        let now = self.vault().now();
        let Some(factor) = begun.factor.as_ref().filter(|_| now < begun.expires) else { return Ok(Checked::Gone) };
        let about = |kind| Event::new(kind, origin).user(user.id, &user.name).factor(&card.id, Some(factor));

        let (account, target) = (Account::User(user.id), Target::Factor(factor.clone()));
        let attempt = if alone { Attempt::Go } else { self.throttle.attempt(&account, &target, lane).await? };
        match attempt {
            Attempt::Go => {}
            Attempt::Wait(until) => {
                self.audit.record(about(Kind::FactorWaiting)).await?;
                return Ok(Checked::Wait(until));
            }
            Attempt::Closed => {
                self.audit.record(about(Kind::FactorWaiting).detail("strangers are locked out")).await?;
                if *lane == Lane::Strangers {
                    tell_locked(user, &self.throttle, &self.post, origin, self.vault().clock().wall());
                }
                return Ok(Checked::Closed);
            }
        }

        // Read after the attempt was counted: whatever moved the state since then makes the commit below conflict.
        let row = match self.accounts.factor(user, factor).await {
            Ok(row) if row.value.method == card.id => row,
            Ok(_) | Err(AccountError::NoSuchFactor) => return Ok(Checked::Gone),
            Err(error) => return Err(error.into()),
        };
        let context = self.context(method, user, place, &[], self.random());
        let answered = match method.check(&context, &row.value.state, &begun.pending, answer) {
            Answered::Ask(ask) => match asked(method, &row.value.state, &ask).await {
                Ok(answered) => answered,
                Err(why) => {
                    self.audit.record(about(Kind::FactorWrong).detail(why)).await?;
                    return Err(CheckError::Field(UNASKED));
                }
            },
            answered => answered,
        };
        let by_owner = matches!(answered, Answered::RightByOwner { .. });
        let wrong = match answered {
            Answered::Right { state, amr } | Answered::RightByOwner { state, amr } => {
                let left = method.describe(&state).remaining.map(|left| left as u64);
                let used = self.accounts.used_factor(user.id, &row, state)?;
                let event =
                    self.audit.entry(about(if card.fallback { Kind::RecoveryUsed } else { Kind::FactorRight }))?;
                // The login is complete, and the account's count begins anew: a second factor comes after the first.
                let complete = by_owner || !alone;
                for _ in 0..RETRIES {
                    let mut changes = vec![used.clone(), event.clone()];
                    changes.extend(call::end(self.vault(), user.id, begun));
                    changes.extend(consume.iter().cloned());
                    changes.extend(self.throttle.clear(&account, &target, lane, complete).await?);
                    match self.vault().commit(changes).await {
                        Ok(_) => {
                            if card.fallback {
                                let label = self.called(user, &row.value);
                                let by_code = |remaining| mail::Change::RecoveryUsed { remaining };
                                let change = left.map_or(mail::Change::FallbackUsed { label }, by_code);
                                self.tell(user, &change, origin);
                            }
                            let proved = Some((card.id.clone(), factor.clone()));
                            let proof = Proof::mint(user, proved, card.strength, now, all_amr(card.amr, &amr));
                            return Ok(Checked::Proved(proof.by_owner(by_owner)));
                        }
                        // Another answer was counted meanwhile; that changes nothing about this one.
                        Err(VaultError::Conflict(key)) if key.starts_with("throttle/") => {}
                        // The same code, or the same counter, was used elsewhere in this moment.
                        Err(VaultError::Conflict(key)) if key == row.key => break,
                        Err(VaultError::Conflict(_)) => return Ok(Checked::Gone),
                        Err(error) => return Err(error.into()),
                    }
                }
                about(Kind::FactorWrong).detail("used elsewhere at the same time")
            }
            Answered::Wrong | Answered::Ask(_) => about(Kind::FactorWrong),
            Answered::Suspect(why) => {
                tracing::warn!(user = %user.name, method = %card.id, %factor, why, "a suspicious answer was refused");
                about(Kind::FactorSuspect).detail(why)
            }
            Answered::ClockOff(steps) => {
                tracing::warn!(user = %user.name, method = %card.id, %factor, steps, "a code fits another time: a clock is off");
                about(Kind::FactorWrong).detail(format!("the code fits {steps} steps from now: a clock is off"))
            }
        };
        if card.single_use_challenge {
            match self.vault().commit(consume).await {
                Ok(_) => {}
                Err(VaultError::Conflict(_)) => return Ok(Checked::Gone),
                Err(error) => return Err(error.into()),
            }
        }
        self.audit.record(wrong).await?;
        Ok(Checked::Wrong)
    }
}

/// Tells the owner that strangers were wrong until their lane closed, once a day at most: they can go on knocking.
pub fn tell_locked(user: &User, throttle: &Throttle, post: &Post, origin: &Origin, at: Time) {
    let may = throttle.clone().once_a_day(format!("notice/locked/{}", user.id));
    post.tell_if(may, user.recipient(), &mail::Change::Locked, origin.address, at);
}

/// That something was typed where a code belongs.
pub(super) fn typed(answer: &Answer) -> Result<(), CheckError> {
    match answer.get("code").unwrap_or_default().trim() {
        "" => Err(CheckError::Field(FieldError { field: "code", text: "error-code-missing" })),
        _ => Ok(()),
    }
}

/// What became of an answer, as it is counted.
pub(super) fn result(checked: &Result<Checked, CheckError>) -> &'static str {
    match checked {
        Ok(Checked::Proved(_)) => "right",
        Ok(Checked::Wrong) => "wrong",
        Ok(Checked::Wait(_)) => "waiting",
        Ok(Checked::Closed) => "closed",
        Ok(Checked::Gone) => "gone",
        Err(_) => "failed",
    }
}
