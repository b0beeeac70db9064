//! `user import`: users of another program, with their password hashes. The whole file is read and judged first, against
//! the store too, and every problem is told at once; as long as there is one, nobody is added. What is refused is never
//! repeated: where a hash should stand, a password may.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, IsTerminal, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::json;

use super::print::{Told, as_json, print};
use super::{Ended, NO};
use crate::app::{BATCH, Failure, Imported, Invited, Newcomer, Operation, Outcome, Reach, Terms};
use crate::config::Loaded;
use crate::directory::{Imported as Hash, NotTaken};
use crate::gateway::Receiver;
use crate::secret::Secret;
use crate::types::UserName;

/// What a file may weigh: a hundred thousand users.
const LARGEST_FILE: u64 = 16 << 20;
/// Longer than any name with any hash and any address.
const LONGEST_LINE: usize = 1024;
/// After so many problems the rest is only counted.
const MOST_PROBLEMS: usize = 100;
/// What text files of some systems begin with.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What is asked for.
pub struct Asked {
    pub file: PathBuf,
    /// Where invitations are written.
    pub invitations: Option<PathBuf>,
    pub mail: bool,
    pub dry_run: bool,
    pub json: bool,
}

/// Something wrong with one line, counted from 1.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Problem {
    line: usize,
    what: String,
    remedy: String,
}

/// What a file says: users with their lines, and what is wrong.
#[derive(Debug, Default)]
struct Sheet {
    users: Vec<(usize, Newcomer)>,
    problems: Vec<Problem>,
}

pub async fn import(loaded: &Loaded, asked: Asked) -> Result<(), Ended> {
    let mut sheet = Sheet::read(&bytes(&asked.file)?);
    let mut reach = Reach::to(loaded);
    let done = carry_out(&mut reach, &mut sheet, &asked).await;
    reach.close().await;
    done
}

async fn carry_out(reach: &mut Reach<'_>, sheet: &mut Sheet, asked: &Asked) -> Result<(), Ended> {
    // Looked at first, in a dry run too: whoever read all the problems should not find another one behind them.
    let mut letters = asked.invitations.as_deref().map(Letters::create).transpose()?;
    let done = judge_and_add(reach, sheet, asked, letters.as_mut()).await;
    if let Some(letters) = letters {
        letters.close();
    }
    done
}

async fn judge_and_add(
    reach: &mut Reach<'_>,
    sheet: &mut Sheet,
    asked: &Asked,
    letters: Option<&mut Letters>,
) -> Result<(), Ended> {
    let terms = Terms { invite: asked.invitations.is_some() || asked.mail, mail: asked.mail, dry_run: true };
    let judged = in_batches(reach, &sheet.users, terms, None).await?;
    sheet.weigh(&judged, asked);
    if !sheet.problems.is_empty() {
        return refuse(&sheet.problems, asked.json);
    }
    if asked.dry_run {
        return tell(&judged, asked);
    }
    let done = in_batches(reach, &sheet.users, Terms { dry_run: false, ..terms }, letters).await?;
    tell(&done, asked)
}

/// Has all users judged, or added, one batch after the other.
async fn in_batches(
    reach: &mut Reach<'_>,
    users: &[(usize, Newcomer)],
    terms: Terms,
    mut letters: Option<&mut Letters>,
) -> Result<Imported, Ended> {
    let progress = !terms.dry_run && io::stderr().is_terminal();
    let mut all = Imported::default();
    for (n, batch) in users.chunks(BATCH).enumerate() {
        let batch = batch.iter().map(|(_, user)| user.clone()).collect();
        let outcome = reach.perform(Operation::UserImport { users: batch, terms }).await;
        let more = match outcome.map_err(|failure| stopped(failure, all.added.len()))? {
            Outcome::Imported(more) | Outcome::WouldImport(more) => more,
            _ => return Err(Failure::new("the server gave another answer", "use the same version for both").into()),
        };
        if let Some(letters) = &mut letters {
            letters.write(&more.invited)?;
        }
        all.added.extend(more.added);
        all.there.extend(more.there);
        all.anew.extend(more.anew);
        all.retired.extend(more.retired);
        all.unreached.extend(more.unreached);
        all.mailed.extend(more.mailed);
        all.invited.extend(more.invited);
        if progress {
            let so_far = users.len().min((n + 1) * BATCH);
            let end = if so_far == users.len() { "\n" } else { "" };
            let _ = write!(io::stderr(), "\r{so_far} of {}{end}", users.len());
        }
    }
    Ok(all)
}

