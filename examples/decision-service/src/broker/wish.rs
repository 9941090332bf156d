//! Whether a permit must bring a credential, for what, and for how long.
//!
//! | the gate's rule says `credential` | the permits say `@credential` | |
//! |---|---|---|
//! | no | no | none |
//! | yes | no | what the gate asks for |
//! | no | yes | what the policy says, for as long as the service was started with |
//! | yes | yes | what the gate asks for, where the policy gives as much; else a denial |

use std::time::Duration;

use serde_json::Value;

use crate::authzen::Evaluation;

/// The gate's own rules ask for an hour at most.
pub(super) const LONGEST: Duration = Duration::from_secs(3600);

/// More than any issuer's list of scopes for one call.
const MAX_SCOPE: usize = 1024;

/// A credential that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wish {
    /// For what: words with a space between them (RFC 6749 section 3.3).
    pub(crate) scope: String,
    /// For how long at most.
    pub(crate) lifetime: Duration,
}

impl Wish {
    /// By the gate's question, and by what the permits grant.
    ///
    /// # Errors
    /// Why there can't be one.
    pub(crate) fn of(
        asked: &Evaluation<'_>,
        granted: Option<&str>,
        lifetime: Duration,
    ) -> Result<Option<Self>, &'static str> {
        let Some(wanted) = asked.context.and_then(|context| context.get("credential")) else {
            return Ok(granted.map(|scope| Self { scope: scope.to_owned(), lifetime }));
        };
        let scope = wanted.get("scope").and_then(Value::as_str).filter(|scope| is_scope(scope));
        let scope = scope.ok_or("`/context/credential/scope` is no list of scopes with a space between them")?;
        let seconds = wanted.get("ttl_seconds").and_then(Value::as_u64).map(Duration::from_secs);
        let seconds = seconds.filter(|seconds| !seconds.is_zero() && *seconds <= LONGEST);
        let lifetime = seconds.ok_or("`/context/credential/ttl_seconds` is no number of seconds from 1 to 3600")?;
        if granted.is_some_and(|granted| !within(scope, granted)) {
            return Err("the gate asks for a credential that is good for more than the policy's `@credential`");
        }
        Ok(Some(Self { scope: scope.to_owned(), lifetime }))
    }

    /// Whether these scopes are no more than those wished for.
    pub(super) fn covers(&self, scope: &str) -> bool {
        within(scope, &self.scope)
    }
}

/// Whether each word of `scope` is one of `all`.
fn within(scope: &str, all: &str) -> bool {
    scope.split(' ').all(|word| all.split(' ').any(|known| known == word))
}

/// Whether this is a list of scopes: RFC 6749 section 3.3.
pub(crate) fn is_scope(text: &str) -> bool {
    let letter = |byte: u8| matches!(byte, b'!' | b'#'..=b'[' | b']'..=b'~');
    text.len() <= MAX_SCOPE && text.split(' ').all(|word| !word.is_empty() && word.bytes().all(letter))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn wish(credential: Option<Value>, granted: Option<&str>) -> Result<Option<Wish>, &'static str> {
        let mut body = json!({"subject": {"type": "agent", "id": "a"}, "action": {"name": "read"},
            "resource": {"type": "doc", "id": "1"}, "context": {}});
        if let Some(credential) = credential {
            body["context"]["credential"] = credential;
        }
        let asked = Evaluation::read(&body).map_err(|_| "no question")?;
        Wish::of(&asked, granted, Duration::from_secs(60))
    }

    fn of(scope: &str, seconds: u64) -> Result<Option<Wish>, &'static str> {
        Ok(Some(Wish { scope: scope.to_owned(), lifetime: Duration::from_secs(seconds) }))
    }

    #[test]
    fn gate_and_policy_agree_on_the_narrower() {
        let asked = |scope: &str| Some(json!({"scope": scope, "ttl_seconds": 30}));
        assert_eq!(wish(None, None), Ok(None));
        assert_eq!(wish(None, Some("crm:read")), of("crm:read", 60));
        assert_eq!(wish(asked("crm:write"), None), of("crm:write", 30));
        assert_eq!(wish(asked("crm:read"), Some("crm:write crm:read")), of("crm:read", 30));
        for scope in ["crm:write", "crm:read crm:write", "crm", "CRM:READ", "crm:read:all"] {
            assert!(wish(asked(scope), Some("crm:read")).is_err(), "{scope}");
        }
    }

    #[test]
    fn what_is_no_wish_is_not_taken_for_none() {
        for credential in [
            json!(null),
            json!(true),
            json!("crm:read"),
            json!({}),
            json!({"scope": "crm:read"}),
            json!({"ttl_seconds": 60}),
            json!({"scope": ["crm:read"], "ttl_seconds": 60}),
            json!({"scope": "", "ttl_seconds": 60}),
            json!({"scope": "crm:read ", "ttl_seconds": 60}),
            json!({"scope": "crm:read\n", "ttl_seconds": 60}),
            json!({"scope": "crm:\"read\"", "ttl_seconds": 60}),
            json!({"scope": "x".repeat(1025), "ttl_seconds": 60}),
            json!({"scope": "crm:read", "ttl_seconds": 0}),
            json!({"scope": "crm:read", "ttl_seconds": 3601}),
            json!({"scope": "crm:read", "ttl_seconds": -1}),
            json!({"scope": "crm:read", "ttl_seconds": 1.5}),
            json!({"scope": "crm:read", "ttl_seconds": "60"}),
        ] {
            assert!(wish(Some(credential.clone()), None).is_err(), "{credential}");
        }
    }
}
