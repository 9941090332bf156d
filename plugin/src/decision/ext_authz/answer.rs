//! What counts as an answer, and what it says.

use prost::Message as _;

use super::messages::{CheckResponse, HeaderValueOption, OkHttpResponse, Status};
use super::{PREFIX, framed};
use crate::credential::{Credential, header_name};
use crate::decision::answer::{InvalidAnswer, MAX_ANSWER, UNREACHED};
use crate::decision::terms::Issued;
use crate::decision::{Decision, Denied, Terms};
use crate::head::Head;

/// gRPC's UNAVAILABLE: what Envoy makes up where there is no answer in time, or no connection.
const UNAVAILABLE: u32 = 14;

/// More headers than a permit has a use for.
const MAX_HEADERS: usize = 16;

/// Of `HeaderValueOption.append_action`: set the header, whatever is there. It isn't the default of the enum, but what
/// `ext_authz` does where neither this nor `append` is said.
const OVERWRITE: i32 = 2;

/// Reads an answer. `head` holds the trailers too.
///
/// # Errors
/// When it is none.
pub(in crate::decision) fn read(head: &Head, body: &[u8]) -> Result<Decision, InvalidAnswer> {
    match head.first(":status") {
        None => return Err(InvalidAnswer::Nothing),
        Some(b"200") => {}
        Some(status) => {
            let status = std::str::from_utf8(status).ok().and_then(|text| text.parse().ok());
            return Err(InvalidAnswer::Status(status.unwrap_or_default()));
        }
    }
    let status = match head.only("grpc-status") {
        Ok(Some(status)) => std::str::from_utf8(status).ok().and_then(|text| text.parse().ok()),
        _ => None,
    };
    let unreached = || head.first("grpc-message").is_some_and(|message| message.starts_with(UNREACHED));
    match status {
        Some(0) => {}
        Some(UNAVAILABLE) if unreached() => return Err(InvalidAnswer::Unreached),
        Some(status) => return Err(InvalidAnswer::Grpc(status)),
        None => return Err(InvalidAnswer::NoMessage),
    }
    if !head.first("content-type").is_some_and(|kind| kind.starts_with(b"application/grpc")) {
        return Err(InvalidAnswer::NoMessage);
    }
    let response = CheckResponse::decode(message(body)?).map_err(|_| InvalidAnswer::NoMessage)?;
    said(response)
}

/// The one message of an answer. None of these is a decision: a second message, one that is cut, longer than it says,
/// compressed, or larger than any that is read.
fn message(body: &[u8]) -> Result<&[u8], InvalidAnswer> {
    let no_message = InvalidAnswer::NoMessage;
    if body.len() > MAX_ANSWER {
        return Err(no_message);
    }
    let (prefix, message) = body.split_at_checked(PREFIX).ok_or(no_message.clone())?;
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX).to_be_bytes();
    match prefix {
        [0, rest @ ..] if rest == length => Ok(message),
        _ => Err(no_message),
    }
}

fn said(response: CheckResponse) -> Result<Decision, InvalidAnswer> {
    // To Envoy a message of no bytes is a permit; whoever means one says so.
    let Status { code } = response.status.ok_or(InvalidAnswer::NoMessage)?;
    let refuses = response.denied_response.is_some() || response.error_response.is_some();
    match (code, refuses) {
        (0, false) => Ok(Decision::Permit(response.ok_response.map(terms).unwrap_or_default())),
        (0, true) => Err(InvalidAnswer::NoMessage),
        _ => Ok(Decision::Deny(Denied::Finally, Terms::default())),
    }
}

