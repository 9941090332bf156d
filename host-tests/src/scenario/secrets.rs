//! No scenario has to say it: the token that a client sends and the credentials that a decision service hands out are
//! for the upstream alone. Every outcome of every scenario is searched for them.

use serde_json::Value;

use super::format::Step;
use super::message::Message;
use super::outcome::Outcome;

/// Shorter texts occur by chance, and are nobody's secret: some scenarios send garbage for a token.
const SHORTEST: usize = 12;

/// What must stay secret of one step.
#[must_use]
pub fn of(sent: &Message, step: &Step) -> Vec<String> {
    let authorization = sent.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    let tokens =
        authorization.filter_map(|(_, value)| Some(std::str::from_utf8(value).ok()?.rsplit(' ').next()?.to_owned()));
    let credentials = step.answers.iter().filter_map(|answer| {
        let value = answer.json.as_ref()?.pointer("/context/credential/value")?.as_str()?;
        Some(value.rsplit(' ').next().unwrap_or_default().to_owned())
    });
    tokens.chain(credentials).filter(|secret| secret.len() >= SHORTEST).collect()
}

/// Where in an outcome a secret stands that belongs nowhere but upstream.
#[must_use]
pub fn leaks(secrets: &[String], outcome: &Outcome) -> Vec<String> {
    let mut found = Vec::new();
    let mut search = |place: &str, bytes: &[u8]| {
        let holds = |secret: &String| bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        if secrets.iter().any(holds) {
            found.push(format!("{place}: a token or credential came through"));
        }
    };
    search("client body", &outcome.client.body);
    for (name, value) in &outcome.client.headers {
        search(&format!("client header `{name}`"), value);
    }
    for question in &outcome.questions {
        search("question", question.body.to_string().as_bytes());
        for (name, value) in &question.headers {
            search(&format!("question header `{name}`"), value);
        }
    }
    for record in &outcome.audit {
        search("audit", Value::to_string(record).as_bytes());
    }
    for line in &outcome.log {
        search("log", line.as_bytes());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_secret_is_found_wherever_it_stands() {
        let secrets = ["broker-s3cret-1".to_owned()];
        assert!(leaks(&secrets, &Outcome::default()).is_empty());
        let mut outcome = Outcome { audit: vec![json!({"a": [{"b": "x broker-s3cret-1 y"}]})], ..Outcome::default() };
        outcome.client.body = b"broker-s3cret-1".to_vec();
        outcome.client.headers.push(("x".into(), b"Bearer broker-s3cret-1".to_vec()));
        outcome.log.push("[info] broker-s3cret-1".into());
        assert_eq!(leaks(&secrets, &outcome).len(), 4);
    }
}
