//! A VM: one instance of a module with its memory, as one worker of a gateway has it.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, bail};
use wasmtime::{Instance, Store, WasmParams, WasmResults};

use super::guest::told;
use super::metrics::MetricKind;
use super::state::{Later, State};
use super::stream::Stream;
use super::{HostOptions, Log, LogLevel, Module};

/// What came of calling an export.
pub(super) enum Called<R> {
    /// The module has no such export, or traps have ended the VM before.
    Missing,
    Returned(R),
    /// The VM ended in it.
    Trapped,
}

/// A started module and the exchanges that go through it.
pub struct Vm {
    module: Module,
    store: Store<State>,
    instance: Option<Instance>,
    trapped: Option<String>,
    instructions: u64,
    /// When this VM was made, in nanoseconds since the first one was.
    pub(super) made_at: u64,
}

impl Vm {
    /// Starts a module: `_initialize` (and `main`) or `_start`, the root context, `proxy_on_vm_start`,
    /// `proxy_on_configure`.
    ///
    /// # Errors
    ///
    /// When one of these traps, or refuses by returning false: a gateway wouldn't take this
    /// configuration. The log up to there is part of the message.
    pub fn start(module: &Module, options: HostOptions) -> anyhow::Result<Self> {
        let store = new_store(module, State::new(options));
        let mut vm = Self { module: module.clone(), store, instance: None, trapped: None, instructions: 0, made_at: 0 };
        vm.boot().with_context(|| {
            let lines: Vec<&str> = vm.logs().iter().map(|log| log.message.as_str()).collect();
            format!("the module doesn't start; it said: `{}`", lines.join(" | "))
        })?;
        Ok(vm)
    }

    fn boot(&mut self) -> anyhow::Result<()> {
        self.state_mut().starting = true;
        let fuel = self.state().options.fuel;
        self.store.set_fuel(fuel).map_err(|error| told(&error))?;
        let instance = self.module.prepared.instantiate(&mut self.store).map_err(|error| told(&error))?;
        self.instance = Some(instance);
        if instance.get_func(&mut self.store, "_initialize").is_some() {
            self.must::<_, ()>("_initialize", ())?;
            if instance.get_func(&mut self.store, "main").is_some() {
                self.must::<_, u32>("main", (0_u32, 0_u32))?;
            } else {
                self.must::<_, u32>("__main_void", ())?;
            }
        } else {
            self.must::<_, ()>("_start", ())?;
        }
        self.state_mut().starting = false;
        let root = self.state_mut().new_context();
        self.state_mut().root = root;
        let size = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let (vm_size, plugin_size) = (size(&self.state().options.vm_config), size(&self.state().options.plugin_config));
        self.state_mut().configuring = true;
        self.must::<_, ()>("proxy_on_context_create", (root, 0_u32))?;
        self.state_mut().configuring = false;
        if self.must::<_, u32>("proxy_on_vm_start", (root, vm_size))? == Some(0) {
            bail!("`proxy_on_vm_start` returned false");
        }
        self.run_later()?;
        self.state_mut().configuring = true;
        let configured = self.must::<_, u32>("proxy_on_configure", (root, plugin_size))?;
        self.state_mut().configuring = false;
        if configured == Some(0) {
            bail!("`proxy_on_configure` returned false: it refuses its configuration");
        }
        self.run_later()
    }

    /// A call in which a trap means that there is no VM.
    fn must<P: WasmParams, R: WasmResults>(&mut self, name: &str, parameters: P) -> anyhow::Result<Option<R>> {
        let root = self.state().root;
        match self.call(name, root, parameters)? {
            Called::Missing => Ok(None),
            Called::Returned(result) => Ok(Some(result)),
            Called::Trapped => bail!("{}", self.trapped.as_deref().unwrap_or_default()),
        }
    }

    /// Calls an export for a context. A trap ends the VM, which is an ordinary thing to happen;
    /// an endless loop, on the other hand, is an error of this call.
    pub(super) fn call<P: WasmParams, R: WasmResults>(
        &mut self,
        name: &str,
        context: u32,
        parameters: P,
    ) -> anyhow::Result<Called<R>> {
        let Some(instance) = self.instance.filter(|_| self.trapped.is_none()) else { return Ok(Called::Missing) };
        if instance.get_func(&mut self.store, name).is_none() {
            return Ok(Called::Missing);
        }
        let function = instance
            .get_typed_func::<P, R>(&mut self.store, name)
            .map_err(|error| told(&error))
            .with_context(|| format!("the export `{name}`"))?;
        let fuel = self.state().options.fuel;
        self.store.set_fuel(fuel).map_err(|error| told(&error))?;
        let state = self.state_mut();
        let outer = (state.current, state.effective);
        (state.current, state.effective) = (context, 0);
        let result = function.call(&mut self.store, parameters);
        let left = self.store.get_fuel().map_err(|error| told(&error))?;
        self.instructions = self.instructions.saturating_add(fuel.saturating_sub(left));
        let state = self.state_mut();
        (state.current, state.effective) = outer;
        let error = match result {
            Ok(result) => return Ok(Called::Returned(result)),
            Err(error) => error,
        };
        let endless = error.downcast_ref::<wasmtime::Trap>() == Some(&wasmtime::Trap::OutOfFuel);
        let why = format!("`{name}` trapped: {:#}", told(&error));
        self.state_mut().log(LogLevel::Error, context, why.as_bytes());
        self.trapped = Some(why);
        if endless {
            bail!("`{name}` used up its fuel of {fuel} instructions: an endless loop, in which envoy would hang");
        }
        Ok(Called::Trapped)
    }

