//! One issuer: its keys, and what its tokens must say before and after their signature is known to hold.

use std::sync::Arc;
use std::time::Duration;

use super::claims::{self, ClaimPath, Claims};
use super::introspection::Introspector;
use super::jws::Header;
use super::revocation::Subject;
use super::status::{Place, untold};
use super::{Agent, Algorithm, AllowedActor, Bindings, Confirmation, PublicKey, Published, actor, allowed};
use crate::reason::{Reason, Refusal};
use crate::time::Timestamp;

/// One issuer.
#[derive(Clone, Debug)]
pub(crate) struct Issuer {
    /// The exact `iss`.
    pub(crate) issuer: String,
    /// `aud` must name one of these, exactly.
    pub(crate) audiences: Vec<String>,
    /// What kind of token it issues.
    pub(crate) profile: Profile,
    /// Nothing else is verified (RFC 8725 section 3.1).
    pub(crate) algorithms: Vec<Algorithm>,
    /// Its keys, each of one of those algorithms.
    pub(crate) keys: Keys,
    /// Where it says what it has revoked: a place among the publications.
    pub(crate) revocations: Option<usize>,
    /// Its status lists: the URI that tokens name, and a place among the publications.
    pub(crate) status_lists: Vec<(String, usize)>,
    /// From `iat` to `exp`.
    pub(crate) max_lifetime: Duration,
    /// How far its clock and ours may differ.
    pub(crate) clock_skew: Duration,
    /// How long a chain of actors may be.
    pub(crate) max_actors: usize,
    /// Claims that must be there besides those of the profile.
    pub(crate) required: Vec<ClaimPath>,
    /// Who may act for somebody; whoever the issuer lets where there is no list.
    pub(crate) actors: Option<Vec<AllowedActor>>,
    /// What its tokens may be bound to.
    pub(crate) bindings: Bindings,
    /// Whether the policy looks at what they grant in detail (RFC 9396).
    pub(crate) details: bool,
    /// Which claims say what.
    pub(crate) mapping: Mapping,
}

/// Where an issuer's keys are.
#[derive(Clone, Debug)]
pub(crate) enum Keys {
    /// Here, their ids unique.
    Inline(Vec<Arc<PublicKey>>),
    /// In what it publishes: a place among the publications.
    Published(usize),
}

impl Keys {
    /// Those of this algorithm that a header can mean: the one that its `kid` names, or any where it names none.
    pub(super) fn fitting<'k>(
        &'k self,
        header: &'k Header,
        algorithm: Algorithm,
        published: &'k Published,
    ) -> impl Iterator<Item = &'k Arc<PublicKey>> {
        let keys = match self {
            Self::Inline(keys) => keys,
            Self::Published(at) => published.keys(*at),
        };
        keys.iter().filter(move |key| {
            key.algorithm() == algorithm && header.key_id.as_deref().is_none_or(|id| key.key_id() == Some(id))
        })
    }
}

/// A kind of token.
#[derive(Clone, Debug)]
pub(crate) enum Profile {
    /// A JWT access token (RFC 9068) of this `typ`, in lower case and without `application/`.
    AccessToken {
        /// The `typ`.
        token_type: String,
    },
    /// A JWT-SVID (SPIFFE): it says no `iss`, its `sub` is an id in this trust domain, and the agent's.
    Svid {
        /// The name of the trust domain.
        trust_domain: String,
    },
    /// A random text, about which its issuer is asked (RFC 7662).
    Opaque {
        /// Where.
        introspector: Arc<Introspector>,
    },
}

impl Profile {
    /// The `typ` that its tokens may have.
    pub(super) fn token_type(&self) -> &str {
        match self {
            Self::AccessToken { token_type } => token_type,
            Self::Svid { .. } | Self::Opaque { .. } => "JWT",
        }
    }
}

