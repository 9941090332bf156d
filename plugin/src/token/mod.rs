//! Whose token is this? From the `Authorization` header to an [`Agent`].
//!
//! ```text
//! Head ──present──▶ Known(Agent)                              a token that was verified a moment ago
//!            ├────▶ Opaque(Inquiry) ── its issuer is asked ──▶ admit(answer) ──▶ Agent, remembered
//!            └────▶ Unverified(Candidate) ──check──▶ host or verify_in_process
//!                        └── admit(verdict) ──▶ Agent         remembered for the next request
//! Agent ──confirmation──▶ nothing | certificate, proof         each request anew: does its sender hold the key?
//!   └────task_document──▶ nothing | document                    what was its run started for?
//! ```
//!
//! Before the signature is known to hold, only what leads to the key is looked at; afterwards the claims are held to
//! RFC 9068 and RFC 8725. Tokens of other kinds, tokens bound to what can't be verified, and tokens with restrictions that aren't checked here
//! are refused: [`Reason`](crate::reason::Reason) has the list, and each refusal says what was wrong.

mod access;
mod actor;
mod agent;
mod algorithm;
mod allowed;
mod authorization;
mod candidate;
mod certificate;
pub mod challenge;
mod claims;
mod confirmation;
mod discovery;
mod document;
mod dpop;
pub mod host_form;
mod identity;
mod introspection;
mod issuer;
mod jwks;
pub mod jws;
mod key;
mod memory;
mod metadata;
mod possession;
mod published;
mod revocation;
mod signature;
mod specimen;
pub(crate) mod spiffe;
mod status;
mod unverified;

pub use access::{Access, CREDENTIALS, Passage};
pub use agent::Agent;
pub use algorithm::Algorithm;
pub use candidate::Candidate;
pub use challenge::challenges;
pub use confirmation::Confirmation;
pub use document::TaskDocument;
pub use dpop::{Entered, Mark, ProofSlot};
pub use identity::{Attempt, Identity, Presented};
pub use introspection::{Inquiry, Introspector};
pub use key::{InvalidKey, PublicKey};
pub use memory::{CAPACITY, Memory, TokenMemory};
pub use metadata::Metadata;
pub use published::{MAX_DOCUMENT, Publication, Published, UnusableDocument};
pub use signature::{SignatureCheck, SignatureVerdict, verify_in_process};
pub use unverified::Unverified;

pub(crate) use allowed::{AllowedActor, HostPattern, Who};
pub(crate) use certificate::CertificateFrom;
pub(crate) use claims::ClaimPath;
pub(crate) use document::{Admitted, Brought, Documents, UnverifiedDocument, malformed as malformed_document};
pub(crate) use dpop::{Dpop, Nonces, origin};
use identity::Seal;
pub(crate) use issuer::{Issuer, Keys, Mapping, Profile};
pub(crate) use metadata::Description;
pub(crate) use possession::{Bindings, Possession};
pub(crate) use published::Content;
pub(crate) use status::ListSource;
