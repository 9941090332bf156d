//! Buffers: `Context::getBuffer` and `Buffer::copyFrom` in Envoy's
//! `source/extensions/common/wasm/context.cc`.

use super::Status;
use super::guest::{Guest, Linker, Outcome, answer, index};
use super::state::State;
use super::stream::{Side, Stream};

/// `WasmBufferType`
const REQUEST_BODY: u32 = 0;
const RESPONSE_BODY: u32 = 1;
const CALL_BODY: u32 = 4;
const GRPC: u32 = 5;
const VM_CONFIGURATION: u32 = 6;
const PLUGIN_CONFIGURATION: u32 = 7;
const CALL_DATA: u32 = 8;

/// What a guest finds where it looks for a buffer.
fn content(state: &mut State, buffer: u32) -> Outcome<&[u8]> {
    match buffer {
        REQUEST_BODY | RESPONSE_BODY => {
            let side = state.stream().map(|stream| &*body_side(stream, buffer));
            // Outside of body callbacks Envoy shows a buffer over nothing, not a missing one.
            Ok(side.and_then(body).map_or(&[][..], Vec::as_slice))
        }
        CALL_BODY => Ok(state.calls.current.as_ref().ok_or(Status::NotFound)?.body.as_slice()),
        VM_CONFIGURATION => Ok(&state.options.vm_config),
        PLUGIN_CONFIGURATION if state.configuring => Ok(&state.options.plugin_config),
        GRPC | CALL_DATA => Ok(&[]),
        2 | 3 | PLUGIN_CONFIGURATION => Err(Status::NotFound.into()),
        _ => Err(Status::BadArgument.into()),
    }
}

fn body_side(stream: &mut Stream, buffer: u32) -> &mut Side {
    if buffer == REQUEST_BODY { &mut stream.request } else { &mut stream.response }
}

/// While the filter buffers, the body is all that was buffered; else it is the piece at hand.
fn body(side: &Side) -> Option<&Vec<u8>> {
    if side.buffering { side.buffered.as_ref() } else { side.piece.as_ref() }
}

fn body_mut(side: &mut Side) -> Option<&mut Vec<u8>> {
    if side.buffering { side.buffered.as_mut() } else { side.piece.as_mut() }
}

/// Bodies can be prepended to, appended to, or replaced as a whole; nothing else can be changed.
fn edit(bytes: &mut Vec<u8>, start: usize, length: usize, data: &[u8]) -> Outcome {
    match (start, length) {
        (0, 0) => bytes.splice(0..0, data.iter().copied()).for_each(drop),
        (0, length) if length >= bytes.len() => *bytes = data.to_vec(),
        (start, _) if start != 0 && start >= bytes.len() => bytes.extend_from_slice(data),
        _ => return Err(Status::BadArgument.into()),
    }
    Ok(())
}

/// Offers the buffer functions.
pub(super) fn link(linker: &mut Linker) -> wasmtime::Result<()> {
    linker.func_wrap(
        "env",
        "proxy_get_buffer_bytes",
        |caller: wasmtime::Caller<'_, _>, buffer: u32, start: u32, length: u32, out: u32, out_len: u32| {
            answer(caller, "proxy_get_buffer_bytes", |guest: &mut Guest<'_>| {
                let bytes = content(guest.state(), buffer)?;
                let end = index(start).saturating_add(index(length)).min(bytes.len());
                let piece = bytes.get(index(start)..end).unwrap_or_default().to_vec();
                guest.give(&piece, out, out_len)
            })
        },
    )?;
    linker.func_wrap(
        "env",
        "proxy_get_buffer_status",
        |caller: wasmtime::Caller<'_, _>, buffer: u32, length: u32, flags: u32| {
            answer(caller, "proxy_get_buffer_status", |guest: &mut Guest<'_>| {
                let size = content(guest.state(), buffer)?.len();
                guest.write_u32(length, u32::try_from(size).unwrap_or(u32::MAX))?;
                guest.write_u32(flags, 0)
            })
        },
    )?;
    linker.func_wrap(
        "env",
        "proxy_set_buffer_bytes",
        |caller: wasmtime::Caller<'_, _>, buffer: u32, start: u32, length: u32, data: u32, data_len: u32| {
            answer(caller, "proxy_set_buffer_bytes", |guest: &mut Guest<'_>| {
                content(guest.state(), buffer)?;
                let data = guest.read(data, data_len)?;
                if buffer != REQUEST_BODY && buffer != RESPONSE_BODY {
                    return Err(Status::BadArgument.into());
                }
                let stream = guest.state().stream().ok_or(Status::BadArgument)?;
                let bytes = body_mut(body_side(stream, buffer)).ok_or(Status::BadArgument)?;
                edit(bytes, index(start), index(length), &data)
            })
        },
    )?;
    Ok(())
}
