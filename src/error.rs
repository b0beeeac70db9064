//! Start-up problems: what is wrong with the configuration or the machine, each with where it stands and what to do.
//! Failures while serving are small enums beside the code that raises them; this is never one of those.

use std::fmt;

/// One thing that stops a start.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// The file it stands in; none where it came from the environment or a flag.
    pub file: Option<String>,
    /// Line in that file, from 1.
    pub line: Option<usize>,
    /// The key, for example `site[0].rules[2].policy`, or the name of the variable.
    pub key: String,
    /// What is wrong, lower-case, without a full stop.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{file}:")?;
            if let Some(line) = self.line {
                write!(f, "{line}:")?;
            }
            f.write_str(" ")?;
        }
        write!(f, "{}: {}\n  {}", self.key, self.what, self.remedy)
    }
}

/// All that is wrong, gathered so that one run tells everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    pub fn add(&mut self, key: impl Into<String>, what: impl Into<String>, remedy: impl Into<String>) {
        self.0.push(Problem { file: None, line: None, key: key.into(), what: what.into(), remedy: remedy.into() });
    }

    pub fn push(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// In the order of the file; what stands in none comes last.
    pub fn sort(&mut self) {
        self.0.sort_by_key(|problem| (problem.file.is_none(), problem.file.clone(), problem.line));
    }

    /// Drops what turned out to follow from another problem.
    pub fn retain(&mut self, keep: impl FnMut(&Problem) -> bool) {
        self.0.retain(keep);
    }

    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Problem> {
        self.0.iter_mut()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.0 {
            writeln!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
