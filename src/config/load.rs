//! From files, environment and flags to [`Written`], with every problem at once: extract, note the error, take that key
//! out, extract again. Nothing here judges what a value means (the parts do that when they are built), and nothing is
//! ever skipped in silence: a key that nobody knows stops the start.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};

use figment::error::{Actual, Error, Kind};
use figment::providers::{Format, Toml};
use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};
use serde::Deserialize;

use super::Written;
use super::reference::{self, Entry, Known, Shape};
use super::written::Document;
use crate::error::{Problem, Problems};

/// What a file may weigh; a configuration of thousands of sites is a tenth of it.
const LARGEST_FILE: u64 = 4 << 20;
/// After so many problems the rest is not worth reading.
const MOST_PROBLEMS: usize = 100;
/// Deeper than any key; it bounds what a variable's name can make us build.
const DEEPEST_KEY: usize = 8;
/// Keys that are promised but not built: whoever writes one is told so, instead of being sent to look for a typo.
const LATER: [&str; 3] = ["reload", "store.etcd", "store.stale"];
/// How the layer of the environment is known again in the merged value.
const ENVIRONMENT: &str = "environment";

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

impl Source {
    /// The file to read: what `--config` named, else `$VESTIBULE_CONFIG`, else `vestibule.toml` here, else the
    /// system's; `exists` says whether a file is there. What was named is taken unseen, so that a mistake in it is an
    /// error and never the next candidate.
    pub fn find(
        named: Option<PathBuf>,
        environment: &[(String, String)],
        exists: impl Fn(&Path) -> bool,
    ) -> Option<PathBuf> {
        let variable = || {
            let (_, path) = environment.iter().find(|(name, path)| name == "VESTIBULE_CONFIG" && !path.is_empty())?;
            Some(PathBuf::from(path))
        };
        let places = || ["vestibule.toml", "/etc/vestibule/vestibule.toml"].map(PathBuf::from);
        named.or_else(variable).or_else(|| places().into_iter().find(|path| exists(path)))
    }
}

/// What was read, with what is needed to say where a problem stands.
#[derive(Debug, Clone)]
pub struct Loaded {
    pub written: Written,
    /// `false`: something could not be read and was taken out, so that what is not there may only be unreadable.
    pub whole: bool,
    origin: Origin,
}

impl Loaded {
    /// Adds file and line, or the name of the variable, to problems that name only a key.
    pub fn locate(&self, problems: &mut Problems) {
        for problem in problems.iter_mut().filter(|problem| problem.file.is_none()) {
            let path = split(&problem.key);
            self.origin.place(&path, problem);
        }
    }
}

/// Reads all layers: defaults < file < environment < flags.
///
/// # Errors
/// Every problem of every layer, each with its place and its remedy; up to a hundred.
pub fn load(source: &Source) -> Result<Loaded, Problems> {
    let (loaded, problems) = load_what_can_be_read(source);
    if problems.is_empty() { Ok(loaded) } else { Err(problems) }
}

/// As [`load`], for telling every problem at once: with problems comes what is left when the keys they are about are
/// taken out, so that the parts can say what they think of the rest. It is never to be started with.
pub fn load_what_can_be_read(source: &Source) -> (Loaded, Problems) {
    let mut problems = Problems::default();
    let origin = Origin::read(source, &mut problems);
    let figment = origin.merge();
    // The layers are dictionaries of ours: merging them has nothing that could fail.
    let mut value = figment.find_value("").unwrap_or_else(|_| Value::from(Dict::new()));
    let from_environment =
        |value: &Value| figment.get_metadata(value.tag()).is_some_and(|layer| layer.name == ENVIRONMENT);

    for path in positional(&mut value, &Written::entries()) {
        let what = "expected a table, found a list".to_owned();
        let remedy = "name each key and its value".to_owned();
        let mut problem = Problem { file: None, line: None, key: join(&value, &path), what, remedy };
        origin.place(&path, &mut problem);
        problems.push(problem);
    }

    let mut taken_out = None;
    let written = loop {
        let error = match Written::deserialize(&value) {
            Ok(written) => break written,
            Err(error) => error,
        };
        if reread(&mut value, &error, from_environment) {
            continue;
        }
        let mut problem = describe(&error, &value);
        origin.place(&error.path, &mut problem);
        problems.push(problem);
        if problems.iter().count() >= MOST_PROBLEMS || !take_out(&mut value, &error, &mut taken_out) {
            break Written::default();
        }
    };
    (Loaded { written, whole: problems.is_empty(), origin }, problems)
}

