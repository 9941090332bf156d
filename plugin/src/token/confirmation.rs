//! What a token is bound to: its claim `cnf` (RFC 7800 section 3.1).
//!
//! A bound token is worth nothing to whoever steals it: its sender must hold a key as well. So one whose `cnf` can't be
//! verified, all of it, is no token here: to overlook it would turn it back into a bearer token.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::claims::Claims;
use crate::reason::{Reason, Refusal};

/// A SHA-256.
pub(super) type Sha256Digest = [u8; 32];

/// What the sender of a token must hold; both, where it names both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Confirmation {
    /// The key of the certificate with this digest (`x5t#S256`, RFC 8705 section 3.1).
    pub(crate) certificate: Option<Sha256Digest>,
    /// The key with this thumbprint (`jkt`, RFC 9449 section 6.1).
    pub(crate) key: Option<Sha256Digest>,
}

impl Confirmation {
    /// What a token's claims say; nothing where it is a bearer token.
    ///
    /// # Errors
    /// [`Reason::TokenBinding`]: a `cnf` that names no method, one that isn't known, or a digest that is none.
    pub(super) fn read(claims: &Claims) -> Result<Self, Refusal> {
        let mut confirmation = Self::default();
        let Some(cnf) = claims.get("cnf") else { return Ok(confirmation) };
        let methods = cnf.as_object().filter(|methods| !methods.is_empty());
        for (method, value) in methods.ok_or_else(|| refused("`cnf` names no method of confirmation"))? {
            let place = match method.as_str() {
                "x5t#S256" => &mut confirmation.certificate,
                "jkt" => &mut confirmation.key,
                _ => return Err(refused("`cnf` names a method of confirmation that isn't known")),
            };
            *place = Some(digest(value).ok_or_else(|| refused("`cnf` holds something else than a SHA-256"))?);
        }
        Ok(confirmation)
    }

    /// Whether the token is a bearer token.
    pub(crate) const fn is_none(&self) -> bool {
        self.certificate.is_none() && self.key.is_none()
    }
}

fn digest(value: &Value) -> Option<Sha256Digest> {
    URL_SAFE_NO_PAD.decode(value.as_str()?).ok()?.try_into().ok()
}

pub(super) fn refused(detail: impl Into<String>) -> Refusal {
    Refusal::new(Reason::TokenBinding, detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// RFC 9449 section 6.1.
    const JKT: &str = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";

    fn read(claims: Value) -> Result<Confirmation, Reason> {
        Confirmation::read(claims.as_object().unwrap()).map_err(|refusal| refusal.reason)
    }

    #[test]
    fn both_methods_are_read_and_count_together() {
        assert!(read(json!({})).unwrap().is_none());
        let both = read(json!({"cnf": {"jkt": JKT, "x5t#S256": JKT}})).unwrap();
        assert!(both.key.is_some() && both.certificate == both.key);
    }

    #[test]
    fn what_is_not_understood_whole_is_refused() {
        let longer = format!("{JKT}AA");
        for cnf in [
            json!(null),
            json!({}),
            json!("x"),
            json!([{"jkt": JKT}]),
            json!({"jkt": JKT, "kid": "x"}),
            json!({"jwk": {}}),
            json!({"jkt": 1}),
            json!({"jkt": "AAAA"}),
            json!({"jkt": longer}),
            json!({"jkt": format!("{JKT}=")}),
            // The last character of 43 holds four bits.
            json!({"jkt": JKT.replace("A4I", "A4J")}),
        ] {
            assert_eq!(read(json!({ "cnf": cnf })), Err(Reason::TokenBinding), "{cnf}");
        }
    }
}
