//! Server-sent events (HTML, section 9.2.6, "Interpreting an event stream"): lines of fields, an empty one behind each event.

use super::Shown;

/// What a stream may begin with, and what is part of a field's name anywhere else.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// Whether a stream, as far as it has come, ends where an event does.
pub(super) fn are_whole(stream: &[u8]) -> bool {
    [&b"\n\n"[..], b"\r\n\r\n", b"\r\r"].iter().any(|end| stream.ends_with(end))
}

/// The stream with the data of each event as `replace` has it; none where it leaves all as it is. With an error in the place
/// of an event the stream ends. The last event need not be whole: whoever reads it all the same must not find more in it than
/// others.
pub(super) fn rewrite(stream: &[u8], replace: &mut dyn FnMut(&[u8]) -> Shown) -> Option<Vec<u8>> {
    let mut made = Vec::with_capacity(stream.len());
    let mut is_changed = false;
    for event in Events(stream) {
        let data = Lines(event).filter_map(|line| line.data()).collect::<Vec<_>>().join(&b"\n"[..]);
        match if data.is_empty() { Ok(None) } else { replace(&data) } {
            Ok(None) => made.extend_from_slice(event),
            Ok(Some(data)) => {
                write(event, &data, &mut made);
                is_changed = true;
            }
            Err(error) => {
                write(event, &error, &mut made);
                return Some(made);
            }
        }
    }
    is_changed.then_some(made)
}

/// The event with `data` in the place of its own.
fn write(event: &[u8], data: &[u8], made: &mut Vec<u8>) {
    let mut data = Some(data);
    for line in Lines(event) {
        // Where lines are left out, a CR could come to stand before an LF, and two lines' ends would be one.
        let ending = if line.ending == b"\r\n" { line.ending } else { b"\n" };
        if line.data().is_none() {
            made.extend_from_slice(line.text);
            made.extend_from_slice(ending);
        } else if let Some(data) = data.take() {
            for piece in data.split(|byte| matches!(byte, b'\n' | b'\r')) {
                made.extend_from_slice(b"data: ");
                made.extend_from_slice(piece);
                made.extend_from_slice(ending);
            }
        }
    }
}

/// Each event with the empty line behind it; the last may lack one.
struct Events<'s>(&'s [u8]);

impl<'s> Iterator for Events<'s> {
    type Item = &'s [u8];

    fn next(&mut self) -> Option<&'s [u8]> {
        if self.0.is_empty() {
            return None;
        }
        let mut lines = Lines(self.0);
        lines.find(|line| line.text.is_empty());
        let (event, rest) = self.0.split_at_checked(self.0.len().saturating_sub(lines.0.len()))?;
        self.0 = rest;
        Some(event)
    }
}

/// A line, and what ends it.
struct Line<'s> {
    text: &'s [u8],
    ending: &'s [u8],
}

impl<'s> Line<'s> {
    /// The value of the field `data`, if it is that. Behind a BOM it is that for one reader and not for another: then it is
    /// all of the line, which no JSON begins with, so that the event can't be read.
    fn data(&self) -> Option<&'s [u8]> {
        if self.text.strip_prefix(BOM).is_some_and(|text| text.starts_with(b"data")) {
            return Some(self.text);
        }
        let value = self.text.strip_prefix(b"data")?;
        match value.split_first() {
            None => Some(value),
            Some((b':', value)) => Some(value.strip_prefix(b" ").unwrap_or(value)),
            Some(_) => None,
        }
    }
}

/// Lines end with CR LF, LF or CR.
struct Lines<'s>(&'s [u8]);

impl<'s> Iterator for Lines<'s> {
    type Item = Line<'s>;

    fn next(&mut self) -> Option<Line<'s>> {
        if self.0.is_empty() {
            return None;
        }
        let length = self.0.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(self.0.len());
        let (text, rest) = self.0.split_at_checked(length)?;
        let ends = if rest.starts_with(b"\r\n") { 2 } else { rest.len().min(1) };
        let (ending, rest) = rest.split_at_checked(ends)?;
        self.0 = rest;
        Some(Line { text, ending })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(stream: &str) -> (Vec<String>, Option<String>) {
        let mut seen = Vec::new();
        let made = rewrite(stream.as_bytes(), &mut |data| {
            seen.push(String::from_utf8(data.to_vec()).unwrap());
            match data {
                b"keep" => Ok(None),
                b"wrong" => Err(b"error".to_vec()),
                _ => Ok(Some(b"new\nline".to_vec())),
            }
        });
        (seen, made.map(|made| String::from_utf8(made).unwrap()))
    }

    #[test]
    fn only_data_is_replaced_whatever_ends_the_lines() {
        for (stream, data, made) in [
            ("data: old\n\n", "old", "data: new\ndata: line\n\n"),
            ("id: 7\r\ndata:old\r\nretry: 1\r\n\r\n", "old", "id: 7\r\ndata: new\r\ndata: line\r\nretry: 1\r\n\r\n"),
            ("data: o\rdata:ld\r\r", "o\nld", "data: new\ndata: line\n\n"),
            ("id: 7\rdata: o\rdata:ld\n\n", "o\nld", "id: 7\ndata: new\ndata: line\n\n"),
            ("data: o\rid: 7\rdata: ld\n\n", "o\nld", "data: new\ndata: line\nid: 7\n\n"),
            ("\u{feff}data: old\n\n", "\u{feff}data: old", "data: new\ndata: line\n\n"),
            // One that isn't whole.
            ("data: old", "old", "data: new\ndata: line\n"),
            (": data: x\ndatas: y\ndata: old\n\n", "old", ": data: x\ndatas: y\ndata: new\ndata: line\n\n"),
        ] {
            assert_eq!(rewritten(stream), (vec![data.to_owned()], Some(made.to_owned())), "{stream:?}");
        }
    }

    #[test]
    fn what_is_left_as_it_is_keeps_its_bytes() {
        for stream in
            ["", "\n", ": comment\n\n", "data\n\n", "data:\n\n", "data: keep\n\n: x\r\n\r\n", "event: data\n\n"]
        {
            assert_eq!(rewritten(stream).1, None, "{stream:?}");
        }
        let two = rewritten("data: keep\n\nid: 2\ndata: old\n\n").1;
        assert_eq!(two.as_deref(), Some("data: keep\n\nid: 2\ndata: new\ndata: line\n\n"));
    }

    #[test]
    fn behind_an_error_there_is_nothing() {
        let (seen, made) = rewritten("data: keep\n\nid: 2\ndata: wrong\n\ndata: keep\n\n");
        assert_eq!(seen, ["keep", "wrong"]);
        assert_eq!(made.as_deref(), Some("data: keep\n\nid: 2\ndata: error\n\n"));
    }

    #[test]
    fn an_event_is_whole_with_its_empty_line() {
        for (stream, whole) in [
            ("data: x\n\n", true),
            ("data: x\r\n\r\n", true),
            ("data: x\n", false),
            ("data: x\r\n", false),
            ("", false),
        ] {
            assert_eq!(are_whole(stream.as_bytes()), whole, "{stream:?}");
        }
    }
}
