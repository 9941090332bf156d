//! `toolgate verify-log`: are the records of a log complete, in order and as they were written?

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, stdin};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use serde::{Deserialize, Serialize};
use toolgate::audit::{Digests, Link, MARK};
use toolgate::config;

use super::{Format, output};
use crate::scenario::Configuration;

/// What was found.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
struct Verified {
    /// Records in a chain.
    records: u64,
    /// Records in none: written while `audit.chain` was off.
    unchained: u64,
    /// Records of each chain.
    chains: BTreeMap<String, u64>,
    /// The first that is not what the chain says.
    broken: Option<Broken>,
}

/// A record that is not what its chain says.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Broken {
    /// On which line, over all files.
    line: u64,
    chain: String,
    number: u64,
    what: String,
}

/// How far a chain has come.
#[derive(Default)]
struct Progress {
    next: u64,
    previous: String,
}

/// Whether every chain in these files (`-` is standard input), read one after the other, is whole.
pub(super) fn run(paths: &[PathBuf], configuration: Option<&Path>, format: Format) -> Result<bool> {
    let digests = match configuration {
        Some(path) => {
            let configuration = Configuration::read(path)?;
            let config =
                config::read(configuration.json().to_string().as_bytes()).map_err(|problems| anyhow!("{problems}"))?;
            config.audit.digests
        }
        None => Digests::Plain,
    };
    let mut lines: Vec<Box<dyn BufRead>> = Vec::new();
    for path in paths {
        lines.push(match path.to_str() {
            Some("-") => Box::new(stdin().lock()),
            _ => {
                Box::new(BufReader::new(File::open(path).with_context(|| format!("can't read `{}`", path.display()))?))
            }
        });
    }
    let verified = verify(lines.into_iter().flat_map(|file| file.split(b'\n')), &digests)?;
    match format {
        Format::Json => output::json(&verified)?,
        Format::Text => output::text(&told(&verified))?,
    }
    Ok(verified.broken.is_none())
}

fn verify(lines: impl Iterator<Item = std::io::Result<Vec<u8>>>, digests: &Digests) -> Result<Verified> {
    let mut verified = Verified::default();
    let mut chains: BTreeMap<String, Progress> = BTreeMap::new();
    for (line, text) in (1..).zip(lines) {
        let text = text?;
        let Some((json, chain)) = record(&text) else { continue };
        let Some(Link { id, number, previous }) = chain else {
            verified.unchained = verified.unchained.saturating_add(1);
            continue;
        };
        let progress = chains.entry(id.clone()).or_default();
        let what = if number > progress.next {
            let last = number.saturating_sub(1);
            Some((progress.next, format!("missing: records {} to {last} are not in the log", progress.next)))
        } else if number < progress.next {
            Some((number, "there a second time, or out of order".into()))
        } else if previous != progress.previous {
            let before = number.saturating_sub(1);
            Some((before, format!("changed: it is not the one that record {number} was written after")))
        } else {
            None
        };
        if let Some((number, what)) = what {
            verified.broken = Some(Broken { line, chain: id, number, what });
            return Ok(verified);
        }
        *progress = Progress { next: number.saturating_add(1), previous: digests.whole(json) };
        verified.records = verified.records.saturating_add(1);
        let counted = verified.chains.entry(id).or_default();
        *counted = counted.saturating_add(1);
    }
    Ok(verified)
}

/// The record on a line (of the proxy's log, or of a file of bare records), as it was written, and its place in a chain.
fn record(line: &[u8]) -> Option<(&[u8], Option<Link>)> {
    #[derive(Deserialize)]
    struct Linked {
        #[serde(rename = "decision_id")]
        _id: String,
        chain: Option<Link>,
    }
    let text = std::str::from_utf8(line).ok()?;
    let json = text.split_once(MARK).map_or(text, |(_, json)| json).trim_end();
    let linked: Linked = serde_json::from_str(json).ok()?;
    Some((json.as_bytes(), linked.chain))
}

fn told(verified: &Verified) -> String {
    let Verified { records, unchained, chains, broken } = verified;
    if let Some(Broken { line, chain, number, what }) = broken {
        return format!(
            "line {line}: record {number} of chain {chain} is {what}\n{records} records before it are whole"
        );
    }
    let loose = if *unchained > 0 { format!("; {unchained} records are in no chain") } else { String::new() };
    let last: String = chains
        .iter()
        .map(|(id, count)| format!("\nchain {id}: {count} records, the last is number {}", count.saturating_sub(1)))
        .collect();
    format!("{records} records in {} chains, all whole and in order{loose}{last}", chains.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use toolgate::audit::Chain;

    /// Two workers' logs, interleaved, as Envoy writes them.
    fn log(digests: &Digests) -> Vec<String> {
        let mut chains = [Chain::new("a", digests.clone()), Chain::new("b", digests.clone())];
        let mut lines = vec!["[info] something else".to_owned()];
        for number in 0..6 {
            let chain = &mut chains[number % 2];
            let link = serde_json::to_string(&chain.link()).unwrap();
            let json = format!(r#"{{"decision_id":"{number}","chain":{link}}}"#);
            chain.written(json.as_bytes());
            lines.push(format!("[2026-11-22][warning] wasm log: {MARK}{json}"));
        }
        lines
    }

    fn verified(lines: &[String], digests: &Digests) -> Verified {
        verify(lines.iter().map(|line| Ok(line.clone().into_bytes())), digests).unwrap()
    }

    fn broken(lines: &[String]) -> (u64, String, u64) {
        let broken = verified(lines, &Digests::Plain).broken.unwrap();
        (broken.line, broken.chain, broken.number)
    }

    #[test]
    fn a_log_as_it_was_written_is_whole() {
        let keyed = Digests::Keyed(vec![7; 32].into());
        for digests in [Digests::Plain, keyed.clone()] {
            let verified = verified(&log(&digests), &digests);
            assert_eq!(verified.broken, None);
            assert_eq!((verified.records, verified.chains.len(), verified.unchained), (6, 2, 0));
        }
        assert!(verified(&log(&keyed), &Digests::Plain).broken.is_some(), "no one without the key can have written it");
    }

    #[test]
    fn the_first_broken_record_is_named() {
        let log = log(&Digests::Plain);
        // On line 4 stands record 1 of chain a, on line 6 record 2.
        let mut changed = log.clone();
        changed[3] = changed[3].replace("decision_id\":\"2", "decision_id\":\"9");
        assert_eq!(broken(&changed), (6, "a".into(), 1));
        let mut missing = log.clone();
        missing.remove(3);
        assert_eq!(broken(&missing), (5, "a".into(), 1));
        let mut doubled = log.clone();
        doubled.insert(4, log[3].clone());
        assert_eq!(broken(&doubled), (5, "a".into(), 1));
        let headless = log[2..].to_vec();
        assert_eq!(broken(&headless), (2, "a".into(), 0));
    }
}
