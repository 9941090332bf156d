//! Messages of both eras, as clients send them and as they shouldn't.

use std::collections::BTreeMap;

use super::*;
use crate::action::body::Content;
use crate::action::{Matching, Protocol, read as read_action};
use crate::json::{Document, Limits, Tape};

fn route() -> Route {
    Route::new(Matching::Path("/mcp".into()), Protocol::Mcp, "crm")
}

/// What comes of a body with these headers besides the usual ones, and the id that an answer would repeat.
fn outcome(headers: &[(&str, &str)], body: &str) -> (Result<String, Reason>, Option<String>) {
    let (route, tools) = (route(), Tools::default());
    let usual = [(":method", "POST"), (":path", "/mcp"), ("content-type", "application/json")];
    let head = Head::from_pairs(usual.iter().chain(headers).copied());
    let document = Document::read(body.as_bytes(), &Limits::default(), Tape::default()).unwrap();
    let read = read_action(&route, &tools, &head, &Content::json(&document));
    let told = |action: Action<'_>| {
        let resource = action.resource.map(|it| format!(" {}:{}", it.kind, it.id)).unwrap_or_default();
        format!("{} {}{resource}", action.kind.name(), action.tool)
    };
    let outcome = match read.outcome {
        Ok(Reading::Judge(action)) => Ok(told(action)),
        Ok(Reading::Several(actions)) => Ok(actions.into_iter().map(told).collect::<Vec<_>>().join("; ")),
        Ok(Reading::Pass { method }) => Ok(format!("pass {method}")),
        Err(refusal) => Err(refusal.reason),
    };
    (outcome, read.rpc.and_then(|rpc| rpc.id).map(String::from))
}

fn legacy(body: &str) -> Result<String, Reason> {
    outcome(&[], body).0
}

const META: &str = r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}"#;

/// A request of the modern era with the headers that go with it, some of which are replaced (or dropped: `None`).
fn modern(method: &str, params: &str, name: Option<&str>, replaced: &[(&str, Option<&str>)]) -> Result<String, Reason> {
    let mut headers = BTreeMap::from([("mcp-protocol-version", Some("2026-07-28")), ("mcp-method", Some(method))]);
    headers.insert("mcp-name", name);
    headers.extend(replaced.iter().copied());
    let headers: Vec<(&str, &str)> = headers.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    let comma = if params.is_empty() { "" } else { "," };
    let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{{{META}{comma}{params}}}}}"#);
    outcome(&headers, &body).0
}

