//! From a mapping as it is written (`x-authzen-mapping`) to one that can be used.
//!
//! What is refused here would be a mapping error on every call; an operator should hear of it when the configuration is
//! read.

use serde_json::{Map, Value};

use super::GATE;
use super::expression::{Expression, Path, Reader, Root};
use super::template::{Computed, Name, Template};

/// A mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mapping {
    pub(super) subject: SubjectPart,
    /// The one evaluation, or what all of several have unless they say otherwise.
    pub(super) shared: Evaluation,
    /// The evaluations, where the envelope is for several.
    pub(super) entries: Option<Vec<Evaluation>>,
}

/// A subject but for its id, which is the token's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SubjectPart {
    pub(super) kind: Name,
    pub(super) properties: Option<Template>,
}

/// One evaluation but for its subject.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Evaluation {
    pub(super) action: Option<ActionPart>,
    pub(super) resource: Option<ResourcePart>,
    pub(super) context: Option<Vec<(String, Template)>>,
}

/// An action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ActionPart {
    pub(super) name: Name,
    pub(super) properties: Option<Template>,
}

/// A resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ResourcePart {
    pub(super) kind: Name,
    pub(super) id: Name,
    pub(super) properties: Option<Template>,
}

/// What is wrong with a mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidMapping {
    /// Where, as a JSON pointer into the mapping.
    pub pointer: String,
    /// What was found, and what would be right.
    pub complaint: String,
}

/// More decisions than one call is worth.
const MAX_EVALUATIONS: usize = 8;

/// Members and elements of a mapping, all levels together.
const MAX_VALUES: usize = 256;

/// Deeper than any mapping that somebody reads.
const MAX_DEPTH: usize = 16;

impl SubjectPart {
    /// Of the type that the binding gives a subject.
    pub(super) fn identity() -> Self {
        Self { kind: Name::Literal("identity".into()), properties: None }
    }
}

/// `"agent": "$token.?client_id"`
pub(super) fn agent() -> (String, Template) {
    let expression = Expression::Path(Path::member(Root::Token, "client_id", true));
    ("agent".into(), Template::Expression(Computed { source: String::new(), expression }))
}

impl Mapping {
    /// Reads a mapping for a deployment in which `claim` names the subject.
    pub(super) fn read(written: &Value, claim: &str) -> Result<Self, Vec<InvalidMapping>> {
        let mut walk = Walk { claim, expressions: Reader::default(), values: 0, complaints: Vec::new() };
        let mapping = walk.mapping(written);
        match mapping {
            Some(mapping) if walk.complaints.is_empty() => Ok(mapping),
            _ => Err(walk.complaints),
        }
    }
}

/// Walks a mapping and notes what can't be meant.
struct Walk<'c> {
    claim: &'c str,
    expressions: Reader,
    values: usize,
    complaints: Vec<InvalidMapping>,
}

