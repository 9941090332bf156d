//! What really arrived. One layer in front of both faces notes every request as it came over the wire, before any handler reads it:
//! the journal is the witness of what a gate let through.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Json;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Crm;
use crate::guard::Credential;

/// A request body longer than this is refused: no tool here takes more than a few kilobytes.
const MAX_BODY: usize = 1 << 20;

/// Headers with this prefix come from the gate: who asks, for whom, and what the gate made of it.
const GATE_PREFIX: &str = "x-agent-";

/// One request that arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The HTTP method.
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// The body as JSON; `null` when it has none or is no JSON.
    pub body: Value,
    /// Every header whose name starts with `x-agent-`.
    pub gate: BTreeMap<String, String>,
    /// Whether the agent's own bearer token came along.
    pub bearer: bool,
    /// What the request's token said, where the CRM has a guard that wanted one and found it good.
    pub credential: Option<Credential>,
    /// The status that was answered.
    pub status: u16,
}

impl Entry {
    /// The name of the MCP tool that is called; `None` for any other request.
    #[must_use]
    pub fn tool(&self) -> Option<&str> {
        (self.body.get("method")? == "tools/call").then_some(())?;
        self.body.pointer("/params/name")?.as_str()
    }
}

/// Every request that arrived, oldest first. Clones are the same journal.
#[derive(Debug, Clone, Default)]
pub struct Journal(Arc<Mutex<Vec<Entry>>>);

impl Journal {
    /// How many requests arrived so far: a mark for [`Journal::since`].
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries().len()
    }

    /// Whether nothing arrived yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries().is_empty()
    }

    /// What arrived after the first `mark` requests.
    #[must_use]
    pub fn since(&self, mark: usize) -> Vec<Entry> {
        self.entries().iter().skip(mark).cloned().collect()
    }

    fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The journal over HTTP, for a port of its own: `GET /journal` answers every entry.
    pub fn router(&self) -> axum::Router {
        let entries = async |State(journal): State<Self>| Json(journal.since(0));
        axum::Router::new().route("/journal", get(entries)).with_state(self.clone())
    }
}

/// The layer: notes the request, lets it go on if the guard does, notes the answer's status.
pub(crate) async fn note(State(crm): State<Crm>, request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let mut entry = Entry {
        method: head.method.to_string(),
        path: head.uri.path_and_query().map_or_else(String::new, ToString::to_string),
        body: json(&body),
        gate: gate_headers(&head.headers),
        bearer: head.headers.contains_key(header::AUTHORIZATION),
        credential: None,
        status: 0,
    };
    let checked = crm.guard().map_or(Ok(None), |guard| guard.check(&entry, &head.headers));
    let response = match checked {
        Ok(credential) => {
            entry.credential = credential;
            next.run(Request::from_parts(head, Body::from(body))).await
        }
        Err(refused) => refused.into_response(),
    };
    entry.status = response.status().as_u16();
    crm.journal().entries().push(entry);
    response
}

fn json(body: &Bytes) -> Value {
    serde_json::from_slice(body).unwrap_or(Value::Null)
}

fn gate_headers(headers: &HeaderMap) -> BTreeMap<String, String> {
    let named = headers.iter().filter(|(name, _)| name.as_str().starts_with(GATE_PREFIX));
    named.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())).collect()
}
