//! Several things in one request: each must be allowed, for the request can only be forwarded whole.
//!
//! MCP's batches, its subscriptions and GraphQL's fields are such requests. Each thing is judged as if it came alone. The
//! first that is refused refuses the request; where one needs a decision the service is asked about that one, and where
//! more than one does the request is refused: an answer says yes to one action, not to what else came along with it.

use super::Outcome;
use crate::action::Action;
use crate::audit::Record;
use crate::reason::Reason;

/// What should happen with a request that does all of `actions`. The record tells of the one that decided, or else of the
/// riskiest; its tool names them all.
pub(crate) fn judge(
    actions: &[Action<'_>],
    record: &mut Record,
    judge_one: &mut dyn FnMut(&Action<'_>, &mut Record) -> Outcome,
) -> Outcome {
    let before = record.clone();
    let mut worst: Option<(u8, Record)> = None;
    let mut asked = None;
    for action in actions {
        let mut of_this_one = before.clone();
        match judge_one(action, &mut of_this_one) {
            Outcome::Refuse(refusal) => {
                *record = of_this_one;
                return Outcome::Refuse(refusal);
            }
            Outcome::Ask(_) if asked.is_some() => {
                *record = of_this_one;
                return Outcome::Refuse(Reason::DecisionSeveral.into());
            }
            Outcome::Ask(question) => asked = Some((question, of_this_one)),
            Outcome::Forward => {
                let score = of_this_one.risk.as_ref().map_or(0, |risk| risk.score);
                if worst.as_ref().is_none_or(|(known, _)| score > *known) {
                    worst = Some((score, of_this_one));
                }
            }
        }
    }
    let (outcome, told) = match (asked, worst) {
        (Some((question, told)), _) => (Outcome::Ask(question), told),
        (None, Some((_, told))) => (Outcome::Forward, told),
        // Nothing was to be judged, so nothing allowed it.
        (None, None) => (Outcome::Refuse(Reason::Fault.into()), before),
    };
    *record = told;
    record.tool = Some(names(actions));
    outcome
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
