//! Toolgate.
pub mod action;
pub mod config;
pub mod denial;
pub mod head;
pub mod json;
pub mod reason;
pub mod risk;
pub mod sql;
pub mod time;
pub mod token;
