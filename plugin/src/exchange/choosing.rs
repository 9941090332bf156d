//! The state in which a request on a route whose policy Envoy's own route names waits to be told which: a choice among the
//! policies of the configuration, and no way to bring another.

use std::sync::Arc;

use super::{Exchange, Input, Request, State, Step};
use crate::action::PolicyOf;
use crate::gate::Gate;
use crate::reason::{Reason, Refusal};
use crate::time::Timestamp;
use crate::token::{Agent, Attempt};

impl Exchange {
    /// The token is its sender's: under which rules is its request?
    pub(super) fn choose(&mut self, gate: &mut Gate, now: Timestamp, request: Box<Request>, agent: Arc<Agent>) -> Step {
        if self.route(&request.head).is_ok_and(|route| route.policy == PolicyOf::Metadata) {
            self.state = State::Choosing(request, agent);
            return Step::RoutePolicy;
        }
        self.entrust(gate, now, request, agent, Attempt::First)
    }

    /// Envoy's route names a policy, or none.
    pub(super) fn chosen(
        &mut self,
        gate: &mut Gate,
        now: Timestamp,
        mut request: Box<Request>,
        agent: Arc<Agent>,
        input: &Input<'_>,
    ) -> Step {
        let Input::RoutePolicy(told) = input else { return self.refuse_stranger(&request, &Reason::Fault.into()) };
        let named = told.and_then(|name| std::str::from_utf8(name).ok());
        let detail = match named {
            Some(name) if self.config.policies.contains_key(name) => {
                request.circumstances.policy = Some(name.to_owned());
                return self.entrust(gate, now, request, agent, Attempt::First);
            }
            Some(_) => "what `filter_metadata.toolgate.policy` of Envoy's route names is none of `policies`",
            None => "Envoy's route has no `filter_metadata.toolgate.policy`",
        };
        let record = self.record(&request, Some(agent));
        self.refuse(&request.head, record, None, &Refusal::new(Reason::PolicyNotChosen, detail))
    }
}
