//! A secret that goes to somebody in a header, and nowhere else.

use std::fmt;
use std::time::Duration;

/// A header and its secret value. Neither its debug form nor anything else in here shows the value.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    name: String,
    value: String,
}

/// A credential of a request's own that the upstream is to get instead of the agent's token (RFC 8693 names such an
/// exchange).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialWish {
    /// What it is good for: words, separated by spaces (RFC 6749 section 3.3).
    pub scope: String,
    /// How long.
    pub ttl: Duration,
}

/// Why a header can't carry a credential. Never holds the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidCredential {
    /// No header's name, or one that belongs to the gate, to the connection or to the message's framing.
    Name,
    /// Empty, too long, or with characters that a header can't carry.
    Value,
}

/// Gateways bound a request's head to 60 KiB as a whole; a token is a tenth of that.
const MAX_VALUE: usize = 8 * 1024;

/// Headers that say how the message is framed or where it goes: one of them would change which request this is.
const NEVER: [&str; 12] = [
    "host",
    "connection",
    "content-length",
    "content-type",
    "content-encoding",
    "expect",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "proxy-connection",
];

impl Credential {
    /// `value` in the header `name`.
    ///
    /// # Errors
    /// When a header can't carry it, or this one must not.
    pub fn new(name: &str, value: &str) -> Result<Self, InvalidCredential> {
        let name = header_name(name).ok_or(InvalidCredential::Name)?;
        let visible = value.bytes().all(|byte| matches!(byte, b' '..=b'~')) && value.trim() == value;
        if value.is_empty() || value.len() > MAX_VALUE || !visible {
            return Err(InvalidCredential::Value);
        }
        Ok(Self { name, value: value.into() })
    }

    /// The header's name, in lower case.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The secret, for whoever puts it into the header.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.value
    }
}

/// `name` in lower case, where it is the name of a header that somebody outside may choose: a token (RFC 9110 section
/// 5.1), none of the gate's own, none of the connection or the framing.
#[must_use]
pub fn header_name(name: &str) -> Option<String> {
    let name = name.to_ascii_lowercase();
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let allowed = !name.is_empty()
        && name.len() <= 128
        && name.bytes().all(token)
        && !NEVER.contains(&name.as_str())
        && !["x-agent-", "x-envoy-", "x-forwarded-", "mcp-"].iter().any(|prefix| name.starts_with(prefix));
    allowed.then_some(name)
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential").field("name", &self.name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_header_that_may_be_set_carries_it() {
        assert!(Credential::new("X-Api-Key", "k").is_ok_and(|credential| credential.name() == "x-api-key"));
        for name in
            ["", ":path", "Host", "content-length", "X-Agent-Id", "mcp-session-id", "x y", "x\r\ny", "x-forwarded-for"]
        {
            assert_eq!(Credential::new(name, "k"), Err(InvalidCredential::Name), "{name}");
        }
        for value in ["", " k", "k\r\nx: y", "k\u{0}", "é", &"k".repeat(MAX_VALUE + 1)] {
            assert_eq!(Credential::new("x-api-key", value), Err(InvalidCredential::Value));
        }
    }

    #[test]
    fn it_is_not_shown() {
        let shown = format!("{:?}", Credential::new("authorization", "Bearer s3cret").unwrap());
        assert!(shown.contains("authorization") && !shown.contains("s3cret"), "{shown}");
    }
}
