//! What routes want of tokens: `token`, `requires_scope` and `protected_resource`.

use super::super::problem::Problems;
use super::super::raw;
use super::decision::split;
use crate::action::Route;
use crate::credential::{Credential, InvalidCredential};
use crate::token::{Access, Description, Metadata, Passage};

/// What a route wants of tokens; complaints go to `problems`.
pub(super) fn access(route: &raw::Route, issuers: &[raw::Issuer], place: &str, problems: &mut Problems) -> Access {
    scopes(&route.requires_scope, &format!("{place}/requires_scope"), problems);
    let described = route.protected_resource.as_ref();
    let audiences = match described {
        None => Vec::new(),
        Some(raw::ProtectedResource { audiences: Some(audiences), .. }) => audiences.clone(),
        Some(resource) => vec![resource.resource.clone()],
    };
    if described.is_some() && (audiences.is_empty() || audiences.iter().any(String::is_empty)) {
        let place = format!("{place}/protected_resource/audiences");
        problems.add(place, "an empty list or text was found; name what `aud` of a token for this route says");
    }
    Access {
        passage: match route.token {
            raw::TokenPassage::Strip => Passage::Strip,
            raw::TokenPassage::Forward => Passage::Forward,
        },
        scopes: route.requires_scope.clone(),
        audiences,
        metadata: described.and_then(|resource| metadata(resource, route, issuers, place, problems)),
    }
}

/// The secret that goes upstream on a route, where it has one. No complaint holds the value.
pub(super) fn credential(route: &raw::Route, place: &str, problems: &mut Problems) -> Option<Credential> {
    let written = route.credential.as_ref()?;
    let place = format!("{place}/credential");
    if route.token == raw::TokenPassage::Forward {
        problems.add(&*place, "found beside `token: forward`; the server behind can get one of the two");
    }
    match Credential::new(&written.header, written.value.expose()) {
        Ok(credential) => Some(credential),
        Err(InvalidCredential::Name) => {
            let message =
                format!("`{}` is no header that may be set; one such as `x-api-key` is needed", written.header);
            problems.add(format!("{place}/header"), message);
            None
        }
        Err(InvalidCredential::Value) => {
            problems.add(format!("{place}/value"), "no header can carry what was found; visible ASCII is needed");
            None
        }
    }
}

/// RFC 6749 section 3.3: a scope is visible ASCII without quotes and backslashes.
fn scopes(scopes: &[String], place: &str, problems: &mut Problems) {
    let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
    for (at, scope) in scopes.iter().enumerate() {
        if scope.is_empty() || !scope.bytes().all(plain) {
            problems.add(format!("{place}/{at}"), format!("`{scope}` was found; a scope such as `crm:read` is needed"));
        }
    }
}

fn metadata(
    written: &raw::ProtectedResource,
    route: &raw::Route,
    issuers: &[raw::Issuer],
    place: &str,
    problems: &mut Problems,
) -> Option<Metadata> {
    let place = format!("{place}/protected_resource");
    let supported = written.scopes_supported.as_ref();
    scopes(supported.map_or(&[], Vec::as_slice), &format!("{place}/scopes_supported"), problems);
    let servers: Vec<&str> = match &written.authorization_servers {
        Some(servers) => servers.iter().map(String::as_str).collect(),
        None => issuers.iter().map(|issuer| issuer.issuer.as_str()).filter(|name| split(name).is_some()).collect(),
    };
    for (at, server) in servers.iter().enumerate().filter(|(_, server)| split(server).is_none()) {
        let message = format!("`{server}` was found; the URL of an authorization server is needed");
        problems.add(format!("{place}/authorization_servers/{at}"), message);
    }
    // The one normal form (MCP authorization, "canonical server URI"), which tokens are compared with.
    let lower = |text: &str| !text.bytes().any(|byte| byte.is_ascii_uppercase());
    let Some((scheme, authority, path)) = split(&written.resource).filter(|(_, authority, _)| lower(authority)) else {
        let found = &written.resource;
        let message = format!("`{found}` was found; a URL such as `https://gateway.example.com/mcp` is needed");
        problems.add(format!("{place}/resource"), message);
        return None;
    };
    let description = Description {
        resource: &written.resource,
        authorization_servers: servers,
        scopes: supported.unwrap_or(&route.requires_scope),
        name: written.name.as_deref(),
        documentation: written.documentation.as_deref(),
    };
    Some(Metadata::new((scheme, authority), path, &description))
}

