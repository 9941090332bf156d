//! From a verdict to a whole record: what became of the request, and how long that took.
//!
//! There is one record for each judged request, and it is written once: at a refusal with it, else when the response
//! begins (not when it ends: a stream of events may last for hours), or when the stream is gone without one. Only the
//! record of a list that is filtered waits for the response's end: it says how much was shown. The other
//! way, a record of the verdict and a second one of the outcome, would survive a crash of the proxy in between. But it
//! doubles the log, has to be joined again by whoever reads it, and can't be counted against requests. What a crash
//! takes is what was under way, and of that the upstream has the decision id.

use super::{ListRecord, Record, Verdict};
use crate::time::Timestamp;

/// What one request's record still waits for.
#[derive(Debug, Default)]
pub struct Account {
    asked: Option<Timestamp>,
    decision: Option<u64>,
    open: Option<(Box<Record>, Timestamp)>,
}

impl Account {
    /// The decision service is being asked.
    pub fn asked(&mut self, now: Timestamp) {
        self.asked = Some(now);
    }

    /// It answered, or failed to.
    pub fn answered(&mut self, now: Timestamp) {
        // A question that was sent twice took as long as both.
        let taken = self.asked.take().map(|asked| millis(asked, now));
        self.decision = taken.map(|taken| taken.saturating_add(self.decision.unwrap_or_default()));
    }

    /// The request went on: its record waits for the response.
    pub fn forwarded(&mut self, mut record: Box<Record>, now: Timestamp) -> &Record {
        self.close(&mut record, now);
        &self.open.insert((record, now)).0
    }

    /// The client was answered without the upstream: the record is whole.
    pub fn answered_for(&mut self, mut record: Box<Record>, status: Option<u16>, now: Timestamp) -> Box<Record> {
        self.close(&mut record, now);
        record.status = status;
        record
    }

    /// A response begins: the whole record, unless it has been written, or `lists` and so waits for what is shown.
    pub fn responded(&mut self, status: Option<u16>, lists: bool, now: Timestamp) -> Option<Box<Record>> {
        let (record, judged) = self.open.as_mut()?;
        record.status = status;
        record.durations.upstream_ms = Some(millis(*judged, now));
        if lists { None } else { self.ended() }
    }

    /// All of a list was shown: the whole record, unless it has been written.
    pub fn listed(&mut self, list: Box<ListRecord>) -> Option<Box<Record>> {
        let mut record = self.ended()?;
        record.list = Some(list);
        Some(record)
    }

    /// The stream is gone: what no response came for.
    pub fn ended(&mut self) -> Option<Box<Record>> {
        self.open.take().map(|(record, _)| record)
    }

    fn close(&mut self, record: &mut Record, now: Timestamp) {
        record.durations.held_ms = millis(record.time, now);
        record.durations.decision_ms = self.decision.take();
    }
}

/// Which records are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kept {
    /// All.
    #[default]
    All,
    /// Those of requests that were refused, or would have been but for shadow mode.
    Denials,
    /// None.
    None,
}

impl Kept {
    /// Whether this record is kept: one that a rule requires always is.
    #[must_use]
    pub fn takes(self, record: &Record) -> bool {
        record.required || self.keeps(record.verdict)
    }

    /// Whether the record of a request with this verdict is kept, where no rule requires it.
    #[must_use]
    pub fn keeps(self, verdict: Verdict) -> bool {
        match self {
            Self::All => true,
            Self::Denials => verdict != Verdict::Forward,
            Self::None => false,
        }
    }
}

fn millis(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.since(from).as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Mode;

    const START: Timestamp = Timestamp::from_secs(1_000);

    fn record() -> Box<Record> {
        Box::new(Record::new(START, "id".into(), "p".into(), Mode::Enforce, None))
    }

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(START.as_millis().saturating_add(millis))
    }

    #[test]
    fn a_forwarded_request_is_recorded_once_with_its_response() {
        let mut account = Account::default();
        account.asked(at(2));
        account.answered(at(7));
        account.forwarded(record(), at(8));
        let whole = account.responded(Some(200), false, at(20)).unwrap();
        let durations = &whole.durations;
        assert_eq!((durations.held_ms, durations.decision_ms, durations.upstream_ms), (8, Some(5), Some(12)));
        assert_eq!(whole.status, Some(200));
        assert!(account.responded(Some(200), false, at(21)).is_none() && account.ended().is_none(), "written twice");
    }

    #[test]
    fn without_a_response_there_is_a_record_all_the_same() {
        let mut account = Account::default();
        account.forwarded(record(), at(1));
        let whole = account.ended().unwrap();
        assert_eq!((whole.status, whole.durations.upstream_ms), (None, None));
        assert!(account.ended().is_none(), "written twice");
    }

    #[test]
    fn the_record_of_a_list_waits_for_what_is_shown_or_for_the_end() {
        let mut account = Account::default();
        account.forwarded(record(), at(1));
        assert!(account.responded(Some(200), true, at(2)).is_none(), "it is not known yet what is shown");
        let list = ListRecord { shown: 2, hidden: 1, refused: None };
        let whole = account.listed(Box::new(list.clone())).unwrap();
        assert_eq!((whole.status, whole.list.as_deref()), (Some(200), Some(&list)));
        assert!(account.listed(Box::new(list)).is_none() && account.ended().is_none(), "written twice");
        account.forwarded(record(), at(1));
        assert!(account.responded(Some(200), true, at(2)).is_none());
        assert_eq!(account.ended().unwrap().status, Some(200), "the stream broke off");
    }

    #[test]
    fn a_refusal_waits_for_nothing() {
        let mut account = Account::default();
        let whole = account.answered_for(record(), Some(403), at(3));
        assert_eq!((whole.status, whole.durations.held_ms, whole.durations.upstream_ms), (Some(403), 3, None));
        assert!(account.responded(Some(403), false, at(4)).is_none() && account.ended().is_none(), "written twice");
    }
}
