//! The command `toolgate`, as an operator's shell runs it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use toolgate::explain::OpenedRecord;
use toolgate_host_tests::deployment::{Deployment, shipped_file};
use toolgate_host_tests::scenario::native::NativeLane;
use toolgate_host_tests::scenario::{Configuration, Scenario, run};

fn scenarios() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

fn toolgate(arguments: &[&str], input: &str) -> Output {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_toolgate"))
        .args(arguments)
        .current_dir(workspace)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The lines that `replay` answers under the configuration of the scenarios.
fn replay(lines: &[&str]) -> Vec<Value> {
    let config = scenarios().join("configs/support.yaml");
    let output = toolgate(&["replay", config.to_str().unwrap()], &format!("{}\n", lines.join("\n")));
    assert_eq!(text(&output.stderr), "", "progress is for terminals");
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn replay_gives_each_call_its_verdict() {
    let judged = replay(&[
        r#"{"claims":{"client_id":"support-agent"},"tool":"crm.read_customer","arguments":{"customer_id":"c-7"}}"#,
        r#"{"claims":{"client_id":"support-agent"},"tool":"crm.export_customers","arguments":{}}"#,
        r#"{"claims":{"client_id":"support-agent"},"tool":"crm.delete_invoice","arguments":{"invoice_id":"i-1"}}"#,
        r#"{"claims":{"client_id":"x"},"request":{"method":"GET","path":"/v1/payments?limit=5000","headers":{}}}"#,
    ]);
    let short = |judged: &Value| {
        json!([judged["verdict"], judged["action"], judged["reason"], judged["rule"], judged["asked"]])
    };
    assert_eq!(
        judged.iter().map(short).collect::<Vec<_>>(),
        [
            json!(["forward", "read", null, "read-one-customer", false]),
            json!(["reject", "export", "policy.denied", "no-bulk-export", false]),
            json!(["ask", "delete", null, "delete-invoice", true]),
            json!(["ask", "list", null, "read-payments", true]),
        ]
    );
    assert_eq!(judged[0]["resource"], json!({"type": "customer", "id": "c-7"}));
    assert_eq!(judged[3]["risk"]["findings"][0]["code"], "rows.over_limit");
}

#[test]
fn a_configuration_is_written_for_envoy_unless_the_filter_would_refuse_it() {
    let policy = scenarios().join("../../examples/policies/support/policy.yaml");
    let output = toolgate(&["plugin-config", policy.to_str().unwrap()], "");
    let written = Configuration::parse(&text(&output.stdout)).unwrap();
    let configuration = &written.json()["configuration"];
    assert_eq!(configuration["@type"], "type.googleapis.com/google.protobuf.StringValue");
    let value = Configuration::parse(configuration["value"].as_str().unwrap()).unwrap();
    assert_eq!(value, Configuration::read(&policy).unwrap());

    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("broken.yaml");
    fs::write(&broken, "policy_version: v1\nidentity: {issuers: []}\nroutes: []\nrules: []\n").unwrap();
    let refused = toolgate(&["plugin-config", broken.to_str().unwrap()], "");
    assert_eq!((refused.status.code(), text(&refused.stdout)), (Some(1), String::new()));
    assert!(text(&refused.stderr).contains("/identity/issuers: no issuer was found"), "{}", text(&refused.stderr));
}

#[test]
fn a_line_that_is_no_call_says_so_and_the_next_is_judged() {
    let judged = replay(&[
        "not json",
        "",
        r#"{"claims":{}}"#,
        r#"{"claims":{"client_id":"support-agent"},"tool":"crm.read_customer","arguments":{"customer_id":"c-7"}}"#,
        r#"{"claims":{"iss":"https://elsewhere"},"tool":"crm.read_customer","arguments":{}}"#,
    ]);
    assert_eq!(judged.len(), 4, "a blank line is no call");
    assert_eq!((&judged[0]["line"], &judged[1]["line"]), (&json!(1), &json!(3)));
    assert!(judged[0]["error"].as_str().unwrap().contains("not a recorded call"), "{}", judged[0]);
    assert_eq!(judged[2]["verdict"], "forward");
    assert_eq!(judged[3]["reason"], "token.issuer", "claims that are there are sent as they are");
}

#[test]
fn check_says_what_is_wrong_and_where() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.yaml");
    let config = fs::read_to_string(scenarios().join("configs/operators.yaml")).unwrap();
    fs::write(&path, config.replace("agent.scopes", "agent.scope").replace("protocol: mcp", "protocol: mpc")).unwrap();
    let output = toolgate(&["check", path.to_str().unwrap(), "--format", "json"], "");
    assert_eq!(output.status.code(), Some(1));
    let checked: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(checked["valid"], false);
    assert!(!checked["problems"].as_array().unwrap().is_empty(), "{checked}");
}

#[test]
fn test_runs_an_operators_own_scenarios() {
    let passing = scenarios().join("token/expired.toml");
    let output = toolgate(&["test", passing.to_str().unwrap()], "");
    assert_eq!((output.status.code(), text(&output.stdout).trim()), (Some(0), "1 of 1 scenarios pass"));

    let folder = tempfile::tempdir().unwrap();
    let failing = folder.path().join("failing.toml");
    let config = scenarios().join("configs/support.yaml");
    let scenario = fs::read_to_string(&passing).unwrap();
    let scenario = scenario.replace("config = \"support\"", &format!("config = {config:?}"));
    fs::write(&failing, scenario.replace("token.expired", "token.missing")).unwrap();
    let output = toolgate(&["test", failing.to_str().unwrap()], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stdout).contains("expected `token.missing`, found `token.expired`"),
        "{}",
        text(&output.stdout)
    );
}

