//! Budgets of a fleet, as `envoy/budgets.yaml` has them: what the compiled filter says of a request is counted by Envoy's global
//! rate limit filter, against a rate limit service on the crate `limitador`, whose counters are in Redis. `make budgets` builds
//! and installs those and runs this; they are too large for every run of the tests.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;
use toolgate_host_tests::scenario::Scenario;
use toolgate_host_tests::scenario::envoy::{Around, EnvoyLane, wasm};

/// `host-tests/peers/limitador/limits.yaml`, for each agent and day.
const CALLS: usize = 5;

/// A program that ends with its test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _killed = self.0.kill();
        let _reaped = self.0.wait();
    }
}

fn program(variable: &str) -> Command {
    let path = std::env::var_os(variable).unwrap_or_else(|| panic!("{variable} is not set: run `make budgets`"));
    let mut command = Command::new(path);
    command.stdin(Stdio::null());
    command
}

/// A Redis that keeps nothing, once it answers; and its port.
fn redis(folder: &Path) -> (Running, u16) {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    let mut command = program("TOOLGATE_REDIS");
    command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--port", &port.to_string(), "--dir"]);
    let running = Running(command.arg(folder).stdout(Stdio::null()).spawn().unwrap());
    let answers = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.write_all(b"PING\r\n")?;
        let mut pong = [0; 5];
        stream.read_exact(&mut pong)?;
        Ok(&pong == b"+PONG")
    };
    for _ in 0..300 {
        if answers().is_ok_and(|answers| answers) {
            return (running, port);
        }
        thread::sleep(Duration::from_millis(100));
    }
    panic!("Redis doesn't answer after half a minute");
}

/// The rate limit service on that Redis, and its port.
fn service(redis: u16) -> (Running, u16) {
    let mut command = program("TOOLGATE_LIMITADOR");
    command.arg(here("limits.yaml")).arg(format!("redis://127.0.0.1:{redis}"));
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let output = child.stdout.take().unwrap();
    let running = Running(child);
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line).unwrap();
    let address: SocketAddr = line.trim().parse().expect("the service says where it listens");
    (running, address.port())
}

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/limitador").join(path)
}

/// A call, and for whom it is made.
struct Call {
    agent: &'static str,
    body: String,
    /// Further headers.
    headers: &'static str,
}

impl Call {
    fn of(agent: &'static str, tool: &str, arguments: &str) -> Self {
        Self { agent, body: format!("call = {{ tool = {tool:?}, arguments = {{ {arguments} }} }}"), headers: "" }
    }

    /// It as a scenario; what comes of it is looked at here.
    fn scenario(&self, name: &str, folder: &TempDir) -> Scenario {
        let text = format!(
            "about = \"budgets\"\nconfig = {:?}\n[token]\nclaims = {{ client_id = {:?} }}\n[request]\n{}\nheaders = {{ {} }}\n\
             [expect]\nforwarded = true\n",
            here("gate.yaml").display().to_string(),
            self.agent,
            self.body,
            self.headers,
        );
        let path = folder.path().join(format!("{name}.toml"));
        std::fs::write(&path, text).unwrap();
        Scenario::load(&path, name).unwrap()
    }
}

