//! The embedded engine.

/// stub
#[derive(Debug)]
pub struct SledStore;
/// stub
#[derive(Debug, thiserror::Error)]
#[error("stub")]
pub struct OpenError;
