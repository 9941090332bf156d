//! Are the names of one object all different?
//!
//! Each name has a fingerprint of 32 bits, which names share that differ only in their case. Different fingerprints prove different
//! names, and are nearly always enough. Where two are equal, or where an attacker made them crowd, the names themselves are sorted: that
//! takes O(n log n) whatever they are, so the fingerprint needs no secret key.

use super::tape::{Node, Tape, narrow, wide};
use super::{InvalidJsonKind, fold, text};
use std::borrow::Cow;

/// Up to so many members, comparing all pairs of fingerprints is cheaper than a set of them.
const FEW: usize = 16;

/// How many steps a name may search for its place in the set, on average, before the set is given up. A set that is half full
/// needs 1.5.
const STEPS_A_NAME: usize = 8;

/// The bit that tells ASCII's capitals from its small letters, in each byte of a word. Setting it also makes some other characters
/// equal, which costs a closer look and nothing else.
const CASE: u64 = u64::MAX / 0xff * 0x20;

/// What a word of ASCII has not.
const NOT_ASCII: u64 = u64::MAX / 0xff * 0x80;

/// A number that differs for most names that differ in more than their case. Never 0.
pub(super) fn fingerprint(name: &str) -> u32 {
    if name.is_ascii() { of_bytes(name.as_bytes()) } else { of_bytes(fold(Cow::Borrowed(name)).as_bytes()) }
}

fn of_bytes(name: &[u8]) -> u32 {
    let mut word = [0; 8];
    word.iter_mut().zip(name).for_each(|(byte, from)| *byte = *from);
    let mut state = mix(u64::from(narrow(name.len())), u64::from_le_bytes(word) | CASE);
    // A short name is all in its first word, the others are read in steps, the last of which may overlap the one before.
    if let (Some((_, rest)), Some(tail)) = (name.split_first_chunk::<8>(), name.last_chunk::<8>()) {
        if rest.is_empty() {
            return finish(state);
        }
        for word in rest.as_chunks::<8>().0 {
            state = mix(state, u64::from_le_bytes(*word) | CASE);
        }
        state = mix(state, u64::from_le_bytes(*tail) | CASE);
    }
    finish(state)
}

/// The fingerprint of the name that is the first `len` bytes of `body`, without looking at the single bytes of a short one.
#[inline(always)]
pub(super) fn fingerprint_in(body: &str, len: usize) -> u32 {
    if let Some(word) = body.as_bytes().first_chunk::<8>()
        && len <= 8
    {
        let unused = 64_u32.saturating_sub(narrow(len).wrapping_mul(8));
        let word = u64::from_le_bytes(*word) & u64::MAX.checked_shr(unused).unwrap_or(0);
        if word & NOT_ASCII == 0 {
            return finish(mix(u64::from(narrow(len)), word | CASE));
        }
    }
    fingerprint(body.get(..len).unwrap_or_default())
}

/// One round: every bit of the product's upper half depends on all bits below it.
const fn mix(state: u64, word: u64) -> u64 {
    let product = (state ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    product ^ product >> 32
}

/// The upper half, as `u32` (nothing is cut off), and never 0.
fn finish(state: u64) -> u32 {
    u32::try_from(state >> 32).unwrap_or_default() | 1
}

/// Checks the names of the object at `object`, which has `count` members, all of them on the tape; whether they may differ in nothing
/// but their case is said by `case_variants`.
///
/// # Errors
///
/// Where the first name stands that an earlier member of the object has too, and in which sense.
pub(super) fn all_differ(
    document: &str,
    tape: &mut Tape,
    object: u32,
    count: u32,
    case_variants: bool,
) -> Result<(), (InvalidJsonKind, u32)> {
    let members = Names { nodes: &tape.nodes, index: object.wrapping_add(1) };
    let count = wide(count);
    let differ = if count <= FEW { few_differ(members) } else { many_differ(members, count, &mut tape.seen) };
    if differ { Ok(()) } else { sorted_differ(document, members, count, case_variants) }
}

/// The names' nodes of an object whose end is the tape's end.
#[derive(Clone, Copy)]
struct Names<'t> {
    nodes: &'t [Node],
    index: u32,
}

