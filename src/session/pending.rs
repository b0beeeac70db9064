//! A pending login: a right password and what it was for. The address asked for is kept here, on the server, once the
//! password is right; later values of it are ignored.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::Evidence;
use crate::clock::Time;
use crate::method::Begun;
use crate::secret::LoginKind;
use crate::store::Record;
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
    /// May this login enrol a first factor (an invitation, or `first_login`)?
    pub may_enrol: bool,
    /// The check or enrolment that was begun.
    pub begun: Option<Begun>,
    /// The session that was opened on the way, when this wizard still has something to hand over (recovery codes), or
    /// whose owner adds a factor in it.
    pub session: Option<Handle>,
    pub address: Option<IpAddr>,
    pub agent: String,
}

impl Record for Pending {
    const NAME: &'static str = "pending login";
}

impl TicketKind for LoginKind {
    type Payload = Pending;
}
