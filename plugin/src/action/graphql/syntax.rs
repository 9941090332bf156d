//! What a document says, as far as what it runs depends on it.

use std::collections::BTreeMap;

use super::refuse;
use crate::reason::Refusal;

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OperationType {
    Query,
    Mutation,
    Subscription,
}

impl OperationType {
    /// The keyword.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Mutation => "mutation",
            Self::Subscription => "subscription",
        }
    }

    /// The name of the root type, unless the schema says otherwise.
    pub(super) const fn root(self) -> &'static str {
        match self {
            Self::Query => "Query",
            Self::Mutation => "Mutation",
            Self::Subscription => "Subscription",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        [Self::Query, Self::Mutation, Self::Subscription].into_iter().find(|kind| kind.name() == name)
    }
}

/// A document of executable definitions.
#[derive(Debug, Default)]
pub(super) struct Syntax<'q> {
    pub(super) operations: Vec<Operation<'q>>,
    pub(super) fragments: BTreeMap<&'q str, Vec<Selection<'q>>>,
}

impl<'q> Syntax<'q> {
    /// The operation of that name, or the only one.
    pub(super) fn operation(&self, name: Option<&str>) -> Result<&Operation<'q>, Refusal> {
        // An empty name is none to some servers, and unknown to others.
        let name = name.filter(|name| !name.is_empty());
        let mut named = self.operations.iter().filter(|operation| name.is_none() || operation.name == name);
        match (named.next(), named.next()) {
            (Some(operation), None) => Ok(operation),
            (None, _) => Err(refuse("there is no operation, or none of that name")),
            (Some(_), Some(_)) => Err(refuse("which of several operations runs is not said")),
        }
    }
}

/// `mutation Name($variable: Type = default) { … }`
#[derive(Debug)]
pub(super) struct Operation<'q> {
    pub(super) kind: OperationType,
    pub(super) name: Option<&'q str>,
    pub(super) defaults: BTreeMap<&'q str, Literal<'q>>,
    pub(super) selections: Vec<Selection<'q>>,
}

/// What stands between braces.
#[derive(Debug)]
pub(super) enum Selection<'q> {
    /// `alias: name(argument: value) { … }`
    Field { name: &'q str, arguments: Vec<(&'q str, Literal<'q>)>, below: Vec<Selection<'q>> },
    /// `... Name`
    Spread(&'q str),
    /// `... on Type { … }`
    Inline(Vec<Selection<'q>>),
}

/// A value.
#[derive(Debug)]
pub(super) enum Literal<'q> {
    Variable(&'q str),
    /// As JSON: numbers, texts, `true`, `false`, `null`; an enum's name is a text.
    Json(Vec<u8>),
    List(Vec<Literal<'q>>),
    Object(Vec<(&'q str, Literal<'q>)>),
}

impl Literal<'_> {
    /// Whether a variable stands anywhere in it.
    pub(super) fn has_variables(&self) -> bool {
        match self {
            Self::Variable(_) => true,
            Self::Json(_) => false,
            Self::List(elements) => elements.iter().any(Self::has_variables),
            Self::Object(members) => members.iter().any(|(_, member)| member.has_variables()),
        }
    }
}
