//! The command line: what may be typed, and what is printed for it. Answers go to standard output, errors to standard
//! error, one line of what is wrong and one of what to do. A secret is never an argument: it is read from standard input.

mod args;
mod check;
mod doctor;
mod explain;
mod import;
mod init;
mod print;
mod verify;

use std::io::{IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::app::{self, Failure, Machine, Operation, SessionEnd};
use crate::audit::Filter;
use crate::clock::Time;
use crate::config::{Loaded, Source, Span, load};
use crate::error::Problems;
use crate::secret::{Secret, SystemRandom};
use crate::telemetry;
use crate::types::{FactorId, Handle, RequestId, UserName};
use args::{Browser, Command, Factor, Key, Line, Session, Upstream, User};

/// Exit codes, as in the contract: done · the answer is no, or it failed · wrong usage (clap's own) · configuration
/// refused.
const DONE: u8 = 0;
const NO: u8 = 1;
const USAGE: u8 = 2;
const CONFIGURATION: u8 = 78;

/// How a command ended, when not well.
enum Ended {
    /// What is wrong, what to do.
    Failed(Failure),
    /// The configuration is refused; every problem of it.
    Refused(Problems),
    /// Wrong usage: what is wrong, what to do.
    Usage(String, String),
    /// With this code; what there is to say was printed, or nobody reads it any more.
    Told(u8),
}

impl From<Failure> for Ended {
    fn from(failure: Failure) -> Self {
        Ended::Failed(failure)
    }
}

impl From<Problems> for Ended {
    fn from(problems: Problems) -> Self {
        Ended::Refused(problems)
    }
}

pub fn main() -> ExitCode {
    let line = Line::parse();
    // Files of ours are nobody else's business, whichever command makes them.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    // One provider for all TLS; installing it twice only says that it is there.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let told = format!("vestibule: no threads can be started: {error}\n  raise the limits of this process\n");
            let _ = std::io::stderr().write_all(told.as_bytes());
            return ExitCode::from(NO);
        }
    };
    let json = line.json;
    let ended = runtime.block_on(run(line));
    // Work that is still blocking (a hash, a look-up of a name) is not waited for.
    runtime.shutdown_background();
    if let Some(told) = ended.as_ref().err().filter(|_| json).and_then(told_as_json) {
        let _ = print::print(|out| print::as_json(out, &told));
    }
    let (code, told) = match ended {
        Ok(()) => (DONE, String::new()),
        Err(Ended::Told(code)) => (code, String::new()),
        Err(Ended::Failed(failure)) => {
            let code = match (failure.configuration, failure.usage) {
                (true, _) => CONFIGURATION,
                (false, true) => USAGE,
                (false, false) => NO,
            };
            (code, format!("vestibule: {failure}\n"))
        }
        Err(Ended::Refused(problems)) => {
            (CONFIGURATION, format!("vestibule: the configuration is refused\n\n{problems}"))
        }
        Err(Ended::Usage(what, remedy)) => (USAGE, format!("vestibule: {what}\n  {remedy}\n")),
    };
    // Where nobody can be told, the code still says it.
    let _ = std::io::stderr().write_all(told.as_bytes());
    ExitCode::from(code)
}

/// What went wrong, for programs: one object on standard output, as everything else with `--json` is. People go on
/// reading the standard error.
fn told_as_json(ended: &Ended) -> Option<serde_json::Value> {
    let failed = |what: &str, remedy: &str| serde_json::json!({ "outcome": "failed", "what": what, "remedy": remedy });
    match ended {
        Ended::Failed(failure) => Some(failed(&failure.what, &failure.remedy)),
        Ended::Usage(what, remedy) => Some(failed(what, remedy)),
        Ended::Refused(problems) => {
            let problems: Vec<_> = problems.iter().collect();
            Some(serde_json::json!({ "outcome": "refused", "problems": problems }))
        }
        Ended::Told(_) => None,
    }
}

