//! Findings about flags, buffers and clusters.

use serde_json::{Value, json};

use super::{File, MANAGER, PLUGIN, ROUTES, Severity, at, found, of_change, of_changes, policy_of, remove, shipped};
use crate::scenario::Configuration;

#[test]
fn the_flags_of_the_filter_are_looked_at() {
    for (change, severity, part) in [
        (
            json!({"allow_on_headers_stop_iteration": null}),
            Severity::Error,
            "`allow_on_headers_stop_iteration: true` is missing",
        ),
        (
            json!({"failure_policy": "FAIL_OPEN"}),
            Severity::Error,
            "`failure_policy: FAIL_OPEN` lets everything through",
        ),
        (
            json!({"failure_policy": null, "fail_open": true}),
            Severity::Error,
            "`fail_open: true` lets everything through",
        ),
        (json!({"failure_policy": null}), Severity::Remark, "until Envoy is restarted"),
        (json!({"failure_policy": "FAIL_CLOSED"}), Severity::Remark, "until Envoy is restarted"),
        (json!({"vm_config": {"vm_id": ""}}), Severity::Remark, "every other filter that has none"),
    ] {
        let found = of_change(|envoy, _| {
            let plugin = at(envoy, PLUGIN);
            *plugin = Configuration::parse(&plugin.to_string()).unwrap().patched(&change).json().clone();
        });
        assert_eq!((found.0, found.1, found.2.as_str()), (severity, File::Envoy, PLUGIN), "{change}");
        assert!(found.3.contains(part), "{change}: {}", found.3);
    }
}

#[test]
fn a_policy_in_another_type_or_another_version_is_found() {
    let (mut envoy, policy) = shipped();
    at(&mut envoy, &format!("{PLUGIN}/configuration"))["@type"] = "type.googleapis.com/google.protobuf.Struct".into();
    let of_type = found(&envoy, &policy);
    assert_eq!(of_type.len(), 1, "{of_type:#?}");
    assert!(of_type[0].message.contains("expected a `StringValue`"), "{of_type:#?}");
    assert!(policy_of(&envoy).is_err());

    let (envoy, mut policy) = shipped();
    policy["policy_version"] = "v2".into();
    let other = found(&envoy, &policy);
    assert_eq!(other.len(), 1, "{other:#?}");
    assert_eq!(
        other[0].message,
        "holds another policy (version `crm-support-v1`) than the one that is checked here (`v2`)"
    );
}

#[test]
fn where_heads_can_be_held_the_lesser_mode_is_not_needed() {
    let lesser = |policy: &mut Value| {
        policy["hold"] = "body_only".into();
        policy["audit"]["headers"] = false.into();
    };
    let (severity, _, _, message) = of_change(|_, policy| lesser(policy));
    assert_eq!(severity, Severity::Remark);
    assert!(message.contains("nothing is lost"), "{message}");
    let unheld = of_changes(|envoy, policy| {
        lesser(policy);
        remove(envoy, PLUGIN, "allow_on_headers_stop_iteration");
    });
    assert_eq!(unheld, []);
}

#[test]
fn one_spelling_of_paths_and_headers_is_asked_for() {
    for name in ["normalize_path", "merge_slashes", "path_with_escaped_slashes_action"] {
        let (severity, _, pointer, message) = of_change(|envoy, _| remove(envoy, MANAGER, name));
        assert_eq!((severity, pointer.as_str()), (Severity::Error, MANAGER));
        assert!(message.contains(name), "{message}");
    }
    let kept = of_change(|envoy, _| at(envoy, MANAGER)["path_with_escaped_slashes_action"] = "KEEP_UNCHANGED".into());
    assert!(kept.3.contains("%2F"), "{kept:?}");
    let underscores = of_change(|envoy, _| {
        remove(envoy, &format!("{MANAGER}/common_http_protocol_options"), "headers_with_underscores_action")
    });
    assert!(underscores.3.contains("x_agent_id"), "{underscores:?}");
}

#[test]
fn what_envoy_holds_is_at_least_what_the_policy_takes() {
    let (severity, _, pointer, message) =
        of_change(|envoy, _| at(envoy, &format!("{ROUTES}/1"))["request_body_buffer_limit"] = 65_536.into());
    assert_eq!((severity, pointer), (Severity::Error, format!("{ROUTES}/1")));
    assert!(
        message.contains("holds 65536 bytes") && message.contains("request_body_buffer_limit: 1048576"),
        "{message}"
    );
    let larger = of_change(|_, policy| at(policy, "/routes/1")["max_body"] = "2MiB".into());
    assert_eq!(larger.2, format!("{ROUTES}/2"));
    // Without a word on the route it is the listener's, its connections', or Envoy's own.
    let of_listener = |bytes: Value| {
        of_changes(|envoy, _| {
            for route in [1, 2] {
                remove(envoy, &format!("{ROUTES}/{route}"), "request_body_buffer_limit");
            }
            remove(envoy, &format!("{MANAGER}/http2_protocol_options"), "initial_stream_window_size");
            at(envoy, "/static_resources/listeners/0")["per_connection_buffer_limit_bytes"] = bytes;
        })
    };
    assert_eq!(of_listener(32_768.into()).len(), 2);
    assert_eq!(of_listener("1048576".into()), [], "a number as a text");
    assert_eq!(of_listener(Value::Null), [], "one mebibyte");
    let window = of_change(|envoy, _| remove(envoy, &format!("{ROUTES}/1"), "request_body_buffer_limit"));
    assert!(window.3.contains("holds 65536 bytes"), "over HTTP/2 a stream's window bounds it: {window:?}");
}

#[test]
fn clusters_that_the_policy_names_are_there() {
    let (severity, file, pointer, message) = of_change(|_, policy| {
        let jwks = json!({"cluster": "idp", "uri": "https://idp.example.com/jwks"});
        at(policy, "/identity/issuers/0")["jwks"] = jwks;
        at(policy, "/rules/0")["when"] = json!({"parameters.cluster": "prod"});
    });
    assert_eq!((severity, file, pointer.as_str()), (Severity::Error, File::Policy, "/identity/issuers/0/jwks/cluster"));
    assert_eq!(message, "Envoy has no cluster `idp`: whatever goes through it fails");
}
