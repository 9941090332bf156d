//! The host functions that steer: logging, time, contexts, resuming, local replies.

use wasmtime::Caller;

use super::guest::{Guest, Linker, Outcome, answer};
use super::reply::LocalReply;
use super::state::{Later, State};
use super::stream::Way;
use super::{LogLevel, Status, pairs};

/// `Context::continueStream`. The guest's view of the *request* ends with it, in whichever direction
/// it resumed: afterwards request headers are [`Status::BadArgument`].
fn resume(guest: &mut Guest<'_>, kind: u32) -> Outcome {
    let way = match kind {
        0 => Way::Request,
        1 => Way::Response,
        2 => return Ok(()),
        3 => return Err(Status::Unimplemented.into()),
        _ => return Err(Status::BadArgument.into()),
    };
    let state = guest.state();
    let context = state.context();
    let Some(stream) = state.stream() else { return Ok(()) };
    stream.request.headers_visible = false;
    stream.request.trailers_visible = false;
    state.later.push_back(Later::Resume(context, way));
    Ok(())
}

/// `Context::closeStream`
fn close(guest: &mut Guest<'_>, kind: u32) -> Outcome {
    if kind > 3 {
        return Err(Status::BadArgument.into());
    }
    let state = guest.state();
    let context = state.context();
    if kind < 2 && state.stream().is_some() {
        state.later.push_back(Later::Reset(context));
    }
    Ok(())
}

/// Offers all of this.
pub(super) fn link(linker: &mut Linker) -> wasmtime::Result<()> {
    link_world(linker)?;
    link_streams(linker)?;
    link_absent(linker)
}

fn link_world(linker: &mut Linker) -> wasmtime::Result<()> {
    linker.func_wrap("env", "proxy_log", |caller: Caller<'_, State>, level: u32, text: u32, len: u32| {
        answer(caller, "proxy_log", |guest| {
            let level = LogLevel::from_code(level).ok_or(Status::BadArgument)?;
            let text = guest.read(text, len)?;
            let context = guest.state().context();
            guest.state().log(level, context, &text);
            Ok(())
        })
    })?;
    linker.func_wrap("env", "proxy_get_log_level", |caller: Caller<'_, State>, out: u32| {
        answer(caller, "proxy_get_log_level", |guest| {
            let level = guest.options().log_level;
            guest.write_u32(out, level)
        })
    })?;
    linker.func_wrap("env", "proxy_get_current_time_nanoseconds", |caller: Caller<'_, State>, out: u32| {
        answer(caller, "proxy_get_current_time_nanoseconds", |guest| {
            let now = guest.state().now;
            guest.write_u64(out, now)
        })
    })?;
    linker.func_wrap("env", "proxy_set_tick_period_milliseconds", |caller: Caller<'_, State>, period: u32| {
        answer(caller, "proxy_set_tick_period_milliseconds", |guest| {
            guest.state().tick_period = period;
            Ok(())
        })
    })?;
    linker.func_wrap("env", "proxy_get_status", |caller: Caller<'_, State>, code: u32, out: u32, len: u32| {
        answer(caller, "proxy_get_status", |guest| {
            guest.write_u32(code, 0)?;
            guest.give(&[], out, len)
        })
    })?;
    Ok(())
}

fn link_streams(linker: &mut Linker) -> wasmtime::Result<()> {
    linker.func_wrap("env", "proxy_continue_stream", |caller: Caller<'_, State>, kind: u32| {
        answer(caller, "proxy_continue_stream", |guest| resume(guest, kind))
    })?;
    linker.func_wrap("env", "proxy_close_stream", |caller: Caller<'_, State>, kind: u32| {
        answer(caller, "proxy_close_stream", |guest| close(guest, kind))
    })?;
    linker.func_wrap("env", "proxy_set_effective_context", |caller: Caller<'_, State>, context: u32| {
        answer(caller, "proxy_set_effective_context", |guest| {
            if !guest.state().context_exists(context) {
                return Err(Status::BadArgument.into());
            }
            guest.state().effective = context;
            Ok(())
        })
    })?;
    linker.func_wrap("env", "proxy_done", |caller: Caller<'_, State>| {
        // Only a root context whose `proxy_on_done` said "not yet" can be done later.
        answer(caller, "proxy_done", |_| Err(Status::NotFound.into()))
    })?;
    linker.func_wrap(
        "env",
        "proxy_send_local_response",
        |caller: Caller<'_, State>,
         status: u32,
         details: u32,
         details_len: u32,
         body: u32,
         body_len: u32,
         headers: u32,
         headers_len: u32,
         grpc_status: u32| {
            answer(caller, "proxy_send_local_response", |guest| {
                let details = guest.read(details, details_len)?;
                let body = guest.read(body, body_len)?;
                let headers = pairs::read(&guest.read(headers, headers_len)?);
                let reply = LocalReply {
                    status: u16::try_from(status).map_err(|_| Status::BadArgument)?,
                    headers: headers.into_iter().collect(),
                    body,
                    // `StringUtil::replaceAllEmptySpace`
                    details: String::from_utf8_lossy(&details)
                        .replace(|letter: char| letter.is_ascii_whitespace(), "_"),
                    grpc_status: (grpc_status <= 16).then_some(grpc_status),
                };
                let state = guest.state();
                let context = state.context();
                if state.stream().is_some() {
                    state.later.push_back(Later::Reply(context, reply));
                }
                state.stop_iteration = true;
                Ok(())
            })
        },
    )?;
    Ok(())
}

/// What Envoy offers and no guest of this host needs: gRPC calls, DNS, threads.
fn link_absent(linker: &mut Linker) -> wasmtime::Result<()> {
    let missing = Status::Unimplemented.code();
    linker.func_wrap(
        "env",
        "proxy_grpc_call",
        move |_: u32, _: u32, _: u32, _: u32, _: u32, _: u32, _: u32, _: u32, _: u32, _: u32, _: u32, _: u32| missing,
    )?;
    linker.func_wrap(
        "env",
        "proxy_grpc_stream",
        move |_: u32, _: u32, _: u32, _: u32, _: u32, _: u32, _: u32, _: u32, _: u32| missing,
    )?;
    linker.func_wrap("env", "proxy_grpc_send", move |_: u32, _: u32, _: u32, _: u32| missing)?;
    linker.func_wrap("env", "proxy_grpc_cancel", move |_: u32| missing)?;
    linker.func_wrap("env", "proxy_grpc_close", move |_: u32| missing)?;
    linker.func_wrap("env", "envoy_resolve_dns", move |_: u32, _: u32, _: u32| missing)?;
    linker.func_wrap("env", "pthread_equal", |left: u32, right: u32| u32::from(left == right))?;
    linker.func_wrap("env", "emscripten_notify_memory_growth", |_: u32| {})?;
    Ok(())
}
