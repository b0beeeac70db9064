//! A login that begins with a factor, and with nobody known yet: the answer says whose it is, and is believed in nothing.

use std::sync::Arc;

use super::answer::{Checked, Given, result};
use super::enrol::Claim;
use super::{Asker, Begun, CheckError, Checks, not_twice};
use crate::account::User;
use crate::audit::{Event, Kind, Origin};
use crate::method::{Answer, Ceremony, Challenge, Method, Place};
use crate::secret::{BrowserKind, DerivedRandom, Key, Token};
use crate::store::Change;
use crate::telemetry::metrics;
use crate::throttle::Lane;
use crate::types::{MethodId, UserId};

impl Checks {
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
        browser: &[Token<BrowserKind>],
        place: &Place,
        origin: &Origin,
        consume: Vec<Change>,
    ) -> Result<Checked, CheckError> {
        let card = self.alone(&begun.method, place)?.card();
        let checked = self.weigh_alone(begun, answer, browser, place, origin, consume).await;
        metrics().factor(card.id.as_str(), result(&checked));
        checked
    }

    async fn weigh_alone(
        &self,
        begun: &Begun,
        answer: &Answer,
        browser: &[Token<BrowserKind>],
        place: &Place,
        origin: &Origin,
        consume: Vec<Change>,
    ) -> Result<Checked, CheckError> {
        let method = self.alone(&begun.method, place)?;
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
        let known = self.accounts.known_browser(&user, browser).await?;
        let lane = known.map_or_else(|| self.lane_alone(user.id), |(token, _)| Lane::Known(token.hash()));
        let begun = Begun { factor: Some(claim.factor), ..begun.clone() };
        not_twice(&user, method)?;
        let asker = Asker { user: &user, place, origin, browser };
        let given = Given { begun: &begun, answer, lane: &lane, consume };
        let checked = self.weigh(asker, method, given, true).await?;
        if matches!(checked, Checked::Gone) {
            self.audit.record(wrong(Some(&user), "a challenge that was used before")).await?;
        }
        Ok(checked)
    }

    /// A method that a login can begin with.
    fn alone(&self, id: &MethodId, place: &Place) -> Result<&Arc<dyn Method>, CheckError> {
        let method = self.method(id, place)?;
        if method.card().usable_alone { Ok(method) } else { Err(CheckError::NoSuchMethod(id.clone())) }
    }

    /// The lane of a login by a factor alone, in an unknown browser: one of its own, so that who proves to be the owner
    /// opens the strangers' lane, and strangers cannot hold up the commit that does it. Nothing is counted in it.
    fn lane_alone(&self, user: UserId) -> Lane {
        let random = DerivedRandom::new(Key::new(self.vault().derive("alone").mac(&[user.0.as_bytes()])));
        Lane::Known(Token::<BrowserKind>::generate(&random).hash())
    }
}
