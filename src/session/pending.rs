//! A pending login: a right password and what it was for. The address asked for is kept here, on the server, once the
//! password is right; later values of it are ignored.

use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Evidence, SessionError, Sessions, cut, may_hold};
use crate::clock::{TOLERANCE, Time};
use crate::method::Begun;
use crate::secret::{LoginKind, Token};
use crate::store::{Change, Expect, Record, Row, VaultError};
use crate::ticket::TicketKind;
use crate::types::{Handle, MethodId, Policy, UserId};

/// What the address asked for demands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Need {
    pub policy: Policy,
    /// Which second factors count; empty: any.
    pub factors: Vec<MethodId>,
    /// The oldest proof that counts, in milliseconds.
    pub max_age: Option<u64>,
}

/// What a wizard may enrol, by what was proved in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Enrols {
    /// A second factor is asked for, none is made.
    Nothing,
    /// The first factor of a user who has none: by an invitation, or by `first_login`.
    First,
    /// Recovery codes, right after the first factor was enrolled in this wizard. A session is open already.
    Codes,
    /// One more factor of this method, asked for from the account with a proof made for it. A session is open already.
    Added(MethodId),
}

/// Behind the pending-login cookie.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    pub user: UserId,
    pub generation: u64,
    pub evidence: Vec<Evidence>,
    pub created: Time,
    /// Where to go when it is done: checked before it was kept, checked once more at the end.
    pub return_to: Option<String>,
    pub need: Need,
    pub enrols: Enrols,
    /// The session that was open when this wizard got the right to enrol (codes, one more factor): it is the right to
    /// nothing once that session has ended.
    pub session: Option<Handle>,
    /// The check or enrolment that was begun.
    pub begun: Option<Begun>,
    pub address: Option<IpAddr>,
    pub agent: String,
}

impl Record for Pending {
    const NAME: &'static str = "pending login";
}

impl TicketKind for LoginKind {
    type Payload = Pending;
}

/// How long it is remembered when a pending login was to end.
const END_KNOWN_FOR: Duration = Duration::from_secs(24 * 3600);

/// When a pending login was to end and where it was to lead, kept longer than itself: only so can a page tell one that ran
/// out from one that was finished, given up, or never there, and lead on to where it was going. Key `login-course/<hash>`.
#[derive(Debug, Serialize, Deserialize)]
struct Course {
    end: Time,
    return_to: Option<String>,
}

impl Record for Course {
    const NAME: &'static str = "course of a login";
}

/// A pending login that nobody finished in time.
#[derive(Debug)]
pub struct RanOut {
    /// Where it was to lead: to be checked once more.
    pub return_to: Option<String>,
}

impl Sessions {
    /// A right password: keeps the proof, the address asked for and the need, for `login_timeout`. Replaces `previous`.
    pub async fn begin_login(
        &self,
        pending: Pending,
        previous: Option<&Row<Pending>>,
        more: Vec<Change>,
    ) -> Result<Token<LoginKind>, SessionError> {
        let pending = Pending { agent: cut(&pending.agent), ..pending };
        let (token, write) = self.tickets.issue::<LoginKind>(&pending, self.limits.login_timeout)?;
        let end = self.vault.now() + self.limits.login_timeout;
        let mut changes = more;
        changes.push(write);
        let course = Course { end, return_to: pending.return_to };
        changes.push(self.vault.put(course_key(&token), Expect::Absent, &course, Some(end + END_KNOWN_FOR))?);
        changes.extend(previous.map(|row| self.tickets.take(row)));
        self.vault.commit(changes).await?;
        Ok(token)
    }

    /// The pending login behind this token; one whose user was disabled, removed or changed generation is gone.
    pub async fn pending(&self, token: &Token<LoginKind>) -> Result<Option<Row<Pending>>, SessionError> {
        let Some(row) = self.tickets.peek(token).await? else { return Ok(None) };
        let user = self.accounts.by_id(row.value.user).await?;
        let stands = user.is_some_and(|user| may_hold(&user, row.value.generation));
        let stamped_now = row.value.created <= self.vault.now() + TOLERANCE;
        Ok((stands && stamped_now).then_some(row))
    }

    /// Whether this token was a pending login's that nobody finished in time, as far as that is still known.
    pub async fn ran_out(&self, token: &Token<LoginKind>) -> Result<Option<RanOut>, SessionError> {
        let course = self.vault.get::<Course>(&course_key(token)).await?.map(|row| row.value);
        let over = course.filter(|course| course.end <= self.vault.now());
        Ok(over.map(|course| RanOut { return_to: course.return_to }))
    }

    /// The write that changes a pending login (a check begun, a proof added); it conflicts when another tab was first.
    pub fn keep_pending(&self, row: &Row<Pending>, pending: &Pending) -> Result<Change, VaultError> {
        self.tickets.update(row, pending)
    }

    /// The write that uses a pending login up; part of the commit that opens the session.
    pub fn take_pending(&self, row: &Row<Pending>) -> Change {
        self.tickets.take(row)
    }
}

fn course_key(token: &Token<LoginKind>) -> String {
    format!("login-course/{}", token.hash().hex())
}
