//! Who asks for a token, and for whom: a request for an exchange (RFC 8693 section 2.1), believed only where it is signed.

use std::collections::{BTreeMap, HashSet};

use jwt_simple::prelude::*;
use serde::Deserialize;

use super::{CLIENT, CRM, ISSUER};

/// What may be asked for: the CRM's scope for moving money.
const SCOPES: [&str; 1] = [toolgate_crm::PAYMENTS];

/// Seconds since 1970.
pub(super) type Seconds = u64;

/// Nothing that is signed for us lives longer; so long it must be remembered that it was used.
const MAX_LIFETIME: Seconds = 3600;
const CLOCKS_DIFFER: Seconds = 5;

/// Whom a token is for, for what, and until when the word lasts that it rests on.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) user: String,
    /// The one who acts, where that isn't the user.
    pub(super) agent: Option<String>,
    pub(super) scope: String,
    pub(super) until: Seconds,
}

/// The error codes of RFC 6749 section 5.2, and of RFC 8707 section 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    InvalidClient,
    InvalidRequest,
    InvalidScope,
    InvalidTarget,
    UnsupportedGrantType,
}

impl Refused {
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::InvalidClient => "invalid_client",
            Self::InvalidRequest => "invalid_request",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidTarget => "invalid_target",
            Self::UnsupportedGrantType => "unsupported_grant_type",
        }
    }
}

/// The ids of what was signed for us and is used up, with the time until which that matters.
#[derive(Debug, Default)]
pub(super) struct Seen(BTreeMap<String, Seconds>);

impl Seen {
    /// Whether it is seen for the first time.
    fn first(&mut self, id: &str, until: Seconds, now: Seconds) -> bool {
        self.0.retain(|_, until| until.saturating_add(CLOCKS_DIFFER) >= now);
        self.0.insert(id.to_owned(), until).is_none()
    }
}

/// What the decision service signs about others (RFC 9493 for the user, RFC 8693 section 4.1 for the agent).
#[derive(Serialize, Deserialize)]
struct OnBehalf {
    sub_id: SubjectId,
    act: Option<Party>,
}

#[derive(Serialize, Deserialize)]
struct SubjectId {
    format: String,
    iss: String,
    sub: String,
}

#[derive(Serialize, Deserialize)]
struct Party {
    iss: String,
    sub: String,
}

#[derive(Serialize, Deserialize)]
struct Nothing {}

