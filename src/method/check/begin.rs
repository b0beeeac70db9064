//! What is asked: a step of a method is stored and paid for, and only then its message is sent.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use super::{Asker, Begun, CheckError, Checks, not_twice};
use crate::account::{Factor, User};
use crate::audit::{Event, Kind, Origin};
use crate::clock::Time;
use crate::gateway::{Delivery, Receiver};
use crate::method::{Method, Outgoing, Place, Prompt, Step, call};
use crate::store::{Change, Expect, Row, VaultError};
use crate::throttle::Budget;
use crate::types::{FactorId, UserId, neighbourhood};

/// What may be sent at most, whatever the method: per user and per receiver. (Per client address: as configured.)
pub(super) const HOUR: Duration = Duration::from_secs(3600);
const PER_USER: u32 = 6;
const PER_RECEIVER: u32 = 6;

/// A begun check, as the wizard shows it.
#[derive(Debug)]
pub struct CheckBegun {
    pub begun: Begun,
    pub prompt: Prompt,
    pub sending: Sending,
    /// Whether something has to be stored or sent. When not, `keep` was not called, and `begun` goes straight on to the
    /// check or to the end of the enrolment. (Nor is it called where a message has to wait: what was begun before
    /// stands.)
    pub kept: bool,
}

/// What became of the message, if there was one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sending {
    None,
    Sent {
        next: Time,
    },
    /// Nothing was sent: too soon, or a budget is spent.
    Wait(Time),
    /// The gateway could not: try another way.
    Failed,
}

impl Checks {
    /// Begins a check of one factor. `keep` gets what must be remembered and gives the writes that store it (in the
    /// wizard's record); they are committed BEFORE anything is sent. `previous` is what was begun before in the same
    /// wizard: a check of the same factor stays in force where a message has to wait.
    pub async fn begin<K>(
        &self,
        asker: Asker<'_>,
        factor: &FactorId,
        previous: Option<&Begun>,
        keep: K,
    ) -> Result<CheckBegun, CheckError>
    where
        K: FnOnce(&Begun) -> Result<Vec<Change>, VaultError> + Send,
    {
        let Asker { user, place, .. } = asker;
        let row = self.accounts.factor(user, factor).await?;
        let method = self.method(&row.value.method, place)?;
        not_twice(user, method)?;
        let step = method.begin_check(&self.context(method, user, place, &[], self.random()), &row.value.state);
        let step = step.map_err(CheckError::Field)?;
        self.start(asker, method, Some(&row), step, previous, keep).await
    }

    /// What would be asked of a factor, without making or sending anything (a GET): no ceremony, since that needs a
    /// challenge.
    pub fn preview_check(&self, user: &User, row: &Row<Factor>, place: &Place) -> Result<Prompt, CheckError> {
        let method = self.method(&row.value.method, place)?;
        let context = self.context(method, user, place, &[], self.random());
        Ok(method.prompt(&context, Some(&row.value.state), &[]))
    }

