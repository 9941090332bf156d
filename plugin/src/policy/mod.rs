//! May it? The operator's rules over what is known of a request.
//!
//! Policy languages fail by silence: a misspelt name that never matches, a comparison that can't succeed, a rule that
//! is skipped because it broke. Here an attribute that can't exist is refused when the configuration is read, and a
//! rule that can't be evaluated on a request denies that request.

mod attribute;
mod cel;
mod condition;
mod constant;
mod expression;
mod fact;
mod flat;
mod impossible;
mod index;
pub mod lint;
mod lookup;
mod trace;

pub use attribute::{Attribute, InvalidAttribute};
pub use cel::read as read_cel;
pub use condition::{Condition, InvalidCondition};
pub use constant::Constant;
pub use expression::{Clause, Expression};
pub use fact::Facts;
pub use trace::{Trial, Tried};

use index::Index;

/// What a rule does when it matches; the later in this list, the stronger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// The request may go on, unless its risk asks for a decision.
    Allow,
    /// The decision service is asked.
    Ask,
    /// The decision service is asked for a person's approval.
    Approve,
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
    /// What must hold, all of it, cheapest first.
    pub conditions: Vec<Clause>,
    /// What a denied agent reads.
    pub reason: Option<String>,
    /// Parameters that the decision service may narrow, as JSON pointers.
    pub narrow: Vec<String>,
}

/// Every rule.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    rules: Vec<Rule>,
    index: Index,
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
    /// The first condition that can't be answered on these facts, where no other is false.
    pub fn matches(&self, facts: &Facts<'_>) -> Result<bool, &Condition> {
        expression::settle(self.conditions.iter().map(|clause| &clause.expression), facts, false)
    }
}

impl Policy {
    /// The policy of these rules.
    #[must_use]
    pub fn new(rules: Vec<Rule>) -> Self {
        Self { index: Index::new(&rules), rules }
    }

    /// The rules, in the operator's order.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// What the rules say: deny over what failed over approve over ask over allow, whatever their order. Of several
    /// rules of one effect, the first is named.
    #[must_use]
    pub fn judge(&self, facts: &Facts<'_>) -> Ruling<'_> {
        let mut strongest = Ruling::NoRule;
        let mut at = usize::MAX;
        for place in self.index.candidates(facts) {
            let Some(rule) = self.rules.get(place) else { continue };
            let ruling = match rule.matches(facts) {
                Ok(false) => continue,
                Ok(true) => Ruling::Matched(rule.effect, rule),
                Err(condition) => Ruling::Failed(rule, condition),
            };
            let (one, other) = (ruling.strength(), strongest.strength());
            if one > other || (one == other && place < at) {
                (strongest, at) = (ruling, place);
            }
        }
        strongest
    }
}

impl Ruling<'_> {
    /// What a matched deny says is worth more than that another rule failed: both refuse, but it has a reason.
    fn strength(&self) -> u8 {
        match self {
            Self::NoRule => 0,
            Self::Matched(Effect::Allow, _) => 1,
            Self::Matched(Effect::Ask, _) => 2,
            Self::Matched(Effect::Approve, _) => 3,
            Self::Failed(..) => 4,
            Self::Matched(Effect::Deny, _) => 5,
        }
    }
}