impl Walk<'_> {
    fn mapping(&mut self, written: &Value) -> Option<Mapping> {
        let envelope =
            written.as_object().filter(|members| members.len() == 1).and_then(|members| members.iter().next());
        match envelope {
            Some((name, body)) if name == "evaluation" => self.one(body),
            Some((name, body)) if name == "evaluations" => self.several(body),
            _ => self.refuse("", "an object with exactly one member, `evaluation` or `evaluations`, would be right"),
        }
    }

    fn one(&mut self, body: &Value) -> Option<Mapping> {
        let at = "/evaluation";
        let members = self.object(body, at, &["subject", "action", "resource", "context"])?;
        let subject = self.subject(members.get("subject"), &format!("{at}/subject"));
        let mut shared = self.evaluation(members, at);
        for missing in ["action", "resource"].into_iter().filter(|name| !members.contains_key(*name)) {
            self.refuse::<()>(at, &format!("found no `{missing}`, which every evaluation has"));
        }
        shared.context.get_or_insert_default();
        tell_agent(&mut shared);
        Some(Mapping { subject: subject?, shared, entries: None })
    }

    fn several(&mut self, body: &Value) -> Option<Mapping> {
        let at = "/evaluations";
        let members = self.object(body, at, &["subject", "action", "resource", "context", "evaluations"])?;
        let subject = self.subject(members.get("subject"), &format!("{at}/subject"));
        let mut shared = self.evaluation(members, at);
        shared.context.get_or_insert_default();
        tell_agent(&mut shared);
        let place = format!("{at}/evaluations");
        let list = members.get("evaluations").and_then(Value::as_array);
        let Some(list) = list.filter(|list| (1..=MAX_EVALUATIONS).contains(&list.len())) else {
            return self.refuse(&place, &format!("a list of 1 to {MAX_EVALUATIONS} evaluations would be right"));
        };
        let mut entries = Vec::with_capacity(list.len());
        for (index, entry) in list.iter().enumerate() {
            let at = format!("{place}/{index}");
            if entry.get("subject").is_some() {
                let complaint = "found a subject of its own; the one beside `evaluations` is that of all";
                self.refuse::<()>(&format!("{at}/subject"), complaint);
                continue;
            }
            let Some(members) = self.object(entry, &at, &["action", "resource", "context"]) else { continue };
            let mut evaluation = self.evaluation(members, &at);
            tell_agent(&mut evaluation);
            let lacks = |name: &str| !members.contains_key(name) && body.get(name).is_none();
            for missing in ["action", "resource"].into_iter().filter(|name| lacks(name)) {
                self.refuse::<()>(&at, &format!("found no `{missing}`, neither here nor beside `evaluations`"));
            }
            entries.push(evaluation);
        }
        Some(Mapping { subject: subject?, shared, entries: Some(entries) })
    }

    /// The subject, whose id must be the token's.
    fn subject(&mut self, written: Option<&Value>, at: &str) -> Option<SubjectPart> {
        let Some(written) = written else { return Some(SubjectPart::identity()) };
        let members = self.object(written, at, &["type", "id", "properties"])?;
        if let Some(id) = members.get("id") {
            let expression = id.as_str().and_then(|text| text.strip_prefix('$'));
            let read = expression.map(|text| self.expressions.read(text));
            let is_anchored = matches!(&read, Some(Ok(Expression::Path(path))) if path.is_claim(self.claim));
            if !is_anchored {
                let complaint = format!("the subject is the token's: `$token.{}` would be right", self.claim);
                self.refuse::<()>(&format!("{at}/id"), &complaint);
            }
        }
        let kind = match members.get("type") {
            None => SubjectPart::identity().kind,
            Some(kind) => self.name(Some(kind), at, "type")?,
        };
        Some(SubjectPart { kind, properties: self.properties(members, at) })
    }

    fn evaluation(&mut self, members: &Map<String, Value>, at: &str) -> Evaluation {
        let action = members.get("action").and_then(|written| {
            let at = format!("{at}/action");
            let members = self.object(written, &at, &["name", "properties"])?;
            Some(ActionPart {
                name: self.name(members.get("name"), &at, "name")?,
                properties: self.properties(members, &at),
            })
        });
        let resource = members.get("resource").and_then(|written| {
            let at = format!("{at}/resource");
            let members = self.object(written, &at, &["type", "id", "properties"])?;
            let (kind, id) = (self.name(members.get("type"), &at, "type"), self.name(members.get("id"), &at, "id"));
            Some(ResourcePart { kind: kind?, id: id?, properties: self.properties(members, &at) })
        });
        let context = members.get("context").and_then(|written| {
            let at = format!("{at}/context");
            let Template::Object(members) = self.template(written, &at, 0)? else {
                return self.refuse(&at, "an object would be right; write its members");
            };
            if members.iter().any(|(name, _)| name == GATE) {
                return self.refuse(&format!("{at}/{GATE}"), "found a name that is the filter's own");
            }
            Some(members)
        });
        Evaluation { action, resource, context }
    }

    fn properties(&mut self, members: &Map<String, Value>, at: &str) -> Option<Template> {
        let at = format!("{at}/properties");
        match self.template(members.get("properties")?, &at, 0)? {
            object @ Template::Object(_) => Some(object),
            _ => self.refuse(&at, "an object would be right; write its members"),
        }
    }

    /// A member that has to be a text.
    fn name(&mut self, written: Option<&Value>, at: &str, name: &str) -> Option<Name> {
        let at = format!("{at}/{name}");
        match written.and_then(Value::as_str) {
            Some(text) => match self.text(text, &at)? {
                Template::Expression(computed) => Some(Name::Expression(computed)),
                _ if text.is_empty() => self.refuse(&at, "found an empty text"),
                _ => Some(Name::Literal(literal(text).into())),
            },
            None => self.refuse(&at, "a text, or an expression such as `$params.arguments.id`, would be right"),
        }
    }

    fn template(&mut self, written: &Value, at: &str, depth: usize) -> Option<Template> {
        self.values = self.values.saturating_add(1);
        if self.values > MAX_VALUES.saturating_add(1) {
            // That was said.
            return None;
        }
        if self.values > MAX_VALUES || depth > MAX_DEPTH {
            return self.refuse(at, &format!("a mapping has at most {MAX_VALUES} values, {MAX_DEPTH} deep"));
        }
        let depth = depth.saturating_add(1);
        match written {
            Value::String(text) => self.text(text, at),
            Value::Object(members) => {
                let read = members.iter().map(|(name, value)| {
                    let at = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
                    (name.clone(), self.template(value, &at, depth))
                });
                let read: Vec<_> = read.collect();
                let read: Option<Vec<_>> = read.into_iter().map(|(name, value)| Some((name, value?))).collect();
                read.map(Template::Object)
            }
            Value::Array(elements) => {
                let read = elements.iter().enumerate();
                let read: Vec<_> =
                    read.map(|(index, value)| self.template(value, &format!("{at}/{index}"), depth)).collect();
                read.into_iter().collect::<Option<_>>().map(Template::List)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => Some(Template::Literal(written.to_string())),
        }
    }

    /// `$` begins an expression, `$$` a text that begins with `$`.
    fn text(&mut self, text: &str, at: &str) -> Option<Template> {
        let source = match text.strip_prefix('$') {
            Some(source) if !source.starts_with('$') => source,
            _ => return Some(Template::Literal(Value::from(literal(text)).to_string())),
        };
        match self.expressions.read(source) {
            Ok(expression) => Some(Template::Expression(Computed { source: text.into(), expression })),
            Err(complaint) => self.refuse(at, &format!("found `{text}`; {complaint}")),
        }
    }

    /// An object with these members only.
    fn object<'v>(&mut self, written: &'v Value, at: &str, known: &[&str]) -> Option<&'v Map<String, Value>> {
        let Some(members) = written.as_object() else {
            return self.refuse(at, &format!("an object with `{}` would be right", known.join("`, `")));
        };
        for unknown in members.keys().filter(|name| !known.contains(&name.as_str())) {
            let complaint = format!("found `{unknown}`; there are `{}`", known.join("`, `"));
            self.refuse::<()>(at, &complaint);
        }
        Some(members)
    }

    fn refuse<T>(&mut self, at: &str, complaint: &str) -> Option<T> {
        self.complaints.push(InvalidMapping { pointer: at.into(), complaint: complaint.into() });
        None
    }
}

