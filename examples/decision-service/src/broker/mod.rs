//! Credentials of a call's own: what a permit brings for the tool behind the gate, in place of the agent's token.
//!
//! ```text
//!   permit ──▶ wish.rs: is one wanted, for what, for how long? ── no ──▶ the permit as it is
//!                 │
//!   exchange.rs ──┴─▶ assertion.rs: who we are, and for whom we ask, signed ──▶ the issuer's token endpoint (RFC 8693)
//!                     issued.rs: is the answer no more than was asked for? ◀──┘
//!                                          └── yes ──▶ the permit, with the credential;  anything else ──▶ a denial
//! ```
//!
//! # Whose word the issuer gets
//!
//! RFC 8693 needs a `subject_token` for the party on whose behalf a token is asked for. The agent's own would do, and the
//! gate can send it (`dangerously_send_token`); but then this service, its logs and its network hold something with which
//! anybody can be the agent at every resource, until it expires. So the service says by itself what the gate has verified:
//! an assertion under its own key names user and agent, for this issuer only, for the seconds that the credential may live,
//! once. Section 3 leaves who issues a subject token to the trust between the two; the issuer decides, by the key that it
//! knows of this client, for which scopes it takes such a word. What leaks is worth nothing without the key.
//!
//! The same key authenticates the client (`private_key_jwt`, RFC 7523), so there is no secret that is sent anywhere.
//!
//! RFC 8693 has no parameter for a lifetime. The assertion's `exp` says it: a token must not outlive the word that it rests
//! on. An issuer that doesn't look has its answer refused here, by `expires_in`.

mod assertion;
mod exchange;
mod issued;
mod wish;

use std::{fmt, time::Duration};

pub(crate) use exchange::Broker;
pub(crate) use wish::{Wish, is_scope};

use crate::{
    answer::{Credential, Decision, Reason},
    authzen::Evaluation,
};

/// The issuer whose tokens are brokered, and who this service is there.
#[derive(Clone)]
pub struct TokenExchange {
    /// The issuer's token endpoint.
    pub endpoint: String,
    /// The issuer's name (`iss`): the audience of what is signed for it.
    pub issuer: String,
    /// The name under which the issuer knows this service (`client_id`).
    pub client: String,
    /// This service's private key, P-256 in PEM: the issuer knows its public half.
    pub key: String,
    /// The resource that tokens are asked for (RFC 8707): the tool behind the gate.
    pub resource: String,
    /// How long a credential lives where a policy wants one and the gate names no time.
    pub lifetime: Duration,
    /// How long an exchange may take. More than the gate waits for a decision is of no use.
    pub timeout: Duration,
}

impl fmt::Debug for TokenExchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenExchange").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

/// The decision, and the credential that it must bring if it is a permit. It is a denial where what is wanted can't be had:
/// that is known before anybody's approval is used up.
pub(crate) fn wanted(broker: Option<&Broker>, asked: &Evaluation<'_>, decision: Decision) -> (Decision, Option<Wish>) {
    if !decision.decision {
        return (decision, None);
    }
    let lifetime = broker.map_or(wish::LONGEST, Broker::lifetime);
    match Wish::of(asked, decision.grants.as_deref(), lifetime) {
        Ok(Some(_)) if broker.is_none() => {
            let admin = "a credential is wanted, and the service was started without `--token-endpoint`";
            (decision.withheld(Reason::CredentialUnavailable, admin), None)
        }
        Ok(wish) => (decision, wish),
        Err(why) => (decision.withheld(Reason::CredentialRefused, why), None),
    }
}

/// The credential, or why there is none.
pub(crate) async fn credential(
    broker: Option<&Broker>,
    asked: &Evaluation<'_>,
    wish: &Wish,
) -> Result<Credential, String> {
    let Some(broker) = broker else { return Err("there is no issuer to ask".to_owned()) };
    let exchanged = broker.exchange(asked, wish).await;
    match &exchanged {
        Ok(credential) => log::info!("a credential for {:?} until {}", credential.scope, credential.expires_at),
        Err(why) => log::warn!("no credential for {:?}: {why}", wish.scope),
    }
    exchanged
}

/// The permit with its credential. What failed denies: there is no permit without it.
pub(crate) fn completed(decision: Decision, credential: Result<Credential, String>) -> Decision {
    match credential {
        _ if !decision.decision => decision,
        Ok(credential) => decision.with_credential(credential),
        Err(why) => decision.withheld(Reason::CredentialUnavailable, &why),
    }
}
