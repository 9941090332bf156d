//! A step's request as the bytes that a client sends, and other bytes that a step speaks of.

use std::time::{Duration, UNIX_EPOCH};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::configuration::Configuration;
use super::format::{Answer, Call, FieldValue, FieldValues, Fields, Generate, Request, Step, Upstream};
use super::{document, mint, proof};

/// Headers or trailers as bytes, in the order sent.
pub type Pairs = Vec<(String, Vec<u8>)>;

/// What a client sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// `:method`
    pub method: String,
    /// `:path`
    pub path: String,
    /// All other headers, with neither `host` nor what frames the body.
    pub headers: Pairs,
    /// The body; `None` means that the headers end the request.
    pub body: Option<Vec<u8>>,
    /// Trailers.
    pub trailers: Pairs,
    /// Whether the length of the body is said beforehand, as it is unless `headers` leave `content-length` out.
    pub announced: bool,
    /// The SHA-256 of the certificate that the client shows, in hexadecimal.
    pub peer_certificate: Option<String>,
    /// The policy that the gateway's route names in its metadata.
    pub route_policy: Option<String>,
}

/// The authority of every request.
pub const AUTHORITY: &str = "gateway.example.com";

impl Message {
    /// The request of `step`, with its token minted at `now`.
    ///
    /// # Errors
    /// When the token can't be minted, or a hexadecimal value isn't one.
    pub fn of(step: &Step, config: &Configuration, now: Duration) -> Result<Self> {
        let request = &step.request;
        let mut headers: Pairs = Vec::new();
        let mut token = step.token.clone();
        if let Some(wanted) = &step.document {
            let document = document::mint(wanted, config, now)?;
            document::name_in(&mut token, wanted, &document);
            let header = config.documents("/header").unwrap_or("task-document").to_owned();
            let times = if wanted.twice { 2 } else { 1 };
            headers.extend(std::iter::repeat_n((header, document.into_bytes()), times));
        }
        if let Some(authorization) = mint::authorization(&token, config, now)? {
            if let Some(wanted) = &step.proof {
                let token = authorization.rsplit(' ').next().unwrap_or_default();
                let proof = proof::mint(wanted, request, token, now)?;
                let times = if wanted.twice { 2 } else { 1 };
                headers.extend(std::iter::repeat_n(("dpop".into(), proof.into_bytes()), times));
            }
            headers.push(("authorization".into(), authorization.into_bytes()));
        }
        headers.extend(body_headers(request));
        headers.retain(|(name, _)| !request.headers.keys().any(|own| own.eq_ignore_ascii_case(name)));
        headers.extend(pairs(&request.headers)?);
        Ok(Self {
            method: request.method.clone(),
            path: request.path.clone(),
            headers,
            body: body(request)?,
            trailers: pairs(&request.trailers)?,
            announced: !request.headers.keys().any(|name| name.eq_ignore_ascii_case("content-length")),
            peer_certificate: request.peer_certificate.clone(),
            route_policy: request.route_policy.clone(),
        })
    }

    /// Whether the body comes in chunks: then there may be trailers.
    #[must_use]
    pub fn is_chunked(&self) -> bool {
        !self.trailers.is_empty() || !self.announced
    }
}

/// What a well-behaved client says about its body.
fn body_headers(request: &Request) -> Pairs {
    let mut headers: Pairs = Vec::new();
    let mut say = |name: &str, value: &str| headers.push((name.into(), value.into()));
    if let Some(call) = &request.call {
        say("content-type", "application/json");
        say("accept", "application/json, text/event-stream");
        say("mcp-protocol-version", &call.version);
        if is_modern(call) {
            say("mcp-method", "tools/call");
            say("mcp-name", &call.tool);
        }
    } else if request.json.is_some() || request.text.is_some() || request.generate.is_some() || request.hex.is_some() {
        say("content-type", "application/json");
    }
    headers
}

/// From 2026-07-28 on, headers repeat what the body says. Revisions are dates, so they sort.
fn is_modern(call: &Call) -> bool {
    call.version.as_str() >= "2026-07-28"
}

