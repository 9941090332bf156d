//! The messages, as far as they are used. Names and numbers are those of Envoy's `api/envoy/service/auth/v3`, `config/core/v3`
//! and of Google's well-known types; what isn't here is skipped when it is read.

use std::collections::BTreeMap;

use prost::Message;

#[derive(Clone, PartialEq, Message)]
pub(in crate::decision) struct CheckRequest {
    #[prost(message, optional, tag = "1")]
    pub attributes: Option<AttributeContext>,
}

#[derive(Clone, PartialEq, Message)]
pub(in crate::decision) struct AttributeContext {
    #[prost(message, optional, tag = "1")]
    pub source: Option<Peer>,
    #[prost(message, optional, tag = "2")]
    pub destination: Option<Peer>,
    #[prost(message, optional, tag = "4")]
    pub request: Option<Request>,
    #[prost(btree_map = "string, string", tag = "10")]
    pub context_extensions: BTreeMap<String, String>,
    #[prost(message, optional, tag = "11")]
    pub metadata_context: Option<Metadata>,
}

#[derive(Clone, PartialEq, Message)]
pub(in crate::decision) struct Peer {
    #[prost(string, tag = "2")]
    pub service: String,
    #[prost(string, tag = "4")]
    pub principal: String,
}

#[derive(Clone, PartialEq, Message)]
pub(in crate::decision) struct Request {
    #[prost(message, optional, tag = "2")]
    pub http: Option<HttpRequest>,
}

#[derive(Clone, PartialEq, Message)]
pub(in crate::decision) struct HttpRequest {
    #[prost(string, tag = "2")]
    pub method: String,
    #[prost(btree_map = "string, string", tag = "3")]
    pub headers: BTreeMap<String, String>,
    #[prost(string, tag = "4")]
    pub path: String,
    #[prost(string, tag = "5")]
    pub host: String,
    #[prost(int64, tag = "9")]
    pub size: i64,
    #[prost(string, tag = "11")]
    pub body: String,
    #[prost(bytes = "vec", tag = "12")]
    pub raw_body: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
pub(in crate::decision) struct Metadata {
    #[prost(btree_map = "string, message", tag = "1")]
    pub filter_metadata: BTreeMap<String, Struct>,
}

#[derive(Clone, PartialEq, Message)]
pub(in crate::decision) struct Struct {
    #[prost(btree_map = "string, message", tag = "1")]
    pub fields: BTreeMap<String, ProtobufValue>,
}

#[derive(Clone, PartialEq, Message)]
pub(in crate::decision) struct ProtobufValue {
    #[prost(oneof = "value::Kind", tags = "1, 2, 3, 4, 5, 6")]
    pub kind: Option<value::Kind>,
}

pub(in crate::decision) mod value {
    #[derive(Clone, PartialEq, prost::Oneof)]
    pub(in crate::decision) enum Kind {
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
pub(in crate::decision) struct ListValue {
    #[prost(message, repeated, tag = "1")]
    pub values: Vec<ProtobufValue>,
}

#[derive(Clone, PartialEq, Message)]
pub(in crate::decision) struct CheckResponse {
    #[prost(message, optional, tag = "1")]
    pub status: Option<Status>,
    #[prost(message, optional, tag = "2")]
    pub denied_response: Option<Anything>,
    #[prost(message, optional, tag = "3")]
    pub ok_response: Option<OkHttpResponse>,
    /// `error_response`, of newer versions.
    #[prost(message, optional, tag = "5")]
    pub error_response: Option<Anything>,
}

/// `google.rpc.Status`
#[derive(Clone, PartialEq, Message)]
pub(in crate::decision) struct Status {
    #[prost(int32, tag = "1")]
    pub code: i32,
}

/// A message of which only matters that it is there.
#[derive(Clone, PartialEq, Message)]
pub(in crate::decision) struct Anything {}

#[derive(Clone, PartialEq, Message)]
pub(in crate::decision) struct OkHttpResponse {
    #[prost(message, repeated, tag = "2")]
    pub headers: Vec<HeaderValueOption>,
    #[prost(string, repeated, tag = "5")]
    pub headers_to_remove: Vec<String>,
    #[prost(message, repeated, tag = "6")]
    pub response_headers_to_add: Vec<Anything>,
    #[prost(message, repeated, tag = "7")]
    pub query_parameters_to_set: Vec<Anything>,
    #[prost(string, repeated, tag = "8")]
    pub query_parameters_to_remove: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(in crate::decision) struct HeaderValueOption {
    #[prost(message, optional, tag = "1")]
    pub header: Option<HeaderValue>,
    #[prost(message, optional, tag = "2")]
    pub append: Option<BoolValue>,
    #[prost(int32, tag = "3")]
    pub append_action: i32,
}

#[derive(Clone, PartialEq, Message)]
pub(in crate::decision) struct HeaderValue {
    #[prost(string, tag = "1")]
    pub key: String,
    #[prost(string, tag = "2")]
    pub value: String,
    #[prost(bytes = "vec", tag = "3")]
    pub raw_value: Vec<u8>,
}

/// `google.protobuf.BoolValue`
#[derive(Clone, PartialEq, Message)]
pub(in crate::decision) struct BoolValue {
    #[prost(bool, tag = "1")]
    pub value: bool,
}