impl Request {
    /// Reads and checks a form.
    pub(super) fn read(
        fields: Vec<(String, String)>,
        client: &ES256PublicKey,
        seen: &mut Seen,
        now: Seconds,
    ) -> Result<Self, Refused> {
        let mut form = BTreeMap::new();
        for (name, value) in fields {
            // RFC 6749 section 3.2: no parameter stands twice.
            if form.insert(name, value).is_some() {
                return Err(Refused::InvalidRequest);
            }
        }
        let field = |name: &str| form.get(name).map(String::as_str);
        let is = |name: &str, value: &str| field(name) == Some(value);

        let signed = field("client_assertion").filter(|_| {
            is("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
                && field("client_id").is_none_or(|id| id == CLIENT)
        });
        let signed = signed.ok_or(Refused::InvalidClient)?;
        let authentication: JWTClaims<Nothing> =
            verified(signed, "client-authentication+jwt", client, seen, now).ok_or(Refused::InvalidClient)?;
        if authentication.subject.as_deref() != Some(CLIENT) {
            return Err(Refused::InvalidClient);
        }

        if !is("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange") {
            return Err(Refused::UnsupportedGrantType);
        }
        let kind = "urn:ietf:params:oauth:token-type:access_token";
        if !is("subject_token_type", "urn:ietf:params:oauth:token-type:jwt")
            || field("requested_token_type").is_some_and(|asked| asked != kind)
            || field("actor_token").is_some()
        {
            return Err(Refused::InvalidRequest);
        }
        if !is("resource", CRM) || field("audience").is_some() {
            return Err(Refused::InvalidTarget);
        }
        let scope = field("scope").filter(|scope| scope.split(' ').all(|word| SCOPES.contains(&word)));
        let scope = scope.ok_or(Refused::InvalidScope)?.to_owned();
        let subject = field("subject_token").ok_or(Refused::InvalidRequest)?;
        let subject = verified(subject, "JWT", client, seen, now).ok_or(Refused::InvalidRequest)?;
        let (user, agent, until) = parties(subject).ok_or(Refused::InvalidRequest)?;
        Ok(Self { user, agent, scope, until })
    }
}

/// User and agent, where both are names that we gave.
fn parties(claims: JWTClaims<OnBehalf>) -> Option<(String, Option<String>, Seconds)> {
    let until = claims.expires_at?.as_secs();
    let OnBehalf { sub_id, act } = claims.custom;
    let ours = sub_id.format == "iss_sub" && sub_id.iss == ISSUER && claims.subject.as_deref() == Some(&sub_id.sub);
    let agent = match act {
        Some(act) if act.iss == ISSUER => Some(act.sub),
        Some(_) => return None,
        None => None,
    };
    ours.then_some((sub_id.sub, agent, until))
}

/// What the client signed for us, this kind of thing, not long ago, and not used before.
fn verified<T: Serialize + for<'de> Deserialize<'de>>(
    token: &str,
    kind: &str,
    client: &ES256PublicKey,
    seen: &mut Seen,
    now: Seconds,
) -> Option<JWTClaims<T>> {
    let options = VerificationOptions {
        required_signature_type: Some(kind.to_owned()),
        allowed_issuers: Some(HashSet::from([CLIENT.to_owned()])),
        allowed_audiences: Some(HashSet::from([ISSUER.to_owned()])),
        time_tolerance: Some(Duration::from_secs(CLOCKS_DIFFER)),
        artificial_time: Some(Duration::from_secs(now)),
        ..VerificationOptions::default()
    };
    let claims = client.verify_token::<T>(token, Some(options)).ok()?;
    let latest = now.saturating_add(MAX_LIFETIME).saturating_add(CLOCKS_DIFFER);
    let until = claims.expires_at.map(|until| until.as_secs()).filter(|until| *until <= latest)?;
    seen.first(claims.jwt_id.as_deref()?, until, now).then_some(claims)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    struct Told {
        key: ES256KeyPair,
        now: Seconds,
    }

    impl Told {
        fn new() -> Self {
            Self { key: ES256KeyPair::generate(), now: Clock::now_since_epoch().as_secs() }
        }

        fn signed(&self, kind: &str, audience: &str, subject: &str, custom: Value, seconds: u64) -> String {
            let claims = Claims::with_custom_claims(custom, Duration::from_secs(seconds));
            let mut claims = claims.with_issuer(CLIENT).with_audience(audience).with_subject(subject);
            let id = claims.create_nonce();
            let header = HeaderOptions { signature_type: Some(kind.to_owned()), content_type: None };
            self.key.sign_with_options(claims.with_jwt_id(id), &header).unwrap()
        }

        fn subject(&self, issuer: &str) -> String {
            let custom = json!({"sub_id": {"format": "iss_sub", "iss": issuer, "sub": "jane"}, "act": {"iss": ISSUER, "sub": "bot"}});
            self.signed("JWT", ISSUER, "jane", custom, 60)
        }

        fn form(&self) -> Vec<(String, String)> {
            let client = self.signed("client-authentication+jwt", ISSUER, CLIENT, json!({}), 30);
            [
                ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
                ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
                ("client_assertion", &client),
                ("subject_token_type", "urn:ietf:params:oauth:token-type:jwt"),
                ("subject_token", &self.subject(ISSUER)),
                ("resource", CRM),
                ("scope", "payments:write"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into()
        }

        fn read(&self, form: Vec<(String, String)>, seen: &mut Seen) -> Result<Request, Refused> {
            Request::read(form, &self.key.public_key(), seen, self.now)
        }

        fn with(&self, name: &str, value: &str) -> Result<Request, Refused> {
            let mut form = self.form();
            form.retain(|(known, _)| known != name);
            form.push((name.to_owned(), value.to_owned()));
            self.read(form, &mut Seen::default())
        }
    }

    #[test]
    fn what_is_signed_is_believed_once() {
        let (told, mut seen) = (Told::new(), Seen::default());
        let form = told.form();
        let request = told.read(form.clone(), &mut seen).unwrap();
        let whom = (request.user.as_str(), request.agent.as_deref(), request.scope.as_str());
        assert_eq!(whom, ("jane", Some("bot"), "payments:write"));
        assert!(request.until <= told.now.saturating_add(61));
        assert_eq!(told.read(form, &mut seen), Err(Refused::InvalidClient));
        let mut second = told.form();
        let subject = told.subject(ISSUER);
        second[4].1.clone_from(&subject);
        assert!(told.read(second, &mut seen).is_ok());
        let mut third = told.form();
        third[4].1 = subject;
        assert_eq!(told.read(third, &mut seen), Err(Refused::InvalidRequest), "the same word for a second token");
    }

    #[test]
    fn each_thing_that_is_wrong_is_refused() {
        let told = Told::new();
        let stranger = Told::new();
        let client = |kind: &str, audience: &str, subject: &str| told.signed(kind, audience, subject, json!({}), 30);
        for wrong in [
            stranger.signed("client-authentication+jwt", ISSUER, CLIENT, json!({}), 30),
            client("JWT", ISSUER, CLIENT),
            client("client-authentication+jwt", "https://other.example.com", CLIENT),
            client("client-authentication+jwt", ISSUER, "somebody"),
            told.signed("client-authentication+jwt", ISSUER, CLIENT, json!({}), 7200),
            told.subject(ISSUER),
        ] {
            assert_eq!(told.with("client_assertion", &wrong), Err(Refused::InvalidClient));
        }
        let unnamed = told.signed("JWT", ISSUER, "jane", json!({}), 60);
        for wrong in [stranger.subject(ISSUER), told.subject("https://other.example.com"), unnamed, "x".into()] {
            assert_eq!(told.with("subject_token", &wrong), Err(Refused::InvalidRequest));
        }
        for (name, value, refused) in [
            ("grant_type", "client_credentials", Refused::UnsupportedGrantType),
            ("client_assertion_type", "x", Refused::InvalidClient),
            ("client_id", "somebody", Refused::InvalidClient),
            ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token", Refused::InvalidRequest),
            ("requested_token_type", "urn:ietf:params:oauth:token-type:refresh_token", Refused::InvalidRequest),
            ("actor_token", "x", Refused::InvalidRequest),
            ("resource", "https://crm.example.com", Refused::InvalidTarget),
            ("audience", "other", Refused::InvalidTarget),
            ("scope", "payments:write admin", Refused::InvalidScope),
            ("scope", "", Refused::InvalidScope),
        ] {
            assert_eq!(told.with(name, value), Err(refused), "{name} {value}");
        }
        let mut twice = told.form();
        twice.push(("scope".into(), "payments:write".into()));
        assert_eq!(told.read(twice, &mut Seen::default()), Err(Refused::InvalidRequest));
        assert_eq!(told.read(vec![], &mut Seen::default()), Err(Refused::InvalidClient));
    }
}
