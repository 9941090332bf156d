//! What the documentation says to paste is what the filter and Envoy take.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use toolgate::config;
use toolgate_host_tests::deployment::{Deployment, shipped_file};
use toolgate_host_tests::scenario::Configuration;

/// The blocks of a document that are fenced so, each with the number of its first line.
fn blocks(document: &str, fence: &str) -> Vec<(usize, String)> {
    let text = std::fs::read_to_string(shipped_file(document)).unwrap();
    let mut blocks = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (number, line) in (1..).zip(text.lines()) {
        match &mut open {
            Some(_) if line == "```" => blocks.extend(open.take()),
            Some((_, block)) => *block += &format!("{line}\n"),
            None if line == format!("```{fence}") => open = Some((number + 1, String::new())),
            None => {}
        }
    }
    assert!(!blocks.is_empty(), "`{document}` has no block `{fence}`");
    blocks
}

fn refused(configuration: &Value) -> Option<String> {
    config::read(configuration.to_string().as_bytes()).err().map(|problems| problems.to_string())
}

/// A list is taken for rules, a map is laid over the configuration that we hand out.
#[test]
fn every_policy_in_the_documentation_is_one_that_the_filter_takes() {
    let shipped = Deployment::shipped().unwrap().plugin_configuration;
    for document in ["FIRST_HOUR.md", "COOKBOOK.md", "POLICY.md"] {
        for (line, block) in blocks(document, "yaml") {
            let written = Configuration::parse(&block).unwrap_or_else(|error| panic!("{document}:{line}: {error:#}"));
            let configuration = match written.json() {
                Value::Array(_) => {
                    let mut shipped = shipped.clone();
                    shipped["rules"] = written.json().clone();
                    shipped
                }
                whole if whole.get("policy_version").is_some() => whole.clone(),
                part => Configuration::parse(&shipped.to_string()).unwrap().patched(part).json().clone(),
            };
            if let Some(complaints) = refused(&configuration) {
                panic!("{document}:{line}: {complaints}\n{block}");
            }
        }
    }
}

/// An Envoy as somebody has it, with what the first hour says to add.
#[test]
fn what_the_first_hour_adds_to_an_envoy_loads_in_a_real_one() {
    let mut manager = json!({
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "ingress",
        "http_filters": [],
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": []}]},
    });
    let policy = blocks("FIRST_HOUR.md", "yaml").remove(0).1;
    for (line, block) in blocks("FIRST_HOUR.md", "yaml envoy") {
        let parsed = Configuration::parse(&block).unwrap_or_else(|error| panic!("FIRST_HOUR.md:{line}: {error:#}"));
        for (name, part) in parsed.json().as_object().expect("a map").clone() {
            match name.as_str() {
                "http_filters" => manager["http_filters"] = part,
                "routes" => {
                    let routes = manager["route_config"]["virtual_hosts"][0]["routes"].as_array_mut().unwrap();
                    routes.extend(part.as_array().expect("a list of routes").clone());
                }
                "connection_manager" => {
                    manager.as_object_mut().unwrap().extend(part.as_object().expect("a map").clone())
                }
                other => panic!("FIRST_HOUR.md:{line}: `{other}`, which this test knows no place for"),
            }
        }
    }
    let plugin = &mut manager["http_filters"][0]["typed_config"]["config"];
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let at = |variable: &str, usual: &str| std::env::var_os(variable).map_or(workspace.join(usual), PathBuf::from);
    plugin["vm_config"]["code"] = json!({"local": {"filename": at("TOOLGATE_WASM", "target/toolgate.wasm")}});
    plugin["configuration"]["value"] = json!(Configuration::parse(&policy).unwrap().json().to_string());
    let router = json!({"name": "router", "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}});
    manager["http_filters"].as_array_mut().unwrap().push(router);
    let address = |port: u16| json!({"socket_address": {"address": "127.0.0.1", "port_value": port}});
    let bootstrap = json!({"static_resources": {
        "listeners": [{"name": "all", "address": address(10_000),
            "filter_chains": [{"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}]}],
        "clusters": [{"name": "crm", "type": "STATIC", "load_assignment": {"cluster_name": "crm",
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address(9_001)}}]}]}}],
    }});
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("first-hour.json");
    std::fs::write(&file, bootstrap.to_string()).unwrap();
    let envoy = at("TOOLGATE_ENVOY", "target/tools/envoy-1.40.0/bin/envoy");
    let output = Command::new(envoy).args(["--mode", "validate", "-c"]).arg(&file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
