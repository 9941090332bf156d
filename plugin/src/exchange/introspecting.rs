//! The state in which a request waits for what its token's issuer says of it (RFC 7662).

use super::{Arrival, Exchange, Input, Request, State, Step};
use crate::gate::Gate;
use crate::reason::Reason;
use crate::time::Timestamp;
use crate::token::Inquiry;

impl Exchange {
    /// The token is opaque: ask its issuer.
    pub(super) fn introspect(&mut self, request: Box<Request>, inquiry: Box<Inquiry>) -> Step {
        let Some(introspector) = self.config.identity.introspector() else {
            return self.refuse_stranger(&request, &Reason::Fault.into());
        };
        let form = inquiry.form();
        self.state = State::Introspecting(request, inquiry);
        Step::Introspect(introspector, form)
    }

    /// The issuer answered, or the body comes meanwhile.
    pub(super) fn introspected(
        &mut self,
        gate: &mut Gate,
        now: Timestamp,
        mut request: Box<Request>,
        inquiry: Box<Inquiry>,
        input: &Input<'_>,
    ) -> Step {
        match input {
            Input::Answer { head, body } => {
                let Gate { tokens, published, .. } = gate;
                match inquiry.admit((*head, *body), &self.config.identity, now, tokens, published) {
                    Ok(agent) => self.bind(gate, now, request, agent),
                    Err(refusal) => self.refuse_stranger(&request, &refusal),
                }
            }
            Input::Buffered(_) | Input::Body(_) => {
                if matches!(input, Input::Body(_)) {
                    request.body = Arrival::Whole;
                }
                self.state = State::Introspecting(request, inquiry);
                Step::Hold
            }
            Input::Response(head) => self.overtaken(self.record(&request, None), head),
            _ => self.refuse_stranger(&request, &Reason::Fault.into()),
        }
    }
}
