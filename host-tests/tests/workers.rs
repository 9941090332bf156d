//! What several workers of one gateway remember together: exactly what one worker would, and beyond a configuration.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;
use std::sync::Barrier;
use std::thread;

use toolgate_host_tests::deployment::Deployment;
use toolgate_host_tests::host::{HostOptions, Module, SharedData, Vm};
use toolgate_host_tests::scenario::envoy::wasm;
use toolgate_host_tests::scenario::gateway::{NOW, request_head};
use toolgate_host_tests::scenario::message::Message;
use toolgate_host_tests::scenario::{Scenario, run};

/// One call of the scenario `session/at_most_so_many`, under its configuration.
struct Calls {
    module: Module,
    options: HostOptions,
    message: Message,
    config: String,
}

impl Calls {
    fn new() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        let path = folder.join("scenarios/session/at_most_so_many.toml");
        let scenario = Scenario::load(&path, "session/at_most_so_many").unwrap();
        let case = run::case(&scenario, NOW).unwrap();
        let module = Module::new(&fs::read(wasm(folder.parent().unwrap()).unwrap()).unwrap()).unwrap();
        let options = HostOptions {
            now: u64::try_from(NOW.as_nanos()).unwrap(),
            shared: SharedData::new(),
            ..Deployment::shipped().unwrap().host_options
        };
        let message = case.steps.into_iter().next().unwrap().0;
        Self { module, options, message, config: case.config }
    }

    /// A worker, where so many calls an hour are allowed.
    fn worker(&self, version: &str, limit: u32) -> Vm {
        let config = self.config.replace("\"session.create_1h_lte\":3", &format!("\"session.create_1h_lte\":{limit}"));
        let config = config.replace("sessions-v1", version);
        assert!(config.contains(&format!("_lte\":{limit}")), "{config}");
        let options = HostOptions { plugin_config: config.into_bytes(), ..self.options.clone() };
        Vm::start(&self.module, options).unwrap()
    }

    /// Whether a call goes on.
    fn call(&self, vm: &mut Vm) -> bool {
        let stream = vm.open().unwrap();
        vm.request_headers(stream, request_head(&self.message).into_iter().collect(), false).unwrap();
        vm.request_data(stream, self.message.body.as_deref().unwrap(), true).unwrap();
        let forwarded = vm.exchange(stream).unwrap().upstream.headers.is_some();
        vm.close(stream).unwrap();
        forwarded
    }
}

#[test]
fn many_workers_allow_together_exactly_what_one_would() {
    const WORKERS: usize = 4;
    const EACH: usize = 60;
    const LIMIT: u32 = 100;
    let calls = Calls::new();
    let begin = Barrier::new(WORKERS);
    let forwarded: usize = thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS)
            .map(|_| {
                scope.spawn(|| {
                    let mut vm = calls.worker("sessions-v1", LIMIT);
                    begin.wait();
                    (0..EACH).filter(|_| calls.call(&mut vm)).count()
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).sum()
    });
    assert_eq!(forwarded, usize::try_from(LIMIT).unwrap(), "of {} calls", WORKERS * EACH);
}

#[test]
fn a_new_configuration_remembers_what_was_counted_under_the_old_one() {
    let calls = Calls::new();
    let mut old = calls.worker("sessions-v1", 3);
    assert!((0..2).all(|_| calls.call(&mut old)));
    let mut new = calls.worker("sessions-v2", 3);
    assert!(calls.call(&mut new), "the third");
    assert!(!calls.call(&mut new), "the fourth");
    assert!(!calls.call(&mut old), "the old worker counts it too");
}

#[test]
fn the_memory_is_bounded_in_number_and_size() {
    let calls = Calls::new();
    let mut vm = calls.worker("sessions-v1", 3);
    assert!(calls.call(&mut vm));
    let keys = calls.options.shared.keys(&calls.options.vm_id);
    let [key] = keys.as_slice() else { panic!("{keys:?}") };
    let (slot, _) = calls.options.shared.get(&calls.options.vm_id, key).unwrap();
    assert_eq!(slot.len(), toolgate::session::SLOT_BYTES);
    assert!(u64::try_from(slot.len()).unwrap() * toolgate::session::SLOTS < 16 << 20);
}
