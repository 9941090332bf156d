//! Scenarios: one set of cases, written as data, and three lanes that run them: the pure core, the compiled filter in
//! our host, and a real Envoy. All must see the same outcome.
//!
//! ```text
//! file ──load──▶ Scenario ──case──▶ Case (bytes, minted tokens) ──Lane::run──▶ Outcome ──expect──▶ differences
//!                                                                                  └────render──▶ text, compared
//! ```

mod assertion;
pub mod configuration;
pub mod document;
pub mod envoy;
pub mod expect;
pub mod format;
pub mod gateway;
pub mod grpc;
pub mod keys;
pub mod ledger;
pub mod load;
pub mod message;
pub mod mint;
pub mod native;
pub mod outcome;
pub mod proof;
pub mod published;
pub mod render;
pub mod run;
pub mod secrets;
pub mod wasm;

pub use configuration::Configuration;
pub use load::Scenario;
pub use run::{Case, Lane, Report, run};
