//! Signed task documents: what one run was started for, in the words of whoever started it.
//!
//! A rule says what an agent may do at all. What it may do *now* is known to whoever starts the run, a scheduler or a person's
//! client, and to nobody else in advance: so that one signs a document for the run, and the agent sends it with each request.
//!
//! ```text
//! head ──task_document──▶ Nothing | Awaiting                       the signer's keys are being fetched
//!                 ├─────▶ Known(document)                          verified a moment ago
//!                 └─────▶ Unverified ── signature ──▶ admit ──▶ TaskDocument, whose `task` the policy reads
//! TaskDocument ──is_of──▶ of this token's task, agent and user?    each request anew
//! ```
//!
//! **It comes in a header of its own**, of a name that the configuration chooses. A claim of the token would have to be known to
//! the token's issuer, which knows identities, not tickets; a URL in the token would have the gate fetch what somebody wrote
//! there; a member of the body would be part of each protocol's, and a parameter of somebody's tool. The header ends at the
//! gate: the document is for nobody behind it.
//!
//! **The token names the document**, by its `jti` or by the digest of its bytes (`sha-256:` and the SHA-256 in base64url), in
//! the claim that names a task. So an agent can't choose among documents: another one is of another name, and a token is
//! all that it can't get for itself. The document in turn names the agent (`client_id`) and may name the user (`sub`): one
//! that was lost is of no use to anybody else.
//!
//! **It only takes away.** Rules decide as they do without it; see [`policy`](crate::policy).

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::claims::{self, Claims};
use super::identity::{Attempt, Identity, Standing, hopes};
use super::issuer::Keys;
use super::jws::{Header, MAX_TOKEN, Parts};
use super::{Agent, Algorithm, Memory, PublicKey, Published, Seal, SignatureCheck, SignatureVerdict};
use crate::head::Head;
use crate::reason::{Reason, Refusal};
use crate::time::Timestamp;

/// Its `typ`, with or without `application/`: no other JWT of its signer is one (RFC 8725 section 3.11).
const TYPE: &str = "task+jwt";

/// All that it may say. To overlook a claim might be to overlook a restriction, such as `cnf`.
const CLAIMS: &[&str] = &["iss", "aud", "iat", "nbf", "exp", "jti", "client_id", "sub", "task"];

/// What stands before the digest by which a token may name a document.
const BY_DIGEST: &str = "sha-256:";

/// Who signs task documents, and how they come.
#[derive(Clone, Debug)]
pub(crate) struct Documents {
    /// The header that they come in, in lower case.
    pub(crate) header: String,
    /// The exact `iss`.
    pub(crate) issuer: String,
    /// `aud` must name one of these, exactly.
    pub(crate) audiences: Vec<String>,
    /// Nothing else is verified.
    pub(crate) algorithms: Vec<Algorithm>,
    /// The signer's keys.
    pub(crate) keys: Keys,
    /// From `iat` to `exp`.
    pub(crate) max_lifetime: Duration,
    /// How far the signer's clock and ours may differ.
    pub(crate) clock_skew: Duration,
}

/// What came with a request.
#[derive(Debug)]
pub(crate) enum Brought<T> {
    /// No document.
    Nothing,
    /// One that was verified before and still counts.
    Known(Arc<T>),
    /// One whose signature must be checked.
    Unverified(Box<UnverifiedDocument>),
    /// Its signer's keys are needed in a newer version: to be looked at again when something came of it.
    Awaiting,
}

/// A document whose signature nobody has checked yet; nothing that it claims can be reached from here.
pub(crate) struct UnverifiedDocument {
    check: SignatureCheck,
    document: Box<[u8]>,
    claims: Claims,
    seal: Seal,
}

/// A verified document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskDocument {
    /// `jti`
    id: String,
    /// The digest of its bytes, as a token names it.
    digest: String,
    /// `client_id`: who may use it.
    agent: String,
    /// `sub`: for whom, where it says so.
    user: Option<String>,
    /// `task`: what the run may do, as the policy writes tasks.
    pub task: Value,
}

impl Identity {
    /// The header that task documents come in, where there are any.
    #[must_use]
    pub fn document_header(&self) -> Option<&str> {
        self.documents().map(|documents| documents.header.as_str())
    }

