//! Asking the decision service (PDP) whether a risky action may happen.
//!
//! The question is an AuthZEN Authorization API 1.0 evaluation. Two questions that are equal byte for byte are the
//! same question: nothing that changes from request to request (time, ids) stands in the body.

mod authzen;
mod memory;

pub use authzen::{Asked, InvalidAnswer, MAX_ANSWER, question, read_answer};
pub use memory::DecisionMemory;

use std::time::Duration;

use sha2::{Digest, Sha256};

/// How the decision service is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionService {
    /// The Envoy cluster.
    pub cluster: String,
    /// `:scheme`.
    pub scheme: &'static str,
    /// `:authority`.
    pub authority: String,
    /// `:path` of the evaluation endpoint.
    pub path: String,
    /// How long to wait.
    pub timeout: Duration,
    /// How long an answer may be remembered; none without a cache.
    pub max_age: Option<Duration>,
}

/// One question, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The JSON that is sent.
    pub body: Vec<u8>,
    /// What it is known by: SHA-256 over all of the body.
    pub identity: [u8; 32],
    /// Whether its answer may be used again. A person's approval is of one call.
    pub lasting: bool,
}

impl Question {
    /// The question with that body.
    #[must_use]
    pub fn new(body: Vec<u8>, lasting: bool) -> Self {
        let identity = Sha256::digest(&body).into();
        Self { body, identity, lasting }
    }
}

/// What the decision service decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Yes.
    Permit,
    /// No.
    Deny,
}
