//! How a factor comes: whoever may enrol is the wizard's question; here its tries are counted, what must be unique is
//! claimed, and one commit stores it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use vestibule_templates::{Texts, mail};

use super::answer::typed;
use super::begin::HOUR;
use super::{Asker, Begun, CheckBegun, CheckError, Checks, RETRIES, UNASKED, all_amr, asked, over, states};
use crate::account::{Factor, Label, MAX_LABEL, User};
use crate::audit::{Event, Kind};
use crate::method::{Answer, Answered, Field, FieldError, FieldKind, Method, New, Place, Prompt, Proof, call};
use crate::secret::{BrowserKind, DerivedRandom, Key, Random, Token};
use crate::store::{Change, Expect, Record, Row, VaultError, Version};
use crate::throttle::{Account, Attempt, Lane, Target};
use crate::types::{FactorId, MethodId, UserId};

/// Who has what no two factors may share. Key `unique/<method>/<keyed hash>`. A claim is good as long as its factor is
/// listed in its owner's record, so that whatever removes the factor frees it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Claim {
    pub user: UserId,
    pub factor: FactorId,
}

impl Record for Claim {
    const NAME: &'static str = "unique claim";
}

/// A factor that was just enrolled, and the proof that doing so was.
#[derive(Debug)]
pub struct Enrolled {
    pub factor: Factor,
    pub proof: Proof,
}

