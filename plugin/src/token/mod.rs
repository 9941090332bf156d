//! Whose token is this? From the `Authorization` header to an [`Agent`].

mod agent;

pub use agent::Agent;
