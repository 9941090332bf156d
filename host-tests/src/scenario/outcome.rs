//! What came of a request, as those around the filter saw it: the same in every lane.

use std::time::Duration;

use serde_json::Value;

use super::message::Pairs;

/// What came of one request.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// What the client received.
    pub client: Response,
    /// What the upstream received, if anything.
    pub upstream: Option<Arrival>,
    /// What the decision service was asked.
    pub questions: Vec<Question>,
    /// The audit records, in the order written: one, if all is well.
    pub audit: Vec<Value>,
    /// The claims of the assertion that the upstream got, `false` where it got none though one is configured, or why nobody
    /// should believe it.
    pub assertion: Option<Result<Value, String>>,
    /// All lines that were logged meanwhile, where the lane has a log.
    pub log: Vec<String>,
}

/// Logs are searched, not compared: they may tell of every piece in which a body came.
impl PartialEq for Outcome {
    fn eq(&self, other: &Self) -> bool {
        // An assertion stands in a header of the upstream too.
        let Self { client, upstream, questions, audit, assertion: _, log: _ } = self;
        *client == other.client && *upstream == other.upstream && *questions == other.questions && *audit == other.audit
    }
}

/// What the client received.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Headers, but for those that belong to the gateway or to a hop.
    pub headers: Pairs,
    /// The body.
    pub body: Vec<u8>,
}

/// What the upstream received.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrival {
    /// The HTTP method.
    pub method: String,
    /// The path, with its query.
    pub path: String,
    /// Headers, but for those that belong to the gateway or to a hop.
    pub headers: Pairs,
    /// The body.
    pub body: Vec<u8>,
    /// Trailers.
    pub trailers: Pairs,
}

/// What the decision service received.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Question {
    /// The HTTP method.
    pub method: String,
    /// The path.
    pub path: String,
    /// `host` or `:authority`
    pub authority: String,
    /// Headers, but for those that belong to the gateway or to a hop.
    pub headers: Pairs,
    /// The body; null where it isn't JSON.
    pub body: Value,
}

/// Headers that the gateway, an HTTP library or a hop adds, and that say nothing about the filter.
const OF_THE_HOP: &[&str] = &[
    "connection",
    "content-length",
    "date",
    "host",
    "keep-alive",
    "server",
    "te",
    "trailer",
    "transfer-encoding",
    "via",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-request-id",
];

/// Without the headers that say nothing about the filter; names in lower case, in a fixed order.
#[must_use]
pub fn telling(headers: impl IntoIterator<Item = (String, Vec<u8>)>) -> Pairs {
    let mut told: Pairs = headers.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
    told.retain(|(name, _)| {
        !name.starts_with(':') && !name.starts_with("x-envoy-") && !OF_THE_HOP.contains(&name.as_str())
    });
    told.sort_by(|(a, _), (b, _)| a.cmp(b));
    told
}

/// The same for a call that the filter makes: there `x-request-id` is its own.
#[must_use]
pub fn telling_of_call(headers: impl IntoIterator<Item = (String, Vec<u8>)>) -> Pairs {
    let (ids, others): (Pairs, Pairs) =
        headers.into_iter().partition(|(name, _)| name.eq_ignore_ascii_case("x-request-id"));
    let mut told = telling(others);
    told.extend(ids);
    told
}

/// What of an outcome no scenario can foretell: ids are drawn, and it is run at any hour.
#[derive(Clone, Debug, Default)]
pub struct Unforeseeable {
    ids: Vec<String>,
}

