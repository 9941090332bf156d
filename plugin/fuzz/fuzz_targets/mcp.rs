//! Any message on an MCP route. What is accepted is what serde_json reads in it, and what a reader does that ignores the case of
//! names: no call of a tool is overlooked, none is taken for another, and its arguments are those that are judged.

#![no_main]

use serde_json::Value;
use toolgate::action::{Action, Matching, Protocol, Reading, Route, Tools, body, read};
use toolgate::head::Head;
use toolgate::json::{Document, Tape};

// The first byte chooses the headers, the rest is the body.
libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((choice, body)) = data.split_first() else { return };
    let theirs = serde_json::from_slice::<Value>(body);
    let head = head(*choice, theirs.as_ref().ok());
    let route = Route::new(Matching::Path("/mcp".into()), Protocol::Mcp, "s");
    let Ok(opened) = body::open(&route, &head, body) else { return };
    // There is none where there is no body.
    let Some(json) = opened.json.as_deref() else { return };
    let Ok(document) = Document::read(json, &body::limits(route.max_body), Tape::default()) else { return };
    let tools = Tools::default();
    let Ok(reading) = read(&route, &tools, &head, &opened.content(Some(&document), None)).outcome else { return };

    let theirs = theirs.expect("accepted, but no JSON");
    let messages = match &theirs {
        Value::Array(messages) => messages.iter().collect(),
        message => vec![message],
    };
    let calls: Vec<&Value> =
        messages.into_iter().filter(|message| named(message, "method").is_some_and(|it| it == "tools/call")).collect();
    let actions = match &reading {
        Reading::Judge(action) => std::slice::from_ref(action),
        Reading::Several(actions) => actions,
        Reading::Pass { .. } => &[],
    };
    let judged: Vec<&Action<'_>> = actions.iter().filter(|action| action.method == "tools/call").collect();
    assert_eq!(calls.len(), judged.len(), "calls of tools that aren't judged as such: {theirs}");
    for (call, action) in calls.iter().zip(judged) {
        let params = named(call, "params").expect("a call without parameters");
        assert_eq!(named(params, "name").and_then(Value::as_str), Some(&*action.tool), "another tool: {theirs}");
        let arguments = action.parameters.body.map(|it| serde_json::from_slice::<Value>(it.raw()).expect("raw JSON"));
        assert_eq!(named(params, "arguments"), arguments.as_ref(), "other arguments: {theirs}");
    }
});

/// The member that a reader finds which ignores the case of names, as Go's does.
fn named<'v>(object: &'v Value, name: &str) -> Option<&'v Value> {
    object.as_object()?.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// A version, or none; and, if so chosen, the headers that the newer era wants, as an honest client sends them.
fn head(choice: u8, body: Option<&Value>) -> Head {
    let mut pairs = vec![(":method", "POST"), (":path", "/mcp"), ("content-type", "application/json")];
    let versions = [None, Some("2025-03-26"), Some("2025-11-25"), Some("2026-07-28")];
    pairs.extend(versions[usize::from(choice & 3)].map(|version| ("mcp-protocol-version", version)));
    if choice & 4 != 0 {
        let method = body.and_then(|body| body.get("method")?.as_str());
        let params = body.and_then(|body| body.get("params"));
        let name = params.and_then(|it| it.get("name").or(it.get("uri")).or(it.get("taskId"))?.as_str());
        pairs.extend(method.map(|method| ("mcp-method", method)));
        pairs.extend(name.map(|name| ("mcp-name", name)));
    }
    Head::from_pairs(pairs)
}
