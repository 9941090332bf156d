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
    let text = simdutf8::compat::from_utf8(bytes).map_err(|error| Kind::Utf8.at(error.valid_up_to()))?;
    let incomplete = Kind::UnexpectedEnd.at(bytes.len());
    let mut reader = Reader { text, bytes, at: 0, limits, tape, open: Open::NONE, depth: 0, invalid: incomplete };
    match reader.document() {
        Ok(()) => tape.nodes.first().map(|root| (text, *root)).ok_or(incomplete),
        Err(Refused) => Err(reader.invalid),
    }
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
    /// Why the document is refused, once it is.
    invalid: InvalidJson,
}

/// The document is invalid, and the reader knows why. This way the answer of nearly every step fits a register.
struct Refused;

type Step<T> = Result<T, Refused>;

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
    fn document(&mut self) -> Step<()> {
        loop {
            if let Read::Begun = self.value()? {
                continue;
            }
            // A value is complete: close what ends here, up to a comma or the document's end.
            loop {
                match (self.open.kind, self.token()) {
                    (Container::None, None) => return Ok(()),
                    (Container::None, Some(_)) => return Err(self.refuse(Kind::TrailingData, self.at)),
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

    #[inline(always)]
    fn value(&mut self) -> Step<Read> {
        match self.token() {
            Some(b'"') => self.string().map(|()| Read::Whole),
            Some(b'-' | b'0'..=b'9') => self.number().map(|()| Read::Whole),
            Some(b'{') => self.begin(Container::Object),
            Some(b'[') => self.begin(Container::Array),
            Some(b't') => self.literal(b"true"),
            Some(b'f') => self.literal(b"false"),
            Some(b'n') => self.literal(b"null"),
            found => Err(self.unexpected(found, "a value")),
        }
    }

    /// A container begins here. The first member's name is read too.
    #[inline(always)]
    fn begin(&mut self, kind: Container) -> Step<Read> {
        if self.depth >= self.limits.depth {
            return Err(self.refuse(Kind::TooDeep, self.at));
        }
        let (start, node) = (narrow(self.at), narrow(self.tape.nodes.len()));
        // Until it ends, the node keeps what the walk needs to know about the container around it.
        let Open { kind: around, node: next, count: extra } = self.open;
        self.push(Node { start, end: u32::from(around == Container::Object), next, extra })?;
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
    fn close(&mut self) -> Step<()> {
        let Open { kind, node, count } = self.open;
        if kind == Container::Object
            && count > 1
            && let Err((kind, at)) = names::all_differ(self.text, self.tape, node, count, self.limits.case_variants)
        {
            return Err(self.refuse(kind, wide(at)));
        }
        self.pass(1);
        self.depth = self.depth.wrapping_sub(1);
        let next = narrow(self.tape.nodes.len());
        let Some(closed) = self.tape.nodes.get_mut(wide(node)) else { return Ok(()) };
        let kind = match (self.depth, closed.end) {
            (0, _) => Container::None,
            (_, 0) => Container::Array,
            _ => Container::Object,
        };
        self.open = Open { kind, node: closed.next, count: closed.extra };
        *closed = Node { start: closed.start, end: narrow(self.at), next, extra: count };
        Ok(())
    }

    /// A member's name and its colon.
    #[inline(always)]
    fn name(&mut self) -> Step<()> {
        if self.open.count >= self.limits.members {
            return Err(self.refuse(Kind::TooManyMembers, self.at));
        }
        self.open.count = self.open.count.wrapping_add(1);
        match self.token() {
            Some(b'"') => {
                let (content, end, escaped) = self.string_end()?;
                let start = narrow(self.at);
                let name = self.text.get(content..).unwrap_or_default();
                let mut node = Node { start, end: narrow(end), next: 0, extra: u32::from(escaped) };
                node.next = match escaped {
                    false => names::fingerprint_in(name, end.wrapping_sub(content).wrapping_sub(1)),
                    true => names::fingerprint(&node.meaning(self.text)),
                };
                self.push(node)?;
                self.at = end;
            }
            found => return Err(self.unexpected(found, "a member name in `\"`")),
        }
        match self.token() {
            Some(b':') => self.pass(1),
            found => return Err(self.unexpected(found, "`:`")),
        }
        Ok(())
    }

    #[inline(always)]
    fn string(&mut self) -> Step<()> {
        let (_, end, escaped) = self.string_end()?;
        self.scalar(end, u32::from(escaped))
    }

    /// Of the string that begins here: where its content begins, where it ends, and whether it has escapes.
    #[inline(always)]
    fn string_end(&mut self) -> Step<(usize, usize, bool)> {
        let content = self.at.wrapping_add(1);
        let mut end = content;
        let mut escaped = false;
        loop {
            end = end.wrapping_add(scan::plain_run(self.bytes.get(end..).unwrap_or_default()));
            match self.bytes.get(end) {
                Some(b'"') => break,
                Some(b'\\') => {
                    match text::escape_len(self.bytes.get(end..).unwrap_or_default()) {
                        Ok(len) => end = end.wrapping_add(len),
                        Err(kind) => return Err(self.refuse(kind, end)),
                    }
                    escaped = true;
                }
                Some(_) => return Err(self.refuse(Kind::ControlCharacter, end)),
                None => return Err(self.refuse(Kind::UnexpectedEnd, end)),
            }
        }
        if end.wrapping_sub(content) > self.limits.string {
            return Err(self.refuse(Kind::StringTooLong, self.at));
        }
        Ok((content, end.wrapping_add(1), escaped))
    }

    fn number(&mut self) -> Step<()> {
        match number::len(self.bytes.get(self.at..).unwrap_or_default()) {
            Ok(len) => self.scalar(self.at.wrapping_add(len), 0),
            Err((kind, ahead)) => Err(self.refuse(kind, self.at.wrapping_add(ahead))),
        }
    }

    fn literal(&mut self, word: &[u8]) -> Step<Read> {
        let end = self.at.wrapping_add(word.len());
        if self.bytes.get(self.at..end) != Some(word) {
            return Err(self.refuse(Kind::Syntax { expected: "a value" }, self.at));
        }
        self.scalar(end, 0).map(|()| Read::Whole)
    }

    /// A value that ends before `end`, without any in it.
    #[inline(always)]
    fn scalar(&mut self, end: usize, extra: u32) -> Step<()> {
        let next = narrow(self.tape.nodes.len().wrapping_add(1));
        self.push(Node { start: narrow(self.at), end: narrow(end), next, extra })?;
        self.at = end;
        Ok(())
    }

    #[inline(always)]
    fn push(&mut self, node: Node) -> Step<()> {
        if self.tape.nodes.len() >= wide(self.limits.nodes) {
            return Err(self.refuse(Kind::TooManyNodes, self.at));
        }
        self.tape.nodes.push(node);
        Ok(())
    }

    /// Skips white space; the byte behind it stays where it is.
    #[inline(always)]
    fn token(&mut self) -> Option<u8> {
        loop {
            match self.bytes.get(self.at) {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.pass(1),
                found => return found.copied(),
            }
        }
    }

    #[inline(always)]
    fn pass(&mut self, len: usize) {
        self.at = self.at.wrapping_add(len);
    }

    #[cold]
    fn refuse(&mut self, kind: Kind, at: usize) -> Refused {
        self.invalid = kind.at(at);
        Refused
    }

    #[cold]
    fn unexpected(&mut self, found: Option<u8>, expected: &'static str) -> Refused {
        let kind = if found.is_some() { Kind::Syntax { expected } } else { Kind::UnexpectedEnd };
        self.refuse(kind, self.at)
    }
}
