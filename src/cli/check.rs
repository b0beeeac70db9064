//! `check`: everything that stops a start, and what a careful reader of the rules would ask about.

use serde_json::json;

use super::Ended;
use crate::app::{Machine, Plan};
use crate::config::Loaded;

/// Prints; refuses with every problem at once.
pub fn check(loaded: &Loaded, json: bool) -> Result<(), Ended> {
    let plan = Plan::build(loaded, &Machine::start())?;
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
