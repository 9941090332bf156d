//! What counts as an answer of the decision service, and what it says.

use std::time::Duration;

use super::access::{Origins, approval};
use super::{Decision, DecisionService, Denied, Dialect, Terms, authzen, ext_authz, opa};
use crate::head::Head;
use crate::json::{Document, InvalidJson, Limits, Tape};
use crate::reason::{Reason, Refusal};
use crate::time::Timestamp;

/// Decisions with their context are small; a service that sends more has another problem.
pub const MAX_ANSWER: usize = 64 * 1024;

/// An answer that can't be used: the status is not 200, or the body is not a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvalidAnswer {
    /// There was none: it broke off, or the proxy knows no such cluster.
    Nothing,
    /// There was no connection, or it ended before an answer began.
    Unreached,
    /// 4xx and 5xx are errors, never decisions (AuthZEN 1.0 section 7.1.3).
    Status(u16),
    /// Not JSON with one meaning.
    Json(InvalidJson),
    /// No boolean `decision` in its place.
    NoDecision,
    /// OPA: no boolean `result`, and no boolean `allow` in it.
    NoResult,
    /// `ext_authz`: an error of gRPC's.
    Grpc(u32),
    /// `ext_authz`: not one whole message that says yes or no.
    NoMessage,
}

impl DecisionService {
    /// Reads an answer of this service to a question that asked for so many evaluations at once.
    ///
    /// # Errors
    /// When it is none.
    pub fn read(
        &self,
        evaluations: Option<usize>,
        head: &Head,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Decision, InvalidAnswer> {
        read_answer(self.dialect, evaluations, head, body, &self.origins, now)
    }
}

impl DecisionService {
    /// A permit without any terms, in this service's words, to a question that asked for so many evaluations at once: for
    /// whoever wants to know what would come of one.
    #[must_use]
    pub fn permit(&self, evaluations: Option<usize>) -> (Head, Vec<u8>) {
        let yes = r#"{"decision":true}"#;
        let body = match (self.dialect, evaluations) {
            (_, Some(asked)) => format!(r#"{{"evaluations":[{}]}}"#, vec![yes; asked].join(",")),
            (Dialect::AuthZen | Dialect::Cerbos, None) => yes.into(),
            (Dialect::Opa, None) => r#"{"result":true}"#.into(),
            (Dialect::ExtAuthz, None) => return ext_authz::permit(),
        };
        (Head::from_pairs([(":status", "200")]), body.into())
    }
}

/// Reads an answer. Only status 200 with a boolean in its place is one. `origins` are the places that a person may be
/// sent to for approval.
///
/// # Errors
/// When it is none.
fn read_answer(
    dialect: Dialect,
    evaluations: Option<usize>,
    head: &Head,
    body: &[u8],
    origins: &Origins,
    now: Timestamp,
) -> Result<Decision, InvalidAnswer> {
    if dialect == Dialect::ExtAuthz {
        return ext_authz::read(head, body);
    }
    match status(head) {
        Some(200) => {}
        Some(503) if body.starts_with(UNREACHED) => return Err(InvalidAnswer::Unreached),
        Some(status) => return Err(InvalidAnswer::Status(status)),
        None => return Err(InvalidAnswer::Nothing),
    }
    let limits = Limits { bytes: MAX_ANSWER, ..Limits::default() };
    let document = Document::read(body, &limits, Tape::default()).map_err(InvalidAnswer::Json)?;
    let root = document.root();
    if let Some(asked) = evaluations {
        return super::evaluations::said(root, asked, origins, now);
    }
    let (permits, context) = if dialect == Dialect::Opa { opa::said(root)? } else { authzen::said(root)? };
    let terms = context.map(|context| Terms::read(context, now)).unwrap_or_default();
    if permits {
        return Ok(Decision::Permit(terms));
    }
    Ok(match context.and_then(|context| approval(context, origins)) {
        Some(approval) => Decision::Deny(Denied::Unapproved(approval), terms),
        None => Decision::Deny(Denied::Finally, terms),
    })
}

/// How the body begins that Envoy makes up where there was no connection, or one that ended before an answer began
/// (`source/common/router/router.cc`, `Filter::onUpstreamReset`). Nothing else tells such a 503 from one of the service's
/// own; a service that says the same is asked once more, and that is all.
pub(super) const UNREACHED: &[u8] = b"upstream connect error or disconnect/reset before headers";

impl InvalidAnswer {
    /// Whether the connection failed: then the question may be sent once more, since asking changes nothing.
    #[must_use]
    pub const fn lost(&self) -> bool {
        matches!(self, Self::Nothing | Self::Unreached)
    }

