//! Messages of both revisions and both bindings.

use super::*;
use crate::action::{ResourcePlace, body, read as read_action};
use crate::json::{Document, Tape};

fn outcome(
    matching: Matching,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    text: &str,
) -> Result<String, Reason> {
    let operations = match &matching {
        Matching::Prefix(prefix) => operations(prefix.trim_end_matches('/')),
        Matching::Path(_) => Vec::new(),
    };
    let route = Route { operations, ..Route::new(matching, crate::action::Protocol::A2a, "helper") };
    let mut pairs = vec![(":method", method), (":path", target)];
    if !text.is_empty() {
        pairs.push(("content-type", "application/json"));
    }
    let head = Head::from_pairs(pairs.iter().chain(headers).copied());
    let opened = body::open(&route, &head, text.as_bytes()).map_err(|refusal| refusal.reason)?;
    let document =
        opened.json.as_deref().map(|json| Document::read(json, &body::limits(1 << 20), Tape::default()).unwrap());
    let content = opened.content(document.as_ref(), None);
    let tools = crate::action::Tools::default();
    match read_action(&route, &tools, &head, &content).outcome.map_err(|refusal| refusal.reason)? {
        Reading::Judge(action) => {
            let resource = action.resource.map(|it| format!("{}:{}", it.kind, it.id)).unwrap_or_default();
            Ok(format!("{} {} {resource}", action.kind.name(), action.tool))
        }
        // Never the action of one request.
        other => Ok(format!("{other:?}")),
    }
}

fn rpc(method: &str, params: &str) -> Result<String, Reason> {
    let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#);
    outcome(Matching::Path("/a2a".into()), "POST", "/a2a", &[], &body)
}

fn http(method: &str, target: &str, body: &str) -> Result<String, Reason> {
    outcome(Matching::Prefix("/a2a".into()), method, target, &[], body)
}

