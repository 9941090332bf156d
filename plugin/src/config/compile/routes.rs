//! `routes` and `tools`.

use std::collections::BTreeMap;

use super::access;
use crate::action::{
    ActionKind, Annotation, Matching, Operation, PolicyOf, Protocol, ResourcePlace, Route, Routes, Template, ToolFacts,
    Tools, a2a, path,
};
use crate::config::problem::Problems;
use crate::config::raw;

/// Bodies are held whole in a memory of 4 GiB that all requests of a worker share.
const MAX_BODY: u64 = 64 << 20;

/// The table of routes, as far as it makes sense; complaints go to `problems`.
pub fn routes(written: &[raw::Route], issuers: &[raw::Issuer], problems: &mut Problems) -> Routes {
    if written.is_empty() {
        problems.add("/routes", "there is no route, so every request would be refused; name at least one");
    }
    let mut routes: Vec<Route> = Vec::new();
    for (index, entry) in written.iter().enumerate() {
        let place = format!("/routes/{index}");
        let matching = matching(&entry.matching, &place, problems);
        let protocol = match entry.protocol {
            raw::ProtocolName::Mcp => Protocol::Mcp,
            raw::ProtocolName::A2a => Protocol::A2a,
            raw::ProtocolName::Rest => Protocol::Rest,
            raw::ProtocolName::Graphql => Protocol::Graphql,
        };
        if entry.server.is_empty() {
            problems.add(format!("{place}/server"), "the server's name is empty; rules and audit need one");
        }
        let max_body = size(&entry.max_body, &format!("{place}/max_body"), problems);
        let mut operations = operations(protocol, &entry.operations, &place, problems);
        let origins = origins(protocol, &entry.origins, &place, problems);
        if protocol != Protocol::Mcp && entry.lists.is_some() {
            problems.add(format!("{place}/lists"), "only an `mcp` route has lists");
        }
        let access = access::access(entry, issuers, &place, problems);
        let credential = access::credential(entry, &place, problems);
        let Some(matching) = matching else { continue };
        if let (Protocol::A2a, Matching::Prefix(prefix)) = (protocol, &matching) {
            operations = a2a::operations(prefix.trim_end_matches('/'));
        }
        if let Some(earlier) = routes.iter().find(|earlier| earlier.matching.covers(&matching)) {
            let earlier = &earlier.matching;
            problems.add(
                format!("{place}/match"),
                format!("never used: an earlier route, for {earlier}, matches the same paths"),
            );
        }
        routes.push(Route {
            matching,
            protocol,
            server: entry.server.clone(),
            policy: match &entry.policy {
                Some(name) => PolicyOf::Named(name.clone()),
                None if entry.policy_by_metadata => PolicyOf::Metadata,
                None => PolicyOf::All,
            },
            max_body,
            origins,
            filters_lists: protocol == Protocol::Mcp && entry.lists != Some(raw::Lists::Whole),
            access,
            credential,
            operations,
        });
    }
    access::distinct(&routes, problems);
    Routes(routes)
}

/// What is known of tools; complaints go to `problems`.
pub fn tools<'a>(written: impl IntoIterator<Item = (&'a String, &'a raw::Tool)>, problems: &mut Problems) -> Tools {
    let mut tools = Tools::default();
    for (entry, (name, tool)) in written.into_iter().enumerate() {
        let place = format!("/tools/{}", super::token(name));
        let mut facts = facts(tool.action.as_deref(), tool.resource.as_ref(), &place, problems);
        facts.mapping = tool.mapping.is_some().then_some(entry);
        facts.headers = headers(&tool.headers, &place, problems);
        tools.insert(name, facts);
    }
    tools
}

/// Adds what servers say of their tools; complaints go to `problems`.
pub fn servers<'a>(
    written: impl IntoIterator<Item = (&'a String, &'a raw::Server)>,
    routes: &Routes,
    tools: &mut Tools,
    problems: &mut Problems,
) {
    for (name, server) in written {
        if !routes.0.iter().any(|route| route.server == *name) {
            let known: Vec<&str> = routes.0.iter().map(|route| route.server.as_str()).collect();
            problems.add(
                format!("/servers/{}", super::token(name)),
                format!("no route leads to `{name}`; the servers of `routes` are {}", known.join(", ")),
            );
        }
        for listed in &server.tools {
            let annotation = Annotation {
                reads: listed.annotations.read_only,
                destroys: listed.annotations.destructive,
                is_trusted: server.trust_annotations,
            };
            tools.annotate(name, &listed.name, annotation);
        }
    }
}

