//! One request, from its head to its verdict, as a state machine.
//!
//! ```text
//!            head                signature holds            end of body                 permit
//!  Start ───────────▶ Verifying ────────────────▶ Reading ─────────────▶ Asking ─────────────────▶ Forwarded
//!    │ ╲ key unknown      ▲  token known: straight to │ allowed, low risk ──────────────────────────▲
//!    │  ╲─▶ Awaiting ─────┘  Reading                  │                     └─▶ Narrowing ── body ──┘
//!    └──────────────────────┴─────────────────────────┴──────────────────────┴─────── anything else ─▶ Rejected
//! ```
//!
//! An opaque token waits for its issuer's answer ([`introspecting`]) in the place of Verifying. A token that is bound to a key
//! or certificate goes through [`binding`] on its way to Reading, each time anew, and one whose run has a signed task document
//! through [`tasking`]. Where the proxy's own route is to name the policy, it is asked before ([`choosing`]). What an agent can
//! never call isn't shown in the lists that it asked for ([`listing`]).
//!
//! The machine does nothing itself. [`Exchange::advance`] is told what the proxy saw ([`Input`]) and answers what the
//! proxy must do ([`Step`]); what it waits for outside is a state of its own. Every pair of state and input that is
//! not written down here rejects the request, so a forgotten case denies and a lost state does too.

mod binding;
mod choosing;
mod deciding;
mod edits;
mod introspecting;
mod listing;
mod refusing;
mod remembering;
mod slot;
mod steps;
mod tasking;

use std::sync::Arc;

use self::binding::Binding;
use self::deciding::Asking;
pub use self::edits::Edits;
use self::edits::{borrowed, marked};
use self::listing::Showing;
use self::remembering::{Noting, Recalling};
pub use self::slot::Slot;
pub use self::steps::{Input, Step, Stored};
use self::tasking::Tasking;
use crate::action::mcp::Rpc;
use crate::action::{self, Route};
use crate::assertion;
use crate::audit::{ListRecord, Mode, Record, TraceRecord, headers};
use crate::config::Config;
use crate::decision::{Listener, Terms};
use crate::gate::Gate;
use crate::head::Head;
use crate::judge::{Caller, Circumstances, Judged, Outcome, judge};
use crate::listing::{Form, Listing};
use crate::obey::Changes;
use crate::reason::{Reason, Refusal};
use crate::reply::Reply;
use crate::time::Timestamp;
use crate::token::{Agent, Attempt, CREDENTIALS, Candidate, Inquiry, Presented};
use crate::trace_context::TraceContext;

/// One request and its response.
#[derive(Debug)]
pub struct Exchange {
    config: Arc<Config>,
    state: State,
    /// The head has gone on already, and can't be changed any more.
    head_gone: bool,
    /// Who asks for a list, where the answer is to hold only what it might call.
    listing: Option<Box<Listing>>,
    /// When the last input came.
    now: Timestamp,
}

/// Where a request stands. Each state holds just what is known in it.
#[derive(Debug)]
enum State {
    /// Nothing was seen yet.
    Start,
    /// What the token's issuer publishes is being fetched.
    Awaiting(Box<Request>),
    /// The token's signature is being verified.
    Verifying(Box<Request>, Box<Candidate>),
    /// The token's issuer is being asked about it.
    Introspecting(Box<Request>, Box<Inquiry>),
    /// The token is valid; whether its sender holds what it is bound to is being found out.
    Binding(Box<Binding>),
    /// The token is its sender's; which policy the proxy's own route names is being asked.
    Choosing(Box<Request>, Arc<Agent>),
    /// The token is its sender's; what its run was started for is being found out.
    Tasking(Box<Tasking>),
    /// The token is valid; the body is being buffered.
    Reading(Box<Request>, Arc<Agent>),
    /// The body is whole; what the session did before is being looked up.
    Recalling(Box<Recalling>),
    /// It was judged by that; what the session did now is being kept.
    Remembering(Box<Recalling>, Box<Judged>),
    /// The rules allow it, and the decision service is being asked.
    Asking(Box<Asking>),
    /// The rules allow it, and the decision service is being asked the same for another exchange.
    Listening(Box<Asking>, Listener),
    /// The decision service permits it with narrower parameters; the body is being read once more.
    Narrowing(Box<Asking>, Box<Terms>),
    /// The decision service refused, and that is being kept.
    Noting(Box<Noting>),
    /// The request went on; the response will say under which decision.
    Forwarded(Decided),
    /// The response is a list, and on its way.
    Showing(Showing),
    /// The client was answered, and nothing goes on.
    Rejected,
}

/// What the head of a request told.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) id: String,
    pub(crate) head: Head,
    pub(crate) body: Arrival,
    pub(crate) since: Timestamp,
    pub(crate) circumstances: Circumstances,
}

