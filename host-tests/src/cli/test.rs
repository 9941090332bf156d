//! `toolgate test`: scenario files against the compiled filter.

use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::Serialize;

use super::{Format, filter, output};
use crate::scenario::wasm::WasmLane;
use crate::scenario::{self, Scenario};

#[derive(Serialize)]
struct Tested {
    scenario: String,
    about: String,
    passed: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    differences: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    outcome: String,
}

/// Whether every scenario at `paths` passes.
pub(super) fn run(paths: &[PathBuf], wasm: Option<&Path>, format: Format) -> Result<bool> {
    let mut scenarios = Vec::new();
    for path in paths {
        scenarios.extend(Scenario::load_all(path)?);
    }
    let lane = WasmLane::new(filter::load(wasm)?, filter::options()?);
    let tested: Vec<_> = scenarios.iter().map(|scenario| test(scenario, &lane)).collect();
    let passed = tested.iter().filter(|tested| tested.passed).count();
    match format {
        Format::Json => output::json(&tested)?,
        Format::Text => output::text(&told(&tested, passed))?,
    }
    Ok(passed == tested.len())
}

fn test(scenario: &Scenario, lane: &WasmLane) -> Tested {
    let (differences, outcome) = match scenario::run(scenario, lane) {
        Ok(report) => (report.differences, report.text),
        Err(error) => (vec![format!("{error:#}")], String::new()),
    };
    let passed = differences.is_empty();
    Tested {
        scenario: scenario.name.clone(),
        about: scenario.about.clone(),
        passed,
        differences,
        outcome: if passed { String::new() } else { outcome },
    }
}

fn told(tested: &[Tested], passed: usize) -> String {
    let mut text = String::new();
    for Tested { scenario, about, differences, outcome, .. } in tested.iter().filter(|tested| !tested.passed) {
        text.push_str(&format!("FAILED {scenario}\n  {about}\n"));
        for difference in differences {
            text.push_str(&format!("  - {difference}\n"));
        }
        for line in outcome.lines() {
            text.push_str(&format!("  | {line}\n"));
        }
    }
    text.push_str(&format!("{passed} of {} scenarios pass", tested.len()));
    text
}
