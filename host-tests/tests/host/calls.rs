//! Calls to other clusters: `Context::httpCall`, `onHttpCallSuccess`, `onHttpCallFailure` in Envoy's
//! `source/extensions/common/wasm/context.cc`.

use std::time::Duration;

use toolgate_host_tests::host::{CallAnswer, Headers, Way};

use crate::{get, guest, holding, options, post, said, with_request};

#[test]
fn an_answer_resumes_what_waited_for_it() {
    let (mut vm, stream) = with_request(&guest!("resumes_on_answer"), options(), get(), true);
    let calls = vm.pending_calls();
    let [call] = calls.as_slice() else { panic!("one call, not {}", calls.len()) };
    assert_eq!((call.cluster.as_str(), call.body.as_slice()), ("pdp", &b"pdp"[..]));
    // Envoy sets the length of a body.
    assert_eq!(call.headers.get("content-length"), Some("3"));
    assert_eq!((call.timeout, call.stream), (Some(Duration::from_millis(200)), Some(stream)));
    assert!(vm.is_paused(stream, Way::Request).unwrap());

    vm.answer(call.id, CallAnswer::new(200, "yes")).unwrap();
    // The call went out (0); one header, :status, body; the stream can be acted for (0).
    assert_eq!(said(&mut vm), ["0", "1", "200", "yes", "0"]);
    assert_eq!(vm.exchange(stream).unwrap().upstream.headers, Some(get()));
    assert!(vm.exchange(stream).unwrap().upstream.ended);
    assert!(vm.pending_calls().is_empty());
    assert!(vm.answer(call.id, CallAnswer::new(200, "")).is_err());
}

#[test]
fn what_was_stopped_before_the_filter_passes_it_on_resuming() {
    let (mut vm, stream) = with_request(&guest!("resumes_on_answer"), options(), post(6), false);
    vm.request_data(stream, b"abc", false).unwrap();
    let call = vm.pending_calls()[0].id;
    said(&mut vm);
    vm.answer(call, CallAnswer::new(200, "")).unwrap();
    // `iterate_from_current_filter_`: the body callback comes now, with all that was stopped.
    assert_eq!(said(&mut vm), ["1", "200", "", "0", "3"]);
    assert_eq!(vm.exchange(stream).unwrap().upstream.body, b"abc");
    vm.request_data(stream, b"def", true).unwrap();
    assert_eq!(said(&mut vm), ["3"]);
    assert_eq!(vm.exchange(stream).unwrap().upstream.body, b"abcdef");
}

/// Seen in Envoy 1.40; before, the body's first part was lost (issue 46841).
#[test]
fn a_resume_before_the_end_of_the_body_lets_go_what_was_held() {
    let (mut vm, stream) = with_request(&guest!("resumes_early"), holding(), post(6), false);
    vm.request_data(stream, b"abc", false).unwrap();
    let call = vm.pending_calls()[0].id;
    vm.answer(call, CallAnswer::new(200, "")).unwrap();
    let upstream = &vm.exchange(stream).unwrap().upstream;
    assert_eq!((upstream.body.as_slice(), upstream.ended), (&b"abc"[..], false));
    vm.request_data(stream, b"def", false).unwrap();
    vm.request_data(stream, b"", true).unwrap();
    // What went on isn't counted any more.
    assert_eq!(said(&mut vm), ["3", "3", "3"]);
    assert_eq!(vm.exchange(stream).unwrap().upstream.body, b"abcdef");
}

#[test]
fn a_timeout_looks_like_a_504() {
    let (mut vm, _) = with_request(&guest!("resumes_on_answer"), options(), get(), true);
    let call = vm.pending_calls()[0].id;
    vm.time_out(call).unwrap();
    assert_eq!(said(&mut vm), ["0", "3", "504", "upstream request timeout", "0"]);
}

/// Seen in Envoy 1.40, for a closed port and for a connection that is closed after the request.
#[test]
fn a_refused_connection_looks_like_a_503() {
    let (mut vm, _) = with_request(&guest!("resumes_on_answer"), options(), get(), true);
    let call = vm.pending_calls()[0].id;
    vm.refuse(call).unwrap();
    let said = said(&mut vm);
    assert_eq!(said[..3], ["0", "3", "503"]);
    assert!(said[3].starts_with("upstream connect error"), "{}", said[3]);
}

/// Seen in Envoy 1.40, for a connection that is closed after half of the body.
#[test]
fn an_answer_that_breaks_off_has_no_headers() {
    let (mut vm, stream) = with_request(&guest!("resumes_on_answer"), options(), get(), true);
    let call = vm.pending_calls()[0].id;
    vm.fail(call).unwrap();
    assert_eq!(said(&mut vm), ["0", "0", "0"]);
    assert!(vm.exchange(stream).unwrap().upstream.ended);
}

#[test]
fn an_answer_for_a_stream_that_is_gone_comes_and_finds_nobody() {
    let (mut vm, stream) = with_request(&guest!("resumes_on_answer"), options(), get(), true);
    let call = vm.pending_calls()[0].id;
    vm.disconnect(stream).unwrap();
    said(&mut vm);
    // The call is the root context's, so the guest hears of it; the stream's context is no more (2).
    vm.answer(call, CallAnswer::new(200, "yes")).unwrap();
    assert_eq!(said(&mut vm), ["1", "200", "yes", "2"]);
    assert_eq!(vm.exchange(stream).unwrap().upstream.headers, None);
    assert_eq!(vm.trapped(), None);
}

#[test]
fn calls_that_cant_be_made_are_bad_arguments() {
    let (mut vm, _) = with_request(&guest!("calls_badly"), options(), get(), true);
    assert_eq!(said(&mut vm), ["2", "2", "2"]);
    assert!(vm.pending_calls().is_empty());
}

/// Seen in Envoy 1.40: whatever the router makes up for a call of gRPC is an answer of gRPC without a message, and the
/// trailers of a real one are a map of their own.
#[test]
fn an_answer_of_grpc_ends_in_trailers_or_is_made_up_in_headers() {
    let asked = || {
        let (vm, _) = with_request(&guest!("calls_grpc"), options(), get(), true);
        let call = vm.pending_calls()[0].id;
        (vm, call)
    };
    let (mut vm, call) = asked();
    let trailers = Some(Headers::from([("grpc-status", "0")]));
    vm.answer(call, CallAnswer { trailers, ..CallAnswer::new(200, "\0\0\0\0\0") }).unwrap();
    assert_eq!(said(&mut vm), ["200", "1", "0", "0", "\0\0\0\0\0"]);
    let (mut vm, call) = asked();
    vm.time_out(call).unwrap();
    let timed_out = said(&mut vm);
    let (mut vm, call) = asked();
    vm.refuse(call).unwrap();
    assert_eq!(timed_out[..3], ["200", "0", "14"]);
    assert_eq!(said(&mut vm), timed_out);
}