impl Checks {
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
        let prompt = method.prompt(&context, None, &step.pending);
        self.with_a_name(prompt, user, method, &place.texts).await
    }

    /// Begins an enrolment. Whether the visitor may is the wizard's question. `previous` is what was begun before in the
    /// same wizard: an enrolment of the same method is gone on with (another code to the same number). `random` makes
    /// what the page hands over, see [`Checks::preview_enrolment`].
    pub async fn begin_enrolment<K>(
        &self,
        asker: Asker<'_>,
        method: &MethodId,
        answer: &Answer,
        previous: Option<&Begun>,
        random: &dyn Random,
        keep: K,
    ) -> Result<CheckBegun, CheckError>
    where
        K: FnOnce(&Begun) -> Result<Vec<Change>, VaultError> + Send,
    {
        let Asker { user, place, .. } = asker;
        let method = self.method(method, place)?;
        let states = states(&self.siblings(user, method).await?);
        let previous = previous.filter(|begun| {
            begun.factor.is_none() && begun.method == method.card().id && self.vault().now() < begun.expires
        });
        let context = self.context(method, user, place, &states, random);
        let step = method.begin_enrolment(&context, previous.map(|begun| begun.pending.as_slice()), answer);
        let step = step.map_err(CheckError::Field)?;
        self.start(asker, method, None, step, previous, keep).await
    }

    /// Ends an enrolment: one commit stores the factor, lists it, claims what must be unique, uses up `consume` and
    /// records it; a wrong answer to a challenge that is for one answer only commits `spend`. A method of which a user
    /// has only one is replaced, its old state dead. The asker's record is the one as it was when the right to enrol was judged:
    /// one whose factors changed since then is a conflict.
    pub async fn finish_enrolment(
        &self,
        asker: Asker<'_>,
        begun: &Begun,
        answer: &Answer,
        spend: Vec<Change>,
        consume: Vec<Change>,
    ) -> Result<Enrolled, CheckError> {
        let Asker { user, place, origin, .. } = asker;
        let method = self.method(&begun.method, place)?;
        let card = method.card();
        let now = self.vault().now();
        if begun.factor.is_some() || begun.expires <= now {
            return Err(over());
        }
        let about = |kind, factor| Event::new(kind, origin).user(user.id, &user.name).factor(&card.id, factor);

        let others = self.others(user, method).await?;
        let label = label(answer, &card.id, &others, &place.texts)?;
        // A box that must be ticked is no guess: to forget it costs no attempt.
        let fields = method.prompt(&self.context(method, user, place, &[], self.random()), None, &begun.pending).fields;
        let box_left = |field: &&Field| field.kind == FieldKind::Acknowledge && answer.get(field.name) != Some("1");
        if let Some(field) = fields.iter().find(box_left) {
            return Err(CheckError::Field(FieldError { field: field.name, text: "error-not-acknowledged" }));
        }
        if fields.iter().any(|field| field.name == "code") {
            typed(answer)?;
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
                    let added = || mail::Change::FactorAdded { label: self.called(user, &factor) };
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

    pub(super) fn claim_key(&self, method: &MethodId, unique: &[u8]) -> String {
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

    /// The factors a new one of this method will stand beside: all but the one it takes the place of.
    pub(super) async fn others(&self, user: &User, method: &Arc<dyn Method>) -> Result<Vec<Row<Factor>>, CheckError> {
        let mut rows = self.accounts.factors(user).await?;
        rows.retain(|row| method.card().several || row.value.method != method.card().id);
        Ok(rows)
    }

    /// Proposes the name that the new factor will have if its owner gives it none.
    pub(super) async fn with_a_name(
        &self,
        mut prompt: Prompt,
        user: &User,
        method: &Arc<dyn Method>,
        texts: &Texts,
    ) -> Result<Prompt, CheckError> {
        let others = self.others(user, method).await?;
        let id = &method.card().id;
        for field in prompt.fields.iter_mut().filter(|field| field.name == Field::LABEL.name) {
            field.value = unnamed(id, &others).read(id, texts);
        }
        Ok(prompt)
    }

    /// Where the tries of an enrolment are counted: one place per user and method, so that beginning again gives no new
    /// ones, and a lane of its own, so that strangers' failures neither close it nor are made by it.
    fn enrolment_tries(&self, user: UserId, method: &MethodId) -> (Target, Lane) {
        let mac = self.vault().derive("enrolment").mac(&[user.0.as_bytes(), method.as_str().as_bytes()]);
        let random = DerivedRandom::new(Key::new(mac));
        (Target::Factor(FactorId::generate(&random)), Lane::Known(Token::<BrowserKind>::generate(&random).hash()))
    }

    fn new_factor(&self, new: &New, method: &MethodId, label: Label, replaced: Option<&Row<Factor>>) -> Factor {
        let created = self.vault().now();
        match replaced {
            Some(row) => Factor { state: new.state.clone(), created, last_used: None, ..row.value.clone() },
            None => Factor {
                id: FactorId::generate(self.random()),
                method: method.clone(),
                label,
                state: new.state.clone(),
                created,
                last_used: None,
            },
        }
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

/// A challenge that somebody else has used up is used up.
fn conflict_is_no_matter(error: VaultError) -> Result<Version, VaultError> {
    match error {
        VaultError::Conflict(_) => Ok(Version(0)),
        other => Err(other),
    }
}

/// A new factor's name as its owner typed it, if that can be its name beside the others'. Whoever leaves what was proposed
/// gave none.
fn label(answer: &Answer, method: &MethodId, others: &[Row<Factor>], texts: &Texts) -> Result<Label, CheckError> {
    let typed = answer.get("label").unwrap_or_default().trim();
    let wrong = |text| Err(CheckError::Field(FieldError { field: "label", text }));
    if typed.chars().count() > MAX_LABEL {
        return wrong("error-label-long");
    }
    let (given, unnamed) = (Label::given(typed), unnamed(method, others));
    if given == Label::given("") || given == Label::Given(unnamed.read(method, texts)) {
        return Ok(unnamed);
    }
    if is_taken(typed, others) {
        return wrong("error-label-taken");
    }
    Ok(given)
}

/// Whether one of these is called that, in any language: two of a name cannot be told apart where one is removed or asked
/// for.
pub fn is_taken(name: &str, others: &[Row<Factor>]) -> bool {
    let Label::Given(name) = Label::given(name) else { return false };
    let called = |factor: &Factor, texts: &Texts| factor.name(texts).to_lowercase() == name.to_lowercase();
    others.iter().any(|row| Texts::all().iter().any(|texts| called(&row.value, texts)))
}

/// The first number under which a new factor of this method is called as no other is.
fn unnamed(method: &MethodId, others: &[Row<Factor>]) -> Label {
    let free = |label: &Label| Texts::all().iter().all(|texts| !is_taken(&label.read(method, texts), others));
    (1..).map(Label::Nth).find(free).unwrap_or(Label::Nth(1))
}
