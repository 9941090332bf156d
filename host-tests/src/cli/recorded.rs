//! A recorded call, as `replay` and `explain` take it, and the request that it becomes.
//!
//! ```json
//! {"claims": {"client_id": "support-agent", "role": "support"}, "tool": "crm.read", "arguments": {"id": "c-7"}}
//! {"claims": {…}, "request": {"method": "POST", "path": "/v1/payments", "headers": {…}, "body": {…}}}
//! ```

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::scenario::configuration::{Configuration, Issuer};
use crate::scenario::format::{Sign, Token};
use crate::scenario::message::{Message, Pairs};
use crate::scenario::mint;

/// One recorded call.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Recorded {
    /// The claims of its token.
    claims: Option<Map<String, Value>>,
    /// An MCP tool …
    tool: Option<String>,
    /// … and its arguments.
    arguments: Option<Value>,
    /// Or an HTTP request.
    request: Option<RecordedRequest>,
}

#[derive(Clone, Debug, Deserialize)]
struct RecordedRequest {
    method: Option<String>,
    path: String,
    headers: Option<BTreeMap<String, HeaderValues>>,
    body: Option<Value>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum HeaderValues {
    One(String),
    Several(Vec<String>),
}

/// Mints the tokens of recorded calls. Many calls have the same claims: a token is minted once.
#[derive(Debug)]
pub(super) struct Mint {
    config: Configuration,
    now: Duration,
    minted: BTreeMap<String, String>,
}

/// Said of what the filter wrote itself, which looks like a call and lacks what decides.
pub(super) const AUDIT_RECORD: &str = "this is an audit record, which holds digests where a call has claims and arguments, and so can't be \
     judged again; a call is `{\"claims\": {…}, \"tool\": …, \"arguments\": {…}}` or has a `request`, and `toolgate explain` says what a record tells";

/// More different agents than most traces have; beyond it memory would grow with the trace.
const REMEMBERED: usize = 10_000;
/// A minted token lives this long: shorter than any `max_lifetime` that makes sense.
const LIFETIME: u64 = 60;

impl Recorded {
    /// Reads one line.
    ///
    /// # Errors
    /// When it isn't a call.
    pub(super) fn read(line: &str) -> Result<Self> {
        let value: Value = serde_json::from_str(line).context("not a recorded call")?;
        if value.get("decision_id").is_some() {
            bail!("{AUDIT_RECORD}");
        }
        let recorded: Self = serde_json::from_value(value).context("not a recorded call")?;
        match (&recorded.tool, &recorded.request) {
            (Some(_), None) | (None, Some(_)) => Ok(recorded),
            (Some(_), Some(_)) => bail!("both `tool` and `request`: one of the two"),
            (None, None) => bail!("neither `tool` nor `request`"),
        }
    }

    /// The request that is sent for it.
    ///
    /// # Errors
    /// When the configuration has no route for it, or its token can't be minted.
    pub(super) fn message(&self, mint: &mut Mint) -> Result<Message> {
        let claims = self.claims.clone().unwrap_or_default();
        let bearer = format!("Bearer {}", mint.token(&claims)?);
        let mut message = match (&self.tool, &self.request) {
            (Some(tool), _) => tools_call(tool, self.arguments.as_ref(), &mint.config)?,
            (None, Some(request)) => request.message()?,
            (None, None) => bail!("neither `tool` nor `request`"),
        };
        // A recorded credential is old, or masked; the claims say what it was.
        message.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("authorization"));
        message.headers.push(("authorization".into(), bearer.into_bytes()));
        Ok(message)
    }
}

/// To the first MCP route, as a client of 2025-11-25 sends it.
fn tools_call(tool: &str, arguments: Option<&Value>, config: &Configuration) -> Result<Message> {
    let path = config.path_of("mcp").context("a call with `tool` needs a route with `protocol: mcp`")?;
    let mut params = json!({"name": tool});
    if let (Some(fields), Some(arguments)) =
        (params.as_object_mut(), arguments.filter(|arguments| !arguments.is_null()))
    {
        fields.insert("arguments".into(), arguments.clone());
    }
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
    let headers: Pairs = vec![
        ("content-type".into(), b"application/json".to_vec()),
        ("accept".into(), b"application/json, text/event-stream".to_vec()),
        ("mcp-protocol-version".into(), b"2025-11-25".to_vec()),
    ];
    Ok(Message {
        method: "POST".into(),
        path: path.into(),
        headers,
        body: Some(body.to_string().into_bytes()),
        trailers: Vec::new(),
        announced: true,
        peer_certificate: None,
        route_policy: None,
    })
}

