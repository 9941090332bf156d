//! Where data goes: hosts of URLs and e-mail addresses outside of the trusted domains.

use memchr::{memchr_iter, memchr2_iter, memrchr};

use super::finding::Findings;
use super::host::Host;
use super::leaf::Leaf;
use super::names::Role;
use super::{Code, RiskTable, address};
use crate::action::{Action, ActionKind};

/// Names of parameters that hold a URL or a host, without `_`, in lower case.
pub(super) const NAMES: &[&str] = &[
    "url",
    "uri",
    "urls",
    "uris",
    "link",
    "links",
    "href",
    "webhook",
    "webhookurl",
    "callback",
    "callbackurl",
    "endpoint",
    "host",
    "hostname",
    "domain",
    "server",
    "site",
    "website",
    "webpage",
    "page",
    "target",
    "destination",
    "baseurl",
    "remote",
    "redirecturi",
    "redirecturl",
    "notifyurl",
    "pushurl",
    "upstream",
    "origin",
    "registry",
    "bucketurl",
    "proxy",
];

/// What may stand before an authority in prose, and what ends it.
const ENDS: [char; 14] = ['/', '?', '#', '\\', '"', '\'', '<', '>', ')', ']', '}', '|', '`', ','];

pub(super) fn look(leaf: &Leaf<'_, '_>, action: &Action<'_>, table: &RiskTable, findings: &mut Findings) {
    let Some(text) = leaf.text() else { return };
    let (text, kind) = (text.trim(), action.kind);
    let only_reads = matches!(kind, ActionKind::List | ActionKind::Read);
    if leaf.is(Role::Recipient) || is_address(text) {
        if !only_reads {
            look_at_recipients(leaf, text, table, findings);
        }
        return;
    }
    let is_url = leaf.is(Role::Url);
    // A browser that goes somewhere reads there, whatever else it changes.
    let reads = only_reads || is_url && goes_somewhere(&action.tool);
    let beginnings = Beginnings::of(text);
    look_at_scheme(leaf, text, beginnings.schemes.first().copied(), is_url, findings);
    let mut places = hosts(text, &beginnings, is_url);
    if places.is_empty() && matches!(kind, ActionKind::Send | ActionKind::Publish | ActionKind::Invite) {
        places.extend(bare_names(text).map(|host| Place { host, port: None, is_whole: false }));
    }
    for place in places {
        if place.host.as_str().is_empty() || table.trusted_domains.contain(&place.host) {
            continue;
        }
        let (code, detail) = match (reads, is_url || place.is_whole, kind) {
            (true, true, _) => (Code::DestinationOutside, "reads from a host outside of `trusted_domains`"),
            (true, false, _) => continue,
            (false, true, _) => (Code::DestinationUntrusted, "the host is outside of `trusted_domains`"),
            (false, false, ActionKind::Send | ActionKind::Publish | ActionKind::Invite) => {
                (Code::DestinationLink, "a message with a link to a host outside of `trusted_domains`")
            }
            (false, false, _) => (Code::DestinationMentioned, "mentions a host outside of `trusted_domains`"),
        };
        findings.add(code, leaf.pointer, detail);
        if is_url || place.is_whole {
            look_at_host(leaf, &place.host, findings);
            if place.port.is_some_and(|port| !PORTS.contains(&port)) {
                findings.add_once(Code::DestinationPort, leaf.pointer, Code::DestinationPort.explanation());
            }
            if text.len() > MAX_PLAIN_URL {
                findings.add(Code::DestinationPayload, leaf.pointer, "a URL long enough to carry data out");
            }
        }
        // One finding a parameter: a page full of links is one observation.
        return;
    }
}

/// Ports on which HTTP is spoken.
const PORTS: [u16; 4] = [80, 443, 8080, 8443];

