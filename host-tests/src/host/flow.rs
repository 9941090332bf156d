//! How a message goes through the filter: Envoy's `FilterManager`
//! (`source/common/http/filter_manager.cc`) for a chain of one wasm filter, with the wasm `Context`
//! (`source/extensions/common/wasm/context.cc`) in it. Both directions are the same code, as there.
//!
//! The names of the states and of what happens in them are Envoy's, so that the two can be read
//! side by side: `receive_*` is `FilterManager::decode*`/`encode*`, `resume` is `commonContinue`,
//! `hold` is `commonHandleBufferData`, `pass_*` is what the next filter (the router, or the client's
//! codec) gets.

use anyhow::bail;

use super::callbacks::Asked;
use super::stream::{End, Iteration, Way};
use super::{Headers, Vm};

impl Vm {
    pub(super) fn receive_headers(&mut self, id: u32, way: Way, headers: Headers, end: bool) -> anyhow::Result<()> {
        let count = headers.len();
        let side = self.stream(id)?.side_mut(way);
        side.headers = Some(headers);
        side.headers_visible = true;
        side.end_seen = end;
        let asked = self.ask_headers(id, way, count, end)?;
        let allow_stop = self.state().options.allow_on_headers_stop_iteration;
        let stream = self.stream(id)?;
        if asked.continues() {
            stream.side_mut(way).headers_visible = false;
        }
        if self.settle(id, way)? {
            return Ok(());
        }
        let side = self.stream(id)?.side_mut(way);
        match asked {
            Asked::Continue if side.headers_passed => {
                bail!(
                    "the filter resumed the {way:?} of stream {id} and let its headers continue as well: return an action or resume, never both"
                )
            }
            Asked::Continue => {
                side.headers_passed = true;
                return self.pass_headers(id, way, end);
            }
            // `convertVmCallResultToFilterHeadersStatus`: a mere pause stops everything, unless allowed.
            Asked::Status(1) if allow_stop => side.iteration = Iteration::StopSingle,
            Asked::Status(2) => {
                bail!("the filter returned status 2 from a headers callback, which this host doesn't know")
            }
            Asked::Status(status) => {
                side.iteration = Iteration::StopAll;
                // 3 is StopAllIterationAndBuffer: beyond the limit the message is refused.
                side.streaming = status != 3;
            }
            Asked::Failed => {
                side.iteration = Iteration::StopAll;
                side.streaming = true;
            }
        }
        Ok(())
    }

    pub(super) fn receive_data(&mut self, id: u32, way: Way, bytes: Vec<u8>, end: bool) -> anyhow::Result<()> {
        let side = self.stream(id)?.side_mut(way);
        side.end_seen |= end;
        self.offer_data(id, way, bytes, end)
    }

    /// `FilterManager::decodeData` and `Context::decodeData`
    fn offer_data(&mut self, id: u32, way: Way, bytes: Vec<u8>, end: bool) -> anyhow::Result<()> {
        let stream = self.stream(id)?;
        if stream.is_over() || stream.side(way).aborted {
            return Ok(());
        }
        if stream.side(way).iteration == Iteration::StopAll {
            return self.hold(id, way, &bytes);
        }
        if stream.side(way).buffering {
            // `addDecodedData`: the guest sees this piece with all before it.
            stream.calling = Some(way);
            stream.side_mut(way).streaming = false;
            stream.side_mut(way).piece = Some(Vec::new());
            self.hold(id, way, &bytes)?;
            if self.stream(id)?.is_over() {
                // One piece too much of a response: the client has its error, the context is gone. A
                // request's 413 waits for the callback to return, so the guest still sees the piece.
                return Ok(());
            }
        } else {
            stream.side_mut(way).piece = Some(bytes);
        }
        let side = self.stream(id)?.side_mut(way);
        let end = end && side.trailers.is_none();
        let visible = if side.buffering { side.buffered.as_ref() } else { side.piece.as_ref() };
        let size = visible.map_or(0, Vec::len);
        let asked = self.ask_data(id, way, size, end)?;
        let side = self.stream(id)?.side_mut(way);
        side.buffering = false;
        let piece = side.piece.take().unwrap_or_default();
        if self.settle(id, way)? {
            return Ok(());
        }
        self.after_data(id, way, asked, piece, end)
    }

    /// `commonHandleAfterDataCallback`
    fn after_data(&mut self, id: u32, way: Way, asked: Asked, piece: Vec<u8>, end: bool) -> anyhow::Result<()> {
        let side = self.stream(id)?.side_mut(way);
        match asked {
            Asked::Continue if side.iteration == Iteration::StopSingle => {
                self.hold(id, way, &piece)?;
                self.resume(id, way)
            }
            Asked::Continue => {
                let added = end && side.trailers.is_some();
                self.pass_data(id, way, &piece, end && !added)?;
                if added { self.pass_trailers(id, way) } else { Ok(()) }
            }
            Asked::Status(status @ (1 | 2)) => {
                side.iteration = Iteration::StopSingle;
                side.streaming = status == 2;
                side.buffering = status == 1;
                self.hold(id, way, &piece)
            }
            // StopIterationNoBuffer: the piece is gone. An end without data needs something to resume with.
            Asked::Status(_) | Asked::Failed => {
                side.iteration = Iteration::StopSingle;
                if end && side.buffered.is_none() {
                    side.buffered = Some(Vec::new());
                }
                Ok(())
            }
        }
    }

