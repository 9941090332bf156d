//! What names a key: its JWK thumbprint (RFC 7638).

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// The SHA-256 of the members that make up the key, in the order of their names and without anything between them (RFC
/// 7638 section 3; for `OKP`, RFC 8037 section 2). None where it isn't a public key.
pub(super) fn thumbprint(jwk: &Map<String, Value>) -> Option<[u8; 32]> {
    let names: &[&str] = match jwk.get("kty")?.as_str()? {
        "EC" => &["crv", "kty", "x", "y"],
        "OKP" => &["crv", "kty", "x"],
        "RSA" => &["e", "kty", "n"],
        _ => return None,
    };
    let mut members = Vec::with_capacity(names.len());
    for name in names {
        let value = jwk.get(*name)?.as_str()?;
        // All of them are names or base64url, which JSON writes as they are.
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if !value.bytes().all(plain) {
            return None;
        }
        members.push(format!("\"{name}\":\"{value}\""));
    }
    Some(Sha256::digest(format!("{{{}}}", members.join(","))).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::json;

    fn of(jwk: Value) -> Option<String> {
        thumbprint(jwk.as_object()?).map(|digest| URL_SAFE_NO_PAD.encode(digest))
    }

    #[test]
    fn the_examples_of_the_standards_come_out() {
        // RFC 7638 section 3.1.
        let rsa = json!({
            "kty": "RSA", "e": "AQAB", "alg": "RS256", "kid": "2011-04-29",
            "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
        });
        assert_eq!(of(rsa).unwrap(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
        // RFC 9449 sections 4.1 and 6.1.
        let ec = json!({
            "kty": "EC", "crv": "P-256",
            "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs", "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
        });
        assert_eq!(of(ec).unwrap(), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
        // RFC 8037 appendix A.3.
        let okp = json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
        assert_eq!(of(okp).unwrap(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn what_is_no_public_key_has_none() {
        for jwk in [json!({}), json!({"kty": "oct", "k": "AAAA"}), json!({"kty": "EC", "crv": "P-256", "x": "a"})] {
            assert_eq!(of(jwk), None);
        }
        assert_eq!(of(json!({"kty": "OKP", "crv": "Ed25519", "x": "a\",\"y\":\"b"})), None);
    }
}
