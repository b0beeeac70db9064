//! Configuration in two stages: what was written ([`Written`], every key with a default, unknown keys refused) and what
//! is built of it by the parts themselves. The doc comment of a field is its reference: `config/reference.toml` is
//! generated from it. This module reads files and the environment and touches nothing else.

mod load;
mod reference;
pub mod sections;
mod units;
mod written;

pub use load::{Loaded, Source, load, load_what_can_be_read};
pub use reference::{Described, Entry, Shape, reference, reference_with};
pub use sections::*;
pub use units::{Size, Span};
