//! The policy as the rest of the filter uses it: rules as operators write them and a call in, a ruling out.
#![expect(clippy::unwrap_used, clippy::panic, reason = "this is how a test fails")]

mod cel;
mod complaints;
mod evasion;
mod index;
mod lint;
mod literature;
mod operators;
mod precedence;
mod support;
mod tasks;
