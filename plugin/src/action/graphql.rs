//! GraphQL over HTTP: which fields an operation asks for, and with which arguments.
//!
//! All of an API stands behind one path, and a mutation is sent the same way as a query. So each field at the top of the
//! operation is an action of its own, with the tool `<the operation's tool>.<field>`, and its arguments are parameters:
//! those written into the query, with variables put in their place, and those of fields below it. Each must be allowed.
//!
//! The reader is the filter's own. What it needs of the language is little (the October 2021 edition's executable part),
//! and it must be strict and bounded: the parsers at hand either go on after an error, as editors want, or recurse as
//! deeply as the text says.
//!
//! Refused, since what would run can't be seen: persisted queries, lists of requests, members that GraphQL over HTTP
//! doesn't have, block strings (their meaning depends on their indentation; a variable holds any text).

mod collect;
mod lexer;
mod parser;
mod syntax;

use std::borrow::Cow;

use super::body::limits;
use super::parameters::Fields;
use super::rest::Found;
use super::{Action, ActionKind, Parameters, Reading, Route, Source, Tools, classify};
use crate::json::{Document, Kind, Tape, Value, fold};
use crate::reason::{Reason, Refusal};

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OperationType {
    Query,
    Mutation,
    Subscription,
}

impl OperationType {
    const fn name(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Mutation => "mutation",
            Self::Subscription => "subscription",
        }
    }
}

/// The members of a request (GraphQL over HTTP, section 5.1) that say what runs.
const MEMBERS: [&str; 3] = ["query", "operationName", "variables"];

/// What runs, as a JSON array with one element for each field: `{"field": …, "arguments": {…}, "below": […]}`. The members
/// are taken out of `fields` where they stand there, as they do in a GET.
pub(super) fn open(json: Option<&[u8]>, fields: &mut Fields<'_>) -> Result<(OperationType, Vec<u8>), Refusal> {
    let longest = json.map_or(0, <[u8]>::len);
    let document = json.map(|json| Document::read(json, &limits(longest), Tape::default())).transpose();
    let document = document.map_err(super::body::unreadable)?;
    let body = document.as_ref().map(Document::root);
    if let Some(body) = body {
        check_members(body)?;
    }
    let mut member = |name: &str| -> Result<Option<Cow<'_, str>>, Refusal> {
        let place = fields.iter().position(|(found, _)| found == name);
        let in_query = place.map(|place| Cow::Owned(fields.swap_remove(place).1.into_owned()));
        let in_body = body.and_then(|body| body.get(name)).filter(|value| !value.is_null());
        match (in_query, in_body) {
            (Some(_), Some(_)) => Err(Reason::ParameterRepeated.into()),
            (Some(text), None) => Ok(Some(text)),
            (None, Some(value)) if name == "variables" => Ok(Some(Cow::Owned(String::from_utf8_lossy(value.raw()).into_owned()))),
            (None, Some(value)) => value.as_str().map(Some).ok_or_else(|| refuse("`query` and `operationName` are texts")),
            (None, None) => Ok(None),
        }
    };
    let query = member("query")?.ok_or_else(|| refuse("there is no `query`; a persisted one can't be judged"))?;
    let name = member("operationName")?;
    let variables = member("variables")?.unwrap_or(Cow::Borrowed("{}"));
    let variables = Document::read(variables.as_bytes(), &limits(variables.len()), Tape::default()).map_err(super::body::unreadable)?;
    if variables.root().kind() != Kind::Object {
        return Err(refuse("`variables` is not an object"));
    }
    let syntax = parser::parse(&query)?;
    collect::calls(&syntax, name.as_deref().filter(|name| !name.is_empty()), variables.root())
}

fn check_members(body: Value<'_>) -> Result<(), Refusal> {
    if body.kind() != Kind::Object {
        return Err(refuse("one request in an object was expected"));
    }
    let is_known = |name: Cow<'_, str>| MEMBERS.contains(&&*name) || name == "extensions";
    if !body.members().all(|(name, _)| is_known(name)) {
        return Err(refuse("members may be `query`, `operationName`, `variables` and `extensions`"));
    }
    let extensions = body.get("extensions").into_iter().flat_map(|extensions| extensions.members());
    let persisted = extensions.map(|(name, _)| fold(name)).any(|name| name == "persistedquery");
    if persisted { Err(refuse("a persisted query can't be judged")) } else { Ok(()) }
}

/// The actions of what [`open`] made of a request.
pub(super) fn read<'a>(
    route: &'a Route,
    tools: &'a Tools,
    found: &'a Found<'a>,
    operation: OperationType,
    calls: Value<'a>,
) -> Reading<'a> {
    let actions = calls.elements().map(|call| {
        let field = call.get("field").and_then(Value::as_str).unwrap_or_default();
        let tool = format!("{}.{field}", found.operation.tool);
        let below = call.get("below").filter(|below| !below.is_empty());
        let parameters = Parameters {
            body: call.get("arguments"),
            beside: below.map(|below| (Cow::Borrowed("below"), below)).into_iter().collect(),
            fields: found.fields.clone(),
        };
        let facts = tools.facts(&tool);
        let (kind, source) = match (facts.and_then(|facts| facts.action), operation) {
            (Some(kind), _) => (kind, Source::Operator),
            (None, OperationType::Query | OperationType::Subscription) if field.starts_with("__") => {
                (ActionKind::List, Source::Protocol)
            }
            (None, OperationType::Query | OperationType::Subscription) => (ActionKind::Read, Source::Protocol),
            // Whatever its name says, a mutation is no reading.
            (None, OperationType::Mutation) => match classify::tool(None, &field, &parameters) {
                (ActionKind::Read | ActionKind::List, _) => (ActionKind::Update, Source::Protocol),
                known => known,
            },
        };
        let resource = facts.unwrap_or(&found.operation.facts).resource(&parameters);
        Action {
            kind,
            source,
            tool: Cow::Owned(tool),
            server: &route.server,
            method: Cow::Borrowed(operation.name()),
            resource,
            parameters,
        }
    });
    Reading::of(actions.collect(), Cow::Borrowed(operation.name()))
}

fn refuse(detail: &str) -> Refusal {
    Refusal::new(Reason::BodyGraphql, detail)
}

#[cfg(test)]
mod tests;
