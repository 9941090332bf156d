//! How an agent reaches its tools: an MCP client or plain HTTP. Both say what the agent saw, in the same words.

use serde_json::Value;

use crate::mcp::McpClient;
use crate::model::Call;
use crate::rest::RestClient;

/// What came back to the agent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Seen {
    /// The tool's answer.
    Done(Value),
    /// The tool itself could not do it.
    Failed(String),
    /// The gate's refusal.
    Refused(Refusal),
}

/// What a refusal told the agent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// For the agent to read.
    pub(crate) message: String,
    /// From the gate's closed list.
    pub(crate) reason: String,
    /// The key into the audit log.
    pub(crate) decision_id: String,
    /// Where a person's approval is asked for.
    pub(crate) link: Option<String>,
}

impl Refusal {
    /// From the refusal's `message`, and the object with `reason` and `decision_id`.
    pub(crate) fn new(message: &str, data: &Value) -> Self {
        let text = |name| data.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let link = data.pointer("/approval/url").and_then(Value::as_str).map(ToOwned::to_owned);
        Self { message: message.to_owned(), reason: text("reason"), decision_id: text("decision_id"), link }
    }
}

/// One agent's connection to its tools.
pub(crate) enum Client {
    Mcp(McpClient),
    Rest(RestClient),
}

impl Client {
    /// Makes one call and waits for what comes of it.
    ///
    /// # Errors
    /// Nothing that could be understood came back.
    pub(crate) async fn call(&self, call: &Call) -> anyhow::Result<Seen> {
        match self {
            Self::Mcp(client) => client.call(call).await,
            Self::Rest(client) => client.call(call).await,
        }
    }
}
