//! The first step of a request: whose token is this?

use std::sync::Arc;

use super::candidate::Candidate;
use super::claims;
use super::issuer::Issuer;
use super::jws::Jws;
use super::{Agent, SignatureCheck, TokenMemory, authorization};
use crate::head::Head;
use crate::reason::{Reason, Refusal};
use crate::time::Timestamp;

/// Whose tokens are accepted: the issuers with their keys and conditions. Built by
/// [`config::compile`](crate::config::compile).
#[derive(Debug)]
pub struct Identity {
    issuers: Vec<Issuer>,
    resource_metadata: Option<String>,
    seal: Seal,
}

/// What tells one configuration from another, so that nothing verified under one counts under the next.
#[derive(Clone)]
pub(super) struct Seal(Arc<()>);

/// What came with a request.
#[derive(Debug)]
pub enum Presented {
    /// A token that was verified before and still counts.
    Known(Arc<Agent>),
    /// A token whose signature must be checked.
    Unverified(Box<Candidate>),
}

impl Identity {
    /// Of checked parts.
    pub(crate) fn new(issuers: Vec<Issuer>, resource_metadata: Option<String>) -> Self {
        Self { issuers, resource_metadata, seal: Seal(Arc::new(())) }
    }

    /// What a challenge names as `resource_metadata` (RFC 9728 section 5.1).
    #[must_use]
    pub fn resource_metadata(&self) -> Option<&str> {
        self.resource_metadata.as_deref()
    }

    /// Takes the token from the head of a request.
    ///
    /// A token that `memory` knows costs no cryptography and no allocation. Of any other, only what leads to the key
    /// is looked at: form, `alg`, `kid`, `typ` and `iss`.
    ///
    /// # Errors
    /// No token or several; a token that can't be read; one for which no key is known.
    pub fn present(&self, head: &Head, now: Timestamp, memory: &TokenMemory) -> Result<Presented, Refusal> {
        let token = authorization::bearer(head)?;
        if let Some(agent) = memory.recall(&self.seal, token, now) {
            return Ok(Presented::Known(agent));
        }
        let jws = Jws::parse(token)?;
        let claims = claims::read(&jws.payload)?;
        let named = claims.get("iss").ok_or_else(|| claims::missing("iss"))?;
        let at = self.issuers.iter().position(|issuer| *named == issuer.issuer).ok_or(Reason::TokenIssuer)?;
        let key = self.issuer(at)?.key(&jws.header)?;
        let check = SignatureCheck {
            algorithm: key.algorithm(),
            key: Arc::clone(key),
            signed: jws.signed.to_vec(),
            signature: jws.signature,
        };
        Ok(Presented::Unverified(Box::new(Candidate::new(check, token.into(), claims, at, self.seal.clone()))))
    }

    /// The issuer at that place.
    pub(super) fn issuer(&self, at: usize) -> Result<&Issuer, Refusal> {
        self.issuers.get(at).ok_or_else(|| Reason::Fault.into())
    }

    pub(super) fn issuers(&self) -> &[Issuer] {
        &self.issuers
    }

    pub(super) const fn seal(&self) -> &Seal {
        &self.seal
    }
}

impl PartialEq for Seal {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal")
    }
}
