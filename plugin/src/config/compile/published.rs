//! What is fetched: where it is, and how often.

use std::borrow::Cow;
use std::time::Duration;

use super::super::problem::Problems;
use super::super::raw;
use super::decision::split;
use crate::remote::Source;
use crate::token::{Content, Publication};

/// More often than this nothing is fetched, whatever a configuration says …
const SHORTEST_REFRESH: Duration = Duration::from_millis(100);

/// … and what is a day old was never meant to be fetched.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// A fetch that takes longer doesn't come any more.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(30);

/// No sooner than so a list is fetched again, whatever its `ttl`.
const SOON_AGAIN: &str = "1s";

/// As it is written: what, where, and its four durations.
pub(super) struct Written<'w> {
    pub(super) kind: &'static str,
    pub(super) cluster: &'w str,
    pub(super) uri: Cow<'w, str>,
    pub(super) refresh: &'w str,
    pub(super) stale_for: &'w str,
    pub(super) timeout: &'w str,
    pub(super) pause: &'w str,
}

impl<'w> Written<'w> {
    /// The JWK Set of `issuer` that is fetched, or the metadata that say where it is; none if it is written out.
    pub(super) fn of_jwks(raw: &'w raw::Jwks, issuer: &str, place: &str, problems: &mut Problems) -> Option<Self> {
        let raw::Jwks { inline, cluster, uri, discover, refresh, stale_for, timeout, pause } = raw;
        let (kind, cluster, uri) = match (inline, cluster, uri, discover) {
            (None, Some(cluster), Some(uri), None) => ("jwks", cluster, Cow::from(uri)),
            (None, Some(cluster), None, Some(discovery)) => {
                let Some(uri) = well_known(issuer, *discovery) else {
                    let needed = "metadata are found by an issuer that is a URL such as `https://idp.example.com`";
                    problems.add(format!("{place}/discover"), format!("the issuer `{issuer}` was found; {needed}"));
                    return None;
                };
                ("metadata", cluster, Cow::from(uri))
            }
            (Some(_), None, None, None) => return None,
            _ => {
                problems.add(place, "give either `inline`, or `cluster` and one of `uri` and `discover`");
                return None;
            }
        };
        Some(Self { kind, cluster, uri, refresh, stale_for, timeout, pause })
    }

    pub(super) fn of_revocations(raw: &'w raw::Revocations) -> Self {
        let raw::Revocations { cluster, uri, refresh, stale_for, timeout } = raw;
        Self { kind: "revoked", cluster, uri: uri.into(), refresh, stale_for, timeout, pause: refresh }
    }

    pub(super) fn of_status_list(raw: &'w raw::StatusList) -> Self {
        let raw::StatusList { cluster, uri, refresh, stale_for, timeout } = raw;
        Self { kind: "status", cluster, uri: uri.into(), refresh, stale_for, timeout, pause: SOON_AGAIN }
    }

    /// What the decision service at `uri` says of itself.
    pub(super) fn of_metadata(raw: &'w raw::Discover, cluster: &'w str, uri: &'w str) -> Self {
        let raw::Discover { refresh, stale_for, timeout } = raw;
        Self { kind: "authzen", cluster, uri: uri.into(), refresh, stale_for, timeout, pause: SOON_AGAIN }
    }

    /// Compiled; complaints go to `problems`.
    pub(super) fn compile(&self, content: Content, place: &str, problems: &mut Problems) -> Option<Publication> {
        let accept = match content {
            Content::Statuses(_) => "application/statuslist+jwt",
            Content::Keys { .. } | Content::Metadata(_) | Content::Revocations => "application/json",
        };
        Some(Publication { source: self.source(accept, place, problems)?, content })
    }

    /// Where it is, and how often it is fetched.
    pub(super) fn source(&self, accept: &'static str, place: &str, problems: &mut Problems) -> Option<Source> {
        let mut duration = |field: &str, text: &str, bounds: (Duration, Duration)| match humantime::parse_duration(text)
        {
            Ok(duration) if (bounds.0..=bounds.1).contains(&duration) => Some(duration),
            _ => {
                let (least, most) = (humantime::format_duration(bounds.0), humantime::format_duration(bounds.1));
                problems.add(
                    format!("{place}/{field}"),
                    format!("`{text}` was found; a duration between `{least}` and `{most}` is needed"),
                );
                None
            }
        };
        let refresh = duration("refresh", self.refresh, (SHORTEST_REFRESH, LONGEST));
        let stale_for = duration("stale_for", self.stale_for, (Duration::ZERO, LONGEST));
        let timeout = duration("timeout", self.timeout, (Duration::from_millis(1), LONGEST_TIMEOUT));
        let pause = duration("pause", self.pause, (Duration::from_millis(1), LONGEST));
        if self.cluster.is_empty() {
            problems.add(format!("{place}/cluster"), "an empty text was found; the name of an Envoy cluster is needed");
            return None;
        }
        let (address, query) = self.uri.split_once('?').unwrap_or((&self.uri, ""));
        let plain = query.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'#' | b'\\'));
        let Some((scheme, authority, path)) = split(address).filter(|_| plain) else {
            let needed = "a URL such as `https://idp.example.com/jwks` is needed";
            problems.add(format!("{place}/uri"), format!("`{}` was found; {needed}", self.uri));
            return None;
        };
        let path = if path.is_empty() { "/" } else { path };
        Some(Source {
            cluster: self.cluster.to_owned(),
            scheme,
            authority: authority.to_owned(),
            path: if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") },
            accept,
            timeout: timeout?,
            refresh: refresh?,
            stale_for: stale_for?,
            pause: pause?,
            name: Source::name_of(self.kind, self.cluster, &self.uri),
        })
    }
}

/// Where the issuer of that name publishes its metadata; none if it is no URL.
fn well_known(issuer: &str, discovery: raw::Discovery) -> Option<String> {
    let (scheme, authority, path) = split(issuer)?;
    let path = path.strip_suffix('/').unwrap_or(path);
    Some(match discovery {
        raw::Discovery::Oidc => format!("{scheme}://{authority}{path}/.well-known/openid-configuration"),
        raw::Discovery::Oauth => format!("{scheme}://{authority}/.well-known/oauth-authorization-server{path}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8414 section 3.1 and OpenID Connect Discovery 1.0 section 4.1, by their own examples.
    #[test]
    fn metadata_are_where_the_two_standards_say() {
        let at = |issuer: &str| [raw::Discovery::Oidc, raw::Discovery::Oauth].map(|kind| well_known(issuer, kind));
        let found = |oidc: &str, oauth: &str| [Some(oidc.to_owned()), Some(oauth.to_owned())];
        let both = found(
            "https://example.com/.well-known/openid-configuration",
            "https://example.com/.well-known/oauth-authorization-server",
        );
        assert_eq!(at("https://example.com"), both);
        assert_eq!(at("https://example.com/"), both);
        let both = found(
            "https://example.com/issuer1/.well-known/openid-configuration",
            "https://example.com/.well-known/oauth-authorization-server/issuer1",
        );
        assert_eq!(at("https://example.com/issuer1"), both);
        for none in ["idp", "spiffe://example.org", "https://example.com/?tenant=1", "https://user@example.com"] {
            assert_eq!(at(none), [None, None], "{none}");
        }
    }
}
