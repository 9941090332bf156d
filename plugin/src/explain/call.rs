//! What is explained: a call as an operator writes it down, and the request that it becomes.
//!
//! ```json
//! {"claims": {"client_id": "support-agent", "role": "support"}, "tool": "crm.read", "arguments": {"id": "c-7"}}
//! {"claims": {…}, "request": {"method": "POST", "path": "/v1/payments", "headers": {…}, "body": {…}}}
//! ```

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::action::{Matching, Protocol, Routes};
use crate::config::problem::Problems;
use crate::head::Head;

/// One call.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// The claims of its token; those that every token must have may be left out.
    #[serde(default)]
    pub claims: Map<String, Value>,
    /// An MCP tool, called on the first route with `protocol: mcp` …
    pub tool: Option<String>,
    /// … and its arguments.
    pub arguments: Option<Value>,
    /// Or an HTTP request.
    pub request: Option<HttpRequest>,
}

/// An HTTP request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpRequest {
    /// Left out: `POST` with a body, else `GET`.
    pub method: Option<String>,
    /// With its query.
    pub path: String,
    /// One value, or a list of them.
    #[serde(default)]
    pub headers: BTreeMap<String, HeaderValues>,
    /// JSON; a text is sent as it stands.
    pub body: Option<Value>,
}

/// The values of one header.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum HeaderValues {
    /// One.
    One(String),
    /// Several.
    Several(Vec<String>),
}

/// A request as it arrives.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) head: Head,
    pub(super) body: Vec<u8>,
    /// Whether it brought a token of its own.
    pub(super) has_token: bool,
}

/// What frames the body, and where it goes, is the proxy's to say.
const OF_THE_CONNECTION: &[&str] = &["host", "content-length", "transfer-encoding", "connection"];

impl Call {
    /// Reads a call from its JSON.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn read(json: &str) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let mut reader = serde_json::Deserializer::from_str(json);
        let call: Option<Self> = match serde_path_to_error::deserialize(&mut reader) {
            Ok(call) => Some(call),
            Err(error) => {
                let path = error.path().to_string();
                let pointer = if path == "." { String::new() } else { format!("/{}", path.replace('.', "/")) };
                problems.add(pointer, error.inner().to_string());
                None
            }
        };
        if let (Some(_), Err(error)) = (&call, reader.end()) {
            problems.add("", format!("found more than one call: {error}"));
        }
        match call {
            Some(call) if problems.is_empty() => Ok(call),
            _ => Err(problems),
        }
    }

    /// The request that it becomes, with `token` unless it brings one of its own.
    pub(super) fn message(&self, routes: &Routes, token: &str) -> Result<Message, Problems> {
        let (method, path, mut headers, body) = match (&self.tool, &self.request) {
            (Some(tool), None) => self.tools_call(tool, routes)?,
            (None, Some(request)) if self.arguments.is_none() => request.parts()?,
            (None, Some(_)) => return Err(problem("/arguments", "found `arguments` without `tool`")),
            (Some(_), Some(_)) => {
                return Err(problem("/request", "found both `tool` and `request`; one of them is right"));
            }
            (None, None) => return Err(problem("", "found neither `tool` nor `request`; one of them is right")),
        };
        let has_token = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        if !has_token {
            headers.push(("authorization".into(), format!("Bearer {token}")));
        }
        let pseudo = [(":method".to_owned(), method), (":path".to_owned(), path)];
        Ok(Message { head: Head::from_pairs(pseudo.into_iter().chain(headers)), body, has_token })
    }

    /// As a client of MCP 2025-11-25 sends it.
    fn tools_call(&self, tool: &str, routes: &Routes) -> Result<Parts, Problems> {
        let route = routes.0.iter().find(|route| route.protocol == Protocol::Mcp);
        let route =
            route.ok_or_else(|| problem("/tool", "found a tool, but the policy has no route with `protocol: mcp`"))?;
        let (Matching::Path(path) | Matching::Prefix(path)) = &route.matching;
        let mut params = json!({"name": tool});
        if let (Some(members), Some(arguments)) = (params.as_object_mut(), &self.arguments) {
            members.insert("arguments".into(), arguments.clone());
        }
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
        let headers = [
            ("content-type", "application/json"),
            ("accept", "application/json, text/event-stream"),
            ("mcp-protocol-version", "2025-11-25"),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        Ok(("POST".into(), path.clone(), headers, body.to_string().into_bytes()))
    }
}

/// Method, path, headers, body.
type Parts = (String, String, Vec<(String, String)>, Vec<u8>);

impl HttpRequest {
    fn parts(&self) -> Result<Parts, Problems> {
        if !self.path.starts_with('/') {
            return Err(problem("/request/path", format!("found `{}`; a path starts with `/`", self.path)));
        }
        let mut headers: Vec<(String, String)> = Vec::new();
        for (name, values) in &self.headers {
            let values = match values {
                HeaderValues::One(value) => std::slice::from_ref(value),
                HeaderValues::Several(values) => values,
            };
            if !name.starts_with(':') && !OF_THE_CONNECTION.iter().any(|own| name.eq_ignore_ascii_case(own)) {
                headers.extend(values.iter().map(|value| (name.clone(), value.clone())));
            }
        }
        let body = match &self.body {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text.clone().into_bytes()),
            Some(json) => Some(json.to_string().into_bytes()),
        };
        if body.is_some() && !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            headers.push(("content-type".into(), "application/json".into()));
        }
        let method = self.method.clone().unwrap_or_else(|| if body.is_some() { "POST" } else { "GET" }.into());
        Ok((method, self.path.clone(), headers, body.unwrap_or_default()))
    }
}

fn problem(pointer: &str, message: impl Into<String>) -> Problems {
    let mut problems = Problems::default();
    problems.add(pointer, message);
    problems
}
