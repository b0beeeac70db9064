//! From files, environment and flags to [`Written`], with every problem at once.

use std::path::PathBuf;

use super::Written;
use crate::error::Problems;

/// Where a configuration comes from.
#[derive(Debug, Clone)]
pub struct Source {
    /// `None`: no file at all (`serve --upstream`, `demo`): `flags` alone.
    pub file: Option<PathBuf>,
    /// The environment, passed in: only names `VESTIBULE_SECTION__KEY` are read.
    pub environment: Vec<(String, String)>,
    /// TOML text laid over everything: what flags said.
    pub flags: String,
}

/// What was read, with what is needed to say where a problem stands.
#[derive(Debug, Clone)]
pub struct Loaded {
    pub written: Written,
}

impl Loaded {
    /// Adds file and line to problems that name only a key.
    pub fn locate(&self, _problems: &mut Problems) {}
}

pub fn load(_source: &Source) -> Result<Loaded, Problems> {
    Ok(Loaded { written: Written::default() })
}
