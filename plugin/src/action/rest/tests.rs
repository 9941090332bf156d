//! Operations, as clients call them and as they shouldn't.

use super::*;
use crate::action::{Reading, body, read as read_action};
use crate::config::compile;
use crate::config::problem::Problems;
use crate::json::{Document, Tape};

fn route() -> Route {
    let written = serde_json::from_str::<Vec<_>>(
        r#"[{"match": {"prefix": "/v1/"}, "protocol": "rest", "server": "bank", "operations": [
            {"method": "POST", "path": "/v1/payments/{id}/refund", "tool": "payments.refund", "action": "transfer",
             "resource": {"type": "payment", "id": "{id}"}},
            {"method": "GET", "path": "/v1/payments", "tool": "payments.list"},
            {"method": "GET", "path": "/v1/payments/{id}", "tool": "payments.get"},
            {"method": "DELETE", "path": "/v1/payments/{id}", "tool": "payments.get"}]}]"#,
    );
    let mut problems = Problems::default();
    let routes = compile::routes::routes(&written.unwrap(), &mut problems);
    assert!(problems.is_empty(), "{problems}");
    routes.0.into_iter().next().unwrap()
}

fn outcome(method: &str, target: &str, body: Option<&str>) -> Result<String, Reason> {
    sent(method, target, body.map(|body| ("application/json", body)))
}

/// What comes of a request with a body of this type.
fn sent(method: &str, target: &str, body: Option<(&str, &str)>) -> Result<String, Reason> {
    let (route, tools) = (route(), crate::action::Tools::default());
    let mut headers = vec![(":method", method), (":path", target)];
    headers.extend(body.map(|(media_type, _)| ("content-type", media_type)));
    let head = Head::from_pairs(headers);
    let bytes = body.map_or(&b""[..], |(_, body)| body.as_bytes());
    let opened = body::open(&route, &head, bytes).map_err(|refusal| refusal.reason)?;
    let document = |json| Document::read(json, &body::limits(1 << 20), Tape::default()).unwrap();
    let (json, beside) = (opened.json.as_deref().map(document), opened.beside.as_deref().map(document));
    match read_action(&route, &tools, &head, &opened.content(json.as_ref(), beside.as_ref())).outcome {
        Ok(Reading::Judge(action)) => {
            let resource = action.resource.map(|it| format!(" {}:{}", it.kind, it.id)).unwrap_or_default();
            let fields = action.parameters.fields.iter().map(|(name, value)| format!(" {name}={value}"));
            let beside = action.parameters.beside.iter();
            let beside = beside.map(|(name, value)| format!(" {name}={}", String::from_utf8_lossy(value.raw())));
            let (fields, beside) = (fields.collect::<String>(), beside.collect::<String>());
            Ok(format!("{} {}{resource}{fields}{beside}", action.kind.name(), action.tool))
        }
        Ok(Reading::Pass { method }) => Ok(format!("pass {method}")),
        Ok(Reading::Several(actions)) => Ok(format!("{} actions", actions.len())),
        Err(refusal) => Err(refusal.reason),
    }
}

#[test]
fn an_operation_is_found_by_method_and_path() {
    for (method, target, body, expected) in [
        (
            "POST",
            "/v1/payments/p%207/refund",
            Some(r#"{"amount": 5}"#),
            Ok("transfer payments.refund payment:p 7 id=p 7"),
        ),
        ("GET", "/v1/payments?limit=5&q=a+b%26c", None, Ok("list payments.list limit=5 q=a b&c")),
        ("GET", "/v1/payments/p", None, Ok("read payments.get id=p")),
        ("DELETE", "/v1/payments/p", None, Ok("delete payments.get id=p")),
        ("PUT", "/v1/payments/p", None, Err(Reason::OperationUnknown)),
        ("get", "/v1/payments/p", None, Err(Reason::OperationUnknown)),
        ("GET", "/v1/payments/", None, Err(Reason::OperationUnknown)),
        ("GET", "/v1/Payments", None, Err(Reason::OperationUnknown)),
        ("GET", "/v1/payments/p%2Frefund", None, Err(Reason::RequestPath)),
        ("GET", "/v1/x/../payments", None, Err(Reason::RequestPath)),
    ] {
        assert_eq!(outcome(method, target, body), expected.map(str::to_owned), "{method} {target}");
    }
}

#[test]
fn a_parameter_has_one_place() {
    for (target, body, reason) in [
        ("/v1/payments/p/refund?id=q", None, Reason::ParameterRepeated),
        ("/v1/payments/p/refund", Some(r#"{"id": "q"}"#), Reason::ParameterRepeated),
        ("/v1/payments/p/refund", Some(r#"{"ID": "q"}"#), Reason::ParameterRepeated),
        ("/v1/payments/p/refund?amount=1", Some(r#"{"amount": 9}"#), Reason::ParameterRepeated),
        ("/v1/payments/p/refund?amount=1&amount=2", None, Reason::ParameterRepeated),
        ("/v1/payments/p/refund?_method=DELETE", None, Reason::ParameterRepeated),
        ("/v1/payments/p/refund", Some(r#"{"_method": "DELETE"}"#), Reason::ParameterRepeated),
    ] {
        assert_eq!(outcome("POST", target, body), Err(reason), "{target} {body:?}");
    }
}

#[test]
fn a_form_is_fields_lists_and_files() {
    let refund = "/v1/payments/p/refund";
    for (media_type, body, expected) in [
        (
            "application/x-www-form-urlencoded",
            "amount=5&to[]=a&to[]=b",
            Ok(r#"transfer payments.refund payment:p id=p amount=5 to=["a","b"]"#),
        ),
        (
            "multipart/form-data; boundary=b",
            "--b\r\nContent-Disposition: form-data; name=\"amount\"\r\n\r\n5\r\n--b--\r\n",
            Ok("transfer payments.refund payment:p id=p amount=5"),
        ),
        ("application/x-ndjson", "{\"amount\":5}\n{\"amount\":6}\n", Ok("transfer payments.refund payment:p id=p")),
        ("application/x-www-form-urlencoded", "id=q", Err(Reason::ParameterRepeated)),
        ("application/x-www-form-urlencoded", "_method=DELETE", Err(Reason::ParameterRepeated)),
        ("application/x-www-form-urlencoded", "_Method[]=DELETE", Err(Reason::ParameterRepeated)),
        ("application/x-www-form-urlencoded", r#"{"amount":5}"#, Err(Reason::BodyType)),
        ("text/plain", "amount=5", Err(Reason::BodyType)),
    ] {
        assert_eq!(sent("POST", refund, Some((media_type, body))), expected.map(str::to_owned), "{media_type} {body}");
    }
    assert_eq!(
        sent("POST", &format!("{refund}?amount=1"), Some(("application/x-www-form-urlencoded", "amount=2"))),
        Err(Reason::ParameterRepeated)
    );
}
