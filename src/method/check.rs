//! Every method, wrapped once: what is counted, stored, sent, checked, consumed and recorded around it. No answer that
//! could be guessed is looked at before its failure has been counted, nothing is sent before it is stored and paid for, and nothing is
//! proved before its use is durable.

use std::cmp::Reverse;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use vestibule_templates::mail;

use super::{
    Answer, Answered, Ask, Ceremony, Challenge, Context, Field, FieldError, FieldKind, Method, New, Outgoing, Place,
    Prompt, Proof, Registry, Step, call,
};
use crate::account::{AccountError, Accounts, Factor, MAX_LABEL, User};
use crate::audit::{Audit, Event, Kind, Origin};
use crate::clock::Time;
use crate::gateway::{Delivery, Gateways, Receiver, Verdict};
use crate::post::Post;
use crate::secret::{BrowserKind, DerivedRandom, Key, Random, Token};
use crate::store::{Change, Expect, Record, Row, Vault, VaultError};
use crate::telemetry::metrics;
use crate::throttle::{Account, Attempt, Budget, Lane, Target, Throttle};
use crate::types::{FactorId, MethodId, Recipient, UserId, neighbourhood};

/// How often a commit is tried anew when somebody else's change to the same user came between.
const RETRIES: usize = 3;

/// What may be sent at most, whatever the method: per user and per receiver. (Per client address: as configured.)
const HOUR: Duration = Duration::from_secs(3600);
const PER_USER: u32 = 6;
const PER_RECEIVER: u32 = 6;

/// Nobody could be asked whether an answer is right: it is refused, and the page says that trying later may help.
const UNASKED: FieldError = FieldError { field: "code", text: "error-busy" };

/// What the core remembers of a begun check or enrolment, inside the wizard's own record (a pending login, or an action
/// of a session). Single use: the caller removes it in the same commit that uses it (see `consume` below).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begun {
    pub method: MethodId,
    /// `None`: an enrolment, or a login by whichever factor answers.
    pub factor: Option<FactorId>,
    /// Opaque to all but the method.
    pub pending: Vec<u8>,
    pub expires: Time,
    /// When another message may be asked for.
    pub next_send: Option<Time>,
    /// A call was ordered for it; what that would say ends with it.
    #[serde(default)]
    pub called: bool,
    /// Its message could not be sent, so that its page must not say that it was.
    #[serde(default)]
    pub unsent: bool,
}

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

/// A factor that was just enrolled, and the proof that doing so was.
#[derive(Debug)]
pub struct Enrolled {
    pub factor: Factor,
    pub proof: Proof,
}

