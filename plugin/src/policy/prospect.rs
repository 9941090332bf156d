//! Might it ever? What the rules leave open of a call that nobody has made yet.
//!
//! A server lists its tools before one is called: then it is known who would call which tool, and not with which
//! parameters. So a condition has three answers (Kleene's logic): it holds, it doesn't, it depends. What depends stays
//! open, and what can't be answered does too, since the call itself will be judged.

use super::constant::Unanswerable;
use super::expression::settle;
use super::{Attribute, Effect, Expression, Facts, Policy};

/// A call before it is made.
#[derive(Clone, Copy, Debug)]
pub struct Prospect<'f> {
    /// What is known; where [`Prospect`] knows no better, these facts aren't looked at.
    pub facts: Facts<'f>,
    /// Whether they say which resource it would be.
    pub names_resource: bool,
}

/// It depends on what isn't known yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Depends;

impl Prospect<'_> {
    /// Whether the expression will hold.
    pub(super) fn meets(&self, expression: &Expression) -> Result<bool, Depends> {
        match expression {
            Expression::Is(condition) if condition.attributes().all(|attribute| self.knows(attribute)) => {
                condition.holds(&self.facts).map_err(|Unanswerable| Depends)
            }
            Expression::Is(_) => Err(Depends),
            Expression::All(parts) => settle(parts.iter().map(|part| self.meets(part)), false),
            Expression::Any(parts) => settle(parts.iter().map(|part| self.meets(part)), true),
        }
    }

    /// Whether the attribute has its value before the call. A list outlives the moment, so the time isn't known either.
    pub(super) fn knows(&self, attribute: &Attribute) -> bool {
        match attribute {
            Attribute::ResourceId => self.names_resource,
            Attribute::Parameter(_)
            | Attribute::RiskLevel
            | Attribute::RiskScore
            | Attribute::RiskFindings
            | Attribute::Figure(..)
            | Attribute::RecentActions
            | Attribute::Time
            | Attribute::TimeHour
            | Attribute::TimeWeekday => false,
            Attribute::AgentId
            | Attribute::AgentRole
            | Attribute::AgentIssuer
            | Attribute::AgentScopes
            | Attribute::AgentActors
            | Attribute::User
            | Attribute::Tenant
            | Attribute::Session
            | Attribute::Task
            | Attribute::Intent
            | Attribute::Token(_)
            | Attribute::Tool
            | Attribute::Server
            | Attribute::Action
            | Attribute::ResourceType
            | Attribute::RequestMethod
            | Attribute::RequestPath
            | Attribute::RequestProtocol => true,
        }
    }
}

impl Policy {
    /// Whether the rules would let some such call go on: at once, after a decision, after an approval, or with a token that
    /// has more scopes.
    #[must_use]
    pub fn leaves_open(&self, prospect: &Prospect<'_>) -> bool {
        let mut open = false;
        for place in self.index.among(&prospect.facts, |attribute| prospect.knows(attribute)) {
            let Some(rule) = self.rules.get(place).filter(|rule| !rule.shadow) else { continue };
            let matches = settle(rule.conditions.iter().map(|clause| prospect.meets(&clause.expression)), false);
            match (rule.effect, matches) {
                (_, Ok(false)) | (Effect::Deny, Err(Depends)) => {}
                (Effect::Deny, Ok(true)) => return false,
                (Effect::Allow | Effect::Ask | Effect::Approve, _) => open = true,
            }
        }
        open
    }
}
