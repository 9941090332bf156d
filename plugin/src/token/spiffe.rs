//! SPIFFE ids, as JWT-SVIDs name them (SPIFFE-ID section 2; JWT-SVID section 3).

/// The longest id that implementations must support (SPIFFE-ID section 2.3).
const MAX_ID: usize = 2048;

/// The trust domain of a SPIFFE id with a path: whom the keys of that domain may vouch for.
pub(crate) fn trust_domain(id: &str) -> Option<&str> {
    let (domain, path) = id.strip_prefix("spiffe://")?.split_once('/')?;
    let segment = |segment: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
        !matches!(segment, "" | "." | "..") && segment.bytes().all(plain)
    };
    (id.len() <= MAX_ID && is_trust_domain(domain) && path.split('/').all(segment)).then_some(domain)
}

/// Whether `name` can name a trust domain (SPIFFE-ID section 2.1).
pub(crate) fn is_trust_domain(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.' | b'_');
    !name.is_empty() && name.len() <= 255 && name.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_names_its_trust_domain() {
        assert_eq!(trust_domain("spiffe://example.org/ns/agents/sa/support"), Some("example.org"));
        for id in [
            "spiffe://example.org",
            "spiffe://example.org/",
            "spiffe://example.org/a//b",
            "spiffe://example.org/a/../b",
            "spiffe://example.org/a/",
            "spiffe://Example.org/a",
            "spiffe://user@example.org/a",
            "spiffe://example.org:1/a",
            "spiffe:///a",
            "spiffe://example.org/a?b",
            "spiffe://example.org/a%20b",
            "SPIFFE://example.org/a",
            "https://example.org/a",
            &format!("spiffe://example.org/{}", "a".repeat(2048)),
        ] {
            assert_eq!(trust_domain(id), None, "{id}");
        }
    }
}
