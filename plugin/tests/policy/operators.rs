//! Every operator on every kind of value.

use serde_json::json;
use toolgate::risk::Code;

use crate::support::{call, when};

/// The value sent as `x`, and what each condition says of it.
#[test]
fn each_operator_answers_or_fails_on_each_kind() {
    let conditions = [
        json!({"parameters.x": "a"}),
        json!({"parameters.x": 5}),
        json!({"parameters.x": true}),
        json!({"parameters.x_not": "a"}),
        json!({"parameters.x_in": ["a", 5]}),
        json!({"parameters.x_lte": 5}),
        json!({"parameters.x_gt": 5}),
        json!({"parameters.x_matches": "a*"}),
        json!({"parameters.x_exists": true}),
        json!({"parameters.x_exists": false}),
    ];
    let (y, n, f) = ("yes", "no", "failed");
    for (sent, expected) in [
        (r#"{}"#, [n, n, n, n, n, n, n, n, n, y]),
        (r#"{"x": null}"#, [n, n, n, n, n, n, n, n, n, y]),
        (r#"{"x": "a"}"#, [y, f, f, n, y, f, f, y, y, n]),
        (r#"{"x": "b"}"#, [n, f, f, y, n, f, f, n, y, n]),
        (r#"{"x": 5}"#, [f, y, f, f, y, y, n, f, y, n]),
        (r#"{"x": 5.0}"#, [f, y, f, f, y, y, n, f, y, n]),
        (r#"{"x": 5.000000000000000000001}"#, [f, n, f, f, n, n, y, f, y, n]),
        (r#"{"x": "5"}"#, [n, f, f, y, n, f, f, n, y, n]),
        (r#"{"x": true}"#, [f, f, y, f, f, f, f, f, y, n]),
        (r#"{"x": ["a"]}"#, [f, f, f, f, f, f, f, f, y, n]),
        (r#"{"x": {"a": 1}}"#, [f, f, f, f, f, f, f, f, y, n]),
    ] {
        let answers: Vec<_> = conditions.iter().map(|condition| when(condition, &call().with(sent))).collect();
        assert_eq!(answers, expected, "{sent}");
    }
}

#[test]
fn a_text_of_a_query_is_a_number_only_if_it_has_one_reading() {
    let answer = |text: &str| when(&json!({"parameters.limit_lte": 1}), &call().query("limit", text));
    for yes in ["1", "0", "1.0", "-5", "0.5"] {
        assert_eq!(answer(yes), "yes", "{yes}");
    }
    for no in ["2", "1.01", "1000"] {
        assert_eq!(answer(no), "no", "{no}");
    }
    // `100e-2` is 1 to a JSON reader and 100 to `parseInt`; the others are numbers to some servers and not to others.
    for failed in ["100e-2", "1e3", "1E0", "0x1", " 1", "1 ", "+1", "01", "1_0", "1,0", "５", "", "all", "NaN", "1;"] {
        assert_eq!(answer(failed), "failed", "{failed}");
    }
}

#[test]
fn a_text_of_a_query_may_stand_for_text_number_or_boolean() {
    for (text, condition, expected) in [
        ("5", json!({"parameters.x": 5}), "yes"),
        ("5.0", json!({"parameters.x": 5}), "yes"),
        ("5", json!({"parameters.x": "5"}), "yes"),
        ("true", json!({"parameters.x": true}), "yes"),
        ("false", json!({"parameters.x": true}), "no"),
        ("TRUE", json!({"parameters.x": true}), "failed"),
        ("1", json!({"parameters.x": true}), "failed"),
    ] {
        assert_eq!(when(&condition, &call().query("x", text)), expected, "{text} {condition}");
    }
}

#[test]
fn a_list_equals_what_it_contains_and_exists_when_it_is_not_empty() {
    for (condition, expected) in [
        (json!({"agent.scopes": "crm.read"}), "yes"),
        (json!({"agent.scopes": "admin"}), "no"),
        (json!({"agent.scopes_not": "admin"}), "yes"),
        (json!({"agent.scopes_in": ["admin", "mail.send"]}), "yes"),
        (json!({"agent.scopes_matches": "mail.*"}), "yes"),
        (json!({"agent.scopes_exists": true}), "yes"),
        (json!({"agent.actors_exists": true}), "no"),
        (json!({"agent.actors_exists": false}), "yes"),
        (json!({"agent.actors_not": "planner"}), "yes"),
        (json!({"risk.findings": "rows.unbounded"}), "yes"),
        (json!({"risk.findings_matches": "rows.*"}), "yes"),
        (json!({"risk.findings_not": "payee.unknown"}), "yes"),
    ] {
        assert_eq!(when(&condition, &call().finding(Code::RowsUnbounded)), expected, "{condition}");
    }
}

#[test]
fn risk_compares_by_its_own_order() {
    for (condition, expected) in [
        (json!({"risk.level_gte": "medium"}), "yes"),
        (json!({"risk.level_lt": "high"}), "yes"),
        (json!({"risk.level_gt": "medium"}), "no"),
        (json!({"risk.level_in": ["low", "medium"]}), "yes"),
        (json!({"risk.score_gte": 40}), "yes"),
        (json!({"risk.score": 39}), "no"),
    ] {
        assert_eq!(when(&condition, &call()), expected, "{condition}");
    }
}

#[test]
fn claims_are_found_and_compared_by_kind() {
    let call =
        call().claims(&json!({"level": 3, "ticket": {"customer": "c-1"}, "groups": ["a", "b"], "mixed": ["a", 1]}));
    for (condition, expected) in [
        (json!({"token.level_gte": 3}), "yes"),
        (json!({"token.level": "3"}), "failed"),
        (json!({"token.ticket.customer": "c-1"}), "yes"),
        (json!({"token.ticket": "c-1"}), "failed"),
        (json!({"token.groups": "b"}), "yes"),
        (json!({"token.groups_not": "c"}), "yes"),
        (json!({"token.mixed": "a"}), "failed"),
        (json!({"token.nothing": "a"}), "no"),
        (json!({"token.nothing_not": "a"}), "no"),
    ] {
        assert_eq!(when(&condition, &call), expected, "{condition}");
    }
}

#[test]
fn absent_is_never_a_match_but_for_exists_false() {
    for condition in [
        json!({"tenant": "t"}),
        json!({"tenant_not": "t"}),
        json!({"tenant_in": ["t"]}),
        json!({"tenant_matches": "*"}),
        json!({"tenant_exists": true}),
        json!({"resource.id_not": "7"}),
        json!({"parameters.limit_lte": 10}),
        json!({"parameters.limit_gt": 10}),
    ] {
        assert_eq!(when(&condition, &call()), "no", "{condition}");
    }
    assert_eq!(when(&json!({"tenant_exists": false}), &call()), "yes");
}
