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

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use toolgate::config;
use toolgate_host_tests::deployment::{Deployment, shipped_file};
use toolgate_host_tests::scenario::native::NativeLane;
use toolgate_host_tests::scenario::{Configuration, Scenario, run};
use toolgate_host_tests::wiring;

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
    for document in ["FIRST_HOUR.md", "COOKBOOK.md", "POLICY.md", "ASSERTION.md"] {
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
    let policies = blocks("FIRST_HOUR.md", "yaml");
    let policy = Configuration::parse(&policies[0].1).unwrap();
    let mut clusters = vec![];
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
                "clusters" => clusters.extend(part.as_array().expect("a list of clusters").clone()),
                other => panic!("FIRST_HOUR.md:{line}: `{other}`, which this test knows no place for"),
            }
        }
    }
    let plugin = &mut manager["http_filters"][0]["typed_config"]["config"];
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let at = |variable: &str, usual: &str| std::env::var_os(variable).map_or(workspace.join(usual), PathBuf::from);
    plugin["vm_config"]["code"] = json!({"local": {"filename": at("TOOLGATE_WASM", "target/toolgate.wasm")}});
    plugin["configuration"]["value"] = json!(policy.json().to_string());
    for cluster in &mut clusters {
        let authority = cluster
            .pointer_mut("/transport_socket/typed_config/common_tls_context/validation_context/trusted_ca/filename");
        *authority.expect("no authority") = json!(workspace.join("host-tests/src/scenario/keys/tls.crt"));
    }
    let router = json!({"name": "router", "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}});
    manager["http_filters"].as_array_mut().unwrap().push(router);
    let address = |port: u16| json!({"socket_address": {"address": "127.0.0.1", "port_value": port}});
    clusters.push(json!({"name": "crm", "type": "STATIC", "load_assignment": {"cluster_name": "crm",
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address(9_001)}}]}]}}));
    let bootstrap = json!({"static_resources": {
        "listeners": [{"name": "all", "address": address(10_000),
            "filter_chains": [{"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}]}],
        "clusters": clusters,
    }});
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("first-hour.json");
    std::fs::write(&file, bootstrap.to_string()).unwrap();
    let envoy = at("TOOLGATE_ENVOY", "target/tools/envoy-1.40.0/bin/envoy");
    let output = Command::new(envoy).args(["--mode", "validate", "-c"]).arg(&file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // And what `check --envoy` says of them, with each way to have keys.
    let ways: Vec<_> = policies
        .iter()
        .map(|(_, block)| Configuration::parse(block).unwrap().json().clone())
        .filter(|it| it.get("identity").is_some())
        .collect();
    assert_eq!(ways.len(), 3, "keys written out, fetched, and discovered");
    for way in ways {
        let policy = policy.clone().patched(&json!({"identity": way["identity"]}));
        let mut bootstrap = bootstrap.clone();
        let held = "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/http_filters/0/typed_config/config/configuration/value";
        *bootstrap.pointer_mut(held).unwrap() = json!(policy.json().to_string());
        let config = config::read(policy.json().to_string().as_bytes()).unwrap_or_else(|problems| panic!("{problems}"));
        assert_eq!(wiring::findings(&bootstrap, &config, policy.json()).unwrap(), []);
    }
}

/// By its README one judges a project: its policy is one, and what it shows of Envoy's configuration stands in what we hand out.
#[test]
fn the_readme_shows_a_policy_and_a_part_of_the_envoy_that_we_hand_out() {
    let shipped = Deployment::shipped().unwrap();
    let [(_, policy), (_, envoy)] = <[_; 2]>::try_from(blocks("../README.md", "yaml")).unwrap();
    let keys = &shipped.plugin_configuration["identity"]["issuers"][0]["jwks"]["inline"]["keys"];
    let policy = Configuration::parse(&policy.replace("[ … ]", &keys.to_string())).unwrap();
    assert_eq!(refused(policy.json()), None);
    let shown: String = envoy.lines().filter(|line| line.trim() != "…").map(|line| format!("{line}\n")).collect();
    let shown = Configuration::parse(&shown).unwrap();
    let manager =
        &shipped.bootstrap["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"];
    assert_eq!(missing(&shown.json()["http_filters"][0], &manager["http_filters"][0]), None);
    let routes = manager["route_config"]["virtual_hosts"][0]["routes"].as_array().unwrap();
    let route = routes.iter().find(|route| route["name"] == "mcp").unwrap();
    assert_eq!(missing(&shown.json()["routes"][0], route), None);
}

/// What of a part isn't in the whole.
fn missing(part: &Value, whole: &Value) -> Option<String> {
    match part {
        Value::Object(members) => members
            .iter()
            .find_map(|(name, part)| missing(part, whole.get(name)?).map(|it| format!("{name}: {it}")))
            .or_else(|| {
                members
                    .keys()
                    .find(|name| whole.get(name.as_str()).is_none())
                    .map(|name| format!("`{name}` isn't there"))
            }),
        part => (part != whole).then(|| format!("{part} is {whole} there")),
    }
}

/// What `toolgate` is followed by in Envoy's log: no commands.
const LOGGED: [&str; 3] = ["audit", "can", "configuration"];

/// A target of make, or a command of `toolgate`, that a document names.
#[test]
fn what_the_documentation_says_to_run_is_there() {
    let makefile = std::fs::read_to_string(shipped_file("../Makefile")).unwrap();
    let targets: Vec<_> = makefile.lines().filter_map(|line| line.split_once(':').map(|(target, _)| target)).collect();
    let mut seen = BTreeSet::new();
    for document in [
        "../README.md",
        "README.md",
        "FIRST_HOUR.md",
        "RUNBOOK.md",
        "COOKBOOK.md",
        "POLICY.md",
        "CONCEPTS.md",
        "ASSERTION.md",
        "THREATS.md",
        "../examples/playground/README.md",
    ] {
        let text = std::fs::read_to_string(shipped_file(document)).unwrap();
        for (program, sign) in [("make", "make "), ("toolgate", "toolgate ")] {
            // Behind a backtick, a pipe, a folder, or at the beginning of a line of a block.
            for start in ["`", "| ", "/", "\n"] {
                let before = format!("{start}{sign}");
                let behind = text.split(&before).skip(1);
                let named =
                    behind.filter_map(|rest| rest.split(|it: char| !it.is_ascii_lowercase() && it != '-').next());
                seen.extend(named.filter(|name| !name.is_empty()).map(|name| (program, name.to_owned(), document)));
            }
        }
    }
    let known = |program: &str, name: &str| match program {
        "make" => targets.iter().any(|line| line.split(' ').any(|target| target == name)),
        _ => Command::new(env!("CARGO_BIN_EXE_toolgate")).args([name, "--help"]).output().unwrap().status.success(),
    };
    let unknown: Vec<_> =
        seen.iter().filter(|(program, name, _)| !LOGGED.contains(&name.as_str()) && !known(program, name)).collect();
    assert_eq!(unknown, Vec::<&(&str, String, &str)>::new());
    assert!(seen.len() > 20, "{seen:?}");
}

/// Who upgrades looks in one place for what must be changed, and finds it said where that is nothing.
#[test]
fn every_version_says_what_to_change_when_one_upgrades() {
    let changelog = std::fs::read_to_string(shipped_file("../CHANGELOG.md")).unwrap();
    let versions: Vec<_> = changelog.split("\n## [").skip(1).collect();
    assert!(!versions.is_empty(), "no version");
    for version in versions {
        let told =
            version.split("\n### To change when you upgrade\n").nth(1).and_then(|told| told.split("\n### ").next());
        assert!(told.is_some_and(|told| !told.trim().is_empty()), "{}", version.lines().next().unwrap());
    }
}

/// Whose agent is it? The runbook's line makes of a name what stands in a record of a refused token.
#[test]
fn the_runbooks_digest_is_that_of_a_record() {
    let runbook = std::fs::read_to_string(shipped_file("RUNBOOK.md")).unwrap();
    let line = runbook.split('`').find(|code| code.contains("sha256sum")).expect("no line with `sha256sum`");
    let output = Command::new("sh").args(["-c", line]).output().unwrap();
    let digest = String::from_utf8(output.stdout).unwrap();
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/token/expired.toml");
    let [scenario] = <[Scenario; 1]>::try_from(Scenario::load_all(&scenario).unwrap()).unwrap();
    let records = run(&scenario, &NativeLane).unwrap().records;
    assert_eq!(records[0]["unverified"]["agent_digest"], json!(format!("sha256:{}", digest.trim())), "{line}");
}
