//! The browser a login happens in: known from a full login on, and trusted where its owner ticks the box. What a trusted
//! one stands in for is the method's business (`method/remembered.rs`); here it is asked, told and shown. Only a password
//! that was just given is completed by it, never a key, a deed of the account or an enrolment.

use vestibule_templates::mail;

use super::agent::described;
use super::failure::Failure;
use super::finish::lacks_password;
use super::{Visit, Wizard};
use crate::account::{BROWSERS_PER_USER, Browser, Trust, User};
use crate::audit::{Event, Kind};
use crate::clock::Time;
use crate::method::{Recalled, Remembered};
use crate::secret::{BrowserKind, Token};
use crate::session::{Evidence, level};
use crate::store::{Change, Expect};
use crate::types::{Handle, Level, MethodId};

/// Browsers that one login forgets for being too many: a commit has a limit of its own.
const AT_MOST: usize = 8;

/// What becomes of the browser in which a session is opened.
pub enum Keeping {
    /// It becomes known; what is known or trusted already stays so.
    Known,
    /// Its owner ticked the box.
    Trusted(Trust),
    /// It was the second factor; the value of its cookie changes.
    Remembered(Box<Remembered>),
}

/// The browser's part in opening a session.
pub struct Kept {
    /// What its cookie says of this user from now on.
    pub token: Token<BrowserKind>,
    /// What it goes on to say of other people who sign in there.
    pub others: Vec<Token<BrowserKind>>,
    /// It is new to somebody who has others.
    pub new: bool,
    /// It became trusted, until then.
    pub trusted: Option<Time>,
}

impl Wizard {
    /// What this visitor's browser remembers of a second factor, where that completes a password that was just given. A
    /// copy that comes back ends what it is a copy of, whether or not it would have been enough.
    pub(super) async fn remembered(
        &self,
        visit: &Visit,
        user: &User,
        evidence: &[Evidence],
    ) -> Result<Option<Box<Remembered>>, Failure> {
        let most = self.settings.trusted_browser;
        let Some(login) = &visit.cookies.login else { return Ok(None) };
        if most.is_zero() || level(evidence) == Level::Verified {
            return Ok(None);
        }
        let source = visit.source();
        for token in &visit.cookies.browser {
            match self.checks.recall(user, token, login, most, &source).await? {
                Recalled::Proved(remembered) => return Ok((!lacks_password(evidence)).then_some(remembered)),
                Recalled::Nothing => {}
                Recalled::Copied(used) => {
                    let end = async { Ok::<_, Failure>(self.checks.end_copied(user, &used, &source).await?) };
                    self.sessions.end_remembered_with(user.id, None, &source, end).await?;
                    return Ok(None);
                }
            }
        }
        Ok(None)
    }

    /// The days for which this browser may be trusted on an answer by this method, where the box is offered: not where it
    /// is trusted already.
    pub(super) async fn may_trust(
        &self,
        visit: &Visit,
        user: &User,
        method: &MethodId,
    ) -> Result<Option<u64>, Failure> {
        let most = self.settings.trusted_browser;
        let days = (!most.is_zero() && self.checks.may_last(method)).then_some(most.as_secs() / 86_400);
        let trusted = match self.accounts.known_browser(user, &visit.cookies.browser).await? {
            Some((_, row)) => self.checks.standing(user, &row.value, most).await?.is_some(),
            None => false,
        };
        Ok(days.filter(|_| !trusted))
    }

    /// The writes that keep the browser of a full login, added to `more`. A conflict means that it changed, or was
    /// forgotten, at this moment.
    pub(super) async fn keep_browser(
        &self,
        visit: &Visit,
        user: &User,
        keeping: &Keeping,
        more: &mut Vec<Change>,
    ) -> Result<Kept, Failure> {
        let others = self.accounts.values_of_others(user, &visit.cookies.browser).await?;
        let trust = match keeping {
            Keeping::Remembered(remembered) => {
                more.extend(remembered.changes.iter().cloned());
                return Ok(Kept { token: remembered.token.clone(), others, new: false, trusted: None });
            }
            Keeping::Trusted(trust) => Some(trust.clone()),
            Keeping::Known => None,
        };
        let random = &**self.vault.random();
        let (now, event) = (self.vault.now(), |kind| Event::new(kind, &visit.source()).user(user.id, &user.name));
        // A value that somebody could have planted becomes nobody's: only one that is known already is kept.
        let known = self.accounts.known_browser(user, &visit.cookies.browser).await?;
        let (mut browser, mut token, mut before, new) = match known {
            Some((token, row)) => {
                let seen = Browser { last_seen: now, ..row.value.clone() };
                // A value from before the box was ticked may have been copied: what is trusted has a new one.
                if trust.is_some() {
                    more.push(self.vault.delete(row.key, Expect::Version(row.version)));
                }
                (seen, token.clone(), Some(row.version), false)
            }
            None => {
                let browsers = self.accounts.browsers(user).await?;
                for row in browsers.iter().skip(BROWSERS_PER_USER - 1).take(AT_MOST) {
                    more.push(self.vault.delete(row.key.clone(), Expect::Version(row.version)));
                }
                let handle = Handle::generate(random);
                more.push(self.audit.entry(event(Kind::BrowserKnown).detail(handle.as_str()))?);
                let browser = Browser {
                    handle,
                    generation: user.generation,
                    since: now,
                    last_seen: now,
                    address: String::new(),
                    agent: String::new(),
                    trust: None,
                };
                (browser, Token::generate(random), None, !browsers.is_empty())
            }
        };
        let trusted = trust.as_ref().map(|trust| trust.until);
        if let Some(trust) = trust {
            let event = event(Kind::BrowserTrusted).factor(&trust.method, Some(&trust.factor));
            more.push(self.audit.entry(event.detail(browser.handle.as_str()))?);
            (token, before) = (Token::generate(random), None);
            browser.trust = Some(trust);
        }
        let browser = Browser { address: visit.facts.client.to_string(), agent: visit.agent.clone(), ..browser };
        more.push(self.accounts.know_browser(user, &token, &browser, before)?);
        Ok(Kept { token, others, new, trusted })
    }

    /// Tells the owner of a login in a new browser, once a day at most; and always of one that is trusted from now on:
    /// it took a second factor, and is worth one for weeks.
    pub(super) fn tell_of_browser(&self, visit: &Visit, user: &User, kept: &Kept) {
        let from = visit.facts.client;
        let description = described(&visit.agent, &from.to_string(), visit.texts_for(user));
        if let Some(until) = kept.trusted {
            let until = u64::try_from(until.secs()).unwrap_or(0);
            self.tell(visit, user, &mail::Change::BrowserTrusted { description, until });
        } else if kept.new {
            let may = self.throttle.clone().once_a_day(format!("notice/browser/{}", user.id));
            let at = self.vault.clock().wall();
            self.post.tell_if(may, user.recipient(), &mail::Change::NewBrowser { description }, Some(from), at);
        }
    }
}