fn matching(written: &raw::RouteMatch, place: &str, problems: &mut Problems) -> Option<Matching> {
    let (text, name) = match (&written.path, &written.prefix) {
        (Some(path), None) => (path, "path"),
        (None, Some(prefix)) => (prefix, "prefix"),
        (None, None) => {
            problems.add(format!("{place}/match"), "names no paths; give either `path` or `prefix`");
            return None;
        }
        (Some(_), Some(_)) => {
            problems.add(format!("{place}/match"), "has both `path` and `prefix`; give one of them");
            return None;
        }
    };
    match path::split(text.as_bytes()) {
        Ok((_, None)) => {}
        Ok((_, Some(_))) => {
            problems.add(format!("{place}/match/{name}"), format!("`{text}` has a query; give the path only"))
        }
        Err(refusal) => problems.add(format!("{place}/match/{name}"), format!("`{text}`: {}", refusal.detail)),
    }
    Some(if name == "path" { Matching::Path(text.clone()) } else { Matching::Prefix(text.clone()) })
}

/// Origins as browsers write them: scheme, host and port, nothing behind (RFC 6454 section 6.2).
fn origins(protocol: Protocol, written: &[String], place: &str, problems: &mut Problems) -> Vec<String> {
    if protocol != Protocol::Mcp && !written.is_empty() {
        problems.add(format!("{place}/origins"), "only an `mcp` route looks at origins");
    }
    for (index, origin) in written.iter().enumerate() {
        let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://")).unwrap_or_default();
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.:[]".contains(&byte);
        if host.is_empty() || !host.bytes().all(is_plain) {
            let wanted = "scheme, host and port in lower case such as `https://app.example.com`";
            problems.add(format!("{place}/origins/{index}"), format!("`{origin}` is not an origin; write {wanted}"));
        }
    }
    written.to_vec()
}

fn headers(written: &BTreeMap<String, String>, place: &str, problems: &mut Problems) -> Vec<(String, String)> {
    let compiled = written.iter().map(|(name, pointer)| {
        let place = format!("{place}/headers/{}", super::token(name));
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) {
            problems.add(&place, format!("`{name}` can't stand in a header's name; use letters, digits and `-`"));
        }
        if !pointer.starts_with('/') {
            problems.add(&place, format!("`{pointer}` is not a JSON pointer into the arguments such as `/region`"));
        }
        (format!("mcp-param-{}", name.to_ascii_lowercase()), pointer.clone())
    });
    let compiled: Vec<(String, String)> = compiled.collect();
    let mut names: Vec<&str> = compiled.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| matches!(pair, [one, other] if one == other)) {
        problems.add(format!("{place}/headers"), "names a header twice, apart from its case");
    }
    compiled
}

fn size(text: &str, place: &str, problems: &mut Problems) -> usize {
    match parse_size::parse_size(text) {
        Ok(bytes @ 1..=MAX_BODY) => usize::try_from(bytes).unwrap_or(usize::MAX),
        Ok(_) => {
            problems.add(place, format!("`{text}` is out of range; give between 1 byte and {} MiB", MAX_BODY >> 20));
            1
        }
        Err(_) => {
            problems.add(place, format!("`{text}` is not a size; write one such as `512KiB` or `1MiB`"));
            1
        }
    }
}

fn operations(protocol: Protocol, written: &[raw::Operation], place: &str, problems: &mut Problems) -> Vec<Operation> {
    match (protocol, written.is_empty()) {
        (Protocol::Rest, true) => {
            problems
                .add(format!("{place}/operations"), "a `rest` route needs operations; every request would be refused");
        }
        (Protocol::Mcp, false) => {
            problems
                .add(format!("{place}/operations"), "an `mcp` route has no operations; its tools belong into `/tools`");
        }
        (Protocol::Graphql, false) => {
            let wanted = "a `graphql` route has no operations; its fields (`Mutation.refund`) belong into `/tools`";
            problems.add(format!("{place}/operations"), wanted);
        }
        (Protocol::A2a, false) => {
            problems.add(format!("{place}/operations"), "an `a2a` route has the operations of A2A, and no others");
        }
        _ => {}
    }
    let mut operations: Vec<Operation> = Vec::new();
    for (index, entry) in written.iter().enumerate() {
        let place = format!("{place}/operations/{index}");
        if entry.method.is_empty() || !entry.method.bytes().all(|byte| byte.is_ascii_uppercase()) {
            problems.add(format!("{place}/method"), format!("`{}` is not an HTTP method in upper case", entry.method));
        }
        if entry.tool.is_empty() {
            problems.add(format!("{place}/tool"), "the tool's name is empty; rules and audit need one");
        }
        let facts = facts(entry.action.as_deref(), entry.resource.as_ref(), &place, problems);
        let path = match Template::parse(&entry.path) {
            Ok(path) => path,
            Err(invalid) => {
                problems.add(format!("{place}/path"), invalid.to_string());
                continue;
            }
        };
        if operations.iter().any(|earlier| earlier.method == entry.method && earlier.path.is_alike(&path)) {
            problems.add(
                &place,
                format!("`{} {}` stands here twice, apart from the names of its parameters", entry.method, entry.path),
            );
        }
        operations.push(Operation {
            method: entry.method.clone(),
            path,
            tool: entry.tool.clone(),
            lists: entry.lists.clone(),
            facts,
        });
    }
    operations.sort_by_key(|operation| operation.path.specificity());
    operations
}

