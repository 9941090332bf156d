//! What we hand out under `envoy/` loads in a real Envoy, says the same thing everywhere, and leaves no gap between what
//! Envoy routes and what the filter judges.

#![expect(clippy::panic_in_result_fn, clippy::indexing_slicing, reason = "tests may panic: that is how they fail")]

mod kubernetes;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use toolgate::audit::headers;
use toolgate_host_tests::deployment::{Budgets, Deployment, at, plugin_configuration, read_yaml, shipped_file};
use toolgate_host_tests::host::FailurePolicy;

const CONNECTION_MANAGER: &str = "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config";

#[test]
fn the_flags_without_which_the_filter_is_unsafe_are_set() -> anyhow::Result<()> {
    let options = Deployment::shipped()?.host_options;
    assert!(options.allow_on_headers_stop_iteration, "headers couldn't be held until the body is judged");
    assert_eq!(options.failure_policy, FailurePolicy::FailReload, "one trap would close the gate for ever, or open it");
    assert_ne!(options.vm_id, "", "shared data would be shared with strangers");
    Ok(())
}

#[test]
fn an_absent_flag_means_what_envoy_takes_it_to_mean() -> anyhow::Result<()> {
    let mut bootstrap = Deployment::shipped()?.bootstrap;
    let listener = &mut bootstrap["static_resources"]["listeners"][0];
    listener.as_object_mut().context("no listener")?.remove("per_connection_buffer_limit_bytes");
    let manager = &mut listener["filter_chains"][0]["filters"][0]["typed_config"];
    let plugin = &mut manager["http_filters"][0]["typed_config"]["config"];
    for flag in ["allow_on_headers_stop_iteration", "failure_policy", "vm_config"] {
        plugin.as_object_mut().context("no plugin")?.remove(flag).with_context(|| format!("`{flag}` is not set"))?;
    }
    let options = Deployment::new(bootstrap)?.host_options;
    assert!(!options.allow_on_headers_stop_iteration);
    assert_eq!(options.failure_policy, FailurePolicy::FailClosed);
    assert_eq!(options.vm_id, "");
    assert_eq!(options.buffer_limit, 1 << 20);
    Ok(())
}

#[test]
fn routes_to_tools_are_judged_and_no_other_route_leads_there() -> anyhow::Result<()> {
    let deployment = Deployment::shipped()?;
    assert_eq!(at(&deployment.bootstrap, CONNECTION_MANAGER)?.pointer("/http_filters/0/disabled"), Some(&json!(true)));
    for route in routes(&deployment)? {
        let judged = route.pointer("/typed_per_filter_config/toolgate").is_some();
        let answered = route["name"] == "protected-resource-metadata";
        assert_eq!(judged, answered || route.get("route").is_some(), "route {}", route["name"]);
    }
    let matches = |routes: &[Value]| routes.iter().map(|route| route["match"].clone()).collect::<Vec<_>>();
    let mut leading = judged_routes(&deployment)?;
    leading.retain(|route| route.get("route").is_some());
    assert_eq!(matches(&leading), matches(own_routes(&deployment)?));
    Ok(())
}

/// Else Envoy's bare 413 comes first, and no client learns the limit.
#[test]
fn envoy_holds_what_the_filter_is_willing_to_read() -> anyhow::Result<()> {
    let deployment = Deployment::shipped()?;
    let routes = judged_routes(&deployment)?;
    let leading: Vec<_> = routes.iter().filter(|route| route.get("route").is_some()).collect();
    assert_eq!(leading.len(), own_routes(&deployment)?.len());
    for (route, own) in leading.iter().zip(own_routes(&deployment)?) {
        assert_eq!(own["max_body"], "1MiB");
        assert_eq!(route["request_body_buffer_limit"], 1 << 20, "route {}", route["name"]);
    }
    assert_eq!(deployment.host_options.buffer_limit, 1 << 20);
    Ok(())
}