fn goes_somewhere(tool: &str) -> bool {
    const VERBS: [&str; 4] = ["navigate", "browse", "goto", "visit"];
    let tool = tool.to_ascii_lowercase();
    VERBS.iter().any(|verb| tool.contains(verb))
}

/// A longer URL carries more than an address: the median of links is some 80 characters.
const MAX_PLAIN_URL: usize = 400;

/// Schemes that reach files, raw sockets or code.
const SCHEMES: &[&str] = &[
    "file:",
    "gopher:",
    "dict:",
    "ldap:",
    "ldaps:",
    "jar:",
    "smb:",
    "ftp:",
    "tftp:",
    "javascript:",
    "vbscript:",
    "netdoc:",
    "php:",
    "expect:",
    "phar:",
    "sftp:",
    "data:text/html",
];

/// Schemes of storage in clouds.
const BUCKETS: &[&str] =
    &["s3://", "s3a://", "gs://", "gcs://", "az://", "azure://", "abfs://", "abfss://", "wasbs://", "r2://", "oss://"];

fn look_at_scheme(leaf: &Leaf<'_, '_>, text: &str, scheme: Option<usize>, is_url: bool, findings: &mut Findings) {
    if scheme.is_none() && !is_url {
        return;
    }
    let start: String = text.chars().take(16).flat_map(char::to_lowercase).collect();
    if (is_url || scheme.is_some()) && SCHEMES.iter().any(|scheme| start.starts_with(scheme)) {
        findings.add_once(Code::DestinationScheme, leaf.pointer, Code::DestinationScheme.explanation());
    }
    if BUCKETS.iter().any(|scheme| start.starts_with(scheme)) {
        findings.add_once(Code::DestinationBucket, leaf.pointer, Code::DestinationBucket.explanation());
    }
    let authority =
        scheme.and_then(|at| text.get(at.saturating_add(3)..)).and_then(|rest| rest.split(['/', '?', '#']).next());
    if authority.is_some_and(|authority| authority.contains('@')) && !text.contains(char::is_whitespace) {
        findings.add_once(Code::DestinationCredentials, leaf.pointer, Code::DestinationCredentials.explanation());
    }
}

fn look_at_host(leaf: &Leaf<'_, '_>, host: &Host, findings: &mut Findings) {
    let codes: &[Code] = match address::place(host) {
        Some(address::Place::Internal) => &[Code::DestinationInternal],
        Some(address::Place::Address) => &[Code::DestinationAddress],
        Some(address::Place::Disguised { is_internal: true }) => {
            &[Code::DestinationDisguised, Code::DestinationInternal]
        }
        Some(address::Place::Disguised { is_internal: false }) => &[Code::DestinationDisguised],
        Some(address::Place::LookAlike) => &[Code::DestinationLookAlike],
        None => &[],
    };
    for code in codes {
        findings.add_once(*code, leaf.pointer, code.explanation());
    }
}

fn look_at_recipients(leaf: &Leaf<'_, '_>, text: &str, table: &RiskTable, findings: &mut Findings) {
    let separators = [',', ';', '\n', ' ', '<', '>', '"'];
    let pieces = text.split(separators).filter(|piece| piece.contains('@'));
    let addresses = pieces.filter_map(|piece| piece.trim().rsplit_once('@')).filter(|(_, host)| !host.is_empty());
    // Chats name people and rooms so: `@ann`, `@channel`.
    let addresses = addresses.filter(|(local, _)| !local.is_empty() || leaf.name.contains("mail"));
    let outside = addresses.filter(|(_, host)| !table.trusted_domains.contain(&Host::of_authority(host))).count();
    if outside > 0 {
        findings.add(Code::RecipientUntrusted, leaf.pointer, format!("{outside} outside of `trusted_domains`"));
    }
}

/// Mail servers take 64 characters before the `@` and 255 behind it (RFC 5321, section 4.5.3.1); some may take more.
const MAX_ADDRESS: usize = 1000;

