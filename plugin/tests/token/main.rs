//! The token stage as the rest of the filter uses it: configuration and head in, agent or refusal out.
//!
//! Each test starts from a configuration and a token that are right, and changes one thing.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "this is how a test fails")]

mod claims;
mod memory;
mod proof;
mod support;
