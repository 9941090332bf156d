//! Reading JSON that nobody vouches for.
//!
//! What an agent sends is understood by at least two programs: this filter, which decides, and the tool behind it, which acts.
//! Wherever two readers of the same bytes may see different things, a manipulated agent can show each of them what it wants to
//! see: `{"to": "alice", "to": "mallory"}` is Alice to a reader that keeps the first member and Mallory to one that keeps the
//! last. So this reader accepts RFC 8259 narrowed to I-JSON (RFC 7493), and refuses everything that readers are known to
//! disagree about: duplicate member names (compared after unescaping), lone surrogates, a byte order mark, encodings other than
//! UTF-8, data after the value, numbers beyond a double. Numbers that a double would round are accepted and say so
//! ([`Number::is_exact`]). Everything is bounded ([`Limits`]), and nothing recurses.
//!
//! The body is walked once. No tree is built: the walk leaves a flat [`Tape`] of spans, four words a value, in one vector that is
//! reused from request to request. Values are borrowed from the body, which stays as it was, byte for byte.
//!
//! ```
//! use toolgate::json::{Document, Limits, Tape};
//!
//! let body = br#"{"name": "payments.refund", "arguments": {"amount": 12.50, "to": "\u0041lice"}}"#;
//! let document = Document::read(body, &Limits::default(), Tape::default())?;
//! let arguments = document.root().get("arguments");
//! assert_eq!(arguments.and_then(|it| it.get("to")?.as_str()).as_deref(), Some("Alice"));
//! assert_eq!(document.root().pointer("/arguments/amount").map(|it| it.raw()), Some(&b"12.50"[..]));
//!
//! let twice = br#"{"to": "alice", "t\u006f": "mallory"}"#;
//! let invalid = Document::read(twice, &Limits::default(), Tape::default()).unwrap_err();
//! assert_eq!(invalid.to_string(), "a member name occurs twice in one object, at byte 16");
//! # Ok::<(), toolgate::json::InvalidJson>(())
//! ```

pub mod canonical;
mod decimal;
mod document;
mod fold;
mod invalid;
mod leaves;
mod limits;
mod names;
mod number;
mod pointer;
mod reader;
mod scan;
mod splice;
mod tape;
mod text;
mod value;
pub mod write;

pub use document::Document;
pub(crate) use fold::fold;
pub use invalid::{InvalidJson, InvalidJsonKind};
pub use leaves::Pointer;
pub use limits::Limits;
pub use number::Number;
pub(crate) use pointer::name as name_of_token;
pub(crate) use splice::spliced;
pub use tape::Tape;
pub use value::{Elements, Kind, Members, Value};
