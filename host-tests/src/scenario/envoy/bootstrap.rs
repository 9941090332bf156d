//! Envoy's configuration for tests: that of `envoy/envoy.yaml`, with a listener for each scenario.
//!
//! Everything that decides how the filter is hosted (flags, failure policy, how it is enabled, the connection manager's
//! settings) is taken from the file that operators deploy, so a flag that is deleted there shows here.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::super::gateway::{GRPC_CLUSTER, holds_heads};
use super::super::run::Case;
use super::Tls;
use crate::deployment::Budgets;

/// Where things are on this machine.
#[derive(Clone, Debug)]
pub(super) struct Places<'p> {
    /// The filter.
    pub(super) wasm: &'p Path,
    /// The port of the upstream.
    pub(super) upstream: u16,
    /// The port of the upstream of gateways that can't hold heads.
    pub(super) patient: u16,
    /// The port of the decision service.
    pub(super) decision: u16,
    /// The port of the decision service that speaks gRPC.
    pub(super) grpc: u16,
    /// The port of the issuers.
    pub(super) issuer: u16,
    /// A port where nobody listens.
    pub(super) nobody: u16,
    /// What listeners end TLS with, if they do.
    pub(super) tls: Option<&'p Tls>,
    /// What is added for budgets of a fleet, if there are any.
    pub(super) budgets: Option<Budgets>,
}

