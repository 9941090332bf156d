//! Whether what happened is what the story says: every witness is asked, and all must agree.

use toolgate_crm::{Credential, Crm, Store};

use crate::client::Seen;
use crate::story::{Expected, NEEDS_APPROVAL, Verdict};
use crate::witness::Observed;

/// What differs from the story: empty if nothing does.
#[derive(Debug, Default)]
pub(crate) struct Deviations(Vec<String>);

impl Deviations {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    pub(crate) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    fn add(&mut self, of: &str, what: &str, told: &str, happened: &str) {
        self.0.push(format!("{of}: {what}: the story says `{told}`, it was `{happened}`"));
    }

    fn expect(&mut self, of: &str, what: &str, told: &str, happened: &str) {
        if told != happened {
            self.add(of, what, told, happened);
        }
    }

    /// An act had more or fewer calls than the story tells of.
    pub(crate) fn count(&mut self, act: &str, told: usize, happened: usize) {
        self.expect(act, "calls of the agent", &told.to_string(), &happened.to_string());
    }
}

/// Everything about one call.
pub(crate) fn call(observed: &Observed, expected: &Expected) -> Deviations {
    let grant = expected.grant;
    let mut deviations = Deviations::default();
    let of = expected.tool;
    let audit = &observed.audit;
    let mut expect = |what, told: &str, happened: &str| deviations.expect(of, what, told, happened);

    expect("the agent's call", expected.tool, &observed.call.tool);
    expect("agent in the audit", grant.agent, audit.agent.as_deref().unwrap_or_default());
    expect("user in the audit", grant.user, audit.user.as_deref().unwrap_or_default());
    expect("action", expected.action, audit.action.as_deref().unwrap_or_default());
    expect("risk", expected.risk, audit.risk.as_ref().map_or("", |risk| &risk.level));
    expect("findings", &sorted(expected.findings.iter().copied()), &sorted(findings(observed)));
    expect("decision service asked", yes(expected.asked), yes(audit.asked));
    expect("rule", expected.rule.unwrap_or_default(), audit.rule.as_deref().unwrap_or_default());
    match expected.verdict {
        Verdict::Forward => {
            expect("verdict in the audit", "forward", &audit.verdict);
            expect("status in the access log", "200", &observed.access.status.to_string());
            expect("decision in the access log", "allow", observed.access.decision.as_deref().unwrap_or_default());
            expect("the agent's answer", "a result", seen(observed).0);
            expect("requests that reached the crm", "1", &observed.arrived.len().to_string());
        }
        Verdict::Refuse { status, reason } => {
            // A refusal that a person can turn round is told apart.
            let (verdict, decision) = match reason {
                NEEDS_APPROVAL => ("needs_approval", "needs-approval"),
                _ => ("reject", "deny"),
            };
            expect("verdict in the audit", verdict, &audit.verdict);
            expect("link to ask for approval", yes(reason == NEEDS_APPROVAL), yes(link(observed).is_some()));
            expect("reason in the audit", reason, audit.reason.as_deref().unwrap_or_default());
            expect("status in the access log", &status.to_string(), &observed.access.status.to_string());
            expect("decision in the access log", decision, observed.access.decision.as_deref().unwrap_or_default());
            expect("upstream in the access log", "", observed.access.upstream.as_deref().unwrap_or_default());
            expect("the agent's answer", "a refusal", seen(observed).0);
            expect("reason that the agent was told", reason, seen(observed).1);
            expect("decision id that the agent was told", &audit.decision_id, seen(observed).2);
            expect("requests that reached the crm", "0", &observed.arrived.len().to_string());
        }
    }
    for entry in &observed.arrived {
        let gate = |name: &str| entry.gate.get(name).map_or("", String::as_str);
        expect("tool for the crm", expected.tool, gate("x-agent-tool"));
        expect("agent for the crm", grant.agent, gate("x-agent-id"));
        expect("user for the crm", grant.user, gate("x-agent-user"));
        expect("risk for the crm", expected.risk, gate("x-agent-risk"));
        expect("decision for the crm", "allow", gate("x-agent-decision"));
        expect("decision id for the crm", &audit.decision_id, gate("x-agent-decision-id"));
        let told = expected.credential.map(|scope| minute(grant.user, grant.agent, scope)).unwrap_or_default();
        let said = entry.credential.as_ref().map(minutes).unwrap_or_default();
        expect("credential for the crm", &told, &said);
        expect("a token for the crm", yes(expected.credential.is_some()), yes(entry.bearer));
    }
    deviations
}

