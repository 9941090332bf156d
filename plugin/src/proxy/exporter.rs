//! Sends the queue of records to the collector, from the root context: a call made for a stream would end with it.

use std::cell::{Cell, RefCell};

use super::host;
use super::meters::Meters;
use crate::audit::Record;
use crate::export::{Answer, Collector, Counts, Export, encode};
use crate::metrics::Single;
use crate::time::Timestamp;

/// One worker's way to the collector.
pub(super) struct Exporter {
    collector: Collector,
    queue: RefCell<Export>,
    /// What the metrics say already.
    told: Cell<Counts>,
    /// The call whose answer is awaited.
    call: Cell<Option<u32>>,
}

impl Exporter {
    pub(super) fn new(collector: Collector) -> Self {
        let queue = RefCell::new(Export::new(collector.bounds));
        Self { collector, queue, told: Cell::default(), call: Cell::default() }
    }

    /// Takes in a record, written as `json`.
    pub(super) fn push(&self, record: &Record, json: &str) {
        if !self.collector.kept.takes(record) {
            return;
        }
        match encode(record, json) {
            Ok(encoded) => self.queue.borrow_mut().push(encoded),
            Err(error) => log::error!("toolgate record {} was not exported: {error}", record.decision_id),
        }
    }

    /// Sends what is due, and says in the metrics how things stand.
    pub(super) fn tick(&self, meters: &Meters, now: Timestamp) {
        let due = self.queue.borrow_mut().due(now);
        if let Some(body) = due {
            self.call.set(host::send_records(&self.collector, &body));
            if self.call.get().is_none() {
                self.queue.borrow_mut().answered(now, Answer { status: None, retry_after: None, body: b"" });
            }
        }
        self.tell(meters);
    }

    /// Whether it is this call whose answer is awaited.
    pub(super) fn awaits(&self, call: u32) -> bool {
        self.call.get() == Some(call)
    }

    /// The answer to the call.
    pub(super) fn answered(&self, meters: &Meters, now: Timestamp, answer: Answer<'_>) {
        self.call.set(None);
        self.queue.borrow_mut().answered(now, answer);
        // There may be more.
        self.tick(meters, now);
    }

    /// What is still here will not be sent by this worker any more.
    pub(super) fn close(&self, meters: &Meters) {
        self.tell(meters);
        let Counts { made, sent, dropped, queued } = self.queue.borrow().counts();
        log::info!("toolgate export ends: {made} records made, {sent} sent, {dropped} dropped, {queued} undelivered");
        meters.add(Single::RecordsDropped, queued);
        meters.shift(Single::RecordsQueued, queued, 0);
    }

    fn tell(&self, meters: &Meters) {
        let now = self.queue.borrow().counts();
        let told = self.told.replace(now);
        meters.add(Single::RecordsMade, now.made.saturating_sub(told.made));
        meters.add(Single::RecordsSent, now.sent.saturating_sub(told.sent));
        meters.add(Single::RecordsDropped, now.dropped.saturating_sub(told.dropped));
        meters.shift(Single::RecordsQueued, told.queued, now.queued);
    }
}