/// What to do when it stopped half-way.
fn stopped(failure: Failure, added: usize) -> Failure {
    if added == 0 {
        return failure;
    }
    let remedy = format!("{}; {added} were added before, and another run goes on from there", failure.remedy);
    Failure { remedy, ..failure }
}

impl Sheet {
    fn read(bytes: &[u8]) -> Self {
        let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
        let mut sheet = Self::default();
        let mut seen: HashMap<UserName, usize> = HashMap::new();
        for (line, text) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
            let text = text.strip_suffix(b"\r").unwrap_or(text);
            match newcomer(text) {
                Ok(Some(user)) => match seen.get(&user.name) {
                    Some(first) => sheet.problem(
                        line,
                        format!("{} stands in line {first} too", user.name),
                        "take one of them out: capitals make no other name",
                    ),
                    None => {
                        seen.insert(user.name.clone(), line);
                        sheet.users.push((line, user));
                    }
                },
                Ok(None) => {}
                Err((what, remedy)) => sheet.problem(line, what, remedy),
            }
        }
        if sheet.users.is_empty() && sheet.problems.is_empty() {
            sheet.problem(1, "there is nobody in it", "write one user a line, as name:hash");
        }
        sheet
    }

    /// Adds what the store says against these users, and what is missing for what was asked.
    fn weigh(&mut self, judged: &Imported, asked: &Asked) {
        let lines: HashMap<&UserName, usize> = self.users.iter().map(|(line, user)| (&user.name, *line)).collect();
        let retired = judged.retired.iter().map(|name| Problem {
            line: lines.get(name).copied().unwrap_or_default(),
            what: format!("a removed user was called {name}"),
            remedy: format!("give another name, or take the line out and run `vestibule user add --reuse-name {name}`"),
        });
        let unreached = judged.unreached.iter().filter(|_| asked.invitations.is_none()).map(|name| Problem {
            line: lines.get(name).copied().unwrap_or_default(),
            what: "there is no mail address to send an invitation to".to_owned(),
            remedy: match judged.anew.contains(name) {
                true => format!("`vestibule user set {name} --email ADDRESS`, or say --invitations FILE too"),
                false => "write it behind the hash, after a colon, or say --invitations FILE too".to_owned(),
            },
        });
        let more: Vec<Problem> = retired.chain(unreached).collect();
        self.problems.extend(more);
        self.problems.sort_by_key(|problem| problem.line);
    }

    fn problem(&mut self, line: usize, what: impl Into<String>, remedy: impl Into<String>) {
        self.problems.push(Problem { line, what: what.into(), remedy: remedy.into() });
    }
}

/// `name:hash` or `name:hash:address`; `None`: nothing stands there. An error is what is wrong, and what to do.
fn newcomer(line: &[u8]) -> Result<Option<Newcomer>, (String, &'static str)> {
    if line.len() > LONGEST_LINE {
        return Err((format!("it is longer than {LONGEST_LINE} bytes"), "nothing that is taken is so long"));
    }
    let no = |what: &str, remedy| Err((what.to_owned(), remedy));
    let Ok(text) = std::str::from_utf8(line) else { return no("it is not UTF-8", "write it as UTF-8") };
    let text = text.trim();
    if text.is_empty() || text.starts_with('#') {
        return Ok(None);
    }
    let mut fields = text.split(':');
    let (Some(name), Some(hash)) = (fields.next(), fields.next()) else {
        return no("there is no colon", "write one user a line, as name:hash");
    };
    let (email, rest) = (fields.next().map(str::trim).filter(|email| !email.is_empty()), fields.next());
    if rest.is_some() {
        return no("there are more than three fields", "leave name:hash, or name:hash:address");
    }
    let name = UserName::parse(name)
        .map_err(|error| (error.to_string(), "give another name: 1 to 64 characters of a-z, 0-9 and . _ @ + -"))?;
    let hash = hash.trim();
    Hash::take(hash).map_err(|why| (why.to_string(), remedy(why)))?;
    if email.is_some_and(|email| Receiver::mailbox(email).is_none()) {
        return no("the third field is no mail address", "write one such as alice@example.com, or leave it out");
    }
    Ok(Some(Newcomer { name, hash: Secret::new(hash.to_owned()), email: email.map(str::to_owned) }))
}

