//! What a refused client is told to bring: `WWW-Authenticate`.

use std::fmt::Write as _;

use crate::reason::{Challenge, Reason};

/// The challenges that go with a refusal, one for each scheme that a client may answer with (RFC 6750 section 3;
/// `resource_metadata` by RFC 9728 section 5.1; `DPoP` with `algs` by RFC 9449 section 7.1, where proofs are read); none
/// where another token would not help.
///
/// A request without a token is told nothing but where to get one: no error code (RFC 6750 section 3.1).
/// A parameter whose value a header can't carry is left out.
#[must_use]
pub fn challenges(
    reason: Reason,
    algorithms: Option<&str>,
    resource_metadata: Option<&str>,
    scope: Option<&str>,
) -> Vec<String> {
    let bearer = match reason.challenge() {
        // Whoever sent a proof needs another proof, not another scheme.
        Challenge::InvalidProof | Challenge::UseNonce => None,
        _ => challenge("Bearer", reason, None, resource_metadata, scope),
    };
    let dpop = algorithms.and_then(|it| challenge("DPoP", reason, Some(it), resource_metadata, scope));
    bearer.into_iter().chain(dpop).collect()
}

fn challenge(
    scheme: &str,
    reason: Reason,
    algorithms: Option<&str>,
    resource_metadata: Option<&str>,
    scope: Option<&str>,
) -> Option<String> {
    let error = match reason.challenge() {
        Challenge::None => return None,
        Challenge::Missing => None,
        Challenge::InvalidRequest => Some("invalid_request"),
        Challenge::InvalidToken => Some("invalid_token"),
        Challenge::InvalidProof => Some("invalid_dpop_proof"),
        Challenge::UseNonce => Some("use_dpop_nonce"),
        Challenge::InsufficientScope => Some("insufficient_scope"),
        Challenge::InsufficientAuthentication => Some("insufficient_user_authentication"),
    };
    let parameters = [
        ("error", error),
        ("error_description", error.map(|_| reason.text())),
        ("algs", algorithms),
        ("resource_metadata", resource_metadata),
        ("scope", scope),
    ];
    let mut header = String::from(scheme);
    let mut separator = ' ';
    for (name, value) in parameters {
        let Some(value) =
            value.filter(|value| !value.is_empty() && value.bytes().all(|byte| matches!(byte, b' '..=b'~')))
        else {
            continue;
        };
        let escaped = value.replace('\\', r"\\").replace('"', "\\\"");
        // Writing to a `String` can't fail.
        let _ = write!(header, "{separator}{name}=\"{escaped}\"");
        separator = ',';
    }
    Some(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The only challenge where no proofs are read.
    fn challenge(reason: Reason, resource_metadata: Option<&str>, scope: Option<&str>) -> Option<String> {
        let mut all = challenges(reason, None, resource_metadata, scope);
        assert!(all.len() <= 1, "{all:?}");
        all.pop()
    }

    const METADATA: Option<&str> = Some("https://gateway.example.com/.well-known/oauth-protected-resource/mcp");

    #[test]
    fn without_a_token_nothing_is_said_but_where_to_get_one() {
        assert_eq!(challenge(Reason::TokenMissing, None, None).unwrap(), "Bearer");
        assert_eq!(
            challenge(Reason::TokenMissing, METADATA, Some("mcp:tools")).unwrap(),
            "Bearer resource_metadata=\"https://gateway.example.com/.well-known/oauth-protected-resource/mcp\",scope=\"mcp:tools\""
        );
    }

    #[test]
    fn a_bad_token_is_told_why() {
        assert_eq!(
            challenge(Reason::TokenExpired, None, None).unwrap(),
            "Bearer error=\"invalid_token\",error_description=\"the token has expired\""
        );
        assert!(challenge(Reason::TokenRepeated, None, None).unwrap().contains("error=\"invalid_request\""));
    }

    #[test]
    fn a_token_with_too_few_scopes_is_told_all_that_it_needs() {
        let header = challenge(Reason::TokenScope, METADATA, Some("crm:read crm:write")).unwrap();
        assert!(header.starts_with("Bearer error=\"insufficient_scope\","), "{header}");
        assert!(header.ends_with(",scope=\"crm:read crm:write\""), "{header}");
    }

    #[test]
    fn a_refusal_that_no_token_cures_has_no_challenge() {
        assert_eq!(challenge(Reason::PolicyDenied, METADATA, None), None);
    }

    #[test]
    fn a_value_can_not_leave_its_quotes() {
        let header = challenge(Reason::TokenMissing, Some(r#"a"b\c"#), Some("x\r\ny: z")).unwrap();
        assert_eq!(header, r#"Bearer resource_metadata="a\"b\\c""#);
    }

    #[test]
    fn every_text_of_a_reason_can_stand_in_a_challenge() {
        for reason in
            Reason::ALL.iter().filter(|reason| !matches!(reason.challenge(), Challenge::None | Challenge::Missing))
        {
            let challenges = challenges(*reason, Some("ES256"), None, None);
            assert!(!challenges.is_empty() && challenges.iter().all(|it| it.contains(reason.text())), "{reason}");
        }
    }

    #[test]
    fn where_proofs_are_read_each_scheme_has_its_challenge() {
        let schemes = |reason| -> Vec<String> {
            let challenges = challenges(reason, Some("ES256 EdDSA"), None, None);
            challenges.iter().map(|it| it.split(' ').next().unwrap().to_owned()).collect()
        };
        assert_eq!(schemes(Reason::TokenMissing), ["Bearer", "DPoP"]);
        assert_eq!(schemes(Reason::TokenExpired), ["Bearer", "DPoP"]);
        assert_eq!(schemes(Reason::TokenProof), ["DPoP"]);
        assert_eq!(schemes(Reason::PolicyDenied), [""; 0]);
        let proof = challenges(Reason::TokenProof, Some("ES256"), None, None).remove(0);
        let expected = "DPoP error=\"invalid_dpop_proof\",error_description=\"the DPoP proof is missing or not valid\",algs=\"ES256\"";
        assert_eq!(proof, expected);
        assert!(challenges(Reason::TokenNonce, Some("ES256"), None, None)[0].contains("\"use_dpop_nonce\""));
    }
}
