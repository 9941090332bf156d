//! Batches: arrays of messages, which 2025-03-26 has and no later revision.
//!
//! A server runs each message of an array by itself, so each is judged by itself. What can't be done is to forward some
//! and not others: the body goes on as it is, or not at all. So one refusal refuses all, and every request is answered
//! with it.

use std::borrow::Cow;

use super::{Era, Rpc, headers, read_message};
use crate::action::rpc::salvage_id;
use crate::action::{Reading, Route, Tools};
use crate::head::Head;
use crate::json::Value;
use crate::reason::{Reason, Refusal};

/// How many messages an array may have. Each costs what a request of its own costs, before the filter answers anything.
const MAX_MESSAGES: usize = 32;

/// What the messages of an array would do.
pub(super) fn read<'a>(
    route: &'a Route,
    tools: &'a Tools,
    head: &Head,
    root: Value<'a>,
    rpc: &mut Option<Rpc>,
) -> Result<Reading<'a>, Refusal> {
    let rpc = rpc.insert(Rpc::new(None, if headers::is_modern(head) { Era::Modern } else { Era::Legacy }));
    if !headers::may_batch(head)? {
        return Err(refuse("only MCP 2025-03-26 has batches"));
    }
    if root.is_empty() || root.len() > MAX_MESSAGES {
        return Err(refuse(&format!("a batch has from 1 to {MAX_MESSAGES} messages")));
    }
    rpc.batch = root.elements().filter(|element| element.get("method").is_some()).filter_map(salvage_id).collect();
    let mut sorted: Vec<&str> = rpc.batch.iter().map(|id| &**id).collect();
    sorted.sort_unstable();
    if sorted.windows(2).any(|pair| matches!(pair, [one, other] if one == other)) {
        rpc.batch = Box::default();
        return Err(refuse("two requests of the batch have the same id"));
    }
    let mut actions = Vec::new();
    for element in root.elements() {
        match read_message(route, tools, head, element, &mut None)? {
            Reading::Pass { method } if method == "initialize" => return Err(refuse("`initialize` stands alone")),
            Reading::Pass { .. } => {}
            Reading::Judge(action) => actions.push(action),
            Reading::Several(several) => actions.extend(several),
        }
    }
    Ok(Reading::of(actions, Cow::Borrowed("batch")))
}

fn refuse(detail: &str) -> Refusal {
    Refusal::new(Reason::BodyBatch, detail)
}
