//! The operator's configuration: as written ([`raw`]), and what is wrong with it ([`problem`]).

pub mod problem;
pub mod raw;
