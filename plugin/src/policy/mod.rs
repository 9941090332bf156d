//! May it? The operator's rules over what is known of a request.
//!
//! Policy languages fail by silence: a misspelt name that never matches, a comparison that can't succeed, a rule that
//! is skipped because it broke. Here an attribute that can't exist is refused when the configuration is read, and a
//! rule that can't be evaluated on a request denies that request.

mod attribute;
mod cel;
mod comparison;
mod condition;
mod constant;
mod details;
mod expression;
mod fact;
mod flat;
mod impossible;
mod index;
pub mod lint;
mod lookup;
mod prospect;
mod task;
mod trace;
mod wanted;
mod wish;

pub use attribute::{Attribute, InvalidAttribute};
pub use cel::read as read_cel;
pub use comparison::{Comparison, Comparisons, Relation};
pub use condition::{Condition, InvalidCondition};
pub use constant::Constant;
pub use details::{DetailBound, DetailType, Details, Within};
pub use expression::{Clause, Expression};
pub use fact::Facts;
pub use prospect::Prospect;
pub use task::{Counterparties, DocumentedTask, Task, Tasks};
pub use trace::{Trial, Tried};
pub use wish::{InvalidPointer, Pointer};

use crate::credential::CredentialWish;
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

impl Effect {
    /// The name that operators write.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Ask => "ask",
            Self::Approve => "approve",
            Self::Deny => "deny",
        }
    }
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
    /// Scopes without which nothing that it matches goes on.
    pub scopes: Vec<String>,
    /// What it adds when it decides.
    pub wishes: Wishes,
    /// Whether it is only tried out: what it would decide is recorded, and nothing else.
    pub shadow: bool,
}

/// What a rule adds to the verdict that it decides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// The credential that the upstream is to get: the decision service is asked for it.
    pub credential: Option<CredentialWish>,
    /// The parameters that the decision service may change.
    pub narrow: Vec<Pointer>,
    /// Whether what it lets through is recorded even where only denials are.
    pub recorded: bool,
    /// The operator's own words for it, in the audit record.
    pub tags: Vec<String>,
}

/// Every rule.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    rules: Vec<Rule>,
    index: Index,
    /// Whether any rule is only tried out.
    rehearses: bool,
}

/// What the rules say of one request.
#[derive(Clone, Copy, Debug)]
pub enum Ruling<'p> {
    /// The strongest effect among the rules that matched, and the first rule that has it.
    Matched(Effect, &'p Rule),
    /// No rule matched: denied.
    NoRule,
    /// This rule matched, and the token lacks a scope that it requires: denied, until another token comes.
    LacksScope(&'p Rule),
    /// This rule could not be evaluated on this request: denied.
    Failed(&'p Rule, &'p Condition),
}

impl Rule {
    /// Whether every condition holds.
    ///
    /// # Errors
    /// The first condition that can't be answered on these facts, where no other is false.
    pub fn matches(&self, facts: &Facts<'_>) -> Result<bool, &Condition> {
        expression::settle(self.conditions.iter().map(|clause| clause.expression.holds(facts)), false)
    }
}

impl Policy {
    /// The policy of these rules.
    #[must_use]
    pub fn new(rules: Vec<Rule>) -> Self {
        Self { index: Index::new(&rules), rehearses: rules.iter().any(|rule| rule.shadow), rules }
    }

    /// The rules, in the operator's order.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// What the rules say: deny over what failed over a scope that is lacking over approve over ask over allow, whatever their order. Of several
    /// rules of one effect, the first is named.
    #[must_use]
    pub fn judge(&self, facts: &Facts<'_>) -> Ruling<'_> {
        self.strongest(facts, |rule| !rule.shadow)
    }

    /// Every scope that a request needs, those that its token has among them: a client that asks for a new token asks for
    /// all of them.
    #[must_use]
    pub fn scopes(&self, facts: &Facts<'_>) -> Vec<&str> {
        let candidates = self.index.candidates(facts).filter_map(|place| self.rules.get(place));
        let matching = candidates
            .filter(|rule| !rule.shadow && !rule.scopes.is_empty() && matches!(rule.matches(facts), Ok(true)));
        let mut scopes: Vec<_> = matching.flat_map(|rule| &rule.scopes).map(String::as_str).collect();
        scopes.sort_unstable();
        scopes.dedup();
        scopes
    }

    /// What the rules would say if those in shadow mode counted, where one of these would decide.
    #[must_use]
    pub fn rehearse(&self, facts: &Facts<'_>) -> Option<Ruling<'_>> {
        if !self.rehearses {
            return None;
        }
        match self.strongest(facts, |_| true) {
            Ruling::NoRule => None,
            ruling @ (Ruling::Matched(_, rule) | Ruling::LacksScope(rule) | Ruling::Failed(rule, _)) => {
                rule.shadow.then_some(ruling)
            }
        }
    }

    /// Whether any rule looks at what was counted of earlier calls.
    #[must_use]
    pub fn remembers(&self) -> bool {
        let mut remembers = false;
        for clause in self.rules.iter().flat_map(|rule| &rule.conditions) {
            clause.expression.each(&mut |condition| remembers |= condition.remembers());
        }
        remembers
    }

    fn strongest(&self, facts: &Facts<'_>, counts: impl Fn(&Rule) -> bool) -> Ruling<'_> {
        let mut strongest = Ruling::NoRule;
        let mut at = usize::MAX;
        for place in self.index.candidates(facts) {
            let Some(rule) = self.rules.get(place).filter(|rule| counts(rule)) else { continue };
            let ruling = match rule.matches(facts) {
                Ok(false) => continue,
                Ok(true) if rule.scopes.iter().any(|scope| !facts.agent.scopes.contains(scope)) => {
                    Ruling::LacksScope(rule)
                }
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
            Self::LacksScope(_) => 4,
            Self::Failed(..) => 5,
            Self::Matched(Effect::Deny, _) => 6,
        }
    }
}
