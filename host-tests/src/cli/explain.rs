//! `toolgate explain`: one call, step by step, with every rule that was tried. The verdict itself is the compiled
//! filter's; how it comes about is told by the core.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Read};
use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;
use serde_json::{Value, json};
use toolgate::action::{self, Action, Protocol, Reading};
use toolgate::config::Config;
use toolgate::head::Head;
use toolgate::json::{Document, Limits, Tape};
use toolgate::policy::{Facts, Rule};
use toolgate::reason::{Reason, Refusal};
use toolgate::risk::assess;
use toolgate::time::Timestamp;
use toolgate::token::{Agent, Presented, TokenMemory, verify_in_process};

use super::judge::{Judge, Judged};
use super::recorded::Recorded;
use super::{Format, output};
use crate::scenario::Configuration;
use crate::scenario::gateway::request_head;
use crate::scenario::message::Message;

/// How a verdict comes about.
#[derive(Default, Serialize)]
struct Explanation {
    token: Value,
    action: Value,
    risk: Value,
    rules: Vec<Tried>,
    /// Where it ended before the rules, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<Value>,
}

/// A rule that was tried.
#[derive(Serialize)]
struct Tried {
    id: String,
    effect: String,
    matched: bool,
    conditions: Vec<Answered>,
}

/// A condition, and whether it holds.
#[derive(Serialize)]
struct Answered {
    condition: String,
    /// `holds`, `does not hold`, or `can't be answered`: the value sent can't be compared with the rule's.
    result: &'static str,
}

/// Explains the call in the file `request`; whether it would be forwarded.
pub(super) fn run(config: &Path, request: &Path, wasm: Option<&Path>, format: Format) -> Result<bool> {
    let recorded = Recorded::read(&read(request)?).with_context(|| format!("in `{}`", request.display()))?;
    let mut judge = Judge::new(&Configuration::read(config)?, wasm)?;
    let (judged, message) = judge.judge(&recorded)?;
    let mut explanation = Explanation::default();
    if let Err(refusal) = explain(judge.core(), &message, judge.now(), &mut explanation) {
        explanation.refused = Some(json!({"reason": refusal.reason.code(), "detail": refusal.detail}));
    }
    match format {
        Format::Json => output::json(&json!({"steps": explanation, "verdict": judged}))?,
        Format::Text => output::text(&told(&explanation, &judged))?,
    }
    Ok(judged.verdict == "forward")
}

fn read(request: &Path) -> Result<String> {
    let mut text = String::new();
    if request == Path::new("-") {
        io::stdin().read_to_string(&mut text).context("can't read standard input")?;
    } else {
        text = fs::read_to_string(request).with_context(|| format!("can't read `{}`", request.display()))?;
    }
    Ok(text)
}

fn explain(config: &Config, message: &Message, now: Timestamp, told: &mut Explanation) -> Result<(), Refusal> {
    let head = Head::from_pairs(request_head(message));
    let agent = agent(config, &head, now)?;
    told.token = json!({
        "issuer": agent.issuer, "agent": agent.id, "user": agent.user, "role": agent.role, "tenant": agent.tenant,
        "scopes": agent.scopes, "actors": agent.actors,
    });
    let route = config.routes.find(head.target())?;
    action::read_head(route, &head)?;
    let limits = Limits { bytes: route.max_body, ..Limits::default() };
    let document = match message.body.as_deref().filter(|body| !body.is_empty()) {
        None => None,
        Some(body) => Some(
            Document::read(body, &limits, Tape::default())
                .map_err(|invalid| Refusal::new(Reason::BodyUnreadable, invalid.to_string()))?,
        ),
    };
    match action::read(route, &config.tools, &head, document.as_ref()).outcome? {
        Reading::Pass { method } => told.action = json!({"method": method, "judged": false}),
        Reading::Judge(action) => {
            told.action = json!({
                "kind": action.kind.name(), "known_by": action.source.name(), "tool": action.tool, "server": action.server,
                "method": action.method,
                "resource": action.resource.as_ref().map(|resource| json!({"type": resource.kind, "id": resource.id})),
            });
            rules(config, &agent, &action, message, protocol(route.protocol), told);
        }
    }
    Ok(())
}

/// As rules on `request.protocol` name it.
const fn protocol(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Mcp => "mcp",
        Protocol::Rest => "rest",
    }
}

fn agent(config: &Config, head: &Head, now: Timestamp) -> Result<std::sync::Arc<Agent>, Refusal> {
    let mut memory = TokenMemory::default();
    match config.identity.present(head, now, &memory)? {
        Presented::Known(agent) => Ok(agent),
        Presented::Unverified(candidate) => {
            let verdict = verify_in_process(candidate.check());
            candidate.admit(verdict, &config.identity, now, &mut memory)
        }
    }
}

fn rules(
    config: &Config,
    agent: &Agent,
    action: &Action<'_>,
    message: &Message,
    protocol: &'static str,
    told: &mut Explanation,
) {
    let risk = assess(&config.risk, action);
    let findings: Vec<_> = risk
        .findings
        .iter()
        .map(|finding| json!({"code": finding.code.name(), "pointer": finding.pointer, "detail": finding.detail}))
        .collect();
    told.risk = json!({"level": risk.level.name(), "score": risk.score, "findings": findings, "asks_from": config.risk.ask_at.name()});
    let path = message.path.split('?').next().unwrap_or_default();
    let facts = Facts { agent, action, risk: &risk, method: &message.method, path, protocol };
    told.rules = config.policy.rules().iter().map(|rule| tried(rule, &facts)).collect();
}

fn tried(rule: &Rule, facts: &Facts<'_>) -> Tried {
    let conditions = rule.conditions.iter().map(|condition| {
        // A rule of this condition alone: what the filter would say of it.
        let alone = Rule { conditions: vec![condition.clone()], ..rule.clone() };
        let result = match alone.matches(facts) {
            Ok(true) => "holds",
            Ok(false) => "does not hold",
            Err(_) => "can't be answered",
        };
        Answered { condition: condition.name.clone(), result }
    });
    Tried {
        id: rule.id.clone(),
        effect: format!("{:?}", rule.effect).to_lowercase(),
        matched: rule.matches(facts).unwrap_or_default(),
        conditions: conditions.collect(),
    }
}

fn told(explanation: &Explanation, judged: &Judged) -> String {
    let mut text = String::new();
    let mut say = |line: String| {
        // Writing to a String can't fail.
        let _written = writeln!(text, "{line}");
    };
    for (step, value) in [("token", &explanation.token), ("action", &explanation.action), ("risk", &explanation.risk)] {
        for (name, value) in value.as_object().into_iter().flatten().filter(|(_, value)| !is_nothing(value)) {
            say(format!("{step:<8}{name}: {}", plain(value)));
        }
    }
    for rule in &explanation.rules {
        say(format!(
            "rule    {} ({}): {}",
            rule.id,
            rule.effect,
            if rule.matched { "matches" } else { "does not match" }
        ));
        for Answered { condition, result } in &rule.conditions {
            say(format!("          {condition}: {result}"));
        }
    }
    if let Some(refused) = &explanation.refused {
        let of = |name: &str| refused.get(name).map(plain).unwrap_or_default();
        say(format!("refused {}: {}", of("reason"), of("detail")));
    }
    let mut verdict = format!("verdict {}", judged.verdict);
    for (name, value) in [("reason", &judged.reason), ("rule", &judged.rule)] {
        if !value.is_null() {
            verdict.push_str(&format!(", {name} {}", plain(value)));
        }
    }
    say(verdict);
    text
}

fn is_nothing(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), String::from)
}
