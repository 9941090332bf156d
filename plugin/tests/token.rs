//! The token stage as the rest of the filter uses it: configuration and head in, agent or refusal out.
//!
//! Each test starts from a configuration and a token that are right, and changes one thing.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "this is how a test fails")]

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer as _;
use serde_json::{Value, json};
use toolgate::config::compile;
use toolgate::config::problem::Problems;
use toolgate::head::Head;
use toolgate::reason::{Reason, Refusal};
use toolgate::time::Timestamp;
use toolgate::token::{Agent, Identity, Presented, SignatureVerdict, TokenMemory, verify_in_process};

/// 2026-11-22T17:00:00Z.
const NOW: u64 = 1_795_366_800;
const ISSUER: &str = "https://idp.example.com";
const AUDIENCE: &str = "https://gateway.example.com/mcp";

fn now() -> Timestamp {
    Timestamp::from_secs(NOW)
}

fn signing_key(seed: u8) -> p256::ecdsa::SigningKey {
    p256::ecdsa::SigningKey::from_slice(&[seed; 32]).unwrap()
}

fn jwk(seed: u8, key_id: &str) -> Value {
    let point = signing_key(seed).verifying_key().to_sec1_point(false);
    let coordinate = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    json!({"kty": "EC", "crv": "P-256", "kid": key_id, "x": coordinate(point.x().unwrap()), "y": coordinate(point.y().unwrap())})
}

/// One issuer with one key.
fn configuration() -> Value {
    json!({"issuers": [{
        "issuer": ISSUER,
        "audiences": ["https://other.example.com", AUDIENCE],
        "algorithms": ["ES256"],
        "jwks": {"inline": {"keys": [jwk(1, "k1")]}},
        "max_lifetime": "15m",
        "clock_skew": "30s",
    }]})
}

fn compiled(configuration: Value) -> Identity {
    let raw = serde_json::from_value(configuration).unwrap();
    let mut problems = Problems::default();
    let identity = compile::identity(&raw, &mut problems);
    assert!(problems.is_empty(), "{problems}");
    identity.unwrap()
}

fn header() -> Value {
    json!({"alg": "ES256", "typ": "at+jwt", "kid": "k1"})
}

fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "user-7", "client_id": "agent-1", "jti": "t-1",
        "iat": NOW - 60, "exp": NOW + 600, "scope": "crm.read crm.write",
        "org_id": "acme", "sid": "s-1", "task": "ticket-9", "intent": "answer", "role": "support",
    })
}

/// `value` with `changes` laid over it; `null` takes a member away.
fn with(mut value: Value, changes: Value) -> Value {
    for (name, change) in changes.as_object().unwrap() {
        let object = value.as_object_mut().unwrap();
        if change.is_null() {
            object.remove(name)
        } else {
            object.insert(name.clone(), change.clone())
        };
    }
    value
}

