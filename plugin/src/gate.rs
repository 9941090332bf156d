//! What outlives a request: the configuration, and memories of fixed size.

use std::sync::Arc;

use crate::config::Config;
use crate::decision::{Breaker, DecisionMemory, Directory, Elicitors, Question, UnderWay};
use crate::json::Tape;
use crate::policy::DocumentedTask;
use crate::remote::{Lease, Source, Task};
use crate::time::Timestamp;
use crate::token::{Memory, Published, TokenMemory, UnusableDocument};

/// What the exchanges of one worker share.
#[derive(Debug)]
pub struct Gate {
    /// What the operator configured.
    pub config: Arc<Config>,
    /// Tokens that were verified.
    pub tokens: TokenMemory,
    /// Task documents that were verified.
    pub documents: Memory<DocumentedTask>,
    /// What issuers publish.
    pub published: Published,
    /// What the decision service publishes about itself.
    pub directory: Directory,
    /// Decisions that may be used again.
    pub decisions: DecisionMemory,
    /// Questions that are being asked.
    pub under_way: UnderWay,
    /// How the decision service does.
    pub breaker: Breaker,
    /// Clients that can show a person a link.
    pub elicitors: Elicitors,
    /// Scratch memory of the JSON reader.
    pub tape: Tape,
}

impl Gate {
    /// A gate that remembers nothing yet: what was verified or decided under another configuration doesn't count.
    #[must_use]
    pub fn new(config: Arc<Config>) -> Self {
        let breaker = Breaker::new(config.decision.as_ref().map(|service| service.breaker));
        let published = Published::new(config.identity.publications());
        Self {
            config,
            tokens: TokenMemory::default(),
            documents: Memory::default(),
            published,
            directory: Directory::default(),
            decisions: DecisionMemory::default(),
            under_way: UnderWay::default(),
            breaker,
            elicitors: Elicitors::default(),
            tape: Tape::default(),
        }
    }

    /// `:path` under which the decision service is asked this.
    ///
    /// # Errors
    /// Why there is none, for an operator.
    pub(crate) fn path_of(&mut self, question: &Question, now: Timestamp) -> Result<Arc<str>, &'static str> {
        let service = self.config.decision.as_ref().ok_or("there is none")?;
        self.directory.path(&service.whereabouts, question, now)
    }
}

/// What is fetched, whoever publishes it: what issuers do comes first, then what the decision service does. `at` is a place
/// among them.
impl Gate {
    /// Where each of it is.
    pub fn sources(config: &Config) -> impl Iterator<Item = &Source> {
        let of_issuers = config.identity.publications().iter().map(|publication| &publication.source);
        let of_the_service = config.decision.as_ref().and_then(|service| service.discovery());
        of_issuers.chain(of_the_service.map(|discovery| &discovery.source))
    }

    /// `:path` under which it is fetched now.
    #[must_use]
    pub fn fetched_from(&self, at: usize) -> &str {
        match (self.config.identity.publications().get(at), &self.config.decision) {
            (Some(publication), _) => self.published.path(publication),
            (None, service) => {
                let discovery = service.as_ref().and_then(|service| service.discovery());
                discovery.map_or("", |discovery| &discovery.source.path)
            }
        }
    }

    /// What to do about it, now that its lease was read.
    pub fn look_after(&mut self, at: usize, now: Timestamp, lease: Lease) -> Task {
        match (self.config.identity.publications().get(at), &self.config.decision) {
            (Some(publication), _) => self.published.tick(at, publication, now, lease),
            (None, Some(service)) => {
                service.discovery().map_or(Task::Rest, |discovery| self.directory.tick(discovery, now, lease))
            }
            (None, None) => Task::Rest,
        }
    }

    /// Takes over a version of it.
    ///
    /// # Errors
    /// When it can't be used; the version before it then goes on.
    pub fn load(&mut self, at: usize, version: Timestamp, document: &[u8]) -> Result<(), UnusableDocument> {
        match (self.config.identity.publications().get(at), &self.config.decision) {
            (Some(publication), _) => self.published.load(at, publication, version, document),
            (None, Some(service)) => {
                service.discovery().map_or(Ok(()), |discovery| self.directory.load(discovery, version, document))
            }
            (None, None) => Ok(()),
        }
    }

    /// Our own fetch came to nothing.
    pub fn fetch_failed(&mut self, at: usize) {
        if at < self.config.identity.publications().len() {
            self.published.failed(at);
        } else {
            self.directory.failed();
        }
    }
}