#[test]
fn clients_learn_of_the_issuers_whose_tokens_are_accepted() -> anyhow::Result<()> {
    let deployment = Deployment::shipped()?;
    let routes = routes(&deployment)?;
    let route = routes.iter().find(|route| route["name"] == "protected-resource-metadata").context("no such route")?;
    let config = toolgate::config::read(deployment.plugin_configuration.to_string().as_bytes());
    let config = config.map_err(|problems| anyhow::anyhow!("{problems}"))?;
    let published =
        config.routes.0.iter().find_map(|route| route.access.metadata.as_ref()).context("nothing published")?;
    let metadata: Value = serde_json::from_str(&published.document)?;
    let identity = &deployment.plugin_configuration["identity"];
    let issuer = &identity["issuers"][0];
    assert_eq!(metadata["authorization_servers"], json!([issuer["issuer"]]));
    assert_eq!(json!([metadata["resource"]]), issuer["audiences"]);
    assert_eq!(identity["resource_metadata"], published.url, "challenges of all routes point to the same");
    let prefix = at(route, "/match/prefix")?.as_str().context("no prefix")?;
    assert!(published.path.starts_with(prefix), "`{}` does not start with `{prefix}`", published.path);
    Ok(())
}

#[test]
fn istio_gets_the_same_filter_with_the_same_policy() -> anyhow::Result<()> {
    let deployment = Deployment::shipped()?;
    let patches = istio_patches()?;
    let plugin = at(&patch(&patches, "EXTENSION_CONFIG")?[0], "/typed_config/config")?.clone();
    assert_eq!(plugin_configuration(&plugin)?, deployment.plugin_configuration);
    let envoys = at(at(&deployment.bootstrap, CONNECTION_MANAGER)?, "/http_filters/0/typed_config/config")?;
    assert_eq!(without_code(&plugin)?, without_code(envoys)?);
    assert_eq!(patch(&patches, "HTTP_FILTER")?[0]["disabled"], true);
    let (judged, enabled) = (judged_routes(&deployment)?, patch(&patches, "HTTP_ROUTE")?);
    assert_eq!(enabled.len(), judged.len());
    for (judged, enabled) in judged.iter().zip(&enabled) {
        for field in ["typed_per_filter_config", "request_body_buffer_limit"] {
            assert_eq!(judged[field], enabled[field], "`{field}` of route {}", judged["name"]);
        }
    }
    Ok(())
}

#[test]
fn the_bootstrap_loads_in_a_real_envoy() -> anyhow::Result<()> {
    load("bootstrap", Deployment::shipped()?.bootstrap)
}

/// Istio itself can't be had here. What its EnvoyFilter adds or merges must at least be what an Envoy accepts.
#[test]
fn what_istio_would_send_loads_in_a_real_envoy() -> anyhow::Result<()> {
    let mut bootstrap = Deployment::shipped()?.bootstrap;
    let patches = istio_patches()?;
    let manager = bootstrap.pointer_mut(CONNECTION_MANAGER).context("no connection manager")?;
    merge(manager, &patch(&patches, "NETWORK_FILTER")?[0]["typed_config"]);
    manager["http_filters"][0]["typed_config"] = patch(&patches, "EXTENSION_CONFIG")?[0]["typed_config"].clone();
    for value in patch(&patches, "HTTP_ROUTE")? {
        merge(&mut manager["route_config"]["virtual_hosts"][0]["routes"][1], &value);
    }
    merge(&mut bootstrap["static_resources"]["listeners"][0], &patch(&patches, "LISTENER")?[0]);
    let clusters = bootstrap["static_resources"]["clusters"].as_array_mut().context("no clusters")?;
    clusters.retain(|cluster| cluster["name"] != "pdp");
    clusters.extend(patch(&patches, "CLUSTER")?);
    load("istio", bootstrap)
}