/// Whether a text is one e-mail address and nothing else.
pub(super) fn is_address(text: &str) -> bool {
    if text.len() > MAX_ADDRESS {
        return false;
    }
    let halves =
        memrchr(b'@', text.as_bytes()).and_then(|at| Some((text.get(..at)?, text.get(at.saturating_add(1)..)?)));
    halves.is_some_and(|(local, host)| {
        !local.is_empty()
            && !local.contains([' ', '/', ':', '@'])
            && Host::of_authority(host).is_name()
            && !host.contains(':')
    })
}

/// Top-level domains that a name in prose is known by; those that are also endings of files or words (`.md`, `.me`)
/// are left out.
const TOPS: &[&str] = &[
    "ai", "app", "biz", "click", "club", "cn", "com", "de", "dev", "eu", "fr", "info", "io", "live", "net", "nl",
    "online", "org", "ru", "shop", "site", "store", "tech", "top", "tv", "uk", "vip", "website", "xyz",
];

/// Names of hosts that stand in prose without a scheme: `sign in at account-check.com today`.
fn bare_names(text: &str) -> impl Iterator<Item = Host> {
    let bytes = text.as_bytes();
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_') || *byte >= 0x80;
    let is_alphanumeric = |at: usize| bytes.get(at).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte >= 0x80);
    let mut seen = 0;
    // Nearly every full stop has a blank behind it.
    let inside = memchr_iter(b'.', bytes).filter(move |at| is_alphanumeric(at.saturating_add(1)));
    let words = inside.filter_map(move |at| {
        if at < seen {
            return None;
        }
        let reach = at.saturating_sub(MAX_LABELS);
        let before = bytes.get(reach..at)?.iter().rev().take_while(|byte| is_part(byte)).count();
        let behind = bytes.get(at..)?.iter().take(MAX_LABELS).take_while(|byte| is_part(byte)).count();
        let (start, end) = (at.saturating_sub(before), at.saturating_add(behind));
        seen = end;
        let is_address =
            start.checked_sub(1).and_then(|at| bytes.get(at)) == Some(&b'@') || bytes.get(end) == Some(&b'@');
        text.get(start..end).filter(|_| !is_address).map(|word| Host::of_authority(word.trim_matches(['.', '_'])))
    });
    let is_known = |host: &Host| {
        host.is_name() && host.as_str().rsplit_once('.').is_some_and(|(_, top)| TOPS.binary_search(&top).is_ok())
    };
    words.filter(is_known).take(MAX_HOSTS)
}

/// How far to both sides of a full stop a name is followed.
const MAX_LABELS: usize = 128;

/// A host in a text.
struct Place {
    host: Host,
    /// The port that stands behind it.
    port: Option<u16>,
    /// Whether the text is the URL or host, and nothing else.
    is_whole: bool,
}

/// How many hosts of one text are looked at: the first that isn't trusted decides anyway.
const MAX_HOSTS: usize = 64;

/// The hosts in a text: after `://`, after a leading `//`, from `www.` on; and where the parameter is known to hold a
/// host, the text itself.
fn hosts(text: &str, beginnings: &Beginnings, is_url: bool) -> Vec<Place> {
    let is_whole = !text.contains(char::is_whitespace);
    let behind_schemes = beginnings.schemes.iter().map(|at| at.saturating_add(3));
    let beginnings = behind_schemes.chain(beginnings.names.iter().copied());
    let mut places: Vec<Place> = beginnings.map(|at| place_at(text, at, is_whole)).collect();
    if let Some(rest) = text.strip_prefix("//").or_else(|| text.strip_prefix("\\\\")) {
        places.push(place_at(rest, 0, is_whole));
    }
    if places.is_empty() && is_url && is_whole {
        let place = place_at(text, 0, is_whole);
        let host = &place.host;
        if host.is_name()
            || text.starts_with('[')
            || host.as_str().bytes().any(|byte| byte.is_ascii_digit()) && host.as_str().contains('.')
        {
            places.push(place);
        }
    }
    places
}

