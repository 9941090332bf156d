//! Tokens are verified once, and believed no longer than they live.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use toolgate::reason::Reason;
use toolgate::time::Timestamp;
use toolgate::token::{Attempt, Presented, Published, TokenMemory};

use crate::support::*;

#[test]
fn a_token_is_verified_once() {
    let (identity, mut memory) = (compiled(configuration()), TokenMemory::default());
    let token = mint(&header(), &claims());
    let first = run(&identity, &token, now(), &mut memory).unwrap();
    match identity.present(&head(&token), now(), &memory, &mut Published::default(), Attempt::First) {
        Ok(Presented::Known(again)) => assert!(Arc::ptr_eq(&first, &again)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_remembered_token_ends_when_it_would_have() {
    let (identity, mut memory) = (compiled(configuration()), TokenMemory::default());
    let token = mint(&header(), &claims());
    run(&identity, &token, now(), &mut memory).unwrap();
    let at = |seconds| {
        identity.present(
            &head(&token),
            Timestamp::from_secs(NOW + seconds),
            &memory,
            &mut Published::default(),
            Attempt::First,
        )
    };
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

#[test]
fn a_known_token_costs_no_allocation() {
    let (identity, mut memory) = (compiled(configuration()), TokenMemory::default());
    let token = mint(&header(), &claims());
    run(&identity, &token, now(), &mut memory).unwrap();
    let head = head(&token);
    let cost = allocation_counter::measure(|| {
        assert!(matches!(
            identity.present(&head, now(), &memory, &mut Published::default(), Attempt::First),
            Ok(Presented::Known(_))
        ));
    });
    assert_eq!(cost.count_total, 0);
}
