//! REST: an operation is an HTTP method and a path template of the operator's table.

use std::borrow::Cow;

use super::{Action, Parameters, Protocol, Route, classify, path};
use crate::head::Head;
use crate::json::{Document, Kind};
use crate::reason::{Reason, Refusal};

/// What a request would do.
///
/// # Errors
/// [`Reason::OperationUnknown`] where the table has no such operation; [`Reason::ParameterRepeated`] where a name
/// stands twice in path, query and body; [`Reason::BodyType`] for a body without a content type;
/// [`Reason::RequestPath`] where path or query have more than one reading.
pub(super) fn read<'a>(
    route: &'a Route,
    head: &'a Head,
    document: Option<&'a Document<'a>>,
) -> Result<Action<'a>, Refusal> {
    debug_assert_eq!(route.protocol, Protocol::Rest);
    let (path, query) = path::split(head.target())?;
    let method = std::str::from_utf8(head.method()).map_err(|_| Reason::RequestMethod)?;
    for operation in route.operations.iter().filter(|operation| operation.method == method) {
        let Some(mut fields) = operation.path.matches(path)? else {
            continue;
        };
        fields.extend(path::query(query.unwrap_or_default())?);
        if document.is_some() && head.first("content-type").is_none() {
            return Err(Refusal::new(Reason::BodyType, "a body needs a content type"));
        }
        let body = document.map(Document::root);
        let parameters = Parameters { body, beside: Vec::new(), fields };
        if parameters.repeat_a_name() {
            return Err(Refusal::new(Reason::ParameterRepeated, "a name stands twice in path, query and body"));
        }
        if overrides_method(&parameters) {
            return Err(Refusal::new(
                Reason::ParameterRepeated,
                "a parameter `_method` would override the HTTP method",
            ));
        }
        let (kind, source) =
            classify::operation(&operation.facts, &operation.tool, method, operation.path.last_word(), &parameters);
        let resource = operation.facts.resource(&parameters);
        return Ok(Action {
            kind,
            source,
            tool: Cow::Borrowed(&operation.tool),
            server: &route.server,
            method: Cow::Borrowed(method),
            resource,
            parameters,
        });
    }
    Err(Reason::OperationUnknown.into())
}

/// Rails, Laravel and others take the HTTP method from a parameter of that name.
fn overrides_method(parameters: &Parameters<'_>) -> bool {
    let in_body = parameters.body.filter(|body| body.kind() == Kind::Object).and_then(|body| body.get("_method"));
    in_body.is_some() || parameters.fields.iter().any(|(name, _)| name.eq_ignore_ascii_case("_method"))
}

#[cfg(test)]
mod tests;
