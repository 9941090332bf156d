//! What heads alone decide.

use super::*;
use crate::action::Matching;

fn refused(protocol: Protocol, method: &str, headers: &[(&str, &str)]) -> Option<Reason> {
    let route = Route {
        max_body: 1000,
        origins: vec!["https://app.example.com".into()],
        ..Route::new(Matching::Path("/x".into()), protocol, "s")
    };
    let head = Head::from_pairs([(":method", method), (":path", "/x")].iter().chain(headers).copied());
    read_head(&route, &head).err().map(|refusal| refusal.reason)
}

#[test]
fn a_head_that_no_body_could_mend_is_refused() {
    use Protocol::{Mcp, Rest};
    const JSON: (&str, &str) = ("content-type", "application/json");
    for (protocol, method, headers, reason) in [
        (Mcp, "POST", &[JSON][..], None),
        (Mcp, "POST", &[("Content-Type", "Application/JSON; charset=UTF-8")], None),
        (Mcp, "POST", &[JSON, ("content-length", "1000"), ("content-encoding", "identity")], None),
        (Mcp, "POST", &[], Some(Reason::BodyType)),
        (Mcp, "POST", &[JSON, JSON], Some(Reason::BodyType)),
        (Mcp, "POST", &[("content-type", "text/plain")], Some(Reason::BodyType)),
        (Mcp, "POST", &[("content-type", "application/json; charset=utf-16")], Some(Reason::BodyType)),
        (Mcp, "POST", &[("content-type", "application/json-seq")], Some(Reason::BodyType)),
        (Mcp, "POST", &[JSON, ("content-encoding", "gzip")], None),
        (Mcp, "POST", &[JSON, ("content-encoding", "br")], Some(Reason::BodyType)),
        (Mcp, "POST", &[JSON, ("content-encoding", "identity, br")], Some(Reason::BodyType)),
        (Mcp, "POST", &[JSON, ("content-length", "1001")], Some(Reason::BodyTooLarge)),
        (Mcp, "POST", &[JSON, ("content-length", "99999999999999999999")], Some(Reason::BodyTooLarge)),
        (Mcp, "POST", &[JSON, ("x-http-method-override", "DELETE")], Some(Reason::RequestHeaders)),
        (Mcp, "POST", &[JSON, ("accept", "application/json, text/event-stream")], None),
        (Mcp, "POST", &[JSON, ("accept", "application/json")], Some(Reason::RequestAccept)),
        (Mcp, "GET", &[("accept", "application/json")], Some(Reason::RequestAccept)),
        (Mcp, "POST", &[JSON, ("origin", "https://app.example.com")], None),
        (Mcp, "POST", &[JSON, ("origin", "https://evil.example")], Some(Reason::RequestOrigin)),
        (Mcp, "GET", &[("origin", "null")], Some(Reason::RequestOrigin)),
        (Mcp, "POST", &[JSON, ("mcp-session-id", "a"), ("mcp-session-id", "a")], Some(Reason::RequestHeaders)),
        (Mcp, "DELETE", &[("mcp-session-id", "a b")], Some(Reason::RequestHeaders)),
        (Mcp, "GET", &[], None),
        (Mcp, "DELETE", &[("mcp-session-id", "1")], None),
        (Mcp, "GET", &[("mcp-protocol-version", "2026-07-28")], Some(Reason::RequestMethod)),
        (Mcp, "PUT", &[JSON], Some(Reason::RequestMethod)),
        (Mcp, "OPTIONS", &[], Some(Reason::RequestMethod)),
        (Rest, "GET", &[], None),
        (Rest, "PATCH", &[("content-type", "application/merge-patch+json")], None),
        (Rest, "POST", &[("content-type", "application/x-www-form-urlencoded")], None),
        (Mcp, "POST", &[("content-type", "application/x-www-form-urlencoded")], Some(Reason::BodyType)),
        (Rest, "POST", &[("content-type", "text/plain")], Some(Reason::BodyType)),
        (Rest, "POST", &[("X-HTTP-Method", "PUT")], Some(Reason::RequestHeaders)),
    ] {
        assert_eq!(refused(protocol, method, headers), reason, "{method} {headers:?}");
    }
}
