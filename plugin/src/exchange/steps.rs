//! What goes in and what comes out: all that the proxy tells the machine, and all that it is told to do.

use std::sync::Arc;

use super::{Edits, Slot};
use crate::audit::{ListRecord, Record};
use crate::decision::Sending;
use crate::head::Head;
use crate::reply::Reply;
use crate::token::{Introspector, SignatureCheck, SignatureVerdict};

/// What the proxy saw.
#[derive(Debug)]
pub enum Input<'i> {
    /// The request's head.
    Head {
        /// The headers.
        head: Head,
        /// Whether no body follows.
        end: bool,
        /// A name for the decision to be made, like no other.
        id: String,
    },
    /// So many bytes of the body are buffered, and more will come.
    Buffered(usize),
    /// The whole body.
    Body(&'i [u8]),
    /// Something may have come of what [`Step::Await`] waits for.
    Published,
    /// Whether the signature that [`Step::Verify`] named holds.
    Signature(SignatureVerdict),
    /// The SHA-256 of the certificate that the client showed to the proxy, in hexadecimal; none where it showed none.
    Peer(Option<&'i [u8]>),
    /// The policy that the proxy's own route names; none where it names none.
    RoutePolicy(Option<&'i [u8]>),
    /// What came of [`Step::Ask`] or [`Step::Introspect`].
    Answer {
        /// The headers; none at all when there was no answer.
        head: &'i Head,
        /// The body.
        body: &'i [u8],
    },
    /// What stands in the slot that [`Step::Recall`] named.
    Recalled {
        /// Its bytes; none where nothing was ever kept in it.
        slot: Option<&'i [u8]>,
        /// Changes with every writing.
        version: u32,
    },
    /// Whether what [`Step::Remember`] said is kept.
    Remembered(Stored),
    /// A response is on its way to the client.
    Response(&'i Head),
    /// What has come of its body and is held, where [`Exchange::shows_list`](super::Exchange::shows_list).
    ResponseBody {
        /// The bytes; none where the proxy can't hand them over.
        body: Option<&'i [u8]>,
        /// Whether nothing more comes.
        end: bool,
    },
}

/// What came of writing a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// It is kept.
    Yes,
    /// Another worker wrote the slot since it was read.
    Conflict,
    /// The proxy can't keep it.
    No,
}

/// What the proxy must do.
#[derive(Debug)]
pub enum Step {
    /// Let nothing through, and wait.
    Hold,
    /// Let nothing through, and wait for what an issuer publishes, or for what comes of another exchange: say so with
    /// [`Input::Published`].
    Await,
    /// Hand over the body with [`Input::Body`], or once more: it is whole already.
    Read,
    /// Let the head go on, changed so, and nothing else: the proxy can't hold it until its body is judged.
    SendHead(Edits),
    /// Find out whether this signature holds, and say so with [`Input::Signature`].
    Verify(Box<SignatureCheck>),
    /// Ask the token's issuer about it, with this form, and say what came of it with [`Input::Answer`].
    Introspect(Arc<Introspector>, Vec<u8>),
    /// Say with [`Input::Peer`] which certificate the client has.
    Peer,
    /// Say with [`Input::RoutePolicy`] which policy the proxy's own route names.
    RoutePolicy,
    /// Ask the decision service this, and say what came of it with [`Input::Answer`].
    Ask(Sending),
    /// Read this slot of the workers' shared memory, and say with [`Input::Recalled`] what stands in it.
    Recall(Slot),
    /// Write this slot if it still has this version, and say so with [`Input::Remembered`].
    Remember {
        /// Which.
        slot: Slot,
        /// What it becomes.
        bytes: Vec<u8>,
        /// The version that was read.
        version: u32,
    },
    /// Let the request go on, changed so.
    Forward(Edits, Box<Record>),
    /// Answer the client so; nothing goes to the upstream.
    Reject(Reply, Box<Record>),
    /// Answer the client so: it asked for what anybody may know, and nothing was judged.
    Answer(Reply),
    /// Let the response go on, changed so. The record is there when the proxy answered what wasn't judged yet.
    Respond(Edits, Option<Box<Record>>),
    /// Let what is held of the response's body go on, or this in its place. At its end it is known what was listed.
    Show(Option<Vec<u8>>, Option<Box<ListRecord>>),
    /// Let it pass as it is.
    Pass,
}
