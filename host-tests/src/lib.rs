//! What stands around the filter: a proxy-wasm host that behaves like Envoy, the scenarios with their three lanes, and
//! what the command `toolgate` does.

pub mod cli;
pub mod deployment;
pub mod host;
pub mod scenario;
