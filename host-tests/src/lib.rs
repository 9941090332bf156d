//! What stands around the filter: a proxy-wasm host that behaves like Envoy.

pub mod host;
