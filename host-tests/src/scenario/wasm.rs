//! The second lane: the very wasm that ships, in our host. Each body is delivered in every way a network may deliver
//! it, and what comes of it must be the same each time.

use std::collections::{BTreeSet, VecDeque};
use std::iter::Peekable;
use std::slice::Chunks;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::format::{Answer, Published, Step};
use super::gateway::{BUFFER_LIMIT, CLUSTER, GRPC_CLUSTER, ISSUER_CLUSTER, NOW, holds_heads, request_head};
use super::grpc;
use super::message::{Message, Pairs, answer_body, pairs, upstream_body, upstream_headers};
use super::outcome::{Arrival, Outcome, Question, Response, telling, telling_of_call};
use super::published::{document, pause};
use super::render;
use super::run::{Case, Lane};
use crate::host::Message as Passed;
use crate::host::{CallAnswer, Headers, HostOptions, Module, PendingCall, SharedData, StreamId, Vm};

/// The compiled filter in our host.
pub struct WasmLane {
    module: Module,
    options: HostOptions,
}

/// How a body is delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Delivery {
    Whole,
    InTwo,
    ByteByByte,
    EndedByTrailers,
}

impl Delivery {
    /// A body, as it comes.
    fn pieces(self, body: &[u8]) -> Peekable<Chunks<'_, u8>> {
        let size = match self {
            Self::Whole | Self::EndedByTrailers => body.len(),
            Self::InTwo => body.len().div_ceil(2),
            Self::ByteByByte => body.len().div_ceil(MOST_PIECES),
        };
        body.chunks(size.clamp(1, LARGEST_PIECE)).peekable()
    }

    /// Whether a body has its end in trailers, though nobody scripted any.
    fn ends_with_trailers(self, body: &[u8]) -> bool {
        self == Self::EndedByTrailers && !body.is_empty()
    }
}

/// A body byte by byte is a callback a byte: beyond this it is delivered in as many pieces.
const MOST_PIECES: usize = 2000;

/// No connection hands over more at once, so a body of several of these is never whole anywhere.
const LARGEST_PIECE: usize = 64 * 1024;

impl WasmLane {
    /// A lane for this module, hosted with `options` (all but the plugin's configuration).
    #[must_use]
    pub const fn new(module: Module, options: HostOptions) -> Self {
        Self { module, options }
    }

    /// A VM with this configuration.
    ///
    /// # Errors
    /// When the filter refuses its configuration.
    pub fn start(&self, config: &str) -> Result<Vm> {
        let mut options = self.options.clone();
        options.plugin_config = config.as_bytes().to_vec();
        options.clusters = BTreeSet::from([CLUSTER, GRPC_CLUSTER, ISSUER_CLUSTER].map(String::from));
        options.now = u64::try_from(NOW.as_nanos())?;
        options.buffer_limit = BUFFER_LIMIT;
        options.allow_on_headers_stop_iteration &= holds_heads(config);
        // Whoever starts a VM starts a gateway: nothing is shared with an earlier one.
        options.shared = SharedData::new();
        Vm::start(&self.module, options)
    }

    fn deliver(&self, case: &Case<'_>, delivery: Delivery) -> Result<Vec<Outcome>> {
        let mut vm = self.start(&case.config)?;
        let steps = case.steps.iter().zip(&case.published);
        steps
            .map(|((message, step), published)| {
                vm.advance(pause(step)?);
                tick(&mut vm, published)?;
                exchange(&mut vm, message, step, published, delivery, holds_heads(&case.config))
            })
            .collect()
    }
}

impl Lane for WasmLane {
    fn name(&self) -> &'static str {
        "wasm"
    }

    fn now(&self) -> Duration {
        NOW
    }

    fn run(&self, case: &Case<'_>) -> Result<Vec<Outcome>> {
        let whole = self.deliver(case, Delivery::Whole)?;
        for delivery in [Delivery::InTwo, Delivery::ByteByByte, Delivery::EndedByTrailers] {
            let pieces = self.deliver(case, delivery)?;
            if pieces != whole {
                let sent: Vec<_> = case.steps.iter().map(|(message, _)| message.clone()).collect();
                let (ours, theirs) = (render::outcomes(&sent, &whole), render::outcomes(&sent, &pieces));
                bail!(
                    "it depends on how the body comes:\n{}",
                    render::difference(("Whole", &ours), (&format!("{delivery:?}"), &theirs))
                );
            }
        }
        Ok(whole)
    }
}