    /// Whether the service isn't there, as against one that is there and answers what can't be used. Of gRPC's errors these
    /// are UNKNOWN, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, INTERNAL, UNAVAILABLE and DATA_LOSS; the others say that the
    /// question was wrong, or whoever asked it.
    #[must_use]
    pub const fn outage(&self) -> bool {
        matches!(self, Self::Nothing | Self::Unreached | Self::Status(500..=599) | Self::Grpc(2 | 4 | 8 | 13..=15))
    }
}

/// `:status`; none where there was no answer at all, which the proxy reports as a head without any header.
fn status(head: &Head) -> Option<u16> {
    std::str::from_utf8(head.first(":status")?).ok()?.parse().ok()
}

/// How long the service lets an answer be used again (RFC 9111 section 5.2.2): none where it doesn't say, zero where
/// it says that it may not, or says something that isn't understood.
#[must_use]
pub fn freshness(head: &Head) -> Option<Duration> {
    let mut told = None;
    for value in head.all("cache-control") {
        let text = std::str::from_utf8(value).unwrap_or("no-store").to_ascii_lowercase();
        for directive in text.split(',').map(str::trim) {
            let age = match directive.split_once('=') {
                Some(("max-age", seconds)) => seconds.trim_matches('"').parse().map_or(0, |seconds: u64| seconds),
                _ if matches!(directive, "no-store" | "no-cache") => 0,
                _ => continue,
            };
            told = Some(told.map_or(age, |other: u64| other.min(age)));
        }
    }
    told.map(Duration::from_secs)
}

impl From<InvalidAnswer> for Refusal {
    fn from(invalid: InvalidAnswer) -> Self {
        let reason = match invalid {
            InvalidAnswer::Nothing | InvalidAnswer::Unreached => return Reason::DecisionUnavailable.into(),
            InvalidAnswer::Status(_) | InvalidAnswer::Grpc(_) => Reason::DecisionUnavailable,
            InvalidAnswer::Json(_) | InvalidAnswer::NoDecision | InvalidAnswer::NoResult | InvalidAnswer::NoMessage => {
                Reason::DecisionUnusable
            }
        };
        Self::new(reason, invalid.to_string())
    }
}

impl std::fmt::Display for InvalidAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Nothing => f.write_str("found no answer"),
            Self::Unreached => f.write_str("found no connection"),
            Self::Status(status) => write!(f, "found status {status}; a decision comes with 200"),
            Self::Json(invalid) => invalid.fmt(f),
            Self::NoDecision => f.write_str("found no boolean `decision` in its place in the answer"),
            Self::Grpc(status) => write!(f, "found status {status} of gRPC; a decision comes with 0"),
            Self::NoMessage => f.write_str("found no whole `CheckResponse` that says yes or no"),
            Self::NoResult => f.write_str("found neither a boolean `result` nor a boolean `allow` in it"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, body: &[u8]) -> Result<Decision, InvalidAnswer> {
        let head = Head::from_pairs([(":status", status.to_string())]);
        read_answer(Dialect::AuthZen, None, &head, body, &Origins(Vec::new()), Timestamp::from_secs(0))
    }

    fn read_opa(body: &str) -> Result<Decision, InvalidAnswer> {
        let head = Head::from_pairs([(":status", "200")]);
        read_answer(Dialect::Opa, None, &head, body.as_bytes(), &Origins(Vec::new()), Timestamp::from_secs(0))
    }

