//! `decision`: how the decision service is reached.

use std::collections::BTreeMap;

use super::published::Written;
use crate::config::document::duration;
use crate::config::problem::Problems;
use crate::config::raw::{
    ApprovalSettings, Decision, DecisionProtocol, Discover, OnError, ParametersSent, Secret, WithoutDecision,
};
use crate::credential::{Credential, InvalidCredential};
use crate::decision::{
    BreakerSettings, CHECK, Coaz, DecisionService, Dialect, Discovery, Endpoints, Origins, Shown, Whereabouts,
};
use crate::policy::Pointer;
use crate::risk::Level;

/// AuthZEN Authorization API 1.0 section 7.1: the evaluation endpoint under the service's base URL.
const EVALUATION: &str = "/access/v1/evaluation";

/// Section 7.2: the same for several.
const EVALUATIONS: &str = "/access/v1/evaluations";

/// Open Policy Agent, REST API: where documents are.
const DATA: &str = "/v1/data/";

/// The service, or none where a complaint was made.
pub(super) fn compile(raw: &Decision, coaz: Option<Coaz>, problems: &mut Problems) -> Option<DecisionService> {
    let timeout = duration(&raw.timeout, "/decision/timeout", problems);
    let max_age = match &raw.cache {
        Some(cache) => Some(duration(&cache.max_age, "/decision/cache/max_age", problems)?),
        None => None,
    };
    if raw.cluster.is_empty() {
        problems.add("/decision/cluster", "found an empty text; the name of an Envoy cluster would be right");
    }
    let origins = origins(&raw.approval, problems);
    let headers = headers(&raw.headers, problems);
    if raw.dangerously_send_token && headers.iter().any(|header| header.name() == "authorization") {
        problems.add(
            "/decision/dangerously_send_token",
            "found beside a header `authorization`; the decision service can get one of the two there",
        );
    }
    let shown = shown(raw, problems);
    let excused = excused(&raw.on_error, problems);
    let breaker = breaker(raw, problems);
    let Some((scheme, authority, base)) = split(&raw.url) else {
        problems.add(
            "/decision/url",
            format!("found `{}`; an URL such as `https://pdp.example.com` would be right", raw.url),
        );
        return None;
    };
    let several = raw.evaluations.then(|| format!("{}{EVALUATIONS}", base.trim_end_matches('/')).into());
    let (dialect, path) = match raw.protocol {
        DecisionProtocol::Authzen => (Dialect::AuthZen, format!("{}{EVALUATION}", base.trim_end_matches('/'))),
        DecisionProtocol::Cerbos => (Dialect::Cerbos, format!("{}{EVALUATION}", base.trim_end_matches('/'))),
        DecisionProtocol::Opa => {
            if !base.contains(DATA) {
                let message = format!(
                    "found `{}`; the URL of a document such as `http://opa.example.com:8181{DATA}gate/decision` would be right",
                    raw.url
                );
                problems.add("/decision/url", message);
            }
            (Dialect::Opa, base.to_owned())
        }
        DecisionProtocol::ExtAuthz => {
            if !matches!(base, "" | "/") {
                let message = format!(
                    "found `{}`; scheme and host such as `http://authz.example.com:9001` would be right",
                    raw.url
                );
                problems.add("/decision/url", message);
            }
            (Dialect::ExtAuthz, CHECK.to_owned())
        }
    };
    if raw.evaluations && dialect != Dialect::AuthZen {
        problems
            .add("/decision/evaluations", "found `true`; only `protocol: authzen` has questions about several things");
    }
    if raw.discover.is_some() && dialect != Dialect::AuthZen {
        problems.add("/decision/discover", "found beside another protocol than `authzen`, which has such a document");
    }
    let whereabouts = match &raw.discover {
        Some(discover) => Whereabouts::Published(Box::new(discovery(raw, discover, problems)?)),
        None => Whereabouts::Configured(Endpoints { evaluation: path.into(), evaluations: several }),
    };
    Some(DecisionService {
        cluster: raw.cluster.clone(),
        scheme,
        authority: authority.into(),
        dialect,
        whereabouts,
        asks_several: raw.evaluations,
        headers,
        sends_token: raw.dangerously_send_token,
        shown,
        request_headers: request_headers(raw, problems),
        sends_figures: raw.session,
        timeout: timeout?,
        excused,
        breaker: breaker?,
        max_age,
        origins: origins.unwrap_or_else(|| Origins(vec![format!("{scheme}://{authority}")])),
        coaz: coaz.map(Box::new),
    })
}

/// Where the service tells of itself.
fn discovery(raw: &Decision, discover: &Discover, problems: &mut Problems) -> Option<Discovery> {
    let (scheme, authority, base) = split(&raw.url)?;
    let uri = format!("{scheme}://{authority}{}", Discovery::path(base));
    let written = Written::of_metadata(discover, &raw.cluster, &uri);
    let source = written.source("application/json", "/decision/discover", problems)?;
    Some(Discovery { source, identity: raw.url.clone() })
}

