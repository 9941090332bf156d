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

    /// `:path` of a URL at the same origin, with its query: what a document from here may name to be called through the same
    /// cluster.
    ///
    /// # Errors
    /// Why it isn't that, for an operator.
    pub fn path_of<'u>(&self, url: &'u str) -> Result<&'u str, &'static str> {
        let path = url
            .strip_prefix(self.scheme)
            .and_then(|rest| rest.strip_prefix("://")?.strip_prefix(self.authority.as_str()))
            .filter(|path| path.starts_with('/'))
            .ok_or("is on another host")?;
        let plain = path.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'#' | b'\\'));
        plain.then_some(path).ok_or("is not a plain URL")
    }

    /// A place there as a person reads it, without its query.
    #[must_use]
    pub fn shown(&self, path: &str) -> String {
        let path = path.split('?').next().unwrap_or_default();
        format!("{}://{}{path}", self.scheme, self.authority)
    }
}

#[cfg(test)]
impl Source {
    /// What tests fetch, from the host of that name at `example.com`.
    pub(crate) fn example(name: &str, path: &str) -> Self {
        let (seconds, authority) = (Duration::from_secs, format!("{name}.example.com"));
        Self {
            cluster: name.into(),
            scheme: "https",
            path: path.into(),
            accept: "application/json",
            timeout: seconds(2),
            refresh: seconds(300),
            stale_for: seconds(3600),
            pause: seconds(10),
            name: Self::name_of("example", name, &format!("https://{authority}{path}")),
            authority,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_leads_to_no_other_host() {
        let source = Source::example("idp", "/.well-known/openid-configuration");
        assert_eq!(source.path_of("https://idp.example.com/keys?set=1"), Ok("/keys?set=1"));
        for elsewhere in [
            "http://idp.example.com/keys",
            "https://idp.example.com",
            "https://idp.example.com:8443/keys",
            "https://idp.example.com.evil.example/keys",
            "https://idp.example.com@evil.example/keys",
            "https://IDP.example.com/keys",
            "HTTPS://idp.example.com/keys",
            "//idp.example.com/keys",
            "/keys",
            "",
        ] {
            assert_eq!(source.path_of(elsewhere), Err("is on another host"), "{elsewhere}");
        }
        for bent in [
            "https://idp.example.com/a\r\nb",
            "https://idp.example.com/a b",
            "https://idp.example.com/keys#1",
            "https://idp.example.com/k\\y",
            "https://idp.example.com/k\u{e9}",
        ] {
            assert_eq!(source.path_of(bent), Err("is not a plain URL"), "{bent:?}");
        }
    }
}
