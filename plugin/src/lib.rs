//! Toolgate.
pub mod config;
pub mod head;
pub mod json;
pub mod reason;
pub mod time;
pub mod token;
