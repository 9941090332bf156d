//! The outer form of a token: JWS compact serialization (RFC 7515 section 7.1), and its header.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Algorithm;
use crate::json::{Document, Limits, Tape, Value};
use crate::reason::{Reason, Refusal};

/// A longer token is not looked at. Access tokens are one or two KiB; 8 KiB is what common servers accept as the
/// whole of a header, so a longer one could not have come from anywhere.
pub const MAX_TOKEN: usize = 8 * 1024;

/// Real headers have three or four members, none of them deep.
const HEADER_LIMITS: Limits =
    Limits { depth: 4, bytes: MAX_TOKEN, nodes: 64, members: 16, string: MAX_TOKEN, case_variants: true };

/// Members that a token of ours never needs, each a way to bring along its own key or to change what is signed.
///
/// - `jku`, `x5u`: an address to fetch a key from (RFC 8725 section 3.10); `jwk`, `x5c`: the key itself. Keys come
///   from the configuration. Not following them would do for this filter, but a server behind it may.
/// - `crit`, `b64`: extensions that must be understood (RFC 7515 section 4.1.11, RFC 7797). None is.
/// - `enc`, `zip`: this would be encrypted (RFC 7516).
const REFUSED_MEMBERS: &[&str] = &["jku", "x5u", "jwk", "x5c", "crit", "b64", "enc", "zip"];

/// What stands between the dots of a compact JWS, decoded.
pub(super) struct Parts<'t> {
    pub(super) header: Vec<u8>,
    /// What is signed: header and payload as they stand there, with the dot between them.
    pub(super) signed: &'t [u8],
    pub(super) payload: Vec<u8>,
    pub(super) signature: Vec<u8>,
}

impl<'t> Parts<'t> {
    /// Takes a compact JWS apart.
    ///
    /// # Errors
    /// [`Reason::TokenMalformed`]: not three parts, or one that isn't base64url in its canonical form, without padding.
    pub(super) fn of(jws: &'t [u8]) -> Result<Self, Refusal> {
        let not_three = || malformed("it does not have three parts");
        let mut dots = jws.iter().enumerate().filter(|(_, byte)| **byte == b'.').map(|(at, _)| at);
        let (Some(first), Some(second), None) = (dots.next(), dots.next(), dots.next()) else {
            return Err(not_three());
        };
        let (signed, signature) = part(jws, second).ok_or_else(not_three)?;
        let (header, payload) = part(signed, first).ok_or_else(not_three)?;
        Ok(Self { header: decode(header)?, signed, payload: decode(payload)?, signature: decode(signature)? })
    }
}

/// A token taken apart, nothing of it believed.
#[derive(Clone, PartialEq, Eq)]
pub struct Jws<'t> {
    /// What the header says.
    pub header: Header,
    /// What is signed: header and payload as they stand in the token, with the dot between them.
    pub signed: &'t [u8],
    /// The payload, decoded.
    pub payload: Vec<u8>,
    /// The signature, decoded.
    pub signature: Vec<u8>,
}

/// What a token's header says, all of it chosen by whoever sent the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// `alg`, where it is one of ours.
    pub algorithm: Option<Algorithm>,
    /// `kid`.
    pub key_id: Option<String>,
    /// `typ`.
    pub token_type: Option<String>,
}

impl<'t> Jws<'t> {
    /// Takes a token apart.
    ///
    /// # Errors
    /// [`Reason::TokenMalformed`]: too long; not three parts; a character outside `A-Z a-z 0-9 - _ .` (padding
    /// included); a base64url form that isn't the canonical one; a header that is not a JSON object with unique
    /// names, has no `alg`, or has one of the members that are never accepted.
    pub fn parse(token: &'t [u8]) -> Result<Self, Refusal> {
        if token.len() > MAX_TOKEN {
            return Err(malformed(format!("it is longer than {MAX_TOKEN} bytes")));
        }
        let Parts { header, signed, payload, signature } = Parts::of(token)?;
        Ok(Self { header: Header::read(&header)?, signed, payload, signature })
    }
}

impl std::fmt::Debug for Jws<'_> {
    /// Without signature and payload: a token in a log is a token for whoever reads the log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Jws").field("header", &self.header).finish_non_exhaustive()
    }
}

impl Header {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Refusal> {
        let document = Document::read(bytes, &HEADER_LIMITS, Tape::default())
            .map_err(|invalid| malformed(format!("its header is not acceptable JSON: {invalid}")))?;
        let header = document.root();
        for name in REFUSED_MEMBERS {
            if header.get(name).is_some() {
                return Err(malformed(format!("its header has `{name}`, which is not accepted")));
            }
        }
        let algorithm = text(header, "alg")?.ok_or_else(|| malformed("its header has no `alg`"))?;
        Ok(Self {
            algorithm: Algorithm::named(&algorithm),
            key_id: text(header, "kid")?,
            token_type: text(header, "typ")?,
        })
    }
}