/// Lets the filter look after what it fetches, if it wants to, and plays the issuer.
fn tick(vm: &mut Vm, published: &Published) -> Result<()> {
    let Some(period) = vm.tick_period() else { return Ok(()) };
    vm.advance(period);
    vm.tick()?;
    for call in vm.pending_calls().into_iter().filter(|call| call.stream.is_none()) {
        if published.silent {
            vm.time_out(call.id)?;
        } else {
            let path = call.headers.get(":path").unwrap_or_default();
            vm.answer(call.id, CallAnswer::new(published.status.unwrap_or(200), document(published, path)))?;
        }
    }
    Ok(())
}

/// A request that still waits after so many ticks waits for ever.
const MOST_TICKS: usize = 100;

fn exchange(
    vm: &mut Vm,
    message: &Message,
    step: &Step,
    published: &Published,
    delivery: Delivery,
    holds_heads: bool,
) -> Result<Outcome> {
    // A head that can't be held goes on alone; the upstream has a request when it is whole.
    let arrived = |passed: &Passed| passed.headers.is_some() && (holds_heads || passed.ended);
    let stream = vm.open()?;
    if let Some(digest) = &message.peer_certificate {
        vm.set_property(stream, "connection.sha256_peer_certificate_digest", digest.as_bytes())?;
    }
    if let Some(policy) = &message.route_policy {
        vm.set_property(stream, "xds.route_metadata.filter_metadata.toolgate.policy", policy.as_bytes())?;
    }
    let mut answers: VecDeque<Answer> = step.answers.clone().into();
    let mut outcome = Outcome::default();
    vm.take_logs();
    send(vm, stream, message, delivery)?;
    for _ in 0..MOST_TICKS {
        while let Some(call) = vm.pending_calls().into_iter().find(|call| call.stream.is_some()) {
            let path = call.headers.get(":path").unwrap_or_default();
            if path.ends_with("/introspect") {
                introspected(vm, &call, published)?;
                continue;
            }
            let answer = answers.front().cloned().context("a question for which no answer is scripted")?;
            if !answer.refused {
                answers.pop_front();
            }
            reply(vm, &call, &answer, &mut outcome)?;
        }
        let seen = vm.exchange(stream)?;
        if arrived(&seen.upstream) || seen.client.headers.is_some() || vm.tick_period().is_none() {
            break;
        }
        tick(vm, published)?;
    }
    if arrived(&vm.exchange(stream)?.upstream) {
        respond(vm, stream, step, delivery)?;
    }
    let seen = vm.close(stream)?;
    if let Some(trap) = vm.trapped() {
        bail!("the filter trapped: {trap}");
    }
    let client = seen.client;
    outcome.client = Response {
        status: client.status().context("the client got no answer")?,
        headers: telling(fields(&client.headers.unwrap_or_default())),
        body: client.body,
    };
    let whole = arrived(&seen.upstream);
    outcome.upstream = seen.upstream.headers.filter(|_| whole).map(|headers| Arrival {
        method: headers.get(":method").unwrap_or_default().into(),
        path: String::from_utf8_lossy(headers.get_bytes(b":path").unwrap_or_default()).into(),
        headers: telling(fields(&headers)),
        body: seen.upstream.body,
        trailers: telling(fields(&seen.upstream.trailers.unwrap_or_default())),
    });
    for line in vm.take_logs() {
        outcome.log.push(line.message.clone());
        if let Some(json) = line.message.strip_prefix("toolgate audit ") {
            outcome.audit.push(serde_json::from_str(json).with_context(|| format!("audit line `{json}`"))?);
        }
    }
    Ok(outcome)
}

