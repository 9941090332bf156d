//! What Envoy 1.36 to 1.40 offers a guest, and whether a module asks for more.
//!
//! Envoy links a module against a fixed list; one import that isn't in it and the module doesn't
//! load, so the gateway comes up without its filter. This is the list, as
//! `WasmBase::registerCallbacks` of proxy-wasm-cpp-host (`src/wasm.cc`) and `Wasm::registerCallbacks`
//! of Envoy (`source/extensions/common/wasm/wasm.cc`) build it. WASI functions that were added
//! there later than the oldest of those Envoys was cut (`fd_advise`, `fd_pread`, `sock_send`, …)
//! are left out on purpose.

use anyhow::{Context as _, bail};

/// The functions of module `env`.
pub const ENV: &[&str] = &[
    "emscripten_notify_memory_growth",
    "envoy_resolve_dns",
    "proxy_add_header_map_value",
    "proxy_call_foreign_function",
    "proxy_close_stream",
    "proxy_continue_stream",
    "proxy_define_metric",
    "proxy_dequeue_shared_queue",
    "proxy_done",
    "proxy_enqueue_shared_queue",
    "proxy_get_buffer_bytes",
    "proxy_get_buffer_status",
    "proxy_get_current_time_nanoseconds",
    "proxy_get_header_map_pairs",
    "proxy_get_header_map_size",
    "proxy_get_header_map_value",
    "proxy_get_log_level",
    "proxy_get_metric",
    "proxy_get_property",
    "proxy_get_shared_data",
    "proxy_get_status",
    "proxy_grpc_call",
    "proxy_grpc_cancel",
    "proxy_grpc_close",
    "proxy_grpc_send",
    "proxy_grpc_stream",
    "proxy_http_call",
    "proxy_increment_metric",
    "proxy_log",
    "proxy_record_metric",
    "proxy_register_shared_queue",
    "proxy_remove_header_map_value",
    "proxy_replace_header_map_value",
    "proxy_resolve_shared_queue",
    "proxy_send_local_response",
    "proxy_set_buffer_bytes",
    "proxy_set_effective_context",
    "proxy_set_header_map_pairs",
    "proxy_set_property",
    "proxy_set_shared_data",
    "proxy_set_tick_period_milliseconds",
    "pthread_equal",
];

/// The functions of `wasi_snapshot_preview1`, and of its older name `wasi_unstable`.
pub const WASI: &[&str] = &[
    "args_get",
    "args_sizes_get",
    "clock_time_get",
    "environ_get",
    "environ_sizes_get",
    "fd_close",
    "fd_fdstat_get",
    "fd_filestat_get",
    "fd_prestat_dir_name",
    "fd_prestat_get",
    "fd_read",
    "fd_seek",
    "fd_write",
    "path_filestat_get",
    "path_open",
    "poll_oneoff",
    "proc_exit",
    "random_get",
    "sched_yield",
];

/// The two names under which Envoy registers [`WASI`].
pub const WASI_MODULES: &[&str] = &["wasi_snapshot_preview1", "wasi_unstable"];

/// The function exports that name the ABI; this host speaks 0.2.x.
const ABI_MARKERS: &[(&str, AbiVersion)] =
    &[("proxy_abi_version_0_2_0", AbiVersion::V0_2_0), ("proxy_abi_version_0_2_1", AbiVersion::V0_2_1)];

/// The version of the proxy-wasm ABI that a module was built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AbiVersion {
    /// 0.2.0
    V0_2_0,
    /// 0.2.1: the same and `proxy_get_log_level`.
    V0_2_1,
}

/// Whether Envoy offers the function `name` of `module` to a guest of this ABI.
#[must_use]
pub fn is_offered(abi: AbiVersion, module: &str, name: &str) -> bool {
    match module {
        // `registerCallbacks` asks the ABI before it registers this one.
        "env" if name == "proxy_get_log_level" => abi == AbiVersion::V0_2_1,
        "env" => ENV.contains(&name),
        _ => WASI_MODULES.contains(&module) && WASI.contains(&name),
    }
}

/// Checks that Envoy could load `wasm`: that it is proxy-wasm 0.2.x, has an allocator, and imports
/// nothing else than what is offered. Returns the ABI it was built for.
///
/// # Errors
///
/// Names every import that isn't offered, or what else is missing.
pub fn check(wasm: &[u8]) -> anyhow::Result<AbiVersion> {
    let (imports, exports) = read(wasm).context("the module can't be parsed")?;
    let Some((_, abi)) = ABI_MARKERS.iter().find(|(marker, _)| exports.iter().any(|name| name == marker)) else {
        bail!(
            "not a proxy-wasm 0.2 module: it exports neither `proxy_abi_version_0_2_0` nor `proxy_abi_version_0_2_1`"
        );
    };
    if !exports.iter().any(|name| name == "malloc" || name == "proxy_on_memory_allocate") {
        bail!("the module exports no allocator: neither `malloc` nor `proxy_on_memory_allocate`");
    }
    let unknown: Vec<String> = imports
        .iter()
        .filter(|(module, name)| !is_offered(*abi, module, name))
        .map(|(module, name)| format!("`{module}.{name}`"))
        .collect();
    if !unknown.is_empty() {
        bail!("envoy offers no {}: a module that imports it doesn't load", unknown.join(", "));
    }
    Ok(*abi)
}

/// Imports as (module, name), and the names of exported functions.
type Surface = (Vec<(String, String)>, Vec<String>);

fn read(wasm: &[u8]) -> anyhow::Result<Surface> {
    let (mut imports, mut exports) = (Vec::new(), Vec::new());
    for payload in wasmparser::Parser::new(0).parse_all(wasm) {
        match payload? {
            wasmparser::Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    imports.push((import.module.to_owned(), import.name.to_owned()));
                }
            }
            wasmparser::Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    if export.kind == wasmparser::ExternalKind::Func {
                        exports.push(export.name.to_owned());
                    }
                }
            }
            _ => {}
        }
    }
    Ok((imports, exports))
}
