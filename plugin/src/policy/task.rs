//! What a run was started for, and what it may therefore do: nothing else, whatever the rules allow.
//!
//! A rule says what an agent may do at all; a task says what it may do now. An agent that answers a ticket may read the
//! customer of that ticket, though its rules would let it read every customer. Tasks that are known in advance stand in the
//! configuration; one that isn't comes as a document, signed by whoever started the run.

use std::collections::{BTreeMap, BTreeSet};

use super::{Expression, Facts, Prospect};
use crate::action::{ActionKind, Source};
use crate::risk::{Code, RiskTable, assess, each_recipient};
use crate::token::{Agent, TaskDocument};

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
    /// To whom messages may go, in lower case.
    pub recipients: Option<BTreeSet<String>>,
    /// Whether they say who may be paid.
    pub payees: bool,
}

/// A signed task document, and what it bounds its run to.
#[derive(Clone, Debug)]
pub struct DocumentedTask {
    /// Of which task, agent and user it is.
    pub document: TaskDocument,
    /// What must hold of each action.
    pub bounds: Task,
}

/// Every task that the configuration knows.
#[derive(Clone, Debug, Default)]
pub struct Tasks {
    /// By the name that tokens carry.
    pub by_name: BTreeMap<String, Task>,
    /// Whether signed documents describe more of them.
    pub documents: bool,
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
    /// Whether only a signed document can say what a token of this agent is for.
    pub(crate) fn want_document(&self, agent: &Agent) -> bool {
        self.documents && agent.task.as_ref().is_some_and(|task| !self.by_name.contains_key(task))
    }

    /// Whether the action is part of the task that the token was issued for. Tokens name it as their task, else as their
    /// intent. Of a document that came along it is a part as well.
    ///
    /// # Errors
    /// What it is beyond; holds no value of the request.
    pub fn check(&self, facts: &Facts<'_>, document: Option<&DocumentedTask>) -> Result<(), String> {
        if (self.by_name.is_empty() && !self.documents) || names_only(facts) {
            return Ok(());
        }
        if let Some(key) = document.and_then(|document| document.bounds.passed(facts)) {
            return Err(format!("beyond `{key}` of the task document"));
        }
        match (&facts.agent.task, self.named_by(facts.agent)) {
            (_, Some((name, task))) => match task.passed(facts) {
                Some(key) => Err(format!("beyond `{key}` of the task `{name}`")),
                None => Ok(()),
            },
            (Some(_), None) if document.is_some() => Ok(()),
            (Some(_), None) => Err("the token's task is none of `tasks`".to_owned()),
            (None, None) if self.required => Err("the token names no task".to_owned()),
            (None, None) => Ok(()),
        }
    }

    /// Whether some call with this prospect might be part of the task.
    #[must_use]
    pub fn leave_open(&self, prospect: &Prospect<'_>, document: Option<&DocumentedTask>) -> bool {
        if self.by_name.is_empty() && !self.documents {
            return true;
        }
        let agent = prospect.facts.agent;
        let named = self.named_by(agent).map(|(_, task)| task);
        let bounded = match (&agent.task, named) {
            (_, Some(_)) => true,
            (Some(_), None) => document.is_some(),
            (None, None) => !self.required,
        };
        let mut tasks = named.into_iter().chain(document.map(|document| &document.bounds));
        bounded && tasks.all(|task| task.bounds.iter().all(|(_, bound)| prospect.meets(bound) != Ok(false)))
    }

    /// The task of the configuration that the agent's token names.
    fn named_by(&self, agent: &Agent) -> Option<(&String, &Task)> {
        let known = |name: &Option<String>| self.by_name.get_key_value(name.as_ref()?);
        known(&agent.task).or_else(|| known(&agent.intent))
    }
}

impl Task {
    /// The bound that the action is beyond.
    fn passed(&self, facts: &Facts<'_>) -> Option<&'static str> {
        let beyond = self.bounds.iter().find(|(_, bound)| !matches!(bound.holds(facts), Ok(true)));
        beyond.map(|(key, _)| *key).or_else(|| self.counterparties.as_ref()?.passed(facts))
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
        if let Some(known) = &self.recipients {
            let mut strangers = false;
            each_recipient(facts.action, &mut |person| strangers |= !known.contains(&person.to_lowercase()));
            if strangers {
                return Some("recipients");
            }
        }
        (self.payees && found(&[Code::PayeeUnknown])).then_some("payees")
    }
}
