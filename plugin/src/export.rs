//! Records on their way to a collector: in batches, one at a time, kept until the collector has them.
//!
//! ```text
//!            push                 due                    2xx
//!  record ─────────▶ queue ──────────────▶ under way ───────────▶ sent
//!             │ full        ▲                 │  │ refused for good
//!             ▼             └─ Backoff ◀──────┘  ▼
//!          dropped           no answer, 429, 5xx  dropped
//! ```
//!
//! What is under way stays at the head of the queue until it is answered for, so whatever happens,
//! `sent + dropped + queued = made`. The queue is bounded in records and in bytes, and what finds it full is dropped and
//! counted: the newest, since of a gap at the end of an outage one knows when it began. An answer that got lost leads to a
//! batch being sent twice; the decision id in each record (`log.record.uid`) tells.

mod otlp;

use std::collections::VecDeque;
use std::time::Duration;

pub use otlp::encode;

use crate::audit::Kept;
use crate::time::Timestamp;

/// The first wait after a failure, doubled with each further one.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The longest: a collector that is back should not stay unnoticed for longer.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Where records are sent to.
#[derive(Clone, Debug)]
pub struct Collector {
    /// The proxy's cluster through which it is reached.
    pub cluster: String,
    /// `http` or `https`.
    pub scheme: &'static str,
    /// `:authority`
    pub authority: String,
    /// `:path`
    pub path: String,
    /// How long to wait for its answer.
    pub timeout: Duration,
    /// Which records it gets.
    pub kept: Kept,
    /// How much is kept for it.
    pub bounds: Bounds,
}

/// How much is kept, and how much is sent at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Records in one request.
    pub batch: usize,
    /// Records that are kept.
    pub records: usize,
    /// Their bytes.
    pub bytes: usize,
}

/// What became of the records so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Those that came in.
    pub made: u64,
    /// Those that the collector has taken.
    pub sent: u64,
    /// Those that found the queue full, or that the collector doesn't want.
    pub dropped: u64,
    /// Those that wait, or are under way.
    pub queued: u64,
}

/// The queue of one worker.
#[derive(Debug)]
pub struct Export {
    bounds: Bounds,
    /// Encoded records, oldest first.
    queue: VecDeque<Vec<u8>>,
    bytes: usize,
    state: State,
    made: u64,
    sent: u64,
    dropped: u64,
}

/// Where the head of the queue stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing is under way.
    Ready,
    /// So many records are; so often in a row that failed before.
    UnderWay { records: usize, failures: u32 },
    /// The collector failed; it is left alone until then.
    Waiting { until: Timestamp, failures: u32 },
}

/// What the collector said to a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer<'a> {
    /// The HTTP status; none when there was no answer.
    pub status: Option<u16>,
    /// After how long it wants to be asked again.
    pub retry_after: Option<Duration>,
    /// The body.
    pub body: &'a [u8],
}

impl Export {
    /// An empty queue.
    #[must_use]
    pub fn new(bounds: Bounds) -> Self {
        Self { bounds, queue: VecDeque::new(), bytes: 0, state: State::Ready, made: 0, sent: 0, dropped: 0 }
    }

    /// Takes in a record, as [`encode`] writes it.
    pub fn push(&mut self, record: Vec<u8>) {
        self.made = self.made.saturating_add(1);
        let bytes = self.bytes.saturating_add(record.len());
        if self.queue.len() >= self.bounds.records || bytes > self.bounds.bytes {
            self.dropped = self.dropped.saturating_add(1);
            return;
        }
        self.bytes = bytes;
        self.queue.push_back(record);
    }

    /// The body of a request to the collector, if one should be sent now. What comes of it has to be told to
    /// [`Export::answered`].
    pub fn due(&mut self, now: Timestamp) -> Option<Vec<u8>> {
        let failures = match self.state {
            State::Ready => 0,
            State::Waiting { until, failures } if until <= now => failures,
            State::Waiting { .. } | State::UnderWay { .. } => return None,
        };
        if self.queue.is_empty() {
            return None;
        }
        let records = self.queue.len().min(self.bounds.batch);
        self.state = State::UnderWay { records, failures };
        Some(otlp::request(self.queue.iter().take(records)))
    }

    /// The collector has answered, or failed to.
    pub fn answered(&mut self, now: Timestamp, answer: Answer<'_>) {
        let State::UnderWay { records, failures } = self.state else {
            return;
        };
        match answer.status {
            Some(200..=299) => {
                let unwanted = otlp::rejected(answer.body).min(u64::try_from(records).unwrap_or(u64::MAX));
                self.settle(records, unwanted);
            }
            // OTLP 1.x, "OTLP/HTTP Response": these may be tried again, every other failure may not.
            None | Some(429 | 502 | 503 | 504) => {
                let wait = FIRST_WAIT.saturating_mul(1_u32.checked_shl(failures).unwrap_or(u32::MAX));
                let wait = answer.retry_after.unwrap_or(wait).min(LONGEST_WAIT);
                self.state = State::Waiting { until: now.plus(wait), failures: failures.saturating_add(1) };
            }
            Some(_) => self.settle(records, u64::MAX),
        }
    }

    /// What became of the records so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let queued = u64::try_from(self.queue.len()).unwrap_or(u64::MAX);
        Counts { made: self.made, sent: self.sent, dropped: self.dropped, queued }
    }

    /// The head of the queue has been dealt with; so many of it nobody wanted.
    fn settle(&mut self, records: usize, unwanted: u64) {
        self.state = State::Ready;
        let gone: Vec<_> = self.queue.drain(..records.min(self.queue.len())).collect();
        self.bytes = gone.iter().fold(self.bytes, |bytes, record| bytes.saturating_sub(record.len()));
        let gone = u64::try_from(gone.len()).unwrap_or(u64::MAX);
        let dropped = unwanted.min(gone);
        self.dropped = self.dropped.saturating_add(dropped);
        self.sent = self.sent.saturating_add(gone.saturating_sub(dropped));
    }
}

#[cfg(test)]
mod tests;
