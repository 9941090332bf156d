//! What a record says of each step on its request's way.

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::told::known_from;
use crate::reason::Reason;

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecordStep {
    /// What is asked at it.
    pub question: &'static str,
    /// How it ended.
    pub state: State,
    /// Sentences.
    pub said: Vec<String>,
    /// Names and values.
    pub facts: Vec<(&'static str, String)>,
    /// How risky it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub risk: Option<RecordRisk>,
}

/// How risky an action was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are those of the record")]
pub struct RecordRisk {
    pub level: String,
    pub score: u64,
    pub findings: Vec<RecordFinding>,
}

/// One observed risk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are those of the record")]
pub struct RecordFinding {
    pub code: String,
    pub pointer: String,
    pub detail: String,
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It was passed.
    Done,
    /// The request was refused there.
    Refused,
    /// It was refused before, or there was nothing to be asked.
    Unreached,
}

impl State {
    /// As a list shows it.
    #[must_use]
    pub const fn mark(self) -> char {
        match self {
            Self::Done => '✓',
            Self::Refused => '✗',
            Self::Unreached => '·',
        }
    }
}

impl Serialize for State {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Unreached => "unreached",
        })
    }
}

/// The members of a record, by JSON pointer.
#[derive(Clone, Copy)]
pub(super) struct Members<'r>(pub(super) &'r Value);

impl<'r> Members<'r> {
    /// A text as it stands there.
    pub(super) fn raw(self, pointer: &str) -> Option<&'r str> {
        self.0.pointer(pointer)?.as_str()
    }

    /// What stands there, for a person's eyes; none where that is nothing, or has parts.
    pub(super) fn text(self, pointer: &str) -> Option<String> {
        match self.0.pointer(pointer)? {
            Value::String(text) if text.is_empty() => None,
            Value::String(text) => Some(harmless(text)),
            number_or_bool @ (Value::Number(_) | Value::Bool(_)) => Some(number_or_bool.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// The texts of a list, in one line.
    fn list(self, pointer: &str, between: &str) -> Option<String> {
        let texts: Vec<_> =
            self.0.pointer(pointer)?.as_array()?.iter().filter_map(Value::as_str).map(harmless).collect();
        (!texts.is_empty()).then(|| texts.join(between))
    }

    fn is(self, pointer: &str) -> bool {
        self.0.pointer(pointer) == Some(&Value::Bool(true))
    }

    /// Whether a body that would be refused for its size was answered 413 all the same, by the server behind: what the proxy has
    /// no room for is refused, and says so.
    pub(super) fn found_no_room(self) -> bool {
        self.raw("/reason") == Some(Reason::BodyTooLarge.code()) && self.text("/status").as_deref() == Some("413")
    }

    fn facts(self, wanted: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
        wanted.iter().filter_map(|(name, pointer)| Some((*name, self.text(pointer)?))).collect()
    }
}

/// A text of whoever sent the request, such that it can't move the cursor of the terminal that shows it, begin a line of its
/// own, or turn the direction of one: as JSON escapes such letters, so that JSON stays JSON.
pub(super) fn harmless(text: &str) -> String {
    let turns =
        |letter: char| matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() || turns(letter) {
            plain.push_str(&format!("\\u{:04x}", u32::from(letter)));
        } else {
            plain.push(letter);
        }
    }
    plain
}

/// At which of the steps a request was refused, by what its reason's code begins with. Whether a token goes far enough for an
/// action is asked once that is known.
fn place_of(code: &str, is_read: bool) -> usize {
    match code.split('.').next().unwrap_or_default() {
        "token" if is_read => 4,
        "token" => 0,
        "route" | "request" => 1,
        "body" | "rpc" | "operation" | "parameter" => 2,
        "policy" | "session" | "task" | "approval" | "decision" => 4,
        _ => 5,
    }
}

/// All of them, in the order in which a request takes them.
pub(super) fn steps(record: Members<'_>, reason: Option<Reason>) -> Vec<RecordStep> {
    let code = record.text("/reason");
    let refused_at = code.as_deref().map(|code| place_of(code, record.raw("/action").is_some()));
    let refusal = code.map(|code| {
        let meaning = reason.map_or_else(String::new, |reason| format!(" {}", reason.text()));
        let detail = record.text("/detail").map_or_else(String::new, |detail| format!(": {detail}"));
        format!("`{code}`{meaning}{detail}")
    });
    let told = [token(record), route(record), action(record), risk(record), verdict(record), outcome(record)];
    let steps = told.into_iter().enumerate().map(|(at, mut step)| {
        if refused_at == Some(at) {
            step.state = State::Refused;
            step.said.splice(0..0, refusal.clone());
        }
        step
    });
    steps.chain([about(record)]).collect()
}

fn step(question: &'static str, said: Vec<String>, facts: Vec<(&'static str, String)>) -> RecordStep {
    let state = if said.is_empty() && facts.is_empty() { State::Unreached } else { State::Done };
    RecordStep { question, state, said, facts, risk: None }
}

