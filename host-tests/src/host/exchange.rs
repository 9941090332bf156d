//! Driving one exchange from outside, and looking at it.

use anyhow::{Context as _, ensure};

use super::stream::{End, Exchange, Iteration, StreamId, Way};
use super::{Headers, Vm};

impl Vm {
    /// The client sends its request's headers; `end` says that there is no body.
    ///
    /// # Errors
    ///
    /// Like all that drives an exchange: when there is no such stream, when it isn't the message's
    /// turn, or when the guest doesn't come back. What the filter or the gateway refuses is no error.
    pub fn request_headers(&mut self, stream: StreamId, headers: Headers, end: bool) -> anyhow::Result<()> {
        ensure!(self.stream(stream.0)?.request.headers.is_none(), "the request has its headers already");
        self.receive_headers(stream.0, Way::Request, headers, end)
    }

    /// The client sends a piece of its body. After the exchange has ended it is ignored, as a client
    /// may still be sending.
    ///
    /// # Errors
    ///
    /// As [`request_headers`](Self::request_headers).
    pub fn request_data(&mut self, stream: StreamId, bytes: &[u8], end: bool) -> anyhow::Result<()> {
        if self.may_go_on(stream, Way::Request)? {
            self.receive_data(stream.0, Way::Request, bytes.to_vec(), end)?;
        }
        Ok(())
    }

    /// The client ends its request with trailers.
    ///
    /// # Errors
    ///
    /// As [`request_headers`](Self::request_headers).
    pub fn request_trailers(&mut self, stream: StreamId, trailers: Headers) -> anyhow::Result<()> {
        if self.may_go_on(stream, Way::Request)? {
            self.receive_trailers(stream.0, Way::Request, trailers)?;
        }
        Ok(())
    }

    /// The upstream, which must have seen the request, answers.
    ///
    /// # Errors
    ///
    /// As [`request_headers`](Self::request_headers).
    pub fn response_headers(&mut self, stream: StreamId, headers: Headers, end: bool) -> anyhow::Result<()> {
        let exchange = self.stream(stream.0)?;
        if exchange.is_over() {
            return Ok(());
        }
        ensure!(exchange.seen.upstream.headers.is_some(), "the upstream can't answer: it has seen no request");
        ensure!(exchange.response.headers.is_none(), "there is a response already");
        self.receive_headers(stream.0, Way::Response, headers, end)
    }

    /// The upstream sends a piece of its body.
    ///
    /// # Errors
    ///
    /// As [`request_headers`](Self::request_headers).
    pub fn response_data(&mut self, stream: StreamId, bytes: &[u8], end: bool) -> anyhow::Result<()> {
        if self.may_go_on(stream, Way::Response)? {
            self.receive_data(stream.0, Way::Response, bytes.to_vec(), end)?;
        }
        Ok(())
    }

    /// The upstream ends its response with trailers.
    ///
    /// # Errors
    ///
    /// As [`request_headers`](Self::request_headers).
    pub fn response_trailers(&mut self, stream: StreamId, trailers: Headers) -> anyhow::Result<()> {
        if self.may_go_on(stream, Way::Response)? {
            self.receive_trailers(stream.0, Way::Response, trailers)?;
        }
        Ok(())
    }

    /// The client goes away in the middle of it.
    ///
    /// # Errors
    ///
    /// As [`request_headers`](Self::request_headers).
    pub fn disconnect(&mut self, stream: StreamId) -> anyhow::Result<()> {
        self.complete(stream.0, End::Reset)
    }

    /// Gives an exchange a property of its own, by its path with dots (`source.address`).
    ///
    /// # Errors
    ///
    /// When there is no such stream.
    pub fn set_property(&mut self, stream: StreamId, path: &str, value: impl Into<Vec<u8>>) -> anyhow::Result<()> {
        self.stream(stream.0)?.properties.insert(path.to_owned(), value.into());
        Ok(())
    }

    /// What can be seen of an exchange.
    ///
    /// # Errors
    ///
    /// When there is no such stream.
    pub fn exchange(&self, stream: StreamId) -> anyhow::Result<&Exchange> {
        self.state().streams.get(&stream.0).map(|stream| &stream.seen).context("there is no such stream")
    }

    /// Whether the filter holds a message back.
    ///
    /// # Errors
    ///
    /// When there is no such stream.
    pub fn is_paused(&self, stream: StreamId, way: Way) -> anyhow::Result<bool> {
        let stream = self.state().streams.get(&stream.0).context("there is no such stream")?;
        Ok(!stream.is_over() && stream.side(way).iteration != Iteration::Continue)
    }

    /// How many bytes of a body are held back.
    ///
    /// # Errors
    ///
    /// When there is no such stream.
    pub fn buffered(&self, stream: StreamId, way: Way) -> anyhow::Result<usize> {
        let stream = self.state().streams.get(&stream.0).context("there is no such stream")?;
        Ok(stream.side(way).buffered.as_ref().map_or(0, Vec::len))
    }

    /// Ends an exchange if it hasn't ended, and hands out what was seen of it; the host keeps nothing.
    ///
    /// # Errors
    ///
    /// When there is no such stream, or the guest doesn't come back.
    pub fn close(&mut self, stream: StreamId) -> anyhow::Result<Exchange> {
        self.complete(stream.0, End::Reset)?;
        self.state_mut().streams.remove(&stream.0).map(|stream| stream.seen).context("there is no such stream")
    }

    /// Whether more of a message can come: its headers have, its end hasn't.
    fn may_go_on(&mut self, stream: StreamId, way: Way) -> anyhow::Result<bool> {
        let exchange = self.stream(stream.0)?;
        if exchange.is_over() || exchange.side(way).aborted {
            return Ok(false);
        }
        ensure!(exchange.side(way).headers.is_some(), "the {way:?} has no headers yet");
        ensure!(!exchange.side(way).end_seen, "the {way:?} has ended already");
        Ok(true)
    }
}
