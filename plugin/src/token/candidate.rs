//! A token between its arrival and its proof.

use std::sync::Arc;

use super::claims::Claims;
use super::identity::Seal;
use super::{Agent, Identity, Published, SignatureCheck, SignatureVerdict, TokenMemory};
use crate::reason::{Reason, Refusal};
use crate::time::Timestamp;

/// A token whose signature nobody has checked yet. Nothing that it claims can be reached from here: the way to an
/// [`Agent`] leads through [`admit`](Self::admit), and that takes a verdict on the signature.
pub struct Candidate {
    check: SignatureCheck,
    token: Box<[u8]>,
    claims: Claims,
    issuer: usize,
    seal: Seal,
}

impl Candidate {
    pub(super) fn new(check: SignatureCheck, token: Box<[u8]>, claims: Claims, issuer: usize, seal: Seal) -> Self {
        Self { check, token, claims, issuer, seal }
    }

    /// What must be found out.
    #[must_use]
    pub const fn check(&self) -> &SignatureCheck {
        &self.check
    }

    /// The agent, if the signature held and the claims are in order; it is remembered for the next request.
    ///
    /// `verdict` is the answer to [`check`](Self::check), `identity` the one that this candidate was presented to.
    ///
    /// # Errors
    /// What is wrong with the token; [`Reason::Fault`] when `identity` is another one.
    pub fn admit(
        self,
        verdict: SignatureVerdict,
        identity: &Identity,
        now: Timestamp,
        memory: &mut TokenMemory,
        published: &Published,
    ) -> Result<Arc<Agent>, Refusal> {
        match verdict {
            SignatureVerdict::Valid => {}
            SignatureVerdict::Invalid => return Err(Reason::TokenSignature.into()),
        }
        if self.seal != *identity.seal() {
            return Err(Refusal::new(Reason::Fault, "the configuration changed while the token was checked"));
        }
        let issuer = identity.issuer(self.issuer)?;
        let agent = Arc::new(issuer.agent(self.claims, now)?);
        issuer.check_revocations(&agent, published)?;
        let list = issuer.check_status(&agent.claims, published)?;
        if let Some(standing) = identity.standing(self.issuer, list, published, now) {
            memory.remember(&self.seal, &self.token, &agent, standing, issuer.end(agent.expires), now);
        }
        Ok(agent)
    }
}

impl std::fmt::Debug for Candidate {
    /// Without the token.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Candidate").field("check", &self.check).finish_non_exhaustive()
    }
}
