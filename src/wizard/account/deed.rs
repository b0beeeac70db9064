//! A change of the account as its address names it. What is not written here cannot be asked for; whether this user may
//! ask for it is judged where it is confirmed.

use crate::types::{FactorId, Handle, MethodId};

/// A change of the account, as it stands in the address: `add-totp`, `remove-<factor>`, `password`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    Add(MethodId),
    Rename(FactorId),
    Remove(FactorId),
    Password,
    Forget(Browsers),
}

/// Browsers that are forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Browsers {
    One(Handle),
    /// All but the one that asks.
    Others,
    All,
}

impl Browsers {
    pub fn name(&self) -> &str {
        match self {
            Browsers::One(handle) => handle.as_str(),
            Browsers::Others => "others",
            Browsers::All => "browsers",
        }
    }
}

impl Deed {
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once('-') {
            Some(("add", id)) => MethodId::parse(id).map(Deed::Add),
            Some(("rename", id)) => FactorId::parse(id).map(Deed::Rename),
            Some(("remove", id)) => FactorId::parse(id).map(Deed::Remove),
            Some(("forget", "browsers")) => Some(Deed::Forget(Browsers::All)),
            Some(("forget", "others")) => Some(Deed::Forget(Browsers::Others)),
            Some(("forget", handle)) => Handle::parse(handle).map(|handle| Deed::Forget(Browsers::One(handle))),
            None if text == "password" => Some(Deed::Password),
            _ => None,
        }
    }

    pub fn name(&self) -> String {
        match self {
            Deed::Add(id) => format!("add-{id}"),
            Deed::Rename(id) => format!("rename-{id}"),
            Deed::Remove(id) => format!("remove-{id}"),
            Deed::Password => "password".to_owned(),
            Deed::Forget(which) => format!("forget-{}", which.name()),
        }
    }

    /// Where it is confirmed.
    pub fn address(&self) -> String {
        format!("/.vestibule/account/confirm/{}", self.name())
    }
}