/// The filter says these itself; a second value would make two readings of the question.
const OWN: [&str; 2] = ["accept", "x-request-id"];

/// What the filter proves itself with. No complaint holds a value.
fn headers(written: &BTreeMap<String, Secret>, problems: &mut Problems) -> Vec<Credential> {
    let mut headers: Vec<Credential> = Vec::with_capacity(written.len());
    for (name, value) in written {
        let place = format!("/decision/headers/{}", super::token(name));
        match Credential::new(name, value.expose()) {
            Ok(header) if OWN.contains(&header.name()) || headers.iter().any(|it| it.name() == header.name()) => {
                problems.add(place, "found a header that the question has already; another name would be right");
            }
            Ok(header) => headers.push(header),
            Err(InvalidCredential::Name) => {
                problems
                    .add(place, "found no name of a header that may be set; one such as `x-api-key` would be right");
            }
            Err(InvalidCredential::Value) => {
                problems.add(place, "found a value that no header can carry; visible ASCII would be right");
            }
        }
    }
    headers
}

/// What proves somebody's identity: such a header is the decision service's to see only behind a dangerous word.
const CREDENTIALS: [&str; 5] = ["authorization", "proxy-authorization", "cookie", "dpop", "x-forwarded-client-cert"];

/// Headers of the request that are sent along, in lower case.
fn request_headers(raw: &Decision, problems: &mut Problems) -> Vec<String> {
    if raw.protocol != DecisionProtocol::ExtAuthz && !raw.request_headers.is_empty() {
        problems
            .add("/decision/request_headers", "found without `protocol: ext_authz`, which alone has a place for them");
    }
    let names = raw.request_headers.iter().map(|name| name.to_ascii_lowercase());
    let names: Vec<_> = names.collect();
    for (index, name) in names.iter().enumerate() {
        let is_token = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte));
        if name.is_empty() || !is_token || CREDENTIALS.contains(&name.as_str()) {
            let message = format!("found `{name}`; the name of a header that carries no credential would be right");
            problems.add(format!("/decision/request_headers/{index}"), message);
        }
    }
    names
}

fn shown(raw: &Decision, problems: &mut Problems) -> Shown {
    if raw.parameters == ParametersSent::Full {
        if !raw.fields.is_empty() {
            problems.add("/decision/fields", "found without `parameters: digest`; all parameters are sent anyway");
        }
        return Shown::All;
    }
    let mut pointers = Vec::with_capacity(raw.fields.len());
    for (index, written) in raw.fields.iter().enumerate() {
        match Pointer::read(written) {
            Ok(pointer) => pointers.push(pointer.as_str().to_owned()),
            Err(invalid) => {
                problems.add(format!("/decision/fields/{index}"), format!("found `{written}`; {invalid}"));
            }
        }
    }
    Shown::Only(pointers)
}

/// The levels of risk at which a request goes on without a decision.
fn excused(on_error: &OnError, problems: &mut Problems) -> Vec<Level> {
    let OnError::ByRisk(levels) = on_error else { return Vec::new() };
    let mut excused = Vec::new();
    for (name, without) in levels {
        let place = format!("/decision/on_error/{}", super::token(name));
        match (Level::named(name), without) {
            (None, _) => problems.add(place, format!("found `{name}`; `low`, `medium` or `high` would be right")),
            (Some(Level::Critical), WithoutDecision::DangerouslyAllow) => {
                problems.add(place, "found `dangerously_allow`; what is critical is always denied without a decision");
            }
            (Some(level), WithoutDecision::DangerouslyAllow) => excused.push(level),
            (Some(_), WithoutDecision::Deny) => {}
        }
    }
    excused
}

/// More failures in a row than anybody waits for.
const MAX_FAILURES: u32 = 1000;

fn breaker(raw: &Decision, problems: &mut Problems) -> Option<BreakerSettings> {
    let failures = raw.breaker.failures;
    if !(1..=MAX_FAILURES).contains(&failures) {
        let message = format!("found {failures}; from 1 to {MAX_FAILURES} failures in a row would be right");
        problems.add("/decision/breaker/failures", message);
    }
    let pause = duration(&raw.breaker.pause, "/decision/breaker/pause", problems)?;
    Some(BreakerSettings { failures, pause })
}

/// Where people may be sent to, as the operator says; none where the operator doesn't.
fn origins(raw: &ApprovalSettings, problems: &mut Problems) -> Option<Origins> {
    let written = raw.origins.as_ref()?;
    for (index, origin) in written.iter().enumerate() {
        if !matches!(split(origin), Some((_, _, ""))) {
            problems.add(
                format!("/decision/approval/origins/{index}"),
                format!("found `{origin}`; scheme and host such as `https://approvals.example.com` would be right"),
            );
        }
    }
    Some(Origins(written.clone()))
}

