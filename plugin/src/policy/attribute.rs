//! The names that conditions are written over: a closed list.

use std::fmt;

use crate::session::{Figure, Window};

/// What a condition looks at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attribute {
    /// `agent.id`: the software acting.
    AgentId,
    /// `agent.role`.
    AgentRole,
    /// `agent.issuer`: who issued its token.
    AgentIssuer,
    /// `agent.scopes`: a list.
    AgentScopes,
    /// `agent.actors`: the chain of actors, a list, outermost first.
    AgentActors,
    /// `user.id` or `user`: on whose behalf.
    User,
    /// `tenant`.
    Tenant,
    /// `session.id`.
    Session,
    /// `task`.
    Task,
    /// `intent`.
    Intent,
    /// `token.<claim>`: a verified claim, by JSON pointer.
    Token(String),
    /// `tool`.
    Tool,
    /// `server`.
    Server,
    /// `action`: one of the closed list.
    Action,
    /// `resource.type`.
    ResourceType,
    /// `resource.id`.
    ResourceId,
    /// `parameters.<name>`: a parameter, by JSON pointer.
    Parameter(String),
    /// `risk.level`: `low`, `medium`, `high`, `critical`, in this order.
    RiskLevel,
    /// `risk.score`: 0 to 100.
    RiskScore,
    /// `risk.findings`: the codes found, a list.
    RiskFindings,
    /// `request.method`: of HTTP.
    RequestMethod,
    /// `request.path`: without the query.
    RequestPath,
    /// `request.protocol`: `mcp`, `a2a`, `rest` or `graphql`.
    RequestProtocol,
    /// `session.<figure>_<window>`: what was counted.
    Figure(Figure, Window),
    /// `session.recent_actions`: the latest actions that were let through, a list.
    RecentActions,
    /// `time`: the moment of the request, compared with RFC 3339 times.
    Time,
    /// `time.hour`: 0 to 23, UTC.
    TimeHour,
    /// `time.weekday`: `monday` to `sunday`, UTC.
    TimeWeekday,
}

/// A name that no request can ever have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidAttribute {
    /// The name that comes nearest, where one is near.
    pub nearest: Option<&'static str>,
}

/// Every fixed name.
pub(super) const NAMES: &[(&str, Attribute)] = &[
    ("agent", Attribute::AgentId),
    ("agent.id", Attribute::AgentId),
    ("agent.role", Attribute::AgentRole),
    ("agent.issuer", Attribute::AgentIssuer),
    ("agent.scopes", Attribute::AgentScopes),
    ("agent.actors", Attribute::AgentActors),
    ("user", Attribute::User),
    ("user.id", Attribute::User),
    ("tenant", Attribute::Tenant),
    ("session", Attribute::Session),
    ("session.id", Attribute::Session),
    ("task", Attribute::Task),
    ("intent", Attribute::Intent),
    ("tool", Attribute::Tool),
    ("server", Attribute::Server),
    ("action", Attribute::Action),
    ("resource.type", Attribute::ResourceType),
    ("resource.id", Attribute::ResourceId),
    ("risk", Attribute::RiskLevel),
    ("risk.level", Attribute::RiskLevel),
    ("risk.score", Attribute::RiskScore),
    ("risk.findings", Attribute::RiskFindings),
    ("request.method", Attribute::RequestMethod),
    ("request.path", Attribute::RequestPath),
    ("request.protocol", Attribute::RequestProtocol),
    ("time", Attribute::Time),
    ("time.hour", Attribute::TimeHour),
    ("time.weekday", Attribute::TimeWeekday),
];

impl Attribute {
    /// The attribute of that name; `parameters.a.b` is the JSON pointer `/a/b`.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn named(name: &str) -> Result<Self, InvalidAttribute> {
        if let Some((_, attribute)) = NAMES.iter().find(|(found, _)| *found == name) {
            return Ok(attribute.clone());
        }
        if let Some(figure) = name.strip_prefix("session.").and_then(figure) {
            return Ok(figure);
        }
        if let Some(path) = name.strip_prefix("parameters.").and_then(pointer) {
            return Ok(Self::Parameter(path));
        }
        if let Some(path) = name.strip_prefix("token.").and_then(pointer) {
            return Ok(Self::Token(path));
        }
        Err(InvalidAttribute { nearest: nearest(name) })
    }

    /// The attribute whose name has these parts; those of a parameter or claim may contain anything.
    ///
    /// # Errors
    /// When there is none of that name.
    pub(super) fn at(parts: &[String]) -> Result<Self, InvalidAttribute> {
        let below = |parts: &[String]| parts.iter().map(|part| format!("/{}", escape(part))).collect();
        match parts {
            [root, rest @ ..] if !rest.is_empty() && root == "parameters" => Ok(Self::Parameter(below(rest))),
            [root, rest @ ..] if !rest.is_empty() && root == "token" => Ok(Self::Token(below(rest))),
            _ => Self::named(&parts.join(".")),
        }
    }

    /// Whether it has a value on every request.
    pub(super) fn is_always_there(&self) -> bool {
        matches!(
            self,
            Self::AgentId
                | Self::AgentIssuer
                | Self::Tool
                | Self::Server
                | Self::Action
                | Self::RiskLevel
                | Self::RiskScore
                | Self::RequestMethod
                | Self::RequestPath
                | Self::RequestProtocol
                | Self::Time
                | Self::TimeHour
                | Self::TimeWeekday
                | Self::Figure(..)
        )
    }

    /// Whether it is a memory of earlier calls.
    pub(super) fn is_remembered(&self) -> bool {
        matches!(self, Self::Figure(..) | Self::RecentActions)
    }

    /// The least and the greatest it can be, where it is a whole number of our own counting.
    pub(super) fn range(&self) -> Option<(u64, u64)> {
        match self {
            Self::RiskScore => Some((0, 100)),
            Self::TimeHour => Some((0, 23)),
            Self::Figure(..) => Some((0, u64::MAX)),
            _ => None,
        }
    }

    /// Whether its value is always a list.
    pub(super) fn is_list(&self) -> bool {
        matches!(self, Self::AgentScopes | Self::AgentActors | Self::RiskFindings | Self::RecentActions)
    }

    /// Whether its value, where there is one, is one text: what rules can be looked up by.
    pub(super) fn is_key(&self) -> bool {
        let is_text = !matches!(self, Self::RiskLevel | Self::Time) && self.range().is_none();
        is_text && self.is_cheap() && !self.is_list()
    }

    /// Whether looking this attribute up costs next to nothing; conditions on such go first.
    #[must_use]
    pub fn is_cheap(&self) -> bool {
        !matches!(self, Self::Parameter(_) | Self::Token(_) | Self::RiskFindings)
    }
}

