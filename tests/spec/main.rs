//! The specification, black box: each test starts the real binary and speaks HTTP to it. One file per group of attacks
//! that must fail, each attack named by its id and beside its positive control; `walk` is the honest way through.

#![expect(clippy::disallowed_methods, reason = "how long an answer takes, seen from outside, is real time")]

mod harness;
mod race;

#[path = "../support/authenticator.rs"]
mod authenticator;
#[path = "../support/telephone_exchange.rs"]
mod exchange;
#[path = "../support/http_server.rs"]
mod http_server;

mod ar;
mod asking;
mod behaviour;
mod cf;
mod clocks;
mod d1;
mod en;
mod everyday;
mod hs;
mod id;
mod memory;
mod operator;
mod or;
mod ot;
mod passkey;
mod programs;
mod re;
mod se;
mod sm;
mod st;
mod th;
mod traffic;
mod unruly;
mod upstreams;
mod voice;
mod wa;
mod walk;
mod ways;
mod wb;
mod wz;
