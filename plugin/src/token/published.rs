//! What issuers publish and this worker has a copy of: where their keys are, the keys, what they have revoked, and the
//! status of tokens.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::discovery;
use super::issuer::Keys;
use super::jwks;
use super::revocation::{Revocations, Subject};
use super::status::{ListSource, StatusList};
use super::{Algorithm, PublicKey};
use crate::remote::{Copy, Lease, Source, Task};
use crate::time::Timestamp;

/// The largest document that is read. Key sets are a few KiB; a feed of revocations names each in some 50 bytes, and
/// ten thousand of them are a breach that calls for other means.
pub const MAX_DOCUMENT: usize = 512 * 1024;

/// A document that is fetched, and what is in it.
#[derive(Clone, Debug)]
pub struct Publication {
    /// Where it is.
    pub source: Source,
    /// What is in it.
    pub(crate) content: Content,
}

/// What a document contains.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// A JWK Set (RFC 7517 section 5), of which keys for these algorithms are taken.
    Keys {
        /// Those.
        algorithms: Vec<Algorithm>,
        /// The publication that says where it is, if it isn't where the configuration says.
        found_in: Option<usize>,
    },
    /// Metadata of the issuer of this name.
    Metadata(String),
    /// A feed of revocations.
    Revocations,
    /// A status list.
    Statuses(Box<ListSource>),
}

impl Content {
    /// The publication without which it can't be found or read: one before it.
    fn needs(&self) -> Option<usize> {
        match self {
            Self::Keys { found_in, .. } => *found_in,
            Self::Statuses(list) => match list.keys {
                Keys::Published(at) => Some(at),
                Keys::Inline(_) => None,
            },
            Self::Metadata(_) | Self::Revocations => None,
        }
    }
}

/// A document that can't be used, in words that hold nothing of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnusableDocument(pub String);

/// One worker's copies, in the order of the configuration's publications.
#[derive(Debug, Default)]
pub struct Published(Vec<Held>);

#[derive(Debug, Default)]
struct Held {
    copy: Copy,
    digest: [u8; 32],
    /// Changes whenever the document says something else: what was found out under another one no longer counts.
    epoch: u64,
    /// The publication that must be there first.
    needs: Option<usize>,
    /// Metadata: where the keys are.
    keys_path: String,
    keys: Vec<Arc<PublicKey>>,
    revocations: Revocations,
    statuses: StatusList,
    /// When its issuer wants the document fetched again, though the configuration doesn't.
    again: Option<Timestamp>,
}

impl Published {
    /// An empty copy of each publication.
    #[must_use]
    pub fn new(publications: &[Publication]) -> Self {
        let empty = |publication: &Publication| Held { needs: publication.content.needs(), ..Held::default() };
        Self(publications.iter().map(empty).collect())
    }

    /// What to do for the publication at `at`, now that its lease was read.
    pub fn tick(&mut self, at: usize, publication: &Publication, now: Timestamp, lease: Lease) -> Task {
        if let Some(first) = self.unmet(at) {
            // Whoever waits for this one waits for that, and no longer than there is hope for it.
            if !self.is_wanted(first) {
                self.failed(at);
            }
            return Task::Rest;
        }
        let Some(held) = self.0.get_mut(at) else { return Task::Rest };
        if held.again.is_some_and(|again| again <= now) {
            held.copy.want();
        }
        held.copy.tick(&publication.source, now, lease)
    }

    /// Takes over a version of a document.
    ///
    /// # Errors
    /// When it can't be used; the version before it then goes on.
    pub fn load(
        &mut self,
        at: usize,
        publication: &Publication,
        version: Timestamp,
        document: &[u8],
    ) -> Result<(), UnusableDocument> {
        let keys: Vec<_> = match &publication.content {
            Content::Statuses(list) => match &list.keys {
                Keys::Inline(keys) => keys.clone(),
                Keys::Published(at) => self.keys(*at).to_vec(),
            },
            Content::Keys { .. } | Content::Metadata(_) | Content::Revocations => Vec::new(),
        };
        let Some(held) = self.0.get_mut(at) else { return Ok(()) };
        let read = held.read(publication, document, &keys, version);
        held.copy.loaded(version, read.is_ok());
        read
    }

