//! `when` as a CEL expression.

use proptest::prelude::*;
use serde_json::json;
use toolgate::action::ActionKind;
use toolgate::policy::{Comparisons, Expression, read_cel};

use crate::support::{Call, call, complaints, when};

fn read(text: &str) -> Result<Vec<Expression>, Vec<String>> {
    read_cel(text, &Comparisons::default())
}

fn holds(expression: &str, call: &Call) -> &'static str {
    when(&json!(expression), call)
}

#[test]
fn expressions_mean_what_cel_means() {
    let mut call = call()
        .with(r#"{"limit": 5, "to": "a@example.com", "dry": true, "tags": ["x", "y"], "odd name": 1}"#)
        .claims(&json!({"customer": "c-1", "accounts": ["c-1", "c-2"], "level": 5}));
    call.resource = Some(("Account".into(), "c-1".into()));
    call.kind = ActionKind::Export;
    for (expression, expected) in [
        ("agent.role == 'support' && action == 'export'", "yes"),
        ("agent.role == 'support' && action == 'read'", "no"),
        ("'support' == agent.role", "yes"),
        ("agent.role != \"support\"", "no"),
        ("tool in ['crm.query', 'crm.list']", "yes"),
        ("!(tool in ['crm.query'])", "no"),
        ("'crm.read' in agent.scopes", "yes"),
        ("'admin' in agent.scopes || tool.startsWith('mail.')", "no"),
        ("tool.startsWith('crm.') && tool.endsWith('query') && tool.contains('.q')", "yes"),
        ("parameters.limit <= 5 && 5 >= parameters.limit", "yes"),
        ("parameters.limit < 5", "no"),
        ("parameters.limit == 5.0", "yes"),
        ("parameters.limit > -1", "yes"),
        ("parameters.dry", "yes"),
        ("!parameters.dry", "no"),
        ("parameters['odd name'] == 1", "yes"),
        ("parameters.tags[1] == 'y'", "yes"),
        ("'x' in parameters.tags", "yes"),
        ("!('z' in parameters.tags)", "yes"),
        ("resource.id == token.customer", "yes"),
        ("resource.id != token.customer", "no"),
        ("resource.id in token.accounts", "yes"),
        ("token.level == parameters.limit", "yes"),
        ("risk.level >= 'medium' && risk.score < 41", "yes"),
        ("has(parameters.limit) && !has(parameters.offset) && has(agent.role)", "yes"),
        ("!(agent.role == 'support' && action == 'read')", "yes"),
        ("!(agent.role == 'support' || action == 'read')", "no"),
        ("!!(tool == 'crm.query')", "yes"),
    ] {
        assert_eq!(holds(expression, &call), expected, "{expression}");
    }
}

#[test]
fn a_comparison_on_what_is_absent_is_false_and_so_is_its_negation() {
    for expression in [
        "parameters.limit > 100",
        "!(parameters.limit > 100)",
        "parameters.limit == 1",
        "parameters.limit != 1",
        "!(parameters.to.startsWith('a'))",
        "!('x' in parameters.tags)",
        "!parameters.dry",
        "tenant == token.tenant",
        "tenant != token.tenant",
        "!(tenant in token.tenants)",
        "has(parameters.limit)",
    ] {
        assert_eq!(holds(expression, &call()), "no", "{expression}");
    }
    assert_eq!(holds("!has(parameters.limit)", &call()), "yes");
}

#[test]
fn what_cannot_be_answered_fails_unless_something_else_settles_it() {
    let call = call().with(r#"{"limit": "5", "tags": [["x"]], "dry": "yes", "Case": 1}"#);
    for (expression, expected) in [
        ("parameters.limit > 1", "failed"),
        ("!(parameters.limit > 1)", "failed"),
        ("parameters.dry", "failed"),
        ("'x' in parameters.tags", "failed"),
        ("'x' in parameters.dry", "failed"),
        ("has(parameters.case)", "failed"),
        ("parameters.limit > 1 && tool == 'other'", "no"),
        ("tool == 'other' && parameters.limit > 1", "no"),
        ("parameters.limit > 1 || tool == 'crm.query'", "yes"),
        ("parameters.limit > 1 || tool == 'other'", "failed"),
        ("!(parameters.limit > 1 && tool == 'other')", "yes"),
    ] {
        assert_eq!(holds(expression, &call), expected, "{expression}");
    }
}

#[test]
fn what_is_not_understood_is_a_complaint_with_advice() {
    for (expression, advice) in [
        ("tol == 'x'", "did you mean `tool`?"),
        ("args.limit > 1", "did you mean `parameters.<name>`?"),
        ("action == 'eksport'", "there are list read"),
        ("parameters.limit + 1 > 2", "attribute or a literal"),
        ("parameters.to.matches('^a')", "`matches` is not available"),
        ("size(parameters.to) > 1", "attribute or a literal"),
        ("parameters.to.all(t, t == 'a')", "`all`, `exists`, `map` and `filter` are not available"),
        ("tool == 'a' ? true : false", "is not available"),
        ("true", "a literal where a condition"),
        ("1 == 1", "the same on every request"),
        ("tool == null", "`has(a.b)`"),
        ("tool == ['a']", "a list needs `in`"),
        ("tool in 'a'", "`in` looks for"),
        ("'a' in tool", "no list"),
        ("agent.scopes == tool", "looks for a member"),
        ("resource.id in parameters.ids", "are lists to look into"),
        ("tool < 'x'", "numbers and risk levels only"),
        ("parameters.a < parameters.b", "`==` and `!=` only"),
        ("tool ==", "found no CEL expression"),
        ("", "found no CEL expression"),
    ] {
        let found = complaints(&json!([{"id": "r", "effect": "deny", "when": expression}]));
        assert!(
            found.iter().any(|line| line.starts_with("/rules/0/when: ") && line.contains(advice)),
            "{expression}: {found:?}"
        );
    }
}

#[test]
fn length_and_depth_are_bounded() {
    let long = vec!["tool == 'a'"; 400].join(" || ");
    assert!(read(&long).unwrap_err().iter().any(|complaint| complaint.contains("at most 4096")));
    for deep in [
        format!("{}tool == 'a'{}", "tool == 'b' && (".repeat(100), ")".repeat(100)),
        format!("parameters{} == 1", ".a".repeat(2000)),
        format!("parameters{} == 1", "[0]".repeat(1000)),
        format!("tool{}", ".f()".repeat(1000)),
        format!("1{} == 1", " + 1".repeat(900)),
        "[".repeat(4000),
    ] {
        assert!(read(&deep).is_err(), "{deep}");
    }
    // Parentheses that change nothing are not depth.
    assert!(read(&format!("{}tool == 'a'{}", "(".repeat(1000), ")".repeat(1000))).is_ok());
    let wide = vec!["tool == 'a'"; 200].join(" || ");
    assert!(read(&wide).is_ok());
}

proptest! {
    /// The parser runs where a panic would stop a proxy's worker.
    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,80}") {
        let _ = read(&text);
    }

    #[test]
    fn no_sequence_of_tokens_makes_it_panic(tokens in prop::collection::vec(prop::sample::select(vec![
        "tool", "parameters", ".", "'a'", "\"", "'''", "r'", "b\"\\xff\"", "'\\u12'", "'\\U00110000'", "'\\400'", "1", "-", "1u", "1e999",
        "0x", "9223372036854775808", "-9223372036854775808", "(", ")", "[", "]", "{", "}", ",", ":", "?", "==", "in",
        "&&", "||", "!", "has", "all", "exists_one", "map", "`a`", "\u{1F600}", "//", "null", "true", " ", "\\",
    ]), 0..24)) {
        let _ = read(&tokens.concat());
        let _ = read(&tokens.join(" "));
    }
}
