//! Strings as they stand in a body, and what they mean.

use super::InvalidJsonKind;
use std::borrow::Cow;

/// What a string means whose content (what is between its quotes) is `content`.
pub(super) fn meaning(content: &str, escaped: bool) -> Cow<'_, str> {
    if escaped { Cow::Owned(unescape(content)) } else { Cow::Borrowed(content) }
}

/// Length of the escape that `bytes` begin with (from its backslash on), if it is one: 2, 6, or 12 for a surrogate pair.
#[inline(always)]
pub(super) fn escape_len(bytes: &[u8]) -> Result<usize, InvalidJsonKind> {
    match bytes.get(1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(2),
        _ => rare_escape_len(bytes),
    }
}

/// The same for an escape that isn't one of the short ones.
fn rare_escape_len(bytes: &[u8]) -> Result<usize, InvalidJsonKind> {
    match bytes.get(1) {
        Some(b'u') => match unit(bytes)? {
            0xdc00..=0xdfff => Err(InvalidJsonKind::LoneSurrogate),
            0xd800..=0xdbff => match bytes.get(6..).filter(|second| second.starts_with(b"\\u")).map(unit) {
                Some(Ok(0xdc00..=0xdfff)) => Ok(12),
                _ => Err(InvalidJsonKind::LoneSurrogate),
            },
            _ => Ok(6),
        },
        Some(_) => Err(InvalidJsonKind::Syntax { expected: "one of `\"\\/bfnrtu` after a backslash" }),
        None => Err(InvalidJsonKind::UnexpectedEnd),
    }
}

/// The UTF-16 code unit that `\uXXXX` at the beginning of `bytes` names.
fn unit(bytes: &[u8]) -> Result<u32, InvalidJsonKind> {
    let digits = bytes.get(2..6).ok_or(InvalidJsonKind::UnexpectedEnd)?;
    let mut unit = 0;
    for &digit in digits {
        let value = char::from(digit)
            .to_digit(16)
            .ok_or(InvalidJsonKind::Syntax { expected: "four hexadecimal digits after `\\u`" })?;
        unit = unit << 4 | value;
    }
    Ok(unit)
}

/// Replaces the escapes of a content that the walk has checked.
fn unescape(content: &str) -> String {
    // No escape is shorter than what it stands for.
    let mut text = String::with_capacity(content.len());
    let mut rest = content;
    while let Some((plain, escape)) = rest.split_once('\\') {
        text.push_str(plain);
        let mut after = escape.chars();
        match after.next() {
            Some('b') => text.push('\u{8}'),
            Some('f') => text.push('\u{c}'),
            Some('n') => text.push('\n'),
            Some('r') => text.push('\r'),
            Some('t') => text.push('\t'),
            Some('u') => {
                let (first, behind) = take_unit(after.as_str());
                after = behind.chars();
                text.extend(char::from_u32(first).or_else(|| {
                    let (second, behind) = take_unit(behind.strip_prefix("\\u")?);
                    after = behind.chars();
                    char::decode_utf16([u16::try_from(first).ok()?, u16::try_from(second).ok()?]).next()?.ok()
                }));
            }
            Some(itself) => text.push(itself),
            None => {}
        }
        rest = after.as_str();
    }
    text.push_str(rest);
    text
}

/// Four hexadecimal digits and what is behind them.
fn take_unit(text: &str) -> (u32, &str) {
    let (digits, behind) = text.split_at_checked(4).unwrap_or((text, ""));
    (u32::from_str_radix(digits, 16).unwrap_or_default(), behind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_mean_what_they_say() {
        assert_eq!(meaning(r"a\u00e4\ud83d\ude00\\n\n\/\b\f\r\t\u0000z", true), "aä😀\\n\n/\u{8}\u{c}\r\t\0z");
        assert_eq!(meaning(r"\\", true), r"\");
        assert_eq!(meaning(r"\\u0041", true), r"\u0041");
        assert_eq!(meaning("plain", false), "plain");
    }

    #[test]
    fn halves_of_pairs_are_refused() {
        for half in [
            r"\ud83d",
            r"\ud83dx",
            r"\ud83d\n",
            r"\ud83d\u0041",
            r"\ude00",
            r"\ude00\ud83d",
            r"\ud83d\ud83d",
            r"\ud83d\u00",
        ] {
            assert_eq!(escape_len(half.as_bytes()), Err(InvalidJsonKind::LoneSurrogate), "{half}");
        }
        assert_eq!(escape_len(br"\uD83D\uDE00"), Ok(12));
    }
}
