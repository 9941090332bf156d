//! The decision service that speaks Envoy's `ext_authz`: what it is asked, as JSON, and what it answers.
//!
//! The messages are declared here once more, from Envoy's own files: a number that the filter has wrong shows as something
//! that isn't there.

use std::collections::BTreeMap;

use prost::Message;
use serde_json::{Map, Value, json};

use super::format::Check;
use super::message::Pairs;

/// An answer on the wire.
#[derive(Clone, Debug, Default)]
pub struct Answered {
    /// Headers, without `:status`.
    pub headers: Pairs,
    /// The body.
    pub body: Vec<u8>,
    /// Trailers; none where the headers say it all.
    pub trailers: Option<Pairs>,
}

/// The answer that a scenario means.
#[must_use]
pub fn answer(check: &Check) -> Answered {
    let pair = |name: &str, value: String| (name.to_owned(), value.into_bytes());
    let mut end = vec![pair("grpc-status", check.grpc_status.to_string())];
    end.extend(check.grpc_message.iter().map(|message| pair("grpc-message", message.clone())));
    let mut headers = vec![pair("content-type", "application/grpc".into())];
    if check.trailers_only {
        headers.extend(end);
        return Answered { headers, ..Answered::default() };
    }
    let message = match &check.hex {
        Some(digits) => hex::decode(digits).unwrap_or_default(),
        None => message(check).encode_to_vec(),
    };
    let mut body = vec![u8::from(check.compressed)];
    body.extend(u32::try_from(message.len()).unwrap_or(u32::MAX).to_be_bytes());
    body.extend(message);
    body.truncate(body.len().saturating_sub(check.lacks));
    Answered { headers, body, trailers: Some(end) }
}

fn message(check: &Check) -> CheckResponse {
    let set = check.set.iter().map(|(key, value)| HeaderValueOption {
        header: Some(HeaderValue { key: key.clone(), value: value.clone() }),
        append: check.append.then_some(BoolValue { value: true }),
    });
    let (set, remove): (Vec<_>, _) = (set.collect(), check.remove.clone());
    let wishes = !set.is_empty() || !remove.is_empty();
    CheckResponse {
        status: check.code.map(|code| Status { code, message: "x".repeat(check.padding) }),
        denied_response: check.denied.then(DeniedHttpResponse::default),
        ok_response: wishes.then_some(OkHttpResponse { headers: set, headers_to_remove: remove }),
    }
}

/// What a question says, as JSON; null where it is none.
#[must_use]
pub fn question(body: &[u8]) -> Value {
    let message = body.get(5..).filter(|message| {
        let length = u32::try_from(message.len()).unwrap_or(u32::MAX).to_be_bytes();
        body.strip_prefix(&[0]).is_some_and(|rest| rest.starts_with(&length))
    });
    let Some(request) = message.and_then(|message| CheckRequest::decode(message).ok()) else { return Value::Null };
    let attributes = request.attributes.unwrap_or_default();
    let http = attributes.request.and_then(|request| request.http).unwrap_or_default();
    let metadata = attributes.metadata_context.unwrap_or_default().filter_metadata;
    json!({
        "source": {"principal": attributes.source.unwrap_or_default().principal},
        "destination": {"service": attributes.destination.unwrap_or_default().service},
        "http": {
            "method": http.method, "path": http.path, "host": http.host, "size": http.size, "headers": http.headers,
            "body": http.body, "raw_body": hex::encode(http.raw_body),
        },
        "context_extensions": attributes.context_extensions,
        "metadata": metadata.into_iter().map(|(name, it)| (name, object(it))).collect::<Map<_, _>>(),
    })
}

fn object(it: Struct) -> Value {
    it.fields.into_iter().map(|(name, value)| (name, plain(value))).collect::<Map<_, _>>().into()
}

fn plain(it: ProtobufValue) -> Value {
    match it.kind {
        None | Some(kind::Kind::Null(_)) => Value::Null,
        Some(kind::Kind::Number(number)) => json!(number),
        Some(kind::Kind::Text(text)) => text.into(),
        Some(kind::Kind::Bool(it)) => it.into(),
        Some(kind::Kind::Struct(it)) => object(it),
        Some(kind::Kind::List(list)) => list.values.into_iter().map(plain).collect::<Vec<_>>().into(),
    }
}

