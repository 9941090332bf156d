//! Local replies: `Context::sendLocalResponse` in Envoy's `source/extensions/common/wasm/context.cc`,
//! `sendLocalReply` in its `source/common/http/filter_manager.cc` and `utility.cc`.

use toolgate_host_tests::host::{End, Headers};

use crate::{get, guest, ok, options, said, with_request};

#[test]
fn a_local_reply_passes_the_filters_own_response_callbacks() {
    let (mut vm, stream) = with_request(&guest!("replies"), options(), get(), true);
    // The request's headers could still be read after the reply was asked for; then the reply's body.
    assert_eq!(said(&mut vm), ["1", "7"]);
    let exchange = vm.exchange(stream).unwrap();
    let headers = exchange.client.headers.as_ref().unwrap();
    assert_eq!(
        headers.to_string(),
        ":status: 403\nx-reason: denied\ncontent-length: 7\ncontent-type: text/plain\nx-passed: 1\n"
    );
    assert_eq!(exchange.client.body, b"no body");
    assert_eq!(exchange.upstream.headers, None);
    // Spaces would break the access log.
    assert_eq!(exchange.local_reply.as_ref().unwrap().details, "no_such_tool");
    assert_eq!(exchange.end, Some(End::Complete));
}

#[test]
fn a_head_request_gets_no_body() {
    let mut head = get();
    head.set(":method", "HEAD");
    let (vm, stream) = with_request(&guest!("replies"), options(), head, true);
    let client = &vm.exchange(stream).unwrap().client;
    assert_eq!((client.status(), client.body.as_slice(), client.ended), (Some(403), &b""[..], true));
    assert_eq!(client.headers.as_ref().unwrap().get("content-length"), Some("7"));
}

#[test]
fn a_grpc_client_gets_200_and_a_grpc_status() {
    let mut grpc = get();
    grpc.add("content-type", "application/grpc+proto");
    let (vm, stream) = with_request(&guest!("replies"), options(), grpc, false);
    let client = &vm.exchange(stream).unwrap().client;
    let headers: &Headers = client.headers.as_ref().unwrap();
    assert_eq!(client.status(), Some(200));
    assert_eq!((headers.get("grpc-status"), headers.get("grpc-message")), (Some("7"), Some("no body")));
    assert_eq!(client.body, b"");
}

#[test]
fn a_response_that_nobody_has_seen_yet_is_replaced_directly() {
    let (mut vm, stream) = with_request(&guest!("replies_to_response"), options(), get(), true);
    vm.response_headers(stream, ok(), false).unwrap();
    // `sendDirectLocalReply`: not through the filter again.
    let exchange = vm.exchange(stream).unwrap();
    assert_eq!((exchange.client.status(), exchange.client.body.as_slice()), (Some(502), &b"leaked"[..]));
    vm.response_data(stream, b"secret", true).unwrap();
    assert_eq!(vm.exchange(stream).unwrap().client.body, b"leaked");
}
