//! The proxy's metrics: defined once, known by the ids that the host gave them.

use std::cell::Cell;

use super::host;
use crate::audit::Record;
use crate::config::Config;
use crate::metrics::{Kind, Metrics, Single};

/// The metrics of one worker; the host adds up those of all.
pub(super) struct Meters {
    metrics: Metrics,
    /// By place; none where the host would not define it.
    ids: Vec<Option<u32>>,
    /// What this worker's part of the memory gauge is.
    memory: Cell<u64>,
}

impl Meters {
    pub(super) fn define(config: &Config) -> Self {
        let metrics = Metrics::of(config);
        let ids = metrics.definitions().iter().map(|(kind, name)| host::define_metric(*kind, name)).collect();
        let meters = Self { metrics, ids, memory: Cell::new(0) };
        meters.weigh();
        meters
    }

    /// A request was judged.
    pub(super) fn judged(&self, record: &Record, added: Option<u64>) {
        self.metrics.judged(record, added, &mut |place, amount| self.change(place, amount));
        self.weigh();
    }

    /// A counter goes up.
    pub(super) fn add(&self, single: Single, amount: u64) {
        if amount > 0 {
            self.change(Metrics::place(single), amount);
        }
    }

    /// This worker's part of a gauge changes.
    pub(super) fn shift(&self, single: Single, from: u64, to: u64) {
        if let Some(Some(id)) = self.ids.get(Metrics::place(single)).filter(|_| from != to) {
            let signed = |amount| i64::try_from(amount).unwrap_or(i64::MAX);
            host::increment_metric(*id, signed(to).saturating_sub(signed(from)));
        }
    }

    /// Linear memory only grows, so after the first requests this is a comparison.
    fn weigh(&self) {
        let now = host::memory();
        self.shift(Single::Memory, self.memory.replace(now), now);
    }

    fn change(&self, place: usize, amount: u64) {
        let (Some(Some(id)), Some((kind, _))) = (self.ids.get(place), self.metrics.definitions().get(place)) else {
            return;
        };
        match kind {
            Kind::Histogram => host::record_metric(*id, amount),
            Kind::Counter | Kind::Gauge => host::increment_metric(*id, i64::try_from(amount).unwrap_or(i64::MAX)),
        }
    }
}

impl Drop for Meters {
    /// The gauge is of all workers: this one's part goes with it.
    fn drop(&mut self) {
        self.shift(Single::Memory, self.memory.get(), 0);
    }
}
