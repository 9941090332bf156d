//! The head of a message: its headers as the bytes they are.
//!
//! Header values may hold any byte but NUL, CR and LF, so nothing here assumes text. A head is one buffer in the
//! proxy-wasm wire form plus the places of names and values in it: two allocations, however many headers there are.

use std::ops::Range;

/// The headers of a request or response, pseudo-headers (`:method`, `:path`, …) among them, in the order received.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    bytes: Vec<u8>,
    fields: Vec<(Range<usize>, Range<usize>)>,
    lengths: Lengths,
}

/// Which lengths the names have: most of the headers that are asked for aren't there, and this says so at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Lengths(u64);

impl Lengths {
    fn with(self, name: usize) -> Self {
        Self(self.0 | Self::bit(name))
    }

    fn have(self, name: usize) -> bool {
        self.0 & Self::bit(name) != 0
    }

    /// All that are longer share one.
    fn bit(name: usize) -> u64 {
        1_u64 << u32::try_from(name).unwrap_or(u32::MAX).min(63)
    }
}

/// A header map that is not in the proxy-wasm wire form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidHead;

/// A header that may stand once stood several times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeated;

impl Head {
    /// Takes over a header map as the proxy serialises it: a little-endian `u32` count, then for each header the
    /// lengths of name and value, then for each its name and value, both followed by a NUL.
    /// (proxy-wasm ABI 0.2.1, "Serialization"; `pairs_util.cc` of proxy-wasm-cpp-host.)
    ///
    /// # Errors
    /// When a length points outside the buffer.
    pub fn from_wire(bytes: Vec<u8>) -> Result<Self, InvalidHead> {
        if bytes.is_empty() {
            return Ok(Self::default());
        }
        let count = read_u32(&bytes, 0)?;
        let lengths = count.checked_mul(8).ok_or(InvalidHead)?;
        let mut place = lengths.checked_add(4).ok_or(InvalidHead)?;
        if place > bytes.len() {
            return Err(InvalidHead);
        }
        let mut fields = Vec::with_capacity(count);
        let mut lengths = Lengths::default();
        let mut at = 4_usize;
        for _ in 0..count {
            let name_length = read_u32(&bytes, at)?;
            let value_length = read_u32(&bytes, at.saturating_add(4))?;
            at = at.saturating_add(8);
            let name = take(&bytes, &mut place, name_length)?;
            let value = take(&bytes, &mut place, value_length)?;
            fields.push((name, value));
            lengths = lengths.with(name_length);
        }
        Ok(Self { bytes, fields, lengths })
    }

    /// A head of these names and values.
    pub fn from_pairs<N: AsRef<[u8]>, V: AsRef<[u8]>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let mut head = Self::default();
        for (name, value) in pairs {
            head.lengths = head.lengths.with(name.as_ref().len());
            let name = head.append(name.as_ref());
            let value = head.append(value.as_ref());
            head.fields.push((name, value));
        }
        head
    }

    fn append(&mut self, bytes: &[u8]) -> Range<usize> {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        start..self.bytes.len()
    }

    /// Every header, in the order received.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.fields.iter().map(|(name, value)| (self.slice(name), self.slice(value)))
    }

    /// Every value of `name`, which is compared without regard to case.
    pub fn all<'h>(&'h self, name: &'h str) -> impl Iterator<Item = &'h [u8]> {
        // Lengths first: they lie side by side, and tell nearly all names apart.
        let fields = if self.lengths.have(name.len()) { self.fields.as_slice() } else { &[] };
        let as_long = fields.iter().filter(move |(found, _)| found.len() == name.len());
        as_long
            .filter(move |(found, _)| self.slice(found).eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| self.slice(value))
    }

    /// The first value of `name`.
    #[must_use]
    pub fn first<'h>(&'h self, name: &'h str) -> Option<&'h [u8]> {
        self.all(name).next()
    }

    /// The value of a header that has one meaning only where it stands once.
    ///
    /// # Errors
    /// When it stands several times: which of them a server behind us would read is anybody's guess.
    pub fn only<'h>(&'h self, name: &'h str) -> Result<Option<&'h [u8]>, Repeated> {
        let mut values = self.all(name);
        let first = values.next();
        match values.next() {
            Some(_) => Err(Repeated),
            None => Ok(first),
        }
    }

    /// `:method`, empty where there is none.
    #[must_use]
    pub fn method(&self) -> &[u8] {
        self.first(":method").unwrap_or_default()
    }

    /// `:path` with its query, empty where there is none.
    #[must_use]
    pub fn target(&self) -> &[u8] {
        self.first(":path").unwrap_or_default()
    }

    fn slice(&self, range: &Range<usize>) -> &[u8] {
        self.bytes.get(range.clone()).unwrap_or_default()
    }
}

