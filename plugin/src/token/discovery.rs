//! Metadata of an issuer (RFC 8414; OpenID Connect Discovery 1.0), of which one thing is taken: where its keys are.

use serde_json::Value;

use super::published::{MAX_DOCUMENT, UnusableDocument};
use crate::json::{Document, Limits, Tape};
use crate::remote::Source;

/// Issuers say some fifty things about themselves, a few of them as lists of a few dozen names.
const LIMITS: Limits =
    Limits { depth: 8, bytes: MAX_DOCUMENT, nodes: 1 << 12, members: 256, string: 1 << 13, case_variants: true };

/// The path of the `jwks_uri`, with its query, in the metadata that `issuer` publishes at `source`.
///
/// The set is fetched through the same cluster, so it must be where that leads: on the host that the metadata came from.
///
/// # Errors
/// When it is the metadata of another issuer (RFC 8414 section 3.3: `issuer` must be identical), or says of no place on
/// that host that the keys are there.
pub(super) fn keys_path(document: &[u8], issuer: &str, source: &Source) -> Result<String, UnusableDocument> {
    let unusable = |detail: &str| UnusableDocument(detail.to_owned());
    Document::read(document, &LIMITS, Tape::default())
        .map_err(|invalid| UnusableDocument(format!("it is not acceptable JSON: {invalid}")))?;
    let metadata: Value = serde_json::from_slice(document).map_err(|_| unusable("it is not JSON"))?;
    let text = |name: &str| metadata.get(name).and_then(Value::as_str);
    if text("issuer") != Some(issuer) {
        return Err(unusable("its `issuer` is not the one of the configuration"));
    }
    let uri = text("jwks_uri").ok_or_else(|| unusable("it has no text `jwks_uri`"))?;
    source.path_of(uri).map(str::to_owned).map_err(|why| {
        UnusableDocument(format!(
            "its `jwks_uri` {why}: `jwks.uri`, with a cluster of its own, may say where the keys are"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn path(metadata: &Value) -> Result<String, String> {
        let source = Source::example("idp", "/.well-known/openid-configuration");
        keys_path(metadata.to_string().as_bytes(), "https://idp.example.com", &source).map_err(|unusable| unusable.0)
    }

    #[test]
    fn the_keys_are_on_the_host_that_says_where_they_are() {
        let at = |uri: &str| path(&json!({"issuer": "https://idp.example.com", "jwks_uri": uri}));
        assert_eq!(at("https://idp.example.com/keys?set=1"), Ok("/keys?set=1".into()));
        for elsewhere in [
            "http://idp.example.com/keys",
            "https://idp.example.com",
            "https://idp.example.com:8443/keys",
            "https://idp.example.com.evil.example/keys",
            "https://idp.example.com@evil.example/keys",
            "https://IDP.example.com/keys",
            "//idp.example.com/keys",
            "/keys",
            "",
        ] {
            assert!(at(elsewhere).unwrap_err().contains("another host"), "{elsewhere}");
        }
        for bent in
            ["https://idp.example.com/a\r\nb", "https://idp.example.com/keys#1", "https://idp.example.com/k\u{e9}"]
        {
            assert!(at(bent).unwrap_err().contains("not a plain URL"), "{bent:?}");
        }
    }

    #[test]
    fn metadata_of_somebody_else_is_none() {
        for issuer in [json!("https://idp.example.com/"), json!("https://evil.example"), json!(null), json!(["a"])] {
            let metadata = json!({"issuer": issuer, "jwks_uri": "https://idp.example.com/keys"});
            assert!(path(&metadata).unwrap_err().contains("`issuer`"), "{metadata}");
        }
        for uri in [json!(null), json!(1), json!(["https://idp.example.com/keys"])] {
            let metadata = json!({"issuer": "https://idp.example.com", "jwks_uri": uri});
            assert!(path(&metadata).unwrap_err().contains("no text `jwks_uri`"), "{metadata}");
        }
    }
}