/// How much of a body has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// There is none.
    None,
    /// It is coming.
    Coming,
    /// All of it came while the token was waited for.
    Whole,
}

/// What a response says of the verdict on its request.
#[derive(Debug)]
struct Decided {
    id: String,
    decision: &'static str,
}

impl Exchange {
    /// An exchange under `config`, which stays its own even when a newer one comes in the middle.
    #[must_use]
    pub fn new(config: Arc<Config>) -> Self {
        Self { config, state: State::Start, head_gone: false, listing: None, now: Timestamp::from_secs(0) }
    }

    /// The configuration under which it is judged.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Whether the response is a list whose body is to be handed over.
    #[must_use]
    pub fn shows_list(&self) -> bool {
        matches!(self.state, State::Showing(_))
    }

    /// Takes in what the proxy saw, and says what it must do.
    pub fn advance(&mut self, gate: &mut Gate, now: Timestamp, input: Input<'_>) -> Step {
        // A gate of a newer configuration must not learn what was found out under an older one.
        let mut of_our_own = None;
        let gate = match Arc::ptr_eq(&gate.config, &self.config) {
            true => gate,
            false => of_our_own.insert(Gate::new(Arc::clone(&self.config))),
        };
        self.now = now;
        // Whatever goes wrong from here on, what remains is a rejected request.
        match (std::mem::replace(&mut self.state, State::Rejected), input) {
            (State::Start, Input::Head { head, end, id }) => {
                let body = if end { Arrival::None } else { Arrival::Coming };
                self.start(gate, now, Request { id, head, body, since: now, circumstances: Circumstances::default() })
            }
            (State::Awaiting(request), Input::Published) => self.present(gate, now, request, Attempt::Again),
            (State::Awaiting(request), Input::Buffered(_)) => self.await_keys(request),
            (State::Awaiting(mut request), Input::Body(_)) => {
                request.body = Arrival::Whole;
                self.await_keys(request)
            }
            (State::Awaiting(request), Input::Response(head)) => self.overtaken(self.record(&request, None), head),
            (State::Verifying(request, candidate), Input::Signature(verdict)) => {
                match candidate.admit(verdict, &self.config.identity, now, &mut gate.tokens, &gate.published) {
                    Ok(agent) => self.bind(gate, now, request, agent),
                    Err(refusal) => self.refuse_stranger(&request, &refusal),
                }
            }
            (State::Introspecting(request, inquiry), input) => self.introspected(gate, now, request, inquiry, &input),
            (State::Binding(binding), input) => self.bound(gate, now, *binding, &input),
            (State::Choosing(request, agent), input) => self.chosen(gate, now, request, agent, &input),
            (State::Tasking(tasking), input) => self.tasked(gate, now, *tasking, &input),
            (State::Reading(request, agent), Input::Buffered(size)) => self.buffered(request, agent, size),
            (State::Reading(request, agent), Input::Body(body)) => self.judge(gate, now, *request, agent, body),
            (State::Recalling(held), Input::Recalled { slot, version }) => self.recalled(gate, held, slot, version),
            (State::Remembering(held, judged), Input::Remembered(stored)) => {
                self.remembered(gate, now, held, *judged, stored)
            }
            (State::Asking(asking), Input::Answer { head, body }) => self.answered(gate, now, asking, head, body),
            (State::Listening(asking, listener), Input::Published) => self.heard(gate, now, asking, listener),
            (State::Narrowing(asking, terms), Input::Body(body)) => self.narrow(gate, *asking, &terms, body),
            (State::Noting(noting), Input::Recalled { slot, version }) => self.note(now, noting, slot, version),
            (State::Noting(noting), Input::Remembered(stored)) => self.noted(noting, stored),
            (State::Forwarded(decided), input) => self.after_forward(decided, &input),
            (State::Showing(showing), Input::ResponseBody { body, end }) => self.shown(gate, showing, body, end),
            (State::Reading(request, agent), Input::Response(head)) => {
                self.overtaken(self.record(&request, Some(agent)), head)
            }
            (
                State::Asking(asking) | State::Listening(asking, _) | State::Narrowing(asking, _),
                Input::Response(head),
            ) => self.overtaken(asking.record, head),
            // Our own answer comes past here on its way to the client; nothing else is still to come.
            (State::Rejected, Input::Response(_)) => Step::Pass,
            (State::Rejected, _) => Step::Hold,
            // Somebody before us answered; the request never came here.
            (State::Start, Input::Response(_)) => Step::Pass,
            (State::Showing(showing), _) => {
                self.state = State::Showing(showing);
                Step::Pass
            }
            (state, _) => self.fault(now, state),
        }
    }