/// Scheme, authority and path of a base URL.
pub(super) fn split(url: &str) -> Option<(&'static str, &str, &str)> {
    let (scheme, rest) = match url.split_once("://")? {
        ("https", rest) => ("https", rest),
        ("http", rest) => ("http", rest),
        _ => return None,
    };
    let (authority, path) = rest.find('/').and_then(|slash| rest.split_at_checked(slash)).unwrap_or((rest, ""));
    let plain =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'@' | b'?' | b'#' | b'\\'));
    (!authority.is_empty() && plain(authority) && plain(path)).then_some((scheme, authority, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(changes: serde_json::Value) -> Vec<String> {
        let mut decision = serde_json::json!({"cluster": "pdp", "url": "https://pdp.example.com"});
        decision.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        let mut problems = Problems::default();
        let compiled = compile(&serde_json::from_value(decision).unwrap(), None, &mut problems);
        assert!(compiled.is_some() || !problems.is_empty());
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_can_not_be_meant_is_named_and_no_secret_told() {
        let json = |text: &str| serde_json::from_str(text).unwrap();
        for (changes, expected) in [
            (r#"{"headers": {"x-api-key": "s3cret\n"}}"#, "/decision/headers/x-api-key: found a value"),
            (r#"{"headers": {"host": "s3cret"}}"#, "/decision/headers/host: found no name"),
            (r#"{"headers": {"Accept": "s3cret"}}"#, "/decision/headers/Accept: found a header"),
            (r#"{"headers": {"X-Key": "s3cret", "x-key": "s3cret"}}"#, "/decision/headers/x-key: found a header"),
            (
                r#"{"headers": {"authorization": "s3cret"}, "dangerously_send_token": true}"#,
                "/decision/dangerously_send_token: found beside",
            ),
            (
                r#"{"protocol": "cerbos", "evaluations": true}"#,
                "/decision/evaluations: found `true`; only `protocol: authzen`",
            ),
            (r#"{"fields": ["/amount"]}"#, "/decision/fields: found without"),
            (r#"{"parameters": "digest", "fields": ["amount"]}"#, "/decision/fields/0: found `amount`"),
            (r#"{"on_error": {"critical": "dangerously_allow"}}"#, "/decision/on_error/critical: found"),
            (r#"{"on_error": {"severe": "deny"}}"#, "/decision/on_error/severe: found `severe`"),
            (r#"{"protocol": "opa"}"#, "/decision/url: found `https://pdp.example.com`"),
            (r#"{"protocol": "ext_authz", "url": "http://a/b"}"#, "/decision/url: found `http://a/b`; scheme and host"),
            (
                r#"{"protocol": "ext_authz", "request_headers": ["X-Tenant", "Cookie"]}"#,
                "/decision/request_headers/1: found `cookie`",
            ),
            (
                r#"{"protocol": "ext_authz", "request_headers": [":path"]}"#,
                "/decision/request_headers/0: found `:path`",
            ),
            (r#"{"request_headers": ["x-tenant"]}"#, "/decision/request_headers: found without"),
            (r#"{"protocol": "ext_authz", "evaluations": true}"#, "/decision/evaluations: found `true`"),
            (r#"{"protocol": "ext_authz", "discover": {}}"#, "/decision/discover: found beside another protocol"),
            (r#"{"protocol": "cerbos", "discover": {}}"#, "/decision/discover: found beside another protocol"),
            (r#"{"discover": {"refresh": "1ms"}}"#, "/decision/discover/refresh: `1ms` was found"),
            (r#"{"breaker": {"failures": 0}}"#, "/decision/breaker/failures: found 0"),
            (r#"{"breaker": {"pause": "soon"}}"#, "/decision/breaker/pause: found `soon`"),
        ] {
            let found = complaints(json(changes));
            assert!(found.len() == 1 && found[0].starts_with(expected) && !found[0].contains("s3cret"), "{found:?}");
        }
        for fine in [
            r#"{"on_error": "deny"}"#,
            r#"{"discover": {}, "evaluations": true}"#,
            r#"{"protocol": "ext_authz", "request_headers": ["X-Tenant"]}"#,
            r#"{"protocol": "opa", "url": "http://127.0.0.1:8181/v1/data/gate/decision"}"#,
            r#"{"on_error": {"low": "dangerously_allow", "high": "dangerously_allow", "critical": "deny"}}"#,
            r#"{"headers": {"Authorization": "Bearer s3cret"}, "parameters": "digest", "fields": ["parameters.amount"]}"#,
        ] {
            assert_eq!(complaints(json(fine)), Vec::<String>::new(), "{fine}");
        }
    }

    #[test]
    fn a_base_url_is_taken_apart() {
        assert_eq!(split("https://pdp.example.com"), Some(("https", "pdp.example.com", "")));
        assert_eq!(split("http://127.0.0.1:9002/authz/"), Some(("http", "127.0.0.1:9002", "/authz/")));
        for wrong in ["pdp.example.com", "ftp://pdp", "https://", "https:///x", "https://user@pdp", "https://pdp/x?y"] {
            assert_eq!(split(wrong), None, "{wrong}");
        }
    }
}
