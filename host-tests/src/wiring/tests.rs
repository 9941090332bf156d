//! Each finding, by a small configuration that has it and one that hasn't: here those of routes, in `settings` the others.

mod settings;

use serde_json::{Value, json};
use toolgate::config;

use super::{File, Finding, Severity, findings, policy_of};
use crate::deployment::Deployment;
use crate::scenario::Configuration;

const MANAGER: &str = "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config";
const PLUGIN: &str =
    "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/http_filters/0/typed_config/config";
const ROUTES: &str =
    "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/route_config/virtual_hosts/0/routes";

/// What we hand out: the bootstrap, and its policy.
fn shipped() -> (Value, Value) {
    let deployment = Deployment::shipped().unwrap();
    (deployment.bootstrap, deployment.plugin_configuration)
}

fn found(envoy: &Value, policy: &Value) -> Vec<Finding> {
    let config = config::read(policy.to_string().as_bytes()).unwrap_or_else(|problems| panic!("{problems}"));
    findings(envoy, &config, policy).unwrap()
}

/// The one finding that a change of what we hand out makes, as severity, file, pointer, message.
fn of_change(change: impl FnOnce(&mut Value, &mut Value)) -> (Severity, File, String, String) {
    let all = of_changes(change);
    let [one] = <[_; 1]>::try_from(all).unwrap_or_else(|all| panic!("{all:#?}"));
    (one.severity, one.file, one.pointer, one.message)
}

fn of_changes(change: impl FnOnce(&mut Value, &mut Value)) -> Vec<Finding> {
    let (mut envoy, mut policy) = shipped();
    change(&mut envoy, &mut policy);
    // Both are changed together, but for where they are to differ.
    if let Some(held) = envoy.pointer_mut(&format!("{PLUGIN}/configuration/value")).filter(|it| **it != "{}") {
        *held = policy.to_string().into();
    }
    found(&envoy, &policy)
}

fn at<'v>(value: &'v mut Value, pointer: &str) -> &'v mut Value {
    value.pointer_mut(pointer).unwrap_or_else(|| panic!("nothing at {pointer}"))
}

fn remove(value: &mut Value, pointer: &str, name: &str) {
    at(value, pointer).as_object_mut().unwrap().remove(name).unwrap_or_else(|| panic!("no `{name}`"));
}

#[test]
fn what_we_hand_out_fits() {
    let (envoy, policy) = shipped();
    assert_eq!(found(&envoy, &policy), []);
    assert_eq!(policy_of(&envoy).unwrap(), Some(policy));
}

/// Its second listener goes by the gate, to measure what the gate costs: that is all there is to say.
#[test]
fn of_the_demos_envoy_only_the_way_around_is_remarked_on() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/demo");
    let envoy = Configuration::read(&folder.join("envoy.yaml")).unwrap();
    let policy = Configuration::read(&folder.join("policy.yaml")).unwrap().with_test_keys(false);
    let policy = policy.patched(&json!({"decision": {"headers": {"authorization": "Bearer filled-in-by-make-demo"}}}));
    assert_eq!(policy_of(envoy.json()).unwrap(), None, "the policy's place is empty");
    let found = found(envoy.json(), policy.json());
    assert_eq!(found.len(), 2, "{found:#?}");
    for finding in found {
        assert_eq!(finding.severity, Severity::Remark);
        assert!(finding.pointer.starts_with("/static_resources/listeners/1/"), "{finding:?}");
        assert!(finding.message.starts_with("leads to `crm`"), "{finding:?}");
    }
}

#[test]
fn a_judged_route_that_the_policy_does_not_know_is_refused_whole() {
    let (severity, file, pointer, message) = of_change(|envoy, _| {
        let judged = at(envoy, &format!("{ROUTES}/1/typed_per_filter_config")).clone();
        let route =
            json!({"match": {"prefix": "/orders/"}, "route": {"cluster": "crm"}, "typed_per_filter_config": judged});
        at(envoy, ROUTES).as_array_mut().unwrap().insert(0, route);
    });
    assert_eq!((severity, file, pointer), (Severity::Error, File::Envoy, format!("{ROUTES}/0")));
    assert!(message.contains("no route for the prefix `/orders/`"), "{message}");
}

#[test]
fn a_route_of_the_policy_that_no_judged_route_reaches_is_an_error() {
    let (severity, file, pointer, message) = of_change(|_, policy| {
        let route = json!({"match": {"path": "/a2a"}, "protocol": "a2a", "server": "agents"});
        at(policy, "/routes").as_array_mut().unwrap().push(route);
    });
    assert_eq!((severity, file, pointer.as_str()), (Severity::Error, File::Policy, "/routes/2"));
    assert!(message.contains("the path `/a2a`"), "{message}");
}

