//! OAuth 2.0 Protected Resource Metadata (RFC 9728): where a client that has no token learns who issues them.

use serde_json::{Map, Value, json};

use crate::head::Head;

/// The well-known path (RFC 9728 section 3); the path of the resource follows it.
const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// The public description of a protected resource, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// Where it is published: what challenges name as `resource_metadata` (RFC 9728 section 5.1).
    pub url: String,
    /// The path of that.
    pub path: String,
    /// The document, as JSON.
    pub document: String,
}

/// What a description says (RFC 9728 section 2).
#[derive(Clone, Debug, Default)]
pub(crate) struct Description<'d> {
    pub(crate) resource: &'d str,
    pub(crate) authorization_servers: Vec<&'d str>,
    pub(crate) scopes: &'d [String],
    pub(crate) name: Option<&'d str>,
    pub(crate) documentation: Option<&'d str>,
}

impl Metadata {
    /// The description of the resource at `scheme://authority/path`; a path of `/` counts as none (RFC 9728 section 3.1).
    pub(crate) fn new(origin: (&str, &str), path: &str, description: &Description<'_>) -> Self {
        let path = format!("{WELL_KNOWN}{}", if path == "/" { "" } else { path });
        let url = format!("{}://{}{path}", origin.0, origin.1);
        Self { url, path, document: Value::Object(description.members()).to_string() }
    }

    /// Whether a request asks for it: by GET or HEAD, whatever its query.
    #[must_use]
    pub fn is_asked_for(&self, head: &Head) -> bool {
        let asked = head.target().strip_prefix(self.path.as_bytes());
        asked.is_some_and(|rest| matches!(rest, [] | [b'?', ..])) && matches!(head.method(), b"GET" | b"HEAD")
    }
}

impl Description<'_> {
    fn members(&self) -> Map<String, Value> {
        let mut members = Map::new();
        members.insert("resource".into(), self.resource.into());
        if !self.authorization_servers.is_empty() {
            members.insert("authorization_servers".into(), json!(self.authorization_servers));
        }
        if !self.scopes.is_empty() {
            members.insert("scopes_supported".into(), json!(self.scopes));
        }
        members.insert("bearer_methods_supported".into(), json!(["header"]));
        for (name, text) in [("resource_name", self.name), ("resource_documentation", self.documentation)] {
            if let Some(text) = text {
                members.insert(name.into(), text.into());
            }
        }
        members
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_well_known_path_comes_before_that_of_the_resource() {
        let description = Description { resource: "https://g.example/mcp", ..Description::default() };
        let metadata = Metadata::new(("https", "g.example"), "/mcp", &description);
        assert_eq!(metadata.url, "https://g.example/.well-known/oauth-protected-resource/mcp");
        assert_eq!(metadata.document, r#"{"bearer_methods_supported":["header"],"resource":"https://g.example/mcp"}"#);
        for path in ["", "/"] {
            assert_eq!(Metadata::new(("https", "g.example"), path, &description).path, WELL_KNOWN);
        }
    }

    #[test]
    fn only_that_path_is_answered() {
        let metadata = Metadata::new(("https", "g.example"), "/mcp", &Description::default());
        let asked =
            |method: &str, path: &str| metadata.is_asked_for(&Head::from_pairs([(":method", method), (":path", path)]));
        assert!(asked("GET", &metadata.path) && asked("HEAD", &metadata.path));
        assert!(asked("GET", "/.well-known/oauth-protected-resource/mcp?x"));
        for path in [
            WELL_KNOWN,
            "/.well-known/oauth-protected-resource/mcp/",
            "/mcp",
            "/.well-known/oauth-protected-resource/mcp2",
        ] {
            assert!(!asked("GET", path), "{path}");
        }
        assert!(!asked("POST", &metadata.path));
    }
}
