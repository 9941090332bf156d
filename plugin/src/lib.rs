//! Toolgate.
pub mod json;
