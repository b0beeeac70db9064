//! stub

pub mod visit;
