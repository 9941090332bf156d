//! Documents that others publish, and that are fetched again and again: keys of issuers, lists of what was revoked.
//!
//! Envoy runs one copy of the filter a worker, and each could fetch for itself. Instead they share: what was fetched
//! lies in the host's shared data, beside a [`Lease`] that says who may fetch next and when. So a document is fetched
//! once a refresh, however many workers there are; a fetch that fails is tried again by one of them; and after a
//! restart of the filter, or a new configuration, nothing need be fetched that is there already.
//!
//! ```text
//!   tick ──▶ lease ──┬─ another version than ours is stored ─▶ Load
//!                    ├─ due, or wanted, and nobody is at it ─▶ Fetch: take the lease, then call
//!                    └─ else ─▶ Rest                                    │
//!                                 answer ─▶ read it ─┬─ good: store it, lease fulfilled
//!                                                    └─ bad, or none: lease failed, the old one goes on
//! ```
//!
//! All of it is pure: the lease and the time are arguments, [`Task`] is what somebody must do.

mod copy;
mod lease;
mod source;

pub use copy::{Copy, Task};
pub use lease::Lease;
pub use source::Source;
