//! How an answer is written.

use super::{MAX_LIST, events};
use crate::head::Head;

/// Why a list longer than [`MAX_LIST`] isn't shown.
pub(crate) const TOO_LONG: &str = "it is longer than the 1 MiB that are read; its server can page";

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// One JSON text.
    Json,
    /// A stream of events (HTML, "Server-sent events"), each of which holds a JSON text.
    Events,
    /// None that is read here, and why.
    Unreadable(&'static str),
}

impl Form {
    /// The form of the answer with this head; none of an error of HTTP's, in which no client looks for a result.
    pub(crate) fn of(head: &Head) -> Option<Self> {
        if head.first(":status").is_none_or(|status| !status.starts_with(b"2")) {
            return None;
        }
        let length = head.first("content-length").and_then(|length| std::str::from_utf8(length).ok()?.parse().ok());
        if length.is_some_and(|length: usize| length > MAX_LIST) {
            return Some(Self::Unreadable(TOO_LONG));
        }
        let mut encodings = head.all("content-encoding").map(<[u8]>::trim_ascii);
        if encodings.any(|encoding| !encoding.eq_ignore_ascii_case(b"identity")) {
            return Some(Self::Unreadable("it is compressed, though the gateway asked for plain text"));
        }
        let media = head.first("content-type").and_then(|media| media.split(|byte| *byte == b';').next());
        let is_stream = media.is_some_and(|media| media.trim_ascii().eq_ignore_ascii_case(b"text/event-stream"));
        // A client may take what has no type, or another one, for JSON all the same.
        Some(if is_stream { Self::Events } else { Self::Json })
    }

    /// Whether so much of the answer can be shown: else more of it is needed, or it has become too long.
    pub(crate) fn is_complete(self, text: &[u8], end: bool) -> bool {
        end || text.len() > MAX_LIST
            || match self {
                Self::Json => false,
                Self::Events => events::are_whole(text),
                Self::Unreadable(_) => true,
            }
    }

    /// A JSON text in this form.
    pub(crate) fn written(self, json: Vec<u8>) -> Vec<u8> {
        match self {
            Self::Json | Self::Unreadable(_) => json,
            Self::Events => [b"event: message\ndata: ", json.as_slice(), b"\n\n"].concat(),
        }
    }
}
