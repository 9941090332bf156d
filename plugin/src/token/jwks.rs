//! A JWK Set that was fetched (RFC 7517 section 5): as hostile as any other input, and never all that was hoped for.

use std::sync::Arc;

use serde_json::Value;

use super::published::{MAX_DOCUMENT, UnusableDocument};
use super::{Algorithm, PublicKey};
use crate::json::{Document, Limits, Tape};

/// Issuers have a few keys, large ones a few dozen; each costs an RSA key's preparation.
const MAX_KEYS: usize = 64;

/// A key has a dozen members, and may carry its certificates.
const LIMITS: Limits =
    Limits { depth: 8, bytes: MAX_DOCUMENT, nodes: 1 << 13, members: 64, string: 1 << 16, case_variants: true };

/// The usable keys of a set: public ones for signatures, each of one of `algorithms`. Others are passed over, as RFC
/// 7517 section 5 tells: a set has keys for other purposes, and some day for algorithms that don't exist yet.
///
/// # Errors
/// When it isn't a set with at least one usable key. An issuer that revokes its last key must say so otherwise: a set
/// without keys is far more often an error page.
pub(super) fn read(document: &[u8], algorithms: &[Algorithm]) -> Result<Vec<Arc<PublicKey>>, UnusableDocument> {
    let unusable = |detail: &str| UnusableDocument(detail.to_owned());
    Document::read(document, &LIMITS, Tape::default())
        .map_err(|invalid| UnusableDocument(format!("it is not acceptable JSON: {invalid}")))?;
    let set: Value = serde_json::from_slice(document).map_err(|_| unusable("it is not JSON"))?;
    let list = set.get("keys").and_then(Value::as_array).ok_or_else(|| unusable("it has no list `keys`"))?;
    if list.len() > MAX_KEYS {
        return Err(UnusableDocument(format!("it has more than {MAX_KEYS} keys")));
    }
    let keys: Vec<_> = list.iter().filter_map(|jwk| key(jwk, algorithms)).map(Arc::new).collect();
    if keys.is_empty() { Err(unusable("it has no key for the issuer's algorithms")) } else { Ok(keys) }
}

fn key(jwk: &Value, algorithms: &[Algorithm]) -> Option<PublicKey> {
    let members = jwk.as_object()?;
    // A private key that was published is nobody's key any more (RFC 7518 section 6), and a secret never was one.
    if ["d", "p", "q", "dp", "dq", "qi", "oth", "k"].iter().any(|secret| members.contains_key(*secret)) {
        return None;
    }
    let text = |name: &str| match members.get(name) {
        None => Some(None),
        Some(value) => value.as_str().map(Some),
    };
    let (kind, curve) = (text("kty")??, text("crv")?);
    let fitting = |algorithm: &Algorithm| algorithm.key_type() == (kind, curve);
    let algorithm = match text("alg")? {
        Some(name) => Algorithm::named(name).filter(|named| algorithms.contains(named) && fitting(named))?,
        None => {
            let mut left = algorithms.iter().copied().filter(fitting);
            left.next().filter(|_| left.next().is_none())?
        }
    };
    // SPIFFE bundles say `jwt-svid`, which means `sig` (SPIFFE Trust Domain and Bundle section 4.2.2).
    let mut plain = members.clone();
    if plain.get("use").is_some_and(|purpose| purpose == "jwt-svid") {
        plain.remove("use");
    }
    PublicKey::from_jwk(&Value::Object(plain).to_string(), text("kid")?.map(str::to_owned), algorithm).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// RFC 7515 appendix A.3.
    fn p256(id: &str) -> Value {
        json!({
            "kty": "EC", "crv": "P-256", "kid": id,
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        })
    }

    fn ids(set: &Value) -> Result<Vec<String>, String> {
        let keys = read(set.to_string().as_bytes(), &[Algorithm::ES256]).map_err(|unusable| unusable.0)?;
        Ok(keys.iter().map(|key| key.key_id().unwrap_or_default().to_owned()).collect())
    }

    #[test]
    fn keys_for_other_purposes_are_passed_over() {
        let with = |name: &str, value: &str| {
            let mut key = p256("other");
            key[name] = value.into();
            key
        };
        let others = [
            with("use", "enc"),
            with("alg", "ES384"),
            with("alg", "none"),
            with("kty", "RSA"),
            with("crv", "P-521"),
            with("d", "AA"),
            with("x", "AA"),
            with("kid", ""),
            json!("key"),
            json!({}),
        ];
        let mut keys = others.to_vec();
        keys.push(p256("good"));
        keys.push(with("use", "jwt-svid"));
        assert_eq!(ids(&json!({ "keys": keys })).unwrap(), ["", "good", "other"]);
    }

    #[test]
    fn a_set_without_a_usable_key_is_none() {
        for set in [
            json!({}),
            json!([]),
            json!({"keys": []}),
            json!({"keys": {}}),
            json!({"keys": [{"kty": "oct", "k": "AA"}]}),
        ] {
            assert!(ids(&set).is_err(), "{set}");
        }
        let many: Vec<_> = (0..=MAX_KEYS).map(|number| p256(&number.to_string())).collect();
        assert_eq!(ids(&json!({ "keys": many })), Err("it has more than 64 keys".into()));
        assert!(read(br#"{"keys":[],"keys":[]}"#, &[Algorithm::ES256]).unwrap_err().0.contains("twice"));
    }
}
