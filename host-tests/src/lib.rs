//! What stands around the filter: a proxy-wasm host that behaves like Envoy, and the deployment that its flags come from.

pub mod bench;
pub mod deployment;
pub mod host;
