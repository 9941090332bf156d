//! One HTTP stream: callbacks become inputs of the machine, its steps become host calls.

use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::Action;

use super::host::{self, Map};
use super::root::SharedGate;
use crate::audit::{Record, Verdict, headers};
use crate::exchange::{Edits, Exchange, Input, Step};
use crate::head::Head;
use crate::reply::Reply;
use crate::token::{SignatureCheck, SignatureVerdict, host_form, verify_in_process};

/// One HTTP stream.
pub(super) struct Stream {
    gate: SharedGate,
    exchange: Option<Exchange>,
    /// The body so far, in bytes. Envoy counts all that is buffered, not what is new.
    buffered: usize,
}

/// What the proxy should do with what it holds.
enum Hold {
    /// Keep it: something is still to come, or the client was answered.
    Keep,
    /// Let it go on.
    Release,
}

impl Stream {
    pub(super) fn new(gate: SharedGate) -> Self {
        let exchange = gate.borrow().as_ref().map(|gate| Exchange::new(gate.config.clone()));
        Self { gate, exchange, buffered: 0 }
    }

    /// Gives the machine an input and carries out what it answers, up to where it must wait.
    fn advance(&mut self, input: Input<'_>) -> Hold {
        let mut step = self.step(input);
        loop {
            step = match step {
                Step::Hold => return Hold::Keep,
                Step::Pass => return Hold::Release,
                Step::Verify(check) => self.step(Input::Signature(verify(&check))),
                Step::Ask(question, id) => match self.ask(&id, &question.body) {
                    true => return Hold::Keep,
                    false => self.step(Input::Answer { head: &Head::default(), body: b"" }),
                },
                Step::Reread => {
                    let body = host::request_body(self.buffered);
                    self.step(Input::Body(&body))
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
                    self.log(&record);
                    edit(Map::RequestHeaders, &edits);
                    if let Some(body) = &edits.body {
                        host::replace_request_body(body);
                    }
                    return Hold::Release;
                }
                Step::Reject(reply, record) => {
                    self.log(&record);
                    host::answer(&reply);
                    return Hold::Keep;
                }
                Step::Respond(edits, record) => {
                    if let Some(record) = record {
                        self.log(&record);
                    }
                    edit(Map::ResponseHeaders, &edits);
                    return Hold::Release;
                }
            };
        }
    }

    fn step(&mut self, input: Input<'_>) -> Step {
        let mut shared = self.gate.borrow_mut();
        match (&mut self.exchange, shared.as_mut()) {
            (Some(exchange), Some(gate)) => exchange.advance(gate, host::now(), input),
            // Not configured: nothing can be judged, so nothing goes on. Our own answer comes past here too.
            _ if matches!(input, Input::Response(_)) => Step::Pass,
            _ => {
                host::answer(&Reply::unconfigured());
                Step::Hold
            }
        }
    }

    /// Sends the question; whether an answer will come.
    fn ask(&self, id: &str, body: &[u8]) -> bool {
        let shared = self.gate.borrow();
        let Some(service) = shared.as_ref().and_then(|gate| gate.config.decision.as_ref()) else {
            return false;
        };
        host::post(service, id, body)
    }

    fn log(&self, record: &Record) {
        let shared = self.gate.borrow();
        let forwarded = record.verdict == Verdict::Forward;
        if !record.is_logged(shared.as_ref().is_some_and(|gate| gate.config.audit.log_forwarded)) {
            return;
        }
        match serde_json::to_string(record) {
            Ok(json) if forwarded => log::info!("toolgate audit {json}"),
            Ok(json) => log::warn!("toolgate audit {json}"),
            Err(error) => log::error!("toolgate audit record {} was lost: {error}", record.decision_id),
        }
    }

    /// The whole body is there.
    fn body(&mut self) -> Action {
        let body = host::request_body(self.buffered);
        if body.len() != self.buffered {
            // What can't be read whole can't be judged: an input that no state has is refused as a fault.
            return self.advance(Input::Answer { head: &Head::default(), body: b"" }).into();
        }
        self.advance(Input::Body(&body)).into()
    }
}

impl From<Hold> for Action {
    fn from(hold: Hold) -> Self {
        match hold {
            Hold::Keep => Self::Pause,
            Hold::Release => Self::Continue,
        }
    }
}

impl Context for Stream {
    fn on_http_call_response(&mut self, _token: u32, _headers: usize, body_size: usize, _trailers: usize) {
        // No answer at all is reported as a head without any header.
        let head = host::head(Map::CallResponseHeaders).unwrap_or_default();
        let body = host::call_body(body_size);
        if let Hold::Release = self.advance(Input::Answer { head: &head, body: &body }) {
            host::resume_request();
        }
    }
}

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _count: usize, end_of_stream: bool) -> Action {
        let head = host::head(Map::RequestHeaders).unwrap_or_default();
        self.advance(Input::Head { head, end: end_of_stream, id: host::random_id() }).into()
    }

    fn on_http_request_body(&mut self, body_size: usize, end_of_stream: bool) -> Action {
        self.buffered = body_size;
        if end_of_stream { self.body() } else { self.advance(Input::Buffered(body_size)).into() }
    }

    fn on_http_request_trailers(&mut self, _count: usize) -> Action {
        // Trailers mean that the body's last callback did not say that it was the last.
        let trailers = host::head(Map::RequestTrailers).unwrap_or_default();
        for name in headers::spoofed(&trailers) {
            host::remove(Map::RequestTrailers, &name);
        }
        self.body()
    }

    fn on_http_response_headers(&mut self, _count: usize, _end_of_stream: bool) -> Action {
        let head = host::head(Map::ResponseHeaders).unwrap_or_default();
        self.advance(Input::Response(&head));
        Action::Continue
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

/// The host verifies what it can, about fifteen times as fast as code in here; what it can't is verified in here.
fn verify(check: &SignatureCheck) -> SignatureVerdict {
    let by_host = host_form::verify_signature_arguments(check)
        .and_then(|arguments| host::call_foreign("verify_signature", &arguments))
        .and_then(|result| host_form::verify_signature_result(&result));
    match by_host {
        Some(true) => SignatureVerdict::Valid,
        Some(false) => SignatureVerdict::Invalid,
        None => verify_in_process(check),
    }
}
