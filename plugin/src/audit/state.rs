//! What the proxy's own access log can be told: the verdict, in filter state.
//!
//! A key `toolgate.verdict` here is `%FILTER_STATE(wasm.toolgate.verdict:PLAIN)%` in a format of Envoy's access log. The
//! values are encoded as in headers, so that none breaks a log that is no JSON.

use std::borrow::Cow;

use super::Record;
use super::headers::encode;

/// The keys and values of a judged request; a key that has no value is left out.
pub fn filter_state(record: &Record) -> impl Iterator<Item = (&'static str, Cow<'_, str>)> {
    let agent = record.agent.as_ref().map(|agent| &*agent.0);
    let values = [
        ("toolgate.decision_id", Some(record.decision_id.as_str())),
        ("toolgate.verdict", Some(record.verdict.name())),
        ("toolgate.reason", record.reason.map(crate::reason::Reason::code)),
        ("toolgate.rule", record.rule.as_deref()),
        ("toolgate.agent", agent.map(|agent| agent.id.as_str())),
        ("toolgate.user", agent.and_then(|agent| agent.user.as_deref())),
        ("toolgate.tool", record.tool.as_deref()),
        ("toolgate.action", record.action),
        ("toolgate.risk", record.risk.as_ref().map(|risk| risk.level)),
    ];
    values.into_iter().filter_map(|(key, value)| Some((key, encode(value?))))
}
