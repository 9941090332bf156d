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
    if leaf.text().is_some_and(|text| has_card(&text)) {
        findings.add_once(Code::SecretCard, leaf.pointer, Code::SecretCard.explanation());
    }
}

/// Whether digits stand there, in groups or not, that are as many as a card has and pass its check.
fn has_card(text: &str) -> bool {
    let mut digits: Vec<u8> = Vec::new();
    let mut gap = 0_u8;
    for byte in text.bytes().chain([b'.']) {
        match byte {
            b'0'..=b'9' => {
                digits.push(byte.wrapping_sub(b'0'));
                gap = 0;
            }
            b' ' | b'-' if gap == 0 && !digits.is_empty() => gap = 1,
            _ => {
                if is_card(&digits) {
                    return true;
                }
                digits.clear();
                gap = 0;
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
}
