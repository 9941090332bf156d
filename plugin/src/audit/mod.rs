//! What happened: headers for the upstream and the client, and the audit record.

mod account;
mod chain;
mod cost;
mod digest;
pub mod headers;
mod record;
mod state;

/// What precedes a record in the proxy's log.
pub const MARK: &str = "toolgate audit ";

pub use account::{Account, Kept};
pub use chain::{Chain, Link};
pub use cost::Cost;
pub use digest::{Digesting, Digests};
pub use record::{
    AgentRecord, Durations, FindingRecord, ListRecord, Mode, Record, ResourceRecord, RiskRecord, TraceRecord, Verdict,
    Would,
};
pub use state::filter_state;
