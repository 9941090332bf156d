//! Addresses in every notation that programs accept for a host.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Host;

/// What a host is, where it isn't just a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Loopback, private, link-local, shared or reserved: inside, whoever asks.
    Internal,
    /// An address on the internet instead of a name.
    Address,
    /// An address in a notation that hides it: `0x7f.1`, `2130706433`, `0177.0.0.1`.
    Disguised {
        /// Whether what it hides is inside.
        is_internal: bool,
    },
    /// A name with letters that look like others.
    LookAlike,
}

/// What is remarkable about a host.
pub(super) fn place(host: &Host) -> Option<Place> {
    let text = host.as_str();
    if let Ok(address) = text.split('%').next().unwrap_or(text).parse::<Ipv6Addr>() {
        return Some(if is_internal(IpAddr::V6(address)) { Place::Internal } else { Place::Address });
    }
    if let Ok(address) = text.parse::<Ipv4Addr>() {
        return Some(if is_internal(IpAddr::V4(address)) { Place::Internal } else { Place::Address });
    }
    if let Some(address) = loose_ipv4(text) {
        return Some(Place::Disguised { is_internal: is_internal(IpAddr::V4(address.into())) });
    }
    if is_internal_name(text) {
        return Some(Place::Internal);
    }
    let is_foreign = !text.is_ascii() || text.split('.').any(|label| label.starts_with("xn--"));
    is_foreign.then_some(Place::LookAlike)
}

/// Names that mean this machine, this network, or the cloud's metadata service; and names of public resolvers that
/// answer with whatever address stands in the name.
fn is_internal_name(text: &str) -> bool {
    const SUFFIXES: &[&str] = &[
        "localhost",
        "local",
        "internal",
        "localdomain",
        "intranet",
        "lan",
        "home.arpa",
        "nip.io",
        "sslip.io",
        "xip.io",
        "localtest.me",
        "lvh.me",
        "svc",
        "metadata",
    ];
    SUFFIXES.iter().any(|suffix| text.strip_suffix(suffix).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
}

fn is_internal(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [first, second, ..] = address.octets();
            address.is_private()
                || address.is_loopback()
                || address.is_link_local()
                || address.is_unspecified()
                || address.is_broadcast()
                || address.is_multicast()
                || first == 0
                || first >= 240
                // Shared address space (RFC 6598), in which clouds keep services.
                || (first == 100 && (64..128).contains(&second))
                || (first == 192 && second == 0)
                || (first == 198 && matches!(second, 18 | 19))
        }
        IpAddr::V6(address) => {
            let [first, ..] = address.segments();
            let embedded = address.to_ipv4_mapped().or_else(|| address.to_ipv4()).or_else(|| nat64(address));
            embedded.is_some_and(|inside| is_internal(IpAddr::V4(inside)))
                || address.is_loopback()
                || address.is_unspecified()
                || address.is_multicast()
                || (first & 0xfe00) == 0xfc00
                || (first & 0xffc0) == 0xfe80
        }
    }
}

/// The IPv4 address in `64:ff9b::/96` (RFC 6052).
fn nat64(address: Ipv6Addr) -> Option<Ipv4Addr> {
    match address.octets() {
        [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, a, b, c, d] => Some(Ipv4Addr::new(a, b, c, d)),
        _ => None,
    }
}

/// An IPv4 address as `inet_aton` reads it: one to four parts, decimal, octal or hexadecimal.
fn loose_ipv4(text: &str) -> Option<u32> {
    let mut parts: Vec<u64> = Vec::new();
    for part in text.split('.') {
        let number = match part.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(if digits.is_empty() { "0" } else { digits }, 16),
            None if part.len() > 1 && part.starts_with('0') => u64::from_str_radix(part, 8),
            None => part.parse(),
        };
        parts.push(number.ok()?);
    }
    let (last, leading) = parts.split_last()?;
    if leading.len() > 3 || leading.iter().any(|part| *part > 255) {
        return None;
    }
    let room = 4_u32.checked_sub(u32::try_from(leading.len()).ok()?)?.checked_mul(8)?;
    (*last < 1_u64.checked_shl(room)?).then(|| u32::try_from(*last).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_known_in_every_notation() {
        for (authority, expected) in [
            ("127.0.0.1", Some(Place::Internal)),
            ("10.1.2.3:8080", Some(Place::Internal)),
            ("169.254.169.254", Some(Place::Internal)),
            ("100.100.100.200", Some(Place::Internal)),
            ("[::1]", Some(Place::Internal)),
            ("[::ffff:10.0.0.1]:80", Some(Place::Internal)),
            ("[fd00::1]", Some(Place::Internal)),
            ("[fe80::1%25eth0]", Some(Place::Internal)),
            ("[64:ff9b::7f00:1]", Some(Place::Internal)),
            ("localhost", Some(Place::Internal)),
            ("metadata.google.internal", Some(Place::Internal)),
            ("10.0.0.1.nip.io", Some(Place::Internal)),
            ("93.184.216.34", Some(Place::Address)),
            ("[2606:2800:220:1::1]", Some(Place::Address)),
            ("2130706433", Some(Place::Disguised { is_internal: true })),
            ("0x7f000001", Some(Place::Disguised { is_internal: true })),
            ("0x7f.1", Some(Place::Disguised { is_internal: true })),
            ("0177.0.0.1", Some(Place::Disguised { is_internal: true })),
            ("127.1", Some(Place::Disguised { is_internal: true })),
            ("xn--80ak6aa92e.com", Some(Place::LookAlike)),
            ("exаmple.com", Some(Place::LookAlike)),
            ("example.com", None),
            ("1.2.3.4.5", None),
            ("999.1.1.1", None),
            ("256.256.256", None),
        ] {
            assert_eq!(place(&Host::of_authority(authority)), expected, "{authority}");
        }
    }
}
