//! Several things in one request: each must be allowed, for the request can only be forwarded whole.
//!
//! MCP's batches, its subscriptions and GraphQL's fields are such requests. Each thing is judged as if it came alone. The
//! first that is refused refuses the request; where one needs a decision the service is asked about that one. Where more
//! than one does it is asked about all of them at once, if it can be, and else the request is refused: an answer says yes
//! to one action, not to what else came along with it.

use super::Outcome;
use crate::action::Action;
use crate::audit::{Cost, Record};
use crate::decision::{Question, together};
use crate::reason::Reason;

/// What should happen with a request that does all of `actions`. The record tells of the one that decided, or else of the
/// riskiest; its tool names them all, and its cost is that of all.
pub(crate) fn judge(
    actions: &[Action<'_>],
    record: &mut Record,
    asks_together: bool,
    judge_one: &mut dyn FnMut(&Action<'_>, &mut Record) -> Outcome,
) -> Outcome {
    let before = record.clone();
    let (mut worst, mut worst_asked) = (None, None);
    let mut questions: Vec<Question> = Vec::new();
    let mut cost: Option<Cost> = None;
    for action in actions {
        let mut of_this_one = before.clone();
        let outcome = judge_one(action, &mut of_this_one);
        cost = match (cost, of_this_one.cost) {
            (Some(all), Some(one)) => Some(all.plus(one)),
            (all, one) => all.or(one),
        };
        match outcome {
            Outcome::Refuse(refusal) => {
                *record = of_this_one;
                return Outcome::Refuse(refusal);
            }
            Outcome::Ask(_) if !asks_together && !questions.is_empty() => {
                *record = of_this_one;
                return Outcome::Refuse(Reason::DecisionSeveral.into());
            }
            Outcome::Ask(question) => {
                questions.push(question);
                keep_the_riskier(&mut worst_asked, of_this_one);
            }
            Outcome::Forward => keep_the_riskier(&mut worst, of_this_one),
        }
    }
    let question = if questions.len() > 1 { together(&questions) } else { questions.pop() };
    let (outcome, told) = match (worst_asked, question, worst) {
        (Some(told), Some(question), _) => (Outcome::Ask(question), told),
        (Some(told), None, _) => (Outcome::Refuse(Reason::DecisionSeveral.into()), told),
        (None, _, Some(told)) => (Outcome::Forward, told),
        // Nothing was to be judged, so nothing allowed it.
        (None, _, None) => (Outcome::Refuse(Reason::Fault.into()), before),
    };
    *record = told;
    record.tool = Some(names(actions));
    record.cost = cost;
    outcome
}

fn keep_the_riskier(kept: &mut Option<Record>, other: Record) {
    let score = |record: &Record| record.risk.as_ref().map_or(0, |risk| risk.score);
    if kept.as_ref().is_none_or(|kept| score(&other) > score(kept)) {
        *kept = Some(other);
    }
}

/// How many tools are named before the rest is only counted: headers carry the names on.
const NAMED: usize = 8;

/// The tools, each once, in their order.
fn names(actions: &[Action<'_>]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for action in actions {
        if !names.contains(&&*action.tool) {
            names.push(&action.tool);
        }
    }
    let more = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    let named = names.join(",");
    if more == 0 { named } else { format!("{named},+{more}") }
}
