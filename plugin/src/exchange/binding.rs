//! The states between a valid token and its acceptance: does its sender hold what the token is bound to?
//!
//! ```text
//!            bearer token
//!  bind ─────────────────────────────────────────────────────────────────────────────────────▶ choose
//!    │ certificate      peer                 signature           slot               stored        ▲
//!    ├───────────▶ Peer ─────┬── key ─▶ Proof ────────▶ Marks ─────────▶ Marking ─────────────────┤
//!    │ key                   │             ▲              ▲   conflict     │                      │
//!    └───────────────────────┼─────────────┘              └────────────────┘                      │
//!                            └────────────────────────────────────────────────────────────────────┘
//! ```

use std::sync::Arc;

use super::{Exchange, Input, Request, Slot, State, Step, Stored};
use crate::gate::Gate;
use crate::reason::{Reason, Refusal};
use crate::time::Timestamp;
use crate::token::{Agent, Confirmation, Entered, Mark, SignatureVerdict};

/// A request whose token is valid and bound.
#[derive(Debug)]
pub(super) struct Binding {
    pub(super) request: Box<Request>,
    agent: Arc<Agent>,
    awaits: Awaits,
}

/// What is being found out.
#[derive(Clone, Copy, Debug)]
enum Awaits {
    /// Which certificate the client has.
    Peer(Confirmation),
    /// Whether the signature of its proof holds.
    Proof(Mark),
    /// Whether the proof was seen before.
    Marks(Mark, u8),
    /// Whether it is kept that it was seen now.
    Marking(Mark, u8),
}

/// Each conflict means that another worker entered a proof, so even a hundred workers on one slot come to an end.
const MAX_CONFLICTS: u8 = 200;

impl Exchange {
    /// The token is valid: what must its sender hold?
    pub(super) fn bind(&mut self, gate: &mut Gate, now: Timestamp, request: Box<Request>, agent: Arc<Agent>) -> Step {
        let identity = &self.config.identity;
        let confirmation = match identity.confirmation(&request.head, &agent) {
            Ok(confirmation) if confirmation.is_none() => return self.choose(gate, now, request, agent),
            Ok(confirmation) => confirmation,
            Err(refusal) => return self.refuse_stranger(&request, &refusal),
        };
        if confirmation.certificate.is_some() && identity.asks_for_certificate() {
            self.state = State::Binding(Box::new(Binding { request, agent, awaits: Awaits::Peer(confirmation) }));
            return Step::Peer;
        }
        self.prove(gate, now, request, agent, &confirmation, None)
    }

    /// The certificate is known, as far as it matters: next is the proof.
    fn prove(
        &mut self,
        gate: &mut Gate,
        now: Timestamp,
        request: Box<Request>,
        agent: Arc<Agent>,
        confirmation: &Confirmation,
        peer: Option<&[u8]>,
    ) -> Step {
        let identity = &self.config.identity;
        let certified = match &confirmation.certificate {
            Some(wanted) => identity.check_certificate(&request.head, peer, wanted),
            None => Ok(()),
        };
        if let Err(refusal) = certified {
            return self.refuse_stranger(&request, &refusal);
        }
        let Some(key) = &confirmation.key else { return self.choose(gate, now, request, agent) };
        match identity.proof(&request.head, key, now) {
            Ok(proof) => {
                let awaits = Awaits::Proof(proof.mark);
                self.state = State::Binding(Box::new(Binding { request, agent, awaits }));
                Step::Verify(Box::new(proof.check))
            }
            Err(refusal) => self.refuse_stranger(&request, &refusal),
        }
    }

    /// Something of it was found out.
    pub(super) fn bound(&mut self, gate: &mut Gate, now: Timestamp, binding: Binding, input: &Input<'_>) -> Step {
        let Binding { request, agent, awaits } = binding;
        let (awaits, step) = match (awaits, input) {
            (Awaits::Peer(confirmation), Input::Peer(peer)) => {
                return self.prove(gate, now, request, agent, &confirmation, *peer);
            }
            (Awaits::Proof(mark), Input::Signature(SignatureVerdict::Valid)) => {
                (Awaits::Marks(mark, 0), Step::Recall(Slot::Proofs(mark.slot)))
            }
            (Awaits::Proof(_), Input::Signature(SignatureVerdict::Invalid)) => {
                return self.refuse_stranger(&request, &Refusal::new(Reason::TokenProof, "its signature is not valid"));
            }
            (Awaits::Marks(mark, conflicts), Input::Recalled { slot, version }) => match mark.enter(*slot, now) {
                Entered::New(bytes) => (
                    Awaits::Marking(mark, conflicts),
                    Step::Remember { slot: Slot::Proofs(mark.slot), bytes, version: *version },
                ),
                Entered::Known => return self.refuse_stranger(&request, &Reason::TokenReplayed.into()),
                Entered::Full => {
                    let detail = "too many proofs were made with this key, or beside it; another may find room";
                    return self.refuse_stranger(&request, &Refusal::new(Reason::TokenProof, detail));
                }
            },
            (Awaits::Marking(..), Input::Remembered(Stored::Yes)) => return self.choose(gate, now, request, agent),
            (Awaits::Marking(mark, conflicts), Input::Remembered(Stored::Conflict)) if conflicts < MAX_CONFLICTS => {
                (Awaits::Marks(mark, conflicts.saturating_add(1)), Step::Recall(Slot::Proofs(mark.slot)))
            }
            // A proof that can't be kept could come again.
            _ => return self.refuse_stranger(&request, &Reason::Fault.into()),
        };
        self.state = State::Binding(Box::new(Binding { request, agent, awaits }));
        step
    }
}
