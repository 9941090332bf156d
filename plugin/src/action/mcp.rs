//! Model Context Protocol over streamable HTTP, in both eras: 2025-03-26, 2025-06-18 and 2025-11-25 (legacy), and
//! 2026-07-28 (modern).
//!
//! Decisions where the texts are silent or conflict:
//!
//! - The body decides. A header may only refuse, and one that stands twice is a mismatch.
//! - A member beside `jsonrpc`, `id`, `method`, `params`, `result` and `error` is refused, since a reader that ignores
//!   the case of names (Go's) takes `Method` for `method`.
//! - A request without an id is refused: JSON-RPC calls it a notification, and some servers run it all the same.
//! - Arrays are refused. Only 2025-03-26 has batches, and a client has to cope with a server that has none.
//! - `initialize`, `server/discover`, `ping`, `logging/setLevel`, `resources/unsubscribe` and notifications pass
//!   without a decision: they name nothing that could be allowed or denied. GET (the server's stream) and DELETE (the
//!   session's end) of the legacy era likewise.
//! - What a client answers to sampling or elicitation is judged as `send`: it hands data to the server.

mod envelope;
mod headers;
mod meta;
mod method;

use std::borrow::Cow;

use super::parameters::{fold, repeat};
use super::{Action, ActionKind, Parameters, Reading, Resource, Route, Source, Tools, classify};
use crate::head::Head;
use crate::json::{Kind, Value};
use crate::reason::{Reason, Refusal};
use envelope::{Content, Message};
use method::{Judged, Method};

pub use envelope::{Era, Rpc};
pub use headers::SUPPORTED_VERSIONS;
pub(super) use headers::is_modern;

/// What a message would do. What is known of the envelope is left in `rpc`, whatever comes of the rest.
pub(super) fn read<'a>(
    route: &'a Route,
    tools: &'a Tools,
    head: &Head,
    root: Value<'a>,
    rpc: &mut Option<Rpc>,
) -> Result<Reading<'a>, Refusal> {
    let message = Message::read(root).inspect_err(|_| {
        let era = if is_modern(head) { Era::Modern } else { Era::Legacy };
        *rpc = Some(Rpc { id: envelope::salvage_id(root), era, requested_version: None, shows_links: false });
    })?;
    let meta = meta::Meta::of(message.params());
    let era = if is_modern(head) || meta.is_modern() { Era::Modern } else { Era::Legacy };
    let rpc = rpc.insert(message.rpc(era));
    rpc.shows_links = meta.shows_links(&message);
    match message.content {
        Content::Response(answer) => {
            headers::agree_on_version(head, era, &meta, rpc)?;
            read_response(route, era, answer)
        }
        Content::Notification { method, params } => {
            headers::agree_on_version(head, era, &meta, rpc)?;
            headers::agree(head, &method, Method::of(&method).and_then(|it| it.name_member()), params, false)?;
            Ok(Reading::Pass { method })
        }
        Content::Request { method, params } => {
            if era == Era::Modern {
                meta.require()?;
            }
            headers::agree_on_version(head, era, &meta, rpc)?;
            let Some(known) = Method::of(&method).filter(|known| known.exists_in(era)) else {
                return Err(Reason::RpcMethod.into());
            };
            headers::agree(head, &method, known.name_member(), params, era == Era::Modern)?;
            read_request(route, tools, known, method, params)
        }
    }
}

fn read_request<'a>(
    route: &'a Route,
    tools: &'a Tools,
    known: &Method,
    method: Cow<'a, str>,
    params: Option<Value<'a>>,
) -> Result<Reading<'a>, Refusal> {
    check_names(params)?;
    match known.judged {
        Judged::Pass => Ok(Reading::Pass { method }),
        Judged::Tool => read_tool(route, tools, method, params).map(Reading::Judge),
        Judged::As { kind, resource, id } => {
            let id = match id {
                Some(member) => text_member(params, member)?,
                None => Cow::Borrowed(""),
            };
            let parameters = Parameters { beside: beside(params, &[]), ..Parameters::default() };
            Ok(Reading::Judge(Action {
                kind,
                source: Source::Protocol,
                tool: method.clone(),
                server: &route.server,
                method,
                resource: Some(Resource { kind: Cow::Borrowed(resource), id }),
                parameters,
            }))
        }
    }
}

