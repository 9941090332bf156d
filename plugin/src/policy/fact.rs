//! What is known of a request, under the names that conditions use.

use std::borrow::Cow;

use super::Attribute;
use crate::action::{Action, Datum};
use crate::json::{Kind, Number};
use crate::risk::{Level, Risk};
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
}

/// The value of one attribute.
#[derive(Clone, Debug)]
pub(super) enum Fact<'f> {
    /// It isn't there, or is null.
    Absent,
    /// A text.
    Text(Cow<'f, str>),
    /// A text from path or query, which may stand for a number or a boolean.
    Numeral(Cow<'f, str>),
    /// A number.
    Number(Number<'f>),
    /// A whole number of ours.
    Count(u64),
    /// A boolean.
    Bool(bool),
    /// A risk level.
    Level(Level),
    /// Several texts, of which one is looked for.
    Texts(Vec<&'f str>),
    /// An array or object, which no condition can be answered on but `_exists`.
    Composite,
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
            Attribute::AgentScopes => Fact::Texts(agent.scopes.iter().map(String::as_str).collect()),
            Attribute::AgentActors => Fact::Texts(agent.actors.iter().map(String::as_str).collect()),
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
            Attribute::Parameter(pointer) => Fact::of_parameter(self.action.parameters.at(pointer)),
            Attribute::RiskLevel => Fact::Level(self.risk.level),
            Attribute::RiskScore => Fact::Count(self.risk.score.into()),
            Attribute::RiskFindings => {
                Fact::Texts(self.risk.findings.iter().map(|finding| finding.code.name()).collect())
            }
            Attribute::RequestMethod => Fact::text(self.method),
            Attribute::RequestPath => Fact::text(self.path),
            Attribute::RequestProtocol => Fact::text(self.protocol),
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

    fn of_parameter(datum: Option<Datum<'f>>) -> Self {
        let value = match datum {
            None => return Self::Absent,
            Some(Datum::Text(text)) => return Self::Numeral(text),
            Some(Datum::Json(value)) => value,
        };
        match value.kind() {
            Kind::Null => Self::Absent,
            Kind::Bool => value.as_bool().map_or(Self::Composite, Self::Bool),
            Kind::Number => value.as_number().map_or(Self::Composite, Self::Number),
            Kind::String => value.as_str().map_or(Self::Composite, Self::Text),
            Kind::Array | Kind::Object => Self::Composite,
        }
    }

    fn of_claim(agent: &'f Agent, pointer: &str) -> Self {
        let mut parts = pointer.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~"));
        let first = parts.next().and_then(|name| agent.claims.get(&name));
        let found = parts.fold(first, |value, name| value.and_then(|value| value.get(&name)));
        match found {
            None | Some(serde_json::Value::Null) => Self::Absent,
            Some(serde_json::Value::Bool(value)) => Self::Bool(*value),
            Some(serde_json::Value::Number(number)) => Self::Numeral(Cow::Owned(number.to_string())),
            Some(serde_json::Value::String(text)) => Self::text(text),
            Some(serde_json::Value::Array(items)) => {
                items.iter().map(serde_json::Value::as_str).collect::<Option<_>>().map_or(Self::Composite, Self::Texts)
            }
            Some(serde_json::Value::Object(_)) => Self::Composite,
        }
    }
}
