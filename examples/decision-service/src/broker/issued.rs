//! The issuer's answer: a credential that is no more than was asked for, or a reason why it is none.
//!
//! Sources: RFC 8693 section 2.2.1, RFC 6749 section 5.2 (errors), RFC 6750 section 2.1 (what a bearer token is made of).

use serde_json::{Map, Value};

use super::wish::{Wish, is_scope};
use crate::{
    answer::Credential,
    approvals::{Seconds, rfc3339},
    json,
};

/// A token with many claims has 2 KiB; the gate takes a header of 8 KiB.
const MAX_TOKEN: usize = 7 * 1024;

/// What is asked for, and the only kind that is taken.
pub(super) const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// Reads the answer to an exchange that was begun at `asked_at`. No error repeats what the issuer sent, save its error code.
pub(super) fn read(status: u16, body: &[u8], wish: &Wish, asked_at: Seconds) -> Result<Credential, String> {
    let read =
        json::parse(body).map_err(|_| format!("the issuer answered {status}, with what is no acceptable JSON"))?;
    let Some(answer) = read.as_object() else {
        return Err(format!("the issuer answered {status}, with what is no object"));
    };
    if status != 200 {
        return Err(format!("the issuer answered {status}{}", error_code(answer)));
    }
    let text = |name: &str| answer.get(name).and_then(Value::as_str);
    let token = text("access_token").filter(|token| is_bearer_token(token));
    let token = token.ok_or("the issuer's `access_token` is none that a header can carry")?;
    if !text("token_type").is_some_and(|kind| kind.eq_ignore_ascii_case("bearer")) {
        return Err("the issuer's `token_type` is not `Bearer`".to_owned());
    }
    if text("issued_token_type") != Some(ACCESS_TOKEN) {
        return Err("the issuer's `issued_token_type` is not an access token".to_owned());
    }
    let scope = match answer.get("scope") {
        // Left out where it is what was asked for.
        None => &wish.scope,
        Some(Value::String(scope)) if is_scope(scope) => scope,
        Some(_) => return Err("the issuer's `scope` is no list of scopes".to_owned()),
    };
    if !wish.covers(scope) {
        return Err("the issuer's token is good for more than was asked for".to_owned());
    }
    let seconds = answer.get("expires_in").and_then(Value::as_u64).filter(|seconds| *seconds > 0);
    let seconds = seconds.ok_or("the issuer doesn't say how long its token lives (`expires_in`)")?;
    if seconds > wish.lifetime.as_secs() {
        return Err("the issuer's token lives longer than was asked for".to_owned());
    }
    let expires_at = asked_at.saturating_add(Seconds::try_from(seconds).unwrap_or_default());
    Ok(Credential::bearer(token, scope, rfc3339(expires_at)))
}

/// ` (invalid_scope)`: RFC 6749's codes are lower-case words, and nothing else is repeated.
fn error_code(answer: &Map<String, Value>) -> String {
    let word = |code: &&str| code.len() <= 40 && code.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'_'));
    let code = answer.get("error").and_then(Value::as_str).filter(word);
    code.map_or_else(String::new, |code| format!(" ({code})"))
}

/// `b64token`.
fn is_bearer_token(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
    !body.is_empty() && text.len() <= MAX_TOKEN && body.bytes().all(letter)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    fn wish() -> Wish {
        Wish { scope: "crm:read crm:write".to_owned(), lifetime: Duration::from_secs(60) }
    }

    fn answer() -> Value {
        json!({"access_token": "s3cret.s3cret", "issued_token_type": ACCESS_TOKEN, "token_type": "Bearer",
            "expires_in": 60, "scope": "crm:write"})
    }

    fn reads(status: u16, body: &str) -> Result<Credential, String> {
        read(status, body.as_bytes(), &wish(), 1_800_000_000)
    }

    #[test]
    fn a_token_as_asked_for_becomes_a_header() {
        let credential = reads(200, &answer().to_string()).unwrap();
        let written = serde_json::to_value(&credential).unwrap();
        let expected = json!({"header": "authorization", "value": "Bearer s3cret.s3cret", "scope": "crm:write",
            "expires_at": "2027-01-15T08:01:00Z"});
        assert_eq!(written, expected);
        assert!(!format!("{credential:?}").contains("s3cret"));
    }

    #[test]
    fn a_scope_that_is_left_out_is_the_one_asked_for() {
        let mut answer = answer();
        answer.as_object_mut().unwrap().remove("scope");
        answer["token_type"] = json!("bearer");
        assert_eq!(reads(200, &answer.to_string()).unwrap().scope, "crm:read crm:write");
    }

    #[test]
    fn anything_else_is_no_credential_and_is_not_repeated() {
        let with = |name: &str, value: Value| {
            let mut answer = answer();
            answer[name] = value;
            answer.to_string()
        };
        let without = |name: &str| {
            let mut answer = answer();
            answer.as_object_mut().unwrap().remove(name);
            answer.to_string()
        };
        let bodies = [
            String::new(),
            "s3cret".to_owned(),
            "[\"s3cret\"]".to_owned(),
            format!("{} s3cret", answer()),
            answer().to_string().replacen('{', "{\"access_token\":\"s3cret\",", 1),
            without("access_token"),
            with("access_token", json!("")),
            with("access_token", json!("=")),
            with("access_token", json!("s3cret\r\nx-agent-id: root")),
            with("access_token", json!("s3cret s3cret")),
            with("access_token", json!("x".repeat(MAX_TOKEN + 1))),
            with("access_token", json!(["s3cret"])),
            without("token_type"),
            with("token_type", json!("DPoP")),
            with("token_type", json!("N_A")),
            with("token_type", json!(" Bearer")),
            without("issued_token_type"),
            with("issued_token_type", json!("urn:ietf:params:oauth:token-type:refresh_token")),
            without("expires_in"),
            with("expires_in", json!(61)),
            with("expires_in", json!(0)),
            with("expires_in", json!(-60)),
            with("expires_in", json!(1.5)),
            with("expires_in", json!("60")),
            with("expires_in", json!(u64::MAX)),
            with("expires_in", json!(null)),
            with("scope", json!("crm:write crm:admin")),
            with("scope", json!("CRM:write")),
            with("scope", json!("")),
            with("scope", json!(null)),
            with("scope", json!(["crm:write"])),
        ];
        for body in bodies {
            let why = reads(200, &body).unwrap_err();
            assert!(!why.contains("s3cret"), "{why}");
        }
        for status in [201, 302, 400, 401, 500] {
            assert!(reads(status, &answer().to_string()).is_err(), "{status}");
        }
    }

    #[test]
    fn of_an_error_only_its_code_is_told() {
        let why = |body: Value| reads(400, &body.to_string()).unwrap_err();
        assert_eq!(
            why(json!({"error": "invalid_scope", "error_description": "s3cret"})),
            "the issuer answered 400 (invalid_scope)"
        );
        assert_eq!(why(json!({"error": "S3CRET"})), "the issuer answered 400");
    }
}