/// The bootstrap for these cases, from the text of `envoy.yaml`.
///
/// # Errors
/// When the file has no listener with the filter in it.
pub(super) fn bootstrap(deployed: &Path, cases: &[Case<'_>], places: &Places<'_>) -> Result<String> {
    let text = fs::read_to_string(deployed).with_context(|| format!("can't read `{}`", deployed.display()))?;
    let deployed: Value = serde_saphyr::from_str(&text).context("envoy.yaml is not YAML")?;
    let template = deployed
        .pointer("/static_resources/listeners")
        .and_then(Value::as_array)
        .and_then(|listeners| listeners.iter().find(|listener| wasm_filter(listener).is_some()))
        .context("envoy.yaml has no listener with a wasm filter")?;
    let listeners = cases.iter().map(|case| listener(template, case, places)).collect::<Result<Vec<_>>>()?;
    let mut clusters = vec![
        cluster("upstream", places.upstream),
        cluster("patient", places.patient),
        cluster("pdp", places.decision),
        http2(cluster(GRPC_CLUSTER, places.grpc)),
        cluster("idp", places.issuer),
        cluster("refused", places.nobody),
    ];
    clusters.extend(places.budgets.iter().map(|budgets| budgets.cluster.clone()));
    let bootstrap = json!({
        "admin": {"address": socket(0)},
        "stats_config": deployed.get("stats_config").context("envoy.yaml has no stats_config")?,
        "layered_runtime": deployed.get("layered_runtime").context("envoy.yaml has no layered_runtime")?,
        "static_resources": {
            "listeners": listeners,
            "clusters": clusters,
        },
    });
    Ok(bootstrap.to_string())
}

fn wasm_filter(listener: &Value) -> Option<&Value> {
    let filters = listener.pointer(FILTERS)?.as_array()?;
    filters.iter().find(|filter| is_wasm(filter))
}

const MANAGER: &str = "/filter_chains/0/filters/0/typed_config";
const FILTERS: &str = "/filter_chains/0/filters/0/typed_config/http_filters";

fn is_wasm(filter: &Value) -> bool {
    let kind = filter.pointer("/typed_config/@type").and_then(Value::as_str);
    kind.is_some_and(|kind| kind.ends_with("wasm.v3.Wasm"))
}

fn listener(template: &Value, case: &Case<'_>, places: &Places<'_>) -> Result<Value> {
    let mut listener = template.clone();
    set(&mut listener, "", "name", json!(case.name));
    set(&mut listener, "", "address", socket(0));
    let enabled = enabling_route(template).context("no route of envoy.yaml enables the filter")?;
    let upstream = if holds_heads(&case.config) { "upstream" } else { "patient" };
    let policy = case.steps.first().and_then(|(message, _)| message.route_policy.as_deref());
    let route = json!({
        "match": {"prefix": "/"},
        "metadata": {"filter_metadata": policy.map_or_else(|| json!({}), |policy| json!({"toolgate": {"policy": policy}}))},
        "route": {"cluster": upstream, "timeout": "10s"},
        "typed_per_filter_config": enabled,
    });
    let host = json!({"name": "all", "domains": ["*"], "routes": [route]});
    set(&mut listener, MANAGER, "route_config", json!({"name": case.name, "virtual_hosts": [host]}));
    if let Some(tls) = places.tls {
        set(&mut listener, "/filter_chains/0", "transport_socket", transport_socket(tls));
    }
    let manager = listener.pointer_mut(MANAGER).and_then(Value::as_object_mut).context("no connection manager")?;
    if case.config.contains("\"forwarded_header\"") {
        // The client plays the proxy that sets `x-forwarded-client-cert`; by default Envoy removes what comes.
        manager.insert("forward_client_cert_details".into(), json!("ALWAYS_FORWARD_ONLY"));
    }
    // By default Envoy drops trailers of HTTP/1; here what a client writes into them must be seen.
    let options = manager.entry("http_protocol_options").or_insert_with(|| json!({}));
    set(options, "", "enable_trailers", json!(true));
    let filters = listener.pointer_mut(FILTERS).and_then(Value::as_array_mut).context("no http_filters")?;
    for filter in filters.iter_mut().filter(|filter| is_wasm(filter)) {
        plug(filter, case, places);
    }
    if let Some(budgets) = &places.budgets {
        budgets.join(listener.pointer_mut(MANAGER).context("no connection manager")?)?;
    }
    Ok(listener)
}

/// `typed_per_filter_config` of the first route that has one: that is how the filter is switched on.
fn enabling_route(listener: &Value) -> Option<&Value> {
    let hosts = listener.pointer(MANAGER)?.pointer("/route_config/virtual_hosts")?.as_array()?;
    let routes = hosts.iter().filter_map(|host| host.get("routes")?.as_array()).flatten();
    routes.filter_map(|route| route.get("typed_per_filter_config")).next()
}

/// The scenario's configuration, and our build of the filter. A root id of its own keeps one scenario's state from
/// another's, with one VM for all.
fn plug(filter: &mut Value, case: &Case<'_>, places: &Places<'_>) {
    const PLUGIN: &str = "/typed_config/config";
    let configuration = json!({
        "@type": "type.googleapis.com/google.protobuf.StringValue",
        "value": configuration(case),
    });
    set(filter, PLUGIN, "configuration", configuration);
    set(filter, PLUGIN, "root_id", json!(case.name));
    if !holds_heads(&case.config) {
        set(filter, PLUGIN, "allow_on_headers_stop_iteration", json!(false));
    }
    set(filter, "/typed_config/config/vm_config", "code", json!({"local": {"filename": places.wasm}}));
}

/// A scenario in which nobody listens gets a cluster where nobody listens.
fn configuration(case: &Case<'_>) -> String {
    let mut config: Value = serde_json::from_str(&case.config).unwrap_or_default();
    if case.refused {
        set(&mut config, "/decision", "cluster", json!("refused"));
    }
    config.to_string()
}

fn set(value: &mut Value, pointer: &str, name: &str, to: Value) {
    if let Some(fields) = value.pointer_mut(pointer).and_then(Value::as_object_mut) {
        fields.insert(name.into(), to);
    }
}

/// Mutual TLS where clients may show any certificate: that it is the right one is for the filter to say.
fn transport_socket(tls: &Tls) -> Value {
    let file = |path: &Path| json!({"filename": path});
    json!({"name": "envoy.transport_sockets.tls", "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
        "common_tls_context": {
            "tls_certificates": [{"certificate_chain": file(&tls.certificate), "private_key": file(&tls.key)}],
            "validation_context": {"trust_chain_verification": "ACCEPT_UNTRUSTED"},
        },
    }})
}

fn socket(port: u16) -> Value {
    json!({"socket_address": {"address": "127.0.0.1", "port_value": port}})
}

/// The cluster, whose servers speak HTTP/2 and nothing else.
fn http2(mut cluster: Value) -> Value {
    const OPTIONS: &str = "/typed_extension_protocol_options/envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
    set(&mut cluster, OPTIONS, "explicit_http_config", json!({"http2_protocol_options": {}}));
    cluster
}

fn cluster(name: &str, port: u16) -> Value {
    let options = json!({
        "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
        "explicit_http_config": {"http_protocol_options": {"enable_trailers": true}},
    });
    json!({
        "name": name,
        "type": "STATIC",
        "connect_timeout": "2s",
        "typed_extension_protocol_options": {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": options},
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": socket(port)}}]}],
        },
    })
}
