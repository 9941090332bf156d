//! What names one call: the digest that an approval is bound to.

use std::borrow::Cow;

use sha2::{Digest, Sha256};

use super::Asked;
use crate::action::{APPROVAL_INPUT, Action};
use crate::json::{Kind, Value, canonical};

/// Stands before all else, so that a digest of this form is none of another.
const FORM: &str = "toolgate call 1";

/// `sha256:` and 64 hexadecimal digits over everything that makes this call this call: issuer, subject, agent, chain
/// of actors, path, method, server, tool, action, resource, parameters and policy version. An approval of it is worth
/// nothing for any other call.
///
/// Each part goes in behind its length, so that no two calls hash the same bytes. Parameters from a JSON body go in in
/// their canonical form (RFC 8785), so that member order and white space don't make another call of it; but where that
/// form would round a number, also as they were sent, since a rounded form is the form of more than one call.
/// Parameters of path and query go in sorted by their names, of which none stands twice.
///
/// The client's answer to our own request for approval ([`APPROVAL_INPUT`]) says nothing of what the call does and is
/// left out: the retry that brings it is the same call.
#[must_use]
pub fn call_digest(asked: &Asked<'_>) -> String {
    name(asked).0
}

/// The same, and on the way to it the SHA-256 of the body's canonical form: over a large body that is most of the work,
/// and the audit wants it too.
pub(super) fn name(asked: &Asked<'_>) -> (String, Option<[u8; 32]>) {
    let mut hash = Parts(Sha256::new());
    let agent = asked.agent;
    let action: &Action<'_> = asked.action;
    for part in [FORM, &agent.issuer, &agent.subject, &agent.id] {
        hash.text(part);
    }
    hash.count(agent.actors.len());
    for actor in &agent.actors {
        hash.text(actor);
    }
    let resource = action.resource.as_ref();
    for part in [
        asked.route,
        &action.method,
        action.server,
        &action.tool,
        action.kind.name(),
        resource.map_or("", |resource| &resource.kind),
        resource.map_or("", |resource| &resource.id),
        asked.policy_version,
    ] {
        hash.text(part);
    }
    let mut fields: Vec<_> = action.parameters.fields.iter().collect();
    fields.sort_unstable();
    hash.count(fields.len());
    for (name, text) in fields {
        hash.text(name);
        hash.text(text);
    }
    let beside = beside(&action.parameters.beside);
    hash.count(beside.len());
    for (group, name, value) in beside {
        hash.text(group);
        hash.text(&name);
        hash.value(value);
    }
    hash.count(usize::from(action.parameters.body.is_some()));
    let body = action.parameters.body.map(|body| hash.value(body));
    (format!("sha256:{}", base16ct::lower::encode_string(&hash.0.finalize())), body)
}

struct Parts(Sha256);

