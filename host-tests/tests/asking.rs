//! What a scenario can't say of asking the decision service: two requests at once, clients that leave, and an answer without
//! end. First the compiled filter in our host, where each event comes when the test wants it; then a real Envoy.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use toolgate_host_tests::deployment::Deployment;
use toolgate_host_tests::host::{CallAnswer, HostOptions, Module, PendingCall, StreamId, Vm};
use toolgate_host_tests::scenario::envoy::{EnvoyLane, wasm};
use toolgate_host_tests::scenario::gateway::{NOW, request_head};
use toolgate_host_tests::scenario::message::Message;
use toolgate_host_tests::scenario::{Scenario, run};

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().into()
}

/// The scenario `decision/permit`, with changes to its configuration.
fn scenario(changes: &Value) -> Scenario {
    let path = workspace().join("host-tests/scenarios/decision/permit.toml");
    let mut scenario = Scenario::load(&path, "decision/permit").unwrap();
    scenario.config = scenario.config.patched(changes);
    scenario
}

/// One worker, and requests that ask the same.
struct Worker {
    vm: Vm,
    message: Message,
}

impl Worker {
    fn start(module: &Module, changes: &Value) -> Self {
        let scenario = scenario(changes);
        let case = run::case(&scenario, NOW).unwrap();
        let options = HostOptions {
            plugin_config: case.config.into_bytes(),
            clusters: BTreeSet::from(["pdp".to_owned()]),
            now: u64::try_from(NOW.as_nanos()).unwrap(),
            ..Deployment::shipped().unwrap().host_options
        };
        Self { vm: Vm::start(module, options).unwrap(), message: case.steps.into_iter().next().unwrap().0 }
    }

    fn send(&mut self) -> StreamId {
        let stream = self.vm.open().unwrap();
        self.vm.request_headers(stream, request_head(&self.message).into_iter().collect(), false).unwrap();
        self.vm.request_data(stream, self.message.body.as_deref().unwrap(), true).unwrap();
        stream
    }

    /// The questions that are under way.
    fn calls(&self) -> Vec<PendingCall> {
        self.vm.pending_calls()
    }

    /// The only question that is under way.
    fn call(&self) -> PendingCall {
        let [call] = self.calls().try_into().expect("one question");
        call
    }

    fn answer(&mut self, call: &PendingCall, body: &str) {
        self.vm.answer(call.id, CallAnswer::new(200, body)).unwrap();
    }

    /// The timer fires, if it is set.
    fn tick(&mut self) {
        let period = self.vm.tick_period().expect("the filter wants to look again");
        self.vm.advance(period);
        self.vm.tick().unwrap();
        assert_eq!(self.vm.trapped().map(ToString::to_string), None);
    }

    fn forwarded(&self, stream: StreamId) -> bool {
        self.vm.exchange(stream).unwrap().upstream.headers.is_some()
    }

    fn status(&self, stream: StreamId) -> Option<u16> {
        self.vm.exchange(stream).unwrap().client.status()
    }
}

const PERMIT: &str = r#"{"decision":true}"#;

/// One test, since compiling the filter takes longer than all of them.
#[test]
fn requests_that_ask_the_same_at_once() {
    let module = Module::new(&fs::read(wasm(&workspace()).unwrap()).unwrap()).unwrap();
    the_same_question_is_asked_once_at_a_time(&module);
    a_refusal_and_a_failure_are_shared_too(&module);
    whoever_asks_and_leaves_leaves_nobody_waiting(&module);
    whoever_listened_and_asks_has_a_second_try_too(&module);
    terms_are_for_one_request_alone(&module);
    an_answer_that_may_not_be_used_again_is_for_one_request_alone(&module);
    an_approval_is_asked_for_each_time(&module);
}