    /// Our own fetch came to nothing.
    pub fn failed(&mut self, at: usize) {
        if let Some(held) = self.0.get_mut(at) {
            held.copy.failed();
        }
    }

    /// A request needs a newer version, and so whatever must be there first.
    pub(super) fn want(&mut self, at: usize) {
        let mut next = Some(at);
        while let Some(at) = next {
            next = self.unmet(at);
            if let Some(held) = self.0.get_mut(at) {
                held.copy.want();
            }
        }
    }

    /// The publication that must be there before the one at `at`, and isn't.
    fn unmet(&self, at: usize) -> Option<usize> {
        self.0.get(at)?.needs.filter(|first| self.epoch(*first) == 0)
    }

    /// The path of a publication, with its query: where its issuer says that it is, else where the configuration does.
    #[must_use]
    pub fn path<'p>(&'p self, publication: &'p Publication) -> &'p str {
        let found = match publication.content {
            Content::Keys { found_in: Some(at), .. } => self.0.get(at),
            _ => None,
        };
        found.map_or(&publication.source.path, |metadata| &metadata.keys_path)
    }

    /// Whether a request may still hope for a newer version.
    pub(super) fn is_wanted(&self, at: usize) -> bool {
        self.0.get(at).is_some_and(|held| held.copy.is_wanted())
    }

    /// Whether any request waits.
    #[must_use]
    pub fn is_anything_wanted(&self) -> bool {
        self.0.iter().any(|held| held.copy.is_wanted())
    }

    /// Until when the copy at `at` counts; the beginning of time if there is none.
    pub(super) fn good_until(&self, at: usize, source: &Source) -> Timestamp {
        let until = |held: &Held| {
            let until = held.copy.good_until(source);
            held.statuses.expires.map_or(until, |expires| expires.min(until))
        };
        self.0.get(at).map(until).unwrap_or_default()
    }

    pub(super) fn epoch(&self, at: usize) -> u64 {
        self.0.get(at).map(|held| held.epoch).unwrap_or_default()
    }

    pub(super) fn keys(&self, at: usize) -> &[Arc<PublicKey>] {
        self.0.get(at).map(|held| &*held.keys).unwrap_or_default()
    }

    pub(super) fn statuses(&self, at: usize) -> Option<&StatusList> {
        self.0.get(at).map(|held| &held.statuses)
    }

    pub(super) fn revokes(&self, at: usize, subject: &Subject<'_>) -> bool {
        self.0.get(at).is_some_and(|held| held.revocations.name(subject))
    }
}

impl Held {
    fn read(
        &mut self,
        publication: &Publication,
        document: &[u8],
        keys: &[Arc<PublicKey>],
        version: Timestamp,
    ) -> Result<(), UnusableDocument> {
        if document.len() > MAX_DOCUMENT {
            return Err(UnusableDocument(format!("it is longer than {MAX_DOCUMENT} bytes")));
        }
        let digest: [u8; 32] = Sha256::digest(document).into();
        if digest == self.digest && self.epoch > 0 {
            self.again = self.statuses.ttl.map(|ttl| version.plus(ttl));
            return Ok(());
        }
        match &publication.content {
            Content::Keys { algorithms, .. } => self.keys = jwks::read(document, algorithms)?,
            Content::Metadata(issuer) => {
                self.keys_path = discovery::keys_path(document, issuer, &publication.source)?;
            }
            Content::Revocations => self.revocations = Revocations::read(document)?,
            Content::Statuses(list) => {
                self.statuses = list.read(document, keys, version)?;
                self.again = self.statuses.ttl.map(|ttl| version.plus(ttl));
            }
        }
        self.digest = digest;
        self.epoch = self.epoch.wrapping_add(1);
        Ok(())
    }
}