/// The layers as they were written.
#[derive(Debug, Clone)]
struct Origin {
    file: Option<(String, Document)>,
    environment: Vec<Variable>,
    flags: Document,
}

/// One variable of the environment that is configuration.
#[derive(Debug, Clone)]
struct Variable {
    name: String,
    path: Vec<String>,
    text: String,
}

impl Origin {
    fn read(source: &Source, problems: &mut Problems) -> Self {
        let file = source.file.as_ref().and_then(|path| match read_document(path) {
            Ok(document) => Some((path.display().to_string(), document)),
            Err(problem) => {
                problems.push(problem);
                None
            }
        });
        let flags = Document::parse(source.flags.clone()).unwrap_or_else(|(_, what)| {
            problems.add("command line", what, "write the flag's value as --help shows");
            Document::default()
        });
        let mut environment = Variable::read_all(&source.environment);
        environment.retain(|variable| {
            let site = variable.path[0] == "site";
            if site {
                problems.add(&variable.name, "sites are for the file alone", "write it under [[site]], and unset this");
            }
            !site
        });
        Self { file, environment, flags }
    }

    fn merge(&self) -> Figment {
        let file = self.file.as_ref().map(|(_, document)| document.values()).unwrap_or_default();
        let mut environment = Dict::new();
        for variable in &self.environment {
            insert(&mut environment, &variable.path, variable.value());
        }
        Figment::new()
            .merge(Layer("file", file))
            .merge(Layer(ENVIRONMENT, environment))
            .merge(Layer("flags", self.flags.values()))
    }

    /// Says where the key at `path` was written, the strongest layer first; the nearest written section where the key
    /// itself was not.
    fn place(&self, path: &[String], problem: &mut Problem) {
        if self.flags.holds(path) {
            return;
        }
        let concerned = |variable: &&Variable| {
            path.starts_with(&variable.path) || (!path.is_empty() && variable.path.starts_with(path))
        };
        let in_file = self.file.as_ref().is_some_and(|(_, document)| document.holds(path));
        // A section may stand in the file and have one of its keys in the environment: then it is the file's.
        if let Some(variable) = self.environment.iter().find(concerned)
            && (!in_file || path.starts_with(&variable.path))
        {
            problem.key.clone_from(&variable.name);
        } else if let Some((name, document)) = &self.file
            && path.first().is_some_and(|section| reference::is_section(section) || document.line(path).is_some())
        {
            problem.file = Some(name.clone());
            problem.line = document.line(path);
        }
    }
}

impl Variable {
    fn read_all(environment: &[(String, String)]) -> Vec<Self> {
        let mut variables: Vec<Self> = environment.iter().filter_map(|(name, text)| Self::read(name, text)).collect();
        variables.sort_by(|one, other| one.name.cmp(&other.name));
        variables
    }

    /// Only a name with a double underscore is configuration: a service called vestibule makes Kubernetes inject
    /// `VESTIBULE_PORT` and its like into every container.
    fn read(name: &str, text: &str) -> Option<Self> {
        let key = name.strip_prefix("VESTIBULE_").filter(|key| key.contains("__"))?;
        let path = key.split("__").take(DEEPEST_KEY).map(str::to_ascii_lowercase).collect();
        Some(Self { name: name.to_owned(), path, text: text.to_owned() })
    }

    /// The text as it is: the key's own type reads it later. Only a method's keys have a type that nobody here knows:
    /// there `true`, `false`, whole numbers and `[…]` are what they look like.
    fn value(&self) -> Value {
        let text = self.text.as_str();
        let looks_typed = matches!(text, "true" | "false")
            || text.starts_with('[')
            || text.parse::<i64>().is_ok_and(|number| number.to_string() == text);
        let typed = (self.path[0] == "methods" && looks_typed).then(|| toml_value(text)).flatten();
        typed.unwrap_or_else(|| Value::from(text))
    }
}

/// One layer for figment, under a name.
struct Layer(&'static str, Dict);

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.0)
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        Ok(Profile::Default.collect(self.1.clone()))
    }
}

