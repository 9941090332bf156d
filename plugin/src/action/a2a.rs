//! Agent2Agent (A2A), 1.0 and 0.3, in its bindings JSON-RPC and HTTP+JSON.
//!
//! Both revisions and both bindings lead to the same tools, named as 1.0 names its operations: a rule about
//! `SendMessage` holds for `message/send` and for `POST /message:send` too. What is sent along (the parts of a message,
//! the URL that a push notification goes to) are parameters, and looked at like those of any tool.
//!
//! Decisions where the texts are silent:
//!
//! - The route says that a path is A2A's, for methods such as `tasks/get` are MCP's too. A route by `path` is the
//!   endpoint of JSON-RPC; one by `prefix` has that at the prefix itself, and HTTP+JSON below it.
//! - Servers read bodies as ProtoJSON, which takes `task_id` for `taskId`: a member that is one of the protocol's but for
//!   its case and underscores is refused.
//! - Nothing here tells whether a task or an agent exists.

mod method;
mod names;

use std::borrow::Cow;

use super::body::Content;
use super::rpc::{self, Era, Rpc};
use super::rpc::{Content as Said, Message};
use super::{Action, Matching, Parameters, Reading, Resource, Route, Source, path, rest};
use crate::head::Head;
use crate::json::{Kind, Value};
use crate::reason::{Reason, Refusal};
use method::Method;

pub(crate) use method::operations;

const VERSION: &str = "a2a-version";

/// Whether the request is for the JSON-RPC endpoint, and not for a path of HTTP+JSON.
pub(super) fn is_rpc(route: &Route, head: &Head) -> bool {
    match &route.matching {
        Matching::Path(_) => true,
        Matching::Prefix(prefix) => {
            path::split(head.target()).is_ok_and(|(path, _)| path.trim_end_matches('/') == prefix.trim_end_matches('/'))
        }
    }
}

/// Refuses a head that no body could mend: a version that isn't spoken here. None means 0.3.
pub(super) fn check_head(head: &Head) -> Result<(), Refusal> {
    let version = head.only(VERSION).map_err(|_| refuse_headers("the header `a2a-version` stands more than once"))?;
    // The patch level changes nothing on the wire (specification section 3.6).
    let spoken = |version: &[u8]| {
        let mut numbers = version.split(|byte| *byte == b'.');
        matches!((numbers.next(), numbers.next()), (Some(b"1"), Some(b"0")) | (Some(b"0"), Some(b"3")))
            && numbers.next().is_none_or(|patch| !patch.is_empty() && patch.iter().all(u8::is_ascii_digit))
            && numbers.next().is_none()
    };
    match version {
        None | Some(b"") => Ok(()),
        Some(version) if spoken(version) => Ok(()),
        Some(_) => Err(Refusal::new(Reason::RequestVersion, "versions spoken here: 1.0, 0.3")),
    }
}

/// What a request would do. What is known of the envelope is left in `rpc`, whatever comes of the rest.
pub(super) fn read<'a>(
    route: &'a Route,
    head: &'a Head,
    content: &Content<'a>,
    rpc: &mut Option<Rpc>,
) -> Result<Reading<'a>, Refusal> {
    if is_rpc(route, head) {
        let root = content.body.ok_or(Reason::BodyMissing)?;
        return read_rpc(route, root, rpc).map(Reading::Judge);
    }
    if let Some(body) = content.body {
        if body.kind() != Kind::Object {
            return Err(Refusal::new(Reason::RpcParams, "the body must be an object"));
        }
        names::check(body)?;
    }
    let action = rest::read(route, head, content)?;
    Ok(Reading::Judge(Action { source: Source::Protocol, ..action }))
}

fn read_rpc<'a>(route: &'a Route, root: Value<'a>, rpc: &mut Option<Rpc>) -> Result<Action<'a>, Refusal> {
    let message = Message::read(root).inspect_err(|_| *rpc = Some(Rpc::new(rpc::salvage_id(root), Era::Legacy)))?;
    *rpc = Some(message.rpc(Era::Legacy));
    let Said::Request { method, params } = message.content else {
        return Err(Refusal::new(Reason::RpcInvalid, "clients of A2A send requests only"));
    };
    let known = Method::of(&method).ok_or(Reason::RpcMethod)?;
    params.map_or(Ok(()), names::check)?;
    let id = known.id_of(params)?;
    Ok(Action {
        kind: known.kind,
        source: Source::Protocol,
        tool: Cow::Borrowed(known.name),
        server: &route.server,
        method,
        resource: Some(Resource { kind: Cow::Borrowed(known.resource), id }),
        parameters: Parameters { body: params, ..Parameters::default() },
    })
}

fn refuse_headers(detail: &str) -> Refusal {
    Refusal::new(Reason::RequestHeaders, detail)
}

#[cfg(test)]
mod tests;
