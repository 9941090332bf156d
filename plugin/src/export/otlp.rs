//! OpenTelemetry logs over HTTP, in JSON (OTLP 1.x, `opentelemetry/proto/logs/v1/logs.proto` by the JSON mapping of
//! protobuf, with ids in hex).

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::audit::{Record, Verdict};

const START: &[u8] = br#"{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"toolgate"}}]},"scopeLogs":[{"scope":{"name":"toolgate.audit"},"logRecords":["#;
const END: &[u8] = b"]}]}]}";

/// A record as one `LogRecord`: the audit record itself is its body, as the line `json` that the log gets too. The decision
/// id is its uid.
///
/// # Errors
/// None that is known of: nothing in it can't be written.
pub fn encode(record: &Record, json: &str) -> serde_json::Result<Vec<u8>> {
    let (severity_number, severity_text) = match record.verdict {
        Verdict::Forward => (9, "INFO"),
        Verdict::Reject | Verdict::WouldReject | Verdict::NeedsApproval => (13, "WARN"),
    };
    let trace = record.trace.map(|trace| trace.0);
    serde_json::to_vec(&LogRecord {
        time_unix_nano: Nanos(record.time.as_millis()),
        severity_number,
        severity_text,
        event_name: "toolgate.judged",
        body: Text { string_value: json },
        attributes: [Attribute { key: "log.record.uid", value: Text { string_value: &record.decision_id } }],
        trace_id: trace.map(|trace| trace.trace_id()),
        span_id: trace.map(|trace| trace.span_id()),
    })
}

/// An `ExportLogsServiceRequest` of these.
pub(super) fn request<'r>(records: impl Iterator<Item = &'r Vec<u8>>) -> Vec<u8> {
    let mut body = START.to_vec();
    for (number, record) in records.enumerate() {
        if number > 0 {
            body.push(b',');
        }
        body.extend_from_slice(record);
    }
    body.extend_from_slice(END);
    body
}

/// How many records of a batch the collector didn't want (`ExportLogsPartialSuccess`).
pub(super) fn rejected(body: &[u8]) -> u64 {
    let answer: Value = serde_json::from_slice(body).unwrap_or_default();
    match answer.pointer("/partialSuccess/rejectedLogRecords") {
        Some(Value::String(count)) => count.parse().unwrap_or(0),
        Some(count) => count.as_u64().unwrap_or(0),
        None => 0,
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogRecord<'a> {
    time_unix_nano: Nanos,
    severity_number: u8,
    severity_text: &'a str,
    event_name: &'a str,
    body: Text<'a>,
    attributes: [Attribute<'a>; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    span_id: Option<String>,
}

#[derive(Serialize)]
struct Attribute<'a> {
    key: &'a str,
    value: Text<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Text<'a> {
    string_value: &'a str,
}

/// Milliseconds; written as nanoseconds, in a text since JSON's numbers are too small for them.
struct Nanos(u64);

impl Serialize for Nanos {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{}000000", self.0))
    }
}
