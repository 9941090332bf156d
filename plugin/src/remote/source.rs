//! Where a document is, and how often it is fetched.

use std::time::Duration;

use sha2::{Digest, Sha256};

/// A document that is fetched through a cluster of the proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The proxy's cluster.
    pub cluster: String,
    /// `http` or `https`, for `:scheme`; whether the connection is encrypted is the cluster's to say.
    pub scheme: &'static str,
    /// `:authority`.
    pub authority: String,
    /// `:path`, with its query.
    pub path: String,
    /// What it is asked for as, for `accept`.
    pub accept: &'static str,
    /// How long one fetch may take.
    pub timeout: Duration,
    /// How long after a fetch the next one is due.
    pub refresh: Duration,
    /// How long after that the document still counts, if it can't be fetched.
    pub stale_for: Duration,
    /// The shortest time between a fetch and another one that a request asks for.
    pub pause: Duration,
    /// Names it in shared data.
    pub name: String,
}

/// After a failed fetch, a tenth of the refresh is waited, but neither so short that a struggling issuer is flooded …
const SHORTEST_RETRY: Duration = Duration::from_secs(1);
/// … nor so long that an issuer which is back isn't noticed.
const LONGEST_RETRY: Duration = Duration::from_secs(30);

impl Source {
    /// Its name in shared data: of fixed length, and of another source another one.
    #[must_use]
    pub fn name_of(kind: &str, cluster: &str, uri: &str) -> String {
        let mut hasher = Sha256::new();
        for part in [kind, cluster, uri] {
            hasher.update(part.as_bytes());
            hasher.update([0]);
        }
        let digest = hasher.finalize();
        let first = digest.get(..16).unwrap_or(&digest);
        format!("toolgate.{kind}.{}", base16ct::lower::encode_string(first))
    }

    /// The key of its lease in shared data.
    #[must_use]
    pub fn lease_key(&self) -> String {
        format!("{}.lease", self.name)
    }

    /// How long after a failed fetch the next one is tried.
    #[must_use]
    pub fn retry(&self) -> Duration {
        self.refresh.checked_div(10).unwrap_or_default().clamp(SHORTEST_RETRY, LONGEST_RETRY)
    }

    /// A place there as a person reads it, without its query.
    #[must_use]
    pub fn shown(&self, path: &str) -> String {
        let path = path.split('?').next().unwrap_or_default();
        format!("{}://{}{path}", self.scheme, self.authority)
    }
}
