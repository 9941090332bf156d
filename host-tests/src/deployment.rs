//! How the filter is deployed, read from `envoy/envoy.yaml`: the same file that operators start from.
//!
//! Tests run the filter under the flags found here, and a flag that is absent means what Envoy takes it to mean, not what
//! we would like. So a flag that is deleted from the file, or spelled wrong, breaks a test and not a gateway.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use serde_json::Value;

use crate::host::{FailurePolicy, HostOptions};

/// One Envoy bootstrap with Toolgate in it.
#[derive(Clone)]
pub struct Deployment {
    /// The whole bootstrap, as JSON.
    pub bootstrap: Value,
    /// What the filter gets as its configuration.
    pub plugin_configuration: Value,
    /// What a host is told before it starts the filter; what the file doesn't say has Envoy's default.
    pub host_options: HostOptions,
}

impl Deployment {
    /// The deployment that this project hands out.
    ///
    /// # Errors
    /// As [`Deployment::read`].
    pub fn shipped() -> anyhow::Result<Self> {
        Self::read(&shipped_file("envoy.yaml"))
    }

    /// Reads an Envoy bootstrap.
    ///
    /// # Errors
    /// The file can't be read, is no YAML, or has no HTTP filter `toolgate` in its first listener.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let [bootstrap] = <[Value; 1]>::try_from(read_yaml(path)?)
            .map_err(|documents| anyhow::anyhow!("found {} documents, expected one", documents.len()))
            .with_context(|| format!("in `{}`", path.display()))?;
        Self::new(bootstrap).with_context(|| format!("in `{}`", path.display()))
    }

    /// Reads an Envoy bootstrap that is already JSON.
    ///
    /// # Errors
    /// It has no HTTP filter `toolgate` in its first listener.
    pub fn new(bootstrap: Value) -> anyhow::Result<Self> {
        let listener = at(&bootstrap, "/static_resources/listeners/0")?;
        let filters = at(listener, "/filter_chains/0/filters/0/typed_config/http_filters")?;
        let filter = filters.as_array().into_iter().flatten().find(|filter| filter["name"] == "toolgate");
        let plugin = at(filter.context("found no HTTP filter `toolgate`")?, "/typed_config/config")?;
        let plugin_configuration = plugin_configuration(plugin)?;
        let mut host_options = HostOptions {
            plugin_name: text(plugin, "/name"),
            root_id: text(plugin, "/root_id"),
            vm_id: text(plugin, "/vm_config/vm_id"),
            plugin_config: serde_json::to_vec(&plugin_configuration)?,
            allow_on_headers_stop_iteration: plugin["allow_on_headers_stop_iteration"] == true,
            failure_policy: failure_policy(plugin)?,
            clusters: clusters(&bootstrap),
            ..HostOptions::default()
        };
        if let Some(limit) = listener["per_connection_buffer_limit_bytes"].as_u64() {
            host_options.buffer_limit = usize::try_from(limit)?;
        }
        Ok(Self { plugin_configuration, host_options, bootstrap })
    }
}

/// What `envoy/budgets.yaml` adds to a bootstrap.
#[derive(Clone, Debug)]
pub struct Budgets {
    http_filter: Value,
    per_route: Value,
    /// The rate limit service.
    pub cluster: Value,
}

impl Budgets {
    /// The budgets that this project hands out.
    ///
    /// # Errors
    /// The file can't be read, or lacks one of its three parts.
    pub fn shipped() -> anyhow::Result<Self> {
        let [parts] = <[Value; 1]>::try_from(read_yaml(&shipped_file("budgets.yaml"))?)
            .map_err(|documents| anyhow::anyhow!("found {} documents, expected one", documents.len()))?;
        let part = |pointer: &str| at(&parts, pointer).cloned();
        Ok(Self {
            http_filter: part("/http_filter")?,
            per_route: part("/typed_per_filter_config")?,
            cluster: part("/cluster")?,
        })
    }

