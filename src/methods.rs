//! The list of all methods there are, in display order, and how the configuration makes a [`Registry`] of them. A method
//! is one file and one line here; nothing else in the house names one.

mod recovery;
mod sms;
mod totp;
mod webauthn;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::Problems;
use crate::gateway::Gateways;
use crate::method::{Absent, Card, Field, Method, Registry};
use crate::types::{MethodId, Origin};

/// Every method, strongest first, the way back in last.
const METHODS: &[Entry] = &[
    Entry::of::<webauthn::WebAuthn>(),
    Entry::of::<totp::Totp>(),
    Entry::of::<sms::Sms>(),
    Entry::of::<recovery::Recovery>(),
];

/// What methods are built from, beside their own sections.
#[derive(Clone, Copy, Debug)]
pub struct BuildEnv<'a> {
    pub gateways: &'a Gateways,
    /// The origins our own pages are served on: the portal's alone, else those of all sites that have a `url`.
    pub origins: &'a [Origin],
}

/// A method that can be built of its section `[methods.<id>]`. Each key of the section has a default.
trait Build: Method + Sized + 'static {
    const CARD: &'static Card;
    type Section: Default + Serialize + DeserializeOwned;

    /// Only called when the method is switched on. What is wrong with the section goes to `problems`; `Err` is a reason
    /// why the method cannot be offered here although nothing is wrong.
    fn build(section: Self::Section, env: &BuildEnv<'_>, problems: &mut Problems) -> Result<Self, String>;
}

/// One line of the list.
struct Entry {
    card: &'static Card,
    make: fn(&Map<String, Value>, bool, &BuildEnv<'_>, &mut Problems) -> Option<Result<Arc<dyn Method>, String>>,
    defaults: fn() -> Value,
}

impl Entry {
    const fn of<M: Build>() -> Self {
        Self { card: M::CARD, make: make::<M>, defaults: defaults::<M> }
    }
}

fn make<M: Build>(
    written: &Map<String, Value>,
    enabled: bool,
    env: &BuildEnv<'_>,
    problems: &mut Problems,
) -> Option<Result<Arc<dyn Method>, String>> {
    let section = read::<M::Section>(&M::CARD.id, written, problems);
    enabled.then(|| M::build(section, env, problems).map(|method| Arc::new(method) as Arc<dyn Method>))
}

fn defaults<M: Build>() -> Value {
    serde_json::to_value(M::Section::default()).unwrap_or_default()
}

/// Makes the methods that are switched on. Unknown ids, unknown keys and values that make no sense become `problems`,
/// all of them at once; what is returned then is not to be used.
pub fn build(written: &BTreeMap<String, Value>, env: &BuildEnv<'_>, problems: &mut Problems) -> Arc<Registry> {
    for id in written.keys().filter(|id| !ids().any(|known| known.as_str() == id.as_str())) {
        let known: Vec<&str> = ids().map(MethodId::as_str).collect();
        problems.add(
            format!("methods.{id}"),
            "there is no such method",
            format!("remove the section, or use one of: {}", known.join(", ")),
        );
    }

    let (mut methods, mut absent) = (Vec::new(), Vec::new());
    for entry in METHODS {
        let id = &entry.card.id;
        let mut section = match written.get(id.as_str()) {
            None => Map::new(),
            Some(Value::Object(section)) => section.clone(),
            Some(_) => {
                problems.add(format!("methods.{id}"), "not a table", format!("write [methods.{id}]"));
                continue;
            }
        };
        let enabled = match section.remove("enabled") {
            None => entry.card.on_by_default,
            Some(value) => boolean(&value).unwrap_or_else(|| {
                problems.add(format!("methods.{id}.enabled"), "neither true nor false", "write true or false");
                false
            }),
        };
        match (entry.make)(&section, enabled, env, problems) {
            Some(Ok(method)) => methods.push(method),
            Some(Err(why)) => absent.push(Absent { method: id.clone(), why }),
            None => {}
        }
    }
    match Registry::new(methods) {
        Ok(registry) => Arc::new(registry.with_absent(absent)),
        Err(error) => {
            problems.add(
                "methods",
                error.to_string(),
                "two entries of the list of methods share an id: mend the program",
            );
            Arc::default()
        }
    }
}

/// The ids of all methods there are, switched on or not, in display order.
pub fn ids() -> impl Iterator<Item = &'static MethodId> {
    METHODS.iter().map(|entry| &entry.card.id)
}

/// Each method's section with its defaults, for the generated reference.
pub fn reference() -> impl Iterator<Item = (&'static MethodId, bool, Value)> {
    METHODS.iter().map(|entry| (&entry.card.id, entry.card.on_by_default, (entry.defaults)()))
}

/// Reads a section key by key, so that every wrong key is told, not the first alone.
fn read<S: Default + DeserializeOwned>(id: &MethodId, written: &Map<String, Value>, problems: &mut Problems) -> S {
    let fits = |section: Map<String, Value>| serde_json::from_value::<S>(Value::Object(section));
    let mut good = Map::new();
    for (key, value) in written {
        let alone = |value: &Value| Map::from_iter([(key.clone(), value.clone())]);
        // The environment gives every value as text: the key's own type decides what it is.
        let meant = [Some(value.clone()), untyped(value)];
        match meant.into_iter().flatten().map(|value| fits(alone(&value)).map(|_| value)).reduce(Result::or) {
            Some(Ok(value)) => {
                good.insert(key.clone(), value);
            }
            Some(Err(error)) => {
                problems.add(format!("methods.{id}.{key}"), error.to_string(), "mend or remove this key");
            }
            None => {}
        }
    }
    fits(good).unwrap_or_default()
}

/// A text that is written like a number, a truth value or a list.
fn untyped(value: &Value) -> Option<Value> {
    serde_json::from_str(value.as_str()?).ok()
}

fn boolean(value: &Value) -> Option<bool> {
    value.as_bool().or_else(|| untyped(value)?.as_bool())
}

/// How methods write what is kept for them: it is sealed by the store.
fn encode(value: &impl Serialize) -> Vec<u8> {
    // What methods keep are structs of texts, numbers and bytes, which have a JSON form.
    serde_json::to_vec(value).expect("a plain struct has a JSON form")
}

/// The field that names a new factor, with a suggestion.
fn named(suggestion: String) -> Field {
    Field { value: suggestion, ..Field::LABEL }
}