/// `calls_1h`, `denials_5m`, `create_1d`, or `recent_actions`.
fn figure(name: &str) -> Option<Attribute> {
    if name == "recent_actions" {
        return Some(Attribute::RecentActions);
    }
    let (figure, window) = name.rsplit_once('_')?;
    Some(Attribute::Figure(Figure::named(figure)?, Window::named(window)?))
}

/// The name that ends so behind a dot: `agent.role` for `role`.
fn below(name: &str) -> Option<&'static str> {
    let ends_so = |found: &&str| found.rsplit_once('.').is_some_and(|(_, last)| last == name);
    NAMES.iter().map(|(found, _)| *found).find(ends_so)
}

/// The name that was meant, if that can be guessed.
fn nearest(name: &str) -> Option<&'static str> {
    match name.split('.').next() {
        Some("parameter" | "params" | "param" | "arguments" | "args" | "input") => Some("parameters.<name>"),
        Some("claims" | "claim" | "jwt") => Some("token.<claim>"),
        Some("session") => Some("session.<figure>_<window>, such as session.denials_5m"),
        _ => below(name).or_else(|| {
            let distances = NAMES.iter().map(|(found, _)| (strsim::damerau_levenshtein(found, name), *found));
            let near = distances.filter(|(distance, _)| *distance <= 3);
            near.min_by_key(|(distance, _)| *distance).map(|(_, found)| found)
        }),
    }
}

impl fmt::Display for InvalidAttribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.nearest {
            Some(nearest) => write!(f, "no request can have it; did you mean `{nearest}`?"),
            None => f.write_str(
                "no request can have it; names are user tenant task intent tool server action time, or begin with \
                 agent. session. resource. parameters. risk. request. time. token.",
            ),
        }
    }
}

/// `a.b` as a JSON pointer; none where a part is empty.
fn pointer(path: &str) -> Option<String> {
    let mut pointer = String::with_capacity(path.len().saturating_add(1));
    for part in path.split('.') {
        if part.is_empty() {
            return None;
        }
        pointer.push('/');
        pointer.push_str(&escape(part));
    }
    Some(pointer)
}

/// A token of a JSON pointer (RFC 6901 section 3).
fn escape(part: &str) -> String {
    part.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_in_the_documentation() {
        let document = include_str!("../../../envoy/POLICY.md");
        let figures = ["calls", "denials", "tools", "rows", "amount", "bytes_out"];
        let windows = ["1m", "5m", "1h", "1d"];
        let others = ["token.<claim>", "parameters.<name>", "session.<figure>_<window>", "session.recent_actions"];
        for name in NAMES.iter().map(|(name, _)| *name).chain(figures).chain(windows).chain(others) {
            assert!(document.contains(&format!("`{name}`")), "`{name}` is not in envoy/POLICY.md");
        }
        for (figure, window) in figures.iter().flat_map(|figure| windows.map(|window| (figure, window))) {
            assert!(Attribute::named(&format!("session.{figure}_{window}")).is_ok(), "{figure} {window}");
        }
    }

    #[test]
    fn dots_lead_into_parameters_and_claims() {
        assert_eq!(Attribute::named("parameters.limit"), Ok(Attribute::Parameter("/limit".into())));
        assert_eq!(Attribute::named("parameters.filter.by/name"), Ok(Attribute::Parameter("/filter/by~1name".into())));
        assert_eq!(Attribute::named("token.ticket.customer"), Ok(Attribute::Token("/ticket/customer".into())));
    }

    #[test]
    fn a_name_that_cannot_exist_is_refused_with_the_nearest_that_can() {
        assert_eq!(Attribute::named("role"), Err(InvalidAttribute { nearest: Some("agent.role") }));
        assert_eq!(Attribute::named("agent.rule"), Err(InvalidAttribute { nearest: Some("agent.role") }));
        assert_eq!(Attribute::named("parameters."), Err(InvalidAttribute { nearest: None }));
        assert_eq!(Attribute::named("weather"), Err(InvalidAttribute { nearest: None }));
    }
}