    /// The same, where the service listens at that port of this machine.
    #[must_use]
    pub fn at_port(mut self, port: u16) -> Self {
        const PORT: &str = "/load_assignment/endpoints/0/lb_endpoints/0/endpoint/address/socket_address/port_value";
        if let Some(there) = self.cluster.pointer_mut(PORT) {
            *there = port.into();
        }
        self
    }

    /// Adds them to an HTTP connection manager: behind `toolgate`, and on each route beside it.
    ///
    /// # Errors
    /// It has no filter `toolgate`, or that is on nowhere.
    pub fn join(&self, manager: &mut Value) -> anyhow::Result<()> {
        let filters = manager.pointer_mut("/http_filters").and_then(Value::as_array_mut).context("no filters")?;
        let gate = filters.iter().position(|filter| filter["name"] == "toolgate");
        filters.insert(gate.context("no filter `toolgate`")?.saturating_add(1), self.http_filter.clone());
        let hosts = manager.pointer_mut("/route_config/virtual_hosts").and_then(Value::as_array_mut);
        let routes = hosts.into_iter().flatten().filter_map(|host| host.get_mut("routes")?.as_array_mut()).flatten();
        let leading = routes.filter(|route| route.get("route").is_some());
        let mut judged: Vec<_> =
            leading.filter_map(|route| route.pointer_mut("/typed_per_filter_config")?.as_object_mut()).collect();
        ensure!(!judged.is_empty(), "no judged route");
        for filters in &mut judged {
            filters.extend(self.per_route.as_object().cloned().unwrap_or_default());
        }
        Ok(())
    }
}

fn failure_policy(plugin: &Value) -> anyhow::Result<FailurePolicy> {
    Ok(match plugin["failure_policy"].as_str() {
        None | Some("UNSPECIFIED" | "FAIL_CLOSED") => FailurePolicy::FailClosed,
        Some("FAIL_RELOAD") => FailurePolicy::FailReload,
        Some("FAIL_OPEN") => FailurePolicy::FailOpen,
        Some(other) => bail!("found failure_policy `{other}`, expected `FAIL_RELOAD`, `FAIL_CLOSED` or `FAIL_OPEN`"),
    })
}

/// The filter's configuration in a `PluginConfig`, of Envoy or within Istio's: JSON in a string.
///
/// # Errors
/// There is none, it is no JSON, or it is of another type. Envoy's documentation says that it turns a `Struct` into JSON;
/// Envoy 1.40 hands it over as protobuf, which the filter refuses.
pub fn plugin_configuration(plugin: &Value) -> anyhow::Result<Value> {
    let configuration = at(plugin, "/configuration")?;
    match configuration["@type"].as_str() {
        Some("type.googleapis.com/google.protobuf.StringValue") => {
            serde_json::from_str(&text(configuration, "/value")).context("the configuration is not JSON")
        }
        other => bail!("found a configuration of type {other:?}, expected a `StringValue`"),
    }
}

/// Every document of a YAML file.
///
/// # Errors
/// The file can't be read, or is no YAML.
pub fn read_yaml(path: &Path) -> anyhow::Result<Vec<Value>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("can't read `{}`", path.display()))?;
    serde_saphyr::from_multiple(&text).with_context(|| format!("`{}` is not YAML", path.display()))
}

/// The path of a file under `envoy/`.
#[must_use]
pub fn shipped_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../envoy").join(name)
}

/// What stands at a JSON pointer.
///
/// # Errors
/// Nothing stands there.
pub fn at<'v>(value: &'v Value, pointer: &str) -> anyhow::Result<&'v Value> {
    value.pointer(pointer).with_context(|| format!("found nothing at `{pointer}`"))
}

fn clusters(bootstrap: &Value) -> BTreeSet<String> {
    let clusters = bootstrap.pointer("/static_resources/clusters").and_then(Value::as_array);
    clusters.into_iter().flatten().map(|cluster| text(cluster, "/name")).collect()
}

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}
