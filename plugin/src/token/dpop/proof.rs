//! One proof: the checks of RFC 9449 section 4.3.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::Dpop;
use super::marks::Mark;
use super::target::{normal, normal_path};
use super::thumbprint::thumbprint;
use crate::head::Head;
use crate::reason::{Reason, Refusal};
use crate::time::Timestamp;
use crate::token::claims::{self, Claims};
use crate::token::confirmation;
use crate::token::jws::Parts;
use crate::token::{Algorithm, PublicKey, SignatureCheck};

/// A proof has a key (of 4096-bit RSA 700 characters), a signature and half a dozen short claims: two KiB at most. As long
/// again is no longer a proof.
const MAX_PROOF: usize = 4 * 1024;

/// An id is random, a UUID or a hash; 96 bits are enough (RFC 9449 section 4.2).
const MAX_ID: usize = 256;

/// What may not be in its header: other places of a key than `jwk`, extensions that must be understood, encryption.
const REFUSED_MEMBERS: &[&str] = &["jku", "x5u", "x5c", "crit", "b64", "enc", "zip"];

/// What makes a key a private or secret one (RFC 7518 section 6, RFC 8037 section 2).
const SECRET_MEMBERS: &[&str] = &["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// A proof that is right, but for its signature, and that it must not have been seen before.
pub(crate) struct Proof {
    /// Whether it holds.
    pub(crate) check: SignatureCheck,
    /// What is kept of it then.
    pub(crate) mark: Mark,
}

impl Dpop {
    /// The proof of a request: that whoever sends this `token` on it holds the key of this thumbprint.
    ///
    /// # Errors
    /// [`Reason::TokenProof`] and what is wrong with it; [`Reason::TokenBinding`] for another key's proof;
    /// [`Reason::TokenNonce`] for one without a nonce of ours.
    pub(crate) fn proof(&self, head: &Head, token: &[u8], key: &[u8; 32], now: Timestamp) -> Result<Proof, Refusal> {
        let proof = head.only("dpop").map_err(|_| refused("there are several `DPoP` headers"))?;
        let proof = proof.ok_or_else(|| refused("the token is bound to a key, and there is no `DPoP` header"))?;
        if proof.len() > MAX_PROOF {
            return Err(refused(format!("it is longer than {MAX_PROOF} bytes")));
        }
        let parts = Parts::of(proof).map_err(of_proof)?;
        let header = claims::read(&parts.header).map_err(|_| refused("its header is not acceptable JSON"))?;
        let claims = claims::read(&parts.payload).map_err(of_proof)?;
        let (signer, thumbprint) = self.key(&header)?;
        if thumbprint != *key {
            return Err(confirmation::refused("the token is bound to another key than the proof's"));
        }
        check_request(head, &claims)?;
        self.check_target(head, &claims)?;
        check_token(token, &claims)?;
        let until = self.check_time(&claims, now)?;
        self.check_nonce(&claims, now)?;
        let check = SignatureCheck {
            algorithm: signer.algorithm(),
            key: Arc::new(signer),
            signed: parts.signed.to_vec(),
            signature: parts.signature,
        };
        Ok(Proof { check, mark: Mark::new(key, id(&claims)?, until) })
    }

    /// The key that the header brings, and its thumbprint.
    fn key(&self, header: &Map<String, Value>) -> Result<(PublicKey, [u8; 32]), Refusal> {
        if let Some(name) = REFUSED_MEMBERS.iter().find(|name| header.contains_key(**name)) {
            return Err(refused(format!("its header has `{name}`, which is not accepted")));
        }
        let text = |name: &str| header.get(name).and_then(Value::as_str);
        let kind = text("typ").unwrap_or_default().to_ascii_lowercase();
        if kind.strip_prefix("application/").unwrap_or(&kind) != "dpop+jwt" {
            return Err(refused("its `typ` is not `dpop+jwt`"));
        }
        let algorithm = text("alg").and_then(Algorithm::named).filter(|found| self.algorithms.contains(found));
        let algorithm = algorithm.ok_or_else(|| refused("its `alg` is not one of those that are accepted"))?;
        let jwk = header.get("jwk").and_then(Value::as_object);
        let jwk = jwk.ok_or_else(|| refused("its header has no key (`jwk`)"))?;
        if SECRET_MEMBERS.iter().any(|name| jwk.contains_key(*name)) {
            return Err(refused("its `jwk` holds a private or secret key, which everybody on the way has seen now"));
        }
        let text = Value::Object(jwk.clone()).to_string();
        let key = PublicKey::from_jwk(&text, None, algorithm);
        let key = key.map_err(|_| refused("its `jwk` is no public key for its `alg`"))?;
        Ok((key, thumbprint(jwk).ok_or_else(|| refused("its `jwk` is no public key"))?))
    }

    /// `htu`: the URL that the client knows this resource by, without query and fragment.
    fn check_target(&self, head: &Head, claims: &Claims) -> Result<(), Refusal> {
        let target = std::str::from_utf8(head.target()).unwrap_or_default();
        let path = target.split('?').next().filter(|path| path.starts_with('/')).and_then(normal_path);
        let named = text(claims, "htu")?;
        let named = normal(named).ok_or_else(|| refused("its `htu` is not the URL of a resource"))?;
        let ours = |origin: &&String| match path.as_deref() {
            Some(path) => named.strip_prefix(origin.as_str()) == Some(path),
            None => false,
        };
        match self.origins_of(head).iter().any(ours) {
            true => Ok(()),
            false => Err(refused("its `htu` is not the URL of this request, as clients know this gateway")),
        }
    }

    /// The origins that this request may have been sent to: where there are several, the one that it names.
    fn origins_of(&self, head: &Head) -> Vec<&String> {
        let authority = head.first(":authority").and_then(|it| std::str::from_utf8(it).ok()).unwrap_or_default();
        let named = |origin: &&String| {
            let scheme = origin.split_once("://").map_or("", |(scheme, _)| scheme);
            super::origin(&format!("{scheme}://{authority}")).as_ref() == Some(*origin)
        };
        match self.origins.as_slice() {
            [only] => vec![only],
            several => several.iter().filter(named).collect(),
        }
    }

    /// `iat`: made a moment ago. Returns until when it is accepted.
    fn check_time(&self, claims: &Claims, now: Timestamp) -> Result<Timestamp, Refusal> {
        let moment = |name| claims::moment(claims, name).map_err(of_proof);
        let made = moment("iat")?.ok_or_else(|| refused("its `iat` is missing"))?;
        if made > now.plus(self.clock_skew) {
            return Err(refused("its `iat` lies ahead"));
        }
        let until = made.plus(self.max_age);
        if until < now {
            return Err(refused("it was made too long ago"));
        }
        // Neither need be there (RFC 9449 section 4.2), but what they say counts (RFC 7519 sections 4.1.4 and 4.1.5).
        if moment("exp")?.is_some_and(|end| end <= now) {
            return Err(refused("it has expired"));
        }
        if moment("nbf")?.is_some_and(|start| start > now.plus(self.clock_skew)) {
            return Err(refused("it is not valid yet"));
        }
        Ok(until)
    }

    fn check_nonce(&self, claims: &Claims, now: Timestamp) -> Result<(), Refusal> {
        let Some(nonces) = &self.nonces else { return Ok(()) };
        let nonce = claims.get("nonce").and_then(Value::as_str);
        if nonce.is_some_and(|nonce| nonces.know(nonce, now)) { Ok(()) } else { Err(Reason::TokenNonce.into()) }
    }
}

/// `jti`.
fn id(claims: &Claims) -> Result<&str, Refusal> {
    let id = text(claims, "jti")?;
    if id.is_empty() || id.len() > MAX_ID {
        return Err(refused(format!("its `jti` is empty or longer than {MAX_ID} bytes")));
    }
    Ok(id)
}

/// `htm`: the method, whose case counts (RFC 9110 section 9.1).
fn check_request(head: &Head, claims: &Claims) -> Result<(), Refusal> {
    let same = text(claims, "htm")?.as_bytes() == head.method();
    if same { Ok(()) } else { Err(refused("its `htm` is not the method of this request")) }
}

/// `ath`: the token that it goes with.
fn check_token(token: &[u8], claims: &Claims) -> Result<(), Refusal> {
    let same = text(claims, "ath")? == URL_SAFE_NO_PAD.encode(Sha256::digest(token));
    if same { Ok(()) } else { Err(refused("its `ath` is not the digest of this token")) }
}

fn text<'c>(claims: &'c Claims, name: &str) -> Result<&'c str, Refusal> {
    let text = claims.get(name).and_then(Value::as_str);
    text.ok_or_else(|| refused(format!("its `{name}` is missing, or no text")))
}

fn refused(detail: impl Into<String>) -> Refusal {
    Refusal::new(Reason::TokenProof, detail)
}

/// What readers of tokens say, said of the proof.
fn of_proof(refusal: Refusal) -> Refusal {
    Refusal { reason: Reason::TokenProof, ..refusal }
}
