//! `tasks`.

use serde::Deserialize as _;
use serde_json::json;

use crate::config::problem::Problems;
use crate::config::raw;
use crate::policy::{
    Attribute, Comparison, Comparisons, Condition, Counterparties, Expression, InvalidCondition, Relation, Task, Tasks,
};

/// Every task that could be made sense of; `documents`: whether signed documents describe more of them.
pub(super) fn compile(written: &raw::Tasks, documents: bool, problems: &mut Problems) -> Tasks {
    let named = written.named.iter();
    if written.required && written.named.is_empty() && !documents {
        problems.add("/tasks/required", "found `true` without any task, so every request would be refused");
    }
    let by_name = named.map(|(name, written)| {
        let place = format!("/tasks/named/{}", super::token(name));
        (name.clone(), task(written, &place, problems))
    });
    Tasks { by_name: by_name.collect(), documents, required: written.required }
}

/// What a signed document says that a run may do, in the form of a task of the configuration.
///
/// # Errors
/// What can't be understood of it, in words that hold nothing of the document.
pub(in crate::config) fn documented(task: &serde_json::Value) -> Result<Task, String> {
    let written = raw::Task::deserialize(task);
    let written =
        written.map_err(|_| "its `task` is not of the form of `tasks.named` in a configuration".to_owned())?;
    let mut problems = Problems::default();
    let task = self::task(&written, "", &mut problems);
    match problems.iter().next() {
        None => Ok(task),
        Some(problem) => Err(format!("`{}` in its `task` can't be used", problem.pointer)),
    }
}

fn task(written: &raw::Task, place: &str, problems: &mut Problems) -> Task {
    let mut bounds = Vec::new();
    for (key, name, list) in [("tools", "tool_in", &written.tools), ("actions", "action_in", &written.actions)] {
        if let Some(list) = list {
            let bound = condition(name, &json!(list), &format!("{place}/{key}"), problems);
            bounds.extend(bound.map(|bound| (key, bound)));
        }
    }
    if let Some(resources) = &written.resources {
        let any = resources
            .iter()
            .enumerate()
            .filter_map(|(index, resource)| self::resource(resource, &format!("{place}/resources/{index}"), problems));
        bounds.push(("resources", Expression::Any(any.collect())));
    }
    Task { bounds, counterparties: counterparties(written, place, problems) }
}

fn resource(written: &raw::TaskResource, place: &str, problems: &mut Problems) -> Option<Expression> {
    let mut all = vec![condition("resource.type", &json!(written.kind), &format!("{place}/type"), problems)?];
    let mut which = Vec::new();
    if let Some(ids) = &written.ids {
        which.push(condition("resource.id_in", &json!(ids), &format!("{place}/ids"), problems)?);
    }
    if let Some(name) = &written.same_as {
        which.push(same_as(name, &format!("{place}/same_as"), problems)?);
    }
    if !which.is_empty() {
        all.push(Expression::Any(which));
    }
    Some(Expression::All(all))
}

/// A comparison that is false where either isn't there.
fn same_as(name: &str, place: &str, problems: &mut Problems) -> Option<Expression> {
    let comparison = match Attribute::named(name) {
        Ok(attribute) => Comparison::new(Attribute::ResourceId, Relation::Equals, attribute),
        Err(invalid) => Err(format!("found `{name}`; {invalid}")),
    };
    match comparison {
        Ok(comparison) => {
            let mut comparisons = Comparisons::default();
            comparisons.add("same_as", comparison);
            Condition::among(&comparisons, "same_as", &json!(true)).ok().map(Expression::Is)
        }
        Err(message) => {
            problems.add(place, message);
            None
        }
    }
}

fn condition(name: &str, value: &serde_json::Value, place: &str, problems: &mut Problems) -> Option<Expression> {
    match Condition::new(name, value) {
        Ok(condition) => Some(Expression::Is(condition)),
        Err(InvalidCondition::Value(message)) => {
            problems.add(place, message);
            None
        }
        Err(InvalidCondition::Attribute(invalid)) => {
            problems.add(place, invalid.to_string());
            None
        }
    }
}

fn counterparties(written: &raw::Task, place: &str, problems: &mut Problems) -> Option<Counterparties> {
    let (domains, payees) = (written.domains.is_some(), written.payees.is_some());
    if !domains && !payees && written.recipients.is_none() {
        return None;
    }
    let lists = [("domains", &written.domains), ("recipients", &written.recipients), ("payees", &written.payees)];
    for (key, list) in lists {
        if list.as_ref().is_some_and(Vec::is_empty) {
            problems.add(format!("{place}/{key}"), "found an empty list; name at least one, or bound `actions`");
        }
    }
    let mut of_risk = Problems::default();
    let settings = raw::RiskSettings {
        trusted_domains: written.domains.clone().unwrap_or_default(),
        known_payees: written.payees.clone().unwrap_or_default(),
        ..raw::RiskSettings::default()
    };
    let table = super::risk::risk(&settings, &mut of_risk);
    for problem in of_risk.iter() {
        let pointer = problem.pointer.replace("/risk/trusted_domains", &format!("{place}/domains"));
        problems.add(pointer.replace("/risk/known_payees", &format!("{place}/payees")), problem.message.clone());
    }
    let recipients = written.recipients.as_ref().map(|list| list.iter().map(|one| one.to_lowercase()).collect());
    Some(Counterparties { table, domains, recipients, payees })
}