/// `tools/call`.
fn read_tool<'a>(
    route: &'a Route,
    tools: &'a Tools,
    method: Cow<'a, str>,
    params: Option<Value<'a>>,
) -> Result<Action<'a>, Refusal> {
    let tool = text_member(params, "name")?;
    let body = params.and_then(|params| params.get("arguments"));
    if body.is_some_and(|body| body.kind() != Kind::Object) {
        return Err(Refusal::new(Reason::RpcParams, "`arguments` is not an object"));
    }
    let parameters = Parameters { body, beside: beside(params, &["name", "arguments"]), fields: Vec::new() };
    if parameters.repeat_a_name() {
        return Err(Refusal::new(Reason::ParameterRepeated, "a parameter's name occurs twice, apart from its case"));
    }
    let facts = tools.facts(&tool);
    let (kind, source) = classify::tool(facts, &tool, &parameters);
    let resource = facts.and_then(|facts| facts.resource(&parameters));
    Ok(Action { kind, source, tool, server: &route.server, method, resource, parameters })
}

/// A client's answer to what the server asked (sampling, elicitation, roots).
fn read_response<'a>(route: &'a Route, era: Era, answer: Value<'a>) -> Result<Reading<'a>, Refusal> {
    if era == Era::Modern {
        return Err(Refusal::new(Reason::RpcInvalid, "responses are not sent by clients of this protocol version"));
    }
    Ok(Reading::Judge(Action {
        kind: ActionKind::Send,
        source: Source::Protocol,
        tool: Cow::Borrowed("response"),
        server: &route.server,
        method: Cow::Borrowed("response"),
        resource: None,
        parameters: Parameters { body: Some(answer), ..Parameters::default() },
    }))
}

/// Members of `params` that the protocol gives a meaning.
const KNOWN_MEMBERS: [&str; 5] = ["name", "arguments", "uri", "taskId", "_meta"];

/// No member of `params` is one that a reader which ignores the case of names takes for another.
fn check_names(params: Option<Value<'_>>) -> Result<(), Refusal> {
    let names = || params.into_iter().flat_map(Value::members).map(|(name, _)| name);
    let is_known_but_for_its_case = |name: Cow<'_, str>| {
        !KNOWN_MEMBERS.contains(&name.as_ref()) && {
            let folded = fold(name);
            KNOWN_MEMBERS.iter().any(|known| known.eq_ignore_ascii_case(&folded))
        }
    };
    if repeat(names()) || names().any(is_known_but_for_its_case) {
        return Err(Refusal::new(Reason::RpcParams, "members of `params` differ from others only in their case"));
    }
    Ok(())
}

/// A member of `params` that has to be a text.
fn text_member<'a>(params: Option<Value<'a>>, member: &str) -> Result<Cow<'a, str>, Refusal> {
    let text = params.and_then(|params| params.get(member)?.as_str()).filter(|text| !text.is_empty());
    text.ok_or_else(|| Refusal::new(Reason::RpcParams, format!("`{member}` must be a string that is not empty")))
}

/// The members of `params` that the caller chose and that aren't told elsewhere. `_meta` speaks of the call, not of
/// what it does.
fn beside<'a>(params: Option<Value<'a>>, told: &[&str]) -> Vec<(Cow<'a, str>, Value<'a>)> {
    let members = params.into_iter().flat_map(Value::members);
    members.filter(|(name, _)| name != "_meta" && !told.contains(&name.as_ref())).collect()
}

#[cfg(test)]
mod tests;