    /// The task document of a request.
    ///
    /// # Errors
    /// What is wrong with its form or its signer; [`Reason::TaskDocumentKeys`] where it can't be told who signed it.
    pub(crate) fn task_document<T>(
        &self,
        head: &Head,
        now: Timestamp,
        memory: &Memory<T>,
        published: &mut Published,
        attempt: Attempt,
    ) -> Result<Brought<T>, Refusal> {
        let Some(documents) = self.documents() else { return Ok(Brought::Nothing) };
        let sent = head.only(&documents.header).map_err(|_| malformed("there are several of them"))?;
        let Some(sent) = sent else { return Ok(Brought::Nothing) };
        if sent.len() > MAX_TOKEN {
            return Err(malformed(format!("it is longer than {MAX_TOKEN} bytes")));
        }
        let standing = |published: &Published| self.standing_of_documents(documents, published, now);
        if let Some(known) = memory.recall(self.seal(), sent, now, |_| standing(published)) {
            return Ok(Brought::Known(known));
        }
        let Parts { header, signed, payload, signature } = Parts::of(sent).map_err(of_document)?;
        let header = Header::read(&header).map_err(of_document)?;
        let claims = claims::read(&payload).map_err(of_document)?;
        let algorithm = documents.signed_by(&header, &claims)?;
        let place = match documents.keys {
            Keys::Inline(_) => None,
            Keys::Published(place) => Some(place),
        };
        let unavailable = standing(published).is_none();
        let key = match unavailable {
            true => Err(Reason::TaskDocumentKeys.into()),
            false => documents.key(&header, algorithm, published),
        };
        let key = match (key, place) {
            (Ok(key), _) => key,
            (Err(_), Some(place)) if hopes(published, place, attempt) => return Ok(Brought::Awaiting),
            (Err(refusal), _) => return Err(refusal),
        };
        let check = SignatureCheck { algorithm, key, signed: signed.to_vec(), signature };
        let unverified = UnverifiedDocument { check, document: sent.into(), claims, seal: self.seal().clone() };
        Ok(Brought::Unverified(Box::new(unverified)))
    }

    /// Keeps what became of a verified document, for the next request that brings it.
    pub(crate) fn remember_document<T>(
        &self,
        unverified: &Admitted,
        says: &Arc<T>,
        now: Timestamp,
        memory: &mut Memory<T>,
        published: &Published,
    ) {
        let standing = self.documents().and_then(|documents| self.standing_of_documents(documents, published, now));
        if let Some(standing) = standing {
            memory.remember(self.seal(), &unverified.document, says, standing, unverified.until, now);
        }
    }

    /// What documents depend on beside themselves; `None` where it is too old to rely on.
    fn standing_of_documents(&self, documents: &Documents, published: &Published, now: Timestamp) -> Option<Standing> {
        match documents.keys {
            Keys::Inline(_) => Some(Standing::default()),
            Keys::Published(place) if self.counts(place, published, now) => {
                Some(Standing { epoch: published.epoch(place), ..Standing::default() })
            }
            Keys::Published(_) => None,
        }
    }
}

impl Documents {
    /// Whether it could be the signer's: of the right kind, in its name, by one of its algorithms.
    fn signed_by(&self, header: &Header, claims: &Claims) -> Result<Algorithm, Refusal> {
        let kind = header.token_type.as_deref().unwrap_or_default().to_ascii_lowercase();
        if kind.strip_prefix("application/").unwrap_or(&kind) != TYPE {
            return Err(untrusted("its `typ` is not `task+jwt`"));
        }
        if claims.get("iss").and_then(Value::as_str) != Some(&*self.issuer) {
            return Err(untrusted("its `iss` is not whoever signs task documents here"));
        }
        let algorithm = header.algorithm.filter(|found| self.algorithms.contains(found));
        algorithm.ok_or_else(|| untrusted("its `alg` is not one of its signer's"))
    }

    /// The one key that the header names.
    fn key(&self, header: &Header, algorithm: Algorithm, published: &Published) -> Result<Arc<PublicKey>, Refusal> {
        let mut fitting = self.keys.fitting(header, algorithm, published);
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => Ok(Arc::clone(key)),
            _ => Err(untrusted("it is signed with a key that isn't known, or doesn't say with which")),
        }
    }

    /// `exp`, `iat` and `nbf` (RFC 7519 section 4.1), and how long it lives. Returns when it no longer counts.
    fn check_times(&self, claims: &Claims, now: Timestamp) -> Result<Timestamp, Refusal> {
        let moment = |name: &str| claims::moment(claims, name).map_err(of_document);
        let required = |name: &str| moment(name)?.ok_or_else(|| malformed(format!("its `{name}` is missing")));
        let (expires, issued) = (required("exp")?, required("iat")?);
        let begins = moment("nbf")?.unwrap_or(issued).max(issued);
        let end = expires.plus(self.clock_skew);
        if end <= now {
            return Err(untimely("its `exp` has passed"));
        }
        if now.plus(self.clock_skew) < begins {
            return Err(untimely("its `iat` or `nbf` lies ahead"));
        }
        if expires <= issued || expires.since(issued) > self.max_lifetime {
            return Err(untimely("it lives longer than task documents may, or not at all"));
        }
        Ok(end)
    }
}

