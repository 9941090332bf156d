//! Whether an outcome is what its scenario expects: all that differs, in words.

use serde_json::Value;

use super::format::{Expect, ExpectedField, Seen, Step};
use super::message::{Message, Pairs};
use super::outcome::Outcome;

/// What differs from what `step` expects; nothing if all is well. `sent` is what the client sent.
#[must_use]
pub fn differences(step: &Step, sent: &Message, outcome: &Outcome) -> Vec<String> {
    let expect = &step.expect;
    let mut found = Differences::default();
    found.same("forwarded", &expect.forwarded, &outcome.upstream.is_some());
    found.same("times that the decision service was asked", &expect.asked, &outcome.questions.len());
    found.same("audit records", &usize::from(expect.audited), &outcome.audit.len());
    let status = expect.status.or_else(|| expect.forwarded.then_some(step.upstream.status));
    if let Some(status) = status {
        found.same("status", &status, &outcome.client.status);
    }
    found.reason(expect, outcome);
    found.seen("client", &expect.client, &outcome.client.headers, &outcome.client.body, sent);
    if let Some(arrival) = &outcome.upstream {
        found.seen("upstream", &expect.upstream, &arrival.headers, &arrival.body, sent);
        found.no_agent_in_trailers(&arrival.trailers);
    }
    found.assertion(expect.assertion.as_ref(), outcome);
    if let Some(question) = outcome.questions.first() {
        let body = question.body.to_string();
        found.seen("decision service", &expect.service, &question.headers, body.as_bytes(), sent);
    }
    if let Some(wanted) = &expect.question {
        let asked = outcome.questions.first().map_or(Value::Null, |question| question.body.clone());
        found.holds("question", wanted, &asked);
    }
    for record in &outcome.audit {
        found.whole(record, outcome.client.status);
    }
    if let Some(wanted) = &expect.audit {
        found.holds("audit", wanted, &outcome.audit.first().cloned().unwrap_or_default());
    }
    found.0
}

#[derive(Default)]
struct Differences(Vec<String>);

impl Differences {
    fn same<T: PartialEq + std::fmt::Display>(&mut self, what: &str, wanted: &T, found: &T) {
        if wanted != found {
            self.0.push(format!("{what}: expected `{wanted}`, found `{found}`"));
        }
    }

    /// The reason stands in the audit record, and on what the client gets if it is refused.
    fn reason(&mut self, expect: &Expect, outcome: &Outcome) {
        let recorded = outcome.audit.first().and_then(|record| record.get("reason")?.as_str()).unwrap_or_default();
        let wanted = expect.reason.as_deref().unwrap_or_default();
        if expect.audited {
            self.same("audit reason", &wanted, &recorded);
        }
        if !expect.forwarded {
            let told = only(&outcome.client.headers, "x-agent-reason").unwrap_or_default();
            self.same("x-agent-reason", &wanted, &told.as_str());
        }
    }

    /// No expectation has to say it: where assertions are configured there is one, and it holds.
    fn assertion(&mut self, wanted: Option<&Value>, outcome: &Outcome) {
        let some = Value::Object(serde_json::Map::new());
        match &outcome.assertion {
            Some(Ok(claims)) => self.holds("assertion", wanted.unwrap_or(&some), claims),
            Some(Err(why)) => self.0.push(format!("assertion: {why}")),
            None if wanted.is_some() => {
                self.0.push("assertion: the upstream gets none under this configuration".into())
            }
            None => {}
        }
    }

    /// No expectation has to say it: a record knows what came of its request, and how long that took.
    fn whole(&mut self, record: &Value, status: u16) {
        let told = record.get("status").cloned().unwrap_or_default();
        self.same("status in the audit record", &Value::from(status), &told);
        if !record.pointer("/durations/held_ms").is_some_and(Value::is_u64) {
            self.0.push("durations in the audit record: found no `held_ms`".into());
        }
    }

