//! From a request to its action.
//!
//! [`read_head`] refuses what no body could make right, before the body is there. [`open`](super::open) brings the body into
//! the one form that [`read`] reads.

use std::borrow::Cow;

use super::body::{Content, Media, check_encoding, check_type};
use super::mcp::{self, Rpc};
use super::{Action, Protocol, Route, Tools, a2a, graphql, path, rest};
use crate::head::Head;
use crate::reason::{Reason, Refusal};
use crate::trace_context::TraceContext;

/// What a request turned out to be.
#[derive(Clone, Debug)]
pub enum Reading<'a> {
    /// Something that policy decides about.
    Judge(Action<'a>),
    /// Several things, at least two, each of which must be allowed: one request can't be forwarded in part.
    Several(Vec<Action<'a>>),
    /// Part of the protocol, with nothing to decide: `ping`, notifications, `initialize`, ….
    Pass {
        /// The JSON-RPC method, or the HTTP method of a legacy MCP stream.
        method: Cow<'a, str>,
    },
}

/// A reading, or why there is none.
#[derive(Clone, Debug)]
pub struct Read<'a> {
    /// What an MCP answer has to repeat; known as soon as the envelope is, whatever is wrong behind it.
    pub rpc: Option<Rpc>,
    /// The reading.
    pub outcome: Result<Reading<'a>, Refusal>,
    /// In which trace the body says that it was sent.
    pub trace: Option<TraceContext>,
}

/// Headers that some frameworks take the HTTP method from.
pub(super) const METHOD_OVERRIDES: [&str; 3] = ["x-http-method-override", "x-method-override", "x-http-method"];

/// Refuses what the head alone makes unacceptable: HTTP method, content type and encoding, announced length, headers
/// that change the method.
///
/// # Errors
/// The first reason found.
pub fn read_head(route: &Route, head: &Head) -> Result<(), Refusal> {
    if METHOD_OVERRIDES.into_iter().any(|name| head.first(name).is_some()) {
        return Err(Refusal::new(Reason::RequestHeaders, "headers that override the HTTP method are not accepted"));
    }
    check_encoding(head)?;
    check_length(route, head)?;
    match route.protocol {
        Protocol::Mcp => match head.method() {
            b"POST" => mcp::check_head(route, head).and_then(|()| check_type(head, |it| *it == Media::Json)),
            b"GET" | b"DELETE" if !mcp::is_modern(head) => mcp::check_head(route, head),
            _ => Err(Reason::RequestMethod.into()),
        },
        Protocol::A2a => {
            a2a::check_head(head)?;
            match (a2a::is_rpc(route, head), head.method(), head.first("content-type")) {
                (true, b"POST", _) | (false, _, Some(_)) => check_type(head, |it| *it == Media::Json),
                (true, ..) => Err(Reason::RequestMethod.into()),
                (false, _, None) => Ok(()),
            }
        }
        Protocol::Rest => match head.first("content-type") {
            Some(_) => check_type(head, |_| true),
            None => Ok(()),
        },
        Protocol::Graphql => match head.method() {
            b"POST" => check_type(head, |it| *it == Media::Json),
            b"GET" => Ok(()),
            _ => Err(Reason::RequestMethod.into()),
        },
    }
}

/// What a request would do. `content` is its body, opened and read.
pub fn read<'a>(route: &'a Route, tools: &'a Tools, head: &'a Head, content: &Content<'a>) -> Read<'a> {
    let mut rpc = None;
    let outcome = match (route.protocol, head.method(), content.body) {
        (Protocol::Rest, _, _) => rest::read(route, head, content).map(Reading::Judge),
        (Protocol::A2a, _, _) => a2a::read(route, head, content, &mut rpc),
        (Protocol::Graphql, _, Some(opened)) => Ok(graphql::read(route, tools, opened)),
        (Protocol::Graphql, _, None) => Err(Reason::BodyMissing.into()),
        (Protocol::Mcp, b"POST", Some(root)) => mcp::read(route, tools, head, root, &mut rpc),
        (Protocol::Mcp, b"POST", None) => Err(Reason::BodyMissing.into()),
        (Protocol::Mcp, _, Some(_)) => Err(Refusal::new(Reason::BodyMissing, "this HTTP method has no body here")),
        (Protocol::Mcp, method, None) => Ok(Reading::Pass { method: String::from_utf8_lossy(method) }),
    };
    let trace = content.body.filter(|_| route.protocol == Protocol::Mcp).and_then(mcp::trace);
    Read { rpc, outcome, trace }
}

/// Refuses a head that a server could act upon before its body: where the gateway can't hold the head back, it would go
/// on unjudged. The head of a JSON-RPC request says nothing of what to do.
///
/// # Errors
/// [`Reason::RequestUnheld`].
pub fn needs_its_body(route: &Route, head: &Head) -> Result<(), Refusal> {
    let says_nothing = match route.protocol {
        Protocol::Mcp => true,
        Protocol::A2a => a2a::is_rpc(route, head),
        Protocol::Rest => false,
        // What stands in the query of its path some servers run.
        Protocol::Graphql => path::split(head.target()).is_ok_and(|(_, query)| query.is_none_or(str::is_empty)),
    };
    if says_nothing && head.method() == b"POST" { Ok(()) } else { Err(Reason::RequestUnheld.into()) }
}

fn check_length(route: &Route, head: &Head) -> Result<(), Refusal> {
    let too_large = |length: &[u8]| {
        std::str::from_utf8(length).ok().and_then(|text| text.parse().ok()).is_none_or(|it: usize| it > route.max_body)
    };
    if head.all("content-length").any(too_large) {
        return Err(too_large_for(route));
    }
    Ok(())
}

/// The refusal of a body that is longer than the route allows.
#[must_use]
pub fn too_large_for(route: &Route) -> Refusal {
    let limit = route.max_body;
    Refusal::new(Reason::BodyTooLarge, format!("bodies on this route may have {limit} bytes (`max_body` of the route)"))
}

impl<'a> Reading<'a> {
    /// What is read from all these actions together.
    pub(super) fn of(mut actions: Vec<Action<'a>>, method: Cow<'a, str>) -> Self {
        match (actions.pop(), actions.is_empty()) {
            (None, _) => Self::Pass { method },
            (Some(only), true) => Self::Judge(only),
            (Some(last), false) => {
                actions.push(last);
                Self::Several(actions)
            }
        }
    }
}

#[cfg(test)]
mod tests;
