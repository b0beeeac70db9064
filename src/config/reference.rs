//! The reference of the configuration, made from the sections themselves: every key, its doc comment, its default. It
//! never knows a key that the loader does not, because both are one declaration.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use super::{Size, Span, Written};

/// One key of a section.
#[derive(Debug)]
pub struct Entry {
    pub key: &'static str,
    /// The lines of its doc comment.
    pub doc: Vec<&'static str>,
    /// As it is written in the file; null where there is none.
    pub default: Value,
    pub shape: Shape,
}

/// What a key holds.
#[derive(Debug)]
pub enum Shape {
    /// A value, and how one looks where there is no default to show.
    Value(&'static str),
    /// A table that is always there.
    Table(Vec<Entry>),
    /// A table that is there when it is written.
    Optional(Vec<Entry>),
    /// A list of tables.
    List(Vec<Entry>),
    /// A table whose keys somebody else knows.
    Foreign,
}

/// A type that a key can have.
pub trait Described {
    fn shape() -> Shape;
}

macro_rules! value {
    ($($type:ty = $example:literal),* $(,)?) => {$(
        impl Described for $type {
            fn shape() -> Shape {
                Shape::Value($example)
            }
        }
    )*};
}

value! { String = r#""…""#, PathBuf = r#""/…""#, bool = "true", u32 = "1", usize = "1", f64 = "0.08", Span = r#""10m""#, Size = r#""64KiB""# }

impl<T: Described> Described for Option<T> {
    fn shape() -> Shape {
        match T::shape() {
            Shape::Table(entries) => Shape::Optional(entries),
            other => other,
        }
    }
}

impl<T: Described> Described for Vec<T> {
    fn shape() -> Shape {
        match T::shape() {
            Shape::Table(entries) => Shape::List(entries),
            _ => Shape::Value(r#"["…", "…"]"#),
        }
    }
}

impl Described for BTreeMap<String, Value> {
    fn shape() -> Shape {
        Shape::Foreign
    }
}

/// A key as a message needs it.
#[derive(Debug)]
pub(super) struct Known {
    /// Without indices: `site.rules.policy`.
    pub key: String,
    /// A right-hand side that reads.
    pub example: String,
}

/// Every key of every section.
pub(super) fn known() -> Vec<Known> {
    fn walk(prefix: &str, entries: Vec<Entry>, out: &mut Vec<Known>) {
        for entry in entries {
            let key = format!("{prefix}{}", entry.key);
            match entry.shape {
                Shape::Value(example) => {
                    let telling = !matches!(&entry.default, Value::Null) && !is_empty(&entry.default);
                    let value = if telling { entry.default.to_string() } else { example.to_owned() };
                    out.push(Known { example: format!("{} = {value}", entry.key), key });
                }
                Shape::Table(inner) | Shape::Optional(inner) => {
                    out.push(Known { example: format!("[{key}]"), key: key.clone() });
                    walk(&format!("{key}."), inner, out);
                }
                Shape::List(inner) => {
                    out.push(Known { example: format!("[[{key}]]"), key: key.clone() });
                    walk(&format!("{key}."), inner, out);
                }
                Shape::Foreign => {}
            }
        }
    }
    let mut out = Vec::new();
    walk("", Written::entries(), &mut out);
    out
}

/// Whether a table of that name is one of ours.
pub(super) fn is_section(name: &str) -> bool {
    Written::entries().iter().any(|entry| entry.key == name)
}

/// The text of `config/reference.toml`: it loads as it stands and equals the defaults. What is there only when it is
/// written stands behind a `#` without a space; comments have one.
pub fn reference() -> String {
    reference_with(Vec::new())
}

/// The same with the sections of the methods, each under its id: only higher floors know those.
pub fn reference_with(methods: Vec<(&'static str, Vec<Entry>)>) -> String {
    let as_table = |(key, inner)| Entry { key, doc: Vec::new(), default: Value::Null, shape: Shape::Table(inner) };
    let mut entries = Written::entries();
    if let Some(foreign) = entries.iter_mut().find(|entry| matches!(entry.shape, Shape::Foreign)) {
        foreign.shape = Shape::Table(methods.into_iter().map(as_table).collect());
    }
    let mut out = String::from(
        "# Every key of Vestibule, what it does, and its default. This file is generated: do not edit it.\n\
         # Lines that begin with `#` and no space are keys too: of tables that are there only when they are written.\n\
         # From the environment a key is VESTIBULE_SECTION__KEY, for example VESTIBULE_SESSION__IDLE=10m; lists are\n\
         # written [\"one\", \"two\"] or one,two. What stands in lists of tables (site) is for the file alone.\n",
    );
    write_table(&mut out, "", entries, "");
    out
}

fn write_table(out: &mut String, path: &str, entries: Vec<Entry>, mark: &str) {
    let (values, tables): (Vec<_>, Vec<_>) =
        entries.into_iter().partition(|entry| matches!(entry.shape, Shape::Value(_)));
    for entry in values {
        write_doc(out, &entry.doc);
        let Shape::Value(example) = entry.shape else { continue };
        if entry.default.is_null() {
            out.push_str(&format!("#{} = {example}  # not set\n", entry.key));
        } else {
            out.push_str(&format!("{mark}{} = {}\n", entry.key, entry.default));
        }
    }
    for entry in tables {
        let path = if path.is_empty() { entry.key.to_owned() } else { format!("{path}.{}", entry.key) };
        out.push('\n');
        write_doc(out, &entry.doc);
        let (header, inner, mark) = match entry.shape {
            Shape::Table(inner) => (format!("{mark}[{path}]\n"), inner, mark),
            Shape::Optional(inner) => (format!("#[{path}]\n"), inner, "#"),
            Shape::List(inner) => (format!("#[[{path}]]\n"), inner, "#"),
            Shape::Foreign | Shape::Value(_) => (format!("{mark}[{path}]\n"), Vec::new(), mark),
        };
        out.push_str(&header);
        write_table(out, &path, inner, mark);
    }
}

fn write_doc(out: &mut String, doc: &[&str]) {
    for line in doc {
        out.push_str(&format!("# {}\n", line.trim()));
    }
}

fn is_empty(value: &Value) -> bool {
    value.as_str().is_some_and(str::is_empty) || value.as_array().is_some_and(Vec::is_empty)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Source, load};

    crate::section! {
        Totp {
            /// Whether it is offered.
            enabled: bool = true,
        }
    }

    fn read(text: String) -> Written {
        load(&Source { file: None, environment: Vec::new(), flags: text }).unwrap().written
    }

    #[test]
    fn it_reads_as_the_defaults() {
        assert_eq!(read(reference()), Written::default());
    }

    #[test]
    fn methods_bring_sections_of_their_own() {
        let text = reference_with(vec![("totp", Totp::entries())]);
        assert_eq!(read(text).methods["totp"], serde_json::json!({ "enabled": true }));
    }

    #[test]
    fn every_key_in_it_is_known_when_it_is_uncommented() {
        let is_key = |line: &&str| line.strip_prefix('#').is_some_and(|key| !key.is_empty() && !key.starts_with(' '));
        let text: String = reference()
            .lines()
            .map(|line| if is_key(&line) { &line[1..] } else { line })
            .flat_map(|line| [line, "\n"])
            .collect();
        let written = read(text);
        assert_eq!(written.site[0].rules[0].max_age, Some(Span::secs(600)));
        assert!(written.gateway.sms.is_some());
    }

    #[test]
    fn every_value_has_its_sentence() {
        fn walk(path: &str, entries: Vec<Entry>) {
            for entry in entries {
                let path = format!("{path}.{}", entry.key);
                assert!(!entry.doc.is_empty(), "{path} has no doc comment");
                if let Shape::Table(inner) | Shape::Optional(inner) | Shape::List(inner) = entry.shape {
                    walk(&path, inner);
                }
            }
        }
        walk("", Written::entries());
    }
}