fn the_same_question_is_asked_once_at_a_time(module: &Module) {
    let mut worker = Worker::start(module, &json!({}));
    let streams: Vec<_> = (0..10).map(|_| worker.send()).collect();
    let call = worker.call();
    worker.tick();
    assert!(streams.iter().all(|stream| !worker.forwarded(*stream)), "nothing goes on before the answer");
    assert_eq!(worker.vm.tick_period(), None, "nobody looks all the time");
    worker.answer(&call, PERMIT);
    worker.tick();
    assert!(streams.iter().all(|stream| worker.forwarded(*stream)) && worker.calls().is_empty());
    assert_eq!(worker.vm.tick_period(), None);
    // It was for those who waited: nothing is remembered that nobody allowed to be.
    let later = worker.send();
    let call = worker.call();
    worker.answer(&call, r#"{"decision":false}"#);
    assert_eq!(worker.status(later), Some(403));
}

fn a_refusal_and_a_failure_are_shared_too(module: &Module) {
    for (body, status) in [(r#"{"decision":false}"#, 403), ("nonsense", 503)] {
        let mut worker = Worker::start(module, &json!({}));
        let (asker, listener) = (worker.send(), worker.send());
        let call = worker.call();
        worker.answer(&call, body);
        worker.tick();
        assert_eq!((worker.status(asker), worker.status(listener)), (Some(status), Some(status)), "{body}");
        assert!(worker.calls().is_empty());
    }
}

fn whoever_asks_and_leaves_leaves_nobody_waiting(module: &Module) {
    let mut worker = Worker::start(module, &json!({}));
    let (asker, listener, other) = (worker.send(), worker.send(), worker.send());
    let abandoned = worker.call();
    worker.vm.close(asker).unwrap();
    worker.tick();
    let own: Vec<_> = worker.calls().into_iter().filter(|call| call.id != abandoned.id).collect();
    assert_eq!(own.len(), 2, "each asks by itself");
    // The answer to who left comes late, and is nobody's.
    worker.answer(&abandoned, PERMIT);
    assert!(!worker.forwarded(listener) && !worker.forwarded(other));
    worker.answer(&own[0], PERMIT);
    worker.answer(&own[1], r#"{"decision":false}"#);
    let came = [listener, other].map(|stream| (worker.forwarded(stream), worker.status(stream)));
    assert_eq!(came, [(true, None), (false, Some(403))]);
}

fn whoever_listened_and_asks_has_a_second_try_too(module: &Module) {
    let mut worker = Worker::start(module, &json!({}));
    let (asker, listener) = (worker.send(), worker.send());
    let abandoned = worker.call();
    worker.vm.close(asker).unwrap();
    worker.tick();
    worker.answer(&abandoned, PERMIT);
    let first = worker.call();
    worker.vm.refuse(first.id).unwrap();
    let again = worker.call();
    assert_ne!(first.id, again.id);
    worker.answer(&again, PERMIT);
    assert!(worker.forwarded(listener));
}

fn terms_are_for_one_request_alone(module: &Module) {
    let mut worker = Worker::start(module, &json!({}));
    let (asker, listener) = (worker.send(), worker.send());
    let call = worker.call();
    let credential = json!({"header": "x-key", "value": "for-one-request-1"});
    worker.answer(&call, &json!({"decision": true, "context": {"credential": credential}}).to_string());
    worker.tick();
    assert!(worker.forwarded(asker) && !worker.forwarded(listener));
    let own = worker.call();
    worker.answer(&own, PERMIT);
    let upstream = worker.vm.exchange(listener).unwrap().upstream.headers.clone().unwrap();
    assert_eq!(upstream.get("x-key"), None);
}

fn an_answer_that_may_not_be_used_again_is_for_one_request_alone(module: &Module) {
    let mut worker = Worker::start(module, &json!({}));
    let (asker, listener) = (worker.send(), worker.send());
    let call = worker.call();
    let mut once = CallAnswer::new(200, PERMIT);
    once.headers.add("cache-control", "no-store");
    worker.vm.answer(call.id, once).unwrap();
    worker.tick();
    assert!(worker.forwarded(asker) && !worker.forwarded(listener) && worker.calls().len() == 1);
}

fn an_approval_is_asked_for_each_time(module: &Module) {
    let rule = json!({"id": "a-person-agrees", "effect": "approve", "when": {"tool": "crm.delete_invoice"}});
    let mut worker = Worker::start(module, &json!({"rules": [rule]}));
    let streams = [worker.send(), worker.send()];
    let calls = worker.calls();
    assert_eq!(calls.len(), 2);
    worker.answer(&calls[0], PERMIT);
    assert_eq!(streams.map(|stream| worker.forwarded(stream)), [true, false]);
}

/// A decision service on the port where nobody else listens.
struct Service {
    asked: Arc<AtomicUsize>,
}

impl Service {
    fn start(port: u16, answer: fn(&mut TcpStream) -> std::io::Result<()>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let counter = Arc::clone(&counter);
                thread::spawn(move || serve(stream, &counter, answer));
            }
        });
        Self { asked }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// Waits until it was asked so often.
    fn wait(&self, times: usize) {
        for _ in 0..1000 {
            if self.asked() >= times {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("asked {} times, not {times}", self.asked());
    }
}

fn serve(mut stream: TcpStream, asked: &AtomicUsize, answer: fn(&mut TcpStream) -> std::io::Result<()>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            match line.trim_end().split_once(':') {
                Some(("content-length", value)) => length = value.trim().parse().unwrap(),
                None if line.trim_end().is_empty() => break,
                _ => {}
            }
        }
        reader.read_exact(&mut vec![0; length]).unwrap();
        asked.fetch_add(1, Ordering::SeqCst);
        if answer(&mut stream).is_err() {
            return;
        }
    }
}

/// A permit, in its time.
fn slowly(stream: &mut TcpStream) -> std::io::Result<()> {
    thread::sleep(Duration::from_secs(1));
    write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{PERMIT}",
        PERMIT.len()
    )
}

