//! Where a permit waits for a person: looks whether somebody agreed, and asks if nobody was asked yet.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value};

use super::database::{Database, Standing, Wanted};
use super::webhook::Webhook;
use super::{Seconds, Terms, now, rfc3339};
use crate::answer::{AccessRequest, Approved, Decision, Display, Reason};
use crate::authzen::Evaluation;

/// The requests for approval, shared by all that ask and answer.
#[derive(Debug, Clone)]
pub(crate) struct Desk {
    database: Arc<Mutex<Database>>,
    terms: Terms,
    public_url: Arc<str>,
    webhook: Option<Webhook>,
}

impl Desk {
    pub(crate) fn new(database: Database, terms: Terms, public_url: &str, webhook: Option<Webhook>) -> Self {
        Self { database: Arc::new(Mutex::new(database)), terms, public_url: public_url.into(), webhook }
    }

    /// A poisoned lock means that a transaction panicked, and was rolled back.
    pub(crate) fn database(&self) -> std::sync::MutexGuard<'_, Database> {
        self.database.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn lifetime(&self) -> Seconds {
        Seconds::try_from(self.terms.lifetime.as_secs()).unwrap_or(Seconds::MAX)
    }

    /// Where people see the request of that name.
    pub(crate) fn link(&self, id: &str) -> String {
        format!("{}/approvals/{id}", self.public_url)
    }

    /// Whether this permit waits for a person.
    fn waits(asked: &Evaluation<'_>, decision: &Decision) -> bool {
        let wanted_by_gate =
            asked.context.and_then(|context| context.get("approval")).is_some_and(|it| it == "required");
        decision.decision && (decision.needs_approval.is_some() || wanted_by_gate)
    }

    /// Whether this permit waits for a person, and one has agreed already. Uses nothing up; what fails says no.
    pub(crate) fn is_approved(&self, asked: &Evaluation<'_>, decision: &Decision) -> bool {
        if !Self::waits(asked, decision) {
            return false;
        }
        let issuer = text(asked.subject.properties, "issuer");
        let found = self.database().is_approved(&text(asked.context, "call_digest"), &issuer, asked.subject.id, now());
        found.unwrap_or_else(|error| {
            log::error!("the database of approvals failed: {error:#}");
            false
        })
    }

    /// Forgets what was asked in requests that ended long enough ago. Blocks for as long as the database takes.
    pub(crate) fn forget(&self) {
        let kept = Seconds::try_from(self.terms.kept.as_secs()).unwrap_or(Seconds::MAX);
        match self.database().forget(now().saturating_sub(kept)) {
            Ok(0) => {}
            Ok(count) => log::info!("forgot what was asked in {count} requests for approval"),
            Err(error) => log::warn!("what was asked in old requests for approval is still kept: {error:#}"),
        }
    }

    /// The decision as it stands once a person's word is counted in: a permit that needs none is handed back as it is.
    ///
    /// Blocks for as long as the database takes. What fails denies.
    pub(crate) fn settle(&self, asked: &Evaluation<'_>, question: &Value, decision: Decision) -> Decision {
        if !Self::waits(asked, &decision) {
            return decision;
        }
        let (policies, version) = (decision.context.policies.clone(), decision.context.policy_version.clone());
        let deny =
            |reason, admin: &str| Decision::deny(reason, None, admin.to_owned(), policies.clone(), version.clone());
        let call = text(asked.context, "call_digest");
        if call.is_empty() {
            return deny(
                Reason::ApprovalRequired,
                "this needs approval, and `/context/call_digest` names no call to approve",
            );
        }
        let issuer = text(asked.subject.properties, "issuer");
        let why = decision.needs_approval.as_deref().unwrap_or("The gate's policy wants a person to approve this.");
        let wanted = Wanted { call: &call, issuer: &issuer, agent: asked.subject.id, question, why };
        let Some(id) = random_id() else {
            return deny(Reason::ApprovalRequired, "there is no randomness to name a request with");
        };
        let standing = self.database().claim(wanted, &id, now(), self.lifetime(), self.terms.uses);
        match standing {
            Ok(Standing::Approved(decided)) => {
                let approved = Approved { by: decided.who, at: rfc3339(decided.at) };
                decision.approved(approved)
            }
            Ok(Standing::Pending { id, expires_at, new }) => {
                let url = self.link(&id);
                if let (true, Some(webhook)) = (new, &self.webhook) {
                    webhook.tell(&url, asked, &rfc3339(expires_at));
                }
                let request = AccessRequest {
                    form_url: url,
                    expires_at: rfc3339(expires_at),
                    display: Display { title: "Approval needed", description: why.to_owned() },
                };
                deny(Reason::ApprovalRequired, "nobody has approved this call yet").requestable(id, request)
            }
            Ok(Standing::Refused) => deny(Reason::ApprovalRefused, "a person refused this call"),
            Ok(Standing::TooMany) => {
                deny(Reason::TooManyRequests, "this agent has too many requests for approval open")
            }
            Err(error) => {
                log::error!("the database of approvals failed: {error:#}");
                deny(Reason::ApprovalRequired, "the database of approvals failed")
            }
        }
    }
}

/// A member that is a text; empty where there is none.
fn text(object: Option<&Map<String, Value>>, name: &str) -> String {
    object.and_then(|object| object.get(name)?.as_str()).unwrap_or_default().to_owned()
}

/// 128 random bits in hexadecimal: a name that can't be guessed.
fn random_id() -> Option<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).ok()?;
    Some(format!("{:032x}", u128::from_le_bytes(bytes)))
}
