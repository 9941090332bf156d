//! How far a string goes on without anything special: the loop in which a reader of JSON spends most of its time.

use wide::u8x16;

/// Bytes looked at in one step.
const STEP: usize = 16;

/// Length of the longest prefix of `bytes` without `"`, `\` and control characters.
#[inline(always)]
pub(super) fn plain_run(bytes: &[u8]) -> usize {
    let (steps, rest) = bytes.as_chunks::<STEP>();
    // Never more than the length: it can't wrap.
    let mut run: usize = 0;
    for step in steps {
        if let Some(first) = first_special(*step) {
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

/// Index of the first special byte in one step.
#[inline(always)]
fn first_special(step: [u8; STEP]) -> Option<usize> {
    let bytes = u8x16::new(step);
    let special =
        bytes.simd_eq(u8x16::splat(b'"')) | bytes.simd_eq(u8x16::splat(b'\\')) | bytes.simd_lt(u8x16::splat(0x20));
    match special.to_bitmask() {
        0 => None,
        mask => usize::try_from(mask.trailing_zeros()).ok(),
    }
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
