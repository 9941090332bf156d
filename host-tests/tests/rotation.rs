//! An issuer that rotates its keys, behind a real Envoy with two workers under traffic: nobody is refused for it, and the
//! keys are fetched once an interval, not once a worker.
//!
//! `TOOLGATE_ROTATION` says for how many seconds; `make rotation` runs ten minutes with a rotation each minute.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use toolgate_host_tests::scenario::Scenario;
use toolgate_host_tests::scenario::envoy::{Around, EnvoyLane, wasm};
use toolgate_host_tests::scenario::format::{Published, Sign};

/// The keys that the issuer signs with, one after the other, and again from the first.
const KEYS: [Sign; 3] = [Sign::Es256, Sign::Eddsa, Sign::Es384];

/// Parts of the time between two rotations: in the first the next key is published beside the one in use, so that everybody
/// has it when it is used from the third on; in the last the old one is gone.
const PARTS: u32 = 4;

/// Two, as a small gateway has.
const WORKERS: u32 = 2;

/// How long between the requests of one client.
const BREATH: Duration = Duration::from_millis(25);

fn scenario(refresh: Duration) -> Scenario {
    let folder = tempfile::tempdir().unwrap();
    let config = serde_json::json!({
        "policy_version": "rotation",
        "identity": {"issuers": [{
            "issuer": "https://idp.example.com",
            "audiences": ["https://gateway.example.com/mcp"],
            "algorithms": ["ES256", "EdDSA", "ES384"],
            "jwks": {"cluster": "idp", "uri": "https://idp.example.com/jwks",
                "refresh": format!("{}ms", refresh.as_millis()), "pause": "100ms"},
        }]},
        "routes": [{"match": {"path": "/mcp"}, "protocol": "mcp", "server": "crm"}],
        "rules": [{"id": "read", "effect": "allow", "when": {"action": "read"}}],
    });
    let file = folder.path().join("rotation.json");
    std::fs::write(&file, config.to_string()).unwrap();
    let text = format!(
        "about = \"rotation\"\nconfig = {:?}\nissuer = {{ keys = [\"es256\"] }}\nrequest = {{ call = {{ tool = \"crm.read\" }} }}\nexpect = {{ forwarded = true }}\n",
        file.display().to_string()
    );
    let path = folder.path().join("rotation.toml");
    std::fs::write(&path, text).unwrap();
    Scenario::load(&path, "rotation").unwrap()
}

/// Sends requests with tokens of the key in use, until told to stop; each answer that is no 200 is kept.
fn client(
    lane: &EnvoyLane,
    scenario: &Scenario,
    sign: &Mutex<Sign>,
    ends: &AtomicBool,
    sent: &AtomicUsize,
    refused: &Mutex<BTreeMap<String, usize>>,
) {
    let mut scenario = scenario.clone();
    while !ends.load(Ordering::Relaxed) {
        let sign = *sign.lock().unwrap();
        for step in &mut scenario.steps {
            step.token.sign = sign;
        }
        let answer = lane.send(&scenario).unwrap();
        sent.fetch_add(1, Ordering::Relaxed);
        if answer.status != 200 {
            let told = format!("{} {}", answer.status, String::from_utf8_lossy(&answer.body));
            *refused.lock().unwrap().entry(told).or_default() += 1;
        }
        thread::sleep(BREATH);
    }
}

#[test]
fn a_rotation_refuses_nobody_and_is_fetched_once_an_interval() {
    let seconds = std::env::var("TOOLGATE_ROTATION").map_or(24, |text| text.parse().expect("a number of seconds"));
    let rotation = if seconds >= 120 { Duration::from_secs(60) } else { Duration::from_secs(4) };
    let part = rotation.checked_div(PARTS).unwrap();
    let refresh = part.checked_div(2).unwrap();
    let scenario = scenario(refresh);
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let one = std::slice::from_ref(&scenario);
    let around = Around { workers: WORKERS, ..Around::default() };
    let lane = EnvoyLane::beside(workspace, &wasm(workspace).unwrap(), one, &around).unwrap();
    let (sign, ends, sent, refused) =
        (Mutex::new(KEYS[0]), AtomicBool::new(false), AtomicUsize::new(0), Mutex::default());
    let before = lane.fetches("rotation");
    let publish = |keys: &[Sign]| lane.publish("rotation", Published { keys: keys.to_vec(), ..Published::default() });
    let rotations = Duration::from_secs(seconds).as_millis() / rotation.as_millis();
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| client(&lane, &scenario, &sign, &ends, &sent, &refused));
        }
        for (old, new) in KEYS.iter().cycle().zip(KEYS.iter().cycle().skip(1)).take(usize::try_from(rotations).unwrap())
        {
            publish(&[*old, *new]);
            thread::sleep(part.saturating_mul(2));
            *sign.lock().unwrap() = *new;
            thread::sleep(part);
            publish(&[*new]);
            thread::sleep(part);
        }
        ends.store(true, Ordering::Relaxed);
    });
    let (sent, fetches) = (sent.into_inner(), lane.fetches("rotation").saturating_sub(before));
    let intervals = Duration::from_secs(seconds).as_millis() / refresh.as_millis();
    println!("{sent} requests, {rotations} rotations, {fetches} fetches in {intervals} intervals, {WORKERS} workers");
    let refused = refused.into_inner().unwrap();
    assert!(refused.is_empty(), "of {sent}: {refused:#?}");
    assert!(sent > usize::try_from(seconds).unwrap(), "only {sent} requests");
    // The one under way at the beginning counts, whichever interval it falls into.
    assert!(u128::try_from(fetches).unwrap() <= intervals + 1, "{fetches} fetches in {intervals} intervals");
    assert!(u128::try_from(fetches).unwrap() >= intervals / 2, "only {fetches} fetches in {intervals} intervals");
}
