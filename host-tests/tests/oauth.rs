//! A real OAuth server (`oidc-provider`), a real MCP client and a real MCP server (its SDK), and the filter in a real Envoy
//! between them: what the standards say fits together does.
//!
//! The client knows nothing but the URL of the MCP server. It is refused, finds the protected resource's metadata (RFC 9728) and
//! the authorization server's (RFC 8414), registers (RFC 7591), gets a code with PKCE (RFC 7636) for this resource (RFC 8707),
//! has its token bound to a key (RFC 9449), calls, refreshes, and revokes (RFC 7009); once with JWTs, once with opaque tokens
//! about which the gateway asks (RFC 7662). `make oauth-test` installs what that needs.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use serde_json::{Value, json};
use toolgate_host_tests::scenario::Scenario;
use toolgate_host_tests::scenario::envoy::{Around, EnvoyLane, wasm};

/// Where `make oauth-test` has installed the stage's packages.
const STAGE: &str = "TOOLGATE_OAUTH_STAGE";

/// Longer than any step takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The servers and the client, in a process of their own.
struct Stage {
    process: Child,
    input: ChildStdin,
    lines: Receiver<Value>,
}

impl Stage {
    fn start(folder: &str) -> Self {
        let mut process = Command::new("node")
            .arg("stage.mjs")
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node is needed");
        let (input, output) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        let (send, lines) = channel();
        thread::spawn(move || {
            // What others print among it is none of ours.
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if let Ok(told) = serde_json::from_str::<Value>(&line)
                    && send.send(told).is_err()
                {
                    break;
                }
            }
        });
        Self { process, input, lines }
    }

    fn told(&self) -> Value {
        self.lines.recv_timeout(PATIENCE).expect("the stage goes on talking")
    }

    fn step(&self, name: &str) -> Value {
        let told = self.told();
        assert_eq!(told["step"], name, "{told:#}");
        told
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn configuration(issuer: &str) -> Value {
    let credential = base64::prelude::BASE64_STANDARD.encode("gateway:a%20secret%20of%20this%20test");
    let resource = |path: &str| json!({"resource": format!("https://gateway.example.com{path}"), "authorization_servers": [issuer], "scopes_supported": ["mcp:tools"]});
    let route = |path: &str| {
        json!({"match": {"path": path}, "protocol": "mcp", "server": "crm", "requires_scope": ["mcp:tools"],
            "protected_resource": resource(path)})
    };
    json!({
        "policy_version": "oauth",
        "identity": {
            "dpop": {"origins": ["https://gateway.example.com"], "algorithms": ["ES256"]},
            "issuers": [
                {"issuer": issuer, "audiences": ["https://gateway.example.com/mcp"], "algorithms": ["ES256"], "require_binding": true,
                    "jwks": {"cluster": "idp", "discover": "oidc"}},
                {"issuer": issuer, "profile": "opaque", "audiences": ["https://gateway.example.com/opaque"],
                    "introspection": {"cluster": "idp", "uri": format!("{issuer}/introspect"), "credential": format!("Basic {credential}"), "max_age": "2s"}},
            ],
        },
        "routes": [route("/mcp"), route("/opaque")],
        "rules": [{"id": "read", "effect": "allow", "when": {"action_in": ["read", "list"]}}],
    })
}

fn scenario(folder: &Path, config: &Value) -> Scenario {
    let file = folder.join("oauth.json");
    std::fs::write(&file, config.to_string()).unwrap();
    let text = format!(
        "about = \"oauth\"\nconfig = {:?}\nissuer = {{}}\ntoken = {{ absent = true }}\nrequest = {{ call = {{ tool = \"crm.read\" }} }}\nexpect = {{ forwarded = false, reason = \"token.missing\" }}\n",
        file.display().to_string()
    );
    let path = folder.join("oauth.toml");
    std::fs::write(&path, text).unwrap();
    Scenario::load(&path, "oauth").unwrap()
}

#[test]
fn a_real_client_gets_a_bound_token_from_a_real_server_and_calls_with_it() {
    let Ok(folder) = std::env::var(STAGE) else {
        println!("SKIPPED: {STAGE} is not set; `make oauth-test` installs the OAuth server and sets it");
        return;
    };
    let mut stage = Stage::start(&folder);
    let servers = stage.told();
    let port = |name: &str| u16::try_from(servers[name].as_u64().unwrap()).unwrap();
    let issuer = servers["issuer"].as_str().unwrap();
    let temporary = tempfile::tempdir().unwrap();
    let scenario = scenario(temporary.path(), &configuration(issuer));
    let around =
        Around { issuer: Some(port("issuer_port")), upstream: Some(port("upstream_port")), ..Around::default() };
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let lane =
        EnvoyLane::beside(workspace, &wasm(workspace).unwrap(), std::slice::from_ref(&scenario), &around).unwrap();
    writeln!(stage.input, "{}", lane.port("oauth").unwrap()).unwrap();

    let discovered = stage.step("discovered");
    let challenge = discovered["challenge"].as_str().unwrap();
    let metadata = "resource_metadata=\"https://gateway.example.com/.well-known/oauth-protected-resource/mcp\"";
    assert!(challenge.contains(metadata) && challenge.contains("DPoP algs=\"ES256\""), "{challenge}");
    let asked = &discovered["authorization"];
    assert_eq!(
        (&asked["code_challenge_method"], &asked["resource"]),
        (&json!("S256"), &json!("https://gateway.example.com/mcp"))
    );

    let called = stage.step("called");
    assert_eq!(called["outcome"], "a customer", "{called:#}");
    assert_eq!((&called["bound"], &called["type"]), (&json!("string"), &json!("DPoP")));
    // Neither token nor proof goes on to the server, which learns who calls from the gateway.
    assert_eq!((&called["upstream"]["authorization"], &called["upstream"]["dpop"]), (&Value::Null, &Value::Null));
    assert!(called["upstream"]["agent"].is_string());

    let replayed = stage.step("replayed");
    assert_eq!((&replayed["status"], &replayed["reason"]), (&json!(401), &json!("token.replayed")));
    let stolen = stage.step("stolen");
    assert_eq!((&stolen["status"], &stolen["reason"]), (&json!(401), &json!("token.binding")));

    let refreshed = stage.step("refreshed");
    assert_eq!((&refreshed["outcome"], &refreshed["another"]), (&json!("AUTHORIZED"), &json!(true)));
    assert_eq!(refreshed["called"], "a customer");
    let revoked = stage.step("revoked");
    assert_eq!(
        (&revoked["status"], &revoked["outcome"]),
        (&json!(200), &json!("grant request is invalid")),
        "{revoked:#}"
    );

    stage.step("discovered");
    let opaque = stage.step("opaque");
    assert_eq!((&opaque["outcome"], &opaque["parts"]), (&json!("a customer"), &json!(1)));
    let revoked = stage.step("opaque_revoked");
    assert_eq!(
        (&revoked["status"], &revoked["late"], &revoked["reason"]),
        (&json!(200), &json!(401), &json!("token.inactive"))
    );
    println!("{:#}", stage.step("done"));
}
