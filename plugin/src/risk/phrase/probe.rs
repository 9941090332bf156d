//! Where in a long text a phrase could stand.
//!
//! An automaton looks at every byte, one after the other, and a body may have a million. Nearly all of them are prose
//! or data in which no phrase can stand, and that is seen by looking at few of them:
//!
//! - the phrases that are prose have thirteen letters or more, so that six of them stand at some multiple of eight;
//! - a key is a word of nineteen characters or more without a blank;
//! - what imitates a conversation's markup has one of three rare characters.
//!
//! What is left are short ranges, for the automaton.

use std::ops::Range;

use memchr::{memchr3_iter, memmem};

/// Letters that are looked at together: of four, ordinary prose has too many in common with the phrases.
const GRAM: usize = 6;

/// The shortest phrase that is prose.
pub(super) const MIN_PROSE: usize = 13;

/// Every so many bytes a gram is looked at: in any `MIN_PROSE` bytes there is one.
const STEP: usize = MIN_PROSE - GRAM + 1;

/// No phrase is longer.
pub(super) const MAX_PHRASE: usize = 48;

/// The shortest key that is told from a word, with its beginning: `hf_` and sixteen characters.
pub(super) const MIN_KEY: usize = 19;

/// The grams that occur in the first `MIN_PROSE` bytes of a phrase: a bit for each hash.
pub(super) struct Probe {
    grams: Vec<u64>,
    dashes: memmem::Finder<'static>,
    calls: memmem::Finder<'static>,
}

impl Probe {
    pub(super) fn new<'p>(phrases: impl Iterator<Item = &'p str>) -> Self {
        let mut grams = vec![0_u64; 1 << 10];
        for phrase in phrases {
            let start = phrase.as_bytes().get(..MIN_PROSE).unwrap_or_default();
            for gram in start.windows(GRAM).filter_map(<[u8]>::first_chunk) {
                let (word, bit) = place(*gram);
                if let Some(word) = grams.get_mut(word) {
                    *word |= bit;
                }
            }
        }
        Self { grams, dashes: memmem::Finder::new("-----"), calls: memmem::Finder::new("\"tool_calls\"") }
    }

    /// Shows `visit` every range of the text in which a phrase could stand; a phrase stands wholly in one of them.
    pub(super) fn ranges(&self, text: &[u8], visit: &mut dyn FnMut(Range<usize>)) {
        let around =
            |at: usize, before: usize| at.saturating_sub(before)..at.saturating_add(MAX_PHRASE).min(text.len());
        let mut ranges = Merged::new(visit);
        for (at, _) in text.chunks(STEP).enumerate().filter(|(_, chunk)| self.has(chunk)) {
            ranges.add(around(at.saturating_mul(STEP), STEP));
        }
        ranges.restart();
        long_words(text, &mut |range| ranges.add(range));
        ranges.restart();
        memchr3_iter(b'<', b'[', b'|', text).for_each(|at| ranges.add(around(at, MAX_PHRASE)));
        ranges.restart();
        self.dashes.find_iter(text).for_each(|at| ranges.add(around(at, 0)));
        ranges.restart();
        self.calls.find_iter(text).for_each(|at| ranges.add(around(at, 0)));
        ranges.restart();
    }

    fn has(&self, chunk: &[u8]) -> bool {
        let Some(gram) = chunk.first_chunk() else { return false };
        let (word, bit) = place(*gram);
        self.grams.get(word).is_some_and(|word| word & bit != 0)
    }
}

/// The word and the bit of a gram, whatever the case of its letters.
fn place(gram: [u8; GRAM]) -> (usize, u64) {
    let [a, b, c, d, e, f] = gram;
    let letters = u64::from_le_bytes([a, b, c, d, e, f, 0, 0]) | 0x2020_2020_2020;
    // Multiplicative hashing (Knuth): the upper bits depend on all of the lower ones.
    let hash = letters.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let word = usize::try_from(hash >> 54).unwrap_or_default();
    (word, 1_u64.wrapping_shl(u32::try_from((hash >> 48) & 63).unwrap_or_default()))
}

/// Shows `visit` the words that are long enough for a key.
fn long_words(text: &[u8], visit: &mut dyn FnMut(Range<usize>)) {
    const BLOCK: usize = 8;
    // Farther than this a word isn't followed; what comes then is seen from its next block.
    const REACH: usize = 64;
    const _: () = assert!(MIN_KEY >= 2 * BLOCK - 1, "each key has a whole block in it");
    let is_blank = |byte: &u8| *byte <= b' ';
    let mut seen = 0;
    for (index, _) in text.as_chunks::<BLOCK>().0.iter().enumerate().filter(|(_, block)| !has_blank(**block)) {
        let at = index.saturating_mul(BLOCK);
        if at < seen {
            continue;
        }
        let before = text.get(at.saturating_sub(REACH)..at).unwrap_or_default();
        let start = at.saturating_sub(before.iter().rev().position(is_blank).unwrap_or(before.len()));
        let behind = text.get(at..).unwrap_or_default();
        let length = behind.iter().take(REACH).position(is_blank).unwrap_or(behind.len().min(REACH));
        let end = at.saturating_add(length);
        seen = end.saturating_sub(BLOCK);
        if end.saturating_sub(start) >= MIN_KEY {
            visit(start..end);
        }
    }
}

/// Whether one of eight bytes is a blank or a control character (the `hasless` of "Bit Twiddling Hacks").
fn has_blank(block: [u8; 8]) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let word = u64::from_le_bytes(block);
    word.wrapping_sub(ONES.wrapping_mul(0x21)) & !word & ONES.wrapping_mul(0x80) != 0
}

/// Ranges in order, those that touch made one.
struct Merged<'v> {
    pending: Option<Range<usize>>,
    visit: &'v mut dyn FnMut(Range<usize>),
}

impl<'v> Merged<'v> {
    fn new(visit: &'v mut dyn FnMut(Range<usize>)) -> Self {
        Self { pending: None, visit }
    }

    fn add(&mut self, range: Range<usize>) {
        match &mut self.pending {
            Some(pending) if range.start <= pending.end => pending.end = pending.end.max(range.end),
            pending => {
                if let Some(done) = pending.replace(range) {
                    (self.visit)(done);
                }
            }
        }
    }

    /// What comes next begins from the front again.
    fn restart(&mut self) {
        if let Some(done) = self.pending.take() {
            (self.visit)(done);
        }
    }
}
