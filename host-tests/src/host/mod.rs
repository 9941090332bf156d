//! A proxy-wasm host that behaves like Envoy.
//!
//! It runs the very module that a gateway runs, without a gateway: loads it as Envoy 1.36 to 1.40
//! would (or refuses it as they would), drives HTTP exchanges through it by the rules of Envoy's
//! filter manager, and lets a test play everybody else: the client, the upstream, the services that
//! the filter calls, the clock. Where the rules come from is said beside each of them, by the file of
//! Envoy or of proxy-wasm-cpp-host that has it.
//!
//! ```
//! use toolgate_host_tests::host::{Headers, HostOptions, Module, Vm};
//!
//! // A filter that answers every request itself, with a 403.
//! let module = Module::new(
//!     br#"(module
//!       (import "env" "proxy_send_local_response" (func $reply (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
//!       (memory (export "memory") 1)
//!       (data (i32.const 16) "no")
//!       (func (export "proxy_abi_version_0_2_1"))
//!       (func (export "malloc") (param i32) (result i32) i32.const 1024)
//!       (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
//!         (drop (call $reply (i32.const 403) (i32.const 0) (i32.const 0) (i32.const 16) (i32.const 2)
//!                            (i32.const 0) (i32.const 0) (i32.const -1)))
//!         i32.const 1))"#,
//! )?;
//! let mut vm = Vm::start(&module, HostOptions::default())?;
//!
//! let stream = vm.open()?;
//! vm.request_headers(stream, Headers::from([(":method", "GET"), (":path", "/"), (":authority", "tool")]), true)?;
//!
//! let exchange = vm.close(stream)?;
//! assert_eq!(exchange.client.status(), Some(403));
//! assert_eq!(exchange.client.body, b"no");
//! assert_eq!(exchange.upstream.headers, None); // it never heard of it
//! # anyhow::Ok(())
//! ```
//!
//! What it doesn't have: gRPC calls, DNS, notices of shared queues, metadata frames, and Envoy's
//! foreign functions other than `verify_signature` and `clear_route_cache`.

mod buffers;
mod callbacks;
mod calls;
mod control;
mod exchange;
mod failure;
mod flow;
mod foreign;
mod guest;
mod headers;
pub mod imports;
mod log;
mod maps;
mod metrics;
mod module;
mod options;
mod pairs;
mod properties;
mod reply;
mod shared;
mod signature;
mod state;
mod status;
mod stream;
mod vm;
mod wasi;

pub use calls::{CallAnswer, CallId, PendingCall};
pub use headers::Headers;
pub use log::{Log, LogLevel};
pub use metrics::MetricKind;
pub use module::Module;
pub use options::{FailurePolicy, ForeignFunction, HostOptions};
pub use reply::LocalReply;
pub use shared::SharedData;
pub use status::Status;
pub use stream::{End, Exchange, Message, StreamId, Way};
pub use vm::Vm;
