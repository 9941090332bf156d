//! What an operation is done to, by its path: `/orgs/{org}/repos/{repo}/merge` is about the repo `{org}/{repo}`.

use serde::Serialize;

/// The `resource` of an operation.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Resource {
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<String>,
}

/// The resource that a path is about: the collection in front of its last parameter, else its last collection.
pub(super) fn resource(path: &str) -> Option<Resource> {
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let names: Vec<&str> = segments.iter().filter_map(|segment| name(segment)).collect();
    let last = segments.iter().rposition(|segment| name(segment).is_some());
    let before = last.and_then(|last| segments.get(..last)).unwrap_or(&segments);
    let collection = before.iter().rev().find(|segment| name(segment).is_none() && !is_version(segment))?;
    let id = names.iter().map(|name| format!("{{{name}}}")).collect::<Vec<_>>().join("/");
    Some(Resource { kind: singular(collection), id: (!id.is_empty()).then_some(id) })
}

/// The name of the parameter that a segment begins with.
fn name(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.split_once('}').map(|(name, _)| name)
}

/// `v1`, `v2.1`: no collection.
fn is_version(segment: &str) -> bool {
    segment
        .strip_prefix('v')
        .is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'))
}

/// One of a collection, as English mostly has it. It is a name, and can be changed.
fn singular(collection: &str) -> String {
    let collection = collection.split(':').next().unwrap_or(collection);
    let stem = |suffix: &str| collection.strip_suffix(suffix).filter(|stem| stem.len() > 1);
    if let Some(stem) = stem("ies") {
        return format!("{stem}y");
    }
    if ["sses", "shes", "ches", "xes", "zes"].iter().any(|suffix| collection.ends_with(suffix)) {
        return stem("es").unwrap_or(collection).to_owned();
    }
    match stem("s") {
        Some(stem) if !stem.ends_with(['s', 'u', 'i']) => stem.to_owned(),
        _ => collection.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_tells_what_it_is_about() {
        for (path, kind, id) in [
            ("/v1/payments/{id}/refund", "payment", Some("{id}")),
            ("/orgs/{org}/repos/{repo}", "repo", Some("{org}/{repo}")),
            ("/companies", "company", None),
            ("/companies/{company}/addresses", "company", Some("{company}")),
            ("/boxes/{box}", "box", Some("{box}")),
            ("/status", "status", None),
            ("/jobs/{name}:cancel", "job", Some("{name}")),
            ("/messages:batchDelete", "message", None),
        ] {
            let expected = Resource { kind: kind.into(), id: id.map(str::to_owned) };
            assert_eq!(resource(path), Some(expected), "{path}");
        }
        assert_eq!(resource("/v2/{id}"), None);
        assert_eq!(resource("/"), None);
    }
}