/// What a permit wants of the request.
fn terms(ok: OkHttpResponse) -> Terms {
    let mut terms = Terms::default();
    let OkHttpResponse {
        headers,
        headers_to_remove,
        response_headers_to_add,
        query_parameters_to_set,
        query_parameters_to_remove,
    } = ok;
    for (what, is_there) in [
        ("headers_to_remove", !headers_to_remove.is_empty()),
        ("response_headers_to_add", !response_headers_to_add.is_empty()),
        ("query_parameters_to_set", !query_parameters_to_set.is_empty()),
        ("query_parameters_to_remove", !query_parameters_to_remove.is_empty()),
        ("headers", headers.len() > MAX_HEADERS),
    ] {
        if is_there {
            terms.unmet.push(format!("`{what}` of the permit can't be carried out here"));
        }
    }
    for (place, option) in headers.into_iter().take(MAX_HEADERS).enumerate() {
        if set(option, &mut terms).is_none() {
            terms.unmet.push(format!("the header at place {place} of the permit can't be set here"));
        }
    }
    terms
}

fn set(option: HeaderValueOption, terms: &mut Terms) -> Option<()> {
    let appends = option.append.is_some_and(|append| append.value);
    if appends || !matches!(option.append_action, 0 | OVERWRITE) {
        return None;
    }
    let header = option.header?;
    let value = match (header.value.as_str(), header.raw_value.as_slice()) {
        (value, []) => value,
        ("", raw) => std::str::from_utf8(raw).ok()?,
        _ => return None,
    };
    // It checks name and value as those of a header must be, and isn't shown by anything.
    let checked = Credential::new(&header_name(&header.key)?, value).ok()?;
    if checked.name() == "authorization" {
        let issued = Issued { credential: checked, scope: None, until: None };
        return terms.credential.replace(issued).is_none().then_some(());
    }
    if terms.headers.iter().any(|(name, _)| name == checked.name()) {
        return None;
    }
    terms.headers.push((checked.name().to_owned(), checked.expose().to_owned()));
    Some(())
}

/// A permit without any wish.
pub(in crate::decision) fn permit() -> (Head, Vec<u8>) {
    let head = [(":status", "200"), ("content-type", "application/grpc"), ("grpc-status", "0")];
    let response = CheckResponse { status: Some(Status::default()), ..CheckResponse::default() };
    (Head::from_pairs(head), framed(&response.encode_to_vec()))
}

#[cfg(test)]
mod tests {
    use super::super::messages::{Anything, BoolValue, HeaderValue};
    use super::*;

    fn head(status: &str, more: &[(&str, &str)]) -> Head {
        let always = [(":status", "200"), ("content-type", "application/grpc+proto"), ("grpc-status", status)];
        Head::from_pairs(always.iter().chain(more).copied())
    }

    fn answered(response: &CheckResponse) -> Result<Decision, InvalidAnswer> {
        read(&head("0", &[]), &framed(&response.encode_to_vec()))
    }

    fn status(code: i32) -> CheckResponse {
        CheckResponse { status: Some(Status { code }), ..CheckResponse::default() }
    }

    fn permitted(ok: OkHttpResponse) -> Terms {
        match answered(&CheckResponse { ok_response: Some(ok), ..status(0) }) {
            Ok(Decision::Permit(terms)) => terms,
            other => panic!("{other:?}"),
        }
    }

    fn header(key: &str, value: &str) -> HeaderValueOption {
        let header = Some(HeaderValue { key: key.into(), value: value.into(), raw_value: Vec::new() });
        HeaderValueOption { header, ..HeaderValueOption::default() }
    }

    #[test]
    fn status_0_in_so_many_bytes_permits_and_nothing_else() {
        let (head, body) = permit();
        assert_eq!(read(&head, &body), Ok(Decision::Permit(Terms::default())));
        assert_eq!(answered(&status(0)), Ok(Decision::Permit(Terms::default())));
        for code in [7, 16, -1, 5] {
            assert_eq!(answered(&status(code)), Ok(Decision::Deny(Denied::Finally, Terms::default())), "{code}");
            let both = CheckResponse { ok_response: Some(OkHttpResponse::default()), ..status(code) };
            assert!(matches!(answered(&both), Ok(Decision::Deny(..))), "{code}");
        }
        for contradiction in [
            CheckResponse::default(),
            CheckResponse { ok_response: Some(OkHttpResponse::default()), ..CheckResponse::default() },
            CheckResponse { denied_response: Some(Anything {}), ..status(0) },
            CheckResponse { error_response: Some(Anything {}), ..status(0) },
        ] {
            assert_eq!(answered(&contradiction), Err(InvalidAnswer::NoMessage), "{contradiction:?}");
        }
    }

