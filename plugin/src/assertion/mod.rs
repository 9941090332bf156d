//! `x-agent-assertion`: a signed word to the upstream that the gate judged this very request.
//!
//! The other `x-agent-*` headers are worth as much as the way from the gate to the upstream: whoever gets onto that way
//! writes them too. This one is a JWS (RFC 7515) over what was judged: method, path, the digest of the body, the
//! decision and a short time. Only who has the gate's key can make it, it is good for one request, and any JWT library
//! verifies it. `envoy/ASSERTION.md` tells upstreams how.
//!
//! **All or nothing.** An assertion is made only where every claim that binds it to its request can be made: the route
//! gives it an audience, the path is text of a bounded length, and the whole body was there. Else there is none, and an
//! upstream that wants one refuses. (Whatever was not denied has all of that; what is let through in shadow mode before
//! its end was seen may not.)
//!
//! **Pure.** Both algorithms sign without randomness: Ed25519 by its definition (RFC 8032), ECDSA by RFC 6979. So the same
//! request at the same second has the same assertion, in every lane of the tests. And both are signed here: Envoy 1.40
//! offers filters a foreign function `sign`, 1.36 doesn't, and a step of waiting for it would be one more for all.

mod key;

use std::borrow::Cow;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

pub use self::key::{InvalidSigningKey, SigningKey};
use crate::audit::Record;
use crate::audit::headers::short;
use crate::head::Head;
use crate::time::Timestamp;

/// `typ` of the JOSE header: nothing else that anybody signs is taken for an assertion (RFC 8725 section 3.11).
pub const TYPE: &str = "toolgate-decision+jwt";

/// A longer path is not asserted. Servers take headers of 8 KiB; base64 makes four bytes of three, and there are other
/// claims.
const MAX_PATH: usize = 4096;

/// Who signs assertions, and what they all say.
#[derive(Debug)]
pub struct Notary {
    key: SigningKey,
    /// The JOSE header as it stands in every assertion.
    header: String,
    issuer: String,
    audience: Option<String>,
    lifetime: Duration,
}

/// What is asserted. Names and forms are a public face: `envoy/ASSERTION.md`.
#[derive(Serialize)]
struct Claims<'c> {
    iss: &'c str,
    aud: &'c str,
    iat: u64,
    exp: u64,
    jti: &'c str,
    sub: Cow<'c, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<Cow<'c, str>>,
    htm: &'c str,
    path: &'c str,
    content_digest: String,
    decision: &'static str,
    policy_version: &'c str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool: Option<Cow<'c, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    risk: Option<&'static str>,
}

#[derive(Serialize)]
struct Jose<'j> {
    alg: &'static str,
    typ: &'static str,
    kid: &'j str,
}

impl Notary {
    /// One that signs with `key`, as `issuer`. Assertions are for `audience`, or for the server of the route, and good for
    /// `lifetime`, which counts in whole seconds.
    #[must_use]
    pub fn new(key: SigningKey, issuer: String, audience: Option<String>, lifetime: Duration) -> Self {
        let jose = Jose { alg: key.algorithm(), typ: TYPE, kid: key.id() };
        let header = encoded(&jose).unwrap_or_default();
        Self { key, header, issuer, audience, lifetime }
    }

    /// The assertion about the request with this `head` and this `record`, which goes on at `now` with that `decision`,
    /// and with `body` where the gate changed it; none where it can't say all that it must.
    #[must_use]
    pub fn assertion(
        &self,
        head: &Head,
        record: &Record,
        decision: &'static str,
        body: Option<&[u8]>,
        now: Timestamp,
    ) -> Option<String> {
        let agent = &*record.agent.as_ref()?.0;
        let content = body.map(digest).or(record.content)?;
        let claims = Claims {
            iss: &self.issuer,
            aud: self.audience.as_deref().or(record.server.as_deref())?,
            iat: now.as_secs(),
            exp: now.plus(self.lifetime).as_secs(),
            jti: &record.decision_id,
            sub: short(&agent.id),
            user: agent.user.as_deref().map(short),
            htm: text(head.method())?,
            path: text(head.target()).filter(|path| path.len() <= MAX_PATH)?,
            content_digest: format!("sha-256=:{}:", STANDARD.encode(content)),
            decision,
            policy_version: &record.policy_version,
            tool: record.tool.as_deref().map(short),
            action: record.action,
            risk: record.risk.as_ref().map(|risk| risk.level),
        };
        let mut token = format!("{}.{}", self.header, encoded(&claims)?);
        let signature = self.key.sign(token.as_bytes())?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Some(token)
    }
}

/// The SHA-256 of a body.
#[must_use]
pub fn digest(body: &[u8]) -> [u8; 32] {
    Sha256::digest(body).into()
}

fn encoded(part: &impl Serialize) -> Option<String> {
    serde_json::to_vec(part).ok().map(|json| URL_SAFE_NO_PAD.encode(json))
}

/// What can be said in JSON just as it stands: of bytes beyond ASCII no two parties have the same idea.
fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok().filter(|text| text.is_ascii())
}
