//! Questions about MCP in the words of COAZ-MCP, so that a PDP which knows that binding decides without knowing this filter.
//!
//! Source: OpenID AuthZEN, "COAZ-MCP: COAZ Binding for the Model Context Protocol", draft 1, and "COAZ: A Framework for Mapping
//! Information Models to AuthZEN Authorization Requests", draft 1. Where the texts leave a choice, or conflict with
//! another obligation:
//!
//! - Which calls are asked about the rules say, as ever: `effect: ask` on all of them asks about all of them.
//! - `subject.id` is the subject-identity claim of the verified token, always. A mapping may repeat it or leave it out; one
//!   that takes it from elsewhere is refused when it is read, though the draft only warns of it.
//! - A mapping that doesn't tell the agent has `context.agent` added, since there is no autonomous agent here without one.
//! - The binding knows no mapping for `resources/templates/list`, `subscriptions/listen` and `tasks/update`: they are asked
//!   about as methods of the server. For what a client answers to the server's own requests there is none either, and it is
//!   out of the binding's scope: where a rule wants it asked about, it is refused.
//! - `params._meta` isn't visible: it speaks of the call.
//! - What the filter itself knows (risk, policy version, the call's digest, …) stands in `context.toolgate`, where the
//!   operator wants it sent.

mod default;
mod evaluate;
mod expression;
mod read;
mod template;

use std::collections::BTreeMap;

use serde::Serialize;

use self::evaluate::Inputs;
pub use self::read::InvalidMapping;
use self::read::Mapping;
pub use self::template::Unmapped;
use self::template::{Template, Writer};
use crate::action::Action;
use crate::token::Agent;

/// The method that calls a tool.
const CALL: &str = "tools/call";

/// The member of `context` for what the filter knows.
const GATE: &str = "toolgate";

/// The binding as this gateway uses it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coaz {
    /// The subject-identity claim.
    claim: String,
    /// Whether questions tell what the filter itself knows.
    pub tells_of_the_gate: bool,
    /// By method.
    defaults: BTreeMap<&'static str, Mapping>,
    /// What the operator declares of tools, by the place of the tool's entry.
    declared: BTreeMap<usize, Mapping>,
    /// What servers declare that the operator trusts with it, by server and tool.
    of_servers: BTreeMap<String, BTreeMap<String, Mapping>>,
}

/// What a question is made of under the binding.
#[derive(Clone, Copy, Debug)]
pub struct Projection<'q> {
    /// The binding.
    pub coaz: &'q Coaz,
    /// The place of the tool's entry, where the operator declares a mapping in it.
    pub declared: Option<usize>,
    /// Names of this server, one of which the token's `aud` holds.
    pub accepted: &'q [String],
}

impl Coaz {
    /// The binding with default mappings only.
    #[must_use]
    pub fn new(claim: String, tells_of_the_gate: bool) -> Self {
        let defaults = default::mappings();
        Self { claim, tells_of_the_gate, defaults, declared: BTreeMap::new(), of_servers: BTreeMap::new() }
    }

    /// Declares the mapping of the tools of that entry.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn declare(&mut self, entry: usize, written: &serde_json::Value) -> Result<Declared, Vec<InvalidMapping>> {
        let mapping = Mapping::read(written, &self.claim)?;
        let declared = Declared { asks_several: mapping.entries.is_some() };
        self.declared.insert(entry, mapping);
        Ok(declared)
    }

    /// Takes over the mapping that a server declares of its tool.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn learn(
        &mut self,
        server: &str,
        tool: &str,
        written: &serde_json::Value,
    ) -> Result<Declared, Vec<InvalidMapping>> {
        let mapping = Mapping::read(written, &self.claim)?;
        let declared = Declared { asks_several: mapping.entries.is_some() };
        self.of_servers.entry(server.to_owned()).or_default().insert(tool.to_owned(), mapping);
        Ok(declared)
    }

    /// The mapping that counts for an action: the operator's, else the server's, else that of its method.
    fn mapping(&self, declared: Option<usize>, action: &Action<'_>) -> Option<&Mapping> {
        let declared = declared.and_then(|entry| self.declared.get(&entry));
        let of_server = || self.of_servers.get(action.server)?.get(&*action.tool);
        let of_tool = if action.method == CALL { declared.or_else(of_server) } else { None };
        of_tool.or_else(|| self.defaults.get(&*action.method))
    }
}

