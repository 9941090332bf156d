//! The WASI functions that Envoy offers (`src/exports.cc` of proxy-wasm-cpp-host): output becomes
//! log lines, clocks and randomness are the host's, there is no file.

use wasmtime::Caller;

use super::LogLevel;
use super::guest::{Guest, Linker, Outcome};
use super::imports::WASI_MODULES;
use super::state::State;

// `__wasi_errno_t`
const SUCCESS: u32 = 0;
const BADF: u32 = 8;
const FAULT: u32 = 21;
const INVAL: u32 = 28;
const NOENT: u32 = 44;
const NOSYS: u32 = 52;
const NOTSUP: u32 = 58;

/// `PROXY_WASM_HOST_WASI_RANDOM_GET_MAX_SIZE_BYTES`
const RANDOM_MAX: u32 = 64 * 1024;

/// What a WASI function's body returns: nothing, or an error number.
type Answer = Result<(), u32>;

fn answer(caller: Caller<'_, State>, body: impl FnOnce(&mut Guest<'_>) -> Answer) -> wasmtime::Result<u32> {
    Ok(body(&mut Guest::new(caller)?).err().unwrap_or(SUCCESS))
}

/// Every failing access to memory is `EFAULT` here.
fn fault<T>(outcome: Outcome<T>) -> Result<T, u32> {
    outcome.map_err(|_| FAULT)
}

/// Offers WASI under both of its names.
pub(super) fn link(linker: &mut Linker) -> wasmtime::Result<()> {
    for module in WASI_MODULES {
        link_output(linker, module)?;
        link_world(linker, module)?;
        link_absent(linker, module)?;
    }
    Ok(())
}

fn link_output(linker: &mut Linker, module: &str) -> wasmtime::Result<()> {
    linker.func_wrap(
        module,
        "fd_write",
        |caller: Caller<'_, State>, fd: u32, list: u32, count: u32, written: u32| {
            answer(caller, |guest| {
                let level = match fd {
                    1 => LogLevel::Info,
                    2 => LogLevel::Error,
                    _ => return Err(BADF),
                };
                let mut text = Vec::new();
                for number in 0..count {
                    let entry = number.checked_mul(8).and_then(|offset| list.checked_add(offset)).ok_or(FAULT)?;
                    let at = fault(guest.read_u32(entry))?;
                    let len = fault(guest.read_u32(entry.checked_add(4).ok_or(FAULT)?))?;
                    text.extend(fault(guest.read(at, len))?);
                }
                let len = u32::try_from(text.len()).map_err(|_| FAULT)?;
                if !text.is_empty() {
                    let line = text.strip_suffix(b"\n").unwrap_or(&text);
                    let context = guest.state().context();
                    guest.state().log(level, context, line);
                }
                fault(guest.write_u32(written, len))
            })
        },
    )?;
    linker.func_wrap(module, "fd_fdstat_get", |caller: Caller<'_, State>, fd: u32, out: u32| {
        answer(caller, |guest| {
            if fd != 1 && fd != 2 {
                return Err(BADF);
            }
            // All zero but `fs_rights_base`, which says "may be written".
            let mut stat = [0_u8; 24];
            if let Some(rights) = stat.get_mut(8) {
                *rights = 64;
            }
            fault(guest.write(out, &stat))
        })
    })?;
    Ok(())
}

