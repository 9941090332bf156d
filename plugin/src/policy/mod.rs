//! May it? The operator's rules over what is known of a request.
//!
//! Policy languages fail by silence: a misspelt name that never matches, a comparison that can't succeed, a rule that
//! is skipped because it broke. Here an attribute that can't exist is refused when the configuration is read, and a
//! rule that can't be evaluated on a request denies that request.

mod attribute;
mod condition;
mod fact;
mod trace;

pub use attribute::{Attribute, InvalidAttribute};
pub use condition::{Condition, Constant, InvalidCondition};
pub use fact::Facts;
pub use trace::{Trial, Tried};

use condition::Unanswerable;

/// What a rule does when it matches; the later in this list, the stronger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// The request may go on, unless its risk asks for a decision.
    Allow,
    /// The decision service is asked.
    Ask,
    /// The request is refused.
    Deny,
}

/// One rule: an effect, when all its conditions hold.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its name, in audit records and denials.
    pub id: String,
    /// What it does.
    pub effect: Effect,
    /// What must hold, cheapest first.
    pub conditions: Vec<Condition>,
    /// What a denied agent reads.
    pub reason: Option<String>,
}

/// Every rule.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    rules: Vec<Rule>,
}

/// What the rules say of one request.
#[derive(Clone, Copy, Debug)]
pub enum Ruling<'p> {
    /// The strongest effect among the rules that matched, and the first rule that has it.
    Matched(Effect, &'p Rule),
    /// No rule matched: denied.
    NoRule,
    /// This rule could not be evaluated on this request: denied.
    Failed(&'p Rule, &'p Condition),
}

impl Rule {
    /// Whether every condition holds.
    ///
    /// # Errors
    /// The first condition that can't be answered on these facts.
    pub fn matches(&self, facts: &Facts<'_>) -> Result<bool, &Condition> {
        for condition in &self.conditions {
            match condition.holds(facts) {
                Ok(true) => {}
                Ok(false) => return Ok(false),
                Err(Unanswerable) => return Err(condition),
            }
        }
        Ok(true)
    }
}

impl Policy {
    /// The policy of these rules.
    #[must_use]
    pub fn new(rules: Vec<Rule>) -> Self {
        Self { rules }
    }

    /// The rules, in the operator's order.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// What the rules say: deny over ask over allow, whatever their order.
    #[must_use]
    pub fn judge(&self, facts: &Facts<'_>) -> Ruling<'_> {
        let mut strongest: Option<&Rule> = None;
        for rule in &self.rules {
            match rule.matches(facts) {
                Ok(false) => {}
                Ok(true) => {
                    if strongest.is_none_or(|found| found.effect < rule.effect) {
                        strongest = Some(rule);
                    }
                }
                Err(condition) => return Ruling::Failed(rule, condition),
            }
        }
        strongest.map_or(Ruling::NoRule, |rule| Ruling::Matched(rule.effect, rule))
    }
}
