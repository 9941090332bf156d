//! Bodies and what limits them: `Context::decodeData`, `Buffer::copyFrom` in Envoy's
//! `source/extensions/common/wasm/context.cc`; `requestDataTooLarge`, `responseDataTooLarge` in its
//! `source/common/http/filter_manager.cc`.

use toolgate_host_tests::host::{End, HostOptions, Vm, Way};

use crate::{get, guest, holding, ok, options, post, said, with_request};

fn limited(options: HostOptions) -> HostOptions {
    HostOptions { buffer_limit: 4, ..options }
}

#[test]
fn a_body_can_be_replaced_as_a_whole_and_at_its_ends() {
    let (mut vm, stream) = with_request(&guest!("replaces_body"), holding(), post(6), false);
    vm.request_data(stream, b"abc", false).unwrap();
    vm.request_data(stream, b"def", true).unwrap();
    // 2 is BadArgument: for an edit in the middle.
    assert_eq!(said(&mut vm), ["2"]);
    let upstream = &vm.exchange(stream).unwrap().upstream;
    assert_eq!(upstream.body, b"<new>");
    let headers = upstream.headers.as_ref().unwrap();
    assert_eq!((headers.get("content-length"), headers.get("x-edited")), (None, Some("1")));
}

#[test]
fn the_limit_itself_is_still_within() {
    let (mut vm, stream) = with_request(&guest!("holds_headers"), limited(holding()), post(4), false);
    vm.request_data(stream, b"abcd", true).unwrap();
    assert_eq!(vm.exchange(stream).unwrap().upstream.body, b"abcd");
}

#[test]
fn a_held_request_beyond_the_limit_is_a_413_of_envoys_own() {
    let (mut vm, stream) = with_request(&guest!("holds_headers"), limited(holding()), post(6), false);
    vm.request_data(stream, b"abc", false).unwrap();
    vm.request_data(stream, b"def", true).unwrap();
    // The reply waits for the running callback, so the guest still sees the piece that is too much.
    assert_eq!(said(&mut vm), ["3", "6"]);
    let exchange = vm.exchange(stream).unwrap();
    assert_eq!(exchange.client.status(), Some(413));
    assert_eq!(exchange.client.body, b"Payload Too Large");
    assert_eq!(exchange.local_reply.as_ref().unwrap().details, "request_payload_too_large");
    assert_eq!(exchange.upstream.headers, None);
    assert_eq!(exchange.end, Some(End::Complete));
}

#[test]
fn a_first_piece_beyond_the_limit_is_seen_before_it_is_refused() {
    let (mut vm, stream) = with_request(&guest!("holds_headers"), limited(holding()), post(6), false);
    vm.request_data(stream, b"abcdef", false).unwrap();
    assert_eq!(said(&mut vm), ["6"]);
    assert_eq!(vm.exchange(stream).unwrap().client.status(), Some(413));
    // The client may still be sending.
    vm.request_data(stream, b"ghi", true).unwrap();
    assert_eq!(said(&mut vm), Vec::<String>::new());
}

#[test]
fn a_stop_of_everything_slows_the_client_down_instead() {
    let (mut vm, stream) = with_request(&guest!("holds_headers"), limited(options()), post(6), false);
    vm.request_data(stream, b"abcdef", true).unwrap();
    assert_eq!(vm.exchange(stream).unwrap().client.headers, None);
    assert_eq!(vm.buffered(stream, Way::Request).unwrap(), 6);
}

#[test]
fn a_held_response_beyond_the_limit_is_a_500() {
    let (mut vm, stream) = with_request(&guest!("holds_response"), limited(holding()), get(), true);
    vm.response_headers(stream, ok(), false).unwrap();
    vm.response_data(stream, b"abcdef", true).unwrap();
    let exchange = vm.exchange(stream).unwrap();
    assert_eq!(exchange.client.status(), Some(500));
    assert_eq!(exchange.local_reply.as_ref().unwrap().details, "response_payload_too_large");
}

#[test]
fn a_held_response_that_grows_beyond_the_limit_is_not_shown_any_more() {
    let (mut vm, stream) = with_request(&guest!("holds_response"), limited(holding()), get(), true);
    vm.response_headers(stream, ok(), false).unwrap();
    vm.response_data(stream, b"abc", false).unwrap();
    vm.response_data(stream, b"def", true).unwrap();
    assert_eq!(said(&mut vm), ["3"]);
    assert_eq!(vm.exchange(stream).unwrap().client.status(), Some(500));
}

#[test]
fn a_response_that_has_begun_can_only_be_cut() {
    let (mut vm, stream) = with_request(&guest!("holds_body"), limited(options()), get(), true);
    vm.response_headers(stream, ok(), false).unwrap();
    vm.response_data(stream, b"abcdef", false).unwrap();
    let exchange = vm.exchange(stream).unwrap();
    assert_eq!((exchange.client.status(), exchange.end), (Some(200), Some(End::Reset)));
    assert_eq!(exchange.client.body, b"");
}

#[test]
fn request_headers_that_went_on_are_out_of_reach() {
    let (mut vm, stream) = with_request(&guest!("looks_late"), options(), post(1), false);
    vm.request_data(stream, b"a", true).unwrap();
    // At hand; then BadArgument to read and to add; all of them: Ok, and zero bytes.
    assert_eq!(said(&mut vm), ["0", "2", "2", "0", "0"]);
}

#[test]
fn trailers_can_be_added_at_the_end_of_the_body() {
    let (mut vm, stream) = with_request(&guest!("adds_trailers"), options(), post(2), false);
    vm.request_data(stream, b"a", false).unwrap();
    assert_eq!(vm.exchange(stream).unwrap().upstream.body, b"a");
    vm.request_data(stream, b"b", true).unwrap();
    let upstream = &vm.exchange(stream).unwrap().upstream;
    assert_eq!(upstream.body, b"ab");
    assert_eq!(upstream.trailers.as_ref().unwrap().get("x-sum"), Some("1"));
    assert!(upstream.ended);
}

#[test]
fn a_message_out_of_turn_is_told() {
    let mut vm = Vm::start(&guest!("holds_body"), options()).unwrap();
    let stream = vm.open().unwrap();
    assert!(vm.request_data(stream, b"a", true).is_err());
    assert!(vm.response_headers(stream, ok(), true).is_err());
    vm.request_headers(stream, get(), true).unwrap();
    assert!(vm.request_data(stream, b"a", true).is_err());
}