fn read_document(path: &Path) -> Result<Document, Problem> {
    let wrong = |line, what, remedy: &str| {
        let (file, key) = (Some(path.display().to_string()), "configuration".to_owned());
        Problem { file, line, key, what, remedy: remedy.to_owned() }
    };
    let unreadable = |error: std::io::Error| {
        wrong(None, format!("cannot be read ({error})"), "make it readable, or name another with --config")
    };
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(LARGEST_FILE + 1).read_to_string(&mut text).map_err(unreadable)?;
    if text.len() as u64 > LARGEST_FILE {
        return Err(wrong(None, "is larger than 4 MiB".to_owned(), "name the configuration with --config"));
    }
    Document::parse(text).map_err(|(line, what)| wrong(line, what, "write this line as TOML asks"))
}

fn insert(dict: &mut Dict, path: &[String], value: Value) {
    let Some((key, rest)) = path.split_first() else { return };
    if rest.is_empty() {
        dict.insert(key.clone(), value);
        return;
    }
    let inner = dict.entry(key.clone()).or_insert_with(|| Value::from(Dict::new()));
    if inner.as_dict().is_none() {
        *inner = Value::from(Dict::new());
    }
    if let Value::Dict(_, inner) = inner {
        insert(inner, rest, value);
    }
}

/// Text as the right-hand side of a TOML line; `None` when it is not exactly one value.
fn toml_value(text: &str) -> Option<Value> {
    let mut dict: Dict = Toml::from_str(&format!("value = {text}")).ok()?;
    let value = dict.remove("value")?;
    dict.is_empty().then_some(value)
}

/// Text from the environment whose key's type is no text is read as TOML writes that type; a list also as
/// `one, two, three`. Says whether there is something new to extract: each text is read again once at most, because
/// what comes of it no longer counts as the environment's.
fn reread(value: &mut Value, error: &Error, from_environment: impl Fn(&Value) -> bool) -> bool {
    let Kind::InvalidType(Actual::Str(_), expected) = &error.kind else { return false };
    let Some(place) = at(value, &error.path) else { return false };
    let Value::String(_, text) = &*place else { return false };
    if !from_environment(place) {
        return false;
    }
    let typed = if expected == "a sequence" && !text.trim_start().starts_with('[') {
        let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
        Some(Value::from(items.map(Value::from).collect::<Vec<_>>()))
    } else {
        // A list is never a table's keys in their order.
        toml_value(text).filter(|typed| expected == "a sequence" || typed.as_array().is_none())
    };
    match typed {
        Some(typed) => {
            *place = typed;
            true
        }
        None => false,
    }
}

/// Takes out what could not be read, so that the next extraction finds the next problem; false when it is not there.
/// An element of a list keeps its place, as something that reads well, so that the indices after it stay true.
fn take_out(value: &mut Value, error: &Error, last: &mut Option<Vec<String>>) -> bool {
    let mut path = error.path.as_slice();
    if last.as_deref() == Some(path) {
        // Not even the neutral element reads: the list goes as a whole.
        path = &path[..path.len().saturating_sub(1)];
    }
    *last = Some(error.path.clone());
    let Some((key, parent)) = path.split_last() else { return false };
    match at(value, parent) {
        Some(Value::Dict(_, dict)) => dict.remove(key).is_some(),
        Some(Value::Array(_, list)) => match key.parse::<usize>().ok().and_then(|index| list.get_mut(index)) {
            Some(element) => {
                let a_table = matches!(&error.kind, Kind::InvalidType(_, expected) if expected.starts_with("struct"));
                *element = if a_table { Value::from(Dict::new()) } else { Value::from("") };
                true
            }
            None => false,
        },
        _ => false,
    }
}

/// Empties every list that stands where a table belongs, and says where. Deserialization would take its elements for
/// the table's keys in their order: a second way to write a key that no reader of the file would see.
fn positional(value: &mut Value, entries: &[Entry]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let Value::Dict(_, dict) = value else { return found };
    for entry in entries {
        let Some(value) = dict.get_mut(entry.key) else { continue };
        let (inner, tables): (_, Vec<(Vec<String>, &mut Value)>) = match (&entry.shape, value) {
            (Shape::Table(inner) | Shape::Optional(inner), table) => (inner, vec![(vec![entry.key.to_owned()], table)]),
            (Shape::List(inner), Value::Array(_, list)) => {
                let path = |index: usize| vec![entry.key.to_owned(), index.to_string()];
                (inner, list.iter_mut().enumerate().map(|(index, table)| (path(index), table)).collect())
            }
            _ => continue,
        };
        for (path, table) in tables {
            if matches!(table, Value::Array(..)) {
                *table = Value::from(Dict::new());
                found.push(path);
            } else {
                found.extend(positional(table, inner).into_iter().map(|rest| [path.clone(), rest].concat()));
            }
        }
    }
    found
}

