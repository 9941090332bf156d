//! One HTTP exchange: what Envoy's filter manager and its wasm `Context` keep about it.

use std::collections::BTreeMap;
use std::fmt;

use super::Headers;
use super::reply::LocalReply;

/// Names an exchange of one [`Vm`](super::Vm).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(pub(super) u32);

/// The direction of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From the client to the upstream.
    Request,
    /// Back.
    Response,
}

/// A message as its receiver saw it: only what the filter let go on.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Message {
    /// The headers, once they went on.
    pub headers: Option<Headers>,
    /// The body so far.
    pub body: Vec<u8>,
    /// The trailers, once they went on.
    pub trailers: Option<Headers>,
    /// Whether it is complete.
    pub ended: bool,
}

impl Message {
    /// The status code of a response that has come this far.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.headers.as_ref()?.get(":status")?.parse().ok()
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Message")
            .field("headers", &self.headers)
            .field("body", &String::from_utf8_lossy(&self.body))
            .field("trailers", &self.trailers)
            .field("ended", &self.ended)
            .finish()
    }
}

/// Where the filter stopped the filter manager (`FilterManager`'s `IterationState`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Iteration {
    #[default]
    Continue,
    /// Nothing passes on, but the filter still sees what comes.
    StopSingle,
    /// The filter sees nothing until it resumes; what comes is buffered before it.
    StopAll,
}

/// One direction of an exchange.
#[derive(Debug, Default)]
pub(super) struct Side {
    pub(super) headers: Option<Headers>,
    /// The guest may look at the headers (`Context::request_headers_` isn't null).
    pub(super) headers_visible: bool,
    /// `headers_continued_`
    pub(super) headers_passed: bool,
    pub(super) iteration: Iteration,
    /// The filter manager's buffer (`buffered_request_data_`).
    pub(super) buffered: Option<Vec<u8>>,
    /// The buffer passes limits by slowing the sender down, not by refusing the message.
    pub(super) streaming: bool,
    /// The buffer has crossed its limit once; it won't say so again.
    pub(super) above_limit: bool,
    /// The guest's view of the body is the buffer (`buffering_request_body_`).
    pub(super) buffering: bool,
    /// The piece of the body that is in the guest's hands (`request_body_buffer_`).
    pub(super) piece: Option<Vec<u8>>,
    pub(super) trailers: Option<Headers>,
    pub(super) trailers_visible: bool,
    /// The sender has said that nothing more comes.
    pub(super) end_seen: bool,
    /// The filter manager takes nothing more of this direction.
    pub(super) aborted: bool,
}

/// How an exchange ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The client has the whole response.
    Complete,
    /// The connection was cut: by the client, or by the gateway because the response had begun.
    Reset,
}

/// What can be seen of an exchange from outside.
#[derive(Clone, Debug, Default)]
pub struct Exchange {
    /// What the upstream received.
    pub upstream: Message,
    /// What the client received.
    pub client: Message,
    /// The response that the gateway itself made, if it did: the filter's or Envoy's own.
    pub local_reply: Option<LocalReply>,
    /// Filter state that the filter set, by the name it gave it (`%FILTER_STATE(wasm.<name>)%`).
    pub filter_state: BTreeMap<String, Vec<u8>>,
    /// How it ended, once it has.
    pub end: Option<End>,
}

/// An exchange with all that the host keeps about it.
#[derive(Debug, Default)]
pub(super) struct Stream {
    pub(super) seen: Exchange,
    pub(super) request: Side,
    pub(super) response: Side,
    pub(super) properties: BTreeMap<String, Vec<u8>>,
    /// The filter isn't in this exchange at all (`FAIL_OPEN` after a trap).
    pub(super) bypassed: bool,
    /// The VM of this exchange is gone.
    pub(super) orphaned: bool,
    /// `in_vm_context_created_`
    pub(super) created: bool,
    /// `proxy_on_delete` has been called.
    pub(super) deleted: bool,
    /// `end_of_stream_` of the callback that runs or ran last.
    pub(super) end_of_stream: bool,
    /// The direction whose callback is running (`filter_call_state_`).
    pub(super) calling: Option<Way>,
    /// A local reply that waits for the running callback to return.
    pub(super) prepared: Option<LocalReply>,
    pub(super) stream_failed: bool,
    /// `failure_local_reply_sent_`
    pub(super) failure_reply_sent: bool,
    /// The access log's phase: headers are there to be read, none to be changed.
    pub(super) logging: bool,
}

impl Stream {
    pub(super) fn side(&self, way: Way) -> &Side {
        match way {
            Way::Request => &self.request,
            Way::Response => &self.response,
        }
    }

    pub(super) fn side_mut(&mut self, way: Way) -> &mut Side {
        match way {
            Way::Request => &mut self.request,
            Way::Response => &mut self.response,
        }
    }

    /// The message that comes out at the other end.
    pub(super) fn out(&mut self, way: Way) -> &mut Message {
        match way {
            Way::Request => &mut self.seen.upstream,
            Way::Response => &mut self.seen.client,
        }
    }

    /// Whether the guest knows this stream.
    pub(super) fn has_context(&self) -> bool {
        self.created && !self.deleted && !self.orphaned
    }

    pub(super) fn is_over(&self) -> bool {
        self.seen.end.is_some()
    }
}
