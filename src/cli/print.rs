//! What became of an operation, for people: aligned columns, colour only on a terminal; or JSON as it is.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use super::Ended;
use crate::app::{self, AuditRow, FactorLine, Operation, Outcome};
use crate::audit::Filter;
use crate::config::Loaded;

/// How often `--follow` looks for new rows.
const FOLLOW: Duration = Duration::from_millis(500);

pub fn outcome(outcome: &Outcome, json: bool) {
    if json {
        println!("{}", serde_json::to_string_pretty(outcome).unwrap_or_default());
        return;
    }
    match outcome {
        Outcome::Done { what } => println!("{what}"),
        Outcome::Invited(invited) => {
            println!("Invitation for {}, good once until {}:\n\n  {}\n", invited.name, invited.expires, invited.link);
            if let Some(remark) = &invited.remark {
                println!("{remark}");
            }
        }
        Outcome::Users { users } => table(
            &["NAME", "ENROLMENT", "FACTORS", "GROUPS", "EMAIL", "STATE"],
            users.iter().map(|user| {
                let groups: Vec<_> = user.groups.iter().map(ToString::to_string).collect();
                vec![
                    user.name.to_string(),
                    word(&user.enrolment),
                    user.factors.to_string(),
                    groups.join(","),
                    user.email.clone().unwrap_or_default(),
                    if user.disabled { "disabled".to_owned() } else { String::new() },
                ]
            }),
        ),
        Outcome::User(card) => {
            let groups: Vec<_> = card.line.groups.iter().map(ToString::to_string).collect();
            let yes = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
            pairs(&[
                ("name", card.line.name.to_string()),
                ("id", card.id.to_string()),
                ("called", card.line.display_name.clone().unwrap_or_default()),
                ("email", card.line.email.clone().unwrap_or_default()),
                ("groups", groups.join(", ")),
                ("created", card.line.created.clone()),
                ("enrolment", word(&card.line.enrolment)),
                ("password", yes(card.password)),
                ("disabled", yes(card.line.disabled)),
                ("locked", yes(card.locked)),
                ("waits until", card.waits_until.clone().unwrap_or_default()),
                ("sessions", card.sessions.to_string()),
                ("browsers", card.browsers.to_string()),
            ]);
            if !card.methods.is_empty() {
                println!();
                factors(&card.methods);
            }
        }
        Outcome::Factors { factors: lines } => factors(lines),
        Outcome::FactorAdded { factor, uri } => {
            println!(
                "Factor {factor} is added. Put this into the authenticator now; it is not shown again:\n\n  {uri}\n"
            );
        }
        Outcome::Sessions { sessions } => table(
            &["ID", "USER", "STARTED", "LAST SEEN", "ENDS", "ADDRESS", "AGENT"],
            sessions.iter().map(|session| {
                vec![
                    session.id.to_string(),
                    session.user.as_ref().map(ToString::to_string).unwrap_or_default(),
                    session.created.clone(),
                    session.last_seen.clone(),
                    session.ends.clone(),
                    session.address.map(|address| address.to_string()).unwrap_or_default(),
                    plain(&session.agent).chars().take(40).collect(),
                ]
            }),
        ),
        Outcome::Audit { rows } => rows.iter().for_each(audit_row),
        Outcome::Keys { keys } => table(
            &["ID", "CREATED", "USE"],
            keys.iter().map(|key| {
                let used = if key.signs { "signs" } else { "published" };
                vec![key.id.clone(), key.created.clone(), used.to_owned()]
            }),
        ),
        Outcome::Health(health) => {
            println!("version    {}", health.version);
            println!("ready      {}", if health.ready { "yes" } else { "no" });
            if let Some(why) = &health.why {
                println!("           {why}");
            }
            for address in &health.listening {
                println!("listening  {address}");
            }
        }
        #[cfg(feature = "steer")]
        Outcome::Messages { messages } => {
            for message in messages {
                println!("{}: {}", message.to, message.text);
            }
        }
    }
}

/// Prints rows, and goes on with new ones when following.
pub async fn audit(loaded: &Loaded, mut filter: Filter, follow: bool, json: bool) -> Result<(), Ended> {
    loop {
        let Outcome::Audit { rows } = app::perform(loaded, Operation::Audit(filter.clone())).await? else {
            return Ok(());
        };
        for row in &rows {
            if json {
                println!("{}", serde_json::to_string(row).unwrap_or_default());
            } else {
                audit_row(row);
            }
        }
        if std::io::stdout().flush().is_err() || !follow {
            return Ok(());
        }
        if let Some(last) = rows.last() {
            filter.after = Some(last.key.clone());
        }
        tokio::select! {
            () = tokio::time::sleep(FOLLOW) => {}
            _ = tokio::signal::ctrl_c() => return Ok(()),
        }
    }
}

fn audit_row(row: &AuditRow) {
    let event = &row.event;
    let mut line = format!("{}  {:<18}", row.at, word(&event.kind));
    let mut say = |label: &str, value: Option<String>| {
        if let Some(value) = value {
            line.push_str(&format!("  {label}{}", plain(&value)));
        }
    };
    say("", event.name.as_ref().map(ToString::to_string));
    say("by ", event.method.as_ref().map(ToString::to_string));
    say("factor ", event.factor.as_ref().map(ToString::to_string));
    say("from ", event.origin.address.map(|address| address.to_string()));
    say("operator ", event.origin.operator.clone());
    say("request ", event.origin.request.as_ref().map(ToString::to_string));
    say("times ", (event.count > 1).then(|| event.count.to_string()));
    say("", event.detail.clone());
    println!("{line}");
}

fn factors(lines: &[FactorLine]) {
    table(
        &["ID", "METHOD", "LABEL", "DETAIL", "ADDED", "LAST USED", "STATE"],
        lines.iter().map(|factor| {
            vec![
                factor.id.to_string(),
                factor.method.to_string(),
                plain(&factor.label),
                factor.detail.clone().unwrap_or_default(),
                factor.created.clone(),
                factor.last_used.clone().unwrap_or_default(),
                if factor.usable { String::new() } else { "not usable".to_owned() },
            ]
        }),
    );
}

/// Columns as wide as their widest cell; the last one is not padded.
fn table(heads: &[&str], rows: impl Iterator<Item = Vec<String>>) {
    let rows: Vec<_> = rows.collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([heads[column].len()]).max().unwrap_or(0)
    };
    let widths: Vec<_> = (0..heads.len()).map(width).collect();
    let line = |cells: Vec<&str>| {
        let cells: Vec<_> = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        cells.join("  ").trim_end().to_owned()
    };
    let head = line(heads.to_vec());
    if std::io::stdout().is_terminal() {
        println!("\x1b[1m{head}\x1b[0m")
    } else {
        println!("{head}")
    }
    for row in &rows {
        println!("{}", line(row.iter().map(String::as_str).collect()));
    }
}

fn pairs(pairs: &[(&str, String)]) {
    for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        println!("{name:<12} {}", plain(value));
    }
}

/// A word of ours as it is written everywhere.
fn word<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(ToOwned::to_owned)).unwrap_or_default()
}

/// A stranger's text may not move the cursor of an operator's terminal.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
