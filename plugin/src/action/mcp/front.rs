//! What the head of a request says whatever its body: of which page it comes, what its client understands, which session
//! it is of. (MCP, "Streamable HTTP".)

use crate::action::Route;
use crate::head::Head;
use crate::reason::{Reason, Refusal};

const JSON: &str = "application/json";
const EVENTS: &str = "text/event-stream";

/// Refuses a head that no body could mend.
///
/// # Errors
/// [`Reason::RequestOrigin`], [`Reason::RequestHeaders`] or [`Reason::RequestAccept`].
pub(in crate::action) fn check_head(route: &Route, head: &Head) -> Result<(), Refusal> {
    check_origin(route, head)?;
    check_session(head)?;
    let wanted: &[&str] = match head.method() {
        b"POST" => &[JSON, EVENTS],
        b"GET" => &[EVENTS],
        _ => &[],
    };
    match wanted.iter().find(|media_type| !accepts(head, media_type)) {
        Some(media_type) => Err(Refusal::new(Reason::RequestAccept, format!("`accept` leaves out `{media_type}`"))),
        None => Ok(()),
    }
}

/// A page of another site, in the browser of somebody who is logged in, is no agent (DNS rebinding).
fn check_origin(route: &Route, head: &Head) -> Result<(), Refusal> {
    let is_listed = |origin: &[u8]| route.origins.iter().any(|listed| listed.as_bytes() == origin);
    match head.only("origin") {
        Ok(None) => Ok(()),
        Ok(Some(origin)) if is_listed(origin) => Ok(()),
        _ => Err(Reason::RequestOrigin.into()),
    }
}

/// A session id is visible ASCII, and one.
fn check_session(head: &Head) -> Result<(), Refusal> {
    match head.only("mcp-session-id") {
        Ok(None) => Ok(()),
        Ok(Some(id)) if !id.is_empty() && id.iter().all(u8::is_ascii_graphic) => Ok(()),
        _ => Err(Refusal::new(Reason::RequestHeaders, "the header `mcp-session-id` must be one id in visible ASCII")),
    }
}

/// Whether the client accepts this media type. One that says nothing accepts all (RFC 9110 section 12.5.1).
fn accepts(head: &Head, media_type: &str) -> bool {
    let mut lists = head.all("accept").peekable();
    let is_zero = |q: &[u8]| std::str::from_utf8(q).is_ok_and(|q| q.parse() == Ok(0.0_f32));
    lists.peek().is_none()
        || lists.any(|list| {
            list.split(|byte| *byte == b',').any(|range| {
                let mut parts = range.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
                let covers = parts.next().is_some_and(|range| covers(range, media_type.as_bytes()));
                covers && !parts.any(|part| part.strip_prefix(b"q=").is_some_and(is_zero))
            })
        })
}

fn covers(range: &[u8], media_type: &[u8]) -> bool {
    let of_kind = |kind: &[u8]| {
        media_type
            .split_at_checked(kind.len())
            .is_some_and(|(start, rest)| start.eq_ignore_ascii_case(kind) && rest.starts_with(b"/"))
    };
    range.eq_ignore_ascii_case(media_type) || range == b"*/*" || range.strip_suffix(b"/*").is_some_and(of_kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_client_accepts_is_read_as_http_says() {
        for (lists, json) in [
            (&[][..], true),
            (&["application/json, text/event-stream"], true),
            (&["Application/JSON;q=0.5"], true),
            (&["text/html", "application/json"], true),
            (&["application/*"], true),
            (&["*/*"], true),
            (&["text/event-stream"], false),
            (&["application/json;q=0"], false),
            (&["application/json; q=0.000, text/*"], false),
            (&["application/jsonl"], false),
            (&[""], false),
        ] {
            let head = Head::from_pairs(lists.iter().map(|list| ("accept", *list)));
            assert_eq!(accepts(&head, JSON), json, "{lists:?}");
        }
    }
}
