//! Who is asking, as a verified token says.

use crate::time::Timestamp;

/// The agent of a request: what a verified token said of it. There is no way to make one from an unverified token.
#[derive(Clone, Debug, PartialEq)]
pub struct Agent {
    /// The software acting: the outermost `act.sub`, or `client_id`.
    pub id: String,
    /// `iss`.
    pub issuer: String,
    /// `sub`, whoever that is.
    pub subject: String,
    /// On whose behalf, where an actor or client acts for somebody.
    pub user: Option<String>,
    /// The customer organisation.
    pub tenant: Option<String>,
    /// The session (RFC 8725's `sid`, or what the operator maps).
    pub session: Option<String>,
    /// The task this token was issued for.
    pub task: Option<String>,
    /// What the agent says it is doing.
    pub intent: Option<String>,
    /// The agent's role.
    pub role: Option<String>,
    /// Granted scopes, in the token's order.
    pub scopes: Vec<String>,
    /// The chain of actors, outermost first (RFC 8693 section 4.1); empty without `act`.
    pub actors: Vec<String>,
    /// `jti`.
    pub token_id: String,
    /// When the token ends.
    pub expires: Timestamp,
    /// Every verified claim, for rules on `token.…`.
    pub claims: serde_json::Map<String, serde_json::Value>,
}
