//! The states between a token's sender and its request: what was its run started for?
//!
//! ```text
//!             none came and none is wanted, or one that is known
//!  entrust ─────────────────────────────────────────────────────▶ admitted
//!     │ keys unknown             signature                           ▲
//!     ├───────▶ Keys ──┬──────────────────▶ Signature ── holds ──────┘
//!     └────────────────┘
//! ```
//!
//! What is wrong with a document is a verdict like any other: where nothing is enforced, it is only recorded.

use std::sync::Arc;

use super::{Arrival, Exchange, Input, Request, State, Step};
use crate::config::documented_task;
use crate::gate::Gate;
use crate::policy::DocumentedTask;
use crate::reason::{Reason, Refusal};
use crate::time::Timestamp;
use crate::token::{Admitted, Agent, Attempt, Brought, SignatureVerdict, UnverifiedDocument, malformed_document};

/// A request whose task document is being looked at.
#[derive(Debug)]
pub(super) struct Tasking {
    pub(super) request: Box<Request>,
    pub(super) agent: Arc<Agent>,
    awaits: Awaits,
}

/// What is being waited for.
#[derive(Debug)]
enum Awaits {
    /// The keys of whoever signs documents.
    Keys,
    /// Whether the signature holds.
    Signature(Box<UnverifiedDocument>),
}

impl Exchange {
    /// The token is its sender's: does it come with the document that it names?
    pub(super) fn entrust(
        &mut self,
        gate: &mut Gate,
        now: Timestamp,
        mut request: Box<Request>,
        agent: Arc<Agent>,
        attempt: Attempt,
    ) -> Step {
        let identity = &self.config.identity;
        match identity.task_document(&request.head, now, &gate.documents, &mut gate.published, attempt) {
            Ok(Brought::Nothing) if self.config.tasks.want_document(&agent) => {
                self.refuse_document(&request, agent, &Reason::TaskDocumentMissing.into())
            }
            Ok(Brought::Nothing) => self.admitted(gate, now, request, agent),
            Ok(Brought::Known(task)) => match task.document.is_of(&agent) {
                Ok(()) => {
                    request.circumstances.task = Some(task);
                    self.admitted(gate, now, request, agent)
                }
                Err(refusal) => self.refuse_document(&request, agent, &refusal),
            },
            Ok(Brought::Unverified(unverified)) => {
                let check = Box::new(unverified.check().clone());
                let awaits = Awaits::Signature(unverified);
                self.state = State::Tasking(Box::new(Tasking { request, agent, awaits }));
                Step::Verify(check)
            }
            Ok(Brought::Awaiting) => {
                self.state = State::Tasking(Box::new(Tasking { request, agent, awaits: Awaits::Keys }));
                Step::Await
            }
            Err(refusal) => self.refuse_document(&request, agent, &refusal),
        }
    }

    /// Something of it was found out, or the body comes meanwhile.
    pub(super) fn tasked(&mut self, gate: &mut Gate, now: Timestamp, tasking: Tasking, input: &Input<'_>) -> Step {
        let Tasking { mut request, agent, awaits } = tasking;
        match (awaits, input) {
            (Awaits::Keys, Input::Published) => self.entrust(gate, now, request, agent, Attempt::Again),
            (Awaits::Keys, Input::Buffered(_) | Input::Body(_)) => {
                if matches!(input, Input::Body(_)) {
                    request.body = Arrival::Whole;
                }
                self.state = State::Tasking(Box::new(Tasking { request, agent, awaits: Awaits::Keys }));
                Step::Await
            }
            (Awaits::Keys, Input::Response(head)) => self.overtaken(self.record(&request, Some(agent)), head),
            (Awaits::Signature(unverified), Input::Signature(verdict)) => {
                match self.admit_document(gate, now, *unverified, *verdict, &agent) {
                    Ok(task) => {
                        request.circumstances.task = Some(task);
                        self.admitted(gate, now, request, agent)
                    }
                    Err(refusal) => self.refuse_document(&request, agent, &refusal),
                }
            }
            _ => self.refuse_stranger(&request, &Reason::Fault.into()),
        }
    }

    /// The document, once it is known to be its signer's; it is remembered for the next request.
    fn admit_document(
        &self,
        gate: &mut Gate,
        now: Timestamp,
        unverified: UnverifiedDocument,
        verdict: SignatureVerdict,
        agent: &Agent,
    ) -> Result<Arc<DocumentedTask>, Refusal> {
        let identity = &self.config.identity;
        let admitted: Admitted = unverified.admit(verdict, identity, now)?;
        let bounds = documented_task(&admitted.says.task).map_err(malformed_document)?;
        let task = Arc::new(DocumentedTask { document: admitted.says.clone(), bounds });
        identity.remember_document(&admitted, &task, now, &mut gate.documents, &gate.published);
        task.document.is_of(agent)?;
        Ok(task)
    }

    fn refuse_document(&mut self, request: &Request, agent: Arc<Agent>, refusal: &Refusal) -> Step {
        let record = self.record(request, Some(agent));
        self.refuse(&request.head, record, None, refusal)
    }
}
