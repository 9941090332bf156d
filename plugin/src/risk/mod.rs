//! How risky an action is: what was observed, and what that adds up to.
//!
//! Detectors look at each parameter with its JSON pointer and note [`Finding`]s; `score` turns the kind of action
//! and the findings into a number and a [`Level`], by tables that are part of the documentation. The same input
//! always gives the same result, and every finding says where it was made and why, never what the value was.

mod address;
mod card;
mod control;
mod dates;
mod destination;
mod finding;
mod host;
mod leaf;
mod level;
mod money;
mod names;
mod personal;
mod phrase;
mod recipients;
mod rows;
mod score;
mod statement;
mod table;

pub use finding::{Code, Finding};
pub use host::{Host, TrustedDomains};
pub use level::Level;
pub use money::Amount;
pub use recipients::each_recipient;
pub use table::{AmountBound, RiskTable};

use crate::action::Action;
use finding::Findings;
use leaf::Leaf;
use std::ops::ControlFlow;

/// How risky an action is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Risk {
    /// What rules and `ask_at` compare.
    pub level: Level,
    /// From 0 to 100.
    pub score: u8,
    /// What was observed, in the order of the parameters.
    pub findings: Vec<Finding>,
}

/// Does what need be done only once, so that the first request doesn't wait for it.
pub fn prepare() {
    phrase::prepare();
}

/// Rates an action.
#[must_use]
pub fn assess(table: &RiskTable, action: &Action<'_>) -> Risk {
    let mut findings = Findings::default();
    let mut recipients = recipients::Count::default();
    let mut named = rows::Named::default();
    let mut dates = dates::Span::default();
    let mut paid = money::Paid::default();
    // The end of the walk says nothing: it is never stopped.
    let _ = action.parameters.leaves(&mut |pointer, datum| {
        let leaf = Leaf::new(pointer, datum);
        rows::look(&leaf, action.kind, table, &mut findings);
        named.look(&leaf);
        rows::look_for_wildcards(&leaf, action.kind, &mut findings);
        dates.look(&leaf, action.kind);
        paid.look(&leaf, action.kind, table, &mut findings);
        destination::look(&leaf, action, table, &mut findings);
        control::look(&leaf, action.kind, &mut findings);
        phrase::look(&leaf, action.kind, &mut findings);
        card::look(&leaf, action.kind, &mut findings);
        personal::look(&leaf, action.kind, &mut findings);
        statement::look(&leaf, &action.tool, table, &mut findings);
        recipients.look(&leaf, action.kind, &mut findings);
        ControlFlow::Continue(())
    });
    recipients.judge(table, &mut findings);
    named.judge(table, &mut findings);
    rows::judge(action, &mut findings);
    dates.judge(&mut findings);
    paid.judge(action.kind, table, &mut findings);
    findings.retain(|code| table.wants(code));
    let findings = findings.into_vec();
    let score = score::score(table, action.kind, &findings);
    Risk { level: Level::of(score), score, findings }
}

#[cfg(test)]
mod tests;
