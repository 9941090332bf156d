//! What is known of tools before they are called: what the operator says, and what their servers do.

use std::collections::BTreeMap;

use wildmatch::WildMatch;

use super::{ActionKind, ResourcePlace};

/// What is known of tools.
#[derive(Clone, Debug, Default)]
pub struct Tools {
    exact: BTreeMap<String, ToolFacts>,
    /// By what stands before the first wildcard, so that a name looks only at patterns that begin like it.
    globs: BTreeMap<String, Vec<Glob>>,
    longest_prefix: usize,
    annotations: BTreeMap<String, BTreeMap<String, Annotation>>,
}

/// What the operator knows of one tool.
#[derive(Clone, Debug, Default)]
pub struct ToolFacts {
    /// The kind of action.
    pub action: Option<ActionKind>,
    /// What it is done to: the type, and where the id is found.
    pub resource: Option<(String, ResourcePlace)>,
    /// Which headers of MCP repeat which arguments (`x-mcp-header` of the tool's schema): names in lower case with their
    /// `mcp-param-`, and JSON pointers into the arguments.
    pub headers: Vec<(String, String)>,
    /// The place of this entry among all, where it declares how a call is put to the decision service.
    pub mapping: Option<usize>,
}

/// What a server says of one of its tools (MCP's `ToolAnnotations`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Annotation {
    /// `readOnlyHint`.
    pub reads: Option<bool>,
    /// `destructiveHint`.
    pub destroys: Option<bool>,
    /// Whether the operator trusts what this server says.
    pub is_trusted: bool,
}

#[derive(Clone, Debug)]
struct Glob {
    pattern: WildMatch,
    /// Characters that aren't wildcards: of several patterns, the one that says more counts.
    literals: usize,
    facts: ToolFacts,
}

/// What makes a name a pattern: `*` stands for any characters, `?` for one. No tool's name has them.
const WILDCARDS: [char; 2] = ['*', '?'];

impl Tools {
    /// Whether nothing is known of any.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.globs.is_empty() && self.annotations.is_empty()
    }

    /// Adds what the operator says of a name or, where it has wildcards, of all names that match.
    pub fn insert(&mut self, name: &str, facts: ToolFacts) {
        let Some(prefix) = name.find(WILDCARDS).and_then(|at| name.get(..at)) else {
            self.exact.insert(name.to_owned(), facts);
            return;
        };
        let literals = name.chars().filter(|char| !WILDCARDS.contains(char)).count();
        self.longest_prefix = self.longest_prefix.max(prefix.len());
        let pattern = WildMatch::new(name);
        self.globs.entry(prefix.to_owned()).or_default().push(Glob { pattern, literals, facts });
    }

    /// Adds what a server says of its tool.
    pub fn annotate(&mut self, server: &str, tool: &str, annotation: Annotation) {
        self.annotations.entry(server.to_owned()).or_default().insert(tool.to_owned(), annotation);
    }

    /// What the operator says of the tool of that name: by its exact name, else by the pattern that says most.
    #[must_use]
    pub fn facts(&self, tool: &str) -> Option<&ToolFacts> {
        self.exact.get(tool).or_else(|| self.by_glob(tool))
    }

    fn by_glob(&self, tool: &str) -> Option<&ToolFacts> {
        if self.globs.is_empty() {
            return None;
        }
        let prefixes = (0..=self.longest_prefix.min(tool.len())).filter_map(|end| tool.get(..end));
        let globs = prefixes.filter_map(|prefix| self.globs.get(prefix)).flatten();
        globs.filter(|glob| glob.pattern.matches(tool)).max_by_key(|glob| glob.literals).map(|glob| &glob.facts)
    }

    /// What the server says of its tool.
    #[must_use]
    pub fn annotation(&self, server: &str, tool: &str) -> Option<Annotation> {
        self.annotations.get(server)?.get(tool).copied()
    }

    /// What the operator says by exact name.
    pub fn exact(&self) -> impl Iterator<Item = (&str, &ToolFacts)> {
        self.exact.iter().map(|(name, facts)| (name.as_str(), facts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exact_name_comes_first_then_the_pattern_that_says_most() {
        let mut tools = Tools::default();
        for (name, kind) in [
            ("crm.*", ActionKind::Read),
            ("crm.delete_*", ActionKind::Delete),
            ("crm.delete_draft", ActionKind::Update),
            ("*_report", ActionKind::Export),
            ("v?.get", ActionKind::List),
        ] {
            tools.insert(name, ToolFacts { action: Some(kind), ..ToolFacts::default() });
        }
        for (tool, kind) in [
            ("crm.find", Some(ActionKind::Read)),
            ("crm.", Some(ActionKind::Read)),
            ("crm.delete_all", Some(ActionKind::Delete)),
            ("crm.delete_draft", Some(ActionKind::Update)),
            ("sales_report", Some(ActionKind::Export)),
            ("crm.sales_report", Some(ActionKind::Export)),
            ("v2.get", Some(ActionKind::List)),
            ("v22.get", None),
            ("CRM.find", None),
            ("", None),
            ("other", None),
        ] {
            assert_eq!(tools.facts(tool).and_then(|facts| facts.action), kind, "{tool}");
        }
    }
}
