//! What operators watch: the metrics on a real Envoy's Prometheus page are those that the dashboard and the alerts ask for.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use toolgate_host_tests::deployment::{read_yaml, shipped_file};
use toolgate_host_tests::scenario::envoy::{EnvoyLane, wasm};
use toolgate_host_tests::scenario::{Scenario, run};

/// One each of what moves a metric: forwarded, refused by policy, asked, remembered, refused in shadow mode, keys fetched.
const PLAYED: [&str; 6] = [
    "policy/allow",
    "audit/denial_is_recorded",
    "decision/permit",
    "decision/remembered",
    "policy/shadow",
    "token/keys_fetched",
];

/// What is on the page last.
const LAST: &str = "toolgate_decision_milliseconds_count{}";

/// A page of Prometheus: series by their name and labels.
struct Page(BTreeMap<String, f64>);

/// What a real Envoy tells after these scenarios: its Prometheus page and its access log.
fn told_by_a_real_envoy() -> (Page, Vec<Value>) {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let all = Scenario::load_all(&workspace.join("host-tests/scenarios")).unwrap();
    let mut played: Vec<_> = all.into_iter().filter(|scenario| PLAYED.contains(&scenario.name.as_str())).collect();
    assert_eq!(played.len(), PLAYED.len(), "a scenario was renamed");
    for scenario in &mut played {
        scenario.config = scenario.config.clone().patched(&json!({"audit": {"filter_state": true}}));
    }
    let filter = wasm(workspace).unwrap();
    let lane = EnvoyLane::start(workspace, &filter, &played).unwrap();
    for scenario in &played {
        let report = run(scenario, &lane).unwrap();
        assert_eq!(report.differences, Vec::<String>::new(), "{}", scenario.name);
    }
    let requests = played.iter().map(|scenario| scenario.steps.len()).sum();
    let accesses = lane.access_log(requests).unwrap();
    let accesses = accesses.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    // Envoy merges histograms when it flushes, every five seconds.
    let mut page = Page::read(&lane.statistics().unwrap());
    for _ in 0..150 {
        if page.value(LAST) > 0.0 {
            break;
        }
        thread::sleep(Duration::from_millis(100));
        page = Page::read(&lane.statistics().unwrap());
    }
    (page, accesses)
}

impl Page {
    fn read(text: &str) -> Self {
        let lines = text.lines().filter(|line| line.starts_with("toolgate_"));
        Self(
            lines
                .map(|line| line.rsplit_once(' ').unwrap())
                .map(|(series, value)| (series.into(), value.parse().unwrap()))
                .collect(),
        )
    }

    fn value(&self, series: &str) -> f64 {
        *self.0.get(series).unwrap_or_else(|| {
            panic!("there is no `{series}` among:\n{}", self.names().into_iter().collect::<Vec<_>>().join("\n"))
        })
    }

    fn names(&self) -> BTreeSet<String> {
        self.0.keys().map(|series| series.split('{').next().unwrap().to_owned()).collect()
    }

    /// The labels of a metric.
    fn labels(&self, name: &str) -> BTreeSet<String> {
        let of_it = self.0.keys().filter_map(|series| series.strip_prefix(name)?.strip_prefix('{')?.strip_suffix('}'));
        of_it
            .flat_map(|labels| labels.split("\","))
            .map(|label| label.split('=').next().unwrap().to_owned())
            .filter(|it| !it.is_empty())
            .collect()
    }
}

/// Every `toolgate_…` in an expression, with the labels that it asks for in braces.
fn asked_for(expression: &str) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    let mut rest = expression;
    while let Some(at) = rest.find("toolgate_") {
        let name: String = rest[at..].chars().take_while(|it| it.is_ascii_lowercase() || *it == '_').collect();
        rest = &rest[at + name.len()..];
        let selector = rest.strip_prefix('{').and_then(|rest| rest.split('}').next()).unwrap_or_default();
        let labels =
            selector.split("\",").filter_map(|label| label.split(['=', '!']).next()).filter(|it| !it.is_empty());
        found.push((name, labels.map(str::to_owned).collect()));
    }
    found
}

