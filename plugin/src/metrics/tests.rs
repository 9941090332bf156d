use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::audit::Mode;
use crate::audit::RiskRecord;
use crate::config;
use crate::reason::Refusal;
use crate::time::Timestamp;

fn metrics(servers: &[&str]) -> Metrics {
    let routes: Vec<_> = servers
        .iter()
        .enumerate()
        .map(|(number, server)| serde_json::json!({"match": {"path": format!("/{number}")}, "protocol": "mcp", "server": server}))
        .collect();
    let json = serde_json::json!({
        "policy_version": "metrics",
        "identity": {"issuers": [{
            "issuer": "https://idp.example.com", "audiences": ["https://gateway.example.com"], "algorithms": ["ES256"],
            "jwks": {"inline": {"keys": [{"kty": "EC", "crv": "P-256", "kid": "1",
                "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}},
        }]},
        "routes": routes,
    });
    Metrics::of(&config::read(json.to_string().as_bytes()).unwrap_or_else(|problems| panic!("{problems}")))
}

fn record(mode: Mode) -> Record {
    Record::new(Timestamp::from_secs(1), "id".into(), "p".into(), mode, None)
}

/// What a record moves, by name.
fn moved(metrics: &Metrics, record: &Record, added: Option<u64>) -> BTreeMap<String, u64> {
    let mut moved = BTreeMap::new();
    metrics.judged(record, added, &mut |place, amount| {
        moved.insert(metrics.definitions()[place].1.clone(), amount);
    });
    moved
}

fn expected(changes: &[(&str, u64)]) -> BTreeMap<String, u64> {
    changes.iter().map(|(name, amount)| ((*name).to_owned(), *amount)).collect()
}

#[test]
fn every_metric_is_defined_once_and_moved_by_its_own_name() {
    let metrics = metrics(&["crm", "billing", "crm"]);
    let names: BTreeSet<_> = metrics.definitions().iter().map(|(_, name)| name).collect();
    assert_eq!(names.len(), metrics.definitions().len());
    for reason in Reason::ALL {
        for (action, _) in ActionKind::ALL {
            for (risk, _) in Level::ALL {
                let mut record = record(Mode::Enforce);
                record.server = Some("billing".into());
                record.action = Some(action);
                record.risk = Some(RiskRecord { level: risk, score: 1, findings: Vec::new() });
                record.refused(&Refusal::from(*reason));
                let verdict = if *reason == Reason::ApprovalNeeded { "needs_approval" } else { "reject" };
                let names = [
                    (format!("toolgate_requests_total;server=billing;verdict={verdict}"), 1),
                    (format!("toolgate_actions_total;action={action};risk={risk}"), 1),
                    (format!("toolgate_refusals_total;reason={reason}"), 1),
                ];
                assert_eq!(moved(&metrics, &record, None), names.into_iter().collect());
            }
        }
    }
}

#[test]
fn a_forwarded_request_moves_two_counters_and_one_histogram() {
    let metrics = metrics(&["crm"]);
    let mut record = record(Mode::Enforce);
    record.server = Some("crm".into());
    record.action = Some("read");
    record.risk = Some(RiskRecord { level: "low", score: 1, findings: Vec::new() });
    record.forwarded();
    let changes = [
        ("toolgate_requests_total;server=crm;verdict=forward", 1),
        ("toolgate_actions_total;action=read;risk=low", 1),
        ("toolgate_added_microseconds", 70),
    ];
    assert_eq!(moved(&metrics, &record, Some(70)), expected(&changes));
}

#[test]
fn shadow_mode_counts_what_it_would_have_refused() {
    let mut record = record(Mode::Shadow);
    record.refused(&Reason::PolicyNoRule.into());
    record.let_through();
    let changes = [
        ("toolgate_requests_total;server=other;verdict=would_reject", 1),
        ("toolgate_refusals_total;reason=policy.no_rule", 1),
    ];
    assert_eq!(moved(&metrics(&["crm"]), &record, None), expected(&changes));
}

#[test]
fn what_rules_in_shadow_mode_would_decide_is_counted_beside_the_verdict() {
    let mut record = record(Mode::Enforce);
    record.forwarded();
    record.would = Some(crate::audit::Would { rule: "tried".into(), effect: "deny" });
    let changes = [("toolgate_requests_total;server=other;verdict=forward", 1), ("toolgate_shadow_rules_total", 1)];
    assert_eq!(moved(&metrics(&["crm"]), &record, None), expected(&changes));
}

#[test]
fn a_remembered_decision_is_told_from_one_that_was_asked_for() {
    let metrics = metrics(&["crm"]);
    let mut record = record(Mode::Enforce);
    record.asked = true;
    record.forwarded();
    assert_eq!(moved(&metrics, &record, None).get("toolgate_decisions_total;source=remembered"), Some(&1));
    record.durations.decision_ms = Some(7);
    let moved = moved(&metrics, &record, None);
    assert_eq!(moved.get("toolgate_decisions_total;source=asked"), Some(&1));
    assert_eq!(moved.get("toolgate_decision_milliseconds"), Some(&7));
}

#[test]
fn no_servers_name_can_make_a_label_or_more_series_than_there_are_places() {
    let many: Vec<_> = (0..200).map(|number| format!("s{number}")).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    let metrics = metrics(&many);
    let servers = metrics.definitions().iter().filter(|(_, name)| name.starts_with("toolgate_requests_total")).count();
    assert_eq!(servers, MAX_SERVERS.saturating_add(1).saturating_mul(Verdict::ALL.len()));
    let mut record = record(Mode::Enforce);
    record.server = Some("s199".into());
    assert!(moved(&metrics, &record, None).contains_key("toolgate_requests_total;server=other;verdict=reject"));
    assert_eq!(label("crm;verdict=forward"), "crm_verdict_forward");
}