async fn run(line: Line) -> Result<(), Ended> {
    let json = line.json;
    if let Some((flag, instead)) = line.misleading() {
        return Err(Ended::Usage(format!("{flag} means nothing to this command"), instead.to_owned()));
    }
    let gate = Which { config: line.config.as_deref(), data: line.data.as_deref() };
    match line.command {
        Command::Demo { listen } => Ok(app::demo(listen, line.data).await.map_err(Failure::from)?),
        Command::Serve(serve) => {
            let source = match &serve.upstream {
                None => gate.file()?,
                Some(upstream) => without_file(&gate, upstream, &serve)?,
            };
            let machine = Machine::start();
            let (loaded, _) = check::judge(&source, &machine)?;
            telemetry::start(&loaded.written.log, machine.clock.clone())?;
            let again = move || load(&source);
            Ok(app::serve(loaded, machine, serve.accept_rp_change, again).await.map_err(Failure::from)?)
        }
        Command::Init { folder } => init::init(&folder, &SystemRandom),
        Command::Check => check::check(&gate.file()?, json),
        Command::Doctor { url, direct } => doctor::doctor(&gate, &url, direct.as_deref(), json).await,
        Command::Explain(question) => explain::explain(&load(&gate.file()?)?, question, json).await,
        Command::Verify(question) => verify::verify(question, json).await,
        Command::Audit { user, since, request, follow } => {
            let filter = Filter {
                user: user.map(|name| self::name(&name)).transpose()?,
                since: since.map(|text| moment(&text)).transpose()?,
                request: request.map(|text| id("request", RequestId::parse(&text), &text)).transpose()?,
                ..Filter::default()
            };
            print::audit(&gate.read()?, filter, follow, json).await
        }
        Command::Reference => {
            print::print(|out| out.write_all(crate::config::reference_with(crate::methods::sections()).as_bytes()))
        }
        Command::Completions { shell } => {
            // Into memory first: the generator panics where it cannot write.
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Line::command(), "vestibule", &mut script);
            print::print(|out| out.write_all(&script))
        }
        Command::User(command) => match user(command, json)? {
            Errand::One(operation) => ask(&gate, operation, json).await,
            Errand::Import(asked) => import::import(&gate.read()?, asked).await,
        },
        Command::Factor(command) => ask(&gate, factor(command)?, json).await,
        Command::Session(command) => ask(&gate, session(command)?, json).await,
        Command::Browser(command) => ask(&gate, browser(command)?, json).await,
        Command::Keys(Key::List) => ask(&gate, Operation::KeysList, json).await,
        Command::Keys(Key::Rotate { .. }) => ask(&gate, Operation::KeysRotateSigning, json).await,
        Command::Upstream(command) => ask(&gate, upstream(command), json).await,
        Command::Health => ask(&gate, Operation::Health, json).await,
    }
}

/// Has an operation carried out and prints what became of it.
async fn ask(gate: &Which<'_>, operation: Operation, json: bool) -> Result<(), Ended> {
    let outcome = app::perform(&gate.read()?, operation).await?;
    let no = matches!(&outcome, app::Outcome::Health(health) if !health.ready);
    print::outcome(&outcome, json)?;
    if no { Err(Ended::Told(NO)) } else { Ok(()) }
}

/// The environment, as text.
fn environment() -> Vec<(String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// Which gate is meant: by its file or, where it has none, by its data folder.
#[derive(Clone, Copy)]
struct Which<'a> {
    config: Option<&'a Path>,
    data: Option<&'a Path>,
}

impl Which<'_> {
    /// For commands that talk to a gate.
    fn read(&self) -> Result<Loaded, Ended> {
        let source = match self.data {
            None => self.file()?,
            Some(_) if self.found().is_some() => return Err(self.both("--data")),
            // The address and the application are the server's to know; a site that serves nobody stands for them.
            Some(data) => {
                let site = "[[site]]\nhost = \"*\"\naudience = \"none\"\nupstreams = [\"http://127.0.0.1:1\"]\n";
                let flags = format!("store.path = {}\n{site}", quoted(&data.to_string_lossy()));
                Source { file: None, environment: environment(), flags }
            }
        };
        Ok(load(&source)?)
    }

    /// For commands that work by a configuration file: the one that is named, or found.
    fn file(&self) -> Result<Source, Ended> {
        if self.data.is_some() {
            let remedy = "set store.path in the configuration file, or name an application with `serve --upstream URL`";
            return Err(Ended::Usage(
                "this needs a configuration file, and --data is given".to_owned(),
                remedy.to_owned(),
            ));
        }
        let Some(file) = self.found() else {
            let remedy = "write one with `vestibule init`, name one with --config, or try `vestibule demo`";
            return Err(Failure { configuration: true, ..Failure::new("there is no configuration", remedy) }.into());
        };
        Ok(Source { file: Some(file), environment: environment(), flags: String::new() })
    }

    fn found(&self) -> Option<PathBuf> {
        Source::find(self.config.map(Path::to_path_buf), &environment(), |path| path.exists())
    }

    /// Whether somebody said which, by a flag or a variable: then it has to be there.
    fn is_named(&self) -> bool {
        self.data.is_some() || Source::find(self.config.map(Path::to_path_buf), &environment(), |_| false).is_some()
    }

    fn both(&self, flag: &str) -> Ended {
        Ended::Usage(format!("there is a configuration file and {flag} too"), "give one of the two".to_owned())
    }
}

fn quoted(text: &str) -> String {
    toml_edit::Value::from(text).to_string()
}

