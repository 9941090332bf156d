//! What a run was started for, and what it may therefore do: nothing else, whatever the rules allow.
//!
//! A rule says what an agent may do at all; a task says what it may do now. An agent that answers a ticket may read the
//! customer of that ticket, though its rules would let it read every customer.

use std::collections::BTreeMap;

use super::{Expression, Facts};
use crate::action::{ActionKind, Source};
use crate::risk::{Code, RiskTable, assess};

/// What one task is bound to.
#[derive(Clone, Debug, Default)]
pub struct Task {
    /// What must hold of every action, each under the key of the configuration that says so.
    pub bounds: Vec<(&'static str, Expression)>,
    /// With whom it may deal.
    pub counterparties: Option<Counterparties>,
}

/// With whom a task may deal.
#[derive(Clone, Debug)]
pub struct Counterparties {
    /// The lists of the task in the place of those of `risk`.
    pub table: RiskTable,
    /// Whether the lists say where data and messages may go.
    pub domains: bool,
    /// Whether they say who may be paid.
    pub payees: bool,
}

/// Every task that the configuration knows.
#[derive(Clone, Debug, Default)]
pub struct Tasks {
    /// By the name that tokens carry.
    pub by_name: BTreeMap<String, Task>,
    /// Whether a token without a task is refused.
    pub required: bool,
}

/// What says that an action goes elsewhere than the lists allow.
const ELSEWHERE: &[Code] = &[
    Code::DestinationUntrusted,
    Code::DestinationOutside,
    Code::DestinationLink,
    Code::RecipientUntrusted,
    Code::DestinationInternal,
    Code::DestinationDisguised,
];

impl Tasks {
    /// Whether the action is part of the task that the token was issued for. Tokens name it as their task, else as their
    /// intent.
    ///
    /// # Errors
    /// What it is beyond; holds no value of the request.
    pub fn check(&self, facts: &Facts<'_>) -> Result<(), String> {
        if self.by_name.is_empty() || names_only(facts) {
            return Ok(());
        }
        let agent = facts.agent;
        let known = |name: &Option<String>| name.as_ref().and_then(|name| self.by_name.get_key_value(name));
        let (name, task) = match (&agent.task, known(&agent.task).or_else(|| known(&agent.intent))) {
            (_, Some(found)) => found,
            (Some(_), None) => return Err("the token's task is none of `tasks`".to_owned()),
            (None, None) if self.required => return Err("the token names no task".to_owned()),
            (None, None) => return Ok(()),
        };
        for (key, bound) in &task.bounds {
            if !matches!(bound.holds(facts), Ok(true)) {
                return Err(format!("beyond `{key}` of the task `{name}`"));
            }
        }
        match task.counterparties.as_ref().and_then(|counterparties| counterparties.passed(facts)) {
            Some(key) => Err(format!("beyond `{key}` of the task `{name}`")),
            None => Ok(()),
        }
    }
}

/// `tools/list` and its like tell what there is, and do nothing.
pub(super) fn names_only(facts: &Facts<'_>) -> bool {
    facts.action.kind == ActionKind::List && facts.action.source == Source::Protocol
}

impl Counterparties {
    /// The list that somebody isn't on.
    fn passed(&self, facts: &Facts<'_>) -> Option<&'static str> {
        let risk = assess(&self.table, facts.action);
        let found = |codes: &[Code]| risk.findings.iter().any(|finding| codes.contains(&finding.code));
        if self.domains && found(ELSEWHERE) {
            return Some("domains");
        }
        (self.payees && found(&[Code::PayeeUnknown])).then_some("payees")
    }
}
