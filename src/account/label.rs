//! What factors are called. A name is its owner's words, as they can be shown anywhere; where none was given, nobody's
//! words are stored, for they would be in the language of one day.

use serde::{Deserialize, Serialize};
use vestibule_templates::{Texts, one_line};

use crate::types::MethodId;

/// Characters of a factor's label.
pub const MAX_LABEL: usize = 64;

/// What a factor is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Label {
    /// As its owner typed it, see [`Label::given`].
    Given(String),
    /// The first, second, … of its method that has no name of its own.
    Nth(u32),
}

impl Label {
    /// A name as it is kept: one line, without control characters or marks that turn what stands around it, of bounded
    /// length. An operator's list and a mail show it as they show their own words.
    pub fn given(name: &str) -> Self {
        Self::Given(one_line(name).trim().chars().take(MAX_LABEL).collect())
    }

    /// Whether it tells this factor from another of its method.
    pub fn tells_apart(&self) -> bool {
        !matches!(self, Label::Nth(0 | 1))
    }

    /// The name of a factor of this method, in this language.
    pub fn read(&self, method: &MethodId, texts: &Texts) -> String {
        let unnamed = || texts.text(&format!("method-{method}-label"));
        match self {
            Label::Given(name) => name.clone(),
            Label::Nth(0 | 1) => unnamed(),
            Label::Nth(number) => format!("{} {number}", unnamed()),
        }
    }
}
