//! HTTP calls that a guest makes, and their answers: `Context::httpCall`, `onHttpCallSuccess` and
//! `onHttpCallFailure` in Envoy's `source/extensions/common/wasm/context.cc`.
//!
//! A call belongs to the *root context*, so an answer reaches the VM even when the stream that
//! asked is gone; what to do with it then is the guest's affair (the Rust SDK drops it).

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context as _;

use super::guest::{Guest, Linker, answer};
use super::stream::StreamId;
use super::{Headers, Status, Vm, pairs};

/// Names a call of one [`Vm`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(u32);

/// A call that nobody has answered yet.
#[derive(Clone, Debug)]
pub struct PendingCall {
    /// Its name.
    pub id: CallId,
    /// The stream during whose callback it was made; `None` on the root context (a tick).
    pub stream: Option<StreamId>,
    /// Whom it goes to.
    pub cluster: String,
    /// Its headers, with the `content-length` that Envoy adds for a body.
    pub headers: Headers,
    /// Its body.
    pub body: Vec<u8>,
    /// Its trailers.
    pub trailers: Headers,
    /// How long it may take; `None` is for ever.
    pub timeout: Option<Duration>,
}

/// What a called cluster answers.
#[derive(Clone, Debug, Default)]
pub struct CallAnswer {
    /// With `:status`.
    pub headers: Headers,
    /// The body.
    pub body: Vec<u8>,
    /// The trailers, if it sent some.
    pub trailers: Option<Headers>,
}

impl CallAnswer {
    /// An answer without trailers.
    #[must_use]
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { headers: Headers::from([(":status", status.to_string())]), body: body.into(), trailers: None }
    }
}

/// The calls of a VM.
#[derive(Default)]
pub(super) struct Calls {
    last: u32,
    pending: BTreeMap<u32, PendingCall>,
    /// The answer whose callback is running.
    pub(super) current: Option<CallAnswer>,
}

impl Calls {
    /// A new VM doesn't know the calls of the old one.
    pub(super) fn without_pending(self) -> Self {
        Self { last: self.last, ..Self::default() }
    }
}

impl Vm {
    /// The calls that wait for an answer, oldest first.
    #[must_use]
    pub fn pending_calls(&self) -> Vec<PendingCall> {
        self.state().calls.pending.values().cloned().collect()
    }

    /// The cluster answered.
    ///
    /// # Errors
    ///
    /// When there is no such call, or the guest doesn't come back from its callback.
    pub fn answer(&mut self, call: CallId, answer: CallAnswer) -> anyhow::Result<()> {
        self.finish(call, Some(answer))
    }

    /// The cluster didn't answer in time: Envoy's router makes up a 504.
    ///
    /// # Errors
    ///
    /// As [`answer`](Self::answer).
    pub fn time_out(&mut self, call: CallId) -> anyhow::Result<()> {
        self.answer(call, self.made_up(call, 504, "upstream request timeout"))
    }

    /// No connection, or one that ended before there was any answer: Envoy's router makes up a 503.
    ///
    /// # Errors
    ///
    /// As [`answer`](Self::answer).
    pub fn refuse(&mut self, call: CallId) -> anyhow::Result<()> {
        let text = "upstream connect error or disconnect/reset before headers. reset reason: remote connection failure";
        self.answer(call, self.made_up(call, 503, text))
    }

    /// The connection broke off in the middle of the answer: the guest sees no headers at all, also
    /// of those that came. (Envoy calls `onHttpCallFailure` only once an answer has begun.)
    ///
    /// # Errors
    ///
    /// As [`answer`](Self::answer).
    pub fn fail(&mut self, call: CallId) -> anyhow::Result<()> {
        self.finish(call, None)
    }

    /// A local reply of the router that makes the call (`AsyncStreamImpl::sendLocalReply`). A call of gRPC gets it as an
    /// answer of gRPC without any message.
    fn made_up(&self, call: CallId, status: u16, text: &str) -> CallAnswer {
        let asked = self.state().calls.pending.get(&call.0).and_then(|call| call.headers.get("content-type"));
        if asked.is_some_and(|kind| kind.starts_with("application/grpc")) {
            let mut answer = CallAnswer::new(200, "");
            answer.headers.add("content-type", "application/grpc");
            // 503 and 504 are both UNAVAILABLE (`Utility::httpToGrpcStatus`).
            answer.headers.add("grpc-status", "14");
            answer.headers.add("grpc-message", text);
            return answer;
        }
        let mut answer = CallAnswer::new(status, text);
        answer.headers.add("content-length", text.len().to_string());
        answer.headers.add("content-type", "text/plain");
        answer
    }

    fn finish(&mut self, call: CallId, answer: Option<CallAnswer>) -> anyhow::Result<()> {
        let calls = &mut self.state_mut().calls;
        calls.pending.remove(&call.0).with_context(|| format!("no call {} waits for an answer", call.0))?;
        let count = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
        let sizes = answer.as_ref().map_or((0, 0, 0), |answer| {
            let trailers = answer.trailers.as_ref().map_or(0, Headers::len);
            (count(answer.headers.len()), count(answer.body.len()), count(trailers))
        });
        calls.current = answer;
        let root = self.state().root;
        let parameters = (root, call.0, sizes.0, sizes.1, sizes.2);
        let called = self.call::<_, ()>("proxy_on_http_call_response", root, parameters);
        // The answer goes before anything that the callback asked for happens.
        self.state_mut().calls.current = None;
        called?;
        self.run_later()
    }
}

/// Offers `proxy_http_call`.
pub(super) fn link(linker: &mut Linker) -> wasmtime::Result<()> {
    linker.func_wrap(
        "env",
        "proxy_http_call",
        |caller: wasmtime::Caller<'_, _>,
         cluster: u32,
         cluster_len: u32,
         headers: u32,
         headers_len: u32,
         body: u32,
         body_len: u32,
         trailers: u32,
         trailers_len: u32,
         timeout: i32,
         token: u32| {
            answer(caller, "proxy_http_call", |guest: &mut Guest<'_>| {
                let cluster = String::from_utf8_lossy(&guest.read(cluster, cluster_len)?).into_owned();
                let mut headers: Headers = pairs::read(&guest.read(headers, headers_len)?).into_iter().collect();
                let body = guest.read(body, body_len)?;
                let trailers = pairs::read(&guest.read(trailers, trailers_len)?).into_iter().collect();
                // Written before anything happens, to see that it can be.
                guest.write_u32(token, 0)?;
                let timeout = u64::try_from(timeout).map_err(|_| Status::BadArgument)?;
                if !guest.options().clusters.contains(&cluster) {
                    return Err(Status::BadArgument.into());
                }
                let required = [&b":path"[..], b":method", b":authority"];
                if required.iter().any(|name| headers.get_bytes(name).is_none()) {
                    return Err(Status::BadArgument.into());
                }
                if !body.is_empty() {
                    headers.set("content-length", body.len().to_string());
                }
                let state = guest.state();
                let context = state.context();
                let stream = (context != state.root).then_some(StreamId(context));
                let id = state.calls.last.checked_add(1).ok_or(Status::InternalFailure)?;
                state.calls.last = id;
                let timeout = (timeout > 0).then(|| Duration::from_millis(timeout));
                let call = PendingCall { id: CallId(id), stream, cluster, headers, body, trailers, timeout };
                state.calls.pending.insert(id, call);
                guest.write_u32(token, id)
            })
        },
    )?;
    Ok(())
}
