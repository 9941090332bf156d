//! Why a request was refused: a closed list, and one table that says all there is to say about each entry.
//!
//! Whoever refuses names a [`Reason`]; status, public text, JSON-RPC code and audit code follow from the table, so
//! that two places can't answer the same refusal differently. A reason that no scenario reaches fails a test.

/// What a client may learn of a refusal, besides its reason: never a value from the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The entry of the closed list.
    pub reason: Reason,
    /// What was found and what would be right, for the developer of the client; holds no value from the request.
    pub detail: String,
    /// Every scope that the request needs, where that is what its token lacks (RFC 6750 section 3.1).
    pub scopes: Vec<String>,
    /// What would turn it round, where the decision service said so.
    pub cure: Option<Box<Cure>>,
}

/// What would turn a refusal round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cure {
    /// A person's approval of exactly this call.
    Approval(Approval),
    /// A token for which the person authenticated so (RFC 9470).
    StepUp(Authentication),
}

/// How the person behind a token must have authenticated. Visible ASCII without quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authentication {
    /// The authentication context class.
    pub acr: String,
    /// How long ago at most, in seconds.
    pub max_age: Option<u64>,
}

/// Where a person's approval of a call is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// The page.
    pub url: String,
    /// What it is about, in the decision service's words.
    pub message: Option<String>,
    /// Until when it can be asked for, as RFC 3339.
    pub expires_at: Option<String>,
}

impl Refusal {
    /// A refusal that says more than its reason alone.
    pub fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), ..Self::from(reason) }
    }

    /// The token is good, but lacks some of the scopes `needed`: all of them are named, those that it has among them,
    /// so that one more token is enough.
    pub fn insufficient_scope<S: Into<String>>(needed: impl IntoIterator<Item = S>) -> Self {
        let scopes = needed.into_iter().map(Into::into).collect();
        Self { scopes, ..Self::from(Reason::TokenScope) }
    }

    /// A refusal that a person's approval would turn round.
    #[must_use]
    pub fn until_approved(approval: Approval) -> Self {
        Self { cure: Some(Box::new(Cure::Approval(approval))), ..Self::from(Reason::ApprovalNeeded) }
    }

    /// The approval that would turn it round.
    #[must_use]
    pub fn approval(&self) -> Option<&Approval> {
        match self.cure.as_deref() {
            Some(Cure::Approval(approval)) => Some(approval),
            Some(Cure::StepUp(_)) | None => None,
        }
    }

    /// A refusal that a token for which the person authenticated so would turn round.
    #[must_use]
    pub fn until_stepped_up(wanted: Authentication) -> Self {
        Self { cure: Some(Box::new(Cure::StepUp(wanted))), ..Self::from(Reason::TokenStepUp) }
    }

    /// The authentication that would turn it round.
    #[must_use]
    pub fn step_up(&self) -> Option<&Authentication> {
        match self.cure.as_deref() {
            Some(Cure::StepUp(wanted)) => Some(wanted),
            Some(Cure::Approval(_)) | None => None,
        }
    }
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Self { reason, detail: String::new(), scopes: Vec::new(), cure: None }
    }
}

/// What the challenge of a refused request says (RFC 6750 section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Challenge {
    /// No `WWW-Authenticate`: another token would not help.
    None,
    /// The request came without a token: no error code (RFC 6750 section 3.1).
    Missing,
    /// `error="invalid_request"`.
    InvalidRequest,
    /// `error="invalid_token"`.
    InvalidToken,
    /// `error="invalid_dpop_proof"` (RFC 9449 section 7.1).
    InvalidProof,
    /// `error="use_dpop_nonce"` (RFC 9449 section 9).
    UseNonce,
    /// `error="insufficient_scope"`, with the scopes that are needed.
    InsufficientScope,
    /// `error="insufficient_user_authentication"` (RFC 9470 section 3).
    InsufficientAuthentication,
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident: $code:literal, $status:literal, $rpc:expr, $challenge:ident, $text:literal;)+) => {
        /// The closed list of reasons.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Reason { $($(#[$doc])* $name,)+ }

        impl Reason {
            /// Every reason there is.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The stable code, as in audit records, headers and scenario files.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// The HTTP status of the answer.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)+ }
            }

            /// The code of the JSON-RPC error. Positive: an application's own, outside the ranges that JSON-RPC and
            /// MCP keep for themselves.
            #[must_use]
            pub const fn rpc_code(self) -> i32 {
                match self { $(Self::$name => $rpc,)+ }
            }

            /// Which challenge goes with it.
            #[must_use]
            pub const fn challenge(self) -> Challenge {
                match self { $(Self::$name => Challenge::$challenge,)+ }
            }

            /// What the client reads.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }
        }
    };
}

