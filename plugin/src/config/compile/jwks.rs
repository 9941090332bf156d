//! A JWK Set (RFC 7517 section 5): each key checked, and tied to one algorithm.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::super::problem::Problems;
use crate::token::{Algorithm, PublicKey};

/// Members that only private and symmetric keys have (RFC 7518 sections 6.2.2, 6.3.2 and 6.4).
const SECRET_MEMBERS: &[&str] = &["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// An RSA modulus of 2048 bits has so many bytes (RFC 7518 section 3.3: a smaller one must not be used).
const SMALLEST_MODULUS: usize = 256;
/// And one of 4096 bits so many: larger ones only cost more, and jwt-simple refuses them.
const LARGEST_MODULUS: usize = 512;

/// The keys of a set, each of one of those algorithms. Everything that is wrong goes to `problems`; `None` exactly
/// when something is.
pub(super) fn keys(
    set: &Value,
    algorithms: &[Algorithm],
    place: &str,
    problems: &mut Problems,
) -> Option<Vec<PublicKey>> {
    let Some(list) = set.get("keys").and_then(Value::as_array).filter(|list| !list.is_empty()) else {
        problems.add(place, "no key was found; a JWK Set is needed, `{\"keys\": [...]}` with at least one key");
        return None;
    };
    let mut ids = BTreeSet::new();
    let mut keys = Vec::new();
    for (at, jwk) in list.iter().enumerate() {
        let place = format!("{place}/keys/{at}");
        match key(jwk, algorithms) {
            Ok(key) if key.key_id().is_some_and(|id| !ids.insert(id.to_owned())) => {
                problems.add(format!("{place}/kid"), "this `kid` was found twice; each key needs its own");
            }
            Ok(key) => keys.push(key),
            Err((member, message)) => problems.add(format!("{place}{member}"), message),
        }
    }
    (keys.len() == list.len()).then_some(keys)
}

/// Where within the key, and what.
type Complaint = (&'static str, String);

fn key(jwk: &Value, algorithms: &[Algorithm]) -> Result<PublicKey, Complaint> {
    let members = jwk.as_object().ok_or_else(|| ("", "this is not an object; a JWK is needed".to_owned()))?;
    // The one kind of key that is secret by nature; the compiler of `algorithms` wants its dangerous word.
    let mac = algorithms.contains(&Algorithm::HS256) && jwk.get("kty").is_some_and(|kind| kind == "oct");
    if let Some(secret) = SECRET_MEMBERS.iter().find(|name| members.contains_key(**name) && !(mac && **name == "k")) {
        return Err((
            "",
            format!(
                "a secret key was found (member `{secret}`); write the public key only, and consider this one lost"
            ),
        ));
    }
    let key_id = text(jwk, "kid").map_err(|message| ("/kid", message))?;
    let algorithm = algorithm(jwk, algorithms)?;
    if algorithm.key_type().0 == "RSA" {
        let modulus = text(jwk, "n").ok().flatten().and_then(|n| URL_SAFE_NO_PAD.decode(n).ok()).unwrap_or_default();
        if !(SMALLEST_MODULUS..=LARGEST_MODULUS).contains(&modulus.len()) {
            let bits = modulus.len().saturating_mul(8);
            return Err(("/n", format!("a modulus of about {bits} bits was found; 2048 to 4096 are possible")));
        }
    }
    PublicKey::from_jwk(&jwk.to_string(), key_id.map(str::to_owned), algorithm).map_err(|_| {
        let message = match algorithm.key_type() {
            ("RSA", _) => "`n` as base64url, `e` as `AQAB`",
            ("oct", _) => "`k` as base64url of 32 bytes or more",
            ("EC", _) => "`x` and `y` as base64url of full length, a point on the curve",
            _ => "`x` as base64url of 32 bytes, a point of full order",
        };
        let also = "`use` absent or `sig`, `key_ops` absent or `verify`";
        ("", format!("this is no public key for signatures with `{}`; it needs {message}; {also}", algorithm.name()))
    })
}

/// The one algorithm of a key: its `alg`, else the one of the issuer's that its type leaves.
fn algorithm(jwk: &Value, algorithms: &[Algorithm]) -> Result<Algorithm, Complaint> {
    let allowed = algorithms.iter().map(|algorithm| format!("`{}`", algorithm.name())).collect::<Vec<_>>().join(", ");
    let kind = text(jwk, "kty").map_err(|message| ("/kty", message))?;
    let kind = kind.ok_or_else(|| ("/kty", "no key type was found; `EC`, `RSA` or `OKP` is needed".to_owned()))?;
    let curve = text(jwk, "crv").map_err(|message| ("/crv", message))?;
    let fits = |algorithm: &Algorithm| algorithm.key_type() == (kind, curve);
    if let Some(name) = text(jwk, "alg").map_err(|message| ("/alg", message))? {
        let named = Algorithm::named(name).filter(|algorithm| algorithms.contains(algorithm));
        let named = named.ok_or_else(|| {
            ("/alg", format!("`{name}` was found, which is not among the issuer's algorithms ({allowed})"))
        })?;
        if !fits(&named) {
            return Err(("/kty", format!("`{}` was found, which is no key for `{name}`", shown(kind, curve))));
        }
        return Ok(named);
    }
    if !Algorithm::ALL.iter().any(fits) {
        let known = "`EC` with `P-256` or `P-384`, `RSA`, `OKP` with `Ed25519`";
        return Err(("/kty", format!("`{}` was found; known are {known}", shown(kind, curve))));
    }
    let mut left = algorithms.iter().copied().filter(fits);
    match (left.next(), left.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err((
            "/kty",
            format!("`{}` was found, a key for none of the issuer's algorithms ({allowed})", shown(kind, curve)),
        )),
        (Some(_), Some(_)) => {
            Err(("/alg", format!("no `alg` was found, and several of the issuer's would do ({allowed}); name one")))
        }
    }
}

fn shown(kind: &str, curve: Option<&str>) -> String {
    curve.map_or_else(|| kind.to_owned(), |curve| format!("{kind} {curve}"))
}

fn text<'j>(jwk: &'j Value, name: &str) -> Result<Option<&'j str>, String> {
    match jwk.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(format!("`{other}` was found; a text is needed")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ALL: &[Algorithm] = Algorithm::ALL;
    const ONE_RSA: &[Algorithm] = &[Algorithm::ES256, Algorithm::ES384, Algorithm::EdDSA, Algorithm::PS256];

    /// RFC 8037 appendix A.2.
    fn ed25519() -> Value {
        json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})
    }

    /// RFC 7515 appendix A.3.
    fn p256() -> Value {
        json!({
            "kty": "EC", "crv": "P-256",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        })
    }

    /// A modulus of that many bytes: the first and last bit set, which is all that is looked at before use.
    fn rsa(bytes: usize) -> Value {
        let mut modulus = vec![0xff; bytes];
        modulus.iter_mut().skip(1).step_by(3).for_each(|byte| *byte = 0x35);
        if let Some(last) = modulus.last_mut() {
            *last = 0x01;
        }
        json!({"kty": "RSA", "n": URL_SAFE_NO_PAD.encode(modulus), "e": "AQAB"})
    }

    fn with(mut key: Value, name: &str, value: Value) -> Value {
        key[name] = value;
        key
    }

    fn algorithms_of(set: Value, algorithms: &[Algorithm]) -> Result<Vec<Algorithm>, Vec<String>> {
        let mut problems = Problems::default();
        let keys = keys(&set, algorithms, "", &mut problems);
        keys.filter(|_| problems.is_empty())
            .map(|keys| keys.iter().map(PublicKey::algorithm).collect())
            .ok_or_else(|| problems.iter().map(ToString::to_string).collect())
    }

    fn complaint(key: Value, algorithms: &[Algorithm]) -> String {
        let mut problems = algorithms_of(json!({"keys": [key]}), algorithms).unwrap_err();
        assert_eq!(problems.len(), 1, "{problems:?}");
        problems.remove(0)
    }

    #[test]
    fn each_key_gets_the_algorithm_that_its_type_leaves() {
        let set = json!({"keys": [ed25519(), p256(), rsa(256), with(rsa(512), "kid", json!("r"))]});
        let expected = vec![Algorithm::EdDSA, Algorithm::ES256, Algorithm::PS256, Algorithm::PS256];
        assert_eq!(algorithms_of(set, ONE_RSA), Ok(expected));
    }

    #[test]
    fn a_key_may_name_its_algorithm() {
        let named = |key, name: &str| algorithms_of(json!({"keys": [with(key, "alg", json!(name))]}), ALL);
        assert_eq!(named(rsa(256), "RS384"), Ok(vec![Algorithm::RS384]));
        assert_eq!(named(ed25519(), "Ed25519"), Ok(vec![Algorithm::EdDSA]));
        assert_eq!(named(ed25519(), "EdDSA"), Ok(vec![Algorithm::EdDSA]));
    }

    #[test]
    fn a_set_without_keys_is_no_set() {
        for set in [json!({}), json!([]), json!({"keys": []}), json!({"keys": {}}), json!(null)] {
            assert!(algorithms_of(set, ALL).is_err());
        }
    }

    #[test]
    fn a_secret_key_is_not_swallowed() {
        for secret in SECRET_MEMBERS {
            let message = complaint(with(p256(), secret, json!("AA")), ALL);
            assert!(message.starts_with("/keys/0: a secret key was found"), "{message}");
        }
    }

    #[test]
    fn a_secret_is_a_key_where_macs_are_allowed_and_not_a_short_one() {
        let secret = |bytes: usize| json!({"kty": "oct", "k": URL_SAFE_NO_PAD.encode(vec![7; bytes])});
        assert_eq!(algorithms_of(json!({"keys": [secret(32)]}), &[Algorithm::HS256]), Ok(vec![Algorithm::HS256]));
        let short = complaint(secret(31), &[Algorithm::HS256]);
        assert!(short.starts_with("/keys/0: this is no public key for signatures with `HS256`"), "{short}");
        assert!(complaint(secret(32), ONE_RSA).starts_with("/keys/0: a secret key was found"));
    }

    #[test]
    fn an_rsa_key_has_2048_to_4096_bits() {
        for bytes in [0, 128, 255, 513, 1024] {
            let message = complaint(rsa(bytes), ONE_RSA);
            assert!(message.starts_with("/keys/0/n: a modulus of about"), "{message}");
        }
    }

    #[test]
    fn key_ids_are_unique() {
        let set = json!({"keys": [with(ed25519(), "kid", json!("a")), with(p256(), "kid", json!("a"))]});
        assert_eq!(
            algorithms_of(set, ONE_RSA).unwrap_err(),
            ["/keys/1/kid: this `kid` was found twice; each key needs its own"]
        );
    }

    #[test]
    fn a_key_without_one_algorithm_is_refused() {
        for (key, algorithms, place) in [
            (with(p256(), "alg", json!("RS256")), &[Algorithm::ES256][..], "/keys/0/alg: `RS256`"),
            (with(p256(), "alg", json!("HS256")), ALL, "/keys/0/kty: `EC P-256`"),
            (with(p256(), "alg", json!("HS256")), ONE_RSA, "/keys/0/alg: `HS256`"),
            (with(p256(), "alg", json!("RS256")), ALL, "/keys/0/kty: `EC P-256`"),
            (with(p256(), "alg", json!("ES384")), ALL, "/keys/0/kty: `EC P-256`"),
            (p256(), &[Algorithm::RS256], "/keys/0/kty: `EC P-256`"),
            (rsa(256), ALL, "/keys/0/alg: no `alg`"),
            (with(p256(), "crv", json!("P-521")), ALL, "/keys/0/kty: `EC P-521`"),
            (with(ed25519(), "crv", json!("X25519")), ALL, "/keys/0/kty: `OKP X25519`"),
            (with(ed25519(), "kty", json!("oct")), ALL, "/keys/0/kty: `oct Ed25519`"),
            (json!({}), ALL, "/keys/0/kty: no key type"),
            (json!({"kty": 1}), ALL, "/keys/0/kty: `1`"),
            (with(p256(), "kid", json!(1)), ALL, "/keys/0/kid: `1`"),
            (json!("key"), ALL, "/keys/0: this is not an object"),
        ] {
            let message = complaint(key, algorithms);
            assert!(message.starts_with(place), "{message} instead of {place}");
        }
    }

    #[test]
    fn what_is_no_signature_key_is_refused() {
        for key in [
            with(p256(), "use", json!("enc")),
            with(p256(), "key_ops", json!(["sign"])),
            with(p256(), "x", json!("AAAA")),
            with(p256(), "y", json!("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a1")),
            with(p256(), "n", json!("AQAB")),
            // The neutral element, of order 1 (Wycheproof: a key with which anything verifies).
            with(ed25519(), "x", json!("AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")),
            with(rsa(256), "e", json!("Aw")),
        ] {
            let message = complaint(key, ONE_RSA);
            assert!(message.starts_with("/keys/0: this is no public key for signatures"), "{message}");
        }
    }
}
