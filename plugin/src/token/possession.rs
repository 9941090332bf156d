//! Whether whoever sends a bound token holds what it is bound to: what the operator lets this gate find out, and how.

use super::authorization::{Scheme, credential};
use super::certificate::{self, CertificateFrom};
use super::confirmation::{Confirmation, Sha256Digest, refused};
use super::dpop::{Dpop, Proof};
use super::{Agent, Identity};
use crate::head::Head;
use crate::reason::{Reason, Refusal};
use crate::time::Timestamp;

/// How possession is shown here. A way that isn't configured verifies nothing, and tokens that want it are refused.
#[derive(Clone, Debug, Default)]
pub(crate) struct Possession {
    /// Who says which TLS certificate the client has.
    pub(crate) certificate: Option<CertificateFrom>,
    /// How proofs are read.
    pub(crate) dpop: Option<Dpop>,
}

/// What an issuer's tokens may be bound to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bindings {
    /// A TLS certificate.
    pub(crate) certificate: bool,
    /// A key that proofs are signed with.
    pub(crate) key: bool,
    /// Whether they must be bound to either.
    pub(crate) required: bool,
}

impl Bindings {
    /// Refuses a token that nobody here could ask its sender to prove, and a bearer token where there may be none.
    pub(super) fn check(self, confirmation: &Confirmation) -> Result<(), Refusal> {
        if confirmation.certificate.is_some() && !self.certificate {
            return Err(refused("tokens that are bound to a TLS certificate are not accepted here"));
        }
        if confirmation.key.is_some() && !self.key {
            return Err(refused("tokens that are bound to a key are not accepted here"));
        }
        if self.required && confirmation.is_none() {
            return Err(refused("this issuer's tokens must be bound to a key or certificate, and this one is not"));
        }
        Ok(())
    }
}

impl Possession {
    /// What an issuer's tokens may be bound to; `required`: must.
    pub(crate) const fn bindings(&self, required: bool) -> Bindings {
        Bindings { certificate: self.certificate.is_some(), key: self.dpop.is_some(), required }
    }

    /// Refuses a scheme that nobody here understands.
    pub(super) fn check_scheme(&self, scheme: Scheme) -> Result<(), Refusal> {
        match (scheme, &self.dpop) {
            (Scheme::Dpop, None) => Err(refused("proof of possession by `DPoP` can't be verified here")),
            (Scheme::Dpop, Some(_)) | (Scheme::Bearer, _) => Ok(()),
        }
    }
}

impl Identity {
    /// What the sender of a verified token must be found to hold; nothing of a bearer token. Where nothing of the kind is
    /// configured, no bound token comes this far.
    ///
    /// # Errors
    /// [`Reason::TokenBinding`]: a token with another scheme than its own. One that is bound to a key and sent as `Bearer`
    /// would pass every resource server that doesn't know DPoP (RFC 9449 section 7.2).
    pub(crate) fn confirmation(&self, head: &Head, agent: &Agent) -> Result<Confirmation, Refusal> {
        let Possession { certificate, dpop } = self.possession();
        if certificate.is_none() && dpop.is_none() {
            return Ok(Confirmation::default());
        }
        let confirmation = Confirmation::read(&agent.claims)?;
        match (credential(head)?.0, confirmation.key) {
            (Scheme::Bearer, Some(_)) => {
                Err(refused("the token is bound to a key: it is sent as `DPoP`, not `Bearer`"))
            }
            (Scheme::Dpop, None) => Err(refused("the token is bound to no key: it is sent as `Bearer`, not `DPoP`")),
            (Scheme::Bearer, None) | (Scheme::Dpop, Some(_)) => Ok(confirmation),
        }
    }

    /// Whether the proxy must be asked for the certificate of the connection.
    pub(crate) fn asks_for_certificate(&self) -> bool {
        self.possession().certificate == Some(CertificateFrom::Connection)
    }

    /// Whether `wanted` is the client's certificate; `told` is what the proxy says of its connection, where it was asked.
    ///
    /// # Errors
    /// [`Reason::TokenBinding`].
    pub(crate) fn check_certificate(
        &self,
        head: &Head,
        told: Option<&[u8]>,
        wanted: &Sha256Digest,
    ) -> Result<(), Refusal> {
        match self.possession().certificate {
            Some(CertificateFrom::Connection) => certificate::of_connection(told, wanted),
            Some(CertificateFrom::ForwardedHeader) => certificate::of_header(head, wanted),
            None => Err(Reason::Fault.into()),
        }
    }

    /// The proof that whoever sends the token of this request holds the key of that thumbprint.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn proof(&self, head: &Head, key: &Sha256Digest, now: Timestamp) -> Result<Proof, Refusal> {
        let dpop = self.possession().dpop.as_ref().ok_or(Reason::Fault)?;
        dpop.proof(head, credential(head)?.1, key, now)
    }

    /// What a challenge says of the algorithms of proofs; none where there are no proofs.
    pub(crate) fn proof_algorithms(&self) -> Option<String> {
        self.possession().dpop.as_ref().map(Dpop::algorithms)
    }

    /// A nonce for the next proof, where they need one.
    pub(crate) fn nonce(&self, now: Timestamp) -> Option<String> {
        Some(self.possession().dpop.as_ref()?.nonces.as_ref()?.make(now))
    }
}
