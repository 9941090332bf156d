//! What a request would do: its [`Action`], whatever protocol it came in.
//!
//! Everything after this module (risk, policy, the decision service, the audit) sees actions only; what is MCP and
//! what is REST ends here.

use std::borrow::Cow;

pub mod a2a;
pub mod body;
pub mod classify;
mod graphql;
pub mod mcp;
mod parameters;
pub mod path;
mod read;
mod resource;
pub mod rest;
mod route;
mod rpc;
mod template;
mod tools;

pub use parameters::{Datum, Fields, Parameters};
pub use read::{Read, Reading, needs_its_body, read, read_head, too_large_for};
pub use resource::{InvalidPlace, ResourcePlace};
pub use route::{Matching, Operation, PolicyOf, Protocol, Route, Routes};
pub use template::{InvalidTemplate, Template};
pub use tools::{Annotation, ToolFacts, Tools};

/// Under which name a client of MCP 2026-07-28 is asked, in `inputRequests`, for a person's approval, and under which it
/// answers in `inputResponses`. It is the gate's: an upstream that asks for input chooses its own names.
pub const APPROVAL_INPUT: &str = "toolgate.approval";

/// What kind of thing an action is: the closed list that operators write rules with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ActionKind {
    /// Names what there is.
    List,
    /// Reads something, changes nothing.
    Read,
    /// Makes something new.
    Create,
    /// Changes what is there.
    Update,
    /// Removes or destroys.
    Delete,
    /// Takes data out in bulk.
    Export,
    /// Sends a message to somebody.
    Send,
    /// Makes something public.
    Publish,
    /// Merges a change into a branch.
    Merge,
    /// Puts something into operation.
    Deploy,
    /// Lets somebody in.
    Invite,
    /// Gives a right.
    Grant,
    /// Says yes in somebody's name.
    Approve,
    /// Moves money or ownership.
    Transfer,
    /// Hands a task to another agent.
    Delegate,
    /// Runs code or a command.
    Execute,
    /// Nobody knows; never low risk.
    Unknown,
}

impl ActionKind {
    /// Every kind, by the name that operators write.
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("list", Self::List),
        ("read", Self::Read),
        ("create", Self::Create),
        ("update", Self::Update),
        ("delete", Self::Delete),
        ("export", Self::Export),
        ("send", Self::Send),
        ("publish", Self::Publish),
        ("merge", Self::Merge),
        ("deploy", Self::Deploy),
        ("invite", Self::Invite),
        ("grant", Self::Grant),
        ("approve", Self::Approve),
        ("transfer", Self::Transfer),
        ("delegate", Self::Delegate),
        ("execute", Self::Execute),
        ("unknown", Self::Unknown),
    ];

    /// The name that operators write and audit records carry.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, kind)| *kind == self).map_or("unknown", |(name, _)| name)
    }

    /// The kind of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(found, _)| *found == name).map(|(_, kind)| *kind)
    }
}

/// How the kind of an action came to be known, best knowledge first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The operator's table says so.
    Operator,
    /// What its server says of it, which the operator trusts, or which says that it does more than its name.
    Annotation,
    /// The protocol's own method leaves no doubt (`tools/list`, `resources/read`).
    Protocol,
    /// A verb in the tool's name.
    Name,
    /// The HTTP method, or a parameter that names an operation.
    Parameter,
    /// Nothing told.
    Nothing,
}

impl Source {
    /// The name that audit records carry.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Annotation => "annotation",
            Self::Protocol => "protocol",
            Self::Name => "name",
            Self::Parameter => "parameter",
            Self::Nothing => "nothing",
        }
    }
}

/// What an action is done to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource<'a> {
    /// Its type, in the operator's words (`Account`, `payment`) or the protocol's (`resource`, `prompt`).
    pub kind: Cow<'a, str>,
    /// Which one; empty where the request doesn't say.
    pub id: Cow<'a, str>,
}

/// One thing that a request would do.
#[derive(Clone, Debug)]
pub struct Action<'a> {
    /// What kind of thing.
    pub kind: ActionKind,
    /// How that is known.
    pub source: Source,
    /// The MCP tool, or the name that the operator gave the REST operation; for other MCP methods the method itself.
    pub tool: Cow<'a, str>,
    /// The operator's name for the server behind the route.
    pub server: &'a str,
    /// The JSON-RPC method, or the HTTP method.
    pub method: Cow<'a, str>,
    /// What it is done to, where that is known.
    pub resource: Option<Resource<'a>>,
    /// The tool's arguments.
    pub parameters: Parameters<'a>,
}
