//! Local replies: responses that the gateway makes itself, for the filter or against it
//! (`FilterManager::sendLocalReply` in Envoy's `source/common/http/filter_manager.cc`).

use std::fmt;

use super::stream::{End, Message, Stream, Way};
use super::{Headers, Vm};

/// A response that was made here.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct LocalReply {
    /// The HTTP status. A gRPC client gets 200 and it turned into a `grpc-status`.
    pub status: u16,
    /// Headers on top of what every local reply has.
    pub headers: Headers,
    /// The body; a gRPC client gets it as `grpc-message`.
    pub body: Vec<u8>,
    /// `%RESPONSE_CODE_DETAILS%` of the access log.
    pub details: String,
    /// What a gRPC client is told; `None` is derived from `status`.
    pub grpc_status: Option<u32>,
}

impl fmt::Debug for LocalReply {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("LocalReply")
            .field("status", &self.status)
            .field("headers", &self.headers)
            .field("body", &String::from_utf8_lossy(&self.body))
            .field("details", &self.details)
            .field("grpc_status", &self.grpc_status)
            .finish()
    }
}

impl LocalReply {
    /// One of Envoy's own.
    pub(super) fn envoy(status: u16, body: &str, details: &str) -> Self {
        Self { status, body: body.into(), details: details.to_owned(), ..Self::default() }
    }

    /// `Utility::prepareLocalReply` in `source/common/http/utility.cc`.
    fn message(&self, request: Option<&Headers>) -> (Headers, Vec<u8>) {
        let asked = |name: &str| request.and_then(|headers| headers.get(name)).unwrap_or_default();
        let is_grpc = asked("content-type").split([';', '+']).next() == Some("application/grpc");
        let mut headers = Headers::from([(":status", self.status.to_string())]);
        for (name, value) in self.headers.iter() {
            headers.add(name, value);
        }
        if is_grpc {
            headers.set(":status", "200");
            headers.set("content-type", "application/grpc");
            let status = self.grpc_status.unwrap_or_else(|| grpc_status(self.status));
            headers.set("grpc-status", status.to_string());
            if !self.body.is_empty() {
                headers.set("grpc-message", percent_encoded(&self.body));
            }
            headers.remove("content-length");
            return (headers, Vec::new());
        }
        if self.body.is_empty() {
            headers.remove("content-length");
            headers.remove("content-type");
        } else {
            headers.set("content-length", self.body.len().to_string());
            if headers.get_bytes(b"content-type").is_none() {
                headers.set("content-type", "text/plain");
            }
        }
        let body = if asked(":method") == "HEAD" { Vec::new() } else { self.body.clone() };
        (headers, body)
    }
}

/// `Grpc::Utility::httpToGrpcStatus`
const fn grpc_status(http: u16) -> u32 {
    match http {
        400 => 13,
        401 => 16,
        403 => 7,
        404 => 12,
        429 | 502..=504 => 14,
        _ => 2,
    }
}

/// `PercentEncoding::encode`: all but printable ASCII, and `%`.
fn percent_encoded(text: &[u8]) -> String {
    let byte = |byte: &u8| match byte {
        b' '..=b'~' if *byte != b'%' => char::from(*byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.iter().map(byte).collect()
}

impl Vm {
    /// Replies instead of the upstream.
    pub(super) fn send_reply(&mut self, id: u32, reply: LocalReply) -> anyhow::Result<()> {
        let stream = self.stream(id)?;
        if stream.is_over() {
            return Ok(());
        }
        stream.seen.local_reply = Some(reply.clone());
        if stream.calling == Some(Way::Response) {
            stream.response.aborted = true;
        }
        if stream.response.headers.is_none() {
            stream.request.aborted = true;
            if stream.calling == Some(Way::Request) {
                // `prepareLocalReplyViaFilterChain`: it waits for the callback to return.
                stream.prepared = Some(reply);
                return Ok(());
            }
            return self.reply_through_filter(id, &reply);
        }
        if stream.seen.client.headers.is_none() {
            // `sendDirectLocalReply`: there is a response already, but the client knows nothing of it.
            let (headers, body) = reply.message(stream.request.headers.as_ref());
            stream.response.headers = Some(headers.clone());
            stream.seen.client = Message { headers: Some(headers), body, trailers: None, ended: true };
            return self.complete(id, End::Complete);
        }
        self.complete(id, End::Reset)
    }

    /// The filter sees this response like any other.
    pub(super) fn reply_through_filter(&mut self, id: u32, reply: &LocalReply) -> anyhow::Result<()> {
        let (headers, body) = reply.message(self.stream(id)?.request.headers.as_ref());
        self.receive_headers(id, Way::Response, headers, body.is_empty())?;
        if !body.is_empty() {
            self.receive_data(id, Way::Response, body, true)?;
        }
        Ok(())
    }

    /// `FilterManager`'s `requestDataTooLarge` and `responseDataTooLarge`.
    pub(super) fn too_large(&mut self, id: u32, way: Way) -> anyhow::Result<()> {
        let reply = match way {
            Way::Request => LocalReply::envoy(413, "Payload Too Large", "request_payload_too_large"),
            Way::Response => {
                // What was held is dropped, whatever the filter would have done with it.
                self.stream(id)?.response.aborted = true;
                LocalReply::envoy(500, "Internal Server Error", "response_payload_too_large")
            }
        };
        self.send_reply(id, reply)
    }

    /// After a callback has returned: a local reply that waited for it is made now. Says whether the
    /// direction is finished for the filter manager, so that the callback's status has no effect.
    pub(super) fn settle(&mut self, id: u32, way: Way) -> anyhow::Result<bool> {
        let stream: &mut Stream = self.stream(id)?;
        stream.calling = None;
        if let Some(reply) = stream.prepared.take() {
            self.reply_through_filter(id, &reply)?;
            return Ok(true);
        }
        Ok(stream.is_over() || stream.side(way).aborted)
    }
}