/// Sends a request as a fast client does.
///
/// # Errors
/// When the guest doesn't come back.
pub(crate) fn send_whole(vm: &mut Vm, stream: StreamId, message: &Message) -> Result<()> {
    send(vm, stream, message, Delivery::Whole)
}

fn send(vm: &mut Vm, stream: StreamId, message: &Message, delivery: Delivery) -> Result<()> {
    let body = message.body.as_deref().unwrap_or_default();
    let trailers = !message.trailers.is_empty() || delivery.ends_with_trailers(body);
    let end = body.is_empty() && !trailers;
    vm.request_headers(stream, request_head(message).into_iter().collect(), end)?;
    let mut pieces = delivery.pieces(body);
    while let Some(piece) = pieces.next() {
        vm.request_data(stream, piece, pieces.peek().is_none() && !trailers)?;
    }
    if trailers {
        vm.request_trailers(stream, message.trailers.iter().cloned().collect())?;
    }
    Ok(())
}

/// Plays the issuer that is asked about a token: whoever asks must show who it is.
fn introspected(vm: &mut Vm, call: &PendingCall, published: &Published) -> Result<()> {
    if published.silent {
        return vm.time_out(call.id);
    }
    let path = call.headers.get(":path").unwrap_or_default();
    let is_known = call.headers.get("authorization").is_some() && call.body.starts_with(b"token=");
    let status = if is_known { published.status.unwrap_or(200) } else { 401 };
    vm.answer(call.id, CallAnswer::new(status, document(published, path)))
}

/// Plays the decision service.
fn reply(vm: &mut Vm, call: &PendingCall, answer: &Answer, outcome: &mut Outcome) -> Result<()> {
    if answer.refused {
        return vm.refuse(call.id);
    }
    outcome.questions.push(Question {
        method: call.headers.get(":method").unwrap_or_default().into(),
        path: call.headers.get(":path").unwrap_or_default().into(),
        authority: call.headers.get(":authority").unwrap_or_default().into(),
        headers: telling_of_call(fields(&call.headers)),
        body: match call.headers.get("content-type") {
            Some("application/grpc") => grpc::question(&call.body),
            _ => serde_json::from_slice(&call.body).unwrap_or_default(),
        },
    });
    if answer.dropped {
        return vm.refuse(call.id);
    }
    if answer.cut {
        return vm.fail(call.id);
    }
    if answer.silent {
        return vm.time_out(call.id);
    }
    let mut scripted = CallAnswer::new(answer.status.unwrap_or(200), answer_body(answer, NOW));
    if let Some(check) = &answer.check {
        let answered = grpc::answer(check);
        for (name, value) in answered.headers {
            scripted.headers.add(name, value);
        }
        scripted.body = answered.body;
        scripted.trailers = answered.trailers.map(|trailers| trailers.into_iter().collect());
    }
    for (name, value) in pairs(&answer.headers)? {
        scripted.headers.add(name, value);
    }
    vm.answer(call.id, scripted)
}

/// Plays the upstream.
fn respond(vm: &mut Vm, stream: StreamId, step: &Step, delivery: Delivery) -> Result<()> {
    let upstream = &step.upstream;
    let mut headers = Headers::from([(":status", upstream.status.to_string().as_str())]);
    for (name, value) in upstream_headers(upstream)? {
        headers.add(name, value);
    }
    let body = &*upstream_body(upstream);
    let trailers = delivery.ends_with_trailers(body);
    vm.response_headers(stream, headers, body.is_empty())?;
    let mut pieces = delivery.pieces(body);
    while let Some(piece) = pieces.next() {
        vm.response_data(stream, piece, pieces.peek().is_none() && !trailers)?;
    }
    if trailers {
        vm.response_trailers(stream, Headers::from([("x-trailer", "1")]))?;
    }
    Ok(())
}

fn fields(headers: &Headers) -> Pairs {
    headers.iter().map(|(name, value)| (String::from_utf8_lossy(name).into_owned(), value.to_vec())).collect()
}
