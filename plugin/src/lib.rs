//! Toolgate: decides, inside the gateway, what AI agents may do.
//!
//! A request's life, and the module that each part of it belongs to:
//!
//! ```text
//!            proxy-wasm callbacks                                         host calls
//!                    │                                                        ▲
//!   proxy  ──────────▼──────────────── Input ───┐                ┌─── Step ───┴──────────
//!                                               ▼                │
//!   exchange   Start ─▶ Verifying ─▶ Reading ─▶ Asking ─▶ Forwarded │ Rejected
//!                │          │           │          │          │          │
//!   token     whose is it? does it hold?│          │          │          │
//!   json, sql, action           what would it do?  │          │          │
//!   risk                          how risky is that?          │          │
//!   policy                                may it?             │          │
//!   session                     and how often did it already?  │          │
//!   decision                              may it, says the PDP?          │
//!   audit, reply, assertion                                 what happened; what the client reads, and the upstream
//!   listing                                                 and what of the upstream's lists the agent gets to see
//! ```
//!
//! Everything but `proxy` is pure: no clock, no randomness, no host call, no I/O. What the outside knows is an argument,
//! what the outside must do is a return value. So the same core runs in Envoy, in tests and in a browser.
//!
//! # Who may import whom
//!
//! Imports point down this table, never up; the test `imports` keeps it.
//!
//! | module     | may import |
//! |------------|------------|
//! | `time`     |            |
//! | `head`     |            |
//! | `trace_context` | `head` |
//! | `credential` |          |
//! | `reason`   |            |
//! | `json`     |            |
//! | `sql`      |            |
//! | `syntax`   |            |
//! | `remote`   | `time` |
//! | `token`    | `credential` `head` `json` `reason` `remote` `time` |
//! | `action`   | `credential` `head` `json` `reason` `sql` `token` `trace_context` |
//! | `risk`     | `action` `sql` |
//! | `session`  | `action` `risk` `time` `token` |
//! | `policy`   | `action` `credential` `json` `risk` `session` `syntax` `time` `token` |
//! | `decision` | `action` `credential` `head` `json` `reason` `remote` `risk` `session` `syntax` `time` `token` |
//! | `audit`    | `head` `reason` `risk` `time` `token` `trace_context` |
//! | `assertion` | `audit` `head` `time` |
//! | `narrow`   | `action` `head` `json` |
//! | `export`   | `audit` `time` |
//! | `config`   | `action` `assertion` `audit` `credential` `decision` `export` `policy` `remote` `risk` `session` `token` |
//! | `metrics`  | `action` `audit` `config` `reason` `risk` |
//! | `gate`     | `config` `decision` `json` `policy` `remote` `time` `token` |
//! | `judge`    | `action` `audit` `config` `credential` `decision` `head` `json` `narrow` `policy` `reason` `risk` `session` `time` `token` |
//! | `denial`   | `action` `reason` |
//! | `listing`  | `action` `audit` `config` `denial` `head` `json` `judge` `policy` `reason` `risk` `time` `token` |
//! | `reply`    | `action` `audit` `config` `denial` `head` `reason` `token` |
//! | `obey`     | `action` `audit` `config` `credential` `decision` `head` `json` `judge` `narrow` `reason` `risk` `time` `token` |
//! | `exchange` | `action` `assertion` `audit` `config` `credential` `decision` `gate` `head` `judge` `listing` `obey` `policy` `reason` `reply` `session` `time` `token` `trace_context` |
//! | `explain`  | `action` `audit` `config` `decision` `exchange` `gate` `head` `json` `judge` `policy` `reason` `reply` `risk` `session` `time` `token` |
//! | `browser`  | `config` `explain` `time` |
//! | `proxy`    | `audit` `config` `decision` `exchange` `export` `gate` `head` `metrics` `remote` `reply` `time` `token` |

pub mod action;
pub mod assertion;
pub mod audit;
pub mod config;
pub mod credential;
pub mod decision;
pub mod denial;
pub mod exchange;
pub mod explain;
pub mod export;
pub mod gate;
pub mod head;
pub mod json;
mod judge;
mod listing;
pub mod metrics;
mod narrow;
mod obey;
pub mod policy;
pub mod reason;
pub mod remote;
pub mod reply;
pub mod risk;
pub mod session;
pub mod sql;
mod syntax;
pub mod time;
pub mod token;
pub mod trace_context;

#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
pub mod browser;
#[cfg(all(target_arch = "wasm32", target_os = "wasi"))]
mod proxy;
