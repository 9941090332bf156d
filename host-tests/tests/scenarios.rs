//! One set of scenarios, three lanes, one outcome.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use toolgate::reason::Reason;
use toolgate_host_tests::deployment::Deployment;
use toolgate_host_tests::host::Module;
use toolgate_host_tests::scenario::envoy::{EnvoyLane, wasm};
use toolgate_host_tests::scenario::ledger::Ledger;
use toolgate_host_tests::scenario::native::NativeLane;
use toolgate_host_tests::scenario::render::difference;
use toolgate_host_tests::scenario::wasm::WasmLane;
use toolgate_host_tests::scenario::{Lane, Report, Scenario, run};

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate is in a workspace").into()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

/// Those of this crate, and those that operators are given to start from.
fn scenarios() -> Vec<Scenario> {
    let of = |folder: &Path| Scenario::load_all(folder).unwrap_or_else(|error| panic!("{error:#}"));
    let roles = of(&workspace().join("examples/policies")).into_iter();
    let roles = roles.map(|role| Scenario { name: format!("roles/{}", role.name), ..role });
    of(&folder()).into_iter().chain(roles).collect()
}

fn ledger() -> Ledger {
    Ledger::read(&folder().join("ledger.toml")).unwrap_or_else(|error| panic!("{error:#}"))
}

/// Runs `check` on every scenario, several at a time, and fails with all complaints at once.
fn each(scenarios: &[Scenario], check: impl Fn(&Scenario) -> Vec<String> + Sync) {
    let next = AtomicUsize::new(0);
    let complaints = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some(scenario) = scenarios.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let found = check(scenario);
                    let told = found.into_iter().map(|text| format!("{}: {text}", scenario.name));
                    complaints.lock().unwrap().extend(told);
                }
            });
        }
    });
    let mut complaints = complaints.into_inner().unwrap();
    complaints.sort();
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}

fn report(scenario: &Scenario, lane: &dyn Lane) -> Result<Report, Vec<String>> {
    run(scenario, lane).map_err(|error| vec![format!("{error:#}")])
}

/// The scenario and its outcome, together in one file.
fn snapshot(name: &str, scenario: &Scenario, outcome: &str) -> Vec<String> {
    let text = format!("{}\n{}\n{outcome}", scenario.source, "=".repeat(80));
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let name = name.replace('/', "__");
    let compared = catch_unwind(AssertUnwindSafe(|| settings.bind(|| insta::assert_snapshot!(name, text))));
    match compared {
        Ok(()) => Vec::new(),
        Err(_) => vec!["the outcome is not the one of its snapshot".into()],
    }
}

#[test]
fn the_pure_core_does_what_each_scenario_expects() {
    each(&scenarios(), |scenario| match report(scenario, &NativeLane) {
        Ok(report) => [report.differences, snapshot(&scenario.name, scenario, &report.text)].concat(),
        Err(complaints) => complaints,
    });
}

#[test]
fn the_compiled_filter_in_our_host_sees_the_same() {
    let path = wasm(&workspace()).unwrap_or_else(|error| panic!("{error:#}"));
    let module = Module::new(&fs::read(path).unwrap()).unwrap_or_else(|error| panic!("{error:#}"));
    let deployment = Deployment::shipped().unwrap_or_else(|error| panic!("{error:#}"));
    same_as_the_core(&scenarios(), &WasmLane::new(module, deployment.host_options));
}

#[test]
fn a_real_envoy_sees_the_same() {
    let scenarios = scenarios();
    let path = wasm(&workspace()).unwrap_or_else(|error| panic!("{error:#}"));
    let lane = EnvoyLane::start(&workspace(), &path, &scenarios).unwrap_or_else(|error| panic!("{error:#}"));
    same_as_the_core(&scenarios, &lane);
}

fn same_as_the_core(scenarios: &[Scenario], lane: &dyn Lane) {
    let ledger = ledger();
    each(scenarios, |scenario| {
        let (core, found) = match (report(scenario, &NativeLane), report(scenario, lane)) {
            (Ok(core), Ok(found)) => (core.text, found.text),
            (core, found) => return [core.err(), found.err()].into_iter().flatten().flatten().collect(),
        };
        match (ledger.exception(&scenario.name, lane.name()), core == found) {
            (None, true) => Vec::new(),
            (None, false) => {
                vec![format!("not what the core sees:\n{}", difference(("core", &core), (lane.name(), &found)))]
            }
            (Some(_), true) => vec!["its entry in the ledger is stale: it sees what the core sees".into()],
            (Some(_), false) => snapshot(&format!("{}@{}", scenario.name, lane.name()), scenario, &found),
        }
    });
}

#[test]
fn every_reason_is_reached_by_a_scenario() {
    let reached = Mutex::new(BTreeSet::new());
    each(&scenarios(), |scenario| {
        reached.lock().unwrap().extend(report(scenario, &NativeLane).map(|report| report.reasons).unwrap_or_default());
        Vec::new()
    });
    let reached = reached.into_inner().unwrap();
    let ledger = ledger();
    for reason in Reason::ALL {
        let excused = ledger.unreachable.iter().any(|entry| entry.code == reason.code());
        match (reached.contains(reason.code()), excused) {
            (true, false) | (false, true) => {}
            (false, false) => panic!("no scenario reaches the reason `{reason}`"),
            (true, true) => panic!("the ledger says that nothing reaches `{reason}`, and a scenario does"),
        }
    }
    for entry in &ledger.unreachable {
        let known = Reason::ALL.iter().any(|reason| reason.code() == entry.code);
        assert!(known, "the ledger excuses the reason `{}`, which there isn't", entry.code);
    }
}

#[test]
fn the_ledger_names_only_what_is_there() {
    let names: Vec<_> = scenarios().into_iter().map(|scenario| scenario.name).collect();
    let ledger = ledger();
    let dangling = ledger.dangling(&names, &["wasm", "envoy"]);
    assert!(dangling.is_empty(), "{dangling:#?}");
}

#[test]
fn a_misspelt_key_is_an_error_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("typo.toml");
    fs::write(&path, "about = \"x\"\nconfig = \"support\"\n\n[expect]\nforwared = true\n").unwrap();
    let error = format!("{:#}", Scenario::load(&path, "typo").unwrap_err());
    assert!(error.contains("line 5") && error.contains("forwared"), "{error}");
}
