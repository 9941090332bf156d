//! Who keeps account of requests: metrics at the verdict, a record when it is whole.

use std::rc::Rc;

use super::host;
use super::meters::Meters;
use crate::audit::{Account, Kept, Record, Verdict};
use crate::config::Config;
use crate::metrics::Single;
use crate::time::Timestamp;

/// What precedes a record in the proxy's log.
const MARK: &[u8] = b"toolgate audit ";

/// The books of one worker.
pub(super) struct Books {
    kept: Kept,
    meters: Meters,
}

impl Books {
    pub(super) fn open(config: &Config) -> Self {
        Self { kept: config.audit.kept, meters: Meters::define(config) }
    }

    fn write(&self, record: &Record) {
        if !self.kept.keeps(record.verdict) {
            return;
        }
        let mut line = MARK.to_vec();
        match record.write(&mut line) {
            Ok(()) => host::log(record.verdict == Verdict::Reject, &line),
            Err(error) => log::error!("toolgate audit record {} was lost: {error}", record.decision_id),
        }
    }
}

/// What is entered of one request.
pub(super) struct Entry {
    /// None before a configuration was accepted: then nothing is judged either.
    books: Option<Rc<Books>>,
    account: Account,
    /// When the request was whole, in microseconds; none while it isn't.
    whole: Option<u64>,
}

impl Entry {
    pub(super) fn new(books: Option<Rc<Books>>) -> Self {
        Self { books, account: Account::default(), whole: None }
    }

    /// The request is whole: from here on it is the gate that it waits for.
    pub(super) fn whole(&mut self) {
        self.whole.get_or_insert_with(host::micros);
    }

    /// A signature was verified.
    pub(super) fn verified(&self, by: Single) {
        if let Some(books) = &self.books {
            books.meters.count(by);
        }
    }

    /// The decision service is being asked.
    pub(super) fn asked(&mut self) {
        self.account.asked(host::now());
    }

    /// It answered, or failed to.
    pub(super) fn answered(&mut self) {
        self.account.answered(host::now());
    }

    /// The request goes on.
    pub(super) fn forwarded(&mut self, record: Box<Record>) {
        let now = host::micros();
        let record = self.account.forwarded(record, millis(now));
        if let Some(books) = &self.books {
            books.meters.judged(record, self.whole.map(|whole| now.saturating_sub(whole)));
        }
    }

    /// The client is answered without the upstream.
    pub(super) fn answered_for(&mut self, record: Box<Record>, status: Option<u16>) {
        let now = host::micros();
        let record = self.account.answered_for(record, status, millis(now));
        if let Some(books) = &self.books {
            books.meters.judged(&record, self.whole.map(|whole| now.saturating_sub(whole)));
            books.write(&record);
        }
    }

    /// A response begins.
    pub(super) fn responded(&mut self, status: Option<u16>) {
        if let (Some(record), Some(books)) = (self.account.responded(status, host::now()), &self.books) {
            books.write(&record);
        }
    }

    /// The stream is gone.
    pub(super) fn ended(&mut self) {
        if let (Some(record), Some(books)) = (self.account.ended(), &self.books) {
            books.write(&record);
        }
    }
}

const fn millis(micros: u64) -> Timestamp {
    Timestamp::from_millis(micros / 1000)
}
