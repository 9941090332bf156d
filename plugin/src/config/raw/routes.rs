//! `routes` and `tools`: which paths carry which protocol, and what the operator knows of tools.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::Secret;

/// One entry of `routes`; the first that matches counts.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
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
    /// Whether Envoy's own route names the entry of `policies` whose rules count, in its metadata:
    /// `metadata: {filter_metadata: {toolgate: {policy: NAME}}}`. A request on a route that names none, or one that isn't in
    /// `policies`, is refused.
    #[serde(default)]
    pub policy_by_metadata: bool,
    /// The largest body, such as `1MiB`.
    #[serde(default = "default_max_body")]
    pub max_body: String,
    /// MCP: the web pages whose requests are accepted, by their origin (`https://app.example.com`). A request that names
    /// another is refused, and one that names none comes from no page.
    #[serde(default)]
    pub origins: Vec<String>,
    /// MCP: what an agent is shown of the answers to `tools/list`, `resources/list`, `resources/templates/list` and
    /// `prompts/list`.
    pub lists: Option<Lists>,
    /// What becomes of the token behind the gate.
    #[serde(default)]
    pub token: TokenPassage,
    /// A secret of the gateway's own for the server behind, such as its API key: it goes upstream in place of the agent's
    /// token, and appears in no log, no record and no answer. A credential that a permit brings goes in its place.
    pub credential: Option<RouteCredential>,
    /// Scopes that every request on this route needs. A token without them is refused, and its client told all of them.
    #[serde(default)]
    pub requires_scope: Vec<String>,
    /// What the filter publishes for clients that have no token yet (RFC 9728).
    pub protected_resource: Option<ProtectedResource>,
    /// REST: the operations there are. One that isn't named is refused.
    #[serde(default)]
    pub operations: Vec<Operation>,
}

/// Which paths an entry of `routes` is for: exactly one of the two.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields)]
pub struct RouteMatch {
    /// This path exactly.
    pub path: Option<String>,
    /// Every path that starts so.
    pub prefix: Option<String>,
}

/// A protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(rename_all = "snake_case")]
pub enum ProtocolName {
    /// Model Context Protocol over streamable HTTP.
    Mcp,
    /// Agent2Agent, 1.0 and 0.3: JSON-RPC at the path or the prefix itself, HTTP+JSON below a prefix.
    A2a,
    /// Operations by method and path.
    Rest,
    /// GraphQL over HTTP: each field at the top of an operation is a tool, by its schema coordinate (`Query.customer`,
    /// `Mutation.refund`).
    Graphql,
}

/// What an agent is shown of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(rename_all = "snake_case")]
pub enum Lists {
    /// What the rules, and its task, might let it call, and nothing of an answer that can't be read. It is so where this is
    /// left out. In shadow mode, and where heads aren't held (`hold: body_only`), lists stay whole all the same.
    Filtered,
    /// All of it.
    Whole,
}

/// What becomes of a request's token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(rename_all = "snake_case")]
pub enum TokenPassage {
    /// It ends at the gate: the server behind never sees it.
    #[default]
    Strip,
    /// It goes on to the server. Only right where that server is the resource that the token was issued for.
    Forward,
}

/// A header with a secret for the server behind.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields)]
pub struct RouteCredential {
    /// The header, such as `authorization` or `x-api-key`. What a client sends in it ends at the gate.
    pub header: String,
    /// The whole value, such as `Bearer …`.
    pub value: Secret,
}

/// The description of a protected resource (RFC 9728 section 2). The filter serves it without a token at
/// `/.well-known/oauth-protected-resource` followed by the path of `resource`, and names it in every challenge.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields)]
pub struct ProtectedResource {
    /// The URL under which clients know what is on this route, such as `https://gateway.example.com/mcp`.
    pub resource: String,
    /// A token on this route must name one of these in `aud`; left out: `resource`.
    pub audiences: Option<Vec<String>>,
    /// Who issues tokens for it; left out: every issuer whose name is a URL.
    pub authorization_servers: Option<Vec<String>>,
    /// Scopes that a client may ask for; left out: `requires_scope`.
    pub scopes_supported: Option<Vec<String>>,
    /// A name for people.
    pub name: Option<String>,
    /// Where people can read about it: a URL.
    pub documentation: Option<String>,
}

/// One REST operation.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
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
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
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
    /// With `decision.coaz`: how a call of this tool is put to the decision service, as COAZ-MCP writes it: an object with
    /// `evaluation` or `evaluations`, in which a text that begins with `$` is an expression over `params` and `token`
    /// (`$params.arguments.id`; `$$` for a text that begins so). The subject is always the token's.
    #[serde(rename = "x-authzen-mapping")]
    pub mapping: Option<Value>,
}

/// What a server says of its tools.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Whether what it says is believed. Else it may only raise what a tool's name promises, never lower it.
    #[serde(default)]
    pub trust_annotations: bool,
    /// With `decision.coaz`: whether its tools may say how calls of them are put to the decision service
    /// (`inputSchema.x-authzen-mapping`). Whoever writes a mapping chooses what is decided about; the subject is always the
    /// token's. What `tools` says of the same tool comes first.
    #[serde(default)]
    pub trust_mappings: bool,
    /// Its tools, as its answer to `tools/list` has them under `tools`.
    pub tools: Vec<Listed>,
}

/// A tool as `tools/list` shows it. What else stands there (its description, what its schemas describe) is left alone.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
pub struct Listed {
    /// The tool's name.
    pub name: String,
    /// What the server says of it.
    #[serde(default)]
    pub annotations: Annotations,
    /// The schema of its arguments.
    #[serde(default, rename = "inputSchema")]
    pub input_schema: InputSchema,
}

/// The schema of a tool's arguments, as far as it is used.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(default)]
pub struct InputSchema {
    /// How a call is put to the decision service (COAZ-MCP).
    #[serde(rename = "x-authzen-mapping")]
    pub mapping: Option<Value>,
}

/// MCP's `ToolAnnotations`, as far as they are used.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(default)]
pub struct Annotations {
    /// It changes nothing.
    #[serde(rename = "readOnlyHint")]
    pub read_only: Option<bool>,
    /// It may destroy.
    #[serde(rename = "destructiveHint")]
    pub destructive: Option<bool>,
}

/// Where the resource of an action is found.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
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
