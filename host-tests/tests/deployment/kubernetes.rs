//! The manifests for Istio and Envoy Gateway that their own APIs take: the policy is the same as everywhere, and what comes of
//! them loads in a real Envoy. Whether they are what those APIs describe, `make manifests` asks the APIs' own schemas.

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use toolgate_host_tests::deployment::{Deployment, at, plugin_configuration, read_yaml, shipped_file};

use super::{CONNECTION_MANAGER, load, without_code};

/// What of the policy must differ where heads can't be held: it says so, and wants nothing that needs a held head.
fn lesser(deployment: &Deployment, cluster: &str) -> Value {
    let mut policy = deployment.plugin_configuration.clone();
    policy["hold"] = json!("body_only");
    policy["audit"]["headers"] = json!(false);
    policy["decision"]["cluster"] = json!(cluster);
    policy
}

/// The one document of that kind.
fn of_kind(documents: &[Value], kind: &str) -> anyhow::Result<Value> {
    let mut found = documents.iter().filter(|document| document["kind"] == kind);
    let only = found.next().with_context(|| format!("found no {kind}"))?;
    ensure!(found.next().is_none(), "found more than one {kind}");
    Ok(only.clone())
}

/// Whoever may write to a registry could otherwise put another filter in the place of this one.
#[test]
fn whatever_is_fetched_is_named_by_its_digest() -> anyhow::Result<()> {
    let places = [
        ("istio/wasmplugin.yaml", "WasmPlugin", "/spec/sha256"),
        (
            "istio/envoyfilter.yaml",
            "EnvoyFilter",
            "/spec/configPatches/1/patch/value/typed_config/config/vm_config/code/remote/sha256",
        ),
        ("envoy-gateway/extensionpolicy.yaml", "EnvoyExtensionPolicy", "/spec/wasm/0/code/image/sha256"),
        (
            "envoy-gateway/patchpolicy.yaml",
            "EnvoyPatchPolicy",
            "/spec/jsonPatches/0/operation/value/typed_config/config/vm_config/code/remote/sha256",
        ),
    ];
    for (file, kind, place) in places {
        let manifest = of_kind(&read_yaml(&shipped_file(file))?, kind)?;
        let digest = at(&manifest, place)?.as_str().with_context(|| format!("{file}: the digest is no text"))?;
        ensure!(
            digest.len() == 64 && digest.bytes().all(|it| it.is_ascii_hexdigit()),
            "{file}: `{digest}` is no SHA-256"
        );
    }
    Ok(())
}

/// Has a real Envoy load the filter as such an API configures it: without the flag, with JSON in a string.
fn load_lesser(name: &str, policy: &Value) -> anyhow::Result<()> {
    let mut bootstrap = Deployment::shipped()?.bootstrap;
    let manager = bootstrap.pointer_mut(CONNECTION_MANAGER).context("no connection manager")?;
    let plugin = &mut manager["http_filters"][0]["typed_config"]["config"];
    plugin.as_object_mut().context("no plugin")?.remove("allow_on_headers_stop_iteration");
    plugin["configuration"]["value"] = policy.to_string().into();
    load(name, bootstrap)
}

#[test]
fn istios_own_plugin_has_the_same_policy_in_the_lesser_mode() -> anyhow::Result<()> {
    let plugin = of_kind(&read_yaml(&shipped_file("istio/wasmplugin.yaml"))?, "WasmPlugin")?;
    assert_eq!(plugin["spec"]["failStrategy"], "FAIL_RELOAD");
    let policy = at(&plugin, "/spec/pluginConfig")?;
    assert_eq!(*policy, lesser(&Deployment::shipped()?, "outbound|80||pdp.toolgate.svc.cluster.local"));
    load_lesser("wasmplugin", policy)
}

#[test]
fn envoy_gateways_own_extension_has_the_same_policy_in_the_lesser_mode() -> anyhow::Result<()> {
    let documents = read_yaml(&shipped_file("envoy-gateway/extensionpolicy.yaml"))?;
    let extension = of_kind(&documents, "EnvoyExtensionPolicy")?;
    assert_eq!(at(&extension, "/spec/wasm/0/failOpen")?, false);
    let routes: Vec<_> = documents.iter().filter(|document| document["kind"] == "HTTPRoute").collect();
    let named = |name: &Value| routes.iter().find(|route| route["metadata"]["name"] == *name);
    assert!(named(at(&extension, "/spec/targetRefs/0/name")?).is_some(), "it judges a route that isn't there");
    let policy = at(&extension, "/spec/wasm/0/config")?;
    let cluster = policy["decision"]["cluster"].as_str().context("no cluster")?;
    let decides = cluster.strip_prefix("httproute/toolgate/").and_then(|rest| rest.strip_suffix("/rule/0"));
    assert!(decides.is_some_and(|name| named(&name.into()).is_some()), "`{cluster}` is of no route that is there");
    assert_eq!(*policy, lesser(&Deployment::shipped()?, cluster));
    load_lesser("extensionpolicy", policy)
}

#[test]
fn envoy_gateway_gets_the_same_filter_by_a_patch() -> anyhow::Result<()> {
    let deployment = Deployment::shipped()?;
    let policy = of_kind(&read_yaml(&shipped_file("envoy-gateway/patchpolicy.yaml"))?, "EnvoyPatchPolicy")?;
    let patches = at(&policy, "/spec/jsonPatches")?.as_array().context("patches are no list")?;
    let [filter, clusters @ ..] = patches.as_slice() else { anyhow::bail!("found no patches") };

    let path = at(filter, "/operation/path")?.as_str().context("no path")?;
    let plugin = at(filter, "/operation/value/typed_config/config")?;
    let envoys = at(at(&deployment.bootstrap, CONNECTION_MANAGER)?, "/http_filters/0/typed_config/config")?;
    assert_eq!(without_code(plugin)?, without_code(envoys)?);
    assert_eq!(plugin_configuration(plugin)?, deployment.plugin_configuration);

    // As Envoy Gateway makes it: an HTTP listener has its one chain as the default. In a file that is the only one.
    let place =
        path.strip_prefix("/default_filter_chain").and_then(|path| path.strip_suffix("/0")).context(path.to_owned())?;
    let mut bootstrap = deployment.bootstrap.clone();
    let chain = bootstrap.pointer_mut("/static_resources/listeners/0/filter_chains/0").context("no filter chain")?;
    let filters = chain.pointer_mut(place).and_then(Value::as_array_mut).context("the patch is to no list")?;
    filters.remove(0);
    filters.insert(0, at(filter, "/operation/value")?.clone());
    // It is on for the whole listener: no route has to say so.
    let routes = bootstrap.pointer_mut(CONNECTION_MANAGER).context("no connection manager")?;
    let routes = routes["route_config"]["virtual_hosts"][0]["routes"].as_array_mut().context("no routes")?;
    for route in routes {
        route.as_object_mut().context("a route is no object")?.remove("typed_per_filter_config");
    }
    let own = bootstrap["static_resources"]["clusters"].as_array_mut().context("no clusters")?;
    own.retain(|cluster| clusters.iter().all(|patch| patch["name"] != cluster["name"]));
    for patch in clusters {
        let value = at(patch, "/operation/value")?;
        assert_eq!((&patch["operation"]["path"], &patch["name"]), (&json!(""), &value["name"]));
        own.push(value.clone());
    }
    load("patchpolicy", bootstrap)
}