    /// Stores a step and sends its message: budget → store → send, so that nothing is sent that was not stored, and
    /// nothing voids an older code that will not be replaced.
    pub(super) async fn start<K>(
        &self,
        asker: Asker<'_>,
        method: &Arc<dyn Method>,
        row: Option<&Row<Factor>>,
        mut step: Step,
        previous: Option<&Begun>,
        keep: K,
    ) -> Result<CheckBegun, CheckError>
    where
        K: FnOnce(&Begun) -> Result<Vec<Change>, VaultError> + Send,
    {
        let Asker { user, place, origin, browser } = asker;
        let card = method.card();
        let now = self.vault().now();
        let state = row.map(|row| row.value.state.as_slice());
        let show = |begun: &Begun| {
            method.prompt(&self.context(method, user, place, &[], self.random()), state, &begun.pending)
        };
        let mut begun = Begun {
            method: card.id.clone(),
            factor: row.map(|row| row.value.id.clone()),
            pending: step.pending,
            expires: now + step.life,
            next_send: None,
            called: step.message.as_ref().is_some_and(|outgoing| outgoing.speech.is_some()),
            unsent: false,
        };
        if !step.keep && step.message.is_none() {
            return Ok(CheckBegun { prompt: show(&begun), begun, sending: Sending::None, kept: false });
        }
        let mut budgets = Vec::new();
        if let Some(outgoing) = &step.message {
            let known = self.accounts.known_browser(user, browser).await?.is_some();
            budgets = self.budgets(user.id, &begun, outgoing, origin.address.filter(|_| !known));
            match self.throttle.spend(&budgets).await? {
                Ok(()) => begun.next_send = Some(now + outgoing.cooldown),
                Err(next) => {
                    let same =
                        |old: &&Begun| old.method == begun.method && old.factor == begun.factor && now < old.expires;
                    // Nothing is stored: a code that nobody was sent cannot be typed, and of two clicks at once the one
                    // that waits must not overtake the one that sends.
                    let begun = previous.filter(same).cloned().unwrap_or(Begun { next_send: Some(next), ..begun });
                    return Ok(CheckBegun { prompt: show(&begun), begun, sending: Sending::Wait(next), kept: true });
                }
            }
        }

        let mut changes = keep(&begun)?;
        if let Some(outgoing) = &mut step.message
            && let Some(speech) = outgoing.speech.take()
        {
            let (callback, more) = call::order(self.vault(), user.id, &begun, &place.origin, speech)?;
            outgoing.message.callback = Some(callback);
            changes.extend(more);
        }
        if let (Some(row), Some(state)) = (row, step.state) {
            let moved = Factor { state, ..row.value.clone() };
            changes.push(self.vault().put(row.key.clone(), Expect::Version(row.version), &moved, row.expires)?);
        }
        if !changes.is_empty() {
            self.vault().commit(changes).await?;
        }

        let prompt = show(&begun);
        let sending = match step.message {
            None => Sending::None,
            Some(outgoing) => self.send(user, &begun, outgoing, origin, now).await?,
        };
        if sending == Sending::Failed {
            // A provider's failure is nobody's fault. The cool-down stays: one that is slow may have sent all the same,
            // and then nobody gets more than one message in that time.
            self.throttle.give_back(budgets.get(1..).unwrap_or_default(), now).await?;
        }
        Ok(CheckBegun { begun, prompt, sending, kept: true })
    }

    async fn send(
        &self,
        user: &User,
        begun: &Begun,
        outgoing: Outgoing,
        origin: &Origin,
        now: Time,
    ) -> Result<Sending, CheckError> {
        let delivery = self.gateways.deliver(&outgoing.message).await;
        let event =
            |kind| Event::new(kind, origin).user(user.id, &user.name).factor(&begun.method, begun.factor.as_ref());
        match delivery {
            Delivery::Accepted => {
                self.audit.record(event(Kind::MessageSent)).await?;
                Ok(Sending::Sent { next: now + outgoing.cooldown })
            }
            Delivery::Refused(why) | Delivery::Failed(why) => {
                tracing::warn!(user = %user.name, method = %begun.method, why, "a message could not be sent");
                self.audit.record(event(Kind::MessageFailed).detail(why)).await?;
                Ok(Sending::Failed)
            }
        }
    }

    /// What a message costs. The first is the cool-down: one message per factor and time. `from`: the address of a client
    /// that nobody knows.
    fn budgets(&self, user: UserId, begun: &Begun, outgoing: &Outgoing, from: Option<IpAddr>) -> Vec<Budget> {
        let method = &begun.method;
        let factor = begun.factor.as_ref().map_or("new", FactorId::as_str);
        let (Receiver::Phone(to) | Receiver::Call(to) | Receiver::Mailbox(to)) = outgoing.receiver();
        let hourly = |name: String, most| Budget { name, most, window: HOUR };
        let mut all = vec![
            Budget { name: format!("{method}/factor/{user}/{factor}"), most: 1, window: outgoing.cooldown },
            hourly(format!("{method}/user/{user}"), PER_USER),
            hourly(format!("{method}/to/{to}"), PER_RECEIVER),
        ];
        if let Some(address) = from {
            let most = self.throttle.sends_per_address;
            all.push(hourly(format!("{method}/from/{}", neighbourhood(address)), most));
        }
        all.extend(outgoing.budgets.iter().cloned());
        all
    }
}
