//! The methods in force, in the order they are offered. A duplicate id stops the start; an unknown id fails closed.

use std::sync::Arc;

use super::Method;
use crate::account::Factor;
use crate::types::MethodId;

/// A method that is switched on and cannot be offered here; a start says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absent {
    pub method: MethodId,
    /// For the operator: lower-case, without a full stop.
    pub why: String,
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum RegistryError {
    #[error("two methods are called {0}")]
    Duplicate(MethodId),
}

/// Enabled methods by id.
#[derive(Clone, Default)]
pub struct Registry {
    methods: Vec<Arc<dyn Method>>,
    absent: Vec<Absent>,
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.methods.iter().map(|method| &method.card().id)).finish()
    }
}

impl Registry {
    /// In display order.
    pub fn new(methods: Vec<Arc<dyn Method>>) -> Result<Self, RegistryError> {
        for (n, method) in methods.iter().enumerate() {
            if methods[..n].iter().any(|other| other.card().id == method.card().id) {
                return Err(RegistryError::Duplicate(method.card().id.clone()));
            }
        }
        Ok(Self { methods, absent: Vec::new() })
    }

    /// Notes what is switched on and cannot be offered.
    pub fn with_absent(mut self, absent: Vec<Absent>) -> Self {
        self.absent = absent;
        self
    }

    pub fn absent(&self) -> &[Absent] {
        &self.absent
    }

    /// How many of these factors the configuration in force has made useless (WebAuthn under another address): a start
    /// that strands somebody's key is refused unless it is meant.
    pub fn stranded<'a>(&self, factors: impl IntoIterator<Item = &'a Factor>) -> usize {
        let stranded = |factor: &&Factor| self.get(&factor.method).is_some_and(|method| method.stranded(&factor.state));
        factors.into_iter().filter(stranded).count()
    }

    pub fn get(&self, id: &MethodId) -> Option<&Arc<dyn Method>> {
        self.methods.iter().find(|method| method.card().id == *id)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn Method>> {
        self.methods.iter()
    }
}
