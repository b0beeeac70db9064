//! The specification, black box: each test starts the real binary and speaks HTTP to it. One file per group of attacks
//! that must fail, each attack named by its id and beside its positive control; `walk` is the honest way through.

mod ar;
mod asking;
mod authenticator;
mod clocks;
mod en;
mod harness;
mod hs;
mod or;
mod ot;
mod race;
mod re;
mod se;
mod th;
mod wa;
mod walk;
mod wb;
mod wz;
