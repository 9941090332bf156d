//! Foreign functions: `call_foreign_function` in `src/exports.cc` of proxy-wasm-cpp-host, and
//! those of Envoy's `source/extensions/common/wasm/foreign.cc` that this host has.

use super::guest::{Guest, Linker, Outcome, Stop, answer};
use super::{Status, signature};

fn call(guest: &mut Guest<'_>, name: &[u8], arguments: &[u8]) -> Outcome<Vec<u8>> {
    let own = std::str::from_utf8(name).ok().and_then(|name| guest.options().foreign_functions.get(name).cloned());
    if let Some(function) = own {
        return Ok(function(arguments)?);
    }
    match name {
        b"verify_signature" if guest.options().verify_signature => Ok(signature::verify(arguments)?),
        b"clear_route_cache" => {
            let state = guest.state();
            state.route_cache_clears = state.route_cache_clears.saturating_add(1);
            Ok(Vec::new())
        }
        // Envoy has more (`compress`, `expr_create`, …), which no guest here needs: they look as in
        // a host that lacks them.
        _ => Err(Stop::Answer(Status::NotFound)),
    }
}

/// Offers `proxy_call_foreign_function`.
pub(super) fn link(linker: &mut Linker) -> wasmtime::Result<()> {
    linker.func_wrap(
        "env",
        "proxy_call_foreign_function",
        |caller: wasmtime::Caller<'_, _>,
         name: u32,
         name_len: u32,
         data: u32,
         data_len: u32,
         out: u32,
         out_len: u32| {
            answer(caller, "proxy_call_foreign_function", |guest: &mut Guest<'_>| {
                let (name, arguments) = (guest.read(name, name_len)?, guest.read(data, data_len)?);
                let result = call(guest, &name, &arguments)?;
                guest.give(&result, out, out_len)
            })
        },
    )?;
    Ok(())
}
