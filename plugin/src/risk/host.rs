//! Hosts, and which of them are trusted.

/// A host in normal form: lower case, without port, brackets and trailing dot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host(String);

/// Domains that are trusted, with all below them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedDomains(Vec<String>);

/// The longest name that DNS has (RFC 1035 section 2.3.4).
const MAX_NAME: usize = 253;

impl Host {
    /// The host of `host`, `host:port`, `[v6]:port` or `user@host`.
    #[must_use]
    pub fn of_authority(authority: &str) -> Self {
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let host = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((address, _)) => address,
            None => host.split_once(':').map_or(host, |(host, _)| host),
        };
        Self(host.trim_end_matches('.').to_ascii_lowercase())
    }

    /// The host's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is a name as DNS has it, in ASCII, or an IPv4 address in plain notation.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        let is_label = |label: &str| {
            !label.is_empty()
                && !label.starts_with('-')
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        };
        self.0.len() <= MAX_NAME && self.0.split('.').all(is_label)
    }

    /// Whether it looks like the name of a host on the internet: several labels, the last one of letters.
    #[must_use]
    pub fn is_name(&self) -> bool {
        let last = self.0.rsplit_once('.').map(|(_, last)| last);
        let is_top =
            |top: &str| top.len() > 1 && (top.starts_with("xn--") || !top.bytes().any(|it| it.is_ascii_digit()));
        last.is_some_and(is_top) && (self.is_plain() || !self.0.is_ascii())
    }
}

impl TrustedDomains {
    /// A list of domains.
    pub fn new(domains: impl IntoIterator<Item = String>) -> Self {
        Self(domains.into_iter().map(|domain| domain.trim_end_matches('.').to_ascii_lowercase()).collect())
    }

    /// Whether a host is one of them, or below one. What isn't plain ASCII never is: two that look alike may differ.
    #[must_use]
    pub fn contain(&self, host: &Host) -> bool {
        let host = host.as_str();
        self.0
            .iter()
            .any(|domain| host.strip_suffix(domain.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
            && Host(host.into()).is_plain()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_trusted_with_all_below_it_and_nothing_else() {
        let trusted = TrustedDomains::new(["Example.com".to_owned(), "10.0.0.7".to_owned()]);
        for (authority, is_trusted) in [
            ("example.com", true),
            ("EXAMPLE.com.", true),
            ("a.b.example.com:8443", true),
            ("user@example.com", true),
            ("10.0.0.7", true),
            ("notexample.com", false),
            ("example.com.evil.net", false),
            ("example.com@evil.net", false),
            ("example.com:80@evil.net", false),
            ("evil.net/.example.com", false),
            ("ev%69l.example.com", false),
            ("exämple.com", false),
            ("example.co", false),
            ("110.0.0.7", false),
            ("", false),
        ] {
            assert_eq!(trusted.contain(&Host::of_authority(authority)), is_trusted, "{authority}");
        }
    }
}
