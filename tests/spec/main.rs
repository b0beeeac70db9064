//! The specification, black box: each test starts the real binary and speaks HTTP to it. One file per group of attacks
//! that must fail, each attack named by its id and beside its positive control; `walk` is the honest way through.

#![expect(clippy::disallowed_methods, reason = "how long an answer takes, seen from outside, is real time")]

#[macro_use]
#[path = "../support/rules.rs"]
mod rules;

mod harness;
mod race;

#[path = "../support/authenticator.rs"]
mod authenticator;
#[path = "../support/telephone_exchange.rs"]
mod exchange;
#[path = "../support/http_server.rs"]
mod http_server;
#[path = "../support/validation_server.rs"]
mod validation_server;

mod announced;
mod ar;
mod asking;
mod behaviour;
mod brand;
mod calm;
mod cf;
mod changes;
mod clocks;
mod conformance;
mod d1;
mod d2;
mod doctor;
mod en;
mod everyday;
mod fa;
mod fa_grpc;
mod factors;
mod fronts;
mod grpc;
mod hs;
mod http2;
mod id;
mod import;
mod languages;
mod life;
mod limits;
mod memory;
mod mishaps;
mod monitor;
mod operator;
mod or;
mod ot;
mod passkey;
mod portal;
mod programs;
mod re;
mod reset;
mod se;
mod sm;
mod st;
mod th;
mod tls;
mod traffic;
mod trusted;
mod unruly;
mod upstreams;
mod voice;
mod wa;
mod walk;
mod ways;
mod wb;
mod wz;

/// The version of HTTP that the groups here are judged in.
const PROTOCOL: harness::Protocol = harness::Protocol::Http1;
