//! A passed check as a value. Only `method` and `directory` make one; a level rises by nothing else.

use crate::clock::Time;
use crate::types::{FactorId, MethodId, Strength, UserId};

/// That this user proved this factor at this time. Holding one is the right to a level, so it is neither cloned nor
/// read back from anywhere but a sealed session.
#[derive(Debug, PartialEq, Eq)]
pub struct Proof {
    user: UserId,
    /// `None`: the password.
    factor: Option<(MethodId, FactorId)>,
    strength: Strength,
    at: Time,
    amr: Vec<String>,
}

impl Proof {
    /// For `method` and `directory` alone; `tests/floors.rs` looks for other callers.
    pub(crate) fn mint(
        user: UserId,
        factor: Option<(MethodId, FactorId)>,
        strength: Strength,
        at: Time,
        amr: Vec<String>,
    ) -> Self {
        Self { user, factor, strength, at, amr }
    }

    pub fn user(&self) -> UserId {
        self.user
    }

    pub fn is_second_factor(&self) -> bool {
        self.factor.is_some()
    }

    pub fn factor(&self) -> Option<&(MethodId, FactorId)> {
        self.factor.as_ref()
    }

    pub fn strength(&self) -> Strength {
        self.strength
    }

    pub fn at(&self) -> Time {
        self.at
    }

    pub fn amr(&self) -> &[String] {
        &self.amr
    }
}