/// Complains where two resources would be published under one path.
pub(super) fn distinct(routes: &[Route], problems: &mut Problems) {
    let path = |route: &Route| Some(route.access.metadata.as_ref()?.path.clone());
    for (at, route) in routes.iter().enumerate() {
        if let Some(published) = path(route)
            && routes.iter().take(at).any(|earlier| path(earlier).as_ref() == Some(&published))
        {
            let message = format!("another route has a resource of the same path, so both would be at `{published}`");
            problems.add(format!("/routes/{at}/protected_resource/resource"), message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn compiled(changes: Value) -> (Access, Vec<String>) {
        let mut route = json!({"match": {"path": "/mcp"}, "protocol": "mcp", "server": "crm"});
        route.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        let mut problems = Problems::default();
        let access = access(&serde_json::from_value(route).unwrap(), &[], "", &mut problems);
        (access, problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_token_ends_at_the_gate_unless_it_is_said_otherwise() {
        assert_eq!(compiled(json!({})).0.passage, Passage::Strip);
        assert_eq!(compiled(json!({"token": "forward"})).0.passage, Passage::Forward);
    }

    #[test]
    fn a_credential_is_one_that_a_header_can_carry_and_is_not_told() {
        for (changes, expected) in [
            (json!({"credential": {"header": "X-Key", "value": "s3cret"}}), None),
            (json!({"credential": {"header": "host", "value": "s3cret"}}), Some("/credential/header: `host`")),
            (json!({"credential": {"header": "x-key", "value": "s3cret\n"}}), Some("/credential/value: no header")),
            (
                json!({"token": "forward", "credential": {"header": "x-key", "value": "s3cret"}}),
                Some("/credential: found beside"),
            ),
        ] {
            let mut route = json!({"match": {"path": "/mcp"}, "protocol": "mcp", "server": "crm"});
            route.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
            let mut problems = Problems::default();
            let credential = credential(&serde_json::from_value(route).unwrap(), "", &mut problems);
            let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
            assert_eq!(credential.is_some(), expected.is_none() || changes.get("token").is_some());
            let right = expected.map_or(told.is_empty(), |expected| told.len() == 1 && told[0].starts_with(expected));
            assert!(right && !told.concat().contains("s3cret"), "{told:?}");
        }
    }

    #[test]
    fn the_resource_is_the_audience_unless_it_is_said_otherwise() {
        let audiences = |resource: Value| compiled(json!({ "protected_resource": resource })).0.audiences;
        assert_eq!(audiences(json!({"resource": "https://g.example/mcp"})), ["https://g.example/mcp"]);
        assert_eq!(audiences(json!({"resource": "https://g.example/mcp", "audiences": ["api://crm"]})), ["api://crm"]);
        assert_eq!(compiled(json!({})).0.audiences, [""; 0]);
    }

    #[test]
    fn what_can_not_be_published_is_named() {
        for (resource, expected) in [
            (json!({"resource": "gateway"}), "/protected_resource/resource: `gateway`"),
            (json!({"resource": "https://Gateway/mcp"}), "/protected_resource/resource: `https://Gateway/mcp`"),
            (json!({"resource": "https://g/mcp#x"}), "/protected_resource/resource: `https://g/mcp#x`"),
            (json!({"resource": "https://g/", "audiences": []}), "/protected_resource/audiences: an empty list"),
            (
                json!({"resource": "https://g/", "authorization_servers": ["idp"]}),
                "/protected_resource/authorization_servers/0: `idp`",
            ),
            (
                json!({"resource": "https://g/", "scopes_supported": ["a b"]}),
                "/protected_resource/scopes_supported/0: `a b`",
            ),
        ] {
            let (_, problems) = compiled(json!({ "protected_resource": resource }));
            assert!(problems.len() == 1 && problems[0].starts_with(expected), "{problems:?}");
        }
        assert!(compiled(json!({"requires_scope": ["a\"b"]})).1[0].starts_with("/requires_scope/0: `a\"b`"));
    }
}
