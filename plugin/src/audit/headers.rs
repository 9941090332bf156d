//! The `x-agent-*` headers: the gate's alone.
//!
//! An upstream can rely on them because everything under that prefix which a client sends is removed first, in the
//! head and in trailers, and because values are encoded so that none can end a header or start another.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::{Cost, Digests, Record};
use crate::head::Head;
use crate::reason::Reason;

/// Everything under this prefix is the gate's alone.
pub const PREFIX: &[u8] = b"x-agent-";

/// The agent's id.
pub const AGENT: &str = "x-agent-id";
/// On whose behalf.
pub const USER: &str = "x-agent-user";
/// The tool.
pub const TOOL: &str = "x-agent-tool";
/// The kind of action.
pub const ACTION: &str = "x-agent-action";
/// The level of risk.
pub const RISK: &str = "x-agent-risk";
/// What was decided: `allow`, `deny`, `needs-approval`, or in shadow mode `would-deny`.
pub const DECISION: &str = "x-agent-decision";
/// Which decision: the key into the audit log.
pub const DECISION_ID: &str = "x-agent-decision-id";
/// Under which policy.
pub const POLICY_VERSION: &str = "x-agent-policy-version";
/// How much the request does, for a budget: calls of tools, or as many things as it does at once.
pub const COST_CALLS: &str = "x-agent-cost-calls";
/// Rows that it asks for, for a budget.
pub const COST_ROWS: &str = "x-agent-cost-rows";
/// Money that it moves, in whole units, for a budget.
pub const COST_AMOUNT: &str = "x-agent-cost-amount";
/// All of that once more, and about which request, signed ([`crate::assertion`]).
pub const ASSERTION: &str = "x-agent-assertion";
/// To the client only: why it was denied.
pub const REASON: &str = "x-agent-reason";

/// The request was allowed.
pub const ALLOW: &str = "allow";
/// The request was denied.
pub const DENY: &str = "deny";
/// The request was denied, and the client was told where a person's approval is asked for.
pub const NEEDS_APPROVAL: &str = "needs-approval";
/// The request went on, but only because nothing is enforced.
pub const WOULD_DENY: &str = "would-deny";

/// A longer value is replaced by its digest: names that long are nobody's, and upstreams bound their headers.
const MAX_VALUE: usize = 256;

/// What the upstream learns.
#[must_use]
pub fn to_upstream(record: &Record, decision: &'static str) -> Vec<(&'static str, String)> {
    let agent = record.agent.as_ref().map(|agent| &*agent.0);
    let values = [
        (AGENT, agent.map(|agent| agent.id.as_str())),
        (USER, agent.and_then(|agent| agent.user.as_deref())),
        (TOOL, record.tool.as_deref()),
        (ACTION, record.action),
        (RISK, record.risk.as_ref().map(|risk| risk.level)),
        (DECISION, Some(decision)),
        (DECISION_ID, Some(record.decision_id.as_str())),
        (POLICY_VERSION, Some(&*record.policy_version)),
    ];
    values.into_iter().filter_map(|(name, value)| Some((name, encode(value?).into_owned()))).collect()
}

/// What the proxy's own filters behind this one learn, to count it: whoever it is that the upstream learns from.
#[must_use]
pub fn to_budgets(record: &Record) -> Vec<(&'static str, String)> {
    let figures = |cost: &Cost| [(COST_CALLS, cost.calls), (COST_ROWS, cost.rows), (COST_AMOUNT, cost.amount)];
    let numbers = record.cost.iter().flat_map(figures);
    let mut values: Vec<_> = numbers.map(|(name, number)| (name, number.to_string())).collect();
    let agent = record.agent.as_ref().filter(|_| record.cost.is_some());
    values.extend(agent.map(|agent| (AGENT, encode(&agent.0.id).into_owned())));
    values
}

/// What the client learns: never internals.
#[must_use]
pub fn to_client(id: &str, decision: &'static str, reason: Option<Reason>) -> Vec<(&'static str, String)> {
    let mut values = vec![(DECISION, decision.to_owned()), (DECISION_ID, encode(id).into_owned())];
    values.extend(reason.map(|reason| (REASON, reason.code().to_owned())));
    values
}

/// The headers of `head` that only the gate may send, by the names under which they stand there.
#[must_use]
pub fn spoofed(head: &Head) -> Vec<Vec<u8>> {
    let mut names: Vec<Vec<u8>> = head
        .iter()
        .map(|(name, _)| name)
        .filter(|name| name.get(..PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(PREFIX)))
        .map(<[u8]>::to_vec)
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// `value` as it may stand in a header: visible ASCII as it is, everything else and `%` as `%XX`, and a value longer
/// than 256 bytes as `sha256:` and its digest.
#[must_use]
pub fn encode(value: &str) -> Cow<'_, str> {
    if value.len() > MAX_VALUE {
        return short(value);
    }
    let plain = |byte: u8| byte.is_ascii_graphic() && byte != b'%';
    // Without a way out in the middle, so that many bytes are looked at in one step.
    if value.bytes().fold(true, |all, byte| all & plain(byte)) {
        return Cow::Borrowed(value);
    }
    let mut encoded = String::with_capacity(value.len());
    for byte in value.bytes() {
        if plain(byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing into a String can't fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    Cow::Owned(encoded)
}

/// `value`, or where it is longer than 256 bytes `sha256:` and its digest.
#[must_use]
pub fn short(value: &str) -> Cow<'_, str> {
    if value.len() > MAX_VALUE { Cow::Owned(Digests::Plain.of(value.as_bytes())) } else { Cow::Borrowed(value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_the_case_a_spoofed_header_is_found() {
        let head =
            Head::from_pairs([("X-Agent-Id", "root"), ("x-agent-anything", "1"), ("x-agen", "2"), ("accept", "*")]);
        assert_eq!(spoofed(&head), [b"X-Agent-Id".to_vec(), b"x-agent-anything".to_vec()]);
    }

    #[test]
    fn no_value_can_end_its_header() {
        assert_eq!(encode("crm.read\r\nx-admin: 1"), "crm.read%0D%0Ax-admin:%201");
        assert_eq!(encode("100%"), "100%25");
        assert_eq!(encode("Zoë"), "Zo%C3%AB");
        assert_eq!(encode(&"a".repeat(257)).len(), "sha256:".len() + 32);
    }
}
