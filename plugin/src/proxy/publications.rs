//! Fetching what issuers and the decision service publish: one fetch for all workers, by the rules of [`crate::remote`].

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::books::Books;
use super::host;
use crate::config::Config;
use crate::exchange::Stored;
use crate::gate::Gate;
use crate::remote::{Lease, Source, Task};
use crate::token::{MAX_DOCUMENT, UnusableDocument};

/// How often a worker looks whether another has fetched something while a request waits for it.
const IN_HURRY: Duration = Duration::from_millis(20);
/// And how often at most, and at least, when none does.
const AT_EASE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

/// The version of whatever is there: who holds the lease may write, whatever the others did.
const WHATEVER: u32 = 0;

/// The fetches of one worker that are under way, by the host's name for the call.
#[derive(Default)]
pub(super) struct Fetches(HashMap<u32, Fetch>);

struct Fetch {
    config: Arc<Config>,
    at: usize,
}

impl Fetches {
    /// Does what is to be done now for everything that is fetched.
    pub(super) fn tick(&mut self, gate: &mut Gate, books: Option<&Books>) {
        let config = Arc::clone(&gate.config);
        for (at, source) in Gate::sources(&config).enumerate() {
            let (lease, version) = read_lease(source);
            match gate.look_after(at, host::now(), lease) {
                Task::Rest => {}
                Task::Load => load(gate, at, source, lease),
                Task::Fetch(taken) => {
                    if host::share(&source.lease_key(), &taken.write(), version) == Stored::Yes {
                        self.start(gate, books, at, source);
                    }
                }
            }
        }
    }

    fn start(&mut self, gate: &mut Gate, books: Option<&Books>, at: usize, source: &Source) {
        match host::fetch(source, gate.fetched_from(at)) {
            Some(call) => {
                self.0.insert(call, Fetch { config: Arc::clone(&gate.config), at });
            }
            None => {
                let refused = Err(UnusableDocument("the cluster does not exist".into()));
                settle(gate, books, (at, source), &[], refused);
            }
        }
    }

    /// An answer came: whether it was to one of these fetches.
    pub(super) fn answered(
        &mut self,
        gate: &mut Gate,
        books: Option<&Books>,
        call: u32,
        (status, body_size): (Option<u16>, usize),
    ) -> bool {
        let Some(Fetch { config, at }) = self.0.remove(&call) else { return false };
        // Of a configuration that is gone: under the next one it is fetched again when its lease runs out.
        let source = Gate::sources(&config).nth(at).filter(|_| Arc::ptr_eq(&config, &gate.config));
        if let Some(source) = source {
            let document = host::call_body(body_size, MAX_DOCUMENT);
            let now = host::now();
            let read = match status {
                Some(200) => gate.load(at, now, &document),
                Some(status) => Err(UnusableDocument(format!("its server answered {status}"))),
                None => Err(UnusableDocument("there was no answer".into())),
            };
            settle(gate, books, (at, source), &document, read);
        }
        true
    }
}

/// Takes over what another worker has fetched before this one was configured, so that a new configuration refuses nobody for
/// what was known under the old one. Whatever else is to be done is done on the first tick.
pub(super) fn take_over(gate: &mut Gate) {
    let config = Arc::clone(&gate.config);
    for (at, source) in Gate::sources(&config).enumerate() {
        let (lease, _) = read_lease(source);
        if gate.look_after(at, host::now(), lease) == Task::Load {
            load(gate, at, source, lease);
        }
    }
}

fn load(gate: &mut Gate, at: usize, source: &Source, lease: Lease) {
    let document = host::shared(&source.name).0.unwrap_or_default();
    // Whoever stored it could read it; if this worker can't, what it has goes on, and it is said.
    let read = gate.load(at, lease.version, &document);
    report(gate, at, source, read);
}

/// Tells the other workers what came of a fetch, and counts it.
fn settle(
    gate: &mut Gate,
    books: Option<&Books>,
    (at, source): (usize, &Source),
    document: &[u8],
    read: Result<(), UnusableDocument>,
) {
    if let Some(books) = books {
        books.fetched(read.is_ok());
    }
    let (lease, _) = read_lease(source);
    let now = host::now();
    let lease = match &read {
        // The document first: a version that is announced is there.
        Ok(()) if host::share(&source.name, document, WHATEVER) == Stored::Yes => lease.fulfilled(source, now),
        _ => lease.failed(source, now),
    };
    let _ = host::share(&source.lease_key(), &lease.write(), WHATEVER);
    if read.is_err() {
        gate.fetch_failed(at);
    }
    report(gate, at, source, read);
}

/// What is written beside a document, and which version of it that is.
fn read_lease(source: &Source) -> (Lease, u32) {
    let (bytes, version) = host::shared(&source.lease_key());
    (Lease::read(&bytes.unwrap_or_default()), version)
}

fn report(gate: &Gate, at: usize, source: &Source, read: Result<(), UnusableDocument>) {
    if let Err(UnusableDocument(why)) = read {
        log::warn!("toolgate can't use `{}`: {why}", source.shown(gate.fetched_from(at)));
    }
}

/// How often there is something to look after; none if never.
pub(super) fn period(gate: &Gate) -> Option<Duration> {
    let refreshes = Gate::sources(&gate.config).map(|source| source.refresh);
    let shortest = refreshes.min()?;
    if gate.published.is_anything_wanted() {
        return Some(IN_HURRY);
    }
    Some(shortest.checked_div(4).unwrap_or_default().clamp(AT_EASE.0, AT_EASE.1))
}
