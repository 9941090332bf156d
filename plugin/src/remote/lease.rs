//! What the workers of one process tell each other about a document: who fetches it, and when.

use super::Source;
use crate::time::Timestamp;

/// What is written beside a document in shared data. Whoever changes it does so by compare-and-swap, so that of several
/// workers that find a fetch due only one makes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lease {
    /// When the last fetch was started.
    pub started: Timestamp,
    /// Until when its answer is waited for; in the past once it came.
    pub until: Timestamp,
    /// From when on the next fetch is due.
    pub due: Timestamp,
    /// When the document that is stored was fetched, which names its version; zero if none is.
    pub version: Timestamp,
}

/// How long after its timeout a fetch is given up by the others: the proxy answers a call that times out by itself, so
/// only a worker that died leaves a lease behind.
const GRACE: std::time::Duration = std::time::Duration::from_secs(1);

impl Lease {
    /// From shared data. What isn't a lease counts as none: the document is then fetched again.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Self {
        let word = |at: usize| -> Option<Timestamp> {
            let bytes = bytes.get(at..at.checked_add(8)?)?;
            Some(Timestamp::from_millis(u64::from_le_bytes(bytes.try_into().ok()?)))
        };
        let lease = || Some(Self { started: word(0)?, until: word(8)?, due: word(16)?, version: word(24)? });
        lease().unwrap_or_default()
    }

    /// For shared data.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        [self.started, self.until, self.due, self.version]
            .iter()
            .flat_map(|word| word.as_millis().to_le_bytes())
            .collect()
    }

    /// Whether somebody is fetching. A lease from a future that the clock has left counts for nothing.
    #[must_use]
    pub fn in_flight(&self, source: &Source, now: Timestamp) -> bool {
        now < self.until && self.until <= now.plus(source.timeout).plus(GRACE)
    }

    /// Whether the next fetch is due.
    #[must_use]
    pub fn is_due(&self, source: &Source, now: Timestamp) -> bool {
        now >= self.due || self.due > now.plus(source.refresh.max(source.retry()))
    }

    /// Whether a request may have it fetched now, before it is due.
    #[must_use]
    pub fn may_be_hurried(&self, source: &Source, now: Timestamp) -> bool {
        now >= self.started.plus(source.pause) || self.started > now
    }

    /// Somebody starts to fetch.
    #[must_use]
    pub fn taken(self, source: &Source, now: Timestamp) -> Self {
        Self { started: now, until: now.plus(source.timeout).plus(GRACE), due: now.plus(source.retry()), ..self }
    }

    /// The document came and is stored.
    #[must_use]
    pub fn fulfilled(self, source: &Source, now: Timestamp) -> Self {
        Self { until: Timestamp::default(), due: now.plus(source.refresh), version: now, ..self }
    }

    /// No usable document came.
    #[must_use]
    pub fn failed(self, source: &Source, now: Timestamp) -> Self {
        Self { until: Timestamp::default(), due: now.plus(source.retry()), ..self }
    }
}
