//! From a document to the calls that its operation makes.

use std::collections::BTreeMap;

use super::super::body::json_text;
use super::refuse;
use super::syntax::{Literal, Operation, Selection, Syntax};
use crate::json::Value;
use crate::reason::Refusal;

/// How many fields may stand at the top of an operation: each is judged like a request of its own.
const MAX_CALLS: usize = 32;

/// How many fields and fragments are looked at. A fragment that is spread in many places counts in each, and one that
/// spreads itself runs into this too.
const MAX_STEPS: usize = 4096;

/// How deeply fields and fragments may stand within each other: less than any server's stack, more than any client's query.
const MAX_DEPTH: usize = 64;

/// The calls of `operation`, written as [`super::open`] says, in at most `longest` bytes.
pub(super) fn calls(
    syntax: &Syntax<'_>,
    operation: &Operation<'_>,
    variables: Option<Value<'_>>,
    longest: usize,
) -> Result<Vec<u8>, Refusal> {
    let mut json = format!(r#"{{"type":"{}","calls":["#, operation.kind.name()).into_bytes();
    let mut collector =
        Collector { fragments: &syntax.fragments, operation, variables, json: &mut json, longest, steps: 0, calls: 0 };
    collector.top(&operation.selections, 0)?;
    json.extend_from_slice(b"]}");
    Ok(json)
}

struct Collector<'s, 'q> {
    fragments: &'s BTreeMap<&'q str, Vec<Selection<'q>>>,
    operation: &'s Operation<'q>,
    variables: Option<Value<'s>>,
    json: &'s mut Vec<u8>,
    longest: usize,
    steps: usize,
    calls: usize,
}

impl<'s, 'q> Collector<'s, 'q> {
    /// Fields at the top: calls.
    fn top(&mut self, selections: &'s [Selection<'q>], depth: usize) -> Result<(), Refusal> {
        for selection in selections {
            let deeper = self.step(depth)?;
            let Selection::Field { name, arguments, below } = selection else {
                self.top(self.inside(selection)?, deeper)?;
                continue;
            };
            self.calls = self.calls.saturating_add(1);
            if self.calls > MAX_CALLS {
                return Err(refuse(&format!("more than {MAX_CALLS} fields stand at the top")));
            }
            self.comma();
            self.call(name, arguments)?;
            self.write(br#","below":["#)?;
            self.below(below, "", deeper)?;
            self.write(b"]}")?;
        }
        Ok(())
    }

    /// Fields below: those that have arguments.
    fn below(&mut self, selections: &'s [Selection<'q>], place: &str, depth: usize) -> Result<(), Refusal> {
        for selection in selections {
            let deeper = self.step(depth)?;
            let Selection::Field { name, arguments, below } = selection else {
                self.below(self.inside(selection)?, place, deeper)?;
                continue;
            };
            let place = if place.is_empty() { (*name).to_owned() } else { format!("{place}.{name}") };
            if !arguments.is_empty() {
                self.comma();
                self.call(&place, arguments)?;
                self.write(b"}")?;
            }
            self.below(below, &place, deeper)?;
        }
        Ok(())
    }

    /// What a fragment holds.
    fn inside(&self, selection: &'s Selection<'q>) -> Result<&'s [Selection<'q>], Refusal> {
        match selection {
            Selection::Inline(selections) => Ok(selections),
            Selection::Spread(name) => {
                let fragment = self.fragments.get(name).map(Vec::as_slice);
                fragment.ok_or_else(|| refuse("a fragment is spread that isn't there"))
            }
            Selection::Field { below, .. } => Ok(below),
        }
    }

    /// `{"field": …, "arguments": {…}`, still open.
    fn call(&mut self, field: &str, arguments: &'s [(&'q str, Literal<'q>)]) -> Result<(), Refusal> {
        self.write(br#"{"field":"#)?;
        self.write(&json_text(field))?;
        self.write(br#","arguments":"#)?;
        self.object(arguments)
    }

    fn object(&mut self, members: &'s [(&'q str, Literal<'q>)]) -> Result<(), Refusal> {
        self.write(b"{")?;
        for (name, literal) in members {
            // A variable that has no value leaves its argument out.
            if matches!(literal, Literal::Variable(name) if !self.has(name)) {
                continue;
            }
            self.comma();
            self.write(&json_text(name))?;
            self.write(b":")?;
            self.literal(literal)?;
        }
        self.write(b"}")
    }

    fn has(&self, variable: &str) -> bool {
        self.value(variable).is_some() || self.operation.defaults.contains_key(variable)
    }

    fn value(&self, variable: &str) -> Option<Value<'s>> {
        self.variables?.get(variable)
    }

    fn literal(&mut self, literal: &'s Literal<'q>) -> Result<(), Refusal> {
        match literal {
            Literal::Json(text) => self.write(text),
            Literal::Object(members) => self.object(members),
            Literal::List(elements) => {
                self.write(b"[")?;
                for element in elements {
                    self.comma();
                    self.literal(element)?;
                }
                self.write(b"]")
            }
            Literal::Variable(name) => match (self.value(name), self.operation.defaults.get(name)) {
                (Some(value), _) => self.write(value.raw()),
                // Without this, one that is its own default would go on for ever.
                (None, Some(default)) if default.has_variables() => Err(refuse("a default has a variable in it")),
                (None, Some(default)) => self.literal(default),
                (None, None) => self.write(b"null"),
            },
        }
    }

    /// A comma, where something stands before in the same list or object.
    fn comma(&mut self) {
        if !matches!(self.json.last(), Some(b'[' | b'{' | b':') | None) {
            self.json.push(b',');
        }
    }

    /// A variable may stand in many places, and a fragment too.
    fn write(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        if self.json.len().saturating_add(bytes.len()) > self.longest {
            let longest = self.longest;
            return Err(refuse(&format!(
                "written out its calls have more than {longest} bytes (`max_body` of the route)"
            )));
        }
        self.json.extend_from_slice(bytes);
        Ok(())
    }

    /// One more step, at this depth; the depth of what is inside.
    fn step(&mut self, depth: usize) -> Result<usize, Refusal> {
        self.steps = self.steps.saturating_add(1);
        if self.steps > MAX_STEPS || depth > MAX_DEPTH {
            return Err(refuse("its fragments spread too far, or each other in a circle"));
        }
        Ok(depth.saturating_add(1))
    }
}
