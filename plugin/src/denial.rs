//! How a refusal reads on the wire: a JSON-RPC error for MCP and A2A, problem details (RFC 9457) for REST, an
//! error of GraphQL over HTTP.
//!
//! Nothing in it comes from the request but what an answer must repeat: the JSON-RPC id, and a protocol version that
//! looks like one.

use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::action::mcp::{Era, MODERN_VERSIONS, Rpc, SUPPORTED_VERSIONS};
use crate::action::{APPROVAL_INPUT, Protocol};
use crate::reason::{
    Approval, RPC_COAZ_DENIED, RPC_DENIED, RPC_HEADER_MISMATCH, RPC_INVALID_REQUEST, RPC_UNSUPPORTED_VERSION,
    RPC_URL_ELICITATION_REQUIRED, Reason, Refusal,
};

/// A2A 1.0 section 5.4: `VersionNotSupportedError`.
const A2A_VERSION_NOT_SUPPORTED: i32 = -32009;

/// What is told beside the reason itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts<'a> {
    /// The id under which audit and decision service know this request.
    pub decision_id: &'a str,
    /// The rule that decided.
    pub rule: Option<&'a str>,
    /// What the operator wrote for the agent to read.
    pub policy_reason: Option<&'a str>,
    /// Codes of the findings that the decision rests on.
    pub findings: &'a [&'a str],
    /// Whether MCP's clients are told in the words of COAZ-MCP.
    pub coaz: bool,
}

/// An answer that says no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    /// The HTTP status.
    pub status: u16,
    /// `content-type`.
    pub content_type: &'static str,
    /// `allow`, which a 405 must carry (RFC 9110 section 15.5.6).
    pub allow: Option<&'static str>,
    /// `retry-after`, in seconds: when it makes sense to ask again.
    pub retry_after: Option<u32>,
    /// The body.
    pub body: Vec<u8>,
}

/// The answer to a request on a route of this protocol. `rpc` is what is known of the JSON-RPC envelope.
#[must_use]
pub fn render(refusal: &Refusal, protocol: Protocol, rpc: Option<&Rpc>, facts: &Facts<'_>) -> Denial {
    let (status, content_type, body) = match (protocol, shown_by_client(refusal, rpc)) {
        (Protocol::Mcp, Some((approval, rpc))) => (200, JSON, elicitation(refusal, approval, rpc, facts)),
        (Protocol::Mcp, None) => (mcp_status(refusal.reason, rpc), JSON, mcp(refusal, rpc, facts)),
        (Protocol::A2a, _) => (refusal.reason.status(), JSON, a2a(refusal, rpc, facts)),
        (Protocol::Rest, _) => (refusal.reason.status(), "application/problem+json", rest(refusal, facts).to_string()),
        (Protocol::Graphql, _) => (refusal.reason.status(), GRAPHQL, graphql(refusal, facts).to_string()),
    };
    let retry_after = refusal.approval().filter(|_| protocol == Protocol::Rest).map(|_| APPROVAL_TAKES);
    let allow = match (refusal.reason, protocol, rpc.map(|rpc| rpc.era)) {
        (Reason::RequestMethod, Protocol::Mcp, Some(Era::Modern)) => Some("POST"),
        (Reason::RequestMethod, Protocol::Mcp, _) => Some("GET, POST, DELETE"),
        (Reason::RequestMethod, Protocol::A2a, _) => Some("POST"),
        (Reason::RequestMethod, Protocol::Graphql, _) => Some("GET, POST"),
        _ => None,
    };
    Denial { status, content_type, allow, retry_after, body: body.into_bytes() }
}

const JSON: &str = "application/json";

/// Only under this type may an answer with another status than 200 be read as GraphQL (GraphQL over HTTP, section 6.4).
const GRAPHQL: &str = "application/graphql-response+json";

/// Seconds: a person needs longer to read what is asked; who comes back sooner learns nothing.
const APPROVAL_TAKES: u32 = 10;

/// The approval that is needed, where the client itself can show a person the link to it.
fn shown_by_client<'a>(refusal: &'a Refusal, rpc: Option<&'a Rpc>) -> Option<(&'a Approval, &'a Rpc)> {
    Some((refusal.approval()?, rpc.filter(|rpc| rpc.shows_links && rpc.id.is_some())?))
}

