//! A compiled module.

use anyhow::Context as _;
use wasmtime::{Cache, CacheConfig, Config, Engine, InstancePre};

use super::guest::told;
use super::imports::{self, AbiVersion};
use super::state::State;
use super::{buffers, calls, control, foreign, maps, metrics, properties, shared, wasi};

/// A proxy-wasm module, checked as Envoy checks it and compiled once. Clones are cheap and may go to
/// any thread; each [`Vm`](super::Vm) has a memory of its own.
#[derive(Clone)]
pub struct Module {
    pub(super) prepared: InstancePre<State>,
    abi: AbiVersion,
}

impl Module {
    /// Compiles a module, given as wasm or in its text form; one that was compiled before comes from the user's cache
    /// (`~/.cache/wasmtime` or the like), since a filter of several MiB takes seconds.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the module: that it can't be parsed or compiled, isn't proxy-wasm 0.2,
    /// or which of its imports Envoy doesn't offer (see [`imports`]).
    pub fn new(code: &[u8]) -> anyhow::Result<Self> {
        let wasm = wat::parse_bytes(code).context("the module is neither wasm nor its text form")?;
        let abi = imports::check(&wasm)?;
        let mut config = Config::new();
        config.consume_fuel(true);
        // Where there is no place for a cache, it is compiled each time.
        config.cache(Cache::new(CacheConfig::new()).ok());
        let engine = Engine::new(&config).map_err(|error| told(&error))?;
        let module = wasmtime::Module::new(&engine, &wasm).map_err(|error| told(&error))?;
        let prepared = Self::link(&engine, &module).map_err(|error| told(&error))?;
        Ok(Self { prepared, abi })
    }

    /// The ABI it was built for.
    #[must_use]
    pub const fn abi(&self) -> AbiVersion {
        self.abi
    }

    fn link(engine: &Engine, module: &wasmtime::Module) -> wasmtime::Result<InstancePre<State>> {
        let mut linker = super::guest::Linker::new(engine);
        for link in [
            buffers::link,
            calls::link,
            control::link,
            foreign::link,
            maps::link,
            metrics::link,
            properties::link,
            shared::link,
            wasi::link,
        ] {
            link(&mut linker)?;
        }
        linker.instantiate_pre(module)
    }
}
