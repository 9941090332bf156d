//! The one credential of a request.

use percent_encoding::percent_decode;

use crate::head::Head;
use crate::reason::{Reason, Refusal};

/// What a client says a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    /// Whoever has it may use it (RFC 6750 section 2.1).
    Bearer,
    /// There is a proof beside it that its sender holds the key that it is bound to (RFC 9449 section 7.1).
    Dpop,
}

/// The token of a request as it stands in the header, and its scheme.
///
/// # Errors
/// No token, or more than one credential: two `Authorization` headers, two joined by a comma (as HTTP/1.1 proxies
/// do), or a token in the query beside the header.
pub(super) fn credential(head: &Head) -> Result<(Scheme, &[u8]), Refusal> {
    let value = head
        .only("authorization")
        .map_err(|_| Refusal::new(Reason::TokenRepeated, "there are several `Authorization` headers"))?
        .ok_or(Reason::TokenMissing)?;
    let end = value.iter().position(|byte| *byte == b' ').unwrap_or(value.len());
    let (scheme, rest) = value.split_at_checked(end).unwrap_or((value, b""));
    let scheme = match scheme {
        bearer if bearer.eq_ignore_ascii_case(b"bearer") => Scheme::Bearer,
        dpop if dpop.eq_ignore_ascii_case(b"dpop") => Scheme::Dpop,
        _ => return Err(Refusal::new(Reason::TokenMissing, "the scheme of `Authorization` is not `Bearer`")),
    };
    let token = rest.trim_ascii();
    if token.is_empty() {
        return Err(Refusal::new(Reason::TokenMissing, "the scheme of `Authorization` is not followed by a token"));
    }
    if token.contains(&b',') {
        return Err(Refusal::new(Reason::TokenRepeated, "`Authorization` holds several credentials"));
    }
    if names_a_token(head.target()) {
        return Err(Refusal::new(Reason::TokenRepeated, "there is a second token in the query"));
    }
    Ok((scheme, token))
}

/// Whether the query has a parameter `access_token` (RFC 6750 section 2.3), which some servers would prefer.
/// Escapes count as what they stand for: such a server decodes before it compares.
fn names_a_token(target: &[u8]) -> bool {
    let mut parts = target.splitn(2, |byte| *byte == b'?');
    let query = parts.nth(1).unwrap_or_default();
    query.split(|byte| matches!(byte, b'&' | b';')).any(|parameter| {
        let name = parameter.split(|byte| *byte == b'=').next().unwrap_or_default();
        percent_decode(name).map(|byte| byte.to_ascii_lowercase()).eq(b"access_token".iter().copied())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(pairs: &[(&str, &str)]) -> Result<String, Reason> {
        let head = Head::from_pairs(pairs.iter().copied());
        let token = credential(&head).map(|(_, token)| String::from_utf8_lossy(token).into_owned());
        token.map_err(|refusal| refusal.reason)
    }

    #[test]
    fn the_scheme_is_bearer_in_any_case() {
        for value in ["Bearer abc", "bearer abc", "BEARER   abc "] {
            assert_eq!(reason(&[("authorization", value)]), Ok("abc".into()), "{value}");
        }
    }

    #[test]
    fn what_is_no_bearer_token_is_missing() {
        assert_eq!(reason(&[]), Err(Reason::TokenMissing));
        for value in ["", "Bearer", "Bearer ", "Basic dTpw", "abc", "Bearerabc"] {
            assert_eq!(reason(&[("authorization", value)]), Err(Reason::TokenMissing), "{value}");
        }
        assert_eq!(reason(&[(":path", "/mcp?access_token=abc")]), Err(Reason::TokenMissing));
    }

    #[test]
    fn a_second_credential_is_refused_wherever_it_stands() {
        let one = ("authorization", "Bearer abc");
        assert_eq!(reason(&[one, ("Authorization", "Bearer def")]), Err(Reason::TokenRepeated));
        assert_eq!(reason(&[("authorization", "Bearer abc,Bearer def")]), Err(Reason::TokenRepeated));
        assert_eq!(reason(&[one, (":path", "/mcp?a=b&access_token=def")]), Err(Reason::TokenRepeated));
        assert_eq!(reason(&[one, (":path", "/mcp?%61ccess%5FTOKEN=def")]), Err(Reason::TokenRepeated));
        assert_eq!(reason(&[one, (":path", "/mcp?a=access_token")]), Ok("abc".into()));
    }

    #[test]
    fn a_dpop_token_is_not_taken_for_a_bearer_token() {
        let scheme = |value: &str| credential(&Head::from_pairs([("authorization", value)])).unwrap().0;
        assert_eq!((scheme("DPoP abc"), scheme("Bearer abc")), (Scheme::Dpop, Scheme::Bearer));
    }
}
