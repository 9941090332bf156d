//! Card numbers that leave.

use super::Code;
use super::finding::Findings;
use super::leaf::Leaf;
use crate::action::ActionKind;

/// Digits of a card number (ISO/IEC 7812).
const LENGTHS: std::ops::RangeInclusive<usize> = 13..=19;

pub(super) fn look(leaf: &Leaf<'_, '_>, kind: ActionKind, findings: &mut Findings) {
    if matches!(kind, ActionKind::List | ActionKind::Read) {
        return;
    }
    if leaf.text().is_some_and(has_card) {
        findings.add_once(Code::SecretCard, leaf.pointer, Code::SecretCard.explanation());
    }
}

/// A card and the gaps between its digits take up no more than two of these, so that one has half of its digits.
const BLOCK: usize = 64;

/// Half of the digits of the shortest card, rounded up.
const FEW: u8 = 7;

/// Whether digits stand there, in groups or not, that are as many as a card has and pass its check.
fn has_card(text: &str) -> bool {
    let bytes = text.as_bytes();
    // Counting digits block by block is a matter of some instructions each; most texts have no block with many.
    let mut rich = bytes.chunks(BLOCK).enumerate().filter(|(_, block)| digits_in(block) >= FEW).map(|(index, _)| index);
    let mut seen = 0;
    rich.any(|index| {
        let begin = index.saturating_sub(1).saturating_mul(BLOCK).max(seen);
        let end = index.saturating_add(2).saturating_mul(BLOCK).min(bytes.len());
        // What the end cuts off is looked at with the next block, which has many digits then too.
        seen = index.saturating_mul(BLOCK);
        has_card_between(bytes, begin, end)
    })
}

fn digits_in(block: &[u8]) -> u8 {
    block.iter().fold(0, |sum, byte| sum.wrapping_add(u8::from(byte.is_ascii_digit())))
}

/// The same of a part; a number that is cut off at its beginning or its end isn't one.
fn has_card_between(bytes: &[u8], begin: usize, end: usize) -> bool {
    let is_cut = begin.checked_sub(1).and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    let mut digits: Vec<u8> = Vec::new();
    let mut gap = 0_u8;
    let mut is_whole = !is_cut;
    let part = bytes.get(begin..end).unwrap_or_default();
    let stop = (end == bytes.len()).then_some(b'.');
    for byte in part.iter().copied().chain(stop) {
        match byte {
            b'0'..=b'9' => {
                digits.push(byte.wrapping_sub(b'0'));
                gap = 0;
            }
            b' ' | b'-' if gap == 0 && (!digits.is_empty() || !is_whole) => gap = 1,
            _ => {
                if is_whole && is_card(&digits) {
                    return true;
                }
                digits.clear();
                gap = 0;
                is_whole = true;
            }
        }
    }
    false
}

/// The length, a first digit that networks issue, and Luhn's check.
fn is_card(digits: &[u8]) -> bool {
    if !LENGTHS.contains(&digits.len()) || !matches!(digits.first(), Some(3..=6)) {
        return false;
    }
    let sum = digits.iter().rev().enumerate().fold(0_u32, |sum, (place, digit)| {
        let counted = match place & 1 {
            0 => *digit,
            _ if *digit > 4 => digit.wrapping_mul(2).wrapping_sub(9),
            _ => digit.wrapping_mul(2),
        };
        sum.saturating_add(u32::from(counted))
    });
    sum.checked_rem(10) == Some(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_is_told_from_other_numbers() {
        for (text, expected) in [
            ("4111111111111111", true),
            ("pay with 4111 1111 1111 1111 please", true),
            ("5500-0000-0000-0004", true),
            ("378282246310005", true),
            ("4111111111111112", false),
            ("1234567890123", false),
            ("41111111111111111111111", false),
            ("4111  1111  1111  1111", false),
            ("", false),
        ] {
            assert_eq!(has_card(text), expected, "{text}");
        }
    }

    #[test]
    fn a_card_is_found_wherever_it_stands_in_a_long_text() {
        for number in ["4111111111111111", "4111 1111 1111 1111", "4222222222222", "3-7-8-2-8-2-2-4-6-3-1-0-0-0-5"] {
            for before in 0..200 {
                let text = format!("{}, {number} {}", "x".repeat(before), " and more text".repeat(20));
                assert!(has_card(&text), "{before} {number}");
                let longer = format!("{}, 9{}{number} {}", "x".repeat(before), "0".repeat(30), "y".repeat(100));
                assert!(!has_card(&longer), "{before} {number}");
            }
        }
    }
}
