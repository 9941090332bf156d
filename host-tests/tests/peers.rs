//! Decision services of others: real ones, with policies of their own, behind a real Envoy with the compiled filter.
//! `make peers` installs them and runs this; they are too large for every run of the tests.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use toolgate_host_tests::scenario::envoy::{EnvoyLane, wasm};
use toolgate_host_tests::scenario::{Scenario, run};

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A running Cerbos.
struct Cerbos(Child);

impl Cerbos {
    /// With its HTTP API on `port`, once it answers.
    fn start(port: u16) -> Self {
        let binary = std::env::var_os("TOOLGATE_CERBOS").expect("TOOLGATE_CERBOS is not set: run `make peers`");
        let unused = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let set = |setting: String| format!("--set={setting}");
        let child = Command::new(binary)
            .arg("server")
            .arg(set("telemetry.disabled=true".into()))
            .arg(set(format!("storage.disk.directory={}", here("peers/cerbos/policies").display())))
            .arg(set(format!("server.httpListenAddr=127.0.0.1:{port}")))
            .arg(set(format!("server.grpcListenAddr=127.0.0.1:{unused}")))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let cerbos = Self(child);
        for _ in 0..600 {
            if healthy(port).is_ok_and(|healthy| healthy) {
                return cerbos;
            }
            thread::sleep(Duration::from_millis(100));
        }
        panic!("Cerbos doesn't answer after a minute");
    }
}

impl Drop for Cerbos {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _killed = self.0.kill();
        let _reaped = self.0.wait();
    }
}

fn healthy(port: u16) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.write_all(b"GET /_cerbos/health HTTP/1.1\r\nhost: cerbos\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer.starts_with("HTTP/1.1 200"))
}

#[test]
#[ignore = "needs Cerbos, a program of 100 MB: `make peers`"]
fn cerbos_decides_by_its_own_policies() {
    let scenarios = Scenario::load_all(&here("peers/cerbos/scenarios")).unwrap_or_else(|error| panic!("{error:#}"));
    assert!(scenarios.len() > 5, "only {} scenarios", scenarios.len());
    let lane = EnvoyLane::start(&here(".."), &wasm(&here("..")).unwrap(), &scenarios).unwrap();
    let play = |scenario: &Scenario| run(scenario, &lane).unwrap_or_else(|error| panic!("{error:#}"));
    let cerbos = Cerbos::start(lane.nobody());
    for scenario in &scenarios {
        let report = play(scenario);
        assert!(
            report.differences.is_empty(),
            "{}:\n{}\n{}",
            scenario.name,
            report.differences.join("\n"),
            report.text
        );
        println!("{}: as expected", scenario.name);
    }

    drop(cerbos);
    let allow = scenarios.iter().find(|scenario| scenario.name == "allow").unwrap();
    assert_eq!(play(allow).reasons, ["decision.unavailable"], "while it is down");
    let _back = Cerbos::start(lane.nobody());
    assert!(play(allow).differences.is_empty(), "once it is back");
}
