//! The walk of a decision, told: the same code as the live one.

use serde::Serialize;

/// One rule as it was seen.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    pub rule: usize,
    pub matched: bool,
    /// Why not, when not.
    pub why: String,
}

/// The whole walk.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    pub site: Option<usize>,
    pub steps: Vec<Step>,
    pub verdict: String,
}
