//! Asking the decision service (PDP) whether a risky action may happen.
//!
//! The question is an AuthZEN Authorization API 1.0 evaluation. Two questions that are equal byte for byte are the
//! same question: nothing that changes from request to request (time, ids) stands in the body.

mod access;
mod answer;
mod authzen;
mod call;
mod elicitation;
mod memory;
mod terms;

pub use access::Origins;
pub use answer::{InvalidAnswer, MAX_ANSWER, freshness, read_answer};
pub use authzen::question;
pub use call::call_digest;
pub use elicitation::Elicitors;
pub use memory::{DecisionMemory, Remembered};
pub use terms::{StepUp, Terms};

use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::action::Action;
use crate::reason::Approval;
use crate::risk::Risk;
use crate::token::Agent;

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
    /// Where a person may be sent to for approval.
    pub origins: Origins,
}

/// What a question is about.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'q> {
    /// Who asks.
    pub agent: &'q Agent,
    /// What it would do.
    pub action: &'q Action<'q>,
    /// How risky that is.
    pub risk: &'q Risk,
    /// The policy under which it is asked.
    pub policy_version: &'q str,
    /// The path of the request, without its query.
    pub route: &'q str,
    /// Whether a rule wants a person's approval of it.
    pub approval: bool,
}

/// One question, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The JSON that is sent.
    pub body: Vec<u8>,
    /// What it is known by: SHA-256 over all of the body.
    pub identity: [u8; 32],
    /// What names the call that it is about.
    pub call: String,
    /// Whether its answer may be used again. A person's approval is of one call.
    pub lasting: bool,
}

impl Question {
    /// The question with that body.
    #[must_use]
    pub fn new(body: Vec<u8>, call: String, lasting: bool) -> Self {
        let identity = Sha256::digest(&body).into();
        Self { body, identity, call, lasting }
    }
}

/// What the decision service decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Yes, on these terms.
    Permit(Terms),
    /// No; terms hold all the same.
    Deny(Denied, Terms),
}

/// How firm a no is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Denied {
    /// It is the last word.
    Finally,
    /// Unless a person approves exactly this call.
    Unapproved(Approval),
}

impl Decision {
    /// What may be remembered of it: a plain yes or no. A denial that a person can turn round the next moment is none,
    /// and nothing that came with terms is: a credential would outlive its time.
    #[must_use]
    pub fn lasting(&self) -> Option<Remembered> {
        match self {
            Self::Permit(terms) if terms.is_empty() => Some(Remembered::Permit),
            Self::Deny(Denied::Finally, terms) if terms.is_empty() => Some(Remembered::Deny),
            Self::Permit(_) | Self::Deny(..) => None,
        }
    }
}

impl From<Remembered> for Decision {
    fn from(remembered: Remembered) -> Self {
        match remembered {
            Remembered::Permit => Self::Permit(Terms::default()),
            Remembered::Deny => Self::Deny(Denied::Finally, Terms::default()),
        }
    }
}
