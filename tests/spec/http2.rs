//! The groups that judge messages once more, over HTTP/2: what is asked in either version is judged alike.

#[expect(clippy::duplicate_mod, reason = "the same specification, under another `PROTOCOL`")]
#[path = "ar.rs"]
mod ar;
#[expect(clippy::duplicate_mod, reason = "the same specification, under another `PROTOCOL`")]
#[path = "hs.rs"]
mod hs;

/// The version of HTTP that the groups here are judged in.
const PROTOCOL: crate::harness::Protocol = crate::harness::Protocol::Http2;
