//! Whatever GraphQL this reader accepts, another parser accepts too and finds the same in it: which fields stand at the top of the
//! operation, under whichever alias and in whichever fragment, and with which arguments.
//!
//! Documents are made by a generator with a fixed seed; half of them are bent afterwards.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;

use graphql_parser::query::{
    Definition, Document, FragmentDefinition, OperationDefinition, Selection, SelectionSet, Value, VariableDefinition,
    parse_query,
};
use serde_json::{Map, Value as Json, json};
use toolgate::action::{Action, Matching, Protocol, Reading, Route, Tools, body, read};
use toolgate::head::Head;
use toolgate::json::{Document as JsonDocument, Tape};

const MADE: usize = 20_000;

/// A generator of numbers (xorshift), the same on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(bound).unwrap()).unwrap()
    }

    fn one_of(&mut self, pieces: &[&'static str]) -> &'static str {
        pieces[self.below(pieces.len())]
    }

    /// What may stand between two tokens.
    fn gap(&mut self) -> &'static str {
        self.one_of(&[" ", " ", "\n", ", ", "\t", "# } mutation { x\n", " #\"\r\n", ",,"])
    }

    fn name(&mut self) -> &'static str {
        self.one_of(&["a", "b", "on", "me", "query", "mutation", "fragment", "__typename", "deleteAll", "_1", "true"])
    }

    fn value(&mut self, depth: usize) -> String {
        match self.below(if depth == 0 { 8 } else { 10 }) {
            0 => self.one_of(&["0", "-1", "12", "1.5", "2e3", "-0.5E-2"]).to_owned(),
            1 => self.one_of(&["\"\"", "\"x y\"", "\"\\n\\\"\\u00e4\\\\\"", "\"# }\"", "\"ä\u{2028}😀\""]).to_owned(),
            2 => self.one_of(&["true", "false", "null"]).to_owned(),
            3 => self.one_of(&["ENUM", "on", "query"]).to_owned(),
            4..8 => format!("${}", self.one_of(&["v", "w", "d"])),
            8 => format!("[{}{}{}]", self.value(depth - 1), self.gap(), self.value(depth - 1)),
            _ => format!("{{k: {}{}l: {}}}", self.value(depth - 1), self.gap(), self.value(depth - 1)),
        }
    }

    fn directives(&mut self) -> String {
        match self.below(5) {
            0 => format!(" @skip(if: {})", self.value(0)),
            1 => " @a @b(c: [1])".to_owned(),
            _ => String::new(),
        }
    }

    fn selections(&mut self, depth: usize) -> String {
        let selections: Vec<String> = (0..1 + self.below(3)).map(|_| self.selection(depth)).collect();
        let gap = self.gap();
        format!("{{{gap}{}{gap}}}", selections.join(gap))
    }

    fn selection(&mut self, depth: usize) -> String {
        match self.below(if depth == 0 { 6 } else { 8 }) {
            0 => format!("...{}{}{}", self.gap(), self.one_of(&["F", "G", "H"]), self.directives()),
            6 => {
                format!("...{}{}", self.one_of(&["", " on T", " on on"]), self.directives())
                    + &self.selections(depth - 1)
            }
            _ => {
                let alias = if self.below(3) == 0 { format!("{}{}:", self.name(), self.gap()) } else { String::new() };
                let arguments = match self.below(3) {
                    0 => format!("(x: {}{}y: {})", self.value(2), self.gap(), self.value(2)),
                    _ => String::new(),
                };
                let below = if depth > 0 && self.below(3) == 0 { self.selections(depth - 1) } else { String::new() };
                format!("{alias}{}{arguments}{}{below}", self.name(), self.directives())
            }
        }
    }

    fn document(&mut self) -> String {
        let mut document = match self.below(4) {
            0 => String::new(),
            1 => "query Q".to_owned(),
            2 => "mutation($v: In = {k: [1]}, $w: [Int!]!, $d: String = \"d\")".to_owned(),
            _ => "subscription S($d: Int = 5)".to_owned(),
        };
        document += &self.selections(3);
        for name in ["F", "G", "H"] {
            if self.below(3) > 0 {
                document += &format!("{}fragment {name} on T{}{}", self.gap(), self.directives(), self.selections(2));
            }
        }
        if self.below(8) == 0 {
            document += " query Other { me }";
        }
        document
    }

    /// The document with a piece less, twice, or another in its place.
    fn bent(&mut self, document: &str) -> String {
        let chars: Vec<char> = document.chars().collect();
        let (at, length) = (self.below(chars.len()), 1 + self.below(4));
        let piece: String = chars[at..(at + length).min(chars.len())].iter().collect();
        let put = match self.below(3) {
            0 => String::new(),
            1 => piece.repeat(2),
            _ => self
                .one_of(&["{", "}", "(", ")", "...", "\"", "#", "@", "$", ":", "on", "\r", "\u{feff}", "é"])
                .to_owned(),
        };
        let rest = &chars[(at + length).min(chars.len())..];
        chars[..at].iter().collect::<String>() + &put + &rest.iter().collect::<String>()
    }
}

