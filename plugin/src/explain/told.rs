//! An explanation as a person reads it.

use std::fmt;

use super::{Explanation, RuleStep};
use crate::audit::{Record, RiskRecord, Verdict};
use crate::config::Config;
use crate::policy::{Effect, Policy};
use crate::reason::Reason;

/// The verdict and its ground in one sentence.
pub(super) fn summary(record: &Record, config: &Config) -> String {
    let name = record.rule.as_deref().unwrap_or_default();
    let risk = record.risk.as_ref().map_or_else(String::new, |risk| format!("{} ({})", risk.level, risk.score));
    let ask_at = config.risk.ask_at;
    match (record.verdict, record.asked) {
        (Verdict::Reject | Verdict::NeedsApproval, _) => format!("rejected{}", ground(record)),
        (Verdict::WouldReject, _) => format!("would be rejected, and goes on in shadow mode{}", ground(record)),
        (Verdict::Forward, true) => {
            let named = config.policies.values().filter_map(|named| named.policy.as_ref());
            let mut rules = std::iter::once(&config.policy).chain(named).flat_map(Policy::rules);
            let rule = rules.find(|found| found.id == name);
            let effect = rule.map(|rule| rule.effect);
            if effect == Some(Effect::Allow) && rule.is_some_and(|rule| rule.wishes.credential.is_some()) {
                format!("up to the decision service: rule `{name}` allows it with a credential that the service issues")
            } else if effect == Some(Effect::Allow) {
                format!(
                    "up to the decision service: rule `{name}` allows it, but its risk {risk} is not below {ask_at}"
                )
            } else {
                format!("up to the decision service: rule `{name}` says so")
            }
        }
        (Verdict::Forward, false) if name.is_empty() => "forwarded: part of the protocol, nothing to decide".into(),
        (Verdict::Forward, false) => {
            format!("forwarded: rule `{name}` allows it, and its risk {risk} is below {ask_at}")
        }
    }
}

/// Why it was refused, behind a colon.
fn ground(record: &Record) -> String {
    let reason = record.reason.map(|reason| format!(": {}", reason.text())).unwrap_or_default();
    if record.detail.is_empty() { reason } else { format!("{reason}: {}", record.detail) }
}

/// How the kind of an action is known.
pub(super) fn known_from(source: &str) -> &'static str {
    match source {
        "operator" => "as the policy says (`tools`, or the route's `operations`)",
        "annotation" => "as its server says of it",
        "protocol" => "by the protocol's own method",
        "name" => "guessed from its name",
        "parameter" => "by what its method or a parameter says",
        _ => "which nothing tells",
    }
}

/// Rules that don't match are shown up to this number: nobody reads ten thousand.
const SHOWN: usize = 20;

impl Explanation {
    /// Of what no rule allows: the rule that misses it by one condition.
    fn nearest(&self) -> Option<String> {
        if self.reason != Some(Reason::PolicyNoRule.code()) {
            return None;
        }
        let rule = self.rules.iter().find(|rule| rule.misses == 1 && rule.effect != "deny" && !rule.tried_out)?;
        let (condition, wanted) = (rule.condition.as_ref()?, rule.wanted.as_ref()?);
        Some(format!("rule {} misses by one condition: `{condition}` wants {wanted}", rule.id))
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.summary)?;
        if let Some(token) = &self.token {
            write!(f, "  token   {}", token.agent)?;
            let named =
                [("user", &token.user), ("tenant", &token.tenant), ("role", &token.role), ("task", &token.task)];
            for (name, value) in named.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?))) {
                write!(f, ", {name} {value}")?;
            }
            writeln!(f, " ({})", token.issuer)?;
        }
        if let Some(route) = &self.route {
            writeln!(f, "  route   {}: {} of {}", route.matching, route.protocol, route.server)?;
        }
        if let Some(action) = &self.action {
            write!(f, "  action  {} by {}, {}", action.kind, action.tool, known_from(action.source))?;
            match &action.resource {
                Some(resource) => writeln!(f, "; {} {}", resource.kind, resource.id)?,
                None => writeln!(f)?,
            }
        }
        if let Some(risk) = &self.risk {
            let RiskRecord { level, score, .. } = &risk.risk;
            writeln!(f, "  risk    {level} ({score}); from {} on a decision is needed", risk.ask_at)?;
            if let Some(action) = &self.action {
                writeln!(f, "          {} for the action {}", risk.base, action.kind)?;
            }
            for finding in &risk.risk.findings {
                let weight = risk.weights.get(finding.code).copied().unwrap_or_default();
                let place = if finding.pointer.is_empty() { "/" } else { &finding.pointer };
                writeln!(f, "          +{weight} {} at {place}: {}", finding.code, finding.detail)?;
            }
        }
        let (matching, others): (Vec<_>, Vec<_>) = self.rules.iter().partition(|rule| rule.outcome != "unmatched");
        for rule in matching.iter().chain(others.iter().take(SHOWN)) {
            writeln!(f, "  rule    {rule}")?;
        }
        if let Some(more) = others.len().checked_sub(SHOWN).filter(|more| *more > 0) {
            writeln!(f, "          … and {more} more that don't match")?;
        }
        if let Some(nearest) = self.nearest() {
            writeln!(f, "  nearest {nearest}")?;
        }
        if let Some(question) = &self.question {
            writeln!(f, "  asked   {question}")?;
        }
        if let Some(answer) = &self.answer {
            writeln!(f, "  answer  {} {}", answer.status, answer.body)?;
        }
        Ok(())
    }
}

impl fmt::Display for RuleStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): ", self.id, self.effect)?;
        match (&self.condition, self.outcome) {
            (Some(condition), "failed") => write!(f, "`{condition}` can't be compared with {}", self.found)?,
            (Some(condition), _) if self.found.is_null() => write!(f, "no: `{condition}` isn't there")?,
            (Some(condition), _) if self.wanted.is_some() => write!(f, "no: `{condition}` finds {}", self.found)?,
            (Some(condition), _) => write!(f, "no: `{condition}` doesn't hold, found {}", self.found)?,
            (None, _) => f.write_str("matches")?,
        }
        if let Some(wanted) = &self.wanted {
            write!(f, " and wants {wanted}")?;
        }
        if self.tried_out {
            f.write_str(" (in shadow mode: decides nothing)")?;
        }
        if self.decides { f.write_str(", decides") } else { Ok(()) }
    }
}
