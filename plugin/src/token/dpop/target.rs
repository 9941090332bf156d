//! URLs in the one form in which they are compared: RFC 9449 section 4.3 wants the normalisations of RFC 3986 sections
//! 6.2.2 and 6.2.3, and neither query nor fragment.

/// The normal form of an `http` or `https` URL, without query and fragment; none where it isn't one, or names a user.
pub(super) fn normal(url: &str) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte);
    if !url.bytes().all(plain) {
        return None;
    }
    let url = url.split(['?', '#']).next()?;
    let (scheme, rest) = url.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let (authority, path) = rest.split_at_checked(rest.find('/').unwrap_or(rest.len()))?;
    Some(format!("{scheme}://{}{}", self::authority(&scheme, authority)?, normal_path(path)?))
}

/// The normal form of an origin, without a slash behind it; none where it is none.
pub(crate) fn origin(url: &str) -> Option<String> {
    let normal = normal(url)?;
    let origin = normal.strip_suffix('/')?;
    let is_one = origin.split_once("://")?.1.find('/').is_none() && !url.contains(['?', '#']);
    is_one.then(|| origin.to_owned())
}

/// Host in lower case, the port only where it isn't the scheme's own.
fn authority(scheme: &str, authority: &str) -> Option<String> {
    let default = match scheme {
        "https" => "443",
        "http" => "80",
        _ => return None,
    };
    let (host, port) = match authority.rsplit_once(':') {
        // A colon within brackets is part of an IPv6 address.
        Some((host, port)) if !port.contains(']') => (host, port),
        _ => (authority, ""),
    };
    let named = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~[]:".contains(&byte);
    if host.is_empty() || !host.bytes().all(named) || !port.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let host = host.to_ascii_lowercase();
    Some(if port.is_empty() || port == default { host } else { format!("{host}:{port}") })
}

/// Escapes in upper case, and only where they are needed; no dot segments; `/` for nothing.
pub(super) fn normal_path(path: &str) -> Option<String> {
    let path = unescaped(path)?;
    let mut segments: Vec<&str> = Vec::new();
    let mut given = path.split('/').skip(1).peekable();
    while let Some(segment) = given.next() {
        let ends = given.peek().is_none();
        match segment {
            ".." => {
                segments.pop();
            }
            "." => {}
            segment => {
                segments.push(segment);
                continue;
            }
        }
        // A dot segment at the end leaves its slash (RFC 3986 section 5.2.4).
        if ends {
            segments.push("");
        }
    }
    Some(format!("/{}", segments.join("/")))
}

fn unescaped(path: &str) -> Option<String> {
    let mut out = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, escape)) = rest.split_once('%') {
        let (digits, after) = escape.split_at_checked(2)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        out.push_str(before);
        match char::from(u8::from_str_radix(digits, 16).ok()?) {
            unreserved if unreserved.is_ascii_alphanumeric() || "-._~".contains(unreserved) => out.push(unreserved),
            _ => {
                out.push('%');
                out.push_str(&digits.to_ascii_uppercase());
            }
        }
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_rfc_3986_calls_equal_is_equal() {
        for (url, expected) in [
            ("HTTPS://Gateway.Example.COM", "https://gateway.example.com/"),
            ("https://gateway.example.com:443/mcp", "https://gateway.example.com/mcp"),
            ("https://gateway.example.com:/mcp?a=b", "https://gateway.example.com/mcp"),
            ("http://gateway.example.com:443/mcp#x", "http://gateway.example.com:443/mcp"),
            ("https://g/%7euser/%2f%c3%A9", "https://g/~user/%2F%C3%A9"),
            ("https://g/a/./b/../c", "https://g/a/c"),
            ("https://g/a/%2E%2e/c", "https://g/c"),
            ("https://g/../a/..", "https://g/"),
            ("https://g/a/.", "https://g/a/"),
            ("https://g//a/", "https://g//a/"),
            ("https://[2001:DB8::1]:8443/a", "https://[2001:db8::1]:8443/a"),
            ("https://[::1]/a", "https://[::1]/a"),
        ] {
            assert_eq!(normal(url).as_deref(), Some(expected), "{url}");
        }
    }

    #[test]
    fn what_is_no_url_of_a_resource_has_no_normal_form() {
        for url in [
            "",
            "/mcp",
            "gateway.example.com/mcp",
            "ftp://g/a",
            "https:///a",
            "https://user@g/a",
            "https://g:x/a",
            "https://g/a b",
            "https://g/%2",
            "https://g/%zz",
            "https://g/%+1",
            "https://g\\@evil/a",
            "https://g%2eexample/a",
            "https://é/a",
        ] {
            assert_eq!(normal(url), None, "{url}");
        }
    }

    #[test]
    fn an_origin_has_nothing_behind_it() {
        assert_eq!(origin("https://G.example:443").as_deref(), Some("https://g.example"));
        assert_eq!(origin("https://g.example/").as_deref(), Some("https://g.example"));
        for wrong in ["https://g.example/mcp", "https://g.example?x", "https://g.example//", "g.example", "https://"] {
            assert_eq!(origin(wrong), None, "{wrong}");
        }
    }
}
