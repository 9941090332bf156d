//! The foreign function `verify_signature`: Envoy's `source/extensions/common/wasm/foreign.cc`
//! over `source/common/crypto/utility_impl.cc`.

use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use p256::pkcs8::DecodePublicKey as _;
use prost::Message as _;
use rsa::pkcs8::DecodePublicKey as _;
use rsa::{Pkcs1v15Sign, RsaPublicKey};
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use super::Status;

/// `envoy.source.extensions.common.wasm.VerifySignatureArguments`
#[derive(Clone, PartialEq, prost::Message)]
struct Arguments {
    /// `sha256`, `sha384` or `sha512`.
    #[prost(string, tag = "1")]
    hash_function: String,
    /// A SubjectPublicKeyInfo in DER.
    #[prost(bytes = "vec", tag = "2")]
    public_key: Vec<u8>,
    #[prost(bytes = "vec", tag = "3")]
    signature: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    text: Vec<u8>,
    /// The same key as PEM (Envoy 1.37 and later).
    #[prost(string, tag = "5")]
    public_key_pem: String,
}

/// `VerifySignatureResult`
#[derive(Clone, PartialEq, prost::Message)]
struct Verdict {
    #[prost(bool, tag = "1")]
    result: bool,
    #[prost(string, tag = "2")]
    error: String,
}

/// A digest, and how RSA marks it.
struct Hashed {
    digest: Vec<u8>,
    rsa: Pkcs1v15Sign,
}

fn hash(name: &str, text: &[u8]) -> Option<Hashed> {
    Some(match name {
        "sha256" => Hashed { digest: Sha256::digest(text).to_vec(), rsa: Pkcs1v15Sign::new::<Sha256>() },
        "sha384" => Hashed { digest: Sha384::digest(text).to_vec(), rsa: Pkcs1v15Sign::new::<Sha384>() },
        "sha512" => Hashed { digest: Sha512::digest(text).to_vec(), rsa: Pkcs1v15Sign::new::<Sha512>() },
        _ => return None,
    })
}

/// Whether the signature holds; `Err` says why that can't be told.
fn holds(arguments: &Arguments) -> Result<bool, String> {
    let key = if arguments.public_key_pem.is_empty() {
        arguments.public_key.clone()
    } else {
        der_of(&arguments.public_key_pem).ok_or("Failed to parse public key")?
    };
    let hashed = hash(&arguments.hash_function, &arguments.text)
        .ok_or_else(|| format!("{} is not supported.", arguments.hash_function))?;
    if let Ok(key) = RsaPublicKey::from_public_key_der(&key) {
        return Ok(key.verify(hashed.rsa, &hashed.digest, &arguments.signature).is_ok());
    }
    if let Ok(key) = p256::ecdsa::VerifyingKey::from_public_key_der(&key) {
        let signature = p256::ecdsa::DerSignature::from_bytes(&arguments.signature);
        return Ok(signature.is_ok_and(|signature| key.verify_prehash(&hashed.digest, &signature).is_ok()));
    }
    if let Ok(key) = p384::ecdsa::VerifyingKey::from_public_key_der(&key) {
        let signature = p384::ecdsa::DerSignature::from_bytes(&arguments.signature);
        return Ok(signature.is_ok_and(|signature| key.verify_prehash(&hashed.digest, &signature).is_ok()));
    }
    Err("Failed to import public key".to_owned())
}

/// The DER inside a PEM `PUBLIC KEY`.
fn der_of(pem: &str) -> Option<Vec<u8>> {
    let (label, document) = rsa::pkcs8::Document::from_pem(pem).ok()?;
    (label == "PUBLIC KEY").then(|| document.into_vec())
}

/// Answers one call.
///
/// # Errors
///
/// [`Status::BadArgument`] for arguments that are no such message.
pub(super) fn verify(arguments: &[u8]) -> Result<Vec<u8>, Status> {
    let arguments = Arguments::decode(arguments).map_err(|_| Status::BadArgument)?;
    if !arguments.public_key.is_empty() && !arguments.public_key_pem.is_empty() {
        return Err(Status::BadArgument);
    }
    let verdict = match holds(&arguments) {
        Ok(true) => Verdict { result: true, error: String::new() },
        Ok(false) => Verdict { result: false, error: "Failed to verify digest".to_owned() },
        Err(error) => Verdict { result: false, error },
    };
    Ok(verdict.encode_to_vec())
}
