//! Outcomes as a person reads them, and as lanes are compared.

use std::fmt::Write;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::expect::printable;
use super::message::{Message, Pairs};
use super::outcome::Outcome;

/// Longer bodies are shown by their length and digest.
const SHOWN: usize = 4096;

/// The outcomes of a scenario's steps. `sent` are the requests.
#[must_use]
pub fn outcomes(sent: &[Message], outcomes: &[Outcome]) -> String {
    let mut text = String::new();
    for (number, (message, outcome)) in (1..).zip(sent.iter().zip(outcomes)) {
        if outcomes.len() > 1 {
            line(&mut text, &format!("step {number}"));
        }
        one(&mut text, message, outcome);
    }
    text
}

/// The lines in which two outcomes differ, each with the name of whose it is.
#[must_use]
pub fn difference((first, ours): (&str, &str), (second, theirs): (&str, &str)) -> String {
    let only = |name: &str, these: &str, those: &str| -> String {
        let those: Vec<_> = those.lines().collect();
        these.lines().filter(|line| !those.contains(line)).map(|line| format!("    {name:<8}{line}\n")).collect()
    };
    let told = [only(first, ours, theirs), only(second, theirs, ours)].concat();
    if told.is_empty() { format!("the same lines in another order:\n{theirs}") } else { told }
}

fn one(text: &mut String, sent: &Message, outcome: &Outcome) {
    line(text, &format!("client    {}", outcome.client.status));
    headers(text, &outcome.client.headers);
    body(text, &outcome.client.body);
    match &outcome.upstream {
        None => line(text, "upstream  nothing"),
        Some(arrival) => {
            line(text, &format!("upstream  {} {}", arrival.method, arrival.path));
            headers(text, &arrival.headers);
            if arrival.body == sent.body.as_deref().unwrap_or_default() {
                line(text, &format!("          body as sent, {} bytes", arrival.body.len()));
            } else {
                body(text, &arrival.body);
            }
            if !arrival.trailers.is_empty() {
                line(text, "          trailers");
                headers(text, &arrival.trailers);
            }
        }
    }
    for question in &outcome.questions {
        line(text, &format!("question  {} {} ({})", question.method, question.path, question.authority));
        headers(text, &question.headers);
        json(text, &question.body);
    }
    for record in &outcome.audit {
        line(text, "audit");
        json(text, &told_by_the_record_alone(record));
    }
}

/// Without what no two lanes can agree on, or what stands above already; `expect` has looked at both.
fn told_by_the_record_alone(record: &Value) -> Value {
    let mut record = record.clone();
    if let Some(fields) = record.as_object_mut() {
        fields.remove("durations");
        fields.remove("status");
        fields.remove("chain");
    }
    record
}

fn headers(text: &mut String, pairs: &Pairs) {
    for (name, value) in pairs {
        // A token is different each time, and a secret.
        let value = if name == "authorization" { "<token>".into() } else { printable(value) };
        line(text, &format!("          {name}: {value}"));
    }
}

fn body(text: &mut String, bytes: &[u8]) {
    if bytes.is_empty() {
        return;
    }
    if bytes.len() > SHOWN {
        let digest = hex::encode(Sha256::digest(bytes));
        return line(text, &format!("          {} bytes, sha256 {digest}", bytes.len()));
    }
    match serde_json::from_slice::<Value>(bytes) {
        Ok(value) => json(text, &value),
        Err(_) => line(text, &format!("          {}", printable(bytes))),
    }
}

fn json(text: &mut String, value: &Value) {
    let pretty = serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string());
    for row in pretty.lines() {
        line(text, &format!("          {row}"));
    }
}

fn line(text: &mut String, row: &str) {
    // Writing to a String can't fail.
    let _written = writeln!(text, "{}", row.trim_end());
}
