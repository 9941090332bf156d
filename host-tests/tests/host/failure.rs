//! A trap, and what follows: `CHECK_FAIL_HTTP` in proxy-wasm-cpp-host `src/context.cc`, `failStream`
//! in Envoy's `source/extensions/common/wasm/context.cc`, `maybeReloadHandleIfNeeded` and
//! `createContext` in its `source/extensions/common/wasm/wasm.cc`.

use std::time::Duration;

use toolgate_host_tests::host::{CallAnswer, FailurePolicy, Headers, HostOptions, StreamId, Vm, Way};

use crate::{get, guest, ok, options, post, with_request};

fn poisonous() -> Headers {
    let mut headers = get();
    headers.add("x-trap", "1");
    headers
}

fn policy(failure_policy: FailurePolicy) -> HostOptions {
    HostOptions { failure_policy, ..options() }
}

fn send(vm: &mut Vm, headers: Headers) -> StreamId {
    let stream = vm.open().unwrap();
    vm.request_headers(stream, headers, true).unwrap();
    stream
}

fn status(vm: &Vm, stream: StreamId) -> Option<u16> {
    vm.exchange(stream).unwrap().client.status()
}

/// Whether the upstream got the request, and with the filter's mark.
fn forwarded(vm: &Vm, stream: StreamId) -> (bool, bool) {
    let headers = vm.exchange(stream).unwrap().upstream.headers.as_ref();
    (headers.is_some(), headers.is_some_and(|headers| headers.get("x-seen").is_some()))
}

#[test]
fn a_trap_answers_503_and_the_gate_stays_closed() {
    let mut vm = Vm::start(&guest!("traps"), policy(FailurePolicy::FailClosed)).unwrap();
    let stream = send(&mut vm, poisonous());
    let exchange = vm.exchange(stream).unwrap();
    assert_eq!(exchange.client.status(), Some(503));
    assert_eq!(exchange.local_reply.as_ref().unwrap().details, "wasm_fail_stream");
    // The dead don't see their obituary: no mark on the response.
    assert_eq!(exchange.client.headers.as_ref().unwrap().get("x-seen"), None);
    assert!(vm.trapped().unwrap().contains("proxy_on_request_headers"));

    vm.advance(Duration::from_secs(3600));
    let stream = send(&mut vm, get());
    assert_eq!((status(&vm, stream), forwarded(&vm, stream)), (Some(503), (false, false)));
}

#[test]
fn another_stream_of_the_vm_falls_at_its_next_callback() {
    let mut vm = Vm::start(&guest!("traps"), policy(FailurePolicy::FailClosed)).unwrap();
    let waiting = vm.open().unwrap();
    vm.request_headers(waiting, post(3), false).unwrap();
    assert!(forwarded(&vm, waiting).1);
    send(&mut vm, poisonous());
    assert_eq!(status(&vm, waiting), None);
    vm.request_data(waiting, b"abc", true).unwrap();
    assert_eq!(status(&vm, waiting), Some(503));
    assert_eq!(vm.exchange(waiting).unwrap().upstream.body, b"");
}

#[test]
fn fail_open_goes_on_without_the_filter() {
    let mut vm = Vm::start(&guest!("traps"), policy(FailurePolicy::FailOpen)).unwrap();
    let trapping = send(&mut vm, poisonous());
    assert_eq!(forwarded(&vm, trapping), (true, false));
    let next = send(&mut vm, get());
    assert_eq!(forwarded(&vm, next), (true, false));
    vm.response_headers(next, ok(), true).unwrap();
    assert_eq!(status(&vm, next), Some(200));
}

#[test]
fn fail_reload_makes_a_new_vm_for_a_new_stream_once_the_old_one_is_old_enough() {
    let mut vm = Vm::start(&guest!("traps"), policy(FailurePolicy::FailReload)).unwrap();
    let held = vm.open().unwrap();
    vm.request_headers(held, post(3), false).unwrap();
    let trapping = send(&mut vm, poisonous());
    assert_eq!(status(&vm, trapping), Some(503));

    // One second and up to half of it again must have gone by since the VM was made.
    vm.advance(Duration::from_millis(999));
    let early = send(&mut vm, get());
    assert_eq!(status(&vm, early), Some(503));
    vm.advance(Duration::from_millis(501));
    let late = send(&mut vm, get());
    assert_eq!(forwarded(&vm, late), (true, true));
    assert_eq!(vm.trapped(), None);

    // The streams of the old VM are nobody's.
    vm.request_data(held, b"abc", true).unwrap();
    assert_eq!(status(&vm, held), Some(503));
}

#[test]
fn a_stream_that_waits_for_an_answer_waits_in_vain() {
    let module = crate::compile(
        r#"(data (i32.const 1024) "pdp")
        (data (i32.const 1100)
          "\03\00\00\00\07\00\00\00\03\00\00\00\05\00\00\00\01\00\00\00\0a\00\00\00\03\00\00\00"
          ":method\00GET\00:path\00/\00:authority\00pdp\00")
        (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
          (drop (call $call (i32.const 1024) (i32.const 3) (i32.const 1100) (i32.const 63)
            (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 200) (i32.const 8)))
          i32.const 1)
        (func (export "proxy_on_http_call_response") (param i32 i32 i32 i32 i32) unreachable)"#,
    );
    let (mut vm, stream) = with_request(&module, options(), get(), true);
    let call = vm.pending_calls()[0].id;
    vm.answer(call, CallAnswer::new(200, "")).unwrap();
    assert!(vm.trapped().is_some());
    // Nobody fails it: it hangs until the client or a timeout of the gateway ends it.
    assert!(vm.is_paused(stream, Way::Request).unwrap());
    assert_eq!(status(&vm, stream), None);
}

#[test]
fn an_endless_loop_is_an_error_of_the_test() {
    let mut vm = Vm::start(&guest!("loops"), HostOptions { fuel: 100_000, ..options() }).unwrap();
    let stream = vm.open().unwrap();
    let error = vm.request_headers(stream, get(), true).unwrap_err().to_string();
    assert!(error.contains("endless loop"), "{error}");
}
