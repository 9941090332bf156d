//! The first step of a request: whose token is this?

use std::sync::Arc;

use super::candidate::Candidate;
use super::claims::{self, Claims};
use super::document::Documents;
use super::introspection::{Inquiry, Introspector};
use super::issuer::{Issuer, Keys, Profile};
use super::jws::Jws;
use super::{Agent, Possession, Publication, Published, SignatureCheck, TokenMemory, authorization, spiffe};
use crate::head::Head;
use crate::reason::{Reason, Refusal};
use crate::time::Timestamp;

/// Whose tokens are accepted: the issuers with their keys and conditions. Built by
/// [`config::compile`](crate::config::compile).
#[derive(Debug)]
pub struct Identity {
    issuers: Vec<Issuer>,
    publications: Vec<Publication>,
    resource_metadata: Option<String>,
    possession: Possession,
    documents: Option<Documents>,
    seal: Seal,
}

/// What tells one configuration from another, so that nothing verified under one counts under the next.
#[derive(Clone)]
pub(super) struct Seal(Arc<()>);

/// What came with a request.
#[derive(Debug)]
pub enum Presented {
    /// A token that was verified before and still counts.
    Known(Arc<Agent>),
    /// A token whose signature must be checked.
    Unverified(Box<Candidate>),
    /// A token that says nothing by itself: its issuer must be asked.
    Opaque(Box<Inquiry>),
    /// What its issuer publishes is needed in a newer version: to be presented again when something came of it.
    Awaiting,
}

/// Whether a token is presented for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// It is: what its issuer publishes may be fetched for its sake.
    First,
    /// It waited for that.
    Again,
}

/// What a verified token depends on, beside itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Standing {
    /// Whose token it is: a place among the issuers.
    pub(super) issuer: usize,
    /// The status list that it is in: a place among the publications.
    pub(super) list: Option<usize>,
    /// Of what its issuer publishes; another one, and the token must be verified again.
    pub(super) epoch: u64,
}

impl Identity {
    /// Of checked parts.
    pub(crate) fn new(issuers: Vec<Issuer>, publications: Vec<Publication>, resource_metadata: Option<String>) -> Self {
        let possession = Possession::default();
        Self { issuers, publications, resource_metadata, possession, documents: None, seal: Seal(Arc::new(())) }
    }

    /// The same, where possession is shown so.
    pub(crate) fn with_possession(self, possession: Possession) -> Self {
        Self { possession, ..self }
    }

    /// The same, where runs may bring signed task documents.
    pub(crate) fn with_documents(self, documents: Option<Documents>) -> Self {
        Self { documents, ..self }
    }

    pub(super) const fn documents(&self) -> Option<&Documents> {
        self.documents.as_ref()
    }

    pub(super) const fn possession(&self) -> &Possession {
        &self.possession
    }

    /// What a challenge names as `resource_metadata` (RFC 9728 section 5.1).
    #[must_use]
    pub fn resource_metadata(&self) -> Option<&str> {
        self.resource_metadata.as_deref()
    }

    /// Takes the token from the head of a request.
    ///
    /// A token that `memory` knows costs no cryptography and no allocation. Of any other, only what leads to the key
    /// is looked at: form, `alg`, `kid`, `typ` and `iss`.
    ///
    /// # Errors
    /// No token or several; a token that can't be read; one for which no key is known, or what its issuer publishes is
    /// too old to rely on.
    pub fn present(
        &self,
        head: &Head,
        now: Timestamp,
        memory: &TokenMemory,
        published: &mut Published,
        attempt: Attempt,
    ) -> Result<Presented, Refusal> {
        let (scheme, token) = authorization::credential(head)?;
        self.possession.check_scheme(scheme)?;
        if let Some(agent) =
            memory.recall(&self.seal, token, now, |it| self.standing(it.issuer, it.list, published, now))
        {
            return Ok(Presented::Known(agent));
        }
        if let Some(at) = self.opaque_issuer().filter(|_| !is_jwt(token)) {
            let issuer = self.issuer(at)?;
            if let Some(old) = issuer.publications(None).find(|place| !self.counts(*place, published, now)) {
                return await_or(published, old, attempt, Reason::TokenKeysUnavailable.into());
            }
            return Ok(Presented::Opaque(Box::new(Inquiry::new(token, at, self.seal.clone())?)));
        }
        let jws = Jws::parse(token)?;
        let claims = claims::read(&jws.payload)?;
        let at = self.find(&claims)?;
        let issuer = self.issuer(at)?;
        let list = issuer.status_list(&claims)?;
        if let Some(old) = issuer.publications(list).find(|place| !self.counts(*place, published, now)) {
            return await_or(published, old, attempt, Reason::TokenKeysUnavailable.into());
        }
        let key = match (issuer.key(&jws.header, published), &issuer.keys) {
            (Ok(key), _) => key,
            (Err(refusal), Keys::Published(place)) if refusal.reason == Reason::TokenKey => {
                return await_or(published, *place, attempt, refusal);
            }
            (Err(refusal), _) => return Err(refusal),
        };
        let check = SignatureCheck {
            algorithm: key.algorithm(),
            key: Arc::clone(key),
            signed: jws.signed.to_vec(),
            signature: jws.signature,
        };
        Ok(Presented::Unverified(Box::new(Candidate::new(check, token.into(), claims, at, self.seal.clone()))))
    }