/// `envoy.service.auth.v3.CheckRequest`
#[derive(Clone, PartialEq, Message)]
struct CheckRequest {
    #[prost(message, optional, tag = "1")]
    attributes: Option<AttributeContext>,
}

#[derive(Clone, PartialEq, Message)]
struct AttributeContext {
    #[prost(message, optional, tag = "1")]
    source: Option<Peer>,
    #[prost(message, optional, tag = "2")]
    destination: Option<Peer>,
    #[prost(message, optional, tag = "4")]
    request: Option<Request>,
    #[prost(btree_map = "string, string", tag = "10")]
    context_extensions: BTreeMap<String, String>,
    #[prost(message, optional, tag = "11")]
    metadata_context: Option<Metadata>,
}

#[derive(Clone, PartialEq, Message)]
struct Peer {
    #[prost(string, tag = "2")]
    service: String,
    #[prost(string, tag = "4")]
    principal: String,
}

#[derive(Clone, PartialEq, Message)]
struct Request {
    #[prost(message, optional, tag = "2")]
    http: Option<HttpRequest>,
}

#[derive(Clone, PartialEq, Message)]
struct HttpRequest {
    #[prost(string, tag = "2")]
    method: String,
    #[prost(btree_map = "string, string", tag = "3")]
    headers: BTreeMap<String, String>,
    #[prost(string, tag = "4")]
    path: String,
    #[prost(string, tag = "5")]
    host: String,
    #[prost(int64, tag = "9")]
    size: i64,
    #[prost(string, tag = "11")]
    body: String,
    #[prost(bytes = "vec", tag = "12")]
    raw_body: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct Metadata {
    #[prost(btree_map = "string, message", tag = "1")]
    filter_metadata: BTreeMap<String, Struct>,
}

/// `google.protobuf.Struct`
#[derive(Clone, PartialEq, Message)]
struct Struct {
    #[prost(btree_map = "string, message", tag = "1")]
    fields: BTreeMap<String, ProtobufValue>,
}

#[derive(Clone, PartialEq, Message)]
struct ProtobufValue {
    #[prost(oneof = "kind::Kind", tags = "1, 2, 3, 4, 5, 6")]
    kind: Option<kind::Kind>,
}

mod kind {
    #[derive(Clone, PartialEq, prost::Oneof)]
    pub(super) enum Kind {
        #[prost(int32, tag = "1")]
        Null(i32),
        #[prost(double, tag = "2")]
        Number(f64),
        #[prost(string, tag = "3")]
        Text(String),
        #[prost(bool, tag = "4")]
        Bool(bool),
        #[prost(message, tag = "5")]
        Struct(super::Struct),
        #[prost(message, tag = "6")]
        List(super::ListValue),
    }
}

#[derive(Clone, PartialEq, Message)]
struct ListValue {
    #[prost(message, repeated, tag = "1")]
    values: Vec<ProtobufValue>,
}

/// `envoy.service.auth.v3.CheckResponse`
#[derive(Clone, PartialEq, Message)]
struct CheckResponse {
    #[prost(message, optional, tag = "1")]
    status: Option<Status>,
    #[prost(message, optional, tag = "2")]
    denied_response: Option<DeniedHttpResponse>,
    #[prost(message, optional, tag = "3")]
    ok_response: Option<OkHttpResponse>,
}

/// `google.rpc.Status`
#[derive(Clone, PartialEq, Message)]
struct Status {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
}

#[derive(Clone, PartialEq, Message)]
struct DeniedHttpResponse {
    #[prost(string, tag = "3")]
    body: String,
}

#[derive(Clone, PartialEq, Message)]
struct OkHttpResponse {
    #[prost(message, repeated, tag = "2")]
    headers: Vec<HeaderValueOption>,
    #[prost(string, repeated, tag = "5")]
    headers_to_remove: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
struct HeaderValueOption {
    #[prost(message, optional, tag = "1")]
    header: Option<HeaderValue>,
    #[prost(message, optional, tag = "2")]
    append: Option<BoolValue>,
}

#[derive(Clone, PartialEq, Message)]
struct HeaderValue {
    #[prost(string, tag = "1")]
    key: String,
    #[prost(string, tag = "2")]
    value: String,
}

#[derive(Clone, PartialEq, Message)]
struct BoolValue {
    #[prost(bool, tag = "1")]
    value: bool,
}
