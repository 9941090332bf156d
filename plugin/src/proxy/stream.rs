//! One HTTP stream: callbacks become inputs of the machine, its steps become host calls.

use std::cell::RefCell;
use std::rc::Rc;

use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::Action;

use super::books::{Books, Entry};
use super::host::{self, Map};
use super::root::SharedGate;
use super::waiting::{Waiter, Waiting};
use crate::audit::headers;
use crate::decision::{MAX_ANSWER, Sending};
use crate::exchange::{Edits, Exchange, Input, Step};
use crate::head::Head;
use crate::metrics::Single;
use crate::reply::Reply;
use crate::token::{SignatureCheck, SignatureVerdict, host_form, verify_in_process};

/// What Envoy's route says of the policy (attribute `xds.route_metadata`), a choice among those of the configuration.
const ROUTE_POLICY: &str = "xds\0route_metadata\0filter_metadata\0toolgate\0policy";

/// The SHA-256 of the certificate that the client showed, in hexadecimal (Envoy's "Connection attributes").
const PEER_CERTIFICATE: &str = "connection\0sha256_peer_certificate_digest";

/// One HTTP stream.
pub(super) struct Stream {
    id: u32,
    core: Core,
    /// Where the core is while and after it waits for what its token's issuer publishes.
    lent: Option<Rc<RefCell<Core>>>,
    waiting: Rc<Waiting>,
}

/// What a stream is made of, but for its callbacks.
pub(super) struct Core {
    gate: SharedGate,
    entry: Entry,
    exchange: Option<Exchange>,
    /// The body so far, in bytes. Envoy counts all that is buffered, not what is new.
    buffered: usize,
    /// The same of the response's body, where it is a list.
    listed: usize,
    /// The last call to the decision service, or to the token's issuer.
    pub(super) call: Option<u32>,
}

/// What the proxy should do with what it holds.
pub(super) enum Hold {
    /// Keep it: something is still to come, or the client was answered.
    Keep,
    /// Keep it until something was published.
    Await,
    /// Let it go on.
    Release,
}

impl Stream {
    pub(super) fn new(id: u32, gate: SharedGate, books: Option<Rc<Books>>, waiting: Rc<Waiting>) -> Self {
        let exchange = gate.borrow().as_ref().map(|gate| Exchange::new(gate.config.clone()));
        Self { id, core: Core::new(gate, books, exchange), lent: None, waiting }
    }

    /// Lets the core work, wherever it is.
    fn work(&mut self, work: impl FnOnce(&mut Core) -> Hold) -> Hold {
        let held = match &self.lent {
            Some(lent) => work(&mut lent.borrow_mut()),
            None => work(&mut self.core),
        };
        if matches!(held, Hold::Await) && self.lent.is_none() {
            let nobody = Core::new(Rc::clone(&self.core.gate), None, None);
            let lent = Rc::new(RefCell::new(std::mem::replace(&mut self.core, nobody)));
            self.waiting.add(Waiter { stream: self.id, core: Rc::downgrade(&lent) });
            self.lent = Some(lent);
        }
        held
    }

    fn advance(&mut self, input: Input<'_>) -> Hold {
        self.work(|core| core.advance(input))
    }
}

impl Core {
    fn new(gate: SharedGate, books: Option<Rc<Books>>, exchange: Option<Exchange>) -> Self {
        Self { gate, entry: Entry::new(books), exchange, buffered: 0, listed: 0, call: None }
    }

