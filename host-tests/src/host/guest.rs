//! A guest as a host function sees it: its memory, its allocator, and the state behind it.

use anyhow::anyhow;
use wasmtime::{Caller, Extern, Memory};

use super::state::State;
use super::{HostOptions, Status};

/// The functions that a module may import.
pub(super) type Linker = wasmtime::Linker<State>;

/// How a host function ends early.
#[derive(Debug)]
pub(super) enum Stop {
    /// The guest gets this status.
    Answer(Status),
    /// The guest can't go on: its allocator trapped, or it broke a rule that Envoy ends a VM for.
    Trap(wasmtime::Error),
}

impl From<Status> for Stop {
    fn from(status: Status) -> Self {
        Self::Answer(status)
    }
}

/// What a host function's body returns.
pub(super) type Outcome<T = ()> = Result<T, Stop>;

/// The caller of a host function.
pub(super) struct Guest<'a> {
    caller: Caller<'a, State>,
    memory: Memory,
}

/// Runs the body of the `proxy_*` function `name` and turns how it ends into what the guest sees.
pub(super) fn answer(
    caller: Caller<'_, State>,
    name: &str,
    body: impl FnOnce(&mut Guest<'_>) -> Outcome,
) -> wasmtime::Result<u32> {
    // `WasmBase::startVm`: while `_initialize` runs only logging and WASI may be called; V8 ends
    // the VM when something else is.
    if caller.data().starting && name != "proxy_log" {
        return Err(wasmtime::Error::msg(format!("`{name}` called before the module was initialised")));
    }
    let mut guest = Guest::new(caller)?;
    match body(&mut guest) {
        Ok(()) => Ok(Status::Ok.code()),
        Err(Stop::Answer(status)) => Ok(status.code()),
        Err(Stop::Trap(error)) => Err(error),
    }
}

impl<'a> Guest<'a> {
    pub(super) fn new(mut caller: Caller<'a, State>) -> wasmtime::Result<Self> {
        let memory = match caller.data().memory {
            Some(memory) => memory,
            None => match caller.get_export("memory") {
                Some(Extern::Memory(memory)) => memory,
                _ => return Err(wasmtime::Error::msg("the module exports no memory")),
            },
        };
        caller.data_mut().memory = Some(memory);
        Ok(Self { caller, memory })
    }

    pub(super) fn state(&mut self) -> &mut State {
        self.caller.data_mut()
    }

    pub(super) fn options(&self) -> &HostOptions {
        &self.caller.data().options
    }

    /// A copy of a piece of the guest's memory.
    pub(super) fn read(&self, at: u32, len: u32) -> Outcome<Vec<u8>> {
        let (at, len) = (index(at), index(len));
        let end = at.checked_add(len).ok_or(Status::InvalidMemoryAccess)?;
        let bytes = self.memory.data(&self.caller).get(at..end).ok_or(Status::InvalidMemoryAccess)?;
        Ok(bytes.to_vec())
    }

    pub(super) fn read_u32(&self, at: u32) -> Outcome<u32> {
        let bytes = self.read(at, 4)?;
        let bytes: [u8; 4] = bytes.try_into().map_err(|_| Status::InvalidMemoryAccess)?;
        Ok(u32::from_le_bytes(bytes))
    }

    pub(super) fn write(&mut self, at: u32, bytes: &[u8]) -> Outcome {
        self.memory.write(&mut self.caller, index(at), bytes).map_err(|_| Stop::Answer(Status::InvalidMemoryAccess))
    }

    pub(super) fn write_u32(&mut self, at: u32, value: u32) -> Outcome {
        self.write(at, &value.to_le_bytes())
    }

    pub(super) fn write_u64(&mut self, at: u32, value: u64) -> Outcome {
        self.write(at, &value.to_le_bytes())
    }

    /// Hands `bytes` over in memory that the guest's own allocator gives, and writes where and how
    /// long (`WasmBase::copyToPointerSize`). Nothing is allocated for nothing: pointer 0.
    pub(super) fn give(&mut self, bytes: &[u8], pointer: u32, length: u32) -> Outcome {
        let at = if bytes.is_empty() { 0 } else { self.allocate(bytes.len())? };
        self.write(at, bytes)?;
        self.write_u32(pointer, at)?;
        self.write_u32(length, u32::try_from(bytes.len()).map_err(|_| Status::InternalFailure)?)
    }

    fn allocate(&mut self, len: usize) -> Outcome<u32> {
        let len = u32::try_from(len).map_err(|_| Status::InternalFailure)?;
        let found = ["malloc", "proxy_on_memory_allocate"].iter().find_map(|name| self.caller.get_export(name));
        let Some(Extern::Func(allocator)) = found else {
            return Err(Stop::Trap(wasmtime::Error::msg("the module exports no allocator")));
        };
        let allocator = allocator.typed::<u32, u32>(&self.caller).map_err(Stop::Trap)?;
        let at = allocator.call(&mut self.caller, len).map_err(Stop::Trap)?;
        if at == 0 { Err(Stop::Answer(Status::InvalidMemoryAccess)) } else { Ok(at) }
    }
}

/// A guest's addresses have 32 bits; every machine this is built for has at least as many.
pub(super) fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// A wasmtime error with its causes, as this project's errors are.
pub(super) fn told(error: &wasmtime::Error) -> anyhow::Error {
    anyhow!("{error:#}")
}