fn text(header: Value<'_>, name: &str) -> Result<Option<String>, Refusal> {
    header
        .get(name)
        .map(|value| value.as_str().map(std::borrow::Cow::into_owned))
        .map(|value| value.ok_or_else(|| malformed(format!("`{name}` in its header is not a string"))))
        .transpose()
}

/// What stands before and behind the dot at `at`.
fn part(bytes: &[u8], at: usize) -> Option<(&[u8], &[u8])> {
    let (before, dot_and_after) = bytes.split_at_checked(at)?;
    Some((before, dot_and_after.get(1..)?))
}

/// Base64url without padding, and only the one form that an encoder makes: bits that stand for nothing are zero.
fn decode(part: &[u8]) -> Result<Vec<u8>, Refusal> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| malformed("a part of it is not base64url without padding"))
}

fn malformed(detail: impl Into<String>) -> Refusal {
    Refusal::new(Reason::TokenMalformed, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(header: &str) -> String {
        format!("{}.e30.AAAA", URL_SAFE_NO_PAD.encode(header))
    }

    fn detail(token: &str) -> String {
        let refusal = Jws::parse(token.as_bytes()).unwrap_err();
        assert_eq!(refusal.reason, Reason::TokenMalformed);
        refusal.detail
    }

    #[test]
    fn a_token_comes_apart() {
        let token = token(r#"{"alg":"ES256","kid":"k\u0031","typ":"at+jwt"}"#);
        let jws = Jws::parse(token.as_bytes()).unwrap();
        let header =
            Header { algorithm: Some(Algorithm::ES256), key_id: Some("k1".into()), token_type: Some("at+jwt".into()) };
        assert_eq!(jws.header, header);
        assert_eq!(jws.payload, b"{}");
        assert_eq!(jws.signature, [0, 0, 0]);
        assert_eq!([jws.signed, b".AAAA"].concat(), token.as_bytes());
    }

    #[test]
    fn an_algorithm_that_is_none_of_ours_is_no_algorithm() {
        for algorithm in ["none", "HS512", "es256"] {
            let token = token(&format!(r#"{{"alg":"{algorithm}"}}"#));
            assert_eq!(Jws::parse(token.as_bytes()).unwrap().header.algorithm, None);
        }
    }

    #[test]
    fn only_three_parts_of_plain_base64url_are_read() {
        let good = token(r#"{"alg":"ES256"}"#);
        let (signed, _) = good.rsplit_once('.').unwrap();
        for bad in [
            "",
            "a",
            "a.b",
            signed,
            &format!("{good}."),
            &format!("{good}.AAAA"),
            &format!("{good}="),
            &format!("{good} "),
            &format!("{signed}.AA=="),
            &format!("{signed}.AA+A"),
            &format!("{signed}.AA/A"),
            &format!("{signed}.AA\u{e9}A"),
            &format!("{signed}.AB"),
            &format!("{signed}.A"),
        ] {
            detail(bad);
        }
        assert!(Jws::parse(format!("{signed}.AA").as_bytes()).is_ok());
    }

    #[test]
    fn a_token_may_be_as_long_as_the_limit_and_no_longer() {
        let start = format!("{}.e30.", URL_SAFE_NO_PAD.encode(r#"{"alg":"ES256"}"#));
        // base64 has no form of 4n+1 characters, so the longest that can be is looked for.
        let fits = |length: usize| {
            let token = format!("{start}{}", "A".repeat(length - start.len()));
            Jws::parse(token.as_bytes()).map(|_| ())
        };
        assert!(fits(MAX_TOKEN).is_ok() || fits(MAX_TOKEN - 1).is_ok());
        for longer in 1..=3 {
            assert_eq!(fits(MAX_TOKEN + longer).unwrap_err().detail, "it is longer than 8192 bytes");
        }
    }

    #[test]
    fn a_header_with_two_meanings_is_refused() {
        assert!(detail(&token(r#"{"alg":"ES256","alg":"RS256"}"#)).contains("twice"));
        assert!(detail(&token(r#"{"alg":"ES256","k\u0069d":"a","kid":"b"}"#)).contains("twice"));
        for header in ["", "null", "[]", r#""ES256""#, r#"{"alg":"ES256"}x"#, "{}", r#"{"alg":1}"#] {
            detail(&token(header));
        }
        assert!(detail(&token(r#"{"alg":"ES256","kid":1}"#)).contains("`kid`"));
        assert!(detail(&token(r#"{"alg":"ES256","typ":null}"#)).contains("`typ`"));
    }

    #[test]
    fn members_that_bring_a_key_or_change_the_rules_are_refused() {
        for (name, value) in [
            ("jku", r#""https://evil.example/jwks""#),
            ("x5u", r#""https://evil.example/cert""#),
            ("jwk", r#"{"kty":"EC"}"#),
            ("x5c", r#"["MII"]"#),
            ("crit", r#"["exp"]"#),
            ("crit", "[]"),
            ("b64", "false"),
            ("enc", r#""A128GCM""#),
            ("zip", r#""DEF""#),
        ] {
            assert!(detail(&token(&format!(r#"{{"alg":"ES256","{name}":{value}}}"#))).contains(name), "{name}");
        }
    }
}