impl Iterator for Names<'_> {
    type Item = Node;

    fn next(&mut self) -> Option<Node> {
        let name = self.nodes.get(wide(self.index))?;
        let value = self.nodes.get(wide(self.index).wrapping_add(1))?;
        self.index = value.next;
        Some(*name)
    }
}

/// Whether up to [`FEW`] fingerprints all differ.
fn few_differ(names: Names<'_>) -> bool {
    // No fingerprint is 0.
    let mut seen = [0; FEW];
    let mut differ = true;
    for (place, name) in names.enumerate() {
        let (before, from_here) = seen.split_at_mut(place.min(FEW));
        differ &= !before.contains(&name.next);
        if let Some(slot) = from_here.first_mut() {
            *slot = name.next;
        }
    }
    differ
}

/// Whether any number of fingerprints all differ and are scattered. `false` is no proof.
fn many_differ(names: Names<'_>, count: usize, seen: &mut Vec<u32>) -> bool {
    let slots = count.saturating_mul(2).next_power_of_two();
    let mask = slots.wrapping_sub(1);
    let mut steps = count.saturating_mul(STEPS_A_NAME);
    seen.clear();
    seen.resize(slots, 0);
    for name in names {
        // The lowest bit is always set.
        let mut place = wide(name.next >> 1) & mask;
        while let Some(slot) = seen.get_mut(place) {
            if *slot == 0 {
                *slot = name.next;
                break;
            }
            steps = steps.saturating_sub(1);
            if *slot == name.next || steps == 0 {
                return false;
            }
            place = place.wrapping_add(1) & mask;
        }
    }
    true
}

