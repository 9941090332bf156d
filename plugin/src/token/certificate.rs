//! The client's TLS certificate, which a token may be bound to (RFC 8705 section 3).
//!
//! That the client holds its key is what the TLS handshake showed; here it only matters which certificate that was. The
//! proxy says so of its own connection, or a header does that the proxy sets. The header is what any client can write,
//! so it counts only where the operator says that the proxy overwrites it.

use super::confirmation::{Sha256Digest, refused};
use crate::head::Head;
use crate::reason::Refusal;

/// Who says which certificate the client has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CertificateFrom {
    /// The proxy, of the connection that the request came on: mutual TLS ends here.
    Connection,
    /// `Hash` in `x-forwarded-client-cert`, which the proxy sets itself.
    ForwardedHeader,
}

/// The header that Envoy describes the client's certificate in ("HTTP header manipulation", `x-forwarded-client-cert`).
const FORWARDED: &str = "x-forwarded-client-cert";

/// Whether `wanted` is the certificate of the connection, of which the proxy says this: its SHA-256 in hexadecimal
/// (Envoy's attribute `connection.sha256_peer_certificate_digest`).
///
/// # Errors
/// [`Reason::TokenBinding`](crate::reason::Reason::TokenBinding).
pub(crate) fn of_connection(told: Option<&[u8]>, wanted: &Sha256Digest) -> Result<(), Refusal> {
    let told = told.filter(|told| !told.is_empty());
    let told = told.ok_or_else(|| refused("the token is bound to a TLS certificate, and the client has shown none"))?;
    same(told, wanted)
}

/// Whether `wanted` is the certificate that `x-forwarded-client-cert` names.
///
/// It must describe one certificate. Of several, each added by a proxy on the way, nobody here can tell which one is the
/// client's: with `forward_client_cert_details: SANITIZE_SET` there is only the one that Envoy saw.
///
/// # Errors
/// [`Reason::TokenBinding`](crate::reason::Reason::TokenBinding).
pub(super) fn of_header(head: &Head, wanted: &Sha256Digest) -> Result<(), Refusal> {
    let told = head.only(FORWARDED).map_err(|_| several())?;
    let told = told
        .filter(|told| !told.is_empty())
        .ok_or_else(|| refused("the token is bound to a TLS certificate, and `x-forwarded-client-cert` names none"))?;
    same(hash(told)?, wanted)
}

/// The one `Hash` of the one element of the header: `Key=value` pairs between semicolons, elements between commas, values
/// with any of these in quotes.
fn hash(header: &[u8]) -> Result<&[u8], Refusal> {
    let (mut quoted, mut escaped, mut elements) = (false, false, 1_usize);
    let pairs = header.split(|byte| {
        let is_escaped = std::mem::take(&mut escaped);
        match byte {
            b'\\' if quoted && !is_escaped => escaped = true,
            b'"' if !is_escaped => quoted = !quoted,
            b',' if !quoted => elements = elements.saturating_add(1),
            _ => {}
        }
        !quoted && matches!(byte, b',' | b';')
    });
    let named = |pair: &'_ [u8]| pair.get(..5).is_some_and(|name| name.eq_ignore_ascii_case(b"hash="));
    let hashes: Vec<&[u8]> = pairs.filter(|pair| named(pair.trim_ascii())).collect();
    match hashes.as_slice() {
        _ if elements > 1 => Err(several()),
        _ if quoted => Err(refused("`x-forwarded-client-cert` ends within a quoted text")),
        [hash] => Ok(hash.trim_ascii().get(5..).unwrap_or_default()),
        _ => Err(refused("`x-forwarded-client-cert` does not name one `Hash`")),
    }
}

fn several() -> Refusal {
    refused("`x-forwarded-client-cert` describes several certificates; which one is the client's can't be told")
}

fn same(hexadecimal: &[u8], wanted: &Sha256Digest) -> Result<(), Refusal> {
    let mut found = Sha256Digest::default();
    match base16ct::mixed::decode(hexadecimal, &mut found) {
        Ok(whole) if whole.len() == wanted.len() => {}
        _ => return Err(refused("the client's certificate is named by something else than a SHA-256")),
    }
    if found == *wanted { Ok(()) } else { Err(refused("the token is bound to another TLS certificate")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "7878787878787878787878787878787878787878787878787878787878787878";
    const WANTED: Sha256Digest = [0x78; 32];

    fn header(value: &str) -> bool {
        of_header(&Head::from_pairs([(FORWARDED, value)]), &WANTED).is_ok()
    }

    #[test]
    fn the_digest_of_the_connection_is_compared_in_either_case() {
        assert!(of_connection(Some(HASH.as_bytes()), &WANTED).is_ok());
        let other = HASH.replace("78", "aB");
        assert!(of_connection(Some(other.as_bytes()), &[0xab; 32]).is_ok());
        for told in [None, Some(&b""[..]), Some(&HASH.as_bytes()[2..]), Some(&[0x78; 32]), Some(other.as_bytes())] {
            assert!(of_connection(told, &WANTED).is_err(), "{told:?}");
        }
        assert!(of_connection(Some(format!("{HASH}78").as_bytes()), &WANTED).is_err());
    }

    #[test]
    fn the_header_names_one_certificate_by_its_hash() {
        for right in [
            format!("Hash={HASH}"),
            format!("By=spiffe://a/b;Hash={HASH};Subject=\"CN=x,O=\\\"y;z\\\"\";URI=spiffe://a/c"),
            format!("hash={HASH};Subject=\"\""),
        ] {
            assert!(header(&right), "{right}");
        }
    }

    #[test]
    fn a_header_with_several_meanings_has_none() {
        for wrong in [
            String::new(),
            "By=a".into(),
            format!("Hash={HASH},Hash={HASH}"),
            format!("Hash={HASH};Hash={HASH}"),
            format!("Hash={HASH},"),
            format!("Subject=\"CN=x;Hash={HASH}\""),
            format!("Subject=\"CN=x;Hash={HASH}"),
            format!("Hash=\"{HASH}\""),
            format!("Hash={}", HASH.replace("78", "79")),
            "Hash=".into(),
            format!("XHash={HASH}"),
        ] {
            assert!(!header(&wrong), "{wrong}");
        }
        let twice = Head::from_pairs([(FORWARDED, format!("Hash={HASH}")), (FORWARDED, format!("Hash={HASH}"))]);
        assert!(of_header(&twice, &WANTED).is_err());
    }
}
