//! Where in a long text a phrase could stand.
//!
//! An automaton looks at every byte, one after the other, and a body may have a million. Nearly all of them are prose
//! or data in which no phrase can stand, and that is seen by looking at few of them:
//!
//! - the phrases that are prose have thirteen letters or more, so that six of them stand at some multiple of eight;
//! - a key is a word of nineteen characters or more without a blank, or begins with dashes;
//! - what imitates a conversation's markup has one of three rare characters, or a name in quotes.
//!
//! What is left are short ranges, for the automaton.

use std::ops::Range;

use wide::u8x16;

/// Bytes looked at in one step.
const STEP: usize = 16;

/// Letters that are looked at together: of four, ordinary prose has too many in common with the phrases.
const GRAM: usize = 6;

/// The shortest phrase that is prose.
pub(super) const MIN_PROSE: usize = 13;

/// Every so many bytes a gram is looked at: in any `MIN_PROSE` bytes there is one.
const STRIDE: usize = MIN_PROSE - GRAM + 1;

/// No phrase is longer.
pub(super) const MAX_PHRASE: usize = 48;

/// The shortest key that is told from a word, with its beginning: `hf_` and sixteen characters.
pub(super) const MIN_KEY: usize = 19;

/// What private keys and other armour begin with.
const DASHES: &[u8] = b"-----";

/// Markup of a conversation that none of the rare characters stands in.
const CALLS: &[u8] = b"\"tool_calls\"";

/// The grams that occur in the first `MIN_PROSE` bytes of a phrase: a bit for each hash.
pub(super) struct Probe {
    grams: Box<[u64; 1 << 10]>,
}

impl Probe {
    pub(super) fn new<'p>(phrases: impl Iterator<Item = &'p str>) -> Self {
        let mut grams = Box::new([0; 1 << 10]);
        for phrase in phrases {
            let start = phrase.as_bytes().get(..MIN_PROSE).unwrap_or_default();
            for gram in start.windows(GRAM) {
                let mut stride = [0; STRIDE];
                stride.iter_mut().zip(gram).for_each(|(to, letter)| *to = *letter);
                let (word, bit) = place(stride);
                if let Some(word) = grams.get_mut(word) {
                    *word |= bit;
                }
            }
        }
        Self { grams }
    }

    /// Shows `visit` every range of the text in which a phrase could stand; a phrase stands wholly in one of them.
    pub(super) fn ranges(&self, text: &[u8], visit: &mut dyn FnMut(Range<usize>)) {
        const { assert!(STEP == 2 * STRIDE) };
        let around =
            |at: usize, before: usize| at.saturating_sub(before)..at.saturating_add(MAX_PHRASE).min(text.len());
        let (steps, rest) = text.as_chunks::<STEP>();
        // Blanks behind the text end its last word.
        let mut last = [b' '; STEP];
        last.iter_mut().zip(rest).for_each(|(to, byte)| *to = *byte);
        let mut ranges = Merged { pending: None, visit };
        // Places in the text or at its end, or within the step behind it: they can't wrap.
        let (mut at, mut word) = (0_usize, 0_usize);
        for step in steps.iter().chain([&last]) {
            let (first, second) = halves(step);
            if self.has(first) {
                ranges.add(around(at, STRIDE));
            }
            if self.has(second) {
                ranges.add(around(at.wrapping_add(STRIDE), STRIDE));
            }
            let Sight { blanks, mut marks } = Sight::of(step);
            if blanks != 0 {
                // A word between two blanks of one step is shorter than a key.
                let end = at.wrapping_add(places(blanks.trailing_zeros()));
                if end >= word.wrapping_add(MIN_KEY) {
                    ranges.add(word..end);
                }
                word = at.wrapping_add(places(u32::BITS.wrapping_sub(blanks.leading_zeros())));
            }
            while marks != 0 {
                let mark = at.wrapping_add(places(marks.trailing_zeros()));
                let here = text.get(mark..).unwrap_or_default();
                match here.first() {
                    Some(b'-') if !here.starts_with(DASHES) => {}
                    Some(b'"') if !here.starts_with(CALLS) => {}
                    _ => ranges.add(around(mark, MAX_PHRASE)),
                }
                marks &= marks.wrapping_sub(1);
            }
            at = at.wrapping_add(STEP);
        }
        ranges.end();
    }

    fn has(&self, stride: [u8; STRIDE]) -> bool {
        let (word, bit) = place(stride);
        self.grams.get(word).is_some_and(|word| word & bit != 0)
    }
}

/// The word and the bit of the gram that a stride begins with, whatever the case of its letters.
fn place(stride: [u8; STRIDE]) -> (usize, u64) {
    let letters = u64::from_le_bytes(stride) & 0xffff_ffff_ffff | 0x2020_2020_2020;
    // Multiplicative hashing (Knuth): the upper bits depend on all of the lower ones.
    let hash = letters.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let word = usize::try_from(hash >> 54).unwrap_or_default();
    (word, 1_u64.wrapping_shl(u32::try_from((hash >> 48) & 63).unwrap_or_default()))
}

fn halves(step: &[u8; STEP]) -> ([u8; STRIDE], [u8; STRIDE]) {
    let (Some(first), Some(second)) = (step.first_chunk(), step.last_chunk()) else { return <_>::default() };
    (*first, *second)
}

fn places(bits: u32) -> usize {
    usize::try_from(bits).unwrap_or_default()
}

/// What stands in a step, a bit for each byte.
struct Sight {
    /// Blanks and control characters.
    blanks: u32,
    /// What imitations of a conversation and armour begin with, or have in them.
    marks: u32,
}

impl Sight {
    fn of(step: &[u8; STEP]) -> Self {
        let bytes = u8x16::new(*step);
        let is = |mark: u8| bytes.simd_eq(u8x16::splat(mark));
        let marks = is(b'<') | is(b'[') | is(b'|') | is(b'-') | is(b'"');
        Self { blanks: bytes.simd_le(u8x16::splat(b' ')).to_bitmask(), marks: marks.to_bitmask() }
    }
}

/// Ranges, those that touch made one.
struct Merged<'v> {
    pending: Option<Range<usize>>,
    visit: &'v mut dyn FnMut(Range<usize>),
}

impl Merged<'_> {
    /// One more, which ends behind those before it or nearly so.
    fn add(&mut self, range: Range<usize>) {
        match &mut self.pending {
            Some(pending) if range.start <= pending.end => {
                pending.start = pending.start.min(range.start);
                pending.end = pending.end.max(range.end);
            }
            pending => {
                if let Some(done) = pending.replace(range) {
                    (self.visit)(done);
                }
            }
        }
    }

    fn end(self) {
        if let Some(done) = self.pending {
            (self.visit)(done);
        }
    }
}
