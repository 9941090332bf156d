//! What doesn't load: `WasmBase::load`, `registerCallbacks` in proxy-wasm-cpp-host `src/wasm.cc`.

use toolgate_host_tests::host::imports::{AbiVersion, is_offered};
use toolgate_host_tests::host::{HostOptions, Module, SharedData};

use crate::{get, guest, options, said, with_request};

const SOUND: &str = r#"(memory (export "memory") 1) (func (export "malloc") (param i32) (result i32) local.get 0)"#;

fn refusal(text: &str) -> String {
    format!("{:#}", Module::new(format!("(module {text})").as_bytes()).err().unwrap())
}

#[test]
fn every_import_that_envoy_lacks_is_named() {
    let error = refusal(&format!(
        r#"(import "env" "proxy_dance" (func)) (import "wasi_snapshot_preview1" "fd_readdir" (func))
        (import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))
        {SOUND} (func (export "proxy_abi_version_0_2_1"))"#
    ));
    assert!(error.contains("`env.proxy_dance`, `wasi_snapshot_preview1.fd_readdir`"), "{error}");
    assert!(!error.contains("sched_yield"), "{error}");
}

#[test]
fn a_module_says_which_abi_it_speaks() {
    assert!(refusal(SOUND).contains("not a proxy-wasm 0.2 module"));
    let module = format!(r#"(module {SOUND} (func (export "proxy_abi_version_0_2_0")))"#);
    assert_eq!(Module::new(module.as_bytes()).unwrap().abi(), AbiVersion::V0_2_0);
    assert!(!is_offered(AbiVersion::V0_2_0, "env", "proxy_get_log_level"));
    assert!(is_offered(AbiVersion::V0_2_1, "env", "proxy_get_log_level"));
}

#[test]
fn a_module_needs_an_allocator() {
    assert!(refusal(r#"(func (export "proxy_abi_version_0_2_1"))"#).contains("no allocator"));
}

#[test]
fn an_import_of_the_wrong_type_is_refused() {
    let error = refusal(&format!(
        r#"(import "env" "proxy_log" (func (param i32))) {SOUND} (func (export "proxy_abi_version_0_2_1"))"#
    ));
    assert!(error.contains("proxy_log"), "{error}");
}

/// Threads have their VMs to themselves, and share what Envoy's workers share.
#[test]
fn one_module_runs_on_many_threads() {
    let (module, shared) = (guest!("shares"), SharedData::new());
    let worker = |vm_id: String| {
        let options = HostOptions { vm_id, shared: shared.clone(), ..options() };
        let (mut vm, _) = with_request(&module, options, get(), true);
        assert_eq!(said(&mut vm), ["0", "0", "8"]);
    };
    std::thread::scope(|scope| {
        for number in 0..4 {
            let worker = &worker;
            scope.spawn(move || worker(number.to_string()));
        }
    });
    assert_eq!(shared.get("3", b"count").unwrap().0, b"x");
}
