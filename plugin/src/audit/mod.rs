//! Say what happened: one record for each judged request, and the headers that upstream and client get.

pub mod headers;
mod record;

pub use record::{Cost, FindingRecord, Mode, Record, ResourceRecord, RiskRecord, Verdict, Would};