#[test]
fn explain_names_each_rule_that_was_tried() {
    let config = scenarios().join("configs/support.yaml");
    let call = r#"{"claims":{"client_id":"support-agent"},"tool":"crm.export_customers","arguments":{}}"#;
    let output = toolgate(&["explain", config.to_str().unwrap(), "-"], call);
    let told = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    for part in
        ["token   support-agent", "no-bulk-export (deny): matches, decides", "read-one-customer (allow): no: `tool`"]
    {
        assert!(told.contains(part), "{part}\n{told}");
    }
}

#[test]
fn explain_and_replay_agree() {
    let config = scenarios().join("configs/support.yaml");
    for (tool, arguments) in [
        ("crm.read_customer", r#"{"customer_id":"c-7"}"#),
        ("crm.export_customers", "{}"),
        ("mail.send", r#"{"to":"someone@evil.example"}"#),
    ] {
        let call = format!(r#"{{"claims":{{"client_id":"support-agent"}},"tool":"{tool}","arguments":{arguments}}}"#);
        let explained = toolgate(&["explain", config.to_str().unwrap(), "-", "--format", "json"], &call);
        let explained: Value = serde_json::from_slice(&explained.stdout).unwrap();
        let replayed = replay(&[&call]).remove(0);
        for name in ["verdict", "rule", "reason", "asked"] {
            assert_eq!(explained[name], replayed[name], "{name} of {tool}");
        }
    }
}

/// Every record that a scenario leaves, as one log: the command tells what the core tells, which is all that the page shows.
#[test]
fn explain_tells_of_every_record_what_the_playground_does() {
    let all = Scenario::load_all(&scenarios()).unwrap();
    let records: Vec<_> = all.iter().flat_map(|scenario| run(scenario, &NativeLane).unwrap().records).collect();
    assert!(records.len() > 300, "only {} records", records.len());
    let log = |record: &Value| {
        format!("[2026-11-23 13:00:00.000][7][warning][wasm] wasm log toolgate: toolgate audit {record}")
    };
    let mut lines: Vec<_> = records.iter().map(log).collect();
    lines.insert(1, "[2026-11-23 13:00:00.000][7][info][main] starting workers".into());
    let output = toolgate(&["explain", "-", "--format", "json"], &lines.join("\n"));
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
    let told: Vec<Value> = text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(told.len(), records.len());
    for (told, record) in told.iter().zip(&records) {
        assert_eq!(*told, json!(OpenedRecord::read(&record.to_string())), "{record}");
        let refused = told["steps"].as_array().unwrap().iter().filter(|step| step["state"] == "refused").count();
        assert_eq!(refused, usize::from(record.get("reason").is_some()), "a refusal has its place: {record}");
        let verdict = if record["verdict"] == "forward" { "forward" } else { "reject" };
        assert_eq!(told["verdict"], verdict, "{record}");
        assert!(!told["why"].as_str().unwrap().contains("which isn't known here"), "{told}");
    }
}

#[test]
fn explain_opens_the_records_of_a_log_without_a_policy() {
    let record = json!({"decision_id": "d1", "verdict": "reject", "agent": "\u{1b}[2Jagent", "reason": "policy.no_rule", "detail": ""});
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("envoy.log");
    let mut log = b"caf\xe9: no UTF-8\n".to_vec();
    log.extend(
        format!("[warning] toolgate audit {record}\n[warning] toolgate audit {{\"decision_id\":\"cut\n").into_bytes(),
    );
    fs::write(&file, log).unwrap();
    let output = toolgate(&["explain", file.to_str().unwrap()], "");
    let told = text(&output.stdout);
    assert!(told.starts_with("Was rejected: no rule allows this\n"), "{told}");
    assert!(told.contains(r"agent        \u001b[2Jagent"), "{told}");
    assert!(text(&output.stderr).contains("can't be read"), "{}", text(&output.stderr));
    let spread = serde_json::to_string_pretty(&record).unwrap();
    let output = toolgate(&["explain", "policy.yaml", "-"], &spread);
    assert_eq!(text(&output.stdout), told, "a record by itself, over several lines; no policy is looked at");
    let output = toolgate(&["explain", "-"], r#"{"claims":{},"tool":"t"}"#);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("`toolgate explain CONFIG CALL`"), "{}", text(&output.stderr));
}

/// Names and values of a call are the caller's: none moves the cursor of whoever reads about it.
#[test]
fn what_explain_writes_moves_no_cursor() {
    let config = scenarios().join("configs/support.yaml");
    let call =
        json!({"claims": {"client_id": "support-agent"}, "tool": "crm.\u{1b}[2J", "arguments": {"a": "\r\u{9b}1A"}});
    let output = toolgate(&["explain", config.to_str().unwrap(), "-"], &call.to_string());
    let told = text(&output.stdout);
    assert!(told.contains(r"crm.\u{1b}[2J"), "{told}");
    assert!(!told.contains(|letter: char| letter.is_control() && letter != '\n'), "{told:?}");
}

#[test]
fn check_holds_an_envoy_against_the_policy() {
    let envoy = shipped_file("envoy.yaml");
    let output = toolgate(&["check", "--envoy", envoy.to_str().unwrap()], "");
    let told = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{told}{}", text(&output.stderr));
    assert!(told.ends_with("fits it: 0 errors, 0 remarks, 0 things not seen\n"), "{told}");

    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("envoy.yaml");
    let text_of_it = fs::read_to_string(&envoy).unwrap();
    fs::write(&broken, text_of_it.replace("merge_slashes: true\n", "merge_slashes: false\n")).unwrap();
    let policy = folder.path().join("policy.json");
    fs::write(&policy, Deployment::shipped().unwrap().plugin_configuration.to_string()).unwrap();
    let arguments = ["check", policy.to_str().unwrap(), "--envoy", broken.to_str().unwrap()];
    let output = toolgate(&arguments, "");
    let told = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(
        told.contains("error  envoy /static_resources/listeners/0/filter_chains/0/filters/0/typed_config\n"),
        "{told}"
    );
    assert!(told.contains("does not fit it: 1 errors"), "{told}");
    let json = toolgate(&[&arguments[..], &["--format", "json"]].concat(), "");
    let checked: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!((&checked["valid"], &checked["envoy"][0]["severity"]), (&json!(true), &json!("error")));

    let none = folder.path().join("none.yaml");
    fs::write(&none, "kind: EnvoyFilter\n").unwrap();
    let refused = toolgate(&["check", "--envoy", none.to_str().unwrap()], "");
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("an Envoy bootstrap is expected"), "{}", text(&refused.stderr));
}

#[test]
fn check_remarks_on_a_tool_that_nobody_may_use() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.json");
    let mut config = Deployment::shipped().unwrap().plugin_configuration;
    config["rules"] = json!([{"id": "tickets", "effect": "allow", "when": {"tool": "tickets.read"}}]);
    fs::write(&path, config.to_string()).unwrap();
    let output = toolgate(&["check", path.to_str().unwrap(), "--format", "json"], "");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    let checked: Value = serde_json::from_slice(&output.stdout).unwrap();
    let remarks = checked["remarks"].as_array().unwrap();
    let places: Vec<_> = remarks.iter().map(|remark| remark["pointer"].as_str().unwrap()).collect();
    assert!(places.contains(&"/tools/customers.export"), "{checked}");
    assert!(places.contains(&"/routes/1/operations/1"), "{checked}");
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the command asks what time it is")]
fn an_assertion_is_verified_and_what_does_not_fit_is_named() {
    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    use sha2::{Digest, Sha256};
    use toolgate_host_tests::scenario::keys::{EDDSA, ES256};

    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &str| {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (body, other) = (file("body", "{\"a\":1}"), file("other", "{\"a\":2}"));
    let (key, strange) = (file("key", &EDDSA.public_jwk().to_string()), file("strange", &ES256.public_pem().unwrap()));
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let digest = format!("sha-256=:{}:", STANDARD.encode(Sha256::digest("{\"a\":1}")));
    let minted = |kind: &str, expires: u64| {
        let header = json!({"alg": "EdDSA", "typ": kind, "kid": EDDSA.id});
        let claims = json!({"iat": now, "exp": expires, "htm": "POST", "path": "/mcp", "content_digest": digest, "decision": "allow"});
        let encode = |json: Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let input = format!("{}.{}", encode(header), encode(claims));
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(EDDSA.sign(input.as_bytes()).unwrap()))
    };
    let good = minted("toolgate-decision+jwt", now + 60);
    let verify = |token: &str, key: &str, path: &str, body: &str| {
        let output = toolgate(&["verify-assertion", token, "--key", key, "--path", path, "--body", body], "");
        (output.status.code(), text(&output.stdout))
    };
    let (status, told) = verify(&good, &key, "/mcp", &body);
    assert_eq!((status, told.as_str()), (Some(0), "holds: the gate's decision about this request is `allow`\n"));
    for (token, key, path, body, why) in [
        (good.as_str(), &key, "/mcp?x=1", &body, "`path` says `/mcp`, and the request has `/mcp?x=1`"),
        (good.as_str(), &key, "/mcp", &other, "`content_digest` says"),
        (good.as_str(), &strange, "/mcp", &body, "it doesn't verify"),
        (minted("at+jwt", now + 60).as_str(), &key, "/mcp", &body, "it doesn't verify"),
        (minted("toolgate-decision+jwt", now - 1).as_str(), &key, "/mcp", &body, "it doesn't verify"),
    ] {
        let (status, told) = verify(token, key, path, body);
        assert!(status == Some(1) && told.starts_with(why), "{status:?} {told}");
    }
}
