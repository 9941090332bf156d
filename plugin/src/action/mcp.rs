//! Model Context Protocol over streamable HTTP, in both eras: 2025-03-26, 2025-06-18 and 2025-11-25 (legacy), and
//! 2026-07-28 (modern).
//!
//! Decisions where the texts are silent or conflict:
//!
//! - The body decides. A header may only refuse, and one that stands twice is a mismatch.
//! - A member beside `jsonrpc`, `id`, `method`, `params`, `result` and `error` is refused, since a reader that ignores
//!   the case of names (Go's) takes `Method` for `method`.
//! - A request without an id is refused: JSON-RPC calls it a notification, and some servers run it all the same.
//! - Arrays exist in 2025-03-26 only, which a missing version header may mean. Each message in one is judged; one that is
//!   refused refuses all (`batch`).
//! - A header `Mcp-Param-*` must repeat the argument that the operator says it repeats, or else some argument: which one
//!   is written in the tool's schema, which the filter doesn't see.
//! - `subscriptions/listen` is judged as reading the server, and each resource and task that it names.
//! - `Accept` may be left out (RFC 9110: anything goes), but not exclude what the server answers with.
//! - `initialize`, `server/discover`, `ping`, `logging/setLevel`, `resources/unsubscribe` and notifications pass
//!   without a decision: they name nothing that could be allowed or denied. GET (the server's stream) and DELETE (the
//!   session's end) of the legacy era likewise.
//! - What a client answers to sampling or elicitation is judged as `send`: it hands data to the server.

mod batch;
mod front;
mod headers;
mod meta;
mod method;
mod offer;

use std::borrow::Cow;

use super::parameters::repeat;
use super::rpc::{self, Content, Message};
use super::{Action, ActionKind, Parameters, Reading, Resource, Route, Source, Tools, classify};
use crate::head::Head;
use crate::json::{Kind, Value, fold};
use crate::reason::{Reason, Refusal};
use method::{Judged, Method};

pub use super::rpc::{Era, Rpc};
pub(super) use front::check_head;
pub(super) use headers::is_modern;
pub use headers::{MODERN_VERSIONS, SUPPORTED_VERSIONS};
pub(super) use meta::trace;
pub use offer::{LISTS, List, Offer, asks_for_list};

/// What a body would do. What is known of the envelope is left in `rpc`, whatever comes of the rest.
pub(super) fn read<'a>(
    route: &'a Route,
    tools: &'a Tools,
    head: &Head,
    root: Value<'a>,
    rpc: &mut Option<Rpc>,
) -> Result<Reading<'a>, Refusal> {
    match root.kind() {
        Kind::Array => batch::read(route, tools, head, root, rpc),
        _ => read_message(route, tools, head, root, rpc),
    }
}

/// What one message would do.
fn read_message<'a>(
    route: &'a Route,
    tools: &'a Tools,
    head: &Head,
    root: Value<'a>,
    rpc: &mut Option<Rpc>,
) -> Result<Reading<'a>, Refusal> {
    let message = Message::read(root).inspect_err(|_| {
        let era = if is_modern(head) { Era::Modern } else { Era::Legacy };
        *rpc = Some(Rpc::new(rpc::salvage_id(root), era));
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
            read_request(route, tools, head, era, known, method, params)
        }
    }
}

fn read_request<'a>(
    route: &'a Route,
    tools: &'a Tools,
    head: &Head,
    era: Era,
    known: &Method,
    method: Cow<'a, str>,
    params: Option<Value<'a>>,
) -> Result<Reading<'a>, Refusal> {
    check_names(params)?;
    if let Judged::Tool = known.judged {
        let action = read_tool(route, tools, method, params)?;
        let declared = tools.facts(&action.tool).map_or(&[][..], |facts| &facts.headers);
        headers::repeat_parameters(head, declared, action.parameters.body, era == Era::Modern)?;
        return Ok(Reading::Judge(action));
    }
    headers::repeat_parameters(head, &[], None, false)?;
    let action = |kind, resource, id| Action {
        kind,
        source: Source::Protocol,
        tool: method.clone(),
        server: &route.server,
        method: method.clone(),
        resource: Some(Resource { kind: Cow::Borrowed(resource), id }),
        parameters: Parameters { beside: beside(params, &[]), ..Parameters::default() },
    };
    match known.judged {
        Judged::Pass | Judged::Tool => Ok(Reading::Pass { method }),
        Judged::As { kind, resource, id } => {
            let id = id.map_or(Ok(Cow::Borrowed("")), |member| text_member(params, member))?;
            Ok(Reading::Judge(action(kind, resource, id)))
        }
        Judged::Subscription => {
            let mut actions = vec![action(ActionKind::Read, "mcp_server", Cow::Borrowed(""))];
            for (resource, id) in subscribed(params)? {
                actions.push(action(ActionKind::Read, resource, id));
            }
            Ok(Reading::of(actions, method.clone()))
        }
    }
}

/// How many resources and tasks one stream may be about. Each is judged like a request of its own.
const MAX_SUBSCRIBED: usize = 32;

/// The resources and tasks that `subscriptions/listen` names, each by its type and id.
fn subscribed(params: Option<Value<'_>>) -> Result<Vec<(&'static str, Cow<'_, str>)>, Refusal> {
    let mut subscribed = Vec::new();
    for (list, resource) in [("resourceSubscriptions", "resource"), ("taskIds", "task")] {
        let Some(list) = params.and_then(|params| params.get("notifications")?.get(list)) else { continue };
        if list.kind() != Kind::Array || subscribed.len().saturating_add(list.len()) > MAX_SUBSCRIBED {
            let wanted = format!("a list, at most {MAX_SUBSCRIBED} long, of what is listened to was expected");
            return Err(Refusal::new(Reason::RpcParams, wanted));
        }
        for element in list.elements() {
            let id = element.as_str().filter(|id| !id.is_empty());
            subscribed.push((
                resource,
                id.ok_or_else(|| Refusal::new(Reason::RpcParams, "a name in `notifications` must be a text"))?,
            ));
        }
    }
    Ok(subscribed)
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
    let (kind, source) = classify::tool(facts, tools.annotation(&route.server, &tool), &tool, &parameters);
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
const KNOWN_MEMBERS: [&str; 17] = [
    "name",
    "arguments",
    "uri",
    "taskId",
    "_meta",
    "task",
    "inputResponses",
    "requestState",
    "ref",
    "argument",
    "context",
    "cursor",
    "notifications",
    "level",
    "protocolVersion",
    "capabilities",
    "clientInfo",
];

/// No member of `params` is one that a reader which ignores the case of names takes for one that the protocol knows.
fn check_names(params: Option<Value<'_>>) -> Result<(), Refusal> {
    let names = || params.into_iter().flat_map(Value::members).map(|(name, _)| name);
    let is_known_but_for_its_case = |name: Cow<'_, str>| {
        !KNOWN_MEMBERS.contains(&name.as_ref()) && {
            let folded = fold(name);
            KNOWN_MEMBERS.iter().any(|known| known.eq_ignore_ascii_case(&folded))
        }
    };
    if repeat(names()) || names().any(is_known_but_for_its_case) {
        return Err(Refusal::new(
            Reason::RpcParams,
            "members of `params` differ from those of the protocol only in their case",
        ));
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
