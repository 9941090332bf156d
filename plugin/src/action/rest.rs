//! REST: an operation is an HTTP method and a path template of the operator's table.

use std::borrow::Cow;

use super::body::Content;
use super::parameters::Fields;
use super::read::METHOD_OVERRIDES;
use super::{Action, Operation, Parameters, Route, classify};
use crate::head::Head;
use crate::json::Kind;
use crate::reason::{Reason, Refusal};

/// The operation that a request is, and the texts among its parameters.
#[derive(Debug)]
pub(super) struct Found<'a> {
    pub(super) operation: &'a Operation,
    pub(super) fields: Fields<'a>,
}

/// The operation of this method and path, with the parameters of the path.
///
/// # Errors
/// [`Reason::OperationUnknown`] where the table has none.
pub(super) fn find<'a>(route: &'a Route, head: &'a Head, path: &'a str) -> Result<Found<'a>, Refusal> {
    let method = method(head)?;
    for operation in route.operations.iter().filter(|operation| operation.method == method) {
        if let Some(fields) = operation.path.matches(path)? {
            return Ok(Found { operation, fields });
        }
    }
    Err(Refusal::new(Reason::OperationUnknown, nearest(route, path)))
}

/// What the table has for a path instead, for whoever wrote the table; the path itself is a value, and isn't told.
fn nearest(route: &Route, path: &str) -> String {
    let has_it = |operation: &&Operation| operation.path.matches(path).is_ok_and(|fields| fields.is_some());
    let methods: Vec<&str> =
        route.operations.iter().filter(has_it).map(|operation| operation.method.as_str()).collect();
    if methods.is_empty() {
        let segments = path.split('/').filter(|segment| !segment.is_empty()).count();
        return format!("no operation of the route has this path, of {segments} segments");
    }
    format!("the route has this path for {} only", methods.join(", "))
}

fn method(head: &Head) -> Result<&str, Refusal> {
    std::str::from_utf8(head.method()).map_err(|_| Reason::RequestMethod.into())
}

/// What a request would do.
///
/// # Errors
/// [`Reason::ParameterRepeated`] where a name stands twice in path, query and body, or would override the method.
pub(super) fn read<'a>(route: &'a Route, head: &'a Head, content: &Content<'a>) -> Result<Action<'a>, Refusal> {
    let Found { operation, fields } = content.operation.ok_or(Reason::OperationUnknown)?;
    let method = method(head)?;
    let beside = content.beside.into_iter().flat_map(|beside| beside.members()).collect();
    let parameters = Parameters { body: content.body, beside, fields: fields.clone() };
    if parameters.repeat_a_name() {
        return Err(Refusal::new(Reason::ParameterRepeated, "a name stands twice in path, query and body"));
    }
    if overrides_method(&parameters) {
        let detail = "a parameter such as `_method` would override the HTTP method";
        return Err(Refusal::new(Reason::ParameterRepeated, detail));
    }
    let (kind, source) =
        classify::operation(&operation.facts, &operation.tool, method, operation.path.last_word(), &parameters);
    let resource = operation.facts.resource(&parameters);
    Ok(Action {
        kind,
        source,
        tool: Cow::Borrowed(&operation.tool),
        server: &route.server,
        method: Cow::Borrowed(method),
        resource,
        parameters,
    })
}

/// Rails, Laravel and others take the HTTP method from a parameter `_method`, ASP.NET from one named like the header.
fn overrides_method(parameters: &Parameters<'_>) -> bool {
    let in_body =
        parameters.body.filter(|body| body.kind() == Kind::Object).into_iter().flat_map(|body| body.members());
    let names = in_body.map(|(name, _)| name).chain(parameters.beside.iter().map(|(name, _)| name.clone()));
    let mut names = names.chain(parameters.fields.iter().map(|(name, _)| name.clone()));
    let overrides = || METHOD_OVERRIDES.into_iter().chain(["_method"]);
    names.any(|name| overrides().any(|known| name.eq_ignore_ascii_case(known)))
}

#[cfg(test)]
mod tests;