    /// What the tokens of the issuer at that place depend on; `None` where it is too old to rely on.
    pub(super) fn standing(
        &self,
        issuer: usize,
        list: Option<usize>,
        published: &Published,
        now: Timestamp,
    ) -> Option<Standing> {
        let mut standing = Standing { issuer, list, epoch: 0 };
        for place in self.issuers.get(issuer)?.publications(list) {
            if !self.counts(place, published, now) {
                return None;
            }
            // Each only ever grows, so their sum is another one whenever one of them is.
            standing.epoch = standing.epoch.wrapping_add(published.epoch(place));
        }
        Some(standing)
    }

    /// Whether our copy of a publication may still be relied on.
    pub(super) fn counts(&self, place: usize, published: &Published, now: Timestamp) -> bool {
        let publication = self.publications.get(place);
        publication.is_some_and(|publication| now < published.good_until(place, &publication.source))
    }

    /// Who is meant by the resource that tokens of this issuer are for.
    pub(crate) fn audiences(&self, issuer: &str) -> &[String] {
        let named = self.issuers.iter().find(|it| it.issuer == issuer);
        named.map(|issuer| issuer.audiences.as_slice()).unwrap_or_default()
    }

    /// What is fetched.
    #[must_use]
    pub fn publications(&self) -> &[Publication] {
        &self.publications
    }

    /// Where the issuer stands whose tokens are opaque, if one's are.
    fn opaque_issuer(&self) -> Option<usize> {
        self.issuers.iter().position(|issuer| issuer.introspector().is_some())
    }

    /// Where that one is asked.
    pub(crate) fn introspector(&self) -> Option<Arc<Introspector>> {
        self.issuers.iter().find_map(|issuer| issuer.introspector().cloned())
    }

    /// Where the issuer stands that `iss` names exactly; for a JWT-SVID, which need not have one, the trust domain that
    /// its `sub` is in.
    pub(super) fn find(&self, claims: &Claims) -> Result<usize, Refusal> {
        let named = claims.get("iss");
        let subject = claims.get("sub").and_then(|subject| subject.as_str());
        let domain = subject.and_then(spiffe::trust_domain);
        let is_it = |issuer: &Issuer| match &issuer.profile {
            Profile::AccessToken { .. } => named.is_some_and(|named| *named == issuer.issuer),
            Profile::Svid { trust_domain } => domain == Some(trust_domain),
            // What says who issued it isn't opaque.
            Profile::Opaque { .. } => false,
        };
        let access = |issuer: &&Issuer| matches!(issuer.profile, Profile::AccessToken { .. });
        let place = |of: &dyn Fn(&Issuer) -> bool| self.issuers.iter().position(of);
        place(&|issuer| access(&issuer) && is_it(issuer)).or_else(|| place(&is_it)).ok_or_else(|| match named {
            Some(_) => Reason::TokenIssuer.into(),
            None => claims::missing("iss"),
        })
    }

    /// The issuer at that place.
    pub(super) fn issuer(&self, at: usize) -> Result<&Issuer, Refusal> {
        self.issuers.get(at).ok_or_else(|| Reason::Fault.into())
    }

    pub(super) fn issuers(&self) -> &[Issuer] {
        &self.issuers
    }

    pub(super) const fn seal(&self) -> &Seal {
        &self.seal
    }
}

/// Whether a token could be a JWT: three parts.
fn is_jwt(token: &[u8]) -> bool {
    token.iter().filter(|byte| **byte == b'.').count() == 2
}

/// Waits for a newer version, as long as there is hope for one; else that's the refusal.
fn await_or(published: &mut Published, place: usize, attempt: Attempt, refusal: Refusal) -> Result<Presented, Refusal> {
    if hopes(published, place, attempt) { Ok(Presented::Awaiting) } else { Err(refusal) }
}

/// Whether a newer version may still come; the first attempt asks for it.
pub(super) fn hopes(published: &mut Published, place: usize, attempt: Attempt) -> bool {
    if attempt == Attempt::First {
        published.want(place);
    }
    published.is_wanted(place)
}

impl PartialEq for Seal {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal")
    }
}
