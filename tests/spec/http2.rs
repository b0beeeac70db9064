//! The groups that judge messages once more, over HTTP/2: what is asked in either version is judged alike.

#[path = "ar.rs"]
mod ar;
#[path = "hs.rs"]
mod hs;

/// The version of HTTP that the groups here are judged in.
const PROTOCOL: crate::harness::Protocol = crate::harness::Protocol::Http2;
