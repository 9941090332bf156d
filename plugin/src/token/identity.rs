//! The first step of a request: whose token is this?

use std::sync::Arc;

use super::candidate::Candidate;
use super::claims::{self, Claims};
use super::issuer::{Issuer, Profile};
use super::jws::Jws;
use super::{Agent, SignatureCheck, TokenMemory, authorization, spiffe};
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
        let at = self.find(&claims)?;
        let key = self.issuer(at)?.key(&jws.header)?;
        let check = SignatureCheck {
            algorithm: key.algorithm(),
            key: Arc::clone(key),
            signed: jws.signed.to_vec(),
            signature: jws.signature,
        };
        Ok(Presented::Unverified(Box::new(Candidate::new(check, token.into(), claims, at, self.seal.clone()))))
    }

    /// Where the issuer stands that `iss` names exactly; for a JWT-SVID, which need not have one, the trust domain that
    /// its `sub` is in.
    fn find(&self, claims: &Claims) -> Result<usize, Refusal> {
        let named = claims.get("iss");
        let subject = claims.get("sub").and_then(|subject| subject.as_str());
        let domain = subject.and_then(spiffe::trust_domain);
        let is_it = |issuer: &Issuer| match &issuer.profile {
            Profile::AccessToken { .. } => named.is_some_and(|named| *named == issuer.issuer),
            Profile::Svid { trust_domain } => domain == Some(trust_domain),
        };
        let access = |issuer: &&Issuer| matches!(issuer.profile, Profile::AccessToken { .. });
        let place = |of: &dyn Fn(&Issuer) -> bool| self.issuers.iter().position(of);
        place(&|issuer| access(&issuer) && is_it(issuer)).or_else(|| place(&is_it)).ok_or_else(|| match named {
            Some(_) => Reason::TokenIssuer.into(),
            None => claims::missing("iss"),
        })
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