    /// Gives the machine an input and carries out what it answers, up to where it must wait.
    pub(super) fn advance(&mut self, input: Input<'_>) -> Hold {
        let answer_status = match &input {
            Input::Response(head) => status(head),
            Input::Answer { .. } => {
                self.entry.answered();
                None
            }
            _ => None,
        };
        let mut step = self.step(input);
        loop {
            step = match step {
                Step::Hold => return Hold::Keep,
                Step::Pass => return Hold::Release,
                Step::Await => return Hold::Await,
                Step::Read => return self.body(),
                Step::SendHead(edits) => {
                    edit(Map::RequestHeaders, &edits);
                    return Hold::Release;
                }
                Step::Verify(check) => self.step(Input::Signature(self.verify(&check))),
                Step::Introspect(introspector, form) => {
                    self.call = host::introspect(&introspector, &form);
                    match self.call {
                        Some(_) => return Hold::Keep,
                        None => self.step(Input::Answer { head: &Head::default(), body: b"" }),
                    }
                }
                Step::RoutePolicy => self.step(Input::RoutePolicy(host::property(ROUTE_POLICY).as_deref())),
                Step::Peer => self.step(Input::Peer(host::property(PEER_CERTIFICATE).as_deref())),
                Step::Ask(sending) => {
                    self.entry.asked(sending.again);
                    self.call = self.ask(&sending);
                    match self.call {
                        Some(_) => return Hold::Keep,
                        None => {
                            self.entry.answered();
                            self.step(Input::Answer { head: &Head::default(), body: b"" })
                        }
                    }
                }
                Step::Recall(slot) => {
                    let (bytes, version) = host::shared(&slot.to_string());
                    self.step(Input::Recalled { slot: bytes.as_deref(), version })
                }
                Step::Remember { slot, bytes, version } => {
                    let stored = host::share(&slot.to_string(), &bytes, version);
                    self.step(Input::Remembered(stored))
                }
                Step::Forward(edits, record) => {
                    self.entry.forwarded(record);
                    edit(Map::RequestHeaders, &edits);
                    if let Some(body) = &edits.body {
                        host::replace_request_body(body);
                    }
                    return Hold::Release;
                }
                Step::Reject(reply, record) => {
                    self.entry.answered_for(record, Some(reply.status));
                    host::answer(&reply);
                    return Hold::Keep;
                }
                Step::Answer(reply) => {
                    host::answer(&reply);
                    return Hold::Keep;
                }
                Step::Respond(edits, record) => {
                    if let Some(record) = record {
                        self.entry.answered_for(record, answer_status);
                    }
                    edit(Map::ResponseHeaders, &edits);
                    return Hold::Release;
                }
                Step::Show(body, list) => {
                    if let Some(body) = body {
                        host::replace_response_body(&body);
                    }
                    if let Some(list) = list {
                        self.entry.listed(list);
                    }
                    self.listed = 0;
                    return Hold::Release;
                }
            };
        }
    }

    fn step(&mut self, input: Input<'_>) -> Step {
        let mut shared = self.gate.borrow_mut();
        match (&mut self.exchange, shared.as_mut()) {
            (Some(exchange), Some(gate)) => {
                let opened = gate.breaker.opened();
                let step = exchange.advance(gate, host::now(), input);
                if gate.breaker.opened() != opened {
                    self.entry.suspended();
                }
                step
            }
            // Not configured: nothing can be judged, so nothing goes on. Our own answer comes past here too.
            _ if matches!(input, Input::Response(_)) => Step::Pass,
            _ => {
                host::answer(&Reply::unconfigured());
                Step::Hold
            }
        }
    }

    /// Sends the question; none if no answer will come.
    fn ask(&self, sending: &Sending) -> Option<u32> {
        host::post(self.exchange.as_ref()?.config().decision.as_ref()?, sending)
    }

    /// The host verifies what it can, about fifteen times as fast as code in here; what it can't is verified in here.
    fn verify(&self, check: &SignatureCheck) -> SignatureVerdict {
        let by_host = host_form::verify_signature_arguments(check)
            .and_then(|arguments| host::call_foreign("verify_signature", &arguments))
            .and_then(|result| host_form::verify_signature_result(&result));
        let by = if by_host.is_some() { Single::SignaturesByHost } else { Single::SignaturesByFilter };
        self.entry.verified(by);
        match by_host {
            Some(true) => SignatureVerdict::Valid,
            Some(false) => SignatureVerdict::Invalid,
            None => verify_in_process(check),
        }
    }

