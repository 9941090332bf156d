//! Who keeps account of requests: metrics at the verdict, a record when it is whole.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use super::exporter::Exporter;
use super::host;
use super::meters::Meters;
use crate::audit::{Account, Chain, Kept, ListRecord, MARK, Record, Verdict, filter_state};
use crate::config::Config;
use crate::export::Answer;
use crate::metrics::Single;
use crate::time::Timestamp;

/// How often it is looked whether records should be sent. After an answer that is looked at once, so this bounds how
/// long a record waits in quiet times, and not how many leave in busy ones.
const EXPORT_EVERY: Duration = Duration::from_millis(500);

/// The books of one worker.
pub(super) struct Books {
    kept: Kept,
    filter_state: bool,
    chain: Option<RefCell<Chain>>,
    meters: Meters,
    exporter: Option<Exporter>,
}

impl Books {
    pub(super) fn open(config: &Config) -> Self {
        let audit = &config.audit;
        let chain = |()| RefCell::new(Chain::new(&host::random_id(), audit.digests.clone()));
        Self {
            kept: audit.kept,
            filter_state: audit.filter_state,
            chain: audit.chain.then_some(()).map(chain),
            meters: Meters::define(config),
            exporter: audit.export.clone().map(Exporter::new),
        }
    }

    /// How often [`Books::tick`] has work; none if never.
    pub(super) fn tick_period(&self) -> Option<Duration> {
        self.exporter.as_ref().map(|_| EXPORT_EVERY)
    }

    pub(super) fn tick(&self, now: Timestamp) {
        if let Some(exporter) = &self.exporter {
            exporter.tick(&self.meters, now);
        }
    }

    /// Whether the answer to this call of the root context is meant for the books.
    pub(super) fn awaits(&self, call: u32) -> bool {
        self.exporter.as_ref().is_some_and(|exporter| exporter.awaits(call))
    }

    /// The answer to the call that is awaited.
    pub(super) fn answered(&self, now: Timestamp, answer: Answer<'_>) {
        if let Some(exporter) = &self.exporter {
            exporter.answered(&self.meters, now, answer);
        }
    }

    /// A fetch of what issuers or the decision service publish is over.
    pub(super) fn fetched(&self, is_usable: bool) {
        self.meters.add(if is_usable { Single::Fetched } else { Single::FetchesFailed }, 1);
    }

    fn judged(&self, record: &Record, added: Option<u64>) {
        self.meters.judged(record, added);
        if self.filter_state {
            for (key, value) in filter_state(record) {
                host::leave(key, &value);
            }
        }
    }

    fn write(&self, mut record: Box<Record>) {
        let logged = self.kept.takes(&record);
        if !logged && self.exporter.is_none() {
            return;
        }
        if let Some(chain) = &self.chain {
            record.chain = Some(chain.borrow().link());
        }
        let mut line = MARK.to_owned();
        if let Err(error) = record.write(&mut line) {
            log::error!("toolgate audit record {} was lost: {error}", record.decision_id);
            return;
        }
        let json = line.get(MARK.len()..).unwrap_or_default();
        if let Some(chain) = &self.chain {
            chain.borrow_mut().written(json.as_bytes());
        }
        if let Some(exporter) = &self.exporter {
            exporter.push(&record, json);
        }
        if logged {
            host::log(record.verdict != Verdict::Forward, &line);
        }
    }
}

impl Drop for Books {
    fn drop(&mut self) {
        if let Some(exporter) = &self.exporter {
            exporter.close(&self.meters);
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
            books.meters.add(by, 1);
        }
    }

    /// The decision service is being asked, or asked once more.
    pub(super) fn asked(&mut self, again: bool) {
        self.account.asked(host::now());
        if let Some(books) = self.books.as_ref().filter(|_| again) {
            books.meters.add(Single::DecisionsRetried, 1);
        }
    }

    /// The decision service failed once too often.
    pub(super) fn suspended(&self) {
        if let Some(books) = &self.books {
            books.meters.add(Single::BreakerOpened, 1);
        }
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
            books.judged(record, self.whole.map(|whole| now.saturating_sub(whole)));
        }
    }

    /// The client is answered without the upstream.
    pub(super) fn answered_for(&mut self, record: Box<Record>, status: Option<u16>) {
        let now = host::micros();
        let record = self.account.answered_for(record, status, millis(now));
        if let Some(books) = &self.books {
            books.judged(&record, self.whole.map(|whole| now.saturating_sub(whole)));
            books.write(record);
        }
    }

    /// A response begins; whether it `lists` something of which only a part may be shown.
    pub(super) fn responded(&mut self, status: Option<u16>, lists: bool) {
        if let (Some(record), Some(books)) = (self.account.responded(status, lists, host::now()), &self.books) {
            books.write(record);
        }
    }

    /// All of a list was shown.
    pub(super) fn listed(&mut self, list: Box<ListRecord>) {
        let Some(books) = &self.books else { return };
        books.meters.add(Single::EntriesShown, list.shown.into());
        books.meters.add(Single::EntriesHidden, list.hidden.into());
        books.meters.add(Single::ListsRefused, list.refused.is_some().into());
        if let Some(record) = self.account.listed(list) {
            books.write(record);
        }
    }

    /// The stream is gone.
    pub(super) fn ended(&mut self) {
        if let (Some(record), Some(books)) = (self.account.ended(), &self.books) {
            books.write(record);
        }
    }
}

const fn millis(micros: u64) -> Timestamp {
    Timestamp::from_millis(micros / 1000)
}