    #[test]
    fn what_is_not_one_whole_message_is_none() {
        let (good, body) = permit();
        let cut = &body[..body.len() - 1];
        let long = [&body[..], b"x"].concat();
        let twice = [&body[..], &body[..]].concat();
        let mut compressed = body.clone();
        compressed[0] = 1;
        let garbage = framed(b"\xff\xff\xff");
        let huge = framed(&vec![0x22; MAX_ANSWER]);
        for wrong in [b"", &body[..3], cut, &long, &twice, &compressed, &garbage, &huge] {
            assert_eq!(read(&good, wrong), Err(InvalidAnswer::NoMessage), "{} bytes", wrong.len());
        }
        let unreached = "upstream connect error or disconnect/reset before headers. reset reason: connection failure";
        for (head, expected) in [
            (Head::default(), InvalidAnswer::Nothing),
            (Head::from_pairs([(":status", "404")]), InvalidAnswer::Status(404)),
            (Head::from_pairs([(":status", "200")]), InvalidAnswer::NoMessage),
            (Head::from_pairs([(":status", "200"), ("grpc-status", "0")]), InvalidAnswer::NoMessage),
            (head("x", &[]), InvalidAnswer::NoMessage),
            (head("0", &[("grpc-status", "0")]), InvalidAnswer::NoMessage),
            (head("12", &[]), InvalidAnswer::Grpc(12)),
            (head("14", &[("grpc-message", "upstream request timeout")]), InvalidAnswer::Grpc(14)),
            (head("14", &[("grpc-message", unreached)]), InvalidAnswer::Unreached),
        ] {
            assert_eq!(read(&head, &body), Err(expected), "{head:?}");
        }
    }

    #[test]
    fn a_header_is_set_or_the_permit_is_none() {
        let headers = vec![header("X-Purpose", "support"), header("Authorization", "Bearer s3cret")];
        let terms = permitted(OkHttpResponse { headers, ..OkHttpResponse::default() });
        assert_eq!(terms.headers, [("x-purpose".into(), "support".into())]);
        assert!(terms.unmet.is_empty() && terms.credential.is_some() && !format!("{terms:?}").contains("s3cret"));
        let append = |value| Some(BoolValue { value });
        let set = HeaderValueOption { append: append(false), append_action: OVERWRITE, ..header("x-a", "1") };
        assert!(permitted(OkHttpResponse { headers: vec![set], ..OkHttpResponse::default() }).unmet.is_empty());
        for wrong in [
            vec![header("x-agent-id", "root")],
            vec![header(":path", "/other")],
            vec![header("host", "x")],
            vec![header("x-a", "")],
            vec![header("x-a", "a\r\nb")],
            vec![header("x-a", "1"), header("X-A", "2")],
            vec![header("authorization", "a"), header("authorization", "b")],
            vec![HeaderValueOption { append: append(true), ..header("x-a", "1") }],
            vec![HeaderValueOption { append_action: 1, ..header("x-a", "1") }],
            vec![HeaderValueOption::default()],
            vec![header("x-a", "1"); MAX_HEADERS + 1],
        ] {
            let terms = permitted(OkHttpResponse { headers: wrong.clone(), ..OkHttpResponse::default() });
            assert!(!terms.unmet.is_empty(), "{wrong:?}");
        }
        for wish in [
            OkHttpResponse { headers_to_remove: vec!["x-a".into()], ..OkHttpResponse::default() },
            OkHttpResponse { response_headers_to_add: vec![Anything {}], ..OkHttpResponse::default() },
            OkHttpResponse { query_parameters_to_set: vec![Anything {}], ..OkHttpResponse::default() },
            OkHttpResponse { query_parameters_to_remove: vec!["a".into()], ..OkHttpResponse::default() },
        ] {
            assert!(!permitted(wish.clone()).unmet.is_empty(), "{wish:?}");
        }
    }
}
