//! What a request says that runs: the members of its body, or of a GET the parameters of its query (GraphQL over HTTP,
//! sections 5 and 6).

use std::borrow::Cow;

use super::super::body::{limits, unreadable};
use super::super::path;
use super::refuse;
use crate::head::Head;
use crate::json::{Document, Kind, Tape, Value};
use crate::reason::{Reason, Refusal};

/// A request's members.
#[derive(Debug, Default)]
pub(super) struct Request<'r> {
    /// `query`: operations and fragments.
    pub(super) document: Cow<'r, str>,
    /// `operationName`: which of the operations runs.
    pub(super) operation: Option<Cow<'r, str>>,
    /// `variables`, as JSON.
    variables: Option<Cow<'r, str>>,
}

/// Reads the request: its body, or its query where that is how it is sent.
pub(super) fn read<'r>(head: &'r Head, body: Option<&'r [u8]>, longest: usize) -> Result<Request<'r>, Refusal> {
    let (_, query) = path::split(head.target())?;
    match (head.method() == b"GET", body, query.filter(|query| !query.is_empty())) {
        (false, Some(body), None) => of_body(body, longest),
        // Some servers look into the query first, some into the body.
        (false, Some(_), Some(_)) => Err(refuse("a POST says all in its body, and nothing in the query of its path")),
        (true, None, Some(query)) => of_query(query),
        (true, Some(_), _) => Err(Refusal::new(Reason::BodyMissing, "a GET has no body here")),
        (_, None, _) => Err(Reason::BodyMissing.into()),
    }
}

fn of_query(query: &str) -> Result<Request<'_>, Refusal> {
    let mut request = Request::default();
    let mut is_there = false;
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = path::pair(pair)?;
        let place = match &*name {
            "query" if !is_there => {
                is_there = true;
                request.document = value;
                continue;
            }
            "operationName" => &mut request.operation,
            "variables" => &mut request.variables,
            "query" => return Err(Reason::ParameterRepeated.into()),
            "extensions" => {
                let extensions = Document::read(value.as_bytes(), &limits(value.len()), Tape::default());
                check_extensions(extensions.map_err(unreadable)?.root())?;
                continue;
            }
            _ => return Err(unknown()),
        };
        if place.replace(value).is_some() {
            return Err(Reason::ParameterRepeated.into());
        }
    }
    if is_there { Ok(request) } else { Err(persisted()) }
}

fn of_body(body: &[u8], longest: usize) -> Result<Request<'_>, Refusal> {
    let document = Document::read(body, &limits(longest), Tape::default()).map_err(unreadable)?;
    let root = document.root();
    if root.kind() != Kind::Object {
        return Err(refuse("one request in an object was expected; several in a list are not read"));
    }
    let mut request = Request::default();
    let mut is_there = false;
    for (name, value) in root.members().filter(|(_, value)| !value.is_null()) {
        match &*name {
            "query" => {
                is_there = true;
                request.document = text(value)?;
            }
            "operationName" => request.operation = Some(text(value)?),
            "variables" => {
                let raw = std::str::from_utf8(value.raw()).unwrap_or_default();
                request.variables = Some(Cow::Owned(raw.to_owned()));
            }
            "extensions" => check_extensions(value)?,
            _ => return Err(unknown()),
        }
    }
    if is_there { Ok(request) } else { Err(persisted()) }
}

fn text<'r>(value: Value<'_>) -> Result<Cow<'r, str>, Refusal> {
    let text = value.as_str().ok_or_else(|| refuse("`query` and `operationName` are texts"))?;
    Ok(Cow::Owned(text.into_owned()))
}

/// Extensions that servers are known to run something by, whatever the document says. Others say something of tracing.
fn check_extensions(extensions: Value<'_>) -> Result<(), Refusal> {
    if extensions.kind() != Kind::Object && !extensions.is_null() {
        return Err(refuse("`extensions` is not an object"));
    }
    let names_a_document = |name: &str| {
        let name = name.to_lowercase();
        ["persist", "document", "hash", "operation", "query"].iter().any(|word| name.contains(word))
    };
    if extensions.members().any(|(name, _)| names_a_document(&name)) { Err(persisted()) } else { Ok(()) }
}

fn persisted() -> Refusal {
    refuse("there is no `query` to judge, or a persisted document beside it; send the document itself")
}

fn unknown() -> Refusal {
    refuse("its members are `query`, `operationName`, `variables` and `extensions`, in this spelling")
}

impl Request<'_> {
    /// The variables' values.
    pub(super) fn variables(&self) -> Result<Option<Document<'_>>, Refusal> {
        let Some(text) = self.variables.as_deref().filter(|text| !text.is_empty()) else { return Ok(None) };
        let document = Document::read(text.as_bytes(), &limits(text.len()), Tape::default()).map_err(unreadable)?;
        match document.root().kind() {
            Kind::Object => Ok(Some(document)),
            Kind::Null => Ok(None),
            _ => Err(refuse("`variables` is not an object")),
        }
    }
}
