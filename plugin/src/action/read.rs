//! From a request to its action.
//!
//! [`read_head`] refuses what no body could make right, before the body is there. [`read`] does the rest.

use std::borrow::Cow;

use super::mcp::{self, Rpc};
use super::{Action, Protocol, Route, Tools, rest};
use crate::head::Head;
use crate::json::Document;
use crate::reason::{Reason, Refusal};
use crate::trace_context::TraceContext;

/// What a request turned out to be.
#[derive(Clone, Debug)]
pub enum Reading<'a> {
    /// Something that policy decides about.
    Judge(Action<'a>),
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

/// Refuses what the head alone makes unacceptable: HTTP method, content type and encoding, announced length, headers
/// that change the method.
///
/// # Errors
/// The first reason found.
pub fn read_head(route: &Route, head: &Head) -> Result<(), Refusal> {
    let overrides = ["x-http-method-override", "x-method-override", "x-http-method"];
    if overrides.into_iter().any(|name| head.first(name).is_some()) {
        return Err(Refusal::new(Reason::RequestHeaders, "headers that override the HTTP method are not accepted"));
    }
    check_encoding(head)?;
    check_length(route, head)?;
    match route.protocol {
        Protocol::Mcp => match head.method() {
            b"POST" => check_type(head, is_json),
            b"GET" | b"DELETE" if !mcp::is_modern(head) => Ok(()),
            _ => Err(Reason::RequestMethod.into()),
        },
        Protocol::Rest => match head.first("content-type") {
            Some(_) => check_type(head, is_json_like),
            None => Ok(()),
        },
    }
}

/// What a request would do. `document` is its body, `None` where it has none.
pub fn read<'a>(route: &'a Route, tools: &'a Tools, head: &'a Head, document: Option<&'a Document<'a>>) -> Read<'a> {
    let mut rpc = None;
    let outcome = read_head(route, head).and_then(|()| match (route.protocol, head.method(), document) {
        (Protocol::Rest, _, _) => rest::read(route, head, document).map(Reading::Judge),
        (Protocol::Mcp, b"POST", Some(document)) => mcp::read(route, tools, head, document.root(), &mut rpc),
        (Protocol::Mcp, b"POST", None) => Err(Reason::BodyMissing.into()),
        (Protocol::Mcp, _, Some(_)) => Err(Refusal::new(Reason::BodyMissing, "this HTTP method has no body here")),
        (Protocol::Mcp, method, None) => Ok(Reading::Pass { method: String::from_utf8_lossy(method) }),
    });
    let trace = document.filter(|_| route.protocol == Protocol::Mcp).and_then(|document| mcp::trace(document.root()));
    Read { rpc, outcome, trace }
}

/// Decoded bodies are what the tool behind sees; we would judge the encoded ones.
fn check_encoding(head: &Head) -> Result<(), Refusal> {
    if head.all("content-encoding").all(|coding| coding.eq_ignore_ascii_case(b"identity")) {
        return Ok(());
    }
    Err(Refusal::new(Reason::BodyType, "a body must not be compressed or otherwise encoded"))
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

fn check_type(head: &Head, accepts: fn(&str) -> bool) -> Result<(), Refusal> {
    let refuse = || Refusal::new(Reason::BodyType, "the body must be JSON in UTF-8, sent once as `application/json`");
    let value = head.only("content-type").ok().flatten().ok_or_else(refuse)?;
    let text = std::str::from_utf8(value).map_err(|_| refuse())?.to_ascii_lowercase();
    let mut parts = text.split(';').map(str::trim);
    let is_accepted = parts.next().is_some_and(accepts)
        && parts.all(|parameter| matches!(parameter, "" | "charset=utf-8" | "charset=\"utf-8\""));
    if is_accepted { Ok(()) } else { Err(refuse()) }
}

fn is_json(media_type: &str) -> bool {
    media_type == "application/json"
}

/// JSON by its type or by its structured suffix (RFC 6839): `application/merge-patch+json`.
fn is_json_like(media_type: &str) -> bool {
    is_json(media_type) || (media_type.starts_with("application/") && media_type.ends_with("+json"))
}

#[cfg(test)]
mod tests;
