//! What happened: headers for the upstream and the client, and the audit record.

mod account;
mod digest;
pub mod headers;
mod record;

pub use account::{Account, Kept};
pub use digest::{Digesting, Digests};
pub use record::{
    AgentRecord, Durations, FindingRecord, Mode, Record, ResourceRecord, RiskRecord, TraceRecord, Verdict,
};
