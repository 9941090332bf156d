//! `identity.task_documents`.

use super::super::problem::Problems;
use super::super::raw;
use super::identity::{MAX_SKEW, duration, keys};
use crate::token::{Algorithm, Documents, Publication};

const PLACE: &str = "/identity/task_documents";

/// Headers that mean something else already, to this filter or to everybody.
const TAKEN: &[&str] = &[
    "accept",
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "dpop",
    "host",
    "mcp-method",
    "mcp-name",
    "mcp-protocol-version",
    "mcp-session-id",
    "te",
    "traceparent",
    "tracestate",
    "transfer-encoding",
    "x-forwarded-client-cert",
    "x-request-id",
];

/// Who signs task documents, if anybody does; complaints go to `problems`.
pub(super) fn documents(
    raw: &raw::Identity,
    publications: &mut Vec<Publication>,
    problems: &mut Problems,
) -> Option<Option<Documents>> {
    let Some(raw) = &raw.task_documents else { return Some(None) };
    let mut sound = true;
    let mut complain = |field: &str, message: String| {
        problems.add(format!("{PLACE}/{field}"), message);
        sound = false;
    };
    let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if raw.header.is_empty() || !raw.header.bytes().all(is_name) {
        complain("header", format!("`{}` was found; a name such as `task-document` is needed", raw.header));
    }
    if TAKEN.contains(&&*raw.header) || raw.header.starts_with("x-agent-") {
        complain("header", format!("`{}` was found, which means something else; choose another", raw.header));
    }
    if raw.issuer.is_empty() {
        complain("issuer", "an empty text was found; write the exact `iss` of whoever signs them".into());
    }
    if raw.audiences.is_empty() || raw.audiences.iter().any(String::is_empty) {
        complain("audiences", "no audience, or an empty one, was found; name this gateway as documents do".into());
    }
    if raw.algorithms.is_empty() {
        complain("algorithms", "no algorithm was found; list those that are signed with, such as `ES256`".into());
    }
    if raw.algorithms.contains(&Algorithm::HS256) {
        complain("algorithms", "`HS256` was found: whoever can check such a document can make one".into());
    }
    let max_lifetime = duration(&raw.max_lifetime, None).map_err(|message| complain("max_lifetime", message)).ok();
    let clock_skew = duration(&raw.clock_skew, Some(MAX_SKEW)).map_err(|message| complain("clock_skew", message)).ok();
    let keys = keys(&raw.jwks, &raw.issuer, &raw.algorithms, &format!("{PLACE}/jwks"), publications, problems);
    if !sound {
        return None;
    }
    Some(Some(Documents {
        header: raw.header.clone(),
        issuer: raw.issuer.clone(),
        audiences: raw.audiences.clone(),
        algorithms: raw.algorithms.clone(),
        keys: keys?,
        max_lifetime: max_lifetime?,
        clock_skew: clock_skew?,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn complaints(change: &Value) -> Vec<String> {
        let mut documents = json!({
            "issuer": "https://runs.example.com", "audiences": ["https://gateway.example.com/mcp"], "algorithms": ["EdDSA"],
            // RFC 8037 appendix A.2.
            "jwks": {"inline": {"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}},
        });
        for (name, value) in change.as_object().unwrap() {
            documents[name] = value.clone();
        }
        let raw = serde_json::from_value(json!({"issuers": [], "task_documents": documents})).unwrap();
        let mut problems = Problems::default();
        let built = super::documents(&raw, &mut Vec::new(), &mut problems).is_some();
        assert_eq!(built, problems.is_empty());
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn each_wrong_field_is_named_with_what_would_be_right() {
        assert_eq!(complaints(&json!({})), [""; 0]);
        for (change, expected) in [
            (
                json!({"header": "Task Document"}),
                "header: `Task Document` was found; a name such as `task-document` is needed",
            ),
            (json!({"header": "dpop"}), "header: `dpop` was found, which means something else; choose another"),
            (
                json!({"header": "x-agent-task"}),
                "header: `x-agent-task` was found, which means something else; choose another",
            ),
            (json!({"issuer": ""}), "issuer: an empty text was found; write the exact `iss` of whoever signs them"),
            (
                json!({"audiences": []}),
                "audiences: no audience, or an empty one, was found; name this gateway as documents do",
            ),
            (json!({"clock_skew": "1h"}), "clock_skew: `1h` was found; at most `5m` is possible"),
            (json!({"max_lifetime": "0s"}), "max_lifetime: `0s` was found; it must be longer than nothing"),
            (json!({"jwks": {}}), "jwks: give either `inline`, or `cluster` and one of `uri` and `discover`"),
        ] {
            assert_eq!(complaints(&change), [format!("{PLACE}/{expected}")]);
        }
        let mac = complaints(&json!({"algorithms": ["EdDSA", "HS256"]}));
        assert_eq!(
            mac,
            [format!("{PLACE}/algorithms: `HS256` was found: whoever can check such a document can make one")]
        );
    }
}
