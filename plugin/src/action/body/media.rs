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
        let kind = kind.trim().to_ascii_lowercase();
        if kind == "multipart/form-data" {
            return Ok(Self::Multipart { boundary: boundary(parameters).ok_or_else(refuse)? });
        }
        let is_utf8 = |parameter: &str| {
            let parameter = parameter.trim().to_ascii_lowercase();
            matches!(&*parameter, "" | "charset=utf-8" | "charset=\"utf-8\"")
        };
        match &*kind {
            _ if !parameters.split(';').all(is_utf8) => Err(refuse()),
            "application/json" => Ok(Self::Json),
            "application/x-www-form-urlencoded" => Ok(Self::Form),
            "application/x-ndjson" | "application/ndjson" | "application/jsonl" => Ok(Self::Lines),
            // By its structured suffix (RFC 6839): `application/merge-patch+json`.
            other if other.starts_with("application/") && other.ends_with("+json") => Ok(Self::Json),
            _ => Err(refuse()),
        }
    }
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