#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The method is gone, disabled, does not work at this address (its factors cannot be used, and stay), or this user
    /// may not have one more of it.
    #[error("the method {0} is not in force")]
    NoSuchMethod(MethodId),
    #[error("a field is wrong")]
    Field(FieldError),
    /// Another factor of the store has the same credential.
    #[error("this factor is enrolled already")]
    AlreadyEnrolled,
    /// The last factor that is no fallback: without it there is no second door.
    #[error("this is the last second factor")]
    Last,
    /// Too soon after a wrong answer.
    #[error("answers are not looked at until {0}")]
    Wait(Time),
    #[error(transparent)]
    Account(#[from] AccountError),
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// Who has what no two factors may share. Key `unique/<method>/<keyed hash>`. A claim is good as long as its factor is
/// listed in its owner's record, so that whatever removes the factor frees it.
#[derive(Debug, Serialize, Deserialize)]
struct Claim {
    user: UserId,
    factor: FactorId,
}

impl Record for Claim {
    const NAME: &'static str = "unique claim";
}

/// The wrapper around all methods.
#[derive(Clone)]
pub struct Checks {
    pub registry: Arc<Registry>,
    pub accounts: Accounts,
    pub throttle: Throttle,
    pub audit: Audit,
    pub gateways: Gateways,
    pub post: Post,
}

impl Checks {
    /// Factors that can be used now, the one used last first, then the strongest, fallbacks last. Left out, but still
    /// factors of the user: those whose method is not in force, recovery codes that are all used up, and the mailbox that
    /// the password came by.
    pub async fn usable(&self, user: &User) -> Result<Vec<Row<Factor>>, CheckError> {
        let rows = self.accounts.factors(user).await?;
        let mut usable: Vec<_> = rows
            .into_iter()
            .filter_map(|row| {
                let method = self.registry.get(&row.value.method)?;
                if user.password_by_mail && method.card().by_mailbox {
                    return None;
                }
                let state = &row.value.state;
                let alive = !method.stranded(state) && method.describe(state).remaining != Some(0);
                let card = method.card();
                alive.then_some(((card.fallback, Reverse(row.value.last_used), Reverse(card.strength)), row))
            })
            .collect();
        usable.sort_by_key(|(order, _)| *order);
        Ok(usable.into_iter().map(|(_, row)| row).collect())
    }

    /// Begins a check of one factor. `keep` gets what must be remembered and gives the writes that store it (in the
    /// wizard's record); they are committed BEFORE anything is sent. `previous` is what was begun before in the same
    /// wizard: a check of the same factor stays in force where a message has to wait. `browser`: who asks; what a known
    /// one has sent is not counted against its network.
    #[expect(clippy::too_many_arguments, reason = "each is a different thing, and all are needed")]
    pub async fn begin<K>(
        &self,
        user: &User,
        factor: &FactorId,
        place: &Place,
        previous: Option<&Begun>,
        origin: &Origin,
        browser: Option<&Token<BrowserKind>>,
        keep: K,
    ) -> Result<CheckBegun, CheckError>
    where
        K: FnOnce(&Begun) -> Result<Vec<Change>, VaultError> + Send,
    {
        let row = self.accounts.factor(user, factor).await?;
        let method = self.method(&row.value.method, place)?;
        not_twice(user, method)?;
        let step = method.begin_check(&self.context(method, user, place, &[], self.random()), &row.value.state);
        let step = step.map_err(CheckError::Field)?;
        self.start(user, method, Some(&row), step, place, previous, origin, browser, keep).await
    }

    /// What would be asked of a factor, without making or sending anything (a GET): no ceremony, since that needs a
    /// challenge.
    pub fn preview_check(&self, user: &User, row: &Row<Factor>, place: &Place) -> Result<Prompt, CheckError> {
        let method = self.method(&row.value.method, place)?;
        let context = self.context(method, user, place, &[], self.random());
        Ok(method.prompt(&context, Some(&row.value.state), &[]))
    }

    /// What an enrolment would ask first, without storing or sending anything (a GET). What the page hands over (a
    /// secret, codes) comes of `random` alone: the same again when the POST begins with the same randomness.
    pub async fn preview_enrolment(
        &self,
        user: &User,
        method: &MethodId,
        place: &Place,
        random: &dyn Random,
    ) -> Result<Prompt, CheckError> {
        let method = self.method(method, place)?;
        let states = states(&self.siblings(user, method).await?);
        let context = self.context(method, user, place, &states, random);
        let step = method.begin_enrolment(&context, None, &Answer::default()).map_err(CheckError::Field)?;
        Ok(method.prompt(&context, None, &step.pending))
    }

    /// Shows again what a begun check or enrolment asks for, without making or sending anything (a GET).
    pub async fn show(&self, user: &User, begun: &Begun, place: &Place) -> Result<Prompt, CheckError> {
        let row = match &begun.factor {
            Some(factor) => Some(self.accounts.factor(user, factor).await?),
            None => None,
        };
        let method = self.method(&begun.method, place)?;
        let state = row.as_ref().map(|row| row.value.state.as_slice());
        Ok(method.prompt(&self.context(method, user, place, &[], self.random()), state, &begun.pending))
    }

    /// Throttle → method → compare-and-set → audit → proof. `consume` are the writes that take the begun check out of
    /// the wizard's record, expecting the version that was read: they are part of the one commit, so that one code in
    /// fifty wizards has one winner and one challenge has one use. They are used up on a wrong answer, too, where the
    /// method's challenge is single use (a ceremony), else only on a right one.
    #[expect(clippy::too_many_arguments, reason = "each is a different thing, and all are needed")]
    pub async fn check(
        &self,
        user: &User,
        begun: &Begun,
        answer: &Answer,
        lane: &Lane,
        place: &Place,
        origin: &Origin,
        consume: Vec<Change>,
    ) -> Result<Checked, CheckError> {
        let method = self.method(&begun.method, place)?;
        not_twice(user, method)?;
        let checked = self.weigh(method, user, begun, answer, lane, place, origin, consume, false).await;
        metrics().factor(method.card().id.as_str(), result(&checked));
        checked
    }

    /// Begins a login by a factor alone: nothing is stored and nothing sent, so that it costs a stranger nothing but
    /// the asking. What is remembered travels through the page; who carries it signs it and binds it to the browser.
    pub fn begin_alone(&self, method: &MethodId, place: &Place) -> Result<(Begun, Ceremony), CheckError> {
        let challenge = self.alone(method, place)?.begin_alone(place);
        let Challenge { pending, life, ceremony } =
            challenge.ok_or_else(|| CheckError::NoSuchMethod(method.clone()))?;
        let expires = self.vault().now() + life;
        let begun = Begun {
            method: method.clone(),
            factor: None,
            pending,
            expires,
            next_send: None,
            called: false,
            unsent: false,
        };
        Ok((begun, ceremony))
    }

    /// Checks an answer to [`Checks::begin_alone`] against the factor it names. An answer that names nobody's factor, or
    /// one of somebody who may not sign in, is wrong as any other, and writes nothing but a joined row of the trail: only
    /// who knows a credential's id can make more. `consume`: as in [`Checks::check`]. There is nothing to guess in a
    /// signature, so that nobody waits for a wrong one: whoever knows a credential's id holds up nobody.
    pub async fn check_alone(
        &self,
        begun: &Begun,
        answer: &Answer,
        browser: Option<&Token<BrowserKind>>,
        place: &Place,
        origin: &Origin,
        consume: Vec<Change>,
    ) -> Result<Checked, CheckError> {
        let method = self.alone(&begun.method, place)?;
        let checked = self.weigh_alone(method, begun, answer, browser, place, origin, consume).await;
        metrics().factor(method.card().id.as_str(), result(&checked));
        checked
    }

    #[expect(clippy::too_many_arguments, reason = "each is a different thing, and all are needed")]
    async fn weigh_alone(
        &self,
        method: &Arc<dyn Method>,
        begun: &Begun,
        answer: &Answer,
        browser: Option<&Token<BrowserKind>>,
        place: &Place,
        origin: &Origin,
        consume: Vec<Change>,
    ) -> Result<Checked, CheckError> {
        let wrong = |user: Option<&User>, why: &str| {
            let event = Event::new(Kind::FactorWrong, origin).factor(&begun.method, None).detail(why);
            user.map_or(event.clone(), |user| event.user(user.id, &user.name))
        };
        let Some(claimed) = method.claimed(answer) else {
            self.audit.record(wrong(None, "an answer that cannot be read")).await?;
            return Ok(Checked::Wrong);
        };
        let claim = self.vault().get::<Claim>(&self.claim_key(&begun.method, &claimed.unique)).await?;
        // The owner of the credential is who enrolled it, whatever handle the answer carries.
        let Some(claim) = claim.map(|row| row.value).filter(|claim| claim.user == claimed.user) else {
            self.audit.record(wrong(None, "nobody's key")).await?;
            return Ok(Checked::Wrong);
        };
        let user = self.accounts.by_id(claim.user).await?.filter(|user| user.removed.is_none());
        let Some(user) = user.filter(|user| user.factors.contains(&claim.factor)) else {
            self.audit.record(wrong(None, "a key that was removed")).await?;
            return Ok(Checked::Wrong);
        };
        if user.disabled {
            self.audit.record(wrong(Some(&user), "the user is disabled")).await?;
            return Ok(Checked::Wrong);
        }
        let lane = match browser {
            Some(browser) if self.accounts.known_browser(&user, browser).await? => Lane::Known(browser.hash()),
            _ => self.lane_alone(user.id),
        };
        let begun = Begun { factor: Some(claim.factor), ..begun.clone() };
        not_twice(&user, method)?;
        let checked = self.weigh(method, &user, &begun, answer, &lane, place, origin, consume, true).await?;
        if matches!(checked, Checked::Gone) {
            self.audit.record(wrong(Some(&user), "a challenge that was used before")).await?;
        }
        Ok(checked)
    }

    /// `alone`: nothing else was proved before, so that a right answer completes the login only where the factor made
    /// sure of its owner; and a wrong one was no guess.
    #[expect(clippy::too_many_arguments, reason = "each is a different thing, and all are needed")]
    async fn weigh(
        &self,
        method: &Arc<dyn Method>,
        user: &User,
        begun: &Begun,
        answer: &Answer,
        lane: &Lane,
        place: &Place,
        origin: &Origin,
        consume: Vec<Change>,
        alone: bool,
    ) -> Result<Checked, CheckError> {
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
                                let label = row.value.label.clone();
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

    /// Begins an enrolment. Whether the visitor may is the wizard's question. `previous` is what was begun before in the
    /// same wizard: an enrolment of the same method is gone on with (another code to the same number). `random` makes
    /// what the page hands over, see [`Checks::preview_enrolment`].
    #[expect(clippy::too_many_arguments, reason = "each is a different thing, and all are needed")]
    pub async fn begin_enrolment<K>(
        &self,
        user: &User,
        method: &MethodId,
        answer: &Answer,
        place: &Place,
        previous: Option<&Begun>,
        origin: &Origin,
        browser: Option<&Token<BrowserKind>>,
        random: &dyn Random,
        keep: K,
    ) -> Result<CheckBegun, CheckError>
    where
        K: FnOnce(&Begun) -> Result<Vec<Change>, VaultError> + Send,
    {
        let method = self.method(method, place)?;
        let states = states(&self.siblings(user, method).await?);
        let previous = previous.filter(|begun| {
            begun.factor.is_none() && begun.method == method.card().id && self.vault().now() < begun.expires
        });
        let context = self.context(method, user, place, &states, random);
        let step = method.begin_enrolment(&context, previous.map(|begun| begun.pending.as_slice()), answer);
        let step = step.map_err(CheckError::Field)?;
        self.start(user, method, None, step, place, previous, origin, browser, keep).await
    }

    /// Ends an enrolment: one commit stores the factor, lists it, claims what must be unique, uses up `consume` and
    /// records it; a wrong answer to a challenge that is for one answer only commits `spend`. A method of which a user
    /// has only one is replaced, its old state dead. `user` is the record as it was when the right to enrol was judged:
    /// one whose factors changed since then is a conflict.
    #[expect(clippy::too_many_arguments, reason = "each is a different thing, and all are needed")]
    pub async fn finish_enrolment(
        &self,
        user: &User,
        begun: &Begun,
        answer: &Answer,
        place: &Place,
        origin: &Origin,
        spend: Vec<Change>,
        consume: Vec<Change>,
    ) -> Result<Enrolled, CheckError> {
        let method = self.method(&begun.method, place)?;
        let card = method.card();
        let now = self.vault().now();
        if begun.factor.is_some() || begun.expires <= now {
            return Err(over());
        }
        let about = |kind, factor| Event::new(kind, origin).user(user.id, &user.name).factor(&card.id, factor);

        let label = label(answer)?;
        // A box that must be ticked is no guess: to forget it costs no attempt.
        let fields = method.prompt(&self.context(method, user, place, &[], self.random()), None, &begun.pending).fields;
        let box_left = |field: &&Field| field.kind == FieldKind::Acknowledge && answer.get(field.name) != Some("1");
        if let Some(field) = fields.iter().find(box_left) {
            return Err(CheckError::Field(FieldError { field: field.name, text: "error-not-acknowledged" }));
        }

        let account = Account::User(user.id);
        let (target, lane) = self.enrolment_tries(user.id, &card.id);
        let wait = match self.throttle.attempt(&account, &target, &lane).await? {
            Attempt::Go => None,
            Attempt::Wait(until) => Some(until),
            Attempt::Closed => Some(now + HOUR),
        };
        if let Some(until) = wait {
            self.audit.record(about(Kind::FactorWaiting, None)).await?;
            return Err(CheckError::Wait(until));
        }

        let siblings = self.siblings(user, method).await?;
        let states = states(&siblings);
        let new =
            method.finish_enrolment(&self.context(method, user, place, &states, self.random()), &begun.pending, answer);
        let new = match new {
            Ok(new) => confirmed(method, new).await,
            refused => refused,
        };
        let new = match new {
            Ok(new) => new,
            Err(error) => {
                // A box that was not ticked is no guess: it costs no wait, and is no event.
                if error.field != "code" {
                    self.throttle.take_back(&account, &target, &lane).await?;
                    return Err(CheckError::Field(error));
                }
                if card.single_use_challenge {
                    self.vault().commit(spend).await.or_else(conflict_is_no_matter)?;
                }
                self.audit.record(about(Kind::FactorWrong, None).detail("enrolment")).await?;
                return Err(CheckError::Field(error));
            }
        };

        let replaced = siblings.into_iter().next().filter(|_| !card.several);
        let factor = self.new_factor(&new, &card.id, label, replaced.as_ref());
        let renewed = replaced.is_some() && card.hands_out_codes;
        let kind = if renewed { Kind::RecoveryRenewed } else { Kind::Enrolled };
        for _ in 0..RETRIES {
            let mut changes = match &replaced {
                Some(row) => vec![self.vault().put(row.key.clone(), Expect::Version(row.version), &factor, None)?],
                None => self.accounts.add_factor(user.id, &factor).await?,
            };
            // Read after the writes were made against the record's version: either this sees the change that another
            // enrolment or a reset made, or the commit conflicts with it.
            match self.accounts.by_id(user.id).await? {
                Some(fresh) if fresh.factors == user.factors && fresh.generation == user.generation => {}
                _ => return Err(over()),
            }
            if let Some(unique) = &new.unique {
                changes.push(self.claim(user.id, &factor, unique).await?);
            }
            changes.push(self.audit.entry(about(kind, Some(&factor.id)))?);
            changes.extend(call::end(self.vault(), user.id, begun));
            changes.extend(consume.iter().cloned());
            changes.extend(self.throttle.clear(&account, &target, &lane, false).await?);
            match self.vault().commit(changes).await {
                Ok(_) => {
                    let added = || mail::Change::FactorAdded { label: factor.label.clone() };
                    self.tell(user, &if renewed { mail::Change::RecoveryRenewed } else { added() }, origin);
                    let before = replaced.as_ref().and_then(|row| method.mailbox(&row.value.state));
                    if let Some(before) = before.filter(|before| method.mailbox(&factor.state).as_ref() != Some(before))
                    {
                        self.tell_at(user, Some(&before), &mail::Change::AddressReplaced, origin);
                    }
                    let proved = Some((card.id.clone(), factor.id.clone()));
                    let proof = Proof::mint(user, proved, card.strength, now, all_amr(card.amr, &new.amr));
                    return Ok(Enrolled { factor, proof });
                }
                Err(VaultError::Conflict(key)) if key.starts_with("user/") || key.starts_with("throttle/") => {}
                Err(VaultError::Conflict(key)) if key.starts_with("unique/") => {
                    return Err(CheckError::AlreadyEnrolled);
                }
                Err(VaultError::Conflict(_)) => return Err(over()),
                Err(error) => return Err(error.into()),
            }
        }
        Err(over())
    }

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
                        self.tell(user, &mail::Change::FactorRemoved { label: gone.label.clone() }, origin);
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

    /// Stores a step and sends its message: budget → store → send, so that nothing is sent that was not stored, and
    /// nothing voids an older code that will not be replaced.
    #[expect(clippy::too_many_arguments, reason = "each is a different thing, and all are needed")]
    async fn start<K>(
        &self,
        user: &User,
        method: &Arc<dyn Method>,
        row: Option<&Row<Factor>>,
        mut step: Step,
        place: &Place,
        previous: Option<&Begun>,
        origin: &Origin,
        browser: Option<&Token<BrowserKind>>,
        keep: K,
    ) -> Result<CheckBegun, CheckError>
    where
        K: FnOnce(&Begun) -> Result<Vec<Change>, VaultError> + Send,
    {
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
            let known = match browser {
                Some(browser) => self.accounts.known_browser(user, browser).await?,
                None => false,
            };
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

    /// Tells the owner of what was done, by another way than it was done on.
    pub(super) fn tell(&self, user: &User, change: &mail::Change, origin: &Origin) {
        self.tell_at(user, user.email.as_deref(), change, origin);
    }

    fn tell_at(&self, user: &User, to: Option<&str>, change: &mail::Change, origin: &Origin) {
        let owner = Recipient { email: to, ..user.recipient() };
        self.post.tell(owner, change, origin.address, self.vault().clock().wall());
    }

    /// The write that makes `unique` this factor's.
    async fn claim(&self, user: UserId, factor: &Factor, unique: &[u8]) -> Result<Change, CheckError> {
        let key = self.claim_key(&factor.method, unique);
        let expect = match self.vault().get::<Claim>(&key).await? {
            None => Expect::Absent,
            Some(row) => {
                let owner = self.accounts.by_id(row.value.user).await?;
                if owner.is_some_and(|owner| owner.factors.contains(&row.value.factor)) {
                    return Err(CheckError::AlreadyEnrolled);
                }
                Expect::Version(row.version)
            }
        };
        Ok(self.vault().put(key, expect, &Claim { user, factor: factor.id.clone() }, None)?)
    }

    fn claim_key(&self, method: &MethodId, unique: &[u8]) -> String {
        let hash = self.vault().derive("unique").mac(&[method.as_str().as_bytes(), unique]);
        format!("unique/{method}/{}", data_encoding::HEXLOWER.encode(&hash))
    }

    /// The user's factors of the same method, having seen that one may be enrolled.
    async fn siblings(&self, user: &User, method: &Arc<dyn Method>) -> Result<Vec<Row<Factor>>, CheckError> {
        let card = method.card();
        let rows = self.accounts.factors(user).await?;
        let (siblings, others): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.value.method == card.id);
        if card.fallback && others.is_empty() {
            // A way back in needs a way in first.
            return Err(CheckError::NoSuchMethod(card.id.clone()));
        }
        Ok(siblings)
    }

    fn method(&self, id: &MethodId, place: &Place) -> Result<&Arc<dyn Method>, CheckError> {
        let works = self.registry.get(id).filter(|method| method.works_at(place));
        works.ok_or_else(|| CheckError::NoSuchMethod(id.clone()))
    }

    /// A method that a login can begin with.
    fn alone(&self, id: &MethodId, place: &Place) -> Result<&Arc<dyn Method>, CheckError> {
        let method = self.method(id, place)?;
        if method.card().usable_alone { Ok(method) } else { Err(CheckError::NoSuchMethod(id.clone())) }
    }

    fn context<'a>(
        &'a self,
        method: &Arc<dyn Method>,
        user: &'a User,
        place: &'a Place,
        siblings: &'a [Vec<u8>],
        random: &'a dyn Random,
    ) -> Context<'a> {
        let vault = self.vault();
        Context {
            wall: vault.clock().wall(),
            now: vault.now(),
            random,
            key: method_key(vault, &method.card().id),
            user: user.id,
            name: &user.name,
            display_name: user.display_name.as_deref().unwrap_or(user.name.as_str()),
            email: user.email.as_deref(),
            place,
            texts: &place.texts,
            siblings,
        }
    }

    /// Where the tries of an enrolment are counted: one place per user and method, so that beginning again gives no new
    /// ones, and a lane of its own, so that strangers' failures neither close it nor are made by it.
    fn enrolment_tries(&self, user: UserId, method: &MethodId) -> (Target, Lane) {
        let mac = self.vault().derive("enrolment").mac(&[user.0.as_bytes(), method.as_str().as_bytes()]);
        let random = DerivedRandom::new(Key::new(mac));
        (Target::Factor(FactorId::generate(&random)), Lane::Known(Token::<BrowserKind>::generate(&random).hash()))
    }

    /// The lane of a login by a factor alone, in an unknown browser: one of its own, so that who proves to be the owner
    /// opens the strangers' lane, and strangers cannot hold up the commit that does it. Nothing is counted in it.
    fn lane_alone(&self, user: UserId) -> Lane {
        let random = DerivedRandom::new(Key::new(self.vault().derive("alone").mac(&[user.0.as_bytes()])));
        Lane::Known(Token::<BrowserKind>::generate(&random).hash())
    }

    fn new_factor(
        &self,
        new: &New,
        method: &MethodId,
        label: Option<String>,
        replaced: Option<&Row<Factor>>,
    ) -> Factor {
        let created = self.vault().now();
        match replaced {
            Some(row) => Factor { state: new.state.clone(), created, last_used: None, ..row.value.clone() },
            None => Factor {
                id: FactorId::generate(self.random()),
                method: method.clone(),
                label: label.unwrap_or_else(|| new.label.clone()),
                state: new.state.clone(),
                created,
                last_used: None,
            },
        }
    }

    fn random(&self) -> &dyn Random {
        &**self.vault().random()
    }

    pub(super) fn vault(&self) -> &Vault {
        self.accounts.vault()
    }
}

