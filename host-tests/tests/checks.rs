//! The table of checks in `plugin/src/token/README.md` says what is so: its scenarios exist and end for its reasons.

#![expect(clippy::panic_in_result_fn, reason = "tests may panic: that is how they fail")]

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use toolgate::reason::Reason;
use toolgate_host_tests::scenario::Scenario;

struct Row {
    check: String,
    reason: String,
    scenario: String,
}

fn table() -> Result<Vec<Row>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugin/src/token/README.md");
    let text = std::fs::read_to_string(&file).with_context(|| format!("can't read `{}`", file.display()))?;
    let rows = text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| check"));
    rows.map(|line| {
        let cells: Vec<_> = line.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        let &[_, check, source, reason, scenario, _] = cells.as_slice() else {
            anyhow::bail!("a row of the table has not four cells: {line}");
        };
        ensure!(!source.is_empty(), "`{check}` has no source");
        Ok(Row { check: check.into(), reason: reason.into(), scenario: scenario.into() })
    })
    .collect()
}

#[test]
fn every_check_is_shown_by_a_scenario_that_ends_for_its_reason() -> Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let rows = table()?;
    assert!(rows.len() > 50, "only {} rows were found", rows.len());
    for Row { check, reason, scenario } in &rows {
        ensure!(Reason::ALL.iter().any(|known| known.code() == reason), "`{check}`: there is no reason `{reason}`");
        let path = folder.join(scenario).with_extension("toml");
        let found = Scenario::load(&path, scenario).with_context(|| format!("the scenario of `{check}`"))?;
        let reasons: Vec<_> = found.steps.iter().filter_map(|step| step.expect.reason.as_deref()).collect();
        ensure!(reasons.contains(&reason.as_str()), "`{check}`: `{scenario}` ends for {reasons:?}, not for `{reason}`");
    }
    let scenarios: BTreeSet<_> = rows.iter().map(|row| &row.scenario).collect();
    assert_eq!(scenarios.len(), rows.len(), "each check has a scenario of its own");
    Ok(())
}

#[test]
fn every_reason_about_tokens_is_in_the_table() -> Result<()> {
    let listed: BTreeSet<_> = table()?.into_iter().map(|row| row.reason).collect();
    for reason in Reason::ALL.iter().filter(|reason| reason.code().starts_with("token.")) {
        assert!(listed.contains(reason.code()), "`{reason}` is not in the table");
    }
    Ok(())
}
