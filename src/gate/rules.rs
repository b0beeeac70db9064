//! Rules, compiled. *Where* (path, methods, networks) finds the one rule that decides; *who* says what it takes.

use std::time::Duration;

use crate::config::RuleSection;
use crate::error::Problems;
use crate::types::{GroupName, MethodId, Policy, UserName};

/// One rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its place in the file, from 0.
    pub index: usize,
    pub policy: Policy,
    pub users: Vec<UserName>,
    pub groups: Vec<GroupName>,
    pub factors: Vec<MethodId>,
    pub max_age: Option<Duration>,
    pub trusted_browser: bool,
    pub identity: bool,
    pub private: bool,
}

/// Whether a rule's *where* fits, and if not, which part does not: for `explain`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleMatch {
    Hit,
    Path,
    Method,
    Network,
}

impl Rule {
    /// Compiles; every problem is named by its key (`site[0].rules[2].path`).
    pub fn build(_index: usize, _written: &RuleSection, _key: &str, _problems: &mut Problems) -> Option<Self> {
        todo!()
    }
}
