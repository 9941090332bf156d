//! What the configuration says of servers and tools, and rules that nothing there can meet.

use super::{conditions, contradiction};
use crate::policy::{Attribute, Condition, Constant, Rule};

/// What the configuration says of servers and tools. It need not list every tool; but what it says, it says.
#[derive(Clone, Debug, Default)]
pub struct Surface<'s> {
    /// Tools that it lists.
    pub tools: Vec<KnownTool<'s>>,
    /// The names of all servers.
    pub servers: Vec<&'s str>,
}

/// A tool that the configuration lists.
#[derive(Clone, Debug)]
pub struct KnownTool<'s> {
    /// Its name.
    pub name: &'s str,
    /// Where it is listed, as a JSON pointer.
    pub pointer: String,
    /// What kind of action the operator says it is.
    pub action: Option<&'static str>,
    /// The type of what it is done to.
    pub resource: Option<&'s str>,
    /// The server, where it can be on one only.
    pub server: Option<&'s str>,
}

impl Surface<'_> {
    /// Why nothing can meet `rule`.
    pub(super) fn complaints(&self, rule: &Rule) -> Vec<String> {
        let mut found = Vec::new();
        for condition in conditions(rule).filter(|it| *it.attribute() == Attribute::Server) {
            let named = condition.constants().unwrap_or_default();
            if !named.is_empty() && !self.servers.iter().any(|server| condition.admits(&text(server))) {
                found.push(format!(
                    "`{}` can never match: no route has the server that `{}` names; there are `{}`",
                    rule.id,
                    condition.name,
                    self.servers.join("`, `")
                ));
            }
        }
        for name in conditions(rule).filter_map(tools_named).flatten() {
            if let Some(near) = self.meant(name) {
                found.push(format!(
                    "`{}` names `{name}`, which the configuration doesn't list; did you mean `{near}`?",
                    rule.id
                ));
            }
        }
        found.extend(self.unmet(rule));
        found
    }

    /// A rule about listed tools only, each of which the operator says is something else than the rule wants.
    fn unmet(&self, rule: &Rule) -> Option<String> {
        let named: Vec<&str> = conditions(rule).find_map(tools_named)?.collect();
        let listed: Vec<_> = self.tools.iter().filter(|tool| named.contains(&tool.name)).collect();
        let all_listed = named.iter().all(|name| listed.iter().any(|tool| tool.name == *name));
        if !all_listed || listed.iter().any(|tool| tool.may_meet(rule)) {
            return None;
        }
        let tool = listed.first()?;
        let (condition, says) = conditions(rule).find_map(|it| Some((it, tool.refuses(it)?)))?;
        Some(format!(
            "no tool can meet `{}`: {} says that `{}` is `{says}`, and `{}` wants something else",
            rule.id, tool.pointer, tool.name, condition.name
        ))
    }

    /// The listed tool that a misspelt name stands for.
    fn meant(&self, name: &str) -> Option<&str> {
        if self.tools.iter().any(|tool| tool.name == name) {
            return None;
        }
        let near = self.tools.iter().map(|tool| (strsim::damerau_levenshtein(tool.name, name), tool.name));
        near.filter(|(distance, _)| *distance <= 2).min().map(|(_, name)| name)
    }
}

impl<'s> KnownTool<'s> {
    /// Whether a call of it could meet all conditions of the rule.
    pub(super) fn may_meet(&self, rule: &Rule) -> bool {
        contradiction(rule).is_none()
            && conditions(rule).all(|it| {
                (*it.attribute() != Attribute::Tool || it.admits(&text(self.name))) && self.refuses(it).is_none()
            })
    }

    /// What the operator says of it, where that can't meet the condition.
    fn refuses(&self, condition: &Condition) -> Option<&'s str> {
        let said = match condition.attribute() {
            Attribute::Action => self.action,
            Attribute::ResourceType => self.resource,
            Attribute::Server => self.server,
            _ => None,
        };
        said.filter(|said| !condition.admits(&text(said)))
    }
}

/// The tools that a condition names, each by its whole name.
fn tools_named(condition: &Condition) -> Option<impl Iterator<Item = &str>> {
    let constants = condition.constants().filter(|_| *condition.attribute() == Attribute::Tool)?;
    Some(constants.iter().filter_map(Constant::text))
}

fn text(text: &str) -> Constant {
    Constant::Text(text.to_owned())
}
