//! `explain`: the walk of a decision, by the same code as the live one.

use super::print::{Told, as_json, print};
use super::{Ended, args, name};
use crate::app::{self, Machine, Operation, Outcome, Plan};
use crate::config::{Loaded, Span};
use crate::gate::explain::{Question, explain as walk};
use crate::types::{CertificateName, ClientCertificate, Level, MethodId};

pub async fn explain(loaded: &Loaded, asked: args::Explain, json: bool) -> Result<(), Ended> {
    let machine = Machine::start();
    let plan = Plan::build(loaded, &machine)?;
    let user = match &asked.user {
        None => None,
        Some(text) => {
            let name = name(text)?;
            match app::perform(loaded, Operation::UserShow { name: name.clone() }).await? {
                Outcome::User(card) => Some((name, card.line.groups.into_iter().collect())),
                _ => None,
            }
        }
    };
    let level = match asked.level {
        Some(args::Level::Stranger) => Level::Stranger,
        Some(args::Level::Known) => Level::Known,
        Some(args::Level::Verified) => Level::Verified,
        None if user.is_some() => Level::Verified,
        None => Level::Stranger,
    };
    let mut factors = Vec::new();
    for text in &asked.factors {
        let method = MethodId::parse(text).and_then(|id| plan.registry.get(&id).cloned());
        let Some(method) = method else {
            let known: Vec<_> = plan.registry.iter().map(|method| method.card().id.to_string()).collect();
            let remedy = format!("methods in force: {}", known.join(", "));
            return Err(Ended::Usage(format!("{text:?} is no method in force"), remedy));
        };
        factors.push((method.card().id.clone(), method.card().strength));
    }
    let names: Result<Vec<_>, _> = asked.certificates.iter().map(|text| CertificateName::parse(text)).collect();
    let names = names.map_err(|what| Ended::Usage(what, "write for example dns:laptop-7.example.com".to_owned()))?;
    let age = Span::parse(&asked.age)
        .ok_or_else(|| Ended::Usage(format!("{:?} is no duration", asked.age), "write for example 10m".to_owned()))?;
    let question = Question {
        url: asked.url,
        http_method: asked.http_method,
        address: asked.address,
        certificate: (!names.is_empty()).then(|| ClientCertificate { names, ends: machine.clock.now() }),
        user,
        level,
        factors,
        age: age.0,
        trusted: asked.trusted,
    };
    let explanation = walk(&plan.sites, &question, machine.clock.now());
    print(|out| {
        if json {
            return as_json(out, &Told { outcome: "explained", rest: &explanation });
        }
        match explanation.site {
            Some(index) => {
                let site = &plan.sites.sites[index];
                let known = site.url.as_ref().map_or_else(|| site.host.to_string(), ToString::to_string);
                writeln!(out, "site[{index}]  {known}{}", if site.prefix == "/" { "" } else { &site.prefix })?;
            }
            None => writeln!(out, "no site")?,
        }
        writeln!(out, "path     {}", explanation.path)?;
        for step in &explanation.steps {
            let rule = format!("rule {}", step.rule);
            writeln!(out, "{rule:<8} {}  {}", if step.matched { "hit " } else { "miss" }, step.why)?;
        }
        writeln!(out, "verdict  {}", explanation.verdict)
    })
}