/// `serve --upstream`: one catch-all site, without a file.
fn without_file(gate: &Which<'_>, upstream: &str, serve: &args::Serve) -> Result<Source, Ended> {
    if gate.config.is_some() || Path::new("vestibule.toml").exists() {
        return Err(gate.both("--upstream"));
    }
    let mut flags = String::new();
    let listen = serve.listen.as_deref().unwrap_or("127.0.0.1:8080");
    flags.push_str(&format!("listen.http = [{}]\n", quoted(listen)));
    if let Some(data) = gate.data {
        flags.push_str(&format!("store.path = {}\n", quoted(&data.to_string_lossy())));
    }
    flags.push_str("[[site]]\nhost = \"*\"\n");
    match &serve.url {
        Some(url) => flags.push_str(&format!("url = {}\n", quoted(url))),
        None => flags.push_str(&format!("audience = {}\n", quoted(upstream.trim_end_matches('/')))),
    }
    flags.push_str(&format!("upstreams = [{}]\n[[site.rules]]\npolicy = \"two_factor\"\n", quoted(upstream)));
    Ok(Source { file: None, environment: environment(), flags })
}

fn name(text: &str) -> Result<UserName, Ended> {
    let remedy = || "names are 1 to 64 characters of a-z, 0-9 and . _ @ + -".to_owned();
    UserName::parse(text).map_err(|error| Ended::Usage(format!("{text:?} is no user name: {error}"), remedy()))
}

fn id<T>(kind: &str, parsed: Option<T>, text: &str) -> Result<T, Ended> {
    let remedy = "ids are 16 lower-case letters and digits, as the lists show them".to_owned();
    parsed.ok_or_else(|| Ended::Usage(format!("{text:?} is no id of a {kind}"), remedy))
}

/// `--since`: a moment (RFC 3339), or how long ago (`2h`).
fn moment(text: &str) -> Result<Time, Ended> {
    use crate::clock::{Clock, SystemClock};
    if let Some(span) = Span::parse(text) {
        return Ok(SystemClock::start().now() - span.0);
    }
    let stamp: Result<jiff::Timestamp, _> = text.parse();
    stamp.map(|stamp| Time(stamp.as_millisecond())).map_err(|_| {
        Ended::Usage(format!("{text:?} is no time"), "write 2026-01-31T12:00:00Z, or 2h for two hours ago".to_owned())
    })
}

/// One line of standard input, without its end; longer than any password is an error.
fn secret_line(what: &str) -> Result<Secret<String>, Ended> {
    if std::io::stdin().is_terminal() {
        let _ = writeln!(std::io::stderr(), "Type {what} and press Enter; it will be visible.");
    }
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().take(4096).read_to_end(&mut bytes);
    let line = read.ok().and_then(|_| String::from_utf8(bytes).ok());
    let line = line.and_then(|line| line.lines().next().map(ToOwned::to_owned)).filter(|line| !line.is_empty());
    match line {
        Some(line) => Ok(Secret::new(line)),
        None => Err(Ended::Usage(format!("{what} is missing"), "write it to standard input, on one line".to_owned())),
    }
}

/// What a command about users comes to: one operation, or as many as a file needs.
enum Errand {
    One(Operation),
    Import(import::Asked),
}

fn user(command: User, json: bool) -> Result<Errand, Ended> {
    Ok(Errand::One(match command {
        User::Import { file, invitations, mail, dry_run } => {
            return Ok(Errand::Import(import::Asked { file, invitations, mail, dry_run, json }));
        }
        User::Add { name: text, email, display_name, groups, reuse_name, password_stdin } => Operation::UserAdd {
            name: name(&text)?,
            display_name,
            email,
            groups: self::groups(groups)?,
            reuse_name,
            password: password_stdin.then(|| secret_line("the password")).transpose()?,
        },
        User::List => Operation::UserList,
        User::Show { name: text } => Operation::UserShow { name: name(&text)? },
        User::Set { name: text, email, display_name, groups, no_groups } => Operation::UserSet {
            name: name(&text)?,
            display_name,
            email,
            groups: if no_groups {
                Some(Vec::new())
            } else if groups.is_empty() {
                None
            } else {
                Some(self::groups(groups)?)
            },
        },
        User::Disable { name: text } => Operation::UserDisable { name: name(&text)? },
        User::Enable { name: text } => Operation::UserEnable { name: name(&text)? },
        User::Remove { name: text } => Operation::UserRemove { name: name(&text)? },
        User::Password { name: text, .. } => {
            Operation::UserPassword { name: name(&text)?, password: Some(secret_line("the password")?) }
        }
        User::Unlock { name: text } => Operation::UserUnlock { name: name(&text)? },
        User::Invite { name: text } => Operation::UserInvite { name: name(&text)? },
        User::Reset { name: text } => Operation::UserReset { name: name(&text)? },
    }))
}