    fn seen(&mut self, who: &str, wanted: &Seen, headers: &Pairs, body: &[u8], sent: &Message) {
        for (name, field) in &wanted.headers {
            let found: Vec<_> = headers.iter().filter(|(found, _)| found.eq_ignore_ascii_case(name)).collect();
            let shown: Vec<_> = found.iter().map(|(_, value)| printable(value)).collect();
            let right = match field {
                ExpectedField::Value(value) => shown == [value.as_str()],
                ExpectedField::Present(present) => *present != shown.is_empty(),
            };
            if !right {
                let wanted = match field {
                    ExpectedField::Value(value) => format!("`{value}`"),
                    ExpectedField::Present(true) => "some value".into(),
                    ExpectedField::Present(false) => "none".into(),
                };
                self.0.push(format!("{who} header `{name}`: expected {wanted}, found {shown:?}"));
            }
        }
        if let Some(text) = &wanted.text {
            self.same(&format!("{who} body"), text, &printable(body));
        }
        if let Some(json) = &wanted.json {
            let found = serde_json::from_slice(body).unwrap_or_default();
            self.holds(&format!("{who} body"), json, &found);
        }
        if wanted.unchanged && body != sent.body.as_deref().unwrap_or_default() {
            self.0.push(format!("{who} body: expected what the client sent, found `{}`", printable(body)));
        }
    }

    /// No expectation has to say it: nothing may pose as the gate's own word, wherever it stands.
    fn no_agent_in_trailers(&mut self, trailers: &Pairs) {
        for (name, _) in trailers.iter().filter(|(name, _)| name.to_ascii_lowercase().starts_with("x-agent-")) {
            self.0.push(format!("upstream trailers: `{name}` came through"));
        }
    }

    /// Every member of `wanted` is in `found`; lists have the same length; `<absent>` is a member that isn't there.
    fn holds(&mut self, place: &str, wanted: &Value, found: &Value) {
        match (wanted, found) {
            (Value::Object(wanted), Value::Object(found)) => {
                for (name, value) in wanted {
                    let place = format!("{place}/{name}");
                    match found.get(name) {
                        Some(_) if value == ABSENT => {
                            self.0.push(format!("{place}: expected nothing, found something"))
                        }
                        None if value == ABSENT => {}
                        Some(inner) => self.holds(&place, value, inner),
                        None => self.0.push(format!("{place}: expected `{value}`, found nothing")),
                    }
                }
            }
            (Value::Array(wanted), Value::Array(found)) if wanted.len() == found.len() => {
                for (index, (wanted, found)) in wanted.iter().zip(found).enumerate() {
                    self.holds(&format!("{place}/{index}"), wanted, found);
                }
            }
            _ if wanted == found => {}
            _ => self.0.push(format!("{place}: expected `{wanted}`, found `{found}`")),
        }
    }
}

/// TOML has no null: this text as an expected value means that the member must not be there.
const ABSENT: &str = "<absent>";

fn only(headers: &Pairs, name: &str) -> Option<String> {
    let mut values = headers.iter().filter(|(found, _)| found == name);
    let first = values.next()?;
    values.next().is_none().then(|| printable(&first.1))
}

/// Bytes for a person: UTF-8 as it is, anything else escaped.
#[must_use]
pub fn printable(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => bytes.escape_ascii().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn differs(wanted: Value, found: Value) -> Vec<String> {
        let mut differences = Differences::default();
        differences.holds("x", &wanted, &found);
        differences.0
    }

    #[test]
    fn more_members_than_expected_are_fine_but_not_more_items() {
        assert!(differs(json!({"a": [{"b": 1}]}), json!({"a": [{"b": 1, "c": 2}], "d": 3})).is_empty());
        assert_eq!(differs(json!({"a": [1]}), json!({"a": [1, 2]})), ["x/a: expected `[1]`, found `[1,2]`"]);
        assert_eq!(differs(json!({"a": 1}), json!({})), ["x/a: expected `1`, found nothing"]);
    }

    #[test]
    fn what_must_be_absent_may_not_be_there() {
        assert!(differs(json!({"a": "<absent>"}), json!({"b": 1})).is_empty());
        assert_eq!(differs(json!({"a": "<absent>"}), json!({"a": null})).len(), 1);
    }
}
