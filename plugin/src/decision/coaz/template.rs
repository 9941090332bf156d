//! The parts of a mapping, and how they become JSON.

use std::borrow::Cow;

use serde::Serialize;

use super::evaluate::{Datum, Failed, Inputs};
use super::expression::Expression;

/// A JSON value of which parts are expressions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Template {
    /// JSON as it stands.
    Literal(String),
    Expression(Computed),
    Object(Vec<(String, Template)>),
    List(Vec<Template>),
}

/// An expression, and how the operator wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Computed {
    /// With its `$`; empty in default mappings.
    pub(super) source: String,
    pub(super) expression: Expression,
}

/// What a required member may be: a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Name {
    Literal(String),
    Expression(Computed),
}

/// Why a call can't be put to the decision service (COAZ-MCP, "Mapping Errors"). Holds nothing of the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmapped(pub(super) String);

impl std::fmt::Display for Unmapped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What all that a mapping brings into a question may take together. Policies decide by names, ids and amounts; whoever
/// wants whole documents decided about sends their digest.
const MAX_QUESTION: usize = 64 << 10;

impl Computed {
    fn failed(&self, why: Failed) -> Unmapped {
        let source = if self.source.is_empty() { "the default mapping" } else { &self.source };
        Unmapped(format!("`{source}`: {why}"))
    }
}

impl Name {
    fn text<'i>(&'i self, inputs: &Inputs<'i>) -> Result<Cow<'i, str>, Unmapped> {
        match self {
            Self::Literal(text) => Ok(Cow::Borrowed(text)),
            Self::Expression(computed) => {
                match inputs.evaluate(&computed.expression).map_err(|why| computed.failed(why))? {
                    Some(Datum::Text(text)) if !text.is_empty() => Ok(text),
                    _ => Err(computed.failed("a text that isn't empty is needed; `string` makes one of a number")),
                }
            }
        }
    }
}

impl Template {
    fn is_absent(&self, inputs: &Inputs<'_>) -> Result<bool, Unmapped> {
        match self {
            Self::Expression(computed) => {
                Ok(inputs.evaluate(&computed.expression).map_err(|why| computed.failed(why))?.is_none())
            }
            Self::Literal(_) | Self::Object(_) | Self::List(_) => Ok(false),
        }
    }
}

/// Writes one JSON object after the other.
pub(super) struct Writer<'i> {
    inputs: Inputs<'i>,
    out: Vec<u8>,
    /// What doesn't come from the mapping.
    ours: usize,
}

impl<'i> Writer<'i> {
    pub(super) const fn new(inputs: Inputs<'i>) -> Self {
        Self { inputs, out: Vec::new(), ours: 0 }
    }

    pub(super) fn end(self) -> Vec<u8> {
        self.out
    }

    /// Bytes that stand in every question.
    pub(super) fn mark(&mut self, bytes: &str) {
        self.out.extend_from_slice(bytes.as_bytes());
    }

    /// `"name":`, after a comma where something stands in front.
    pub(super) fn name(&mut self, name: &str) -> Result<(), Unmapped> {
        if !matches!(self.out.last(), Some(b'{' | b'[') | None) {
            self.out.push(b',');
        }
        self.json(&name)?;
        self.out.push(b':');
        Ok(())
    }

    pub(super) fn json(&mut self, value: &impl Serialize) -> Result<(), Unmapped> {
        serde_json::to_writer(&mut self.out, value).map_err(|_| Unmapped("it can't be written".into()))?;
        self.bound()
    }

    /// What the filter adds of its own; its length is bounded elsewhere.
    pub(super) fn own(&mut self, value: &impl Serialize) -> Result<(), Unmapped> {
        let before = self.out.len();
        serde_json::to_writer(&mut self.out, value).map_err(|_| Unmapped("it can't be written".into()))?;
        self.ours = self.ours.saturating_add(self.out.len().saturating_sub(before));
        Ok(())
    }

    pub(super) fn text(&mut self, name: &'i Name) -> Result<(), Unmapped> {
        let text = name.text(&self.inputs)?;
        self.json(&text)
    }

    /// A member that may be absent.
    pub(super) fn member(&mut self, name: &str, template: &'i Template) -> Result<(), Unmapped> {
        if template.is_absent(&self.inputs)? {
            return Ok(());
        }
        self.name(name)?;
        self.template(template)
    }

    fn template(&mut self, template: &'i Template) -> Result<(), Unmapped> {
        match template {
            Template::Literal(json) => {
                self.mark(json);
                self.bound()
            }
            Template::Expression(computed) => {
                let value = self.inputs.evaluate(&computed.expression).map_err(|why| computed.failed(why))?;
                let value = value.ok_or_else(|| computed.failed("an element of a list can't be absent"))?;
                self.datum(&value)
            }
            Template::Object(members) => {
                self.mark("{");
                for (name, member) in members {
                    self.member(name, member)?;
                }
                self.mark("}");
                Ok(())
            }
            Template::List(elements) => {
                self.mark("[");
                for (place, element) in elements.iter().enumerate() {
                    self.mark(if place == 0 { "" } else { "," });
                    self.template(element)?;
                }
                self.mark("]");
                Ok(())
            }
        }
    }

    fn datum(&mut self, datum: &Datum<'_>) -> Result<(), Unmapped> {
        match datum {
            Datum::Text(text) => self.json(text),
            Datum::Number(number) => {
                self.mark(number);
                self.bound()
            }
            Datum::Bool(value) => self.json(value),
            Datum::Null => self.json(&()),
            Datum::Json(value) => {
                self.out.extend_from_slice(value.raw());
                self.bound()
            }
            Datum::Claim(claim) => self.json(claim),
            Datum::List(elements) => {
                self.mark("[");
                for (place, element) in elements.iter().enumerate() {
                    self.mark(if place == 0 { "" } else { "," });
                    self.datum(element)?;
                }
                self.mark("]");
                Ok(())
            }
        }
    }

    fn bound(&self) -> Result<(), Unmapped> {
        if self.out.len().saturating_sub(self.ours) > MAX_QUESTION {
            return Err(Unmapped(format!("the question gets longer than {MAX_QUESTION} bytes")));
        }
        Ok(())
    }
}
