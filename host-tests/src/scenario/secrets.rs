//! No scenario has to say it: the token that a client sends and the credentials that a decision service hands out are
//! for the upstream alone. Every outcome of every scenario is searched for them.

use serde_json::{Map, Value};

use super::format::Step;
use super::message::Message;
use super::outcome::Outcome;

/// Shorter texts occur by chance, and are nobody's secret: some scenarios send garbage for a token.
const SHORTEST: usize = 12;

/// What must stay secret of one step under this configuration. What the decision service gets by the operator's own
/// word (`decision.headers`, the token) it may see in a header, and nobody anywhere else.
#[must_use]
pub fn of(sent: &Message, step: &Step, config: &Value) -> Secrets {
    let authorization = sent.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    let tokens =
        authorization.filter_map(|(_, value)| Some(std::str::from_utf8(value).ok()?.rsplit(' ').next()?.to_owned()));
    let credentials = step.answers.iter().filter_map(|answer| {
        let value = answer.json.as_ref()?.pointer("/context/credential/value")?.as_str()?;
        Some(value.rsplit(' ').next().unwrap_or_default().to_owned())
    });
    let configured = config.pointer("/decision/headers").and_then(Value::as_object);
    let keys = configured.into_iter().flat_map(Map::values).filter_map(Value::as_str).map(str::to_owned);
    let routes = config.get("routes").and_then(Value::as_array).into_iter().flatten();
    let of_routes = routes.filter_map(|route| route.pointer("/credential/value")?.as_str());
    let of_routes = of_routes.map(|value| value.rsplit(' ').next().unwrap_or_default().to_owned());
    let signing = config.pointer("/audit/assertion/key").and_then(Value::as_str).map(key_parts).unwrap_or_default();
    let long = |secret: &String| secret.len() >= SHORTEST;
    let tokens: Vec<_> = tokens.filter(long).collect();
    let sends_token = config.pointer("/decision/dangerously_send_token") == Some(&Value::Bool(true));
    let (asked, unasked) = if sends_token { (tokens, Vec::new()) } else { (Vec::new(), tokens) };
    Secrets {
        nobodys: credentials.chain(of_routes).chain(signing).filter(long).chain(unasked).collect(),
        the_services: keys.filter(long).chain(asked).collect(),
    }
}

/// What is secret of a private key: every line of a PEM between its first and last, or `d` of a JWK.
fn key_parts(key: &str) -> Vec<String> {
    match serde_json::from_str::<Value>(key) {
        Ok(jwk) => jwk.get("d").and_then(Value::as_str).map(str::to_owned).into_iter().collect(),
        Err(_) => key.lines().map(|line| line.trim().to_owned()).filter(|line| !line.starts_with("--")).collect(),
    }
}

/// Texts that must not show.
#[derive(Clone, Debug, Default)]
pub struct Secrets {
    /// But to the upstream.
    nobodys: Vec<String>,
    /// But to the upstream, and in a header of a question.
    the_services: Vec<String>,
}

/// Where in an outcome a secret stands that belongs nowhere but upstream.
#[must_use]
pub fn leaks(secrets: &Secrets, outcome: &Outcome) -> Vec<String> {
    let mut found = Vec::new();
    for question in &outcome.questions {
        for (name, value) in &question.headers {
            found.extend(leak(&secrets.nobodys, &format!("question header `{name}`"), value));
        }
    }
    let all: Vec<_> = secrets.nobodys.iter().chain(&secrets.the_services).cloned().collect();
    let mut search = |place: &str, bytes: &[u8]| found.extend(leak(&all, place, bytes));
    search("client body", &outcome.client.body);
    for (name, value) in &outcome.client.headers {
        search(&format!("client header `{name}`"), value);
    }
    for question in &outcome.questions {
        search("question", question.body.to_string().as_bytes());
    }
    for record in &outcome.audit {
        search("audit", Value::to_string(record).as_bytes());
    }
    for line in &outcome.log {
        search("log", line.as_bytes());
    }
    found
}

fn leak(secrets: &[String], place: &str, bytes: &[u8]) -> Option<String> {
    let holds = |secret: &String| bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
    secrets.iter().any(holds).then(|| format!("{place}: a token or credential came through"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::outcome::Question;
    use serde_json::json;

    #[test]
    fn a_secret_is_found_wherever_it_stands() {
        let secrets = Secrets { nobodys: vec!["broker-s3cret-1".to_owned()], ..Secrets::default() };
        assert!(leaks(&secrets, &Outcome::default()).is_empty());
        let mut outcome = Outcome { audit: vec![json!({"a": [{"b": "x broker-s3cret-1 y"}]})], ..Outcome::default() };
        outcome.client.body = b"broker-s3cret-1".to_vec();
        outcome.client.headers.push(("x".into(), b"Bearer broker-s3cret-1".to_vec()));
        outcome.log.push("[info] broker-s3cret-1".into());
        assert_eq!(leaks(&secrets, &outcome).len(), 4);
    }

    #[test]
    fn what_the_decision_service_is_to_get_it_gets_in_a_header_only() {
        let key = || "pdp-api-key-1".to_owned();
        let question = |header: String, body: String| Outcome {
            questions: vec![Question {
                headers: vec![("x-api-key".into(), header.into_bytes())],
                body: json!(body),
                ..Question::default()
            }],
            ..Outcome::default()
        };
        let services = Secrets { the_services: vec![key()], ..Secrets::default() };
        assert!(leaks(&services, &question(key(), String::new())).is_empty());
        assert_eq!(leaks(&services, &question(String::new(), key())).len(), 1);
        let nobodys = Secrets { nobodys: vec![key()], ..Secrets::default() };
        assert_eq!(leaks(&nobodys, &question(key(), key())).len(), 2);
    }
}
