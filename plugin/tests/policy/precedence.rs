//! Which rule decides.

use serde_json::{Value, json};
use toolgate::decision::{Asked, Decision, DecisionService, Dialect, Original, Question, Terms, question};
use toolgate::head::Head;
use toolgate::session::{Act, Memory, Sessions};
use toolgate::time::Timestamp;

use crate::support::{call, policy};

fn rule(id: &str, effect: &str, when: Value) -> Value {
    json!({"id": id, "effect": effect, "when": when})
}

#[test]
fn the_strongest_effect_wins_whatever_the_order() {
    let here = || json!({"tool": "crm.query"});
    let mut rules = vec![
        rule("a", "allow", here()),
        rule("k", "ask", here()),
        rule("p", "approve", here()),
        rule("f", "allow", json!({"parameters.x_lte": 1})),
        rule("d", "deny", here()),
    ];
    let call = call().with(r#"{"x": "1"}"#);
    for expected in ["deny d", "failed f on parameters.x_lte", "approve p", "ask k", "allow a", "no rule"] {
        for _ in 0..rules.len().max(1) {
            assert_eq!(call.judged_by(&policy(&json!(rules))), expected);
            if !rules.is_empty() {
                rules.rotate_left(1);
            }
        }
        let strongest = expected.split(' ').nth(1).unwrap().to_owned();
        rules.retain(|rule| rule["id"] != strongest);
    }
}

#[test]
fn of_one_effect_the_first_rule_is_named() {
    let rules = json!([
        rule("glob", "deny", json!({"tool_matches": "*"})),
        rule("role", "deny", json!({"agent.role": "support"})),
        rule("tool", "deny", json!({"tool": "crm.query"})),
    ]);
    assert_eq!(call().judged_by(&policy(&rules)), "deny glob");
}

#[test]
fn a_rule_that_fails_denies_unless_its_own_other_conditions_are_false() {
    let failing = json!({"parameters.x_lte": 1, "tool": "crm.query"});
    let elsewhere = json!({"parameters.x_lte": 1, "tool": "crm.delete"});
    let other_value = json!({"parameters.x_lte": 1, "parameters.y": "b"});
    let allow = rule("a", "allow", json!({"tool": "crm.query"}));
    let call = call().with(r#"{"x": "1", "y": "a"}"#);
    let judged = |when: Value| call.judged_by(&policy(&json!([allow, rule("f", "allow", when)])));
    assert_eq!(judged(failing), "failed f on parameters.x_lte");
    assert_eq!(judged(elsewhere), "allow a");
    assert_eq!(judged(other_value), "allow a");
}

#[test]
fn without_rules_nothing_is_allowed() {
    assert_eq!(call().judged_by(&policy(&json!([]))), "no rule");
}

/// A decision service, as a configuration names it.
fn service() -> DecisionService {
    let json = json!({
        "policy_version": "v1",
        "identity": {"issuers": [{
            "issuer": "https://idp.example.com", "audiences": ["x"], "algorithms": ["ES256"],
            "jwks": {"cluster": "idp", "uri": "https://idp.example.com/jwks"},
        }]},
        "routes": [{"match": {"path": "/mcp"}, "protocol": "mcp", "server": "crm"}],
        "decision": {"cluster": "pdp", "url": "https://pdp.example.com"},
    });
    toolgate::config::read(json.to_string().as_bytes()).unwrap().decision.unwrap()
}

#[test]
fn a_permit_is_one_in_every_dialect() {
    for dialect in [Dialect::AuthZen, Dialect::Cerbos, Dialect::Opa, Dialect::ExtAuthz] {
        let service = DecisionService { dialect, ..service() };
        // Only AuthZEN has questions about several things.
        for evaluations in [None, Some(1), Some(3)].into_iter().take(if dialect == Dialect::AuthZen { 3 } else { 1 }) {
            let (head, body) = service.permit(evaluations);
            let read = service.read(evaluations, &head, &body, Timestamp::from_secs(0));
            assert_eq!(read, Ok(Decision::Permit(Terms::default())), "{dialect:?} {evaluations:?}");
        }
    }
}

#[test]
fn an_approval_is_another_question_than_a_decision() {
    let asked = |approval| {
        call().facts(|facts| {
            let asked = Asked {
                agent: facts.agent,
                original: Original { head: &Head::default(), body: b"" },
                action: facts.action,
                risk: facts.risk,
                policy_version: "v1",
                route: facts.path,
                approval,
                credential: None,
                session: None,
                coaz: None,
            };
            question(&asked, &service(), None).unwrap()
        })
    };
    let context = |question: &Question| -> Value {
        let body: Value = serde_json::from_slice(&question.body).unwrap();
        body["context"]["approval"].clone()
    };
    let (decision, approval) = (asked(false), asked(true));
    assert_eq!((context(&decision), context(&approval)), (Value::Null, json!("required")));
    assert!(decision.identity.is_some() && approval.identity.is_none(), "only a decision may be used again");
}

/// RFC 7493 section 2.2: beyond 2^53 - 1 two readers of JSON may have two numbers.
#[test]
fn a_figure_without_bound_is_told_as_a_number_that_every_reader_has() {
    let sessions = Sessions { per: Vec::new(), rows: Vec::new(), amount: Vec::new(), quarantine: None, export: false };
    let body: Value = call().facts(|facts| {
        let mut act = Act::of(&sessions, facts.action, 0);
        (act.bytes, act.rows) = (u64::MAX, u64::MAX);
        let figures = Memory::find(None, &sessions.key(facts.agent)).figures(&act, facts.now);
        let asked = Asked {
            agent: facts.agent,
            original: Original { head: &Head::default(), body: b"" },
            action: facts.action,
            risk: facts.risk,
            policy_version: "v1",
            route: facts.path,
            approval: false,
            credential: None,
            session: Some(&figures),
            coaz: None,
        };
        let service = DecisionService { sends_figures: true, ..service() };
        serde_json::from_slice(&question(&asked, &service, None).unwrap().body).unwrap()
    });
    let figures = &body["context"]["session"];
    assert_eq!(
        (&figures["rows_1m"], &figures["bytes_out_1d"]),
        (&json!(9_007_199_254_740_991_u64), &json!(9_007_199_254_740_991_u64))
    );
    assert_eq!(figures["calls_1d"], 1);
}
