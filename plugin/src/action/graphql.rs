//! GraphQL over HTTP: which fields an operation asks for, and with which arguments.
//!
//! All of an API stands behind one path, and a mutation is sent the same way as a query. So each field at the top of the
//! operation is an action of its own, whose tool is its schema coordinate (`Query.customer`, `Mutation.refund`; GraphQL,
//! September 2025, section 2.12, with the default names of the root types), and its arguments are parameters: those that
//! are written into the document, with variables put in their place, and those of the fields below it. Each must be
//! allowed, for one request can't be forwarded in part.
//!
//! The reader is the filter's own. What it needs of the language is little (the executable part), and it must be strict
//! and bounded: the parsers at hand either go on after an error, as editors want, or recurse as deeply as the text says.
//! A test (`tests/graphql_agrees.rs`) holds what it accepts against another parser.
//!
//! Decisions:
//!
//! - Conditions (`@skip`, `@include`, the type of a fragment) are for the server to find out: what may run is judged as if
//!   it did. Aliases name what comes back, not what is done.
//! - What can't be seen is refused: persisted documents (a hash or an id instead of the text, or beside it), lists of
//!   requests, members and query parameters that GraphQL over HTTP doesn't have.
//! - Introspection (`__schema`, `__type`, `__typename`) is `list`. Of a query every other field is `read`, of a mutation
//!   what the field's name says and never less than `update`, unless the operator says otherwise.
//! - A mutation by GET is refused (GraphQL over HTTP, section 6.2.1).

mod collect;
mod lexer;
mod parser;
mod request;
mod syntax;

use std::borrow::Cow;

use super::classify;
use super::{Action, ActionKind, Annotation, Parameters, Reading, Route, Source, ToolFacts, Tools};
use crate::head::Head;
use crate::json::Value;
use crate::reason::{Reason, Refusal};
use syntax::OperationType;

/// Under which name the arguments of fields below are parameters: no argument can have it.
const BELOW: &str = "{fields}";

/// What runs, as JSON: `{"type": …, "calls": [{"field": …, "arguments": {…}, "below": […]}, …]}`, at most `longest` bytes.
/// `body` is the request's, if it has one.
pub(super) fn open(head: &Head, body: Option<&[u8]>, longest: usize) -> Result<Vec<u8>, Refusal> {
    let request = request::read(head, body, longest)?;
    let syntax = parser::parse(&request.document)?;
    let operation = syntax.operation(request.operation.as_deref())?;
    if operation.kind == OperationType::Mutation && head.method() == b"GET" {
        return Err(Refusal::new(Reason::RequestMethod, "a mutation is sent by POST"));
    }
    let variables = request.variables()?;
    collect::calls(&syntax, operation, variables.as_ref().map(|document| document.root()), longest)
}

/// The actions of what [`open`] made of a request.
pub(super) fn read<'a>(route: &'a Route, tools: &'a Tools, opened: Value<'a>) -> Reading<'a> {
    let kind = opened.get("type").and_then(Value::as_str).and_then(|name| OperationType::named(&name));
    let kind = kind.unwrap_or(OperationType::Mutation);
    let calls = opened.get("calls").into_iter().flat_map(Value::elements);
    Reading::of(calls.map(|call| action(route, tools, kind, call)).collect(), Cow::Borrowed(kind.name()))
}

fn action<'a>(route: &'a Route, tools: &'a Tools, operation: OperationType, call: Value<'a>) -> Action<'a> {
    let field = call.get("field").and_then(Value::as_str).unwrap_or_default();
    let tool = format!("{}.{field}", operation.root());
    let below = call.get("below").filter(|below| !below.is_empty());
    let parameters = Parameters {
        body: call.get("arguments"),
        beside: below.map(|below| (Cow::Borrowed(BELOW), below)).into_iter().collect(),
        fields: Vec::new(),
    };
    let facts = tools.facts(&tool);
    let annotation = tools.annotation(&route.server, &tool);
    let (kind, source) = kind(facts, annotation, operation, &field, &parameters);
    let resource = facts.and_then(|facts| facts.resource(&parameters));
    let method = Cow::Borrowed(operation.name());
    Action { kind, source, tool: Cow::Owned(tool), server: &route.server, method, resource, parameters }
}

fn kind(
    facts: Option<&ToolFacts>,
    annotation: Option<Annotation>,
    operation: OperationType,
    field: &str,
    parameters: &Parameters<'_>,
) -> (ActionKind, Source) {
    if let Some(kind) = facts.and_then(|facts| facts.action) {
        return (kind, Source::Operator);
    }
    match operation {
        OperationType::Query | OperationType::Subscription if field.starts_with("__") => {
            (ActionKind::List, Source::Protocol)
        }
        OperationType::Query | OperationType::Subscription => (ActionKind::Read, Source::Protocol),
        // Whatever its name says, a mutation is no reading.
        OperationType::Mutation => match classify::tool(None, annotation, field, parameters) {
            (ActionKind::Read | ActionKind::List, _) => (ActionKind::Update, Source::Protocol),
            known => known,
        },
    }
}

fn refuse(detail: &str) -> Refusal {
    Refusal::new(Reason::BodyGraphql, detail)
}

#[cfg(test)]
mod tests;
