//! The public keys of issuers.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jwt_simple::algorithms::{
    ECDSAP256PublicKeyLike as _, ECDSAP384PublicKeyLike as _, ES256PublicKey, ES384PublicKey, Ed25519PublicKey,
    EdDSAPublicKeyLike as _, HS256Key, PS256PublicKey, PS384PublicKey, PS512PublicKey, RS256PublicKey, RS384PublicKey,
    RS512PublicKey, RSAPublicKeyLike,
};
use superboring::pkey::{PKey, Public};

use super::Algorithm;

/// A public key that belongs to one algorithm (RFC 8725 section 3.1), ready for use by either verifier.
pub struct PublicKey {
    key_id: Option<String>,
    algorithm: Algorithm,
    spki: Vec<u8>,
    pub(super) material: Material,
}

/// The key in the form of the library that verifies with it.
#[allow(
    clippy::large_enum_variant,
    reason = "large on some targets only; there are few keys, each in an `Arc` of its own"
)]
pub(super) enum Material {
    Es256(p256::ecdsa::VerifyingKey),
    Es384(p384::ecdsa::VerifyingKey),
    Rsa(PKey<Public>),
    Ed25519(ed25519_compact::PublicKey),
    /// Not public at all: see [`Algorithm::HS256`].
    Hmac(HS256Key),
}

/// A JWK that is no public key for the algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidKey;

impl PublicKey {
    /// The key that a JWK (RFC 7517 section 4) describes.
    ///
    /// jwt-simple checks it: names unique, no private or foreign part, `use` and `key_ops` of a signature key, `alg`
    /// absent or this one, the point on its curve and of no small order, RSA of 2048 to 4096 bits with exponent 65537.
    ///
    /// # Errors
    /// When any of that doesn't hold.
    pub fn from_jwk(jwk: &str, key_id: Option<String>, algorithm: Algorithm) -> Result<Self, InvalidKey> {
        let (material, spki) = match algorithm {
            Algorithm::ES256 => {
                let key = ES256PublicKey::from_jwk(jwk).map_err(|_| InvalidKey)?;
                let verifying: &p256::ecdsa::VerifyingKey = key.public_key().as_ref();
                (Material::Es256(*verifying), key.to_der().map_err(|_| InvalidKey)?)
            }
            Algorithm::ES384 => {
                let key = ES384PublicKey::from_jwk(jwk).map_err(|_| InvalidKey)?;
                let verifying: &p384::ecdsa::VerifyingKey = key.public_key().as_ref();
                (Material::Es384(*verifying), key.to_der().map_err(|_| InvalidKey)?)
            }
            Algorithm::EdDSA => {
                let key = Ed25519PublicKey::from_jwk(jwk).map_err(|_| InvalidKey)?;
                (Material::Ed25519(*key.public_key().as_ref()), key.to_der())
            }
            Algorithm::HS256 => (Material::Hmac(secret(jwk)?), Vec::new()),
            Algorithm::RS256 => rsa(RS256PublicKey::from_jwk(jwk))?,
            Algorithm::RS384 => rsa(RS384PublicKey::from_jwk(jwk))?,
            Algorithm::RS512 => rsa(RS512PublicKey::from_jwk(jwk))?,
            Algorithm::PS256 => rsa(PS256PublicKey::from_jwk(jwk))?,
            Algorithm::PS384 => rsa(PS384PublicKey::from_jwk(jwk))?,
            Algorithm::PS512 => rsa(PS512PublicKey::from_jwk(jwk))?,
        };
        Ok(Self { key_id, algorithm, spki, material })
    }

    /// `kid`.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// The one algorithm that it is used with.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Its `SubjectPublicKeyInfo` in DER (RFC 5280 section 4.1.2.7); empty for a secret, which is not shown to anybody.
    #[must_use]
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }
}

impl std::fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PublicKey")
            .field("key_id", &self.key_id)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

/// RFC 7518 section 3.2: a key as long as the hash, at least.
const SHORTEST_SECRET: usize = 32;

/// A symmetric key (RFC 7518 section 6.4).
fn secret(jwk: &str) -> Result<HS256Key, InvalidKey> {
    let jwk: serde_json::Value = serde_json::from_str(jwk).map_err(|_| InvalidKey)?;
    let text = |name: &str| jwk.get(name).and_then(serde_json::Value::as_str);
    let other_use = jwk.get("use").is_some_and(|purpose| purpose != "sig");
    let bytes = text("k").and_then(|k| URL_SAFE_NO_PAD.decode(k).ok()).unwrap_or_default();
    if text("kty") != Some("oct") || other_use || bytes.len() < SHORTEST_SECRET {
        return Err(InvalidKey);
    }
    Ok(HS256Key::from_bytes(&bytes))
}

fn rsa<K: RSAPublicKeyLike, E>(key: Result<K, E>) -> Result<(Material, Vec<u8>), InvalidKey> {
    let key = key.map_err(|_| InvalidKey)?;
    let key = key.public_key();
    let prepared = PKey::from_rsa(key.as_ref().clone()).map_err(|_| InvalidKey)?;
    Ok((Material::Rsa(prepared), key.to_der().map_err(|_| InvalidKey)?))
}