/// The proof: equal names are neighbours when sorted.
#[cold]
fn sorted_differ(
    document: &str,
    names: Names<'_>,
    count: usize,
    case_variants: bool,
) -> Result<(), (InvalidJsonKind, u32)> {
    let mut sorted: Vec<(Cow<'_, str>, u32)> = Vec::with_capacity(count);
    sorted.extend(names.map(|name| (text::meaning(name.content(document), name.extra != 0), name.start)));
    repeated(&mut sorted).map_or(Ok(()), |at| Err((InvalidJsonKind::DuplicateMember, at)))?;
    if case_variants {
        return Ok(());
    }
    let mut folded = sorted.into_iter().map(|(name, start)| (fold(name), start)).collect();
    repeated(&mut folded).map_or(Ok(()), |at| Err((InvalidJsonKind::CaseVariant, at)))
}

/// Where the first name stands that an earlier one equals.
fn repeated(names: &mut Vec<(Cow<'_, str>, u32)>) -> Option<u32> {
    names.sort_unstable();
    names.array_windows().filter(|[one, other]| one.0 == other.0).map(|[_, other]| other.1).min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{Document, InvalidJsonKind, Limits};
    use std::collections::HashMap;

    fn object(names: &[String]) -> String {
        let members: Vec<_> = names.iter().map(|name| format!("\"{name}\":0")).collect();
        format!("{{{}}}", members.join(","))
    }

    fn reads(names: &[String]) -> Result<(), InvalidJsonKind> {
        let body = object(names);
        Document::read(body.as_bytes(), &Limits::default(), Tape::default()).map(drop).map_err(|invalid| invalid.kind)
    }

    #[test]
    fn a_name_has_one_fingerprint_wherever_it_stands() {
        let body = "abcdefghijklmnopqrstuvwxyz0123456789";
        for len in 0..=body.len() {
            for behind in [0, 1, 7, 8, 20] {
                let name = body.get(..len).unwrap();
                let body = [name, &"\"".repeat(behind)].concat();
                assert_eq!(fingerprint_in(&body, len), fingerprint(name), "{len} {behind}");
                assert_eq!(fingerprint(&name.to_uppercase()), fingerprint(name), "{len}");
            }
        }
    }

    #[test]
    fn a_repeated_name_is_found_at_any_place_among_few_and_many() {
        for count in [2, 3, FEW - 1, FEW, FEW + 1, 40, 1000] {
            let names: Vec<String> = (0..count).map(|place| format!("name_{place}")).collect();
            assert_eq!(reads(&names), Ok(()), "{count}");
            for repeated in [0, (count - 1) / 2, count - 2] {
                for name in [names[repeated].clone(), names[repeated].replace('n', "\\u006e")] {
                    let mut names = names.clone();
                    names[count - 1] = name;
                    assert_eq!(reads(&names), Err(InvalidJsonKind::DuplicateMember), "{repeated} of {count}");
                }
            }
        }
    }

    #[test]
    fn the_second_of_two_equal_names_is_where_the_error_is() {
        let body = br#"{"a":{"x":1,"y":2},"b":[{"x":3}],"x":0,"y":0,"\u0061":0,"b":0}"#;
        let invalid = Document::read(body, &Limits::default(), Tape::default()).unwrap_err();
        assert_eq!((invalid.kind, invalid.at), (InvalidJsonKind::DuplicateMember, 45));
    }

    #[test]
    fn different_names_of_one_fingerprint_are_not_taken_for_duplicates() {
        let mut known = HashMap::new();
        let (one, other) = (0..4_000_000)
            .map(|place| format!("n{place:x}"))
            .find_map(|name| known.insert(fingerprint(&name), name.clone()).map(|before| (before, name)))
            .unwrap();
        let mut names = vec![one.clone(), other];
        assert_eq!(reads(&names), Ok(()));
        names.extend((0..FEW).map(|place| format!("name_{place}")));
        assert_eq!(reads(&names), Ok(()));
        names.push(one);
        assert_eq!(reads(&names), Err(InvalidJsonKind::DuplicateMember));
    }

    #[test]
    fn names_that_crowd_in_one_place_are_still_told_apart() {
        let crowd = |name: &String| wide(fingerprint(name) >> 1) & 0x3ff < 8;
        let mut names: Vec<String> = (0..).map(|place| format!("n{place:x}")).filter(crowd).take(300).collect();
        assert_eq!(reads(&names), Ok(()));
        names.push(names[150].clone());
        assert_eq!(reads(&names), Err(InvalidJsonKind::DuplicateMember));
    }

    #[test]
    fn names_that_differ_only_in_case_are_one_name_where_that_is_asked_for() {
        let strict = Limits { case_variants: false, ..Limits::default() };
        let read = |body: &str, limits: &Limits| {
            Document::read(body.as_bytes(), limits, Tape::default()).map(drop).map_err(|it| (it.kind, it.at))
        };
        let many = |last: &str| {
            let names: Vec<_> = (0..40).map(|place| format!("\"name_{place}\":0")).collect();
            format!("{{{},\"{last}\":0}}", names.join(","))
        };
        for (body, at) in [
            (r#"{"name":1,"Name":2}"#.to_owned(), Some(10)),
            (r#"{"a":{"b":[{"to":1,"tO":2}]}}"#.to_owned(), Some(19)),
            (r#"{"s":1,"ſ":2}"#.to_owned(), Some(7)),
            (r#"{"task":1,"tas\u212a":2}"#.to_owned(), Some(10)),
            (many("NAME_7"), Some(many("").len() - 5)),
            (many("name-7"), None),
            (r#"{"a_":1,"a\u007f":2,"@":1,"`":2}"#.to_owned(), None),
        ] {
            assert_eq!(read(&body, &Limits::default()), Ok(()), "{body}");
            let expected = at.map_or(Ok(()), |at| Err((InvalidJsonKind::CaseVariant, at)));
            assert_eq!(read(&body, &strict), expected, "{body}");
        }
        let both = r#"{"a":1,"A":2,"a":3}"#;
        assert_eq!(read(both, &strict), Err((InvalidJsonKind::DuplicateMember, 13)));
    }
}