fn body(request: &Request) -> Result<Option<Vec<u8>>> {
    if let Some(call) = &request.call {
        return Ok(Some(tools_call(call).to_string().into_bytes()));
    }
    if let Some(json) = &request.json {
        return Ok(Some(json.to_string().into_bytes()));
    }
    if let Some(hex) = &request.hex {
        return unhex(hex).map(Some);
    }
    Ok(request.text.clone().or_else(|| request.generate.as_ref().map(generated)).map(String::into_bytes))
}

fn tools_call(call: &Call) -> Value {
    let mut params = json!({"name": call.tool, "arguments": call.arguments});
    if is_modern(call)
        && let Some(fields) = params.as_object_mut()
    {
        let meta = json!({
            "io.modelcontextprotocol/protocolVersion": call.version,
            "io.modelcontextprotocol/clientCapabilities": call.capabilities,
        });
        fields.insert("_meta".into(), meta);
    }
    if let Some(fields) = params.as_object_mut() {
        fields.extend(call.params.clone());
    }
    json!({"jsonrpc": "2.0", "id": call.id, "method": "tools/call", "params": params})
}

/// The text that `generate` describes.
#[must_use]
pub fn generated(generate: &Generate) -> String {
    [&generate.before, generate.text.repeat(generate.times).as_str(), &generate.after].concat()
}

/// The body of an answer of the decision service. In its JSON `<now+30s>` stands for a time, as RFC 3339.
#[must_use]
pub fn answer_body(answer: &Answer, now: Duration) -> Vec<u8> {
    if let Some(decision) = answer.decision {
        return json!({"decision": decision}).to_string().into_bytes();
    }
    if let Some(json) = &answer.json {
        let mut json = json.clone();
        tell_times(&mut json, now);
        return json.to_string().into_bytes();
    }
    answer.text.clone().or_else(|| answer.generate.as_ref().map(generated)).unwrap_or_default().into_bytes()
}

/// The body of the upstream's answer.
pub fn upstream_body(upstream: &Upstream) -> Vec<u8> {
    upstream.generate.as_ref().map_or_else(|| upstream.text.clone(), generated).into_bytes()
}

/// The headers of the upstream's answer, with those that any server sends.
///
/// # Errors
/// When a scripted one is none.
pub fn upstream_headers(upstream: &Upstream) -> Result<Pairs> {
    let mut fields = pairs(&upstream.headers)?;
    let length = upstream_body(upstream).len();
    for (name, value) in [("content-type", "application/json".to_owned()), ("content-length", length.to_string())] {
        if !fields.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
            fields.push((name.to_owned(), value.into_bytes()));
        }
    }
    Ok(fields)
}

fn tell_times(value: &mut Value, now: Duration) {
    match value {
        Value::String(text) => {
            let later = text.strip_prefix("<now+").and_then(|rest| rest.strip_suffix('>'));
            if let Some(later) = later.and_then(|later| humantime::parse_duration(later).ok()) {
                let time = UNIX_EPOCH.checked_add(now.saturating_add(later)).unwrap_or(UNIX_EPOCH);
                *text = humantime::format_rfc3339_seconds(time).to_string();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| tell_times(item, now)),
        Value::Object(fields) => fields.values_mut().for_each(|field| tell_times(field, now)),
        _ => {}
    }
}

/// Headers as bytes.
///
/// # Errors
/// When a hexadecimal value isn't one.
pub fn pairs(fields: &Fields) -> Result<Pairs> {
    let mut pairs = Vec::new();
    for (name, values) in fields {
        let values = match values {
            FieldValues::One(value) => std::slice::from_ref(value),
            FieldValues::Several(values) => values,
        };
        for value in values {
            let bytes = match value {
                FieldValue::Text(text) => text.clone().into_bytes(),
                FieldValue::Hex { hex } => unhex(hex)?,
            };
            pairs.push((name.clone(), bytes));
        }
    }
    Ok(pairs)
}

fn unhex(text: &str) -> Result<Vec<u8>> {
    hex::decode(text.split_whitespace().collect::<String>()).with_context(|| format!("`{text}` is not hexadecimal"))
}
