//! Header maps: `Context::*HeaderMap*` in Envoy's `source/extensions/common/wasm/context.cc`.
//!
//! A map that isn't there is *read as empty* by `get_header_map_pairs`, and is [`Status::BadArgument`]
//! to everything else. Request headers stop being there once they went on.

use super::guest::{Guest, Linker, Outcome, answer};
use super::state::State;
use super::{Headers, Status, pairs};

/// `WasmHeaderMapType`. gRPC metadata (4 and 5) is never there, as this host makes no gRPC calls.
const REQUEST_HEADERS: u32 = 0;
const REQUEST_TRAILERS: u32 = 1;
const RESPONSE_HEADERS: u32 = 2;
const RESPONSE_TRAILERS: u32 = 3;
const CALL_HEADERS: u32 = 6;
const CALL_TRAILERS: u32 = 7;
const LAST: u32 = CALL_TRAILERS;

/// `getConstMap`
fn readable(state: &mut State, map: u32) -> Option<&Headers> {
    if let CALL_HEADERS | CALL_TRAILERS = map {
        let answer = state.calls.current.as_ref()?;
        return if map == CALL_HEADERS { Some(&answer.headers) } else { answer.trailers.as_ref() };
    }
    let stream = state.stream()?;
    if stream.logging {
        return match map {
            REQUEST_HEADERS => stream.request.headers.as_ref(),
            RESPONSE_HEADERS => stream.response.headers.as_ref(),
            RESPONSE_TRAILERS => stream.response.trailers.as_ref(),
            _ => None,
        };
    }
    match map {
        REQUEST_HEADERS => stream.request.headers.as_ref().filter(|_| stream.request.headers_visible),
        RESPONSE_HEADERS => stream.response.headers.as_ref().filter(|_| stream.response.headers_visible),
        REQUEST_TRAILERS => stream.request.trailers.as_ref().filter(|_| stream.request.trailers_visible),
        RESPONSE_TRAILERS => stream.response.trailers.as_ref().filter(|_| stream.response.trailers_visible),
        _ => None,
    }
}

/// `getMap`: trailers come into being when they are changed while the end of the body is at hand.
fn writable(state: &mut State, map: u32) -> Option<&mut Headers> {
    let stream = state.stream()?;
    let end = stream.end_of_stream;
    let side = match map {
        REQUEST_HEADERS | REQUEST_TRAILERS => &mut stream.request,
        RESPONSE_HEADERS | RESPONSE_TRAILERS => &mut stream.response,
        _ => return None,
    };
    if let REQUEST_HEADERS | RESPONSE_HEADERS = map {
        return if side.headers_visible { side.headers.as_mut() } else { None };
    }
    if !side.trailers_visible && side.trailers.is_none() && side.piece.is_some() && end {
        side.trailers = Some(Headers::new());
        side.trailers_visible = true;
    }
    if side.trailers_visible { side.trailers.as_mut() } else { None }
}

fn known(map: u32) -> Outcome {
    if map > LAST { Err(Status::BadArgument.into()) } else { Ok(()) }
}

fn change(guest: &mut Guest<'_>, map: u32, edit: impl FnOnce(&mut Headers)) -> Outcome {
    edit(writable(guest.state(), map).ok_or(Status::BadArgument)?);
    Ok(())
}

/// Offers the header map functions.
pub(super) fn link(linker: &mut Linker) -> wasmtime::Result<()> {
    link_reading(linker)?;
    linker.func_wrap(
        "env",
        "proxy_add_header_map_value",
        |caller: wasmtime::Caller<'_, _>, map: u32, key: u32, key_len: u32, value: u32, value_len: u32| {
            answer(caller, "proxy_add_header_map_value", |guest: &mut Guest<'_>| {
                known(map)?;
                let (key, value) = (guest.read(key, key_len)?, guest.read(value, value_len)?);
                change(guest, map, |headers| headers.add(key, value))
            })
        },
    )?;
    linker.func_wrap(
        "env",
        "proxy_replace_header_map_value",
        |caller: wasmtime::Caller<'_, _>, map: u32, key: u32, key_len: u32, value: u32, value_len: u32| {
            answer(caller, "proxy_replace_header_map_value", |guest: &mut Guest<'_>| {
                known(map)?;
                let (key, value) = (guest.read(key, key_len)?, guest.read(value, value_len)?);
                change(guest, map, |headers| headers.set(key, value))
            })
        },
    )?;
    linker.func_wrap(
        "env",
        "proxy_remove_header_map_value",
        |caller: wasmtime::Caller<'_, _>, map: u32, key: u32, key_len: u32| {
            answer(caller, "proxy_remove_header_map_value", |guest: &mut Guest<'_>| {
                known(map)?;
                let key = guest.read(key, key_len)?;
                change(guest, map, |headers| headers.remove(key))
            })
        },
    )?;
    linker.func_wrap(
        "env",
        "proxy_set_header_map_pairs",
        |caller: wasmtime::Caller<'_, _>, map: u32, at: u32, len: u32| {
            answer(caller, "proxy_set_header_map_pairs", |guest: &mut Guest<'_>| {
                known(map)?;
                let lines = pairs::read(&guest.read(at, len)?);
                change(guest, map, |headers| *headers = lines.into_iter().collect())
            })
        },
    )?;
    Ok(())
}

fn link_reading(linker: &mut Linker) -> wasmtime::Result<()> {
    linker.func_wrap(
        "env",
        "proxy_get_header_map_value",
        |caller: wasmtime::Caller<'_, _>, map: u32, key: u32, key_len: u32, out: u32, out_len: u32| {
            answer(caller, "proxy_get_header_map_value", |guest: &mut Guest<'_>| {
                known(map)?;
                let key = guest.read(key, key_len)?;
                let logging = guest.state().stream().is_some_and(|stream| stream.logging);
                // In the access log's phase a missing map is no mistake of the guest's.
                let missing = if logging { Status::NotFound } else { Status::BadArgument };
                let headers = readable(guest.state(), map).ok_or(missing)?;
                let value = headers.get_bytes(&key).ok_or(Status::NotFound)?.to_vec();
                guest.give(&value, out, out_len)
            })
        },
    )?;
    linker.func_wrap(
        "env",
        "proxy_get_header_map_pairs",
        |caller: wasmtime::Caller<'_, _>, map: u32, out: u32, out_len: u32| {
            answer(caller, "proxy_get_header_map_pairs", |guest: &mut Guest<'_>| {
                known(map)?;
                let lines = readable(guest.state(), map).filter(|headers| !headers.is_empty());
                let bytes = lines.map(|headers| pairs::write(headers.iter())).unwrap_or_default();
                guest.give(&bytes, out, out_len)
            })
        },
    )?;
    linker.func_wrap("env", "proxy_get_header_map_size", |caller: wasmtime::Caller<'_, _>, map: u32, out: u32| {
        answer(caller, "proxy_get_header_map_size", |guest: &mut Guest<'_>| {
            known(map)?;
            let size = writable(guest.state(), map).ok_or(Status::BadArgument)?.byte_size();
            guest.write_u32(out, u32::try_from(size).unwrap_or(u32::MAX))
        })
    })?;
    Ok(())
}
