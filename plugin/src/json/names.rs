//! Are the names of one object all different?
//!
//! Each name has a fingerprint of 32 bits. Different fingerprints prove different names, and are nearly always enough. Where two
//! are equal, or where an attacker made them crowd, the names themselves are sorted: that takes O(n log n) whatever they are, so
//! the fingerprint needs no secret key.

use super::tape::{Node, Tape, narrow, wide};
use super::text;
use std::borrow::Cow;

/// Up to so many members, comparing all pairs of fingerprints is cheaper than a set of them.
const FEW: usize = 16;

/// How many steps a name may search for its place in the set, on average, before the set is given up. A set that is half full
/// needs 1.5.
const STEPS_A_NAME: usize = 8;

/// A number that differs for most names that differ. Never 0.
pub(super) fn fingerprint(name: &[u8]) -> u32 {
    let mut state = u64::from(narrow(name.len()));
    if let Some(tail) = name.last_chunk::<8>() {
        for word in name.as_chunks::<8>().0 {
            state = mix(state, u64::from_le_bytes(*word));
        }
        state = mix(state, u64::from_le_bytes(*tail));
    } else if let (Some(head), Some(tail)) = (name.first_chunk::<4>(), name.last_chunk::<4>()) {
        let (head, tail) = (u64::from(u32::from_le_bytes(*head)), u64::from(u32::from_le_bytes(*tail)));
        state = mix(state, head << 32 | tail);
    } else {
        state = mix(state, name.iter().fold(0, |word, &byte| word << 8 | u64::from(byte)));
    }
    // The upper half, as `u32`: nothing is cut off.
    u32::try_from(state >> 32).unwrap_or_default() | 1
}

/// One round: every bit of the product's upper half depends on all bits below it.
const fn mix(state: u64, word: u64) -> u64 {
    let product = (state ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    product ^ product >> 32
}

/// The fingerprint of the name at `node`, as it means, not as it stands there.
pub(super) fn fingerprint_of(document: &str, node: Node) -> u32 {
    if node.extra == 0 {
        fingerprint(node.content(document).as_bytes())
    } else {
        fingerprint(text::meaning(node.content(document), true).as_bytes())
    }
}

/// Checks the names of the object at `object`, which has `count` members, all of them on the tape.
///
/// # Errors
///
/// Where the first name stands that an earlier member of the object has too.
pub(super) fn all_differ(document: &str, tape: &mut Tape, object: u32, count: u32) -> Result<(), u32> {
    let members = Names { nodes: &tape.nodes, index: object.wrapping_add(1) };
    let count = wide(count);
    let differ = if count <= FEW { few_differ(members) } else { many_differ(members, count, &mut tape.seen) };
    if differ { Ok(()) } else { sorted_differ(document, members, count) }
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
fn sorted_differ(document: &str, names: Names<'_>, count: usize) -> Result<(), u32> {
    let mut sorted: Vec<(Cow<'_, str>, u32)> = Vec::with_capacity(count);
    sorted.extend(names.map(|name| (text::meaning(name.content(document), name.extra != 0), name.start)));
    sorted.sort_unstable();
    let repeated = sorted.array_windows().filter(|[one, other]| one.0 == other.0).map(|[_, other]| other.1);
    repeated.min().map_or(Ok(()), Err)
}
