//! The list of all methods there are, in display order, and how the configuration makes a [`Registry`] of them. A method
//! is one file and one line here; nothing else in the house names one.

mod delivered;
mod email;
mod hotp;
mod otp;
mod recovery;
mod sms;
mod telephone;
mod totp;
mod voice;
mod webauthn;
mod yubikey;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::config::{Described, Entry, Shape};
use crate::error::Problems;
use crate::gateway::Gateways;
use crate::method::{Absent, Card, Method, Registry};
use crate::types::{MethodId, Origin};

/// Every method, strongest first, the way back in last.
const METHODS: &[Line] = &[
    Line::of::<webauthn::WebAuthn>(),
    Line::of::<totp::Totp>(),
    Line::of::<hotp::Hotp>(),
    Line::of::<yubikey::YubiKey>(),
    Line::of::<sms::Sms>(),
    Line::of::<voice::Voice>(),
    Line::of::<email::Email>(),
    Line::of::<recovery::Recovery>(),
];

/// What methods are built from, beside their own sections.
#[derive(Clone, Copy, Debug)]
pub struct BuildEnv<'a> {
    pub gateways: &'a Gateways,
    /// The origins our own pages are served on: the portal's alone, else those of all sites that have a `url`.
    pub origins: &'a [Origin],
}

/// A method that can be built of its section `[methods.<id>]`.
trait Build: Method + Sized + 'static {
    const CARD: &'static Card;
    type Section: Default + DeserializeOwned + Described;

    fn enabled(section: &Self::Section) -> bool;

    /// Only called when the method is switched on. What is wrong with the section goes to `problems`; `Err` is a reason
    /// why the method cannot be offered here although nothing is wrong.
    fn build(section: Self::Section, env: &BuildEnv<'_>, problems: &mut Problems) -> Result<Self, String>;
}

/// One line of the list.
struct Line {
    card: &'static Card,
    make: fn(&Map<String, Value>, &BuildEnv<'_>, &mut Problems) -> Made,
    shape: fn() -> Shape,
}

/// `None`: switched off. `Err`: cannot be offered, and why.
type Made = Option<Result<Arc<dyn Method>, String>>;

impl Line {
    const fn of<M: Build>() -> Self {
        Self { card: M::CARD, make: make::<M>, shape: M::Section::shape }
    }
}

fn make<M: Build>(written: &Map<String, Value>, env: &BuildEnv<'_>, problems: &mut Problems) -> Made {
    let section = read::<M::Section>(&M::CARD.id, written, problems);
    M::enabled(&section).then(|| M::build(section, env, problems).map(|method| Arc::new(method) as Arc<dyn Method>))
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
    for line in METHODS {
        let id = &line.card.id;
        let nothing = Map::new();
        let section = match written.get(id.as_str()) {
            None => &nothing,
            Some(Value::Object(section)) => section,
            Some(_) => {
                problems.add(format!("methods.{id}"), "not a table", format!("write [methods.{id}]"));
                continue;
            }
        };
        match (line.make)(section, env, problems) {
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
    METHODS.iter().map(|line| &line.card.id)
}

/// Those of them that a login can begin with.
#[cfg(test)]
pub fn alone() -> impl Iterator<Item = &'static MethodId> {
    METHODS.iter().filter(|line| line.card.usable_alone).map(|line| &line.card.id)
}

/// Each method's section, for the generated reference of the configuration.
pub fn sections() -> Vec<(&'static str, Vec<Entry>)> {
    let entries = |shape| if let Shape::Table(entries) = shape { entries } else { Vec::new() };
    METHODS.iter().map(|line| (line.card.id.as_str(), entries((line.shape)()))).collect()
}

/// Reads a section key by key, so that every wrong key is told, not the first alone.
fn read<S: Default + DeserializeOwned>(id: &MethodId, written: &Map<String, Value>, problems: &mut Problems) -> S {
    let parse = |section: Map<String, Value>| serde_json::from_value::<S>(Value::Object(section));
    let mut good = Map::new();
    for (key, value) in written {
        let fits = |value: &Value| parse(Map::from_iter([(key.clone(), value.clone())]));
        match fits(value) {
            Ok(_) => {
                good.insert(key.clone(), value.clone());
            }
            Err(error) => match meant(value).into_iter().find(|value| fits(value).is_ok()) {
                Some(value) => {
                    good.insert(key.clone(), value);
                }
                None => problems.add(format!("methods.{id}.{key}"), error.to_string(), "mend or remove this key"),
            },
        }
    }
    parse(good).unwrap_or_default()
}

/// The environment gives every value as text, and the key's own type decides what is meant: a number, a truth value, or
/// a list written `["one", "two"]` or `one,two`.
fn meant(value: &Value) -> Vec<Value> {
    let Some(text) = value.as_str() else { return Vec::new() };
    let list = text.split(',').map(|item| Value::from(item.trim())).collect();
    serde_json::from_str(text).into_iter().chain([list]).collect()
}

/// How methods write what is kept for them: it is sealed by the store.
fn encode(value: &impl Serialize) -> Vec<u8> {
    // What methods keep are structs of texts, numbers and bytes, which have a JSON form.
    serde_json::to_vec(value).expect("a plain struct has a JSON form")
}