    /// The head is there: which route is it on, could it ever be read, and whose token does it carry?
    fn start(&mut self, gate: &mut Gate, now: Timestamp, request: Request) -> Step {
        if let Some(metadata) = self.config.routes.metadata(&request.head) {
            self.state = State::Rejected;
            return Step::Answer(Reply::metadata(metadata));
        }
        self.present(gate, now, Box::new(request), Attempt::First)
    }

    /// Whose token is it?
    fn present(&mut self, gate: &mut Gate, now: Timestamp, request: Box<Request>, attempt: Attempt) -> Step {
        let identity = &self.config.identity;
        match identity.present(&request.head, now, &gate.tokens, &mut gate.published, attempt) {
            Ok(Presented::Known(agent)) => self.bind(gate, now, request, agent),
            Ok(Presented::Unverified(candidate)) => {
                let check = Box::new(candidate.check().clone());
                self.state = State::Verifying(request, candidate);
                Step::Verify(check)
            }
            Ok(Presented::Opaque(inquiry)) => self.introspect(request, inquiry),
            Ok(Presented::Awaiting) => self.await_keys(request),
            Err(refusal) => self.refuse_stranger(&request, &refusal),
        }
    }

    fn await_keys(&mut self, request: Box<Request>) -> Step {
        self.state = State::Awaiting(request);
        Step::Await
    }

    /// The token is valid, and its sender's: judge now what has no body, else wait for its end.
    fn admitted(&mut self, gate: &mut Gate, now: Timestamp, request: Box<Request>, agent: Arc<Agent>) -> Step {
        let route = self.route(&request.head);
        let (audience, scopes) = match &route {
            Ok(route) => (route.access.check_audience(&agent), route.access.check_scopes(&agent)),
            Err(_) => (Ok(()), Ok(())),
        };
        if let Err(refusal) = audience {
            return self.refuse_token(&request, Some(agent), &refusal);
        }
        if request.body == Arrival::None && scopes.is_ok() {
            return self.judge(gate, now, *request, agent, b"");
        }
        let readable = |route: &Route| {
            action::read_head(route, &request.head)?;
            if self.config.holds_heads { Ok(()) } else { action::needs_its_body(route, &request.head) }
        };
        let refused = scopes.and(route.and_then(readable)).err();
        self.read_on(request, agent, refused)
    }

    /// More of the body came: hold it as long as it may still be read.
    fn buffered(&mut self, request: Box<Request>, agent: Arc<Agent>, size: usize) -> Step {
        let too_large = |route: &Route| if size > route.max_body { Err(action::too_large_for(route)) } else { Ok(()) };
        let refused = self.route(&request.head).and_then(too_large).err();
        self.read_on(request, agent, refused)
    }

    /// Waits for the body, unless it is clear already that it won't be read.
    fn read_on(&mut self, request: Box<Request>, agent: Arc<Agent>, refused: Option<Refusal>) -> Step {
        if let Some(refusal) = refused {
            let record = self.record(&request, Some(agent));
            return self.refuse(&request.head, record, None, &refusal);
        }
        let step = match request.body {
            Arrival::Whole => Step::Read,
            _ if self.config.holds_heads || self.head_gone => Step::Hold,
            _ => {
                self.head_gone = true;
                Step::SendHead(self.unaccompanied(&request.head))
            }
        };
        self.state = State::Reading(request, agent);
        step
    }

    fn route(&self, head: &Head) -> Result<&Route, Refusal> {
        self.config.routes.find(head.target())
    }

    /// The body is whole: what would it do, how risky is that, and may it? Where that depends on what the session did
    /// before, this is looked up first.
    fn judge(&mut self, gate: &mut Gate, now: Timestamp, request: Request, agent: Arc<Agent>, body: &[u8]) -> Step {
        if let Some(sessions) = &self.config.sessions {
            let key = sessions.key(&agent);
            let held = Recalling { request, agent, body: body.to_vec(), key, conflicts: 0 };
            self.state = State::Recalling(Box::new(held));
            return Step::Recall(Slot::Session(key.slot));
        }
        let record = self.record_of_whole(&request, &agent, body);
        let caller = Caller { head: &request.head, agent: &agent, circumstances: &request.circumstances };
        let judged = judge(&self.config, &mut gate.tape, caller, body, record, None);
        self.judged(gate, now, request, agent, judged)
    }