/// Tools and arguments as this reader finds them; `None` where it refuses.
fn ours(document: &str) -> Option<Vec<(String, Json)>> {
    let route = Route::new(Matching::Path("/graphql".into()), Protocol::Graphql, "s");
    let head = Head::from_pairs([(":method", "POST"), (":path", "/graphql"), ("content-type", "application/json")]);
    let request = json!({ "query": document, "variables": {"w": [7]} }).to_string();
    let opened = body::open(&route, &head, request.as_bytes()).ok()?;
    let found = JsonDocument::read(opened.json.as_deref()?, &body::limits(1 << 16), Tape::default()).unwrap();
    let tools = Tools::default();
    let one = |action: &Action<'_>| {
        (action.tool.clone().into_owned(), serde_json::from_slice(action.parameters.body.unwrap().raw()).unwrap())
    };
    Some(match read(&route, &tools, &head, &opened.content(Some(&found), None)).outcome.ok()? {
        Reading::Judge(action) => vec![one(&action)],
        Reading::Several(actions) => actions.iter().map(one).collect(),
        Reading::Pass { .. } => Vec::new(),
    })
}

/// The same by the other parser.
struct Theirs<'d> {
    fragments: BTreeMap<&'d str, &'d FragmentDefinition<'d, &'d str>>,
    defaults: BTreeMap<&'d str, &'d Value<'d, &'d str>>,
    root: &'static str,
    found: Vec<(String, Json)>,
}

fn theirs(document: &str) -> Result<Vec<(String, Json)>, String> {
    let document: Document<'_, &str> = parse_query(document).map_err(|error| error.to_string())?;
    let operations: Vec<_> = document
        .definitions
        .iter()
        .filter_map(|definition| match definition {
            Definition::Operation(operation) => Some(operation),
            Definition::Fragment(_) => None,
        })
        .collect();
    let [operation] = operations.as_slice() else { return Err(format!("{} operations", operations.len())) };
    let none: &[VariableDefinition<'_, &str>] = &[];
    let (root, set, variables) = match operation {
        OperationDefinition::SelectionSet(set) => ("Query", set, none),
        OperationDefinition::Query(it) => ("Query", &it.selection_set, it.variable_definitions.as_slice()),
        OperationDefinition::Mutation(it) => ("Mutation", &it.selection_set, it.variable_definitions.as_slice()),
        OperationDefinition::Subscription(it) => {
            ("Subscription", &it.selection_set, it.variable_definitions.as_slice())
        }
    };
    let mut walk = Theirs {
        fragments: document
            .definitions
            .iter()
            .filter_map(|definition| match definition {
                Definition::Fragment(fragment) => Some((fragment.name, fragment)),
                Definition::Operation(_) => None,
            })
            .collect(),
        defaults: variables.iter().filter_map(|it| Some((it.name, it.default_value.as_ref()?))).collect(),
        root,
        found: Vec::new(),
    };
    walk.top(set, 0)?;
    Ok(walk.found)
}

impl<'d> Theirs<'d> {
    fn top(&mut self, set: &'d SelectionSet<'d, &'d str>, depth: usize) -> Result<(), String> {
        if depth > 100 {
            return Err("a circle".into());
        }
        for selection in &set.items {
            match selection {
                Selection::Field(field) => {
                    let arguments = self.object(field.arguments.iter().map(|(name, value)| (*name, value)));
                    self.found.push((format!("{}.{}", self.root, field.name), arguments));
                }
                Selection::FragmentSpread(spread) => {
                    let fragment = self.fragments.get(spread.fragment_name).copied().ok_or("no such fragment")?;
                    self.top(&fragment.selection_set, depth + 1)?;
                }
                Selection::InlineFragment(inline) => self.top(&inline.selection_set, depth + 1)?,
            }
        }
        Ok(())
    }

    fn object(&self, members: impl Iterator<Item = (&'d str, &'d Value<'d, &'d str>)>) -> Json {
        let given = members.filter(|(_, value)| match value {
            Value::Variable(name) => *name == "w" || self.defaults.contains_key(name),
            _ => true,
        });
        Json::Object(given.map(|(name, value)| (name.to_owned(), self.json(value))).collect::<Map<_, _>>())
    }

    fn json(&self, value: &'d Value<'d, &'d str>) -> Json {
        match value {
            Value::Variable("w") => json!([7]),
            Value::Variable(name) => self.defaults.get(name).map_or(Json::Null, |default| self.json(default)),
            Value::Int(number) => json!(number.as_i64()),
            Value::Float(number) => json!(number),
            Value::String(text) => json!(text),
            Value::Boolean(value) => json!(value),
            Value::Null => Json::Null,
            Value::Enum(name) => json!(name),
            Value::List(elements) => elements.iter().map(|element| self.json(element)).collect(),
            Value::Object(members) => self.object(members.iter().map(|(name, value)| (*name, value))),
        }
    }
}

#[test]
fn what_is_accepted_runs_the_same_fields_with_the_same_arguments() {
    let mut dice = Dice(0x6ea9_11b5);
    let mut accepted = 0;
    for place in 0..MADE {
        let mut document = dice.document();
        if place % 2 == 0 {
            document = dice.bent(&document);
        }
        let Some(ours) = ours(&document) else { continue };
        accepted += 1;
        let theirs = theirs(&document).unwrap_or_else(|error| panic!("accepted, but: {error}\n{document}"));
        assert_eq!(plain(ours), plain(theirs), "understood differently: {document}");
    }
    assert!(accepted > 2000, "only {accepted} of the documents can be read");
}

/// `2e3` is a float to one and a number to the other.
fn plain(found: Vec<(String, Json)>) -> Vec<(String, Json)> {
    fn number(value: Json) -> Json {
        match value {
            Json::Number(number) => json!(number.as_f64()),
            Json::Array(elements) => elements.into_iter().map(number).collect(),
            Json::Object(members) => members.into_iter().map(|(name, value)| (name, number(value))).collect(),
            other => other,
        }
    }
    found.into_iter().map(|(tool, arguments)| (tool, number(arguments))).collect()
}
