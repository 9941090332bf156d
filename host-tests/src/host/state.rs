//! All that one VM knows between calls. It lives in the wasmtime store; there are no globals.

use std::collections::{BTreeMap, VecDeque};

use super::calls::Calls;
use super::metrics::Metrics;
use super::reply::LocalReply;
use super::stream::{Stream, Way};
use super::{HostOptions, Log};

/// What a callback asked for that only happens once it has returned
/// (`WasmBase::addAfterVmCallAction`).
#[derive(Debug)]
pub(super) enum Later {
    Resume(u32, Way),
    Reply(u32, LocalReply),
    Reset(u32),
}

/// The state of a VM.
pub(super) struct State {
    pub(super) options: HostOptions,
    pub(super) memory: Option<wasmtime::Memory>,
    pub(super) limits: wasmtime::StoreLimits,
    /// `_initialize` or `_start` is running.
    pub(super) starting: bool,
    /// `proxy_on_configure` is running: the plugin's configuration can be read.
    pub(super) configuring: bool,
    /// The context whose callback runs; 0 outside of one.
    pub(super) current: u32,
    /// What the guest has set in its place, or 0.
    pub(super) effective: u32,
    pub(super) root: u32,
    pub(super) next_context: u32,
    pub(super) streams: BTreeMap<u32, Stream>,
    /// A local reply was asked for in this callback: whatever it returns, it pauses.
    pub(super) stop_iteration: bool,
    pub(super) later: VecDeque<Later>,
    pub(super) calls: Calls,
    pub(super) metrics: Metrics,
    pub(super) logs: Vec<Log>,
    /// Tick period in milliseconds; 0 is none.
    pub(super) tick_period: u32,
    /// Nanoseconds since 1970.
    pub(super) now: u64,
    /// Nanoseconds since the VM started.
    pub(super) monotonic: u64,
    pub(super) random: fastrand::Rng,
    /// How often the guest asked for another route.
    pub(super) route_cache_clears: u64,
}

impl State {
    pub(super) fn new(options: HostOptions) -> Self {
        Self {
            // Envoy's `PROXY_WASM_HOST_MAX_WASM_MEMORY_SIZE_BYTES`.
            limits: wasmtime::StoreLimitsBuilder::new().memory_size(1024 * 1024 * 1024).build(),
            memory: None,
            starting: false,
            configuring: false,
            current: 0,
            effective: 0,
            root: 0,
            next_context: 1,
            streams: BTreeMap::new(),
            stop_iteration: false,
            later: VecDeque::new(),
            calls: Calls::default(),
            metrics: Metrics::default(),
            logs: Vec::new(),
            tick_period: 0,
            now: options.now,
            monotonic: 0,
            random: fastrand::Rng::with_seed(options.seed),
            route_cache_clears: 0,
            options,
        }
    }

    /// What a new VM starts with after this one trapped: the streams that are still there belong to
    /// no VM any more, and the time and what was seen go on.
    pub(super) fn reborn(self) -> Self {
        let mut streams = self.streams;
        for stream in streams.values_mut() {
            stream.orphaned = true;
        }
        Self {
            streams,
            next_context: self.next_context,
            calls: self.calls.without_pending(),
            metrics: self.metrics,
            logs: self.logs,
            now: self.now,
            monotonic: self.monotonic,
            random: self.random,
            route_cache_clears: self.route_cache_clears,
            ..Self::new(self.options)
        }
    }

    /// A number for a new context. Envoy counts alike, and 32 bits of streams are a life's work.
    pub(super) fn new_context(&mut self) -> u32 {
        let id = self.next_context;
        self.next_context = id.wrapping_add(1);
        id
    }

    /// The context a host call is about: the effective one while it exists
    /// (`contextOrEffectiveContext` in `src/exports.cc`).
    pub(super) fn context(&self) -> u32 {
        if self.effective != 0 && self.context_exists(self.effective) { self.effective } else { self.current }
    }

    pub(super) fn context_exists(&self, context: u32) -> bool {
        context == self.root || self.streams.get(&context).is_some_and(Stream::has_context)
    }

    /// The stream a host call is about; `None` for the root context.
    pub(super) fn stream(&mut self) -> Option<&mut Stream> {
        let context = self.context();
        self.streams.get_mut(&context)
    }
}