fn groups(texts: Vec<String>) -> Result<Vec<crate::types::GroupName>, Ended> {
    let remedy = || "names of groups are 1 to 64 characters of A-Z, a-z, 0-9 and . _ : / -".to_owned();
    let group = |text: String| {
        crate::types::GroupName::parse(&text)
            .map_err(|error| Ended::Usage(format!("{text:?} is no name of a group: {error}"), remedy()))
    };
    texts.into_iter().map(group).collect()
}

fn factor(command: Factor) -> Result<Operation, Ended> {
    Ok(match command {
        Factor::List { name: text } => Operation::FactorList { name: name(&text)? },
        Factor::Remove { name: text, id: factor } => {
            Operation::FactorRemove { name: name(&text)?, factor: id("factor", FactorId::parse(&factor), &factor)? }
        }
        Factor::Add { name: text, secret_stdin, .. } => Operation::FactorAddTotp {
            name: name(&text)?,
            secret: secret_stdin.then(|| secret_line("the secret")).transpose()?,
        },
    })
}

fn browser(command: Browser) -> Result<Operation, Ended> {
    Ok(match command {
        Browser::List { name: text } => Operation::BrowserList { name: name(&text)? },
        Browser::End { name: text, id: which, .. } => Operation::BrowserEnd {
            name: name(&text)?,
            browser: which.map(|text| id("browser", Handle::parse(&text), &text)).transpose()?,
        },
    })
}

fn session(command: Session) -> Result<Operation, Ended> {
    Ok(match command {
        Session::List { name: text } => Operation::SessionList { name: text.map(|text| name(&text)).transpose()? },
        Session::End { all: true, .. } => Operation::SessionEnd { which: SessionEnd::All },
        // An id is tried first: no name has 16 characters of this alphabet by accident without being seen in the list.
        Session::End { which: Some(text), .. } => Operation::SessionEnd {
            which: match Handle::parse(&text) {
                Some(handle) => SessionEnd::One(handle),
                None => SessionEnd::User(name(&text)?),
            },
        },
        Session::End { which: None, .. } => {
            return Err(Ended::Usage("whose session?".to_owned(), "name a user or a session, or say --all".to_owned()));
        }
    })
}

fn upstream(command: Upstream) -> Operation {
    match command {
        Upstream::List => Operation::UpstreamList,
        Upstream::Drain { upstream } => Operation::UpstreamDrain { upstream },
        Upstream::Resume { upstream } => Operation::UpstreamResume { upstream },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Line::command().debug_assert();
    }

    /// A remedy that cannot be typed is none.
    #[test]
    fn every_command_that_a_text_names_is_one() {
        use clap::error::ErrorKind;
        let mut folders = vec![std::path::PathBuf::from("src")];
        let mut named = 0;
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let text = std::fs::read_to_string(&path).unwrap();
                let quotes = text.split("`vestibule ").skip(1).filter_map(|rest| rest.split_once('`'));
                for (quoted, _) in quotes.filter(|(quoted, _)| quoted.starts_with(|c: char| c.is_ascii_lowercase())) {
                    let typed = quoted.split(' ').map(|word| if word.starts_with('{') { "alice" } else { word });
                    let refused = Line::try_parse_from(std::iter::once("vestibule").chain(typed)).err();
                    let kind = refused.map(|error| error.kind());
                    assert!(
                        matches!(kind, None | Some(ErrorKind::MissingRequiredArgument)),
                        "{}: `vestibule {quoted}`: {kind:?}",
                        path.display()
                    );
                    named += 1;
                }
            }
        }
        assert!(named > 10, "only {named} were found");
    }

    #[test]
    fn the_reference_is_what_the_sections_say() {
        let file = std::fs::read_to_string("config/reference.toml").unwrap();
        let said = crate::config::reference_with(crate::methods::sections());
        assert!(file == said, "run `make reference`");
    }

    #[test]
    fn what_is_typed_becomes_an_operation() {
        let typed = |line: &str| match Line::try_parse_from(line.split(' ')).map(|line| line.command) {
            Ok(Command::User(command)) => match user(command, false) {
                Ok(Errand::One(operation)) => Some(operation),
                _ => None,
            },
            Ok(Command::Session(command)) => session(command).ok(),
            _ => None,
        };
        assert!(
            matches!(typed("vestibule user add Alice --group admins"), Some(Operation::UserAdd { name, .. }) if name.as_str() == "alice")
        );
        assert!(
            matches!(typed("vestibule user set alice --no-groups"), Some(Operation::UserSet { groups: Some(none), .. }) if none.is_empty())
        );
        assert!(matches!(typed("vestibule session end --all"), Some(Operation::SessionEnd { which: SessionEnd::All })));
        assert!(typed("vestibule session end").is_none());
        assert!(typed("vestibule user add al/ice").is_none());
    }
}