fn facts(
    action: Option<&str>,
    resource: Option<&raw::ResourceSettings>,
    place: &str,
    problems: &mut Problems,
) -> ToolFacts {
    let action = action.and_then(|name| {
        let kind = ActionKind::named(name);
        if kind.is_none() {
            let known: Vec<&str> = ActionKind::ALL.iter().map(|(name, _)| *name).collect();
            problems
                .add(format!("{place}/action"), format!("`{name}` is not an action; use one of {}", known.join(", ")));
        }
        kind
    });
    let resource = resource.map(|resource| {
        let id = match resource.id.as_deref().map(ResourcePlace::parse) {
            None => ResourcePlace::Nowhere,
            Some(Ok(id)) => id,
            Some(Err(invalid)) => {
                problems.add(format!("{place}/resource/id"), invalid.to_string());
                ResourcePlace::Nowhere
            }
        };
        (resource.kind.clone(), id)
    });
    ToolFacts { action, resource, ..ToolFacts::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compile(routes_text: &str) -> (Routes, Vec<String>) {
        let written: Vec<raw::Route> = serde_json::from_str(routes_text).unwrap();
        let mut problems = Problems::default();
        let compiled = routes(&written, &[], &mut problems);
        (compiled, problems.iter().map(|problem| problem.pointer.clone()).collect())
    }

    #[test]
    fn the_closest_template_comes_first() {
        let (routes, problems) = compile(
            r#"[{"match": {"prefix": "/v1/"}, "protocol": "rest", "server": "users", "max_body": "512KiB", "operations": [
                {"method": "GET", "path": "/v1/users/{id}", "tool": "users.get"},
                {"method": "GET", "path": "/v1/users/me", "tool": "users.me", "action": "read"}]}]"#,
        );
        assert_eq!(problems, Vec::<String>::new());
        let route = &routes.0[0];
        assert_eq!(route.max_body, 512 * 1024);
        assert_eq!(route.operations[0].tool, "users.me");
    }

    #[test]
    fn every_mistake_is_told_with_its_place() {
        let (_, problems) = compile(
            r#"[{"match": {}, "protocol": "mcp", "server": "", "max_body": "lots", "origins": ["https://App", "null"]},
                {"match": {"path": "/a", "prefix": "/b"}, "protocol": "rest", "server": "s"},
                {"match": {"path": "a/../b"}, "protocol": "mcp", "server": "s", "max_body": "0"},
                {"match": {"prefix": "/v1"}, "protocol": "rest", "server": "s", "operations": [
                    {"method": "get", "path": "/x", "tool": "", "action": "erase"},
                    {"method": "GET", "path": "x", "tool": "t"},
                    {"method": "GET", "path": "/{a}", "tool": "t", "resource": {"type": "T", "id": "id"}},
                    {"method": "GET", "path": "/{b}", "tool": "t"}]},
                {"match": {"path": "/v1/x"}, "protocol": "mcp", "server": "s"}]"#,
        );
        let expected = [
            "/routes/0/match",
            "/routes/0/server",
            "/routes/0/max_body",
            "/routes/0/origins/0",
            "/routes/0/origins/1",
            "/routes/1/match",
            "/routes/1/operations",
            "/routes/2/match/path",
            "/routes/2/max_body",
            "/routes/3/operations/0/method",
            "/routes/3/operations/0/tool",
            "/routes/3/operations/0/action",
            "/routes/3/operations/1/path",
            "/routes/3/operations/2/resource/id",
            "/routes/3/operations/3",
            "/routes/4/match",
        ];
        assert_eq!(problems, expected);
    }

    #[test]
    fn tools_are_known_by_name() {
        let written: BTreeMap<String, raw::Tool> = serde_json::from_str(
            r#"{"salesforce.query": {"action": "read", "resource": {"type": "Account", "id": "/account_id"}},
                "a/b": {"action": "nothing", "headers": {"Region": "region", "x y": "/z", "X Y": "/z"}}}"#,
        )
        .unwrap();
        let mut problems = Problems::default();
        let tools = tools(&written, &mut problems);
        assert_eq!(tools.facts("salesforce.query").unwrap().action, Some(ActionKind::Read));
        let expected = [
            "/tools/a~1b/action",
            "/tools/a~1b/headers/Region",
            "/tools/a~1b/headers/X Y",
            "/tools/a~1b/headers/x y",
            "/tools/a~1b/headers",
        ];
        assert_eq!(problems.iter().map(|problem| problem.pointer.as_str()).collect::<Vec<_>>(), expected);
    }
}
