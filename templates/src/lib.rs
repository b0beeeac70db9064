//! The pages, mails and messages of Vestibule: plain functions from a small view to markup.
//!
//! This crate knows words, forms and looks. It must never know the gate: no type of the main crate, no clock, no
//! network, no secret beyond the ones a view hands over to be shown once. Every value is escaped by maud; markup made
//! from text has no way in, and nothing a page loads comes from another origin. Pages work under
//! `default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'`:
//! they carry no inline style and no inline script.
//!
//! A page is `pages::<name>::page(&view, &frame, &texts)`. Beside each view stands a sample of it; [`gallery`] renders
//! them all, for tests and for eyes.
#![forbid(unsafe_code)]

pub mod assets;
pub mod brand;
pub mod call;
pub mod choice;
pub mod colour;
pub mod demo;
pub mod form;
pub mod gallery;
pub mod languages;
pub mod layout;
pub mod mail;
pub mod message;
pub mod moment;
pub mod pages;
pub mod picture;
pub mod prompt;
pub mod texts;

mod icon;
mod qr;

pub use brand::{Brand, Support};
pub use choice::{Badge, Choice};
pub use colour::{Accent, Colour};
pub use form::{Field, Form, Link};
pub use languages::{Languages, Switch};
pub use layout::{Account, Frame, Standing};
pub use moment::{Ends, Wait};
pub use picture::Picture;
pub use prompt::{Ceremony, CeremonyKind, Delivery, DeliveryState, Otpauth, Prompt};
pub use texts::{Texts, Value, one_line};
