#![expect(clippy::arithmetic_side_effects, reason = "a test computes with numbers of its own")]

use proptest::prelude::*;

use super::*;
use crate::audit::{Mode, Record, TraceRecord};
use crate::trace_context::TraceContext;

const BOUNDS: Bounds = Bounds { batch: 4, records: 10, bytes: 1000 };

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_secs(seconds)
}

fn status(status: u16) -> Answer<'static> {
    Answer { status: Some(status), retry_after: None, body: b"{}" }
}

const NOBODY: Answer<'static> = Answer { status: None, retry_after: None, body: b"" };

fn filled(records: u8) -> Export {
    let mut export = Export::new(BOUNDS);
    (0..records).for_each(|number| export.push(vec![b'0' + number]));
    export
}

/// The numbers in the body of a request.
fn batch(body: &[u8]) -> Vec<u64> {
    let body: serde_json::Value = serde_json::from_slice(body).unwrap();
    let records = body["resourceLogs"][0]["scopeLogs"][0]["logRecords"].as_array().unwrap();
    records.iter().map(|record| record.as_u64().unwrap()).collect()
}

fn assert_balanced(export: &Export) {
    let Counts { made, sent, dropped, queued } = export.counts();
    assert_eq!(made, sent + dropped + queued);
}

#[test]
fn records_leave_in_batches_and_in_order_one_batch_at_a_time() {
    let mut export = filled(6);
    assert_eq!(batch(&export.due(at(0)).unwrap()), [0, 1, 2, 3]);
    assert_eq!(export.due(at(0)), None, "one is under way");
    export.answered(at(1), status(200));
    assert_eq!(batch(&export.due(at(1)).unwrap()), [4, 5]);
    export.answered(at(2), status(200));
    assert_eq!(export.due(at(2)), None);
    assert_eq!(export.counts(), Counts { made: 6, sent: 6, dropped: 0, queued: 0 });
}

#[test]
fn an_outage_is_waited_out_longer_and_longer() {
    let mut export = filled(1);
    let mut now = 0;
    for wait in [1, 2, 4, 8, 16, 30, 30] {
        assert_eq!(batch(&export.due(at(now)).unwrap()), [0]);
        export.answered(at(now), NOBODY);
        assert_eq!(export.due(at(now + wait - 1)), None, "asked again before {wait} s");
        now += wait;
    }
    assert_eq!(batch(&export.due(at(now)).unwrap()), [0]);
    export.answered(at(now), status(200));
    export.push(b"1".to_vec());
    assert_eq!(batch(&export.due(at(now)).unwrap()), [1], "the next one doesn't wait for the last one's failures");
}

#[test]
fn a_collector_says_when_it_wants_to_be_asked_again() {
    let mut export = filled(1);
    export.due(at(0)).unwrap();
    export.answered(at(0), Answer { retry_after: Some(Duration::from_secs(7)), ..status(503) });
    assert_eq!(export.due(at(6)), None);
    assert!(export.due(at(7)).is_some());
}

#[test]
fn what_the_collector_does_not_want_is_dropped_and_counted() {
    let mut export = filled(6);
    export.due(at(0)).unwrap();
    export.answered(at(0), status(400));
    assert_eq!(export.counts(), Counts { made: 6, sent: 0, dropped: 4, queued: 2 });
    export.due(at(0)).unwrap();
    let body = br#"{"partialSuccess":{"rejectedLogRecords":"1"}}"#;
    export.answered(at(0), Answer { status: Some(200), retry_after: None, body });
    assert_eq!(export.counts(), Counts { made: 6, sent: 1, dropped: 5, queued: 0 });
}

#[test]
fn what_finds_the_queue_full_is_dropped_and_what_is_under_way_stays() {
    let mut export = filled(4);
    export.due(at(0)).unwrap();
    (0..20).for_each(|_| export.push(b"9".to_vec()));
    assert_eq!(export.counts(), Counts { made: 24, sent: 0, dropped: 14, queued: 10 });
    export.answered(at(0), NOBODY);
    assert_eq!(batch(&export.due(at(9)).unwrap()), [0, 1, 2, 3]);
    let mut export = Export::new(BOUNDS);
    export.push(vec![b'1'; 900]);
    export.push(vec![b'1'; 101]);
    assert_eq!(export.counts().dropped, 1, "bytes are bounded too");
}

#[test]
fn an_answer_that_nobody_waits_for_changes_nothing() {
    let mut export = filled(2);
    export.answered(at(0), status(200));
    assert_eq!(export.counts(), Counts { made: 2, sent: 0, dropped: 0, queued: 2 });
}

/// The names and forms of the protobuf's JSON mapping, as OTLP prescribes them.
#[test]
fn a_record_is_a_log_record_of_opentelemetry() {
    let mut record =
        Record::new(Timestamp::from_millis(1_800_000_000_123), "some-id".into(), "p".into(), Mode::Enforce, None);
    record.trace = TraceContext::read(b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").map(TraceRecord);
    let encoded = encode(&record, "{\"a\":\"\\n\"}").unwrap();
    let expected = serde_json::json!({
        "timeUnixNano": "1800000000123000000",
        "severityNumber": 13,
        "severityText": "WARN",
        "eventName": "toolgate.judged",
        "body": {"stringValue": "{\"a\":\"\\n\"}"},
        "attributes": [{"key": "log.record.uid", "value": {"stringValue": "some-id"}}],
        "traceId": "4bf92f3577b34da6a3ce929d0e0e4736",
        "spanId": "00f067aa0ba902b7",
    });
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&encoded).unwrap(), expected);
}

#[derive(Clone, Debug)]
enum Event {
    Push(usize),
    Due,
    Answer(Option<u16>, u64),
    Late(u64),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        (0_usize..300).prop_map(Event::Push),
        Just(Event::Due),
        (prop_oneof![Just(None), Just(Some(200)), Just(Some(400)), Just(Some(429)), Just(Some(503))], 0_u64..9)
            .prop_map(|(status, rejected)| Event::Answer(status, rejected)),
        (0_u64..40).prop_map(Event::Late),
    ]
}

proptest! {
    /// Whatever happens in whatever order, nothing is lost uncounted, and nothing is kept beyond the bounds.
    #[test]
    fn the_books_always_balance(events in proptest::collection::vec(event(), 0..200)) {
        let mut export = Export::new(BOUNDS);
        let mut now = 0;
        for event in events {
            match event {
                Event::Push(size) => export.push(vec![b'1'; size]),
                Event::Due => drop(export.due(at(now))),
                Event::Answer(status, rejected) => {
                    let body = format!("{{\"partialSuccess\":{{\"rejectedLogRecords\":{rejected}}}}}");
                    export.answered(at(now), Answer { status, retry_after: None, body: body.as_bytes() });
                }
                Event::Late(seconds) => now += seconds,
            }
            assert_balanced(&export);
            let kept: usize = export.queue.iter().map(Vec::len).sum();
            prop_assert!(export.queue.len() <= BOUNDS.records && kept <= BOUNDS.bytes && kept == export.bytes);
        }
    }
}
