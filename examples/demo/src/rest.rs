//! The same tools as operations of an HTTP API.

use std::net::SocketAddr;

use anyhow::{Context, bail};
use reqwest::{Client, Method, StatusCode};
use serde_json::Value;

use crate::client::{Refusal, Seen};
use crate::model::Call;

/// An HTTP client with a token.
pub(crate) struct RestClient {
    client: Client,
    base: String,
    token: String,
}

impl RestClient {
    pub(crate) fn new(address: SocketAddr, token: &str) -> Self {
        Self { client: Client::new(), base: format!("http://{address}"), token: token.to_owned() }
    }

    pub(crate) async fn call(&self, call: &Call) -> anyhow::Result<Seen> {
        let (method, path, body) = operation(call)?;
        let mut request = self.client.request(method, format!("{}{path}", self.base)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await?;
        let status = response.status();
        let gate = response.headers().contains_key("x-agent-reason");
        let body: Value = response.json().await.with_context(|| format!("an answer ({status}) that is no json"))?;
        Ok(match status {
            StatusCode::OK => Seen::Done(body),
            _ if gate => refusal(&body),
            _ => Seen::Failed(body.to_string()),
        })
    }
}

/// The gate refuses REST calls with problem details (RFC 9457).
fn refusal(problem: &Value) -> Seen {
    let title = problem.get("title").and_then(Value::as_str).unwrap_or_default();
    Seen::Refused(Refusal::new(title, problem))
}

/// Method, path and body for a tool call: the table in the CRM's README.
fn operation(call: &Call) -> anyhow::Result<(Method, String, Option<Value>)> {
    let id = |name: &str| call.arguments.get(name).and_then(Value::as_str).context("the call names no record");
    let body = call.arguments.clone();
    Ok(match call.tool.as_str() {
        "tickets.read" => (Method::GET, format!("/v1/tickets/{}", id("ticket_id")?), None),
        "customers.get" => (Method::GET, format!("/v1/customers/{}", id("customer_id")?), None),
        "customers.export" => (Method::POST, "/v1/customers/export".into(), Some(body)),
        "invoices.delete" => (Method::DELETE, format!("/v1/invoices/{}", id("invoice_id")?), None),
        "email.send" => (Method::POST, "/v1/emails".into(), Some(body)),
        "payments.create" => (Method::POST, "/v1/payments".into(), Some(body)),
        "payments.refund" => {
            let path = format!("/v1/payments/{}/refund", id("payment_id")?);
            (Method::POST, path, Some(without(body, "payment_id")))
        }
        other => bail!("there is no operation for the tool `{other}`"),
    })
}

fn without(mut body: Value, name: &str) -> Value {
    if let Some(members) = body.as_object_mut() {
        members.remove(name);
    }
    body
}
