//! Paths and queries, where they have one reading.
//!
//! Proxies, frameworks and file systems disagree about dot segments, doubled or encoded slashes, backslashes, matrix
//! parameters and what was encoded twice. A rule about `/v1/payments` that another spelling of the same path slips
//! past is no rule. So there is one normal form, and whatever else a server might take for it is refused.

use std::borrow::Cow;

use crate::reason::{Reason, Refusal};

/// The path and the query of a request target (`:path`), the path being in normal form: absolute; no empty segment
/// but a last one; no `.` or `..`; no `;`, `\` or fragment; percent-encoded only what has to be (RFC 3986 section
/// 6.2.2.2), and never a slash, a backslash, a semicolon, a percent sign or a control character; UTF-8 once decoded.
///
/// # Errors
/// [`Reason::RequestPath`] for any other target.
pub fn split(target: &[u8]) -> Result<(&str, Option<&str>), Refusal> {
    match plain(target) {
        Some(path) => Ok((path, None)),
        None => split_any(target),
    }
}

/// A path of nothing but words, as nearly all are: one look at each byte tells.
fn plain(target: &[u8]) -> Option<&str> {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'~');
    let mut before = None;
    for byte in target {
        let is_plain = match (*byte, before) {
            (b'/', before) => before.is_none_or(is_word),
            // Not at the start of a segment, where one or two of them mean something, and nothing but a word behind.
            (b'.', before) => before.is_some_and(is_word),
            (byte, before) => before.is_some() && is_word(byte),
        };
        if !is_plain {
            return None;
        }
        before = Some(*byte);
    }
    before.and_then(|_| std::str::from_utf8(target).ok())
}

fn split_any(target: &[u8]) -> Result<(&str, Option<&str>), Refusal> {
    let target = std::str::from_utf8(target).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_graphic()));
    let target = target.ok_or_else(|| refuse("has bytes that must be percent-encoded"))?;
    let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
    if target.contains('#') {
        return Err(refuse("has a fragment"));
    }
    let segments = path.strip_prefix('/').ok_or_else(|| refuse("is not absolute"))?;
    let mut left = segments.split('/').peekable();
    while let Some(segment) = left.next() {
        if segment.is_empty() && left.peek().is_some() {
            return Err(refuse("has an empty segment"));
        }
        if matches!(segment, "." | "..") {
            return Err(refuse("has a dot segment"));
        }
        if let Some(byte) = segment.bytes().find(|byte| !is_segment_byte(*byte)) {
            return Err(refuse(&format!("has a `{}`", char::from(byte).escape_default())));
        }
        check_encoding(segment)?;
        decode(segment)?;
    }
    Ok((path, query))
}

/// What a segment of a normal path says.
///
/// # Errors
/// [`Reason::RequestPath`] when that isn't UTF-8.
pub fn decode(segment: &str) -> Result<Cow<'_, str>, Refusal> {
    percent_encoding::percent_decode_str(segment).decode_utf8().map_err(|_| refuse("is not UTF-8 once decoded"))
}

/// Name and value of one `name=value` of a query or a form, decoded once.
///
/// # Errors
/// [`Reason::RequestPath`] where servers are known to read it differently: a `;`, a broken encoding, a NUL, or bytes that
/// aren't UTF-8.
pub(super) fn pair(pair: &str) -> Result<(Cow<'_, str>, Cow<'_, str>), Refusal> {
    if pair.contains(';') {
        return Err(refuse("has a `;` in its query"));
    }
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    Ok((decode_form(name)?, decode_form(value)?))
}

fn decode_form(text: &str) -> Result<Cow<'_, str>, Refusal> {
    let spaced = if text.contains('+') { Cow::Owned(text.replace('+', " ")) } else { Cow::Borrowed(text) };
    check_triplets(&spaced)?;
    let decoded = match spaced {
        Cow::Borrowed(text) => percent_encoding::percent_decode_str(text).decode_utf8(),
        Cow::Owned(ref text) => {
            percent_encoding::percent_decode_str(text).decode_utf8().map(|text| Cow::Owned(text.into_owned()))
        }
    };
    let decoded = decoded.map_err(|_| refuse("has a query that is not UTF-8 once decoded"))?;
    if decoded.contains('\0') {
        return Err(refuse("has a NUL in its query"));
    }
    Ok(decoded)
}