/// Whether none of these tokens stands in what was `written`, or was shown to an agent.
pub(crate) fn secrets<'t>(tokens: impl Iterator<Item = &'t str>, written: &[(String, String)]) -> Deviations {
    let mut deviations = Deviations::default();
    // Its signature is what makes it a token.
    for signature in tokens.filter_map(|token| token.rsplit('.').next()) {
        for (place, text) in written {
            deviations.expect(place, "tokens found", "no", yes(text.contains(signature)));
        }
    }
    deviations
}

/// Past the gate, the CRM must not take the agent's own token.
pub(crate) fn past_the_gate(seen: &Seen) -> Deviations {
    let mut deviations = Deviations::default();
    let refused = matches!(seen, Seen::Failed(text) if text.contains("invalid_token"));
    deviations.expect("the crm", "the agent's own token refused", "yes", yes(refused));
    deviations
}

/// What the CRM must look like in the end: nothing of what the attacker wanted was done; the refunds and the payment that a person approved were, once each.
pub(crate) fn records(crm: &Crm) -> Deviations {
    let mut deviations = Deviations::default();
    let (store, before) = (crm.store(), Store::default());
    let mut expect = |what, told: usize, happened: usize| {
        deviations.expect("the crm", what, &told.to_string(), &happened.to_string());
    };
    expect("exports made", 0, store.exports.len());
    expect("mails sent", 0, store.outbox.len());
    expect("invoices left", before.invoices.len(), store.invoices.len());
    expect("payments", before.payments.len().saturating_add(1), store.payments.len());
    let refunded = store.payments.iter().map(|payment| payment.refunded);
    let refunded = refunded.filter(|amount| *amount > 0).map(|amount| amount.to_string());
    deviations.expect("the crm", "refunds", "640, 20", &refunded.collect::<Vec<_>>().join(", "));
    deviations
}

/// The codes found, as the audit has them.
pub(crate) fn findings(observed: &Observed) -> impl Iterator<Item = &str> {
    observed.audit.risk.iter().flat_map(|risk| &risk.findings).map(|finding| finding.code.as_str())
}

/// Where the agent was told that a person can be asked.
pub(crate) fn link(observed: &Observed) -> Option<&str> {
    match &observed.seen {
        Seen::Refused(refusal) => refusal.link.as_deref(),
        Seen::Done(_) | Seen::Failed(_) => None,
    }
}

/// A credential as the story has it: a minute for this user, agent and scope.
fn minute(user: &str, agent: &str, scope: &str) -> String {
    format!("{scope} for {user} by {agent}, a minute")
}

/// The same of one that arrived. Clocks tick in seconds: it may be one less than was asked for.
fn minutes(credential: &Credential) -> String {
    let Credential { user, agent, scope, seconds } = credential;
    match seconds {
        59 | 60 => minute(user, agent, scope),
        other => format!("{scope} for {user} by {agent}, {other} seconds"),
    }
}

fn seen(observed: &Observed) -> (&'static str, &str, &str) {
    match &observed.seen {
        Seen::Done(_) => ("a result", "", ""),
        Seen::Failed(_) => ("a failure of the tool", "", ""),
        Seen::Refused(refusal) => ("a refusal", &refusal.reason, &refusal.decision_id),
    }
}

