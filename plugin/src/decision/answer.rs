//! What counts as an answer of the decision service, and what it says.

use std::time::Duration;

use super::access::{Origins, approval};
use super::{Decision, Denied, Terms};
use crate::head::Head;
use crate::json::{Document, InvalidJson, Limits, Tape, Value};
use crate::reason::{Reason, Refusal};
use crate::time::Timestamp;

/// Decisions with their context are small; a service that sends more has another problem.
pub const MAX_ANSWER: usize = 64 * 1024;

/// An answer that can't be used: the status is not 200, or the body is not a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvalidAnswer {
    /// There was none.
    Nothing,
    /// 4xx and 5xx are errors, never decisions (AuthZEN 1.0 section 7.1.3).
    Status(u16),
    /// Not JSON with one meaning.
    Json(InvalidJson),
    /// No boolean `decision` at the top.
    NoDecision,
}

/// Reads an answer. Only status 200 with a boolean `decision` is one. `origins` are the places that a person may be
/// sent to for approval.
///
/// # Errors
/// When it is none.
pub fn read_answer(head: &Head, body: &[u8], origins: &Origins, now: Timestamp) -> Result<Decision, InvalidAnswer> {
    match status(head) {
        Some(200) => {}
        Some(status) => return Err(InvalidAnswer::Status(status)),
        None => return Err(InvalidAnswer::Nothing),
    }
    let limits = Limits { bytes: MAX_ANSWER, ..Limits::default() };
    let document = Document::read(body, &limits, Tape::default()).map_err(InvalidAnswer::Json)?;
    let root = document.root();
    let context = root.get("context");
    let terms = context.map(|context| Terms::read(context, now)).unwrap_or_default();
    match root.get("decision").and_then(Value::as_bool) {
        Some(true) => Ok(Decision::Permit(terms)),
        Some(false) => Ok(match context.and_then(|context| approval(context, origins)) {
            Some(approval) => Decision::Deny(Denied::Unapproved(approval), terms),
            None => Decision::Deny(Denied::Finally, terms),
        }),
        None => Err(InvalidAnswer::NoDecision),
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
            InvalidAnswer::Nothing => return Reason::DecisionUnavailable.into(),
            InvalidAnswer::Status(_) => Reason::DecisionUnavailable,
            InvalidAnswer::Json(_) | InvalidAnswer::NoDecision => Reason::DecisionUnusable,
        };
        Self::new(reason, invalid.to_string())
    }
}

impl std::fmt::Display for InvalidAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Nothing => f.write_str("found no answer"),
            Self::Status(status) => write!(f, "found status {status}; a decision comes with 200"),
            Self::Json(invalid) => invalid.fmt(f),
            Self::NoDecision => f.write_str("found no boolean `decision` at the top of the answer"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, body: &[u8]) -> Result<Decision, InvalidAnswer> {
        let head = Head::from_pairs([(":status", status.to_string())]);
        read_answer(&head, body, &Origins(Vec::new()), Timestamp::from_secs(0))
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
