//! Fixed keys that tokens of scenarios are signed with. They are public, here for all to read, and so worth nothing:
//! they are added to an issuer's keys in the memory of a test or of the command, never in a gateway.

use anyhow::{Context, Result, anyhow};
use jwt_simple::prelude::{ECDSAP256KeyPairLike, ES256KeyPair, Ed25519KeyPair, EdDSAKeyPairLike, RS256KeyPair};
use p256::ecdsa::signature::Signer;
use rsa::pkcs8::DecodePrivateKey;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// A key pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// `alg` of what it signs.
    pub algorithm: &'static str,
    /// `kid`
    pub id: &'static str,
    pem: &'static str,
}

/// ECDSA on P-256.
pub static ES256: Key = Key { algorithm: "ES256", id: "toolgate-es256", pem: include_str!("keys/es256.pem") };
/// RSASSA-PKCS1-v1_5 with 2048 bits.
pub static RS256: Key = Key { algorithm: "RS256", id: "toolgate-rs256", pem: include_str!("keys/rs256.pem") };
/// Ed25519.
pub static EDDSA: Key = Key { algorithm: "EdDSA", id: "toolgate-eddsa", pem: include_str!("keys/eddsa.pem") };
/// A key that no issuer has, under the id of one that it has.
pub static STRANGER: Key = Key { algorithm: "ES256", id: "toolgate-es256", pem: include_str!("keys/stranger.pem") };

/// The keys that issuers get.
pub static ALL: [Key; 3] = [ES256, RS256, EDDSA];

impl Key {
    /// Whether its algorithm is one of these.
    #[must_use]
    pub fn is_one_of(&self, algorithms: &[&str]) -> bool {
        // RFC 9864 calls EdDSA on this curve `Ed25519`.
        algorithms.iter().any(|name| *name == self.algorithm || (*name == "Ed25519" && self.algorithm == "EdDSA"))
    }

    /// The public half as a JWK (RFC 7517).
    #[must_use]
    pub fn public_jwk(&self) -> Value {
        let mut jwk = self.jwk().unwrap_or_else(|error| json!({"unusable": error.to_string()}));
        if let Some(fields) = jwk.as_object_mut() {
            fields.insert("alg".into(), self.algorithm.into());
            fields.insert("use".into(), "sig".into());
            fields.insert("kid".into(), self.id.into());
        }
        jwk
    }

    fn jwk(&self) -> Result<Value> {
        let text = match self.algorithm {
            "RS256" => RS256KeyPair::from_pem(self.pem).map_err(plain)?.public_key().to_jwk(),
            "EdDSA" => Ed25519KeyPair::from_pem(self.pem).map_err(plain)?.public_key().to_jwk(),
            _ => ES256KeyPair::from_pem(self.pem).map_err(plain)?.public_key().to_jwk(),
        };
        serde_json::from_str(&text).context("the key's JWK is not JSON")
    }

    /// The JWS signature of `input` (RFC 7515 section 5.1).
    ///
    /// # Errors
    /// When the key can't be read or doesn't sign.
    pub fn sign(&self, input: &[u8]) -> Result<Vec<u8>> {
        match self.algorithm {
            "RS256" => {
                let key = rsa::RsaPrivateKey::from_pkcs8_pem(self.pem).context("the RSA key can't be read")?;
                let digest = Sha256::digest(input);
                key.sign(rsa::Pkcs1v15Sign::new::<Sha256>(), &digest).context("the RSA key doesn't sign")
            }
            "EdDSA" => {
                let pair = Ed25519KeyPair::from_pem(self.pem).map_err(plain)?;
                Ok(pair.key_pair().as_ref().sk.sign(input, None).to_vec())
            }
            _ => {
                let pair = ES256KeyPair::from_pem(self.pem).map_err(plain)?;
                let signature: p256::ecdsa::Signature = pair.key_pair().as_ref().sign(input);
                Ok(signature.to_bytes().to_vec())
            }
        }
    }

    /// What somebody might take for a secret when he is told `HS256`: the public key's text.
    ///
    /// # Errors
    /// When the key can't be read.
    pub fn public_pem(&self) -> Result<String> {
        ES256KeyPair::from_pem(self.pem).map_err(plain)?.public_key().to_pem().map_err(plain)
    }
}

/// jwt-simple has its own `Error`.
fn plain(error: jwt_simple::Error) -> anyhow::Error {
    anyhow!("{error}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use jwt_simple::prelude::{ECDSAP256PublicKeyLike, EdDSAPublicKeyLike, NoCustomClaims, RSAPublicKeyLike};

    #[test]
    fn what_each_key_signs_its_public_half_verifies() {
        for key in ALL {
            let header = json!({"alg": key.algorithm, "kid": key.id, "typ": "JWT"}).to_string();
            let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode("{}"));
            let token = format!("{input}.{}", URL_SAFE_NO_PAD.encode(key.sign(input.as_bytes()).unwrap()));
            let verified = match key.algorithm {
                "RS256" => RS256KeyPair::from_pem(key.pem)
                    .unwrap()
                    .public_key()
                    .verify_token::<NoCustomClaims>(&token, None)
                    .is_ok(),
                "EdDSA" => Ed25519KeyPair::from_pem(key.pem)
                    .unwrap()
                    .public_key()
                    .verify_token::<NoCustomClaims>(&token, None)
                    .is_ok(),
                _ => ES256KeyPair::from_pem(key.pem)
                    .unwrap()
                    .public_key()
                    .verify_token::<NoCustomClaims>(&token, None)
                    .is_ok(),
            };
            assert!(verified, "{}", key.algorithm);
            assert!(key.public_jwk().get("d").is_none(), "the private half stays here");
        }
    }
}