/// Tells the owner that strangers were wrong until their lane closed, once a day at most: they can go on knocking.
pub fn tell_locked(user: &User, throttle: &Throttle, post: &Post, origin: &Origin, at: Time) {
    let may = throttle.clone().once_a_day(format!("notice/locked/{}", user.id));
    post.tell_if(may, user.recipient(), &mail::Change::Locked, origin.address, at);
}

/// What a validator's word makes of an answer. The error is why nobody could be asked; the operator hears of it.
async fn asked(method: &Arc<dyn Method>, state: &[u8], ask: &Ask) -> Result<Answered, String> {
    match ask.validator.ask(&ask.question).await {
        Verdict::Right { counter } => Ok(method.settle(state, counter)),
        Verdict::Wrong(why) => Ok(Answered::Suspect(why)),
        Verdict::Unknown(why) => {
            tracing::warn!(method = %method.card().id, why, "an answer could not be validated");
            Err(why)
        }
    }
}

/// A mailbox that set the password is no second factor beside it.
fn not_twice(user: &User, method: &Arc<dyn Method>) -> Result<(), CheckError> {
    if user.password_by_mail && method.card().by_mailbox {
        return Err(CheckError::NoSuchMethod(method.card().id.clone()));
    }
    Ok(())
}

/// What became of an answer, as it is counted.
fn result(checked: &Result<Checked, CheckError>) -> &'static str {
    match checked {
        Ok(Checked::Proved(_)) => "right",
        Ok(Checked::Wrong) => "wrong",
        Ok(Checked::Wait(_)) => "waiting",
        Ok(Checked::Closed) => "closed",
        Ok(Checked::Gone) => "gone",
        Err(_) => "failed",
    }
}

