//! Questions that are under way: a second exchange with the same question waits for the answer to the first.
//!
//! What holds of a remembered answer holds here (see [`super::memory`]): only a plain yes or no is passed on, and never
//! one to a request for approval. Whoever asks holds an [`Asker`]; when that goes without having settled anything (its
//! client left, its answer brought terms that are for it alone), whoever listens asks by itself. So no way out of an
//! exchange can leave another one hanging: there is none on which the [`Asker`] isn't dropped.

use std::sync::{Arc, OnceLock, Weak};

use super::{InvalidAnswer, Remembered};

/// So many questions at once are enough: one that comes while there are more is asked, as if this weren't here.
const MOST: usize = 64;

/// What became of a question that somebody else asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// It was decided, and that holds for everybody who asks the same.
    Decided(Remembered),
    /// No answer was to be had, or none that can be used.
    Failed(InvalidAnswer),
    /// Nothing that would hold for anybody else.
    Nothing,
}

/// The questions of one worker that are under way.
#[derive(Debug, Default)]
pub struct UnderWay(Vec<([u8; 32], Weak<OnceLock<Settled>>)>);

/// Which part somebody has in a question.
#[derive(Debug)]
pub enum Joined {
    /// To ask it.
    Asks(Asker),
    /// To wait for what comes of it.
    Listens(Listener),
}

/// Whoever asks for everybody with the same question.
#[derive(Debug)]
pub struct Asker(Arc<OnceLock<Settled>>);

/// Whoever waits for an answer to a question of somebody else's.
#[derive(Debug)]
pub struct Listener(Arc<OnceLock<Settled>>);

impl UnderWay {
    /// Takes part in the question of that identity.
    pub fn join(&mut self, identity: [u8; 32]) -> Joined {
        // What is settled lives on in those who haven't heard it yet; how long answers count is another's business.
        let under_way = |asked: &Weak<_>| asked.upgrade().filter(|asked: &Arc<OnceLock<_>>| asked.get().is_none());
        self.0.retain(|(_, asked)| under_way(asked).is_some());
        let same = self.0.iter().find(|(known, _)| *known == identity);
        if let Some(asked) = same.and_then(|(_, asked)| under_way(asked)) {
            return Joined::Listens(Listener(asked));
        }
        let asker = Asker(Arc::default());
        if self.0.len() < MOST {
            self.0.push((identity, Arc::downgrade(&asker.0)));
        }
        Joined::Asks(asker)
    }
}

impl Asker {
    /// Tells whoever listens.
    pub fn settle(self, settled: Settled) {
        // Only its end, which is still to come, could have settled it before.
        let _ = self.0.set(settled);
    }
}

impl Drop for Asker {
    fn drop(&mut self) {
        let _ = self.0.set(Settled::Nothing);
    }
}

impl Listener {
    /// What became of the question; none while it is under way.
    #[must_use]
    pub fn heard(&self) -> Option<Settled> {
        self.0.get().cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(under_way: &mut UnderWay, identity: [u8; 32]) -> Asker {
        match under_way.join(identity) {
            Joined::Asks(asker) => asker,
            Joined::Listens(_) => panic!("somebody asks already"),
        }
    }

    fn listens(under_way: &mut UnderWay, identity: [u8; 32]) -> Listener {
        match under_way.join(identity) {
            Joined::Listens(listener) => listener,
            Joined::Asks(_) => panic!("nobody asks"),
        }
    }

    #[test]
    fn whoever_listens_hears_what_was_settled() {
        let mut under_way = UnderWay::default();
        let asker = asks(&mut under_way, [7; 32]);
        let (one, other) = (listens(&mut under_way, [7; 32]), listens(&mut under_way, [7; 32]));
        assert_eq!(one.heard(), None);
        asker.settle(Settled::Decided(Remembered::Permit));
        assert_eq!(one.heard(), Some(Settled::Decided(Remembered::Permit)));
        assert_eq!(other.heard(), one.heard());
        drop(asks(&mut under_way, [7; 32]));
    }

    #[test]
    fn an_asker_that_is_gone_leaves_nobody_waiting() {
        let mut under_way = UnderWay::default();
        let asker = asks(&mut under_way, [7; 32]);
        let listener = listens(&mut under_way, [7; 32]);
        drop(asker);
        assert_eq!(listener.heard(), Some(Settled::Nothing));
    }

    #[test]
    fn another_question_is_another_and_too_many_are_each_asked() {
        let mut under_way = UnderWay::default();
        let askers: Vec<_> = (0..=64).map(|number| asks(&mut under_way, [number; 32])).collect();
        let beyond = asks(&mut under_way, [64; 32]);
        drop((askers, beyond));
        let _asker = asks(&mut under_way, [64; 32]);
        let _listener = listens(&mut under_way, [64; 32]);
    }
}