fn mint_raw(header: &str, claims: &str, seed: u8) -> String {
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature: p256::ecdsa::Signature = signing_key(seed).sign(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
}

fn mint(header: &Value, claims: &Value) -> String {
    mint_raw(&header.to_string(), &claims.to_string(), 1)
}

fn head(token: &str) -> Head {
    Head::from_pairs([("authorization", format!("Bearer {token}"))])
}

fn run(identity: &Identity, token: &str, now: Timestamp, memory: &mut TokenMemory) -> Result<Arc<Agent>, Refusal> {
    match identity.present(&head(token), now, memory)? {
        Presented::Known(agent) => Ok(agent),
        Presented::Unverified(candidate) => {
            let verdict = verify_in_process(candidate.check());
            candidate.admit(verdict, identity, now, memory)
        }
    }
}

fn agent_of(configuration: Value, header: &Value, claims: &Value) -> Result<Agent, Reason> {
    let result = run(&compiled(configuration), &mint(header, claims), now(), &mut TokenMemory::default());
    result.map(|agent| Agent::clone(&agent)).map_err(|refusal| refusal.reason)
}

/// The outcome with changed claims.
fn claimed(changes: Value) -> Result<Agent, Reason> {
    agent_of(configuration(), &header(), &with(claims(), changes))
}

/// The outcome with a changed header.
fn headed(changes: Value) -> Result<Agent, Reason> {
    agent_of(configuration(), &with(header(), changes), &claims())
}

/// The outcome with a changed issuer in the configuration.
fn configured(changes: Value, header: &Value, claims: &Value) -> Result<Agent, Reason> {
    let mut configuration = configuration();
    configuration["issuers"][0] = with(configuration["issuers"][0].take(), changes);
    agent_of(configuration, header, claims)
}

#[test]
fn a_token_tells_who_acts_for_whom() {
    let agent = claimed(json!({})).unwrap();
    assert_eq!(agent.id, "agent-1");
    assert_eq!(agent.user.as_deref(), Some("user-7"));
    assert_eq!(agent.subject, "user-7");
    assert_eq!(agent.issuer, ISSUER);
    assert_eq!(agent.token_id, "t-1");
    assert_eq!(agent.expires, Timestamp::from_secs(NOW + 600));
    assert_eq!(agent.scopes, ["crm.read", "crm.write"]);
    assert_eq!(agent.actors, [""; 0]);
    let rest = [agent.tenant, agent.session, agent.task, agent.intent, agent.role].map(Option::unwrap);
    assert_eq!(rest, ["acme", "s-1", "ticket-9", "answer", "support"]);
    assert_eq!(Value::Object(agent.claims), claims());
}

#[test]
fn an_agent_in_its_own_name_has_no_user() {
    let agent = claimed(json!({"sub": "agent-1"})).unwrap();
    assert_eq!((agent.id.as_str(), agent.user), ("agent-1", None));
}

#[test]
fn the_outermost_actor_is_the_agent() {
    let agent = claimed(json!({"act": {"sub": "agent-2", "act": {"sub": "agent-1"}}})).unwrap();
    assert_eq!(agent.id, "agent-2");
    assert_eq!(agent.actors, ["agent-2", "agent-1"]);
    assert_eq!(agent.user.as_deref(), Some("user-7"));
}

#[test]
fn a_chain_of_actors_is_refused_beyond_the_configured_length() {
    let chain = json!({"act": {"sub": "c", "act": {"sub": "b"}}});
    let claims = with(claims(), chain);
    assert!(configured(json!({"max_actors": 2}), &header(), &claims).is_ok());
    assert_eq!(configured(json!({"max_actors": 1}), &header(), &claims), Err(Reason::TokenActor));
    assert_eq!(claimed(json!({"act": "agent-2"})), Err(Reason::TokenActor));
}

#[test]
fn who_may_act_some_day_is_not_acting() {
    assert_eq!(claimed(json!({"may_act": {"sub": "agent-2"}})).unwrap().id, "agent-1");
}

#[test]
fn a_signature_by_another_key_does_not_hold() {
    let token = mint_raw(&header().to_string(), &claims().to_string(), 2);
    let refusal = run(&compiled(configuration()), &token, now(), &mut TokenMemory::default()).unwrap_err();
    assert_eq!(refusal.reason, Reason::TokenSignature);
}

#[test]
fn a_verdict_of_invalid_admits_nobody_and_is_not_remembered() {
    let (identity, mut memory) = (compiled(configuration()), TokenMemory::default());
    let Ok(Presented::Unverified(candidate)) = identity.present(&head(&mint(&header(), &claims())), now(), &memory)
    else {
        panic!("a first token is unverified");
    };
    let refusal = candidate.admit(SignatureVerdict::Invalid, &identity, now(), &mut memory).unwrap_err();
    assert_eq!(refusal.reason, Reason::TokenSignature);
    assert!(memory.is_empty());
}

#[test]
fn a_candidate_is_admitted_only_where_it_was_presented() {
    let (identity, mut memory) = (compiled(configuration()), TokenMemory::default());
    let Ok(Presented::Unverified(candidate)) = identity.present(&head(&mint(&header(), &claims())), now(), &memory)
    else {
        panic!("a first token is unverified");
    };
    let next = compiled(configuration());
    let refusal = candidate.admit(SignatureVerdict::Valid, &next, now(), &mut memory).unwrap_err();
    assert_eq!(refusal.reason, Reason::Fault);
}

#[test]
fn only_the_configured_type_is_an_access_token() {
    for good in ["at+jwt", "AT+JWT", "application/at+jwt", "Application/AT+jwt"] {
        assert!(headed(json!({"typ": good})).is_ok(), "{good}");
    }
    for bad in [
        "JWT",
        "",
        "at",
        "jwt",
        "dpop+jwt",
        "logout+jwt",
        "statuslist+jwt",
        "txntoken+jwt",
        "oauth-id-jag+jwt",
        "wit+jwt",
        "x/at+jwt",
        "application/application/at+jwt",
        "at+jwt ",
    ] {
        assert_eq!(headed(json!({"typ": bad})), Err(Reason::TokenType), "{bad}");
    }
    assert_eq!(headed(json!({"typ": null})), Err(Reason::TokenType));
}

#[test]
fn an_issuer_may_send_jwt_but_not_id_tokens() {
    let header = with(header(), json!({"typ": "JWT"}));
    let jwt = json!({"token_type": "JWT"});
    assert!(configured(jwt.clone(), &header, &claims()).is_ok());
    for other in ["at_hash", "c_hash", "s_hash", "events"] {
        let claims = with(claims(), json!({other: "x"}));
        assert_eq!(configured(jwt.clone(), &header, &claims), Err(Reason::TokenType), "{other}");
    }
}

#[test]
fn only_listed_algorithms_are_verified() {
    for algorithm in ["none", "HS256", "RS256", "es256", "ES384"] {
        assert_eq!(headed(json!({"alg": algorithm})), Err(Reason::TokenAlgorithm), "{algorithm}");
    }
    assert_eq!(headed(json!({"alg": null})), Err(Reason::TokenMalformed));
}

#[test]
fn a_listed_algorithm_needs_a_key_of_its_own() {
    let both = json!({"algorithms": ["ES256", "ES384"]});
    let header = with(header(), json!({"alg": "ES384"}));
    assert_eq!(configured(both, &header, &claims()), Err(Reason::TokenKey));
}

#[test]
fn the_key_is_the_one_that_the_token_names() {
    assert_eq!(headed(json!({"kid": "k2"})), Err(Reason::TokenKey));
    assert_eq!(headed(json!({"kid": "../../k1"})), Err(Reason::TokenKey));
    let two = json!({"jwks": {"inline": {"keys": [jwk(2, "k2"), jwk(1, "k1")]}}});
    assert!(configured(two.clone(), &header(), &claims()).is_ok());
    let unnamed = with(header(), json!({"kid": null}));
    assert_eq!(configured(two, &unnamed, &claims()), Err(Reason::TokenKey));
    assert!(headed(json!({"kid": null})).is_ok(), "the only key needs no name");
}

#[test]
fn each_issuer_has_its_own_keys() {
    let mut configuration = configuration();
    let mut second = configuration["issuers"][0].clone();
    second["issuer"] = json!("https://second.example.com");
    second["jwks"] = json!({"inline": {"keys": [jwk(2, "k1")]}});
    configuration["issuers"].as_array_mut().unwrap().push(second);
    let identity = compiled(configuration);
    let outcome = |issuer: &str, seed: u8| {
        let claims = with(claims(), json!({"iss": issuer}));
        let token = mint_raw(&header().to_string(), &claims.to_string(), seed);
        run(&identity, &token, now(), &mut TokenMemory::default()).map(|_| ()).map_err(|refusal| refusal.reason)
    };
    assert_eq!(outcome("https://second.example.com", 2), Ok(()));
    assert_eq!(outcome("https://second.example.com", 1), Err(Reason::TokenSignature));
    assert_eq!(outcome("https://third.example.com", 1), Err(Reason::TokenIssuer));
}

#[test]
fn the_issuer_is_compared_exactly() {
    for issuer in ["https://idp.example.com/", "HTTPS://idp.example.com", "https://idp.example.co", ""] {
        assert_eq!(claimed(json!({"iss": issuer})), Err(Reason::TokenIssuer), "{issuer}");
    }
    assert_eq!(claimed(json!({"iss": [ISSUER]})), Err(Reason::TokenIssuer));
    assert_eq!(claimed(json!({"iss": null})), Err(Reason::TokenClaims));
}

#[test]
fn the_audience_is_one_of_ours() {
    for good in [json!(AUDIENCE), json!(["https://x.example", AUDIENCE]), json!("https://other.example.com")] {
        assert!(claimed(json!({"aud": good})).is_ok());
    }
    for bad in [json!("https://gateway.example.com/mcp/"), json!(["https://x.example"]), json!([])] {
        assert_eq!(claimed(json!({"aud": bad})), Err(Reason::TokenAudience));
    }
    for malformed in [json!(1), json!([AUDIENCE, 1]), json!({"aud": AUDIENCE}), json!("")] {
        assert_eq!(claimed(json!({"aud": malformed})), Err(Reason::TokenClaims));
    }
}

#[test]
fn every_claim_of_rfc_9068_must_be_there() {
    for claim in ["iss", "exp", "aud", "sub", "client_id", "iat", "jti"] {
        assert_eq!(claimed(json!({claim: null})), Err(Reason::TokenClaims), "{claim}");
    }
    for claim in ["sub", "client_id", "jti", "org_id", "sid", "task", "intent", "role"] {
        for value in [json!(1), json!(""), json!(["x"]), json!("a\nb"), json!("a\u{0}")] {
            assert_eq!(claimed(json!({claim: value})), Err(Reason::TokenClaims), "{claim} {value}");
        }
    }
}

#[test]
fn a_token_ends_at_its_exp_and_the_skew() {
    let ending = |seconds: i64| claimed(json!({"exp": NOW.saturating_add_signed(seconds), "iat": NOW - 600}));
    assert!(ending(-29).is_ok());
    assert_eq!(ending(-30), Err(Reason::TokenExpired));
    assert!(claimed(json!({"exp": f64::from(u32::try_from(NOW).unwrap()) - 29.5, "iat": NOW - 600})).is_ok());
}

#[test]
fn a_token_begins_at_its_iat_and_nbf_less_the_skew() {
    for claim in ["iat", "nbf"] {
        assert!(claimed(json!({claim: NOW + 30})).is_ok(), "{claim}");
        assert_eq!(claimed(json!({claim: NOW + 31})), Err(Reason::TokenNotYetValid), "{claim}");
    }
}

#[test]
fn a_token_may_not_live_longer_than_configured() {
    assert!(claimed(json!({"iat": NOW, "exp": NOW + 900})).is_ok());
    assert_eq!(claimed(json!({"iat": NOW, "exp": NOW + 901})), Err(Reason::TokenLifetime));
    assert_eq!(claimed(json!({"iat": NOW + 20, "exp": NOW + 20})), Err(Reason::TokenClaims));
}

#[test]
fn a_moment_is_a_number_of_this_age() {
    for claim in ["exp", "iat", "nbf"] {
        for value in [json!("1795366800"), json!(-1), json!(1e18), json!(NOW * 1000), json!(true), json!([NOW])] {
            assert_eq!(claimed(json!({claim: value})), Err(Reason::TokenClaims), "{claim} {value}");
        }
    }
}

#[test]
fn a_token_with_restrictions_that_are_not_checked_here_is_refused() {
    for cnf in [json!({"jkt": "x"}), json!({"x5t#S256": "x"}), json!({}), json!("x"), json!({"unknown": 1})] {
        assert_eq!(claimed(json!({"cnf": cnf})), Err(Reason::TokenBinding));
    }
    let null_cnf = claims().to_string().replacen('{', r#"{"cnf":null,"#, 1);
    let token = mint_raw(&header().to_string(), &null_cnf, 1);
    let refusal = run(&compiled(configuration()), &token, now(), &mut TokenMemory::default()).unwrap_err();
    assert_eq!(refusal.reason, Reason::TokenBinding);
    assert_eq!(claimed(json!({"authorization_details": [{"type": "payment"}]})), Err(Reason::TokenClaims));
    assert_eq!(claimed(json!({"status": {"status_list": {"idx": 0, "uri": "https://x"}}})), Err(Reason::TokenClaims));
}

#[test]
fn claims_with_two_meanings_are_refused() {
    let twice = claims().to_string().replacen('{', r#"{"sub":"admin","#, 1);
    let nested = claims().to_string().replacen('{', r#"{"x":{"a":1,"\u0061":2},"#, 1);
    for bad in [twice.as_str(), &nested, "[]", "", "null", "{} {}", "\u{feff}{}"] {
        let token = mint_raw(&header().to_string(), bad, 1);
        let refusal = run(&compiled(configuration()), &token, now(), &mut TokenMemory::default()).unwrap_err();
        assert_eq!(refusal.reason, Reason::TokenMalformed, "{bad}");
    }
}

#[test]
fn scopes_are_a_text_or_a_list() {
    let scopes = |value: Value| claimed(json!({"scope": value})).map(|agent| agent.scopes);
    assert_eq!(scopes(json!("a b")).unwrap(), ["a", "b"]);
    assert_eq!(scopes(json!(["a", "b"])).unwrap(), ["a", "b"]);
    assert_eq!(scopes(json!("")).unwrap(), [""; 0]);
    assert_eq!(scopes(Value::Null).unwrap(), [""; 0]);
    for bad in [json!(1), json!({"a": true}), json!(["a", 1])] {
        assert_eq!(scopes(bad), Err(Reason::TokenClaims));
    }
}

#[test]
fn claims_are_found_by_name_or_pointer() {
    let mapping = json!({"claims": {
        "agent": "azp", "user": "email", "scopes": "scp", "token_id": "uti", "tenant": "https://example.com/tenant",
        "role": "/realm/roles/1", "session": "/a~1b/c~0d",
    }});
    let other = json!({
        "client_id": null, "jti": null, "scope": null, "azp": "agent-5", "email": "u@example.com", "uti": "u-1",
        "scp": ["x"], "https://example.com/tenant": "t-3", "realm": {"roles": ["a", "b"]}, "a/b": {"c~d": "s-9"},
    });
    let agent = configured(mapping.clone(), &header(), &with(claims(), other.clone())).unwrap();
    assert_eq!((agent.id.as_str(), agent.user.as_deref()), ("agent-5", Some("u@example.com")));
    assert_eq!((agent.token_id.as_str(), agent.scopes), ("u-1", vec!["x".to_owned()]));
    assert_eq!([agent.tenant, agent.role, agent.session].map(Option::unwrap), ["t-3", "b", "s-9"]);
    let unmapped = with(with(claims(), other), json!({"azp": null}));
    assert_eq!(configured(mapping, &header(), &unmapped), Err(Reason::TokenClaims));
}

#[test]
fn a_token_is_verified_once() {
    let (identity, mut memory) = (compiled(configuration()), TokenMemory::default());
    let token = mint(&header(), &claims());
    let first = run(&identity, &token, now(), &mut memory).unwrap();
    match identity.present(&head(&token), now(), &memory) {
        Ok(Presented::Known(again)) => assert!(Arc::ptr_eq(&first, &again)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_remembered_token_ends_when_it_would_have() {
    let (identity, mut memory) = (compiled(configuration()), TokenMemory::default());
    let token = mint(&header(), &claims());
    run(&identity, &token, now(), &mut memory).unwrap();
    let at = |seconds| identity.present(&head(&token), Timestamp::from_secs(NOW + seconds), &memory);
    assert!(matches!(at(629), Ok(Presented::Known(_))));
    assert!(matches!(at(630), Ok(Presented::Unverified(_))));
}

#[test]
fn only_the_very_token_is_remembered() {
    let (identity, mut memory) = (compiled(configuration()), TokenMemory::default());
    let token = mint(&header(), &claims());
    run(&identity, &token, now(), &mut memory).unwrap();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (header_part, _) = signed.split_once('.').unwrap();
    let richer = with(claims(), json!({"sub": "admin"}));
    let forged = format!("{header_part}.{}.{signature}", URL_SAFE_NO_PAD.encode(richer.to_string()));
    assert_eq!(run(&identity, &forged, now(), &mut memory).unwrap_err().reason, Reason::TokenSignature);
}

#[test]
fn a_new_configuration_knows_no_token() {
    let (old, mut memory) = (compiled(configuration()), TokenMemory::default());
    let token = mint(&header(), &claims());
    run(&old, &token, now(), &mut memory).unwrap();
    let mut rotated = configuration();
    rotated["issuers"][0]["jwks"] = json!({"inline": {"keys": [jwk(2, "k1")]}});
    let new = compiled(rotated);
    assert_eq!(run(&new, &token, now(), &mut memory).unwrap_err().reason, Reason::TokenSignature);
    let next = mint_raw(&header().to_string(), &claims().to_string(), 2);
    run(&new, &next, now(), &mut memory).unwrap();
    assert_eq!(memory.len(), 1, "the old configuration's tokens are gone");
}

/// Every algorithm, with a key made for this: its JWK, and a signature by it.
#[test]
fn every_algorithm_verifies_what_its_own_key_signed() {
    use jwt_simple::algorithms::{ES384PublicKey, Ed25519PublicKey};

    let p384 = p384::ecdsa::SigningKey::from_slice(&[3; 48]).unwrap();
    let p384_jwk = ES384PublicKey::from_bytes(p384.verifying_key().to_sec1_point(false).as_bytes()).unwrap().to_jwk();
    let p384_sign = |signed: &[u8]| {
        let signature: p384::ecdsa::Signature = p384.sign(signed);
        signature.to_bytes().to_vec()
    };
    let edwards = ed25519_compact::KeyPair::from_seed(ed25519_compact::Seed::new([3; 32]));
    let edwards_jwk = Ed25519PublicKey::from_bytes(edwards.pk.as_ref()).unwrap().to_jwk();
    let edwards_sign = |signed: &[u8]| edwards.sk.sign(signed, None).to_vec();
    let p256_jwk = jwk(1, "k1").to_string();
    let p256_sign = |signed: &[u8]| {
        let signature: p256::ecdsa::Signature = signing_key(1).sign(signed);
        signature.to_bytes().to_vec()
    };
    type Sign<'s> = &'s dyn Fn(&[u8]) -> Vec<u8>;
    let cases: [(&str, &str, Sign<'_>); 4] = [
        ("ES256", &p256_jwk, &p256_sign),
        ("ES384", &p384_jwk, &p384_sign),
        ("EdDSA", &edwards_jwk, &edwards_sign),
        ("Ed25519", &edwards_jwk, &edwards_sign),
    ];
    for (algorithm, key, sign) in cases {
        let mut configuration = configuration();
        let key: Value = with(serde_json::from_str(key).unwrap(), json!({"kid": "k1"}));
        configuration["issuers"][0]["algorithms"] = json!([algorithm]);
        configuration["issuers"][0]["jwks"] = json!({"inline": {"keys": [key]}});
        let identity = compiled(configuration);
        let header = with(header(), json!({"alg": algorithm}));
        let signed =
            format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims().to_string()));
        let mut signature = sign(signed.as_bytes());
        let token = |signature: &[u8]| format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature));
        assert!(run(&identity, &token(&signature), now(), &mut TokenMemory::default()).is_ok(), "{algorithm}");
        signature[20] ^= 1;
        let refusal = run(&identity, &token(&signature), now(), &mut TokenMemory::default()).unwrap_err();
        assert_eq!(refusal.reason, Reason::TokenSignature, "{algorithm}");
    }
}
