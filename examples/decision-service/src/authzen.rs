//! AuthZEN's requests: borrowed from the JSON they came in, checked, and complained about by JSON pointer.
//!
//! Members that the specification doesn't name are ignored, so that a newer caller is understood.
//! Source: Authorization API 1.0, sections 5 (information model), 6 and 7 (evaluation, evaluations).

use serde_json::{Map, Value, json};

use crate::json::quoted;

/// How many evaluations one request may hold: an MCP batch or a page of a list, with room.
pub(crate) const MAX_EVALUATIONS: usize = 100;

/// Why a request is not AuthZEN: what was found, and what would be right. It never holds a value of the request, save
/// the name of an unknown evaluations semantic.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) String);

/// A subject or a resource.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Thing<'a> {
    pub(crate) kind: &'a str,
    pub(crate) id: &'a str,
    pub(crate) properties: Option<&'a Map<String, Value>>,
}

/// One question: may `subject` do `action` on `resource` in `context`?
#[derive(Debug, Clone, Copy)]
pub(crate) struct Evaluation<'a> {
    pub(crate) subject: Thing<'a>,
    pub(crate) action: &'a str,
    pub(crate) action_properties: Option<&'a Map<String, Value>>,
    pub(crate) resource: Thing<'a>,
    pub(crate) context: Option<&'a Map<String, Value>>,
}

impl<'a> Evaluation<'a> {
    /// `{"subject": {"type", "id", "properties"?}, "action": {"name", "properties"?}, "resource": {…}, "context"?: {…}}`
    pub(crate) fn read(body: &'a Value) -> Result<Self, Malformed> {
        let body = object(body, "")?;
        Self::find(|name| body.get(name), "")
    }

    /// The question by itself, with what it took from defaults.
    pub(crate) fn written(&self) -> Value {
        let thing = |thing: &Thing<'_>| json!({"type": thing.kind, "id": thing.id, "properties": thing.properties});
        json!({
            "subject": thing(&self.subject),
            "action": {"name": self.action, "properties": self.action_properties},
            "resource": thing(&self.resource),
            "context": self.context,
        })
    }

    fn find(member: impl Fn(&str) -> Option<&'a Value>, at: &str) -> Result<Self, Malformed> {
        let required = |name: &str| {
            let at = format!("{at}/{name}");
            let found = member(name).ok_or_else(|| missing(&at, "an object"))?;
            Ok((object(found, &at)?, at))
        };
        let (subject, at_subject) = required("subject")?;
        let (action, at_action) = required("action")?;
        let (resource, at_resource) = required("resource")?;
        Ok(Self {
            subject: Thing::read(subject, &at_subject)?,
            action: string(action, "name", &at_action)?,
            action_properties: optional_object(action.get("properties"), &at_action, "properties")?,
            resource: Thing::read(resource, &at_resource)?,
            context: optional_object(member("context"), at, "context")?,
        })
    }
}

impl<'a> Thing<'a> {
    fn read(object: &'a Map<String, Value>, at: &str) -> Result<Self, Malformed> {
        Ok(Self {
            kind: string(object, "type", at)?,
            id: string(object, "id", at)?,
            properties: optional_object(object.get("properties"), at, "properties")?,
        })
    }
}

/// When several evaluations stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Semantic {
    /// Answer them all.
    ExecuteAll,
    /// Stop after the first denial.
    DenyOnFirstDeny,
    /// Stop after the first permit.
    PermitOnFirstPermit,
}

impl Semantic {
    /// Whether this answer is the last.
    pub(crate) fn ends_with(self, permitted: bool) -> bool {
        match self {
            Self::ExecuteAll => false,
            Self::DenyOnFirstDeny => !permitted,
            Self::PermitOnFirstPermit => permitted,
        }
    }

    fn read(options: Option<&Map<String, Value>>) -> Result<Self, Malformed> {
        const AT: &str = "/options/evaluations_semantic";
        let allowed = "`execute_all`, `deny_on_first_deny` or `permit_on_first_permit`";
        match options.and_then(|options| options.get("evaluations_semantic")) {
            None => Ok(Self::ExecuteAll),
            Some(Value::String(name)) => match name.as_str() {
                "execute_all" => Ok(Self::ExecuteAll),
                "deny_on_first_deny" => Ok(Self::DenyOnFirstDeny),
                "permit_on_first_permit" => Ok(Self::PermitOnFirstPermit),
                other => Err(Malformed(format!("`{AT}` is {}: it must be {allowed}", quoted(other)))),
            },
            Some(other) => Err(Malformed(format!("`{AT}` is {}: it must be {allowed}", kind(other)))),
        }
    }
}

/// Several questions that share defaults.
#[derive(Debug)]
pub(crate) struct Evaluations<'a> {
    defaults: &'a Map<String, Value>,
    items: &'a [Value],
    pub(crate) semantic: Semantic,
}