/// Behind the filter, so that it counts what the filter says, and with every header that the filter sets. What comes of it
/// is for `make budgets` to show.
#[test]
fn budgets_of_a_fleet_load_in_a_real_envoy() -> anyhow::Result<()> {
    let budgets = Budgets::shipped()?;
    let mut bootstrap = Deployment::shipped()?.bootstrap;
    let clusters = bootstrap["static_resources"]["clusters"].as_array_mut().context("no clusters")?;
    clusters.push(budgets.cluster.clone());
    budgets.join(bootstrap.pointer_mut(CONNECTION_MANAGER).context("no connection manager")?)?;
    let text = bootstrap.to_string();
    for header in [headers::AGENT, headers::COST_CALLS, headers::COST_ROWS, headers::COST_AMOUNT] {
        assert!(text.contains(header), "no budget looks at `{header}`");
    }
    load("budgets", bootstrap)
}

/// All routes of the bootstrap.
fn routes(deployment: &Deployment) -> anyhow::Result<Vec<Value>> {
    let manager = at(&deployment.bootstrap, CONNECTION_MANAGER)?;
    Ok(at(manager, "/route_config/virtual_hosts/0/routes")?.as_array().context("routes are no list")?.clone())
}

/// The routes of the bootstrap on which the filter is on.
fn judged_routes(deployment: &Deployment) -> anyhow::Result<Vec<Value>> {
    Ok(routes(deployment)?.into_iter().filter(|route| route.get("typed_per_filter_config").is_some()).collect())
}

/// The routes that the filter knows.
fn own_routes(deployment: &Deployment) -> anyhow::Result<&[Value]> {
    Ok(at(&deployment.plugin_configuration, "/routes")?.as_array().context("routes are no list")?)
}

/// A `PluginConfig` without the part that must differ: where the code comes from.
fn without_code(plugin: &Value) -> anyhow::Result<Value> {
    let mut plugin = plugin.clone();
    plugin["vm_config"].as_object_mut().context("no vm_config")?.remove("code").context("no code")?;
    Ok(plugin)
}

fn istio_patches() -> anyhow::Result<Vec<Value>> {
    let documents = read_yaml(&shipped_file("istio/envoyfilter.yaml"))?;
    let [filter] = documents.as_slice() else { anyhow::bail!("found {} documents, expected one", documents.len()) };
    Ok(at(filter, "/spec/configPatches")?.as_array().context("patches are no list")?.clone())
}

/// The values of all patches to one kind of thing: at least one.
fn patch(patches: &[Value], kind: &str) -> anyhow::Result<Vec<Value>> {
    let of_kind = patches.iter().filter(|patch| patch["applyTo"] == kind);
    let values = of_kind.map(|patch| at(patch, "/patch/value").cloned()).collect::<anyhow::Result<Vec<_>>>()?;
    ensure!(!values.is_empty(), "found no patch to `{kind}`");
    Ok(values)
}

/// As protobuf merges messages: fields of the second win, messages are merged.
fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from.clone(),
    }
}

/// Has Envoy check a bootstrap, with the filter that was built.
fn load(name: &str, mut bootstrap: Value) -> anyhow::Result<()> {
    let manager = bootstrap.pointer_mut(CONNECTION_MANAGER).context("no connection manager")?;
    manager["http_filters"][0]["typed_config"]["config"]["vm_config"]["code"] =
        json!({"local": {"filename": needed("TOOLGATE_WASM", "target/toolgate.wasm")?}});
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.json"));
    std::fs::write(&file, serde_json::to_string_pretty(&bootstrap)?)?;
    let envoy = needed("TOOLGATE_ENVOY", "target/tools/envoy-1.40.0/bin/envoy")?;
    let output = Command::new(envoy).args(["--mode", "validate", "-c"]).arg(&file).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// What `make` puts into place. Absent, it fails the test: a check that was skipped looks like one that passed.
fn needed(variable: &str, usual: &str) -> anyhow::Result<PathBuf> {
    let usual = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(usual);
    let path = std::env::var_os(variable).map_or(usual, PathBuf::from);
    ensure!(path.exists(), "`{}` does not exist: run `make wasm envoy`, or set {variable}", path.display());
    Ok(path)
}
