//! What this service signs for the issuer: who it is, and for whom it asks.

use std::time::Duration;

use anyhow::Context as _;
use jwt_simple::prelude::{Claims, ECDSAP256KeyPairLike as _, ES256KeyPair, HeaderOptions, JWTClaims};
use serde::Serialize;
use serde_json::Value;

use crate::authzen::Evaluation;

/// Who we are is proved at once, or not at all.
const AUTHENTICATION_LIVES: Duration = Duration::from_secs(30);

/// `typ` of what authenticates a client: none of the two can be taken for the other (RFC 8725 section 3.11).
const AUTHENTICATION: &str = "client-authentication+jwt";

/// Signs, for one issuer.
pub(super) struct Signer {
    key: ES256KeyPair,
    client: String,
    issuer: String,
}

/// For whom a token is asked: the user, and the agent that acts for them. Both are names that `issuer` gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parties<'q> {
    issuer: &'q str,
    agent: &'q str,
    user: Option<&'q str>,
}

impl<'q> Parties<'q> {
    /// As the gate names them. `None` without an issuer: a name alone could be anybody's.
    pub(super) fn of(asked: &Evaluation<'q>) -> Option<Self> {
        let text = |name: &str| asked.subject.properties?.get(name).and_then(Value::as_str).filter(|it| !it.is_empty());
        let agent = Some(asked.subject.id).filter(|agent| !agent.is_empty())?;
        Some(Self { issuer: text("issuer")?, agent, user: text("user") })
    }
}

#[derive(Serialize)]
struct Nothing {}

/// RFC 9493 section 3.2.6 for the subject, RFC 8693 section 4.1 for the actor: names with who gave them.
#[derive(Serialize)]
struct OnBehalf<'q> {
    sub_id: SubjectId<'q>,
    #[serde(skip_serializing_if = "Option::is_none")]
    act: Option<Actor<'q>>,
}

#[derive(Serialize)]
struct SubjectId<'q> {
    format: &'static str,
    iss: &'q str,
    sub: &'q str,
}

#[derive(Serialize)]
struct Actor<'q> {
    iss: &'q str,
    sub: &'q str,
}

impl Signer {
    pub(super) fn new(key: &str, client: &str, issuer: &str) -> anyhow::Result<Self> {
        // The library's own message could repeat what it read.
        let key = ES256KeyPair::from_pem(key).ok().context("the key is no private P-256 key in PEM (PKCS #8)")?;
        Ok(Self { key, client: client.to_owned(), issuer: issuer.to_owned() })
    }

    /// RFC 7523 section 3, with the audience and `typ` of its revision: the issuer's name, not an address.
    pub(super) fn authentication(&self) -> anyhow::Result<String> {
        self.signed(AUTHENTICATION, &self.client, Nothing {}, AUTHENTICATION_LIVES)
    }

    /// The subject token: that we ask for these, for a token that lives no longer than this.
    pub(super) fn on_behalf(&self, of: Parties<'_>, lifetime: Duration) -> anyhow::Result<String> {
        let Parties { issuer: iss, agent, user } = of;
        let subject = user.unwrap_or(agent);
        let sub_id = SubjectId { format: "iss_sub", iss, sub: subject };
        let act = user.map(|_| Actor { iss, sub: agent });
        self.signed("JWT", subject, OnBehalf { sub_id, act }, lifetime)
    }

    fn signed<T: Serialize>(&self, kind: &str, subject: &str, claims: T, lifetime: Duration) -> anyhow::Result<String> {
        let claims = Claims::with_custom_claims(claims, lifetime.into());
        let claims = claims.with_issuer(&self.client).with_audience(&self.issuer).with_subject(subject);
        let header = HeaderOptions { signature_type: Some(kind.to_owned()), content_type: None };
        self.key.sign_with_options(named(claims), &header).context("it can't be signed")
    }
}

/// With a `jti` of its own, so that it can be refused the second time.
fn named<T>(mut claims: JWTClaims<T>) -> JWTClaims<T> {
    let id = claims.create_nonce();
    claims.nonce = None;
    claims.with_jwt_id(id)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use jwt_simple::prelude::{ECDSAP256PublicKeyLike as _, VerificationOptions};
    use serde_json::json;

    use super::*;

    fn claims(token: &str, key: &ES256KeyPair, kind: &str) -> JWTClaims<Value> {
        let options = VerificationOptions {
            allowed_audiences: Some(HashSet::from(["https://idp.example.com".to_owned()])),
            allowed_issuers: Some(HashSet::from(["broker".to_owned()])),
            required_signature_type: Some(kind.to_owned()),
            ..VerificationOptions::default()
        };
        key.public_key().verify_token(token, Some(options)).unwrap()
    }

    fn lifetime(claims: &JWTClaims<Value>) -> u64 {
        claims.expires_at.unwrap().as_secs().abs_diff(claims.issued_at.unwrap().as_secs())
    }

    #[test]
    fn it_says_who_asks_and_for_whom() {
        let key = ES256KeyPair::generate();
        let signer = Signer::new(&key.to_pem().unwrap(), "broker", "https://idp.example.com").unwrap();
        let body = json!({"subject": {"type": "agent", "id": "bot", "properties": {"issuer": "https://a", "user": "jane"}},
            "action": {"name": "read"}, "resource": {"type": "doc", "id": "1"}});
        let asked = Evaluation::read(&body).unwrap();
        let parties = Parties::of(&asked).unwrap();

        let one = claims(&signer.authentication().unwrap(), &key, AUTHENTICATION);
        assert_eq!((one.subject.as_deref(), lifetime(&one)), (Some("broker"), 30));
        let other = claims(&signer.on_behalf(parties, Duration::from_secs(7)).unwrap(), &key, "JWT");
        assert_eq!((other.subject.as_deref(), lifetime(&other)), (Some("jane"), 7));
        assert_eq!(other.custom["sub_id"], json!({"format": "iss_sub", "iss": "https://a", "sub": "jane"}));
        assert_eq!(other.custom["act"], json!({"iss": "https://a", "sub": "bot"}));
        assert_ne!(one.jwt_id, other.jwt_id);

        let alone = Parties { user: None, ..parties };
        let alone = claims(&signer.on_behalf(alone, Duration::from_secs(7)).unwrap(), &key, "JWT");
        assert_eq!((alone.subject.as_deref(), alone.custom.get("act")), (Some("bot"), None));
    }

    #[test]
    fn nobody_is_vouched_for_whom_no_issuer_named() {
        for subject in [
            json!({"type": "agent", "id": "bot"}),
            json!({"type": "agent", "id": "bot", "properties": {"issuer": ""}}),
            json!({"type": "agent", "id": "", "properties": {"issuer": "https://a"}}),
        ] {
            let body = json!({"subject": subject, "action": {"name": "read"}, "resource": {"type": "doc", "id": "1"}});
            assert_eq!(Parties::of(&Evaluation::read(&body).unwrap()), None, "{body}");
        }
    }

    #[test]
    fn what_is_no_key_is_not_repeated() {
        let error = Signer::new("s3cret", "broker", "idp").err().unwrap();
        assert!(!format!("{error:?}").contains("s3cret"));
    }
}
