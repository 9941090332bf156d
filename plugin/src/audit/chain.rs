//! A chain over the records of one worker: each holds the digest of the one before it, so that none can be changed, taken
//! out or put in without showing. `toolgate verify-log` checks it.
//!
//! With a key (`audit.digest_key`) the links are HMACs, and only who has it can forge a chain. Without one a chain shows
//! accidents, and tampering by somebody who doesn't write all of it anew. In neither case does it show that the last
//! records are missing: compare the last number with `toolgate_records_total`, or ship the log away as it grows.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Digests;

/// A record's place in its chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Link {
    /// Which chain: one for each worker and start of the filter.
    pub id: String,
    /// Which record of it, from 0.
    pub number: u64,
    /// The digest of the record before, as it was written: 32 bytes in hex; of the first record, nothing.
    pub previous: String,
}

/// A chain that is being written.
#[derive(Debug)]
pub struct Chain {
    id: Arc<str>,
    digests: Digests,
    number: u64,
    previous: String,
}

impl Chain {
    /// A new chain of this name.
    #[must_use]
    pub fn new(id: &str, digests: Digests) -> Self {
        Self { id: id.into(), digests, number: 0, previous: String::new() }
    }

    /// What the next record has to say.
    #[must_use]
    pub fn link(&self) -> Link {
        Link { id: self.id.as_ref().into(), number: self.number, previous: self.previous.clone() }
    }

    /// The next record was written, and this is it.
    pub fn written(&mut self, json: &[u8]) {
        self.number = self.number.saturating_add(1);
        self.previous = self.digests.whole(json);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_link_names_the_record_before_it() {
        let mut chain = Chain::new("worker", Digests::Plain);
        assert_eq!(chain.link(), Link { id: "worker".into(), number: 0, previous: String::new() });
        chain.written(b"abc");
        let link = chain.link();
        assert_eq!(link.number, 1);
        // FIPS 180-4's "abc".
        assert_eq!(link.previous, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