/// The text that a literal means.
fn literal(text: &str) -> &str {
    if text.starts_with("$$") { text.get(1..).unwrap_or_default() } else { text }
}

/// A context that is there tells who the agent is.
fn tell_agent(evaluation: &mut Evaluation) {
    if let Some(context) = &mut evaluation.context
        && !context.iter().any(|(name, _)| name == "agent")
    {
        context.push(agent());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn complaints(written: &Value) -> Vec<String> {
        let complaints = Mapping::read(written, "sub").err().unwrap_or_default();
        complaints.into_iter().map(|it| format!("{}: {}", it.pointer, it.complaint)).collect()
    }

    fn with(change: impl FnOnce(&mut Value)) -> Value {
        let mut written = json!({"evaluation": {
            "subject": {"type": "identity", "id": "$token.sub"},
            "action": {"name": "read"}, "resource": {"type": "customer", "id": "$params.arguments.id"},
        }});
        change(&mut written["evaluation"]);
        written
    }

    #[test]
    fn the_subject_is_the_tokens_or_the_mapping_is_refused() {
        for id in
            ["$params.arguments.user", "alice", "$$token.sub", "$token.email", "$token.sub + 'x'", "$", "$token.?sub"]
        {
            let found = complaints(&with(|it| it["subject"]["id"] = id.into()));
            assert!(found.len() == 1 && found[0].starts_with("/evaluation/subject/id: the subject"), "{id}: {found:?}");
        }
        let number = complaints(&with(|it| it["subject"]["id"] = 7.into()));
        assert!(number[0].starts_with("/evaluation/subject/id"), "{number:?}");
        assert!(complaints(&with(|_| {})).is_empty());
        assert!(complaints(&with(|it| *it["subject"].as_object_mut().unwrap() = Map::new())).is_empty());
        let smuggled = json!({"evaluations": {"evaluations": [
            {"subject": {"id": "$token.sub"}, "action": {"name": "a"}, "resource": {"type": "t", "id": "i"}}]}});
        assert!(complaints(&smuggled)[0].starts_with("/evaluations/evaluations/0/subject: found a subject"));
    }

    #[test]
    fn every_mistake_is_told_with_its_place() {
        for (written, complaint) in [
            (json!({}), ": an object with exactly one member"),
            (json!([]), ": an object with exactly one member"),
            (json!({"evaluation": {}, "evaluations": {}}), ": an object with exactly one member"),
            (json!({"search": {}}), ": an object with exactly one member"),
            (json!({"evaluation": 1}), "/evaluation: an object with `subject`"),
            (with(|it| it["resource"] = Value::Null), "/evaluation/resource: an object with `type`"),
            (with(|it| it["action"]["name"] = "".into()), "/evaluation/action/name: found an empty text"),
            (with(|it| it["action"]["tool"] = "x".into()), "/evaluation/action: found `tool`; there are `name`"),
            (with(|it| it["resource"]["id"] = 7.into()), "/evaluation/resource/id: a text"),
            (with(|it| it["context"] = "$params.arguments".into()), "/evaluation/context: an object"),
            (
                with(|it| it["context"] = json!({"a/b": ["$params.x", "$x.y"]})),
                "/evaluation/context/a~1b/1: found `$x.y`",
            ),
            (with(|it| it["context"] = json!({"toolgate": {}})), "/evaluation/context/toolgate: found a name"),
            (with(|it| it["options"] = json!({})), "/evaluation: found `options`"),
            (json!({"evaluations": {"evaluations": []}}), "/evaluations/evaluations: a list of 1 to 8"),
            (
                json!({"evaluations": {"action": {"name": "a"}, "evaluations": [{}]}}),
                "/evaluations/evaluations/0: found no `resource`",
            ),
        ] {
            let found = complaints(&written);
            assert!(found.len() == 1 && found[0].starts_with(complaint), "{written}: {found:?}");
        }
    }

    #[test]
    fn a_mapping_is_neither_large_nor_deep() {
        let large = with(|it| it["context"] = json!({"list": vec![1; 300]}));
        let found = complaints(&large);
        assert!(found.len() == 1 && found[0].contains("at most 256 values"), "{found:?}");
        let deep = (0..20).fold(json!(1), |inner, _| json!([inner]));
        assert_eq!(complaints(&with(|it| it["context"] = json!({ "deep": deep }))).len(), 1);
    }
}
