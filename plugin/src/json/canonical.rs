//! The canonical form of RFC 8785 (JCS): equal values have equal bytes, so a digest of them names one set of parameters.

use super::{Elements, Kind, Value, write};
use core::cmp::Ordering;
use std::borrow::Cow;

/// Whether a canonical form says all that the body said.
#[must_use = "a digest of a rounded form names several bodies"]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fidelity {
    /// Every number survived.
    Exact,
    /// At least one number was rounded to a double, as RFC 8785 prescribes: bodies that differ can have this form.
    Rounded,
}

/// Hands the canonical form of `value` to `sink`, piece by piece: members sorted by the UTF-16 code units of their names, no white
/// space, numbers as ECMAScript writes them, strings with as few escapes as possible.
pub fn write(value: Value<'_>, sink: &mut impl FnMut(&[u8])) -> Fidelity {
    let mut fidelity = Fidelity::Exact;
    let mut levels: Vec<Level<'_>> = Vec::new();
    let mut next = Some(value);
    loop {
        if let Some(value) = next.take() {
            match value.kind() {
                Kind::Object => {
                    sink(b"{");
                    levels.push(Level::Object { members: sorted(value).into_iter(), first: true });
                }
                Kind::Array => {
                    sink(b"[");
                    levels.push(Level::Array { elements: value.elements(), first: true });
                }
                _ if scalar(value, sink) == Fidelity::Rounded => fidelity = Fidelity::Rounded,
                _ => {}
            }
        }
        match levels.last_mut() {
            None => return fidelity,
            Some(level) => next = level.step(sink),
        }
        if next.is_none() {
            levels.pop();
        }
    }
}

/// A container that is half written.
enum Level<'d> {
    Object { members: std::vec::IntoIter<(Cow<'d, str>, Value<'d>)>, first: bool },
    Array { elements: Elements<'d>, first: bool },
}

impl<'d> Level<'d> {
    /// Writes all that comes before the next value, which is the answer; or the end.
    fn step(&mut self, sink: &mut impl FnMut(&[u8])) -> Option<Value<'d>> {
        match self {
            Self::Object { members, first } => {
                let Some((name, value)) = members.next() else {
                    sink(b"}");
                    return None;
                };
                comma(first, sink);
                write::string(&name, sink);
                sink(b":");
                Some(value)
            }
            Self::Array { elements, first } => {
                let Some(value) = elements.next() else {
                    sink(b"]");
                    return None;
                };
                comma(first, sink);
                Some(value)
            }
        }
    }
}

fn comma(first: &mut bool, sink: &mut impl FnMut(&[u8])) {
    if !core::mem::replace(first, false) {
        sink(b",");
    }
}

fn sorted(object: Value<'_>) -> Vec<(Cow<'_, str>, Value<'_>)> {
    let mut members: Vec<_> = object.members().collect();
    members.sort_unstable_by(|(one, _), (other, _)| utf16_order(one, other));
    members
}

/// The order of code units differs from that of UTF-8 bytes only where a surrogate meets a character above them.
fn utf16_order(one: &str, other: &str) -> Ordering {
    one.encode_utf16().cmp(other.encode_utf16())
}

fn scalar(value: Value<'_>, sink: &mut impl FnMut(&[u8])) -> Fidelity {
    if let Some(number) = value.as_number() {
        // The walk has refused what no double reaches.
        let double = number.as_f64().unwrap_or_default();
        sink(ryu_js::Buffer::new().format_finite(double).as_bytes());
        return if number.is_exact() { Fidelity::Exact } else { Fidelity::Rounded };
    }
    match value.as_str() {
        Some(text) => write::string(&text, sink),
        // `null`, `true`, `false`: they can be written in one way only.
        None => sink(value.raw()),
    }
    Fidelity::Exact
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{Document, Limits, Tape};

    fn canonical(body: &str) -> (String, Fidelity) {
        let document = Document::read(body.as_bytes(), &Limits::default(), Tape::default()).unwrap();
        let mut bytes = Vec::new();
        let fidelity = write(document.root(), &mut |piece| bytes.extend_from_slice(piece));
        (String::from_utf8(bytes).unwrap(), fidelity)
    }

    /// RFC 8785, 3.2.2 and 3.2.3. Its `333333333.33333329` has one digit more than its double.
    #[test]
    fn the_sample_of_the_rfc_is_written_as_there() {
        let body = r#"{
            "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
            "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
            "literals": [null, true, false]
        }"#;
        let expected = r#"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}"#;
        assert_eq!(canonical(body), (expected.to_owned(), Fidelity::Rounded));
    }

    /// RFC 8785, 3.2.3.
    #[test]
    fn members_are_sorted_by_utf_16_code_units() {
        let body = r#"{"\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One",
            "\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control", "\u00f6": "Latin Small Letter O With Diaeresis"}"#;
        let (text, fidelity) = canonical(body);
        let places: Vec<_> = ["Carriage Return", "One", "Control", "Latin Small", "Euro Sign", "Emoji", "Hebrew"]
            .map(|name| text.find(name).unwrap())
            .to_vec();
        assert!(places.is_sorted(), "{text}");
        assert_eq!(fidelity, Fidelity::Exact);
    }

    /// RFC 8785, appendix B, those that JSON text can hold: the double's bits and how it is written.
    #[test]
    fn numbers_are_written_as_ecmascript_does() {
        let samples = [
            (0x0000_0000_0000_0000, "0"),
            (0x8000_0000_0000_0000, "0"),
            (0x0000_0000_0000_0001, "5e-324"),
            (0x8000_0000_0000_0001, "-5e-324"),
            (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
            (0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308"),
            (0x4340_0000_0000_0000, "9007199254740992"),
            (0xc340_0000_0000_0000, "-9007199254740992"),
            (0x4430_0000_0000_0000, "295147905179352830000"),
            (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
            (0x44b5_2d02_c7e1_4af6, "1e+23"),
            (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"),
            (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
            (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"),
            (0x444b_1ae4_d6e2_ef50, "1e+21"),
            (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
            (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
            (0x41b3_de43_5555_5553, "333333333.3333332"),
            (0x41b3_de43_5555_5554, "333333333.33333325"),
            (0x41b3_de43_5555_5555, "333333333.3333333"),
            (0x41b3_de43_5555_5556, "333333333.3333334"),
            (0x41b3_de43_5555_5557, "333333333.33333343"),
            (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
            (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
        ];
        for (bits, expected) in samples {
            let double = f64::from_bits(bits);
            assert_eq!(canonical(&format!("{double:e}")), (expected.to_owned(), Fidelity::Exact));
        }
    }

    #[test]
    fn equal_values_have_equal_bytes_and_rounding_is_told() {
        assert_eq!(
            canonical(r#" { "b" : [ ] , "a" : { } , "\u0061a" : 1e2 } "#),
            (r#"{"a":{},"aa":100,"b":[]}"#.to_owned(), Fidelity::Exact)
        );
        assert_eq!(canonical("9007199254740993"), ("9007199254740992".to_owned(), Fidelity::Rounded));
    }
}
