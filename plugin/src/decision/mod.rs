//! Asking the decision service (PDP) whether a risky action may happen.
//!
//! The question is an AuthZEN Authorization API 1.0 evaluation; a service that speaks another dialect gets it wrapped as
//! that wants it. Two questions that are equal byte for byte are the
//! same question: nothing that changes from request to request (time, ids) stands in the body, unless the operator
//! wants the figures of the session in it.

mod access;
mod answer;
mod authzen;
mod breaker;
mod call;
mod coaz;
mod discovery;
mod elicitation;
mod evaluations;
mod ext_authz;
mod figures;
mod latest;
mod memory;
mod opa;
mod shown;
mod terms;
mod under_way;

pub use access::Origins;
pub use answer::{InvalidAnswer, MAX_ANSWER, freshness};
pub use authzen::{Unaskable, question};
pub use breaker::{Breaker, BreakerSettings};
pub use call::call_digest;
pub use coaz::{Coaz, Declared, InvalidMapping, Projection, Unmapped};
pub use discovery::{Directory, Discovery, Endpoints, Whereabouts};
pub use elicitation::Elicitors;
pub(crate) use evaluations::together;
pub use ext_authz::{CHECK, Original};
pub use memory::{DecisionMemory, Remembered};
pub use shown::Shown;
pub use terms::{Issued, StepUp, Terms};
pub use under_way::{Asker, Joined, Listener, Settled, UnderWay};

use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::action::Action;
use crate::credential::{Credential, CredentialWish};
use crate::reason::Approval;
use crate::risk::{Level, Risk};
use crate::session::Figures;
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
    /// What it speaks.
    pub dialect: Dialect,
    /// Where under that it is asked.
    pub whereabouts: Whereabouts,
    /// Whether it is asked about several things at once.
    pub asks_several: bool,
    /// What the filter proves itself with.
    pub headers: Vec<Credential>,
    /// Whether it gets the agent's own token too.
    pub sends_token: bool,
    /// Which parameters it gets to see.
    pub shown: Shown,
    /// `ext_authz`: which headers of the request it gets to see.
    pub request_headers: Vec<String>,
    /// Whether it gets to see what was counted of the session.
    pub sends_figures: bool,
    /// How long to wait, for both sendings together where there are two.
    pub timeout: Duration,
    /// The levels of risk at which a request goes on when no answer can be had.
    pub excused: Vec<Level>,
    /// When it is left alone for a while.
    pub breaker: BreakerSettings,
    /// How long an answer may be remembered; none without a cache.
    pub max_age: Option<Duration>,
    /// Where a person may be sent to for approval.
    pub origins: Origins,
    /// How questions about MCP are put, where that is another standard's matter.
    pub coaz: Option<Box<Coaz>>,
}

/// What a decision service speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// AuthZEN Authorization API 1.0.
    AuthZen,
    /// AuthZEN as Cerbos reads it.
    Cerbos,
    /// The Data API of Open Policy Agent.
    Opa,
    /// Envoy's `ext_authz`, over gRPC.
    ExtAuthz,
}

/// What a question is about.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'q> {
    /// Who asks.
    pub agent: &'q Agent,
    /// What it sent.
    pub original: Original<'q>,
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
    /// The credential that a rule wants for it.
    pub credential: Option<&'q CredentialWish>,
    /// What was counted of the session, this call included.
    pub session: Option<&'q Figures>,
    /// What the question is made of under COAZ-MCP; none where it is ours to word.
    pub coaz: Option<Projection<'q>>,
}

/// One question, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The JSON that is sent.
    pub body: Vec<u8>,
    /// What it is known by, where its answer may be used again, which a person's approval of one call may not: SHA-256
    /// over all that the answer may depend on, which is the body, and the token where it goes along. For parameters that
    /// are long their digest stands, which the body has too.
    pub identity: Option<[u8; 32]>,
    /// What names the call that it is about.
    pub call: String,
    /// How many evaluations it asks for at once; none where it asks for one in the plain way.
    pub evaluations: Option<usize>,
    /// SHA-256 of the canonical form of the parameters' JSON, where there is any.
    pub parameters: Option<[u8; 32]>,
    /// The agent's own token, where the service gets it.
    pub token: Option<Credential>,
    /// Whether the request goes on when no answer can be had.
    pub excused: bool,
    /// The credential that a permit must bring.
    pub credential: Option<CredentialWish>,
}

/// The identity of a question that is told so.
fn identity(told: &[u8], token: Option<&Credential>) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(told);
    if let Some(token) = token {
        // What is told is one JSON object, so where it ends is no matter of opinion.
        hash.update(token.expose());
    }
    hash.finalize().into()
}

impl DecisionService {
    /// What it publishes about itself, where that is fetched.
    #[must_use]
    pub const fn discovery(&self) -> Option<&Discovery> {
        match &self.whereabouts {
            Whereabouts::Published(discovery) => Some(discovery),
            Whereabouts::Configured(_) => None,
        }
    }
}

/// One sending of a question.
#[derive(Clone, Debug)]
pub struct Sending {
    /// What is asked.
    pub question: Arc<Question>,
    /// `:path`.
    pub path: Arc<str>,
    /// `x-request-id`: the decision's id, so that the service's log and the audit can be laid side by side (AuthZEN 1.0
    /// section 10.1.4). The same for both sendings.
    pub id: String,
    /// How long to wait.
    pub timeout: Duration,
    /// Whether it is the second.
    pub again: bool,
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
