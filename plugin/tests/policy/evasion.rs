//! What a manipulated agent tries, so that a rule looks past the value that the server acts on.

use serde_json::json;

use crate::support::{call, when};

#[test]
fn no_spelling_of_a_forbidden_value_is_just_passed_by() {
    let rule = json!({"parameters.to": "mallory"});
    for sent in [
        r#"{"to": "mallory"}"#,
        r#"{"to": "m\u0061llory"}"#,
        r#"{"to": ["mallory"]}"#,
        r#"{"to": {"address": "mallory"}}"#,
        r#"{"To": "mallory"}"#,
        r#"{"TO": "mallory"}"#,
        r#"{"to": 7}"#,
    ] {
        assert_ne!(when(&rule, &call().with(sent)), "no", "{sent}");
    }
    assert_eq!(when(&rule, &call().with(r#"{"to": "alice"}"#)), "no");
}

#[test]
fn a_bound_is_not_passed_by_under_another_name_shape_or_kind() {
    let rule = json!({"parameters.filter.limit_gt": 100});
    for sent in [
        r#"{"filter": {"limit": 500}}"#,
        r#"{"filter": {"limit": "500"}}"#,
        r#"{"filter": {"Limit": 500}}"#,
        r#"{"FILTER": {"limit": 500}}"#,
        r#"{"filter": {"limit": 1, "LIMIT": 500}}"#,
        r#"{"filter": [{"limit": 500}]}"#,
        r#"{"filter": "{\"limit\": 500}"}"#,
        r#"{"filter": {"limit": [500]}}"#,
        r#"{"filter": {"limit": 5e2}}"#,
        r#"[{"filter": {"limit": 500}}]"#,
    ] {
        assert_ne!(when(&rule, &call().with(sent)), "no", "{sent}");
    }
    for harmless in [r#"{}"#, r#"{"filter": null}"#, r#"{"filter": {}}"#, r#"{"filter": {"limit": 100}}"#, "null"] {
        assert_eq!(when(&rule, &call().with(harmless)), "no", "{harmless}");
    }
}

#[test]
fn a_query_does_not_hide_or_smuggle_what_a_body_may_say() {
    let rule = json!({"parameters.filter.limit_gt": 100});
    let over = r#"{"filter": {"limit": 500}}"#;
    assert_eq!(when(&rule, &call().with(over).query("filter/limit", "1")), "yes");
    for name in ["filter[limit]", "filter.limit", "Filter[limit]", "filter"] {
        assert_eq!(when(&rule, &call().query(name, "500")), "failed", "{name}");
    }
    let rule = json!({"parameters.limit_gt": 100});
    for name in ["limit[]", "Limit", "limit[0]"] {
        assert_eq!(when(&rule, &call().query(name, "500")), "failed", "{name}");
    }
    assert_eq!(when(&rule, &call().query("limits", "500")), "no");
}

#[test]
fn absence_is_not_claimed_of_what_only_has_another_spelling() {
    let rule = json!({"parameters.bcc_exists": false});
    assert_eq!(when(&rule, &call()), "yes");
    assert_eq!(when(&rule, &call().with(r#"{"bcc": "m"}"#)), "no");
    assert_eq!(when(&rule, &call().with(r#"{"Bcc": "m"}"#)), "failed");
}

#[test]
fn an_array_is_not_its_element() {
    // What an `allow` says of one recipient says nothing of a list that contains it.
    assert_eq!(when(&json!({"parameters.to": "alice"}), &call().with(r#"{"to": ["alice", "mallory"]}"#)), "failed");
}

#[test]
fn elements_are_reached_by_place() {
    let rule = json!({"parameters.items.1.price_gt": 10});
    assert_eq!(when(&rule, &call().with(r#"{"items": [{"price": 1}, {"price": 11}]}"#)), "yes");
    assert_eq!(when(&rule, &call().with(r#"{"items": [{"price": 11}]}"#)), "no");
    assert_eq!(when(&rule, &call().with(r#"{"items": {"1": {"price": 11}}}"#)), "yes");
}
