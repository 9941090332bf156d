//! What kind of action a call is: best knowledge first.
//!
//! 1. the operator's table;
//! 2. what its server says of it (`readOnlyHint`, `destructiveHint`), if the operator trusts that server; what another
//!    server says may only raise;
//! 3. the verbs in the tool's name (`classify/name.rs`): position tells a verb from a noun (`get_merge_request` reads,
//!    `merge_request` merges), and among several verbs the most dangerous wins (`get_and_delete` deletes);
//!    What a database tool does, its statement says (`execute_sql` with a `SELECT` reads);
//! 4. what the parameters say, where the name says nothing or only that something is written (`action: "delete"`);
//! 5. for REST, the last word of the path (`POST /refunds/{id}/approve`) and the HTTP method.
//!
//! Where nothing tells, the kind is [`ActionKind::Unknown`], which is never low risk.

mod name;
mod verbs;
mod words;

pub(crate) use name::is_about_sql;

use std::ops::ControlFlow;

use super::{ActionKind, Annotation, Parameters, Source, ToolFacts};
use crate::sql::{self, Does};

/// The kind of an MCP tool's call, and how it is known.
#[must_use]
pub fn tool(
    facts: Option<&ToolFacts>,
    annotation: Option<Annotation>,
    tool: &str,
    parameters: &Parameters<'_>,
) -> (ActionKind, Source) {
    if let Some(kind) = facts.and_then(|facts| facts.action) {
        return (kind, Source::Operator);
    }
    annotated(annotation, by_name_and_parameters(tool, parameters))
}

