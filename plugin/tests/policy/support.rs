//! A call, and ways to change one thing about it.

use serde_json::{Map, Value, json};
use toolgate::action::{Action, ActionKind, Parameters, Resource, Source};
use toolgate::config::{self, Config};
use toolgate::json::{Document, Limits, Tape};
use toolgate::policy::{Facts, Policy, Ruling};
use toolgate::risk::{Code, Finding, Level, Risk};
use toolgate::time::Timestamp;
use toolgate::token::Agent;

/// The configuration with these rules.
pub(crate) fn configuration(rules: &Value) -> Value {
    json!({
        "policy_version": "v1",
        "identity": {"issuers": [{
            "issuer": "https://idp.example.com",
            "audiences": ["https://gateway.example.com/mcp"],
            "algorithms": ["ES256"],
            // The key of RFC 7517's appendix A.1.
            "jwks": {"inline": {"keys": [{
                "kty": "EC", "crv": "P-256", "kid": "1",
                "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
                "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
            }]}},
        }]},
        "routes": [{"match": {"path": "/mcp"}, "protocol": "mcp", "server": "crm"}],
        "decision": {"cluster": "pdp", "url": "https://pdp.example.com"},
        "rules": rules,
    })
}

pub(crate) fn read(rules: &Value) -> Config {
    read_with(rules, &json!({}))
}

/// The configuration with these rules and comparisons.
pub(crate) fn read_with(rules: &Value, comparisons: &Value) -> Config {
    let mut written = configuration(rules);
    written.as_object_mut().unwrap().insert("comparisons".into(), comparisons.clone());
    config::read(written.to_string().as_bytes()).unwrap_or_else(|problems| panic!("{problems}"))
}

/// The policy of these rules.
pub(crate) fn policy(rules: &Value) -> Policy {
    read(rules).policy
}

/// The complaints about these rules, as lines.
pub(crate) fn complaints(rules: &Value) -> Vec<String> {
    match config::read(configuration(rules).to_string().as_bytes()) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.iter().map(ToString::to_string).collect(),
    }
}

/// One call of a tool.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) agent: Agent,
    pub(crate) tool: String,
    pub(crate) kind: ActionKind,
    pub(crate) server: String,
    pub(crate) resource: Option<(String, String)>,
    pub(crate) risk: Risk,
    pub(crate) body: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) now: Timestamp,
}

/// A support agent's read of one record.
pub(crate) fn call() -> Call {
    Call {
        agent: Agent {
            id: "agent-1".into(),
            issuer: "https://idp.example.com".into(),
            subject: "user-7".into(),
            user: Some("user-7".into()),
            tenant: None,
            session: None,
            task: None,
            intent: Some("answer".into()),
            role: Some("support".into()),
            scopes: vec!["crm.read".into(), "mail.send".into()],
            actors: Vec::new(),
            token_id: "t-1".into(),
            expires: Timestamp::from_secs(1_800_000_000),
            claims: Map::new(),
        },
        tool: "crm.query".into(),
        kind: ActionKind::Read,
        server: "crm".into(),
        resource: None,
        risk: Risk { level: Level::Medium, score: 40, findings: Vec::new() },
        body: "{}".into(),
        query: Vec::new(),
        now: Timestamp::from_secs(1_800_000_000),
    }
}

impl Call {
    /// With these arguments, as JSON text.
    pub(crate) fn with(mut self, body: &str) -> Self {
        body.clone_into(&mut self.body);
        self
    }

    /// With this parameter in the query.
    pub(crate) fn query(mut self, name: &str, value: &str) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    pub(crate) fn claims(mut self, claims: &Value) -> Self {
        self.agent.claims = claims.as_object().unwrap().clone();
        self
    }

    pub(crate) fn finding(mut self, code: Code) -> Self {
        self.risk.findings.push(Finding { code, pointer: String::new(), detail: String::new() });
        self
    }

    /// Lends what is known of the call.
    pub(crate) fn facts<T>(&self, judge: impl FnOnce(&Facts<'_>) -> T) -> T {
        let document = Document::read(self.body.as_bytes(), &Limits::default(), Tape::default()).unwrap();
        let action = Action {
            kind: self.kind,
            source: Source::Operator,
            tool: self.tool.as_str().into(),
            server: &self.server,
            method: "tools/call".into(),
            resource: self
                .resource
                .as_ref()
                .map(|(kind, id)| Resource { kind: kind.as_str().into(), id: id.as_str().into() }),
            parameters: Parameters {
                body: Some(document.root()),
                beside: Vec::new(),
                fields: self.query.iter().map(|(name, value)| (name.into(), value.into())).collect(),
            },
        };
        judge(&Facts {
            agent: &self.agent,
            action: &action,
            risk: &self.risk,
            method: "POST",
            path: "/mcp",
            protocol: "mcp",
            now: self.now,
            session: None,
        })
    }

    /// What `policy` says of it, in words.
    pub(crate) fn judged_by(&self, policy: &Policy) -> String {
        self.facts(|facts| spell(&policy.judge(facts)))
    }
}

pub(crate) fn spell(ruling: &Ruling<'_>) -> String {
    match ruling {
        Ruling::NoRule => "no rule".into(),
        Ruling::LacksScope(rule) => format!("scope {}", rule.id),
        Ruling::Failed(rule, condition) => format!("failed {} on {}", rule.id, condition.name),
        Ruling::Matched(effect, rule) => {
            format!("{} {}", effect.name(), rule.id)
        }
    }
}

/// Whether a rule with this `when` matches the call: `yes`, `no` or `failed`.
pub(crate) fn when(when: &Value, call: &Call) -> &'static str {
    let policy = policy(&json!([{"id": "r", "effect": "deny", "when": when}]));
    match call.facts(|facts| spell(&policy.judge(facts))).as_str() {
        "deny r" => "yes",
        "no rule" => "no",
        other if other.starts_with("failed r") => "failed",
        other => panic!("{other}"),
    }
}