/// The same, since another route takes it before.
#[test]
fn a_route_before_it_takes_what_should_be_judged() {
    let found = of_changes(|envoy, _| {
        at(envoy, ROUTES)
            .as_array_mut()
            .unwrap()
            .insert(0, json!({"match": {"prefix": "/m"}, "route": {"cluster": "web"}}));
    });
    let places: Vec<_> = found.iter().map(|it| (it.severity, it.pointer.clone())).collect();
    assert_eq!(places, [(Severity::Error, "/routes/0".into()), (Severity::Error, format!("{ROUTES}/0"))], "{found:#?}");
    assert!(found[1].message.contains("requests go to `web` unjudged"), "{found:#?}");
}

/// One with a condition takes only a part, which is unjudged.
#[test]
fn a_way_around_for_some_requests_is_found() {
    let (severity, _, pointer, message) = of_change(|envoy, _| {
        let some = json!({"path": "/mcp", "headers": [{"name": "x-internal", "present_match": true}]});
        at(envoy, ROUTES).as_array_mut().unwrap().insert(0, json!({"match": some, "route": {"cluster": "web"}}));
    });
    assert_eq!((severity, pointer), (Severity::Error, format!("{ROUTES}/0")));
    assert!(message.contains("here the filter is off"), "{message}");
}

#[test]
fn a_route_that_was_left_out_on_purpose_is_nobodys_mistake() {
    let all = of_changes(|envoy, policy| {
        let off = json!({"toolgate": {"disabled": true, "config": {}}});
        let login =
            json!({"match": {"path": "/v1/login"}, "route": {"cluster": "web"}, "typed_per_filter_config": off});
        at(envoy, ROUTES).as_array_mut().unwrap().insert(0, login);
        at(policy, "/routes/1/match")["prefix"] = "/v1/".into();
    });
    assert_eq!(all, []);
}

#[test]
fn a_misspelt_name_is_named_with_what_comes_of_it() {
    let found = of_changes(|envoy, _| {
        let judged = at(envoy, &format!("{ROUTES}/1/typed_per_filter_config"));
        *judged = json!({"tolgate": judged["toolgate"]});
    });
    let pointer = format!("{ROUTES}/1/typed_per_filter_config/tolgate");
    assert!(
        found.iter().any(|it| it.pointer == pointer && it.message.contains("(Toolgate's is `toolgate`)")),
        "{found:#?}"
    );
    assert!(found.iter().any(|it| it.pointer == "/routes/0" && it.severity == Severity::Error), "{found:#?}");
}

#[test]
fn another_way_to_the_same_servers_is_remarked_on() {
    let (severity, _, pointer, message) = of_change(|envoy, _| {
        *at(envoy, &format!("{ROUTES}/3")) = json!({"match": {"prefix": "/"}, "route": {"weighted_clusters": {"clusters": [{"name": "crm", "weight": 1}]}}});
    });
    assert_eq!((severity, pointer), (Severity::Remark, format!("{ROUTES}/3")));
    assert!(message.contains("leads to `crm`"), "{message}");
}

#[test]
fn one_of_several_weighted_clusters_may_be_the_way_around() {
    let found = of_changes(|envoy, _| {
        let off = json!({"toolgate": {"disabled": true, "config": {}}});
        let clusters =
            json!([{"name": "crm", "weight": 9}, {"name": "canary", "weight": 1, "typed_per_filter_config": off}]);
        at(envoy, &format!("{ROUTES}/1/route"))["weighted_clusters"] = json!({"clusters": clusters});
    });
    assert!(found.iter().any(|it| it.severity == Severity::Error && it.pointer == "/routes/0"), "{found:#?}");
}

#[test]
fn a_resource_that_is_not_published_and_a_policy_that_is_not_chosen_are_found() {
    let unpublished = of_change(|envoy, _| drop(at(envoy, ROUTES).as_array_mut().unwrap().remove(0)));
    assert_eq!(
        (unpublished.0, unpublished.1, unpublished.2.as_str()),
        (Severity::Remark, File::Policy, "/routes/0/protected_resource")
    );
    let chosen = |policy: Value| {
        of_changes(|envoy, own| {
            own["policies"] = json!({"crm": {"mode": "shadow"}});
            at(own, "/routes/0")["policy_by_metadata"] = true.into();
            at(envoy, &format!("{ROUTES}/1"))["metadata"] = json!({"filter_metadata": {"toolgate": policy}});
        })
    };
    assert_eq!(chosen(json!({"policy": "crm"})), []);
    for (policy, found) in [(json!({}), "names no policy"), (json!({"policy": "hr"}), "names `hr`")] {
        let told = chosen(policy);
        assert!(told.len() == 1 && told[0].message.contains(found), "{told:#?}");
    }
}

#[test]
fn without_the_filter_nothing_is_judged() {
    let (mut envoy, policy) = shipped();
    at(&mut envoy, &format!("{MANAGER}/http_filters")).as_array_mut().unwrap().remove(0);
    let found = found(&envoy, &policy);
    assert!(
        found.iter().any(|it| it.severity == Severity::Error && it.message.contains("nothing is judged")),
        "{found:#?}"
    );
}

