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
pub(super) fn keys(set: &Value, algorithms: &[Algorithm], place: &str, problems: &mut Problems) -> Option<Vec<PublicKey>> {
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
    if let Some(secret) = SECRET_MEMBERS.iter().find(|name| members.contains_key(**name)) {
        return Err((
            "",
            format!("a secret key was found (member `{secret}`); write the public key only, and consider this one lost"),
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
        let named = named
            .ok_or_else(|| ("/alg", format!("`{name}` was found, which is not among the issuer's algorithms ({allowed})")))?;
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
