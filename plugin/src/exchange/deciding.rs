//! The states in which a request waits for the decision service, and what its answer makes of the request.

use std::sync::Arc;

use super::{Exchange, State, Step};
use crate::action::mcp::{Era, Rpc};
use crate::audit::Record;
use crate::decision::{Decision, Denied, Origins, Terms, freshness, read_answer};
use crate::gate::Gate;
use crate::head::Head;
use crate::obey::{Changes, meet, narrowed};
use crate::reason::{Reason, Refusal};
use crate::time::Timestamp;
use crate::token::Agent;

/// A judged request that waits for a decision.
#[derive(Debug)]
pub(super) struct Asking {
    pub(super) head: Head,
    pub(super) record: Record,
    pub(super) rpc: Option<Rpc>,
    /// Who asks.
    pub(super) agent: Arc<Agent>,
    /// The body without what was meant for us, where there was such a thing.
    pub(super) body: Option<Vec<u8>>,
    /// Under which identity the answer may be remembered.
    pub(super) remembered: Option<[u8; 32]>,
    /// When the token ends, and with it whatever was decided on it.
    pub(super) expires: Timestamp,
}

impl Exchange {
    /// The decision service answered, or failed to.
    pub(super) fn answered(
        &mut self,
        gate: &mut Gate,
        now: Timestamp,
        asking: Asking,
        head: &Head,
        body: &[u8],
    ) -> Step {
        let service = self.config.decision.as_ref();
        let nowhere = Origins(Vec::new());
        match read_answer(head, body, service.map_or(&nowhere, |service| &service.origins), now) {
            Ok(decision) => {
                let max_age = service.and_then(|service| service.max_age);
                if let (Some(max_age), Some(identity), Some(lasting)) = (max_age, asking.remembered, decision.lasting())
                {
                    let max_age = freshness(head).map_or(max_age, |allowed| allowed.min(max_age));
                    gate.decisions.remember(identity, lasting, now.plus(max_age).min(asking.expires));
                }
                self.decided(gate, now, asking, decision)
            }
            Err(invalid) => self.refuse(&asking.head, asking.record, asking.rpc.as_ref(), &invalid.into()),
        }
    }

    pub(super) fn decided(&mut self, gate: &Gate, now: Timestamp, mut asking: Asking, decision: Decision) -> Step {
        let (denied, terms) = match decision {
            Decision::Permit(terms) => (None, terms),
            Decision::Deny(denied, terms) => (Some(denied), terms),
        };
        let met = meet(&terms, &asking.agent, now, &mut asking.record);
        let refusal = match (denied, met) {
            (Some(Denied::Unapproved(approval)), Ok(())) => {
                if let Some(rpc) = &mut asking.rpc {
                    rpc.shows_links |= rpc.era == Era::Legacy && gate.elicitors.knows(&asking.agent);
                }
                Refusal::until_approved(approval)
            }
            // A denial can ask for a stronger token as well: then that is what the client has to know.
            (_, Err(refusal)) => refusal,
            (Some(Denied::Finally), Ok(())) => {
                let refusal = Reason::DecisionDenied.into();
                let step = self.refuse(&asking.head, asking.record, asking.rpc.as_ref(), &refusal);
                return self.after_noting(step, &asking.agent);
            }
            (None, Ok(())) if terms.narrow.is_empty() => {
                let Asking { head, record, rpc, body, .. } = asking;
                let changes = Changes { headers: terms.headers, credential: terms.credential, body };
                return self.forward(&head, record, rpc.as_ref(), changes);
            }
            (None, Ok(())) => {
                self.state = State::Narrowing(Box::new(asking), Box::new(terms));
                return Step::Reread;
            }
        };
        self.refuse(&asking.head, asking.record, asking.rpc.as_ref(), &refusal)
    }

    /// The body is there once more: put the narrower parameters into it.
    pub(super) fn narrow(&mut self, gate: &mut Gate, mut asking: Asking, terms: &Terms, body: &[u8]) -> Step {
        let body = asking.body.as_deref().unwrap_or(body);
        let config = &self.config;
        match narrowed(config, &mut gate.tape, &asking.head, &asking.agent, body, terms, &mut asking.record) {
            Ok(changes) => self.forward(&asking.head, asking.record, asking.rpc.as_ref(), changes),
            Err(refusal) => self.refuse(&asking.head, asking.record, asking.rpc.as_ref(), &refusal),
        }
    }
}