fn read_u32(bytes: &[u8], at: usize) -> Result<usize, InvalidHead> {
    let end = at.checked_add(4).ok_or(InvalidHead)?;
    let word: [u8; 4] = bytes.get(at..end).ok_or(InvalidHead)?.try_into().map_err(|_| InvalidHead)?;
    usize::try_from(u32::from_le_bytes(word)).map_err(|_| InvalidHead)
}

/// The next `length` bytes, and past the NUL behind them.
fn take(bytes: &[u8], place: &mut usize, length: usize) -> Result<Range<usize>, InvalidHead> {
    let end = place.checked_add(length).ok_or(InvalidHead)?;
    let after = end.checked_add(1).ok_or(InvalidHead)?;
    if after > bytes.len() {
        return Err(InvalidHead);
    }
    let range = *place..end;
    *place = after;
    Ok(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(pairs: &[(&[u8], &[u8])]) -> Vec<u8> {
        let mut bytes = u32::try_from(pairs.len()).unwrap().to_le_bytes().to_vec();
        for (name, value) in pairs {
            bytes.extend(u32::try_from(name.len()).unwrap().to_le_bytes());
            bytes.extend(u32::try_from(value.len()).unwrap().to_le_bytes());
        }
        for (name, value) in pairs {
            bytes.extend([*name, b"\0", *value, b"\0"].concat());
        }
        bytes
    }

    #[test]
    fn reads_the_wire_form_whatever_the_bytes() {
        let head = Head::from_wire(wire(&[(b":path", b"/mcp"), (b"x-odd", b"\xff\xfe"), (b"x-empty", b"")])).unwrap();
        assert_eq!(head.target(), b"/mcp");
        assert_eq!(head.first("X-Odd"), Some(&b"\xff\xfe"[..]));
        assert_eq!(head.first("x-empty"), Some(&b""[..]));
        assert_eq!(head.first("x-none"), None);
    }

    #[test]
    fn a_truncated_map_is_refused_wherever_it_is_cut() {
        let whole = wire(&[(b"name", b"value"), (b"other", b"one")]);
        for length in 1..whole.len() {
            assert_eq!(Head::from_wire(whole[..length].to_vec()), Err(InvalidHead), "cut at {length}");
        }
        assert_eq!(Head::from_wire(vec![0xff; 12]), Err(InvalidHead));
    }

    #[test]
    fn a_name_of_any_length_is_found() {
        for length in [1, 62, 63, 64, 65, 1000] {
            let name = "n".repeat(length);
            let head = Head::from_pairs([(&*name, "1")]);
            let same = Head::from_wire(wire(&[(name.as_bytes(), b"1")])).unwrap();
            assert_eq!((head.first(&name), same.first(&name)), (Some(&b"1"[..]), Some(&b"1"[..])), "{length}");
            assert_eq!(head.first(&"m".repeat(length)), None, "{length}");
        }
    }

    #[test]
    fn a_repeated_header_has_no_single_value() {
        let head = Head::from_pairs([("a", "1"), ("A", "2"), ("b", "3")]);
        assert_eq!(head.only("a"), Err(Repeated));
        assert_eq!(head.only("b"), Ok(Some(&b"3"[..])));
        assert_eq!(head.only("c"), Ok(None));
    }
}
