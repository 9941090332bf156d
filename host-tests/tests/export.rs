//! Records on their way to a collector, through a real Envoy: none lost, none doubled, all counted. `make soak` does it
//! with 200,000.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::{Value, json};
use toolgate_host_tests::scenario::Scenario;
use toolgate_host_tests::scenario::envoy::{EnvoyLane, wasm};

/// How often each record came, by its uid.
type Taken = Arc<Mutex<BTreeMap<String, u32>>>;

/// A collector of OpenTelemetry logs that can be stopped.
struct Collector {
    stop: Arc<AtomicBool>,
    running: JoinHandle<()>,
    port: u16,
}

impl Collector {
    fn start(port: u16, taken: &Taken) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let (ended, taken) = (Arc::clone(&stop), Arc::clone(taken));
        let running = thread::spawn(move || {
            // Each worker has a connection of its own, and keeps it.
            thread::scope(|connections| {
                for stream in listener.incoming() {
                    if ended.load(Ordering::SeqCst) {
                        return;
                    }
                    connections.spawn(|| serve(stream.unwrap(), &taken, &ended));
                }
            });
        });
        Self { stop, running, port }
    }

    /// Ends between two requests: what was taken was answered.
    fn stop(self) {
        self.stop.store(true, Ordering::SeqCst);
        let _woken = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
        self.running.join().unwrap();
    }
}

fn serve(mut stream: TcpStream, taken: &Taken, ended: &AtomicBool) {
    stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    while !ended.load(Ordering::SeqCst) {
        match reader.fill_buf() {
            Ok([]) => return,
            Ok(_) => {}
            Err(_) => continue,
        }
        let body = request(&mut reader);
        let request: Value = serde_json::from_slice(&body).unwrap();
        let records = request["resourceLogs"][0]["scopeLogs"][0]["logRecords"].as_array().unwrap();
        for record in records {
            let audit: Value = serde_json::from_str(record["body"]["stringValue"].as_str().unwrap()).unwrap();
            assert_eq!((&audit["verdict"], &audit["status"]), (&json!("forward"), &json!(200)), "{audit}");
            let uid = record["attributes"][0]["value"]["stringValue"].as_str().unwrap();
            assert_eq!(audit["decision_id"], uid);
            *taken.lock().unwrap().entry(uid.to_owned()).or_default() += 1;
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}").unwrap();
    }
}

/// The body of one request.
fn request(reader: &mut BufReader<TcpStream>) -> Vec<u8> {
    reader.get_ref().set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        match line.trim_end().split_once(':') {
            Some(("content-length", value)) => length = value.trim().parse().unwrap(),
            None if line.trim_end().is_empty() => break,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    reader.get_ref().set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    body
}

struct Stage {
    lane: EnvoyLane,
    scenario: Scenario,
    taken: Taken,
}

impl Stage {
    fn with_queue(queue: usize) -> Self {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let all = Scenario::load_all(&workspace.join("host-tests/scenarios")).unwrap();
        let mut scenario = all.into_iter().find(|scenario| scenario.name == "policy/allow").unwrap();
        let export = json!({"cluster": "refused", "url": "http://collector/v1/logs", "queue": queue, "timeout": "5s"});
        scenario.config = scenario.config.patched(&json!({"audit": {"log": "none", "export": export}}));
        let lane = EnvoyLane::start(workspace, &wasm(workspace).unwrap(), std::slice::from_ref(&scenario)).unwrap();
        Self { lane, scenario, taken: Taken::default() }
    }

    fn send(&self, times: usize) {
        self.lane.repeat(&self.scenario, times).unwrap_or_else(|error| panic!("{error:#}"));
    }

    fn collect(&self) -> Collector {
        Collector::start(self.lane.nobody(), &self.taken)
    }

    /// Made, sent, dropped and queued, as Envoy's page says once `settled`.
    fn counts(&self, settled: impl Fn([u64; 4]) -> bool) -> [u64; 4] {
        let mut found = [0; 4];
        for _ in 0..900 {
            let page = self.lane.statistics().unwrap();
            let value = |series: &str| -> u64 {
                page.lines().find_map(|line| line.strip_prefix(series)).map_or(0, |value| value.trim().parse().unwrap())
            };
            let fate = |fate: &str| value(&format!("toolgate_records_total{{fate=\"{fate}\"}}"));
            found = [fate("made"), fate("sent"), fate("dropped"), value("toolgate_records_queued{}")];
            if settled(found) {
                break;
            }
            thread::sleep(Duration::from_millis(100));
        }
        found
    }

    fn taken(&self) -> (u64, u32) {
        let taken = self.taken.lock().unwrap();
        (u64::try_from(taken.len()).unwrap(), taken.values().copied().max().unwrap_or_default())
    }
}

/// How many requests: enough to see it, or as many as `make soak` wants.
fn requests() -> usize {
    std::env::var("TOOLGATE_SOAK").ok().map_or(1500, |times| times.parse().unwrap())
}

#[test]
fn within_the_queue_nothing_is_lost_or_doubled_while_the_collector_is_away() {
    let stage = Stage::with_queue(65_536);
    // What comes while it is away, and until its absence is over for a worker that waits longer each time, must fit into the queue.
    let (all, away) = (requests(), requests() / 10);
    let collector = stage.collect();
    stage.send((all - away) / 2);
    collector.stop();
    stage.send(away);
    let collector = stage.collect();
    stage.send(all - away - (all - away) / 2);
    let all = u64::try_from(all).unwrap();
    assert_eq!(stage.counts(|[made, _, _, queued]| made == all && queued == 0), [all, all, 0, 0]);
    assert_eq!(stage.taken(), (all, 1), "records, and how often the most frequent came");
    collector.stop();
    println!("{all} requests, {all} records taken, each once");
}

#[test]
fn beyond_the_queue_what_is_lost_is_counted_exactly() {
    let stage = Stage::with_queue(100);
    stage.send(700);
    assert_eq!(stage.counts(|[made, ..]| made == 700), [700, 0, 600, 100]);
    let collector = stage.collect();
    assert_eq!(stage.counts(|[.., queued]| queued == 0), [700, 100, 600, 0]);
    assert_eq!(stage.taken(), (100, 1));
    collector.stop();
}