    #[test]
    fn opa_permits_with_a_boolean_alone_or_in_allow() {
        for permits in [r#"{"result": true}"#, r#"{"decision_id": "1", "result": {"allow": true, "reason": "x"}}"#] {
            assert_eq!(read_opa(permits), Ok(Decision::Permit(Terms::default())), "{permits}");
        }
        for denies in [r#"{"result": false}"#, r#"{"result": {"allow": false}}"#, "{}", r#"{"decision_id": "1"}"#] {
            assert_eq!(read_opa(denies), Ok(Decision::Deny(Denied::Finally, Terms::default())), "{denies}");
        }
        for neither in [
            "true",
            "[]",
            r#"{"result": "true"}"#,
            r#"{"result": 1}"#,
            r#"{"result": [true]}"#,
            r#"{"result": {}}"#,
            r#"{"result": {"allow": "true"}}"#,
            r#"{"result": null}"#,
            r#"{"result": false, "result": true}"#,
        ] {
            assert!(read_opa(neither).is_err(), "{neither}");
        }
        let obliged = read_opa(r#"{"result": {"allow": true, "obligations": [{"type": "watermark"}]}}"#);
        assert!(matches!(obliged, Ok(Decision::Permit(terms)) if !terms.unmet.is_empty()));
    }

    #[test]
    fn only_a_boolean_true_with_status_200_permits() {
        assert_eq!(read(200, br#"{"decision":true}"#), Ok(Decision::Permit(Terms::default())));
        assert_eq!(
            read(200, br#"{"decision":false,"context":{}}"#),
            Ok(Decision::Deny(Denied::Finally, Terms::default()))
        );
        for (status, body) in [
            (500, &br#"{"decision":true}"#[..]),
            (204, b""),
            (200, b""),
            (200, b"true"),
            (200, br#"{"decision":"true"}"#),
            (200, br#"{"decision":1}"#),
            (200, br#"{"Decision":true}"#),
            (200, br#"{"context":{"decision":true}}"#),
            (200, br#"[{"decision":true}]"#),
            (200, br#"{"decision":false,"decision":true}"#),
            (200, br#"{"decision":true} trailing"#),
        ] {
            assert!(read(status, body).is_err(), "{status} {}", String::from_utf8_lossy(body));
        }
    }

    #[test]
    fn an_outage_is_told_from_an_answer_that_can_not_be_used() {
        let unreached = [UNREACHED, b". reset reason: remote connection failure"].concat();
        let (nobody, now) = (Origins(Vec::new()), Timestamp::from_secs(0));
        let nothing = read_answer(Dialect::AuthZen, None, &Head::default(), b"", &nobody, now);
        for (answer, lost, outage) in [
            (nothing, true, true),
            (read(503, &unreached), true, true),
            (read(503, b"we are busy"), false, true),
            (read(504, b"upstream request timeout"), false, true),
            (read(302, b""), false, false),
            (read(401, b""), false, false),
            (read(200, &unreached), false, false),
        ] {
            let invalid = answer.unwrap_err();
            assert_eq!((invalid.lost(), invalid.outage()), (lost, outage), "{invalid:?}");
        }
    }

    #[test]
    fn an_answer_beyond_the_bound_is_not_read() {
        let body = [br#"{"decision":true,"padding":""#, "x".repeat(MAX_ANSWER).as_bytes(), br#""}"#].concat();
        assert!(matches!(read(200, &body), Err(InvalidAnswer::Json(_))));
    }

    #[test]
    fn the_shortest_time_that_is_told_counts() {
        let told = |values: &[&str]| freshness(&Head::from_pairs(values.iter().map(|value| ("Cache-Control", *value))));
        assert_eq!(told(&[]), None);
        assert_eq!(told(&["private"]), None);
        assert_eq!(told(&["private, max-age=30"]), Some(Duration::from_secs(30)));
        assert_eq!(told(&["max-age=30", "Max-Age=\"5\""]), Some(Duration::from_secs(5)));
        assert_eq!(told(&["max-age=30, no-store"]), Some(Duration::ZERO));
        assert_eq!(told(&["max-age=-1"]), Some(Duration::ZERO));
    }
}
