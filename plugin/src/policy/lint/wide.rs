//! An `allow` that lets through more than its name or its conditions suggest.

use super::{KnownTool, Surface, conditions};
use crate::action::ActionKind;
use crate::policy::condition::{Condition, Test};
use crate::policy::{Attribute, Constant, Effect, Rule};

/// What changes or discloses so much that a pattern should not let it through unnoticed.
const GRAVE: &[&str] = &["delete", "export", "deploy", "grant", "transfer", "execute", "merge", "publish"];

/// More names than a person reads are counted.
const SHOWN: usize = 3;

pub(super) fn complaints(rule: &Rule, surface: &Surface<'_>) -> Vec<String> {
    let mut found: Vec<String> = conditions(rule).filter_map(|it| literal(rule, it)).collect();
    if rule.effect != Effect::Allow || conditions(rule).any(|it| *it.attribute() == Attribute::Action) {
        return found;
    }
    let reached = || surface.tools.iter().filter(|tool| tool.may_meet(rule));
    let promised: Vec<&str> = rule.id.split(|c: char| !c.is_ascii_alphanumeric()).filter_map(kind).collect();
    let is_pattern = conditions(rule).any(|it| matches!(it.test, Test::Matches(_) | Test::Text(..)));
    let names_tools = conditions(rule).any(|it| *it.attribute() == Attribute::Tool && it.constants().is_some());
    if let Some(first) = promised.first() {
        let beyond: Vec<_> =
            reached().filter(|tool| tool.action.is_some_and(|kind| !promised.contains(&kind))).collect();
        if !beyond.is_empty() {
            found.push(format!(
                "`{}` says `{first}` by its name, and allows {} too; add `action: {first}`",
                rule.id,
                listed(&beyond)
            ));
        } else if !names_tools && reached().next().is_none() {
            found.push(format!(
                "`{}` says `{first}` by its name, and allows every kind of action; add `action: {first}`",
                rule.id
            ));
        }
    } else if is_pattern {
        let grave: Vec<_> = reached().filter(|tool| tool.action.is_some_and(|kind| GRAVE.contains(&kind))).collect();
        if !grave.is_empty() {
            found.push(format!(
                "`{}` allows {} by a pattern; name these tools one by one, or add `action_in: [read, list]`",
                rule.id,
                listed(&grave)
            ));
        }
    }
    found
}

/// `*` where it stands for itself.
fn literal(rule: &Rule, condition: &Condition) -> Option<String> {
    let mut texts = condition.constants()?.iter().filter_map(Constant::text);
    let glob = texts.find(|text| text.len() > 1 && text.contains('*'))?;
    let name = condition.name.trim_end_matches("_in");
    Some(format!(
        "`{}` compares `{name}` with `{glob}` letter by letter; for a pattern write `{name}_matches`",
        rule.id
    ))
}

/// The kind of action that a word of a rule's name promises.
fn kind(word: &str) -> Option<&'static str> {
    let word = word.to_ascii_lowercase();
    let singular = word.strip_suffix('s').unwrap_or(&word);
    ActionKind::named(singular).filter(|kind| *kind != ActionKind::Unknown).map(ActionKind::name)
}

fn listed(tools: &[&KnownTool<'_>]) -> String {
    let shown: Vec<_> = tools
        .iter()
        .take(SHOWN)
        .map(|tool| format!("`{}` ({})", tool.name, tool.action.unwrap_or("unknown")))
        .collect();
    match tools.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
