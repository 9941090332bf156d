//! The index changes what a decision costs, and nothing else.

use proptest::prelude::*;
use serde_json::{Value, json};
use toolgate::policy::{Effect, Facts, Policy, Ruling};

use crate::support::{Call, call, policy, spell};

/// Every rule in turn, without an index.
fn naive<'p>(policy: &'p Policy, facts: &Facts<'_>) -> Ruling<'p> {
    let strength = |ruling: &Ruling<'_>| match ruling {
        Ruling::NoRule => 0,
        Ruling::Matched(Effect::Allow, _) => 1,
        Ruling::Matched(Effect::Ask, _) => 2,
        Ruling::Matched(Effect::Approve, _) => 3,
        Ruling::LacksScope(_) => 4,
        Ruling::Failed(..) => 5,
        Ruling::Matched(Effect::Deny, _) => 6,
    };
    policy.rules().iter().fold(Ruling::NoRule, |best, rule| {
        let ruling = match rule.matches(facts) {
            Ok(false) => Ruling::NoRule,
            Ok(true) => Ruling::Matched(rule.effect, rule),
            Err(condition) => Ruling::Failed(rule, condition),
        };
        if strength(&ruling) > strength(&best) { ruling } else { best }
    })
}

const TOOLS: &[&str] = &["crm.query", "crm.list", "mail.send"];
const ROLES: &[&str] = &["support", "finance"];

fn condition() -> impl Strategy<Value = (String, Value)> {
    let tool = || prop::sample::select(TOOLS);
    let role = || prop::sample::select(ROLES);
    prop_oneof![
        4 => tool().prop_map(|tool| ("tool".into(), json!(tool))),
        2 => prop::collection::vec(tool(), 1..4).prop_map(|tools| ("tool_in".into(), json!(tools))),
        1 => tool().prop_map(|tool| ("tool_not".into(), json!(tool))),
        1 => Just(("tool_matches".into(), json!("crm.*"))),
        2 => prop::sample::select(vec!["read", "send"]).prop_map(|action| ("action".into(), json!(action))),
        2 => role().prop_map(|role| ("agent.role".into(), json!(role))),
        1 => role().prop_map(|role| ("tenant".into(), json!(role))),
        1 => Just(("agent.scopes".into(), json!("crm.read"))),
        1 => prop::sample::select(vec!["a", "b"]).prop_map(|id| ("resource.id".into(), json!(id))),
        2 => (0..3).prop_map(|bound| ("parameters.x_lte".into(), json!(bound))),
        1 => Just(("parameters.y".into(), json!("text"))),
    ]
}

fn expression() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        "tool == 'crm.query' && parameters.x > 1",
        "tool == 'crm.query' || agent.role == 'finance'",
        "!(tool != 'mail.send') && action == 'send'",
        "tool in ['crm.list'] && (parameters.x == 1 || agent.role == 'support')",
    ])
    .prop_map(|text| json!(text))
}

fn rules() -> impl Strategy<Value = Value> {
    let when = prop_oneof![
        5 => prop::collection::vec(condition(), 1..4).prop_map(|conditions| json!(conditions.into_iter().collect::<std::collections::BTreeMap<_, _>>())),
        1 => expression(),
    ];
    let effect = prop::sample::select(vec!["allow", "ask", "approve", "deny"]);
    prop::collection::vec((effect, when), 0..16).prop_map(|rules| {
        rules
            .into_iter()
            .enumerate()
            .map(|(place, (effect, when))| json!({"id": format!("r{place}"), "effect": effect, "when": when}))
            .collect()
    })
}

fn calls() -> impl Strategy<Value = Call> {
    let body = prop::sample::select(vec![
        r#"{}"#,
        r#"{"x": 1}"#,
        r#"{"x": "1"}"#,
        r#"{"x": 2, "y": "text"}"#,
        r#"{"X": 1, "y": [1]}"#,
    ]);
    let id = prop::option::of(prop::sample::select(vec!["a", "b", ""]));
    (prop::sample::select(TOOLS), prop::option::of(prop::sample::select(ROLES)), body, id).prop_map(
        |(tool, role, body, id)| {
            let mut call = call().with(body);
            tool.clone_into(&mut call.tool);
            call.agent.role = role.map(Into::into);
            call.resource = id.map(|id| ("Account".into(), id.into()));
            call
        },
    )
}

proptest! {
    #[test]
    fn the_index_rules_as_every_rule_in_turn_does(rules in rules(), calls in prop::collection::vec(calls(), 8)) {
        let policy = policy(&rules);
        for call in calls {
            call.facts(|facts| {
                prop_assert_eq!(spell(&policy.judge(facts)), spell(&naive(&policy, facts)));
                Ok(())
            })?;
        }
    }
}

#[test]
fn a_judgement_allocates_nothing() {
    let rules: Vec<_> = (0..1000)
        .map(|place| {
            json!({"id": format!("r{place}"), "effect": "deny", "when": {
                "tool": "crm.query", "agent.id": format!("agent-{}", place % 10), "parameters.limit_gt": 10, "agent.scopes": "crm.read",
                "risk.score_gte": 10,
            }})
        })
        .collect();
    let policy = policy(&json!(rules));
    call().with(r#"{"limit": 5}"#).facts(|facts| {
        let info = allocation_counter::measure(|| assert!(matches!(policy.judge(facts), Ruling::NoRule)));
        assert_eq!(info.count_total, 0);
    });
}