#[test]
fn every_method_of_the_legacy_era_is_judged_as_what_it_is() {
    for (method, params, expected) in [
        ("initialize", r#"{"protocolVersion":"2025-11-25"}"#, Ok("pass initialize")),
        ("ping", "{}", Ok("pass ping")),
        ("logging/setLevel", r#"{"level":"info"}"#, Ok("pass logging/setLevel")),
        ("tools/list", "{}", Ok("list tools/list mcp_server:")),
        ("tools/call", r#"{"name":"get_account","arguments":{"id":1}}"#, Ok("read get_account")),
        ("tools/call", r#"{"name":"delete_account"}"#, Ok("delete delete_account")),
        ("resources/list", "{}", Ok("list resources/list mcp_server:")),
        ("resources/templates/list", "{}", Ok("list resources/templates/list mcp_server:")),
        ("resources/read", r#"{"uri":"file:///a"}"#, Ok("read resources/read resource:file:///a")),
        ("resources/subscribe", r#"{"uri":"file:///a"}"#, Ok("read resources/subscribe resource:file:///a")),
        ("resources/unsubscribe", r#"{"uri":"file:///a"}"#, Ok("pass resources/unsubscribe")),
        ("prompts/list", "{}", Ok("list prompts/list mcp_server:")),
        ("prompts/get", r#"{"name":"p","arguments":{}}"#, Ok("read prompts/get prompt:p")),
        (
            "completion/complete",
            r#"{"ref":{"type":"ref/prompt","name":"p"}}"#,
            Ok("read completion/complete mcp_server:"),
        ),
        ("tasks/get", r#"{"taskId":"t"}"#, Ok("read tasks/get task:t")),
        ("tasks/result", r#"{"taskId":"t"}"#, Ok("read tasks/result task:t")),
        ("tasks/list", "{}", Ok("list tasks/list mcp_server:")),
        ("tasks/cancel", r#"{"taskId":"t"}"#, Ok("update tasks/cancel task:t")),
        ("tasks/update", r#"{"taskId":"t"}"#, Err(Reason::RpcMethod)),
        ("server/discover", "{}", Err(Reason::RpcMethod)),
        ("subscriptions/listen", "{}", Err(Reason::RpcMethod)),
        ("tools/Call", r#"{"name":"x"}"#, Err(Reason::RpcMethod)),
        ("tools/call ", r#"{"name":"x"}"#, Err(Reason::RpcMethod)),
        ("nothing", "{}", Err(Reason::RpcMethod)),
    ] {
        let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#);
        assert_eq!(legacy(&body), expected.map(str::to_owned), "{method}");
    }
}

#[test]
fn every_method_of_the_modern_era_is_judged_as_what_it_is() {
    for (method, params, name, expected) in [
        ("server/discover", "", None, Ok("pass server/discover")),
        ("tools/list", "", None, Ok("list tools/list mcp_server:")),
        ("tools/call", r#""name":"get_account""#, Some("get_account"), Ok("read get_account")),
        ("resources/read", r#""uri":"file:///a""#, Some("file:///a"), Ok("read resources/read resource:file:///a")),
        ("prompts/get", r#""name":"p""#, Some("p"), Ok("read prompts/get prompt:p")),
        ("subscriptions/listen", r#""notifications":{}"#, None, Ok("read subscriptions/listen mcp_server:")),
        ("tasks/get", r#""taskId":"t""#, Some("t"), Ok("read tasks/get task:t")),
        ("tasks/update", r#""taskId":"t","inputResponses":{}"#, Some("t"), Ok("update tasks/update task:t")),
        ("tasks/cancel", r#""taskId":"t""#, Some("t"), Ok("update tasks/cancel task:t")),
        ("initialize", "", None, Err(Reason::RpcMethod)),
        ("ping", "", None, Err(Reason::RpcMethod)),
        ("tasks/list", "", None, Err(Reason::RpcMethod)),
    ] {
        assert_eq!(modern(method, params, name, &[]), expected.map(str::to_owned), "{method}");
    }
}

#[test]
fn headers_that_differ_from_the_body_are_refused() {
    let call = |replaced: &[(&str, Option<&str>)]| modern("tools/call", r#""name":"get_ä""#, Some("get_ä"), replaced);
    assert_eq!(call(&[]), Ok("read get_ä".to_owned()));
    assert_eq!(call(&[("mcp-name", Some("=?base64?Z2V0X8Ok?="))]), Ok("read get_ä".to_owned()));
    for replaced in [
        ("mcp-method", None),
        ("mcp-method", Some("tools/list")),
        ("mcp-method", Some("Tools/Call")),
        ("mcp-name", None),
        ("mcp-name", Some("get_a")),
        ("mcp-name", Some("")),
        ("mcp-name", Some("=?base64?Z2V0X2E=?=")),
        ("mcp-name", Some("=?base64?%%%?=")),
        ("Mcp-Name", Some("get_ä")),
        ("mcp-protocol-version", None),
        ("mcp-protocol-version", Some("2025-11-25")),
    ] {
        assert_eq!(call(&[replaced]), Err(Reason::RequestHeaders), "{replaced:?}");
    }
    assert_eq!(modern("tools/list", "", Some("x"), &[]), Err(Reason::RequestHeaders));
}

#[test]
fn a_legacy_client_may_leave_headers_out_but_not_contradict_itself() {
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_x"}}"#;
    for (headers, expected) in [
        (&[("mcp-protocol-version", "2025-06-18")][..], Ok("read get_x".to_owned())),
        (&[("mcp-protocol-version", "2025-03-26")], Ok("read get_x".to_owned())),
        (&[("mcp-protocol-version", "2024-11-05")], Err(Reason::RequestVersion)),
        (
            &[("mcp-protocol-version", "2025-06-18"), ("mcp-protocol-version", "2025-06-18")],
            Err(Reason::RequestHeaders),
        ),
        (&[("mcp-method", "tools/list")], Err(Reason::RequestHeaders)),
        (&[("mcp-name", "get_y")], Err(Reason::RequestHeaders)),
        // Claims the modern era without its metadata.
        (
            &[("mcp-protocol-version", "2026-07-28"), ("mcp-method", "tools/call"), ("mcp-name", "get_x")],
            Err(Reason::RpcParams),
        ),
    ] {
        assert_eq!(outcome(headers, body).0, expected, "{headers:?}");
    }
}

#[test]
fn an_envelope_with_two_readings_is_refused() {
    for (body, reason) in [
        ("[]", Reason::BodyBatch),
        ("7", Reason::RpcInvalid),
        ("{}", Reason::RpcInvalid),
        (r#"{"id":1,"method":"ping"}"#, Reason::RpcInvalid),
        (r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, Reason::RpcInvalid),
        (r#"{"jsonrpc":2.0,"id":1,"method":"ping"}"#, Reason::RpcInvalid),
        (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, Reason::RpcInvalid),
        (r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, Reason::RpcInvalid),
        (r#"{"jsonrpc":"2.0","id":1e3,"method":"ping"}"#, Reason::RpcInvalid),
        (r#"{"jsonrpc":"2.0","id":9007199254740993,"method":"ping"}"#, Reason::RpcInvalid),
        (r#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#, Reason::RpcInvalid),
        (r#"{"jsonrpc":"2.0","id":1,"method":7}"#, Reason::RpcInvalid),
        (r#"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"delete_x"}}"#, Reason::RpcInvalid),
        (r#"{"jsonrpc":"2.0","id":1,"method":"notifications/cancelled"}"#, Reason::RpcInvalid),
        (r#"{"jsonrpc":"2.0","id":1,"method":"ping","Method":"tools/call"}"#, Reason::RpcInvalid),
        (r#"{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}"#, Reason::RpcInvalid),
        (r#"{"jsonrpc":"2.0","id":1,"result":{},"error":{}}"#, Reason::RpcInvalid),
        (r#"{"jsonrpc":"2.0","result":{}}"#, Reason::RpcInvalid),
        (r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}"#, Reason::RpcParams),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call"}"#, Reason::RpcParams),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":""}}"#, Reason::RpcParams),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":["x"]}}"#, Reason::RpcParams),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","arguments":"{}"}}"#, Reason::RpcParams),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_x","Name":"delete_x"}}"#,
            Reason::RpcParams,
        ),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"Task":{},"name":"get_x"}}"#, Reason::RpcParams),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","arguments":{"to":1,"To":2}}}"#,
            Reason::ParameterRepeated,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","arguments":{"task":1},"task":{}}}"#,
            Reason::ParameterRepeated,
        ),
        (r#"{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":7}}"#, Reason::RpcParams),
    ] {
        assert_eq!(legacy(body), Err(reason), "{body}");
    }
}

#[test]
fn each_message_of_a_batch_is_judged() {
    let call = |id: &str, tool: &str| {
        format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"{tool}"}}}}"#)
    };
    let (read, delete) = (call("1", "get_x"), call("\"2\"", "delete_x"));
    let ping = r#"{"jsonrpc":"2.0","id":3,"method":"ping"}"#;
    let notification = r#"{"jsonrpc":"2.0","method":"notifications/cancelled"}"#;
    for (messages, expected) in [
        (vec![&*read, &delete], Ok("read get_x; delete delete_x")),
        (vec![&*read, ping, notification], Ok("read get_x")),
        (vec![ping], Ok("pass batch")),
        (vec![&*read, &read], Err(Reason::BodyBatch)),
        (vec![&*read, r#"{"jsonrpc":"2.0","id":4,"method":"initialize"}"#], Err(Reason::BodyBatch)),
        (vec![&*read, r#"{"jsonrpc":"2.0","id":4,"method":"nothing"}"#], Err(Reason::RpcMethod)),
        (vec![&*read, "7"], Err(Reason::RpcInvalid)),
        (vec![&*read, "[]"], Err(Reason::BodyBatch)),
        (vec![notification; 33], Err(Reason::BodyBatch)),
    ] {
        let body = format!("[{}]", messages.join(","));
        assert_eq!(legacy(&body), expected.map(str::to_owned), "{body}");
        let early = outcome(&[("mcp-protocol-version", "2025-03-26")], &body).0;
        assert_eq!(early, expected.map(str::to_owned), "{body}");
        for later in ["2025-06-18", "2025-11-25", "2026-07-28"] {
            assert_eq!(outcome(&[("mcp-protocol-version", later)], &body).0, Err(Reason::BodyBatch), "{later} {body}");
        }
    }
}

#[test]
fn a_stream_is_judged_by_all_that_it_is_about() {
    let listen = |filter: &str| modern("subscriptions/listen", &format!(r#""notifications":{filter}"#), None, &[]);
    let server = "read subscriptions/listen mcp_server:";
    assert_eq!(
        listen(r#"{"resourceSubscriptions":["file:///a"],"taskIds":["t"]}"#),
        Ok(format!("{server}; read subscriptions/listen resource:file:///a; read subscriptions/listen task:t"))
    );
    assert_eq!(listen(r#"{"toolsListChanged":true}"#), Ok(server.into()));
    let many = vec!["\"a\""; 33].join(",");
    for filter in [r#"{"resourceSubscriptions":"a"}"#, r#"{"taskIds":[7]}"#, &format!(r#"{{"taskIds":[{many}]}}"#)] {
        assert_eq!(listen(filter), Err(Reason::RpcParams), "{filter}");
    }
}

#[test]
fn headers_that_repeat_arguments_agree_with_them() {
    let arguments = r#""arguments":{"region":"eu","count":42,"dry-run":true,"deep":{"zone":"b"},"none":null}"#;
    for (name, value, agrees) in [
        ("mcp-param-region", "eu", true),
        ("Mcp-Param-Region", "eu", true),
        ("mcp-param-region", "=?base64?ZXU=?=", true),
        ("mcp-param-region", "us", false),
        ("mcp-param-region", "EU", false),
        // Repeats another argument than the one of its name.
        ("mcp-param-region", "b", false),
        ("mcp-param-count", "42.0", true),
        ("mcp-param-count", "43", false),
        ("mcp-param-dry_run", "true", true),
        ("mcp-param-dry_run", "1", false),
        ("mcp-param-placement", "b", true),
        ("mcp-param-placement", "elsewhere", false),
        ("mcp-param-none", "null", false),
        ("mcp-param-", "", false),
    ] {
        let params = format!(r#""name":"get_x",{arguments}"#);
        let outcome = modern("tools/call", &params, Some("get_x"), &[(name, Some(value))]);
        let expected = if agrees { Ok("read get_x".to_owned()) } else { Err(Reason::RequestHeaders) };
        assert_eq!(outcome, expected, "{name}: {value}");
    }
    assert_eq!(modern("tools/list", "", None, &[("mcp-param-region", Some("eu"))]), Err(Reason::RequestHeaders));
}

#[test]
fn a_declared_header_repeats_its_argument_and_must_be_there() {
    let body = |arguments: &str| {
        let document = format!(r#"{{"region":{arguments},"other":"us"}}"#);
        move |check: &dyn Fn(Value<'_>)| {
            let document = Document::read(document.as_bytes(), &Limits::default(), Tape::default()).unwrap();
            check(document.root());
        }
    };
    let declared = [("mcp-param-area".to_owned(), "/region".to_owned())];
    for (argument, sent, required, agrees) in [
        ("\"eu\"", &["eu"][..], true, true),
        ("\"eu\"", &["us"], true, false),
        ("\"eu\"", &["eu", "eu"], true, false),
        ("\"eu\"", &[], true, false),
        ("\"eu\"", &[], false, true),
        ("null", &[], true, true),
        ("null", &["null"], true, false),
    ] {
        let head = Head::from_pairs(sent.iter().map(|value| ("Mcp-Param-Area", *value)));
        body(argument)(&|arguments| {
            let outcome = headers::repeat_parameters(&head, &declared, Some(arguments), required);
            assert_eq!(outcome.is_ok(), agrees, "{argument} {sent:?} {required}");
        });
    }
}

#[test]
fn a_refusal_repeats_the_id_where_it_is_known() {
    for (body, id) in [
        (r#"{"jsonrpc":"2.0","id":"a\u0062","method":"nothing"}"#, Some(r#""a\u0062""#)),
        (r#"{"jsonrpc":"1.0","id":7,"method":"ping"}"#, Some("7")),
        (r#"{"jsonrpc":"1.0","id":7,"ID":8,"method":"ping"}"#, None),
        (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, None),
        ("[]", None),
    ] {
        assert_eq!(outcome(&[], body).1.as_deref(), id, "{body}");
    }
}

#[test]
fn what_needs_no_decision_passes() {
    assert_eq!(
        legacy(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#),
        Ok("pass notifications/initialized".into())
    );
    let cancelled = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"1"}}"#;
    assert_eq!(legacy(cancelled), Ok("pass notifications/cancelled".into()));
}

#[test]
fn an_answer_to_the_server_is_judged_in_the_legacy_era_and_refused_in_the_modern() {
    let body = r#"{"jsonrpc":"2.0","id":1,"result":{"action":"accept","content":{"mail":"x@evil.net"}}}"#;
    assert_eq!(legacy(body), Ok("send response".into()));
    let modern = outcome(&[("mcp-protocol-version", "2026-07-28")], body).0;
    assert_eq!(modern, Err(Reason::RpcInvalid));
}

#[test]
fn all_that_the_caller_chose_is_a_parameter() {
    let body = br#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","arguments":{"a":{"b":1}},
        "inputResponses":{"k":{"content":"c"}},"requestState":"s","_meta":{"progressToken":1}}}"#;
    let (route, tools) = (route(), Tools::default());
    let head = Head::from_pairs([(":method", "POST"), (":path", "/mcp"), ("content-type", "application/json")]);
    let document = Document::read(body, &Limits::default(), Tape::default()).unwrap();
    let Ok(Reading::Judge(action)) = read_action(&route, &tools, &head, &Content::json(&document)).outcome else {
        panic!("not judged")
    };
    let mut seen = Vec::new();
    let _ = action.parameters.leaves(&mut |pointer, _| {
        seen.push(pointer.to_owned());
        std::ops::ControlFlow::Continue(())
    });
    assert_eq!(seen, ["/inputResponses/k/content", "/requestState", "/a/b"]);
}