impl Parts {
    fn count(&mut self, count: usize) {
        // On every target a length fits into 64 bits.
        self.0.update(u64::try_from(count).unwrap_or(u64::MAX).to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.count(text.len());
        self.0.update(text);
    }

    fn value(&mut self, value: Value<'_>) -> [u8; 32] {
        let mut inner = Sha256::new();
        let fidelity = canonical::write(value, &mut |bytes| inner.update(bytes));
        let inner = inner.finalize();
        self.0.update(inner);
        let as_sent = if fidelity == canonical::Fidelity::Rounded { value.raw() } else { b"" };
        self.count(as_sent.len());
        self.0.update(as_sent);
        inner.into()
    }
}

/// What stands beside the body, sorted, and each of MCP 2026-07-28's `inputResponses` by itself but for the answer to
/// our own request.
fn beside<'a>(members: &[(Cow<'a, str>, Value<'a>)]) -> Vec<(&'static str, Cow<'a, str>, Value<'a>)> {
    const RESPONSES: &str = "inputResponses";
    let mut found = Vec::with_capacity(members.len());
    for (name, value) in members {
        if name == RESPONSES && value.kind() == Kind::Object {
            let others = value.members().filter(|(name, _)| name != APPROVAL_INPUT);
            found.extend(others.map(|(name, value)| (RESPONSES, name, value)));
        } else {
            found.push(("", name.clone(), *value));
        }
    }
    found.sort_unstable_by(|(group, name, _), (other_group, other, _)| (group, name).cmp(&(other_group, other)));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::{ActionKind, Parameters, Resource, Source};
    use crate::decision::Original;
    use crate::head::Head;
    use crate::json::{Document, Limits, Tape};
    use crate::risk::{Level, Risk};
    use crate::time::Timestamp;
    use crate::token::Agent;

    fn agent() -> Agent {
        Agent {
            id: "support-agent".into(),
            issuer: "https://idp.example.com".into(),
            subject: "jane".into(),
            user: Some("jane".into()),
            tenant: None,
            session: None,
            task: None,
            intent: None,
            role: None,
            scopes: Vec::new(),
            actors: vec!["support-agent".into()],
            token_id: "t-1".into(),
            expires: Timestamp::from_secs(0),
            claims: serde_json::Map::new(),
        }
    }

    const CALL: &str = r#"{"amount": 9000, "payee": "GB29"}"#;

    /// The digest of a payment, after `change` was made to it.
    fn digest(body: &str, beside: &str, change: impl FnOnce(&mut Agent, &mut Action<'_>, &mut Place)) -> String {
        let document = Document::read(body.as_bytes(), &Limits::default(), Tape::default()).unwrap();
        let others = Document::read(beside.as_bytes(), &Limits::default(), Tape::default()).unwrap();
        let mut agent = agent();
        let mut place = Place { route: "/mcp", version: "v1" };
        let mut action = Action {
            kind: ActionKind::Transfer,
            source: Source::Operator,
            tool: "payments.create".into(),
            server: "crm",
            method: "tools/call".into(),
            resource: Some(Resource { kind: "account".into(), id: "GB29".into() }),
            parameters: Parameters {
                body: Some(document.root()),
                beside: others.root().members().collect(),
                fields: vec![("a".into(), "1".into()), ("b".into(), "2".into())],
            },
        };
        change(&mut agent, &mut action, &mut place);
        let risk = Risk { level: Level::High, score: 70, findings: Vec::new() };
        let head = Head::default();
        call_digest(&Asked {
            agent: &agent,
            original: Original { head: &head, body: b"" },
            action: &action,
            risk: &risk,
            policy_version: place.version,
            route: place.route,
            approval: false,
            credential: None,
            session: None,
            coaz: None,
        })
    }

    struct Place {
        route: &'static str,
        version: &'static str,
    }

    fn of_body(body: &str) -> String {
        digest(body, "{}", |_, _, _| {})
    }

    #[test]
    fn the_same_call_written_otherwise_is_the_same_call() {
        for same in [
            r#"{"payee":"GB29","amount":9000}"#,
            r#"{"amount": 9e3, "payee": "GB\u00329"}"#,
            r#"{"amount": 9000.0, "payee": "GB29"}"#,
        ] {
            assert_eq!(of_body(same), of_body(CALL), "{same}");
        }
        let swapped = digest(CALL, "{}", |_, action, _| action.parameters.fields.reverse());
        assert_eq!(swapped, of_body(CALL));
        let renewed = digest(CALL, "{}", |agent, _, _| agent.token_id = "t-2".into());
        assert_eq!(renewed, of_body(CALL), "a renewed token acts for the same subject");
        for answer in [r#"{"toolgate.approval": {"action": "accept"}}"#, "{}"] {
            let retried = digest(CALL, &format!(r#"{{"inputResponses": {answer}}}"#), |_, _, _| {});
            assert_eq!(retried, of_body(CALL), "{answer}");
        }
    }

    type Change = fn(&mut Agent, &mut Action<'_>, &mut Place);

    #[test]
    fn each_part_makes_another_call_of_it() {
        let changes: [Change; 15] = [
            |agent, _, _| agent.issuer = "https://other.example.com".into(),
            |agent, _, _| agent.subject = "john".into(),
            |agent, _, _| agent.id = "other-agent".into(),
            |agent, _, _| agent.actors.push("orchestrator".into()),
            |agent, _, _| agent.actors.clear(),
            |_, action, _| action.tool = "payments.refund".into(),
            |_, action, _| action.kind = ActionKind::Send,
            |_, action, _| action.server = "other",
            |_, action, _| action.method = "POST".into(),
            |_, action, _| action.resource = None,
            |_, action, _| action.resource = Some(Resource { kind: "account".into(), id: "GB30".into() }),
            |_, action, _| action.parameters.fields = vec![("a".into(), "1b".into()), ("".into(), "2".into())],
            |_, action, _| action.parameters.body = None,
            |_, _, place| place.route = "/v1",
            |_, _, place| place.version = "v2",
        ];
        let mut seen = vec![of_body(CALL)];
        seen.extend(changes.map(|change| digest(CALL, "{}", change)));
        for body in [r#"{"amount": 9001, "payee": "GB29"}"#, r#"{"amount": "9000", "payee": "GB29"}"#, "{}", "[]"] {
            seen.push(of_body(body));
        }
        for beside in [
            r#"{"inputResponses": {"other": {"action": "accept"}}}"#,
            r#"{"inputResponses": [{"action": "accept"}]}"#,
            r#"{"other": {"action": "accept"}}"#,
            r#"{"requestState": "x"}"#,
        ] {
            seen.push(digest(CALL, beside, |_, _, _| {}));
        }
        let count = seen.len();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), count);
    }

    #[test]
    fn a_digit_that_a_double_would_lose_makes_another_call() {
        let amount = |digits: &str| of_body(&format!(r#"{{"amount": {digits}}}"#));
        assert_ne!(amount("9007199254740993"), amount("9007199254740992"));
        assert_ne!(amount("9007199254740993"), amount("9007199254740994"));
        assert_ne!(amount("0.1000000000000000055"), amount("0.1"));
    }
}
