//! Signatures: a question to whoever can answer it, and an answer in this process.
//!
//! Checking a signature is a step of the request's state machine. The proxy asks its host, which does it natively
//! (see [`host_form`](super::host_form)), and falls back on [`verify_in_process`]. Both must say the same.

use std::sync::Arc;

use jwt_simple::algorithms::MACLike as _;
use p256::ecdsa::signature::Verifier as _;
use subtle::ConstantTimeEq as _;
use superboring::hash::MessageDigest;
use superboring::pkey::{PKey, Public};
use superboring::rsa::Padding;

use super::key::Material;
use super::{Algorithm, PublicKey};

/// Does this signature hold?
#[derive(Clone)]
pub struct SignatureCheck {
    /// The token's algorithm, which is the key's.
    pub algorithm: Algorithm,
    /// The issuer's key.
    pub key: Arc<PublicKey>,
    /// What is signed: the token's header and payload, encoded, with the dot between them.
    pub signed: Vec<u8>,
    /// The signature in its JWS form; for ECDSA r and s, each as long as the curve's order (RFC 7518 section 3.4).
    pub signature: Vec<u8>,
}

/// Whether a signature holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureVerdict {
    /// It does.
    Valid,
    /// It doesn't.
    Invalid,
}

impl SignatureVerdict {
    /// `Valid` if it holds.
    #[must_use]
    pub const fn of(holds: bool) -> Self {
        if holds { Self::Valid } else { Self::Invalid }
    }
}

impl std::fmt::Debug for SignatureCheck {
    /// Without the token.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignatureCheck").field("key", &self.key).finish_non_exhaustive()
    }
}

/// Checks a signature here, with the pure Rust verifiers of jwt-simple.
#[must_use]
pub fn verify_in_process(check: &SignatureCheck) -> SignatureVerdict {
    let SignatureCheck { algorithm, key, signed, signature } = check;
    if *algorithm != key.algorithm() {
        return SignatureVerdict::Invalid;
    }
    SignatureVerdict::of(match &key.material {
        Material::Es256(key) => {
            p256::ecdsa::Signature::from_slice(signature).is_ok_and(|signature| key.verify(signed, &signature).is_ok())
        }
        Material::Es384(key) => {
            p384::ecdsa::Signature::from_slice(signature).is_ok_and(|signature| key.verify(signed, &signature).is_ok())
        }
        Material::Ed25519(key) => ed25519_compact::Signature::from_slice(signature)
            .is_ok_and(|signature| key.verify(signed, &signature).is_ok()),
        Material::Hmac(key) => key.authentication_tag(signed).ct_eq(signature).into(),
        Material::Rsa(key) => rsa(*algorithm, key, signed, signature),
    })
}

fn rsa(algorithm: Algorithm, key: &PKey<Public>, signed: &[u8], signature: &[u8]) -> bool {
    let (digest, padding) = match algorithm {
        Algorithm::RS256 => (MessageDigest::sha256(), Padding::PKCS1),
        Algorithm::RS384 => (MessageDigest::sha384(), Padding::PKCS1),
        Algorithm::RS512 => (MessageDigest::sha512(), Padding::PKCS1),
        Algorithm::PS256 => (MessageDigest::sha256(), Padding::PKCS1_PSS),
        Algorithm::PS384 => (MessageDigest::sha384(), Padding::PKCS1_PSS),
        Algorithm::PS512 => (MessageDigest::sha512(), Padding::PKCS1_PSS),
        Algorithm::ES256 | Algorithm::ES384 | Algorithm::EdDSA | Algorithm::HS256 => return false,
    };
    let verified = superboring::sign::Verifier::new(digest, key).and_then(|mut verifier| {
        verifier.set_rsa_padding(padding)?;
        verifier.update(signed)?;
        verifier.verify(signature)
    });
    verified.unwrap_or(false)
}
