//! The specification, black box: each test starts the real binary and speaks HTTP to it. One file per group of attacks
//! that must fail, each attack named by its id and beside its positive control; `walk` is the honest way through.

mod harness;

mod ar;
mod asking;
mod clocks;
mod everyday;
mod hs;
mod or;
mod se;
mod walk;
mod wb;
mod wz;