/// The client is asked to show a person a link: by an error in 2025-11-25 (`URLElicitationRequiredError` of its
/// schema), by a result in 2026-07-28 (`InputRequiredResult`). Both come with status 200, or clients would take them
/// for a failure of the transport and never look inside.
fn elicitation(refusal: &Refusal, approval: &Approval, rpc: &Rpc, facts: &Facts<'_>) -> String {
    let mut params = Map::new();
    params.insert("mode".into(), "url".into());
    params.insert("message".into(), approval.message.as_deref().unwrap_or(refusal.reason.text()).into());
    params.insert("url".into(), approval.url.as_str().into());
    if rpc.era == Era::Modern {
        let request = json!({ "method": "elicitation/create", "params": params });
        let result = json!({ "resultType": "input_required", "inputRequests": { APPROVAL_INPUT: request } });
        return message_with("result", &result, Some(rpc));
    }
    // Unique, as the schema demands, and the key into the audit log besides.
    params.insert("elicitationId".into(), facts.decision_id.into());
    let mut data = about(refusal, facts);
    data.insert("elicitations".into(), json!([params]));
    let error =
        json!({ "code": RPC_URL_ELICITATION_REQUIRED, "message": message(refusal.reason, facts), "data": data });
    message_with("error", &error, Some(rpc))
}

/// Only the modern era answers an unknown method with 404; a legacy client would take it for the end of its session.
fn mcp_status(reason: Reason, rpc: Option<&Rpc>) -> u16 {
    match (reason, rpc.map(|rpc| rpc.era)) {
        (Reason::RpcMethod, Some(Era::Modern)) => 404,
        _ => reason.status(),
    }
}

fn mcp(refusal: &Refusal, rpc: Option<&Rpc>, facts: &Facts<'_>) -> String {
    let mut data = about(refusal, facts);
    if refusal.reason.rpc_code() == RPC_UNSUPPORTED_VERSION {
        let requested = rpc.and_then(|rpc| rpc.requested_version.as_deref()).unwrap_or_default();
        data.insert("requested".into(), requested.into());
        // As in the answer to `server/discover`: what a client may put into `_meta` next.
        let is_modern = rpc.is_some_and(|rpc| rpc.era == Era::Modern);
        data.insert("supported".into(), if is_modern { json!(MODERN_VERSIONS) } else { json!(SUPPORTED_VERSIONS) });
    }
    let code = match refusal.reason.rpc_code() {
        RPC_DENIED if facts.coaz => RPC_COAZ_DENIED,
        code => code,
    };
    let error = json!({ "code": code, "message": message(refusal.reason, facts), "data": data });
    if let Some(rpc) = rpc.filter(|rpc| !rpc.batch.is_empty()) {
        // Every request of a batch is answered (JSON-RPC 2.0 section 6): none of them was carried out.
        let answers: Vec<_> =
            rpc.batch.iter().map(|id| format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{error}}}"#)).collect();
        return format!("[{}]", answers.join(","));
    }
    message_with("error", &error, rpc)
}