/// What there is to know of a mapping that was declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Declared {
    /// Whether it asks for several evaluations.
    pub asks_several: bool,
}

impl Projection<'_> {
    /// The question's body, and how many evaluations it asks for, where that is several's endpoint. `gate` is what the
    /// filter knows.
    pub(super) fn written(
        &self,
        agent: &Agent,
        action: &Action<'_>,
        gate: &impl Serialize,
    ) -> Result<(Vec<u8>, Option<usize>), Unmapped> {
        let no_mapping = || Unmapped("the binding has no mapping for this method".into());
        let mapping = self.coaz.mapping(self.declared, action).ok_or_else(no_mapping)?;
        let subject = agent.claims.get(&self.coaz.claim).and_then(|claim| claim.as_str());
        let subject = subject.filter(|subject| !subject.is_empty()).ok_or_else(|| {
            Unmapped(format!("the token's `{}`, which names the subject, is no text or empty", self.coaz.claim))
        })?;
        let gate = self.coaz.tells_of_the_gate.then_some(gate);
        let mut writer = Writer::new(Inputs { agent, action, accepted: self.accepted });
        mapping.write(&mut writer, subject, gate)?;
        Ok((writer.end(), mapping.entries.as_ref().map(Vec::len)))
    }
}

impl Mapping {
    fn write<'i>(
        &'i self,
        writer: &mut Writer<'i>,
        subject: &str,
        gate: Option<&impl Serialize>,
    ) -> Result<(), Unmapped> {
        writer.mark("{");
        writer.name("subject")?;
        writer.mark("{");
        writer.name("type")?;
        writer.text(&self.subject.kind)?;
        writer.name("id")?;
        writer.json(&subject)?;
        properties(writer, self.subject.properties.as_ref())?;
        writer.mark("}");
        self.shared.write(writer, gate)?;
        if let Some(entries) = &self.entries {
            writer.name("evaluations")?;
            writer.mark("[");
            for (place, entry) in entries.iter().enumerate() {
                writer.mark(if place == 0 { "{" } else { ",{" });
                entry.write(writer, gate)?;
                writer.mark("}");
            }
            writer.mark("]");
        }
        writer.mark("}");
        Ok(())
    }
}

impl read::Evaluation {
    fn write<'i>(&'i self, writer: &mut Writer<'i>, gate: Option<&impl Serialize>) -> Result<(), Unmapped> {
        if let Some(action) = &self.action {
            writer.name("action")?;
            writer.mark("{");
            writer.name("name")?;
            writer.text(&action.name)?;
            properties(writer, action.properties.as_ref())?;
            writer.mark("}");
        }
        if let Some(resource) = &self.resource {
            writer.name("resource")?;
            writer.mark("{");
            writer.name("type")?;
            writer.text(&resource.kind)?;
            writer.name("id")?;
            writer.text(&resource.id)?;
            properties(writer, resource.properties.as_ref())?;
            writer.mark("}");
        }
        if let Some(context) = &self.context {
            writer.name("context")?;
            writer.mark("{");
            for (name, member) in context {
                writer.member(name, member)?;
            }
            if let Some(gate) = gate {
                writer.name(GATE)?;
                writer.own(gate)?;
            }
            writer.mark("}");
        }
        Ok(())
    }
}

fn properties<'i>(writer: &mut Writer<'i>, properties: Option<&'i Template>) -> Result<(), Unmapped> {
    properties.map_or(Ok(()), |properties| writer.member("properties", properties))
}