/// The labels that an expression groups by, but for `le`.
fn grouped_by(expression: &str) -> Vec<String> {
    let groups = expression.split("by (").skip(1).filter_map(|rest| rest.split(')').next());
    groups.flat_map(|group| group.split(", ")).filter(|label| *label != "le").map(str::to_owned).collect()
}

fn expressions() -> Vec<String> {
    let alerts = read_yaml(&shipped_file("alerts.yaml")).unwrap();
    let rules = alerts[0]["groups"].as_array().unwrap().iter().flat_map(|group| group["rules"].as_array().unwrap());
    let mut expressions: Vec<String> = rules.map(|rule| rule["expr"].as_str().unwrap().to_owned()).collect();
    let dashboard: Value =
        serde_json::from_str(&std::fs::read_to_string(shipped_file("grafana.json")).unwrap()).unwrap();
    let targets = dashboard["panels"].as_array().unwrap().iter().flat_map(|panel| panel["targets"].as_array().unwrap());
    expressions.extend(targets.map(|target| target["expr"].as_str().unwrap().to_owned()));
    expressions
}

#[test]
fn a_real_envoy_shows_what_dashboard_alerts_and_access_log_ask_for() {
    let (page, accesses) = told_by_a_real_envoy();
    let forwarded = accesses
        .iter()
        .find(|access| access["tool"] == "crm.find_customers" && access["verdict"] == "forward")
        .expect("no forwarded request");
    assert_eq!((&forwarded["agent"], &forwarded["risk"]), (&"support-agent".into(), &"low".into()), "{forwarded}");
    assert!(forwarded["decision_id"].as_str().is_some_and(|id| id.len() == 32), "{forwarded}");
    let rejected = accesses.iter().find(|access| access["verdict"] == "reject").expect("no refused request");
    assert_eq!((&rejected["reason"], &rejected["tool"]), (&"policy.denied".into(), &"crm.export_customers".into()));
    assert!(accesses.iter().any(|access| access["verdict"] == "would_reject"), "nothing of shadow mode");
    for (series, at_least) in [
        (r#"toolgate_requests_total{server="crm",verdict="forward"}"#, 4.0),
        (r#"toolgate_requests_total{server="crm",verdict="reject"}"#, 1.0),
        (r#"toolgate_requests_total{server="crm",verdict="would_reject"}"#, 1.0),
        (r#"toolgate_actions_total{action="export",risk="high"}"#, 1.0),
        (r#"toolgate_refusals_total{reason="policy.denied"}"#, 1.0),
        (r#"toolgate_decisions_total{source="asked"}"#, 2.0),
        (r#"toolgate_decisions_total{source="remembered"}"#, 1.0),
        (r#"toolgate_signatures_total{by="host"}"#, 5.0),
        (r#"toolgate_fetches_total{fate="fetched"}"#, 1.0),
        (r#"toolgate_added_microseconds_count{}"#, 5.0),
        (r#"toolgate_decision_milliseconds_count{}"#, 2.0),
        (r#"toolgate_memory_bytes{}"#, 65_536.0),
    ] {
        assert!(page.value(series) >= at_least, "`{series}` is {}", page.value(series));
    }
    // What hasn't happened is there too, as a zero.
    assert_eq!(page.value(r#"toolgate_refusals_total{reason="fault"}"#), 0.0);
    for name in page.names() {
        assert!(!name.contains(';') && !name.contains("__"), "a label stayed in the name `{name}`");
    }
    let expressions = expressions();
    assert!(expressions.len() > 15, "only {} expressions", expressions.len());
    for expression in expressions {
        let mut labels = BTreeSet::new();
        for (name, selected) in asked_for(&expression) {
            assert!(page.names().contains(&name), "no metric `{name}`, which `{expression}` asks for");
            let shown = page.labels(&name);
            for label in selected {
                assert!(
                    shown.contains(&label),
                    "`{name}` has the labels {shown:?}, and `{expression}` asks for `{label}`"
                );
            }
            labels.extend(shown);
        }
        for label in grouped_by(&expression) {
            assert!(labels.contains(&label), "nothing in `{expression}` has the label `{label}`");
        }
    }
}
