//! Asking the guest: `ContextBase::on*` in `src/context.cc` of proxy-wasm-cpp-host.

use super::stream::{End, StreamId, Way};
use super::vm::Called;
use super::{FailurePolicy, LocalReply, Vm};

/// What came of a callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// The message goes on: the guest said so, has no such callback, or isn't asked.
    Continue,
    /// Another status, by its number.
    Status(u32),
    /// The VM is gone and the gate is closed.
    Failed,
}

impl Asked {
    pub(super) const fn continues(self) -> bool {
        matches!(self, Self::Continue)
    }
}

impl Vm {
    pub(super) fn ask_headers(&mut self, id: u32, way: Way, count: usize, end: bool) -> anyhow::Result<Asked> {
        if way == Way::Request {
            self.create_context(id)?;
        }
        let name = match way {
            Way::Request => "proxy_on_request_headers",
            Way::Response => "proxy_on_response_headers",
        };
        self.stream(id)?.end_of_stream = end;
        self.ask(id, way, name, (id, size(count), u32::from(end)))
    }

    pub(super) fn ask_data(&mut self, id: u32, way: Way, len: usize, end: bool) -> anyhow::Result<Asked> {
        let name = match way {
            Way::Request => "proxy_on_request_body",
            Way::Response => "proxy_on_response_body",
        };
        self.stream(id)?.end_of_stream = end;
        self.ask(id, way, name, (id, size(len), u32::from(end)))
    }

    pub(super) fn ask_trailers(&mut self, id: u32, way: Way, count: usize) -> anyhow::Result<Asked> {
        let name = match way {
            Way::Request => "proxy_on_request_trailers",
            Way::Response => "proxy_on_response_trailers",
        };
        self.ask(id, way, name, (id, size(count)))
    }

    fn ask<P: wasmtime::WasmParams>(&mut self, id: u32, way: Way, name: &str, parameters: P) -> anyhow::Result<Asked> {
        let stream = self.stream(id)?;
        // `encodeHeaders` doesn't ask a context that the VM doesn't know, nor shows it its own obituary.
        if stream.bypassed || !stream.created || (way == Way::Response && stream.failure_reply_sent) {
            return Ok(Asked::Continue);
        }
        stream.calling = Some(way);
        if self.is_gone(id)? {
            return self.fail_stream(id);
        }
        let called = self.call::<P, u32>(name, id, parameters)?;
        let stopped = std::mem::take(&mut self.state_mut().stop_iteration);
        let asked = match called {
            Called::Trapped => self.fail_stream(id)?,
            // A local reply was asked for: it pauses, whatever it returned. 4 is the strongest of
            // `FilterHeadersStatus`, and no other status is as high.
            Called::Returned(_) if stopped => Asked::Status(u32::MAX),
            Called::Missing | Called::Returned(0) => Asked::Continue,
            Called::Returned(status) => Asked::Status(status),
        };
        self.run_later()?;
        Ok(asked)
    }

    /// `CHECK_FAIL_HTTP`
    fn fail_stream(&mut self, id: u32) -> anyhow::Result<Asked> {
        if self.state().options.failure_policy == FailurePolicy::FailOpen {
            return Ok(Asked::Continue);
        }
        let stream = self.stream(id)?;
        if !stream.stream_failed {
            stream.stream_failed = true;
            let reply = LocalReply { grpc_status: Some(14), ..LocalReply::envoy(503, "", "wasm_fail_stream") };
            self.send_reply(id, reply)?;
            self.stream(id)?.failure_reply_sent = true;
        }
        Ok(Asked::Failed)
    }

    /// `ContextBase::onCreate`
    fn create_context(&mut self, id: u32) -> anyhow::Result<()> {
        let stream = self.stream(id)?;
        if stream.bypassed || stream.created {
            return Ok(());
        }
        stream.created = true;
        if !self.is_gone(id)? {
            let root = self.state().root;
            self.call::<_, ()>("proxy_on_context_create", id, (id, root))?;
            self.run_later()?;
        }
        Ok(())
    }

    /// The exchange is over: access log, then goodbye (`Context::log` and `onDestroy`).
    pub(super) fn complete(&mut self, id: u32, end: End) -> anyhow::Result<()> {
        let stream = self.stream(id)?;
        if stream.is_over() {
            return Ok(());
        }
        stream.seen.end = Some(end);
        if stream.bypassed {
            return Ok(());
        }
        self.create_context(id)?;
        self.stream(id)?.logging = true;
        self.say_goodbye::<()>(id, "proxy_on_log")?;
        self.stream(id)?.logging = false;
        // Only a root context's answer matters: a stream goes, whatever it says.
        self.say_goodbye::<u32>(id, "proxy_on_done")?;
        self.say_goodbye::<()>(id, "proxy_on_delete")?;
        self.stream(id)?.deleted = true;
        Ok(())
    }

    fn say_goodbye<R: wasmtime::WasmResults>(&mut self, id: u32, name: &str) -> anyhow::Result<()> {
        if !self.is_gone(id)? {
            self.call::<_, R>(name, id, id)?;
            self.run_later()?;
        }
        Ok(())
    }

    /// Whether the VM that knew this stream is dead.
    fn is_gone(&mut self, id: u32) -> anyhow::Result<bool> {
        Ok(self.trapped().is_some() || self.stream(id)?.orphaned)
    }

    /// Opens an exchange. What that means when the VM has trapped is the failure policy's to say.
    ///
    /// # Errors
    ///
    /// When a VM had to be made anew, and its guest didn't come back.
    pub fn open(&mut self) -> anyhow::Result<StreamId> {
        self.reload_if_due()?;
        let bypassed = self.trapped().is_some() && self.state().options.failure_policy == FailurePolicy::FailOpen;
        let id = self.state_mut().new_context();
        let stream = super::stream::Stream { bypassed, orphaned: self.trapped().is_some(), ..Default::default() };
        self.state_mut().streams.insert(id, stream);
        Ok(StreamId(id))
    }
}

fn size(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}
