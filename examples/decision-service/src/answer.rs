//! What the service answers, and why it denies.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;

/// Why a request is denied: a closed list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reason {
    /// A `forbid` policy applies.
    Forbidden,
    /// No `permit` policy applies.
    NotPermitted,
    /// A policy could not be evaluated. Cedar would skip it; this service denies, because the skipped one may have been
    /// the `forbid` that mattered.
    PolicyError,
    /// The request holds something that Cedar has no value for.
    NotRepresentable,
    /// The folder has a schema, and the request is none that it describes.
    NotInSchema,
    /// One of several evaluations is not AuthZEN.
    Malformed,
    /// A person has to approve exactly this call first.
    ApprovalRequired,
    /// A person refused exactly this call.
    ApprovalRefused,
    /// The agent has too many requests for approval open.
    TooManyRequests,
    /// The credential that is wanted is more than the policy gives, or none.
    CredentialRefused,
    /// The credential that is wanted could not be had.
    CredentialUnavailable,
}

impl Reason {
    /// What a user may read, unless the policies that decided say it better. It tells nothing about how policies are made.
    fn user_text(self) -> &'static str {
        match self {
            Self::Forbidden | Self::NotPermitted => "this is not allowed",
            Self::PolicyError => "this could not be checked, and is therefore not allowed",
            Self::ApprovalRequired => "a person has to approve this first",
            Self::ApprovalRefused => "a person refused this",
            Self::TooManyRequests => "too many requests for approval are open",
            Self::CredentialRefused => "this is not allowed with the rights that it asks for",
            Self::CredentialUnavailable => "the rights for this could not be obtained",
            Self::NotRepresentable | Self::NotInSchema | Self::Malformed => "this request could not be understood",
        }
    }
}

/// A text by language, AuthZEN's "reason field".
type Text = BTreeMap<&'static str, String>;

fn english(text: String) -> Text {
    BTreeMap::from([("en", text)])
}

/// AuthZEN's access evaluation response (section 6.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Decision {
    /// Permitted?
    pub(crate) decision: bool,
    /// What went into it.
    pub(crate) context: DecisionContext,
    /// On a permit: why a person has to agree before it counts.
    #[serde(skip)]
    pub(crate) needs_approval: Option<String>,
    /// On a permit: the scopes that its policies want a credential for.
    #[serde(skip)]
    pub(crate) grants: Option<String>,
}

/// What a decision rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct DecisionContext {
    /// The ids (`@id`) of the policies that decided, in order of the alphabet; with `policy_error` those that failed.
    pub(crate) policies: Vec<String>,
    /// The digest of the folder that was asked.
    pub(crate) policy_version: String,
    /// Why it is denied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<Reason>,
    /// What the user may be shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason_user: Option<Text>,
    /// What the user must not be shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason_admin: Option<Text>,
    /// Names this denial where approval can be asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) evaluation_id: Option<String>,
    /// Where approval is asked for (AuthZEN Access Request and Approval Profile, draft 1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) access_request: Option<AccessRequest>,
    /// On a permit: on whose word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) approval: Option<Approved>,
    /// On a permit: what the upstream is to get in place of the agent's token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) credential: Option<Credential>,
    /// Only in an answer to several evaluations: this one was not AuthZEN (section 7.2.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<ItemError>,
}

/// Where approval is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct AccessRequest {
    /// The page for a person.
    pub(crate) form_url: String,
    /// Until when, as RFC 3339.
    pub(crate) expires_at: String,
    /// What a client may show.
    pub(crate) display: Display,
}

/// What a client may show beside a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Display {
    pub(crate) title: &'static str,
    pub(crate) description: String,
}

/// On whose word a call is permitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Approved {
    /// Who approved.
    pub(crate) by: String,
    /// When, as RFC 3339.
    pub(crate) at: String,
}

/// A header for the upstream, what it is good for, and until when: for the gate, and for nobody's eyes.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Credential {
    header: &'static str,
    value: String,
    /// Words with a space between them.
    pub(crate) scope: String,
    /// As RFC 3339.
    pub(crate) expires_at: String,
}

impl Credential {
    /// A bearer token (RFC 6750).
    pub(crate) fn bearer(token: &str, scope: &str, expires_at: String) -> Self {
        Self { header: "authorization", value: format!("Bearer {token}"), scope: scope.to_owned(), expires_at }
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential").field("header", &self.header).field("scope", &self.scope).finish_non_exhaustive()
    }
}

/// An error in one of several evaluations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ItemError {
    /// The HTTP status it would have had alone.
    pub(crate) status: u16,
    /// What was found, and what would be right.
    pub(crate) message: String,
}

impl Decision {
    pub(crate) fn permit(policies: Vec<String>, policy_version: String) -> Self {
        let context = DecisionContext {
            policies,
            policy_version,
            reason: None,
            reason_user: None,
            reason_admin: None,
            evaluation_id: None,
            access_request: None,
            approval: None,
            credential: None,
            error: None,
        };
        Self { decision: true, context, needs_approval: None, grants: None }
    }

    /// A denial. `user` replaces the reason's own text.
    pub(crate) fn deny(
        reason: Reason,
        user: Option<String>,
        admin: String,
        policies: Vec<String>,
        policy_version: String,
    ) -> Self {
        let user = user.unwrap_or_else(|| reason.user_text().to_owned());
        let context = DecisionContext {
            policies,
            policy_version,
            reason: Some(reason),
            reason_user: Some(english(user)),
            reason_admin: Some(english(admin)),
            evaluation_id: None,
            access_request: None,
            approval: None,
            credential: None,
            error: None,
        };
        Self { decision: false, context, needs_approval: None, grants: None }
    }

    /// The same denial, with where to ask for approval.
    pub(crate) fn requestable(mut self, evaluation_id: String, request: AccessRequest) -> Self {
        self.context.evaluation_id = Some(evaluation_id);
        self.context.access_request = Some(request);
        self
    }

    /// The same permit, on somebody's word.
    pub(crate) fn approved(mut self, approved: Approved) -> Self {
        self.context.approval = Some(approved);
        self
    }

    /// The same permit, with a credential.
    pub(crate) fn with_credential(mut self, credential: Credential) -> Self {
        self.context.credential = Some(credential);
        self
    }

    /// A denial in place of what was a permit.
    pub(crate) fn withheld(self, reason: Reason, admin: &str) -> Self {
        let DecisionContext { policies, policy_version, .. } = self.context;
        Self::deny(reason, None, admin.to_owned(), policies, policy_version)
    }

    /// Whether it hangs on what a person said or an issuer gave, or may the next moment: then nobody may use it a second time.
    pub(crate) fn is_fleeting(&self) -> bool {
        use Reason::{ApprovalRefused, ApprovalRequired, CredentialUnavailable, TooManyRequests};
        let waits = [ApprovalRequired, ApprovalRefused, TooManyRequests, CredentialUnavailable];
        let waits = self.context.reason.is_some_and(|reason| waits.contains(&reason));
        waits || self.context.approval.is_some() || self.context.credential.is_some()
    }

    /// The answer to one of several evaluations that is not AuthZEN.
    pub(crate) fn malformed(message: String, policy_version: String) -> Self {
        let mut denied = Self::deny(Reason::Malformed, None, message.clone(), Vec::new(), policy_version);
        denied.context.error = Some(ItemError { status: 400, message });
        denied
    }
}