/// 100 MB, of which the beginning would be a permit.
fn without_end(stream: &mut TcpStream) -> std::io::Result<()> {
    const PIECE: usize = 64 * 1024;
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n")?;
    stream.write_all(b"11\r\n{\"decision\":true}\r\n")?;
    let piece = [format!("{PIECE:x}\r\n").into_bytes(), vec![b' '; PIECE], b"\r\n".to_vec()].concat();
    for _ in 0..100_000_000 / PIECE {
        stream.write_all(&piece)?;
    }
    stream.write_all(b"0\r\n\r\n")
}

fn envoy(scenario: &Scenario) -> EnvoyLane {
    EnvoyLane::start(&workspace(), &wasm(&workspace()).unwrap(), std::slice::from_ref(scenario)).unwrap()
}

fn by_the_test() -> Value {
    json!({"decision": {"cluster": "refused", "timeout": "5s"}})
}

#[test]
fn in_a_real_envoy_the_same_question_is_asked_once_and_a_client_that_leaves_hangs_nobody() {
    let scenario = scenario(&by_the_test());
    let lane = envoy(&scenario);
    let service = Service::start(lane.nobody(), slowly);
    let begun: Vec<_> = (0..5).map(|_| lane.begin(&scenario).unwrap()).collect();
    assert!(begun.into_iter().all(|begun| begun.answer().unwrap().status == 200));
    assert_eq!(service.asked(), 1, "five requests, one question");

    let leaves = lane.begin(&scenario).unwrap();
    service.wait(2);
    let stays = lane.begin(&scenario).unwrap();
    thread::sleep(Duration::from_millis(200));
    drop(leaves);
    assert_eq!(stays.answer().unwrap().status, 200);
    assert_eq!(service.asked(), 3, "who stayed asked by itself");
    // The answer to who left has come by now, and Envoy has lost nobody over it.
    assert_eq!(lane.begin(&scenario).unwrap().answer().unwrap().status, 200);
}

#[test]
fn in_a_real_envoy_an_answer_without_end_is_no_permit_and_fills_no_memory() {
    let scenario = scenario(&by_the_test());
    let lane = envoy(&scenario);
    let service = Service::start(lane.nobody(), without_end);
    lane.forget_memory().unwrap();
    let before = lane.memory().unwrap();
    for _ in 0..3 {
        let client = lane.begin(&scenario).unwrap().answer().unwrap();
        assert_eq!(client.status, 503);
    }
    let grown = lane.memory().unwrap() - before;
    println!("{} answers of 100 MB took {} MiB at most", service.asked(), grown >> 20);
    assert!(grown < MOST, "{} MiB", grown >> 20);
}

/// Much less than one of the answers: 1 MiB (`http.async_response_buffer_limit` in `envoy.yaml`), and room for Envoy's own.
const MOST: u64 = 32 << 20;