/// A JSON-RPC message. The id goes out with the very bytes that came in. Without one there is none: `null` is no id in
/// any revision.
fn message_with(member: &str, value: &Value, rpc: Option<&Rpc>) -> String {
    match rpc.and_then(|rpc| RawValue::from_string(rpc.id.as_deref()?.into()).ok()) {
        Some(id) => format!(r#"{{"jsonrpc":"2.0","id":{id},"{member}":{value}}}"#),
        None => format!(r#"{{"jsonrpc":"2.0","{member}":{value}}}"#),
    }
}

/// A JSON-RPC error where that much of the request is known, else the error of HTTP+JSON (specification section 5.4:
/// `google.rpc.Status` in its HTTP mapping, AIP-193). Neither says whether the task that was named exists.
fn a2a(refusal: &Refusal, rpc: Option<&Rpc>, facts: &Facts<'_>) -> String {
    let reason = refusal.reason;
    let message = message(reason, facts);
    if let Some(rpc) = rpc {
        let code = match reason.rpc_code() {
            RPC_UNSUPPORTED_VERSION => A2A_VERSION_NOT_SUPPORTED,
            // That one is MCP's.
            RPC_HEADER_MISMATCH => RPC_INVALID_REQUEST,
            code => code,
        };
        let error = json!({ "code": code, "message": message, "data": [error_info(refusal, facts)] });
        return match rpc.id.as_deref().and_then(|id| RawValue::from_string(id.into()).ok()) {
            Some(id) => format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{error}}}"#),
            None => format!(r#"{{"jsonrpc":"2.0","id":null,"error":{error}}}"#),
        };
    }
    let status = match reason.status() {
        400 | 406 | 413 | 415 => "INVALID_ARGUMENT",
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        405 => "UNIMPLEMENTED",
        503 => "UNAVAILABLE",
        _ => "INTERNAL",
    };
    let details = [error_info(refusal, facts)];
    json!({ "error": { "code": reason.status(), "status": status, "message": message, "details": details } })
        .to_string()
}

/// `google.rpc.ErrorInfo`: what is told beside the message, every value a text.
fn error_info(refusal: &Refusal, facts: &Facts<'_>) -> Value {
    let reason = refusal.reason.code().to_uppercase().replace('.', "_");
    let metadata: Map<String, Value> = about(refusal, facts)
        .into_iter()
        .map(|(name, value)| match value {
            Value::Array(list) => {
                let codes: Vec<_> = list.iter().filter_map(Value::as_str).collect();
                (name, codes.join(",").into())
            }
            other => (name, other),
        })
        .collect();
    json!({
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": reason,
        "domain": "toolgate",
        "metadata": metadata,
    })
}

fn rest(refusal: &Refusal, facts: &Facts<'_>) -> Value {
    let mut problem = about(refusal, facts);
    // RFC 9457 section 4.2.1: a type of `about:blank` would say no more than the status does.
    problem.insert("type".into(), format!("urn:toolgate:reason:{}", refusal.reason).into());
    problem.insert("title".into(), message(refusal.reason, facts).into());
    problem.insert("status".into(), refusal.reason.status().into());
    Value::Object(problem)
}

/// A request error (GraphQL, section 7.1.7.1), with a code by the convention of Apollo's servers.
fn graphql(refusal: &Refusal, facts: &Facts<'_>) -> Value {
    let mut extensions = about(refusal, facts);
    let code = match refusal.reason.status() {
        401 => "UNAUTHENTICATED",
        403 => "FORBIDDEN",
        400..=499 => "BAD_REQUEST",
        _ => "INTERNAL_SERVER_ERROR",
    };
    extensions.insert("code".into(), code.into());
    json!({ "errors": [{ "message": message(refusal.reason, facts), "extensions": extensions }] })
}

fn about(refusal: &Refusal, facts: &Facts<'_>) -> Map<String, Value> {
    let mut about = Map::new();
    about.insert("reason".into(), refusal.reason.code().into());
    about.insert("decision_id".into(), facts.decision_id.into());
    if !refusal.detail.is_empty() {
        about.insert("detail".into(), refusal.detail.as_str().into());
    }
    if !refusal.scopes.is_empty() {
        about.insert("scopes".into(), json!(refusal.scopes));
    }
    if let Some(rule) = facts.rule {
        about.insert("rule".into(), rule.into());
    }
    if !facts.findings.is_empty() {
        about.insert("findings".into(), json!(facts.findings));
    }
    if let Some(approval) = refusal.approval() {
        let mut told = Map::new();
        told.insert("url".into(), approval.url.as_str().into());
        let more = [("message", &approval.message), ("expires_at", &approval.expires_at)];
        told.extend(more.into_iter().filter_map(|(name, text)| Some((name.into(), text.as_deref()?.into()))));
        about.insert("approval".into(), told.into());
    }
    about
}

/// What the operator wrote, else what the reason says.
fn message<'a>(reason: Reason, facts: &Facts<'a>) -> &'a str {
    facts.policy_reason.unwrap_or(reason.text())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reason::Challenge;

    const FACTS: Facts<'_> = Facts { decision_id: "d-1", rule: None, policy_reason: None, findings: &[], coaz: false };

    fn rpc(id: Option<&str>, era: Era) -> Rpc {
        Rpc { requested_version: Some("1900-01-01".into()), ..Rpc::new(id.map(Box::from), era) }
    }

    fn parsed(denial: &Denial) -> Value {
        serde_json::from_slice(&denial.body).unwrap()
    }

    #[test]
    fn an_id_is_repeated_as_it_came() {
        for id in [r#""a\u0041""#, "7", "-0", "12345678901234567"] {
            let denial = render(&Reason::PolicyDenied.into(), Protocol::Mcp, Some(&rpc(Some(id), Era::Modern)), &FACTS);
            let body = String::from_utf8(denial.body).unwrap();
            assert!(body.starts_with(&format!(r#"{{"jsonrpc":"2.0","id":{id},"error""#)), "{body}");
        }
    }

    #[test]
    fn a2a_is_answered_in_its_binding() {
        let refusal = Refusal::from(Reason::PolicyDenied);
        let rpc = parsed(&render(&refusal, Protocol::A2a, Some(&rpc(Some("\"a\""), Era::Legacy)), &FACTS));
        assert_eq!((&rpc["id"], &rpc["error"]["code"]), (&json!("a"), &json!(4030)));
        assert_eq!(rpc["error"]["data"][0]["reason"], "POLICY_DENIED");
        let http = parsed(&render(&refusal, Protocol::A2a, None, &FACTS));
        assert_eq!((&http["error"]["code"], &http["error"]["status"]), (&json!(403), &json!("PERMISSION_DENIED")));
        assert_eq!(http["error"]["details"][0]["metadata"]["decision_id"], "d-1");
        for reason in Reason::ALL {
            let denial = render(&(*reason).into(), Protocol::A2a, Some(&Rpc::new(None, Era::Legacy)), &FACTS);
            let code = parsed(&denial)["error"]["code"].as_i64().unwrap();
            // -32001 and so on say something of tasks.
            assert!(code == -32009 || !(-32099..=-32000).contains(&code), "{reason}");
        }
    }

    #[test]
    fn each_request_of_a_batch_is_answered() {
        let batch = ["1".into(), "\"b\"".into()].into();
        let rpc = Rpc { batch, ..Rpc::new(None, Era::Legacy) };
        let answers = parsed(&render(&Reason::PolicyDenied.into(), Protocol::Mcp, Some(&rpc), &FACTS));
        assert_eq!((&answers[0]["id"], &answers[1]["id"]), (&json!(1), &json!("b")));
        assert!(answers.as_array().unwrap().iter().all(|answer| answer["error"]["code"].is_i64()));
    }

    #[test]
    fn no_refusal_makes_a_client_fall_back_to_the_legacy_era() {
        // What a client of both eras takes for a server of the legacy one is a 400 without an error that it knows.
        for reason in
            Reason::ALL.iter().filter(|reason| reason.status() == 400 && reason.challenge() == Challenge::None)
        {
            let code = reason.rpc_code();
            assert!(matches!(code, -32700 | -32600 | -32602 | -32020 | -32022), "{reason} has {code}");
        }
    }

    #[test]
    fn without_an_id_there_is_none() {
        for rpc in [None, Some(rpc(None, Era::Legacy))] {
            let denial = render(&Reason::BodyUnreadable.into(), Protocol::Mcp, rpc.as_ref(), &FACTS);
            let body = parsed(&denial);
            assert_eq!(body.get("id"), None);
            assert_eq!(body["error"]["code"], -32700);
            assert_eq!(denial.status, 400);
        }
    }

    #[test]
    fn an_unknown_method_is_404_only_in_the_modern_era() {
        let status = |era| render(&Reason::RpcMethod.into(), Protocol::Mcp, Some(&rpc(Some("1"), era)), &FACTS).status;
        assert_eq!((status(Era::Modern), status(Era::Legacy)), (404, 403));
        // What a legacy client with a session takes for the session's end.
        assert!(Reason::ALL.iter().all(|reason| reason.status() != 404));
    }

    #[test]
    fn an_unsupported_version_is_told_what_is_spoken() {
        let denial = render(&Reason::RequestVersion.into(), Protocol::Mcp, Some(&rpc(Some("1"), Era::Modern)), &FACTS);
        let error = &parsed(&denial)["error"];
        assert_eq!(error["code"], -32022);
        assert_eq!(error["data"]["requested"], "1900-01-01");
        assert_eq!(error["data"]["supported"][0], "2026-07-28");
    }

    #[test]
    fn rest_gets_problem_details() {
        let facts = Facts {
            rule: Some("no-bulk-export"),
            policy_reason: Some("support agents may not export"),
            findings: &["rows.over_limit"],
            ..FACTS
        };
        let denial = render(&Reason::PolicyDenied.into(), Protocol::Rest, None, &facts);
        assert_eq!((denial.status, denial.content_type), (403, "application/problem+json"));
        let expected = json!({
            "type": "urn:toolgate:reason:policy.denied",
            "title": "support agents may not export",
            "status": 403,
            "reason": "policy.denied",
            "decision_id": "d-1",
            "rule": "no-bulk-export",
            "findings": ["rows.over_limit"],
        });
        assert_eq!(parsed(&denial), expected);
    }

    #[test]
    fn a_405_names_what_is_allowed() {
        let allow = |rpc: Option<&Rpc>| render(&Reason::RequestMethod.into(), Protocol::Mcp, rpc, &FACTS).allow;
        assert_eq!(allow(None), Some("GET, POST, DELETE"));
        assert_eq!(allow(Some(&rpc(None, Era::Modern))), Some("POST"));
    }
}
