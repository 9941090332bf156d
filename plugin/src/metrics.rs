//! What is counted: every metric there is, and which of them a request moves.
//!
//! proxy-wasm knows names only, so labels stand in the names (`toolgate_requests_total;server=crm;verdict=forward`), and
//! `stats_tags` in `envoy/envoy.yaml` make labels of them. Every label has a closed set of values: what an operator has
//! configured or this crate lists, never what a request says. So all metrics can be defined at the start: each is on the
//! page with a zero before it first counts (a rate over a counter that begins at one misses that one), and a request
//! costs two increments and one recorded value.

use crate::action::ActionKind;
use crate::audit::{Record, Verdict};
use crate::config::Config;
use crate::reason::Reason;
use crate::risk::Level;

/// More servers than this share the label `other`: each has a series for each verdict.
const MAX_SERVERS: usize = 64;
/// What is on no route, and what is beyond [`MAX_SERVERS`].
const OTHER: &str = "other";

/// What a metric does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Keeps how often which values were recorded.
    Histogram,
}

/// The metrics without a label, or with one that has few values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Single {
    /// Time that the gate added: from the last byte of a request to the verdict on it.
    Added,
    /// How long the decision service took.
    DecisionTime,
    /// Decisions that the decision service was asked for.
    DecisionsAsked,
    /// Decisions that were remembered, or that another request had asked for already.
    DecisionsRemembered,
    /// Requests that went on without the decision that they needed.
    DecisionsMissing,
    /// Questions that were sent once more, because the connection had failed.
    DecisionsRetried,
    /// How often the decision service had failed so often that it was left alone.
    BreakerOpened,
    /// Signatures of tokens that the proxy verified. A request without one had a token that was known, or none.
    SignaturesByHost,
    /// Signatures that the filter verified itself.
    SignaturesByFilter,
    /// Requests that rules in shadow mode would have decided.
    ShadowRules,
    /// Documents of issuers and decision services (keys, lists of what was revoked, metadata) that were fetched.
    Fetched,
    /// Fetches of those that came to nothing: no answer, or none that can be used.
    FetchesFailed,
    /// Entries of lists that agents were shown.
    EntriesShown,
    /// Entries of lists that they weren't.
    EntriesHidden,
    /// Lists that could not be read, and so were not shown.
    ListsRefused,
    /// Memory of all VMs with the filter.
    Memory,
    /// Records made for the collector: those sent, dropped and queued.
    RecordsMade,
    /// Records that the collector has taken.
    RecordsSent,
    /// Records that found the queue full, that the collector didn't want, or that were left at the end.
    RecordsDropped,
    /// Records that wait.
    RecordsQueued,
}

impl Single {
    const ALL: &'static [(Self, Kind, &'static str)] = &[
        (Self::Added, Kind::Histogram, "toolgate_added_microseconds"),
        (Self::DecisionTime, Kind::Histogram, "toolgate_decision_milliseconds"),
        (Self::DecisionsAsked, Kind::Counter, "toolgate_decisions_total;source=asked"),
        (Self::DecisionsRemembered, Kind::Counter, "toolgate_decisions_total;source=remembered"),
        (Self::DecisionsMissing, Kind::Counter, "toolgate_decisions_total;source=none"),
        (Self::DecisionsRetried, Kind::Counter, "toolgate_decision_retries_total"),
        (Self::BreakerOpened, Kind::Counter, "toolgate_decision_breaker_opened_total"),
        (Self::SignaturesByHost, Kind::Counter, "toolgate_signatures_total;by=host"),
        (Self::SignaturesByFilter, Kind::Counter, "toolgate_signatures_total;by=filter"),
        (Self::ShadowRules, Kind::Counter, "toolgate_shadow_rules_total"),
        (Self::Fetched, Kind::Counter, "toolgate_fetches_total;fate=fetched"),
        (Self::FetchesFailed, Kind::Counter, "toolgate_fetches_total;fate=failed"),
        (Self::EntriesShown, Kind::Counter, "toolgate_list_entries_total;fate=shown"),
        (Self::EntriesHidden, Kind::Counter, "toolgate_list_entries_total;fate=hidden"),
        (Self::ListsRefused, Kind::Counter, "toolgate_lists_refused_total"),
        (Self::Memory, Kind::Gauge, "toolgate_memory_bytes"),
        (Self::RecordsMade, Kind::Counter, "toolgate_records_total;fate=made"),
        (Self::RecordsSent, Kind::Counter, "toolgate_records_total;fate=sent"),
        (Self::RecordsDropped, Kind::Counter, "toolgate_records_total;fate=dropped"),
        (Self::RecordsQueued, Kind::Gauge, "toolgate_records_queued"),
    ];
}

