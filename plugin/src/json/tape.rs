//! What a walk leaves behind: one span for each value and each member name, in document order.

/// The memory of a reader, kept from one document to the next.
///
/// Take it back with [`Document::into_tape`](super::Document::into_tape); a new one is always right, only slower.
#[derive(Clone, Debug, Default)]
pub struct Tape {
    pub(super) nodes: Vec<Node>,
    /// Fingerprints of one object's names while duplicates are looked for.
    pub(super) seen: Vec<u32>,
}

/// How many nodes' memory outlives a document: 256 KiB, enough for nearly every call; a worker doesn't stay large after one
/// huge body.
const KEPT_NODES: usize = 1 << 14;

/// The same for the set of fingerprints, which has at least two slots a member: 64 KiB.
const KEPT_SEEN: usize = 1 << 14;

impl Tape {
    /// Forgets the document, and what memory is above the bound.
    pub(super) fn clear(&mut self) {
        self.nodes.clear();
        self.nodes.shrink_to(KEPT_NODES);
        self.seen.clear();
        self.seen.shrink_to(KEPT_SEEN);
    }
}

/// One value, or one member name. Its kind is its first byte. Offsets are in bytes from the document's beginning.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    pub(super) start: u32,
    /// One past the last byte. Of an open container: unused.
    pub(super) end: u32,
    /// Index of the node that follows this value and all in it. Of an open container: index of the container around it.
    /// Of a name: its fingerprint, as its value always follows.
    pub(super) next: u32,
    /// Of a container: how many members or elements. Of a string: 1 if it has escapes, else 0.
    pub(super) extra: u32,
}

impl Node {
    /// What is between the quotes of a string.
    pub(super) fn content(self, document: &str) -> &str {
        document.get(wide(self.start).saturating_add(1)..wide(self.end).saturating_sub(1)).unwrap_or_default()
    }
}

/// `u32` to `usize`: the identity on every machine that this runs on.
pub(super) fn wide(offset: u32) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

/// `usize` to `u32`; offsets and counts are below 2³², which [`Limits`](super::Limits) guarantees.
pub(super) fn narrow(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}
