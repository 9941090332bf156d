//! `routes` and `tools`: which paths carry which protocol, and what the operator knows of tools.

use std::collections::BTreeMap;

use serde::Deserialize;

/// One entry of `routes`; the first that matches counts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// Which paths.
    #[serde(rename = "match")]
    pub matching: RouteMatch,
    /// What they carry. It comes from here, never from the body.
    pub protocol: ProtocolName,
    /// A name for the server behind, for rules and audit.
    pub server: String,
    /// The entry of `policies` whose rules count here. Left out: `rules`.
    pub policy: Option<String>,
    /// The largest body, such as `1MiB`.
    #[serde(default = "default_max_body")]
    pub max_body: String,
    /// MCP: the web pages whose requests are accepted, by their origin (`https://app.example.com`). A request that names
    /// another is refused, and one that names none comes from no page.
    #[serde(default)]
    pub origins: Vec<String>,
    /// REST: the operations there are. One that isn't named is refused.
    #[serde(default)]
    pub operations: Vec<Operation>,
}

/// Which paths an entry of `routes` is for: exactly one of the two.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouteMatch {
    /// This path exactly.
    pub path: Option<String>,
    /// Every path that starts so.
    pub prefix: Option<String>,
}

/// A protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProtocolName {
    /// Model Context Protocol over streamable HTTP.
    Mcp,
    /// Agent2Agent, 1.0 and 0.3: JSON-RPC at the path or the prefix itself, HTTP+JSON below a prefix.
    A2a,
    /// Operations by method and path.
    Rest,
}

/// One REST operation.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operation {
    /// The HTTP method.
    pub method: String,
    /// A path template (`/v1/payments/{id}/refund`); what stands in braces is a parameter.
    pub path: String,
    /// The tool's name for rules and audit.
    pub tool: String,
    /// The kind of action; else the tool's name and the method tell.
    pub action: Option<String>,
    /// Parameters of query or form that may stand several times (`tag=a&tag=b`): they are lists. Any other that stands twice
    /// is refused, but for `tag[]`, which is the list `tag`.
    #[serde(default)]
    pub lists: Vec<String>,
    /// What it is done to.
    pub resource: Option<ResourceSettings>,
}

/// What is known of a tool.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// The kind of action.
    pub action: Option<String>,
    /// What it is done to.
    pub resource: Option<ResourceSettings>,
    /// The arguments that clients of MCP 2026-07-28 repeat in a header: the name behind `Mcp-Param-` (the schema's
    /// `x-mcp-header`) and a JSON pointer into the arguments. What isn't listed must repeat some argument.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
}

/// Where the resource of an action is found.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResourceSettings {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its id: a JSON pointer into the parameters (`/account_id`), or for REST a text with path parameters (`{id}`).
    pub id: Option<String>,
}

fn default_max_body() -> String {
    "1MiB".into()
}
