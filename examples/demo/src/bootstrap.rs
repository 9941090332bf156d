//! From the files an operator would write to the bootstrap that this run uses: ports, paths, the policy and the issuer's keys change.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context, bail};
use serde_json::{Value, json};

const ENVOY: &str = include_str!("../envoy.yaml");
const POLICY: &str = include_str!("../policy.yaml");

/// What differs from run to run.
pub(crate) struct Places<'a> {
    pub(crate) wasm: &'a Path,
    pub(crate) crm: SocketAddr,
    pub(crate) decision_service: SocketAddr,
    pub(crate) jwks: Value,
    /// What the gate shows the decision service.
    pub(crate) gate_key: &'a str,
    /// Where the access log of a listener goes.
    pub(crate) access_log: &'a dyn Fn(&str) -> std::path::PathBuf,
}

/// The name of the policy, for people.
pub(crate) fn policy_version() -> anyhow::Result<String> {
    let policy: Value = yaml_serde::from_str(POLICY).context("policy.yaml")?;
    Ok(policy.get("policy_version").and_then(Value::as_str).unwrap_or_default().to_owned())
}

/// The bootstrap as JSON, which Envoy reads as well as YAML. Listeners and the admin interface ask for any free port.
pub(crate) fn bootstrap(places: &Places<'_>) -> anyhow::Result<Value> {
    let mut policy: Value = yaml_serde::from_str(POLICY).context("policy.yaml")?;
    *at(&mut policy, "/identity/issuers/0/jwks/inline")? = places.jwks.clone();
    *at(&mut policy, "/decision/headers/authorization")? = json!(format!("Bearer {}", places.gate_key));
    *at(&mut policy, "/decision/approval/origins/0")? = json!(format!("http://{}", places.decision_service));

    // The merge of anchors is YAML's affair: what arrives here is a plain tree.
    let mut envoy: Value = yaml_serde::from_str(ENVOY).context("envoy.yaml")?;
    *at(&mut envoy, "/admin/address/socket_address/port_value")? = json!(0);
    for listener in list(&mut envoy, "/static_resources/listeners")? {
        let name = name(listener)?;
        *at(listener, "/address/socket_address/port_value")? = json!(0);
        let manager = at(listener, "/filter_chains/0/filters/0/typed_config")?;
        *at(manager, "/access_log/0/typed_config/path")? = json!((places.access_log)(&name));
        for filter in list(manager, "/http_filters")? {
            if let Some(config) = filter.pointer_mut("/typed_config/config") {
                *at(config, "/vm_config/code/local/filename")? = json!(places.wasm);
                *at(config, "/configuration/value")? = json!(policy.to_string());
            }
        }
    }
    for cluster in list(&mut envoy, "/static_resources/clusters")? {
        let address = match name(cluster)?.as_str() {
            "crm" => places.crm,
            "pdp" => places.decision_service,
            other => bail!("envoy.yaml has a cluster `{other}` that the demo doesn't know"),
        };
        let endpoint = at(cluster, "/load_assignment/endpoints/0/lb_endpoints/0/endpoint/address/socket_address")?;
        *endpoint = json!({"address": address.ip(), "port_value": address.port()});
    }
    Ok(envoy)
}

fn at<'v>(value: &'v mut Value, pointer: &str) -> anyhow::Result<&'v mut Value> {
    value.pointer_mut(pointer).with_context(|| format!("there is nothing at `{pointer}`"))
}

fn list<'v>(value: &'v mut Value, pointer: &str) -> anyhow::Result<&'v mut Vec<Value>> {
    at(value, pointer)?.as_array_mut().with_context(|| format!("`{pointer}` is no list"))
}

fn name(value: &Value) -> anyhow::Result<String> {
    Ok(value.get("name").and_then(Value::as_str).context("a listener or cluster without a name")?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made() -> Value {
        let places = Places {
            wasm: Path::new("/filter.wasm"),
            crm: ([127, 0, 0, 1], 1111).into(),
            decision_service: ([127, 0, 0, 1], 2222).into(),
            jwks: json!({"keys": [{"kid": "demo-1"}]}),
            gate_key: "k3y",
            access_log: &|listener| format!("/{listener}.log").into(),
        };
        bootstrap(&places).unwrap()
    }

    #[test]
    fn the_policy_is_handed_over_as_json_with_the_issuers_key() {
        let filter =
            "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/http_filters/0/typed_config/config";
        let made = made();
        let config = made.pointer(filter).unwrap();
        let policy: Value = serde_json::from_str(config["configuration"]["value"].as_str().unwrap()).unwrap();
        assert_eq!(policy["identity"]["issuers"][0]["jwks"]["inline"]["keys"][0]["kid"], "demo-1");
        assert_eq!(policy["decision"]["approval"]["origins"][0], "http://127.0.0.1:2222");
        assert_eq!(policy["decision"]["headers"]["authorization"], "Bearer k3y");
        assert_eq!(config["vm_config"]["code"]["local"]["filename"], "/filter.wasm");
    }

    #[test]
    fn listeners_take_any_port_and_clusters_the_ones_that_were_found() {
        let resources = &made()["static_resources"];
        for (index, name) in ["gate", "bare"].iter().enumerate() {
            let listener = &resources["listeners"][index];
            assert_eq!(listener["address"]["socket_address"]["port_value"], 0);
            let manager = &listener["filter_chains"][0]["filters"][0]["typed_config"];
            assert_eq!(manager["access_log"][0]["typed_config"]["path"], format!("/{name}.log"));
        }
        for (index, port) in [1111, 2222].iter().enumerate() {
            let endpoint =
                &resources["clusters"][index]["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"];
            assert_eq!(endpoint["address"]["socket_address"]["port_value"], *port);
        }
    }

    #[test]
    fn only_the_listener_named_gate_has_the_filter() {
        let made = made();
        let manager =
            |listener| format!("/static_resources/listeners/{listener}/filter_chains/0/filters/0/typed_config");
        let filters = |listener| made.pointer(&manager(listener)).unwrap()["http_filters"].as_array().unwrap().len();
        assert_eq!((filters(0), filters(1)), (2, 1));
    }
}
