//! The joint to whoever can say whether an answer is right where we cannot: a validation server that holds a device's
//! key. It is asked once the failure was counted, and anything but a yes that nobody can forge is a no.

use async_trait::async_trait;

use crate::secret::Secret;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// What the visitor typed.
    pub answer: Secret<String>,
    /// 16 to 40 letters and digits, never used before: an old yes does not answer it.
    pub nonce: String,
}

/// What was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is right. `counter` grows with each use of the device.
    Right { counter: u64 },
    /// It is wrong, or was used before: why, for the log.
    Wrong(String),
    /// Nobody said anything that can be believed: why, for the log.
    Unknown(String),
}

/// Somebody to ask.
#[async_trait]
pub trait Validator: Send + Sync + std::fmt::Debug {
    /// Returns within a time limit whatever happens out there.
    async fn ask(&self, question: &Question) -> Verdict;
}