/// Every kind that a call of an MCP tool might be of, whatever its parameters; the one that its name says first.
#[must_use]
pub fn kinds(facts: Option<&ToolFacts>, annotation: Option<Annotation>, tool: &str) -> Vec<ActionKind> {
    if let Some(kind) = facts.and_then(|facts| facts.action) {
        return vec![kind];
    }
    let named = name::kind(tool).filter(|_| !is_about_sql(tool));
    let by_name = named.map_or((ActionKind::Unknown, Source::Nothing), |kind| (kind, Source::Name));
    let told = ActionKind::ALL.iter().map(|(_, kind)| *kind);
    let told = told.filter(|told| named.is_none_or(|named| danger(*told) > danger(named)));
    let mut kinds = Vec::new();
    for guess in std::iter::once(by_name).chain(told.map(|kind| (kind, Source::Parameter))) {
        let (kind, _) = annotated(annotation, guess);
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    kinds
}

/// A guess, or what the server's annotation makes of it.
fn annotated(annotation: Option<Annotation>, (kind, source): (ActionKind, Source)) -> (ActionKind, Source) {
    let better = annotation.and_then(|annotation| by_annotation(annotation, kind, source));
    better.map_or((kind, source), |kind| (kind, Source::Annotation))
}

/// What a server's annotation makes of the kind that was guessed; `None` where it adds nothing.
fn by_annotation(annotation: Annotation, guessed: ActionKind, source: Source) -> Option<ActionKind> {
    let Annotation { reads, destroys, is_trusted } = annotation;
    let is_harmless = matches!(guessed, ActionKind::List | ActionKind::Read);
    // What a parameter says is about this call; a server speaks of its tool.
    let told = source == Source::Parameter;
    if reads == Some(true) && destroys != Some(true) {
        return (is_trusted && !is_harmless && !told).then_some(ActionKind::Read);
    }
    let changes = reads == Some(false) || destroys == Some(true);
    let is_known_better = is_trusted && guessed == ActionKind::Unknown;
    (changes && (is_harmless && !told || is_known_better)).then_some(ActionKind::Update)
}

fn by_name_and_parameters(tool: &str, parameters: &Parameters<'_>) -> (ActionKind, Source) {
    let named = name::kind(tool);
    if is_about_sql(tool)
        && let Some(kind) = statement_kind(parameters)
    {
        return (kind, Source::Parameter);
    }
    let told = told_by(parameters);
    match (named, told) {
        (Some(named), Some(told)) if danger(told) > danger(named) => (told, Source::Parameter),
        (Some(named), _) => (named, Source::Name),
        (None, Some(told)) => (told, Source::Parameter),
        (None, None) => (ActionKind::Unknown, Source::Nothing),
    }
}

/// The kind of a REST operation, and how it is known. `last_word` is the last word of its path, if that is no parameter.
#[must_use]
pub fn operation(
    facts: &ToolFacts,
    tool: &str,
    method: &str,
    last_word: Option<&str>,
    parameters: &Parameters<'_>,
) -> (ActionKind, Source) {
    if let Some(kind) = facts.action {
        return (kind, Source::Operator);
    }
    let by_method = match method {
        "GET" | "HEAD" | "OPTIONS" => ActionKind::Read,
        "POST" => ActionKind::Create,
        "PUT" | "PATCH" => ActionKind::Update,
        "DELETE" => ActionKind::Delete,
        _ => ActionKind::Unknown,
    };
    let named = name::kind(name::without_method(tool, method)).or_else(|| last_word.and_then(name::kind));
    match named {
        // A name can't make a DELETE a read; what a POST does, only its name tells.
        Some(named @ (ActionKind::List | ActionKind::Read)) if by_method == ActionKind::Read => (named, Source::Name),
        Some(named) if method == "POST" || danger(named) >= danger(by_method) => (named, Source::Name),
        _ => match told_by(parameters).filter(|told| danger(*told) > danger(by_method)) {
            Some(told) => (told, Source::Parameter),
            None if by_method == ActionKind::Unknown => (by_method, Source::Nothing),
            None => (by_method, Source::Parameter),
        },
    }
}

/// Parameters whose value names what is to be done, in tools that do several things.
const OPERATION_PARAMETERS: [&str; 6] = ["/action", "/operation", "/method", "/command_type", "/http_method", "/op"];

/// What a parameter says that is to be done.
fn told_by(parameters: &Parameters<'_>) -> Option<ActionKind> {
    let told = OPERATION_PARAMETERS.iter().filter_map(|pointer| {
        let text = parameters.at(pointer)?.text()?;
        // Longer texts are prose, not the name of an operation.
        if text.len() > 40 {
            return None;
        }
        match text.to_ascii_uppercase().as_str() {
            "GET" | "HEAD" => Some(ActionKind::Read),
            "POST" => Some(ActionKind::Create),
            "PUT" | "PATCH" => Some(ActionKind::Update),
            _ => name::kind(&text),
        }
    });
    told.max_by_key(|kind| danger(*kind))
}

/// What the statements among the parameters do, the worst of them: a decoy beside the real one lowers nothing.
fn statement_kind(parameters: &Parameters<'_>) -> Option<ActionKind> {
    let mut worst: Option<Does> = None;
    // The end of the walk says nothing: it is never stopped.
    let _ = parameters.leaves(&mut |_, datum| {
        if let Some(text) = datum.text() {
            let reading = sql::read(&text);
            if reading.is_certain || reading.is_parsed {
                worst = worst.max(Some(reading.worst()));
            }
        }
        ControlFlow::Continue(())
    });
    worst.map(|does| match does {
        Does::Read => ActionKind::Read,
        Does::Add => ActionKind::Create,
        Does::Session | Does::Change | Does::Alter | Does::Overwrite => ActionKind::Update,
        Does::Unknown => ActionKind::Unknown,
        Does::Maintain | Does::Run => ActionKind::Execute,
        Does::Files => ActionKind::Export,
        Does::Rights => ActionKind::Grant,
        Does::Destroy => ActionKind::Delete,
    })
}

/// How bad it is to take this kind for a lesser one: what can't be undone, or what reaches others, counts most.
pub(crate) const fn danger(kind: ActionKind) -> u8 {
    match kind {
        ActionKind::List => 0,
        ActionKind::Read => 1,
        ActionKind::Create => 2,
        ActionKind::Update => 3,
        ActionKind::Unknown => 4,
        ActionKind::Delegate => 5,
        ActionKind::Approve => 6,
        ActionKind::Send => 7,
        ActionKind::Invite => 8,
        ActionKind::Merge => 9,
        ActionKind::Publish => 10,
        ActionKind::Deploy => 11,
        ActionKind::Export => 12,
        ActionKind::Grant => 13,
        ActionKind::Execute => 14,
        ActionKind::Delete => 15,
        ActionKind::Transfer => 16,
    }
}

#[cfg(test)]
mod tests;