#[test]
fn a_filter_that_is_on_for_all_needs_no_word_on_a_route() {
    let all = of_changes(|envoy, _| {
        remove(envoy, &format!("{MANAGER}/http_filters/0"), "disabled");
        for route in 0..3 {
            remove(envoy, &format!("{ROUTES}/{route}"), "typed_per_filter_config");
        }
    });
    assert_eq!(all, []);
}

/// As the first hour does it for shadow mode on all routes: what is closest to the route counts.
#[test]
fn a_whole_virtual_host_may_be_judged_but_for_what_is_left_out() {
    let host = ROUTES.strip_suffix("/routes").unwrap();
    let on_the_host = |envoy: &mut Value| {
        let judged = at(envoy, &format!("{ROUTES}/1/typed_per_filter_config")).clone();
        for route in 0..3 {
            remove(envoy, &format!("{ROUTES}/{route}"), "typed_per_filter_config");
        }
        at(envoy, host)["typed_per_filter_config"] = judged;
    };
    assert_eq!(of_changes(|envoy, _| on_the_host(envoy)), []);
    let off = of_changes(|envoy, _| {
        on_the_host(envoy);
        at(envoy, &format!("{ROUTES}/1"))["typed_per_filter_config"] =
            json!({"toolgate": {"disabled": true, "config": {}}});
    });
    assert!(off.len() == 1 && off[0].pointer == "/routes/0" && off[0].severity == Severity::Error, "{off:#?}");
    let everywhere = of_change(|envoy, _| {
        on_the_host(envoy);
        at(envoy, host)["request_body_buffer_limit"] = 1024.into();
        remove(envoy, &format!("{ROUTES}/2"), "request_body_buffer_limit");
    });
    assert!(everywhere.2 == format!("{ROUTES}/2") && everywhere.3.contains("holds 1024 bytes"), "{everywhere:?}");
}

/// The API's JSON has two spellings of each field.
#[test]
fn fields_in_camel_case_are_the_same_fields() {
    let text = include_str!("../../../envoy/envoy.yaml");
    let camel = |name: &str| {
        let mut letters = name.chars();
        let mut camel = String::new();
        while let Some(letter) = letters.next() {
            if letter == '_' {
                camel.extend(letters.next().map(|it| it.to_ascii_uppercase()))
            } else {
                camel.push(letter)
            }
        }
        camel
    };
    let mut written = text.to_owned();
    for name in [
        "static_resources",
        "filter_chains",
        "typed_config",
        "http_filters",
        "normalize_path",
        "merge_slashes",
        "route_config",
        "virtual_hosts",
        "typed_per_filter_config",
        "request_body_buffer_limit",
        "allow_on_headers_stop_iteration",
        "failure_policy",
        "vm_config",
        "vm_id",
        "path_with_escaped_slashes_action",
        "headers_with_underscores_action",
        "common_http_protocol_options",
    ] {
        let changed = written.replace(&format!("{name}:"), &format!("{}:", camel(name)));
        assert_ne!(changed, written, "{name}");
        written = changed;
    }
    let (_, policy) = shipped();
    assert_eq!(found(Configuration::parse(&written).unwrap().json(), &policy), []);
}

#[test]
fn what_a_management_server_sends_is_named_as_unseen_and_nothing_is_concluded() {
    let (mut envoy, policy) = shipped();
    envoy["dynamic_resources"] = json!({"lds_config": {"ads": {}}, "cds_config": {"ads": {}}});
    envoy["static_resources"] = json!({});
    let found = found(&envoy, &policy);
    assert!(found.iter().all(|it| it.severity == Severity::Unseen), "{found:#?}");
    let about = |part: &str| found.iter().any(|it| it.message.contains(part));
    assert!(
        about("listeners that a management server sends") && about("clusters that a management server sends"),
        "{found:#?}"
    );

    let routes = of_changes(|envoy, _| {
        remove(envoy, MANAGER, "route_config");
        at(envoy, MANAGER)["rds"] = json!({"route_config_name": "agents", "config_source": {"ads": {}}});
    });
    assert_eq!(routes.iter().map(|it| it.severity).collect::<Vec<_>>(), [Severity::Unseen], "{routes:#?}");
    let plugin = of_changes(|envoy, _| {
        let filter = at(envoy, &format!("{MANAGER}/http_filters/0"));
        remove(filter, "", "typed_config");
        filter["config_discovery"] = json!({"config_source": {"ads": {}}});
    });
    assert_eq!(plugin.iter().map(|it| it.severity).collect::<Vec<_>>(), [Severity::Unseen], "{plugin:#?}");
}

#[test]
fn what_is_no_bootstrap_says_so() {
    let manifest = json!({"apiVersion": "networking.istio.io/v1alpha3", "kind": "EnvoyFilter"});
    assert!(policy_of(&manifest).unwrap_err().to_string().contains("an Envoy bootstrap is expected"));
}
