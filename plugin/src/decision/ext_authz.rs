//! Envoy's `ext_authz`: the gRPC service `envoy.service.auth.v3.Authorization`, so that whatever decides for Envoy's own
//! filter (OPA-Envoy and others) decides here too.
//!
//! Source: Envoy, `api/envoy/service/auth/v3/{external_auth,attribute_context}.proto`, and gRPC over HTTP/2. It goes over an
//! ordinary call through a cluster that speaks HTTP/2, and not over `proxy_grpc_call`: a message of gRPC is five bytes and a
//! protobuf, and so timeout, second try, breaker and the bound on answers are those of every question, on every host.
//!
//! - `source.principal` is the agent, `destination.service` the server. `request.http` is what the client sent, of its headers
//!   only those that the operator names.
//! - `context_extensions` tells in words what was made of it; `metadata_context.filter_metadata.toolgate` is the AuthZEN
//!   evaluation, whose numbers are doubles there: one that isn't a double stands as a text.
//! - A permit is status 0, said in so many bytes. What it wants of the request is carried out (a header set; `authorization`
//!   in place of the agent's token) or makes a no of it. `dynamic_metadata` is for other filters, and left alone. A denial's
//!   own status, headers and body aren't shown: what a client reads is this gateway's.

mod answer;
mod messages;

use std::collections::BTreeMap;
use std::fmt::Display;

use prost::Message as _;

pub(super) use self::answer::{permit, read};
use self::messages::{
    AttributeContext, CheckRequest, HttpRequest, ListValue, Metadata, Peer, ProtobufValue, Request, Struct, value,
};
use super::{Asked, DecisionService, Shown};
use crate::head::Head;
use crate::json::{Document, Kind, Limits, Tape, Value};

/// `:path` of every question.
pub const CHECK: &str = "/envoy.service.auth.v3.Authorization/Check";

/// Where the evaluation stands in the metadata.
const FILTER: &str = "toolgate";

/// The request that a question is about.
#[derive(Clone, Copy, Debug)]
pub struct Original<'q> {
    /// Its head.
    pub head: &'q Head,
    /// Its body.
    pub body: &'q [u8],
}

/// The gRPC message that asks about `asked`, of which `evaluation` is the AuthZEN form. `call` names it.
pub(super) fn question(asked: &Asked<'_>, service: &DecisionService, evaluation: &[u8], call: &str) -> Vec<u8> {
    let agent = asked.agent;
    let request = CheckRequest {
        attributes: Some(AttributeContext {
            source: Some(Peer { service: String::new(), principal: agent.id.clone() }),
            destination: Some(Peer { service: asked.action.server.to_owned(), principal: String::new() }),
            request: Some(Request { http: Some(http(asked.original, service)) }),
            context_extensions: extensions(asked, call),
            metadata_context: Some(Metadata {
                filter_metadata: BTreeMap::from([(FILTER.to_owned(), metadata(evaluation))]),
            }),
        }),
    };
    framed(&request.encode_to_vec())
}

/// A message of gRPC, uncompressed ("Length-Prefixed-Message").
fn framed(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    let mut framed = Vec::with_capacity(message.len().saturating_add(PREFIX));
    framed.push(0);
    framed.extend_from_slice(&length.to_be_bytes());
    framed.extend_from_slice(message);
    framed
}

/// What stands in front of a message of gRPC: whether it is compressed, and its length.
const PREFIX: usize = 5;

