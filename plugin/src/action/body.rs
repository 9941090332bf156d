//! Bodies of every form that is read here, brought to one: JSON, and named texts.
//!
//! Rules, detectors and the decision service see parameters, whatever form they came in. A body that is JSON is read as
//! it stands. Of a form, each name with one text is a field like those of the query; what has more to it (a list, a file,
//! a part that is JSON) is written as the member of a JSON object, and a body of JSON lines as an array. So one reader,
//! with one set of limits, reads them all. What is forwarded stays the bytes that came.
//!
//! | content type | read as |
//! |---|---|
//! | `application/json`, `application/*+json` | itself |
//! | `application/x-www-form-urlencoded` | fields; names that may repeat: lists |
//! | `multipart/form-data` | fields, lists, JSON parts; files by name, type and size |
//! | `application/x-ndjson`, `application/ndjson`, `application/jsonl` | an array of its lines |
//!
//! Only JSON may be compressed: what is compressed is never JSON to a server that doesn't unpack it, and so is nothing at
//! all. The bytes of a compressed form can be a form of their own.

mod form;
mod lines;
mod media;
mod multipart;
mod packed;

use std::borrow::Cow;

use super::parameters::Fields;
use super::{Protocol, Route, a2a, graphql, path, read_head, rest, too_large_for};
use crate::head::Head;
use crate::json::{Document, InvalidJson, Limits, Value};
use crate::reason::{Reason, Refusal};
use form::Collected;
pub(super) use form::json_text;
pub(super) use media::{Media, check_type};
pub(super) use packed::check_encoding;

/// A body that was opened, still to be read.
#[derive(Debug, Default)]
pub struct Opened<'b> {
    /// The body as JSON; `None` where there is none, and of forms.
    pub json: Option<Cow<'b, [u8]>>,
    /// A JSON object of what is not a plain text in query and form.
    pub beside: Option<Vec<u8>>,
    /// The REST operation that this is, and the texts of path, query and form.
    pub(super) operation: Option<rest::Found<'b>>,
}

/// What an [`Opened`] body turned out to hold.
#[derive(Clone, Copy, Debug, Default)]
pub struct Content<'a> {
    /// The body as JSON.
    pub body: Option<Value<'a>>,
    /// The object of what is not a plain text.
    pub beside: Option<Value<'a>>,
    pub(super) operation: Option<&'a rest::Found<'a>>,
}

impl<'b> Opened<'b> {
    /// The content, given the documents that its texts were read into.
    #[must_use]
    pub fn content<'a>(&'a self, body: Option<&'a Document<'a>>, beside: Option<&'a Document<'a>>) -> Content<'a>
    where
        'b: 'a,
    {
        Content {
            body: body.map(Document::root),
            beside: beside.map(Document::root),
            operation: self.operation.as_ref(),
        }
    }
}

impl<'a> Content<'a> {
    /// The content of a body that is JSON as it stands.
    #[must_use]
    pub fn json(document: &'a Document<'a>) -> Self {
        Self { body: Some(document.root()), ..Self::default() }
    }
}

/// Opens the body of a request, which is empty where it has none.
///
/// # Errors
/// What [`read_head`] refuses; a body that is too large, packed or not, or of another type than it says; what makes a
/// REST operation or its parameters unknowable.
pub fn open<'b>(route: &'b Route, head: &'b Head, body: &'b [u8]) -> Result<Opened<'b>, Refusal> {
    read_head(route, head)?;
    if body.len() > route.max_body {
        return Err(too_large_for(route));
    }
    let media = if body.is_empty() { None } else { Some(Media::of(head)?) };
    let body = packed::unpack(head, body, media.as_ref(), route.max_body)?;
    let by_path = match route.protocol {
        Protocol::Mcp => false,
        Protocol::Graphql => {
            let json = graphql::open(head, media.map(|_| &*body), route.max_body)?;
            return Ok(Opened { json: Some(Cow::Owned(json)), ..Opened::default() });
        }
        Protocol::A2a => !a2a::is_rpc(route, head),
        Protocol::Rest => true,
    };
    if by_path {
        return open_rest(route, head, body, media);
    }
    Ok(Opened { json: media.map(|_| body), ..Opened::default() })
}

fn open_rest<'b>(
    route: &'b Route,
    head: &'b Head,
    body: Cow<'b, [u8]>,
    media: Option<Media<'b>>,
) -> Result<Opened<'b>, Refusal> {
    let (path, query) = path::split(head.target())?;
    let mut found = rest::find(route, head, path)?;
    let mut collected = Collected::new(&found.operation.lists);
    form::query(query.unwrap_or_default(), &mut collected)?;
    let json = match media {
        None => None,
        Some(Media::Json) => Some(body),
        Some(Media::Lines) => Some(Cow::Owned(lines::array(&body)?)),
        Some(Media::Form) => {
            form::body(&body, &mut collected)?;
            None
        }
        Some(Media::Multipart { boundary }) => {
            multipart::parts(&body, &boundary, &mut collected)?;
            None
        }
    };
    let (fields, beside) = collected.finish()?;
    found.fields.extend(fields);
    Ok(Opened { json, beside, operation: Some(found) })
}

/// The body isn't JSON with one meaning.
#[must_use]
pub fn unreadable(invalid: InvalidJson) -> Refusal {
    Refusal::new(Reason::BodyUnreadable, invalid.to_string())
}

/// How a body of `longest` bytes is read: names that differ only in their case are one to some servers.
#[must_use]
pub fn limits(longest: usize) -> Limits {
    Limits { bytes: longest, case_variants: false, ..Limits::default() }
}

/// Fields, owned: they were decoded.
type Decoded = Fields<'static>;

/// The body has a form that servers read in different ways.
fn refuse(detail: &str) -> Refusal {
    Refusal::new(Reason::BodyForm, detail)
}
