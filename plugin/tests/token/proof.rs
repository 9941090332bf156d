//! From the token to the key, and from the key to the proof.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer as _;
use serde_json::{Value, json};
use toolgate::reason::Reason;
use toolgate::token::host_form::verify_signature_arguments;
use toolgate::token::{Algorithm, Attempt, Presented, Published, SignatureVerdict, TokenMemory, verify_in_process};

use crate::support::*;

#[test]
fn a_signature_by_another_key_does_not_hold() {
    let token = mint_raw(&header().to_string(), &claims().to_string(), 2);
    let refusal = run(&compiled(configuration()), &token, now(), &mut TokenMemory::default()).unwrap_err();
    assert_eq!(refusal.reason, Reason::TokenSignature);
}

#[test]
fn a_verdict_of_invalid_admits_nobody_and_is_not_remembered() {
    let (identity, mut memory) = (compiled(configuration()), TokenMemory::default());
    let Ok(Presented::Unverified(candidate)) =
        identity.present(&head(&mint(&header(), &claims())), now(), &memory, &mut Published::default(), Attempt::First)
    else {
        panic!("a first token is unverified");
    };
    let refusal =
        candidate.admit(SignatureVerdict::Invalid, &identity, now(), &mut memory, &Published::default()).unwrap_err();
    assert_eq!(refusal.reason, Reason::TokenSignature);
    assert!(memory.is_empty());
}

#[test]
fn a_candidate_is_admitted_only_where_it_was_presented() {
    let (identity, mut memory) = (compiled(configuration()), TokenMemory::default());
    let Ok(Presented::Unverified(candidate)) =
        identity.present(&head(&mint(&header(), &claims())), now(), &memory, &mut Published::default(), Attempt::First)
    else {
        panic!("a first token is unverified");
    };
    let next = compiled(configuration());
    let refusal =
        candidate.admit(SignatureVerdict::Valid, &next, now(), &mut memory, &Published::default()).unwrap_err();
    assert_eq!(refusal.reason, Reason::Fault);
}

#[test]
fn a_key_answers_for_its_own_algorithm_only() {
    let (identity, memory) = (compiled(configuration()), TokenMemory::default());
    let Ok(Presented::Unverified(candidate)) =
        identity.present(&head(&mint(&header(), &claims())), now(), &memory, &mut Published::default(), Attempt::First)
    else {
        panic!("a first token is unverified");
    };
    let mut check = candidate.check().clone();
    assert_eq!(verify_in_process(&check), SignatureVerdict::Valid);
    assert!(verify_signature_arguments(&check).is_some());
    check.algorithm = Algorithm::RS256;
    assert_eq!(verify_in_process(&check), SignatureVerdict::Invalid);
    assert_eq!(verify_signature_arguments(&check), None);
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
fn a_mac_counts_only_behind_its_dangerous_word() {
    use jwt_simple::algorithms::{HS256Key, MACLike as _};

    let secret = [9_u8; 32];
    let key = json!({"kty": "oct", "kid": "k1", "k": URL_SAFE_NO_PAD.encode(secret)});
    let mut configuration = configuration();
    configuration["issuers"][0]["algorithms"] = json!(["HS256"]);
    configuration["issuers"][0]["dangerously_allow_hs256"] = json!(true);
    configuration["issuers"][0]["jwks"] = json!({"inline": {"keys": [key]}});
    let identity = compiled(configuration);
    let header = with(header(), json!({"alg": "HS256"}));
    let signed =
        format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims().to_string()));
    let mut tag = HS256Key::from_bytes(&secret).authentication_tag(signed.as_bytes());
    let outcome = |tag: &[u8]| {
        let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag));
        run(&identity, &token, now(), &mut TokenMemory::default()).map(|_| ()).map_err(|refusal| refusal.reason)
    };
    assert_eq!(outcome(&tag), Ok(()));
    assert_eq!(outcome(&tag[..31]), Err(Reason::TokenSignature));
    assert_eq!(outcome(&[]), Err(Reason::TokenSignature));
    tag[31] ^= 1;
    assert_eq!(outcome(&tag), Err(Reason::TokenSignature));
}

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
