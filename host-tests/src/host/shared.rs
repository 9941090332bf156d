//! Shared data: one map per `vm_id`, compare-and-swap, no expiry (`src/shared_data.cc` of
//! proxy-wasm-cpp-host), and the queues that live beside it (`src/shared_queue.cc`).

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use super::Status;
use super::guest::{Guest, Linker, answer};

/// What the workers of one gateway share. Clones are the same data: hand one to several VMs.
#[derive(Clone, Debug, Default)]
pub struct SharedData(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    values: BTreeMap<(String, Vec<u8>), (Vec<u8>, u32)>,
    last_cas: u32,
    queues: Vec<Queue>,
}

#[derive(Debug)]
struct Queue {
    vm_id: String,
    name: Vec<u8>,
    items: VecDeque<Vec<u8>>,
}

impl SharedData {
    /// Nothing shared yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The value of `key` and its version.
    #[must_use]
    pub fn get(&self, vm_id: &str, key: &[u8]) -> Option<(Vec<u8>, u32)> {
        self.with(|inner| inner.values.get(&(vm_id.to_owned(), key.to_vec())).cloned())
    }

    /// Sets `key` if `cas` is 0 or the version it has now.
    ///
    /// # Errors
    ///
    /// [`Status::CasMismatch`] if the value has another version.
    pub fn set(&self, vm_id: &str, key: &[u8], value: &[u8], cas: u32) -> Result<(), Status> {
        self.with(|inner| {
            let slot = (vm_id.to_owned(), key.to_vec());
            match inner.values.get(&slot) {
                Some((_, version)) if cas != 0 && cas != *version => return Err(Status::CasMismatch),
                // A version on a key that isn't there is not looked at.
                _ => {}
            }
            // `nextCas` skips 0, which means "don't compare".
            inner.last_cas = inner.last_cas.checked_add(1).unwrap_or(1);
            inner.values.insert(slot, (value.to_vec(), inner.last_cas));
            Ok(())
        })
    }

    /// The keys of a VM id, sorted.
    #[must_use]
    pub fn keys(&self, vm_id: &str) -> Vec<Vec<u8>> {
        self.with(|inner| inner.values.keys().filter(|(id, _)| id == vm_id).map(|(_, key)| key.clone()).collect())
    }

    fn with<T>(&self, work: impl FnOnce(&mut Inner) -> T) -> T {
        // Every change is complete before anything could panic, so a poisoned lock holds good data.
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Inner {
    /// Queue tokens count from 1 (`nextQueueToken`).
    fn token(&self, vm_id: &str, name: &[u8]) -> Option<u32> {
        let at = self.queues.iter().position(|queue| queue.vm_id == vm_id && queue.name == name)?;
        u32::try_from(at).ok()?.checked_add(1)
    }

    fn queue(&mut self, token: u32) -> Result<&mut Queue, Status> {
        let at = token.checked_sub(1).and_then(|at| usize::try_from(at).ok()).ok_or(Status::NotFound)?;
        self.queues.get_mut(at).ok_or(Status::NotFound)
    }
}

/// Offers shared data and shared queues. Nobody is told of a queue's items (`proxy_on_queue_ready`
/// isn't called): a guest has to look.
pub(super) fn link(linker: &mut Linker) -> wasmtime::Result<()> {
    linker.func_wrap(
        "env",
        "proxy_get_shared_data",
        |caller: wasmtime::Caller<'_, _>, key: u32, key_len: u32, out: u32, out_len: u32, cas: u32| {
            answer(caller, "proxy_get_shared_data", |guest: &mut Guest<'_>| {
                let key = guest.read(key, key_len)?;
                let options = guest.options();
                let (value, version) = options.shared.get(&options.vm_id, &key).ok_or(Status::NotFound)?;
                guest.give(&value, out, out_len)?;
                guest.write_u32(cas, version)
            })
        },
    )?;
    linker.func_wrap(
        "env",
        "proxy_set_shared_data",
        |caller: wasmtime::Caller<'_, _>, key: u32, key_len: u32, value: u32, value_len: u32, cas: u32| {
            answer(caller, "proxy_set_shared_data", |guest: &mut Guest<'_>| {
                let (key, value) = (guest.read(key, key_len)?, guest.read(value, value_len)?);
                let options = guest.options();
                Ok(options.shared.set(&options.vm_id, &key, &value, cas)?)
            })
        },
    )?;
    linker.func_wrap(
        "env",
        "proxy_register_shared_queue",
        |caller: wasmtime::Caller<'_, _>, name: u32, name_len: u32, token: u32| {
            answer(caller, "proxy_register_shared_queue", |guest: &mut Guest<'_>| {
                let name = guest.read(name, name_len)?;
                let options = guest.options();
                let vm_id = options.vm_id.clone();
                let found = options.shared.with(|inner| {
                    if inner.token(&vm_id, &name).is_none() {
                        inner.queues.push(Queue { vm_id: vm_id.clone(), name: name.clone(), items: VecDeque::new() });
                    }
                    inner.token(&vm_id, &name).ok_or(Status::InternalFailure)
                })?;
                guest.write_u32(token, found)
            })
        },
    )?;
    linker.func_wrap(
        "env",
        "proxy_resolve_shared_queue",
        |caller: wasmtime::Caller<'_, _>, id: u32, id_len: u32, name: u32, name_len: u32, token: u32| {
            answer(caller, "proxy_resolve_shared_queue", |guest: &mut Guest<'_>| {
                let id = String::from_utf8_lossy(&guest.read(id, id_len)?).into_owned();
                let name = guest.read(name, name_len)?;
                let options = guest.options();
                let vm_id = if id.is_empty() { options.vm_id.clone() } else { id };
                let found = options.shared.with(|inner| inner.token(&vm_id, &name)).ok_or(Status::NotFound)?;
                guest.write_u32(token, found)
            })
        },
    )?;
    linker.func_wrap(
        "env",
        "proxy_dequeue_shared_queue",
        |caller: wasmtime::Caller<'_, _>, token: u32, out: u32, out_len: u32| {
            answer(caller, "proxy_dequeue_shared_queue", |guest: &mut Guest<'_>| {
                let item =
                    guest.options().shared.with(|inner| inner.queue(token)?.items.pop_front().ok_or(Status::Empty))?;
                guest.give(&item, out, out_len)
            })
        },
    )?;
    linker.func_wrap(
        "env",
        "proxy_enqueue_shared_queue",
        |caller: wasmtime::Caller<'_, _>, token: u32, data: u32, data_len: u32| {
            answer(caller, "proxy_enqueue_shared_queue", |guest: &mut Guest<'_>| {
                let item = guest.read(data, data_len)?;
                Ok(guest.options().shared.with(|inner| inner.queue(token).map(|queue| queue.items.push_back(item)))?)
            })
        },
    )?;
    Ok(())
}
