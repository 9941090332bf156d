//! The upstream's check of assertions, as the documentation gives it away, run by PyJWT on what a real Envoy with the
//! compiled filter sends. `make assertion` installs PyJWT and runs this.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use toolgate_host_tests::deployment::shipped_file;
use toolgate_host_tests::scenario::envoy::{EnvoyLane, wasm};
use toolgate_host_tests::scenario::run::case;
use toolgate_host_tests::scenario::{Lane, Scenario};

/// Answers each request on standard input with the decision that the gate asserts, or with why it isn't believed.
const DRIVER: &str = r#"
import base64, json, sys
from upstream import NotJudged, judged
for line in sys.stdin:
    request = json.loads(line)
    body = base64.b64decode(request["body"])
    try:
        print(judged(request["method"], request["path"], request["assertion"], body)["tool"])
    except NotJudged as error:
        print("refused:", error)
"#;

/// What the documented code says of each request.
fn told(requests: &[Value]) -> Vec<String> {
    let document = std::fs::read_to_string(shipped_file("ASSERTION.md")).unwrap();
    let (_, rest) = document.split_once("```python\n").expect("a block of Python");
    let (code, _) = rest.split_once("```").expect("its end");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("upstream.py"), code).unwrap();
    std::fs::write(folder.path().join("driver.py"), DRIVER).unwrap();
    let python = std::env::var_os("TOOLGATE_PYTHON").expect("TOOLGATE_PYTHON is not set: run `make assertion`");
    let mut child = Command::new(python)
        .arg(folder.path().join("driver.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines: String = requests.iter().map(|request| format!("{request}\n")).collect();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// What the upstream of a scenario got.
fn arrived(lane: &EnvoyLane, scenario: &Scenario) -> Value {
    let arrival = lane.run(&case(scenario, lane.now()).unwrap()).unwrap().remove(0).upstream.expect("it went on");
    let assertion = arrival.headers.iter().find(|(name, _)| name == "x-agent-assertion").expect("an assertion");
    json!({
        "method": arrival.method, "path": arrival.path, "body": STANDARD.encode(&arrival.body),
        "assertion": std::str::from_utf8(&assertion.1).unwrap(),
    })
}

#[test]
#[ignore = "needs PyJWT: `make assertion`"]
fn an_ordinary_library_verifies_what_the_gate_asserts() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let scenarios = ["allowed", "narrowed", "shadow", "by_another_key"].map(|name| {
        let file = format!("scenarios/assertion/{name}.toml");
        Scenario::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join(file), name).unwrap()
    });
    let lane = EnvoyLane::start(workspace, &wasm(workspace).unwrap(), &scenarios).unwrap();
    let [allowed, narrowed, shadow, strange] = scenarios.each_ref().map(|scenario| arrived(&lane, scenario));
    let with = |name: &str, value: Value| {
        let mut request = allowed.clone();
        request[name] = value;
        request
    };
    let another = narrowed["assertion"].clone();
    let cut = allowed["assertion"].as_str().unwrap().rsplit_once('.').unwrap().0.to_owned();
    let answers = told(&[
        allowed.clone(),
        narrowed,
        with("path", json!("/mcp?admin=1")),
        with("method", json!("PUT")),
        with("body", json!(STANDARD.encode("{}"))),
        with("assertion", another),
        with("assertion", json!(format!("{cut}."))),
        with("assertion", json!("eyJhbGciOiJub25lIn0.e30.")),
        shadow,
        strange,
    ]);
    let expected = [
        "crm.read_customer",
        "crm.list_contacts",
        "refused: about another request",
        "refused: about another request",
        "refused: about another request",
        "refused: about another request",
        "refused: Signature verification failed",
        "refused: not an assertion",
        "refused: would-deny",
        "refused: 'gate-2'",
    ];
    assert_eq!(answers, expected);
}
