//! A passed check as a value. Only `method` and `directory` make one; a level rises by nothing else.

use crate::account::User;
use crate::clock::Time;
use crate::types::{FactorId, MethodId, Strength, UserId};

/// That this user proved this factor at this time. Holding one is the right to a level, so it is neither cloned nor
/// read back from anywhere but a sealed session.
#[derive(Debug, PartialEq, Eq)]
pub struct Proof {
    user: UserId,
    /// The user's generation when it was made: what ended everything the user holds ended this too.
    generation: u64,
    /// `None`: the password.
    factor: Option<(MethodId, FactorId)>,
    strength: Strength,
    at: Time,
    amr: Vec<String>,
    /// The factor made sure that its owner used it: two kinds in one.
    by_owner: bool,
}

impl Proof {
    /// For `method` and `directory` alone; `tests/floors.rs` looks for other callers.
    pub(crate) fn mint(
        user: &User,
        factor: Option<(MethodId, FactorId)>,
        strength: Strength,
        at: Time,
        amr: Vec<String>,
    ) -> Self {
        Self { user: user.id, generation: user.generation, factor, strength, at, amr, by_owner: false }
    }

    /// The same, by a factor that said in what it signed that its owner was there.
    pub(super) fn by_owner(self, by_owner: bool) -> Self {
        Self { by_owner, ..self }
    }

    pub fn user(&self) -> UserId {
        self.user
    }

    pub fn generation(&self) -> u64 {
        self.generation
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

    pub fn is_by_owner(&self) -> bool {
        self.by_owner
    }
}
