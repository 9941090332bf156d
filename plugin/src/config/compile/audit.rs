//! `audit`: what is recorded.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::decision::split;
use crate::audit::{Digests, Kept};
use crate::config::document::duration;
use crate::config::problem::Problems;
use crate::config::{AuditSettings, raw};
use crate::export::{Bounds, Collector};

/// As long as the digest itself: RFC 2104 section 3 discourages less.
const MIN_KEY: usize = 32;
/// Records in one request: with a usual kilobyte each, half of what collectors take by default (1 MiB and more).
const BATCH: usize = 512;
/// Room for each record of the queue on average; the queue is bounded in both.
const ROOM: usize = 2048;
/// A worker's queue of so many records is 128 MiB at most: less than its VM may have.
const MAX_QUEUE: u32 = 65_536;

/// The settings; those that make no sense are left out.
pub(super) fn audit(raw: &raw::Audit, problems: &mut Problems) -> AuditSettings {
    let digests = match &raw.digest_key {
        None => Digests::Plain,
        Some(text) => {
            let key = STANDARD.decode(text).or_else(|_| URL_SAFE_NO_PAD.decode(text)).unwrap_or_default();
            if key.len() < MIN_KEY {
                // What was found is a secret, or was meant to be one.
                problems.add(
                    "/audit/digest_key",
                    format!("found something else than base64 of at least {MIN_KEY} bytes; `openssl rand -base64 32` makes a key"),
                );
            }
            Digests::Keyed(key.into())
        }
    };
    AuditSettings {
        headers: raw.headers,
        kept: kept(raw.log),
        digests,
        chain: raw.chain,
        filter_state: raw.filter_state,
        export: raw.export.as_ref().and_then(|export| collector(export, problems)),
        assertion: raw.assertion.as_ref().and_then(|assertion| super::assertion::compile(assertion, problems)),
    }
}

const fn kept(raw: raw::LogWhat) -> Kept {
    match raw {
        raw::LogWhat::All => Kept::All,
        raw::LogWhat::Denials => Kept::Denials,
        raw::LogWhat::None => Kept::None,
    }
}

fn collector(raw: &raw::Export, problems: &mut Problems) -> Option<Collector> {
    if raw.cluster.is_empty() {
        problems.add("/audit/export/cluster", "found an empty text; the name of an Envoy cluster would be right");
    }
    if !(1..=MAX_QUEUE).contains(&raw.queue) {
        problems
            .add("/audit/export/queue", format!("found `{}`; from 1 to {MAX_QUEUE} records would be right", raw.queue));
    }
    let timeout = duration(&raw.timeout, "/audit/export/timeout", problems);
    let Some((scheme, authority, path)) = split(&raw.url).filter(|(.., path)| path.len() > 1) else {
        problems.add(
            "/audit/export/url",
            format!("found `{}`; an URL such as `http://collector.example.com:4318/v1/logs` would be right", raw.url),
        );
        return None;
    };
    let records = usize::try_from(raw.queue).unwrap_or(usize::MAX);
    Some(Collector {
        cluster: raw.cluster.clone(),
        scheme,
        authority: authority.into(),
        path: path.into(),
        timeout: timeout?,
        kept: kept(raw.records),
        bounds: Bounds { batch: BATCH, records, bytes: records.saturating_mul(ROOM) },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(key: &str) -> Vec<String> {
        let mut problems = Problems::default();
        audit(&raw::Audit { digest_key: Some(key.into()), ..raw::Audit::default() }, &mut problems);
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_collector_has_a_cluster_an_address_and_a_bounded_queue() {
        let complaints = |json: serde_json::Value| -> Vec<String> {
            let mut problems = Problems::default();
            let export = Some(serde_json::from_value(json).unwrap());
            audit(&raw::Audit { export, ..raw::Audit::default() }, &mut problems);
            problems.iter().map(|problem| problem.pointer.clone()).collect()
        };
        let good = serde_json::json!({"cluster": "otel", "url": "http://otel:4318/v1/logs"});
        assert_eq!(complaints(good), Vec::<String>::new());
        let bad = serde_json::json!({"cluster": "", "url": "otel:4318", "queue": 0, "timeout": "soon"});
        assert_eq!(
            complaints(bad),
            ["/audit/export/cluster", "/audit/export/queue", "/audit/export/timeout", "/audit/export/url"]
        );
    }

    #[test]
    fn a_key_is_base64_in_either_alphabet_and_long_enough() {
        assert_eq!(complaints(&STANDARD.encode([0xff; 32])), Vec::<String>::new());
        assert_eq!(complaints(&URL_SAFE_NO_PAD.encode([0xff; 32])), Vec::<String>::new());
        for wrong in ["", "secret", "correct horse battery staple but no base64"] {
            let [complaint] = complaints(wrong).try_into().unwrap();
            assert!(complaint.contains("/audit/digest_key"), "{complaint}");
            assert!(wrong.is_empty() || !complaint.contains(wrong), "told a secret: {complaint}");
        }
    }
}