/// What is called, by name.
fn calls() -> Vec<(&'static str, Call)> {
    let batch = |limit: &str| {
        let call = format!(
            r#"{{"jsonrpc":"2.0","id":ID,"method":"tools/call","params":{{"name":"crm.query","arguments":{{"limit":{limit}}}}}}}"#
        );
        let three: Vec<_> = (1..=3).map(|id| call.replace("ID", &id.to_string())).collect();
        format!("text = '[{}]'", three.join(","))
    };
    let initialize = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-03-26","capabilities":{},"clientInfo":{"name":"a","version":"1"}}}"#;
    let of_2025_03_26 = "mcp-protocol-version = \"2025-03-26\"";
    vec![
        ("note", Call::of("busy", "crm.note", "")),
        ("note_as_another", Call { headers: "x-agent-id = \"idle\"", ..Call::of("busy", "crm.note", "") }),
        ("initialize", Call { agent: "busy", body: format!("text = '{initialize}'"), headers: "" }),
        ("note_of_another", Call::of("idle", "crm.note", "")),
        ("fleet", Call::of("everywhere", "crm.note", "")),
        ("too_many_rows", Call::of("reader", "crm.query", "limit = 101")),
        ("all_rows", Call::of("reader", "crm.query", "limit = 100")),
        ("a_row", Call::of("reader", "crm.query", "limit = 1")),
        ("a_row_of_another", Call::of("idle", "crm.query", "limit = 1")),
        ("rows_without_bound", Call::of("greedy", "crm.query", "limit = \"all\"")),
        ("rows_in_a_batch", Call { agent: "batcher", body: batch("40"), headers: of_2025_03_26 }),
        ("fewer_in_a_batch", Call { agent: "batcher", body: batch("30"), headers: of_2025_03_26 }),
        ("most_money", Call::of("payer", "payments.refund", "amount = 499.5, payee = \"c-7\"")),
        ("some_money", Call::of("payer", "payments.refund", "amount = 0.01, payee = \"c-7\"")),
    ]
}

#[test]
#[ignore = "needs Redis and a rate limit service: `make budgets`"]
fn a_fleet_has_one_budget_for_each_agent() {
    let folder = tempfile::tempdir().unwrap();
    let (redis, redis_port) = redis(folder.path());
    let (service, service_port) = service(redis_port);
    let scenarios: Vec<_> = calls().iter().map(|(name, call)| call.scenario(name, &folder)).collect();
    let workspace = here("../../..");
    let around = Around { budgets: Some(service_port), ..Around::default() };
    let start = || EnvoyLane::beside(&workspace, &wasm(&workspace).unwrap(), &scenarios, &around).unwrap();
    let (here, there) = (start(), start());
    let status = |lane: &EnvoyLane, name: &str| {
        let scenario = scenarios.iter().find(|scenario| scenario.name == name).unwrap();
        lane.send(scenario).unwrap().status
    };

    for _ in 0..CALLS {
        assert_eq!(status(&here, "note"), 200);
    }
    assert_eq!(status(&here, "note"), 429, "this agent has used up its calls");
    assert_eq!(status(&here, "note_as_another"), 429, "and can't spend in another's name");
    assert_eq!(status(&here, "note_of_another"), 200, "another agent has its own");
    assert_eq!(status(&here, "initialize"), 200, "what is judged by no rule costs nothing");

    for call in 0..CALLS {
        assert_eq!(status(if call % 2 == 0 { &here } else { &there }, "fleet"), 200);
    }
    assert_eq!((status(&here, "fleet"), status(&there, "fleet")), (429, 429), "two gateways have one budget");

    assert_eq!(status(&here, "too_many_rows"), 429, "one call can be too much");
    assert_eq!(status(&here, "all_rows"), 200, "and one that was refused used up nothing");
    assert_eq!(status(&there, "a_row"), 429, "one call can use up all");
    assert_eq!(status(&there, "a_row_of_another"), 200);
    assert_eq!(status(&here, "rows_without_bound"), 429, "what has no bound is more than any budget");
    assert_eq!(status(&here, "rows_in_a_batch"), 429, "three times 40");
    assert_eq!(status(&here, "fewer_in_a_batch"), 200, "three times 30");
    assert_eq!(status(&here, "fewer_in_a_batch"), 429);

    assert_eq!(status(&here, "most_money"), 200, "499.50 is 500");
    assert_eq!(status(&here, "some_money"), 429, "and a cent one more");

    drop(redis);
    assert_eq!(status(&here, "note_of_another"), 500, "without the counters nobody spends");
    drop(service);
    assert_eq!(status(&here, "note_of_another"), 500, "nor without the service");
}
