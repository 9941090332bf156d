//! How lists of pairs cross the ABI: a count, the lengths, then every string with a NUL behind it
//! (`src/pairs_util.cc` of proxy-wasm-cpp-host; all numbers little-endian `u32`).

/// More bytes than this aren't read (`include/proxy-wasm/limits.h`, `PAIRS_MAX_BYTES`).
const MAX_BYTES: usize = 1024 * 1024;
/// More pairs than this aren't read (`PAIRS_MAX_COUNT`).
const MAX_COUNT: usize = 1024;

/// A name and a value.
pub(super) type Pair = (Vec<u8>, Vec<u8>);

/// Writes pairs; lengths of 4 GiB and more can't occur, as a guest's memory ends before.
pub(super) fn write<'a>(pairs: impl Iterator<Item = (&'a [u8], &'a [u8])> + Clone) -> Vec<u8> {
    let number = |len: usize| u32::try_from(len).unwrap_or(u32::MAX).to_le_bytes();
    let mut out = number(pairs.clone().count()).to_vec();
    for (name, value) in pairs.clone() {
        out.extend_from_slice(&number(name.len()));
        out.extend_from_slice(&number(value.len()));
    }
    for (name, value) in pairs {
        for text in [name, value] {
            out.extend_from_slice(text);
            out.push(0);
        }
    }
    out
}

/// Reads pairs. Like Envoy, what isn't well-formed to the last byte is read as no pairs at all.
pub(super) fn read(bytes: &[u8]) -> Vec<Pair> {
    if bytes.len() > MAX_BYTES {
        return Vec::new();
    }
    parse(bytes).unwrap_or_default()
}

fn parse(bytes: &[u8]) -> Option<Vec<Pair>> {
    let mut rest = bytes;
    let count = number(&mut rest)?;
    if count > MAX_COUNT {
        return None;
    }
    let mut lengths = Vec::with_capacity(count);
    for _ in 0..count {
        lengths.push((number(&mut rest)?, number(&mut rest)?));
    }
    let mut pairs = Vec::with_capacity(count);
    for (name, value) in lengths {
        pairs.push((text(&mut rest, name)?, text(&mut rest, value)?));
    }
    rest.is_empty().then_some(pairs)
}

fn number(rest: &mut &[u8]) -> Option<usize> {
    let (head, tail) = rest.split_first_chunk::<4>()?;
    *rest = tail;
    usize::try_from(u32::from_le_bytes(*head)).ok()
}

fn text(rest: &mut &[u8], len: usize) -> Option<Vec<u8>> {
    let (head, tail) = rest.split_at_checked(len)?;
    let (nul, tail) = tail.split_first()?;
    *rest = tail;
    (*nul == 0).then(|| head.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_survive_the_crossing() {
        let pairs = [(b"a".as_slice(), b"".as_slice()), (b"bc", b"\xff\x01")];
        let read = read(&write(pairs.iter().copied()));
        assert_eq!(read, vec![(b"a".to_vec(), b"".to_vec()), (b"bc".to_vec(), b"\xff\x01".to_vec())]);
    }

    #[test]
    fn a_byte_too_many_or_too_few_makes_it_no_pairs() {
        let good = write([(b"a".as_slice(), b"b".as_slice())].iter().copied());
        let mut long = good.clone();
        long.push(0);
        assert_eq!(read(&good).len(), 1);
        assert_eq!(read(&long), Vec::new());
        assert_eq!(read(&good[..good.len() - 1]), Vec::new());
        assert_eq!(read(&u32::MAX.to_le_bytes()), Vec::new());
    }
}
