//! Tokens and task documents that were verified a moment ago.
//!
//! An agent sends the same token with each of its calls, and a signature costs more than everything else the filter
//! does. So verified tokens are remembered, in a table of fixed size with eight places a row.
//!
//! **Exact without a digest.** The token itself is kept and compared byte by byte, so no two tokens can be taken for
//! each other, and a hit costs one comparison of memory instead of a SHA-256 (3 µs a KiB within wasm). Tokens pass
//! through this memory anyway; here they stay until they end or are displaced.
//!
//! **Hashed for free.** A row is chosen by the last characters of the token. They are the end of its signature, which
//! nobody can tell from random and which only the issuer can choose, so tokens spread over the rows as under a keyed
//! hash. Whoever guesses tokens causes at most eight comparisons of one word, and learns from their timing nothing
//! about tokens whose last 48 bits they don't know.
//!
//! **Nothing grows.** Only tokens with a valid signature come in, and a full row gives up a place that has ended or
//! else each place in turn. An agent that hoards tokens can make others pay for a signature again; no more.

use std::sync::Arc;

use super::identity::Standing;
use super::{Agent, Seal};
use crate::time::Timestamp;

/// How many tokens are remembered, by each worker. At one or two KiB a token, with its agent beside it, that is a few
/// MiB; at the largest token 8 MiB of tokens.
pub const CAPACITY: usize = ROWS * WAYS;

/// A power of two.
const ROWS: usize = 128;
/// log2 of `ROWS`.
const ROW_BITS: u32 = ROWS.trailing_zeros();
/// Enough that tokens of the same row rarely displace each other before half of the table is full.
const WAYS: usize = 8;
/// How many of the last characters choose the row: a word of them.
const MARK: usize = 8;

/// What was verified by one worker, under one configuration: see the module's words.
///
/// It needs no clearing. What was remembered under one [`Identity`](super::Identity) is unknown to any other, and is
/// dropped when the first token is remembered under that.
pub struct Memory<T> {
    rows: Vec<Row<T>>,
    seal: Option<Seal>,
}

/// The verified tokens, with the agents of each.
pub type TokenMemory = Memory<Agent>;

struct Row<T> {
    places: [Option<Place<T>>; WAYS],
    next: usize,
}

struct Place<T> {
    mark: u64,
    until: Timestamp,
    standing: Standing,
    token: Box<[u8]>,
    says: Arc<T>,
}

impl<T> Default for Memory<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), seal: None }
    }
}

impl<T> Default for Row<T> {
    fn default() -> Self {
        Self { places: Default::default(), next: 0 }
    }
}

impl<T> Memory<T> {
    /// What a token says that was remembered under the configuration of this seal and hasn't ended, unless what it
    /// depends on (`standing`, now) is no longer what it was.
    pub(super) fn recall(
        &self,
        seal: &Seal,
        token: &[u8],
        now: Timestamp,
        standing: impl Fn(Standing) -> Option<Standing>,
    ) -> Option<Arc<T>> {
        if self.seal.as_ref() != Some(seal) {
            return None;
        }
        let mark = mark(token)?;
        let places = self.rows.get(row(mark)?)?.places.iter().flatten();
        let mut found = places.filter(|place| place.mark == mark && now < place.until && same(&place.token, token));
        let place = found.next()?;
        (standing(place.standing)? == place.standing).then(|| Arc::clone(&place.says))
    }

    /// Remembers a verified token until that moment.
    pub(super) fn remember(
        &mut self,
        seal: &Seal,
        token: &[u8],
        says: &Arc<T>,
        standing: Standing,
        until: Timestamp,
        now: Timestamp,
    ) -> Option<()> {
        if self.seal.as_ref() != Some(seal) {
            self.rows = std::iter::repeat_with(Row::default).take(ROWS).collect();
            self.seal = Some(seal.clone());
        }
        let mark = mark(token)?;
        let row = self.rows.get_mut(row(mark)?)?;
        let same = |place: &&mut Option<Place<T>>| {
            place.as_ref().is_some_and(|place| place.mark == mark && same(&place.token, token))
        };
        let ended = |place: &&mut Option<Place<T>>| place.as_ref().is_none_or(|place| place.until <= now);
        let place = if let Some(place) = row.places.iter_mut().find(same) {
            place
        } else if let Some(place) = row.places.iter_mut().find(ended) {
            place
        } else {
            row.next = row.next.wrapping_add(1) % WAYS;
            row.places.get_mut(row.next)?
        };
        *place = Some(Place { mark, until, standing, token: token.into(), says: Arc::clone(says) });
        Some(())
    }

    /// How many tokens are remembered, ended ones among them; never more than [`CAPACITY`].
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.iter().map(|row| row.places.iter().flatten().count()).sum()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T> std::fmt::Debug for Memory<T> {
    /// Without the tokens.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Memory").field("len", &self.len()).finish_non_exhaustive()
    }
}

/// Whether two tokens are the same. In wasm what compares memory looks at each byte by itself; this, at words.
fn same(one: &[u8], other: &[u8]) -> bool {
    let (words, rest) = one.as_chunks::<MARK>();
    let (other_words, other_rest) = other.as_chunks::<MARK>();
    let differs = |(one, other): (&[u8; MARK], &[u8; MARK])| u64::from_le_bytes(*one) ^ u64::from_le_bytes(*other);
    one.len() == other.len()
        && words.iter().zip(other_words).map(differs).fold(0, |all, one| all | one) == 0
        && rest == other_rest
}

/// The last characters of a token, as a word.
fn mark(token: &[u8]) -> Option<u64> {
    let (_, last) = token.split_at_checked(token.len().checked_sub(MARK)?)?;
    Some(u64::from_le_bytes(last.try_into().ok()?))
}