    /// What should happen is known.
    fn judged(&mut self, gate: &mut Gate, now: Timestamp, request: Request, agent: Arc<Agent>, judged: Judged) -> Step {
        let Request { head, circumstances, .. } = request;
        let Judged { mut record, rpc, outcome, body, lists, .. } = judged;
        if rpc.as_ref().is_some_and(|rpc| rpc.shows_links) && record.method.as_deref() == Some("initialize") {
            gate.elicitors.note(&agent);
        }
        // Who only watches changes nothing. A head that has gone on already may have asked for a compressed answer.
        if lists && record.mode == Mode::Enforce && !self.head_gone {
            self.listing = Some(Box::new(Listing {
                head: head.clone(),
                agent: Arc::clone(&agent),
                circumstances: circumstances.clone(),
                asked: now,
                rpc: rpc.clone(),
                decision_id: record.decision_id.clone(),
                told: ListRecord::default(),
            }));
        }
        match outcome {
            Outcome::Forward => self.forward(&head, record, rpc.as_ref(), Changes { body, ..Changes::default() }),
            Outcome::Refuse(refusal) => self.refuse(&head, record, rpc.as_ref(), &refusal),
            Outcome::Ask(question) => {
                record.asked = true;
                record.call_digest = Some(question.call.clone());
                let (question, again, asker) = (Arc::new(question), false, None);
                let asking =
                    Asking { head, record, rpc, agent, circumstances, body, question, since: now, again, asker };
                self.consult(gate, now, Box::new(asking))
            }
        }
    }

    fn forward(&mut self, head: &Head, mut record: Record, rpc: Option<&Rpc>, changes: Changes) -> Step {
        if self.head_gone && !changes.is_empty() {
            let late = "the gateway can't change a request whose head has gone on (`hold: body_only`)";
            return self.refuse(head, record, rpc, &Refusal::new(Reason::DecisionTerms, late));
        }
        record.forwarded();
        self.let_through(head, record, headers::ALLOW, changes)
    }

    /// The request has gone on: only the response is still to be marked.
    fn after_forward(&mut self, decided: Decided, input: &Input<'_>) -> Step {
        let step = match input {
            Input::Response(head) => {
                let edits = marked(head, headers::to_client(&decided.id, decided.decision, None));
                match (self.listing.take(), Form::of(head)) {
                    (Some(listing), Some(form)) => return self.show(listing, form, edits),
                    _ => Step::Respond(edits, None),
                }
            }
            // In shadow mode a request can go on before its end.
            _ => Step::Pass,
        };
        self.state = State::Forwarded(decided);
        step
    }

    fn let_through(&mut self, head: &Head, mut record: Record, decision: &'static str, mut changes: Changes) -> Step {
        self.state = State::Forwarded(Decided { id: record.decision_id.clone(), decision });
        if self.head_gone {
            return Step::Forward(Edits::default(), Box::new(record));
        }
        // What a decision brings is for this call; what the route has is for all.
        changes.credential = changes.credential.or_else(|| self.route(head).ok()?.credential.clone());
        record.credential = changes.credential.is_some();
        record.credential_scope = changes.scope.take();
        let mut edits = self.unaccompanied(head);
        if self.config.audit.headers {
            edits.add.extend(borrowed(headers::to_upstream(&record, decision)));
        }
        for (name, value) in headers::to_budgets(&record) {
            if !edits.add.iter().any(|(known, _)| *known == name) {
                edits.add.push((name.into(), value));
            }
        }
        if let Some(notary) = &self.config.audit.assertion {
            let assertion = notary.assertion(head, &record, decision, changes.body.as_deref(), self.now);
            edits.add.extend(assertion.map(|jws| (headers::ASSERTION.into(), jws)));
        }
        if self.listing.is_some() && head.first("accept-encoding").is_some() {
            edits.remove.push(b"accept-encoding".to_vec());
        }
        edits.take(head, changes);
        Step::Forward(edits, Box::new(record))
    }

    /// Takes off a head what must not go on with it: what poses as ours, the agent's token, its task document.
    fn unaccompanied(&self, head: &Head) -> Edits {
        let mut edits = Edits { remove: headers::spoofed(head), ..Edits::default() };
        let stripped = self.route(head).map_or(CREDENTIALS, |route| route.access.stripped());
        let stripped = stripped.iter().copied().chain(self.config.identity.document_header());
        let carried = stripped.filter(|name| head.first(name).is_some());
        edits.remove.extend(carried.map(|name| name.as_bytes().to_vec()));
        edits
    }

    fn record(&self, request: &Request, agent: Option<Arc<Agent>>) -> Record {
        let policy = Arc::clone(&self.config.policy_version);
        let mode = self.config.mode_of(request.head.target(), request.circumstances.policy.as_deref());
        let mut record = Record::new(request.since, request.id.clone(), policy, mode, agent);
        if let Ok(route) = self.route(&request.head) {
            record.server = Some(route.server.clone());
            record.protocol = Some(route.protocol.name());
        }
        record.trace = TraceContext::of(&request.head).map(TraceRecord);
        record
    }

    /// The record of a request whose body is whole.
    fn record_of_whole(&self, request: &Request, agent: &Arc<Agent>, body: &[u8]) -> Record {
        let mut record = self.record(request, Some(Arc::clone(agent)));
        record.content = self.config.audit.assertion.is_some().then(|| assertion::digest(body));
        record
    }
}
