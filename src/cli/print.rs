//! What became of an operation, for people: aligned columns, colour only on a terminal; or JSON as it is. Whatever any
//! command prints goes through [`print`]: an output that cannot be written is an answer, never a panic.

use std::io::{self, BufWriter, ErrorKind, IsTerminal, Write};
use std::time::Duration;

use serde::Serialize;

use super::{DONE, Ended};
use crate::app::{self, AuditRow, FactorLine, Failure, Operation, Outcome};
use crate::audit::Filter;
use crate::config::Loaded;

/// How often `--follow` looks for new rows.
const FOLLOW: Duration = Duration::from_millis(500);

/// Standard output, for as long as it takes to print something.
///
/// # Errors
/// [`Ended::Told`] when the reader has seen enough (`| head`), otherwise what failed.
pub fn print(what: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Ended> {
    print_or("make room where the output goes, then run it again", what)
}

/// The same for what is told this once: what to do when it could not be told.
fn print_or(remedy: &str, what: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Ended> {
    let mut out = BufWriter::new(io::stdout().lock());
    match what(&mut out).and_then(|()| out.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(Ended::Told(DONE)),
        Err(error) => Err(Failure::new(format!("the output cannot be written: {error}"), remedy).into()),
    }
}

/// What a command that is no operation came to, in the form that operations have: the outcome's name, then what belongs
/// to it.
#[derive(Serialize)]
pub struct Told<T> {
    pub outcome: &'static str,
    #[serde(flatten)]
    pub rest: T,
}

/// One object, in the shape that `docs/json.md` describes.
pub fn as_json(out: &mut dyn Write, told: &impl Serialize) -> io::Result<()> {
    writeln!(out, "{}", serde_json::to_string_pretty(told).unwrap_or_default())
}

pub fn outcome(outcome: &Outcome, json: bool) -> Result<(), Ended> {
    let remedy = match outcome {
        Outcome::Invited(invited) => {
            format!("it was done, but nobody saw the link: `vestibule user invite {}` makes a new one", invited.name)
        }
        Outcome::FactorAdded { factor, .. } => {
            format!(
                "it was done, but nobody saw the address: `vestibule factor remove NAME {factor}`, then add it again"
            )
        }
        Outcome::Done { .. } => "it was done; make room where the output goes".to_owned(),
        _ => "make room where the output goes, then run it again".to_owned(),
    };
    print_or(&remedy, |out| match json {
        true => as_json(out, outcome),
        false => in_words(out, outcome),
    })
}

fn in_words(out: &mut dyn Write, outcome: &Outcome) -> io::Result<()> {
    match outcome {
        Outcome::Done { what } => writeln!(out, "{what}")?,
        Outcome::Invited(invited) => {
            writeln!(
                out,
                "Invitation for {}, good once until {}:\n\n  {}\n",
                invited.name, invited.expires, invited.link
            )?;
            if let Some(remark) = &invited.remark {
                writeln!(out, "{remark}")?;
            }
        }
        // Told by `import`, which knows what was asked for.
        Outcome::Imported(_) | Outcome::WouldImport(_) => {}
        Outcome::Users { users } => table(
            out,
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
        )?,
        Outcome::User(card) => {
            let groups: Vec<_> = card.line.groups.iter().map(ToString::to_string).collect();
            let yes = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
            pairs(
                out,
                &[
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
                ],
            )?;
            if !card.methods.is_empty() {
                writeln!(out)?;
                factors(out, &card.methods)?;
            }
        }
        Outcome::Factors { factors: lines } => factors(out, lines)?,
        Outcome::FactorAdded { factor, uri } => {
            writeln!(
                out,
                "Factor {factor} is added. Put this into the authenticator now; it is not shown again:\n\n  {uri}\n\n\
                 The code it shows now is used up: the next one is the first that is taken.\n"
            )?;
        }
        Outcome::Sessions { sessions } => table(
            out,
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
        )?,
        Outcome::Browsers { browsers } => table(
            out,
            &["ID", "SINCE", "LAST SEEN", "TRUSTED UNTIL", "ADDRESS", "AGENT"],
            browsers.iter().map(|browser| {
                vec![
                    browser.id.to_string(),
                    browser.since.clone(),
                    browser.last_seen.clone(),
                    browser.trusted_until.clone().unwrap_or_else(|| "-".to_owned()),
                    browser.address.clone(),
                    plain(&browser.agent).chars().take(40).collect(),
                ]
            }),
        )?,
        Outcome::Audit { rows } => rows.iter().try_for_each(|row| audit_row(out, row))?,
        Outcome::Keys { keys } => table(
            out,
            &["ID", "CREATED", "USE"],
            keys.iter().map(|key| {
                let used = if key.signs { "signs" } else { "published" };
                vec![key.id.clone(), key.created.clone(), used.to_owned()]
            }),
        )?,
        Outcome::Upstreams { upstreams } => table(
            out,
            &["SITE", "UPSTREAM", "STATE", "UNDER WAY", "WHY"],
            upstreams.iter().map(|one| {
                vec![
                    one.site.clone(),
                    one.upstream.clone(),
                    one.state.clone(),
                    one.under_way.to_string(),
                    plain(one.why.as_deref().unwrap_or_default()),
                ]
            }),
        )?,
        // Between `doctor` and the server; never printed by themselves.
        Outcome::Probe { .. } | Outcome::Seen(_) => {}
        Outcome::Health(health) => {
            writeln!(out, "version    {}", health.version)?;
            writeln!(out, "ready      {}", if health.ready { "yes" } else { "no" })?;
            if let Some(why) = &health.why {
                writeln!(out, "           {why}")?;
            }
            for address in &health.listening {
                writeln!(out, "listening  {address}")?;
            }
        }
        #[cfg(feature = "steer")]
        Outcome::Messages { messages } => {
            for message in messages {
                writeln!(out, "{}: {}", message.to, message.text)?;
            }
        }
    }
    Ok(())
}

/// Prints rows, and goes on with new ones when following.
pub async fn audit(loaded: &Loaded, mut filter: Filter, follow: bool, json: bool) -> Result<(), Ended> {
    loop {
        let Outcome::Audit { rows } = app::perform(loaded, Operation::Audit(filter.clone())).await? else {
            return Ok(());
        };
        print(|out| {
            rows.iter().try_for_each(|row| match json {
                true => writeln!(out, "{}", serde_json::to_string(row).unwrap_or_default()),
                false => audit_row(out, row),
            })
        })?;
        // Removed users have no record, and rows: only where there are none, it may be a slip of the hand.
        if let Some(name) = filter.user.as_ref().filter(|_| rows.is_empty() && filter.after.is_none()) {
            let Outcome::Users { users } = app::perform(loaded, Operation::UserList).await? else { return Ok(()) };
            if users.iter().all(|user| user.name != *name) {
                let _ = writeln!(io::stderr(), "vestibule: nobody called {name} is known, and no row names one");
            }
        }
        if !follow {
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

fn audit_row(out: &mut dyn Write, row: &AuditRow) -> io::Result<()> {
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
    writeln!(out, "{line}")
}

fn factors(out: &mut dyn Write, lines: &[FactorLine]) -> io::Result<()> {
    table(
        out,
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
    )
}

/// Columns as wide as their widest cell; the last one is not padded.
fn table(out: &mut dyn Write, heads: &[&str], rows: impl Iterator<Item = Vec<String>>) -> io::Result<()> {
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
    match io::stdout().is_terminal() {
        true => writeln!(out, "\x1b[1m{head}\x1b[0m")?,
        false => writeln!(out, "{head}")?,
    }
    rows.iter().try_for_each(|row| writeln!(out, "{}", line(row.iter().map(String::as_str).collect())))
}

fn pairs(out: &mut dyn Write, pairs: &[(&str, String)]) -> io::Result<()> {
    let mut told = pairs.iter().filter(|(_, value)| !value.is_empty());
    told.try_for_each(|(name, value)| writeln!(out, "{name:<12} {}", plain(value)))
}

/// A word of ours as it is written everywhere.
fn word<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(ToOwned::to_owned)).unwrap_or_default()
}

/// A stranger's text may not move the cursor of an operator's terminal.
pub fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
