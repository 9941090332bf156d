//! What a decision costs as rules become many. `cargo bench -p toolgate --bench policy`; built for wasm32-wasip1, the same program
//! runs in any WASI host.
//!
//! For each number of rules: the least and the median time of one judgement, in nanoseconds, and how the least compares with that of
//! ten rules. `tools` are rules of a tool each, `agents` rules of one tool and an agent each.

#![expect(
    clippy::as_conversions,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a measurement off any request's path: it computes with its own numbers, needs the clock, and may fail"
)]

use std::hint::black_box;
use std::time::Instant;

use serde_json::json;
use toolgate::action::{Action, ActionKind, Parameters, Source};
use toolgate::json::{Document, Limits, Tape};
use toolgate::policy::{Condition, Effect, Expression, Facts, Policy, Rule, Wishes};
use toolgate::risk::{Level, Risk};
use toolgate::time::Timestamp;
use toolgate::token::Agent;

/// Samples of one size, and judgements a sample; the samples are odd in number.
const SAMPLES: usize = 101;
const TIMES: usize = 2000;

fn main() {
    println!("{:<8} {:>7} {:>9} {:>10} {:>10}", "shape", "rules", "least ns", "median ns", "of ten");
    for (shape, rule) in [("tools", by_tool as fn(usize) -> Rule), ("agents", by_agent)] {
        let mut ten = None;
        for count in [10, 100, 1_000, 10_000] {
            let policy = Policy::new((0..count).map(rule).collect());
            let (least, median) = measure(&policy);
            let ten = *ten.get_or_insert(least);
            println!("{shape:<8} {count:>7} {:>9.0} {:>10.0} {:>9.2}x", least * 1e9, median * 1e9, least / ten);
        }
    }
}

fn by_tool(place: usize) -> Rule {
    rule(place, &[("tool", json!(format!("tool-{place}"))), ("agent.role", json!("support"))])
}

fn by_agent(place: usize) -> Rule {
    rule(place, &[("tool", json!("tool-7")), ("agent.id", json!(format!("agent-{place}")))])
}

fn rule(place: usize, conditions: &[(&str, serde_json::Value)]) -> Rule {
    let limit = json!(100);
    let conditions = conditions.iter().map(|(name, value)| (*name, value)).chain([("parameters.limit_lte", &limit)]);
    Rule {
        id: format!("rule-{place}"),
        effect: if place.is_multiple_of(2) { Effect::Deny } else { Effect::Allow },
        conditions: conditions
            .map(|(name, value)| Expression::Is(Condition::new(name, value).unwrap()).into())
            .collect(),
        reason: None,
        scopes: Vec::new(),
        wishes: Wishes::default(),
        shadow: false,
    }
}

fn measure(policy: &Policy) -> (f64, f64) {
    let document =
        Document::read(br#"{"account_id": "001", "limit": 10}"#, &Limits::default(), Tape::default()).unwrap();
    let agent = agent();
    let action = Action {
        kind: ActionKind::Read,
        source: Source::Operator,
        tool: "tool-7".into(),
        server: "crm",
        method: "tools/call".into(),
        resource: None,
        parameters: Parameters { body: Some(document.root()), ..Parameters::default() },
    };
    let risk = Risk { level: Level::Low, score: 10, findings: Vec::new() };
    let facts = Facts {
        agent: &agent,
        action: &action,
        risk: &risk,
        method: "POST",
        path: "/mcp",
        protocol: "mcp",
        now: Timestamp::default(),
        session: None,
    };
    let mut samples: Vec<f64> = (0..SAMPLES)
        .map(|_| {
            let begin = Instant::now();
            for _ in 0..TIMES {
                black_box(policy.judge(black_box(&facts)));
            }
            begin.elapsed().as_secs_f64() / TIMES as f64
        })
        .collect();
    samples.sort_by(f64::total_cmp);
    (samples.first().copied().unwrap(), samples.get(SAMPLES / 2).copied().unwrap())
}

fn agent() -> Agent {
    Agent {
        id: "agent-7".into(),
        issuer: "https://idp.example.com".into(),
        subject: "user-7".into(),
        user: None,
        tenant: None,
        session: None,
        task: None,
        intent: None,
        role: Some("support".into()),
        scopes: Vec::new(),
        actors: Vec::new(),
        token_id: "t-1".into(),
        expires: Timestamp::from_secs(1_800_000_000),
        claims: serde_json::Map::new(),
    }
}