/// A new factor, once whoever must be asked about it said yes.
async fn confirmed(method: &Arc<dyn Method>, mut new: New) -> Result<New, FieldError> {
    let Some(ask) = new.ask.take() else { return Ok(new) };
    match asked(method, &new.state, &ask).await {
        Ok(Answered::Right { state, amr } | Answered::RightByOwner { state, amr }) => {
            new.state = state;
            new.amr.extend(amr);
            Ok(new)
        }
        Ok(_) => Err(FieldError { field: "code", text: "error-code-wrong" }),
        Err(_) => Err(UNASKED),
    }
}

fn method_key(vault: &Vault, method: &MethodId) -> Key {
    vault.derive(&format!("method/{method}"))
}

fn all_amr(card: &[&str], added: &[&str]) -> Vec<String> {
    card.iter().chain(added).map(|&amr| amr.to_owned()).collect()
}

/// A challenge that somebody else has used up is used up.
fn conflict_is_no_matter(error: VaultError) -> Result<crate::store::Version, VaultError> {
    match error {
        VaultError::Conflict(_) => Ok(crate::store::Version(0)),
        other => Err(other),
    }
}

/// The step is over (expired, used, or the user's factors changed meanwhile): as when somebody else was first.
fn over() -> CheckError {
    VaultError::Conflict("factors".to_owned()).into()
}

fn states(rows: &[Row<Factor>]) -> Vec<Vec<u8>> {
    rows.iter().map(|row| row.value.state.clone()).collect()
}

/// A factor's name as its owner typed it; accounts keep what can be shown of it.
fn label(answer: &Answer) -> Result<Option<String>, CheckError> {
    let label = answer.get("label").unwrap_or_default().trim();
    if label.chars().count() > MAX_LABEL {
        return Err(CheckError::Field(FieldError { field: "label", text: "error-label-long" }));
    }
    Ok((!label.is_empty()).then(|| label.to_owned()))
}