#[test]
fn both_revisions_lead_to_the_same_tools() {
    let message = r#"{"message":{"messageId":"m","role":"user","parts":[{"kind":"text","text":"hi"}]}}"#;
    for (methods, params, expected) in [
        (["SendMessage", "message/send"], message, "delegate SendMessage agent:"),
        (["SendStreamingMessage", "message/stream"], message, "delegate SendStreamingMessage agent:"),
        (["GetTask", "tasks/get"], r#"{"id":"t"}"#, "read GetTask task:t"),
        (["ListTasks", "tasks/list"], "{}", "list ListTasks agent:"),
        (["CancelTask", "tasks/cancel"], r#"{"id":"t"}"#, "update CancelTask task:t"),
        (["SubscribeToTask", "tasks/resubscribe"], r#"{"id":"t"}"#, "read SubscribeToTask task:t"),
        (
            ["CreateTaskPushNotificationConfig", "tasks/pushNotificationConfig/set"],
            r#"{"taskId":"t","pushNotificationConfig":{"url":"https://x.example"}}"#,
            "send CreateTaskPushNotificationConfig task:t",
        ),
        (
            ["DeleteTaskPushNotificationConfig", "tasks/pushNotificationConfig/delete"],
            r#"{"taskId":"t","id":"c"}"#,
            "delete DeleteTaskPushNotificationConfig task:t",
        ),
        (["GetExtendedAgentCard", "agent/getAuthenticatedExtendedCard"], "{}", "read GetExtendedAgentCard agent:"),
    ] {
        for method in methods {
            assert_eq!(rpc(method, params).as_deref(), Ok(expected), "{method}");
        }
    }
}

#[test]
fn paths_lead_to_the_same_tools() {
    let message = r#"{"message":{"messageId":"m","parts":[{"text":"hi"}]}}"#;
    for (method, target, body, expected) in [
        ("POST", "/a2a/message:send", message, Ok("delegate SendMessage agent:")),
        ("POST", "/a2a/v1/message:stream", message, Ok("delegate SendStreamingMessage agent:")),
        ("POST", "/a2a/acme/message:send", message, Ok("delegate SendMessage agent:")),
        ("GET", "/a2a/tasks/t?historyLength=3", "", Ok("read GetTask task:t")),
        ("GET", "/a2a/tasks", "", Ok("list ListTasks agent:")),
        ("POST", "/a2a/tasks/t:cancel", "{}", Ok("update CancelTask task:t")),
        ("POST", "/a2a/tasks/t:cancel", "", Ok("update CancelTask task:t")),
        ("GET", "/a2a/v1/tasks/t:subscribe", "", Ok("read SubscribeToTask task:t")),
        (
            "POST",
            "/a2a/tasks/t/pushNotificationConfigs",
            r#"{"url":"https://x.example"}"#,
            Ok("send CreateTaskPushNotificationConfig task:t"),
        ),
        ("DELETE", "/a2a/tasks/t/pushNotificationConfigs/c", "", Ok("delete DeleteTaskPushNotificationConfig task:t")),
        ("GET", "/a2a/extendedAgentCard", "", Ok("read GetExtendedAgentCard agent:")),
        ("GET", "/a2a/.well-known/agent-card.json", "", Ok("read GetAgentCard agent:")),
        (
            "POST",
            "/a2a",
            r#"{"jsonrpc":"2.0","id":1,"method":"GetTask","params":{"id":"t"}}"#,
            Ok("read GetTask task:t"),
        ),
        ("POST", "/a2a/tasks/t:cancel", r#"{"id":"u"}"#, Err(Reason::ParameterRepeated)),
        ("POST", "/a2a/tasks/t:delete", "{}", Err(Reason::OperationUnknown)),
        ("PUT", "/a2a/tasks/t", "{}", Err(Reason::OperationUnknown)),
        ("GET", "/a2a", "", Err(Reason::RequestMethod)),
        ("POST", "/a2a/message:send", "[]", Err(Reason::RpcParams)),
    ] {
        assert_eq!(http(method, target, body), expected.map(str::to_owned), "{method} {target}");
    }
}

#[test]
fn what_servers_read_differently_is_refused() {
    for (method, params, reason) in [
        ("message/forward", "{}", Reason::RpcMethod),
        ("sendMessage", "{}", Reason::RpcMethod),
        ("GetTask", "{}", Reason::RpcParams),
        ("GetTask", r#"{"id":7}"#, Reason::RpcParams),
        ("GetTask", r#"{"id":"t","ID":"u"}"#, Reason::BodyUnreadable),
        ("CreateTaskPushNotificationConfig", r#"{"taskId":"t","task_id":"u"}"#, Reason::RpcParams),
        ("SendMessage", r#"{"message":{"parts":[{"Text":"hi"}]}}"#, Reason::RpcParams),
        ("SendMessage", r#"{"message":{"parts":[{"media_type":"text/html"}]}}"#, Reason::RpcParams),
        (
            "SendMessage",
            r#"{"configuration":{"task_push_notification_config":{"url":"https://evil.example"}}}"#,
            Reason::RpcParams,
        ),
    ] {
        let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#);
        let readable = Document::read(body.as_bytes(), &body::limits(1 << 20), Tape::default()).is_ok();
        assert_eq!(readable, reason != Reason::BodyUnreadable, "{body}");
        if readable {
            assert_eq!(rpc(method, params), Err(reason), "{method} {params}");
        }
    }
    // What is nobody's business but the agents'.
    assert!(rpc("SendMessage", r#"{"message":{"parts":[{"data":{"task_id":1}}],"metadata":{"Url":"x"}}}"#).is_ok());
    for body in [
        r#"{"jsonrpc":"2.0","method":"GetTask","params":{"id":"t"}}"#,
        r#"{"jsonrpc":"2.0","id":1,"result":{}}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/x"}"#,
    ] {
        let found = outcome(Matching::Path("/a2a".into()), "POST", "/a2a", &[], body);
        assert_eq!(found, Err(Reason::RpcInvalid), "{body}");
    }
    let batch = outcome(Matching::Path("/a2a".into()), "POST", "/a2a", &[], "[]");
    assert_eq!(batch, Err(Reason::BodyBatch));
}

#[test]
fn a_version_is_spoken_or_refused() {
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"GetTask","params":{"id":"t"}}"#;
    for (versions, expected) in [
        (&["1.0"][..], None),
        (&["0.3"], None),
        (&["1.0.1"], None),
        (&[""], None),
        (&[], None),
        (&["2.0"], Some(Reason::RequestVersion)),
        (&["0.2"], Some(Reason::RequestVersion)),
        (&["1.0."], Some(Reason::RequestVersion)),
        (&["1"], Some(Reason::RequestVersion)),
        (&["1.0", "1.0"], Some(Reason::RequestHeaders)),
    ] {
        let headers: Vec<_> = versions.iter().map(|version| ("a2a-version", *version)).collect();
        assert_eq!(
            outcome(Matching::Path("/a2a".into()), "POST", "/a2a", &headers, body).err(),
            expected,
            "{versions:?}"
        );
    }
}

#[test]
fn every_path_of_the_table_is_one() {
    // 11 operations and 3 further paths, each in three places.
    let operations = operations("/a2a");
    assert_eq!(operations.len(), 14 * 3);
    assert!(operations.iter().all(|operation| {
        operation
            .facts
            .resource
            .as_ref()
            .is_some_and(|(kind, place)| (kind == "task") == (*place != ResourcePlace::Nowhere))
    }));
}
