//! Fixed keys that tokens of scenarios are signed with. They are public, here for all to read, and so worth nothing:
//! they are added to an issuer's keys in the memory of a test or of the command, never in a gateway.

use anyhow::{Context, Result, anyhow};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jwt_simple::prelude::{
    ECDSAP256KeyPairLike, ECDSAP384KeyPairLike, ES256KeyPair, ES384KeyPair, Ed25519KeyPair, EdDSAKeyPairLike, HS256Key,
    MACLike, RS256KeyPair,
};
use p256::ecdsa::signature::Signer;
use rsa::pkcs8::DecodePrivateKey;
use serde_json::{Value, json};
use sha2::{Digest, Sha256, Sha384, Sha512};

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
/// ECDSA on P-384.
pub static ES384: Key = Key { algorithm: "ES384", id: "toolgate-es384", pem: include_str!("keys/es384.pem") };
/// RSASSA-PKCS1-v1_5 with SHA-384. RSA keys of tests are one, each under the name of its one algorithm.
pub static RS384: Key = Key { algorithm: "RS384", id: "toolgate-rs384", pem: RS256.pem };
/// RSASSA-PKCS1-v1_5 with SHA-512.
pub static RS512: Key = Key { algorithm: "RS512", id: "toolgate-rs512", pem: RS256.pem };
/// RSASSA-PSS with SHA-256.
pub static PS256: Key = Key { algorithm: "PS256", id: "toolgate-ps256", pem: RS256.pem };
/// RSASSA-PSS with SHA-384.
pub static PS384: Key = Key { algorithm: "PS384", id: "toolgate-ps384", pem: RS256.pem };
/// RSASSA-PSS with SHA-512.
pub static PS512: Key = Key { algorithm: "PS512", id: "toolgate-ps512", pem: RS256.pem };
/// HMAC: the text itself is the secret.
pub static HS256: Key =
    Key { algorithm: "HS256", id: "toolgate-hs256", pem: "a secret of tests, 32 bytes or more, known to all" };
/// A key that no issuer has, under the id of one that it has.
pub static STRANGER: Key = Key { algorithm: "ES256", id: "toolgate-es256", pem: include_str!("keys/stranger.pem") };

/// A client's key, which tokens may be bound to: its thumbprint (RFC 7638) is
/// `E5aNsEACCYo3mRn1X4t_Zf6fh9IBKeSJiYTpzWDI9bg`.
pub static HOLDER: Key = Key { algorithm: "ES256", id: "holder", pem: include_str!("keys/holder.pem") };

/// The keys that issuers get.
pub static ALL: [Key; 10] = [ES256, RS256, EDDSA, ES384, RS384, RS512, PS256, PS384, PS512, HS256];

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

    /// The private half as PEM.
    #[must_use]
    pub const fn private_pem(&self) -> &'static str {
        self.pem
    }

    /// The private half as a JWK: what must never be in a proof.
    ///
    /// # Errors
    /// When the key isn't one of ECDSA on P-256.
    pub fn private_jwk(&self) -> Result<Value> {
        let text = ES256KeyPair::from_pem(self.pem).map_err(plain)?.to_jwk();
        serde_json::from_str(&text).context("the key's JWK is not JSON")
    }

    /// The public half as a JWK with nothing beside the key.
    ///
    /// # Errors
    /// When the key can't be read.
    pub fn bare_jwk(&self) -> Result<Value> {
        let mut jwk = self.jwk()?;
        if let Some(members) = jwk.as_object_mut() {
            members.retain(|name, _| ["kty", "crv", "x", "y", "n", "e"].contains(&name.as_str()));
        }
        Ok(jwk)
    }

    fn jwk(&self) -> Result<Value> {
        let text = match self.algorithm {
            "HS256" => return Ok(json!({"kty": "oct", "k": URL_SAFE_NO_PAD.encode(self.pem)})),
            "ES384" => ES384KeyPair::from_pem(self.pem).map_err(plain)?.public_key().to_jwk(),
            algorithm if algorithm.starts_with(['R', 'P']) => {
                RS256KeyPair::from_pem(self.pem).map_err(plain)?.public_key().to_jwk()
            }
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
            "HS256" => Ok(HS256Key::from_bytes(self.pem.as_bytes()).authentication_tag(input)),
            "ES384" => {
                let pair = ES384KeyPair::from_pem(self.pem).map_err(plain)?;
                let signature: p384::ecdsa::Signature = pair.key_pair().as_ref().sign(input);
                Ok(signature.to_bytes().to_vec())
            }
            algorithm if algorithm.starts_with(['R', 'P']) => {
                let key = rsa::RsaPrivateKey::from_pkcs8_pem(self.pem).context("the RSA key can't be read")?;
                rsa_signature(algorithm, &key, input).context("the RSA key doesn't sign")
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

fn rsa_signature(algorithm: &str, key: &rsa::RsaPrivateKey, input: &[u8]) -> rsa::Result<Vec<u8>> {
    // A fixed salt is as good as any for tokens that everybody can sign, and two lanes then send the same one.
    let mut salt = Fixed;
    match algorithm {
        "RS384" => key.sign(rsa::Pkcs1v15Sign::new::<Sha384>(), &Sha384::digest(input)),
        "RS512" => key.sign(rsa::Pkcs1v15Sign::new::<Sha512>(), &Sha512::digest(input)),
        "PS256" => key.sign_with_rng(&mut salt, rsa::Pss::new::<Sha256>(), &Sha256::digest(input)),
        "PS384" => key.sign_with_rng(&mut salt, rsa::Pss::new::<Sha384>(), &Sha384::digest(input)),
        "PS512" => key.sign_with_rng(&mut salt, rsa::Pss::new::<Sha512>(), &Sha512::digest(input)),
        _ => key.sign(rsa::Pkcs1v15Sign::new::<Sha256>(), &Sha256::digest(input)),
    }
}

/// The same bytes each time.
struct Fixed;

impl rsa::rand_core::CryptoRng for Fixed {}

impl rsa::rand_core::RngCore for Fixed {
    fn next_u32(&mut self) -> u32 {
        7
    }

    fn next_u64(&mut self) -> u64 {
        7
    }

    fn fill_bytes(&mut self, dest: &mut [u8]) {
        dest.fill(7);
    }

    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), rsa::rand_core::Error> {
        self.fill_bytes(dest);
        Ok(())
    }
}

/// jwt-simple has its own `Error`.
fn plain(error: jwt_simple::Error) -> anyhow::Error {
    anyhow!("{error}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use toolgate::token::{Algorithm, PublicKey, SignatureCheck, SignatureVerdict, verify_in_process};

    #[test]
    fn what_each_key_signs_its_public_half_verifies() {
        for key in ALL {
            let algorithm = Algorithm::named(key.algorithm).unwrap();
            let public = PublicKey::from_jwk(&key.public_jwk().to_string(), None, algorithm).unwrap();
            let (signed, signature) = (b"signed".to_vec(), key.sign(b"signed").unwrap());
            let check = SignatureCheck { algorithm, key: Arc::new(public), signed, signature };
            let verified = verify_in_process(&check) == SignatureVerdict::Valid;
            assert!(verified, "{}", key.algorithm);
            assert!(key.public_jwk().get("d").is_none(), "the private half stays here");
        }
    }
}
