//! The official MCP client, and how the gate's refusals look through it.

use std::net::SocketAddr;

use anyhow::{Context, anyhow, bail};
use rmcp::model::{CallToolRequestParams, ClientConfig, ProtocolVersion};
use rmcp::service::{RunningService, ServiceError};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::{StreamableHttpClientTransportConfig, StreamableHttpError};
use rmcp::{ClientLifecycleMode, ClientServiceExt, RoleClient};
use serde_json::Value;

use crate::client::{Refusal, Seen};
use crate::model::Call;

/// Which era of the protocol a client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Era {
    /// 2026-07-28: every request stands for itself.
    Modern,
    /// 2025-11-25: a handshake first.
    Legacy,
}

impl Era {
    /// The version that is spoken.
    pub(crate) const fn version(self) -> ProtocolVersion {
        match self {
            Self::Modern => ProtocolVersion::V_2026_07_28,
            Self::Legacy => ProtocolVersion::V_2025_11_25,
        }
    }

    fn lifecycle(self) -> ClientLifecycleMode {
        match self {
            Self::Modern => ClientLifecycleMode::Discover { preferred_versions: vec![self.version()] },
            Self::Legacy => ClientLifecycleMode::Initialize,
        }
    }
}

/// A connected MCP client.
pub(crate) struct McpClient(RunningService<RoleClient, ClientConfig>);

impl McpClient {
    pub(crate) async fn connect(address: SocketAddr, token: &str, era: Era) -> anyhow::Result<Self> {
        let config = StreamableHttpClientTransportConfig::with_uri(format!("http://{address}/mcp")).auth_header(token);
        let transport = StreamableHttpClientTransport::from_config(config);
        let mut client = ClientConfig::default();
        client.protocol_version = era.version();
        let client = client.serve_with_lifecycle(transport, era.lifecycle()).await;
        Ok(Self(client.context("the mcp client could not connect")?))
    }

    pub(crate) async fn call(&self, call: &Call) -> anyhow::Result<Seen> {
        let arguments = call.arguments.as_object().cloned().unwrap_or_default();
        let asked = CallToolRequestParams::new(call.tool.clone()).with_arguments(arguments);
        match self.0.call_tool(asked).await {
            Ok(result) if result.is_error == Some(true) => {
                let text = result.content.first().and_then(|content| content.as_text()).map(|text| text.text.clone());
                Ok(Seen::Failed(text.unwrap_or_default()))
            }
            Ok(result) => Ok(Seen::Done(result.structured_content.unwrap_or_default())),
            // 503 arrives as the JSON-RPC error that its body holds …
            Err(ServiceError::McpError(error)) => {
                Ok(Seen::Refused(Refusal::new(&error.message, &error.data.unwrap_or_default())))
            }
            // … while 401 and 403 keep their status, so that a client may think about its credentials: the body is text there.
            Err(ServiceError::TransportSend(error)) => refusal_in(error.error.as_ref()),
            Err(other) => Err(anyhow!(other).context("the mcp client got no answer")),
        }
    }
}

/// `HTTP 403 Forbidden: {"jsonrpc": "2.0", "error": {…}}`, somewhere in the chain of causes.
fn refusal_in(error: &(dyn std::error::Error + 'static)) -> anyhow::Result<Seen> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(StreamableHttpError::UnexpectedServerResponse(text)) =
            error.downcast_ref::<StreamableHttpError<reqwest::Error>>()
        {
            let (_, body) = text.split_once(": ").context("a refusal without a body")?;
            let body: Value =
                serde_json::from_str(body).with_context(|| format!("a refusal that is no json: {text}"))?;
            let message =
                body.pointer("/error/message").and_then(Value::as_str).context("a refusal without a message")?;
            let data = body.pointer("/error/data").context("a refusal without data")?;
            return Ok(Seen::Refused(Refusal::new(message, data)));
        }
        cause = error.source();
    }
    bail!("the mcp client could not send: {error}")
}
