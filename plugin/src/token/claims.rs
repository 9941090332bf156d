//! Looking at the claims of a token.

use serde_json::{Map, Value};

use super::jws::MAX_TOKEN;
use crate::json::{Document, Limits, Tape};
use crate::reason::{Reason, Refusal};
use crate::time::Timestamp;

/// A token's claims.
pub(super) type Claims = Map<String, Value>;

/// Rich access tokens (roles of every application) have a hundred values, a few levels deep. The number of nodes
/// bounds what a remembered token costs in memory.
const CLAIMS_LIMITS: Limits =
    Limits { depth: 16, bytes: MAX_TOKEN, nodes: 1024, members: 256, string: MAX_TOKEN, case_variants: true };

/// The last second that a claim can name: 9999-12-31T23:59:59Z. What lies beyond is milliseconds, or an attempt to
/// make arithmetic overflow.
const LAST_SECOND: f64 = 253_402_300_799.0;

/// Reads the payload of a token: one JSON object, names unique at every level (RFC 8725bis section 3.12).
///
/// # Errors
/// [`Reason::TokenMalformed`].
pub(super) fn read(payload: &[u8]) -> Result<Claims, Refusal> {
    let malformed = |detail: String| Refusal::new(Reason::TokenMalformed, detail);
    Document::read(payload, &CLAIMS_LIMITS, Tape::default())
        .map_err(|invalid| malformed(format!("its claims are not acceptable JSON: {invalid}")))?;
    // The reader above is the stricter of the two: what it accepted, this one reads the same way.
    serde_json::from_slice(payload).map_err(|_| malformed("its claims are not a JSON object".into()))
}

/// Where a claim stands: a name at the top, or a JSON pointer (RFC 6901) to something deeper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClaimPath {
    name: String,
    /// A JSON pointer from the value of `name`, empty for that value.
    rest: String,
}

/// A text that is no JSON pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InvalidClaimPath;

impl ClaimPath {
    /// A text that begins with `/` is a pointer, any other a name: names such as `https://example.com/role` are real.
    pub(crate) fn read(text: &str) -> Result<Self, InvalidClaimPath> {
        let Some(tokens) = text.strip_prefix('/') else {
            return if text.is_empty() {
                Err(InvalidClaimPath)
            } else {
                Ok(Self { name: text.to_owned(), rest: String::new() })
            };
        };
        let escapes_are_whole = text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
        if !escapes_are_whole {
            return Err(InvalidClaimPath);
        }
        let (name, rest) = match tokens.split_once('/') {
            Some((name, rest)) => (name, format!("/{rest}")),
            None => (tokens, String::new()),
        };
        Ok(Self { name: name.replace("~1", "/").replace("~0", "~"), rest })
    }

    /// The name of a claim at the top; none for what lies deeper.
    pub(super) fn top_level(&self) -> Option<&str> {
        self.rest.is_empty().then_some(self.name.as_str())
    }

    /// The claim, if the token has it.
    pub(super) fn find<'c>(&self, claims: &'c Claims) -> Option<&'c Value> {
        claims.get(&self.name)?.pointer(&self.rest)
    }

    /// As operators and clients read it.
    fn shown(&self) -> String {
        if self.rest.is_empty() { self.name.clone() } else { format!("/{}{}", self.name, self.rest) }
    }

    /// The text there, if the token has the claim.
    ///
    /// # Errors
    /// When it is there and is no text that can name something: see [`name`].
    pub(super) fn text(&self, claims: &Claims) -> Result<Option<String>, Refusal> {
        self.find(claims).map(|value| name(value, &self.shown())).transpose()
    }

    /// The text there, which the token must have.
    ///
    /// # Errors
    /// When it isn't there, or is no text that can name something.
    pub(super) fn required(&self, claims: &Claims) -> Result<String, Refusal> {
        self.text(claims)?.ok_or_else(|| missing(&self.shown()))
    }

    /// The texts there: a list, or one text with spaces between them (RFC 8693 section 4.2). None without the claim.
    ///
    /// # Errors
    /// When it is anything else.
    pub(super) fn texts(&self, claims: &Claims) -> Result<Vec<String>, Refusal> {
        match self.find(claims) {
            None => Ok(Vec::new()),
            Some(Value::String(text)) => Ok(text.split(' ').filter(|word| !word.is_empty()).map(Into::into).collect()),
            Some(Value::Array(list)) => list.iter().map(|value| name(value, &self.shown())).collect(),
            Some(_) => Err(wrong(format!("`{}` is neither a text nor a list of texts", self.shown()))),
        }
    }
}

/// The text of a claim that must be there.
pub(super) fn required(claims: &Claims, claim: &str) -> Result<String, Refusal> {
    name(claims.get(claim).ok_or_else(|| missing(claim))?, claim)
}

/// A text that names somebody or something: not empty, and without control characters, which would make two names
/// look the same in a log or a header.
pub(super) fn name(value: &Value, claim: &str) -> Result<String, Refusal> {
    match value.as_str() {
        Some(text) if !text.is_empty() && !text.contains(char::is_control) => Ok(text.to_owned()),
        _ => Err(wrong(format!("`{claim}` is not a text with characters that can be shown"))),
    }
}

/// The moment of a claim (RFC 7519 section 2, `NumericDate`: seconds, maybe with a fraction), if the token has it.
pub(super) fn moment(claims: &Claims, claim: &str) -> Result<Option<Timestamp>, Refusal> {
    let Some(value) = claims.get(claim) else { return Ok(None) };
    let not_a_moment = || wrong(format!("`{claim}` is not a number of seconds since 1970"));
    let seconds = value.as_f64().filter(|it| (0.0..=LAST_SECOND).contains(it)).ok_or_else(not_a_moment)?;
    let whole = std::time::Duration::try_from_secs_f64(seconds).map_err(|_| not_a_moment())?;
    Ok(Some(Timestamp::default().plus(whole)))
}

/// A claim that must be there is not.
pub(super) fn missing(claim: &str) -> Refusal {
    wrong(format!("`{claim}` is missing"))
}

/// A claim is not what it must be.
pub(super) fn wrong(detail: impl Into<String>) -> Refusal {
    Refusal::new(Reason::TokenClaims, detail)
}
