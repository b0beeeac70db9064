//! `check`: everything that stops a start, and what a careful reader of the rules would ask about.

use serde_json::json;

use super::Ended;
use super::print::{Told, as_json, print};
use crate::app::{Machine, Plan};
use crate::config::{Loaded, Source, load_what_can_be_read};
use crate::error::Problems;

/// Everything that is wrong, of what was written and of what would be built of it, at once.
pub fn judge(source: &Source, machine: &Machine) -> Result<(Loaded, Plan), Problems> {
    let (loaded, mut problems) = load_what_can_be_read(source);
    match Plan::build(&loaded, machine) {
        Ok(plan) if problems.is_empty() => return Ok((loaded, plan)),
        Ok(_) => {}
        Err(more) => {
            // What was taken out because it cannot be read is not missing too.
            let told: Vec<String> = problems.iter().map(|problem| problem.key.clone()).collect();
            let news = more.iter().filter(|problem| !told.contains(&problem.key));
            news.for_each(|problem| problems.push(problem.clone()));
        }
    }
    problems.sort();
    Err(problems)
}

/// Prints; refuses with every problem at once.
pub fn check(source: &Source, json: bool) -> Result<(), Ended> {
    let (loaded, plan) = judge(source, &Machine::start())?;
    // Placed as problems are; what to do about them is the reader's to say.
    let mut lints = Problems::default();
    plan.lints().into_iter().for_each(|lint| lints.add(lint.key, lint.what, ""));
    loaded.locate(&mut lints);
    lints.sort();
    let sites = plan.sites.sites.len();
    print(|out| {
        if json {
            let lints: Vec<_> = lints
                .iter()
                .map(|lint| json!({ "file": lint.file, "line": lint.line, "key": lint.key, "what": lint.what }))
                .collect();
            let rest = json!({ "sites": sites, "warnings": plan.warnings, "lints": lints });
            return as_json(out, &Told { outcome: "good", rest });
        }
        for warning in &plan.warnings {
            writeln!(out, "warning: {warning}")?;
        }
        for lint in lints.iter() {
            writeln!(out, "look at {}", lint.to_string().trim_end())?;
        }
        writeln!(out, "The configuration is good: {sites} site{}.", if sites == 1 { "" } else { "s" })
    })
}