impl Unforeseeable {
    /// Replaces in `outcome` what can't be foretold by what it stands for. An id keeps its name over all steps of a
    /// scenario, so that two that should be one stay visibly different.
    #[must_use]
    pub fn named(&mut self, mut outcome: Outcome, now: Duration) -> Outcome {
        let recorded = outcome.audit.iter().filter_map(|record| record.get("decision_id")?.as_str());
        let told = outcome.client.headers.iter().filter(|(name, _)| name == "x-agent-decision-id");
        let told = told.filter_map(|(_, value)| std::str::from_utf8(value).ok());
        for id in recorded.chain(told).map(String::from).collect::<Vec<_>>() {
            if !id.is_empty() && !self.ids.contains(&id) {
                self.ids.push(id);
            }
        }
        let header = |pairs: &mut Pairs| pairs.iter_mut().for_each(|(_, value)| *value = self.bytes(value));
        header(&mut outcome.client.headers);
        for (_, nonce) in outcome.client.headers.iter_mut().filter(|(name, _)| name == "dpop-nonce") {
            *nonce = b"<nonce>".to_vec();
        }
        if let Some(arrival) = &mut outcome.upstream {
            header(&mut arrival.headers);
        }
        if let Some(Ok(claims)) = &mut outcome.assertion {
            self.value(claims, now);
        }
        for question in &mut outcome.questions {
            header(&mut question.headers);
            self.value(&mut question.body, now);
        }
        outcome.client.body = self.bytes(&outcome.client.body);
        for record in &mut outcome.audit {
            // A document holds the time at which it was signed, and so does the digest by which a token names it.
            if let Some(task) =
                record.get_mut("task").filter(|task| task.as_str().is_some_and(|it| it.starts_with("sha-256:")))
            {
                *task = "<digest of the document>".into();
            }
            // A token holds the time at which it was minted, and most signatures are never the same twice.
            if let Some(digest) = record.pointer_mut("/unverified/token_digest").filter(|digest| is_digest(digest)) {
                *digest = "<digest of the token>".into();
            }
            self.value(record, now);
        }
        outcome
    }

    fn bytes(&self, bytes: &[u8]) -> Vec<u8> {
        match std::str::from_utf8(bytes) {
            Ok(text) => self.text(text).into_bytes(),
            Err(_) => bytes.into(),
        }
    }

    fn text(&self, text: &str) -> String {
        (1..).zip(&self.ids).fold(text.into(), |text, (number, id)| text.replace(id, &format!("<decision {number}>")))
    }

    fn value(&self, value: &mut Value, now: Duration) {
        match value {
            Value::String(text) => *text = self.text(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item, now)),
            Value::Object(fields) => {
                for (name, field) in fields.iter_mut() {
                    if name == "time" && is_about(field, now) {
                        *field = "<now>".into();
                    }
                    self.value(field, now);
                }
            }
            _ => {}
        }
    }
}

/// `sha256:` or `hmac-sha256:`, and 16 bytes in hex.
fn is_digest(value: &Value) -> bool {
    let hex = value.as_str().and_then(|text| text.strip_prefix("hmac-").unwrap_or(text).strip_prefix("sha256:"));
    hex.is_some_and(|hex| hex.len() == 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Clocks of this machine, and the time a scenario takes.
pub(super) const ABOUT: u64 = 30;

/// Whether `time` (RFC 3339, or seconds or milliseconds since the epoch) is `now`.
fn is_about(time: &Value, now: Duration) -> bool {
    let seconds = match time {
        Value::Number(number) => {
            number.as_u64().map(|number| if number > 100_000_000_000 { number / 1000 } else { number })
        }
        Value::String(text) => humantime::parse_rfc3339(text)
            .ok()
            .and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok())
            .map(|since| since.as_secs()),
        _ => None,
    };
    seconds.is_some_and(|seconds| seconds.abs_diff(now.as_secs()) <= ABOUT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_id_keeps_its_name_and_another_gets_another() {
        let mut unforeseeable = Unforeseeable::default();
        let outcome = |id: &str, other: &str| Outcome {
            client: Response {
                status: 200,
                headers: vec![("x-agent-decision-id".into(), other.into())],
                body: Vec::new(),
            },
            audit: vec![json!({"decision_id": id, "time": 1_000_000_000})],
            ..Outcome::default()
        };
        let now = Duration::from_secs(1_000_000_007);
        let first = unforeseeable.named(outcome("aaaa", "aaaa"), now);
        assert_eq!(first.client.headers[0].1, b"<decision 1>");
        assert_eq!(first.audit[0], json!({"decision_id": "<decision 1>", "time": "<now>"}));
        let second = unforeseeable.named(outcome("bbbb", "aaaa"), now);
        assert_eq!(second.client.headers[0].1, b"<decision 1>", "of another request: shows as such");
        assert_eq!(second.audit[0]["decision_id"], "<decision 2>");
    }

    #[test]
    fn a_time_that_is_not_now_stays() {
        let now = Duration::from_secs(1_767_225_600);
        assert!(is_about(&json!("2026-01-01T00:00:10Z"), now));
        assert!(is_about(&json!(1_767_225_600_123_u64), now));
        assert!(!is_about(&json!("2026-01-01T01:00:00Z"), now));
    }
}