fn sorted<'c>(codes: impl Iterator<Item = &'c str>) -> String {
    let mut codes: Vec<_> = codes.collect();
    codes.sort_unstable();
    codes.dedup();
    codes.join(", ")
}

fn yes(asked: bool) -> &'static str {
    if asked { "yes" } else { "no" }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::client::Refusal;
    use crate::model::Call;
    use crate::story::SUPPORT;
    use crate::witness::{Access, Audit};

    const TOLD: Expected = Expected {
        grant: SUPPORT,
        tool: "customers.export",
        action: "export",
        risk: "critical",
        findings: &["rows.absent"],
        asked: false,
        rule: Some("no-bulk-export"),
        credential: None,
        verdict: Verdict::Refuse { status: 403, reason: "policy.denied" },
    };

    /// Exactly what [`TOLD`] tells.
    fn happened() -> Observed {
        let audit = json!({
            "decision_id": "d-1", "agent": SUPPORT.agent, "user": SUPPORT.user, "action": "export", "asked": false,
            "risk": {"level": "critical", "score": 90, "findings": [{"code": "rows.absent"}]},
            "verdict": "reject", "reason": "policy.denied", "rule": "no-bulk-export",
        });
        let access = json!({"path": "/mcp", "status": 403, "decision": "deny", "decision_id": "d-1", "upstream": null});
        let refusal =
            Refusal { message: "no".into(), reason: "policy.denied".into(), decision_id: "d-1".into(), link: None };
        Observed {
            call: Call::new("customers.export", json!({})),
            seen: Seen::Refused(refusal),
            access: Access::read(&access.to_string()).unwrap(),
            audit: serde_json::from_value::<Audit>(audit).unwrap(),
            arrived: vec![],
        }
    }

    #[test]
    fn what_goes_as_told_is_no_deviation() {
        assert!(call(&happened(), &TOLD).is_empty());
    }

    #[test]
    fn each_witness_alone_can_contradict() {
        type Spoil = fn(&mut Observed);
        let spoilt: [(&str, Spoil); 9] = [
            ("the agent's call", |it| it.call.tool = "customers.get".into()),
            ("the agent's answer", |it| it.seen = Seen::Done(json!({}))),
            ("status in the access log", |it| it.access.status = 200),
            ("upstream in the access log", |it| it.access.upstream = Some("127.0.0.1:1".into())),
            ("decision in the access log", |it| it.access.decision = None),
            ("rule", |it| it.audit.rule = None),
            ("findings", |it| it.audit.risk = None),
            ("user in the audit", |it| it.audit.user = Some("mallory".into())),
            ("decision service asked", |it| it.audit.asked = true),
        ];
        for (what, spoil) in spoilt {
            let mut observed = happened();
            spoil(&mut observed);
            let deviations = call(&observed, &TOLD);
            assert!(deviations.iter().any(|deviation| deviation.contains(what)), "{what}");
        }
    }

    #[test]
    fn a_token_that_was_written_down_is_noticed() {
        let written = [("a log".to_owned(), "GET / sig1".to_owned()), ("another".to_owned(), String::new())];
        assert!(secrets(["h.p.sig2"].into_iter(), &written).is_empty());
        let found = secrets(["h.p.sig2", "h.p.sig1"].into_iter(), &written);
        assert_eq!(found.iter().collect::<Vec<_>>(), ["a log: tokens found: the story says `no`, it was `yes`"]);
    }

    #[test]
    fn only_the_crms_own_refusal_is_one() {
        assert!(past_the_gate(&Seen::Failed("{\"error\":\"invalid_token\"}".into())).is_empty());
        assert!(!past_the_gate(&Seen::Done(json!({}))).is_empty());
    }

    #[test]
    fn a_record_that_changed_is_noticed() {
        let crm = Crm::default();
        let untouched = records(&crm);
        assert_eq!(untouched.iter().count(), 2, "the refund and the payment of the story are missing");
        crm.store().invoices.clear();
        assert!(records(&crm).iter().any(|deviation| deviation.contains("invoices left")));
    }
}