fn at<'v>(value: &'v mut Value, path: &[String]) -> Option<&'v mut Value> {
    path.iter().try_fold(value, |value, key| match value {
        Value::Dict(_, dict) => dict.get_mut(key),
        Value::Array(_, list) => list.get_mut(key.parse::<usize>().ok()?),
        _ => None,
    })
}

/// The problem in words, not placed yet.
fn describe(error: &Error, value: &Value) -> Problem {
    let pattern = error.path.iter().filter(|key| key.parse::<usize>().is_err()).cloned().collect::<Vec<_>>().join(".");
    let known = reference::known();
    let here = known.iter().find(|known| known.key == pattern);
    let (what, remedy) = match &error.kind {
        Kind::UnknownField(name, siblings) => ("unknown key".to_owned(), suggest(&pattern, name, siblings, &known)),
        Kind::InvalidType(found, expected) | Kind::InvalidValue(found, expected) => {
            (format!("expected {}, found {}", in_words(expected), brief(found)), write_like(here))
        }
        Kind::Message(message) => (cut(message), write_like(here)),
        other => (cut(&other.to_string()), write_like(here)),
    };
    Problem { file: None, line: None, key: join(value, &error.path), what, remedy }
}

fn suggest(pattern: &str, name: &str, siblings: &[&str], known: &[Known]) -> String {
    if LATER.contains(&pattern) {
        return format!("`{pattern}` is not part of this version: remove it");
    }
    let nearest = siblings
        .iter()
        .map(|sibling| (strsim::damerau_levenshtein(name, sibling), *sibling))
        .filter(|(distance, sibling)| *distance <= 1 + sibling.len() / 4)
        .min();
    if let Some((_, sibling)) = nearest {
        return format!("did you mean `{sibling}`?");
    }
    let elsewhere: BTreeSet<&str> = known
        .iter()
        .filter(|known| known.key.rsplit('.').next() == Some(name))
        .map(|known| known.key.as_str())
        .collect();
    match elsewhere.first() {
        Some(key) => format!("did you mean `{key}`?"),
        None => format!("remove it; known here: {}", siblings.join(", ")),
    }
}

fn write_like(here: Option<&Known>) -> String {
    match here {
        Some(known) => format!("write it like `{}`", known.example),
        None => "see config/reference.toml for how it is written".to_owned(),
    }
}

/// What serde calls a type, as an operator would.
fn in_words(expected: &str) -> &str {
    match expected {
        "a string" | "path string" => "text in quotes",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "u32" | "u64" | "usize" => "a whole number",
        _ if expected.starts_with("struct") || expected == "a map" => "a table",
        other => other,
    }
}

fn brief(found: &Actual) -> String {
    match found {
        Actual::Seq => "a list".to_owned(),
        Actual::Map => "a table".to_owned(),
        Actual::Str(text) => cut(&format!("{text:?}")),
        Actual::Unsigned(number) => number.to_string(),
        Actual::Signed(number) => number.to_string(),
        Actual::Float(number) => number.to_string(),
        Actual::Bool(truth) => truth.to_string(),
        other => cut(&other.to_string()),
    }
}

/// A value in a message is a hint, not a copy.
fn cut(text: &str) -> String {
    match text.char_indices().nth(160) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// `site[0].rules[2].policy`
fn join(value: &Value, path: &[String]) -> String {
    let mut key = String::new();
    let mut value = Some(value);
    for step in path {
        value = match value {
            Some(Value::Array(_, list)) => {
                key.push_str(&format!("[{step}]"));
                step.parse::<usize>().ok().and_then(|index| list.get(index))
            }
            other => {
                if !key.is_empty() {
                    key.push('.');
                }
                let bare = step.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
                key.push_str(&if bare && !step.is_empty() { step.clone() } else { cut(&format!("{step:?}")) });
                other.and_then(Value::as_dict).and_then(|dict| dict.get(step))
            }
        };
    }
    key
}

/// The way back from [`join`], for keys that parts name.
fn split(key: &str) -> Vec<String> {
    key.split(['.', '[']).map(|step| step.trim_end_matches(']').to_owned()).filter(|step| !step.is_empty()).collect()
}

#[cfg(test)]
mod tests;