impl<'a> Evaluations<'a> {
    /// `{"evaluations": […], "options"?: {"evaluations_semantic"?: …}, and defaults for what items leave out}`.
    /// `None` where `evaluations` is absent or empty: the body is then a single evaluation (section 7.1).
    pub(crate) fn read(body: &'a Value) -> Result<Option<Self>, Malformed> {
        let defaults = object(body, "")?;
        let semantic = Semantic::read(optional_object(defaults.get("options"), "", "options")?)?;
        let items = match defaults.get("evaluations") {
            None => return Ok(None),
            Some(Value::Array(items)) if items.is_empty() => return Ok(None),
            Some(Value::Array(items)) => items.as_slice(),
            Some(other) => return Err(wrong("/evaluations", other, "an array")),
        };
        if items.len() > MAX_EVALUATIONS {
            let found = items.len();
            let message = format!("`/evaluations` holds {found} items: at most {MAX_EVALUATIONS} are answered at once");
            return Err(Malformed(message));
        }
        Ok(Some(Self { defaults, items, semantic }))
    }

    /// The questions in order. A malformed one is an error of its own: the others are still answered (section 7.2.1).
    pub(crate) fn iter(&self) -> impl Iterator<Item = Result<Evaluation<'a>, Malformed>> + '_ {
        self.items.iter().enumerate().map(|(index, item)| {
            let at = format!("/evaluations/{index}");
            let item = object(item, &at)?;
            Evaluation::find(|name| item.get(name).or_else(|| self.defaults.get(name)), &at)
        })
    }
}

fn object<'a>(value: &'a Value, at: &str) -> Result<&'a Map<String, Value>, Malformed> {
    value.as_object().ok_or_else(|| wrong(at, value, "an object"))
}

fn optional_object<'a>(
    value: Option<&'a Value>,
    at: &str,
    name: &str,
) -> Result<Option<&'a Map<String, Value>>, Malformed> {
    value.map(|value| object(value, &format!("{at}/{name}"))).transpose()
}

fn string<'a>(object: &'a Map<String, Value>, name: &str, at: &str) -> Result<&'a str, Malformed> {
    let at = format!("{at}/{name}");
    match object.get(name) {
        Some(Value::String(text)) => Ok(text),
        Some(other) => Err(wrong(&at, other, "a string")),
        None => Err(missing(&at, "a string")),
    }
}

fn missing(at: &str, right: &str) -> Malformed {
    Malformed(format!("`{at}` is missing: it must be {right}"))
}

fn wrong(at: &str, found: &Value, right: &str) -> Malformed {
    let at = if at.is_empty() { "the body".to_owned() } else { format!("`{at}`") };
    Malformed(format!("{at} is {}: it must be {right}", kind(found)))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(body: Value) -> String {
        Evaluation::read(&body).unwrap_err().0
    }

    #[test]
    fn a_complaint_says_where_and_what_would_be_right() {
        assert_eq!(complaint(json!([])), "the body is an array: it must be an object");
        assert_eq!(complaint(json!({})), "`/subject` is missing: it must be an object");
        let mut body = json!({"subject": {"type": "user", "id": 7}, "action": {"name": "read"}, "resource": {"type": "a", "id": "b"}});
        assert_eq!(complaint(body.clone()), "`/subject/id` is a number: it must be a string");
        body["subject"]["id"] = json!("x");
        body["context"] = json!(null);
        assert_eq!(complaint(body), "`/context` is null: it must be an object");
    }

    #[test]
    fn an_item_takes_what_it_lacks_from_the_defaults_and_overrides_whole_members() {
        let body = json!({
            "subject": {"type": "user", "id": "alice"}, "action": {"name": "read"}, "context": {"a": 1},
            "evaluations": [
                {"resource": {"type": "doc", "id": "1"}},
                {"resource": {"type": "doc", "id": "2"}, "action": {"name": "edit"}, "context": {"b": 2}},
                {"action": {"name": "read"}},
                7,
            ]
        });
        let batch = Evaluations::read(&body).unwrap().unwrap();
        let items: Vec<_> = batch.iter().collect();
        let first = items[0].as_ref().unwrap();
        assert_eq!((first.subject.id, first.action, first.resource.id), ("alice", "read", "1"));
        let second = items[1].as_ref().unwrap();
        assert_eq!((second.action, second.context.unwrap().get("a")), ("edit", None));
        assert_eq!(items[2].as_ref().unwrap_err().0, "`/evaluations/2/resource` is missing: it must be an object");
        assert_eq!(items[3].as_ref().unwrap_err().0, "`/evaluations/3` is a number: it must be an object");
    }

    #[test]
    fn a_semantic_that_does_not_exist_is_refused_by_name() {
        let body = json!({"evaluations": [{}], "options": {"evaluations_semantic": "any"}});
        let error = Evaluations::read(&body).unwrap_err().0;
        assert!(error.starts_with("`/options/evaluations_semantic` is `any`: it must be `execute_all`"), "{error}");
    }

    #[test]
    fn the_number_of_items_is_bounded() {
        assert!(Evaluations::read(&json!({"evaluations": vec![json!({}); MAX_EVALUATIONS]})).is_ok());
        let error = Evaluations::read(&json!({"evaluations": vec![json!({}); MAX_EVALUATIONS + 1]})).unwrap_err();
        assert_eq!(error.0, "`/evaluations` holds 101 items: at most 100 are answered at once");
    }
}
