//! What a body says that it is.

use std::borrow::Cow;

use crate::head::Head;
use crate::reason::{Reason, Refusal};

/// A form that bodies are read in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::action) enum Media<'h> {
    /// One JSON value.
    Json,
    /// One JSON value a line.
    Lines,
    /// `name=value&…`
    Form,
    /// The parts of a form, between lines that the boundary is in.
    Multipart {
        /// Without the hyphens in front of it.
        boundary: Cow<'h, str>,
    },
}

impl<'h> Media<'h> {
    /// What the one `content-type` of `head` says.
    pub(in crate::action) fn of(head: &'h Head) -> Result<Self, Refusal> {
        let value = head.only("content-type").ok().flatten().and_then(|value| std::str::from_utf8(value).ok());
        let value = value.ok_or_else(refuse)?;
        let (kind, parameters) = value.split_once(';').unwrap_or((value, ""));
        let kind = kind.trim();
        let is = |media_type: &str| kind.eq_ignore_ascii_case(media_type);
        if is("multipart/form-data") {
            return Ok(Self::Multipart { boundary: boundary(parameters).ok_or_else(refuse)? });
        }
        if !parameters.is_empty() && !parameters.split(';').all(is_utf8) {
            return Err(refuse());
        }
        if is("application/json") || is_json_by_suffix(kind) {
            Ok(Self::Json)
        } else if is("application/x-www-form-urlencoded") {
            Ok(Self::Form)
        } else if LINES.iter().any(|media_type| is(media_type)) {
            Ok(Self::Lines)
        } else {
            Err(refuse())
        }
    }
}

/// JSON lines have no registered type.
const LINES: [&str; 3] = ["application/x-ndjson", "application/ndjson", "application/jsonl"];

fn is_utf8(parameter: &str) -> bool {
    let parameter = parameter.trim();
    let said = |text: &str| parameter.eq_ignore_ascii_case(text);
    parameter.is_empty() || said("charset=utf-8") || said("charset=\"utf-8\"")
}

/// JSON by its structured suffix (RFC 6839): `application/merge-patch+json`.
fn is_json_by_suffix(kind: &str) -> bool {
    let (tree, suffix) = ("application/", "+json");
    let start = kind.get(..tree.len()).is_some_and(|start| start.eq_ignore_ascii_case(tree));
    let end = kind.len().checked_sub(suffix.len()).and_then(|at| kind.get(at..));
    start && end.is_some_and(|end| end.eq_ignore_ascii_case(suffix))
}

/// Refuses a content type that the route's protocol doesn't have.
pub(in crate::action) fn check_type(head: &Head, accepts: fn(&Media<'_>) -> bool) -> Result<(), Refusal> {
    if accepts(&Media::of(head)?) { Ok(()) } else { Err(refuse()) }
}

/// The only parameter, `boundary`, of RFC 2046 section 5.1.1: 1 to 70 characters that need no quoting to be clear.
fn boundary(parameters: &str) -> Option<Cow<'_, str>> {
    let (name, value) = parameters.trim().split_once('=')?;
    let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"'()+_-./:=?".contains(&byte);
    let is_boundary = name.eq_ignore_ascii_case("boundary") && (1..=70).contains(&value.len());
    (is_boundary && value.bytes().all(is_plain)).then_some(Cow::Borrowed(value))
}

fn refuse() -> Refusal {
    let wanted = "send one content type that is read here: JSON, on REST routes also JSON lines and forms, in UTF-8";
    Refusal::new(Reason::BodyType, wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_one_and_known() {
        let boundary = |text| Ok(Media::Multipart { boundary: Cow::Borrowed(text) });
        for (values, media) in [
            (&["application/json"][..], Ok(Media::Json)),
            (&["Application/JSON ; charset=\"UTF-8\""], Ok(Media::Json)),
            (&["application/vnd.x+json;"], Ok(Media::Json)),
            (&["application/x-www-form-urlencoded;charset=utf-8"], Ok(Media::Form)),
            (&["application/x-ndjson"], Ok(Media::Lines)),
            (&["multipart/form-data; boundary=a-b"], boundary("a-b")),
            (&["multipart/form-data; Boundary=\"----x'y\""], boundary("----x'y")),
            (&[], Err(Reason::BodyType)),
            (&["application/json", "application/json"], Err(Reason::BodyType)),
            (&["application/json; charset=utf-16"], Err(Reason::BodyType)),
            (&["application/json; version=2"], Err(Reason::BodyType)),
            (&["application/json, text/plain"], Err(Reason::BodyType)),
            (&["text/json"], Err(Reason::BodyType)),
            (&["multipart/mixed; boundary=a"], Err(Reason::BodyType)),
            (&["multipart/form-data"], Err(Reason::BodyType)),
            (&["multipart/form-data; boundary="], Err(Reason::BodyType)),
            (&["multipart/form-data; boundary=a; boundary=b"], Err(Reason::BodyType)),
            (&["multipart/form-data; boundary=\"a b\""], Err(Reason::BodyType)),
            (&["multipart/form-data; boundary=a; charset=utf-8"], Err(Reason::BodyType)),
        ] {
            let head = Head::from_pairs(values.iter().map(|value| ("content-type", *value)));
            assert_eq!(Media::of(&head).map_err(|refusal| refusal.reason), media, "{values:?}");
        }
    }
}
