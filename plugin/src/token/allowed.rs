//! Who may act for somebody, and with which scopes: the actors that an issuer's entry allows.
//!
//! An issuer that lets clients exchange tokens (RFC 8693) decides who may act for whom; an operator may be stricter.
//! Only the outermost actor is looked at: the ones behind it "are not to be considered in applying access control
//! policies" (RFC 8693 section 4.1).

use crate::reason::{Reason, Refusal};

/// One entry of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AllowedActor {
    /// Whom it is about.
    pub(crate) who: Who,
    /// The only scopes that a token keeps in this actor's hands; all of them where there is no list.
    pub(crate) scopes: Option<Vec<String>>,
}

/// Whom an entry is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    /// The actor of exactly this `sub`.
    Id(String),
    /// Every client whose id is an https URL on this host (OAuth Client ID Metadata Document).
    Host(HostPattern),
}

/// A host name, or `*.` and a domain whose names all fit, but not the domain itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HostPattern {
    name: String,
    below: bool,
}

/// Neither a host name in lower case nor `*.` and one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InvalidHost;

/// Refuses an actor who is not on the list, and takes from `scopes` what isn't theirs; the first entry about them counts.
///
/// # Errors
/// [`Reason::TokenActor`].
pub(super) fn bound(allowed: &[AllowedActor], actor: &str, scopes: &mut Vec<String>) -> Result<(), Refusal> {
    let entry = allowed.iter().find(|entry| entry.who.is(actor));
    let entry = entry.ok_or_else(|| Refusal::new(Reason::TokenActor, "`act` names an actor who is not on the list"))?;
    if let Some(theirs) = &entry.scopes {
        scopes.retain(|scope| theirs.contains(scope));
    }
    Ok(())
}

impl Who {
    fn is(&self, actor: &str) -> bool {
        match self {
            Self::Id(id) => id == actor,
            Self::Host(pattern) => host(actor).is_some_and(|host| pattern.fits(host)),
        }
    }
}

impl HostPattern {
    pub(crate) fn read(text: &str) -> Result<Self, InvalidHost> {
        let (name, below) = text.strip_prefix("*.").map_or((text, false), |name| (name, true));
        if is_host(name) { Ok(Self { name: name.to_owned(), below }) } else { Err(InvalidHost) }
    }

    fn fits(&self, host: &str) -> bool {
        if !self.below {
            return self.name == host;
        }
        host.strip_suffix(&*self.name).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
    }
}

/// The host of a client id that is a URL: https, with a path, without user, port, fragment or dot segments, the host in
/// lower case. Whatever else a URL reader might make of a text, it isn't looked for here.
fn host(client_id: &str) -> Option<&str> {
    let (host, path) = client_id.strip_prefix("https://")?.split_once('/')?;
    let plain = path.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'#' | b'\\' | b'@'));
    let dots = path.split('/').any(|segment| matches!(segment, "." | ".."));
    (is_host(host) && plain && !dots).then_some(host)
}

fn is_host(name: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    name.contains('.') && name.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_fits_hosts_and_nothing_that_only_looks_like_one() {
        let fits = |pattern: &str, id: &str| Who::Host(HostPattern::read(pattern).unwrap()).is(id);
        assert!(fits("agents.example.com", "https://agents.example.com/support"));
        assert!(fits("*.example.com", "https://a.b.example.com/"));
        for id in [
            "https://example.com/x",
            "https://evilexample.com/x",
            "https://a.example.com.evil.com/x",
            "https://a.example.com@evil.com/x",
            "https://evil.com/@a.example.com/",
            "https://a.example.com:8443/x",
            "https://a.example.com",
            "https://A.example.com/x",
            "https://a.example.com/x#y",
            "https://a.example.com/../x",
            "https://a.example.com\\/x",
            "https://.example.com/x",
            "http://a.example.com/x",
            "a.example.com",
        ] {
            assert!(!fits("*.example.com", id), "{id}");
        }
        for bad in ["", "*", "*.", "example", "*.*.example.com", "Example.com", "a/b.com", "-a.com", "a..com"] {
            assert_eq!(HostPattern::read(bad), Err(InvalidHost), "{bad}");
        }
    }

    #[test]
    fn scopes_are_cut_to_those_of_the_actor() {
        let entry = |id: &str, scopes: Option<&[&str]>| AllowedActor {
            who: Who::Id(id.into()),
            scopes: scopes.map(|scopes| scopes.iter().map(|scope| (*scope).to_owned()).collect()),
        };
        let allowed = [entry("a", Some(&["read"])), entry("b", None), entry("c", Some(&[]))];
        let left = |actor: &str| {
            let mut scopes = vec!["read".to_owned(), "write".to_owned()];
            bound(&allowed, actor, &mut scopes).map(|()| scopes.join(" ")).map_err(|refusal| refusal.reason)
        };
        assert_eq!(left("a").unwrap(), "read");
        assert_eq!(left("b").unwrap(), "read write");
        assert_eq!(left("c").unwrap(), "");
        assert_eq!(left("d"), Err(Reason::TokenActor));
        assert_eq!(bound(&[], "a", &mut Vec::new()).map_err(|refusal| refusal.reason), Err(Reason::TokenActor));
    }
}