fn remedy(why: NotTaken) -> &'static str {
    match why {
        NotTaken::Nothing | NotTaken::Locked => "take the line out; `vestibule user add` invites without a password",
        NotTaken::Clear => "take the line out and the password for known; `vestibule user add` invites",
        NotTaken::Des | NotTaken::Sha1 | NotTaken::Md5 | NotTaken::OtherCrypt => {
            "take the line out; `vestibule user add` invites to a new password"
        }
        NotTaken::Bcrypt | NotTaken::Sha512 | NotTaken::Apr1 | NotTaken::Argon2 => {
            "copy the line once more, or take it out; `vestibule user add` invites to a new password"
        }
    }
}

fn bytes(file: &Path) -> Result<Vec<u8>, Ended> {
    let failed = |error: io::Error| {
        Ended::Usage(format!("{} cannot be read: {error}", file.display()), "name a file of name:hash lines".to_owned())
    };
    let mut bytes = Vec::new();
    File::open(file).and_then(|file| file.take(LARGEST_FILE + 1).read_to_end(&mut bytes)).map_err(failed)?;
    if bytes.len() as u64 > LARGEST_FILE {
        let what = format!("{} is larger than {} MiB", file.display(), LARGEST_FILE >> 20);
        return Err(Ended::Usage(what, "cut it into several files".to_owned()));
    }
    Ok(bytes)
}

/// The file of invitations: 0600, new, a user a line, each with the link and the end of it. What a batch brought is in it,
/// durably, before the next one is asked for.
struct Letters {
    file: File,
    path: PathBuf,
    empty: bool,
}

impl Letters {
    fn create(path: &Path) -> Result<Self, Ended> {
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        let file = made.map_err(|error| {
            let what = format!("{} cannot be made: {error}", path.display());
            Failure::new(what, "name a file that is not there yet, where you may write; nobody was added")
        })?;
        Ok(Self { file, path: path.to_owned(), empty: true })
    }

    fn write(&mut self, invited: &[Invited]) -> Result<(), Ended> {
        let text: String = invited.iter().map(line).collect();
        self.empty &= text.is_empty();
        self.file.write_all(text.as_bytes()).and_then(|()| self.file.sync_all()).map_err(|error| {
            let what = format!("{} cannot be written: {error}", self.path.display());
            Failure::new(what, "make room, and run it again with another file: whose line is missing is invited anew")
                .into()
        })
    }