fn token(record: Members<'_>) -> RecordStep {
    let question = "Whose token is this?";
    if record.text("/agent").is_some() {
        let mut facts =
            record.facts(&[("agent", "/agent"), ("user", "/user"), ("tenant", "/tenant"), ("session", "/session")]);
        facts.extend(record.list("/actors", " → ").map(|actors| ("actors", actors)));
        facts.extend(record.facts(&[("task", "/task"), ("issuer", "/issuer"), ("its id", "/token_id")]));
        return step(question, Vec::new(), facts);
    }
    let facts = record.facts(&[
        ("issuer", "/unverified/issuer"),
        ("issuer", "/unverified/issuer_digest"),
        ("agent", "/unverified/agent_digest"),
        ("user", "/unverified/user_digest"),
        ("its id", "/unverified/token_id_digest"),
        ("key", "/unverified/key_id_digest"),
        ("the token", "/unverified/token_digest"),
    ]);
    let caution = "It says this of itself, and may have made it up (digests, but for an issuer that is yours):";
    let said = if facts.is_empty() { Vec::new() } else { vec![caution.to_owned()] };
    step(question, said, facts)
}

fn route(record: Members<'_>) -> RecordStep {
    let facts = record.facts(&[("server", "/server"), ("protocol", "/protocol"), ("method", "/method")]);
    let is_known = record.text("/server").is_some();
    let state = if is_known { State::Done } else { State::Unreached };
    RecordStep { state, ..step("Where does it go?", Vec::new(), facts) }
}

fn action(record: Members<'_>) -> RecordStep {
    let mut facts = record.facts(&[("action", "/action")]);
    facts.extend(record.text("/action_source").map(|source| ("known", known_from(&source).to_owned())));
    facts.extend(record.facts(&[("tool", "/tool")]));
    if let Some(kind) = record.text("/resource/type") {
        let id = record.text("/resource/id_digest").map_or_else(String::new, |id| format!(" {id}"));
        facts.push(("resource", format!("{kind}{id}")));
    }
    facts.extend(record.facts(&[("parameters", "/parameters_digest")]));
    let passes = facts.is_empty() && record.text("/reason").is_none();
    let said = passes.then(|| "Part of the protocol: nothing to decide.".to_owned());
    step("What would it do?", said.into_iter().collect(), facts)
}

fn risk(record: Members<'_>) -> RecordStep {
    let question = "How risky is that?";
    let Some(level) = record.text("/risk/level") else { return step(question, Vec::new(), Vec::new()) };
    let found = record.0.pointer("/risk/findings").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let findings = found.iter().map(Members).map(|finding| RecordFinding {
        code: finding.text("/code").unwrap_or_default(),
        pointer: finding.text("/pointer").unwrap_or_default(),
        detail: finding.text("/detail").unwrap_or_default(),
    });
    let score = record.0.pointer("/risk/score").and_then(Value::as_u64).unwrap_or_default();
    let risk = RecordRisk { level, score, findings: findings.collect() };
    RecordStep { state: State::Done, risk: Some(risk), ..step(question, Vec::new(), Vec::new()) }
}

fn verdict(record: Members<'_>) -> RecordStep {
    let mut said = Vec::new();
    if record.is("/asked") {
        said.push("The decision service was asked.".to_owned());
    }
    if let Some(why) = record.text("/undecided") {
        said.push(format!("There was no decision (`{why}`), and it went on without (`decision.on_error`)."));
    }
    if let (Some(rule), Some(effect)) = (record.text("/would/rule"), record.text("/would/effect")) {
        said.push(format!("If rules in shadow mode counted, `{rule}` would have decided: {effect}."));
    }
    if record.is("/credential") {
        said.push("A credential went upstream in place of the agent's token.".to_owned());
    }
    let mut facts = record.facts(&[("rule", "/rule")]);
    let lists = [("tags", "/tags"), ("narrowed", "/narrowed"), ("notes", "/notes")];
    facts.extend(lists.into_iter().filter_map(|(name, pointer)| Some((name, record.list(pointer, ", ")?))));
    facts.extend(record.facts(&[("good for", "/credential_scope"), ("call", "/call_digest")]));
    step("May it?", said, facts)
}

fn outcome(record: Members<'_>) -> RecordStep {
    let mut facts = record.facts(&[
        ("status", "/status"),
        ("shown", "/list/shown"),
        ("hidden", "/list/hidden"),
        ("list refused", "/list/refused"),
        ("rows", "/cost/rows"),
        ("amount", "/cost/amount"),
    ]);
    let durations = [
        ("held", "/durations/held_ms"),
        ("decision", "/durations/decision_ms"),
        ("upstream", "/durations/upstream_ms"),
    ];
    facts.extend(
        durations.into_iter().filter_map(|(name, pointer)| Some((name, format!("{} ms", record.text(pointer)?)))),
    );
    step("What came of it?", Vec::new(), facts)
}

fn about(record: Members<'_>) -> RecordStep {
    let facts = record.facts(&[
        ("when", "/time"),
        ("decision", "/decision_id"),
        ("policy", "/policy_version"),
        ("mode", "/mode"),
        ("trace", "/trace_id"),
        ("span", "/span_id"),
        ("chain", "/chain/id"),
        ("number", "/chain/number"),
    ]);
    step("Which record is this?", Vec::new(), facts)
}
