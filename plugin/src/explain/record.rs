//! An audit record, opened: "why was this denied?", for `toolgate explain` and for the playground.
//!
//! Both show an [`OpenedRecord`] as it is and add nothing, so they can't disagree. A record is taken for what it says: one of another
//! version of the filter may lack a member, or have one that isn't known here.

use std::fmt;

use serde::Serialize;
use serde_json::{Value, json};

use super::record_steps::{Members, RecordStep, State, harmless, steps};
use crate::audit::MARK;
use crate::reason::Reason;

/// What an audit record tells.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OpenedRecord {
    /// `forward` or `reject`: what the filter did, or in shadow mode would have done.
    pub verdict: &'static str,
    /// The same in words.
    pub title: &'static str,
    /// Its ground, in one sentence.
    pub why: String,
    /// What it says of each step on the request's way.
    pub steps: Vec<RecordStep>,
    /// The call to begin with for whoever wants it explained anew: its arguments stand in no record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call: Option<Value>,
}

impl OpenedRecord {
    /// The record in a line of the proxy's log, or by itself; none where there is none.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let json = text.split_once(MARK).map_or(text, |(_, json)| json);
        // A format of the proxy's log may put something behind its messages: only the first value counts.
        let record: Value = serde_json::Deserializer::from_str(json).into_iter().next()?.ok()?;
        let record = Members(&record);
        // What distinguishes it from a call, or from whatever else is JSON.
        let (Some(_), Some(verdict)) = (record.text("/decision_id"), record.text("/verdict")) else { return None };
        let code = record.text("/reason");
        let reason = code.as_deref().and_then(|code| Reason::ALL.iter().find(|reason| reason.code() == code));
        let (outcome, title) = match (verdict.as_str(), record.found_no_room()) {
            ("forward", _) => ("forward", "Was forwarded"),
            ("would_reject", false) => ("reject", "Would be rejected (shadow mode: it went on)"),
            ("would_reject", true) => {
                ("reject", "Would be rejected; in shadow mode it went on, and the server answered 413")
            }
            ("needs_approval", _) => ("reject", "Was rejected: a person has to approve it first"),
            _ => ("reject", "Was rejected"),
        };
        Some(Self {
            verdict: outcome,
            title,
            why: ground(record, reason.copied()),
            steps: steps(record, reason.copied()),
            call: call(record),
        })
    }
}

/// Why, in one sentence.
fn ground(record: Members<'_>, reason: Option<Reason>) -> String {
    match (record.text("/reason"), record.text("/rule"), record.text("/detail")) {
        (Some(code), _, detail) => {
            let meaning = reason.map_or_else(|| format!("`{code}`, which isn't known here"), |it| it.text().to_owned());
            detail.map_or_else(|| meaning.clone(), |detail| format!("{meaning}: {detail}"))
        }
        (None, Some(rule), _) => format!("rule `{rule}` allows it"),
        (None, None, _) => "part of the protocol, nothing to decide".into(),
    }
}

/// The call that a record tells of, as far as it does.
fn call(record: Members<'_>) -> Option<Value> {
    let (agent, tool) = (record.raw("/agent")?, record.raw("/tool")?);
    let is_mcp = record.raw("/protocol").is_none_or(|protocol| protocol == "mcp");
    let claims = json!({"iss": record.raw("/issuer"), "client_id": agent, "sub": record.raw("/user").unwrap_or(agent)});
    is_mcp.then(|| json!({"claims": claims, "tool": tool, "arguments": {}}))
}