/// `pchar` of RFC 3986 without `;`, which some servers cut a segment at.
const fn is_segment_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+')
        || matches!(byte, b',' | b'=' | b':' | b'@' | b'%')
}

/// Every `%` begins an encoded byte that must be encoded and that no server takes for a delimiter.
fn check_encoding(segment: &str) -> Result<(), Refusal> {
    for byte in check_triplets(segment)? {
        match byte {
            b'/' | b'\\' | b';' => return Err(refuse("has an encoded delimiter")),
            b'%' => return Err(refuse("is encoded twice")),
            0..=0x1f | 0x7f => return Err(refuse("has an encoded control character")),
            b'-' | b'.' | b'_' | b'~' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => {
                return Err(refuse("encodes a character that has a plain form"));
            }
            _ => {}
        }
    }
    Ok(())
}

/// The bytes that are encoded in `text`.
fn check_triplets(text: &str) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    let mut pieces = text.split('%');
    pieces.next();
    for piece in pieces {
        let digits = piece.get(..2).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.ok_or_else(|| refuse("has a `%` that encodes nothing"))?);
    }
    Ok(bytes)
}

fn refuse(what: &str) -> Refusal {
    Refusal::new(Reason::RequestPath, format!("the path {what}; send its normal form (RFC 3986 section 6)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_normal_path_passes_as_it_is() {
        for path in ["/", "/mcp", "/v1/", "/v1/a-b_c.d~e/f:g@h", "/v1/%C3%A4%20b", "/a%3Ab", "/..a/b..", "/a=b,c"] {
            assert_eq!(split(path.as_bytes()), Ok((path, None)), "{path}");
        }
        assert_eq!(split(b"/a?b=/../c?d"), Ok(("/a", Some("b=/../c?d"))));
    }

    #[test]
    fn what_is_plain_at_a_glance_is_plain() {
        let letters = b"/.a-?%;";
        let mut targets = vec![Vec::new()];
        for _ in 0..6 {
            let longer = |target: &Vec<u8>| letters.map(|letter| [&target[..], &[letter]].concat());
            targets = targets.iter().flat_map(longer).collect();
            for target in &targets {
                if let Some(path) = plain(target) {
                    assert_eq!(split_any(target), Ok((path, None)), "{path}");
                }
            }
        }
        assert!(plain(b"/a-b/c.d/").is_some() && plain(b"").is_none());
    }

    #[test]
    fn every_trap_is_refused() {
        let traps: &[&[u8]] = &[
            b"",
            b"*",
            b"mcp",
            b"http://host/mcp",
            b"//mcp",
            b"/a//b",
            b"/a/./b",
            b"/a/../b",
            b"/a/..",
            b"/.",
            b"/a/%2e%2e/b",
            b"/a/%2E/b",
            b"/a%2fb",
            b"/a%2Fb",
            b"/a\\b",
            b"/a%5cb",
            b"/a%00",
            b"/a%0d%0a",
            b"/a%7f",
            b"/a%252fb",
            b"/a%25",
            b"/a%",
            b"/a%4",
            b"/a%zz",
            b"/a%u002f",
            b"/%61dmin",
            b"/a;b=c",
            b"/a%3Bb",
            b"/a\x00b",
            b"/\xc3\xa4",
            b"/%c3",
            b"/%ff",
            b"/%c0%af",
            b"/a#b",
            b"/a b",
            b"/a|b",
        ];
        for trap in traps {
            let refused = split(trap).map_err(|refusal| refusal.reason);
            assert_eq!(refused, Err(Reason::RequestPath), "{}", trap.escape_ascii());
        }
    }
}
