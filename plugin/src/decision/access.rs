//! A denial that a person can turn round: AuthZEN's requestable denial, and whether its link may be shown.
//!
//! Source: AuthZEN Access Request and Approval Profile, draft 1. A denial stays a denial; what it brings is where to
//! ask. After approval the decision is asked for again, and the decision service alone knows what was approved: nothing
//! is kept here, and neither a task's handle nor an approval's id is ever shown.

use std::borrow::Cow;

use crate::json::Value;
use crate::reason::Approval;

/// Longer links aren't shown: browsers and clients cut them, and a cut link leads elsewhere.
const MAX_URL: usize = 2048;

/// More than a dialog shows.
const MAX_MESSAGE: usize = 500;

/// Hosts that a person may be sent to: scheme and authority, such as `https://approvals.example.com`.
///
/// The profile (section "Trusting URLs") demands that a link out of a decision be checked against what the deployment
/// trusts: whoever can bend one answer could otherwise send people to a page of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origins(pub Vec<String>);

impl Origins {
    fn trusts(&self, url: &str) -> bool {
        let plain = url.len() <= MAX_URL && url.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        let below = |origin: &String| {
            url.strip_prefix(origin.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
        };
        plain && self.0.iter().any(below)
    }
}

/// Where `context` of a denial says that approval may be asked for. None where it doesn't, or where its link leads to
/// no place that is trusted: the denial is then final.
///
/// `{"access_request": {"form_url": …, "expires_at": …, "display": {"description": …}}}`
pub(super) fn approval(context: Value<'_>, origins: &Origins) -> Option<Approval> {
    let request = context.get("access_request")?;
    let url = text(request.get("form_url")).filter(|url| origins.trusts(url))?;
    let message = text(request.get("display").and_then(|display| display.get("description")));
    let message =
        message.filter(|text| !text.is_empty() && text.len() <= MAX_MESSAGE && !text.chars().any(char::is_control));
    let expires_at = text(request.get("expires_at")).filter(|text| humantime::parse_rfc3339(text).is_ok());
    Some(Approval {
        url: url.into_owned(),
        message: message.map(Cow::into_owned),
        expires_at: expires_at.map(Cow::into_owned),
    })
}

fn text(value: Option<Value<'_>>) -> Option<Cow<'_, str>> {
    value.and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{Document, Limits, Tape};

    fn shown(context: &str) -> Option<Approval> {
        let origins = Origins(vec!["https://pdp.example.com".into()]);
        let document = Document::read(context.as_bytes(), &Limits::default(), Tape::default()).unwrap();
        approval(document.root(), &origins)
    }

    #[test]
    fn a_link_to_a_trusted_place_is_shown() {
        let context = r#"{"access_request": {"form_url": "https://pdp.example.com/approvals/7", "expires_at": "2026-11-22T20:00:00Z",
            "display": {"description": "A payment of 9,000 USD"}}}"#;
        let expected = Approval {
            url: "https://pdp.example.com/approvals/7".into(),
            message: Some("A payment of 9,000 USD".into()),
            expires_at: Some("2026-11-22T20:00:00Z".into()),
        };
        assert_eq!(shown(context), Some(expected));
    }

    #[test]
    fn a_link_to_anywhere_else_is_none() {
        for url in [
            "https://pdp.example.com.evil.example/x",
            "https://pdp.example.com@evil.example/",
            "https://pdp.example.com:444/",
            "http://pdp.example.com/",
            "HTTPS://PDP.EXAMPLE.COM/",
            "https://pdp.example.com/\\n",
            "https://pdp.example.com/a b",
            "javascript:alert(1)",
            "",
        ] {
            assert_eq!(shown(&format!(r#"{{"access_request": {{"form_url": "{url}"}}}}"#)), None, "{url}");
        }
        let long = format!("https://pdp.example.com/{}", "x".repeat(MAX_URL));
        assert_eq!(shown(&format!(r#"{{"access_request": {{"form_url": "{long}"}}}}"#)), None);
        for context in [
            "{}",
            "[]",
            r#"{"access_request": true}"#,
            r#"{"access_request": {"endpoint": "https://pdp.example.com"}}"#,
        ] {
            assert_eq!(shown(context), None, "{context}");
        }
    }
}
