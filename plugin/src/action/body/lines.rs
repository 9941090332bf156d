//! JSON lines: one value a line.

use super::{limits, unreadable};
use crate::json::{Document, Tape};
use crate::reason::Refusal;

/// The lines as one array. Each is read by itself first, for two lines that are no values may be one when joined.
pub(super) fn array(body: &[u8]) -> Result<Vec<u8>, Refusal> {
    let mut array = Vec::with_capacity(body.len().saturating_add(2));
    let mut tape = Tape::default();
    array.push(b'[');
    for line in body.split(|byte| *byte == b'\n') {
        // Blank lines are skipped by some readers and refused by others, and hold nothing.
        if line.trim_ascii().is_empty() {
            continue;
        }
        let document = Document::read(line, &limits(body.len()), tape).map_err(unreadable)?;
        tape = document.into_tape();
        if array.len() > 1 {
            array.push(b',');
        }
        array.extend_from_slice(line);
    }
    array.push(b']');
    Ok(array)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_a_value() {
        for (body, expected) in [
            ("{\"a\":1}\n{\"a\":2}\r\n", Some("[{\"a\":1},{\"a\":2}\r]")),
            ("1", Some("[1]")),
            ("\n1\n\n", Some("[1]")),
            ("1,2", None),
            ("[1\n2],3", None),
            ("{\"a\":1\n\"b\":2}", None),
            ("1]\n[2", None),
            ("{\"a\":1,\"a\":2}", None),
        ] {
            let found = array(body.as_bytes()).ok().map(|array| String::from_utf8(array).unwrap());
            assert_eq!(found.as_deref(), expected, "{body}");
        }
    }
}
