//! Writing strings so that any reader understands them alike.

/// Hands `text` to `sink` as a JSON string with its quotes, escaped as RFC 8785 (3.2.2.2) prescribes: what must be escaped, in
/// its shortest form, and nothing else.
pub fn string(text: &str, sink: &mut impl FnMut(&[u8])) {
    sink(b"\"");
    let mut rest = text.as_bytes();
    while let Some(plain) = rest.iter().position(|&byte| byte < 0x20 || byte == b'"' || byte == b'\\') {
        let Some((before, [special, after @ ..])) = rest.split_at_checked(plain) else {
            break;
        };
        sink(before);
        match special {
            b'"' => sink(b"\\\""),
            b'\\' => sink(b"\\\\"),
            0x08 => sink(b"\\b"),
            b'\t' => sink(b"\\t"),
            b'\n' => sink(b"\\n"),
            0x0c => sink(b"\\f"),
            b'\r' => sink(b"\\r"),
            control => sink(&[b'\\', b'u', b'0', b'0', hex(control >> 4), hex(control & 15)]),
        }
        rest = after;
    }
    sink(rest);
    sink(b"\"");
}

/// The lower-case digit of a value below 16.
const fn hex(value: u8) -> u8 {
    match value {
        0..=9 => b'0'.wrapping_add(value),
        _ => b'a'.wrapping_sub(10).wrapping_add(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_comes_back_from_another_reader() {
        let all: String = (0..0x300).filter_map(char::from_u32).chain(['\u{2028}', '😀', '\u{ffff}']).collect();
        let mut written = Vec::new();
        string(&all, &mut |piece| written.extend_from_slice(piece));
        assert_eq!(serde_json::from_slice::<String>(&written).unwrap(), all);
    }

    #[test]
    fn control_characters_have_their_shortest_form() {
        let mut written = Vec::new();
        string("\u{0}\u{8}\t\n\u{b}\u{c}\r\u{1f}\"\\/\u{7f}é", &mut |piece| written.extend_from_slice(piece));
        assert_eq!(String::from_utf8(written).unwrap(), "\"\\u0000\\b\\t\\n\\u000b\\f\\r\\u001f\\\"\\\\/\u{7f}é\"");
    }
}