/// Every metric under one configuration; a metric is known by its place in the list.
#[derive(Debug)]
pub struct Metrics {
    servers: Vec<String>,
    definitions: Vec<(Kind, String)>,
}

impl Metrics {
    /// Those of this configuration.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        let mut servers = vec![OTHER.to_owned()];
        for route in &config.routes.0 {
            if servers.len() <= MAX_SERVERS && !servers.contains(&route.server) {
                servers.push(route.server.clone());
            }
        }
        // In the order in which `place` computes.
        let mut definitions: Vec<_> = Single::ALL.iter().map(|(_, kind, name)| (*kind, (*name).to_owned())).collect();
        let mut counter = |name: String| definitions.push((Kind::Counter, name));
        for reason in Reason::ALL {
            counter(format!("toolgate_refusals_total;reason={reason}"));
        }
        for (action, _) in ActionKind::ALL {
            for (risk, _) in Level::ALL {
                counter(format!("toolgate_actions_total;action={action};risk={risk}"));
            }
        }
        for server in &servers {
            for verdict in Verdict::ALL {
                counter(format!("toolgate_requests_total;server={};verdict={}", label(server), verdict.name()));
            }
        }
        Self { servers, definitions }
    }

    /// All, as they have to be defined.
    #[must_use]
    pub fn definitions(&self) -> &[(Kind, String)] {
        &self.definitions
    }

    /// The place of a metric.
    #[must_use]
    pub fn place(single: Single) -> usize {
        position(Single::ALL.iter().map(|(it, ..)| *it), single)
    }

    /// Moves what a judged request moves. `added` is the time that the gate added, in microseconds, where the request
    /// was whole when it was judged.
    pub fn judged(&self, record: &Record, added: Option<u64>, change: &mut dyn FnMut(usize, u64)) {
        let verdict = position(Verdict::ALL.iter().copied(), record.verdict);
        let server = record.server.as_deref().unwrap_or(OTHER);
        let server = self.servers.iter().position(|it| it == server).unwrap_or(0);
        change(place(&[(server, self.servers.len()), (verdict, Verdict::ALL.len())], after_actions()), 1);
        if let (Some(action), Some(risk)) = (record.action, &record.risk) {
            let action = position(ActionKind::ALL.iter().map(|(name, _)| *name), action);
            let risk = position(Level::ALL.iter().map(|(name, _)| *name), risk.level);
            change(place(&[(action, ActionKind::ALL.len()), (risk, Level::ALL.len())], after_reasons()), 1);
        }
        if let Some(reason) = record.reason {
            let reason = position(Reason::ALL.iter().copied(), reason);
            change(place(&[(reason, Reason::ALL.len())], Single::ALL.len()), 1);
        }
        if let Some(added) = added {
            change(Self::place(Single::Added), added);
        }
        if record.would.is_some() {
            change(Self::place(Single::ShadowRules), 1);
        }
        if record.undecided.is_some() {
            change(Self::place(Single::DecisionsMissing), 1);
        }
        if let Some(taken) = record.durations.decision_ms {
            change(Self::place(Single::DecisionsAsked), 1);
            change(Self::place(Single::DecisionTime), taken);
        } else if record.asked {
            change(Self::place(Single::DecisionsRemembered), 1);
        }
    }
}

const fn after_reasons() -> usize {
    Single::ALL.len().saturating_add(Reason::ALL.len())
}

const fn after_actions() -> usize {
    after_reasons().saturating_add(ActionKind::ALL.len().saturating_mul(Level::ALL.len()))
}

/// The place in a table of several dimensions, each with its index and its size, the last the fastest.
fn place(dimensions: &[(usize, usize)], start: usize) -> usize {
    let within =
        dimensions.iter().fold(0_usize, |place, (index, size)| place.saturating_mul(*size).saturating_add(*index));
    start.saturating_add(within)
}

fn position<T: PartialEq>(mut all: impl Iterator<Item = T>, one: T) -> usize {
    all.position(|it| it == one).unwrap_or(0)
}

/// A value that can't end its label.
fn label(text: &str) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() || "-_.".contains(letter) { letter } else { '_' };
    text.chars().map(plain).collect()
}

#[cfg(test)]
mod tests;
