//! The walk: one pass over the bytes, without recursion.

use super::tape::{Node, Tape, narrow, wide};
use super::{InvalidJson, InvalidJsonKind as Kind, Limits, names, number, scan, text};

/// Checks all of `bytes` and fills `tape`, which is empty; the answer is the same bytes as text, and the outermost value.
pub(super) fn read<'a>(bytes: &'a [u8], limits: &Limits, tape: &mut Tape) -> Result<(&'a str, Node), InvalidJson> {
    // Offsets are 32 bits wide.
    let longest = limits.bytes.min(wide(u32::MAX.saturating_sub(1)));
    if bytes.len() > longest {
        return Err(Kind::TooLarge.at(longest));
    }
    if bytes.starts_with(b"\xef\xbb\xbf") {
        return Err(Kind::ByteOrderMark.at(0));
    }
    let text = core::str::from_utf8(bytes).map_err(|error| Kind::Utf8.at(error.valid_up_to()))?;
    let mut reader = Reader { text, bytes, at: 0, limits, tape, open: Open::NONE, depth: 0 };
    reader.document()?;
    let root = reader.tape.nodes.first().copied().ok_or(Kind::UnexpectedEnd.at(bytes.len()))?;
    Ok((text, root))
}

/// Where the walk is.
struct Reader<'a, 't> {
    text: &'a str,
    bytes: &'a [u8],
    /// Offset of the next byte. It only moves past bytes that were seen, so it can't pass the end or wrap.
    at: usize,
    limits: &'t Limits,
    tape: &'t mut Tape,
    open: Open,
    depth: u16,
}

/// The innermost container that has begun and not ended. Those around it wait in their nodes.
#[derive(Clone, Copy)]
struct Open {
    kind: Container,
    /// Index of its node.
    node: u32,
    /// Members or elements so far, with the one that is being read.
    count: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Container {
    /// The document itself.
    None,
    Array,
    Object,
}

impl Open {
    const NONE: Self = Self { kind: Container::None, node: 0, count: 0 };
}

/// What a value turned out to be.
enum Read {
    /// It is complete.
    Whole,
    /// A container has begun, and isn't empty: its first value comes next.
    Begun,
}

impl Reader<'_, '_> {
    fn document(&mut self) -> Result<(), InvalidJson> {
        loop {
            if let Read::Begun = self.value()? {
                continue;
            }
            // A value is complete: close what ends here, up to a comma or the document's end.
            loop {
                match (self.open.kind, self.token()) {
                    (Container::None, None) => return Ok(()),
                    (Container::None, Some(_)) => return Err(Kind::TrailingData.at(self.at)),
                    (Container::Array, Some(b',')) => {
                        self.pass(1);
                        self.open.count = self.open.count.wrapping_add(1);
                    }
                    (Container::Object, Some(b',')) => {
                        self.pass(1);
                        self.name()?;
                    }
                    (Container::Array, Some(b']')) => {
                        self.close()?;
                        continue;
                    }
                    (Container::Object, Some(b'}')) => {
                        self.close()?;
                        continue;
                    }
                    (Container::Array, found) => return Err(self.unexpected(found, "`,` or `]`")),
                    (Container::Object, found) => return Err(self.unexpected(found, "`,` or `}`")),
                }
                break;
            }
        }
    }

    fn value(&mut self) -> Result<Read, InvalidJson> {
        match self.token() {
            Some(b'"') => self.string().map(|_| Read::Whole),
            Some(b'-' | b'0'..=b'9') => {
                let rest = self.bytes.get(self.at..).unwrap_or_default();
                let len = number::len(rest).map_err(|(kind, ahead)| kind.at(self.at.saturating_add(ahead)))?;
                self.scalar(len, 0).map(|()| Read::Whole)
            }
            Some(b'{') => self.begin(Container::Object),
            Some(b'[') => self.begin(Container::Array),
            Some(b't') => self.literal(b"true"),
            Some(b'f') => self.literal(b"false"),
            Some(b'n') => self.literal(b"null"),
            found => Err(self.unexpected(found, "a value")),
        }
    }

    /// A container begins here. The first member's name is read too.
    fn begin(&mut self, kind: Container) -> Result<Read, InvalidJson> {
        if self.depth >= self.limits.depth {
            return Err(Kind::TooDeep.at(self.at));
        }
        let start = narrow(self.at);
        let node = narrow(self.tape.nodes.len());
        // Until it ends, the node keeps what the walk needs to know about the container around it.
        self.push(Node { start, end: 0, next: self.open.node, extra: self.open.count })?;
        self.depth = self.depth.wrapping_add(1);
        self.open = Open { kind, node, count: 0 };
        self.pass(1);
        match (kind, self.token()) {
            (Container::Array, Some(b']')) | (Container::Object, Some(b'}')) => self.close().map(|()| Read::Whole),
            (Container::Object, _) => self.name().map(|()| Read::Begun),
            (Container::Array | Container::None, _) => {
                self.open.count = 1;
                Ok(Read::Begun)
            }
        }
    }

