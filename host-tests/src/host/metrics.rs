//! Metrics: `Context::defineMetric` and the rest in Envoy's `source/extensions/common/wasm/context.cc`.

use std::collections::BTreeMap;

use super::Status;
use super::guest::{Guest, Linker, answer, index};

/// The kind of a metric, with its number in the ABI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MetricKind {
    /// Only grows.
    Counter,
    /// Is what it was last set to.
    Gauge,
    /// Every recorded value counts.
    Histogram,
}

/// The metrics that a guest has defined, and what it did to them.
#[derive(Clone, Debug, Default)]
pub(super) struct Metrics {
    /// Every definition makes a new id, also of a name that was defined before.
    defined: Vec<(MetricKind, String)>,
    pub(super) values: BTreeMap<(MetricKind, String), Vec<u64>>,
}

impl Metrics {
    fn define(&mut self, kind: u32, name: String) -> Result<u32, Status> {
        let metric = match kind {
            0 => MetricKind::Counter,
            1 => MetricKind::Gauge,
            2 => MetricKind::Histogram,
            _ => return Err(Status::BadArgument),
        };
        let number = u32::try_from(self.defined.len()).map_err(|_| Status::InternalFailure)?;
        self.defined.push((metric, name.clone()));
        let start = if metric == MetricKind::Histogram { Vec::new() } else { vec![0] };
        self.values.entry((metric, name)).or_insert(start);
        // `kMetricIdIncrement`: the two lowest bits of an id are the kind.
        number.checked_add(1).and_then(|next| next.checked_mul(4)).map(|id| id | kind).ok_or(Status::InternalFailure)
    }

    fn metric(&mut self, id: u32) -> Result<(MetricKind, &mut Vec<u64>), Status> {
        let at = (id >> 2).checked_sub(1).ok_or(Status::NotFound)?;
        let key = self.defined.get(index(at)).ok_or(Status::NotFound)?;
        Ok((key.0, self.values.get_mut(key).ok_or(Status::NotFound)?))
    }

    fn increment(&mut self, id: u32, offset: i64) -> Result<(), Status> {
        match self.metric(id)? {
            (MetricKind::Histogram, _) => Err(Status::BadArgument),
            (MetricKind::Counter, _) if offset <= 0 => Err(Status::BadArgument),
            (_, values) => {
                for value in values {
                    *value = value.saturating_add_signed(offset);
                }
                Ok(())
            }
        }
    }

    fn record(&mut self, id: u32, new: u64) -> Result<(), Status> {
        match self.metric(id)? {
            // Recording a counter adds to it.
            (MetricKind::Counter, values) => values.iter_mut().for_each(|value| *value = value.saturating_add(new)),
            (MetricKind::Gauge, values) => *values = vec![new],
            (MetricKind::Histogram, values) => values.push(new),
        }
        Ok(())
    }

    fn value(&mut self, id: u32) -> Result<u64, Status> {
        match self.metric(id)? {
            (MetricKind::Histogram, _) => Err(Status::BadArgument),
            (_, values) => values.first().copied().ok_or(Status::NotFound),
        }
    }
}

/// Offers the metric functions.
pub(super) fn link(linker: &mut Linker) -> wasmtime::Result<()> {
    linker.func_wrap(
        "env",
        "proxy_define_metric",
        |caller: wasmtime::Caller<'_, _>, kind: u32, name: u32, name_len: u32, id: u32| {
            answer(caller, "proxy_define_metric", |guest: &mut Guest<'_>| {
                let name = String::from_utf8_lossy(&guest.read(name, name_len)?).into_owned();
                let new = guest.state().metrics.define(kind, name)?;
                guest.write_u32(id, new)
            })
        },
    )?;
    linker.func_wrap("env", "proxy_increment_metric", |caller: wasmtime::Caller<'_, _>, id: u32, offset: i64| {
        answer(caller, "proxy_increment_metric", |guest: &mut Guest<'_>| {
            Ok(guest.state().metrics.increment(id, offset)?)
        })
    })?;
    linker.func_wrap("env", "proxy_record_metric", |caller: wasmtime::Caller<'_, _>, id: u32, value: u64| {
        answer(caller, "proxy_record_metric", |guest: &mut Guest<'_>| Ok(guest.state().metrics.record(id, value)?))
    })?;
    linker.func_wrap("env", "proxy_get_metric", |caller: wasmtime::Caller<'_, _>, id: u32, out: u32| {
        answer(caller, "proxy_get_metric", |guest: &mut Guest<'_>| {
            let value = guest.state().metrics.value(id)?;
            guest.write_u64(out, value)
        })
    })?;
    Ok(())
}
