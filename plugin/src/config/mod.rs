//! The operator's configuration: as written ([`raw`]), as used ([`compile`]), and what is wrong with it ([`problem`]).

pub mod compile;
pub mod problem;
pub mod raw;