impl RecordedRequest {
    fn message(&self) -> Result<Message> {
        let mut headers: Pairs = Vec::new();
        for (name, values) in self.headers.iter().flatten() {
            let values = match values {
                HeaderValues::One(value) => std::slice::from_ref(value),
                HeaderValues::Several(values) => values,
            };
            // What frames the body, and where it goes, is ours to say.
            if !name.starts_with(':') && !OF_THE_CONNECTION.iter().any(|own| name.eq_ignore_ascii_case(own)) {
                headers.extend(values.iter().map(|value| (name.clone(), value.clone().into_bytes())));
            }
        }
        let body = match &self.body {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text.clone().into_bytes()),
            Some(json) => Some(json.to_string().into_bytes()),
        };
        if body.is_some() && !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            headers.push(("content-type".into(), b"application/json".to_vec()));
        }
        if !self.path.starts_with('/') {
            bail!("`path` is `{}`: a path starts with `/`", self.path);
        }
        let method = self.method.clone().unwrap_or_else(|| if body.is_some() { "POST".into() } else { "GET".into() });
        Ok(Message {
            method,
            path: self.path.clone(),
            headers,
            body,
            trailers: Vec::new(),
            announced: true,
            peer_certificate: None,
            route_policy: None,
        })
    }
}

const OF_THE_CONNECTION: &[&str] = &["host", "content-length", "transfer-encoding", "connection"];

impl Mint {
    /// For tokens that count under `config` at `now`.
    pub(super) const fn new(config: Configuration, now: Duration) -> Self {
        Self { config, now, minted: BTreeMap::new() }
    }

    fn token(&mut self, claims: &Map<String, Value>) -> Result<String> {
        let known = Value::Object(claims.clone()).to_string();
        if let Some(token) = self.minted.get(&known) {
            return Ok(token.clone());
        }
        let issuer =
            self.config.issuer(claims.get("iss").and_then(Value::as_str)).context("no issuer is configured")?;
        let claims = completed(claims, &issuer, self.now);
        let token = Token {
            sign: Sign::Allowed,
            payload: Some(Value::Object(claims.clone()).to_string()),
            claims,
            ..Token::default()
        };
        let token = mint::mint(&token, &self.config, self.now)?;
        if self.minted.len() >= REMEMBERED {
            self.minted.clear();
        }
        self.minted.insert(known, token.clone());
        Ok(token)
    }
}

/// The claims with those that RFC 9068 section 2.2 requires and that were left out.
fn completed(claims: &Map<String, Value>, issuer: &Issuer, now: Duration) -> Map<String, Value> {
    let mut claims = claims.clone();
    let text = |claims: &Map<String, Value>, name: &str| claims.get(name).and_then(Value::as_str).map(String::from);
    // A client that acts for itself is its own subject.
    let agent =
        text(&claims, &issuer.agent_claim).or_else(|| text(&claims, "client_id")).or_else(|| text(&claims, "sub"));
    let agent = agent.unwrap_or_else(|| "replay".into());
    let issued = claims.get("iat").and_then(Value::as_u64).unwrap_or(now.as_secs());
    let mut fill = |name: &str, value: Value| {
        claims.entry(name).or_insert(value);
    };
    fill("iss", issuer.name.clone().into());
    fill("aud", issuer.audience.clone().into());
    fill("client_id", agent.clone().into());
    if !issuer.agent_claim.starts_with('/') {
        fill(&issuer.agent_claim, agent.clone().into());
    }
    fill("sub", agent.into());
    fill("jti", "replay".into());
    fill("iat", issued.into());
    fill("exp", issued.saturating_add(LIFETIME).into());
    claims
}
