//! What an operator says about a filter, and what of the world around it a host pretends.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::{SharedData, Status};

/// What Envoy does with streams once the VM has trapped
/// (`api/envoy/extensions/wasm/v3/wasm.proto`, `FailurePolicy`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FailurePolicy {
    /// Every stream gets a 503, for ever. Envoy's default.
    #[default]
    FailClosed,
    /// Streams go on without the filter.
    FailOpen,
    /// Like `FailClosed`, but a new stream may find a new VM, if the last one was made long enough ago.
    FailReload,
}

/// A foreign function: argument bytes in, result bytes or a status out.
pub type ForeignFunction = Arc<dyn Fn(&[u8]) -> Result<Vec<u8>, Status> + Send + Sync>;

/// Everything a host is told before it starts a module. `HostOptions::default()` is Envoy's own
/// default: headers can't be held while the body comes, a trap closes the gate, buffers hold 1 MiB.
#[derive(Clone)]
pub struct HostOptions {
    /// `PluginConfig.name`, the property `plugin_name`.
    pub plugin_name: String,
    /// `PluginConfig.root_id`, the property `plugin_root_id`.
    pub root_id: String,
    /// `VmConfig.vm_id`: who shares shared data. The property `plugin_vm_id`.
    pub vm_id: String,
    /// `VmConfig.configuration`.
    pub vm_config: Vec<u8>,
    /// `PluginConfig.configuration`: what the filter parses.
    pub plugin_config: Vec<u8>,
    /// Whether a pause from a headers callback still lets body callbacks come
    /// (`PluginConfig.allow_on_headers_stop_iteration`, Envoy 1.35 and later).
    pub allow_on_headers_stop_iteration: bool,
    /// What follows a trap.
    pub failure_policy: FailurePolicy,
    /// `reload_config.backoff.base_interval`: how old a VM must at least be to be replaced.
    pub reload_backoff: Duration,
    /// Bytes a stream may buffer in one direction (`per_connection_buffer_limit_bytes`).
    pub buffer_limit: usize,
    /// The property `xds.route_name`.
    pub route_name: String,
    /// The property `xds.route_metadata.filter_metadata`: by namespace, any JSON.
    pub route_metadata: serde_json::Map<String, serde_json::Value>,
    /// The property `metadata.filter_metadata`: what filters before this one left, by namespace.
    pub dynamic_metadata: serde_json::Map<String, serde_json::Value>,
    /// Any other property: its path with dots between the segments, and the bytes it has.
    pub properties: BTreeMap<String, Vec<u8>>,
    /// The clusters that a call may name.
    pub clusters: BTreeSet<String>,
    /// Environment of the guest (`VmConfig.environment_variables`).
    pub environment: BTreeMap<String, String>,
    /// What `proxy_get_log_level` says: 0 trace … 5 critical. Everything is collected regardless.
    pub log_level: u32,
    /// Whether the host has `verify_signature` (Envoy 1.30 and later).
    pub verify_signature: bool,
    /// Further foreign functions by name.
    pub foreign_functions: BTreeMap<String, ForeignFunction>,
    /// The shared data of the process; VMs with one `vm_id` and one of these share.
    pub shared: SharedData,
    /// Seeds the randomness of the guest.
    pub seed: u64,
    /// Nanoseconds since 1970 when the VM starts.
    pub now: u64,
    /// Wasm instructions that one callback may use before it is called an endless loop. Envoy has
    /// no such limit: there the worker hangs.
    pub fuel: u64,
}

impl Default for HostOptions {
    fn default() -> Self {
        Self {
            plugin_name: String::new(),
            root_id: String::new(),
            vm_id: String::new(),
            vm_config: Vec::new(),
            plugin_config: Vec::new(),
            allow_on_headers_stop_iteration: false,
            failure_policy: FailurePolicy::default(),
            // `PluginConfig::PluginConfig`: PROTOBUF_GET_MS_OR_DEFAULT(…, base_interval, 1000).
            reload_backoff: Duration::from_secs(1),
            // `per_connection_buffer_limit_bytes` of a listener is 1 MiB when unset.
            buffer_limit: 1024 * 1024,
            route_name: String::new(),
            route_metadata: serde_json::Map::new(),
            dynamic_metadata: serde_json::Map::new(),
            properties: BTreeMap::new(),
            clusters: BTreeSet::new(),
            environment: BTreeMap::new(),
            log_level: 2,
            verify_signature: true,
            foreign_functions: BTreeMap::new(),
            shared: SharedData::default(),
            seed: 0,
            // 2026-01-01T00:00:00Z: a plausible time of day for guests that check `exp`.
            now: 1_767_225_600_000_000_000,
            // A filter's longest callback (parsing 1 MiB of JSON) needs some 10^8.
            fuel: 20_000_000_000,
        }
    }
}
