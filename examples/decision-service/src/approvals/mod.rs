//! What a person must agree to before it may happen, and whether somebody did.
//!
//! ```text
//!   question ──▶ desk.rs ── nobody was asked yet ──▶ database.rs (asked)    ──▶ denied, with a link; webhook.rs
//!                   │    ── somebody agreed ───────▶ database.rs (used up)  ──▶ permitted, once
//!                   │    ── somebody refused ──────────────────────────────▶ denied
//!   browser ────▶ routes.rs ─▶ page.rs, words.rs: what the agent wants, in plain words
//!                   └─ POST ─▶ approvers.rs: who is this? ─▶ database.rs (approved | refused)
//! ```
//!
//! An approval is of one call: of the digest that the gate sends in `context.call_digest`, for the agent that asked. It
//! counts as often as it says (once, unless started otherwise) and only until it expires. The gate keeps none of this. What a
//! request was about is forgotten some time after its end; who said what is not.

pub(crate) mod approvers;
pub(crate) mod database;
pub(crate) mod desk;
mod page;
pub(crate) mod routes;
pub(crate) mod webhook;
mod words;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub use approvers::Approvers;
pub use database::Storage;

/// How approvals work here.
#[derive(Debug, Clone)]
pub struct Terms {
    /// How long a request waits for somebody, and how long an approval or a refusal counts once it is given.
    pub lifetime: Duration,
    /// How often an approval can be used.
    pub uses: u32,
    /// How long after its end it is kept what a request was about.
    pub kept: Duration,
}

impl Default for Terms {
    fn default() -> Self {
        Self { lifetime: Duration::from_secs(15 * 60), uses: 1, kept: Duration::from_secs(7 * 24 * 3600) }
    }
}

/// Seconds since 1970.
pub(crate) type Seconds = i64;

#[expect(clippy::disallowed_methods, reason = "a service has a clock; below here time is an argument")]
pub(crate) fn now() -> Seconds {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Seconds::try_from(since.as_secs()).unwrap_or(Seconds::MAX)
}

/// As RFC 3339 writes it.
pub(crate) fn rfc3339(time: Seconds) -> String {
    let since = Duration::from_secs(u64::try_from(time).unwrap_or_default());
    let time = UNIX_EPOCH.checked_add(since).unwrap_or(UNIX_EPOCH);
    humantime::format_rfc3339_seconds(time).to_string()
}
