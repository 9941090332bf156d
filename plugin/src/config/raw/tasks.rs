//! `tasks`: what a run that was started for something may do.

use std::collections::BTreeMap;

use serde::Deserialize;

/// What runs may do, by what they were started for.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields, default)]
pub struct Tasks {
    /// Whether a token that names no task is refused.
    pub required: bool,
    /// The tasks, by the name that a token's `task` (or else `intent`) carries. A token with a task that isn't here is
    /// refused everything, unless it brings a signed document of that task (`identity.task_documents`).
    pub named: BTreeMap<String, Task>,
}

/// What one task is bound to. Rules still decide; what isn't part of the task is refused, whatever they say.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields, default)]
pub struct Task {
    /// Tools, by name or with `*`. Left out: any.
    pub tools: Option<Vec<String>>,
    /// Kinds of actions. Left out: any.
    pub actions: Option<Vec<String>>,
    /// What may be acted on. Left out: anything.
    pub resources: Option<Vec<TaskResource>>,
    /// Domains that data and messages may go to. Left out: those of `risk` count, as risks.
    pub domains: Option<Vec<String>>,
    /// Addresses that messages may go to, exactly but for their case. Left out: whoever `domains` or `risk` say.
    pub recipients: Option<Vec<String>>,
    /// To whom money may go. Left out: those of `risk` count, as risks.
    pub payees: Option<Vec<String>>,
}

/// Resources of one type.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields)]
pub struct TaskResource {
    /// Their type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Which ones. Left out, and without `same_as`: all of the type.
    pub ids: Option<Vec<String>>,
    /// The one that an attribute of the request names, such as `token.ticket.customer_id`.
    pub same_as: Option<String>,
}
