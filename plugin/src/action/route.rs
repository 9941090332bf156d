//! Which path carries which protocol: the compiled table.

use std::fmt;

use super::{Template, ToolFacts, path};
use crate::credential::Credential;
use crate::head::Head;
use crate::reason::{Reason, Refusal};
use crate::token::{Access, Metadata};

/// The table of routes; the first that matches counts.
#[derive(Clone, Debug, Default)]
pub struct Routes(pub Vec<Route>);

/// One route.
#[derive(Clone, Debug)]
pub struct Route {
    /// Which paths.
    pub matching: Matching,
    /// What they carry.
    pub protocol: Protocol,
    /// The operator's name for the server behind.
    pub server: String,
    /// Which policy counts there.
    pub policy: PolicyOf,
    /// The largest body, in bytes.
    pub max_body: usize,
    /// Of which web pages requests are accepted, as `Origin` says them; those without an origin come from no page.
    pub origins: Vec<String>,
    /// MCP: whether lists hold only what their agent might call.
    pub filters_lists: bool,
    /// What it wants of a token, and what becomes of the token.
    pub access: Access,
    /// What goes upstream in place of the token.
    pub credential: Option<Credential>,
    /// REST: what there is, closest templates first.
    pub operations: Vec<Operation>,
}

/// Which policy counts on a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyOf {
    /// That of the whole configuration.
    All,
    /// The one of this name.
    Named(String),
    /// The one that the proxy's own route names, for each request.
    Metadata,
}

/// Which paths a route is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matching {
    /// This one.
    Path(String),
    /// Those that start so. A prefix that doesn't end in `/` ends where a segment does: `/v1` is not for `/v10`.
    Prefix(String),
}

/// A protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Model Context Protocol over streamable HTTP.
    Mcp,
    /// Agent2Agent, over JSON-RPC and over HTTP+JSON.
    A2a,
    /// Operations by method and path.
    Rest,
    /// GraphQL over HTTP.
    Graphql,
}

impl Protocol {
    /// The name that operators write and audit records carry.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mcp => "mcp",
            Self::A2a => "a2a",
            Self::Rest => "rest",
            Self::Graphql => "graphql",
        }
    }
}

/// One REST operation.
#[derive(Clone, Debug)]
pub struct Operation {
    /// The HTTP method, in upper case.
    pub method: String,
    /// The paths.
    pub path: Template,
    /// The operator's name for it.
    pub tool: String,
    /// Parameters of query and form that may stand several times: lists.
    pub lists: Vec<String>,
    /// What the operator says of it.
    pub facts: ToolFacts,
}

impl Route {
    /// A route of which nothing more is said: bodies of 1 MiB, all lists whole, no operations.
    #[must_use]
    pub fn new(matching: Matching, protocol: Protocol, server: &str) -> Self {
        Self {
            matching,
            protocol,
            server: server.to_owned(),
            policy: PolicyOf::All,
            max_body: 1 << 20,
            origins: Vec::new(),
            filters_lists: false,
            access: Access::default(),
            credential: None,
            operations: Vec::new(),
        }
    }
}

impl Routes {
    /// The route for a request target (`:path`).
    ///
    /// # Errors
    /// [`Reason::RequestPath`] when the path has more than one reading, [`Reason::RouteUnknown`] when no route is for it.
    pub fn find(&self, target: &[u8]) -> Result<&Route, Refusal> {
        let (path, _) = path::split(target)?;
        self.0.iter().find(|route| route.matching.is_for(path)).ok_or_else(|| Reason::RouteUnknown.into())
    }

    /// The public description of the protected resource that this request asks for, if it asks for one.
    #[must_use]
    pub fn metadata(&self, head: &Head) -> Option<&Metadata> {
        self.0.iter().filter_map(|route| route.access.metadata.as_ref()).find(|metadata| metadata.is_asked_for(head))
    }
}

impl Matching {
    /// Whether it is for every path that `other` is for.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        match other {
            Self::Path(path) => self.is_for(path),
            Self::Prefix(prefix) => matches!(self, Self::Prefix(_)) && self.is_for(prefix),
        }
    }

    fn is_for(&self, path: &str) -> bool {
        match self {
            Self::Path(exact) => exact == path,
            Self::Prefix(prefix) => path
                .strip_prefix(prefix.as_str())
                .is_some_and(|rest| prefix.ends_with('/') || rest.is_empty() || rest.starts_with('/')),
        }
    }
}

impl fmt::Display for Matching {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => write!(f, "the path `{path}`"),
            Self::Prefix(prefix) => write!(f, "the prefix `{prefix}`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes() -> Routes {
        let route = |matching, server: &str| Route::new(matching, Protocol::Rest, server);
        Routes(vec![
            route(Matching::Path("/mcp".into()), "exact"),
            route(Matching::Prefix("/v1".into()), "segment"),
            route(Matching::Prefix("/v2/".into()), "slash"),
        ])
    }

    #[test]
    fn the_first_route_that_matches_counts() {
        let routes = routes();
        for (target, found) in [
            ("/mcp", Ok("exact")),
            ("/mcp?x=1", Ok("exact")),
            ("/mcp/", Err(Reason::RouteUnknown)),
            ("/MCP", Err(Reason::RouteUnknown)),
            ("/v1", Ok("segment")),
            ("/v1/a", Ok("segment")),
            ("/v10", Err(Reason::RouteUnknown)),
            ("/v2/a", Ok("slash")),
            ("/v2", Err(Reason::RouteUnknown)),
            ("/v1/../mcp", Err(Reason::RequestPath)),
        ] {
            let server = routes.find(target.as_bytes()).map(|route| route.server.as_str()).map_err(|it| it.reason);
            assert_eq!(server, found, "{target}");
        }
    }
}
