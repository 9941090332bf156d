//! Might it ever? What the rules leave open of a call that nobody has made yet.
//!
//! A server lists its tools before one is called: then it is known who would call which tool, and not with which
//! parameters. So a condition has three answers (Kleene's logic): it holds, it doesn't, it depends. What depends stays
//! open, and what can't be answered does too, since the call itself will be judged.

use super::{Attribute, Condition, Effect, Expression, Facts, Policy, Rule};

/// A call before it is made.
#[derive(Clone, Copy, Debug)]
pub struct Prospect<'f> {
    /// What is known; where [`Prospect`] knows no better, these facts aren't looked at.
    pub facts: Facts<'f>,
    /// Whether they say which resource it would be.
    pub names_resource: bool,
}

impl Prospect<'_> {
    /// Whether the expression will hold; none where that depends on what isn't known yet.
    pub(super) fn meets(&self, expression: &Expression) -> Option<bool> {
        match expression {
            Expression::Is(condition) => self.answers(condition),
            Expression::All(parts) => self.settle(parts, false),
            Expression::Any(parts) => self.settle(parts, true),
        }
    }

    fn answers(&self, condition: &Condition) -> Option<bool> {
        let known = condition.attributes().all(|attribute| self.knows(attribute));
        known.then(|| condition.holds(&self.facts).ok()).flatten()
    }

    /// Whether `parts` hold together, where one that is `settling` settles it.
    fn settle<'e>(&self, parts: impl IntoIterator<Item = &'e Expression>, settling: bool) -> Option<bool> {
        let mut open = false;
        for part in parts {
            match self.meets(part) {
                Some(value) if value == settling => return Some(settling),
                Some(_) => {}
                None => open = true,
            }
        }
        (!open).then_some(!settling)
    }

    fn matches(&self, rule: &Rule) -> Option<bool> {
        self.settle(rule.conditions.iter().map(|clause| &clause.expression), false)
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
            match (rule.effect, prospect.matches(rule)) {
                (_, Some(false)) | (Effect::Deny, None) => {}
                (Effect::Deny, Some(true)) => return false,
                (Effect::Allow | Effect::Ask | Effect::Approve, _) => open = true,
            }
        }
        open
    }
}