    /// The whole body is there.
    fn body(&mut self) -> Hold {
        self.entry.whole();
        let body = host::request_body(self.buffered);
        if body.len() != self.buffered {
            // What can't be read whole can't be judged: an input that no state has is refused as a fault.
            return self.advance(Input::Answer { head: &Head::default(), body: b"" });
        }
        self.advance(Input::Body(&body))
    }

    /// Whether the response is a list of which only a part may be shown.
    fn shows_list(&self) -> bool {
        self.exchange.as_ref().is_some_and(Exchange::shows_list)
    }

    /// More of the response's body is there, or its end.
    fn response_body(&mut self, end: bool) -> Hold {
        if !self.shows_list() {
            return Hold::Release;
        }
        let body = host::response_body(self.listed);
        let body = Some(&*body).filter(|body| body.len() == self.listed);
        self.advance(Input::ResponseBody { body, end })
    }
}

impl From<Hold> for Action {
    fn from(hold: Hold) -> Self {
        match hold {
            Hold::Keep | Hold::Await => Self::Pause,
            Hold::Release => Self::Continue,
        }
    }
}

impl Context for Stream {
    fn on_http_call_response(&mut self, _token: u32, _headers: usize, body_size: usize, trailers: usize) {
        // No answer at all is reported as a head without any header.
        let head = host::answer_head(trailers);
        let body = host::call_body(body_size, MAX_ANSWER);
        if let Hold::Release = self.advance(Input::Answer { head: &head, body: &body }) {
            host::resume_request();
        }
        self.waiting.look_soon();
    }
}

impl Drop for Stream {
    /// The client may have left while others waited for the answer to its question.
    fn drop(&mut self) {
        self.work(|core| {
            core.exchange = None;
            Hold::Keep
        });
        self.waiting.look_soon();
    }
}

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _count: usize, end_of_stream: bool) -> Action {
        let head = host::head(Map::RequestHeaders).unwrap_or_default();
        if end_of_stream {
            self.core.entry.whole();
        }
        self.advance(Input::Head { head, end: end_of_stream, id: host::random_id() }).into()
    }

    fn on_http_request_body(&mut self, body_size: usize, end_of_stream: bool) -> Action {
        self.work(|core| {
            core.buffered = body_size;
            if end_of_stream { core.body() } else { core.advance(Input::Buffered(body_size)) }
        })
        .into()
    }

    fn on_http_request_trailers(&mut self, _count: usize) -> Action {
        // Trailers mean that the body's last callback did not say that it was the last.
        let trailers = host::head(Map::RequestTrailers).unwrap_or_default();
        for name in headers::spoofed(&trailers) {
            host::remove(Map::RequestTrailers, &name);
        }
        self.work(Core::body).into()
    }

    fn on_http_response_headers(&mut self, _count: usize, _end_of_stream: bool) -> Action {
        let head = host::head(Map::ResponseHeaders).unwrap_or_default();
        self.work(|core| {
            let hold = core.advance(Input::Response(&head));
            core.entry.responded(status(&head), core.shows_list());
            hold
        });
        Action::Continue
    }

    fn on_http_response_body(&mut self, body_size: usize, end_of_stream: bool) -> Action {
        self.work(|core| {
            core.listed = body_size;
            core.response_body(end_of_stream)
        })
        .into()
    }

    fn on_http_response_trailers(&mut self, _count: usize) -> Action {
        self.work(|core| core.response_body(true)).into()
    }

    fn on_log(&mut self) {
        self.work(|core| {
            core.entry.ended();
            Hold::Keep
        });
    }
}

fn edit(map: Map, edits: &Edits) {
    for name in &edits.remove {
        host::remove(map, name);
    }
    for (name, value) in &edits.add {
        host::add(map, name, value);
    }
    if let Some(credential) = &edits.credential {
        host::add(map, credential.name(), credential.expose());
    }
}

/// `:status`; none where there was no answer at all, which the proxy reports as a head without any header.
pub(super) fn status(head: &Head) -> Option<u16> {
    std::str::from_utf8(head.first(":status")?).ok()?.parse().ok()
}
