//! Proof of possession at the application layer: DPoP (RFC 9449).
//!
//! Beside its token the client sends a proof: a JWT of this very request, signed with the key that the token is bound to.
//! Every check of RFC 9449 section 4.3 is made, those that cost nothing first:
//!
//! ```text
//! head, token ──read──▶ Proof ── signature ──▶ Mark ── seen before? ──▶ the sender holds the key
//! ```
//!
//! **What the client meant to reach** (`htu`) is compared with what the operator says of this gateway, never with a header:
//! `:authority` and `x-forwarded-proto` are the sender's to choose, and a proof that was made for another server must not
//! become good here by naming that server.
//!
//! **No proof counts twice.** The workers share marks of the proofs they saw, for as long as these would be accepted; see
//! [`marks`].

mod marks;
mod nonce;
mod proof;
mod target;
mod thumbprint;

use std::time::Duration;

pub use marks::{Entered, Mark, ProofSlot};
pub(crate) use nonce::Nonces;
pub(crate) use proof::Proof;
pub(crate) use target::origin;

use super::Algorithm;

/// What the operator says of proofs.
#[derive(Clone, Debug)]
pub(crate) struct Dpop {
    /// Under which origins clients know this gateway, in their normal form.
    pub(crate) origins: Vec<String>,
    /// What a proof may be signed with.
    pub(crate) algorithms: Vec<Algorithm>,
    /// How long after it was made a proof is accepted.
    pub(crate) max_age: Duration,
    /// How far a client's clock may be ahead of ours.
    pub(crate) clock_skew: Duration,
    /// What makes and knows the gateway's own nonces, where it wants them.
    pub(crate) nonces: Option<Nonces>,
}

impl Dpop {
    /// What a challenge says of `algs` (RFC 9449 section 7.1).
    pub(crate) fn algorithms(&self) -> String {
        self.algorithms.iter().map(|algorithm| algorithm.name()).collect::<Vec<_>>().join(" ")
    }
}
