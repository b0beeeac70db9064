//! One TOML text: its values, and on which line each key stands. It never says what a value means.

use std::ops::Range;

use figment::providers::{Format, Toml};
use figment::value::Dict;
use toml_edit::{Item, Table, Value};

/// A text that is TOML.
#[derive(Debug, Clone, Default)]
pub(super) struct Document {
    spans: Option<toml_edit::Document<String>>,
    values: Dict,
}

impl Document {
    /// # Errors
    /// The line (from 1) where it is known, and what is wrong.
    pub(super) fn parse(text: String) -> Result<Self, (Option<usize>, String)> {
        let spans = toml_edit::Document::parse(text.clone()).map_err(|error| {
            let line = error.span().map(|span| line_of(&text, span.start));
            (line, format!("is not TOML: {}", first_line(error.message())))
        })?;
        // The second reader is older and knows a little less of TOML; where only it stumbles there is no line.
        let values = Toml::from_str(&text)
            .map_err(|error| (None, format!("is not TOML: {}", first_line(&error.to_string()))))?;
        Ok(Self { spans: Some(spans), values })
    }

    pub(super) fn values(&self) -> Dict {
        self.values.clone()
    }

    /// Whether the key at `path` is written here.
    pub(super) fn holds(&self, path: &[String]) -> bool {
        self.follow(path).0 == path.len()
    }

    /// The line (from 1) of the key at `path`, or of the nearest section around it that is written.
    pub(super) fn line(&self, path: &[String]) -> Option<usize> {
        let (_, span) = self.follow(path);
        Some(line_of(self.spans.as_ref()?.raw(), span?.start))
    }

    /// How many steps of `path` are written here, and where the last of them stands.
    fn follow(&self, path: &[String]) -> (usize, Option<Range<usize>>) {
        let mut span = None;
        let Some(document) = &self.spans else { return (0, span) };
        let mut node = Node::Table(document.as_table());
        for (taken, step) in path.iter().enumerate() {
            let Some((next, place)) = node.step(step) else { return (taken, span) };
            node = next;
            span = place.or(span);
        }
        (path.len(), span)
    }
}

/// The three things that one step can lead to.
#[derive(Clone, Copy)]
enum Node<'d> {
    Item(&'d Item),
    Table(&'d Table),
    Value(&'d Value),
}

impl<'d> Node<'d> {
    fn step(self, step: &str) -> Option<(Node<'d>, Option<Range<usize>>)> {
        let keyed = match self {
            Node::Table(table) => table.get_key_value(step),
            Node::Item(item) => item.as_table_like().and_then(|table| table.get_key_value(step)),
            Node::Value(value) => value.as_inline_table().and_then(|table| table.get_key_value(step)),
        };
        if let Some((key, item)) = keyed {
            return Some((Node::Item(item), key.span().or_else(|| item.span())));
        }
        let index = step.parse().ok()?;
        if let Node::Item(Item::ArrayOfTables(tables)) = self {
            return tables.get(index).map(|table| (Node::Table(table), table.span()));
        }
        let array = match self {
            Node::Item(item) => item.as_array(),
            Node::Value(value) => value.as_array(),
            Node::Table(_) => None,
        };
        array?.get(index).map(|value| (Node::Value(value), value.span()))
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
