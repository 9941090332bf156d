//! The ways in which a request is refused, and what its record says of it then.

use std::sync::Arc;

use super::edits::marked;
use super::{Arrival, Asking, Exchange, Request, State, Step};
use crate::action::mcp::Rpc;
use crate::audit::{Mode, Record, Verdict, headers};
use crate::head::Head;
use crate::judge::Circumstances;
use crate::obey::Changes;
use crate::reason::{Reason, Refusal};
use crate::reply::reply;
use crate::time::Timestamp;
use crate::token::Agent;

/// Longer than the methods of any protocol over HTTP (`VERSION-CONTROL`); a longer one is somebody's joke on the log.
const MAX_METHOD: usize = 16;

impl Exchange {
    /// Rejects. In shadow mode, where verdicts are only recorded, lets the request through and says so.
    pub(super) fn refuse(&mut self, head: &Head, mut record: Record, rpc: Option<&Rpc>, refusal: &Refusal) -> Step {
        close(&mut record, head, refusal);
        if record.mode == Mode::Shadow {
            record.let_through();
            return self.let_through(head, record, headers::WOULD_DENY, Changes::default());
        }
        self.reject(head, record, rpc, refusal)
    }

    fn reject(&mut self, head: &Head, record: Record, rpc: Option<&Rpc>, refusal: &Refusal) -> Step {
        self.state = State::Rejected;
        let reply = reply(&self.config, head, rpc, refusal, &record);
        Step::Reject(reply, Box::new(record))
    }

    /// Rejects a request without a valid token, in whatever mode.
    pub(super) fn refuse_stranger(&mut self, request: &Request, refusal: &Refusal) -> Step {
        self.refuse_token(request, None, refusal)
    }

    /// Rejects a request for its token, in whatever mode; `agent`: whose it is, once that is certain.
    pub(super) fn refuse_token(&mut self, request: &Request, agent: Option<Arc<Agent>>, refusal: &Refusal) -> Step {
        let audit = &self.config.audit;
        let unverified = if agent.is_none() && audit.keeps(Verdict::Reject) {
            self.config.identity.unverified(&request.head, &|value| audit.digests.of(value))
        } else {
            None
        };
        let mut record = Record { unverified, ..self.record(request, agent) };
        close(&mut record, &request.head, refusal);
        self.reject(&request.head, record, None, refusal)
    }

    /// An input came that its state doesn't have.
    pub(super) fn fault(&mut self, now: Timestamp, state: State) -> Step {
        let request = match state {
            State::Awaiting(request)
            | State::Verifying(request, _)
            | State::Introspecting(request, _)
            | State::Choosing(request, _)
            | State::Reading(request, _) => *request,
            State::Binding(binding) => *binding.request,
            State::Tasking(tasking) => *tasking.request,
            State::Recalling(held) | State::Remembering(held, _) => held.request,
            State::Asking(asking) | State::Listening(asking, _) | State::Narrowing(asking, _) => {
                let Asking { head, record, circumstances, .. } = *asking;
                Request { id: record.decision_id, head, body: Arrival::None, since: now, circumstances }
            }
            // These have an arm of their own for every input, or nothing to tell.
            State::Start | State::Noting(_) | State::Forwarded(_) | State::Showing(_) | State::Rejected => {
                let (id, head, circumstances) = (String::new(), Head::default(), Circumstances::default());
                Request { id, head, body: Arrival::None, since: now, circumstances }
            }
        };
        self.refuse_stranger(&request, &Reason::Fault.into())
    }

    /// The proxy answered a request that was still held: its buffer was full, or its patience at an end.
    pub(super) fn overtaken(&mut self, mut record: Record, head: &Head) -> Step {
        let refusal = Refusal::from(Reason::ProxyAnswered);
        record.refused(&refusal);
        let add = headers::to_client(&record.decision_id, headers::DENY, Some(refusal.reason));
        Step::Respond(marked(head, add), Some(Box::new(record)))
    }
}

/// Says in the record that it was refused, and by which HTTP method it came where no other is known.
fn close(record: &mut Record, head: &Head, refusal: &Refusal) {
    record.refused(refusal);
    if record.method.is_none() {
        let plain = |method: &&str| method.len() <= MAX_METHOD && method.bytes().all(|byte| byte.is_ascii_graphic());
        record.method = std::str::from_utf8(head.method()).ok().filter(plain).map(Into::into);
    }
}
