//! The states in which a request waits for the memory of its session: what it was is looked up before the verdict, and
//! what it becomes is kept with it. Another worker may be faster; then it is judged anew.

use std::sync::Arc;

use super::{Exchange, Request, Slot, State, Step, Stored};
use crate::gate::Gate;
use crate::judge::{Caller, Judged, Recollection, judge};
use crate::reason::{Reason, Refusal};
use crate::session::{Key, Memory};
use crate::time::Timestamp;
use crate::token::Agent;

/// A request that waits for the memory of its session.
#[derive(Debug)]
pub(super) struct Recalling {
    pub(super) request: Request,
    pub(super) agent: Arc<Agent>,
    pub(super) body: Vec<u8>,
    pub(super) key: Key,
    /// How often another worker was faster.
    pub(super) conflicts: u8,
}

/// A denial that its session is to remember, and how the exchange goes on then.
#[derive(Debug)]
pub(super) struct Noting {
    pub(super) step: Step,
    pub(super) then: State,
    pub(super) key: Key,
    pub(super) conflicts: u8,
}

/// Each conflict means that another worker got on, so even a hundred workers on one slot come to an end; more is a
/// proxy that doesn't keep its word.
const MAX_CONFLICTS: u8 = 200;

impl Exchange {
    /// What the session did before is known.
    pub(super) fn recalled(
        &mut self,
        gate: &mut Gate,
        held: Box<Recalling>,
        slot: Option<&[u8]>,
        version: u32,
    ) -> Step {
        let Recalling { request, agent, body, key, .. } = &*held;
        let record = self.record_of_whole(request, agent, body);
        let session = self.config.sessions.as_ref().map(|settings| Recollection { settings, key: *key, slot });
        let caller = Caller { head: &request.head, agent, circumstances: &request.circumstances };
        let mut judged = judge(&self.config, &mut gate.tape, caller, body, record, session);
        let (slot, now) = (key.slot, request.since);
        match judged.remembered.take() {
            Some(bytes) => {
                self.state = State::Remembering(held, Box::new(judged));
                Step::Remember { slot: Slot::Session(slot), bytes, version }
            }
            None => self.judged(gate, now, held.request, held.agent, judged),
        }
    }

    /// The verdict counts only if the session is still as it was when it was judged; else it is judged again.
    pub(super) fn remembered(
        &mut self,
        gate: &mut Gate,
        now: Timestamp,
        mut held: Box<Recalling>,
        judged: Judged,
        stored: Stored,
    ) -> Step {
        match stored {
            Stored::Yes => self.judged(gate, now, held.request, held.agent, judged),
            Stored::Conflict if held.conflicts < MAX_CONFLICTS => {
                held.conflicts = held.conflicts.saturating_add(1);
                let slot = held.key.slot;
                self.state = State::Recalling(held);
                Step::Recall(Slot::Session(slot))
            }
            Stored::Conflict | Stored::No => {
                let refusal = Refusal::new(Reason::Fault, "the memory of the session could not be kept");
                self.refuse(&held.request.head, judged.record, judged.rpc.as_ref(), &refusal)
            }
        }
    }

    /// `step`, once the session remembers that it was refused.
    pub(super) fn after_noting(&mut self, step: Step, agent: &Agent) -> Step {
        let Some(sessions) = &self.config.sessions else { return step };
        let key = sessions.key(agent);
        let then = std::mem::replace(&mut self.state, State::Rejected);
        self.state = State::Noting(Box::new(Noting { step, then, key, conflicts: 0 }));
        Step::Recall(Slot::Session(key.slot))
    }

    pub(super) fn note(&mut self, now: Timestamp, noting: Box<Noting>, slot: Option<&[u8]>, version: u32) -> Step {
        let quarantine = self.config.sessions.as_ref().and_then(|settings| settings.quarantine.as_ref());
        let bytes = Memory::find(slot, &noting.key).after_denial(quarantine, now);
        let slot = noting.key.slot;
        self.state = State::Noting(noting);
        Step::Remember { slot: Slot::Session(slot), bytes, version }
    }

    pub(super) fn noted(&mut self, mut noting: Box<Noting>, stored: Stored) -> Step {
        if stored == Stored::Conflict && noting.conflicts < MAX_CONFLICTS {
            noting.conflicts = noting.conflicts.saturating_add(1);
            let slot = noting.key.slot;
            self.state = State::Noting(noting);
            return Step::Recall(Slot::Session(slot));
        }
        // Kept or not, it is refused.
        let Noting { step, then, .. } = *noting;
        self.state = then;
        step
    }
}