    /// Takes away a file in which nothing stands.
    fn close(self) {
        if self.empty {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn line(invited: &Invited) -> String {
    format!("{}\t{}\t{}\n", invited.name, invited.link, invited.expires)
}

/// Tells every problem; nobody was added.
fn refuse(problems: &[Problem], json: bool) -> Result<(), Ended> {
    print(|out| {
        if json {
            return as_json(out, &Told { outcome: "refused", rest: json!({ "problems": problems }) });
        }
        for problem in problems.iter().take(MOST_PROBLEMS) {
            writeln!(out, "line {}: {}\n  {}", problem.line, problem.what, problem.remedy)?;
        }
        match problems.len().saturating_sub(MOST_PROBLEMS) {
            0 => Ok(()),
            more => writeln!(out, "and {more} more"),
        }
    })?;
    let _ = writeln!(io::stderr(), "vestibule: nobody was added\n  correct these lines, then run it again");
    Err(Ended::Told(NO))
}

fn tell(done: &Imported, asked: &Asked) -> Result<(), Ended> {
    let in_file = asked.invitations.as_deref().filter(|_| !done.invited.is_empty());
    print(|out| {
        if asked.json {
            // Links stand in the file alone, where there is one.
            let invited = if in_file.is_some() { Vec::new() } else { done.invited.clone() };
            let done = Imported { invited, ..done.clone() };
            let told = if asked.dry_run { Outcome::WouldImport(done) } else { Outcome::Imported(done) };
            return as_json(out, &told);
        }
        let would = if asked.dry_run { "would be" } else { "were" };
        writeln!(out, "{} {would} added, {} are there already", done.added.len(), done.there.len())?;
        for name in &done.there {
            writeln!(out, "  there already: {name}")?;
        }
        if !done.anew.is_empty() {
            writeln!(out, "{} of them {would} invited anew: they were imported, and have not come", done.anew.len())?;
        }
        if !done.mailed.is_empty() {
            writeln!(out, "{} invitations went by mail", done.mailed.len())?;
        }
        match in_file {
            Some(file) => writeln!(out, "{} invitations stand in {}", done.invited.len(), file.display()),
            // What a mail could not bring: who has no address was refused before.
            None => done.invited.iter().try_for_each(|invited| {
                let why = invited.remark.as_deref().unwrap_or("there is no mail address any more");
                write!(out, "{why}: {}", line(invited))
            }),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BCRYPT: &str = "$2y$05$abcdefghijklmnopqrstuussfBnph3nqL0wTWtGcgn8VqAumr4G0a";

    fn lines(sheet: &Sheet) -> Vec<(usize, &str)> {
        sheet.problems.iter().map(|problem| (problem.line, problem.what.as_str())).collect()
    }

    #[test]
    fn what_people_and_systems_write_is_read() {
        let text =
            format!("\u{feff}# users\r\nAlice:{BCRYPT}\r\n\r\n  bob : {BCRYPT} : bob@example.com \n\ncarol:{BCRYPT}:");
        let sheet = Sheet::read(text.as_bytes());
        assert_eq!(lines(&sheet), []);
        let users: Vec<_> =
            sheet.users.iter().map(|(line, user)| (*line, user.name.as_str(), user.email.as_deref())).collect();
        assert_eq!(users, [(2, "alice", None), (4, "bob", Some("bob@example.com")), (6, "carol", None)]);
    }

    #[test]
    fn every_problem_has_its_line_and_repeats_nothing() {
        let long = format!("eve:{}", "a".repeat(2000));
        let text = [
            "alice:hunter2secret",
            "bob",
            "no name!:x",
            &format!("Carol:{BCRYPT}"),
            &format!("carol:{BCRYPT}"),
            &format!("dave:{BCRYPT}:not an address"),
            &format!("frank:{BCRYPT}:f@example.com:more"),
            &long,
            "grace:{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M=",
            "heidi:",
        ]
        .join("\n");
        let mut bytes = text.into_bytes();
        bytes.extend(b"\nmallory:\xff\xfe");
        let sheet = Sheet::read(&bytes);
        let told = lines(&sheet);
        assert_eq!(told.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 2, 3, 5, 6, 7, 8, 9, 10, 11]);
        assert_eq!(sheet.users.len(), 1);
        let all = format!("{:?}", sheet.problems);
        assert!(!all.contains("hunter2") && !all.contains("qUqP5") && all.contains("line 4 too"), "{all}");
        assert!(sheet.problems.iter().all(|problem| !problem.remedy.is_empty()));
    }

    #[test]
    fn an_empty_file_is_a_mistake() {
        for text in ["", "\n\n", "# nobody\n", "\u{feff}"] {
            assert_eq!(Sheet::read(text.as_bytes()).problems.len(), 1, "{text:?}");
        }
    }
}