/// The request as the client sent it. Where parameters aren't for the service to see, query and body aren't either.
fn http(original: Original<'_>, service: &DecisionService) -> HttpRequest {
    let Original { head, body } = original;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let whole = service.shown == Shown::All;
    let target = match head.target().iter().position(|byte| *byte == b'?').filter(|_| !whole) {
        Some(query) => head.target().get(..query).unwrap_or_default(),
        None => head.target(),
    };
    let host = text(head.first(":authority").unwrap_or_default());
    let mut headers = BTreeMap::from([
        (":authority".to_owned(), host.clone()),
        (":method".to_owned(), text(head.method())),
        (":path".to_owned(), text(target)),
    ]);
    for name in &service.request_headers {
        // As Envoy joins what stands several times.
        let values: Vec<_> = head.all(name).map(text).collect();
        if !values.is_empty() {
            headers.insert(name.clone(), values.join(","));
        }
    }
    let (body, raw_body) = match std::str::from_utf8(body) {
        _ if !whole => (String::new(), Vec::new()),
        Ok(text) => (text.to_owned(), Vec::new()),
        Err(_) => (String::new(), body.to_vec()),
    };
    let size = i64::try_from(original.body.len()).unwrap_or(i64::MAX);
    HttpRequest { method: text(head.method()), headers, path: text(target), host, size, body, raw_body }
}

fn extensions(asked: &Asked<'_>, call: &str) -> BTreeMap<String, String> {
    let (agent, action, risk) = (asked.agent, asked.action, asked.risk);
    let mut told = BTreeMap::new();
    let mut tell = |name: &str, value: &dyn Display| {
        let value = value.to_string();
        if !value.is_empty() {
            told.insert(name.to_owned(), value);
        }
    };
    let some = |text: &Option<String>| text.clone().unwrap_or_default();
    tell("issuer", &agent.issuer);
    tell("agent", &agent.id);
    tell("subject", &agent.subject);
    tell("user", &some(&agent.user));
    tell("tenant", &some(&agent.tenant));
    tell("session", &some(&agent.session));
    tell("task", &some(&agent.task));
    tell("role", &some(&agent.role));
    tell("scopes", &agent.scopes.join(" "));
    tell("actors", &agent.actors.join(","));
    tell("server", &action.server);
    tell("tool", &action.tool);
    tell("method", &action.method);
    tell("action", &action.kind.name());
    if let Some(resource) = &action.resource {
        tell("resource_type", &resource.kind);
        tell("resource_id", &resource.id);
    }
    tell("risk_level", &risk.level.name());
    tell("risk_score", &risk.score);
    let findings: Vec<_> = risk.findings.iter().map(|finding| finding.code.name()).collect();
    tell("findings", &findings.join(","));
    tell("policy_version", &asked.policy_version);
    tell("route", &asked.route);
    tell("call_digest", &call);
    told
}

/// The evaluation as metadata; empty where it can't be read, which its writer rules out.
fn metadata(evaluation: &[u8]) -> Struct {
    // Parameters stand two levels deeper in it than in a body, and beside more names.
    let usual = Limits::default();
    let limits = Limits {
        depth: usual.depth.saturating_add(8),
        bytes: usize::MAX,
        nodes: u32::MAX,
        members: u32::MAX,
        string: usize::MAX,
        case_variants: true,
    };
    let document = Document::read(evaluation, &limits, Tape::default());
    document.map(|document| object(document.root())).unwrap_or_default()
}

fn object(value: Value<'_>) -> Struct {
    Struct { fields: value.members().map(|(name, member)| (name.into_owned(), self::member(member))).collect() }
}

fn member(json: Value<'_>) -> ProtobufValue {
    let kind = match json.kind() {
        Kind::Null => value::Kind::Null(0),
        Kind::Bool => value::Kind::Bool(json.as_bool().unwrap_or_default()),
        Kind::Number => {
            let number = json.as_number();
            let exact = number.filter(|number| number.is_exact()).and_then(|number| number.as_f64());
            let written = || number.map(|number| number.as_str().to_owned()).unwrap_or_default();
            exact.map_or_else(|| value::Kind::Text(written()), value::Kind::Number)
        }
        Kind::String => value::Kind::Text(json.as_str().unwrap_or_default().into_owned()),
        Kind::Array => value::Kind::List(ListValue { values: json.elements().map(member).collect() }),
        Kind::Object => value::Kind::Struct(object(json)),
    };
    ProtobufValue { kind: Some(kind) }
}