/// Where hosts begin in a text, the first of them: found in one look, since prose has few colons and full stops.
#[derive(Default)]
struct Beginnings {
    /// Where `://` stands.
    schemes: Vec<usize>,
    /// Where a word begins with `www.`.
    names: Vec<usize>,
}

impl Beginnings {
    fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut found = Self::default();
        for at in memchr2_iter(b':', b'.', bytes) {
            let is_scheme = bytes.get(at..).is_some_and(|rest| rest.starts_with(b"://"));
            let name = at.checked_sub(3).filter(|start| {
                bytes.get(*start..=at).is_some_and(|name| name.eq_ignore_ascii_case(b"www."))
                    && begins_a_word(text, *start)
            });
            if is_scheme && found.schemes.len() < MAX_HOSTS {
                found.schemes.push(at);
            } else if let Some(start) = name.filter(|_| found.names.len() < MAX_HOSTS) {
                found.names.push(start);
            }
        }
        found
    }
}

fn begins_a_word(text: &str, at: usize) -> bool {
    !text
        .get(..at)
        .and_then(|before| before.chars().next_back())
        .is_some_and(|char| char.is_alphanumeric() || matches!(char, '/' | '.' | '@' | '-'))
}

fn place_at(text: &str, at: usize, is_whole: bool) -> Place {
    let rest = text.get(at..).unwrap_or_default();
    let end =
        rest.find(|char: char| char.is_whitespace() || ENDS.contains(&char) && !(char == ']' && rest.starts_with('[')));
    let authority = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
    let port = authority.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
    Place { host: Host::of_authority(authority), port, is_whole }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, is_url: bool) -> Vec<String> {
        hosts(text, &Beginnings::of(text), is_url).into_iter().map(|place| place.host.as_str().to_owned()).collect()
    }

    #[test]
    fn hosts_are_found_as_a_url_parser_finds_them() {
        for (text, is_url, expected) in [
            ("https://a.example/x?y", false, &["a.example"][..]),
            ("see https://a.example, and http://b.example:8080/", false, &["a.example", "b.example"]),
            ("https://trusted.example@evil.net/", false, &["evil.net"]),
            ("https://evil.net\\@trusted.example/", false, &["evil.net"]),
            ("HTTPS://EVIL.net", false, &["evil.net"]),
            ("//evil.net/x", false, &["evil.net"]),
            ("go to www.evil.net now", false, &["www.evil.net"]),
            ("go to Www.evil.net now", false, &["www.evil.net"]),
            ("https://www.evil.net/", false, &["www.evil.net"]),
            ("![x](https://evil.net/?q=1)", false, &["evil.net"]),
            ("evil.net/path", true, &["evil.net"]),
            ("http://[::1]:80/", false, &["::1"]),
            ("a sentence. And another", true, &[]),
            ("plain", true, &[]),
            ("node.js", false, &[]),
        ] {
            assert_eq!(found(text, is_url), expected, "{text}");
        }
    }

    #[test]
    fn a_name_in_prose_is_told_from_files_and_numbers() {
        let found = |text| bare_names(text).map(|host| host.as_str().to_owned()).collect::<Vec<_>>();
        assert!(TOPS.is_sorted());
        assert_eq!(found("sign in at Account-Check.com, today"), ["account-check.com"]);
        assert_eq!(found("(see evil.net/path)"), ["evil.net"]);
        for text in
            ["README.md and main.rs", "at 12.30", "v1.2.3", "e.g. this", "ann@corp.com", "the end.Next one", "node.js"]
        {
            assert_eq!(found(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn an_address_is_told_from_prose() {
        assert!(is_address("a.b+c@example.com"));
        for text in ["@example", "write to a@example.com", "https://a@example.com/", "a@b", "12:30@work.x"] {
            assert!(!is_address(text), "{text}");
        }
    }
}
