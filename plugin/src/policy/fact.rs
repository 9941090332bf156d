//! What is known of a request, under the names that conditions use.

use std::borrow::Cow;

use super::constant::moment_named;
use super::lookup::{Found, find, unescape};
use super::{Attribute, Constant};
use crate::action::{Action, ActionKind};
use crate::json::{Kind, Number, Value};
use crate::risk::{Finding, Level, Risk};
use crate::session::Figures;
use crate::time::Timestamp;
use crate::token::Agent;

/// What is known of one request.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'f> {
    /// Who asks.
    pub agent: &'f Agent,
    /// What it would do.
    pub action: &'f Action<'f>,
    /// How risky that is.
    pub risk: &'f Risk,
    /// The HTTP method.
    pub method: &'f str,
    /// The path without its query.
    pub path: &'f str,
    /// `mcp` or `rest`.
    pub protocol: &'static str,
    /// When.
    pub now: Timestamp,
    /// What was counted of its session, where rules look at that.
    pub session: Option<&'f Figures>,
}

/// The value of one attribute.
#[derive(Clone, Debug)]
pub(super) enum Fact<'f> {
    /// It isn't there, or is null.
    Absent,
    /// A text.
    Text(Cow<'f, str>),
    /// A text from path or query, which may stand for a number or a boolean.
    Numeral(&'f str),
    /// A number.
    Number(Number<'f>),
    /// A number of a claim.
    Claimed(String),
    /// A whole number of our own counting.
    Count(u64),
    /// A moment.
    Moment(Timestamp),
    /// A boolean.
    Bool(bool),
    /// A risk level.
    Level(Level),
    /// Several texts, of which one is looked for.
    Texts(Texts<'f>),
    /// An array of the body, in which something may be looked for.
    Array(Value<'f>),
    /// What no condition can be answered on but `_exists`: an object.
    Composite,
    /// Something that servers may read in more than one way; no condition can be answered on it.
    Unclear,
}

/// Several texts, where they are.
#[derive(Clone, Copy, Debug)]
pub(super) enum Texts<'f> {
    /// Of the agent.
    Named(&'f [String]),
    /// The codes of findings.
    Findings(&'f [Finding]),
    /// Kinds of actions.
    Actions(&'f [ActionKind]),
    /// A claim that is a list of nothing but texts.
    Claim(&'f [serde_json::Value]),
}

impl Texts<'_> {
    /// Whether there is one like that.
    pub(super) fn any(self, mut wanted: impl FnMut(&str) -> bool) -> bool {
        match self {
            Self::Named(names) => names.iter().any(|name| wanted(name)),
            Self::Findings(findings) => findings.iter().any(|finding| wanted(finding.code.name())),
            Self::Actions(kinds) => kinds.iter().any(|kind| wanted(kind.name())),
            Self::Claim(values) => values.iter().filter_map(serde_json::Value::as_str).any(wanted),
        }
    }
}

impl<'f> Facts<'f> {
    /// The value of `attribute`.
    pub(super) fn of(&self, attribute: &Attribute) -> Fact<'f> {
        let agent = self.agent;
        let resource = self.action.resource.as_ref();
        match attribute {
            Attribute::AgentId => Fact::text(&agent.id),
            Attribute::AgentRole => Fact::optional(agent.role.as_deref()),
            Attribute::AgentIssuer => Fact::text(&agent.issuer),
            Attribute::AgentScopes => Fact::Texts(Texts::Named(&agent.scopes)),
            Attribute::AgentActors => Fact::Texts(Texts::Named(&agent.actors)),
            Attribute::User => Fact::optional(agent.user.as_deref()),
            Attribute::Tenant => Fact::optional(agent.tenant.as_deref()),
            Attribute::Session => Fact::optional(agent.session.as_deref()),
            Attribute::Task => Fact::optional(agent.task.as_deref()),
            Attribute::Intent => Fact::optional(agent.intent.as_deref()),
            Attribute::Token(pointer) => Fact::of_claim(agent, pointer),
            Attribute::Tool => Fact::text(&self.action.tool),
            Attribute::Server => Fact::text(self.action.server),
            Attribute::Action => Fact::text(self.action.kind.name()),
            Attribute::ResourceType => Fact::optional(resource.map(|resource| &*resource.kind)),
            Attribute::ResourceId => Fact::optional(resource.map(|resource| &*resource.id).filter(|id| !id.is_empty())),
            Attribute::Parameter(pointer) => Fact::of_parameter(find(&self.action.parameters, pointer)),
            Attribute::RiskLevel => Fact::Level(self.risk.level),
            Attribute::RiskScore => Fact::Count(self.risk.score.into()),
            Attribute::RiskFindings => Fact::Texts(Texts::Findings(&self.risk.findings)),
            Attribute::RequestMethod => Fact::text(self.method),
            Attribute::RequestPath => Fact::text(self.path),
            Attribute::RequestProtocol => Fact::text(self.protocol),
            // Rules that look at figures are read with them; without any, no answer is safer than zero.
            Attribute::Figure(figure, window) => {
                self.session.map_or(Fact::Unclear, |figures| Fact::Count(figures.get(*figure, *window)))
            }
            Attribute::RecentActions => {
                self.session.map_or(Fact::Unclear, |figures| Fact::Texts(Texts::Actions(figures.recent())))
            }
            Attribute::Time => Fact::Moment(self.now),
            Attribute::TimeHour => Fact::Count(self.now.hour()),
            Attribute::TimeWeekday => Fact::text(self.now.weekday()),
        }
    }
}

impl<'f> Fact<'f> {
    fn text(text: &'f str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }

    fn optional(text: Option<&'f str>) -> Self {
        text.map_or(Self::Absent, Self::text)
    }

    fn of_parameter(found: Found<'f>) -> Self {
        match found {
            Found::Nothing => Self::Absent,
            Found::Text(text) => Self::Numeral(text),
            Found::Json(value) => Self::of_value(value),
            Found::Unclear => Self::Unclear,
        }
    }

    /// A value of a JSON body.
    pub(super) fn of_value(value: Value<'f>) -> Self {
        match value.kind() {
            Kind::Null => Self::Absent,
            Kind::Bool => value.as_bool().map_or(Self::Composite, Self::Bool),
            Kind::Number => value.as_number().map_or(Self::Composite, Self::Number),
            Kind::String => value.as_str().map_or(Self::Composite, Self::Text),
            Kind::Array => Self::Array(value),
            Kind::Object => Self::Composite,
        }
    }

    /// What the attribute would have to be to equal `constant`.
    pub(super) fn of_constant(attribute: &Attribute, constant: &'f Constant) -> Self {
        match (attribute, constant) {
            (Attribute::RiskLevel, Constant::Text(name)) => Level::named(name).map_or(Self::Unclear, Self::Level),
            (Attribute::Time, Constant::Text(text)) => moment_named(text).map_or(Self::Unclear, Self::Moment),
            (attribute, Constant::Number(count)) if attribute.range().is_some() => {
                count.parse().map_or(Self::Unclear, Self::Count)
            }
            (_, Constant::Text(text)) => Self::text(text),
            (_, Constant::Number(number)) => Number::parse(number).map_or(Self::Unclear, Self::Number),
            (_, Constant::Bool(value)) => Self::Bool(*value),
        }
    }

    fn of_claim(agent: &'f Agent, pointer: &str) -> Self {
        let mut parts = pointer.split('/').skip(1).map(unescape);
        let first = parts.next().and_then(|name| agent.claims.get(&*name));
        let found = parts.fold(first, |value, name| value.and_then(|value| value.get(&*name)));
        match found {
            None | Some(serde_json::Value::Null) => Self::Absent,
            Some(serde_json::Value::Bool(value)) => Self::Bool(*value),
            Some(serde_json::Value::Number(number)) => Self::Claimed(number.to_string()),
            Some(serde_json::Value::String(text)) => Self::text(text),
            Some(serde_json::Value::Array(items)) if items.iter().all(serde_json::Value::is_string) => {
                Self::Texts(Texts::Claim(items))
            }
            Some(serde_json::Value::Array(_)) => Self::Composite,
            Some(serde_json::Value::Object(_)) => Self::Composite,
        }
    }
}
