//! From a document to the calls that its operation makes.

use std::collections::BTreeMap;

use super::parser::json_text;
use super::syntax::{Literal, Operation, Selection, Syntax};
use super::{OperationType, refuse};
use crate::json::Value;
use crate::reason::Refusal;

/// How many fields may stand at the top of an operation: each is judged like a request of its own.
const MAX_CALLS: usize = 32;

/// How many fields and fragments are looked at. A fragment that is spread in many places counts in each, and one that
/// spreads itself runs into this too.
const MAX_STEPS: usize = 4096;

/// How deeply fragments may be spread within each other.
const MAX_DEPTH: usize = 64;

/// The calls of the operation of that name, or of the only one.
pub(super) fn calls(
    syntax: &Syntax<'_>,
    name: Option<&str>,
    variables: Value<'_>,
) -> Result<(OperationType, Vec<u8>), Refusal> {
    let mut named = syntax.operations.iter().filter(|operation| name.is_none() || operation.name == name);
    let operation = match (named.next(), named.next()) {
        (Some(operation), None) => operation,
        (None, _) => return Err(refuse("there is no operation, or none of that name")),
        (Some(_), Some(_)) => return Err(refuse("which of several operations runs is not said")),
    };
    let mut collector = Collector { fragments: &syntax.fragments, operation, variables, steps: 0, calls: 0 };
    let mut json = vec![b'['];
    collector.top(&operation.selections, 0, &mut json)?;
    json.push(b']');
    Ok((operation.kind, json))
}

struct Collector<'s, 'q> {
    fragments: &'s BTreeMap<&'q str, Vec<Selection<'q>>>,
    operation: &'s Operation<'q>,
    variables: Value<'s>,
    steps: usize,
    calls: usize,
}

impl<'s, 'q> Collector<'s, 'q> {
    /// Fields at the top: calls.
    fn top(&mut self, selections: &'s [Selection<'q>], depth: usize, json: &mut Vec<u8>) -> Result<(), Refusal> {
        for selection in selections {
            self.step(depth)?;
            let Selection::Field { name, arguments, below } = selection else {
                self.top(self.inside(selection)?, depth.saturating_add(1), json)?;
                continue;
            };
            self.calls = self.calls.saturating_add(1);
            if self.calls > MAX_CALLS {
                return Err(refuse(&format!("more than {MAX_CALLS} fields stand at the top")));
            }
            if json.len() > 1 {
                json.push(b',');
            }
            self.call(name, arguments, json)?;
            json.extend_from_slice(br#","below":["#);
            let mut inner = Vec::new();
            self.below(below, "", depth.saturating_add(1), &mut inner)?;
            json.extend(inner.join(&b','));
            json.extend_from_slice(b"]}");
        }
        Ok(())
    }

    /// Fields below: those that have arguments.
    fn below(
        &mut self,
        selections: &'s [Selection<'q>],
        place: &str,
        depth: usize,
        calls: &mut Vec<Vec<u8>>,
    ) -> Result<(), Refusal> {
        for selection in selections {
            self.step(depth)?;
            let Selection::Field { name, arguments, below } = selection else {
                self.below(self.inside(selection)?, place, depth.saturating_add(1), calls)?;
                continue;
            };
            let place = if place.is_empty() { (*name).to_owned() } else { format!("{place}.{name}") };
            if !arguments.is_empty() {
                let mut json = Vec::new();
                self.call(&place, arguments, &mut json)?;
                json.push(b'}');
                calls.push(json);
            }
            self.below(below, &place, depth.saturating_add(1), calls)?;
        }
        Ok(())
    }

    /// What a fragment holds.
    fn inside(&self, selection: &'s Selection<'q>) -> Result<&'s [Selection<'q>], Refusal> {
        match selection {
            Selection::Inline(selections) => Ok(selections),
            Selection::Spread(name) => {
                self.fragments.get(name).map(Vec::as_slice).ok_or_else(|| refuse("a fragment is spread that isn't there"))
            }
            Selection::Field { below, .. } => Ok(below),
        }
    }

    /// `{"field": …, "arguments": {…}`, still open.
    fn call(&self, field: &str, arguments: &[(&str, Literal<'_>)], json: &mut Vec<u8>) -> Result<(), Refusal> {
        json.extend_from_slice(br#"{"field":"#);
        json.extend(json_text(field));
        json.extend_from_slice(br#","arguments":"#);
        self.object(arguments, json)
    }

    fn object(&self, members: &[(&str, Literal<'_>)], json: &mut Vec<u8>) -> Result<(), Refusal> {
        json.push(b'{');
        let mut first = true;
        for (name, literal) in members {
            // A variable that has no value leaves its argument out.
            if matches!(literal, Literal::Variable(name) if !self.has(name)) {
                continue;
            }
            if !std::mem::take(&mut first) {
                json.push(b',');
            }
            json.extend(json_text(name));
            json.push(b':');
            self.literal(literal, json)?;
        }
        json.push(b'}');
        Ok(())
    }

    fn has(&self, variable: &str) -> bool {
        self.variables.get(variable).is_some() || self.operation.defaults.contains_key(variable)
    }

    fn literal(&self, literal: &Literal<'_>, json: &mut Vec<u8>) -> Result<(), Refusal> {
        match literal {
            Literal::Json(text) => json.extend_from_slice(text),
            Literal::Object(members) => self.object(members, json)?,
            Literal::List(elements) => {
                json.push(b'[');
                for (place, element) in elements.iter().enumerate() {
                    if place > 0 {
                        json.push(b',');
                    }
                    self.literal(element, json)?;
                }
                json.push(b']');
            }
            Literal::Variable(name) => match (self.variables.get(name), self.operation.defaults.get(name)) {
                (Some(value), _) => json.extend_from_slice(value.raw()),
                // A default has no variables in it (section 2.9).
                (None, Some(Literal::Variable(_))) => return Err(refuse("a default is a variable")),
                (None, Some(default)) => self.constant(default, json)?,
                (None, None) => json.extend_from_slice(b"null"),
            },
        }
        if json.len() > MAX_JSON { Err(refuse("its variables are repeated too often")) } else { Ok(()) }
    }

    fn constant(&self, literal: &Literal<'_>, json: &mut Vec<u8>) -> Result<(), Refusal> {
        if has_variables(literal) { Err(refuse("a default has a variable in it")) } else { self.literal(literal, json) }
    }

    fn step(&mut self, depth: usize) -> Result<(), Refusal> {
        self.steps = self.steps.saturating_add(1);
        if self.steps > MAX_STEPS || depth > MAX_DEPTH {
            return Err(refuse("its fragments spread too far, or each other in a circle"));
        }
        Ok(())
    }
}

/// How long the calls may become: a variable may stand in many places. It is what a body may have by default.
const MAX_JSON: usize = 1 << 20;

fn has_variables(literal: &Literal<'_>) -> bool {
    match literal {
        Literal::Variable(_) => true,
        Literal::Json(_) => false,
        Literal::List(elements) => elements.iter().any(has_variables),
        Literal::Object(members) => members.iter().any(|(_, member)| has_variables(member)),
    }
}