fn link_world(linker: &mut Linker, module: &str) -> wasmtime::Result<()> {
    linker.func_wrap(module, "clock_time_get", |caller: Caller<'_, State>, clock: u32, _: u64, out: u32| {
        answer(caller, |guest| {
            let time = match clock {
                0 => guest.state().now,
                1 => guest.state().monotonic,
                _ => return Err(NOTSUP),
            };
            fault(guest.write_u64(out, time))
        })
    })?;
    linker.func_wrap(module, "random_get", |caller: Caller<'_, State>, out: u32, len: u32| {
        answer(caller, |guest| {
            if len > RANDOM_MAX {
                return Err(INVAL);
            }
            let random = &mut guest.state().random;
            let bytes: Vec<u8> = (0..len).map(|_| random.u8(..)).collect();
            fault(guest.write(out, &bytes))
        })
    })?;
    linker.func_wrap(module, "environ_sizes_get", |caller: Caller<'_, State>, count: u32, size: u32| {
        answer(caller, |guest| {
            let (lines, bytes) = environment(guest);
            fault(guest.write_u32(count, lines))?;
            fault(guest.write_u32(size, u32::try_from(bytes.len()).map_err(|_| FAULT)?))
        })
    })?;
    linker.func_wrap(module, "environ_get", |caller: Caller<'_, State>, list: u32, buffer: u32| {
        answer(caller, |guest| {
            let (_, bytes) = environment(guest);
            fault(guest.write(buffer, &bytes))?;
            let (mut slot, mut at) = (list, buffer);
            for line in bytes.split_inclusive(|byte| *byte == 0) {
                fault(guest.write_u32(slot, at))?;
                slot = slot.checked_add(4).ok_or(FAULT)?;
                at = u32::try_from(line.len()).ok().and_then(|len| at.checked_add(len)).ok_or(FAULT)?;
            }
            Ok(())
        })
    })?;
    linker.func_wrap(module, "args_sizes_get", |caller: Caller<'_, State>, count: u32, size: u32| {
        answer(caller, |guest| {
            fault(guest.write_u32(count, 0))?;
            fault(guest.write_u32(size, 0))
        })
    })?;
    linker.func_wrap(module, "args_get", |_: u32, _: u32| SUCCESS)?;
    linker.func_wrap(module, "sched_yield", || SUCCESS)?;
    linker.func_wrap(module, "poll_oneoff", |caller: Caller<'_, State>, _: u32, _: u32, _: u32, events: u32| {
        answer(caller, |guest| fault(guest.write_u32(events, 0)))
    })?;
    // Envoy only notes that it was called, and the guest goes on; Rust's `exit` traps behind it.
    linker.func_wrap(module, "proc_exit", |mut caller: Caller<'_, State>, code: u32| {
        let context = caller.data().context();
        caller.data_mut().log(LogLevel::Error, context, format!("proc_exit({code})").as_bytes());
    })?;
    Ok(())
}

/// `NAME=value` and a NUL for each variable, and how many there are.
fn environment(guest: &Guest<'_>) -> (u32, Vec<u8>) {
    let variables = &guest.options().environment;
    let bytes = variables.iter().flat_map(|(name, value)| format!("{name}={value}\0").into_bytes()).collect();
    (u32::try_from(variables.len()).unwrap_or(u32::MAX), bytes)
}

/// There are no files, and each of these says so in its own way.
fn link_absent(linker: &mut Linker, module: &str) -> wasmtime::Result<()> {
    linker.func_wrap(module, "fd_close", |_: u32| SUCCESS)?;
    linker.func_wrap(module, "fd_seek", |_: u32, _: i64, _: u32, _: u32| SUCCESS)?;
    linker.func_wrap(module, "fd_read", |_: u32, _: u32, _: u32, _: u32| NOSYS)?;
    linker.func_wrap(module, "fd_prestat_get", |_: u32, _: u32| BADF)?;
    linker.func_wrap(module, "fd_prestat_dir_name", |_: u32, _: u32, _: u32| NOSYS)?;
    linker.func_wrap(module, "fd_filestat_get", |_: u32, _: u32| BADF)?;
    linker.func_wrap(module, "path_filestat_get", |_: u32, _: u32, _: u32, _: u32, _: u32| NOTSUP)?;
    linker.func_wrap(
        module,
        "path_open",
        |_: u32, _: u32, _: u32, _: u32, _: u32, _: i64, _: i64, _: u32, _: u32| NOENT,
    )?;
    Ok(())
}
