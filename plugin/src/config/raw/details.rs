//! `authorization_details`: what tokens of one transaction grant.

use std::collections::BTreeMap;

use serde::Deserialize;

/// What tokens grant in detail (RFC 9396). A token with `authorization_details` is refused where this is left out. Where it isn't,
/// a call must lie within one of them, whatever rules allow; one of a type that isn't named here refuses the token.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields, default)]
pub struct AuthorizationDetails {
    /// What details of each `type` mean.
    pub types: BTreeMap<String, DetailType>,
    /// Types that have nothing to say here: they neither grant nor bound anything.
    pub ignore: Vec<String>,
}

/// What details of one type mean. Of the members that all types may have, `locations` must name this resource, `actions` the
/// kind of action or the tool, `identifier` the resource's id.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields, default)]
pub struct DetailType {
    /// Tools that details of this type are about, by name or with `*`. Left out: any.
    pub tools: Option<Vec<String>>,
    /// What each says of the call. What a detail, or the call, doesn't have is beyond it.
    pub bounds: Vec<DetailBound>,
    /// Members that have nothing to say here. A member that is neither here nor bounded refuses the call.
    pub ignore: Vec<String>,
}

/// One thing that a detail says.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields)]
pub struct DetailBound {
    /// Where the detail says it: a JSON pointer such as `/instructedAmount/amount`.
    pub member: String,
    /// What it is of the call: a name as in rules, such as `parameters.amount` or `resource.id`.
    pub attribute: String,
    /// How the call relates to it.
    #[serde(default)]
    pub relation: DetailRelation,
}

/// How a call lies within what a detail says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(rename_all = "snake_case")]
pub enum DetailRelation {
    /// It is the same. Of a list in the call, each.
    #[default]
    Same,
    /// It is a number from zero up to that.
    AtMost,
    /// It is one of a list in the detail.
    OneOf,
}
