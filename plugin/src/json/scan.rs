//! How far a string goes on without anything special: the loop in which a reader of JSON spends most of its time.

/// Bytes looked at in one step.
const STEP: usize = 16;

/// Length of the longest prefix of `bytes` without `"`, `\` and control characters.
#[inline(always)]
pub(super) fn plain_run(bytes: &[u8]) -> usize {
    let (steps, rest) = bytes.as_chunks::<STEP>();
    // Never more than the length: it can't wrap.
    let mut run: usize = 0;
    for step in steps {
        if let Some(first) = first_special(step) {
            return run.wrapping_add(first);
        }
        run = run.wrapping_add(STEP);
    }
    let tail = rest.iter().position(|&byte| is_special(byte)).unwrap_or(rest.len());
    run.wrapping_add(tail)
}

const fn is_special(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// Index of the first special byte in one step: 16 bytes at once.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
#[inline(always)]
fn first_special(step: &[u8; STEP]) -> Option<usize> {
    use core::arch::wasm32::{i8x16_bitmask, i8x16_eq, i8x16_splat, u8x16_lt, u8x16_splat, u64x2, v128_or};

    let (low, high) = (step.first_chunk::<8>()?, step.last_chunk::<8>()?);
    let bytes = u64x2(u64::from_le_bytes(*low), u64::from_le_bytes(*high));
    let special = v128_or(
        v128_or(i8x16_eq(bytes, i8x16_splat(0x22)), i8x16_eq(bytes, i8x16_splat(0x5c))),
        u8x16_lt(bytes, u8x16_splat(0x20)),
    );
    match i8x16_bitmask(special) {
        0 => None,
        mask => usize::try_from(mask.trailing_zeros()).ok(),
    }
}

/// The same in two words of 8 bytes, for targets without known vector instructions.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
#[inline(always)]
fn first_special(step: &[u8; STEP]) -> Option<usize> {
    let (low, high) = (step.first_chunk::<8>()?, step.last_chunk::<8>()?);
    let (low, high) = (specials(u64::from_le_bytes(*low)), specials(u64::from_le_bytes(*high)));
    let bit = match (low, high) {
        (0, 0) => return None,
        (0, high) => high.trailing_zeros().saturating_add(64),
        (low, _) => low.trailing_zeros(),
    };
    usize::try_from(bit >> 3).ok()
}

/// The top bit of the first special byte of `word`, and of no byte before it. (Bytes after it may be marked wrongly: a borrow
/// travels upwards.)
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
const fn specials(word: u64) -> u64 {
    const EACH: u64 = u64::MAX / 0xff;
    const TOP: u64 = EACH << 7;
    const QUOTES: u64 = EACH * 0x22;
    const BACKSLASHES: u64 = EACH * 0x5c;
    const SPACES: u64 = EACH * 0x20;
    let quote = word ^ QUOTES;
    let backslash = word ^ BACKSLASHES;
    // A byte below n borrows when n is subtracted; one with its own top bit set was not below it.
    let control = word.wrapping_sub(SPACES) & !word;
    let quote = quote.wrapping_sub(EACH) & !quote;
    let backslash = backslash.wrapping_sub(EACH) & !backslash;
    (control | quote | backslash) & TOP
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_at_every_place_is_judged_like_one_by_one() {
        for byte in 0..=u8::MAX {
            for len in 0..50 {
                for place in 0..len {
                    for filler in [b'a', 0x80, 0xff, 0x21, 0x23, 0x5b, 0x5d, 0x20] {
                        let mut bytes = vec![filler; len];
                        bytes[place] = byte;
                        let expected = if is_special(byte) { place } else { len };
                        assert_eq!(plain_run(&bytes), expected, "{byte:#x} at {place} of {len} in {filler:#x}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_first_of_several_is_found() {
        assert_eq!(plain_run(b"0123456789\\abc\"def\n"), 10);
        assert_eq!(plain_run(b"\x1f\"\\"), 0);
        assert_eq!(plain_run("äöü€ – 日本語日本語日本語\"".as_bytes()), "äöü€ – 日本語日本語日本語".len());
    }
}
