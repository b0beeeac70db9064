//! The methods in force, in the order they are offered. A duplicate id stops the start; an unknown id fails closed.

use std::sync::Arc;

use super::Method;
use crate::types::MethodId;

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum RegistryError {
    #[error("two methods are called {0}")]
    Duplicate(MethodId),
}

/// Enabled methods by id.
#[derive(Clone, Default)]
pub struct Registry {
    methods: Vec<Arc<dyn Method>>,
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
        Ok(Self { methods })
    }

    pub fn get(&self, id: &MethodId) -> Option<&Arc<dyn Method>> {
        self.methods.iter().find(|method| method.card().id == *id)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn Method>> {
        self.methods.iter()
    }
}
