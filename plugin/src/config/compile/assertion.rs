//! `audit.assertion`: with what, for whom and for how long assertions are signed.

use std::time::Duration;

use crate::assertion::{InvalidSigningKey, Notary, SigningKey};
use crate::config::document::duration;
use crate::config::problem::Problems;
use crate::config::raw;

/// Claims count in seconds: less is nothing.
const SHORTEST: Duration = Duration::from_secs(1);
/// An assertion is for a request that is on its way. What an upstream must remember to refuse a second use of one is as
/// long as this.
const LONGEST: Duration = Duration::from_secs(300);
/// A name stands in a header with every request.
const MAX_NAME: usize = 256;

const KEY: &str = "/audit/assertion/key";

/// Who signs, or none where a complaint was made. No complaint holds the key.
pub(super) fn compile(raw: &raw::Assertion, problems: &mut Problems) -> Option<Notary> {
    name(&raw.issuer, "issuer", problems);
    if let Some(audience) = &raw.audience {
        name(audience, "audience", problems);
    }
    if let Some(id) = &raw.key_id {
        name(id, "key_id", problems);
    }
    let lifetime = duration(&raw.lifetime, "/audit/assertion/lifetime", problems)?;
    if !(SHORTEST..=LONGEST).contains(&lifetime) {
        let message = format!("found `{}`; from `1s` to `5m` would be right", raw.lifetime);
        problems.add("/audit/assertion/lifetime", message);
    }
    let key = match SigningKey::read(raw.key.expose(), raw.key_id.as_deref()) {
        Ok(key) => key,
        Err(InvalidSigningKey::Form) => {
            let right = "a private key on P-256 or Ed25519, in PEM (PKCS #8) or as a JWK";
            let hint = "`openssl genpkey -algorithm ed25519` makes one";
            problems.add(KEY, format!("found something else than {right}; {hint}"));
            return None;
        }
        Err(InvalidSigningKey::OtherId) => {
            problems
                .add("/audit/assertion/key_id", "found another name than the `kid` of the key; one of them is right");
            return None;
        }
    };
    Some(Notary::new(key, raw.issuer.clone(), raw.audience.clone(), lifetime))
}

fn name(text: &str, field: &str, problems: &mut Problems) {
    if text.is_empty() || text.len() > MAX_NAME || text.chars().any(char::is_control) {
        let message = format!(
            "found `{}`; from 1 to {MAX_NAME} bytes without control characters would be right",
            text.escape_debug()
        );
        problems.add(format!("/audit/assertion/{field}"), message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8037 appendix A.1: known to all.
    const D: &str = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";

    fn key() -> String {
        format!(
            r#"{{"kty":"OKP","crv":"Ed25519","kid":"gate-1","d":"{D}","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}}"#
        )
    }

    fn complaints(changes: serde_json::Value) -> Vec<String> {
        let mut json = serde_json::json!({"key": key(), "issuer": "https://gateway.example.com"});
        json.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        let mut problems = Problems::default();
        let compiled = compile(&serde_json::from_value(json).unwrap(), &mut problems);
        assert!(compiled.is_some() || !problems.is_empty());
        assert!(!format!("{compiled:?}").contains(D));
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_can_not_be_meant_is_named_and_no_secret_told() {
        let json = |text: &str| serde_json::from_str(text).unwrap();
        let cut = key().replace("11qY", "11qZ");
        for (changes, expected) in [
            (serde_json::json!({"key": cut}), "/audit/assertion/key: found something else"),
            (json(r#"{"key": ""}"#), "/audit/assertion/key: found something else"),
            (json(r#"{"key_id": "gate-2"}"#), "/audit/assertion/key_id: found another name"),
            (json(r#"{"key_id": ""}"#), "/audit/assertion/key_id: found ``"),
            (json(r#"{"issuer": ""}"#), "/audit/assertion/issuer: found ``"),
            (json(r#"{"audience": "a\nb"}"#), "/audit/assertion/audience: found `a\\nb`"),
            (json(r#"{"lifetime": "10m"}"#), "/audit/assertion/lifetime: found `10m`"),
            (json(r#"{"lifetime": "900ms"}"#), "/audit/assertion/lifetime: found `900ms`"),
            (json(r#"{"lifetime": "soon"}"#), "/audit/assertion/lifetime: found `soon`"),
        ] {
            let found = complaints(changes);
            assert!(found.first().is_some_and(|first| first.starts_with(expected)), "{expected}: {found:?}");
            assert!(found.iter().all(|text| !text.contains(D)), "{found:?}");
        }
        for fine in ["{}", r#"{"key_id": "gate-1"}"#, r#"{"lifetime": "5m"}"#, r#"{"audience": "crm"}"#] {
            assert_eq!(complaints(json(fine)), Vec::<String>::new(), "{fine}");
        }
    }
}
