//! Vestibule: the room between the street and the house.
//!
//! The modules are floors of that house (see `ARCHITECTURE.md`): a file imports from lower floors and from its own
//! folder, never up and never sideways. `tests/floors.rs` keeps it so. Read `proxy`, `gate`, `session`, `method` and
//! `store`, in this order, for the whole idea.

#[cfg(all(feature = "steer", not(debug_assertions)))]
compile_error!("the feature `steer` lets a test move the clock: it must never be in a build without debug assertions");

// Floor 9
pub mod cli;
// Floor 8
pub mod app;
// Floor 7
pub mod proxy;
// Floor 6
pub mod wizard;
// Floor 5
pub mod gate;
// Floor 4
pub mod assertion;
pub mod session;
// Floor 3
pub mod directory;
pub mod method;
pub mod methods;
// Floor 2
pub mod account;
pub mod audit;
pub mod post;
pub mod throttle;
pub mod ticket;
// Floor 1
pub mod gateway;
pub mod store;
pub mod telemetry;
// Floor 0
pub mod clock;
pub mod config;
pub mod error;
pub mod secret;
pub mod types;