/// Which claims say what.
#[derive(Clone, Debug)]
pub(crate) struct Mapping {
    pub(crate) agent: ClaimPath,
    pub(crate) user: ClaimPath,
    pub(crate) token_id: ClaimPath,
    pub(crate) scopes: ClaimPath,
    pub(crate) tenant: Option<ClaimPath>,
    pub(crate) session: Option<ClaimPath>,
    pub(crate) task: Option<ClaimPath>,
    pub(crate) intent: Option<ClaimPath>,
    pub(crate) role: Option<ClaimPath>,
}

/// Claims that narrow a token in a way that isn't checked here, each with what would have to be checked. To overlook
/// one would give the token more power than its issuer gave it.
const UNCHECKED: &[(&str, &str)] = &[
    ("authorization_details", "tokens for single transactions (RFC 9396) are not accepted here"),
    ("status", "tokens with a status are not accepted here"),
];

/// Claims that only other kinds of JWT have: id tokens (OpenID Connect Core section 2) and security events such as
/// logout tokens (RFC 8417). Where an issuer's access tokens say no more than `JWT`, this tells them apart.
const OTHER_KINDS: &[&str] = &["at_hash", "c_hash", "s_hash", "events"];

impl Issuer {
    /// The key of a token with this header.
    ///
    /// # Errors
    /// The wrong `typ`, an `alg` that is not on the list, no key for both `kid` and `alg`.
    pub(super) fn key<'k>(
        &'k self,
        header: &'k Header,
        published: &'k Published,
    ) -> Result<&'k Arc<PublicKey>, Refusal> {
        self.check_type(header.token_type.as_deref())?;
        let algorithm = header.algorithm.filter(|algorithm| self.algorithms.contains(algorithm));
        let algorithm = algorithm.ok_or(Reason::TokenAlgorithm)?;
        let mut fitting = self.keys.fitting(header, algorithm, published);
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => Ok(key),
            (None, _) => Err(Reason::TokenKey.into()),
            // Not tried one after another: each try is a signature that an attacker makes us check.
            (Some(_), Some(_)) => {
                Err(Refusal::new(Reason::TokenKey, "it names no key by `kid`, and several would fit"))
            }
        }
    }

    /// What it publishes that a token in this status list depends on, as places among the publications; its keys first.
    pub(super) fn publications(&self, list: Option<usize>) -> impl Iterator<Item = usize> {
        let keys = match self.keys {
            Keys::Inline(_) => None,
            Keys::Published(at) => Some(at),
        };
        keys.into_iter().chain(self.revocations).chain(list)
    }

    /// The status list that claims name, as a place among the publications.
    ///
    /// # Errors
    /// [`Reason::TokenStatus`] where it isn't one of the configuration's.
    pub(super) fn status_list(&self, claims: &Claims) -> Result<Option<usize>, Refusal> {
        if self.status_lists.is_empty() {
            return Ok(None);
        }
        let Some(place) = Place::read(claims)? else { return Ok(None) };
        let known = self.status_lists.iter().find(|(uri, _)| *uri == place.uri);
        known.map(|(_, at)| Some(*at)).ok_or_else(|| untold("its status list is not one that is known here"))
    }

    /// Refuses what its status list doesn't say is valid; and which list that is.
    ///
    /// # Errors
    /// [`Reason::TokenRevoked`], or [`Reason::TokenStatus`] where it can't be told.
    pub(super) fn check_status(&self, claims: &Claims, published: &Published) -> Result<Option<usize>, Refusal> {
        let Some(at) = self.status_list(claims)? else { return Ok(None) };
        let list = published.statuses(at).ok_or_else(|| untold("its status list is not there"))?;
        if let Some(place) = Place::read(claims)? {
            list.check(&place)?;
        }
        Ok(Some(at))
    }

    /// Refuses what the issuer has revoked.
    ///
    /// # Errors
    /// [`Reason::TokenRevoked`].
    pub(super) fn check_revocations(&self, agent: &Agent, published: &Published) -> Result<(), Refusal> {
        let Some(at) = self.revocations else { return Ok(()) };
        let mut agents: Vec<&str> = agent.actors.iter().map(String::as_str).collect();
        // With actors, the client that got the token is an agent too.
        let client = self.mapping.agent.find(&agent.claims).and_then(serde_json::Value::as_str);
        agents.extend(client.into_iter().chain([agent.id.as_str()]));
        let subject = Subject {
            token: &agent.token_id,
            user: &agent.subject,
            session: agent.session.as_deref(),
            agents: &agents,
            issued: claims::moment(&agent.claims, "iat")?.unwrap_or_default(),
        };
        if published.revokes(at, &subject) { Err(Reason::TokenRevoked.into()) } else { Ok(()) }
    }

    /// `typ`, without regard to case and with or without `application/` (RFC 7515 section 4.1.9).
    fn check_type(&self, token_type: Option<&str>) -> Result<(), Refusal> {
        let lower = token_type.unwrap_or_default().to_ascii_lowercase();
        let short = lower.strip_prefix("application/").unwrap_or(&lower);
        let right = match &self.profile {
            Profile::AccessToken { token_type } => short == token_type,
            // JWT-SVID section 3.3 (`typ`): absent, or one of these.
            Profile::Svid { .. } => token_type.is_none() || matches!(&*lower, "jwt" | "jose"),
            Profile::Opaque { .. } => false,
        };
        if right { Ok(()) } else { Err(Reason::TokenType.into()) }
    }

    /// Reads the claims of a token whose signature holds.
    ///
    /// # Errors
    /// What is wrong with them.
    pub(super) fn agent(&self, mut claims: Claims, now: Timestamp) -> Result<Agent, Refusal> {
        if matches!(self.profile, Profile::Opaque { .. }) {
            // RFC 7662 section 2.2: none of these need be in the answer.
            if claims.get("iss").is_some_and(|named| *named != self.issuer) {
                return Err(Reason::TokenIssuer.into());
            }
            if !claims.contains_key("sub")
                && let Some(client) = self.mapping.agent.text(&claims)?
            {
                claims.insert("sub".into(), client.into());
            }
        }
        let expires = self.check_times(&claims, now)?;
        self.check_audience(&claims)?;
        self.bindings.check(&Confirmation::read(&claims)?)?;
        self.check_restrictions(&claims)?;
        let actors = actor::chain(&claims, self.max_actors)?;
        if let Some(absent) =
            self.required.iter().find(|path| path.find(&claims).is_none_or(serde_json::Value::is_null))
        {
            return Err(claims::missing(&absent.shown()));
        }
        let subject = claims::required(&claims, "sub")?;
        let (client, token_id) = match &self.profile {
            Profile::AccessToken { .. } => {
                (self.mapping.agent.required(&claims)?, self.mapping.token_id.required(&claims)?)
            }
            Profile::Svid { .. } => (subject.clone(), self.mapping.token_id.text(&claims)?.unwrap_or_default()),
            Profile::Opaque { .. } => {
                (self.mapping.agent.required(&claims)?, self.mapping.token_id.text(&claims)?.unwrap_or_default())
            }
        };
        let mut scopes = self.mapping.scopes.texts(&claims)?;
        if let (Some(allowed), Some(actor)) = (&self.actors, actors.first()) {
            allowed::bound(allowed, actor, &mut scopes)?;
            // Rules may look at the claim itself.
            self.mapping.scopes.replace_texts(&mut claims, &scopes);
        }
        let id = actors.first().cloned().unwrap_or(client);
        // A token that an agent got in its own name (RFC 9068 section 2.2: `sub` is the client) has no user.
        let user = self.mapping.user.text(&claims)?.filter(|user| *user != id);
        let optional = |path: &Option<ClaimPath>| path.as_ref().map_or(Ok(None), |path| path.text(&claims));
        Ok(Agent {
            id,
            issuer: self.issuer.clone(),
            subject,
            user,
            tenant: optional(&self.mapping.tenant)?,
            session: optional(&self.mapping.session)?,
            task: optional(&self.mapping.task)?,
            intent: optional(&self.mapping.intent)?,
            role: optional(&self.mapping.role)?,
            scopes,
            actors,
            token_id,
            expires,
            claims,
        })
    }

    /// `exp`, `iat` and `nbf` (RFC 7519 section 4.1), and how long the token lives. Returns `exp`.
    fn check_times(&self, claims: &Claims, now: Timestamp) -> Result<Timestamp, Refusal> {
        // An answer about an opaque token counts for its time, whatever it says of an end.
        let end = self.introspector().map(|introspector| now.plus(introspector.max_age));
        let expires = claims::moment(claims, "exp")?.or(end).ok_or_else(|| claims::missing("exp"))?;
        // Neither these nor JWT-SVIDs need say since when: what counts is how long they still live.
        let since = (!matches!(self.profile, Profile::AccessToken { .. })).then_some(now);
        let issued = claims::moment(claims, "iat")?.or(since).ok_or_else(|| claims::missing("iat"))?;
        let not_before = claims::moment(claims, "nbf")?.unwrap_or(issued);
        if self.end(expires) <= now {
            return Err(Refusal::new(Reason::TokenExpired, format!("it ended {} ago", about(now.since(expires)))));
        }
        if now.plus(self.clock_skew) < issued.max(not_before) {
            let ahead = about(issued.max(not_before).since(now));
            return Err(Refusal::new(Reason::TokenNotYetValid, format!("it counts from {ahead} ahead on")));
        }
        if expires <= issued {
            return Err(claims::wrong("`exp` is not after `iat`"));
        }
        if expires.since(issued) > self.max_lifetime {
            let most = humantime::format_duration(self.max_lifetime);
            return Err(Refusal::new(
                Reason::TokenLifetime,
                format!("it lives longer than the {most} that are accepted"),
            ));
        }
        Ok(expires)
    }

    /// Where it is asked about its tokens, if they are opaque.
    pub(super) fn introspector(&self) -> Option<&Arc<Introspector>> {
        match &self.profile {
            Profile::Opaque { introspector } => Some(introspector),
            Profile::AccessToken { .. } | Profile::Svid { .. } => None,
        }
    }

    /// When a token that ends at `expires` is no longer accepted.
    pub(super) fn end(&self, expires: Timestamp) -> Timestamp {
        expires.plus(self.clock_skew)
    }

    /// `aud`: a text or a list of texts (RFC 7519 section 4.1.3), one of them ours.
    fn check_audience(&self, claims: &Claims) -> Result<(), Refusal> {
        let audience = claims.get("aud").ok_or_else(|| claims::missing("aud"))?;
        let named = match audience {
            serde_json::Value::Array(list) => {
                list.iter().map(|one| claims::name(one, "aud")).collect::<Result<_, _>>()?
            }
            one => vec![claims::name(one, "aud")?],
        };
        let ours = named.iter().any(|audience| self.audiences.contains(audience));
        if ours {
            return Ok(());
        }
        let wanted = self.audiences.join("`, `");
        Err(Refusal::new(Reason::TokenAudience, format!("its `aud` names none of those accepted here: `{wanted}`")))
    }

    /// Refuses claims that nobody would look at, and those of other kinds of JWT.
    fn check_restrictions(&self, claims: &Claims) -> Result<(), Refusal> {
        let looked_at = |claim: &str| match claim {
            "authorization_details" => self.details,
            _ => !self.status_lists.is_empty(),
        };
        if let Some((_, why)) = UNCHECKED.iter().find(|(claim, _)| claims.contains_key(*claim) && !looked_at(claim)) {
            return Err(claims::wrong(*why));
        }
        if OTHER_KINDS.iter().any(|claim| claims.contains_key(*claim)) {
            return Err(Refusal::new(Reason::TokenType, "it has claims of an id token or a security event"));
        }
        Ok(())
    }
}

/// A time that passes while it is told: to the minute, if it is one.
fn about(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let minutes = seconds.saturating_add(30) / 60;
    let rounded = if seconds < 60 { seconds } else { minutes.saturating_mul(60) };
    humantime::format_duration(Duration::from_secs(rounded)).to_string()
}