    pub(super) fn receive_trailers(&mut self, id: u32, way: Way, trailers: Headers) -> anyhow::Result<()> {
        let side = self.stream(id)?.side_mut(way);
        side.trailers = Some(trailers);
        side.end_seen = true;
        self.offer_trailers(id, way)
    }

    fn offer_trailers(&mut self, id: u32, way: Way) -> anyhow::Result<()> {
        let stream = self.stream(id)?;
        let side = stream.side_mut(way);
        if side.aborted || side.iteration == Iteration::StopAll {
            return Ok(());
        }
        side.trailers_visible = true;
        let count = side.trailers.as_ref().map_or(0, Headers::len);
        let asked = self.ask_trailers(id, way, count)?;
        if asked.continues() {
            self.stream(id)?.side_mut(way).trailers_visible = false;
        }
        if self.settle(id, way)? {
            return Ok(());
        }
        let side = self.stream(id)?.side_mut(way);
        match (asked, side.iteration) {
            (Asked::Continue, Iteration::Continue) => self.pass_trailers(id, way),
            (Asked::Continue, _) => self.resume(id, way),
            (_, Iteration::Continue) => {
                side.iteration = Iteration::StopSingle;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// `commonContinue`: what was held goes on; behind a stop of everything it first passes the filter.
    pub(super) fn resume(&mut self, id: u32, way: Way) -> anyhow::Result<()> {
        let stream = self.stream(id)?;
        if stream.is_over() || stream.side(way).aborted || stream.side(way).headers.is_none() {
            return Ok(());
        }
        let side = stream.side_mut(way);
        let stopped_all = side.iteration == Iteration::StopAll;
        side.iteration = Iteration::Continue;
        if !side.headers_passed {
            side.headers_passed = true;
            let end = side.end_seen && side.buffered.is_none() && side.trailers.is_none();
            self.pass_headers(id, way, end)?;
        }
        let side = self.stream(id)?.side_mut(way);
        let has_trailers = side.trailers.is_some() && side.end_seen;
        let end = side.end_seen && !has_trailers;
        // What is passed on is the guest's no longer (Envoy before 1.40 forgot this when a resume came
        // before the end of the body, and lost the bytes: envoyproxy/envoy issue 46841).
        side.buffering = false;
        side.above_limit = false;
        if let Some(bytes) = side.buffered.take() {
            if stopped_all {
                self.offer_data(id, way, bytes, end)?;
            } else {
                self.pass_data(id, way, &bytes, end)?;
            }
        }
        if has_trailers && self.stream(id)?.out(way).trailers.is_none() {
            if stopped_all {
                self.offer_trailers(id, way)?;
            } else {
                self.pass_trailers(id, way)?;
            }
        }
        Ok(())
    }

    /// `commonHandleBufferData`, and what the buffer does when it grows beyond its limit: a streaming
    /// one slows the sender down (which can't be seen here), another refuses the message.
    fn hold(&mut self, id: u32, way: Way, bytes: &[u8]) -> anyhow::Result<()> {
        let limit = self.state().options.buffer_limit;
        let side = self.stream(id)?.side_mut(way);
        let buffer = side.buffered.get_or_insert_default();
        buffer.extend_from_slice(bytes);
        if side.above_limit || buffer.len() <= limit {
            return Ok(());
        }
        side.above_limit = true;
        if side.streaming { Ok(()) } else { self.too_large(id, way) }
    }

    fn pass_headers(&mut self, id: u32, way: Way, end: bool) -> anyhow::Result<()> {
        let stream = self.stream(id)?;
        let headers = stream.side(way).headers.clone();
        stream.out(way).headers = headers;
        self.passed(id, way, end)
    }

    fn pass_data(&mut self, id: u32, way: Way, bytes: &[u8], end: bool) -> anyhow::Result<()> {
        self.stream(id)?.out(way).body.extend_from_slice(bytes);
        self.passed(id, way, end)
    }

    fn pass_trailers(&mut self, id: u32, way: Way) -> anyhow::Result<()> {
        let stream = self.stream(id)?;
        let trailers = stream.side(way).trailers.clone();
        stream.out(way).trailers = trailers;
        self.passed(id, way, true)
    }

    fn passed(&mut self, id: u32, way: Way, end: bool) -> anyhow::Result<()> {
        self.stream(id)?.out(way).ended |= end;
        if end && way == Way::Response { self.complete(id, End::Complete) } else { Ok(()) }
    }
}
