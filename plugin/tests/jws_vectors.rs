//! Project Wycheproof's JSON Web Signature vectors, through both verifiers.
//!
//! Each vector is taken as a request would take it: the key from its JWK, the token by [`Jws::parse`], and then the
//! signature, once in this process and once in the form that the host is asked in. In place of the host stands
//! `ring`, whose verifiers are those of the BoringSSL that Envoy is linked with.
//!
//! The vectors are read from the folder in `TOOLGATE_VECTORS`, or from `../shared/vectors` beside the repository.
#![expect(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "this is how a test fails")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use ring::signature as host;
use serde_json::Value;
use spki::der::Decode as _;
use toolgate::token::host_form::verify_signature_arguments;
use toolgate::token::jws::Jws;
use toolgate::token::{Algorithm, PublicKey, SignatureCheck, SignatureVerdict, verify_in_process};

const MAC: &str = "HS256 is refused: whoever can check a MAC can forge it";
const ONE_ALGORITHM: &str = "the key says PS256 and the token PS384: one algorithm a key (RFC 8725 section 3.1)";
const NO_P521: &str = "P-521 is not offered, and the key names an algorithm that doesn't exist (ES521)";

/// Where we differ from the suite, each by its number and with its reason. All of them are stricter.
const LEDGER: &[(u64, &str)] = &[
    (1, MAC),
    (346, ONE_ALGORITHM),
    (347, NO_P521),
    (348, MAC),
    (350, ONE_ALGORITHM),
    (351, NO_P521),
    (352, MAC),
    (357, MAC),
    (358, MAC),
    (359, MAC),
    (372, MAC),
    (373, MAC),
    (376, MAC),
    (377, MAC),
];

fn vectors() -> Option<Value> {
    let folder = std::env::var_os("TOOLGATE_VECTORS")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors"), PathBuf::from);
    let file = folder.join("jws/json_web_signature_test.json");
    match std::fs::read(&file) {
        Ok(bytes) => Some(serde_json::from_slice(&bytes).expect("the vectors are JSON")),
        Err(error) if std::env::var_os("TOOLGATE_VECTORS").is_some() => panic!("{}: {error}", file.display()),
        Err(_) => {
            eprintln!("SKIPPED: no JWS vectors in `{}`; name their folder in TOOLGATE_VECTORS", folder.display());
            None
        }
    }
}

/// What remains of a vector when everything but its signature has been judged.
fn check(key: &Value, token: &str) -> Option<SignatureCheck> {
    let jws = Jws::parse(token.as_bytes()).ok()?;
    // As every issuer's list has it unless it says a dangerous word.
    let algorithm = jws.header.algorithm.filter(|algorithm| *algorithm != Algorithm::HS256)?;
    let named = key.get("alg").and_then(Value::as_str).map_or(Some(algorithm), Algorithm::named)?;
    let key_id = key.get("kid").and_then(Value::as_str).map(str::to_owned);
    let key = PublicKey::from_jwk(&key.to_string(), key_id, named).ok()?;
    let fits = key.algorithm() == algorithm && key.key_id() == jws.header.key_id.as_deref();
    fits.then(|| SignatureCheck {
        algorithm,
        key: Arc::new(key),
        signed: jws.signed.to_vec(),
        signature: jws.signature,
    })
}

/// The fields of a flat protobuf message whose fields are all length-delimited and shorter than 2¹⁴ bytes.
fn fields(mut message: &[u8]) -> BTreeMap<u8, Vec<u8>> {
    let mut fields = BTreeMap::new();
    while let [tag, rest @ ..] = message {
        assert_eq!(tag & 7, 2, "length-delimited");
        let (length, rest) = match rest {
            [low, rest @ ..] if low & 0x80 == 0 => (usize::from(*low), rest),
            [low, high, rest @ ..] => (usize::from(low & 0x7f) | usize::from(*high) << 7, rest),
            _ => panic!("a length is missing"),
        };
        let (value, rest) = rest.split_at(length);
        assert!(fields.insert(tag >> 3, value.to_vec()).is_none(), "a field twice");
        message = rest;
    }
    fields
}

/// What the host says to these arguments.
fn ask_host(arguments: &[u8]) -> bool {
    let fields = fields(arguments);
    assert_eq!(fields.keys().copied().collect::<Vec<_>>(), [1, 2, 3, 4]);
    let spki = spki::SubjectPublicKeyInfoRef::from_der(&fields[&2]).expect("a SubjectPublicKeyInfo");
    const RSA: &str = "1.2.840.113549.1.1.1";
    const EC: &str = "1.2.840.10045.2.1";
    let algorithm: &dyn host::VerificationAlgorithm = match (spki.algorithm.oid.to_string().as_str(), &fields[&1][..]) {
        (RSA, b"sha256") => &host::RSA_PKCS1_2048_8192_SHA256,
        (RSA, b"sha384") => &host::RSA_PKCS1_2048_8192_SHA384,
        (RSA, b"sha512") => &host::RSA_PKCS1_2048_8192_SHA512,
        (EC, b"sha256") => &host::ECDSA_P256_SHA256_ASN1,
        (EC, b"sha384") => &host::ECDSA_P384_SHA384_ASN1,
        other => panic!("the host can't be asked for {other:?}"),
    };
    let key = host::UnparsedPublicKey::new(algorithm, spki.subject_public_key.raw_bytes());
    key.verify(&fields[&4], &fields[&3]).is_ok()
}

#[test]
fn wycheproof_comes_out_as_the_suite_says_through_both_verifiers() {
    let Some(vectors) = vectors() else { return };
    let (mut total, mut agreed, mut asked) = (0_u32, 0_u32, 0_u32);
    let mut differing = BTreeMap::new();
    for group in vectors["testGroups"].as_array().expect("groups") {
        let key = group.get("public").unwrap_or(&group["private"]);
        for test in group["tests"].as_array().expect("tests") {
            let id = test["tcId"].as_u64().expect("a number");
            let check = test["jws"].as_str().and_then(|token| check(key, token));
            let holds = check.as_ref().is_some_and(|check| verify_in_process(check) == SignatureVerdict::Valid);
            if let Some(arguments) = check.as_ref().and_then(verify_signature_arguments) {
                assert_eq!(ask_host(&arguments), holds, "the verifiers disagree on vector {id}");
                asked += 1;
            }
            total += 1;
            match (test["result"] == "valid", holds) {
                (true, true) | (false, false) => agreed += 1,
                (valid, _) => {
                    assert!(valid, "vector {id} must be refused: {}", test["comment"]);
                    differing.insert(id, test["comment"].clone());
                }
            }
        }
    }
    let ledger: BTreeMap<_, _> = LEDGER.iter().copied().collect();
    for (id, comment) in &differing {
        assert!(ledger.contains_key(id), "vector {id} ({comment}) is refused, and the ledger has no reason");
    }
    for (id, reason) in &ledger {
        assert!(differing.contains_key(id), "the ledger's entry {id} is stale: {reason}");
    }
    assert_eq!(total, 401);
    assert!(asked > 200, "only {asked} vectors were put to the host");
    println!("jws {agreed}/{total}, {} stricter by choice", differing.len());
}
