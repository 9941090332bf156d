//! Pausing headers, with and without `allow_on_headers_stop_iteration`.
//! `convertVmCallResultToFilterHeadersStatus` in proxy-wasm-cpp-host `src/context.cc`, and the
//! iteration states of Envoy's `source/common/http/filter_manager.cc`.

use toolgate_host_tests::host::{Headers, Way};

use crate::{get, guest, holding, options, post, said, with_request};

#[test]
fn with_the_flag_the_body_comes_to_a_filter_that_holds_the_headers() {
    let (mut vm, stream) = with_request(&guest!("holds_headers"), holding(), post(6), false);
    vm.request_data(stream, b"abc", false).unwrap();
    assert_eq!(vm.exchange(stream).unwrap().upstream.headers, None);
    assert!(vm.is_paused(stream, Way::Request).unwrap());
    assert_eq!(vm.buffered(stream, Way::Request).unwrap(), 3);

    vm.request_data(stream, b"def", true).unwrap();
    // The size is of all that was held, not of the piece.
    assert_eq!(said(&mut vm), ["3", "6"]);
    let upstream = &vm.exchange(stream).unwrap().upstream;
    assert_eq!(upstream.headers, Some(post(6)));
    assert_eq!(upstream.body, b"abcdef");
    assert!(upstream.ended);
    assert!(!vm.is_paused(stream, Way::Request).unwrap());
}

#[test]
fn without_the_flag_a_pause_stops_the_body_too() {
    let (mut vm, stream) = with_request(&guest!("holds_headers"), options(), post(6), false);
    vm.request_data(stream, b"abc", false).unwrap();
    vm.request_data(stream, b"def", true).unwrap();
    assert_eq!(said(&mut vm), Vec::<String>::new());
    assert_eq!(vm.buffered(stream, Way::Request).unwrap(), 6);
    assert_eq!(vm.exchange(stream).unwrap().upstream.headers, None);
}

#[test]
fn the_end_never_shows_on_the_body_when_trailers_follow() {
    let (mut vm, stream) = with_request(&guest!("holds_headers"), holding(), get(), false);
    vm.request_data(stream, b"abc", false).unwrap();
    let trailers = Headers::from([("x-sum", "1")]);
    vm.request_trailers(stream, trailers.clone()).unwrap();
    assert_eq!(said(&mut vm), ["3", "trailers"]);
    let upstream = &vm.exchange(stream).unwrap().upstream;
    assert_eq!(upstream.body, b"abc");
    assert_eq!(upstream.trailers, Some(trailers));
    assert!(upstream.ended);
}

#[test]
fn an_empty_last_piece_ends_a_held_body() {
    let (mut vm, stream) = with_request(&guest!("holds_headers"), holding(), get(), false);
    vm.request_data(stream, b"abc", false).unwrap();
    vm.request_data(stream, b"", true).unwrap();
    assert_eq!(said(&mut vm), ["3", "3"]);
    let upstream = &vm.exchange(stream).unwrap().upstream;
    assert_eq!((upstream.body.as_slice(), upstream.ended), (&b"abc"[..], true));
}

#[test]
fn response_headers_are_held_alike() {
    let (mut vm, stream) = with_request(&guest!("holds_response"), holding(), get(), true);
    vm.response_headers(stream, crate::ok(), false).unwrap();
    vm.response_data(stream, b"abc", false).unwrap();
    assert_eq!(vm.exchange(stream).unwrap().client.headers, None);
    vm.response_data(stream, b"def", true).unwrap();
    assert_eq!(said(&mut vm), ["3", "6"]);
    let client = &vm.exchange(stream).unwrap().client;
    assert_eq!((client.status(), client.body.as_slice(), client.ended), (Some(200), &b"abcdef"[..], true));
}

#[test]
fn a_request_without_body_that_is_paused_stays_paused() {
    let (vm, stream) = with_request(&guest!("holds_headers"), holding(), get(), true);
    assert!(vm.is_paused(stream, Way::Request).unwrap());
    assert_eq!(vm.exchange(stream).unwrap().upstream.headers, None);
}

#[test]
fn resuming_and_returning_an_action_is_a_mistake_that_is_told() {
    let mut vm = toolgate_host_tests::host::Vm::start(&guest!("resumes_and_continues"), options()).unwrap();
    let stream = vm.open().unwrap();
    let error = vm.request_headers(stream, get(), true).unwrap_err().to_string();
    assert!(error.contains("never both"), "{error}");
}
