//! Tokens that are bound to a TLS certificate, through a real Envoy that ends mutual TLS: what Envoy says of its connection is
//! what the filter compares with (RFC 8705 section 3). The lanes of scenarios speak plain HTTP; this one speaks TLS, with `curl`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use toolgate_host_tests::scenario::envoy::{Around, EnvoyLane, Tls, wasm};
use toolgate_host_tests::scenario::message::Message;
use toolgate_host_tests::scenario::{Lane, Scenario, run};

/// What a token says that is bound to `keys/client.crt`.
const CLIENT: &str = "1mqmPIKa9kZW3qNdHehBrfUdceBAktEBrsNP0R1d3ro";

fn keys() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/scenario/keys")
}

/// A call with a token that is bound to that certificate.
fn scenario(name: &str, certificate: &str) -> Scenario {
    let folder = tempfile::tempdir().unwrap();
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/configs/bound.yaml");
    let text = format!(
        "about = \"mtls\"\nconfig = {:?}\ntoken = {{ claims = {{ cnf = {{ \"x5t#S256\" = \"{certificate}\" }} }} }}\n\
         request = {{ call = {{ tool = \"crm.read\" }} }}\nexpect = {{ forwarded = true }}\n",
        config.display().to_string()
    );
    let path = folder.path().join(format!("{name}.toml"));
    std::fs::write(&path, text).unwrap();
    Scenario::load(&path, name).unwrap()
}

/// The status of the answer to `message`, and the reason that it gives.
fn curl(port: u16, message: &Message, with_certificate: bool) -> (String, String) {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--insecure", "--output", "-", "--write-out", "\n%{http_code} %header{x-agent-reason}"]);
    if with_certificate {
        curl.arg("--cert").arg(keys().join("client.crt")).arg("--key").arg(keys().join("client.pem"));
    }
    for (name, value) in &message.headers {
        curl.arg("--header").arg(format!("{name}: {}", String::from_utf8_lossy(value)));
    }
    curl.arg("--data-binary").arg(String::from_utf8(message.body.clone().unwrap()).unwrap());
    let output = curl.arg(format!("https://127.0.0.1:{port}{}", message.path)).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (status, reason) = text.lines().last().unwrap_or_default().split_once(' ').unwrap_or_default();
    (status.to_owned(), reason.to_owned())
}

#[test]
fn a_token_is_as_good_as_the_certificate_of_its_connection() {
    if Command::new("curl").arg("--version").output().is_err() {
        println!("SKIPPED: there is no `curl`, which speaks TLS here");
        return;
    }
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let scenarios = [scenario("mtls", CLIENT), scenario("mtls_other", "mpqampqampqampqampqampqampqampqampqampqampo")];
    let tls = Tls { certificate: keys().join("tls.crt"), key: keys().join("tls.pem") };
    let around = Around { tls: Some(&tls), ..Around::default() };
    let lane = EnvoyLane::beside(workspace, &wasm(workspace).unwrap(), &scenarios, &around).unwrap();
    let told = |scenario: &Scenario, with_certificate: bool| {
        let case = run::case(scenario, lane.now()).unwrap();
        curl(lane.port(&scenario.name).unwrap(), &case.steps[0].0, with_certificate)
    };
    let refused = ("401".to_owned(), "token.binding".to_owned());
    assert_eq!(told(&scenarios[0], true), ("200".to_owned(), String::new()));
    assert_eq!(told(&scenarios[0], false), refused, "no certificate");
    assert_eq!(told(&scenarios[1], true), refused, "another certificate");
    // A token that was verified a moment ago is bound all the same.
    assert_eq!(told(&scenarios[0], true), ("200".to_owned(), String::new()));
    assert_eq!(told(&scenarios[0], false), refused, "no certificate, token known");
}
