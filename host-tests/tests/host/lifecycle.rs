//! From start to goodbye: `WasmBase::startVm` in proxy-wasm-cpp-host `src/wasm.cc`, `Context::log`
//! and `onDestroy` in Envoy's `source/extensions/common/wasm/context.cc`.

use std::time::Duration;

use toolgate_host_tests::host::{HostOptions, LogLevel, Vm};

use crate::{get, guest, ok, options, said, with_request};

#[test]
fn a_stream_is_logged_then_done_then_deleted() {
    let (mut vm, stream) = with_request(&guest!("says_goodbye"), options(), get(), true);
    vm.response_headers(stream, ok(), true).unwrap();
    // The root context and the stream's were created; the log's phase still has the request's headers.
    assert_eq!(said(&mut vm), ["create", "create", "log", "/mcp", "done", "delete"]);
    vm.close(stream).unwrap();
    assert_eq!(said(&mut vm), Vec::<String>::new());
    assert!(vm.exchange(stream).is_err());
}

#[test]
fn a_client_that_leaves_ends_it_too() {
    let (mut vm, stream) = with_request(&guest!("says_goodbye"), options(), get(), false);
    said(&mut vm);
    vm.disconnect(stream).unwrap();
    assert_eq!(said(&mut vm), ["log", "/mcp", "done", "delete"]);
}

#[test]
fn a_refused_configuration_is_an_error_with_what_the_guest_said() {
    let error = format!("{:#}", Vm::start(&guest!("refuses_configuration"), options()).err().unwrap());
    assert!(error.contains("`mode` is missing") && error.contains("refuses its configuration"), "{error}");
}

#[test]
fn the_host_may_not_be_used_before_the_module_is_initialised() {
    let error = format!("{:#}", Vm::start(&guest!("talks_early"), options()).err().unwrap());
    assert!(error.contains("`proxy_set_tick_period_milliseconds` called before"), "{error}");
}

#[test]
fn ticks_and_clocks_are_the_callers() {
    let mut vm = Vm::start(&guest!("ticks"), options()).unwrap();
    assert_eq!(vm.tick_period(), Some(Duration::from_millis(50)));
    let before = vm.now();
    vm.advance(Duration::from_secs(5));
    vm.tick().unwrap();
    assert_eq!(said(&mut vm), ["5"]);
    assert_eq!(vm.now() - before, 5_000_000_000);
}

#[test]
fn randomness_is_the_seeds_and_output_is_log() {
    let module = guest!("uses_wasi");
    let start = |seed| {
        let environment = [("MODE".to_owned(), "shadow".to_owned())].into();
        let mut vm = Vm::start(&module, HostOptions { seed, environment, ..options() }).unwrap();
        vm.tick().unwrap();
        vm.take_logs()
    };
    let (one, again, other) = (start(1), start(1), start(2));
    assert_eq!(one, again);
    assert_ne!(one[0].message, other[0].message);
    assert_eq!((one[1].level, one[1].message.as_str()), (LogLevel::Info, "MODE=shadow\0"));
}