/// JSON-RPC: the body is not JSON.
pub const RPC_PARSE_ERROR: i32 = -32700;
/// JSON-RPC: JSON, but no request.
pub const RPC_INVALID_REQUEST: i32 = -32600;
/// JSON-RPC: a method that is not known.
pub const RPC_METHOD_NOT_FOUND: i32 = -32601;
/// JSON-RPC: a known method with parameters it can't have.
pub const RPC_INVALID_PARAMS: i32 = -32602;
/// JSON-RPC: the fault is on our side.
pub const RPC_INTERNAL_ERROR: i32 = -32603;
/// MCP 2026-07-28: headers and body disagree.
pub const RPC_HEADER_MISMATCH: i32 = -32020;
/// MCP 2026-07-28: a protocol version that is not spoken here.
pub const RPC_UNSUPPORTED_VERSION: i32 = -32022;
/// MCP 2025-11-25: a person has to open a link first. The revision after it has a result for that instead.
pub const RPC_URL_ELICITATION_REQUIRED: i32 = -32042;
/// Ours: no usable token.
pub const RPC_UNAUTHENTICATED: i32 = 4010;
/// Ours: the policy, or the decision service, says no.
pub const RPC_DENIED: i32 = 4030;
/// COAZ-MCP, "Authorization Denial": the same, from the range that JSON-RPC leaves to servers.
pub const RPC_COAZ_DENIED: i32 = -32001;

