//! Runs a scenario in a lane and says what is wrong with what came of it.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::expect::differences;
use super::format::{Published, Step};
use super::load::Scenario;
use super::message::Message;
use super::outcome::{Outcome, Unforeseeable};
use super::published;
use super::{assertion, render, secrets};

/// A scenario's requests, ready to be sent.
#[derive(Clone, Debug)]
pub struct Case<'s> {
    /// The scenario's name.
    pub name: &'s str,
    /// The filter's configuration, as JSON.
    pub config: String,
    /// Whether its questions go to an address where nobody listens.
    pub refused: bool,
    /// The time at which the tokens were minted.
    pub now: Duration,
    /// What the issuer's server answers, step by step.
    pub published: Vec<Published>,
    /// What the client sends, and what others answer.
    pub steps: Vec<(Message, &'s Step)>,
}

/// One way to run the filter.
pub trait Lane: Sync {
    /// `native`, `wasm` or `envoy`
    fn name(&self) -> &'static str;

    /// What time it is there, since 1970.
    fn now(&self) -> Duration;

    /// Sends the requests one after the other through one filter.
    ///
    /// # Errors
    /// When the lane itself fails: whatever the filter does is an outcome.
    fn run(&self, case: &Case<'_>) -> Result<Vec<Outcome>>;
}

/// What came of a scenario in a lane.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The outcomes for a person, and for comparison with another lane's.
    pub text: String,
    /// What differs from what the scenario expects; nothing if it passed.
    pub differences: Vec<String>,
    /// The reasons that the audit records give.
    pub reasons: Vec<String>,
    /// The audit records.
    pub records: Vec<Value>,
}

/// Runs `scenario` in `lane`.
///
/// # Errors
/// When the scenario can't be made ready, or the lane fails.
pub fn run(scenario: &Scenario, lane: &dyn Lane) -> Result<Report> {
    let case = case(scenario, lane.now())?;
    let outcomes = lane.run(&case).with_context(|| format!("`{}` in the lane `{}`", scenario.name, lane.name()))?;
    ensure!(outcomes.len() == case.steps.len(), "the lane `{}` lost a step", lane.name());
    let mut unforeseeable = Unforeseeable::default();
    let readable = |mut outcome| {
        assertion::open(scenario.config.json(), &mut outcome, case.now);
        unforeseeable.named(outcome, case.now)
    };
    let outcomes: Vec<_> = outcomes.into_iter().map(readable).collect();
    let mut report = Report::default();
    for (number, ((sent, step), outcome)) in (1..).zip(case.steps.iter().zip(&outcomes)) {
        let place = if case.steps.len() > 1 { format!("step {number}: ") } else { String::new() };
        report.differences.extend(differences(step, sent, outcome).iter().map(|text| format!("{place}{text}")));
        let leaks = secrets::leaks(&secrets::of(sent, step, scenario.config.json()), outcome);
        report.differences.extend(leaks.iter().map(|text| format!("{place}{text}")));
        let reasons = outcome.audit.iter().filter_map(|record| record.get("reason")?.as_str());
        report.reasons.extend(reasons.map(String::from));
        let unshown = outcome.audit.iter().filter_map(|record| record.pointer("/list/refused")?.as_str());
        report.reasons.extend(unshown.map(String::from));
        report.records.extend(outcome.audit.iter().cloned());
    }
    let sent: Vec<_> = case.steps.into_iter().map(|(message, _)| message).collect();
    report.text = render::outcomes(&sent, &outcomes);
    Ok(report)
}

/// The requests of `scenario` as they are sent at `now`.
///
/// # Errors
/// When a token can't be minted.
pub fn case(scenario: &Scenario, now: Duration) -> Result<Case<'_>> {
    let played = scenario.steps.iter().any(|step| step.issuer.is_some());
    let config = scenario.config.clone().with_test_keys(played).with_own_places(&scenario.name);
    let steps = scenario.steps.iter().map(|step| Ok((Message::of(step, &config, now)?, step)));
    let steps = steps.collect::<Result<Vec<_>>>().with_context(|| format!("in scenario `{}`", scenario.name))?;
    Ok(Case {
        name: &scenario.name,
        config: config.json().to_string(),
        refused: scenario.steps.iter().flat_map(|step| &step.answers).any(|answer| answer.refused),
        now,
        published: published::each(&scenario.steps, now),
        steps,
    })
}
