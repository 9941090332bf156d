//! The host's own behaviour, shown by tiny guests with one behaviour each.
//!
//! Every test asserts what Envoy would do, and says which of its files makes it so.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in what several tests share"
)]

mod bodies;
mod calls;
mod failure;
mod holding;
mod lifecycle;
mod loading;
mod replies;
mod signatures;
mod values;

use toolgate_host_tests::host::{Headers, HostOptions, Module, StreamId, Vm};

/// A guest of `guests/` behind the prelude that all of them share.
macro_rules! guest {
    ($name:literal) => {
        crate::compile(include_str!(concat!("guests/", $name, ".wat")))
    };
}
pub(crate) use guest;

pub(crate) fn compile(guest: &str) -> Module {
    let text = format!("(module {}\n{guest})", include_str!("guests/prelude.wat"));
    Module::new(text.as_bytes()).unwrap()
}

/// Options of a gateway that can call the cluster `pdp`.
pub(crate) fn options() -> HostOptions {
    HostOptions { clusters: ["pdp".to_owned()].into(), ..HostOptions::default() }
}

/// The same, where headers can be held while the body comes.
pub(crate) fn holding() -> HostOptions {
    HostOptions { allow_on_headers_stop_iteration: true, ..options() }
}

pub(crate) fn get() -> Headers {
    Headers::from([(":method", "GET"), (":path", "/mcp"), (":authority", "tool")])
}

pub(crate) fn post(len: usize) -> Headers {
    let mut headers = Headers::from([(":method", "POST"), (":path", "/mcp"), (":authority", "tool")]);
    headers.add("content-length", len.to_string());
    headers
}

pub(crate) fn ok() -> Headers {
    Headers::from([(":status", "200")])
}

/// What the guest said since the last time, line by line.
pub(crate) fn said(vm: &mut Vm) -> Vec<String> {
    vm.take_logs().into_iter().map(|log| log.message).collect()
}

/// A VM and a stream whose request headers have come.
pub(crate) fn with_request(module: &Module, options: HostOptions, headers: Headers, end: bool) -> (Vm, StreamId) {
    let mut vm = Vm::start(module, options).unwrap();
    let stream = vm.open().unwrap();
    vm.request_headers(stream, headers, end).unwrap();
    (vm, stream)
}
