//! The private key of the gate.

use jwt_simple::algorithms::{ECDSAP256KeyPairLike as _, ES256KeyPair, Ed25519KeyPair, EdDSAKeyPairLike as _};
use p256::ecdsa::signature::Signer as _;

/// A private key, which signs with one algorithm.
pub struct SigningKey {
    id: String,
    material: Material,
}

#[allow(clippy::large_enum_variant, reason = "there is one for a configuration")]
enum Material {
    Es256(p256::ecdsa::SigningKey),
    Ed25519(ed25519_compact::SecretKey),
}

/// Why a text is no such key. It doesn't say the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvalidSigningKey {
    /// It is neither of the two forms, or of another kind of key.
    Form,
    /// It is a JWK with a `kid` that isn't the one wanted.
    OtherId,
}

impl SigningKey {
    /// The key that `text` holds, PEM (PKCS #8) or a private JWK, on P-256 or Ed25519. Its name is `id`, else that of the
    /// JWK, else its thumbprint (RFC 7638).
    ///
    /// jwt-simple checks a JWK: names unique, no foreign part, `use` and `key_ops` of a signature key, `alg` absent or the
    /// right one, and both halves those of one key.
    ///
    /// # Errors
    /// When it is none, or has another name already.
    pub fn read(text: &str, id: Option<&str>) -> Result<Self, InvalidSigningKey> {
        let text = text.trim();
        let is_jwk = text.starts_with('{');
        let es256 = if is_jwk { ES256KeyPair::from_jwk(text) } else { ES256KeyPair::from_pem(text) };
        if let Ok(pair) = es256 {
            let id = name(id, pair.key_id().as_deref(), || pair.jwk_thumbprint())?;
            return Ok(Self { id, material: Material::Es256(pair.key_pair().as_ref().clone()) });
        }
        let ed25519 = if is_jwk { Ed25519KeyPair::from_jwk(text) } else { Ed25519KeyPair::from_pem(text) };
        let pair = ed25519.map_err(|_| InvalidSigningKey::Form)?;
        let id = name(id, pair.key_id().as_deref(), || pair.jwk_thumbprint())?;
        Ok(Self { id, material: Material::Ed25519(pair.key_pair().as_ref().sk.clone()) })
    }

    /// `kid`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// `alg`. RFC 9864 calls EdDSA on this curve `Ed25519`; libraries know the older name (RFC 8037).
    #[must_use]
    pub const fn algorithm(&self) -> &'static str {
        match self.material {
            Material::Es256(_) => "ES256",
            Material::Ed25519(_) => "EdDSA",
        }
    }

    /// The JWS signature of `input` (RFC 7518 section 3.4, RFC 8037 section 3.1).
    pub(super) fn sign(&self, input: &[u8]) -> Option<[u8; 64]> {
        match &self.material {
            Material::Es256(key) => {
                let signature: p256::ecdsa::Signature = key.try_sign(input).ok()?;
                Some(signature.to_bytes().into())
            }
            Material::Ed25519(key) => Some(*key.sign(input, None)),
        }
    }
}

fn name(
    wanted: Option<&str>,
    written: Option<&str>,
    thumbprint: impl Fn() -> String,
) -> Result<String, InvalidSigningKey> {
    match (wanted, written) {
        (Some(wanted), Some(written)) if wanted != written => Err(InvalidSigningKey::OtherId),
        (Some(name), _) | (None, Some(name)) => Ok(name.into()),
        (None, None) => Ok(thumbprint()),
    }
}

impl std::fmt::Debug for SigningKey {
    /// Without the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("id", &self.id).field("algorithm", &self.algorithm()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8037 appendix A.1 and A.4.
    const ED25519: &str = r#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    /// RFC 7515 appendix A.3.
    const ES256: &str = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}"#;

    #[test]
    fn what_the_standard_signs_comes_out() {
        use base64::Engine as _;
        let key = SigningKey::read(ED25519, None).unwrap();
        let input = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
        let signature = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(key.sign(input.as_bytes()).unwrap());
        let expected = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
        assert_eq!((key.algorithm(), signature.as_str()), ("EdDSA", expected));
        // RFC 8037 appendix A.3.
        assert_eq!(key.id(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn a_key_signs_the_same_the_same_way_each_time() {
        let key = SigningKey::read(ES256, Some("gate-1")).unwrap();
        assert_eq!((key.id(), key.algorithm()), ("gate-1", "ES256"));
        assert!(key.sign(b"a").is_some_and(|signature| key.sign(b"a") == Some(signature)));
        assert_ne!(key.sign(b"a"), key.sign(b"b"));
    }

    #[test]
    fn what_is_no_private_key_is_none() {
        let public = ED25519.replace(r#""d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","#, "");
        let of_another = ES256.replace("jpsQ", "jpsR");
        let no_such_use = ES256.replace(r#""kty""#, r#""use":"enc","kty""#);
        for wrong in ["", "{}", "secret", &public, &of_another, &no_such_use, "-----BEGIN PRIVATE KEY-----"] {
            assert_eq!(SigningKey::read(wrong, None).err(), Some(InvalidSigningKey::Form), "{wrong}");
        }
        let named = ES256.replace(r#""kty""#, r#""kid":"a","kty""#);
        assert_eq!(SigningKey::read(&named, None).unwrap().id(), "a");
        assert_eq!(SigningKey::read(&named, Some("b")).err(), Some(InvalidSigningKey::OtherId));
    }

    #[test]
    fn the_key_is_not_told() {
        let key = SigningKey::read(ES256, Some("gate-1")).unwrap();
        assert_eq!(format!("{key:?}"), r#"SigningKey { id: "gate-1", algorithm: "ES256", .. }"#);
    }
}