impl fmt::Display for OpenedRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.title, self.why)?;
        for RecordStep { question, state, said, facts, risk } in &self.steps {
            writeln!(f, "  {} {question}", state.mark())?;
            if *state == State::Unreached {
                continue;
            }
            for line in said {
                writeln!(f, "      {line}")?;
            }
            for (name, value) in facts {
                writeln!(f, "      {name:<12} {value}")?;
            }
            let Some(risk) = risk else { continue };
            writeln!(f, "      {}, {} of 100", risk.level, risk.score)?;
            for finding in &risk.findings {
                let place = if finding.pointer.is_empty() { "/" } else { &finding.pointer };
                writeln!(f, "      {} at {place}: {}", finding.code, finding.detail)?;
            }
        }
        match &self.call {
            Some(call) => {
                let call = harmless(&call.to_string());
                writeln!(f, "  try it  {call}\n          with its arguments: the record has their digest only")
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(record: &Value) -> OpenedRecord {
        OpenedRecord::read(&record.to_string()).unwrap_or_else(|| panic!("no record: {record}"))
    }

    fn denied() -> Value {
        json!({
            "time": "2026-03-01T12:00:00.000Z", "decision_id": "d1", "policy_version": "v12", "mode": "enforce",
            "issuer": "https://idp.example.com", "agent": "support-agent", "user": "ann", "actors": ["support-agent", "planner"],
            "server": "crm", "protocol": "mcp", "method": "tools/call", "tool": "crm.export", "action": "export",
            "action_source": "name", "rule": "no-bulk-export", "asked": false, "verdict": "reject", "reason": "policy.denied",
            "detail": "agents may not export", "status": 403, "durations": {"held_ms": 2},
            "risk": {"level": "high", "score": 70, "findings": [{"code": "rows.absent", "pointer": "", "detail": "no limit"}]},
        })
    }

    fn state(opened: &OpenedRecord, question: &str) -> State {
        opened.steps.iter().find(|step| step.question == question).unwrap().state
    }

    #[test]
    fn a_refusal_is_told_at_the_step_where_it_happened() {
        let told = opened(&denied());
        assert_eq!((told.verdict, told.title), ("reject", "Was rejected"));
        assert_eq!(told.why, "denied by policy: agents may not export");
        assert_eq!(state(&told, "Whose token is this?"), State::Done);
        assert_eq!(state(&told, "May it?"), State::Refused);
        let text = told.to_string();
        for part in
            ["support-agent → planner", "no-bulk-export", "high, 70 of 100", "rows.absent at /: no limit", "403"]
        {
            assert!(text.contains(part), "{part}\n{text}");
        }
        assert_eq!(told.call.unwrap()["claims"]["sub"], "ann");
    }

    #[test]
    fn what_was_not_reached_is_not_told_as_done() {
        let record = json!({"decision_id": "d", "verdict": "reject", "reason": "token.expired", "unverified": {
            "issuer": "https://idp.example.com", "agent_digest": "sha256:0", "token_digest": "sha256:1"}});
        let told = opened(&record);
        assert_eq!(state(&told, "Whose token is this?"), State::Refused);
        assert_eq!(state(&told, "May it?"), State::Unreached);
        assert!(told.to_string().contains("may have made it up"), "{told}");
        assert_eq!(told.call, None);
    }

    #[test]
    fn shadow_mode_says_what_really_happened() {
        let mut record = denied();
        record["verdict"] = "would_reject".into();
        record["status"] = 200.into();
        assert_eq!(opened(&record).title, "Would be rejected (shadow mode: it went on)");
        record["reason"] = "body.too_large".into();
        record["status"] = 413.into();
        assert!(opened(&record).title.contains("the server answered 413"));
    }

    #[test]
    fn the_record_is_found_in_a_line_of_the_log_whatever_stands_around_it() {
        let alone = opened(&denied());
        let line =
            format!("[2026-03-01 12:00:00.000][17][warning][wasm] wasm log toolgate: {MARK}{} [x.cc:38]", denied());
        assert_eq!(OpenedRecord::read(&line), Some(alone));
        for other in [
            "",
            "{",
            "[1]",
            "toolgate audit {\"decision_id\":\"d\"",
            r#"{"claims":{},"tool":"t"}"#,
            r#"{"decision_id":7}"#,
        ] {
            assert_eq!(OpenedRecord::read(other), None, "{other}");
        }
    }

    #[test]
    fn a_record_of_a_newer_filter_is_read_as_far_as_it_is_known() {
        let mut record = denied();
        record["reason"] = "weather.bad".into();
        record["risk"] = "high".into();
        record["new"] = json!({"a": [1]});
        let told = opened(&record);
        assert_eq!(told.why, "`weather.bad`, which isn't known here: agents may not export");
        assert!(told.to_string().contains("weather.bad"), "{told}");
    }

    #[test]
    fn nothing_in_a_record_moves_the_readers_cursor_or_turns_a_line_around() {
        let mut record = denied();
        for place in ["tool", "agent", "detail", "rule"] {
            record[place] = "x\u{1b}[2J\r\n  ✓ May it?\u{202e}y".into();
        }
        record["risk"]["findings"][0]["pointer"] = "/\u{7}".into();
        let text = opened(&record).to_string();
        let moves = |letter: char| (letter.is_control() && letter != '\n') || letter == '\u{202e}';
        assert!(!text.contains(moves), "{text:?}");
        assert!(text.contains(r"x\u001b[2J\u000d\u000a"), "{text:?}");
        assert!(!text.contains("\n  ✓ May it?\n"), "no line can be made up: {text}");
    }
}
