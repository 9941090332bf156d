//! From the configuration as written to the form that requests use.

mod identity;
mod jwks;

pub use identity::identity;
