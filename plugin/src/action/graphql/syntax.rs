//! What a document says, as far as what it runs depends on it.

use super::OperationType;
use std::collections::BTreeMap;

/// A document of executable definitions.
#[derive(Debug, Default)]
pub(super) struct Syntax<'q> {
    pub(super) operations: Vec<Operation<'q>>,
    pub(super) fragments: BTreeMap<&'q str, Vec<Selection<'q>>>,
}

/// `mutation Name($variable: Type = default) { … }`
#[derive(Debug)]
pub(super) struct Operation<'q> {
    pub(super) kind: OperationType,
    pub(super) name: Option<&'q str>,
    pub(super) defaults: BTreeMap<&'q str, Literal<'q>>,
    pub(super) selections: Vec<Selection<'q>>,
}

/// What stands between braces. Conditions (`@skip`, `@include`, a fragment's type) are for the server to find out: what
/// may run is judged as if it did.
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
