//! What stands around the filter: a proxy-wasm host that behaves like Envoy, the deployment that its flags come from, the
//! scenarios with their three lanes, what the command `toolgate` does, and the benchmark.

pub mod assertion;
pub mod bench;
pub mod cli;
pub mod deployment;
pub mod host;
pub mod scenario;
pub mod wiring;