    /// Does what the last callback asked for (`WasmBase::doAfterVmCallActions`).
    pub(super) fn run_later(&mut self) -> anyhow::Result<()> {
        self.state_mut().stop_iteration = false;
        while let Some(later) = self.state_mut().later.pop_front() {
            match later {
                Later::Resume(id, way) => self.resume(id, way)?,
                Later::Reply(id, reply) => self.send_reply(id, reply)?,
                Later::Reset(id) => self.complete(id, super::End::Reset)?,
            }
        }
        Ok(())
    }

    /// Puts a new VM in the place of one that trapped. If it doesn't start, the dead one stays.
    pub(super) fn rebuild(&mut self) -> anyhow::Result<()> {
        let empty = new_store(&self.module, State::new(HostOptions::default()));
        let state = std::mem::replace(&mut self.store, empty).into_data().reborn();
        self.made_at = state.monotonic;
        self.store = new_store(&self.module, state);
        let dead = self.trapped.take();
        if let Err(error) = self.boot() {
            self.state_mut().log(LogLevel::Error, 0, format!("a new vm doesn't start: {error:#}").as_bytes());
            self.trapped = dead;
        }
        Ok(())
    }

    /// Calls `proxy_on_tick`, as the timer would that the guest has set. Moving the clock is the
    /// caller's (see [`advance`](Self::advance)).
    ///
    /// # Errors
    ///
    /// When the guest doesn't come back.
    pub fn tick(&mut self) -> anyhow::Result<()> {
        let root = self.state().root;
        self.call::<_, ()>("proxy_on_tick", root, root)?;
        self.run_later()
    }

    /// How often the guest wants to be ticked; `None` if not at all.
    #[must_use]
    pub fn tick_period(&self) -> Option<Duration> {
        let period = self.state().tick_period;
        (period > 0).then(|| Duration::from_millis(period.into()))
    }

    /// Lets time pass.
    pub fn advance(&mut self, time: Duration) {
        let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let state = self.state_mut();
        state.now = state.now.saturating_add(nanoseconds);
        state.monotonic = state.monotonic.saturating_add(nanoseconds);
    }

    /// The time of day, in nanoseconds since 1970.
    #[must_use]
    pub fn now(&self) -> u64 {
        self.state().now
    }

    /// Why the VM is dead, if it is.
    #[must_use]
    pub fn trapped(&self) -> Option<&str> {
        self.trapped.as_deref()
    }

    /// How many instructions the guest has run so far: a cost that is the same each time and on every machine.
    #[must_use]
    pub const fn instructions(&self) -> u64 {
        self.instructions
    }

    /// All that was logged.
    #[must_use]
    pub fn logs(&self) -> &[Log] {
        &self.state().logs
    }

    /// Takes what was logged since the last time.
    pub fn take_logs(&mut self) -> Vec<Log> {
        std::mem::take(&mut self.state_mut().logs)
    }

    /// The metrics by kind and name: the value of a counter or gauge, all values of a histogram.
    #[must_use]
    pub fn metrics(&self) -> &BTreeMap<(MetricKind, String), Vec<u64>> {
        &self.state().metrics.values
    }

    /// How often the guest asked Envoy to choose a route again.
    #[must_use]
    pub fn route_cache_clears(&self) -> u64 {
        self.state().route_cache_clears
    }

    pub(super) fn state(&self) -> &State {
        self.store.data()
    }

    pub(super) fn state_mut(&mut self) -> &mut State {
        self.store.data_mut()
    }

    pub(super) fn stream(&mut self, id: u32) -> anyhow::Result<&mut Stream> {
        self.state_mut().streams.get_mut(&id).with_context(|| format!("there is no stream {id}"))
    }
}

fn new_store(module: &Module, state: State) -> Store<State> {
    let mut store = Store::new(module.prepared.module().engine(), state);
    store.limiter(|state| &mut state.limits);
    store
}