/// Spreads the six bits that each character holds over the whole word (Fibonacci hashing), and takes the best of them.
fn row(mark: u64) -> Option<usize> {
    let spread = mark.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    usize::try_from(spread >> (u64::BITS - ROW_BITS)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Identity;

    fn agent() -> Arc<Agent> {
        Arc::new(Agent {
            id: "agent-1".into(),
            issuer: "https://idp.example.com".into(),
            subject: "agent-1".into(),
            user: None,
            tenant: None,
            session: None,
            task: None,
            intent: None,
            role: None,
            scopes: Vec::new(),
            actors: Vec::new(),
            token_id: "t-1".into(),
            expires: Timestamp::from_secs(100),
            claims: serde_json::Map::new(),
        })
    }

    fn seal() -> Seal {
        Identity::new(Vec::new(), Vec::new(), None).seal().clone()
    }

    /// Tokens that end like signatures do.
    fn token(number: u64) -> Vec<u8> {
        use base64::Engine as _;
        let random = number.wrapping_mul(0x2545_f491_4f6c_dd1d).rotate_left(17).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        format!("header.payload.{}", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(random.to_be_bytes()))
            .into_bytes()
    }

    const STANDING: Standing = Standing { issuer: 0, list: None, epoch: 1 };
    const START: Timestamp = Timestamp::from_secs(0);
    const END: Timestamp = Timestamp::from_secs(100);

    #[test]
    fn it_never_holds_more_than_its_capacity() {
        let (mut memory, seal, agent) = (TokenMemory::default(), seal(), agent());
        for number in 0..20_000 {
            memory.remember(&seal, &token(number), &agent, STANDING, END, START).unwrap();
            assert!(
                memory.recall(&seal, &token(number), START, |_| Some(STANDING)).is_some(),
                "the newest is always there"
            );
        }
        assert_eq!(memory.len(), CAPACITY);
    }

    #[test]
    fn tokens_spread_over_the_rows() {
        let (mut memory, seal, agent) = (TokenMemory::default(), seal(), agent());
        let half = u64::try_from(CAPACITY / 2).unwrap();
        for number in 0..half {
            memory.remember(&seal, &token(number), &agent, STANDING, END, START).unwrap();
        }
        let known = (0..half)
            .filter(|number| memory.recall(&seal, &token(*number), START, |_| Some(STANDING)).is_some())
            .count();
        assert!(known > CAPACITY / 2 * 95 / 100, "{known} of {half}");
    }

    #[test]
    fn one_token_takes_one_place() {
        let (mut memory, seal, agent) = (TokenMemory::default(), seal(), agent());
        for _ in 0..20 {
            memory.remember(&seal, &token(1), &agent, STANDING, END, START).unwrap();
        }
        assert_eq!(memory.len(), 1);
    }

    #[test]
    fn an_ended_token_gives_way_before_a_living_one() {
        let (mut memory, seal, agent) = (TokenMemory::default(), seal(), agent());
        // The same end, so the same row, and as many as it has places.
        let same_row = |number: u8| [&[number][..], b".AAAAAAAA"].concat();
        for number in 0..8 {
            let until = if number == 5 { Timestamp::from_secs(10) } else { END };
            memory.remember(&seal, &same_row(number), &agent, STANDING, until, START).unwrap();
        }
        let later = Timestamp::from_secs(10);
        memory.remember(&seal, &same_row(8), &agent, STANDING, END, later).unwrap();
        let known = |number| memory.recall(&seal, &same_row(number), later, |_| Some(STANDING)).is_some();
        assert_eq!((0..9).filter(|number| known(*number)).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 6, 7, 8]);
    }

    #[test]
    fn tokens_with_the_same_end_are_not_taken_for_each_other() {
        let (mut memory, seal, agent) = (TokenMemory::default(), seal(), agent());
        memory.remember(&seal, b"a.b.AAAAAAAA", &agent, STANDING, END, START).unwrap();
        assert!(memory.recall(&seal, b"a.c.AAAAAAAA", START, |_| Some(STANDING)).is_none());
        assert!(memory.recall(&seal, b"AAAAAAAA", START, |_| Some(STANDING)).is_none());
        assert!(memory.recall(&seal, b"short", START, |_| Some(STANDING)).is_none());
    }

    #[test]
    fn every_byte_counts() {
        for length in 0..40 {
            let token = vec![b'a'; length];
            assert!(same(&token, &token.clone()));
            assert!(!same(&token, &vec![b'a'; length + 1]) && !same(&vec![b'a'; length + 1], &token));
            for at in 0..length {
                let mut other = token.clone();
                other[at] = b'b';
                assert!(!same(&token, &other), "byte {at} of {length}");
            }
        }
    }

    #[test]
    fn another_configuration_knows_nothing() {
        let (mut memory, old, new, agent) = (TokenMemory::default(), seal(), seal(), agent());
        memory.remember(&old, &token(1), &agent, STANDING, END, START).unwrap();
        assert!(memory.recall(&new, &token(1), START, |_| Some(STANDING)).is_none());
        memory.remember(&new, &token(2), &agent, STANDING, END, START).unwrap();
        assert_eq!(memory.len(), 1);
        assert!(memory.recall(&old, &token(1), START, |_| Some(STANDING)).is_none());
    }

    #[test]
    fn a_token_counts_as_long_as_what_it_depends_on() {
        let (mut memory, seal, agent) = (TokenMemory::default(), seal(), agent());
        memory.remember(&seal, &token(1), &agent, STANDING, END, START).unwrap();
        let known = |standing| memory.recall(&seal, &token(1), START, |_| standing).is_some();
        assert!(known(Some(STANDING)));
        assert!(!known(Some(Standing { epoch: 2, ..STANDING })));
        assert!(!known(None));
    }
}
