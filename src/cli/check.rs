//! `check`: everything that stops a start, and what a careful reader of the rules would ask about.

use serde_json::json;

use super::Ended;
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
    Err(problems)
}

/// Prints; refuses with every problem at once.
pub fn check(source: &Source, json: bool) -> Result<(), Ended> {
    let (_, plan) = judge(source, &Machine::start())?;
    let lints = plan.lints();
    if json {
        println!("{}", json!({ "sites": plan.sites.sites.len(), "warnings": plan.warnings, "lints": lints }));
        return Ok(());
    }
    for warning in &plan.warnings {
        println!("warning: {warning}");
    }
    for lint in &lints {
        println!("look at {lint}");
    }
    let sites = plan.sites.sites.len();
    println!("The configuration is good: {sites} site{}.", if sites == 1 { "" } else { "s" });
    Ok(())
}
