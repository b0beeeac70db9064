//! The pages, one file each, named like their address. A page is a function from its view to markup; it decides
//! nothing but how things are said.

pub mod account;
pub mod blocked;
pub mod codes;
pub mod confirm;
pub mod enrol;
pub mod factor_needed;
pub mod invite;
pub mod login;
pub mod logout;
pub mod not_enrolled;
pub mod refusal;
pub mod remind;
pub mod reset;
pub mod setup;
pub mod verify;
pub mod waiting;