    /// The innermost container ends here.
    fn close(&mut self) -> Result<(), InvalidJson> {
        let Open { kind, node, count } = self.open;
        if kind == Container::Object && count > 1 {
            names::all_differ(self.text, self.tape, node, count).map_err(|at| Kind::DuplicateMember.at(wide(at)))?;
        }
        self.pass(1);
        self.depth = self.depth.wrapping_sub(1);
        let next = narrow(self.tape.nodes.len());
        let Some(closed) = self.tape.nodes.get_mut(wide(node)) else {
            return Ok(());
        };
        let (around, count_around) = (closed.next, closed.extra);
        *closed = Node { start: closed.start, end: narrow(self.at), next, extra: count };
        let first_byte = self.tape.nodes.get(wide(around)).and_then(|around| self.bytes.get(wide(around.start)));
        let kind = match first_byte {
            _ if self.depth == 0 => Container::None,
            Some(b'{') => Container::Object,
            _ => Container::Array,
        };
        self.open = Open { kind, node: around, count: count_around };
        Ok(())
    }

    /// A member's name and its colon.
    fn name(&mut self) -> Result<(), InvalidJson> {
        if self.open.count >= self.limits.members {
            return Err(Kind::TooManyMembers.at(self.at));
        }
        self.open.count = self.open.count.wrapping_add(1);
        match self.token() {
            Some(b'"') => self.string()?,
            found => return Err(self.unexpected(found, "a member name in `\"`")),
        }
        if let Some(name) = self.tape.nodes.last_mut() {
            name.next = names::fingerprint_of(self.text, *name);
        }
        match self.token() {
            Some(b':') => self.pass(1),
            found => return Err(self.unexpected(found, "`:`")),
        }
        Ok(())
    }

    fn string(&mut self) -> Result<(), InvalidJson> {
        let content = self.at.wrapping_add(1);
        let mut end = content;
        let mut escaped = 0;
        loop {
            let rest = self.bytes.get(end..).unwrap_or_default();
            end = end.wrapping_add(scan::plain_run(rest));
            match self.bytes.get(end) {
                Some(b'"') => break,
                Some(b'\\') => {
                    let rest = self.bytes.get(end..).unwrap_or_default();
                    end = end.wrapping_add(text::escape_len(rest).map_err(|kind| kind.at(end))?);
                    escaped = 1;
                }
                Some(_) => return Err(Kind::ControlCharacter.at(end)),
                None => return Err(Kind::UnexpectedEnd.at(end)),
            }
        }
        if end.wrapping_sub(content) > self.limits.string {
            return Err(Kind::StringTooLong.at(self.at));
        }
        self.scalar(end.wrapping_add(1).wrapping_sub(self.at), escaped)
    }

    fn literal(&mut self, word: &[u8]) -> Result<Read, InvalidJson> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        if !rest.starts_with(word) {
            return Err(Kind::Syntax { expected: "a value" }.at(self.at));
        }
        self.scalar(word.len(), 0).map(|()| Read::Whole)
    }

    /// A value of `len` bytes without any in it.
    fn scalar(&mut self, len: usize, extra: u32) -> Result<(), InvalidJson> {
        let end = self.at.wrapping_add(len);
        let next = narrow(self.tape.nodes.len().wrapping_add(1));
        self.push(Node { start: narrow(self.at), end: narrow(end), next, extra })?;
        self.at = end;
        Ok(())
    }

    fn push(&mut self, node: Node) -> Result<(), InvalidJson> {
        if self.tape.nodes.len() >= wide(self.limits.nodes) {
            return Err(Kind::TooManyNodes.at(self.at));
        }
        self.tape.nodes.push(node);
        Ok(())
    }

    /// Skips white space; the byte behind it stays where it is.
    fn token(&mut self) -> Option<u8> {
        loop {
            match self.bytes.get(self.at) {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.pass(1),
                found => return found.copied(),
            }
        }
    }

    fn pass(&mut self, len: usize) {
        self.at = self.at.wrapping_add(len);
    }

    fn unexpected(&self, found: Option<u8>, expected: &'static str) -> InvalidJson {
        match found {
            Some(_) => Kind::Syntax { expected }.at(self.at),
            None => Kind::UnexpectedEnd.at(self.at),
        }
    }
}
