//! `decision`: how the decision service is reached.

use crate::config::document::duration;
use crate::config::problem::Problems;
use crate::config::raw::{ApprovalSettings, Decision, OnError};
use crate::decision::{DecisionService, Origins};

/// AuthZEN Authorization API 1.0 section 7.1: the evaluation endpoint under the service's base URL.
const EVALUATION: &str = "/access/v1/evaluation";

/// The service, or none where a complaint was made.
pub(super) fn compile(raw: &Decision, problems: &mut Problems) -> Option<DecisionService> {
    let OnError::Deny = raw.on_error;
    let timeout = duration(&raw.timeout, "/decision/timeout", problems);
    let max_age = match &raw.cache {
        Some(cache) => Some(duration(&cache.max_age, "/decision/cache/max_age", problems)?),
        None => None,
    };
    if raw.cluster.is_empty() {
        problems.add("/decision/cluster", "found an empty text; the name of an Envoy cluster would be right");
    }
    let origins = origins(&raw.approval, problems);
    let Some((scheme, authority, base)) = split(&raw.url) else {
        problems.add(
            "/decision/url",
            format!("found `{}`; an URL such as `https://pdp.example.com` would be right", raw.url),
        );
        return None;
    };
    Some(DecisionService {
        cluster: raw.cluster.clone(),
        scheme,
        authority: authority.into(),
        path: format!("{}{EVALUATION}", base.trim_end_matches('/')),
        timeout: timeout?,
        max_age,
        origins: origins.unwrap_or_else(|| Origins(vec![format!("{scheme}://{authority}")])),
    })
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

    #[test]
    fn a_base_url_is_taken_apart() {
        assert_eq!(split("https://pdp.example.com"), Some(("https", "pdp.example.com", "")));
        assert_eq!(split("http://127.0.0.1:9002/authz/"), Some(("http", "127.0.0.1:9002", "/authz/")));
        for wrong in ["pdp.example.com", "ftp://pdp", "https://", "https:///x", "https://user@pdp", "https://pdp/x?y"] {
            assert_eq!(split(wrong), None, "{wrong}");
        }
    }
}
