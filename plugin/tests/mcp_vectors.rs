//! The examples of MCP's own schema: each is read into the action that it is, or passes or is refused as what it is.
//!
//! They aren't part of the project. They are looked for in `$TOOLGATE_VECTORS/mcp`, else in `../shared/vectors/mcp` beside the
//! project. [`LEDGER`] says of each kind of example how a client would send it and what must come of that; a kind that the
//! ledger doesn't know, or that is gone, fails.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use toolgate::action::body::Content;
use toolgate::action::{Action, Matching, Protocol, Reading, Route, Tools, read};
use toolgate::head::Head;
use toolgate::json::{Document, Limits, Tape};

/// The revision whose schema has examples.
const REVISION: &str = "2026-07-28";

/// How an example gets into a body.
#[derive(Clone, Copy)]
enum Sent {
    /// It is a message.
    Whole,
    /// It is the `params` of this method.
    Params(&'static str),
    /// It is the `params` of this notification.
    NotificationParams(&'static str),
    /// It is a member of the `params` of a `tools/call`.
    Beside(&'static str),
    /// It is what a client of the legacy era answers to the server.
    LegacyAnswer,
}

use Sent::{Beside, LegacyAnswer, NotificationParams, Params, Whole};

/// What a server sends and no client may, by the reason of its refusal and why that.
const NO_RPC: &str = "rpc.invalid";
const NO_METHOD: &str = "rpc.method";

/// Kind of example (or one file of a kind whose files differ), how it is sent, what comes of it, why that where it isn't plain.
const LEDGER: &[(&str, Sent, &str, &str)] = &[
    // What clients send.
    ("CallToolRequest", Whole, "read get_weather", ""),
    ("CallToolRequestParams/get-weather-tool-call-params", Params("tools/call"), "read get_weather", ""),
    (
        "CallToolRequestParams/tool-call-params-with-progress-token",
        Params("tools/call"),
        "execute build_simulation",
        "",
    ),
    ("CompleteRequest", Whole, "read completion/complete mcp_server:", ""),
    ("CompleteRequestParams", Params("completion/complete"), "read completion/complete mcp_server:", ""),
    ("DiscoverRequest", Whole, "pass server/discover", ""),
    ("GetPromptRequest", Whole, "read prompts/get prompt:code_review", ""),
    ("GetPromptRequestParams", Params("prompts/get"), "read prompts/get prompt:code_review", ""),
    ("InputResponses", Beside("inputResponses"), "read get_weather", "answers are parameters of the call"),
    ("ListPromptsRequest", Whole, "list prompts/list mcp_server:", ""),
    ("ListResourceTemplatesRequest", Whole, "list resources/templates/list mcp_server:", ""),
    ("ListResourcesRequest", Whole, "list resources/list mcp_server:", ""),
    ("ListToolsRequest", Whole, "list tools/list mcp_server:", ""),
    ("PaginatedRequestParams", Params("tools/list"), "list tools/list mcp_server:", ""),
    ("ReadResourceRequest", Whole, "read resources/read resource:file:///project/src/main.rs", ""),
    (
        "SubscriptionsListenRequest",
        Whole,
        "read subscriptions/listen mcp_server:; read subscriptions/listen resource:file:///project/config.json",
        "each resource is judged",
    ),
    ("CancelledNotification", Whole, "pass notifications/cancelled", ""),
    ("CancelledNotificationParams", NotificationParams("notifications/cancelled"), "pass notifications/cancelled", ""),
    ("CreateMessageResult", LegacyAnswer, "send response", "data for the server; legacy clients only"),
    ("ElicitResult", LegacyAnswer, "send response", "data for the server; legacy clients only"),
    ("ListRootsResult", LegacyAnswer, "send response", "data for the server; legacy clients only"),
    // Notifications of servers: one more or less does nothing, and clients of the legacy era send some of them.
    ("LoggingMessageNotification", Whole, "pass notifications/message", ""),
    ("LoggingMessageNotificationParams", NotificationParams("notifications/message"), "pass notifications/message", ""),
    ("ProgressNotification", Whole, "pass notifications/progress", ""),
    ("ProgressNotificationParams", NotificationParams("notifications/progress"), "pass notifications/progress", ""),
    ("PromptListChangedNotification", Whole, "pass notifications/prompts/list_changed", ""),
    ("ResourceListChangedNotification", Whole, "pass notifications/resources/list_changed", ""),
    ("ResourceUpdatedNotification", Whole, "pass notifications/resources/updated", ""),
    (
        "ResourceUpdatedNotificationParams",
        NotificationParams("notifications/resources/updated"),
        "pass notifications/resources/updated",
        "",
    ),
    ("SubscriptionsAcknowledgedNotification", Whole, "pass notifications/subscriptions/acknowledged", ""),
    ("ToolListChangedNotification", Whole, "pass notifications/tools/list_changed", ""),
    // Requests of servers: no method of a client.
    ("CreateMessageRequest", Whole, NO_RPC, "a server's question, without an envelope"),
    ("CreateMessageRequestParams", Params("sampling/createMessage"), NO_METHOD, "a server's question"),
    ("ElicitRequest", Whole, NO_RPC, "a server's question, without an envelope"),
    ("ElicitRequestFormParams", Params("elicitation/create"), NO_METHOD, "a server's question"),
    ("ElicitRequestURLParams", Params("elicitation/create"), NO_METHOD, "a server's question"),
    ("ListRootsRequest", Whole, NO_RPC, "a server's question, without an envelope"),
    // Answers: clients of this revision send none.
    ("CallToolResultResponse", Whole, NO_RPC, "an answer"),
    ("CompleteResultResponse", Whole, NO_RPC, "an answer"),
    ("DiscoverResultResponse", Whole, NO_RPC, "an answer"),
    ("GetPromptResultResponse", Whole, NO_RPC, "an answer"),
    ("HeaderMismatchError", Whole, NO_RPC, "an answer"),
    ("ListPromptsResultResponse", Whole, NO_RPC, "an answer"),
    ("ListResourceTemplatesResultResponse", Whole, NO_RPC, "an answer"),
    ("ListResourcesResultResponse", Whole, NO_RPC, "an answer"),
    ("ListToolsResultResponse", Whole, NO_RPC, "an answer"),
    ("MissingRequiredClientCapabilityError", Whole, NO_RPC, "an answer"),
    ("ReadResourceResultResponse", Whole, NO_RPC, "an answer"),
    ("SubscriptionsListenResultResponse", Whole, NO_RPC, "an answer"),
    ("UnsupportedProtocolVersionError", Whole, NO_RPC, "an answer"),
    // Pieces of messages: no message by themselves.
    ("AudioContent", Whole, NO_RPC, "a piece"),
    ("BlobResourceContents", Whole, NO_RPC, "a piece"),
    ("BooleanSchema", Whole, NO_RPC, "a piece"),
    ("CallToolResult", Whole, NO_RPC, "a piece"),
    ("ClientCapabilities", Whole, NO_RPC, "a piece"),
    ("CompleteResult", Whole, NO_RPC, "a piece"),
    ("DiscoverResult", Whole, NO_RPC, "a piece"),
    ("EmbeddedResource", Whole, NO_RPC, "a piece"),
    ("GetPromptResult", Whole, NO_RPC, "a piece"),
    ("ImageContent", Whole, NO_RPC, "a piece"),
    ("InputRequests", Whole, NO_RPC, "a piece"),
    ("InputRequiredResult", Whole, NO_RPC, "a piece"),
    ("InternalError", Whole, NO_RPC, "a piece"),
    ("InvalidParamsError", Whole, NO_RPC, "a piece"),
    ("ListPromptsResult", Whole, NO_RPC, "a piece"),
    ("ListResourceTemplatesResult", Whole, NO_RPC, "a piece"),
    ("ListResourcesResult", Whole, NO_RPC, "a piece"),
    ("ListToolsResult", Whole, NO_RPC, "a piece"),
    ("MethodNotFoundError", Whole, NO_RPC, "a piece"),
    ("ModelPreferences", Whole, NO_RPC, "a piece"),
    ("NumberSchema", Whole, NO_RPC, "a piece"),
    ("ParseError", Whole, NO_RPC, "a piece"),
    ("ReadResourceResult", Whole, NO_RPC, "a piece"),
    ("Resource", Whole, NO_RPC, "a piece"),
    ("ResourceLink", Whole, NO_RPC, "a piece"),
    ("Root", Whole, NO_RPC, "a piece"),
    ("SamplingMessage", Whole, NO_RPC, "a piece"),
    ("ServerCapabilities", Whole, NO_RPC, "a piece"),
    ("StringSchema", Whole, NO_RPC, "a piece"),
    ("SubscriptionsListenResult", Whole, NO_RPC, "a piece"),
    ("TextContent", Whole, NO_RPC, "a piece"),
    ("TextResourceContents", Whole, NO_RPC, "a piece"),
    ("TitledMultiSelectEnumSchema", Whole, NO_RPC, "a piece"),
    ("TitledSingleSelectEnumSchema", Whole, NO_RPC, "a piece"),
    ("Tool", Whole, NO_RPC, "a piece"),
    ("ToolResultContent", Whole, NO_RPC, "a piece"),
    ("ToolUseContent", Whole, NO_RPC, "a piece"),
    ("UntitledMultiSelectEnumSchema", Whole, NO_RPC, "a piece"),
    ("UntitledSingleSelectEnumSchema", Whole, NO_RPC, "a piece"),
];

#[test]
fn every_example_is_read_as_what_it_is() {
    let Some(folder) = examples() else { return };
    let ledger: BTreeMap<_, _> = LEDGER.iter().map(|(kind, sent, outcome, _)| (*kind, (*sent, *outcome))).collect();
    assert_eq!(ledger.len(), LEDGER.len(), "a kind stands in the ledger twice");
    let (mut read, mut used, mut differences) = (0, BTreeSet::new(), Vec::new());
    for (kind, path) in files(&folder) {
        let file = format!("{kind}/{}", path.file_stem().unwrap().to_str().unwrap());
        let Some((key, (sent, expected))) = ledger.get_key_value(&*file).or_else(|| ledger.get_key_value(&*kind))
        else {
            panic!("the ledger doesn't know `{file}`")
        };
        let example: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let found = outcome(*sent, example);
        if found != *expected {
            differences.push(format!("{file}: expected `{expected}`, found `{found}`"));
        }
        read += 1;
        used.insert(*key);
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    for key in ledger.keys() {
        assert!(used.contains(key), "the ledger names `{key}`, of which there are no examples");
    }
    println!("mcp-examples {read}/{read}");
}

#[test]
fn every_request_of_every_schema_is_known() {
    let Some(folder) = examples() else { return };
    for revision in ["2025-03-26", "2025-06-18", "2025-11-25", REVISION] {
        let path = folder.join(format!("../../{revision}/schema.json"));
        let schema: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let definitions = schema.get("$defs").or_else(|| schema.get("definitions")).unwrap();
        for request in definitions["ClientRequest"]["anyOf"].as_array().unwrap() {
            let name = request["$ref"].as_str().unwrap().rsplit('/').next().unwrap();
            let method = definitions[name]["properties"]["method"]["const"].as_str().unwrap();
            let params = json!({"name": "get_x", "uri": "file:///x", "taskId": "t"});
            let found = send(&message(method, params, revision), revision);
            assert!(!found.starts_with("rpc."), "{revision} has {method}, which is {found}");
        }
    }
}

fn examples() -> Option<PathBuf> {
    let vectors = std::env::var_os("TOOLGATE_VECTORS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors"), PathBuf::from);
    let folder = vectors.join("mcp").join(REVISION).join("examples");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!(
        "SKIPPED: no MCP examples in `{}`; set TOOLGATE_VECTORS to the folder that holds `mcp`",
        folder.display()
    );
    None
}

/// Kind and path of each example, in their order.
fn files(folder: &Path) -> Vec<(String, PathBuf)> {
    let inside = |folder: &Path| -> Vec<PathBuf> {
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
    };
    let mut files: Vec<_> = inside(folder)
        .iter()
        .flat_map(|kind| {
            let name = kind.file_name().unwrap().to_str().unwrap().to_owned();
            inside(kind).into_iter().map(move |file| (name.clone(), file))
        })
        .collect();
    files.sort();
    files
}

/// What comes of an example that a client sends.
fn outcome(sent: Sent, example: Value) -> String {
    match sent {
        Whole => send(&example, REVISION),
        Params(method) => send(&message(method, example, REVISION), REVISION),
        NotificationParams(method) => send(&json!({"jsonrpc": "2.0", "method": method, "params": example}), REVISION),
        Beside(member) => {
            let params = json!({"name": "get_weather", "arguments": {}, member: example});
            send(&message("tools/call", params, REVISION), REVISION)
        }
        LegacyAnswer => send(&json!({"jsonrpc": "2.0", "id": 1, "result": example}), "2025-11-25"),
    }
}

fn message(method: &str, mut params: Value, revision: &str) -> Value {
    if revision == REVISION {
        let meta = params.as_object_mut().unwrap().entry("_meta").or_insert_with(|| json!({}));
        meta["io.modelcontextprotocol/protocolVersion"] = REVISION.into();
        meta["io.modelcontextprotocol/clientCapabilities"] = json!({});
    }
    json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
}

/// What comes of a body with the headers that its client sends along.
fn send(body: &Value, revision: &str) -> String {
    let params = &body["params"];
    let mut headers = vec![
        (":method", "POST".to_owned()),
        (":path", "/mcp".to_owned()),
        ("content-type", "application/json".to_owned()),
        ("accept", "application/json, text/event-stream".to_owned()),
        ("mcp-protocol-version", revision.to_owned()),
    ];
    if let Some(method) = body["method"].as_str().filter(|_| revision == REVISION) {
        headers.push(("mcp-method", method.to_owned()));
        let named = match method {
            "tools/call" | "prompts/get" => &params["name"],
            "resources/read" => &params["uri"],
            _ => &Value::Null,
        };
        headers.extend(named.as_str().map(|name| ("mcp-name", name.to_owned())));
    }
    let head = Head::from_pairs(headers);
    let route = Route::new(Matching::Path("/mcp".into()), Protocol::Mcp, "examples");
    let (body, limits) = (body.to_string(), Limits { case_variants: false, ..Limits::default() });
    let document = Document::read(body.as_bytes(), &limits, Tape::default()).unwrap();
    let tools = Tools::default();
    match read(&route, &tools, &head, &Content::json(&document)).outcome {
        Ok(Reading::Judge(action)) => told(&action),
        Ok(Reading::Several(actions)) => actions.iter().map(told).collect::<Vec<_>>().join("; "),
        Ok(Reading::Pass { method }) => format!("pass {method}"),
        Err(refusal) => refusal.reason.code().to_owned(),
    }
}

fn told(action: &Action<'_>) -> String {
    let resource = action.resource.as_ref().map(|it| format!(" {}:{}", it.kind, it.id)).unwrap_or_default();
    format!("{} {}{resource}", action.kind.name(), action.tool)
}