reasons! {
    // Whose token is this?
    /// No `Authorization` header.
    TokenMissing: "token.missing", 401, RPC_UNAUTHENTICATED, Missing, "a bearer token is required";
    /// Two credentials in one request (RFC 6750 section 2).
    TokenRepeated: "token.repeated", 400, RPC_INVALID_REQUEST, InvalidRequest, "more than one credential was sent";
    /// Not a compact JWS, or one whose header or claims can't be read.
    TokenMalformed: "token.malformed", 401, RPC_UNAUTHENTICATED, InvalidToken, "the token can't be read";
    /// `iss` is not an issuer of the configuration.
    TokenIssuer: "token.issuer", 401, RPC_UNAUTHENTICATED, InvalidToken, "the token's issuer is not trusted";
    /// `typ` is not that of an access token (RFC 9068 section 4).
    TokenType: "token.type", 401, RPC_UNAUTHENTICATED, InvalidToken, "the token is not an access token";
    /// `alg` is not on the issuer's list (RFC 8725 section 3.1).
    TokenAlgorithm: "token.algorithm", 401, RPC_UNAUTHENTICATED, InvalidToken, "the token's algorithm is not allowed";
    /// No key of the issuer fits.
    TokenKey: "token.key", 401, RPC_UNAUTHENTICATED, InvalidToken, "the token's key is not known";
    /// The issuer's keys, or what it revoked, could not be fetched for longer than they may be used without.
    TokenKeysUnavailable: "token.keys_unavailable", 503, RPC_INTERNAL_ERROR, None, "what the token's issuer publishes is not available";
    /// The signature doesn't hold.
    TokenSignature: "token.signature", 401, RPC_UNAUTHENTICATED, InvalidToken, "the token's signature is not valid";
    /// `aud` doesn't name this resource.
    TokenAudience: "token.audience", 401, RPC_UNAUTHENTICATED, InvalidToken, "the token was issued for another audience";
    /// `exp` has passed.
    TokenExpired: "token.expired", 401, RPC_UNAUTHENTICATED, InvalidToken, "the token has expired";
    /// `nbf` or `iat` lies ahead.
    TokenNotYetValid: "token.not_yet_valid", 401, RPC_UNAUTHENTICATED, InvalidToken, "the token is not valid yet";
    /// It lives longer than the issuer's tokens may here.
    TokenLifetime: "token.lifetime", 401, RPC_UNAUTHENTICATED, InvalidToken, "the token's lifetime is too long";
    /// A claim that must be there is missing or of the wrong type.
    TokenClaims: "token.claims", 401, RPC_UNAUTHENTICATED, InvalidToken, "a required claim is missing or malformed";
    /// The `act` chain is malformed, circular or too deep (RFC 8693 section 4.1).
    TokenActor: "token.actor", 401, RPC_UNAUTHENTICATED, InvalidToken, "the token's chain of actors is not acceptable";
    /// The issuer has revoked the token, or whom it names.
    TokenRevoked: "token.revoked", 401, RPC_UNAUTHENTICATED, InvalidToken, "the token was revoked";
    /// The issuer says that the token isn't active (RFC 7662 section 2.2).
    TokenInactive: "token.inactive", 401, RPC_UNAUTHENTICATED, InvalidToken, "the token is not active";
    /// The issuer was asked about the token, and gave no answer that could be used.
    TokenIntrospection: "token.introspection", 503, RPC_INTERNAL_ERROR, None, "the token's issuer could not be asked about it";
    /// Whether the token is valid its status list doesn't tell (draft-ietf-oauth-status-list section 8.3).
    TokenStatus: "token.status", 401, RPC_UNAUTHENTICATED, InvalidToken, "the token's status could not be told";
    /// The token is bound to a key (`cnf`) and that could not be verified.
    TokenBinding: "token.binding", 401, RPC_UNAUTHENTICATED, InvalidToken, "the token's key binding could not be verified";
    /// The proof of possession that goes with the token is missing or wrong (RFC 9449 section 4.3).
    TokenProof: "token.proof", 401, RPC_UNAUTHENTICATED, InvalidProof, "the DPoP proof is missing or not valid";
    /// The proof was seen before (RFC 9449 section 11.1).
    TokenReplayed: "token.replayed", 401, RPC_UNAUTHENTICATED, InvalidProof, "the DPoP proof was used before";
    /// The proof holds no nonce of this gateway's (RFC 9449 section 9).
    TokenNonce: "token.nonce", 401, RPC_UNAUTHENTICATED, UseNonce, "the DPoP proof must hold the nonce of this answer";

    /// The token is good, but lacks a scope that this needs (RFC 6750 section 3.1).
    TokenScope: "token.scope", 403, RPC_DENIED, InsufficientScope, "the token lacks a scope that this needs";
    /// The call is not within what the token grants in detail (RFC 9396).
    TokenDetails: "token.details", 403, RPC_DENIED, None, "this is not within what the token grants in detail";

    // What would it do?
    /// The filter is on for this route, but its configuration has no entry for it.
    RouteUnknown: "route.unknown", 403, RPC_DENIED, None, "this path is not configured for agents";
    /// An HTTP method that the route's protocol doesn't have.
    RequestMethod: "request.method", 405, RPC_INVALID_REQUEST, None, "this HTTP method is not allowed here";
    /// A path that a server could read in two ways.
    RequestPath: "request.path", 400, RPC_INVALID_REQUEST, None, "the path has more than one reading";
    /// A header and the body disagree, or a header stands twice or is missing (MCP 2026-07-28).
    RequestHeaders: "request.headers", 400, RPC_HEADER_MISMATCH, None, "headers and body disagree";
    /// A body on a request that its head alone could carry out, where the gateway can't hold heads back.
    RequestUnheld: "request.unheld", 403, RPC_DENIED, None, "this gateway can't judge such a request before it goes on";
    /// A web page's origin that the route doesn't list (MCP, Streamable HTTP, "Security Warning").
    RequestOrigin: "request.origin", 403, RPC_INVALID_REQUEST, None, "this origin is not allowed here";
    /// The client doesn't accept what the protocol answers with (RFC 9110 section 12.5.1).
    RequestAccept: "request.accept", 406, RPC_INVALID_REQUEST, None, "the client must accept what this protocol answers with";
    /// A protocol version that is not spoken here.
    RequestVersion: "request.version", 400, RPC_UNSUPPORTED_VERSION, None, "this protocol version is not supported";
    /// The body is larger than the route allows.
    BodyTooLarge: "body.too_large", 413, RPC_INVALID_REQUEST, None, "the body is too large";
    /// The body is encoded, or of a type that isn't read here.
    BodyType: "body.type", 415, RPC_INVALID_REQUEST, None, "this content type or encoding is not accepted";
    /// A body was needed and there is none, or the other way round.
    BodyMissing: "body.missing", 400, RPC_INVALID_REQUEST, None, "a body is required";
    /// A form that servers read in different ways.
    BodyForm: "body.form", 400, RPC_INVALID_PARAMS, None, "the form has more than one reading";
    /// A GraphQL request of which it can't be seen what would run, or that servers read in different ways.
    BodyGraphql: "body.graphql", 400, RPC_INVALID_PARAMS, None, "the GraphQL request can't be judged";
    /// Not JSON with one meaning.
    BodyUnreadable: "body.unreadable", 400, RPC_PARSE_ERROR, None, "the body is not JSON with a single meaning";
    /// A JSON-RPC batch where there are none, or one that can't be judged.
    BodyBatch: "body.batch", 400, RPC_INVALID_REQUEST, None, "this batch is not accepted";
    /// JSON, but not a request of the route's protocol.
    RpcInvalid: "rpc.invalid", 400, RPC_INVALID_REQUEST, None, "this is not a JSON-RPC request";
    /// A method that isn't known, and so can't be judged.
    RpcMethod: "rpc.method", 403, RPC_METHOD_NOT_FOUND, None, "this method is not known";
    /// A known method with parameters that it can't have.
    RpcParams: "rpc.params", 400, RPC_INVALID_PARAMS, None, "the parameters are not those of this method";
    /// No operation of the route's table fits method and path.
    OperationUnknown: "operation.unknown", 403, RPC_DENIED, None, "this operation is not configured for agents";
    /// A parameter stands in several places or several times.
    ParameterRepeated: "parameter.repeated", 400, RPC_INVALID_PARAMS, None, "a parameter was given more than once";

    // May it?
    /// A rule says no.
    PolicyDenied: "policy.denied", 403, RPC_DENIED, None, "denied by policy";
    /// The proxy's own route is to name the policy, and names none that there is.
    PolicyNotChosen: "policy.not_chosen", 403, RPC_DENIED, None, "the gateway doesn't say which policy counts here";
    /// No rule matched.
    PolicyNoRule: "policy.no_rule", 403, RPC_DENIED, None, "no rule allows this";
    /// It is not part of the task that the token was issued for.
    TaskExceeded: "task.exceeded", 403, RPC_DENIED, None, "this is not part of the task that the token was issued for";
    /// The token names a task that only a signed document describes, and none came.
    TaskDocumentMissing: "task.document_missing", 403, RPC_DENIED, None, "the task document that the token names has to be sent along";
    /// The task document can't be read: too long, sent twice, no JWS, claims that are missing or that nobody knows.
    TaskDocumentMalformed: "task.document_malformed", 400, RPC_INVALID_REQUEST, None, "the task document can't be read";
    /// The task document is not signed by whoever signs them here.
    TaskDocumentUntrusted: "task.document_untrusted", 403, RPC_DENIED, None, "the task document is not signed by whoever signs them here";
    /// The keys of whoever signs task documents could not be fetched for longer than they may be used without.
    TaskDocumentKeys: "task.document_keys", 503, RPC_INTERNAL_ERROR, None, "the keys for task documents are not available";
    /// The task document has expired, isn't valid yet, or lives too long.
    TaskDocumentExpired: "task.document_expired", 403, RPC_DENIED, None, "the task document does not count at this time";
    /// The task document is of another task, agent, user or gateway.
    TaskDocumentOther: "task.document_other", 403, RPC_DENIED, None, "the task document was not made for this token";
    /// The session was refused too often, and is refused everything for a time.
    SessionQuarantined: "session.quarantined", 403, RPC_DENIED, None, "too many calls of this session were refused; it is in quarantine";
    /// A rule could not be evaluated on this request.
    PolicyFailed: "policy.failed", 403, RPC_DENIED, None, "a rule could not be evaluated on this request";
    /// The decision service says no.
    DecisionDenied: "decision.denied", 403, RPC_DENIED, None, "denied by the decision service";
    /// The decision service says no until a person has approved exactly this call.
    ApprovalNeeded: "approval.needed", 403, RPC_DENIED, None, "a person has to approve this call first";
    /// The decision comes with terms that can't be met here: an obligation, a narrowing, a credential.
    DecisionTerms: "decision.terms", 403, RPC_DENIED, None, "the decision comes with terms that can't be met here";
    /// The decision service wants the person behind the token to authenticate again (RFC 9470).
    TokenStepUp: "token.step_up", 401, RPC_UNAUTHENTICATED, InsufficientAuthentication, "the user has to authenticate again, as the challenge says";
    /// A decision is needed, and no decision service is configured.
    DecisionNotConfigured: "decision.not_configured", 403, RPC_DENIED, None, "this needs a decision, and no decision service is configured";
    /// A request does several things, and more than one of them needs a decision of its own.
    DecisionSeveral: "decision.several", 403, RPC_DENIED, None, "several things need a decision each; ask for them one by one";
    /// The call can't be put to the decision service as its mapping says (COAZ-MCP, "Mapping Errors").
    DecisionMapping: "decision.mapping", 400, RPC_INVALID_PARAMS, None, "this call can't be put to the decision service";
    /// The decision service couldn't be reached, was too slow, or reported an error.
    DecisionUnavailable: "decision.unavailable", 503, RPC_INTERNAL_ERROR, None, "the decision service is not available";
    /// The decision service failed again and again, and isn't asked for a while.
    DecisionSuspended: "decision.suspended", 503, RPC_INTERNAL_ERROR, None, "the decision service keeps failing and is not asked for the moment";
    /// The decision service's answer can't be used.
    DecisionUnusable: "decision.unusable", 503, RPC_INTERNAL_ERROR, None, "the decision service's answer can't be used";
    /// The server's answer to `tools/list` or its like can't be read, so it isn't shown.
    ListUnreadable: "list.unreadable", 502, RPC_INTERNAL_ERROR, None, "the gateway can't read the server's list";

    // Not ours to answer, or a fault of ours.
    /// The proxy answered a request that was still held: its buffer was full (413), or it timed out.
    ProxyAnswered: "proxy.answered", 503, RPC_INTERNAL_ERROR, None, "the proxy answered before the request was judged";
    /// The exchange was in a state in which this could not happen, or its state was lost.
    Fault: "fault", 500, RPC_INTERNAL_ERROR, None, "the gate could not judge this request";
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_code_is_its_own() {
        let codes: BTreeSet<_> = Reason::ALL.iter().map(|reason| reason.code()).collect();
        assert_eq!(codes.len(), Reason::ALL.len());
    }

    /// Whoever is called at night looks there.
    #[test]
    fn every_reason_is_in_the_runbook() {
        let runbook = include_str!("../../envoy/RUNBOOK.md");
        for reason in Reason::ALL {
            assert!(
                runbook.contains(&format!("\n| `{reason}` | ")),
                "`{reason}` is not in envoy/RUNBOOK.md: what does it mean, what to do?"
            );
        }
    }

    #[test]
    fn a_challenge_goes_with_a_status_that_may_carry_one() {
        for reason in Reason::ALL {
            let challenged = reason.challenge() != Challenge::None;
            let insufficient = reason.challenge() == Challenge::InsufficientScope;
            assert_eq!(insufficient, challenged && reason.status() == 403, "{reason}");
            assert!(!challenged || matches!(reason.status(), 400 | 401 | 403), "{reason}");
            assert!(reason.status() != 401 || challenged, "RFC 9110 15.5.2 demands a challenge for {reason}");
        }
    }

    #[test]
    fn no_code_is_taken_from_the_ranges_that_mcp_keeps() {
        // standards.md section 1: codes of -32020…-32099 that MCP doesn't define must not be sent.
        for reason in Reason::ALL {
            let code = reason.rpc_code();
            let known = matches!(code, RPC_HEADER_MISMATCH | RPC_UNSUPPORTED_VERSION);
            assert!(known || !(-32099..=-32020).contains(&code), "{reason}");
        }
    }
}