/// A document whose signature holds and whose claims are in order.
#[derive(Debug)]
pub(crate) struct Admitted {
    /// What it says.
    pub(crate) says: TaskDocument,
    document: Box<[u8]>,
    until: Timestamp,
}

impl UnverifiedDocument {
    /// What must be found out.
    pub(crate) const fn check(&self) -> &SignatureCheck {
        &self.check
    }

    /// The document, if its signature held and its claims are in order.
    ///
    /// # Errors
    /// What is wrong with it; [`Reason::Fault`] when `identity` isn't the one that it was brought to.
    pub(crate) fn admit(
        self,
        verdict: SignatureVerdict,
        identity: &Identity,
        now: Timestamp,
    ) -> Result<Admitted, Refusal> {
        match verdict {
            SignatureVerdict::Valid => {}
            SignatureVerdict::Invalid => return Err(untrusted("its signature is not valid")),
        }
        let Self { document, mut claims, seal, .. } = self;
        let documents = identity.documents().filter(|_| seal == *identity.seal()).ok_or(Reason::Fault)?;
        if let Some(unknown) = claims.keys().find(|name| !CLAIMS.contains(&name.as_str())) {
            // Names of well-known claims help whoever signs; others may hold anything.
            let named = if unknown == "cnf" { "`cnf`" } else { "a claim" };
            return Err(malformed(format!("it has {named} that nobody here would look at")));
        }
        let until = documents.check_times(&claims, now)?;
        if !claims::is_for(&claims, &documents.audiences) {
            return Err(other("its `aud` does not name this gateway"));
        }
        let id = claims::required(&claims, "jti").map_err(of_document)?;
        let agent = claims::required(&claims, "client_id").map_err(of_document)?;
        let user = claims.get("sub").map(|value| claims::name(value, "sub")).transpose().map_err(of_document)?;
        let task = claims.remove("task").ok_or_else(|| malformed("its `task` is missing"))?;
        let digest = format!("{BY_DIGEST}{}", URL_SAFE_NO_PAD.encode(Sha256::digest(&document)));
        Ok(Admitted { says: TaskDocument { id, digest, agent, user, task }, document, until })
    }
}

impl TaskDocument {
    /// Whether it is the one that this agent's token names, and made for this agent and whomever it acts for.
    ///
    /// # Errors
    /// [`Reason::TaskDocumentOther`].
    pub(crate) fn is_of(&self, agent: &Agent) -> Result<(), Refusal> {
        let Some(named) = &agent.task else { return Err(other("the token names no task")) };
        if *named != self.id && *named != self.digest {
            return Err(other("the token names another one"));
        }
        if self.agent != agent.id {
            return Err(other("its `client_id` is another agent"));
        }
        let user = agent.user.as_ref().unwrap_or(&agent.subject);
        match &self.user {
            Some(named) if named != user => Err(other("its `sub` is another user")),
            _ => Ok(()),
        }
    }
}

impl std::fmt::Debug for UnverifiedDocument {
    /// Without the document.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UnverifiedDocument").field("check", &self.check).finish_non_exhaustive()
    }
}

pub(crate) fn malformed(detail: impl Into<String>) -> Refusal {
    Refusal::new(Reason::TaskDocumentMalformed, detail)
}

/// What readers of tokens say, said of the document.
fn of_document(refusal: Refusal) -> Refusal {
    Refusal { reason: Reason::TaskDocumentMalformed, ..refusal }
}

fn untrusted(detail: &str) -> Refusal {
    Refusal::new(Reason::TaskDocumentUntrusted, detail)
}

fn untimely(detail: &str) -> Refusal {
    Refusal::new(Reason::TaskDocumentExpired, detail)
}

fn other(detail: &str) -> Refusal {
    Refusal::new(Reason::TaskDocumentOther, detail)
}
